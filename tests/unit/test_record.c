/* SPDX-License-Identifier: MIT */
/* The flight recorder: what goes in comes out, nothing else is believed, and the core does it all
 * again. */
#include "coder.h"
#include "replayer.h"
#include "virtual.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE_US (60 * S_US)
#define FILE_MAX  (16U * 1024U * 1024U)

static struct setup setup;
static struct virtual_chair v;
static struct replay replay;
static struct recorder *recorder;
static uint8_t *file;
static size_t file_length;

static int load(void **state)
{
	struct schema_problems problems = { 0 };
	const int r = setup_load("config/chair.yaml", "hw/profiles", &setup, &problems);

	(void)state;
	schema_problems_free(&problems);
	return r;
}

static void start(unsigned int segments)
{
	assert_int_equal(virtual_init(&v, &setup), 0);
	assert_int_equal(recorder_new(segments, &recorder), 0);
	virtual_record(&v, recorder);
}

static int finish(void **state)
{
	(void)state;
	recorder_free(recorder);
	recorder = NULL;
	free(file);
	file = NULL;
	return 0;
}

static struct recording_info an_info(void)
{
	struct recording_info info = { .reason = "test", .chair = "chair-1" };

	(void)snprintf(info.core, sizeof(info.core), "%s", recording_core());
	return info;
}

/* What the recorder holds, as a file in memory. */
static void save(const struct recording_info *info)
{
	char *text = NULL;
	FILE *to;

	free(file);
	file = NULL;
	to = open_memstream(&text, &file_length);
	assert_non_null(to);
	assert_int_equal(recording_write(to, info, &setup.core, recorder), 0);
	assert_int_equal(fclose(to), 0);
	file = (uint8_t *)text;
}

static void save_plainly(void)
{
	const struct recording_info info = an_info();

	save(&info);
}

static enum replay_result run_it(void)
{
	assert_int_equal(replayer_run(file, file_length, NULL, &replay), 0);
	if (replay.difference.found) {
		print_message("cycle %llu, %s: recorded %s, replayed %s\n",
			      (unsigned long long)replay.difference.cycle, replay.difference.name,
			      replay.difference.recorded, replay.difference.replayed);
	}
	return replay.result;
}

static void start_session(const char *program)
{
	assert_true(virtual_until(&v, STATE_READY, MINUTE_US));
	v.command = (struct chair_command){
		.kind = COMMAND_START,
		.id = 7,
		.program = (uint8_t)setup_find_program(&setup, program),
		.side = SIDE_BOTH,
		.level = 3,
	};
	assert_true(virtual_until(&v, STATE_MASSAGE, 2 * MINUTE_US));
}

static void cycles(unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		virtual_cycle(&v);
	}
}

static void break_something(enum sim_fault_kind kind, bool on)
{
	const struct sim_fault fault = { .kind = kind };

	assert_int_equal(sim_set_fault(&v.sim, &fault, on), 0);
}

/* ---- layout ---- */

/* A value that the table has forgotten lies in a hole that no alignment explains. */
static void every_byte_of_inputs_and_outputs_is_a_value_or_padding(void **state)
{
	static const size_t sizes[LAYOUT_ROOT_COUNT] = {
		[LAYOUT_CONFIG] = sizeof(struct chair_config),
		[LAYOUT_STATE] = offsetof(struct chair, events), /* the last one that is kept */
		[LAYOUT_CYCLE] = sizeof(struct record_cycle),
	};

	(void)state;
	for (unsigned int root = 0; root < LAYOUT_ROOT_COUNT; root++) {
		struct layout layout;
		size_t end = root == LAYOUT_STATE ? sizeof(struct chair_config) : 0;

		assert_int_equal(layout_init(&layout, (enum layout_root)root), 0);
		for (size_t i = 0; i < layout.leaf_count; i++) {
			assert_true(layout.leaves[i].offset >= end);
			assert_true(layout.leaves[i].offset - end < sizeof(uint64_t));
			end = layout.leaves[i].offset + layout.leaves[i].size;
		}
		assert_true(sizes[root] - end < sizeof(uint64_t));
		layout_free(&layout);
	}
}

