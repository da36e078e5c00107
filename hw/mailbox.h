/* SPDX-License-Identifier: MIT */
/*
 * mailbox.h - the newest value of something, from one writer thread to one reader thread.
 *
 * Three slots: the writer fills one and swaps it in, the reader swaps the newest out. Wait-free on
 * both sides, no value is ever torn, older values are overwritten.
 */
#ifndef HW_MAILBOX_H
#define HW_MAILBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mailbox {
	unsigned char *slots; /* 3 * size bytes, owned by the caller */
	size_t size;
	_Atomic uint8_t middle; /* slot index, plus MAILBOX_FRESH when the reader has not seen it */
	uint8_t writing;	/* writer's slot */
	uint8_t reading;	/* reader's slot */
};

/* @slots: 3 * @size zeroed bytes, aligned for the value; must outlive the mailbox. */
void mailbox_init(struct mailbox *box, void *slots, size_t size);

/* Writer: the slot to fill; then mailbox_put() makes it the newest. */
void *mailbox_slot(struct mailbox *box);
void mailbox_put(struct mailbox *box);

/* Reader: the newest value, valid until the next call. @ret_fresh (may be NULL): whether it is new
 * since the last call. Before the first put: all zero. */
const void *mailbox_get(struct mailbox *box, bool *ret_fresh);

#endif /* HW_MAILBOX_H */
