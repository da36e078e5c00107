/* SPDX-License-Identifier: MIT */
#include "virtual.h"

#include "sim_frame.h"

#include <errno.h>
#include <string.h>

#define START_US  UINT64_C(1000000)
#define RTU_EXTRA 3 /* address and CRC around a PDU */

static void put16(uint8_t *to, uint16_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static uint16_t get16(const uint8_t *from)
{
	return (uint16_t)((unsigned int)from[0] << 8 | from[1]);
}

static size_t encode(const struct bus_request *request, uint8_t pdu[SLAVE_PDU_MAX])
{
	pdu[0] = (uint8_t)request->function;
	put16(pdu + 1, request->reg);
	if (request->function == BUS_WRITE_REGISTER) {
		put16(pdu + 3, request->values[0]);
		return 5;
	}
	put16(pdu + 3, request->count);
	if (request->function != BUS_WRITE_REGISTERS) {
		return 5;
	}
	pdu[5] = (uint8_t)(request->count * 2U);
	for (unsigned int i = 0; i < request->count; i++) {
		put16(pdu + 6 + 2 * i, request->values[i]);
	}
	return 6 + 2U * request->count;
}

static uint64_t wire_us(const struct virtual_port *port, size_t pdu_length)
{
	return sim_frame_time_us(pdu_length + RTU_EXTRA, port->line.config->baud);
}

/* What a host adds to a telegram until its threads run: measured 120 to 170 us with the real
 * programs. */
#define HOST_US 150

/* The next request goes on the wire. */
static void send_request(struct virtual_chair *v, struct virtual_port *port)
{
	uint8_t pdu[SLAVE_PDU_MAX];
	size_t length;

	bus_line_next(&port->line, v->now_us, &port->command, &port->request);
	length = encode(&port->request, pdu);
	port->timeout_us = v->now_us + port->request.timeout_us;
	port->waiting = true;
	port->executed = false;
	port->next_us = v->now_us + wire_us(port, length);
}

static bool lost(struct virtual_chair *v, const struct virtual_port *port)
{
	v->random = v->random * UINT32_C(1664525) + UINT32_C(1013904223);
	return (v->random >> 8) % 100U < v->sim.effects.noise_pct[port - v->port];
}

/* A reply in another's name, or half of one: to the master it is none. */
static bool is_unusable(const struct virtual_chair *v, uint8_t address)
{
	const uint32_t devices = v->sim.effects.foreign | v->sim.effects.truncated;

	return (devices >> (unsigned int)reference_find_device(address) & 1U) != 0;
}

/* The whole request has arrived: the device takes it. */
static void execute(struct virtual_chair *v, struct virtual_port *port)
{
	uint8_t pdu[SLAVE_PDU_MAX];
	const size_t length = encode(&port->request, pdu);
	const uint8_t address = port->request.address;
	const struct sim_effects *effects = &v->sim.effects;
	const uint32_t unreachable = effects->cut | effects->unplugged;

	port->executed = true;
	port->reply_length = 0;
	if ((unreachable >> (port - v->port) & 1U) == 0) {
		port->reply_length = slave_pdu(&v->sim, address, pdu, length, port->reply);
	}
	port->next_us = port->timeout_us;
	if (port->reply_length > 0 && !lost(v, port) && !is_unusable(v, address)) {
		port->next_us = v->now_us + slave_reply_us(&v->sim, address) +
				wire_us(port, port->reply_length);
	} else {
		port->reply_length = 0;
	}
}

/* The reply is there, or will not come any more. */
static void conclude(struct virtual_chair *v, struct virtual_port *port)
{
	enum bus_result result = BUS_RESULT_OK;
	uint16_t regs[BUS_REGS_MAX];

	if (port->reply_length == 0) {
		result = BUS_RESULT_TIMEOUT;
	} else if ((port->reply[0] & 0x80U) != 0) {
		result = BUS_RESULT_EXCEPTION;
	} else if (port->request.function == BUS_READ_HOLDING ||
		   port->request.function == BUS_READ_INPUT) {
		for (unsigned int i = 0; i < port->request.count; i++) {
			regs[i] = get16(port->reply + 2 + 2 * i);
		}
	}
	bus_line_done(&port->line, v->now_us, &port->request, result, regs);
	port->waiting = false;
	port->next_us = bus_line_ready_at(&port->line) + HOST_US;
	if (port->next_us < v->now_us) {
		port->next_us = v->now_us;
	}
}

static void port_event(struct virtual_chair *v, struct virtual_port *port)
{
	if (!port->waiting) {
		send_request(v, port);
	} else if (!port->executed) {
		execute(v, port);
	} else {
		conclude(v, port);
	}
}

static void control_cycle(struct virtual_chair *v)
{
	const struct bus_line_image *lines[SETUP_PORT_MAX];
	struct bus_line_command commands[SETUP_PORT_MAX];

	const bool deaf = sim_effect(&v->sim.effects, SIM_FAULT_GPIO_SILENT);

	v->in.now_us = v->now_us;
	if (!deaf) {
		v->in.switches = sim_inputs(&v->sim);
		v->in.switches_stamp_us = v->now_us;
	}
	v->in.threads_alive = !v->threads_dead;
	v->in.stop = v->stop;
	v->in.service_heard_us = v->service_heard_us;
	v->in.person = v->person;
	v->in.command = v->command;
	v->stop = false;
	v->command.kind = COMMAND_NONE;
	for (unsigned int p = 0; p < v->setup->port_count; p++) {
		lines[p] = bus_line_image(&v->port[p].line);
	}
	image_inputs(v->setup, lines, &v->in);
	chair_step(&v->chair, &v->in, &v->out);
	if (v->recorder != NULL) {
		recorder_cycle(v->recorder, &v->chair, &v->in, &v->out);
	}
	v->in.outputs_written = !deaf; /* a cause in the next cycle */
	if (!deaf) {
		sim_set_outputs(&v->sim, v->out.coils);
	}
	image_commands(v->setup, &v->out, commands);
	for (unsigned int p = 0; p < v->setup->port_count; p++) {
		v->port[p].command = commands[p];
	}
}

/* The controller as it is when its program begins. */
static int begin(struct virtual_chair *v)
{
	v->in = (struct chair_inputs){ .outputs_written = true };
	v->out = (struct chair_outputs){ 0 };
	v->command.kind = COMMAND_NONE;
	v->stop = false;
	for (unsigned int p = 0; p < v->setup->port_count; p++) {
		const int r = bus_line_init(&v->port[p].line, &v->setup->ports[p].line);

		if (r < 0) {
			return r;
		}
		memset(&v->port[p].command, 0, sizeof(v->port[p].command));
		v->port[p].waiting = false;
		v->port[p].next_us = v->now_us;
	}
	return chair_init(&v->chair, &v->setup->core);
}

int virtual_init(struct virtual_chair *v, const struct setup *setup)
{
	const struct sim_options options = { .one_line = setup->port_count == 1 };

	memset(v, 0, sizeof(*v));
	v->setup = setup;
	v->now_us = START_US;
	v->tick_us = START_US;
	sim_init(&v->sim, &options, START_US);
	return begin(v);
}

void virtual_record(struct virtual_chair *v, struct recorder *recorder)
{
	v->recorder = recorder;
	if (recorder != NULL) {
		recorder_begin(recorder, &v->chair);
	}
}

void virtual_set_body(struct virtual_chair *v, double size)
{
	plant_set_body(&v->sim.plant, size);
}

int virtual_power(struct virtual_chair *v, bool on)
{
	int r;

	if (!on) {
		v->unpowered = true;
		v->latched = v->chair.interlock.latched;
		for (unsigned int p = 0; p < PAD_COUNT; p++) {
			v->dose[p] = v->chair.pad[p].dose;
		}
		sim_set_outputs(&v->sim, 0);
		return 0;
	}
	v->unpowered = false;
	r = begin(v);
	if (r == 0) {
		chair_restore(&v->chair, v->latched, v->now_us);
		for (unsigned int i = 0; i < PAD_COUNT * DOSE_HOURS; i++) {
			const struct dose *dose = &v->dose[i / DOSE_HOURS];
			const unsigned int ago = i % DOSE_HOURS;

			chair_restore_dose(
				&v->chair, (enum pad)(i / DOSE_HOURS),
				dose->hour_cem43[(dose->now + DOSE_HOURS - ago) % DOSE_HOURS], ago);
		}
		virtual_record(v, v->recorder);
	}
	return r;
}

void virtual_cycle(struct virtual_chair *v)
{
	v->tick_us += v->late_us;
	v->late_us = 0;
	while (!v->unpowered) {
		struct virtual_port *first = NULL;

		for (unsigned int p = 0; p < v->setup->port_count; p++) {
			if (v->port[p].next_us < v->tick_us &&
			    (first == NULL || v->port[p].next_us < first->next_us)) {
				first = &v->port[p];
			}
		}
		if (first == NULL) {
			break;
		}
		v->now_us = first->next_us;
		sim_advance(&v->sim, v->now_us);
		port_event(v, first);
	}
	v->now_us = v->tick_us;
	sim_advance(&v->sim, v->now_us);
	if (!v->unpowered) {
		control_cycle(v);
	}
	v->tick_us += CONTROL_PERIOD_US;
}

bool virtual_until(struct virtual_chair *v, enum session_state state, uint64_t limit_us)
{
	const uint64_t until_us = v->now_us + limit_us;

	while (v->chair.session.state != state && v->now_us < until_us) {
		virtual_cycle(v);
	}
	return v->chair.session.state == state;
}
