/* SPDX-License-Identifier: MIT */
#include "check_in.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define QUESTIONS_MAX 32
#define ANSWERS_MAX   24 /* of one question: a bit each */
#define ID_SIZE	      32
#define TEXT_SIZE     200
#define ANSWER_SIZE   160
#define HELP_SIZE     300
#define TITLE_SIZE    100
#define LONG_SIZE     600
#define VERSION	      1
#define NEVER	      (CHECK_IN_PAIN_MAX + 1)
#define WORSE_BY      2 /* points of pain, see domain facts: meaningful change */

enum kind {
	KIND_SCALE,
	KIND_ONE,
	KIND_SEVERAL,
	KIND_COUNT
};
static const char *const kind_words[] = { "scale", "one", "several" };

enum effect {
	EFFECT_OF_NONE,
	EFFECT_OF_GENTLE,
	EFFECT_OF_NO_HEAT,
	EFFECT_OF_ASK_DOCTOR,
	EFFECT_OF_NOT_TODAY,
	EFFECT_OF_HELP_NOW,
	EFFECT_OF_COUNT
};
static const char *const effect_words[] = { NULL,	  "gentle",    "no_heat",
					    "ask_doctor", "not_today", "help_now" };
_Static_assert(sizeof(effect_words) / sizeof(effect_words[0]) == EFFECT_OF_COUNT, "a word each");

static const char *const decision_words[] = { "not_today", "help_now", "gentle", "no_heat", "go" };
_Static_assert(sizeof(decision_words) / sizeof(decision_words[0]) == CHECK_IN_DECISION_COUNT,
	       "a word each");

struct answer {
	char id[ID_SIZE];
	enum effect effect;
	json_t *reason; /* owned; NULL without effect */
};

struct question {
	char id[ID_SIZE];
	enum kind kind;
	unsigned int gentle_from; /* scale; NEVER */
	json_t *reason;		  /* of that; owned */
	unsigned int answer_count;
	struct answer answers[ANSWERS_MAX];
};

struct questions {
	unsigned int count;
	struct question list[QUESTIONS_MAX];
};

struct check_in {
	struct questions before;
	struct questions after;
	json_t *document; /* owned */
};

/* What the file must have: a question of that kind, with that answer, and at least that effect. */
struct demand {
	const char *question;
	unsigned int kinds; /* bits of enum kind */
	const char *answer; /* NULL: the question is enough */
	enum effect effect;
};

#define SCALE	(1U << KIND_SCALE)
#define ONE	(1U << KIND_ONE)
#define SEVERAL (1U << KIND_SEVERAL)

