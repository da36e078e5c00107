/* SPDX-License-Identifier: MIT */
/* The scheduler of one line against fake slaves in virtual time. */
#include "bus_line.h"

#include <setjmp.h> /* cmocka needs these four first */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef PROFILE_DIR
#define PROFILE_DIR "hw/profiles" /* tests run in the top folder */
#endif

#define REG_COUNT 0x2100
#define LOG_MAX	  4096
#define REPLY_US  3750

#define COMM_TIMEOUT 0x2000
#define MODE	     0x200D
#define CONTROL	     0x200E
#define LIMIT_LEFT   0x2034
#define LIMIT_RIGHT  0x2064
#define TARGET	     0x2088
#define FEEDBACK     0x20A5

struct slave {
	bool dead;
	bool garbles;
	bool refuses;	   /* every request by an exception */
	uint16_t stuck_at; /* this register keeps its value, 0 = none */
	uint16_t regs[REG_COUNT];
	uint16_t inputs[16];
};

struct entry {
	uint8_t device;
	enum bus_function function;
	uint16_t reg;
	uint16_t count;
	uint16_t values[4];
	uint64_t start_us;
	uint64_t end_us;
};

struct bench {
	struct profile zlac;
	struct profile r4dcb08;
	struct profile mb8art;
	struct bus_line_config config;
	struct bus_line_command command;
	struct bus_line line;
	struct slave slaves[BUS_DEVICE_MAX];
	struct entry log[LOG_MAX];
	size_t logged;
	uint64_t now_us;
	bool port_gone;
	uint64_t least_us; /* wire, reply and silence of everything so far */
};

static void load(const char *path, struct profile *profile)
{
	struct schema_problems problems = { 0 };

	assert_int_equal(profile_load(path, profile, &problems), 0);
	schema_problems_free(&problems);
}

static int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	load(PROFILE_DIR "/zlac8015d.yaml", &bench->zlac);
	load(PROFILE_DIR "/r4dcb08.yaml", &bench->r4dcb08);
	load(PROFILE_DIR "/mb8art.yaml", &bench->mb8art);
	bench->now_us = 1000000;
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

static struct bus_device_config *add_device(struct bench *bench, const struct profile *profile)
{
	struct bus_line_config *config = &bench->config;
	struct bus_device_config *device = &config->devices[config->device_count];

	config->device_count++;
	(void)snprintf(device->name, sizeof(device->name), "device_%d", config->device_count);
	device->profile = profile;
	device->address = config->device_count;
	device->comm_timeout_ms = 300;
	for (int i = 0; i < DRIVE_MOTORS; i++) {
		device->work_limit_a[i] = 4.5F;
		device->homing_limit_a[i] = 1.5F;
	}
	return device;
}

static void start(struct bench *bench, int drives, int modules)
{
	for (int i = 0; i < drives; i++) {
		(void)add_device(bench, &bench->zlac);
	}
	for (int i = 0; i < modules; i++) {
		(void)add_device(bench, i % 2 == 0 ? &bench->r4dcb08 : &bench->mb8art);
	}
	bench->config.baud = 115200;
	bench->config.bits_per_char = 10;
	bench->command.power_epoch = 1;
	assert_int_equal(bus_line_init(&bench->line, &bench->config), 0);
}

static uint64_t wire_us(const struct bench *bench, uint32_t bytes)
{
	return (uint64_t)bytes * bench->config.bits_per_char * 1000000U / bench->config.baud;
}

static void record(struct bench *bench, const struct bus_request *request)
{
	struct entry *entry = &bench->log[bench->logged++];

	assert_true(bench->logged < LOG_MAX);
	*entry = (struct entry){ .device = request->device,
				 .function = request->function,
				 .reg = request->reg,
				 .count = request->count,
				 .start_us = bench->now_us };
	for (int i = 0; i < 4 && i < request->count; i++) {
		entry->values[i] = request->values[i];
	}
}

static void store(struct slave *slave, uint16_t reg, uint16_t value)
{
	if (reg != slave->stuck_at) {
		slave->regs[reg] = value;
	}
}

/* The slave's doing; returns the bytes of request and reply. */
static uint32_t serve(struct slave *slave, const struct bus_request *request, uint16_t *regs)
{
	const uint16_t *from = request->function == BUS_READ_INPUT ? slave->inputs : slave->regs;

	switch (request->function) {
	case BUS_READ_HOLDING:
	case BUS_READ_INPUT:
		memcpy(regs, from + request->reg, request->count * sizeof(*regs));
		return 13U + 2U * request->count;
	case BUS_WRITE_REGISTER:
		store(slave, request->reg, request->values[0]);
		return 16;
	case BUS_WRITE_REGISTERS:
		for (uint16_t i = 0; i < request->count; i++) {
			store(slave, (uint16_t)(request->reg + i), request->values[i]);
		}
		return 17U + 2U * request->count;
	case BUS_READ_DISCRETE:
	case BUS_WRITE_COIL:
	case BUS_FUNCTION_NONE:
		break;
	}
	fail_msg("nobody should ask for function %d", request->function);
	return 0;
}

