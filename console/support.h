/* SPDX-License-Identifier: MIT */
/* support.h - what `chairctl support` takes out of texts before they leave the chair. */
#ifndef CONSOLE_SUPPORT_H
#define CONSOLE_SUPPORT_H

#include <jansson.h>

#define HIDE_WORDS 4
#define HIDE_BYTES 256

/* Names of hosts that are replaced wherever they stand. All-zero: none. */
struct hide {
	char word[HIDE_WORDS][HIDE_BYTES];
	unsigned int count;
};

/* This machine, and the broker of chair-mqtt's @printed configuration, which may be NULL. */
void hide_hosts(struct hide *hide, const char *printed);

/* @text without them, as a new JSON string. */
json_t *hide_text(const struct hide *hide, const char *text);

/* A JSON string in place; every string of @value, keys are left. NULL is allowed. */
void hide_one(const struct hide *hide, json_t *string);
void hide_strings(const struct hide *hide, json_t *value);

/* A line of `chairctl log`: without its message if that may tell of a person. */
void hide_entry(const struct hide *hide, json_t *entry);

/* chair-mqtt's @printed configuration with only those values that name nothing; owned, or NULL. */
char *hide_settings(const char *printed);

/* Kernel, system, board, memory. New. */
json_t *support_system(void);

#endif /* CONSOLE_SUPPORT_H */
