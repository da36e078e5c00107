/* SPDX-License-Identifier: MIT */
#include "heat.h"

#include "safety_limits.h"

#include <assert.h>
#include <stddef.h>

#define WINDOW_US    (2 * S_US)
#define LOOK_AHEAD_S 6.0f /* sensor lag and the heat still in the pad when it is switched off */
#define HYSTERESIS_C 0.15f

bool heat_step(struct heat_ctl *ctl, const struct sensor_input pad[PAD_CHANNELS], float set_c,
	       uint64_t now_us)
{
	float ahead_c;

	assert(ctl != NULL);

	ctl->valid = true;
	ctl->temp_c = pad[0].temp_c;
	for (unsigned int c = 0; c < PAD_CHANNELS; c++) {
		ctl->valid = ctl->valid && pad[c].quality == QUALITY_GOOD &&
			     pad[c].stamp_us <= now_us &&
			     now_us - pad[c].stamp_us <= LIMIT_SENSOR_AGE_US;
		if (pad[c].temp_c > ctl->temp_c) {
			ctl->temp_c = pad[c].temp_c;
		}
	}
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
