/* SPDX-License-Identifier: MIT */
#include "history.h"

#include <dirent.h>
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
	const uint32_t causes = CAUSE_BIT(CAUSE_ESTOP_OPEN) | CAUSE_BIT(CAUSE_LEG_GUARD);
	struct history *history = opened(false);
	uint32_t read = 1;

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
