/* SPDX-License-Identifier: MIT */
#include "web_log.h"
#include "web_server.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define OUT_MAX	     (2U * (WEB_FRAME_MAX + 1U))
#define LOAD_PER_S   500.0 /* frames, a long one counting for more: reading them costs time */
#define LOAD_BURST   1000.0
#define LOAD_BYTES   1024.0
#define FRAME_KEPT   4096U /* of a frame's buffer, between frames */
#define PROTOCOL     "chaird"
#define CODE_REFUSED (-32000)

static_assert(WEB_QUEUE_HEADROOM >= LWS_PRE, "the library writes before each frame");

void web_bridge_send(struct web_conn *conn, enum web_line_kind kind, const char *text,
		     size_t length)
{
	const int r = conn->closing ? 0 : web_queue_push(&conn->queue, kind, text, length);

	if (r < 0) {
		/* It cannot be written to, so there is no use in a close frame either. */
		web_server_log_refusal(conn->server, "slow", "a browser does not read");
		web_bridge_end(conn, WEB_CLOSE_NONE);
		lws_set_timeout(conn->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
		return;
	}
	(void)lws_callback_on_writable(conn->wsi); /* fails only without HTTP/2 credit */
}

/* chaird sees the end of the connection at once; the library is told when it polls again. */
static void let_link_go(struct web_conn *conn)
{
	if (conn->link != NULL) {
		(void)shutdown(conn->link->fd, SHUT_RDWR); /* it may be gone already */
		conn->link->conn = NULL;
		conn->link = NULL;
	}
}

void web_bridge_end(struct web_conn *conn, enum web_close code)
{
	if (conn->closing) {
		return;
	}
	conn->closing = true;
	conn->close_code = code;
	let_link_go(conn);
	if (code != WEB_CLOSE_NO_CHAIRD) {
		web_queue_clear(&conn->queue); /* else what came before still counts */
	}
	(void)lws_callback_on_writable(conn->wsi); /* fails only without HTTP/2 credit */
}

void web_bridge_clear(struct web_conn *conn)
{
	conn->open = false;
	conn->closing = true;
	let_link_go(conn);
	web_queue_clear(&conn->queue);
	free(conn->frame);
	conn->frame = NULL;
	conn->frame_length = 0;
	conn->frame_capacity = 0;
}

/* ---- chaird's side ---- */

static void tell_link(struct web_conn *conn, bool up)
{
	char text[96];

	(void)snprintf(text, sizeof(text),
		       "{\"jsonrpc\":\"2.0\",\"method\":\"link\",\"params\":{\"chaird\":%s}}",
		       up ? "true" : "false");
	web_bridge_send(conn, WEB_LINE_KEPT, text, strlen(text));
}

static void chaird_is_away(struct web_conn *conn)
{
	tell_link(conn, false);
	web_bridge_end(conn, WEB_CLOSE_NO_CHAIRD);
}

static int connect_chaird(struct web_conn *conn)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;
	int r;

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s.sock",
		       conn->server->config->sockets, conn->lan ? "phone" : "panel");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		return -errno;
	}
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		r = -errno;
		(void)close(fd); /* the connect error is what counts */
		return r;
	}
	return fd;
}

static int open_link(struct web_conn *conn)
{
	const int fd = connect_chaird(conn);
	struct web_link *link;

	if (fd < 0) {
		return fd;
	}
	link = calloc(1, sizeof(*link));
	if (link == NULL) {
		(void)close(fd); /* nothing was sent */
		return -ENOMEM;
	}
	*link = (struct web_link){ .kind = WEB_KIND_LINK, .conn = conn, .fd = fd };
	rpc_line_init(&link->in);
	link->wsi = lws_adopt_descriptor_vhost_via_info(&(lws_adopt_desc_t){
		.vh = conn->server->vhost,
		.type = LWS_ADOPT_RAW_FILE_DESC,
		.fd = { .filefd = fd },
		.vh_prot_name = PROTOCOL,
		.opaque = link,
	});
	if (link->wsi == NULL) {
		(void)close(fd); /* the library has not */
		free(link);
		return -ENOMEM;
	}
	conn->link = link;
	return 0;
}

