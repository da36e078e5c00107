/* SPDX-License-Identifier: MIT */
/* One roller: stops, approach, holding a force, leaving, the ends of its track. */
#include "core_fixture.h"

#define DT_S 0.01f
#define R    ROLLER_BACK
#define WORK ROLLER_ORDER_WORK

static struct chair_config config;
static struct chair_inputs in;
static struct roller_ctl ctl;
static struct roller_demand demand;
static float speed[AXIS_KIND_COUNT];

static int setup(void **state)
{
	(void)state;
	core_config(&config);
	core_good_inputs(&in, EPOCH_US);
	ctl = (struct roller_ctl){ 0 };
	demand = (struct roller_demand){ 0 };
	return 0;
}

/* Homed and clear at @travel_mm, asked to stroke the lower back at level 1. */
static int setup_homed(void **state)
{
	assert_int_equal(setup(state), 0);
	ctl.depth_homed = true;
	ctl.travel_homed = true;
	ctl.stage = ROLLER_STAGE_CLEAR;
	ctl.travel_mm = 100.0f;
	demand = (struct roller_demand){ WORK, TECHNIQUE_STROKE, 6.0f, 30.0f, 230.0f,
					 0,    AXIS_TRAVEL,	 0.0f };
	return 0;
}

static void step(void)
{
	for (unsigned int k = 0; k < AXIS_KIND_COUNT; k++) {
		speed[k] = 99.0f; /* must be written, whatever the order */
	}
	roller_step(&ctl, R, &config, &demand, DT_S, speed);
}

/* A new sample of both axes, @dt_us after the last. */
static void sample(uint64_t dt_us, float travel_n, float depth_n)
{
	in.drive[0].stamp_us += dt_us;
	in.drive[1].stamp_us += dt_us;
	in.axis[AXIS(R, AXIS_TRAVEL)].force_n = travel_n;
	in.axis[AXIS(R, AXIS_DEPTH)].force_n = depth_n;
	roller_sense(&ctl, R, &config, &in);
}

static void assert_speeds(float travel, float depth, float knead)
{
	assert_near(speed[AXIS_TRAVEL], travel, NEAR);
	assert_near(speed[AXIS_DEPTH], depth, NEAR);
	assert_near(speed[AXIS_KNEAD], knead, NEAR);
}

/* Homing @kind, the axis at @pos_mm; samples of that axis come as asked for. */
static void homing(enum axis_kind kind, enum homing_step step, float pos_mm)
{
	ctl.order = kind == AXIS_DEPTH ? ROLLER_ORDER_HOME_DEPTH : ROLLER_ORDER_HOME_TRAVEL;
	ctl.homing[kind] = step;
	in.axis[AXIS(R, kind)].pos = pos_mm;
}

/* Depth stands under @depth_n long enough to count. */
static void stand(float depth_n)
{
	sample(60000, 0.0f, depth_n);
	sample(150000, 0.0f, depth_n);
}

static float jog(enum axis_kind kind, float jog_speed)
{
	demand = (struct roller_demand){ .order = ROLLER_ORDER_JOG,
					 .jog = kind,
					 .jog_speed = jog_speed };
	step();
	for (unsigned int k = 0; k < AXIS_KIND_COUNT; k++) {
		assert_true(k == (unsigned int)kind || (speed[k] <= 0.0f && speed[k] >= 0.0f));
	}
	return speed[kind];
}

static void a_jog_ends_before_a_stop_that_is_known(void **state)
{
	const float depth_mm = config.roller[R].axis[AXIS_DEPTH].range_mm - 1.0f;
	const float travel_mm = config.roller[R].axis[AXIS_TRAVEL].range_mm - 1.0f;

	(void)state;
	ctl.travel_mm = 0.0f;
	ctl.depth_mm = depth_mm;
	assert_near(jog(AXIS_DEPTH, 0.5f), 0.0f, 0.0f);
	assert_near(jog(AXIS_DEPTH, -5.0f), -5.0f, 0.0f);
	assert_near(jog(AXIS_KNEAD, 5.0f), 5.0f, 0.0f);
	assert_near(jog(AXIS_TRAVEL, -5.0f), 0.0f, 0.0f);
	assert_near(jog(AXIS_TRAVEL, 5.0f), 5.0f, 0.0f);
	ctl.depth_mm = depth_mm - 0.01f;
	assert_near(jog(AXIS_DEPTH, 0.5f), 0.5f, 0.0f);
	ctl.travel_mm = travel_mm;
	assert_near(jog(AXIS_TRAVEL, 5.0f), 0.0f, 0.0f);
	ctl.depth_mm = depth_mm;
	ctl.depth_homed = false; /* where the ends are is not known then */
	ctl.travel_homed = false;
	assert_near(jog(AXIS_DEPTH, 0.5f), 0.5f, 0.0f);
	assert_near(jog(AXIS_TRAVEL, 5.0f), 5.0f, 0.0f);
}

