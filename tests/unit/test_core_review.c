/* SPDX-License-Identifier: MIT */
/* What the review of core has found, each as the behaviour that is right: none of it comes back. */
#include "core_fixture.h"

static struct chair_config config;

/* The switches and stamps of the next cycle, without the rig's plant. */
static void step_raw(uint64_t dt_us)
{
	rig.in.now_us += dt_us;
	rig.in.switches_stamp_us = rig.in.now_us;
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		rig.in.drive[d].stamp_us = rig.in.now_us;
	}
	for (unsigned int i = 0; i < PAD_COUNT * PAD_CHANNELS; i++) {
		rig.in.sensor[i / PAD_CHANNELS][i % PAD_CHANNELS].stamp_us = rig.in.now_us;
	}
	rig_step_raw();
}

/* Was: the refused ask still counted as a start in its own cycle. */
static void a_second_ask_is_refused_and_starts_nothing(void **state)
{
	const struct chair_command ask = { .kind = COMMAND_START, .side = SIDE_BOTH, .ask = true };

	(void)state;
	rig_ready();
	assert_int_equal(rig_command(ask), REFUSAL_NONE);
	rig_run_ms(2000);
	assert_int_equal(rig_command(ask), REFUSAL_ASK_PENDING);
	assert_int_equal(rig.chair.session.state, STATE_READY);
	rig_run_ms(2000);
	assert_int_equal(rig.chair.session.state, STATE_READY);
	assert_true(rig.chair.session.ask.chosen);
}

static void a_second_ask_to_resume_resumes_nothing(void **state)
{
	const struct chair_command ask = { .kind = COMMAND_RESUME, .ask = true };

	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	assert_int_equal(rig_command((struct chair_command){ .kind = COMMAND_PAUSE }),
			 REFUSAL_NONE);
	rig_run_until(STATE_PAUSED, 3000);
	assert_int_equal(rig_command(ask), REFUSAL_NONE);
	rig_run_ms(2000);
	assert_int_equal(rig_command(ask), REFUSAL_ASK_PENDING);
	assert_int_equal(rig.chair.session.state, STATE_PAUSED);
}

/* Was: the pause was given up only after the event had been chosen. */
static void a_stop_in_the_cycle_that_ends_a_pausing_retraction_is_not_lost(void **state)
{
	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	assert_int_equal(rig_command((struct chair_command){ .kind = COMMAND_PAUSE }),
			 REFUSAL_NONE);
	for (unsigned int t = 0; t < 2000; t += 10) {
		static struct rig before;

		before = rig;
		rig_cycle();
		if (rig.chair.session.state == STATE_PAUSED) {
			rig = before; /* once more, and now with a stop */
			rig.in.stop = true;
			rig_cycle();
			break;
		}
	}
	rig_run_ms(1000);
	assert_false(rig.chair.session.running);
	assert_int_equal(rig.chair.session.state, STATE_READY);
}

/* Was: only pressing waited for the limits of the drives. */
static void homing_waits_until_every_drive_holds_the_low_limit(void **state)
{
	(void)state;
	rig_ready();
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		rig.in.drive[d].enabled = true;
		rig.in.drive[d].limit = DRIVE_LIMIT_WORK; /* of the last session */
	}
	rig.in.command = (struct chair_command){ .kind = COMMAND_START, .side = SIDE_BOTH };
	step_raw(CYCLE_US);
	assert_int_equal(rig.chair.session.state, STATE_HOMING);
	step_raw(CYCLE_US);
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		assert_near(rig.out.speed[a], 0.0f, 0.0f);
	}
}

/* Was: a clear roller might go out without the permit to press. */
static void without_press_no_roller_goes_out_not_even_a_clear_one(void **state)
{
	const struct permits permits = { .power = true };
	struct roller_ctl rollers[ROLLER_COUNT] = { 0 };
	struct heat_ctl pads[PAD_COUNT] = { 0 };
	struct demand demand = { 0 };
	struct gate gate = { 0 };
	struct chair_outputs out;
	struct chair_inputs in;

	(void)state;
	core_config(&config);
	core_good_inputs(&in, EPOCH_US);
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		rollers[r].depth_homed = true;
		rollers[r].stamp_us = EPOCH_US;
		demand.speed[AXIS(r, AXIS_DEPTH)] = 8.0f;
	}
	gate_step(&gate, &permits, true, STATE_MASSAGE, &demand, rollers, pads, &config, &in, &out);
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		assert_true(out.speed[AXIS(r, AXIS_DEPTH)] <= 0.0f);
	}
}

