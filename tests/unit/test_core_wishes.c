/* SPDX-License-Identifier: MIT */
/* What a person may get, and what they may wish for while a session runs. */
#include "core_fixture.h"

static struct chair_config config;
static struct chair_inputs in;
static struct interlock il;
static struct session s;
static struct session_report report;
static bool homed;

static void next_us(uint64_t dt_us)
{
	const struct session_stage stage = { .homed = homed, .clear = true };

	in.now_us += dt_us;
	session_step(&s, &config, &in, &il, &stage, dt_us, &report);
	in.command = (struct chair_command){ 0 };
	in.switches &= ~(1U << SWITCH_BUTTON_UP | 1U << SWITCH_BUTTON_START);
}

static void next(void)
{
	next_us(CYCLE_US);
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

static enum refusal wish_time(int32_t delta_s)
{
	return command((struct chair_command){ .kind = COMMAND_TIME, .delta_s = delta_s });
}

static enum refusal wish_heat(float heat_c, bool only_lower)
{
	return command((struct chair_command){
		.kind = COMMAND_HEAT, .heat_c = heat_c, .only_lower = only_lower });
}

static enum refusal wish(enum command_kind kind)
{
	return command((struct chair_command){ .kind = kind, .on = true });
}

static enum refusal steer(enum zone zone, float spot)
{
	return command(
		(struct chair_command){ .kind = COMMAND_PINPOINT, .zone = zone, .spot = spot });
}

static int setup(void **state)
{
	(void)state;
	core_config(&config);
	core_good_inputs(&in, EPOCH_US);
	il = (struct interlock){ 0 };
	homed = false;
	session_init(&s);
	next();
	assert_int_equal(s.state, STATE_READY);
	return 0;
}

static void massage(uint8_t level)
{
	assert_int_equal(start(level), REFUSAL_NONE);
	homed = true;
	next();
	assert_int_equal(s.state, STATE_MASSAGE);
	next();
}

/* In the first phase of three: 60, 120 and 120 s. */
static int setup_massage(void **state)
{
	assert_int_equal(setup(state), 0);
	massage(3);
	return 0;
}

static void stop(void)
{
	il.active = CAUSE_BIT(CAUSE_STOP);
	il.effects = 1U << EFFECT_RETRACT;
	next();
	il = (struct interlock){ 0 };
	next();
	next();
	assert_int_equal(s.state, STATE_READY);
}

/* ---- who may start ---- */

static void who_has_not_checked_in_gets_a_gentle_session(void **state)
{
	(void)state;
	in.person = (struct person){ 0 };
	massage(5);
	assert_int_equal(s.now.level, 2);
	assert_int_equal(s.now.limits.level_max, 2);
	assert_true(s.now.limits.gentle);
	assert_near(s.now.limits.heat_max_c, 39.0f, 0.0f);
	assert_false(s.now.scan);
}

static void a_checked_in_person_gets_up_to_their_ceiling(void **state)
{
	(void)state;
	in.person.ceiling = 4;
	in.person.scan = true;
	massage(5);
	assert_int_equal(s.now.level, 4);
	assert_false(s.now.limits.gentle);
	assert_near(s.now.limits.heat_max_c, 41.0f, 0.0f);
	assert_near(s.now.heat_c[PAD_LEG_RIGHT], 41.0f, 0.0f);
	assert_true(s.now.scan);
	assert_int_equal(report.ended, ENDED_NOT);
}

static void a_level_below_the_ceiling_is_taken_as_it_is(void **state)
{
	(void)state;
	in.person.ceiling = 4;
	massage(4);
	assert_int_equal(s.now.level, 4);
	in.person.ceiling = 1; /* does not touch the session that runs */
	next();
	assert_int_equal(s.now.limits.level_max, 4);
}

static void each_reason_refuses_a_start_by_its_own_word(void **state)
{
	static const struct {
		enum person_refusal reason;
		enum refusal word;
	} table[] = {
		{ PERSON_CHECK_IN_REFUSED, REFUSAL_CHECK_IN_REFUSED },
		{ PERSON_RESTS, REFUSAL_REST_UNTIL },
		{ PERSON_DAILY_LIMIT, REFUSAL_DAILY_LIMIT },
		{ PERSON_REFUSAL_COUNT, REFUSAL_CHECK_IN_REFUSED },
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		assert_int_equal(setup(state), 0);
		in.person.refusal = table[i].reason;
		assert_int_equal(start(1), table[i].word);
		assert_int_equal(s.state, STATE_READY);
		/* neither by an ask nor by the button */
		assert_int_equal(command((struct chair_command){
					 .kind = COMMAND_START, .side = SIDE_LEFT, .ask = true }),
				 table[i].word);
		assert_false(s.ask.chosen);
		in.switches |= 1U << SWITCH_BUTTON_START;
		next();
		assert_int_equal(report.refusal, table[i].word);
		assert_int_equal(s.state, STATE_READY);
	}
}

static void an_ask_is_judged_again_when_it_is_confirmed(void **state)
{
	(void)state;
	assert_int_equal(
		command((struct chair_command){
			.kind = COMMAND_START, .side = SIDE_LEFT, .level = 5, .ask = true }),
		REFUSAL_NONE);
	next_us(2 * S_US);
	in.person.refusal = PERSON_CHECK_IN_REFUSED;
	in.switches |= 1U << SWITCH_BUTTON_START;
	next();
	assert_int_equal(report.refusal, REFUSAL_CHECK_IN_REFUSED);
	assert_int_equal(s.state, STATE_READY);
	in.person = (struct person){ 0 };
	next();
	in.switches |= 1U << SWITCH_BUTTON_START;
	next();
	assert_int_equal(s.state, STATE_HOMING);
	assert_int_equal(s.now.level, 2);
	assert_true(s.now.limits.gentle);
}

static void going_on_is_no_new_session_but_rest_is_rest(void **state)
{
	static const struct {
		enum person_refusal reason;
		enum refusal word;
	} table[] = {
		{ PERSON_CHECK_IN_REFUSED, REFUSAL_CHECK_IN_REFUSED },
		{ PERSON_RESTS, REFUSAL_REST_UNTIL },
		{ PERSON_DAILY_LIMIT, REFUSAL_NONE },
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		assert_int_equal(setup_massage(state), 0);
		next_us(30 * S_US);
		stop();
		in.person = (struct person){ .refusal = table[i].reason };
		assert_int_equal(wish(COMMAND_RESUME), table[i].word);
		assert_int_equal(s.running, table[i].word == REFUSAL_NONE);
	}
	assert_int_equal(s.now.level, 1);
}

static void who_goes_on_gets_no_more_than_who_began_nor_than_they_may(void **state)
{
	static const struct {
		struct person person;
		struct person_limits becomes;
	} table[] = {
		{ { .checked_in = true, .ceiling = 5 }, { 4, false, 41.0f } },
		{ { .checked_in = true, .ceiling = 3 }, { 3, false, 41.0f } },
		{ { .checked_in = true, .ceiling = 3, .gentle = true }, { 2, true, 39.0f } },
		{ { .checked_in = true, .ceiling = 5, .no_heat = true }, { 4, false, 0.0f } },
		{ { 0 }, { 2, true, 39.0f } },
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		assert_int_equal(setup(state), 0);
		in.person.ceiling = 4;
		massage(4);
		next_us(30 * S_US);
		stop();
		in.person = table[i].person;
		assert_int_equal(wish(COMMAND_RESUME), REFUSAL_NONE);
		assert_int_equal(s.now.limits.level_max, table[i].becomes.level_max);
		assert_int_equal(s.now.limits.gentle, table[i].becomes.gentle);
		assert_near(s.now.limits.heat_max_c, table[i].becomes.heat_max_c, 0.0f);
	}
	/* a gentle one stays gentle, whoever goes on with it */
	assert_int_equal(setup(state), 0);
	in.person = (struct person){ 0 };
	massage(2);
	next_us(30 * S_US);
	stop();
	in.person = (struct person){ .checked_in = true, .ceiling = 5 };
	assert_int_equal(wish(COMMAND_RESUME), REFUSAL_NONE);
	assert_true(s.now.limits.gentle);
	assert_int_equal(s.now.limits.level_max, 2);
	assert_near(s.now.limits.heat_max_c, 39.0f, 0.0f);
}

static void a_pause_is_not_a_way_round_a_refusal(void **state)
{
	assert_int_equal(setup_massage(state), 0);
	assert_int_equal(wish(COMMAND_PAUSE), REFUSAL_NONE);
	next();
	next();
	assert_int_equal(s.state, STATE_PAUSED);
	in.person.refusal = PERSON_CHECK_IN_REFUSED;
	assert_int_equal(wish(COMMAND_RESUME), REFUSAL_CHECK_IN_REFUSED);
	assert_int_equal(s.state, STATE_PAUSED);
	in.person.refusal = PERSON_DAILY_LIMIT;
	assert_int_equal(wish(COMMAND_RESUME), REFUSAL_NONE);
	assert_int_equal(s.state, STATE_HOMING);
}

static void without_heat_nothing_is_preheated(void **state)
{
	(void)state;
	in.person.no_heat = true;
	assert_int_equal(wish(COMMAND_PREHEAT), REFUSAL_HEAT_NOT_ALLOWED);
	in.person.no_heat = false;
	assert_int_equal(wish(COMMAND_PREHEAT), REFUSAL_NONE);
}

static void every_session_has_a_seed_of_its_own(void **state)
{
	uint32_t first;

	assert_int_equal(setup_massage(state), 0);
	first = s.now.seed;
	assert_int_equal(first, (uint32_t)((EPOCH_US + 20000) / 10000) | 1U);
	stop();
	next_us(20 * S_US);
	massage(1);
	assert_true(s.now.seed != first);
	assert_int_equal(s.now.seed & 1U, 1);
}

/* ---- levels ---- */

static void firmer_than_the_ceiling_is_refused_with_its_reason(void **state)
{
	(void)state;
	in.person.ceiling = 3;
	massage(3);
	assert_int_equal(command((struct chair_command){ .kind = COMMAND_LEVEL, .level = 4 }),
			 REFUSAL_LEVEL_CEILING);
	assert_int_equal(s.now.level, 3);
	in.switches |= 1U << SWITCH_BUTTON_UP;
	next();
	assert_int_equal(s.now.level, 3);
	assert_int_equal(command((struct chair_command){ .kind = COMMAND_LEVEL, .level = 1 }),
			 REFUSAL_NONE);
	assert_int_equal(command((struct chair_command){ .kind = COMMAND_LEVEL, .level = 3 }),
			 REFUSAL_NONE);
}

/* ---- time ---- */

static void more_time_stretches_what_is_left(void **state)
{
	(void)state;
	next_us(89980 * MS_US); /* 30 s into the second phase of 120 s */
	next();
	assert_int_equal(s.phase, 1);
	assert_int_equal(s.now.elapsed_us, 90 * S_US);
	assert_int_equal(wish_time(210), REFUSAL_NONE); /* 210 s left become 420 */
	assert_int_equal(s.now.duration_us - s.now.elapsed_us, 420 * S_US - CYCLE_US);
	assert_int_equal(s.phase, 1);
	assert_near((float)s.phase_left_us * 1e-6f, 180.0f, 0.05f);
	assert_int_equal(s.now.done_us, 90 * S_US + CYCLE_US);
	next_us(179 * S_US);
	assert_int_equal(s.phase, 1);
	next_us(1 * S_US);
	assert_int_equal(s.phase, 2);
	next_us(239 * S_US);
	assert_int_equal(s.state, STATE_MASSAGE);
	next_us(1 * S_US);
	assert_int_equal(s.state, STATE_RETRACTING);
}

static void less_time_shortens_what_is_left(void **state)
{
	(void)state;
	next_us(89980 * MS_US);
	next();
	assert_int_equal(wish_time(-105), REFUSAL_NONE); /* half */
	assert_int_equal(s.now.duration_us - s.now.elapsed_us, 105 * S_US - CYCLE_US);
	assert_near((float)s.phase_left_us * 1e-6f, 45.0f, 0.05f);
}

static void a_minute_is_the_least_that_may_be_left(void **state)
{
	(void)state;
	next_us(89980 * MS_US);
	next();
	assert_int_equal(wish_time(-151), REFUSAL_NO_TIME_LEFT);
	assert_int_equal(wish_time(-2000), REFUSAL_NO_TIME_LEFT);
	s.now.elapsed_us = 90 * S_US;
	assert_int_equal(wish_time(-150), REFUSAL_NONE);
	next_us(100 * MS_US);
	assert_int_equal(wish_time(600), REFUSAL_NO_TIME_LEFT); /* nearly over */
}

static void exactly_a_minute_may_still_be_lengthened(void **state)
{
	(void)state;
	s.now.elapsed_us = 240 * S_US;
	assert_int_equal(wish_time(60), REFUSAL_NONE);
	assert_int_equal(setup_massage(state), 0);
	s.now.elapsed_us = 240 * S_US + 1;
	assert_int_equal(wish_time(60), REFUSAL_NO_TIME_LEFT);
}

static void thirty_minutes_are_the_most(void **state)
{
	(void)state;
	s.active_us = 100 * S_US;
	s.now.elapsed_us = 100 * S_US; /* 200 s left */
	assert_int_equal(wish_time(1501), REFUSAL_TIME_LIMIT);
	s.active_us = 100 * S_US;
	s.now.elapsed_us = 100 * S_US;
	assert_int_equal(wish_time(1500), REFUSAL_NONE);
	assert_int_equal(s.active_us + s.now.duration_us - s.now.elapsed_us, 1800 * S_US);
}

static void a_program_is_not_stretched_without_end(void **state)
{
	(void)state;
	s.now.duration_us = 86400 * S_US;
	s.now.elapsed_us = s.now.duration_us - 100 * S_US;
	assert_int_equal(wish_time(60), REFUSAL_NONE);
	assert_int_equal(setup_massage(state), 0);
	s.now.duration_us = 86400 * S_US + 1;
	s.now.elapsed_us = s.now.duration_us - 100 * S_US;
	assert_int_equal(wish_time(60), REFUSAL_TIME_LIMIT);
}

static void without_a_session_there_is_nothing_to_wish(void **state)
{
	static const enum command_kind kinds[] = {
		COMMAND_TIME, COMMAND_SKIP,	 COMMAND_AGAIN,
		COMMAND_HEAT, COMMAND_HEAT_ONLY, COMMAND_PINPOINT
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
		assert_int_equal(wish(kinds[i]), REFUSAL_NO_SESSION);
	}
	assert_int_equal(start(1), REFUSAL_NONE); /* homing: there is no phase yet */
	assert_int_equal(wish(COMMAND_SKIP), REFUSAL_NO_SESSION);
	assert_int_equal(wish(COMMAND_AGAIN), REFUSAL_NO_SESSION);
	assert_int_equal(wish(COMMAND_PINPOINT), REFUSAL_NO_SESSION);
	assert_int_equal(wish(COMMAND_HEAT_ONLY), REFUSAL_NONE);
}

/* ---- phases ---- */

static void a_phase_can_be_skipped(void **state)
{
	(void)state;
	next_us(10 * S_US);
	assert_int_equal(wish(COMMAND_SKIP), REFUSAL_NONE);
	assert_int_equal(s.phase, 1);
	assert_true(report.phase_changed);
	assert_int_equal(s.now.elapsed_us, 60 * S_US + CYCLE_US);
	assert_near((float)s.now.done_us * 1e-6f, 10.0f, 0.1f);
	assert_int_equal(wish(COMMAND_SKIP), REFUSAL_NONE);
	assert_int_equal(s.phase, 2);
	assert_int_equal(wish(COMMAND_SKIP), REFUSAL_NONE); /* the last one: the end */
	assert_int_equal(s.state, STATE_RETRACTING);
	assert_int_equal(s.ending, ENDED_FINISHED);
}

static void a_phase_can_be_had_once_more(void **state)
{
	(void)state;
	next_us(100 * S_US);
	assert_int_equal(s.phase, 1);
	assert_int_equal(wish(COMMAND_AGAIN), REFUSAL_NONE);
	assert_int_equal(s.phase, 1);
	assert_int_equal(s.now.elapsed_us, 60 * S_US + CYCLE_US);
	assert_near((float)s.now.done_us * 1e-6f, 100.0f, 0.1f);
	assert_int_equal(s.now.duration_us, 300 * S_US);
}

static void once_more_must_fit_into_the_session(void **state)
{
	(void)state;
	next_us(100 * S_US);
	s.active_us = 1561 * S_US; /* and 240 s from the phase's beginning to the end */
	assert_int_equal(wish(COMMAND_AGAIN), REFUSAL_TIME_LIMIT);
	s.active_us = 1560 * S_US;
	assert_int_equal(wish(COMMAND_AGAIN), REFUSAL_NONE);
	s.active_us = 1799 * S_US;
	assert_int_equal(wish(COMMAND_SKIP), REFUSAL_TIME_LIMIT);
	s.active_us = 1680 * S_US;
	assert_int_equal(wish(COMMAND_SKIP), REFUSAL_NONE);
}

static void when_the_program_is_over_there_is_no_phase_to_choose(void **state)
{
	(void)state;
	s.phase = 3;
	assert_int_equal(wish(COMMAND_SKIP), REFUSAL_NO_SESSION);
	assert_int_equal(setup_massage(state), 0);
	s.phase = 3;
	assert_int_equal(steer(ZONE_LOWER_BACK, 0.5f), REFUSAL_NO_SESSION);
}

static void what_was_skipped_is_no_massage_when_it_goes_on(void **state)
{
	(void)state;
	next_us(10 * S_US);
	assert_int_equal(wish(COMMAND_SKIP), REFUSAL_NONE);
	stop();
	assert_int_equal(wish(COMMAND_RESUME), REFUSAL_NONE);
	assert_near((float)s.active_us * 1e-6f, 10.0f, 0.1f);
	assert_true(s.now.elapsed_us > 60 * S_US);
}

/* ---- heat ---- */

static void heat_may_be_off_or_30_to_41_c(void **state)
{
	static const struct {
		float heat_c;
		enum refusal refusal;
		float becomes_c;
	} table[] = {
		{ 0.0f, REFUSAL_NONE, 0.0f },
		{ -1.0f, REFUSAL_NONE, 0.0f },
		{ 0.1f, REFUSAL_HEAT_OUT_OF_RANGE, 41.0f },
		{ 29.9f, REFUSAL_HEAT_OUT_OF_RANGE, 41.0f },
		{ 30.0f, REFUSAL_NONE, 30.0f },
		{ 41.0f, REFUSAL_NONE, 41.0f },
		{ 41.1f, REFUSAL_HEAT_OUT_OF_RANGE, 41.0f },
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		assert_int_equal(setup_massage(state), 0);
		assert_int_equal(wish_heat(table[i].heat_c, false), table[i].refusal);
		for (unsigned int p = 0; p < PAD_COUNT; p++) {
			assert_near(s.now.heat_c[p], table[i].becomes_c, 0.0f);
		}
	}
	assert_int_equal(wish_heat(__builtin_nanf(""), false), REFUSAL_HEAT_OUT_OF_RANGE);
}

static void from_the_home_heat_only_falls(void **state)
{
	(void)state;
	assert_int_equal(wish_heat(38.0f, true), REFUSAL_NONE);
	assert_int_equal(wish_heat(38.0f, true), REFUSAL_NONE);
	assert_int_equal(wish_heat(38.5f, true), REFUSAL_NOT_FOR_HOME);
	assert_int_equal(wish_heat(0.0f, true), REFUSAL_NONE);
	assert_int_equal(wish_heat(30.0f, true), REFUSAL_NOT_FOR_HOME);
	assert_int_equal(wish_heat(38.5f, false), REFUSAL_NONE);
}

static enum refusal wish_pad_heat(enum pad pad, float heat_c, bool only_lower)
{
	return command((struct chair_command){ .kind = COMMAND_HEAT,
					       .heat_c = heat_c,
					       .pads = (uint8_t)(1U << (unsigned int)pad),
					       .only_lower = only_lower });
}

static void a_pad_is_set_alone(void **state)
{
	(void)state;
	assert_int_equal(command((struct chair_command){
				 .kind = COMMAND_HEAT, .heat_c = 39.0f, .pads = 1U << PAD_COUNT }),
			 REFUSAL_NONE); /* a pad that is not there */
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		assert_int_equal(wish_heat(41.0f, false), REFUSAL_NONE);
		assert_int_equal(wish_pad_heat((enum pad)p, 33.0f, false), REFUSAL_NONE);
		for (unsigned int q = 0; q < PAD_COUNT; q++) {
			assert_near(s.now.heat_c[q], p == q ? 33.0f : 41.0f, 0.0f);
		}
	}
}

