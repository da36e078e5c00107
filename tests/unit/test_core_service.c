/* SPDX-License-Identifier: MIT */
/* Service: key, empty seat, lease; one axis while somebody holds, slowly; one pad; every interlock
 * lives. */
#include "core_fixture.h"

#define DEPTH AXIS(ROLLER_BACK, AXIS_DEPTH)

static enum refusal enter(void)
{
	rig.in.service_heard_us = rig.in.now_us;
	return rig_command((struct chair_command){ .kind = COMMAND_SERVICE });
}

/* READY, then the key is turned and the seat left. */
static int setup(void **state)
{
	(void)state;
	rig_ready();
	rig_set(SWITCH_SERVICE_KEY, true);
	rig_set(SWITCH_SEAT_OCCUPIED, false);
	rig_run_ms(100);
	assert_int_equal(rig.chair.session.state, STATE_INHIBITED);
	return 0;
}

/* Somebody holds on for so long. */
static void hold_ms(unsigned int ms)
{
	for (unsigned int t = 0; t < ms; t += 10) {
		rig.in.service_heard_us = rig.in.now_us;
		rig_cycle();
	}
}

static int setup_service(void **state)
{
	assert_int_equal(setup(state), 0);
	assert_int_equal(enter(), REFUSAL_NONE);
	assert_int_equal(rig.chair.session.state, STATE_SERVICE);
	hold_ms(1000);
	rig_forget();
	return 0;
}

static enum refusal jog(unsigned int axis, float speed)
{
	rig.in.service_heard_us = rig.in.now_us;
	return rig_command(
		(struct chair_command){ .kind = COMMAND_JOG, .axis = axis, .speed = speed });
}

static enum refusal home(enum roller roller)
{
	rig.in.service_heard_us = rig.in.now_us;
	return rig_command((struct chair_command){
		.kind = COMMAND_JOG, .axis = AXIS(roller, AXIS_DEPTH), .home = true });
}

static enum refusal heat(enum pad pad, float heat_c)
{
	rig.in.service_heard_us = rig.in.now_us;
	return rig_command(
		(struct chair_command){ .kind = COMMAND_HEAT_TEST, .pad = pad, .heat_c = heat_c });
}

static void assert_all_stand(void)
{
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		assert_near(rig.out.speed[a], 0.0f, 0.0f);
	}
}

static void assert_only_moves(unsigned int axis, float speed)
{
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		assert_near(rig.out.speed[a], a == axis ? speed : 0.0f, NEAR);
	}
}

static void service_needs_the_key_an_empty_seat_and_somebody_there(void **state)
{
	(void)state;
	rig_set(SWITCH_SERVICE_KEY, false);
	assert_int_equal(enter(), REFUSAL_KEY_OFF);
	rig_set(SWITCH_SERVICE_KEY, true);
	rig_set(SWITCH_SEAT_OCCUPIED, true);
	assert_int_equal(enter(), REFUSAL_SEAT_TAKEN);
	rig_set(SWITCH_SEAT_OCCUPIED, false);
	rig.in.service_heard_us = 0;
	assert_int_equal(rig_command((struct chair_command){ .kind = COMMAND_SERVICE }),
			 REFUSAL_NOT_READY);
	assert_int_equal(rig.chair.session.state, STATE_INHIBITED);
	assert_int_equal(enter(), REFUSAL_NONE);
	assert_int_equal(rig.chair.session.state, STATE_SERVICE);
	assert_int_equal(enter(), REFUSAL_ALREADY_RUNNING);
}

static void service_is_refused_while_something_else_goes_on(void **state)
{
	(void)state;
	rig_ready();
	rig_set(SWITCH_SEAT_OCCUPIED, false);
	rig_set(SWITCH_SERVICE_KEY, true);
	assert_int_equal(enter(), REFUSAL_NOT_READY); /* the key in this very cycle */
	assert_int_equal(enter(), REFUSAL_NONE);
	rig_ready();
	assert_int_equal(rig_command((struct chair_command){ .kind = COMMAND_PREHEAT }),
			 REFUSAL_NONE);
	assert_int_equal(enter(), REFUSAL_ALREADY_RUNNING);
	rig_ready();
	rig_set(SWITCH_ESTOP_CLOSED, false);
	rig_run_ms(50);
	assert_int_equal(rig.chair.session.state, STATE_FAULT);
	assert_int_equal(enter(), REFUSAL_FAULT);
}

