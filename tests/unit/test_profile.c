/* SPDX-License-Identifier: MIT */
/* The shipped profiles against frames that their makers printed, and what a bad profile is told. */
#include "profile.h"

#include <setjmp.h> /* cmocka needs these four first */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#ifndef PROFILE_DIR
#define PROFILE_DIR "hw/profiles" /* tests run in the top folder */
#endif

static struct profile profile;

static const struct profile_register *load(const char *name, const char *reg)
{
	struct schema_problems problems = { 0 };
	char path[256];
	int index;

	(void)snprintf(path, sizeof(path), PROFILE_DIR "/%s.yaml", name);
	assert_int_equal(profile_load(path, &profile, &problems), 0);
	assert_int_equal(problems.count, 0);
	schema_problems_free(&problems);
	assert_string_equal(profile.name, name);
	index = profile_find(&profile, reg);
	assert_true(index >= 0);
	return &profile.registers[index];
}

/* CRC-16/Modbus, bit by bit as in the specification; libmodbus does the real ones. */
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

/* What function 06 to address 1 looks like on the wire for a value encoded by the profile. */
static void expect_frame(const struct profile_register *reg, float value, const uint8_t *frame)
{
	uint8_t bytes[8] = { 1, 6 };
	uint16_t raw[2];
	uint16_t crc;

	profile_encode(&profile, reg, value, raw);
	bytes[2] = (uint8_t)(reg->addr >> 8);
	bytes[3] = (uint8_t)reg->addr;
	bytes[4] = (uint8_t)(raw[0] >> 8);
	bytes[5] = (uint8_t)raw[0];
	crc = crc_of(bytes, 6);
	bytes[6] = (uint8_t)crc;
	bytes[7] = (uint8_t)(crc >> 8);
	assert_memory_equal(bytes, frame, 8);
}

static void zlac_frames_are_those_of_its_manual(void **state)
{
	static const uint8_t timeout[] = { 0x01, 0x06, 0x20, 0x00, 0x01, 0x2C, 0x82, 0x47 };
	static const uint8_t enable[] = { 0x01, 0x06, 0x20, 0x0E, 0x00, 0x08, 0xE2, 0x0F };
	static const uint8_t stop[] = { 0x01, 0x06, 0x20, 0x0E, 0x00, 0x07, 0xA2, 0x0B };
	static const uint8_t clear[] = { 0x01, 0x06, 0x20, 0x0E, 0x00, 0x06, 0x63, 0xCB };
	const struct profile_register *control = load("zlac8015d", "control");

	(void)state;
	expect_frame(control, 8, enable);
	expect_frame(control, 7, stop);
	expect_frame(control, 6, clear);
	expect_frame(load("zlac8015d", "comm_timeout"), 300, timeout);
}

static void r4dcb08_reads_the_temperatures_of_its_manual(void **state)
{
	static const uint8_t reply[] = { 0x01, 0x03, 0x02, 0x00, 0xDB, 0xF8, 0x1F };
	const struct profile_register *channel = load("r4dcb08", "channel_1");
	const uint16_t warm = (uint16_t)(reply[3] << 8 | reply[4]);
	const uint16_t cold = 0xFF90;
	const uint16_t none = 0x8000;
	enum quality quality;

	(void)state;
	assert_int_equal(crc_of(reply, 5), reply[5] | reply[6] << 8);
	assert_float_equal(profile_decode(&profile, channel, &warm, &quality), 21.9F, 1e-4F);
	assert_int_equal(quality, QUALITY_GOOD);
	assert_float_equal(profile_decode(&profile, channel, &cold, &quality), -11.2F, 1e-4F);
	assert_float_equal(profile_decode(&profile, channel, &none, &quality), 0.0F, 1e-4F);
	assert_int_equal(quality, QUALITY_OPEN);
}

static void mb8art_tells_open_from_short(void **state)
{
	const struct profile_register *channel = load("mb8art", "channel_8");
	const uint16_t open = 30000;
	const uint16_t shorted = (uint16_t)-30000;
	enum quality quality;

	(void)state;
	assert_int_equal(channel->addr, 7);
	assert_int_equal(channel->table, PROFILE_TABLE_INPUT);
	(void)profile_decode(&profile, channel, &open, &quality);
	assert_int_equal(quality, QUALITY_OPEN);
	(void)profile_decode(&profile, channel, &shorted, &quality);
	assert_int_equal(quality, QUALITY_SHORT);
}

