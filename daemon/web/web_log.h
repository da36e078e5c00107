/* SPDX-License-Identifier: MIT */
/* web_log.h - the kinds of lines that chair-web logs; see daemon/rpc/journal.h. */
#ifndef WEB_LOG_H
#define WEB_LOG_H

#include "../rpc/journal.h"

enum web_log_kind {
	WEB_LOG_INTERNAL, /* memory, file descriptors, the library */
	WEB_LOG_STARTED,  /* and stopped */
	WEB_LOG_REFUSED,  /* a connection or request: CHAIR_CAUSE= */
	WEB_LOG_PANEL,	  /* its files */
	WEB_LOG_PAIRING,  /* a phone asks, is paired, guesses */
	WEB_LOG_PHONES,	  /* their file; one was revoked */
	WEB_LOG_COUNT
};

extern const struct journal_kind web_log_kinds[WEB_LOG_COUNT];

/* web_log(kind, priority, "NAME=value" or NULL, format, ...) */
#define web_log(kind, priority, field, ...) \
	journal(&web_log_kinds[kind], priority, field, __VA_ARGS__)

#endif /* WEB_LOG_H */
