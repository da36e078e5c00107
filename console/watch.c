/* SPDX-License-Identifier: MIT */
/* watch.c - `chairctl watch`: a line for each event and each change of state, until interrupted. */
#include "event.h"
#include "link.h"
#include "show.h"

#include <stdio.h>
#include <string.h>

struct watch {
	const struct console *console;
	char last[400]; /* what the last state line was made of */
	int status;
};

static int note_state(struct watch *watch, json_t *doc)
{
	char text[sizeof(watch->last)];

	event_state(doc, text, sizeof(text));
	if (strcmp(text, watch->last) == 0) {
		return STATUS_DONE;
	}
	(void)snprintf(watch->last, sizeof(watch->last), "%s", text);
	if (watch->console->json) {
		return show_json_line("watch",
				      json_pack("{s:s, s:O}", "kind", "state", "state", doc));
	}
	(void)printf("%.12s state        %.54s\n", event_clock(doc), text);
	return fflush(stdout) == 0 ? STATUS_DONE : STATUS_FAILED;
}

static int note_event(const struct watch *watch, json_t *event)
{
	char text[200];

	if (watch->console->json) {
		return show_json_line("watch",
				      json_pack("{s:s, s:O}", "kind", "event", "event", event));
	}
	event_fields(event, text, sizeof(text));
	(void)printf("%.12s %-15s %.51s\n", event_clock(event), text_of(event, "kind"), text);
	return fflush(stdout) == 0 ? STATUS_DONE : STATUS_FAILED;
}

static int note(void *data, const char *method, json_t *body)
{
	struct watch *watch = data;

	if (strcmp(method, "state") == 0) {
		watch->status = note_state(watch, body);
	} else if (strcmp(method, "event") == 0) {
		watch->status = note_event(watch, body);
	}
	return watch->status; /* STATUS_DONE is 0: go on */
}

/* The connection came or went. */
static int note_link(struct watch *watch, const char *kind)
{
	watch->last[0] = '\0'; /* whatever is there after a gap is told */
	if (watch->console->json) {
		return show_json_line("watch", json_pack("{s:s}", "kind", kind));
	}
	say_hint("%s", kind);
	return STATUS_DONE;
}

/* One message; what was lost is asked for again, a restarted daemon goes on being watched. */
static int take(struct watch *watch, struct link *link, const struct rpc_message *message)
{
	uint64_t id;

	switch (message->kind) {
	case RPC_MESSAGE_NOTIFICATION:
		return note(watch, message->method, message->body);
	case RPC_MESSAGE_CONNECTED:
		if (rpc_client_request(link->client, "state.watch", NULL, &id) < 0) {
			return STATUS_DONE; /* lost again: that is told next */
		}
		return note_link(watch, "connected");
	case RPC_MESSAGE_DISCONNECTED:
		return note_link(watch, "disconnected");
	case RPC_MESSAGE_ERROR:
		if (message->status == 0) {
			say_error("%s", text_of(json_object_get(message->body, "data"), "text"));
			return STATUS_FAILED;
		}
		return STATUS_DONE;
	case RPC_MESSAGE_RESULT:
	case RPC_MESSAGE_NONE:
		return STATUS_DONE;
	}
	return STATUS_DONE;
}

int verb_watch(const struct console *console, int count, char *const words[])
{
	struct watch watch = { .console = console };
	uint64_t deadline = link_now_us() + console->timeout_us; /* of the first answer */
	struct rpc_message message;
	struct link link;
	int r = link_open(console, LINK_ALL, &link);

	(void)count;
	(void)words;
	while (r == STATUS_DONE) {
		if (link_next(link.client, deadline, &message) > 0) {
			deadline = message.kind == RPC_MESSAGE_CONNECTED ? deadline : UINT64_MAX;
			r = take(&watch, &link, &message);
			rpc_message_clear(&message);
		} else if (link_now_us() >= deadline) {
			say_error("no answer within %g s", (double)console->timeout_us / 1e6);
			r = STATUS_TIMEOUT;
		}
	}
	link_close(&link);
	return r;
}
