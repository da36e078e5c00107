/* SPDX-License-Identifier: MIT */
/* Light touch finds this body, and zones are placed on it. */
#include "core_fixture.h"

/* Where a body's landmarks are, mm. The middle one at first. */
struct landmarks {
	float lumbar;
	float pelvis;
	float seat[2];
	float knee[2];
	float hollow; /* how much deeper the lumbar spine lies than the pelvis */
	float edge;   /* step at the upper edge of the pelvis */
	float deeper; /* the whole body */
	float thigh;  /* how much it gives, mm/N */
	float calf;
};
static const struct landmarks middle = {
	.lumbar = 150.0f,
	.pelvis = 250.0f,
	.seat = { 80.0f, 80.0f },
	.knee = { 270.0f, 270.0f },
	.hollow = 3.0f,
	.edge = 2.0f,
	.thigh = 1.0f,
	.calf = 1.0f,
};
static struct landmarks mark;
static struct scan scan;
static struct body body;

static float square(float x)
{
	return x * x;
}

static float slope(float x, float from, float to)
{
	return x <= from ? 0.0f : x >= to ? 1.0f : (x - from) / (to - from);
}

/* Depth at which a roller touches; parabolas around the landmarks, a ramp at the pelvis. */
static float surface(unsigned int roller, float x)
{
	const float run = (320.0f - mark.lumbar) / 100.0f;

	switch (roller) {
	case ROLLER_BACK:
		return 16.0f + mark.deeper -
		       mark.hollow * square((x - mark.lumbar) / 100.0f) / square(run) -
		       mark.edge * slope(x, mark.pelvis - 20.0f, mark.pelvis + 20.0f);
	case ROLLER_SEAT_LEFT:
	case ROLLER_SEAT_RIGHT:
		return 12.0f + mark.deeper +
		       2.0f * square((x - mark.seat[roller - ROLLER_SEAT_LEFT]) / 80.0f);
	default:
		return 14.0f + mark.deeper -
		       2.0f * square((x - mark.knee[roller - ROLLER_LEG_LEFT]) / 130.0f);
	}
}

/* How much a body gives; a leg changes within 40 mm around the knee. */
static float give(unsigned int roller, float x)
{
	if (roller < ROLLER_LEG_LEFT) {
		return mark.thigh;
	}
	return mark.thigh +
	       (mark.calf - mark.thigh) * slope(x, mark.knee[roller - ROLLER_LEG_LEFT] - 20.0f,
						mark.knee[roller - ROLLER_LEG_LEFT] + 20.0f);
}

/* What a scan notes of that body. */
static void feel(void)
{
	scan = (struct scan){ .wanted = true };
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		for (unsigned int i = 1; i < SCAN_LENGTH - 1U; i++) {
			const float x = (float)i * SCAN_PITCH_MM;

			scan.touch[r][i] =
				(struct scan_point){ surface(r, x) + 2.4f * give(r, x), 2.4f };
			scan.press[r][i] =
				(struct scan_point){ surface(r, x) + 5.0f * give(r, x), 5.0f };
		}
	}
}

static enum scan_result judge(void)
{
	feel();
	body = (struct body){ 0 };
	return scan_judge(&scan, &body);
}

static int setup(void **state)
{
	(void)state;
	mark = middle;
	return 0;
}

static void the_middle_body_is_found(void **state)
{
	(void)state;
	assert_int_equal(judge(), SCAN_FOUND);
	assert_near(body.lumbar_mm, 150.0f, 0.05f);
	assert_near(body.pelvis_mm, 250.0f, 4.0f);
	for (unsigned int side = 0; side < 2; side++) {
		assert_near(body.seat_mm[side], 80.0f, 0.05f);
		assert_near(body.knee_mm[side], 270.0f, 0.05f);
	}
	assert_near(body.size, 1.0f, 0.001f);
}

static void landmarks_are_found_between_the_points_of_the_grid(void **state)
{
	(void)state;
	mark.lumbar = 143.0f;
	mark.pelvis = 246.0f;
	mark.seat[0] = 77.0f;
	mark.seat[1] = 86.0f;
	mark.knee[0] = 262.0f;
	mark.knee[1] = 284.0f;
	assert_int_equal(judge(), SCAN_FOUND);
	assert_near(body.lumbar_mm, 143.0f, 0.05f);
	assert_near(body.pelvis_mm, 246.0f, 4.0f);
	assert_near(body.seat_mm[0], 77.0f, 0.05f);
	assert_near(body.seat_mm[1], 86.0f, 0.05f);
	assert_near(body.knee_mm[0], 262.0f, 0.05f);
	assert_near(body.knee_mm[1], 284.0f, 0.05f);
	assert_near(body.size, 273.0f / 270.0f, 0.001f);
}

