/* SPDX-License-Identifier: MIT */
/* The proof test at start-up: each item in its order, its time, and how it fails. */
#include "core_fixture.h"

static uint64_t begun_us;

/* A fresh chair at its first cycle, its proof not yet begun. */
static int setup(void **state)
{
	(void)state;
	rig_init();
	begun_us = EPOCH_US;
	return 0;
}

static const struct proof *proof(void)
{
	return &rig.chair.proof;
}

/* Cycles until @item is being proven; what time it takes is returned in ms. */
static unsigned int reach(unsigned int item, unsigned int max_ms)
{
	unsigned int ms = 0;

	while ((unsigned int)proof()->item != item && ms < max_ms) {
		rig_cycle();
		ms += 10;
	}
	assert_int_equal(proof()->item, item);
	return ms;
}

static void F032_a_good_chair_passes_all_and_moves_nothing(void **state)
{
	unsigned int item = 0;

	(void)state;
	for (unsigned int t = 0; t < 50000; t += 10) {
		struct chair_event event;

		rig_forget();
		rig_cycle();
		for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
			assert_false(rig.out.drive[d].enable);
		}
		assert_int_equal(rig.out.coils >> COIL_SSR_LOWER_BACK & ((1U << PAD_COUNT) - 1), 0);
		if (rig_saw(CHAIR_EVENT_PROOF, &event) != 0) { /* told in their order */
			assert_int_equal(rig_saw(CHAIR_EVENT_PROOF, NULL), 1);
			assert_int_equal(event.a, item);
			assert_int_equal(event.b, 1);
			assert_int_equal(proof()->at_us[item], rig.in.now_us);
			item++;
		}
		assert_int_equal(rig_has(CAUSE_PADS_UNPROVEN), item < PROOF_ITEM_COUNT);
		assert_int_equal(rig_has(CAUSE_PROOF), item < PROOF_PADS);
		assert_int_equal(rig.out.coils >> COIL_HEAT_ENABLE & 1U, item == PROOF_PADS);
	}
	assert_int_equal(item, PROOF_ITEM_COUNT);
	for (unsigned int i = 0; i < PROOF_ITEM_COUNT; i++) {
		assert_int_equal(proof()->result[i], PROOF_PASSED);
	}
	assert_int_equal(rig.chair.session.state, STATE_READY);
}

static void F032_the_chair_is_ready_before_its_pads_are_proven(void **state)
{
	(void)state;
	rig_run_until(STATE_READY, 4000);
	assert_int_equal(proof()->item, PROOF_PADS);
	assert_false(rig.chair.permits.heat);
	assert_true(rig.chair.permits.start);
}

static void F032_no_heartbeat_before_the_relay_was_seen_open(void **state)
{
	(void)state;
	rig.relay = RIG_RELAY_WELDED;
	for (unsigned int t = 0; t < 1000; t += 10) {
		rig_cycle();
		assert_int_equal(rig.out.coils & 1U << COIL_HEARTBEAT, 0);
	}
	assert_int_equal(proof()->item, PROOF_RELAY_OPEN);
	assert_int_equal(proof()->result[PROOF_RELAY_OPEN], PROOF_PENDING);
	assert_true(rig_latched(CAUSE_RELAY_FEEDBACK)); /* F002 says the rest */
}

static void F032_the_heartbeat_must_close_the_relay_within_100_ms(void **state)
{
	struct chair_event event;

	(void)state;
	rig.relay = RIG_RELAY_DEAD;
	reach(PROOF_RELAY_CLOSES, 100);
	rig_run_ms(100);
	assert_int_equal(proof()->result[PROOF_RELAY_CLOSES], PROOF_PENDING);
	rig_forget();
	rig_cycle();
	assert_int_equal(proof()->result[PROOF_RELAY_CLOSES], PROOF_FAILED);
	assert_int_equal(rig_saw(CHAIR_EVENT_PROOF, &event), 1);
	assert_int_equal(event.a, PROOF_RELAY_CLOSES);
	assert_int_equal(event.b, 0);
	assert_true(rig_has(CAUSE_PROOF));
	rig.relay = RIG_RELAY_WORKS; /* failed is failed until the next start */
	rig_run_ms(6000);
	assert_true(rig_has(CAUSE_PROOF));
	assert_int_not_equal(rig.chair.session.state, STATE_READY);
	assert_int_equal(rig.chair.interlock.where[CAUSE_PROOF] >> PROOF_RELAY_CLOSES, 1);
}

