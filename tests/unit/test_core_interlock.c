/* SPDX-License-Identifier: MIT */
/* Causes, to the microsecond: when each row of the matrix begins, holds, latches and ends. */
#include "core_fixture.h"

static struct interlock il;
static struct chair_inputs in;
static struct interlock_context context;

/* One update; what others found is found anew in each cycle. */
static void judge(void)
{
	interlock_update(&il, &in, &context);
	context.found = (struct found){ 0 };
}

/* A chair whose relay has been closed for longer than its drives need. */
static int setup(void **state)
{
	(void)state;
	il = (struct interlock){ 0 };
	context = (struct interlock_context){ 0 };
	core_good_inputs(&in, EPOCH_US);
	il.relay_closed_us = EPOCH_US - LIMIT_POWER_UP_US;
	il.beat_since_us = EPOCH_US - LIMIT_POWER_UP_US;
	il.last_edge_us = EPOCH_US;
	il.drives_seen = (1U << DRIVE_COUNT) - 1;
	il.sensors_seen = 3;
	judge();
	assert_int_equal(il.present, 0);
	return 0;
}

/* The next cycle after @dt_us in which everything is read anew. */
static void later(uint64_t dt_us)
{
	in.now_us += dt_us;
	in.switches_stamp_us = in.now_us;
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		in.drive[d].stamp_us = in.now_us;
	}
	for (unsigned int i = 0; i < PAD_COUNT * PAD_CHANNELS; i++) {
		in.sensor[i / PAD_CHANNELS][i % PAD_CHANNELS].stamp_us = in.now_us;
	}
	judge();
}

static void next(void)
{
	later(CYCLE_US);
}

/* Time passes in healthy cycles up to @dt_us later, the last one included. */
static void pass(uint64_t dt_us)
{
	const uint64_t end_us = in.now_us + dt_us;

	while (end_us - in.now_us > CYCLE_US) {
		next();
	}
	later(end_us - in.now_us);
}

static void set(enum chair_switch sw, bool on)
{
	const uint32_t bit = 1U << (unsigned int)sw;

	in.switches = on ? in.switches | bit : in.switches & ~bit;
}

static bool active(enum cause cause)
{
	return (il.active & CAUSE_BIT(cause)) != 0;
}

static bool latched(enum cause cause)
{
	return (il.latched & CAUSE_BIT(cause)) != 0;
}

static void assert_only(enum cause cause)
{
	assert_int_equal(il.active, CAUSE_BIT(cause));
	assert_int_equal(il.effects, 1U << (unsigned int)fault_row(cause)->effect);
	assert_int_equal(il.latched, fault_row(cause)->latched ? CAUSE_BIT(cause) : 0);
	if (il.latched != 0) {
		assert_int_equal(il.first_out, cause);
	}
}

static void assert_nothing(void)
{
	assert_int_equal(il.present, 0);
	assert_int_equal(il.active, 0);
}

/* F001 F006 F008 F009: wired switches act in the cycle that sees them */
static void a_protective_switch_acts_in_the_cycle_that_sees_it_open(void **state)
{
	static const struct {
		enum chair_switch sw;
		enum cause cause;
	} rows[] = {
		{ SWITCH_ESTOP_CLOSED, CAUSE_ESTOP_OPEN },	      /* F001 */
		{ SWITCH_THERMOSTATS_CLOSED, CAUSE_THERMOSTAT_OPEN }, /* F006 */
		{ SWITCH_BACK_COVER_CLOSED, CAUSE_COVER_OPEN },	      /* F008 */
		{ SWITCH_LEG_GUARD_CLEAR, CAUSE_LEG_GUARD },	      /* F009 */
	};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		assert_int_equal(setup(state), 0);
		set(rows[i].sw, false);
		later(1);
		assert_only(rows[i].cause);
		set(rows[i].sw, true);
		later(1);
		assert_int_equal(il.active, CAUSE_BIT(rows[i].cause)); /* it may bounce */
		pass(250 * MS_US);
		assert_int_equal(il.active, 0);
		assert_int_equal(il.latched, CAUSE_BIT(rows[i].cause));
		assert_true(interlock_has(&il, fault_row(rows[i].cause)->effect));
		il.relay_closed_us = 0; /* the power is off */
		assert_true(interlock_acknowledge(&il));
		later(1);
		assert_int_equal(il.effects & ~(1U << EFFECT_INHIBIT), 0); /* getting ready */
	}
}

/* F002 */
static void F002_the_relay_has_100_ms_to_close_after_the_first_edge(void **state)
{
	(void)state;
	set(SWITCH_RELAY_FEEDBACK, true);
	il.beat_since_us = in.now_us;
	pass(LIMIT_RELAY_FEEDBACK_US);
	assert_false(active(CAUSE_RELAY_FEEDBACK));
	later(1);
	assert_true(active(CAUSE_RELAY_FEEDBACK));
	assert_true(latched(CAUSE_RELAY_FEEDBACK));
}

static void F002_the_relay_has_100_ms_to_open_after_its_hold_time(void **state)
{
	(void)state;
	interlock_beat(&il, in.now_us, true);
	interlock_beat(&il, in.now_us, false);
	assert_int_equal(il.beat_since_us, 0);
	pass(LIMIT_RELAY_HOLD_US + LIMIT_RELAY_FEEDBACK_US);
	assert_false(active(CAUSE_RELAY_FEEDBACK));
	later(1);
	assert_only(CAUSE_RELAY_FEEDBACK);
}

static void F002_a_relay_closed_at_start_up_has_as_long_to_open(void **state)
{
	(void)state;
	il.beat_since_us = 0;
	il.last_edge_us = 0; /* no edge ever: a process before this one may have given it */
	later(1);
	assert_nothing();
	pass(LIMIT_RELAY_HOLD_US + LIMIT_RELAY_FEEDBACK_US);
	assert_nothing();
	later(1);
	assert_only(CAUSE_RELAY_FEEDBACK);
}

static void F002_a_relay_that_estop_or_thermostats_open_is_not_at_fault(void **state)
{
	static const enum chair_switch chain[] = { SWITCH_ESTOP_CLOSED, SWITCH_THERMOSTATS_CLOSED };

	for (size_t i = 0; i < ARRAY_COUNT(chain); i++) {
		assert_int_equal(setup(state), 0);
		set(SWITCH_RELAY_FEEDBACK, true);
		set(chain[i], false);
		next();
		assert_true((il.effects & 1U << EFFECT_CUT) != 0);
		assert_false(active(CAUSE_RELAY_FEEDBACK));
		set(chain[i], true);
		next();
		assert_true(active(CAUSE_RELAY_FEEDBACK));
	}
}

