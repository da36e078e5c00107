/* SPDX-License-Identifier: MIT */
#include "methods.h"

#include "documents.h"
#include "methods_call.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PARSE_ERROR	(-32700)
#define INVALID_REQUEST (-32600)
#define UNKNOWN_METHOD	(-32601)
#define INVALID_PARAMS	(-32602)
#define REFUSED		(-32000)

#define MINUTES_MOST 10 /* more or less at once */

#define BIT(role) (1U << (unsigned int)(role))
#define ALL	  (BIT(ROLE_COUNT) - 1U)
#define AT_CHAIR  (BIT(ROLE_PANEL) | BIT(ROLE_PHONE))
#define SESSION	  (AT_CHAIR | BIT(ROLE_HOME))

/* Sentences for refusals that the control core makes. */
static const char *const refusal_texts[REFUSAL_COUNT] = {
	[REFUSAL_NONE] = "",
	[REFUSAL_FAULT] =
		"The chair has a fault. Read what it says, then press the armrest button.",
	[REFUSAL_INHIBITED] = "The chair is not ready: a part of it is missing or not yet checked.",
	[REFUSAL_NOT_READY] = "The chair cannot start just now. Please try again.",
	[REFUSAL_SEAT_EMPTY] = "Nobody is sitting in the chair. Please sit down first.",
	[REFUSAL_ALREADY_RUNNING] = "A session is running. Stop it first.",
	[REFUSAL_NO_SESSION] = "No session is running.",
	[REFUSAL_NOTHING_TO_RESUME] = "There is no session to go on with. Start a new one.",
	[REFUSAL_UNKNOWN_PROGRAM] = "There is no such program.",
	[REFUSAL_SIDE_NOT_OFFERED] = "This program is not made for that side.",
	[REFUSAL_LEVEL_OUT_OF_RANGE] = "The level must be 1 to 5.",
	[REFUSAL_MINUTES_OUT_OF_RANGE] = "The session cannot last that long.",
	[REFUSAL_NOT_FOR_HOME] = "From here level and heat can only be lowered.",
	[REFUSAL_PREHEAT_REST] = "The seat was warmed within the last hour.",
	[REFUSAL_ASK_PENDING] = "Another start is waiting for the button on the chair.",
	[REFUSAL_NO_HEAT] = "The heat must stay off for now.",
	[REFUSAL_CHILD_LOCK] = "The chair is locked. Take the lock off with its PIN.",
	[REFUSAL_CHECK_IN_REFUSED] = "By the answers of the check-in there is no session today.",
	[REFUSAL_REST_UNTIL] = "After the last session the body needs a rest of 24 hours.",
	[REFUSAL_DAILY_LIMIT] = "Two sessions a day with three hours between them are enough.",
	[REFUSAL_LEVEL_CEILING] =
		"This is as firm as it may be today. Two sessions that did you good raise it.",
	[REFUSAL_TIME_LIMIT] = "A session ends after 30 minutes at the latest.",
	[REFUSAL_NO_TIME_LEFT] = "The session is nearly over.",
	[REFUSAL_HEAT_OUT_OF_RANGE] = "The heat can be off, or 30 to 41 degrees.",
	[REFUSAL_HEAT_NOT_ALLOWED] = "By the answers of the check-in there is no heat today.",
	[REFUSAL_KEY_OFF] = "Turn the service key first.",
	[REFUSAL_SEAT_TAKEN] = "Somebody sits in the chair. Service needs an empty seat.",
	[REFUSAL_NOT_IN_SERVICE] = "The chair is not in service.",
	[REFUSAL_ONE_AT_A_TIME] = "Only one axis or pad at a time. End the other first.",
	[REFUSAL_NOT_STEERED] = "The spot can be chosen only while the program asks for it.",
};

static void send_object(struct client *client, json_t *object)
{
	char *text = object == NULL ? NULL : json_dumps(object, RPC_JSON);

	if (text == NULL) {
		client->broken = true; /* memory ran out: better no answer than half of one */
	} else {
		client_send(client, text);
	}
	free(text);
	json_decref(object);
}

