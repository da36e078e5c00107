/* SPDX-License-Identifier: MIT */
#include "visit.h"

#include "balance.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ALIKE_SHARE   0.05f /* motor constants, friction */
#define CHECK_IN_US   (1800 * S_US)
#define SEAT_EMPTY_US (120 * S_US)
#define STORE_US      (60 * S_US) /* a running session, for a power failure */
#define LOOK_US	      (60 * S_US) /* at limits that end by themselves */
#define PIN_TRIES     5
#define PIN_US	      (60 * S_US)

struct visit {
	struct history *history;
	const struct setup *setup;
	const struct check_in *check_in;
	const struct after_care *care;
	struct visit_state state;
	struct person person;
	uint64_t wait_s;
	uint64_t look_us;  /* when to work it out again */
	uint64_t seat_us;  /* last seen occupied */
	bool served;	   /* its session has begun */
	const char *cause; /* told at the last check-in; NULL = none */
	/* a refusal that could not be stored */
	int64_t held_guest;
	uint64_t held_until_us;
	/* the running session, whoever's it is */
	bool running;
	int64_t session_guest;
	uint8_t level; /* highest so far */
	uint64_t stored_us;
	struct balance balance;
	bool pain_known; /* of a session without a profile: nowhere else */
	uint8_t pain;
	/* after it */
	uint64_t ended_us;	    /* 0 = none */
	size_t reminder;	    /* next one */
	uint64_t pin_us[PIN_TRIES]; /* of the last wrong ones */
	unsigned int pin_next;
};

static const struct guest_rules rules = { .day_max = GUEST_DAY_MAX, .gap_s = GUEST_GAP_S };

struct visit *visit_new(struct history *history, const struct setup *setup,
			const struct check_in *check_in, const struct after_care *care)
{
	struct visit *visit = calloc(1, sizeof(*visit));

	if (visit != NULL) {
		visit->history = history;
		visit->setup = setup;
		visit->check_in = check_in;
		visit->care = care;
	}
	return visit;
}

void visit_free(struct visit *visit)
{
	free(visit);
}

/* ---- who may start ---- */

/* How long a refused check-in still speaks against this guest, stored or not. */
static int bound_s(struct visit *visit, int64_t guest, uint64_t now_us, uint64_t *ret_s)
{
	const int r = guests_bound(visit->history, guest, ret_s);

	if (now_us < visit->held_until_us && (guest == 0 || guest == visit->held_guest)) {
		const uint64_t held_s = (visit->held_until_us - now_us) / S_US + 1;

		*ret_s = r < 0 || held_s > *ret_s ? held_s : *ret_s;
		return 0;
	}
	return r;
}

/* Work out what whoever may start now may get. When the store cannot be read, what was refused
 * stays refused and the rest is gentle. */
static void work_out(struct visit *visit, uint64_t now_us)
{
	const struct visit_state *state = &visit->state;
	struct guest_standing standing = { 0 };
	struct person person = { .checked_in = state->active };
	uint64_t refused_s = 0;
	int r = visit->history == NULL ? -ENOENT : bound_s(visit, state->guest, now_us, &refused_s);

	if (r == 0) {
		r = guests_standing(visit->history, state->guest, &rules, &standing);
	}
	if (r < 0) {
		person.refusal = visit->person.refusal;
		person.gentle = true;
		person.ceiling = 1;
	} else if (refused_s > 0) {
		person.refusal = PERSON_CHECK_IN_REFUSED;
		visit->wait_s = refused_s;
	} else {
		person.refusal = standing.refusal;
		visit->wait_s = standing.wait_s;
	}
	if (r == 0 && state->active) {
		person.ceiling = standing.ceiling;
		person.gentle = state->gentle || standing.see_doctor;
	}
	if (state->active) {
		person.no_heat = state->no_heat;
		person.scan = true;
		memcpy(person.correction_mm, state->correction_mm, sizeof(person.correction_mm));
	} else {
		person = (struct person){ .refusal = person.refusal };
	}
	visit->person = person;
	visit->look_us = now_us + LOOK_US;
	if (visit->wait_s > 0 && visit->wait_s * S_US < LOOK_US) {
		visit->look_us = now_us + visit->wait_s * S_US;
	}
}

static void leave(struct visit *visit, uint64_t now_us)
{
	visit->state = (struct visit_state){ 0 };
	visit->served = false;
	work_out(visit, now_us);
}

const struct person *visit_person(const struct visit *visit)
{
	return &visit->person;
}

uint64_t visit_wait_s(const struct visit *visit)
{
	return visit->person.refusal == PERSON_MAY ? 0 : visit->wait_s;
}

const struct visit_state *visit_state(const struct visit *visit)
{
	return &visit->state;
}

int64_t visit_last_guest(const struct visit *visit, const char **ret_cause)
{
	if (ret_cause != NULL) {
		*ret_cause = visit->cause == NULL ? "unknown" : visit->cause;
	}
	return visit->state.active ? visit->state.guest : visit->session_guest;
}

