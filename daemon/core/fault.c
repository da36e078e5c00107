/* SPDX-License-Identifier: MIT */
#include "fault.h"

#include "safety_limits.h"

#include <assert.h>
#include <stddef.h>

/* A contact that closes again may bounce: what opened it is gone after this long. */
#define RELEASE_US UINT32_C(250000)

/* The matrix, in the order of docs/safety.md; the first of several in one cycle is the first out.
 */
/* clang-format off */
static const struct cause_row rows[CAUSE_COUNT] = {
#define ROW(cause, name, code, effect, latched, hold, release, text, technician, clears) \
	[CAUSE_##cause] = { name, code, EFFECT_##effect, latched, hold, release, text, technician, clears }
	ROW(ESTOP_OPEN, "estop_open", "F001", CUT, true, 0, RELEASE_US,
	    "The red button is pressed. Turn it to release it, then press the armrest button.",
	    "Input estop_closed is false: button, its wiring, or the pull-down. Acts on the first edge.",
	    "closed for 250 ms, and acknowledged"),
	ROW(RELAY_FEEDBACK, "relay_feedback", "F002", CUT, true, 0, 0,
	    "The power relay does not do as it is told. The chair needs a technician.",
	    "The mirror contact differs from the heartbeat for over 100 ms: welded or dead relay, charge pump, contact wiring.",
	    "feedback agrees, and acknowledged"),
	ROW(GPIO_FAILED, "gpio_failed", "F003", CUT, true, 0, 0,
	    "The controller cannot read its switches. The chair needs a technician.",
	    "Reading or writing a GPIO line failed, or its values are older than 50 ms.",
	    "lines read and written again, and acknowledged"),
	ROW(CONTROL_OVERRUN, "control_overrun", "F004", CUT, true, 0, 0,
	    "The controller was too slow. Press the armrest button; if it happens again, call a technician.",
	    "Three control cycles came later than 20 ms within a second: load, or no permission for real-time scheduling.",
	    "a second without it, and acknowledged"),
	ROW(THREAD_STALLED, "thread_stalled", "F005", CUT, true, 0, 0,
	    "A part of the controller stopped answering. Press the armrest button; if it happens again, call a technician.",
	    "The main thread or a bus thread has not ticked for 2 s: disk, serial driver.",
	    "it ticks again, and acknowledged"),
	ROW(THERMOSTAT_OPEN, "thermostat_open", "F006", CUT, true, 0, RELEASE_US,
	    "A heat pad became too hot. Let the chair cool down, then press the armrest button.",
	    "Input thermostats_closed is false: a bimetal cut-out of a pad, or its wiring. It opens the enable chain by itself.",
	    "closed for 250 ms, and acknowledged"),
	ROW(PAD_HOT, "pad_hot", "F007", CUT, true, 0, 0,
	    "A heat pad became too warm. Let the chair cool down, then press the armrest button.",
	    "A temperature channel reads over 43.0 C.",
	    "every channel at 43.0 C or less, and acknowledged"),
	ROW(SSR_WELDED, "ssr_welded", "F017", CUT, true, 0, 0,
	    "A heat pad does not switch off. Do not use the chair. It needs a technician.",
	    "Switched off for 60 s, over 38 C on both channels and still rising by more than 1 C a minute: welded solid-state relay.",
	    "acknowledged; found again within a minute if it is still so"),
	ROW(COVER_OPEN, "cover_open", "F008", CUT, true, 0, RELEASE_US,
	    "The back cover is open. Close it, then press the armrest button.",
	    "Input back_cover_closed is false.",
	    "closed for 250 ms, and acknowledged"),
	ROW(DRIVE_FAULT, "drive_fault", "F010", CUT, true, 0, 0,
	    "A motor reported a fault. Press the armrest button; if it happens again, call a technician.",
	    "A drive's fault register is not zero; the bits are in the details.",
	    "the register reads zero, and acknowledged"),
	ROW(STALL, "stall", "F018", CUT, true, 0, 0,
	    "A roller is stuck. Press the armrest button; if it happens again, call a technician.",
	    "An axis was told to move, stood still and pushed with its current limit for 500 ms.",
	    "acknowledged"),
	ROW(NO_MOTION, "no_motion", "F019", CUT, true, 0, 0,
	    "A roller does not move. Press the armrest button; if it happens again, call a technician.",
	    "An axis was told to move and stood still for 2 s: motor wiring, coupling, belt, encoder.",
	    "acknowledged"),
	ROW(WRONG_WAY, "wrong_way", "F026", CUT, true, 0, 0,
	    "A roller moved the wrong way. The chair needs a technician.",
	    "A depth axis came out by more than 3 mm while it was told to leave the body: direction, encoder, runaway drive.",
	    "acknowledged"),
	ROW(STOP_NOT_REACHED, "stop_not_reached", "F014", CUT, true, 0, 0,
	    "A roller did not find its end position. Press the armrest button; if it happens again, call a technician.",
	    "Homing took over 8 s (depth) or 42 s (travel), or the stop was not met twice at one place.",
	    "acknowledged"),
	ROW(DRIVE_REFUSED, "drive_refused", "F011", CUT, true, 0, 0,
	    "A motor did not accept its safety limits. The chair needs a technician.",
	    "Communication timeout, current limit or enabling read back differently from what was written; see bus.stats bad_register.",
	    "read back as written, and acknowledged"),
	ROW(DRIVE_SILENT, "drive_silent", "F012", CUT, true, 0, 0,
	    "A motor stopped answering. Press the armrest button; if it happens again, call a technician.",
	    "No fresh feedback of a powered drive for 300 ms: cable, termination, address, adapter.",
	    "answers again or has no power, and acknowledged"),
	ROW(SENSOR_SILENT, "sensor_silent", "F013", CUT, true, 0, 0,
	    "A temperature sensor stopped answering. Press the armrest button; if it happens again, call a technician.",
	    "No fresh reading of a temperature module for 3 s.",
	    "answers again, and acknowledged"),
	ROW(RETRACT_LATE, "retract_late", "F015", CUT, true, 0, 0,
	    "The rollers did not leave the body in time, so the power was cut. Press the armrest button.",
	    "A roller was not within clear_mm of its stop 2 s after the retraction began.",
	    "acknowledged"),
	ROW(LEG_GUARD, "leg_guard", "F009", RETRACT, true, 0, RELEASE_US,
	    "The leg rest touched something. Look under it, then press the armrest button.",
	    "Input leg_guard_clear is false.",
	    "clear for 250 ms, and acknowledged"),
	ROW(FORCE_REPEATED, "force_repeated", "F021", RETRACT, true, 0, 0,
	    "A roller pressed too hard twice. Press the armrest button; choose a lower level.",
	    "The second force_high of one sitting.",
	    "force below 40 N, and acknowledged"),
	ROW(FORCE_HIGH, "force_high", "F020", RETRACT, false, 0, 0,
	    "A roller pressed too hard and was taken away. Sit comfortably and start again.",
	    "Two samples in a row over 40 N, or one over 45 N, at the skin.",
	    "force below 40 N"),
	ROW(SENSOR_IMPLAUSIBLE, "sensor_implausible", "F022", HEAT_OFF, true, S_US, 0,
	    "A temperature sensor gives impossible values, so the heat is off. Press the armrest button.",
	    "A channel is open, short, outside -10 to 80 C, or changed by more than 2 C a second; for 1 s.",
	    "plausible again, and acknowledged"),
	ROW(SENSORS_DISAGREE, "sensors_disagree", "F036", HEAT_OFF, true, S_US, 0,
	    "Two temperature sensors disagree, so the heat is off. Press the armrest button.",
	    "The two channels of a pad differ by more than 3 C for 1 s: a sensor that came loose from its pad, or drifted.",
	    "within 3 C, and acknowledged"),
	ROW(SENSOR_FROZEN, "sensor_frozen", "F037", HEAT_OFF, true, 0, 0,
	    "A temperature sensor is stuck, so the heat is off. Press the armrest button.",
	    "A channel kept one value while its pad was driven for 60 s in all, or while the other channel moved by more than 1 C.",
	    "its value changes, and acknowledged"),
	ROW(NOT_HEATING, "not_heating", "F038", HEAT_OFF, true, 0, 0,
	    "A heat pad does not become warm, so the heat is off. Press the armrest button; if it happens again, call a technician.",
	    "A pad below its set point rose by less than 1 C in 90 s of being driven: heater, fuse, solid-state relay, wiring.",
	    "acknowledged"),
	ROW(SEAT_EMPTY, "seat_empty", "F023", RETRACT, false, LIMIT_SEAT_EMPTY_US, 0,
	    "Nobody is sitting in the chair.",
	    "Input seat_occupied is false for 1 s (not while preheating or in service).",
	    "somebody sits"),
	ROW(SEAT_TAKEN, "seat_taken", "F027", RETRACT, false, 0, 0,
	    "Somebody is sitting in the chair, which is in service.",
	    "Input seat_occupied is true in service.",
	    "the seat is empty"),
	ROW(SERVICE_KEY, "service_key", "F029", RETRACT, false, 0, 0,
	    "The service key was turned. Turn it back to use the chair.",
	    "Input service_key became true in a session or while preheating.",
	    "the session has ended"),
	ROW(STOP, "stop", "F024", RETRACT, false, 0, 0,
	    "Stopped.",
	    "A stop by the armrest, the panel, a phone, the home, a technician or an ending controller.",
	    "the button is released"),
	ROW(STOP_STUCK, "stop_stuck", "F028", RETRACT, false, 0, 0,
	    "The stop button has been pressed for half a minute. Something may be leaning on it.",
	    "Input button_stop is true for 30 s: the button, or its broken wire (normally closed).",
	    "released"),
	ROW(SESSION_TIME, "session_time", "F025", RETRACT, false, 0, 0,
	    "The longest session time is reached. Please rest.",
	    "The session has run for max_minutes, at most 30.",
	    "the session has ended"),
	ROW(DWELL, "dwell", "F039", RETRACT, false, 0, 0,
	    "A roller stayed on one spot for too long and was taken away.",
	    "A roller pressed within 10 mm of one place for 60 s; the technique should have moved on before.",
	    "the roller has left"),
	ROW(PANEL_SILENT, "panel_silent", "F040", PAUSE, false, 0, 0,
	    "The chair's screen does not answer, so the session pauses. The armrest buttons work.",
	    "The panel that started the session has not been heard for 5 s.",
	    "a panel is heard"),
	ROW(DOSE, "dose", "F041", HEAT_OFF, false, 0, 0,
	    "You have had enough warmth for today, so the heat stays off.",
	    "2 CEM43 at a pad within 24 hours, by the higher channel.",
	    "below 2 CEM43 within 24 hours"),
	ROW(PADS_UNPROVEN, "pads_unproven", "F042", HEAT_OFF, false, 0, 0,
	    "The heat is being checked and comes in a moment.",
	    "The start-up proof watches for 40 s whether a pad warms with every solid-state relay off.",
	    "the proof is passed"),
	ROW(STORE_LOST, "store_lost", "F016", INHIBIT, true, 0, 0,
	    "The record of past faults was damaged. Look the chair over, then press the armrest button.",
	    "history.db could not be read; what was latched is not known. The file was set aside.",
	    "acknowledged"),
	ROW(BUTTON_STUCK, "button_stuck", "F033", INHIBIT, false, 0, 0,
	    "A button on the armrest is stuck. Release it.",
	    "Input button_start, button_up or button_down is true for 30 s.",
	    "released"),
	ROW(KEY_IN_SERVICE, "key_in_service", "F034", INHIBIT, false, 0, 0,
	    "The service key is turned. Turn it back to use the chair.",
	    "Input service_key is true.",
	    "the key is turned back"),
	ROW(PROOF, "proof", "F032", INHIBIT, false, 0, 0,
	    "The chair has not passed its start-up check. If this stays, it needs a technician.",
	    "A part of the start-up proof is open or failed; proof in the state names it.",
	    "the proof is passed"),
	ROW(CONFIG_WRONG, "config_wrong", "F035", INHIBIT, false, 0, 0,
	    "The chair's settings are wrong. The chair needs a technician.",
	    "The configuration breaks a compiled limit; chaird --check names file and key.",
	    "a right configuration"),
	ROW(DEVICE_MISSING, "device_missing", "F030", INHIBIT, false, 0, 0,
	    "A part of the chair does not answer. The chair needs a technician.",
	    "A drive or temperature module has not answered since its power came; the details name it.",
	    "it answers and is configured"),
	ROW(RELAY_OPEN, "relay_open", "F031", INHIBIT, false, 0, 0,
	    "The chair is getting ready.",
	    "The enable relay has not been closed for 3 s: what a drive needs to start.",
	    "closed for 3 s"),
#undef ROW
};
/* clang-format on */

static const char *const effect_names[] = { "cut", "retract", "pause", "heat_off", "inhibit" };
_Static_assert(sizeof(effect_names) / sizeof(effect_names[0]) == EFFECT_COUNT, "a name for each");

const struct cause_row *fault_row(enum cause cause)
{
	assert((unsigned int)cause < CAUSE_COUNT);

	return &rows[cause];
}

const char *effect_name(enum effect effect)
{
	return (unsigned int)effect < EFFECT_COUNT ? effect_names[effect] : "invalid";
}

uint64_t fault_causes(enum effect effect)
{
	uint64_t causes = 0;

	for (unsigned int c = 0; c < CAUSE_COUNT; c++) {
		causes |= rows[c].effect == effect ? CAUSE_BIT(c) : 0;
	}
	return causes;
}