static void F002_an_open_relay_without_heartbeat_is_right(void **state)
{
	(void)state;
	il.beat_since_us = 0;
	set(SWITCH_RELAY_FEEDBACK, true);
	pass(S_US);
	assert_false(active(CAUSE_RELAY_FEEDBACK));
}

static void a_beat_counts_from_its_first_edge_without_a_gap(void **state)
{
	(void)state;
	il.beat_since_us = 0;
	interlock_beat(&il, 1000, true);
	interlock_beat(&il, 2000, true);
	assert_int_equal(il.beat_since_us, 1000);
	assert_int_equal(il.last_edge_us, 2000);
	interlock_beat(&il, 3000, false);
	assert_int_equal(il.beat_since_us, 0);
	assert_int_equal(il.last_edge_us, 2000);
	interlock_beat(&il, 4000, true);
	assert_int_equal(il.beat_since_us, 4000);
}

/* F003 */
static void F003_switches_may_be_50_ms_old_and_not_a_microsecond_more(void **state)
{
	const uint64_t stamp_us = in.switches_stamp_us;

	(void)state;
	next();
	in.now_us = stamp_us + LIMIT_SWITCHES_AGE_US;
	in.switches_stamp_us = stamp_us;
	il.last_cycle_us = in.now_us - 1;
	judge();
	assert_false(active(CAUSE_GPIO_FAILED));
	in.now_us++;
	judge();
	assert_only(CAUSE_GPIO_FAILED);
}

static void F003_an_unreadable_switch_or_a_failed_write_cuts(void **state)
{
	assert_int_equal(setup(state), 0);
	in.outputs_written = false;
	next();
	assert_only(CAUSE_GPIO_FAILED);

	assert_int_equal(setup(state), 0);
	in.now_us += CYCLE_US;
	in.switches_stamp_us = 0;
	judge();
	assert_only(CAUSE_GPIO_FAILED);

	assert_int_equal(setup(state), 0); /* a stamp from the future: the reader is broken */
	in.now_us += CYCLE_US;
	in.switches_stamp_us = in.now_us + 1;
	judge();
	assert_only(CAUSE_GPIO_FAILED);

	assert_int_equal(setup(state), 0); /* never read, early after boot: young is not enough */
	in.now_us = 40000;
	in.switches_stamp_us = 0;
	judge();
	assert_true(active(CAUSE_GPIO_FAILED));
}

static void F003_what_unreadable_switches_say_means_nothing(void **state)
{
	(void)state;
	in.outputs_written = false;
	in.switches = 0;
	next();
	assert_only(CAUSE_GPIO_FAILED);
	assert_int_not_equal(il.relay_closed_us, 0);
}

/* F004 */
static void F004_a_cycle_is_late_after_20_ms_and_gets_no_heartbeat(void **state)
{
	(void)state;
	later(LIMIT_OVERRUN_US);
	assert_false(il.late);
	assert_int_equal(il.overruns, 0);
	later(LIMIT_OVERRUN_US + 1);
	assert_true(il.late);
	assert_int_equal(il.overruns, 1);
	next();
	assert_false(il.late);
	assert_nothing();
}

static void F004_three_late_cycles_within_one_second_cut(void **state)
{
	(void)state;
	later(LIMIT_OVERRUN_US + 1);
	later(LIMIT_OVERRUN_US + 1);
	assert_nothing();
	later(LIMIT_OVERRUN_US + 1);
	assert_only(CAUSE_CONTROL_OVERRUN);
	assert_int_equal(il.overruns, 3);
}

static void F004_the_window_of_three_late_cycles_is_one_second_exactly(void **state)
{
	(void)state;
	/* the last of three exactly 1 s after the first: too many */
	later(LIMIT_OVERRUN_US + 1);
	later(LIMIT_OVERRUN_US + 1);
	pass(LIMIT_OVERRUN_WINDOW_US - 2 * (LIMIT_OVERRUN_US + 1));
	later(LIMIT_OVERRUN_US + 1);
	assert_only(CAUSE_CONTROL_OVERRUN);

	assert_int_equal(setup(state), 0);
	later(LIMIT_OVERRUN_US + 1);
	pass(LIMIT_OVERRUN_WINDOW_US / 2);
	later(LIMIT_OVERRUN_US + 1);
	pass(LIMIT_OVERRUN_WINDOW_US / 2 - 2 * (LIMIT_OVERRUN_US + 1) + 1);
	later(LIMIT_OVERRUN_US + 1);
	assert_nothing();
	/* the oldest is forgotten: one more soon makes three again */
	later(LIMIT_OVERRUN_US + 1);
	assert_only(CAUSE_CONTROL_OVERRUN);
}

static void F004_overrun_passes_a_second_after_the_first_of_three(void **state)
{
	uint64_t first_us;

	(void)state;
	later(LIMIT_OVERRUN_US + 1);
	first_us = in.now_us;
	later(LIMIT_OVERRUN_US + 1);
	later(LIMIT_OVERRUN_US + 1);
	pass(LIMIT_OVERRUN_WINDOW_US - (in.now_us - first_us));
	assert_true(active(CAUSE_CONTROL_OVERRUN));
	later(1);
	assert_false(active(CAUSE_CONTROL_OVERRUN));
	assert_true(latched(CAUSE_CONTROL_OVERRUN));
}

static void F004_one_late_cycle_soon_after_boot_is_not_three(void **state)
{
	(void)state;
	in.now_us = 100 * MS_US;
	il.last_cycle_us = 50 * MS_US;
	judge();
	assert_true(il.late);
	assert_false(active(CAUSE_CONTROL_OVERRUN));
}

static void F004_the_first_cycle_ever_is_not_late(void **state)
{
	(void)state;
	il.last_cycle_us = 0;
	later(S_US);
	assert_false(il.late);
}

/* F005 */
static void F005_a_stalled_thread_cuts(void **state)
{
	(void)state;
	in.threads_alive = false;
	later(1);
	assert_only(CAUSE_THREAD_STALLED);
}

/* F007 */
static void F007_a_pad_over_43_degrees_on_either_channel_cuts(void **state)
{
	for (unsigned int i = 0; i < PAD_COUNT * PAD_CHANNELS; i++) {
		const unsigned int p = i / PAD_CHANNELS;
		const unsigned int c = i % PAD_CHANNELS;

		assert_int_equal(setup(state), 0);
		in.sensor[p][0].temp_c = 42.0f;
		in.sensor[p][1].temp_c = 42.0f;
		in.sensor[p][c].temp_c = 43.0f;
		next();
		assert_nothing();
		in.sensor[p][c].temp_c = 43.0625f;
		next();
		assert_only(CAUSE_PAD_HOT);
	}
}

