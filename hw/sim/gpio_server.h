/* SPDX-License-Identifier: MIT */
/*
 * gpio_server.h - the GPIO lines of the chair on a SEQPACKET socket (see gpio_wire.h), and the tick
 * that lets the chair's time pass when nobody asks.
 */
#ifndef SIM_GPIO_SERVER_H
#define SIM_GPIO_SERVER_H

#include "station.h"

struct gpio_server {
	struct station *station; /* borrowed */
	int listen_fd;
	char path[108];
	struct station_thread thread;
};

/* Returns 0 or -errno. */
int gpio_server_start(struct gpio_server *server, struct station *station, const char *dir);

/* After station_stop(). Safe on a zeroed struct. */
void gpio_server_stop(struct gpio_server *server);

/* Bind and listen on a Unix socket of @type, replacing a stale file. Returns the descriptor or
 * -errno. */
int unix_listen(const char *path, int type);

#endif /* SIM_GPIO_SERVER_H */
