/* SPDX-License-Identifier: MIT */
#include "fault_pages.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define HEADING "## F"

/* A string for each line of docs/faults.md. */
static const char *const lines[] = {
#include "fault_pages.inc"
};

#define LINE_COUNT (sizeof(lines) / sizeof(lines[0]))

static const struct {
	const char *title;
	const char *lead; /* of its line */
} parts[FAULT_PART_COUNT] = {
	[FAULT_PART_EFFECT] = { "Effect", "Effect: " },
	[FAULT_PART_SEEN] = { "Seen", "Seen: " },
	[FAULT_PART_CHAIR] = { "The chair", "**The chair:** " },
	[FAULT_PART_CAUSE] = { "Cause", "**Cause:** " },
	[FAULT_PART_REMEDY] = { "Remedy", "**Remedy:** " },
	[FAULT_PART_PARTS] = { "Parts", "**Parts:** " },
};

static bool begins(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

const char *fault_part_title(enum fault_part part)
{
	return (unsigned int)part < FAULT_PART_COUNT ? parts[part].title : "invalid";
}

const char *fault_page_heading(size_t n)
{
	for (size_t i = 0; i < LINE_COUNT; i++) {
		if (begins(lines[i], HEADING) && n-- == 0) {
			return lines[i] + strlen("## ");
		}
	}
	return NULL;
}

/* "3. Look here": the next step. */
static bool take_check(const char *line, struct fault_page *page)
{
	size_t n = 0;

	while (n < FAULT_PAGE_CHECKS && page->check[n] != NULL) {
		n++;
	}
	if (n == FAULT_PAGE_CHECKS || line[0] != (char)('1' + (int)n) || !begins(line + 1, ". ")) {
		return false;
	}
	page->check[n] = line + strlen("1. ");
	return true;
}

static bool take_line(const char *line, struct fault_page *page)
{
	for (unsigned int p = 0; p < FAULT_PART_COUNT; p++) {
		if (begins(line, parts[p].lead) && page->part[p] == NULL) {
			page->part[p] = line + strlen(parts[p].lead);
			return page->part[p][0] != '\0';
		}
	}
	return line[0] == '\0' || strcmp(line, "**Check:**") == 0 || take_check(line, page);
}

/* Index of the line with @code's heading, or LINE_COUNT. */
static size_t find_heading(const char *code)
{
	for (size_t i = 0; i < LINE_COUNT; i++) {
		if (begins(lines[i], HEADING) && begins(lines[i] + strlen("## "), code) &&
		    lines[i][strlen("## ") + strlen(code)] == ' ') {
			return i;
		}
	}
	return LINE_COUNT;
}

int fault_page_find(const char *code, struct fault_page *ret)
{
	struct fault_page page = { 0 };
	size_t i = find_heading(code);

	if (i == LINE_COUNT) {
		return -ENOENT;
	}
	page.name = lines[i] + strlen("## ") + strlen(code) + 1;
	for (i++; i < LINE_COUNT && !begins(lines[i], "## "); i++) {
		if (!take_line(lines[i], &page)) {
			return -EBADMSG;
		}
	}
	for (unsigned int p = 0; p < FAULT_PART_COUNT; p++) {
		if (page.part[p] == NULL) {
			return -EBADMSG;
		}
	}
	if (page.check[0] == NULL) {
		return -EBADMSG;
	}
	*ret = page;
	return 0;
}
