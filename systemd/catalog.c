/* SPDX-License-Identifier: MIT */
/* Prints the journal's message catalogue: what `journalctl -x` says beside each fault. */
#include "../console/fault_pages.h"
#include "log.h"

#include <stdio.h>

/* What docs/faults.md says of it. False: there is no such page. */
static bool print_page(const char *code)
{
	struct fault_page page;

	if (fault_page_find(code, &page) < 0) {
		return false;
	}
	for (unsigned int p = FAULT_PART_CHAIR; p < FAULT_PART_COUNT; p++) {
		if (p == FAULT_PART_REMEDY) {
			(void)printf("Check:\n");
			for (unsigned int i = 0; i < FAULT_PAGE_CHECKS && page.check[i] != NULL;
			     i++) {
				(void)printf("%u. %s\n", i + 1, page.check[i]);
			}
			(void)printf("\n");
		}
		(void)printf("%s: %s\n\n", fault_part_title((enum fault_part)p), page.part[p]);
	}
	return true;
}

int main(void)
{
	for (unsigned int c = 0; c < CAUSE_COUNT; c++) {
		const struct cause_row *row = fault_row((enum cause)c);
		char id[LOG_MESSAGE_ID_BYTES];

		log_cause_id((enum cause)c, id);
		(void)printf("-- %s\n"
			     "Subject: %s %s\n"
			     "Defined-By: chaird\n"
			     "Documentation: man:chaird(8)\n\n"
			     "For the person: %s\n\n"
			     "For the technician: %s\n\n"
			     "Effect: %s%s. It ends when: %s.\n\n",
			     id, row->code, row->name, row->text, row->technician,
			     effect_name(row->effect), row->latched ? ", latched" : "",
			     row->clears);
		if (!print_page(row->code)) {
			(void)fprintf(stderr, "docs/faults.md: %s is missing or not complete\n",
				      row->code);
			return 1;
		}
	}
	return fflush(stdout) == 0 && ferror(stdout) == 0 ? 0 : 1;
}
