/* SPDX-License-Identifier: MIT */
/*
 * show.h - what chairctl writes: data to standard output, messages to standard error, never wider
 * than 80 columns.
 */
#ifndef CONSOLE_SHOW_H
#define CONSOLE_SHOW_H

#include "console.h"

#include <jansson.h>
#include <stddef.h>

#define SHOW_WIDTH 80

enum show_tone {
	TONE_PLAIN,
	TONE_GOOD,
	TONE_WARN,
	TONE_BAD,
	TONE_STRONG,
	TONE_COUNT
};

/* What messages and colours depend on; borrowed for good. Before it is called, say_error() works.
 */
void show_init(const struct console *console);

/* "chairctl: ..." on standard error. */
void say_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same of lesser weight: -q leaves it out. */
void say_hint(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Escape sequences, or empty strings. */
const char *tone_on(enum show_tone tone);
const char *tone_off(enum show_tone tone);

/* @text in lines that end before column 80, after @lead on the first line and as many blanks on
 * the others. Characters count, not bytes. */
void show_wrapped(const char *lead, const char *text);
/* The same where @column columns of the first line have been written. */
void show_wrapped_at(size_t column, const char *text);

/* Print @object with a "schema" of "chairctl.<name>/1" as the first key; takes @object over.
 * Returns an enum status. */
int show_json(const char *name, json_t *object);
/* The same on one line, for streams; flushed. */
int show_json_line(const char *name, json_t *object);

/* Of a JSON object: "" or "-" when there is no such text. */
const char *text_of(const json_t *object, const char *key);
const char *word_of(const json_t *object, const char *key);
json_int_t integer_of(const json_t *object, const char *key);
bool true_of(const json_t *object, const char *key);

/* A number with @decimals into @text, "-" where it is null. Returns @text. */
const char *number_of(const json_t *object, const char *key, int decimals, char text[24]);

/* Seconds as "3 s", "5 min 2 s", "2 h 10 min". Returns @text. */
const char *duration(json_int_t seconds, char text[32]);

/* Upper case of ASCII letters, cut to fit. Returns @text. */
const char *upper(const char *word, char *text, size_t size);

#endif /* CONSOLE_SHOW_H */
