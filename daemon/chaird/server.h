/* SPDX-License-Identifier: MIT */
/*
 * server.h - the Unix sockets: JSON-RPC 2.0, one socket a role (docs/rpc.md).
 *
 * Runs in the main thread on sd-event. Clients are limited in number, line length, request rate and
 * unread output; none of these limits touches session.stop.
 */
#ifndef CHAIRD_SERVER_H
#define CHAIRD_SERVER_H

#include "control.h"
#include "history.h"
#include "recordings.h"
#include "setup.h"
#include "visit.h"
#include "wear.h"

#include <systemd/sd-event.h>

enum role {
	ROLE_WATCH, /* reads, and stops */
	ROLE_HOME,
	ROLE_PHONE,
	ROLE_PANEL,
	ROLE_SERVICE,
	ROLE_COUNT
};
const char *role_name(enum role role);

struct server;

/* Create DIR/<role>.sock for every role and serve them on @event. @setup is borrowed; history may
 * be NULL. Returns 0 or -errno; on error nothing is left behind. */
int server_open(sd_event *event, const char *directory, const struct setup *setup,
		struct history *history, struct server **ret) __attribute__((warn_unused_result));

/* The control thread runs from now on: answer for it. NULL takes it away again. */
void server_attach(struct server *server, struct control *control);

/* Who has checked in, and what is asked and advised; all are borrowed and may be NULL. */
void server_attach_visit(struct server *server, struct visit *visit,
			 const struct check_in *check_in, const struct after_care *care);

/* The flight recorder's files; borrowed, NULL: there is none. */
void server_attach_recordings(struct server *server, struct recordings *recordings);

/* The counters for care; borrowed, NULL: there are none. */
void server_attach_wear(struct server *server, struct wear *wear);

/* Tell the panel and phones that @text (English and German) is due after a session. */
void server_remind(struct server *server, const char *id, json_t *text);

/* A control event, already stored: answer whoever waits for it, tell those who watch. */
void server_event(struct server *server, const struct control_event *event);

/* Set or take off (empty) the child lock's PIN, stored before it counts. 0 or -errno. */
int server_lock(struct server *server, const char *pin) __attribute__((warn_unused_result));

/* The child lock's PIN; empty: not locked. */
const char *server_pin(const struct server *server);

/* A technician changed what is read at the start. */
bool server_wants_restart(const struct server *server);

/* Push what is due to watchers; call ten times a second, and after events. */
void server_tick(struct server *server);

/* Close all clients and remove the sockets. NULL is allowed. */
void server_close(struct server *server);

#endif /* CHAIRD_SERVER_H */
