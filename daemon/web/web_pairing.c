/* SPDX-License-Identifier: MIT */
#include "web_pairing.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define S_US	      UINT64_C(1000000)
#define REQUEST_RATE  1.0
#define REQUEST_BURST 10.0

/* Something that can be shown: no control characters; jansson has checked the UTF-8. */
static bool is_printable(const char *text)
{
	for (; *text != '\0'; text++) {
		const unsigned char byte = (unsigned char)*text;

		if (byte < ' ' || byte == 0x7f) {
			return false;
		}
	}
	return true;
}

static int read_name(const json_t *value, struct web_pairing_request *request)
{
	const char *text = json_string_value(value);

	if (value == NULL) {
		(void)snprintf(request->name, sizeof(request->name), "phone");
		return 0;
	}
	if (text == NULL || text[0] == '\0' || json_string_length(value) > WEB_PAIRING_NAME_MAX ||
	    !is_printable(text)) {
		return -EINVAL;
	}
	(void)snprintf(request->name, sizeof(request->name), "%s", text);
	return 0;
}

static int read_code(const json_t *value, struct web_pairing_request *request)
{
	const char *text = json_string_value(value);

	if (value == NULL) {
		return 0;
	}
	if (text == NULL || json_string_length(value) != 6 || strspn(text, "0123456789") != 6) {
		return -EINVAL;
	}
	(void)snprintf(request->code, sizeof(request->code), "%s", text);
	return 0;
}

int web_pairing_read(const char *text, size_t length, struct web_pairing_request *ret)
{
	struct web_pairing_request request = { 0 };
	json_t *root = NULL;
	json_t *value;
	const char *key;
	int r = -EINVAL;

	if (length <= WEB_PAIRING_BODY_MAX) {
		root = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
	}
	if (!json_is_object(root)) {
		goto out;
	}
	json_object_foreach(root, key, value)
	{
		if (strcmp(key, "name") != 0 && strcmp(key, "code") != 0) {
			goto out;
		}
	}
	r = read_name(json_object_get(root, "name"), &request);
	if (r == 0) {
		r = read_code(json_object_get(root, "code"), &request);
	}
	if (r == 0) {
		*ret = request;
	}
out:
	json_decref(root);
	return r;
}

bool web_pairing_expire(struct web_pairing *pairing, uint64_t now_us)
{
	if (pairing->locked_until_us != 0 && now_us >= pairing->locked_until_us) {
		pairing->locked_until_us = 0;
		pairing->wrong = 0;
	}
	if (pairing->code[0] == '\0' || now_us < pairing->expires_us) {
		return false;
	}
	pairing->code[0] = '\0';
	return true;
}

static bool allowed(struct web_pairing *pairing, uint64_t now_us)
{
	return web_bucket_take(&pairing->requests, now_us, REQUEST_RATE, REQUEST_BURST, 1.0);
}

enum web_pairing_outcome web_pairing_ask(struct web_pairing *pairing, uint64_t now_us,
					 uint64_t random)
{
	(void)web_pairing_expire(pairing, now_us); /* the new code replaces it on the screen */
	if (!allowed(pairing, now_us)) {
		return WEB_PAIRING_REFUSED;
	}
	if (pairing->locked_until_us != 0) {
		return WEB_PAIRING_LOCKED;
	}
	if (pairing->code[0] == '\0') {
		(void)snprintf(pairing->code, sizeof(pairing->code), "%06u",
			       (unsigned int)(random % 1000000U));
		pairing->expires_us = now_us + WEB_PAIRING_EXPIRES_S * S_US;
	}
	return WEB_PAIRING_SHOWN;
}

/* In a time that does not depend on where they differ. */
static bool same_code(const char *a, const char *b)
{
	unsigned int difference = 0;

	for (size_t i = 0; i < 6; i++) {
		difference |= (unsigned int)((unsigned char)a[i] ^ (unsigned char)b[i]);
	}
	return difference == 0;
}

enum web_pairing_outcome web_pairing_try(struct web_pairing *pairing, uint64_t now_us,
					 const char *code)
{
	assert(strlen(code) == 6);

	if (!allowed(pairing, now_us)) {
		return WEB_PAIRING_REFUSED;
	}
	if (pairing->locked_until_us > now_us) {
		return WEB_PAIRING_LOCKED;
	}
	if (pairing->code[0] == '\0' || now_us >= pairing->expires_us) {
		return WEB_PAIRING_NOT_OPEN;
	}
	if (same_code(pairing->code, code)) {
		pairing->code[0] = '\0';
		pairing->wrong = 0;
		return WEB_PAIRING_PAIRED;
	}
	/* Counted over all codes, so that asking for a new one gives no new tries. */
	pairing->wrong++;
	if (pairing->wrong < WEB_PAIRING_TRIES) {
		return WEB_PAIRING_WRONG;
	}
	pairing->code[0] = '\0';
	pairing->locked_until_us = now_us + WEB_PAIRING_LOCKED_S * S_US;
	return WEB_PAIRING_LOCKED;
}

unsigned int web_pairing_remaining_s(const struct web_pairing *pairing, uint64_t now_us)
{
	const uint64_t until_us =
		pairing->locked_until_us != 0 ? pairing->locked_until_us : pairing->expires_us;

	return until_us <= now_us ? 0 : (unsigned int)((until_us - now_us + S_US - 1U) / S_US);
}
