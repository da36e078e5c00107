/* SPDX-License-Identifier: MIT */
/* doctor.c - `chairctl doctor`: everything the chair needs, looked at once, with what to do. */
#include "doctor.h"

#include "link.h"
#include "replace.h"
#include "show.h"
#include "tools.h"

#include <errno.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define CRC_SHARE_MAX 0.01 /* of the requests; a good line has none */

static const char *const finding_names[] = { "ok", "note", "wrong" };

void doctor_find(struct doctor *doctor, enum finding finding, const char *check, const char *advice,
		 const char *format, ...)
{
	char text[600];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	doctor->wrong += finding == FINDING_WRONG ? 1U : 0U;
	(void)json_array_append_new(doctor->checks,
				    json_pack("{s:s, s:s, s:s, s:s?}", "check", check, "level",
					      finding_names[finding], "text", text, "advice",
					      finding == FINDING_OK ? NULL : advice));
}

bool doctor_option(pid_t pid, const char *option, char *text, size_t size)
{
	char path[64];
	char words[2048];
	FILE *from;
	size_t length;

	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	from = fopen(path, "re");
	if (from == NULL) {
		return false;
	}
	length = fread(words, 1, sizeof(words) - 1U, from);
	(void)fclose(from); /* only read from */
	words[length] = '\0';
	for (const char *word = words; word < words + length; word += strlen(word) + 1U) {
		const char *next = word + strlen(word) + 1U;

		if (strcmp(word, option) == 0 && next < words + length) {
			(void)snprintf(text, size, "%s", next);
			return true;
		}
	}
	return false;
}

bool doctor_value(const char *text, const char *key, char *value, size_t size)
{
	const size_t length = strlen(key);

	for (; text != NULL && *text != '\0'; text = strchr(text, '\n')) {
		text += strspn(text, "\n ");
		if (strncmp(text, key, length) == 0 && text[length] == ':') {
			const char *ends = "\n #";

			text += length + 1U;
			text += strspn(text, " ");
			if (*text == '"') {
				text++;
				ends = "\n\"";
			}
			(void)snprintf(value, size, "%.*s", (int)strcspn(text, ends), text);
			return value[0] != '\0';
		}
	}
	return false;
}

/* Who listens there; 0 when nobody does. */
static pid_t listener_of(const struct console *console)
{
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);
	struct rpc_client *client;
	char path[256];

	for (unsigned int role = 0; role < LINK_ROLE_COUNT && peer.pid == 0; role++) {
		if (!link_path(console, (enum link_role)role, path, sizeof(path)) ||
		    rpc_client_new(path, &client) < 0) {
			continue;
		}
		rpc_client_process(client, link_now_us());
		if (rpc_client_connected(client)) {
			(void)getsockopt(rpc_client_fd(client), SOL_SOCKET, SO_PEERCRED, &peer,
					 &size);
		}
		rpc_client_free(client);
	}
	return peer.pid;
}

void doctor_daemon(struct doctor *doctor)
{
	const struct console *console = doctor->console;

	doctor->chaird = listener_of(console);
	(void)snprintf(doctor->config, sizeof(doctor->config), "%s", "/etc/chaird/chair.yaml");
	(void)snprintf(doctor->profiles, sizeof(doctor->profiles), "%s", PROFILES_DIR);
	if (doctor->chaird == 0) {
		doctor_find(doctor, FINDING_WRONG, "daemon",
			    "systemctl status chaird; chairctl log. It is started with systemctl "
			    "enable --now chaird",
			    "chaird does not listen at %s", console->socket);
	} else {
		doctor_find(doctor, FINDING_OK, "daemon", NULL, "chaird listens at %s",
			    console->socket);
		(void)doctor_option(doctor->chaird, "--config", doctor->config,
				    sizeof(doctor->config));
		(void)doctor_option(doctor->chaird, "--profiles", doctor->profiles,
				    sizeof(doctor->profiles));
	}
	if (console->config != NULL) {
		(void)snprintf(doctor->config, sizeof(doctor->config), "%s", console->config);
	}
	if (console->profiles != NULL) {
		(void)snprintf(doctor->profiles, sizeof(doctor->profiles), "%s", console->profiles);
	}
}

static void check_configuration(struct doctor *doctor)
{
	char path[300];
	const char *argv[] = { tool_path("chaird", path, sizeof(path)),
			       "--print-config",
			       "--config",
			       doctor->config,
			       "--profiles",
			       doctor->profiles,
			       NULL };
	char *text = NULL;
	const int r = tool_read(argv, true, &text);

	if (r == 0) {
		doctor_find(doctor, FINDING_OK, "configuration", NULL, "%s is valid",
			    doctor->config);
		doctor->printed = text;
		return;
	}
	if (r < 0 || r == TOOL_MISSING || text == NULL) {
		doctor_find(doctor, FINDING_WRONG, "configuration", "install the package chaird",
			    "%s cannot be run", argv[0]);
	} else {
		doctor_find(doctor, FINDING_WRONG, "configuration",
			    "chairctl config check tells every error", "%.*s",
			    (int)strcspn(text, "\n"), text);
	}
	free(text);
}

