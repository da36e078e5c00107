/* SPDX-License-Identifier: MIT */
/* tools.c - `chairctl config`, `programs check`: what other programs know better. */
#include "tools.h"

#include "show.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MAX	    24
#define WHERE_CHAIR_PROGRAM "chair-program is in the package chaird-sim"

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

int tool_start(const char *const argv[], bool errors, struct tool *ret)
{
	int ends[2];

	if (pipe(ends) < 0) {
		return -errno;
	}
	(void)fflush(stdout);
	ret->pid = fork();
	if (ret->pid == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		if (errors) {
			(void)dup2(ends[1], STDERR_FILENO);
		}
		(void)close(ends[0]);
		(void)close(ends[1]);
		run_it(argv);
		_exit(TOOL_MISSING);
	}
	(void)close(ends[1]);
	ret->out = ret->pid < 0 ? NULL : fdopen(ends[0], "r");
	if (ret->out == NULL) {
		(void)close(ends[0]);
		return -EAGAIN;
	}
	return 0;
}

int tool_end(struct tool *tool)
{
	int status = 0;

	(void)fclose(tool->out); /* only read from */
	while (waitpid(tool->pid, &status, 0) < 0 && errno == EINTR) {
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int tool_read(const char *const argv[], bool errors, char **ret_text)
{
	struct tool tool = { 0 };
	char *text = NULL;
	size_t size = 0;
	int r = tool_start(argv, errors, &tool);

	if (r < 0) {
		return r;
	}
	if (getdelim(&text, &size, '\0', tool.out) < 0) {
		free(text);
		text = strdup(""); /* it said nothing */
	}
	r = tool_end(&tool);
	if (text == NULL) {
		return -ENOMEM;
	}
	*ret_text = text;
	return r;
}

/* What `chair-program check --json` says, as a part of an object of ours. */
static int check_json(const char *const argv[])
{
	char *text = NULL;
	json_t *report;
	const int r = tool_read(argv, false, &text);

	if (r < 0 || r == TOOL_MISSING) {
		say_error("%s: cannot be run", argv[0]);
		say_hint(WHERE_CHAIR_PROGRAM);
		free(text);
		return STATUS_FAILED;
	}
	report = json_loads(text == NULL ? "" : text, 0, NULL);
	free(text);
	if (report == NULL) {
		return r == 0 ? STATUS_FAILED : r; /* it has told the errors of the file */
	}
	return show_json("programs.check", json_pack("{s:o}", "report", report)) == STATUS_DONE
		       ? r
		       : STATUS_FAILED;
}

/* --config and --profiles as they were given to us, behind @n others; how many there are then. */
static int add_files(const struct console *console, const char *argv[], int n)
{
	if (console->config != NULL) {
		argv[n++] = "--config";
		argv[n++] = console->config;
	}
	if (console->profiles != NULL) {
		argv[n++] = "--profiles";
		argv[n++] = console->profiles;
	}
	return n;
}

int tool_check_program(const struct console *console, const char *file)
{
	char path[300];
	const char *argv[ARGUMENTS_MAX];
	int n = 0;

	argv[n++] = tool_path("chair-program", path, sizeof(path));
	argv[n++] = "check";
	argv[n++] = file;
	n = add_files(console, argv, n);
	if (console->side != NULL) {
		argv[n++] = "--side";
		argv[n++] = console->side;
	}
	if (console->json) {
		argv[n++] = "--json";
		argv[n] = NULL;
		return check_json(argv);
	}
	argv[n] = NULL;
	n = tool_become(argv);
	say_hint(WHERE_CHAIR_PROGRAM);
	return n;
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
	int r = tool_read(argv, true, &text);

	if (r < 0 || r == TOOL_MISSING || text == NULL) {
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
	n = add_files(console, argv, n);
	argv[n] = NULL;
	if (console->json) {
		return config_json(check ? "config.check" : "config.show", argv, check);
	}
	n = tool_read(argv, true, &text);
	if (n < 0 || n == TOOL_MISSING || text == NULL) {
		say_error("%s: cannot be run", argv[0]);
	} else {
		/* Problems are what was asked for, too: they are the data of a check. */
		(void)fputs(text, n == 0 || check ? stdout : stderr);
	}
	free(text);
	return n == 0 ? STATUS_DONE : STATUS_FAILED; /* its 2 would mean our command line */
}