/* One transaction. */
static void step(struct bench *bench)
{
	struct bus_request request;
	uint16_t regs[BUS_REGS_MAX];
	enum bus_result result = BUS_RESULT_OK;
	struct slave *slave;

	if (bench->now_us < bus_line_ready_at(&bench->line)) {
		bench->now_us = bus_line_ready_at(&bench->line);
	}
	bus_line_next(&bench->line, bench->now_us, &bench->command, &request);
	record(bench, &request);
	slave = &bench->slaves[request.device];
	if (bench->port_gone) {
		result = BUS_RESULT_PORT_GONE;
	} else if (slave->dead || slave->garbles) {
		result = slave->dead ? BUS_RESULT_TIMEOUT : BUS_RESULT_GARBLED;
		bench->now_us += request.timeout_us;
	} else if (slave->refuses) {
		result = BUS_RESULT_EXCEPTION;
		bench->now_us += REPLY_US;
	} else {
		const uint64_t took_us = wire_us(bench, serve(slave, &request, regs)) + REPLY_US;

		assert_true(took_us < request.timeout_us);
		bench->now_us += took_us;
		bench->least_us += took_us + 1750;
	}
	bus_line_done(&bench->line, bench->now_us, &request, result, regs);
	bench->log[bench->logged - 1].end_us = bench->now_us;
}

static void run_us(struct bench *bench, uint64_t span_us)
{
	const uint64_t end_us = bench->now_us + span_us;

	bench->logged = 0;
	while (bench->now_us < end_us) {
		step(bench);
	}
}

static const struct bus_device_image *image_of(const struct bench *bench, int device)
{
	return &bus_line_image(&bench->line)->device[device];
}

static void expect_request(const struct entry *entry, enum bus_function function, uint16_t reg,
			   uint16_t count)
{
	assert_int_equal(entry->function, function);
	assert_int_equal(entry->reg, reg);
	assert_int_equal(entry->count, count);
}

static void expect_write(const struct entry *entry, uint16_t reg, uint16_t value)
{
	expect_request(entry, BUS_WRITE_REGISTER, reg, 1);
	assert_int_equal(entry->values[0], value);
}

/* All drives enabled with the work limit and told to turn. */
static void run_drives(struct bench *bench)
{
	for (int i = 0; i < bench->config.device_count; i++) {
		bench->command.device[i].enable = true;
		bench->command.device[i].limit = DRIVE_LIMIT_WORK;
		bench->command.device[i].speed_rpm[0] = 30.0F;
		bench->command.device[i].speed_rpm[1] = -40.0F;
	}
	run_us(bench, 1500000);
	for (int i = 0; i < bench->config.device_count; i++) {
		if (bench->config.devices[i].profile->kind == PROFILE_KIND_DRIVE) {
			assert_true(image_of(bench, i)->enabled);
		}
	}
}

static void a_drive_is_configured_by_six_transactions_after_its_first_answer(void **state)
{
	struct bench *bench = *state;

	start(bench, 1, 0);
	for (int i = 0; i < 7; i++) {
		assert_false(image_of(bench, 0)->configured);
		step(bench);
	}
	expect_request(&bench->log[0], BUS_READ_HOLDING, CONTROL, 1); /* is it still enabled? */
	expect_write(&bench->log[1], COMM_TIMEOUT, 300);
	expect_write(&bench->log[2], LIMIT_LEFT, 15); /* nothing asked for: the homing limit */
	expect_write(&bench->log[3], LIMIT_RIGHT, 15);
	expect_request(&bench->log[4], BUS_READ_HOLDING, COMM_TIMEOUT, 1);
	expect_request(&bench->log[5], BUS_READ_HOLDING, LIMIT_LEFT, 1);
	expect_request(&bench->log[6], BUS_READ_HOLDING, LIMIT_RIGHT, 1);
	assert_int_equal(image_of(bench, 0)->stage, BUS_STAGE_READY);
	assert_true(image_of(bench, 0)->configured);
	assert_int_equal(image_of(bench, 0)->limit, DRIVE_LIMIT_HOMING);
	assert_int_equal(bus_line_image(&bench->line)->stats[0].reconfigured, 1);
}