static void no_two_values_have_one_name(void **state)
{
	(void)state;
	for (unsigned int root = 0; root < LAYOUT_ROOT_COUNT; root++) {
		struct layout layout;

		assert_int_equal(layout_init(&layout, (enum layout_root)root), 0);
		for (size_t i = 0; i < layout.leaf_count; i++) {
			for (size_t j = 0; j < i; j++) {
				assert_int_not_equal(layout.leaves[i].hash, layout.leaves[j].hash);
			}
		}
		layout_free(&layout);
	}
}

static void padding_counts_for_nothing(void **state)
{
	static struct record_cycle a;
	static struct record_cycle b;
	static uint8_t images[2][LAYOUT_CYCLE_SIZE];
	struct layout layout;

	(void)state;
	memset(&a, 0x00, sizeof(a));
	memset(&b, 0xff, sizeof(b)); /* every byte of padding is wrong */
	assert_int_equal(layout_init(&layout, LAYOUT_CYCLE), 0);
	layout_unpack(&layout, images[0], &b);
	layout_pack(&layout, &a, images[0]);
	layout_pack(&layout, &b, images[1]);
	assert_int_not_equal(memcmp(&a, &b, sizeof(a)), 0);
	assert_memory_equal(images[0], images[1], LAYOUT_CYCLE_SIZE);
	layout_free(&layout);
}

static void a_value_is_named_in_words(void **state)
{
	static struct record_cycle cycle;
	static uint8_t images[2][LAYOUT_CYCLE_SIZE];
	struct layout layout;
	char text[LAYOUT_NAME_MAX];
	size_t leaf;

	(void)state;
	assert_int_equal(layout_init(&layout, LAYOUT_CYCLE), 0);
	cycle.out.speed[AXIS(ROLLER_SEAT_RIGHT, AXIS_DEPTH)] = 1.5f;
	layout_pack(&layout, &cycle, images[1]);
	leaf = layout_difference(&layout, images[0], images[1]);
	layout_name(&layout, leaf, text);
	assert_string_equal(text, "out.speed[seat_right.depth]");
	layout_value(&layout, leaf, images[1], text);
	assert_string_equal(text, "1.5");
	cycle.in.sensor[PAD_GLUTE_LEFT][1].quality = QUALITY_GOOD;
	layout_pack(&layout, &cycle, images[1]);
	leaf = layout_difference(&layout, images[0], images[1]);
	layout_name(&layout, leaf, text);
	assert_string_equal(text, "in.sensor[glute_left][1].quality");
	layout_free(&layout);
}

static void what_no_value_can_be_is_not_sane(void **state)
{
	static uint8_t image[LAYOUT_CYCLE_SIZE];
	const uint32_t beyond = DRIVE_LIMIT_COUNT;
	const uint32_t infinite = UINT32_C(0x7f800000);
	struct layout layout;

	(void)state;
	assert_int_equal(layout_init(&layout, LAYOUT_CYCLE), 0);
	assert_true(layout_is_sane(&layout, image));
	image[offsetof(struct chair_inputs, stop)] = 2;
	assert_false(layout_is_sane(&layout, image));
	memset(image, 0, sizeof(image));
	memcpy(image + offsetof(struct chair_inputs, drive[3].limit), &beyond, sizeof(beyond));
	assert_false(layout_is_sane(&layout, image));
	memset(image, 0, sizeof(image));
	memcpy(image + offsetof(struct chair_inputs, axis[2].force_n), &infinite, sizeof(infinite));
	assert_false(layout_is_sane(&layout, image));
	layout_free(&layout);
}

/* ---- coding ---- */

static uint32_t dice = 1;

static uint32_t throw_dice(void)
{
	dice = dice * UINT32_C(1664525) + UINT32_C(1013904223);
	return dice >> 8;
}

static void any_change_survives_coding(void **state)
{
	enum {
		SIZE = 4096
	};
	static uint8_t before[SIZE];
	static uint8_t now[SIZE];
	static uint8_t code[CODER_MAX(SIZE)];

	(void)state;
	for (unsigned int round = 0; round < 2000; round++) {
		const unsigned int changes = throw_dice() % (round % 10 == 0 ? 8000U : 20U);
		size_t length;

		memcpy(now, before, SIZE);
		for (unsigned int i = 0; i < changes; i++) {
			now[throw_dice() % SIZE] = (uint8_t)throw_dice();
		}
		length = coder_encode(before, now, SIZE, code);
		assert_true(length <= CODER_MAX(SIZE));
		assert_int_equal(coder_decode(before, SIZE, code, length), 0);
		assert_memory_equal(before, now, SIZE);
	}
}

