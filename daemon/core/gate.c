/* SPDX-License-Identifier: MIT */
#include "gate.h"

#include <assert.h>
#include <stddef.h>

static uint32_t coil(bool on, unsigned int coil_index)
{
	return on ? UINT32_C(1) << coil_index : 0;
}

static float within(float value, float limit)
{
	if (value > limit) {
		return limit;
	}
	return value < -limit ? -limit : value;
}

static bool is_gentle(const struct drive_input *drive)
{
	return drive->enabled && drive->limit == DRIVE_LIMIT_HOMING;
}

/* A speed that this axis may have now. A roller that is out travels only while it massages, scans,
 * or is jogged. */
static float allow(const struct permits *permits, enum session_state state,
		   const struct roller_ctl *roller, unsigned int axis, float speed,
		   const struct chair_config *config, const struct chair_inputs *in)
{
	const bool on_body = !roller_is_clear(roller, config);
	const bool scans = state == STATE_HOMING && roller->order == ROLLER_ORDER_SCAN;
	const bool massages =
		(state == STATE_MASSAGE || scans) && roller->stage == ROLLER_STAGE_HOLD;
	const bool jogs = state == STATE_SERVICE && roller->order == ROLLER_ORDER_JOG;
	const enum axis_kind kind = (enum axis_kind)(axis % AXIS_KIND_COUNT);
	const float limit = config->roller[axis / AXIS_KIND_COUNT].axis[kind].speed_max;
	const bool fresh = roller->stamp_us != 0 && roller->stamp_us <= in->now_us &&
			   in->now_us - roller->stamp_us <= LIMIT_DRIVE_AGE_US;

	if (state == STATE_SERVICE && permits->press &&
	    !is_gentle(&in->drive[config->roller[axis / AXIS_KIND_COUNT].axis[kind].drive])) {
		return 0.0f;
	}
	if (kind != AXIS_DEPTH) {
		return permits->press && fresh && (massages || jogs || !on_body)
			       ? within(speed, limit)
			       : 0.0f;
	}
	if (!permits->press && on_body && speed >= 0.0f) {
		speed = -config->force.retract_mm_s; /* demanded or not: leave the body */
	}
	if (speed > 0.0f && (!permits->press || !fresh || roller->force_n > LIMIT_FORCE_HIGH_N)) {
		speed = 0.0f;
	}
	return within(speed, limit);
}

/* The enabling line alone heats nothing, unless a relay is welded: that is its proof. */
static uint32_t heat_coils(const struct permits *permits, const struct demand *demand,
			   const struct heat_ctl pads[PAD_COUNT])
{
	uint32_t coils = 0;

	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		coils |= coil(permits->heat && demand->pad_on[p] && pads[p].valid &&
				      pads[p].temp_c < LIMIT_SETPOINT_C,
			      COIL_SSR_LOWER_BACK + p);
	}
	return coils | coil(coils != 0 || (permits->press && demand->prove_pads), COIL_HEAT_ENABLE);
}

/* What the bus must know first: the relay has closed, or motion has been taken away. Urgent writes
 * keep the bus from reading, so a retraction's own end is not urgent, nor are stops that come one
 * after the other while nothing moves. */
static void mark(struct gate *gate, enum gate_activity activity, bool power,
		 const struct chair_inputs *in)
{
	const bool closed = !switch_is_on(in->switches, SWITCH_RELAY_FEEDBACK);

	if (activity < gate->activity && (gate->activity == GATE_WORKING || !power)) {
		gate->urgent++;
	}
	if (closed && !gate->relay_was_closed) {
		gate->power_epoch++;
	}
	gate->activity = activity;
	gate->relay_was_closed = closed;
}

/* Rollers that are not known to be off the body are not held where they are in a pause: without
 * drive their springs take them off. */
static bool may_hold(const struct roller_ctl rollers[ROLLER_COUNT])
{
	bool known = true;

	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		known = known && rollers[r].depth_homed;
	}
	return known;
}

static enum gate_activity activity_of(const struct permits *permits, enum session_state state,
				      const struct roller_ctl rollers[ROLLER_COUNT])
{
	if (!permits->power || !session_is_moving(state) ||
	    (state == STATE_PAUSED && !may_hold(rollers))) {
		return GATE_OFF;
	}
	return permits->press && state != STATE_RETRACTING ? GATE_WORKING : GATE_LEAVING;
}

/* In service one axis moves, slowly. */
static void serve(float speed[AXIS_COUNT])
{
	bool taken = false;

	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		const bool knead = a % AXIS_KIND_COUNT == AXIS_KNEAD;

		speed[a] = taken ? 0.0f
				 : within(speed[a], knead ? LIMIT_SERVICE_RPM : LIMIT_SERVICE_MM_S);
		taken = taken || speed[a] > 0.0f || speed[a] < 0.0f;
	}
}

void gate_step(struct gate *gate, const struct permits *permits, bool healthy,
	       enum session_state state, const struct demand *demand,
	       const struct roller_ctl rollers[ROLLER_COUNT], const struct heat_ctl pads[PAD_COUNT],
	       const struct chair_config *config, const struct chair_inputs *in,
	       struct chair_outputs *ret_outputs)
{
	const enum gate_activity activity = activity_of(permits, state, rollers);
	const bool moving = activity != GATE_OFF;

	assert(gate != NULL);
	assert(ret_outputs != NULL);

	*ret_outputs = (struct chair_outputs){ 0 };
	mark(gate, activity, permits->power, in);
	ret_outputs->urgent = gate->urgent;
	ret_outputs->power_epoch = gate->power_epoch;
	if (permits->power && healthy) {
		gate->heartbeat = !gate->heartbeat;
	}
	if (permits->power) {
		ret_outputs->coils = heat_coils(permits, demand, pads);
	}
	ret_outputs->coils |= coil(gate->heartbeat, COIL_HEARTBEAT) |
			      coil(demand->beeper, COIL_BEEPER) | coil(demand->lamp, COIL_LAMP);
	if (state == STATE_MASSAGE) {
		gate->limit = DRIVE_LIMIT_WORK;
	} else if (state == STATE_HOMING || state == STATE_SERVICE ||
		   gate->limit == DRIVE_LIMIT_UNKNOWN) {
		gate->limit = DRIVE_LIMIT_HOMING;
	}
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		ret_outputs->drive[d].enable = moving;
		ret_outputs->drive[d].limit = gate->limit;
	}
	if (!moving) {
		return;
	}
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		const struct roller_ctl *roller = &rollers[a / AXIS_KIND_COUNT];

		ret_outputs->speed[a] =
			allow(permits, state, roller, a, demand->speed[a], config, in);
	}
	if (state == STATE_SERVICE && permits->press) {
		serve(ret_outputs->speed);
	}
}
