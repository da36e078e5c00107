/* SPDX-License-Identifier: MIT */
#include "sim.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define BIT(n) (UINT32_C(1) << (unsigned int)(n))

void sim_init(struct sim *sim, const struct sim_options *options, uint64_t now_us)
{
	assert(sim != NULL);
	assert(options != NULL);

	memset(sim, 0, sizeof(*sim));
	sim->options = *options;
	sim->start_us = now_us;
	sim->now_us = now_us;
	sim->plant_us = now_us;
	sim->seated = true;
	sim->thermostats_closed = true;
	chain_init(&sim->chain, now_us);
	plant_init(&sim->plant);
	slaves_init(sim);
	sim->chain.held = options->relay_held;
	if (options->relay_held) {
		sim->power = true;
		slaves_set_power(sim, now_us, true);
	}
}

enum sim_port sim_device_port(const struct sim *sim, unsigned int device)
{
	assert(device < SIM_DEVICE_COUNT);

	return sim->options.one_line ? SIM_PORT_LINE : reference_devices[device].port;
}

/* Heat needs the relay, the enable line and its own SSR. */
static void update_heating(struct sim *sim)
{
	const uint32_t ssr = sim->outputs >> COIL_SSR_LOWER_BACK & (BIT(PAD_COUNT) - 1);
	const bool enabled = (sim->outputs & BIT(COIL_HEAT_ENABLE)) != 0 && sim_relay_closed(sim);

	sim->plant.heat.heating = enabled ? ssr | sim->effects.ssr_welded : 0;
}

/* Tell the chain about its contacts, and what it powers about the chain. */
static void update_chain(struct sim *sim, uint64_t now_us)
{
	const bool loop_closed = !sim_effect(&sim->effects, SIM_FAULT_ESTOP_OPEN) &&
				 !sim_effect(&sim->effects, SIM_FAULT_THERMOSTAT_OPEN) &&
				 sim->thermostats_closed;

	if (loop_closed != sim->chain.loop_closed) {
		chain_set_loop(&sim->chain, now_us, loop_closed);
	} else {
		chain_advance(&sim->chain, now_us);
	}
	if (sim_relay_closed(sim) != sim->power) {
		sim->power = !sim->power;
		slaves_set_power(sim, now_us, sim->power);
		update_heating(sim);
	}
}

void sim_advance(struct sim *sim, uint64_t to_us)
{
	assert(sim != NULL);

	while (sim->plant_us + SIM_STEP_US <= to_us) {
		const uint32_t heat_steps = sim->plant.heat.steps;

		sim->plant_us += SIM_STEP_US;
		update_chain(sim, sim->plant_us);
		slaves_step(sim, sim->plant_us);
		plant_step(&sim->plant, SIM_STEP_S);
		if (sim->plant.heat.steps != heat_steps) {
			sim->thermostats_closed = plant_thermostats_closed(&sim->plant);
		}
	}
	if (to_us > sim->now_us) {
		sim->now_us = to_us;
	}
	update_chain(sim, sim->now_us);
}

void sim_set_outputs(struct sim *sim, uint32_t levels)
{
	assert(sim != NULL);

	if (sim->answered_us == 0 && ((levels ^ sim->outputs) & BIT(COIL_HEARTBEAT)) == 0) {
		sim->answered_us = sim->now_us;
	}
	sim->outputs = levels & (BIT(COIL_COUNT) - 1);
	chain_set_heartbeat(&sim->chain, sim->now_us, (levels & BIT(COIL_HEARTBEAT)) != 0);
	update_heating(sim);
}

static uint32_t button_levels(const struct sim *sim)
{
	uint32_t levels = sim->effects.buttons;

	for (unsigned int i = SWITCH_BUTTON_STOP; i <= SWITCH_BUTTON_DOWN; i++) {
		if (sim->now_us < sim->pressed_until_us[i]) {
			levels |= BIT(i);
		}
	}
	return levels;
}

