/* SPDX-License-Identifier: MIT */
/*
 * SQLite and the disk below it fail at the nth call, for every n until the operation succeeds:
 * a failure is told, a good file is never set aside for it, what was stored stays, and the next
 * try works. Linked with --wrap for SQLite's functions; the disk fails through SQLite's own table
 * of system calls.
 */
#include "history.h"

#include <setjmp.h> /* cmocka needs these four first */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_CALLS 2000

int __real_sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs);
int __real_sqlite3_prepare_v2(sqlite3 *db, const char *sql, int size, sqlite3_stmt **stmt,
			      const char **tail);
int __real_sqlite3_step(sqlite3_stmt *stmt);
int __real_sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **),
			void *arg, char **error);
int __real_sqlite3_bind_text(sqlite3_stmt *stmt, int index, const char *text, int size,
			     void (*done)(void *));
int __real_sqlite3_bind_int(sqlite3_stmt *stmt, int index, int value);
void *__real_calloc(size_t count, size_t size);
int __real_mkdir(const char *path, mode_t mode);
int __wrap_sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs);
int __wrap_sqlite3_prepare_v2(sqlite3 *db, const char *sql, int size, sqlite3_stmt **stmt,
			      const char **tail);
int __wrap_sqlite3_step(sqlite3_stmt *stmt);
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **),
			void *arg, char **error);
int __wrap_sqlite3_bind_text(sqlite3_stmt *stmt, int index, const char *text, int size,
			     void (*done)(void *));
int __wrap_sqlite3_bind_int(sqlite3_stmt *stmt, int index, int value);
void *__wrap_calloc(size_t count, size_t size);
int __wrap_mkdir(const char *path, mode_t mode);

static char directory[64];
static struct {
	bool disk; /* the disk fails, else SQLite's functions */
	int nth;
	int calls;
	int error; /* errno of the disk */
} fault;

static bool fails(bool disk)
{
	return disk == fault.disk && ++fault.calls == fault.nth;
}

static void fail_at(int n)
{
	fault.nth = n;
	fault.calls = 0;
}

/* ---- SQLite ---- */

int __wrap_sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs)
{
	const int r = __real_sqlite3_open_v2(path, db, flags, vfs);

	return fails(false) ? SQLITE_CANTOPEN : r; /* there is an object to close even then */
}

int __wrap_sqlite3_prepare_v2(sqlite3 *db, const char *sql, int size, sqlite3_stmt **stmt,
			      const char **tail)
{
	return fails(false) ? SQLITE_NOMEM : __real_sqlite3_prepare_v2(db, sql, size, stmt, tail);
}

int __wrap_sqlite3_step(sqlite3_stmt *stmt)
{
	return fails(false) ? SQLITE_BUSY : __real_sqlite3_step(stmt);
}

int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **),
			void *arg, char **error)
{
	return fails(false) ? SQLITE_FULL : __real_sqlite3_exec(db, sql, row, arg, error);
}

int __wrap_sqlite3_bind_text(sqlite3_stmt *stmt, int index, const char *text, int size,
			     void (*done)(void *))
{
	return fails(false) ? SQLITE_NOMEM
			    : __real_sqlite3_bind_text(stmt, index, text, size, done);
}

int __wrap_sqlite3_bind_int(sqlite3_stmt *stmt, int index, int value)
{
	return fails(false) ? SQLITE_NOMEM : __real_sqlite3_bind_int(stmt, index, value);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails(false) ? NULL : __real_calloc(count, size);
}

int __wrap_mkdir(const char *path, mode_t mode)
{
	if (fails(false)) {
		errno = ENOSPC;
		return -1;
	}
	return __real_mkdir(path, mode);
}

/* ---- the disk ---- */

static bool disk_fails(void)
{
	if (!fails(true)) {
		return false;
	}
	errno = fault.error;
	return true;
}

static int disk_open(const char *path, int flags, int mode)
{
	return disk_fails() ? -1 : open(path, flags, mode);
}

static ssize_t disk_pread(int fd, void *bytes, size_t size, off_t at)
{
	return disk_fails() ? -1 : pread(fd, bytes, size, at);
}

static ssize_t disk_pwrite(int fd, const void *bytes, size_t size, off_t at)
{
	return disk_fails() ? -1 : pwrite(fd, bytes, size, at);
}

