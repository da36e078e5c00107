/* SPDX-License-Identifier: MIT */
#include "history.h"

#include "documents.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SCHEMA_VERSION 1
#define PATH_SIZE      256

struct history {
	sqlite3 *db;
	sqlite3_int64 session; /* row of the one under way, 0 = none */
};

static const char schema[] =
	"PRAGMA user_version = 1;"
	"CREATE TABLE session (id INTEGER PRIMARY KEY, start TEXT NOT NULL, program TEXT NOT NULL,"
	" side TEXT NOT NULL, seconds INTEGER, ended TEXT) STRICT;"
	"CREATE TABLE latched (cause TEXT PRIMARY KEY, since TEXT NOT NULL) STRICT;";

static int run_sql(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : -EIO;
}

static int query_number(sqlite3 *db, const char *sql, int *ret)
{
	sqlite3_stmt *stmt = NULL;
	int r = -EIO;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW) {
		*ret = sqlite3_column_int(stmt, 0);
		r = 0;
	}
	(void)sqlite3_finalize(stmt);
	return r;
}

static bool is_sound(sqlite3 *db)
{
	sqlite3_stmt *stmt = NULL;
	bool sound = false;

	if (sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW) {
		sound = strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") == 0;
	}
	(void)sqlite3_finalize(stmt);
	return sound;
}

/* Open, check, and bring to our schema. */
static int try_open(const char *path, sqlite3 **ret)
{
	sqlite3 *db = NULL;
	int version = -1;
	int r = -EIO;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) ==
		    SQLITE_OK &&
	    run_sql(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			"PRAGMA cache_size = -256;") == 0 &&
	    is_sound(db) && query_number(db, "PRAGMA user_version", &version) == 0) {
		if (version == 0) {
			r = run_sql(db, schema);
		} else if (version == SCHEMA_VERSION) {
			r = 0;
		}
	}
	if (r < 0) {
		(void)sqlite3_close(db);
		return r;
	}
	*ret = db;
	return 0;
}

static void set_aside(const char *path)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char time[32];

	document_time(time);
	for (unsigned int i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		char from[PATH_SIZE];
		char to[PATH_SIZE + 64];

		(void)snprintf(from, sizeof(from), "%s%s", path, suffixes[i]);
		(void)snprintf(to, sizeof(to), "%s.damaged-%s%s", path, time, suffixes[i]);
		(void)rename(from, to); /* absent ones need no name */
	}
}

int history_open(const char *directory, struct history **ret, bool *ret_set_aside)
{
	struct history *history = calloc(1, sizeof(*history));
	char path[PATH_SIZE - 8];
	int r;

	if (history == NULL) {
		return -ENOMEM;
	}
	*ret_set_aside = false;
	(void)snprintf(path, sizeof(path), "%s/history.db", directory);
	if (mkdir(directory, 0750) < 0 && errno != EEXIST) {
		r = -errno;
		goto out_free;
	}
	r = try_open(path, &history->db);
	if (r < 0) {
		set_aside(path);
		*ret_set_aside = true;
		r = try_open(path, &history->db);
	}
	if (r < 0) {
		goto out_free;
	}
	/* What has no end was cut off by a crash or a power failure. */
	r = run_sql(history->db, "UPDATE session SET ended = 'interrupted' WHERE ended IS NULL");
	if (r == 0) {
		*ret = history;
		return 0;
	}
	(void)sqlite3_close(history->db);
out_free:
	free(history);
	return r;
}

int history_latched(struct history *history, uint64_t *ret_causes)
{
	sqlite3_stmt *stmt = NULL;
	uint64_t causes = 0;
	int step;

	if (sqlite3_prepare_v2(history->db, "SELECT cause FROM latched", -1, &stmt, NULL) !=
	    SQLITE_OK) {
		return -EIO;
	}
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(stmt, 0);

		for (unsigned int c = 0; c < CAUSE_COUNT; c++) {
			if (strcmp(fault_row((enum cause)c)->name, name) == 0) {
				causes |= CAUSE_BIT(c);
			}
		}
	}
	(void)sqlite3_finalize(stmt);
	if (step != SQLITE_DONE) {
		return -EIO;
	}
	*ret_causes = causes;
	return 0;
}

