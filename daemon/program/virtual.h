/* SPDX-License-Identifier: MIT */
/*
 * virtual.h - core, bus and plant in one process and in virtual time; nothing sleeps.
 *
 * The same chair_step(), process image and bus_line as in chaird, and the same devices and plant as
 * in chairsim. Requests take their time on the wire and in the device, values age meanwhile,
 * commands land when their frame has arrived; lost or cut frames end in the line's own timeouts.
 */
#ifndef PROGRAM_VIRTUAL_H
#define PROGRAM_VIRTUAL_H

#include "chair.h"
#include "control.h"
#include "image.h"
#include "recorder.h"
#include "setup.h"
#include "sim.h"

struct virtual_port {
	struct bus_line line;
	struct bus_line_command command;
	struct bus_request request;
	bool waiting;	  /* a request is under way */
	bool executed;	  /* the device has taken it */
	uint64_t next_us; /* next thing that happens on this port */
	uint64_t timeout_us;
	uint8_t reply[SLAVE_PDU_MAX];
	size_t reply_length;
};

struct virtual_chair {
	const struct setup *setup; /* borrowed */
	uint64_t now_us;
	uint64_t tick_us;
	uint32_t random; /* for noise; seeded */
	struct chair chair;
	struct chair_inputs in;
	struct chair_outputs out;
	struct sim sim;
	struct virtual_port port[SETUP_PORT_MAX];
	struct chair_command command; /* for the next cycle */
	bool stop;		      /* for the next cycle */
	uint64_t service_heard_us;    /* of a technician; 0 = there is none */
	struct person person;	      /* who may start now; all zero: nobody has checked in */
	struct recorder *recorder;    /* borrowed; NULL = nothing is recorded */
	/* what befalls the controller */
	bool threads_dead;	     /* another thread of it stands still */
	bool unpowered;		     /* no cycles and no bus; all lines low */
	uint64_t late_us;	     /* the next cycle comes this much late */
	uint64_t latched;	     /* causes stored when power was lost */
	struct dose dose[PAD_COUNT]; /* stored, too */
};

/* At power-up, somebody seated. Returns 0 or -errno. */
int virtual_init(struct virtual_chair *v, const struct setup *setup)
	__attribute__((warn_unused_result));

/* From now on record every cycle; NULL ends it. */
void virtual_record(struct virtual_chair *v, struct recorder *recorder);

/* Seat a body of another size, see plant_set_body(). */
void virtual_set_body(struct virtual_chair *v, double size);

/* Let one control cycle and everything before it happen. */
void virtual_cycle(struct virtual_chair *v);

/* The controller loses its power, or gets it back and starts anew with what it had stored. */
int virtual_power(struct virtual_chair *v, bool on) __attribute__((warn_unused_result));

/* Cycle until the state is @state, at most @limit_us. Returns whether it was reached. */
bool virtual_until(struct virtual_chair *v, enum session_state state, uint64_t limit_us);

#endif /* PROGRAM_VIRTUAL_H */
