/* SPDX-License-Identifier: MIT */
#include "web_check.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

bool web_check_loopback_host(const char *host, uint16_t port)
{
	static const char *const names[] = { "127.0.0.1", "localhost", "[::1]" };
	char want[32];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(want, sizeof(want), "%s:%u", names[i], port);
		if (strcasecmp(host, want) == 0) {
			return true;
		}
		if (port == 80 && strcasecmp(host, names[i]) == 0) {
			return true; /* browsers leave the usual port out */
		}
	}
	return false;
}

bool web_check_host(const char *host)
{
	const size_t length = strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789.-:[]");

	return length > 0 && length <= 255 && host[length] == '\0';
}

bool web_check_origin(const char *origin, const char *host, bool tls, const char (*allowed)[128],
		      size_t allowed_count)
{
	const char *scheme = tls ? "https://" : "http://";
	const size_t length = strlen(scheme);

	if (strncasecmp(origin, scheme, length) == 0 && host[0] != '\0' &&
	    strcasecmp(origin + length, host) == 0) {
		return true;
	}
	for (size_t i = 0; i < allowed_count; i++) {
		if (strcasecmp(origin, allowed[i]) == 0) {
			return true;
		}
	}
	return false;
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

/* ";q=0", ";q=0.0" and so on, at @text. */
static bool is_refused(const char *text)
{
	text = skip_blanks(text);
	if (*text != ';') {
		return false;
	}
	text = skip_blanks(text + 1);
	if (strncasecmp(text, "q=0", 3) != 0) {
		return false;
	}
	text += 3;
	text += strspn(text, ".0");
	return strchr("123456789", *text) == NULL || *text == '\0';
}

bool web_check_gzip(const char *accept_encoding)
{
	const char *text = accept_encoding;
	size_t length;

	while (*text != '\0') {
		text = skip_blanks(text);
		length = strcspn(text, ";, \t");
		if (length == 4 && strncasecmp(text, "gzip", 4) == 0) {
			return !is_refused(text + length);
		}
		text += strcspn(text, ",");
		text += *text == ',' ? 1 : 0;
	}
	return false;
}

bool web_check_etag(const char *if_none_match, const char *etag)
{
	const char *text = if_none_match;
	const size_t want = strlen(etag);
	size_t length;

	while (*text != '\0') {
		text = skip_blanks(text);
		length = strcspn(text, ", \t");
		if (length == 1 && *text == '*') {
			return true;
		}
		if (length > 2 && strncmp(text, "W/", 2) == 0) {
			text += 2; /* comparison for GET is weak (RFC 9110, 13.1.2) */
			length -= 2;
		}
		if (length == want && strncmp(text, etag, want) == 0) {
			return true;
		}
		text += length;
		text += strspn(text, ", \t");
	}
	return false;
}

int web_check_cookie(const char *cookies, const char *name, char *value, size_t size)
{
	const size_t name_length = strlen(name);
	const char *text = cookies;
	int found = -ENOENT;
	size_t length;

	assert(size > 0);

	while (*text != '\0') {
		text += strspn(text, "; \t");
		length = strcspn(text, ";");
		if (length > name_length && text[name_length] == '=' &&
		    strncmp(text, name, name_length) == 0) {
			length -= name_length + 1;
			if (found != -ENOENT || length >= size) {
				return -EINVAL;
			}
			memcpy(value, text + name_length + 1, length);
			value[length] = '\0';
			found = (int)length;
		}
		text += strcspn(text, ";");
	}
	return found;
}
