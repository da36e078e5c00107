/* SPDX-License-Identifier: MIT */
#include "client.h"

#include "methods.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define OUT_MAX	     (256U * 1024U)
#define RATE_PER_S   50.0
#define RATE_BURST   100.0
#define READS_A_TURN 4 /* then the others get a turn */

struct client *client_new(int fd, struct server *server, enum role role, uint64_t serial)
{
	struct client *client = calloc(1, sizeof(*client));

	if (client != NULL) {
		client->fd = fd;
		client->server = server;
		client->role = role;
		client->serial = serial;
		client->tokens = RATE_BURST;
		rpc_line_init(&client->in);
	}
	return client;
}

int client_listen(struct client *client, sd_event *event, sd_event_io_handler_t handler)
{
	const int r = sd_event_add_io(event, &client->source, client->fd, EPOLLIN, handler, client);

	return r < 0 ? r : 0;
}

/* Write what waits; ask to be called again when the socket is full. */
static void flush_out(struct client *client)
{
	size_t done = 0;

	while (done < client->out_length) {
		const ssize_t n = send(client->fd, client->out + done, client->out_length - done,
				       MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0) {
			if (errno == EINTR) {
				continue;
			}
			client->broken = errno != EAGAIN;
			break;
		}
		done += (size_t)n;
	}
	if (done > 0) {
		memmove(client->out, client->out + done, client->out_length - done);
		client->out_length -= done;
	}
	if (client->source != NULL) {
		const uint32_t events = (client->closing ? 0U : (uint32_t)EPOLLIN) |
					(client->out_length > 0 ? (uint32_t)EPOLLOUT : 0U);

		client->broken =
			client->broken || sd_event_source_set_io_events(client->source, events) < 0;
	}
}

void client_send(struct client *client, const char *text)
{
	const size_t length = strlen(text);
	const size_t need = client->out_length + length + 1;

	if (client->broken || client->closing) {
		return;
	}
	if (need > OUT_MAX) {
		client->broken = true; /* it does not read */
		return;
	}
	if (need > client->out_capacity) {
		char *out = realloc(client->out, need);

		if (out == NULL) {
			client->broken = true;
			return;
		}
		client->out = out;
		client->out_capacity = need;
	}
	memcpy(client->out + client->out_length, text, length);
	client->out[need - 1] = '\n';
	client->out_length = need;
	flush_out(client);
}

bool client_may_ask(struct client *client)
{
	struct timespec now;
	uint64_t now_us;

	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	now_us = (uint64_t)now.tv_sec * S_US + (uint64_t)now.tv_nsec / 1000U;
	client->tokens += (double)(now_us - client->tokens_us) * 1e-6 * RATE_PER_S;
	client->tokens_us = now_us;
	if (client->tokens > RATE_BURST) {
		client->tokens = RATE_BURST;
	}
	if (client->tokens < 1.0) {
		return false;
	}
	client->tokens -= 1.0;
	return true;
}

static void take_lines(struct client *client, client_line on_line)
{
	char *text;
	size_t length;
	int r;

	while (!client->broken && !client->closing &&
	       (r = rpc_line_next(&client->in, &text, &length)) != 0) {
		if (r < 0) {
			methods_refuse_line(client);
			client->closing = true;
			return;
		}
		on_line(client, text, length);
	}
}

static void read_some(struct client *client, client_line on_line)
{
	for (int i = 0; i < READS_A_TURN && !client->broken && !client->closing; i++) {
		char *tail;
		size_t space;
		ssize_t n;
		const int r = rpc_line_reserve(&client->in, &tail, &space);

		if (r == -EMSGSIZE) {
			methods_refuse_line(client);
			client->closing = true;
			return;
		}
		if (r < 0) {
			client->broken = true;
			return;
		}
		n = recv(client->fd, tail, space, MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			return;
		}
		if (n <= 0) {
			client->broken = true; /* gone */
			return;
		}
		rpc_line_commit(&client->in, (size_t)n);
		take_lines(client, on_line);
	}
}

void client_serve(struct client *client, uint32_t events, client_line on_line)
{
	if ((events & EPOLLIN) != 0) {
		read_some(client, on_line);
	} else if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
		client->broken = true;
	}
	if (!client->broken) {
		flush_out(client);
	}
}

bool client_is_done(const struct client *client)
{
	return client->broken || (client->closing && client->out_length == 0);
}

void client_free(struct client *client)
{
	(void)sd_event_source_disable_unref(client->source);
	(void)close(client->fd);
	rpc_line_clear(&client->in);
	free(client->out);
	free(client);
}
