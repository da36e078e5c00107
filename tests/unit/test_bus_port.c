/* SPDX-License-Identifier: MIT */
/*
 * The bus thread over a pseudo terminal, against a slave that speaks real RTU frames. Time is real
 * here, so the test waits for events, with a generous end, and never for a duration.
 */
#include "bus_port.h"

#include <setjmp.h> /* cmocka needs these four first */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#ifndef PROFILE_DIR
#define PROFILE_DIR "hw/profiles" /* tests run in the top folder */
#endif
#define PATIENCE_MS 10000
#define REG_COUNT   0x2100

enum mood {
	MOOD_GOOD,
	MOOD_MUTE,
	MOOD_WRONG_CRC,
	MOOD_EXCEPTION,
	MOOD_LATE, /* answers, but too late */
};

struct bench {
	struct profile zlac;
	struct bus_port_config config;
	struct bus_port *port;
	int master;
	pthread_t thread;
	atomic_bool leave;
	_Atomic enum mood mood;
	_Atomic uint16_t regs[2][REG_COUNT];
};

/* ---- the slave ---- */

static uint16_t crc_of(const uint8_t *bytes, size_t count)
{
	uint16_t crc = 0xFFFF;

	for (size_t i = 0; i < count; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++) {
			crc = (uint16_t)((crc & 1) != 0 ? crc >> 1 ^ 0xA001 : crc >> 1);
		}
	}
	return crc;
}

