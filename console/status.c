/* SPDX-License-Identifier: MIT */
/* status.c - `chairctl status`: what the chair does, and what keeps it from doing more. */
#include "link.h"
#include "show.h"

#include <stdio.h>
#include <string.h>

static enum show_tone state_tone(const char *state)
{
	if (strcmp(state, "fault") == 0) {
		return TONE_BAD;
	}
	return strcmp(state, "inhibited") == 0 ? TONE_WARN : TONE_GOOD;
}

static void show_session(const json_t *doc)
{
	const json_t *phase = json_object_get(doc, "phase");
	char left[32];

	if (text_of(doc, "program")[0] == '\0') {
		(void)puts("session   none");
		return;
	}
	(void)printf("session   %s, %s, %s left\n", text_of(doc, "program"), text_of(doc, "side"),
		     duration(integer_of(doc, "remaining_s"), left));
	if (phase != NULL && !json_is_null(phase)) {
		(void)printf("phase     %s (%d of %d), %s, %s left\n", text_of(phase, "name"),
			     (int)integer_of(phase, "index") + 1, (int)integer_of(phase, "count"),
			     text_of(phase, "technique"),
			     duration(integer_of(phase, "remaining_s"), left));
	}
	(void)printf("level     %d, aimed at %d\n", (int)integer_of(doc, "level"),
		     (int)integer_of(doc, "level_aim"));
}

static void show_offer(const json_t *doc, const char *key, const char *lead)
{
	const json_t *offer = json_object_get(doc, key);
	char left[32];

	if (json_is_object(offer)) {
		(void)printf("%s%s, %s, for another %s\n", lead, text_of(offer, "program"),
			     text_of(offer, "side"),
			     duration(integer_of(offer, "expires_s"), left));
	}
}

static const char *yes(const json_t *object, const char *key)
{
	return true_of(object, key) ? "yes" : "no";
}

static void show_rest(const json_t *doc)
{
	const json_t *permits = json_object_get(doc, "permits");
	const json_t *heat = json_object_get(doc, "heat");
	char set[24];

	show_offer(doc, "ask", "asked     ");
	show_offer(doc, "resume", "resumable ");
	(void)printf("seat      %s\n", true_of(doc, "seat_occupied") ? "occupied" : "empty");
	if (true_of(heat, "on")) {
		(void)printf("heat      on, %s C%s\n", number_of(heat, "set_c", 1, set),
			     true_of(heat, "dose_warning") ? ", much given today already" : "");
	} else {
		(void)puts("heat      off");
	}
	(void)printf("permits   power %s, motion %s, heat %s, start %s\n", yes(permits, "power"),
		     yes(permits, "motion"), yes(permits, "heat"), yes(permits, "start"));
	(void)printf("checks    %s\n", true_of(json_object_get(doc, "proof"), "passed")
					       ? "passed"
					       : "not passed yet");
	if (json_array_size(json_object_get(doc, "care")) > 0) {
		(void)printf("care      %zu to look at: chairctl care\n",
			     json_array_size(json_object_get(doc, "care")));
	}
	if (true_of(doc, "child_lock")) {
		(void)puts("lock      the child lock is on: nothing can be started");
	}
}

static void show_causes(const json_t *list)
{
	const json_t *cause;
	size_t i;

	json_array_foreach(list, i, cause)
	{
		const bool active = true_of(cause, "active");
		char age[32];

		(void)duration(integer_of(cause, "age_s"), age);
		(void)printf("%s%s%s %s: %s%s%s%s\n", tone_on(TONE_WARN), text_of(cause, "code"),
			     tone_off(TONE_WARN), text_of(cause, "cause"),
			     active ? "active for " : "over, to be acknowledged; began ", age,
			     active ? "" : " ago",
			     true_of(cause, "first_out") ? "; it came first" : "");
		show_wrapped("     ", text_of(cause, "text"));
	}
}

static void show_status(const json_t *doc)
{
	const char *state = text_of(doc, "state");
	const enum show_tone tone = state_tone(state);
	char word[24];
	char up[32];

	(void)printf("chair     %s, up %s\n", text_of(doc, "chair"),
		     duration(integer_of(doc, "uptime_s"), up));
	(void)printf("state     %s%s%s\n", tone_on(tone), upper(state, word, sizeof(word)),
		     tone_off(tone));
	show_session(doc);
	show_rest(doc);
	show_causes(json_object_get(doc, "faults"));
	show_causes(json_object_get(doc, "inhibits"));
}

int verb_status(const struct console *console, int count, char *const words[])
{
	json_t *doc = NULL;
	bool fault;
	int r = link_ask(console, LINK_ALL, "state.get", NULL, &doc);

	(void)count;
	(void)words;
	if (r != STATUS_DONE) {
		return r;
	}
	fault = strcmp(text_of(doc, "state"), "fault") == 0;
	if (console->json) {
		r = show_json("status", json_pack("{s:b, s:O}", "fault", fault, "state", doc));
	} else {
		show_status(doc);
	}
	json_decref(doc);
	return r == STATUS_DONE && fault ? STATUS_FAULT : r;
}
