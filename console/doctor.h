/* SPDX-License-Identifier: MIT */
/* doctor.h - what `chairctl doctor` has found so far, shared by its checks. */
#ifndef CONSOLE_DOCTOR_H
#define CONSOLE_DOCTOR_H

#include "console.h"

#include <jansson.h>
#include <sys/types.h>

enum finding {
	FINDING_OK,
	FINDING_NOTE, /* worth knowing; nothing has to be done */
	FINDING_WRONG,
};

struct doctor {
	const struct console *console;
	json_t *checks; /* owned */
	unsigned int wrong;
	pid_t chaird;	  /* 0: not running, or not ours to see */
	char config[256]; /* the running daemon's, else what was given or the default */
	char profiles[256];
	char storage[256];
	char *printed; /* chaird --print-config, NULL when it is not valid; owned */
};

/* One more finding. @advice: what to do, NULL for nothing. */
void doctor_find(struct doctor *doctor, enum finding finding, const char *check, const char *advice,
		 const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The value of @option in the command line of @pid into @text; false: not given or not to be seen.
 */
bool doctor_option(pid_t pid, const char *option, char *text, size_t size);

/* The rest of the line of @text that begins with @key and a colon, without quotes; the indentation
 * does not count. False: there is none. */
bool doctor_value(const char *text, const char *key, char *value, size_t size);

/* Finds the running daemon and which files it uses. */
void doctor_daemon(struct doctor *doctor);

/* `chair-mqtt --print-config` of the gateway of this chair, to be freed; NULL: it does not run, or
 * its file may not be read by us. doctor_host.c. */
char *doctor_gateway(const struct console *console);

/* What the machine gives: doctor_host.c. */
void doctor_clock(struct doctor *doctor);
void doctor_storage(struct doctor *doctor);
void doctor_gpio(struct doctor *doctor);
void doctor_broker(struct doctor *doctor);

#endif /* CONSOLE_DOCTOR_H */
