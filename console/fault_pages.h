/* SPDX-License-Identifier: MIT */
/*
 * fault_pages.h - docs/faults.md, compiled in as it is, so that a technician has it without a
 * network, an installed file or a running daemon.
 */
#ifndef CONSOLE_FAULT_PAGES_H
#define CONSOLE_FAULT_PAGES_H

#include <stddef.h>

#define FAULT_PAGE_CHECKS 8

/* Paragraphs of a page, in their order. */
enum fault_part {
	FAULT_PART_EFFECT, /* these two repeat the table of faults, for readers of the file */
	FAULT_PART_SEEN,
	FAULT_PART_CHAIR,
	FAULT_PART_CAUSE,
	FAULT_PART_REMEDY,
	FAULT_PART_PARTS,
	FAULT_PART_COUNT
};

/* Texts are static. */
struct fault_page {
	const char *name; /* after the code */
	const char *part[FAULT_PART_COUNT];
	const char *check[FAULT_PAGE_CHECKS]; /* steps in order, NULL after the last */
};

/* Word before a paragraph, such as "Remedy"; static. */
const char *fault_part_title(enum fault_part part);

/* The page of @code ("F012"). 0, -ENOENT, or -EBADMSG when its section is not complete or has a
 * line that belongs to no paragraph. */
int fault_page_find(const char *code, struct fault_page *ret) __attribute__((warn_unused_result));

/* The @n-th section's code and name ("F012 drive_silent"), NULL past the last. */
const char *fault_page_heading(size_t n);

#endif /* CONSOLE_FAULT_PAGES_H */
