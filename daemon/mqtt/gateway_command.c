/* SPDX-License-Identifier: MIT */
#include "gateway.h"
#include "gateway_log.h"
#include "mqtt_map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A person presses a button now and then; an automation a few times a second. */
#define COMMANDS_PER_S 20.0
#define COMMANDS_BURST 20.0
#define REFUSALS_PER_S 20.0 /* answers to what is over the limit; beyond, silence */
#define REFUSALS_BURST 20.0
#define LINES_PER_S    0.5
#define LINES_BURST    10.0
#define ANSWER_US      UINT64_C(5000000)
#define CODE_REFUSED   (-32000)
#define TAKEN_US       UINT64_C(60000000)

static const char not_connected[] = "the chair's controller is not connected";

/* A line about a message that was not carried out, unless there are too many of them. */
static void tell(struct gateway *gateway, const char *topic, const char *text)
{
	if (!gateway_bucket_take(&gateway->lines, gateway->now_us, LINES_PER_S, LINES_BURST)) {
		gateway->unlogged++;
		return;
	}
	gateway_log(GATEWAY_LOG_COMMAND_IGNORED, LOG_NOTICE, NULL,
		    "a message on %.64s was not carried out: %s", topic, text);
}

static void reply(struct gateway *gateway, const struct mqtt_message *message, char *text)
{
	const struct mqtt_publication publication = {
		.topic = message->reply_topic,
		.payload = text,
		.length = text == NULL ? 0 : strlen(text),
		.qos = 1,
		.correlation = message->correlation,
		.correlation_length = message->correlation_length,
	};

	if (text == NULL || message->reply_topic[0] == '\0') {
		return;
	}
	if (!mqtt_map_reply_topic_allowed(message->reply_topic, strlen(message->reply_topic),
					  gateway->prefix)) {
		tell(gateway, message->topic, "its response topic is not one we may publish to");
		return;
	}
	if (mqtt_link_publish(gateway->link, &publication) < 0) {
		tell(gateway, message->topic, "its answer could not be sent");
	}
}

static void refuse(struct gateway *gateway, const struct mqtt_message *message,
		   const struct mqtt_command *command)
{
	char *text;

	tell(gateway, message->topic, command->text);
	if (!command->answered || message->reply_topic[0] == '\0' ||
	    !gateway_bucket_take(&gateway->refusals, gateway->now_us, REFUSALS_PER_S,
				 REFUSALS_BURST)) {
		return;
	}
	text = mqtt_map_refusal(command);
	reply(gateway, message, text);
	free(text);
}

static struct gateway_pending *free_slot(struct gateway *gateway)
{
	for (size_t i = 0; i < GATEWAY_PENDING_MAX; i++) {
		if (gateway->pending[i].id == 0) {
			return &gateway->pending[i];
		}
	}
	return NULL;
}

/* Send the command. On success its slot, if any, owns the message. */
static int pass_on(struct gateway *gateway, struct mqtt_message *message,
		   struct mqtt_command *command, struct gateway_pending *slot)
{
	uint64_t id = 0;
	int r;

	if (slot == NULL) {
		r = rpc_client_notify(gateway->rpc, command->method, command->params);
		free(r == 0 ? message : NULL);
		return r;
	}
	r = rpc_client_request(gateway->rpc, command->method, command->params, &id);
	if (r < 0) {
		return r;
	}
	*slot = (struct gateway_pending){
		.id = id,
		.message = message,
		.client_id = json_incref(command->id),
		.deadline_us = gateway->now_us + ANSWER_US,
	};
	(void)snprintf(slot->method, sizeof(slot->method), "%s", command->method);
	return 0;
}

/* Owns @message. */
static void carry_out(struct gateway *gateway, struct mqtt_message *message,
		      struct mqtt_command *command)
{
	const bool stop = strcmp(command->method, "session.stop") == 0;
	struct gateway_pending *slot = command->answered ? free_slot(gateway) : NULL;
	int r;

