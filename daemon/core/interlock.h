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
#include "fault.h"
#include "io.h"
#include "safety_limits.h"

#define BUTTON_COUNT 4 /* SWITCH_BUTTON_STOP and those after it */

/* All-zero: nothing seen yet. */
struct interlock {
	uint64_t present; /* in this cycle; bits of enum cause like the next two */
	uint64_t active;  /* present for its hold time, and not gone for its release time */
	uint64_t latched;
	uint32_t effects;		/* bit set of enum effect, of what is active or latched */
	enum cause first_out;		/* valid while any latched cause is set */
	uint64_t since_us[CAUSE_COUNT]; /* when it became present, or latched */
	uint64_t seen_us[CAUSE_COUNT];	/* when it was last present */
	uint32_t where[CAUSE_COUNT];	/* parts that it was found at, since it became present */
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
	uint8_t force_trips;		   /* in this sitting */
	bool force_over;		   /* the last trip has not eased yet */
	uint64_t pressed_us[BUTTON_COUNT]; /* since when; 0 = released */
};

struct permits {
	bool power; /* heartbeat may run: no CUT active or latched */
	bool press; /* rollers may touch the body */
	bool heat;
	bool start;
};

/* What the causes need to know besides the inputs. */
struct interlock_context {
	struct found found; /* by other parts of the core; the interlock adds what it finds */
	bool in_session;    /* homing, massage, paused, retracting */
	bool moving;	    /* in a session, in service, or leaving after it */
	bool key_stops;	    /* in a state that a turned service key ends */
	bool preheating;    /* the seat may be empty */
	bool in_service;    /* the seat must be empty */
	float force_n[ROLLER_COUNT]; /* at the skin, spring taken off; 0 when unknown */
	uint64_t force_stamp_us[ROLLER_COUNT];
};

/* Evaluate every cause for this cycle. */
void interlock_update(struct interlock *il, const struct chair_inputs *in,
		      struct interlock_context *context);

/* The heartbeat line changed (true) or was held (false) in this cycle. */
void interlock_beat(struct interlock *il, uint64_t now_us, bool toggled);

/* A reset edge at the chair: forget latched causes that are gone. A CUT is not gone before the
 * relay has opened. True when none is left. */
bool interlock_acknowledge(struct interlock *il);

/* Latch @causes again after a restart (rule: a latched fault survives it). */
void interlock_restore(struct interlock *il, uint64_t causes, uint64_t now_us);

struct permits interlock_permits(const struct interlock *il);

/* Causes that speak against a start: what is in force but for unlatched HEAT_OFF, and an empty seat
 * from its first moment. */
uint64_t interlock_objections(const struct interlock *il);

/* Any cause with this effect active or latched. */
bool interlock_has(const struct interlock *il, enum effect effect);

static inline bool interlock_powered(const struct interlock *il, uint64_t now_us)
{
	return il->relay_closed_us != 0 && now_us - il->relay_closed_us >= LIMIT_POWER_UP_US;
}

#endif /* CORE_INTERLOCK_H */
