/* SPDX-License-Identifier: MIT */
/*
 * technique.h - how a roller moves along the body for each technique. Rates come from
 * configuration; the force is held by roller.h.
 */
#ifndef CORE_TECHNIQUE_H
#define CORE_TECHNIQUE_H

#include "config.h"

/* All-zero: about to move away from the upper end. */
struct technique_state {
	enum technique technique; /* of the last step; another one starts afresh */
	bool toward_heart;	  /* moving to smaller travel */
	bool released;		  /* press: between two points */
	bool returning;		  /* flush: lifted, on the way back */
	bool centre_up;		  /* roll: the centre wanders to smaller travel */
	float timer_s;
	float centre_mm;
	uint32_t random; /* of what varies; 0 = nothing does */
	float pace;	 /* -1..1, drawn anew at each turn: quicker or slower, ... */
	float inset;	 /* ... 0..1: turning earlier */
};

struct technique_motion {
	float travel_mm_s; /* signed */
	float knead_rpm;
	float force_factor; /* 0..1 of the level's newtons */
	bool lift;	    /* leave the body (before any travel) */
};

/* A rhythm that never quite repeats: speeds and pauses vary by this share of themselves, ends by up
 * to this share of the stretch. Small enough that every limit on speed and dwell holds. */
#define TECHNIQUE_VARY_PACE  0.15f
#define TECHNIQUE_VARY_INSET 0.12f

/* One step of @dt_s at @pos_mm between @from_mm and @to_mm. @clear: the roller is off the body. */
struct technique_motion technique_step(struct technique_state *state, enum technique technique,
				       const struct chair_config *config, float from_mm,
				       float to_mm, float pos_mm, bool clear, float dt_s);

#endif /* CORE_TECHNIQUE_H */
