/* SPDX-License-Identifier: MIT */
/* How techniques move, where a program stands, and how a pad is kept warm. */
#include "core_fixture.h"

#define DT_S 0.01f

static struct chair_config config;
static struct technique_state ts;
static struct technique_motion motion;

static int setup(void **state)
{
	(void)state;
	core_config(&config);
	ts = (struct technique_state){ 0 };
	return 0;
}

static void move(enum technique technique, float pos_mm, bool clear)
{
	motion = technique_step(&ts, technique, &config, 100.0f, 200.0f, pos_mm, clear, DT_S);
}

static void strokes_turn_where_they_can_come_to_rest(void **state)
{
	static const enum technique likes[] = { TECHNIQUE_STROKE, TECHNIQUE_KNEAD, TECHNIQUE_DEEP };

	for (size_t i = 0; i < ARRAY_COUNT(likes); i++) {
		const float rate = config.technique[likes[i]].travel_mm_s;
		const float least_mm = 2.0f; /* the end of a track would stop it */
		const float needed_mm = rate * rate / 80.0f;
		const float margin_mm = needed_mm > least_mm ? needed_mm : least_mm;

		assert_int_equal(setup(state), 0);
		move(likes[i], 150.0f, false);
		assert_near(motion.travel_mm_s, rate, 0.0f);
		assert_near(motion.knead_rpm, config.technique[likes[i]].knead_rpm, 0.0f);
		assert_near(motion.force_factor, 1.0f, 0.0f);
		assert_false(motion.lift);
		move(likes[i], 199.9f - margin_mm, false);
		assert_near(motion.travel_mm_s, rate, 0.0f);
		move(likes[i], 200.0f - margin_mm, false);
		assert_near(motion.travel_mm_s, -rate, 0.0f);
		move(likes[i], 150.0f, false);
		assert_near(motion.travel_mm_s, -rate, 0.0f);
		move(likes[i], 100.1f + margin_mm, false);
		assert_near(motion.travel_mm_s, -rate, 0.0f);
		move(likes[i], 100.0f + margin_mm, false);
		assert_near(motion.travel_mm_s, rate, 0.0f);
	}
}

static void in_a_short_stretch_a_stroke_turns_at_a_quarter(void **state)
{
	(void)state;
	config.technique[TECHNIQUE_STROKE].travel_mm_s = 60.0f; /* would need 45 mm to stop */
	move(TECHNIQUE_STROKE, 174.9f, false);
	assert_true(motion.travel_mm_s > 0.0f);
	move(TECHNIQUE_STROKE, 175.0f, false);
	assert_true(motion.travel_mm_s < 0.0f);
	move(TECHNIQUE_STROKE, 125.1f, false);
	assert_true(motion.travel_mm_s < 0.0f);
	move(TECHNIQUE_STROKE, 125.0f, false);
	assert_true(motion.travel_mm_s > 0.0f);
}

static void a_stroke_turns_at_a_quarter_when_it_needs_little_more(void **state)
{
	(void)state;
	config.technique[TECHNIQUE_STROKE].travel_mm_s = 48.0f; /* would need 28.8 mm to stop */
	move(TECHNIQUE_STROKE, 174.9f, false);
	assert_true(motion.travel_mm_s > 0.0f);
	config.technique[TECHNIQUE_FLUSH].travel_mm_s = 24.0f; /* the same, on its way back */
	move(TECHNIQUE_FLUSH, 100.0f, true);
	move(TECHNIQUE_FLUSH, 174.9f, true);
	assert_true(motion.lift);
	move(TECHNIQUE_FLUSH, 175.1f, true);
	assert_false(motion.lift);
}

static void another_technique_starts_afresh(void **state)
{
	(void)state;
	move(TECHNIQUE_STROKE, 199.9f, false);
	assert_true(ts.toward_heart);
	move(TECHNIQUE_KNEAD, 150.0f, false);
	assert_false(ts.toward_heart);
	assert_near(ts.centre_mm, 150.0f, 0.0f);
	move(TECHNIQUE_KNEAD, 160.0f, false);
	assert_near(ts.centre_mm, 150.0f, 0.0f);
}

