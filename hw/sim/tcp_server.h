/* SPDX-License-Identifier: MIT */
/*
 * tcp_server.h - the same devices over Modbus/TCP on the loopback address, unpaced, all unit ids.
 *
 * Faults of the lines (cut, noise) do not apply; those of the devices do.
 */
#ifndef SIM_TCP_SERVER_H
#define SIM_TCP_SERVER_H

#include "station.h"

#include <stdint.h>

#define TCP_CLIENT_MAX 8
#define TCP_ADU_MAX    260

struct tcp_client {
	int fd; /* -1 = free */
	size_t len;
	uint8_t bytes[TCP_ADU_MAX];
};

struct tcp_server {
	struct station *station; /* borrowed */
	int listen_fd;
	uint16_t port; /* the one it listens on */
	struct tcp_client clients[TCP_CLIENT_MAX];
	struct station_thread thread;
};

/* @port 0: any. Returns 0 or -errno. */
int tcp_server_start(struct tcp_server *server, struct station *station, uint16_t port);

/* After station_stop(). Safe on a zeroed struct. */
void tcp_server_stop(struct tcp_server *server);

#endif /* SIM_TCP_SERVER_H */