static void answer_id(struct client *client, json_t *id, json_t *result)
{
	if (id == NULL) {
		json_decref(result); /* a notification */
		return;
	}
	send_object(client,
		    json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", id, "result", result));
}

void call_answer(const struct call *call, json_t *result)
{
	answer_id(call->client, call->id, result);
}

static void error_id(struct client *client, json_t *id, int code, const char *reason,
		     const char *text, const char *field)
{
	json_t *data = json_pack("{s:s, s:s}", "reason", reason, "text", text);

	if (field != NULL && data != NULL) {
		(void)json_object_set_new(data, "field", json_string(field));
	}
	send_object(client, json_pack("{s:s, s:O?, s:{s:i, s:s, s:o}}", "jsonrpc", "2.0", "id", id,
				      "error", "code", code, "message", text, "data", data));
}

void call_refuse(const struct call *call, const char *reason, const char *text)
{
	if (call->id != NULL) {
		error_id(call->client, call->id, REFUSED, reason, text, NULL);
	}
}

void call_invalid(const struct call *call, const char *field, const char *text)
{
	if (call->id != NULL) {
		error_id(call->client, call->id, INVALID_PARAMS, "invalid_params", text, field);
	}
}

void call_refuse_by(const struct call *call, enum refusal refusal)
{
	call_refuse(call, refusal_name(refusal), refusal_texts[refusal]);
}

const char *refusal_text(enum refusal refusal)
{
	return (unsigned int)refusal < REFUSAL_COUNT ? refusal_texts[refusal] : "";
}

uint64_t call_now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with a valid clock */
	return (uint64_t)now.tv_sec * S_US + (uint64_t)now.tv_nsec / 1000U;
}

void methods_refuse_line(struct client *client)
{
	error_id(client, NULL, PARSE_ERROR, "malformed",
		 "The line is longer than 65536 bytes; the connection is closed.", NULL);
}

void methods_refuse_crowd(struct client *client)
{
	error_id(client, NULL, REFUSED, "too_many_clients",
		 "Too many programs are connected here; close some.", NULL);
}

void call_answer_document(const struct call *call, json_t *document)
{
	if (document == NULL) {
		call_refuse(call, "stale", "The chair has no current values yet.");
		return;
	}
	call_answer(call, document);
}

static void state_get(struct call *call)
{
	call_answer_document(call, server_state(call->client->server, call->client->role));
}

static void telemetry_get(struct call *call)
{
	call_answer_document(call, server_telemetry(call->client->server));
}

static void program_list(struct call *call)
{
	call_answer(call, document_programs(server_setup(call->client->server)));
}

static void fault_list(struct call *call)
{
	const struct control_snapshot *s = server_snapshot(call->client->server);

	call_answer_document(call,
			     s == NULL ? NULL : json_pack("{s:o}", "faults", document_faults(s)));
}

static void io_get(struct call *call)
{
	const struct control_snapshot *s = server_snapshot(call->client->server);

	call_answer_document(call, s == NULL ? NULL : document_io(s));
}

static void bus_stats(struct call *call)
{
	const struct control_snapshot *s = server_snapshot(call->client->server);

	call_answer_document(call, s == NULL ? NULL
					     : document_bus(s, server_setup(call->client->server)));
}

static void daemon_version(struct call *call)
{
	call_answer(call, json_pack("{s:s}", "version", CHAIR_VERSION));
}

bool call_whole_number(const struct call *call, const char *field, json_int_t *ret)
{
	const json_t *value = json_object_get(call->params, field);

	if (value == NULL) {
		return true;
	}
	if (!json_is_integer(value)) {
		call_invalid(call, field, "must be a whole number");
		return false;
	}
	*ret = json_integer_value(value);
	return true;
}

static void state_watch(struct call *call)
{
	struct client *client = call->client;
	const json_t *rate = json_object_get(call->params, "telemetry_hz");
	const double hz = rate == NULL ? 0.0 : json_number_value(rate);

	if (rate != NULL && (!json_is_number(rate) || !(hz >= 0.0 && hz <= 10.0))) {
		call_invalid(call, "telemetry_hz", "must be a number from 0 to 10");
		return;
	}
	client->watching = true;
	client->telemetry_us = hz > 0.0 ? (uint64_t)(1e6 / hz) : 0;
	client->telemetry_due_us = 0;
	call_answer(call, json_object());
	server_push_now(client->server);
}

static void session_stop(struct call *call)
{
	server_stop_session(call->client->server);
	call_answer(call, json_pack("{s:b}", "stopping", true));
}

void call_submit(struct call *call, struct chair_command *command)
{
	const enum role role = call->client->role;

	if (server_snapshot(call->client->server) == NULL) {
		call_refuse(call, "stale", "The chair has no current values yet.");
		return;
	}
	command->ask = (command->kind == COMMAND_START || command->kind == COMMAND_RESUME) &&
		       role != ROLE_PANEL;
	command->only_lower = role == ROLE_HOME;
	if (server_submit(call->client->server, call->client, call->id, call->method->name,
			  command) < 0) {
		call_refuse(call, "busy", "Too many commands at once. Please try again.");
	}
}

