/* SPDX-License-Identifier: MIT */
#include "doctor.h"
#include "show.h"
#include "support.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>

#define INSTEAD	 "HOST"
#define LEFT_OUT "(left out: it may tell of a person)"

static bool is_in(const char *word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(word, list[i]) == 0) {
			return true;
		}
	}
	return false;
}

static void add_host(struct hide *hide, const char *host)
{
	/* These name nobody, and some are words of our own. */
	static const char *const plain[] = { "",      "localhost", "127.0.0.1",	 "::1",
					     "chair", "chaird",	   "raspberrypi" };

	if (hide->count < HIDE_WORDS && !is_in(host, plain, sizeof(plain) / sizeof(plain[0]))) {
		(void)snprintf(hide->word[hide->count++], HIDE_BYTES, "%s", host);
	}
}

void hide_hosts(struct hide *hide, const char *printed)
{
	struct utsname names;
	char url[300];
	char *host;
	char *port;

	if (uname(&names) == 0) {
		add_host(hide, names.nodename);
		names.nodename[strcspn(names.nodename, ".")] = '\0';
		add_host(hide, names.nodename);
	}
	/* mqtt://host:port, the host perhaps in brackets */
	if (printed == NULL || !doctor_value(printed, "broker", url, sizeof(url))) {
		return;
	}
	host = strstr(url, "://");
	port = strrchr(url, ':');
	if (host == NULL || port == host) {
		return; /* --print-config writes both */
	}
	*port = '\0';
	host += strlen("://");
	host += host[0] == '[' ? 1 : 0;
	host[strcspn(host, "]")] = '\0';
	add_host(hide, host);
}

static bool is_of_word(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_';
}

/* Length of a host's name that begins at @at, 0 if there is none. @before: the character before. */
static size_t host_at(const struct hide *hide, const char *at, char before)
{
	for (unsigned int i = 0; i < hide->count && !is_of_word(before); i++) {
		const size_t length = strlen(hide->word[i]);

		if (strncasecmp(at, hide->word[i], length) == 0 && !is_of_word(at[length])) {
			return length;
		}
	}
	return 0;
}

json_t *hide_text(const struct hide *hide, const char *text)
{
	char *out = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&out, &size);
	json_t *string;

	if (to == NULL) {
		return json_string(LEFT_OUT);
	}
	for (size_t i = 0; text[i] != '\0'; i++) {
		const size_t length = host_at(hide, text + i, i == 0 ? ' ' : text[i - 1]);

		if (length > 0) {
			(void)fputs(INSTEAD, to);
			i += length - 1U;
		} else {
			(void)fputc(text[i], to);
		}
	}
	string = fclose(to) == 0 ? json_string(out) : NULL;
	free(out);
	return string == NULL ? json_string(LEFT_OUT) : string;
}

void hide_one(const struct hide *hide, json_t *string)
{
	json_t *clean = hide_text(hide, json_string_value(string));

	(void)json_string_set(string, json_string_value(clean));
	json_decref(clean);
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as jansson lets a document be
void hide_strings(const struct hide *hide, json_t *value)
{
	const char *key;
	json_t *item;
	size_t i;

	if (json_is_string(value)) {
		hide_one(hide, value);
	}
	json_array_foreach(value, i, item)
	{
		hide_strings(hide, item);
	}
	json_object_foreach(value, key, item)
	{
		hide_strings(hide, item);
	}
}

/* "broker at host:1883": the host of an earlier configuration is not known otherwise. */
static void hide_broker(json_t *message)
{
	const char *text = json_string_value(message);
	const char *at = text;

	while ((at = strstr(at, "broker ")) != NULL) {
		size_t length;

		at += strlen("broker ");
		at += strncmp(at, "at ", 3) == 0 ? 3 : 0;
		length = strcspn(at, " ");
		if (memchr(at, ':', length) != NULL) {
			json_t *clean = json_sprintf("%.*s" INSTEAD "%s", (int)(at - text), text,
						     at + length);

			(void)json_string_set(message,
					      clean == NULL ? LEFT_OUT : json_string_value(clean));
			json_decref(clean);
			return;
		}
	}
}

/* Is what this kind of line says about the chair alone? What is not known is not. */
static bool is_of_chair(const json_t *entry)
{
	static const char *const kinds[] = { "start",	   "config",	     "history",
					     "recorder",   "state",	     "cause",
					     "care",	   "internal",	     "started",
					     "broker_up",  "broker_down",    "chair_up",
					     "chair_down", "publish_refused" };
	/* without a kind: systemd about a unit, and the last words of a program */
	static const char *const units[] = { "init.scope", "chaird.service", "chair-mqtt.service" };
	const char *kind = text_of(entry, "kind");

	return kind[0] != '\0'
		       ? is_in(kind, kinds, sizeof(kinds) / sizeof(kinds[0]))
		       : is_in(text_of(entry, "unit"), units, sizeof(units) / sizeof(units[0]));
}

void hide_entry(const struct hide *hide, json_t *entry)
{
	json_t *message = json_object_get(entry, "message");

	if (is_of_chair(entry)) {
		hide_one(hide, message);
		hide_broker(message);
	} else {
		(void)json_string_set(message, LEFT_OUT);
	}
}

char *hide_settings(const char *printed)
{
	static const char *const keys[] = { "keepalive_s", "detail", "enabled", "reconnect_min_ms",
					    "reconnect_max_ms" };
	char *out = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&out, &size);

	while (to != NULL && *printed != '\0') {
		const size_t length = strcspn(printed, "\n");
		const size_t blanks = strspn(printed, " ");
		const size_t end = strcspn(printed, ":\n");
		char key[64];

		(void)snprintf(key, sizeof(key), "%.*s", (int)(end - blanks), printed + blanks);
		if (end + 1U >= length || is_in(key, keys, sizeof(keys) / sizeof(keys[0]))) {
			(void)fprintf(to, "%.*s\n", (int)length, printed);
		} else {
			(void)fprintf(to, "%*s%s: left out\n", (int)blanks, "", key);
		}
		printed += length + (printed[length] == '\n' ? 1U : 0U);
	}
	if (to != NULL && fclose(to) != 0) {
		free(out);
		out = NULL;
	}
	return out;
}