/* Carry out one statement with three texts (SQLite converts; NULL = not used). 0 or -EIO. */
static int change(struct history *history, const char *sql, const char *a, const char *b,
		  const char *c)
{
	const char *const texts[] = { a, b, c };
	sqlite3_stmt *stmt = NULL;
	bool bound = sqlite3_prepare_v2(history->db, sql, -1, &stmt, NULL) == SQLITE_OK;
	int r;

	for (int i = 0; i < 3 && bound; i++) {
		bound = texts[i] == NULL ||
			sqlite3_bind_text(stmt, i + 1, texts[i], -1, SQLITE_TRANSIENT) == SQLITE_OK;
	}
	r = bound && sqlite3_step(stmt) == SQLITE_DONE ? 0 : -EIO;
	(void)sqlite3_finalize(stmt);
	return r;
}

int history_store_latched(struct history *history, uint64_t causes)
{
	char time[32];
	int r;

	document_time(time);
	r = run_sql(history->db, "BEGIN IMMEDIATE");
	for (unsigned int c = 0; c < CAUSE_COUNT && r == 0; c++) {
		const char *name = fault_row((enum cause)c)->name;

		if ((causes & CAUSE_BIT(c)) != 0) {
			r = change(history, "INSERT OR IGNORE INTO latched VALUES (?1, ?2)", name,
				   time, NULL);
		} else {
			r = change(history, "DELETE FROM latched WHERE cause = ?1", name, NULL,
				   NULL);
		}
	}
	if (r < 0) {
		(void)run_sql(history->db, "ROLLBACK");
		return r;
	}
	return run_sql(history->db, "COMMIT");
}

int history_session_started(struct history *history, const char *program, enum side side)
{
	char time[32];
	int r;

	document_time(time);
	r = change(history, "INSERT INTO session (start, program, side) VALUES (?1, ?2, ?3)", time,
		   program, side_name(side));
	history->session = r < 0 ? 0 : sqlite3_last_insert_rowid(history->db);
	return r;
}

int history_session_ended(struct history *history, uint64_t seconds, enum ended ended)
{
	char length[24];
	char row[24];
	int r;

	if (history->session == 0) {
		return 0;
	}
	(void)snprintf(length, sizeof(length), "%llu", (unsigned long long)seconds);
	(void)snprintf(row, sizeof(row), "%lld", (long long)history->session);
	r = change(history,
		   "UPDATE session SET ended = ?1, seconds = CAST(?2 AS INTEGER) "
		   "WHERE id = CAST(?3 AS INTEGER)",
		   ended_name(ended), length, row);
	history->session = 0;
	return r;
}

json_t *history_sessions(struct history *history, unsigned int limit)
{
	json_t *list = json_array();
	sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(history->db,
			       "SELECT id, start, program, side, seconds, ended FROM session "
			       "ORDER BY id DESC LIMIT ?1",
			       -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_bind_int(stmt, 1, (int)limit) == SQLITE_OK) {
		while (sqlite3_step(stmt) == SQLITE_ROW) {
			(void)json_array_append_new(
				list, json_pack("{s:I, s:s, s:s, s:s, s:I, s:s?}", "id",
						(json_int_t)sqlite3_column_int64(stmt, 0), "start",
						sqlite3_column_text(stmt, 1), "program",
						sqlite3_column_text(stmt, 2), "side",
						sqlite3_column_text(stmt, 3), "seconds",
						(json_int_t)sqlite3_column_int64(stmt, 4), "ended",
						sqlite3_column_text(stmt, 5)));
		}
	}
	(void)sqlite3_finalize(stmt);
	return json_pack("{s:o}", "sessions", list);
}

void history_close(struct history *history)
{
	if (history != NULL) {
		(void)sqlite3_close(history->db);
		free(history);
	}
}
