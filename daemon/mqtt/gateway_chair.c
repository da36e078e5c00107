/* SPDX-License-Identifier: MIT */
#include "gateway.h"
#include "gateway_log.h"
#include "mqtt_discovery.h"
#include "mqtt_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SILENCE_US     UINT64_C(5000000)  /* the state comes at least once a second */
#define STATE_EVERY_US UINT64_C(10000000) /* unchanged, so that readers see it is alive */
#define TELEMETRY_HZ   2

static void replace(json_t **where, json_t *value)
{
	json_decref(*where);
	*where = value;
}

static void ask_for_all(struct gateway *gateway)
{
	json_t *params = json_pack("{s:i}", "telemetry_hz", TELEMETRY_HZ);

	gateway->heard_us = gateway->now_us;
	if (params == NULL ||
	    rpc_client_request(gateway->rpc, "state.watch", params, &gateway->watch_id) < 0 ||
	    rpc_client_request(gateway->rpc, "program.list", NULL, &gateway->programs_id) < 0 ||
	    rpc_client_request(gateway->rpc, "fault.list", NULL, &gateway->faults_id) < 0) {
		rpc_client_drop(gateway->rpc, -EIO);
	}
	json_decref(params);
}

static void chair_lost(struct gateway *gateway, int status)
{
	gateway->chair_up = false;
	replace(&gateway->state, NULL);
	replace(&gateway->content, NULL);
	if (!gateway->chair_told) {
		gateway->chair_told = true;
		gateway_log(GATEWAY_LOG_CHAIR_DOWN, LOG_WARNING, NULL,
			    "the chair's controller is not connected (%s: %s)",
			    gateway->config->socket, strerror(-status));
	}
}

static void take_state(struct gateway *gateway, json_t *state)
{
	mqtt_map_limit_state(state, gateway->config->detail);
	replace(&gateway->state, json_incref(state));
	if (!gateway->chair_up) {
		gateway->chair_up = true;
		gateway->chair_told = false;
		gateway_log(GATEWAY_LOG_CHAIR_UP, LOG_INFO, NULL,
			    "the chair's controller is connected");
	}
}

static void take_notification(struct gateway *gateway, const struct rpc_message *message)
{
	if (!json_is_object(message->body)) {
		return;
	}
	if (strcmp(message->method, "state") == 0) {
		take_state(gateway, message->body);
	} else if (strcmp(message->method, "telemetry") == 0) {
		mqtt_map_limit_telemetry(message->body, gateway->config->detail);
		/* Lost, it is made good by the next in half a second. QoS 1 because its receipts
		 * keep the library's receiving thread from dozing off for 100 ms at a time, in
		 * which a stop would wait. */
		(void)gateway_publish_json(gateway, "telemetry", message->body, 1, false);
	} else if (strcmp(message->method, "event") == 0) {
		/* Events are news: what nobody could be told is not told late. */
		if (mqtt_map_limit_event(message->body, gateway->config->detail)) {
			(void)gateway_publish_json(gateway, "event", message->body, 1, false);
		}
	}
}

static void take_answer(struct gateway *gateway, const struct rpc_message *message)
{
	if (message->id == gateway->programs_id && message->kind == RPC_MESSAGE_RESULT) {
		gateway->programs_id = 0;
		gateway->programs_published = false;
		gateway->choice_published = false;
		gateway->discovery_published = false;
		replace(&gateway->programs, json_incref(message->body));
		mqtt_map_check_choice(&gateway->choice, gateway->programs);
	} else if (message->id == gateway->faults_id && message->kind == RPC_MESSAGE_RESULT) {
		gateway->faults_id = 0;
		gateway->discovery_published = false;
		replace(&gateway->faults, json_incref(message->body));
	} else if (message->id == gateway->watch_id && message->kind == RPC_MESSAGE_ERROR &&
		   message->status == 0) {
		rpc_client_drop(gateway->rpc, -EPROTO); /* without a state we are of no use */
	} else {
		(void)gateway_command_answer(gateway, message); /* or one that was given up */
	}
}

static void take_message(struct gateway *gateway, const struct rpc_message *message)
{
	gateway->heard_us = gateway->now_us;
	switch (message->kind) {
	case RPC_MESSAGE_CONNECTED:
		ask_for_all(gateway);
		break;
	case RPC_MESSAGE_DISCONNECTED:
		chair_lost(gateway, message->status);
		break;
	case RPC_MESSAGE_NOTIFICATION:
		take_notification(gateway, message);
		break;
	case RPC_MESSAGE_RESULT:
	case RPC_MESSAGE_ERROR:
		take_answer(gateway, message);
		break;
	case RPC_MESSAGE_NONE:
		break;
	}
}

