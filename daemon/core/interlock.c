/* SPDX-License-Identifier: MIT */
#include "interlock.h"

#include <assert.h>
#include <stddef.h>

/* The matrix, in the order of docs/safety.md. */
/* clang-format off */
static const struct cause_row rows[CAUSE_COUNT] = {
#define ROW(cause, name, code, effect, latched, hold, text) \
	[CAUSE_##cause] = { name, code, EFFECT_##effect, latched, hold, text }
	ROW(ESTOP_OPEN, "estop_open", "F001", CUT, true, 0,
	    "The red button is pressed. Turn it to release it, then press the armrest button."),
	ROW(RELAY_FEEDBACK, "relay_feedback", "F002", CUT, true, 0,
	    "The power relay does not do as it is told. The chair needs a technician."),
	ROW(GPIO_FAILED, "gpio_failed", "F003", CUT, true, 0,
	    "The controller cannot read its switches. The chair needs a technician."),
	ROW(CONTROL_OVERRUN, "control_overrun", "F004", CUT, true, 0,
	    "The controller was too slow. Press the armrest button; if it happens again, call a technician."),
	ROW(THREAD_STALLED, "thread_stalled", "F005", CUT, true, 0,
	    "A part of the controller stopped answering. Press the armrest button; if it happens again, call a technician."),
	ROW(THERMOSTAT_OPEN, "thermostat_open", "F006", CUT, true, 0,
	    "A heat pad became too hot. Let the chair cool down, then press the armrest button."),
	ROW(PAD_HOT, "pad_hot", "F007", CUT, true, 0,
	    "A heat pad became too warm. Let the chair cool down, then press the armrest button."),
	ROW(COVER_OPEN, "cover_open", "F008", CUT, true, 0,
	    "The back cover is open. Close it, then press the armrest button."),
	ROW(LEG_GUARD, "leg_guard", "F009", RETRACT, true, 0,
	    "The leg rest touched something. Look under it, then press the armrest button."),
	ROW(DRIVE_FAULT, "drive_fault", "F010", CUT, true, 0,
	    "A motor reported a fault. Press the armrest button; if it happens again, call a technician."),
	ROW(DRIVE_REFUSED, "drive_refused", "F011", CUT, true, 0,
	    "A motor did not accept its safety limits. The chair needs a technician."),
	ROW(DRIVE_SILENT, "drive_silent", "F012", CUT, true, 0,
	    "A motor stopped answering. Press the armrest button; if it happens again, call a technician."),
	ROW(SENSOR_SILENT, "sensor_silent", "F013", CUT, true, 0,
	    "A temperature sensor stopped answering. Press the armrest button; if it happens again, call a technician."),
	ROW(STOP_NOT_REACHED, "stop_not_reached", "F014", CUT, true, 0,
	    "A roller did not find its end position. Press the armrest button; if it happens again, call a technician."),
	ROW(RETRACT_LATE, "retract_late", "F015", CUT, true, 0,
	    "The rollers did not leave the body in time, so the power was cut. Press the armrest button."),
	ROW(STORE_LOST, "store_lost", "F016", INHIBIT, true, 0,
	    "The record of past faults was damaged. Look the chair over, then press the armrest button."),
	ROW(FORCE_HIGH, "force_high", "F020", RETRACT, false, 0,
	    "A roller pressed too hard and was taken away. Sit comfortably and start again."),
	ROW(FORCE_REPEATED, "force_repeated", "F021", RETRACT, true, 0,
	    "A roller pressed too hard twice. Press the armrest button; choose a lower level."),
	ROW(SENSOR_IMPLAUSIBLE, "sensor_implausible", "F022", HEAT_OFF, true, S_US,
	    "A temperature sensor gives impossible values, so the heat is off. Press the armrest button."),
	ROW(SEAT_EMPTY, "seat_empty", "F023", RETRACT, false, LIMIT_SEAT_EMPTY_US,
	    "Nobody is sitting in the chair."),
	ROW(STOP, "stop", "F024", RETRACT, false, 0,
	    "Stopped."),
	ROW(SESSION_TIME, "session_time", "F025", RETRACT, false, 0,
	    "The longest session time is reached. Please rest."),
	ROW(DEVICE_MISSING, "device_missing", "F030", INHIBIT, false, 0,
	    "A part of the chair does not answer. The chair needs a technician."),
	ROW(RELAY_OPEN, "relay_open", "F031", INHIBIT, false, 0,
	    "The chair is getting ready."),
#undef ROW
};
/* clang-format on */

static const char *const effect_names[] = { "cut", "retract", "pause", "heat_off", "inhibit" };
_Static_assert(sizeof(effect_names) / sizeof(effect_names[0]) == EFFECT_COUNT, "a name for each");

const struct cause_row *interlock_row(enum cause cause)
{
	assert((unsigned int)cause < CAUSE_COUNT);

	return &rows[cause];
}

const char *effect_name(enum effect effect)
{
	return (unsigned int)effect < EFFECT_COUNT ? effect_names[effect] : "invalid";
}

static uint32_t when(bool condition, enum cause cause)
{
	return condition ? CAUSE_BIT(cause) : 0;
}

/* The enable relay against what the heartbeat asks of it. */
static uint32_t relay_causes(struct interlock *il, const struct chair_inputs *in)
{
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
	return when(wrong, CAUSE_RELAY_FEEDBACK) |
	       when(!interlock_powered(il, now_us), CAUSE_RELAY_OPEN);
}

static uint32_t switch_causes(struct interlock *il, const struct chair_inputs *in,
			      const struct interlock_context *context)
{
	const uint32_t sw = in->switches;

	if (!in->outputs_written || in->switches_stamp_us == 0 ||
	    in->switches_stamp_us > in->now_us ||
	    in->now_us - in->switches_stamp_us > LIMIT_SWITCHES_AGE_US) {
		return CAUSE_BIT(CAUSE_GPIO_FAILED); /* what the bits say means nothing now */
	}
	return when(!switch_is_on(sw, SWITCH_ESTOP_CLOSED), CAUSE_ESTOP_OPEN) |
	       when(!switch_is_on(sw, SWITCH_THERMOSTATS_CLOSED), CAUSE_THERMOSTAT_OPEN) |
	       when(!switch_is_on(sw, SWITCH_BACK_COVER_CLOSED), CAUSE_COVER_OPEN) |
	       when(!switch_is_on(sw, SWITCH_LEG_GUARD_CLEAR), CAUSE_LEG_GUARD) |
	       when(!switch_is_on(sw, SWITCH_SEAT_OCCUPIED) && !context->preheating,
		    CAUSE_SEAT_EMPTY) |
	       when(in->stop || switch_is_on(sw, SWITCH_BUTTON_STOP), CAUSE_STOP) |
	       relay_causes(il, in);
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

static uint32_t drive_causes(struct interlock *il, const struct chair_inputs *in)
{
	const bool powered = interlock_powered(il, in->now_us);
	uint32_t causes = 0;

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

			causes |= when((!fresh || lost) && powered, CAUSE_DRIVE_SILENT) |
				  when(drive->fault != 0, CAUSE_DRIVE_FAULT);
		}
		causes |= when(drive->refused && fresh, CAUSE_DRIVE_REFUSED);
	}
	return causes;
}

