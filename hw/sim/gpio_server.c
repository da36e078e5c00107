/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* accept4; NOLINT(bugprone-reserved-identifier): the C library says so */
#endif
#include "gpio_server.h"

#include "gpio_wire.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TICK_MS	      5
#define GPIO_PRIORITY 30
#define HELD_UP_US    (TICK_MS * 1000U + 20000U) /* a longest wait far beyond what was asked for */

int unix_listen(const char *path, int type)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const size_t len = strlen(path);
	int fd;
	int r;

	if (len >= sizeof(addr.sun_path)) {
		return -ENAMETOOLONG;
	}
	memcpy(addr.sun_path, path, len + 1);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return -errno;
	}
	if ((unlink(path) < 0 && errno != ENOENT) ||
	    bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 16) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

static void accept_client(struct gpio_server *server)
{
	const int fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0) {
		return;
	}
	station_lock(server->station);
	if (server->station->gpio_client_fd >= 0) {
		close(fd); /* the lines have one owner, as with the kernel */
	} else {
		server->station->gpio_client_fd = fd;
		station_tell_gpio(server->station, true);
	}
	station_unlock(server->station);
}

/* Under the lock: whoever drove the lines is gone, so they fall inactive. */
static void drop_client(struct station *station)
{
	close(station->gpio_client_fd);
	station->gpio_client_fd = -1;
	sim_set_outputs(&station->sim, 0);
}

/* Under the lock. */
static void read_client(struct station *station)
{
	struct gpio_wire_outputs packet;
	const ssize_t n = recv(station->gpio_client_fd, &packet, sizeof(packet), MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		drop_client(station);
		return;
	}
	if (n != (ssize_t)sizeof(packet) || packet.magic != GPIO_WIRE_MAGIC ||
	    sim_effect(&station->sim.effects, SIM_FAULT_GPIO_SILENT)) {
		return;
	}
	sim_set_outputs(&station->sim, packet.levels);
	station_tell_gpio(station, true);
}

static void run_gpio(void *arg)
{
	struct gpio_server *server = arg;
	struct station *station = server->station;
	uint64_t last_us = station_now_us();

	for (;;) {
		uint64_t now_us;
		/* only this thread changes gpio_client_fd, so it may read it without the lock */
		struct pollfd fds[3] = { { .fd = station->stop_fd, .events = POLLIN },
					 { .fd = server->listen_fd, .events = POLLIN },
					 { .fd = station->gpio_client_fd, .events = POLLIN } };

		if (poll(fds, 3, TICK_MS) < 0 && errno != EINTR) {
			return;
		}
		if (fds[0].revents != 0) {
			return;
		}
		if (fds[1].revents != 0) {
			accept_client(server);
		}
		now_us = station_now_us();
		station_lock(station);
		station->sim.held_ups += now_us - last_us > HELD_UP_US ? 1U : 0U;
		last_us = now_us;
		if (fds[2].revents != 0) {
			read_client(station);
		}
		station_tell_gpio(station, false);
		station_unlock(station);
	}
}

int gpio_server_start(struct gpio_server *server, struct station *station, const char *dir)
{
	int r;

	*server = (struct gpio_server){
		.station = station,
		.listen_fd = -1,
		.thread = { .name = "gpio", .fifo_priority = GPIO_PRIORITY, .run = run_gpio },
	};
	server->thread.arg = server;
	r = snprintf(server->path, sizeof(server->path), "%s/gpio.sock", dir);
	if (r < 0 || (size_t)r >= sizeof(server->path)) {
		return -ENAMETOOLONG;
	}
	server->listen_fd = unix_listen(server->path, SOCK_SEQPACKET);
	if (server->listen_fd < 0) {
		return server->listen_fd;
	}
	return station_thread_start(&server->thread);
}

void gpio_server_stop(struct gpio_server *server)
{
	if (server->station == NULL) {
		return;
	}
	station_thread_join(&server->thread);
	if (server->station->gpio_client_fd >= 0) {
		close(server->station->gpio_client_fd);
		server->station->gpio_client_fd = -1;
	}
	if (server->listen_fd >= 0) {
		close(server->listen_fd);
		(void)unlink(server->path); /* gone already is as good */
	}
}
