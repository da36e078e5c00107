/* SPDX-License-Identifier: MIT */
/* What a calibration may change, what it never raises, and the log of who did it. Run from the top
 * folder. */
#include "calibration.h"

#include "image.h"
#include "maintenance.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct setup setup; /* large */
static char directory[64];
static struct history *history;

static void load(void)
{
	struct schema_problems problems = { 0 };

	assert_int_equal(setup_load("config/chair.yaml", "hw/profiles", &setup, &problems), 0);
	schema_problems_free(&problems);
}

static int begin(void **state)
{
	bool set_aside = true;

	(void)state;
	load();
	(void)snprintf(directory, sizeof(directory), "/tmp/chair-calibration-XXXXXX");
	assert_non_null(mkdtemp(directory));
	assert_int_equal(history_open(directory, &history, &set_aside), 0);
	return 0;
}

static int end(void **state)
{
	char command[96];

	(void)state;
	history_close(history);
	history = NULL;
	(void)snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

static struct calibration named(const char *name)
{
	struct calibration what;

	assert_int_equal(calibration_find(name, &what), 0);
	return what;
}

static int apply(const char *name, double value)
{
	const struct calibration what = named(name);

	return calibration_apply(&setup, &what, value);
}

static const struct bus_device_config *device(enum roller roller, enum axis_kind kind,
					      unsigned int *ret_motor)
{
	const struct setup_place place = setup.axis[AXIS(roller, kind)].place;

	*ret_motor = place.channel;
	return &setup.ports[place.port].line.devices[place.device];
}

static void every_calibration_has_a_name_and_is_found_by_it(void **state)
{
	struct calibration what;
	unsigned int count = 0;

	(void)state;
	while (calibration_numbered(count, &what)) {
		char name[CALIBRATION_NAME_MAX];
		char again[CALIBRATION_NAME_MAX];
		const struct calibration neutral = what;

		calibration_name(&what, name);
		what = named(name);
		calibration_name(&what, again);
		assert_string_equal(name, again);
		assert_true(fabs(calibration_value(&setup, &neutral) -
				 (neutral.kind == CALIBRATION_TEMPERATURE ? 0.0 : 1.0)) < 1e-6);
		count++;
	}
	assert_int_equal(count, 2 * ROLLER_COUNT + PAD_COUNT * PAD_CHANNELS);
	assert_int_equal(calibration_find("force.neck", &what), -ENOENT);
	assert_int_equal(calibration_find("", &what), -ENOENT);
	assert_int_equal(calibration_find("temperature.leg_left.c", &what), -ENOENT);
	what = (struct calibration){ .kind = CALIBRATION_NONE };
	assert_int_equal(calibration_apply(&setup, &what, 1.0), -ERANGE);
}

static void a_stronger_motor_gets_less_current_so_the_force_stays(void **state)
{
	unsigned int motor = 0;
	const struct bus_device_config *drive = device(ROLLER_BACK, AXIS_DEPTH, &motor);
	const float n_per_a = setup.axis[AXIS(ROLLER_BACK, AXIS_DEPTH)].n_per_a;
	const float work_a = drive->work_limit_a[motor];
	const float homing_a = drive->homing_limit_a[motor];
	const float limit_n = setup.core.roller[ROLLER_BACK].axis[AXIS_DEPTH].limit_n;
	const struct setup_axis *axis = &setup.axis[AXIS(ROLLER_BACK, AXIS_DEPTH)];

	(void)state;
	assert_int_equal(apply("force.back", 1.25), 0);
	assert_true(fabsf(axis->n_per_a - n_per_a * 1.25f) < 1e-4f);
	assert_true(fabsf(drive->work_limit_a[motor] * axis->n_per_a - work_a * n_per_a) < 1e-3f);
	assert_true(fabsf(drive->homing_limit_a[motor] * axis->n_per_a - homing_a * n_per_a) <
		    1e-3f);
	assert_true(fabsf(setup.core.roller[ROLLER_BACK].axis[AXIS_DEPTH].limit_n - limit_n) <
		    1e-3f);
	assert_true(fabs(calibration_value(&setup, &(struct calibration){ .kind = CALIBRATION_FORCE,
									  .roller = ROLLER_BACK }) -
			 1.25) < 1e-6);
}

static void a_weaker_motor_gets_no_more_current(void **state)
{
	unsigned int motor = 0;
	const struct bus_device_config *drive = device(ROLLER_LEG_LEFT, AXIS_DEPTH, &motor);
	const float work_a = drive->work_limit_a[motor];
	const float homing_a = drive->homing_limit_a[motor];
	const float limit_n = setup.core.roller[ROLLER_LEG_LEFT].axis[AXIS_DEPTH].limit_n;

	(void)state;
	assert_int_equal(apply("force.leg_left", 0.8), 0);
	assert_true(fabsf(drive->work_limit_a[motor] - work_a) < 1e-6f);
	assert_true(fabsf(drive->homing_limit_a[motor] - homing_a) < 1e-6f);
	assert_true(fabsf(setup.core.roller[ROLLER_LEG_LEFT].axis[AXIS_DEPTH].limit_n -
			  0.8f * limit_n) < 1e-3f);
}

static void what_is_out_of_bounds_changes_nothing(void **state)
{
	static const struct {
		const char *name;
		double value;
		int result;
	} table[] = {
		{ "force.back", 0.79, -ERANGE },
		{ "force.back", 1.26, -ERANGE },
		{ "force.back", (double)NAN, -ERANGE },
		{ "travel.back", 0.949, -ERANGE },
		{ "travel.back", 1.051, -ERANGE },
		{ "travel.back", (double)NAN, -ERANGE },
		{ "temperature.leg_left.b", 1.51, -ERANGE },
		{ "temperature.leg_left.b", -1.51, -ERANGE },
		{ "temperature.leg_left.b", (double)NAN, -ERANGE },
		{ "temperature.leg_left.b", (double)INFINITY, -ERANGE },
		{ "travel.back", 0.95, 0 },
		{ "travel.seat_left", 1.05, 0 },
		{ "temperature.leg_left.b", -1.5, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		static struct setup before;

		before = setup;
		assert_int_equal(apply(table[i].name, table[i].value), table[i].result);
		assert_int_equal(memcmp(&before, &setup, sizeof(setup)) == 0, table[i].result != 0);
	}
}

/* Too weak to feel its stop at the current that it homes with. */
static void a_motor_that_could_not_feel_its_stop_is_refused(void **state)
{
	struct setup_axis *axis = &setup.axis[AXIS(ROLLER_BACK, AXIS_DEPTH)];

	(void)state;
	setup.core.force.homing_n_depth = 4.0f * axis->n_per_a / 1.2f; /* just so, as configured */
	assert_int_equal(apply("force.back", 0.99), -ERANGE);
	assert_int_equal(apply("force.back", 1.1), 0); /* the same force at less current */
}

static void travel_and_temperature_correct_what_is_read(void **state)
{
	static struct bus_line_image images[SETUP_PORT_MAX];
	static struct chair_inputs in;
	const struct bus_line_image *lines[SETUP_PORT_MAX] = { &images[0], &images[1], &images[2],
							       &images[3] };
	const struct setup_axis *axis = &setup.axis[AXIS(ROLLER_BACK, AXIS_TRAVEL)];
	const struct setup_place pad = setup.sensor[PAD_LEG_LEFT][1];
	float plain_mm;

	(void)state;
	images[axis->place.port].device[axis->place.device].position_counts[axis->place.channel] =
		100000;
	images[pad.port].device[pad.device].value_c[pad.channel] = 30.0f;
	image_inputs(&setup, lines, &in);
	plain_mm = in.axis[AXIS(ROLLER_BACK, AXIS_TRAVEL)].pos;
	assert_int_equal(apply("travel.back", 1.02), 0);
	assert_int_equal(apply("temperature.leg_left.b", -0.7), 0);
	image_inputs(&setup, lines, &in);
	assert_true(fabsf(in.axis[AXIS(ROLLER_BACK, AXIS_TRAVEL)].pos - 1.02f * plain_mm) < 1e-3f);
	assert_true(fabsf(in.sensor[PAD_LEG_LEFT][1].temp_c - 29.3f) < 1e-4f);
	assert_true(fabsf(in.sensor[PAD_LEG_LEFT][0].temp_c) < 1e-6f);
}

static void the_newest_of_each_counts_and_all_stay_in_the_log(void **state)
{
	unsigned int refused = 99;
	json_t *log;

	(void)state;
	assert_int_equal(maintenance_add(history, "anna (uid 7)", "force.back", 1.0, 1.1), 0);
	assert_int_equal(maintenance_add(history, "ben (uid 8)", "force.back", 1.1, 0.9), 0);
	assert_int_equal(maintenance_add(history, "ben (uid 8)", "travel.back", 1.0, 1.01), 0);
	assert_int_equal(maintenance_add(history, "ben (uid 8)", "replaced back_depth", (double)NAN,
					 (double)NAN),
			 0);
	assert_int_equal(calibration_load(history, &setup, &refused), 0);
	assert_int_equal(refused, 0);
	assert_true(fabsf(setup.force_more[ROLLER_BACK] + 0.1f) < 1e-6f);
	assert_true(fabsf(setup.travel_more[ROLLER_BACK] - 0.01f) < 1e-6f);
	log = maintenance_list(history, 3);
	assert_non_null(log);
	assert_int_equal(json_array_size(log), 3);
	assert_string_equal(json_string_value(json_object_get(json_array_get(log, 0), "what")),
			    "replaced back_depth");
	assert_true(json_is_null(json_object_get(json_array_get(log, 0), "after")));
	assert_string_equal(json_string_value(json_object_get(json_array_get(log, 2), "who")),
			    "ben (uid 8)");
	assert_true(fabs(json_number_value(json_object_get(json_array_get(log, 2), "before")) -
			 1.1) < 1e-9);
	json_decref(log);
}

static void a_stored_value_that_is_out_of_bounds_is_told_and_left_out(void **state)
{
	unsigned int refused = 0;

	(void)state;
	assert_int_equal(maintenance_add(history, "anna", "force.back", 1.0, 7.0), 0);
	assert_int_equal(maintenance_add(history, "anna", "temperature.leg_left.a", 0.0, 0.5), 0);
	assert_int_equal(calibration_load(history, &setup, &refused), 0);
	assert_int_equal(refused, 1);
	assert_true(fabsf(setup.force_more[ROLLER_BACK]) < 1e-9f);
	assert_true(fabsf(setup.offset_c[PAD_LEG_LEFT][0] - 0.5f) < 1e-6f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_calibration_has_a_name_and_is_found_by_it),
		TEST(a_stronger_motor_gets_less_current_so_the_force_stays),
		TEST(a_weaker_motor_gets_no_more_current),
		TEST(what_is_out_of_bounds_changes_nothing),
		TEST(a_motor_that_could_not_feel_its_stop_is_refused),
		TEST(travel_and_temperature_correct_what_is_read),
		TEST(the_newest_of_each_counts_and_all_stay_in_the_log),
		TEST(a_stored_value_that_is_out_of_bounds_is_told_and_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
