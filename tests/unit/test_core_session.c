/* SPDX-License-Identifier: MIT */
/* Sessions: who may start what and when, asks, the armrest, pauses, levels, ends and resumes. */
#include "core_fixture.h"

static struct chair_config config;
static struct chair_inputs in;
static struct interlock il;
static struct session s;
static struct session_report report;
static bool homed;
static bool clear;

static void next_us(uint64_t dt_us)
{
	in.now_us += dt_us;
	session_step(&s, &config, &in, &il,
		     &(struct session_stage){ .homed = homed, .clear = clear }, dt_us, &report);
	in.command = (struct chair_command){ 0 };
}

static void next(void)
{
	next_us(CYCLE_US);
}

static int setup(void **state)
{
	(void)state;
	core_config(&config);
	core_good_inputs(&in, EPOCH_US);
	il = (struct interlock){ 0 };
	homed = false;
	clear = true;
	session_init(&s);
	assert_int_equal(s.state, STATE_INHIBITED);
	next();
	assert_int_equal(s.state, STATE_READY);
	return 0;
}

/* What interlock_update() would make of these causes. */
static void causes(uint64_t active, uint64_t latched)
{
	il.active = active;
	il.latched = latched;
	il.effects = 0;
	for (unsigned int c = 0; c < CAUSE_COUNT; c++) {
		if (((active | latched) >> c & 1U) != 0) {
			il.effects |= 1U << (unsigned int)fault_row((enum cause)c)->effect;
		}
	}
}

static void cause(enum cause c)
{
	causes(CAUSE_BIT(c), fault_row(c)->latched ? CAUSE_BIT(c) : 0);
}

static void no_cause(void)
{
	causes(0, 0);
}

static void set(enum chair_switch sw, bool on)
{
	const uint32_t bit = 1U << (unsigned int)sw;

	in.switches = on ? in.switches | bit : in.switches & ~bit;
}

static void press(enum chair_switch sw)
{
	set(sw, true);
	next();
	set(sw, false);
}

/* A technician has the lease. */
static void serve(void)
{
	set(SWITCH_SERVICE_KEY, true);
	in.service_heard_us = in.now_us;
	service_begin(&s.service, in.now_us);
	s.state = STATE_SERVICE;
}

static enum refusal command(struct chair_command c)
{
	in.command = c;
	next();
	assert_true(report.command_done);
	return report.refusal;
}

static enum refusal start(uint8_t level)
{
	return command(
		(struct chair_command){ .kind = COMMAND_START, .side = SIDE_BOTH, .level = level });
}

static enum refusal ask_start(void)
{
	return command((struct chair_command){
		.kind = COMMAND_START, .side = SIDE_LEFT, .level = 2, .ask = true });
}

static enum refusal resume(bool ask)
{
	return command((struct chair_command){ .kind = COMMAND_RESUME, .ask = ask });
}

static enum refusal level(uint8_t wanted, bool only_lower)
{
	return command((struct chair_command){
		.kind = COMMAND_LEVEL, .level = wanted, .only_lower = only_lower });
}

static enum refusal simple(enum command_kind kind)
{
	return command((struct chair_command){ .kind = kind });
}

static int setup_massage(void **state)
{
	assert_int_equal(setup(state), 0);
	assert_int_equal(start(3), REFUSAL_NONE);
	assert_int_equal(s.state, STATE_HOMING);
	homed = true;
	next();
	assert_int_equal(s.state, STATE_MASSAGE);
	next();
	return 0;
}

/* A stopped session that may be resumed. */
static int setup_stopped(void **state)
{
	assert_int_equal(setup_massage(state), 0);
	next_us(30 * S_US);
	cause(CAUSE_STOP);
	next();
	no_cause();
	next();
	assert_int_equal(report.ended, ENDED_STOPPED);
	next();
	assert_int_equal(s.state, STATE_READY);
	return 0;
}

static int setup_paused(void **state)
{
	assert_int_equal(setup_massage(state), 0);
	assert_int_equal(simple(COMMAND_PAUSE), REFUSAL_NONE);
	assert_int_equal(s.state, STATE_RETRACTING);
	next();
	assert_int_equal(s.state, STATE_PAUSED);
	return 0;
}

static void a_chair_waits_inhibited_until_nothing_inhibits(void **state)
{
	(void)state;
	session_init(&s);
	cause(CAUSE_DEVICE_MISSING);
	next();
	next();
	assert_int_equal(s.state, STATE_INHIBITED);
	no_cause();
	next();
	assert_int_equal(s.state, STATE_READY);
	cause(CAUSE_RELAY_OPEN);
	next();
	assert_int_equal(s.state, STATE_INHIBITED);
}

static void a_start_homes_first_and_begins_at_level_1(void **state)
{
	(void)state;
	assert_int_equal(start(4), REFUSAL_NONE);
	assert_int_equal(s.state, STATE_HOMING);
	assert_int_equal(s.entered_us, in.now_us);
	assert_true(s.running);
	assert_true(report.started);
	assert_int_equal(report.choice.level, 4);
	assert_int_equal(report.choice.program, RIG_PROGRAM_BACK);
	assert_int_equal(report.choice.duration_us, 300 * S_US);
	assert_int_equal(s.level, 1);
	assert_int_equal(s.now.level, 4);
	next();
	assert_int_equal(s.state, STATE_HOMING);
	assert_false(report.started);
	homed = true;
	next();
	assert_int_equal(s.state, STATE_MASSAGE);
	next();
	assert_true(report.phase_changed);
	assert_int_equal(s.phase, 0);
	assert_int_equal(s.phase_left_us, 60 * S_US - CYCLE_US);
	next();
	assert_false(report.phase_changed);
}

static void a_level_or_length_that_is_not_given_is_1_and_the_programs_own(void **state)
{
	(void)state;
	assert_int_equal(start(0), REFUSAL_NONE);
	assert_int_equal(s.now.level, 1);
	assert_int_equal(s.now.duration_us, 300 * S_US);
	assert_int_equal(s.now.side, SIDE_BOTH);
	assert_int_equal(s.now.elapsed_us, 0);
}