static void from_the_home_lowering_all_pads_raises_none(void **state)
{
	(void)state;
	assert_int_equal(wish_heat(41.0f, false), REFUSAL_NONE);
	assert_int_equal(wish_pad_heat(PAD_LOWER_BACK, 0.0f, true), REFUSAL_NONE);
	assert_int_equal(wish_pad_heat(PAD_LOWER_BACK, 30.0f, true), REFUSAL_NOT_FOR_HOME);
	assert_int_equal(wish_heat(38.0f, true), REFUSAL_NONE);
	assert_near(s.now.heat_c[PAD_LOWER_BACK], 0.0f, 0.0f);
	assert_near(s.now.heat_c[PAD_LEG_RIGHT], 38.0f, 0.0f);
	assert_int_equal(wish_heat(38.5f, true), REFUSAL_NOT_FOR_HOME);
	assert_int_equal(wish_heat(38.0f, false), REFUSAL_NONE);
	assert_near(s.now.heat_c[PAD_LOWER_BACK], 38.0f, 0.0f);
}

static void numb_skin_gets_no_heat_by_any_wish(void **state)
{
	assert_int_equal(setup(state), 0);
	in.person.no_heat = true;
	massage(1);
	assert_int_equal(wish_heat(30.0f, false), REFUSAL_HEAT_NOT_ALLOWED);
	assert_int_equal(wish_heat(0.0f, false), REFUSAL_NONE);
	assert_int_equal(wish(COMMAND_HEAT_ONLY), REFUSAL_HEAT_NOT_ALLOWED);
	assert_false(s.now.heat_only);
	assert_int_equal(command((struct chair_command){ .kind = COMMAND_HEAT_ONLY }),
			 REFUSAL_NONE);
}

