/* SPDX-License-Identifier: MIT */
/* log.c - `chairctl log`: the journal of the chair's services. */
#include "show.h"
#include "tools.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ARGUMENTS_MAX 24
#define LINES_DEFAULT 50

static const char *const units[] = { "chaird", "chair-mqtt", "chair-web", "chair-kiosk" };

/* "1795699114000000" microseconds as RFC 3339 UTC. */
static void entry_time(const json_t *entry, char text[32])
{
	const long long us = strtoll(text_of(entry, "__REALTIME_TIMESTAMP"), NULL, 10);
	const time_t seconds = (time_t)(us / 1000000);
	struct tm utc;

	(void)gmtime_r(&seconds, &utc);
	(void)strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &utc);
	(void)snprintf(text + 19, 32 - 19, ".%03uZ", (unsigned int)(us / 1000 % 1000));
}

/* An entry with keys of ours: what journald adds of its own is not stable enough. */
static int show_entry(const char *line)
{
	json_t *entry = json_loads(line, 0, NULL);
	char time[32];
	int r;

	if (entry == NULL) {
		return STATUS_DONE; /* a line of journalctl itself */
	}
	entry_time(entry, time);
	r = show_json_line(
		"log", json_pack("{s:s, s:s, s:i, s:s, s:s?, s:s?}", "time", time, "unit",
				 text_of(entry, "_SYSTEMD_UNIT"), "priority",
				 (int)strtol(text_of(entry, "PRIORITY"), NULL, 10), "message",
				 text_of(entry, "MESSAGE"), "kind",
				 json_string_value(json_object_get(entry, "CHAIR_KIND")), "cause",
				 json_string_value(json_object_get(entry, "CHAIR_CAUSE"))));
	json_decref(entry);
	return r;
}

static int show_entries(const char *const argv[])
{
	struct tool tool = { 0 };
	char *line = NULL;
	size_t size = 0;
	int status = STATUS_DONE;
	int r;

	if (tool_start(argv, false, &tool) < 0) {
		say_error("journalctl cannot be run");
		return STATUS_FAILED;
	}
	while (status == STATUS_DONE && getline(&line, &size, tool.out) > 0) {
		status = show_entry(line);
	}
	free(line);
	if (status != STATUS_DONE) {
		(void)kill(tool.pid, SIGTERM); /* it may follow for ever */
	}
	r = tool_end(&tool);
	if (r == TOOL_MISSING) {
		say_error("journalctl cannot be run");
	}
	return r == 0 ? status : STATUS_FAILED;
}

int verb_log(const struct console *console, int count, char *const words[])
{
	char lines[16];
	const char *argv[ARGUMENTS_MAX];
	int n = 0;

	(void)count;
	(void)words;
	argv[n++] = "journalctl";
	argv[n++] = "--no-pager";
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		argv[n++] = "--unit";
		argv[n++] = units[i];
	}
	(void)snprintf(lines, sizeof(lines), "%d",
		       (console->given & OPTION_LINES) != 0 ? console->lines : LINES_DEFAULT);
	argv[n++] = "--lines";
	argv[n++] = lines;
	argv[n++] = "--output";
	argv[n++] = console->json ? "json" : "short-iso";
	if ((console->given & OPTION_FOLLOW) != 0) {
		argv[n++] = "--follow";
	}
	argv[n] = NULL;
	return console->json ? show_entries(argv) : tool_become(argv);
}
