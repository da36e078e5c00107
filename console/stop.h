/* SPDX-License-Identifier: MIT */
/*
 * stop.h - a stop that is sent by every socket there is, and has come through when any answers.
 * Nothing blocks.
 */
#ifndef CONSOLE_STOP_H
#define CONSOLE_STOP_H

#include "link.h"

struct stop {
	struct rpc_client *client[LINK_ROLE_COUNT]; /* owned; NULL: not to be opened */
	uint64_t id[LINK_ROLE_COUNT];		    /* of the request, 0 = still to be sent */
	enum link_role by;			    /* who answered */
	unsigned int denied;			    /* bits of roles */
	int error;				    /* -errno of the last socket that failed */
};

/* Send a stop by all sockets. Returns how many could be opened. */
unsigned int stop_begin(const struct console *console, struct stop *stop);

/* See who answered. 1 when somebody has, 0 while nobody has yet, -errno when nobody can any more.
 */
int stop_step(struct stop *stop);

/* Wait for stop_step() at most until @deadline_us. Returns likewise. */
int stop_wait(struct stop *stop, uint64_t deadline_us);

void stop_end(struct stop *stop);

#endif /* CONSOLE_STOP_H */