static bool take_side(struct call *call, enum side *ret)
{
	const char *word = json_string_value(json_object_get(call->params, "side"));

	for (unsigned int side = SIDE_LEFT; side < SIDE_COUNT && word != NULL; side++) {
		if (strcmp(word, side_name((enum side)side)) == 0) {
			*ret = (enum side)side;
			return true;
		}
	}
	call_invalid(call, "side", "must be \"left\", \"right\" or \"both\"");
	return false;
}

static void session_start(struct call *call)
{
	struct chair_command command = { .kind = COMMAND_START };
	const char *id = json_string_value(json_object_get(call->params, "program"));
	json_int_t level = 1;
	json_int_t minutes = 0;
	int index;

	if (id == NULL) {
		call_invalid(call, "program", "must be the id of a program, see program.list");
		return;
	}
	if (!take_side(call, &command.side) || !call_whole_number(call, "level", &level) ||
	    !call_whole_number(call, "minutes", &minutes)) {
		return;
	}
	index = setup_find_program(server_setup(call->client->server), id);
	if (index < 0) {
		call_refuse_by(call, REFUSAL_UNKNOWN_PROGRAM);
	} else if (level < 1 || level > LEVEL_MAX) {
		call_refuse_by(call, REFUSAL_LEVEL_OUT_OF_RANGE);
	} else if (minutes < 0 || minutes > (json_int_t)(LIMIT_SESSION_US / S_US / 60) ||
		   (minutes == 0 && json_object_get(call->params, "minutes") != NULL)) {
		call_refuse_by(call, REFUSAL_MINUTES_OUT_OF_RANGE);
	} else {
		command.program = (uint8_t)index;
		command.level = (uint8_t)level;
		command.duration_s = (uint32_t)minutes * 60U;
		call_submit(call, &command);
	}
}

static void session_level(struct call *call)
{
	struct chair_command command = { .kind = COMMAND_LEVEL };
	json_int_t level = 0;

	if (json_object_get(call->params, "level") == NULL) {
		call_invalid(call, "level", "is missing: 1 to 5");
		return;
	}
	if (!call_whole_number(call, "level", &level)) {
		return;
	}
	if (level < 1 || level > LEVEL_MAX) {
		call_refuse_by(call, REFUSAL_LEVEL_OUT_OF_RANGE);
		return;
	}
	command.level = (uint8_t)level;
	call_submit(call, &command);
}

static void session_time(struct call *call)
{
	struct chair_command command = { .kind = COMMAND_TIME };
	json_int_t minutes = 0;

	if (!call_whole_number(call, "minutes", &minutes)) {
		return;
	}
	if (minutes == 0 || minutes < -MINUTES_MOST || minutes > MINUTES_MOST) {
		call_invalid(call, "minutes", "must be -10 to 10, and not 0");
		return;
	}
	command.delta_s = (int32_t)minutes * 60;
	call_submit(call, &command);
}

static void session_skip(struct call *call)
{
	struct chair_command command = { .kind = COMMAND_SKIP };

	call_submit(call, &command);
}

static void session_again(struct call *call)
{
	struct chair_command command = { .kind = COMMAND_AGAIN };

	call_submit(call, &command);
}

static void session_heat(struct call *call)
{
	struct chair_command command = { .kind = COMMAND_HEAT };
	const json_t *heat = json_object_get(call->params, "heat_c");
	const json_t *named = json_object_get(call->params, "pad");
	const double heat_c = json_number_value(heat);
	enum pad pad = PAD_COUNT;

	if (!json_is_number(heat)) {
		call_invalid(call, "heat_c", "must be 0, or 30 to 41");
		return;
	}
	if (!(heat_c >= 0.0 && heat_c <= (double)LIMIT_SETPOINT_C)) {
		call_refuse_by(call, REFUSAL_HEAT_OUT_OF_RANGE);
		return;
	}
	if (named != NULL) {
		for (pad = (enum pad)0; pad < PAD_COUNT; pad = (enum pad)(pad + 1)) {
			if (json_is_string(named) &&
			    strcmp(json_string_value(named), pad_name(pad)) == 0) {
				break;
			}
		}
		if (pad == PAD_COUNT) {
			call_invalid(call, "pad", "must name a heat pad");
			return;
		}
		command.pads = (uint8_t)(1U << (unsigned int)pad);
	}
	command.heat_c = (float)heat_c;
	call_submit(call, &command);
}

