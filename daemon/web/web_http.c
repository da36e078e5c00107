/* SPDX-License-Identifier: MIT */
#include "web_check.h"
#include "web_log.h"
#include "web_reply.h"
#include "web_server.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define STALLED_S 10 /* a chunk that is not taken for so long ends the connection */
#define HOST_MAX  256U

/* A header as text. Returns false when it is absent; what is too long is no valid one ("*"). */
static bool header(struct lws *wsi, enum lws_token_indexes token, char *text, size_t size)
{
	if (lws_hdr_total_length(wsi, token) <= 0) {
		text[0] = '\0';
		return false;
	}
	if (lws_hdr_copy(wsi, text, (int)size, token) < 0) {
		(void)snprintf(text, size, "*");
	}
	return true;
}

static int finish(struct web_conn *conn)
{
	return lws_http_transaction_completed(conn->wsi) != 0 ? -1 : 0;
}

static int write_out(struct web_conn *conn, size_t length, enum lws_write_protocol kind)
{
	return lws_write(conn->wsi, conn->server->chunk + LWS_PRE, length, kind) < (int)length ? -1
											       : 0;
}

/* Head and body in one piece. */
static int write_small(struct web_conn *conn, const struct web_reply *reply, const char *body)
{
	char *text = (char *)conn->server->chunk + LWS_PRE;
	const int head = web_reply_head(reply, text, WEB_REPLY_HEAD_MAX);

	assert(head > 0);
	assert((size_t)head + reply->length <= WEB_CHUNK_MAX);

	memcpy(text + head, body, reply->length);
	return write_out(conn, (size_t)head + reply->length, LWS_WRITE_HTTP_HEADERS);
}

int web_http_answer(struct web_conn *conn, unsigned int status, const char *json,
		    const char *cookie)
{
	const struct web_reply reply = {
		.status = status,
		.type = "application/json",
		.length = strlen(json),
		.cookie = cookie,
	};

	return write_small(conn, &reply, json) < 0 ? -1 : finish(conn);
}

int web_http_refuse(struct web_conn *conn, unsigned int status, const char *reason)
{
	char json[128];
	struct web_reply reply = {
		.status = status,
		.type = "application/json",
		.close = true,
		.allow = status == 405 ? "GET, HEAD" : NULL,
	};

	(void)snprintf(json, sizeof(json), "{\"reason\":\"%s\"}", reason);
	reply.length = strlen(json);
	(void)write_small(conn, &reply, json); /* the connection ends, sent or not */
	return -1;
}

/* Who asks names us; on the loopback listener by a name of this machine. */
static bool host_is_ours(struct web_conn *conn, char *host)
{
	if (!header(conn->wsi, WSI_TOKEN_HOST, host, HOST_MAX) || !web_check_host(host)) {
		return false;
	}
	return conn->lan || web_check_loopback_host(host, conn->server->config->port);
}

static bool origin_is_ours(struct web_conn *conn, const char *origin, const char *host)
{
	const struct web_config *config = conn->server->config;

	return web_check_origin(origin, host, conn->lan, (const char(*)[128])config->origins,
				config->origin_count);
}

static bool asks_too_often(struct web_conn *conn)
{
	const double rate = conn->server->config->requests_per_s;

	return !web_bucket_take(&conn->requests, web_server_now_us(), rate, rate, 1.0);
}

static int send_file(struct web_conn *conn, const struct web_file *file, bool head_only)
{
	char accepts[256];
	char known[256];
	const bool gzip =
		file->gzip.data != NULL &&
		header(conn->wsi, WSI_TOKEN_HTTP_ACCEPT_ENCODING, accepts, sizeof(accepts)) &&
		web_check_gzip(accepts);
	const struct web_body *body = gzip ? &file->gzip : &file->plain;
	const bool is_known =
		header(conn->wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, known, sizeof(known)) &&
		strcmp(known, "*") != 0 && web_check_etag(known, body->etag);
	const struct web_reply reply = {
		.status = is_known ? 304 : 200,
		.type = is_known ? NULL : web_static_type(file->name),
		.length = body->size,
		.etag = body->etag,
		.gzip = gzip,
		.varies = file->gzip.data != NULL,
	};
	const int n =
		web_reply_head(&reply, (char *)conn->server->chunk + LWS_PRE, WEB_REPLY_HEAD_MAX);

	assert(n > 0);
	if (write_out(conn, (size_t)n, LWS_WRITE_HTTP_HEADERS) < 0) {
		return -1;
	}
	if (is_known || head_only || body->size == 0) {
		return finish(conn);
	}
	conn->body = body->data;
	conn->body_left = body->size;
	lws_set_timeout(conn->wsi, PENDING_TIMEOUT_HTTP_CONTENT, STALLED_S);
	(void)lws_callback_on_writable(conn->wsi); /* fails only without HTTP/2 credit */
	return 0;
}

