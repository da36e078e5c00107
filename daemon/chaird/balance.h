/* SPDX-License-Identifier: MIT */
/*
 * balance.h - how stiff the tissue of each zone is, N/mm, from the force and depth of rollers that
 * knead, against the light touch of the scan: the balance map. Never called a diagnosis.
 *
 * How far to trust it: the model of tissue has the simulated body's own constants, so that the few
 * percent by which tests find it again say nothing about people. Tried on that body with other
 * constants: a fading share of 0 or 40 % instead of 25 % gives up to 13 % too little or 9 % too
 * much; no cubic term or twice of it 13 to 35 % too much or 13 to 29 % too little, and a difference
 * between left and right 0.7 or up to 1.4 times as large. Its sign stayed. Standard errors are of
 * chance alone and hold none of this.
 *
 * Pure: no I/O, no clock, no heap. Feed it from snapshots, about ten a second, through the whole
 * session: it also follows how the tissue under a roller relaxes.
 */
#ifndef CHAIRD_BALANCE_H
#define CHAIRD_BALANCE_H

#include "scan.h"

/* Of one snapshot; borrowed. */
struct balance_sample {
	bool massage;			 /* the state is MASSAGE */
	const struct roller_ctl *roller; /* ROLLER_COUNT */
	const struct scan *scan;
	const struct zone_config *zone; /* ZONE_COUNT, where the chair placed them */
};

/* Samples 63 ms apart tell the same: what counts are means of BALANCE_BLOCK_S. */
struct balance_zone {
	float block_s;
	float block_sum; /* N/mm, over the block's time */
	uint32_t count;	 /* blocks */
	float mean;
	float squares; /* sum of squared differences from the mean */
};

struct balance_roller {
	uint64_t stamp_us;
	float travel_mm;
	float relaxed_n;    /* of the tissue under it, see balance.c */
	float scan_n;	    /* sums over the scan: force ... */
	float scan_fresh_n; /* ... and what it would have been had nothing faded */
};

/* All-zero: nothing measured. */
struct balance {
	struct balance_zone zone[ZONE_COUNT];
	struct balance_roller roller[ROLLER_COUNT];
};

void balance_reset(struct balance *balance);

void balance_take(struct balance *balance, const struct balance_sample *sample);

/* Mean and its standard error. False while there is too little; then nothing is written. */
bool balance_zone(const struct balance *balance, enum zone zone, float *ret_n_mm,
		  float *ret_se_n_mm);

#endif /* CHAIRD_BALANCE_H */
