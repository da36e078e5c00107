/* SPDX-License-Identifier: MIT */
/*
 * check.h - a program run in virtual time against simulated bodies, and what each of them felt.
 *
 * Measured on the plant, never on what the controller believes. No I/O, no heap.
 */
#ifndef PROGRAM_CHECK_H
#define PROGRAM_CHECK_H

#include "fault.h"
#include "virtual.h"

#define CHECK_BODY_MAX 5
#define CHECK_RUN_MAX  (CHECK_BODY_MAX * 3) /* every body on each side */
#define CHECK_ZONE_ANY (-1)		    /* a limit that no zone is to blame for */

enum check_limit {
	CHECK_ENDED,	   /* the session ends by itself and without a fault */
	CHECK_REACH,	   /* zones of the program that were hardly touched */
	CHECK_FORCE,	   /* peak */
	CHECK_FORCE_TWICE, /* two samples in a row */
	CHECK_INNER,	   /* inner roller of a pair, at the thigh */
	CHECK_LEVEL,	   /* above the level that the phase allows */
	CHECK_KNEE,	   /* in the hollow of the knee */
	CHECK_SIDE,	   /* on the side that was not chosen */
	CHECK_DWELL,	   /* on one spot */
	CHECK_DOSE,	   /* thermal */
	CHECK_TIME,
	CHECK_HOLD,	/* how well forces are held */
	CHECK_SYMMETRY, /* left against right, side both */
	CHECK_LIMIT_COUNT
};

struct check_rule {
	const char *name; /* a word for machines */
	const char *text;
	const char *unit;
	double most; /* still good */
};
const struct check_rule *check_rule(enum check_limit limit);

/* What a zone felt while the program ran, the scan before it left out. */
struct check_zone {
	double peak_n;
	double mean_n; /* while in contact */
	double contact_s;
	double dwell_s; /* longest on one spot */
	double heat_max_c;
	double dose_cem43;
};

/* One session. */
struct check_run {
	double size;
	enum side side;
	enum ended ended;     /* ENDED_NOT: it did not start, or did not end */
	enum refusal refusal; /* why it did not start */
	enum cause cause;     /* first that came; valid while `caused` */
	bool caused;
	enum scan_result scan;
	double minutes;
	double scan_peak_n; /* light touch */
	double error_n;	    /* mean |F - set| while holding */
	double symmetry;    /* contact time, larger over smaller side; 0 = nothing to compare */
	struct check_zone zone[ZONE_COUNT];
	double worst[CHECK_LIMIT_COUNT];
	int where[CHECK_LIMIT_COUNT]; /* enum zone, or CHECK_ZONE_ANY */
};

/* Seen by whoever wants to draw it, once a cycle while the session runs. */
struct check_trace {
	void (*sample)(struct check_trace *trace, const struct virtual_chair *v, double time_s);
};

/* Run program @index of @setup on a body of @size, checked in, level and ceiling @level. @v is
 * written over; @trace may be NULL. Returns 0, or -errno when the configuration breaks a compiled
 * limit. */
int check_program(struct virtual_chair *v, const struct setup *setup, unsigned int index,
		  double size, enum side side, uint8_t level, struct check_trace *trace,
		  struct check_run *ret) __attribute__((warn_unused_result));

bool check_is_kept(const struct check_run *run, enum check_limit limit);

/* The zone that roller @r is on, or nearest to, with zones where the chair placed them. */
enum zone check_zone_at(const struct virtual_chair *v, enum roller r);

#endif /* PROGRAM_CHECK_H */