static void the_first_configuration_takes_the_limit_that_is_asked_for(void **state)
{
	struct bench *bench = *state;

	start(bench, 1, 0);
	bench->command.device[0].limit = DRIVE_LIMIT_WORK;
	run_us(bench, 200000);
	assert_int_equal(image_of(bench, 0)->limit, DRIVE_LIMIT_WORK);
	assert_int_equal(bench->slaves[0].regs[LIMIT_LEFT], 45);
	assert_int_equal(bench->slaves[0].regs[LIMIT_RIGHT], 45);
}

static void enabling_sets_the_mode_then_enables_and_reads_both_back(void **state)
{
	struct bench *bench = *state;
	size_t i = 0;

	start(bench, 1, 0);
	run_us(bench, 200000);
	bench->command.device[0].enable = true;
	bench->command.device[0].limit = DRIVE_LIMIT_HOMING;
	run_us(bench, 200000);
	while (bench->log[i].reg == TARGET || bench->log[i].reg == FEEDBACK) {
		i++;
	}
	expect_write(&bench->log[i], MODE, 3);
	expect_request(&bench->log[i + 1], BUS_READ_HOLDING, FEEDBACK, 10);
	expect_request(&bench->log[i + 2], BUS_WRITE_REGISTERS, TARGET, 2);
	expect_write(&bench->log[i + 3], CONTROL, 8);
	expect_request(&bench->log[i + 6], BUS_READ_HOLDING, MODE, 2);
	assert_true(image_of(bench, 0)->enabled);
}

static void a_drive_that_does_not_confirm_enable_is_refused(void **state)
{
	struct bench *bench = *state;

	start(bench, 1, 0);
	bench->slaves[0].stuck_at = CONTROL;
	bench->command.device[0] = (struct bus_command){ .enable = true,
							 .limit = DRIVE_LIMIT_WORK,
							 .speed_rpm = { 9 } };
	run_us(bench, 400000);
	assert_false(image_of(bench, 0)->enabled);
	assert_int_equal(image_of(bench, 0)->stage, BUS_STAGE_REFUSED);
	assert_string_equal(image_of(bench, 0)->bad_register, "control");
	assert_int_equal(bench->slaves[0].regs[TARGET], 0);
}

static void no_speed_is_written_before_enable_and_limit_are_confirmed(void **state)
{
	struct bench *bench = *state;

	start(bench, 4, 0);
	for (int i = 0; i < 4; i++) {
		bench->command.device[i] = (struct bus_command){ .enable = true,
								 .limit = DRIVE_LIMIT_WORK,
								 .speed_rpm = { 50.0F, -50.0F } };
	}
	for (int i = 0; i < 400; i++) {
		bool enabled[4];

		for (int j = 0; j < 4; j++) {
			enabled[j] = image_of(bench, j)->enabled &&
				     image_of(bench, j)->limit == DRIVE_LIMIT_WORK;
		}
		step(bench);
		if (bench->log[i].reg == TARGET && !enabled[bench->log[i].device]) {
			assert_int_equal(bench->log[i].values[0], 0);
			assert_int_equal(bench->log[i].values[1], 0);
		}
	}
	for (int i = 0; i < 4; i++) {
		assert_int_equal(bench->slaves[i].regs[TARGET], 50);
		assert_int_equal((int16_t)bench->slaves[i].regs[TARGET + 1], -50);
	}
}

static void a_ready_drive_that_is_not_enabled_still_gets_zero_targets(void **state)
{
	struct bench *bench = *state;
	int targets = 0;

	start(bench, 1, 0);
	bench->command.device[0].speed_rpm[0] = 100.0F;
	run_us(bench, 200000);
	run_us(bench, 200000);
	for (size_t i = 0; i < bench->logged; i++) {
		if (bench->log[i].reg == TARGET) {
			expect_request(&bench->log[i], BUS_WRITE_REGISTERS, TARGET, 2);
			assert_int_equal(bench->log[i].values[0], 0);
			targets++;
		}
	}
	assert_true(targets > 10);
}

static void a_stop_goes_first_to_every_ready_drive_in_device_order(void **state)
{
	struct bench *bench = *state;

	start(bench, 6, 1);
	run_drives(bench);
	for (int offset = 0; offset < 14; offset++) {
		bench->command.urgent++;
		for (int i = 0; i < 6; i++) {
			bench->command.device[i].speed_rpm[0] = 0.0F;
		}
		bench->logged = 0;
		for (int i = 0; i < 6 + offset; i++) { /* the offset moves the next stop */
			step(bench);
		}
		for (uint8_t i = 0; i < 6; i++) {
			assert_int_equal(bench->log[i].device, i);
			expect_request(&bench->log[i], BUS_WRITE_REGISTERS, TARGET, 2);
			assert_int_equal(bench->log[i].values[0], 0);
		}
	}
	assert_true(image_of(bench, 5)->enabled); /* leaving the body needs power */
}

