/* SPDX-License-Identifier: MIT */
/*
 * station.h - what the threads of chairsim share: the simulated chair behind one lock.
 *
 * Each server owns a thread that blocks in poll() on its descriptors and on stop_fd. Whoever wants
 * something of the chair takes the lock, which also brings the chair to the present.
 */
#ifndef SIM_STATION_H
#define SIM_STATION_H

#include "sim.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct station {
	pthread_mutex_t lock;
	struct sim sim;
	int stop_fd;	    /* eventfd; readable = all threads end */
	int gpio_client_fd; /* -1 = none; under the lock */
	uint32_t gpio_told; /* input levels that the client has been sent; under the lock */
};

struct station_thread {
	const char *name;
	int fifo_priority; /* 0 = ordinary; ignored where it is not permitted */
	void (*run)(void *arg);
	void *arg;
	pthread_t id;
	bool started;
};

/* Returns 0 or -errno. */
int station_init(struct station *station, const struct sim_options *options);
void station_destroy(struct station *station);

/* Take the lock and bring the chair to the present. */
void station_lock(struct station *station);
void station_unlock(struct station *station);

/* Start @thread; its fields but the last two are filled. Returns 0 or -errno. */
int station_thread_start(struct station_thread *thread);
void station_thread_join(struct station_thread *thread);

/* Wake every thread for its end. */
void station_stop(struct station *station);

/* Send the inputs to the GPIO client if they differ from what it knows, or if @force. Under lock.
 */
void station_tell_gpio(struct station *station, bool force);

/* CLOCK_MONOTONIC. */
uint64_t station_now_us(void);

/* Sleep until that time on CLOCK_MONOTONIC. */
void station_sleep_until(uint64_t at_us);

#endif /* SIM_STATION_H */
