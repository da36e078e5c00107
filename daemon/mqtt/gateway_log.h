/* SPDX-License-Identifier: MIT */
/*
 * gateway_log.h - the gateway's log: structured journal entries under systemd, plain lines on
 * standard error otherwise. Only the program logs; what it is built from does not.
 */
#ifndef GATEWAY_LOG_H
#define GATEWAY_LOG_H

#include <syslog.h> /* LOG_ERR and so on */

/* Each kind has a MESSAGE_ID, so that it can be looked for: journalctl MESSAGE_ID=… */
enum gateway_log_kind {
	GATEWAY_LOG_INTERNAL,	 /* memory, file descriptors */
	GATEWAY_LOG_STARTED,	 /* and stopped */
	GATEWAY_LOG_BROKER_UP,	 /* connected */
	GATEWAY_LOG_BROKER_DOWN, /* cannot connect, or lost: CAUSE= */
	GATEWAY_LOG_CHAIR_UP,	 /* chaird's socket */
	GATEWAY_LOG_CHAIR_DOWN,
	GATEWAY_LOG_COMMAND,	     /* passed on: METHOD= */
	GATEWAY_LOG_COMMAND_IGNORED, /* retained, expired, unknown, refused, too many */
	GATEWAY_LOG_PUBLISH_REFUSED, /* by the broker: access rights */
	GATEWAY_LOG_COUNT
};

void gateway_log_init(void);

/* @field: "NAME=value" to add to the journal entry, or NULL. */
void gateway_log(enum gateway_log_kind kind, int priority, const char *field, const char *format,
		 ...) __attribute__((format(printf, 4, 5)));

#endif /* GATEWAY_LOG_H */
