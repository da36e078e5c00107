/* SPDX-License-Identifier: MIT */
/* Does every axis move as it is told, does a roller that leaves leave, and does none stay? */
#include "core_fixture.h"

#define R ROLLER_SEAT_LEFT

static struct chair_config config;
static struct chair_inputs in;
static struct motion motion;
static struct roller_ctl rollers[ROLLER_COUNT];
static float speed[AXIS_COUNT];
static struct found found;
static bool homing;

static int setup(void **state)
{
	(void)state;
	core_config(&config);
	core_good_inputs(&in, EPOCH_US);
	motion = (struct motion){ 0 };
	found = (struct found){ 0 };
	homing = false;
	memset(rollers, 0, sizeof(rollers));
	memset(speed, 0, sizeof(speed));
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		in.drive[d].enabled = true;
	}
	return 0;
}

static void watch(uint64_t dt_us)
{
	in.now_us += dt_us;
	found = (struct found){ 0 };
	motion_watch(&motion, &config, &in, speed, rollers, homing, &found);
}

static unsigned int drive_of(unsigned int a)
{
	return config.roller[a / AXIS_KIND_COUNT].axis[a % AXIS_KIND_COUNT].drive;
}

static void F019_an_axis_that_is_told_to_move_and_stands_for_2_s(void **state)
{
	for (unsigned int i = 0; i < 2 * AXIS_COUNT; i++) {
		const unsigned int a = i / 2;
		const bool knead = a % AXIS_KIND_COUNT == AXIS_KNEAD;
		const float sign = i % 2 == 0 ? 1.0f : -1.0f;

		assert_int_equal(setup(state), 0);
		speed[a] = sign * (knead ? 3.0f : 1.5f);
		watch(CYCLE_US);
		watch(2 * S_US - 1);
		assert_int_equal(found.causes, 0);
		watch(1);
		assert_int_equal(found.causes, CAUSE_BIT(CAUSE_NO_MOTION));
		assert_int_equal(found.where[CAUSE_NO_MOTION], 1U << a);
		in.axis[a].speed = sign * (knead ? 0.5f : 0.3125f); /* it moves */
		watch(CYCLE_US);
		assert_int_equal(found.causes, 0);
		in.axis[a].speed = sign * (knead ? 0.4375f : 0.25f); /* as good as still, anew */
		watch(CYCLE_US);
		watch(2 * S_US - 1);
		assert_int_equal(found.causes, 0);
		watch(1);
		assert_int_equal(found.causes, CAUSE_BIT(CAUSE_NO_MOTION));
	}
}

static void F019_slow_orders_disabled_and_silent_drives_are_no_cause(void **state)
{
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		const bool knead = a % AXIS_KIND_COUNT == AXIS_KNEAD;

		assert_int_equal(setup(state), 0);
		speed[a] = knead ? 2.9375f : 1.4375f;
		watch(CYCLE_US);
		watch(60 * S_US);
		assert_int_equal(found.causes, 0);
		speed[a] = 20.0f;
		in.drive[drive_of(a)].enabled = false;
		watch(CYCLE_US);
		watch(60 * S_US);
		assert_int_equal(found.causes, 0);
		in.drive[drive_of(a)].enabled = true;
		in.drive[drive_of(a)].stamp_us = 0;
		watch(CYCLE_US);
		watch(60 * S_US);
		assert_int_equal(found.causes, 0);
	}
}

static void F018_an_axis_that_stands_and_pushes_with_all_it_has_for_500_ms(void **state)
{
	for (unsigned int i = 0; i < 2 * AXIS_COUNT; i++) {
		const unsigned int a = i / 2;
		const float sign = i % 2 == 0 ? 1.0f : -1.0f;
		const float limit_n =
			config.roller[a / AXIS_KIND_COUNT].axis[a % AXIS_KIND_COUNT].limit_n;

		assert_int_equal(setup(state), 0);
		speed[a] = 10.0f;
		in.axis[a].force_n = sign * limit_n * 0.89f;
		watch(CYCLE_US);
		watch(S_US);
		assert_int_equal(found.causes, 0);
		in.axis[a].force_n = sign * limit_n * 0.9f;
		watch(CYCLE_US);
		watch(500 * MS_US - 1);
		assert_int_equal(found.causes, 0);
		watch(1);
		assert_int_equal(found.causes, CAUSE_BIT(CAUSE_STALL));
		assert_int_equal(found.where[CAUSE_STALL], 1U << a);
		in.axis[a].speed = 5.0f; /* it gives way */
		watch(CYCLE_US);
		assert_int_equal(found.causes, 0);
	}
}