/* Was: speed_max was checked at the start and then used by nobody. */
static void the_configured_speed_of_an_axis_is_never_exceeded(void **state)
{
	const struct permits permits = { .power = true, .press = true };
	struct roller_ctl rollers[ROLLER_COUNT] = { 0 };
	struct heat_ctl pads[PAD_COUNT] = { 0 };
	struct demand demand = { 0 };
	struct gate gate = { 0 };
	struct chair_outputs out;
	struct chair_inputs in;

	(void)state;
	core_config(&config);
	core_good_inputs(&in, EPOCH_US);
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		rollers[a / AXIS_KIND_COUNT].stamp_us = EPOCH_US;
		demand.speed[a] = 1000.0f;
	}
	gate_step(&gate, &permits, true, STATE_MASSAGE, &demand, rollers, pads, &config, &in, &out);
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		const unsigned int r = a / AXIS_KIND_COUNT;

		assert_true(out.speed[a] <= config.roller[r].axis[a % AXIS_KIND_COUNT].speed_max);
	}
}

/* Was: once seen, a drive might lose its configuration unnoticed. */
static void a_drive_that_loses_its_configuration_cuts(void **state)
{
	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	for (unsigned int i = 0; i < 100; i++) {
		rig.in.drive[1].configured = false;
		rig.in.drive[1].limit = DRIVE_LIMIT_UNKNOWN;
		step_raw(CYCLE_US);
	}
	assert_int_equal(rig.chair.session.state, STATE_FAULT);
}

/* Was: still, on the body, for as long as it lasts. */
static void a_drive_that_is_not_ready_in_massage_does_not_leave_rollers_on_the_body(void **state)
{
	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	assert_int_equal(rig.chair.roller[ROLLER_BACK].stage, ROLLER_STAGE_HOLD);
	for (unsigned int i = 0; i < 500; i++) {
		rig.in.drive[5].enabled = false;
		step_raw(CYCLE_US);
	}
	assert_int_not_equal(rig.chair.session.state, STATE_MASSAGE);
}

/* Was: READY came before silence counts, so up to 3 s of homing were blind. */
static void nothing_moves_before_a_silent_drive_would_be_noticed(void **state)
{
	(void)state;
	rig_init();
	rig_run_until(STATE_READY, 5000);
	(void)rig_start(RIG_PROGRAM_BACK, SIDE_BOTH, 1);
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		rig.deaf[d] = true;
	}
	rig_run_ms(400);
	assert_false(session_is_moving(rig.chair.session.state));
}

/* Was: bits that could not be read made edges. */
static void a_read_failure_is_no_button_edge_and_acknowledges_nothing(void **state)
{
	(void)state;
	rig_ready();
	rig.chair.session.start_blocked = true; /* so that holding it starts nothing */
	rig_set(SWITCH_BUTTON_START, true);	/* held, or stuck */
	rig_run_ms(100);
	for (unsigned int i = 0; i < 10; i++) {
		const uint32_t switches = rig.in.switches;

		rig.in.switches = 0; /* zero is unreadable */
		rig.in.switches_stamp_us = 0;
		rig.in.now_us += CYCLE_US;
		rig_step_raw();
		rig.in.switches = switches;
	}
	assert_int_equal(rig.chair.session.state, STATE_FAULT);
	rig_run_ms(200);
	assert_int_equal(rig.chair.session.state, STATE_FAULT);
	assert_true(rig_latched(CAUSE_GPIO_FAILED));
}

/* Was: without all modules no pad was looked at. */
static void a_missing_module_does_not_hide_a_hot_pad(void **state)
{
	struct interlock_context context = { 0 };
	struct interlock il = { 0 };
	struct chair_inputs in;

	(void)state;
	core_good_inputs(&in, EPOCH_US);
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		in.sensor[p][0].temp_c = 60.0f;
		in.sensor[p][1] = (struct sensor_input){ 0 };
	}
	interlock_update(&il, &in, &context);
	assert_true((il.active & CAUSE_BIT(CAUSE_PAD_HOT)) != 0);
}

