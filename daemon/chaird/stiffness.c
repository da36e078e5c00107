/* SPDX-License-Identifier: MIT */
#include "stiffness.h"

#include <math.h>

#define DEEPER_MM  2.0f /* less than that, a small error of depth is a large one of stiffness */
#define MORE_N	   1.5f
#define SPOT_LEAST 3 /* samples of a spot */

static bool is_kneaded(const struct control_snapshot *s, const struct setup *setup)
{
	const struct session *session = &s->session;
	const struct program *program;
	enum technique technique;

	if (session->state != STATE_MASSAGE || s->scan.result != SCAN_FOUND) {
		return false;
	}
	program = &setup->core.programs[session->now.program];
	if (session->phase >= program->phase_count) {
		return false;
	}
	technique = program->phases[session->phase].technique;
	return technique == TECHNIQUE_KNEAD ||
	       (session->now.limits.gentle &&
		(technique == TECHNIQUE_DEEP || technique == TECHNIQUE_PRESS));
}

/* The zone that a roller works on; ZONE_COUNT: none, or it cannot be told which. */
static unsigned int zone_of(const struct control_snapshot *s, const struct setup *setup,
			    unsigned int roller)
{
	unsigned int found = ZONE_COUNT;

	for (unsigned int z = 0; z < ZONE_COUNT; z++) {
		if (s->zone_level[z] == 0 || setup->core.zone[z].roller != (enum roller)roller) {
			continue;
		}
		if (found != ZONE_COUNT) {
			return ZONE_COUNT;
		}
		found = z;
	}
	return found;
}

void stiffness_take(struct stiffness *stiffness, const struct control_snapshot *s,
		    const struct setup *setup)
{
	if (!is_kneaded(s, setup)) {
		return;
	}
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		const struct roller_ctl *roller = &s->roller[r];
		const unsigned int z = zone_of(s, setup, r);
		const float index =
			roller->travel_mm / SCAN_PITCH_MM + 0.5f; /* nearest of the grid */
		const struct scan_point *touch;
		float deeper_mm;
		float more_n;

		if (z == ZONE_COUNT || roller->stage != ROLLER_STAGE_HOLD || !(index >= 0.0f) ||
		    index >= (float)SCAN_LENGTH) {
			continue;
		}
		touch = &s->scan.touch[r][(unsigned int)index];
		deeper_mm = roller->depth_mm - touch->depth_mm;
		more_n = roller->force_n - touch->force_n;
		if (touch->force_n > 0.0f && deeper_mm >= DEEPER_MM && more_n >= MORE_N) {
			stiffness->spot[z][(unsigned int)index].sum_n_mm += more_n / deeper_mm;
			stiffness->spot[z][(unsigned int)index].count++;
		}
	}
}

void stiffness_result(const struct stiffness *stiffness, struct guest_stiffness ret[ZONE_COUNT])
{
	for (unsigned int z = 0; z < ZONE_COUNT; z++) {
		float sum = 0.0f;
		float squares = 0.0f;
		unsigned int spots = 0;
		float mean;

		for (unsigned int i = 0; i < SCAN_LENGTH; i++) {
			const uint32_t count = stiffness->spot[z][i].count;
			const float n_mm =
				count == 0 ? 0.0f : stiffness->spot[z][i].sum_n_mm / (float)count;

			if (count >= SPOT_LEAST) {
				sum += n_mm;
				squares += n_mm * n_mm;
				spots++;
			}
		}
		ret[z] = (struct guest_stiffness){ .known = spots >= STIFFNESS_SPOTS };
		if (ret[z].known) {
			mean = sum / (float)spots;
			ret[z].n_mm = mean;
			ret[z].error_n_mm =
				sqrtf(fmaxf(squares / (float)spots - mean * mean, 0.0f) /
				      (float)(spots - 1));
		}
	}
}