static void a_stop_is_met_twice_at_the_same_place(void **state)
{
	(void)state;
	homing(AXIS_DEPTH, HOMING_SEEK, 77.0f);
	sample(60000, 0.0f, -8.0f);
	sample(149999, 0.0f, -8.0f);
	assert_int_equal(ctl.homing[AXIS_DEPTH], HOMING_SEEK);
	sample(1, 0.0f, -8.0f);
	assert_int_equal(ctl.homing[AXIS_DEPTH], HOMING_BACK_OFF);
	assert_near(ctl.home_mm[AXIS_DEPTH], 77.0f, 0.0f);
	assert_false(ctl.depth_homed);
	in.axis[AXIS(R, AXIS_DEPTH)].pos = 78.9375f;
	stand(-8.0f); /* under torque as it may be: it has not let go yet */
	assert_int_equal(ctl.homing[AXIS_DEPTH], HOMING_BACK_OFF);
	in.axis[AXIS(R, AXIS_DEPTH)].pos = 79.0f;
	sample(60000, 0.0f, 8.0f);
	assert_int_equal(ctl.homing[AXIS_DEPTH], HOMING_CONFIRM);
	in.axis[AXIS(R, AXIS_DEPTH)].pos = 77.25f;
	sample(60000, 0.0f, -8.0f);
	sample(149999, 0.0f, -8.0f);
	assert_false(ctl.depth_homed);
	assert_int_equal(ctl.stage, ROLLER_STAGE_LOST);
	sample(1, 0.0f, -8.0f);
	assert_true(ctl.depth_homed);
	assert_int_equal(ctl.stage, ROLLER_STAGE_CLEAR);
	assert_int_equal(ctl.homing[AXIS_DEPTH], HOMING_NONE);
	assert_near(ctl.home_mm[AXIS_DEPTH], 77.25f, 0.0f);
	assert_near(ctl.depth_mm, 0.0f, 0.0f);
	in.axis[AXIS(R, AXIS_DEPTH)].pos = 80.25f;
	stand(-8.0f); /* found once, never moved */
	assert_near(ctl.home_mm[AXIS_DEPTH], 77.25f, 0.0f);
	assert_near(ctl.depth_mm, 3.0f, NEAR);
}

static void a_jam_does_not_let_go_and_is_no_stop(void **state)
{
	(void)state;
	homing(AXIS_DEPTH, HOMING_SEEK, 20.0f);
	stand(-8.0f);
	for (unsigned int n = 0; n < 100; n++) {
		stand(n % 2 == 0 ? 8.0f : -8.0f);
	}
	assert_int_equal(ctl.homing[AXIS_DEPTH], HOMING_BACK_OFF);
	assert_false(ctl.depth_homed);
}

static void a_stop_at_another_place_is_met_a_third_time(void **state)
{
	static const struct {
		float second_mm;
		bool same;
	} table[] = {
		{ 50.6875f, true }, { 49.3125f, true }, { 50.75f, false }, { 49.25f, false }
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		assert_int_equal(setup(state), 0);
		homing(AXIS_DEPTH, HOMING_CONFIRM, table[i].second_mm);
		ctl.home_mm[AXIS_DEPTH] = 50.0f;
		stand(-8.0f);
		assert_int_equal(ctl.depth_homed, table[i].same);
		assert_int_equal(ctl.homing[AXIS_DEPTH],
				 table[i].same ? HOMING_NONE : HOMING_BACK_OFF);
		assert_near(ctl.home_mm[AXIS_DEPTH], table[i].second_mm, 0.0f);
	}
}

static void a_stop_may_be_met_again_within_seven_tenths_of_a_millimetre(void **state)
{
	static const float at_mm[] = { 0.7f, -0.7f };

	for (size_t i = 0; i < ARRAY_COUNT(at_mm); i++) {
		assert_int_equal(setup(state), 0);
		homing(AXIS_DEPTH, HOMING_CONFIRM, at_mm[i]);
		ctl.home_mm[AXIS_DEPTH] = 0.0f;
		stand(-8.0f);
		assert_true(ctl.depth_homed);
	}
}

static void another_order_begins_the_150_ms_again(void **state)
{
	(void)state;
	demand.order = ROLLER_ORDER_LEAVE;
	step();
	sample(60000, 0.0f, -8.0f);
	sample(149999, 0.0f, -8.0f);
	demand.order = ROLLER_ORDER_STILL;
	step();
	assert_int_equal(ctl.stall_us[AXIS_DEPTH], 0);
	demand.order = ROLLER_ORDER_LEAVE;
	step();
	sample(1, 0.0f, -8.0f);
	assert_false(ctl.parked);
	sample(150000, 0.0f, -8.0f);
	assert_true(ctl.parked);
}

static void a_stop_needs_torque_rest_and_fresh_samples(void **state)
{
	static const struct {
		float force_n;
		float speed;
	} moving[] = { { -7.9f, 0.0f }, { 8.0f, 0.0f }, { -8.0f, 1.0f }, { -8.0f, -1.0f } };

	for (size_t i = 0; i < ARRAY_COUNT(moving); i++) {
		assert_int_equal(setup(state), 0);
		homing(AXIS_DEPTH, HOMING_CONFIRM, 0.0f);
		in.axis[AXIS(R, AXIS_DEPTH)].speed = moving[i].speed;
		for (unsigned int n = 0; n < 10; n++) {
			sample(60000, 0.0f, moving[i].force_n);
		}
		assert_false(ctl.depth_homed);
	}
	assert_int_equal(setup(state), 0);
	homing(AXIS_DEPTH, HOMING_CONFIRM, 0.0f);
	in.axis[AXIS(R, AXIS_DEPTH)].speed = -0.9f;
	for (unsigned int n = 0; n < 100; n++) {
		sample(0, 0.0f, -8.0f); /* the same sample read a hundred times */
	}
	assert_false(ctl.depth_homed);
	sample(150000, 0.0f, -8.0f);
	assert_true(ctl.depth_homed);
}

