/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif
#include "mqtt_map.h"

#include "../rpc/rpc_line.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CODE_PARSE	     (-32700)
#define CODE_INVALID_REQUEST (-32600)
#define CODE_UNKNOWN_METHOD  (-32601)
#define CODE_INVALID_PARAMS  (-32602)
#define CODE_REFUSED	     (-32000)

#define JSON_FLAGS JSON_REJECT_DUPLICATES

void mqtt_command_clear(struct mqtt_command *command)
{
	assert(command != NULL);

	json_decref(command->params);
	json_decref(command->id);
	*command = (struct mqtt_command){ 0 };
}

void mqtt_map_refuse(struct mqtt_command *command, int code, const char *reason, const char *text)
{
	command->verdict = MQTT_VERDICT_REFUSED;
	command->code = code;
	command->reason = reason;
	(void)snprintf(command->text, sizeof(command->text), "%s", text);
}

static void ignore(struct mqtt_command *command, const char *text)
{
	command->verdict = MQTT_VERDICT_IGNORED;
	(void)snprintf(command->text, sizeof(command->text), "%s", text);
}

static void call(struct mqtt_command *command, const char *method)
{
	command->verdict = MQTT_VERDICT_CALL;
	(void)snprintf(command->method, sizeof(command->method), "%s", method);
}

bool mqtt_map_is_stop(const struct mqtt_arrival *arrival)
{
	static const char method[] = "session.stop";
	json_t *root;
	bool stop;

	if (strcmp(arrival->topic, "set/stop") == 0) {
		return true;
	}
	if (strcmp(arrival->topic, "command") != 0 || arrival->length > MQTT_COMMAND_MAX ||
	    memmem(arrival->payload, arrival->length, method, sizeof(method) - 1U) == NULL) {
		return false;
	}
	root = json_loadb(arrival->payload, arrival->length, JSON_FLAGS, NULL);
	stop = json_is_string(json_object_get(root, "method")) &&
	       strcmp(json_string_value(json_object_get(root, "method")), method) == 0;
	json_decref(root);
	return stop;
}

/* Methods that have no business on a broker, whatever the socket's role would say. */
static void refuse_by_method(struct mqtt_command *command)
{
	static const char *const closed[] = { "guest.", "history.", "recorder.", "service." };

	if (strcmp(command->method, "state.watch") == 0) {
		mqtt_map_refuse(command, CODE_UNKNOWN_METHOD, "unknown_method",
				"The state is published; there is nothing to watch here.");
		return;
	}
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
		if (strncmp(command->method, closed[i], strlen(closed[i])) == 0) {
			mqtt_map_refuse(command, CODE_REFUSED, "not_for_home",
					"This can only be done at the chair.");
			return;
		}
	}
}

static void map_request(json_t *root, struct mqtt_command *command)
{
	const char *version = json_string_value(json_object_get(root, "jsonrpc"));
	const char *method = json_string_value(json_object_get(root, "method"));
	json_t *params = json_object_get(root, "params");
	json_t *id = json_object_get(root, "id");

	command->answered = id != NULL;
	if (id != NULL && (json_is_string(id) || json_is_number(id))) {
		json_decref(command->id);
		command->id = json_incref(id);
	}
	if (version == NULL || strcmp(version, "2.0") != 0 || method == NULL || method[0] == '\0' ||
	    strlen(method) >= sizeof(command->method) ||
	    (params != NULL && !json_is_object(params)) ||
	    (id != NULL && !json_is_string(id) && !json_is_number(id) && !json_is_null(id))) {
		command->answered = true;
		mqtt_map_refuse(command, CODE_INVALID_REQUEST, "invalid_request",
				"This is not a JSON-RPC 2.0 request.");
		return;
	}
	call(command, method);
	command->params = json_incref(params);
	refuse_by_method(command);
}

static void map_json(const struct mqtt_arrival *arrival, struct mqtt_command *command)
{
	json_t *root = NULL;

	command->answered = true;
	if (arrival->length <= MQTT_COMMAND_MAX) {
		root = json_loadb(arrival->payload, arrival->length, JSON_FLAGS, NULL);
	}
	if (root == NULL) {
		mqtt_map_refuse(command, CODE_PARSE, "malformed",
				"This is not JSON, or it is too long.");
	} else if (mqtt_map_is_stop(arrival)) {
		/* However sloppy the rest of it is: a stop is a stop. */
		map_request(root, command);
		json_decref(command->params);
		command->params = NULL;
		call(command, "session.stop");
	} else {
		map_request(root, command);
	}
	json_decref(root);
}