static void a_stop_does_not_wait_for_a_drive_that_missed_a_reply(void **state)
{
	struct bench *bench = *state;
	static const uint8_t order[] = { 1, 2, 3, 0 };

	start(bench, 4, 0);
	run_drives(bench);
	bench->slaves[0].dead = true;
	while (bus_line_image(&bench->line)->stats[0].timeouts == 0) {
		step(bench);
	}
	bench->command.urgent++;
	bench->logged = 0;
	for (int i = 0; i < 4; i++) {
		step(bench);
		assert_int_equal(bench->log[i].device, order[i]);
	}
}

static void disabling_goes_before_the_round_and_is_forgotten_at_once(void **state)
{
	struct bench *bench = *state;

	start(bench, 4, 0);
	run_drives(bench);
	bench->command.device[2].enable = false;
	bench->logged = 0;
	step(bench);
	assert_false(image_of(bench, 2)->enabled);
	step(bench);
	assert_int_equal(bench->log[0].device, 2);
	expect_request(&bench->log[0], BUS_WRITE_REGISTERS, TARGET, 2);
	assert_int_equal(bench->log[0].values[0], 0);
	expect_write(&bench->log[1], CONTROL, 7);
	run_us(bench, 200000);
	assert_int_equal(bench->slaves[2].regs[CONTROL], 7);
	assert_true(image_of(bench, 1)->enabled);
	assert_false(bus_line_at_rest(&bench->line));
}

static void a_stop_that_disables_stops_all_before_it_disables_any(void **state)
{
	struct bench *bench = *state;

	start(bench, 4, 0);
	run_drives(bench);
	memset(bench->command.device, 0, sizeof(bench->command.device));
	bench->command.urgent = 77;
	bench->logged = 0;
	for (int i = 0; i < 12; i++) {
		step(bench);
	}
	for (uint8_t i = 0; i < 4; i++) {
		assert_int_equal(bench->log[i].device, i);
		assert_int_equal(bench->log[i].reg, TARGET);
		expect_write(&bench->log[4 + 2 * i + 1], CONTROL, 7);
	}
	assert_true(bus_line_at_rest(&bench->line));
}

static uint64_t longest_exchange_us(const struct bench *bench, int device)
{
	uint64_t longest_us = 0;
	uint64_t last_us = 0;

	for (size_t i = 0; i < bench->logged; i++) {
		if (bench->log[i].device != device || bench->log[i].reg != FEEDBACK) {
			continue;
		}
		if (last_us != 0 && bench->log[i].end_us - last_us > longest_us) {
			longest_us = bench->log[i].end_us - last_us;
		}
		last_us = bench->log[i].end_us;
	}
	return longest_us;
}

static void a_silent_device_costs_the_others_one_timeout_a_round(void **state)
{
	struct bench *bench = *state;
	uint64_t healthy_us;
	uint64_t with_dead_us;

	start(bench, 4, 0);
	run_drives(bench);
	run_us(bench, 500000);
	healthy_us = longest_exchange_us(bench, 0);
	bench->slaves[1].dead = true;
	run_us(bench, 1000000);
	with_dead_us = longest_exchange_us(bench, 0);
	assert_int_equal(image_of(bench, 1)->stage, BUS_STAGE_SILENT);
	assert_false(image_of(bench, 1)->enabled);
	assert_false(image_of(bench, 1)->configured);
	/* 20 ms and the wire in place of the dead drive's own exchange */
	assert_true(with_dead_us < healthy_us + 25000);
	for (size_t i = 1; i < bench->logged; i++) { /* never asked twice running */
		assert_false(bench->log[i].device == 1 && bench->log[i - 1].device == 1 && i > 12);
	}
}

static void three_misses_in_a_row_make_a_device_silent_two_do_not(void **state)
{
	struct bench *bench = *state;

	start(bench, 2, 0);
	run_drives(bench);
	for (int round = 0; round < 5; round++) {
		const uint64_t before = bus_line_image(&bench->line)->stats[0].timeouts;

		bench->slaves[0].dead = true;
		while (bus_line_image(&bench->line)->stats[0].timeouts < before + 2) {
			step(bench);
		}
		assert_int_equal(image_of(bench, 0)->stage, BUS_STAGE_READY);
		bench->slaves[0].dead = false;
		run_us(bench, 100000);
	}
	bench->slaves[0].garbles = true;
	run_us(bench, 200000);
	assert_int_equal(image_of(bench, 0)->stage, BUS_STAGE_SILENT);
	assert_true(bus_line_image(&bench->line)->stats[0].crc_errors >= 3);
}

