/* SPDX-License-Identifier: MIT */
/* The balance map: the real controller massages simulated bodies in virtual time, and their
 * stiffness has to come out. Map and body share one model of tissue: this shows that the arithmetic
 * is right, not that people are like that. */
#include "balance.h"

#include "virtual.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TENTH_US  (S_US / 10)
#define TOUCH_N	  2.5
#define TOLERANCE 0.10
#define FAINT_PCT 5.0

static struct setup setup;
static struct virtual_chair v;
static struct balance balance;
static struct scan faked;

static const double sizes[] = { 1.45 / 1.75, 1.0, 1.95 / 1.75 };
#define SIZE_COUNT (sizeof(sizes) / sizeof(sizes[0]))

/* lower back, then left and right: glutes, thighs, calves */
static const double bodies[][ZONE_COUNT] = {
	{ 1.5, 1.25, 1.0, 0.85, 0.8, 0.65, 0.6 },
	{ 0.9, 0.8, 1.2, 0.7, 1.0, 0.9, 0.7 },
	{ 2.2, 1.6, 1.6, 1.2, 1.1, 1.1, 1.2 },
};
#define BODY_COUNT (sizeof(bodies) / sizeof(bodies[0]))

static int load(void **state)
{
	struct schema_problems problems = { 0 };
	const int r = setup_load("config/chair.yaml", "hw/profiles", &setup, &problems);

	(void)state;
	schema_problems_free(&problems);
	return r;
}

/* A profile such as an ideal scan would give, from the plant itself. */
static void fake_scan(void)
{
	const struct plant_body *body = &v.sim.plant.body;

	faked = (struct scan){ .result = SCAN_FOUND };
	for (unsigned int n = 0; n < ROLLER_COUNT * (SCAN_LENGTH - 1); n++) {
		const unsigned int r = n % ROLLER_COUNT;
		const unsigned int i = n / ROLLER_COUNT;
		const unsigned int at = i * (unsigned int)SCAN_PITCH_MM / SURFACE_PITCH_MM;
		const unsigned int here = at < SURFACE_LENGTH ? at : SURFACE_LENGTH - 1;
		const double dent_mm = TOUCH_N / 0.95 / body->tissue_n_mm[r][here];

		faked.touch[r][i] = (struct scan_point){
			.depth_mm = (float)(body->surface_mm[r][here] + dent_mm),
			.force_n = (float)TOUCH_N,
		};
	}
}

/* A session of @program on this body, all of it. @scans: the chair looks for the body itself. */
static void massage(const char *program, uint8_t level, bool scans)
{
	const int index = setup_find_program(&setup, program);
	uint32_t ended = ENDED_NOT;
	uint64_t next_us = 0;

	assert_true(index >= 0);
	assert_true(virtual_until(&v, STATE_READY, 120 * S_US));
	v.person = (struct person){ .checked_in = true, .ceiling = LEVEL_MAX, .scan = scans };
	v.command = (struct chair_command){ .kind = COMMAND_START,
					    .id = 1,
					    .program = (uint8_t)index,
					    .side = SIDE_BOTH,
					    .level = level };
	virtual_cycle(&v);
	while (v.chair.session.running) {
		const struct balance_sample sample = {
			.massage = v.chair.session.state == STATE_MASSAGE,
			.roller = v.chair.roller,
			.scan = scans ? &v.chair.scan : &faked,
			.zone = v.chair.zone,
		};

		if (v.now_us >= next_us) {
			next_us = v.now_us + TENTH_US;
			balance_take(&balance, &sample);
		}
		virtual_cycle(&v);
		for (unsigned int i = 0; i < v.chair.event_count; i++) {
			if (v.chair.events[i].kind == CHAIR_EVENT_SESSION_ENDED) {
				ended = v.chair.events[i].a;
			}
		}
	}
	assert_int_equal(ended, ENDED_FINISHED);
}

static void begin(const double *stiffness_n_mm, double size)
{
	assert_int_equal(virtual_init(&v, &setup), 0);
	plant_set_stiffness(&v.sim.plant, stiffness_n_mm);
	virtual_set_body(&v, size);
	balance_reset(&balance);
	fake_scan();
}

static void assert_recovers(enum zone zone, double wanted_n_mm)
{
	float n_mm = 0.0f;
	float se_n_mm = 0.0f;

	assert_true(balance_zone(&balance, zone, &n_mm, &se_n_mm));
	print_message("%s: %.2f measured %.3f +- %.3f\n", zone_name(zone), wanted_n_mm,
		      (double)n_mm, (double)se_n_mm);
	assert_true((double)n_mm > wanted_n_mm * (1.0 - TOLERANCE));
	assert_true((double)n_mm < wanted_n_mm * (1.0 + TOLERANCE));
	assert_true(se_n_mm > 0.0f && se_n_mm < 0.1f * n_mm);
}

static void every_zone_of_every_body_comes_out_within_a_tenth(void **state)
{
	(void)state;
	for (size_t i = 0; i < BODY_COUNT + SIZE_COUNT; i++) {
		const double *body = bodies[i % BODY_COUNT];

		begin(body, sizes[(i + i / BODY_COUNT) % SIZE_COUNT]);
		massage("low-back-loosening", 4, false);
		massage("leg-relief", 5, false);
		for (unsigned int z = 0; z < ZONE_COUNT; z++) {
			assert_recovers((enum zone)z, body[z]);
		}
	}
}

static void the_chairs_own_scan_is_good_enough(void **state)
{
	(void)state;
	for (size_t i = 0; i < BODY_COUNT; i++) {
		begin(bodies[i], sizes[i]);
		massage("low-back-loosening", 4, true);
		for (unsigned int z = 0; z <= ZONE_GLUTE_RIGHT; z++) {
			assert_recovers((enum zone)z, bodies[i][z]);
		}
		balance_reset(&balance);
		massage("leg-relief", 5, true);
		for (unsigned int z = ZONE_GLUTE_LEFT; z < ZONE_COUNT; z++) {
			assert_recovers((enum zone)z, bodies[i][z]);
		}
	}
}

