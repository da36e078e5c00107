/* SPDX-License-Identifier: MIT */
#include "interlock.h"

#include <assert.h>
#include <stddef.h>

static uint64_t when(bool condition, enum cause cause)
{
	return condition ? CAUSE_BIT(cause) : 0;
}

/* The enable relay against what the heartbeat asks of it. */
static uint64_t relay_causes(struct interlock *il, const struct chair_inputs *in, bool moving)
{
	const bool was_closed = il->relay_closed_us != 0;
	const uint64_t now_us = in->now_us;
	const bool open = switch_is_on(in->switches, SWITCH_RELAY_FEEDBACK);
	const bool loop = switch_is_on(in->switches, SWITCH_ESTOP_CLOSED) &&
			  switch_is_on(in->switches, SWITCH_THERMOSTATS_CLOSED);
	bool wrong;

	if (open) {
		il->relay_seen_open = true;
		il->relay_closed_us = 0;
		il->drives_seen = 0;
	} else if (il->relay_closed_us == 0) {
		il->relay_closed_us = now_us;
	}
	if (il->last_edge_us == 0) {
		il->last_edge_us = now_us; /* a process before this one may just have ended */
	}
	if (il->beat_since_us != 0) {
		wrong = open && loop && /* e-stop and thermostats open it by wire */
			now_us - il->beat_since_us > LIMIT_RELAY_FEEDBACK_US;
	} else {
		wrong = !open &&
			now_us - il->last_edge_us > LIMIT_RELAY_HOLD_US + LIMIT_RELAY_FEEDBACK_US;
	}
	/* Power that goes meanwhile and comes back must not set anything going. */
	wrong = wrong || (moving && was_closed && open && loop);
	return when(wrong, CAUSE_RELAY_FEEDBACK) |
	       when(!interlock_powered(il, now_us), CAUSE_RELAY_OPEN);
}

/* Buttons that are held for longer than anybody means to. */
static uint64_t button_causes(struct interlock *il, const struct chair_inputs *in)
{
	uint64_t causes = 0;

	for (unsigned int b = 0; b < BUTTON_COUNT; b++) {
		uint64_t *pressed_us = &il->pressed_us[b];

		if (!switch_is_on(in->switches, (enum chair_switch)(SWITCH_BUTTON_STOP + b))) {
			*pressed_us = 0;
			continue;
		}
		if (*pressed_us == 0) {
			*pressed_us = in->now_us;
		}
		causes |= when(in->now_us - *pressed_us >= LIMIT_BUTTON_STUCK_US,
			       b == 0 ? CAUSE_STOP_STUCK : CAUSE_BUTTON_STUCK);
	}
	return causes;
}

static uint64_t switch_causes(struct interlock *il, const struct chair_inputs *in,
			      const struct interlock_context *context)
{
	const uint32_t sw = in->switches;
	const bool seated = switch_is_on(sw, SWITCH_SEAT_OCCUPIED);
	const bool key = switch_is_on(sw, SWITCH_SERVICE_KEY);

	if (!in->outputs_written || in->switches_stamp_us == 0 ||
	    in->switches_stamp_us > in->now_us ||
	    in->now_us - in->switches_stamp_us > LIMIT_SWITCHES_AGE_US) {
		return CAUSE_BIT(CAUSE_GPIO_FAILED); /* what the bits say means nothing now */
	}
	return when(!switch_is_on(sw, SWITCH_ESTOP_CLOSED), CAUSE_ESTOP_OPEN) |
	       when(!switch_is_on(sw, SWITCH_THERMOSTATS_CLOSED), CAUSE_THERMOSTAT_OPEN) |
	       when(!switch_is_on(sw, SWITCH_BACK_COVER_CLOSED), CAUSE_COVER_OPEN) |
	       when(!switch_is_on(sw, SWITCH_LEG_GUARD_CLEAR), CAUSE_LEG_GUARD) |
	       when(!seated && !context->preheating && !context->in_service, CAUSE_SEAT_EMPTY) |
	       when(seated && context->in_service, CAUSE_SEAT_TAKEN) |
	       when(key && context->key_stops, CAUSE_SERVICE_KEY) |
	       when(key && !context->in_service, CAUSE_KEY_IN_SERVICE) |
	       when(in->stop || switch_is_on(sw, SWITCH_BUTTON_STOP), CAUSE_STOP) |
	       button_causes(il, in) | relay_causes(il, in, context->moving);
}

/* Three late cycles within the window. */
static bool overrun(struct interlock *il, uint64_t now_us)
{
	const uint64_t last_us = il->last_cycle_us;
	uint64_t *ring = il->overrun_us;

	il->last_cycle_us = now_us;
	il->late = last_us != 0 && now_us - last_us > LIMIT_OVERRUN_US;
	if (il->late) {
		il->overruns++;
		ring[0] = ring[1];
		ring[1] = ring[2];
		ring[2] = now_us;
	}
	return ring[0] != 0 && now_us - ring[0] <= LIMIT_OVERRUN_WINDOW_US;
}
_Static_assert(LIMIT_OVERRUN_COUNT == 3, "overrun() keeps three");

