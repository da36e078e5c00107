/* SPDX-License-Identifier: MIT */
/* Counters for care, in virtual time: what is counted, what survives, when it is told. */
#include "wear.h"

#include "history_db.h"

#include <dirent.h>
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

#define TICK_US 100000
#define TRAVEL	AXIS(ROLLER_SEAT_LEFT, AXIS_TRAVEL)
#define DEPTH	AXIS(ROLLER_SEAT_LEFT, AXIS_DEPTH)
#define KNEAD	AXIS(ROLLER_LEG_RIGHT, AXIS_KNEAD)

static char directory[64];
static struct setup setup; /* large */
static struct control_snapshot s;
static struct history *history;
static struct wear *wear;

/* One tick later; drives and sensors have just answered. */
static void tick(void)
{
	s.now_us += TICK_US;
	s.in.switches_stamp_us = s.now_us;
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		s.in.drive[d].stamp_us = s.now_us;
	}
	wear_take(wear, &s);
}

static void ticks(unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		tick();
	}
}

/* Move an axis at @speed (mm/s) by @mm. */
static void move(unsigned int axis, float speed, float mm)
{
	const unsigned int count = (unsigned int)lroundf(fabsf(mm / speed) * 10.0f);

	s.in.axis[axis].speed = mm < 0.0f ? -speed : speed;
	for (unsigned int i = 0; i < count; i++) {
		s.in.axis[axis].pos += mm / (float)count;
		tick();
	}
	s.in.axis[axis].speed = 0.0f;
}

static void set_relay(bool closed)
{
	const uint32_t bit = UINT32_C(1) << SWITCH_RELAY_FEEDBACK;

	s.in.switches = closed ? s.in.switches & ~bit : s.in.switches | bit;
}

static json_t *actuator(const json_t *doc, const char *name)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(doc, "actuators"), i, item)
	{
		if (strcmp(json_string_value(json_object_get(item, "name")), name) == 0) {
			return item;
		}
	}
	fail_msg("no actuator %s", name);
	return NULL;
}

static double counted(const char *name, const char *counter)
{
	json_t *doc = wear_document(wear);
	json_t *value = json_object_get(json_object_get(actuator(doc, name), "counters"), counter);
	const double result = json_real_value(value);

	assert_true(json_is_real(value));
	json_decref(doc);
	return result;
}

static void expect(const char *name, const char *counter, double value, double error)
{
	const double found = counted(name, counter);

	if (fabs(found - value) > error) {
		fail_msg("%s %s is %g, not %g", name, counter, found, value);
	}
}

static void reopen(void)
{
	bool set_aside = true;

	wear_free(wear);
	history_close(history);
	assert_int_equal(history_open(directory, &history, &set_aside), 0);
	assert_false(set_aside);
	assert_int_equal(wear_new(history, &setup, &wear), 0);
}

static void an_axis_counts_hours_metres_strokes_and_starts(void **state)
{
	(void)state;
	ticks(2);
	for (int i = 0; i < 10; i++) {
		move(TRAVEL, 20.0f, 100.0f);
		move(TRAVEL, 20.0f, -100.0f);
	}
	expect("seat_left.travel", "motion_h", 100.0 / 3600.0, 0.001);
	expect("seat_left.travel", "distance_m", 2.0, 0.001);
	expect("seat_left.travel", "strokes", 20.0, 0.0);
	expect("seat_left.travel", "starts", 1.0, 0.0); /* a turn is none */
	ticks(20);
	move(TRAVEL, 20.0f, 10.0f);
	expect("seat_left.travel", "starts", 2.0, 0.0);
	expect("seat_right.travel", "motion_h", 0.0, 0.0);
	expect("seat_left.depth", "strokes", 0.0, 0.0);
}

static void following_a_breath_is_no_stroke(void **state)
{
	(void)state;
	ticks(2);
	move(DEPTH, 8.0f, 20.0f);
	for (int i = 0; i < 50; i++) {
		move(DEPTH, 6.0f, 1.2f);
		move(DEPTH, 6.0f, -1.2f);
	}
	expect("seat_left.depth", "strokes", 1.0, 0.0);
	move(DEPTH, 40.0f, -20.0f);
	expect("seat_left.depth", "strokes", 2.0, 0.0);
}

static void a_knead_axis_counts_revolutions_and_not_its_position(void **state)
{
	(void)state;
	tick();
	s.in.axis[KNEAD].speed = -20.0f;
	for (int i = 0; i < 600; i++) {
		s.in.axis[KNEAD].pos -= 0.03f;
		tick();
	}
	expect("leg_right.knead", "revolutions", 20.0, 0.001);
	expect("leg_right.knead", "motion_h", 1.0 / 60.0, 0.001);
}

