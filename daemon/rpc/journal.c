/* SPDX-License-Identifier: MIT */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include "journal.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

static const char *program_name = "chair";
static bool to_journal;

/* $JOURNAL_STREAM names the journal's end of standard error; a child that was given another one
 * inherits the variable all the same. */
void journal_open(const char *program)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device;
	unsigned long long inode = 0;
	struct stat st;
	char *end = NULL;

	program_name = program;
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

void journal(const struct journal_kind *kind, int priority, const char *field, const char *format,
	     ...)
{
	char message[768] = "MESSAGE=";
	char level[16];
	char name[64];
	char id[64];
	char extra[192];
	struct iovec fields[5];
	const size_t prefix = strlen(message);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(message + prefix, sizeof(message) - prefix, format, args);
	va_end(args);
	if (!to_journal) {
		(void)fprintf(stderr, "<%d>%s: %s: %s\n", priority, program_name, kind->name,
			      message + prefix);
		return;
	}
	(void)snprintf(level, sizeof(level), "PRIORITY=%d", priority);
	(void)snprintf(name, sizeof(name), "CHAIR_KIND=%s", kind->name);
	(void)snprintf(id, sizeof(id), "MESSAGE_ID=%s", kind->message_id);
	(void)snprintf(extra, sizeof(extra), "%s", field == NULL ? "CHAIR_FIELD=" : field);
	fields[0] = field_of(message);
	fields[1] = field_of(level);
	fields[2] = field_of(name);
	fields[3] = field_of(id);
	fields[4] = field_of(extra);
	(void)sd_journal_sendv(fields, field == NULL ? 4 : 5); /* a lost line stops nothing */
}
