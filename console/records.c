/* SPDX-License-Identifier: MIT */
/* records.c - `chairctl history`, `guests`: what is kept, and how little of it is shown here. */
#include "link.h"
#include "show.h"

#include <stdio.h>
#include <string.h>

#define HISTORY_MAX 100

int verb_history(const struct console *console, int count, char *const words[])
{
	const json_t *session;
	json_t *doc = NULL;
	size_t i;
	int limit = (console->given & OPTION_LINES) != 0 ? console->lines : 20;
	int r;

	(void)count;
	(void)words;
	if (limit > HISTORY_MAX) {
		say_error("-n: 1 to %d sessions", HISTORY_MAX);
		return STATUS_USAGE;
	}
	r = link_ask(console, LINK_HISTORY, "history.sessions", json_pack("{s:i}", "limit", limit),
		     &doc);
	if (r != STATUS_DONE) {
		return r;
	}
	if (console->json) {
		return show_json("history", doc);
	}
	(void)printf("%6s  %-20s %-22.22s %-6s %7s %s\n", "id", "start", "program", "side",
		     "seconds", "ended");
	json_array_foreach(json_object_get(doc, "sessions"), i, session)
	{
		(void)printf("%6lld  %-20.19s %-22.22s %-6s %7lld %s\n",
			     (long long)integer_of(session, "id"), word_of(session, "start"),
			     word_of(session, "program"), word_of(session, "side"),
			     (long long)integer_of(session, "seconds"), word_of(session, "ended"));
	}
	json_decref(doc);
	return STATUS_DONE;
}

int verb_guests(const struct console *console, int count, char *const words[])
{
	json_t *doc = NULL;
	size_t guests;
	int r = link_ask(console, LINK_GUESTS, "guest.list", NULL, &doc);

	(void)count;
	(void)words;
	if (r == STATUS_NOT_PERMITTED) {
		say_hint("what guests say belongs to them: it is shown at the panel and on paired "
			 "phones");
	}
	if (r != STATUS_DONE) {
		return r;
	}
	guests = json_array_size(json_object_get(doc, "guests"));
	json_decref(doc);
	if (console->json) {
		return show_json("guests", json_pack("{s:i}", "count", (int)guests));
	}
	(void)printf("%zu guest%s with a profile\n", guests, guests == 1 ? "" : "s");
	say_hint("names and records are shown at the panel and on paired phones only");
	return STATUS_DONE;
}