void gateway_chair_turn(struct gateway *gateway)
{
	struct rpc_message message;

	rpc_client_process(gateway->rpc, gateway->now_us);
	while (rpc_client_next(gateway->rpc, &message) > 0) {
		take_message(gateway, &message);
		rpc_message_clear(&message);
	}
	if (!rpc_client_connected(gateway->rpc)) {
		if (!gateway->chair_told) {
			chair_lost(gateway, -ENOENT);
		}
	} else if (gateway->now_us - gateway->heard_us >= SILENCE_US) {
		rpc_client_drop(gateway->rpc, -ETIMEDOUT); /* reported at the next turn */
	}
}

uint64_t gateway_chair_deadline_us(const struct gateway *gateway)
{
	const uint64_t due_us = rpc_client_connected(gateway->rpc)
					? gateway->heard_us + SILENCE_US
					: rpc_client_deadline_us(gateway->rpc);

	return gateway->greet_at_us != 0 && gateway->greet_at_us < due_us ? gateway->greet_at_us
									  : due_us;
}

static void publish_programs(struct gateway *gateway)
{
	int r;

	if (gateway->programs_published || gateway->programs == NULL) {
		return;
	}
	/* An empty retained message takes back what an earlier configuration published. */
	r = gateway->config->detail == MQTT_DETAIL_FULL
		    ? gateway_publish_json(gateway, "programs", gateway->programs, 1, true)
		    : gateway_publish(gateway, "programs", "", 1, true);
	gateway->programs_published = r == 0;
}

static void publish_choice(struct gateway *gateway)
{
	json_t *choice;

	if (gateway->choice_published || gateway->choice.program[0] == '\0') {
		return;
	}
	if (gateway->config->detail != MQTT_DETAIL_FULL) {
		gateway->choice_published = gateway_publish(gateway, "choice", "", 1, true) == 0;
		return;
	}
	choice = json_pack("{s:s, s:s}", "program", gateway->choice.program, "side",
			   gateway->choice.side);
	gateway->choice_published =
		choice != NULL && gateway_publish_json(gateway, "choice", choice, 1, true) == 0;
	json_decref(choice);
}

/* One message for the whole chair, once all is known that it names; or nothing, which takes back
 * what an earlier configuration announced. */
static void publish_discovery(struct gateway *gateway)
{
	const bool enabled = gateway->config->discovery.enabled;
	char topic[sizeof(gateway->config->discovery.prefix) + sizeof(gateway->config->chair) + 32];
	struct mqtt_publication publication = { .topic = topic, .qos = 1, .retained = true };
	json_t *payload = NULL;
	char *text = NULL;

	if (gateway->discovery_published ||
	    (enabled && (gateway->programs == NULL || gateway->faults == NULL))) {
		return;
	}
	mqtt_discovery_topic(gateway->config, topic, sizeof(topic));
	if (enabled) {
		payload =
			mqtt_discovery_payload(gateway->config, gateway->programs, gateway->faults);
		text = payload == NULL ? NULL : json_dumps(payload, JSON_COMPACT);
	}
	publication.payload = text == NULL ? "" : text;
	publication.length = strlen(publication.payload);
	if (text != NULL || !enabled) {
		gateway->discovery_published = mqtt_link_publish(gateway->link, &publication) == 0;
	}
	free(text);
	json_decref(payload);
}

static void publish_state(struct gateway *gateway)
{
	json_t *content;

	if (gateway->state == NULL) {
		return;
	}
	content = mqtt_map_state_content(gateway->state);
	if (gateway->published_us != 0 && json_equal(content, gateway->content) &&
	    gateway->now_us - gateway->published_us < STATE_EVERY_US) {
		replace(&gateway->state, NULL); /* seen; the next comes in a second */
		json_decref(content);
		return;
	}
	if (gateway_publish_json(gateway, "state", gateway->state, 1, true) < 0) {
		json_decref(content);
		return; /* it stays due */
	}
	gateway->published_us = gateway->now_us;
	replace(&gateway->content, content);
	replace(&gateway->state, NULL);
}

void gateway_chair_publish(struct gateway *gateway)
{
	const int online = gateway->chair_up ? 1 : 0;

	if (!mqtt_link_connected(gateway->link)) {
		return;
	}
	if (gateway->greet_at_us != 0 && gateway->now_us >= gateway->greet_at_us) {
		gateway->greet_at_us = 0;
		gateway_chair_forget_broker(gateway);
	}
	publish_programs(gateway);
	publish_choice(gateway);
	publish_discovery(gateway);
	publish_state(gateway);
	/* Last: who sees "online" finds a fresh state. */
	if (gateway->published_online != online && (online == 0 || gateway->published_us != 0) &&
	    gateway_publish(gateway, "availability", online != 0 ? "online" : "offline", 1, true) ==
		    0) {
		gateway->published_online = online;
	}
}

void gateway_chair_forget_broker(struct gateway *gateway)
{
	gateway->published_us = 0;
	gateway->published_online = -1;
	gateway->programs_published = false;
	gateway->choice_published = false;
	gateway->discovery_published = false;
}

void gateway_chair_clear(struct gateway *gateway)
{
	replace(&gateway->state, NULL);
	replace(&gateway->content, NULL);
	replace(&gateway->programs, NULL);
	replace(&gateway->faults, NULL);
}