	if (!gateway->chair_up) {
		mqtt_map_refuse(command, CODE_REFUSED, "stale", not_connected);
	} else if (!stop && !gateway_bucket_take(&gateway->commands, gateway->now_us,
						 COMMANDS_PER_S, COMMANDS_BURST)) {
		mqtt_map_refuse(command, CODE_REFUSED, "rate_limited",
				"Too many commands; try again in a second.");
	} else if (command->answered && slot == NULL && !stop) {
		mqtt_map_refuse(command, CODE_REFUSED, "busy",
				"Too many commands are waiting for an answer.");
	} else {
		r = pass_on(gateway, message, command, slot);
		if (r == 0) {
			gateway_log(GATEWAY_LOG_COMMAND, LOG_INFO, NULL, "passed on %.64s",
				    command->method);
			return;
		}
		mqtt_map_refuse(command, CODE_REFUSED, r == -ENOTCONN ? "stale" : "busy",
				r == -ENOTCONN ? not_connected
					       : "the chair's controller does not take commands");
	}
	refuse(gateway, message, command);
	free(message);
}

/* The program and side for the next start. Owns @message. */
static void choose(struct gateway *gateway, struct mqtt_message *message,
		   const struct mqtt_arrival *arrival, struct mqtt_command *command)
{
	json_t *result;
	char *text;

	mqtt_map_choose(arrival, gateway->programs, &gateway->choice, command);
	gateway->choice_published = false; /* a refused one too: who chose it shows the true one */
	if (command->verdict == MQTT_VERDICT_REFUSED) {
		refuse(gateway, message, command);
	} else {
		result = json_pack("{s:s, s:s}", "program", gateway->choice.program, "side",
				   gateway->choice.side);
		text = result == NULL ? NULL : mqtt_map_response(command->id, result, NULL);
		reply(gateway, message, text);
		free(text);
		json_decref(result);
	}
	free(message);
}

static void fill_choice(const struct gateway *gateway, struct mqtt_command *command)
{
	if (command->verdict != MQTT_VERDICT_CALL || !command->as_chosen) {
		return;
	}
	command->params = json_pack("{s:s, s:s}", "program", gateway->choice.program, "side",
				    gateway->choice.side);
	if (gateway->choice.program[0] == '\0' || command->params == NULL) {
		mqtt_map_refuse(command, CODE_REFUSED, "stale", not_connected);
	}
}

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
	const unsigned char *from = bytes;

	for (size_t i = 0; i < length; i++) {
		hash = (hash ^ from[i]) * UINT64_C(0x100000001b3); /* FNV-1a */
	}
	return (hash ^ 0x100U) * UINT64_C(0x100000001b3); /* and an end */
}

/* A sender that lost its connection sends again what it has no receipt for, and the broker cannot
 * know that it is the same. Where there is correlation data, we can. */
static bool is_repetition(struct gateway *gateway, const struct mqtt_message *message)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	if (message->correlation_length == 0) {
		return false;
	}
	hash = hash_bytes(hash, message->reply_topic, strlen(message->reply_topic));
	hash = hash_bytes(hash, message->correlation, message->correlation_length);
	hash = hash_bytes(hash, message->topic, strlen(message->topic));
	hash = hash_bytes(hash, message->payload, message->payload_length);
	for (size_t i = 0; i < GATEWAY_TAKEN_MAX; i++) {
		if (gateway->taken[i].hash == hash &&
		    gateway->now_us - gateway->taken[i].at_us < TAKEN_US) {
			return true;
		}
	}
	gateway->taken[gateway->taken_next] =
		(struct gateway_taken){ .hash = hash, .at_us = gateway->now_us };
	gateway->taken_next = (gateway->taken_next + 1U) % GATEWAY_TAKEN_MAX;
	return false;
}

