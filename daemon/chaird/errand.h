/* SPDX-License-Identifier: MIT */
/*
 * errand.h - one request of a technician's on a bus, beside the exchange, and who waits for its
 * answer. Main thread only.
 */
#ifndef CHAIRD_ERRAND_H
#define CHAIRD_ERRAND_H

#include "control.h"

#include <jansson.h>

/* All-zero: none has ever been sent. */
struct errand {
	bool waiting;
	uint32_t number; /* of the last one */
	unsigned int port;
	uint64_t client;
	json_t *request_id; /* owned while waiting */
	uint64_t deadline_us;
	uint16_t count; /* registers that were asked for; 0: a write */
};

/* What came of it, as a result of bus.read; a new reference, or NULL when memory ran out. */
json_t *errand_result(const struct errand *errand, const struct bus_answer *answer);

#endif /* CHAIRD_ERRAND_H */