uint64_t visit_expires_s(const struct visit *visit, uint64_t now_us)
{
	const uint64_t until_us = visit->state.since_us + CHECK_IN_US;

	return visit->state.active && until_us > now_us ? (until_us - now_us) / S_US : 0;
}

/* ---- time ---- */

static bool may_be_resumed(const struct control_snapshot *s, uint64_t now_us)
{
	return s->session.rest.chosen && now_us < s->session.rest_until_us;
}

static bool is_over(const struct visit *visit, const struct control_snapshot *s, uint64_t now_us)
{
	if (visit->running || s->session.running) {
		return false;
	}
	if (visit->served) {
		return !may_be_resumed(s, now_us);
	}
	return now_us - visit->state.since_us >= CHECK_IN_US ||
	       now_us - visit->seat_us >= SEAT_EMPTY_US;
}

static uint64_t seconds_of(const struct session_choice *choice)
{
	return choice->done_us / S_US;
}

static void follow_session(struct visit *visit, const struct control_snapshot *s, uint64_t now_us)
{
	if (!visit->running || !s->session.running) {
		return;
	}
	if (s->session.level > visit->level) {
		visit->level = s->session.level;
	}
	balance_take(&visit->balance,
		     &(struct balance_sample){ .massage = s->session.state == STATE_MASSAGE,
					       .roller = s->roller,
					       .scan = &s->scan,
					       .zone = s->zone });
	if (now_us - visit->stored_us >= STORE_US && visit->history != NULL) {
		visit->stored_us = now_us;
		if (guests_session_goes_on(visit->history, seconds_of(&s->session.now),
					   visit->level) < 0) {
			return; /* its end will be stored, or said to be lost */
		}
	}
}

void visit_tick(struct visit *visit, const struct control_snapshot *s, uint64_t now_us)
{
	if (switch_is_on(s->in.switches, SWITCH_SEAT_OCCUPIED)) {
		visit->seat_us = now_us;
	}
	follow_session(visit, s, now_us);
	if (visit->state.active && is_over(visit, s, now_us)) {
		leave(visit, now_us);
	} else if (now_us >= visit->look_us) {
		work_out(visit, now_us);
	}
}

/* ---- sessions ---- */

static int session_started(struct visit *visit, const struct chair_event *event, uint64_t now_us)
{
	const struct visit_state *state = &visit->state;
	const bool resumed = event->choice.done_us > 0;
	int r = -ENOENT;

	visit->running = true;
	visit->served = visit->served || state->active;
	visit->stored_us = now_us;
	if (visit->history == NULL) {
		return 0;
	}
	if (resumed) {
		r = history_session_resumed(visit->history);
	}
	if (r == -ENOENT) {
		visit->session_guest = state->guest;
		visit->pain_known = state->active;
		visit->pain = state->pain;
		visit->level = 0;
		balance_reset(&visit->balance);
		r = guests_session_started(visit->history, state->guest,
					   visit->setup->core.programs[event->choice.program].id,
					   event->choice.side,
					   state->active && state->guest != 0 ? state->pain : -1);
	}
	return r;
}

/* Two rollers agree no better than ALIKE_SHARE, whatever chance alone says. */
static void read_balance(const struct balance *balance, struct guest_stiffness ret[ZONE_COUNT])
{
	for (unsigned int z = 0; z < ZONE_COUNT; z++) {
		float chance_n_mm = 0.0f;

		ret[z] = (struct guest_stiffness){ 0 };
		ret[z].known = balance_zone(balance, (enum zone)z, &ret[z].n_mm, &chance_n_mm);
		ret[z].error_n_mm = hypotf(chance_n_mm, ALIKE_SHARE * ret[z].n_mm);
	}
}

static int session_ended(struct visit *visit, const struct chair_event *event, uint64_t now_us)
{
	struct guest_stiffness stiffness[ZONE_COUNT];
	int r = 0;

	visit->running = false;
	visit->ended_us = now_us;
	visit->reminder = 0;
	read_balance(&visit->balance, stiffness);
	if (visit->history != NULL) {
		r = guests_session_ended(visit->history, seconds_of(&event->choice),
					 (enum ended)event->a, visit->level, stiffness);
	}
	work_out(visit, now_us);
	return r;
}

int visit_event(struct visit *visit, const struct chair_event *event,
		const struct control_snapshot *s, uint64_t now_us)
{
	if (event->kind == CHAIR_EVENT_SESSION_STARTED) {
		return session_started(visit, event, now_us);
	}
	if (event->kind == CHAIR_EVENT_SESSION_ENDED) {
		follow_session(visit, s, now_us);
		return session_ended(visit, event, now_us);
	}
	if (event->kind == CHAIR_EVENT_BODY && event->a == SCAN_FOUND && visit->history != NULL &&
	    visit->session_guest != 0) {
		return guests_store_body(visit->history, visit->session_guest, &s->scan.body);
	}
	return 0;
}

/* ---- what the guest says ---- */