static void F007_a_missing_module_does_not_hide_a_hot_pad(void **state)
{
	(void)state;
	il.sensors_seen = 0;
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		in.sensor[p][1] = (struct sensor_input){ 0 };
	}
	in.now_us += CYCLE_US;
	in.sensor[PAD_LEG_RIGHT][0].temp_c = 50.0f;
	judge();
	assert_true(active(CAUSE_PAD_HOT));
	assert_true(active(CAUSE_DEVICE_MISSING));
	assert_int_equal(il.present & CAUSE_BIT(CAUSE_SENSOR_IMPLAUSIBLE), 0); /* said already */
}

static void F007_a_bad_channel_does_not_count_as_hot(void **state)
{
	(void)state;
	in.sensor[1][1].temp_c = 60.0f;
	in.sensor[1][1].quality = QUALITY_OPEN;
	next();
	assert_false(active(CAUSE_PAD_HOT));
}

/* F010 F011 */
static void F010_any_fault_bit_of_any_drive_cuts(void **state)
{
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		assert_int_equal(setup(state), 0);
		in.drive[d].fault = 0x8000;
		later(1);
		assert_only(CAUSE_DRIVE_FAULT);
	}
}

static void F011_a_drive_that_refuses_its_limits_cuts(void **state)
{
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		assert_int_equal(setup(state), 0);
		in.drive[d].refused = true;
		later(1);
		assert_only(CAUSE_DRIVE_REFUSED);
	}
}

static void an_unpowered_drive_has_no_faults(void **state)
{
	(void)state;
	il.beat_since_us = 0;
	set(SWITCH_RELAY_FEEDBACK, true);
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		in.drive[d] = (struct drive_input){ .refused = true, .fault = 1 };
	}
	in.now_us += S_US / 100;
	in.switches_stamp_us = in.now_us;
	judge();
	assert_int_equal(il.active, CAUSE_BIT(CAUSE_RELAY_OPEN) | CAUSE_BIT(CAUSE_DEVICE_MISSING));
	assert_int_equal(il.missing_devices, 0xff);
	assert_int_equal(il.drives_seen, 0);
}

/* F012 */
static void F012_a_powered_drive_may_be_silent_for_300_ms(void **state)
{
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		uint64_t stamp_us;

		assert_int_equal(setup(state), 0);
		stamp_us = in.now_us;
		pass(LIMIT_DRIVE_AGE_US);
		in.drive[d].stamp_us = stamp_us;
		judge();
		assert_nothing();
		in.drive[d].stamp_us = stamp_us - 1;
		judge();
		assert_only(CAUSE_DRIVE_SILENT);
	}
}

static void F012_silence_counts_only_3_s_after_the_relay_has_closed(void **state)
{
	(void)state;
	il.relay_closed_us = in.now_us + CYCLE_US;
	pass(LIMIT_POWER_UP_US + CYCLE_US - 1);
	in.drive[3].stamp_us = 0;
	judge();
	assert_only(CAUSE_RELAY_OPEN); /* not READY before that, so nothing moves */
	in.now_us++;
	judge();
	assert_only(CAUSE_DRIVE_SILENT);
}

static void F012_a_drive_may_be_without_its_configuration_for_300_ms(void **state)
{
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		assert_int_equal(setup(state), 0);
		next();
		in.drive[d].configured = false; /* it answers, but with whose limits? */
		pass(LIMIT_DRIVE_AGE_US);
		assert_nothing();
		later(1);
		assert_only(CAUSE_DRIVE_SILENT);
		in.drive[d].configured = true;
		later(1);
		assert_nothing();
	}
}

static void F012_a_stamp_from_the_future_or_none_is_silence(void **state)
{
	(void)state;
	in.now_us += CYCLE_US;
	in.drive[0].stamp_us = in.now_us + 1;
	judge();
	assert_true(active(CAUSE_DRIVE_SILENT));

	assert_int_equal(setup(state), 0); /* 0 is "none", however young the clock is */
	in.now_us = LIMIT_DRIVE_AGE_US;
	in.switches_stamp_us = in.now_us;
	il.relay_closed_us = in.now_us - LIMIT_POWER_UP_US; /* long ago, seen in this arithmetic */
	in.drive[0].stamp_us = 0;
	judge();
	assert_true(active(CAUSE_DRIVE_SILENT));
}

/* F013 */
static void F013_a_temperature_module_may_be_silent_for_3_s(void **state)
{
	for (unsigned int c = 0; c < PAD_CHANNELS; c++) {
		uint64_t stamp_us;

		assert_int_equal(setup(state), 0);
		stamp_us = in.now_us;
		pass(LIMIT_SENSOR_AGE_US);
		in.sensor[0][c].stamp_us = stamp_us;
		judge();
		assert_nothing();
		in.sensor[0][c].stamp_us = stamp_us - 1;
		judge();
		assert_only(CAUSE_SENSOR_SILENT);
	}
}

static void F013_a_stamp_from_the_future_or_none_is_silence(void **state)
{
	(void)state;
	in.now_us += CYCLE_US;
	in.switches_stamp_us = in.now_us;
	in.sensor[0][1].stamp_us = in.now_us + 1;
	judge();
	assert_only(CAUSE_SENSOR_SILENT);

	assert_int_equal(setup(state), 0);
	in.now_us = S_US;
	in.switches_stamp_us = in.now_us;
	in.sensor[0][0].stamp_us = in.now_us;
	in.sensor[0][1].stamp_us = 0;
	judge();
	assert_true(active(CAUSE_SENSOR_SILENT));
}

static void what_other_parts_find_is_a_cause_of_this_cycle(void **state)
{
	static const enum cause table[] = {
		CAUSE_STOP_NOT_REACHED, /* F014 */
		CAUSE_DRIVE_REFUSED,	/* F011 */
		CAUSE_RETRACT_LATE,	/* F015 */
		CAUSE_SESSION_TIME,	/* F025 */
		CAUSE_SSR_WELDED,	/* F017 */
		CAUSE_STALL,		/* F018 */
		CAUSE_NO_MOTION,	/* F019 */
		CAUSE_WRONG_WAY,	/* F026 */
		CAUSE_SENSOR_FROZEN,	/* F037 */
		CAUSE_NOT_HEATING,	/* F038 */
		CAUSE_DWELL,		/* F039 */
		CAUSE_DOSE,		/* F041 */
		CAUSE_PADS_UNPROVEN,	/* F042 */
		CAUSE_PROOF,		/* F032 */
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		assert_int_equal(setup(state), 0);
		found_add(&context.found, true, table[i], 3);
		next();
		assert_only(table[i]);
		assert_int_equal(il.where[table[i]], 1U << 3);
		next();
		assert_nothing();
		assert_int_equal(il.latched,
				 fault_row(table[i])->latched ? CAUSE_BIT(table[i]) : 0);
	}
}

