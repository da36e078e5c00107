/* SPDX-License-Identifier: MIT */
/*
 * wear_table.h - what wears in a chair, by what it is counted, how much it may become before
 * somebody should look, and at what.
 */
#ifndef CHAIRD_WEAR_TABLE_H
#define CHAIRD_WEAR_TABLE_H

#include "types.h"

#include <stddef.h>

enum wear_kind {
	WEAR_TRAVEL,
	WEAR_DEPTH,
	WEAR_KNEAD,
	WEAR_PAD,
	WEAR_SSR,
	WEAR_RELAY,
	WEAR_KIND_COUNT
};
_Static_assert((int)WEAR_TRAVEL == (int)AXIS_TRAVEL && (int)WEAR_DEPTH == (int)AXIS_DEPTH &&
		       (int)WEAR_KNEAD == (int)AXIS_KNEAD,
	       "an axis' kind is its kind of wear");

enum wear_counter {
	WEAR_MOTION_H,
	WEAR_ON_H,
	WEAR_STARTS,   /* from standing still */
	WEAR_STROKES,  /* ways in one direction */
	WEAR_DISTANCE, /* m */
	WEAR_REVOLUTIONS,
	WEAR_HEAT_CYCLES,
	WEAR_SWITCHINGS,
	WEAR_CLOSINGS,
	WEAR_COUNTER_COUNT
};

#define WEAR_BIT(counter) (1U << (unsigned int)(counter))

struct wear_kind_row {
	const char *name;      /* as in chair.yaml */
	unsigned int counters; /* bits of enum wear_counter */
	const char *inspect;   /* what to look at near the limit */
};

struct wear_limit_row {
	enum wear_kind kind;
	enum wear_counter counter;
	double limit; /* where chair.yaml says nothing */
	double max;   /* that chair.yaml may say */
	const char *source;
};

#define WEAR_LIMIT_COUNT 9
extern const struct wear_limit_row wear_limits[WEAR_LIMIT_COUNT];

/* @kind, @counter within their counts. */
const struct wear_kind_row *wear_kind_row(enum wear_kind kind);
const char *wear_counter_name(enum wear_counter counter); /* with its unit: "motion_h" */

/* The actuators: fifteen axes, five pads, their five solid-state relays, the enable relay. */
#define WEAR_PAD_FIRST AXIS_COUNT
#define WEAR_SSR_FIRST (WEAR_PAD_FIRST + PAD_COUNT)
#define WEAR_RELAY_ONE (WEAR_SSR_FIRST + PAD_COUNT)
#define WEAR_PARTS     (WEAR_RELAY_ONE + 1)

enum wear_kind wear_part_kind(unsigned int part);
/* "back.travel", "pad.lower_back", "ssr.lower_back", "relay". Returns @name. */
const char *wear_part_name(unsigned int part, char name[32]);

#endif /* CHAIRD_WEAR_TABLE_H */
