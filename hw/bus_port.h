/* SPDX-License-Identifier: MIT */
/*
 * bus_port.h - one RS-485 port and the thread that owns it: bus_line over libmodbus.
 *
 * The thread exchanges for ever. Commands and images cross by value through wait-free mailboxes, so
 * neither side waits for the other. A port that vanishes (USB adapter pulled) is reopened with
 * back-off; libmodbus's own error recovery stays off.
 */
#ifndef HW_BUS_PORT_H
#define HW_BUS_PORT_H

#include "bus_line.h"

struct bus_port;

struct bus_port_config {
	char path[128]; /* e.g. /dev/serial/by-id/..., a pty in the simulator */
	char parity;	/* 'N', 'E', 'O' */
	uint8_t stop_bits;
	bool rs485_ioctl;  /* ask the kernel driver for RS-485 mode (not for USB adapters) */
	int fifo_priority; /* SCHED_FIFO priority, 0 = ordinary scheduling */
	struct bus_line_config line;
};

#define BUS_ERRAND_REGS 16

/* A request beside the exchange, for a technician: one at a time, while nothing moves. */
struct bus_errand {
	uint32_t number;	    /* of it, never 0; a new one is carried out once */
	uint32_t baud;		    /* 0: the line's own */
	struct bus_request request; /* `device` means nothing here */
};

struct bus_answer {
	uint32_t number; /* of the errand; 0 = none yet */
	enum bus_result result;
	uint16_t regs[BUS_ERRAND_REGS]; /* of a read that went well */
};

/* Allocate and start the thread (256 KiB stack). The port need not exist yet. @config is copied.
 * Returns 0 or -errno; on error *ret is untouched. */
int bus_port_start(const struct bus_port_config *config, struct bus_port **ret)
	__attribute__((warn_unused_result));

/* Control thread: leave the newest command. Never blocks. */
void bus_port_command(struct bus_port *port, const struct bus_line_command *command);

/* Control thread: fetch the newest image. Never blocks. */
const struct bus_line_image *bus_port_image(struct bus_port *port);

/* Main thread: have an errand carried out, and see what came of the last one. Never block. */
void bus_port_send(struct bus_port *port, const struct bus_errand *errand);
const struct bus_answer *bus_port_answer(struct bus_port *port);

/* Any thread: tick counter of the thread, for the watchdog; it changes at least every 250 ms. */
uint32_t bus_port_ticks(const struct bus_port *port);

/* Any thread: true while the device file is open. */
bool bus_port_is_open(const struct bus_port *port);

/* Ask the thread to disable every drive on the line (one last write each), then join. NULL allowed.
 */
void bus_port_stop(struct bus_port *port);

#endif /* HW_BUS_PORT_H */