void web_bridge_link_gone(struct web_link *link)
{
	if (link->conn != NULL) {
		link->conn->link = NULL;
		chaird_is_away(link->conn);
	}
	rpc_line_clear(&link->in);
	free(link->out);
	free(link);
}

/* Every line that is there, whatever the browser does with it. Returns 0 or -errno. */
static int pass_lines(struct web_link *link)
{
	char *text = NULL;
	size_t length = 0;
	int r;

	while ((r = rpc_line_next(&link->in, &text, &length)) > 0) {
		if (link->conn != NULL) {
			web_bridge_send(link->conn, web_line_kind(text, length), text, length);
		}
	}
	return r;
}

int web_bridge_link_readable(struct web_link *link)
{
	size_t space = 0;
	char *tail = NULL;
	ssize_t n;

	if (link->conn == NULL || rpc_line_reserve(&link->in, &tail, &space) < 0) {
		return -1;
	}
	n = recv(link->fd, tail, space, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		return 0;
	}
	if (n <= 0) {
		return -1;
	}
	rpc_line_commit(&link->in, (size_t)n);
	return pass_lines(link) < 0 || link->conn == NULL ? -1 : 0;
}

int web_bridge_link_writable(struct web_link *link)
{
	ssize_t n;

	if (link->out_length == 0) {
		return 0;
	}
	n = send(link->fd, link->out, link->out_length, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0) {
		n = 0; /* gone: reading will tell */
	}
	link->out_length -= (size_t)n;
	memmove(link->out, link->out + n, link->out_length);
	if (link->out_length > 0 && n > 0) {
		(void)lws_callback_on_writable(link->wsi); /* cannot fail for a descriptor */
	}
	return 0;
}

/* Keep what chaird has not taken. Returns 0 or -ENOBUFS. */
static int keep_rest(struct web_link *link, const struct iovec *parts, size_t sent)
{
	if (link->out == NULL) {
		link->out = malloc(OUT_MAX);
	}
	if (link->out == NULL ||
	    parts[0].iov_len + parts[1].iov_len - sent > OUT_MAX - link->out_length) {
		return -ENOBUFS;
	}
	for (size_t i = 0; i < 2; i++) {
		const size_t skip = sent < parts[i].iov_len ? sent : parts[i].iov_len;

		memcpy(link->out + link->out_length, (const char *)parts[i].iov_base + skip,
		       parts[i].iov_len - skip);
		link->out_length += parts[i].iov_len - skip;
		sent -= skip;
	}
	(void)lws_callback_on_writable(link->wsi); /* cannot fail for a descriptor */
	return 0;
}

/* One line to chaird. Returns 0 or -errno: the connection is of no more use. */
static int send_line(struct web_link *link, char *text, size_t length)
{
	struct iovec parts[2] = { { text, length }, { (char[]){ '\n' }, 1 } };
	const struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	ssize_t n = 0;

	if (link->out_length == 0) {
		n = sendmsg(link->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			return -errno;
		}
		n = n < 0 ? 0 : n;
	}
	if ((size_t)n == length + 1) {
		return 0;
	}
	return keep_rest(link, parts, (size_t)n);
}

/* ---- the browser's side ---- */

int web_bridge_open(struct web_conn *conn)
{
	conn->open = true;
	if (conn->phone != 0) {
		web_phones_seen(&conn->server->phones, conn->phone, web_server_wall_s());
	}
	if (open_link(conn) < 0) {
		chaird_is_away(conn);
		return 0;
	}
	tell_link(conn, true);
	if (!conn->lan && conn->server->pairing.code[0] != '\0') {
		/* A code is on the other panels' screens; one more telling does no harm there. */
		(void)web_server_tell_pairing(conn->server, NULL, NULL);
	}
	return 0;
}

static int refuse_frame(struct web_conn *conn, enum web_close code)
{
	conn->close_code = code;
	conn->closing = true;
	let_link_go(conn);
	web_queue_clear(&conn->queue);
	lws_close_reason(conn->wsi, (enum lws_close_status)code, NULL, 0);
	return -1;
}

static void answer(struct web_conn *conn, char *text)
{
	if (text != NULL) {
		web_bridge_send(conn, WEB_LINE_KEPT, text, strlen(text));
	}
	free(text);
}

static void answer_own(struct web_conn *conn, const struct web_call *call)
{
	char *text = web_own_answer(conn, call);

	if (!call->answered) {
		free(text); /* a notification: done, and nothing is said */
		return;
	}
	answer(conn, text);
}

