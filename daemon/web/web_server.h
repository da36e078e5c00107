/* SPDX-License-Identifier: MIT */
/*
 * web_server.h - chair-web's loop between browsers and chaird's sockets.
 *
 * One thread; libwebsockets polls. Split by what is served: web_server.c accepts connections and
 * keeps time, web_http.c answers plain requests, web_pair.c those of phones that want to be paired,
 * web_bridge.c carries WebSocket frames to chaird and back, web_own.c answers web.* itself.
 *
 * Who may do what is decided once, when a connection is accepted, by the listener that it came to
 * (struct web_conn, lan); nothing in a request can change that.
 */
#ifndef WEB_SERVER_H
#define WEB_SERVER_H

#include "../rpc/rpc_line.h"
#include "web_config.h"
#include "web_limits.h"
#include "web_pairing.h"
#include "web_phones.h"
#include "web_queue.h"
#include "web_static.h"

#include <libwebsockets.h>
#include <stdbool.h>
#include <stdint.h>

#define WEB_CHUNK_MAX 16384U

/* First member of everything that the library holds a pointer to for us. */
enum web_kind {
	WEB_KIND_NONE,
	WEB_KIND_CONN,
	WEB_KIND_LINK,
	WEB_KIND_LISTENER,
	WEB_KIND_SIGNALS,
};

struct web_server;
struct web_conn;

/* The way to chaird of one WebSocket. */
struct web_link {
	enum web_kind kind;
	struct web_conn *conn; /* NULL: the browser has gone */
	struct lws *wsi;
	int fd; /* the library closes it */
	struct rpc_line in;
	char *out; /* owned; what chaird has not taken yet */
	size_t out_length;
};

/* A browser's connection, from its acceptance on. */
struct web_conn {
	enum web_kind kind;
	struct web_server *server;
	struct lws *wsi;
	struct web_conn *next;
	struct web_conn *previous;
	bool lan;
	size_t place; /* in server->peers */
	uint64_t accepted_us;
	struct web_bucket requests;
	struct web_bucket load; /* of everything it sends, refused or not */

	/* plain HTTP */
	const unsigned char *body; /* inside the panel's files: what is still to be sent */
	size_t body_left;
	bool posting; /* a pairing request's body is on its way */
	size_t posted;
	char post[WEB_PAIRING_BODY_MAX];

	/* WebSocket */
	bool open;
	bool closing;
	enum web_close close_code;
	uint32_t phone; /* 0: the panel */
	struct web_link *link;
	struct web_queue queue;
	char *frame; /* owned */
	size_t frame_length;
	size_t frame_capacity;
};

struct web_listener {
	enum web_kind kind;
	struct web_server *server;
	bool lan;
};

struct web_signals {
	enum web_kind kind;
	struct web_server *server;
	int fd;
};

struct web_server {
	const struct web_config *config;
	struct lws_context *context;
	struct lws_vhost *vhost;
	struct web_static files;
	struct web_phones phones;
	struct web_pairing pairing;
	struct web_peers peers;
	struct web_conn *conns;
	struct web_conn *adopting; /* handed to the library, which has not said yet what of it */
	struct web_listener loopback;
	struct web_listener lan;
	struct web_signals signals;
	struct web_bucket arrivals; /* TLS handshakes cost time that others wait for */
	struct web_bucket lines;    /* of the log */
	uint64_t unlogged;
	lws_sorted_usec_list_t tick;
	uint64_t watchdog_us;
	bool stopping;
	/* For what is being sent just now. */
	unsigned char chunk[LWS_PRE + WEB_CHUNK_MAX];
};

/* Run until SIGTERM or SIGINT. @config is borrowed. Returns 0 or -errno (could not start). */
int web_server_run(const struct web_config *config) __attribute__((warn_unused_result));

uint64_t web_server_now_us(void);
int64_t web_server_wall_s(void);

/* A line in the log about something that anybody may cause at any rate. */
void web_server_log_refusal(struct web_server *server, const char *cause, const char *text);

/* To every panel. Returns how many there are. */
size_t web_server_tell_panels(struct web_server *server, const char *text);
/* What panels are told of a pairing: the code to show, or (@outcome) that it is to go. */
size_t web_server_tell_pairing(struct web_server *server, const char *outcome, const char *name);

/* web_http.c: plain requests. They return what the library's callback is to return. */
int web_http_upgrade(struct web_conn *conn, const char *wanted);
int web_http_request(struct web_conn *conn, const char *path, size_t length);
int web_http_writable(struct web_conn *conn);
/* A small answer of JSON. */
int web_http_answer(struct web_conn *conn, unsigned int status, const char *json,
		    const char *cookie);
/* The same and the end of the connection. */
int web_http_refuse(struct web_conn *conn, unsigned int status, const char *reason);

/* web_pair.c: what phones send. */
int web_pair_request(struct web_conn *conn, bool post);
int web_pair_body(struct web_conn *conn, const char *data, size_t length);
int web_pair_complete(struct web_conn *conn);
/* The phone that the request's cookie proves, or 0. */
uint32_t web_pair_phone(struct web_conn *conn);

/* web_bridge.c: an open WebSocket. */
int web_bridge_open(struct web_conn *conn);
int web_bridge_receive(struct web_conn *conn, const char *data, size_t length);
int web_bridge_writable(struct web_conn *conn);
void web_bridge_send(struct web_conn *conn, enum web_line_kind kind, const char *text,
		     size_t length);
void web_bridge_end(struct web_conn *conn, enum web_close code);
void web_bridge_clear(struct web_conn *conn);
int web_bridge_link_readable(struct web_link *link);
int web_bridge_link_writable(struct web_link *link);
void web_bridge_link_gone(struct web_link *link);

/* web_own.c: the answer to a web.* call, to be freed, or NULL. */
char *web_own_answer(struct web_conn *conn, const struct web_call *call);

#endif /* WEB_SERVER_H */
