/* SPDX-License-Identifier: MIT */
/* What systemd and the journal are told. */
#include "log.h"

#include <setjmp.h> /* cmocka needs these four first */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void every_cause_has_a_message_id_of_its_own(void **state)
{
	char id[CAUSE_COUNT][LOG_MESSAGE_ID_BYTES];

	(void)state;
	for (unsigned int c = 0; c < CAUSE_COUNT; c++) {
		log_cause_id((enum cause)c, id[c]);
		assert_int_equal(strspn(id[c], "0123456789abcdef"), 32);
		assert_int_equal(strlen(id[c]), 32);
		for (unsigned int other = 0; other < c; other++) {
			assert_string_not_equal(id[c], id[other]);
		}
	}
	assert_string_equal(id[CAUSE_ESTOP_OPEN] + 28, "f001");
}

static void the_status_says_state_and_fault_and_nothing_of_the_person(void **state)
{
	static struct control_snapshot s = { .session.state = STATE_READY };
	char text[200];

	(void)state;
	log_status(&s, text, sizeof(text));
	assert_string_equal(text, "ready");

	s.session.state = STATE_MASSAGE;
	s.session.running = true;
	s.session.now.duration_us = 15 * 60 * S_US;
	s.session.now.elapsed_us = 61 * S_US;
	log_status(&s, text, sizeof(text));
	assert_string_equal(text, "massage, 14 min left");

	s.session.running = false;
	s.session.state = STATE_FAULT;
	s.interlock.latched = CAUSE_BIT(CAUSE_COVER_OPEN) | CAUSE_BIT(CAUSE_LEG_GUARD);
	s.interlock.first_out = CAUSE_LEG_GUARD;
	log_status(&s, text, sizeof(text));
	assert_non_null(strstr(text, "fault: F009 leg_guard: "));

	s.interlock.latched = 0;
	s.interlock.active = CAUSE_BIT(CAUSE_DEVICE_MISSING);
	s.session.state = STATE_INHIBITED;
	log_status(&s, text, sizeof(text));
	assert_non_null(strstr(text, "inhibited: F030 device_missing: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cause_has_a_message_id_of_its_own),
		cmocka_unit_test(the_status_says_state_and_fault_and_nothing_of_the_person),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
