/* SPDX-License-Identifier: MIT */
/*
 * recordings.h - the flight recorder's files: one after each trip, one on request, few are kept.
 *
 * Files are written by a thread of its own, which may wait for a slow card as long as it likes;
 * nobody waits for it but recordings_close(). All calls from the main thread, and none blocks.
 */
#ifndef CHAIRD_RECORDINGS_H
#define CHAIRD_RECORDINGS_H

#include "control.h"
#include "recorder.h"

#include <jansson.h>

#define RECORDINGS_KEPT	      8
#define RECORDINGS_BYTES_KEPT (64LL * 1024 * 1024)
#define RECORDINGS_AFTER_US   (5 * S_US)  /* what follows a trip belongs to it */
#define RECORDINGS_GAP_US     (60 * S_US) /* between two trips' files: a card wears */
#define RECORDINGS_PATH_MAX   512

struct recordings;

/* Keep files in @storage/recordings, made when first needed. @setup and @recorder are borrowed.
 * Returns 0 or -errno. */
int recordings_open(const char *storage, const struct setup *setup, struct recorder *recorder,
		    struct recordings **ret) __attribute__((warn_unused_result));

/* A control event: a trip is kept, with what follows it. */
void recordings_event(struct recordings *recordings, const struct control_event *event);

/* Ten times a second: start what is due. */
void recordings_tick(struct recordings *recordings, uint64_t now_us);

/* Write what there is now; @ret_path is where it will be, whole or not at all. 0, or -EBUSY while
 * another one is being written. */
int recordings_save(struct recordings *recordings, uint64_t now_us,
		    char ret_path[RECORDINGS_PATH_MAX]) __attribute__((warn_unused_result));

/* The outcome of a file that has been written since the last call: 1 and 0 or -errno in @ret_error,
 * else 0. */
int recordings_outcome(struct recordings *recordings, char ret_path[RECORDINGS_PATH_MAX],
		       int *ret_error);

/* {"directory", "recordings": [{"name", "bytes"}], "saving"}, oldest first; a new reference or
 * NULL.
 */
json_t *recordings_list(struct recordings *recordings);

/* Write what is due still, wait for it, and forget everything. Before recorder_free(); the control
 * thread may have ended. NULL is allowed. */
void recordings_close(struct recordings *recordings);

#endif /* CHAIRD_RECORDINGS_H */
