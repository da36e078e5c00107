/* SPDX-License-Identifier: MIT */
/*
 * Any message from a broker, through the gateway's map and the socket's methods as role `home`:
 * what reaches the control thread is what a home may give, a start is always an ask, what is
 * retained or expired does nothing, and a stop always stops.
 *
 * Input: topic, newline, flags (r: retained, e: expired, x: will expire), newline, payload. The
 * topics "state" and "reply" try what is published instead.
 */
#include "../../daemon/mqtt/mqtt_map.h"
#include "methods.h"
#include "methods_call.h"

#include <stdlib.h>
#include <string.h>

#define REQUIRE(x)               \
	do {                     \
		if (!(x)) {      \
			abort(); \
		}                \
	} while (0)

#define PREFIX	  "chair/one/"
#define TOPIC_MAX 128

static struct setup setup;
static struct control_snapshot snapshot = { .now_us = 1 };

/* What the message has led to. */
static struct {
	unsigned int commands;
	unsigned int stops;
	unsigned int answers;
	struct chair_command command;
} done;

/* ---- chaird's server and client, as far as the methods need them ---- */

int server_submit(struct server *server, struct client *client, json_t *request_id,
		  const char *method, struct chair_command *command)
{
	(void)server;
	(void)client;
	(void)request_id;
	(void)method;
	done.commands++;
	done.command = *command;
	return 0;
}

void server_stop_session(struct server *server)
{
	(void)server;
	done.stops++;
}

const struct control_snapshot *server_snapshot(struct server *server)
{
	(void)server;
	return &snapshot;
}

const struct setup *server_setup(const struct server *server)
{
	(void)server;
	return &setup;
}

struct history *server_history(const struct server *server)
{
	(void)server;
	return NULL;
}

int server_lock(struct server *server, const char *pin)
{
	(void)server;
	(void)pin;
	abort(); /* nothing from a broker may lock or unlock */
}

const char *server_pin(const struct server *server)
{
	(void)server;
	return "";
}

json_t *server_state(struct server *server, enum role role)
{
	(void)server;
	REQUIRE(role == ROLE_HOME);
	return json_object();
}

/* Nothing from a broker gets near what people say of themselves. */
struct visit *server_visit(struct server *server)
{
	(void)server;
	abort();
}

const struct check_in *server_check_in(const struct server *server)
{
	(void)server;
	abort();
}

const struct after_care *server_after_care(const struct server *server)
{
	(void)server;
	abort();
}

void server_person_changed(struct server *server)
{
	(void)server;
	abort();
}

struct recordings *server_recordings(struct server *server)
{
	(void)server;
	abort(); /* nor at what it has recorded of them */
}

/* Counters say nothing of a person. */
struct wear *server_wear(struct server *server)
{
	(void)server;
	return NULL;
}

/* Nothing from a broker is a technician. */
int server_take_lease(struct server *server, const struct client *client, const char *who)
{
	(void)server;
	(void)client;
	(void)who;
	abort();
}

bool server_hear_technician(struct server *server, const struct client *client)
{
	(void)server;
	(void)client;
	abort();
}

const char *server_technician(const struct server *server)
{
	(void)server;
	abort();
}

void server_end_lease(struct server *server)
{
	(void)server;
	abort();
}

void server_restart_when_idle(struct server *server)
{
	(void)server;
	abort();
}

int server_send_errand(struct server *server, struct client *client, json_t *request_id,
		       unsigned int port, const struct bus_errand *errand, uint16_t count)
{
	(void)server;
	(void)client;
	(void)request_id;
	(void)port;
	(void)errand;
	(void)count;
	abort(); /* nor anywhere near a bus */
}

json_t *server_telemetry(struct server *server)
{
	(void)server;
	return json_object();
}

void server_push_now(struct server *server)
{
	(void)server;
	abort(); /* nothing from a broker may watch */
}

const char *role_name(enum role role)
{
	REQUIRE(role == ROLE_HOME);
	return "home";
}

bool client_may_ask(struct client *client)
{
	(void)client;
	return true;
}

