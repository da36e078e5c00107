/* SPDX-License-Identifier: MIT */
#include "chain.h"

#include <assert.h>
#include <stddef.h>

void chain_init(struct chain *chain, uint64_t now_us)
{
	assert(chain != NULL);

	*chain = (struct chain){ .now_us = now_us, .loop_closed = true };
}

static void drop_coil(struct chain *chain, uint64_t contact_opens_us)
{
	chain->coil = false;
	chain->pull_at_us = 0;
	chain->drop_at_us = chain->contact ? contact_opens_us : 0;
}

static bool pump_is_charged(const struct chain *chain)
{
	return chain->charge >= CHAIN_EDGES_TO_CHARGE &&
	       chain->now_us - chain->last_edge_us < CHAIN_PUMP_US;
}

static void energise_if_possible(struct chain *chain)
{
	if (chain->coil || !chain->loop_closed || !pump_is_charged(chain)) {
		return;
	}
	chain->coil = true;
	chain->drop_at_us = 0;
	if (!chain->contact) {
		chain->pull_at_us = chain->now_us + CHAIN_PULL_IN_US;
	}
}

void chain_advance(struct chain *chain, uint64_t now_us)
{
	assert(chain != NULL);

	if (now_us < chain->now_us) {
		return;
	}
	chain->now_us = now_us;
	if (chain->pull_at_us != 0 && now_us >= chain->pull_at_us) {
		chain->pull_at_us = 0;
		chain->contact = true;
	}
	if (chain->coil && !pump_is_charged(chain)) {
		drop_coil(chain, chain->last_edge_us + CHAIN_PUMP_US);
	}
	if (chain->drop_at_us != 0 && now_us >= chain->drop_at_us) {
		chain->drop_at_us = 0;
		chain->contact = chain->welded;
	}
}

void chain_set_heartbeat(struct chain *chain, uint64_t now_us, bool level)
{
	chain_advance(chain, now_us);
	if (level == chain->level) {
		return;
	}
	chain->level = level;
	chain->edges++;
	if (chain->charge > 0 && chain->now_us - chain->last_edge_us >= CHAIN_PUMP_US) {
		chain->charge = 0; /* the pump has run empty */
	}
	if (chain->charge < CHAIN_EDGES_TO_CHARGE) {
		chain->charge++;
	}
	chain->last_edge_us = chain->now_us;
	energise_if_possible(chain);
}

void chain_set_loop(struct chain *chain, uint64_t now_us, bool closed)
{
	chain_advance(chain, now_us);
	chain->loop_closed = closed;
	if (closed) {
		energise_if_possible(chain);
	} else if (chain->coil) {
		drop_coil(chain, chain->now_us + CHAIN_DROP_US);
	}
}

void chain_set_welded(struct chain *chain, uint64_t now_us, bool welded)
{
	chain_advance(chain, now_us);
	chain->welded = welded;
	if (!welded && !chain->coil && chain->drop_at_us == 0) {
		chain->contact = false;
	}
}