static int disk_ftruncate(int fd, off_t size)
{
	return disk_fails() ? -1 : ftruncate(fd, size);
}

static int disk_fallocate(int fd, off_t at, off_t size)
{
	return disk_fails() ? fault.error : posix_fallocate(fd, at, size);
}

static int break_disk(void **state)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	const struct {
		const char *name;
		sqlite3_syscall_ptr call;
	} calls[] = {
		{ "open", (sqlite3_syscall_ptr)disk_open },
		{ "pread", (sqlite3_syscall_ptr)disk_pread },
		{ "pread64", (sqlite3_syscall_ptr)disk_pread },
		{ "pwrite", (sqlite3_syscall_ptr)disk_pwrite },
		{ "pwrite64", (sqlite3_syscall_ptr)disk_pwrite },
		{ "ftruncate", (sqlite3_syscall_ptr)disk_ftruncate },
		{ "fallocate", (sqlite3_syscall_ptr)disk_fallocate },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		assert_int_equal(vfs->xSetSystemCall(vfs, calls[i].name, calls[i].call), SQLITE_OK);
	}
	return 0;
}

/* ---- the directory ---- */

static int files(const char *part, bool remove)
{
	DIR *dir = opendir(directory);
	int count = 0;

	if (dir == NULL) {
		return 0;
	}
	for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
		char path[400];

		(void)snprintf(path, sizeof(path), "%s/%s", directory, e->d_name);
		if (strstr(e->d_name, part) != NULL && e->d_name[0] != '.') {
			count++;
			if (remove) {
				(void)unlink(path);
			}
		}
	}
	(void)closedir(dir);
	return count;
}

static int clean(void **state)
{
	(void)state;
	fail_at(0);
	(void)files("", true);
	(void)rmdir(directory);
	return 0;
}

static int begin(void **state)
{
	(void)snprintf(directory, sizeof(directory), "/tmp/fault_history.%d", (int)getpid());
	fault.disk = false;
	return clean(state);
}

static int begin_disk(void **state)
{
	const int r = begin(state);

	fault.disk = true;
	return r;
}

static struct history *good(void)
{
	struct history *history = NULL;
	bool set_aside = true;

	fail_at(0);
	assert_int_equal(history_open(directory, &history, &set_aside), 0);
	assert_false(set_aside);
	return history;
}

static uint64_t latched_of(struct history *history)
{
	uint64_t causes = 0;

	assert_int_equal(history_latched(history, &causes), 0);
	return causes;
}

static size_t sessions_of(struct history *history)
{
	json_t *doc = history_sessions(history, 100);
	size_t count;

	assert_non_null(doc);
	count = json_array_size(json_object_get(doc, "sessions"));
	json_decref(doc);
	return count;
}

/* ---- the operations ---- */

static void a_good_file_opens_or_stays_as_it_is(void **state)
{
	struct history *history = good();
	int r = -1;

	(void)state;
	assert_int_equal(history_store_latched(history, CAUSE_BIT(CAUSE_COVER_OPEN)), 0);
	assert_int_equal(history_session_started(history, "piriformis", SIDE_LEFT), 0);
	assert_int_equal(history_session_ended(history, 60, ENDED_FINISHED), 0);
	history_close(history);
	for (int n = 1; r != 0 && n < MOST_CALLS; n++) {
		bool set_aside = true;

		history = NULL;
		fail_at(n);
		r = history_open(directory, &history, &set_aside);
		assert_false(set_aside);
		if (fault.calls >= n && r == 0) {
			r = -1; /* it failed where it does not matter; go on */
		} else {
			assert_int_equal(history != NULL, r == 0);
		}
		fail_at(0);
		history_close(history);
		history = good();
		assert_int_equal(latched_of(history), CAUSE_BIT(CAUSE_COVER_OPEN));
		assert_int_equal(sessions_of(history), 1);
		history_close(history);
	}
	assert_int_equal(r, 0);
	assert_int_equal(files("damaged", false), 0);
}