static void the_most_that_can_change_fits_the_bound(void **state)
{
	static uint8_t before[LAYOUT_STATE_SIZE];
	static uint8_t now[LAYOUT_STATE_SIZE];
	static uint8_t code[CODER_MAX(LAYOUT_STATE_SIZE)];

	(void)state;
	memset(now, 0xa5, sizeof(now));
	assert_true(coder_encode(before, now, sizeof(now), code) <= sizeof(code));
	memset(now, 0, sizeof(now));
	now[sizeof(now) - 1] = 1;
	assert_true(coder_encode(before, now, sizeof(now), code) < 32);
	assert_int_equal(coder_encode(before, before, sizeof(now), code), 0);
}

static void what_is_no_code_is_refused(void **state)
{
	static const struct {
		uint8_t code[4];
		size_t length;
	} wrong[] = {
		{ { 0 }, 1 },	      /* no mask */
		{ { 0, 0 }, 2 },      /* nothing changes */
		{ { 0, 3, 9 }, 3 },   /* a byte is missing */
		{ { 2, 1, 9 }, 3 },   /* beyond the image */
		{ { 255, 0, 1 }, 3 }, /* far beyond */
	};
	uint8_t image[16] = { 0 };

	(void)state;
	for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_not_equal(
			coder_decode(image, sizeof(image), wrong[i].code, wrong[i].length), 0);
	}
}

/* ---- recorder and replay ---- */

static void a_session_with_faults_replays_bit_for_bit(void **state)
{
	(void)state;
	start(RECORDER_SEGMENTS);
	start_session("piriformis");
	cycles(3000);
	break_something(SIM_FAULT_ESTOP_OPEN, true);
	cycles(300);
	break_something(SIM_FAULT_ESTOP_OPEN, false);
	cycles(300);
	save_plainly();
	assert_int_equal(run_it(), REPLAY_IDENTICAL);
	assert_int_equal(replay.cycles, v.chair.cycles);
	assert_int_equal(replay.last_us, v.chair.last_us);
	assert_int_equal(replay.gaps, 0);
	assert_int_equal(replay.damaged, 0);
	assert_false(replay.torn);
	assert_true(replay.tripped);
	assert_true(replay.recurred);
	assert_true(replay.safe);
	assert_int_equal(replay.cause, CAUSE_ESTOP_OPEN);
	assert_true(replay.keys > 1);
}

static void the_digest_tells_what_came_out(void **state)
{
	uint64_t before;

	(void)state;
	start(RECORDER_SEGMENTS);
	start_session("piriformis");
	cycles(100);
	save_plainly();
	assert_int_equal(run_it(), REPLAY_IDENTICAL);
	before = replay.digest;
	assert_int_equal(run_it(), REPLAY_IDENTICAL);
	assert_true(replay.digest == before);
	cycles(1);
	save_plainly();
	assert_int_equal(run_it(), REPLAY_IDENTICAL);
	assert_false(replay.digest == before);
}

static void a_full_recorder_keeps_the_newest_and_replays_from_the_middle(void **state)
{
	(void)state;
	start(4);
	start_session("piriformis");
	cycles(12000);
	save_plainly();
	assert_int_equal(run_it(), REPLAY_IDENTICAL);
	assert_true(replay.cycles < v.chair.cycles);
	assert_true(replay.cycles > 2000);
	assert_int_equal(replay.last_us, v.chair.last_us);
	assert_in_range(replay.keys, 3, 4);
	assert_int_equal(replay.gaps, 0);
}

static void ten_minutes_of_the_busiest_session_fit(void **state)
{
	struct recording_info info = an_info();

	(void)state;
	start(RECORDER_SEGMENTS);
	assert_true(recorder_bytes(recorder) <= RECORDER_BYTES_MAX);
	start_session("piriformis");
	while (v.chair.session.state == STATE_MASSAGE) {
		virtual_cycle(&v);
	}
	save(&info);
	assert_true(file_length <= RECORDER_BYTES_MAX);
	assert_int_equal(run_it(), REPLAY_IDENTICAL);
	assert_true(replay.last_us - replay.first_us >= RECORDER_KEEP_US);
	print_message("%.0f bytes a minute\n",
		      (double)file_length * 6e7 / (double)(replay.last_us - replay.first_us));
}