static void the_key_alone_begins_nothing(void **state)
{
	(void)state;
	rig_run_ms(5000);
	assert_int_equal(rig.chair.session.state, STATE_INHIBITED);
	rig_press(SWITCH_BUTTON_START);
	assert_int_equal(rig.chair.session.state, STATE_INHIBITED);
	assert_all_stand();
}

static void whatever_else_speaks_against_a_start_speaks_against_service(void **state)
{
	static struct rig base;
	static const enum cause causes[] = { CAUSE_STOP, CAUSE_ESTOP_OPEN, CAUSE_COVER_OPEN,
					     CAUSE_DEVICE_MISSING, CAUSE_BUTTON_STUCK };
	static const enum refusal refusals[] = { REFUSAL_INHIBITED, REFUSAL_FAULT, REFUSAL_FAULT,
						 REFUSAL_INHIBITED, REFUSAL_INHIBITED };

	(void)state;
	base = rig;
	for (size_t i = 0; i < ARRAY_COUNT(causes); i++) {
		rig = base;
		switch ((int)causes[i]) {
		case CAUSE_STOP:
			rig.in.stop = true;
			break;
		case CAUSE_ESTOP_OPEN:
			rig_set(SWITCH_ESTOP_CLOSED, false);
			break;
		case CAUSE_COVER_OPEN:
			rig_set(SWITCH_BACK_COVER_CLOSED, false);
			break;
		case CAUSE_BUTTON_STUCK:
			rig_set(SWITCH_BUTTON_UP, true);
			rig_run_ms(31000);
			break;
		default:
			rig.deaf[3] = true;
			rig.in.drive[3] = (struct drive_input){ 0 };
			rig.chair.interlock.drives_seen = 0;
			rig_cycle();
			break;
		}
		assert_int_equal(enter(), refusals[i]);
		assert_int_not_equal(rig.chair.session.state, STATE_SERVICE);
		assert_all_stand();
	}
}

static void nothing_moves_in_service_until_told(void **state)
{
	(void)state;
	hold_ms(3000);
	assert_int_equal(rig.chair.session.state, STATE_SERVICE);
	assert_all_stand();
	assert_int_equal(rig.out.coils & (RIG_HEAT_COILS), 0);
	assert_int_equal(rig.out.drive[0].limit, DRIVE_LIMIT_HOMING);
	assert_true((rig.out.coils >> COIL_LAMP & 1U) != 0);
}

/* The seat has been empty for long enough to retract, and nobody knows where the rollers are. */
static void the_cycle_in_which_service_begins_moves_nothing(void **state)
{
	(void)state;
	rig_run_ms(2000);
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		rig.chair.roller[r].depth_homed = false;
	}
	rig.in.service_heard_us = rig.in.now_us;
	rig.in.command = (struct chair_command){ .kind = COMMAND_SERVICE, .id = 1 };
	rig_cycle();
	assert_int_equal(rig.chair.session.state, STATE_SERVICE);
	assert_all_stand();
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		assert_false(rig.out.drive[d].enable);
	}
	rig_cycle();
	assert_all_stand();
	assert_true(rig.out.drive[0].enable);
}

static void a_jog_moves_one_axis_slowly_and_only_while_it_is_held(void **state)
{
	(void)state;
	assert_int_equal(jog(DEPTH, 40.0f), REFUSAL_NONE);
	assert_only_moves(DEPTH, LIMIT_SERVICE_MM_S);
	hold_ms(400);
	assert_only_moves(DEPTH, LIMIT_SERVICE_MM_S);
	rig_run_ms((unsigned int)(LIMIT_SERVICE_HOLD_US / MS_US) - 10);
	assert_only_moves(DEPTH, LIMIT_SERVICE_MM_S);
	rig_cycle();
	assert_all_stand();
	hold_ms(1000); /* holding on again begins nothing */
	assert_all_stand();
	assert_int_equal(rig.chair.session.state, STATE_SERVICE);
	assert_true(rig.at_mm[DEPTH] > 5.0f); /* and stays where it is */
}

