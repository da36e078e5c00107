/* SPDX-License-Identifier: MIT */
#include "scan.h"

#include <assert.h>
#include <stddef.h>

#define DEPTH_MAX_MM   36.0f  /* beyond, the return spring eats up what the homing current gives */
#define HOLLOW_MM      1.5f   /* the lumbar spine lies at least this much deeper than the pelvis */
#define UNLIKE_MM      40.0f  /* left against right */
#define KNEE_MIDDLE_MM 270.0f /* of the middle body, 1.75 m, like the sizes below */
#define BACK_MM	       200.0f
#define BACK_EDGE_MM   20.0f /* between the lowest stroke and the edge of the pelvis */
#define GLUTE_HALF_MM  60.0f
#define KNEE_GAP_MM    45.0f /* half of what the hollow of the knee keeps free */
#define CALF_END_MM    490.0f
#define MORE_MIN_N     2.0f /* in five points; less tells nothing */
#define GIVE_MAX_MM_N  4.0f
#define WIDE	       5U    /* points to either side that make a hollow */
#define NARROW	       4U    /* and a sitting bone */
#define MARGIN_MM      10.0f /* to the mechanical stops */
#define CORRECT_MM     40.0f
#define CORRECT_LEG_MM 20.0f /* less than half of the gap */

static const char *const result_names[] = { "none", "found", "no_body" };
_Static_assert(sizeof(result_names) / sizeof(result_names[0]) == SCAN_RESULT_COUNT,
	       "a name for each");

const char *scan_result_name(enum scan_result result)
{
	return (unsigned int)result < SCAN_RESULT_COUNT ? result_names[result] : "invalid";
}

void scan_begin(struct scan *scan, bool wanted, uint64_t now_us)
{
	assert(scan != NULL);

	*scan = (struct scan){ .wanted = wanted, .since_us = now_us };
}

bool scan_take(struct scan *scan, enum roller r, const struct roller_ctl *ctl)
{
	const struct scan_point point = { ctl->depth_mm, ctl->force_n };
	const int index = (int)(ctl->travel_mm / SCAN_PITCH_MM);
	const bool holds = ctl->stage == ROLLER_STAGE_HOLD && ctl->order == ROLLER_ORDER_SCAN;

	/* Of several samples between two points of the grid the last one before the next stays. */
	if (holds && ctl->scan_pass == SCAN_PASS_DOWN && index >= 0 && index + 1 < SCAN_LENGTH) {
		scan->touch[r][index + 1] = point;
	} else if (holds && ctl->scan_pass == SCAN_PASS_UP && index >= 0 && index < SCAN_LENGTH) {
		scan->press[r][index] = point;
	}
	return ctl->order != ROLLER_ORDER_SCAN || ctl->depth_mm <= DEPTH_MAX_MM;
}

static float bounded(float value, float bound)
{
	if (value > bound) {
		return bound;
	}
	return value < -bound ? -bound : value;
}

/* A stretch of a profile, in points of the grid. */
struct stretch {
	unsigned int from;
	unsigned int to;
};

/* What one roller felt. */
struct felt {
	const struct scan_point *touch;
	const struct scan_point *press;
};

static bool is_felt(struct felt p, struct stretch s)
{
	bool felt = true;

	for (unsigned int i = s.from; i <= s.to; i++) {
		felt = felt && p.touch[i].force_n > 0.0f && p.press[i].force_n > 0.0f;
	}
	return felt;
}

/* How much the body gives around point @i, mm/N: deeper, for more force. */
static float give_mm_n(struct felt p, unsigned int i)
{
	float deeper_mm = 0.0f;
	float more_n = 0.0f;

	for (unsigned int k = i - 2U; k <= i + 2U; k++) {
		deeper_mm += p.press[k].depth_mm - p.touch[k].depth_mm;
		more_n += p.press[k].force_n - p.touch[k].force_n;
	}
	return more_n > MORE_MIN_N ? bounded(deeper_mm / more_n, GIVE_MAX_MM_N) : 0.0f;
}

