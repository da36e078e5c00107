/* SPDX-License-Identifier: MIT */
/* The reference configuration, and what one wrong word in it does. Run from the top folder. */
#include "setup.h"

#include "chair.h"
#include "image.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct setup setup; /* large */
static char directory[64];

static char *slurp(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 32768);

	assert_non_null(file);
	assert_non_null(text);
	assert_true(fread(text, 1, 32767, file) > 0);
	assert_int_equal(fclose(file), 0);
	return text;
}

/* Copy @from to @to with the first @old replaced by @new. */
static void copy_with(const char *from, const char *to, const char *old, const char *new)
{
	char *text = slurp(from);
	char *place = old == NULL ? NULL : strstr(text, old);
	FILE *file = fopen(to, "w");

	assert_non_null(file);
	if (place != NULL) {
		assert_true(fprintf(file, "%.*s%s%s", (int)(place - text), text, new,
				    place + strlen(old)) > 0);
	} else {
		assert_null(old);
		assert_true(fputs(text, file) >= 0);
	}
	assert_int_equal(fclose(file), 0);
	free(text);
}

static const char *in_directory(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

/* Load the reference with one change in chair.yaml and one in piriformis.yaml (either NULL). */
static int load_with(const char *old, const char *new, const char *program_old,
		     const char *program_new, struct schema_problems *problems)
{
	copy_with("config/chair.yaml", in_directory("chair.yaml"), old, new);
	copy_with("config/programs/piriformis.yaml", in_directory("programs/piriformis.yaml"),
		  program_old, program_new);
	copy_with("config/programs/gentle-sciatica.yaml",
		  in_directory("programs/gentle-sciatica.yaml"), NULL, NULL);
	return setup_load(in_directory("chair.yaml"), "hw/profiles", &setup, problems);
}

/* One change, one problem: its key and a part of its reason. */
static void expect(const char *old, const char *new, const char *key, const char *reason)
{
	struct schema_problems problems = { 0 };

	assert_int_equal(load_with(old, new, NULL, NULL, &problems), -22);
	assert_true(problems.count >= 1);
	assert_non_null(strstr(problems.list[0].key, key));
	if (strstr(problems.list[0].reason, reason) == NULL) {
		fail_msg("%s: %s", problems.list[0].key, problems.list[0].reason);
	}
	assert_true(problems.list[0].line > 0);
	schema_problems_free(&problems);
}

static void expect_program(const char *old, const char *new, const char *key, const char *reason)
{
	struct schema_problems problems = { 0 };

	assert_int_equal(load_with(NULL, NULL, old, new, &problems), -22);
	assert_int_equal(problems.count, 1);
	assert_non_null(strstr(problems.list[0].file, "piriformis.yaml"));
	assert_non_null(strstr(problems.list[0].key, key));
	if (strstr(problems.list[0].reason, reason) == NULL) {
		fail_msg("%s: %s", problems.list[0].key, problems.list[0].reason);
	}
	schema_problems_free(&problems);
}

static void the_reference_chair_is_valid_and_the_core_takes_it(void **state)
{
	struct schema_problems problems = { 0 };
	static struct chair chair;

	(void)state;
	assert_int_equal(load_with(NULL, NULL, NULL, NULL, &problems), 0);
	assert_int_equal(problems.count, 0);
	assert_int_equal(chair_init(&chair, &setup.core), 0);
	assert_int_equal(setup.drive_count, DRIVE_COUNT);
	assert_int_equal(setup.port_count, 3);
	assert_int_equal(setup_find_program(&setup, "piriformis"), 1);
	assert_int_equal(setup_find_program(&setup, "nothing"), -2);
	schema_problems_free(&problems);
}

static void a_limit_cannot_be_widened(void **state)
{
	(void)state;
	expect("set_max_c: 41.0", "set_max_c: 41.5", "heat.set_max_c", "30 to 41");
	expect("max_minutes: 30", "max_minutes: 31", "session.max_minutes", "1 to 30");
	expect("levels_n: [6, 10, 14, 18, 22]", "levels_n: [6, 10, 14, 18, 23]", "levels_n[4]",
	       "22");
	expect("levels_n: [6, 10, 14, 18, 22]", "levels_n: [6, 5, 14, 18, 22]", "levels_n[1]",
	       "above");
	expect("speed_max_mm_s: 45", "speed_max_mm_s: 61", "rollers.back.travel", "60");
	expect("work_limit_a: 12.7", "work_limit_a: 13", "rollers.back.depth", "45 N");
}

static void what_does_not_fit_together_is_named(void **state)
{
	(void)state;
	expect("homing_limit_a: 4}", "homing_limit_a: 2}", "", "rollers.back.depth");
	expect("homing_limit_a: 4}", "homing_limit_a: 4.1}", "", "press with 10.4 N");
	expect("address: 2}", "address: 1}", "ports.rollers_a.devices.back_depth", "used twice");
	expect("drive: back_depth, motor: left", "drive: back_move, motor: left",
	       "rollers.back.depth", "already moves");
	expect("drive: back_depth", "drive: pads_a", "rollers.back.depth", "not a drive");
	expect("drive: back_depth", "drive: nobody", "rollers.back.depth", "no device");
	expect("b: {device: pads_b, channel: 1}", "b: {device: pads_a, channel: 1}",
	       "pads.lower_back", "different modules");
	expect("to_mm: 222", "to_mm: 330", "zones.lower_back", "range of 320 mm");
	expect("default: gentle-sciatica", "default: nothing", "programs", "no program");
	expect("profile: zlac8015d, address: 1", "profile: waveshare_relay_8ch, address: 1",
	       "rollers.back.travel", "not a drive");
	expect("profile: zlac8015d, address: 1", "profile: ../zlac8015d, address: 1",
	       "ports.rollers_a.devices.back_move", "no profile name");
	expect("chair: chair-1", "chair: Chair 1", "", "a-z");
}

static void a_program_that_breaks_a_limit_is_named_with_its_phase(void **state)
{
	(void)state;
	expect_program("heat_c: 38", "heat_c: 42", "(warm-up).heat_c", "30 to 41");
	expect_program("minutes: 2,", "minutes: 25,", "phases", "the limit is 30.0");
	expect_program("technique: roll,", "technique: hammer,", "(roll).technique", "one of");
	expect_program("level: -2", "level: 2", "(finish).level", "-4 to 1");
	expect_program("level_max: 2", "level_max: 6", "level_max", "1 to 5");
	expect_program("evidence: ", "evidence: strong #", "evidence", "moderate");
	expect_program("suits: [", "suits: [fatigue, ", "suits", "one of");
	expect_program("zones: [thigh]", "zones: [thigh, calf]", "phases[5]", "hollow of the knee");
	expect_program("zones: [thigh]", "zones: [thigh, thigh]", "zones[1]", "twice");
	expect_program("zones: [thigh]", "zones: []", "zones", "at least one");
	expect_program("program: piriformis", "program: other", "", "the file's name");
	expect_program("sides: [left, right, both]", "sides: [none]", "sides[0]", "one of");
}

/* ---- process image ---- */

static struct bus_line_image lines[3];
static const struct bus_line_image *const line_pointers[] = { &lines[0], &lines[1], &lines[2] };

static void given_the_reference(void)
{
	struct schema_problems problems = { 0 };

	assert_int_equal(load_with(NULL, NULL, NULL, NULL, &problems), 0);
	schema_problems_free(&problems);
	memset(lines, 0, sizeof(lines));
}

static void counts_amperes_and_rpm_become_millimetres_newtons_and_speed(void **state)
{
	struct chair_inputs in = { 0 };

	(void)state;
	given_the_reference();
	/* back_depth is the second device of the first port: 2.5 mm a turn, 4 N per A */
	lines[0].device[1].position_counts[0] = 4096 * 8;
	lines[0].device[1].speed_rpm[0] = -60.0f;
	lines[0].device[1].current_a[0] = 2.5f;
	lines[0].device[1].stamp_us = 77;
	lines[0].device[1].fault[1] = 0x10;
	image_inputs(&setup, line_pointers, &in);
	assert_float_equal(in.axis[AXIS(ROLLER_BACK, AXIS_DEPTH)].pos, 20.0, 1e-4);
	assert_float_equal(in.axis[AXIS(ROLLER_BACK, AXIS_DEPTH)].speed, -2.5, 1e-4);
	assert_float_equal(in.axis[AXIS(ROLLER_BACK, AXIS_DEPTH)].force_n, 10.0, 1e-4);
	assert_int_equal(in.drive[setup.core.roller[ROLLER_BACK].axis[AXIS_DEPTH].drive].stamp_us,
			 77);
	assert_int_equal(in.drive[setup.core.roller[ROLLER_BACK].axis[AXIS_DEPTH].drive].fault,
			 0x10);
}

static void what_is_not_finite_stops_at_the_border(void **state)
{
	struct chair_inputs in = { 0 };

	(void)state;
	given_the_reference();
	lines[0].device[1].current_a[0] = NAN;
	lines[0].device[1].stamp_us = 77;
	lines[2].device[0].value_c[0] = INFINITY;
	lines[2].device[0].value_quality[0] = QUALITY_GOOD;
	image_inputs(&setup, line_pointers, &in);
	assert_int_equal(in.drive[setup.core.roller[ROLLER_BACK].axis[AXIS_DEPTH].drive].stamp_us,
			 0);
	assert_float_equal(in.axis[AXIS(ROLLER_BACK, AXIS_DEPTH)].force_n, 0.0, 0);
	assert_int_equal(in.sensor[PAD_LOWER_BACK][0].quality, QUALITY_BAD);
}

static void speeds_become_rpm_of_the_right_motor(void **state)
{
	struct bus_line_command commands[SETUP_PORT_MAX];
	struct chair_outputs out = { .urgent = 3, .power_epoch = 4 };

	(void)state;
	given_the_reference();
	out.speed[AXIS(ROLLER_BACK, AXIS_DEPTH)] = 5.0f;
	out.speed[AXIS(ROLLER_BACK, AXIS_KNEAD)] = 20.0f;
	out.drive[setup.core.roller[ROLLER_BACK].axis[AXIS_KNEAD].drive].enable = true;
	image_commands(&setup, &out, commands);
	assert_float_equal(commands[0].device[1].speed_rpm[0], 120.0, 1e-3);
	assert_float_equal(commands[0].device[0].speed_rpm[1], 400.0, 1e-3);
	assert_true(commands[0].device[0].enable);
	assert_false(commands[0].device[1].enable);
	assert_int_equal(commands[1].urgent, 3);
	assert_int_equal(commands[2].power_epoch, 5);
}

static int make_directory(void **state)
{
	(void)state;
	(void)snprintf(directory, sizeof(directory), "/tmp/test_setup.%d", (int)getpid());
	return mkdir(directory, 0700) < 0 || mkdir(in_directory("programs"), 0700) < 0 ? -1 : 0;
}

static int remove_directory(void **state)
{
	(void)state;
	(void)unlink(in_directory("chair.yaml"));
	(void)unlink(in_directory("programs/piriformis.yaml"));
	(void)unlink(in_directory("programs/gentle-sciatica.yaml"));
	(void)rmdir(in_directory("programs"));
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reference_chair_is_valid_and_the_core_takes_it),
		cmocka_unit_test(a_limit_cannot_be_widened),
		cmocka_unit_test(what_does_not_fit_together_is_named),
		cmocka_unit_test(a_program_that_breaks_a_limit_is_named_with_its_phase),
		cmocka_unit_test(counts_amperes_and_rpm_become_millimetres_newtons_and_speed),
		cmocka_unit_test(what_is_not_finite_stops_at_the_border),
		cmocka_unit_test(speeds_become_rpm_of_the_right_motor),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