static void a_start_that_does_not_fit_is_refused_with_its_reason(void **state)
{
	static const struct {
		struct chair_command command;
		enum refusal refusal;
	} table[] = {
		{ { .program = RIG_PROGRAM_COUNT, .side = SIDE_BOTH }, REFUSAL_UNKNOWN_PROGRAM },
		{ { .program = 255, .side = SIDE_BOTH }, REFUSAL_UNKNOWN_PROGRAM },
		{ { .program = RIG_PROGRAM_LEG, .side = SIDE_BOTH }, REFUSAL_SIDE_NOT_OFFERED },
		{ { .program = RIG_PROGRAM_BACK, .side = SIDE_NONE }, REFUSAL_SIDE_NOT_OFFERED },
		{ { .program = RIG_PROGRAM_BACK, .side = SIDE_COUNT }, REFUSAL_SIDE_NOT_OFFERED },
		{ { .side = SIDE_BOTH, .level = 6 }, REFUSAL_LEVEL_OUT_OF_RANGE },
		{ { .side = SIDE_BOTH, .duration_s = 59 }, REFUSAL_MINUTES_OUT_OF_RANGE },
		{ { .side = SIDE_BOTH, .duration_s = 1801 }, REFUSAL_MINUTES_OUT_OF_RANGE },
		{ { .side = SIDE_BOTH, .duration_s = 60, .level = 5 }, REFUSAL_NONE },
		{ { .side = SIDE_BOTH, .duration_s = 1800 }, REFUSAL_NONE },
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct chair_command c = table[i].command;

		assert_int_equal(setup(state), 0);
		config.programs[RIG_PROGRAM_BACK].sides |= 1U << SIDE_COUNT; /* still not a side */
		c.kind = COMMAND_START;
		assert_int_equal(command(c), table[i].refusal);
		assert_int_equal(s.state,
				 table[i].refusal == REFUSAL_NONE ? STATE_HOMING : STATE_READY);
	}
}

static void no_session_begins_where_it_may_not(void **state)
{
	static const struct {
		enum session_state state;
		enum cause cause;
		enum refusal refusal;
	} table[] = {
		{ STATE_FAULT, CAUSE_COUNT, REFUSAL_FAULT },
		{ STATE_READY, CAUSE_LEG_GUARD, REFUSAL_FAULT },
		{ STATE_READY, CAUSE_ESTOP_OPEN, REFUSAL_FAULT },
		{ STATE_INHIBITED, CAUSE_COUNT, REFUSAL_INHIBITED },
		{ STATE_READY, CAUSE_DEVICE_MISSING, REFUSAL_INHIBITED },
		{ STATE_HOMING, CAUSE_COUNT, REFUSAL_ALREADY_RUNNING },
		{ STATE_MASSAGE, CAUSE_COUNT, REFUSAL_ALREADY_RUNNING },
		{ STATE_PAUSED, CAUSE_COUNT, REFUSAL_ALREADY_RUNNING },
		{ STATE_RETRACTING, CAUSE_COUNT, REFUSAL_ALREADY_RUNNING },
		{ STATE_SERVICE, CAUSE_COUNT, REFUSAL_ALREADY_RUNNING },
		{ STATE_READY, CAUSE_SEAT_EMPTY, REFUSAL_SEAT_EMPTY },
		{ STATE_PREHEAT, CAUSE_SEAT_EMPTY, REFUSAL_SEAT_EMPTY },
		{ STATE_READY, CAUSE_STOP, REFUSAL_NOT_READY },
		{ STATE_READY, CAUSE_FORCE_HIGH, REFUSAL_NOT_READY },
		{ STATE_READY, CAUSE_COUNT, REFUSAL_NONE },
		{ STATE_PREHEAT, CAUSE_COUNT, REFUSAL_NONE },
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		assert_int_equal(setup(state), 0);
		s.state = table[i].state;
		s.entered_us = in.now_us;
		clear = false;
		if (table[i].cause < CAUSE_COUNT) {
			cause(table[i].cause);
		}
		assert_int_equal(start(1), table[i].refusal);
		assert_int_equal(report.started, table[i].refusal == REFUSAL_NONE);
	}
}

static void stop_and_an_empty_seat_together_are_not_just_an_empty_seat(void **state)
{
	(void)state;
	causes(CAUSE_BIT(CAUSE_STOP) | CAUSE_BIT(CAUSE_SEAT_EMPTY), 0);
	assert_int_equal(start(1), REFUSAL_NOT_READY);
	assert_int_equal(ask_start(), REFUSAL_NOT_READY);
}

static void an_ask_waits_for_a_press_at_least_one_second_later(void **state)
{
	(void)state;
	assert_int_equal(ask_start(), REFUSAL_NONE);
	assert_int_equal(report.ask, ASK_ASKED);
	assert_int_equal(s.state, STATE_READY);
	next_us(LIMIT_ASK_SETTLE_US - CYCLE_US - 1);
	press(SWITCH_BUTTON_START); /* 1 us too soon */
	assert_int_equal(in.now_us - s.ask_us, LIMIT_ASK_SETTLE_US - 1);
	assert_int_equal(s.state, STATE_READY);
	assert_int_equal(report.ask, ASK_NONE);
	next();
	press(SWITCH_BUTTON_START);
	assert_int_equal(report.ask, ASK_CONFIRMED);
	assert_int_equal(s.state, STATE_HOMING);
	assert_true(report.started);
	assert_int_equal(s.now.side, SIDE_LEFT);
	assert_int_equal(s.now.level, 2);
	assert_false(s.ask.chosen);
}

static void a_press_exactly_one_second_after_the_ask_confirms(void **state)
{
	(void)state;
	assert_int_equal(ask_start(), REFUSAL_NONE);
	next_us(LIMIT_ASK_SETTLE_US - CYCLE_US);
	press(SWITCH_BUTTON_START);
	assert_int_equal(in.now_us - s.ask_us, LIMIT_ASK_SETTLE_US);
	assert_int_equal(report.ask, ASK_CONFIRMED);
}

static void a_button_held_since_before_the_ask_confirms_nothing(void **state)
{
	(void)state;
	s.start_blocked = true; /* so that the press itself does nothing */
	set(SWITCH_BUTTON_START, true);
	next();
	assert_int_equal(ask_start(), REFUSAL_NONE);
	for (unsigned int i = 0; i < 300; i++) {
		next();
	}
	assert_int_equal(s.state, STATE_READY);
	assert_true(s.ask.chosen);
}

