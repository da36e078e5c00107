/* SPDX-License-Identifier: MIT */
/* The whole cycle: configuration, start-up, a full session, every cause in every state. */
#include "core_fixture.h"

static struct chair_config config;

/* chair_init() of the reference configuration after @change. */
static void (*change)(void);

static int init_changed(void (*what)(void))
{
	change = what;
	core_config(&config);
	change();
	memset(&rig, 0, sizeof(rig));
	return chair_init(&rig.chair, &config);
}

static void nothing(void)
{
}

static void levels_equal(void)
{
	config.force.level_n[3] = config.force.level_n[2];
}

static void level_one_zero(void)
{
	config.force.level_n[1] = 0.0f;
}

static void level_five_40_n(void)
{
	config.force.level_n[5] = 40.0f;
	config.roller[ROLLER_LEG_LEFT].inner_share = 0.0f;
	config.roller[ROLLER_LEG_RIGHT].inner_share = 0.0f;
}

static void level_five_under_40_n(void)
{
	level_five_40_n();
	config.force.level_n[5] = 39.9375f;
}

static void no_acceleration(void)
{
	config.force.travel_mm_s2 = 0.0f;
}

static void no_retraction(void)
{
	config.force.retract_mm_s = 0.0f;
}

static void retraction_too_quick(void)
{
	config.force.retract_mm_s = 60.0625f;
}

static void retraction_quickest(void)
{
	config.force.retract_mm_s = 60.0f;
}

static void too_warm(void)
{
	config.set_max_c = 41.0625f;
}

static void session_too_long(void)
{
	config.session_max_s = 1801;
}

static void session_far_too_long(void)
{
	config.session_max_s = UINT32_MAX; /* must not wrap around */
}

static void drive_that_is_not_there(void)
{
	config.roller[ROLLER_LEG_RIGHT].axis[AXIS_KNEAD].drive = DRIVE_COUNT;
}

static void axis_without_speed(void)
{
	config.roller[ROLLER_BACK].axis[AXIS_DEPTH].speed_max = 0.0f;
}

static void thigh_and_calf_in_one_phase(void)
{
	config.programs[0].phases[0].parts = 1U << PART_THIGH | 1U << PART_CALF;
}

static void axis_without_limit(void)
{
	config.roller[ROLLER_BACK].axis[AXIS_KNEAD].limit_n = 0.0f;
}

static void axis_of_half_an_ampere(void)
{
	config.roller[ROLLER_BACK].axis[AXIS_KNEAD].limit_n = 0.5f;
}

static void travel_without_speed(void)
{
	config.roller[ROLLER_BACK].axis[AXIS_TRAVEL].speed_max = 0.0f;
}

static void travel_too_quick(void)
{
	config.roller[ROLLER_BACK].axis[AXIS_TRAVEL].speed_max = 60.0625f;
}

static void depth_too_quick(void)
{
	config.roller[ROLLER_SEAT_LEFT].axis[AXIS_DEPTH].speed_max = 60.0625f;
}

static void knead_too_quick(void)
{
	config.roller[ROLLER_BACK].axis[AXIS_KNEAD].speed_max = 40.0625f;
}

static void everything_at_its_speed_limit(void)
{
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		config.roller[r].axis[AXIS_TRAVEL].speed_max = 60.0f;
		config.roller[r].axis[AXIS_DEPTH].speed_max = 60.0f;
		config.roller[r].axis[AXIS_KNEAD].speed_max = 40.0f;
		config.roller[r].axis[AXIS_TRAVEL].homing_mm_s = 60.0f;
		config.roller[r].axis[AXIS_DEPTH].homing_mm_s = 60.0f;
	}
}

static void homing_backwards(void)
{
	config.roller[ROLLER_BACK].axis[AXIS_TRAVEL].homing_mm_s = -1.0f;
}

static void homing_too_quick(void)
{
	config.roller[ROLLER_BACK].axis[AXIS_DEPTH].homing_mm_s = 60.0625f;
}

static void inner_roller_too_strong(void)
{
	config.roller[ROLLER_LEG_LEFT].inner_share = 0.5f; /* 11 N at level 5 */
}

static void inner_roller_at_10_n(void)
{
	config.force.level_n[5] = 20.0f;
	config.roller[ROLLER_LEG_LEFT].inner_share = 0.5f;
}

static void too_many_programs(void)
{
	config.program_count = PROGRAM_MAX + 1;
}

static void as_many_programs_as_fit(void)
{
	for (unsigned int i = 0; i < PROGRAM_MAX; i++) {
		config.programs[i] = config.programs[0];
	}
	config.program_count = PROGRAM_MAX;
	config.default_program = PROGRAM_MAX - 1;
}

static void no_program(void)
{
	config.program_count = 0;
}

static void default_program_unknown(void)
{
	config.default_program = RIG_PROGRAM_COUNT;
}

static void program_without_phases(void)
{
	config.programs[RIG_PROGRAM_SHORT].phase_count = 0;
}

static void program_with_too_many_phases(void)
{
	for (unsigned int p = 0; p < PROGRAM_PHASE_MAX; p++) {
		config.programs[RIG_PROGRAM_SHORT].phases[p] =
			config.programs[RIG_PROGRAM_BACK].phases[0];
	}
	config.programs[RIG_PROGRAM_SHORT].phase_count = PROGRAM_PHASE_MAX + 1;
}

static void program_with_16_phases(void)
{
	config.programs[RIG_PROGRAM_SHORT].phase_count = PROGRAM_PHASE_MAX;
	for (unsigned int p = 0; p < PROGRAM_PHASE_MAX; p++) {
		config.programs[RIG_PROGRAM_SHORT].phases[p].level_max = LEVEL_MAX;
	}
}

static void program_without_length(void)
{
	config.programs[RIG_PROGRAM_SHORT].phases[0].duration_s = 0;
}

static void phase_without_level(void)
{
	config.programs[RIG_PROGRAM_BACK].phases[1].level_max = 0;
}

static void phase_over_level_five(void)
{
	config.programs[RIG_PROGRAM_BACK].phases[1].level_max = LEVEL_MAX + 1;
}

static void phase_of_level_one(void)
{
	config.programs[RIG_PROGRAM_BACK].phases[1].level_max = 1;
}

static void program_of_one_second(void)
{
	config.programs[RIG_PROGRAM_SHORT].phases[0].duration_s = 1;
}

static void unknown_technique(void)
{
	config.programs[RIG_PROGRAM_BACK].phases[2].technique = TECHNIQUE_COUNT;
}

static void phase_too_warm(void)
{
	config.set_max_c = 39.0f; /* the second phase wants 40 */
}

static void phases_at_the_set_point(void)
{
	config.set_max_c = 40.0f;
}

static void zone_without_length(void)
{
	config.zone[ZONE_GLUTE_LEFT].to_mm = config.zone[ZONE_GLUTE_LEFT].from_mm;
}

static void zone_roller_unknown(void)
{
	config.zone[ZONE_THIGH_LEFT].roller = ROLLER_COUNT;
}

static void zone_pad_unknown(void)
{
	config.zone[ZONE_THIGH_LEFT].pad = PAD_COUNT;
}

static void level_zero_negative(void)
{
	config.force.level_n[0] = -0.0625f;
}

static void contact_zero(void)
{
	config.force.contact_n = 0.0f;
}

static void contact_at_level_one(void)
{
	config.force.contact_n = 6.0f;
}

static void clear_zero(void)
{
	config.force.clear_mm = 0.0f;
}

static void clear_too_far(void)
{
	config.force.clear_mm = 5.0625f;
}

static void approach_zero(void)
{
	config.force.approach_mm_s = 0.0f;
}

static void approach_too_quick(void)
{
	config.force.approach_mm_s = 60.0625f;
}

static void follow_zero(void)
{
	config.force.follow_mm_s = 0.0f;
}

static void follow_too_quick(void)
{
	config.force.follow_mm_s = 60.0625f;
}

static void retraction_too_slow(void)
{
	config.force.retract_mm_s = LIMIT_RETRACT_MM_S - 0.0625f;
}

static void rate_zero(void)
{
	config.force.rate_n_s = 0.0f;
}

static void gain_zero(void)
{
	config.force.gain_mm_s_n = 0.0f;
}

static void inner_share_negative(void)
{
	config.roller[ROLLER_LEG_RIGHT].inner_share = -0.0625f;
}

static void default_program_not_for_both(void)
{
	config.default_program = RIG_PROGRAM_LEG;
}

static void zone_zero_unknown(void)
{
	config.zone[ZONE_LOWER_BACK].pad = PAD_COUNT;
}

static void levels_one_and_zero_equal(void)
{
	config.force.level_n[0] = 6.0f;
}

static void levels_five_and_four_equal(void)
{
	config.force.level_n[5] = 18.0f;
}

static void first_phase_too_warm(void)
{
	config.programs[RIG_PROGRAM_SHORT].phases[0].heat_c = 41.0625f;
}

static void zone_just_before_its_track(void)
{
	config.zone[ZONE_LOWER_BACK].from_mm = -0.0625f;
}

static void zone_just_beyond_its_track(void)
{
	config.zone[ZONE_CALF_LEFT].to_mm = 520.0625f;
}

static void zones_from_end_to_end(void)
{
	config.zone[ZONE_LOWER_BACK].from_mm = 0.0f;
	config.zone[ZONE_LOWER_BACK].to_mm = 320.0f;
}

