/* SPDX-License-Identifier: MIT */
/* A heat pad judged: frozen, impossible, not heating, welded, and the thermal dose. */
#include "core_fixture.h"

#define P PAD_GLUTE_RIGHT

static struct heat_ctl ctl;
static struct sensor_input pad[PAD_CHANNELS];
static struct found found;
static uint64_t now_us;
static bool driven;
static float set_c;

static int setup(void **state)
{
	(void)state;
	ctl = (struct heat_ctl){ 0 };
	found = (struct found){ 0 };
	now_us = EPOCH_US;
	driven = false;
	set_c = 0.0f;
	for (unsigned int c = 0; c < PAD_CHANNELS; c++) {
		pad[c] = (struct sensor_input){ 30.0f, QUALITY_GOOD, now_us };
	}
	return 0;
}

/* One cycle @dt_us later; both channels sampled anew. What is found adds up. */
static void watch(uint64_t dt_us)
{
	now_us += dt_us;
	pad[0].stamp_us = now_us;
	pad[1].stamp_us = now_us;
	heat_watch(&ctl, P, pad, driven, set_c, dt_us, now_us, &found);
}

/* So many seconds in which both channels change by @rise_c a second, a tenth at a time. */
static void run(unsigned int seconds, float rise_c)
{
	for (unsigned int t = 0; t < seconds; t++) {
		pad[0].temp_c += rise_c;
		pad[1].temp_c += rise_c;
		watch(S_US);
	}
}

static void assert_found(uint64_t causes)
{
	assert_int_equal(found.causes, causes);
	for (unsigned int c = 0; c < CAUSE_COUNT; c++) {
		assert_int_equal(found.where[c], (causes >> c & 1U) != 0 ? 1U << P : 0);
	}
	found = (struct found){ 0 };
}

static void a_quiet_pad_is_no_cause(void **state)
{
	(void)state;
	run(3600, 0.0f); /* cold, steady and off: nothing needs to change */
	assert_found(0);
	assert_true(ctl.valid);
	assert_near(ctl.temp_c, 30.0f, 0.0f);
}

static void F037_a_channel_that_stands_still_while_driven_for_60_s_is_frozen(void **state)
{
	for (unsigned int c = 0; c < PAD_CHANNELS; c++) {
		assert_int_equal(setup(state), 0);
		watch(S_US);
		driven = true;
		for (unsigned int t = 0; t < 59; t++) {
			pad[c].temp_c += 0.01f; /* this one lives */
			watch(S_US);
		}
		watch(S_US - 1);
		pad[c].temp_c += 0.01f;
		assert_found(0);
		watch(1);
		assert_found(CAUSE_BIT(CAUSE_SENSOR_FROZEN));
		pad[1 - c].temp_c += 0.1f;
		watch(S_US);
		assert_found(0);
	}
}

static void F037_being_off_does_not_count_as_being_driven(void **state)
{
	(void)state;
	watch(S_US);
	for (unsigned int t = 0; t < 118; t++) {
		driven = t % 2 == 0;
		watch(S_US);
	}
	assert_found(0);
	driven = true;
	watch(S_US);
	assert_found(CAUSE_BIT(CAUSE_SENSOR_FROZEN));
}

static void F037_a_channel_that_does_not_follow_the_other_is_frozen_after_20_s(void **state)
{
	for (unsigned int c = 0; c < PAD_CHANNELS; c++) {
		assert_int_equal(setup(state), 0);
		watch(S_US);
		pad[1 - c].temp_c = 31.0f; /* by exactly 1 C: it may */
		run(30, 0.0f);
		assert_found(0);
		pad[c].temp_c = 30.125f;
		watch(S_US);
		pad[1 - c].temp_c = c == 0 ? 32.125f : 29.5f; /* up or down */
		for (unsigned int t = 0; t < 19; t++) {
			watch(S_US);
		}
		watch(S_US - 1);
		assert_found(0);
		watch(1);
		assert_found(CAUSE_BIT(CAUSE_SENSOR_FROZEN));
	}
}

