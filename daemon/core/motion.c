/* SPDX-License-Identifier: MIT */
#include "motion.h"

#include "safety_limits.h"

#include <assert.h>
#include <stddef.h>

#define TOLD_MM_S  1.5f /* slower motion may be hidden by the play of a coupling */
#define TOLD_RPM   3.0f
#define STILL_MM_S 0.3f
#define STILL_RPM  0.5f
#define FULL_SHARE 0.9f /* of the current limit */

static float magnitude(float value)
{
	return value < 0.0f ? -value : value;
}

/* How long something has held by @now_us; *since_us is 0 while it does not. */
static uint64_t lasted_us(uint64_t *since_us, bool holds, uint64_t now_us)
{
	if (!holds) {
		*since_us = 0;
		return 0;
	}
	if (*since_us == 0) {
		*since_us = now_us;
	}
	return now_us - *since_us;
}

static void watch_axis(struct motion *motion, unsigned int a, const struct axis_config *axis,
		       const struct chair_inputs *in, float speed, bool homing, struct found *found)
{
	const bool knead = a % AXIS_KIND_COUNT == AXIS_KNEAD;
	const struct axis_input *seen = &in->axis[a];
	const struct drive_input *drive = &in->drive[axis->drive];
	/* Silent and disabled drives are causes of their own. */
	const bool still = drive->enabled && drive->stamp_us != 0 &&
			   magnitude(speed) >= (knead ? TOLD_RPM : TOLD_MM_S) &&
			   magnitude(seen->speed) < (knead ? STILL_RPM : STILL_MM_S);
	const bool stalled =
		still && !homing && magnitude(seen->force_n) >= axis->limit_n * FULL_SHARE;

	found_add(found, lasted_us(&motion->still_us[a], still, in->now_us) >= LIMIT_NO_MOTION_US,
		  CAUSE_NO_MOTION, a);
	found_add(found, lasted_us(&motion->stall_us[a], stalled, in->now_us) >= LIMIT_STALL_US,
		  CAUSE_STALL, a);
}

void motion_watch(struct motion *motion, const struct chair_config *config,
		  const struct chair_inputs *in, const float speed[AXIS_COUNT],
		  const struct roller_ctl rollers[ROLLER_COUNT], bool homing, struct found *found)
{
	assert(motion != NULL);
	assert(config != NULL);
	assert(in != NULL);

	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		const struct roller_config *roller = &config->roller[a / AXIS_KIND_COUNT];

		watch_axis(motion, a, &roller->axis[a % AXIS_KIND_COUNT], in, speed[a], homing,
			   found);
	}
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		found_add(found, rollers[r].wrong_way, CAUSE_WRONG_WAY, AXIS(r, AXIS_DEPTH));
		found_add(found, rollers[r].dwell_us >= LIMIT_DWELL_US, CAUSE_DWELL,
			  AXIS(r, AXIS_DEPTH));
	}
}
