/* SPDX-License-Identifier: MIT */
#include "wear.h"

#include "documents.h"
#include "history_db.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GAP_US	   (1 * S_US) /* a snapshot later than that says nothing of the time between */
#define STILL_US   (1 * S_US) /* a turn is no start */
#define MOVING	   0.5f	      /* mm/s, rpm: less is a drive that holds its place */
#define STROKE_MM  2.0f	      /* less is following a breath */
#define SWING_C	   5.0f
#define REPLACED   20 /* last ones told */
#define HOUR_S	   3600.0
#define STEPS_FINE 1000.0
#define PCT	   100.0

/* Turns of a value, leaving out those smaller than a size. */
struct swing {
	bool known;
	float extreme;
	int direction; /* 1 up, -1 down, 0 not yet */
};

struct axis_watch {
	uint64_t stamp_us;
	bool known; /* pos_mm is of this power-up */
	float pos_mm;
	bool moving;
	uint64_t moved_us; /* last seen moving */
	struct swing swing;
};

struct wear_part {
	double value[WEAR_COUNTER_COUNT];
	char since[32];
	bool warned;
	bool changed; /* differs from what is stored */
};

struct wear {
	struct history *history; /* NULL: nothing is stored */
	const struct setup *setup;
	struct wear_part part[WEAR_PARTS];
	uint64_t now_us;
	struct axis_watch axis[AXIS_COUNT];
	bool ssr_on[PAD_COUNT];
	struct swing heat[PAD_COUNT];
	bool relay_known;
	bool relay_closed;
};

/* ---- counting ---- */

static void add(struct wear *wear, unsigned int part, enum wear_counter counter, double more)
{
	wear->part[part].value[counter] += more;
	wear->part[part].changed = true;
}

/* True when it has turned by @least, or gone the first way. */
static bool take_swing(struct swing *swing, float value, float least)
{
	const float way = swing->known ? value - swing->extreme : 0.0f;
	const int direction = way > 0.0f ? 1 : -1;

	if (!swing->known) {
		*swing = (struct swing){ .known = true, .extreme = value };
		return false;
	}
	if (direction == swing->direction) {
		swing->extreme = value;
		return false;
	}
	if (fabsf(way) < least) {
		return false;
	}
	swing->direction = direction;
	swing->extreme = value;
	return true;
}

static void take_position(struct wear *wear, unsigned int a, float pos_mm)
{
	struct axis_watch *axis = &wear->axis[a];

	if (axis->known && axis->moving) {
		add(wear, a, WEAR_DISTANCE, (double)fabsf(pos_mm - axis->pos_mm) / 1000.0);
	}
	if (take_swing(&axis->swing, pos_mm, STROKE_MM)) {
		add(wear, a, WEAR_STROKES, 1.0);
	}
	axis->pos_mm = pos_mm;
	axis->known = true;
}

static void take_axis(struct wear *wear, const struct control_snapshot *s, unsigned int a,
		      double dt_s)
{
	const unsigned int roller = a / AXIS_KIND_COUNT;
	const enum axis_kind kind = (enum axis_kind)(a % AXIS_KIND_COUNT);
	const uint64_t stamp_us =
		s->in.drive[wear->setup->core.roller[roller].axis[kind].drive].stamp_us;
	const float speed = s->in.axis[a].speed;
	struct axis_watch *axis = &wear->axis[a];

	if (!wear->relay_closed || stamp_us == 0 || s->now_us - stamp_us > LIMIT_DRIVE_AGE_US) {
		/* a drive without power forgets where it was */
		axis->known = false;
		axis->moving = false;
		axis->swing.known = false;
		return;
	}
	axis->moving = fabsf(speed) > MOVING;
	if (axis->moving) {
		if (axis->moved_us == 0 || s->now_us - axis->moved_us > STILL_US) {
			add(wear, a, WEAR_STARTS, 1.0);
		}
		axis->moved_us = s->now_us;
		add(wear, a, WEAR_MOTION_H, dt_s / HOUR_S);
	}
	if (axis->moving && kind == AXIS_KNEAD) {
		add(wear, a, WEAR_REVOLUTIONS, (double)fabsf(speed) / 60.0 * dt_s);
	}
	if (kind != AXIS_KNEAD && stamp_us > axis->stamp_us) {
		axis->stamp_us = stamp_us;
		take_position(wear, a, s->in.axis[a].pos);
	}
}

