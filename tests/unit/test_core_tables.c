/* SPDX-License-Identifier: MIT */
/* The tables of core, stated a second time from docs/safety.md and checked cell by cell. */
#include "core_fixture.h"

/*
 * Every transition that changes the state. What is not listed must stay where it is. Review this
 * against the design, not against session.c.
 */
static const struct {
	enum session_state from;
	enum session_event event;
	enum session_state to;
} changes[] = {
	/* an acknowledgement at the chair is the only way out of FAULT, and it never starts */
	{ STATE_FAULT, EVENT_ACKNOWLEDGED, STATE_INHIBITED },
	/* at rest */
	{ STATE_INHIBITED, EVENT_CUT, STATE_FAULT },
	{ STATE_INHIBITED, EVENT_LATCHED, STATE_FAULT },
	{ STATE_INHIBITED, EVENT_PERMITTED, STATE_READY },
	{ STATE_READY, EVENT_CUT, STATE_FAULT },
	{ STATE_READY, EVENT_LATCHED, STATE_FAULT },
	{ STATE_READY, EVENT_INHIBIT, STATE_INHIBITED },
	{ STATE_READY, EVENT_START, STATE_HOMING },
	{ STATE_READY, EVENT_RESUME, STATE_HOMING },
	{ STATE_READY, EVENT_PREHEAT, STATE_PREHEAT },
	/* heat without motion: nothing has to leave the body */
	{ STATE_PREHEAT, EVENT_CUT, STATE_FAULT },
	{ STATE_PREHEAT, EVENT_LATCHED, STATE_FAULT },
	{ STATE_PREHEAT, EVENT_RETRACT, STATE_READY },
	{ STATE_PREHEAT, EVENT_FINISHED, STATE_READY },
	{ STATE_PREHEAT, EVENT_PAUSE, STATE_READY },
	{ STATE_PREHEAT, EVENT_INHIBIT, STATE_INHIBITED },
	{ STATE_PREHEAT, EVENT_START, STATE_HOMING },
	{ STATE_PREHEAT, EVENT_RESUME, STATE_HOMING },
	/* every way out of motion but a CUT goes through RETRACTING */
	{ STATE_HOMING, EVENT_CUT, STATE_FAULT },
	{ STATE_HOMING, EVENT_RETRACT, STATE_RETRACTING },
	{ STATE_HOMING, EVENT_FINISHED, STATE_RETRACTING },
	{ STATE_HOMING, EVENT_PAUSE, STATE_RETRACTING },
	{ STATE_HOMING, EVENT_LATCHED, STATE_RETRACTING },
	{ STATE_HOMING, EVENT_HOMED, STATE_MASSAGE },
	{ STATE_MASSAGE, EVENT_CUT, STATE_FAULT },
	{ STATE_MASSAGE, EVENT_RETRACT, STATE_RETRACTING },
	{ STATE_MASSAGE, EVENT_FINISHED, STATE_RETRACTING },
	{ STATE_MASSAGE, EVENT_PAUSE, STATE_RETRACTING },
	{ STATE_MASSAGE, EVENT_LATCHED, STATE_RETRACTING },
	{ STATE_PAUSED, EVENT_CUT, STATE_FAULT },
	{ STATE_PAUSED, EVENT_RETRACT, STATE_RETRACTING },
	{ STATE_PAUSED, EVENT_FINISHED, STATE_RETRACTING },
	{ STATE_PAUSED, EVENT_LATCHED, STATE_RETRACTING },
	{ STATE_PAUSED, EVENT_RESUME, STATE_HOMING },
	{ STATE_RETRACTING, EVENT_CUT, STATE_FAULT },
	{ STATE_RETRACTING, EVENT_CLEAR_PAUSE, STATE_PAUSED },
	{ STATE_RETRACTING, EVENT_CLEAR, STATE_INHIBITED },
	/* the key has led to INHIBITED before */
	{ STATE_INHIBITED, EVENT_SERVICE, STATE_SERVICE },
	{ STATE_SERVICE, EVENT_CUT, STATE_FAULT },
	{ STATE_SERVICE, EVENT_RETRACT, STATE_RETRACTING },
	{ STATE_SERVICE, EVENT_FINISHED, STATE_RETRACTING },
	{ STATE_SERVICE, EVENT_PAUSE, STATE_RETRACTING },
	{ STATE_SERVICE, EVENT_LATCHED, STATE_RETRACTING },
};