/* Owns @message. */
static void take_message(struct gateway *gateway, struct mqtt_message *message)
{
	const struct mqtt_arrival arrival = {
		.topic = message->topic,
		.payload = message->payload,
		.length = message->payload_length,
		.retained = message->retained,
		.repeated = message->repeated,
		.expires = message->expires,
		.expiry_s = message->expiry_s,
		.age_us = gateway->now_us > message->arrived_us
				  ? gateway->now_us - message->arrived_us
				  : 0,
	};
	struct mqtt_command command;

	mqtt_map_command(&arrival, &command);
	fill_choice(gateway, &command);
	if (!mqtt_map_is_stop(&arrival) &&
	    (command.verdict == MQTT_VERDICT_CALL || command.verdict == MQTT_VERDICT_CHOOSE) &&
	    is_repetition(gateway, message)) {
		mqtt_map_refuse(&command, CODE_REFUSED, "duplicate",
				"This command has been taken already.");
	}
	switch (command.verdict) {
	case MQTT_VERDICT_CALL:
		carry_out(gateway, message, &command);
		break;
	case MQTT_VERDICT_CHOOSE:
		choose(gateway, message, &arrival, &command);
		break;
	case MQTT_VERDICT_REFUSED:
		refuse(gateway, message, &command);
		free(message);
		break;
	case MQTT_VERDICT_IGNORED:
		tell(gateway, message->topic, command.text);
		free(message);
		break;
	}
	mqtt_command_clear(&command);
}

void gateway_command_turn(struct gateway *gateway)
{
	struct mqtt_message *message;
	bool stop = false;

	/* Bounded, so that a flood does not keep the loop from the rest of its work. */
	for (unsigned int i = 0; i < MQTT_QUEUE_MAX + MQTT_QUEUE_STOP_MAX; i++) {
		message = mqtt_queue_take(&gateway->queue, &stop);
		if (message == NULL) {
			return;
		}
		take_message(gateway, message);
	}
	mqtt_queue_wake(&gateway->queue); /* there is more */
}

static void release(struct gateway_pending *pending)
{
	free(pending->message);
	json_decref(pending->client_id);
	*pending = (struct gateway_pending){ 0 };
}

static void fail(struct gateway *gateway, struct gateway_pending *pending, const char *text)
{
	struct mqtt_command command = { .id = pending->client_id, .answered = true };

	mqtt_map_refuse(&command, CODE_REFUSED, "stale", text);
	refuse(gateway, pending->message, &command);
}

bool gateway_command_answer(struct gateway *gateway, const struct rpc_message *answer)
{
	struct gateway_pending *pending = NULL;
	const bool good = answer->kind == RPC_MESSAGE_RESULT;
	const char *text;
	char *response;

	for (size_t i = 0; i < GATEWAY_PENDING_MAX && pending == NULL; i++) {
		if (gateway->pending[i].id == answer->id && answer->id != 0) {
			pending = &gateway->pending[i];
		}
	}
	if (pending == NULL) {
		return false;
	}
	if (answer->status < 0) {
		fail(gateway, pending, not_connected);
		release(pending);
		return true;
	}
	if (good) {
		mqtt_map_limit_result(pending->method, answer->body, gateway->config->detail);
	} else {
		text = json_string_value(json_object_get(answer->body, "message"));
		tell(gateway, pending->message->topic, text == NULL ? "refused" : text);
	}
	response = mqtt_map_response(pending->client_id, good ? answer->body : NULL,
				     good ? NULL : answer->body);
	reply(gateway, pending->message, response);
	free(response);
	release(pending);
	return true;
}

void gateway_command_expire(struct gateway *gateway)
{
	for (size_t i = 0; i < GATEWAY_PENDING_MAX; i++) {
		if (gateway->pending[i].id != 0 &&
		    gateway->now_us >= gateway->pending[i].deadline_us) {
			fail(gateway, &gateway->pending[i],
			     "the chair's controller did not answer in time");
			release(&gateway->pending[i]);
		}
	}
}

uint64_t gateway_command_deadline_us(const struct gateway *gateway)
{
	uint64_t earliest_us = UINT64_MAX;

	for (size_t i = 0; i < GATEWAY_PENDING_MAX; i++) {
		if (gateway->pending[i].id != 0 && gateway->pending[i].deadline_us < earliest_us) {
			earliest_us = gateway->pending[i].deadline_us;
		}
	}
	return earliest_us;
}

void gateway_command_clear(struct gateway *gateway)
{
	for (size_t i = 0; i < GATEWAY_PENDING_MAX; i++) {
		if (gateway->pending[i].id != 0) {
			release(&gateway->pending[i]);
		}
	}
}
