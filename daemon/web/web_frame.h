/* SPDX-License-Identifier: MIT */
/*
 * web_frame.h - what a browser's text frame is: one JSON-RPC message, as chaird's socket takes it
 * (docs/rpc.md), or a method of our own (docs/web.md). Pure.
 */
#ifndef WEB_FRAME_H
#define WEB_FRAME_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEB_FRAME_MAX 65536U /* bytes, as one line of chaird */

/* Close codes of the WebSocket (RFC 6455, and 4000 to 4999 as we please). */
enum web_close {
	WEB_CLOSE_NONE,
	WEB_CLOSE_GOING_AWAY = 1001,
	WEB_CLOSE_BINARY = 1003,
	WEB_CLOSE_POLICY = 1008, /* no line of JSON, or far too many of them */
	WEB_CLOSE_TOO_LONG = 1009,
	WEB_CLOSE_NO_CHAIRD = 4001,
	WEB_CLOSE_REVOKED = 4003,
};

/* Whether a whole frame may become a line. Returns WEB_CLOSE_NONE or the code to close with. */
enum web_close web_frame_check(const char *text, size_t length);

enum web_call_kind {
	WEB_CALL_PASS, /* for chaird, which judges it */
	WEB_CALL_STOP, /* session.stop: for chaird, whatever the limits say */
	WEB_CALL_OWN,  /* web.*: never for chaird */
};

struct web_call {
	enum web_call_kind kind;
	char method[32]; /* of WEB_CALL_OWN, cut off if longer */
	bool answered;	 /* it has an id */
	json_t *id;	 /* owned, or NULL */
	json_t *params;	 /* owned, or NULL */
};

/* What a frame asks for; what cannot be read is passed on. Clear it with web_call_clear(). */
void web_call_read(const char *text, size_t length, struct web_call *ret);
void web_call_clear(struct web_call *call);

/* Answers as text, to be freed; NULL when there is no memory. @result is taken over. */
char *web_call_result(const struct web_call *call, json_t *result);
char *web_call_error(const struct web_call *call, int code, const char *reason, const char *text);
/* The refusal of @method because nobody on this connection may call it or it is unknown. */
char *web_call_refused(const struct web_call *call);

/* A line of chaird, by what a browser loses when it reads too slowly. */
enum web_line_kind {
	WEB_LINE_KEPT, /* answers and events: each counts */
	WEB_LINE_STATE,
	WEB_LINE_TELEMETRY,
	WEB_LINE_KIND_COUNT
};

enum web_line_kind web_line_kind(const char *text, size_t length);

#endif /* WEB_FRAME_H */