static void an_ask_expires_after_60_s(void **state)
{
	(void)state;
	assert_int_equal(ask_start(), REFUSAL_NONE);
	next_us(LIMIT_ASK_US - 1);
	assert_int_equal(report.ask, ASK_NONE);
	assert_true(s.ask.chosen);
	next_us(1);
	assert_int_equal(report.ask, ASK_EXPIRED);
	assert_false(s.ask.chosen);
	next();
	assert_int_equal(report.ask, ASK_NONE);
}

static void any_fault_cancels_an_ask_but_an_empty_seat_or_a_want_of_heat_does_not(void **state)
{
	for (unsigned int c = 0; c < CAUSE_COUNT; c++) {
		const bool harmless =
			c == CAUSE_SEAT_EMPTY || c == CAUSE_DOSE || c == CAUSE_PADS_UNPROVEN;

		assert_int_equal(setup(state), 0);
		assert_int_equal(ask_start(), REFUSAL_NONE);
		cause((enum cause)c);
		next();
		assert_int_equal(report.ask, harmless ? ASK_NONE : ASK_CANCELLED);
		assert_int_equal(s.ask.chosen, harmless);
	}
	assert_int_equal(setup(state), 0); /* latched and gone is a fault, too */
	assert_int_equal(ask_start(), REFUSAL_NONE);
	causes(0, CAUSE_BIT(CAUSE_COVER_OPEN));
	next();
	assert_int_equal(report.ask, ASK_CANCELLED);
}

static void an_ask_may_be_left_and_is_kept_while_the_seat_is_empty(void **state)
{
	(void)state;
	cause(CAUSE_SEAT_EMPTY);
	assert_int_equal(ask_start(), REFUSAL_NONE);
	next_us(2 * S_US);
	press(SWITCH_BUTTON_START); /* nobody there to confirm */
	assert_int_equal(report.refusal, REFUSAL_SEAT_EMPTY);
	assert_int_equal(s.state, STATE_READY);
	assert_true(s.ask.chosen);
	no_cause();
	next();
	press(SWITCH_BUTTON_START);
	assert_int_equal(s.state, STATE_HOMING);
}

static void a_refused_ask_leaves_nothing(void **state)
{
	(void)state;
	cause(CAUSE_DEVICE_MISSING);
	next();
	assert_int_equal(ask_start(), REFUSAL_INHIBITED);
	assert_false(s.ask.chosen);
	assert_int_equal(report.ask, ASK_NONE);
}

static void an_ask_to_resume_is_confirmed_by_a_press(void **state)
{
	(void)state;
	assert_int_equal(resume(true), REFUSAL_NONE);
	assert_int_equal(report.ask, ASK_ASKED);
	assert_true(s.ask_is_resume);
	assert_int_equal(s.state, STATE_READY);
	next_us(S_US);
	press(SWITCH_BUTTON_START);
	assert_int_equal(report.ask, ASK_CONFIRMED);
	assert_int_equal(s.state, STATE_HOMING);
	assert_int_equal(s.now.elapsed_us, s.active_us);
	assert_true(s.now.elapsed_us > 29 * S_US);
	assert_int_equal(s.now.level, 1);
}

static void an_ask_to_resume_dies_with_what_it_would_resume(void **state)
{
	(void)state;
	next_us(LIMIT_RESUME_US - 30 * S_US);
	assert_int_equal(resume(true), REFUSAL_NONE);
	next_us(31 * S_US);
	press(SWITCH_BUTTON_START);
	assert_int_equal(report.refusal, REFUSAL_NOTHING_TO_RESUME);
	assert_int_equal(s.state, STATE_READY);
	assert_true(s.ask.chosen);
}

static void a_start_replaces_a_session_that_might_have_been_resumed(void **state)
{
	(void)state;
	assert_int_equal(start(2), REFUSAL_NONE);
	assert_int_equal(s.now.elapsed_us, 0);
	assert_false(s.rest.chosen);
}

static void a_session_resumes_at_level_1_for_what_was_left(void **state)
{
	const uint64_t elapsed_us = s.rest.elapsed_us;

	(void)state;
	assert_true(elapsed_us > 30 * S_US);
	assert_int_equal(s.rest.level, 3);
	assert_int_equal(resume(false), REFUSAL_NONE);
	assert_int_equal(s.state, STATE_HOMING);
	assert_true(report.started);
	assert_int_equal(s.now.level, 1);
	assert_int_equal(s.level, 1);
	assert_int_equal(s.now.elapsed_us, elapsed_us);
	assert_int_equal(s.active_us, elapsed_us);
	assert_false(s.rest.chosen);
	next();
	assert_int_equal(s.state, STATE_MASSAGE);
	next();
	assert_int_equal(s.phase, 0);
	assert_true(report.phase_changed);
	assert_int_equal(s.phase_left_us, 60 * S_US - elapsed_us - CYCLE_US);
}

static void a_press_resumes_within_2_minutes_and_starts_the_default_after(void **state)
{
	const uint64_t until_us = s.rest_until_us;

	(void)state;
	next_us(until_us - in.now_us - CYCLE_US - 1);
	press(SWITCH_BUTTON_START); /* 1 us before */
	assert_int_equal(in.now_us, until_us - 1);
	assert_int_equal(s.state, STATE_HOMING);
	assert_true(s.now.elapsed_us > 0);

	assert_int_equal(setup_stopped(state), 0);
	next_us(s.rest_until_us - in.now_us - CYCLE_US);
	press(SWITCH_BUTTON_START);
	assert_int_equal(s.state, STATE_HOMING);
	assert_int_equal(s.now.elapsed_us, 0);

	assert_int_equal(setup_stopped(state), 0);
	next_us(s.rest_until_us - in.now_us - CYCLE_US);
	assert_int_equal(resume(false), REFUSAL_NOTHING_TO_RESUME);
}

static void the_2_minutes_begin_when_the_rollers_are_off(void **state)
{
	uint64_t ended_us;

	assert_int_equal(setup_massage(state), 0);
	clear = false;
	cause(CAUSE_STOP);
	next();
	no_cause();
	next_us(S_US);
	clear = true;
	next();
	ended_us = in.now_us;
	assert_int_equal(s.rest_until_us, ended_us + LIMIT_RESUME_US);
}

