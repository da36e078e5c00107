/* SPDX-License-Identifier: MIT */
/* care.c - `chairctl care`: what each actuator has done, and when somebody should look at it. */
#include "link.h"
#include "show.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *key;
	int decimals;
	const char *words;
} counters[] = {
	{ "motion_h", 2, "h in motion" },
	{ "on_h", 2, "h on" },
	{ "starts", 0, "starts" },
	{ "strokes", 0, "strokes" },
	{ "distance_m", 0, "m" },
	{ "revolutions", 0, "turns" },
	{ "heat_cycles", 0, "heat cycles" },
	{ "switchings", 0, "switchings" },
	{ "closings", 0, "closings" },
};

static void describe(const json_t *values, char *text, size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]) && length < size; i++) {
		char number[24];

		if (json_object_get(values, counters[i].key) != NULL) {
			length += (size_t)snprintf(
				text + length, size - length, "%s%s %s", length == 0 ? "" : ", ",
				number_of(values, counters[i].key, counters[i].decimals, number),
				counters[i].words);
		}
	}
}

static void show_actuator(const json_t *actuator)
{
	const bool warning = true_of(actuator, "warning");
	const enum show_tone tone = warning ? TONE_WARN : TONE_PLAIN;
	char text[200];

	describe(json_object_get(actuator, "counters"), text, sizeof(text));
	(void)printf("%-18s %s%4lld %%%s  ", text_of(actuator, "name"), tone_on(tone),
		     (long long)integer_of(actuator, "share_pct"), tone_off(tone));
	show_wrapped_at(27, text);
	if (warning) {
		show_wrapped("     -> ", text_of(actuator, "inspect"));
	}
}

static void show_replaced(const json_t *old)
{
	char text[200];

	describe(json_object_get(old, "counters"), text, sizeof(text));
	(void)printf("%-18s %.10s  ", text_of(old, "name"), text_of(old, "until"));
	show_wrapped_at(31, text);
}

static int list_care(const struct console *console)
{
	const json_t *item;
	json_t *doc = NULL;
	size_t i;
	int r = link_ask(console, LINK_ALL, "care.get", NULL, &doc);

	if (r != STATUS_DONE) {
		return r;
	}
	if (console->json) {
		return show_json("care", doc);
	}
	(void)printf("%-18s %6s  %s\n", "actuator", "worn", "since it was new");
	json_array_foreach(json_object_get(doc, "actuators"), i, item)
	{
		show_actuator(item);
	}
	if (json_array_size(json_object_get(doc, "replaced")) > 0) {
		(void)printf("\n%-18s %-10s  %s\n", "replaced", "on", "had");
	}
	json_array_foreach(json_object_get(doc, "replaced"), i, item)
	{
		show_replaced(item);
	}
	if (!true_of(doc, "stored")) {
		say_hint("chaird has no history: these counters end with it");
	}
	json_decref(doc);
	return STATUS_DONE;
}

static int reset(const struct console *console, const char *actuator)
{
	json_t *doc = NULL;
	int r = link_ask(console, LINK_BIT(LINK_SERVICE), "care.reset",
			 json_pack("{s:s}", "actuator", actuator), &doc);

	if (r != STATUS_DONE) {
		return r;
	}
	if (console->json) {
		return show_json("care.reset", doc);
	}
	(void)printf("%s begins anew; what it had is kept\n", text_of(doc, "actuator"));
	json_decref(doc);
	return STATUS_DONE;
}

int verb_care(const struct console *console, int count, char *const words[])
{
	if (count == 0 || (count == 1 && strcmp(words[0], "list") == 0)) {
		return list_care(console);
	}
	if (count == 2 && strcmp(words[0], "reset") == 0) {
		return reset(console, words[1]);
	}
	say_error("usage: chairctl care [list | reset ACTUATOR]");
	return STATUS_USAGE;
}