static void every_cell_of_the_session_table_is_the_specification(void **state)
{
	(void)state;
	assert_int_equal(STATE_COUNT, 9);
	assert_int_equal(EVENT_COUNT, 16);
	for (unsigned int s = 0; s < STATE_COUNT; s++) {
		for (unsigned int e = 0; e < EVENT_COUNT; e++) {
			unsigned int expected = s;

			for (size_t i = 0; i < ARRAY_COUNT(changes); i++) {
				if ((unsigned int)changes[i].from == s &&
				    (unsigned int)changes[i].event == e) {
					expected = (unsigned int)changes[i].to;
				}
			}
			assert_int_equal(session_next((enum session_state)s, (enum session_event)e),
					 expected);
		}
	}
}

static void a_state_or_event_out_of_range_is_a_fault(void **state)
{
	(void)state;
	assert_int_equal(session_next(STATE_COUNT, EVENT_NONE), STATE_FAULT);
	assert_int_equal(session_next(STATE_READY, EVENT_COUNT), STATE_FAULT);
	assert_int_equal(session_next((enum session_state)99, (enum session_event)99), STATE_FAULT);
}

static void a_cut_leads_to_fault_from_every_state(void **state)
{
	(void)state;
	for (unsigned int s = 0; s < STATE_COUNT; s++) {
		assert_int_equal(session_next((enum session_state)s, EVENT_CUT), STATE_FAULT);
	}
}

static void motion_is_left_through_retracting_only_unless_cut(void **state)
{
	(void)state;
	for (unsigned int s = 0; s < STATE_COUNT; s++) {
		for (unsigned int e = EVENT_CUT + 1; e < EVENT_COUNT; e++) {
			const enum session_state next =
				session_next((enum session_state)s, (enum session_event)e);

			if (s != STATE_RETRACTING && session_is_moving((enum session_state)s)) {
				assert_true(session_is_moving(next));
			}
			if (s == STATE_FAULT) {
				assert_false(session_is_moving(next));
			}
		}
	}
}

static void motion_begins_with_a_start_or_resume_or_in_service_only(void **state)
{
	(void)state;
	for (unsigned int s = 0; s < STATE_COUNT; s++) {
		for (unsigned int e = 0; e < EVENT_COUNT; e++) {
			const enum session_state next =
				session_next((enum session_state)s, (enum session_event)e);

			if (next == STATE_SERVICE && s != STATE_SERVICE) {
				assert_int_equal(s, STATE_INHIBITED);
				assert_int_equal(e, EVENT_SERVICE);
			} else if (!session_is_moving((enum session_state)s) &&
				   session_is_moving(next)) {
				assert_int_equal(next, STATE_HOMING);
				assert_true(e == EVENT_START || e == EVENT_RESUME);
				assert_true(s == STATE_READY || s == STATE_PREHEAT);
			}
		}
	}
}

static void the_moving_states_are_exactly_these(void **state)
{
	static const bool moving[STATE_COUNT] = {
		[STATE_HOMING] = true,	   [STATE_MASSAGE] = true, [STATE_PAUSED] = true,
		[STATE_RETRACTING] = true, [STATE_SERVICE] = true,
	};

	(void)state;
	for (unsigned int s = 0; s < STATE_COUNT; s++) {
		assert_int_equal(session_is_moving((enum session_state)s), moving[s]);
	}
}