void client_send(struct client *client, const char *text)
{
	json_t *answer = json_loads(text, 0, NULL);

	(void)client;
	REQUIRE(json_is_object(answer));
	REQUIRE(strchr(text, '\n') == NULL); /* one object a line */
	json_decref(answer);
	done.answers++;
}

/* ---- the check ---- */

static void set_up(void)
{
	static const char *const ids[] = { "piriformis", "relax-and-sleep" };

	for (unsigned int i = 0; i < 2; i++) {
		strcpy(setup.core.programs[i].id, ids[i]);
		setup.core.programs[i].sides = 1U << SIDE_LEFT | 1U << SIDE_BOTH;
	}
	setup.core.program_count = 2;
}

/* As rpc_client.c would send it. */
static void pass_on(const struct mqtt_command *command)
{
	struct client client = { .role = ROLE_HOME };
	json_t *request = json_pack("{s:s, s:s, s:O*}", "jsonrpc", "2.0", "method", command->method,
				    "params", command->params);
	char *text;

	if (command->answered) {
		REQUIRE(json_object_set_new(request, "id", json_integer(7)) == 0);
	}
	text = json_dumps(request, JSON_COMPACT);
	REQUIRE(text != NULL);
	methods_request(&client, text, strlen(text));
	REQUIRE(!client.broken && !client.watching);
	free(text);
	json_decref(request);
}

/* Everything that a home may make the control thread do. */
static void check_done(void)
{
	const struct chair_command *command = &done.command;

	REQUIRE(done.commands + done.stops <= 1);
	REQUIRE(done.answers <= 1);
	if (done.commands == 0) {
		return;
	}
	switch (command->kind) {
	case COMMAND_START:
		REQUIRE(command->ask);
		REQUIRE(command->program < setup.core.program_count);
		REQUIRE(command->level >= 1 && command->level <= LEVEL_MAX);
		REQUIRE(command->duration_s <= LIMIT_SESSION_US / S_US);
		REQUIRE(command->side > SIDE_NONE && command->side < SIDE_COUNT);
		break;
	case COMMAND_RESUME:
		REQUIRE(command->ask);
		break;
	case COMMAND_LEVEL:
		REQUIRE(command->only_lower);
		REQUIRE(command->level >= 1 && command->level <= LEVEL_MAX);
		break;
	case COMMAND_HEAT:
		REQUIRE(command->only_lower);
		break;
	case COMMAND_PAUSE:
	case COMMAND_PREHEAT:
		break;
	case COMMAND_TIME:
	case COMMAND_SKIP:
	case COMMAND_AGAIN:
	case COMMAND_HEAT_ONLY:
	case COMMAND_PINPOINT:
	case COMMAND_NONE:
	case COMMAND_KIND_COUNT:
		abort();
	}
}

static void check_refusal(const struct mqtt_command *command)
{
	char *text = mqtt_map_refusal(command);
	json_t *root = json_loads(text == NULL ? "" : text, 0, NULL);
	json_t *data = json_object_get(json_object_get(root, "error"), "data");

	REQUIRE(command->reason != NULL && command->text[0] != '\0');
	REQUIRE(json_equal(json_object_get(root, "id"), command->id));
	REQUIRE(strcmp(json_string_value(json_object_get(data, "reason")), command->reason) == 0);
	json_decref(root);
	free(text);
}

/* A choice is always one that the chair offers, and nothing moves for it. */
static void choose(const struct mqtt_arrival *arrival, struct mqtt_command *command)
{
	json_t *programs = json_pack("{s:[{s:s, s:[s, s]}, {s:s, s:[s]}], s:s}", "programs", "id",
				     "piriformis", "sides", "left", "both", "id", "relax-and-sleep",
				     "sides", "left", "default", "relax-and-sleep");
	struct mqtt_choice choice = { 0 };
	struct mqtt_choice kept;

	REQUIRE(programs != NULL);
	mqtt_map_check_choice(&choice, programs);
	REQUIRE(strcmp(choice.program, "relax-and-sleep") == 0 && strcmp(choice.side, "left") == 0);
	mqtt_map_choose(arrival, programs, &choice, command);
	if (command->verdict == MQTT_VERDICT_REFUSED) {
		check_refusal(command);
	}
	kept = choice;
	mqtt_map_check_choice(&choice, programs);
	REQUIRE(strcmp(choice.program, kept.program) == 0 && strcmp(choice.side, kept.side) == 0);
	json_decref(programs);
}

