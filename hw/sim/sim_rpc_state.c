/* SPDX-License-Identifier: MIT */
/* sim_rpc_state.c - the chair's state as JSON. A failed allocation shows as a missing key. */
#include "sim_rpc.h"

static double rounded(double value, double per_unit)
{
	const double scaled = value * per_unit;

	return (double)(int64_t)(scaled < 0.0 ? scaled - 0.5 : scaled + 0.5) / per_unit;
}

static json_t *roller_state(const struct sim *sim, enum roller r)
{
	const struct plant *plant = &sim->plant;
	const double knead_rpm = plant->vel_mm_s[LANE_KNEAD + r] * 60.0 / REFERENCE_KNEAD_RATIO;

	return json_pack("{s:f,s:f,s:f,s:f,s:f,s:b,s:s}", "travel_mm",
			 rounded(plant->pos_mm[LANE_TRAVEL + r], 1e3), "depth_mm",
			 rounded(plant->pos_mm[LANE_DEPTH + r], 1e3), "force_n",
			 rounded(plant->contact_n[r], 1e3), "force_max_n",
			 rounded(plant->contact_max_n[r], 1e3), "knead_rpm",
			 rounded(knead_rpm, 1e3), "contact", plant->contact_n[r] > 0.0 ? 1 : 0,
			 "zone", reference_zone_words[plant_zone(plant, r)]);
}

static json_t *pad_state(const struct sim *sim, unsigned int p)
{
	const struct plant_heat *heat = &sim->plant.heat;
	const uint32_t ssr = sim->outputs >> COIL_SSR_LOWER_BACK | sim->effects.ssr_welded;

	return json_pack("{s:f,s:f,s:b,s:b,s:f}", "pad_c", rounded(heat->pad_c[p], 1e3), "skin_c",
			 rounded(heat->skin_c[p], 1e3), "ssr_on", (int)(ssr >> p & 1U), "heating",
			 (int)(heat->heating >> p & 1U), "skin_max_c",
			 rounded(heat->skin_max_c[p], 1e3));
}

static json_t *drive_state(const struct sim *sim, unsigned int d)
{
	const struct drive_slave *drive = &sim->slaves.drive[d];

	return json_pack("{s:i,s:b,s:b,s:i,s:[f,f],s:[i,i],s:b}", "address",
			 (int)reference_devices[d].address, "powered", drive->powered ? 1 : 0,
			 "enabled", drive->enabled ? 1 : 0, "comm_timeout_ms", (int)drive->regs[0],
			 "current_limit_a", 0.1 * drive->regs[0x34], 0.1 * drive->regs[0x64],
			 "target_rpm", (int)(int16_t)drive->regs[0x88],
			 (int)(int16_t)drive->regs[0x89], "timed_out", drive->timed_out ? 1 : 0);
}

static json_t *port_state(const struct sim_port_stats *stats)
{
	return json_pack("{s:I,s:I,s:I,s:I}", "requests", (json_int_t)stats->requests, "replies",
			 (json_int_t)stats->replies, "crc_errors", (json_int_t)stats->crc_errors,
			 "silence_violations", (json_int_t)stats->silence_violations);
}

static json_t *ports_state(const struct sim *sim)
{
	json_t *ports = json_object();

	for (unsigned int i = 0; i < SIM_PORT_COUNT; i++) {
		if ((i == SIM_PORT_LINE) == sim->options.one_line) {
			json_object_set_new(ports, reference_port_words[i],
					    port_state(&sim->ports[i]));
		}
	}
	return ports;
}

static json_t *levels_state(uint32_t levels, const char *const words[])
{
	json_t *lines = json_object();

	for (unsigned int i = 0; words[i] != NULL; i++) {
		json_object_set_new(lines, words[i], json_boolean((levels >> i & 1U) != 0));
	}
	return lines;
}

