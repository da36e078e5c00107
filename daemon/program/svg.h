/* SPDX-License-Identifier: MIT */
/*
 * svg.h - a session, or a recording, as a drawing: phases; force, depth and place of every roller;
 * heat.
 */
#ifndef PROGRAM_SVG_H
#define PROGRAM_SVG_H

#include "check.h"

#include <stdio.h>

#define SVG_SAMPLE_MAX 2400
#define SVG_MARK_MAX   (PROGRAM_PHASE_MAX + 32)

/* A moment of a session: a second, unless `per_s` says otherwise. */
struct svg_sample {
	float force_n[ROLLER_COUNT];  /* the most in that time */
	float level_n[ROLLER_COUNT];  /* asked for */
	float depth_mm[ROLLER_COUNT]; /* out of the upholstery */
	bool depth_known[ROLLER_COUNT];
	float travel_mm[ROLLER_COUNT];
	float pad_c[PAD_COUNT];
	bool asked[PAD_COUNT]; /* to be warm */
};

/* Where something begins: a phase, or what happens outside of them. */
struct svg_mark {
	unsigned int at; /* sample */
	char name[32];
};

/* All-zero but for the callback: see svg_begin(). Large: keep it off the stack. */
struct svg {
	struct check_trace trace; /* first: it is handed to check_program() */
	unsigned int per_s;	  /* samples in a second */
	bool all;		  /* draw every roller and pad, also what did nothing; */
				  /* time is in seconds from the alarm, or from the end */
	unsigned int alarm;	  /* sample at which something went wrong; 0 = nothing did */
	char alarm_words[64];
	unsigned int count;
	struct svg_sample sample[SVG_SAMPLE_MAX];
	unsigned int mark_count;
	struct svg_mark mark[SVG_MARK_MAX];
	struct zone_config zone[ZONE_COUNT]; /* where the chair placed them */
	float range_mm[ROLLER_COUNT][AXIS_KIND_COUNT];
	enum session_state state;
	unsigned int phase;
};

void svg_begin(struct svg *svg);

/* Something begins at the next sample. When there are too many, the first is forgotten. */
void svg_mark(struct svg *svg, const char *name);

/* Draw the samples under a @title, with a @note. Returns 0, or -EIO. */
int svg_draw(const struct svg *svg, const char *title, const char *note, FILE *to)
	__attribute__((warn_unused_result));

/* Draw what was traced. Returns 0, or -EIO. */
int svg_write(const struct svg *svg, const struct program *program, const struct check_run *run,
	      FILE *to) __attribute__((warn_unused_result));

#endif /* PROGRAM_SVG_H */
