/* SPDX-License-Identifier: MIT */
/*
 * libmodbus fails at the nth call, for every n up to a turning drive, in each way that it can: the
 * port recovers by itself, no drive is told to turn before it is configured and enabled, and the
 * end is a drive at rest with nothing held. The library is replaced by --wrap with a drive in
 * memory.
 */
#include "bus_port.h"

#include <setjmp.h> /* cmocka needs these four first */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <modbus.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef PROFILE_DIR
#define PROFILE_DIR "hw/profiles" /* tests run in the top folder */
#endif
#define PATIENCE_MS 10000
#define MOST_CALLS  200
#define BASE	    0x2000 /* of the drive's registers */
#define REGS	    0x100
#define TIMEOUT	    (0x2000 - BASE)
#define CONTROL	    (0x200E - BASE)
#define LIMIT_LEFT  (0x2034 - BASE)
#define LIMIT_RIGHT (0x2064 - BASE)
#define TARGET	    (0x2088 - BASE)

static struct {
	_Atomic uint64_t now_us;
	atomic_int nth;
	atomic_int calls;
	atomic_int turned; /* calls until it was first told to turn */
	atomic_int error;
	atomic_int contexts;
	atomic_int connections;
	atomic_bool wrong; /* told to turn without being configured or enabled */
	_Atomic uint16_t regs[REGS];
} fake;

static bool fails(void)
{
	if (atomic_fetch_add(&fake.calls, 1) + 1 != fake.nth) {
		return false;
	}
	errno = fake.error;
	return true;
}

/* ---- time: the bus thread never waits, its clock jumps ---- */

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *until,
			   struct timespec *left);

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
	const uint64_t now_us = atomic_fetch_add(&fake.now_us, 1);

	(void)clock;
	*ret = (struct timespec){ .tv_sec = (time_t)(now_us / 1000000U),
				  .tv_nsec = (long)(now_us % 1000000U) * 1000L };
	return 0;
}

int __wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *until,
			   struct timespec *left)
{
	const uint64_t until_us =
		(uint64_t)until->tv_sec * 1000000U + (uint64_t)until->tv_nsec / 1000U;

	(void)clock;
	(void)flags;
	(void)left;
	if (fake.now_us < until_us) {
		fake.now_us = until_us;
	}
	(void)sched_yield();
	return 0;
}

/* ---- the library ---- */

modbus_t *__wrap_modbus_new_rtu(const char *path, int baud, char parity, int bits, int stop_bits);
void __wrap_modbus_free(modbus_t *ctx);
int __wrap_modbus_connect(modbus_t *ctx);
void __wrap_modbus_close(modbus_t *ctx);
int __wrap_modbus_flush(modbus_t *ctx);
int __wrap_modbus_set_slave(modbus_t *ctx, int address);
int __wrap_modbus_set_byte_timeout(modbus_t *ctx, uint32_t s, uint32_t us);
int __wrap_modbus_set_response_timeout(modbus_t *ctx, uint32_t s, uint32_t us);
int __wrap_modbus_set_error_recovery(modbus_t *ctx, modbus_error_recovery_mode mode);
int __wrap_modbus_rtu_set_serial_mode(modbus_t *ctx, int mode);
int __wrap_modbus_read_registers(modbus_t *ctx, int reg, int count, uint16_t *ret);
int __wrap_modbus_write_register(modbus_t *ctx, int reg, const uint16_t value);
int __wrap_modbus_write_registers(modbus_t *ctx, int reg, int count, const uint16_t *values);

modbus_t *__wrap_modbus_new_rtu(const char *path, int baud, char parity, int bits, int stop_bits)
{
	(void)path;
	(void)baud;
	(void)parity;
	(void)bits;
	(void)stop_bits;
	if (fails()) {
		return NULL;
	}
	fake.contexts++;
	return malloc(1); /* only its address means something */
}

void __wrap_modbus_free(modbus_t *ctx)
{
	fake.contexts--;
	free(ctx);
}

int __wrap_modbus_connect(modbus_t *ctx)
{
	(void)ctx;
	if (fails()) {
		return -1;
	}
	fake.connections++;
	return 0;
}

void __wrap_modbus_close(modbus_t *ctx)
{
	(void)ctx;
	fake.connections--;
}

int __wrap_modbus_flush(modbus_t *ctx)
{
	(void)ctx;
	return fails() ? -1 : 0;
}

int __wrap_modbus_set_slave(modbus_t *ctx, int address)
{
	(void)ctx;
	(void)address;
	return 0; /* cannot fail with an address that is one */
}

int __wrap_modbus_set_byte_timeout(modbus_t *ctx, uint32_t s, uint32_t us)
{
	(void)ctx;
	(void)s;
	(void)us;
	return fails() ? -1 : 0;
}

int __wrap_modbus_set_response_timeout(modbus_t *ctx, uint32_t s, uint32_t us)
{
	(void)ctx;
	return s == 0 && us == 0 ? -1 : 0; /* fails for nothing else */
}

int __wrap_modbus_set_error_recovery(modbus_t *ctx, modbus_error_recovery_mode mode)
{
	(void)ctx;
	(void)mode;
	return fails() ? -1 : 0;
}

int __wrap_modbus_rtu_set_serial_mode(modbus_t *ctx, int mode)
{
	(void)ctx;
	(void)mode;
	return fails() ? -1 : 0;
}

/* ---- the drive ---- */

static bool outside(int reg, int count)
{
	return reg < BASE || count < 1 || reg + count > BASE + REGS;
}

