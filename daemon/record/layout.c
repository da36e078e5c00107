/* SPDX-License-Identifier: MIT */
#include "layout.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum layout_kind {
	LAYOUT_WHOLE,
	LAYOUT_BOOL,
	LAYOUT_ENUM,
	LAYOUT_FLOAT,
	LAYOUT_TEXT,
	LAYOUT_STRUCT
};

enum layout_by {
	LAYOUT_BY_NONE,
	LAYOUT_BY_AXIS,
	LAYOUT_BY_ROLLER,
	LAYOUT_BY_PAD,
	LAYOUT_BY_DRIVE,
	LAYOUT_BY_ZONE,
	LAYOUT_BY_CAUSE
};

struct layout_struct;

struct layout_field {
	const char *name;
	size_t offset;
	size_t total; /* bytes of all elements, */
	size_t row;   /* of those with the same first index, */
	size_t size;  /* and of one */
	enum layout_kind kind;
	enum layout_by by; /* what the first index means */
	uint32_t limit;
	const struct layout_struct *of; /* LAYOUT_STRUCT */
};

struct layout_struct {
	const struct layout_field *fields;
	size_t count;
	size_t size;
};

/* clang-format off */
#define ROW_NONE(s, member, type) sizeof(type)
#define ROW_AXIS(s, member, type) sizeof(((struct s *)NULL)->member[0])
#define ROW_ROLLER ROW_AXIS
#define ROW_PAD	   ROW_AXIS
#define ROW_DRIVE  ROW_AXIS
#define ROW_ZONE   ROW_AXIS
#define ROW_CAUSE  ROW_AXIS
#define FIELD(s, member, type, kind, by, limit, of)                                     \
	{ #member, offsetof(struct s, member), sizeof(((struct s *)NULL)->member),       \
	  ROW_##by(s, member, type), sizeof(type), LAYOUT_##kind, LAYOUT_BY_##by,        \
	  (uint32_t)(limit), of }
/* clang-format on */

#include "layout_table.h"

#define DEPTH_MAX  8 /* of structures in structures */
#define FNV_START  UINT32_C(2166136261)
#define FNV_FACTOR UINT32_C(16777619)

static const struct layout_struct *const roots[LAYOUT_ROOT_COUNT] = {
	[LAYOUT_CONFIG] = &layout_chair_config,
	[LAYOUT_STATE] = &layout_chair,
	[LAYOUT_CYCLE] = &layout_record_cycle,
};

/* Where a walk over all values has got to. */
struct walk {
	unsigned int depth;
	struct {
		const struct layout_struct *of;
		size_t base; /* offset of this structure */
		size_t field;
		size_t index;
	} at[DEPTH_MAX];
};

static size_t count_of(const struct layout_field *field)
{
	return field->total / field->size;
}

static size_t inner_of(const struct layout_field *field)
{
	return field->row / field->size;
}

static void walk_begin(struct walk *walk, enum layout_root root)
{
	*walk = (struct walk){ .depth = 1 };
	walk->at[0].of = roots[root];
}

/* The next value, or NULL behind the last. walk->at[depth - 1] tells which. */
static const struct layout_field *walk_next(struct walk *walk, bool first)
{
	if (!first) {
		walk->at[walk->depth - 1].index++;
	}
	while (walk->depth > 0) {
		const struct layout_struct *of = walk->at[walk->depth - 1].of;
		const size_t f = walk->at[walk->depth - 1].field;
		const struct layout_field *field = &of->fields[f];

		if (f == of->count) {
			walk->depth--;
			if (walk->depth > 0) {
				walk->at[walk->depth - 1].index++;
			}
		} else if (walk->at[walk->depth - 1].index == count_of(field)) {
			walk->at[walk->depth - 1].field++;
			walk->at[walk->depth - 1].index = 0;
		} else if (field->kind != LAYOUT_STRUCT) {
			return field;
		} else {
			const size_t base = walk->at[walk->depth - 1].base + field->offset +
					    walk->at[walk->depth - 1].index * field->size;

			assert(walk->depth < DEPTH_MAX);
			walk->at[walk->depth].of = field->of;
			walk->at[walk->depth].base = base;
			walk->at[walk->depth].field = 0;
			walk->at[walk->depth].index = 0;
			walk->depth++;
		}
	}
	return NULL;
}

