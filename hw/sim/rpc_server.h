/* SPDX-License-Identifier: MIT */
/* rpc_server.h - sim.sock: JSON-RPC 2.0, one object a line, many clients. */
#ifndef SIM_RPC_SERVER_H
#define SIM_RPC_SERVER_H

#include "station.h"

#define RPC_CLIENT_MAX 32
#define RPC_LINE_MAX   4096

struct rpc_client {
	int fd; /* -1 = free */
	size_t len;
	char line[RPC_LINE_MAX];
};

struct rpc_server {
	struct station *station; /* borrowed */
	int listen_fd;
	char path[108];
	struct rpc_client clients[RPC_CLIENT_MAX];
	struct station_thread thread;
};

/* Returns 0 or -errno. */
int rpc_server_start(struct rpc_server *server, struct station *station, const char *dir);

/* After station_stop(). Safe on a zeroed struct. */
void rpc_server_stop(struct rpc_server *server);

#endif /* SIM_RPC_SERVER_H */