static void drive_causes(struct interlock *il, const struct chair_inputs *in, struct found *found)
{
	const bool powered = interlock_powered(il, in->now_us);

	for (unsigned int i = 0; i < DRIVE_COUNT; i++) {
		const struct drive_input *drive = &in->drive[i];
		const uint32_t bit = UINT32_C(1) << i;
		/* What was read before the relay closed tells of a drive that has restarted since.
		 */
		const bool fresh = il->relay_closed_us != 0 &&
				   drive->stamp_us > il->relay_closed_us &&
				   drive->stamp_us <= in->now_us &&
				   in->now_us - drive->stamp_us <= LIMIT_DRIVE_AGE_US;

		if (fresh && drive->configured) {
			il->drives_seen |= bit;
			il->drive_good_us[i] = in->now_us;
		}
		if ((il->drives_seen & bit) == 0) {
			il->missing_devices |= bit;
		} else {
			const bool lost = in->now_us - il->drive_good_us[i] > LIMIT_DRIVE_AGE_US;

			found_add(found, (!fresh || lost) && powered, CAUSE_DRIVE_SILENT, i);
			found_add(found, drive->fault != 0, CAUSE_DRIVE_FAULT, i);
		}
		found_add(found, drive->refused && fresh, CAUSE_DRIVE_REFUSED, i);
	}
}

static bool in_range(const struct sensor_input *sensor)
{
	return sensor->quality == QUALITY_GOOD && sensor->temp_c >= LIMIT_SENSOR_MIN_C &&
	       sensor->temp_c <= LIMIT_SENSOR_MAX_C;
}

static void pad_causes(unsigned int p, const struct sensor_input pad[PAD_CHANNELS], bool complete,
		       struct found *found)
{
	const float split_c = pad[0].temp_c - pad[1].temp_c;
	const bool split = split_c > LIMIT_SENSOR_SPLIT_C || split_c < -LIMIT_SENSOR_SPLIT_C;
	bool hot = false;
	bool plausible = true;

	for (unsigned int c = 0; c < PAD_CHANNELS; c++) {
		const bool good = in_range(&pad[c]);

		hot = hot || (good && pad[c].temp_c > LIMIT_PAD_TRIP_C);
		plausible = plausible && good;
	}
	found_add(found, hot, CAUSE_PAD_HOT, p);
	/* a module that never answered is missing: said already */
	found_add(found, complete && !plausible, CAUSE_SENSOR_IMPLAUSIBLE, p);
	found_add(found, complete && plausible && split, CAUSE_SENSORS_DISAGREE, p);
}

/* A module delivers all of its channels at once, so the first pad's stamp speaks for the module. */
static void sensor_causes(struct interlock *il, const struct chair_inputs *in, struct found *found)
{
	for (unsigned int c = 0; c < PAD_CHANNELS; c++) {
		const uint64_t stamp_us = in->sensor[0][c].stamp_us;
		const bool fresh = stamp_us != 0 && stamp_us <= in->now_us &&
				   in->now_us - stamp_us <= LIMIT_SENSOR_AGE_US;

		if (fresh) {
			il->sensors_seen |= UINT32_C(1) << c;
		} else if ((il->sensors_seen >> c & 1U) == 0) {
			il->missing_devices |= UINT32_C(1) << (DRIVE_COUNT + c);
		} else {
			found_add(found, true, CAUSE_SENSOR_SILENT, c);
		}
	}
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		pad_causes(p, in->sensor[p], il->sensors_seen == (UINT32_C(1) << PAD_CHANNELS) - 1,
			   found);
	}
}

/* One sample over the trip or two in a row over the high limit, judged once a sample. The second
 * such event in a sitting latches. */
static void force_causes(struct interlock *il, const struct chair_inputs *in,
			 struct interlock_context *context)
{
	bool high;
	bool quiet = true;

	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		const float force_n = context->force_n[r];

		if (context->force_stamp_us[r] != il->force_stamp_us[r]) {
			il->force_stamp_us[r] = context->force_stamp_us[r];
			if (force_n <= LIMIT_FORCE_HIGH_N) {
				il->force_count[r] = 0;
			} else if (il->force_count[r] < 2) {
				il->force_count[r]++;
			}
		}
		found_add(&context->found, force_n > LIMIT_FORCE_TRIP_N || il->force_count[r] >= 2,
			  CAUSE_FORCE_HIGH, AXIS(r, AXIS_DEPTH));
		quiet = quiet && il->force_count[r] == 0;
	}
	high = (context->found.causes & CAUSE_BIT(CAUSE_FORCE_HIGH)) != 0;
	if (!context->in_session && !switch_is_on(in->switches, SWITCH_SEAT_OCCUPIED)) {
		il->force_trips =
			0; /* the person has left; a trip ends the session, not the count */
	}
	if (high && !il->force_over) {
		il->force_trips++;
	}
	il->force_over = high || (il->force_over && !quiet);
	context->found.causes |= when(high && il->force_trips >= 2, CAUSE_FORCE_REPEATED);
}

