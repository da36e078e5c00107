/* SPDX-License-Identifier: MIT */
#include "web_frame.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define CODE_REFUSED	    (-32000)
#define CODE_UNKNOWN_METHOD (-32601)

/* Bytes of the UTF-8 sequence that begins at @text, 0 if it is none. */
static size_t sequence_length(const unsigned char *text, size_t left)
{
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t code = text[0];
	size_t length;

	if (code < 0x80) {
		return 1;
	}
	length = code >= 0xf0 ? 4 : code >= 0xe0 ? 3 : 2;
	if (code < 0xc2 || code > 0xf4 || length > left) {
		return 0;
	}
	code &= 0x7fU >> length;
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0U) != 0x80U) {
			return 0;
		}
		code = code << 6 | (text[i] & 0x3fU);
	}
	if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
		return 0;
	}
	return length;
}

enum web_close web_frame_check(const char *text, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t step;

	if (length > WEB_FRAME_MAX) {
		return WEB_CLOSE_TOO_LONG;
	}
	if (length == 0 || text[0] != '{') {
		return WEB_CLOSE_POLICY;
	}
	for (size_t i = 0; i < length; i += step) {
		step = sequence_length(bytes + i, length - i);
		/* No newline, and nothing else that JSON has no place for. */
		if (step == 0 || (bytes[i] < ' ' && bytes[i] != '\t' && bytes[i] != '\r')) {
			return WEB_CLOSE_POLICY;
		}
	}
	return WEB_CLOSE_NONE;
}

static bool is_plain_id(const json_t *id)
{
	return json_is_string(id) || json_is_number(id) || json_is_null(id);
}

void web_call_read(const char *text, size_t length, struct web_call *ret)
{
	/* As chaird reads it: what one of us takes for a stop, the other does too. */
	json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
	const char *method = json_string_value(json_object_get(root, "method"));
	json_t *id = json_object_get(root, "id");

	*ret = (struct web_call){ .kind = WEB_CALL_PASS };
	if (method != NULL && strcmp(method, "session.stop") == 0) {
		ret->kind = WEB_CALL_STOP;
	} else if (method != NULL && strncmp(method, "web.", 4) == 0) {
		ret->kind = WEB_CALL_OWN;
		(void)snprintf(ret->method, sizeof(ret->method), "%s", method);
		ret->params = json_incref(json_object_get(root, "params"));
	}
	ret->answered = id != NULL;
	if (is_plain_id(id)) {
		ret->id = json_incref(id);
	}
	json_decref(root);
}

void web_call_clear(struct web_call *call)
{
	json_decref(call->id);
	json_decref(call->params);
	*call = (struct web_call){ 0 };
}

static char *as_text(json_t *root)
{
	char *text = root == NULL ? NULL : json_dumps(root, JSON_COMPACT);

	json_decref(root);
	return text;
}

char *web_call_result(const struct web_call *call, json_t *result)
{
	return as_text(
		json_pack("{s:s, s:O?, s:o}", "jsonrpc", "2.0", "id", call->id, "result", result));
}

char *web_call_error(const struct web_call *call, int code, const char *reason, const char *text)
{
	return as_text(json_pack("{s:s, s:O?, s:{s:i, s:s, s:{s:s, s:s}}}", "jsonrpc", "2.0", "id",
				 call->id, "error", "code", code, "message", text, "data", "reason",
				 reason, "text", text));
}

char *web_call_refused(const struct web_call *call)
{
	if (strcmp(call->method, "web.phones") == 0 || strcmp(call->method, "web.revoke") == 0) {
		return web_call_error(call, CODE_REFUSED, "not_for_phone",
				      "Only the chair's own panel may do this.");
	}
	return web_call_error(call, CODE_UNKNOWN_METHOD, "unknown_method",
			      "There is no such method.");
}

enum web_line_kind web_line_kind(const char *text, size_t length)
{
	static const char *const begin[WEB_LINE_KIND_COUNT] = {
		[WEB_LINE_STATE] = "{\"jsonrpc\":\"2.0\",\"method\":\"state\",",
		[WEB_LINE_TELEMETRY] = "{\"jsonrpc\":\"2.0\",\"method\":\"telemetry\",",
	};

	for (enum web_line_kind kind = WEB_LINE_STATE; kind < WEB_LINE_KIND_COUNT; kind++) {
		const size_t want = strlen(begin[kind]);

		if (length > want && memcmp(text, begin[kind], want) == 0) {
			return kind;
		}
	}
	return WEB_LINE_KEPT;
}