static void a_resume_is_refused_where_a_start_would_be(void **state)
{
	(void)state;
	cause(CAUSE_SEAT_EMPTY);
	assert_int_equal(resume(false), REFUSAL_SEAT_EMPTY);
	assert_int_equal(resume(true), REFUSAL_NONE); /* an ask may wait for somebody */
	cause(CAUSE_STOP);
	assert_int_equal(resume(false), REFUSAL_NOT_READY);
	no_cause();
	assert_int_equal(resume(false), REFUSAL_NONE);
}

static void a_press_resumes_nothing_while_the_seat_is_empty(void **state)
{
	(void)state;
	cause(CAUSE_SEAT_EMPTY);
	press(SWITCH_BUTTON_START);
	assert_int_equal(report.refusal, REFUSAL_SEAT_EMPTY);
	assert_int_equal(s.state, STATE_READY);
	assert_int_equal(resume(true), REFUSAL_NONE);
	next_us(2 * S_US);
	press(SWITCH_BUTTON_START);
	assert_int_equal(report.refusal, REFUSAL_SEAT_EMPTY);
	assert_int_equal(s.state, STATE_READY);
}

static void nothing_resumes_by_itself(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 13000; i++) {
		next();
		assert_int_equal(s.state, STATE_READY);
	}
}

static void only_a_stop_or_an_empty_seat_leaves_something_to_resume(void **state)
{
	static const struct {
		enum cause cause;
		enum ended ended;
		bool resumable;
	} table[] = {
		{ CAUSE_STOP, ENDED_STOPPED, true },
		{ CAUSE_SEAT_EMPTY, ENDED_SEAT_EMPTY, true },
		{ CAUSE_SESSION_TIME, ENDED_TIME_LIMIT, false },
		{ CAUSE_FORCE_HIGH, ENDED_INTERLOCK, false },
		{ CAUSE_LEG_GUARD, ENDED_INTERLOCK, false },
		{ CAUSE_SENSOR_IMPLAUSIBLE, ENDED_INTERLOCK, false },
		{ CAUSE_STORE_LOST, ENDED_INTERLOCK, false },
		{ CAUSE_ESTOP_OPEN, ENDED_FAULT, false },
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		assert_int_equal(setup_massage(state), 0);
		cause(table[i].cause);
		next();
		if (table[i].ended != ENDED_FAULT) {
			assert_int_equal(s.state, STATE_RETRACTING);
			assert_int_equal(report.ended, ENDED_NOT);
			next();
			assert_int_equal(s.state, STATE_INHIBITED);
		}
		assert_int_equal(report.ended, table[i].ended);
		assert_int_equal(report.choice.level, 3);
		assert_true(report.choice.elapsed_us > 0);
		assert_int_equal(s.rest.chosen, table[i].resumable);
		assert_false(s.running);
		assert_int_equal(s.level, 0);
		assert_false(s.now.chosen);
	}
}

static void the_worst_reason_for_an_end_is_told(void **state)
{
	static const struct {
		uint32_t active;
		enum ended ended;
	} table[] = {
		{ CAUSE_BIT(CAUSE_STOP) | CAUSE_BIT(CAUSE_SEAT_EMPTY), ENDED_STOPPED },
		{ CAUSE_BIT(CAUSE_SEAT_EMPTY) | CAUSE_BIT(CAUSE_SESSION_TIME), ENDED_SEAT_EMPTY },
		{ CAUSE_BIT(CAUSE_SESSION_TIME) | CAUSE_BIT(CAUSE_FORCE_HIGH), ENDED_TIME_LIMIT },
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		assert_int_equal(setup_massage(state), 0);
		causes(table[i].active, 0);
		next();
		next();
		assert_int_equal(report.ended, table[i].ended);
	}
}

static void a_fault_takes_away_what_might_have_been_resumed(void **state)
{
	(void)state;
	assert_true(s.rest.chosen);
	cause(CAUSE_ESTOP_OPEN);
	next();
	assert_int_equal(s.state, STATE_FAULT);
	assert_false(s.rest.chosen);
	assert_int_equal(report.ended, ENDED_NOT); /* that session ended before */
}

static void a_program_ends_by_itself_and_the_rollers_leave(void **state)
{
	(void)state;
	clear = false;
	s.now.elapsed_us = 300 * S_US - 2 * CYCLE_US;
	s.phase = 2;
	next();
	assert_int_equal(s.state, STATE_MASSAGE);
	next();
	assert_int_equal(s.state, STATE_RETRACTING);
	assert_int_equal(s.phase_left_us, 0);
	next();
	assert_int_equal(s.state, STATE_RETRACTING);
	assert_true(s.running);
	clear = true;
	next();
	assert_int_equal(s.state, STATE_INHIBITED);
	assert_int_equal(report.ended, ENDED_FINISHED);
	assert_false(s.rest.chosen);
	next();
	assert_int_equal(s.state, STATE_READY);
}

static void time_counts_in_massage_and_the_limit_in_homing_too(void **state)
{
	assert_int_equal(setup(state), 0);
	assert_int_equal(start(1), REFUSAL_NONE);
	assert_int_equal(s.active_us, 0);
	next_us(40000);
	assert_int_equal(s.active_us, 40000);
	assert_int_equal(s.now.elapsed_us, 0);
	homed = true;
	next_us(30000);
	assert_int_equal(s.active_us, 70000);
	assert_int_equal(s.now.elapsed_us, 0);
	next_us(20000);
	assert_int_equal(s.active_us, 90000);
	assert_int_equal(s.now.elapsed_us, 20000);
	assert_int_equal(simple(COMMAND_PAUSE), REFUSAL_NONE);
	assert_int_equal(s.active_us, 100000);
	next_us(20000);
	next_us(20000);
	assert_int_equal(s.state, STATE_PAUSED);
	assert_int_equal(s.active_us, 100000);
	assert_int_equal(s.now.elapsed_us, 30000);
}