#define LATCHED true
#define PASSING false
#define BOUNCE	250000
static const struct {
	enum cause cause;
	const char *code;
	const char *name;
	enum effect effect;
	bool latched;
	uint32_t hold_us;
	uint32_t release_us;
} matrix[] = {
	{ CAUSE_ESTOP_OPEN, "F001", "estop_open", EFFECT_CUT, LATCHED, 0, BOUNCE },
	{ CAUSE_RELAY_FEEDBACK, "F002", "relay_feedback", EFFECT_CUT, LATCHED, 0, 0 },
	{ CAUSE_GPIO_FAILED, "F003", "gpio_failed", EFFECT_CUT, LATCHED, 0, 0 },
	{ CAUSE_CONTROL_OVERRUN, "F004", "control_overrun", EFFECT_CUT, LATCHED, 0, 0 },
	{ CAUSE_THREAD_STALLED, "F005", "thread_stalled", EFFECT_CUT, LATCHED, 0, 0 },
	{ CAUSE_THERMOSTAT_OPEN, "F006", "thermostat_open", EFFECT_CUT, LATCHED, 0, BOUNCE },
	{ CAUSE_PAD_HOT, "F007", "pad_hot", EFFECT_CUT, LATCHED, 0, 0 },
	{ CAUSE_SSR_WELDED, "F017", "ssr_welded", EFFECT_CUT, LATCHED, 0, 0 },
	{ CAUSE_COVER_OPEN, "F008", "cover_open", EFFECT_CUT, LATCHED, 0, BOUNCE },
	{ CAUSE_DRIVE_FAULT, "F010", "drive_fault", EFFECT_CUT, LATCHED, 0, 0 },
	{ CAUSE_STALL, "F018", "stall", EFFECT_CUT, LATCHED, 0, 0 },
	{ CAUSE_NO_MOTION, "F019", "no_motion", EFFECT_CUT, LATCHED, 0, 0 },
	{ CAUSE_WRONG_WAY, "F026", "wrong_way", EFFECT_CUT, LATCHED, 0, 0 },
	{ CAUSE_STOP_NOT_REACHED, "F014", "stop_not_reached", EFFECT_CUT, LATCHED, 0, 0 },
	{ CAUSE_DRIVE_REFUSED, "F011", "drive_refused", EFFECT_CUT, LATCHED, 0, 0 },
	{ CAUSE_DRIVE_SILENT, "F012", "drive_silent", EFFECT_CUT, LATCHED, 0, 0 },
	{ CAUSE_SENSOR_SILENT, "F013", "sensor_silent", EFFECT_CUT, LATCHED, 0, 0 },
	{ CAUSE_RETRACT_LATE, "F015", "retract_late", EFFECT_CUT, LATCHED, 0, 0 },
	{ CAUSE_LEG_GUARD, "F009", "leg_guard", EFFECT_RETRACT, LATCHED, 0, BOUNCE },
	{ CAUSE_FORCE_REPEATED, "F021", "force_repeated", EFFECT_RETRACT, LATCHED, 0, 0 },
	{ CAUSE_FORCE_HIGH, "F020", "force_high", EFFECT_RETRACT, PASSING, 0, 0 },
	{ CAUSE_SENSOR_IMPLAUSIBLE, "F022", "sensor_implausible", EFFECT_HEAT_OFF, LATCHED, 1000000,
	  0 },
	{ CAUSE_SENSORS_DISAGREE, "F036", "sensors_disagree", EFFECT_HEAT_OFF, LATCHED, 1000000,
	  0 },
	{ CAUSE_SENSOR_FROZEN, "F037", "sensor_frozen", EFFECT_HEAT_OFF, LATCHED, 0, 0 },
	{ CAUSE_NOT_HEATING, "F038", "not_heating", EFFECT_HEAT_OFF, LATCHED, 0, 0 },
	{ CAUSE_SEAT_EMPTY, "F023", "seat_empty", EFFECT_RETRACT, PASSING, 1000000, 0 },
	{ CAUSE_SEAT_TAKEN, "F027", "seat_taken", EFFECT_RETRACT, PASSING, 0, 0 },
	{ CAUSE_SERVICE_KEY, "F029", "service_key", EFFECT_RETRACT, PASSING, 0, 0 },
	{ CAUSE_STOP, "F024", "stop", EFFECT_RETRACT, PASSING, 0, 0 },
	{ CAUSE_STOP_STUCK, "F028", "stop_stuck", EFFECT_RETRACT, PASSING, 0, 0 },
	{ CAUSE_SESSION_TIME, "F025", "session_time", EFFECT_RETRACT, PASSING, 0, 0 },
	{ CAUSE_DWELL, "F039", "dwell", EFFECT_RETRACT, PASSING, 0, 0 },
	{ CAUSE_PANEL_SILENT, "F040", "panel_silent", EFFECT_PAUSE, PASSING, 0, 0 },
	{ CAUSE_DOSE, "F041", "dose", EFFECT_HEAT_OFF, PASSING, 0, 0 },
	{ CAUSE_PADS_UNPROVEN, "F042", "pads_unproven", EFFECT_HEAT_OFF, PASSING, 0, 0 },
	{ CAUSE_STORE_LOST, "F016", "store_lost", EFFECT_INHIBIT, LATCHED, 0, 0 },
	{ CAUSE_BUTTON_STUCK, "F033", "button_stuck", EFFECT_INHIBIT, PASSING, 0, 0 },
	{ CAUSE_KEY_IN_SERVICE, "F034", "key_in_service", EFFECT_INHIBIT, PASSING, 0, 0 },
	{ CAUSE_PROOF, "F032", "proof", EFFECT_INHIBIT, PASSING, 0, 0 },
	{ CAUSE_CONFIG_WRONG, "F035", "config_wrong", EFFECT_INHIBIT, PASSING, 0, 0 },
	{ CAUSE_DEVICE_MISSING, "F030", "device_missing", EFFECT_INHIBIT, PASSING, 0, 0 },
	{ CAUSE_RELAY_OPEN, "F031", "relay_open", EFFECT_INHIBIT, PASSING, 0, 0 },
};

