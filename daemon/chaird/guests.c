/* SPDX-License-Identifier: MIT */
#include "guests.h"

#include "history_db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The id as it is stored: anonymous is NULL. "guest IS ?" finds both. */
static void db_guest(struct db_query *q, int64_t guest)
{
	if (guest == 0) {
		db_null(q);
	} else {
		db_int(q, guest);
	}
}

static void db_json(struct db_query *q, const json_t *value)
{
	char *text = value == NULL ? NULL : json_dumps(value, JSON_COMPACT);

	q->good = q->good && (text != NULL || value == NULL);
	db_text(q, text);
	free(text);
}

/* ---- profiles ---- */

static json_t *correction_json(const float correction_mm[ROLLER_COUNT])
{
	json_t *list = json_array();

	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		(void)json_array_append_new(list, json_real((double)correction_mm[r]));
	}
	return list;
}

static void take_correction(const char *text, float correction_mm[ROLLER_COUNT])
{
	json_t *list = json_loads(text, 0, NULL);

	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		correction_mm[r] = (float)json_number_value(json_array_get(list, r));
	}
	json_decref(list);
}

static void bind_profile(struct db_query *q, const struct guest_profile *profile)
{
	json_t *correction = correction_json(profile->correction_mm);

	db_text(q, profile->name);
	db_text(q, profile->pin[0] == '\0' ? NULL : profile->pin);
	if (profile->height_cm == 0) {
		db_null(q);
	} else {
		db_int(q, profile->height_cm);
	}
	db_text(q, profile->notes);
	db_json(q, correction);
	json_decref(correction);
}

static int count_guests(struct history *history, const char *name, int64_t but, int64_t *ret_all,
			int64_t *ret_same)
{
	struct db_query q = db_begin(history, "SELECT count(*), IFNULL(sum(name = ?1 AND id <> ?2),"
					      " 0) FROM guest");

	db_text(&q, name);
	db_int(&q, but);
	if (db_row(&q)) {
		*ret_all = db_get_int(&q, 0, 0);
		*ret_same = db_get_int(&q, 1, 0);
	}
	return db_end(&q);
}

