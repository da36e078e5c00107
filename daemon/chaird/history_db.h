/* SPDX-License-Identifier: MIT */
/*
 * history_db.h - the open database, for those of this directory that keep something in it, and a
 * short way to run one statement. Main thread only.
 */
#ifndef CHAIRD_HISTORY_DB_H
#define CHAIRD_HISTORY_DB_H

#include "history.h"

#include <sqlite3.h>

sqlite3 *history_db(struct history *history);

/* Row of the session under way; 0 = none. */
int64_t history_session_row(const struct history *history);

/* Is the wall clock trusted now? As of the last history_now_s(). */
bool history_clock_is_known(const struct history *history);

/* One statement, its parameters bound in order. After any failure the rest does nothing and
 * db_end() says so. */
struct db_query {
	sqlite3_stmt *stmt;
	int bound; /* parameters so far */
	bool good;
};

struct db_query db_begin(struct history *history, const char *sql);
void db_int(struct db_query *q, int64_t value);
void db_real(struct db_query *q, double value);
void db_text(struct db_query *q, const char *text); /* NULL: SQL's null; copied */
void db_null(struct db_query *q);
/* The next row is there. */
bool db_row(struct db_query *q);
/* Stop reading. 0 or -EIO. */
int db_end(struct db_query *q) __attribute__((warn_unused_result));
/* Carry out a statement that gives no rows. 0 or -EIO. */
int db_do(struct db_query *q) __attribute__((warn_unused_result));

/* A column of the row; NULL in SQL gives @fallback, or "". Text lives until the next step. */
int64_t db_get_int(struct db_query *q, int column, int64_t fallback);
double db_get_real(struct db_query *q, int column);
const char *db_get_text(struct db_query *q, int column);
bool db_is_null(struct db_query *q, int column);

/* A script without parameters. 0 or -EIO. */
int db_run(struct history *history, const char *sql);

/* End a transaction: COMMIT when @r is 0, else ROLLBACK. The result of it all. */
int db_finish(struct history *history, int r) __attribute__((warn_unused_result));

#endif /* CHAIRD_HISTORY_DB_H */