static void F018_homing_meets_a_stop_on_purpose(void **state)
{
	(void)state;
	homing = true;
	speed[AXIS(R, AXIS_TRAVEL)] = -30.0f;
	in.axis[AXIS(R, AXIS_TRAVEL)].force_n = -80.0f;
	watch(CYCLE_US);
	watch(2 * S_US - 1);
	assert_int_equal(found.causes, 0);
	watch(1); /* but not for ever */
	assert_int_equal(found.causes, CAUSE_BIT(CAUSE_NO_MOTION));
}

static void F026_F039_what_a_roller_says_of_itself_is_a_cause_with_its_place(void **state)
{
	(void)state;
	rollers[R].wrong_way = true;
	watch(CYCLE_US);
	assert_int_equal(found.causes, CAUSE_BIT(CAUSE_WRONG_WAY));
	assert_int_equal(found.where[CAUSE_WRONG_WAY], 1U << AXIS(R, AXIS_DEPTH));
	rollers[R].wrong_way = false;
	rollers[R].dwell_us = LIMIT_DWELL_US - 1;
	watch(CYCLE_US);
	assert_int_equal(found.causes, 0);
	rollers[R].dwell_us++;
	watch(CYCLE_US);
	assert_int_equal(found.causes, CAUSE_BIT(CAUSE_DWELL));
	assert_int_equal(found.where[CAUSE_DWELL], 1U << AXIS(R, AXIS_DEPTH));
}

/* ---- the roller's own judgement ---- */

static struct roller_ctl ctl;

/* A sample of the roller at these places, pressing with @force_n, after @dt_us. */
static void sense(uint64_t dt_us, float travel_mm, float depth_mm, float force_n)
{
	in.now_us += dt_us;
	in.axis[AXIS(R, AXIS_TRAVEL)].pos = travel_mm;
	in.axis[AXIS(R, AXIS_DEPTH)].pos = depth_mm;
	in.axis[AXIS(R, AXIS_DEPTH)].force_n = force_n + 6.0f + 0.1f * depth_mm;
	roller_sense(&ctl, R, &config, &in);
}

static int setup_roller(void **state)
{
	assert_int_equal(setup(state), 0);
	ctl = (struct roller_ctl){ .depth_homed = true,
				   .travel_homed = true,
				   .order = ROLLER_ORDER_WORK,
				   .stage = ROLLER_STAGE_HOLD };
	return 0;
}

static void F026_a_roller_that_leaves_may_come_out_by_3_mm(void **state)
{
	(void)state;
	ctl.order = ROLLER_ORDER_LEAVE;
	ctl.leave_mm = 20.0f;
	sense(CYCLE_US, 80.0f, 23.0f, 5.0f);
	assert_false(ctl.wrong_way);
	sense(CYCLE_US, 80.0f, 23.125f, 5.0f);
	assert_true(ctl.wrong_way);
	sense(CYCLE_US, 80.0f, 10.0f, 5.0f); /* on its way it counts from where it has been */
	assert_false(ctl.wrong_way);
	sense(CYCLE_US, 80.0f, 13.125f, 5.0f);
	assert_true(ctl.wrong_way);
	ctl.order = ROLLER_ORDER_WORK;
	sense(CYCLE_US, 80.0f, 30.0f, 5.0f);
	assert_false(ctl.wrong_way);
	ctl.order = ROLLER_ORDER_LEAVE;
	ctl.depth_homed = false; /* where it is, is not known */
	sense(CYCLE_US, 80.0f, 40.0f, 5.0f);
	assert_false(ctl.wrong_way);
}

static void F026_leaving_counts_from_where_it_was_ordered(void **state)
{
	struct roller_demand demand = { .order = ROLLER_ORDER_LEAVE };
	float out[AXIS_KIND_COUNT];

	(void)state;
	sense(CYCLE_US, 80.0f, 20.0f, 5.0f);
	ctl.leave_mm = 3.0f;
	roller_step(&ctl, R, &config, &demand, 0.01f, out);
	assert_near(ctl.leave_mm, 20.0f, NEAR);
}

