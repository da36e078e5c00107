/* SPDX-License-Identifier: MIT */
/*
 * documents.h - snapshots and events as JSON, in the form of docs/rpc.md.
 *
 * Every function returns a new reference, or NULL when memory ran out.
 */
#ifndef CHAIRD_DOCUMENTS_H
#define CHAIRD_DOCUMENTS_H

#include "control.h"

#include <jansson.h>

/* The state document without `seq`, `time` and `uptime_s`, so that equal content gives equal text.
 */
json_t *document_state(const struct control_snapshot *s, const struct setup *setup);
/* For the panel and phones only: `limits`, `spot` and `zones`, which tell of the person. */
int document_add_person(json_t *document, const struct control_snapshot *s,
			const struct setup *setup);
void document_drop_person(json_t *document);
/* Add the three fields that change all the time. */
int document_stamp(json_t *document, const struct control_snapshot *s, uint64_t started_us);

json_t *document_telemetry(const struct control_snapshot *s, const struct setup *setup);
json_t *document_programs(const struct setup *setup);
json_t *document_io(const struct control_snapshot *s);
json_t *document_bus(const struct control_snapshot *s, const struct setup *setup);
json_t *document_faults(const struct control_snapshot *s);
json_t *document_event(const struct control_event *event, const struct setup *setup, uint64_t id);

/* RFC 3339 UTC with milliseconds of the wall clock. */
void document_time(char text[32]);

#endif /* CHAIRD_DOCUMENTS_H */
