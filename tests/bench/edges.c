/* SPDX-License-Identifier: MIT */
/*
 * edges CONFIG PROFILES COUNT - e-stop edges at random moments of a session in virtual time. For
 * each: how long the one chair_step() takes that answers it, on this machine, and whether that step
 * already holds the heartbeat, heat and every motor. Prints one JSON object.
 */
#include "virtual.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MINUTE_US (60 * S_US)
#define AFTER	  20 /* cycles in which the heartbeat must not come back */

static struct setup setup; /* large */
static struct virtual_chair v;
static struct chair chair; /* copy that is stopped, so that the session can go on */

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a;
	const uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y ? 1 : 0;
}

static bool is_dark(const struct chair_outputs *out)
{
	const uint32_t heat = ((1U << COIL_BEEPER) - 1U) & ~(1U << COIL_HEARTBEAT);
	bool dark = (out->coils & heat) == 0;

	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		dark = dark && !out->drive[d].enable;
	}
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		dark = dark && !(out->speed[a] < 0.0f) && !(out->speed[a] > 0.0f);
	}
	return dark;
}

/* One edge at a random time before the next tick. Returns the step's time; counts a wrong answer.
 */
static uint64_t edge(unsigned int *wrong)
{
	struct chair_inputs in = v.in;
	const uint32_t beat = v.out.coils & 1U << COIL_HEARTBEAT;
	struct chair_outputs out;
	uint64_t begun_ns;
	uint64_t took_ns;

	chair = v.chair;
	in.now_us = v.now_us + 1U + (uint64_t)(rand() % (int)(CONTROL_PERIOD_US - 1U));
	in.switches &= ~(1U << SWITCH_ESTOP_CLOSED);
	in.switches_stamp_us = in.now_us;
	begun_ns = now_ns();
	chair_step(&chair, &in, &out);
	took_ns = now_ns() - begun_ns;
	for (unsigned int i = 0; i < AFTER; i++) {
		if ((out.coils & 1U << COIL_HEARTBEAT) != beat || !is_dark(&out)) {
			(*wrong)++;
			break;
		}
		in.now_us += CONTROL_PERIOD_US;
		in.switches_stamp_us = in.now_us;
		chair_step(&chair, &in, &out);
	}
	return took_ns;
}

/* From READY into a session that lasts. */
static bool begin(void)
{
	if (!virtual_until(&v, STATE_READY, MINUTE_US)) {
		return false;
	}
	v.command = (struct chair_command){ .kind = COMMAND_START, .id = 1, .side = SIDE_BOTH };
	return virtual_until(&v, STATE_HOMING, S_US);
}

int main(int argc, char *argv[])
{
	const unsigned long count = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	struct schema_problems problems = { 0 };
	uint64_t *ns = calloc(count + 1, sizeof(*ns));
	unsigned int moving = 0;
	unsigned int wrong = 0;

	if (ns == NULL || count == 0 || setup_load(argv[1], argv[2], &setup, &problems) < 0 ||
	    virtual_init(&v, &setup) < 0) {
		(void)fprintf(stderr, "Usage: edges CONFIG PROFILES COUNT\n");
		free(ns);
		return 2;
	}
	for (unsigned long i = 0; i < count; i++) {
		if (!v.chair.session.running && !begin()) {
			(void)fprintf(stderr, "edges: the chair does not start\n");
			free(ns);
			return 1;
		}
		for (int c = rand() % 20; c >= 0; c--) {
			virtual_cycle(&v);
		}
		moving += session_is_moving(v.chair.session.state) ? 1U : 0U;
		ns[i] = edge(&wrong);
	}
	qsort(ns, count, sizeof(ns[0]), compare);
	(void)printf("{\"count\": %lu, \"moving\": %u, \"wrong\": %u, \"p50_us\": %.3f, "
		     "\"p99_us\": %.3f, "
		     "\"max_us\": %.3f}\n",
		     count, moving, wrong, (double)ns[count / 2] * 1e-3,
		     (double)ns[count - 1 - count / 100] * 1e-3, (double)ns[count - 1] * 1e-3);
	free(ns);
	schema_problems_free(&problems);
	return 0;
}