static void the_rollers_can_leave_and_the_heat_stay(void **state)
{
	(void)state;
	assert_int_equal(wish(COMMAND_HEAT_ONLY), REFUSAL_NONE);
	assert_true(s.now.heat_only);
	assert_int_equal(command((struct chair_command){ .kind = COMMAND_HEAT_ONLY }),
			 REFUSAL_NONE);
	assert_false(s.now.heat_only);
	il.effects = 1U << EFFECT_HEAT_OFF;
	assert_int_equal(wish(COMMAND_HEAT_ONLY), REFUSAL_NO_HEAT);
	assert_false(s.now.heat_only);
	assert_int_equal(command((struct chair_command){ .kind = COMMAND_HEAT_ONLY }),
			 REFUSAL_NONE);
}

/* ---- pinpoint ---- */

static void a_spot_is_taken_where_the_program_asks_for_one(void **state)
{
	(void)state;
	assert_int_equal(steer(ZONE_LOWER_BACK, 0.5f), REFUSAL_NOT_STEERED);
	config.programs[RIG_PROGRAM_BACK].phases[0].steered = true;
	assert_int_equal(steer(ZONE_GLUTE_LEFT, 0.5f), REFUSAL_NOT_STEERED); /* not of this phase */
	assert_int_equal(steer(ZONE_COUNT, 0.5f), REFUSAL_NOT_STEERED);
	assert_int_equal(steer((enum zone)35, 0.5f), REFUSAL_NOT_STEERED);
	assert_int_equal(steer(ZONE_LOWER_BACK, -0.01f), REFUSAL_NOT_STEERED);
	assert_int_equal(steer(ZONE_LOWER_BACK, 1.01f), REFUSAL_NOT_STEERED);
	assert_int_equal(steer(ZONE_LOWER_BACK, __builtin_nanf("")), REFUSAL_NOT_STEERED);
	assert_false(s.now.spot_chosen);
	assert_int_equal(steer(ZONE_LOWER_BACK, 0.0f), REFUSAL_NONE);
	assert_int_equal(steer(ZONE_LOWER_BACK, 1.0f), REFUSAL_NONE);
	assert_int_equal(steer(ZONE_LOWER_BACK, 0.25f), REFUSAL_NONE);
	assert_true(s.now.spot_chosen);
	assert_int_equal(s.now.spot_zone, ZONE_LOWER_BACK);
	assert_near(s.now.spot, 0.25f, 0.0f);
}

