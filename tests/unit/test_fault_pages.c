/* SPDX-License-Identifier: MIT */
/* docs/faults.md against the table of faults. */
#include "../../console/fault_pages.h"

#include "fault.h"

#include <setjmp.h> /* cmocka needs these four first */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static void every_cause_has_a_complete_page_with_the_words_of_the_table(void **state)
{
	(void)state;
	for (unsigned int c = 0; c < CAUSE_COUNT; c++) {
		const struct cause_row *row = fault_row((enum cause)c);
		struct fault_page page;
		char effect[200];

		if (fault_page_find(row->code, &page) < 0) {
			fail_msg("docs/faults.md: %s is missing or not complete", row->code);
		}
		assert_string_equal(page.name, row->name);
		/* the backslash is Markdown's end of a line */
		(void)snprintf(effect, sizeof(effect), "%s%s. Ends when: %s.\\",
			       effect_name(row->effect), row->latched ? ", latched" : "",
			       row->clears);
		assert_string_equal(page.part[FAULT_PART_EFFECT], effect);
		assert_string_equal(page.part[FAULT_PART_SEEN], row->technician);
	}
}

static void there_is_one_page_for_each_cause_and_no_other(void **state)
{
	unsigned int pages = 0;
	const char *heading;

	(void)state;
	while ((heading = fault_page_heading(pages)) != NULL) {
		unsigned int rows = 0;

		for (unsigned int c = 0; c < CAUSE_COUNT; c++) {
			const struct cause_row *row = fault_row((enum cause)c);
			char expected[64];

			(void)snprintf(expected, sizeof(expected), "%s %s", row->code, row->name);
			rows += strcmp(heading, expected) == 0 ? 1U : 0U;
		}
		if (rows != 1) {
			fail_msg("docs/faults.md: \"%s\" is no row of the table", heading);
		}
		for (unsigned int other = 0; other < pages; other++) {
			assert_string_not_equal(heading, fault_page_heading(other));
		}
		pages++;
	}
	assert_int_equal(pages, CAUSE_COUNT);
}

static void a_code_that_is_none_has_no_page(void **state)
{
	struct fault_page page;

	(void)state;
	assert_int_equal(fault_page_find("F0420", &page), -ENOENT);
	assert_int_equal(fault_page_find("F01", &page), -ENOENT);
	assert_int_equal(fault_page_find("", &page), -ENOENT);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cause_has_a_complete_page_with_the_words_of_the_table),
		cmocka_unit_test(there_is_one_page_for_each_cause_and_no_other),
		cmocka_unit_test(a_code_that_is_none_has_no_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