static void press_holds_releases_and_goes_on_to_the_next_point(void **state)
{
	unsigned int cycles;

	(void)state;
	config.technique[TECHNIQUE_PRESS].hold_s = 1.0f;
	config.technique[TECHNIQUE_PRESS].release_s = 0.5f;
	config.technique[TECHNIQUE_PRESS].reach_mm = 15.0f; /* one second on the way */
	for (cycles = 0; cycles < 1000 && !ts.released; cycles++) {
		move(TECHNIQUE_PRESS, 150.0f, false);
		assert_near(motion.travel_mm_s, 0.0f, 0.0f);
		assert_near(motion.force_factor, 1.0f, 0.0f);
		assert_false(motion.lift);
	}
	assert_in_range(cycles, 99, 101);
	for (cycles = 0; cycles < 1000 && ts.released; cycles++) {
		move(TECHNIQUE_PRESS, 150.0f, false);
		assert_near(motion.force_factor, 0.5f, 0.0f);
		if (cycles < 48) {
			assert_near(motion.travel_mm_s, 0.0f, 0.0f);
		} else if (cycles > 51 && ts.released) {
			assert_near(motion.travel_mm_s, 15.0f, 0.0f);
		}
	}
	assert_in_range(cycles, 149, 151);
	assert_near(motion.travel_mm_s, 0.0f, 0.0f);
	assert_near(ts.timer_s, 0.0f, 0.0f);
	move(TECHNIQUE_PRESS, 150.0f, false);
	assert_near(motion.force_factor, 1.0f, 0.0f);
}

static void press_timers_are_exact(void **state)
{
	(void)state;
	ts = (struct technique_state){ .technique = TECHNIQUE_PRESS, .timer_s = 20.0f - DT_S };
	move(TECHNIQUE_PRESS, 150.0f, false);
	assert_true(ts.released);
	assert_near(ts.timer_s, 0.0f, 0.0f);
	config.technique[TECHNIQUE_PRESS].reach_mm = 30.0f; /* 2 s */
	ts.timer_s = 6.0f - DT_S;
	move(TECHNIQUE_PRESS, 150.0f, false);
	assert_false(ts.released);
	ts = (struct technique_state){ .technique = TECHNIQUE_PRESS, .released = true };
	ts.timer_s = 4.0f - DT_S;
	move(TECHNIQUE_PRESS, 150.0f, false);
	assert_near(motion.travel_mm_s, 15.0f, 0.0f);
	ts.timer_s = 4.0f - DT_S; /* at the end of the zone it goes back: 7.5 mm to stop in */
	move(TECHNIQUE_PRESS, 192.5f, false);
	assert_near(motion.travel_mm_s, -15.0f, 0.0f);
}

static void a_roll_swings_around_a_centre_that_wanders(void **state)
{
	float low_mm = 200.0f;
	float high_mm = 100.0f;
	float pos_mm = 150.0f;

	(void)state;
	move(TECHNIQUE_ROLL, pos_mm, false);
	assert_near(ts.centre_mm, 150.0f, 0.0f);
	/* 5 mm to come to rest: out to 175 - 5, then back */
	move(TECHNIQUE_ROLL, 169.9f, false);
	assert_near(motion.travel_mm_s, 20.0f, 0.0f);
	move(TECHNIQUE_ROLL, 170.0f, false);
	assert_near(motion.travel_mm_s, -20.0f, 0.0f);
	assert_near(ts.centre_mm, 150.0f + 6.25f, NEAR);
	move(TECHNIQUE_ROLL, 150.0f, false); /* the centre moves once a swing */
	assert_near(ts.centre_mm, 150.0f + 6.25f, NEAR);
	for (unsigned int i = 0; i < 30000; i++) {
		move(TECHNIQUE_ROLL, pos_mm, false);
		pos_mm += motion.travel_mm_s * DT_S;
		low_mm = pos_mm < low_mm ? pos_mm : low_mm;
		high_mm = pos_mm > high_mm ? pos_mm : high_mm;
	}
	assert_near(low_mm, 105.0f, 1.0f); /* all of the zone, and nothing beyond */
	assert_near(high_mm, 195.0f, 1.0f);
}