static void a_pause_goes_through_retracting_and_keeps_the_session(void **state)
{
	assert_int_equal(setup_massage(state), 0);
	clear = false;
	assert_int_equal(simple(COMMAND_PAUSE), REFUSAL_NONE);
	assert_int_equal(s.state, STATE_RETRACTING);
	assert_true(s.pause_wanted);
	next();
	assert_int_equal(s.state, STATE_RETRACTING);
	clear = true;
	next();
	assert_int_equal(s.state, STATE_PAUSED);
	assert_true(s.running);
	assert_int_equal(report.ended, ENDED_NOT);
}

static void a_pause_is_possible_while_homing_and_in_massage_only(void **state)
{
	for (unsigned int st = 0; st < STATE_COUNT; st++) {
		const bool works = st == STATE_HOMING || st == STATE_MASSAGE;

		assert_int_equal(setup_massage(state), 0);
		clear = false;
		homed = false;
		s.state = (enum session_state)st;
		s.entered_us = in.now_us;
		if (st == STATE_FAULT) {
			cause(CAUSE_ESTOP_OPEN);
		} else if (st == STATE_SERVICE) {
			serve();
		}
		assert_int_equal(simple(COMMAND_PAUSE), works ? REFUSAL_NONE : REFUSAL_NO_SESSION);
		assert_int_equal(s.state == STATE_RETRACTING, works || st == STATE_RETRACTING);
	}
}

static void the_pause_effect_pauses(void **state)
{
	(void)state;
	il.effects = 1U << EFFECT_PAUSE;
	next();
	assert_int_equal(s.state, STATE_RETRACTING);
	assert_true(s.pause_wanted);
	il.effects = 0;
	next();
	assert_int_equal(s.state, STATE_PAUSED);
}

static void a_pause_ends_the_session_after_10_minutes(void **state)
{
	(void)state;
	next_us(LIMIT_PAUSE_US - 1);
	assert_int_equal(s.state, STATE_PAUSED);
	next_us(1);
	assert_int_equal(s.state, STATE_RETRACTING);
	next();
	assert_int_equal(report.ended, ENDED_PAUSE_EXPIRED);
	assert_int_equal(s.state, STATE_INHIBITED);
	assert_false(s.rest.chosen);
}

static void a_paused_session_resumes_by_command_or_press_at_level_1(void **state)
{
	const uint64_t elapsed_us = s.now.elapsed_us;

	(void)state;
	assert_int_equal(resume(false), REFUSAL_NONE);
	assert_int_equal(s.state, STATE_HOMING);
	assert_false(report.started); /* the same session goes on */
	assert_int_equal(s.now.level, 1);
	assert_int_equal(s.now.elapsed_us, elapsed_us);

	assert_int_equal(setup_paused(state), 0);
	press(SWITCH_BUTTON_START);
	assert_int_equal(s.state, STATE_HOMING);
	assert_int_equal(s.now.level, 1);

	assert_int_equal(setup_paused(state), 0);
	assert_int_equal(resume(true), REFUSAL_NONE);
	assert_int_equal(s.state, STATE_PAUSED);
	next_us(S_US);
	press(SWITCH_BUTTON_START);
	assert_int_equal(report.ask, ASK_CONFIRMED);
	assert_int_equal(s.state, STATE_HOMING);
}

static void a_stop_while_pausing_ends_the_session(void **state)
{
	static const enum cause both[] = { CAUSE_STOP, CAUSE_SENSOR_IMPLAUSIBLE };

	for (size_t i = 0; i < ARRAY_COUNT(both); i++) {
		assert_int_equal(setup_massage(state), 0);
		clear = false;
		assert_int_equal(simple(COMMAND_PAUSE), REFUSAL_NONE);
		cause(both[i]);
		next();
		assert_false(s.pause_wanted);
		no_cause();
		next();
		clear = true;
		next();
		assert_int_equal(s.state, STATE_INHIBITED);
		assert_int_equal(report.ended, i == 0 ? ENDED_STOPPED : ENDED_INTERLOCK);
	}
}

static void a_stop_while_leaving_does_not_change_why(void **state)
{
	(void)state;
	s.now.elapsed_us = 300 * S_US;
	clear = false;
	next();
	assert_int_equal(s.state, STATE_RETRACTING);
	cause(CAUSE_STOP);
	next();
	no_cause();
	clear = true;
	next();
	assert_int_equal(report.ended, ENDED_FINISHED);
}

static void a_stop_in_a_pause_ends_the_session(void **state)
{
	(void)state;
	cause(CAUSE_STOP);
	next();
	assert_int_equal(s.state, STATE_RETRACTING);
	assert_false(s.pause_wanted);
	no_cause();
	next();
	assert_int_equal(report.ended, ENDED_STOPPED);
	assert_true(s.rest.chosen);
}

static void a_level_rises_one_step_in_10_s(void **state)
{
	const uint64_t begun_us = s.level_us;

	(void)state;
	next_us(begun_us + LIMIT_LEVEL_STEP_US - in.now_us - 1);
	assert_int_equal(s.level, 1);
	next_us(1);
	assert_int_equal(s.level, 2);
	next_us(LIMIT_LEVEL_STEP_US - 1);
	assert_int_equal(s.level, 2);
	next_us(1);
	assert_int_equal(s.level, 3);
	next_us(LIMIT_LEVEL_STEP_US);
	assert_int_equal(s.level, 3);
}

static void the_10_s_begin_in_massage_not_while_homing(void **state)
{
	(void)state;
	assert_int_equal(start(3), REFUSAL_NONE);
	for (unsigned int i = 0; i < 20; i++) {
		next_us(S_US);
	}
	homed = true;
	next();
	next_us(LIMIT_LEVEL_STEP_US - 1);
	assert_int_equal(s.level, 1);
	next_us(1);
	assert_int_equal(s.level, 2);
}

static void less_acts_at_once(void **state)
{
	(void)state;
	s.level = 3;
	assert_int_equal(level(2, false), REFUSAL_NONE);
	assert_int_equal(s.level, 2);
	assert_int_equal(s.now.level, 2);
	assert_int_equal(level(4, false), REFUSAL_NONE);
	assert_int_equal(s.now.level, 4);
	assert_int_equal(s.level, 2);
}