static void stroke_just_too_long(void)
{
	config.roller[ROLLER_BACK].axis[AXIS_DEPTH].range_mm = 60.0625f; /* 1.5 s at 40 mm/s */
}

static void stroke_just_too_slow(void)
{
	config.roller[ROLLER_BACK].axis[AXIS_DEPTH].speed_max = 33.25f; /* 50 mm, and 1.5 s */
}

static void strokes_as_long_as_may_be(void)
{
	config.roller[ROLLER_BACK].axis[AXIS_DEPTH].range_mm = 60.0f;
	config.force.retract_mm_s = 50.0f; /* the axis is slower */
}

static void depth_homing_without_speed(void)
{
	config.roller[ROLLER_LEG_RIGHT].axis[AXIS_DEPTH].homing_mm_s = 0.0f;
}

static void travel_homing_without_speed(void)
{
	config.roller[ROLLER_LEG_RIGHT].axis[AXIS_TRAVEL].homing_mm_s = 0.0f;
}

static void knead_homing_too_quick(void)
{
	config.roller[ROLLER_BACK].axis[AXIS_KNEAD].homing_mm_s = 40.0625f;
}

static void depth_stop_without_force(void)
{
	config.force.homing_n_depth = 0.0f;
}

static void travel_stop_without_force(void)
{
	config.force.homing_n_travel = 0.0f;
}

static void what_is_beyond_the_last_phase(void)
{
	config.programs[RIG_PROGRAM_SHORT].phases[1].heat_c = 99.0f;
	config.programs[RIG_PROGRAM_SHORT].phases[1].technique = TECHNIQUE_COUNT;
}

static void retraction_slowest(void)
{
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		config.roller[r].axis[AXIS_DEPTH].range_mm = 30.0f;
	}
	config.force.retract_mm_s = LIMIT_RETRACT_MM_S;
}

static void all_slow_and_gentle(void)
{
	config.force.contact_n = 0.5f;
	config.force.clear_mm = 0.5f;
	config.force.approach_mm_s = 0.5f;
	config.force.follow_mm_s = 0.5f;
	config.force.rate_n_s = 0.5f;
	config.force.gain_mm_s_n = 0.5f;
	config.force.homing_n_depth = 0.5f;
	config.force.homing_n_travel = 0.5f;
	config.roller[ROLLER_BACK].axis[AXIS_DEPTH].homing_mm_s = 0.5f;
	config.zone[ZONE_LOWER_BACK].from_mm = 0.5f;
	config.force.travel_mm_s2 = 0.5f;
	config.roller[ROLLER_BACK].axis[AXIS_KNEAD].speed_max = 0.5f;
	config.roller[ROLLER_BACK].axis[AXIS_TRAVEL].speed_max = 0.5f;
	config.roller[ROLLER_BACK].axis[AXIS_TRAVEL].homing_mm_s = 0.5f;
}

static void forces_at_their_limits(void)
{
	config.force.contact_n = 5.9375f;
	config.force.clear_mm = 5.0f;
	config.force.approach_mm_s = 60.0f;
	config.force.follow_mm_s = 60.0f;
}

static void a_configuration_beyond_a_compiled_limit_is_refused(void **state)
{
	static void (*const bad[])(void) = {
		travel_without_speed,
		zone_just_before_its_track,
		zone_just_beyond_its_track,
		stroke_just_too_long,
		stroke_just_too_slow,
		depth_homing_without_speed,
		travel_homing_without_speed,
		knead_homing_too_quick,
		depth_stop_without_force,
		travel_stop_without_force,
		zone_without_length,
		zone_roller_unknown,
		zone_pad_unknown,
		level_zero_negative,
		contact_zero,
		contact_at_level_one,
		clear_zero,
		clear_too_far,
		approach_zero,
		approach_too_quick,
		follow_zero,
		follow_too_quick,
		retraction_too_slow,
		rate_zero,
		gain_zero,
		inner_share_negative,
		default_program_not_for_both,
		zone_zero_unknown,
		levels_one_and_zero_equal,
		levels_five_and_four_equal,
		first_phase_too_warm,
		levels_equal,
		level_one_zero,
		level_five_40_n,
		no_acceleration,
		no_retraction,
		retraction_too_quick,
		too_warm,
		session_too_long,
		session_far_too_long,
		drive_that_is_not_there,
		axis_without_speed,
		axis_without_limit,
		thigh_and_calf_in_one_phase,
		travel_too_quick,
		depth_too_quick,
		knead_too_quick,
		homing_backwards,
		homing_too_quick,
		inner_roller_too_strong,
		too_many_programs,
		no_program,
		default_program_unknown,
		program_without_phases,
		program_with_too_many_phases,
		program_without_length,
		phase_without_level,
		phase_over_level_five,
		unknown_technique,
		phase_too_warm,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		if (init_changed(bad[i]) != -22) {
			print_error("bad configuration %zu was taken\n", i);
			fail();
		}
	}
}

static void a_configuration_at_its_limits_is_taken(void **state)
{
	static void (*const good[])(void) = {
		nothing,
		what_is_beyond_the_last_phase,
		zones_from_end_to_end,
		strokes_as_long_as_may_be,
		retraction_slowest,
		all_slow_and_gentle,
		forces_at_their_limits,
		level_five_under_40_n,
		retraction_quickest,
		everything_at_its_speed_limit,
		axis_of_half_an_ampere,
		inner_roller_at_10_n,
		as_many_programs_as_fit,
		program_with_16_phases,
		program_of_one_second,
		phase_of_level_one,
		phases_at_the_set_point,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
		if (init_changed(good[i]) != 0) {
			print_error("good configuration %zu was refused\n", i);
			fail();
		}
		assert_int_equal(rig.chair.session.state, STATE_INHIBITED);
	}
}

static void F035_a_refused_configuration_inhibits_for_ever_and_drives_nothing(void **state)
{
	const struct chair_outputs off = { 0 };

	(void)state;
	assert_int_equal(init_changed(too_warm), -22);
	core_good_inputs(&rig.in, EPOCH_US);
	for (unsigned int i = 0; i < 500; i++) {
		rig.in.now_us += CYCLE_US;
		rig.in.switches_stamp_us = rig.in.now_us;
		rig_set(SWITCH_BUTTON_START, i % 100 >= 50);
		memset(&rig.out, 0xff, sizeof(rig.out));
		rig_step_raw();
		assert_int_equal(rig.chair.session.state, STATE_INHIBITED);
		assert_int_equal(rig.chair.interlock.active, CAUSE_BIT(CAUSE_CONFIG_WRONG));
		assert_int_equal(rig.chair.interlock.effects, 1U << EFFECT_INHIBIT);
		assert_int_equal(rig.chair.event_count, 0);
		assert_int_equal(rig.out.coils, off.coils);
		assert_cut();
	}
}

static void start_up_never_moves(void **state)
{
	(void)state;
	rig_init();
	rig_set(SWITCH_BUTTON_START, true); /* held, or stuck, from the beginning */
	for (unsigned int t = 0; t < 20000; t += 10) {
		rig_cycle();
		assert_false(session_is_moving(rig.chair.session.state));
		for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
			assert_false(rig.out.drive[d].enable);
		}
	}
	assert_int_equal(rig.chair.session.state, STATE_READY);
	assert_int_equal(rig.chair.cycles, 2000);
}

static void a_restored_fault_comes_back_as_fault_and_without_power(void **state)
{
	(void)state;
	rig_init();
	chair_restore(&rig.chair, CAUSE_BIT(CAUSE_DRIVE_FAULT), EPOCH_US);
	assert_int_equal(rig.chair.session.state, STATE_FAULT);
	rig_run_ms(2000);
	assert_int_equal(rig.chair.session.state, STATE_FAULT);
	assert_int_equal(rig.edge_us, 0); /* not one edge of the heartbeat */
	rig_press(SWITCH_BUTTON_START);
	rig_run_until(STATE_READY, 4000);
	rig_run_ms(5000);
	assert_int_equal(rig.chair.session.state, STATE_READY);

	rig_init();
	chair_restore(&rig.chair, CAUSE_BIT(CAUSE_STOP), EPOCH_US); /* not one that latches */
	assert_int_equal(rig.chair.session.state, STATE_INHIBITED);
}