static const struct demand demands_before[] = {
	{ "pain", SCALE, NULL, EFFECT_OF_NONE },
	{ "side", ONE, "left", EFFECT_OF_NONE },
	{ "side", ONE, "right", EFFECT_OF_NONE },
	{ "side", ONE, "both", EFFECT_OF_NONE },
	{ "side", ONE, "none", EFFECT_OF_NONE },
	{ "where", ONE | SEVERAL, NULL, EFFECT_OF_NONE },
	{ "cause", ONE, "piriformis", EFFECT_OF_NONE },
	{ "cause", ONE, "disc_herniation", EFFECT_OF_NONE },
	{ "cause", ONE, "spinal_stenosis", EFFECT_OF_NONE },
	{ "cause", ONE, "muscular", EFFECT_OF_NONE },
	{ "cause", ONE, "unknown", EFFECT_OF_NONE },
	{ "moved_down", ONE, "no", EFFECT_OF_NONE },
	{ "moved_down", ONE, "yes", EFFECT_OF_NOT_TODAY },
	{ "new_numbness", ONE, "no", EFFECT_OF_NONE },
	{ "new_numbness", ONE, "yes", EFFECT_OF_NOT_TODAY },
	{ "red_flags", SEVERAL, "saddle_numbness", EFFECT_OF_HELP_NOW },
	{ "red_flags", SEVERAL, "bladder_change", EFFECT_OF_HELP_NOW },
	{ "red_flags", SEVERAL, "bowel_change", EFFECT_OF_HELP_NOW },
	{ "red_flags", SEVERAL, "sexual_change", EFFECT_OF_HELP_NOW },
	{ "red_flags", SEVERAL, "both_legs", EFFECT_OF_HELP_NOW },
	{ "red_flags", SEVERAL, "growing_weakness", EFFECT_OF_HELP_NOW },
	{ "never", SEVERAL, "doctor_forbade", EFFECT_OF_NOT_TODAY },
	{ "never", SEVERAL, "thrombosis", EFFECT_OF_NOT_TODAY },
	{ "never", SEVERAL, "aneurysm", EFFECT_OF_NOT_TODAY },
	{ "never", SEVERAL, "vein_inflammation", EFFECT_OF_NOT_TODAY },
	{ "never", SEVERAL, "skin_infection", EFFECT_OF_NOT_TODAY },
	{ "never", SEVERAL, "osteoporosis", EFFECT_OF_NOT_TODAY },
	{ "never", SEVERAL, "spinal_fracture", EFFECT_OF_NOT_TODAY },
	{ "never", SEVERAL, "acute_injury", EFFECT_OF_NOT_TODAY },
	{ "never", SEVERAL, "implant", EFFECT_OF_NOT_TODAY },
	{ "never", SEVERAL, "pregnancy", EFFECT_OF_NOT_TODAY },
	{ "never", SEVERAL, "leg_circulation", EFFECT_OF_NOT_TODAY },
	{ "ask_first", SEVERAL, "cancer", EFFECT_OF_ASK_DOCTOR },
	{ "ask_first", SEVERAL, "heart_disease", EFFECT_OF_ASK_DOCTOR },
	{ "ask_first", SEVERAL, "anticoagulants", EFFECT_OF_ASK_DOCTOR },
	{ "ask_first", SEVERAL, "diabetic_neuropathy", EFFECT_OF_ASK_DOCTOR },
	{ "ask_first", SEVERAL, "spine_curvature", EFFECT_OF_ASK_DOCTOR },
	{ "ask_first", SEVERAL, "fever", EFFECT_OF_ASK_DOCTOR },
	{ "doctor_agreed", ONE, "no", EFFECT_OF_NONE },
	{ "doctor_agreed", ONE, "yes", EFFECT_OF_NONE },
	{ "skin", SEVERAL, "numb_skin", EFFECT_OF_NO_HEAT },
	{ "skin", SEVERAL, "diabetes", EFFECT_OF_NO_HEAT },
	{ "skin", SEVERAL, "poor_circulation", EFFECT_OF_NO_HEAT },
};

static const struct demand demands_after[] = {
	{ "pain_after", SCALE, NULL, EFFECT_OF_NONE },
	{ "moved_down_after", ONE, "no", EFFECT_OF_NONE },
	{ "moved_down_after", ONE, "yes", EFFECT_OF_NONE },
	{ "new_numbness_after", ONE, "no", EFFECT_OF_NONE },
	{ "new_numbness_after", ONE, "yes", EFFECT_OF_NONE },
	{ "comfort", ONE, "too_light", EFFECT_OF_NONE },
	{ "comfort", ONE, "right", EFFECT_OF_NONE },
	{ "comfort", ONE, "too_strong", EFFECT_OF_NONE },
};

const char *check_in_decision_name(enum check_in_decision decision)
{
	return (unsigned int)decision < CHECK_IN_DECISION_COUNT ? decision_words[decision]
								: "invalid";
}

bool check_in_allows(enum check_in_decision decision)
{
	return decision == CHECK_IN_GENTLE || decision == CHECK_IN_NO_HEAT ||
	       decision == CHECK_IN_GO;
}

static const struct question *find_question(const struct questions *questions, const char *id)
{
	for (unsigned int q = 0; q < questions->count; q++) {
		if (strcmp(questions->list[q].id, id) == 0) {
			return &questions->list[q];
		}
	}
	return NULL;
}

/* Index of an answer, or -1. */
static int find_answer(const struct question *question, const char *id)
{
	for (unsigned int a = 0; a < question->answer_count; a++) {
		if (strcmp(question->answers[a].id, id) == 0) {
			return (int)a;
		}
	}
	return -1;
}

