/* SPDX-License-Identifier: MIT */
#include "guest_reports.h"

#include "history_db.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHANGE_POINTS	2.0 /* Ostelo 2008, see domain facts */
#define CHANGE_SHARE	0.3
#define CHANGE_LEAST	1.0 /* 30 % of little pain is within what one answer varies */
#define RECENT		3   /* sessions that say how it is now */
#define HONEST_SESSIONS 6
#define LIST_MOST	60
#define BALANCE_MOST	120
#define TREND_LEAST	4
#define CLEAR_ERRORS	2.0
#define PAGE		60 /* records: about 30 KB */

static json_t *text_of(const char *en, const char *de)
{
	return json_pack("{s:s, s:s}", "en", en, "de", de);
}

/* Hundredths are more than an answer or a sensor knows. */
static json_t *rounded(double value)
{
	return json_real(round(value * 100.0) / 100.0);
}

/* ---- pain over time ---- */

enum trend {
	TREND_EARLY,
	TREND_BETTER,
	TREND_UNCHANGED,
	TREND_WORSE
};

struct pain {
	size_t count;
	double first;
	double recent; /* mean of the last RECENT */
};

static int read_pain(struct history *history, int64_t guest, struct pain *ret)
{
	struct db_query q = db_begin(history, "SELECT pain_before FROM session WHERE guest IS ?1"
					      " AND pain_before IS NOT NULL AND seconds >= ?2"
					      " ORDER BY id");
	double last[RECENT] = { 0 };

	*ret = (struct pain){ 0 };
	db_int(&q, guest);
	db_int(&q, GUEST_COUNTS_S);
	while (db_row(&q)) {
		const double pain = (double)db_get_int(&q, 0, 0);

		ret->first = ret->count == 0 ? pain : ret->first;
		last[ret->count % RECENT] = pain;
		ret->count++;
	}
	for (size_t i = 0; i < RECENT && i < ret->count; i++) {
		ret->recent += last[i] / (double)(ret->count < RECENT ? ret->count : RECENT);
	}
	return db_end(&q);
}

static enum trend judge_pain(const struct pain *pain)
{
	const double change = pain->recent - pain->first;
	const double share = pain->first * CHANGE_SHARE;
	const double least = fmax(fmin(CHANGE_POINTS, share), CHANGE_LEAST);

	if (pain->count < 2) {
		return TREND_EARLY;
	}
	/* a hair less than the limit is the limit: means of three are not exact */
	if (fabs(change) < least - 1e-9) {
		return TREND_UNCHANGED;
	}
	return change < 0.0 ? TREND_BETTER : TREND_WORSE;
}

static json_t *pain_text(enum trend trend, bool not_helping)
{
	switch (trend) {
	case TREND_EARLY:
		return text_of("It is too early to tell. A few sessions will show.",
			       "Es ist noch zu früh. Nach einigen Sitzungen zeigt es sich.");
	case TREND_BETTER:
		return text_of("Your pain is lower than at the beginning, by enough to count.",
			       "Ihr Schmerz ist geringer als am Anfang, und zwar spürbar.");
	case TREND_WORSE:
		return text_of(
			"Your pain is stronger than at the beginning. Please stop for now and "
			"see a doctor.",
			"Ihr Schmerz ist stärker als am Anfang. Bitte hören Sie vorerst auf und "
			"gehen Sie zum Arzt.");
	case TREND_UNCHANGED:
		break;
	}
	if (not_helping) {
		return text_of(
			"After six sessions and more your pain has not really changed. To be "
			"honest: the chair does not seem to help you. Please see a doctor.",
			"Nach sechs Sitzungen und mehr hat sich Ihr Schmerz nicht wirklich "
			"verändert. Ehrlich gesagt: Der Sessel scheint Ihnen nicht zu helfen. "
			"Bitte gehen Sie zum Arzt.");
	}
	return text_of("No clear change so far.", "Bisher keine klare Veränderung.");
}

static json_t *pain_or_null(struct db_query *q, int column)
{
	return db_is_null(q, column) ? json_null() : json_integer(db_get_int(q, column, 0));
}

