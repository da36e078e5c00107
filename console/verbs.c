/* SPDX-License-Identifier: MIT */
/* verbs.c - the table that dispatch, help and completion follow. */
#include "console.h"
#include "link.h"
#include "show.h"
#include "top.h"

#include <stdio.h>
#include <string.h>

#define START_OPTIONS (OPTION_SIDE | OPTION_LEVEL | OPTION_MINUTES)
#define FILES	      (OPTION_CONFIG | OPTION_PROFILES)

/* clang-format off */
const struct verb verbs[] = {
	{ "status", "", "what the chair does, and what keeps it from more (exit 8: in fault)",
	  0, 0, 0, { { 0 } }, false, verb_status },
	{ "watch", "", "a line for each event and change of state",
	  0, 0, 0, { { 0 } }, false, verb_watch },
	{ "top", "", "the live view, full screen; --once prints one frame",
	  OPTION_ONCE, 0, 0, { { 0 } }, true, verb_top },
	{ "stop", "", "stop the session; needs no rights",
	  0, 0, 0, { { 0 } }, false, verb_stop },
	{ "start", "PROGRAM", "start a program, or ask for it at the chair",
	  START_OPTIONS, 1, 1, { { NULL, VALUE_PROGRAM } }, false, verb_start },
	{ "pause", "", "take the rollers off the body, keep the session",
	  0, 0, 0, { { 0 } }, false, verb_pause },
	{ "resume", "", "go on with a paused or stopped session",
	  0, 0, 0, { { 0 } }, false, verb_resume },
	{ "programs", "[list | show ID | check FILE]", "what can be started; check a program's file",
	  OPTION_SIDE | FILES, 0, 2,
	  { { "list", VALUE_NONE }, { "show", VALUE_PROGRAM }, { "check", VALUE_FILE } }, false, verb_programs },
	{ "guests", "", "how many guests have a profile",
	  0, 0, 0, { { 0 } }, false, verb_guests },
	{ "io", "", "switch inputs and outputs",
	  0, 0, 0, { { 0 } }, false, verb_io },
	{ "bus", "[scan PORT | read PORT ADDRESS REGISTER]", "the devices of each port and their errors; who answers",
	  OPTION_LINES, 0, 4, { { "scan", VALUE_PORT }, { "read", VALUE_PORT } }, false, verb_bus },
	{ "interlocks", "", "every cause: its level, why, how it clears",
	  0, 0, 0, { { 0 } }, false, verb_interlocks },
	{ "faults", "[list | explain CODE]", "causes in force; one of them explained",
	  0, 0, 2, { { "list", VALUE_NONE }, { "explain", VALUE_FAULT } }, false, verb_faults },
	{ "selftest", "", "do the proof tests once more (exit 8: one failed)",
	  0, 0, 0, { { 0 } }, false, verb_selftest },
	{ "jog", "AXIS SPEED | ROLLER home", "move one axis slowly, in service; find a roller's stops",
	  OPTION_FOR, 2, 2, { { NULL, VALUE_AXIS } }, false, verb_jog },
	{ "heat", "PAD [C]", "warm one pad, in service",
	  OPTION_FOR, 1, 2, { { NULL, VALUE_PAD } }, false, verb_heat },
	{ "calibrate", "[list | log | WHAT MEASURED | WHAT reset]", "what was measured of this chair",
	  OPTION_LINES, 0, 2,
	  { { "list", VALUE_NONE }, { "log", VALUE_NONE }, { NULL, VALUE_CALIBRATION } }, false, verb_calibrate },
	{ "replace", "DEVICE", "give a new drive or sensor its place, and prove it",
	  0, 1, 1, { { NULL, VALUE_DEVICE } }, false, verb_replace },
	{ "care", "[list | reset ACTUATOR]", "what has worn, what to look at; a part was replaced",
	  0, 0, 2, { { "list", VALUE_NONE }, { "reset", VALUE_ACTUATOR } }, false, verb_care },
	{ "history", "", "the last sessions",
	  OPTION_LINES, 0, 0, { { 0 } }, false, verb_history },
	{ "log", "", "the journal of the chair's services",
	  OPTION_LINES | OPTION_FOLLOW, 0, 0, { { 0 } }, false, verb_log },
	{ "config", "[show | check]", "the configuration in force; its errors",
	  FILES, 0, 1, { { "show", VALUE_NONE }, { "check", VALUE_NONE } }, false, verb_config },
	{ "replay", "FILE", "run the core over a flight recording and tell what happened",
	  OPTION_SVG | OPTION_CUT, 1, 1, { { NULL, VALUE_FILE } }, false, verb_replay },
	{ "doctor", "", "look at everything the chair needs (exit 8: something is wrong)",
	  FILES, 0, 0, { { 0 } }, false, verb_doctor },
	{ "support", "[FILE]", "one archive for a maintainer, without anything about people",
	  FILES, 0, 1, { { NULL, VALUE_FILE } }, false, verb_support },
	{ "version", "", "the versions of chairctl and the running chaird",
	  0, 0, 0, { { 0 } }, false, verb_version },
	{ NULL, NULL, NULL, 0, 0, 0, { { 0 } }, false, NULL },
};
/* clang-format on */

const struct verb *verb_find(const char *name)
{
	for (const struct verb *verb = verbs; verb->name != NULL; verb++) {
		if (strcmp(verb->name, name) == 0) {
			return verb;
		}
	}
	return NULL;
}

/* Of the running daemon, as a new string; null when it does not answer. */
static json_t *daemon_version(const struct console *console)
{
	json_t *doc = NULL;
	json_t *version = NULL;

	if (link_answers(console) &&
	    link_ask(console, LINK_ALL, "daemon.version", NULL, &doc) == STATUS_DONE) {
		version = json_incref(json_object_get(doc, "version"));
	}
	json_decref(doc);
	return version == NULL ? json_null() : version;
}

int verb_version(const struct console *console, int count, char *const words[])
{
	json_t *daemon = daemon_version(console);
	const char *running = json_string_value(daemon);

	(void)count;
	(void)words;
	if (console->json) {
		return show_json("version", json_pack("{s:s, s:o}", "version", CHAIR_VERSION,
						      "daemon", daemon));
	}
	(void)printf("chairctl %s\n", CHAIR_VERSION);
	if (running == NULL) {
		say_hint("chaird does not answer");
	} else {
		(void)printf("chaird   %s\n", running);
	}
	if (running != NULL && strcmp(running, CHAIR_VERSION) != 0) {
		say_hint("they differ: chaird takes the new one when the chair is idle, by "
			 "systemctl reload chaird");
	}
	json_decref(daemon);
	return STATUS_DONE;
}
