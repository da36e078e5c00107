/* SPDX-License-Identifier: MIT */
/*
 * web_queue.h - what waits to be sent to one browser. Bounded: of states and telemetry only the
 * newest waits, and when even so too much does, the browser does not read and is given up. Pure.
 */
#ifndef WEB_QUEUE_H
#define WEB_QUEUE_H

#include "web_frame.h"

#define WEB_QUEUE_HEADROOM 32U /* bytes before each text that the WebSocket library writes to */
#define WEB_QUEUE_BYTES	   (256U * 1024U)
#define WEB_QUEUE_ITEMS	   256U

struct web_item {
	struct web_item *next;
	enum web_line_kind kind;
	size_t length;
	unsigned char text[]; /* WEB_QUEUE_HEADROOM bytes, then the text */
};

/* All zero is empty. */
struct web_queue {
	struct web_item *first;
	struct web_item *last;
	size_t bytes;
	size_t items;
};

/* Copies the text. Returns 0, -ENOBUFS (give the browser up) or -ENOMEM. */
int web_queue_push(struct web_queue *queue, enum web_line_kind kind, const char *text,
		   size_t length) __attribute__((warn_unused_result));
/* The oldest, to be freed; NULL when there is none. */
struct web_item *web_queue_pop(struct web_queue *queue);
void web_queue_clear(struct web_queue *queue);

#endif /* WEB_QUEUE_H */
