/* SPDX-License-Identifier: MIT */
/* programs.c - `chairctl programs`: what can be started, and whether a file of one is good. */
#include "link.h"
#include "show.h"
#include "tools.h"

#include <stdio.h>
#include <string.h>

/* The words of an array, blanks between them. */
static const char *joined(const json_t *list, char *text, size_t size)
{
	const json_t *word;
	size_t length = 0;
	size_t i;

	text[0] = '\0';
	json_array_foreach(list, i, word)
	{
		if (length < size) {
			length += (size_t)snprintf(text + length, size - length, "%s%s",
						   i == 0 ? "" : " ", json_string_value(word));
		}
	}
	return text;
}

static void show_program_row(const json_t *program)
{
	char sides[32];
	char minutes[24];

	(void)printf("%-20.20s %4s  %-16s %-9s %.27s\n", text_of(program, "id"),
		     number_of(program, "minutes", 0, minutes),
		     joined(json_object_get(program, "sides"), sides, sizeof(sides)),
		     text_of(program, "evidence"),
		     text_of(json_object_get(program, "title"), "en"));
}

static int list_programs(const struct console *console)
{
	const json_t *program;
	json_t *doc = NULL;
	size_t i;
	int r = link_ask(console, LINK_ALL, "program.list", NULL, &doc);

	if (r != STATUS_DONE) {
		return r;
	}
	if (console->json) {
		return show_json("programs", doc);
	}
	(void)printf("%-20s %4s  %-16s %-9s %s\n", "program", "min", "sides", "evidence", "title");
	json_array_foreach(json_object_get(doc, "programs"), i, program)
	{
		show_program_row(program);
	}
	json_decref(doc);
	return STATUS_DONE;
}

static void show_program(const json_t *program)
{
	const json_t *phase;
	char text[160];
	char minutes[24];
	char heat[24];
	size_t i;

	show_wrapped("title     ", text_of(json_object_get(program, "title"), "en"));
	show_wrapped("summary   ", text_of(json_object_get(program, "summary"), "en"));
	show_wrapped("sides     ", joined(json_object_get(program, "sides"), text, sizeof(text)));
	show_wrapped("suits     ", joined(json_object_get(program, "suits"), text, sizeof(text)));
	show_wrapped("evidence  ", text_of(program, "evidence"));
	(void)printf("minutes   %s\n\n", number_of(program, "minutes", 1, minutes));
	(void)printf("%-16s %5s %-9s %5s %3s %5s  %s\n", "phase", "min", "technique", "level",
		     "max", "heat", "zones");
	json_array_foreach(json_object_get(program, "phases"), i, phase)
	{
		(void)printf("%-16.16s %5s %-9s %+5d %3d %5s  ", text_of(phase, "name"),
			     number_of(phase, "minutes", 1, minutes), text_of(phase, "technique"),
			     (int)integer_of(phase, "level"), (int)integer_of(phase, "level_max"),
			     number_of(phase, "heat_c", 1, heat));
		(void)printf("%.28s\n",
			     joined(json_object_get(phase, "zones"), text, sizeof(text)));
	}
}

static int show_one(const struct console *console, const char *id)
{
	json_t *program;
	json_t *found = NULL;
	json_t *doc = NULL;
	size_t i;
	int r = link_ask(console, LINK_ALL, "program.list", NULL, &doc);

	if (r != STATUS_DONE) {
		return r;
	}
	json_array_foreach(json_object_get(doc, "programs"), i, program)
	{
		if (strcmp(text_of(program, "id"), id) == 0) {
			found = program;
		}
	}
	if (found == NULL) {
		say_error("%s: there is no such program; see `chairctl programs`", id);
		r = STATUS_USAGE;
	} else if (console->json) {
		r = show_json("programs.show", json_pack("{s:O}", "program", found));
	} else {
		show_program(found);
	}
	json_decref(doc);
	return r;
}

int verb_programs(const struct console *console, int count, char *const words[])
{
	if (count == 0 || (count == 1 && strcmp(words[0], "list") == 0)) {
		return list_programs(console);
	}
	if (count == 2 && strcmp(words[0], "show") == 0) {
		return show_one(console, words[1]);
	}
	if (count == 2 && strcmp(words[0], "check") == 0) {
		return tool_check_program(console, words[1]);
	}
	say_error("usage: chairctl programs [list | show ID | check FILE]");
	return STATUS_USAGE;
}
