/* SPDX-License-Identifier: MIT */
/*
 * console.h - what every verb of chairctl knows: the options, the exit statuses, the table of
 * verbs.
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

/* The exit statuses, as chairctl(1) promises them. 6 is kept for a broker. */
enum status {
	STATUS_DONE = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_REFUSED = 3,	  /* by an interlock or the state of the chair */
	STATUS_NOT_PERMITTED = 4, /* no socket that this user may open suffices */
	STATUS_NO_DAEMON = 5,
	STATUS_TIMEOUT = 7, /* the result is not known */
	STATUS_FAULT = 8,   /* the chair is in fault; doctor: something is wrong */
	STATUS_INTERRUPTED = 130,
};

/* Options that belong to some verbs only, as bits. */
enum option_bit {
	OPTION_SIDE = 1U << 0U,
	OPTION_LEVEL = 1U << 1U,
	OPTION_MINUTES = 1U << 2U,
	OPTION_LINES = 1U << 3U,
	OPTION_FOLLOW = 1U << 4U,
	OPTION_CONFIG = 1U << 5U,
	OPTION_PROFILES = 1U << 6U,
	OPTION_ONCE = 1U << 7U,
	OPTION_SVG = 1U << 8U,
	OPTION_CUT = 1U << 9U,
	OPTION_FOR = 1U << 10U,
};

/* The command line. Strings are borrowed from argv. */
struct console {
	const char *socket; /* a socket, or the directory of them */
	bool json;
	bool quiet;
	bool color;
	uint64_t timeout_us; /* for each answer of the daemon */
	unsigned int given;  /* enum option_bit */
	const char *side;
	const char *config;
	const char *profiles;
	const char *svg; /* replay: where to draw it, */
	const char *cut; /* and where to put the part that a test needs */
	int level;
	int minutes;
	int lines;
	int duration_ms; /* of a jog or a heat test */
};

/* What a word after a verb can be, for completion. */
enum verb_value {
	VALUE_NONE,
	VALUE_PROGRAM, /* ids of program.list */
	VALUE_FAULT,   /* codes of fault.list */
	VALUE_FILE,
	VALUE_AXIS, /* "back.depth" */
	VALUE_PAD,
	VALUE_PORT, /* of bus.stats, like the next */
	VALUE_DEVICE,
	VALUE_CALIBRATION, /* names of service.calibrations */
	VALUE_ACTUATOR,	   /* names of care.get */
};

struct verb_word {
	const char *name; /* NULL: the verb's own argument */
	enum verb_value value;
};

#define VERB_WORDS 4

struct verb {
	const char *name;
	const char *arguments; /* as help shows them */
	const char *summary;
	unsigned int options; /* enum option_bit */
	unsigned int words_min;
	unsigned int words_max;
	struct verb_word words[VERB_WORDS]; /* the first word, and what may follow it */
	bool no_json;
	/* @words: what follows the verb, within the bounds above. Returns an enum status; what it
	 * has to say has been said. */
	int (*run)(const struct console *console, int count, char *const words[]);
};

/* All verbs, ended by one without a name. */
extern const struct verb verbs[];

/* NULL when there is none. */
const struct verb *verb_find(const char *name);

/* `chairctl __complete WORD...`: what the last word may become, one a line; "//files" stands for
 * names of files. */
int complete_run(const struct console *console, int count, char *const words[]);

int verb_bus(const struct console *console, int count, char *const words[]);
int verb_calibrate(const struct console *console, int count, char *const words[]);
int verb_care(const struct console *console, int count, char *const words[]);
int verb_config(const struct console *console, int count, char *const words[]);
int verb_doctor(const struct console *console, int count, char *const words[]);
int verb_faults(const struct console *console, int count, char *const words[]);
int verb_guests(const struct console *console, int count, char *const words[]);
int verb_heat(const struct console *console, int count, char *const words[]);
int verb_history(const struct console *console, int count, char *const words[]);
int verb_interlocks(const struct console *console, int count, char *const words[]);
int verb_io(const struct console *console, int count, char *const words[]);
int verb_jog(const struct console *console, int count, char *const words[]);
int verb_log(const struct console *console, int count, char *const words[]);
int verb_pause(const struct console *console, int count, char *const words[]);
int verb_programs(const struct console *console, int count, char *const words[]);
int verb_replace(const struct console *console, int count, char *const words[]);
int verb_replay(const struct console *console, int count, char *const words[]);
int verb_resume(const struct console *console, int count, char *const words[]);
int verb_selftest(const struct console *console, int count, char *const words[]);
int verb_start(const struct console *console, int count, char *const words[]);
int verb_status(const struct console *console, int count, char *const words[]);
int verb_support(const struct console *console, int count, char *const words[]);
int verb_stop(const struct console *console, int count, char *const words[]);
int verb_version(const struct console *console, int count, char *const words[]);
int verb_watch(const struct console *console, int count, char *const words[]);

#endif /* CONSOLE_H */