/* ---- the whole chair ---- */

static void begin(enum rig_program program, enum side side)
{
	rig_ready();
	assert_int_equal(rig_start(program, side, 3), REFUSAL_NONE);
	rig_run_until(STATE_MASSAGE, 60000);
}

static void a_gentle_session_kneads_instead_of_pressing_deep(void **state)
{
	static const enum technique firm[] = { TECHNIQUE_PRESS, TECHNIQUE_DEEP, TECHNIQUE_ROLL };
	static const enum technique becomes[] = { TECHNIQUE_KNEAD, TECHNIQUE_KNEAD,
						  TECHNIQUE_ROLL };

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(firm); i++) {
		for (unsigned int gentle = 0; gentle < 2; gentle++) {
			rig_ready();
			rig.in.person.gentle = gentle != 0;
			rig.chair.config.programs[RIG_PROGRAM_LEG].phases[0].technique = firm[i];
			assert_int_equal(rig_start(RIG_PROGRAM_LEG, SIDE_RIGHT, 5), REFUSAL_NONE);
			rig_run_until(STATE_MASSAGE, 60000);
			rig_run_ms(20000);
			assert_int_equal(rig.chair.roller[ROLLER_LEG_RIGHT].technique.technique,
					 gentle != 0 ? becomes[i] : firm[i]);
		}
	}
}

