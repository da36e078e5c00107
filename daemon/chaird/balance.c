/* SPDX-License-Identifier: MIT */
#include "balance.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

#define BLOCK_S	    5.0f
#define BLOCKS_MIN  4U
#define GAP_S	    1.0f  /* after which nobody knows how far the tissue has relaxed */
#define PRESSES_N   3.0f  /* more than the light touch, or depths tell nothing */
#define DENT_MIN_MM 1.5f  /* deeper than the light touch; breathing alone is 0.4 mm */
#define STIFF_MIN   0.05f /* N/mm; outside of these it was something else */
#define STIFF_MAX   10.0f
#define ROUNDS	    6

/*
 * How tissue answers: force grows a little more than in proportion, F = k d (1 + CUBIC d^2), a part
 * of it fades while the roller stays, and rolling on by FRESH_MM meets tissue that has not faded
 * yet. The numbers are those of the simulated body (hw/sim/reference.h), not measured on people;
 * what a wrong one does is told in balance.h.
 */
#define CUBIC	    0.0012f
#define RELAXING    0.25f
#define RELAX_S	    6.0f
#define FRESH_MM    30.0f
#define TOUCH_FRESH 1.05f /* for a scan that was not watched: fading at about 20 mm/s */

void balance_reset(struct balance *balance)
{
	assert(balance != NULL);

	*balance = (struct balance){ 0 };
}

/* What fades of a force, while the roller goes on at @mm_s for long. */
static float faded(float mm_s)
{
	return 1.0f / (1.0f + mm_s * RELAX_S / FRESH_MM);
}

static float grown(float dent_mm)
{
	return dent_mm * (1.0f + CUBIC * dent_mm * dent_mm);
}

/* The dent that grows to @force_mm = F / k. */
static float dent_of(float force_mm)
{
	float dent_mm = force_mm;

	for (int i = 0; i < ROUNDS; i++) {
		dent_mm = force_mm / (1.0f + CUBIC * dent_mm * dent_mm);
	}
	return dent_mm;
}

/* The k that explains both @touch_n at some depth and @force_n @more_mm deeper. */
static float stiffness(float touch_n, float force_n, float more_mm)
{
	float k_n_mm = (force_n - touch_n) / more_mm;

	for (int i = 0; i < ROUNDS; i++) {
		const float touch_mm = dent_of(touch_n / k_n_mm);

		k_n_mm = (force_n - touch_n) / (grown(touch_mm + more_mm) - grown(touch_mm));
	}
	return k_n_mm;
}

/* What the light touch found at @travel_mm. */
static bool touched(const struct scan *scan, unsigned int r, float travel_mm,
		    struct scan_point *ret)
{
	const float at = travel_mm / SCAN_PITCH_MM;
	const struct scan_point *p;
	float share;

	if (scan->result != SCAN_FOUND || !(at >= 0.0f) || at >= (float)(SCAN_LENGTH - 1)) {
		return false;
	}
	p = &scan->touch[r][(unsigned int)at];
	share = at - (float)(unsigned int)at;
	if (p[0].force_n <= 0.0f || p[1].force_n <= 0.0f) {
		return false;
	}
	ret->depth_mm = p[0].depth_mm + (p[1].depth_mm - p[0].depth_mm) * share;
	ret->force_n = p[0].force_n + (p[1].force_n - p[0].force_n) * share;
	return true;
}

/* Follow the tissue under a roller. Returns the force that it would give had nothing faded. */
static float fresh_force(struct balance_roller *roller, const struct roller_ctl *ctl, float dt_s)
{
	const float force_n = ctl->force_n > 0.0f ? ctl->force_n : 0.0f;
	const float moved_mm = fabsf(ctl->travel_mm - roller->travel_mm);
	const float rolled = moved_mm < FRESH_MM ? moved_mm / FRESH_MM : 1.0f;
	float fresh_n;

	if (dt_s > GAP_S) {
		const float share = faded(moved_mm / dt_s);

		fresh_n = force_n / (1.0f - RELAXING * share);
		roller->relaxed_n = fresh_n * share;
		return fresh_n;
	}
	fresh_n = force_n + RELAXING * roller->relaxed_n;
	roller->relaxed_n +=
		(fresh_n - roller->relaxed_n) * (dt_s / RELAX_S) - roller->relaxed_n * rolled;
	return force_n + RELAXING * roller->relaxed_n;
}

