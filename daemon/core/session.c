/* SPDX-License-Identifier: MIT */
#include "session.h"

#include "program.h"

#include <assert.h>
#include <stddef.h>

#define DURATION_MIN_S 60
#define HEAT_MIN_C     30.0f /* cooler is off */
#define CYCLE_US       UINT64_C(10000)
#define STRETCH_MAX_US (86400 * S_US) /* by skipping and asking for time over and over */

/* clang-format off */
#define F STATE_FAULT
#define I STATE_INHIBITED
#define R STATE_READY
#define P STATE_PREHEAT
#define H STATE_HOMING
#define M STATE_MASSAGE
#define Z STATE_PAUSED
#define X STATE_RETRACTING
#define S STATE_SERVICE
static const enum session_state next_state[STATE_COUNT][EVENT_COUNT] = {
	/*         CUT ACK RETRACT FINISHED PAUSE CLEAR_PAUSE CLEAR LATCHED SERVICE INHIBIT START RESUME PREHEAT HOMED PERMITTED NONE */
	[F]    = { F,  I,  F,      F,       F,    F,          F,    F,      F,      F,      F,    F,     F,      F,    F,        F },
	[I]    = { F,  I,  I,      I,       I,    I,          I,    F,      S,      I,      I,    I,     I,      I,    R,        I },
	[R]    = { F,  R,  R,      R,       R,    R,          R,    F,      R,      I,      H,    H,     P,      R,    R,        R },
	[P]    = { F,  P,  R,      R,       R,    P,          P,    F,      P,      I,      H,    H,     P,      P,    P,        P },
	[H]    = { F,  H,  X,      X,       X,    H,          H,    X,      H,      H,      H,    H,     H,      M,    H,        H },
	[M]    = { F,  M,  X,      X,       X,    M,          M,    X,      M,      M,      M,    M,     M,      M,    M,        M },
	[Z]    = { F,  Z,  X,      X,       Z,    Z,          Z,    X,      Z,      Z,      Z,    H,     Z,      Z,    Z,        Z },
	[X]    = { F,  X,  X,      X,       X,    Z,          I,    X,      X,      X,      X,    X,     X,      X,    X,        X },
	[S]    = { F,  S,  X,      X,       X,    S,          S,    X,      S,      S,      S,    S,     S,      S,    S,        S },
};
#undef F
#undef I
#undef R
#undef P
#undef H
#undef M
#undef Z
#undef X
#undef S
/* clang-format on */
_Static_assert(STATE_FAULT == 0, "an empty cell must mean FAULT");

static const char *const state_names[] = { "fault",   "inhibited",  "ready",
					   "preheat", "homing",	    "massage",
					   "paused",  "retracting", "service" };
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == STATE_COUNT, "a name for each");

static const char *const refusal_names[] = {
	"none",
	"fault",
	"inhibited",
	"not_ready",
	"seat_empty",
	"already_running",
	"no_session",
	"nothing_to_resume",
	"unknown_program",
	"side_not_offered",
	"level_out_of_range",
	"minutes_out_of_range",
	"not_for_home",
	"preheat_rest",
	"ask_pending",
	"no_heat",
	"child_lock",
	"check_in_refused",
	"rest_until",
	"daily_limit",
	"level_ceiling",
	"time_limit",
	"no_time_left",
	"heat_out_of_range",
	"heat_not_allowed",
	"not_steered",
	"key_off",
	"seat_taken",
	"not_in_service",
	"one_at_a_time",
};
_Static_assert(sizeof(refusal_names) / sizeof(refusal_names[0]) == REFUSAL_COUNT,
	       "a name for each");

static const char *const ended_names[] = { "not",	    "finished",	 "stopped",
					   "seat_empty",    "fault",	 "time_limit",
					   "pause_expired", "interlock", "no_body" };
_Static_assert(sizeof(ended_names) / sizeof(ended_names[0]) == ENDED_COUNT, "a name for each");

static const char *const ask_names[] = { "none", "asked", "confirmed", "expired", "cancelled" };
_Static_assert(sizeof(ask_names) / sizeof(ask_names[0]) == ASK_COUNT, "a name for each");

const char *session_state_name(enum session_state state)
{
	return (unsigned int)state < STATE_COUNT ? state_names[state] : "invalid";
}