static void F032_withholding_the_heartbeat_must_open_it_within_150_ms(void **state)
{
	uint32_t beat;

	(void)state;
	reach(PROOF_RELAY_DROPS, 500);
	rig.relay = RIG_RELAY_WELDED;
	beat = rig.out.coils & 1U << COIL_HEARTBEAT;
	for (unsigned int t = 0; t < 150; t += 10) {
		rig_cycle();
		assert_int_equal(rig.out.coils & 1U << COIL_HEARTBEAT, beat);
		assert_int_equal(proof()->result[PROOF_RELAY_DROPS], PROOF_PENDING);
	}
	rig_cycle();
	assert_int_equal(proof()->result[PROOF_RELAY_DROPS], PROOF_FAILED);
	assert_true(rig_has(CAUSE_PROOF));
}

static void F032_a_relay_that_drops_is_closed_again(void **state)
{
	(void)state;
	reach(PROOF_RELAY_DROPS, 500);
	assert_true(rig.relay_closed);
	assert_true(reach(PROOF_SWITCHES, 500) <= 150);
	assert_false(rig.relay_closed);
	rig_run_ms(100);
	assert_true(rig.relay_closed);
}

static void F032_a_cut_begins_the_proof_anew(void **state)
{
	(void)state;
	reach(PROOF_PADS, 5000);
	rig_run_ms(10000);
	rig_set(SWITCH_ESTOP_CLOSED, false);
	rig_cycle();
	rig_cycle();
	assert_int_equal(proof()->item, PROOF_RELAY_OPEN);
	assert_int_equal(proof()->result[PROOF_DRIVES], PROOF_PENDING);
	assert_int_equal(rig.out.coils >> COIL_HEAT_ENABLE & 1U, 0);
	rig_set(SWITCH_ESTOP_CLOSED, true);
	rig_run_ms(500);
	assert_int_equal(proof()->item, PROOF_RELAY_OPEN);
	rig_press(SWITCH_BUTTON_START);
	rig_run_until(STATE_READY, 5000);
	assert_int_equal(proof()->item, PROOF_PADS);
}

static void F032_what_is_proven_once_is_not_proven_again(void **state)
{
	(void)state;
	reach(PROOF_ITEM_COUNT, 50000);
	rig_set(SWITCH_ESTOP_CLOSED, false);
	rig_run_ms(500);
	rig_set(SWITCH_ESTOP_CLOSED, true);
	rig_run_ms(500);
	rig_press(SWITCH_BUTTON_START);
	rig_run_until(STATE_READY, 5000);
	assert_int_equal(proof()->item, PROOF_ITEM_COUNT);
	assert_false(rig_has(CAUSE_PADS_UNPROVEN));
}

static void F032_every_switch_must_read_good(void **state)
{
	static const struct {
		enum cause cause;
	} table[] = { { CAUSE_ESTOP_OPEN },
		      { CAUSE_THERMOSTAT_OPEN },
		      { CAUSE_COVER_OPEN },
		      { CAUSE_LEG_GUARD } };
	struct chair_inputs in;
	struct found found = { 0 };

	(void)state;
	core_good_inputs(&in, EPOCH_US);
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct proof one = { .item = PROOF_SWITCHES, .since_us = EPOCH_US };
		struct interlock il = { .present = CAUSE_BIT(table[i].cause) };

		proof_step(&one, &il, &in, &found);
		assert_int_equal(one.item, PROOF_SWITCHES);
		il.present = 0;
		proof_step(&one, &il, &in, &found);
		assert_int_equal(one.item, PROOF_DRIVES);
	}
}

