/* SPDX-License-Identifier: MIT */
#include "wear_table.h"

#include <assert.h>
#include <stdio.h>

#define AXIS_COUNTERS (WEAR_BIT(WEAR_MOTION_H) | WEAR_BIT(WEAR_STARTS))
#define TRACK	      (AXIS_COUNTERS | WEAR_BIT(WEAR_STROKES) | WEAR_BIT(WEAR_DISTANCE))

static const struct wear_kind_row kinds[WEAR_KIND_COUNT] = {
	[WEAR_TRAVEL] = { "travel", TRACK,
			  "Belt, guide and end buffers: tension, play, dust, grease. Push it "
			  "through by hand without power." },
	[WEAR_DEPTH] = { "depth", TRACK,
			 "Belt or screw, bearings and return spring: without power 30 mm out by "
			 "hand, back at its stop within 2 s." },
	[WEAR_KNEAD] = { "knead", AXIS_COUNTERS | WEAR_BIT(WEAR_REVOLUTIONS),
			 "Eccentric and gear: play, noise, grease." },
	[WEAR_PAD] = { "pad", WEAR_BIT(WEAR_ON_H) | WEAR_BIT(WEAR_HEAT_CYCLES),
		       "Pad, bimetal and cable: brown spots, brittle sheath, a bend that has "
		       "become sharp; about 23 ohm." },
	[WEAR_SSR] = { "ssr", WEAR_BIT(WEAR_SWITCHINGS),
		       "Terminals and seat on its heat sink; under 1 V at the pad while off." },
	[WEAR_RELAY] = { "relay", WEAR_BIT(WEAR_CLOSINGS),
			 "Contacts by ohmmeter, and the proof test; to be replaced before they "
			 "weld." },
};

/* No maker's figures are known for parts that each builder chooses: these are judgement, on the
 * side of looking too early. */
#define JUDGEMENT "judgement"
const struct wear_limit_row wear_limits[WEAR_LIMIT_COUNT] = {
	{ WEAR_TRAVEL, WEAR_MOTION_H, 3000, 20000, JUDGEMENT ": grease of small gear motors" },
	{ WEAR_TRAVEL, WEAR_STROKES, 1000000, 10000000, JUDGEMENT ": toothed belts" },
	{ WEAR_DEPTH, WEAR_MOTION_H, 3000, 20000, JUDGEMENT ": grease of small gear motors" },
	{ WEAR_DEPTH, WEAR_STROKES, 1000000, 10000000, JUDGEMENT ": springs" },
	{ WEAR_KNEAD, WEAR_REVOLUTIONS, 3000000, 30000000, JUDGEMENT ": 2500 h at 20 rpm" },
	{ WEAR_PAD, WEAR_ON_H, 3000, 20000, JUDGEMENT ": heating wires that bend" },
	{ WEAR_PAD, WEAR_HEAT_CYCLES, 10000, 100000, JUDGEMENT ": five a day for five years" },
	{ WEAR_SSR, WEAR_SWITCHINGS, 5000000, 100000000, JUDGEMENT ": nothing in it moves" },
	{ WEAR_RELAY, WEAR_CLOSINGS, 50000, 1000000,
	  JUDGEMENT ": force-guided relays reach millions without load, a small part of it with "
		    "that of eight drives" },
};

static const char *const counters[WEAR_COUNTER_COUNT] = {
	[WEAR_MOTION_H] = "motion_h",	    [WEAR_ON_H] = "on_h",
	[WEAR_STARTS] = "starts",	    [WEAR_STROKES] = "strokes",
	[WEAR_DISTANCE] = "distance_m",	    [WEAR_REVOLUTIONS] = "revolutions",
	[WEAR_HEAT_CYCLES] = "heat_cycles", [WEAR_SWITCHINGS] = "switchings",
	[WEAR_CLOSINGS] = "closings",
};

const struct wear_kind_row *wear_kind_row(enum wear_kind kind)
{
	assert((unsigned int)kind < WEAR_KIND_COUNT);
	return &kinds[kind];
}

const char *wear_counter_name(enum wear_counter counter)
{
	assert((unsigned int)counter < WEAR_COUNTER_COUNT);
	return counters[counter];
}

enum wear_kind wear_part_kind(unsigned int part)
{
	if (part < WEAR_PAD_FIRST) {
		return (enum wear_kind)(part % AXIS_KIND_COUNT);
	}
	if (part < WEAR_SSR_FIRST) {
		return WEAR_PAD;
	}
	return part < WEAR_RELAY_ONE ? WEAR_SSR : WEAR_RELAY;
}

const char *wear_part_name(unsigned int part, char name[32])
{
	const char *kind = kinds[wear_part_kind(part)].name;

	if (part < WEAR_PAD_FIRST) {
		(void)snprintf(name, 32, "%s.%s",
			       roller_name((enum roller)(part / AXIS_KIND_COUNT)), kind);
	} else if (part < WEAR_RELAY_ONE) {
		(void)snprintf(name, 32, "%s.%s", kind,
			       pad_name((enum pad)((part - WEAR_PAD_FIRST) % PAD_COUNT)));
	} else {
		(void)snprintf(name, 32, "%s", kind);
	}
	return name;
}
