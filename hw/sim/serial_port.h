/* SPDX-License-Identifier: MIT */
/*
 * serial_port.h - one RS-485 line as a pty, paced as the wire would be.
 *
 * A request has ended on the wire when all its bits had time to pass after its first byte arrived;
 * the reply is written in one piece at the moment when its last bit would have passed. What begins
 * before the line was silent for t3.5 is counted and dropped, as a real slave would not see it.
 */
#ifndef SIM_SERIAL_PORT_H
#define SIM_SERIAL_PORT_H

#include "sim_frame.h"
#include "station.h"

struct serial_port {
	struct station *station; /* borrowed */
	enum sim_port port;
	uint32_t baud;
	int master_fd;
	int slave_fd; /* kept open so that a client's close does not hang the line up */
	char link_path[256];
	uint64_t line_free_us; /* when the last frame ended on the wire */
	uint32_t noise_state;
	struct station_thread thread;
};

/* Create the pty and the symlink @dir/ports/<name>, start the thread. Returns 0 or -errno. */
int serial_port_start(struct serial_port *port, struct station *station, enum sim_port which,
		      const char *dir);

/* After station_stop(): join, remove the symlink. Safe on a zeroed struct. */
void serial_port_stop(struct serial_port *port);

#endif /* SIM_SERIAL_PORT_H */