static void an_axis_moves_either_way_and_a_knead_turns(void **state)
{
	(void)state;
	assert_int_equal(jog(DEPTH, 10.0f), REFUSAL_NONE);
	hold_ms(1000);
	assert_int_equal(jog(DEPTH, -10.0f), REFUSAL_NONE);
	assert_only_moves(DEPTH, -10.0f);
	assert_int_equal(jog(DEPTH, 0.0f), REFUSAL_NONE);
	assert_all_stand();
	assert_int_equal(jog(AXIS(ROLLER_BACK, AXIS_TRAVEL), -5.0f), REFUSAL_NONE);
	assert_only_moves(AXIS(ROLLER_BACK, AXIS_TRAVEL), -5.0f);
	assert_int_equal(jog(DEPTH, 0.0f), REFUSAL_NONE);
	assert_int_equal(jog(AXIS(ROLLER_LEG_LEFT, AXIS_KNEAD), -30.0f), REFUSAL_NONE);
	assert_only_moves(AXIS(ROLLER_LEG_LEFT, AXIS_KNEAD), -LIMIT_SERVICE_RPM);
	hold_ms(1000);
	assert_only_moves(AXIS(ROLLER_LEG_LEFT, AXIS_KNEAD), -LIMIT_SERVICE_RPM);
}

static void only_one_thing_at_a_time(void **state)
{
	(void)state;
	assert_int_equal(jog(DEPTH, 5.0f), REFUSAL_NONE);
	assert_int_equal(jog(AXIS(ROLLER_BACK, AXIS_TRAVEL), 5.0f), REFUSAL_ONE_AT_A_TIME);
	assert_int_equal(heat(PAD_LEG_LEFT, 38.0f), REFUSAL_ONE_AT_A_TIME);
	assert_int_equal(home(ROLLER_SEAT_LEFT), REFUSAL_ONE_AT_A_TIME);
	assert_only_moves(DEPTH, 5.0f);
	assert_int_equal(jog(DEPTH, 0.0f), REFUSAL_NONE);
	assert_int_equal(heat(PAD_LEG_LEFT, 38.0f), REFUSAL_NONE);
	assert_int_equal(jog(DEPTH, 5.0f), REFUSAL_ONE_AT_A_TIME);
	assert_int_equal(jog(DEPTH, 0.0f), REFUSAL_ONE_AT_A_TIME);
	assert_int_equal(heat(PAD_GLUTE_LEFT, 38.0f), REFUSAL_ONE_AT_A_TIME);
	assert_int_equal(heat(PAD_LEG_LEFT, 0.0f), REFUSAL_NONE);
	assert_int_equal(jog(DEPTH, 5.0f), REFUSAL_NONE);
	/* the end of any jog ends whichever it is */
	assert_int_equal(jog(AXIS(ROLLER_BACK, AXIS_TRAVEL), 0.0f), REFUSAL_NONE);
}

static void axes_and_pads_that_are_not_there_are_refused(void **state)
{
	(void)state;
	assert_int_equal(jog(AXIS_COUNT, 5.0f), REFUSAL_ONE_AT_A_TIME);
	assert_int_equal(heat(PAD_COUNT, 38.0f), REFUSAL_ONE_AT_A_TIME);
	assert_int_equal(heat((enum pad)200, 38.0f), REFUSAL_ONE_AT_A_TIME);
	assert_all_stand();
}

static void an_axis_that_stands_is_pushed_no_longer(void **state)
{
	(void)state;
	rig.blocked[DEPTH] = true;
	assert_int_equal(jog(DEPTH, 10.0f), REFUSAL_NONE);
	hold_ms((unsigned int)(LIMIT_SERVICE_STILL_US / MS_US) + 200);
	assert_all_stand();
	assert_true(rig.chair.session.service.stood);
	assert_int_equal(rig.chair.session.service.work, SERVICE_NOTHING);
	assert_int_equal(rig.chair.session.state, STATE_SERVICE); /* no fault, either */
	assert_int_equal(jog(DEPTH, 0.0f), REFUSAL_NONE);
	assert_true(rig.chair.session.service.stood); /* until something moves again */
	rig.blocked[DEPTH] = false;
	assert_int_equal(jog(DEPTH, 10.0f), REFUSAL_NONE);
	assert_false(rig.chair.session.service.stood);
	hold_ms(300);
	assert_only_moves(DEPTH, 10.0f);
}