static void every_row_of_the_matrix_is_the_specification(void **state)
{
	(void)state;
	assert_int_equal(ARRAY_COUNT(matrix), CAUSE_COUNT);
	for (size_t i = 0; i < ARRAY_COUNT(matrix); i++) {
		const struct cause_row *row = fault_row(matrix[i].cause);

		assert_int_equal(matrix[i].cause, i);
		assert_string_equal(row->code, matrix[i].code);
		assert_string_equal(row->name, matrix[i].name);
		assert_int_equal(row->effect, matrix[i].effect);
		assert_int_equal(row->latched, matrix[i].latched);
		assert_int_equal(row->hold_us, matrix[i].hold_us);
		assert_int_equal(row->release_us, matrix[i].release_us);
	}
}

static void the_causes_of_an_effect_are_its_rows(void **state)
{
	(void)state;
	for (unsigned int e = 0; e < EFFECT_COUNT; e++) {
		for (size_t i = 0; i < ARRAY_COUNT(matrix); i++) {
			assert_int_equal(fault_causes((enum effect)e) >> i & 1U,
					 (unsigned int)matrix[i].effect == e);
		}
	}
}

/* Every pair and triple of causes, active and latched as their rows say: the worst effect wins, and
 * only a want of heat leaves a start possible. */