static uint16_t word_at(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void reply(struct bench *bench, uint8_t *frame, size_t count)
{
	uint16_t crc = crc_of(frame, count);

	if (bench->mood == MOOD_WRONG_CRC) {
		crc ^= 0x0101;
	}
	if (bench->mood == MOOD_LATE) {
		(void)poll(NULL, 0, 60);
	}
	frame[count] = (uint8_t)crc;
	frame[count + 1] = (uint8_t)(crc >> 8);
	(void)!write(bench->master, frame, count + 2); /* the port may have closed */
}

static void answer(struct bench *bench, const uint8_t *request)
{
	_Atomic uint16_t *regs = bench->regs[request[0] - 1];
	const uint16_t reg = word_at(&request[2]);
	const uint16_t count = word_at(&request[4]);
	uint8_t frame[260];

	memcpy(frame, request, 6);
	if (bench->mood == MOOD_EXCEPTION) {
		frame[1] |= 0x80;
		frame[2] = 2;
		reply(bench, frame, 3);
	} else if (request[1] == 3) {
		frame[2] = (uint8_t)(2 * count);
		for (int i = 0; i < count; i++) {
			frame[3 + 2 * i] = (uint8_t)(regs[reg + i] >> 8);
			frame[4 + 2 * i] = (uint8_t)regs[reg + i];
		}
		reply(bench, frame, 3U + 2U * count);
	} else if (request[1] == 6) {
		regs[reg] = count;
		reply(bench, frame, 6);
	} else {
		for (int i = 0; i < count; i++) {
			regs[reg + i] = word_at(&request[7 + 2 * i]);
		}
		reply(bench, frame, 6);
	}
}

static size_t frame_length(const uint8_t *bytes, size_t have)
{
	if (have < 7) {
		return 8;
	}
	return bytes[1] == 16 ? 9U + bytes[6] : 8;
}

static void *serve(void *arg)
{
	struct bench *bench = arg;
	uint8_t bytes[300];
	size_t have = 0;

	while (!bench->leave) {
		struct pollfd readable = { .fd = bench->master, .events = POLLIN };
		ssize_t n;

		if (poll(&readable, 1, 20) <= 0) {
			have = 0; /* silence ends a frame */
			continue;
		}
		n = read(bench->master, bytes + have, sizeof(bytes) - have);
		if (n <= 0) { /* EIO while nobody has the other end open */
			(void)poll(NULL, 0, 5);
			continue;
		}
		have += (size_t)n;
		if (have < frame_length(bytes, have)) {
			continue;
		}
		/* two requests in one read, after a late reply, are garbage to a real slave too */
		if (crc_of(bytes, have) == 0 && bench->mood != MOOD_MUTE && bytes[0] <= 2) {
			answer(bench, bytes);
		}
		have = 0;
	}
	return NULL;
}

/* ---- the bench ---- */

static void open_master(struct bench *bench, char *path, size_t size)
{
	struct termios raw;

	bench->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(bench->master >= 0);
	assert_int_equal(grantpt(bench->master), 0);
	assert_int_equal(unlockpt(bench->master), 0);
	assert_int_equal(ptsname_r(bench->master, path, size), 0);
	assert_int_equal(tcgetattr(bench->master, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(bench->master, TCSANOW, &raw), 0);
}

static int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct schema_problems problems = { 0 };

	assert_non_null(bench);
	assert_int_equal(profile_load(PROFILE_DIR "/zlac8015d.yaml", &bench->zlac, &problems), 0);
	schema_problems_free(&problems);
	bench->zlac.response_max_us = 40000; /* a busy test machine is slower than a drive */
	bench->config = (struct bus_port_config){ .parity = 'N', .stop_bits = 1 };
	bench->config.line = (struct bus_line_config){
		.name = "test", .baud = 115200, .bits_per_char = 10, .device_count = 2
	};
	for (uint8_t i = 0; i < 2; i++) {
		struct bus_device_config *device = &bench->config.line.devices[i];

		*device = (struct bus_device_config){ .profile = &bench->zlac,
						      .address = (uint8_t)(i + 1),
						      .comm_timeout_ms = 300,
						      .work_limit_a = { 4.0F, 4.0F },
						      .homing_limit_a = { 1.0F, 1.0F } };
		(void)snprintf(device->name, sizeof(device->name), "drive_%d", i);
	}
	open_master(bench, bench->config.path, sizeof(bench->config.path));
	assert_int_equal(pthread_create(&bench->thread, NULL, serve, bench), 0);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	bus_port_stop(bench->port);
	bench->leave = true;
	assert_int_equal(pthread_join(bench->thread, NULL), 0);
	(void)close(bench->master);
	free(bench);
	return 0;
}

typedef bool (*condition)(struct bench *bench);

static void wait_for(struct bench *bench, condition is_met)
{
	for (int i = 0; i < PATIENCE_MS && !is_met(bench); i++) {
		(void)poll(NULL, 0, 1);
	}
	assert_true(is_met(bench));
}

static const struct bus_device_image *image_of(struct bench *bench, int i)
{
	return &bus_port_image(bench->port)->device[i];
}

static bool both_enabled(struct bench *bench)
{
	return image_of(bench, 0)->enabled && image_of(bench, 1)->enabled;
}

static bool both_silent(struct bench *bench)
{
	return image_of(bench, 0)->stage == BUS_STAGE_SILENT &&
	       image_of(bench, 1)->stage == BUS_STAGE_SILENT;
}

static bool three_garbled(struct bench *bench)
{
	return bus_port_image(bench->port)->stats[0].crc_errors >= 3;
}

static bool turning(struct bench *bench)
{
	return bench->regs[0][0x2088] == 25 && bench->regs[1][0x2089] == 25;
}

static bool is_shut(struct bench *bench)
{
	return !bus_port_is_open(bench->port);
}

static bool first_refused(struct bench *bench)
{
	return image_of(bench, 0)->stage == BUS_STAGE_REFUSED;
}

static struct bus_line_command drive_command(void)
{
	struct bus_line_command command = { 0 };

	for (int i = 0; i < 2; i++) {
		command.device[i] = (struct bus_command){ .enable = true,
							  .limit = DRIVE_LIMIT_WORK,
							  .speed_rpm = { 25.0F, 25.0F } };
	}
	return command;
}

static void start_driving(struct bench *bench)
{
	const struct bus_line_command command = drive_command();

	assert_int_equal(bus_port_start(&bench->config, &bench->port), 0);
	bus_port_command(bench->port, &command);
	wait_for(bench, both_enabled);
	wait_for(bench, turning);
}

/* ---- tests ---- */

static void drives_are_configured_enabled_and_turned_over_a_real_port(void **state)
{
	struct bench *bench = *state;

	start_driving(bench);
	assert_true(bus_port_is_open(bench->port));
	assert_true(bus_port_ticks(bench->port) > 10);
	assert_int_equal(bench->regs[1][0x2000], 300);
	assert_int_equal(bench->regs[1][0x2034], 40);
	assert_int_equal(bus_port_image(bench->port)->stats[0].crc_errors, 0);
}

static void stopping_the_port_stops_and_disables_every_drive(void **state)
{
	struct bench *bench = *state;

	start_driving(bench);
	bus_port_stop(bench->port);
	bench->port = NULL;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(bench->regs[i][0x2088], 0);
		assert_int_equal(bench->regs[i][0x2089], 0);
		assert_int_equal(bench->regs[i][0x200E], 7);
	}
}

