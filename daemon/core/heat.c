/* SPDX-License-Identifier: MIT */
#include "heat.h"

#include "safety_limits.h"

#include <assert.h>
#include <stddef.h>

#define WINDOW_US    (2 * S_US)
#define LOOK_AHEAD_S 6.0f /* sensor lag and the heat still in the pad when it is switched off */
#define HYSTERESIS_C 0.15f

#define FROZEN_US     (60 * S_US) /* of being driven: 5 C on a cold pad, a few swings on a warm one */
#define FROZEN_C      1.0f	  /* the other channel moved by so much, */
#define FROZEN_LAG_US (20 * S_US) /* and this one should have followed */
#define DOSE_STEP_US  S_US	  /* smaller steps would be lost in the sum's last digits */
#define JUMP_C	      1.0f	  /* a coarse sensor may step by so much, however soon */
#define IMPOSSIBLE_US                                                                             \
	(2 * S_US)		  /* a jump is remembered for longer than its cause must be there \
				   */
#define HEATS_US      (90 * S_US) /* a cold pad under a body rises by 5 C in it */
#define HEATS_C	      1.0f
#define WELDED_US     (60 * S_US)
#define WELDED_C      38.0f /* no body warms a pad to that */
#define WELDED_RISE_C 1.0f

static float magnitude(float value)
{
	return value < 0.0f ? -value : value;
}

/* A new sample of one channel: did it jump, did it change at all? */
static void take_sample(struct heat_channel *channel, const struct sensor_input *sensor,
			float other_c, uint64_t now_us)
{
	const float change_c = magnitude(sensor->temp_c - channel->temp_c);
	const float dt_s = (float)(sensor->stamp_us - channel->stamp_us) * 1e-6f;

	if (channel->stamp_us != 0 && change_c > JUMP_C &&
	    change_c > LIMIT_SENSOR_RATE_C_S * dt_s) {
		channel->impossible_us = now_us;
	}
	if (channel->stamp_us == 0 || change_c > 0.0f) {
		channel->driven_us = 0;
		channel->changed_us = now_us;
		channel->other_c = other_c;
	}
	channel->temp_c = sensor->temp_c;
	channel->stamp_us = sensor->stamp_us;
}

/* A channel without a value says nothing about change: it begins anew. True when it is frozen. */
static bool watch_channel(struct heat_channel *channel, const struct sensor_input *sensor,
			  const struct sensor_input *other, bool driven, uint64_t dt_us,
			  uint64_t now_us)
{
	if (sensor->quality != QUALITY_GOOD || other->quality != QUALITY_GOOD) {
		*channel = (struct heat_channel){ .impossible_us = channel->impossible_us };
	} else if (sensor->stamp_us > channel->stamp_us) {
		take_sample(channel, sensor, other->temp_c, now_us);
	}
	if (channel->stamp_us == 0) {
		return false;
	}
	channel->driven_us += driven ? dt_us : 0;
	return channel->driven_us >= FROZEN_US ||
	       (magnitude(other->temp_c - channel->other_c) > FROZEN_C &&
		now_us - channel->changed_us >= FROZEN_LAG_US);
}

/* True when a window of being driven has brought nothing. */
static bool watch_heating(struct heat_ctl *ctl, float low_c, bool driven, float set_c,
			  uint64_t dt_us)
{
	if (set_c <= 0.0f || ctl->temp_c >= set_c - HEATS_C) {
		ctl->driven_us = 0;
		return false;
	}
	if (!driven) {
		return false;
	}
	if (ctl->driven_us == 0) {
		ctl->driven_c = low_c;
	}
	ctl->driven_us += dt_us;
	if (ctl->driven_us < HEATS_US) {
		return false;
	}
	ctl->driven_us = 0;
	return low_c - ctl->driven_c < HEATS_C;
}

/* True when a minute without drive has warmed a pad that no body can warm. Looked at every 5 s. */
static bool watch_cooling(struct heat_ctl *ctl, const struct sensor_input pad[PAD_CHANNELS],
			  bool driven, uint64_t now_us)
{
	float *past_c = ctl->off_c[ctl->off_count % HEAT_OFF_SAMPLES];
	bool welded = ctl->off_count >= HEAT_OFF_SAMPLES;

	if (driven) {
		ctl->off_count = 0;
		return false;
	}
	if (ctl->off_count != 0 && now_us - ctl->off_us < WELDED_US / HEAT_OFF_SAMPLES) {
		return false;
	}
	for (unsigned int c = 0; c < PAD_CHANNELS; c++) {
		welded = welded && pad[c].temp_c > WELDED_C &&
			 pad[c].temp_c - past_c[c] > WELDED_RISE_C;
		past_c[c] = pad[c].temp_c;
	}
	ctl->off_us = now_us;
	ctl->off_count++;
	return welded;
}

