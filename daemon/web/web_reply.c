/* SPDX-License-Identifier: MIT */
#include "web_reply.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* The panel is one origin and needs nothing else, so nothing else is allowed. */
static const char always[] =
	"Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
	"img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; "
	"form-action 'none'; frame-ancestors 'none'\r\n"
	"X-Content-Type-Options: nosniff\r\n"
	"Referrer-Policy: no-referrer\r\n"
	"Cross-Origin-Resource-Policy: same-origin\r\n"
	"Cross-Origin-Opener-Policy: same-origin\r\n";

const char *web_reply_reason(unsigned int status)
{
	static const struct {
		unsigned int status;
		const char *reason;
	} known[] = {
		{ 200, "OK" },
		{ 202, "Accepted" },
		{ 304, "Not Modified" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 411, "Length Required" },
		{ 413, "Content Too Large" },
		{ 415, "Unsupported Media Type" },
		{ 421, "Misdirected Request" },
		{ 426, "Upgrade Required" },
		{ 429, "Too Many Requests" },
		{ 503, "Service Unavailable" },
		{ 507, "Insufficient Storage" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].status == status) {
			return known[i].reason;
		}
	}
	return "Internal Server Error";
}

struct text {
	char *start;
	size_t size;
	size_t used; /* size when it did not fit */
};

static void add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct text *text, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text->start + text->used, text->size - text->used, format, args);
	va_end(args);
	text->used =
		n < 0 || (size_t)n >= text->size - text->used ? text->size : text->used + (size_t)n;
}

int web_reply_head(const struct web_reply *reply, char *buffer, size_t size)
{
	struct text text = { .start = buffer, .size = size };

	add(&text, "HTTP/1.1 %u %s\r\n%s", reply->status, web_reply_reason(reply->status), always);
	if (reply->type != NULL) {
		add(&text, "Content-Type: %s\r\nContent-Length: %zu\r\n", reply->type,
		    reply->length);
	}
	if (reply->etag != NULL) {
		/* The page and its parts are asked for anew each time and cost one 304 each: a new
		 * package must not run against yesterday's scripts. */
		add(&text, "ETag: %s\r\nCache-Control: no-cache\r\n", reply->etag);
	} else {
		add(&text, "Cache-Control: no-store\r\n");
	}
	if (reply->gzip && reply->type != NULL) {
		add(&text, "Content-Encoding: gzip\r\n");
	}
	if (reply->varies) {
		add(&text, "Vary: Accept-Encoding\r\n");
	}
	if (reply->cookie != NULL) {
		add(&text, "Set-Cookie: %s\r\n", reply->cookie);
	}
	if (reply->allow != NULL) {
		add(&text, "Allow: %s\r\n", reply->allow);
	}
	if (reply->status == 426) {
		add(&text, "Upgrade: websocket\r\n");
	}
	add(&text, "%s\r\n", reply->close ? "Connection: close\r\n" : "");
	return text.used == text.size ? -ENOBUFS : (int)text.used;
}
