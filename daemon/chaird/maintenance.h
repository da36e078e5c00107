/* SPDX-License-Identifier: MIT */
/*
 * maintenance.h - the log of what technicians changed: calibrations, replaced parts. In the
 * history; main thread only.
 */
#ifndef CHAIRD_MAINTENANCE_H
#define CHAIRD_MAINTENANCE_H

#include "history.h"

/* @who did @what: from @before to @after (NAN: it has no value). On disk when it returns. 0 or
 * -EIO. */
int maintenance_add(struct history *history, const char *who, const char *what, double before,
		    double after) __attribute__((warn_unused_result));

/* The newest @limit entries, newest first: [{"time", "who", "what", "before", "after"}]. NULL
 * when they cannot be read. */
json_t *maintenance_list(struct history *history, unsigned int limit);

#endif /* CHAIRD_MAINTENANCE_H */