static void F039_a_dwell_is_time_pressing_within_10_mm(void **state)
{
	(void)state;
	sense(CYCLE_US, 80.0f, 15.0f, 2.0f);
	assert_int_equal(ctl.dwell_us, 0);
	sense(S_US, 90.0f, 15.0f, 2.0f);
	assert_int_equal(ctl.dwell_us, S_US);
	sense(S_US, 70.0f, 15.0f, 2.0f);
	assert_int_equal(ctl.dwell_us, 2 * S_US);
	sense(S_US, 90.125f, 15.0f, 2.0f);
	assert_int_equal(ctl.dwell_us, 0);
	assert_near(ctl.spot_mm, 90.125f, NEAR);
	sense(S_US, 80.0f, 15.0f, 2.0f);
	assert_int_equal(ctl.dwell_us, 0);
	sense(S_US, 80.0f, 15.0f, 1.9f); /* hardly touches */
	assert_int_equal(ctl.dwell_us, 0);
	sense(S_US, 80.0f, 15.0f, 2.0f);
	assert_int_equal(ctl.dwell_us, 0);
	sense(S_US, 80.0f, 2.0f, 2.0f); /* off the body */
	assert_int_equal(ctl.dwell_us, 0);
	sense(S_US, 80.0f, 15.0f, 2.0f);
	ctl.depth_homed = false;
	sense(S_US, 80.0f, 15.0f, 2.0f);
	assert_int_equal(ctl.dwell_us, 0);
}

static void F039_after_50_s_a_roller_rests_for_10_s_off_the_body(void **state)
{
	const struct roller_demand demand = {
		ROLLER_ORDER_WORK, TECHNIQUE_PRESS, 6.0f, 20.0f, 140.0f, 0, AXIS_TRAVEL, 0.0f
	};
	float out[AXIS_KIND_COUNT];

	(void)state;
	sense(CYCLE_US, 80.0f, 15.0f, 6.0f);
	sense(50 * S_US - 1, 80.0f, 15.0f, 6.0f);
	roller_step(&ctl, R, &config, &demand, 0.01f, out);
	assert_int_equal(ctl.stage, ROLLER_STAGE_HOLD);
	sense(1, 80.0f, 15.0f, 6.0f);
	roller_step(&ctl, R, &config, &demand, 0.01f, out);
	assert_int_equal(ctl.stage, ROLLER_STAGE_RETRACT);
	assert_near(out[AXIS_DEPTH], -40.0f, 0.0f);
	assert_near(out[AXIS_TRAVEL], 0.0f, 0.0f);
	assert_near(out[AXIS_KNEAD], 0.0f, 0.0f);
	sense(CYCLE_US, 80.0f, 1.0f, 0.0f);
	roller_step(&ctl, R, &config, &demand, 0.01f, out);
	assert_near(ctl.rest_s, 10.0f, 0.0f); /* it is off from now on */
	for (unsigned int i = 0; i < 99; i++) {
		roller_step(&ctl, R, &config, &demand, 0.1f, out);
		assert_true(out[AXIS_DEPTH] <= 0.0f);
	}
	roller_step(&ctl, R, &config, &demand, 0.15f, out);
	roller_step(&ctl, R, &config, &demand, 0.01f, out);
	assert_int_equal(ctl.stage, ROLLER_STAGE_APPROACH);
	assert_true(out[AXIS_DEPTH] > 0.0f);
}

#define TEST(function)	 cmocka_unit_test_setup(function, setup)
#define ROLLER(function) cmocka_unit_test_setup(function, setup_roller)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(F019_an_axis_that_is_told_to_move_and_stands_for_2_s),
		TEST(F019_slow_orders_disabled_and_silent_drives_are_no_cause),
		TEST(F018_an_axis_that_stands_and_pushes_with_all_it_has_for_500_ms),
		TEST(F018_homing_meets_a_stop_on_purpose),
		TEST(F026_F039_what_a_roller_says_of_itself_is_a_cause_with_its_place),
		ROLLER(F026_a_roller_that_leaves_may_come_out_by_3_mm),
		ROLLER(F026_leaving_counts_from_where_it_was_ordered),
		ROLLER(F039_a_dwell_is_time_pressing_within_10_mm),
		ROLLER(F039_after_50_s_a_roller_rests_for_10_s_off_the_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
