/* SPDX-License-Identifier: MIT */
/* complete.c - what a word on the command line may become, for bash and zsh. */
#include "link.h"
#include "show.h"
#include "types.h"

#include <stdio.h>
#include <string.h>

#define WAIT_US UINT64_C(500000) /* a shell that hangs is worse than one that does not know */

static const char *const global_options[] = { "--socket",  "--json", "--quiet",	 "--no-color",
					      "--timeout", "--help", "--version" };

static const struct {
	const char *name;
	enum option_bit bit; /* 0: of every verb */
	const char *values;  /* words it may take, NULL: a flag */
} options[] = {
	{ "--side", OPTION_SIDE, "left right both" },
	{ "--level", OPTION_LEVEL, "1 2 3 4 5" },
	{ "--minutes", OPTION_MINUTES, "5 10 15 20 30" },
	{ "--lines", OPTION_LINES, "10 20 50 100" },
	{ "--follow", OPTION_FOLLOW, NULL },
	{ "--config", OPTION_CONFIG, "//files" },
	{ "--profiles", OPTION_PROFILES, "//files" },
	{ "--once", OPTION_ONCE, NULL },
	{ "--for", OPTION_FOR, "500ms 1s 60s" },
	{ "--socket", (enum option_bit)0, "//files" },
	{ "--timeout", (enum option_bit)0, "1 5 30" },
};

#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))

static void offer_words(const char *words)
{
	for (; *words != '\0'; words += words[0] == ' ' ? 1 : 0) {
		const size_t length = strcspn(words, " ");

		(void)printf("%.*s\n", (int)length, words);
		words += length;
	}
}

/* What the chair knows, if it answers soon. */
static void offer_list(const struct console *console, const char *method, const char *list,
		       const char *key)
{
	struct console patient = *console;
	struct link link;
	const json_t *item;
	json_t *doc = NULL;
	size_t i;

	patient.timeout_us = WAIT_US;
	/* Messages would disturb the line that is being typed. */
	if (freopen("/dev/null", "w", stderr) == NULL ||
	    link_open(&patient, LINK_ALL, &link) != STATUS_DONE) {
		return;
	}
	if (link_call(&link, method, NULL, &doc) == STATUS_DONE) {
		json_array_foreach(json_object_get(doc, list), i, item)
		{
			(void)puts(text_of(item, key));
		}
	}
	json_decref(doc);
	link_close(&link);
}

static void offer_devices(const struct console *console)
{
	struct console patient = *console;
	const json_t *port;
	const json_t *device;
	json_t *doc = NULL;
	size_t i;
	size_t k;

	patient.timeout_us = WAIT_US;
	if (freopen("/dev/null", "w", stderr) == NULL ||
	    link_ask(&patient, LINK_ALL, "bus.stats", NULL, &doc) != STATUS_DONE) {
		return;
	}
	json_array_foreach(json_object_get(doc, "ports"), i, port)
	{
		json_array_foreach(json_object_get(port, "devices"), k, device)
		{
			(void)puts(text_of(device, "name"));
		}
	}
	json_decref(doc);
}

static void offer_axes(void)
{
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		(void)printf("%s.%s\n", roller_name((enum roller)(a / AXIS_KIND_COUNT)),
			     axis_kind_name((enum axis_kind)(a % AXIS_KIND_COUNT)));
	}
}

static void offer_value(const struct console *console, enum verb_value value)
{
	switch (value) {
	case VALUE_PROGRAM:
		offer_list(console, "program.list", "programs", "id");
		return;
	case VALUE_FAULT:
		offer_list(console, "fault.list", "faults", "code");
		return;
	case VALUE_ACTUATOR:
		offer_list(console, "care.get", "actuators", "name");
		return;
	case VALUE_FILE:
		(void)puts("//files");
		return;
	case VALUE_CALIBRATION:
		offer_list(console, "service.calibrations", "calibrations", "what");
		return;
	case VALUE_PORT:
		offer_list(console, "bus.stats", "ports", "name");
		return;
	case VALUE_DEVICE:
		offer_devices(console);
		return;
	case VALUE_AXIS:
		offer_axes();
		return;
	case VALUE_PAD:
		for (unsigned int p = 0; p < PAD_COUNT; p++) {
			(void)puts(pad_name((enum pad)p));
		}
		return;
	case VALUE_NONE:
		return;
	}
}

static void offer_options(const struct verb *verb)
{
	for (size_t i = 0; i < sizeof(global_options) / sizeof(global_options[0]); i++) {
		(void)puts(global_options[i]);
	}
	for (size_t i = 0; i < OPTION_COUNT && verb != NULL; i++) {
		if ((verb->options & options[i].bit) != 0) {
			(void)puts(options[i].name);
		}
	}
}

/* @before: the words of the verb so far. */
static void offer_argument(const struct console *console, const struct verb *verb,
			   const char *before, unsigned int count)
{
	for (unsigned int i = 0; i < VERB_WORDS; i++) {
		const struct verb_word *word = &verb->words[i];

		const bool matches =
			count == 1 && word->name != NULL && strcmp(word->name, before) == 0;

		if (count == 0 && word->name != NULL) {
			(void)puts(word->name);
		} else if (count == 0 || matches) {
			offer_value(console, word->value);
		}
	}
}

/* The words that @option takes, or NULL when it takes none. */
static const char *option_values(const char *option)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (strcmp(option, options[i].name) == 0) {
			return options[i].values;
		}
	}
	return strcmp(option, "-n") == 0 ? "10 20 50 100" : NULL;
}

int complete_run(const struct console *console, int count, char *const words[])
{
	struct console own = *console;
	const struct verb *verb = NULL;
	const char *before = "";
	unsigned int arguments = 0;

	if (count == 0) {
		return STATUS_USAGE;
	}
	for (int i = 0; i < count - 1; i++) {
		if (option_values(words[i]) != NULL) {
			if (i == count - 2) {
				offer_words(option_values(words[i]));
				return STATUS_DONE;
			}
			own.socket = strcmp(words[i], "--socket") == 0 ? words[i + 1] : own.socket;
			i++;
		} else if (words[i][0] != '-' && verb == NULL) {
			verb = verb_find(words[i]);
			if (verb == NULL) {
				return STATUS_DONE; /* nothing follows what is not known */
			}
		} else if (words[i][0] != '-') {
			before = words[i];
			arguments++;
		}
	}
	if (words[count - 1][0] == '-') {
		offer_options(verb);
	} else if (verb != NULL) {
		offer_argument(&own, verb, before, arguments);
	} else {
		for (verb = verbs; verb->name != NULL; verb++) {
			(void)puts(verb->name);
		}
	}
	return STATUS_DONE;
}