static void check_socket(struct doctor *doctor, enum link_role role)
{
	const bool for_all = role == LINK_WATCH;
	const struct group *group;
	struct stat info;
	char path[256];
	int r;

	if (!link_path(doctor->console, role, path, sizeof(path))) {
		return; /* --socket names another one */
	}
	r = link_probe(path);
	if (stat(path, &info) < 0) {
		doctor_find(doctor, FINDING_WRONG, "sockets",
			    "chaird makes it; look at chairctl log", "%s is missing", path);
		return;
	}
	group = getgrgid(info.st_gid);
	if (!for_all && (info.st_mode & S_IRWXO) != 0) {
		doctor_find(doctor, FINDING_WRONG, "sockets",
			    "restart chaird, and find out who changed its mode",
			    "%s is open to everybody", path);
	} else if (r < 0 && (for_all || (r != -EACCES && r != -EPERM))) {
		doctor_find(doctor, FINDING_WRONG, "sockets", "systemctl restart chaird", "%s: %s",
			    path, strerror(-r));
	} else {
		doctor_find(doctor, FINDING_OK, "sockets", NULL,
			    "%s.sock, group %s: you may%s open it", link_role_name(role),
			    group == NULL ? "unknown" : group->gr_name, r < 0 ? " not" : "");
	}
}

/* Without its group a socket is root's and chaird's own. */
static void check_groups(struct doctor *doctor)
{
	char missing[120] = "";
	size_t length = 0;

	for (unsigned int role = LINK_HOME; role < LINK_ROLE_COUNT; role++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "chair-%s",
			       link_role_name((enum link_role)role));
		if (getgrnam(name) == NULL) {
			length += (size_t)snprintf(missing + length, sizeof(missing) - length,
						   "%s%s", length == 0 ? "" : ", ", name);
		}
	}
	if (length > 0) {
		doctor_find(doctor, FINDING_NOTE, "groups",
			    "the package makes them: systemd-sysusers chaird.conf",
			    "missing: %s; only root and chaird's own user may open those sockets",
			    missing);
	} else {
		doctor_find(doctor, FINDING_OK, "groups", NULL, "there is one for each socket");
	}
}

static void check_state(struct doctor *doctor)
{
	const json_t *cause;
	json_t *doc = NULL;
	size_t i;

	if (link_ask(doctor->console, LINK_ALL, "state.get", NULL, &doc) != STATUS_DONE) {
		doctor_find(doctor, FINDING_WRONG, "state", "systemctl restart chaird",
			    "chaird does not tell its state");
		return;
	}
	if (strcmp(text_of(doc, "state"), "fault") == 0) {
		doctor_find(doctor, FINDING_WRONG, "state",
			    "mend the cause, then press the start button at the chair",
			    "the chair is in fault");
	} else {
		doctor_find(doctor, FINDING_OK, "state", NULL, "the chair is %s",
			    text_of(doc, "state"));
	}
	json_array_foreach(json_object_get(doc, "faults"), i, cause)
	{
		doctor_find(doctor, FINDING_NOTE, "state", "chairctl faults explain CODE", "%s %s",
			    text_of(cause, "code"), text_of(cause, "text"));
	}
	json_array_foreach(json_object_get(doc, "care"), i, cause)
	{
		doctor_find(doctor, FINDING_NOTE, "care", "chairctl care tells what to look at",
			    "%s has come to 90 %% of what it may wear", json_string_value(cause));
	}
	json_array_foreach(json_object_get(doc, "inhibits"), i, cause)
	{
		doctor_find(doctor, FINDING_NOTE, "state", "chairctl faults explain CODE", "%s %s",
			    text_of(cause, "code"), text_of(cause, "text"));
	}
	json_decref(doc);
}

/* Is somebody there under another address or at another speed? */
static void sense_at(struct doctor *doctor, struct link *link, const json_t *port,
		     const json_t *device, int address, int baud)
{
	const int line_baud = (int)integer_of(port, "baud");
	const char *name = text_of(device, "name");
	const enum heard heard =
		bus_sense(link, text_of(port, "name"), address, baud == line_baud ? 0 : baud);

	if (heard == HEARD_ONE) {
		doctor_find(doctor, FINDING_WRONG, "bus",
			    "if that is the new device: turn the service key and run chairctl "
			    "replace with its name",
			    "%s: somebody answers at address %d, %d baud", name, address, baud);
	} else if (heard == HEARD_SEVERAL) {
		doctor_find(doctor, FINDING_WRONG, "bus",
			    "two devices at one address, or noise: pull one plug after the other",
			    "%s: the reply from address %d is damaged", name, address);
	}
}

