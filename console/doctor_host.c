/* SPDX-License-Identifier: MIT */
/* doctor_host.c - what `chairctl doctor` looks at outside of chaird. */
#include "doctor.h"
#include "link.h"
#include "tools.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#define FREE_MIN_MIB 100U /* a year of history has a tenth of it, the flight recorder 8 */
#define CHIPS_MAX    32

void doctor_clock(struct doctor *doctor)
{
	struct timex timex = { .modes = 0 };

	if (adjtimex(&timex) == TIME_ERROR || (timex.status & STA_UNSYNC) != 0) {
		doctor_find(doctor, FINDING_WRONG, "clock",
			    "timedatectl; a network or a battery-backed clock. Until then only "
			    "running time counts for daily limits",
			    "the clock is not synchronised");
	} else {
		doctor_find(doctor, FINDING_OK, "clock", NULL, "the clock is synchronised");
	}
}

void doctor_storage(struct doctor *doctor)
{
	struct statvfs info;
	unsigned long long free_mib;

	if (!(doctor->chaird != 0 && doctor_option(doctor->chaird, "--storage", doctor->storage,
						   sizeof(doctor->storage))) &&
	    !doctor_value(doctor->printed, "storage", doctor->storage, sizeof(doctor->storage))) {
		(void)snprintf(doctor->storage, sizeof(doctor->storage), "/var/lib/chaird");
	}
	if (statvfs(doctor->storage, &info) < 0) {
		doctor_find(doctor, FINDING_WRONG, "storage", "systemd-tmpfiles --create", "%s: %s",
			    doctor->storage, strerror(errno));
		return;
	}
	free_mib = (unsigned long long)info.f_bavail * info.f_frsize / (1024U * 1024U);
	if ((info.f_flag & ST_RDONLY) != 0) {
		doctor_find(doctor, FINDING_WRONG, "storage",
			    "dmesg; a worn SD card turns read-only", "%s is read-only",
			    doctor->storage);
	} else if (free_mib < FREE_MIN_MIB) {
		doctor_find(doctor, FINDING_WRONG, "storage", "make room: journalctl --vacuum-size",
			    "%s has %llu MiB left", doctor->storage, free_mib);
	} else {
		doctor_find(doctor, FINDING_OK, "storage", NULL, "%s has %llu MiB left",
			    doctor->storage, free_mib);
	}
}

/* Whether there is a chip of this label or name. -EACCES when they may not be looked at. */
static int look_for_chip(const char *label)
{
	int result = -ENOENT;

	for (int i = 0; i < CHIPS_MAX; i++) {
		struct gpiochip_info info = { 0 };
		char path[32];
		int fd;

		(void)snprintf(path, sizeof(path), "/dev/gpiochip%d", i);
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd < 0) {
			result = errno == EACCES ? -EACCES : result;
			continue;
		}
		if (ioctl(fd, GPIO_GET_CHIPINFO_IOCTL, &info) == 0 &&
		    (strncmp(info.label, label, sizeof(info.label)) == 0 ||
		     strncmp(info.name, label, sizeof(info.name)) == 0)) {
			result = 0;
		}
		(void)close(fd); /* only looked at */
		if (result == 0) {
			return 0;
		}
	}
	return result;
}

static void check_chip(struct doctor *doctor, const char *label)
{
	const int r = look_for_chip(label);

	if (r == 0) {
		doctor_find(doctor, FINDING_OK, "gpio", NULL, "the chip %s is there", label);
	} else if (r == -EACCES) {
		doctor_find(doctor, FINDING_NOTE, "gpio",
			    "root and the group gpio may look: sudo chairctl doctor",
			    "GPIO chips may not be looked at by you");
	} else {
		doctor_find(doctor, FINDING_WRONG, "gpio",
			    "gpiodetect lists the labels; write the right one into `chip:` of "
			    "chair.yaml",
			    "there is no GPIO chip %s", label);
	}
}

void doctor_gpio(struct doctor *doctor)
{
	char backend[32];
	char value[256] = "";
	const char *chip;
	struct stat info;

	if (doctor->printed == NULL ||
	    !doctor_value(doctor->printed, "backend", backend, sizeof(backend))) {
		return; /* the configuration has been found wrong */
	}
	if (strcmp(backend, "simulator") != 0) {
		/* All lines of the reference chair are on one chip; the first names it. */
		chip = strstr(doctor->printed, "{chip: ");
		if (chip != NULL) {
			chip += strlen("{chip: ");
			(void)snprintf(value, sizeof(value), "%.*s", (int)strcspn(chip, ",}"),
				       chip);
			check_chip(doctor, value);
		}
		return;
	}
	/* Not to be opened: it serves one controller. */
	if (!doctor_value(doctor->printed, "socket", value, sizeof(value)) ||
	    stat(value, &info) < 0 || !S_ISSOCK(info.st_mode)) {
		doctor_find(doctor, FINDING_WRONG, "gpio", "start chairsim",
			    "the lines of the simulated chair are missing: %s", value);
	} else {
		doctor_find(doctor, FINDING_OK, "gpio", NULL, "a simulated chair is there");
	}
}