/* One pad, both channels changed by @change_c, @passed_us after the item began at @start_c. */
static enum proof_result pads_after(float start_c, float change_c, uint64_t passed_us)
{
	struct proof one = { .item = PROOF_CHANNELS, .since_us = EPOCH_US };
	struct interlock il = { 0 };
	struct chair_inputs in;
	struct found found = { 0 };

	core_good_inputs(&in, EPOCH_US);
	for (unsigned int c = 0; c < PAD_CHANNELS; c++) {
		in.sensor[PAD_LOWER_BACK][c].temp_c = start_c;
	}
	proof_step(&one, &il, &in, &found);
	in.now_us += passed_us;
	for (unsigned int c = 0; c < PAD_CHANNELS; c++) {
		in.sensor[PAD_LOWER_BACK][c].temp_c += change_c;
	}
	proof_step(&one, &il, &in, &found);
	return one.result[PROOF_PADS];
}

static void F032_the_pads_to_the_tenth_of_a_degree(void **state)
{
	(void)state;
	assert_int_equal(pads_after(36.5f, 1.0f, 40 * S_US), PROOF_PASSED);
	assert_int_equal(pads_after(36.5f, 1.0625f, 40 * S_US), PROOF_FAILED);
	assert_int_equal(pads_after(36.5f, 1.0f, 40 * S_US - 1), PROOF_PENDING);
	/* 10 C below a body: it may warm it by 0.003 of that a second */
	assert_int_equal(pads_after(26.5f, 2.125f, 40 * S_US), PROOF_PASSED);
	assert_int_equal(pads_after(26.5f, 2.25f, 40 * S_US), PROOF_FAILED);
	assert_int_equal(pads_after(26.5f, 1.125f, 10 * S_US), PROOF_PENDING);
	assert_int_equal(pads_after(26.5f, 1.375f, 10 * S_US), PROOF_FAILED);
}

static void F032_every_drive_must_be_configured(void **state)
{
	(void)state;
	rig.deaf[6] = true;
	rig_run_ms(10000);
	assert_int_equal(proof()->item, PROOF_DRIVES);
	assert_int_equal(rig.chair.session.state, STATE_INHIBITED);
	rig.deaf[6] = false;
	rig_run_until(STATE_READY, 1000);
}

static void F032_both_channels_must_agree(void **state)
{
	(void)state;
	reach(PROOF_DRIVES, 1000);
	rig.in.sensor[PAD_LEG_LEFT][1].temp_c = 33.5f;
	rig.in.sensor[PAD_LEG_LEFT][1].stamp_us = rig.in.now_us;
	rig.chair.interlock.sensors_seen = 3;
	rig_step_raw();
	assert_true((rig.chair.interlock.present & CAUSE_BIT(CAUSE_SENSORS_DISAGREE)) != 0);
	rig.chair.proof.item = PROOF_CHANNELS;
	rig_step_raw();
	assert_int_equal(proof()->item, PROOF_CHANNELS);
}

/* A pad that rises by @rise_c a second with every relay off, beginning at @start_c. */
static void warm(unsigned int pad, float start_c, float rise_c_s, unsigned int seconds)
{
	rig_init();
	rig.pad_c[pad] = start_c;
	rig.warms_c_s[pad] = 0.02f;
	reach(PROOF_PADS, 5000);
	rig.warms_c_s[pad] = 0.02f + rise_c_s;
	rig_run_ms(seconds * 1000);
}

static void F032_a_pad_that_warms_with_every_relay_off_fails_and_is_named(void **state)
{
	(void)state;
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		warm(p, 30.0f, 0.08f, 30);
		assert_int_equal(proof()->result[PROOF_PADS], PROOF_FAILED);
		assert_int_equal(proof()->warm_pad, p);
		assert_true(rig_has(CAUSE_PROOF) && rig_has(CAUSE_PADS_UNPROVEN));
		assert_int_equal(rig.out.coils & (RIG_HEAT_COILS), 0);
		assert_int_equal(rig.chair.session.state, STATE_INHIBITED);
	}
}