static void index_word(enum layout_by by, size_t index, char to[32])
{
	const unsigned int i = (unsigned int)index;
	const char *word = NULL;

	switch (by) {
	case LAYOUT_BY_AXIS:
		(void)snprintf(to, 32, "%s.%s", roller_name((enum roller)(i / AXIS_KIND_COUNT)),
			       axis_kind_name((enum axis_kind)(i % AXIS_KIND_COUNT)));
		return;
	case LAYOUT_BY_ROLLER:
		word = roller_name((enum roller)i);
		break;
	case LAYOUT_BY_PAD:
		word = pad_name((enum pad)i);
		break;
	case LAYOUT_BY_ZONE:
		word = zone_name((enum zone)i);
		break;
	case LAYOUT_BY_CAUSE:
		word = i < CAUSE_COUNT ? fault_row((enum cause)i)->name : "invalid";
		break;
	case LAYOUT_BY_NONE:
	case LAYOUT_BY_DRIVE:
		(void)snprintf(to, 32, "%u", i);
		return;
	}
	(void)snprintf(to, 32, "%s", word);
}

/* Append to the name at @length; a name that gets too long is cut. */
static size_t append(char name[LAYOUT_NAME_MAX], size_t length, const char *prefix,
		     const char *word, const char *suffix)
{
	const int n =
		snprintf(name + length, LAYOUT_NAME_MAX - length, "%s%s%s", prefix, word, suffix);

	assert(n >= 0);
	length += (size_t)n;
	return length < LAYOUT_NAME_MAX ? length : LAYOUT_NAME_MAX - 1;
}

static void walk_name(const struct walk *walk, char name[LAYOUT_NAME_MAX])
{
	size_t length = 0;

	name[0] = '\0';
	for (unsigned int d = 0; d < walk->depth; d++) {
		const struct layout_field *field = &walk->at[d].of->fields[walk->at[d].field];
		char word[32] = "";

		length = append(name, length, d > 0 ? "." : "", field->name, "");
		if (count_of(field) > 1) {
			index_word(field->by, walk->at[d].index / inner_of(field), word);
			length = append(name, length, "[", word, "]");
		}
		if (inner_of(field) > 1) {
			index_word(LAYOUT_BY_NONE, walk->at[d].index % inner_of(field), word);
			length = append(name, length, "[", word, "]");
		}
	}
}

/* With the end of it, so that no two words run into each other. */
static uint32_t hash_word(uint32_t hash, const char *word)
{
	do {
		hash = (hash ^ (unsigned char)*word) * FNV_FACTOR;
	} while (*word++ != '\0');
	return hash;
}

/* Of the name, an index by its word where it has one: a cause keeps its place when others come. */
static uint32_t hash_of(const struct walk *walk, const struct layout_field *field)
{
	uint32_t hash = FNV_START;

	for (unsigned int d = 0; d < walk->depth; d++) {
		const struct layout_field *at = &walk->at[d].of->fields[walk->at[d].field];
		const size_t index = walk->at[d].index;
		char word[32];

		hash = hash_word(hash, at->name);
		if (count_of(at) > 1) {
			index_word(at->by, index / inner_of(at), word);
			hash = hash_word(hash, word);
			hash = (hash ^ (uint32_t)(index % inner_of(at))) * FNV_FACTOR;
		}
	}
	hash = (hash ^ (uint32_t)field->kind) * FNV_FACTOR;
	return (hash ^ (uint32_t)field->size) * FNV_FACTOR;
}

static void fill_leaves(struct layout *layout)
{
	const struct layout_field *field;
	struct walk walk;
	size_t i = 0;

	walk_begin(&walk, layout->root);
	for (field = walk_next(&walk, true); field != NULL; field = walk_next(&walk, false)) {
		const size_t offset = walk.at[walk.depth - 1].base + field->offset +
				      walk.at[walk.depth - 1].index * field->size;

		layout->leaves[i++] = (struct layout_leaf){
			.hash = hash_of(&walk, field),
			.offset = (uint32_t)offset,
			.limit = field->limit,
			.size = (uint8_t)field->size,
			.kind = (uint8_t)field->kind,
		};
	}
}

static void fill_runs(struct layout *layout)
{
	struct layout_run *run = layout->runs;

	*run = (struct layout_run){ layout->leaves[0].offset, 0 };
	for (size_t i = 0; i < layout->leaf_count; i++) {
		const struct layout_leaf *leaf = &layout->leaves[i];

		if (leaf->offset != run->offset + run->size) {
			*++run = (struct layout_run){ leaf->offset, 0 };
		}
		run->size += leaf->size;
	}
	layout->run_count = (size_t)(run - layout->runs) + 1;
}