static void power_that_goes_and_comes_is_no_distance_and_one_closing(void **state)
{
	(void)state;
	ticks(2);
	move(TRAVEL, 20.0f, 100.0f);
	expect("relay", "closings", 0.0, 0.0); /* it was closed when we came */
	set_relay(false);
	ticks(3);
	set_relay(true);
	s.in.axis[TRAVEL].pos = 0.0f; /* the drive has forgotten */
	s.in.axis[TRAVEL].speed = 20.0f;
	ticks(2);
	s.in.axis[TRAVEL].speed = 0.0f;
	expect("seat_left.travel", "distance_m", 0.1, 0.001);
	expect("seat_left.travel", "strokes", 1.0, 0.0);
	expect("relay", "closings", 1.0, 0.0);
}

static void a_silent_drive_counts_nothing(void **state)
{
	(void)state;
	tick();
	s.in.axis[TRAVEL].speed = 20.0f;
	tick();
	for (int i = 0; i < 100; i++) {
		s.now_us += TICK_US;
		s.in.switches_stamp_us = s.now_us;
		wear_take(wear, &s); /* the drives' stamps stay */
	}
	expect("seat_left.travel", "motion_h", 0.4 / 3600.0, 0.0005);
}

static void time_without_snapshots_is_not_counted(void **state)
{
	(void)state;
	ticks(2);
	s.out.coils = UINT32_C(1) << COIL_SSR_GLUTE_LEFT;
	tick();
	s.now_us += 3600 * S_US;
	tick();
	expect("pad.glute_left", "on_h", 0.0, 0.001);
}

static void a_pad_counts_hours_and_heat_cycles_and_its_relay_switchings(void **state)
{
	struct heat_ctl *pad = &s.pad[PAD_GLUTE_LEFT];

	(void)state;
	pad->valid = true;
	pad->temp_c = 25.0f;
	ticks(2);
	for (int cycle = 0; cycle < 3; cycle++) {
		for (int i = 0; i < 6000; i++) { /* ten minutes, on for every second one */
			s.out.coils = i / 600 % 2 == 0 ? UINT32_C(1) << COIL_SSR_GLUTE_LEFT : 0;
			pad->temp_c = i < 1200 ? 25.0f + (float)i / 100.0f
					       : 37.0f + (i / 600 % 2 == 0 ? 0.2f : -0.2f);
			tick();
		}
		s.out.coils = 0;
		pad->temp_c = 26.0f;
		ticks(10);
	}
	expect("pad.glute_left", "on_h", 0.25, 0.001);
	expect("pad.glute_left", "heat_cycles", 3.0, 0.0);
	expect("ssr.glute_left", "switchings", 15.0, 0.0);
	expect("ssr.glute_right", "switchings", 0.0, 0.0);
}

static void what_was_stored_survives_and_goes_on(void **state)
{
	(void)state;
	ticks(2);
	move(TRAVEL, 20.0f, 100.0f);
	assert_int_equal(wear_store(wear), 0);
	move(TRAVEL, 20.0f, -100.0f); /* and this is lost */
	reopen();
	expect("seat_left.travel", "distance_m", 0.1, 0.001);
	s.now_us = 0; /* a new process, perhaps after a reboot */
	s.in.axis[TRAVEL].pos = 55.0f;
	ticks(2);
	move(TRAVEL, 20.0f, 50.0f);
	expect("seat_left.travel", "distance_m", 0.15, 0.001);
}

static void only_what_changed_is_written(void **state)
{
	int before;

	(void)state;
	ticks(2);
	assert_int_equal(wear_store(wear), 0);
	before = sqlite3_total_changes(history_db(history));
	assert_int_equal(wear_store(wear), 0);
	assert_int_equal(sqlite3_total_changes(history_db(history)), before);
	move(TRAVEL, 20.0f, 10.0f);
	assert_int_equal(wear_store(wear), 0);
	assert_int_equal(sqlite3_total_changes(history_db(history)), before + 1);
	reopen();
	before = sqlite3_total_changes(history_db(history));
	assert_int_equal(wear_store(wear), 0);
	assert_int_equal(sqlite3_total_changes(history_db(history)), before);
}

/* The limit of strokes of a travel axis. */
static void set_strokes_limit(double limit)
{
	for (unsigned int i = 0; i < WEAR_LIMIT_COUNT; i++) {
		if (wear_limits[i].kind == WEAR_TRAVEL && wear_limits[i].counter == WEAR_STROKES) {
			setup.wear_limit[i] = limit;
		}
	}
}

/* Is it among the warnings? */
static bool is_warned(const char *name)
{
	json_t *list = wear_warnings(wear);
	const json_t *item;
	bool found = false;
	size_t i;

	json_array_foreach(list, i, item)
	{
		found = found || strcmp(json_string_value(item), name) == 0;
	}
	json_decref(list);
	return found;
}

