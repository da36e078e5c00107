/* SPDX-License-Identifier: MIT */
#include "gpio.h"

#include "gpio_backend.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct gpio {
	enum gpio_backend backend;
	struct gpio_gpiod *gpiod; /* one of the two is open */
	struct gpio_sim *sim;
};

int gpio_open(const struct gpio_config *config, struct gpio **ret, struct gpio_error *ret_error)
{
	struct gpio *gpio;
	int r = -EINVAL;

	assert(config != NULL);
	assert(ret != NULL);
	assert(ret_error != NULL);

	gpio = calloc(1, sizeof(*gpio));
	if (gpio == NULL) {
		(void)snprintf(ret_error->text, sizeof(ret_error->text), "out of memory");
		return -ENOMEM;
	}
	gpio->backend = config->backend;
	switch (config->backend) {
	case GPIO_BACKEND_LIBGPIOD:
		r = gpio_gpiod_open(config, "/dev", &gpio->gpiod, ret_error);
		break;
	case GPIO_BACKEND_SIMULATOR:
		r = gpio_sim_open(config->socket_path, &gpio->sim, ret_error);
		break;
	case GPIO_BACKEND_NONE:
		(void)snprintf(ret_error->text, sizeof(ret_error->text),
			       "no GPIO backend is configured");
		break;
	}
	if (r < 0) {
		free(gpio);
		return r;
	}
	*ret = gpio;
	return 0;
}

int gpio_read(struct gpio *gpio, uint64_t now_us, uint32_t *ret_levels)
{
	return gpio->backend == GPIO_BACKEND_SIMULATOR
		       ? gpio_sim_read(gpio->sim, now_us, ret_levels)
		       : gpio_gpiod_read(gpio->gpiod, ret_levels);
}

int gpio_write(struct gpio *gpio, uint32_t levels)
{
	return gpio->backend == GPIO_BACKEND_SIMULATOR ? gpio_sim_write(gpio->sim, levels)
						       : gpio_gpiod_write(gpio->gpiod, levels);
}

int gpio_edge_fds(const struct gpio *gpio, int fds[], int max)
{
	return gpio->backend == GPIO_BACKEND_SIMULATOR ? gpio_sim_edge_fds(gpio->sim, fds, max)
						       : gpio_gpiod_edge_fds(gpio->gpiod, fds, max);
}

bool gpio_drain_edges(struct gpio *gpio)
{
	return gpio->backend == GPIO_BACKEND_SIMULATOR ? gpio_sim_drain_edges(gpio->sim)
						       : gpio_gpiod_drain_edges(gpio->gpiod);
}

void gpio_close(struct gpio *gpio)
{
	if (gpio == NULL) {
		return;
	}
	gpio_gpiod_close(gpio->gpiod);
	gpio_sim_close(gpio->sim);
	free(gpio);
}