static void levels_out_of_range_or_without_a_session_are_refused(void **state)
{
	assert_int_equal(setup_massage(state), 0);
	assert_int_equal(level(0, false), REFUSAL_LEVEL_OUT_OF_RANGE);
	assert_int_equal(level(6, false), REFUSAL_LEVEL_OUT_OF_RANGE);
	assert_int_equal(level(5, false), REFUSAL_NONE);
	assert_int_equal(level(1, false), REFUSAL_NONE);
	assert_int_equal(setup(state), 0);
	assert_int_equal(level(1, false), REFUSAL_NO_SESSION);
}

static void the_home_may_only_lower(void **state)
{
	(void)state;
	assert_int_equal(level(4, true), REFUSAL_NOT_FOR_HOME);
	assert_int_equal(s.now.level, 3);
	assert_int_equal(level(3, true), REFUSAL_NONE);
	assert_int_equal(level(2, true), REFUSAL_NONE);
	assert_int_equal(s.now.level, 2);
}

static void armrest_up_and_down_change_the_level_by_one(void **state)
{
	assert_int_equal(setup_massage(state), 0);
	press(SWITCH_BUTTON_UP);
	assert_int_equal(s.now.level, 4);
	next();
	press(SWITCH_BUTTON_UP);
	next();
	press(SWITCH_BUTTON_UP);
	assert_int_equal(s.now.level, 5);
	for (unsigned int expected = 4; expected >= 1; expected--) {
		next();
		press(SWITCH_BUTTON_DOWN);
		assert_int_equal(s.now.level, expected);
	}
	next();
	press(SWITCH_BUTTON_DOWN);
	assert_int_equal(s.now.level, 1);
	set(SWITCH_BUTTON_UP, true);
	next();
	next();
	assert_int_equal(s.now.level, 2); /* an edge, not a level */
	assert_int_equal(setup(state), 0);
	press(SWITCH_BUTTON_UP);
	assert_int_equal(s.now.level, 0);
}

static void armrest_start_starts_the_default_program_for_both_sides(void **state)
{
	(void)state;
	config.default_program = RIG_PROGRAM_SHORT;
	press(SWITCH_BUTTON_START);
	assert_int_equal(s.state, STATE_HOMING);
	assert_int_equal(s.now.program, RIG_PROGRAM_SHORT);
	assert_int_equal(s.now.side, SIDE_BOTH);
	assert_int_equal(s.now.level, 1);
}

static void armrest_start_is_refused_like_any_other(void **state)
{
	(void)state;
	cause(CAUSE_SEAT_EMPTY);
	press(SWITCH_BUTTON_START);
	assert_int_equal(report.refusal, REFUSAL_SEAT_EMPTY);
	assert_int_equal(s.state, STATE_READY);
	no_cause();
	config.default_program = RIG_PROGRAM_LEG; /* not offered for both */
	next();
	press(SWITCH_BUTTON_START);
	assert_int_equal(report.refusal, REFUSAL_SIDE_NOT_OFFERED);
	assert_int_equal(s.state, STATE_READY);
}

static void a_button_that_is_down_at_start_up_has_no_edge(void **state)
{
	(void)state;
	session_init(&s);
	set(SWITCH_BUTTON_START, true);
	next();
	next();
	next();
	assert_int_equal(s.state, STATE_READY);
	set(SWITCH_BUTTON_START, false);
	next();
	press(SWITCH_BUTTON_START);
	assert_int_equal(s.state, STATE_HOMING);
}

static void an_acknowledgement_never_starts(void **state)
{
	(void)state;
	cause(CAUSE_COVER_OPEN);
	next();
	assert_int_equal(s.state, STATE_FAULT);
	causes(0, CAUSE_BIT(CAUSE_COVER_OPEN));
	next_us(10 * S_US);
	press(SWITCH_BUTTON_START);
	assert_true(report.acknowledged);
	assert_int_equal(il.latched, 0);
	assert_int_equal(s.state, STATE_FAULT); /* the effects of this cycle still cut */
	no_cause();
	next();
	assert_int_equal(s.state, STATE_INHIBITED);
	next();
	assert_int_equal(s.state, STATE_READY);
	for (unsigned int i = 0; i < 100; i++) {
		next();
	}
	assert_int_equal(s.state, STATE_READY);
}

static void only_the_start_button_acknowledges(void **state)
{
	(void)state;
	cause(CAUSE_COVER_OPEN);
	next();
	causes(0, CAUSE_BIT(CAUSE_COVER_OPEN));
	press(SWITCH_BUTTON_UP);
	press(SWITCH_BUTTON_DOWN);
	press(SWITCH_BUTTON_STOP);
	assert_int_equal(start(1), REFUSAL_FAULT);
	assert_int_equal(resume(false), REFUSAL_NOTHING_TO_RESUME);
	assert_int_equal(simple(COMMAND_PREHEAT), REFUSAL_FAULT);
	assert_int_equal(il.latched, CAUSE_BIT(CAUSE_COVER_OPEN));
	assert_int_equal(s.state, STATE_FAULT);
}

static void acknowledging_too_early_keeps_the_fault(void **state)
{
	(void)state;
	cause(CAUSE_COVER_OPEN);
	next();
	press(SWITCH_BUTTON_START);
	assert_false(report.acknowledged);
	assert_int_equal(s.state, STATE_FAULT);
	assert_int_equal(il.latched, CAUSE_BIT(CAUSE_COVER_OPEN));
	causes(0, CAUSE_BIT(CAUSE_COVER_OPEN));
	next();
	press(SWITCH_BUTTON_START);
	assert_true(report.acknowledged);
}

/* FAULT acknowledged with the button still down; @released_us later the next press comes. */
static void press_after_acknowledging(void **state, uint64_t released_us)
{
	assert_int_equal(setup(state), 0);
	cause(CAUSE_COVER_OPEN);
	next();
	causes(0, CAUSE_BIT(CAUSE_COVER_OPEN));
	set(SWITCH_BUTTON_START, true);
	next();
	no_cause();
	next_us(10 * S_US);
	assert_int_equal(s.state, STATE_INHIBITED);
	set(SWITCH_BUTTON_START, false);
	next();
	next_us(released_us);
	press(SWITCH_BUTTON_START);
}