const char *refusal_name(enum refusal refusal)
{
	return (unsigned int)refusal < REFUSAL_COUNT ? refusal_names[refusal] : "invalid";
}

const char *ended_name(enum ended ended)
{
	return (unsigned int)ended < ENDED_COUNT ? ended_names[ended] : "invalid";
}

const char *ask_outcome_name(enum ask_outcome outcome)
{
	return (unsigned int)outcome < ASK_COUNT ? ask_names[outcome] : "invalid";
}

enum session_state session_next(enum session_state state, enum session_event event)
{
	if ((unsigned int)state >= STATE_COUNT || (unsigned int)event >= EVENT_COUNT) {
		return STATE_FAULT;
	}
	return next_state[state][event];
}

bool session_is_moving(enum session_state state)
{
	return state == STATE_HOMING || state == STATE_MASSAGE || state == STATE_PAUSED ||
	       state == STATE_RETRACTING || state == STATE_SERVICE;
}

/* What the cycle wants, once admitted. */
struct want {
	bool confirms; /* it is what an ask waited for */
	bool start;
	bool resume;
	bool pause;
	bool preheat;
	bool service;
	struct session_choice choice;
};

void session_init(struct session *session)
{
	*session = (struct session){ .state = STATE_INHIBITED, .last_switches = UINT32_MAX };
}

static bool may_rest(const struct session *s, uint64_t now_us)
{
	return s->rest.chosen && now_us < s->rest_until_us;
}

static enum refusal refusal_by(const struct interlock *il, uint64_t causes)
{
	if (causes == 0) {
		return REFUSAL_NONE;
	}
	if (interlock_has(il, EFFECT_INHIBIT)) {
		return REFUSAL_INHIBITED;
	}
	return causes == CAUSE_BIT(CAUSE_SEAT_EMPTY) ? REFUSAL_SEAT_EMPTY : REFUSAL_NOT_READY;
}

enum refusal refusal_of_person(enum person_refusal reason)
{
	static const enum refusal refusals[PERSON_REFUSAL_COUNT] = {
		[PERSON_MAY] = REFUSAL_NONE,
		[PERSON_CHECK_IN_REFUSED] = REFUSAL_CHECK_IN_REFUSED,
		[PERSON_RESTS] = REFUSAL_REST_UNTIL,
		[PERSON_DAILY_LIMIT] = REFUSAL_DAILY_LIMIT,
	};

	return (unsigned int)reason < PERSON_REFUSAL_COUNT ? refusals[reason]
							   : REFUSAL_CHECK_IN_REFUSED;
}

/* Going on with a session is no new one, so that the day's limit does not count. */
static enum refusal refusal_to_resume(const struct person *person)
{
	return person->refusal == PERSON_DAILY_LIMIT ? REFUSAL_NONE
						     : refusal_of_person(person->refusal);
}

/* Why no session may begin now. @asking: an ask may be left while the seat is still empty. */
static enum refusal admission(const struct session *s, const struct chair_inputs *in,
			      const struct interlock *il, bool asking)
{
	const uint64_t waits = asking ? CAUSE_BIT(CAUSE_SEAT_EMPTY) : 0;
	/* while preheating an empty seat is no cause */
	const bool seated = asking || switch_is_on(in->switches, SWITCH_SEAT_OCCUPIED);
	enum refusal refusal;

	if (s->state == STATE_FAULT || il->latched != 0) {
		return REFUSAL_FAULT;
	}
	if (s->child_lock) {
		return REFUSAL_CHILD_LOCK;
	}
	if (s->state == STATE_INHIBITED) {
		return REFUSAL_INHIBITED;
	}
	if (s->state != STATE_READY && s->state != STATE_PREHEAT) {
		return REFUSAL_ALREADY_RUNNING;
	}
	refusal = refusal_by(il, interlock_objections(il) & ~waits);
	return refusal == REFUSAL_NONE && !seated ? REFUSAL_SEAT_EMPTY : refusal;
}

static enum refusal check_choice(const struct chair_config *config, const struct chair_command *c,
				 struct session_choice *choice)
{
	const struct program *program;
	uint32_t duration_s;