static void a_whole_session_goes_its_way_and_says_so(void **state)
{
	static const enum session_state way[] = { STATE_HOMING, STATE_MASSAGE, STATE_RETRACTING,
						  STATE_INHIBITED, STATE_READY };
	unsigned int seen = 0;
	struct chair_event event = { 0 };

	(void)state;
	rig_ready();
	assert_int_equal(rig_start(RIG_PROGRAM_SHORT, SIDE_BOTH, 2), REFUSAL_NONE);
	for (unsigned int t = 0; t < 120000 && rig.chair.session.state != STATE_READY; t += 10) {
		rig_cycle();
	}
	for (unsigned int e = 0; e < rig.event_count; e++) {
		assert_int_not_equal(rig.events[e].kind, CHAIR_EVENT_CAUSE);
		if (rig.events[e].kind == CHAIR_EVENT_STATE) {
			assert_true(seen < ARRAY_COUNT(way));
			assert_int_equal(rig.events[e].a, seen == 0 ? STATE_READY : way[seen - 1]);
			assert_int_equal(rig.events[e].b, way[seen]);
			seen++;
		}
	}
	assert_int_equal(seen, ARRAY_COUNT(way));
	assert_int_equal(rig_saw(CHAIR_EVENT_SESSION_STARTED, &event), 1);
	assert_int_equal(event.choice.program, RIG_PROGRAM_SHORT);
	assert_int_equal(event.choice.level, 2);
	assert_int_equal(event.a | event.b, 0);
	assert_int_equal(rig_saw(CHAIR_EVENT_SESSION_ENDED, &event), 1);
	assert_int_equal(event.a, ENDED_FINISHED);
	assert_int_equal(event.b, 0);
	assert_int_equal(event.choice.elapsed_us, 60 * S_US);
	assert_int_equal(rig_saw(CHAIR_EVENT_PHASE, &event), 1);
	assert_int_equal(event.a | event.b, 0);
	assert_int_equal(event.choice.program, RIG_PROGRAM_SHORT);
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		assert_true(rig.at_mm[AXIS(r, AXIS_DEPTH)] <= 2.5f);
	}
}

static void homing_is_depth_first_for_all_and_only_then_travel(void **state)
{
	bool travelling = false;

	(void)state;
	rig_ready();
	assert_int_equal(rig_start(RIG_PROGRAM_SHORT, SIDE_BOTH, 2), REFUSAL_NONE);
	for (unsigned int t = 0; t < 60000 && rig.chair.session.state == STATE_HOMING; t += 10) {
		rig_cycle();
		for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
			const float travel = rig.out.speed[AXIS(r, AXIS_TRAVEL)];

			/* off the stop again at half the speed, and no farther than no body is */
			assert_true(travel <= 15.0f);
			assert_true(rig.out.speed[AXIS(r, AXIS_DEPTH)] <= 6.0f);
			assert_true(rig.at_mm[AXIS(r, AXIS_DEPTH)] <= LIMIT_CLEAR_MM);
			assert_near(rig.out.speed[AXIS(r, AXIS_KNEAD)], 0.0f, 0.0f);
			travelling = travelling || travel < 0.0f;
			if (travel < 0.0f || travel > 0.0f) {
				for (unsigned int o = 0; o < ROLLER_COUNT; o++) {
					assert_true(rig.chair.roller[o].depth_homed);
				}
			}
		}
		assert_int_equal(rig.out.drive[0].limit, rig.chair.session.state == STATE_HOMING
								 ? DRIVE_LIMIT_HOMING
								 : DRIVE_LIMIT_WORK);
	}
	assert_true(travelling);
	assert_int_equal(rig.chair.session.state, STATE_MASSAGE);
}

static void nothing_presses_before_every_drive_holds_the_working_limit(void **state)
{
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		(void)state;
		rig_ready();
		assert_int_equal(rig_start(RIG_PROGRAM_BACK, SIDE_BOTH, 2), REFUSAL_NONE);
		rig_run_until(STATE_MASSAGE, 60000);
		for (unsigned int t = 0; t < 500; t += 10) {
			rig_cycle_us(CYCLE_US - 1);
			rig.in.drive[d].limit = DRIVE_LIMIT_HOMING;
			rig.in.now_us++;
			rig_step_raw();
			for (unsigned int a = 0; a < AXIS_COUNT && t > 0; a++) {
				assert_near(rig.out.speed[a], 0.0f, 0.0f);
			}
			rig.in.drive[d].limit = DRIVE_LIMIT_WORK;
			rig.in.drive[d].enabled = false;
			rig.in.now_us++;
			rig_step_raw();
			for (unsigned int a = 0; a < AXIS_COUNT; a++) {
				assert_near(rig.out.speed[a], 0.0f, 0.0f);
			}
			rig.in.drive[d].limit = DRIVE_LIMIT_UNKNOWN;
		}
	}
}

static void a_massage_asks_for_nothing_before_it_knows_its_phase(void **state)
{
	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	rig.in.stop = true;
	rig_run_until(STATE_READY, 3000);
	assert_int_equal(rig_start(RIG_PROGRAM_BACK, SIDE_BOTH, 1), REFUSAL_NONE);
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) { /* the bus has not heard of the end yet */
		rig.in.drive[d].enabled = true;
		rig.in.drive[d].limit = DRIVE_LIMIT_WORK;
	}
	rig.in.now_us += CYCLE_US;
	rig_step_raw();
	assert_int_equal(rig.chair.session.state, STATE_MASSAGE);
	assert_int_equal(rig.chair.session.phase, PROGRAM_PHASE_MAX);
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		assert_near(rig.out.speed[a], 0.0f, 0.0f);
	}
	assert_heat_off();
}

static void a_press_and_a_command_in_one_cycle_start_once(void **state)
{
	struct chair_event event = { 0 };

	(void)state;
	for (unsigned int paused = 0; paused < 2; paused++) {
		rig_massage(RIG_PROGRAM_BACK);
		if (paused == 1) {
			assert_int_equal(
				rig_command((struct chair_command){ .kind = COMMAND_PAUSE }),
				REFUSAL_NONE);
			rig_run_until(STATE_PAUSED, 3000);
		} else {
			rig.chair.session.now.elapsed_us = 300 * S_US; /* nothing to resume */
			rig_run_until(STATE_READY, 3000);
		}
		rig_forget();
		rig_set(SWITCH_BUTTON_START, true);
		rig.in.command = (struct chair_command){ .kind = COMMAND_START,
							 .program = RIG_PROGRAM_LEG,
							 .side = SIDE_RIGHT };
		rig_cycle();
		assert_int_equal(rig.chair.session.state, STATE_HOMING);
		assert_int_equal(rig.chair.session.now.program, RIG_PROGRAM_BACK);
		assert_int_equal(rig_saw(CHAIR_EVENT_SESSION_STARTED, &event), 1 - paused);
	}
}

/* The same inputs @dt_us later, everything read anew. */
static void step_fresh(uint64_t dt_us)
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

/* In @state, drive @d becomes as @drive says; true when that is not accepted after 2 s. */
static bool is_refused(enum session_state state, unsigned int d, bool enabled,
		       enum drive_limit limit)
{
	uint64_t ready_us;

	rig.chair.session.state = state;
	rig.chair.session.entered_us = rig.in.now_us;
	rig.chair.roller[ROLLER_LEG_LEFT].travel_homed = state != STATE_HOMING;
	for (unsigned int o = 0; o < DRIVE_COUNT; o++) {
		rig.in.drive[o].enabled = true;
		rig.in.drive[o].limit =
			state == STATE_HOMING ? DRIVE_LIMIT_HOMING : DRIVE_LIMIT_WORK;
	}
	step_fresh(CYCLE_US);
	ready_us = rig.in.now_us;
	rig.in.drive[d].enabled = enabled;
	rig.in.drive[d].limit = limit;
	while (rig.in.now_us - ready_us < LIMIT_DRIVE_READY_US) {
		step_fresh(CYCLE_US);
		assert_int_equal(rig.chair.session.state, state);
		assert_near(rig.out.speed[AXIS(ROLLER_LEG_LEFT, AXIS_TRAVEL)], 0.0f, 0.0f);
	}
	step_fresh(1);
	return rig_latched(CAUSE_DRIVE_REFUSED);
}

static void F011_a_drive_has_2_s_to_become_ready_for_motion(void **state)
{
	static struct rig base;

	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	base = rig;
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		rig = base;
		assert_true(is_refused(STATE_HOMING, d, false, DRIVE_LIMIT_HOMING));
		rig = base;
		assert_true(is_refused(STATE_HOMING, d, true, DRIVE_LIMIT_WORK));
		rig = base;
		assert_true(is_refused(STATE_MASSAGE, d, false, DRIVE_LIMIT_WORK));
		rig = base;
		assert_true(is_refused(STATE_MASSAGE, d, true, DRIVE_LIMIT_HOMING));
		assert_cut();
		rig = base;
		assert_false(is_refused(STATE_PAUSED, d, false, DRIVE_LIMIT_UNKNOWN));
		rig = base;
		assert_false(is_refused(STATE_MASSAGE, d, true, DRIVE_LIMIT_WORK));
	}
}

static void a_phase_asks_of_its_zones_and_of_nothing_else(void **state)
{
	static const uint8_t first[ZONE_COUNT] = { [ZONE_LOWER_BACK] = 1 };
	static const uint8_t last[ZONE_COUNT] = { [ZONE_GLUTE_LEFT] = 4, [ZONE_GLUTE_RIGHT] = 4 };

	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	assert_memory_equal(rig.chair.zone_level, first, sizeof(first));
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		assert_near(rig.chair.set_c[p], p == PAD_LOWER_BACK ? 39.0f : 0.0f, 0.0f);
	}
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		assert_int_equal(rig.chair.roller[r].stage,
				 r == ROLLER_BACK ? ROLLER_STAGE_HOLD : ROLLER_STAGE_CLEAR);
		if (r != ROLLER_BACK) {
			assert_near(rig.out.speed[AXIS(r, AXIS_TRAVEL)], 0.0f, 0.0f);
			assert_near(rig.out.speed[AXIS(r, AXIS_DEPTH)], 0.0f, 0.0f);
		}
	}
	rig_run_ms(70000); /* knead: lower back and both glutes at the aimed level */
	assert_int_equal(rig.chair.session.phase, 1);
	assert_int_equal(rig.chair.zone_level[ZONE_LOWER_BACK], 3);
	assert_near(rig.chair.set_c[PAD_GLUTE_RIGHT], 40.0f, 0.0f);
	assert_near(rig.out.speed[AXIS(ROLLER_BACK, AXIS_KNEAD)], 20.0f,
		    20.0f * TECHNIQUE_VARY_PACE);
	assert_near(rig.chair.roller[ROLLER_SEAT_LEFT].level_n, 14.0f, 0.0f);
	rig_run_ms(110000); /* roll: glutes one level up, no heat; the back roller leaves */
	assert_int_equal(rig.chair.session.phase, 2);
	assert_memory_equal(rig.chair.zone_level, last, sizeof(last));
	assert_near(rig.chair.set_c[PAD_GLUTE_LEFT], 0.0f, 0.0f);
	assert_int_equal(rig.chair.roller[ROLLER_BACK].stage, ROLLER_STAGE_CLEAR);
	assert_near(rig.chair.roller[ROLLER_SEAT_RIGHT].level_n, 18.0f, 0.0f);
}

