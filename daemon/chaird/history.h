/* SPDX-License-Identifier: MIT */
/*
 * history.h - what must outlive the process: sessions and latched faults, in SQLite (WAL).
 *
 * Main thread only. A torn or foreign file is set aside under another name and a new one begun, so
 * that the chair still works; `ret_set_aside` says so. A file that cannot be read or written just
 * now (disk, memory, descriptors, another program's lock) is no such file: it stays, and opening
 * fails.
 */
#ifndef CHAIRD_HISTORY_H
#define CHAIRD_HISTORY_H

#include "chair.h"
#include "setup.h"

#include <jansson.h>

#define HISTORY_PIN_MAX	 8 /* digits */
#define HISTORY_PATH_MAX 256

struct history;

/* Open DIR/history.db, made when absent. Returns 0 or -errno (-EIO for SQLite's own errors). */
int history_open(const char *directory, struct history **ret, bool *ret_set_aside)
	__attribute__((warn_unused_result));

/* Causes that were latched when the last run ended, bits of enum cause. Unreadable: -EIO; the
 * caller then starts in FAULT. */
int history_latched(struct history *history, uint64_t *ret_causes)
	__attribute__((warn_unused_result));

/* Make the stored set equal to @causes; on disk when it returns. 0 or -EIO. */
int history_store_latched(struct history *history, uint64_t causes)
	__attribute__((warn_unused_result));

/* The thermal dose of the last day into @ret_cem43, by hours ago; hours are counted from *ret_hour
 * on, which is what history_store_dose() takes. Where the wall clock cannot be trusted (not
 * synchronised, or behind the newest record) no time has passed since the newest record. */
int history_dose(struct history *history, float ret_cem43[PAD_COUNT][DOSE_HOURS], int64_t *ret_hour)
	__attribute__((warn_unused_result));

/* Store one pad's dose of one hour, replacing it; what is older than a day before is forgotten. */
int history_store_dose(struct history *history, enum pad pad, int64_t hour, float cem43)
	__attribute__((warn_unused_result));

/* The child lock's PIN into @pin (empty: not locked), and a new one (NULL or empty: unlock). It is
 * no secret of value: stored as it is, readable for the service's user only. */
int history_child_lock(struct history *history, char pin[HISTORY_PIN_MAX + 1])
	__attribute__((warn_unused_result));
int history_store_child_lock(struct history *history, const char *pin)
	__attribute__((warn_unused_result));

/* A session began, or ended: 0 or -EIO. A session without an end was interrupted. */
int history_session_started(struct history *history, const char *program, enum side side)
	__attribute__((warn_unused_result));
int history_session_ended(struct history *history, uint64_t seconds, enum ended ended)
	__attribute__((warn_unused_result));

/* The last one of this run goes on. -ENOENT: there is none. */
int history_session_resumed(struct history *history) __attribute__((warn_unused_result));

/* Seconds since 1970 for records of people. While the wall clock cannot be trusted (not
 * synchronised, or behind the newest record) only running time passes since the newest record; what
 * was stored meanwhile is moved to its right time as soon as the clock is known. */
int64_t history_now_s(struct history *history);

/* Copy everything into history-backup.db beside it, mode 0600, replacing an older copy; its path
 * into @ret_path. 0 or -errno. */
int history_backup(struct history *history, char ret_path[HISTORY_PATH_MAX])
	__attribute__((warn_unused_result));
bool history_has_backup(const struct history *history);

/* How many sessions there were in the last 24 hours; 0 when that cannot be read. */
unsigned int history_sessions_24h(struct history *history);

/* The newest @limit sessions, newest first, as {"sessions": [...]}. NULL when they cannot be read.
 */
json_t *history_sessions(struct history *history, unsigned int limit);

void history_close(struct history *history);

#endif /* CHAIRD_HISTORY_H */
