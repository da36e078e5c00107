/* SPDX-License-Identifier: MIT */
/* event.h - what chaird tells unasked, in a line. */
#ifndef CONSOLE_EVENT_H
#define CONSOLE_EVENT_H

#include <jansson.h>
#include <stddef.h>

/* The time of day of a "time" such as 2026-11-21T06:12:00.120Z; inside @object. */
const char *event_clock(const json_t *object);

/* A state document in short: what changes this is worth another line. */
void event_state(const json_t *doc, char *text, size_t size);

/* The fields of an event that are not in every one, key=value. */
void event_fields(const json_t *event, char *text, size_t size);

#endif /* CONSOLE_EVENT_H */
