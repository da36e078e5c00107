/* SPDX-License-Identifier: MIT */
/*
 * scan.h - light touch along the travel of every roller finds this body: the hollow of the lumbar
 * spine, the top of the pelvis, where it sits, the hollows of the knees. Zones are then placed on
 * it and not on the upholstery.
 */
#ifndef CORE_SCAN_H
#define CORE_SCAN_H

#include "config.h"
#include "roller.h"

#define SCAN_PITCH_MM 10.0f
#define SCAN_LENGTH   54 /* points on the longest track, 520 mm */

enum scan_result {
	SCAN_NONE,
	SCAN_FOUND,
	SCAN_NO_BODY, /* nothing that a person from 1.45 m to 1.95 m looks like */
	SCAN_RESULT_COUNT
};
const char *scan_result_name(enum scan_result result);

/* mm along the travel of the roller that felt it. */
struct body {
	float lumbar_mm;  /* deepest point of the hollow, back */
	float pelvis_mm;  /* upper edge of the pelvis, back */
	float seat_mm[2]; /* where it sits: left, right */
	float knee_mm[2]; /* hollow of the knee: left, right */
	float size;	  /* 1.0 = the middle body of 1.75 m; from the knees */
};

struct scan_point {
	float depth_mm; /* where the roller was ... */
	float force_n;	/* ... when it touched with this force; 0 = not touched yet */
};

/* All zero: nothing scanned. */
struct scan {
	bool wanted; /* by the session that starts */
	enum scan_result result;
	uint64_t since_us;				    /* 0 = not begun */
	struct body body;				    /* valid with SCAN_FOUND */
	struct scan_point touch[ROLLER_COUNT][SCAN_LENGTH]; /* on the way down */
	struct scan_point press[ROLLER_COUNT][SCAN_LENGTH]; /* on the way up */
};

/* A scan begins: everything is forgotten, the rollers go over their tracks if it is @wanted. */
void scan_begin(struct scan *scan, bool wanted, uint64_t now_us);

/* Note what roller @r feels where it is now. False when no body can be there: it is out too far. */
bool scan_take(struct scan *scan, enum roller r, const struct roller_ctl *ctl);

/* Find the body in what was felt. SCAN_FOUND or SCAN_NO_BODY. */
enum scan_result scan_judge(const struct scan *scan, struct body *ret_body);

/* Place the zones of @config on a body that was found, moved by @correction_mm (bounded, so that no
 * zone reaches the hollow of a knee). */
void scan_place(const struct body *body, const float correction_mm[ROLLER_COUNT],
		const struct chair_config *config, struct zone_config ret_zone[ZONE_COUNT]);

#endif /* CORE_SCAN_H */
