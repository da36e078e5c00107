/* SPDX-License-Identifier: MIT */
/* The technician's methods for the buses: who answers where, and a new device's place. */
#include "errand.h"
#include "log.h"
#include "maintenance.h"
#include "methods_call.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define ADDRESS_MAX  247
#define TIMEOUT_US   100000U /* the slowest device that we know answers within that */
#define BAUD_MIN     1200
#define BAUD_MAX     256000
#define REGISTER_MAX 0xffff

static const char *const result_words[] = { "timeout", "ok", "garbled", "exception", "port_gone" };
static const char *const table_words[] = { "holding", "input", "discrete" };
static const enum bus_function table_functions[] = { BUS_READ_HOLDING, BUS_READ_INPUT,
						     BUS_READ_DISCRETE };

json_t *errand_result(const struct errand *errand, const struct bus_answer *answer)
{
	json_t *registers = json_null();

	if (answer->result == BUS_RESULT_OK && errand->count > 0) {
		registers = json_array();
		for (unsigned int i = 0; i < errand->count; i++) {
			(void)json_array_append_new(registers, json_integer(answer->regs[i]));
		}
	}
	return json_pack("{s:s, s:o}", "result", result_words[answer->result], "registers",
			 registers);
}

/* Nothing moves, nothing is warmed, nobody waits for it. False after an answer. */
static bool may_disturb(struct call *call)
{
	const struct control_snapshot *s = server_snapshot(call->client->server);

	if (s == NULL) {
		call_refuse(call, "stale", "The chair has no current values yet.");
		return false;
	}
	if (s->session.state != STATE_FAULT && s->session.state != STATE_INHIBITED &&
	    s->session.state != STATE_READY) {
		call_refuse_by(call, REFUSAL_ALREADY_RUNNING);
		return false;
	}
	return true;
}

/* A whole number within bounds; @ret stays when absent and not @required. False after an answer. */
static bool take_whole(struct call *call, const char *field, bool required, json_int_t least,
		       json_int_t most, json_int_t *ret)
{
	char text[64];

	if (!required && json_object_get(call->params, field) == NULL) {
		return true;
	}
	if (!json_is_integer(json_object_get(call->params, field)) ||
	    !call_whole_number(call, field, ret) || *ret < least || *ret > most) {
		(void)snprintf(text, sizeof(text), "must be a whole number from %lld to %lld",
			       (long long)least, (long long)most);
		call_invalid(call, field, text);
		return false;
	}
	return true;
}

static int find_port(const struct setup *setup, const char *name)
{
	for (unsigned int p = 0; p < setup->port_count && name != NULL; p++) {
		if (strcmp(setup->ports[p].line.name, name) == 0) {
			return (int)p;
		}
	}
	return -ENOENT;
}

static void send_errand(struct call *call, unsigned int port, const struct bus_errand *errand,
			uint16_t count)
{
	if (server_send_errand(call->client->server, call->client, call->id, port, errand, count) <
	    0) {
		call_refuse(call, "busy", "Another request is on its way. Please try again.");
	}
}

void bus_read(struct call *call)
{
	const struct setup *setup = server_setup(call->client->server);
	const char *table = json_string_value(json_object_get(call->params, "table"));
	const int port = find_port(setup, json_string_value(json_object_get(call->params, "port")));
	struct bus_errand errand = { .request = { .timeout_us = TIMEOUT_US } };
	json_int_t address = 0;
	json_int_t reg = 0;
	json_int_t count = 1;
	json_int_t baud = 0;
	size_t t = 0;

	if (port < 0) {
		call_invalid(call, "port", "must be a port of bus.stats");
		return;
	}
	while (table != NULL && t < sizeof(table_words) / sizeof(table_words[0]) &&
	       strcmp(table, table_words[t]) != 0) {
		t++;
	}
	if (t == sizeof(table_words) / sizeof(table_words[0])) {
		call_invalid(call, "table", "must be holding, input or discrete");
		return;
	}
	if (!take_whole(call, "address", true, 1, ADDRESS_MAX, &address) ||
	    !take_whole(call, "register", true, 0, REGISTER_MAX, &reg) ||
	    !take_whole(call, "count", false, 1, BUS_ERRAND_REGS, &count) ||
	    !take_whole(call, "baud", false, BAUD_MIN, BAUD_MAX, &baud) || !may_disturb(call)) {
		return;
	}
	errand.baud = (uint32_t)baud;
	errand.request.address = (uint8_t)address;
	errand.request.function = table_functions[t];
	errand.request.reg = (uint16_t)reg;
	errand.request.count = (uint16_t)count;
	send_errand(call, (unsigned int)port, &errand, (uint16_t)count);
}