static void a_device_that_answers_again_is_configured_from_scratch(void **state)
{
	struct bench *bench = *state;
	struct slave *slave;

	start(bench, 2, 0);
	run_drives(bench);
	slave = &bench->slaves[1];
	slave->dead = true;
	run_us(bench, 500000);
	memset(slave->regs, 0, sizeof(slave->regs)); /* it has lost its power */
	slave->dead = false;
	bench->command.device[1].enable = false;
	run_us(bench, 500000);
	assert_true(image_of(bench, 1)->configured);
	assert_int_equal(slave->regs[COMM_TIMEOUT], 300);
	assert_int_equal(slave->regs[LIMIT_RIGHT], 45);
	assert_int_equal(bus_line_image(&bench->line)->stats[1].reconfigured, 2);
	assert_int_equal(bus_line_image(&bench->line)->stats[0].reconfigured, 1);
}

/* Noise that takes every reply, behind a relay that sticks: probes would keep it running. */
static void a_drive_that_hears_and_is_not_heard_is_told_to_disable(void **state)
{
	struct bench *bench = *state;
	int zeroed = 0;
	int disabled = 0;

	start(bench, 1, 0);
	run_drives(bench);
	bench->slaves[0].garbles = true;
	memset(bench->command.device, 0, sizeof(bench->command.device));
	run_us(bench, 300000);
	assert_int_equal(image_of(bench, 0)->stage, BUS_STAGE_SILENT);
	run_us(bench, 300000);
	for (size_t i = 0; i < bench->logged; i++) {
		zeroed += bench->log[i].reg == TARGET && bench->log[i].values[0] == 0;
		disabled += bench->log[i].reg == CONTROL && bench->log[i].values[0] == 7;
	}
	assert_true(zeroed > 0 && disabled > 0);
	assert_int_equal(zeroed + disabled, bench->logged);
	bench->slaves[0].garbles = false;
	run_us(bench, 500000);
	assert_true(image_of(bench, 0)->configured);
	assert_true(bus_line_at_rest(&bench->line));
}

static void a_drive_found_enabled_is_disabled_before_anything_else(void **state)
{
	struct bench *bench = *state;

	start(bench, 1, 0);
	bench->slaves[0].regs[MODE] = 3;
	bench->slaves[0].regs[CONTROL] = 8; /* a daemon that died a moment ago left it so */
	bench->slaves[0].regs[TARGET] = 60;
	for (int i = 0; i < 4; i++) {
		step(bench);
	}
	expect_request(&bench->log[1], BUS_WRITE_REGISTERS, TARGET, 2);
	assert_int_equal(bench->log[1].values[0], 0);
	expect_write(&bench->log[2], CONTROL, 7);
	expect_write(&bench->log[3], COMM_TIMEOUT, 300);
}

static void a_new_power_epoch_configures_every_drive_again_disabled(void **state)
{
	struct bench *bench = *state;

	start(bench, 3, 0);
	run_drives(bench);
	for (int i = 0; i < 3; i++) {
		memset(bench->slaves[i].regs, 0, sizeof(bench->slaves[i].regs));
		bench->command.device[i].enable = false;
	}
	bench->command.power_epoch++;
	bench->logged = 0;
	step(bench);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(image_of(bench, i)->stage, BUS_STAGE_CONFIGURING);
		assert_false(image_of(bench, i)->configured);
		assert_false(image_of(bench, i)->enabled);
		assert_int_equal(image_of(bench, i)->stamp_us, 0);
	}
	run_us(bench, 500000);
	for (int i = 0; i < 3; i++) {
		assert_true(image_of(bench, i)->configured);
		assert_int_equal(bench->slaves[i].regs[CONTROL], 0); /* not one write to it */
		assert_int_equal(bench->slaves[i].regs[COMM_TIMEOUT], 300);
	}
}

/* The bus threads start first; what answers them has power, and is not asked twice. */
static void the_first_command_finds_the_drives_as_they_were_found(void **state)
{
	struct bench *bench = *state;

	start(bench, 3, 0);
	bench->command.power_epoch = 0;
	step(bench);
	step(bench);
	bench->command.power_epoch = 2;
	step(bench);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(bench->log[i].device, i);
		expect_request(&bench->log[i], BUS_READ_HOLDING, CONTROL, 1);
	}
	step(bench);
	expect_write(&bench->log[3], COMM_TIMEOUT, 300);
	bench->command.power_epoch = 3;
	step(bench);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(image_of(bench, i)->stage, BUS_STAGE_CONFIGURING);
	}
	expect_request(&bench->log[4], BUS_READ_HOLDING, CONTROL, 1);
}