static void a_mute_line_goes_silent_and_comes_back(void **state)
{
	struct bench *bench = *state;

	start_driving(bench);
	bench->mood = MOOD_MUTE;
	wait_for(bench, both_silent);
	assert_true(bus_port_image(bench->port)->stats[0].timeouts >= 3);
	assert_true(bus_port_is_open(bench->port));
	bench->mood = MOOD_GOOD;
	wait_for(bench, both_enabled);
}

static void wrong_checksums_count_as_garbled(void **state)
{
	struct bench *bench = *state;

	start_driving(bench);
	bench->mood = MOOD_WRONG_CRC;
	wait_for(bench, both_silent);
	wait_for(bench, three_garbled);
	bench->mood = MOOD_GOOD;
	wait_for(bench, both_enabled);
}

static void late_replies_are_never_taken_for_the_next_one(void **state)
{
	struct bench *bench = *state;

	start_driving(bench);
	bench->mood = MOOD_LATE;
	wait_for(bench, both_silent);
	bench->mood = MOOD_GOOD;
	wait_for(bench, both_enabled);
	assert_false(image_of(bench, 0)->mismatch);
	assert_false(image_of(bench, 1)->mismatch);
}

static void an_exception_means_alive_and_refusing(void **state)
{
	struct bench *bench = *state;

	bench->mood = MOOD_EXCEPTION;
	assert_int_equal(bus_port_start(&bench->config, &bench->port), 0);
	wait_for(bench, first_refused);
	assert_true(bus_port_image(bench->port)->stats[0].exceptions > 0);
	assert_string_equal(image_of(bench, 0)->bad_register, "comm_timeout");
}

static void an_adapter_pulled_out_is_reopened_when_it_is_back(void **state)
{
	struct bench *bench = *state;
	char link[] = "/tmp/bus_port_XXXXXX";
	char path[64];
	char target[64];

	/* a stable name that points to the adapter, as udev makes it */
	assert_non_null(mkdtemp(link));
	(void)snprintf(path, sizeof(path), "%s/by-id", link);
	assert_int_equal(symlink(bench->config.path, path), 0);
	(void)snprintf(bench->config.path, sizeof(bench->config.path), "%s", path);
	start_driving(bench);

	bench->leave = true;
	assert_int_equal(pthread_join(bench->thread, NULL), 0);
	(void)close(bench->master);
	wait_for(bench, both_silent);
	wait_for(bench, is_shut);

	bench->leave = false;
	open_master(bench, target, sizeof(target));
	(void)unlink(path);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(pthread_create(&bench->thread, NULL, serve, bench), 0);
	wait_for(bench, both_enabled);
	(void)unlink(path);
	(void)rmdir(link);
}

static bool answered(struct bench *bench)
{
	return bus_port_answer(bench->port)->number == 7;
}