static void take_pad(struct wear *wear, const struct control_snapshot *s, unsigned int p,
		     double dt_s)
{
	const bool on = (s->out.coils >> (COIL_SSR_LOWER_BACK + p) & 1U) != 0;
	const struct heat_ctl *pad = &s->pad[p];

	if (on) {
		add(wear, WEAR_PAD_FIRST + p, WEAR_ON_H, dt_s / HOUR_S);
	}
	if (on && !wear->ssr_on[p]) {
		add(wear, WEAR_SSR_FIRST + p, WEAR_SWITCHINGS, 1.0);
	}
	wear->ssr_on[p] = on;
	if (pad->valid && take_swing(&wear->heat[p], pad->temp_c, SWING_C) &&
	    wear->heat[p].direction > 0) {
		add(wear, WEAR_PAD_FIRST + p, WEAR_HEAT_CYCLES, 1.0);
	}
}

static void take_relay(struct wear *wear, const struct control_snapshot *s)
{
	const bool closed = !switch_is_on(s->in.switches, SWITCH_RELAY_FEEDBACK);

	if (s->in.switches_stamp_us == 0) {
		return; /* not read yet */
	}
	if (wear->relay_known && closed && !wear->relay_closed) {
		add(wear, WEAR_RELAY_ONE, WEAR_CLOSINGS, 1.0);
	}
	wear->relay_known = true;
	wear->relay_closed = closed;
}

void wear_take(struct wear *wear, const struct control_snapshot *s)
{
	const uint64_t gap_us = s->now_us - wear->now_us;
	const double dt_s = wear->now_us == 0 || gap_us > GAP_US ? 0.0 : (double)gap_us * 1e-6;

	if (s->now_us <= wear->now_us) {
		return; /* nothing new */
	}
	wear->now_us = s->now_us;
	take_relay(wear, s);
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		take_axis(wear, s, a, dt_s);
	}
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		take_pad(wear, s, p, dt_s);
	}
}

/* ---- limits ---- */

/* The largest share of a limit. */
static double share_of(const struct wear *wear, unsigned int part)
{
	double share = 0.0;

	for (unsigned int i = 0; i < WEAR_LIMIT_COUNT; i++) {
		const struct wear_limit_row *row = &wear_limits[i];

		if (row->kind == wear_part_kind(part)) {
			share = fmax(share, wear->part[part].value[row->counter] /
						    wear->setup->wear_limit[i]);
		}
	}
	return share;
}

bool wear_due(struct wear *wear, char ret_name[32], unsigned int *ret_pct)
{
	for (unsigned int i = 0; i < WEAR_PARTS; i++) {
		struct wear_part *part = &wear->part[i];
		const double share = share_of(wear, i);

		if (share >= WEAR_WARN && !part->warned) {
			part->warned = true;
			part->changed = true;
			(void)wear_part_name(i, ret_name);
			*ret_pct = (unsigned int)(share * PCT);
			return true;
		}
	}
	return false;
}

json_t *wear_warnings(const struct wear *wear)
{
	json_t *list = json_array();
	char name[32];

	for (unsigned int i = 0; i < WEAR_PARTS; i++) {
		if (share_of(wear, i) >= WEAR_WARN) {
			(void)json_array_append_new(list, json_string(wear_part_name(i, name)));
		}
	}
	return list;
}

/* ---- the store ---- */

static bool has_counter(unsigned int part, unsigned int counter)
{
	return (wear_kind_row(wear_part_kind(part))->counters & WEAR_BIT(counter)) != 0;
}