/* Was: a cause in its hold time counted as gone. */
static void a_cause_that_is_there_again_but_not_for_long_is_not_acknowledged_away(void **state)
{
	struct interlock_context context = { 0 };
	struct interlock il = { 0 };
	struct chair_inputs in;

	(void)state;
	core_good_inputs(&in, EPOCH_US);
	in.sensor[0][0].quality = QUALITY_OPEN;
	interlock_restore(&il, CAUSE_BIT(CAUSE_SENSOR_IMPLAUSIBLE), EPOCH_US);
	interlock_update(&il, &in, &context);
	(void)interlock_acknowledge(&il);
	assert_true((il.latched & CAUSE_BIT(CAUSE_SENSOR_IMPLAUSIBLE)) != 0);
}

/* Was: F002 beside F001, though an e-stop opens the chain by wire. */
static void a_relay_that_falls_with_the_estop_is_not_at_fault(void **state)
{
	(void)state;
	rig_ready();
	rig_set(SWITCH_ESTOP_CLOSED, false);
	rig_run_ms(100);
	assert_true(rig_latched(CAUSE_ESTOP_OPEN));
	assert_false(rig_latched(CAUSE_RELAY_FEEDBACK));
}

/* Was: F002 at once, though the heartbeat of a process before this one may have just ended. */
static void a_relay_still_closed_at_start_up_has_200_ms_to_open(void **state)
{
	struct interlock_context context = { 0 };
	struct interlock il = { 0 };
	struct chair_inputs in;

	(void)state;
	core_good_inputs(&in, EPOCH_US); /* the relay is closed */
	interlock_update(&il, &in, &context);
	assert_false((il.active & CAUSE_BIT(CAUSE_RELAY_FEEDBACK)) != 0);
}

/* Was: begun beyond the lower end of its zone the centre stayed there, and for more than a minute
 * the roller went to and fro over that end, off the body most of the time. */
static void a_roll_works_in_its_zone_wherever_it_began(void **state)
{
	struct program *program = &rig.chair.config.programs[RIG_PROGRAM_LEG];
	unsigned int held = 0;

	(void)state;
	rig_ready();
	program->phase_count = 2;
	program->phases[0] =
		(struct program_phase){ "calf", 60,   1U << PART_CALF, TECHNIQUE_STROKE,
					0,	0.0f, LEVEL_MAX,       false };
	program->phases[1] =
		(struct program_phase){ "thigh", 240,  1U << PART_THIGH, TECHNIQUE_ROLL,
					0,	 0.0f, LEVEL_MAX,	 false };
	assert_int_equal(rig_start(RIG_PROGRAM_LEG, SIDE_RIGHT, 1), REFUSAL_NONE);
	rig_run_until(STATE_MASSAGE, 60000);
	rig_run_ms(70000);
	assert_int_equal(rig.chair.session.phase, 1);
	for (unsigned int t = 0; t < 60000; t += 10) {
		rig_cycle();
		held += rig.chair.roller[ROLLER_LEG_RIGHT].stage == ROLLER_STAGE_HOLD;
	}
	assert_true(held > 4800); /* of 6000 */
}

/* Was: stopped 1 mm before the end, and turning only nearer to it. */
static void a_slow_stroke_does_not_get_stuck_at_the_end_of_the_track(void **state)
{
	const struct roller_demand demand = {
		ROLLER_ORDER_WORK, TECHNIQUE_DEEP, 6.0f, 0.0f, 320.0f, 0, AXIS_TRAVEL, 0.0f
	};
	struct roller_ctl ctl = {
		.stage = ROLLER_STAGE_HOLD,
		.depth_homed = true,
		.travel_homed = true,
		.travel_mm = 0.9f,
		.technique = { .technique = TECHNIQUE_DEEP, .toward_heart = true },
	};
	float speed[AXIS_KIND_COUNT];

	(void)state;
	core_config(&config);
	for (unsigned int i = 0; i < 500; i++) {
		roller_step(&ctl, ROLLER_BACK, &config, &demand, 0.01f, speed);
	}
	assert_true(speed[AXIS_TRAVEL] > 0.0f);
}

/* Was: 38 degrees whatever set_max_c said. */
static void preheating_stays_under_a_lower_configured_set_point(void **state)
{
	(void)state;
	rig_ready();
	rig.chair.config.set_max_c = 36.0f;
	assert_int_equal(rig_command((struct chair_command){ .kind = COMMAND_PREHEAT }),
			 REFUSAL_NONE);
	rig_cycle();
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		assert_true(rig.chair.set_c[p] <= 36.0f);
	}
}