static void the_edge_of_the_pelvis_is_found_to_a_millimetre(void **state)
{
	(void)state;
	assert_int_equal(judge(), SCAN_FOUND);
	assert_near(body.pelvis_mm, 251.26f, 0.1f); /* the slope of the hollow moves it down */
	mark.pelvis = 262.0f;
	assert_int_equal(judge(), SCAN_FOUND);
	assert_near(body.pelvis_mm, 262.11f, 0.1f);
	mark.pelvis = 213.0f;
	assert_int_equal(judge(), SCAN_FOUND);
	assert_near(body.pelvis_mm, 215.10f, 0.1f);
	mark.pelvis = 212.0f;
	assert_int_equal(judge(), SCAN_NO_BODY);
	mark = middle;
	mark.hollow = 0.4f;
	mark.edge = 2.5f;
	assert_int_equal(judge(), SCAN_FOUND);
	assert_near(body.pelvis_mm, 250.20f, 0.1f);
}

static void a_sitting_bone_is_found_beside_the_middle_of_its_stretch(void **state)
{
	(void)state;
	mark.seat[0] = 60.0f;
	mark.seat[1] = 96.0f;
	assert_int_equal(judge(), SCAN_FOUND);
	assert_near(body.seat_mm[0], 60.0f, 0.02f);
	assert_near(body.seat_mm[1], 96.0f, 0.02f);
}

static void a_leg_that_is_nearer_at_the_knee_is_none(void **state)
{
	(void)state;
	feel();
	for (unsigned int i = 1; i < SCAN_LENGTH - 1U; i++) {
		for (unsigned int r = ROLLER_LEG_LEFT; r < ROLLER_COUNT; r++) {
			scan.touch[r][i].depth_mm = 30.0f - scan.touch[r][i].depth_mm;
			scan.press[r][i].depth_mm = scan.touch[r][i].depth_mm + 2.6f;
		}
	}
	assert_int_equal(scan_judge(&scan, &body), SCAN_NO_BODY);
}

static void the_lightest_touch_is_one(void **state)
{
	(void)state;
	feel();
	scan.press[ROLLER_BACK][20].force_n = 0.5f;
	scan.touch[ROLLER_BACK][12].force_n = 0.5f;
	assert_int_equal(scan_judge(&scan, &body), SCAN_FOUND);
}

static void where_no_more_force_was_given_the_touch_itself_is_the_surface(void **state)
{
	(void)state;
	mark.thigh = mark.calf = 0.0f;
	feel();
	for (unsigned int i = 1; i < SCAN_LENGTH - 1U; i++) {
		scan.touch[ROLLER_LEG_LEFT][i].force_n = i < 27 ? 1.2f : 3.0f;
		scan.press[ROLLER_LEG_LEFT][i].force_n = scan.touch[ROLLER_LEG_LEFT][i].force_n;
	}
	assert_int_equal(scan_judge(&scan, &body), SCAN_FOUND);
	assert_near(body.knee_mm[0], 270.0f, 0.1f);
}

static void bodies_from_145_to_195_cm_are_found(void **state)
{
	(void)state;
	for (float size = 0.83f; size < 1.12f; size += 0.02f) {
		mark = middle;
		mark.lumbar = 320.0f - 170.0f * size;
		mark.pelvis = 320.0f - 70.0f * size;
		mark.seat[0] = mark.seat[1] = 80.0f * size;
		mark.knee[0] = mark.knee[1] = 270.0f * size;
		assert_int_equal(judge(), SCAN_FOUND);
		assert_near(body.lumbar_mm, mark.lumbar, 0.1f);
		assert_near(body.pelvis_mm, mark.pelvis, 5.0f);
		assert_near(body.size, size, 0.002f);
	}
}

static void a_breath_in_one_point_moves_no_landmark_far(void **state)
{
	(void)state;
	feel();
	scan.touch[ROLLER_BACK][20].depth_mm += 0.2f;
	scan.touch[ROLLER_LEG_LEFT][31].depth_mm += 0.2f;
	assert_int_equal(scan_judge(&scan, &body), SCAN_FOUND);
	assert_near(body.lumbar_mm, 150.0f, 30.0f); /* a flat hollow */
	assert_near(body.knee_mm[0], 270.0f, 10.0f);
}

static void a_soft_calf_below_a_firm_thigh_moves_no_knee_far(void **state)
{
	(void)state;
	mark.thigh = 0.8f;
	mark.calf = 1.6f;
	assert_int_equal(judge(), SCAN_FOUND);
	assert_near(body.knee_mm[0], 270.0f, 8.0f);
	mark.thigh = 1.6f;
	mark.calf = 0.8f;
	assert_int_equal(judge(), SCAN_FOUND);
	assert_near(body.knee_mm[0], 270.0f, 8.0f);
}

static void a_touch_that_was_light_or_firm_here_and_there_changes_nothing(void **state)
{
	(void)state;
	feel();
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		for (unsigned int i = 1; i < SCAN_LENGTH - 1U; i++) {
			const float by_n = i % 3 == 0 ? 0.6f : i % 3 == 1 ? -0.6f : 0.0f;

			scan.touch[r][i].force_n += by_n;
			scan.touch[r][i].depth_mm += by_n; /* it gives 1 mm/N */
		}
	}
	assert_int_equal(scan_judge(&scan, &body), SCAN_FOUND);
	assert_near(body.lumbar_mm, 150.0f, 0.1f);
	assert_near(body.seat_mm[0], 80.0f, 0.1f);
	assert_near(body.knee_mm[1], 270.0f, 0.1f);
}

