/* SPDX-License-Identifier: MIT */
/* chair-program's judgement: what it calls kept, and above all what it does not. */
#include "program.h"
#include "report.h"
#include "svg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct setup setup;
static struct setup pristine;
static struct virtual_chair v;
static struct check_run run;
static struct svg svg;
static struct report report;

static int load(void **state)
{
	struct schema_problems problems = { 0 };
	const int r = setup_load("config/chair.yaml", "hw/profiles", &pristine, &problems);

	(void)state;
	schema_problems_free(&problems);
	return r;
}

static int fresh(void **state)
{
	(void)state;
	setup = pristine;
	return 0;
}

/* The last program becomes one phase of @technique on @parts. */
static unsigned int one_phase(uint8_t parts, enum technique technique, uint32_t seconds)
{
	const unsigned int index = setup.core.program_count - 1U;
	struct program *program = &setup.core.programs[index];

	program->phase_count = 1;
	program->sides = 1U << SIDE_LEFT | 1U << SIDE_RIGHT | 1U << SIDE_BOTH;
	program->phases[0] = (struct program_phase){
		.name = "only",
		.duration_s = seconds,
		.parts = parts,
		.technique = technique,
		.level_max = LEVEL_MAX,
	};
	return index;
}

static void check(unsigned int index, enum side side, struct check_trace *trace)
{
	assert_int_equal(check_program(&v, &setup, index, 1.0, side, LEVEL_MAX, trace, &run), 0);
}

/* @broken and no other limit. */
static void assert_only_broken(uint32_t broken)
{
	for (unsigned int l = 0; l < CHECK_LIMIT_COUNT; l++) {
		if (check_is_kept(&run, (enum check_limit)l) == ((broken >> l & 1U) != 0)) {
			fail_msg("%s: %f", check_rule((enum check_limit)l)->name, run.worst[l]);
		}
	}
}

static void a_gentle_program_keeps_every_limit(void **state)
{
	const unsigned int index = one_phase(1U << PART_GLUTE, TECHNIQUE_KNEAD, 120);

	(void)state;
	setup.core.programs[index].phases[0].level_max = 2;
	check(index, SIDE_BOTH, NULL);
	assert_only_broken(0);
	assert_int_equal(run.ended, ENDED_FINISHED);
	assert_true(run.zone[ZONE_GLUTE_LEFT].contact_s > 90.0);
	assert_true(run.zone[ZONE_GLUTE_LEFT].mean_n > 7.0);
	assert_true(run.zone[ZONE_GLUTE_LEFT].peak_n < 12.0);
	assert_true(run.zone[ZONE_THIGH_LEFT].contact_s <= 0.0);
}

static void one_side_is_left_alone(void **state)
{
	const unsigned int index = one_phase(1U << PART_GLUTE, TECHNIQUE_STROKE, 60);

	(void)state;
	setup.core.programs[index].phases[0].level_max = 2;
	check(index, SIDE_RIGHT, NULL);
	assert_only_broken(0);
	assert_true(run.zone[ZONE_GLUTE_RIGHT].contact_s > 30.0);
	assert_true(run.zone[ZONE_GLUTE_LEFT].contact_s <= 0.0);
}

static void full_pressure_on_the_inner_thigh_is_broken(void **state)
{
	const unsigned int index = one_phase(1U << PART_THIGH, TECHNIQUE_STROKE, 180);

	(void)state;
	check(index, SIDE_LEFT, NULL);
	assert_only_broken(1U << CHECK_INNER);
	assert_int_equal(run.where[CHECK_INNER], ZONE_THIGH_LEFT);
}

static void a_force_that_is_held_badly_is_broken(void **state)
{
	const unsigned int index = one_phase(1U << PART_LOWER_BACK, TECHNIQUE_STROKE, 120);

	(void)state;
	setup.core.programs[index].phases[0].level_max = 3;
	setup.core.force.gain_mm_s_n = 0.5f;
	check(index, SIDE_LEFT, NULL);
	assert_int_equal(run.ended, ENDED_FINISHED);
	assert_false(check_is_kept(&run, CHECK_HOLD));
}

static void a_program_that_hardly_reaches_its_zone_is_broken(void **state)
{
	const unsigned int index = one_phase(1U << PART_GLUTE, TECHNIQUE_STROKE, 120);

	(void)state;
	setup.core.programs[index].phases[0].level_max = 1;
	setup.core.programs[index].phase_count = 2;
	setup.core.programs[index].phases[1] = setup.core.programs[index].phases[0];
	setup.core.programs[index].phases[1].parts = 1U << PART_LOWER_BACK;
	setup.core.programs[index].phases[1].duration_s = 4;
	check(index, SIDE_BOTH, NULL);
	assert_int_equal(run.ended, ENDED_FINISHED);
	assert_only_broken(1U << CHECK_REACH);
	assert_int_equal(run.where[CHECK_REACH], ZONE_LOWER_BACK);
}

static void a_session_that_runs_into_the_time_limit_is_broken(void **state)
{
	const unsigned int index = one_phase(1U << PART_GLUTE, TECHNIQUE_STROKE, 1800);

	(void)state;
	setup.core.programs[index].phases[0].level_max = 1;
	check(index, SIDE_LEFT, NULL);
	assert_false(check_is_kept(&run, CHECK_ENDED));
	assert_int_equal(run.ended, ENDED_TIME_LIMIT);
}

static void a_side_that_is_not_offered_does_not_begin(void **state)
{
	const unsigned int index = one_phase(1U << PART_GLUTE, TECHNIQUE_STROKE, 60);

	(void)state;
	setup.core.programs[index].sides = 1U << SIDE_LEFT;
	setup.core.default_program = 0;
	check(index, SIDE_RIGHT, NULL);
	assert_int_equal(run.ended, ENDED_NOT);
	assert_int_equal(run.refusal, REFUSAL_SIDE_NOT_OFFERED);
	assert_false(check_is_kept(&run, CHECK_ENDED));
}