static void a_quiet_chair_needs_little_memory(void **state)
{
	(void)state;
	start(RECORDER_SEGMENTS);
	assert_true(virtual_until(&v, STATE_READY, MINUTE_US));
	cycles(150000);
	save_plainly();
	assert_int_equal(run_it(), REPLAY_IDENTICAL);
	assert_true(replay.last_us - replay.first_us >= RECORDER_KEEP_US);
	assert_true(file_length < RECORDER_BYTES_MAX / 2);
	print_message("%.0f bytes a minute\n",
		      (double)file_length * 6e7 / (double)(replay.last_us - replay.first_us));
}

static void while_it_is_read_nothing_is_written_over(void **state)
{
	static uint8_t first[RECORDER_SEGMENT_MAX];
	static uint8_t again[RECORDER_SEGMENT_MAX];
	struct record_key key;
	size_t length;

	(void)state;
	start(3);
	start_session("piriformis");
	recorder_read_begin(recorder);
	length = recorder_read_next(recorder, first);
	assert_true(length > sizeof(key));
	cycles(20000); /* more than it holds */
	recorder_read_begin(recorder);
	assert_true(recorder_read_next(recorder, again) >= length); /* it has gone on */
	assert_memory_equal(first, again, length);
	recorder_read_end(recorder);
	cycles(1000);
	save_plainly();
	assert_int_equal(run_it(), REPLAY_IDENTICAL);
	assert_int_equal(replay.last_us, v.chair.last_us);
	assert_int_equal(replay.gaps, 1); /* what found no place */
}

static void a_restart_is_a_gap_and_no_difference(void **state)
{
	(void)state;
	start(RECORDER_SEGMENTS);
	start_session("piriformis");
	cycles(500);
	assert_int_equal(virtual_power(&v, false), 0);
	cycles(100);
	assert_int_equal(virtual_power(&v, true), 0);
	cycles(500);
	save_plainly();
	assert_int_equal(run_it(), REPLAY_IDENTICAL);
	assert_int_equal(replay.gaps, 1);
}

static void a_chair_changed_by_other_hands_is_found(void **state)
{
	(void)state;
	start(RECORDER_SEGMENTS);
	start_session("piriformis");
	cycles(100);
	v.chair.interlock.overruns += 3; /* shows in no output */
	cycles(10000);
	save_plainly();
	assert_int_equal(run_it(), REPLAY_DIFFERS);
	assert_true(replay.difference.in_state);
	assert_string_equal(replay.difference.name, "interlock.overruns");
}

/* An output that the core did not decide: in the cycle after it, and by its name. */
static void a_flipped_output_is_found_and_named(void **state)
{
	struct chair_outputs wrong;

	(void)state;
	start(RECORDER_SEGMENTS);
	start_session("piriformis");
	cycles(100);
	v.recorder = NULL;
	virtual_cycle(&v);
	wrong = v.out;
	wrong.drive[5].enable = !wrong.drive[5].enable;
	recorder_cycle(recorder, &v.chair, &v.in, &wrong);
	v.recorder = recorder;
	cycles(100);
	save_plainly();
	assert_int_equal(run_it(), REPLAY_DIFFERS);
	assert_string_equal(replay.difference.name, "out.drive[5].enable");
	assert_string_equal(replay.difference.recorded, "false");
	assert_string_equal(replay.difference.replayed, "true");
	assert_int_equal(replay.difference.cycle, v.chair.cycles - 100);
	assert_int_equal(replay.difference.now_us, v.now_us - 100 * CONTROL_PERIOD_US);
}

static void what_the_file_says_is_read_back(void **state)
{
	struct recording_info info = an_info();

	(void)state;
	start(RECORDER_SEGMENTS);
	cycles(10);
	info.tripped = true;
	info.cause = CAUSE_COVER_OPEN;
	info.trip_us = 12345;
	info.saved_us = 6789;
	info.saved_utc_s = 1790000000;
	save(&info);
	(void)run_it();
	assert_memory_equal(&replay.info, &info, sizeof(info));
	assert_true(replay.tripped);
	assert_false(replay.recurred);
	assert_memory_equal(replay.config.programs, setup.core.programs,
			    sizeof(setup.core.programs));
}

