/* SPDX-License-Identifier: MIT */
/*
 * The process is killed (SIGKILL) at its nth write to the history, for n from 1 to 300: whatever it
 * had acknowledged before is there afterwards, what was under way is there whole or not at all, and
 * the file is sound. Writes are counted in SQLite's own table of system calls, syncs by our own
 * fsync() and fdatasync().
 */
#include "guests.h"
#include "history_db.h"

#include <setjmp.h> /* cmocka needs these four first */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define POINTS	    300
#define STEPS_MAX   128
#define DIGEST_SIZE 400
#define ROUNDS	    10

static char directory[64];
static bool counting;
static int writes;
static int kill_at;

static void count_write(void)
{
	if (counting && ++writes == kill_at) {
		(void)kill(getpid(), SIGKILL);
		for (;;) { /* it comes at once */
			(void)pause();
		}
	}
}

/* ---- the system's calls ---- */

static ssize_t counted_write(int fd, const void *bytes, size_t size)
{
	count_write();
	return write(fd, bytes, size);
}

static ssize_t counted_pwrite(int fd, const void *bytes, size_t size, off_t at)
{
	count_write();
	return pwrite(fd, bytes, size, at);
}

static int counted_ftruncate(int fd, off_t size)
{
	count_write();
	return ftruncate(fd, size);
}

static int counted_unlink(const char *path)
{
	count_write();
	return unlink(path);
}

/* Before the C library's own. */
int fsync(int fd)
{
	count_write();
	return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	count_write();
	return (int)syscall(SYS_fdatasync, fd);
}

static void count_calls(void)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	const struct {
		const char *name;
		sqlite3_syscall_ptr call;
	} calls[] = {
		{ "write", (sqlite3_syscall_ptr)counted_write },
		{ "pwrite", (sqlite3_syscall_ptr)counted_pwrite },
		{ "pwrite64", (sqlite3_syscall_ptr)counted_pwrite },
		{ "ftruncate", (sqlite3_syscall_ptr)counted_ftruncate },
		{ "unlink", (sqlite3_syscall_ptr)counted_unlink },
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		(void)vfs->xSetSystemCall(vfs, calls[i].name, calls[i].call);
	}
	counting = true;
}

/* ---- what the process does ---- */

static int step_check_in(struct history *history, int64_t guest, enum check_in_decision decision)
{
	const struct check_in_result result = {
		.decision = decision, .pain = 5, .side = "left", .cause = "muscular"
	};
	json_t *answers = json_pack("{s:i}", "pain", 5);
	const int r = guests_store_check_in(history, guest, answers, &result);

	json_decref(answers);
	return r;
}

static int step_check_out(struct history *history, int64_t guest, int round)
{
	const struct check_out_result result = { .pain = (uint8_t)(round % 5),
						 .tolerance = TOLERANCE_GOOD };
	json_t *answers = json_pack("{s:i}", "pain_after", 3);
	int64_t session = 0;
	int pain;
	int r = guests_open_check_out(history, guest, &session, &pain);

	if (r == 0 && session == 0) {
		r = -1;
	}
	if (r == 0) {
		r = guests_store_check_out(history, guest, session, answers, &result);
	}
	json_decref(answers);
	return r;
}

static int step_end(struct history *history, int round)
{
	struct guest_stiffness stiffness[ZONE_COUNT] = { 0 };

	stiffness[ZONE_GLUTE_LEFT] = (struct guest_stiffness){ true, 1.0f, 0.1f };
	stiffness[ZONE_GLUTE_RIGHT] = (struct guest_stiffness){ true, 1.2f, 0.1f };
	return guests_session_ended(history, 600U + (unsigned int)round, ENDED_FINISHED, 2,
				    stiffness);
}

#define STEPS_PER_ROUND 9

/* Step @n of the life of a chair; the same every time. 0 or negative. */
static int step(struct history *history, int n)
{
	const int round = n / STEPS_PER_ROUND;
	struct guest_profile profile = { .height_cm = 170 };
	int64_t id = round + 1; /* guests get them in order */

	(void)snprintf(profile.name, sizeof(profile.name), "guest %d", round);
	switch (n % STEPS_PER_ROUND) {
	case 0:
		return guests_add(history, &profile, &id);
	case 1:
		profile.id = id;
		(void)snprintf(profile.notes, sizeof(profile.notes), "round %d", round);
		return guests_change(history, &profile);
	case 2:
		return step_check_in(history, id, CHECK_IN_GO);
	case 3:
		return guests_session_started(history, id, "piriformis", SIDE_LEFT, 5);
	case 4:
		return guests_session_goes_on(history, 60, 1);
	case 5:
		return step_end(history, round);
	case 6:
		return step_check_out(history, id, round);
	case 7:
		return step_check_in(history, round % 2 == 0 ? 0 : id, CHECK_IN_NOT_TODAY);
	default: /* every third time the one before wants to be forgotten */
		return round % 3 == 1 ? guests_remove(history, id - 1)
				      : history_store_latched(history, (uint64_t)round + 1);
	}
}

