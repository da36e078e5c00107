/* SPDX-License-Identifier: MIT */
#include "rpc_line.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 2048U
#define CAPACITY_MAX (RPC_LINE_MAX + 1U) /* the newline; it becomes the NUL */

void rpc_line_init(struct rpc_line *line)
{
	assert(line != NULL);

	*line = (struct rpc_line){ 0 };
}

void rpc_line_clear(struct rpc_line *line)
{
	assert(line != NULL);

	free(line->buffer);
	rpc_line_init(line);
}

static void move_to_front(struct rpc_line *line)
{
	if (line->start == 0) {
		return;
	}
	memmove(line->buffer, line->buffer + line->start, line->end - line->start);
	line->scanned -= line->start;
	line->end -= line->start;
	line->start = 0;
}

static int grow(struct rpc_line *line)
{
	size_t capacity = line->capacity < CAPACITY_MIN ? CAPACITY_MIN : line->capacity * 2U;
	char *buffer;

	if (capacity > CAPACITY_MAX) {
		capacity = CAPACITY_MAX;
	}
	buffer = realloc(line->buffer, capacity);
	if (buffer == NULL) {
		return -ENOMEM;
	}
	line->buffer = buffer;
	line->capacity = capacity;
	return 0;
}

/* Move scanned to the first newline, or to the end when there is none. */
static bool find_newline(struct rpc_line *line)
{
	const char *newline;

	if (line->scanned == line->end) {
		return false;
	}
	newline = memchr(line->buffer + line->scanned, '\n', line->end - line->scanned);
	line->scanned = newline == NULL ? line->end : (size_t)(newline - line->buffer);
	return newline != NULL;
}

int rpc_line_reserve(struct rpc_line *line, char **ret_tail, size_t *ret_space)
{
	int r;

	assert(line != NULL);
	assert(ret_tail != NULL);
	assert(ret_space != NULL);

	if (line->too_long) {
		return -EMSGSIZE;
	}
	move_to_front(line);
	if (line->end == line->capacity) {
		if (line->capacity == CAPACITY_MAX) {
			if (find_newline(line)) {
				return -ENOBUFS;
			}
			line->too_long = true;
			return -EMSGSIZE;
		}
		r = grow(line);
		if (r < 0) {
			return r;
		}
	}
	*ret_tail = line->buffer + line->end;
	*ret_space = line->capacity - line->end;
	return 0;
}

void rpc_line_commit(struct rpc_line *line, size_t size)
{
	assert(line != NULL);
	assert(size <= line->capacity - line->end);

	line->end += size;
}

int rpc_line_feed(struct rpc_line *line, const void *data, size_t size, size_t *ret_taken)
{
	size_t taken = 0;
	size_t space = 0;
	char *tail = NULL;
	int r = 0;

	assert(data != NULL || size == 0);
	assert(ret_taken != NULL);

	while (taken < size) {
		r = rpc_line_reserve(line, &tail, &space);
		if (r < 0) {
			break;
		}
		if (space > size - taken) {
			space = size - taken;
		}
		memcpy(tail, (const char *)data + taken, space);
		rpc_line_commit(line, space);
		taken += space;
	}
	if (r == -ENOMEM || (r == -EMSGSIZE && taken == 0)) {
		return r;
	}
	/* A line that became too long says so at the next call; what came before it still counts.
	 */
	*ret_taken = taken;
	return 0;
}

int rpc_line_next(struct rpc_line *line, char **ret_text, size_t *ret_length)
{
	assert(line != NULL);
	assert(ret_text != NULL);
	assert(ret_length != NULL);

	if (line->too_long) {
		return -EMSGSIZE;
	}
	if (!find_newline(line)) {
		if (line->end - line->start > RPC_LINE_MAX) {
			line->too_long = true;
			return -EMSGSIZE;
		}
		return 0;
	}
	line->buffer[line->scanned] = '\0';
	*ret_text = line->buffer + line->start;
	*ret_length = line->scanned - line->start;
	line->scanned++;
	line->start = line->scanned;
	return 1;
}
