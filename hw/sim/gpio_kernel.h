/* SPDX-License-Identifier: MIT */
/*
 * gpio_kernel.h - the chair's end of real kernel lines: the kernel's gpio-sim, through its sysfs.
 *
 * Where chaird holds lines of the chip with libgpiod, the simulated chair reads what chaird drives
 * (sim_gpioN/value) and sets what its switches say (sim_gpioN/pull). Lines are those of
 * reference_switches and reference_coils; the chip must have them.
 */
#ifndef SIM_GPIO_KERNEL_H
#define SIM_GPIO_KERNEL_H

#include "station.h"

struct gpio_kernel {
	struct station *station;     /* borrowed */
	int switch_fd[SWITCH_COUNT]; /* value attributes */
	int pull_fd[SWITCH_COUNT];
	int coil_fd[COIL_COUNT];
	struct station_thread thread;
};

/* @chip: directory of the chip, /sys/devices/platform/gpio-sim.N/gpiochipM. Returns 0 or -errno. */
int gpio_kernel_start(struct gpio_kernel *kernel, struct station *station, const char *chip);

/* After station_stop(). Safe on a zeroed struct. */
void gpio_kernel_stop(struct gpio_kernel *kernel);

#endif /* SIM_GPIO_KERNEL_H */
