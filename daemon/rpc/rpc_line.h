/* SPDX-License-Identifier: MIT */
/*
 * rpc_line.h - a byte stream cut into lines, for both ends of the socket.
 *
 * Read straight into the buffer (rpc_line_reserve, read, rpc_line_commit) or copy bytes in
 * (rpc_line_feed), then take lines with rpc_line_next() until it returns 0. The buffer grows with
 * the longest line seen, never past RPC_LINE_MAX + 1 bytes, however the peer behaves.
 */
#ifndef RPC_LINE_H
#define RPC_LINE_H

#include <stdbool.h>
#include <stddef.h>

#define RPC_LINE_MAX 65536U /* bytes of one line, without its newline (docs/rpc.md) */

/* jansson's flags for what is sent: numbers as a float has them, 24.1 and not 24.100000000000001.
 */
#define RPC_JSON (JSON_COMPACT | JSON_REAL_PRECISION(9))

/* All zero is an empty splitter without a buffer. */
struct rpc_line {
	char *buffer; /* owned */
	size_t capacity;
	size_t start;	/* first byte not handed out */
	size_t end;	/* one past the last byte received */
	size_t scanned; /* no newline in start..scanned, so that no byte is looked at twice */
	bool too_long;	/* sticky: where the next line begins is no longer known */
};

void rpc_line_init(struct rpc_line *line);

/* Free the buffer; the splitter is as after rpc_line_init(). */
void rpc_line_clear(struct rpc_line *line);

/* Where to read to: at least one byte at *ret_tail, *ret_space in all. Invalidates the last line.
 * Returns 0, -EMSGSIZE (a line is too long: answer and close), -ENOBUFS (take lines first) or
 * -ENOMEM. */
int rpc_line_reserve(struct rpc_line *line, char **ret_tail, size_t *ret_space)
	__attribute__((warn_unused_result));

/* @size bytes were put where rpc_line_reserve() said; at most the space it gave. */
void rpc_line_commit(struct rpc_line *line, size_t size);

/* Copy bytes in. Returns 0 and the number taken (all, or fewer when lines must be taken first),
 * -EMSGSIZE or -ENOMEM. */
int rpc_line_feed(struct rpc_line *line, const void *data, size_t size, size_t *ret_taken)
	__attribute__((warn_unused_result));

/* The next whole line, without newline and NUL-terminated (it may hold NUL bytes itself), in the
 * splitter's own buffer until the next call of any of these. Returns 1, 0 when there is none yet,
 * or -EMSGSIZE. */
int rpc_line_next(struct rpc_line *line, char **ret_text, size_t *ret_length)
	__attribute__((warn_unused_result));

#endif /* RPC_LINE_H */
