/* SPDX-License-Identifier: MIT */
/*
 * core_fixture.h - what the tests of core share: the reference chair's configuration and a rig, a
 * small chair of the test's own around one struct chair. Its plant is simple on purpose: an axis
 * goes where its speed says, a stop is felt as force, tissue is a spring, the relay follows the
 * heartbeat. No thread, clock or heap: a rig can be copied to try several futures.
 */
#ifndef CORE_FIXTURE_H
#define CORE_FIXTURE_H

#include "chair.h"
#include "program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define MS_US	 UINT64_C(1000)
#define CYCLE_US (10 * MS_US)
#define EPOCH_US (100 * S_US) /* rigs begin here: 0 means "never" in many places */
#define NEAR	 1e-4f

#define RIG_GOOD_SWITCHES                                                 \
	(1U << SWITCH_ESTOP_CLOSED | 1U << SWITCH_BACK_COVER_CLOSED |     \
	 1U << SWITCH_LEG_GUARD_CLEAR | 1U << SWITCH_THERMOSTATS_CLOSED | \
	 1U << SWITCH_SEAT_OCCUPIED)
#define RIG_HEAT_COILS ((1U << PAD_COUNT) - 1U) << COIL_SSR_LOWER_BACK | 1U << COIL_HEAT_ENABLE
#define RIG_EVENT_MAX  64

/* Programs of core_config(). */
enum rig_program {
	RIG_PROGRAM_BACK, /* lower back and glutes, both sides: 60 s stroke, 120 s knead, 120 s roll
			   */
	RIG_PROGRAM_LEG,  /* right only: 300 s of press on the right thigh */
	RIG_PROGRAM_SHORT, /* 60 s */
	RIG_PROGRAM_COUNT
};

enum rig_relay {
	RIG_RELAY_WORKS,
	RIG_RELAY_WELDED,
	RIG_RELAY_DEAD,
};

struct rig {
	struct chair chair;
	struct chair_inputs in;
	struct chair_outputs out;
	/* plant */
	float at_mm[AXIS_COUNT];				   /* from the mechanical stop */
	float surface_mm;					   /* where the body begins */
	float (*surface_of)(unsigned int roller, float travel_mm); /* instead, when there is one */
	float tissue_n_mm;
	float push_n[ROLLER_COUNT]; /* extra force on the depth axis */
	float pad_c[PAD_COUNT];
	float warms_c_s[PAD_COUNT]; /* besides its heater, which is a slow one */
	enum rig_relay relay;
	bool relay_closed;
	uint64_t edge_us;    /* last edge of the heartbeat */
	uint64_t running_us; /* heartbeat runs since */
	uint64_t power_us;   /* the relay closed */
	bool was_high;
	bool deaf[DRIVE_COUNT];	  /* a drive that does not answer */
	bool blocked[AXIS_COUNT]; /* stands still, without torque */
	bool slips[AXIS_COUNT];	  /* its motor turns, it stands still */
	uint64_t cycles;
	/* everything that was reported since rig_forget() */
	unsigned int event_count;
	struct chair_event events[RIG_EVENT_MAX];
};

extern struct rig rig;

/* The reference chair. */
void core_config(struct chair_config *ret_config);

/* Good inputs of a powered chair with somebody in it at @now_us. */
void core_good_inputs(struct chair_inputs *ret_in, uint64_t now_us);

/* A fresh chair; nothing has run. */
void rig_init(void);

/* @dt_us of plant, then one cycle. One-shot inputs (stop, command) are taken back. */
void rig_cycle_us(uint64_t dt_us);
void rig_cycle(void);
void rig_run_ms(unsigned int ms);

/* One cycle on exactly the inputs that stand in rig.in, time and stamps included. */
void rig_step_raw(void);

/* Fails the test when @state is not reached in time. */
void rig_run_until(enum session_state state, unsigned int max_ms);

/* A fresh chair in READY, its drives powered for more than 3 s. */
void rig_ready(void);

/* The same in MASSAGE with all rollers of the program on the body. */
void rig_massage(enum rig_program program);

void rig_set(enum chair_switch sw, bool on);
void rig_press(enum chair_switch button); /* 50 ms, then released for one cycle */

/* The refusal of a command that is given in the next cycle. */
enum refusal rig_command(struct chair_command command);
enum refusal rig_start(enum rig_program program, enum side side, uint8_t level);

void rig_forget(void);
/* How many such events there were; the last one in *ret_event unless it is NULL. */
unsigned int rig_saw(enum chair_event_kind kind, struct chair_event *ret_event);
bool rig_has(enum cause cause); /* active */
bool rig_latched(enum cause cause);

/* The effects, as seen at the outputs of the last cycle. */
void assert_cut(void);
void assert_heat_off(void);
void assert_retract(void);

void assert_near_at(float actual, float expected, float slack, const char *file, int line);
#define assert_near(actual, expected, slack) \
	assert_near_at((actual), (expected), (slack), __FILE__, __LINE__)

#endif /* CORE_FIXTURE_H */
