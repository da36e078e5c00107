/* SPDX-License-Identifier: MIT */
/*
 * heat.h - one heat pad: on or off, from its two channels. The higher channel always counts.
 */
#ifndef CORE_HEAT_H
#define CORE_HEAT_H

#include "io.h"

struct heat_ctl {
	bool on;
	float temp_c; /* higher channel of the last step; valid only if `valid` */
	bool valid;   /* both channels good */
	float slope_c_s;
	float mark_c; /* start of the slope's window */
	uint64_t mark_us;
};

/* Bang-bang with a look ahead, so that the pad does not shoot over. @set_c 0 = off. */
bool heat_step(struct heat_ctl *ctl, const struct sensor_input pad[PAD_CHANNELS], float set_c,
	       uint64_t now_us);

#endif /* CORE_HEAT_H */
