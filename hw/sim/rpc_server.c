/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* accept4; NOLINT(bugprone-reserved-identifier): the C library says so */
#endif
#include "rpc_server.h"

#include "gpio_server.h"
#include "sim_rpc.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define SEND_TIMEOUT_S 1 /* a client that does not read is dropped after this */

static void close_client(struct rpc_client *client)
{
	close(client->fd);
	client->fd = -1;
	client->len = 0;
}

static void accept_client(struct rpc_server *server)
{
	const struct timeval timeout = { .tv_sec = SEND_TIMEOUT_S };
	const int fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0) {
		return;
	}
	for (size_t i = 0; i < RPC_CLIENT_MAX; i++) {
		if (server->clients[i].fd < 0) {
			(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
			server->clients[i].fd = fd;
			return;
		}
	}
	close(fd);
}

static bool send_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		const ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n <= 0) {
			return false;
		}
		text += n;
		len -= (size_t)n;
	}
	return true;
}

/* Returns false when the client is to be closed. */
static bool serve_line(struct rpc_server *server, const struct rpc_client *client, size_t len)
{
	json_t *reply;
	char *text;
	bool ok;

	station_lock(server->station);
	reply = sim_rpc_request(&server->station->sim, client->line, len);
	station_tell_gpio(server->station, false); /* a button pressed is felt at once */
	station_unlock(server->station);
	if (reply == NULL) {
		return true;
	}
	text = json_dumps(reply, JSON_COMPACT | JSON_REAL_PRECISION(9));
	json_decref(reply);
	if (text == NULL) {
		return false;
	}
	ok = send_all(client->fd, text, strlen(text)) && send_all(client->fd, "\n", 1);
	free(text);
	return ok;
}

static void read_client(struct rpc_server *server, struct rpc_client *client)
{
	const ssize_t n = recv(client->fd, client->line + client->len,
			       sizeof(client->line) - client->len, MSG_DONTWAIT);
	char *end;

	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
			close_client(client);
		}
		return;
	}
	client->len += (size_t)n;
	while ((end = memchr(client->line, '\n', client->len)) != NULL) {
		const size_t len = (size_t)(end - client->line);

		if (!serve_line(server, client, len)) {
			close_client(client);
			return;
		}
		client->len -= len + 1;
		memmove(client->line, end + 1, client->len);
	}
	if (client->len == sizeof(client->line)) {
		close_client(client); /* no request of ours is that long */
	}
}

static void read_ready(struct rpc_server *server, const struct pollfd *fds)
{
	for (size_t i = 0; i < RPC_CLIENT_MAX; i++) {
		if (fds[i].revents != 0) {
			read_client(server, &server->clients[i]);
		}
	}
}

static void run_rpc(void *arg)
{
	struct rpc_server *server = arg;

	for (;;) {
		struct pollfd fds[2 + RPC_CLIENT_MAX] = {
			{ .fd = server->station->stop_fd, .events = POLLIN },
			{ .fd = server->listen_fd, .events = POLLIN },
		};

		for (size_t i = 0; i < RPC_CLIENT_MAX; i++) {
			fds[2 + i].fd = server->clients[i].fd;
			fds[2 + i].events = POLLIN;
		}
		if (poll(fds, 2 + RPC_CLIENT_MAX, -1) < 0 && errno != EINTR) {
			return;
		}
		if (fds[0].revents != 0) {
			return;
		}
		read_ready(server, fds + 2);
		if (fds[1].revents != 0) {
			accept_client(server);
		}
	}
}

int rpc_server_start(struct rpc_server *server, struct station *station, const char *dir)
{
	int r;

	memset(server, 0, sizeof(*server));
	server->station = station;
	server->listen_fd = -1;
	server->thread = (struct station_thread){ .name = "rpc", .run = run_rpc, .arg = server };
	for (size_t i = 0; i < RPC_CLIENT_MAX; i++) {
		server->clients[i].fd = -1;
	}
	r = snprintf(server->path, sizeof(server->path), "%s/sim.sock", dir);
	if (r < 0 || (size_t)r >= sizeof(server->path)) {
		return -ENAMETOOLONG;
	}
	server->listen_fd = unix_listen(server->path, SOCK_STREAM);
	if (server->listen_fd < 0) {
		return server->listen_fd;
	}
	return station_thread_start(&server->thread);
}

void rpc_server_stop(struct rpc_server *server)
{
	if (server->station == NULL) {
		return;
	}
	station_thread_join(&server->thread);
	for (size_t i = 0; i < RPC_CLIENT_MAX; i++) {
		if (server->clients[i].fd >= 0) {
			close_client(&server->clients[i]);
		}
	}
	if (server->listen_fd >= 0) {
		close(server->listen_fd);
		(void)unlink(server->path); /* gone already is as good */
	}
}