static void refuse_params(struct mqtt_command *command, const char *text)
{
	mqtt_map_refuse(command, CODE_INVALID_PARAMS, "invalid_params", text);
}

/* {"program": …, "side": …} with the optional parts of session.start, or "program/side". */
static json_t *start_params(const char *payload, size_t length)
{
	static const char *const known[] = { "program", "side", "level", "minutes" };
	const char *slash = memchr(payload, '/', length);
	json_t *root = json_loadb(payload, length, JSON_FLAGS, NULL);
	size_t count = 0;

	if (json_is_object(root)) {
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
			count += json_object_get(root, known[i]) != NULL;
		}
		if (count == json_object_size(root) &&
		    json_is_string(json_object_get(root, "program")) &&
		    json_is_string(json_object_get(root, "side"))) {
			return root;
		}
		slash = NULL;
	}
	json_decref(root);
	if (slash == NULL || slash == payload || slash + 1 == payload + length ||
	    memchr(payload, '{', length) != NULL) {
		return NULL;
	}
	/* "%" takes a length: jansson refuses what is not UTF-8. */
	return json_pack("{s:s%, s:s%}", "program", payload, (size_t)(slash - payload), "side",
			 slash + 1, (size_t)(payload + length - slash - 1));
}

static bool payload_is(const struct mqtt_arrival *arrival, const char *text)
{
	return arrival->length == strlen(text) &&
	       memcmp(arrival->payload, text, arrival->length) == 0;
}

static void map_start(const struct mqtt_arrival *arrival, struct mqtt_command *command)
{
	call(command, "session.start");
	if (arrival->length == 0 || payload_is(arrival, "PRESS")) {
		command->as_chosen = true; /* Home Assistant's button */
		return;
	}
	command->params = start_params(arrival->payload, arrival->length);
	if (command->params == NULL) {
		refuse_params(command, "Write {\"program\": …, \"side\": …} or program/side.");
	}
}

/* NaN when it is none. */
static double number_of(const struct mqtt_arrival *arrival)
{
	char text[16] = "";
	char *end = text;
	double number = (double)NAN;

	if (arrival->length > 0 && arrival->length < sizeof(text)) {
		memcpy(text, arrival->payload, arrival->length);
		number = strtod(text, &end);
	}
	return end != text && *end == '\0' && fabs(number) <= 1e6 ? number : (double)NAN;
}

static void map_level(const struct mqtt_arrival *arrival, struct mqtt_command *command)
{
	const double level = number_of(arrival);

	call(command, "session.level");
	/* Home automations write 3 as 3.0; 3.5 is nobody's level. */
	if (isnan(level) || fabs(level - rint(level)) > 0.0) {
		refuse_params(command, "Write a level as a whole number.");
		return;
	}
	command->params = json_pack("{s:I}", "level", (json_int_t)level);
}

/* A number of degrees, or the modes of a thermostat: off, and heat, which warms the empty seat.
 * @pad: which one; "" is all. */
static void map_heat(const struct mqtt_arrival *arrival, const char *pad,
		     struct mqtt_command *command)
{
	const double heat_c = payload_is(arrival, "off") ? 0.0 : number_of(arrival);

	if (payload_is(arrival, "heat")) {
		call(command, "heat.preheat");
		return;
	}
	call(command, "session.heat");
	if (isnan(heat_c)) {
		refuse_params(command, "Write degrees Celsius, off or heat.");
		return;
	}
	command->params = pad[0] == '\0' ? json_pack("{s:f}", "heat_c", heat_c)
					 : json_pack("{s:f, s:s}", "heat_c", heat_c, "pad", pad);
	if (command->params == NULL) {
		refuse_params(command, "There is no such heat pad.");
	}
}

static json_t *find_program(json_t *programs, const char *id, size_t length)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_object_get(programs, "programs"), i, one)
	{
		const char *text = json_string_value(json_object_get(one, "id"));

		if (text != NULL && strlen(text) == length && memcmp(text, id, length) == 0) {
			return one;
		}
	}
	return NULL;
}

static bool offers(json_t *program, const char *side, size_t length)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_object_get(program, "sides"), i, one)
	{
		const char *text = json_string_value(one);

		if (text != NULL && strlen(text) == length && memcmp(text, side, length) == 0) {
			return true;
		}
	}
	return false;
}