static void session_heat_only(struct call *call)
{
	struct chair_command command = { .kind = COMMAND_HEAT_ONLY };
	const json_t *on = json_object_get(call->params, "on");

	if (!json_is_boolean(on)) {
		call_invalid(call, "on", "must be true or false");
		return;
	}
	command.on = json_is_true(on);
	call_submit(call, &command);
}

static void pinpoint_move(struct call *call)
{
	struct chair_command command = { .kind = COMMAND_PINPOINT, .zone = ZONE_COUNT };
	const char *word = json_string_value(json_object_get(call->params, "zone"));
	const json_t *spot = json_object_get(call->params, "spot");

	for (unsigned int z = 0; z < ZONE_COUNT && word != NULL; z++) {
		if (strcmp(word, zone_name((enum zone)z)) == 0) {
			command.zone = (enum zone)z;
		}
	}
	if (command.zone == ZONE_COUNT) {
		call_invalid(call, "zone", "must be a zone, such as \"glute_left\"");
		return;
	}
	if (!json_is_number(spot) || !(json_number_value(spot) >= 0.0) ||
	    !(json_number_value(spot) <= 1.0)) {
		call_invalid(call, "spot", "must be 0 (the upper end) to 1");
		return;
	}
	command.spot = (float)json_number_value(spot);
	call_submit(call, &command);
}

static void session_pause(struct call *call)
{
	struct chair_command command = { .kind = COMMAND_PAUSE };

	call_submit(call, &command);
}

static void session_resume(struct call *call)
{
	struct chair_command command = { .kind = COMMAND_RESUME };

	call_submit(call, &command);
}

static void heat_preheat(struct call *call)
{
	struct chair_command command = { .kind = COMMAND_PREHEAT };

	call_submit(call, &command);
}

struct history *call_history(const struct call *call, unsigned int *ret_limit)
{
	struct history *history = server_history(call->client->server);
	json_int_t limit = 20;

	if (!call_whole_number(call, "limit", &limit)) {
		return NULL;
	}
	if (limit < 1 || limit > 100) {
		call_invalid(call, "limit", "must be 1 to 100");
		return NULL;
	}
	if (history == NULL) {
		call_refuse(call, "no_history", "No history is kept on this chair.");
	}
	*ret_limit = (unsigned int)limit;
	return history;
}

static void sessions(struct call *call)
{
	unsigned int limit;
	struct history *history = call_history(call, &limit);

	if (history != NULL) {
		call_answer_document(call, history_sessions(history, limit));
	}
}

static void panel_alive(struct call *call)
{
	call->client->alive_us = call_now_us();
	call_answer(call, json_object());
}

/* Four to eight digits; NULL after an answer. */
static const char *take_pin(struct call *call)
{
	const char *pin = json_string_value(json_object_get(call->params, "pin"));
	const size_t length = pin == NULL ? 0 : strlen(pin);

	if (length < 4 || length > HISTORY_PIN_MAX || strspn(pin, "0123456789") != length) {
		call_invalid(call, "pin", "must be four to eight digits");
		return NULL;
	}
	return pin;
}

static void store_lock(struct call *call, const char *pin)
{
	if (server_lock(call->client->server, pin) < 0) {
		call_refuse(call, "no_history", "The lock cannot be stored, so it stays as it is.");
	} else {
		call_answer(call, json_pack("{s:b}", "locked", pin[0] != '\0'));
	}
}

static void lock_set(struct call *call)
{
	const char *pin = take_pin(call);

	if (pin == NULL) {
		return;
	}
	if (server_pin(call->client->server)[0] != '\0') {
		call_refuse(call, "child_lock", "The chair is locked already.");
	} else {
		store_lock(call, pin);
	}
}

/* A technician needs no PIN: it may be forgotten. */
static void lock_clear(struct call *call)
{
	const bool technician = call->client->role == ROLE_SERVICE;
	const char *pin = technician ? "" : take_pin(call);

	if (pin == NULL) {
		return;
	}
	if (!technician && strcmp(pin, server_pin(call->client->server)) != 0 &&
	    server_pin(call->client->server)[0] != '\0') {
		call_refuse(call, "wrong_pin", "This is not the PIN of the lock.");
	} else {
		store_lock(call, "");
	}
}

