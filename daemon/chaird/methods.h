/* SPDX-License-Identifier: MIT */
/*
 * methods.h - the methods of docs/rpc.md: who may call what, parameters, answers, refusals.
 */
#ifndef CHAIRD_METHODS_H
#define CHAIRD_METHODS_H

#include "client.h"
#include "session.h"

#include <jansson.h>

/* One line from a client. */
void methods_request(struct client *client, const char *text, size_t length);

/* Answer the request @id with the control thread's decision. */
void methods_answer_command(struct client *client, json_t *id, const char *method,
			    enum refusal refusal, bool ask, uint8_t level);

/* What was waited for: @result is taken over; or why it did not come. */
void methods_answer(struct client *client, json_t *id, json_t *result);
void methods_refuse(struct client *client, json_t *id, const char *reason, const char *text);

/* A line was too long; too many clients. */
void methods_refuse_line(struct client *client);
void methods_refuse_crowd(struct client *client);

/* The server's side, for the methods. Documents are new references or NULL. */
int server_submit(struct server *server, struct client *client, json_t *request_id,
		  const char *method, struct chair_command *command)
	__attribute__((warn_unused_result));
const struct control_snapshot *server_snapshot(struct server *server);
const struct setup *server_setup(const struct server *server);
struct history *server_history(const struct server *server);
void server_stop_session(struct server *server);
/* The service lease: one technician at a time. -EBUSY: another has it. */
int server_take_lease(struct server *server, const struct client *client, const char *who)
	__attribute__((warn_unused_result));
/* @client is still there; false when the lease is not its own. */
bool server_hear_technician(struct server *server, const struct client *client);
const char *server_technician(const struct server *server);
void server_end_lease(struct server *server);
/* Send an errand of @client's; the answer goes to it as the result of @request_id. -EBUSY: one is
 * on its way. */
int server_send_errand(struct server *server, struct client *client, json_t *request_id,
		       unsigned int port, const struct bus_errand *errand, uint16_t count)
	__attribute__((warn_unused_result));
/* What was changed acts from the next start on. */
void server_restart_when_idle(struct server *server);
void server_push_now(struct server *server);
/* @role: panel and phones see a little more, see document_add_person(). */
json_t *server_state(struct server *server, enum role role);
json_t *server_telemetry(struct server *server);

#endif /* CHAIRD_METHODS_H */
