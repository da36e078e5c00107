/* SPDX-License-Identifier: MIT */
/*
 * interlock.h - the cause-and-effect matrix: causes -> effects -> permits.
 *
 * Every cause is evaluated in every cycle and in every state. The worst effect wins. A latched
 * cause stays until it is gone and acknowledged at the chair.
 */
#ifndef CORE_INTERLOCK_H
#define CORE_INTERLOCK_H

#include "config.h"
#include "io.h"
#include "safety_limits.h"

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
	CAUSE_COVER_OPEN,
	CAUSE_LEG_GUARD,
	CAUSE_DRIVE_FAULT,
	CAUSE_DRIVE_REFUSED,
	CAUSE_DRIVE_SILENT,
	CAUSE_SENSOR_SILENT,
	CAUSE_STOP_NOT_REACHED, /* a mechanical stop was not met while homing */
	CAUSE_RETRACT_LATE,
	CAUSE_STORE_LOST, /* restored only: what was latched before is not known */
	CAUSE_FORCE_HIGH,
	CAUSE_FORCE_REPEATED,
	CAUSE_SENSOR_IMPLAUSIBLE,
	CAUSE_SEAT_EMPTY,
	CAUSE_STOP,
	CAUSE_SESSION_TIME,
	CAUSE_DEVICE_MISSING,
	CAUSE_RELAY_OPEN, /* the enable chain has not been closed for its power-up time yet */
	CAUSE_COUNT
};
_Static_assert(CAUSE_COUNT <= 32, "causes are bits");

#define CAUSE_BIT(cause) (UINT32_C(1) << (unsigned int)(cause))

struct cause_row {
	const char *name;
	const char *code;
	enum effect effect;
	bool latched;
	uint32_t hold_us; /* present this long before it counts */
	const char *text; /* for the person: what happened, what to do */
};

const struct cause_row *interlock_row(enum cause cause);
const char *effect_name(enum effect effect);

/* All-zero: nothing seen yet. */
struct interlock {
	uint32_t present; /* in this cycle */
	uint32_t active;  /* present for its hold time */
	uint32_t latched;
	uint32_t effects;		/* bit set of enum effect, of what is active or latched */
	enum cause first_out;		/* valid while any latched cause is set */
	uint64_t since_us[CAUSE_COUNT]; /* when it became present, or latched */
	uint32_t missing_devices; /* bits: drives, then DRIVE_COUNT + channel of temperature modules
				   */
	uint32_t overruns;	  /* total */
	bool late;		  /* this cycle is one of them: it deserves no heartbeat */
	/* memory between cycles */
	uint64_t last_cycle_us;
	uint64_t overrun_us[LIMIT_OVERRUN_COUNT];
	uint64_t beat_since_us; /* heartbeat running without a gap since; 0 = not running */
	uint64_t last_edge_us;
	uint64_t relay_closed_us; /* 0 = open */
	bool relay_seen_open;	  /* a relay that is not asked to close must be open once */
	uint32_t drives_seen;	  /* configured since the relay closed */
	uint64_t drive_good_us[DRIVE_COUNT]; /* last time that it was configured and fresh */
	uint32_t sensors_seen; /* temperature channels that ever answered, bit per channel */
	uint64_t force_stamp_us[ROLLER_COUNT];
	uint8_t force_count[ROLLER_COUNT];
	uint8_t force_trips; /* in this session */
	bool force_over;     /* the last trip has not eased yet */
};

struct permits {
	bool power; /* heartbeat may run: no CUT active or latched */
	bool press; /* rollers may touch the body */
	bool heat;
	bool start;
};

/* What the causes need to know besides the inputs. */
struct interlock_context {
	bool in_session; /* homing, massage, paused, retracting */
	bool session_time_over;
	bool retract_late;
	bool stop_not_reached;
	bool drives_not_ready; /* a drive will not be enabled with the limit asked for */
	bool preheating;
	float force_n[ROLLER_COUNT]; /* at the skin, spring taken off; 0 when unknown */
	uint64_t force_stamp_us[ROLLER_COUNT];
};

/* Evaluate every cause for this cycle. */
void interlock_update(struct interlock *il, const struct chair_inputs *in,
		      const struct interlock_context *context);

/* The heartbeat line changed (true) or was held (false) in this cycle. */
void interlock_beat(struct interlock *il, uint64_t now_us, bool toggled);

/* A reset edge at the chair: forget latched causes that are gone. True when none is left. */
bool interlock_acknowledge(struct interlock *il);

/* Latch @causes again after a restart (rule: a latched fault survives it). */
void interlock_restore(struct interlock *il, uint32_t causes, uint64_t now_us);

struct permits interlock_permits(const struct interlock *il);

/* Any cause with this effect active or latched. */
bool interlock_has(const struct interlock *il, enum effect effect);

static inline bool interlock_powered(const struct interlock *il, uint64_t now_us)
{
	return il->relay_closed_us != 0 && now_us - il->relay_closed_us >= LIMIT_POWER_UP_US;
}

#endif /* CORE_INTERLOCK_H */
