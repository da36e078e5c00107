/* SPDX-License-Identifier: MIT */
/*
 * recording.h - the file of a recording: written in one go, read as if nobody could be trusted.
 *
 * A head, then sections, each with its kind, length and CRC-32: what it is about (text), the
 * layouts of the core that recorded, the configuration, the segments of the recorder, an end. In
 * the byte order and with the layout of little-endian 64-bit machines (amd64, arm64); others cannot
 * read it, and say so.
 */
#ifndef RECORD_RECORDING_H
#define RECORD_RECORDING_H

#include "recorder.h"

#include <stdio.h>

#define RECORDING_WORD_MAX  40
#define RECORDING_BYTES_MAX (64U * 1024U * 1024U)

/* What a recording is about. Nothing of the guest. */
struct recording_info {
	char core[RECORDING_WORD_MAX];	 /* which sources decided: recording_core() */
	char reason[RECORDING_WORD_MAX]; /* trip, request, ... : a word */
	char chair[RECORDING_WORD_MAX];	 /* its id */
	bool tripped;
	enum cause cause;     /* valid while tripped: the first-out cause, */
	uint64_t trip_us;     /* and in which cycle (now_us) it came */
	uint64_t saved_us;    /* now_us at about that moment, */
	uint64_t saved_utc_s; /* and the time of day; 0 = not known */
};

/* A word for the sources that this build of the core is made of. */
const char *recording_core(void);

/* The head: everything before the segments. 0 or -EIO, and so below. */
int recording_write_head(FILE *to, const struct recording_info *info,
			 const struct chair_config *config) __attribute__((warn_unused_result));
int recording_write_segment(FILE *to, const uint8_t *segment, size_t length)
	__attribute__((warn_unused_result));
int recording_write_end(FILE *to) __attribute__((warn_unused_result));

/* All of it, from what @recorder holds now; any one thread that does not record. 0 or -errno. */
int recording_write(FILE *to, const struct recording_info *info, const struct chair_config *config,
		    struct recorder *recorder) __attribute__((warn_unused_result));

/* Copy of the recording @bytes only what is needed to replay from @from_us to @to_us, with @info in
 * place of its own. 0, -EIO, or -EBADMSG: it is none. */
int recording_cut(const uint8_t *bytes, size_t length, const struct recording_info *info,
		  uint64_t from_us, uint64_t to_us, FILE *to) __attribute__((warn_unused_result));

/* ---- reading ---- */

struct recording;

/* Read @bytes (borrowed until recording_close()). 0, -ENOMEM, or -EBADMSG with a sentence in
 * @ret_why: it is none, of another kind of machine, or nothing of it can be used. A file that was
 * cut off or damaged in part is read as far as it is whole. */
int recording_open(const uint8_t *bytes, size_t length, struct recording **ret,
		   char ret_why[LAYOUT_NAME_MAX]) __attribute__((warn_unused_result));
void recording_close(struct recording *recording); /* NULL is allowed */

const struct recording_info *recording_info(const struct recording *recording);
const struct chair_config *recording_config(const struct recording *recording);

/* Recorded by a core of these very sources; else outputs may differ on purpose. */
bool recording_is_of_this_core(const struct recording *recording);
/* Sections that had to be left out, and whether the end is missing. */
unsigned int recording_damaged(const struct recording *recording);
/* The first value that made a part unusable, such as "in.stop is 2"; empty if none did. */
const char *recording_impossible(const struct recording *recording);
bool recording_is_torn(const struct recording *recording);

/* The next segment: its key, and @ret_state (LAYOUT_STATE_SIZE) as an image. False behind the last.
 */
bool recording_next_segment(struct recording *recording, struct record_key *ret_key,
			    uint8_t *ret_state);
/* The next cycle of that segment as an image (LAYOUT_CYCLE_SIZE). False behind its last. */
bool recording_next_cycle(struct recording *recording, uint8_t *ret_cycle);

#endif /* RECORD_RECORDING_H */
