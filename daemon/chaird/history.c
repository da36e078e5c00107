/* SPDX-License-Identifier: MIT */
#include "history.h"

#include "documents.h"
#include "history_db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define SCHEMA_VERSION 5
#define PATH_SIZE      256

struct history {
	sqlite3 *db;
	sqlite3_int64 session; /* row of the one under way, 0 = none */
	sqlite3_int64 last;    /* row of the last one of this run */
	char directory[PATH_SIZE - 64];
	/* time */
	bool clock_known;
	int64_t anchor_s;    /* since 1970, at ... */
	int64_t anchor_up_s; /* ... this CLOCK_MONOTONIC */
};

/* Steps from one version to the next, the first from nothing. Never changed, only added to. */
static const char *const migrations[SCHEMA_VERSION] = {
	"BEGIN IMMEDIATE;"
	"CREATE TABLE session (id INTEGER PRIMARY KEY, start TEXT NOT NULL, program TEXT NOT NULL,"
	" side TEXT NOT NULL, seconds INTEGER, ended TEXT) STRICT;"
	"CREATE TABLE latched (cause TEXT PRIMARY KEY, since TEXT NOT NULL) STRICT;"
	"PRAGMA user_version = 1; COMMIT",
	"BEGIN IMMEDIATE;"
	"CREATE TABLE dose (pad TEXT NOT NULL, hour INTEGER NOT NULL, cem43 REAL NOT NULL,"
	" PRIMARY KEY (pad, hour)) STRICT;"
	"CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"
	"PRAGMA user_version = 2; COMMIT",
	/* guest NULL = anonymous. *_s: seconds since 1970 of history_now_s(). timed: 0 = by running
	 * time alone, to be set right when the clock is known. */
	"BEGIN IMMEDIATE;"
	"CREATE TABLE guest (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
	" pin TEXT, height_cm INTEGER, notes TEXT NOT NULL, correction TEXT, body TEXT,"
	" created_s INTEGER NOT NULL) STRICT;"
	"CREATE TABLE check_in (id INTEGER PRIMARY KEY, guest INTEGER, at_s INTEGER NOT NULL,"
	" timed INTEGER NOT NULL, answers TEXT, pain INTEGER, side TEXT, cause TEXT,"
	" decision TEXT NOT NULL, allowed INTEGER NOT NULL) STRICT;"
	"CREATE TABLE check_out (id INTEGER PRIMARY KEY, guest INTEGER, session INTEGER NOT NULL,"
	" at_s INTEGER NOT NULL, timed INTEGER NOT NULL, answers TEXT, pain INTEGER,"
	" tolerance TEXT NOT NULL) STRICT;"
	"CREATE TABLE stiffness (session INTEGER NOT NULL, zone TEXT NOT NULL, n_mm REAL NOT NULL,"
	" error_n_mm REAL NOT NULL, PRIMARY KEY (session, zone)) STRICT;"
	"ALTER TABLE session ADD COLUMN guest INTEGER;"
	"ALTER TABLE session ADD COLUMN end_s INTEGER;"
	"ALTER TABLE session ADD COLUMN timed INTEGER;"
	"ALTER TABLE session ADD COLUMN level INTEGER;"
	"ALTER TABLE session ADD COLUMN pain_before INTEGER;"
	"ALTER TABLE session ADD COLUMN pain_after INTEGER;"
	"ALTER TABLE session ADD COLUMN tolerance TEXT;"
	"UPDATE session SET timed = 1,"
	" end_s = CAST(strftime('%s', start) AS INTEGER) + IFNULL(seconds, 0);"
	"CREATE INDEX session_guest ON session (guest, id);"
	"CREATE INDEX check_in_guest ON check_in (guest, at_s);"
	"PRAGMA user_version = 3; COMMIT",
	/* What a technician changed: a calibration by its name, a part that was replaced. */
	"BEGIN IMMEDIATE;"
	"CREATE TABLE maintenance (id INTEGER PRIMARY KEY, at_s INTEGER NOT NULL,"
	" who TEXT NOT NULL, what TEXT NOT NULL, before REAL, after REAL) STRICT;"
	"PRAGMA user_version = 4; COMMIT",
	/* counters: a JSON object */
	"BEGIN IMMEDIATE;"
	"CREATE TABLE care (actuator TEXT PRIMARY KEY, since TEXT NOT NULL, warned INTEGER NOT "
	"NULL,"
	" counters TEXT NOT NULL) STRICT;"
	"CREATE TABLE care_replaced (id INTEGER PRIMARY KEY, actuator TEXT NOT NULL,"
	" since TEXT NOT NULL, until TEXT NOT NULL, counters TEXT NOT NULL) STRICT;"
	"PRAGMA user_version = 5; COMMIT",
};

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