/* ---- the file ---- */

/* {"en", "de"} of @key, each shorter than @size. New reference; NULL when absent. */
static json_t *load_text(const struct schema_node *map, const char *key, size_t size, bool required)
{
	const struct schema_node node = schema_child(map, key, required);
	char en[LONG_SIZE];
	char de[LONG_SIZE];

	assert(size <= LONG_SIZE);
	if (!schema_present(&node)) {
		return NULL;
	}
	schema_string(&node, "en", en, size, "", true);
	schema_string(&node, "de", de, size, "", true);
	schema_finish_map(&node);
	return json_pack("{s:s, s:s}", "en", en, "de", de);
}

static void load_answer(const struct schema_node *map, struct question *question, json_t *list)
{
	struct answer *answer = &question->answers[question->answer_count];
	json_t *text = load_text(map, "text", ANSWER_SIZE, true);

	schema_string(map, "id", answer->id, sizeof(answer->id), "", true);
	if (find_answer(question, answer->id) >= 0) {
		schema_complain(map, "id: \"%s\" is used twice", answer->id);
	}
	answer->effect = (enum effect)schema_word(map, "effect", effect_words, EFFECT_OF_COUNT,
						  EFFECT_OF_NONE, false);
	answer->reason = load_text(map, "reason", HELP_SIZE, answer->effect != EFFECT_OF_NONE);
	schema_finish_map(map);
	(void)json_array_append_new(list, json_pack("{s:s, s:o?}", "id", answer->id, "text", text));
	question->answer_count++;
}

static void load_answers(const struct schema_node *map, struct question *question, json_t *document)
{
	const struct schema_node answers = schema_child(map, "answers", true);
	const size_t count = schema_length(&answers);
	json_t *list = json_array();

	if (count < 1 || count > ANSWERS_MAX) {
		schema_complain(map, "answers: must be 1 to %d", ANSWERS_MAX);
	}
	for (size_t a = 0; a < count && a < ANSWERS_MAX; a++) {
		const struct schema_node answer = schema_item(&answers, a);

		load_answer(&answer, question, list);
	}
	(void)json_object_set_new(document, "answers", list);
}

static void load_scale(const struct schema_node *map, struct question *question, json_t *document)
{
	question->gentle_from = (unsigned int)schema_integer(map, "gentle_from", 0,
							     CHECK_IN_PAIN_MAX, NEVER, false);
	question->reason =
		load_text(map, "reason", HELP_SIZE, question->gentle_from != (unsigned int)NEVER);
	(void)json_object_set_new(document, "min", json_integer(0));
	(void)json_object_set_new(document, "max", json_integer(CHECK_IN_PAIN_MAX));
}

static void load_question(const struct schema_node *map, struct questions *questions, json_t *list)
{
	struct question *question = &questions->list[questions->count];
	json_t *text = load_text(map, "text", TEXT_SIZE, true);
	json_t *help = load_text(map, "help", HELP_SIZE, false);
	json_t *document;

	schema_string(map, "id", question->id, sizeof(question->id), "", true);
	if (find_question(questions, question->id) != NULL) {
		schema_complain(map, "id: \"%s\" is used twice", question->id);
	}
	question->kind =
		(enum kind)schema_word(map, "kind", kind_words, KIND_COUNT, KIND_ONE, true);
	question->gentle_from = NEVER;
	document = json_pack("{s:s, s:s, s:o?, s:o*}", "id", question->id, "kind",
			     kind_words[question->kind], "text", text, "help", help);
	if (question->kind == KIND_SCALE) {
		load_scale(map, question, document);
	} else {
		load_answers(map, question, document);
	}
	schema_finish_map(map);
	(void)json_array_append_new(list, document);
	questions->count++;
}

static json_t *load_questions(const struct schema_node *root, const char *key,
			      struct questions *questions)
{
	const struct schema_node node = schema_child(root, key, true);
	const size_t count = schema_length(&node);
	json_t *list = json_array();

