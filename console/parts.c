/* SPDX-License-Identifier: MIT */
/* parts.c - `chairctl io`, `bus`: lines and devices as the controller sees them. */
#include "link.h"
#include "replace.h"
#include "show.h"

#include <stdio.h>
#include <string.h>

static void show_lines(const char *title, json_t *lines)
{
	const char *name;
	json_t *value;

	(void)printf("%s\n", title);
	json_object_foreach(lines, name, value)
	{
		(void)printf("  %-20s %s\n", name,
			     json_is_null(value)   ? "unknown"
			     : json_is_true(value) ? "true"
						   : "false");
	}
}

int verb_io(const struct console *console, int count, char *const words[])
{
	json_t *doc = NULL;
	int r = link_ask(console, LINK_ALL, "io.get", NULL, &doc);

	(void)count;
	(void)words;
	if (r != STATUS_DONE) {
		return r;
	}
	if (console->json) {
		return show_json("io", doc);
	}
	show_lines("inputs (true is the good state of a switch)", json_object_get(doc, "inputs"));
	show_lines("outputs", json_object_get(doc, "outputs"));
	json_decref(doc);
	return STATUS_DONE;
}

static void show_device(const json_t *device)
{
	const char *stage = text_of(device, "stage");
	const enum show_tone tone = strcmp(stage, "ready") == 0 ? TONE_PLAIN : TONE_BAD;
	char age[24];
	char took[24];

	(void)printf("  %-12.12s %4d %s%-11s%s %10lld %8lld %5lld %5lld %6s %8s\n",
		     text_of(device, "name"), (int)integer_of(device, "address"), tone_on(tone),
		     stage, tone_off(tone), (long long)integer_of(device, "requests"),
		     (long long)integer_of(device, "timeouts"),
		     (long long)integer_of(device, "crc_errors"),
		     (long long)integer_of(device, "exceptions"),
		     number_of(device, "exchange_ms", 1, took),
		     number_of(device, "age_ms", 0, age));
}

static void show_port(const json_t *port)
{
	const json_t *device;
	char round[24];
	size_t i;

	(void)printf("%s: %s, %s, a round takes %s ms\n", text_of(port, "name"),
		     text_of(port, "path"), true_of(port, "open") ? "open" : "CANNOT BE OPENED",
		     number_of(port, "round_ms", 1, round));
	json_array_foreach(json_object_get(port, "devices"), i, device)
	{
		show_device(device);
	}
}

int verb_bus(const struct console *console, int count, char *const words[])
{
	const json_t *port;
	json_t *doc = NULL;
	size_t i;
	int r;

	if (count > 0) {
		return bus_by_hand(console, count, words);
	}
	r = link_ask(console, LINK_ALL, "bus.stats", NULL, &doc);
	if (r != STATUS_DONE) {
		return r;
	}
	if (console->json) {
		return show_json("bus", doc);
	}
	(void)printf("  %-12s %4s %-11s %10s %8s %5s %5s %6s %8s\n", "device", "addr", "stage",
		     "requests", "timeouts", "crc", "exc", "ms", "age ms");
	json_array_foreach(json_object_get(doc, "ports"), i, port)
	{
		show_port(port);
	}
	json_decref(doc);
	return STATUS_DONE;
}