/* clang-format off */
static const struct method methods[] = {
	{ "state.get", ALL, state_get, { NULL } },
	{ "telemetry.get", ALL, telemetry_get, { NULL } },
	{ "state.watch", ALL, state_watch, { "telemetry_hz" } },
	{ "program.list", ALL, program_list, { NULL } },
	{ "session.start", SESSION, session_start, { "program", "side", "level", "minutes" } },
	{ "session.stop", ALL, session_stop, { NULL } },
	{ "session.pause", SESSION, session_pause, { NULL } },
	{ "session.resume", SESSION, session_resume, { NULL } },
	{ "session.level", SESSION, session_level, { "level" } },
	{ "session.time", AT_CHAIR, session_time, { "minutes" } },
	{ "session.skip", AT_CHAIR, session_skip, { NULL } },
	{ "session.again", AT_CHAIR, session_again, { NULL } },
	{ "session.heat", SESSION, session_heat, { "heat_c", "pad" } },
	{ "session.heat_only", AT_CHAIR, session_heat_only, { "on" } },
	{ "pinpoint.move", AT_CHAIR, pinpoint_move, { "zone", "spot" } },
	{ "heat.preheat", SESSION, heat_preheat, { NULL } },
	{ "panel.alive", BIT(ROLE_PANEL), panel_alive, { NULL } },
	{ "lock.set", BIT(ROLE_PANEL), lock_set, { "pin" } },
	{ "lock.clear", BIT(ROLE_PANEL) | BIT(ROLE_SERVICE), lock_clear, { "pin" } },
	{ "fault.list", ALL, fault_list, { NULL } },
	{ "io.get", ALL, io_get, { NULL } },
	{ "bus.stats", ALL, bus_stats, { NULL } },
	{ "daemon.version", ALL, daemon_version, { NULL } },
	{ "care.get", ALL, care_get, { NULL } },
	{ "care.reset", BIT(ROLE_SERVICE), care_reset, { "actuator" } },
	{ "history.sessions", AT_CHAIR | BIT(ROLE_SERVICE), sessions, { "limit" } },
	{ "history.backup", BIT(ROLE_SERVICE), history_backup_now, { NULL } },
	{ "recorder.save", BIT(ROLE_SERVICE), recorder_save, { NULL } },
	{ "recorder.list", BIT(ROLE_SERVICE), recorder_list, { NULL } },
	{ "service.enter", BIT(ROLE_SERVICE), service_enter, { "who" } },
	{ "service.alive", BIT(ROLE_SERVICE), service_alive, { NULL } },
	{ "service.leave", BIT(ROLE_SERVICE), service_leave, { NULL } },
	{ "service.jog", BIT(ROLE_SERVICE), service_jog, { "axis", "speed" } },
	{ "service.home", BIT(ROLE_SERVICE), service_home, { "roller" } },
	{ "service.heat", BIT(ROLE_SERVICE), service_heat, { "pad", "heat_c" } },
	{ "service.prove", BIT(ROLE_SERVICE), service_prove, { NULL } },
	{ "service.replaced", BIT(ROLE_SERVICE), service_replaced, { "device", "who" } },
	{ "bus.read", BIT(ROLE_SERVICE), bus_read, { "port", "address", "table", "register", "count", "baud" } },
	{ "bus.assign", BIT(ROLE_SERVICE), bus_assign, { "device", "at", "what", "baud" } },
	{ "service.calibrate", BIT(ROLE_SERVICE), service_calibrate, { "what", "measured", "value" } },
	{ "service.calibrations", BIT(ROLE_SERVICE), service_calibrations, { NULL } },
	{ "service.log", BIT(ROLE_SERVICE), service_log, { "limit" } },
	{ "guest.list", AT_CHAIR, guest_list, { NULL } },
	{ "guest.add", AT_CHAIR, guest_add, { "name", "pin", "height_cm", "notes" } },
	{ "guest.change", AT_CHAIR, guest_change, { "guest", "pin", "name", "new_pin", "height_cm", "notes" } },
	{ "guest.remove", AT_CHAIR, guest_remove, { "guest", "pin" } },
	{ "guest.questions", AT_CHAIR, guest_questions, { NULL } },
	{ "guest.check_in", AT_CHAIR, guest_check_in, { "guest", "pin", "answers" } },
	{ "guest.check_out", AT_CHAIR, guest_check_out, { "guest", "pin", "answers" } },
	{ "guest.leave", AT_CHAIR, guest_leave, { NULL } },
	{ "guest.status", AT_CHAIR, guest_status, { NULL } },
	{ "guest.progress", AT_CHAIR, guest_progress_get, { "guest", "pin" } },
	{ "guest.balance", AT_CHAIR, guest_balance_get, { "guest", "pin" } },
	{ "guest.after_care", AT_CHAIR, guest_after_care, { "cause" } },
	{ "guest.drawing", AT_CHAIR, guest_drawing, { "id" } },
	{ "guest.export", AT_CHAIR, guest_export_get, { "guest", "pin", "format", "from" } },
	{ "guest.correct", AT_CHAIR, guest_correct, { "roller", "mm" } },
};
/* clang-format on */

