/* SPDX-License-Identifier: MIT */
/*
 * gate.h - permits x demand -> outputs. Nothing reaches an output by any other way.
 *
 * Whatever is demanded: without power nothing is on; without press the depth axes leave the body
 * and nothing travels; speeds, set points and forces stay under the compiled limits.
 */
#ifndef CORE_GATE_H
#define CORE_GATE_H

#include "heat.h"
#include "interlock.h"
#include "roller.h"
#include "session.h"

/* What everything above the gate would like. All-zero: nothing. */
struct demand {
	float speed[AXIS_COUNT];
	bool pad_on[PAD_COUNT];
	bool prove_pads; /* heat enabled with every pad off */
	bool beeper;
	bool lamp;
};

enum gate_activity {
	GATE_OFF,     /* drives disabled */
	GATE_LEAVING, /* rollers leave the body, no more */
	GATE_WORKING,
};

struct gate {
	bool heartbeat;		     /* level of the line */
	enum gate_activity activity; /* of the last cycle */
	enum drive_limit limit;	     /* kept through a retraction: no time for new limits then */
	uint32_t urgent;
	uint32_t power_epoch;
	bool relay_was_closed;
};

/* Write *ret_outputs whole. @healthy: this cycle deserves a heartbeat edge. */
void gate_step(struct gate *gate, const struct permits *permits, bool healthy,
	       enum session_state state, const struct demand *demand,
	       const struct roller_ctl rollers[ROLLER_COUNT], const struct heat_ctl pads[PAD_COUNT],
	       const struct chair_config *config, const struct chair_inputs *in,
	       struct chair_outputs *ret_outputs);

#endif /* CORE_GATE_H */
