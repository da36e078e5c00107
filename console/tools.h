/* SPDX-License-Identifier: MIT */
/* tools.h - other programs that chairctl runs. */
#ifndef CONSOLE_TOOLS_H
#define CONSOLE_TOOLS_H

#include "console.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

/* Where a program of ours is: beside this one, in ../sbin of it, or just its name (PATH). Returns
 * @path. */
const char *tool_path(const char *name, char *path, size_t size);

/* Run @argv (argv[0] by tool_path() or PATH) in place of this process. Returns only on failure:
 * an enum status, said. */
int tool_become(const char *const argv[]);

#define TOOL_MISSING 127 /* the exit code of what could not be run */

/* A running program. */
struct tool {
	pid_t pid;
	FILE *out; /* what it writes */
};

/* Run it beside this process; with @errors its standard error goes into @out, too. Returns 0 or
 * -errno; end it with tool_end(). */
int tool_start(const char *const argv[], bool errors, struct tool *ret)
	__attribute__((warn_unused_result));

/* Wait for its end. Returns its exit code, or 128 + the signal. */
int tool_end(struct tool *tool);

/* Run it and read all that it writes. *ret_text is to be freed. Returns as tool_end(), or -errno.
 */
int tool_read(const char *const argv[], bool errors, char **ret_text)
	__attribute__((warn_unused_result));

/* `chair-program check FILE` in place of this process. */
int tool_check_program(const struct console *console, const char *file);

#endif /* CONSOLE_TOOLS_H */