	if (c->program >= config->program_count) {
		return REFUSAL_UNKNOWN_PROGRAM;
	}
	program = &config->programs[c->program];
	if ((unsigned int)c->side >= SIDE_COUNT ||
	    (program->sides >> (unsigned int)c->side & 1U) == 0) {
		return REFUSAL_SIDE_NOT_OFFERED;
	}
	if (c->level > LEVEL_MAX) {
		return REFUSAL_LEVEL_OUT_OF_RANGE;
	}
	duration_s = c->duration_s == 0 ? program_duration_s(program) : c->duration_s;
	if (duration_s < DURATION_MIN_S || duration_s > config->session_max_s) {
		return REFUSAL_MINUTES_OUT_OF_RANGE;
	}
	*choice = (struct session_choice){
		.chosen = true,
		.program = c->program,
		.side = c->side,
		.level = c->level == 0 ? 1 : c->level,
		.duration_us = duration_s * S_US,
	};
	return REFUSAL_NONE;
}

static enum refusal want_resume(const struct session *s, const struct chair_inputs *in,
				const struct interlock *il, bool asking, struct want *want)
{
	enum refusal refusal;

	if (s->state == STATE_PAUSED) {
		refusal = s->child_lock ? REFUSAL_CHILD_LOCK
					: refusal_by(il, interlock_objections(il));
		want->choice = s->now;
	} else if (may_rest(s, in->now_us)) {
		refusal = admission(s, in, il, asking);
		want->choice = s->rest;
	} else {
		return REFUSAL_NOTHING_TO_RESUME;
	}
	refusal = refusal == REFUSAL_NONE ? refusal_to_resume(&in->person) : refusal;
	want->resume = refusal == REFUSAL_NONE;
	return refusal;
}

/* A new session, now or asked for. */
static enum refusal want_start(const struct session *s, const struct chair_inputs *in,
			       const struct interlock *il, bool asking, struct want *want)
{
	enum refusal refusal = admission(s, in, il, asking);

	refusal = refusal == REFUSAL_NONE ? refusal_of_person(in->person.refusal) : refusal;
	want->start = refusal == REFUSAL_NONE;
	return refusal;
}

static enum refusal want_preheat(const struct session *s, const struct chair_inputs *in,
				 const struct interlock *il, struct want *want)
{
	const enum refusal refusal = admission(s, in, il, true);

	if (refusal != REFUSAL_NONE) {
		return refusal;
	}
	if (s->state == STATE_PREHEAT) {
		return REFUSAL_ALREADY_RUNNING;
	}
	if (interlock_has(il, EFFECT_HEAT_OFF)) {
		return REFUSAL_NO_HEAT;
	}
	if (in->person.no_heat) {
		return REFUSAL_HEAT_NOT_ALLOWED;
	}
	if (s->preheat_us != 0 && in->now_us - s->preheat_us < LIMIT_PREHEAT_REST_US) {
		return REFUSAL_PREHEAT_REST;
	}
	want->preheat = true;
	return REFUSAL_NONE;
}

static enum refusal set_level(struct session *s, uint8_t level, bool only_lower)
{
	if (!s->running) {
		return REFUSAL_NO_SESSION;
	}
	if (level < 1 || level > LEVEL_MAX) {
		return REFUSAL_LEVEL_OUT_OF_RANGE;
	}
	if (only_lower && level > s->now.level) {
		return REFUSAL_NOT_FOR_HOME;
	}
	if (level > s->now.limits.level_max) {
		return REFUSAL_LEVEL_CEILING;
	}
	s->now.level = level;
	if (s->level > level) {
		s->level = level; /* "less" acts at once */
	}
	return REFUSAL_NONE;
}

/* More or less time: what is left of the phases is stretched alike. */
static enum refusal set_time(struct session *s, const struct chair_config *config, int32_t delta_s)
{
	const int64_t least_us = (int64_t)(DURATION_MIN_S * S_US);
	const int64_t left_us = (int64_t)s->now.duration_us - (int64_t)s->now.elapsed_us;
	const int64_t wished_us = left_us + (int64_t)delta_s * (int64_t)S_US;
	const int64_t limit_us = (int64_t)(config->session_max_s * S_US);

	if (!s->running) {
		return REFUSAL_NO_SESSION;
	}
	if (left_us < least_us || wished_us < least_us) {
		return REFUSAL_NO_TIME_LEFT;
	}
	if ((int64_t)s->active_us + wished_us > limit_us || s->now.duration_us > STRETCH_MAX_US) {
		return REFUSAL_TIME_LIMIT;
	}
	/* elapsed / duration, the place in the program, stays */
	s->now.duration_us =
		(uint64_t)wished_us / 1000U * s->now.duration_us / ((uint64_t)left_us / 1000U);
	s->now.elapsed_us = s->now.duration_us - (uint64_t)wished_us;
	return REFUSAL_NONE;
}