/* ---- files that are not as they should be ---- */

static void make_a_file(void)
{
	start(RECORDER_SEGMENTS);
	start_session("piriformis");
	cycles(6000);
	save_plainly();
}

static void a_file_cut_anywhere_is_read_as_far_as_it_goes(void **state)
{
	const size_t whole = 200;
	uint64_t most = 0;

	(void)state;
	make_a_file();
	for (size_t i = 0; i < whole; i++) {
		const size_t length = file_length * i / whole;
		uint8_t *part = malloc(length + 1); /* so that a sanitizer sees its end */

		assert_non_null(part);
		memcpy(part, file, length);
		assert_int_equal(replayer_run(part, length, NULL, &replay), 0);
		assert_true(replay.result == REPLAY_UNREADABLE ||
			    replay.result == REPLAY_IDENTICAL);
		assert_true(replay.result != REPLAY_UNREADABLE || replay.why[0] != '\0');
		assert_true(replay.result != REPLAY_IDENTICAL || replay.torn);
		assert_true(replay.cycles >= most);
		most = replay.cycles;
		free(part);
	}
	assert_true(most > 0);
}

static void a_flipped_bit_anywhere_is_noticed(void **state)
{
	(void)state;
	make_a_file();
	for (unsigned int i = 0; i < 300; i++) {
		const size_t at = throw_dice() * (size_t)256 % file_length;
		const uint8_t bit = (uint8_t)(1U << throw_dice() % 8);

		file[at] ^= bit;
		(void)run_it();
		assert_true(replay.result == REPLAY_UNREADABLE || replay.damaged > 0 ||
			    replay.torn || replay.result == REPLAY_OTHER_CORE);
		file[at] ^= bit;
	}
	assert_int_equal(run_it(), REPLAY_IDENTICAL);
}

static void what_is_no_recording_says_why(void **state)
{
	(void)state;
	make_a_file();
	assert_int_equal(replayer_run(file, 3, NULL, &replay), 0);
	assert_int_equal(replay.result, REPLAY_UNREADABLE);
	assert_string_equal(replay.why, "it is no recording of a chair");
	file[8] ^= 4;
	assert_int_equal(run_it(), REPLAY_UNREADABLE);
	assert_string_equal(replay.why, "it was recorded in another version of the format");
	file[8] ^= 4;
	file[12] ^= 4;
	assert_int_equal(run_it(), REPLAY_UNREADABLE);
	assert_string_equal(replay.why, "it was recorded by a machine of another byte order");
}

