/* SPDX-License-Identifier: MIT */
/*
 * mqtt_queue.h - messages from the library's threads to the gateway's loop.
 *
 * Bounded: what does not fit is dropped and counted. A stop has its own slots, which are emptied
 * first; when these are full, further stops are merged into the waiting ones, so a stop is never
 * lost and never waits behind anything. The lock is held for a few instructions and never while
 * the MQTT library is called.
 */
#ifndef MQTT_QUEUE_H
#define MQTT_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MQTT_QUEUE_MAX	    64U
#define MQTT_QUEUE_STOP_MAX 8U

/* One block of memory: mqtt_message_new() makes it, free() ends it. */
struct mqtt_message {
	const char *topic; /* without the chair's prefix; all of these point into the block */
	const char *payload;
	const char *reply_topic; /* "" for none */
	const unsigned char *correlation;
	size_t payload_length;
	size_t correlation_length;
	uint64_t arrived_us;
	uint32_t expiry_s;
	bool expires;
	bool retained;
	bool repeated; /* the broker has sent it before */
	char bytes[];
};

struct mqtt_message_parts {
	const char *topic;
	size_t topic_length;
	const void *payload;
	size_t payload_length;
	const char *reply_topic;
	size_t reply_topic_length;
	const void *correlation;
	size_t correlation_length;
};

/* A copy of @parts. NULL when memory is short. */
struct mqtt_message *mqtt_message_new(const struct mqtt_message_parts *parts);

struct mqtt_queue {
	pthread_mutex_t lock;
	int event_fd; /* readable while something waits */
	struct mqtt_message *stops[MQTT_QUEUE_STOP_MAX];
	size_t stop_count;
	struct mqtt_message *ring[MQTT_QUEUE_MAX];
	size_t first;
	size_t count;
	uint64_t dropped;
};

int mqtt_queue_init(struct mqtt_queue *queue) __attribute__((warn_unused_result));
void mqtt_queue_clear(struct mqtt_queue *queue);

/* Hand over @message (owned from now on). From any thread; never blocks for long. */
void mqtt_queue_put(struct mqtt_queue *queue, struct mqtt_message *message, bool stop);
void mqtt_queue_count_dropped(struct mqtt_queue *queue);

/* Make the loop look, without a message. */
void mqtt_queue_wake(struct mqtt_queue *queue);

/* The next message, stops first; NULL when there is none. To be freed. */
struct mqtt_message *mqtt_queue_take(struct mqtt_queue *queue, bool *ret_stop);

/* How many were dropped since the last call. */
uint64_t mqtt_queue_take_dropped(struct mqtt_queue *queue);

#endif /* MQTT_QUEUE_H */
