/* SPDX-License-Identifier: MIT */
/* stop.c - `chairctl stop`: needs no rights, and nothing but one socket to be healthy. */
#include "stop.h"

#include "show.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

/* Connect and send, as far as that goes without waiting. */
static void try_role(const struct console *console, struct stop *stop, enum link_role role)
{
	char path[256];
	int r;

	if (!link_path(console, role, path, sizeof(path))) {
		return;
	}
	r = rpc_client_new(path, &stop->client[role]);
	if (r == 0) {
		rpc_client_process(stop->client[role], link_now_us());
		r = rpc_client_connected(stop->client[role]) ? 0 : link_probe(path);
	}
	if (r == 0) {
		return; /* or its queue is full, and it is tried again */
	}
	stop->client[role] = rpc_client_free(stop->client[role]);
	stop->error = r;
	stop->denied |= r == -EACCES || r == -EPERM ? LINK_BIT(role) : 0U;
}

unsigned int stop_begin(const struct console *console, struct stop *stop)
{
	unsigned int count = 0;

	*stop = (struct stop){ .by = LINK_ROLE_COUNT, .error = -ENOENT };
	for (unsigned int role = 0; role < LINK_ROLE_COUNT; role++) {
		try_role(console, stop, (enum link_role)role);
		count += stop->client[role] != NULL ? 1U : 0U;
	}
	(void)stop_step(stop);
	return count;
}

/* True when this one has answered. */
static bool step_role(struct stop *stop, unsigned int role)
{
	struct rpc_client *client = stop->client[role];
	struct rpc_message message;
	bool answered = false;
	bool lost = false;

	rpc_client_process(client, link_now_us());
	while (rpc_client_next(client, &message) > 0) {
		answered = answered ||
			   (message.kind == RPC_MESSAGE_RESULT && message.id == stop->id[role]);
		lost = lost || message.kind == RPC_MESSAGE_ERROR ||
		       message.kind == RPC_MESSAGE_DISCONNECTED;
		rpc_message_clear(&message);
	}
	if (lost && !answered) {
		stop->client[role] = rpc_client_free(client);
		stop->error = -ECONNRESET;
		return false;
	}
	if (stop->id[role] == 0 && rpc_client_connected(client) &&
	    rpc_client_request(client, "session.stop", NULL, &stop->id[role]) < 0) {
		stop->id[role] = 0; /* again at the next step */
	}
	return answered;
}

int stop_step(struct stop *stop)
{
	bool any = false;

	for (unsigned int role = 0; role < LINK_ROLE_COUNT && stop->by == LINK_ROLE_COUNT; role++) {
		if (stop->client[role] == NULL) {
			continue;
		}
		if (step_role(stop, role)) {
			stop->by = (enum link_role)role;
		}
		any = any || stop->client[role] != NULL;
	}
	if (stop->by != LINK_ROLE_COUNT) {
		return 1;
	}
	return any ? 0 : stop->error;
}

int stop_wait(struct stop *stop, uint64_t deadline_us)
{
	struct pollfd fds[LINK_ROLE_COUNT];
	int r = stop_step(stop);

	while (r == 0 && link_now_us() < deadline_us) {
		nfds_t count = 0;

		for (unsigned int role = 0; role < LINK_ROLE_COUNT; role++) {
			struct rpc_client *client = stop->client[role];

			if (client != NULL && rpc_client_connected(client)) {
				fds[count++] =
					(struct pollfd){ .fd = rpc_client_fd(client),
							 .events = rpc_client_events(client) };
			}
		}
		(void)poll(fds, count, 50); /* one that is not connected is tried again */
		r = stop_step(stop);
	}
	return r;
}

void stop_end(struct stop *stop)
{
	for (unsigned int role = 0; role < LINK_ROLE_COUNT; role++) {
		stop->client[role] = rpc_client_free(stop->client[role]);
	}
}

/* The rollers have left the body, or nothing ran. */
static int note_stopped(void *data, const char *method, json_t *body)
{
	static const char *const moving[] = { "preheat", "homing", "massage", "paused",
					      "retracting" };
	const char *state = text_of(body, "state");
	char *word = data;

	if (strcmp(method, "state") != 0) {
		return 0;
	}
	(void)snprintf(word, 24, "%s", state);
	for (size_t i = 0; i < sizeof(moving) / sizeof(moving[0]); i++) {
		if (strcmp(state, moving[i]) == 0) {
			return 0;
		}
	}
	return -1; /* done: 0 would mean to go on */
}

/* Wait for what came of it. */
static int await_rest(const struct console *console, struct stop *stop)
{
	char state[24] = "unknown";
	struct link link = {
		.client = stop->client[stop->by],
		.timeout_us = console->timeout_us,
		.watcher = { .note = note_stopped, .data = state },
	};
	int r = link_call(&link, "state.watch", NULL, NULL);

	if (r != STATUS_DONE) {
		return r;
	}
	r = link_follow(&link, link_now_us() + console->timeout_us);
	if (r == STATUS_TIMEOUT) {
		say_error("the stop was taken, but the chair is still %s; use the red button",
			  state);
	}
	if (r != -1) {
		return r;
	}
	if (console->json) {
		return show_json("stop", json_pack("{s:b, s:s, s:s}", "stopped", true, "state",
						   state, "by", link_role_name(stop->by)));
	}
	(void)printf("stopped; the chair is %s\n", state);
	return STATUS_DONE;
}

int verb_stop(const struct console *console, int count, char *const words[])
{
	struct stop stop;
	int r;

	(void)count;
	(void)words;
	if (stop_begin(console, &stop) == 0) {
		r = link_no_socket(console, stop.denied, stop.error);
		say_hint("use the red button at the chair");
		return r;
	}
	r = stop_wait(&stop, link_now_us() + console->timeout_us);
	if (r == 1) {
		r = await_rest(console, &stop);
	} else {
		say_error("NO ANSWER to the stop: use the red button at the chair");
		r = r == 0 ? STATUS_TIMEOUT : STATUS_NO_DAEMON;
	}
	stop_end(&stop);
	return r;
}