static void add(struct balance_zone *zone, float n_mm, float dt_s)
{
	float before;

	zone->block_sum += n_mm * dt_s;
	zone->block_s += dt_s;
	if (zone->block_s < BLOCK_S) {
		return;
	}
	n_mm = zone->block_sum / zone->block_s;
	zone->block_s = 0.0f;
	zone->block_sum = 0.0f;
	zone->count++;
	before = n_mm - zone->mean;
	zone->mean += before / (float)zone->count;
	zone->squares += before * (n_mm - zone->mean);
}

/* The zone that a roller works on, or -1: between two zones nothing counts. */
static int zone_at(const struct zone_config *zones, unsigned int r, float travel_mm)
{
	for (int z = 0; z < ZONE_COUNT; z++) {
		if ((unsigned int)zones[z].roller == r && travel_mm >= zones[z].from_mm &&
		    travel_mm <= zones[z].to_mm) {
			return z;
		}
	}
	return -1;
}

static bool tells(const struct roller_ctl *ctl)
{
	const enum technique technique = ctl->technique.technique;

	return ctl->order == ROLLER_ORDER_WORK && ctl->stage == ROLLER_STAGE_HOLD &&
	       (technique == TECHNIQUE_KNEAD || technique == TECHNIQUE_DEEP ||
		technique == TECHNIQUE_STROKE);
}

static void take_roller(struct balance *balance, const struct balance_sample *sample,
			unsigned int r)
{
	struct balance_roller *roller = &balance->roller[r];
	const struct roller_ctl *ctl = &sample->roller[r];
	const float dt_s = (float)(ctl->stamp_us - roller->stamp_us) * 1e-6f;
	struct scan_point touch;
	float fresh_n;
	float n_mm;
	int zone;

	if (ctl->stamp_us <= roller->stamp_us) {
		return; /* told already */
	}
	fresh_n = fresh_force(roller, ctl, dt_s);
	roller->stamp_us = ctl->stamp_us;
	if (ctl->order == ROLLER_ORDER_SCAN && ctl->stage == ROLLER_STAGE_HOLD) {
		roller->scan_n += ctl->force_n;
		roller->scan_fresh_n += fresh_n;
	}
	roller->travel_mm = ctl->travel_mm;
	zone = zone_at(sample->zone, r, ctl->travel_mm);
	if (dt_s > GAP_S || zone < 0 || !sample->massage || !tells(ctl) ||
	    !touched(sample->scan, r, ctl->travel_mm, &touch) ||
	    ctl->force_n - touch.force_n < PRESSES_N ||
	    ctl->depth_mm - touch.depth_mm < DENT_MIN_MM) {
		return;
	}
	touch.force_n *=
		roller->scan_n > 0.0f ? roller->scan_fresh_n / roller->scan_n : TOUCH_FRESH;
	n_mm = stiffness(touch.force_n, fresh_n, ctl->depth_mm - touch.depth_mm);
	if (n_mm > STIFF_MIN && n_mm < STIFF_MAX) {
		add(&balance->zone[zone], n_mm, dt_s);
	}
}

void balance_take(struct balance *balance, const struct balance_sample *sample)
{
	assert(balance != NULL);
	assert(sample != NULL);

	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		take_roller(balance, sample, r);
	}
}

bool balance_zone(const struct balance *balance, enum zone zone, float *ret_n_mm,
		  float *ret_se_n_mm)
{
	const struct balance_zone *z;

	assert((unsigned int)zone < ZONE_COUNT);

	z = &balance->zone[zone];
	if (z->count < BLOCKS_MIN) {
		return false;
	}
	*ret_n_mm = z->mean;
	*ret_se_n_mm = sqrtf(z->squares / (float)(z->count - 1U) / (float)z->count);
	return true;
}