/* On to the next phase, or back to the beginning of this one. */
static enum refusal set_phase(struct session *s, const struct chair_config *config, bool again)
{
	const struct program *program = &config->programs[s->now.program];
	const uint64_t limit_us = config->session_max_s * S_US;
	uint64_t to_us;

	if (s->state != STATE_MASSAGE || s->phase >= program->phase_count) {
		return REFUSAL_NO_SESSION;
	}
	to_us = program_phase_start_us(program, again ? s->phase : s->phase + 1U,
				       s->now.duration_us);
	if (s->active_us + s->now.duration_us - to_us > limit_us) {
		return REFUSAL_TIME_LIMIT;
	}
	s->now.elapsed_us = to_us;
	return REFUSAL_NONE;
}

static enum refusal set_heat(struct session *s, const struct chair_config *config,
			     const struct chair_command *c)
{
	const uint8_t all = (uint8_t)((1U << PAD_COUNT) - 1U);
	const uint8_t pads = c->pads == 0 ? all : c->pads;
	const bool off = c->heat_c <= 0.0f;
	bool lowers = false;

	if (!s->running) {
		return REFUSAL_NO_SESSION;
	}
	if (!off && !(c->heat_c >= HEAT_MIN_C && c->heat_c <= config->set_max_c)) {
		return REFUSAL_HEAT_OUT_OF_RANGE;
	}
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		lowers = lowers || ((pads >> p & 1U) != 0 && c->heat_c <= s->now.heat_c[p]);
	}
	if (c->only_lower && !lowers) {
		return REFUSAL_NOT_FOR_HOME;
	}
	if (c->heat_c > s->now.limits.heat_max_c) {
		return REFUSAL_HEAT_NOT_ALLOWED;
	}
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		if ((pads >> p & 1U) != 0 && !(c->only_lower && c->heat_c > s->now.heat_c[p])) {
			s->now.heat_c[p] = off ? 0.0f : c->heat_c;
		}
	}
	return REFUSAL_NONE;
}

static enum refusal set_heat_only(struct session *s, const struct interlock *il, bool on)
{
	if (!s->running) {
		return REFUSAL_NO_SESSION;
	}
	if (on && interlock_has(il, EFFECT_HEAT_OFF)) {
		return REFUSAL_NO_HEAT;
	}
	if (on && s->now.limits.heat_max_c <= 0.0f) {
		return REFUSAL_HEAT_NOT_ALLOWED;
	}
	s->now.heat_only = on;
	return REFUSAL_NONE;
}

/* The person steers to @spot of @zone. */
static enum refusal set_spot(struct session *s, const struct chair_config *config, enum zone zone,
			     float spot)
{
	const struct program *program = &config->programs[s->now.program];
	const struct program_phase *phase;

	if (s->state != STATE_MASSAGE || s->phase >= program->phase_count) {
		return REFUSAL_NO_SESSION;
	}
	phase = &program->phases[s->phase];
	if (!phase->steered || !(spot >= 0.0f && spot <= 1.0f) ||
	    (unsigned int)zone >= ZONE_COUNT ||
	    (program_zones(phase->parts, s->now.side) >> (unsigned int)zone & 1U) == 0) {
		return REFUSAL_NOT_STEERED;
	}
	s->now.spot_chosen = true;
	s->now.spot_zone = zone;
	s->now.spot = spot;
	return REFUSAL_NONE;
}

/* A technician takes over: key turned, seat empty, and nothing else speaks against it. */
static enum refusal want_service(const struct session *s, const struct chair_inputs *in,
				 const struct interlock *il, struct want *want)
{
	const uint64_t expected = CAUSE_BIT(CAUSE_KEY_IN_SERVICE) | CAUSE_BIT(CAUSE_SEAT_EMPTY);

	if (s->state == STATE_FAULT || il->latched != 0) {
		return REFUSAL_FAULT;
	}
	if (session_is_moving(s->state) || s->state == STATE_PREHEAT) {
		return REFUSAL_ALREADY_RUNNING;
	}
	if (!switch_is_on(in->switches, SWITCH_SERVICE_KEY)) {
		return REFUSAL_KEY_OFF;
	}
	if (switch_is_on(in->switches, SWITCH_SEAT_OCCUPIED)) {
		return REFUSAL_SEAT_TAKEN;
	}
	if ((interlock_objections(il) & ~expected) != 0) {
		return REFUSAL_INHIBITED;
	}
	/* INHIBITED is where the key leads to */
	want->service = s->state == STATE_INHIBITED && service_is_heard(in);
	return want->service ? REFUSAL_NONE : REFUSAL_NOT_READY;
}

