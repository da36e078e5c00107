/* SPDX-License-Identifier: MIT */
/*
 * sim.h - the whole simulated chair as one struct: plant, devices, relay chain, lines, faults.
 *
 * Pure: no I/O, no clock, no heap, no threads, deterministic. One owner at a time (the program
 *takes a lock around it). Time is an argument in microseconds that never runs back: CLOCK_MONOTONIC
 *in chairsim, anything in a virtual-time program:
 *
 *	sim_init(sim, &options, t);
 *	for each event at time t:
 *		sim_advance(sim, t);
 *		sim_set_outputs(sim, levels), sim_inputs(sim), slave_pdu(sim, ...)
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "chain.h"
#include "plant.h"
#include "reference.h"
#include "sim_faults.h"
#include "slaves.h"
#include "types.h"

#include <stdbool.h>
#include <stdint.h>

#define SIM_STEP_US    2500
#define SIM_STEP_S     0.0025
#define SIM_WRITES_MAX 256 /* a power of two */

struct sim_options {
	bool one_line;	   /* all devices on SIM_PORT_LINE */
	bool relay_held;   /* the enable relay is bridged */
	uint32_t reply_us; /* 0: each device's own */
};

/* A change of a drive's target registers. */
struct sim_write {
	uint64_t t_us; /* when the request had fully arrived */
	uint8_t address;
	int16_t rpm[DRIVE_MOTORS];
};

struct sim_port_stats {
	uint64_t requests; /* whole and with a good CRC, for whomever */
	uint64_t replies;
	uint64_t crc_errors;
	uint64_t silence_violations; /* began within t3.5 of the frame before; dropped */
};

struct sim {
	struct sim_options options;
	uint64_t start_us;
	uint64_t now_us;
	uint64_t plant_us; /* the plant is there; less than one step behind now_us */
	bool power;	   /* what the drives have last been told */
	bool seated;
	bool key;
	bool thermostats_closed; /* of the plant, as last told to the chain */
	uint32_t outputs;
	uint64_t estop_us;    /* when the e-stop was opened last */
	uint64_t answered_us; /* first outputs after that in which the heartbeat stood; 0 = none */
	uint64_t pressed_until_us[SWITCH_COUNT]; /* buttons only */
	uint64_t write_count;
	struct sim_write writes[SIM_WRITES_MAX]; /* ring: write i is at i % SIM_WRITES_MAX */
	struct sim_port_stats ports[SIM_PORT_COUNT];
	uint32_t held_ups; /* times that the machine kept the real-time servers waiting; they count
			    */
	struct sim_faults faults;
	struct sim_effects effects;
	double frozen_c[PAD_COUNT][PAD_CHANNELS]; /* what a frozen channel keeps saying */
	struct chain chain;
	struct slaves slaves;
	struct plant plant;
};

void sim_init(struct sim *sim, const struct sim_options *options, uint64_t now_us);

/* Let time pass. An earlier time than the last is ignored. */
void sim_advance(struct sim *sim, uint64_t to_us);

/* Lines, as bits of enum chair_coil and enum chair_switch, logical polarity, at sim->now_us. */
void sim_set_outputs(struct sim *sim, uint32_t levels);
uint32_t sim_inputs(const struct sim *sim);

static inline bool sim_relay_closed(const struct sim *sim)
{
	return chain_relay_closed(&sim->chain);
}

/* The port that a device hangs on, one_line considered. */
enum sim_port sim_device_port(const struct sim *sim, unsigned int device);

/* Returns 0 or -ENOSPC. */
int sim_set_fault(struct sim *sim, const struct sim_fault *fault, bool on);
void sim_clear_faults(struct sim *sim);

void sim_seat(struct sim *sim, bool seated);
void sim_turn_key(struct sim *sim, bool service);

/* Press an armrest button now and let go after @hold_us. */
void sim_press(struct sim *sim, enum chair_switch button, uint64_t hold_us);

/* Called by slaves.c. */
void sim_note_write(struct sim *sim, uint8_t address, int16_t left_rpm, int16_t right_rpm);

/* What a sensor says, in C, after lag, noise, offset and freezing. */
double sim_sensor_c(const struct sim *sim, unsigned int pad, unsigned int channel);

#endif /* SIM_SIM_H */
