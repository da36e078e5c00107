/* SPDX-License-Identifier: MIT */
/*
 * mqtt_link.h - one connection to the broker over Paho's asynchronous MQTT 5 client.
 *
 * Paho calls back on its own threads. The callbacks only copy: messages into the queue, everything
 * else into struct mqtt_link_news, and wake the loop. They call nothing of Paho but the functions
 * that free, and take no lock that is held while Paho is called. All functions here are for the
 * loop's thread.
 *
 * Nothing is kept for later: without a connection publishing fails at once, and a lost connection
 * takes everything not yet sent with it.
 */
#ifndef MQTT_LINK_H
#define MQTT_LINK_H

#include "mqtt_config.h"
#include "mqtt_queue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mqtt_link;

/* Why there is no connection, as far as a person can do something about it. */
enum mqtt_link_cause {
	MQTT_LINK_CAUSE_UNKNOWN,
	MQTT_LINK_CAUSE_UNREACHABLE, /* no route, nobody listens, or it hangs up at once */
	MQTT_LINK_CAUSE_NO_HOST,     /* the name has no address */
	MQTT_LINK_CAUSE_HUNG_UP,     /* connected, and closed before the broker's answer */
	MQTT_LINK_CAUSE_TIMEOUT,
	MQTT_LINK_CAUSE_TLS,		 /* no common version, or what OpenSSL says */
	MQTT_LINK_CAUSE_EXPIRED,	 /* the broker's certificate, or our clock is wrong */
	MQTT_LINK_CAUSE_UNTRUSTED,	 /* signed by nobody whom we trust */
	MQTT_LINK_CAUSE_OWN_CERTIFICATE, /* the broker asks for one and then ends it */
	MQTT_LINK_CAUSE_HOST_NAME,	 /* a good certificate, for somebody else */
	MQTT_LINK_CAUSE_CREDENTIALS,
	MQTT_LINK_CAUSE_CLIENT_ID,
	MQTT_LINK_CAUSE_REFUSED,    /* any other answer of the broker */
	MQTT_LINK_CAUSE_TAKEN_OVER, /* another client with the same id */
	MQTT_LINK_CAUSE_LOST,
	MQTT_LINK_CAUSE_LOCAL, /* a file or memory on this side */
};

struct mqtt_link_news {
	bool connected; /* happened since the last look */
	bool failed;
	bool lost;
	bool born;	       /* Home Assistant has said that it is there */
	unsigned int refusals; /* publishes that the broker refused, and subscriptions */
	int refusal_code;
	enum mqtt_link_cause cause; /* of failed or lost */
	int code;		    /* the broker's reason code, or Paho's */
	char text[160];		    /* OpenSSL's words, or "" */
};

/* @config and @queue are borrowed and must outlive the link. @prefix is "chair/<id>/". Returns 0
 * or -errno. */
int mqtt_link_new(const struct mqtt_config *config, const char *prefix, struct mqtt_queue *queue,
		  struct mqtt_link **ret) __attribute__((warn_unused_result));

/* Ends the library's threads: takes 0.1 s. NULL is allowed; returns NULL. */
struct mqtt_link *mqtt_link_free(struct mqtt_link *link);

/* Begin to connect; the outcome comes as news. Forgets what an earlier connection left, which takes
 * 0.1 s (the library ends its threads), and gives up an attempt under way. Returns 0 or -errno
 * (then no news will come). */
int mqtt_link_connect(struct mqtt_link *link) __attribute__((warn_unused_result));

/* Subscribe to the chair's command topics and to Home Assistant's birth. */
int mqtt_link_subscribe(struct mqtt_link *link) __attribute__((warn_unused_result));

bool mqtt_link_connected(const struct mqtt_link *link);

/* Whether a connection attempt is under way, so that another one must not begin. */
bool mqtt_link_connecting(const struct mqtt_link *link);

/* What happened since the last call. */
void mqtt_link_take_news(struct mqtt_link *link, struct mqtt_link_news *ret);

struct mqtt_publication {
	const char *topic; /* whole */
	const void *payload;
	size_t length;
	int qos;
	bool retained;
	const unsigned char *correlation; /* NULL for none */
	size_t correlation_length;
};

/* Returns 0, -ENOTCONN, -ENOBUFS (the broker is slower than we are) or -EIO. */
int mqtt_link_publish(struct mqtt_link *link, const struct mqtt_publication *publication)
	__attribute__((warn_unused_result));

/* Publish a last message, wait for the broker's receipt for at most @wait_ms, disconnect. */
void mqtt_link_goodbye(struct mqtt_link *link, const struct mqtt_publication *last,
		       unsigned long wait_ms);

#endif /* MQTT_LINK_H */