/* Why the last call failed: the file is not ours or not sound (-EBADMSG), or it may be good and
 * disk, memory, descriptors or another program's lock stand in the way (-EIO). */
static int failure(sqlite3 *db)
{
	switch (sqlite3_errcode(db) & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR: /* other tables than ours */
		return -EBADMSG;
	default:
		return -EIO;
	}
}

/* What quick_check says: "ok", what is broken, or "... error code=N" for what it could not read. */
static int judge(const char *word)
{
	static const char key[] = "error code=";
	const char *code = word == NULL ? NULL : strstr(word, key);

	if (word == NULL) {
		return -EIO;
	}
	if (code != NULL && (strtol(code + strlen(key), NULL, 10) & 0xff) != SQLITE_CORRUPT) {
		return -EIO;
	}
	return strcmp(word, "ok") == 0 ? 0 : -EBADMSG;
}

static int check(sqlite3 *db)
{
	sqlite3_stmt *stmt = NULL;
	int r;

	if (sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW) {
		r = judge((const char *)sqlite3_column_text(stmt, 0));
	} else {
		r = failure(db);
	}
	(void)sqlite3_finalize(stmt);
	return r;
}

/* From whatever version of ours to the present one; a newer or foreign file is refused. Then end
 * what has no end: a crash or a power failure cut it off. */
static int prepare(sqlite3 *db)
{
	int version = -1;

	if (query_number(db, "PRAGMA user_version", &version) < 0) {
		return failure(db);
	}
	if (version < 0 || version > SCHEMA_VERSION) {
		return -EBADMSG;
	}
	for (int v = version; v < SCHEMA_VERSION; v++) {
		if (run_sql(db, migrations[v]) < 0) {
			return failure(db);
		}
	}
	return run_sql(db, "UPDATE session SET ended = 'interrupted' WHERE ended IS NULL") < 0
		       ? failure(db)
		       : 0;
}

/* For the service's user only, what SQLite makes beside it included. */
static void make_private(const char *path)
{
	const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd >= 0) {
		(void)fchmod(fd, 0600); /* an older file; of another owner it stays as it is */
		(void)close(fd);
	} /* else SQLite finds the same error and tells it */
}

/* Open, check, prepare. 0, -EBADMSG or -EIO as above. */
static int try_open(const char *path, sqlite3 **ret)
{
	sqlite3 *db = NULL;
	int r = 0;

	make_private(path);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
		    SQLITE_OK ||
	    run_sql(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			"PRAGMA cache_size = -256; PRAGMA secure_delete = ON;") < 0) {
		r = failure(db);
	}
	if (r == 0) {
		r = check(db);
	}
	if (r == 0) {
		r = prepare(db);
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

static int64_t up_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with a valid clock */
	return (int64_t)now.tv_sec;
}

