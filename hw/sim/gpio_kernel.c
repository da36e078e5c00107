/* SPDX-License-Identifier: MIT */
#include "gpio_kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOOK_MS		4  /* a heartbeat has an edge every 10 ms */
#define SWITCH_LOOKS	16 /* after so many the switches are looked at, too */
#define GPIO_PRIORITY	30
#define GPIO_KERNEL_FDS (2 * SWITCH_COUNT + COIL_COUNT)

static int *fd_at(struct gpio_kernel *kernel, unsigned int i)
{
	if (i < SWITCH_COUNT) {
		return &kernel->switch_fd[i];
	}
	if (i < 2 * SWITCH_COUNT) {
		return &kernel->pull_fd[i - SWITCH_COUNT];
	}
	return &kernel->coil_fd[i - 2 * SWITCH_COUNT];
}

static int open_attribute(const char *chip, unsigned int offset, const char *name, int flags)
{
	char path[256];
	const int n = snprintf(path, sizeof(path), "%s/sim_gpio%u/%s", chip, offset, name);
	int fd;

	if (n < 0 || (size_t)n >= sizeof(path)) {
		return -ENAMETOOLONG;
	}
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int open_line(const char *chip, const struct reference_line *line, int *ret_value_fd)
{
	*ret_value_fd = open_attribute(chip, line->offset, "value", O_RDONLY);
	return *ret_value_fd < 0 ? *ret_value_fd : 0;
}

static int open_lines(struct gpio_kernel *kernel, const char *chip)
{
	int r = 0;

	for (unsigned int i = 0; i < SWITCH_COUNT && r >= 0; i++) {
		r = open_line(chip, &reference_switches[i], &kernel->switch_fd[i]);
		if (r == 0) {
			r = open_attribute(chip, reference_switches[i].offset, "pull", O_WRONLY);
			kernel->pull_fd[i] = r;
		}
	}
	for (unsigned int i = 0; i < COIL_COUNT && r >= 0; i++) {
		r = open_line(chip, &reference_coils[i], &kernel->coil_fd[i]);
	}
	return r < 0 ? r : 0;
}

/* A line that cannot be read is low. */
static bool is_high(int value_fd)
{
	char text = '0';

	return pread(value_fd, &text, 1, 0) == 1 && text == '1';
}

static uint32_t read_coils(const struct gpio_kernel *kernel)
{
	uint32_t levels = 0;

	for (unsigned int i = 0; i < COIL_COUNT; i++) {
		if (is_high(kernel->coil_fd[i]) != reference_coils[i].active_low) {
			levels |= UINT32_C(1) << i;
		}
	}
	return levels;
}

/* By what the lines say, not by what was set: whoever requests a line with a bias changes its pull.
 */
static void set_switches(const struct gpio_kernel *kernel, uint32_t levels)
{
	for (unsigned int i = 0; i < SWITCH_COUNT; i++) {
		const bool on = (levels >> i & 1U) != 0;
		const bool high = on != reference_switches[i].active_low;
		const char *pull = high ? "pull-up" : "pull-down";

		if (is_high(kernel->switch_fd[i]) != high &&
		    pwrite(kernel->pull_fd[i], pull, strlen(pull), 0) < 0) {
			return; /* again at the next look */
		}
	}
}

static void run_lines(void *arg)
{
	struct gpio_kernel *kernel = arg;
	struct station *station = kernel->station;
	uint32_t told = 0;

	for (unsigned int look = 0;; look++) {
		struct pollfd fd = { .fd = station->stop_fd, .events = POLLIN };
		const int n = poll(&fd, 1, LOOK_MS);
		uint32_t coils;
		uint32_t switches;

		if (n > 0 || (n < 0 && errno != EINTR)) {
			return;
		}
		coils = read_coils(kernel);
		station_lock(station);
		if (!sim_effect(&station->sim.effects, SIM_FAULT_GPIO_SILENT)) {
			sim_set_outputs(&station->sim, coils);
		}
		switches = sim_inputs(&station->sim);
		station_unlock(station);
		if (switches != told || look % SWITCH_LOOKS == 0) {
			set_switches(kernel, switches);
			told = switches;
		}
	}
}

int gpio_kernel_start(struct gpio_kernel *kernel, struct station *station, const char *chip)
{
	int r;

	*kernel = (struct gpio_kernel){
		.station = station,
		.thread = { .name = "gpio", .fifo_priority = GPIO_PRIORITY, .run = run_lines },
	};
	kernel->thread.arg = kernel;
	for (unsigned int i = 0; i < GPIO_KERNEL_FDS; i++) {
		*fd_at(kernel, i) = -1;
	}
	r = open_lines(kernel, chip);
	if (r < 0) {
		return r;
	}
	set_switches(kernel, sim_inputs(&station->sim));
	return station_thread_start(&kernel->thread);
}

void gpio_kernel_stop(struct gpio_kernel *kernel)
{
	if (kernel->station == NULL) {
		return;
	}
	station_thread_join(&kernel->thread);
	for (unsigned int i = 0; i < GPIO_KERNEL_FDS; i++) {
		if (*fd_at(kernel, i) >= 0) {
			close(*fd_at(kernel, i));
		}
	}
}