static void after_an_acknowledgement_start_is_dead_until_released_for_3_s(void **state)
{
	press_after_acknowledging(state, LIMIT_ACK_RELEASE_US - 1);
	assert_int_equal(s.state, STATE_READY);
	assert_true(s.start_blocked);
	next();
	next_us(LIMIT_ACK_RELEASE_US - 1); /* the press began the 3 s again */
	press(SWITCH_BUTTON_START);
	assert_int_equal(s.state, STATE_READY);

	press_after_acknowledging(state, LIMIT_ACK_RELEASE_US);
	assert_int_equal(s.state, STATE_HOMING);
}

static void preheating_needs_nobody_and_lasts_10_minutes(void **state)
{
	(void)state;
	cause(CAUSE_SEAT_EMPTY);
	assert_int_equal(simple(COMMAND_PREHEAT), REFUSAL_NONE);
	assert_int_equal(s.state, STATE_PREHEAT);
	assert_int_equal(s.preheat_us, in.now_us);
	no_cause();
	assert_int_equal(simple(COMMAND_PREHEAT), REFUSAL_ALREADY_RUNNING);
	next_us(LIMIT_PREHEAT_US - CYCLE_US - 1);
	assert_int_equal(s.state, STATE_PREHEAT);
	next_us(1);
	assert_int_equal(s.state, STATE_READY);
	assert_int_equal(report.ended, ENDED_NOT);
}

static void preheating_is_possible_once_an_hour(void **state)
{
	uint64_t begun_us;

	(void)state;
	assert_int_equal(simple(COMMAND_PREHEAT), REFUSAL_NONE);
	begun_us = in.now_us;
	next_us(LIMIT_PREHEAT_US);
	next_us(LIMIT_PREHEAT_REST_US - LIMIT_PREHEAT_US - CYCLE_US - 1);
	assert_int_equal(simple(COMMAND_PREHEAT), REFUSAL_PREHEAT_REST);
	assert_int_equal(in.now_us - begun_us, LIMIT_PREHEAT_REST_US - 1);
	in.now_us = begun_us + LIMIT_PREHEAT_REST_US - CYCLE_US;
	assert_int_equal(simple(COMMAND_PREHEAT), REFUSAL_NONE);
	assert_int_equal(s.state, STATE_PREHEAT);
}

static void preheating_ends_with_a_stop_a_fault_or_a_start(void **state)
{
	static const struct {
		enum cause cause;
		enum session_state next;
	} table[] = {
		{ CAUSE_STOP, STATE_READY },
		{ CAUSE_SENSOR_IMPLAUSIBLE, STATE_READY },
		{ CAUSE_DEVICE_MISSING, STATE_INHIBITED },
		{ CAUSE_ESTOP_OPEN, STATE_FAULT },
		{ CAUSE_STORE_LOST, STATE_FAULT },
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		assert_int_equal(setup(state), 0);
		assert_int_equal(simple(COMMAND_PREHEAT), REFUSAL_NONE);
		next();
		cause(table[i].cause);
		next();
		assert_int_equal(s.state, table[i].next);
	}
	assert_int_equal(setup(state), 0);
	assert_int_equal(simple(COMMAND_PREHEAT), REFUSAL_NONE);
	assert_int_equal(start(1), REFUSAL_NONE);
	assert_int_equal(s.state, STATE_HOMING);
}

static void no_command_is_no_outcome_and_an_unknown_one_is_refused(void **state)
{
	(void)state;
	next();
	assert_false(report.command_done);
	assert_int_equal(simple(COMMAND_KIND_COUNT), REFUSAL_NOT_READY);
	assert_int_equal(simple((enum command_kind)99), REFUSAL_NOT_READY);
	assert_int_equal(s.state, STATE_READY);
}

static void a_stop_in_service_leaves_through_retracting(void **state)
{
	(void)state;
	serve();
	next();
	assert_int_equal(s.state, STATE_SERVICE);
	cause(CAUSE_STOP);
	next();
	assert_int_equal(s.state, STATE_RETRACTING);
	no_cause();
	next();
	assert_int_equal(s.state, STATE_INHIBITED);
	assert_int_equal(report.ended, ENDED_NOT); /* there was no session */
}

static void a_latched_cause_waits_for_the_rollers_before_it_is_a_fault(void **state)
{
	(void)state;
	clear = false;
	causes(0, CAUSE_BIT(CAUSE_LEG_GUARD));
	next();
	assert_int_equal(s.state, STATE_RETRACTING);
	next();
	assert_int_equal(s.state, STATE_RETRACTING);
	clear = true;
	next();
	assert_int_equal(s.state, STATE_INHIBITED);
	next();
	assert_int_equal(s.state, STATE_FAULT);
}

#define TEST(function)	  cmocka_unit_test_setup(function, setup)
#define MASSAGE(function) cmocka_unit_test_setup(function, setup_massage)
#define STOPPED(function) cmocka_unit_test_setup(function, setup_stopped)
#define PAUSED(function)  cmocka_unit_test_setup(function, setup_paused)

static void without_heat_there_is_massage_but_no_preheating(void **state)
{
	static const enum cause heatless[] = { CAUSE_DOSE, CAUSE_PADS_UNPROVEN };

	for (size_t i = 0; i < ARRAY_COUNT(heatless); i++) {
		assert_int_equal(setup(state), 0);
		cause(heatless[i]);
		assert_int_equal(simple(COMMAND_PREHEAT), REFUSAL_NO_HEAT);
		assert_int_equal(s.state, STATE_READY);
		assert_int_equal(start(1), REFUSAL_NONE);
		assert_int_equal(s.state, STATE_HOMING);
		homed = true;
		next();
		next();
		assert_int_equal(s.state, STATE_MASSAGE);
		assert_int_equal(setup(state), 0);
		assert_int_equal(simple(COMMAND_PREHEAT), REFUSAL_NONE);
		next();
		assert_int_equal(s.state, STATE_PREHEAT);
		cause(heatless[i]);
		next();
		assert_int_equal(s.state, STATE_READY);
	}
}

static void F023_no_start_out_of_preheating_with_an_empty_seat(void **state)
{
	assert_int_equal(setup(state), 0);
	set(SWITCH_SEAT_OCCUPIED, false);
	assert_int_equal(simple(COMMAND_PREHEAT), REFUSAL_NONE);
	next();
	assert_int_equal(s.state, STATE_PREHEAT);
	assert_int_equal(start(1), REFUSAL_SEAT_EMPTY);
	assert_int_equal(s.state, STATE_PREHEAT);
	press(SWITCH_BUTTON_START);
	assert_int_equal(report.refusal, REFUSAL_SEAT_EMPTY);
	assert_int_equal(s.state, STATE_PREHEAT);
	set(SWITCH_SEAT_OCCUPIED, true);
	assert_int_equal(start(1), REFUSAL_NONE);
	assert_int_equal(s.state, STATE_HOMING);
}