static enum refusal take_service(struct session *s, const struct chair_config *config,
				 const struct chair_inputs *in)
{
	if (s->state != STATE_SERVICE) {
		return REFUSAL_NOT_IN_SERVICE;
	}
	return service_take(&s->service, config, in) ? REFUSAL_NONE : REFUSAL_ONE_AT_A_TIME;
}

/* The proof cuts the power for a moment: not while anything may move. */
static enum refusal want_proof(const struct session *s, struct session_report *report)
{
	if (s->state == STATE_FAULT) {
		return REFUSAL_FAULT;
	}
	report->prove = s->state == STATE_INHIBITED || s->state == STATE_READY;
	return report->prove ? REFUSAL_NONE : REFUSAL_ALREADY_RUNNING;
}

/* What the person wishes of the session that runs. */
static enum refusal take_wish(struct session *s, const struct chair_config *config,
			      const struct interlock *il, const struct chair_command *c)
{
	switch ((int)c->kind) {
	case COMMAND_LEVEL:
		return set_level(s, c->level, c->only_lower);
	case COMMAND_TIME:
		return set_time(s, config, c->delta_s);
	case COMMAND_SKIP:
		return set_phase(s, config, false);
	case COMMAND_AGAIN:
		return set_phase(s, config, true);
	case COMMAND_HEAT:
		return set_heat(s, config, c);
	case COMMAND_HEAT_ONLY:
		return set_heat_only(s, il, c->on);
	case COMMAND_PINPOINT:
		return set_spot(s, config, c->zone, c->spot);
	default:
		return REFUSAL_NOT_READY; /* an unknown command */
	}
}

/* Turn an admitted start or resume into an ask that waits for a press at the chair. */
static enum refusal leave_ask(struct session *s, struct want *want, uint64_t now_us,
			      struct session_report *report)
{
	const struct want asked = *want;

	*want = (struct want){ 0 }; /* whatever becomes of the ask: nothing starts by it */
	if (s->ask.chosen) {
		return REFUSAL_ASK_PENDING;
	}
	s->ask = asked.choice;
	s->ask_is_resume = asked.resume;
	s->ask_us = now_us;
	report->ask = ASK_ASKED;
	return REFUSAL_NONE;
}

static enum refusal take_command(struct session *s, const struct chair_config *config,
				 const struct chair_inputs *in, const struct interlock *il,
				 struct want *want, struct session_report *report)
{
	const struct chair_command *c = &in->command;
	enum refusal refusal = REFUSAL_NOT_READY; /* no command at all */

	report->command_done = true;
	if (want->start || want->resume) {
		return REFUSAL_NOT_READY; /* the button on the chair came first */
	}
	switch (c->kind) {
	case COMMAND_START:
		refusal = check_choice(config, c, &want->choice);
		if (refusal == REFUSAL_NONE) {
			refusal = want_start(s, in, il, c->ask, want);
		}
		break;
	case COMMAND_RESUME:
		refusal = want_resume(s, in, il, c->ask, want);
		break;
	case COMMAND_PAUSE:
		want->pause = s->state == STATE_HOMING || s->state == STATE_MASSAGE;
		refusal = want->pause ? REFUSAL_NONE : REFUSAL_NO_SESSION;
		break;
	case COMMAND_PREHEAT:
		refusal = want_preheat(s, in, il, want);
		break;
	case COMMAND_SERVICE:
		refusal = want_service(s, in, il, want);
		break;
	case COMMAND_JOG:
	case COMMAND_HEAT_TEST:
		refusal = take_service(s, config, in);
		break;
	case COMMAND_PROVE:
		refusal = want_proof(s, report);
		break;
	case COMMAND_NONE:
	case COMMAND_LEVEL:
	case COMMAND_TIME:
	case COMMAND_SKIP:
	case COMMAND_AGAIN:
	case COMMAND_HEAT:
	case COMMAND_HEAT_ONLY:
	case COMMAND_PINPOINT:
	case COMMAND_KIND_COUNT:
		refusal = take_wish(s, config, il, c);
		break;
	}
	if (c->ask && (want->start || want->resume)) {
		refusal = leave_ask(s, want, in->now_us, report);
	}
	return refusal;
}