static json_t *counters_of(const struct wear *wear, unsigned int part)
{
	json_t *object = json_object();

	for (unsigned int c = 0; c < WEAR_COUNTER_COUNT; c++) {
		if (has_counter(part, c)) {
			(void)json_object_set_new(object, wear_counter_name((enum wear_counter)c),
						  json_real(wear->part[part].value[c]));
		}
	}
	return object;
}

/* Its counters as text, bound to @q. */
static void bind_counters(struct db_query *q, const struct wear *wear, unsigned int part)
{
	json_t *object = counters_of(wear, part);
	char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(15));

	db_text(q, text == NULL ? "{}" : text);
	q->good = q->good && text != NULL;
	free(text);
	json_decref(object);
}

static int store_part(const struct wear *wear, unsigned int part)
{
	struct db_query q =
		db_begin(wear->history, "INSERT OR REPLACE INTO care VALUES (?1, ?2, ?3, ?4)");
	char name[32];

	db_text(&q, wear_part_name(part, name));
	db_text(&q, wear->part[part].since);
	db_int(&q, wear->part[part].warned ? 1 : 0);
	bind_counters(&q, wear, part);
	return db_do(&q);
}

int wear_store(struct wear *wear)
{
	int r;

	if (wear->history == NULL) {
		return 0;
	}
	r = db_run(wear->history, "BEGIN IMMEDIATE");
	for (unsigned int i = 0; i < WEAR_PARTS && r == 0; i++) {
		if (wear->part[i].changed) {
			r = store_part(wear, i);
		}
	}
	r = db_finish(wear->history, r);
	for (unsigned int i = 0; i < WEAR_PARTS && r == 0; i++) {
		wear->part[i].changed = false;
	}
	return r;
}

static int find_part(const char *name)
{
	char own[32];

	for (unsigned int i = 0; i < WEAR_PARTS; i++) {
		if (strcmp(wear_part_name(i, own), name) == 0) {
			return (int)i;
		}
	}
	return -ENOENT;
}

/* A row of the table. False: it cannot be understood. */
static bool take_row(struct wear *wear, struct db_query *q)
{
	const int found = find_part(db_get_text(q, 0));
	struct wear_part *part = found < 0 ? NULL : &wear->part[found];
	json_t *counters;

	if (part == NULL) {
		return true; /* of a newer version, or of a part that is no more */
	}
	counters = json_loads(db_get_text(q, 3), 0, NULL);
	if (counters == NULL) {
		return false;
	}
	(void)snprintf(part->since, sizeof(part->since), "%s", db_get_text(q, 1));
	part->warned = db_get_int(q, 2, 0) != 0;
	part->changed = false;
	for (unsigned int c = 0; c < WEAR_COUNTER_COUNT; c++) {
		const char *name = wear_counter_name((enum wear_counter)c);
		const double value = json_number_value(json_object_get(counters, name));

		part->value[c] = value > 0.0 ? value : 0.0;
	}
	json_decref(counters);
	return true;
}

static int load(struct wear *wear)
{
	struct db_query q =
		db_begin(wear->history, "SELECT actuator, since, warned, counters FROM care");
	bool good = true;
	int r;

	while (good && db_row(&q)) {
		good = take_row(wear, &q);
	}
	r = db_end(&q);
	return good ? r : -EIO;
}

static void begin_anew(struct wear *wear)
{
	for (unsigned int i = 0; i < WEAR_PARTS; i++) {
		wear->part[i] = (struct wear_part){ .changed = true };
		document_time(wear->part[i].since);
	}
}

int wear_new(struct history *history, const struct setup *setup, struct wear **ret)
{
	struct wear *wear = calloc(1, sizeof(*wear));
	int r = 0;

	if (wear == NULL) {
		return -ENOMEM;
	}
	wear->history = history;
	wear->setup = setup;
	begin_anew(wear);
	if (history != NULL) {
		r = load(wear);
	}
	if (r < 0) {
		begin_anew(wear);
		wear->history = NULL;
	}
	for (unsigned int i = 0; i < WEAR_PARTS; i++) {
		struct wear_part *part = &wear->part[i];

		if (part->warned && share_of(wear, i) < WEAR_WARN) {
			part->warned = false; /* the limit was raised: it is told anew */
			part->changed = true;
		}
	}
	*ret = wear;
	return r;
}

