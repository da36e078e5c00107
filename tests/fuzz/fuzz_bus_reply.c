/* SPDX-License-Identifier: MIT */
/* Any sequence of replies and commands: what must hold of every request does. */
#include "bus_line.h"

#include <stdlib.h>
#include <string.h>

#ifndef PROFILE_DIR
#define PROFILE_DIR "hw/profiles" /* run in the top folder */
#endif
#define REQUIRE(x)               \
	do {                     \
		if (!(x)) {      \
			abort(); \
		}                \
	} while (0)

#define DRIVES	2
#define MODULES 2

static struct profile profiles[3];
static struct bus_line line;
static struct bus_line_config config;

static void load(const char *path, struct profile *profile)
{
	struct schema_problems problems = { 0 };

	REQUIRE(profile_load(path, profile, &problems) == 0);
	schema_problems_free(&problems);
}

static void set_up(void)
{
	load(PROFILE_DIR "/zlac8015d.yaml", &profiles[0]);
	load(PROFILE_DIR "/r4dcb08.yaml", &profiles[1]);
	load(PROFILE_DIR "/mb8art.yaml", &profiles[2]);
	config = (struct bus_line_config){ .baud = 115200,
					   .bits_per_char = 10,
					   .device_count = DRIVES + MODULES };
	for (uint8_t i = 0; i < config.device_count; i++) {
		config.devices[i] = (struct bus_device_config){
			.name = { (char)('a' + i) },
			.profile = &profiles[i < DRIVES ? 0 : i - DRIVES + 1],
			.address = (uint8_t)(i + 1),
			.comm_timeout_ms = 300,
			.work_limit_a = { 4.0F, 4.0F },
			.homing_limit_a = { 1.0F, 1.0F },
		};
	}
}

static void check_write(const struct bus_request *request, const struct bus_line_command *command)
{
	static const uint16_t allowed[] = { 0x2000, 0x200D, 0x200E, 0x2034, 0x2064, 0x2088 };
	const struct bus_device_image *image = &bus_line_image(&line)->device[request->device];
	bool known = false;

	REQUIRE(request->device < DRIVES); /* modules are only read */
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		known = known || request->reg == allowed[i];
	}
	REQUIRE(known);
	if (request->reg == 0x2088 && (request->values[0] != 0 || request->values[1] != 0)) {
		REQUIRE(command->device[request->device].enable);
		REQUIRE(image->enabled && image->configured && !image->mismatch);
		REQUIRE(image->stage == BUS_STAGE_READY);
		REQUIRE(image->limit == command->device[request->device].limit);
	}
	if (request->reg == 0x200E && request->values[0] == 8) {
		REQUIRE(command->device[request->device].enable && image->configured);
		REQUIRE(image->limit == command->device[request->device].limit);
	}
}

/* Half of the time what a good drive would say, or nothing would ever be configured. */
static void make_reply(const struct bus_request *request, uint8_t byte, uint16_t *regs)
{
	memset(regs, 0, BUS_REGS_MAX * sizeof(*regs));
	if ((byte & 8) != 0) {
		regs[0] = byte;
		regs[request->count - 1] = (uint16_t)(byte << 8);
	} else if (request->reg == 0x2000) {
		regs[0] = 300;
	} else if (request->reg == 0x200D) {
		regs[0] = 3;
		regs[1] = 8;
	} else if (request->reg == 0x2034 || request->reg == 0x2064) {
		regs[0] = (byte & 16) != 0 ? 40 : 10;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	struct bus_line_command command = { 0 };
	uint64_t now_us = 1000;

	if (!ready) {
		set_up();
		ready = true;
	}
	REQUIRE(bus_line_init(&line, &config) == 0);
	for (size_t i = 0; i + 2 <= size; i += 2) {
		const enum bus_result results[] = { BUS_RESULT_OK,	  BUS_RESULT_OK,
						    BUS_RESULT_OK,	  BUS_RESULT_OK,
						    BUS_RESULT_TIMEOUT,	  BUS_RESULT_GARBLED,
						    BUS_RESULT_EXCEPTION, BUS_RESULT_PORT_GONE };
		struct bus_command *device = &command.device[data[i + 1] & 1];
		struct bus_request request;
		uint16_t regs[BUS_REGS_MAX];

		device->enable = (data[i + 1] & 2) != 0;
		device->limit = (enum drive_limit)((data[i + 1] >> 2 & 3) % DRIVE_LIMIT_COUNT);
		device->speed_rpm[0] = (float)(data[i + 1] - 128);
		command.urgent += (data[i + 1] & 0x70) == 0x70;
		command.power_epoch += (data[i + 1] & 0xF0) == 0x80;
		bus_line_next(&line, now_us, &command, &request);
		REQUIRE(request.device < config.device_count && request.count >= 1);
		if (request.function == BUS_WRITE_REGISTER ||
		    request.function == BUS_WRITE_REGISTERS) {
			check_write(&request, &command);
		}
		make_reply(&request, data[i], regs);
		now_us += data[i] * 1000U;
		bus_line_done(&line, now_us, &request, results[data[i] & 7], regs);
		REQUIRE(bus_line_ready_at(&line) >= now_us + 1750);
	}
	return 0;
}