/* The newest sessions, oldest first. */
static json_t *list_sessions(struct history *history, int64_t guest)
{
	struct db_query q = db_begin(
		history,
		"SELECT * FROM (SELECT id, end_s, program, side, seconds, level, pain_before,"
		" pain_after, tolerance FROM session WHERE guest IS ?1"
		" AND ended IS NOT NULL ORDER BY id DESC LIMIT ?2) ORDER BY id");
	json_t *list = json_array();

	db_int(&q, guest);
	db_int(&q, LIST_MOST);
	while (db_row(&q)) {
		(void)json_array_append_new(
			list,
			json_pack("{s:I, s:I, s:s, s:s, s:I, s:I, s:o, s:o, s:s}", "id",
				  (json_int_t)db_get_int(&q, 0, 0), "end_s",
				  (json_int_t)db_get_int(&q, 1, 0), "program", db_get_text(&q, 2),
				  "side", db_get_text(&q, 3), "seconds",
				  (json_int_t)db_get_int(&q, 4, 0), "level",
				  (json_int_t)db_get_int(&q, 5, 0), "pain_before",
				  pain_or_null(&q, 6), "pain_after", pain_or_null(&q, 7),
				  "tolerance", db_is_null(&q, 8) ? "unknown" : db_get_text(&q, 8)));
	}
	if (db_end(&q) < 0) {
		json_decref(list);
		return NULL;
	}
	return list;
}

json_t *guest_progress(struct history *history, int64_t guest)
{
	static const char *const words[] = { NULL, "better", "unchanged", "worse" };
	struct pain pain;
	enum trend trend;
	bool not_helping;
	json_t *sessions;

	if (read_pain(history, guest, &pain) < 0) {
		return NULL;
	}
	sessions = list_sessions(history, guest);
	if (sessions == NULL) {
		return NULL;
	}
	trend = judge_pain(&pain);
	not_helping = trend == TREND_UNCHANGED && pain.count >= HONEST_SESSIONS;
	return json_pack("{s:o, s:I, s:o, s:o, s:o, s:s?, s:o, s:b}", "sessions", sessions, "count",
			 (json_int_t)pain.count, "pain_first",
			 pain.count > 0 ? rounded(pain.first) : json_null(), "pain_recent",
			 pain.count > 0 ? rounded(pain.recent) : json_null(), "change",
			 pain.count > 1 ? rounded(pain.recent - pain.first) : json_null(), "word",
			 words[trend], "text", pain_text(trend, not_helping), "see_doctor",
			 not_helping || trend == TREND_WORSE);
}

/* ---- left against right ---- */

/* Stiffness with its standard error. */
struct value {
	double n_mm;
	double error_n_mm;
};

struct differences {
	size_t count;
	int64_t session[BALANCE_MOST];
	struct value left[BALANCE_MOST];
	struct value right[BALANCE_MOST];
	struct value difference[BALANCE_MOST]; /* left less right */
};

static int read_differences(struct history *history, int64_t guest, enum zone left, enum zone right,
			    struct differences *ret)
{
	struct db_query q = db_begin(
		history,
		"SELECT * FROM (SELECT l.session, l.n_mm, l.error_n_mm, r.n_mm, r.error_n_mm"
		" FROM stiffness AS l JOIN stiffness AS r ON r.session = l.session"
		" JOIN session ON session.id = l.session"
		" WHERE session.guest = ?1 AND l.zone = ?2 AND r.zone = ?3"
		" ORDER BY l.session DESC LIMIT ?4) ORDER BY 1");

	ret->count = 0;
	db_int(&q, guest);
	db_text(&q, zone_name(left));
	db_text(&q, zone_name(right));
	db_int(&q, BALANCE_MOST);
	while (ret->count < BALANCE_MOST && db_row(&q)) {
		const size_t i = ret->count++;

		ret->session[i] = db_get_int(&q, 0, 0);
		ret->left[i] = (struct value){ db_get_real(&q, 1), db_get_real(&q, 2) };
		ret->right[i] = (struct value){ db_get_real(&q, 3), db_get_real(&q, 4) };
		ret->difference[i] = (struct value){
			ret->left[i].n_mm - ret->right[i].n_mm,
			sqrt(ret->left[i].error_n_mm * ret->left[i].error_n_mm +
			     ret->right[i].error_n_mm * ret->right[i].error_n_mm),
		};
	}
	return db_end(&q);
}

/* Mean of @count values. Its error is what they say, or how far they scatter: the larger. */
static struct value mean_of(const struct value *values, size_t count)
{
	struct value mean = { 0 };
	double told = 0.0;
	double scatter = 0.0;

	for (size_t i = 0; i < count; i++) {
		mean.n_mm += values[i].n_mm / (double)count;
		told += values[i].error_n_mm * values[i].error_n_mm;
	}
	for (size_t i = 0; i < count; i++) {
		scatter += (values[i].n_mm - mean.n_mm) * (values[i].n_mm - mean.n_mm);
	}
	mean.error_n_mm = sqrt(told) / (double)count;
	if (count > 1) {
		mean.error_n_mm =
			fmax(mean.error_n_mm, sqrt(scatter / (double)(count - 1) / (double)count));
	}
	return mean;
}

