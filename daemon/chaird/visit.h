/* SPDX-License-Identifier: MIT */
/*
 * visit.h - the running check-in: one session of one guest, and what follows for who may start.
 *
 * It ends 30 minutes after the answers, after 2 minutes of empty seat, or when its session has
 * ended and cannot be resumed any more. A refused check-in binds its guest for 24 hours and refuses
 * sessions without a check-in too. Main thread only; answers are neither logged nor published.
 */
#ifndef CHAIRD_VISIT_H
#define CHAIRD_VISIT_H

#include "after_care.h"
#include "control.h"
#include "guests.h"

struct visit;

/* Who has checked in now. All zero: nobody. */
struct visit_state {
	bool active;
	int64_t guest; /* 0 = without a profile */
	enum check_in_decision decision;
	bool gentle; /* by the answers, or until a good session */
	bool no_heat;
	uint8_t pain;
	const char *side; /* words that live as long as the check-in file */
	const char *cause;
	uint64_t since_us;
	float correction_mm[ROLLER_COUNT];
};

/* @history, @check_in, @care may be NULL and are borrowed like @setup. NULL when memory ran out. */
struct visit *visit_new(struct history *history, const struct setup *setup,
			const struct check_in *check_in, const struct after_care *care);
void visit_free(struct visit *visit); /* NULL is allowed */

/* Ten times a second. */
void visit_tick(struct visit *visit, const struct control_snapshot *s, uint64_t now_us);

/* A session began, was resumed or ended, a body was found: stored here. 0 or -errno of the store.
 */
int visit_event(struct visit *visit, const struct chair_event *event,
		const struct control_snapshot *s, uint64_t now_us)
	__attribute__((warn_unused_result));

/* For the control thread: what whoever may start now may get. */
const struct person *visit_person(const struct visit *visit);
/* The seconds until its refusal is over, if there is one. */
uint64_t visit_wait_s(const struct visit *visit);

const struct visit_state *visit_state(const struct visit *visit);
/* The guest who has checked in, or whose session was the last; 0 = without a profile. *ret_cause
 * (may be NULL): the cause of the pain that was told, "unknown" when it was not. */
int64_t visit_last_guest(const struct visit *visit, const char **ret_cause);
/* Until it ends by itself. */
uint64_t visit_expires_s(const struct visit *visit, uint64_t now_us);

struct visit_answer {
	bool bound; /* an earlier check-in stands; these answers were not looked at */
	struct check_in_result result; /* reasons are the caller's */
	struct guest_standing standing;
	enum person_refusal refusal;
	uint64_t wait_s;
};

/* Check in; @profile NULL: without one. 0; -EBUSY: a session is running; -ENOENT: no check-in file;
 * -EINVAL: *ret_field; -EIO: it could not be stored, so nobody is checked in (a refusal holds all
 * the same). */
int visit_check_in(struct visit *visit, const struct guest_profile *profile, json_t *answers,
		   uint64_t now_us, struct visit_answer *ret, const char **ret_field)
	__attribute__((warn_unused_result));

/* Check out after a session of @guest. 0; -ENOENT: none of the last 24 hours waits for it; -EINVAL:
 * *ret_field; -EIO. */
int visit_check_out(struct visit *visit, int64_t guest, json_t *answers, uint64_t now_us,
		    struct check_out_result *ret, struct guest_standing *ret_standing,
		    const char **ret_field) __attribute__((warn_unused_result));

/* End the check-in. -EBUSY: a session is running. */
int visit_leave(struct visit *visit, uint64_t now_us) __attribute__((warn_unused_result));

/* By hand: the zones of @roller lie this much further down. Stored with the profile by the caller.
 */
void visit_correct(struct visit *visit, enum roller roller, float mm);

/* This guest is no more. */
void visit_forget(struct visit *visit, int64_t guest, uint64_t now_us);

/* May a PIN be tried now? Five wrong ones a minute. */
bool visit_may_try_pin(const struct visit *visit, uint64_t now_us);
void visit_wrong_pin(struct visit *visit, uint64_t now_us);

/* The next reminder that is due after a session, each once. */
bool visit_reminder(struct visit *visit, uint64_t now_us, const char **ret_id, json_t **ret_text);

#endif /* CHAIRD_VISIT_H */
