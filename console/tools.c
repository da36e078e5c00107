/* SPDX-License-Identifier: MIT */
/* tools.c - `chairctl log`, `config`, `programs check`: what other programs know better. */
#include "tools.h"

#include "show.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MAX 24

static const char *const units[] = { "chaird", "chair-mqtt", "chair-web", "chair-kiosk" };

const char *tool_path(const char *name, char *path, size_t size)
{
	static const char *const places[] = { "", "../sbin/" };
	char own[256];
	const ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1U);
	char *slash;

	own[length < 0 ? 0 : length] = '\0';
	slash = strrchr(own, '/');
	for (size_t i = 0; slash != NULL && i < sizeof(places) / sizeof(places[0]); i++) {
		const int written =
			snprintf(path, size, "%.*s/%s%s", (int)(slash - own), own, places[i], name);

		if (written > 0 && (size_t)written < size && access(path, X_OK) == 0) {
			return path;
		}
	}
	(void)snprintf(path, size, "%s", name);
	return path;
}

/* execvp() promises to leave the words alone, and its prototype does not say so. */
static void run_it(const char *const argv[])
{
	union {
		const char *const *words;
		char *const *execvp_words;
	} same = { .words = argv };

	(void)execvp(argv[0], same.execvp_words); /* returns only when it failed: errno */
}

int tool_become(const char *const argv[])
{
	(void)fflush(stdout);
	(void)signal(SIGINT, SIG_DFL); /* an ignored one would stay ignored */
	run_it(argv);
	say_error("%s: %s", argv[0], strerror(errno));
	return STATUS_FAILED;
}

/* All that comes from @fd; freed by the caller. */
static char *read_all(int fd)
{
	FILE *from = fdopen(fd, "r");
	char *text = NULL;
	size_t size = 0;

	if (from == NULL) {
		(void)close(fd);
		return NULL;
	}
	if (getdelim(&text, &size, '\0', from) < 0) {
		free(text);
		text = strdup("");
	}
	(void)fclose(from); /* only read from */
	return text;
}

int tool_read(const char *const argv[], char **ret_text)
{
	int ends[2];
	int status = 0;
	pid_t pid;

	if (pipe(ends) < 0) {
		return -errno;
	}
	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)dup2(ends[1], STDERR_FILENO);
		(void)close(ends[0]);
		(void)close(ends[1]);
		run_it(argv);
		_exit(127);
	}
	(void)close(ends[1]);
	if (pid < 0) {
		(void)close(ends[0]);
		return -EAGAIN;
	}
	*ret_text = read_all(ends[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
	}
	if (*ret_text == NULL) {
		return -ENOMEM;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int tool_check_program(const struct console *console, const char *file)
{
	char path[300];
	const char *argv[ARGUMENTS_MAX];
	int n = 0;

	argv[n++] = tool_path("chair-program", path, sizeof(path));
	argv[n++] = "check";
	argv[n++] = file;
	if (console->config != NULL) {
		argv[n++] = "--config";
		argv[n++] = console->config;
	}
	if (console->profiles != NULL) {
		argv[n++] = "--profiles";
		argv[n++] = console->profiles;
	}
	if (console->side != NULL) {
		argv[n++] = "--side";
		argv[n++] = console->side;
	}
	if (console->json) {
		argv[n++] = "--json";
	}
	argv[n] = NULL;
	n = tool_become(argv);
	say_hint("chair-program is in the package chaird-sim");
	return n;
}

int verb_log(const struct console *console, int count, char *const words[])
{
	char lines[16];
	const char *argv[ARGUMENTS_MAX];
	int n = 0;

	(void)count;
	(void)words;
	argv[n++] = "journalctl";
	argv[n++] = "--no-pager";
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		argv[n++] = "--unit";
		argv[n++] = units[i];
	}
	(void)snprintf(lines, sizeof(lines), "%d",
		       (console->given & OPTION_LINES) != 0 ? console->lines : 50);
	argv[n++] = "--lines";
	argv[n++] = lines;
	argv[n++] = "--output";
	argv[n++] = console->json ? "json" : "short-iso";
	if ((console->given & OPTION_FOLLOW) != 0) {
		argv[n++] = "--follow";
	}
	argv[n] = NULL;
	return tool_become(argv);
}

/* The lines of @text as an array. */
static json_t *lines_of(const char *text)
{
	json_t *list = json_array();

	while (*text != '\0') {
		const size_t length = strcspn(text, "\n");

		if (length > 0) {
			(void)json_array_append_new(list, json_stringn(text, length));
		}
		text += length + (text[length] == '\n' ? 1U : 0U);
	}
	return list;
}

/* `chaird --check` or --print-config, wrapped for machines. */
static int config_json(const char *name, const char *const argv[], bool check)
{
	char *text = NULL;
	json_t *object;
	int r = tool_read(argv, &text);

	if (r < 0 || r == 127 || text == NULL) {
		say_error("%s: cannot be run", argv[0]);
		free(text);
		return STATUS_FAILED;
	}
	object = json_pack("{s:b, s:o}", "valid", r == 0, "problems",
			   r == 0 ? json_array() : lines_of(text));
	if (!check && r == 0) {
		(void)json_object_set_new(object, "yaml", json_string(text));
	}
	free(text);
	return show_json(name, object) != STATUS_DONE ? STATUS_FAILED
	       : r == 0				      ? STATUS_DONE
						      : STATUS_FAILED;
}

int verb_config(const struct console *console, int count, char *const words[])
{
	const bool check = count == 1 && strcmp(words[0], "check") == 0;
	char path[300];
	const char *argv[ARGUMENTS_MAX];
	char *text = NULL;
	int n = 0;

	if (count > 1 || (count == 1 && !check && strcmp(words[0], "show") != 0)) {
		say_error("usage: chairctl config [show | check]");
		return STATUS_USAGE;
	}
	argv[n++] = tool_path("chaird", path, sizeof(path));
	argv[n++] = check ? "--check" : "--print-config";
	if (console->config != NULL) {
		argv[n++] = "--config";
		argv[n++] = console->config;
	}
	if (console->profiles != NULL) {
		argv[n++] = "--profiles";
		argv[n++] = console->profiles;
	}
	argv[n] = NULL;
	if (console->json) {
		return config_json(check ? "config.check" : "config.show", argv, check);
	}
	n = tool_read(argv, &text);
	if (n < 0 || n == 127 || text == NULL) {
		say_error("%s: cannot be run", argv[0]);
	} else {
		/* Problems are what was asked for, too: they are the data of a check. */
		(void)fputs(text, n == 0 || check ? stdout : stderr);
	}
	free(text);
	return n == 0 ? STATUS_DONE : STATUS_FAILED; /* its 2 would mean our command line */
}
