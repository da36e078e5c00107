/* SPDX-License-Identifier: MIT */
#include "dose.h"

#include "safety_limits.h"

#include <assert.h>
#include <stddef.h>

#define FROM_C	     37.0f
#define HOUR_US	     (3600 * S_US)
#define MINUTES(s)   ((s) * (1.0f / 60.0f))
#define POWER_MAX    40 /* 80 C: LIMIT_SENSOR_MAX_C */
#define POWER_DIGITS 12 /* 37 C */

/* 2^x for -POWER_DIGITS..POWER_MAX, within 0.002 %: core has no libm. */
static float power_of_2(float x)
{
	float scale = 1.0f;

	for (unsigned int i = 0; i < POWER_MAX && x >= 1.0f; i++) {
		x -= 1.0f;
		scale *= 2.0f;
	}
	for (unsigned int i = 0; i < POWER_DIGITS && x < 0.0f; i++) {
		x += 1.0f;
		scale *= 0.5f;
	}
	/* Taylor's series of exp(x ln 2) on 0..1 */
	return scale *
	       (1.0f + x * (0.693147f +
			    x * (0.240227f +
				 x * (0.0555041f +
				      x * (0.00961813f + x * (0.00133336f + x * 0.000154035f))))));
}

float dose_rate(float temp_c)
{
	const float above_c = temp_c - LIMIT_PAD_TRIP_C;

	if (temp_c < FROM_C) {
		return 0.0f;
	}
	return MINUTES(power_of_2(above_c > 0.0f ? above_c : 2.0f * above_c));
}

static void sum_up(struct dose *dose)
{
	dose->sum_cem43 = 0.0f;
	for (unsigned int h = 0; h < DOSE_HOURS; h++) {
		dose->sum_cem43 += dose->hour_cem43[h];
	}
}

void dose_add(struct dose *dose, float temp_c, float dt_s, uint64_t now_us)
{
	assert(dose != NULL);

	if (dose->hour_us == 0) {
		dose->hour_us = now_us;
	}
	for (unsigned int h = 0; h < DOSE_HOURS && now_us - dose->hour_us >= HOUR_US; h++) {
		dose->now = (uint8_t)((dose->now + 1) % DOSE_HOURS);
		dose->hour_cem43[dose->now] = 0.0f;
		dose->hour_us += HOUR_US;
		dose->hours++;
	}
	dose->hour_cem43[dose->now] += dose_rate(temp_c) * dt_s;
	sum_up(dose);
}

void dose_restore(struct dose *dose, float cem43, unsigned int hours_ago)
{
	assert(dose != NULL);

	if (hours_ago < DOSE_HOURS) {
		dose->hour_cem43[(dose->now + DOSE_HOURS - hours_ago) % DOSE_HOURS] += cem43;
		sum_up(dose);
	}
}