static void arrive(const struct mqtt_arrival *arrival, bool expired)
{
	const bool stop = mqtt_map_is_stop(arrival);
	struct mqtt_command command;

	memset(&done, 0, sizeof(done));
	mqtt_map_command(arrival, &command);
	REQUIRE(!stop || (command.verdict == MQTT_VERDICT_CALL && command.params == NULL &&
			  strcmp(command.method, "session.stop") == 0));
	REQUIRE(stop || !(arrival->retained || expired) || command.verdict == MQTT_VERDICT_IGNORED);
	switch (command.verdict) {
	case MQTT_VERDICT_CALL:
		pass_on(&command);
		break;
	case MQTT_VERDICT_REFUSED:
		check_refusal(&command);
		break;
	case MQTT_VERDICT_CHOOSE:
		choose(arrival, &command);
		break;
	case MQTT_VERDICT_IGNORED:
		REQUIRE(command.text[0] != '\0');
		break;
	}
	check_done();
	REQUIRE(!stop || done.stops == 1);
	mqtt_command_clear(&command);
}

/* No program and no side in what is published of a fleet's chair. */
static void check_limits(const char *payload, size_t length)
{
	static const char *const keys[] = { "program", "side" };
	json_t *state = json_loadb(payload, length, JSON_REJECT_DUPLICATES, NULL);
	json_t *content;

	mqtt_map_limit_state(state, MQTT_DETAIL_GENERIC);
	(void)mqtt_map_limit_event(state, MQTT_DETAIL_GENERIC);
	mqtt_map_limit_telemetry(state, MQTT_DETAIL_GENERIC);
	for (size_t i = 0; i < 2 && state != NULL; i++) {
		const json_t *value = json_object_get(state, keys[i]);

		REQUIRE(value == NULL || json_is_null(value));
	}
	content = mqtt_map_state_content(state);
	REQUIRE(json_object_get(content, "seq") == NULL);
	json_decref(content);
	json_decref(state);
}

static void check_reply_topic(const char *topic, size_t length)
{
	if (mqtt_map_reply_topic_allowed(topic, length, PREFIX)) {
		REQUIRE(length > 0 && memchr(topic, '\0', length) == NULL);
		REQUIRE(memchr(topic, '#', length) == NULL && memchr(topic, '+', length) == NULL);
		REQUIRE(length < 6 || memcmp(topic, "chair/", 6) != 0 ||
			(length > strlen(PREFIX "reply/") &&
			 memcmp(topic, PREFIX "reply/", strlen(PREFIX "reply/")) == 0));
	}
}

/* The bytes up to the next newline, which are taken away from @data. */
static size_t take_line(const uint8_t **data, size_t *size, const char **ret)
{
	const uint8_t *newline = memchr(*data, '\n', *size);
	const size_t length = newline == NULL ? *size : (size_t)(newline - *data);
	const size_t taken = newline == NULL ? length : length + 1;

	*ret = (const char *)*data;
	*data += taken;
	*size -= taken;
	return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mqtt_arrival arrival = { .age_us = 1000000 };
	char topic[TOPIC_MAX] = "";
	const char *text;
	size_t length;
	bool expired;

	if (setup.core.program_count == 0) {
		set_up();
	}
	length = take_line(&data, &size, &text);
	if (length >= sizeof(topic)) {
		return 0;
	}
	memcpy(topic, text, length);
	length = take_line(&data, &size, &text);
	arrival.topic = topic;
	arrival.retained = memchr(text, 'r', length) != NULL;
	expired = memchr(text, 'e', length) != NULL;
	arrival.expires = expired || memchr(text, 'x', length) != NULL;
	arrival.expiry_s = expired ? 1 : 2;
	arrival.payload = (const char *)data;
	arrival.length = size;
	if (strcmp(topic, "state") == 0) {
		check_limits(arrival.payload, size);
	} else if (strcmp(topic, "reply") == 0) {
		check_reply_topic(arrival.payload, size);
	} else {
		arrive(&arrival, expired);
	}
	return 0;
}