static void F037_a_channel_without_a_value_is_not_frozen_but_begins_anew(void **state)
{
	static const enum quality bad[] = { QUALITY_BAD, QUALITY_OPEN, QUALITY_SHORT };

	for (size_t i = 0; i < ARRAY_COUNT(bad) * PAD_CHANNELS; i++) {
		const unsigned int c = (unsigned int)i % PAD_CHANNELS;

		assert_int_equal(setup(state), 0);
		watch(S_US);
		driven = true;
		pad[c].quality = bad[i / PAD_CHANNELS];
		run(100, 0.0f);
		assert_found(0);
		assert_false(ctl.valid);
		pad[c].quality = QUALITY_GOOD;
		watch(S_US); /* the first sample */
		run(58, 0.0f);
		assert_found(0);
		run(1, 0.0f);
		assert_found(CAUSE_BIT(CAUSE_SENSOR_FROZEN));
	}
}

static void F022_a_change_of_more_than_2_c_a_second_is_impossible_for_2_s(void **state)
{
	static const struct {
		float by_c;
		uint64_t dt_us;
		bool impossible;
	} table[] = {
		{ 2.0f, S_US, false },	   { 2.125f, S_US, true },     { -2.125f, S_US, true },
		{ -2.0f, S_US, false },	   { 1.0f, 250000, false },    { 1.125f, 250000, true },
		{ 4.0f, 2 * S_US, false }, { 4.125f, 2 * S_US, true }, { 1.0f, 1000, false },
		{ -1.125f, 1000, true },
	};

	for (size_t i = 0; i < ARRAY_COUNT(table) * PAD_CHANNELS; i++) {
		const unsigned int c = (unsigned int)i % PAD_CHANNELS;
		const uint64_t cause = table[i / PAD_CHANNELS].impossible
					       ? CAUSE_BIT(CAUSE_SENSOR_IMPLAUSIBLE)
					       : 0;

		assert_int_equal(setup(state), 0);
		watch(S_US);
		pad[c].temp_c += table[i / PAD_CHANNELS].by_c;
		watch(table[i / PAD_CHANNELS].dt_us);
		assert_found(cause);
		watch(2 * S_US - 1);
		assert_found(cause);
		watch(1);
		assert_found(0);
	}
}

static void F022_the_first_value_of_a_channel_is_no_jump(void **state)
{
	(void)state;
	pad[0].temp_c = 41.0f;
	watch(S_US);
	assert_found(0);
	pad[0].quality = QUALITY_OPEN;
	watch(S_US);
	pad[0].quality = QUALITY_GOOD;
	pad[0].temp_c = 30.0f;
	watch(S_US);
	assert_found(0);
}

static void F022_the_same_sample_is_judged_once(void **state)
{
	(void)state;
	watch(S_US);
	pad[0].temp_c = 41.0f; /* no new stamp: not a new value */
	now_us += S_US;
	heat_watch(&ctl, P, pad, driven, set_c, S_US, now_us, &found);
	assert_found(0);
}

static void F038_a_pad_that_is_driven_must_rise_by_1_c_in_90_s(void **state)
{
	static const struct {
		float rise_c;
		bool heats;
	} table[] = { { 0.0f, false }, { 0.0107421875f, false }, { 0.01171875f, true } };

	/* by exactly 1 C: it heats */
	assert_int_equal(setup(state), 0);
	set_c = 39.0f;
	watch(S_US);
	driven = true;
	for (unsigned int t = 0; t < 90; t++) {
		pad[0].temp_c += t < 65 ? 0.015625f : 0.0f;
		pad[1].temp_c += t < 65 ? 0.015625f : 0.0f;
		ctl.channel[0].driven_us = 0;
		ctl.channel[1].driven_us = 0;
		watch(S_US);
	}
	assert_found(0);

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		assert_int_equal(setup(state), 0);
		set_c = 39.0f;
		watch(S_US);
		driven = true;
		for (unsigned int t = 0; t < 90; t++) {
			pad[0].temp_c += table[i].rise_c;
			pad[1].temp_c += table[i].rise_c;
			ctl.channel[0].driven_us = 0; /* frozen is another matter */
			ctl.channel[1].driven_us = 0;
			assert_found(0);
			watch(S_US);
		}
		assert_found(table[i].heats ? 0 : CAUSE_BIT(CAUSE_NOT_HEATING));
		watch(S_US); /* the next 90 s */
		assert_found(0);
	}
}