static void bad_pad(void)
{
	config.zone[ZONE_CALF_RIGHT].pad = PAD_COUNT; /* would be written to */
}

static void bad_roller(void)
{
	config.zone[ZONE_CALF_RIGHT].roller = ROLLER_COUNT;
}

static void level_zero_negative(void)
{
	config.force.level_n[0] = -1.0f;
}

static void always_clear(void)
{
	config.force.clear_mm = 50.0f; /* force would never be looked at */
}

static void contact_over_trip(void)
{
	config.force.contact_n = 46.0f;
}

static void approach_too_quick(void)
{
	config.force.approach_mm_s = 61.0f;
}

static void rate_backwards(void)
{
	config.force.rate_n_s = -1.0f;
}

static void retraction_takes_minutes(void)
{
	config.force.retract_mm_s = 0.5f;
}

static void default_program_not_for_both(void)
{
	config.default_program = RIG_PROGRAM_LEG; /* the armrest could never start */
}

static void inner_share_negative(void)
{
	config.roller[ROLLER_LEG_LEFT].inner_share = -1.0f;
}

/* Was: all of these were taken. */
static void a_configuration_that_defeats_an_interlock_is_refused(void **state)
{
	static void (*const bad[])(void) = {
		bad_pad,
		bad_roller,
		level_zero_negative,
		always_clear,
		contact_over_trip,
		approach_too_quick,
		rate_backwards,
		retraction_takes_minutes,
		default_program_not_for_both,
		inner_share_negative,
	};
	unsigned int taken = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		static struct chair chair;

		core_config(&config);
		bad[i]();
		if (chair_init(&chair, &config) == 0) {
			print_error("bad configuration %zu was taken\n", i);
			taken++;
		}
	}
	assert_int_equal(taken, 0);
}

/* Was: accepted, though nothing was done. */
static void an_unknown_command_is_not_accepted(void **state)
{
	struct chair_event done = { 0 };

	(void)state;
	rig_ready();
	rig.in.command = (struct chair_command){ .kind = (enum command_kind)99, .id = 1 };
	rig_cycle();
	assert_true(rig_saw(CHAIR_EVENT_COMMAND, &done) == 0 || done.a != REFUSAL_NONE);
}

/* Was: neither done nor answered. */
static void a_command_in_the_cycle_of_a_press_is_answered(void **state)
{
	(void)state;
	rig_ready();
	rig_set(SWITCH_BUTTON_START, true);
	rig.in.command =
		(struct chair_command){ .kind = COMMAND_START, .side = SIDE_BOTH, .id = 7 };
	rig_cycle();
	assert_int_equal(rig_saw(CHAIR_EVENT_SESSION_STARTED, NULL), 1);
	assert_int_equal(rig_saw(CHAIR_EVENT_COMMAND, NULL), 1);
}

/* Was: for one second the seat was empty and nobody knew. */
static void a_press_beside_an_empty_seat_confirms_nothing(void **state)
{
	(void)state;
	rig_ready();
	assert_int_equal(rig_command((struct chair_command){
				 .kind = COMMAND_START, .side = SIDE_BOTH, .ask = true }),
			 REFUSAL_NONE);
	rig_run_ms(5000);
	rig_set(SWITCH_SEAT_OCCUPIED, false);
	rig_run_ms(500);
	rig_press(SWITCH_BUTTON_START);
	assert_int_equal(rig.chair.session.state, STATE_READY);
}

/* Was: any start counted as the confirmation. */
static void an_ask_that_another_start_replaces_was_not_confirmed(void **state)
{
	struct chair_event event = { 0 };

	(void)state;
	rig_ready();
	assert_int_equal(rig_command((struct chair_command){
				 .kind = COMMAND_START, .side = SIDE_BOTH, .ask = true }),
			 REFUSAL_NONE);
	rig_run_ms(5000);
	assert_int_equal(rig_start(RIG_PROGRAM_LEG, SIDE_RIGHT, 1), REFUSAL_NONE);
	assert_int_equal(rig_saw(CHAIR_EVENT_ASK, &event), 1);
	assert_int_not_equal(event.a, ASK_CONFIRMED);
}