/* Its stamp is 0 until a drive that has started anew is read: that is no time that has passed. */
static void a_drive_that_is_read_no_more_never_finds_a_stop(void **state)
{
	(void)state;
	homing(AXIS_DEPTH, HOMING_CONFIRM, 0.0f);
	sample(60000, 0.0f, -8.0f);
	in.drive[1].stamp_us = 0;
	sample(0, 0.0f, -8.0f);
	assert_false(ctl.depth_homed);
}

static void torque_at_a_stop_means_nothing_unless_the_axis_homes(void **state)
{
	static const enum roller_order others[] = { ROLLER_ORDER_STILL, ROLLER_ORDER_LEAVE, WORK };

	for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
		assert_int_equal(setup(state), 0);
		ctl.order = others[i];
		for (unsigned int n = 0; n < 10; n++) {
			sample(60000, -20.0f, -20.0f);
		}
		assert_false(ctl.depth_homed || ctl.travel_homed);
		assert_near(ctl.home_mm[AXIS_DEPTH], 0.0f, 0.0f);
	}
}

static void moving_on_begins_the_150_ms_again(void **state)
{
	(void)state;
	homing(AXIS_DEPTH, HOMING_CONFIRM, 0.0f);
	sample(60000, 0.0f, -8.0f);
	sample(100000, 0.0f, -8.0f);
	sample(10000, 0.0f, 0.0f);
	sample(10000, 0.0f, -8.0f);
	sample(149999, 0.0f, -8.0f);
	assert_false(ctl.depth_homed);
	sample(1, 0.0f, -8.0f);
	assert_true(ctl.depth_homed);
}

static void travel_is_homed_like_depth_with_its_own_torque(void **state)
{
	(void)state;
	ctl.depth_homed = true;
	homing(AXIS_TRAVEL, HOMING_SEEK, 55.0f);
	sample(60000, -13.9f, 0.0f);
	sample(400000, -13.9f, 0.0f);
	assert_int_equal(ctl.homing[AXIS_TRAVEL], HOMING_SEEK);
	sample(60000, -14.0f, 0.0f);
	sample(149999, -14.0f, 0.0f);
	assert_int_equal(ctl.homing[AXIS_TRAVEL], HOMING_SEEK);
	sample(1, -14.0f, 0.0f);
	assert_int_equal(ctl.homing[AXIS_TRAVEL], HOMING_BACK_OFF);
	in.axis[AXIS(R, AXIS_TRAVEL)].pos = 57.0f;
	sample(60000, 14.0f, 0.0f);
	in.axis[AXIS(R, AXIS_TRAVEL)].pos = 55.0f;
	sample(60000, -14.0f, 0.0f);
	sample(150000, -14.0f, 0.0f);
	assert_true(ctl.travel_homed);
	assert_near(ctl.home_mm[AXIS_TRAVEL], 55.0f, 0.0f);
	in.axis[AXIS(R, AXIS_TRAVEL)].pos = 65.0f;
	sample(60000, -14.0f, 0.0f);
	sample(400000, -14.0f, 0.0f);
	assert_near(ctl.travel_mm, 10.0f, NEAR);
}

static void each_axis_uses_the_stamps_of_its_own_drive(void **state)
{
	(void)state;
	ctl.depth_homed = true;
	homing(AXIS_TRAVEL, HOMING_CONFIRM, 0.0f);
	in.axis[AXIS(R, AXIS_TRAVEL)].force_n = -20.0f;
	roller_sense(&ctl, R, &config, &in);
	in.drive[1].stamp_us += 400000; /* the depth drive's */
	roller_sense(&ctl, R, &config, &in);
	assert_false(ctl.travel_homed);
	assert_int_equal(ctl.stamp_us, in.drive[1].stamp_us);
	in.drive[0].stamp_us += 400000;
	roller_sense(&ctl, R, &config, &in);
	assert_true(ctl.travel_homed);
}

static void a_roller_that_leaves_without_being_homed_is_parked_where_it_stands(void **state)
{
	(void)state;
	demand.order = ROLLER_ORDER_LEAVE;
	step();
	assert_speeds(0.0f, -40.0f, 0.0f);
	sample(60000, 0.0f, -7.9f);
	sample(150000, 0.0f, -7.9f);
	assert_false(ctl.parked);
	sample(60000, 0.0f, -8.0f);
	sample(149999, 0.0f, -8.0f);
	assert_false(roller_is_clear(&ctl, &config));
	sample(1, 0.0f, -8.0f);
	assert_true(ctl.parked && !ctl.depth_homed);
	assert_true(roller_is_clear(&ctl, &config));
	step();
	assert_speeds(0.0f, 0.0f, 0.0f);
	sample(60000, 0.0f, 0.0f); /* it rests now, and stays parked */
	assert_true(roller_is_clear(&ctl, &config));
	demand.order = ROLLER_ORDER_HOME_DEPTH;
	step();
	assert_false(ctl.parked);
	assert_speeds(0.0f, -12.0f, 0.0f);
}

