/* SPDX-License-Identifier: MIT */
/*
 * Memory and threads that fail at the nth request, for every n. Our own allocations only: linked
 * with --wrap for malloc, calloc, reallocarray, pthread_create and pthread_attr_init. Run under
 * AddressSanitizer it also shows that nothing is leaked.
 */
#include "bus_port.h"
#include "gpio.h"
#include "profile.h"

#include <setjmp.h> /* cmocka needs these four first */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef PROFILE_DIR
#define PROFILE_DIR "hw/profiles" /* tests run in the top folder */
#endif
#define MOST_CALLS 500

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
			  void *arg);
int __real_pthread_attr_init(pthread_attr_t *attr);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
			  void *arg);
int __wrap_pthread_attr_init(pthread_attr_t *attr);

static int fail_nth;
static int calls;

/* The bus thread opens its port at the same time; only this thread's calls are counted. */
static pthread_t tester;

static bool fails(void)
{
	return pthread_equal(pthread_self(), tester) != 0 && ++calls == fail_nth;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
	return fails() ? NULL : __real_reallocarray(old, count, size);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
			  void *arg)
{
	return fails() ? EAGAIN : __real_pthread_create(thread, attr, run, arg);
}

int __wrap_pthread_attr_init(pthread_attr_t *attr)
{
	return fails() ? ENOMEM : __real_pthread_attr_init(attr);
}

static void fail_at(int n)
{
	tester = pthread_self();
	fail_nth = n;
	calls = 0;
}

static void a_good_profile_loads_or_fails_cleanly_at_every_allocation(void **state)
{
	static struct profile profile;
	int r = -1;

	(void)state;
	for (int n = 1; r != 0 && n < MOST_CALLS; n++) {
		struct schema_problems problems = { 0 };

		memset(&profile, 0, sizeof(profile));
		fail_at(n);
		r = profile_load(PROFILE_DIR "/zlac8015d.yaml", &profile, &problems);
		/* a lost hint is allowed to pass, a lost value is not */
		assert_true(r == 0 || r == -ENOMEM);
		assert_int_equal(profile.cyclic_read_count, r == 0 ? 8 : 0);
		schema_problems_free(&problems);
	}
	assert_int_equal(r, 0);
}

static void a_broken_profile_never_passes_for_a_good_one(void **state)
{
	static const char text[] = "name: x\nkind: drive\nregisters: {r: {adr: 1}}\n";
	static struct profile profile;

	(void)state;
	for (int n = 1; n < MOST_CALLS; n++) {
		struct schema_problems problems = { 0 };
		int r;

		fail_at(n);
		r = profile_load_memory("x", text, strlen(text), &profile, &problems);
		assert_true(r == -EINVAL || r == -ENOMEM);
		assert_true(r == -ENOMEM || problems.count > 0);
		schema_problems_free(&problems);
		if (calls < n) {
			return; /* every allocation was failed once */
		}
	}
	fail();
}

static void a_bus_port_starts_or_holds_nothing(void **state)
{
	static struct profile profile;
	static struct bus_port_config config;
	struct schema_problems problems = { 0 };
	int r = -1;

	(void)state;
	fail_at(0);
	assert_int_equal(profile_load(PROFILE_DIR "/r4dcb08.yaml", &profile, &problems), 0);
	schema_problems_free(&problems);
	config = (struct bus_port_config){ .path = "/nowhere/tty", .parity = 'N', .stop_bits = 1 };
	config.line.baud = 19200;
	config.line.bits_per_char = 10;
	config.line.device_count = 1;
	config.line.devices[0] =
		(struct bus_device_config){ .name = "pads", .profile = &profile, .address = 1 };
	for (int n = 1; r != 0 && n < MOST_CALLS; n++) {
		struct bus_port *port = NULL;

		fail_at(n);
		r = bus_port_start(&config, &port);
		assert_true(r == 0 || r == -ENOMEM || r == -EAGAIN);
		assert_int_equal(port != NULL, r == 0);
		bus_port_stop(port);
	}
	assert_int_equal(r, 0);
}

static void gpio_without_memory_says_so(void **state)
{
	const struct gpio_config config = { .backend = GPIO_BACKEND_SIMULATOR,
					    .socket_path = "/nowhere/gpio" };

	(void)state;
	for (int n = 1; n < 4; n++) {
		struct gpio_error error = { 0 };
		struct gpio *gpio = NULL;
		int r;

		fail_at(n);
		r = gpio_open(&config, &gpio, &error);
		assert_int_equal(r, n < 3 ? -ENOMEM : -ENOENT);
		assert_true(error.text[0] != '\0');
		assert_null(gpio);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_profile_loads_or_fails_cleanly_at_every_allocation),
		cmocka_unit_test(a_broken_profile_never_passes_for_a_good_one),
		cmocka_unit_test(a_bus_port_starts_or_holds_nothing),
		cmocka_unit_test(gpio_without_memory_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
