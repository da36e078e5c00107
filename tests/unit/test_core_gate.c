/* SPDX-License-Identifier: MIT */
/* The gate limits whatever is demanded. */
#include "core_fixture.h"

static struct chair_config config;
static struct chair_inputs in;
static struct chair_outputs out;
static struct gate gate;
static struct permits permits;
static struct demand demand;
static struct roller_ctl rollers[ROLLER_COUNT];
static struct heat_ctl pads[PAD_COUNT];

static const struct permits all = { .power = true, .press = true, .heat = true, .start = true };

/* Everything is permitted and everything is asked for, too much of it. */
static int setup(void **state)
{
	(void)state;
	core_config(&config);
	core_good_inputs(&in, EPOCH_US);
	gate = (struct gate){ .activity = GATE_WORKING, .relay_was_closed = true };
	permits = all;
	demand = (struct demand){ .beeper = true, .lamp = true };
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		demand.speed[a] = 1000.0f;
	}
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		rollers[r] = (struct roller_ctl){ .depth_homed = true,
						  .travel_homed = true,
						  .stage = ROLLER_STAGE_HOLD,
						  .depth_mm = 20.0f,
						  .force_n = 10.0f,
						  .stamp_us = EPOCH_US };
	}
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		demand.pad_on[p] = true;
		pads[p] = (struct heat_ctl){ .valid = true, .temp_c = 38.0f };
	}
	return 0;
}

static void step(enum session_state state)
{
	gate_step(&gate, &permits, true, state, &demand, rollers, pads, &config, &in, &out);
}

static void set_speeds(float speed)
{
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		demand.speed[a] = speed;
	}
}

static float out_speed(unsigned int r, enum axis_kind kind)
{
	return out.speed[AXIS(r, kind)];
}

/* Which axis that is, the gate does not know; that it is one, it sees to. */
static void in_service_the_first_axis_that_is_asked_for_moves_slowly_and_no_other(void **state)
{
	(void)state;
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		in.drive[d].enabled = true;
		in.drive[d].limit = DRIVE_LIMIT_HOMING;
	}
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		rollers[r].order = ROLLER_ORDER_JOG;
	}
	for (unsigned int first = 0; first < AXIS_COUNT; first++) {
		const bool knead = first % AXIS_KIND_COUNT == AXIS_KNEAD;
		const float limit = knead ? LIMIT_SERVICE_RPM : LIMIT_SERVICE_MM_S;

		for (unsigned int fast = 0; fast < 2; fast++) {
			set_speeds(fast != 0 ? 1000.0f : 0.5f);
			for (unsigned int a = 0; a < first; a++) {
				demand.speed[a] = 0.0f;
			}
			step(STATE_SERVICE);
			for (unsigned int a = 0; a < AXIS_COUNT; a++) {
				assert_near(out.speed[a],
					    a != first	? 0.0f
					    : fast != 0 ? limit
							: 0.5f,
					    0.0f);
			}
			assert_true(out.drive[0].enable);
		}
	}
}

/* Only a jog moves a roller sideways that is out, and only in service. */
static void what_is_out_travels_by_a_jog_in_service_alone(void **state)
{
	(void)state;
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		in.drive[d].enabled = true;
		in.drive[d].limit = DRIVE_LIMIT_HOMING;
	}
	set_speeds(0.0f);
	demand.speed[AXIS(ROLLER_BACK, AXIS_TRAVEL)] = 5.0f;
	for (unsigned int i = 0; i < 4; i++) {
		const bool serves = (i & 1U) != 0;
		const bool jogs = (i & 2U) != 0;

		rollers[ROLLER_BACK].order = jogs ? ROLLER_ORDER_JOG : ROLLER_ORDER_STILL;
		step(serves ? STATE_SERVICE : STATE_HOMING);
		assert_near(out_speed(ROLLER_BACK, AXIS_TRAVEL), serves && jogs ? 5.0f : 0.0f,
			    0.0f);
	}
}