static void a_cause_remembers_every_part_until_it_comes_anew(void **state)
{
	(void)state;
	found_add(&context.found, true, CAUSE_STALL, 3);
	next();
	found_add(&context.found, true, CAUSE_STALL, 5);
	next();
	assert_int_equal(il.where[CAUSE_STALL], 1U << 3 | 1U << 5);
	next();
	assert_int_equal(il.where[CAUSE_STALL], 1U << 3 | 1U << 5); /* gone, but told who it was */
	found_add(&context.found, true, CAUSE_STALL, 1);
	next();
	assert_int_equal(il.where[CAUSE_STALL], 1U << 1);
	found_add(&context.found, false, CAUSE_STALL, 2);
	assert_int_equal(context.found.causes, 0);
}

/* F027 F023: in service the seat must be empty */
static void F027_in_service_the_seat_row_is_the_other_way_round(void **state)
{
	(void)state;
	context.in_service = true;
	next();
	assert_only(CAUSE_SEAT_TAKEN);
	set(SWITCH_SEAT_OCCUPIED, false);
	pass(2 * S_US);
	assert_nothing();
}

static void F029_F034_the_service_key_inhibits_and_ends_what_runs(void **state)
{
	(void)state;
	set(SWITCH_SERVICE_KEY, true);
	next();
	assert_only(CAUSE_KEY_IN_SERVICE);
	context.key_stops = true;
	next();
	assert_int_equal(il.active, CAUSE_BIT(CAUSE_KEY_IN_SERVICE) | CAUSE_BIT(CAUSE_SERVICE_KEY));
	context.key_stops = false;
	context.in_service = true;
	set(SWITCH_SEAT_OCCUPIED, false);
	next();
	assert_nothing();
	context.in_service = false;
	context.preheating = true;
	context.key_stops = true;
	set(SWITCH_SERVICE_KEY, false);
	next();
	assert_nothing();
}

static void F028_F033_a_button_is_stuck_after_30_s(void **state)
{
	for (unsigned int b = SWITCH_BUTTON_STOP; b <= SWITCH_BUTTON_DOWN; b++) {
		const bool stop = b == SWITCH_BUTTON_STOP;
		const uint64_t stuck = CAUSE_BIT(stop ? CAUSE_STOP_STUCK : CAUSE_BUTTON_STUCK);
		const uint64_t held = stop ? CAUSE_BIT(CAUSE_STOP) : 0;

		assert_int_equal(setup(state), 0);
		set((enum chair_switch)b, true);
		next();
		pass(LIMIT_BUTTON_STUCK_US - 1);
		assert_int_equal(il.active, held);
		set((enum chair_switch)b, false); /* let go and pressed anew: counted anew */
		later(1);
		assert_nothing();
		set((enum chair_switch)b, true);
		later(1);
		pass(LIMIT_BUTTON_STUCK_US - 1);
		assert_int_equal(il.active, held);
		later(1);
		assert_int_equal(il.active, held | stuck);
		set((enum chair_switch)b, false);
		next();
		assert_nothing();
		assert_int_equal(il.latched, 0);
	}
}

static void F028_F033_each_stuck_button_is_told(void **state)
{
	(void)state;
	set(SWITCH_BUTTON_STOP, true);
	next();
	set(SWITCH_BUTTON_UP, true);
	next();
	pass(LIMIT_BUTTON_STUCK_US - CYCLE_US);
	assert_int_equal(il.active, CAUSE_BIT(CAUSE_STOP) | CAUSE_BIT(CAUSE_STOP_STUCK));
	next();
	assert_int_equal(il.active, CAUSE_BIT(CAUSE_STOP) | CAUSE_BIT(CAUSE_STOP_STUCK) |
					    CAUSE_BIT(CAUSE_BUTTON_STUCK));
}

static void F040_a_panel_that_answers_for_a_session_may_be_silent_for_5_s(void **state)
{
	(void)state;
	context.in_session = true;
	in.panel_heard_us = 0; /* none does */
	pass(10 * S_US);
	assert_nothing();
	in.panel_heard_us = in.now_us;
	pass(LIMIT_PANEL_SILENT_US);
	assert_nothing();
	later(1);
	assert_only(CAUSE_PANEL_SILENT);
	context.in_session = false;
	next();
	assert_nothing();
	context.in_session = true;
	in.panel_heard_us = in.now_us + 2 * CYCLE_US; /* a stamp from the future is none */
	next();
	assert_only(CAUSE_PANEL_SILENT);
	in.panel_heard_us = in.now_us + CYCLE_US;
	next();
	assert_nothing();
}

static void a_contact_counts_as_closed_after_250_ms_without_bounce(void **state)
{
	(void)state;
	set(SWITCH_ESTOP_CLOSED, false);
	next();
	set(SWITCH_ESTOP_CLOSED, true);
	il.relay_closed_us = 0;
	pass(200 * MS_US);
	set(SWITCH_ESTOP_CLOSED, false); /* bounces */
	later(1);
	set(SWITCH_ESTOP_CLOSED, true);
	for (uint64_t t = 0; t < 249; t++) {
		later(MS_US);
		assert_true(active(CAUSE_ESTOP_OPEN));
	}
	later(MS_US - 1);
	assert_true(active(CAUSE_ESTOP_OPEN));
	il.relay_closed_us = 0;
	assert_false(interlock_acknowledge(&il));
	later(1);
	assert_false(active(CAUSE_ESTOP_OPEN));
	il.relay_closed_us = 0;
	assert_true(interlock_acknowledge(&il));
}

static void F002_while_something_moves_the_relay_may_open_by_wire_only(void **state)
{
	static const enum chair_switch loop[] = { SWITCH_ESTOP_CLOSED, SWITCH_THERMOSTATS_CLOSED };

	assert_int_equal(setup(state), 0);
	context.moving = true;
	il.beat_since_us = 0; /* held for a late cycle: that is why it opened */
	set(SWITCH_RELAY_FEEDBACK, true);
	next();
	assert_true(active(CAUSE_RELAY_FEEDBACK));
	for (size_t i = 0; i < ARRAY_COUNT(loop); i++) {
		assert_int_equal(setup(state), 0);
		context.moving = true;
		set(loop[i], false);
		set(SWITCH_RELAY_FEEDBACK, true);
		next();
		assert_false(active(CAUSE_RELAY_FEEDBACK));
		il.beat_since_us = in.now_us;
		next(); /* still open */
		assert_false(active(CAUSE_RELAY_FEEDBACK));
	}
	assert_int_equal(setup(state), 0);
	set(SWITCH_RELAY_FEEDBACK, true); /* while nothing does it has its 100 ms */
	il.beat_since_us = in.now_us;
	next();
	assert_false(active(CAUSE_RELAY_FEEDBACK));
}