static void the_worst_of_any_three_causes_wins(void **state)
{
	(void)state;
	for (unsigned int a = 0; a < CAUSE_COUNT; a++) {
		for (unsigned int b = a; b < CAUSE_COUNT; b++) {
			for (unsigned int c = b; c < CAUSE_COUNT; c++) {
				const unsigned int three[] = { a, b, c };
				struct interlock il = { 0 };
				bool has[EFFECT_COUNT] = { 0 };
				bool latched = false;
				struct permits permits;

				for (unsigned int i = 0; i < 3; i++) {
					il.active |= UINT64_C(1) << three[i];
					il.effects |= 1U << (unsigned int)matrix[three[i]].effect;
					has[matrix[three[i]].effect] = true;
					latched = latched || matrix[three[i]].latched;
				}
				il.latched = latched ? il.active : 0;
				permits = interlock_permits(&il);
				assert_int_equal(permits.power, !has[EFFECT_CUT]);
				assert_int_equal(permits.press, !has[EFFECT_CUT] &&
									!has[EFFECT_RETRACT] &&
									!has[EFFECT_PAUSE]);
				assert_int_equal(permits.heat,
						 permits.press && !has[EFFECT_HEAT_OFF]);
				assert_int_equal(permits.start,
						 permits.press && !latched && !has[EFFECT_INHIBIT]);
			}
		}
	}
}

static void every_cause_tells_the_person_what_to_do(void **state)
{
	(void)state;
	for (unsigned int c = 0; c < CAUSE_COUNT; c++) {
		const struct cause_row *row = fault_row((enum cause)c);
		const size_t length = strlen(row->text);

		assert_true(length >= 8);
		assert_int_equal(row->text[length - 1], '.');
		assert_true(strlen(row->technician) >= 20); /* and the technician where to look */
		assert_true(strlen(row->clears) >= 8);
		for (unsigned int other = 0; other < c; other++) {
			assert_string_not_equal(row->code, fault_row((enum cause)other)->code);
			assert_string_not_equal(row->text, fault_row((enum cause)other)->text);
		}
	}
}

/* The worst wins: each effect takes what it takes, whatever else is there. */
static void permits_follow_from_every_set_of_effects(void **state)
{
	(void)state;
	for (unsigned int set = 0; set < 1U << EFFECT_COUNT; set++) {
		const struct interlock il = { .effects = set };
		const struct permits permits = interlock_permits(&il);
		const bool cut = (set & 1U << EFFECT_CUT) != 0;
		const bool off =
			cut || (set & 1U << EFFECT_RETRACT) != 0 || (set & 1U << EFFECT_PAUSE) != 0;

		for (unsigned int e = 0; e < EFFECT_COUNT; e++) {
			assert_int_equal(interlock_has(&il, (enum effect)e), set >> e & 1U);
		}
		assert_int_equal(permits.power, !cut);
		assert_int_equal(permits.press, !off);
		assert_int_equal(permits.heat, !off && (set & 1U << EFFECT_HEAT_OFF) == 0);
		assert_int_equal(permits.start,
				 !off); /* no cause: nothing else speaks against it */
	}
}

static void zero_is_safe(void **state)
{
	(void)state;
	assert_int_equal(STATE_FAULT, 0);
	assert_int_equal(EFFECT_CUT, 0);
	assert_int_equal(QUALITY_BAD, 0);
	assert_int_equal(DRIVE_LIMIT_UNKNOWN, 0);
	assert_int_equal(TECHNIQUE_REST, 0);
	assert_int_equal(ROLLER_STAGE_LOST, 0);
	assert_int_equal(ROLLER_ORDER_STILL, 0);
	assert_int_equal(COMMAND_NONE, 0);
}