static void speeds_stay_under_those_of_their_axes_whatever_is_demanded(void **state)
{
	(void)state;
	for (unsigned int a = 0; a < AXIS_COUNT; a++) { /* each its own */
		config.roller[a / AXIS_KIND_COUNT].axis[a % AXIS_KIND_COUNT].speed_max =
			20.0f + (float)a;
	}
	step(STATE_MASSAGE);
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		assert_near(out.speed[a], 20.0f + (float)a, 0.0f);
	}
	set_speeds(-1000.0f);
	step(STATE_MASSAGE);
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		assert_near(out.speed[a], -20.0f - (float)a, 0.0f);
	}
	set_speeds(12.5f);
	step(STATE_MASSAGE);
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		assert_near(out.speed[a], 12.5f, 0.0f);
	}
}

static void without_power_nothing_is_on_but_lamp_and_beeper(void **state)
{
	(void)state;
	permits = (struct permits){ 0 };
	for (unsigned int s = 0; s < STATE_COUNT; s++) {
		step((enum session_state)s);
		assert_int_equal(out.coils, 1U << COIL_BEEPER | 1U << COIL_LAMP);
		for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
			assert_false(out.drive[d].enable);
		}
		for (unsigned int a = 0; a < AXIS_COUNT; a++) {
			assert_near(out.speed[a], 0.0f, 0.0f);
		}
	}
	permits = (struct permits){ .press = true,
				    .heat = true }; /* cannot be, and must not matter */
	step(STATE_MASSAGE);
	assert_int_equal(out.coils, 1U << COIL_BEEPER | 1U << COIL_LAMP);
}

static void drives_are_enabled_in_moving_states_only(void **state)
{
	(void)state;
	for (unsigned int s = 0; s < STATE_COUNT; s++) {
		step((enum session_state)s);
		for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
			assert_int_equal(out.drive[d].enable,
					 session_is_moving((enum session_state)s));
		}
		for (unsigned int a = 0; a < AXIS_COUNT; a++) {
			const bool out_of_it =
				s == STATE_MASSAGE ||
				(s != STATE_SERVICE && a % AXIS_KIND_COUNT == AXIS_DEPTH);

			assert_int_equal(out.speed[a] > 0.0f,
					 session_is_moving((enum session_state)s) && out_of_it);
		}
	}
}

static void a_pause_holds_no_roller_whose_place_is_unknown(void **state)
{
	(void)state;
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		rollers[r].depth_homed = false;
		step(STATE_PAUSED);
		for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
			assert_false(out.drive[d].enable);
		}
		step(STATE_HOMING);
		assert_true(out.drive[0].enable);
		rollers[r].depth_homed = true;
		step(STATE_PAUSED);
		assert_true(out.drive[0].enable);
	}
}

static void a_roller_that_is_out_travels_in_a_massage_while_it_holds_only(void **state)
{
	(void)state;
	set_speeds(10.0f);
	for (unsigned int s = 0; s < STATE_COUNT; s++) {
		for (unsigned int g = 0; g < ROLLER_STAGE_COUNT; g++) {
			const bool holds = s == STATE_MASSAGE && g == ROLLER_STAGE_HOLD;

			rollers[2].stage = (enum roller_stage)g;
			rollers[2].depth_mm = 20.0f;
			step((enum session_state)s);
			assert_near(out_speed(2, AXIS_TRAVEL), holds ? 10.0f : 0.0f, 0.0f);
			assert_near(out_speed(2, AXIS_KNEAD), holds ? 10.0f : 0.0f, 0.0f);
			rollers[2].depth_mm = 2.0f; /* clear */
			step((enum session_state)s);
			assert_near(out_speed(2, AXIS_TRAVEL),
				    session_is_moving((enum session_state)s) && s != STATE_SERVICE
					    ? 10.0f
					    : 0.0f,
				    0.0f);
		}
	}
}

static void a_roller_that_scans_travels_while_it_holds_and_homing_lasts(void **state)
{
	(void)state;
	set_speeds(10.0f);
	rollers[2].depth_mm = 20.0f;
	for (unsigned int s = 0; s < STATE_COUNT; s++) {
		for (unsigned int g = 0; g < ROLLER_STAGE_COUNT; g++) {
			for (unsigned int o = 0; o <= ROLLER_ORDER_SCAN; o++) {
				const bool scans = s == STATE_HOMING && o == ROLLER_ORDER_SCAN;
				const bool holds =
					(scans || s == STATE_MASSAGE) && g == ROLLER_STAGE_HOLD;

				rollers[2].order = (enum roller_order)o;
				rollers[2].stage = (enum roller_stage)g;
				step((enum session_state)s);
				assert_near(out_speed(2, AXIS_TRAVEL), holds ? 10.0f : 0.0f, 0.0f);
			}
		}
	}
}