static void a_roller_with_two_zones_works_their_whole_stretch(void **state)
{
	float low_mm = 1000.0f;
	float high_mm = 0.0f;

	(void)state;
	rig_ready();
	rig.chair.config.programs[RIG_PROGRAM_LEG].phases[0].parts =
		1U << PART_THIGH | 1U << PART_CALF;
	rig.chair.config.programs[RIG_PROGRAM_LEG].phases[0].technique = TECHNIQUE_STROKE;
	assert_int_equal(rig_start(RIG_PROGRAM_LEG, SIDE_RIGHT, 1), REFUSAL_NONE);
	rig_run_until(STATE_MASSAGE, 60000);
	for (unsigned int t = 0; t < 60000; t += 10) {
		const float at_mm = rig.at_mm[AXIS(ROLLER_LEG_RIGHT, AXIS_TRAVEL)];

		rig_cycle();
		if (rig.chair.roller[ROLLER_LEG_RIGHT].stage == ROLLER_STAGE_HOLD) {
			low_mm = at_mm < low_mm ? at_mm : low_mm;
			high_mm = at_mm > high_mm ? at_mm : high_mm;
		}
	}
	assert_near(low_mm, 22.0f, 8.0f);
	assert_near(high_mm, 498.0f, 8.0f);
	/* stretch() takes the outermost of its zones in whatever order they stand */
	rig.chair.zone[ZONE_CALF_RIGHT].from_mm = 10.0f;
	rig.chair.zone[ZONE_CALF_RIGHT].to_mm = 15.0f;
	rig_cycle();
	assert_int_equal(rig.chair.session.state, STATE_MASSAGE);
}

static void heat_follows_the_phase_and_only_in_massage(void **state)
{
	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	assert_int_equal(rig.out.coils & (RIG_HEAT_COILS),
			 1U << COIL_HEAT_ENABLE | 1U << COIL_SSR_LOWER_BACK);
	assert_int_equal(rig_command((struct chair_command){ .kind = COMMAND_PAUSE }),
			 REFUSAL_NONE);
	assert_heat_off();
	rig_run_until(STATE_PAUSED, 3000);
	for (unsigned int i = 0; i < 100; i++) {
		rig_cycle();
		assert_heat_off();
		assert_retract();
	}
}

static void preheating_heats_all_pads_to_38_and_moves_nothing(void **state)
{
	(void)state;
	rig_ready();
	rig_set(SWITCH_SEAT_OCCUPIED, false);
	rig_run_ms(2000);
	assert_int_equal(rig_command((struct chair_command){ .kind = COMMAND_PREHEAT }),
			 REFUSAL_NONE);
	rig_cycle();
	assert_int_equal(rig.out.coils & (RIG_HEAT_COILS), RIG_HEAT_COILS);
	assert_false(rig_has(CAUSE_SEAT_EMPTY));
	for (unsigned int t = 0; t < 599000; t += 10) {
		rig_cycle();
		assert_int_equal(rig.chair.session.state, STATE_PREHEAT);
		assert_false(rig.out.drive[0].enable);
	}
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		assert_near(rig.chair.pad[p].temp_c, 38.0f, 1.0f);
	}
	rig_run_until(STATE_READY, 2000);
	rig_cycle();
	assert_heat_off();
}

static void lamp_and_beeper_tell_what_the_chair_waits_for(void **state)
{
	const uint32_t lamp = 1U << COIL_LAMP;
	const uint32_t beeper = 1U << COIL_BEEPER;
	unsigned int lit = 0;
	unsigned int beeps = 0;

	(void)state;
	rig_ready();
	assert_int_equal(rig.out.coils & (lamp | beeper), 0);
	assert_int_equal(rig_command((struct chair_command){
				 .kind = COMMAND_START, .side = SIDE_BOTH, .ask = true }),
			 REFUSAL_NONE);
	beeps += (rig.out.coils & beeper) != 0;
	for (unsigned int i = 0; i < 299; i++) {
		lit += (rig.out.coils & lamp) != 0;
		rig_cycle();
		beeps += (rig.out.coils & beeper) != 0;
	}
	lit += (rig.out.coils & lamp) != 0;
	assert_int_equal(lit, 150); /* half a second on, half a second off */
	assert_int_equal(beeps, 50);
	rig_press(SWITCH_BUTTON_START);
	assert_int_equal(rig.chair.session.state, STATE_HOMING);
	assert_int_equal(rig.out.coils & (lamp | beeper), lamp);
	rig_set(SWITCH_ESTOP_CLOSED, false);
	lit = 0;
	for (unsigned int i = 0; i < 300; i++) {
		rig_cycle();
		lit += (rig.out.coils & lamp) != 0;
		assert_int_equal(rig.out.coils & beeper, 0);
	}
	assert_int_equal(lit, 150);
}

static void the_lamp_blinks_with_the_clock(void **state)
{
	(void)state;
	rig_init();
	chair_restore(&rig.chair, CAUSE_BIT(CAUSE_COVER_OPEN), EPOCH_US);
	rig_cycle_us(499999);
	assert_int_equal(rig.out.coils >> COIL_LAMP & 1U, 0);
	rig_cycle_us(1);
	assert_int_equal(rig.out.coils >> COIL_LAMP & 1U, 1);
	rig_cycle_us(500000);
	assert_int_equal(rig.out.coils >> COIL_LAMP & 1U, 0);
}

static void depth_homing_may_take_8_s(void **state)
{
	(void)state;
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		uint64_t begun_us;

		rig_ready();
		rig.slips[AXIS(r, AXIS_DEPTH)] = true;
		rig.at_mm[AXIS(r, AXIS_DEPTH)] = 5.0f;
		assert_int_equal(rig_start(RIG_PROGRAM_BACK, SIDE_BOTH, 1), REFUSAL_NONE);
		begun_us = rig.in.now_us;
		while (rig.in.now_us - begun_us < LIMIT_HOME_DEPTH_US) {
			rig_cycle();
			assert_false(rig.chair.travel_homing);
		}
		assert_int_equal(rig.chair.session.state, STATE_HOMING);
		rig_cycle_us(1);
		assert_int_equal(rig.chair.session.state, STATE_FAULT); /* F014 */
		assert_true(rig_latched(CAUSE_STOP_NOT_REACHED));
		assert_cut();
		assert_int_equal(rig_saw(CHAIR_EVENT_SESSION_ENDED, NULL), 1);
	}
}

static void travel_homing_may_take_42_s_of_its_own(void **state)
{
	uint64_t begun_us;

	(void)state;
	rig_ready();
	rig.slips[AXIS(ROLLER_LEG_RIGHT, AXIS_TRAVEL)] = true;
	assert_int_equal(rig_start(RIG_PROGRAM_BACK, SIDE_BOTH, 1), REFUSAL_NONE);
	while (!rig.chair.travel_homing) {
		rig_cycle();
	}
	begun_us = rig.in.now_us;
	while (rig.in.now_us - begun_us < LIMIT_HOME_TRAVEL_US) {
		rig_cycle();
	}
	assert_int_equal(rig.chair.session.state, STATE_HOMING);
	rig_cycle_us(1);
	assert_true(rig_latched(CAUSE_STOP_NOT_REACHED)); /* F014 */
	assert_int_equal(rig.chair.session.state, STATE_FAULT);
}

static void a_retraction_may_take_2_s_then_power_is_cut(void **state)
{
	uint64_t begun_us;

	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	rig.blocked[AXIS(ROLLER_BACK, AXIS_DEPTH)] = true;
	rig.in.stop = true;
	rig_cycle();
	assert_int_equal(rig.chair.session.state, STATE_RETRACTING);
	begun_us = rig.in.now_us;
	while (rig.in.now_us - begun_us < LIMIT_RETRACT_US) {
		rig_cycle();
		assert_int_equal(rig.chair.session.state, STATE_RETRACTING);
		assert_retract();
	}
	rig_cycle_us(1);
	assert_int_equal(rig.chair.session.state, STATE_FAULT); /* F015 */
	assert_true(rig_latched(CAUSE_RETRACT_LATE));
	assert_cut();
}

