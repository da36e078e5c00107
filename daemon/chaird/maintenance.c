/* SPDX-License-Identifier: MIT */
#include "maintenance.h"

#include "history_db.h"

#include <math.h>

static void bind_value(struct db_query *q, double value)
{
	if (isnan(value)) {
		db_null(q);
	} else {
		db_real(q, value);
	}
}

int maintenance_add(struct history *history, const char *who, const char *what, double before,
		    double after)
{
	struct db_query q =
		db_begin(history, "INSERT INTO maintenance (at_s, who, what, before, after)"
				  " VALUES (?1, ?2, ?3, ?4, ?5)");

	db_int(&q, history_now_s(history));
	db_text(&q, who);
	db_text(&q, what);
	bind_value(&q, before);
	bind_value(&q, after);
	return db_do(&q);
}

static json_t *value(struct db_query *q, int column)
{
	return db_is_null(q, column) ? json_null() : json_real(db_get_real(q, column));
}

json_t *maintenance_list(struct history *history, unsigned int limit)
{
	struct db_query q =
		db_begin(history, "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', at_s, 'unixepoch'),"
				  " who, what, before, after"
				  " FROM maintenance ORDER BY id DESC LIMIT ?1");
	json_t *list = json_array();

	db_int(&q, limit);
	while (db_row(&q)) {
		(void)json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:o, s:o}", "time", db_get_text(&q, 0),
					"who", db_get_text(&q, 1), "what", db_get_text(&q, 2),
					"before", value(&q, 3), "after", value(&q, 4)));
	}
	if (db_end(&q) < 0) {
		json_decref(list);
		return NULL; /* a part of it would pass for the whole */
	}
	return list;
}
