/* SPDX-License-Identifier: MIT */
#include "mqtt_queue.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static char *append(char *at, const void *data, size_t size)
{
	if (size > 0) {
		memcpy(at, data, size);
	}
	at[size] = '\0';
	return at + size + 1;
}

struct mqtt_message *mqtt_message_new(const struct mqtt_message_parts *parts)
{
	struct mqtt_message *message;
	char *at;

	assert(parts != NULL);

	message = malloc(sizeof(*message) + parts->topic_length + parts->payload_length +
			 parts->reply_topic_length + parts->correlation_length + 4U);
	if (message == NULL) {
		return NULL;
	}
	*message = (struct mqtt_message){
		.payload_length = parts->payload_length,
		.correlation_length = parts->correlation_length,
	};
	at = message->bytes;
	message->topic = at;
	at = append(at, parts->topic, parts->topic_length);
	message->payload = at;
	at = append(at, parts->payload, parts->payload_length);
	message->reply_topic = at;
	at = append(at, parts->reply_topic, parts->reply_topic_length);
	message->correlation = (const unsigned char *)at;
	(void)append(at, parts->correlation, parts->correlation_length);
	return message;
}

int mqtt_queue_init(struct mqtt_queue *queue)
{
	int r;

	assert(queue != NULL);

	*queue = (struct mqtt_queue){ .event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
	if (queue->event_fd < 0) {
		return -errno;
	}
	r = pthread_mutex_init(&queue->lock, NULL);
	if (r != 0) {
		(void)close(queue->event_fd); /* nothing was written to it */
		return -r;
	}
	return 0;
}

void mqtt_queue_clear(struct mqtt_queue *queue)
{
	struct mqtt_message *message;
	bool stop;

	for (message = mqtt_queue_take(queue, &stop); message != NULL;
	     message = mqtt_queue_take(queue, &stop)) {
		free(message);
	}
	(void)pthread_mutex_destroy(&queue->lock); /* fails only while it is held */
	(void)close(queue->event_fd);
}

/* Locking a plain mutex of our own fails only when the program is broken. */
static void lock(struct mqtt_queue *queue)
{
	const int r = pthread_mutex_lock(&queue->lock);

	assert(r == 0);
	(void)r;
}

static void unlock(struct mqtt_queue *queue)
{
	const int r = pthread_mutex_unlock(&queue->lock);

	assert(r == 0);
	(void)r;
}

void mqtt_queue_wake(struct mqtt_queue *queue)
{
	const uint64_t one = 1;
	ssize_t n;

	do {
		n = write(queue->event_fd, &one, sizeof(one));
	} while (n < 0 && errno == EINTR); /* EAGAIN: it is readable already */
}

void mqtt_queue_put(struct mqtt_queue *queue, struct mqtt_message *message, bool stop)
{
	struct mqtt_message *unwanted = NULL;

	assert(message != NULL);

	lock(queue);
	if (stop) {
		if (queue->stop_count < MQTT_QUEUE_STOP_MAX) {
			queue->stops[queue->stop_count++] = message;
		} else {
			unwanted = message; /* those that wait will stop the chair */
		}
	} else if (queue->count < MQTT_QUEUE_MAX) {
		queue->ring[(queue->first + queue->count) % MQTT_QUEUE_MAX] = message;
		queue->count++;
	} else {
		unwanted = message;
		queue->dropped++;
	}
	unlock(queue);
	free(unwanted);
	if (unwanted == NULL) {
		mqtt_queue_wake(queue);
	}
}

void mqtt_queue_count_dropped(struct mqtt_queue *queue)
{
	lock(queue);
	queue->dropped++;
	unlock(queue);
}

struct mqtt_message *mqtt_queue_take(struct mqtt_queue *queue, bool *ret_stop)
{
	struct mqtt_message *message = NULL;

	lock(queue);
	*ret_stop = queue->stop_count > 0;
	if (queue->stop_count > 0) {
		message = queue->stops[0];
		queue->stop_count--;
		memmove(queue->stops, queue->stops + 1,
			queue->stop_count * sizeof(struct mqtt_message *));
	} else if (queue->count > 0) {
		message = queue->ring[queue->first];
		queue->first = (queue->first + 1U) % MQTT_QUEUE_MAX;
		queue->count--;
	}
	unlock(queue);
	return message;
}

uint64_t mqtt_queue_take_dropped(struct mqtt_queue *queue)
{
	uint64_t dropped;

	lock(queue);
	dropped = queue->dropped;
	queue->dropped = 0;
	unlock(queue);
	return dropped;
}