int web_http_writable(struct web_conn *conn)
{
	const size_t size = conn->body_left < WEB_CHUNK_MAX ? conn->body_left : WEB_CHUNK_MAX;

	if (size == 0) {
		return 0;
	}
	memcpy(conn->server->chunk + LWS_PRE, conn->body, size);
	conn->body += size;
	conn->body_left -= size;
	if (write_out(conn, size, conn->body_left == 0 ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) <
	    0) {
		return -1;
	}
	if (conn->body_left == 0) {
		return finish(conn);
	}
	lws_set_timeout(conn->wsi, PENDING_TIMEOUT_HTTP_CONTENT, STALLED_S);
	(void)lws_callback_on_writable(conn->wsi); /* fails only without HTTP/2 credit */
	return 0;
}

static int serve_file(struct web_conn *conn, const char *path, size_t length, bool head_only)
{
	char name[WEB_STATIC_NAME_MAX];
	const struct web_file *file = NULL;

	if (web_static_name(path, length, name, sizeof(name)) == 0) {
		file = web_static_find(&conn->server->files, name);
	}
	if (file == NULL) {
		return web_http_refuse(conn, 404, "not_found");
	}
	return send_file(conn, file, head_only);
}

static bool is_path(const char *path, size_t length, const char *wanted)
{
	return length == strlen(wanted) && memcmp(path, wanted, length) == 0;
}

/* A POST from a page of somebody else's is not what the owner of the phone wants. */
static bool is_foreign_post(struct web_conn *conn, const char *host)
{
	char origin[HOST_MAX + 16];

	return header(conn->wsi, WSI_TOKEN_ORIGIN, origin, sizeof(origin)) &&
	       !origin_is_ours(conn, origin, host);
}

int web_http_request(struct web_conn *conn, const char *path, size_t length)
{
	char host[HOST_MAX];
	char *uri = NULL;
	int uri_length = 0;
	int method;

	conn->posting = false;
	if (asks_too_often(conn)) {
		return web_http_refuse(conn, 429, "rate_limited");
	}
	if (!host_is_ours(conn, host)) {
		web_server_log_refusal(conn->server, "host", "a request named another host");
		return web_http_refuse(conn, 421, "host");
	}
	method = lws_http_get_uri_and_method(conn->wsi, &uri, &uri_length);
	if (conn->lan && is_path(path, length, "/pair") &&
	    (method == LWSHUMETH_POST || method == LWSHUMETH_GET)) {
		if (method == LWSHUMETH_POST && is_foreign_post(conn, host)) {
			return web_http_refuse(conn, 403, "origin");
		}
		return web_pair_request(conn, method == LWSHUMETH_POST);
	}
	if (method != LWSHUMETH_GET && method != LWSHUMETH_HEAD) {
		return web_http_refuse(conn, 405, "method");
	}
	if (lws_hdr_total_length(conn->wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0 ||
	    lws_hdr_total_length(conn->wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0) {
		return web_http_refuse(conn, 400, "body"); /* a question has none */
	}
	if (is_path(path, length, "/rpc")) {
		return web_http_refuse(conn, 426, "websocket");
	}
	return serve_file(conn, path, length, method == LWSHUMETH_HEAD);
}

/* Status to refuse the upgrade with, or 0. */
static unsigned int judge_upgrade(struct web_conn *conn, const char **ret_reason)
{
	char host[HOST_MAX];
	char origin[HOST_MAX + 16];
	char *uri = NULL;
	int length = 0;
	const int method = lws_http_get_uri_and_method(conn->wsi, &uri, &length);

	*ret_reason = "host";
	if (!host_is_ours(conn, host)) {
		return 421;
	}
	*ret_reason = "not_found";
	if (method != LWSHUMETH_GET || uri == NULL || !is_path(uri, (size_t)length, "/rpc")) {
		return 404;
	}
	*ret_reason = "protocol"; /* we have none, and the library must not choose among its own */
	if (lws_hdr_total_length(conn->wsi, WSI_TOKEN_PROTOCOL) > 0) {
		return 400;
	}
	*ret_reason = "origin"; /* browsers always send one */
	if (!header(conn->wsi, WSI_TOKEN_ORIGIN, origin, sizeof(origin)) ||
	    !origin_is_ours(conn, origin, host)) {
		return 403;
	}
	*ret_reason = "not_paired";
	if (conn->lan) {
		conn->phone = web_pair_phone(conn);
		if (conn->phone == 0) {
			return 401;
		}
	}
	*ret_reason = "too_many";
	if (web_peers_upgrade(&conn->server->peers, &conn->server->config->limits, conn->place) <
	    0) {
		return 503;
	}
	return 0;
}

int web_http_upgrade(struct web_conn *conn, const char *wanted)
{
	const char *reason = NULL;
	unsigned int status;

	/* libwebsockets 4.1 comes here even after it has refused an upgrade that it does not know;
	 * @wanted then lies in memory that it has freed. */
	if (lws_hdr_total_length(conn->wsi, WSI_TOKEN_UPGRADE) <= 0 ||
	    strcasecmp(wanted, "websocket") != 0) {
		return -1;
	}
	if (asks_too_often(conn)) {
		return web_http_refuse(conn, 429, "rate_limited");
	}
	status = judge_upgrade(conn, &reason);
	if (status != 0) {
		web_server_log_refusal(conn->server, reason, "a WebSocket was refused");
		return web_http_refuse(conn, status, reason);
	}
	return 0;
}