static void F019_what_was_sent_to_a_motor_is_what_it_must_do(void **state)
{
	uint64_t begun_us;

	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	rig.blocked[AXIS(ROLLER_BACK, AXIS_TRAVEL)] = true;
	begun_us = rig.in.now_us;
	while (!rig_latched(CAUSE_NO_MOTION) && rig.in.now_us - begun_us < 10 * S_US) {
		rig_cycle();
	}
	assert_true(rig_latched(CAUSE_NO_MOTION));
	assert_true(rig.in.now_us - begun_us >= LIMIT_NO_MOTION_US);
	assert_cut();
}

static void rollers_are_off_the_body_within_2_s_of_a_stop(void **state)
{
	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	rig_run_ms(30000);
	assert_true(rig.at_mm[AXIS(ROLLER_BACK, AXIS_DEPTH)] > 15.0f);
	rig.in.stop = true;
	rig_cycle();
	assert_retract();
	assert_true(rig.out.speed[AXIS(ROLLER_BACK, AXIS_DEPTH)] < 0.0f);
	rig_run_until(STATE_INHIBITED, 2000);
	assert_true(rig.at_mm[AXIS(ROLLER_BACK, AXIS_DEPTH)] <= 2.0f);
	rig_run_until(STATE_READY, 100);
}

static void the_session_limit_ends_a_session_in_any_state_but_retracting(void **state)
{
	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	rig.chair.session.active_us = 1800 * S_US - CYCLE_US;
	rig_cycle();
	assert_int_equal(rig.chair.session.state, STATE_MASSAGE);
	rig_cycle();
	assert_int_equal(rig.chair.session.state, STATE_RETRACTING); /* F025 */
	assert_true(rig_has(CAUSE_SESSION_TIME));
	rig_cycle();
	assert_false(rig_has(CAUSE_SESSION_TIME));
	assert_int_equal(rig.chair.session.ending, ENDED_TIME_LIMIT);
	rig_run_until(STATE_READY, 3000);
	rig_cycle();
	assert_false(rig_has(CAUSE_SESSION_TIME));
}

static void a_lower_session_limit_counts(void **state)
{
	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	rig.chair.config.session_max_s = 120;
	rig.chair.session.active_us = 120 * S_US - 1;
	rig_cycle();
	assert_int_equal(rig.chair.session.state, STATE_MASSAGE);
	rig_cycle();
	assert_int_equal(rig.chair.session.state, STATE_RETRACTING);
}

static void a_long_gap_between_cycles_counts_50_ms(void **state)
{
	uint64_t elapsed_us;

	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	elapsed_us = rig.chair.session.now.elapsed_us;
	rig_cycle_us(50000);
	assert_int_equal(rig.chair.session.now.elapsed_us - elapsed_us, 50000);
	rig_cycle_us(50001);
	assert_int_equal(rig.chair.session.now.elapsed_us - elapsed_us, 100000);
	rig_cycle_us(7);
	assert_int_equal(rig.chair.session.now.elapsed_us - elapsed_us, 100007);
}

static void a_late_cycle_gets_no_heartbeat(void **state)
{
	uint32_t before;

	(void)state;
	rig_ready();
	before = rig.out.coils & 1U << COIL_HEARTBEAT;
	rig_cycle_us(LIMIT_OVERRUN_US);
	assert_int_not_equal(rig.out.coils & 1U << COIL_HEARTBEAT, before);
	rig_cycle_us(LIMIT_OVERRUN_US + 1);
	assert_int_not_equal(rig.out.coils & 1U << COIL_HEARTBEAT, before);
	assert_int_equal(rig.chair.interlock.beat_since_us, 0);
	rig_cycle();
	assert_int_equal(rig.out.coils & 1U << COIL_HEARTBEAT, before);
	assert_int_equal(rig.chair.interlock.beat_since_us, rig.in.now_us);
}

static void what_an_unpowered_drive_still_says_is_not_believed(void **state)
{
	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	rig_set(SWITCH_RELAY_FEEDBACK, true);
	step_fresh(CYCLE_US);
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		assert_int_equal(rig.chair.roller[r].stamp_us, 0);
		assert_near(rig.chair.roller[r].travel_mm, 0.0f, 0.0f);
		assert_near(rig.chair.roller[r].depth_mm, 0.0f, 0.0f);
	}
}

static void rates_follow_the_time_between_cycles(void **state)
{
	float set_n;
	float travel;

	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	rig.chair.roller[ROLLER_BACK].set_n = 3.0f;
	rig.chair.roller[ROLLER_BACK].travel_mm_s = 5.0f;
	for (unsigned int ms = 5; ms <= 20; ms += 5) {
		set_n = rig.chair.roller[ROLLER_BACK].set_n;
		travel = rig.chair.roller[ROLLER_BACK].travel_mm_s;
		rig_cycle_us(ms * MS_US);
		assert_near(rig.chair.roller[ROLLER_BACK].set_n - set_n, 0.002f * (float)ms, NEAR);
		assert_near(rig.out.speed[AXIS(ROLLER_BACK, AXIS_TRAVEL)] - travel,
			    0.04f * (float)ms, NEAR);
	}
}

static void losing_power_loses_the_positions(void **state)
{
	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	rig_set(SWITCH_ESTOP_CLOSED, false);
	rig_cycle();
	assert_int_equal(rig.chair.session.state, STATE_FAULT);
	rig_cycle();
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		assert_int_equal(rig.chair.roller[r].stage, ROLLER_STAGE_LOST);
		assert_false(rig.chair.roller[r].depth_homed);
		assert_false(rig.chair.roller[r].travel_homed);
	}
}

static void after_an_estop_nothing_starts_until_it_is_asked_for_again(void **state)
{
	struct chair_event event = { 0 };

	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	rig_set(SWITCH_ESTOP_CLOSED, false);
	rig_run_ms(2000);
	rig_set(SWITCH_ESTOP_CLOSED, true);
	rig_run_ms(5000);
	assert_int_equal(rig.chair.session.state, STATE_FAULT); /* closing it does not restart */
	rig_forget();
	rig_press(SWITCH_BUTTON_START);
	assert_int_equal(rig_saw(CHAIR_EVENT_ACKNOWLEDGED, &event), 1);
	assert_int_equal(event.a | event.b | event.id, 0);
	rig_run_until(STATE_READY, 4000);
	for (unsigned int t = 0; t < 10000; t += 10) {
		rig_cycle();
		assert_int_equal(rig.chair.session.state, STATE_READY);
	}
	rig_press(SWITCH_BUTTON_START); /* the session is gone: the default, from the beginning */
	assert_int_equal(rig.chair.session.state, STATE_HOMING);
	assert_int_equal(rig.chair.session.now.elapsed_us, 0);
	assert_false(rig.chair.roller[0].depth_homed); /* and it homes first */
}

static void F002_a_welded_or_dead_relay_is_found(void **state)
{
	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	rig.relay = RIG_RELAY_WELDED;
	rig_set(SWITCH_BACK_COVER_CLOSED, false);
	rig_run_ms(200);
	assert_false(rig_latched(CAUSE_RELAY_FEEDBACK));
	rig_run_ms(20);
	assert_true(rig_latched(CAUSE_RELAY_FEEDBACK));
	assert_int_equal(rig.chair.interlock.first_out, CAUSE_COVER_OPEN);

	rig_init();
	rig.relay = RIG_RELAY_DEAD;
	rig_run_ms(120);
	assert_int_equal(rig.chair.session.state, STATE_INHIBITED);
	rig_run_ms(30);
	assert_int_equal(rig.chair.session.state, STATE_FAULT);
	assert_true(rig_latched(CAUSE_RELAY_FEEDBACK));
}

/* The relay falls when a cycle comes very late, and would close again with the next heartbeats. */
static void F002_power_that_goes_in_a_session_is_cut_and_sets_nothing_going(void **state)
{
	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	rig_cycle_us(90 * MS_US);  /* two late cycles, one after the other: */
	rig_cycle_us(105 * MS_US); /* the second later than the relay holds */
	rig_cycle();
	assert_int_equal(rig.chair.session.state, STATE_FAULT);
	assert_int_equal(rig.chair.interlock.first_out, CAUSE_RELAY_FEEDBACK);
	for (unsigned int t = 0; t < 10000; t += 10) {
		rig_cycle();
		assert_cut();
		assert_int_equal(rig.chair.session.state, STATE_FAULT);
	}
}

static void F012_a_drive_that_falls_silent_is_cut_within_400_ms(void **state)
{
	(void)state;
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		rig_massage(RIG_PROGRAM_BACK);
		rig.deaf[d] = true;
		rig_run_ms(400);
		assert_true(rig_latched(CAUSE_DRIVE_SILENT));
		assert_int_equal(rig.chair.session.state, STATE_FAULT);
		assert_cut();
	}
}

static void F020_a_roller_that_presses_too_hard_is_taken_away(void **state)
{
	struct chair_event event = { 0 };

	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	rig.push_n[ROLLER_BACK] = 50.0f;
	rig_run_ms(70);
	assert_int_equal(rig.chair.session.state, STATE_RETRACTING);
	assert_true(rig_has(CAUSE_FORCE_HIGH));
	assert_retract();
	rig.push_n[ROLLER_BACK] = 0.0f;
	rig_run_until(STATE_READY, 3000);
	assert_int_equal(rig_saw(CHAIR_EVENT_SESSION_ENDED, &event), 1);
	assert_int_equal(event.a, ENDED_INTERLOCK);
}

