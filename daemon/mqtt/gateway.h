/* SPDX-License-Identifier: MIT */
/*
 * gateway.h - chair-mqtt's loop between chaird's socket and the broker.
 *
 * Split by direction: gateway.c is the loop and the broker, gateway_chair.c what comes from the
 * chair and is published, gateway_command.c what comes from the broker and is passed on.
 * One thread; the MQTT library's threads only fill the queue.
 */
#ifndef GATEWAY_H
#define GATEWAY_H

#include "../rpc/rpc_client.h"
#include "mqtt_config.h"
#include "mqtt_link.h"
#include "mqtt_map.h"
#include "mqtt_queue.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define GATEWAY_PENDING_MAX 32U
#define GATEWAY_TAKEN_MAX   32U

/* So many a second, so many at once. All zero is full from the first use on. */
struct gateway_bucket {
	uint64_t filled_us;
	double tokens;
};

/* A command that waits for the chair's answer. */
struct gateway_pending {
	uint64_t id;		      /* of the request on the socket; 0 = free */
	struct mqtt_message *message; /* owned: where the answer goes */
	json_t *client_id;	      /* owned: the sender's id */
	char method[64];
	uint64_t deadline_us;
};

/* A command that was taken; the same once more within a while is a repetition. */
struct gateway_taken {
	uint64_t hash; /* 0 = free */
	uint64_t at_us;
};

struct gateway {
	const struct mqtt_config *config;
	char prefix[48]; /* "chair/<id>/" */
	int signal_fd;
	bool stopping;
	uint64_t watchdog_us; /* 0: none asked for */
	uint64_t fed_us;
	uint64_t now_us; /* of this turn of the loop */

	struct mqtt_queue queue;
	struct mqtt_link *link; /* owned */
	uint64_t connect_at_us; /* UINT64_MAX: connected or connecting */
	uint64_t attempt_us;	/* when the attempt began, or the connection was made */
	uint32_t delay_ms;
	struct mqtt_link_news told; /* the trouble that is in the log already */

	struct rpc_client *rpc; /* owned */
	bool chair_up;		/* it has sent its state */
	bool chair_told;	/* its absence is in the log */
	uint64_t heard_us;
	uint64_t watch_id;
	uint64_t programs_id;
	uint64_t faults_id;
	json_t *state;	  /* owned: the newest, as it may be published */
	json_t *content;  /* owned: of the one published last */
	json_t *programs; /* owned */
	json_t *faults;	  /* owned: every row of the matrix, for discovery */
	struct mqtt_choice choice;
	uint64_t published_us; /* when the state was; 0 = not over this connection */
	bool programs_published;
	bool choice_published;
	bool discovery_published;
	uint64_t greet_at_us; /* Home Assistant was born: all of it anew; 0 = no */
	int published_online; /* -1: nothing yet over this connection */

	struct gateway_pending pending[GATEWAY_PENDING_MAX];
	struct gateway_taken taken[GATEWAY_TAKEN_MAX]; /* a ring */
	unsigned int taken_next;
	struct gateway_bucket commands;
	struct gateway_bucket refusals;
	struct gateway_bucket lines;
	uint64_t unlogged;
	uint64_t left_out; /* messages that the broker was too slow for, not in the log yet */
	uint64_t left_out_told_us;
	uint64_t dropped_told_us;
};

/* Run until SIGTERM or SIGINT. @config is borrowed. Returns 0 or -errno (could not start). */
int gateway_run(const struct mqtt_config *config) __attribute__((warn_unused_result));

/* Whether one more is allowed. */
bool gateway_bucket_take(struct gateway_bucket *bucket, uint64_t now_us, double per_s,
			 double burst);

/* Publish under the chair's prefix. Returns 0 or -errno; nothing is kept for later, so the caller
 * either tries again or lets it be. */
int gateway_publish(struct gateway *gateway, const char *topic, const char *payload, int qos,
		    bool retained);
int gateway_publish_json(struct gateway *gateway, const char *topic, json_t *document, int qos,
			 bool retained);

/* gateway_chair.c */
void gateway_chair_turn(struct gateway *gateway);	   /* the socket: connect, read, act */
void gateway_chair_publish(struct gateway *gateway);	   /* what is due */
void gateway_chair_forget_broker(struct gateway *gateway); /* a new connection knows nothing */
void gateway_chair_clear(struct gateway *gateway);
uint64_t gateway_chair_deadline_us(const struct gateway *gateway);

/* gateway_command.c */
void gateway_command_turn(struct gateway *gateway); /* the queue, stops first */
/* An answer or its loss. Returns whether it was to a command. */
bool gateway_command_answer(struct gateway *gateway, const struct rpc_message *answer);
void gateway_command_expire(struct gateway *gateway);
void gateway_command_clear(struct gateway *gateway);
uint64_t gateway_command_deadline_us(const struct gateway *gateway);

#endif /* GATEWAY_H */
