/* SPDX-License-Identifier: MIT */
/* One thread records while another one reads: what is read is whole, and in order. */
#include "recording.h"
#include "setup.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEGMENTS 3
#define READS	 25

static struct recorder *recorder;
static struct chair_config config;
static struct chair chair;
static atomic_bool quit;
static _Atomic uint64_t written;

/* Values that tell in which cycle they were written; many of them change, so that segments fill. */
static void fill(uint64_t n, struct chair_inputs *in, struct chair_outputs *out)
{
	in->now_us = n;
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		in->axis[a].pos = (float)(n % 100003U) + (float)a;
		out->speed[a] = in->axis[a].pos * 0.5f;
	}
	out->urgent = (uint32_t)n;
}

static void *record(void *arg)
{
	static struct chair_inputs in;
	static struct chair_outputs out;

	(void)arg;
	for (uint64_t n = 1; !atomic_load_explicit(&quit, memory_order_relaxed); n++) {
		fill(n, &in, &out);
		recorder_cycle(recorder, &chair, &in, &out);
		atomic_store_explicit(&written, n, memory_order_relaxed);
	}
	return NULL;
}

/* Every cycle of a file holds what belongs into it, and they rise. Returns the last one. */
static uint64_t look_through(const uint8_t *bytes, size_t length)
{
	static struct record_cycle cycle;
	static struct record_cycle expected;
	static uint8_t state[LAYOUT_STATE_SIZE];
	static uint8_t image[LAYOUT_CYCLE_SIZE];
	struct recording *recording = NULL;
	struct layout layout;
	struct record_key key;
	char why[LAYOUT_NAME_MAX];
	uint64_t last = 0;

	assert_int_equal(layout_init(&layout, LAYOUT_CYCLE), 0);
	assert_int_equal(recording_open(bytes, length, &recording, why), 0);
	while (recording_next_segment(recording, &key, state)) {
		while (recording_next_cycle(recording, image)) {
			layout_unpack(&layout, image, &cycle);
			assert_true(cycle.in.now_us > last);
			last = cycle.in.now_us;
			fill(last, &expected.in, &expected.out);
			assert_memory_equal(cycle.in.axis, expected.in.axis, sizeof(cycle.in.axis));
			assert_memory_equal(cycle.out.speed, expected.out.speed,
					    sizeof(cycle.out.speed));
			assert_int_equal(cycle.out.urgent, expected.out.urgent);
		}
	}
	assert_int_equal(recording_damaged(recording), 0);
	assert_false(recording_is_torn(recording));
	recording_close(recording);
	layout_free(&layout);
	return last;
}

static void what_is_read_while_it_is_written_is_whole(void **state)
{
	const struct recording_info info = { .reason = "test" };
	pthread_t thread;
	uint64_t last = 0;

	(void)state;
	assert_int_equal(recorder_new(SEGMENTS, &recorder), 0);
	recorder_begin(recorder, &chair);
	assert_int_equal(pthread_create(&thread, NULL, record, NULL), 0);
	for (unsigned int i = 0; i < READS; i++) {
		const uint64_t before = atomic_load_explicit(&written, memory_order_relaxed);
		char *text = NULL;
		size_t length = 0;
		FILE *to = open_memstream(&text, &length);

		assert_non_null(to);
		assert_int_equal(recording_write(to, &info, &config, recorder), 0);
		assert_int_equal(fclose(to), 0);
		last = look_through((const uint8_t *)text, length);
		assert_true(last > 0 || before == 0);
		free(text);
	}
	atomic_store_explicit(&quit, true, memory_order_relaxed);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(last > 3000); /* more than it holds: segments were written over meanwhile */
	recorder_free(recorder);
}

static int load(void **state)
{
	static struct setup setup; /* large */
	struct schema_problems problems = { 0 };
	const int r = setup_load("config/chair.yaml", "hw/profiles", &setup, &problems);

	(void)state;
	schema_problems_free(&problems);
	config = setup.core;
	return r < 0 ? r : chair_init(&chair, &config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read_while_it_is_written_is_whole),
	};

	return cmocka_run_group_tests(tests, load, NULL);
}