static void a_cut_is_acknowledged_only_when_the_relay_has_opened(void **state)
{
	(void)state;
	interlock_restore(&il, CAUSE_BIT(CAUSE_STALL) | CAUSE_BIT(CAUSE_SENSOR_FROZEN), in.now_us);
	next();
	assert_true(il.relay_closed_us != 0);
	assert_false(interlock_acknowledge(&il));
	assert_int_equal(il.latched, CAUSE_BIT(CAUSE_STALL));
	il.relay_closed_us = 0;
	assert_true(interlock_acknowledge(&il));
	assert_int_equal(il.latched, 0);
}

static void what_speaks_against_a_start(void **state)
{
	(void)state;
	il = (struct interlock){ .active = CAUSE_BIT(CAUSE_DOSE) | CAUSE_BIT(CAUSE_PADS_UNPROVEN) };
	assert_int_equal(interlock_objections(&il), 0);
	il.active = CAUSE_BIT(CAUSE_STOP);
	assert_int_equal(interlock_objections(&il), CAUSE_BIT(CAUSE_STOP));
	il.active = CAUSE_BIT(CAUSE_SENSOR_FROZEN);
	il.latched = il.active;
	assert_int_equal(interlock_objections(&il), CAUSE_BIT(CAUSE_SENSOR_FROZEN));
	il = (struct interlock){ .present = CAUSE_BIT(CAUSE_SEAT_EMPTY) | CAUSE_BIT(CAUSE_DOSE) };
	assert_int_equal(interlock_objections(&il), CAUSE_BIT(CAUSE_SEAT_EMPTY));
}

/* F016 */
static void F016_a_lost_store_inhibits_until_it_is_acknowledged(void **state)
{
	(void)state;
	interlock_restore(&il, CAUSE_BIT(CAUSE_STORE_LOST), in.now_us);
	next();
	assert_int_equal(il.effects, 1U << EFFECT_INHIBIT);
	assert_false(interlock_permits(&il).start);
	assert_true(interlock_permits(&il).power);
	assert_true(interlock_acknowledge(&il));
	next();
	assert_int_equal(il.effects, 0);
}

/* F020: one new sample of roller @r in the next cycle */
static void sample(unsigned int r, float force_n)
{
	context.force_n[r] = force_n;
	context.force_stamp_us[r] = in.now_us + CYCLE_US;
	next();
}

static void F020_two_samples_over_40_n_retract(void **state)
{
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		assert_int_equal(setup(state), 0);
		sample(r, 40.0f);
		sample(r, 40.0f);
		sample(r, 40.0f);
		assert_nothing();
		sample(r, 40.125f);
		assert_nothing();
		sample(r, 40.125f);
		assert_only(CAUSE_FORCE_HIGH);
		sample(r, 40.125f);
		assert_only(CAUSE_FORCE_HIGH);
		sample(r, 40.0f);
		assert_nothing();
		assert_int_equal(il.effects, 0);
	}
}

static void F020_one_sample_over_45_n_retracts(void **state)
{
	(void)state;
	sample(2, 45.0f);
	assert_nothing();
	sample(2, 40.0f);
	sample(2, 45.125f);
	assert_only(CAUSE_FORCE_HIGH);
}

static void F020_the_same_sample_is_judged_once(void **state)
{
	(void)state;
	sample(1, 44.0f);
	next();
	next();
	assert_nothing();
	sample(1, 39.0f);
	sample(1, 44.0f);
	assert_nothing();
	sample(1, 44.0f);
	assert_only(CAUSE_FORCE_HIGH);
}

static void F020_samples_of_two_rollers_do_not_add_up(void **state)
{
	(void)state;
	sample(1, 44.0f);
	sample(3, 44.0f);
	assert_nothing();
}

static void F021_the_second_time_in_a_session_latches(void **state)
{
	(void)state;
	context.in_session = true;
	sample(1, 46.0f);
	assert_only(CAUSE_FORCE_HIGH);
	sample(1, 10.0f);
	assert_nothing();
	sample(1, 46.0f);
	assert_true(active(CAUSE_FORCE_HIGH));
	assert_true(latched(CAUSE_FORCE_REPEATED));
	sample(1, 10.0f);
	assert_int_equal(il.active, 0);
	assert_true(latched(CAUSE_FORCE_REPEATED));
	assert_true(interlock_has(&il, EFFECT_RETRACT));
}

static void F021_one_long_press_is_one_time(void **state)
{
	(void)state;
	context.in_session = true;
	sample(1, 46.0f);
	sample(1, 42.0f); /* not over 45 any more, not eased either */
	sample(1, 46.0f);
	sample(2, 46.0f);
	assert_int_equal(il.force_trips, 1);
	assert_only(CAUSE_FORCE_HIGH);
}

static void F021_easing_must_reach_every_roller_before_it_counts_again(void **state)
{
	(void)state;
	context.in_session = true;
	sample(1, 46.0f);
	sample(2, 41.0f);
	sample(1, 10.0f); /* high no more, but roller 2 is still over 40 N */
	assert_nothing();
	sample(1, 46.0f);
	assert_only(CAUSE_FORCE_HIGH);
	sample(1, 10.0f);
	sample(2, 10.0f);
	sample(1, 46.0f);
	assert_true(latched(CAUSE_FORCE_REPEATED));
}

/* A trip ends the session; the person may start the next one without getting up. */
static void F021_the_count_ends_only_when_the_person_has_left(void **state)
{
	for (unsigned int i = 0; i < 4; i++) {
		const bool gone = (i & 1U) != 0;
		const bool ended = (i & 2U) != 0;

		assert_int_equal(setup(state), 0);
		context.in_session = true;
		sample(1, 46.0f);
		sample(1, 10.0f);
		context.in_session = !ended;
		set(SWITCH_SEAT_OCCUPIED, !gone);
		next();
		context.in_session = true;
		set(SWITCH_SEAT_OCCUPIED, true);
		sample(1, 46.0f);
		assert_true(active(CAUSE_FORCE_HIGH));
		assert_int_equal(latched(CAUSE_FORCE_REPEATED), !(gone && ended));
	}
}