static void a_roller_finds_its_stops_while_it_is_held(void **state)
{
	const struct roller_ctl *ctl = &rig.chair.roller[ROLLER_SEAT_LEFT];

	(void)state;
	assert_int_equal(home(ROLLER_SEAT_LEFT), REFUSAL_NONE);
	for (unsigned int t = 0; t < 30000 && !ctl->travel_homed; t += 10) {
		hold_ms(10);
		for (unsigned int a = 0; a < AXIS_COUNT; a++) {
			assert_true(rig.out.speed[a] <= LIMIT_SERVICE_MM_S);
			assert_true(rig.out.speed[a] >= -LIMIT_SERVICE_MM_S);
			assert_true(a / AXIS_KIND_COUNT == ROLLER_SEAT_LEFT ||
				    (rig.out.speed[a] <= 0.0f && rig.out.speed[a] >= 0.0f));
		}
	}
	assert_true(ctl->depth_homed && ctl->travel_homed);
	assert_false(rig.chair.roller[ROLLER_BACK].depth_homed);
	hold_ms(20);
	assert_all_stand();
	assert_int_equal(jog(AXIS(ROLLER_SEAT_LEFT, AXIS_DEPTH), 0.0f), REFUSAL_NONE);
	/* it now knows its ends */
	assert_int_equal(jog(AXIS(ROLLER_SEAT_LEFT, AXIS_DEPTH), 15.0f), REFUSAL_NONE);
	rig.surface_mm = 100.0f;
	hold_ms(6000);
	assert_true(ctl->depth_mm >= 43.0f && ctl->depth_mm <= 45.0f);
	assert_int_equal(jog(AXIS(ROLLER_SEAT_LEFT, AXIS_DEPTH), -15.0f), REFUSAL_NONE);
	hold_ms(1000);
	assert_int_equal(jog(AXIS(ROLLER_SEAT_LEFT, AXIS_DEPTH), 0.0f), REFUSAL_NONE);
	assert_int_equal(jog(AXIS(ROLLER_SEAT_LEFT, AXIS_TRAVEL), 15.0f), REFUSAL_NONE);
	hold_ms(14000);
	assert_true(ctl->travel_mm >= 158.0f && ctl->travel_mm <= 160.0f);
	assert_true(rig.chair.session.service.stood);
	/* out, it is moved in before it looks for its upper end */
	assert_int_equal(home(ROLLER_SEAT_LEFT), REFUSAL_NONE);
	assert_only_moves(AXIS(ROLLER_SEAT_LEFT, AXIS_DEPTH), -LIMIT_SERVICE_MM_S);
}

static void homing_ends_with_the_hand(void **state)
{
	(void)state;
	assert_int_equal(home(ROLLER_BACK), REFUSAL_NONE);
	hold_ms(50);
	rig_run_ms((unsigned int)(LIMIT_SERVICE_HOLD_US / MS_US) + 10);
	assert_all_stand();
	assert_int_equal(rig.chair.session.service.work, SERVICE_NOTHING);
}

static void homing_takes_two_minutes_at_most(void **state)
{
	(void)state;
	rig.blocked[DEPTH] = true;
	assert_int_equal(home(ROLLER_BACK), REFUSAL_NONE);
	rig.chair.session.service.work_us = rig.in.now_us + 2 * CYCLE_US - LIMIT_SERVICE_HOME_US;
	hold_ms(10);
	assert_int_equal(rig.chair.session.service.work, SERVICE_HOME);
	hold_ms(10);
	assert_int_equal(rig.chair.session.service.work, SERVICE_NOTHING);
	assert_all_stand();
}

static void a_heat_test_warms_one_pad_for_five_minutes_at_most(void **state)
{
	(void)state;
	assert_int_equal(heat(PAD_GLUTE_RIGHT, 55.0f), REFUSAL_NONE);
	hold_ms(20);
	assert_near(rig.chair.set_c[PAD_GLUTE_RIGHT], 41.0f, NEAR);
	assert_int_equal(rig.out.coils & (RIG_HEAT_COILS),
			 1U << COIL_SSR_GLUTE_RIGHT | 1U << COIL_HEAT_ENABLE);
	assert_int_equal(heat(PAD_GLUTE_RIGHT, 38.0f), REFUSAL_NONE);
	assert_near(rig.chair.set_c[PAD_GLUTE_RIGHT], 38.0f, NEAR);
	rig.chair.session.service.work_us = rig.in.now_us + 2 * CYCLE_US - LIMIT_SERVICE_HEAT_US;
	hold_ms(10);
	assert_near(rig.chair.set_c[PAD_GLUTE_RIGHT], 38.0f, NEAR);
	hold_ms(10);
	assert_near(rig.chair.set_c[PAD_GLUTE_RIGHT], 0.0f, NEAR);
	assert_int_equal(rig.out.coils & (RIG_HEAT_COILS), 0);
}

