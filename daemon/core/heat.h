/* SPDX-License-Identifier: MIT */
/*
 * heat.h - one heat pad: its two channels judged, its dose counted, and on or off. The higher
 * channel always counts.
 */
#ifndef CORE_HEAT_H
#define CORE_HEAT_H

#include "dose.h"
#include "fault.h"
#include "io.h"

#define HEAT_OFF_SAMPLES 12 /* in the minute in which a pad without drive is watched */

/* What one channel did lately. */
struct heat_channel {
	uint64_t stamp_us; /* of the newest sample; 0 = none yet */
	float temp_c;
	float other_c;		/* of the other channel, when this one last changed */
	uint64_t changed_us;	/* when that was */
	uint64_t driven_us;	/* the pad was driven, since then */
	uint64_t impossible_us; /* when it last changed too quickly; 0 = never */
};

struct heat_ctl {
	bool on;
	float temp_c; /* higher channel of the last step; valid only if `valid` */
	bool valid;   /* both channels good */
	float slope_c_s;
	float mark_c; /* start of the slope's window */
	uint64_t mark_us;
	struct heat_channel channel[PAD_CHANNELS];
	struct dose dose;
	uint64_t dose_us; /* not yet counted */
	/* does it heat as told? */
	uint64_t driven_us; /* below its set point, in the running window */
	float driven_c;	    /* lower channel at the window's start */
	/* does it stop heating as told? */
	uint32_t off_count;			     /* samples since it was driven last, */
	uint64_t off_us;			     /* when the last one was taken, */
	float off_c[HEAT_OFF_SAMPLES][PAD_CHANNELS]; /* those of the last minute, a ring */
};

/* Judge the newest samples of pad @p. @driven: its relay was switched on in the last cycle, @set_c:
 * what was asked of it then. */
void heat_watch(struct heat_ctl *ctl, enum pad p, const struct sensor_input pad[PAD_CHANNELS],
		bool driven, float set_c, uint64_t dt_us, uint64_t now_us, struct found *found);

/* Bang-bang with a look ahead, so that the pad does not shoot over. @set_c 0 = off. */
bool heat_step(struct heat_ctl *ctl, const struct sensor_input pad[PAD_CHANNELS], float set_c,
	       uint64_t now_us);

#endif /* CORE_HEAT_H */