/* The body's surface: where a roller is that does not press. A touch that is a little light or
 * firm, and a soft calf below a firm thigh, change nothing. */
static float surface_mm(struct felt p, unsigned int i)
{
	return p.touch[i].depth_mm - p.touch[i].force_n * give_mm_n(p, i);
}

/* The parabola that fits best around point @i: where its vertex is, from there, and which way it
 * opens. @half points on either side: one of them, moved by a breath, is no landmark. */
struct parabola {
	float sum_mm;
	float vertex; /* points from @i, at most @half */
	float bend;
};

static struct parabola fit(struct felt points, unsigned int i, unsigned int half)
{
	const float mean_square = (float)(half * (half + 1U)) / 3.0f;
	struct parabola p = { 0 };
	float slope = 0.0f;
	float squares = 0.0f;
	float bends = 0.0f;

	for (unsigned int k = 0; k <= 2U * half; k++) {
		const float x = (float)k - (float)half;
		const float y = surface_mm(points, i + k - half);
		const float bow = x * x - mean_square;

		p.sum_mm += y;
		slope += x * y;
		squares += x * x;
		p.bend += bow * y;
		bends += bow * bow;
	}
	p.bend /= bends;
	p.vertex = bounded(-slope / squares / (2.0f * p.bend), (float)half);
	return p;
}

/* The summit (@sign 1) or bottom (-1) of a stretch; 0 when it has none. */
static float summit_mm(struct felt points, struct stretch s, unsigned int half, float sign)
{
	unsigned int best = s.from;
	struct parabola p;

	for (unsigned int i = s.from; i <= s.to; i++) {
		if (sign * fit(points, i, half).sum_mm > sign * fit(points, best, half).sum_mm) {
			best = i;
		}
	}
	p = fit(points, best, half);
	return sign * p.bend < 0.0f ? ((float)best + p.vertex) * SCAN_PITCH_MM : 0.0f;
}

/* Below the lumbar hollow the body comes nearer most steeply at the edge of the pelvis; 0 where it
 * does nowhere. */
static float edge_mm(struct felt points, struct stretch s)
{
	float steepest_mm = 0.0f;
	float weight = 0.0f;
	float moment = 0.0f;

	for (unsigned int i = s.from; i <= s.to; i++) {
		const float drop_mm = surface_mm(points, i - 2) - surface_mm(points, i + 2);

		steepest_mm = drop_mm > steepest_mm ? drop_mm : steepest_mm;
	}
	for (unsigned int i = s.from; i <= s.to; i++) {
		const float drop_mm = surface_mm(points, i - 2) - surface_mm(points, i + 2);
		const float over_mm = drop_mm - 0.7f * steepest_mm;

		if (over_mm > 0.0f) {
			weight += over_mm;
			moment += over_mm * (float)i;
		}
	}
	return weight > 0.0f ? moment / weight * SCAN_PITCH_MM : 0.0f;
}

static bool within(float value, float low, float high)
{
	return value >= low && value <= high;
}

static bool alike(const float pair[2])
{
	return within(pair[0] - pair[1], -UNLIKE_MM, UNLIKE_MM);
}

/* Where landmarks of people from 1.45 m to 1.95 m can be, with what the seat's padding adds. */
static bool is_plausible(const struct body *b)
{
	bool plausible = b->lumbar_mm >= 90.0f && b->pelvis_mm >= 215.0f && alike(b->seat_mm) &&
			 alike(b->knee_mm);

	for (unsigned int side = 0; side < 2; side++) {
		plausible = plausible && within(b->seat_mm[side], 45.0f, 110.0f) &&
			    within(b->knee_mm[side], 205.0f, 325.0f);
	}
	return plausible;
}

static struct felt felt_by(const struct scan *scan, unsigned int r)
{
	return (struct felt){ scan->touch[r], scan->press[r] };
}

