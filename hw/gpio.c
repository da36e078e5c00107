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

/* 'Y' or 'N' of a boolean parameter; 0 when there is none. */
static char read_parameter(const char *sys, const char *name)
{
	char path[160];
	FILE *file;
	int c;

	if (snprintf(path, sizeof(path), "%s/%s", sys, name) >= (int)sizeof(path)) {
		return 0;
	}
	file = fopen(path, "re");
	if (file == NULL) {
		return 0;
	}
	c = fgetc(file);
	(void)fclose(file); /* was only read */
	return c == 'Y' || c == 'N' ? (char)c : 0;
}

enum gpio_after_death gpio_look_after_death(const char *sys)
{
	/* The first by upstream's name, the others by those of Raspberry Pi kernels before it. */
	static const struct {
		const char *name;
		char kept;
	} parameters[] = {
		{ "pinctrl_bcm2835/parameters/persist_gpio_outputs", 'Y' },
		{ "pinctrl_rp1/parameters/persist_gpio_outputs", 'Y' },
		{ "pinctrl_bcm2835/parameters/strict_gpiod", 'N' },
		{ "pinctrl_rp1/parameters/strict_gpiod", 'N' },
	};
	enum gpio_after_death found = GPIO_AFTER_DEATH_UNKNOWN;

	for (unsigned int i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		const char value = read_parameter(sys, parameters[i].name);

		if (value == parameters[i].kept) {
			return GPIO_AFTER_DEATH_KEPT;
		}
		if (value != 0) {
			found = GPIO_AFTER_DEATH_RELEASED;
		}
	}
	return found;
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
