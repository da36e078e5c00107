/* SPDX-License-Identifier: MIT */
#include "gpio_backend.h"

#include "sim/gpio_wire.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SILENCE_MAX_US	50000U
#define FIRST_REPLY_MS	1000
#define PACKETS_AT_ONCE 64 /* a flood must not hold the control thread */

struct gpio_sim {
	int fd;
	int failure; /* -errno once the connection is lost */
	uint32_t levels;
	uint64_t heard_us;
	bool heard; /* since the last gpio_sim_read() */
	bool changed;
};

/* Take every waiting packet; the newest wins. */
static void take_packets(struct gpio_sim *gpio)
{
	for (int i = 0; i < PACKETS_AT_ONCE && gpio->failure == 0; i++) {
		struct gpio_wire_inputs inputs;
		const ssize_t n = recv(gpio->fd, &inputs, sizeof(inputs), MSG_DONTWAIT | MSG_TRUNC);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0 && errno == EAGAIN) {
			return;
		}
		if (n < 0) {
			gpio->failure = -errno;
		} else if (n == 0) {
			gpio->failure = -ENOTCONN;
		} else if (n != (ssize_t)sizeof(inputs) || inputs.magic != GPIO_WIRE_MAGIC) {
			gpio->failure = -EPROTO;
		} else {
			gpio->changed = gpio->changed || inputs.levels != gpio->levels;
			gpio->levels = inputs.levels;
			gpio->heard = true;
		}
	}
}

static int connect_to(const char *path, int *ret_fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (path[0] == '\0' || strlen(path) >= sizeof(address.sun_path)) {
		return -ENAMETOOLONG;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return -errno;
	}
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		const int r = -errno;

		(void)close(fd); /* nothing was sent */
		return r;
	}
	*ret_fd = fd;
	return 0;
}

/* Outputs to their safe value, and the first inputs in return. May wait: nothing runs yet. */
static int greet(struct gpio_sim *gpio)
{
	struct pollfd readable = { .fd = gpio->fd, .events = POLLIN };
	struct timespec now;
	int r = gpio_sim_write(gpio, 0);

	if (r < 0) {
		return r;
	}
	if (poll(&readable, 1, FIRST_REPLY_MS) <= 0) {
		return -ETIMEDOUT;
	}
	take_packets(gpio);
	if (clock_gettime(CLOCK_MONOTONIC, &now) < 0) {
		return -errno;
	}
	gpio->heard_us = (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
	return gpio->failure;
}

int gpio_sim_open(const char *socket_path, struct gpio_sim **ret, struct gpio_error *ret_error)
{
	struct gpio_sim *gpio = calloc(1, sizeof(*gpio));
	int r = -ENOMEM;

	assert(ret != NULL);

	if (gpio != NULL) {
		r = connect_to(socket_path, &gpio->fd);
		if (r == 0) {
			r = greet(gpio);
			if (r < 0) {
				(void)close(gpio->fd); /* the simulator sees us go */
			}
		}
	}
	if (r < 0) {
		(void)snprintf(ret_error->text, sizeof(ret_error->text),
			       "the simulated chair's GPIO at %.60s does not answer (%s); is "
			       "chairsim running?",
			       socket_path, strerrordesc_np(-r));
		free(gpio);
		return r;
	}
	*ret = gpio;
	return 0;
}

int gpio_sim_read(struct gpio_sim *gpio, uint64_t now_us, uint32_t *ret_levels)
{
	take_packets(gpio);
	if (gpio->failure < 0) {
		return gpio->failure;
	}
	if (gpio->heard) {
		gpio->heard = false;
		gpio->heard_us = now_us;
	}
	if (now_us > gpio->heard_us && now_us - gpio->heard_us > SILENCE_MAX_US) {
		return -ETIMEDOUT;
	}
	*ret_levels = gpio->levels;
	return 0;
}

int gpio_sim_write(struct gpio_sim *gpio, uint32_t levels)
{
	const struct gpio_wire_outputs outputs = { .magic = GPIO_WIRE_MAGIC, .levels = levels };

	if (gpio->failure < 0) {
		return gpio->failure;
	}
	if (send(gpio->fd, &outputs, sizeof(outputs), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		return -errno;
	}
	return 0;
}

int gpio_sim_edge_fds(const struct gpio_sim *gpio, int fds[], int max)
{
	/* a dead connection is readable for ever; gpio_sim_read() reports it */
	if (max < 1 || gpio->failure < 0) {
		return 0;
	}
	fds[0] = gpio->fd;
	return 1;
}

bool gpio_sim_drain_edges(struct gpio_sim *gpio)
{
	bool changed;

	take_packets(gpio);
	changed = gpio->changed || gpio->failure < 0;
	gpio->changed = false;
	return changed;
}

void gpio_sim_close(struct gpio_sim *gpio)
{
	if (gpio == NULL) {
		return;
	}
	(void)gpio_sim_write(gpio, 0); /* nothing more can be done; hardware pulls them down */
	(void)close(gpio->fd);
	free(gpio);
}
