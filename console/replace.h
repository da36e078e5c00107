/* SPDX-License-Identifier: MIT */
/*
 * replace.h - requests on a bus by hand.
 */
#ifndef CONSOLE_REPLACE_H
#define CONSOLE_REPLACE_H

#include "link.h"

enum heard {
	HEARD_NOBODY,
	HEARD_ONE,
	HEARD_SEVERAL, /* at once, or a damaged reply */
	HEARD_FAILED,  /* said */
};

/* The device of chair.yaml at @address of @port, of bus.stats; borrowed, NULL: none. */
const json_t *bus_device_at(const json_t *port, int address);

/* Does anybody answer at @address? @baud 0: at the line's own speed. */
enum heard bus_sense(struct link *link, const char *port, int address, int baud);

/* `chairctl bus scan PORT`, `bus read PORT ADDRESS REGISTER`: @words from there on. */
int bus_by_hand(const struct console *console, int count, char *const words[]);

#endif /* CONSOLE_REPLACE_H */
