/* SPDX-License-Identifier: MIT */
/* support_host.c - what the archive tells of the machine. Its name is not among it. */
#include "doctor.h"
#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#define FILE_MAX 1024

/* The first bytes of a small file; empty when it cannot be read. */
static void read_text(const char *path, char text[FILE_MAX])
{
	FILE *from = fopen(path, "re");
	size_t length = 0;

	if (from != NULL) {
		length = fread(text, 1, FILE_MAX - 1U, from);
		(void)fclose(from); /* only read from */
	}
	text[length] = '\0';
	text[strcspn(text, "\r")] = '\0';
}

/* NAME="value" of /etc/os-release; null when there is none. */
static json_t *os_name(void)
{
	static const char key[] = "PRETTY_NAME=\"";
	char text[FILE_MAX];
	const char *at;

	read_text("/etc/os-release", text);
	at = strstr(text, key);
	if (at == NULL) {
		return json_null();
	}
	at += strlen(key);
	return json_stringn(at, strcspn(at, "\"\n"));
}

/* What a file says in one line; null when it is not there. */
static json_t *line_of(const char *path)
{
	char text[FILE_MAX];

	read_text(path, text);
	return text[0] == '\0' ? json_null() : json_stringn(text, strcspn(text, "\n"));
}

/* The ports that udev has named. */
static json_t *ports(void)
{
	DIR *dir = opendir("/dev/chair");
	const struct dirent *entry;
	json_t *list = json_array();

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.') {
			(void)json_array_append_new(list, json_string(entry->d_name));
		}
	}
	if (dir != NULL) {
		(void)closedir(dir); /* only read from */
	}
	return list;
}

json_t *support_system(void)
{
	struct utsname names = { 0 };
	struct sysinfo info = { 0 };

	(void)uname(&names);  /* cannot fail: the pointer is good, */
	(void)sysinfo(&info); /* likewise */
	return json_pack("{s:{s:s, s:s, s:s, s:s}, s:o, s:o, s:i, s:I, s:I, s:I, s:o, s:o}",
			 "kernel", "name", names.sysname, "release", names.release, "version",
			 names.version, "machine", names.machine, "os", os_name(), "board",
			 line_of("/proc/device-tree/model"), "processors",
			 (int)sysconf(_SC_NPROCESSORS_ONLN), "memory_mib",
			 (json_int_t)((unsigned long long)info.totalram * info.mem_unit >> 20U),
			 "memory_free_mib",
			 (json_int_t)((unsigned long long)info.freeram * info.mem_unit >> 20U),
			 "uptime_s", (json_int_t)info.uptime, "processor_mc",
			 line_of("/sys/class/thermal/thermal_zone0/temp"), "ports", ports());
}
