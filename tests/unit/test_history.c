/* SPDX-License-Identifier: MIT */
#include "history.h"

#include <dirent.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[64];

static struct history *opened(bool expect_set_aside)
{
	struct history *history = NULL;
	bool set_aside = !expect_set_aside;

	assert_int_equal(history_open(directory, &history, &set_aside), 0);
	assert_int_equal(set_aside, expect_set_aside);
	return history;
}

static void latched_causes_survive_a_restart(void **state)
{
	const uint64_t causes = CAUSE_BIT(CAUSE_ESTOP_OPEN) | CAUSE_BIT(CAUSE_LEG_GUARD);
	struct history *history = opened(false);
	uint64_t read = 1;

	(void)state;
	assert_int_equal(history_latched(history, &read), 0);
	assert_int_equal(read, 0);
	assert_int_equal(history_store_latched(history, causes), 0);
	history_close(history);
	history = opened(false);
	assert_int_equal(history_latched(history, &read), 0);
	assert_int_equal(read, causes);
	assert_int_equal(history_store_latched(history, 0), 0);
	history_close(history);
	history = opened(false);
	assert_int_equal(history_latched(history, &read), 0);
	assert_int_equal(read, 0);
	history_close(history);
}

static void a_session_without_an_end_was_interrupted(void **state)
{
	struct history *history = opened(false);
	json_t *doc;
	const json_t *list;

	(void)state;
	assert_int_equal(history_session_started(history, "piriformis", SIDE_LEFT), 0);
	assert_int_equal(history_session_ended(history, 61, ENDED_STOPPED), 0);
	assert_int_equal(history_session_started(history, "leg-relief", SIDE_BOTH), 0);
	history_close(history); /* as a crash would: no end */
	history = opened(false);
	doc = history_sessions(history, 10);
	list = json_object_get(doc, "sessions");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "ended")),
			    "interrupted");
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "ended")),
			    "stopped");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 1), "seconds")),
			 61);
	json_decref(doc);
	history_close(history);
}

static void a_damaged_file_is_set_aside_and_the_chair_works(void **state)
{
	char path[96];
	FILE *file;
	struct history *history;
	DIR *dir;
	int kept = 0;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/history.db", directory);
	file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < 1000; i++) {
		assert_true(fputs("this is no database. ", file) >= 0);
	}
	assert_int_equal(fclose(file), 0);
	history = opened(true);
	assert_int_equal(history_store_latched(history, CAUSE_BIT(CAUSE_ESTOP_OPEN)), 0);
	history_close(history);
	dir = opendir(directory);
	assert_non_null(dir);
	for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
		kept += strstr(e->d_name, "history.db.damaged-") != NULL ? 1 : 0;
	}
	assert_int_equal(closedir(dir), 0);
	assert_int_equal(kept, 1);
}

static void a_place_that_cannot_be_written_is_an_error(void **state)
{
	struct history *history = NULL;
	bool set_aside;

	(void)state;
	assert_true(history_open("/proc/nowhere", &history, &set_aside) < 0);
	assert_null(history);
}

static void the_dose_survives_a_restart_by_the_hour(void **state)
{
	struct history *history = opened(false);
	float cem43[PAD_COUNT][DOSE_HOURS];
	int64_t hour = 0;

	(void)state;
	assert_int_equal(history_dose(history, cem43, &hour), 0);
	assert_true(hour > 400000); /* hours since 1970 */
	assert_int_equal(history_store_dose(history, PAD_LEG_LEFT, hour - 3, 0.5f), 0);
	assert_int_equal(history_store_dose(history, PAD_LEG_LEFT, hour, 0.125f), 0);
	assert_int_equal(history_store_dose(history, PAD_LEG_LEFT, hour, 0.25f), 0); /* replaces */
	assert_int_equal(history_store_dose(history, PAD_LOWER_BACK, hour - 24, 1.5f), 0);
	history_close(history);
	history = opened(false);
	assert_int_equal(history_dose(history, cem43, &hour), 0);
	assert_float_equal(cem43[PAD_LEG_LEFT][0], 0.25f, 0.0f);
	assert_float_equal(cem43[PAD_LEG_LEFT][3], 0.5f, 0.0f);
	assert_float_equal(cem43[PAD_LOWER_BACK][24], 1.5f, 0.0f);
	assert_float_equal(cem43[PAD_LOWER_BACK][0], 0.0f, 0.0f);
	/* a day later the oldest are gone */
	assert_int_equal(history_store_dose(history, PAD_LEG_RIGHT, hour + 2, 1.0f), 0);
	assert_int_equal(history_dose(history, cem43, &hour), 0);
	assert_float_equal(cem43[PAD_LOWER_BACK][24], 0.0f, 0.0f);
	history_close(history);
}

