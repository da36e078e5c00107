/* SPDX-License-Identifier: MIT */
/* causes.c - `chairctl interlocks`, `faults`: every cause, what it does, how it clears. */
#include "fault.h"
#include "fault_pages.h"
#include "link.h"
#include "show.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *level_of(const json_t *row)
{
	if (true_of(row, "active")) {
		return "active";
	}
	return true_of(row, "latched") ? "latched" : "clear";
}

static void show_why(const json_t *row)
{
	show_wrapped("       why:   ", text_of(row, "text"));
	show_wrapped("       seen:  ", text_of(row, "technician"));
	show_wrapped("       clear: ", text_of(row, "clears"));
}

static void show_row(const json_t *row)
{
	const char *level = level_of(row);
	const bool clear = strcmp(level, "clear") == 0;
	const enum show_tone tone = clear ? TONE_PLAIN : TONE_BAD;

	(void)printf("%-6s %-20s %-9s %-7s %s%s%s\n", text_of(row, "code"), text_of(row, "cause"),
		     text_of(row, "effect"), true_of(row, "latches") ? "latches" : "",
		     tone_on(tone), level, tone_off(tone));
	if (!clear) {
		show_why(row);
	}
}

/* The rows of the matrix with their level as a word. NULL when memory ran out. */
static json_t *with_levels(json_t *rows)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (json_object_set_new(row, "level", json_string(level_of(row))) < 0) {
			return NULL;
		}
	}
	return rows;
}

int verb_interlocks(const struct console *console, int count, char *const words[])
{
	const json_t *row;
	json_t *doc = NULL;
	json_t *rows;
	size_t i;
	int r = link_ask(console, LINK_ALL, "fault.list", NULL, &doc);

	(void)count;
	(void)words;
	if (r != STATUS_DONE) {
		return r;
	}
	rows = with_levels(json_object_get(doc, "faults"));
	if (console->json) {
		r = show_json("interlocks", json_pack("{s:O*}", "interlocks", rows));
	} else {
		(void)printf("%-6s %-20s %-9s %-7s %s\n", "code", "cause", "effect", "latches",
			     "level");
		json_array_foreach(rows, i, row)
		{
			show_row(row);
		}
	}
	json_decref(doc);
	return r;
}

/* Causes in force of a state document, those that only inhibit included; a new array. */
static json_t *in_force(const json_t *state)
{
	json_t *all = json_array();

	if (all == NULL || json_array_extend(all, json_object_get(state, "faults")) < 0 ||
	    json_array_extend(all, json_object_get(state, "inhibits")) < 0) {
		json_decref(all);
		return NULL;
	}
	return all;
}

static void show_fault(const json_t *fault)
{
	const json_t *detail;
	char age[32];
	size_t i;

	(void)printf("%s%s%s %s, %s, %s, began %s ago%s\n", tone_on(TONE_BAD),
		     text_of(fault, "code"), tone_off(TONE_BAD), text_of(fault, "cause"),
		     text_of(fault, "effect"), level_of(fault),
		     duration(integer_of(fault, "age_s"), age),
		     true_of(fault, "first_out") ? "; it came first" : "");
	show_wrapped("     ", text_of(fault, "text"));
	json_array_foreach(json_object_get(fault, "details"), i, detail)
	{
		show_wrapped("     - ", json_string_value(detail));
	}
}

static int list_faults(const struct console *console)
{
	const json_t *fault;
	json_t *doc = NULL;
	json_t *all;
	size_t i;
	int r = link_ask(console, LINK_ALL, "state.get", NULL, &doc);

	if (r != STATUS_DONE) {
		return r;
	}
	all = in_force(doc);
	json_decref(doc);
	if (console->json) {
		return show_json("faults", json_pack("{s:o}", "faults", all));
	}
	json_array_foreach(all, i, fault)
	{
		show_fault(fault);
	}
	if (json_array_size(all) == 0) {
		(void)puts("No fault, and nothing that inhibits.");
	} else {
		say_hint("`chairctl faults explain CODE` tells more");
	}
	json_decref(all);
	return STATUS_DONE;
}

static const char *const part_keys[FAULT_PART_COUNT] = {
	[FAULT_PART_CHAIR] = "chair",
	[FAULT_PART_CAUSE] = "cause",
	[FAULT_PART_REMEDY] = "remedy",
	[FAULT_PART_PARTS] = "parts",
};

