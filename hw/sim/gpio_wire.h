/* SPDX-License-Identifier: MIT */
/*
 * gpio_wire.h - the simulated chair's GPIO socket (AF_UNIX, SOCK_SEQPACKET, one client at a time).
 *
 * The client sends its outputs every control cycle; each is answered at once with the inputs, and
 * inputs are sent unasked when one changes. When the client goes away the lines read as all
 * inactive after `hold_ms` (0: at once, as gpio-sim; a Raspberry Pi kernel would keep them driven).
 * Bits are physical lines in the order of enum chair_coil / enum chair_switch, logical polarity.
 */
#ifndef SIM_GPIO_WIRE_H
#define SIM_GPIO_WIRE_H

#include <stdint.h>

#define GPIO_WIRE_MAGIC UINT32_C(0x43485232) /* "CHR2" */

struct gpio_wire_outputs {
	uint32_t magic;
	uint32_t levels;
};

struct gpio_wire_inputs {
	uint32_t magic;
	uint32_t levels;
};

#endif /* SIM_GPIO_WIRE_H */
