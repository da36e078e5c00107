/* SPDX-License-Identifier: MIT */
/*
 * gpio_backend.h - what gpio.c expects of its two backends. The contracts are those of gpio.h.
 */
#ifndef HW_GPIO_BACKEND_H
#define HW_GPIO_BACKEND_H

#include "gpio.h"

#define GPIO_CHIP_MAX 8 /* chips that a chair's lines may be spread over */

struct gpio_gpiod;

/* Writing is also tried where its failure cannot be helped, hence no warn_unused_result on it.
 * @dev_dir: "/dev", or a stand-in for it in tests. */
int gpio_gpiod_open(const struct gpio_config *config, const char *dev_dir, struct gpio_gpiod **ret,
		    struct gpio_error *ret_error) __attribute__((warn_unused_result));
int gpio_gpiod_read(struct gpio_gpiod *gpio, uint32_t *ret_levels)
	__attribute__((warn_unused_result));
int gpio_gpiod_write(struct gpio_gpiod *gpio, uint32_t levels);
int gpio_gpiod_edge_fds(const struct gpio_gpiod *gpio, int fds[], int max);
bool gpio_gpiod_drain_edges(struct gpio_gpiod *gpio);
void gpio_gpiod_close(struct gpio_gpiod *gpio);

struct gpio_sim;

int gpio_sim_open(const char *socket_path, struct gpio_sim **ret, struct gpio_error *ret_error)
	__attribute__((warn_unused_result));
int gpio_sim_read(struct gpio_sim *gpio, uint64_t now_us, uint32_t *ret_levels)
	__attribute__((warn_unused_result));
int gpio_sim_write(struct gpio_sim *gpio, uint32_t levels);
int gpio_sim_edge_fds(const struct gpio_sim *gpio, int fds[], int max);
bool gpio_sim_drain_edges(struct gpio_sim *gpio);
void gpio_sim_close(struct gpio_sim *gpio);

#endif /* HW_GPIO_BACKEND_H */