static void a_roll_that_began_elsewhere_has_its_centre_in_the_zone(void **state)
{
	(void)state;
	move(TECHNIQUE_ROLL, 20.0f, true);
	assert_near(ts.centre_mm, 100.0f, 0.0f);
	move(TECHNIQUE_ROLL, 119.9f, true);
	assert_near(motion.travel_mm_s, 20.0f, 0.0f);
	move(TECHNIQUE_ROLL, 120.1f, true);
	assert_near(motion.travel_mm_s, -20.0f, 0.0f);
	ts.centre_mm = 100.0f;
	move(TECHNIQUE_ROLL, 105.1f, true);
	assert_near(motion.travel_mm_s, -20.0f, 0.0f);
	move(TECHNIQUE_ROLL, 104.9f, true); /* not beyond the zone */
	assert_near(motion.travel_mm_s, 20.0f, 0.0f);
	ts = (struct technique_state){ 0 };
	move(TECHNIQUE_ROLL, 300.0f, true);
	assert_near(ts.centre_mm, 193.75f, NEAR); /* from 200, and one turn */
}

static void a_roll_turns_its_wandering_at_the_ends_of_the_zone(void **state)
{
	(void)state;
	ts = (struct technique_state){ .technique = TECHNIQUE_ROLL, .centre_mm = 175.0f };
	move(TECHNIQUE_ROLL, 150.0f, false);
	assert_true(ts.centre_up);
	ts.centre_mm = 174.0f;
	ts.centre_up = false;
	move(TECHNIQUE_ROLL, 150.0f, false);
	assert_false(ts.centre_up);
	ts.toward_heart = false;
	ts.centre_up = true;
	ts.centre_mm = 150.0f;
	move(TECHNIQUE_ROLL, 170.0f, false);
	assert_near(ts.centre_mm, 143.75f, NEAR);
	ts.centre_mm = 125.0f;
	move(TECHNIQUE_ROLL, 120.0f, false);
	assert_false(ts.centre_up);
	ts.centre_up = true;
	ts.centre_mm = 126.0f;
	move(TECHNIQUE_ROLL, 120.0f, false);
	assert_true(ts.centre_up);
}

static void a_flush_presses_toward_the_heart_only(void **state)
{
	(void)state;
	move(TECHNIQUE_FLUSH, 150.0f, true);
	assert_near(motion.travel_mm_s, -22.0f, 0.0f);
	assert_false(motion.lift);
	assert_near(motion.knead_rpm, 0.0f, 0.0f);
	move(TECHNIQUE_FLUSH, 102.1f, false);
	assert_false(motion.lift);
	move(TECHNIQUE_FLUSH, 102.0f, false);
	assert_true(motion.lift);
	assert_near(motion.travel_mm_s, 0.0f, 0.0f); /* not before it is off the body */
	move(TECHNIQUE_FLUSH, 110.0f, true);
	assert_true(motion.lift);
	assert_near(motion.travel_mm_s, 44.0f, 0.0f);
	move(TECHNIQUE_FLUSH, 175.75f, true); /* 24.2 mm to come to rest in */
	assert_true(motion.lift);
	move(TECHNIQUE_FLUSH, 175.85f, true);
	assert_false(motion.lift);
	assert_near(motion.travel_mm_s, -22.0f, 0.0f);
}

