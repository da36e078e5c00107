/* SPDX-License-Identifier: MIT */
/* Prints the journal's message catalogue: what `journalctl -x` says beside each fault. */
#include "log.h"

#include <stdio.h>

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
	}
	return fflush(stdout) == 0 && ferror(stdout) == 0 ? 0 : 1;
}