static void an_errand_is_carried_out_once_beside_the_exchange(void **state)
{
	struct bench *bench = *state;
	struct bus_errand errand = {
		.number = 7,
		.request = { .address = 2,
			     .function = BUS_READ_HOLDING,
			     .reg = 0x2010,
			     .count = 2,
			     .timeout_us = 100000 },
	};

	start_driving(bench);
	assert_int_equal(bus_port_answer(bench->port)->number, 0);
	bench->regs[1][0x2010] = 4711;
	bench->regs[1][0x2011] = 42;
	bus_port_send(bench->port, &errand);
	wait_for(bench, answered);
	assert_int_equal(bus_port_answer(bench->port)->result, BUS_RESULT_OK);
	assert_int_equal(bus_port_answer(bench->port)->regs[0], 4711);
	assert_int_equal(bus_port_answer(bench->port)->regs[1], 42);
	assert_true(both_enabled(bench)); /* the exchange did not notice */
	assert_int_equal(image_of(bench, 0)->mismatch, false);
}

static bool answered_second(struct bench *bench)
{
	return bus_port_answer(bench->port)->number == 8;
}

static bool answered_third(struct bench *bench)
{
	return bus_port_answer(bench->port)->number == 9;
}

static void an_errand_writes_and_says_who_does_not_answer_and_changes_speed_for_itself(void **state)
{
	struct bench *bench = *state;
	struct bus_errand errand = {
		.number = 7,
		.request = { .address = 2,
			     .function = BUS_WRITE_REGISTER,
			     .reg = 0x2001,
			     .count = 1,
			     .values = { 9 },
			     .timeout_us = 100000 },
	};

	start_driving(bench);
	bus_port_send(bench->port, &errand);
	wait_for(bench, answered);
	assert_int_equal(bus_port_answer(bench->port)->result, BUS_RESULT_OK);
	assert_int_equal(bench->regs[1][0x2001], 9);
	errand.number = 8;
	errand.request.address = 100;
	bus_port_send(bench->port, &errand);
	wait_for(bench, answered_second);
	assert_int_equal(bus_port_answer(bench->port)->result, BUS_RESULT_TIMEOUT);
	errand.number = 9;
	errand.baud = 9600; /* a pseudo terminal does not mind */
	errand.request.address = 1;
	errand.request.values[0] = 11;
	bus_port_send(bench->port, &errand);
	wait_for(bench, answered_third);
	assert_int_equal(bus_port_answer(bench->port)->result, BUS_RESULT_OK);
	assert_int_equal(bench->regs[0][0x2001], 11);
	wait_for(bench, both_enabled); /* the line's own speed is back */
}

static bool ticks_moved(struct bench *bench)
{
	static uint32_t first;

	if (first == 0) {
		first = bus_port_ticks(bench->port) + 1;
	}
	return bus_port_ticks(bench->port) - first > 3;
}

static void a_port_that_is_missing_still_ticks_and_stops_at_once(void **state)
{
	struct bench *bench = *state;

	(void)snprintf(bench->config.path, sizeof(bench->config.path), "/nowhere/tty");
	assert_int_equal(bus_port_start(&bench->config, &bench->port), 0);
	wait_for(bench, ticks_moved);
	assert_false(bus_port_is_open(bench->port));
	assert_true(both_silent(bench));
}

static void a_line_that_cannot_work_is_refused_before_a_thread_starts(void **state)
{
	struct bench *bench = *state;

	bench->config.line.devices[1].address = 1;
	assert_int_equal(bus_port_start(&bench->config, &bench->port), -EINVAL);
	assert_null(bench->port);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(drives_are_configured_enabled_and_turned_over_a_real_port),
		TEST(stopping_the_port_stops_and_disables_every_drive),
		TEST(a_mute_line_goes_silent_and_comes_back),
		TEST(wrong_checksums_count_as_garbled),
		TEST(late_replies_are_never_taken_for_the_next_one),
		TEST(an_exception_means_alive_and_refusing),
		TEST(an_adapter_pulled_out_is_reopened_when_it_is_back),
		TEST(an_errand_is_carried_out_once_beside_the_exchange),
		TEST(an_errand_writes_and_says_who_does_not_answer_and_changes_speed_for_itself),
		TEST(a_port_that_is_missing_still_ticks_and_stops_at_once),
		TEST(a_line_that_cannot_work_is_refused_before_a_thread_starts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