static void a_body_that_gives_without_end_or_not_at_all_is_judged_all_the_same(void **state)
{
	(void)state;
	mark.thigh = mark.calf = 0.0f;
	assert_int_equal(judge(), SCAN_FOUND);
	assert_near(body.knee_mm[0], 270.0f, 0.1f);
	feel();
	for (unsigned int i = 1; i < SCAN_LENGTH - 1U; i++) { /* no more force on the way up */
		scan.press[ROLLER_LEG_LEFT][i].force_n = 2.4f + 0.39f;
		scan.press[ROLLER_LEG_LEFT][i].depth_mm = i % 2 == 0 ? 90.0f : -90.0f;
	}
	assert_int_equal(scan_judge(&scan, &body), SCAN_FOUND);
	assert_near(body.knee_mm[0], 270.0f, 0.1f);
}

static void give_is_measured_where_the_force_differs_enough_and_bounded(void **state)
{
	(void)state;
	feel();
	for (unsigned int i = 1; i < SCAN_LENGTH - 1U; i++) {
		const float x = (float)i * SCAN_PITCH_MM;

		/* 2.05 N in five points; it seems to give 8 mm/N, which nothing does: 4 count */
		scan.touch[ROLLER_LEG_LEFT][i] =
			(struct scan_point){ surface(ROLLER_LEG_LEFT, x) +
						     4.0f * (x < 270.0f ? 2.0f : 1.0f),
					     x < 270.0f ? 2.0f : 1.0f };
		scan.press[ROLLER_LEG_LEFT][i] =
			(struct scan_point){ scan.touch[ROLLER_LEG_LEFT][i].depth_mm + 8.0f * 0.41f,
					     scan.touch[ROLLER_LEG_LEFT][i].force_n + 0.41f };
	}
	assert_int_equal(scan_judge(&scan, &body), SCAN_FOUND);
	assert_near(body.knee_mm[0], 270.0f, 0.1f);
}

static void where_a_body_must_be_every_point_must_be_felt_twice(void **state)
{
	static const struct {
		enum roller roller;
		unsigned int from;
		unsigned int to;
	} must[] = {
		{ ROLLER_BACK, 2, 31 },	      { ROLLER_SEAT_LEFT, 2, 15 },
		{ ROLLER_SEAT_RIGHT, 2, 15 }, { ROLLER_LEG_LEFT, 13, 40 },
		{ ROLLER_LEG_RIGHT, 13, 40 },
	};

	(void)state;
	for (size_t m = 0; m < ARRAY_COUNT(must); m++) {
		for (unsigned int i = 1; i < SCAN_LENGTH; i++) {
			const bool needed = i >= must[m].from && i <= must[m].to;

			feel();
			scan.touch[must[m].roller][i].force_n = 0.0f;
			assert_int_equal(scan_judge(&scan, &body),
					 needed ? SCAN_NO_BODY : SCAN_FOUND);
			feel();
			scan.press[must[m].roller][i].force_n = 0.0f;
			assert_int_equal(scan_judge(&scan, &body),
					 needed ? SCAN_NO_BODY : SCAN_FOUND);
		}
	}
}

/* Found up to @good, no body from @bad on. */
static void bound(float *value, float good, float bad)
{
	const struct landmarks was = mark;

	*value = good;
	if (judge() != SCAN_FOUND) {
		print_error("%g is no body\n", (double)good);
		fail();
	}
	*value = bad;
	if (judge() != SCAN_NO_BODY) {
		print_error("%g is a body\n", (double)bad);
		fail();
	}
	assert_near(body.lumbar_mm, 0.0f, 0.0f); /* untouched */
	mark = was;
}

static void landmarks_that_no_person_has_are_no_body(void **state)
{
	(void)state;
	bound(&mark.lumbar, 90.5f, 89.5f);
	mark.knee[1] = 206.0f;
	bound(&mark.knee[0], 205.5f, 204.5f);
	mark.knee[0] = 206.0f;
	bound(&mark.knee[1], 205.5f, 204.5f);
	mark.knee[0] = 324.0f;
	bound(&mark.knee[1], 324.5f, 325.5f);
	mark.knee[1] = 324.0f;
	bound(&mark.knee[0], 324.5f, 325.5f);
	mark = middle;
	mark.seat[1] = 46.0f;
	bound(&mark.seat[0], 45.5f, 44.5f);
	mark.seat[0] = 46.0f;
	bound(&mark.seat[1], 45.5f, 44.5f);
	mark.seat[0] = 109.0f;
	bound(&mark.seat[1], 109.5f, 110.5f);
	mark.seat[1] = 109.0f;
	bound(&mark.seat[0], 109.5f, 110.5f);
}