int __wrap_modbus_read_registers(modbus_t *ctx, int reg, int count, uint16_t *ret)
{
	(void)ctx;
	if (outside(reg, count)) {
		errno = EMBXILADD;
		return -1;
	}
	if (fails()) {
		memset(ret, 0xFF, (size_t)count * sizeof(*ret)); /* must not be looked at */
		return -1;
	}
	for (int i = 0; i < count; i++) {
		ret[i] = fake.regs[reg - BASE + i];
	}
	return count;
}

int __wrap_modbus_write_registers(modbus_t *ctx, int reg, int count, const uint16_t *values)
{
	(void)ctx;
	if (outside(reg, count)) {
		errno = EMBXILADD;
		return -1;
	}
	/* What is lost on the way back has been heard all the same. */
	for (int i = 0; i < count; i++) {
		fake.regs[reg - BASE + i] = values[i];
	}
	if (fake.regs[TARGET] != 0 && fake.turned == 0) {
		fake.turned = (int)fake.calls;
	}
	if ((fake.regs[TARGET] != 0 || fake.regs[TARGET + 1] != 0) &&
	    (fake.regs[CONTROL] != 8 || fake.regs[TIMEOUT] != 300 || fake.regs[LIMIT_LEFT] != 40 ||
	     fake.regs[LIMIT_RIGHT] != 40)) {
		fake.wrong = true;
	}
	return fails() ? -1 : count;
}

int __wrap_modbus_write_register(modbus_t *ctx, int reg, const uint16_t value)
{
	return __wrap_modbus_write_registers(ctx, reg, 1, &value);
}

/* ---- the test ---- */

static struct profile profile;
static struct bus_port_config config;

static int set_up(void **state)
{
	struct schema_problems problems = { 0 };

	(void)state;
	assert_int_equal(profile_load(PROFILE_DIR "/zlac8015d.yaml", &profile, &problems), 0);
	schema_problems_free(&problems);
	config = (struct bus_port_config){
		.path = "/nowhere/tty", .parity = 'N', .stop_bits = 1, .rs485_ioctl = true
	};
	config.line = (struct bus_line_config){
		.name = "test", .baud = 115200, .bits_per_char = 10, .device_count = 1
	};
	config.line.devices[0] = (struct bus_device_config){ .name = "drive",
							     .profile = &profile,
							     .address = 1,
							     .comm_timeout_ms = 300,
							     .work_limit_a = { 4.0F, 4.0F },
							     .homing_limit_a = { 1.0F, 1.0F } };
	return 0;
}

static bool turning(struct bus_port *port)
{
	const struct bus_device_image *image = &bus_port_image(port)->device[0];

	/* Two reads after the start: what failed late has failed by then. */
	return image->enabled && image->limit == DRIVE_LIMIT_WORK && image->stamp_us != 0 &&
	       fake.regs[TARGET] == 25 && fake.regs[TARGET + 1] == 25;
}

/* With the nth call failing; how many calls it took until the drive was told to turn. */
static int drive_once(int n, int error)
{
	struct bus_line_command command = { 0 };
	struct bus_port *port = NULL;
	bool spent;
	int calls;

	memset(&fake, 0, sizeof(fake));
	fake.now_us = 1000000;
	fake.nth = n;
	fake.error = error;
	command.device[0] = (struct bus_command){ .enable = true,
						  .limit = DRIVE_LIMIT_WORK,
						  .speed_rpm = { 25.0F, 25.0F } };
	assert_int_equal(bus_port_start(&config, &port), 0);
	bus_port_command(port, &command);
	for (int i = 0; i < PATIENCE_MS && !turning(port); i++) {
		(void)poll(NULL, 0, 1);
	}
	assert_true(turning(port));
	assert_true(bus_port_is_open(port));
	calls = fake.calls;
	bus_port_stop(port);
	spent = n <= calls || n > fake.calls; /* no call failed while it stopped */
	assert_false(fake.wrong);
	assert_true(spent || error == EIO || fake.regs[TARGET] == 0);
	assert_true(spent || error == EIO || fake.regs[TARGET + 1] == 0);
	assert_true(!spent || fake.regs[CONTROL] == 7);
	assert_int_equal(fake.contexts, 0);
	assert_int_equal(fake.connections, 0);
	return fake.turned;
}

static void a_call_that_fails_once_is_made_good(void **state)
{
	static const int errors[] = { EIO, ETIMEDOUT, EMBBADCRC, EMBXSBUSY, EMBBADSLAVE };
	const int error = errors[(intptr_t)*state];
	int n = 1;

	while (n < MOST_CALLS && drive_once(n, error) + 2 >= n) {
		n++;
	}
	assert_true(n > 10 && n < MOST_CALLS);
}

/* The last stop is sent again when its reply is lost. The disabling after it is tried once: the
 * relay has fallen by then, and the drive's own timeout is there. */
static void a_port_that_stops_leaves_its_drive_at_rest_whatever_is_lost(void **state)
{
	const int calls = drive_once(0, 0);

	(void)state;
	for (int n = 1; n < calls + 200; n++) {
		(void)drive_once(n, ETIMEDOUT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(a_call_that_fails_once_is_made_good, (void *)0),
		cmocka_unit_test_prestate(a_call_that_fails_once_is_made_good, (void *)1),
		cmocka_unit_test_prestate(a_call_that_fails_once_is_made_good, (void *)2),
		cmocka_unit_test_prestate(a_call_that_fails_once_is_made_good, (void *)3),
		cmocka_unit_test_prestate(a_call_that_fails_once_is_made_good, (void *)4),
		cmocka_unit_test(a_port_that_stops_leaves_its_drive_at_rest_whatever_is_lost),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
