/* SPDX-License-Identifier: MIT */
#include "web_check.h"
#include "web_log.h"
#include "web_server.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

/* The prefix makes browsers insist on Secure, Path=/ and no Domain. */
#define COOKIE	    "__Host-chair"
#define COOKIE_DAYS 400

uint32_t web_pair_phone(struct web_conn *conn)
{
	char cookies[1024];
	char token[WEB_TOKEN_LENGTH + 1U];
	const struct web_phone *phone;

	if (lws_hdr_total_length(conn->wsi, WSI_TOKEN_HTTP_COOKIE) <= 0 ||
	    lws_hdr_copy(conn->wsi, cookies, sizeof(cookies), WSI_TOKEN_HTTP_COOKIE) < 0 ||
	    web_check_cookie(cookies, COOKIE, token, sizeof(token)) != (int)WEB_TOKEN_LENGTH) {
		return 0;
	}
	phone = web_phones_find(&conn->server->phones, token);
	return phone == NULL ? 0 : phone->id;
}

static bool is_json(struct lws *wsi)
{
	static const char wanted[] = "application/json";
	char type[64];

	if (lws_hdr_copy(wsi, type, sizeof(type), WSI_TOKEN_HTTP_CONTENT_TYPE) < 0 ||
	    strncasecmp(type, wanted, strlen(wanted)) != 0) {
		return false;
	}
	return strchr("; ", type[strlen(wanted)]) != NULL; /* or the end */
}

/* Bytes of the body, or -1: not said. */
static int announced_length(struct lws *wsi)
{
	char text[12];

	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0 ||
	    lws_hdr_copy(wsi, text, sizeof(text), WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0 ||
	    strspn(text, "0123456789") != strlen(text) || strlen(text) > 8) {
		return -1;
	}
	return (int)strtol(text, NULL, 10);
}

int web_pair_request(struct web_conn *conn, bool post)
{
	int length;

	if (!post) {
		return web_http_answer(conn, 200,
				       web_pair_phone(conn) != 0 ? "{\"paired\":true}"
								 : "{\"paired\":false}",
				       NULL);
	}
	if (!is_json(conn->wsi)) {
		return web_http_refuse(conn, 415, "content_type");
	}
	length = announced_length(conn->wsi);
	if (length <= 0) {
		return web_http_refuse(conn, 411, "length");
	}
	if ((size_t)length > sizeof(conn->post)) {
		return web_http_refuse(conn, 413, "too_long");
	}
	conn->posting = true;
	conn->posted = 0;
	return 0;
}

int web_pair_body(struct web_conn *conn, const char *data, size_t length)
{
	if (!conn->posting || length > sizeof(conn->post) - conn->posted) {
		return -1;
	}
	if (length > 0) {
		memcpy(conn->post + conn->posted, data, length);
		conn->posted += length;
	}
	return 0;
}

/* The code is shown, or has been wrong, or it is too late. */
static int answer_outcome(struct web_conn *conn, enum web_pairing_outcome outcome)
{
	const struct web_pairing *pairing = &conn->server->pairing;
	const unsigned int left_s = web_pairing_remaining_s(pairing, web_server_now_us());
	char json[96];

	switch (outcome) {
	case WEB_PAIRING_SHOWN:
		(void)snprintf(json, sizeof(json), "{\"shown\":true,\"expires_s\":%u}", left_s);
		return web_http_answer(conn, 202, json, NULL);
	case WEB_PAIRING_WRONG:
		(void)snprintf(json, sizeof(json), "{\"reason\":\"wrong_code\",\"tries_left\":%u}",
			       WEB_PAIRING_TRIES - pairing->wrong);
		return web_http_answer(conn, 403, json, NULL);
	case WEB_PAIRING_LOCKED:
		(void)snprintf(json, sizeof(json), "{\"reason\":\"locked\",\"retry_s\":%u}",
			       left_s);
		return web_http_answer(conn, 429, json, NULL);
	case WEB_PAIRING_NOT_OPEN:
		return web_http_answer(conn, 403, "{\"reason\":\"no_pairing\"}", NULL);
	case WEB_PAIRING_REFUSED:
		return web_http_answer(conn, 429, "{\"reason\":\"rate_limited\"}", NULL);
	case WEB_PAIRING_PAIRED:
		break;
	}
	return -1;
}