static void a_heat_test_needs_nobodys_hand_but_somebody_there(void **state)
{
	(void)state;
	assert_int_equal(heat(PAD_LEG_RIGHT, 38.0f), REFUSAL_NONE);
	rig_run_ms((unsigned int)(LIMIT_SERVICE_SILENT_US / MS_US) - 10);
	assert_int_equal(rig.chair.session.state, STATE_SERVICE);
	assert_near(rig.chair.set_c[PAD_LEG_RIGHT], 38.0f, NEAR);
	rig_run_ms(20);
	assert_int_not_equal(rig.chair.session.state, STATE_SERVICE);
	assert_int_equal(rig.out.coils & (RIG_HEAT_COILS), 0);
}

/* Each of these ends it, rollers first, and nothing is left that could go on. */
/* The relay falls when a cycle comes very late, and would close again with the next heartbeats. */
static void F002_power_that_goes_in_service_and_comes_back_heats_and_moves_nothing(void **state)
{
	static struct rig base;

	(void)state;
	base = rig;
	for (unsigned int work = 0; work < 3; work++) {
		rig = base;
		if (work == 0) {
			assert_int_equal(heat(PAD_GLUTE_RIGHT, 38.0f), REFUSAL_NONE);
		} else {
			assert_int_equal(jog(DEPTH, 5.0f), REFUSAL_NONE);
		}
		hold_ms(400);
		if (work == 2) { /* the rollers of a technician that has gone leave */
			rig_set(SWITCH_SERVICE_KEY, false);
			hold_ms(20);
			assert_int_equal(rig.chair.session.state, STATE_RETRACTING);
		}
		rig_cycle_us(90 * MS_US);  /* two late cycles, one after the other: */
		rig_cycle_us(105 * MS_US); /* the second later than the relay holds */
		hold_ms(10);
		assert_int_equal(rig.chair.session.state, STATE_FAULT);
		assert_int_equal(rig.chair.interlock.first_out, CAUSE_RELAY_FEEDBACK);
		for (unsigned int t = 0; t < 5000; t += 10) {
			hold_ms(10);
			assert_all_stand();
			assert_int_equal(rig.out.coils & (RIG_HEAT_COILS), 0);
			assert_false(rig.out.drive[0].enable);
		}
	}
}

static void service_ends_with_silence_key_seat_stop_or_time(void **state)
{
	static struct rig base;

	(void)state;
	assert_int_equal(jog(DEPTH, 15.0f), REFUSAL_NONE);
	hold_ms(1000);
	assert_true(rig.at_mm[DEPTH] > 10.0f);
	base = rig;
	for (unsigned int way = 0; way < 6; way++) {
		bool retracted = false;

		rig = base;
		if (way == 0) {
			rig.in.service_heard_us = 0;
		} else if (way == 1) {
			rig_set(SWITCH_SERVICE_KEY, false);
		} else if (way == 2) {
			rig_set(SWITCH_SEAT_OCCUPIED, true);
		} else if (way == 3) {
			rig.in.stop = true;
		} else if (way == 4) {
			rig.chair.session.service.expires_us = rig.in.now_us;
		} else {
			rig_set(SWITCH_LEG_GUARD_CLEAR, false);
		}
		for (unsigned int t = 0; t < 3000; t += 10) {
			rig_cycle();
			retracted = retracted || rig.chair.session.state == STATE_RETRACTING;
			assert_int_not_equal(rig.chair.session.state, STATE_SERVICE);
			assert_true(rig.out.speed[DEPTH] <= 0.0f);
		}
		assert_true(retracted);
		assert_true(rig.at_mm[DEPTH] <= 2.0f);
		assert_false(rig.chair.interlock.latched != 0 && way != 5);
		assert_int_equal(rig.chair.session.state, way == 5   ? STATE_FAULT
							  : way == 1 ? STATE_READY
								     : STATE_INHIBITED);
		assert_int_equal(jog(DEPTH, 5.0f), REFUSAL_NOT_IN_SERVICE);
		assert_all_stand();
	}
}

static void the_lease_lasts_ten_minutes_from_its_last_use(void **state)
{
	(void)state;
	rig.chair.session.service.expires_us = rig.in.now_us + S_US;
	assert_int_equal(heat(PAD_LEG_LEFT, 0.0f), REFUSAL_NONE);
	assert_int_equal(rig.chair.session.service.expires_us,
			 rig.in.now_us + LIMIT_SERVICE_LEASE_US);
	hold_ms(2000);
	assert_int_equal(rig.chair.session.state, STATE_SERVICE);
	assert_int_equal(jog(AXIS_COUNT, 5.0f), REFUSAL_ONE_AT_A_TIME); /* no use */
	assert_true(rig.chair.session.service.expires_us < rig.in.now_us + LIMIT_SERVICE_LEASE_US);
}