json_t *sim_rpc_state(const struct sim *sim)
{
	json_t *rollers = json_object();
	json_t *pads = json_object();
	json_t *drives = json_object();

	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		json_object_set_new(rollers, reference_roller_words[r],
				    roller_state(sim, (enum roller)r));
	}
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		json_object_set_new(pads, reference_pad_words[p], pad_state(sim, p));
	}
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		json_object_set_new(drives, reference_devices[d].name, drive_state(sim, d));
	}
	return json_pack(
		"{s:f,s:b,s:f,s:b,s:b,s:b,s:b,s:I,s:I,s:I,s:I,s:I,s:o,s:o,s:o,s:o,s:o,s:o}",
		"time_s", (double)(sim->now_us - sim->start_us) / 1e6, "seated",
		sim->seated ? 1 : 0, "body_size", sim->plant.body.size, "relay_closed",
		sim_relay_closed(sim) ? 1 : 0, "heat_enable",
		(int)(sim->outputs >> COIL_HEAT_ENABLE & 1U), "lamp",
		(int)(sim->outputs >> COIL_LAMP & 1U), "beeper",
		(int)(sim->outputs >> COIL_BEEPER & 1U), "heartbeat_edges",
		(json_int_t)sim->chain.edges, "held_ups", (json_int_t)sim->held_ups, "estop_us",
		(json_int_t)sim->estop_us, "answered_us", (json_int_t)sim->answered_us,
		"heartbeat_us", (json_int_t)sim->chain.last_edge_us, "rollers", rollers, "pads",
		pads, "drives", drives, "ports", ports_state(sim), "outputs",
		levels_state(sim->outputs, reference_coil_words), "inputs",
		levels_state(sim_inputs(sim), reference_switch_words));
}

static void put_place(json_t *entry, const struct sim_fault *fault, uint32_t params)
{
	if ((params & SIM_PARAM_PAD) != 0) {
		json_object_set_new(entry, "pad", json_string(reference_pad_words[fault->pad]));
	}
	if ((params & SIM_PARAM_AXIS) != 0) {
		json_object_set_new(
			entry, "axis",
			json_string(reference_axis_words[AXIS(fault->roller, fault->axis)]));
	}
	if ((params & SIM_PARAM_PORT) != 0) {
		json_object_set_new(entry, "port", json_string(reference_port_words[fault->port]));
	}
	if ((params & SIM_PARAM_ROLLER) != 0) {
		json_object_set_new(entry, "roller",
				    json_string(reference_roller_words[fault->roller]));
	}
	if ((params & SIM_PARAM_BUTTON) != 0) {
		json_object_set_new(
			entry, "button",
			json_string(reference_button_words[fault->button - SWITCH_BUTTON_STOP]));
	}
}

static void put_numbers(json_t *entry, const struct sim_fault *fault, uint32_t params)
{
	if ((params & SIM_PARAM_ADDRESS) != 0) {
		json_object_set_new(entry, "address", json_integer(fault->address));
	}
	if ((params & SIM_PARAM_CHANNEL) != 0) {
		json_object_set_new(entry, "channel", json_integer(fault->channel));
	}
	if ((params & SIM_PARAM_C) != 0) {
		json_object_set_new(entry, "c", json_real(fault->offset_c));
	}
	if ((params & SIM_PARAM_BITS) != 0) {
		json_object_set_new(entry, "bits", json_integer(fault->bits));
	}
	if ((params & SIM_PARAM_PCT) != 0) {
		json_object_set_new(entry, "pct", json_integer(fault->pct));
	}
	if ((params & SIM_PARAM_MM) != 0) {
		json_object_set_new(entry, "mm", json_real(fault->push_mm));
	}
}

json_t *sim_rpc_faults(const struct sim *sim)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < sim->faults.count; i++) {
		const struct sim_fault *fault = &sim->faults.list[i];
		uint32_t identity;
		const uint32_t params = sim_fault_params(fault->kind, &identity);
		json_t *entry = json_pack("{s:s}", "name", sim_fault_words[fault->kind]);

		put_place(entry, fault, params);
		put_numbers(entry, fault, params);
		json_array_append_new(list, entry);
	}
	return json_pack("{s:o}", "faults", list);
}
