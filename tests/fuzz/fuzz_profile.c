/* SPDX-License-Identifier: MIT */
/* Any bytes as a profile: what is accepted keeps the rules, and a line can be built on it or not.
 */
#include "bus_line.h"
#include "profile.h"

#include <stdlib.h>
#include <string.h>

#define REQUIRE(x)               \
	do {                     \
		if (!(x)) {      \
			abort(); \
		}                \
	} while (0)

static struct profile profile;
static struct bus_line line;

static void check_lists(void)
{
	for (int i = 0; i < profile.cyclic_read_count; i++) {
		REQUIRE(profile.cyclic_read[i] < profile.register_count);
	}
	for (int i = 0; i < profile.cyclic_write_count; i++) {
		REQUIRE(profile.cyclic_write[i] < profile.register_count);
		REQUIRE(profile.registers[profile.cyclic_write[i]].writable);
	}
	for (int i = 0; i < profile.configure_count; i++) {
		const struct profile_expect *expect = &profile.configure[i];

		REQUIRE(expect->reg < profile.register_count);
		REQUIRE(!expect->write || profile.registers[expect->reg].writable);
	}
}

static void exchange(void)
{
	struct bus_line_config config = { .baud = 115200, .bits_per_char = 10, .device_count = 1 };
	struct bus_line_command command = { 0 };
	struct bus_request request;
	const uint16_t regs[BUS_REGS_MAX] = { 0 };
	uint64_t now_us = 1;

	config.devices[0] = (struct bus_device_config){ .name = "fuzz",
							.profile = &profile,
							.address = 1,
							.comm_timeout_ms = 300,
							.work_limit_a = { 2.0F, 2.0F },
							.homing_limit_a = { 1.0F, 1.0F } };
	command.device[0] = (struct bus_command){ .enable = true, .limit = DRIVE_LIMIT_WORK };
	if (bus_line_init(&line, &config) < 0) {
		return;
	}
	for (int i = 0; i < 200; i++) {
		bus_line_next(&line, now_us, &command, &request);
		REQUIRE(request.count >= 1 && request.count <= BUS_REGS_MAX);
		REQUIRE(request.timeout_us > 0 && request.timeout_us < 250000);
		now_us += 5000;
		bus_line_done(&line, now_us, &request, BUS_RESULT_OK, regs);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct schema_problems problems = { 0 };
	const int r = profile_load_memory("fuzz", (const char *)data, size, &profile, &problems);

	REQUIRE((r == 0) == (problems.count == 0));
	if (r == 0) {
		REQUIRE(profile.register_count <= PROFILE_REGISTER_MAX);
		REQUIRE(profile.kind != PROFILE_KIND_DRIVE || !profile.sensing_only);
		check_lists();
		exchange();
	}
	schema_problems_free(&problems);
	return 0;
}