static void legs_and_buttocks_are_alike(void **state)
{
	(void)state;
	bound(&mark.knee[0], 309.5f, 310.5f);
	bound(&mark.knee[1], 309.5f, 310.5f);
	mark.seat[0] = 60.0f;
	bound(&mark.seat[1], 99.5f, 100.5f);
	mark = middle;
	mark.seat[1] = 60.0f;
	bound(&mark.seat[0], 99.5f, 100.5f);
}

static void a_back_without_a_hollow_is_none(void **state)
{
	(void)state;
	mark.edge = 0.0f;
	mark.hollow = 3.1f; /* half of it down to where the edge of a pelvis can be */
	assert_int_equal(judge(), SCAN_FOUND);
	mark.hollow = 2.9f;
	assert_int_equal(judge(), SCAN_NO_BODY);
	mark.hollow = 0.4f;
	mark.edge = 1.25f;
	assert_int_equal(judge(), SCAN_NO_BODY); /* 1.45 mm in all */
	mark.edge = 1.35f;
	assert_int_equal(judge(), SCAN_FOUND);
	mark.hollow = 0.0f;
	mark.edge = 0.0f;
	assert_int_equal(judge(), SCAN_NO_BODY);
}

static void the_upper_back_is_no_pelvis(void **state)
{
	(void)state;
	mark.lumbar = 150.0f;
	mark.pelvis = 205.0f;
	assert_int_equal(judge(), SCAN_NO_BODY);
}

static void zones_are_placed_on_the_body(void **state)
{
	static const float none[ROLLER_COUNT];
	static const struct body b = { .pelvis_mm = 250.0f,
				       .seat_mm = { 78.0f, 82.0f },
				       .knee_mm = { 265.0f, 275.0f },
				       .size = 0.9f };
	static const float expected[ZONE_COUNT][2] = {
		[ZONE_LOWER_BACK] = { 50.0f, 230.0f },	[ZONE_GLUTE_LEFT] = { 24.0f, 132.0f },
		[ZONE_GLUTE_RIGHT] = { 28.0f, 136.0f }, [ZONE_THIGH_LEFT] = { 10.0f, 220.0f },
		[ZONE_THIGH_RIGHT] = { 10.0f, 230.0f }, [ZONE_CALF_LEFT] = { 310.0f, 441.0f },
		[ZONE_CALF_RIGHT] = { 320.0f, 441.0f },
	};
	static struct chair_config config;
	struct zone_config zones[ZONE_COUNT];

	(void)state;
	core_config(&config);
	scan_place(&b, none, &config, zones);
	for (unsigned int z = 0; z < ZONE_COUNT; z++) {
		assert_near(zones[z].from_mm, expected[z][0], 0.01f);
		assert_near(zones[z].to_mm, expected[z][1], 0.01f);
		assert_int_equal(zones[z].roller, config.zone[z].roller);
		assert_int_equal(zones[z].pad, config.zone[z].pad);
	}
}

static void a_correction_by_hand_moves_zones_within_bounds(void **state)
{
	static const struct body b = { .pelvis_mm = 250.0f,
				       .seat_mm = { 80.0f, 80.0f },
				       .knee_mm = { 270.0f, 270.0f },
				       .size = 0.8f };
	static struct chair_config config;
	static const float none[ROLLER_COUNT];
	struct zone_config plain[ZONE_COUNT];
	struct zone_config moved[ZONE_COUNT];

	(void)state;
	core_config(&config);
	scan_place(&b, none, &config, plain);
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		const float most_mm = r >= ROLLER_LEG_LEFT ? 20.0f : 40.0f;
		static const float wishes[] = { -100.0f, -41.0f, -5.0f, 5.0f,
						19.0f,	 21.0f,	 41.0f, 100.0f };

		for (size_t w = 0; w < ARRAY_COUNT(wishes); w++) {
			float correction[ROLLER_COUNT] = { 0 };
			const float by_mm = wishes[w] > most_mm	   ? most_mm
					    : wishes[w] < -most_mm ? -most_mm
								   : wishes[w];

			correction[r] = wishes[w];
			scan_place(&b, correction, &config, moved);
			for (unsigned int z = 0; z < ZONE_COUNT; z++) {
				const float range_mm = config.roller[config.zone[z].roller]
							       .axis[AXIS_TRAVEL]
							       .range_mm;
				const float move_mm = config.zone[z].roller == r ? by_mm : 0.0f;
				float from_mm = plain[z].from_mm + move_mm;
				float to_mm = plain[z].to_mm + move_mm;

				from_mm = from_mm < 10.0f ? 10.0f : from_mm;
				to_mm = to_mm > range_mm - 10.0f ? range_mm - 10.0f : to_mm;
				assert_near(moved[z].from_mm, from_mm, 0.01f);
				assert_near(moved[z].to_mm, to_mm, 0.01f);
			}
		}
	}
}