/* The armrest's start button, not in FAULT: confirm an ask, resume, or start the default. */
static enum refusal press_start(struct session *s, const struct chair_config *config,
				const struct chair_inputs *in, const struct interlock *il,
				struct want *want)
{
	const struct chair_command plain = {
		.program = config->default_program,
		.side = SIDE_BOTH,
	};
	enum refusal refusal;

	if (s->ask.chosen) {
		if (in->now_us - s->ask_us < LIMIT_ASK_SETTLE_US) {
			return REFUSAL_NONE; /* meant for something else */
		}
		want->confirms = true;
		if (s->ask_is_resume) {
			return want_resume(s, in, il, false, want);
		}
		want->choice = s->ask;
		return want_start(s, in, il, false, want);
	}
	if (s->state == STATE_PAUSED || may_rest(s, in->now_us)) {
		return want_resume(s, in, il, false, want);
	}
	refusal = check_choice(config, &plain, &want->choice);
	return refusal == REFUSAL_NONE ? want_start(s, in, il, false, want) : refusal;
}

/* Edges of the armrest buttons; a button that was down at start-up has no edge until released. */
static void take_buttons(struct session *s, const struct chair_config *config,
			 const struct chair_inputs *in, struct interlock *il, struct want *want,
			 struct session_report *report)
{
	const uint32_t edges = in->switches & ~s->last_switches;

	if ((il->present & CAUSE_BIT(CAUSE_GPIO_FAILED)) != 0) {
		s->last_switches =
			UINT32_MAX; /* no edge now, nor by what is held when it is back */
		return;
	}
	s->last_switches = in->switches;
	if (switch_is_on(in->switches, SWITCH_BUTTON_START)) {
		s->start_released_us = 0;
	} else if (s->start_released_us == 0) {
		s->start_released_us = in->now_us;
	} else if (in->now_us - s->start_released_us >= LIMIT_ACK_RELEASE_US) {
		s->start_blocked = false;
	}
	if (switch_is_on(edges, SWITCH_BUTTON_START)) {
		if (s->state == STATE_FAULT) {
			report->acknowledged = interlock_acknowledge(il);
			s->start_blocked = true;
		} else if (!s->start_blocked) {
			report->refusal = press_start(s, config, in, il, want);
		}
	}
	if (switch_is_on(edges, SWITCH_BUTTON_UP) && s->now.level < LEVEL_MAX) {
		(void)set_level(s, (uint8_t)(s->now.level + 1),
				false); /* nothing without a session */
	}
	if (switch_is_on(edges, SWITCH_BUTTON_DOWN) && s->now.level > 1) {
		(void)set_level(s, (uint8_t)(s->now.level - 1), false);
	}
}

/* An ask ends when it is taken, too old, or anything goes wrong. */
static void age_ask(struct session *s, const struct chair_inputs *in, const struct interlock *il,
		    const struct want *want, struct session_report *report)
{
	const uint64_t objections = interlock_objections(il) & ~CAUSE_BIT(CAUSE_SEAT_EMPTY);

	if (!s->ask.chosen) {
		return;
	}
	if (want->start || want->resume) {
		report->ask = want->confirms ? ASK_CONFIRMED : ASK_CANCELLED;
	} else if (objections != 0) {
		report->ask = ASK_CANCELLED;
	} else if (in->now_us - s->ask_us >= LIMIT_ASK_US) {
		report->ask = ASK_EXPIRED;
	} else {
		return;
	}
	s->ask = (struct session_choice){ 0 };
}