static bool is_clear(double n_mm, double error_n_mm)
{
	return fabs(n_mm) > CLEAR_ERRORS * error_n_mm;
}

static const char *side_word(const struct value *difference)
{
	if (!is_clear(difference->n_mm, difference->error_n_mm)) {
		return "no_clear_difference";
	}
	return difference->n_mm > 0.0 ? "left_firmer" : "right_firmer";
}

/* The older half against the newer one; NULL: too few. */
static const char *trend_word(const struct differences *d)
{
	const size_t half = d->count / 2;
	struct value before;
	struct value now;
	double gain;

	if (d->count < TREND_LEAST) {
		return NULL;
	}
	before = mean_of(d->difference, half);
	now = mean_of(d->difference + half, d->count - half);
	gain = fabs(before.n_mm) - fabs(now.n_mm);
	if (!is_clear(gain, sqrt(before.error_n_mm * before.error_n_mm +
				 now.error_n_mm * now.error_n_mm))) {
		return "no_clear_change";
	}
	return gain > 0.0 ? "more_even" : "less_even";
}

static json_t *value_json(const struct value *value)
{
	return json_pack("{s:o, s:o}", "n_mm", rounded(value->n_mm), "error_n_mm",
			 rounded(value->error_n_mm));
}

static json_t *pair_json(const char *part, const struct differences *d)
{
	json_t *list = json_array();
	const size_t last = d->count - 1;

	for (size_t i = 0; i < d->count; i++) {
		(void)json_array_append_new(
			list, json_pack("{s:I, s:o, s:o}", "session", (json_int_t)d->session[i],
					"difference_n_mm", rounded(d->difference[i].n_mm),
					"error_n_mm", rounded(d->difference[i].error_n_mm)));
	}
	return json_pack("{s:s, s:o, s:o, s:o, s:s, s:s?, s:o}", "part", part, "left",
			 value_json(&d->left[last]), "right", value_json(&d->right[last]),
			 "difference", value_json(&d->difference[last]), "word",
			 side_word(&d->difference[last]), "trend", trend_word(d), "sessions", list);
}

json_t *guest_balance(struct history *history, int64_t guest)
{
	static const struct {
		const char *part;
		enum zone left;
		enum zone right;
	} pairs[] = { { "glute", ZONE_GLUTE_LEFT, ZONE_GLUTE_RIGHT },
		      { "thigh", ZONE_THIGH_LEFT, ZONE_THIGH_RIGHT },
		      { "calf", ZONE_CALF_LEFT, ZONE_CALF_RIGHT } };
	struct differences *d = calloc(1, sizeof(*d));
	json_t *list = json_array();
	int r = d == NULL || list == NULL ? -1 : 0;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]) && r == 0; i++) {
		r = read_differences(history, guest, pairs[i].left, pairs[i].right, d);
		if (r == 0 && d->count > 0) {
			(void)json_array_append_new(list, pair_json(pairs[i].part, d));
		}
	}
	free(d);
	if (r < 0) {
		json_decref(list);
		return NULL;
	}
	return json_pack("{s:o, s:o}", "pairs", list, "text",
			 text_of("How firm the muscles felt to the rollers. It is no diagnosis.",
				 "Wie fest sich die Muskeln für die Rollen anfühlten. Es ist keine "
				 "Diagnose."));
}

/* ---- everything ---- */

static const char *const record_columns[] = {
	"kind",	      "at_s",	   "id",	"session",	   "side",
	"what",	      "outcome",   "seconds",	"level",	   "pain",
	"pain_after", "tolerance", "zone_n_mm", "zone_error_n_mm", "answers",
};
#define RECORD_COLUMNS ((int)(sizeof(record_columns) / sizeof(record_columns[0])))

static const char records_sql[] =
	"SELECT 'check_in' AS kind, at_s, id, NULL, side, cause, decision, NULL, NULL, pain, NULL,"
	" NULL, NULL, NULL, answers, 0 AS rank FROM check_in WHERE guest = ?1"
	" UNION ALL SELECT 'session', end_s, id, id, side, program, ended, seconds, level,"
	" pain_before, pain_after, tolerance, NULL, NULL, NULL, 1 FROM session WHERE guest = ?1"
	" UNION ALL SELECT 'stiffness', end_s, NULL, session, NULL, zone, NULL, NULL, NULL, NULL,"
	" NULL, NULL, n_mm, error_n_mm, NULL, 2 FROM stiffness JOIN session ON id = session"
	" WHERE guest = ?1"
	" UNION ALL SELECT 'check_out', at_s, id, session, NULL, NULL, tolerance, NULL, NULL, pain,"
	" NULL, NULL, NULL, NULL, answers, 3 FROM check_out WHERE guest = ?1"
	" ORDER BY 2, rank, 3, 6 LIMIT ?2 OFFSET ?3";