static void force_at_the_skin_is_motor_force_less_the_spring(void **state)
{
	(void)state;
	in.axis[AXIS(R, AXIS_DEPTH)].pos = 20.0f;
	ctl.force_n = 5.0f;
	sample(60000, 0.0f, 18.0f);
	assert_near(ctl.force_n, 0.0f, 0.0f); /* not homed: unknown */
	ctl.depth_homed = true;
	sample(60000, 0.0f, 18.0f);
	assert_near(ctl.force_n, 18.0f - 6.0f - 2.0f, NEAR);
	in.axis[AXIS(R, AXIS_DEPTH)].pos = 0.5f; /* also of a body that leans on it at its stop */
	sample(60000, 0.0f, 18.0f);
	assert_near(ctl.force_n, 18.0f - 6.0f - 0.05f, NEAR);
	sample(60000, 0.0f, 6.5f);
	assert_near(ctl.force_n, 0.45f, NEAR);
	sample(60000, 0.0f, -18.0f); /* pressed against the stop by its motor */
	assert_near(ctl.force_n, 0.0f, 0.0f);
	in.axis[AXIS(R, AXIS_DEPTH)].pos = 2.125f;
	sample(60000, 0.0f, 18.0f);
	assert_near(ctl.force_n, 18.0f - 6.0f - 0.2125f, NEAR);
	sample(60000, 0.0f, 1.0f); /* out there a negative force tells of friction */
	assert_near(ctl.force_n, 1.0f - 6.0f - 0.2125f, NEAR);
}

static void clear_means_homed_and_at_most_clear_mm_out(void **state)
{
	(void)state;
	ctl.depth_mm = 0.0f;
	assert_false(roller_is_clear(&ctl, &config));
	ctl.depth_homed = true;
	ctl.depth_mm = 2.0f;
	assert_true(roller_is_clear(&ctl, &config));
	ctl.depth_mm = 2.0625f;
	assert_false(roller_is_clear(&ctl, &config));
}

static void losing_power_forgets_everything(void **state)
{
	const struct roller_ctl lost = { .stage = ROLLER_STAGE_LOST };

	(void)state;
	ctl.force_n = 3.0f;
	roller_lose(&ctl);
	assert_memory_equal(&ctl, &lost, sizeof(ctl));
}

static void still_means_still(void **state)
{
	(void)state;
	ctl.travel_mm_s = 20.0f;
	ctl.set_n = 5.0f;
	ctl.level_n = 6.0f;
	ctl.technique.timer_s = 3.0f;
	demand.order = ROLLER_ORDER_STILL;
	step();
	assert_speeds(0.0f, 0.0f, 0.0f);
	assert_near(ctl.travel_mm_s, 0.0f, 0.0f);
	assert_near(ctl.set_n, 0.0f, 0.0f);
	assert_near(ctl.level_n, 0.0f, 0.0f);
	assert_near(ctl.technique.timer_s, 0.0f, 0.0f);
}

static void an_unknown_order_is_no_motion(void **state)
{
	assert_int_equal(setup_homed(state), 0);
	demand.order = (enum roller_order)99;
	step();
	assert_speeds(0.0f, 0.0f, 0.0f);
}

static void homing_goes_to_the_stop_at_homing_speed_and_rests_there(void **state)
{
	assert_int_equal(setup(state), 0);
	demand.order = ROLLER_ORDER_HOME_DEPTH;
	step();
	assert_speeds(0.0f, -12.0f, 0.0f);
	assert_int_equal(ctl.homing[AXIS_DEPTH], HOMING_SEEK);
	ctl.homing[AXIS_DEPTH] = HOMING_BACK_OFF;
	step();
	assert_speeds(0.0f, 6.0f, 0.0f);
	ctl.homing[AXIS_DEPTH] = HOMING_CONFIRM;
	step();
	assert_speeds(0.0f, -12.0f, 0.0f);
	ctl.depth_homed = true;
	step();
	assert_speeds(0.0f, 0.0f, 0.0f);
	demand.order = ROLLER_ORDER_HOME_TRAVEL;
	ctl.depth_mm = 1.5f; /* one axis at a time */
	step();
	assert_speeds(-30.0f, 0.0f, 0.0f);
	assert_int_equal(ctl.homing[AXIS_DEPTH], HOMING_NONE); /* another order */
	ctl.homing[AXIS_TRAVEL] = HOMING_BACK_OFF;
	step();
	assert_speeds(15.0f, 0.0f, 0.0f);
	demand.order = ROLLER_ORDER_STILL; /* begun anew when interrupted */
	step();
	assert_int_equal(ctl.homing[AXIS_TRAVEL], HOMING_NONE);
	demand.order = ROLLER_ORDER_HOME_TRAVEL;
	ctl.stall_us[AXIS_TRAVEL] = 4711;
	step();
	assert_int_equal(ctl.stall_us[AXIS_TRAVEL], 0);
	assert_speeds(-30.0f, 0.0f, 0.0f);
	ctl.travel_homed = true;
	step();
	assert_speeds(0.0f, 0.0f, 0.0f);
}

static void nothing_works_before_it_is_homed(void **state)
{
	assert_int_equal(setup_homed(state), 0);
	ctl.depth_homed = false;
	step();
	assert_speeds(0.0f, 0.0f, 0.0f);
	ctl.depth_homed = true;
	ctl.travel_homed = false;
	step();
	assert_speeds(0.0f, 0.0f, 0.0f);
}