int guests_add(struct history *history, const struct guest_profile *profile, int64_t *ret_id)
{
	int64_t all = 0;
	int64_t same = 0;
	struct db_query q;
	int r = count_guests(history, profile->name, 0, &all, &same);

	if (r < 0) {
		return r;
	}
	if (same > 0) {
		return -EEXIST;
	}
	if (all >= GUESTS_MAX) {
		return -ENOSPC;
	}
	q = db_begin(history,
		     "INSERT INTO guest (name, pin, height_cm, notes, correction, created_s)"
		     " VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
	bind_profile(&q, profile);
	db_int(&q, history_now_s(history));
	r = db_do(&q);
	if (r == 0) {
		*ret_id = sqlite3_last_insert_rowid(history_db(history));
	}
	return r;
}

int guests_change(struct history *history, const struct guest_profile *profile)
{
	int64_t all = 0;
	int64_t same = 0;
	struct db_query q;
	int r = count_guests(history, profile->name, profile->id, &all, &same);

	if (r < 0) {
		return r;
	}
	if (same > 0) {
		return -EEXIST;
	}
	q = db_begin(history, "UPDATE guest SET name = ?1, pin = ?2, height_cm = ?3, notes = ?4,"
			      " correction = ?5 WHERE id = ?6");
	bind_profile(&q, profile);
	db_int(&q, profile->id);
	return db_do(&q);
}

int guests_get(struct history *history, int64_t id, struct guest_profile *ret)
{
	struct db_query q = db_begin(history, "SELECT name, pin, height_cm, notes, correction"
					      " FROM guest WHERE id = ?1");
	bool found;
	int r;

	*ret = (struct guest_profile){ 0 };
	db_int(&q, id);
	found = db_row(&q);
	if (found) {
		ret->id = id;
		(void)snprintf(ret->name, sizeof(ret->name), "%s", db_get_text(&q, 0));
		(void)snprintf(ret->pin, sizeof(ret->pin), "%s", db_get_text(&q, 1));
		ret->height_cm = (int)db_get_int(&q, 2, 0);
		(void)snprintf(ret->notes, sizeof(ret->notes), "%s", db_get_text(&q, 3));
		take_correction(db_get_text(&q, 4), ret->correction_mm);
	}
	r = db_end(&q);
	return r == 0 && !found ? -ENOENT : r;
}

static int for_guest(struct history *history, const char *sql, int64_t guest)
{
	struct db_query q = db_begin(history, sql);

	db_int(&q, guest);
	return db_do(&q);
}

/* A refusal in force loses its name and answers, but stands. */
static int keep_refusals(struct history *history, int64_t id)
{
	struct db_query q = db_begin(
		history,
		"UPDATE check_in SET guest = NULL, answers = NULL, pain = NULL, side = NULL,"
		" cause = NULL, decision = 'not_today'"
		" WHERE guest = ?1 AND allowed = 0 AND at_s > ?2");

	db_int(&q, id);
	db_int(&q, history_now_s(history) - GUESTS_BOUND_S);
	return db_do(&q);
}

int guests_remove(struct history *history, int64_t id)
{
	static const char *const deletions[] = {
		"DELETE FROM check_in WHERE guest = ?1",
		"DELETE FROM check_out WHERE guest = ?1",
		"DELETE FROM stiffness WHERE session IN (SELECT id FROM session WHERE guest = ?1)",
		"DELETE FROM session WHERE guest = ?1",
		"DELETE FROM guest WHERE id = ?1",
	};
	char path[HISTORY_PATH_MAX];
	int r;

	if (id == 0) {
		return -ENOENT;
	}
	r = db_run(history, "BEGIN IMMEDIATE");
	if (r == 0) {
		r = keep_refusals(history, id);
	}
	for (size_t i = 0; i < sizeof(deletions) / sizeof(deletions[0]) && r == 0; i++) {
		r = for_guest(history, deletions[i], id);
	}
	r = db_finish(history, r);
	/* secure_delete has overwritten the pages; the log of changes still holds them */
	if (r == 0) {
		r = db_run(history, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
	}
	if (r == 0 && history_has_backup(history)) {
		r = history_backup(history, path);
	}
	return r;
}

json_t *guests_list(struct history *history)
{
	struct db_query q = db_begin(history, "SELECT id, name, pin IS NOT NULL FROM guest"
					      " ORDER BY name COLLATE NOCASE");
	json_t *list = json_array();

	while (db_row(&q)) {
		(void)json_array_append_new(list, json_pack("{s:I, s:s, s:b}", "id",
							    (json_int_t)db_get_int(&q, 0, 0),
							    "name", db_get_text(&q, 1), "has_pin",
							    db_get_int(&q, 2, 0) != 0));
	}
	if (db_end(&q) < 0) {
		json_decref(list);
		return NULL;
	}
	return list;
}

json_t *guests_profile_document(const struct guest_profile *profile)
{
	json_t *correction = json_object();

	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		(void)json_object_set_new(correction, roller_name((enum roller)r),
					  json_real((double)profile->correction_mm[r]));
	}
	return json_pack("{s:I, s:s, s:b, s:o, s:s, s:o}", "id", (json_int_t)profile->id, "name",
			 profile->name, "has_pin", profile->pin[0] != '\0', "height_cm",
			 profile->height_cm == 0 ? json_null() : json_integer(profile->height_cm),
			 "notes", profile->notes, "correction_mm", correction);
}

int guests_store_body(struct history *history, int64_t id, const struct body *body)
{
	struct db_query q = db_begin(history, "UPDATE guest SET body = ?1 WHERE id = ?2");
	json_t *doc = json_pack("{s:f, s:f, s:[f, f], s:[f, f], s:f}", "lumbar_mm",
				(double)body->lumbar_mm, "pelvis_mm", (double)body->pelvis_mm,
				"seat_mm", (double)body->seat_mm[0], (double)body->seat_mm[1],
				"knee_mm", (double)body->knee_mm[0], (double)body->knee_mm[1],
				"size", (double)body->size);

	db_json(&q, doc);
	json_decref(doc);
	db_int(&q, id);
	return db_do(&q);
}

/* ---- check-ins ---- */

/* Of people without a profile only a refusal is of use, and that for a day. */
static int forget_anonymous(struct history *history)
{
	struct db_query q =
		db_begin(history, "DELETE FROM check_in WHERE guest IS NULL AND at_s <= ?1");

	db_int(&q, history_now_s(history) - GUESTS_BOUND_S);
	return db_do(&q);
}

int guests_store_check_in(struct history *history, int64_t guest, const json_t *answers,
			  const struct check_in_result *result)
{
	const bool named = guest != 0;
	const int64_t now_s = history_now_s(history);
	struct db_query q;
	int r = forget_anonymous(history);

	if (r < 0) {
		return r;
	}
	q = db_begin(history,
		     "INSERT INTO check_in (guest, at_s, timed, answers, pain, side, cause,"
		     " decision, allowed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
	db_guest(&q, guest);
	db_int(&q, now_s);
	db_int(&q, history_clock_is_known(history) ? 1 : 0);
	db_json(&q, named ? answers : NULL);
	if (named) {
		db_int(&q, result->pain);
	} else {
		db_null(&q);
	}
	db_text(&q, named ? result->side : NULL);
	db_text(&q, named ? result->cause : NULL);
	db_text(&q, check_in_decision_name(result->decision));
	db_int(&q, check_in_allows(result->decision) ? 1 : 0);
	return db_do(&q);
}

int guests_bound(struct history *history, int64_t guest, uint64_t *ret_wait_s)
{
	static const char own[] = "SELECT max(at_s) FROM check_in"
				  " WHERE guest = ?1 AND allowed = 0 AND at_s > ?2";
	static const char anybody[] =
		"SELECT max(at_s) FROM check_in AS refused"
		" WHERE ?1 = 0 AND allowed = 0 AND at_s > ?2 AND NOT EXISTS"
		" (SELECT 1 FROM check_in AS other WHERE other.id > refused.id AND other.allowed = "
		"1"
		" AND other.guest IS NOT NULL AND other.guest IS NOT refused.guest)";
	const int64_t now_s = history_now_s(history);
	struct db_query q = db_begin(history, guest == 0 ? anybody : own);
	int64_t until_s = 0;

	db_int(&q, guest);
	db_int(&q, now_s - GUESTS_BOUND_S);
	if (db_row(&q) && !db_is_null(&q, 0)) {
		until_s = db_get_int(&q, 0, 0) + GUESTS_BOUND_S;
	}
	*ret_wait_s = until_s > now_s ? (uint64_t)(until_s - now_s) : 0;
	return db_end(&q);
}

/* ---- sessions ---- */

int guests_session_started(struct history *history, int64_t guest, const char *program,
			   enum side side, int pain)
{
	const int64_t now_s = history_now_s(history);
	struct db_query q;
	int r = db_run(history, "BEGIN IMMEDIATE");

	if (r == 0) {
		r = history_session_started(history, program, side);
	}
	if (r == 0) {
		q = db_begin(history, "UPDATE session SET guest = ?1, end_s = ?2, timed = ?3,"
				      " pain_before = ?4, level = 0 WHERE id = ?5");
		db_guest(&q, guest);
		db_int(&q, now_s);
		db_int(&q, history_clock_is_known(history) ? 1 : 0);
		if (pain < 0) {
			db_null(&q);
		} else {
			db_int(&q, pain);
		}
		db_int(&q, history_session_row(history));
		r = db_do(&q);
	}
	return db_finish(history, r);
}

/* Where the session stands. */
static int update_session(struct history *history, int64_t row, uint64_t seconds, uint8_t level)
{
	const int64_t now_s = history_now_s(history);
	struct db_query q =
		db_begin(history, "UPDATE session SET end_s = ?1, timed = ?2, seconds = ?3,"
				  " level = max(IFNULL(level, 0), ?4) WHERE id = ?5");

	db_int(&q, now_s);
	db_int(&q, history_clock_is_known(history) ? 1 : 0);
	db_int(&q, (int64_t)seconds);
	db_int(&q, level);
	db_int(&q, row);
	return db_do(&q);
}

int guests_session_goes_on(struct history *history, uint64_t seconds, uint8_t level)
{
	const int64_t row = history_session_row(history);

	return row == 0 ? 0 : update_session(history, row, seconds, level);
}

static int store_stiffness(struct history *history, int64_t row,
			   const struct guest_stiffness stiffness[ZONE_COUNT])
{
	int r = 0;

	for (unsigned int z = 0; z < ZONE_COUNT && r == 0; z++) {
		struct db_query q;

		if (!stiffness[z].known) {
			continue;
		}
		q = db_begin(history, "INSERT OR REPLACE INTO stiffness VALUES (?1, ?2, ?3, ?4)");
		db_int(&q, row);
		db_text(&q, zone_name((enum zone)z));
		db_real(&q, (double)stiffness[z].n_mm);
		db_real(&q, (double)stiffness[z].error_n_mm);
		r = db_do(&q);
	}
	return r;
}

int guests_session_ended(struct history *history, uint64_t seconds, enum ended ended, uint8_t level,
			 const struct guest_stiffness stiffness[ZONE_COUNT])
{
	const int64_t row = history_session_row(history);
	int r;

	if (row == 0) {
		return 0;
	}
	r = db_run(history, "BEGIN IMMEDIATE");
	if (r == 0) {
		r = update_session(history, row, seconds, level);
	}
	if (r == 0) {
		r = store_stiffness(history, row, stiffness);
	}
	if (r == 0) {
		r = history_session_ended(history, seconds, ended);
	}
	return db_finish(history, r);
}

int guests_open_check_out(struct history *history, int64_t guest, int64_t *ret_session,
			  int *ret_pain)
{
	struct db_query q =
		db_begin(history, "SELECT id, pain_before, tolerance IS NULL FROM session"
				  " WHERE guest IS ?1 AND ended IS NOT NULL AND end_s > ?2"
				  " ORDER BY id DESC LIMIT 1");

	*ret_session = 0;
	*ret_pain = -1;
	db_guest(&q, guest);
	db_int(&q, history_now_s(history) - GUESTS_CHECK_OUT_S);
	if (db_row(&q) && db_get_int(&q, 2, 0) != 0) {
		*ret_session = db_get_int(&q, 0, 0);
		*ret_pain = (int)db_get_int(&q, 1, -1);
	}
	return db_end(&q);
}

static int insert_check_out(struct history *history, int64_t guest, int64_t session,
			    const json_t *answers, const struct check_out_result *result)
{
	const int64_t now_s = history_now_s(history);
	struct db_query q = db_begin(
		history,
		"INSERT INTO check_out (guest, session, at_s, timed, answers, pain, tolerance)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");

	db_guest(&q, guest);
	db_int(&q, session);
	db_int(&q, now_s);
	db_int(&q, history_clock_is_known(history) ? 1 : 0);
	db_json(&q, answers);
	db_int(&q, result->pain);
	db_text(&q, tolerance_name(result->tolerance));
	return db_do(&q);
}

int guests_store_check_out(struct history *history, int64_t guest, int64_t session,
			   const json_t *answers, const struct check_out_result *result)
{
	int r = db_run(history, "BEGIN IMMEDIATE");
	struct db_query q;

	if (r == 0) {
		q = db_begin(history,
			     "UPDATE session SET pain_after = ?1, tolerance = ?2 WHERE id = ?3");
		if (guest == 0) {
			db_null(&q); /* how it went limits everybody; the pain is nobody's */
		} else {
			db_int(&q, result->pain);
		}
		db_text(&q, tolerance_name(result->tolerance));
		db_int(&q, session);
		r = db_do(&q);
	}
	if (r == 0 && guest != 0) {
		r = insert_check_out(history, guest, session, answers, result);
	}
	return db_finish(history, r);
}

static enum tolerance tolerance_of(const char *word)
{
	for (unsigned int t = 0; t < TOLERANCE_COUNT; t++) {
		if (strcmp(word, tolerance_name((enum tolerance)t)) == 0) {
			return (enum tolerance)t;
		}
	}
	return TOLERANCE_UNKNOWN;
}

static int count_sessions(struct history *history, int64_t guest, size_t *ret)
{
	struct db_query q = db_begin(history, "SELECT count(*) FROM session WHERE guest IS ?1");

	db_guest(&q, guest);
	*ret = db_row(&q) ? (size_t)db_get_int(&q, 0, 0) : 0;
	return db_end(&q);
}

int guests_sessions(struct history *history, int64_t guest, struct guest_session **ret,
		    size_t *ret_count)
{
	const int64_t now_s = history_now_s(history);
	struct guest_session *sessions;
	struct db_query q;
	size_t most = 0;
	size_t count = 0;
	int r = count_sessions(history, guest, &most);

	if (r < 0) {
		return r;
	}
	sessions = calloc(most + 1, sizeof(*sessions)); /* never of size 0 */
	if (sessions == NULL) {
		return -ENOMEM;
	}
	q = db_begin(history, "SELECT end_s, seconds, level, tolerance FROM session"
			      " WHERE guest IS ?1 AND ended IS NOT NULL AND end_s IS NOT NULL"
			      " ORDER BY id");
	db_guest(&q, guest);
	while (count < most && db_row(&q)) {
		const int64_t end_s = db_get_int(&q, 0, 0);

		sessions[count].ago_s = now_s > end_s ? (uint64_t)(now_s - end_s) : 0;
		sessions[count].seconds = (uint32_t)db_get_int(&q, 1, 0);
		sessions[count].level = (uint8_t)db_get_int(&q, 2, 0);
		sessions[count].tolerance = tolerance_of(db_get_text(&q, 3));
		count++;
	}
	r = db_end(&q);
	if (r < 0) {
		free(sessions);
		return r;
	}
	*ret = sessions;
	*ret_count = count;
	return 0;
}

int guests_standing(struct history *history, int64_t guest, const struct guest_rules *rules,
		    struct guest_standing *ret)
{
	struct guest_session *sessions = NULL;
	size_t count = 0;
	const int r = guests_sessions(history, guest, &sessions, &count);

	if (r < 0) {
		return r;
	}
	*ret = guest_judge(sessions, count, rules);
	free(sessions);
	if (guest == 0 && ret->ceiling > GUEST_LEVEL_FIRST) {
		ret->ceiling = GUEST_LEVEL_FIRST;
	}
	return 0;
}