static json_t *column_json(struct db_query *q, int column)
{
	if (db_is_null(q, column)) {
		return NULL;
	}
	switch (sqlite3_column_type(q->stmt, column)) {
	case SQLITE_INTEGER:
		return json_integer(db_get_int(q, column, 0));
	case SQLITE_FLOAT:
		return json_real(db_get_real(q, column));
	default:
		return strcmp(record_columns[column], "answers") == 0
			       ? json_loads(db_get_text(q, column), 0, NULL)
			       : json_string(db_get_text(q, column));
	}
}

static json_t *record_json(struct db_query *q)
{
	json_t *record = json_object();

	for (int c = 0; c < RECORD_COLUMNS; c++) {
		json_t *value = column_json(q, c);

		if (value != NULL) {
			(void)json_object_set_new(record, record_columns[c], value);
		}
	}
	return record;
}

static void print_csv_field(FILE *to, const char *text)
{
	if (strpbrk(text, ",\"\n\r") == NULL) {
		(void)fputs(text, to);
		return;
	}
	(void)fputc('"', to);
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '"') {
			(void)fputc('"', to);
		}
		(void)fputc(*c, to);
	}
	(void)fputc('"', to);
}

static void print_csv_row(FILE *to, struct db_query *q)
{
	for (int c = 0; c < RECORD_COLUMNS; c++) {
		print_csv_field(to, db_get_text(q, c));
		(void)fputs(c + 1 < RECORD_COLUMNS ? "," : "\r\n", to);
	}
}

static void print_csv_head(FILE *to)
{
	for (int c = 0; c < RECORD_COLUMNS; c++) {
		(void)fprintf(to, "%s%s", record_columns[c], c + 1 < RECORD_COLUMNS ? "," : "\r\n");
	}
}

/* Up to PAGE records into @records or @csv; *ret_next: whether there are more. */
static int read_page(struct history *history, int64_t guest, unsigned int from, json_t *records,
		     FILE *csv, bool *ret_more)
{
	struct db_query q = db_begin(history, records_sql);
	unsigned int count = 0;

	db_int(&q, guest);
	db_int(&q, PAGE + 1);
	db_int(&q, from);
	while (count <= PAGE && db_row(&q)) {
		count++;
		if (count > PAGE) {
			break;
		}
		if (csv != NULL) {
			print_csv_row(csv, &q);
		} else {
			(void)json_array_append_new(records, record_json(&q));
		}
	}
	*ret_more = count > PAGE;
	return db_end(&q);
}

static json_t *read_body(struct history *history, int64_t guest)
{
	struct db_query q = db_begin(history, "SELECT body FROM guest WHERE id = ?1");
	json_t *body = NULL;

	db_int(&q, guest);
	if (db_row(&q)) {
		body = json_loads(db_get_text(&q, 0), 0, NULL);
	}
	return db_end(&q) < 0 || body == NULL ? json_null() : body;
}

json_t *guest_export(struct history *history, const struct guest_profile *profile, bool csv,
		     unsigned int from)
{
	json_t *page = json_pack("{s:s}", "format", csv ? "csv" : "json");
	json_t *records = json_array();
	char *text = NULL;
	size_t size = 0;
	FILE *to = csv ? open_memstream(&text, &size) : NULL;
	bool more = false;
	int r = page == NULL || records == NULL || (csv && to == NULL) ? -1 : 0;

	if (r == 0 && csv && from == 0) {
		print_csv_head(to);
	}
	if (r == 0) {
		r = read_page(history, profile->id, from, records, to, &more);
	}
	if (to != NULL && fclose(to) != 0) {
		r = -1; /* memory ran out on the way */
	}
	if (r == 0) {
		json_t *profile_doc = from == 0 ? guests_profile_document(profile) : NULL;

		if (profile_doc != NULL) {
			(void)json_object_set_new(profile_doc, "body",
						  read_body(history, profile->id));
			(void)json_object_set_new(page, "profile", profile_doc);
		}
		(void)json_object_set_new(page, csv ? "csv" : "records",
					  csv ? json_stringn(text, size) : json_incref(records));
		(void)json_object_set_new(
			page, "next", more ? json_integer((json_int_t)from + PAGE) : json_null());
	} else {
		json_decref(page);
		page = NULL;
	}
	json_decref(records);
	free(text);
	return page;
}
