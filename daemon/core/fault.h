/* SPDX-License-Identifier: MIT */
/*
 * fault.h - the rows of the cause-and-effect matrix: what can be wrong, what follows, and what to
 * say of it. docs/safety.md tells why each row is there and which tests show it.
 */
#ifndef CORE_FAULT_H
#define CORE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

enum effect {
	EFFECT_CUT,	/* heartbeat stops, everything off, now */
	EFFECT_RETRACT, /* rollers leave the body, heat off */
	EFFECT_PAUSE,
	EFFECT_HEAT_OFF,
	EFFECT_INHIBIT, /* no start */
	EFFECT_COUNT
};

enum cause {
	CAUSE_ESTOP_OPEN,
	CAUSE_RELAY_FEEDBACK,
	CAUSE_GPIO_FAILED,
	CAUSE_CONTROL_OVERRUN,
	CAUSE_THREAD_STALLED,
	CAUSE_THERMOSTAT_OPEN,
	CAUSE_PAD_HOT,
	CAUSE_SSR_WELDED,
	CAUSE_COVER_OPEN,
	CAUSE_DRIVE_FAULT,
	CAUSE_STALL,
	CAUSE_NO_MOTION,
	CAUSE_WRONG_WAY,	/* a roller that was told to leave the body comes out */
	CAUSE_STOP_NOT_REACHED, /* a mechanical stop was not met while homing */
	CAUSE_DRIVE_REFUSED,
	CAUSE_DRIVE_SILENT,
	CAUSE_SENSOR_SILENT,
	CAUSE_RETRACT_LATE,
	CAUSE_LEG_GUARD,
	CAUSE_FORCE_REPEATED,
	CAUSE_FORCE_HIGH,
	CAUSE_SENSOR_IMPLAUSIBLE, /* open, short, out of range, impossible rate */
	CAUSE_SENSORS_DISAGREE,
	CAUSE_SENSOR_FROZEN,
	CAUSE_NOT_HEATING,
	CAUSE_SEAT_EMPTY,
	CAUSE_SEAT_TAKEN, /* in SERVICE the row is the other way round */
	CAUSE_SERVICE_KEY,
	CAUSE_STOP,
	CAUSE_STOP_STUCK,
	CAUSE_SESSION_TIME,
	CAUSE_DWELL,
	CAUSE_PANEL_SILENT,
	CAUSE_DOSE,
	CAUSE_PADS_UNPROVEN,
	CAUSE_STORE_LOST, /* restored only: what was latched before is not known */
	CAUSE_BUTTON_STUCK,
	CAUSE_KEY_IN_SERVICE,
	CAUSE_PROOF,
	CAUSE_CONFIG_WRONG,
	CAUSE_DEVICE_MISSING,
	CAUSE_RELAY_OPEN, /* the enable chain has not been closed for its power-up time yet */
	CAUSE_COUNT
};
_Static_assert(CAUSE_COUNT <= 64, "causes are bits");

#define CAUSE_BIT(cause) (UINT64_C(1) << (unsigned int)(cause))

struct cause_row {
	const char *name;
	const char *code; /* never given to another cause */
	enum effect effect;
	bool latched;
	uint32_t hold_us;	/* present this long before it counts */
	uint32_t release_us;	/* gone this long before it counts as gone */
	const char *text;	/* for the person: what happened, what to do */
	const char *technician; /* what was seen, by which limit, where to look */
	const char *clears;	/* what ends it */
};

/* What was found in a cycle, and where. All-zero: nothing. */
struct found {
	uint64_t causes;
	uint32_t
		where[CAUSE_COUNT]; /* bits of the parts: axes, pads, drives, as the row is about */
};

static inline void found_add(struct found *found, bool holds, enum cause cause, unsigned int part)
{
	if (holds) {
		found->causes |= CAUSE_BIT(cause);
		found->where[cause] |= UINT32_C(1) << part;
	}
}

/* @cause < CAUSE_COUNT. */
const struct cause_row *fault_row(enum cause cause);

/* "invalid" when out of range. */
const char *effect_name(enum effect effect);

/* The causes that have @effect. */
uint64_t fault_causes(enum effect effect);

#endif /* CORE_FAULT_H */