/* A roller that scans, at @travel_mm. */
static struct roller_ctl at(enum scan_pass pass, float travel_mm, float depth_mm)
{
	return (struct roller_ctl){ .order = ROLLER_ORDER_SCAN,
				    .stage = ROLLER_STAGE_HOLD,
				    .scan_pass = pass,
				    .travel_mm = travel_mm,
				    .depth_mm = depth_mm,
				    .force_n = 2.4f };
}

static void a_roller_notes_what_it_feels_just_before_each_point_of_the_grid(void **state)
{
	struct roller_ctl ctl = at(SCAN_PASS_DOWN, 91.0f, 12.0f);

	(void)state;
	scan_begin(&scan, true, 5);
	assert_true(scan.wanted);
	assert_int_equal(scan.since_us, 5);
	assert_true(scan_take(&scan, ROLLER_BACK, &ctl));
	ctl = at(SCAN_PASS_DOWN, 99.9f, 13.0f);
	assert_true(scan_take(&scan, ROLLER_BACK, &ctl));
	ctl = at(SCAN_PASS_DOWN, 100.0f, 14.0f);
	assert_true(scan_take(&scan, ROLLER_BACK, &ctl));
	assert_near(scan.touch[ROLLER_BACK][10].depth_mm, 13.0f, 0.0f);
	assert_near(scan.touch[ROLLER_BACK][10].force_n, 2.4f, 0.0f);
	assert_near(scan.touch[ROLLER_BACK][11].depth_mm, 14.0f, 0.0f);
	assert_near(scan.press[ROLLER_BACK][10].force_n, 0.0f, 0.0f);
	ctl = at(SCAN_PASS_UP, 109.0f, 15.0f);
	assert_true(scan_take(&scan, ROLLER_BACK, &ctl));
	ctl = at(SCAN_PASS_UP, 100.1f, 16.0f);
	assert_true(scan_take(&scan, ROLLER_BACK, &ctl));
	ctl = at(SCAN_PASS_UP, 99.9f, 17.0f);
	assert_true(scan_take(&scan, ROLLER_BACK, &ctl));
	assert_near(scan.press[ROLLER_BACK][10].depth_mm, 16.0f, 0.0f);
	assert_near(scan.press[ROLLER_BACK][9].depth_mm, 17.0f, 0.0f);
	assert_near(scan.touch[ROLLER_BACK][10].depth_mm, 13.0f, 0.0f);
	scan_begin(&scan, false, 6);
	assert_false(scan.wanted);
	assert_near(scan.touch[ROLLER_BACK][10].force_n, 0.0f, 0.0f);
}

static void only_a_roller_that_holds_in_a_pass_notes_anything(void **state)
{
	static const struct scan untouched;
	struct roller_ctl ctl;

	(void)state;
	scan_begin(&scan, false, 0);
	for (unsigned int pass = SCAN_PASS_TOP; pass <= SCAN_PASS_DONE; pass++) {
		ctl = at((enum scan_pass)pass, 95.0f, 12.0f);
		ctl.stage = ROLLER_STAGE_APPROACH;
		assert_true(scan_take(&scan, ROLLER_BACK, &ctl));
		ctl = at((enum scan_pass)pass, 95.0f, 12.0f);
		ctl.order = ROLLER_ORDER_LEAVE;
		assert_true(scan_take(&scan, ROLLER_BACK, &ctl));
	}
	ctl = at(SCAN_PASS_TOP, 95.0f, 12.0f);
	assert_true(scan_take(&scan, ROLLER_BACK, &ctl));
	ctl = at(SCAN_PASS_DONE, 95.0f, 12.0f);
	assert_true(scan_take(&scan, ROLLER_BACK, &ctl));
	assert_memory_equal(&scan, &untouched, sizeof(scan));
}

static void no_roller_notes_beyond_its_profile(void **state)
{
	static const float beyond_mm[] = { -10.1f, -500.0f, 530.0f, 540.0f, 9000.0f };
	struct roller_ctl ctl;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(beyond_mm); i++) {
		static struct scan before;

		scan_begin(&scan, false, 0);
		before = scan;
		ctl = at(SCAN_PASS_DOWN, beyond_mm[i], 12.0f);
		assert_true(scan_take(&scan, ROLLER_LEG_RIGHT, &ctl));
		if (beyond_mm[i] < 0.0f || beyond_mm[i] >= 540.0f) {
			ctl.scan_pass = SCAN_PASS_UP;
			assert_true(scan_take(&scan, ROLLER_LEG_RIGHT, &ctl));
		}
		assert_memory_equal(&scan, &before, sizeof(scan));
	}
	ctl = at(SCAN_PASS_DOWN, 529.9f, 12.0f);
	assert_true(scan_take(&scan, ROLLER_LEG_RIGHT, &ctl));
	assert_near(scan.touch[ROLLER_LEG_RIGHT][SCAN_LENGTH - 1].depth_mm, 12.0f, 0.0f);
	ctl = at(SCAN_PASS_UP, 539.9f, 12.0f);
	assert_true(scan_take(&scan, ROLLER_LEG_RIGHT, &ctl));
	assert_near(scan.press[ROLLER_LEG_RIGHT][SCAN_LENGTH - 1].depth_mm, 12.0f, 0.0f);
	ctl = at(SCAN_PASS_UP, 0.0f, 13.0f);
	assert_true(scan_take(&scan, ROLLER_LEG_RIGHT, &ctl));
	assert_near(scan.press[ROLLER_LEG_RIGHT][0].depth_mm, 13.0f, 0.0f);
	ctl = at(SCAN_PASS_DOWN, 0.0f, 14.0f);
	assert_true(scan_take(&scan, ROLLER_LEG_RIGHT, &ctl));
	assert_near(scan.touch[ROLLER_LEG_RIGHT][1].depth_mm, 14.0f, 0.0f);
}

