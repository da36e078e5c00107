/* SPDX-License-Identifier: MIT */
/*
 * types.h - the kinds of things a chair has. Sizes are configuration, kinds are code.
 *
 * The enumerators of parts (zone, roller, axis, pad, drive, switch) are array indices and start at
 * a real part; every other enum starts with its safe value.
 */
#ifndef CORE_TYPES_H
#define CORE_TYPES_H

#include <stdbool.h>
#include <stdint.h>

enum zone {
	ZONE_LOWER_BACK,
	ZONE_GLUTE_LEFT,
	ZONE_GLUTE_RIGHT,
	ZONE_THIGH_LEFT,
	ZONE_THIGH_RIGHT,
	ZONE_CALF_LEFT,
	ZONE_CALF_RIGHT,
	ZONE_COUNT
};

enum roller {
	ROLLER_BACK, /* a pair beside the spine */
	ROLLER_SEAT_LEFT,
	ROLLER_SEAT_RIGHT,
	ROLLER_LEG_LEFT, /* a pair, one inside and one outside the thigh */
	ROLLER_LEG_RIGHT,
	ROLLER_COUNT
};

enum axis_kind {
	AXIS_TRAVEL, /* mm along the body; 0 = the mechanical stop at the upper end of the track */
	AXIS_DEPTH,  /* mm out of the upholstery; 0 = the mechanical stop, fully retracted */
	AXIS_KNEAD,  /* a turning eccentric; position means nothing */
	AXIS_KIND_COUNT
};

#define AXIS_COUNT	   (ROLLER_COUNT * AXIS_KIND_COUNT)
#define AXIS(roller, kind) ((unsigned int)(roller)*AXIS_KIND_COUNT + (unsigned int)(kind))

enum pad {
	PAD_LOWER_BACK,
	PAD_GLUTE_LEFT,
	PAD_GLUTE_RIGHT,
	PAD_LEG_LEFT,
	PAD_LEG_RIGHT,
	PAD_COUNT
};
#define PAD_CHANNELS 2 /* two diverse temperature channels per pad */

#define DRIVE_COUNT  8 /* dual-motor drives */
#define DRIVE_MOTORS 2 /* left and right channel */

/* Digital inputs, in the order of the bits that hw/gpio.h delivers. True is the good thing. */
enum chair_switch {
	SWITCH_ESTOP_CLOSED,
	SWITCH_RELAY_FEEDBACK, /* mirror contact, closed (true) while the enable relay is open */
	SWITCH_BACK_COVER_CLOSED,
	SWITCH_LEG_GUARD_CLEAR,
	SWITCH_THERMOSTATS_CLOSED,
	SWITCH_SEAT_OCCUPIED,
	SWITCH_SERVICE_KEY,
	SWITCH_BUTTON_STOP, /* buttons: true = pressed; the stop button is wired normally closed and
			     * inverted by the line's polarity, so a broken wire reads pressed */
	SWITCH_BUTTON_START,
	SWITCH_BUTTON_UP,
	SWITCH_BUTTON_DOWN,
	SWITCH_COUNT
};

/* Digital outputs, in the order of the bits that hw/gpio.h takes. All false is safe. */
enum chair_coil {
	COIL_HEARTBEAT,
	COIL_HEAT_ENABLE,
	COIL_SSR_LOWER_BACK, /* five SSRs in the order of enum pad */
	COIL_SSR_GLUTE_LEFT,
	COIL_SSR_GLUTE_RIGHT,
	COIL_SSR_LEG_LEFT,
	COIL_SSR_LEG_RIGHT,
	COIL_BEEPER,
	COIL_LAMP,
	COIL_COUNT
};

enum side {
	SIDE_NONE,
	SIDE_LEFT,
	SIDE_RIGHT,
	SIDE_BOTH,
	SIDE_COUNT
};

enum technique {
	TECHNIQUE_REST, /* no contact */
	TECHNIQUE_STROKE,
	TECHNIQUE_KNEAD,
	TECHNIQUE_DEEP,
	TECHNIQUE_PRESS,
	TECHNIQUE_ROLL,
	TECHNIQUE_FLUSH,
	TECHNIQUE_COUNT
};

/* Which torque limit a drive must hold, see hw/bus.h. */
enum drive_limit {
	DRIVE_LIMIT_UNKNOWN,
	DRIVE_LIMIT_HOMING, /* low: a mechanical stop is met on purpose */
	DRIVE_LIMIT_WORK,   /* holds the roller force under 45 N without software */
	DRIVE_LIMIT_COUNT
};

enum quality {
	QUALITY_BAD, /* never read, unreadable or marked as an error by the sensor */
	QUALITY_GOOD,
	QUALITY_OPEN,  /* the sensor says: open circuit or absent */
	QUALITY_SHORT, /* the sensor says: short circuit or wrong type */
	QUALITY_COUNT
};

#define LEVEL_MAX 5

/* Stable lower-case words for logs and interfaces. Never NULL; "invalid" when out of range. */
const char *zone_name(enum zone zone);
const char *roller_name(enum roller roller);
const char *axis_kind_name(enum axis_kind kind);
const char *pad_name(enum pad pad);
const char *chair_switch_name(enum chair_switch sw);
const char *chair_coil_name(enum chair_coil coil);
const char *side_name(enum side side);
const char *technique_name(enum technique technique);

#endif /* CORE_TYPES_H */
