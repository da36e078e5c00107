/* SPDX-License-Identifier: MIT */
/* One writer, one reader, never a torn value. Also meant for ThreadSanitizer. */
#include "mailbox.h"

#include <setjmp.h> /* cmocka needs these four first */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#define ROUNDS 200000U

struct value {
	uint32_t number;
	uint32_t copies[31]; /* all equal to number, or the value is torn */
};

static struct value slots[3];
static struct mailbox box;

static int set_up(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		slots[i] = (struct value){ 0 };
	}
	mailbox_init(&box, slots, sizeof(slots[0]));
	return 0;
}

static void put(uint32_t number)
{
	struct value *value = mailbox_slot(&box);

	value->number = number;
	for (int i = 0; i < 31; i++) {
		value->copies[i] = number;
	}
	mailbox_put(&box);
}

static uint32_t get(bool *ret_fresh)
{
	const struct value *value = mailbox_get(&box, ret_fresh);

	for (int i = 0; i < 31; i++) {
		assert_int_equal(value->copies[i], value->number);
	}
	return value->number;
}

static void an_empty_box_reads_zero_and_is_not_fresh(void **state)
{
	bool fresh = true;

	(void)state;
	assert_int_equal(get(&fresh), 0);
	assert_false(fresh);
}

static void the_newest_value_wins_and_is_fresh_once(void **state)
{
	bool fresh;

	(void)state;
	put(1);
	put(2);
	put(3);
	assert_int_equal(get(&fresh), 3);
	assert_true(fresh);
	assert_int_equal(get(&fresh), 3);
	assert_false(fresh);
	assert_int_equal(get(NULL), 3);
	put(4);
	assert_int_equal(get(&fresh), 4);
	assert_true(fresh);
}

static void a_value_being_read_is_not_overwritten(void **state)
{
	const struct value *held;

	(void)state;
	put(1);
	held = mailbox_get(&box, NULL);
	for (uint32_t i = 2; i < 50; i++) {
		put(i);
		assert_int_equal(held->number, 1);
		assert_int_equal(held->copies[30], 1);
	}
	assert_int_equal(get(NULL), 49);
}

static void *write_all(void *arg)
{
	(void)arg;
	for (uint32_t i = 1; i <= ROUNDS; i++) {
		put(i);
	}
	return NULL;
}

static void two_threads_never_see_a_torn_or_older_value(void **state)
{
	pthread_t writer;
	uint32_t last = 0;

	(void)state;
	assert_int_equal(pthread_create(&writer, NULL, write_all, NULL), 0);
	while (last != ROUNDS) {
		const uint32_t number = get(NULL);

		assert_true(number >= last);
		last = number;
	}
	assert_int_equal(pthread_join(writer, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_empty_box_reads_zero_and_is_not_fresh, set_up),
		cmocka_unit_test_setup(the_newest_value_wins_and_is_fresh_once, set_up),
		cmocka_unit_test_setup(a_value_being_read_is_not_overwritten, set_up),
		cmocka_unit_test_setup(two_threads_never_see_a_torn_or_older_value, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
