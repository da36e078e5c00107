/* SPDX-License-Identifier: MIT */
/* report.h - what check_program() measured, for people and for machines. */
#ifndef PROGRAM_REPORT_H
#define PROGRAM_REPORT_H

#include "check.h"

#include <jansson.h>
#include <stdio.h>

/* Every session of one program. */
struct report {
	const struct program *program;
	uint8_t level;
	unsigned int count;
	struct check_run run[CHECK_RUN_MAX];
};

bool report_is_kept(const struct report *report);

/* At most 80 columns. Returns 0, or -EIO. */
int report_print(const struct report *report, FILE *to) __attribute__((warn_unused_result));

/* New reference, or NULL without memory. */
json_t *report_json(const struct report *report);

#endif /* PROGRAM_REPORT_H */