static void no_phase_goes_over_the_ceiling_or_its_own_level(void **state)
{
	(void)state;
	rig_ready();
	rig.in.person.ceiling = 2;
	rig.chair.config.programs[RIG_PROGRAM_LEG].phases[0].level_offset = 1;
	assert_int_equal(rig_start(RIG_PROGRAM_LEG, SIDE_RIGHT, 2), REFUSAL_NONE);
	rig_run_until(STATE_MASSAGE, 60000);
	rig_run_ms(30000);
	assert_int_equal(rig.chair.zone_level[ZONE_THIGH_RIGHT], 2);
	rig_ready();
	rig.chair.config.programs[RIG_PROGRAM_LEG].phases[0].level_max = 3;
	assert_int_equal(rig_start(RIG_PROGRAM_LEG, SIDE_RIGHT, 5), REFUSAL_NONE);
	rig_run_until(STATE_MASSAGE, 60000);
	rig_run_ms(60000);
	assert_int_equal(rig.chair.session.level, 5);
	assert_int_equal(rig.chair.zone_level[ZONE_THIGH_RIGHT], 3);
}

static void pads_get_the_least_of_what_program_person_and_check_in_say(void **state)
{
	(void)state;
	begin(RIG_PROGRAM_SHORT, SIDE_BOTH);
	rig_run_ms(2000);
	assert_near(rig.chair.set_c[PAD_LOWER_BACK], 39.0f, 0.0f);
	assert_int_equal(
		rig_command((struct chair_command){ .kind = COMMAND_HEAT, .heat_c = 36.0f }),
		REFUSAL_NONE);
	assert_near(rig.chair.set_c[PAD_LOWER_BACK], 36.0f, 0.0f);
	assert_int_equal(rig_command((struct chair_command){ .kind = COMMAND_HEAT,
							     .heat_c = 30.0f,
							     .pads = 1U << PAD_LEG_LEFT }),
			 REFUSAL_NONE);
	assert_near(rig.chair.set_c[PAD_LOWER_BACK], 36.0f, 0.0f);
	rig_ready();
	rig.in.person = (struct person){ 0 };
	rig.chair.config.programs[RIG_PROGRAM_SHORT].phases[0].heat_c = 41.0f;
	assert_int_equal(rig_start(RIG_PROGRAM_SHORT, SIDE_BOTH, 1), REFUSAL_NONE);
	rig_run_until(STATE_MASSAGE, 60000);
	rig_run_ms(2000);
	assert_near(rig.chair.set_c[PAD_LOWER_BACK], 39.0f, 0.0f); /* gentle */
	rig_ready();
	rig.in.person.no_heat = true;
	assert_int_equal(rig_start(RIG_PROGRAM_SHORT, SIDE_BOTH, 1), REFUSAL_NONE);
	rig_run_until(STATE_MASSAGE, 60000);
	for (unsigned int t = 0; t < 20000; t += 10) {
		rig_cycle();
		assert_near(rig.chair.set_c[PAD_LOWER_BACK], 0.0f, 0.0f);
		assert_heat_off();
	}
}