/* The side that is kept, both where that is offered, or else the first. */
static void check_side(struct mqtt_choice *choice, json_t *program)
{
	const char *first = json_string_value(json_array_get(json_object_get(program, "sides"), 0));

	if (choice->side[0] != '\0' && offers(program, choice->side, strlen(choice->side))) {
		return;
	}
	(void)snprintf(choice->side, sizeof(choice->side), "%s",
		       offers(program, "both", 4) || first == NULL ? "both" : first);
}

void mqtt_map_check_choice(struct mqtt_choice *choice, json_t *programs)
{
	const char *fallback = json_string_value(json_object_get(programs, "default"));
	json_t *program;

	assert(choice != NULL);

	program = find_program(programs, choice->program, strlen(choice->program));
	if (program == NULL && fallback != NULL) {
		(void)snprintf(choice->program, sizeof(choice->program), "%s", fallback);
		program = find_program(programs, choice->program, strlen(choice->program));
	}
	if (program == NULL) {
		*choice = (struct mqtt_choice){ 0 };
		return;
	}
	check_side(choice, program);
}

void mqtt_map_choose(const struct mqtt_arrival *arrival, json_t *programs,
		     struct mqtt_choice *choice, struct mqtt_command *command)
{
	json_t *program;

	assert(choice != NULL);

	if (strcmp(arrival->topic, "set/program") == 0) {
		program = find_program(programs, arrival->payload, arrival->length);
		if (program == NULL || arrival->length >= sizeof(choice->program)) {
			mqtt_map_refuse(command, CODE_REFUSED, "unknown_program",
					"There is no such program.");
			return;
		}
		memcpy(choice->program, arrival->payload, arrival->length);
		choice->program[arrival->length] = '\0';
		check_side(choice, program);
		return;
	}
	program = find_program(programs, choice->program, strlen(choice->program));
	if (arrival->length >= sizeof(choice->side) ||
	    !offers(program, arrival->payload, arrival->length)) {
		mqtt_map_refuse(command, CODE_REFUSED, "side_not_offered",
				"The program is not made for this side.");
		return;
	}
	memcpy(choice->side, arrival->payload, arrival->length);
	choice->side[arrival->length] = '\0';
}

static void map_thing(const struct mqtt_arrival *arrival, struct mqtt_command *command)
{
	static const struct {
		const char *topic;
		const char *method;
	} plain[] = {
		{ "set/stop", "session.stop" },
		{ "set/pause", "session.pause" },
		{ "set/resume", "session.resume" },
		{ "set/preheat", "heat.preheat" },
	};

	command->answered = true;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if (strcmp(arrival->topic, plain[i].topic) == 0) {
			call(command, plain[i].method);
			return;
		}
	}
	if (arrival->length > MQTT_COMMAND_MAX) {
		refuse_params(command, "The payload is too long.");
	} else if (strcmp(arrival->topic, "set/start") == 0) {
		map_start(arrival, command);
	} else if (strcmp(arrival->topic, "set/level") == 0) {
		map_level(arrival, command);
	} else if (strcmp(arrival->topic, "set/heat") == 0) {
		map_heat(arrival, "", command);
	} else if (strncmp(arrival->topic, "set/heat_", 9) == 0) {
		map_heat(arrival, arrival->topic + 9, command);
	} else if (strcmp(arrival->topic, "set/program") == 0 ||
		   strcmp(arrival->topic, "set/side") == 0) {
		command->verdict = MQTT_VERDICT_CHOOSE;
	} else {
		ignore(command, "there is no such thing to set");
	}
}

void mqtt_map_command(const struct mqtt_arrival *arrival, struct mqtt_command *ret)
{
	assert(arrival != NULL);
	assert(ret != NULL);

	const bool stop = mqtt_map_is_stop(arrival); /* a stop counts however it is sent */

	*ret = (struct mqtt_command){ .id = json_null() };
	if (arrival->retained && !stop) {
		/* Stored on the broker it would come back for ever. */
		ignore(ret, "it is retained; commands must not be");
		return;
	}
	if (arrival->repeated && !stop) {
		/* We never take up an old session, so the first one did arrive. */
		ignore(ret, "the broker has sent it before");
		return;
	}
	if (!stop && arrival->expires &&
	    arrival->age_us >= (uint64_t)arrival->expiry_s * 1000000U) {
		ignore(ret, "it has expired");
		return;
	}
	if (strcmp(arrival->topic, "command") == 0) {
		map_json(arrival, ret);
	} else {
		map_thing(arrival, ret);
	}
}

