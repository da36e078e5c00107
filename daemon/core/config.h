/* SPDX-License-Identifier: MIT */
/*
 * config.h - what the core knows of this chair. Filled from config/chair.yaml, copied by
 * chair_init(), constant afterwards.
 */
#ifndef CORE_CONFIG_H
#define CORE_CONFIG_H

#include "types.h"

#define PROGRAM_MAX	  16
#define PROGRAM_PHASE_MAX 16

/* Parts of the body that a phase works on; the side is chosen at the start. */
enum part {
	PART_LOWER_BACK,
	PART_GLUTE,
	PART_THIGH,
	PART_CALF,
	PART_COUNT
};

struct program_phase {
	char name[32];
	uint32_t duration_s;
	uint8_t parts; /* bit set of enum part */
	enum technique technique;
	int8_t level_offset; /* relative to the person's level; the sum stays in 1..5 */
	float heat_c;	     /* pads under these parts; 0 = off */
	uint8_t level_max;   /* 1..5, whatever the person's level is */
	bool steered;	     /* the person chooses the spot among these parts */
};

struct program {
	char id[32];
	uint8_t sides; /* bit set of enum side */
	uint8_t phase_count;
	struct program_phase phases[PROGRAM_PHASE_MAX];
};

struct axis_config {
	uint8_t drive;	 /* index 0..DRIVE_COUNT-1 */
	float range_mm;	 /* travel and depth: usable length from the stop */
	float speed_max; /* mm/s; knead: rpm of the eccentric */
	float homing_mm_s;
	float limit_n; /* what the drive's working current limit allows: N; knead: A */
};

struct roller_config {
	struct axis_config axis[AXIS_KIND_COUNT];
	float spring_n; /* return spring of the depth axis at 0 mm, N */
	float spring_n_mm;
	float inner_share; /* part of the force that the inner roller of a pair carries; 0 = no pair
			    */
};

struct zone_config {
	enum roller roller;
	enum pad pad;
	float from_mm; /* along the roller's travel */
	float to_mm;
};

struct technique_config {
	float travel_mm_s;
	float knead_rpm;
	float reach_mm; /* roll: half of the swing; press: step to the next point */
	float hold_s;	/* press: time on a point */
	float release_s;
	float release_factor; /* press: part of the force that stays while released */
};

struct force_config {
	float level_n[LEVEL_MAX + 1]; /* [0] = 0 */
	float approach_mm_s;
	float retract_mm_s;
	float follow_mm_s;    /* largest speed while holding a force */
	float gain_mm_s_n;    /* speed per newton of error */
	float rate_n_s;	      /* how fast the set force may change */
	float contact_n;      /* the body is felt from here on */
	float clear_mm;	      /* a roller this far in or less has left the body */
	float travel_mm_s2;   /* gentle reversals */
	float homing_n_depth; /* motor force that says: at the mechanical stop */
	float homing_n_travel;
};

struct chair_config {
	struct roller_config roller[ROLLER_COUNT];
	struct zone_config zone[ZONE_COUNT];
	struct technique_config technique[TECHNIQUE_COUNT];
	struct force_config force;
	float set_max_c;	/* at most LIMIT_SETPOINT_C */
	uint32_t session_max_s; /* at most LIMIT_SESSION_US */
	uint8_t program_count;
	uint8_t default_program; /* started by the armrest button when nothing is chosen */
	struct program programs[PROGRAM_MAX];
};

/* Zones of @parts on @side, as a bit set of enum zone. */
uint8_t program_zones(uint8_t parts, enum side side);

/* The zones of @phase that lie on one roller adjoin: it would press in between, in the hollow of
 * the knee for one. */
bool program_phase_adjoins(const struct chair_config *config, const struct program_phase *phase);

/* Length of a whole program in seconds. */
uint32_t program_duration_s(const struct program *program);

#endif /* CORE_CONFIG_H */