static void in_a_short_stretch_a_flush_comes_down_at_a_quarter(void **state)
{
	(void)state;
	config.technique[TECHNIQUE_FLUSH].travel_mm_s = 30.0f; /* would need 45 mm to stop */
	move(TECHNIQUE_FLUSH, 100.0f, true);
	move(TECHNIQUE_FLUSH, 174.9f, true);
	assert_true(motion.lift);
	move(TECHNIQUE_FLUSH, 175.0f, true);
	assert_false(motion.lift);
}

/* One minute of a technique from @seed; the position follows the speed. */
static void follow(enum technique technique, uint32_t seed, float path[6000])
{
	float pos_mm = 150.0f;

	ts = (struct technique_state){ .random = seed };
	for (unsigned int i = 0; i < 6000; i++) {
		move(technique, pos_mm, ts.returning);
		pos_mm += motion.travel_mm_s * DT_S;
		path[i] = pos_mm;
	}
}

static void no_two_strokes_are_alike_but_a_seed_says_which(void **state)
{
	static const enum technique all[] = { TECHNIQUE_STROKE, TECHNIQUE_KNEAD, TECHNIQUE_ROLL,
					      TECHNIQUE_FLUSH, TECHNIQUE_PRESS };
	static float first[6000];
	static float again[6000];
	static float other[6000];

	(void)state;
	for (size_t t = 0; t < ARRAY_COUNT(all); t++) {
		follow(all[t], 4711, first);
		follow(all[t], 4711, again);
		follow(all[t], 4712, other);
		assert_memory_equal(first, again, sizeof(first));
		assert_true(memcmp(first, other, sizeof(first)) != 0);
		for (unsigned int i = 0; i < 6000; i++) {
			assert_true(first[i] > 98.0f && first[i] < 202.0f);
		}
	}
}

static void variation_stays_within_its_bounds(void **state)
{
	float slowest = 1000.0f;
	float quickest = 0.0f;
	float lowest_mm = 1000.0f; /* turns at the upper end of the stretch */
	float highest_mm = 0.0f;
	float pos_mm = 150.0f;
	bool toward_heart = false;

	(void)state;
	ts = (struct technique_state){ .random = 1 };
	for (unsigned int i = 0; i < 200000; i++) {
		float rate;

		move(TECHNIQUE_STROKE, pos_mm, false);
		rate = motion.travel_mm_s < 0.0f ? -motion.travel_mm_s : motion.travel_mm_s;
		slowest = rate < slowest ? rate : slowest;
		quickest = rate > quickest ? rate : quickest;
		if (ts.toward_heart && !toward_heart) {
			lowest_mm = pos_mm < lowest_mm ? pos_mm : lowest_mm;
			highest_mm = pos_mm > highest_mm ? pos_mm : highest_mm;
		}
		toward_heart = ts.toward_heart;
		pos_mm += motion.travel_mm_s * DT_S;
	}
	/* 15 % of 25 mm/s; at most 12 % of 100 mm earlier, and what it takes to come to rest */
	assert_true(slowest >= 21.25f && slowest < 21.6f);
	assert_true(quickest <= 28.75f && quickest > 28.4f);
	assert_true(highest_mm > 193.0f && highest_mm < 195.0f);
	assert_true(lowest_mm > 177.0f && lowest_mm < 180.0f);
}

static void the_time_on_a_point_varies_too(void **state)
{
	float shortest_s = 1000.0f;
	float longest_s = 0.0f;
	float held_s = 0.0f;

	(void)state;
	ts = (struct technique_state){ .random = 1 };
	for (unsigned int i = 0; i < 500000; i++) {
		move(TECHNIQUE_PRESS, 150.0f, false);
		if (!ts.released) {
			held_s += DT_S;
		} else if (held_s > 0.0f) {
			shortest_s = held_s < shortest_s ? held_s : shortest_s;
			longest_s = held_s > longest_s ? held_s : longest_s;
			held_s = 0.0f;
		}
	}
	assert_true(shortest_s > 16.9f && shortest_s < 17.6f);
	assert_true(longest_s < 23.1f && longest_s > 22.4f);
}

