/* SPDX-License-Identifier: MIT */
/*
 * check_in.h - what the chair asks before and after a session, and what follows from the answers.
 *
 * The questions stand in check-in.yaml. Compiled code demands at least certain questions, answers
 * and effects: the file may ask more and be stricter, never less. Nothing here is stored.
 */
#ifndef CHAIRD_CHECK_IN_H
#define CHAIRD_CHECK_IN_H

#include "guest.h"
#include "schema.h"

#include <jansson.h>

#define CHECK_IN_PAIN_MAX 10

/* Zero is the safe one. */
enum check_in_decision {
	CHECK_IN_NOT_TODAY,
	CHECK_IN_HELP_NOW, /* no session, and medical help at once */
	CHECK_IN_GENTLE,
	CHECK_IN_NO_HEAT,
	CHECK_IN_GO,
	CHECK_IN_DECISION_COUNT
};
const char *check_in_decision_name(enum check_in_decision decision);
bool check_in_allows(enum check_in_decision decision);

struct check_in;

/* Read @path. Every problem is recorded. 0; -ENOENT: there is no such file (not recorded); -EINVAL.
 */
int check_in_load(const char *path, struct schema_problems *problems, struct check_in **ret)
	__attribute__((warn_unused_result));
void check_in_free(struct check_in *check_in); /* NULL is allowed */

/* All questions for a panel: {"version", "questions", "check_out", "decisions"}. New reference. */
json_t *check_in_document(const struct check_in *check_in);

/* {"title": {...}, "text": {...}} of a decision. New reference. */
json_t *check_in_text(const struct check_in *check_in, enum check_in_decision decision);

struct check_in_result {
	enum check_in_decision decision;
	bool gentle;
	bool no_heat;
	uint8_t pain;
	const char *side;  /* "left", "right", "both" or "none"; lives as long as the check-in */
	const char *cause; /* a word of setup_cause_words; likewise */
	json_t *reasons;   /* [{"question", "answer", "effect", "text"}]; the caller's */
};

/* Judge @answers, an object of question id -> 0..10, answer id, or array of answer ids. Every
 * question must be answered, doctor_agreed only where one of them asks for it. 0; -ENOMEM; -EINVAL:
 * *ret_field names what is missing, unknown or of the wrong kind (borrowed from @answers or the
 * check-in), and the result is all zero. */
int check_in_judge(const struct check_in *check_in, json_t *answers, struct check_in_result *ret,
		   const char **ret_field) __attribute__((warn_unused_result));

struct check_out_result {
	uint8_t pain;
	enum tolerance tolerance;
};

/* The same for the questions after a session. @pain_before: -1 when it was not asked. */
int check_in_judge_out(const struct check_in *check_in, json_t *answers, int pain_before,
		       struct check_out_result *ret, const char **ret_field)
	__attribute__((warn_unused_result));

#endif /* CHAIRD_CHECK_IN_H */
