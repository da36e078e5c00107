/* SPDX-License-Identifier: MIT */
#include "recorder.h"

#include "coder.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH	  sizeof(uint16_t)
#define CYCLE_MAX (LENGTH + CODER_MAX(LAYOUT_CYCLE_SIZE))
#define KEY_MAX \
	(sizeof(struct record_key) + CODER_MAX(LAYOUT_STATE_SIZE) + CODER_MAX(LAYOUT_CYCLE_SIZE))

_Static_assert(CODER_MAX(LAYOUT_CYCLE_SIZE) <= UINT16_MAX, "a length has two bytes");
_Static_assert(KEY_MAX + CYCLE_MAX <= RECORDER_SEGMENT_MAX, "a segment holds its key and more");

struct segment {
	_Atomic uint64_t sequence; /* 0 = empty, or about to be written over */
	_Atomic uint32_t used;	   /* bytes that stay as they are */
	uint64_t begun_us;	   /* recording thread only */
	uint8_t bytes[RECORDER_SEGMENT_MAX];
};

struct recorder {
	/* recording thread */
	struct layout state_layout;
	struct layout cycle_layout;
	struct record_cycle values;
	uint8_t state[LAYOUT_STATE_SIZE];
	uint8_t cycle[2][LAYOUT_CYCLE_SIZE]; /* this one and the one before */
	unsigned int now;		     /* which of them */
	uint64_t cycles;
	uint64_t now_us;   /* of the last one */
	uint64_t sequence; /* of the newest segment */
	uint32_t stretch;
	struct segment *open; /* NULL: none was free */
	/* reading thread */
	uint64_t next;
	/* between them */
	_Atomic uint64_t keep; /* segments from here on are being read; 0 = none are */
	unsigned int count;
	struct segment segment[];
};

_Static_assert(sizeof(struct recorder) + RECORDER_SEGMENTS * sizeof(struct segment) +
			       64U * 1024U /* the layouts' tables */
		       <= RECORDER_BYTES_MAX,
	       "all of it fits");

static const uint8_t zeros[LAYOUT_STATE_SIZE];

int recorder_new(unsigned int segments, struct recorder **ret)
{
	struct recorder *r;

	assert(segments >= 2);

	/* calloc() of this size maps zero pages: none is there before it is written to. */
	r = calloc(1, sizeof(*r) + segments * sizeof(r->segment[0]));
	if (r == NULL) {
		return -ENOMEM;
	}
	r->count = segments;
	if (layout_init(&r->state_layout, LAYOUT_STATE) < 0 ||
	    layout_init(&r->cycle_layout, LAYOUT_CYCLE) < 0) {
		recorder_free(r);
		return -ENOMEM;
	}
	*ret = r;
	return 0;
}

void recorder_free(struct recorder *recorder)
{
	if (recorder != NULL) {
		layout_free(&recorder->state_layout);
		layout_free(&recorder->cycle_layout);
		free(recorder);
	}
}

static size_t layout_bytes(const struct layout *layout)
{
	return layout->leaf_count * (sizeof(layout->leaves[0]) + sizeof(layout->runs[0]));
}

size_t recorder_bytes(const struct recorder *recorder)
{
	return sizeof(*recorder) + recorder->count * sizeof(recorder->segment[0]) +
	       layout_bytes(&recorder->state_layout) + layout_bytes(&recorder->cycle_layout);
}

/* ---- recording ---- */

/* Where the next segment goes: a place never used, unless the oldest one is of no use any more; so
 * a quiet chair does not fill the memory that a busy one needs. */
static struct segment *choose(struct recorder *r, uint64_t now_us)
{
	struct segment *oldest = NULL;
	struct segment *second = NULL;
	struct segment *empty = NULL;

	for (unsigned int i = 0; i < r->count; i++) {
		struct segment *s = &r->segment[i];
		const uint64_t n = atomic_load_explicit(&s->sequence, memory_order_relaxed);

		if (n == 0) {
			empty = empty == NULL ? s : empty;
		} else if (oldest == NULL ||
			   n < atomic_load_explicit(&oldest->sequence, memory_order_relaxed)) {
			second = oldest;
			oldest = s;
		} else if (second == NULL ||
			   n < atomic_load_explicit(&second->sequence, memory_order_relaxed)) {
			second = s;
		}
	}
	if (second != NULL && now_us - second->begun_us > RECORDER_KEEP_US) {
		return oldest;
	}
	return empty != NULL ? empty : oldest;
}

static bool is_kept(const struct recorder *r, uint64_t sequence)
{
	const uint64_t keep = atomic_load(&r->keep);

	return sequence != 0 && keep != 0 && sequence >= keep;
}

