/* SPDX-License-Identifier: MIT */
#include "mailbox.h"

#include <assert.h>

#define MAILBOX_FRESH 0x80U
#define MAILBOX_INDEX 0x03U

void mailbox_init(struct mailbox *box, void *slots, size_t size)
{
	assert(box != NULL && slots != NULL && size > 0);

	box->slots = slots;
	box->size = size;
	box->writing = 0;
	box->reading = 1;
	atomic_init(&box->middle, 2);
}

void *mailbox_slot(struct mailbox *box)
{
	return box->slots + box->writing * box->size;
}

void mailbox_put(struct mailbox *box)
{
	/* release: the slot is filled before it is seen; acquire: the reader is done with ours */
	const uint8_t old = atomic_exchange_explicit(
		&box->middle, (uint8_t)(box->writing | MAILBOX_FRESH), memory_order_acq_rel);

	box->writing = old & MAILBOX_INDEX;
}

const void *mailbox_get(struct mailbox *box, bool *ret_fresh)
{
	const bool fresh =
		(atomic_load_explicit(&box->middle, memory_order_relaxed) & MAILBOX_FRESH) != 0;

	if (fresh) {
		const uint8_t old =
			atomic_exchange_explicit(&box->middle, box->reading, memory_order_acq_rel);

		box->reading = old & MAILBOX_INDEX;
	}
	if (ret_fresh != NULL) {
		*ret_fresh = fresh;
	}
	return box->slots + box->reading * box->size;
}
