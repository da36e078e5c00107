/* SPDX-License-Identifier: MIT */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include "gateway_log.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

static const struct {
	const char *name;
	const char *message_id;
} kinds[] = {
	[GATEWAY_LOG_INTERNAL] = { "internal", "MESSAGE_ID=0631d75857a695dd71c1aff856b2867b" },
	[GATEWAY_LOG_STARTED] = { "started", "MESSAGE_ID=362b4fa4075355760ffeda6d8e648c0d" },
	[GATEWAY_LOG_BROKER_UP] = { "broker_up", "MESSAGE_ID=8a7ae83294ea183c74066aadd47175ed" },
	[GATEWAY_LOG_BROKER_DOWN] = { "broker_down",
				      "MESSAGE_ID=f54421eecde76467ff8997178a996dfb" },
	[GATEWAY_LOG_CHAIR_UP] = { "chair_up", "MESSAGE_ID=23643b3daa037e6edafde7b498116aa9" },
	[GATEWAY_LOG_CHAIR_DOWN] = { "chair_down", "MESSAGE_ID=3594984d25ee8d588889c349a3587f67" },
	[GATEWAY_LOG_COMMAND] = { "command", "MESSAGE_ID=c962ed2e6c0db21cadc3884a4879285f" },
	[GATEWAY_LOG_COMMAND_IGNORED] = { "command_ignored",
					  "MESSAGE_ID=306e0e3e2941adc6f92c9244576bb5fd" },
	[GATEWAY_LOG_PUBLISH_REFUSED] = { "publish_refused",
					  "MESSAGE_ID=5d0b7c29f1e64a83b6c4e8f2907a13dc" },
};
_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == GATEWAY_LOG_COUNT, "every kind needs a name");

static bool to_journal;

/* $JOURNAL_STREAM names the journal's end of standard error; a child that was given another one
 * inherits the variable all the same. */
void gateway_log_init(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device = 0;
	unsigned long long inode = 0;
	struct stat st;
	char *end = NULL;

	if (stream == NULL || fstat(STDERR_FILENO, &st) < 0) {
		return;
	}
	device = strtoull(stream, &end, 10);
	if (*end == ':') {
		inode = strtoull(end + 1, NULL, 10);
	}
	to_journal = device == st.st_dev && inode == st.st_ino;
}

static struct iovec field_of(char *text)
{
	return (struct iovec){ .iov_base = text, .iov_len = strlen(text) };
}

void gateway_log(enum gateway_log_kind kind, int priority, const char *field, const char *format,
		 ...)
{
	char message[512] = "MESSAGE=";
	char level[16];
	char name[64];
	char id[64];
	char extra[192];
	struct iovec fields[5];
	const size_t prefix = strlen(message);
	va_list args;

	assert((unsigned int)kind < GATEWAY_LOG_COUNT);

	va_start(args, format);
	(void)vsnprintf(message + prefix, sizeof(message) - prefix, format, args);
	va_end(args);
	if (!to_journal) {
		(void)fprintf(stderr, "chair-mqtt: %s: %s\n", kinds[kind].name, message + prefix);
		return;
	}
	(void)snprintf(level, sizeof(level), "PRIORITY=%d", priority);
	(void)snprintf(name, sizeof(name), "CHAIR_KIND=%s", kinds[kind].name);
	(void)snprintf(id, sizeof(id), "%s", kinds[kind].message_id);
	(void)snprintf(extra, sizeof(extra), "%s",
		       field == NULL ? "CHAIR_PROGRAM=chair-mqtt" : field);
	fields[0] = field_of(message);
	fields[1] = field_of(level);
	fields[2] = field_of(name);
	fields[3] = field_of(id);
	fields[4] = field_of(extra);
	(void)sd_journal_sendv(fields, 5); /* a lost log line must not stop a chair */
}