/* F022 */
static void F022_F036_an_implausible_channel_counts_after_one_second(void **state)
{
	static const struct sensor_input bad[] = {
		/* the cause stands where the stamp would */
		{ 30.0f, QUALITY_BAD, CAUSE_SENSOR_IMPLAUSIBLE },
		{ 30.0f, QUALITY_OPEN, CAUSE_SENSOR_IMPLAUSIBLE },
		{ 30.0f, QUALITY_SHORT, CAUSE_SENSOR_IMPLAUSIBLE },
		{ -10.0625f, QUALITY_GOOD, CAUSE_SENSOR_IMPLAUSIBLE },
		{ 80.0625f, QUALITY_GOOD, CAUSE_SENSOR_IMPLAUSIBLE },
		{ 33.5625f, QUALITY_GOOD, CAUSE_SENSORS_DISAGREE },
		{ 27.4375f, QUALITY_GOOD, CAUSE_SENSORS_DISAGREE },
	};

	for (unsigned int i = 0; i < PAD_COUNT * ARRAY_COUNT(bad); i++) {
		const struct sensor_input *sensor = &bad[i / PAD_COUNT];
		struct sensor_input *channel = &in.sensor[i % PAD_COUNT][0];

		assert_int_equal(setup(state), 0);
		channel->temp_c = sensor->temp_c;
		channel->quality = sensor->quality;
		next();
		assert_int_equal(il.present, CAUSE_BIT(bad[i / PAD_COUNT].stamp_us));
		pass(S_US - 1);
		assert_int_equal(il.active, 0);
		later(1);
		assert_only((enum cause)bad[i / PAD_COUNT].stamp_us);
		assert_int_equal(il.where[bad[i / PAD_COUNT].stamp_us], 1U << i % PAD_COUNT);
	}
}

static void F022_three_degrees_apart_and_the_ends_of_the_range_are_plausible(void **state)
{
	static const float pairs[][2] = {
		{ 33.0f, 30.0f }, { 30.0f, 33.0f }, { -10.0f, -9.0f }, { 42.0f, 40.0f }
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(pairs); i++) {
		in.sensor[4][0].temp_c = pairs[i][0];
		in.sensor[4][1].temp_c = pairs[i][1];
		pass(2 * S_US);
		assert_nothing();
	}
	in.sensor[4][0].temp_c = 80.0f; /* hot, but not implausible */
	in.sensor[4][1].temp_c = 79.0f;
	pass(2 * S_US);
	assert_only(CAUSE_PAD_HOT);
}

static void F022_a_gap_starts_the_second_again(void **state)
{
	(void)state;
	in.sensor[0][0].quality = QUALITY_OPEN;
	next();
	pass(S_US - CYCLE_US);
	in.sensor[0][0].quality = QUALITY_GOOD;
	next();
	in.sensor[0][0].quality = QUALITY_OPEN;
	next();
	pass(S_US - 1);
	assert_int_equal(il.active, 0);
	later(1);
	assert_only(CAUSE_SENSOR_IMPLAUSIBLE);
}

/* F023 */
static void F023_an_empty_seat_counts_after_one_second(void **state)
{
	(void)state;
	set(SWITCH_SEAT_OCCUPIED, false);
	next();
	pass(S_US - 1);
	assert_int_equal(il.active, 0);
	later(1);
	assert_only(CAUSE_SEAT_EMPTY);
	set(SWITCH_SEAT_OCCUPIED, true);
	later(1);
	assert_nothing();
	assert_int_equal(il.effects, 0);
}

static void F023_the_seat_may_be_empty_while_preheating(void **state)
{
	(void)state;
	set(SWITCH_SEAT_OCCUPIED, false);
	context.preheating = true;
	pass(5 * S_US);
	assert_nothing();
}

/* F024 */
static void F024_a_stop_acts_at_once_from_a_client_or_the_armrest(void **state)
{
	(void)state;
	in.stop = true;
	later(1);
	assert_only(CAUSE_STOP);
	in.stop = false;
	later(1);
	assert_nothing();
	set(SWITCH_BUTTON_STOP, true);
	later(1);
	assert_only(CAUSE_STOP);
	set(SWITCH_BUTTON_STOP, false);
	later(1);
	assert_nothing();
}

/* F030 F031 */
static void F030_a_drive_or_module_that_never_answered_is_missing(void **state)
{
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		assert_int_equal(setup(state), 0);
		il.drives_seen &= ~(1U << d);
		in.drive[d].configured = false;
		next();
		assert_only(CAUSE_DEVICE_MISSING);
		assert_int_equal(il.missing_devices, 1U << d);
		in.drive[d].configured = true;
		next();
		assert_nothing();
		assert_int_equal(il.missing_devices, 0);
	}
	for (unsigned int c = 0; c < PAD_CHANNELS; c++) {
		assert_int_equal(setup(state), 0);
		il.sensors_seen &= ~(1U << c);
		in.now_us += CYCLE_US;
		in.sensor[0][c].stamp_us = 0;
		judge();
		assert_only(CAUSE_DEVICE_MISSING);
		assert_int_equal(il.missing_devices, 1U << (DRIVE_COUNT + c));
		next();
		assert_nothing();
	}
}

static void F030_a_drive_counts_as_seen_only_fresh_configured_and_powered(void **state)
{
	(void)state;
	il.drives_seen = 0;
	in.now_us += CYCLE_US;
	in.drive[0].stamp_us = in.now_us - LIMIT_DRIVE_AGE_US - 1;
	in.drive[1].stamp_us = 0;
	in.drive[2].configured = false;
	in.drive[3].stamp_us = in.now_us + 1;
	in.drive[4].stamp_us = in.now_us - LIMIT_DRIVE_AGE_US;
	judge();
	assert_int_equal(il.missing_devices, 0x0f);
	assert_int_equal(il.drives_seen, 0xf0);
	assert_int_equal(il.active, CAUSE_BIT(CAUSE_DEVICE_MISSING));
}

static void F030_several_missing_devices_are_all_named(void **state)
{
	(void)state;
	il.drives_seen = 0xfe;
	il.sensors_seen = 0;
	in.now_us += CYCLE_US;
	in.drive[0].configured = false;
	in.sensor[0][0].stamp_us = 0;
	in.sensor[0][1].stamp_us = 0;
	judge();
	assert_int_equal(il.missing_devices, 1U | 3U << DRIVE_COUNT);
	assert_int_equal(il.where[CAUSE_DEVICE_MISSING], 1U | 3U << DRIVE_COUNT);
}

static void F030_soon_after_boot_no_stamp_is_no_drive(void **state)
{
	(void)state;
	il.drives_seen = 0;
	in.now_us = LIMIT_DRIVE_AGE_US;
	in.drive[2].stamp_us = 0;
	judge();
	assert_true((il.missing_devices & 1U << 2) != 0);
}