static void F020_two_samples_over_40_n_count_as_samples_not_as_cycles(void **state)
{
	const struct axis_input *depth = &rig.in.axis[AXIS(ROLLER_BACK, AXIS_DEPTH)];
	float push_n;

	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	push_n = 42.0f - rig.chair.roller[ROLLER_BACK].force_n;
	rig.in.axis[AXIS(ROLLER_BACK, AXIS_DEPTH)].force_n = depth->force_n + push_n;
	for (unsigned int i = 0; i < 5; i++) { /* the same sample again and again */
		rig.in.now_us += CYCLE_US;
		rig.in.switches_stamp_us = rig.in.now_us;
		rig.in.drive[1].stamp_us += i == 0;
		rig_step_raw();
		assert_int_equal(rig.chair.session.state, STATE_MASSAGE);
	}
	rig.in.now_us += CYCLE_US;
	rig.in.switches_stamp_us = rig.in.now_us;
	rig.in.drive[1].stamp_us++;
	rig_step_raw();
	assert_int_equal(rig.chair.session.state, STATE_RETRACTING);
	assert_true(rig_has(CAUSE_FORCE_HIGH));
}

static void F021_rising_for_a_moment_does_not_reset_the_count(void **state)
{
	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	rig.chair.interlock.force_trips = 1;
	rig_set(SWITCH_SEAT_OCCUPIED, false);
	rig_run_ms(100);
	assert_int_equal(rig.chair.session.state, STATE_MASSAGE);
	assert_int_equal(rig.chair.interlock.force_trips, 1);
}

static void F023_an_empty_seat_takes_the_rollers_away_after_one_second(void **state)
{
	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	rig_set(SWITCH_SEAT_OCCUPIED, false);
	rig_cycle();
	rig_cycle_us(5000);
	for (unsigned int t = 0; t < 990; t += 10) {
		rig_cycle();
		assert_int_equal(rig.chair.session.state, STATE_MASSAGE);
	}
	rig_cycle();
	assert_int_equal(rig.chair.session.state, STATE_RETRACTING);
	assert_retract();
	rig_run_until(STATE_READY, 3000);
	assert_true(rig.chair.session.rest.chosen);
	rig_run_ms(2000); /* they come back: nothing goes on by itself */
	rig_set(SWITCH_SEAT_OCCUPIED, true);
	rig_run_ms(5000);
	assert_int_equal(rig.chair.session.state, STATE_READY);
	rig_press(SWITCH_BUTTON_START);
	assert_true(rig.chair.session.now.elapsed_us > 0);
	assert_int_equal(rig.chair.session.state, STATE_MASSAGE); /* positions are still known */
}

/* Lets @cause be found in the next cycle of a rig in whatever state. */
static void provoke(enum cause cause)
{
	struct interlock *il = &rig.chair.interlock;
	struct chair_inputs *in = &rig.in;

	switch (cause) {
	case CAUSE_ESTOP_OPEN:
		rig_set(SWITCH_ESTOP_CLOSED, false);
		break;
	case CAUSE_RELAY_FEEDBACK:
		rig_set(SWITCH_RELAY_FEEDBACK, true);
		break;
	case CAUSE_GPIO_FAILED:
		in->outputs_written = false;
		break;
	case CAUSE_CONTROL_OVERRUN:
		il->overrun_us[0] = in->now_us;
		break;
	case CAUSE_THREAD_STALLED:
		in->threads_alive = false;
		break;
	case CAUSE_THERMOSTAT_OPEN:
		rig_set(SWITCH_THERMOSTATS_CLOSED, false);
		break;
	case CAUSE_PAD_HOT:
		in->sensor[PAD_LEG_LEFT][0].temp_c = 43.5f;
		in->sensor[PAD_LEG_LEFT][1].temp_c = 43.5f;
		break;
	case CAUSE_COVER_OPEN:
		rig_set(SWITCH_BACK_COVER_CLOSED, false);
		break;
	case CAUSE_LEG_GUARD:
		rig_set(SWITCH_LEG_GUARD_CLEAR, false);
		break;
	case CAUSE_DRIVE_FAULT:
		in->drive[7].fault = 4;
		break;
	case CAUSE_DRIVE_REFUSED:
		in->drive[6].refused = true;
		break;
	case CAUSE_DRIVE_SILENT:
		in->drive[4].stamp_us = in->now_us - LIMIT_DRIVE_AGE_US;
		break;
	case CAUSE_SENSOR_SILENT:
		in->sensor[0][1].stamp_us = in->now_us - LIMIT_SENSOR_AGE_US;
		break;
	case CAUSE_STOP_NOT_REACHED: /* these belong to one state: brought back, as after a restart
				      */
	case CAUSE_RETRACT_LATE:
	case CAUSE_STORE_LOST:
	case CAUSE_WRONG_WAY:
		interlock_restore(il, CAUSE_BIT(cause), in->now_us);
		break;
	case CAUSE_SSR_WELDED:
		for (unsigned int c = 0; c < PAD_CHANNELS; c++) {
			in->sensor[PAD_LEG_RIGHT][c].temp_c = 39.5f;
			rig.chair.pad[PAD_LEG_RIGHT].off_c[0][c] = 38.25f;
		}
		rig.chair.pad[PAD_LEG_RIGHT].off_count = HEAT_OFF_SAMPLES;
		rig.chair.pad[PAD_LEG_RIGHT].off_us = in->now_us - 5 * S_US;
		break;
	case CAUSE_STALL:
	case CAUSE_NO_MOTION:
		rig.chair.sent[AXIS(ROLLER_BACK, AXIS_KNEAD)] = 20.0f;
		in->drive[0].enabled = true;
		in->axis[AXIS(ROLLER_BACK, AXIS_KNEAD)].speed = 0.0f;
		in->axis[AXIS(ROLLER_BACK, AXIS_KNEAD)].force_n =
			cause == CAUSE_STALL ? 6.0f : 0.0f;
		rig.chair.motion.still_us[AXIS(ROLLER_BACK, AXIS_KNEAD)] =
			in->now_us - (cause == CAUSE_STALL ? 1 : 2 * S_US);
		rig.chair.motion.stall_us[AXIS(ROLLER_BACK, AXIS_KNEAD)] = in->now_us - S_US;
		break;
	case CAUSE_SENSORS_DISAGREE:
		in->sensor[PAD_GLUTE_LEFT][0].temp_c = in->sensor[PAD_GLUTE_LEFT][1].temp_c + 4.0f;
		il->present |= CAUSE_BIT(cause);
		il->since_us[cause] = in->now_us - S_US;
		break;
	case CAUSE_SENSOR_FROZEN:
		rig.chair.pad[PAD_GLUTE_LEFT].channel[1].driven_us = 60 * S_US;
		break;
	case CAUSE_NOT_HEATING:
		rig.chair.coils |= 1U << COIL_SSR_LEG_RIGHT;
		rig.chair.set_c[PAD_LEG_RIGHT] = 40.0f;
		rig.chair.pad[PAD_LEG_RIGHT].driven_us = 90 * S_US - 1;
		rig.chair.pad[PAD_LEG_RIGHT].driven_c = in->sensor[PAD_LEG_RIGHT][0].temp_c;
		break;
	case CAUSE_SEAT_TAKEN:
		break; /* somebody sits there */
	case CAUSE_SERVICE_KEY:
	case CAUSE_KEY_IN_SERVICE:
		rig_set(SWITCH_SERVICE_KEY, true);
		break;
	case CAUSE_STOP_STUCK:
	case CAUSE_BUTTON_STUCK:
		rig_set(cause == CAUSE_STOP_STUCK ? SWITCH_BUTTON_STOP : SWITCH_BUTTON_UP, true);
		rig.chair.session.last_switches = UINT32_MAX;
		il->pressed_us[cause == CAUSE_STOP_STUCK ? 0 : 2] = in->now_us - 30 * S_US;
		break;
	case CAUSE_DWELL: /* on the spot where it presses */
		rig.chair.roller[ROLLER_BACK].spot_us = in->now_us - 60 * S_US;
		rig.chair.roller[ROLLER_BACK].spot_mm = rig.chair.roller[ROLLER_BACK].travel_mm;
		break;
	case CAUSE_PANEL_SILENT:
		in->panel_heard_us = in->now_us - 6 * S_US;
		rig.chair.session.running = true;
		break;
	case CAUSE_DOSE:
		chair_restore_dose(&rig.chair, PAD_LEG_LEFT, 2.0f, 3);
		break;
	case CAUSE_PADS_UNPROVEN:
		rig.chair.proof = (struct proof){ .item = PROOF_PADS, .since_us = in->now_us };
		for (unsigned int i = 0; i < PAD_COUNT * PAD_CHANNELS; i++) {
			rig.chair.proof.start_c[i / PAD_CHANNELS][i % PAD_CHANNELS] = 50.0f;
		}
		break;
	case CAUSE_PROOF:
		rig.chair.proof.item = PROOF_CHANNELS;
		rig.chair.proof.result[PROOF_CHANNELS] = PROOF_FAILED;
		break;
	case CAUSE_CONFIG_WRONG: /* a chair that never runs */
		break;
	case CAUSE_FORCE_HIGH:
		in->axis[AXIS(ROLLER_BACK, AXIS_DEPTH)].force_n = 60.0f;
		break;
	case CAUSE_FORCE_REPEATED:
		in->axis[AXIS(ROLLER_BACK, AXIS_DEPTH)].force_n = 60.0f;
		il->force_trips = 2;
		il->force_over = true;
		rig.chair.session.running = true;
		break;
	case CAUSE_SENSOR_IMPLAUSIBLE:
		in->sensor[PAD_GLUTE_LEFT][0].quality = QUALITY_OPEN;
		il->present |= CAUSE_BIT(cause);
		il->since_us[cause] = in->now_us - S_US;
		break;
	case CAUSE_SEAT_EMPTY:
		rig_set(SWITCH_SEAT_OCCUPIED, false);
		il->present |= CAUSE_BIT(cause);
		il->since_us[cause] = in->now_us - S_US;
		break;
	case CAUSE_STOP:
		in->stop = true;
		break;
	case CAUSE_SESSION_TIME:
		rig.chair.session.active_us = LIMIT_SESSION_US;
		rig.chair.session.running = true;
		break;
	case CAUSE_DEVICE_MISSING:
		il->drives_seen = 0x7f;
		in->drive[7].configured = false;
		break;
	case CAUSE_RELAY_OPEN:
		rig_set(SWITCH_RELAY_FEEDBACK, true);
		il->beat_since_us = in->now_us;
		break;
	case CAUSE_COUNT:
		break;
	}
}