static bool find_device(const struct setup *setup, const char *name, struct setup_place *ret)
{
	for (unsigned int p = 0; p < setup->port_count && name != NULL; p++) {
		for (unsigned int d = 0; d < setup->ports[p].line.device_count; d++) {
			if (strcmp(setup->ports[p].line.devices[d].name, name) == 0) {
				*ret = (struct setup_place){ .port = (uint8_t)p,
							     .device = (uint8_t)d };
				return true;
			}
		}
	}
	return false;
}

/* Another device of this line that is well, at @at: it must not be given a new place by mistake. */
static bool belongs_to_another(const struct control_snapshot *s, const struct setup *setup,
			       struct setup_place place, json_int_t at)
{
	const struct bus_line_config *line = &setup->ports[place.port].line;

	for (unsigned int d = 0; d < line->device_count; d++) {
		if (d != place.device && line->devices[d].address == at &&
		    s->line[place.port].device[d].stage == BUS_STAGE_READY) {
			return true;
		}
	}
	return false;
}

/* The register and value that @what stands for. False: this device has no such thing. */
static bool fill_assignment(const struct bus_line_config *line, unsigned int device,
			    const char *what, struct bus_request *request)
{
	const struct bus_device_config *config = &line->devices[device];
	const struct profile *profile = config->profile;
	const struct profile_identity *identity = &profile->identity;
	uint8_t reg;

	if (!identity->known || what == NULL) {
		return false;
	}
	if (strcmp(what, "address") == 0) {
		reg = identity->address_reg;
		request->values[0] = config->address;
	} else if (strcmp(what, "save") == 0 && identity->has_save) {
		reg = identity->save_reg;
		request->values[0] = 1;
	} else if (strcmp(what, "baud") == 0 && identity->has_baud) {
		uint16_t code = 0;

		while (code < identity->baud_count && identity->baud[code] != line->baud) {
			code++;
		}
		if (code == identity->baud_count) {
			return false;
		}
		reg = identity->baud_reg;
		request->values[0] = code;
	} else {
		return false;
	}
	request->function = profile->supports[6] ? BUS_WRITE_REGISTER : BUS_WRITE_REGISTERS;
	request->reg = profile->registers[reg].addr;
	request->count = 1;
	return true;
}

void bus_assign(struct call *call)
{
	const struct setup *setup = server_setup(call->client->server);
	const struct control_snapshot *s = server_snapshot(call->client->server);
	const char *what = json_string_value(json_object_get(call->params, "what"));
	const char *name = json_string_value(json_object_get(call->params, "device"));
	struct bus_errand errand = { .request = { .timeout_us = TIMEOUT_US } };
	struct setup_place place = { 0 };
	json_int_t at = 0;
	json_int_t baud = 0;

	if (!find_device(setup, name, &place)) {
		call_invalid(call, "device", "must be a device of bus.stats");
		return;
	}
	if (!fill_assignment(&setup->ports[place.port].line, place.device, what, &errand.request)) {
		call_invalid(call, "what",
			     "must be address, save or baud, and known to the device's profile");
		return;
	}
	if (!take_whole(call, "at", true, 1, ADDRESS_MAX, &at) ||
	    !take_whole(call, "baud", false, BAUD_MIN, BAUD_MAX, &baud) || !may_disturb(call)) {
		return;
	}
	if (!switch_is_on(s->in.switches, SWITCH_SERVICE_KEY)) {
		call_refuse_by(call, REFUSAL_KEY_OFF);
	} else if (belongs_to_another(s, setup, place, at)) {
		call_refuse(call, "in_use",
			    "Another device of the chair answers there: unplug it first.");
	} else {
		errand.baud = (uint32_t)baud;
		errand.request.address = (uint8_t)at;
		journal(&log_service, LOG_NOTICE, NULL, "%s: %s is written, at address %d", name,
			what, (int)at);
		send_errand(call, place.port, &errand, 0);
	}
}

/* A part was exchanged: who did it, and when. */
void service_replaced(struct call *call)
{
	struct history *history = server_history(call->client->server);
	const char *name = json_string_value(json_object_get(call->params, "device"));
	struct setup_place place = { 0 };
	char what[48];
	char who[64];

	if (!find_device(server_setup(call->client->server), name, &place)) {
		call_invalid(call, "device", "must be a device of bus.stats");
		return;
	}
	if (!call_who(call, who, sizeof(who))) {
		return;
	}
	(void)snprintf(what, sizeof(what), "replaced %s", name);
	if (history == NULL || maintenance_add(history, who, what, (double)NAN, (double)NAN) < 0) {
		call_refuse(call, "no_history", "It cannot be stored.");
		return;
	}
	journal(&log_service, LOG_NOTICE, NULL, "%s %s", who, what);
	call_answer(call, json_pack("{s:s}", "replaced", name));
}
