/* SPDX-License-Identifier: MIT */
/*
 * mqtt_map.h - what a message means: topics to JSON-RPC and back. Pure: no I/O, clock or log.
 *
 * Everything a stranger can send is judged here, so that it can be tested without a broker.
 */
#ifndef MQTT_MAP_H
#define MQTT_MAP_H

#include "mqtt_config.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MQTT_COMMAND_MAX 8192U /* bytes of a payload; the longest sensible one has about 100 */

/* A message as it arrived. */
struct mqtt_arrival {
	const char *topic; /* without "chair/<id>/" */
	const char *payload;
	size_t length;
	bool retained;
	bool repeated;	   /* the broker has sent it before */
	bool expires;	   /* it carried a message expiry interval … */
	uint32_t expiry_s; /* … with this much left when it arrived */
	uint64_t age_us;   /* time since it arrived */
};

enum mqtt_verdict {
	MQTT_VERDICT_IGNORED, /* no answer, a line in the journal: text */
	MQTT_VERDICT_REFUSED, /* code, reason, text */
	MQTT_VERDICT_CALL,    /* method, params */
	MQTT_VERDICT_CHOOSE,  /* for the next start; see mqtt_map_choose() */
};

struct mqtt_command {
	enum mqtt_verdict verdict;
	char method[64];
	json_t *params; /* owned, NULL for none */
	json_t *id;	/* owned; the sender's id, JSON null where there was none */
	bool as_chosen; /* session.start: what was chosen before; params are still to come */
	bool answered;	/* false: a JSON-RPC notification, nobody waits */
	int code;
	const char *reason; /* static */
	char text[160];
};

void mqtt_command_clear(struct mqtt_command *command);

/* A stop, recognised cheaply: called for every message in the receiving thread. Only what is a
 * stop beyond doubt counts, so that junk cannot crowd out a real one. */
bool mqtt_map_is_stop(const struct mqtt_arrival *arrival);

/* What to do about a message; to be cleared. */
void mqtt_map_command(const struct mqtt_arrival *arrival, struct mqtt_command *ret);

/* What a start without parameters starts. */
struct mqtt_choice {
	char program[33]; /* "" while no program is known */
	char side[8];
};

/* Keep a choice that @programs (the result of program.list, borrowed) offers, or else take the
 * chair's default, on both sides where it can. */
void mqtt_map_check_choice(struct mqtt_choice *choice, json_t *programs);

/* Carry out MQTT_VERDICT_CHOOSE: @choice is changed, or @command becomes a refusal. */
void mqtt_map_choose(const struct mqtt_arrival *arrival, json_t *programs,
		     struct mqtt_choice *choice, struct mqtt_command *command);

/* Turn a command into a refusal. */
void mqtt_map_refuse(struct mqtt_command *command, int code, const char *reason, const char *text);

/* A JSON-RPC response to @id (borrowed) with exactly one of @result and @error (borrowed). NULL
 * when memory is short; free() it. */
char *mqtt_map_response(json_t *id, json_t *result, json_t *error);
char *mqtt_map_refusal(const struct mqtt_command *command);

/* Whether a reply may go to @topic: not into the chairs' own topics, where it could pass for a
 * state or become a command. @prefix: "chair/<id>/". */
bool mqtt_map_reply_topic_allowed(const char *topic, size_t length, const char *prefix);

/* Take out of a document what @detail does not allow to be published (in place). */
void mqtt_map_limit_state(json_t *state, enum mqtt_detail detail);
void mqtt_map_limit_telemetry(json_t *telemetry, enum mqtt_detail detail);
/* False: not at all. */
bool mqtt_map_limit_event(json_t *event, enum mqtt_detail detail);
/* The same for the result of @method. */
void mqtt_map_limit_result(const char *method, json_t *result, enum mqtt_detail detail);

/* A copy of a state without what changes by itself (seq, time, uptime_s), for comparison. */
json_t *mqtt_map_state_content(json_t *state);

#endif /* MQTT_MAP_H */
