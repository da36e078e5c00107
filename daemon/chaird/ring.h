/* SPDX-License-Identifier: MIT */
/*
 * ring.h - a queue of fixed size from one thread to one other. Wait-free; a full ring refuses.
 */
#ifndef CHAIRD_RING_H
#define CHAIRD_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ring {
	unsigned char *slots; /* count * size bytes, owned by the caller */
	size_t size;
	uint32_t count;	       /* a power of two */
	_Atomic uint32_t head; /* next to write */
	_Atomic uint32_t tail; /* next to read */
};

static inline void ring_init(struct ring *ring, void *slots, size_t size, uint32_t count)
{
	ring->slots = slots;
	ring->size = size;
	ring->count = count;
	atomic_init(&ring->head, 0);
	atomic_init(&ring->tail, 0);
}

/* Writer. False when full. */
static inline bool ring_put(struct ring *ring, const void *value)
{
	const uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);

	if (head - atomic_load_explicit(&ring->tail, memory_order_acquire) == ring->count) {
		return false;
	}
	memcpy(ring->slots + (head & (ring->count - 1)) * ring->size, value, ring->size);
	atomic_store_explicit(&ring->head, head + 1, memory_order_release);
	return true;
}

/* Reader. False when empty. */
static inline bool ring_get(struct ring *ring, void *value)
{
	const uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

	if (tail == atomic_load_explicit(&ring->head, memory_order_acquire)) {
		return false;
	}
	memcpy(value, ring->slots + (tail & (ring->count - 1)) * ring->size, ring->size);
	atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
	return true;
}

#endif /* CHAIRD_RING_H */