static void a_stamp_from_the_future_is_nobody(void **state)
{
	(void)state;
	rig.in.service_heard_us = rig.in.now_us + S_US;
	rig_cycle();
	assert_int_equal(rig.chair.session.state, STATE_RETRACTING);
}

static void a_session_is_refused_in_service_and_its_commands_outside(void **state)
{
	(void)state;
	rig.in.service_heard_us = rig.in.now_us;
	assert_int_equal(rig_start(RIG_PROGRAM_BACK, SIDE_BOTH, 1), REFUSAL_ALREADY_RUNNING);
	rig_press(SWITCH_BUTTON_START);
	hold_ms(100);
	assert_int_equal(rig.chair.session.state, STATE_SERVICE);
	rig_massage(RIG_PROGRAM_BACK);
	assert_int_equal(enter(), REFUSAL_ALREADY_RUNNING);
	assert_int_equal(jog(DEPTH, 5.0f), REFUSAL_NOT_IN_SERVICE);
	assert_int_equal(heat(PAD_LEG_LEFT, 38.0f), REFUSAL_NOT_IN_SERVICE);
	assert_int_equal(rig_command((struct chair_command){ .kind = COMMAND_PROVE }),
			 REFUSAL_ALREADY_RUNNING);
	assert_int_equal(rig.chair.session.state, STATE_MASSAGE);
}

static void a_session_to_be_resumed_is_over_once_a_technician_came(void **state)
{
	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	rig.in.stop = true;
	rig_run_ms(3000);
	assert_true(rig.chair.session.rest.chosen);
	rig_set(SWITCH_SERVICE_KEY, true);
	rig_set(SWITCH_SEAT_OCCUPIED, false);
	rig_run_ms(100);
	assert_int_equal(enter(), REFUSAL_NONE);
	assert_false(rig.chair.session.rest.chosen);
}

/* The gate does not trust who asks: no torque but the homing limit's, no speed but the low one. */
static void in_service_an_axis_without_its_low_limit_does_not_move(void **state)
{
	(void)state;
	assert_int_equal(jog(DEPTH, 10.0f), REFUSAL_NONE);
	assert_only_moves(DEPTH, 10.0f);
	for (unsigned int i = 0; i < 2; i++) {
		static struct chair chair;
		struct chair_inputs in = rig.in;
		struct chair_outputs out;
		struct demand demand = { 0 };

		chair = rig.chair;
		demand.speed[DEPTH] = 40.0f;
		demand.speed[AXIS(ROLLER_LEG_LEFT, AXIS_DEPTH)] = 40.0f;
		in.drive[chair.config.roller[ROLLER_BACK].axis[AXIS_DEPTH].drive].limit =
			i == 0 ? DRIVE_LIMIT_WORK : DRIVE_LIMIT_HOMING;
		in.now_us += CYCLE_US;
		gate_step(&chair.gate, &chair.permits, true, STATE_SERVICE, &demand, chair.roller,
			  chair.pad, &chair.config, &in, &out);
		assert_near(out.speed[DEPTH], i == 0 ? 0.0f : LIMIT_SERVICE_MM_S, NEAR);
		assert_near(out.speed[AXIS(ROLLER_LEG_LEFT, AXIS_DEPTH)],
			    i == 0 ? LIMIT_SERVICE_MM_S : 0.0f, NEAR);
	}
}

/* ---- the lease by itself, at its boundaries ---- */

static struct chair_config config;
static struct chair_inputs in;
static struct service lease;

static int setup_lease(void **state)
{
	(void)state;
	core_config(&config);
	core_good_inputs(&in, EPOCH_US);
	in.switches |= 1U << SWITCH_SERVICE_KEY;
	in.service_heard_us = in.now_us;
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		in.drive[d].enabled = true;
		in.drive[d].limit = DRIVE_LIMIT_HOMING;
	}
	service_begin(&lease, in.now_us);
	return 0;
}

static bool take_jog(unsigned int axis, float speed)
{
	in.command = (struct chair_command){ .kind = COMMAND_JOG, .axis = axis, .speed = speed };
	return service_take(&lease, &config, &in);
}

/* So much later, heard all the time. */
static void later_us(uint64_t us)
{
	in.now_us += us;
	in.service_heard_us = in.now_us;
	service_step(&lease, &config, &in);
}