	if (schema_present(&node) && (count < 1 || count > QUESTIONS_MAX)) {
		schema_complain(&node, "must be 1 to %d questions", QUESTIONS_MAX);
	}
	for (size_t q = 0; q < count && q < QUESTIONS_MAX; q++) {
		const struct schema_node question = schema_item(&node, q);

		load_question(&question, questions, list);
	}
	return list;
}

static json_t *load_decisions(const struct schema_node *root)
{
	const struct schema_node map = schema_child(root, "decisions", true);
	json_t *decisions = json_object();

	for (unsigned int d = 0; d < CHECK_IN_DECISION_COUNT; d++) {
		const struct schema_node decision = schema_child(&map, decision_words[d], true);
		json_t *title = load_text(&decision, "title", TITLE_SIZE, true);
		json_t *text = load_text(&decision, "text", LONG_SIZE, true);

		(void)json_object_set_new(decisions, decision_words[d],
					  json_pack("{s:o?, s:o?}", "title", title, "text", text));
		schema_finish_map(&decision);
	}
	schema_finish_map(&map);
	return decisions;
}

/* Is @effect as careful as @demanded or more so? */
static bool is_enough(enum effect effect, enum effect demanded)
{
	if (demanded == EFFECT_OF_NO_HEAT || demanded == EFFECT_OF_GENTLE) {
		/* neither of the two brings the other one about */
		return effect == demanded || effect >= EFFECT_OF_NOT_TODAY;
	}
	return effect >= demanded;
}

static void check_demand(const struct schema_node *node, const struct questions *questions,
			 const struct demand *demand)
{
	const struct question *question = find_question(questions, demand->question);
	int answer;

	if (question == NULL) {
		schema_complain(node, "the question \"%s\" is missing; it must be asked",
				demand->question);
		return;
	}
	if ((1U << question->kind & demand->kinds) == 0) {
		schema_complain(node, "%s: kind: \"%s\" will not do here", demand->question,
				kind_words[question->kind]);
		return;
	}
	answer = demand->answer == NULL ? -1 : find_answer(question, demand->answer);
	if (demand->answer != NULL && answer < 0) {
		schema_complain(node, "%s: the answer \"%s\" is missing; it must be offered",
				demand->question, demand->answer);
	} else if (answer >= 0 && !is_enough(question->answers[answer].effect, demand->effect)) {
		schema_complain(node, "%s: %s: the effect must be \"%s\" or stricter",
				demand->question, demand->answer, effect_words[demand->effect]);
	}
}

static void check_demands(const struct schema_node *root, const struct check_in *check_in)
{
	for (size_t i = 0; i < sizeof(demands_before) / sizeof(demands_before[0]); i++) {
		check_demand(root, &check_in->before, &demands_before[i]);
	}
	for (size_t i = 0; i < sizeof(demands_after) / sizeof(demands_after[0]); i++) {
		check_demand(root, &check_in->after, &demands_after[i]);
	}
}

static void load(const struct schema_node *root, struct check_in *check_in)
{
	json_t *before;
	json_t *after;
	json_t *decisions;

	(void)schema_integer(root, "version", VERSION, VERSION, VERSION, true);
	before = load_questions(root, "questions", &check_in->before);
	after = load_questions(root, "check_out", &check_in->after);
	decisions = load_decisions(root);
	schema_finish_map(root);
	check_demands(root, check_in);
	check_in->document = json_pack("{s:i, s:o, s:o, s:o}", "version", VERSION, "questions",
				       before, "check_out", after, "decisions", decisions);
}

int check_in_load(const char *path, struct schema_problems *problems, struct check_in **ret)
{
	const size_t problems_before = problems->count;
	struct check_in *check_in;
	struct schema_file *file;
	struct schema_node root;

	if (access(path, F_OK) < 0 && errno == ENOENT) {
		return -ENOENT;
	}
	if (schema_open(path, problems, &file) < 0) {
		return -EINVAL;
	}
	check_in = calloc(1, sizeof(*check_in));
	if (check_in == NULL) {
		schema_close(file);
		return -ENOMEM;
	}
	root = schema_root(file);
	load(&root, check_in);
	schema_close(file);
	if (problems->count > problems_before || check_in->document == NULL) {
		check_in_free(check_in);
		return -EINVAL;
	}
	*ret = check_in;
	return 0;
}