enum scan_result scan_judge(const struct scan *scan, struct body *ret_body)
{
	static const struct stretch back = { 2, 31 }; /* what is looked at, with its neighbours */
	static const struct stretch seat = { 2, 15 };
	static const struct stretch leg = { 13, 40 };
	static const struct stretch hollow = { 9, 24 };
	static const struct stretch pelvis = { 20, 27 };
	static const struct stretch bone = { 8, 9 };
	static const struct stretch knee = { 20, 33 };
	const struct felt lumbar = felt_by(scan, ROLLER_BACK);
	bool felt = is_felt(lumbar, back);
	struct body b = { 0 };

	assert(ret_body != NULL);

	b.lumbar_mm = summit_mm(lumbar, hollow, WIDE, 1.0f);
	b.pelvis_mm = edge_mm(lumbar, pelvis);
	for (unsigned int side = 0; side < 2; side++) {
		const struct felt seats = felt_by(scan, ROLLER_SEAT_LEFT + side);
		const struct felt legs = felt_by(scan, ROLLER_LEG_LEFT + side);

		felt = felt && is_felt(seats, seat) && is_felt(legs, leg);
		b.seat_mm[side] = summit_mm(seats, bone, NARROW, -1.0f);
		b.knee_mm[side] = summit_mm(legs, knee, WIDE, 1.0f);
	}
	b.size = 0.5f * (b.knee_mm[0] + b.knee_mm[1]) / KNEE_MIDDLE_MM;
	if (!felt || !is_plausible(&b) ||
	    surface_mm(lumbar, (unsigned int)(b.lumbar_mm / SCAN_PITCH_MM)) -
			    surface_mm(lumbar, pelvis.to) <
		    HOLLOW_MM) {
		return SCAN_NO_BODY;
	}
	*ret_body = b;
	return SCAN_FOUND;
}

/* The upper and lower end of @zone on this body. */
static void extent(const struct body *b, enum zone zone, float *ret_from_mm, float *ret_to_mm)
{
	const unsigned int side =
		zone == ZONE_GLUTE_RIGHT || zone == ZONE_THIGH_RIGHT || zone == ZONE_CALF_RIGHT;

	if (zone == ZONE_LOWER_BACK) {
		*ret_to_mm = b->pelvis_mm - BACK_EDGE_MM;
		*ret_from_mm = *ret_to_mm - BACK_MM * b->size;
	} else if (zone == ZONE_GLUTE_LEFT || zone == ZONE_GLUTE_RIGHT) {
		*ret_from_mm = b->seat_mm[side] - GLUTE_HALF_MM * b->size;
		*ret_to_mm = b->seat_mm[side] + GLUTE_HALF_MM * b->size;
	} else if (zone == ZONE_THIGH_LEFT || zone == ZONE_THIGH_RIGHT) {
		*ret_from_mm = MARGIN_MM;
		*ret_to_mm = b->knee_mm[side] - KNEE_GAP_MM;
	} else {
		*ret_from_mm = b->knee_mm[side] + KNEE_GAP_MM;
		*ret_to_mm = CALF_END_MM * b->size;
	}
}

void scan_place(const struct body *body, const float correction_mm[ROLLER_COUNT],
		const struct chair_config *config, struct zone_config ret_zone[ZONE_COUNT])
{
	assert(body != NULL);
	assert(config != NULL);

	for (unsigned int z = 0; z < ZONE_COUNT; z++) {
		struct zone_config *zone = &ret_zone[z];
		const enum roller r = config->zone[z].roller;
		const bool leg = r == ROLLER_LEG_LEFT || r == ROLLER_LEG_RIGHT;
		const float by_mm = bounded(correction_mm[r], leg ? CORRECT_LEG_MM : CORRECT_MM);
		const float end_mm = config->roller[r].axis[AXIS_TRAVEL].range_mm - MARGIN_MM;

		*zone = config->zone[z];
		extent(body, (enum zone)z, &zone->from_mm, &zone->to_mm);
		zone->from_mm += by_mm;
		zone->to_mm += by_mm;
		zone->from_mm = zone->from_mm < MARGIN_MM ? MARGIN_MM : zone->from_mm;
		zone->to_mm = zone->to_mm > end_mm ? end_mm : zone->to_mm;
	}
}