/* Was: PAUSED was resumed without a look at the causes. */
static void an_inhibited_chair_does_not_resume_a_pause(void **state)
{
	struct session_report report;
	struct chair_inputs in;
	struct interlock il = { .active = CAUSE_BIT(CAUSE_DEVICE_MISSING),
				.effects = 1U << EFFECT_INHIBIT };
	struct session s = {
		.state = STATE_PAUSED,
		.running = true,
		.entered_us = EPOCH_US,
		.now = { .chosen = true, .side = SIDE_BOTH, .level = 1, .duration_us = 300 * S_US }
	};

	(void)state;
	core_config(&config);
	core_good_inputs(&in, EPOCH_US);
	in.command.kind = COMMAND_RESUME;
	session_step(&s, &config, &in, &il, &(struct session_stage){ .homed = true, .clear = true },
		     CYCLE_US, &report);
	assert_int_equal(s.state, STATE_PAUSED);
}

/* Was: room for 16 events, and the change of state was overwritten. */
static void the_change_of_state_is_told_however_many_causes_changed(void **state)
{
	struct chair_event event = { 0 };

	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	rig.chair.interlock.active = 0xfffffc; /* as if 22 had come with the last cycle */
	rig_set(SWITCH_ESTOP_CLOSED, false);
	rig_cycle();
	assert_int_equal(rig.chair.session.state, STATE_FAULT);
	assert_int_equal(rig_saw(CHAIR_EVENT_STATE, &event), 1);
	assert_int_equal(rig_saw(CHAIR_EVENT_SESSION_ENDED, NULL), 1);
}

/* Was: the end of the program was told as a phase that does not exist. */
static void no_phase_beyond_the_last_is_told(void **state)
{
	(void)state;
	rig_massage(RIG_PROGRAM_SHORT);
	rig_run_until(STATE_READY, 80000);
	for (unsigned int e = 0; e < rig.event_count; e++) {
		if (rig.events[e].kind == CHAIR_EVENT_PHASE) {
			assert_true(rig.events[e].a < 1);
		}
	}
}

/* Was: a trip ends its session, and the count ended with it: F021 never came. */
static void F021_the_second_force_trip_of_the_same_sitting_latches(void **state)
{
	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	for (unsigned int i = 0; i < 2; i++) {
		rig.push_n[ROLLER_BACK] = 50.0f;
		rig_run_ms(70);
		rig.push_n[ROLLER_BACK] = 0.0f;
		assert_true(rig_has(CAUSE_FORCE_HIGH));
		rig_run_ms(2000);
		if (i == 0) {
			(void)rig_start(RIG_PROGRAM_BACK, SIDE_BOTH, 3);
			rig_run_until(STATE_MASSAGE, 60000);
			for (unsigned int t = 0; t < 10000; t += 10) {
				rig_cycle();
			}
		}
	}
	assert_int_equal(rig.chair.session.state, STATE_FAULT);
	assert_true(rig_latched(CAUSE_FORCE_REPEATED));
}

/* Was: the heartbeat began in the first cycle, so a relay that is welded closed looked like one
 * that obeys, until the next CUT. */
static void a_relay_welded_before_the_start_is_found_before_anything_moves(void **state)
{
	(void)state;
	rig_init();
	rig.relay = RIG_RELAY_WELDED;
	rig_run_ms(10000);
	assert_int_equal(rig.chair.session.state, STATE_FAULT);
	assert_true(rig_latched(CAUSE_RELAY_FEEDBACK));
}

/* Was: a button that went down while nothing could be read was an edge afterwards. */
static void a_press_while_nothing_could_be_read_acknowledges_nothing(void **state)
{
	(void)state;
	rig_ready();
	for (unsigned int i = 0; i < 10; i++) {
		rig.in.outputs_written = false;
		rig_cycle();
	}
	rig_set(SWITCH_BUTTON_START, true);
	rig_cycle();
	rig.in.outputs_written = true;
	rig_run_ms(200);
	assert_int_equal(rig.chair.session.state, STATE_FAULT);
	assert_true(rig_latched(CAUSE_GPIO_FAILED));
	rig_set(SWITCH_BUTTON_START, false);
	rig_cycle();
	rig_press(SWITCH_BUTTON_START); /* this one counts */
	assert_false(rig_latched(CAUSE_GPIO_FAILED));
}