static void the_proof_of_the_pads_enables_heat_and_switches_none_on(void **state)
{
	const uint32_t enable = 1U << COIL_HEAT_ENABLE;

	(void)state;
	memset(demand.pad_on, 0, sizeof(demand.pad_on));
	demand.prove_pads = true;
	step(STATE_READY);
	assert_int_equal(out.coils & (RIG_HEAT_COILS), enable);
	permits.heat = false; /* not proven yet: no heat, but the proof goes on */
	demand.pad_on[2] = true;
	step(STATE_MASSAGE);
	assert_int_equal(out.coils & (RIG_HEAT_COILS), enable);
	permits.press = false;
	step(STATE_READY);
	assert_int_equal(out.coils & (RIG_HEAT_COILS), 0);
	permits.press = true;
	permits.power = false;
	step(STATE_READY);
	assert_int_equal(out.coils & (RIG_HEAT_COILS), 0);
}

static void without_press_rollers_leave_and_nothing_travels(void **state)
{
	(void)state;
	permits.press = false;
	step(STATE_MASSAGE);
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		assert_near(out_speed(r, AXIS_TRAVEL), 0.0f, 0.0f);
		assert_near(out_speed(r, AXIS_DEPTH), -40.0f, 0.0f);
		assert_near(out_speed(r, AXIS_KNEAD), 0.0f, 0.0f);
	}
	set_speeds(0.0f); /* demanded or not */
	step(STATE_MASSAGE);
	assert_near(out_speed(0, AXIS_DEPTH), -40.0f, 0.0f);
	set_speeds(-12.0f); /* the roller's own way out is kept */
	step(STATE_MASSAGE);
	assert_near(out_speed(0, AXIS_DEPTH), -12.0f, 0.0f);
	rollers[0].depth_mm = 1.0f;
	set_speeds(5.0f); /* nothing to leave, and nothing to go to */
	step(STATE_MASSAGE);
	assert_near(out_speed(0, AXIS_DEPTH), 0.0f, 0.0f);
	set_speeds(0.0f);
	step(STATE_MASSAGE);
	assert_near(out_speed(0, AXIS_DEPTH), 0.0f, 0.0f);
	assert_near(out_speed(1, AXIS_DEPTH), -40.0f, 0.0f);
}

static void over_40_n_no_roller_goes_farther_out(void **state)
{
	(void)state;
	rollers[2].force_n = 40.0f;
	step(STATE_MASSAGE);
	assert_near(out_speed(2, AXIS_DEPTH), 40.0f, 0.0f);
	rollers[2].force_n = 40.125f;
	step(STATE_MASSAGE);
	assert_near(out_speed(2, AXIS_DEPTH), 0.0f, 0.0f);
	assert_near(out_speed(1, AXIS_DEPTH), 40.0f, 0.0f);
	set_speeds(-5.0f);
	step(STATE_MASSAGE);
	assert_near(out_speed(2, AXIS_DEPTH), -5.0f, 0.0f);
}

