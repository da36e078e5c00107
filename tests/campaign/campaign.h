/* SPDX-License-Identifier: MIT */
/*
 * campaign.h - one episode of a safety campaign: a random person, random wishes, random faults.
 *
 * An episode is told by its seed and number alone: the same two give the same bits.
 */
#ifndef CAMPAIGN_CAMPAIGN_H
#define CAMPAIGN_CAMPAIGN_H

#include "oracle.h"
#include "virtual.h"

#include <stdio.h>

#define CAMPAIGN_FAULTS 8 /* of one episode */

/* SplitMix64: small, and good enough for throwing dice. */
struct dice {
	uint64_t state;
};

/* What may be broken besides what the simulator can break. */
enum mishap {
	MISHAP_SIM,
	MISHAP_SEAT,   /* leaves, comes back */
	MISHAP_KEY,    /* turns the service key */
	MISHAP_POWER,  /* the controller loses its power */
	MISHAP_THREAD, /* another thread of it stands still */
	MISHAP_LATE,   /* cycles come late */
	MISHAP_COUNT
};

struct planned_fault {
	enum mishap mishap;
	struct sim_fault fault;
	uint64_t on_us;
	uint64_t off_us;
	uint32_t late_us;
	bool on;
	bool done;
};

struct episode {
	uint64_t number;
	struct dice dice;
	uint64_t end_us;
	bool calm;	 /* one long session */
	bool technician; /* nobody sits there: service */
	bool holds;	 /* a technician's hand */
	bool silent;	 /* nothing is heard of the technician */
	bool preheats;	 /* nothing but that */
	uint32_t calm_s;
	uint64_t person_us; /* the person's next act */
	bool forgets;	    /* comes back to a stopped session too late */
	uint64_t back_us;   /* comes back to the seat; 0 = sits */
	uint64_t press_us;  /* what an ask waits for; 0 = nothing */
	unsigned int fault_count;
	struct planned_fault faults[CAMPAIGN_FAULTS];
	/* results */
	uint32_t injected;
	uint64_t broken;
	uint64_t broken_us;
	uint64_t digest; /* of where everything was */
	uint64_t time_us;
	double over_n;
};

struct campaign {
	const struct setup *setup;
	uint64_t seed;
	uint64_t ignored;
	struct virtual_chair chair; /* large */
	struct oracle oracle;
	struct episode episode;
	FILE *log;		   /* NULL = none */
	FILE *csv;		   /* NULL = none */
	struct recorder *recorder; /* of the next episode; NULL = none */
	uint64_t csv_from_us;
};

/* Run episode @number; it ends early when an invariant breaks. Returns 0 or -errno. */
int campaign_run(struct campaign *campaign, uint64_t number) __attribute__((warn_unused_result));

#endif /* CAMPAIGN_CAMPAIGN_H */