static int ask(struct web_conn *conn, const struct web_pairing_request *request)
{
	struct web_server *server = conn->server;
	const bool was_shown = server->pairing.code[0] != '\0';
	enum web_pairing_outcome outcome;
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
		return web_http_refuse(conn, 503, "no_random_numbers");
	}
	outcome = web_pairing_ask(&server->pairing, web_server_now_us(), random);
	if (outcome == WEB_PAIRING_SHOWN && !was_shown) {
		if (web_server_tell_pairing(server, NULL, NULL) == 0) {
			server->pairing.code[0] = '\0'; /* nobody would see it */
			return web_http_answer(conn, 503, "{\"reason\":\"no_panel\"}", NULL);
		}
		web_log(WEB_LOG_PAIRING, LOG_NOTICE, NULL,
			"the phone \"%s\" asks to be paired; its code is on the chair's screen",
			request->name);
	}
	return answer_outcome(conn, outcome);
}

static int admit(struct web_conn *conn, const struct web_pairing_request *request)
{
	struct web_server *server = conn->server;
	uint8_t token[WEB_TOKEN_BYTES];
	char text[WEB_TOKEN_LENGTH + 1U];
	char cookie[192];
	char json[64];
	uint32_t id = 0;
	int r = -EIO;

	if (getrandom(token, sizeof(token), 0) == (ssize_t)sizeof(token)) {
		r = web_phones_add(&server->phones, request->name, token, web_server_wall_s(), &id);
	}
	if (r < 0) {
		web_log(WEB_LOG_PHONES, LOG_ERR, NULL, "cannot store a paired phone: %s",
			strerror(-r));
		(void)web_server_tell_pairing(server, "failed", request->name);
		return web_http_refuse(conn, 507, r == -ENOSPC ? "too_many_phones" : "not_stored");
	}
	(void)web_server_tell_pairing(server, "paired", request->name);
	web_log(WEB_LOG_PAIRING, LOG_NOTICE, NULL, "phone %u is paired: \"%s\"", id, request->name);
	web_token_text(token, text);
	(void)snprintf(cookie, sizeof(cookie),
		       COOKIE "=%s; Path=/; Max-Age=%d; HttpOnly; Secure; SameSite=Strict", text,
		       COOKIE_DAYS * 86400);
	(void)snprintf(json, sizeof(json), "{\"paired\":true,\"id\":%u}", id);
	r = web_http_answer(conn, 200, json, cookie);
	OPENSSL_cleanse(token, sizeof(token));
	OPENSSL_cleanse(text, sizeof(text));
	OPENSSL_cleanse(cookie, sizeof(cookie));
	return r;
}

int web_pair_complete(struct web_conn *conn)
{
	struct web_pairing *pairing = &conn->server->pairing;
	const bool was_locked = pairing->locked_until_us != 0;
	struct web_pairing_request request;
	enum web_pairing_outcome outcome;

	if (!conn->posting) {
		return -1;
	}
	conn->posting = false;
	if (web_pairing_read(conn->post, conn->posted, &request) < 0) {
		return web_http_refuse(conn, 400, "invalid");
	}
	if (request.code[0] == '\0') {
		return ask(conn, &request);
	}
	outcome = web_pairing_try(pairing, web_server_now_us(), request.code);
	if (outcome == WEB_PAIRING_PAIRED) {
		return admit(conn, &request);
	}
	if (outcome == WEB_PAIRING_LOCKED && !was_locked) {
		(void)web_server_tell_pairing(conn->server, "locked", NULL);
		web_log(WEB_LOG_PAIRING, LOG_WARNING, NULL,
			"too many wrong codes; nobody can be paired for %u s",
			WEB_PAIRING_LOCKED_S);
	}
	return answer_outcome(conn, outcome);
}