static void free_questions(struct questions *questions)
{
	for (unsigned int q = 0; q < QUESTIONS_MAX; q++) {
		json_decref(questions->list[q].reason);
		for (unsigned int a = 0; a < ANSWERS_MAX; a++) {
			json_decref(questions->list[q].answers[a].reason);
		}
	}
}

void check_in_free(struct check_in *check_in)
{
	if (check_in != NULL) {
		free_questions(&check_in->before);
		free_questions(&check_in->after);
		json_decref(check_in->document);
		free(check_in);
	}
}

json_t *check_in_document(const struct check_in *check_in)
{
	return json_incref(check_in->document);
}

json_t *check_in_text(const struct check_in *check_in, enum check_in_decision decision)
{
	return json_incref(json_object_get(json_object_get(check_in->document, "decisions"),
					   check_in_decision_name(decision)));
}

/* ---- the answers ---- */

/* The answer to @question: the number on a scale, else bits of answers. False: not an answer. */
static bool take_value(const struct question *question, const json_t *value, uint32_t *ret)
{
	const size_t count = question->kind == KIND_SEVERAL ? json_array_size(value) : 1;
	uint32_t bits = 0;

	if (question->kind == KIND_SCALE) {
		*ret = (uint32_t)json_integer_value(value);
		return json_is_integer(value) && json_integer_value(value) >= 0 &&
		       json_integer_value(value) <= CHECK_IN_PAIN_MAX;
	}
	if (question->kind == KIND_SEVERAL && !json_is_array(value)) {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		const json_t *item =
			question->kind == KIND_SEVERAL ? json_array_get(value, i) : value;
		const char *id = json_string_value(item);
		const int answer = id == NULL ? -1 : find_answer(question, id);

		if (answer < 0 || (bits >> answer & 1U) != 0) {
			return false;
		}
		bits |= UINT32_C(1) << answer;
	}
	*ret = bits;
	return true;
}

/* Every answer known, every question but @optional answered; the values by index of the question.
 */
static int take_values(const struct questions *questions, json_t *answers, const char *optional,
		       uint32_t values[QUESTIONS_MAX], const char **ret_field)
{
	const char *key;
	json_t *unused;

	json_object_foreach(answers, key, unused)
	{
		if (find_question(questions, key) == NULL) {
			*ret_field = key;
			return -EINVAL;
		}
	}
	for (unsigned int q = 0; q < questions->count; q++) {
		const struct question *question = &questions->list[q];
		const json_t *value = json_object_get(answers, question->id);

		values[q] = 0;
		if (value == NULL && strcmp(question->id, optional) == 0) {
			continue;
		}
		if (!take_value(question, value, &values[q])) {
			*ret_field = question->id;
			return -EINVAL;
		}
	}
	return 0;
}

/* The id of the one answer given to a question. */
static const char *word_of(const struct questions *questions, const uint32_t values[],
			   const char *id)
{
	const struct question *question = find_question(questions, id);

	for (unsigned int a = 0; question != NULL && a < question->answer_count; a++) {
		if ((values[question - questions->list] >> a & 1U) != 0) {
			return question->answers[a].id;
		}
	}
	return "";
}

static uint8_t number_of(const struct questions *questions, const uint32_t values[], const char *id)
{
	const struct question *question = find_question(questions, id);

	return question == NULL ? 0 : (uint8_t)values[question - questions->list];
}

static int add_reason(json_t *reasons, const struct question *question, const char *answer,
		      enum effect effect, json_t *text)
{
	return json_array_append_new(reasons, json_pack("{s:s, s:s?, s:s, s:O?}", "question",
							question->id, "answer", answer, "effect",
							effect_words[effect], "text", text)) == 0
		       ? 0
		       : -ENOMEM;
}

