/* SPDX-License-Identifier: MIT */
#include "ctl.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define DEFAULT_DIR "build/run"

static const char usage[] = "usage: chairsim ctl [--dir DIR | --socket PATH] METHOD [JSON-PARAMS]\n"
			    "       chairsim ctl get | faults | clear | reset_peaks | writes\n"
			    "       chairsim ctl press stop|start|up|down [hold_ms=MS]\n"
			    "       chairsim ctl fault NAME on|off [key=value...]\n"
			    "       chairsim ctl seat on|off\n"
			    "       chairsim ctl key on|off\n"
			    "       chairsim ctl occupant [contact_mm=MM]\n"
			    "       chairsim ctl body size=0.8..1.15   (1: 1.75 m tall)\n"
			    "DIR is what chairsim run was given (default " DEFAULT_DIR ").\n";

static int usage_error(void)
{
	(void)fputs(usage, stderr);
	return 2;
}

/* key=value: true, false, a number, or else a word. */
static bool add_pair(json_t *params, const char *pair)
{
	const char *equals = strchr(pair, '=');
	char key[32];
	json_t *value;

	if (equals == NULL || equals == pair || (size_t)(equals - pair) >= sizeof(key)) {
		return false;
	}
	memcpy(key, pair, (size_t)(equals - pair));
	key[equals - pair] = '\0';
	value = json_loads(equals + 1, JSON_DECODE_ANY, NULL);
	if (value == NULL) {
		value = json_string(equals + 1);
	}
	return json_object_set_new(params, key, value) == 0;
}

static bool add_switch(json_t *params, const char *key, const char *word)
{
	if (strcmp(word, "on") != 0 && strcmp(word, "off") != 0) {
		return false;
	}
	return json_object_set_new(params, key, json_boolean(strcmp(word, "on") == 0)) == 0;
}

/* The positional words of a short command; the rest are pairs. Returns how many words it took, or
 * -EINVAL. */
static int short_words(json_t *params, const char *command, int argc, char *const argv[])
{
	const bool press = strcmp(command, "press") == 0;
	const bool fault = strcmp(command, "fault") == 0;
	const bool seat = strcmp(command, "seat") == 0;
	const int words = fault ? 2 : 1;
	bool ok;

	if (!press && !fault && !seat && strcmp(command, "key") != 0) {
		return 0;
	}
	if (argc < words) {
		return -EINVAL;
	}
	if (press) {
		return json_object_set_new(params, "button", json_string(argv[0])) == 0 ? 1
											: -EINVAL;
	}
	ok = add_switch(params, seat ? "seated" : "on", argv[words - 1]);
	if (fault) {
		ok = json_object_set_new(params, "name", json_string(argv[0])) == 0 && ok;
	}
	return ok ? words : -EINVAL;
}

/* The request for the command line's words, or NULL when they make no sense. */
static json_t *build_request(int argc, char *const argv[])
{
	const bool full = strncmp(argv[0], "sim.", 4) == 0;
	json_t *params = json_object();
	char method[64];
	int used = 0;

	(void)snprintf(method, sizeof(method), "%s%s", full ? "" : "sim.",
		       strcmp(argv[0], "seat") == 0 ? "occupant" : argv[0]);
	if (argc == 2 && argv[1][0] == '{') {
		json_decref(params);
		params = json_loads(argv[1], JSON_REJECT_DUPLICATES, NULL);
		used = 1;
	} else if (!full) {
		used = short_words(params, argv[0], argc - 1, argv + 1);
	}
	for (int i = 1 + used; used >= 0 && i < argc; i++) {
		used = add_pair(params, argv[i]) ? used : -EINVAL;
	}
	if (params == NULL || used < 0) {
		json_decref(params);
		return NULL;
	}
	return json_pack("{s:s,s:i,s:s,s:o}", "jsonrpc", "2.0", "id", 1, "method", method, "params",
			 params);
}

static int connect_to(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;
	int r;

	if (strlen(path) >= sizeof(addr.sun_path)) {
		return -ENAMETOOLONG;
	}
	memcpy(addr.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return -errno;
	}
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

/* Send @request, return the answer or NULL. */
static json_t *exchange(int fd, const json_t *request)
{
	FILE *stream = fdopen(fd, "r+");
	char *line = NULL;
	size_t size = 0;
	json_t *answer = NULL;

	if (stream == NULL) {
		close(fd);
		return NULL;
	}
	if (json_dumpf(request, stream, JSON_COMPACT) == 0 && fputc('\n', stream) != EOF &&
	    fflush(stream) == 0 && getline(&line, &size, stream) > 0) {
		answer = json_loads(line, 0, NULL);
	}
	free(line);
	(void)fclose(stream); /* all that matters has been read */
	return answer;
}

static int print_answer(json_t *answer)
{
	const json_t *error = json_object_get(answer, "error");
	const json_t *result = json_object_get(answer, "result");
	int status = 1;

	if (result != NULL) {
		status = json_dumpf(result, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) == 0 &&
					 putchar('\n') != EOF
				 ? 0
				 : 1;
	} else if (error != NULL) {
		(void)json_dumpf(error, stderr, JSON_INDENT(2));
		(void)fputc('\n', stderr);
	} else {
		(void)fputs("chairsim ctl: no answer\n", stderr);
	}
	json_decref(answer);
	return status;
}

int ctl_main(int argc, char *const argv[])
{
	char path[128];
	json_t *request;
	json_t *answer;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/sim.sock", DEFAULT_DIR);
	while (argc >= 2 && argv[0][0] == '-') {
		if (strcmp(argv[0], "--dir") == 0) {
			(void)snprintf(path, sizeof(path), "%s/sim.sock", argv[1]);
		} else if (strcmp(argv[0], "--socket") == 0) {
			(void)snprintf(path, sizeof(path), "%s", argv[1]);
		} else {
			return usage_error();
		}
		argc -= 2;
		argv += 2;
	}
	if (argc < 1 || argv[0][0] == '-') {
		return usage_error();
	}
	request = build_request(argc, argv);
	if (request == NULL) {
		return usage_error();
	}
	fd = connect_to(path);
	if (fd < 0) {
		(void)fprintf(stderr, "chairsim ctl: %s: %s\n", path, strerror(-fd));
		json_decref(request);
		return 1;
	}
	answer = exchange(fd, request);
	json_decref(request);
	return print_answer(answer);
}