static int take_frame(struct web_conn *conn, char *text, size_t length)
{
	const double rate = conn->server->config->requests_per_s;
	const uint64_t now_us = web_server_now_us();
	const enum web_close code = web_frame_check(text, length);
	struct web_call call;
	int r = 0;

	if (code != WEB_CLOSE_NONE) {
		return refuse_frame(conn, code);
	}
	if (!web_bucket_take(&conn->load, now_us, LOAD_PER_S, LOAD_BURST,
			     1.0 + (double)length / LOAD_BYTES)) {
		web_server_log_refusal(conn->server, "flood", "far too many frames");
		return refuse_frame(conn, WEB_CLOSE_POLICY);
	}
	web_call_read(text, length, &call);
	if (call.kind != WEB_CALL_STOP &&
	    !web_bucket_take(&conn->requests, now_us, rate, rate, 1.0)) {
		if (call.answered) {
			answer(conn, web_call_error(&call, CODE_REFUSED, "rate_limited",
						    "Too many requests. Please wait a moment."));
		}
	} else if (call.kind == WEB_CALL_OWN) {
		answer_own(conn, &call);
	} else {
		r = conn->link == NULL ? -ENOTCONN : send_line(conn->link, text, length);
	}
	web_call_clear(&call);
	if (r < 0) {
		chaird_is_away(conn);
	}
	return 0;
}

static int collect(struct web_conn *conn, const char *data, size_t length)
{
	size_t capacity = conn->frame_capacity;
	char *grown;

	if (length > WEB_FRAME_MAX - conn->frame_length) {
		return -EMSGSIZE;
	}
	while (capacity < conn->frame_length + length) {
		capacity = capacity == 0 ? FRAME_KEPT : capacity * 2;
	}
	if (capacity > conn->frame_capacity) {
		grown = realloc(conn->frame, capacity);
		if (grown == NULL) {
			return -ENOMEM;
		}
		conn->frame = grown;
		conn->frame_capacity = capacity;
	}
	if (length > 0) {
		memcpy(conn->frame + conn->frame_length, data, length);
		conn->frame_length += length;
	}
	return 0;
}

static void forget_frame(struct web_conn *conn)
{
	conn->frame_length = 0;
	if (conn->frame_capacity > FRAME_KEPT) {
		free(conn->frame);
		conn->frame = NULL;
		conn->frame_capacity = 0;
	}
}

int web_bridge_receive(struct web_conn *conn, const char *data, size_t length)
{
	int r;

	if (conn->closing) {
		return 0; /* what it says now comes too late */
	}
	if (lws_frame_is_binary(conn->wsi)) {
		return refuse_frame(conn, WEB_CLOSE_BINARY);
	}
	if (collect(conn, data, length) < 0) {
		return refuse_frame(conn, WEB_CLOSE_TOO_LONG);
	}
	if (!lws_is_final_fragment(conn->wsi)) {
		return 0;
	}
	if (conn->frame_length == 0) {
		return refuse_frame(conn, WEB_CLOSE_POLICY);
	}
	r = take_frame(conn, conn->frame, conn->frame_length);
	forget_frame(conn);
	return r;
}

int web_bridge_writable(struct web_conn *conn)
{
	struct web_item *item = web_queue_pop(&conn->queue);
	int n;

	if (item != NULL) {
		n = lws_write(conn->wsi, item->text + WEB_QUEUE_HEADROOM, item->length,
			      LWS_WRITE_TEXT);
		if (n < (int)item->length) {
			free(item);
			return -1;
		}
		free(item);
		(void)lws_callback_on_writable(conn->wsi); /* fails only without HTTP/2 credit */
		return 0;
	}
	if (!conn->closing) {
		return 0;
	}
	if (conn->close_code != WEB_CLOSE_NONE) {
		static const char away[] = "no chaird";
		unsigned char reason[sizeof(away)];
		const bool is_away = conn->close_code == WEB_CLOSE_NO_CHAIRD;

		memcpy(reason, away, sizeof(away));
		lws_close_reason(conn->wsi, (enum lws_close_status)conn->close_code, reason,
				 is_away ? sizeof(away) - 1 : 0);
	}
	return -1;
}