static void leaving_is_quick_far_out_and_slow_onto_the_stop(void **state)
{
	static const float table[][2] = { { 30.0f, -40.0f }, { 7.0f, -40.0f }, { 5.0f, -30.0f },
					  { 2.5f, -15.0f },  { 2.0f, -1.0f },  { 0.625f, -1.0f },
					  { 0.5f, 0.0f },    { 0.0f, 0.0f } };

	assert_int_equal(setup_homed(state), 0);
	demand.order = ROLLER_ORDER_LEAVE;
	ctl.stage = ROLLER_STAGE_HOLD;
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		ctl.depth_mm = table[i][0];
		step();
		assert_speeds(0.0f, table[i][1], 0.0f);
		assert_int_equal(ctl.stage,
				 table[i][0] > 2.0f ? ROLLER_STAGE_RETRACT : ROLLER_STAGE_CLEAR);
	}
	config.force.clear_mm = 0.25f; /* never slower than 4 mm/s on the way */
	ctl.depth_mm = 0.3f;
	step();
	assert_speeds(0.0f, -4.0f, 0.0f);
}

static void leaving_without_a_position_goes_until_the_stop_is_felt(void **state)
{
	assert_int_equal(setup(state), 0);
	demand.order = ROLLER_ORDER_LEAVE;
	step();
	assert_speeds(0.0f, -40.0f, 0.0f);
	assert_int_equal(ctl.stage, ROLLER_STAGE_LOST);
}

static void a_clear_roller_approaches_before_it_moves_sideways(void **state)
{
	(void)state;
	ctl.set_n = 9.0f;
	step();
	assert_int_equal(ctl.stage, ROLLER_STAGE_APPROACH);
	assert_speeds(0.0f, 8.0f, 0.0f);
	assert_near(ctl.set_n, 0.0f, 0.0f);
	ctl.force_n = 1.9f;
	step();
	assert_int_equal(ctl.stage, ROLLER_STAGE_APPROACH);
	assert_speeds(0.0f, 8.0f, 0.0f);
	ctl.force_n = 2.0f; /* getting up to speed; no body is that near */
	step();
	assert_int_equal(ctl.stage, ROLLER_STAGE_APPROACH);
	ctl.depth_mm = 12.0f; /* contact */
	step();
	assert_int_equal(ctl.stage, ROLLER_STAGE_HOLD);
	assert_near(ctl.set_n, 2.0f, 0.0f);
}

static void a_retracting_roller_approaches_anew(void **state)
{
	(void)state;
	ctl.stage = ROLLER_STAGE_RETRACT;
	ctl.depth_mm = 10.0f;
	ctl.force_n = 0.0f;
	step();
	assert_int_equal(ctl.stage, ROLLER_STAGE_APPROACH);
}

static void the_set_force_rises_slowly_and_falls_four_times_as_fast(void **state)
{
	(void)state;
	ctl.stage = ROLLER_STAGE_HOLD;
	ctl.set_n = 3.0f;
	step();
	assert_near(ctl.set_n, 3.02f, NEAR); /* 2 N/s */
	for (unsigned int i = 0; i < 200; i++) {
		step();
	}
	assert_near(ctl.set_n, 6.0f, NEAR);
	assert_near(ctl.level_n, 6.0f, NEAR);
	demand.level_n = 3.0f;
	step();
	assert_near(ctl.set_n, 5.92f, NEAR);
	for (unsigned int i = 0; i < 100; i++) {
		step();
	}
	assert_near(ctl.set_n, 3.0f, NEAR);
}

static void depth_speed_follows_the_error_of_the_force(void **state)
{
	static const float table[][2] = { { 6.0f, 0.0f },  { 5.875f, 0.0f }, { 6.125f, 0.0f },
					  { 5.5f, 1.0f },  { 6.5f, -1.0f },  { 1.0f, 6.0f },
					  { 11.0f, -6.0f } };

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		ctl.stage = ROLLER_STAGE_HOLD;
		ctl.set_n = 6.0f;
		ctl.depth_mm = 20.0f;
		ctl.force_n = table[i][0];
		step();
		assert_near(speed[AXIS_DEPTH], table[i][1], 1e-3f);
	}
}

static void the_dead_band_of_the_force_is_open_at_its_ends(void **state)
{
	(void)state;
	ctl.stage = ROLLER_STAGE_HOLD;
	demand.level_n = 0.2f; /* so that the error is 0.2f and -0.2f to the last bit */
	ctl.set_n = 0.2f;
	ctl.force_n = 0.0f;
	step();
	assert_near(speed[AXIS_DEPTH], 0.4f, NEAR);
	ctl.force_n = 0.4f;
	step();
	assert_near(speed[AXIS_DEPTH], -0.4f, NEAR);
	demand.level_n = 6.0f;
	ctl.set_n = 6.0f;
	ctl.force_n = 5.78f;
	step();
	assert_near(speed[AXIS_DEPTH], 0.44f, 1e-3f);
	ctl.force_n = 6.22f;
	step();
	assert_near(speed[AXIS_DEPTH], -0.44f, 1e-3f);
	ctl.force_n = 5.82f;
	step();
	assert_near(speed[AXIS_DEPTH], 0.0f, 0.0f);
	ctl.force_n = 6.25f;
	step();
	assert_near(speed[AXIS_DEPTH], -0.5f, 1e-3f);
}

static void depth_never_goes_beyond_its_range(void **state)
{
	(void)state;
	ctl.depth_mm = 48.9f;
	step();
	assert_near(speed[AXIS_DEPTH], 8.0f, NEAR);
	ctl.depth_mm = 49.0f;
	step();
	assert_near(speed[AXIS_DEPTH], 0.0f, 0.0f);
	ctl.stage = ROLLER_STAGE_HOLD;
	ctl.set_n = 6.0f;
	ctl.force_n = 5.75f; /* nor slowly */
	step();
	assert_near(speed[AXIS_DEPTH], 0.0f, 0.0f);
	ctl.force_n = 20.0f; /* back is always possible */
	step();
	assert_near(speed[AXIS_DEPTH], -6.0f, NEAR);
}