static void a_lease_is_over_at_its_very_end_and_not_before(void **state)
{
	(void)state;
	assert_int_equal(lease.expires_us, EPOCH_US + LIMIT_SERVICE_LEASE_US);
	in.now_us = lease.expires_us - 1;
	in.service_heard_us = in.now_us;
	assert_false(service_is_over(&lease, &in));
	in.now_us++;
	assert_true(service_is_over(&lease, &in));
	in.now_us = EPOCH_US + LIMIT_SERVICE_SILENT_US;
	in.service_heard_us = EPOCH_US;
	assert_false(service_is_over(&lease, &in));
	in.now_us++;
	assert_true(service_is_over(&lease, &in));
	in.now_us = LIMIT_SERVICE_SILENT_US; /* soon after power-up */
	in.service_heard_us = 0;
	assert_false(service_is_heard(&in));
	in.service_heard_us = 1;
	assert_true(service_is_heard(&in));
}

static void a_very_slow_jog_and_a_cool_test_are_one(void **state)
{
	(void)state;
	assert_true(take_jog(DEPTH, 0.5f));
	assert_int_equal(lease.work, SERVICE_JOG);
	assert_true(take_jog(DEPTH, -0.5f));
	assert_near(lease.speed, -0.5f, 0.0f);
	assert_true(take_jog(DEPTH, 0.0f));
	in.command = (struct chair_command){ .kind = COMMAND_HEAT_TEST, .heat_c = 0.5f };
	assert_true(service_take(&lease, &config, &in));
	assert_int_equal(lease.work, SERVICE_HEAT);
}

static void an_axis_stands_below_its_own_speed_for_half_a_second(void **state)
{
	static const struct {
		unsigned int axis;
		float speed;
		bool stands;
	} table[] = {
		{ DEPTH, 0.29f, true },
		{ DEPTH, 0.31f, false },
		{ DEPTH, -0.31f, false },
		{ AXIS(ROLLER_BACK, AXIS_KNEAD), 0.49f, true },
		{ AXIS(ROLLER_BACK, AXIS_KNEAD), 0.51f, false },
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		assert_int_equal(setup_lease(state), 0);
		assert_true(take_jog(table[i].axis, 5.0f));
		in.axis[table[i].axis].speed = table[i].speed;
		later_us(CYCLE_US);
		later_us(LIMIT_SERVICE_STILL_US - 1);
		assert_int_equal(lease.work, SERVICE_JOG);
		later_us(1);
		assert_int_equal(lease.stood, table[i].stands);
		assert_int_equal(lease.work, table[i].stands ? SERVICE_NOTHING : SERVICE_JOG);
	}
}

static void standing_counts_anew_after_moving_and_not_for_a_drive_that_is_not_ready(void **state)
{
	(void)state;
	assert_true(take_jog(DEPTH, 5.0f));
	later_us(CYCLE_US);
	later_us(LIMIT_SERVICE_STILL_US - 1);
	in.axis[DEPTH].speed = 5.0f;
	later_us(CYCLE_US);
	in.axis[DEPTH].speed = 0.0f;
	later_us(CYCLE_US);
	later_us(LIMIT_SERVICE_STILL_US - 1);
	assert_int_equal(lease.work, SERVICE_JOG);
	for (unsigned int way = 0; way < 2; way++) {
		struct drive_input *drive =
			&in.drive[config.roller[ROLLER_BACK].axis[AXIS_DEPTH].drive];

		drive->enabled = way != 0;
		drive->limit = way == 0 ? DRIVE_LIMIT_HOMING : DRIVE_LIMIT_WORK;
		later_us(LIMIT_SERVICE_STILL_US);
		later_us(LIMIT_SERVICE_STILL_US);
		assert_int_equal(lease.work, SERVICE_JOG);
	}
}

static void what_a_jog_has_told_is_forgotten_when_the_next_begins(void **state)
{
	(void)state;
	in.axis[DEPTH].pos = 7.0f;
	assert_true(take_jog(DEPTH, 5.0f));
	assert_near(lease.from, 7.0f, 0.0f);
	assert_int_equal(lease.work_us, EPOCH_US);
	later_us(CYCLE_US);
	later_us(LIMIT_SERVICE_STILL_US);
	assert_true(lease.stood);
	in.axis[DEPTH].pos = 9.0f;
	assert_true(take_jog(DEPTH, -5.0f));
	assert_false(lease.stood);
	assert_near(lease.from, 9.0f, 0.0f);
	assert_int_equal(lease.work_us, in.now_us);
	in.axis[DEPTH].pos = 8.0f;
	assert_true(take_jog(DEPTH, -6.0f)); /* the same one goes on */
	assert_near(lease.from, 9.0f, 0.0f);
}