static void a_limit_change_rewrites_the_two_limits_and_stands_still_meanwhile(void **state)
{
	struct bench *bench = *state;
	int writes = 0;

	start(bench, 1, 0);
	run_drives(bench);
	bench->command.device[0].limit = DRIVE_LIMIT_HOMING;
	bench->logged = 0;
	while (image_of(bench, 0)->limit != DRIVE_LIMIT_HOMING) {
		step(bench);
		if (bench->log[bench->logged - 1].reg == TARGET) {
			assert_int_equal(bench->log[bench->logged - 1].values[0], 0);
		}
	}
	for (size_t i = 0; i < bench->logged; i++) {
		const uint16_t reg = bench->log[i].reg;

		if (bench->log[i].function == BUS_WRITE_REGISTER) {
			assert_true(reg == LIMIT_LEFT || reg == LIMIT_RIGHT);
			writes++;
		}
	}
	assert_int_equal(writes, 2);
	assert_int_equal(bench->slaves[0].regs[LIMIT_LEFT], 15);
	assert_true(image_of(bench, 0)->enabled); /* disables nothing by itself */
	run_us(bench, 100000);
	assert_int_equal(bench->slaves[0].regs[TARGET], 30);
}

static void a_limit_that_does_not_read_back_disables_and_names_the_register(void **state)
{
	struct bench *bench = *state;

	start(bench, 2, 0);
	run_drives(bench);
	bench->slaves[0].stuck_at = LIMIT_RIGHT;
	bench->command.device[0].limit = DRIVE_LIMIT_HOMING;
	run_us(bench, 400000);
	assert_int_equal(image_of(bench, 0)->stage, BUS_STAGE_REFUSED);
	assert_true(image_of(bench, 0)->mismatch);
	assert_string_equal(image_of(bench, 0)->bad_register, "max_current_right");
	assert_int_equal(bench->slaves[0].regs[CONTROL], 7);
	assert_int_equal(bench->slaves[0].regs[TARGET], 0);
	assert_true(image_of(bench, 1)->enabled);
}

static void a_refusing_device_is_tried_again_once_a_second_until_it_obeys(void **state)
{
	struct bench *bench = *state;
	int tries = 0;

	start(bench, 1, 0);
	bench->slaves[0].stuck_at = COMM_TIMEOUT;
	bench->slaves[0].regs[COMM_TIMEOUT] = 1000;
	run_us(bench, 5000000);
	for (size_t i = 0; i < bench->logged; i++) {
		tries += bench->log[i].function == BUS_WRITE_REGISTER &&
			 bench->log[i].reg == COMM_TIMEOUT;
	}
	assert_in_range(tries, 4, 6);
	assert_string_equal(image_of(bench, 0)->bad_register, "comm_timeout");
	bench->slaves[0].stuck_at = 0;
	run_us(bench, 2000000);
	assert_int_equal(image_of(bench, 0)->stage, BUS_STAGE_READY);
	assert_false(image_of(bench, 0)->mismatch);
}

static void an_exception_while_configuring_is_a_refusal(void **state)
{
	struct bench *bench = *state;

	start(bench, 1, 0);
	bench->slaves[0].refuses = true;
	run_us(bench, 300000);
	assert_int_equal(image_of(bench, 0)->stage, BUS_STAGE_REFUSED);
	assert_string_equal(image_of(bench, 0)->bad_register, "comm_timeout");
}

static void a_drive_in_fault_goes_on_being_read(void **state)
{
	struct bench *bench = *state;
	const struct bus_device_image *image;

	start(bench, 1, 0);
	run_drives(bench);
	image = image_of(bench, 0);
	bench->slaves[0].regs[0x20A5] = 0x0004;
	bench->slaves[0].regs[0x20A6] = 0x0200;
	bench->slaves[0].regs[0x20A7] = 0xFFFF; /* left position -2 */
	bench->slaves[0].regs[0x20A8] = 0xFFFE;
	bench->slaves[0].regs[0x20A9] = 0x0001; /* right position 65537 */
	bench->slaves[0].regs[0x20AA] = 0x0001;
	bench->slaves[0].regs[0x20AB] = 305;
	bench->slaves[0].regs[0x20AC] = 0xFE70; /* -40.0 */
	bench->slaves[0].regs[0x20AD] = 12;
	bench->slaves[0].regs[0x20AE] = 0xFFF4;
	run_us(bench, 100000);
	assert_int_equal(image->fault[0], 4);
	assert_int_equal(image->fault[1], 0x200);
	assert_int_equal(image->position_counts[0], -2);
	assert_int_equal(image->position_counts[1], 65537);
	assert_float_equal(image->speed_rpm[0], 30.5F, 1e-4F);
	assert_float_equal(image->speed_rpm[1], -40.0F, 1e-4F);
	assert_float_equal(image->current_a[0], 1.2F, 1e-4F);
	assert_float_equal(image->current_a[1], -1.2F, 1e-4F);
	assert_int_equal(image->stamp_us, bus_line_image(&bench->line)->device[0].stamp_us);
	assert_true(bench->now_us - image->stamp_us < 30000);
}