/* Time, phase and the level's ramp. True when the program is over. */
static bool advance(struct session *s, const struct chair_config *config, uint64_t now_us,
		    uint64_t dt_us, struct session_report *report)
{
	const struct program *program = &config->programs[s->now.program];
	unsigned int phase;

	if (s->state == STATE_HOMING || s->state == STATE_MASSAGE) {
		s->active_us += dt_us;
	}
	if (s->state != STATE_MASSAGE) {
		s->level_us = now_us;
		return false;
	}
	s->now.elapsed_us += dt_us;
	s->now.done_us += dt_us;
	phase = program_locate(program, s->now.elapsed_us, s->now.duration_us, &s->phase_left_us);
	report->phase_changed = phase != s->phase && phase < program->phase_count;
	s->phase = phase;
	if (s->level < s->now.level && now_us - s->level_us >= LIMIT_LEVEL_STEP_US) {
		s->level++;
		s->level_us = now_us;
	}
	return phase >= program->phase_count;
}

static bool finished(const struct session *s, bool program_over, const struct chair_inputs *in)
{
	const uint64_t in_state_us = in->now_us - s->entered_us;

	return program_over || (s->state == STATE_PAUSED && in_state_us >= LIMIT_PAUSE_US) ||
	       (s->state == STATE_PREHEAT && in_state_us >= LIMIT_PREHEAT_US) ||
	       (s->state == STATE_SERVICE && service_is_over(&s->service, in));
}

static enum session_event pick_event(const struct session *s, const struct interlock *il,
				     const struct want *want, bool over,
				     const struct session_stage *stage)
{
	const bool works = s->state == STATE_HOMING || s->state == STATE_MASSAGE;
	const bool waits =
		s->state == STATE_INHIBITED || s->state == STATE_READY || s->state == STATE_PREHEAT;
	const bool preheats = s->state == STATE_PREHEAT;
	const bool may_move = works || s->state == STATE_PAUSED || s->state == STATE_SERVICE;
	const bool leaves = ((may_move || preheats) && interlock_has(il, EFFECT_RETRACT)) ||
			    (may_move && il->latched != 0) ||
			    (preheats && interlock_has(il, EFFECT_HEAT_OFF));
	const bool off = s->state == STATE_RETRACTING && stage->clear;
	const bool when[EVENT_COUNT] = {
		[EVENT_CUT] = interlock_has(il, EFFECT_CUT),
		[EVENT_ACKNOWLEDGED] = s->state == STATE_FAULT && il->latched == 0,
		[EVENT_RETRACT] = leaves,
		[EVENT_FINISHED] = over,
		[EVENT_PAUSE] = works && (want->pause || interlock_has(il, EFFECT_PAUSE)),
		[EVENT_CLEAR_PAUSE] = off && s->pause_wanted,
		[EVENT_CLEAR] = off,
		[EVENT_LATCHED] = il->latched != 0 && s->state != STATE_FAULT,
		[EVENT_SERVICE] = want->service,
		[EVENT_INHIBIT] = waits && interlock_has(il, EFFECT_INHIBIT),
		[EVENT_START] = want->start,
		[EVENT_RESUME] = want->resume,
		[EVENT_PREHEAT] = want->preheat,
		[EVENT_HOMED] = s->state == STATE_HOMING && stage->homed,
		[EVENT_PERMITTED] = waits,
		[EVENT_NONE] = true,
	};
	unsigned int e = 0;

	while (!when[e]) {
		e++;
	}
	return (enum session_event)e;
}

static enum ended ending_of(const struct session *s, const struct interlock *il,
			    enum session_event event)
{
	if (event == EVENT_FINISHED && s->state == STATE_HOMING) {
		return ENDED_NO_BODY;
	}
	if (event == EVENT_FINISHED) {
		return s->state == STATE_PAUSED ? ENDED_PAUSE_EXPIRED : ENDED_FINISHED;
	}
	if ((il->active & CAUSE_BIT(CAUSE_STOP)) != 0) {
		return ENDED_STOPPED;
	}
	if ((il->active & CAUSE_BIT(CAUSE_SEAT_EMPTY)) != 0) {
		return ENDED_SEAT_EMPTY;
	}
	if ((il->active & CAUSE_BIT(CAUSE_SESSION_TIME)) != 0) {
		return ENDED_TIME_LIMIT;
	}
	return ENDED_INTERLOCK;
}

static void end_session(struct session *s, enum ended ended, uint64_t now_us,
			struct session_report *report)
{
	report->ended = ended;
	report->choice = s->now;
	s->rest = (struct session_choice){ 0 };
	if (ended == ENDED_STOPPED || ended == ENDED_SEAT_EMPTY) {
		s->rest = s->now;
		s->rest_until_us = now_us + LIMIT_RESUME_US;
	}
	s->running = false;
	s->now = (struct session_choice){ 0 };
	s->level = 0;
	s->pause_wanted = false;
}