static json_t *page_json(const struct fault_page *page)
{
	json_t *check = json_array();
	json_t *object = json_pack("{s:o}", "check", check);

	for (unsigned int i = 0; i < FAULT_PAGE_CHECKS && page->check[i] != NULL; i++) {
		(void)json_array_append_new(check, json_string(page->check[i]));
	}
	for (unsigned int p = FAULT_PART_CHAIR; p < FAULT_PART_COUNT; p++) {
		(void)json_object_set_new(object, part_keys[p], json_string(page->part[p]));
	}
	return object;
}

static void show_page(const struct fault_page *page)
{
	show_wrapped("chair      ", page->part[FAULT_PART_CHAIR]);
	show_wrapped("cause      ", page->part[FAULT_PART_CAUSE]);
	for (unsigned int i = 0; i < FAULT_PAGE_CHECKS && page->check[i] != NULL; i++) {
		(void)printf("%s%u. ", i == 0 ? "check      " : "           ", i + 1);
		show_wrapped_at(14, page->check[i]);
	}
	show_wrapped("remedy     ", page->part[FAULT_PART_REMEDY]);
	show_wrapped("parts      ", page->part[FAULT_PART_PARTS]);
}

static void show_explanation(const json_t *row, const struct fault_page *page)
{
	(void)printf("%s %s\n", text_of(row, "code"), text_of(row, "cause"));
	(void)printf("effect     %s%s\n", text_of(row, "effect"),
		     true_of(row, "latches") ? ", stays until it is acknowledged" : "");
	(void)printf("level      %s\n", text_of(row, "level"));
	show_wrapped("what       ", text_of(row, "text"));
	show_wrapped("technician ", text_of(row, "technician"));
	show_wrapped("clears     ", text_of(row, "clears"));
	show_page(page);
}

/* By code or name; NULL: there is none. */
static const struct cause_row *find_row(const char *word)
{
	for (unsigned int c = 0; c < CAUSE_COUNT; c++) {
		const struct cause_row *row = fault_row((enum cause)c);

		if (strcasecmp(row->code, word) == 0 || strcasecmp(row->name, word) == 0) {
			return row;
		}
	}
	return NULL;
}

/* What chaird says of @code now, as a new object. NULL: it does not run, or has not answered. */
static json_t *ask_row(const struct console *console, const char *code)
{
	json_t *found = NULL;
	json_t *doc = NULL;
	json_t *row;
	size_t i;

	if (!link_answers(console) ||
	    link_ask(console, LINK_ALL, "fault.list", NULL, &doc) != STATUS_DONE) {
		return NULL;
	}
	json_array_foreach(with_levels(json_object_get(doc, "faults")), i, row)
	{
		if (strcmp(text_of(row, "code"), code) == 0) {
			found = json_incref(row);
		}
	}
	json_decref(doc);
	return found;
}

/* The row as this program knows it. */
static json_t *own_row(const struct cause_row *row)
{
	return json_pack("{s:s, s:s, s:s, s:b, s:n, s:n, s:s, s:s, s:s, s:s}", "code", row->code,
			 "cause", row->name, "effect", effect_name(row->effect), "latches",
			 row->latched, "active", "latched", "text", row->text, "technician",
			 row->technician, "clears", row->clears, "level", "unknown");
}

/* Needs no chaird: only the level is asked for. */
static int explain(const struct console *console, const char *word)
{
	const struct cause_row *known = find_row(word);
	struct fault_page page;
	json_t *row;

	if (known == NULL) {
		say_error("%s: there is no such code or cause; see `chairctl interlocks`", word);
		return STATUS_USAGE;
	}
	if (fault_page_find(known->code, &page) < 0) {
		say_error("%s has no page", known->code);
		return STATUS_FAILED;
	}
	row = ask_row(console, known->code);
	if (row == NULL) {
		say_hint("chaird does not answer: whether it is in force is not known");
		row = own_row(known);
	}
	if (console->json) {
		(void)json_object_set_new(row, "page", page_json(&page));
		return show_json("faults.explain", row);
	}
	show_explanation(row, &page);
	json_decref(row);
	return STATUS_DONE;
}

int verb_faults(const struct console *console, int count, char *const words[])
{
	if (count == 0 || (count == 1 && strcmp(words[0], "list") == 0)) {
		return list_faults(console);
	}
	if (count == 2 && strcmp(words[0], "explain") == 0) {
		return explain(console, words[1]);
	}
	say_error("usage: chairctl faults [list | explain CODE]");
	return STATUS_USAGE;
}