static void the_compiled_limits_are_those_of_the_design(void **state)
{
	(void)state;
	assert_near(LIMIT_FORCE_TRIP_N, 45.0f, 0.0f);
	assert_near(LIMIT_FORCE_HIGH_N, 40.0f, 0.0f);
	assert_near(LIMIT_INNER_FORCE_N, 10.0f, 0.0f);
	assert_near(LIMIT_SPEED_MM_S, 60.0f, 0.0f);
	assert_near(LIMIT_KNEAD_RPM, 40.0f, 0.0f);
	assert_near(LIMIT_SETPOINT_C, 41.0f, 0.0f);
	assert_near(LIMIT_PAD_TRIP_C, 43.0f, 0.0f);
	assert_near(LIMIT_SENSOR_SPLIT_C, 3.0f, 0.0f);
	assert_near(LIMIT_PREHEAT_C, 38.0f, 0.0f);
	assert_int_equal(LIMIT_SESSION_US, 1800000000);
	assert_int_equal(LIMIT_PAUSE_US, 600000000);
	assert_int_equal(LIMIT_RESUME_US, 120000000);
	assert_int_equal(LIMIT_ASK_US, 60000000);
	assert_int_equal(LIMIT_PREHEAT_US, 600000000);
	assert_int_equal(LIMIT_PREHEAT_REST_US, 3600000000);
	assert_int_equal(LIMIT_SWITCHES_AGE_US, 50000);
	assert_int_equal(LIMIT_RELAY_FEEDBACK_US, 100000);
	assert_int_equal(LIMIT_RELAY_HOLD_US, 100000);
	assert_int_equal(LIMIT_DRIVE_AGE_US, 300000);
	assert_int_equal(LIMIT_SENSOR_AGE_US, 3000000);
	assert_int_equal(LIMIT_POWER_UP_US, 3000000);
	assert_int_equal(LIMIT_RETRACT_US, 2000000);
	assert_int_equal(LIMIT_HOME_TRAVEL_US, 42000000);
	assert_int_equal(LIMIT_LEVEL_STEP_US, 10000000);
	assert_int_equal(LIMIT_ACK_RELEASE_US, 3000000);
	assert_int_equal(LIMIT_ASK_SETTLE_US, 1000000);
	assert_int_equal(LIMIT_BUTTON_STUCK_US, 30000000);
	assert_int_equal(LIMIT_PANEL_SILENT_US, 5000000);
	assert_int_equal(LIMIT_NO_MOTION_US, 2000000);
	assert_int_equal(LIMIT_STALL_US, 500000);
	assert_int_equal(LIMIT_DWELL_US, 60000000);
	assert_int_equal(LIMIT_MOVE_ON_US, 50000000);
	assert_int_equal(LIMIT_PROOF_CLOSE_US, 100000);
	assert_int_equal(LIMIT_PROOF_DROP_US, 150000);
	assert_int_equal(LIMIT_PROOF_PADS_US, 40000000);
	assert_near(LIMIT_PROOF_RISE_C, 1.0f, 0.0f);
	assert_near(LIMIT_SENSOR_RATE_C_S, 2.0f, 0.0f);
	assert_near(LIMIT_DOSE_CEM43, 2.0f, 0.0f);
	assert_near(LIMIT_DOSE_WARN_CEM43, 1.0f, 0.0f);
}

/* One function of words: its name, whether it fits, and what lies outside. */
#define assert_words(function, type, count, ...)                             \
	do {                                                                 \
		static const char *const words_[] = { __VA_ARGS__ };         \
		assert_int_equal(ARRAY_COUNT(words_), (count));              \
		for (unsigned int i_ = 0; i_ < (count); i_++) {              \
			assert_string_equal(function((type)i_), words_[i_]); \
		}                                                            \
		assert_string_equal(function((type)(count)), "invalid");     \
		assert_string_equal(function((type)0x7fffffff), "invalid");  \
	} while (0)