static void farther_out_than_36_mm_there_is_no_body(void **state)
{
	struct roller_ctl ctl = at(SCAN_PASS_DOWN, 50.0f, 36.0f);

	(void)state;
	scan_begin(&scan, true, 5);
	ctl.stage = ROLLER_STAGE_APPROACH;
	assert_true(scan_take(&scan, ROLLER_BACK, &ctl));
	ctl.depth_mm = 36.1f;
	assert_false(scan_take(&scan, ROLLER_BACK, &ctl));
	ctl.order = ROLLER_ORDER_LEAVE;
	assert_true(scan_take(&scan, ROLLER_BACK, &ctl));
}

static void results_have_their_stable_words(void **state)
{
	(void)state;
	assert_string_equal(scan_result_name(SCAN_NONE), "none");
	assert_string_equal(scan_result_name(SCAN_FOUND), "found");
	assert_string_equal(scan_result_name(SCAN_NO_BODY), "no_body");
	assert_string_equal(scan_result_name(SCAN_RESULT_COUNT), "invalid");
}

/* ---- the whole chair ---- */

/* READY with a body of its own shape in it, and a person whose body is looked for. */
static void seat_somebody(void)
{
	mark = middle;
	rig_ready();
	rig.surface_of = surface;
	rig.in.person.scan = true;
}

static bool scans(void)
{
	return rig.chair.session.state == STATE_HOMING &&
	       rig.chair.roller[ROLLER_BACK].travel_homed &&
	       rig.chair.roller[ROLLER_LEG_LEFT].order == ROLLER_ORDER_SCAN;
}

static void run_into_the_scan(void)
{
	assert_int_equal(rig_start(RIG_PROGRAM_BACK, SIDE_BOTH, 3), REFUSAL_NONE);
	for (unsigned int t = 0; t < 60000 && !scans(); t += 10) {
		rig_cycle();
	}
	assert_true(scans());
}

static void a_session_finds_the_body_before_it_massages(void **state)
{
	struct chair_event found;
	float most_n = 0.0f;

	(void)state;
	seat_somebody();
	run_into_the_scan();
	assert_true(rig.in.now_us - rig.chair.scan.since_us <
		    100 * MS_US); /* homing is not counted */
	for (unsigned int t = 0; t < 120000 && rig.chair.session.state == STATE_HOMING; t += 10) {
		rig_cycle();
		for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
			const struct roller_ctl *ctl = &rig.chair.roller[r];

			most_n = ctl->force_n > most_n ? ctl->force_n : most_n;
			assert_near(rig.out.speed[AXIS(r, AXIS_KNEAD)], 0.0f, 0.0f);
			if (ctl->stage != ROLLER_STAGE_HOLD && ctl->stage != ROLLER_STAGE_CLEAR) {
				assert_near(rig.out.speed[AXIS(r, AXIS_TRAVEL)], 0.0f, 0.0f);
			}
			assert_true(rig.out.speed[AXIS(r, AXIS_TRAVEL)] <= 20.0f);
			assert_true(rig.out.speed[AXIS(r, AXIS_TRAVEL)] >= -30.0f);
		}
		for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
			assert_true(rig.chair.session.state != STATE_HOMING ||
				    rig.out.drive[d].limit == DRIVE_LIMIT_HOMING);
		}
	}
	assert_int_equal(rig.chair.session.state, STATE_MASSAGE);
	assert_true(most_n > 4.0f && most_n < 6.0f);
	assert_int_equal(rig_saw(CHAIR_EVENT_BODY, &found), 1);
	assert_int_equal(found.a, SCAN_FOUND);
	assert_int_equal(found.b, 0);
	assert_near(rig.chair.scan.body.lumbar_mm, 150.0f, 10.0f);
	assert_near(rig.chair.scan.body.pelvis_mm, 250.0f, 10.0f);
	assert_near(rig.chair.scan.body.knee_mm[0], 270.0f, 10.0f);
	assert_near(rig.chair.zone[ZONE_LOWER_BACK].to_mm, rig.chair.scan.body.pelvis_mm - 20.0f,
		    0.01f);
	assert_true(rig.chair.zone[ZONE_THIGH_LEFT].to_mm < 235.0f);
}