static void travel_begins_and_turns_gently(void **state)
{
	(void)state;
	ctl.stage = ROLLER_STAGE_HOLD;
	ctl.set_n = 6.0f;
	ctl.force_n = 6.0f;
	step();
	assert_speeds(0.4f, 0.0f, 0.0f); /* 40 mm/s^2 */
	for (unsigned int i = 0; i < 100; i++) {
		step();
	}
	assert_speeds(25.0f, 0.0f, 0.0f);
	ctl.travel_mm = 229.0f;
	step();
	assert_speeds(24.6f, 0.0f, 0.0f);
	for (unsigned int i = 0; i < 200; i++) {
		step();
	}
	assert_speeds(-25.0f, 0.0f, 0.0f);
}

static void kneading_turns_in_contact_only(void **state)
{
	(void)state;
	demand.technique = TECHNIQUE_KNEAD;
	step();
	assert_near(speed[AXIS_KNEAD], 0.0f, 0.0f);
	ctl.stage = ROLLER_STAGE_HOLD;
	step();
	assert_near(speed[AXIS_KNEAD], 20.0f, 0.0f);
}

static void the_force_factor_of_a_technique_scales_the_level(void **state)
{
	(void)state;
	demand.technique = TECHNIQUE_PRESS;
	ctl.technique = (struct technique_state){ .technique = TECHNIQUE_PRESS, .released = true };
	ctl.stage = ROLLER_STAGE_HOLD;
	step();
	assert_near(ctl.level_n, 3.0f, NEAR);
}

static void off_its_zone_a_roller_leaves_the_body_before_it_travels(void **state)
{
	static const struct {
		float travel_mm;
		float expected;
	} sides[] = { { 23.9f, 0.4f }, { 236.1f, -0.4f } };

	for (size_t i = 0; i < ARRAY_COUNT(sides); i++) {
		assert_int_equal(setup_homed(state), 0);
		ctl.travel_mm = sides[i].travel_mm;
		ctl.stage = ROLLER_STAGE_HOLD;
		ctl.depth_mm = 20.0f;
		step();
		assert_speeds(0.0f, -40.0f, 0.0f);
		assert_int_equal(ctl.stage, ROLLER_STAGE_RETRACT);
		ctl.depth_mm = 1.0f;
		step();
		assert_speeds(0.0f, -1.0f, 0.0f); /* clear from the next cycle on */
		step();
		assert_speeds(sides[i].expected, -1.0f, 0.0f);
		for (unsigned int n = 0; n < 100; n++) {
			step();
		}
		assert_near(speed[AXIS_TRAVEL], sides[i].expected > 0.0f ? 30.0f : -30.0f, NEAR);
		assert_near(speed[AXIS_KNEAD], 0.0f, 0.0f);
	}
}

static void six_millimetres_beyond_a_zone_still_belong_to_it(void **state)
{
	static const float inside[] = { 24.0f, 236.0f };

	for (size_t i = 0; i < ARRAY_COUNT(inside); i++) {
		assert_int_equal(setup_homed(state), 0);
		ctl.travel_mm = inside[i];
		step();
		assert_int_equal(ctl.stage, ROLLER_STAGE_APPROACH);
	}
}

static void a_lifting_technique_leaves_before_it_travels(void **state)
{
	(void)state;
	demand.technique = TECHNIQUE_FLUSH;
	ctl.technique = (struct technique_state){ .technique = TECHNIQUE_FLUSH, .returning = true };
	ctl.stage = ROLLER_STAGE_HOLD;
	ctl.depth_mm = 20.0f;
	step();
	assert_speeds(0.0f, -40.0f, 0.0f);
	ctl.stage = ROLLER_STAGE_CLEAR;
	ctl.depth_mm = 0.0f;
	step();
	assert_speeds(0.4f, 0.0f, 0.0f);
	demand.technique = TECHNIQUE_REST;
	ctl.travel_mm_s = 0.0f;
	step();
	assert_speeds(0.0f, 0.0f, 0.0f);
}

static void a_roller_never_meets_the_ends_of_its_track(void **state)
{
	static const struct {
		float travel_mm;
		float running;
		float expected;
	} table[] = { { 1.0f, -20.0f, 0.0f },	  { 1.125f, -20.0f, -19.6f },
		      { 1.0f, 20.0f, 20.0f },	  { 319.0f, 20.0f, 0.0f },
		      { 318.875f, 20.0f, 19.6f }, { 319.0f, -20.0f, -20.0f } };

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		assert_int_equal(setup_homed(state), 0);
		demand.from_mm = 0.0f;
		demand.to_mm = 320.0f;
		ctl.stage = ROLLER_STAGE_HOLD;
		ctl.travel_mm = table[i].travel_mm;
		ctl.travel_mm_s = table[i].running;
		step();
		assert_near(speed[AXIS_TRAVEL], table[i].expected, 0.41f);
		if (table[i].expected <= 0.0f && table[i].expected >= 0.0f) {
			assert_near(speed[AXIS_TRAVEL], 0.0f, 0.0f);
		} else {
			assert_true(speed[AXIS_TRAVEL] > 1.0f || speed[AXIS_TRAVEL] < -1.0f);
		}
	}
}