/* Take a place for a segment. NULL while the reader needs it. Should the reader begin just now:
 * either this sees that it does, or it sees the place empty; all of it is sequentially consistent.
 */
static struct segment *claim(struct recorder *r, uint64_t now_us)
{
	struct segment *s = choose(r, now_us);
	const uint64_t before = atomic_load_explicit(&s->sequence, memory_order_relaxed);

	if (is_kept(r, before)) {
		return NULL;
	}
	atomic_store(&s->sequence, 0);
	if (is_kept(r, before)) {
		atomic_store(&s->sequence, before);
		return NULL;
	}
	return s;
}

static void begin_segment(struct recorder *r, const struct chair *chair)
{
	const uint8_t *cycle = r->cycle[r->now];
	struct segment *s = claim(r, r->now_us);
	struct record_key key = {
		.sequence = r->sequence + 1,
		.cycle = r->cycles,
		.now_us = r->now_us,
		.stretch = r->stretch,
	};
	size_t used = sizeof(key);

	r->open = s;
	if (s == NULL) {
		return;
	}
	r->sequence++;
	s->begun_us = r->now_us;
	layout_pack(&r->state_layout, chair, r->state);
	key.state_length =
		(uint32_t)coder_encode(zeros, r->state, LAYOUT_STATE_SIZE, s->bytes + used);
	used += key.state_length;
	key.cycle_length = (uint32_t)coder_encode(zeros, cycle, LAYOUT_CYCLE_SIZE, s->bytes + used);
	used += key.cycle_length;
	memcpy(s->bytes, &key, sizeof(key));
	atomic_store_explicit(&s->used, (uint32_t)used, memory_order_release);
	atomic_store(&s->sequence, key.sequence);
}

void recorder_begin(struct recorder *recorder, const struct chair *chair)
{
	assert(recorder != NULL);
	assert(chair != NULL);

	recorder->stretch++;
	memset(recorder->cycle, 0, sizeof(recorder->cycle));
	begin_segment(recorder, chair);
}

void recorder_cycle(struct recorder *recorder, const struct chair *chair,
		    const struct chair_inputs *in, const struct chair_outputs *out)
{
	struct segment *s = recorder->open;
	const uint8_t *before = recorder->cycle[recorder->now];
	uint8_t *now = recorder->cycle[1U - recorder->now];

	assert(recorder->stretch != 0);

	recorder->values.in = *in;
	recorder->values.out = *out;
	layout_pack(&recorder->cycle_layout, &recorder->values, now);
	recorder->now = 1U - recorder->now;
	recorder->cycles++;
	recorder->now_us = in->now_us;
	if (s != NULL) {
		uint32_t used = atomic_load_explicit(&s->used, memory_order_relaxed);
		const uint16_t length = (uint16_t)coder_encode(before, now, LAYOUT_CYCLE_SIZE,
							       s->bytes + used + LENGTH);

		memcpy(s->bytes + used, &length, LENGTH);
		used += (uint32_t)LENGTH + length;
		atomic_store_explicit(&s->used, used, memory_order_release);
		if (used + CYCLE_MAX <= RECORDER_SEGMENT_MAX) {
			return;
		}
	}
	begin_segment(recorder, chair);
}

/* ---- reading ---- */

/* The oldest segment from @from on. Returns NULL when there is none. */
static struct segment *find(struct recorder *r, uint64_t from, uint64_t *ret_sequence)
{
	struct segment *found = NULL;

	for (unsigned int i = 0; i < r->count; i++) {
		const uint64_t n = atomic_load(&r->segment[i].sequence);

		if (n >= from && (found == NULL || n < *ret_sequence)) {
			found = &r->segment[i];
			*ret_sequence = n;
		}
	}
	return found;
}

void recorder_read_begin(struct recorder *recorder)
{
	assert(recorder != NULL);

	atomic_store(&recorder->keep, 1);
	recorder->next = 1;
}

size_t recorder_read_next(struct recorder *recorder, uint8_t *to)
{
	uint64_t sequence = 0;
	struct segment *s;
	uint32_t used;

	atomic_store(&recorder->keep, recorder->next);
	s = find(recorder, recorder->next, &sequence);
	if (s == NULL) {
		return 0;
	}
	used = atomic_load_explicit(&s->used, memory_order_acquire);
	memcpy(to, s->bytes, used);
	recorder->next = sequence + 1;
	return used;
}

void recorder_read_end(struct recorder *recorder)
{
	atomic_store(&recorder->keep, 0);
}
