/* SPDX-License-Identifier: MIT */
#include "rpc_client.h"

#include "rpc_line.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A local socket: trying costs nothing, and the first tries matter most (the daemon restarts). */
#define RECONNECT_MIN_US UINT64_C(100000)
#define RECONNECT_MAX_US UINT64_C(2000000)
#define OUT_MAX		 (2U * (RPC_LINE_MAX + 1U))

struct rpc_client {
	struct sockaddr_un address;
	int fd;
	struct rpc_line in;
	char *out; /* owned, OUT_MAX bytes; touched only as far as the peer lags */
	size_t out_length;
	uint64_t pending[RPC_CLIENT_PENDING_MAX];
	size_t pending_count;
	uint64_t last_id;
	uint64_t retry_at_us;
	uint64_t retry_delay_us; /* 0: not failed since the last success */
	bool tell_connected;
	bool tell_disconnected;
	size_t lost_count; /* the first ones of pending[]: to be reported as lost */
	int drop_status;
};

void rpc_message_clear(struct rpc_message *message)
{
	assert(message != NULL);

	json_decref(message->root);
	*message = (struct rpc_message){ 0 };
}

int rpc_client_new(const char *path, struct rpc_client **ret)
{
	struct rpc_client *client;
	size_t length;

	assert(path != NULL);
	assert(ret != NULL);

	length = strlen(path);
	client = calloc(1, sizeof(*client));
	if (client == NULL) {
		return -ENOMEM;
	}
	if (length >= sizeof(client->address.sun_path)) {
		free(client);
		return -ENAMETOOLONG;
	}
	client->out = malloc(OUT_MAX);
	if (client->out == NULL) {
		free(client);
		return -ENOMEM;
	}
	client->address.sun_family = AF_UNIX;
	memcpy(client->address.sun_path, path, length + 1U);
	client->fd = -1;
	rpc_line_init(&client->in);
	*ret = client;
	return 0;
}

struct rpc_client *rpc_client_free(struct rpc_client *client)
{
	if (client == NULL) {
		return NULL;
	}
	if (client->fd >= 0) {
		(void)close(client->fd); /* nothing was promised about unsent bytes */
	}
	rpc_line_clear(&client->in);
	free(client->out);
	free(client);
	return NULL;
}

int rpc_client_fd(const struct rpc_client *client)
{
	return client->fd;
}

short rpc_client_events(const struct rpc_client *client)
{
	return client->out_length > 0 ? POLLIN | POLLOUT : POLLIN;
}

uint64_t rpc_client_deadline_us(const struct rpc_client *client)
{
	return client->fd >= 0 ? UINT64_MAX : client->retry_at_us;
}

bool rpc_client_connected(const struct rpc_client *client)
{
	return client->fd >= 0;
}

void rpc_client_drop(struct rpc_client *client, int status)
{
	assert(client != NULL);

	if (client->fd < 0) {
		return;
	}
	(void)close(client->fd); /* Linux closes in any case */
	client->fd = -1;
	client->out_length = 0;
	rpc_line_clear(&client->in);
	client->tell_disconnected = !client->tell_connected; /* never told: nothing to take back */
	client->tell_connected = false;
	client->lost_count = client->pending_count;
	client->drop_status = status;
}

static void schedule_retry(struct rpc_client *client, uint64_t now_us)
{
	uint64_t delay_us = client->retry_delay_us * 2U;

	if (delay_us < RECONNECT_MIN_US) {
		delay_us = RECONNECT_MIN_US;
	}
	if (delay_us > RECONNECT_MAX_US) {
		delay_us = RECONNECT_MAX_US;
	}
	client->retry_delay_us = delay_us;
	client->retry_at_us = now_us + delay_us;
}

static void try_connect(struct rpc_client *client, uint64_t now_us)
{
	int fd;

	if (now_us < client->retry_at_us || client->tell_disconnected || client->lost_count > 0) {
		return; /* what the old connection left must be reported before a new one */
	}
	schedule_retry(client, now_us);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		return;
	}
	/* Local connects are immediate; EAGAIN is a full backlog, another reason to come back. */
	if (connect(fd, (const struct sockaddr *)&client->address, sizeof(client->address)) < 0) {
		(void)close(fd); /* the connect error is what counts */
		return;
	}
	client->fd = fd;
	client->tell_connected = true;
}

static void flush_out(struct rpc_client *client)
{
	ssize_t n;

	while (client->fd >= 0 && client->out_length > 0) {
		n = send(client->fd, client->out, client->out_length, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0) {
			if (errno == EINTR) {
				continue;
			}
			if (errno != EAGAIN) {
				rpc_client_drop(client, -errno);
			}
			return;
		}
		client->out_length -= (size_t)n;
		memmove(client->out, client->out + n, client->out_length);
	}
}