/* Time goes on from the newest record, until the wall clock proves to be further. */
static int begin_time(struct history *history)
{
	sqlite3_stmt *stmt = NULL;
	int r = -EIO;

	if (sqlite3_prepare_v2(history->db,
			       "SELECT max(t) FROM (SELECT max(end_s) AS t FROM session"
			       " UNION ALL SELECT max(at_s) FROM check_in"
			       " UNION ALL SELECT max(at_s) FROM check_out)",
			       -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW) {
		history->anchor_s = sqlite3_column_type(stmt, 0) == SQLITE_NULL
					    ? (int64_t)time(NULL)
					    : sqlite3_column_int64(stmt, 0);
		history->anchor_up_s = up_s();
		r = 0;
	}
	(void)sqlite3_finalize(stmt);
	return r;
}

int history_open(const char *directory, struct history **ret, bool *ret_set_aside)
{
	struct history *history = calloc(1, sizeof(*history));
	char path[PATH_SIZE - 8];
	int r;

	*ret_set_aside = false;
	if (history == NULL) {
		return -ENOMEM;
	}
	(void)snprintf(path, sizeof(path), "%s/history.db", directory);
	(void)snprintf(history->directory, sizeof(history->directory), "%s", directory);
	if (mkdir(directory, 0750) < 0 && errno != EEXIST) {
		r = -errno;
		goto out_free;
	}
	r = try_open(path, &history->db);
	if (r == -EBADMSG) {
		set_aside(path);
		*ret_set_aside = true;
		r = try_open(path, &history->db);
	}
	if (r == 0) {
		r = begin_time(history);
	}
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
	if (r == 0) {
		r = run_sql(history->db, "COMMIT");
	}
	if (r < 0) {
		(void)run_sql(history->db, "ROLLBACK"); /* SQLite may have done it already */
	}
	return r;
}

/* Has the kernel been told by NTP or the like that its clock is right? */
static bool clock_is_synchronised(void)
{
	struct timex state = { 0 };

	return adjtimex(&state) >= 0 && (state.status & STA_UNSYNC) == 0;
}

/* What was stored by running time alone happened that much later. */
static int set_times_right(struct history *history, int64_t late_s)
{
	static const char *const updates[] = {
		"UPDATE session SET end_s = end_s + ?1, timed = 1 WHERE timed = 0",
		"UPDATE check_in SET at_s = at_s + ?1, timed = 1 WHERE timed = 0",
		"UPDATE check_out SET at_s = at_s + ?1, timed = 1 WHERE timed = 0",
	};
	int r = db_run(history, "BEGIN IMMEDIATE");

	for (size_t i = 0; i < sizeof(updates) / sizeof(updates[0]) && r == 0; i++) {
		struct db_query q = db_begin(history, updates[i]);

		db_int(&q, late_s);
		r = db_do(&q);
	}
	return db_finish(history, r);
}

int64_t history_now_s(struct history *history)
{
	const int64_t now_up_s = up_s();
	const int64_t running_s = history->anchor_s + now_up_s - history->anchor_up_s;
	const int64_t wall_s = (int64_t)time(NULL);
	/* A second is rounding: the two clocks do not tick at the same moment. */
	const int64_t now_s = wall_s > running_s ? wall_s : running_s;

	if (wall_s + 1 < running_s || !clock_is_synchronised()) {
		history->clock_known = false;
		return running_s;
	}
	if (!history->clock_known && (sqlite3_get_autocommit(history->db) == 0 ||
				      set_times_right(history, now_s - running_s) < 0)) {
		return running_s; /* the next time, and not in the midst of something else */
	}
	history->clock_known = true;
	history->anchor_s = now_s;
	history->anchor_up_s = now_up_s;
	return now_s;
}

bool history_clock_is_known(const struct history *history)
{
	return history->clock_known;
}

sqlite3 *history_db(struct history *history)
{
	return history->db;
}

int64_t history_session_row(const struct history *history)
{
	return history->session;
}

static void take_dose(sqlite3_stmt *stmt, int64_t age_hours, float cem43[PAD_COUNT][DOSE_HOURS])
{
	const char *pad = (const char *)sqlite3_column_text(stmt, 1);

	for (unsigned int p = 0; p < PAD_COUNT && age_hours < DOSE_HOURS; p++) {
		if (strcmp(pad, pad_name((enum pad)p)) == 0) {
			cem43[p][age_hours] = (float)sqlite3_column_double(stmt, 2);
		}
	}
}

int history_dose(struct history *history, float ret_cem43[PAD_COUNT][DOSE_HOURS], int64_t *ret_hour)
{
	const int64_t wall_hour = (int64_t)(time(NULL) / 3600);
	sqlite3_stmt *stmt = NULL;
	int64_t now_hour = wall_hour;
	bool first = true;
	int step;

	memset(ret_cem43, 0, sizeof(float) * PAD_COUNT * DOSE_HOURS);
	/* newest first: it decides what "now" is */
	step = sqlite3_prepare_v2(history->db,
				  "SELECT hour, pad, cem43 FROM dose ORDER BY hour DESC", -1, &stmt,
				  NULL);
	while (step == SQLITE_OK || step == SQLITE_ROW) {
		step = sqlite3_step(stmt);
		if (step == SQLITE_ROW) {
			const int64_t hour = sqlite3_column_int64(stmt, 0);

			if (first && (hour > wall_hour || !clock_is_synchronised())) {
				now_hour = hour;
			}
			first = false;
			take_dose(stmt, now_hour - hour, ret_cem43);
		}
	}
	(void)sqlite3_finalize(stmt);
	*ret_hour = now_hour;
	return step == SQLITE_DONE ? 0 : -EIO;
}

int history_store_dose(struct history *history, enum pad pad, int64_t hour, float cem43)
{
	char hour_text[24];
	char oldest_text[24];
	char cem43_text[32];
	int r;

	(void)snprintf(hour_text, sizeof(hour_text), "%lld", (long long)hour);
	(void)snprintf(oldest_text, sizeof(oldest_text), "%lld", (long long)hour - DOSE_HOURS);
	(void)snprintf(cem43_text, sizeof(cem43_text), "%.9g", (double)cem43);
	r = change(history,
		   "INSERT OR REPLACE INTO dose VALUES (?1, CAST(?2 AS INTEGER), CAST(?3 AS REAL))",
		   pad_name(pad), hour_text, cem43_text);
	if (r == 0) {
		r = change(history, "DELETE FROM dose WHERE hour <= CAST(?1 AS INTEGER)",
			   oldest_text, NULL, NULL);
	}
	return r;
}

int history_child_lock(struct history *history, char pin[HISTORY_PIN_MAX + 1])
{
	sqlite3_stmt *stmt = NULL;
	int step = SQLITE_ERROR;

	pin[0] = '\0';
	if (sqlite3_prepare_v2(history->db, "SELECT value FROM setting WHERE name = 'child_lock'",
			       -1, &stmt, NULL) == SQLITE_OK) {
		step = sqlite3_step(stmt);
		if (step == SQLITE_ROW) {
			(void)snprintf(pin, HISTORY_PIN_MAX + 1, "%s",
				       (const char *)sqlite3_column_text(stmt, 0));
		}
	}
	(void)sqlite3_finalize(stmt);
	return step == SQLITE_ROW || step == SQLITE_DONE ? 0 : -EIO;
}

int history_store_child_lock(struct history *history, const char *pin)
{
	if (pin == NULL || pin[0] == '\0') {
		return change(history, "DELETE FROM setting WHERE name = 'child_lock'", NULL, NULL,
			      NULL);
	}
	return change(history, "INSERT OR REPLACE INTO setting VALUES ('child_lock', ?1)", pin,
		      NULL, NULL);
}

int history_session_started(struct history *history, const char *program, enum side side)
{
	char time[32];
	int r;

	document_time(time);
	r = change(history, "INSERT INTO session (start, program, side) VALUES (?1, ?2, ?3)", time,
		   program, side_name(side));
	history->session = r < 0 ? 0 : sqlite3_last_insert_rowid(history->db);
	history->last = history->session;
	return r;
}

int history_session_resumed(struct history *history)
{
	struct db_query q = db_begin(history, "UPDATE session SET ended = NULL, tolerance = NULL,"
					      " pain_after = NULL WHERE id = ?1");
	int r;

	db_int(&q, history->last);
	r = db_do(&q);
	history->session = r < 0 ? 0 : history->last;
	return r == 0 && history->last == 0 ? -ENOENT : r;
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

unsigned int history_sessions_24h(struct history *history)
{
	const int64_t since_s = history_now_s(history) - INT64_C(86400);
	sqlite3_stmt *stmt = NULL;
	unsigned int count = 0;

	if (sqlite3_prepare_v2(history->db, "SELECT count(*) FROM session WHERE end_s > ?1", -1,
			       &stmt, NULL) == SQLITE_OK &&
	    sqlite3_bind_int64(stmt, 1, since_s) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
		count = (unsigned int)sqlite3_column_int(stmt, 0);
	}
	(void)sqlite3_finalize(stmt);
	return count;
}

json_t *history_sessions(struct history *history, unsigned int limit)
{
	json_t *list = json_array();
	sqlite3_stmt *stmt = NULL;
	bool good = list != NULL &&
		    sqlite3_prepare_v2(history->db,
				       "SELECT id, start, program, side, seconds, ended "
				       "FROM session ORDER BY id DESC LIMIT ?1",
				       -1, &stmt, NULL) == SQLITE_OK &&
		    sqlite3_bind_int(stmt, 1, (int)limit) == SQLITE_OK;
	int step = SQLITE_DONE;

	while (good && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
		good = json_array_append_new(
			       list, json_pack("{s:I, s:s, s:s, s:s, s:I, s:s?}", "id",
					       (json_int_t)sqlite3_column_int64(stmt, 0), "start",
					       sqlite3_column_text(stmt, 1), "program",
					       sqlite3_column_text(stmt, 2), "side",
					       sqlite3_column_text(stmt, 3), "seconds",
					       (json_int_t)sqlite3_column_int64(stmt, 4), "ended",
					       sqlite3_column_text(stmt, 5))) == 0;
	}
	(void)sqlite3_finalize(stmt);
	if (!good || step != SQLITE_DONE) {
		json_decref(list);
		return NULL; /* a part of it would pass for the whole */
	}
	return json_pack("{s:o}", "sessions", list);
}

/* A copy of the whole file as @path, which is empty now. */
static int copy_into(struct history *history, const char *path, int fd)
{
	struct db_query q = db_begin(history, "VACUUM INTO ?1");
	int r;

	db_text(&q, path);
	r = db_do(&q);
	if (r == 0 && fsync(fd) < 0) {
		r = -errno;
	}
	return r;
}

int history_backup(struct history *history, char ret_path[HISTORY_PATH_MAX])
{
	char path[HISTORY_PATH_MAX];
	int fd;
	int r;

	(void)snprintf(ret_path, HISTORY_PATH_MAX, "%s/history-backup.db", history->directory);
	(void)snprintf(path, sizeof(path), "%s/history-backup.new", history->directory);
	(void)unlink(path); /* of a copy that was cut off */
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		return -errno;
	}
	r = copy_into(history, path, fd);
	(void)close(fd); /* synced above */
	if (r == 0 && rename(path, ret_path) < 0) {
		r = -errno;
	}
	if (r < 0) {
		(void)unlink(path);
	}
	return r;
}

bool history_has_backup(const struct history *history)
{
	char path[HISTORY_PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/history-backup.db", history->directory);
	return access(path, F_OK) == 0;
}

void history_close(struct history *history)
{
	if (history != NULL) {
		(void)sqlite3_close(history->db);
		free(history);
	}
}