static void numbers_are_drawn_as_marsaglia_says(void **state)
{
	(void)state;
	ts = (struct technique_state){ .random = 1 };
	move(TECHNIQUE_STROKE, 150.0f, false);
	assert_int_equal(ts.random, 67634689); /* the second of the sequence that 1 begins */
	assert_near(ts.inset, 1.0f - 1056.0f * 2.0f / 16777215.0f, 1e-6f);
	assert_near(ts.pace, 264198.0f * 2.0f / 16777215.0f - 1.0f, 1e-6f);
	move(TECHNIQUE_KNEAD, 150.0f, false); /* goes on where it is */
	assert_true(ts.random != 67634689);
	ts = (struct technique_state){ 0 };
	move(TECHNIQUE_STROKE, 150.0f, false);
	assert_int_equal(ts.random, 0);
	assert_near(ts.pace, 0.0f, 0.0f);
	assert_near(ts.inset, 0.0f, 0.0f);
}

static void a_phase_begins_where_the_one_before_ends(void **state)
{
	const struct program program = {
		.phase_count = 3,
		.phases = { { .duration_s = 60 }, { .duration_s = 120 }, { .duration_s = 20 } },
	};

	(void)state;
	assert_int_equal(program_phase_start_us(&program, 0, 200 * S_US), 0);
	assert_int_equal(program_phase_start_us(&program, 1, 200 * S_US), 60 * S_US);
	assert_int_equal(program_phase_start_us(&program, 2, 200 * S_US), 180 * S_US);
	assert_int_equal(program_phase_start_us(&program, 3, 200 * S_US), 200 * S_US);
	assert_int_equal(program_phase_start_us(&program, 2, 100 * S_US), 90 * S_US);
}

static void a_steered_phase_may_offer_zones_that_lie_apart(void **state)
{
	struct program_phase phase = { .parts = 1U << PART_THIGH | 1U << PART_CALF };

	(void)state;
	assert_false(program_phase_adjoins(&config, &phase));
	phase.steered = true;
	assert_true(program_phase_adjoins(&config, &phase));
}

static void a_phase_has_a_level_of_its_own_that_it_never_passes(void **state)
{
	const struct program_phase phase = { .level_offset = 1, .level_max = 3 };

	(void)state;
	assert_int_equal(program_level(&phase, 1), 2);
	assert_int_equal(program_level(&phase, 2), 3);
	assert_int_equal(program_level(&phase, 5), 3);
}

static void gentle_makes_deep_and_press_a_knead_and_nothing_else(void **state)
{
	(void)state;
	for (unsigned int t = 0; t < TECHNIQUE_COUNT; t++) {
		const struct program_phase phase = { .technique = (enum technique)t };
		const bool firm = t == TECHNIQUE_DEEP || t == TECHNIQUE_PRESS;

		assert_int_equal(program_technique(&phase, false), t);
		assert_int_equal(program_technique(&phase, true), firm ? TECHNIQUE_KNEAD : t);
	}
}

static void rest_is_off_the_body_and_still(void **state)
{
	(void)state;
	config.technique[TECHNIQUE_REST].knead_rpm = 5.0f;
	config.technique[TECHNIQUE_REST].travel_mm_s = 5.0f;
	move(TECHNIQUE_REST, 150.0f, true);
	assert_true(motion.lift);
	assert_near(motion.travel_mm_s, 0.0f, 0.0f);
	assert_near(motion.knead_rpm, 0.0f, 0.0f);
	assert_near(motion.force_factor, 0.0f, 0.0f);
}