static void F030_seen_means_seen_since_the_relay_closed(void **state)
{
	(void)state;
	il.beat_since_us = in.now_us;
	set(SWITCH_RELAY_FEEDBACK, true);
	next();
	assert_int_equal(il.relay_closed_us, 0);
	assert_int_equal(il.drives_seen, 0);
	assert_int_equal(il.active, CAUSE_BIT(CAUSE_DEVICE_MISSING) | CAUSE_BIT(CAUSE_RELAY_OPEN));
	set(SWITCH_RELAY_FEEDBACK, false);
	next();
	assert_int_equal(il.relay_closed_us, in.now_us);
	/* What was read up to now was read before the drives started anew. */
	assert_int_equal(il.active, CAUSE_BIT(CAUSE_DEVICE_MISSING) | CAUSE_BIT(CAUSE_RELAY_OPEN));
	next();
	assert_only(CAUSE_RELAY_OPEN);
	assert_int_equal(il.missing_devices, 0);
	assert_int_equal(il.relay_closed_us, in.now_us - CYCLE_US);
}

/* A fault that was read before the power went says nothing of the drive that has started since. */
static void F010_F011_what_was_read_before_the_relay_closed_is_no_cause(void **state)
{
	const uint64_t closed_us = in.now_us + 2 * CYCLE_US;

	(void)state;
	il.beat_since_us = in.now_us;
	set(SWITCH_RELAY_FEEDBACK, true);
	in.drive[2].fault = 4;
	in.drive[5].refused = true;
	next();
	set(SWITCH_RELAY_FEEDBACK, false);
	next();
	assert_int_equal(il.relay_closed_us, closed_us);
	in.drive[2].stamp_us = closed_us; /* the reply that came in that very moment */
	in.drive[5].stamp_us = closed_us;
	in.now_us += CYCLE_US;
	in.switches_stamp_us = in.now_us;
	judge();
	assert_false(active(CAUSE_DRIVE_FAULT) || active(CAUSE_DRIVE_REFUSED));
	in.drive[2].stamp_us = closed_us + 1;
	judge();
	assert_true(active(CAUSE_DRIVE_FAULT) && !active(CAUSE_DRIVE_REFUSED));
	in.drive[5].stamp_us = closed_us + 1;
	judge();
	assert_true(active(CAUSE_DRIVE_REFUSED));
}

static void F031_a_relay_inhibits_until_it_has_been_closed_for_3_s(void **state)
{
	(void)state;
	il.relay_closed_us = 0;
	next();
	assert_only(CAUSE_RELAY_OPEN);
	pass(LIMIT_POWER_UP_US - 1);
	assert_only(CAUSE_RELAY_OPEN);
	later(1);
	assert_nothing();
}

static void F031_an_open_relay_inhibits(void **state)
{
	(void)state;
	il.beat_since_us = 0;
	set(SWITCH_RELAY_FEEDBACK, true);
	next();
	assert_true(active(CAUSE_RELAY_OPEN));
	assert_int_equal(il.effects, 1U << EFFECT_INHIBIT);
}

static void powered_means_closed_for_3_s(void **state)
{
	struct interlock powered = { .relay_closed_us = EPOCH_US };

	(void)state;
	assert_false(interlock_powered(&powered, EPOCH_US + LIMIT_POWER_UP_US - 1));
	assert_true(interlock_powered(&powered, EPOCH_US + LIMIT_POWER_UP_US));
	powered.relay_closed_us = 0;
	assert_false(interlock_powered(&powered, EPOCH_US));
}

static void the_first_cause_out_is_kept(void **state)
{
	(void)state;
	set(SWITCH_BACK_COVER_CLOSED, false);
	next();
	set(SWITCH_ESTOP_CLOSED, false);
	next();
	assert_int_equal(il.first_out, CAUSE_COVER_OPEN);
	assert_int_equal(il.latched, CAUSE_BIT(CAUSE_COVER_OPEN) | CAUSE_BIT(CAUSE_ESTOP_OPEN));
	set(SWITCH_BACK_COVER_CLOSED, true);
	next();
	assert_int_equal(il.first_out, CAUSE_COVER_OPEN);
	assert_int_equal(il.since_us[CAUSE_ESTOP_OPEN], in.now_us - CYCLE_US);
}

static void an_acknowledgement_clears_only_what_is_gone(void **state)
{
	(void)state;
	set(SWITCH_BACK_COVER_CLOSED, false);
	set(SWITCH_ESTOP_CLOSED, false);
	next();
	il.relay_closed_us = 0;
	assert_false(interlock_acknowledge(&il));
	assert_int_equal(il.latched, CAUSE_BIT(CAUSE_COVER_OPEN) | CAUSE_BIT(CAUSE_ESTOP_OPEN));
	set(SWITCH_BACK_COVER_CLOSED, true);
	pass(300 * MS_US);
	il.relay_closed_us = 0;
	assert_false(interlock_acknowledge(&il));
	assert_int_equal(il.latched, CAUSE_BIT(CAUSE_ESTOP_OPEN));
	set(SWITCH_ESTOP_CLOSED, true);
	pass(300 * MS_US);
	assert_int_equal(il.latched, CAUSE_BIT(CAUSE_ESTOP_OPEN));
	il.relay_closed_us = 0;
	assert_true(interlock_acknowledge(&il));
}

static void what_is_back_but_not_yet_for_its_hold_time_is_not_gone(void **state)
{
	(void)state;
	interlock_restore(&il, CAUSE_BIT(CAUSE_SENSOR_IMPLAUSIBLE), in.now_us);
	in.sensor[0][0].quality = QUALITY_OPEN;
	next();
	assert_int_equal(il.active, 0);
	assert_false(interlock_acknowledge(&il));
	in.sensor[0][0].quality = QUALITY_GOOD;
	next();
	assert_true(interlock_acknowledge(&il));
}

static void a_passing_cause_is_never_latched(void **state)
{
	(void)state;
	in.stop = true;
	set(SWITCH_SEAT_OCCUPIED, false);
	pass(2 * S_US);
	assert_int_equal(il.active, CAUSE_BIT(CAUSE_STOP) | CAUSE_BIT(CAUSE_SEAT_EMPTY));
	assert_int_equal(il.latched, 0);
	assert_int_equal(il.effects, 1U << EFFECT_RETRACT);
}

