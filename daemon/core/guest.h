/* SPDX-License-Identifier: MIT */
/*
 * guest.h - what the person who may start now may get, and how that follows from how it went.
 *
 * Policy only: answers and history are kept by chaird. Sources of the rules: docs/therapy.md.
 */
#ifndef CORE_GUEST_H
#define CORE_GUEST_H

#include "types.h"

#include <stddef.h>

#define GUEST_LEVEL_FIRST   2	  /* ceiling of the first session: "progress slowly" */
#define GUEST_LEVEL_GENTLE  2	  /* gentle only: 10 N */
#define GUEST_HEAT_GENTLE_C 39.0f /* van Rhoon 2013: safe for everybody without a time limit */
#define GUEST_REST_S	    UINT64_C(86400)
#define GUEST_DAY_S	    UINT64_C(86400)
#define GUEST_DAY_MAX	    2 /* sessions in GUEST_DAY_S; configuration may only lower it */
#define GUEST_GAP_S	    UINT64_C(10800) /* between two sessions; configuration may only raise it */
#define GUEST_COUNTS_S	    300		    /* a shorter session does not count */

/* Why this person gets no session now; zero is "no reason". */
enum person_refusal {
	PERSON_MAY,
	PERSON_CHECK_IN_REFUSED,
	PERSON_RESTS,
	PERSON_DAILY_LIMIT,
	PERSON_REFUSAL_COUNT
};

/* What the control thread is told of whoever may start now. All zero: nobody has checked in, so
 * gentle only. */
struct person {
	bool checked_in;
	enum person_refusal refusal;	   /* no session starts or resumes while this stands */
	uint8_t ceiling;		   /* 1..LEVEL_MAX; only while checked in */
	bool gentle;			   /* by decision of the check-in */
	bool no_heat;			   /* numb skin and the like */
	bool scan;			   /* find this body before the massage */
	float correction_mm[ROLLER_COUNT]; /* by hand: zones lie this much further down the travel
					    */
};

/* A copy that bounds one session. */
struct person_limits {
	uint8_t level_max;
	bool gentle;	  /* deep and press become knead */
	float heat_max_c; /* 0 = no heat */
};

/* @set_max_c: the chair's own limit. */
struct person_limits guest_limits(const struct person *person, float set_max_c);

enum tolerance {
	TOLERANCE_UNKNOWN, /* no check-out */
	TOLERANCE_WORSE,   /* more pain, pain further down the leg, new numbness */
	TOLERANCE_BAD,	   /* too strong */
	TOLERANCE_GOOD,
	TOLERANCE_COUNT
};

/* One ended session. */
struct guest_session {
	uint64_t ago_s; /* since its end */
	uint32_t seconds;
	uint8_t level; /* highest that it reached */
	enum tolerance tolerance;
};

struct guest_rules {
	uint8_t day_max; /* 1..GUEST_DAY_MAX */
	uint64_t gap_s;	 /* at least GUEST_GAP_S */
};

struct guest_standing {
	uint8_t ceiling;
	enum person_refusal refusal; /* PERSON_MAY, PERSON_RESTS or PERSON_DAILY_LIMIT */
	uint64_t wait_s;	     /* until that is over */
	bool see_doctor;	     /* worse twice in a row: gentle only until a good session */
	uint8_t good_run;	     /* of the two that raise the ceiling */
};

/* Judge @count sessions, oldest first. Deterministic: the ceiling is never stored. */
struct guest_standing guest_judge(const struct guest_session *sessions, size_t count,
				  const struct guest_rules *rules);

const char *person_refusal_name(enum person_refusal refusal);
const char *tolerance_name(enum tolerance tolerance);

#endif /* CORE_GUEST_H */