/* All that must last, without times and row ids that depend on how it came about. */
static void digest(struct history *history, char text[DIGEST_SIZE])
{
	static const char *const sums[] = {
		"SELECT count(*) || ':' || IFNULL(group_concat(name || notes), '') FROM guest",
		"SELECT count(*) || ':' || IFNULL(sum(allowed), 0) || ':' || count(answers)"
		" FROM check_in",
		"SELECT count(*) || ':' || IFNULL(sum(pain), 0) FROM check_out",
		"SELECT count(*) || ':' || IFNULL(sum(seconds), 0) || ':' || IFNULL(sum(level), 0)"
		" || ':' || IFNULL(sum(pain_after), 0) || ':' || count(guest) || ':' ||"
		" sum(IFNULL(ended, 'interrupted') = 'interrupted') FROM session",
		"SELECT count(*) || ':' || IFNULL(sum(n_mm), 0) FROM stiffness",
		"SELECT IFNULL(group_concat(cause), '') FROM latched",
	};
	size_t used = 0;

	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		struct db_query q = db_begin(history, sums[i]);

		assert_true(db_row(&q));
		used += (size_t)snprintf(text + used, DIGEST_SIZE - used, "%s\n",
					 db_get_text(&q, 0));
		assert_true(used < DIGEST_SIZE);
		assert_int_equal(db_end(&q), 0);
	}
}

/* ---- the directory ---- */

static void clean(void)
{
	DIR *dir = opendir(directory);

	if (dir == NULL) {
		return;
	}
	for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
		char path[400];

		(void)snprintf(path, sizeof(path), "%s/%s", directory, e->d_name);
		(void)unlink(path); /* "." and ".." are not unlinked */
	}
	(void)closedir(dir);
	(void)rmdir(directory);
}

static struct history *opened(void)
{
	struct history *history = NULL;
	bool set_aside = true;

	assert_int_equal(history_open(directory, &history, &set_aside), 0);
	assert_false(set_aside);
	return history;
}

/* The child: steps until it is killed, each acknowledged by a byte. */
static void live(int pipe_fd)
{
	struct history *history = NULL;
	bool set_aside;
	const char done = 1;

	count_calls();
	if (history_open(directory, &history, &set_aside) < 0) {
		_exit(2);
	}
	for (int n = 0; n < ROUNDS * STEPS_PER_ROUND; n++) {
		if (step(history, n) < 0 || write(pipe_fd, &done, 1) != 1) {
			_exit(3);
		}
	}
	_exit(0);
}

/* Let a child live until its @nth write. Returns how many steps it has acknowledged. */
static int acknowledged_until(int nth)
{
	int fds[2];
	int status = 0;
	int count = 0;
	char byte;
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	kill_at = nth;
	writes = 0;
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)close(fds[0]);
		live(fds[1]);
	}
	(void)close(fds[1]);
	while (read(fds[0], &byte, 1) == 1) {
		count++;
	}
	(void)close(fds[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return count;
}

static void check_integrity(struct history *history)
{
	struct db_query q = db_begin(history, "PRAGMA integrity_check");

	assert_true(db_row(&q));
	assert_string_equal(db_get_text(&q, 0), "ok");
	assert_int_equal(db_end(&q), 0);
}

static void what_was_acknowledged_survives_a_kill_at_any_write(void **state)
{
	static char expected[STEPS_MAX][DIGEST_SIZE];
	struct history *history;
	int furthest = 0;

	(void)state;
	clean();
	history = opened();
	digest(history, expected[0]);
	for (int n = 0; n < ROUNDS * STEPS_PER_ROUND; n++) {
		assert_int_equal(step(history, n), 0);
		digest(history, expected[n + 1]);
	}
	history_close(history);
	for (int n = 1; n <= POINTS; n++) {
		char found[DIGEST_SIZE];
		int count;

		clean();
		count = acknowledged_until(n);
		furthest = count > furthest ? count : furthest;
		history = opened();
		check_integrity(history);
		digest(history, found);
		if (strcmp(found, expected[count]) != 0) {
			assert_string_equal(found, expected[count + 1]);
		}
		/* and it goes on */
		assert_int_equal(step_check_in(history, 0, CHECK_IN_GO), 0);
		history_close(history);
	}
	/* it has been through every kind of step */
	assert_true(furthest > 2 * STEPS_PER_ROUND);
	clean();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_acknowledged_survives_a_kill_at_any_write),
	};

	(void)snprintf(directory, sizeof(directory), "/tmp/fault_kill.%d", (int)getpid());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