void wear_free(struct wear *wear)
{
	free(wear);
}

static int keep_old(const struct wear *wear, unsigned int part, const char *now)
{
	struct db_query q = db_begin(wear->history,
				     "INSERT INTO care_replaced (actuator, since, until, counters)"
				     " VALUES (?1, ?2, ?3, ?4)");
	char name[32];

	db_text(&q, wear_part_name(part, name));
	db_text(&q, wear->part[part].since);
	db_text(&q, now);
	bind_counters(&q, wear, part);
	return db_do(&q);
}

int wear_reset(struct wear *wear, const char *actuator)
{
	const int found = find_part(actuator);
	struct wear_part old;
	char now[32];
	int r;

	if (found < 0) {
		return found;
	}
	if (wear->history == NULL) {
		return -EIO;
	}
	document_time(now);
	old = wear->part[found];
	r = db_run(wear->history, "BEGIN IMMEDIATE");
	if (r == 0) {
		r = keep_old(wear, (unsigned int)found, now);
	}
	wear->part[found] = (struct wear_part){ 0 };
	memcpy(wear->part[found].since, now, sizeof(now));
	if (r == 0) {
		r = store_part(wear, (unsigned int)found);
	}
	r = db_finish(wear->history, r);
	if (r < 0) {
		wear->part[found] = old;
	}
	return r;
}

/* ---- what is told ---- */

static json_t *limits_of(const struct wear *wear, enum wear_kind kind)
{
	json_t *object = json_object();

	for (unsigned int i = 0; i < WEAR_LIMIT_COUNT; i++) {
		const struct wear_limit_row *row = &wear_limits[i];

		if (row->kind == kind) {
			(void)json_object_set_new(object, wear_counter_name(row->counter),
						  json_pack("{s:f, s:s}", "limit",
							    wear->setup->wear_limit[i], "source",
							    row->source));
		}
	}
	return object;
}

/* Thousandths are enough for people, and counts have none. */
static void round_values(json_t *counters)
{
	const char *key;
	json_t *value;

	json_object_foreach(counters, key, value)
	{
		(void)json_real_set(value, round(json_real_value(value) * STEPS_FINE) / STEPS_FINE);
	}
}

static json_t *part_document(const struct wear *wear, unsigned int part)
{
	const struct wear_kind_row *row = wear_kind_row(wear_part_kind(part));
	const double share = share_of(wear, part);
	json_t *counters = counters_of(wear, part);
	char name[32];

	round_values(counters);
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:i, s:b, s:s}", "name",
			 wear_part_name(part, name), "kind", row->name, "since",
			 wear->part[part].since, "counters", counters, "limits",
			 limits_of(wear, wear_part_kind(part)), "share_pct", (int)(share * PCT),
			 "warning", share >= WEAR_WARN, "inspect", row->inspect);
}

/* Actuators that were replaced, the newest first. */
static json_t *replaced(const struct wear *wear)
{
	json_t *list = json_array();
	struct db_query q;

	if (wear->history == NULL) {
		return list;
	}
	q = db_begin(wear->history, "SELECT actuator, since, until, counters FROM care_replaced"
				    " ORDER BY id DESC LIMIT ?1");
	db_int(&q, REPLACED);
	while (db_row(&q)) {
		json_t *counters = json_loads(db_get_text(&q, 3), 0, NULL);

		round_values(counters);
		(void)json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:o*}", "name", db_get_text(&q, 0),
					"since", db_get_text(&q, 1), "until", db_get_text(&q, 2),
					"counters", counters));
	}
	if (db_end(&q) < 0) {
		json_decref(list);
		return NULL; /* a part of it would pass for the whole */
	}
	return list;
}

json_t *wear_document(const struct wear *wear)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < WEAR_PARTS; i++) {
		(void)json_array_append_new(list, part_document(wear, i));
	}
	return json_pack("{s:b, s:o, s:o}", "stored", wear->history != NULL, "actuators", list,
			 "replaced", replaced(wear));
}
