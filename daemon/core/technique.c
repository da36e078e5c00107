/* SPDX-License-Identifier: MIT */
#include "technique.h"

#include <assert.h>
#include <stddef.h>

#define END_MM 2.0f

/* The next number of a sequence that `random` began (Marsaglia's xorshift), -1..1; 0 without one.
 */
static float draw(struct technique_state *state)
{
	uint32_t x = state->random;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	state->random = x;
	return x == 0 ? 0.0f : (float)(x >> 8) * (2.0f / 16777215.0f) - 1.0f;
}

/* At each turn of a movement: another pace, another end. */
static void vary(struct technique_state *state)
{
	const float inset = draw(state);

	state->pace = draw(state);
	state->inset = inset < 0.0f ? -inset : inset;
}

static float varied(const struct technique_state *state, float rate)
{
	return rate * (1.0f + TECHNIQUE_VARY_PACE * state->pace);
}

/* Back and forth between two ends, turning early enough to come to rest at them. */
static float shuttle(struct technique_state *state, float from_mm, float to_mm, float pos_mm,
		     float rate_mm_s, float accel_mm_s2)
{
	const float room_mm = (to_mm - from_mm) * 0.5f;
	const float inset_mm = (to_mm - from_mm) * TECHNIQUE_VARY_INSET * state->inset;
	const bool toward_heart = state->toward_heart;
	float margin_mm = rate_mm_s * rate_mm_s / (2.0f * accel_mm_s2);

	if (margin_mm < END_MM) {
		margin_mm = END_MM; /* turn before the track's end would stop it */
	}
	if (margin_mm > room_mm * 0.5f) {
		margin_mm = room_mm * 0.5f;
	}
	margin_mm += inset_mm;
	if (pos_mm >= to_mm - margin_mm) {
		state->toward_heart = true;
	} else if (pos_mm <= from_mm + margin_mm) {
		state->toward_heart = false;
	}
	if (state->toward_heart != toward_heart) {
		vary(state);
	}
	return state->toward_heart ? -rate_mm_s : rate_mm_s;
}

/* Hold a point, let go, go on to the next one. */
static void press(struct technique_state *state, const struct technique_config *rate, float from_mm,
		  float to_mm, float pos_mm, float dt_s, struct technique_motion *motion)
{
	const float moving_s = rate->reach_mm / rate->travel_mm_s;

	state->timer_s += dt_s;
	if (!state->released) {
		motion->travel_mm_s = 0.0f;
		if (state->timer_s >= varied(state, rate->hold_s)) {
			state->released = true;
			state->timer_s = 0.0f;
		}
		return;
	}
	motion->force_factor = rate->release_factor;
	motion->travel_mm_s = 0.0f;
	if (state->timer_s >= rate->release_s + moving_s) {
		state->released = false;
		state->timer_s = 0.0f;
		vary(state);
	} else if (state->timer_s >= rate->release_s) {
		motion->travel_mm_s = shuttle(state, from_mm, to_mm, pos_mm, rate->travel_mm_s,
					      rate->travel_mm_s);
	}
}

/* Small rolls around a centre that wanders through the zone, like on a tennis ball. */
static float roll(struct technique_state *state, const struct technique_config *rate, float from_mm,
		  float to_mm, float pos_mm, float accel_mm_s2)
{
	const bool toward_heart = state->toward_heart;
	float low_mm;
	float high_mm;
	float speed_mm_s;

	/* It may have begun outside of its zone. */
	if (state->centre_mm < from_mm) {
		state->centre_mm = from_mm;
	} else if (state->centre_mm > to_mm) {
		state->centre_mm = to_mm;
	}
	low_mm = state->centre_mm - rate->reach_mm;
	high_mm = state->centre_mm + rate->reach_mm;

	if (low_mm <= from_mm) {
		low_mm = from_mm;
		state->centre_up = false;
	}
	if (high_mm >= to_mm) {
		high_mm = to_mm;
		state->centre_up = true;
	}
	speed_mm_s = shuttle(state, low_mm, high_mm, pos_mm, varied(state, rate->travel_mm_s),
			     accel_mm_s2);
	if (state->toward_heart && !toward_heart) {
		state->centre_mm += rate->reach_mm * (state->centre_up ? -0.25f : 0.25f);
	}
	return speed_mm_s;
}

/* In contact toward the heart only; lifted on the way back, which is twice as quick. */
static void flush(struct technique_state *state, const struct technique_config *rate, float from_mm,
		  float to_mm, float pos_mm, float accel_mm_s2, bool clear,
		  struct technique_motion *motion)
{
	const float back_mm_s = rate->travel_mm_s * 2.0f;
	float margin_mm = back_mm_s * back_mm_s / (2.0f * accel_mm_s2);

	if (margin_mm > (to_mm - from_mm) * 0.25f) {
		margin_mm = (to_mm - from_mm) * 0.25f;
	}
	if (pos_mm <= from_mm + END_MM) {
		state->returning = true;
	} else if (pos_mm >= to_mm - margin_mm && state->returning) {
		state->returning = false;
		vary(state);
	}
	motion->lift = state->returning;
	if (!state->returning) {
		motion->travel_mm_s = -varied(state, rate->travel_mm_s);
	} else {
		motion->travel_mm_s = clear ? back_mm_s : 0.0f;
	}
}

struct technique_motion technique_step(struct technique_state *state, enum technique technique,
				       const struct chair_config *config, float from_mm,
				       float to_mm, float pos_mm, bool clear, float dt_s)
{
	const struct technique_config *rate;
	const float accel_mm_s2 = config->force.travel_mm_s2;
	struct technique_motion motion = { .force_factor = 1.0f };

	assert(state != NULL);
	assert((unsigned int)technique < TECHNIQUE_COUNT);

	rate = &config->technique[technique];
	if (state->technique != technique) {
		*state = (struct technique_state){ .technique = technique,
						   .centre_mm = pos_mm,
						   .random = state->random };
		vary(state);
	}
	motion.knead_rpm = varied(state, rate->knead_rpm);
	motion.travel_mm_s = rate->travel_mm_s;
	if (technique == TECHNIQUE_REST) {
		motion = (struct technique_motion){ .lift = true };
	} else if (technique == TECHNIQUE_PRESS) {
		press(state, rate, from_mm, to_mm, pos_mm, dt_s, &motion);
	} else if (technique == TECHNIQUE_ROLL) {
		motion.travel_mm_s = roll(state, rate, from_mm, to_mm, pos_mm, accel_mm_s2);
	} else if (technique == TECHNIQUE_FLUSH) {
		flush(state, rate, from_mm, to_mm, pos_mm, accel_mm_s2, clear, &motion);
	} else { /* stroke, knead, deep: they differ in their rates */
		motion.travel_mm_s = shuttle(state, from_mm, to_mm, pos_mm,
					     varied(state, rate->travel_mm_s), accel_mm_s2);
	}
	return motion;
}