static void a_jog_may_last_and_nothing_told_stands(void **state)
{
	(void)state;
	later_us(CYCLE_US);
	later_us(LIMIT_SERVICE_STILL_US);
	later_us(LIMIT_SERVICE_STILL_US);
	assert_false(lease.stood);
	assert_true(take_jog(AXIS(ROLLER_BACK, AXIS_KNEAD), 5.0f));
	in.axis[AXIS(ROLLER_BACK, AXIS_KNEAD)].speed = 5.0f;
	later_us(LIMIT_SERVICE_HEAT_US);
	assert_int_equal(lease.work, SERVICE_JOG);
}

static void the_proof_is_done_again_on_demand_and_nothing_moves(void **state)
{
	bool opened = false;

	(void)state;
	rig_ready();
	assert_int_equal(rig_command((struct chair_command){ .kind = COMMAND_PROVE }),
			 REFUSAL_NONE);
	rig_cycle();
	assert_int_equal(rig.chair.session.state, STATE_INHIBITED);
	assert_int_equal(rig_command((struct chair_command){ .kind = COMMAND_PROVE }),
			 REFUSAL_NONE); /* from its beginning */
	assert_int_equal(rig.chair.proof.item, PROOF_RELAY_OPEN);
	rig_cycle();
	assert_true(rig_has(CAUSE_PROOF));
	assert_int_equal(rig.chair.session.state, STATE_INHIBITED);
	for (unsigned int t = 0; t < 400; t += 10) {
		rig_cycle();
		opened = opened || !rig.relay_closed;
	}
	assert_true(opened);
	rig_run_until(STATE_READY, 6000);
	assert_all_stand();
	assert_int_equal(rig.chair.proof.item, PROOF_PADS);
	rig_set(SWITCH_ESTOP_CLOSED, false);
	rig_cycle();
	assert_int_equal(rig_command((struct chair_command){ .kind = COMMAND_PROVE }),
			 REFUSAL_FAULT);
}

#define TEST(name)    cmocka_unit_test_setup(name, setup)
#define SERVICE(name) cmocka_unit_test_setup(name, setup_service)
#define LEASE(name)   cmocka_unit_test_setup(name, setup_lease)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(service_needs_the_key_an_empty_seat_and_somebody_there),
		TEST(service_is_refused_while_something_else_goes_on),
		TEST(the_key_alone_begins_nothing),
		TEST(whatever_else_speaks_against_a_start_speaks_against_service),
		TEST(the_cycle_in_which_service_begins_moves_nothing),
		SERVICE(nothing_moves_in_service_until_told),
		SERVICE(a_jog_moves_one_axis_slowly_and_only_while_it_is_held),
		SERVICE(an_axis_moves_either_way_and_a_knead_turns),
		SERVICE(only_one_thing_at_a_time),
		SERVICE(axes_and_pads_that_are_not_there_are_refused),
		SERVICE(an_axis_that_stands_is_pushed_no_longer),
		SERVICE(a_roller_finds_its_stops_while_it_is_held),
		SERVICE(homing_ends_with_the_hand),
		SERVICE(homing_takes_two_minutes_at_most),
		SERVICE(a_heat_test_warms_one_pad_for_five_minutes_at_most),
		SERVICE(a_heat_test_needs_nobodys_hand_but_somebody_there),
		SERVICE(F002_power_that_goes_in_service_and_comes_back_heats_and_moves_nothing),
		SERVICE(service_ends_with_silence_key_seat_stop_or_time),
		SERVICE(the_lease_lasts_ten_minutes_from_its_last_use),
		SERVICE(a_stamp_from_the_future_is_nobody),
		SERVICE(a_session_is_refused_in_service_and_its_commands_outside),
		TEST(a_session_to_be_resumed_is_over_once_a_technician_came),
		SERVICE(in_service_an_axis_without_its_low_limit_does_not_move),
		LEASE(a_lease_is_over_at_its_very_end_and_not_before),
		LEASE(a_very_slow_jog_and_a_cool_test_are_one),
		LEASE(an_axis_stands_below_its_own_speed_for_half_a_second),
		LEASE(standing_counts_anew_after_moving_and_not_for_a_drive_that_is_not_ready),
		LEASE(what_a_jog_has_told_is_forgotten_when_the_next_begins),
		LEASE(a_jog_may_last_and_nothing_told_stands),
		TEST(the_proof_is_done_again_on_demand_and_nothing_moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