static void a_preheated_seat_goes_cold_for_numb_skin(void **state)
{
	(void)state;
	rig_ready();
	assert_int_equal(rig_command((struct chair_command){ .kind = COMMAND_PREHEAT }),
			 REFUSAL_NONE);
	rig_cycle();
	assert_near(rig.chair.set_c[PAD_LEG_LEFT], 38.0f, 0.0f);
	rig.in.person.no_heat = true;
	rig_cycle();
	assert_near(rig.chair.set_c[PAD_LEG_LEFT], 0.0f, 0.0f);
	assert_heat_off();
}

static void heat_only_keeps_the_pads_warm_and_the_rollers_off(void **state)
{
	(void)state;
	begin(RIG_PROGRAM_BACK, SIDE_BOTH);
	rig_run_ms(5000);
	assert_int_equal(
		rig_command((struct chair_command){ .kind = COMMAND_HEAT_ONLY, .on = true }),
		REFUSAL_NONE);
	rig_run_ms(3000);
	assert_int_equal(rig.chair.roller[ROLLER_BACK].stage, ROLLER_STAGE_CLEAR);
	assert_int_equal(rig.chair.zone_level[ZONE_LOWER_BACK], 0);
	assert_near(rig.chair.set_c[PAD_LOWER_BACK], 39.0f, 0.0f);
	rig_run_ms(180000); /* the last phase has no heat of its own */
	assert_int_equal(rig.chair.session.phase, 2);
	assert_near(rig.chair.set_c[PAD_GLUTE_LEFT], 38.0f, 0.0f);
	assert_near(rig.chair.set_c[PAD_LOWER_BACK], 0.0f, 0.0f);
	assert_int_equal(rig_command((struct chair_command){ .kind = COMMAND_HEAT_ONLY }),
			 REFUSAL_NONE);
	assert_near(rig.chair.set_c[PAD_GLUTE_LEFT], 0.0f, 0.0f);
	rig_run_ms(5000);
	assert_int_equal(rig.chair.roller[ROLLER_SEAT_LEFT].stage, ROLLER_STAGE_HOLD);
}

