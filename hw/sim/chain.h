/* SPDX-License-Identifier: MIT */
/*
 * chain.h - the enable chain as wired: heartbeat -> charge pump -> e-stop -> thermostats -> relay.
 *
 * Pure. Times are microseconds of one clock that never runs back; a call with an earlier time than
 * the last one changes nothing that depends on time. Transitions take effect at their own time,
 * however late chain_advance() is called.
 */
#ifndef SIM_CHAIN_H
#define SIM_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#define CHAIN_EDGES_TO_CHARGE 3
#define CHAIN_PUMP_US	      100000 /* the relay falls this long after the last edge */
#define CHAIN_PULL_IN_US      20000
#define CHAIN_DROP_US	      10000 /* after e-stop or a thermostat has opened the coil circuit */

struct chain {
	uint64_t now_us;
	uint64_t edges;	       /* all heartbeat edges ever */
	uint64_t last_edge_us; /* valid when charge > 0 */
	uint64_t pull_at_us;   /* 0 = not pulling in */
	uint64_t drop_at_us;   /* 0 = not falling */
	uint32_t charge;       /* edges in a row, at most CHAIN_EDGES_TO_CHARGE */
	bool level;
	bool loop_closed; /* e-stop and thermostats */
	bool coil;	  /* energised */
	bool contact;	  /* the main contact has closed */
	bool welded;	  /* fault: a contact that is closed stays so */
	bool held;	  /* for a bench: bridged */
};

void chain_init(struct chain *chain, uint64_t now_us);

void chain_advance(struct chain *chain, uint64_t now_us);

void chain_set_heartbeat(struct chain *chain, uint64_t now_us, bool level);
void chain_set_loop(struct chain *chain, uint64_t now_us, bool closed);
void chain_set_welded(struct chain *chain, uint64_t now_us, bool welded);

static inline bool chain_relay_closed(const struct chain *chain)
{
	return chain->contact || chain->held;
}

#endif /* SIM_CHAIN_H */
