/* SPDX-License-Identifier: MIT */
/* gateway_log.h - the kinds of lines that chair-mqtt logs; see daemon/rpc/journal.h. */
#ifndef GATEWAY_LOG_H
#define GATEWAY_LOG_H

#include "../rpc/journal.h"

enum gateway_log_kind {
	GATEWAY_LOG_INTERNAL,	 /* memory, file descriptors */
	GATEWAY_LOG_STARTED,	 /* and stopped */
	GATEWAY_LOG_BROKER_UP,	 /* connected */
	GATEWAY_LOG_BROKER_DOWN, /* cannot connect, or lost: CHAIR_CAUSE= */
	GATEWAY_LOG_CHAIR_UP,	 /* chaird's socket */
	GATEWAY_LOG_CHAIR_DOWN,
	GATEWAY_LOG_COMMAND,	     /* passed on */
	GATEWAY_LOG_COMMAND_IGNORED, /* retained, expired, unknown, refused, too many */
	GATEWAY_LOG_PUBLISH_REFUSED, /* by the broker: access rights */
	GATEWAY_LOG_BROKER_SLOW,     /* takes our messages too slowly: some were left out */
	GATEWAY_LOG_COUNT
};

extern const struct journal_kind gateway_log_kinds[GATEWAY_LOG_COUNT];

/* gateway_log(kind, priority, "NAME=value" or NULL, format, ...) */
#define gateway_log(kind, priority, field, ...) \
	journal(&gateway_log_kinds[kind], priority, field, __VA_ARGS__)

#endif /* GATEWAY_LOG_H */
