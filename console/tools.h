/* SPDX-License-Identifier: MIT */
/* tools.h - other programs that chairctl runs. */
#ifndef CONSOLE_TOOLS_H
#define CONSOLE_TOOLS_H

#include "console.h"

#include <stddef.h>

/* Where a program of ours is: beside this one, in ../sbin of it, or just its name (PATH). Returns
 * @path. */
const char *tool_path(const char *name, char *path, size_t size);

/* Run @argv (argv[0] by tool_path() or PATH) in place of this process. Returns only on failure:
 * an enum status, said. */
int tool_become(const char *const argv[]);

/* Run it and read what it writes, standard error with it. *ret_text is to be freed. Returns its
 * exit code, 128 + the signal, or -errno. */
int tool_read(const char *const argv[], char **ret_text) __attribute__((warn_unused_result));

/* `chair-program check FILE` in place of this process. */
int tool_check_program(const struct console *console, const char *file);

#endif /* CONSOLE_TOOLS_H */
