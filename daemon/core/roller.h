/* SPDX-License-Identifier: MIT */
/*
 * roller.h - one roller: homing to the mechanical stops, approach, hold a force, retract.
 *
 * The depth axis closes the loop on force: speed = gain * (set - force), limited in speed and in
 * the rate of the set force. One force sample arrives per bus exchange (63 ms), so the gain is
 * small; what holds the force under 45 N is the drive's own current limit.
 */
#ifndef CORE_ROLLER_H
#define CORE_ROLLER_H

#include "config.h"
#include "io.h"
#include "technique.h"

enum roller_stage {
	ROLLER_STAGE_LOST,  /* position unknown: not homed since power-up */
	ROLLER_STAGE_CLEAR, /* off the body */
	ROLLER_STAGE_APPROACH,
	ROLLER_STAGE_HOLD,
	ROLLER_STAGE_RETRACT,
	ROLLER_STAGE_COUNT
};
const char *roller_stage_name(enum roller_stage stage);

enum roller_order {
	ROLLER_ORDER_STILL, /* no motion */
	ROLLER_ORDER_HOME_DEPTH,
	ROLLER_ORDER_HOME_TRAVEL,
	ROLLER_ORDER_LEAVE, /* leave the body and stay clear */
	ROLLER_ORDER_WORK,
	ROLLER_ORDER_SCAN, /* touch lightly along the whole travel */
	ROLLER_ORDER_JOG,  /* one axis by hand, in service */
};

/* A stop is where an axis stands under torque, lets go of it, and stands again at the same place: a
 * jam does not let go. */
enum homing_step {
	HOMING_NONE,
	HOMING_SEEK,
	HOMING_BACK_OFF,
	HOMING_CONFIRM,
};

/* How far a roller is that feels the body: down its track with a light touch, and up with a little
 * more, which tells how soft the body is. */
enum scan_pass {
	SCAN_PASS_TOP, /* off the body, to the upper end */
	SCAN_PASS_DOWN,
	SCAN_PASS_UP,
	SCAN_PASS_DONE, /* off the body */
};

struct roller_demand {
	enum roller_order order;
	enum technique technique;
	float level_n; /* of the level, before the technique's factor */
	float from_mm;
	float to_mm;
	uint32_t seed;	    /* of what varies, see technique.h */
	enum axis_kind jog; /* which axis, ... */
	float jog_speed;    /* ... mm/s, knead: rpm */
};

struct roller_ctl {
	enum roller_stage stage;
	enum roller_order order; /* of the last step: what the next samples answer to */
	bool depth_homed;
	bool travel_homed;
	bool parked; /* not homed, but left the body as far as it goes */
	enum scan_pass scan_pass;
	bool wrong_way;		    /* told to leave the body, it came out */
	float leave_mm;		    /* nearest to its stop since it was told to leave */
	float spot_mm;		    /* where along the travel it presses ... */
	uint64_t spot_us;	    /* ... since when; 0 = it does not press */
	uint64_t dwell_us;	    /* how long it has pressed there */
	float rest_s;		    /* off the body for so long before it presses again */
	enum homing_step homing[2]; /* by AXIS_TRAVEL, AXIS_DEPTH, like the next two */
	float home_mm[2];	    /* raw position at the stops */
	uint64_t stall_us[2]; /* sample stamp since which it stands under torque; 0 = it does not */
	float travel_mm;
	float depth_mm;
	float force_n; /* at the skin: motor force less the spring */
	float set_n;
	float level_n;	   /* what set_n moves toward */
	float travel_mm_s; /* commanded, with gentle reversals */
	uint64_t stamp_us; /* of the newest depth sample */
	struct technique_state technique;
};

/* Forget homing: the drives have lost their counters. */
void roller_lose(struct roller_ctl *ctl);

/* Take new feedback: positions, force, stage; finds the stops while homing. */
void roller_sense(struct roller_ctl *ctl, enum roller roller, const struct chair_config *config,
		  const struct chair_inputs *in);

/* Speeds for the three axes (mm/s, knead rpm) after @dt_s. */
void roller_step(struct roller_ctl *ctl, enum roller roller, const struct chair_config *config,
		 const struct roller_demand *demand, float dt_s, float ret_speed[AXIS_KIND_COUNT]);

/* Off the body: homed and at most clear_mm out, or parked. */
bool roller_is_clear(const struct roller_ctl *ctl, const struct chair_config *config);

#endif /* CORE_ROLLER_H */