/* The place of a device that is silent, and those that its kind leaves the factory with. */
static void sense_device(struct doctor *doctor, const json_t *port, const json_t *device)
{
	const int line_baud = (int)integer_of(port, "baud");
	const int factory_baud = (int)integer_of(device, "default_baud");
	const json_t *address;
	struct link link;
	char path[256];
	size_t i;

	if (!link_path(doctor->console, LINK_SERVICE, path, sizeof(path)) || link_probe(path) < 0 ||
	    link_open(doctor->console, LINK_BIT(LINK_SERVICE), &link) != STATUS_DONE) {
		return; /* who may not look is told so by the check of the sockets */
	}
	json_array_foreach(json_object_get(device, "factory"), i, address)
	{
		const int at = (int)json_integer_value(address);
		const json_t *known = bus_device_at(port, at);

		if (known != NULL && known != device) {
			continue; /* that one would answer */
		}
		sense_at(doctor, &link, port, device, at, line_baud);
		if (factory_baud != line_baud) {
			sense_at(doctor, &link, port, device, at, factory_baud);
		}
	}
	link_close(&link);
}

static void check_device(struct doctor *doctor, const json_t *device)
{
	const double requests = (double)integer_of(device, "requests");
	const double crc = (double)integer_of(device, "crc_errors");
	const char *stage = text_of(device, "stage");
	const char *name = text_of(device, "name");

	if (strcmp(stage, "ready") != 0) {
		doctor_find(doctor, FINDING_WRONG, "bus",
			    "look at its power (drives have none while the e-stop is open), its "
			    "address, and A and B of the line; chairctl bus scan tells who "
			    "answers, chairctl replace gives a new one its place",
			    "%s at address %d is %s", name, (int)integer_of(device, "address"),
			    stage);
	} else if (crc > requests * CRC_SHARE_MAX) {
		doctor_find(doctor, FINDING_WRONG, "bus",
			    "look at the line's termination, shield and length",
			    "%s: %.0f of %.0f frames were damaged", name, crc, requests);
	} else {
		/* Drives do not answer while they are without power: timeouts tell nothing. */
		doctor_find(doctor, FINDING_OK, "bus", NULL,
			    "%s answers; of %.0f requests %.0f damaged, %d unanswered", name,
			    requests, crc, (int)integer_of(device, "timeouts"));
	}
}

static void check_bus(struct doctor *doctor)
{
	const json_t *port;
	const json_t *device;
	json_t *doc = NULL;
	size_t i;
	size_t k;

	if (link_ask(doctor->console, LINK_ALL, "bus.stats", NULL, &doc) != STATUS_DONE) {
		doctor_find(doctor, FINDING_WRONG, "bus", "systemctl restart chaird",
			    "chaird does not tell of its devices");
		return;
	}
	json_array_foreach(json_object_get(doc, "ports"), i, port)
	{
		if (!true_of(port, "open")) {
			doctor_find(doctor, FINDING_WRONG, "bus",
				    "is the adapter plugged in? udev names it by "
				    "60-chaird.rules; chaird must be in group dialout",
				    "%s: %s cannot be opened", text_of(port, "name"),
				    text_of(port, "path"));
		}
		json_array_foreach(json_object_get(port, "devices"), k, device)
		{
			check_device(doctor, device);
			if (strcmp(text_of(device, "stage"), "silent") == 0 &&
			    true_of(port, "open")) {
				sense_device(doctor, port, device);
			}
		}
	}
	json_decref(doc);
}

static void show_findings(const json_t *checks)
{
	static const enum show_tone tones[] = { TONE_GOOD, TONE_WARN, TONE_BAD };
	const json_t *check;
	size_t i;

	json_array_foreach(checks, i, check)
	{
		const char *level = text_of(check, "level");
		const enum show_tone tone = tones[strcmp(level, "ok") == 0     ? 0
						  : strcmp(level, "note") == 0 ? 1
									       : 2];
		(void)printf("%s%-6s%s%-14s", tone_on(tone), level, tone_off(tone),
			     text_of(check, "check"));
		show_wrapped_at(20, text_of(check, "text"));
		if (text_of(check, "advice")[0] != '\0') {
			show_wrapped("      -> ", text_of(check, "advice"));
		}
	}
}

int verb_doctor(const struct console *console, int count, char *const words[])
{
	struct doctor doctor = { .console = console, .checks = json_array() };
	int r = STATUS_DONE;

	(void)count;
	(void)words;
	doctor_daemon(&doctor);
	check_configuration(&doctor);
	if (doctor.chaird != 0) {
		for (unsigned int role = 0; role < LINK_ROLE_COUNT; role++) {
			check_socket(&doctor, (enum link_role)role);
		}
		check_state(&doctor);
		check_bus(&doctor);
	}
	check_groups(&doctor);
	doctor_clock(&doctor);
	doctor_storage(&doctor);
	doctor_gpio(&doctor);
	doctor_broker(&doctor);
	free(doctor.printed);
	if (console->json) {
		r = show_json("doctor", json_pack("{s:i, s:o}", "wrong", (int)doctor.wrong,
						  "checks", doctor.checks));
	} else {
		show_findings(doctor.checks);
		(void)printf("%u thing%s to mend\n", doctor.wrong, doctor.wrong == 1 ? "" : "s");
		json_decref(doctor.checks);
	}
	return r == STATUS_DONE && doctor.wrong > 0 ? STATUS_FAULT : r;
}
