/* SPDX-License-Identifier: MIT */
/*
 * log.h - what chaird writes to the journal: one message id per kind of event, one per cause.
 */
#ifndef CHAIRD_LOG_H
#define CHAIRD_LOG_H

#include "control.h"
#include "journal.h"

extern const struct journal_kind log_start;
extern const struct journal_kind log_config;
extern const struct journal_kind log_history;
extern const struct journal_kind log_recorder;
extern const struct journal_kind log_service;
extern const struct journal_kind log_care;

#define LOG_MESSAGE_ID_BYTES 33

/* The message id of a cause that came or went; systemd/chaird.catalog explains each to `journalctl
 * -x`. Its last four digits are the cause's code: F001 is ...f001. */
void log_cause_id(enum cause cause, char ret_id[LOG_MESSAGE_ID_BYTES]);

/* One line for the journal, or none: phases are not worth one. */
void log_event(const struct setup *setup, const struct chair_event *event);

/* What the chair is doing, in one line for `systemctl status`. */
void log_status(const struct control_snapshot *s, char *text, size_t bytes);

#endif /* CHAIRD_LOG_H */
