/* SPDX-License-Identifier: MIT */
/*
 * service.h - what a technician may do in SERVICE: jog one axis, find one roller's stops, warm one
 * pad. One at a time, slowly, under the homing current, and an axis only while somebody holds.
 *
 * The lease is the technician's: it ends when the key is turned back, when whoever holds it falls
 * silent, or when it was not used for a while.
 */
#ifndef CORE_SERVICE_H
#define CORE_SERVICE_H

#include "config.h"
#include "io.h"

enum service_work {
	SERVICE_NOTHING,
	SERVICE_JOG,  /* one axis at `speed` */
	SERVICE_HOME, /* one roller: depth first, then travel */
	SERVICE_HEAT, /* one pad */
};

/* All-zero: no lease. */
struct service {
	enum service_work work;
	unsigned int axis;   /* jog; home: any of the roller's */
	float speed;	     /* jog: mm/s, knead: rpm */
	enum pad pad;	     /* heat */
	float heat_c;	     /* heat */
	uint64_t work_us;    /* when it began, ... */
	float from;	     /* ... and where the axis was then, as its drive counts */
	uint64_t still_us;   /* the axis stands since, though told to move; 0 = it moves */
	bool stood;	     /* the last work ended because of that */
	uint64_t expires_us; /* of the lease */
};

/* Somebody holds the lease, and is there. */
bool service_is_heard(const struct chair_inputs *in);

void service_begin(struct service *service, uint64_t now_us);

/* Key turned back, silent, or not used for too long. */
bool service_is_over(const struct service *service, const struct chair_inputs *in);

/* in->command is COMMAND_JOG or COMMAND_HEAT_TEST, whose numbers are clamped to the compiled
 * limits. A jog at speed 0 and a test at 0 C end what is under way. True when it was taken; false
 * while something else is under way. */
bool service_take(struct service *service, const struct chair_config *config,
		  const struct chair_inputs *in);

/* One cycle: what is not held any more, stands still, or took its time, ends. */
void service_step(struct service *service, const struct chair_config *config,
		  const struct chair_inputs *in);

#endif /* CORE_SERVICE_H */
