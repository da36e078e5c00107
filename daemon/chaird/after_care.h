/* SPDX-License-Identifier: MIT */
/*
 * after_care.h - what helps after a session, by the cause of the pain: after-care.yaml and its
 * drawings, checked and read whole at the start.
 */
#ifndef CHAIRD_AFTER_CARE_H
#define CHAIRD_AFTER_CARE_H

#include "schema.h"

#include <jansson.h>

#define AFTER_CARE_DRAWING_BYTES (32 * 1024)

struct after_care;

/* Read @path and the drawings in after-care/ beside it. Every problem is recorded. 0; -ENOENT:
 * there is no such file (not recorded); -EINVAL. */
int after_care_load(const char *path, struct schema_problems *problems, struct after_care **ret)
	__attribute__((warn_unused_result));
void after_care_free(struct after_care *care); /* NULL is allowed */

/* {"cause", "exercises": [...], "advice": [...], "reminders": [...]}, the best first. New
 * reference; NULL for a cause that is none. */
json_t *after_care_document(const struct after_care *care, const char *cause);

/* The drawing of exercise @id as SVG text; NULL when there is none. Borrowed. */
const char *after_care_drawing(const struct after_care *care, const char *id);

/* Reminder @index: its minutes after the end of a session, id and text (borrowed). False past the
 * last one. */
bool after_care_reminder(const struct after_care *care, size_t index, unsigned int *ret_minutes,
			 const char **ret_id, json_t **ret_text);

#endif /* CHAIRD_AFTER_CARE_H */