/* One more cycle on the same inputs, everything read anew. */
static void step_again(void)
{
	rig.in.now_us += CYCLE_US;
	rig.in.switches_stamp_us = rig.in.now_us;
	rig_step_raw();
}

static void F041_every_pad_is_watched(void **state)
{
	(void)state;
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		rig_init();
		rig_ready();
		rig.chair.pad[p].dose.sum_cem43 = LIMIT_DOSE_CEM43;
		step_again();
		assert_int_not_equal(rig.chair.interlock.present & CAUSE_BIT(CAUSE_DOSE), 0);
	}
}

static enum session_state expected_state(enum session_state from, enum cause cause)
{
	const enum effect effect = fault_row(cause)->effect;
	const bool latched = fault_row(cause)->latched;
	const bool waits = from == STATE_INHIBITED || from == STATE_READY || from == STATE_PREHEAT;

	if (effect == EFFECT_CUT || from == STATE_FAULT) {
		return STATE_FAULT;
	}
	if (from == STATE_RETRACTING) {
		return STATE_RETRACTING;
	}
	if (from == STATE_PREHEAT &&
	    cause == CAUSE_PROOF) { /* no heat before it is passed either */
		return STATE_READY;
	}
	if (from == STATE_PREHEAT && effect == EFFECT_PAUSE) { /* there is nothing to pause */
		return STATE_PREHEAT;
	}
	if (waits && from == STATE_PREHEAT && effect != EFFECT_INHIBIT) {
		return STATE_READY;
	}
	if (waits && latched) {
		return STATE_FAULT;
	}
	if (waits) {
		return effect == EFFECT_INHIBIT ? STATE_INHIBITED : STATE_READY;
	}
	if (from == STATE_PAUSED && effect == EFFECT_PAUSE) {
		return STATE_PAUSED;
	}
	if (from == STATE_SERVICE && effect == EFFECT_PAUSE) {
		return STATE_SERVICE;
	}
	/* no start, or no heat, but what runs goes on */
	if ((effect == EFFECT_INHIBIT || effect == EFFECT_HEAT_OFF) && !latched) {
		return from == STATE_HOMING && cause != CAUSE_RELAY_OPEN ? STATE_MASSAGE : from;
	}
	return STATE_RETRACTING;
}

static void assert_effect(enum session_state from, enum effect effect)
{
	const bool moves = session_is_moving(from);

	switch (effect) {
	case EFFECT_CUT:
		assert_cut();
		break;
	case EFFECT_RETRACT:
	case EFFECT_PAUSE:
		assert_retract();
		assert_int_equal(rig.out.drive[0].enable, moves);
		if (moves) { /* the back roller is on the body */
			assert_true(rig.out.speed[AXIS(ROLLER_BACK, AXIS_DEPTH)] < -4.0f);
		}
		break;
	case EFFECT_HEAT_OFF: /* the proof of the pads may enable the heat, with every pad off */
		assert_int_equal(rig.out.coils & (RIG_HEAT_COILS) & ~(1U << COIL_HEAT_ENABLE), 0);
		break;
	case EFFECT_INHIBIT:
	case EFFECT_COUNT:
		break;
	}
	assert_int_equal(rig.chair.permits.power, effect != EFFECT_CUT);
}

/* Keeps looking for a second: heartbeat, effect, and that an effect outlives its cause if latched.
 */
static void assert_effect_lasts(enum cause cause)
{
	const struct cause_row *row = fault_row(cause);

	for (unsigned int i = 0; i < 10; i++) {
		const uint32_t beat = rig.out.coils & 1U << COIL_HEARTBEAT;

		rig.in.stop = cause == CAUSE_STOP;
		step_again();
		if (row->effect == EFFECT_CUT) {
			assert_int_equal(rig.out.coils & 1U << COIL_HEARTBEAT, beat);
			assert_int_equal(rig.chair.session.state, STATE_FAULT);
			assert_cut();
		} else {
			assert_int_not_equal(rig.out.coils & 1U << COIL_HEARTBEAT, beat);
			assert_true(rig.chair.session.state != STATE_MASSAGE ||
				    (row->effect == EFFECT_HEAT_OFF && !row->latched));
		}
		/* the proof of the pads may enable the heat, with every pad off */
		if (row->effect != EFFECT_INHIBIT) {
			assert_int_equal(
				rig.out.coils & (RIG_HEAT_COILS) & ~(1U << COIL_HEAT_ENABLE), 0);
		}
	}
}

/* A stop is met on purpose while homing; while it looks for a body, a roller meets none. */
static void F018_a_stall_while_homing_is_one_only_while_scanning(void **state)
{
	static struct rig base;

	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	base = rig;
	for (unsigned int scanning = 0; scanning < 2; scanning++) {
		rig = base;
		rig.chair.session.state = STATE_HOMING;
		rig.chair.session.entered_us = rig.in.now_us;
		rig.chair.scan = (struct scan){ .wanted = scanning != 0 };
		provoke(CAUSE_STALL);
		step_again();
		assert_int_equal(rig_latched(CAUSE_STALL), scanning);
	}
}

/* Few rows are about some states only: those of design and safety.md. */
static bool belongs(enum cause cause, enum session_state from)
{
	const bool key_ends = from == STATE_HOMING || from == STATE_MASSAGE ||
			      from == STATE_PAUSED || from == STATE_PREHEAT;

	switch ((int)cause) {
	case CAUSE_SESSION_TIME:
		return from != STATE_RETRACTING; /* it ends already */
	case CAUSE_SEAT_EMPTY:
		return from != STATE_PREHEAT && from != STATE_SERVICE;
	case CAUSE_SEAT_TAKEN:
		return from == STATE_SERVICE;
	case CAUSE_SERVICE_KEY:
		return key_ends;
	case CAUSE_KEY_IN_SERVICE: /* where it ends something, that is the other row */
		return !key_ends && from != STATE_SERVICE;
	case CAUSE_RELAY_OPEN: /* in a session and in service that is F002 */
		return !session_is_moving(from);
	case CAUSE_STALL:
		return from != STATE_HOMING; /* a stop is met there on purpose */
	case CAUSE_CONFIG_WRONG:
		return false; /* such a chair never runs */
	default:
		return true;
	}
}

/* Every row of the matrix in every state, F001 to F042: mid-massage, rollers on the body, heat on,
 * the state forced. */
static void every_cause_has_its_effect_in_every_state(void **state)
{
	static struct rig base;

	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	rig_run_ms(5000);
	base = rig;
	for (unsigned int i = 0; i < STATE_COUNT * CAUSE_COUNT; i++) {
		const enum session_state from = (enum session_state)(i / CAUSE_COUNT);
		const enum cause cause = (enum cause)(i % CAUSE_COUNT);
		const struct cause_row *row = fault_row(cause);
		struct chair_event event = { 0 };

		if (!belongs(cause, from)) {
			continue;
		}
		rig = base;
		rig_set(SWITCH_SEAT_OCCUPIED, from != STATE_SERVICE || cause == CAUSE_SEAT_TAKEN);
		rig.chair.session.state = from;
		rig.chair.session.entered_us = rig.in.now_us;
		rig.chair.session.running = session_is_moving(from) && from != STATE_SERVICE;
		rig_set(SWITCH_SERVICE_KEY, from == STATE_SERVICE);
		rig.in.service_heard_us = rig.in.now_us;
		service_begin(&rig.chair.session.service, rig.in.now_us);
		if (from == STATE_FAULT) {
			interlock_restore(&rig.chair.interlock, CAUSE_BIT(CAUSE_STORE_LOST), 1);
		}
		provoke(cause);
		step_again();
		assert_true(rig_has(cause) || rig_latched(cause));
		assert_int_equal(rig_latched(cause), row->latched);
		assert_effect(from, row->effect);
		if (rig.chair.session.state != expected_state(from, cause)) {
			print_error("%s in %s leads to %s\n", row->name, session_state_name(from),
				    session_state_name(rig.chair.session.state));
			fail();
		}
		if (rig_has(cause)) {
			assert_true(rig_saw(CHAIR_EVENT_CAUSE, &event) >= 1);
			assert_int_equal(rig.chair.events[0].b, 1);
		}
		if (row->effect != EFFECT_INHIBIT) {
			assert_effect_lasts(cause);
		}
	}
}

