/* SPDX-License-Identifier: MIT */
/*
 * Sockets fail at the nth call, for every n until the operation succeeds: the simulated chair's
 * GPIO and the server with a client. Linked with --wrap; run under AddressSanitizer it also shows
 * that nothing is leaked, and descriptors are counted here.
 */
#include "client.h"
#include "gpio.h"
#include "methods.h"
#include "server.h"
#include "sim/gpio_wire.h"

#include <setjmp.h> /* cmocka needs these four first */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MOST_CALLS 500
#define WAIT_US	   UINT64_C(1000)

#define WRAP(type, name, declared, given, failure)                      \
	type __real_##name declared;                                    \
	type __wrap_##name declared;                                    \
	type __wrap_##name declared                                     \
	{                                                               \
		return fails() ? (type)(failure) : __real_##name given; \
	}

static pthread_t tester;
static int fail_nth;
static int calls;
static int fail_errno;

/* Only this thread's calls count: the chair's end and the clients have one of their own. */
static bool fails(void)
{
	if (pthread_equal(pthread_self(), tester) == 0 || ++calls != fail_nth) {
		return false;
	}
	errno = fail_errno;
	return true;
}

static void fail_at(int n, int error)
{
	tester = pthread_self();
	fail_nth = n;
	fail_errno = error;
	calls = 0;
}

/* clang-format off */
WRAP(void *, calloc, (size_t count, size_t size), (count, size), NULL)
WRAP(void *, realloc, (void *old, size_t size), (old, size), NULL)
WRAP(int, socket, (int domain, int type, int protocol), (domain, type, protocol), -1)
WRAP(int, connect, (int fd, const struct sockaddr *to, socklen_t size), (fd, to, size), -1)
WRAP(int, bind, (int fd, const struct sockaddr *to, socklen_t size), (fd, to, size), -1)
WRAP(int, listen, (int fd, int most), (fd, most), -1)
WRAP(int, chmod, (const char *path, mode_t mode), (path, mode), -1)
WRAP(int, accept4, (int fd, struct sockaddr *from, socklen_t *size, int flags), (fd, from, size, flags), -1)
WRAP(ssize_t, send, (int fd, const void *bytes, size_t size, int flags), (fd, bytes, size, flags), -1)
WRAP(ssize_t, recv, (int fd, void *bytes, size_t size, int flags), (fd, bytes, size, flags), -1)
WRAP(int, poll, (struct pollfd *fds, nfds_t count, int ms), (fds, count, ms), -1)
WRAP(int, clock_gettime, (clockid_t clock, struct timespec *ret), (clock, ret), -1)
WRAP(int, sd_event_add_io, (sd_event *event, sd_event_source **ret, int fd, uint32_t events,
	sd_event_io_handler_t handler, void *arg), (event, ret, fd, events, handler, arg), -ENOMEM)
WRAP(int, sd_event_source_set_io_events, (sd_event_source *source, uint32_t events), (source, events), -ENOMEM)
WRAP(int, sd_event_source_set_enabled, (sd_event_source *source, int on), (source, on), -ENOMEM)
/* clang-format on */

static char directory[64];

static int descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL) {
		count++;
	}
	(void)closedir(dir);
	return count;
}

static int entries(void)
{
	DIR *dir = opendir(directory);
	int count = -2; /* "." and ".." */

	assert_non_null(dir);
	while (readdir(dir) != NULL) {
		count++;
	}
	(void)closedir(dir);
	return count;
}

static int make_directory(void **state)
{
	(void)state;
	fail_at(0, 0);
	(void)snprintf(directory, sizeof(directory), "/tmp/fault_sockets.%d", (int)getpid());
	return mkdir(directory, 0700);
}

static int remove_directory(void **state)
{
	char path[96];

	(void)state;
	fail_at(0, 0);
	(void)snprintf(path, sizeof(path), "%s/gpio", directory);
	(void)unlink(path);
	return rmdir(directory);
}

static struct sockaddr_un address_of(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	assert_true(snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", directory, name) <
		    (int)sizeof(address.sun_path));
	return address;
}

/* ---- the simulated chair's GPIO ---- */

/* The chair's end: answers every packet with the same inputs. */
static void *chair_end(void *arg)
{
	const struct gpio_wire_inputs inputs = { .magic = GPIO_WIRE_MAGIC, .levels = 5 };
	const int listener = *(const int *)arg;
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		struct gpio_wire_outputs outputs;

		while (recv(fd, &outputs, sizeof(outputs), 0) == (ssize_t)sizeof(outputs)) {
			(void)send(fd, &inputs, sizeof(inputs), MSG_NOSIGNAL);
		}
		(void)close(fd);
	}
	return NULL;
}