static bool in_range(const struct sensor_input *sensor)
{
	return sensor->quality == QUALITY_GOOD && sensor->temp_c >= LIMIT_SENSOR_MIN_C &&
	       sensor->temp_c <= LIMIT_SENSOR_MAX_C;
}

static uint32_t pad_causes(const struct sensor_input pad[PAD_CHANNELS])
{
	const float split_c = pad[0].temp_c - pad[1].temp_c;
	bool hot = false;
	bool plausible = true;

	for (unsigned int c = 0; c < PAD_CHANNELS; c++) {
		const bool good = in_range(&pad[c]);

		hot = hot || (good && pad[c].temp_c > LIMIT_PAD_TRIP_C);
		plausible = plausible && good;
	}
	plausible =
		plausible && split_c <= LIMIT_SENSOR_SPLIT_C && split_c >= -LIMIT_SENSOR_SPLIT_C;
	return when(hot, CAUSE_PAD_HOT) | when(!plausible, CAUSE_SENSOR_IMPLAUSIBLE);
}

/* A module delivers all of its channels at once, so the first pad's stamp speaks for the module. */
static uint32_t sensor_causes(struct interlock *il, const struct chair_inputs *in)
{
	uint32_t causes = 0;

	for (unsigned int c = 0; c < PAD_CHANNELS; c++) {
		const uint64_t stamp_us = in->sensor[0][c].stamp_us;
		const bool fresh = stamp_us != 0 && stamp_us <= in->now_us &&
				   in->now_us - stamp_us <= LIMIT_SENSOR_AGE_US;

		if (fresh) {
			il->sensors_seen |= UINT32_C(1) << c;
		} else if ((il->sensors_seen >> c & 1U) == 0) {
			il->missing_devices |= UINT32_C(1) << (DRIVE_COUNT + c);
		} else {
			causes |= CAUSE_BIT(CAUSE_SENSOR_SILENT);
		}
	}
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		causes |= pad_causes(in->sensor[p]);
	}
	if (il->sensors_seen != (UINT32_C(1) << PAD_CHANNELS) - 1) {
		causes &= ~CAUSE_BIT(
			CAUSE_SENSOR_IMPLAUSIBLE); /* a module is missing: said already */
	}
	return causes;
}