char *mqtt_map_response(json_t *id, json_t *result, json_t *error)
{
	json_t *root = json_object();
	char *text = NULL;

	assert((result == NULL) != (error == NULL));

	if (json_object_set_new(root, "jsonrpc", json_string("2.0")) == 0 &&
	    json_object_set(root, "id", id) == 0 &&
	    (result == NULL || json_object_set(root, "result", result) == 0) &&
	    (error == NULL || json_object_set(root, "error", error) == 0)) {
		text = json_dumps(root, RPC_JSON);
	}
	json_decref(root);
	return text;
}

char *mqtt_map_refusal(const struct mqtt_command *command)
{
	json_t *error =
		json_pack("{s:i, s:s, s:{s:s, s:s}}", "code", command->code, "message",
			  command->text, "data", "reason", command->reason, "text", command->text);
	char *text = NULL;

	if (error != NULL) {
		text = mqtt_map_response(command->id, NULL, error);
		json_decref(error);
	}
	return text;
}

bool mqtt_map_reply_topic_allowed(const char *topic, size_t length, const char *prefix)
{
	static const char own[] = "reply/";
	const size_t prefix_length = strlen(prefix);

	if (length == 0 || topic[0] == '$' || memchr(topic, '\0', length) != NULL ||
	    memchr(topic, '#', length) != NULL || memchr(topic, '+', length) != NULL) {
		return false;
	}
	if (length >= 6 && memcmp(topic, "chair/", 6) == 0) {
		return length > prefix_length + sizeof(own) - 1U &&
		       memcmp(topic, prefix, prefix_length) == 0 &&
		       memcmp(topic + prefix_length, own, sizeof(own) - 1U) == 0;
	}
	return true;
}

/* Null, as the documents say for "there is none": readers need no second form. */
static void hide(json_t *object, const char *key)
{
	if (json_object_get(object, key) != NULL) {
		(void)json_object_set_new(object, key, json_null()); /* replaces: no memory */
	}
}

static void hide_session(json_t *object)
{
	hide(object, "program");
	hide(object, "side");
}

/* A higher level on one side tells the side: show the higher one on both. */
static void even_out_levels(json_t *levels)
{
	const char *key;
	json_t *left;

	json_object_foreach(levels, key, left)
	{
		const size_t length = strlen(key);
		char other[64];
		json_t *right;

		if (length < 5 || length > 50 || strcmp(key + length - 5, "_left") != 0) {
			continue;
		}
		(void)snprintf(other, sizeof(other), "%.*s_right", (int)(length - 5U), key);
		right = json_object_get(levels, other);
		if (json_is_integer(left) && json_is_integer(right)) {
			const json_int_t a = json_integer_value(left);
			const json_int_t b = json_integer_value(right);

			(void)json_integer_set(left, a > b ? a : b); /* both are integers */
			(void)json_integer_set(right, a > b ? a : b);
		}
	}
}

void mqtt_map_limit_state(json_t *state, enum mqtt_detail detail)
{
	json_t *phase = json_object_get(state, "phase");

	if (detail == MQTT_DETAIL_FULL) {
		return;
	}
	hide_session(state);
	hide_session(json_object_get(state, "ask"));
	hide_session(json_object_get(state, "resume"));
	hide(phase, "name");
	hide(phase, "technique");
	even_out_levels(json_object_get(state, "levels"));
}

void mqtt_map_limit_telemetry(json_t *telemetry, enum mqtt_detail detail)
{
	/* Where the rollers press is the treatment. Temperatures, bus and cycle stay. */
	if (detail != MQTT_DETAIL_FULL && json_object_get(telemetry, "rollers") != NULL) {
		json_object_clear(json_object_get(telemetry, "rollers"));
	}
}

bool mqtt_map_limit_event(json_t *event, enum mqtt_detail detail)
{
	const char *kind = json_string_value(json_object_get(event, "kind"));

	if (detail == MQTT_DETAIL_FULL) {
		return true;
	}
	hide_session(event);
	hide(event, "name");				      /* of a phase */
	return kind == NULL || strcmp(kind, "reminder") != 0; /* an exercise tells the complaint */
}

void mqtt_map_limit_result(const char *method, json_t *result, enum mqtt_detail detail)
{
	if (strcmp(method, "state.get") == 0) {
		mqtt_map_limit_state(result, detail);
	} else if (strcmp(method, "telemetry.get") == 0) {
		mqtt_map_limit_telemetry(result, detail);
	}
}

json_t *mqtt_map_state_content(json_t *state)
{
	static const char *const moving[] = { "seq", "time", "uptime_s" };
	json_t *content = json_copy(state);

	for (size_t i = 0; i < sizeof(moving) / sizeof(moving[0]); i++) {
		(void)json_object_del(content, moving[i]); /* absent is as good */
	}
	return content;
}