static uint64_t now_us(void)
{
	struct timespec now;

	assert_int_equal(__real_clock_gettime(CLOCK_MONOTONIC, &now), 0);
	return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

/* One cycle of a control thread at @at_us: true while everything worked. */
static bool exchange(struct gpio *gpio, uint64_t at_us)
{
	uint32_t levels = 0;
	const int r = gpio_read(gpio, at_us, &levels);
	bool good = gpio_write(gpio, 1) == 0;

	(void)gpio_drain_edges(gpio);
	assert_true(r < 0 || levels == 5); /* never made up */
	return good && r == 0;
}

static void gpio_opens_or_holds_nothing_and_a_lost_call_is_told(void **state)
{
	const struct sockaddr_un address = address_of("gpio");
	struct gpio_config config = { .backend = GPIO_BACKEND_SIMULATOR };
	pthread_t thread;
	bool all = false;
	int listener;

	(void)state;
	fail_at(0, 0);
	memcpy(config.socket_path, address.sun_path, sizeof(config.socket_path));
	listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 8), 0);
	assert_int_equal(pthread_create(&thread, NULL, chair_end, &listener), 0);
	for (int n = 1; !all && n < MOST_CALLS; n++) {
		struct gpio_error error = { .text = "" };
		struct gpio *gpio = NULL;
		bool good = true;
		uint64_t at_us;
		int r;

		fail_at(n, ECONNRESET);
		r = gpio_open(&config, &gpio, &error);
		at_us = now_us(); /* stands still: a busy machine is no silence of the chair */
		assert_int_equal(gpio != NULL, r == 0);
		assert_true(r == 0 || error.text[0] != '\0');
		for (int i = 0; i < 3 && r == 0; i++) {
			good = exchange(gpio, at_us) && good;
		}
		all = calls < n; /* every call was failed once */
		fail_at(0, 0);
		good = r == 0 && exchange(gpio, at_us) && good; /* what was lost last shows now */
		assert_true(all == good);
		gpio_close(gpio);
	}
	assert_true(all);
	assert_int_equal(shutdown(listener, SHUT_RDWR), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)close(listener);
}

/* ---- the server ---- */

static void a_server_opens_or_leaves_nothing_behind(void **state)
{
	static const struct setup setup;
	const int before = descriptors();
	sd_event *event = NULL;
	int r = -1;

	(void)state;
	for (int n = 1; r != 0 && n < MOST_CALLS; n++) {
		struct server *server = NULL;

		fail_at(0, 0);
		assert_int_equal(sd_event_new(&event), 0);
		fail_at(n, EACCES);
		r = server_open(event, directory, &setup, NULL, &server);
		if (r == 0 && calls >= n) {
			r = -1; /* a clock that fails stops nothing */
		} else {
			assert_int_equal(server != NULL, r == 0);
		}
		fail_at(0, 0);
		assert_int_equal(entries(), server == NULL ? 0 : ROLE_COUNT);
		server_close(server);
		event = sd_event_unref(event);
		assert_int_equal(entries(), 0);
		assert_int_equal(descriptors(), before);
	}
	assert_int_equal(r, 0);
}

/* Connect, ask, read: as much of the answer as comes. */
static size_t ask(sd_event *event, struct server *server, int turns)
{
	static const char request[] =
		"{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"program.list\"}\n";
	const struct sockaddr_un address = address_of("panel.sock");
	char reply[2048];
	const int fd = __real_socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	size_t length = 0;
	ssize_t n;

	assert_int_equal(__real_connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_true(__real_send(fd, request, strlen(request), MSG_NOSIGNAL) > 0);
	for (int i = 0; i < turns; i++) {
		assert_true(sd_event_run(event, WAIT_US) >= 0);
		if (i == turns / 2) {
			server_tick(server); /* wakes a listener that rests */
		}
	}
	n = __real_recv(fd, reply, sizeof(reply), 0);
	length = n > 0 ? (size_t)n : 0;
	assert_true(length == 0 || reply[length - 1] == '\n');
	(void)close(fd);
	for (int i = 0; i < 3; i++) {
		assert_true(sd_event_run(event, WAIT_US) >= 0);
	}
	server_tick(server);
	return length;
}

/* A call that fails costs at most this client; the next one is served. */
static void a_client_is_served_or_cut_off_and_the_next_is_served(void **state)
{
	static const struct setup setup;
	struct server *server = NULL;
	sd_event *event = NULL;
	size_t whole;
	bool all = false;
	int before;

	(void)state;
	fail_at(0, 0);
	assert_int_equal(sd_event_new(&event), 0);
	assert_int_equal(server_open(event, directory, &setup, NULL, &server), 0);
	whole = ask(event, server, 8);
	assert_true(whole > 0);
	before = descriptors();
	for (int n = 1; !all && n < MOST_CALLS; n++) {
		size_t length;

		fail_at(n, EMFILE);
		length = ask(event, server, 8);
		all = calls < n;
		assert_true(length == 0 || length == whole);
		fail_at(0, 0);
		assert_int_equal(descriptors(), before);
		assert_int_equal(ask(event, server, 8), whole);
	}
	assert_true(all);
	fail_at(0, 0);
	server_close(server);
	(void)sd_event_unref(event);
}

/* Out of descriptors the listeners rest; they do not keep the main thread busy. */
static void without_descriptors_the_server_waits(void **state)
{
	static const struct setup setup;
	const struct sockaddr_un address = address_of("panel.sock");
	struct server *server = NULL;
	sd_event *event = NULL;
	int turns = 0;
	int fd;

	(void)state;
	fail_at(0, 0);
	assert_int_equal(sd_event_new(&event), 0);
	assert_int_equal(server_open(event, directory, &setup, NULL, &server), 0);
	fd = __real_socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(__real_connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	fail_at(1, EMFILE);
	while (turns < 100 && sd_event_run(event, 0) > 0) {
		turns++;
	}
	assert_int_equal(turns, 1); /* one look, then rest */
	server_tick(server);
	assert_true(sd_event_run(event, 0) > 0); /* now it is let in */
	fail_at(0, 0);
	(void)close(fd);
	server_close(server);
	(void)sd_event_unref(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(gpio_opens_or_holds_nothing_and_a_lost_call_is_told,
						make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(a_server_opens_or_leaves_nothing_behind,
						make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(
			a_client_is_served_or_cut_off_and_the_next_is_served, make_directory,
			remove_directory),
		cmocka_unit_test_setup_teardown(without_descriptors_the_server_waits,
						make_directory, remove_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