static void without_fresh_feedback_the_only_way_is_out(void **state)
{
	static const struct {
		uint64_t stamp_us;
		bool fresh;
	} table[] = { { EPOCH_US, true },
		      { EPOCH_US - LIMIT_DRIVE_AGE_US, true },
		      { EPOCH_US - LIMIT_DRIVE_AGE_US - 1, false },
		      { EPOCH_US + 1, false },
		      { 0, false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		rollers[3].stamp_us = table[i].stamp_us;
		set_speeds(10.0f);
		step(STATE_MASSAGE);
		for (unsigned int k = 0; k < AXIS_KIND_COUNT; k++) {
			assert_near(out_speed(3, (enum axis_kind)k), table[i].fresh ? 10.0f : 0.0f,
				    0.0f);
		}
		set_speeds(-10.0f);
		step(STATE_MASSAGE);
		assert_near(out_speed(3, AXIS_DEPTH), -10.0f, 0.0f);
		assert_near(out_speed(3, AXIS_TRAVEL), table[i].fresh ? -10.0f : 0.0f, 0.0f);
	}
	set_speeds(0.5f); /* nor slowly */
	step(STATE_MASSAGE);
	assert_near(out_speed(3, AXIS_DEPTH), 0.0f, 0.0f);
	in.now_us = LIMIT_DRIVE_AGE_US; /* 0 is no stamp, however young the clock */
	rollers[3].stamp_us = 0;
	set_speeds(10.0f);
	step(STATE_MASSAGE);
	assert_near(out_speed(3, AXIS_TRAVEL), 0.0f, 0.0f);
	assert_near(out_speed(3, AXIS_DEPTH), 0.0f, 0.0f);
}

static void heat_needs_a_permit_a_wish_and_both_channels(void **state)
{
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		const uint32_t bit = 1U << (COIL_SSR_LOWER_BACK + p);

		assert_int_equal(setup(state), 0);
		step(STATE_PREHEAT);
		assert_int_equal(out.coils & (RIG_HEAT_COILS), RIG_HEAT_COILS);
		demand.pad_on[p] = false;
		step(STATE_PREHEAT);
		assert_int_equal(out.coils & (RIG_HEAT_COILS), (RIG_HEAT_COILS) & ~bit);
		demand.pad_on[p] = true;
		pads[p].valid = false;
		step(STATE_PREHEAT);
		assert_int_equal(out.coils & (RIG_HEAT_COILS), (RIG_HEAT_COILS) & ~bit);
		pads[p].valid = true;
		pads[p].temp_c = 41.0f;
		step(STATE_PREHEAT);
		assert_int_equal(out.coils & (RIG_HEAT_COILS), (RIG_HEAT_COILS) & ~bit);
		pads[p].temp_c = 40.9375f;
		step(STATE_PREHEAT);
		assert_int_equal(out.coils & bit, bit);
		permits.heat = false;
		step(STATE_PREHEAT);
		assert_int_equal(out.coils & (RIG_HEAT_COILS), 0);
	}
}

static void heat_enable_is_on_only_with_a_pad(void **state)
{
	(void)state;
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		demand.pad_on[p] = false;
	}
	step(STATE_PREHEAT);
	assert_int_equal(out.coils & (RIG_HEAT_COILS), 0);
	demand.pad_on[PAD_LEG_RIGHT] = true;
	step(STATE_PREHEAT);
	assert_int_equal(out.coils & (RIG_HEAT_COILS),
			 1U << COIL_HEAT_ENABLE | 1U << COIL_SSR_LEG_RIGHT);
}

static void lamp_and_beeper_follow_the_demand(void **state)
{
	(void)state;
	permits = (struct permits){ 0 };
	demand.beeper = false;
	step(STATE_FAULT);
	assert_int_equal(out.coils, 1U << COIL_LAMP);
	demand.beeper = true;
	demand.lamp = false;
	step(STATE_FAULT);
	assert_int_equal(out.coils, 1U << COIL_BEEPER);
}

static void the_heartbeat_changes_in_healthy_powered_cycles_only(void **state)
{
	const uint32_t beat = 1U << COIL_HEARTBEAT;

	(void)state;
	step(STATE_READY);
	assert_int_equal(out.coils & beat, beat);
	step(STATE_READY);
	assert_int_equal(out.coils & beat, 0);
	gate_step(&gate, &permits, false, STATE_READY, &demand, rollers, pads, &config, &in, &out);
	assert_int_equal(out.coils & beat, 0);
	step(STATE_READY);
	assert_int_equal(out.coils & beat, beat);
	permits.power = false;
	step(STATE_READY);
	assert_int_equal(out.coils & beat, beat); /* held where it is */
	step(STATE_READY);
	assert_int_equal(out.coils & beat, beat);
}

static void limits_of_the_drives_follow_the_state(void **state)
{
	static const struct {
		enum session_state state;
		enum drive_limit limit;
	} way[] = {
		{ STATE_INHIBITED, DRIVE_LIMIT_HOMING },  { STATE_HOMING, DRIVE_LIMIT_HOMING },
		{ STATE_RETRACTING, DRIVE_LIMIT_HOMING }, { STATE_HOMING, DRIVE_LIMIT_HOMING },
		{ STATE_MASSAGE, DRIVE_LIMIT_WORK },	  { STATE_RETRACTING, DRIVE_LIMIT_WORK },
		{ STATE_PAUSED, DRIVE_LIMIT_WORK },	  { STATE_HOMING, DRIVE_LIMIT_HOMING },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(way); i++) {
		step(way[i].state);
		for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
			assert_int_equal(out.drive[d].limit, way[i].limit);
		}
	}
}