static void before_any_scan_zones_are_where_the_configuration_has_them(void **state)
{
	(void)state;
	rig_init();
	assert_memory_equal(rig.chair.zone, rig.chair.config.zone, sizeof(rig.chair.zone));
}

static void left_and_right_vary_on_their_own(void **state)
{
	(void)state;
	begin(RIG_PROGRAM_BACK, SIDE_BOTH);
	rig_run_ms(80000);
	assert_int_equal(rig.chair.session.phase, 1);
	assert_true(rig.chair.roller[ROLLER_SEAT_LEFT].technique.random != 0);
	assert_true(rig.chair.roller[ROLLER_SEAT_LEFT].technique.random !=
		    rig.chair.roller[ROLLER_SEAT_RIGHT].technique.random);
}

/* Where the right seat roller goes while it strokes around @spot for 30 s. */
static void assert_strokes_within(float spot, float from_mm, float to_mm)
{
	float low_mm = 1000.0f;
	float high_mm = 0.0f;

	assert_int_equal(rig_command((struct chair_command){ .kind = COMMAND_PINPOINT,
							     .zone = ZONE_GLUTE_RIGHT,
							     .spot = spot }),
			 REFUSAL_NONE);
	rig_run_ms(12000);
	for (unsigned int t = 0; t < 20000; t += 10) {
		const float at_mm = rig.chair.roller[ROLLER_SEAT_RIGHT].travel_mm;

		rig_cycle();
		low_mm = at_mm < low_mm ? at_mm : low_mm;
		high_mm = at_mm > high_mm ? at_mm : high_mm;
	}
	/* it turns at a quarter of the stretch, and runs on for a sample */
	assert_near(low_mm, from_mm, 1.2f);
	assert_near(high_mm, to_mm, 1.2f);
}

static void around_a_spot_it_strays_by_5_mm_and_stays_in_the_zone(void **state)
{
	(void)state;
	begin(RIG_PROGRAM_BACK, SIDE_BOTH);
	rig.chair.config.technique[TECHNIQUE_STROKE].travel_mm_s = 2.0f;
	rig.chair.config.programs[RIG_PROGRAM_BACK].phases[0] = (struct program_phase){
		.name = "steered",
		.duration_s = 600,
		.parts = 1U << PART_GLUTE,
		.technique = TECHNIQUE_STROKE,
		.level_max = LEVEL_MAX,
		.steered = true,
	};
	rig_run_ms(100);
	assert_strokes_within(0.5f, 77.0f, 83.0f);
	assert_strokes_within(0.0f, 21.3f, 23.7f);
	assert_strokes_within(1.0f, 136.3f, 138.7f);
}