static void left_and_right_differ_by_what_the_body_differs(void **state)
{
	static const enum zone left[] = { ZONE_GLUTE_LEFT, ZONE_THIGH_LEFT, ZONE_CALF_LEFT };
	static const double wanted_pct[] = { -40.0, -35.3, 25.0 };

	(void)state;
	begin(bodies[1], 1.0);
	massage("leg-relief", 5, false);
	for (size_t p = 0; p < sizeof(left) / sizeof(left[0]); p++) {
		float n_mm[2];
		float chance_n_mm;
		double pct;

		assert_true(balance_zone(&balance, left[p], &n_mm[0], &chance_n_mm));
		assert_true(
			balance_zone(&balance, (enum zone)(left[p] + 1), &n_mm[1], &chance_n_mm));
		pct = 200.0 * (double)(n_mm[0] - n_mm[1]) / (double)(n_mm[0] + n_mm[1]);
		print_message("%s: %.1f %% wanted, measured %.1f\n", zone_name(left[p]),
			      wanted_pct[p], pct);
		assert_true(pct > wanted_pct[p] - FAINT_PCT && pct < wanted_pct[p] + FAINT_PCT);
	}
}

static void without_a_scan_nothing_is_told(void **state)
{
	float n_mm = -1.0f;
	float se_n_mm = -1.0f;

	(void)state;
	begin(bodies[0], 1.0);
	faked.result = SCAN_NO_BODY;
	massage("quick-relief", 3, false);
	for (unsigned int z = 0; z < ZONE_COUNT; z++) {
		assert_false(balance_zone(&balance, (enum zone)z, &n_mm, &se_n_mm));
	}
	assert_true(n_mm < 0.0f && se_n_mm < 0.0f);
}

/* A roller at rest in a made-up world. */
static struct roller_ctl made[ROLLER_COUNT];

static void feed(unsigned int samples, bool massaging)
{
	const struct balance_sample sample = {
		.massage = massaging,
		.roller = made,
		.scan = &faked,
		.zone = setup.core.zone,
	};

	for (unsigned int i = 0; i < samples; i++) {
		made[ROLLER_SEAT_LEFT].stamp_us += TENTH_US;
		balance_take(&balance, &sample);
	}
}

static void make(enum technique technique)
{
	begin(bodies[0], 1.0);
	made[ROLLER_SEAT_LEFT] = (struct roller_ctl){
		.stage = ROLLER_STAGE_HOLD,
		.order = ROLLER_ORDER_WORK,
		.stamp_us = 1,
		.travel_mm = 80.0f,
		.depth_mm = 24.0f,
		.force_n = 10.0f,
		.technique = { .technique = technique },
	};
}

static bool is_told(void)
{
	float n_mm;
	float se_n_mm;

	return balance_zone(&balance, ZONE_GLUTE_LEFT, &n_mm, &se_n_mm);
}

static void only_techniques_that_roll_with_contact_count(void **state)
{
	(void)state;
	for (unsigned int t = 0; t < TECHNIQUE_COUNT; t++) {
		const bool counts =
			t == TECHNIQUE_STROKE || t == TECHNIQUE_KNEAD || t == TECHNIQUE_DEEP;

		make((enum technique)t);
		feed(400, true);
		assert_int_equal(is_told(), counts);
	}
}

static void four_blocks_are_the_least(void **state)
{
	(void)state;
	make(TECHNIQUE_KNEAD);
	feed(190, true);
	assert_false(is_told());
	feed(20, true);
	assert_true(is_told());
	balance_reset(&balance);
	assert_false(is_told());
}

static void what_is_no_massage_or_hardly_deeper_than_the_touch_does_not_count(void **state)
{
	(void)state;
	make(TECHNIQUE_KNEAD);
	feed(400, false);
	assert_false(is_told());
	made[ROLLER_SEAT_LEFT].force_n = (float)TOUCH_N + 2.5f;
	feed(400, true);
	assert_false(is_told());
	made[ROLLER_SEAT_LEFT].force_n = 10.0f;
	made[ROLLER_SEAT_LEFT].stage = ROLLER_STAGE_APPROACH;
	feed(400, true);
	assert_false(is_told());
	made[ROLLER_SEAT_LEFT].stage = ROLLER_STAGE_HOLD;
	made[ROLLER_SEAT_LEFT].travel_mm = 158.0f; /* beyond the zone */
	feed(400, true);
	assert_false(is_told());
}

static void the_same_sample_counts_once(void **state)
{
	const struct balance_sample sample = {
		.massage = true, .roller = made, .scan = &faked, .zone = setup.core.zone
	};

	(void)state;
	make(TECHNIQUE_KNEAD);
	for (int i = 0; i < 100000; i++) {
		balance_take(&balance, &sample);
	}
	assert_false(is_told());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_zone_of_every_body_comes_out_within_a_tenth),
		cmocka_unit_test(the_chairs_own_scan_is_good_enough),
		cmocka_unit_test(left_and_right_differ_by_what_the_body_differs),
		cmocka_unit_test(without_a_scan_nothing_is_told),
		cmocka_unit_test(only_techniques_that_roll_with_contact_count),
		cmocka_unit_test(four_blocks_are_the_least),
		cmocka_unit_test(what_is_no_massage_or_hardly_deeper_than_the_touch_does_not_count),
		cmocka_unit_test(the_same_sample_counts_once),
	};

	return cmocka_run_group_tests(tests, load, NULL);
}