static void parts_become_zones_of_the_chosen_side(void **state)
{
	static const struct {
		uint8_t parts;
		enum side side;
		uint8_t zones;
	} table[] = {
		{ 1U << PART_LOWER_BACK, SIDE_LEFT, 1U << ZONE_LOWER_BACK },
		{ 1U << PART_LOWER_BACK, SIDE_RIGHT, 1U << ZONE_LOWER_BACK },
		{ 1U << PART_LOWER_BACK, SIDE_BOTH, 1U << ZONE_LOWER_BACK },
		{ 1U << PART_LOWER_BACK, SIDE_NONE, 0 },
		{ 1U << PART_GLUTE, SIDE_LEFT, 1U << ZONE_GLUTE_LEFT },
		{ 1U << PART_GLUTE, SIDE_RIGHT, 1U << ZONE_GLUTE_RIGHT },
		{ 1U << PART_GLUTE, SIDE_BOTH, 1U << ZONE_GLUTE_LEFT | 1U << ZONE_GLUTE_RIGHT },
		{ 1U << PART_THIGH, SIDE_LEFT, 1U << ZONE_THIGH_LEFT },
		{ 1U << PART_THIGH, SIDE_RIGHT, 1U << ZONE_THIGH_RIGHT },
		{ 1U << PART_CALF, SIDE_LEFT, 1U << ZONE_CALF_LEFT },
		{ 1U << PART_CALF, SIDE_RIGHT, 1U << ZONE_CALF_RIGHT },
		{ 0x0f, SIDE_BOTH, 0x7f },
		{ 0xf0, SIDE_BOTH, 0 },
		{ 0, SIDE_BOTH, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		assert_int_equal(program_zones(table[i].parts, table[i].side), table[i].zones);
	}
}

/* A roller does not press from one zone of a phase to the next over a hollow of more than 12 mm. */
static void zones_of_a_phase_adjoin_on_their_roller(void **state)
{
	const struct program_phase leg = { .parts = 1U << PART_THIGH | 1U << PART_CALF };
	const struct program_phase apart = { .parts = 1U << PART_LOWER_BACK | 1U << PART_CALF };
	static struct chair_config hollow; /* large */

	(void)state;
	core_config(&hollow);
	hollow.zone[ZONE_THIGH_LEFT].to_mm = hollow.zone[ZONE_THIGH_RIGHT].to_mm = 270.0f;
	hollow.zone[ZONE_CALF_LEFT].from_mm = hollow.zone[ZONE_CALF_RIGHT].from_mm = 282.0f;
	assert_true(program_phase_adjoins(&hollow, &leg));
	for (unsigned int z = ZONE_CALF_LEFT; z <= ZONE_CALF_RIGHT; z++) {
		hollow.zone[z].from_mm = 283.0f;
		assert_false(program_phase_adjoins(&hollow, &leg));
		assert_true(program_phase_adjoins(&hollow, &apart)); /* each on its own roller */
		hollow.zone[z].from_mm = 282.0f;
	}
}

static void a_program_stretches_all_phases_alike(void **state)
{
	const struct program *program = &config.programs[RIG_PROGRAM_BACK];
	static const struct {
		uint64_t elapsed_us;
		unsigned int phase;
		uint64_t left_us;
	} table[] = {
		{ 0, 0, 120 * S_US },	       { 120 * S_US - 1, 0, 1 },
		{ 120 * S_US, 1, 240 * S_US }, { 360 * S_US - 1, 1, 1 },
		{ 360 * S_US, 2, 240 * S_US }, { 600 * S_US - 1, 2, 1 },
		{ 600 * S_US, 3, 0 },	       { 601 * S_US, 3, 0 },
	};

	(void)state;
	config.programs[RIG_PROGRAM_BACK].phases[3].duration_s =
		1000; /* beyond the last: nothing */
	assert_int_equal(program_duration_s(program), 300);
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		uint64_t left_us = 99;

		assert_int_equal(program_locate(program, table[i].elapsed_us, 600 * S_US, &left_us),
				 table[i].phase);
		assert_int_equal(left_us, table[i].left_us);
	}
}

