/* SPDX-License-Identifier: MIT */
/* Every trip in tests/recordings/ comes again; its README.md says what is asked and why. */
#include "replayer.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DIRECTORY "tests/recordings"
#define FILE_MAX  (4U * 1024U * 1024U)

static uint8_t bytes[FILE_MAX];
static struct replay replay;

static size_t slurp(const char *name)
{
	char path[512];
	FILE *from;
	size_t length;

	(void)snprintf(path, sizeof(path), DIRECTORY "/%s", name);
	from = fopen(path, "rb");
	assert_non_null(from);
	length = fread(bytes, 1, sizeof(bytes), from);
	assert_true(length < sizeof(bytes));
	assert_int_equal(fclose(from), 0);
	return length;
}

static void replay_one(const char *name)
{
	assert_int_equal(replayer_run(bytes, slurp(name), NULL, &replay), 0);
	if (replay.result == REPLAY_UNREADABLE) {
		fail_msg("%s: %s", name, replay.why);
	}
	if (replay.damaged > 0 || replay.torn) {
		fail_msg("%s is damaged: %s", name, replay.why);
	}
	if (replay.result == REPLAY_DIFFERS) {
		fail_msg("%s: %s was %s, replayed %s", name, replay.difference.name,
			 replay.difference.recorded, replay.difference.replayed);
	}
	if (!replay.tripped || !replay.recurred) {
		fail_msg("%s: %s does not come again", name, fault_row(replay.cause)->name);
	}
	if (!replay.safe) {
		fail_msg("%s: after %s the outputs are not safe", name,
			 fault_row(replay.cause)->name);
	}
	print_message("%s: %s%s\n", name, fault_row(replay.cause)->name,
		      replay.result == REPLAY_OTHER_CORE ? ", of another core" : "");
}

static void every_recorded_trip_comes_again(void **state)
{
	DIR *dir = opendir(DIRECTORY);
	const struct dirent *entry;
	unsigned int count = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (strstr(entry->d_name, ".chairrec") != NULL) {
			replay_one(entry->d_name);
			count++;
		}
	}
	assert_int_equal(closedir(dir), 0);
	assert_true(count > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_recorded_trip_comes_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