static void a_speed_is_clamped_and_nan_is_standstill(void **state)
{
	struct bench *bench = *state;

	start(bench, 1, 0);
	run_drives(bench);
	bench->command.device[0].speed_rpm[0] = 1e9F;
	bench->command.device[0].speed_rpm[1] = NAN;
	run_us(bench, 50000);
	assert_int_equal(bench->slaves[0].regs[TARGET], 3000);
	assert_int_equal(bench->slaves[0].regs[TARGET + 1], 0);
}

static void a_port_that_goes_leaves_every_device_silent(void **state)
{
	struct bench *bench = *state;

	start(bench, 3, 0);
	run_drives(bench);
	bench->port_gone = true;
	step(bench);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(image_of(bench, i)->stage, BUS_STAGE_SILENT);
		assert_false(image_of(bench, i)->enabled);
	}
	bench->port_gone = false;
	run_us(bench, 1000000); /* found enabled, so first disabled, then all as at the start */
	assert_true(image_of(bench, 2)->enabled);
	assert_int_equal(bus_line_image(&bench->line)->stats[2].reconfigured, 2);
}

static void temperatures_come_with_their_quality(void **state)
{
	struct bench *bench = *state;

	start(bench, 0, 2);
	bench->slaves[0].regs[0] = 0x00DB;
	bench->slaves[0].regs[1] = 0xFF90;
	bench->slaves[0].regs[2] = 0x8000;
	bench->slaves[0].regs[3] = 1300; /* 130 degrees: out of its range */
	bench->slaves[1].inputs[0] = 385;
	bench->slaves[1].inputs[1] = 30000;
	bench->slaves[1].inputs[2] = (uint16_t)-30000;
	run_us(bench, 500000);
	assert_float_equal(image_of(bench, 0)->value_c[0], 21.9F, 1e-4F);
	assert_float_equal(image_of(bench, 0)->value_c[1], -11.2F, 1e-4F);
	assert_int_equal(image_of(bench, 0)->value_quality[0], QUALITY_GOOD);
	assert_int_equal(image_of(bench, 0)->value_quality[2], QUALITY_OPEN);
	assert_int_equal(image_of(bench, 0)->value_quality[3], QUALITY_BAD);
	assert_float_equal(image_of(bench, 1)->value_c[0], 38.5F, 1e-4F);
	assert_int_equal(image_of(bench, 1)->value_quality[1], QUALITY_OPEN);
	assert_int_equal(image_of(bench, 1)->value_quality[2], QUALITY_SHORT);
}

static void a_module_that_corrects_or_reports_by_itself_is_refused(void **state)
{
	struct bench *bench = *state;

	start(bench, 0, 2);
	bench->slaves[0].regs[0x000C] = 5;
	bench->slaves[1].regs[76] = 1;
	run_us(bench, 500000);
	assert_int_equal(image_of(bench, 0)->stage, BUS_STAGE_REFUSED);
	assert_string_equal(image_of(bench, 0)->bad_register, "correction_5");
	assert_string_equal(image_of(bench, 1)->bad_register, "resolution");
	bench->slaves[0].regs[0x000C] = 0;
	bench->slaves[0].regs[0x00FD] = 10;
	run_us(bench, 2000000);
	assert_string_equal(image_of(bench, 0)->bad_register, "auto_report");
	for (size_t i = 0; i < bench->logged; i++) {
		assert_false(bench->log[i].function == BUS_WRITE_REGISTER);
	}
}

static void frames_keep_their_silence(void **state)
{
	struct bench *bench = *state;

	start(bench, 4, 0);
	bench->slaves[2].dead = true;
	run_us(bench, 1000000);
	for (size_t i = 1; i < bench->logged; i++) {
		assert_true(bench->log[i].start_us - bench->log[i - 1].end_us >= 1750);
	}
}

static void a_slow_line_keeps_three_and_a_half_characters(void **state)
{
	struct bench *bench = *state;

	(void)add_device(bench, &bench->r4dcb08);
	bench->config.baud = 9600;
	bench->config.bits_per_char = 11;
	assert_int_equal(bus_line_init(&bench->line, &bench->config), 0);
	step(bench);
	assert_true(bus_line_ready_at(&bench->line) - bench->now_us >= 4010);
	assert_true(bus_line_ready_at(&bench->line) - bench->now_us <= 4012);
}