static void every_inhibiting_cause_refuses_a_start(void **state)
{
	static struct rig base;

	(void)state;
	rig_ready();
	base = rig;
	for (unsigned int c = 0; c < CAUSE_COUNT; c++) {
		struct chair_event done = { 0 };

		rig = base;
		if (c == CAUSE_FORCE_HIGH || c == CAUSE_FORCE_REPEATED || c == CAUSE_SESSION_TIME ||
		    c == CAUSE_DWELL || c == CAUSE_PANEL_SILENT || c == CAUSE_SERVICE_KEY ||
		    c == CAUSE_SEAT_TAKEN || c == CAUSE_CONFIG_WRONG) {
			continue; /* cannot be in READY: no roller is out, no session runs */
		}
		if (c == CAUSE_DOSE || c == CAUSE_PADS_UNPROVEN) {
			continue; /* massage without heat is allowed */
		}
		provoke((enum cause)c);
		rig.in.command = (struct chair_command){ .kind = COMMAND_START,
							 .id = c + 1,
							 .side = SIDE_BOTH };
		step_again();
		assert_false(session_is_moving(rig.chair.session.state));
		assert_int_equal(rig_saw(CHAIR_EVENT_COMMAND, &done), 1);
		assert_int_equal(done.id, c + 1);
		assert_int_not_equal(done.a, REFUSAL_NONE);
		assert_false(rig.out.drive[0].enable);
	}
}

static void a_cause_is_told_when_it_comes_and_when_it_goes(void **state)
{
	struct chair_event event = { 0 };

	(void)state;
	rig_ready();
	rig_set(SWITCH_LEG_GUARD_CLEAR, false);
	rig_cycle();
	assert_int_equal(rig_saw(CHAIR_EVENT_CAUSE, &event), 1);
	assert_int_equal(event.a, CAUSE_LEG_GUARD);
	assert_int_equal(event.b, 1);
	rig_forget();
	rig_set(SWITCH_LEG_GUARD_CLEAR, true);
	rig_run_ms(200);
	assert_int_equal(rig_saw(CHAIR_EVENT_CAUSE, &event), 0); /* it may bounce */
	rig_run_ms(100);
	assert_int_equal(rig_saw(CHAIR_EVENT_CAUSE, &event), 1);
	assert_int_equal(event.a, CAUSE_LEG_GUARD);
	assert_int_equal(event.b, 0);
	rig_forget();
	rig_cycle();
	assert_int_equal(rig_saw(CHAIR_EVENT_CAUSE, NULL), 0);
}

static void asks_are_told_with_what_they_are(void **state)
{
	struct chair_event event = { 0 };

	(void)state;
	rig_ready();
	assert_int_equal(rig_command((struct chair_command){
				 .kind = COMMAND_START, .side = SIDE_BOTH, .ask = true }),
			 REFUSAL_NONE);
	assert_int_equal(rig_saw(CHAIR_EVENT_ASK, &event), 1);
	assert_int_equal(event.a, ASK_ASKED);
	assert_int_equal(event.b, 0);
	rig_run_ms(1500);
	rig_forget();
	rig_press(SWITCH_BUTTON_START);
	assert_int_equal(rig_saw(CHAIR_EVENT_ASK, &event), 1);
	assert_int_equal(event.a, ASK_CONFIRMED);
	rig_run_until(STATE_MASSAGE, 60000);
	rig_run_ms(1000);
	rig.in.stop = true;
	rig_run_until(STATE_READY, 3000);
	assert_int_equal(rig_command((struct chair_command){ .kind = COMMAND_RESUME, .ask = true }),
			 REFUSAL_NONE);
	assert_int_equal(rig_saw(CHAIR_EVENT_ASK, &event), 1);
	assert_int_equal(event.b, 1);
}

static void a_restored_chair_without_causes_is_left_alone(void **state)
{
	(void)state;
	rig_init();
	chair_restore(&rig.chair, 0, EPOCH_US);
	assert_int_equal(rig.chair.session.state, STATE_INHIBITED);
}

static void the_same_inputs_give_the_same_outputs(void **state)
{
	static struct rig first;

	(void)state;
	rig_massage(RIG_PROGRAM_BACK);
	rig_run_ms(10000);
	first = rig;
	rig_massage(RIG_PROGRAM_BACK);
	rig_run_ms(10000);
	assert_memory_equal(&first.out, &rig.out, sizeof(first.out));
	assert_memory_equal(first.at_mm, rig.at_mm, sizeof(first.at_mm));
}

static void every_cause_can_change_in_one_cycle(void **state)
{
	(void)state;
	assert_true(CHAIR_EVENT_MAX >= CAUSE_COUNT + CHAIR_EVENT_KIND_COUNT - 2);
	rig_ready();
	rig.chair.interlock.active = CAUSE_BIT(CAUSE_COUNT) - 1; /* and now all of them go */
	rig_cycle();
	assert_int_equal(rig.chair.event_count, CAUSE_COUNT);
	for (unsigned int c = 0; c < CAUSE_COUNT; c++) {
		assert_int_equal(rig.chair.events[c].kind, CHAIR_EVENT_CAUSE);
		assert_int_equal(rig.chair.events[c].a, c);
		assert_int_equal(rig.chair.events[c].b, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_configuration_beyond_a_compiled_limit_is_refused),
		cmocka_unit_test(a_configuration_at_its_limits_is_taken),
		cmocka_unit_test(F035_a_refused_configuration_inhibits_for_ever_and_drives_nothing),
		cmocka_unit_test(start_up_never_moves),
		cmocka_unit_test(a_restored_fault_comes_back_as_fault_and_without_power),
		cmocka_unit_test(a_restored_chair_without_causes_is_left_alone),
		cmocka_unit_test(a_whole_session_goes_its_way_and_says_so),
		cmocka_unit_test(homing_is_depth_first_for_all_and_only_then_travel),
		cmocka_unit_test(nothing_presses_before_every_drive_holds_the_working_limit),
		cmocka_unit_test(a_massage_asks_for_nothing_before_it_knows_its_phase),
		cmocka_unit_test(a_press_and_a_command_in_one_cycle_start_once),
		cmocka_unit_test(F011_a_drive_has_2_s_to_become_ready_for_motion),
		cmocka_unit_test(a_phase_asks_of_its_zones_and_of_nothing_else),
		cmocka_unit_test(a_roller_with_two_zones_works_their_whole_stretch),
		cmocka_unit_test(heat_follows_the_phase_and_only_in_massage),
		cmocka_unit_test(preheating_heats_all_pads_to_38_and_moves_nothing),
		cmocka_unit_test(lamp_and_beeper_tell_what_the_chair_waits_for),
		cmocka_unit_test(the_lamp_blinks_with_the_clock),
		cmocka_unit_test(depth_homing_may_take_8_s),
		cmocka_unit_test(travel_homing_may_take_42_s_of_its_own),
		cmocka_unit_test(a_retraction_may_take_2_s_then_power_is_cut),
		cmocka_unit_test(F019_what_was_sent_to_a_motor_is_what_it_must_do),
		cmocka_unit_test(rollers_are_off_the_body_within_2_s_of_a_stop),
		cmocka_unit_test(the_session_limit_ends_a_session_in_any_state_but_retracting),
		cmocka_unit_test(a_lower_session_limit_counts),
		cmocka_unit_test(a_long_gap_between_cycles_counts_50_ms),
		cmocka_unit_test(a_late_cycle_gets_no_heartbeat),
		cmocka_unit_test(what_an_unpowered_drive_still_says_is_not_believed),
		cmocka_unit_test(rates_follow_the_time_between_cycles),
		cmocka_unit_test(losing_power_loses_the_positions),
		cmocka_unit_test(after_an_estop_nothing_starts_until_it_is_asked_for_again),
		cmocka_unit_test(F002_a_welded_or_dead_relay_is_found),
		cmocka_unit_test(F002_power_that_goes_in_a_session_is_cut_and_sets_nothing_going),
		cmocka_unit_test(F012_a_drive_that_falls_silent_is_cut_within_400_ms),
		cmocka_unit_test(F020_a_roller_that_presses_too_hard_is_taken_away),
		cmocka_unit_test(F020_two_samples_over_40_n_count_as_samples_not_as_cycles),
		cmocka_unit_test(F021_rising_for_a_moment_does_not_reset_the_count),
		cmocka_unit_test(F023_an_empty_seat_takes_the_rollers_away_after_one_second),
		cmocka_unit_test(F018_a_stall_while_homing_is_one_only_while_scanning),
		cmocka_unit_test(every_cause_has_its_effect_in_every_state),
		cmocka_unit_test(F041_every_pad_is_watched),
		cmocka_unit_test(every_inhibiting_cause_refuses_a_start),
		cmocka_unit_test(a_cause_is_told_when_it_comes_and_when_it_goes),
		cmocka_unit_test(asks_are_told_with_what_they_are),
		cmocka_unit_test(the_same_inputs_give_the_same_outputs),
		cmocka_unit_test(every_cause_can_change_in_one_cycle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