static bool is_valid(const struct sensor_input pad[PAD_CHANNELS], uint64_t now_us)
{
	bool valid = true;

	for (unsigned int c = 0; c < PAD_CHANNELS; c++) {
		valid = valid && pad[c].quality == QUALITY_GOOD && pad[c].stamp_us <= now_us &&
			now_us - pad[c].stamp_us <= LIMIT_SENSOR_AGE_US;
	}
	return valid;
}

static float higher(const struct sensor_input pad[PAD_CHANNELS])
{
	return pad[0].temp_c > pad[1].temp_c ? pad[0].temp_c : pad[1].temp_c;
}

static void count_dose(struct heat_ctl *ctl, uint64_t dt_us, uint64_t now_us)
{
	ctl->dose_us += dt_us;
	if (ctl->dose_us >= DOSE_STEP_US) {
		dose_add(&ctl->dose, ctl->temp_c, (float)ctl->dose_us * 1e-6f, now_us);
		ctl->dose_us = 0;
	}
}

void heat_watch(struct heat_ctl *ctl, enum pad p, const struct sensor_input pad[PAD_CHANNELS],
		bool driven, float set_c, uint64_t dt_us, uint64_t now_us, struct found *found)
{
	bool frozen = false;
	bool impossible = false;
	float low_c;

	assert(ctl != NULL);

	for (unsigned int c = 0; c < PAD_CHANNELS; c++) {
		struct heat_channel *channel = &ctl->channel[c];

		if (watch_channel(channel, &pad[c], &pad[1 - c], driven, dt_us, now_us)) {
			frozen = true;
		}
		impossible = impossible || (channel->impossible_us != 0 &&
					    now_us - channel->impossible_us < IMPOSSIBLE_US);
	}
	found_add(found, frozen, CAUSE_SENSOR_FROZEN, p);
	found_add(found, impossible, CAUSE_SENSOR_IMPLAUSIBLE, p);
	ctl->valid = is_valid(pad, now_us);
	ctl->temp_c = higher(pad);
	if (ctl->valid) {
		low_c = pad[0].temp_c + pad[1].temp_c - ctl->temp_c;
		found_add(found, watch_heating(ctl, low_c, driven, set_c, dt_us), CAUSE_NOT_HEATING,
			  p);
		found_add(found, watch_cooling(ctl, pad, driven, now_us), CAUSE_SSR_WELDED, p);
		count_dose(ctl, dt_us, now_us);
	} else {
		ctl->off_count = 0;
	}
	found_add(found, ctl->dose.sum_cem43 >= LIMIT_DOSE_CEM43, CAUSE_DOSE, p);
}

bool heat_step(struct heat_ctl *ctl, const struct sensor_input pad[PAD_CHANNELS], float set_c,
	       uint64_t now_us)
{
	float ahead_c;

	assert(ctl != NULL);

	ctl->valid = is_valid(pad, now_us);
	ctl->temp_c = higher(pad);
	if (!ctl->valid || set_c <= 0.0f) {
		ctl->on = false;
		ctl->mark_us = 0;
		ctl->slope_c_s = 0.0f;
		return false;
	}
	if (ctl->mark_us == 0) {
		ctl->mark_us = now_us;
		ctl->mark_c = ctl->temp_c;
	} else if (now_us - ctl->mark_us >= WINDOW_US) {
		ctl->slope_c_s =
			(ctl->temp_c - ctl->mark_c) / ((float)(now_us - ctl->mark_us) * 1e-6f);
		ctl->mark_us = now_us;
		ctl->mark_c = ctl->temp_c;
	}
	ahead_c = ctl->temp_c;
	if (ctl->slope_c_s > 0.0f) {
		ahead_c += ctl->slope_c_s * LOOK_AHEAD_S;
	}
	ctl->on = ahead_c < (ctl->on ? set_c : set_c - HYSTERESIS_C);
	return ctl->on;
}