static void a_roller_works_the_spot_that_the_person_steers_to(void **state)
{
	static const float spots[] = { 0.0f, 0.4f, 1.0f };

	(void)state;
	begin(RIG_PROGRAM_BACK, SIDE_BOTH);
	rig.chair.config.programs[RIG_PROGRAM_BACK].phases[0] = (struct program_phase){
		.name = "steered",
		.duration_s = 60,
		.parts = 1U << PART_LOWER_BACK | 1U << PART_GLUTE,
		.technique = TECHNIQUE_PRESS,
		.level_max = LEVEL_MAX,
		.steered = true,
	};
	rig_run_ms(3000);
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		assert_int_equal(rig.chair.roller[r].stage, ROLLER_STAGE_CLEAR); /* no spot yet */
	}
	for (size_t i = 0; i < ARRAY_COUNT(spots); i++) {
		const float spot_mm = 20.0f + spots[i] * 120.0f;

		assert_int_equal(rig_command((struct chair_command){ .kind = COMMAND_PINPOINT,
								     .zone = ZONE_GLUTE_RIGHT,
								     .spot = spots[i] }),
				 REFUSAL_NONE);
		rig_run_ms(12000);
		assert_int_equal(rig.chair.roller[ROLLER_SEAT_RIGHT].stage, ROLLER_STAGE_HOLD);
		assert_near(rig.chair.roller[ROLLER_SEAT_RIGHT].travel_mm, spot_mm, 11.5f);
		assert_int_equal(rig.chair.roller[ROLLER_SEAT_LEFT].stage, ROLLER_STAGE_CLEAR);
		assert_int_equal(rig.chair.roller[ROLLER_BACK].stage, ROLLER_STAGE_CLEAR);
		assert_int_equal(rig.chair.zone_level[ZONE_GLUTE_LEFT], 0);
		assert_true(rig.chair.zone_level[ZONE_GLUTE_RIGHT] > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(who_has_not_checked_in_gets_a_gentle_session, setup),
		cmocka_unit_test_setup(a_checked_in_person_gets_up_to_their_ceiling, setup),
		cmocka_unit_test_setup(a_level_below_the_ceiling_is_taken_as_it_is, setup),
		cmocka_unit_test(each_reason_refuses_a_start_by_its_own_word),
		cmocka_unit_test_setup(an_ask_is_judged_again_when_it_is_confirmed, setup),
		cmocka_unit_test(going_on_is_no_new_session_but_rest_is_rest),
		cmocka_unit_test(who_goes_on_gets_no_more_than_who_began_nor_than_they_may),
		cmocka_unit_test(a_pause_is_not_a_way_round_a_refusal),
		cmocka_unit_test_setup(without_heat_nothing_is_preheated, setup),
		cmocka_unit_test(every_session_has_a_seed_of_its_own),
		cmocka_unit_test_setup(firmer_than_the_ceiling_is_refused_with_its_reason, setup),
		cmocka_unit_test_setup(more_time_stretches_what_is_left, setup_massage),
		cmocka_unit_test_setup(less_time_shortens_what_is_left, setup_massage),
		cmocka_unit_test_setup(a_minute_is_the_least_that_may_be_left, setup_massage),
		cmocka_unit_test_setup(exactly_a_minute_may_still_be_lengthened, setup_massage),
		cmocka_unit_test_setup(thirty_minutes_are_the_most, setup_massage),
		cmocka_unit_test_setup(a_program_is_not_stretched_without_end, setup_massage),
		cmocka_unit_test_setup(without_a_session_there_is_nothing_to_wish, setup),
		cmocka_unit_test_setup(a_phase_can_be_skipped, setup_massage),
		cmocka_unit_test_setup(a_phase_can_be_had_once_more, setup_massage),
		cmocka_unit_test_setup(once_more_must_fit_into_the_session, setup_massage),
		cmocka_unit_test_setup(when_the_program_is_over_there_is_no_phase_to_choose,
				       setup_massage),
		cmocka_unit_test_setup(what_was_skipped_is_no_massage_when_it_goes_on,
				       setup_massage),
		cmocka_unit_test(heat_may_be_off_or_30_to_41_c),
		cmocka_unit_test_setup(from_the_home_heat_only_falls, setup_massage),
		cmocka_unit_test(a_pad_is_set_alone),
		cmocka_unit_test(from_the_home_lowering_all_pads_raises_none),
		cmocka_unit_test(numb_skin_gets_no_heat_by_any_wish),
		cmocka_unit_test_setup(the_rollers_can_leave_and_the_heat_stay, setup_massage),
		cmocka_unit_test_setup(a_spot_is_taken_where_the_program_asks_for_one,
				       setup_massage),
		cmocka_unit_test(a_gentle_session_kneads_instead_of_pressing_deep),
		cmocka_unit_test(no_phase_goes_over_the_ceiling_or_its_own_level),
		cmocka_unit_test(pads_get_the_least_of_what_program_person_and_check_in_say),
		cmocka_unit_test(a_preheated_seat_goes_cold_for_numb_skin),
		cmocka_unit_test(heat_only_keeps_the_pads_warm_and_the_rollers_off),
		cmocka_unit_test(before_any_scan_zones_are_where_the_configuration_has_them),
		cmocka_unit_test(left_and_right_vary_on_their_own),
		cmocka_unit_test(around_a_spot_it_strays_by_5_mm_and_stays_in_the_zone),
		cmocka_unit_test(a_roller_works_the_spot_that_the_person_steers_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
