/* SPDX-License-Identifier: MIT */
/*
 * Open defects of core, each as the behaviour that is right. A test here fails until its defect is
 * mended; it then belongs into test_core_review.c.
 */
#include "core_fixture.h"

static struct chair_config config;

/* The heartbeat begins in the first cycle, so a relay that is welded closed looks like one that
 * obeys, until the next CUT. It must be seen open before it is asked to close. */
static void a_relay_welded_before_the_start_is_found_before_anything_moves(void **state)
{
	(void)state;
	rig_init();
	rig.relay = RIG_RELAY_WELDED;
	rig_run_ms(10000);
	assert_int_equal(rig.chair.session.state, STATE_FAULT);
	assert_true(rig_latched(CAUSE_RELAY_FEEDBACK));
}

/* session.c, take_buttons(): "neither now nor when it is back", but last_switches stays what it
 * was: a button that goes down meanwhile is an edge afterwards, and acknowledges. */
static void a_press_while_nothing_could_be_read_acknowledges_nothing(void **state)
{
	(void)state;
	rig_ready();
	for (unsigned int i = 0; i < 10; i++) {
		rig.in.outputs_written = false;
		rig_cycle();
	}
	rig_set(SWITCH_BUTTON_START, true);
	rig_cycle();
	rig.in.outputs_written = true;
	rig_run_ms(200);
	assert_int_equal(rig.chair.session.state, STATE_FAULT);
	assert_true(rig_latched(CAUSE_GPIO_FAILED));
	rig_set(SWITCH_BUTTON_START, false);
	rig_cycle();
	rig_press(SWITCH_BUTTON_START); /* this one counts */
	assert_false(rig_latched(CAUSE_GPIO_FAILED));
}

static void zone_beyond_its_track(void)
{
	config.zone[ZONE_LOWER_BACK].to_mm =
		400.0f; /* of 320: the roller waits at the end for ever */
}

static void zone_before_its_track(void)
{
	config.zone[ZONE_LOWER_BACK].from_mm = -40.0f;
}

static void depth_stop_without_force(void)
{
	config.force.homing_n_depth = 0.0f; /* any rest would be the mechanical stop */
}

static void travel_stop_without_force(void)
{
	config.force.homing_n_travel = 0.0f;
}

static void depth_axis_too_slow_to_retract(void)
{
	config.roller[ROLLER_BACK].axis[AXIS_DEPTH].speed_max = 5.0f; /* 50 mm, and 2 s */
}

static void stroke_too_long_to_retract(void)
{
	config.force.retract_mm_s = 20.0f; /* 50 mm, and 2 s */
}

static void homing_that_never_arrives(void)
{
	config.roller[ROLLER_BACK].axis[AXIS_DEPTH].homing_mm_s = 0.0f;
}

static void a_configuration_that_cannot_work_is_refused(void **state)
{
	static void (*const bad[])(void) = {
		zone_beyond_its_track,		zone_before_its_track,
		depth_stop_without_force,	travel_stop_without_force,
		depth_axis_too_slow_to_retract, stroke_too_long_to_retract,
		homing_that_never_arrives,
	};
	unsigned int taken = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		static struct chair chair;

		core_config(&config);
		bad[i]();
		if (chair_init(&chair, &config) == 0) {
			print_error("bad configuration %zu was taken\n", i);
			taken++;
		}
	}
	assert_int_equal(taken, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_relay_welded_before_the_start_is_found_before_anything_moves),
		cmocka_unit_test(a_press_while_nothing_could_be_read_acknowledges_nothing),
		cmocka_unit_test(a_configuration_that_cannot_work_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