void methods_answer_command(struct client *client, json_t *id, const char *method,
			    enum refusal refusal, bool ask, uint8_t level)
{
	if (refusal != REFUSAL_NONE) {
		error_id(client, id, REFUSED, refusal_name(refusal), refusal_texts[refusal], NULL);
	} else if (ask) {
		answer_id(client, id,
			  json_pack("{s:b, s:i}", "asked", true, "expires_s",
				    (int)(LIMIT_ASK_US / S_US)));
	} else if (strcmp(method, "session.level") == 0) {
		answer_id(client, id, json_pack("{s:i}", "level", level));
	} else if (strcmp(method, "session.pause") == 0) {
		answer_id(client, id, json_pack("{s:b}", "pausing", true));
	} else if (strcmp(method, "heat.preheat") == 0) {
		answer_id(client, id, json_pack("{s:b}", "preheating", true));
	} else {
		answer_id(client, id, json_pack("{s:b}", "accepted", true));
	}
}

void methods_answer(struct client *client, json_t *id, json_t *result)
{
	answer_id(client, id, result);
}

void methods_refuse(struct client *client, json_t *id, const char *reason, const char *text)
{
	if (id != NULL) {
		error_id(client, id, REFUSED, reason, text, NULL);
	}
}

static const struct method *find_method(const char *name)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (strcmp(methods[i].name, name) == 0) {
			return &methods[i];
		}
	}
	return NULL;
}

/* No parameter but those of the method: a misspelt one must not pass unseen. */
static bool params_are_known(const struct call *call)
{
	const char *key;
	json_t *value;

	json_object_foreach(call->params, key, value)
	{
		bool known = false;

		for (unsigned int i = 0; i < sizeof(call->method->params) / sizeof(char *); i++) {
			known = known || (call->method->params[i] != NULL &&
					  strcmp(call->method->params[i], key) == 0);
		}
		if (!known) {
			call_invalid(call, key, "is no parameter of this method");
			return false;
		}
	}
	return true;
}

static void run(struct call *call)
{
	char reason[32];

	if (call->method->run == session_stop) {
		session_stop(call); /* whatever else is wrong with the request */
		return;
	}
	if (!client_may_ask(call->client)) {
		call_refuse(call, "rate_limited", "Too many requests. Please wait a moment.");
		return;
	}
	if ((call->method->roles & BIT(call->client->role)) == 0) {
		(void)snprintf(reason, sizeof(reason), "not_for_%s", role_name(call->client->role));
		call_refuse(call, reason, "This is not allowed from here.");
		return;
	}
	if (call->params != NULL && !json_is_object(call->params)) {
		call_invalid(call, "params", "must be an object");
		return;
	}
	if (params_are_known(call)) {
		call->method->run(call);
	}
}

void methods_request(struct client *client, const char *text, size_t length)
{
	json_error_t error;
	json_t *request = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	struct call call = { .client = client };
	const char *version;
	const char *name;

	if (request == NULL) {
		error_id(client, NULL, PARSE_ERROR, "malformed", error.text, NULL);
		return;
	}
	call.id = json_object_get(request, "id");
	call.params = json_object_get(request, "params");
	version = json_string_value(json_object_get(request, "jsonrpc"));
	name = json_string_value(json_object_get(request, "method"));
	if (version == NULL || strcmp(version, "2.0") != 0 || name == NULL ||
	    (call.id != NULL && !json_is_string(call.id) && !json_is_number(call.id) &&
	     !json_is_null(call.id))) {
		error_id(client, NULL, INVALID_REQUEST, "invalid_request",
			 "not a JSON-RPC 2.0 request with jsonrpc, method and a plain id", NULL);
	} else {
		call.method = find_method(name);
		if (call.method != NULL) {
			run(&call);
		} else if (call.id != NULL) {
			error_id(client, call.id, UNKNOWN_METHOD, "unknown_method",
				 "There is no such method.", NULL);
		}
	}
	json_decref(request);
}