static void F038_the_lower_channel_tells_whether_it_heats(void **state)
{
	for (unsigned int c = 0; c < PAD_CHANNELS; c++) {
		assert_int_equal(setup(state), 0);
		set_c = 39.0f;
		watch(S_US);
		driven = true;
		for (unsigned int t = 0; t < 90; t++) {
			pad[c].temp_c += 0.02f;
			pad[1 - c].temp_c += t % 2 == 0 ? 0.1f : -0.1f;
			watch(S_US);
		}
		assert_found(CAUSE_BIT(CAUSE_NOT_HEATING));
	}
}

static void F038_only_time_below_the_set_point_and_driven_counts(void **state)
{
	(void)state;
	set_c = 1.0f; /* as good as none, and no pad is that cold */
	driven = true;
	pad[0].temp_c = pad[1].temp_c = 0.0f;
	ctl = (struct heat_ctl){ 0 };
	watch(S_US);
	for (unsigned int t = 0; t < 120; t++) {
		ctl.channel[0].driven_us = 0;
		ctl.channel[1].driven_us = 0;
		watch(S_US);
	}
	assert_found(0); /* 0 C is within 1 C of 1 C */
	pad[0].temp_c = pad[1].temp_c = 30.0f;
	ctl = (struct heat_ctl){ 0 };
	set_c = 31.0f; /* within 1 C of it */
	driven = true;
	for (unsigned int t = 0; t < 300; t++) {
		pad[0].temp_c = pad[1].temp_c = t % 2 == 0 ? 30.0f : 30.125f;
		watch(S_US);
	}
	assert_found(0);
	set_c = 39.0f;
	for (unsigned int t = 0; t < 300; t++) { /* off every other second */
		driven = t % 2 == 0 && t < 178;
		pad[0].temp_c = pad[1].temp_c = t % 4 < 2 ? 30.0f : 30.125f;
		watch(S_US);
	}
	assert_found(0); /* 89 s of being driven */
	set_c = 0.0f;
	watch(S_US);
	set_c = 39.0f;
	driven = true;
	for (unsigned int t = 0; t < 89; t++) {
		pad[0].temp_c = pad[1].temp_c = t % 4 < 2 ? 30.0f : 30.125f;
		watch(S_US);
	}
	assert_found(0); /* the set point was taken away: from the beginning */
}

/* One minute off at @at_c, then one that rises by @rise_c on each channel. */
static void minute(float at_c, float rise0_c, float rise1_c)
{
	pad[0].temp_c = at_c;
	pad[1].temp_c = at_c;
	ctl = (struct heat_ctl){ 0 };
	watch(S_US);
	for (unsigned int t = 0; t < 60; t++) {
		assert_int_equal(found.causes & CAUSE_BIT(CAUSE_SSR_WELDED), 0);
		pad[0].temp_c = at_c + rise0_c * ((float)(t + 1) / 60.0f);
		pad[1].temp_c = at_c + rise1_c * ((float)(t + 1) / 60.0f);
		watch(S_US);
	}
	found.causes &= CAUSE_BIT(CAUSE_SSR_WELDED);
	found.where[CAUSE_SENSOR_FROZEN] = 0;
}

static void F017_a_pad_that_warms_for_a_minute_without_drive_is_welded(void **state)
{
	(void)state;
	minute(38.0f, 1.25f, 1.25f);
	assert_found(CAUSE_BIT(CAUSE_SSR_WELDED));
	minute(38.0f, 0.9f, 1.25f); /* both channels must say so */
	assert_found(0);
	minute(38.0f, 1.25f, 0.9f);
	assert_found(0);
	minute(36.0f, 1.9f, 1.9f); /* a body on a cold pad */
	assert_found(0);
	minute(40.0f, -1.5f, -1.5f);
	assert_found(0);
	minute(36.9f, 1.2f, 1.0f); /* ends over 38 on one channel only */
	assert_found(0);
	minute(36.5f, 1.5f, 1.5f); /* exactly 38: a body may */
	assert_found(0);
	minute(39.0f, 1.0f, 1.0f); /* by exactly 1 C: the lag of a pad just switched off */
	assert_found(0);
}