static void levels_of_phases_stay_between_1_and_5(void **state)
{
	(void)state;
	for (int offset = -128; offset <= 127; offset++) {
		for (int level = 1; level <= LEVEL_MAX; level++) {
			const struct program_phase phase = { .level_offset = (int8_t)offset,
							     .level_max = LEVEL_MAX };
			const int sum = level + offset;
			const int expected = sum < 1 ? 1 : sum > 5 ? 5 : sum;

			assert_int_equal(program_level(&phase, (uint8_t)level), expected);
		}
	}
}

static struct heat_ctl heat;
static struct sensor_input pad[PAD_CHANNELS];
static uint64_t now_us;

static bool warm(float a_c, float b_c, float set_c, uint64_t dt_us)
{
	now_us += dt_us;
	pad[0] = (struct sensor_input){ a_c, QUALITY_GOOD, now_us };
	pad[1] = (struct sensor_input){ b_c, QUALITY_GOOD, now_us };
	return heat_step(&heat, pad, set_c, now_us);
}

static int setup_heat(void **state)
{
	(void)state;
	heat = (struct heat_ctl){ 0 };
	now_us = EPOCH_US;
	return 0;
}

static void a_pad_is_switched_around_its_set_point(void **state)
{
	(void)state;
	assert_true(warm(37.0f, 36.0f, 38.0f, 10000));
	assert_true(heat.on);
	assert_true(heat.valid);
	assert_near(heat.temp_c, 37.0f, 0.0f);
	assert_true(warm(37.9f, 36.0f, 38.0f, 10000));
	assert_false(warm(38.0f, 36.0f, 38.0f, 10000));
	assert_false(heat.on);
	assert_false(warm(37.9f, 36.0f, 38.0f, 10000));
	assert_false(warm(37.86f, 36.0f, 38.0f, 10000));
	assert_true(warm(37.84f, 36.0f, 38.0f, 10000));
}

static void the_higher_channel_counts(void **state)
{
	(void)state;
	assert_false(warm(36.0f, 38.5f, 38.0f, 10000));
	assert_near(heat.temp_c, 38.5f, 0.0f);
	assert_false(warm(38.5f, 36.0f, 38.0f, 10000));
	assert_near(heat.temp_c, 38.5f, 0.0f);
}

static void without_a_set_point_a_pad_is_off(void **state)
{
	(void)state;
	assert_true(warm(30.0f, 30.0f, 38.0f, 10000));
	assert_false(warm(30.0f, 30.0f, 0.0f, 10000));
	assert_false(heat.on);
	assert_true(heat.valid);
	assert_true(warm(0.25f, 0.0f, 0.5f, 10000));
	assert_false(warm(-5.0f, -5.0f, -1.0f, 10000));
}

static void both_channels_must_be_good_and_fresh(void **state)
{
	(void)state;
	for (unsigned int c = 0; c < PAD_CHANNELS; c++) {
		for (unsigned int q = 0; q < QUALITY_COUNT; q++) {
			assert_true(warm(30.0f, 30.0f, 38.0f, 10000));
			pad[c].quality = (enum quality)q;
			assert_int_equal(heat_step(&heat, pad, 38.0f, now_us), q == QUALITY_GOOD);
			assert_int_equal(heat.valid, q == QUALITY_GOOD);
		}
		assert_true(warm(30.0f, 30.0f, 38.0f, 10000));
		pad[c].stamp_us = now_us + 1;
		assert_false(heat_step(&heat, pad, 38.0f, now_us));
		pad[c].stamp_us = now_us - LIMIT_SENSOR_AGE_US;
		assert_true(heat_step(&heat, pad, 38.0f, now_us));
		pad[c].stamp_us--;
		assert_false(heat_step(&heat, pad, 38.0f, now_us));
		assert_false(heat.on);
	}
}