static void a_new_file_is_whole_or_begun_again(void **state)
{
	int r = -1;

	(void)state;
	for (int n = 1; r != 0 && n < MOST_CALLS; n++) {
		struct history *history = NULL;
		bool set_aside = true;

		(void)clean(state);
		fail_at(n);
		r = history_open(directory, &history, &set_aside);
		assert_int_equal(history != NULL, r == 0);
		if (fault.calls >= n && r == 0) {
			r = -1;
		}
		fail_at(0);
		history_close(history);
		history = good(); /* whatever was left of the first try is no hindrance */
		assert_int_equal(latched_of(history), 0);
		assert_int_equal(history_store_latched(history, CAUSE_BIT(CAUSE_LEG_GUARD)), 0);
		history_close(history);
	}
	assert_int_equal(r, 0);
}

static void the_latched_set_is_the_old_or_the_new_one(void **state)
{
	const uint64_t old = CAUSE_BIT(CAUSE_ESTOP_OPEN) | CAUSE_BIT(CAUSE_COVER_OPEN);
	const uint64_t new = CAUSE_BIT(CAUSE_COVER_OPEN) | CAUSE_BIT(CAUSE_LEG_GUARD);
	int r = -1;

	(void)state;
	for (int n = 1; r != 0 && n < MOST_CALLS; n++) {
		struct history *history = good();
		uint64_t stored;

		assert_int_equal(history_store_latched(history, old), 0);
		fail_at(n);
		r = history_store_latched(history, new);
		if (fault.calls >= n && r == 0) {
			r = -1;
		}
		fail_at(0);
		stored = latched_of(history);
		assert_true(stored == new || (r < 0 && stored == old));
		/* the connection is as good as before */
		assert_int_equal(history_store_latched(history, new), 0);
		history_close(history);
		history = good();
		assert_int_equal(latched_of(history), new);
		history_close(history);
	}
	assert_int_equal(r, 0);
}

static void a_session_is_stored_or_said_to_be_lost(void **state)
{
	size_t before = 0;
	int r = -1;

	(void)state;
	for (int n = 1; r != 0 && n < MOST_CALLS; n++) {
		struct history *history = good();
		int started;

		fail_at(n);
		started = history_session_started(history, "piriformis", SIDE_LEFT);
		r = history_session_ended(history, 60, ENDED_FINISHED);
		r = started < 0 ? started : r;
		if (fault.calls >= n && r == 0) {
			r = -1;
		}
		fail_at(0);
		history_close(history);
		history = good();
		assert_true(sessions_of(history) == before + 1 ||
			    (started < 0 && sessions_of(history) == before));
		before = sessions_of(history);
		history_close(history);
	}
	assert_int_equal(r, 0);
}

static void a_list_is_whole_or_there_is_none(void **state)
{
	struct history *history = good();
	json_t *doc = NULL;

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(history_session_started(history, "piriformis", SIDE_LEFT), 0);
	}
	for (int n = 1; doc == NULL && n < MOST_CALLS; n++) {
		uint64_t causes = 7;

		fail_at(n);
		doc = history_sessions(history, 100);
		assert_true(doc == NULL || json_array_size(json_object_get(doc, "sessions")) == 5);
		fail_at(n);
		assert_true(history_latched(history, &causes) == 0 ? causes == 0 : causes == 7);
	}
	assert_non_null(doc);
	json_decref(doc);
	fail_at(0);
	history_close(history);
}

static int no_space(void **state)
{
	fault.error = ENOSPC;
	return begin_disk(state);
}

static int bad_disk(void **state)
{
	fault.error = EIO;
	return begin_disk(state);
}

static int no_descriptors(void **state)
{
	fault.error = EMFILE;
	return begin_disk(state);
}

#define EACH(test)                                                      \
	cmocka_unit_test_setup_teardown(test, begin, clean),            \
		cmocka_unit_test_setup_teardown(test, no_space, clean), \
		cmocka_unit_test_setup_teardown(test, bad_disk, clean), \
		cmocka_unit_test_setup_teardown(test, no_descriptors, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(a_good_file_opens_or_stays_as_it_is),
		EACH(a_new_file_is_whole_or_begun_again),
		EACH(the_latched_set_is_the_old_or_the_new_one),
		EACH(a_session_is_stored_or_said_to_be_lost),
		EACH(a_list_is_whole_or_there_is_none),
	};

	return cmocka_run_group_tests(tests, break_disk, NULL);
}