static void a_limit_is_told_once_at_nine_tenths_over_restarts_too(void **state)
{
	char name[32];
	unsigned int pct = 0;

	(void)state;
	set_strokes_limit(10.0);
	ticks(2);
	for (int i = 0; i < 4; i++) {
		move(TRAVEL, 20.0f, 10.0f);
		move(TRAVEL, 20.0f, -10.0f);
	}
	assert_false(wear_due(wear, name, &pct));
	assert_false(is_warned("seat_left.travel"));
	move(TRAVEL, 20.0f, 10.0f);
	assert_true(wear_due(wear, name, &pct));
	assert_string_equal(name, "seat_left.travel");
	assert_int_equal(pct, 90);
	assert_false(wear_due(wear, name, &pct));
	assert_true(is_warned("seat_left.travel"));
	assert_int_equal(wear_store(wear), 0);
	reopen();
	assert_false(wear_due(wear, name, &pct));
	assert_true(is_warned("seat_left.travel"));
	assert_int_equal(wear_reset(wear, "seat_left.travel"), 0);
	assert_false(is_warned("seat_left.travel"));
	s.now_us = 0;
	s.in.axis[TRAVEL].pos = 0.0f;
	ticks(20);
	for (int i = 0; i < 5; i++) {
		move(TRAVEL, 20.0f, 10.0f);
		move(TRAVEL, 20.0f, -10.0f);
	}
	assert_true(wear_due(wear, name, &pct)); /* the new part is told anew */
}

static void a_limit_that_was_raised_is_told_again_when_it_is_reached(void **state)
{
	char name[32];
	unsigned int pct = 0;

	(void)state;
	set_strokes_limit(1.0);
	ticks(2);
	move(TRAVEL, 20.0f, 10.0f);
	assert_true(wear_due(wear, name, &pct));
	assert_int_equal(wear_store(wear), 0);
	set_strokes_limit(2.0);
	reopen();
	assert_false(wear_due(wear, name, &pct));
	assert_int_equal(wear_store(wear), 0);
	move(TRAVEL, 20.0f, -10.0f);
	assert_true(wear_due(wear, name, &pct));
}

static void a_replaced_part_begins_anew_and_the_old_one_is_kept(void **state)
{
	json_t *doc;
	const json_t *old;

	(void)state;
	ticks(2);
	move(TRAVEL, 20.0f, 100.0f);
	move(DEPTH, 8.0f, 20.0f);
	assert_int_equal(wear_reset(wear, "seat_left.travel"), 0);
	expect("seat_left.travel", "distance_m", 0.0, 0.0);
	expect("seat_left.depth", "strokes", 1.0, 0.0);
	reopen(); /* it was on disk when it returned; the other was not stored yet */
	expect("seat_left.travel", "distance_m", 0.0, 0.0);
	doc = wear_document(wear);
	assert_int_equal(json_array_size(json_object_get(doc, "replaced")), 1);
	old = json_array_get(json_object_get(doc, "replaced"), 0);
	assert_string_equal(json_string_value(json_object_get(old, "name")), "seat_left.travel");
	assert_true(fabs(json_real_value(
				 json_object_get(json_object_get(old, "counters"), "distance_m")) -
			 0.1) < 0.001);
	assert_true(strcmp(json_string_value(json_object_get(old, "since")),
			   json_string_value(json_object_get(old, "until"))) <= 0);
	assert_string_equal(
		json_string_value(json_object_get(actuator(doc, "seat_left.travel"), "since")),
		json_string_value(json_object_get(old, "until")));
	json_decref(doc);
	assert_int_equal(wear_reset(wear, "seat_left"), -ENOENT);
	assert_int_equal(wear_reset(wear, ""), -ENOENT);
}

static void what_cannot_be_stored_is_not_begun_anew(void **state)
{
	json_t *doc;

	(void)state;
	ticks(2);
	move(TRAVEL, 20.0f, 100.0f);
	assert_int_equal(db_run(history, "CREATE TRIGGER full BEFORE INSERT ON care"
					 " BEGIN SELECT RAISE(ABORT, 'full'); END"),
			 0);
	assert_int_equal(wear_reset(wear, "seat_left.travel"), -EIO);
	expect("seat_left.travel", "distance_m", 0.1, 0.001);
	assert_int_equal(wear_store(wear), -EIO);
	assert_int_equal(db_run(history, "DROP TRIGGER full"), 0);
	assert_int_equal(wear_store(wear), 0); /* what failed is still to be stored */
	reopen();
	expect("seat_left.travel", "distance_m", 0.1, 0.001);
	doc = wear_document(wear);
	assert_int_equal(json_array_size(json_object_get(doc, "replaced")), 0);
	json_decref(doc);
}

