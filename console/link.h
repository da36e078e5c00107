/* SPDX-License-Identifier: MIT */
/*
 * link.h - a connection to chaird by the least role that suffices, and questions that wait for
 * their answer. Functions that return an enum status have said on standard error what went wrong.
 */
#ifndef CONSOLE_LINK_H
#define CONSOLE_LINK_H

#include "console.h"
#include "rpc_client.h"

#include <stddef.h>

/* Sockets by name; the least right comes first. */
enum link_role {
	LINK_WATCH,
	LINK_HOME,
	LINK_PHONE,
	LINK_SERVICE,
	LINK_PANEL,
	LINK_ROLE_COUNT
};

#define LINK_BIT(role) (1U << (unsigned int)(role))
#define LINK_ALL       (LINK_BIT(LINK_ROLE_COUNT) - 1U)
/* Who may start and pause; of these the panel starts at once, the others ask at the chair. */
#define LINK_SESSION (LINK_BIT(LINK_HOME) | LINK_BIT(LINK_PHONE) | LINK_BIT(LINK_PANEL))
#define LINK_HISTORY (LINK_BIT(LINK_SERVICE) | LINK_BIT(LINK_PHONE) | LINK_BIT(LINK_PANEL))
#define LINK_GUESTS  (LINK_BIT(LINK_PHONE) | LINK_BIT(LINK_PANEL))

/* A notification of state.watch. Returns 0 to go on, else what link_follow() shall return; @body
 * is borrowed. */
struct link_watcher {
	int (*note)(void *data, const char *method, json_t *body);
	void *data;
};

struct link {
	struct rpc_client *client; /* owned */
	uint64_t timeout_us;
	struct link_watcher watcher; /* note == NULL: notifications are passed over */
	int verdict;		     /* what the watcher returned last, unless 0 */
};

uint64_t link_now_us(void); /* monotonic */
/* Who types here, also behind sudo; borrowed, NULL: nobody knows. */
const char *link_user(void);
const char *link_role_name(enum link_role role);

/* The socket of a role, or --socket itself if that is a socket. Returns false when it is too long
 * or --socket is the socket of another role. */
bool link_path(const struct console *console, enum link_role role, char *path, size_t size);

/* Why a socket cannot be used: 0 (it can), or the -errno of connect(). Does not block. */
int link_probe(const char *path);

/* Does any socket take a connection? Says nothing. */
bool link_answers(const struct console *console);

/* Connect by the first of @roles (bits) whose socket opens. Close it with link_close(). */
int link_open(const struct console *console, unsigned int roles, struct link *ret)
	__attribute__((warn_unused_result));
void link_close(struct link *link);

/* Ask and wait. @params is taken over, NULL for none; *ret is owned by the caller, NULL if it is
 * not wanted. */
int link_call(struct link *link, const char *method, json_t *params, json_t **ret)
	__attribute__((warn_unused_result));

/* Let the watcher see what comes until it returns something else than 0: that is returned, or
 * STATUS_NO_DAEMON (said), or STATUS_TIMEOUT (not said) at @deadline_us. */
int link_follow(struct link *link, uint64_t deadline_us) __attribute__((warn_unused_result));

/* link_open(), link_call(), link_close(). */
int link_ask(const struct console *console, unsigned int roles, const char *method, json_t *params,
	     json_t **ret) __attribute__((warn_unused_result));

/* What none of @roles could be opened for: @denied (bits), or the @error of the last one; said. */
int link_no_socket(const struct console *console, unsigned int denied, int error);

/* Take one message that is there. 1, or 0 after waiting until @deadline_us for none; -errno when
 * the connection is lost. Clear it with rpc_message_clear(). */
int link_next(struct rpc_client *client, uint64_t deadline_us, struct rpc_message *ret)
	__attribute__((warn_unused_result));

#endif /* CONSOLE_LINK_H */