uint32_t sim_inputs(const struct sim *sim)
{
	const struct sim_effects *effects = &sim->effects;
	uint32_t levels = button_levels(sim);

	if (!sim_effect(effects, SIM_FAULT_ESTOP_OPEN)) {
		levels |= BIT(SWITCH_ESTOP_CLOSED);
	}
	if (!sim_relay_closed(sim)) {
		levels |= BIT(SWITCH_RELAY_FEEDBACK);
	}
	if (!sim_effect(effects, SIM_FAULT_COVER_OPEN)) {
		levels |= BIT(SWITCH_BACK_COVER_CLOSED);
	}
	if (!sim_effect(effects, SIM_FAULT_LEG_GUARD)) {
		levels |= BIT(SWITCH_LEG_GUARD_CLEAR);
	}
	if (!sim_effect(effects, SIM_FAULT_THERMOSTAT_OPEN) && sim->thermostats_closed) {
		levels |= BIT(SWITCH_THERMOSTATS_CLOSED);
	}
	if (sim->seated) {
		levels |= BIT(SWITCH_SEAT_OCCUPIED);
	}
	if (sim->key) {
		levels |= BIT(SWITCH_SERVICE_KEY);
	}
	return levels;
}

double sim_sensor_c(const struct sim *sim, unsigned int pad, unsigned int channel)
{
	const struct plant_heat *heat = &sim->plant.heat;

	if (sim->effects.temp_frozen[pad][channel]) {
		return sim->frozen_c[pad][channel];
	}
	return heat->sensor_c[pad][channel] + heat->noise_c[pad][channel] +
	       sim->effects.temp_offset_c[pad][channel];
}

static void apply_faults(struct sim *sim)
{
	struct sim_effects effects;

	sim_faults_derive(&sim->faults, &effects);
	for (unsigned int i = 0; i < PAD_COUNT * PAD_CHANNELS; i++) {
		/* a frozen channel gives itself: it keeps what it said when it froze */
		sim->frozen_c[i / PAD_CHANNELS][i % PAD_CHANNELS] =
			sim_sensor_c(sim, i / PAD_CHANNELS, i % PAD_CHANNELS);
	}
	sim->effects = effects;
	for (unsigned int lane = 0; lane < LANE_COUNT; lane++) {
		plant_block(&sim->plant, lane, (effects.stalled & BIT(lane)) != 0);
	}
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		sim->plant.body.push_target_mm[r] = effects.push_mm[r];
	}
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		slaves_raise_fault(sim, d, effects.drive_bits[d]);
	}
	chain_set_welded(&sim->chain, sim->now_us, sim_effect(&effects, SIM_FAULT_RELAY_WELDED));
	update_chain(sim, sim->now_us);
	update_heating(sim);
}

int sim_set_fault(struct sim *sim, const struct sim_fault *fault, bool on)
{
	const int r = sim_faults_set(&sim->faults, fault, on);

	if (r == 0) {
		apply_faults(sim);
	}
	if (r == 0 && on && fault->kind == SIM_FAULT_ESTOP_OPEN) {
		sim->estop_us = sim->now_us;
		sim->answered_us = 0;
	}
	return r;
}

void sim_clear_faults(struct sim *sim)
{
	sim->faults.count = 0;
	apply_faults(sim);
}

void sim_seat(struct sim *sim, bool seated)
{
	sim->seated = seated;
	sim->plant.body.seated = seated;
}

void sim_turn_key(struct sim *sim, bool service)
{
	sim->key = service;
}

void sim_press(struct sim *sim, enum chair_switch button, uint64_t hold_us)
{
	assert(button >= SWITCH_BUTTON_STOP && button <= SWITCH_BUTTON_DOWN);

	sim->pressed_until_us[button] = sim->now_us + hold_us;
}

void sim_note_write(struct sim *sim, uint8_t address, int16_t left_rpm, int16_t right_rpm)
{
	sim->writes[sim->write_count % SIM_WRITES_MAX] = (struct sim_write){
		.t_us = sim->now_us,
		.address = address,
		.rpm = { left_rpm, right_rpm },
	};
	sim->write_count++;
}