int layout_init(struct layout *layout, enum layout_root root)
{
	struct walk walk;

	assert(layout != NULL);
	assert((unsigned int)root < LAYOUT_ROOT_COUNT);

	*layout = (struct layout){ .root = root };
	layout->size = (roots[root]->size + LAYOUT_WORD - 1) / LAYOUT_WORD * LAYOUT_WORD;
	if (root == LAYOUT_STATE) {
		layout->size = LAYOUT_STATE_SIZE; /* the fields left out included */
	}
	walk_begin(&walk, root);
	for (bool first = true; walk_next(&walk, first) != NULL; first = false) {
		layout->leaf_count++;
	}
	layout->leaves = calloc(layout->leaf_count, sizeof(layout->leaves[0]));
	layout->runs = calloc(layout->leaf_count, sizeof(layout->runs[0]));
	if (layout->leaves == NULL || layout->runs == NULL) {
		layout_free(layout);
		return -ENOMEM;
	}
	fill_leaves(layout);
	fill_runs(layout);
	return 0;
}

void layout_free(struct layout *layout)
{
	free(layout->leaves);
	free(layout->runs);
	*layout = (struct layout){ 0 };
}

void layout_pack(const struct layout *layout, const void *object, uint8_t *image)
{
	const uint8_t *from = object;

	for (size_t i = 0; i < layout->run_count; i++) {
		const struct layout_run run = layout->runs[i];

		memcpy(image + run.offset, from + run.offset, run.size);
	}
}

void layout_unpack(const struct layout *layout, const uint8_t *image, void *object)
{
	uint8_t *to = object;

	for (size_t i = 0; i < layout->run_count; i++) {
		const struct layout_run run = layout->runs[i];

		memcpy(to + run.offset, image + run.offset, run.size);
	}
}

static bool leaf_is_sane(const struct layout_leaf *leaf, const uint8_t *at)
{
	uint32_t word;
	float value;

	switch ((enum layout_kind)leaf->kind) {
	case LAYOUT_BOOL:
		return *at <= 1;
	case LAYOUT_ENUM:
		memcpy(&word, at, sizeof(word));
		return word < leaf->limit;
	case LAYOUT_FLOAT:
		memcpy(&value, at, sizeof(value));
		return isfinite(value);
	case LAYOUT_TEXT:
		return memchr(at, '\0', leaf->size) != NULL;
	case LAYOUT_WHOLE:
	case LAYOUT_STRUCT:
		break;
	}
	return true;
}

size_t layout_insane(const struct layout *layout, const uint8_t *image)
{
	size_t i = 0;

	while (i < layout->leaf_count &&
	       leaf_is_sane(&layout->leaves[i], image + layout->leaves[i].offset)) {
		i++;
	}
	return i;
}

bool layout_is_sane(const struct layout *layout, const uint8_t *image)
{
	return layout_insane(layout, image) == layout->leaf_count;
}

size_t layout_difference(const struct layout *layout, const uint8_t *a, const uint8_t *b)
{
	size_t i = 0;

	if (memcmp(a, b, layout->size) == 0) {
		return layout->leaf_count;
	}
	while (i < layout->leaf_count &&
	       memcmp(a + layout->leaves[i].offset, b + layout->leaves[i].offset,
		      layout->leaves[i].size) == 0) {
		i++;
	}
	return i;
}

void layout_name(const struct layout *layout, size_t leaf, char ret_name[LAYOUT_NAME_MAX])
{
	struct walk walk;

	assert(leaf < layout->leaf_count);

	walk_begin(&walk, layout->root);
	(void)walk_next(&walk, true);
	for (size_t i = 0; i < leaf; i++) {
		(void)walk_next(&walk, false);
	}
	walk_name(&walk, ret_name);
}

void layout_value(const struct layout *layout, size_t leaf, const uint8_t *image,
		  char ret_value[LAYOUT_NAME_MAX])
{
	const struct layout_leaf *l = &layout->leaves[leaf];
	const uint8_t *at = image + l->offset;
	uint64_t whole = 0;
	float value;

	memcpy(&whole, at, l->size <= sizeof(whole) ? l->size : sizeof(whole));
	switch ((enum layout_kind)l->kind) {
	case LAYOUT_BOOL:
		(void)snprintf(ret_value, LAYOUT_NAME_MAX, "%s", whole != 0 ? "true" : "false");
		break;
	case LAYOUT_FLOAT:
		memcpy(&value, at, sizeof(value));
		(void)snprintf(ret_value, LAYOUT_NAME_MAX, "%.9g", (double)value);
		break;
	case LAYOUT_TEXT:
		(void)snprintf(ret_value, LAYOUT_NAME_MAX, "%.*s", (int)l->size, (const char *)at);
		break;
	case LAYOUT_WHOLE:
	case LAYOUT_ENUM:
	case LAYOUT_STRUCT:
		(void)snprintf(ret_value, LAYOUT_NAME_MAX, "%llu", (unsigned long long)whole);
		break;
	}
}
