/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* ptsname_r; NOLINT(bugprone-reserved-identifier): the C library says so */
#endif
#include "serial_port.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define REST_OF_FRAME_MS 10 /* a client that writes byte by byte may pause this long */
#define PLUG_MS		 20 /* how often a silent line looks whether its adapter is there */
#define PORT_PRIORITY	 30

struct frame {
	uint8_t bytes[SIM_FRAME_MAX + 2];
	size_t len;
	bool babbles; /* it comes once more, unasked */
};

static int open_pty(struct serial_port *port)
{
	char path[64];
	struct termios raw;

	port->master_fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (port->master_fd < 0) {
		return -errno;
	}
	if (grantpt(port->master_fd) < 0 || unlockpt(port->master_fd) < 0 ||
	    ptsname_r(port->master_fd, path, sizeof(path)) != 0) {
		return -errno;
	}
	port->slave_fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (port->slave_fd < 0 || tcgetattr(port->slave_fd, &raw) < 0) {
		return -errno;
	}
	cfmakeraw(&raw);
	if (tcsetattr(port->slave_fd, TCSANOW, &raw) < 0) {
		return -errno;
	}
	if (unlink(port->link_path) < 0 && errno != ENOENT) {
		return -errno;
	}
	return symlink(path, port->link_path) < 0 ? -errno : 0;
}

static uint32_t next_random(struct serial_port *port)
{
	uint32_t x = port->noise_state;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	port->noise_state = x;
	return x;
}

/* What the other end has set its line to; 0 when that is no speed we know. */
static uint32_t client_baud(const struct serial_port *port)
{
	static const struct {
		speed_t speed;
		uint32_t baud;
	} speeds[] = {
		{ B1200, 1200 },   { B2400, 2400 },   { B4800, 4800 },	 { B9600, 9600 },
		{ B19200, 19200 }, { B38400, 38400 }, { B57600, 57600 }, { B115200, 115200 }
	};
	struct termios settings;

	if (tcgetattr(port->slave_fd, &settings) == 0) {
		for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++) {
			if (speeds[i].speed == cfgetospeed(&settings)) {
				return speeds[i].baud;
			}
		}
	}
	return 0;
}

/* Under the lock. Returns the reply's first moment after the request, in microseconds. */
static uint64_t answer(struct serial_port *port, const uint8_t *request, size_t len,
		       struct frame *reply)
{
	struct sim *sim = &port->station->sim;
	const uint32_t devices = slaves_at(sim, port->port, client_baud(port), request[0]);

	*reply = (struct frame){ .len = 0 };
	if ((sim->effects.cut >> port->port & 1U) != 0 || devices == 0) {
		return 0;
	}
	reply->len =
		slave_frame(sim, (unsigned int)__builtin_ctz(devices), request, len, reply->bytes);
	if (reply->len == 0) {
		return 0;
	}
	sim->ports[port->port].replies++;
	if ((devices & (devices - 1)) != 0) {
		reply->bytes[reply->len - 1] ^= 0xff; /* two at once */
	}
	if (next_random(port) % 100 < sim->effects.noise_pct[port->port]) {
		reply->bytes[next_random(port) % reply->len] ^=
			(uint8_t)(1U << next_random(port) % 8);
	}
	reply->babbles = next_random(port) % 100 < sim->effects.babble_pct[port->port];
	return slave_reply_us(sim, request[0]);
}

static void send_reply(struct serial_port *port, const struct frame *reply)
{
	const ssize_t n = write(port->master_fd, reply->bytes, reply->len);

	(void)n; /* nobody reads, the pty is full: the line would lose it too */
}

/* One whole request with a good CRC, its first byte having arrived at @first_us. */
static void serve(struct serial_port *port, const uint8_t *request, size_t len, uint64_t first_us)
{
	struct sim_port_stats *stats = &port->station->sim.ports[port->port];
	const uint64_t end_us = first_us + sim_frame_time_us(len, port->baud);
	const bool early = port->line_free_us != 0 &&
			   first_us < port->line_free_us + sim_frame_silence_us(port->baud);
	struct frame reply;
	uint64_t reply_us;

	if (port->line_free_us < end_us) {
		port->line_free_us = end_us;
	}
	if (!early) {
		station_sleep_until(end_us);
	}
	station_lock(port->station);
	stats->requests++;
	stats->silence_violations += early ? 1 : 0;
	if (early) {
		station_unlock(port->station);
		return;
	}
	reply_us = answer(port, request, len, &reply);
	station_unlock(port->station);
	if (reply.len == 0) {
		return;
	}
	port->line_free_us = end_us + reply_us + sim_frame_time_us(reply.len, port->baud);
	station_sleep_until(port->line_free_us);
	send_reply(port, &reply);
	if (reply.babbles) {
		send_reply(port, &reply); /* waits in the adapter until somebody reads */
	}
}