static void receive(struct rpc_client *client)
{
	size_t space = 0;
	char *tail = NULL;
	ssize_t n;
	int r;

	r = rpc_line_reserve(&client->in, &tail, &space);
	if (r < 0) {
		if (r != -ENOBUFS) {
			rpc_client_drop(client, r);
		}
		return;
	}
	do {
		n = recv(client->fd, tail, space, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n > 0) {
		rpc_line_commit(&client->in, (size_t)n);
	} else if (n == 0) {
		rpc_client_drop(client, -ECONNRESET);
	} else if (errno != EAGAIN) {
		rpc_client_drop(client, -errno);
	}
}

void rpc_client_process(struct rpc_client *client, uint64_t now_us)
{
	assert(client != NULL);

	if (client->fd < 0) {
		try_connect(client, now_us);
		return;
	}
	flush_out(client);
	if (client->fd >= 0) {
		receive(client);
	}
	if (client->fd < 0) {
		schedule_retry(client, now_us);
	}
}

static bool pending_remove(struct rpc_client *client, uint64_t id)
{
	for (size_t i = 0; i < client->pending_count; i++) {
		if (client->pending[i] == id) {
			client->pending_count--;
			client->pending[i] = client->pending[client->pending_count];
			return true;
		}
	}
	return false;
}

/* A line as a message. Returns 1, 0 (to be passed over) or -EPROTO. */
static int read_message(struct rpc_client *client, const char *text, size_t length,
			struct rpc_message *ret)
{
	struct rpc_message message = { 0 };
	json_t *id;

	message.root = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(message.root)) {
		goto out_bad;
	}
	message.method = json_string_value(json_object_get(message.root, "method"));
	if (message.method != NULL) {
		message.kind = RPC_MESSAGE_NOTIFICATION;
		message.body = json_object_get(message.root, "params");
		*ret = message;
		return 1;
	}
	id = json_object_get(message.root, "id");
	message.kind = RPC_MESSAGE_RESULT;
	message.body = json_object_get(message.root, "result");
	if (message.body == NULL) {
		message.kind = RPC_MESSAGE_ERROR;
		message.body = json_object_get(message.root, "error");
		if (!json_is_object(message.body)) {
			goto out_bad;
		}
	}
	if (!json_is_integer(id) || json_integer_value(id) <= 0 ||
	    !pending_remove(client, (uint64_t)json_integer_value(id))) {
		/* An error without an id is about bytes, not about a request of ours. */
		json_decref(message.root);
		return 0;
	}
	message.id = (uint64_t)json_integer_value(id);
	client->retry_delay_us = 0; /* it talks: the next loss is a new one */
	*ret = message;
	return 1;

out_bad:
	json_decref(message.root);
	return -EPROTO;
}

static int next_line(struct rpc_client *client, struct rpc_message *ret)
{
	size_t length = 0;
	char *text = NULL;
	int r;

	for (;;) {
		r = rpc_line_next(&client->in, &text, &length);
		if (r > 0) {
			r = read_message(client, text, length, ret);
			if (r == 0) {
				continue;
			}
		}
		return r;
	}
}

/* What a lost connection leaves to be told: its requests, then the loss itself. */
static int next_loss(struct rpc_client *client, struct rpc_message *ret)
{
	if (client->lost_count > 0) {
		client->lost_count--;
		client->pending_count--;
		*ret = (struct rpc_message){
			.kind = RPC_MESSAGE_ERROR,
			.id = client->pending[client->lost_count],
			.status = -ECONNRESET,
		};
		return 1;
	}
	if (client->tell_disconnected) {
		client->tell_disconnected = false;
		*ret = (struct rpc_message){ .kind = RPC_MESSAGE_DISCONNECTED,
					     .status = client->drop_status };
		return 1;
	}
	return 0;
}

int rpc_client_next(struct rpc_client *client, struct rpc_message *ret)
{
	int r;

	assert(client != NULL);
	assert(ret != NULL);

	if (client->tell_connected) {
		client->tell_connected = false;
		*ret = (struct rpc_message){ .kind = RPC_MESSAGE_CONNECTED };
		return 1;
	}
	if (client->fd >= 0) {
		r = next_line(client, ret);
		if (r >= 0) {
			return r;
		}
		rpc_client_drop(client, r);
	}
	return next_loss(client, ret);
}

static int append_line(struct rpc_client *client, json_t *root)
{
	const size_t space = OUT_MAX - client->out_length;
	const size_t limit = space < RPC_LINE_MAX ? space : RPC_LINE_MAX;
	const size_t length =
		json_dumpb(root, client->out + client->out_length, limit, JSON_COMPACT);

	if (length == 0) {
		return -ENOMEM;
	}
	if (length > RPC_LINE_MAX) {
		return -EMSGSIZE;
	}
	if (length + 1U > space) {
		return -ENOBUFS;
	}
	client->out[client->out_length + length] = '\n';
	client->out_length += length + 1U;
	return 0;
}

static int send_call(struct rpc_client *client, const char *method, json_t *params, uint64_t id)
{
	json_t *root = json_pack("{s:s, s:s}", "jsonrpc", "2.0", "method", method);
	int r = 0;

	if (root == NULL || (params != NULL && json_object_set(root, "params", params) < 0) ||
	    (id != 0 && json_object_set_new(root, "id", json_integer((json_int_t)id)) < 0)) {
		r = -ENOMEM;
	} else {
		r = append_line(client, root);
	}
	json_decref(root);
	if (r == 0) {
		flush_out(client);
	}
	return r;
}

int rpc_client_request(struct rpc_client *client, const char *method, json_t *params,
		       uint64_t *ret_id)
{
	uint64_t id;
	int r;

	assert(client != NULL);
	assert(method != NULL);
	assert(ret_id != NULL);

	if (client->fd < 0) {
		return -ENOTCONN;
	}
	if (client->pending_count >= RPC_CLIENT_PENDING_MAX) {
		return -EBUSY;
	}
	id = client->last_id + 1U;
	/* Entered first: if sending finds the connection lost, this one is among the lost. */
	client->pending[client->pending_count++] = id;
	r = send_call(client, method, params, id);
	if (r < 0) {
		(void)pending_remove(client, id); /* just entered */
		return r;
	}
	client->last_id = id;
	*ret_id = id;
	return 0;
}

int rpc_client_notify(struct rpc_client *client, const char *method, json_t *params)
{
	assert(client != NULL);
	assert(method != NULL);

	return client->fd < 0 ? -ENOTCONN : send_call(client, method, params, 0);
}
