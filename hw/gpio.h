/* SPDX-License-Identifier: MIT */
/*
 * gpio.h - all switch inputs and coil outputs of the chair, as two bit sets.
 *
 * Bit n of the inputs is enum chair_switch n, bit n of the outputs is enum chair_coil n, both in
 * logical polarity (a line's active_low is applied below this interface). Two backends, chosen in
 * chair.yaml: the kernel's character device by libgpiod v2, and the simulated chair's socket.
 *
 * The kernel does not promise what a line does after this process ends: the circuit must pull every
 * output to its safe level. One thread owns a struct gpio. Nothing here blocks longer than an ioctl
 * or one send and recv on a local socket.
 */
#ifndef HW_GPIO_H
#define HW_GPIO_H

#include "types.h"

#include <stdbool.h>
#include <stdint.h>

struct gpio;

enum gpio_backend {
	GPIO_BACKEND_NONE,
	GPIO_BACKEND_LIBGPIOD,
	GPIO_BACKEND_SIMULATOR,
};

enum gpio_bias {
	GPIO_BIAS_AS_IS,
	GPIO_BIAS_PULL_UP,
	GPIO_BIAS_PULL_DOWN,
};

/* One line, found by chip label and line name; never by chip number. */
struct gpio_line {
	char chip[32]; /* label of the chip, e.g. "pinctrl-rp1"; both are required for libgpiod */
	char name[32]; /* line name, e.g. "GPIO17"; used by one line only */
	bool active_low;
	enum gpio_bias bias;
};

struct gpio_config {
	enum gpio_backend backend;
	char socket_path[108]; /* simulator only */
	struct gpio_line inputs[SWITCH_COUNT];
	struct gpio_line outputs[COIL_COUNT];
};

struct gpio_error {
	char text[160]; /* one sentence that names the line, the chip and what to do */
};

/* Request every line, outputs at their safe value (inactive) from the first moment: one request a
 * chip for the outputs, one for the inputs (with both edges). Returns 0 or -errno; on error *ret is
 * untouched, nothing is held and @ret_error says what failed. */
int gpio_open(const struct gpio_config *config, struct gpio **ret, struct gpio_error *ret_error)
	__attribute__((warn_unused_result));

/* Levels of all inputs, fresh. Returns 0, or -errno when any line could not be read (simulator:
 * -ETIMEDOUT when it has sent nothing for 50 ms before @now_us, CLOCK_MONOTONIC). */
int gpio_read(struct gpio *gpio, uint64_t now_us, uint32_t *ret_levels)
	__attribute__((warn_unused_result));

/* Drive all outputs. Returns 0 or -errno when any could not be written. */
int gpio_write(struct gpio *gpio, uint32_t levels) __attribute__((warn_unused_result));

/* Readable while an input edge waits; at most @max descriptors are stored, their count returned.
 * They stay owned by @gpio. */
int gpio_edge_fds(const struct gpio *gpio, int fds[], int max);

/* Throw away waiting edge events; the levels tell what happened. True when there was any change:
 * the simulator answers every write, so its descriptor wakes the reader without one. */
bool gpio_drain_edges(struct gpio *gpio);

/* Whether this kernel keeps outputs driven after the process that held them has ended, as Raspberry
 * Pi kernels do unless told otherwise. */
enum gpio_after_death {
	GPIO_AFTER_DEATH_UNKNOWN, /* no parameter says: depends on the driver */
	GPIO_AFTER_DEATH_RELEASED,
	GPIO_AFTER_DEATH_KEPT, /* what was on stays on: set dtparam=strict_gpiod in config.txt */
};

/* Looks at the modules' parameters below @sys (usually "/sys/module"). */
enum gpio_after_death gpio_look_after_death(const char *sys);

/* Drive every output inactive, release. NULL is allowed. */
void gpio_close(struct gpio *gpio);

#endif /* HW_GPIO_H */