static void count_garbage(struct serial_port *port)
{
	station_lock(port->station);
	port->station->sim.ports[port->port].crc_errors++;
	station_unlock(port->station);
}

/* Serve all whole requests in @in. Returns true while a beginning waits for its rest. */
static bool split(struct serial_port *port, struct frame *in, uint64_t first_us)
{
	while (in->len > 0) {
		const int known = sim_frame_request_length(in->bytes, in->len);
		const size_t len = known < 0 ? in->len : (size_t)known;

		if (known == 0 || (len > in->len && len <= SIM_FRAME_MAX)) {
			return true;
		}
		if (len > in->len || !sim_frame_crc_is_good(in->bytes, len)) {
			count_garbage(port);
			in->len = 0; /* where the next frame begins only silence can tell */
			return false;
		}
		serve(port, in->bytes, len, first_us);
		in->len -= len;
		memmove(in->bytes, in->bytes + len, in->len);
	}
	return false;
}

static void close_pty(struct serial_port *port)
{
	(void)unlink(port->link_path); /* gone already is as good */
	if (port->slave_fd >= 0) {
		close(port->slave_fd);
	}
	if (port->master_fd >= 0) {
		close(port->master_fd);
	}
	port->slave_fd = -1;
	port->master_fd = -1;
}

/* The adapter is pulled, or put in again. */
static void plug(struct serial_port *port)
{
	bool unplugged;

	station_lock(port->station);
	unplugged = (port->station->sim.effects.unplugged >> port->port & 1U) != 0;
	station_unlock(port->station);
	/* A port that cannot be opened is tried again soon. */
	if (unplugged ? port->master_fd >= 0 : port->master_fd < 0 && open_pty(port) < 0) {
		close_pty(port);
	}
}

static void run_port(void *arg)
{
	struct serial_port *port = arg;
	struct frame in = { .len = 0 };
	uint64_t first_us = 0;
	bool incomplete = false;

	for (;;) {
		struct pollfd fds[2] = { { .fd = port->master_fd, .events = POLLIN },
					 { .fd = port->station->stop_fd, .events = POLLIN } };
		const int n = poll(fds, 2, incomplete ? REST_OF_FRAME_MS : PLUG_MS);
		ssize_t got;

		if (n < 0 && errno != EINTR) {
			return;
		}
		if (fds[1].revents != 0) {
			return;
		}
		plug(port);
		if (n == 0 && !incomplete) {
			continue;
		}
		if (n == 0) {
			count_garbage(port);
			in.len = 0;
			incomplete = false;
			continue;
		}
		if (!incomplete) {
			first_us = station_now_us();
		}
		got = port->master_fd < 0
			      ? 0
			      : read(port->master_fd, in.bytes + in.len, SIM_FRAME_MAX - in.len);
		if (got > 0) {
			in.len += (size_t)got;
			incomplete = split(port, &in, first_us);
		}
	}
}

int serial_port_start(struct serial_port *port, struct station *station, enum sim_port which,
		      const char *dir)
{
	int r;

	*port = (struct serial_port){
		.station = station,
		.port = which,
		.baud = reference_ports[which].baud,
		.master_fd = -1,
		.slave_fd = -1,
		.noise_state = 0x9e3779b9U + (uint32_t)which,
		.thread = { .name = reference_ports[which].name, .fifo_priority = PORT_PRIORITY },
	};
	r = snprintf(port->link_path, sizeof(port->link_path), "%s/ports/%s", dir,
		     reference_ports[which].name);
	if (r < 0 || (size_t)r >= sizeof(port->link_path)) {
		return -ENAMETOOLONG;
	}
	r = open_pty(port);
	if (r < 0) {
		return r;
	}
	port->thread.run = run_port;
	port->thread.arg = port;
	return station_thread_start(&port->thread);
}

void serial_port_stop(struct serial_port *port)
{
	if (port->station == NULL) {
		return;
	}
	station_thread_join(&port->thread);
	close_pty(port);
}
