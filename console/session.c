/* SPDX-License-Identifier: MIT */
/*
 * session.c - `chairctl start`, `pause`, `resume`. They end when the chair does what was asked, not
 * when it has heard of it. By any socket but the panel's a start is an ask: somebody confirms it at
 * the chair.
 */
#include "link.h"
#include "show.h"

#include <stdio.h>
#include <string.h>

#define VERDICT_REACHED (-1)
#define VERDICT_ENDED	(-2) /* the state cannot become what was asked any more */

/* What is waited for, and what has been seen of it. */
struct wish {
	const char *verb;
	bool ask;	/* waits for somebody at the chair */
	bool confirmed; /* and somebody was there */
	char outcome[24];
	char state[24];
};

static bool is_running(const char *state)
{
	return strcmp(state, "homing") == 0 || strcmp(state, "massage") == 0;
}

static int note_start(void *data, const char *method, json_t *body)
{
	struct wish *wish = data;

	if (strcmp(method, "event") == 0 && strcmp(text_of(body, "kind"), "ask") == 0) {
		(void)snprintf(wish->outcome, sizeof(wish->outcome), "%s",
			       text_of(body, "outcome"));
		wish->confirmed = strcmp(wish->outcome, "confirmed") == 0;
		return wish->confirmed || strcmp(wish->outcome, "asked") == 0 ? 0 : VERDICT_ENDED;
	}
	if (strcmp(method, "state") != 0) {
		return 0;
	}
	(void)snprintf(wish->state, sizeof(wish->state), "%s", text_of(body, "state"));
	if (strcmp(wish->state, "fault") == 0) {
		return VERDICT_ENDED;
	}
	return is_running(wish->state) && (!wish->ask || wish->confirmed) ? VERDICT_REACHED : 0;
}

static int note_pause(void *data, const char *method, json_t *body)
{
	struct wish *wish = data;

	if (strcmp(method, "state") != 0) {
		return 0;
	}
	(void)snprintf(wish->state, sizeof(wish->state), "%s", text_of(body, "state"));
	if (strcmp(wish->state, "paused") == 0) {
		return VERDICT_REACHED;
	}
	return is_running(wish->state) || strcmp(wish->state, "retracting") == 0 ? 0
										 : VERDICT_ENDED;
}

static int report(const struct console *console, const struct wish *wish, int verdict)
{
	if (verdict == STATUS_TIMEOUT) {
		say_error("taken, but the chair is still %s; the result is unknown", wish->state);
		return STATUS_TIMEOUT;
	}
	if (verdict == VERDICT_ENDED) {
		say_error("%s: %s; the chair is %s", wish->verb,
			  wish->ask && !wish->confirmed ? wish->outcome : "it came to nothing",
			  wish->state);
		return STATUS_REFUSED;
	}
	if (verdict != VERDICT_REACHED) {
		return verdict;
	}
	if (console->json) {
		return show_json(wish->verb, json_pack("{s:b, s:b, s:s}", "done", true, "asked",
						       wish->ask, "state", wish->state));
	}
	(void)printf("%s: the chair is %s\n", wish->verb, wish->state);
	return STATUS_DONE;
}

/* The command, and then what becomes of it. */
static int carry_out(const struct console *console, struct link *link, struct wish *wish,
		     const char *method, json_t *params)
{
	uint64_t wait_us = console->timeout_us;
	json_t *result = NULL;
	int r = link_call(link, method, params, &result);

	if (r != STATUS_DONE) {
		return r;
	}
	wish->ask = true_of(result, "asked");
	if (wish->ask) {
		const json_int_t expires_s = integer_of(result, "expires_s");

		wait_us += (uint64_t)expires_s * 1000000U;
		say_hint("asked: press the start button at the chair within %d s", (int)expires_s);
	}
	json_decref(result);
	link->verdict = 0; /* what was before the answer is of no account ... */
	r = link_call(link, "state.get", NULL, &result);
	if (r != STATUS_DONE) {
		return r;
	}
	if (link->verdict == 0) { /* ... unless it holds now */
		link->verdict = link->watcher.note(wish, "state", result);
	}
	json_decref(result);
	r = link_follow(link, link_now_us() + wait_us);
	return report(console, wish, r);
}

static int command(const struct console *console, const char *verb, const char *method,
		   json_t *params, int (*note)(void *data, const char *method, json_t *body))
{
	struct wish wish = { .verb = verb, .state = "unknown" };
	struct link link;
	int r = link_open(console, LINK_SESSION, &link);

	if (r != STATUS_DONE) {
		json_decref(params);
		return r;
	}
	r = link_call(&link, "state.watch", NULL, NULL);
	link.watcher = (struct link_watcher){ .note = note, .data = &wish };
	if (r == STATUS_DONE) {
		r = carry_out(console, &link, &wish, method, params);
	} else {
		json_decref(params);
	}
	link_close(&link);
	return r;
}

int verb_start(const struct console *console, int count, char *const words[])
{
	json_t *params = json_pack("{s:s, s:s}", "program", words[0], "side",
				   console->side == NULL ? "both" : console->side);

	(void)count;
	if ((console->given & OPTION_LEVEL) != 0) {
		(void)json_object_set_new(params, "level", json_integer(console->level));
	}
	if ((console->given & OPTION_MINUTES) != 0) {
		(void)json_object_set_new(params, "minutes", json_integer(console->minutes));
	}
	return command(console, "start", "session.start", params, note_start);
}

int verb_pause(const struct console *console, int count, char *const words[])
{
	(void)count;
	(void)words;
	return command(console, "pause", "session.pause", NULL, note_pause);
}

int verb_resume(const struct console *console, int count, char *const words[])
{
	(void)count;
	(void)words;
	return command(console, "resume", "session.resume", NULL, note_start);
}