static void thirty_two_bits_keep_their_sign_in_both_word_orders(void **state)
{
	const struct profile_register *position = load("zlac8015d", "position_left");
	uint16_t raw[2] = { 0xFFFF, 0xFFFE };

	(void)state;
	assert_int_equal(profile_decode_raw(&profile, position, raw), -2);
	profile_encode(&profile, position, -70000.0F, raw);
	assert_int_equal(profile_decode_raw(&profile, position, raw), -70000);
	profile.low_word_first = true;
	raw[0] = 0x1111;
	raw[1] = 0x0002;
	assert_int_equal(profile_decode_raw(&profile, position, raw), 0x00021111);
	profile_encode(&profile, position, 65536.0F, raw);
	assert_int_equal(raw[0], 0);
	assert_int_equal(raw[1], 1);
}

static void encoding_clamps_rounds_and_stops_nan(void **state)
{
	const struct profile_register *speed = load("zlac8015d", "target_speed_left");
	const struct profile_register *limit =
		&profile.registers[profile_find(&profile, "max_current_left")];
	uint16_t raw[2];

	(void)state;
	profile_encode(&profile, speed, 5000.0F, raw);
	assert_int_equal(raw[0], 3000);
	profile_encode(&profile, speed, -5000.0F, raw);
	assert_int_equal((int16_t)raw[0], -3000);
	profile_encode(&profile, speed, -1.6F, raw);
	assert_int_equal((int16_t)raw[0], -2);
	profile_encode(&profile, speed, NAN, raw);
	assert_int_equal(raw[0], 0);
	profile_encode(&profile, speed, INFINITY, raw);
	assert_int_equal(raw[0], 3000);
	profile_encode(&profile, limit, 4.5F, raw);
	assert_int_equal(raw[0], 45);
	profile_encode(&profile, limit, -1.0F, raw);
	assert_int_equal(raw[0], 0);
}

/* The EEPROM is for a new drive's place alone: it would wear out. */
static void a_drive_says_how_it_gets_its_place(void **state)
{
	const struct profile_register *node = load("zlac8015d", "node");
	const struct profile_identity *identity = &profile.identity;

	(void)state;
	assert_true(identity->known && identity->has_save && identity->has_baud);
	assert_ptr_equal(&profile.registers[identity->address_reg], node);
	assert_int_equal(identity->baud_count, 7);
	assert_int_equal(identity->baud[2], 115200);
	assert_int_equal(identity->factory_count, 2);
	assert_int_equal(identity->factory[1], 4);
	(void)load("r4dcb08", "station_address");
	assert_true(profile.identity.known && !profile.identity.has_save);
	(void)load("wb_mr6c", "relay_1");
	assert_false(profile.identity.known);
}

static void the_hall_offset_is_never_written_and_the_eeprom_not_in_service(void **state)
{
	const struct profile_expect *lists[] = { profile.configure, profile.enable,
						 profile.disable };
	const struct profile_register *save = load("zlac8015d", "save");

	(void)state;
	assert_int_equal(save->addr, 0x2010);
	for (int i = 0; i < PROFILE_LIST_MAX; i++) {
		for (int k = 0; k < 3; k++) {
			assert_ptr_not_equal(&profile.registers[lists[k][i].reg], save);
		}
		assert_ptr_not_equal(&profile.registers[profile.cyclic_write[i]], save);
	}
	for (int i = 0; i < profile.register_count; i++) {
		assert_int_not_equal(profile.registers[i].addr, 0x2031);
	}
}