static void zone_beyond_its_track(void)
{
	config.zone[ZONE_LOWER_BACK].to_mm =
		400.0f; /* of 320: the roller waits at the end for ever */
}

static void zone_before_its_track(void)
{
	config.zone[ZONE_LOWER_BACK].from_mm = -40.0f;
}

static void depth_stop_without_force(void)
{
	config.force.homing_n_depth = 0.0f; /* any rest would be the mechanical stop */
}

static void travel_stop_without_force(void)
{
	config.force.homing_n_travel = 0.0f;
}

static void depth_axis_too_slow_to_retract(void)
{
	config.roller[ROLLER_BACK].axis[AXIS_DEPTH].speed_max = 5.0f; /* 50 mm, and 2 s */
}

static void stroke_too_long_to_retract(void)
{
	config.force.retract_mm_s = 20.0f; /* 50 mm, and 2 s */
}

static void homing_that_never_arrives(void)
{
	config.roller[ROLLER_BACK].axis[AXIS_DEPTH].homing_mm_s = 0.0f;
}

static void a_configuration_that_cannot_work_is_refused(void **state)
{
	static void (*const bad[])(void) = {
		zone_beyond_its_track,		zone_before_its_track,
		depth_stop_without_force,	travel_stop_without_force,
		depth_axis_too_slow_to_retract, stroke_too_long_to_retract,
		homing_that_never_arrives,
	};
	unsigned int taken = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		static struct chair chair;

		core_config(&config);
		bad[i]();
		if (chair_init(&chair, &config) == 0) {
			print_error("bad configuration %zu was taken\n", i);
			taken++;
		}
	}
	assert_int_equal(taken, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_second_ask_is_refused_and_starts_nothing),
		cmocka_unit_test(a_second_ask_to_resume_resumes_nothing),
		cmocka_unit_test(a_stop_in_the_cycle_that_ends_a_pausing_retraction_is_not_lost),
		cmocka_unit_test(homing_waits_until_every_drive_holds_the_low_limit),
		cmocka_unit_test(without_press_no_roller_goes_out_not_even_a_clear_one),
		cmocka_unit_test(the_configured_speed_of_an_axis_is_never_exceeded),
		cmocka_unit_test(a_drive_that_loses_its_configuration_cuts),
		cmocka_unit_test(
			a_drive_that_is_not_ready_in_massage_does_not_leave_rollers_on_the_body),
		cmocka_unit_test(nothing_moves_before_a_silent_drive_would_be_noticed),
		cmocka_unit_test(a_read_failure_is_no_button_edge_and_acknowledges_nothing),
		cmocka_unit_test(a_missing_module_does_not_hide_a_hot_pad),
		cmocka_unit_test(
			a_cause_that_is_there_again_but_not_for_long_is_not_acknowledged_away),
		cmocka_unit_test(a_relay_that_falls_with_the_estop_is_not_at_fault),
		cmocka_unit_test(a_relay_still_closed_at_start_up_has_200_ms_to_open),
		cmocka_unit_test(a_roll_works_in_its_zone_wherever_it_began),
		cmocka_unit_test(a_slow_stroke_does_not_get_stuck_at_the_end_of_the_track),
		cmocka_unit_test(preheating_stays_under_a_lower_configured_set_point),
		cmocka_unit_test(a_configuration_that_defeats_an_interlock_is_refused),
		cmocka_unit_test(an_unknown_command_is_not_accepted),
		cmocka_unit_test(a_command_in_the_cycle_of_a_press_is_answered),
		cmocka_unit_test(a_press_beside_an_empty_seat_confirms_nothing),
		cmocka_unit_test(an_ask_that_another_start_replaces_was_not_confirmed),
		cmocka_unit_test(an_inhibited_chair_does_not_resume_a_pause),
		cmocka_unit_test(the_change_of_state_is_told_however_many_causes_changed),
		cmocka_unit_test(no_phase_beyond_the_last_is_told),
		cmocka_unit_test(F021_the_second_force_trip_of_the_same_sitting_latches),
		cmocka_unit_test(a_relay_welded_before_the_start_is_found_before_anything_moves),
		cmocka_unit_test(a_press_while_nothing_could_be_read_acknowledges_nothing),
		cmocka_unit_test(a_configuration_that_cannot_work_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
