/* SPDX-License-Identifier: MIT */
#include "gateway.h"
#include "gateway_log.h"
#include "mqtt_map.h"

#include <errno.h>
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
	    rpc_client_request(gateway->rpc, "program.list", NULL, &gateway->programs_id) < 0) {
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
		mqtt_map_limit_event(message->body, gateway->config->detail);
		/* Events are news: what nobody could be told is not told late. */
		(void)gateway_publish_json(gateway, "event", message->body, 1, false);
	}
}

static void take_answer(struct gateway *gateway, const struct rpc_message *message)
{
	if (message->id == gateway->programs_id && message->kind == RPC_MESSAGE_RESULT) {
		gateway->programs_id = 0;
		gateway->programs_published = false;
		replace(&gateway->programs, json_incref(message->body));
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
	if (!rpc_client_connected(gateway->rpc)) {
		return rpc_client_deadline_us(gateway->rpc);
	}
	return gateway->heard_us + SILENCE_US;
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
	publish_programs(gateway);
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
}

void gateway_chair_clear(struct gateway *gateway)
{
	replace(&gateway->state, NULL);
	replace(&gateway->content, NULL);
	replace(&gateway->programs, NULL);
}