/* The effects of one question's answers as bits, with their reasons. -ENOMEM or the bits. */
static int effects_of(const struct question *question, uint32_t value, json_t *reasons)
{
	int effects = 0;

	if (question->kind == KIND_SCALE) {
		if (value < question->gentle_from) {
			return 0;
		}
		return add_reason(reasons, question, NULL, EFFECT_OF_GENTLE, question->reason) < 0
			       ? -ENOMEM
			       : 1 << EFFECT_OF_GENTLE;
	}
	for (unsigned int a = 0; a < question->answer_count; a++) {
		const struct answer *answer = &question->answers[a];

		if ((value >> a & 1U) == 0 || answer->effect == EFFECT_OF_NONE) {
			continue;
		}
		effects |= 1 << answer->effect;
		if (add_reason(reasons, question, answer->id, answer->effect, answer->reason) < 0) {
			return -ENOMEM;
		}
	}
	return effects;
}

static enum check_in_decision decide(int effects, bool doctor_agreed, struct check_in_result *ret)
{
	const bool ask = (effects >> EFFECT_OF_ASK_DOCTOR & 1) != 0;

	if ((effects >> EFFECT_OF_HELP_NOW & 1) != 0) {
		return CHECK_IN_HELP_NOW;
	}
	if ((effects >> EFFECT_OF_NOT_TODAY & 1) != 0 || (ask && !doctor_agreed)) {
		return CHECK_IN_NOT_TODAY;
	}
	ret->gentle = ask || (effects >> EFFECT_OF_GENTLE & 1) != 0;
	ret->no_heat = (effects >> EFFECT_OF_NO_HEAT & 1) != 0;
	if (ret->gentle) {
		return CHECK_IN_GENTLE;
	}
	return ret->no_heat ? CHECK_IN_NO_HEAT : CHECK_IN_GO;
}

int check_in_judge(const struct check_in *check_in, json_t *answers, struct check_in_result *ret,
		   const char **ret_field)
{
	const struct questions *questions = &check_in->before;
	struct check_in_result result = { .reasons = json_array() };
	uint32_t values[QUESTIONS_MAX];
	int effects = 0;
	int r = result.reasons == NULL ? -ENOMEM : 0;

	*ret = (struct check_in_result){ 0 };
	if (r == 0) {
		r = take_values(questions, answers, "doctor_agreed", values, ret_field);
	}
	for (unsigned int q = 0; q < questions->count && r == 0; q++) {
		const int more = effects_of(&questions->list[q], values[q], result.reasons);

		r = more < 0 ? more : 0;
		effects |= more < 0 ? 0 : more;
	}
	if (r < 0) {
		json_decref(result.reasons);
		return r;
	}
	result.decision = decide(
		effects, strcmp(word_of(questions, values, "doctor_agreed"), "yes") == 0, &result);
	result.pain = number_of(questions, values, "pain");
	result.side = word_of(questions, values, "side");
	result.cause = word_of(questions, values, "cause");
	*ret = result;
	return 0;
}

int check_in_judge_out(const struct check_in *check_in, json_t *answers, int pain_before,
		       struct check_out_result *ret, const char **ret_field)
{
	const struct questions *questions = &check_in->after;
	uint32_t values[QUESTIONS_MAX];
	int r;

	*ret = (struct check_out_result){ 0 };
	r = take_values(questions, answers, "", values, ret_field);
	if (r < 0) {
		return r;
	}
	ret->pain = number_of(questions, values, "pain_after");
	ret->tolerance = TOLERANCE_GOOD;
	if (strcmp(word_of(questions, values, "comfort"), "too_strong") == 0 ||
	    (pain_before >= 0 && ret->pain > pain_before)) {
		ret->tolerance = TOLERANCE_BAD;
	}
	if ((pain_before >= 0 && ret->pain >= pain_before + WORSE_BY) ||
	    strcmp(word_of(questions, values, "moved_down_after"), "yes") == 0 ||
	    strcmp(word_of(questions, values, "new_numbness_after"), "yes") == 0) {
		ret->tolerance = TOLERANCE_WORSE;
	}
	return 0;
}
