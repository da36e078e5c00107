/* SPDX-License-Identifier: MIT */
#include "event.h"

#include "show.h"

#include <stdio.h>
#include <string.h>

const char *event_clock(const json_t *object)
{
	const char *time = text_of(object, "time");

	return strlen(time) > 11 ? time + 11 : time;
}

static void add_codes(const json_t *list, char *text, size_t size)
{
	const json_t *cause;
	size_t length = strlen(text);
	size_t i;

	json_array_foreach(list, i, cause)
	{
		if (length < size) {
			length += (size_t)snprintf(text + length, size - length, " %s",
						   text_of(cause, "code"));
		}
	}
}

void event_state(const json_t *doc, char *text, size_t size)
{
	const json_t *phase = json_object_get(doc, "phase");
	int length = snprintf(text, size, "%s", text_of(doc, "state"));

	if (text_of(doc, "program")[0] != '\0' && length > 0 && (size_t)length < size) {
		length += snprintf(text + length, size - (size_t)length, " %s/%s %s level %d",
				   text_of(doc, "program"), text_of(doc, "side"),
				   text_of(phase, "name"), (int)integer_of(doc, "level"));
	}
	if (!true_of(doc, "seat_occupied") && length > 0 && (size_t)length < size) {
		(void)snprintf(text + length, size - (size_t)length, ", seat empty");
	}
	add_codes(json_object_get(doc, "faults"), text, size);
	add_codes(json_object_get(doc, "inhibits"), text, size);
}

void event_fields(const json_t *event, char *text, size_t size)
{
	static const char *const keys[] = { "from",    "to",	 "program", "side",  "seconds",
					    "ended",   "result", "name",    "index", "count",
					    "code",    "cause",	 "active",  "item",  "passed",
					    "outcome", "what",	 "method",  "role",  "reason",
					    "reminder" };
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && length < size; i++) {
		const json_t *value = json_object_get(event, keys[i]);
		const char *lead = i == 0 || length == 0 ? "" : " ";

		if (json_is_string(value)) {
			length += (size_t)snprintf(text + length, size - length, "%s%s=%s", lead,
						   keys[i], json_string_value(value));
		} else if (json_is_integer(value)) {
			length += (size_t)snprintf(text + length, size - length,
						   "%s%s=%" JSON_INTEGER_FORMAT, lead, keys[i],
						   json_integer_value(value));
		} else if (json_is_boolean(value)) {
			length += (size_t)snprintf(text + length, size - length, "%s%s=%s", lead,
						   keys[i], json_is_true(value) ? "yes" : "no");
		}
	}
}
