/* SPDX-License-Identifier: MIT */
#include "show.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct console *options;

void show_init(const struct console *console)
{
	options = console;
}

static void __attribute__((format(printf, 1, 0))) say(const char *format, va_list args)
{
	(void)fputs("chairctl: ", stderr);
	(void)vfprintf(stderr, format, args);
	(void)fputc('\n', stderr);
}

void say_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
}

void say_hint(const char *format, ...)
{
	va_list args;

	if (options != NULL && options->quiet) {
		return;
	}
	va_start(args, format);
	say(format, args);
	va_end(args);
}

const char *tone_on(enum show_tone tone)
{
	static const char *const sequences[TONE_COUNT] = {
		[TONE_PLAIN] = "",	   [TONE_GOOD] = "\033[32m",  [TONE_WARN] = "\033[33m",
		[TONE_BAD] = "\033[1;31m", [TONE_STRONG] = "\033[1m",
	};

	return options != NULL && options->color ? sequences[tone] : "";
}

const char *tone_off(enum show_tone tone)
{
	return options != NULL && options->color && tone != TONE_PLAIN ? "\033[0m" : "";
}

static size_t characters(const char *text, size_t bytes)
{
	size_t count = 0;

	for (size_t i = 0; i < bytes; i++) {
		count += ((unsigned char)text[i] & 0xc0U) != 0x80U ? 1U : 0U;
	}
	return count;
}

void show_wrapped(const char *lead, const char *text)
{
	(void)fputs(lead, stdout);
	show_wrapped_at(characters(lead, strlen(lead)), text);
}

void show_wrapped_at(size_t column, const char *text)
{
	const size_t indent = column;

	while (*text != '\0') {
		const size_t bytes = strcspn(text, " ");
		const size_t width = characters(text, bytes);

		if (column > indent && column + 1U + width >= SHOW_WIDTH) {
			(void)printf("\n%*s", (int)indent, "");
			column = indent;
		}
		(void)printf("%s%.*s", column > indent ? " " : "", (int)bytes, text);
		column += width + (column > indent ? 1U : 0U);
		text += bytes;
		text += strspn(text, " ");
	}
	(void)putchar('\n');
}

static json_t *with_schema(const char *name, json_t *object)
{
	char schema[64];
	json_t *whole;

	(void)snprintf(schema, sizeof(schema), "chairctl.%s/1", name);
	whole = json_pack("{s:s}", "schema", schema);
	if (whole == NULL || object == NULL || json_object_update_missing(whole, object) < 0) {
		json_decref(whole);
		whole = NULL;
	}
	json_decref(object);
	return whole;
}

static int dump(const char *name, json_t *object, size_t flags)
{
	json_t *whole = with_schema(name, object);
	int r = -1;

	if (whole != NULL) {
		r = json_dumpf(whole, stdout, flags | JSON_REAL_PRECISION(9));
	}
	json_decref(whole);
	if (r < 0 || putchar('\n') == EOF || fflush(stdout) != 0) {
		say_error("the result could not be written");
		return STATUS_FAILED;
	}
	return STATUS_DONE;
}

int show_json(const char *name, json_t *object)
{
	return dump(name, object, JSON_INDENT(2));
}

int show_json_line(const char *name, json_t *object)
{
	return dump(name, object, JSON_COMPACT);
}

const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}

const char *word_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "-" : text;
}

json_int_t integer_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

bool true_of(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

const char *number_of(const json_t *object, const char *key, int decimals, char text[24])
{
	const json_t *value = json_object_get(object, key);

	if (json_is_number(value)) {
		(void)snprintf(text, 24, "%.*f", decimals, json_number_value(value));
	} else {
		(void)snprintf(text, 24, "-");
	}
	return text;
}

const char *duration(json_int_t seconds, char text[32])
{
	const long long s = seconds;

	if (s < 60) {
		(void)snprintf(text, 32, "%lld s", s);
	} else if (s < 3600) {
		(void)snprintf(text, 32, "%lld min %lld s", s / 60, s % 60);
	} else if (s < 86400) {
		(void)snprintf(text, 32, "%lld h %lld min", s / 3600, s % 3600 / 60);
	} else {
		(void)snprintf(text, 32, "%lld d %lld h", s / 86400, s % 86400 / 3600);
	}
	return text;
}

const char *upper(const char *word, char *text, size_t size)
{
	size_t i = 0;

	for (; word[i] != '\0' && i + 1U < size; i++) {
		const char c = word[i];

		text[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
	}
	text[i] = '\0';
	return text;
}