/* The next process of this name, 0 at the end. */
static pid_t next_process(DIR *proc, const char *name)
{
	struct dirent *entry;

	while ((entry = readdir(proc)) != NULL) {
		char path[300];
		char comm[64] = "";
		FILE *from;

		if (!isdigit((unsigned char)entry->d_name[0])) {
			continue;
		}
		(void)snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		from = fopen(path, "re");
		if (from == NULL) {
			continue; /* it has ended */
		}
		if (fgets(comm, sizeof(comm), from) != NULL) {
			comm[strcspn(comm, "\n")] = '\0';
		}
		(void)fclose(from); /* only read from */
		if (strcmp(comm, name) == 0) {
			return (pid_t)strtol(entry->d_name, NULL, 10);
		}
	}
	return 0;
}

/* Connect to @host within the time of an answer. 0 or -errno. */
static int reach(const struct console *console, const char *host, const char *port)
{
	const struct addrinfo wanted = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	int r = -EHOSTUNREACH;

	if (getaddrinfo(host, port, &wanted, &found) != 0) {
		return -EHOSTUNREACH;
	}
	for (const struct addrinfo *a = found; a != NULL && r < 0; a = a->ai_next) {
		const int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		struct pollfd wait = { .fd = fd, .events = POLLOUT };
		socklen_t size = sizeof(r);
		int error = 0;

		if (fd < 0) {
			continue;
		}
		if (connect(fd, a->ai_addr, a->ai_addrlen) == 0) {
			r = 0;
		} else if (errno != EINPROGRESS) {
			r = -errno;
		} else if (poll(&wait, 1, (int)(console->timeout_us / 1000U)) != 1) {
			r = -ETIMEDOUT;
		} else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0) {
			r = -error;
		}
		(void)close(fd); /* nothing was sent */
	}
	freeaddrinfo(found);
	return r;
}

/* @url: mqtt://host:port, the host perhaps in brackets. */
static void check_broker(struct doctor *doctor, char *url)
{
	char *host = strstr(url, "://");
	char *port = strrchr(url, ':');
	char *bracket;
	int r;

	if (host == NULL || port == NULL || port <= host) {
		return; /* --print-config always writes both */
	}
	*port++ = '\0';
	host += strlen("://");
	bracket = strchr(host, ']');
	if (host[0] == '[' && bracket != NULL) {
		*bracket = '\0';
		host++;
	}
	r = reach(doctor->console, host, port);
	if (r < 0) {
		doctor_find(doctor, FINDING_WRONG, "broker",
			    "is the broker running, and `broker:` of chair-mqtt.yaml right?",
			    "%s port %s cannot be reached: %s", host, port, strerror(-r));
	} else {
		doctor_find(doctor, FINDING_OK, "broker", NULL, "%s port %s can be reached", host,
			    port);
	}
}

/* The configuration of the gateway @pid. 0 and an owned text, -EACCES when it cannot be read by us,
 * -ENOENT when it is another chair's. */
static int gateway_config(const struct console *console, pid_t pid, char file[256], char **ret)
{
	char ours[256];
	char path[300];
	char value[300];
	char *text = NULL;
	const char *argv[] = { tool_path("chair-mqtt", path, sizeof(path)), "--print-config",
			       "--config", file, NULL };
	int r;

	(void)snprintf(file, 256, "/etc/chaird/chair-mqtt.yaml");
	(void)doctor_option(pid, "--config", file, 256);
	r = tool_read(argv, true, &text);
	if (r != 0 || text == NULL) {
		free(text);
		return -EACCES;
	}
	if (!doctor_option(pid, "--socket", value, sizeof(value)) &&
	    !doctor_value(text, "socket", value, sizeof(value))) {
		value[0] = '\0';
	}
	if (!link_path(console, LINK_HOME, ours, sizeof(ours)) || strcmp(ours, value) != 0) {
		free(text);
		return -ENOENT;
	}
	*ret = text;
	return 0;
}

char *doctor_gateway(const struct console *console)
{
	DIR *proc = opendir("/proc");
	char *text = NULL;
	char file[256];
	pid_t pid;

	while (proc != NULL && text == NULL && (pid = next_process(proc, "chair-mqtt")) != 0) {
		(void)gateway_config(console, pid, file, &text); /* then it is not ours */
	}
	if (proc != NULL) {
		(void)closedir(proc); /* only read from */
	}
	return text;
}

/* A running gateway: whose chair, which broker. False when it is another chair's. */
static bool check_gateway(struct doctor *doctor, pid_t pid)
{
	char file[256];
	char value[300];
	char *text = NULL;
	const int r = gateway_config(doctor->console, pid, file, &text);

	if (r == -ENOENT) {
		return false;
	}
	if (r < 0) {
		doctor_find(doctor, FINDING_NOTE, "broker", "sudo chairctl doctor",
			    "the gateway's configuration %s cannot be read by you", file);
		return true;
	}
	if (doctor_value(text, "broker", value, sizeof(value))) {
		check_broker(doctor, value);
	}
	free(text);
	return true;
}

void doctor_broker(struct doctor *doctor)
{
	DIR *proc = opendir("/proc");
	bool found = false;
	pid_t pid;

	while (proc != NULL && (pid = next_process(proc, "chair-mqtt")) != 0) {
		found = check_gateway(doctor, pid) || found;
	}
	if (proc != NULL) {
		(void)closedir(proc); /* only read from */
	}
	if (!found) {
		doctor_find(doctor, FINDING_OK, "broker", NULL,
			    "chair-mqtt does not run: no broker is needed");
	}
}