/* The panel that answers for the session is not heard any more. */
static uint64_t panel_causes(const struct chair_inputs *in, const struct interlock_context *context)
{
	return when(context->in_session && in->panel_heard_us != 0 &&
			    (in->panel_heard_us > in->now_us ||
			     in->now_us - in->panel_heard_us > LIMIT_PANEL_SILENT_US),
		    CAUSE_PANEL_SILENT);
}

/* Hold and release times, latches, first-out, and the set of effects that follow. */
static void settle(struct interlock *il, const struct found *found, uint64_t now_us)
{
	const uint64_t present = found->causes;
	uint32_t effects = 0;

	for (unsigned int c = 0; c < CAUSE_COUNT; c++) {
		const struct cause_row *row = fault_row((enum cause)c);
		const uint64_t bit = CAUSE_BIT(c);

		if ((present & bit) == 0) {
			if (now_us - il->seen_us[c] >= row->release_us) {
				il->active &= ~bit;
			}
		} else {
			il->seen_us[c] = now_us;
			if (((il->present | il->active) & bit) == 0) {
				il->since_us[c] = now_us;
				il->where[c] = 0;
			}
			il->where[c] |= found->where[c];
			if (now_us - il->since_us[c] >= row->hold_us) {
				il->active |= bit;
			}
		}
		if ((il->active & bit) != 0 && row->latched) {
			if (il->latched == 0) {
				il->first_out = (enum cause)c;
			}
			il->latched |= bit;
		}
		if (((il->active | il->latched) & bit) != 0) {
			effects |= UINT32_C(1) << (unsigned int)row->effect;
		}
	}
	il->present = present;
	il->effects = effects;
}

void interlock_update(struct interlock *il, const struct chair_inputs *in,
		      struct interlock_context *context)
{
	struct found *found;

	assert(il != NULL);
	assert(in != NULL);
	assert(context != NULL);

	found = &context->found;
	il->missing_devices = 0;
	/* switches first: the drives are judged by what the relay does */
	found->causes |= switch_causes(il, in, context) | panel_causes(in, context) |
			 when(overrun(il, in->now_us), CAUSE_CONTROL_OVERRUN) |
			 when(!in->threads_alive, CAUSE_THREAD_STALLED);
	drive_causes(il, in, found);
	sensor_causes(il, in, found);
	force_causes(il, in, context);
	found->causes |= when(il->missing_devices != 0, CAUSE_DEVICE_MISSING);
	found->where[CAUSE_DEVICE_MISSING] = il->missing_devices;
	settle(il, found, in->now_us);
}

void interlock_beat(struct interlock *il, uint64_t now_us, bool toggled)
{
	assert(il != NULL);

	if (!toggled) {
		il->beat_since_us = 0;
		return;
	}
	if (il->beat_since_us == 0) {
		il->beat_since_us = now_us;
	}
	il->last_edge_us = now_us;
}

bool interlock_acknowledge(struct interlock *il)
{
	uint64_t stays;

	assert(il != NULL);

	stays = il->active | il->present; /* present counts before its hold time, too */
	if (il->relay_closed_us != 0) {
		stays |= fault_causes(EFFECT_CUT);
	}
	il->latched &= stays;
	return il->latched == 0;
}

void interlock_restore(struct interlock *il, uint64_t causes, uint64_t now_us)
{
	assert(il != NULL);

	for (unsigned int c = 0; c < CAUSE_COUNT; c++) {
		const uint64_t bit = CAUSE_BIT(c);

		if ((causes & bit) != 0 && fault_row((enum cause)c)->latched) {
			il->first_out = il->latched == 0 ? (enum cause)c : il->first_out;
			il->latched |= bit;
			il->since_us[c] = now_us;
		}
	}
}

uint64_t interlock_objections(const struct interlock *il)
{
	assert(il != NULL);

	return (il->active & ~fault_causes(EFFECT_HEAT_OFF)) | il->latched |
	       (il->present & CAUSE_BIT(CAUSE_SEAT_EMPTY));
}

bool interlock_has(const struct interlock *il, enum effect effect)
{
	assert(il != NULL);

	return (il->effects >> (unsigned int)effect & 1U) != 0;
}

struct permits interlock_permits(const struct interlock *il)
{
	const bool power = !interlock_has(il, EFFECT_CUT);
	const bool press =
		power && !interlock_has(il, EFFECT_RETRACT) && !interlock_has(il, EFFECT_PAUSE);

	return (struct permits){
		.power = power,
		.press = press,
		.heat = press && !interlock_has(il, EFFECT_HEAT_OFF),
		.start = press && interlock_objections(il) == 0,
	};
}