static void what_takes_motion_away_is_urgent_once(void **state)
{
	(void)state;
	step(STATE_MASSAGE);
	assert_int_equal(out.urgent, 0);
	permits.press = false;
	step(STATE_MASSAGE);
	assert_int_equal(out.urgent, 1);
	step(STATE_MASSAGE);
	assert_int_equal(out.urgent, 1);
	permits.power = false;
	step(STATE_MASSAGE);
	assert_int_equal(out.urgent, 2);
	step(STATE_FAULT);
	assert_int_equal(out.urgent, 2); /* stopped already */
	permits = all;
	step(STATE_MASSAGE);
	assert_int_equal(out.urgent, 2);
	step(STATE_RETRACTING);
	assert_int_equal(out.urgent, 3);
	permits.press = false;
	step(STATE_RETRACTING);
	assert_int_equal(out.urgent, 3);
	step(STATE_READY); /* it is over */
	assert_int_equal(out.urgent, 3);
	permits = all;
	step(STATE_RETRACTING);
	permits.power = false;
	step(STATE_FAULT);
	assert_int_equal(out.urgent, 4);
}

/* Each of them would take four writes on a line before anything is read again. */
static void stops_while_nothing_moves_are_not_urgent(void **state)
{
	(void)state;
	gate.activity = GATE_OFF;
	for (unsigned int n = 0; n < 10; n++) {
		permits.press = n % 2 == 0;
		step(STATE_READY);
		assert_int_equal(out.urgent, 0);
	}
	permits.press = true;
	step(STATE_RETRACTING);
	for (unsigned int n = 0; n < 10; n++) {
		permits.press = n % 2 == 0;
		step(STATE_RETRACTING);
		assert_int_equal(out.urgent, 0);
	}
}

static void each_closing_of_the_relay_begins_a_power_epoch(void **state)
{
	const uint32_t open = 1U << SWITCH_RELAY_FEEDBACK;

	(void)state;
	step(STATE_READY);
	assert_int_equal(out.power_epoch, 0);
	in.switches |= open;
	step(STATE_READY);
	assert_int_equal(out.power_epoch, 0);
	in.switches &= ~open;
	step(STATE_READY);
	assert_int_equal(out.power_epoch, 1);
	step(STATE_READY);
	assert_int_equal(out.power_epoch, 1);
	in.switches |= open;
	step(STATE_READY);
	in.switches &= ~open;
	step(STATE_READY);
	assert_int_equal(out.power_epoch, 2);
}

#define TEST(function) cmocka_unit_test_setup(function, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(in_service_the_first_axis_that_is_asked_for_moves_slowly_and_no_other),
		TEST(what_is_out_travels_by_a_jog_in_service_alone),
		TEST(in_service_the_first_axis_that_is_asked_for_moves_slowly_and_no_other),
		TEST(what_is_out_travels_by_a_jog_in_service_alone),
		TEST(speeds_stay_under_those_of_their_axes_whatever_is_demanded),
		TEST(without_power_nothing_is_on_but_lamp_and_beeper),
		TEST(drives_are_enabled_in_moving_states_only),
		TEST(a_pause_holds_no_roller_whose_place_is_unknown),
		TEST(a_roller_that_is_out_travels_in_a_massage_while_it_holds_only),
		TEST(a_roller_that_scans_travels_while_it_holds_and_homing_lasts),
		TEST(the_proof_of_the_pads_enables_heat_and_switches_none_on),
		TEST(without_press_rollers_leave_and_nothing_travels),
		TEST(over_40_n_no_roller_goes_farther_out),
		TEST(without_fresh_feedback_the_only_way_is_out),
		TEST(heat_needs_a_permit_a_wish_and_both_channels),
		TEST(heat_enable_is_on_only_with_a_pad),
		TEST(lamp_and_beeper_follow_the_demand),
		TEST(the_heartbeat_changes_in_healthy_powered_cycles_only),
		TEST(limits_of_the_drives_follow_the_state),
		TEST(what_takes_motion_away_is_urgent_once),
		TEST(stops_while_nothing_moves_are_not_urgent),
		TEST(each_closing_of_the_relay_begins_a_power_epoch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