static void another_core_is_asked_whether_it_trips_as_well(void **state)
{
	struct recording_info info = an_info();

	(void)state;
	start(RECORDER_SEGMENTS);
	start_session("piriformis");
	cycles(500);
	break_something(SIM_FAULT_ESTOP_OPEN, true);
	cycles(200);
	(void)snprintf(info.core, sizeof(info.core), "0123456789abcdef");
	save(&info);
	assert_int_equal(run_it(), REPLAY_OTHER_CORE);
	assert_true(replay.recurred);
	assert_true(replay.safe);
	info.tripped = true;
	info.cause = CAUSE_COVER_OPEN;
	info.trip_us = replay.trip_us;
	save(&info);
	assert_int_equal(run_it(), REPLAY_OTHER_CORE);
	assert_false(replay.recurred);
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

/* The content of section @number of the file (0 = info, 2 = layout of the state), see recorder.md.
 */
static uint8_t *find_section(unsigned int number, uint64_t *ret_length)
{
	uint8_t *at = file + 16;

	for (;;) {
		memcpy(ret_length, at + 8, sizeof(*ret_length));
		if (number == 0) {
			return at + 16;
		}
		at += 16 + *ret_length;
		number--;
	}
}

/* A core that knows one value less, or by another name. */
static void a_value_that_another_core_lacks_is_as_in_a_new_chair(void **state)
{
	struct layout layout;
	char name[LAYOUT_NAME_MAX];
	uint64_t length;
	uint8_t *section;
	uint32_t crc;
	size_t leaf = 0;

	(void)state;
	start(RECORDER_SEGMENTS);
	start_session("piriformis");
	cycles(500);
	break_something(SIM_FAULT_ESTOP_OPEN, true);
	cycles(200);
	save_plainly();
	assert_int_equal(layout_init(&layout, LAYOUT_STATE), 0);
	do {
		layout_name(&layout, leaf++, name);
	} while (strcmp(name, "interlock.overruns") != 0);
	section = find_section(1 + LAYOUT_STATE, &length);
	section[8 + 12 * (leaf - 1)] ^= 1; /* a bit of the hash of its name */
	crc = crc_of(section, (size_t)length);
	memcpy(section - 12, &crc, sizeof(crc));
	assert_int_equal(run_it(), REPLAY_OTHER_CORE);
	assert_false(replay.difference.found); /* there had been none */
	assert_int_equal(replay.damaged, 0);
	assert_true(replay.recurred);
	layout_free(&layout);
}

static void a_cut_has_the_trip_and_little_else(void **state)
{
	struct recording_info info = an_info();
	char *text = NULL;
	size_t length;
	FILE *to;

	(void)state;
	start(RECORDER_SEGMENTS);
	start_session("piriformis");
	cycles(20000);
	break_something(SIM_FAULT_COVER_OPEN, true);
	cycles(20000);
	save_plainly();
	assert_int_equal(run_it(), REPLAY_IDENTICAL);
	assert_true(replay.cycles > 40000);
	info.tripped = true;
	info.cause = replay.cause;
	info.trip_us = replay.trip_us;
	to = open_memstream(&text, &length);
	assert_non_null(to);
	assert_int_equal(recording_cut(file, file_length, &info, info.trip_us - 10 * S_US,
				       info.trip_us + 2 * S_US, to),
			 0);
	assert_int_equal(fclose(to), 0);
	assert_int_equal(replayer_run((const uint8_t *)text, length, NULL, &replay), 0);
	free(text);
	assert_int_equal(replay.result, REPLAY_IDENTICAL);
	assert_false(replay.torn);
	assert_in_range(replay.keys, 1, 2);
	assert_true(replay.first_us <= info.trip_us - 10 * S_US);
	assert_true(replay.last_us >= info.trip_us + 2 * S_US);
	assert_int_equal(replay.cause, CAUSE_COVER_OPEN);
	assert_true(replay.recurred);
	assert_true(replay.safe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_of_inputs_and_outputs_is_a_value_or_padding),
		cmocka_unit_test(no_two_values_have_one_name),
		cmocka_unit_test(padding_counts_for_nothing),
		cmocka_unit_test(a_value_is_named_in_words),
		cmocka_unit_test(what_no_value_can_be_is_not_sane),
		cmocka_unit_test(any_change_survives_coding),
		cmocka_unit_test(the_most_that_can_change_fits_the_bound),
		cmocka_unit_test(what_is_no_code_is_refused),
		cmocka_unit_test_teardown(a_session_with_faults_replays_bit_for_bit, finish),
		cmocka_unit_test_teardown(the_digest_tells_what_came_out, finish),
		cmocka_unit_test_teardown(
			a_full_recorder_keeps_the_newest_and_replays_from_the_middle, finish),
		cmocka_unit_test_teardown(ten_minutes_of_the_busiest_session_fit, finish),
		cmocka_unit_test_teardown(a_quiet_chair_needs_little_memory, finish),
		cmocka_unit_test_teardown(while_it_is_read_nothing_is_written_over, finish),
		cmocka_unit_test_teardown(a_restart_is_a_gap_and_no_difference, finish),
		cmocka_unit_test_teardown(a_chair_changed_by_other_hands_is_found, finish),
		cmocka_unit_test_teardown(a_flipped_output_is_found_and_named, finish),
		cmocka_unit_test_teardown(what_the_file_says_is_read_back, finish),
		cmocka_unit_test_teardown(a_file_cut_anywhere_is_read_as_far_as_it_goes, finish),
		cmocka_unit_test_teardown(a_flipped_bit_anywhere_is_noticed, finish),
		cmocka_unit_test_teardown(what_is_no_recording_says_why, finish),
		cmocka_unit_test_teardown(another_core_is_asked_whether_it_trips_as_well, finish),
		cmocka_unit_test_teardown(a_value_that_another_core_lacks_is_as_in_a_new_chair,
					  finish),
		cmocka_unit_test_teardown(a_cut_has_the_trip_and_little_else, finish),
	};

	return cmocka_run_group_tests(tests, load, NULL);
}
