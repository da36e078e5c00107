/* SPDX-License-Identifier: MIT */
#include "coder.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define WORD	 8U
#define SKIP_MAX 255U

size_t coder_encode(const uint8_t *before, const uint8_t *now, size_t size, uint8_t *to)
{
	size_t skipped = 0;
	uint8_t *at = to;

	assert(size % WORD == 0);

	for (size_t w = 0; w < size; w += WORD) {
		uint8_t *mask;

		if (memcmp(before + w, now + w, WORD) == 0) {
			skipped++;
			continue;
		}
		for (; skipped >= SKIP_MAX; skipped -= SKIP_MAX) {
			*at++ = SKIP_MAX;
		}
		*at++ = (uint8_t)skipped;
		skipped = 0;
		mask = at++;
		*mask = 0;
		for (unsigned int i = 0; i < WORD; i++) {
			if (before[w + i] != now[w + i]) {
				*mask |= (uint8_t)(1U << i);
				*at++ = now[w + i];
			}
		}
	}
	return (size_t)(at - to);
}

int coder_decode(uint8_t *image, size_t size, const uint8_t *code, size_t length)
{
	size_t w = 0;
	size_t i = 0;

	while (i < length) {
		const unsigned int skip = code[i++];
		uint8_t mask;

		w += (size_t)skip * WORD;
		if (skip == SKIP_MAX) {
			if (w > size) {
				return -EBADMSG;
			}
			continue;
		}
		if (w >= size || i == length) {
			return -EBADMSG;
		}
		mask = code[i++];
		if (mask == 0) {
			return -EBADMSG;
		}
		for (unsigned int b = 0; b < WORD; b++) {
			if ((mask >> b & 1U) == 0) {
				continue;
			}
			if (i == length) {
				return -EBADMSG;
			}
			image[w + b] = code[i++];
		}
		w += WORD;
	}
	return 0;
}
