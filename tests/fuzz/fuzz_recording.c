/* SPDX-License-Identifier: MIT */
/*
 * A recording that somebody has made up is read, replayed and cut without a crash, whatever it says
 * of the chair's state, of its inputs, and of itself.
 *
 * A mutation seldom keeps a CRC, and a whole file is long. So an input is a list of changes to a
 * real recording: values of the state, values of an input, or bytes of the file, whose CRCs are
 * then made right. An input that begins with an odd byte is the file itself, with its CRCs made
 * right.
 */
#include "recording.h"
#include "replayer.h"
#include "setup.h"
#include "virtual.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(x)               \
	do {                     \
		if (!(x)) {      \
			abort(); \
		}                \
	} while (0)

#define HEAD_BYTES    16U /* of the file, and of a section */
#define SECTION_BYTES 16U
#define CYCLES	      300U
#define CHANGE_BYTES  7U

static struct virtual_chair massage; /* in the middle of it */
static struct layout states;
static struct layout cycles;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static struct setup setup;
	struct schema_problems problems = { 0 };

	(void)argc;
	(void)argv;
	REQUIRE(setup_load("config/chair.yaml", "hw/profiles", &setup, &problems) == 0);
	schema_problems_free(&problems);
	REQUIRE(virtual_init(&massage, &setup) == 0);
	REQUIRE(virtual_until(&massage, STATE_READY, 60 * S_US));
	massage.command = (struct chair_command){ .kind = COMMAND_START, .side = SIDE_BOTH };
	REQUIRE(virtual_until(&massage, STATE_MASSAGE, 120 * S_US));
	for (unsigned int i = 0; i < 2000; i++) {
		virtual_cycle(&massage);
	}
	REQUIRE(layout_init(&states, LAYOUT_STATE) == 0);
	REQUIRE(layout_init(&cycles, LAYOUT_CYCLE) == 0);
	return 0;
}

/* What a change does, and where. */
struct change {
	uint8_t what; /* 0 state, 1 input, 2 file */
	uint16_t where;
	uint8_t value[4];
};

static struct change get_change(const uint8_t *data)
{
	struct change change = { .what = data[0] % 3 };

	change.where = (uint16_t)(data[1] | data[2] << 8);
	memcpy(change.value, data + 3, sizeof(change.value));
	return change;
}

/* Write over one value, all its bytes beyond the fourth being those of the sign. */
static void change_value(const struct layout *layout, const struct change *change, void *object)
{
	const struct layout_leaf *leaf = &layout->leaves[change->where % layout->leaf_count];
	uint8_t *at = (uint8_t *)object + leaf->offset;

	memset(at, (change->value[3] & 0x80U) != 0 ? 0xff : 0, leaf->size);
	memcpy(at, change->value, leaf->size < 4 ? leaf->size : 4);
}

static uint32_t crc_of(const uint8_t *bytes, size_t length)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < length; i++) {
		crc ^= bytes[i];
		for (unsigned int bit = 0; bit < 8; bit++) {
			crc = crc >> 1 ^ ((crc & 1U) != 0 ? UINT32_C(0xedb88320) : 0);
		}
	}
	return ~crc;
}

static void mend(uint8_t *file, size_t length)
{
	size_t at = HEAD_BYTES;

	while (at + SECTION_BYTES <= length) {
		uint64_t bytes;
		uint32_t crc;

		memcpy(&bytes, file + at + 8, sizeof(bytes));
		if (bytes > length - at - SECTION_BYTES) {
			return;
		}
		crc = crc_of(file + at + SECTION_BYTES, (size_t)bytes);
		memcpy(file + at + 4, &crc, sizeof(crc));
		at += SECTION_BYTES + (size_t)bytes;
	}
}

static void try_file(const uint8_t *file, size_t length)
{
	static struct replay replay;
	char *text = NULL;
	size_t cut_length = 0;
	FILE *to = open_memstream(&text, &cut_length);

	REQUIRE(to != NULL);
	REQUIRE(replayer_run(file, length, NULL, &replay) == 0);
	REQUIRE(replay.result != REPLAY_UNREADABLE || replay.why[0] != '\0');
	REQUIRE(replay.result != REPLAY_IDENTICAL || !replay.difference.found);
	(void)recording_cut(file, length, &replay.info, replay.first_us, replay.last_us, to);
	REQUIRE(fclose(to) == 0);
	free(text);
}

/* The real chair with the changes of @data in its state and in its inputs. */
static void record(const uint8_t *data, size_t size, struct recorder *recorder)
{
	static struct chair chair;
	static struct record_cycle cycle;

	chair = massage.chair;
	cycle.in = massage.in;
	cycle.out = massage.out;
	for (size_t i = 0; i + CHANGE_BYTES <= size; i += CHANGE_BYTES) {
		const struct change change = get_change(data + i);

		if (change.what == 0) {
			change_value(&states, &change, &chair);
		}
	}
	recorder_begin(recorder, &chair);
	for (unsigned int n = 0; n < CYCLES; n++) {
		const size_t i = n * CHANGE_BYTES;

		cycle.in.now_us += CONTROL_PERIOD_US;
		cycle.in.switches_stamp_us = cycle.in.now_us;
		if (i + CHANGE_BYTES <= size) {
			const struct change change = get_change(data + i);

			if (change.what == 1) {
				change_value(&cycles, &change, &cycle);
			}
		}
		recorder_cycle(recorder, &chair, &cycle.in, &cycle.out);
	}
}

static void try_changes(const uint8_t *data, size_t size)
{
	struct recording_info info = { .reason = "fuzz", .chair = "fuzz" };
	struct recorder *recorder = NULL;
	char *text = NULL;
	size_t length = 0;
	FILE *to = open_memstream(&text, &length);

	REQUIRE(to != NULL);
	REQUIRE(recorder_new(2, &recorder) == 0);
	(void)snprintf(info.core, sizeof(info.core), "%s", recording_core());
	record(data, size, recorder);
	REQUIRE(recording_write(to, &info, &massage.setup->core, recorder) == 0);
	REQUIRE(fclose(to) == 0);
	recorder_free(recorder);
	for (size_t i = 0; i + CHANGE_BYTES <= size; i += CHANGE_BYTES) {
		const struct change change = get_change(data + i);

		if (change.what == 2) {
			text[(change.where * 256U + change.value[0]) % length] =
				(char)change.value[1];
		}
	}
	mend((uint8_t *)text, length);
	try_file((const uint8_t *)text, length);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0 && data[0] % 2 == 1) {
		uint8_t *file = malloc(size);

		REQUIRE(file != NULL);
		memcpy(file, data + 1, size - 1);
		mend(file, size - 1);
		try_file(file, size - 1);
		free(file);
	} else if (size > 0) {
		try_changes(data + 1, size - 1);
	}
	return 0;
}