static void the_ends_of_the_track_hold_for_slow_travel_too(void **state)
{
	static const float at_mm[] = { 1.0f, 319.0f };

	for (size_t i = 0; i < ARRAY_COUNT(at_mm); i++) {
		const float away = i == 0 ? 0.4f : -0.4f;

		assert_int_equal(setup_homed(state), 0);
		demand.from_mm = 0.0f;
		demand.to_mm = 320.0f;
		ctl.stage = ROLLER_STAGE_HOLD;
		ctl.travel_mm = at_mm[i];
		step(); /* turns at the end: away from it */
		assert_near(speed[AXIS_TRAVEL], away, NEAR);
		ctl.travel_mm_s = -2.0f * away; /* still on its way to it */
		step();
		assert_near(speed[AXIS_TRAVEL], 0.0f, 0.0f);
	}
}

/* Out to the body and back, in the rig: 14 N +-1 N on a spring of tissue. */
static void in_the_rig_a_set_force_is_reached_and_held(void **state)
{
	float peak_n = 0.0f;

	(void)state;
	rig_massage(RIG_PROGRAM_SHORT);
	for (unsigned int t = 0; t < 40000; t += 10) {
		rig_cycle();
		if (rig.chair.roller[R].force_n > peak_n) {
			peak_n = rig.chair.roller[R].force_n;
		}
	}
	assert_int_equal(rig.chair.session.level, 3);
	assert_near(rig.chair.roller[R].force_n, 14.0f, 1.0f);
	assert_true(peak_n < 15.5f);
}

#define TEST(function)	     cmocka_unit_test_setup(function, setup)
#define TEST_HOMED(function) cmocka_unit_test_setup(function, setup_homed)

/* ---- scanning ---- */

static void a_scan_begins_at_the_upper_end_and_gets_there_off_the_body(void **state)
{
	assert_int_equal(setup_homed(state), 0);
	demand.order = ROLLER_ORDER_SCAN;
	ctl.depth_mm = 10.0f;
	ctl.stage = ROLLER_STAGE_HOLD;
	step();
	assert_speeds(0.0f, -40.0f, 0.0f);
	ctl.depth_mm = 1.0f;
	step();
	assert_speeds(-0.4f, -1.0f, 0.0f); /* a gentle start: 40 mm/s^2 */
	for (unsigned int i = 0; i < 100; i++) {
		step();
	}
	assert_speeds(-30.0f, -1.0f, 0.0f);
	ctl.travel_mm = 15.1f;
	step();
	assert_int_equal(ctl.scan_pass, SCAN_PASS_TOP);
	assert_speeds(-30.0f, -1.0f, 0.0f);
	ctl.travel_mm = 15.0f;
	step();
	assert_int_equal(ctl.scan_pass, SCAN_PASS_DOWN);
	assert_near(speed[AXIS_DEPTH], 8.0f, NEAR); /* out to the body */
	assert_near(speed[AXIS_TRAVEL], -29.6f, NEAR);
	ctl.travel_mm = 40.0f; /* on its way down it stays on the body */
	step();
	assert_near(speed[AXIS_DEPTH], 8.0f, NEAR);
}

/* In its first pass, on the body. */
static void scan_down(void **state)
{
	assert_int_equal(setup_homed(state), 0);
	demand.order = ROLLER_ORDER_SCAN;
	ctl.travel_mm = 10.0f;
	ctl.depth_mm = 12.0f;
	step();
	ctl.force_n = 2.0f; /* contact */
	step();
	assert_int_equal(ctl.stage, ROLLER_STAGE_HOLD);
	for (unsigned int i = 0; i < 100; i++) {
		step();
	}
}

static void a_scan_touches_lightly_on_its_way_down(void **state)
{
	scan_down(state);
	assert_speeds(320.0f / 26.0f, 0.8f, 0.0f); /* 2 mm/s per newton, 0.4 N are missing */
	ctl.force_n = 3.4f;
	step();
	assert_speeds(320.0f / 26.0f, -2.0f, 0.0f);
	ctl.travel_mm = 311.9f;
	step();
	assert_int_equal(ctl.scan_pass, SCAN_PASS_DOWN);
}

static void a_scan_presses_a_little_on_its_way_up(void **state)
{
	scan_down(state);
	ctl.travel_mm = 312.0f;
	step();
	assert_int_equal(ctl.scan_pass, SCAN_PASS_UP);
	for (unsigned int i = 0; i < 300; i++) {
		step();
	}
	assert_speeds(-320.0f / 26.0f, 6.0f, 0.0f); /* towards 5 N */
	ctl.force_n = 5.0f;
	step();
	assert_speeds(-320.0f / 26.0f, 0.0f, 0.0f);
	ctl.travel_mm = 15.1f;
	step();
	assert_int_equal(ctl.scan_pass, SCAN_PASS_UP);
	ctl.travel_mm = 15.0f;
	step();
	assert_int_equal(ctl.scan_pass, SCAN_PASS_DONE);
	assert_near(speed[AXIS_DEPTH], -40.0f, NEAR);
	for (unsigned int i = 0; i < 100; i++) {
		step();
	}
	assert_speeds(0.0f, -40.0f, 0.0f);
	ctl.depth_mm = 1.0f; /* and stays off the body */
	step();
	step();
	assert_speeds(0.0f, -1.0f, 0.0f);
}

static void a_scan_stops_at_the_mechanical_stop(void **state)
{
	scan_down(state);
	ctl.travel_mm = 319.0f;
	step();
	assert_true(speed[AXIS_TRAVEL] <= 0.0f);
}