static void parts_have_their_stable_words(void **state)
{
	(void)state;
	assert_words(zone_name, enum zone, ZONE_COUNT, "lower_back", "glute_left", "glute_right",
		     "thigh_left", "thigh_right", "calf_left", "calf_right");
	assert_words(roller_name, enum roller, ROLLER_COUNT, "back", "seat_left", "seat_right",
		     "leg_left", "leg_right");
	assert_words(axis_kind_name, enum axis_kind, AXIS_KIND_COUNT, "travel", "depth", "knead");
	assert_words(pad_name, enum pad, PAD_COUNT, "lower_back", "glute_left", "glute_right",
		     "leg_left", "leg_right");
	assert_words(chair_switch_name, enum chair_switch, SWITCH_COUNT, "estop_closed",
		     "relay_feedback", "back_cover_closed", "leg_guard_clear", "thermostats_closed",
		     "seat_occupied", "service_key", "button_stop", "button_start", "button_up",
		     "button_down");
	assert_words(chair_coil_name, enum chair_coil, COIL_COUNT, "heartbeat", "heat_enable",
		     "ssr_lower_back", "ssr_glute_left", "ssr_glute_right", "ssr_leg_left",
		     "ssr_leg_right", "beeper", "lamp");
	assert_words(side_name, enum side, SIDE_COUNT, "none", "left", "right", "both");
	assert_words(technique_name, enum technique, TECHNIQUE_COUNT, "rest", "stroke", "knead",
		     "deep", "press", "roll", "flush");
}

static void states_and_outcomes_have_their_stable_words(void **state)
{
	(void)state;
	assert_words(session_state_name, enum session_state, STATE_COUNT, "fault", "inhibited",
		     "ready", "preheat", "homing", "massage", "paused", "retracting", "service");
	assert_words(refusal_name, enum refusal, REFUSAL_COUNT, "none", "fault", "inhibited",
		     "not_ready", "seat_empty", "already_running", "no_session",
		     "nothing_to_resume", "unknown_program", "side_not_offered",
		     "level_out_of_range", "minutes_out_of_range", "not_for_home", "preheat_rest",
		     "ask_pending", "no_heat", "child_lock", "check_in_refused", "rest_until",
		     "daily_limit", "level_ceiling", "time_limit", "no_time_left",
		     "heat_out_of_range", "heat_not_allowed", "not_steered", "key_off",
		     "seat_taken", "not_in_service", "one_at_a_time");
	assert_words(proof_item_name, enum proof_item, PROOF_ITEM_COUNT, "relay_open",
		     "relay_closes", "relay_drops", "switches", "drives", "channels", "pads");
	assert_words(ended_name, enum ended, ENDED_COUNT, "not", "finished", "stopped",
		     "seat_empty", "fault", "time_limit", "pause_expired", "interlock", "no_body");
	assert_words(ask_outcome_name, enum ask_outcome, ASK_COUNT, "none", "asked", "confirmed",
		     "expired", "cancelled");
	assert_words(effect_name, enum effect, EFFECT_COUNT, "cut", "retract", "pause", "heat_off",
		     "inhibit");
	assert_words(roller_stage_name, enum roller_stage, ROLLER_STAGE_COUNT, "lost", "clear",
		     "approach", "hold", "retract");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_of_the_session_table_is_the_specification),
		cmocka_unit_test(a_state_or_event_out_of_range_is_a_fault),
		cmocka_unit_test(a_cut_leads_to_fault_from_every_state),
		cmocka_unit_test(motion_is_left_through_retracting_only_unless_cut),
		cmocka_unit_test(motion_begins_with_a_start_or_resume_or_in_service_only),
		cmocka_unit_test(the_moving_states_are_exactly_these),
		cmocka_unit_test(every_row_of_the_matrix_is_the_specification),
		cmocka_unit_test(the_causes_of_an_effect_are_its_rows),
		cmocka_unit_test(the_worst_of_any_three_causes_wins),
		cmocka_unit_test(every_cause_tells_the_person_what_to_do),
		cmocka_unit_test(permits_follow_from_every_set_of_effects),
		cmocka_unit_test(zero_is_safe),
		cmocka_unit_test(the_compiled_limits_are_those_of_the_design),
		cmocka_unit_test(parts_have_their_stable_words),
		cmocka_unit_test(states_and_outcomes_have_their_stable_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
