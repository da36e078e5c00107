/* SPDX-License-Identifier: MIT */
#include "web_queue.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void forget_older(struct web_queue *queue, enum web_line_kind kind)
{
	struct web_item *before = NULL;
	struct web_item *item = queue->first;

	while (item != NULL && item->kind != kind) {
		before = item;
		item = item->next;
	}
	if (item == NULL) {
		return;
	}
	if (before == NULL) {
		queue->first = item->next;
	} else {
		before->next = item->next;
	}
	if (queue->last == item) {
		queue->last = before;
	}
	queue->bytes -= item->length;
	queue->items--;
	free(item);
}

int web_queue_push(struct web_queue *queue, enum web_line_kind kind, const char *text,
		   size_t length)
{
	struct web_item *item;

	if (kind != WEB_LINE_KEPT) {
		forget_older(queue, kind);
	}
	if (length > WEB_QUEUE_BYTES - queue->bytes || queue->items >= WEB_QUEUE_ITEMS) {
		return -ENOBUFS;
	}
	item = malloc(sizeof(*item) + WEB_QUEUE_HEADROOM + length);
	if (item == NULL) {
		return -ENOMEM;
	}
	item->next = NULL;
	item->kind = kind;
	item->length = length;
	memcpy(item->text + WEB_QUEUE_HEADROOM, text, length);
	if (queue->last == NULL) {
		queue->first = item;
	} else {
		queue->last->next = item;
	}
	queue->last = item;
	queue->bytes += length;
	queue->items++;
	return 0;
}

struct web_item *web_queue_pop(struct web_queue *queue)
{
	struct web_item *item = queue->first;

	if (item != NULL) {
		queue->first = item->next;
		if (queue->first == NULL) {
			queue->last = NULL;
		}
		queue->bytes -= item->length;
		queue->items--;
	}
	return item;
}

void web_queue_clear(struct web_queue *queue)
{
	struct web_item *item;

	while ((item = web_queue_pop(queue)) != NULL) {
		free(item);
	}
}
