/* SPDX-License-Identifier: MIT */
/* watch.c - `chairctl watch`: a line for each event and each change of state, until interrupted. */
#include "link.h"
#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct watch {
	const struct console *console;
	char last[400]; /* what the last state line was made of */
	int status;
};

/* The time of day of "2026-11-21T06:12:00.120Z". */
static const char *clock_of(const json_t *object)
{
	const char *time = text_of(object, "time");

	return strlen(time) > 11 ? time + 11 : time;
}

static void add_codes(const json_t *list, char *text, size_t size)
{
	const json_t *cause;
	size_t length = strlen(text);
	size_t i;

	json_array_foreach(list, i, cause)
	{
		if (length < size) {
			length += (size_t)snprintf(text + length, size - length, " %s",
						   text_of(cause, "code"));
		}
	}
}

/* A state in a line: what changes it is worth another line. */
static void summary(const json_t *doc, char *text, size_t size)
{
	const json_t *phase = json_object_get(doc, "phase");
	int length = snprintf(text, size, "%s", text_of(doc, "state"));

	if (text_of(doc, "program")[0] != '\0' && length > 0 && (size_t)length < size) {
		length += snprintf(text + length, size - (size_t)length, " %s/%s %s level %d",
				   text_of(doc, "program"), text_of(doc, "side"),
				   text_of(phase, "name"), (int)integer_of(doc, "level"));
	}
	if (!true_of(doc, "seat_occupied") && length > 0 && (size_t)length < size) {
		(void)snprintf(text + length, size - (size_t)length, ", seat empty");
	}
	add_codes(json_object_get(doc, "faults"), text, size);
	add_codes(json_object_get(doc, "inhibits"), text, size);
}

static int note_state(struct watch *watch, json_t *doc)
{
	char text[sizeof(watch->last)];

	summary(doc, text, sizeof(text));
	if (strcmp(text, watch->last) == 0) {
		return STATUS_DONE;
	}
	(void)snprintf(watch->last, sizeof(watch->last), "%s", text);
	if (watch->console->json) {
		return show_json_line("watch",
				      json_pack("{s:s, s:O}", "kind", "state", "state", doc));
	}
	(void)printf("%.12s state        %.54s\n", clock_of(doc), text);
	return fflush(stdout) == 0 ? STATUS_DONE : STATUS_FAILED;
}

/* The fields of an event that are not in every one, key=value. */
static void event_fields(const json_t *event, char *text, size_t size)
{
	static const char *const keys[] = { "from",    "to",	 "program", "side",  "seconds",
					    "ended",   "result", "name",    "index", "count",
					    "code",    "cause",	 "active",  "item",  "passed",
					    "outcome", "what",	 "method",  "role",  "reason",
					    "reminder" };
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && length < size; i++) {
		const json_t *value = json_object_get(event, keys[i]);
		const char *lead = i == 0 || length == 0 ? "" : " ";

		if (json_is_string(value)) {
			length += (size_t)snprintf(text + length, size - length, "%s%s=%s", lead,
						   keys[i], json_string_value(value));
		} else if (json_is_integer(value)) {
			length += (size_t)snprintf(text + length, size - length,
						   "%s%s=%" JSON_INTEGER_FORMAT, lead, keys[i],
						   json_integer_value(value));
		} else if (json_is_boolean(value)) {
			length += (size_t)snprintf(text + length, size - length, "%s%s=%s", lead,
						   keys[i], json_is_true(value) ? "yes" : "no");
		}
	}
}

static int note_event(const struct watch *watch, json_t *event)
{
	char text[200];

	if (watch->console->json) {
		return show_json_line("watch",
				      json_pack("{s:s, s:O}", "kind", "event", "event", event));
	}
	event_fields(event, text, sizeof(text));
	(void)printf("%.12s %-15s %.51s\n", clock_of(event), text_of(event, "kind"), text);
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
	struct rpc_message message;
	struct link link;
	int r = link_open(console, LINK_ALL, &link);

	(void)count;
	(void)words;
	while (r == STATUS_DONE) {
		if (link_next(link.client, UINT64_MAX, &message) > 0) {
			r = take(&watch, &link, &message);
			rpc_message_clear(&message);
		}
	}
	link_close(&link);
	return r;
}
