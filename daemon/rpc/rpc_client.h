/* SPDX-License-Identifier: MIT */
/*
 * rpc_client.h - the client side of chaird's socket (docs/rpc.md): JSON-RPC 2.0, one object a line.
 *
 * Nothing blocks, nothing is called back, nothing is logged, no clock is read. The caller polls
 * rpc_client_fd() for rpc_client_events() until rpc_client_deadline_us() at the latest, then calls
 * rpc_client_process() and rpc_client_next() until it returns 0. A lost connection is made again
 * by rpc_client_process(); what was asked and not answered fails with -ECONNRESET and is never
 * sent again. Not thread-safe.
 */
#ifndef RPC_CLIENT_H
#define RPC_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define RPC_CLIENT_PENDING_MAX 64U /* requests under way */

struct rpc_client;

enum rpc_message_kind {
	RPC_MESSAGE_NONE,
	RPC_MESSAGE_CONNECTED,	  /* ask again for what is wanted (state.watch) */
	RPC_MESSAGE_DISCONNECTED, /* status says why */
	RPC_MESSAGE_RESULT,	  /* id, body = result */
	RPC_MESSAGE_ERROR,	  /* id, body = error; or status = -ECONNRESET */
	RPC_MESSAGE_NOTIFICATION, /* method, body = params (NULL when there are none) */
};

struct rpc_message {
	enum rpc_message_kind kind;
	uint64_t id;	    /* as rpc_client_request() gave it */
	int status;	    /* 0 or -errno */
	const char *method; /* inside root */
	json_t *body;	    /* inside root, or NULL */
	json_t *root;	    /* owned; rpc_message_clear() */
};

void rpc_message_clear(struct rpc_message *message);

/* A client of the socket at @path (copied); the first rpc_client_process() connects. Returns 0,
 * -ENAMETOOLONG or -ENOMEM. */
int rpc_client_new(const char *path, struct rpc_client **ret) __attribute__((warn_unused_result));
struct rpc_client *rpc_client_free(struct rpc_client *client); /* NULL is allowed; returns NULL */

int rpc_client_fd(const struct rpc_client *client);		  /* -1 while not connected */
short rpc_client_events(const struct rpc_client *client);	  /* POLLIN, POLLOUT */
uint64_t rpc_client_deadline_us(const struct rpc_client *client); /* UINT64_MAX: none */
bool rpc_client_connected(const struct rpc_client *client);

/* Connect if it is time, send what waits, receive at most one buffer full. */
void rpc_client_process(struct rpc_client *client, uint64_t now_us);

/* The next thing that happened. Returns 1 (clear it with rpc_message_clear()) or 0. A peer that
 * sends anything but JSON-RPC is disconnected with -EPROTO. */
int rpc_client_next(struct rpc_client *client, struct rpc_message *ret)
	__attribute__((warn_unused_result));

/* Send a request; @params is borrowed, NULL for none. Returns 0 and the id of its reply,
 * -ENOTCONN, -EBUSY (RPC_CLIENT_PENDING_MAX under way), -EMSGSIZE, -ENOBUFS (the peer does not
 * read) or -ENOMEM. */
int rpc_client_request(struct rpc_client *client, const char *method, json_t *params,
		       uint64_t *ret_id) __attribute__((warn_unused_result));

/* The same without an answer. */
int rpc_client_notify(struct rpc_client *client, const char *method, json_t *params)
	__attribute__((warn_unused_result));

/* Give the connection up, for instance because the peer fell silent; it is made again. */
void rpc_client_drop(struct rpc_client *client, int status);

#endif /* RPC_CLIENT_H */
