/* SPDX-License-Identifier: MIT */
/* Any bytes in any pieces: the same lines as a plain search for newlines finds, and no memory past
 * the limit. The first byte of each piece says how long it is. */
#include "../../daemon/rpc/rpc_line.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(x)               \
	do {                     \
		if (!(x)) {      \
			abort(); \
		}                \
	} while (0)

#define COPY_MAX (4U * RPC_LINE_MAX)

struct copy {
	uint8_t bytes[COPY_MAX];
	size_t fed;
	size_t taken; /* where the next line has to begin */
};

static void take_lines(struct rpc_line *line, struct copy *copy)
{
	const uint8_t *newline;
	size_t length = 0;
	char *text = NULL;
	int r;

	for (;;) {
		newline = memchr(copy->bytes + copy->taken, '\n', copy->fed - copy->taken);
		r = rpc_line_next(line, &text, &length);
		if (r != 1) {
			break;
		}
		REQUIRE(newline != NULL);
		REQUIRE(length == (size_t)(newline - copy->bytes) - copy->taken);
		REQUIRE(length <= RPC_LINE_MAX);
		REQUIRE(memcmp(text, copy->bytes + copy->taken, length) == 0);
		REQUIRE(text[length] == '\0');
		copy->taken += length + 1U;
	}
	REQUIRE(r == 0 ? newline == NULL : r == -EMSGSIZE);
}

/* Each input byte stands for up to 512, so that short inputs reach the limit. */
static int feed(struct rpc_line *line, struct copy *copy, uint8_t byte, size_t count)
{
	uint8_t piece[512];
	size_t taken = 0;
	int r;

	memset(piece, byte, count);
	r = rpc_line_feed(line, piece, count, &taken);
	REQUIRE(r == 0 || r == -EMSGSIZE);
	REQUIRE(line->capacity <= RPC_LINE_MAX + 1U);
	if (r == 0) {
		REQUIRE(taken <= count);
		memcpy(copy->bytes + copy->fed, piece, taken);
		copy->fed += taken;
	}
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct copy copy;
	struct rpc_line line;
	int r = 0;

	copy.fed = 0;
	copy.taken = 0;
	rpc_line_init(&line);
	for (size_t i = 0; i + 1 < size && r == 0 && copy.fed + 512U <= COPY_MAX; i += 2) {
		r = feed(&line, &copy, data[i + 1], 1U + (data[i] & 0x7fU) * 4U);
		if ((data[i] & 0x80U) != 0) {
			take_lines(&line, &copy);
		}
	}
	take_lines(&line, &copy);
	rpc_line_clear(&line);
	return 0;
}