static void F017_the_minute_is_the_last_one_whenever_the_rise_begins(void **state)
{
	(void)state;
	pad[0].temp_c = pad[1].temp_c = 39.0f;
	watch(S_US);
	run(87, 0.0f);
	run(22, 0.05f); /* at 105 s, the last look, it is 0.9 C */
	assert_int_equal(found.causes & CAUSE_BIT(CAUSE_SSR_WELDED), 0);
	run(1, 0.05f);
	assert_int_not_equal(found.causes & CAUSE_BIT(CAUSE_SSR_WELDED), 0);
}

static void F017_any_drive_begins_the_minute_anew(void **state)
{
	(void)state;
	pad[0].temp_c = pad[1].temp_c = 38.0f;
	for (unsigned int t = 0; t < 600; t++) {
		driven = t % 60 == 59;
		pad[0].temp_c += 0.005f;
		pad[1].temp_c += 0.005f;
		watch(S_US);
	}
	found.causes &= CAUSE_BIT(CAUSE_SSR_WELDED);
	assert_int_equal(found.causes, 0);
	driven = false; /* it goes on rising, and a minute later is found */
	watch(S_US);
	run(59, 0.03f);
	assert_int_equal(found.causes & CAUSE_BIT(CAUSE_SSR_WELDED), 0);
	run(1, 0.03f);
	assert_int_not_equal(found.causes & CAUSE_BIT(CAUSE_SSR_WELDED), 0);
}

static void F017_a_gap_in_the_samples_begins_the_minute_anew(void **state)
{
	(void)state;
	pad[0].temp_c = pad[1].temp_c = 38.5f;
	watch(S_US);
	run(30, 0.05f);
	pad[0].quality = QUALITY_OPEN;
	watch(S_US);
	pad[0].quality = QUALITY_GOOD;
	watch(S_US);
	run(59, 0.05f);
	assert_int_equal(found.causes & CAUSE_BIT(CAUSE_SSR_WELDED), 0);
	run(1, 0.05f);
	assert_int_not_equal(found.causes & CAUSE_BIT(CAUSE_SSR_WELDED), 0);
}

static void the_dose_rate_is_that_of_sapareto_and_dewey(void **state)
{
	static const struct {
		float temp_c;
		float cem43; /* of an hour */
	} table[] = {
		{ 36.9f, 0.0f },
		{ 37.0f, 0.0146484f },
		{ 38.0f, 0.0585938f },
		{ 39.0f, 0.234375f },
		{ 40.0f, 0.9375f },
		{ 41.0f, 3.75f },
		{ 42.0f, 15.0f },
		{ 43.0f, 60.0f },
		{ 44.0f, 120.0f },
		{ 45.0f, 240.0f },
		{ 42.5f, 30.0f },
		{ 43.5f, 84.852814f },
		{ 41.25f, 5.3033f },
		{ 50.0f, 7680.0f },
		{ 43.96875f, 117.428647f },
		{ 42.984375f, 58.714324f },
		{ 80.0f, 60.0f * 137438953472.0f },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		const float hour = dose_rate(table[i].temp_c) * 3600.0f;

		assert_near(hour, table[i].cem43, table[i].cem43 * 3e-5f);
	}
	assert_near(dose_rate(45.1875f) * 3600.0f, 273.309272f, 0.004f);
	assert_near(dose_rate(43.96875f) * 3600.0f, 117.428647f, 0.00094f);
	assert_true(dose_rate(1e6f) > 1e12f); /* no sensor says so: bounded all the same */
}

static void F041_two_cem43_are_enough(void **state)
{
	(void)state;
	pad[0].temp_c = 41.0f; /* the higher channel counts, whichever it is */
	pad[1].temp_c = 38.0f;
	for (unsigned int t = 0; t < 1910; t++) {
		watch(S_US);
	}
	found.causes &= CAUSE_BIT(CAUSE_DOSE);
	assert_int_equal(found.causes, 0);
	assert_near(ctl.dose.sum_cem43, 1.99f, 0.01f); /* 32 minutes, see domain facts */
	for (unsigned int t = 0; t < 20; t++) {
		watch(S_US);
	}
	assert_int_not_equal(found.causes & CAUSE_BIT(CAUSE_DOSE), 0);
	assert_int_equal(found.where[CAUSE_DOSE], 1U << P);
}

