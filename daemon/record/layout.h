/* SPDX-License-Identifier: MIT */
/*
 * layout.h - what the core's structures consist of: values with names, and padding that counts for
 * nothing.
 *
 * An image of an object is its bytes with every byte of padding zero, so that equal values are
 * equal bytes. layout_table.h is written from the headers of core by layout.py.
 */
#ifndef RECORD_LAYOUT_H
#define RECORD_LAYOUT_H

#include "chair.h"

#include <stddef.h>

/* What goes in and what comes out of one cycle. */
struct record_cycle {
	struct chair_inputs in;
	struct chair_outputs out;
};

enum layout_root {
	LAYOUT_CONFIG, /* struct chair_config */
	LAYOUT_STATE,  /* struct chair without its configuration and the events of the last cycle */
	LAYOUT_CYCLE,  /* struct record_cycle */
	LAYOUT_ROOT_COUNT
};

#define LAYOUT_WORD	  sizeof(uint64_t)
#define LAYOUT_SIZE(s)	  ((sizeof(s) + LAYOUT_WORD - 1) / LAYOUT_WORD * LAYOUT_WORD)
#define LAYOUT_CYCLE_SIZE LAYOUT_SIZE(struct record_cycle)
#define LAYOUT_STATE_SIZE LAYOUT_SIZE(struct chair)
#define LAYOUT_NAME_MAX	  96

/* A value: one number or word. */
struct layout_leaf {
	uint32_t hash; /* of its name, kind and size: the same value in another build of the core */
	uint32_t offset;
	uint32_t limit; /* enum: below this */
	uint8_t size;
	uint8_t kind; /* private */
};

/* Values that lie side by side. */
struct layout_run {
	uint32_t offset;
	uint32_t size;
};

struct layout {
	enum layout_root root;
	size_t size; /* of an image: whole words */
	size_t leaf_count;
	struct layout_leaf *leaves; /* by offset */
	size_t run_count;
	struct layout_run *runs;
};

/* Returns 0 or -ENOMEM. layout_free() is due after 0. */
int layout_init(struct layout *layout, enum layout_root root) __attribute__((warn_unused_result));
void layout_free(struct layout *layout);

/* Write the values of @object (of the root's type) to @image (layout->size bytes, its padding zero
 * before and after). Bounded time. */
void layout_pack(const struct layout *layout, const void *object, uint8_t *image);

/* Every value of @image is one that its kind can have: no boolean but 0 and 1, no enumerator beyond
 * the last, no number that is not finite. */
bool layout_is_sane(const struct layout *layout, const uint8_t *image);
/* The index of the first value that is not, or layout->leaf_count. */
size_t layout_insane(const struct layout *layout, const uint8_t *image);

/* Write the values of a sane @image into @object; what is no value stays as it is. */
void layout_unpack(const struct layout *layout, const uint8_t *image, void *object);

/* The index of the first value in which two images differ, or layout->leaf_count. */
size_t layout_difference(const struct layout *layout, const uint8_t *a, const uint8_t *b);

/* Where the leaf is, such as "out.speed[back.depth]", and its value in @image, in words. */
void layout_name(const struct layout *layout, size_t leaf, char ret_name[LAYOUT_NAME_MAX]);
void layout_value(const struct layout *layout, size_t leaf, const uint8_t *image,
		  char ret_value[LAYOUT_NAME_MAX]);

#endif /* RECORD_LAYOUT_H */