static void counters_that_cannot_be_read_are_not_written_over(void **state)
{
	struct db_query q;

	(void)state;
	ticks(2);
	assert_int_equal(wear_store(wear), 0);
	assert_int_equal(db_run(history, "UPDATE care SET counters = '{' WHERE actuator = 'relay'"),
			 0);
	wear_free(wear);
	wear = NULL;
	assert_int_equal(wear_new(history, &setup, &wear), -EIO);
	assert_non_null(wear);
	s.now_us = 0;
	ticks(2);
	move(TRAVEL, 20.0f, 100.0f);
	expect("seat_left.travel", "distance_m", 0.1, 0.001);
	assert_int_equal(wear_store(wear), 0);
	assert_int_equal(wear_reset(wear, "relay"), -EIO);
	q = db_begin(history, "SELECT counters FROM care WHERE actuator = 'relay'");
	assert_true(db_row(&q));
	assert_string_equal(db_get_text(&q, 0), "{");
	assert_int_equal(db_end(&q), 0);
}

static void without_a_history_it_counts_all_the_same(void **state)
{
	json_t *doc;

	(void)state;
	wear_free(wear);
	assert_int_equal(wear_new(NULL, &setup, &wear), 0);
	ticks(2);
	move(TRAVEL, 20.0f, 100.0f);
	expect("seat_left.travel", "strokes", 1.0, 0.0);
	assert_int_equal(wear_store(wear), 0);
	doc = wear_document(wear);
	assert_true(json_is_false(json_object_get(doc, "stored")));
	json_decref(doc);
}

static void every_actuator_has_a_name_of_its_own_a_limit_and_something_to_look_at(void **state)
{
	json_t *doc = wear_document(wear);
	const json_t *list = json_object_get(doc, "actuators");

	(void)state;
	assert_int_equal(json_array_size(list), WEAR_PARTS);
	for (unsigned int i = 0; i < WEAR_PARTS; i++) {
		const json_t *item = json_array_get(list, i);
		const char *name = json_string_value(json_object_get(item, "name"));
		const char *limit;
		json_t *value;

		assert_ptr_equal(actuator(doc, name), item);
		assert_true(strlen(json_string_value(json_object_get(item, "inspect"))) > 10);
		assert_true(json_object_size(json_object_get(item, "limits")) > 0);
		json_object_foreach(json_object_get(item, "limits"), limit, value)
		{
			assert_non_null(json_object_get(json_object_get(item, "counters"), limit));
			assert_true(json_real_value(json_object_get(value, "limit")) >= 1.0);
			assert_non_null(json_object_get(value, "source"));
		}
	}
	json_decref(doc);
}

static int begin(void **state)
{
	struct schema_problems problems = { 0 };
	bool set_aside;
	int r = setup_load("config/chair.yaml", "hw/profiles", &setup, &problems);

	(void)state;
	schema_problems_print(&problems, stderr);
	schema_problems_free(&problems);
	memset(&s, 0, sizeof(s));
	(void)snprintf(directory, sizeof(directory), "/tmp/test_wear.%d", (int)getpid());
	if (r == 0) {
		r = history_open(directory, &history, &set_aside);
	}
	return r == 0 ? wear_new(history, &setup, &wear) : r;
}

static int end(void **state)
{
	DIR *dir;

	(void)state;
	wear_free(wear);
	history_close(history);
	dir = opendir(directory);
	if (dir == NULL) {
		return -1;
	}
	for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
		(void)unlinkat(dirfd(dir), e->d_name, 0); /* "." and ".." are not unlinked */
	}
	(void)closedir(dir);
	return rmdir(directory);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_axis_counts_hours_metres_strokes_and_starts),
		TEST(following_a_breath_is_no_stroke),
		TEST(a_knead_axis_counts_revolutions_and_not_its_position),
		TEST(power_that_goes_and_comes_is_no_distance_and_one_closing),
		TEST(a_silent_drive_counts_nothing),
		TEST(time_without_snapshots_is_not_counted),
		TEST(a_pad_counts_hours_and_heat_cycles_and_its_relay_switchings),
		TEST(what_was_stored_survives_and_goes_on),
		TEST(only_what_changed_is_written),
		TEST(a_limit_is_told_once_at_nine_tenths_over_restarts_too),
		TEST(a_limit_that_was_raised_is_told_again_when_it_is_reached),
		TEST(a_replaced_part_begins_anew_and_the_old_one_is_kept),
		TEST(what_cannot_be_stored_is_not_begun_anew),
		TEST(counters_that_cannot_be_read_are_not_written_over),
		TEST(without_a_history_it_counts_all_the_same),
		TEST(every_actuator_has_a_name_of_its_own_a_limit_and_something_to_look_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
