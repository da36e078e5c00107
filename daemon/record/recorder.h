/* SPDX-License-Identifier: MIT */
/*
 * recorder.h - the flight recorder: the last ten minutes of every cycle's inputs and outputs.
 *
 * Memory is a number of segments. Each begins with the whole state of the chair and goes on with
 * what changes from cycle to cycle; the oldest one is written over. One thread records: it never
 * blocks, allocates or does I/O. One other thread may read at the same time.
 */
#ifndef RECORD_RECORDER_H
#define RECORD_RECORDER_H

#include "layout.h"

#define RECORDER_KEEP_US     (600 * S_US)
#define RECORDER_SEGMENT_MAX (128U * 1024U)
#define RECORDER_SEGMENTS \
	62U /* with all else less than 8 MiB; 135 bytes for each of 60,000 cycles */
#define RECORDER_BYTES_MAX (8U * 1024U * 1024U)

/* The beginning of a segment, in memory and in a file. Behind it: the state, coded against zero;
 * the cycle before the first one, coded against zero; then the cycles, each a length of two bytes
 * and its changes against the one before (coder.h). */
struct record_key {
	uint64_t sequence; /* of segments, from 1 */
	uint64_t cycle;	   /* how many had been recorded, or missed, before */
	uint64_t now_us;   /* of the cycle before */
	uint32_t stretch;  /* another one: the chair has been made anew in between */
	uint32_t state_length;
	uint32_t cycle_length;
	uint32_t zero;
};

struct recorder;

/* @segments: at least 2. Memory is taken, and locked where memory is, only as it is used. Returns 0
 * or -ENOMEM. */
int recorder_new(unsigned int segments, struct recorder **ret) __attribute__((warn_unused_result));

/* NULL is allowed. */
void recorder_free(struct recorder *recorder);

/* Bytes that it may ever occupy. */
size_t recorder_bytes(const struct recorder *recorder);

/* The thread that calls chair_step(): @chair is as it was made, or has been changed by something
 * other than chair_step(). */
void recorder_begin(struct recorder *recorder, const struct chair *chair);

/* The same thread, after each chair_step(@chair, @in, @out). */
void recorder_cycle(struct recorder *recorder, const struct chair *chair,
		    const struct chair_inputs *in, const struct chair_outputs *out);

/* The reading thread: keep what there is from being written over, then copy segments in order into
 * @to (RECORDER_SEGMENT_MAX), each given free once the next is asked for. recorder_next() returns
 * its length, or 0 behind the last. */
void recorder_read_begin(struct recorder *recorder);
size_t recorder_read_next(struct recorder *recorder, uint8_t *to);
void recorder_read_end(struct recorder *recorder);

#endif /* RECORD_RECORDER_H */