static void a_rising_pad_is_switched_off_ahead_of_its_set_point(void **state)
{
	(void)state;
	assert_true(warm(35.0f, 35.0f, 38.0f, 10000)); /* the window begins */
	assert_int_equal(heat.mark_us, now_us);
	assert_true(warm(35.4f, 35.0f, 38.0f, 2 * S_US - 1));
	assert_near(heat.slope_c_s, 0.0f, 0.0f);
	assert_true(warm(35.4f, 35.0f, 38.0f, 1)); /* 0.2 K/s: 1.2 K ahead */
	assert_near(heat.slope_c_s, 0.2f, 1e-3f);
	assert_near(heat.mark_c, 35.4f, 0.0f);
	assert_int_equal(heat.mark_us, now_us);
	assert_true(warm(36.79f, 35.0f, 38.0f, 10000));
	assert_false(warm(36.81f, 35.0f, 38.0f, 10000));
}

static void a_cooling_pad_is_judged_by_what_it_is(void **state)
{
	(void)state;
	assert_false(warm(39.0f, 39.0f, 38.0f, 10000));
	assert_false(warm(37.9f, 37.0f, 38.0f, 2 * S_US));
	assert_true(heat.slope_c_s < -0.5f);
	assert_false(warm(37.9f, 37.0f, 38.0f, 10000));
	assert_true(warm(37.8f, 37.0f, 38.0f, 10000));
}

static void switching_off_forgets_the_slope(void **state)
{
	(void)state;
	assert_true(warm(35.0f, 35.0f, 38.0f, 10000));
	assert_true(warm(35.4f, 35.0f, 38.0f, 2 * S_US));
	assert_false(warm(35.4f, 35.0f, 0.0f, 10000));
	assert_near(heat.slope_c_s, 0.0f, 0.0f);
	assert_int_equal(heat.mark_us, 0);
	assert_true(warm(36.9f, 35.0f, 38.0f, 10000));
}

#define TEST(function) cmocka_unit_test_setup(function, setup)
#define HEAT(function) cmocka_unit_test_setup(function, setup_heat)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(strokes_turn_where_they_can_come_to_rest),
		TEST(in_a_short_stretch_a_stroke_turns_at_a_quarter),
		TEST(a_stroke_turns_at_a_quarter_when_it_needs_little_more),
		TEST(another_technique_starts_afresh),
		TEST(press_holds_releases_and_goes_on_to_the_next_point),
		TEST(press_timers_are_exact),
		TEST(a_roll_swings_around_a_centre_that_wanders),
		TEST(a_roll_that_began_elsewhere_has_its_centre_in_the_zone),
		TEST(a_roll_turns_its_wandering_at_the_ends_of_the_zone),
		TEST(a_flush_presses_toward_the_heart_only),
		TEST(in_a_short_stretch_a_flush_comes_down_at_a_quarter),
		TEST(no_two_strokes_are_alike_but_a_seed_says_which),
		TEST(variation_stays_within_its_bounds),
		TEST(the_time_on_a_point_varies_too),
		TEST(numbers_are_drawn_as_marsaglia_says),
		TEST(a_phase_begins_where_the_one_before_ends),
		TEST(a_steered_phase_may_offer_zones_that_lie_apart),
		TEST(a_phase_has_a_level_of_its_own_that_it_never_passes),
		TEST(gentle_makes_deep_and_press_a_knead_and_nothing_else),
		TEST(rest_is_off_the_body_and_still),
		TEST(parts_become_zones_of_the_chosen_side),
		TEST(zones_of_a_phase_adjoin_on_their_roller),
		TEST(a_program_stretches_all_phases_alike),
		TEST(levels_of_phases_stay_between_1_and_5),
		HEAT(a_pad_is_switched_around_its_set_point),
		HEAT(the_higher_channel_counts),
		HEAT(without_a_set_point_a_pad_is_off),
		HEAT(both_channels_must_be_good_and_fresh),
		HEAT(a_rising_pad_is_switched_off_ahead_of_its_set_point),
		HEAT(a_cooling_pad_is_judged_by_what_it_is),
		HEAT(switching_off_forgets_the_slope),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