/* One sample over the trip or two in a row over the high limit, judged once a sample. The second
 * such event in a sitting latches. */
static uint32_t force_causes(struct interlock *il, const struct chair_inputs *in,
			     const struct interlock_context *context)
{
	bool high = false;
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
		high = high || force_n > LIMIT_FORCE_TRIP_N || il->force_count[r] >= 2;
		quiet = quiet && il->force_count[r] == 0;
	}
	if (!context->in_session && !switch_is_on(in->switches, SWITCH_SEAT_OCCUPIED)) {
		il->force_trips =
			0; /* the person has left; a trip ends the session, not the count */
	}
	if (high && !il->force_over) {
		il->force_trips++;
	}
	il->force_over = high || (il->force_over && !quiet);
	return when(high, CAUSE_FORCE_HIGH) |
	       when(high && il->force_trips >= 2, CAUSE_FORCE_REPEATED);
}

/* Hold times, latches, first-out, and the set of effects that follow. */
static void settle(struct interlock *il, uint32_t present, uint64_t now_us)
{
	uint32_t effects = 0;

	for (unsigned int c = 0; c < CAUSE_COUNT; c++) {
		const uint32_t bit = UINT32_C(1) << c;

		if ((present & bit) == 0) {
			il->active &= ~bit;
		} else {
			if ((il->present & bit) == 0) {
				il->since_us[c] = now_us;
			}
			if (now_us - il->since_us[c] >= rows[c].hold_us) {
				il->active |= bit;
			}
		}
		if ((il->active & bit) != 0 && rows[c].latched) {
			if (il->latched == 0) {
				il->first_out = (enum cause)c;
			}
			il->latched |= bit;
		}
		if (((il->active | il->latched) & bit) != 0) {
			effects |= UINT32_C(1) << (unsigned int)rows[c].effect;
		}
	}
	il->present = present;
	il->effects = effects;
}

void interlock_update(struct interlock *il, const struct chair_inputs *in,
		      const struct interlock_context *context)
{
	uint32_t present;

	assert(il != NULL);
	assert(in != NULL);
	assert(context != NULL);

	il->missing_devices = 0;
	present = switch_causes(il, in, context) | drive_causes(il, in) | sensor_causes(il, in) |
		  force_causes(il, in, context) |
		  when(overrun(il, in->now_us), CAUSE_CONTROL_OVERRUN) |
		  when(!in->threads_alive, CAUSE_THREAD_STALLED) |
		  when(context->stop_not_reached, CAUSE_STOP_NOT_REACHED) |
		  when(context->drives_not_ready, CAUSE_DRIVE_REFUSED) |
		  when(context->retract_late, CAUSE_RETRACT_LATE) |
		  when(context->session_time_over, CAUSE_SESSION_TIME);
	present |= when(il->missing_devices != 0, CAUSE_DEVICE_MISSING);
	settle(il, present, in->now_us);
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
	assert(il != NULL);

	il->latched &= il->active | il->present; /* present counts before its hold time, too */
	return il->latched == 0;
}

void interlock_restore(struct interlock *il, uint32_t causes, uint64_t now_us)
{
	assert(il != NULL);

	for (unsigned int c = 0; c < CAUSE_COUNT; c++) {
		const uint32_t bit = UINT32_C(1) << c;

		if ((causes & bit) != 0 && rows[c].latched) {
			il->first_out = il->latched == 0 ? (enum cause)c : il->first_out;
			il->latched |= bit;
			il->since_us[c] = now_us;
		}
	}
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
		.start = press && il->effects == 0,
	};
}