static void F032_what_a_body_warms_is_no_failure(void **state)
{
	(void)state;
	warm(PAD_LOWER_BACK, 26.5f, 0.03f, 41); /* 10 C below a body: 1.2 C in 40 s */
	assert_int_equal(proof()->item, PROOF_ITEM_COUNT);
	warm(PAD_LOWER_BACK, 36.5f, 0.03f, 41); /* as warm as a body: no body does that */
	assert_int_equal(proof()->result[PROOF_PADS], PROOF_FAILED);
	warm(PAD_LOWER_BACK, 40.0f, 0.02f, 41); /* a warm pad after a restart: lag */
	assert_int_equal(proof()->item, PROOF_ITEM_COUNT);
}

static void F032_one_channel_alone_does_not_say_that_a_pad_warms(void **state)
{
	struct proof one = { .item = PROOF_PADS };
	struct interlock il = { 0 };
	struct chair_inputs in;
	struct found found = { 0 };

	(void)state;
	for (unsigned int c = 0; c < PAD_CHANNELS; c++) {
		core_good_inputs(&in, EPOCH_US);
		one = (struct proof){ .item = PROOF_CHANNELS };
		proof_step(&one, &il, &in, &found);
		assert_int_equal(one.item, PROOF_PADS);
		in.now_us += S_US;
		in.sensor[PAD_LOWER_BACK][c].temp_c += 2.0f;
		proof_step(&one, &il, &in, &found);
		assert_int_equal(one.result[PROOF_PADS], PROOF_PENDING);
		in.sensor[PAD_LOWER_BACK][1 - c].temp_c += 2.0f;
		proof_step(&one, &il, &in, &found);
		assert_int_equal(one.result[PROOF_PADS], PROOF_FAILED);
	}
}

static void F042_no_heat_before_the_pads_are_proven(void **state)
{
	(void)state;
	rig_run_until(STATE_READY, 5000);
	assert_int_equal(rig_start(RIG_PROGRAM_BACK, SIDE_BOTH, 1), REFUSAL_NONE);
	rig_run_until(STATE_MASSAGE, 60000);
	for (unsigned int t = 0; t < 60000 && proof()->item != PROOF_ITEM_COUNT; t += 10) {
		assert_int_equal(rig.out.coils >> COIL_SSR_LOWER_BACK & ((1U << PAD_COUNT) - 1), 0);
		rig_cycle();
	}
	rig_run_ms(100);
	assert_int_not_equal(rig.out.coils >> COIL_SSR_LOWER_BACK & ((1U << PAD_COUNT) - 1), 0);
}

#define TEST(function) cmocka_unit_test_setup(function, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(F032_a_good_chair_passes_all_and_moves_nothing),
		TEST(F032_the_chair_is_ready_before_its_pads_are_proven),
		TEST(F032_no_heartbeat_before_the_relay_was_seen_open),
		TEST(F032_the_heartbeat_must_close_the_relay_within_100_ms),
		TEST(F032_withholding_the_heartbeat_must_open_it_within_150_ms),
		TEST(F032_a_relay_that_drops_is_closed_again),
		TEST(F032_a_cut_begins_the_proof_anew),
		TEST(F032_what_is_proven_once_is_not_proven_again),
		TEST(F032_every_switch_must_read_good),
		TEST(F032_the_pads_to_the_tenth_of_a_degree),
		TEST(F032_every_drive_must_be_configured),
		TEST(F032_both_channels_must_agree),
		TEST(F032_a_pad_that_warms_with_every_relay_off_fails_and_is_named),
		TEST(F032_what_a_body_warms_is_no_failure),
		TEST(F032_one_channel_alone_does_not_say_that_a_pad_warms),
		TEST(F042_no_heat_before_the_pads_are_proven),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
