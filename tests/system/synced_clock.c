/* SPDX-License-Identifier: MIT */
/* LD_PRELOAD shim: the kernel says what $SYNCED_CLOCK says of its clock, 1 = synchronised. */
#include <stdlib.h>
#include <sys/timex.h>

int adjtimex(struct timex *timex)
{
	const char *synced = getenv("SYNCED_CLOCK");

	timex->status = synced != NULL && synced[0] == '1' ? STA_PLL : STA_UNSYNC;
	return synced != NULL && synced[0] == '1' ? TIME_OK : TIME_ERROR;
}
