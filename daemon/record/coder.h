/* SPDX-License-Identifier: MIT */
/*
 * coder.h - what has changed between two images of one size, in as few bytes as is cheap to do.
 *
 * For each 64-bit word that differs: how many equal ones lie before it (a byte; 255 = that many and
 * go on), which of its bytes differ (a byte, not 0), and these bytes as they are now. Images come
 * from machines of one byte order, see recording.h.
 */
#ifndef RECORD_CODER_H
#define RECORD_CODER_H

#include <stddef.h>
#include <stdint.h>

/* An upper bound of what coder_encode() writes for images of @size bytes. */
#define CODER_MAX(size) ((size) / 8 * 10 + (size) / 8 / 255)

/* @size: of both images, a multiple of 8; @to has room for CODER_MAX(size). Returns the bytes
 * written; 0 when nothing has changed. Bounded time. */
size_t coder_encode(const uint8_t *before, const uint8_t *now, size_t size, uint8_t *to);

/* Change @image by @length bytes of code. 0, or -EBADMSG: they are no code for this size; the image
 * may be changed in part. */
int coder_decode(uint8_t *image, size_t size, const uint8_t *code, size_t length)
	__attribute__((warn_unused_result));

#endif /* RECORD_CODER_H */
