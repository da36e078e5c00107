/* SPDX-License-Identifier: MIT */
/*
 * wear.h - counters for care: what each actuator has done since it was new, and when somebody
 * should look at it. A warning stops nothing. Counters say nothing of a person.
 *
 * Main thread only: counted from the snapshots that come there anyway, ten times a second.
 */
#ifndef CHAIRD_WEAR_H
#define CHAIRD_WEAR_H

#include "control.h"
#include "history.h"

#define WEAR_WARN 0.9 /* share of a limit */

struct wear;

/* With what the history has. @history may be NULL (nothing is stored), both are borrowed. 0 or
 * -errno; where the counters cannot be read *ret counts from 0, and nothing is stored over them:
 * -EIO with *ret set. */
int wear_new(struct history *history, const struct setup *setup, struct wear **ret)
	__attribute__((warn_unused_result));
void wear_free(struct wear *wear); /* stores nothing; NULL is allowed */

/* A new snapshot. */
void wear_take(struct wear *wear, const struct control_snapshot *s);

/* What has changed since the last call, in one transaction. 0 or -EIO. */
int wear_store(struct wear *wear) __attribute__((warn_unused_result));

/* The next actuator that has come to WEAR_WARN of a limit; each is told once, over restarts if
 * wear_store() follows. Its name into @ret_name and the share in percent; false: none. */
bool wear_due(struct wear *wear, char ret_name[32], unsigned int *ret_pct);

/* The actuator was replaced: it begins anew, what it had is kept with the time. 0, -ENOENT (no such
 * actuator), -EIO (cannot be stored: nothing has changed). */
int wear_reset(struct wear *wear, const char *actuator) __attribute__((warn_unused_result));

/* The result of care.get, and the names of those at WEAR_WARN or more. New, NULL: out of memory. */
json_t *wear_document(const struct wear *wear);
json_t *wear_warnings(const struct wear *wear);

#endif /* CHAIRD_WEAR_H */
