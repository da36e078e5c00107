/* SPDX-License-Identifier: MIT */
/*
 * What browsers and phones send: a frame becomes at most one line that chaird reads as one message,
 * and is taken for a stop exactly when chaird takes it for one; a path stays below the panel; a
 * pairing request is a name that can be shown and six digits or none.
 *
 * Input: a first byte that chooses (f: frame, p: path, b: pairing body, c: cookies, e: encodings
 * and ETags, o: host and origin, y: configuration), then what is tried.
 */
#include "../../daemon/web/web_check.h"
#include "../../daemon/web/web_config.h"
#include "../../daemon/web/web_frame.h"
#include "../../daemon/web/web_pairing.h"
#include "../../daemon/web/web_static.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define REQUIRE(x)               \
	do {                     \
		if (!(x)) {      \
			abort(); \
		}                \
	} while (0)

/* As chaird's methods.c reads a line. */
static bool is_stop_for_chaird(const char *text, size_t length)
{
	json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
	const char *method = json_string_value(json_object_get(root, "method"));
	const bool stop = method != NULL && strcmp(method, "session.stop") == 0;

	json_decref(root);
	return stop;
}

static void check_answer(char *text)
{
	json_t *root = json_loads(text == NULL ? "" : text, 0, NULL);

	REQUIRE(json_is_object(root));
	REQUIRE(web_frame_check(text, strlen(text)) == WEB_CLOSE_NONE);
	json_decref(root);
	free(text);
}

static void try_frame(const char *text, size_t length)
{
	struct web_call call;

	(void)web_line_kind(text, length);
	if (web_frame_check(text, length) != WEB_CLOSE_NONE) {
		return;
	}
	REQUIRE(length > 0 && text[0] == '{' && memchr(text, '\n', length) == NULL);
	web_call_read(text, length, &call);
	REQUIRE((call.kind == WEB_CALL_STOP) == is_stop_for_chaird(text, length));
	REQUIRE(call.kind != WEB_CALL_OWN || strncmp(call.method, "web.", 4) == 0);
	check_answer(web_call_error(&call, -32000, "rate_limited", "Too many."));
	check_answer(web_call_refused(&call));
	check_answer(web_call_result(&call, json_object()));
	web_call_clear(&call);
}

static void try_path(const char *text, size_t length)
{
	char name[WEB_STATIC_NAME_MAX];

	if (web_static_name(text, length, name, sizeof(name)) < 0) {
		return;
	}
	REQUIRE(name[0] != '/' && name[0] != '.' && name[0] != '\0');
	REQUIRE(strstr(name, "..") == NULL || strstr(name, "/..") == NULL);
	REQUIRE(strstr(name, "//") == NULL && strstr(name, "/.") == NULL);
	REQUIRE(strpbrk(name, "\\%:\n") == NULL && name[strlen(name) - 1] != '/');
	REQUIRE(web_static_type(name) != NULL);
}

static void try_body(const char *text, size_t length)
{
	struct web_pairing_request request;
	struct web_pairing pairing = { 0 };

	if (web_pairing_read(text, length, &request) < 0) {
		return;
	}
	REQUIRE(length <= WEB_PAIRING_BODY_MAX);
	REQUIRE(request.name[0] != '\0' && strlen(request.name) <= WEB_PAIRING_NAME_MAX);
	REQUIRE(strpbrk(request.name, "\n\r\t\x7f\x1b") == NULL);
	REQUIRE(request.code[0] == '\0' || strspn(request.code, "0123456789") == 6);
	if (request.code[0] != '\0') {
		REQUIRE(web_pairing_ask(&pairing, 1, 1234567) == WEB_PAIRING_SHOWN);
		REQUIRE((web_pairing_try(&pairing, 2, request.code) == WEB_PAIRING_PAIRED) ==
			(strcmp(request.code, "234567") == 0));
	}
}

static void try_headers(char kind, const char *text)
{
	static const char allowed[1][128] = { "http://panel:9" };
	char value[65];
	int n;

	if (kind == 'c') {
		n = web_check_cookie(text, "__Host-chair", value, sizeof(value));
		REQUIRE(n < 0 || (size_t)n == strlen(value));
		REQUIRE(n < 0 || strchr(value, ';') == NULL);
	} else if (kind == 'e') {
		(void)web_check_gzip(text);
		REQUIRE(!web_check_etag(text, "\"a\"") || strstr(text, "\"a\"") != NULL ||
			strchr(text, '*') != NULL);
	} else {
		REQUIRE(!web_check_loopback_host(text, 8080) || web_check_host(text));
		REQUIRE(!web_check_origin(text, "a:1", false, allowed, 1) ||
			strncasecmp(text, "http://", 7) == 0);
	}
}

static void try_config(const char *text, size_t length)
{
	struct schema_problems problems = { 0 };
	struct web_config config;

	if (web_config_load_memory("fuzz", text, length, &problems, &config) == 0) {
		REQUIRE(problems.count == 0 && config.port != 0);
		REQUIRE(config.limits.loopback_max <= WEB_LOOPBACK_MAX &&
			config.limits.lan_max <= WEB_LAN_MAX);
		REQUIRE(!config.lan || (config.certificate[0] != '\0' && config.lan_port != 0));
		REQUIRE(strncmp(config.listen, "127.", 4) == 0 ||
			strchr(config.listen, ':') != NULL);
	}
	schema_problems_free(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0) {
		return 0;
	}
	text = malloc(size);
	REQUIRE(text != NULL);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	switch (data[0]) {
	case 'f':
		try_frame(text, size - 1);
		break;
	case 'p':
		try_path(text, size - 1);
		break;
	case 'b':
		try_body(text, size - 1);
		break;
	case 'c':
	case 'e':
	case 'o':
		try_headers((char)data[0], text);
		break;
	case 'y':
		try_config(text, size - 1);
		break;
	default:
		break;
	}
	free(text);
	return 0;
}
