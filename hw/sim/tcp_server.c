/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* accept4; NOLINT(bugprone-reserved-identifier): the C library says so */
#endif
#include "tcp_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MBAP_SIZE 7 /* transaction, protocol, length (of what follows it), unit */

static void close_client(struct tcp_client *client)
{
	close(client->fd);
	client->fd = -1;
	client->len = 0;
}

static void accept_client(struct tcp_server *server)
{
	const int fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	const int on = 1;

	if (fd < 0) {
		return;
	}
	for (size_t i = 0; i < TCP_CLIENT_MAX; i++) {
		if (server->clients[i].fd < 0) {
			(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
			server->clients[i].fd = fd;
			return;
		}
	}
	close(fd);
}

/* One whole ADU. A reply that does not fit the socket's buffer is lost, like one on a line. */
static void serve_adu(struct tcp_server *server, const struct tcp_client *client, size_t pdu_len)
{
	uint8_t reply[MBAP_SIZE + SLAVE_PDU_MAX];
	size_t len;

	station_lock(server->station);
	len = slave_pdu(&server->station->sim, client->bytes[6], client->bytes + MBAP_SIZE, pdu_len,
			reply + MBAP_SIZE);
	station_unlock(server->station);
	if (len == 0) {
		return;
	}
	memcpy(reply, client->bytes, MBAP_SIZE);
	reply[4] = (uint8_t)((len + 1) >> 8);
	reply[5] = (uint8_t)((len + 1) & 0xff);
	(void)send(client->fd, reply, MBAP_SIZE + len, MSG_NOSIGNAL);
}

static void read_client(struct tcp_server *server, struct tcp_client *client)
{
	const ssize_t n = recv(client->fd, client->bytes + client->len,
			       sizeof(client->bytes) - client->len, 0);

	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
			close_client(client);
		}
		return;
	}
	client->len += (size_t)n;
	while (client->len >= MBAP_SIZE) {
		const size_t rest = (size_t)client->bytes[4] << 8 | client->bytes[5];
		const size_t adu_len = MBAP_SIZE - 1 + rest;

		if (rest < 2 || adu_len > TCP_ADU_MAX || client->bytes[2] != 0 ||
		    client->bytes[3] != 0) {
			close_client(client); /* not Modbus */
			return;
		}
		if (client->len < adu_len) {
			return;
		}
		serve_adu(server, client, adu_len - MBAP_SIZE);
		client->len -= adu_len;
		memmove(client->bytes, client->bytes + adu_len, client->len);
	}
}

static void read_ready(struct tcp_server *server, const struct pollfd *fds)
{
	for (size_t i = 0; i < TCP_CLIENT_MAX; i++) {
		if (fds[i].revents != 0) {
			read_client(server, &server->clients[i]);
		}
	}
}

static void run_tcp(void *arg)
{
	struct tcp_server *server = arg;

	for (;;) {
		struct pollfd fds[2 + TCP_CLIENT_MAX] = {
			{ .fd = server->station->stop_fd, .events = POLLIN },
			{ .fd = server->listen_fd, .events = POLLIN },
		};

		for (size_t i = 0; i < TCP_CLIENT_MAX; i++) {
			fds[2 + i].fd = server->clients[i].fd;
			fds[2 + i].events = POLLIN;
		}
		if (poll(fds, 2 + TCP_CLIENT_MAX, -1) < 0 && errno != EINTR) {
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

static int tcp_listen(uint16_t port, uint16_t *ret_port)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t size = sizeof(addr);
	const int on = 1;
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0) {
		return -errno;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 8) < 0 ||
	    getsockname(fd, (struct sockaddr *)&addr, &size) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	*ret_port = ntohs(addr.sin_port);
	return fd;
}

int tcp_server_start(struct tcp_server *server, struct station *station, uint16_t port)
{
	memset(server, 0, sizeof(*server));
	server->station = station;
	server->thread =
		(struct station_thread){ .name = "modbus-tcp", .run = run_tcp, .arg = server };
	for (size_t i = 0; i < TCP_CLIENT_MAX; i++) {
		server->clients[i].fd = -1;
	}
	server->listen_fd = tcp_listen(port, &server->port);
	if (server->listen_fd < 0) {
		return server->listen_fd;
	}
	return station_thread_start(&server->thread);
}

void tcp_server_stop(struct tcp_server *server)
{
	if (server->station == NULL) {
		return;
	}
	station_thread_join(&server->thread);
	for (size_t i = 0; i < TCP_CLIENT_MAX; i++) {
		if (server->clients[i].fd >= 0) {
			close_client(&server->clients[i]);
		}
	}
	if (server->listen_fd >= 0) {
		close(server->listen_fd);
	}
}