static void the_dose_does_not_depend_on_how_often_it_is_counted(void **state)
{
	float once;

	(void)state;
	pad[1].temp_c = 40.0f;
	for (unsigned int t = 0; t < 600; t++) {
		watch(S_US);
	}
	once = ctl.dose.sum_cem43;
	assert_int_equal(setup(state), 0);
	pad[1].temp_c = 40.0f;
	for (unsigned int t = 0; t < 60000; t++) {
		watch(10 * MS_US);
	}
	assert_near(ctl.dose.sum_cem43, once, once * 1e-3f);
}

static void a_second_is_counted_when_it_is_over(void **state)
{
	(void)state;
	pad[0].temp_c = 42.0f;
	watch(S_US - 1);
	assert_near(ctl.dose.sum_cem43, 0.0f, 0.0f);
	watch(1);
	assert_true(ctl.dose.sum_cem43 > 0.0f);
}

static void soon_after_boot_nothing_is_found_either(void **state)
{
	(void)state;
	now_us = 100 * MS_US;
	pad[0].temp_c = 0.0f; /* a cold morning */
	pad[1].temp_c = 2.5f;
	watch(100 * MS_US);
	assert_found(0);
	run(18, 0.0f);
	assert_found(0);
}

static void F037_a_first_value_of_nought_is_a_value(void **state)
{
	(void)state;
	pad[0].temp_c = 0.0f;
	pad[1].temp_c = 2.5f;
	run(60, 0.0f); /* neither changes: that is no reason to */
	assert_found(0);
}

static void F017_soon_after_boot_the_minute_begins_at_once(void **state)
{
	(void)state;
	now_us = S_US;
	pad[0].temp_c = pad[1].temp_c = 39.0f;
	watch(S_US);
	run(59, 0.05f);
	assert_int_equal(found.causes & CAUSE_BIT(CAUSE_SSR_WELDED), 0);
	run(1, 0.05f);
	assert_int_not_equal(found.causes & CAUSE_BIT(CAUSE_SSR_WELDED), 0);
}

/* So many seconds of being driven, @rise_c a second; frozen channels are another matter. */
static void drive(unsigned int seconds, float rise_c)
{
	for (unsigned int t = 0; t < seconds; t++) {
		pad[0].temp_c += rise_c;
		pad[1].temp_c += rise_c;
		ctl.channel[0].driven_us = 0;
		ctl.channel[1].driven_us = 0;
		watch(S_US);
	}
}

static void F038_each_window_counts_from_its_own_beginning(void **state)
{
	(void)state;
	set_c = 39.0f;
	driven = true;
	drive(90, 0.05f);
	assert_found(0);
	drive(90, 0.0f); /* warm enough by then, but it rises no more */
	assert_found(CAUSE_BIT(CAUSE_NOT_HEATING));
	pad[0].temp_c = pad[1].temp_c = 38.5f; /* close to its set point */
	ctl.channel[0] = ctl.channel[1] = (struct heat_channel){ 0 };
	drive(1, 0.0f);
	pad[0].temp_c = pad[1].temp_c = 37.5f;
	drive(90, 0.0f);
	assert_found(CAUSE_BIT(CAUSE_NOT_HEATING));
}

static void F038_any_set_point_is_one(void **state)
{
	(void)state;
	pad[0].temp_c = pad[1].temp_c = -5.0f;
	set_c = 1.0f;
	driven = true;
	drive(90, 0.0f);
	assert_found(CAUSE_BIT(CAUSE_NOT_HEATING));
}

static void no_dose_is_counted_without_both_channels(void **state)
{
	(void)state;
	pad[0].temp_c = 42.0f;
	pad[1].quality = QUALITY_SHORT;
	run(100, 0.0f);
	assert_near(ctl.dose.sum_cem43, 0.0f, 0.0f);
}

static void an_hour_is_forgotten_after_24_hours_and_not_before(void **state)
{
	struct dose dose = { 0 };
	uint64_t at_us = EPOCH_US;

	(void)state;
	dose_add(&dose, 43.0f, 60.0f, at_us); /* 1 CEM43 */
	for (unsigned int h = 0; h < 24; h++) {
		at_us += 3600 * S_US;
		dose_add(&dose, 30.0f, 1.0f, at_us);
		assert_near(dose.sum_cem43, 1.0f, 1e-3f);
		assert_int_equal(dose.hours, h + 1);
	}
	at_us += 3600 * S_US - 1;
	dose_add(&dose, 30.0f, 1.0f, at_us);
	assert_near(dose.sum_cem43, 1.0f, 1e-3f);
	dose_add(&dose, 30.0f, 1.0f, at_us + 1);
	assert_near(dose.sum_cem43, 0.0f, 0.0f);
}