static void every_shipped_profile_loads_and_names_its_source(void **state)
{
	static const struct {
		const char *name;
		const char *reg;
		enum profile_kind kind;
		bool sensing_only;
		bool drives;
	} shipped[] = {
		{ "zlac8015d", "control", PROFILE_KIND_DRIVE, false, true },
		{ "leadshine_dm_rs", "forced_enable", PROFILE_KIND_DRIVE, false, false },
		{ "r4dcb08", "auto_report", PROFILE_KIND_TEMPERATURE, true, false },
		{ "mb8art", "resolution", PROFILE_KIND_TEMPERATURE, true, false },
		{ "wb_mr6c", "poll_timeout", PROFILE_KIND_RELAY, false, false },
		{ "waveshare_relay_8ch", "relay_8", PROFILE_KIND_RELAY, true, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(shipped) / sizeof(shipped[0]); i++) {
		(void)load(shipped[i].name, shipped[i].reg);
		assert_int_equal(profile.kind, shipped[i].kind);
		assert_int_equal(profile.sensing_only, shipped[i].sensing_only);
		assert_int_equal(profile_drive_gap(&profile) == NULL, shipped[i].drives);
		assert_int_not_equal(profile.confidence, PROFILE_CONFIDENCE_NONE);
		assert_true(strlen(profile.source) > 10);
	}
}

#define HEAD                                                                                \
	"name: x\nsource: s\nconfidence: low\ndefault_baud: 9600\nresponse_max_us: 20000\n" \
	"functions: [3, 6]\n"

/* Parse, fail, and find @reason at @key among what was reported. */
static void expect_problem(const char *text, const char *key, const char *reason)
{
	struct schema_problems problems = { 0 };
	bool found = false;

	assert_int_equal(profile_load_memory("x.yaml", text, strlen(text), &profile, &problems),
			 -EINVAL);
	for (size_t i = 0; i < problems.count; i++) {
		found = found || (strcmp(problems.list[i].key, key) == 0 &&
				  strstr(problems.list[i].reason, reason) != NULL);
		if (!found) {
			print_message("%s: %s\n", problems.list[i].key, problems.list[i].reason);
		}
	}
	schema_problems_free(&problems);
	assert_true(found);
}

static void a_drive_that_nothing_stops_is_refused(void **state)
{
	(void)state;
	expect_problem(HEAD "kind: drive\nregisters: {r: {addr: 1}}\n", "",
		       "a drive needs a comm_timeout register or a hardware_enable input");
}

static void a_bad_profile_is_told_each_fault(void **state)
{
	(void)state;
	expect_problem(HEAD "kind: motor\nregisters: {r: {addr: 1}}\n", "kind",
		       "must be one of drive, temperature, relay");
	expect_problem(HEAD "kind: relay\nregisters: {r: {addr: 0x10000}}\n", "registers.r.addr",
		       "must be 0 to 65535, is 0x10000");
	expect_problem(HEAD "kind: relay\nregisters: {r: {addr: 1, adr: 2}}\n", "registers.r.adr",
		       "unknown key");
	expect_problem(HEAD "kind: relay\nregisters: {r: {addr: 1}}\ncyclic_read: [q]\n",
		       "cyclic_read[0]", "there is no register \"q\"");
	expect_problem(HEAD "kind: relay\nregisters: {r: {addr: 1, table: input}}\n"
			    "cyclic_read: [r]\n",
		       "cyclic_read[0]", "needs function 4");
	expect_problem(HEAD "kind: relay\nregisters: {r: {addr: 1}}\ncyclic_write: [r]\n",
		       "cyclic_write[0]", "is not a writable holding register");
	expect_problem(HEAD "kind: relay\nregisters: {r: {addr: 1, min: 0, max: 5}}\n"
			    "configure: [{reg: r, value: 9, write: false}]\n",
		       "configure[0]", "9 is outside of r's range 0 to 5");
	expect_problem(HEAD "kind: relay\nregisters: {r: {addr: 1}}\n"
			    "configure: [{reg: r, write: false}]\n",
		       "configure[0]", "give either `value` or `from`");
	expect_problem(HEAD "kind: relay\nregisters: {r: {addr: 0xFFFF, words: 2}}\n",
		       "registers.r", "reaches beyond");
	expect_problem(HEAD "kind: relay\nregisters: {r: {addr: 1}}\ncomm_timeout: r\n",
		       "comm_timeout", "is not a writable holding register");
	expect_problem(HEAD "kind: relay\nregisters: {r: {addr: 1}}\nidentity: {address: r}\n",
		       "identity.address", "is not a writable holding register");
	expect_problem(HEAD "kind: relay\nregisters: {r: {addr: 1, writable: true}}\n"
			    "identity: {address: r, baud: r}\n",
		       "identity", "belong together");
	expect_problem(HEAD "kind: relay\nregisters: {r: {addr: 1, writable: true}}\n"
			    "identity: {address: r, factory: [1, 2, 3, 4, 5]}\n",
		       "identity.factory", "more than 4 entries");
	expect_problem("kind: relay\n", "source", "is missing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zlac_frames_are_those_of_its_manual),
		cmocka_unit_test(r4dcb08_reads_the_temperatures_of_its_manual),
		cmocka_unit_test(mb8art_tells_open_from_short),
		cmocka_unit_test(thirty_two_bits_keep_their_sign_in_both_word_orders),
		cmocka_unit_test(encoding_clamps_rounds_and_stops_nan),
		cmocka_unit_test(a_drive_says_how_it_gets_its_place),
		cmocka_unit_test(the_hall_offset_is_never_written_and_the_eeprom_not_in_service),
		cmocka_unit_test(every_shipped_profile_loads_and_names_its_source),
		cmocka_unit_test(a_drive_that_nothing_stops_is_refused),
		cmocka_unit_test(a_bad_profile_is_told_each_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
