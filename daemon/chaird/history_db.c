/* SPDX-License-Identifier: MIT */
#include "history_db.h"

#include <errno.h>

struct db_query db_begin(struct history *history, const char *sql)
{
	struct db_query q = { .bound = 0 };

	q.good = sqlite3_prepare_v2(history_db(history), sql, -1, &q.stmt, NULL) == SQLITE_OK;
	return q;
}

void db_int(struct db_query *q, int64_t value)
{
	q->bound++;
	q->good = q->good && sqlite3_bind_int64(q->stmt, q->bound, value) == SQLITE_OK;
}

void db_real(struct db_query *q, double value)
{
	q->bound++;
	q->good = q->good && sqlite3_bind_double(q->stmt, q->bound, value) == SQLITE_OK;
}

void db_text(struct db_query *q, const char *text)
{
	q->bound++;
	/* NULL binds SQL's null */
	q->good = q->good &&
		  sqlite3_bind_text(q->stmt, q->bound, text, -1, SQLITE_TRANSIENT) == SQLITE_OK;
}

void db_null(struct db_query *q)
{
	db_text(q, NULL);
}

bool db_row(struct db_query *q)
{
	const int step = q->good ? sqlite3_step(q->stmt) : SQLITE_ERROR;

	q->good = step == SQLITE_ROW || step == SQLITE_DONE;
	return step == SQLITE_ROW;
}

int db_end(struct db_query *q)
{
	(void)sqlite3_finalize(q->stmt); /* says again what the last step said */
	q->stmt = NULL;
	return q->good ? 0 : -EIO;
}

int db_do(struct db_query *q)
{
	(void)db_row(q);
	return db_end(q);
}

bool db_is_null(struct db_query *q, int column)
{
	return sqlite3_column_type(q->stmt, column) == SQLITE_NULL;
}

int64_t db_get_int(struct db_query *q, int column, int64_t fallback)
{
	return db_is_null(q, column) ? fallback : sqlite3_column_int64(q->stmt, column);
}

double db_get_real(struct db_query *q, int column)
{
	return sqlite3_column_double(q->stmt, column);
}

const char *db_get_text(struct db_query *q, int column)
{
	const char *text = (const char *)sqlite3_column_text(q->stmt, column);

	return text == NULL ? "" : text;
}

int db_run(struct history *history, const char *sql)
{
	return sqlite3_exec(history_db(history), sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : -EIO;
}

int db_finish(struct history *history, int r)
{
	if (r == 0) {
		r = db_run(history, "COMMIT");
	}
	if (r < 0) {
		(void)db_run(history, "ROLLBACK"); /* SQLite may have done it already */
	}
	return r;
}