static void a_clock_that_went_back_lets_no_dose_grow_old(void **state)
{
	struct history *history = opened(false);
	float cem43[PAD_COUNT][DOSE_HOURS];
	int64_t hour = 0;
	int64_t later = 0;

	(void)state;
	assert_int_equal(history_dose(history, cem43, &hour), 0);
	assert_int_equal(history_store_dose(history, PAD_LEG_LEFT, hour + 1000, 0.5f), 0);
	assert_int_equal(history_dose(history, cem43, &later), 0);
	assert_int_equal(later, hour + 1000);
	assert_float_equal(cem43[PAD_LEG_LEFT][0], 0.5f, 0.0f);
	history_close(history);
}

static void the_child_lock_survives_a_restart(void **state)
{
	struct history *history = opened(false);
	char pin[HISTORY_PIN_MAX + 1] = "x";

	(void)state;
	assert_int_equal(history_child_lock(history, pin), 0);
	assert_string_equal(pin, "");
	assert_int_equal(history_store_child_lock(history, "12345678"), 0);
	history_close(history);
	history = opened(false);
	assert_int_equal(history_child_lock(history, pin), 0);
	assert_string_equal(pin, "12345678");
	assert_int_equal(history_store_child_lock(history, NULL), 0);
	assert_int_equal(history_child_lock(history, pin), 0);
	assert_string_equal(pin, "");
	history_close(history);
}

/* A file of the first version, as released before the dose was kept. */
static void an_older_file_is_brought_up_to_date_and_loses_nothing(void **state)
{
	struct history *history;
	sqlite3 *db = NULL;
	uint64_t read = 0;
	float cem43[PAD_COUNT][DOSE_HOURS];
	int64_t hour;
	char path[96];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/history.db", directory);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(
			db,
			"PRAGMA user_version = 1;"
			"CREATE TABLE session (id INTEGER PRIMARY KEY, start TEXT NOT NULL, "
			"program "
			"TEXT NOT NULL, side TEXT NOT NULL, seconds INTEGER, ended TEXT) STRICT;"
			"CREATE TABLE latched (cause TEXT PRIMARY KEY, since TEXT NOT NULL) STRICT;"
			"INSERT INTO latched VALUES ('cover_open', '2026-01-01T00:00:00.000Z');",
			NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	history = opened(false);
	assert_int_equal(history_latched(history, &read), 0);
	assert_int_equal(read, CAUSE_BIT(CAUSE_COVER_OPEN));
	assert_int_equal(history_dose(history, cem43, &hour), 0);
	assert_int_equal(history_store_dose(history, PAD_LEG_LEFT, hour, 0.5f), 0);
	history_close(history);
}

static void a_file_of_a_later_version_is_not_touched_but_set_aside(void **state)
{
	struct history *history = opened(false);
	sqlite3 *db = NULL;
	char path[96];

	(void)state;
	history_close(history);
	(void)snprintf(path, sizeof(path), "%s/history.db", directory);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	history = opened(true);
	history_close(history);
}

static int make_directory(void **state)
{
	(void)state;
	(void)snprintf(directory, sizeof(directory), "/tmp/test_history.%d", (int)getpid());
	return mkdir(directory, 0700);
}

static int remove_directory(void **state)
{
	DIR *dir = opendir(directory);

	(void)state;
	if (dir == NULL) {
		return -1;
	}
	for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
		char path[400];

		(void)snprintf(path, sizeof(path), "%s/%s", directory, e->d_name);
		(void)unlink(path); /* "." and ".." are not unlinked */
	}
	(void)closedir(dir);
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(latched_causes_survive_a_restart, make_directory,
						remove_directory),
		cmocka_unit_test_setup_teardown(a_session_without_an_end_was_interrupted,
						make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(a_damaged_file_is_set_aside_and_the_chair_works,
						make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(a_place_that_cannot_be_written_is_an_error,
						make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(the_dose_survives_a_restart_by_the_hour,
						make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(a_clock_that_went_back_lets_no_dose_grow_old,
						make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(the_child_lock_survives_a_restart, make_directory,
						remove_directory),
		cmocka_unit_test_setup_teardown(
			an_older_file_is_brought_up_to_date_and_loses_nothing, make_directory,
			remove_directory),
		cmocka_unit_test_setup_teardown(
			a_file_of_a_later_version_is_not_touched_but_set_aside, make_directory,
			remove_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
