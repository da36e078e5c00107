/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE    /* pthread_setname_np; NOLINT(bugprone-reserved-identifier): the C library \
			  says so */
#endif
#include "station.h"

#include "gpio_wire.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

uint64_t station_now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void station_sleep_until(uint64_t at_us)
{
	const struct timespec at = {
		.tv_sec = (time_t)(at_us / 1000000),
		.tv_nsec = (long)(at_us % 1000000 * 1000),
	};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {
	}
}

static int init_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attr;
	int r = pthread_mutexattr_init(&attr);

	if (r != 0) {
		return -r;
	}
	r = pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	if (r == 0) {
		r = pthread_mutex_init(lock, &attr);
	}
	pthread_mutexattr_destroy(&attr);
	return -r;
}

int station_init(struct station *station, const struct sim_options *options)
{
	int r = init_lock(&station->lock);

	if (r < 0) {
		return r;
	}
	station->gpio_client_fd = -1;
	station->gpio_told = 0;
	station->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (station->stop_fd < 0) {
		r = -errno;
		pthread_mutex_destroy(&station->lock);
		return r;
	}
	sim_init(&station->sim, options, station_now_us());
	return 0;
}

void station_destroy(struct station *station)
{
	close(station->stop_fd);
	pthread_mutex_destroy(&station->lock);
}

void station_lock(struct station *station)
{
	pthread_mutex_lock(&station->lock);
	sim_advance(&station->sim, station_now_us());
}

void station_unlock(struct station *station)
{
	pthread_mutex_unlock(&station->lock);
}

static void *thread_main(void *arg)
{
	struct station_thread *thread = arg;
	const struct sched_param param = { .sched_priority = thread->fifo_priority };

	(void)pthread_setname_np(pthread_self(), thread->name); /* only for people */
	(void)prctl(PR_SET_TIMERSLACK, 1);
	if (thread->fifo_priority > 0) {
		/* Without the right to it the pacing is a little rougher, no more. */
		(void)pthread_setschedparam(pthread_self(), SCHED_FIFO, &param);
	}
	thread->run(thread->arg);
	return NULL;
}

int station_thread_start(struct station_thread *thread)
{
	const int r = pthread_create(&thread->id, NULL, thread_main, thread);

	thread->started = r == 0;
	return -r;
}

void station_thread_join(struct station_thread *thread)
{
	if (thread->started) {
		(void)pthread_join(thread->id, NULL);
		thread->started = false;
	}
}

void station_stop(struct station *station)
{
	(void)eventfd_write(station->stop_fd, 1); /* full means it is already readable */
}

void station_tell_gpio(struct station *station, bool force)
{
	const uint32_t levels = sim_inputs(&station->sim);
	const struct gpio_wire_inputs packet = { .magic = GPIO_WIRE_MAGIC, .levels = levels };

	if (station->gpio_client_fd < 0 || (!force && levels == station->gpio_told) ||
	    sim_effect(&station->sim.effects, SIM_FAULT_GPIO_SILENT)) {
		return;
	}
	/* A client that does not read loses packets, as it would lose edges of real lines. */
	if (send(station->gpio_client_fd, &packet, sizeof(packet), MSG_DONTWAIT | MSG_NOSIGNAL) ==
	    (ssize_t)sizeof(packet)) {
		station->gpio_told = levels;
	}
}