static void a_restart_brings_latched_causes_back_and_no_others(void **state)
{
	struct interlock fresh = { 0 };

	(void)state;
	interlock_restore(&fresh, UINT64_MAX, 77);
	for (unsigned int c = 0; c < CAUSE_COUNT; c++) {
		const bool kept = fault_row((enum cause)c)->latched;

		assert_int_equal(fresh.latched >> c & 1U, kept);
		assert_int_equal(fresh.since_us[c], kept ? 77 : 0);
	}
	assert_int_equal(fresh.latched >> CAUSE_COUNT, 0);
	assert_int_equal(fresh.first_out, CAUSE_ESTOP_OPEN);

	fresh = (struct interlock){ 0 };
	interlock_restore(&fresh, CAUSE_BIT(CAUSE_COVER_OPEN) | CAUSE_BIT(CAUSE_DRIVE_FAULT), 77);
	assert_int_equal(fresh.first_out, CAUSE_COVER_OPEN);
	interlock_restore(&fresh, CAUSE_BIT(CAUSE_ESTOP_OPEN), 78);
	assert_int_equal(fresh.first_out, CAUSE_COVER_OPEN);
	interlock_restore(&fresh, 0, 79);
	assert_int_equal(fresh.since_us[CAUSE_COVER_OPEN], 77);
}

static void a_restored_cut_stays_until_it_is_acknowledged(void **state)
{
	(void)state;
	interlock_restore(&il, CAUSE_BIT(CAUSE_DRIVE_FAULT), in.now_us);
	next();
	assert_true(interlock_has(&il, EFFECT_CUT));
	assert_false(interlock_permits(&il).power);
	il.relay_closed_us = 0;
	assert_true(interlock_acknowledge(&il));
	next();
	assert_false(interlock_has(&il, EFFECT_CUT));
}

#define TEST(function) cmocka_unit_test_setup(function, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_protective_switch_acts_in_the_cycle_that_sees_it_open),
		TEST(F002_the_relay_has_100_ms_to_close_after_the_first_edge),
		TEST(F002_the_relay_has_100_ms_to_open_after_its_hold_time),
		TEST(F002_a_relay_closed_at_start_up_has_as_long_to_open),
		TEST(F002_a_relay_that_estop_or_thermostats_open_is_not_at_fault),
		TEST(F002_an_open_relay_without_heartbeat_is_right),
		TEST(a_beat_counts_from_its_first_edge_without_a_gap),
		TEST(F003_switches_may_be_50_ms_old_and_not_a_microsecond_more),
		TEST(F003_an_unreadable_switch_or_a_failed_write_cuts),
		TEST(F003_what_unreadable_switches_say_means_nothing),
		TEST(F004_a_cycle_is_late_after_20_ms_and_gets_no_heartbeat),
		TEST(F004_three_late_cycles_within_one_second_cut),
		TEST(F004_the_window_of_three_late_cycles_is_one_second_exactly),
		TEST(F004_overrun_passes_a_second_after_the_first_of_three),
		TEST(F004_one_late_cycle_soon_after_boot_is_not_three),
		TEST(F004_the_first_cycle_ever_is_not_late),
		TEST(F005_a_stalled_thread_cuts),
		TEST(F007_a_pad_over_43_degrees_on_either_channel_cuts),
		TEST(F007_a_missing_module_does_not_hide_a_hot_pad),
		TEST(F007_a_bad_channel_does_not_count_as_hot),
		TEST(F010_any_fault_bit_of_any_drive_cuts),
		TEST(F011_a_drive_that_refuses_its_limits_cuts),
		TEST(an_unpowered_drive_has_no_faults),
		TEST(F012_a_powered_drive_may_be_silent_for_300_ms),
		TEST(F012_silence_counts_only_3_s_after_the_relay_has_closed),
		TEST(F012_a_drive_may_be_without_its_configuration_for_300_ms),
		TEST(F012_a_stamp_from_the_future_or_none_is_silence),
		TEST(F013_a_temperature_module_may_be_silent_for_3_s),
		TEST(F013_a_stamp_from_the_future_or_none_is_silence),
		TEST(what_other_parts_find_is_a_cause_of_this_cycle),
		TEST(a_cause_remembers_every_part_until_it_comes_anew),
		TEST(F027_in_service_the_seat_row_is_the_other_way_round),
		TEST(F029_F034_the_service_key_inhibits_and_ends_what_runs),
		TEST(F028_F033_a_button_is_stuck_after_30_s),
		TEST(F028_F033_each_stuck_button_is_told),
		TEST(F040_a_panel_that_answers_for_a_session_may_be_silent_for_5_s),
		TEST(a_contact_counts_as_closed_after_250_ms_without_bounce),
		TEST(F002_while_something_moves_the_relay_may_open_by_wire_only),
		TEST(a_cut_is_acknowledged_only_when_the_relay_has_opened),
		TEST(what_speaks_against_a_start),
		TEST(F016_a_lost_store_inhibits_until_it_is_acknowledged),
		TEST(F020_two_samples_over_40_n_retract),
		TEST(F020_one_sample_over_45_n_retracts),
		TEST(F020_the_same_sample_is_judged_once),
		TEST(F020_samples_of_two_rollers_do_not_add_up),
		TEST(F021_the_second_time_in_a_session_latches),
		TEST(F021_one_long_press_is_one_time),
		TEST(F021_easing_must_reach_every_roller_before_it_counts_again),
		TEST(F021_the_count_ends_only_when_the_person_has_left),
		TEST(F022_F036_an_implausible_channel_counts_after_one_second),
		TEST(F022_three_degrees_apart_and_the_ends_of_the_range_are_plausible),
		TEST(F022_a_gap_starts_the_second_again),
		TEST(F023_an_empty_seat_counts_after_one_second),
		TEST(F023_the_seat_may_be_empty_while_preheating),
		TEST(F024_a_stop_acts_at_once_from_a_client_or_the_armrest),
		TEST(F030_a_drive_or_module_that_never_answered_is_missing),
		TEST(F030_a_drive_counts_as_seen_only_fresh_configured_and_powered),
		TEST(F030_several_missing_devices_are_all_named),
		TEST(F030_soon_after_boot_no_stamp_is_no_drive),
		TEST(F030_seen_means_seen_since_the_relay_closed),
		TEST(F010_F011_what_was_read_before_the_relay_closed_is_no_cause),
		TEST(F031_a_relay_inhibits_until_it_has_been_closed_for_3_s),
		TEST(F031_an_open_relay_inhibits),
		TEST(powered_means_closed_for_3_s),
		TEST(the_first_cause_out_is_kept),
		TEST(an_acknowledgement_clears_only_what_is_gone),
		TEST(what_is_back_but_not_yet_for_its_hold_time_is_not_gone),
		TEST(a_passing_cause_is_never_latched),
		TEST(a_restart_brings_latched_causes_back_and_no_others),
		TEST(a_restored_cut_stays_until_it_is_acknowledged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
