/* SPDX-License-Identifier: MIT */
/*
 * client.h - one connection to one of the sockets.
 */
#ifndef CHAIRD_CLIENT_H
#define CHAIRD_CLIENT_H

#include "rpc_line.h"
#include "server.h"

#include <stdbool.h>
#include <stdint.h>

struct client {
	struct client *next; /* the server's list */
	struct server *server;
	enum role role;
	uint64_t serial;
	bool watching;
	uint64_t telemetry_us; /* period, 0 = none */
	uint64_t telemetry_due_us;
	uint64_t alive_us; /* its last panel.alive; 0 = it does not say so */
	/* inside */
	int fd;
	sd_event_source *source;
	struct rpc_line in;
	char *out; /* what the socket has not taken yet; owned */
	size_t out_length;
	size_t out_capacity;
	bool closing; /* after what is in `out` */
	bool broken;
	double tokens; /* requests that it may still make at once */
	uint64_t tokens_us;
};

/* Called with each complete line (NUL-terminated; may hold NUL bytes inside). */
typedef void (*client_line)(struct client *client, const char *text, size_t length);

/* Takes over @fd. NULL when memory ran out (the caller then keeps @fd). */
struct client *client_new(int fd, struct server *server, enum role role, uint64_t serial);

int client_listen(struct client *client, sd_event *event, sd_event_io_handler_t handler)
	__attribute__((warn_unused_result));

/* The socket is ready: read lines, write what waits. */
void client_serve(struct client *client, uint32_t events, client_line on_line);

/* Queue one line; a client that does not read is cut off. */
void client_send(struct client *client, const char *text);

/* One more request: false when it asks too often. */
bool client_may_ask(struct client *client);

bool client_is_done(const struct client *client);
void client_free(struct client *client);

#endif /* CHAIRD_CLIENT_H */
