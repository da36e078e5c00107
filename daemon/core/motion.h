/* SPDX-License-Identifier: MIT */
/*
 * motion.h - does every axis move as it is told? And does no roller stay on one spot?
 */
#ifndef CORE_MOTION_H
#define CORE_MOTION_H

#include "config.h"
#include "fault.h"
#include "io.h"
#include "roller.h"

struct motion {
	uint64_t still_us[AXIS_COUNT]; /* told to move and standing still since; 0 = it is not */
	uint64_t stall_us[AXIS_COUNT]; /* the same, pushing with all its current */
};

/* @speed: what was last sent to each axis (mm/s, knead: rpm). @homing: a stop is met on purpose. */
void motion_watch(struct motion *motion, const struct chair_config *config,
		  const struct chair_inputs *in, const float speed[AXIS_COUNT],
		  const struct roller_ctl rollers[ROLLER_COUNT], bool homing, struct found *found);

#endif /* CORE_MOTION_H */
