/* SPDX-License-Identifier: MIT */
/*
 * journal.h - the log of a program: structured journal entries under systemd, plain lines on
 * standard error otherwise. Only programs log; what they are built from does not.
 */
#ifndef RPC_JOURNAL_H
#define RPC_JOURNAL_H

#include <syslog.h> /* LOG_ERR and so on */

/* One per kind of event, so that it can be looked for: journalctl MESSAGE_ID=... */
struct journal_kind {
	const char *name;	/* a word, also CHAIR_KIND= */
	const char *message_id; /* 32 hex digits */
};

/* @program: name at the start of plain lines; borrowed. */
void journal_open(const char *program);

/* @field: "NAME=value" to add to the entry, or NULL. Never blocks on more than one local socket
 * write; a lost line stops nothing. */
void journal(const struct journal_kind *kind, int priority, const char *field, const char *format,
	     ...) __attribute__((format(printf, 4, 5)));

#endif /* RPC_JOURNAL_H */