static void begin_session(struct session *s, const struct want *want, uint64_t now_us,
			  struct session_report *report)
{
	if (!s->running) {
		report->started = true;
		report->choice = want->choice;
		s->active_us = want->choice.done_us;
		s->phase = PROGRAM_PHASE_MAX; /* the first phase is a change */
	}
	s->running = true;
	s->now = want->choice;
	if (want->resume) {
		s->now.level = 1;
	}
	s->level = 1;
	s->level_us = now_us;
	s->rest = (struct session_choice){ 0 };
}

/* What this person may get, for the whole session. */
static void bind(struct session_choice *choice, const struct chair_config *config,
		 const struct chair_inputs *in)
{
	choice->limits = guest_limits(&in->person, config->set_max_c);
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		choice->heat_c[p] = config->set_max_c;
	}
	choice->scan = in->person.scan;
	choice->seed = (uint32_t)(in->now_us / CYCLE_US) | 1U; /* 0 would vary nothing */
	if (choice->level > choice->limits.level_max) {
		choice->level = choice->limits.level_max;
	}
}

/* Who goes on may be somebody else than who began: the stricter of both counts. */
static void tighten(struct session_choice *choice, const struct chair_config *config,
		    const struct chair_inputs *in)
{
	const struct person_limits now = guest_limits(&in->person, config->set_max_c);
	struct person_limits *limits = &choice->limits;

	limits->gentle = limits->gentle || now.gentle;
	if (now.level_max < limits->level_max) {
		limits->level_max = now.level_max;
	}
	if (now.heat_max_c < limits->heat_max_c) {
		limits->heat_max_c = now.heat_max_c;
	}
}

static void enter(struct session *s, enum session_state next, enum session_event event,
		  const struct interlock *il, const struct want *want, uint64_t now_us,
		  struct session_report *report)
{
	if (next == s->state) {
		return;
	}
	if (next == STATE_RETRACTING) {
		s->pause_wanted = event == EVENT_PAUSE;
		s->ending = ending_of(s, il, event);
	} else if (next == STATE_HOMING) {
		begin_session(s, want, now_us, report);
	} else if (next == STATE_PREHEAT) {
		s->preheat_us = now_us;
	} else if (next == STATE_SERVICE) {
		service_begin(&s->service, now_us);
		s->rest = (struct session_choice){ 0 };
	} else if (next == STATE_FAULT) {
		s->rest = (struct session_choice){ 0 };
		if (s->running) {
			end_session(s, ENDED_FAULT, now_us, report);
		}
	} else if (next == STATE_INHIBITED && s->running) {
		end_session(s, s->ending, now_us, report);
	}
	s->state = next;
	s->entered_us = now_us;
}

void session_step(struct session *session, const struct chair_config *config,
		  const struct chair_inputs *in, struct interlock *il,
		  const struct session_stage *stage, uint64_t dt_us, struct session_report *report)
{
	struct want want = { 0 };
	enum session_event event;
	bool over = false;

	assert(session != NULL);
	assert(config != NULL);
	assert(report != NULL);

	*report = (struct session_report){ 0 };
	session->child_lock = in->child_lock;
	take_buttons(session, config, in, il, &want, report);
	if (in->command.kind != COMMAND_NONE) {
		report->refusal = take_command(session, config, in, il, &want, report);
	}
	age_ask(session, in, il, &want, report);
	if (want.start) {
		bind(&want.choice, config, in);
	} else if (want.resume) {
		tighten(&want.choice, config, in);
	}
	if (session->running) {
		over = advance(session, config, in->now_us, dt_us, report);
	}
	service_step(&session->service, config, in);
	over = finished(session, over || stage->no_body, in);
	if (session->state == STATE_RETRACTING && session->pause_wanted &&
	    (interlock_has(il, EFFECT_RETRACT) || il->latched != 0)) {
		session->pause_wanted = false; /* a pause has turned into a stop */
		session->ending = ending_of(session, il, EVENT_RETRACT);
	}
	event = pick_event(session, il, &want, over, stage);
	enter(session, session_next(session->state, event), event, il, &want, in->now_us, report);
}