static void the_child_lock_refuses_every_start_and_nothing_else(void **state)
{
	assert_int_equal(setup(state), 0);
	in.child_lock = true;
	assert_int_equal(start(1), REFUSAL_CHILD_LOCK);
	assert_int_equal(ask_start(), REFUSAL_CHILD_LOCK);
	assert_int_equal(simple(COMMAND_PREHEAT), REFUSAL_CHILD_LOCK);
	press(SWITCH_BUTTON_START);
	assert_int_equal(report.refusal, REFUSAL_CHILD_LOCK);
	assert_int_equal(s.state, STATE_READY);
	assert_int_equal(setup_paused(state), 0);
	in.child_lock = true;
	assert_int_equal(simple(COMMAND_RESUME), REFUSAL_CHILD_LOCK);
	assert_int_equal(s.state, STATE_PAUSED);
	assert_int_equal(setup_massage(state), 0);
	in.child_lock = true;
	assert_int_equal(simple(COMMAND_PAUSE), REFUSAL_NONE);
	assert_int_equal(s.state, STATE_RETRACTING);
	assert_int_equal(setup_massage(state), 0);
	in.child_lock = true;
	cause(CAUSE_STOP);
	next();
	assert_int_equal(s.state, STATE_RETRACTING);
}

static void a_latched_cause_turns_a_pause_into_an_end(void **state)
{
	assert_int_equal(setup_massage(state), 0);
	clear = false;
	assert_int_equal(simple(COMMAND_PAUSE), REFUSAL_NONE);
	cause(CAUSE_SENSOR_FROZEN);
	next();
	assert_int_equal(s.state, STATE_RETRACTING);
	assert_false(s.pause_wanted);
	assert_int_equal(s.ending, ENDED_INTERLOCK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_chair_waits_inhibited_until_nothing_inhibits),
		TEST(a_start_homes_first_and_begins_at_level_1),
		TEST(a_level_or_length_that_is_not_given_is_1_and_the_programs_own),
		TEST(a_start_that_does_not_fit_is_refused_with_its_reason),
		TEST(no_session_begins_where_it_may_not),
		TEST(stop_and_an_empty_seat_together_are_not_just_an_empty_seat),
		TEST(an_ask_waits_for_a_press_at_least_one_second_later),
		TEST(a_press_exactly_one_second_after_the_ask_confirms),
		TEST(a_button_held_since_before_the_ask_confirms_nothing),
		TEST(an_ask_expires_after_60_s),
		TEST(any_fault_cancels_an_ask_but_an_empty_seat_or_a_want_of_heat_does_not),
		TEST(an_ask_may_be_left_and_is_kept_while_the_seat_is_empty),
		TEST(a_refused_ask_leaves_nothing),
		STOPPED(an_ask_to_resume_is_confirmed_by_a_press),
		STOPPED(an_ask_to_resume_dies_with_what_it_would_resume),
		STOPPED(a_start_replaces_a_session_that_might_have_been_resumed),
		STOPPED(a_session_resumes_at_level_1_for_what_was_left),
		STOPPED(a_press_resumes_within_2_minutes_and_starts_the_default_after),
		TEST(the_2_minutes_begin_when_the_rollers_are_off),
		STOPPED(a_resume_is_refused_where_a_start_would_be),
		STOPPED(a_press_resumes_nothing_while_the_seat_is_empty),
		STOPPED(nothing_resumes_by_itself),
		TEST(only_a_stop_or_an_empty_seat_leaves_something_to_resume),
		TEST(the_worst_reason_for_an_end_is_told),
		STOPPED(a_fault_takes_away_what_might_have_been_resumed),
		MASSAGE(a_program_ends_by_itself_and_the_rollers_leave),
		TEST(time_counts_in_massage_and_the_limit_in_homing_too),
		TEST(a_pause_goes_through_retracting_and_keeps_the_session),
		TEST(a_pause_is_possible_while_homing_and_in_massage_only),
		MASSAGE(the_pause_effect_pauses),
		PAUSED(a_pause_ends_the_session_after_10_minutes),
		PAUSED(a_paused_session_resumes_by_command_or_press_at_level_1),
		TEST(a_stop_while_pausing_ends_the_session),
		MASSAGE(a_stop_while_leaving_does_not_change_why),
		PAUSED(a_stop_in_a_pause_ends_the_session),
		MASSAGE(a_level_rises_one_step_in_10_s),
		TEST(the_10_s_begin_in_massage_not_while_homing),
		MASSAGE(less_acts_at_once),
		TEST(levels_out_of_range_or_without_a_session_are_refused),
		MASSAGE(the_home_may_only_lower),
		TEST(armrest_up_and_down_change_the_level_by_one),
		TEST(armrest_start_starts_the_default_program_for_both_sides),
		TEST(armrest_start_is_refused_like_any_other),
		TEST(a_button_that_is_down_at_start_up_has_no_edge),
		TEST(an_acknowledgement_never_starts),
		TEST(only_the_start_button_acknowledges),
		TEST(acknowledging_too_early_keeps_the_fault),
		TEST(after_an_acknowledgement_start_is_dead_until_released_for_3_s),
		TEST(preheating_needs_nobody_and_lasts_10_minutes),
		TEST(preheating_is_possible_once_an_hour),
		TEST(preheating_ends_with_a_stop_a_fault_or_a_start),
		TEST(no_command_is_no_outcome_and_an_unknown_one_is_refused),
		TEST(a_stop_in_service_leaves_through_retracting),
		MASSAGE(a_latched_cause_waits_for_the_rollers_before_it_is_a_fault),
		TEST(without_heat_there_is_massage_but_no_preheating),
		TEST(F023_no_start_out_of_preheating_with_an_empty_seat),
		TEST(the_child_lock_refuses_every_start_and_nothing_else),
		TEST(a_latched_cause_turns_a_pause_into_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