static void take_check_in(struct visit *visit, const struct guest_profile *profile,
			  const struct check_in_result *result, uint64_t now_us)
{
	struct visit_state *state = &visit->state;

	visit->served = false;
	*state = (struct visit_state){ 0 };
	if (!check_in_allows(result->decision)) {
		return; /* whoever had checked in before does not sit here any more */
	}
	state->active = true;
	state->decision = result->decision;
	state->gentle = result->gentle;
	state->no_heat = result->no_heat;
	state->pain = result->pain;
	state->side = result->side;
	state->cause = result->cause;
	visit->cause = result->cause;
	state->since_us = now_us;
	visit->seat_us = now_us;
	if (profile != NULL) {
		state->guest = profile->id;
		memcpy(state->correction_mm, profile->correction_mm, sizeof(state->correction_mm));
	}
}

int visit_check_in(struct visit *visit, const struct guest_profile *profile, json_t *answers,
		   uint64_t now_us, struct visit_answer *ret, const char **ret_field)
{
	const int64_t guest = profile == NULL ? 0 : profile->id;
	int r;

	*ret = (struct visit_answer){ 0 };
	if (visit->running) {
		return -EBUSY;
	}
	if (visit->check_in == NULL || visit->history == NULL) {
		return -ENOENT;
	}
	r = bound_s(visit, guest, now_us, &ret->wait_s);
	if (r < 0) {
		return r;
	}
	if (ret->wait_s > 0) {
		ret->bound = true;
		ret->refusal = PERSON_CHECK_IN_REFUSED;
		return 0;
	}
	r = check_in_judge(visit->check_in, answers, &ret->result, ret_field);
	if (r < 0) {
		return r;
	}
	r = guests_store_check_in(visit->history, guest, answers, &ret->result);
	if (r < 0 && !check_in_allows(ret->result.decision)) {
		visit->held_guest = guest;
		visit->held_until_us = now_us + GUESTS_BOUND_S * S_US;
	}
	if (r == 0 || !check_in_allows(ret->result.decision)) {
		take_check_in(visit, profile, &ret->result, now_us);
	}
	if (r == 0) {
		r = guests_standing(visit->history, guest, &rules, &ret->standing);
	}
	work_out(visit, now_us);
	if (r < 0) {
		json_decref(ret->result.reasons);
		ret->result.reasons = NULL;
		return r;
	}
	ret->refusal = visit->person.refusal;
	ret->wait_s = visit_wait_s(visit);
	return 0;
}

/* Pain before the session that is checked out of. */
static int pain_before(const struct visit *visit, int64_t guest, int stored)
{
	return guest == 0 && visit->session_guest == 0 && visit->pain_known ? visit->pain : stored;
}

int visit_check_out(struct visit *visit, int64_t guest, json_t *answers, uint64_t now_us,
		    struct check_out_result *ret, struct guest_standing *ret_standing,
		    const char **ret_field)
{
	int64_t session = 0;
	int pain = -1;
	int r;

	if (visit->check_in == NULL || visit->history == NULL) {
		return -ENOENT;
	}
	r = guests_open_check_out(visit->history, guest, &session, &pain);
	if (r == 0 && session == 0) {
		r = -ENOENT;
	}
	if (r == 0) {
		r = check_in_judge_out(visit->check_in, answers, pain_before(visit, guest, pain),
				       ret, ret_field);
	}
	if (r == 0) {
		r = guests_store_check_out(visit->history, guest, session, answers, ret);
	}
	if (r == 0) {
		r = guests_standing(visit->history, guest, &rules, ret_standing);
	}
	work_out(visit, now_us);
	return r;
}

int visit_leave(struct visit *visit, uint64_t now_us)
{
	if (visit->running) {
		return -EBUSY;
	}
	leave(visit, now_us);
	return 0;
}

void visit_correct(struct visit *visit, enum roller roller, float mm)
{
	visit->state.correction_mm[roller] = mm;
	if (visit->state.active) {
		visit->person.correction_mm[roller] = mm;
	}
}

void visit_forget(struct visit *visit, int64_t guest, uint64_t now_us)
{
	if (visit->state.active && visit->state.guest == guest) {
		leave(visit, now_us);
	} else {
		work_out(visit, now_us);
	}
}

bool visit_may_try_pin(const struct visit *visit, uint64_t now_us)
{
	const uint64_t oldest_us = visit->pin_us[visit->pin_next];

	return oldest_us == 0 || now_us - oldest_us >= PIN_US;
}

void visit_wrong_pin(struct visit *visit, uint64_t now_us)
{
	visit->pin_us[visit->pin_next] = now_us;
	visit->pin_next = (visit->pin_next + 1) % PIN_TRIES;
}

bool visit_reminder(struct visit *visit, uint64_t now_us, const char **ret_id, json_t **ret_text)
{
	unsigned int minutes;

	if (visit->care == NULL || visit->ended_us == 0 ||
	    !after_care_reminder(visit->care, visit->reminder, &minutes, ret_id, ret_text) ||
	    now_us - visit->ended_us < minutes * 60U * S_US) {
		return false;
	}
	visit->reminder++;
	return true;
}
