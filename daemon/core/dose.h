/* SPDX-License-Identifier: MIT */
/*
 * dose.h - thermal dose of the skin at one pad, CEM43, in the rolling last 24 hours.
 *
 * CEM43 = sum(minutes * R^(43 - T)), R = 0.5 above 43 C and 0.25 below, counted from 37 C on
 * (Sapareto and Dewey 1984). Kept by the hour, so that it can outlive the process; what is older
 * than 24 hours is forgotten by whole hours, never too early.
 */
#ifndef CORE_DOSE_H
#define CORE_DOSE_H

#include <stdint.h>

#define DOSE_HOURS 25 /* the running one and the 24 before it */

/* All-zero: nothing yet, the hour begins with the first dose_add(). */
struct dose {
	float hour_cem43[DOSE_HOURS]; /* [now] is the running hour, the one after it the oldest */
	uint8_t now;
	uint64_t hour_us; /* when the running hour began; 0 = not yet */
	uint32_t hours;	  /* that have passed since the first */
	float sum_cem43;  /* of all of them: the last 24 hours, at most 25 */
};

/* CEM43 of one second at @temp_c. */
float dose_rate(float temp_c);

/* @dt_s more seconds at @temp_c up to @now_us. */
void dose_add(struct dose *dose, float temp_c, float dt_s, uint64_t now_us);

/* Before the first dose_add(): @cem43 more, @hours_ago (more than 24: forgotten). */
void dose_restore(struct dose *dose, float cem43, unsigned int hours_ago);

#endif /* CORE_DOSE_H */
