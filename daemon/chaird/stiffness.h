/* SPDX-License-Identifier: MIT */
/*
 * stiffness.h - how firm each zone is, felt while it is kneaded: the force above the first touch,
 * by the depth beyond it. The first touch is what the scan of this body found at the same spot.
 */
#ifndef CHAIRD_STIFFNESS_H
#define CHAIRD_STIFFNESS_H

#include "control.h"
#include "guests.h"

/* Of one session. All zero: nothing felt yet. */
struct stiffness {
	struct {
		float sum_n_mm;
		uint32_t count;
	} spot[ZONE_COUNT][SCAN_LENGTH];
};

/* Take what this snapshot tells, if it tells anything. */
void stiffness_take(struct stiffness *stiffness, const struct control_snapshot *s,
		    const struct setup *setup);

/* Mean over the spots of a zone, and its standard error; known from STIFFNESS_SPOTS spots on. */
#define STIFFNESS_SPOTS 4
void stiffness_result(const struct stiffness *stiffness, struct guest_stiffness ret[ZONE_COUNT]);

#endif /* CHAIRD_STIFFNESS_H */