static void a_scan_slows_down_where_it_loses_the_body(void **state)
{
	assert_int_equal(setup_homed(state), 0);
	demand.order = ROLLER_ORDER_SCAN;
	ctl.travel_mm = 10.0f;
	ctl.depth_mm = 12.0f;
	step();
	ctl.force_n = 2.0f;
	step();
	step();
	ctl.stage = ROLLER_STAGE_CLEAR;
	ctl.force_n = 0.0f;
	step();
	step();
	assert_near(speed[AXIS_TRAVEL], 0.0f, NEAR);
	assert_near(speed[AXIS_DEPTH], 8.0f, NEAR);
}

static void nothing_scans_before_it_is_homed(void **state)
{
	for (unsigned int homed = 0; homed < 3; homed++) {
		assert_int_equal(setup_homed(state), 0);
		demand.order = ROLLER_ORDER_SCAN;
		ctl.travel_mm = 5.0f;
		ctl.depth_homed = homed == 1;
		ctl.travel_homed = homed == 2;
		step();
		assert_speeds(0.0f, 0.0f, 0.0f);
	}
}

static void each_scan_begins_anew(void **state)
{
	assert_int_equal(setup_homed(state), 0);
	demand.order = ROLLER_ORDER_SCAN;
	ctl.travel_mm = 5.0f;
	step();
	demand.order = ROLLER_ORDER_LEAVE;
	step();
	ctl.travel_mm = 100.0f;
	demand.order = ROLLER_ORDER_SCAN;
	step();
	assert_true(speed[AXIS_TRAVEL] < 0.0f);
}

static void what_varies_begins_with_the_seed_of_the_session(void **state)
{
	assert_int_equal(setup_homed(state), 0);
	demand.seed = 4711;
	step();
	assert_true(ctl.technique.random != 0 && ctl.technique.random != 4711);
	demand.seed = 9; /* only once */
	ctl.technique.random = 77;
	step();
	assert_int_equal(ctl.technique.random, 77);
	demand.order = ROLLER_ORDER_LEAVE;
	step();
	assert_int_equal(ctl.technique.technique, TECHNIQUE_REST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_stop_is_met_twice_at_the_same_place),
		TEST(a_jam_does_not_let_go_and_is_no_stop),
		TEST(a_stop_at_another_place_is_met_a_third_time),
		TEST(a_stop_may_be_met_again_within_seven_tenths_of_a_millimetre),
		TEST(another_order_begins_the_150_ms_again),
		TEST(a_stop_needs_torque_rest_and_fresh_samples),
		TEST(a_drive_that_is_read_no_more_never_finds_a_stop),
		TEST(torque_at_a_stop_means_nothing_unless_the_axis_homes),
		TEST(moving_on_begins_the_150_ms_again),
		TEST(travel_is_homed_like_depth_with_its_own_torque),
		TEST(a_roller_that_leaves_without_being_homed_is_parked_where_it_stands),
		TEST(each_axis_uses_the_stamps_of_its_own_drive),
		TEST(force_at_the_skin_is_motor_force_less_the_spring),
		TEST(clear_means_homed_and_at_most_clear_mm_out),
		TEST(losing_power_forgets_everything),
		TEST(still_means_still),
		TEST(an_unknown_order_is_no_motion),
		TEST(homing_goes_to_the_stop_at_homing_speed_and_rests_there),
		TEST(nothing_works_before_it_is_homed),
		TEST(leaving_is_quick_far_out_and_slow_onto_the_stop),
		TEST(leaving_without_a_position_goes_until_the_stop_is_felt),
		TEST_HOMED(a_jog_ends_before_a_stop_that_is_known),
		TEST_HOMED(a_clear_roller_approaches_before_it_moves_sideways),
		TEST_HOMED(a_retracting_roller_approaches_anew),
		TEST_HOMED(the_set_force_rises_slowly_and_falls_four_times_as_fast),
		TEST_HOMED(depth_speed_follows_the_error_of_the_force),
		TEST_HOMED(the_dead_band_of_the_force_is_open_at_its_ends),
		TEST_HOMED(depth_never_goes_beyond_its_range),
		TEST_HOMED(travel_begins_and_turns_gently),
		TEST_HOMED(kneading_turns_in_contact_only),
		TEST_HOMED(the_force_factor_of_a_technique_scales_the_level),
		TEST(off_its_zone_a_roller_leaves_the_body_before_it_travels),
		TEST(six_millimetres_beyond_a_zone_still_belong_to_it),
		TEST_HOMED(a_lifting_technique_leaves_before_it_travels),
		TEST(the_ends_of_the_track_hold_for_slow_travel_too),
		TEST(a_roller_never_meets_the_ends_of_its_track),
		cmocka_unit_test(in_the_rig_a_set_force_is_reached_and_held),
		cmocka_unit_test(a_scan_begins_at_the_upper_end_and_gets_there_off_the_body),
		cmocka_unit_test(a_scan_touches_lightly_on_its_way_down),
		cmocka_unit_test(a_scan_presses_a_little_on_its_way_up),
		cmocka_unit_test(a_scan_stops_at_the_mechanical_stop),
		cmocka_unit_test(a_scan_slows_down_where_it_loses_the_body),
		cmocka_unit_test(nothing_scans_before_it_is_homed),
		cmocka_unit_test(each_scan_begins_anew),
		cmocka_unit_test(what_varies_begins_with_the_seed_of_the_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