static void a_massage_stays_on_the_zones_of_this_body(void **state)
{
	float low_mm = 1000.0f;
	float high_mm = 0.0f;

	(void)state;
	seat_somebody();
	rig.chair.config.programs[RIG_PROGRAM_LEG].phases[0].technique = TECHNIQUE_STROKE;
	assert_int_equal(rig_start(RIG_PROGRAM_LEG, SIDE_RIGHT, 1), REFUSAL_NONE);
	rig_run_until(STATE_MASSAGE, 120000);
	for (unsigned int t = 0; t < 90000; t += 10) {
		const float at_mm = rig.at_mm[AXIS(ROLLER_LEG_RIGHT, AXIS_TRAVEL)];

		rig_cycle();
		if (rig.chair.roller[ROLLER_LEG_RIGHT].stage == ROLLER_STAGE_HOLD) {
			low_mm = at_mm < low_mm ? at_mm : low_mm;
			high_mm = at_mm > high_mm ? at_mm : high_mm;
		}
	}
	assert_true(low_mm < 60.0f);
	assert_true(high_mm > 180.0f && high_mm < 270.0f - 45.0f + 8.0f);
}

static void who_moved_their_zones_by_hand_gets_them_there(void **state)
{
	(void)state;
	seat_somebody();
	rig.in.person.correction_mm[ROLLER_BACK] = -15.0f;
	run_into_the_scan();
	rig_run_until(STATE_MASSAGE, 120000);
	assert_near(rig.chair.zone[ZONE_LOWER_BACK].to_mm, rig.chair.scan.body.pelvis_mm - 35.0f,
		    0.01f);
}

static void without_a_body_the_session_ends_and_says_so(void **state)
{
	struct chair_event event;

	(void)state;
	seat_somebody();
	mark.deeper = 34.0f;
	run_into_the_scan();
	rig_run_until(STATE_RETRACTING, 10000);
	rig_run_until(STATE_READY, 5000);
	assert_int_equal(rig_saw(CHAIR_EVENT_BODY, &event), 1);
	assert_int_equal(event.a, SCAN_NO_BODY);
	assert_int_equal(rig_saw(CHAIR_EVENT_SESSION_ENDED, &event), 1);
	assert_int_equal(event.a, ENDED_NO_BODY);
	assert_int_equal(rig.chair.interlock.latched, 0);
	mark.deeper = 0.0f;
	rig_forget();
	run_into_the_scan(); /* sitting better: it begins anew */
	assert_int_equal(rig.chair.scan.result, SCAN_NONE);
	rig_run_until(STATE_MASSAGE, 120000);
}

static void what_is_no_person_ends_the_session_too(void **state)
{
	(void)state;
	seat_somebody();
	mark.knee[0] = 200.0f;
	run_into_the_scan();
	rig_run_until(STATE_RETRACTING, 120000);
	assert_int_equal(rig.chair.scan.result, SCAN_NO_BODY);
	rig_run_until(STATE_READY, 5000);
}

static void a_scan_may_take_90_s(void **state)
{
	uint64_t begun_us;

	(void)state;
	seat_somebody();
	run_into_the_scan();
	rig_run_ms(20000);
	rig.in.stop = true;
	rig_run_until(STATE_READY, 5000);
	/* from where it is now this roller never gets back to the upper end */
	rig.slips[AXIS(ROLLER_SEAT_LEFT, AXIS_TRAVEL)] = true;
	assert_int_equal(rig_command((struct chair_command){ .kind = COMMAND_RESUME }),
			 REFUSAL_NONE);
	begun_us = rig.in.now_us;
	rig_run_until(STATE_RETRACTING, 100000);
	assert_int_equal(rig.chair.scan.result, SCAN_NO_BODY);
	assert_int_equal(rig.in.now_us - begun_us, 90 * S_US + CYCLE_US);
}

static void F019_a_roller_that_jams_while_it_scans_is_cut(void **state)
{
	(void)state;
	seat_somebody();
	run_into_the_scan();
	rig_run_ms(5000);
	rig.blocked[AXIS(ROLLER_LEG_LEFT, AXIS_TRAVEL)] = true;
	rig_run_ms(2500);
	assert_true(rig_latched(CAUSE_NO_MOTION));
	assert_cut();
}

static void a_stop_while_it_scans_takes_the_rollers_away(void **state)
{
	struct chair_event event;

	(void)state;
	seat_somebody();
	run_into_the_scan();
	rig_run_ms(5000);
	rig.in.stop = true;
	rig_cycle();
	assert_int_equal(rig.chair.session.state, STATE_RETRACTING);
	assert_retract();
	rig_run_until(STATE_READY, 3000);
	assert_int_equal(rig_saw(CHAIR_EVENT_SESSION_ENDED, &event), 1);
	assert_int_equal(event.a, ENDED_STOPPED);
	assert_int_equal(rig_command((struct chair_command){ .kind = COMMAND_RESUME }),
			 REFUSAL_NONE);
	rig_run_until(STATE_MASSAGE, 120000); /* by way of a scan from the beginning */
	assert_int_equal(rig.chair.scan.result, SCAN_FOUND);
}