static void a_long_silence_forgets_everything_at_once(void **state)
{
	struct dose dose = { 0 };

	(void)state;
	for (unsigned int h = 0; h < 30; h++) {
		dose_add(&dose, 43.0f, 6.0f, EPOCH_US + h * 3600 * S_US);
	}
	assert_near(dose.sum_cem43, 2.5f, 1e-3f); /* 25 hours of them */
	dose_add(&dose, 30.0f, 1.0f, EPOCH_US + 100 * 3600 * S_US);
	assert_near(dose.sum_cem43, 0.0f, 0.0f);
}

static void a_dose_is_restored_by_the_hour(void **state)
{
	struct dose dose = { 0 };

	(void)state;
	dose_restore(&dose, 0.5f, 0);
	dose_restore(&dose, 0.25f, 24);
	dose_restore(&dose, 9.0f, 25); /* too old */
	dose_restore(&dose, 0.25f, 3);
	dose_restore(&dose, 0.25f, 3); /* adds up */
	assert_near(dose.sum_cem43, 1.25f, 0.0f);
	dose_add(&dose, 30.0f, 1.0f, EPOCH_US);
	assert_near(dose.sum_cem43, 1.25f, 0.0f);
	dose_add(&dose, 30.0f, 1.0f, EPOCH_US + 3600 * S_US);
	assert_near(dose.sum_cem43, 1.0f, 0.0f);
	for (unsigned int h = 2; h <= 21; h++) {
		dose_add(&dose, 30.0f, 1.0f, EPOCH_US + h * 3600 * S_US);
	}
	assert_near(dose.sum_cem43, 1.0f, 0.0f);
	dose_add(&dose, 30.0f, 1.0f, EPOCH_US + 22 * 3600 * S_US);
	assert_near(dose.sum_cem43, 0.5f, 0.0f);
}

#define TEST(function) cmocka_unit_test_setup(function, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_quiet_pad_is_no_cause),
		TEST(F037_a_channel_that_stands_still_while_driven_for_60_s_is_frozen),
		TEST(F037_being_off_does_not_count_as_being_driven),
		TEST(F037_a_channel_that_does_not_follow_the_other_is_frozen_after_20_s),
		TEST(F037_a_channel_without_a_value_is_not_frozen_but_begins_anew),
		TEST(F022_a_change_of_more_than_2_c_a_second_is_impossible_for_2_s),
		TEST(F022_the_first_value_of_a_channel_is_no_jump),
		TEST(F022_the_same_sample_is_judged_once),
		TEST(F038_a_pad_that_is_driven_must_rise_by_1_c_in_90_s),
		TEST(F038_the_lower_channel_tells_whether_it_heats),
		TEST(F038_only_time_below_the_set_point_and_driven_counts),
		TEST(F017_a_pad_that_warms_for_a_minute_without_drive_is_welded),
		TEST(F017_the_minute_is_the_last_one_whenever_the_rise_begins),
		TEST(F017_any_drive_begins_the_minute_anew),
		TEST(F017_a_gap_in_the_samples_begins_the_minute_anew),
		TEST(the_dose_rate_is_that_of_sapareto_and_dewey),
		TEST(F041_two_cem43_are_enough),
		TEST(the_dose_does_not_depend_on_how_often_it_is_counted),
		TEST(a_second_is_counted_when_it_is_over),
		TEST(soon_after_boot_nothing_is_found_either),
		TEST(F037_a_first_value_of_nought_is_a_value),
		TEST(F017_soon_after_boot_the_minute_begins_at_once),
		TEST(F038_each_window_counts_from_its_own_beginning),
		TEST(F038_any_set_point_is_one),
		TEST(no_dose_is_counted_without_both_channels),
		TEST(an_hour_is_forgotten_after_24_hours_and_not_before),
		TEST(a_long_silence_forgets_everything_at_once),
		TEST(a_dose_is_restored_by_the_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