static void a_configuration_beyond_compiled_limits_is_not_run(void **state)
{
	(void)state;
	setup.core.set_max_c = 45.0f;
	assert_int_not_equal(check_program(&v, &setup, 0, 1.0, SIDE_LEFT, LEVEL_MAX, NULL, &run),
			     0);
}

static void every_limit_is_broken_just_beyond_it(void **state)
{
	(void)state;
	for (unsigned int l = 0; l < CHECK_LIMIT_COUNT; l++) {
		const double most = check_rule((enum check_limit)l)->most;

		run = (struct check_run){ 0 };
		run.worst[l] = most;
		assert_only_broken(0);
		run.worst[l] = most + 0.01;
		assert_only_broken(1U << l);
	}
}

static void the_report_names_what_is_broken_and_where(void **state)
{
	static char text[8192];
	FILE *file = fmemopen(text, sizeof(text), "w");
	json_t *document;

	(void)state;
	report = (struct report){ .program = &setup.core.programs[0], .level = 5, .count = 2 };
	report.run[0].size = 1.0;
	report.run[0].ended = ENDED_FINISHED;
	report.run[1] = report.run[0];
	assert_true(report_is_kept(&report));
	report.run[1].side = SIDE_LEFT;
	report.run[1].worst[CHECK_DWELL] = 71.25;
	report.run[1].where[CHECK_DWELL] = ZONE_GLUTE_LEFT;
	assert_false(report_is_kept(&report));
	assert_int_equal(report_print(&report, file), 0);
	assert_int_equal(fclose(file), 0);
	assert_non_null(strstr(text, "broken: on one spot: 71.25 s, allowed are 60.0 (1.75 m, side "
				     "left, glute_left)\n"));
	document = report_json(&report);
	assert_non_null(document);
	assert_false(json_is_true(json_object_get(document, "kept")));
	json_decref(document);
	report.count = 0;
	assert_false(report_is_kept(&report)); /* nothing was looked at */
}

static void the_report_fits_into_80_columns(void **state)
{
	static char text[65536];
	FILE *file = fmemopen(text, sizeof(text), "w");
	unsigned int column = 0;

	(void)state;
	report = (struct report){ .program = &setup.core.programs[0], .level = 5, .count = 1 };
	report.run[0].ended = ENDED_PAUSE_EXPIRED;
	report.run[0].side = SIDE_RIGHT;
	for (unsigned int z = 0; z < ZONE_COUNT; z++) {
		report.run[0].zone[z] =
			(struct check_zone){ 45.55, 45.55, 1800.5, 1800.5, 43.5, 12.25 };
	}
	for (unsigned int l = 0; l < CHECK_LIMIT_COUNT; l++) {
		report.run[0].worst[l] = 1800.55;
	}
	assert_int_equal(report_print(&report, file), 0);
	assert_int_equal(fclose(file), 0);
	for (const char *c = text; *c != '\0' && strncmp(c, "broken:", 7) != 0; c++) {
		column = *c == '\n' ? 0 : column + 1;
		assert_true(column <= 80);
	}
}

static void the_drawing_has_every_phase_and_roller_and_nothing_that_is_no_xml(void **state)
{
	static char text[1 << 20];
	const unsigned int index =
		one_phase(1U << PART_LOWER_BACK | 1U << PART_GLUTE, TECHNIQUE_KNEAD, 60);
	FILE *file = fmemopen(text, sizeof(text), "w");

	(void)state;
	(void)strcpy(setup.core.programs[index].phases[0].name, "A & <B>");
	setup.core.programs[index].phases[0].heat_c = 38.0f;
	svg_begin(&svg);
	check(index, SIDE_LEFT, &svg.trace);
	assert_int_equal(svg_write(&svg, &setup.core.programs[index], &run, file), 0);
	assert_int_equal(fclose(file), 0);
	assert_non_null(strstr(text, ">A &amp; &lt;B></text>"));
	assert_non_null(strstr(text, ">back</text>"));
	assert_non_null(strstr(text, ">seat left</text>"));
	assert_null(strstr(text, ">seat right</text>")); /* had nothing to do */
	assert_non_null(strstr(text, ">lower back</text>"));
	assert_null(strstr(text, "nan"));
	assert_null(strstr(text, "inf"));
	assert_string_equal(text + strlen(text) - 7, "</svg>\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_gentle_program_keeps_every_limit, fresh),
		cmocka_unit_test_setup(one_side_is_left_alone, fresh),
		cmocka_unit_test_setup(full_pressure_on_the_inner_thigh_is_broken, fresh),
		cmocka_unit_test_setup(a_force_that_is_held_badly_is_broken, fresh),
		cmocka_unit_test_setup(a_program_that_hardly_reaches_its_zone_is_broken, fresh),
		cmocka_unit_test_setup(a_session_that_runs_into_the_time_limit_is_broken, fresh),
		cmocka_unit_test_setup(a_side_that_is_not_offered_does_not_begin, fresh),
		cmocka_unit_test_setup(a_configuration_beyond_compiled_limits_is_not_run, fresh),
		cmocka_unit_test_setup(every_limit_is_broken_just_beyond_it, fresh),
		cmocka_unit_test_setup(the_report_names_what_is_broken_and_where, fresh),
		cmocka_unit_test_setup(the_report_fits_into_80_columns, fresh),
		cmocka_unit_test_setup(
			the_drawing_has_every_phase_and_roller_and_nothing_that_is_no_xml, fresh),
	};

	return cmocka_run_group_tests(tests, load, NULL);
}