static void a_resumed_session_knows_its_body(void **state)
{
	float knee_mm;

	(void)state;
	seat_somebody();
	run_into_the_scan();
	rig_run_until(STATE_MASSAGE, 120000);
	rig_run_ms(5000);
	knee_mm = rig.chair.scan.body.knee_mm[0];
	rig.in.stop = true;
	rig_run_ms(3000);
	rig_forget();
	assert_int_equal(rig_command((struct chair_command){ .kind = COMMAND_RESUME }),
			 REFUSAL_NONE);
	rig_run_until(STATE_MASSAGE, 1000);
	assert_int_equal(rig_saw(CHAIR_EVENT_BODY, NULL), 0);
	assert_near(rig.chair.scan.body.knee_mm[0], knee_mm, 0.0f);
	assert_near(rig.chair.zone[ZONE_THIGH_LEFT].to_mm, knee_mm - 45.0f, 0.01f);
}

static void the_next_person_gets_what_everybody_has(void **state)
{
	(void)state;
	seat_somebody();
	run_into_the_scan();
	rig_run_until(STATE_MASSAGE, 120000);
	rig_run_ms(1000);
	rig.in.stop = true;
	rig_run_ms(3000);
	rig.in.person.scan = false;
	assert_int_equal(rig_start(RIG_PROGRAM_BACK, SIDE_BOTH, 1), REFUSAL_NONE);
	rig_run_until(STATE_MASSAGE, 1000);
	assert_int_equal(rig.chair.scan.result, SCAN_NONE);
	assert_memory_equal(rig.chair.zone, rig.chair.config.zone, sizeof(rig.chair.zone));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_middle_body_is_found, setup),
		cmocka_unit_test_setup(landmarks_are_found_between_the_points_of_the_grid, setup),
		cmocka_unit_test_setup(the_edge_of_the_pelvis_is_found_to_a_millimetre, setup),
		cmocka_unit_test_setup(a_sitting_bone_is_found_beside_the_middle_of_its_stretch,
				       setup),
		cmocka_unit_test_setup(a_leg_that_is_nearer_at_the_knee_is_none, setup),
		cmocka_unit_test_setup(the_lightest_touch_is_one, setup),
		cmocka_unit_test_setup(
			where_no_more_force_was_given_the_touch_itself_is_the_surface, setup),
		cmocka_unit_test_setup(bodies_from_145_to_195_cm_are_found, setup),
		cmocka_unit_test_setup(a_breath_in_one_point_moves_no_landmark_far, setup),
		cmocka_unit_test_setup(where_a_body_must_be_every_point_must_be_felt_twice, setup),
		cmocka_unit_test_setup(landmarks_that_no_person_has_are_no_body, setup),
		cmocka_unit_test_setup(legs_and_buttocks_are_alike, setup),
		cmocka_unit_test_setup(a_back_without_a_hollow_is_none, setup),
		cmocka_unit_test_setup(the_upper_back_is_no_pelvis, setup),
		cmocka_unit_test_setup(zones_are_placed_on_the_body, setup),
		cmocka_unit_test_setup(a_correction_by_hand_moves_zones_within_bounds, setup),
		cmocka_unit_test_setup(farther_out_than_36_mm_there_is_no_body, setup),
		cmocka_unit_test(a_roller_notes_what_it_feels_just_before_each_point_of_the_grid),
		cmocka_unit_test(only_a_roller_that_holds_in_a_pass_notes_anything),
		cmocka_unit_test(no_roller_notes_beyond_its_profile),
		cmocka_unit_test_setup(a_soft_calf_below_a_firm_thigh_moves_no_knee_far, setup),
		cmocka_unit_test_setup(
			a_touch_that_was_light_or_firm_here_and_there_changes_nothing, setup),
		cmocka_unit_test_setup(
			a_body_that_gives_without_end_or_not_at_all_is_judged_all_the_same, setup),
		cmocka_unit_test_setup(give_is_measured_where_the_force_differs_enough_and_bounded,
				       setup),
		cmocka_unit_test(results_have_their_stable_words),
		cmocka_unit_test(a_session_finds_the_body_before_it_massages),
		cmocka_unit_test(a_massage_stays_on_the_zones_of_this_body),
		cmocka_unit_test(who_moved_their_zones_by_hand_gets_them_there),
		cmocka_unit_test(without_a_body_the_session_ends_and_says_so),
		cmocka_unit_test(what_is_no_person_ends_the_session_too),
		cmocka_unit_test(a_scan_may_take_90_s),
		cmocka_unit_test(F019_a_roller_that_jams_while_it_scans_is_cut),
		cmocka_unit_test(a_stop_while_it_scans_takes_the_rollers_away),
		cmocka_unit_test(a_resumed_session_knows_its_body),
		cmocka_unit_test(the_next_person_gets_what_everybody_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