static void four_drives_are_exchanged_in_63_ms(void **state)
{
	struct bench *bench = *state;

	start(bench, 4, 0);
	run_drives(bench);
	run_us(bench, 1000000);
	assert_in_range(bus_line_image(&bench->line)->round_us, 62000, 64000);
	assert_in_range(longest_exchange_us(bench, 3), 62000, 64000);
}

static void eight_drives_and_two_modules_waste_less_than_a_twentieth(void **state)
{
	struct bench *bench = *state;
	uint64_t started_us;
	uint64_t least_us;

	start(bench, 8, 2);
	run_drives(bench);
	started_us = bench->now_us;
	bench->least_us = 0;
	run_us(bench, 2000000);
	assert_true((bench->now_us - started_us) * 100 <= bench->least_us * 105);
	/* and nothing superfluous is asked: 2 x 8 + 2 transactions a round */
	least_us = 8 * (wire_us(bench, 21 + 33) + 2 * (REPLY_US + 1750)) +
		   2 * (wire_us(bench, 29) + REPLY_US + 1750);
	assert_true(bus_line_image(&bench->line)->round_us * 100 <= least_us * 105);
}

static void what_cannot_work_is_refused_at_the_start(void **state)
{
	struct bench *bench = *state;
	struct bus_device_config *device;

	assert_int_equal(bus_line_init(&bench->line, &bench->config), -EINVAL); /* no device */
	start(bench, 2, 0);
	device = &bench->config.devices[1];
	device->address = 1; /* doubled */
	assert_int_equal(bus_line_init(&bench->line, &bench->config), -EINVAL);
	device->address = 2;
	device->work_limit_a[1] = 31.0F; /* above the drive's 30 A */
	assert_int_equal(bus_line_init(&bench->line, &bench->config), -EINVAL);
	device->work_limit_a[1] = NAN;
	assert_int_equal(bus_line_init(&bench->line, &bench->config), -EINVAL);
	device->work_limit_a[1] = 1.0F; /* below the homing limit */
	assert_int_equal(bus_line_init(&bench->line, &bench->config), -EINVAL);
	device->work_limit_a[1] = 2.0F;
	device->comm_timeout_ms = 0; /* its meaning is not documented */
	assert_int_equal(bus_line_init(&bench->line, &bench->config), -EINVAL);
	device->comm_timeout_ms = 300;
	bench->zlac.has_comm_timeout = false;
	assert_int_equal(bus_line_init(&bench->line, &bench->config), -EINVAL);
	bench->zlac.has_comm_timeout = true;
	assert_int_equal(bus_line_init(&bench->line, &bench->config), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_drive_is_configured_by_six_transactions_after_its_first_answer),
		TEST(the_first_configuration_takes_the_limit_that_is_asked_for),
		TEST(enabling_sets_the_mode_then_enables_and_reads_both_back),
		TEST(a_drive_that_does_not_confirm_enable_is_refused),
		TEST(no_speed_is_written_before_enable_and_limit_are_confirmed),
		TEST(a_ready_drive_that_is_not_enabled_still_gets_zero_targets),
		TEST(a_stop_goes_first_to_every_ready_drive_in_device_order),
		TEST(a_stop_does_not_wait_for_a_drive_that_missed_a_reply),
		TEST(disabling_goes_before_the_round_and_is_forgotten_at_once),
		TEST(a_stop_that_disables_stops_all_before_it_disables_any),
		TEST(a_silent_device_costs_the_others_one_timeout_a_round),
		TEST(three_misses_in_a_row_make_a_device_silent_two_do_not),
		TEST(a_device_that_answers_again_is_configured_from_scratch),
		TEST(a_drive_that_hears_and_is_not_heard_is_told_to_disable),
		TEST(a_drive_found_enabled_is_disabled_before_anything_else),
		TEST(a_new_power_epoch_configures_every_drive_again_disabled),
		TEST(the_first_command_finds_the_drives_as_they_were_found),
		TEST(a_limit_change_rewrites_the_two_limits_and_stands_still_meanwhile),
		TEST(a_limit_that_does_not_read_back_disables_and_names_the_register),
		TEST(a_refusing_device_is_tried_again_once_a_second_until_it_obeys),
		TEST(an_exception_while_configuring_is_a_refusal),
		TEST(a_drive_in_fault_goes_on_being_read),
		TEST(a_speed_is_clamped_and_nan_is_standstill),
		TEST(a_port_that_goes_leaves_every_device_silent),
		TEST(temperatures_come_with_their_quality),
		TEST(a_module_that_corrects_or_reports_by_itself_is_refused),
		TEST(frames_keep_their_silence),
		TEST(a_slow_line_keeps_three_and_a_half_characters),
		TEST(four_drives_are_exchanged_in_63_ms),
		TEST(eight_drives_and_two_modules_waste_less_than_a_twentieth),
		TEST(what_cannot_work_is_refused_at_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
