/* SPDX-License-Identifier: MIT */
/* The physics of the simulated chair: what the daemon's tests rely on being true. */
#include "plant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define STEP_S	     0.0025
#define WORK_LIMIT_A 12.7

static struct plant plant;

static int setup(void **state)
{
	(void)state;
	plant_init(&plant);
	return 0;
}

static void run_s(double seconds)
{
	const int steps = (int)(seconds / STEP_S + 0.5);

	for (int i = 0; i < steps; i++) {
		plant_step(&plant, STEP_S);
	}
}

static void drive_lane(unsigned int lane, double rpm, double limit_a)
{
	plant.command.target_rpm[lane] = rpm;
	plant.command.accel_rpm_s[lane] = 2000.0;
	plant.command.decel_rpm_s[lane] = 2000.0;
	plant.command.limit_n[lane] = limit_a * reference_axes[plant_lane_kind(lane)].n_per_a;
}

static void cut_lane(unsigned int lane)
{
	plant.command.limit_n[lane] = 0.0;
	plant.command.target_rpm[lane] = 0.0;
	plant.ramp_rpm[lane] = 0.0;
}

static bool near(double value, double wanted, double tolerance)
{
	return value > wanted - tolerance && value < wanted + tolerance;
}

static void rollers_at_rest_stay_at_their_stops(void **state)
{
	(void)state;
	run_s(10.0);
	for (unsigned int lane = 0; lane < LANE_COUNT; lane++) {
		assert_true(near(plant.pos_mm[lane], 0.0, 0.05));
		assert_true(near(plant.vel_mm_s[lane], 0.0, 1e-6));
	}
}

static void every_travel_and_depth_axis_ends_at_both_stops(void **state)
{
	(void)state;
	plant.body.seated = false;
	for (unsigned int lane = 0; lane < LANE_KNEAD; lane++) {
		const enum axis_kind kind = plant_lane_kind(lane);
		const double range_mm = reference_tracks[lane % ROLLER_COUNT].range_mm[kind];

		drive_lane(lane, 600.0, WORK_LIMIT_A);
		run_s(10.0);
		assert_true(near(plant.pos_mm[lane], range_mm, 0.6));
		assert_true(near(plant.vel_mm_s[lane], 0.0, 0.01));
		/* it pushes as hard as it may, and no harder */
		assert_true(near(plant_current_a(&plant, lane), WORK_LIMIT_A, 0.01));
		drive_lane(lane, -600.0, 3.0);
		run_s(10.0);
		assert_true(near(plant.pos_mm[lane], 0.0, 0.3));
		assert_true(near(plant_current_a(&plant, lane), -3.0, 0.01));
	}
}

static void the_working_current_limit_holds_the_force_under_45_n(void **state)
{
	(void)state;
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		drive_lane(LANE_DEPTH + r, 1000.0, WORK_LIMIT_A);
		drive_lane(LANE_KNEAD + r, 400.0, WORK_LIMIT_A);
		drive_lane(LANE_TRAVEL + r, 300.0, WORK_LIMIT_A);
	}
	run_s(20.0);
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		assert_true(plant.contact_max_n[r] > 10.0);
		assert_true(plant.contact_max_n[r] <= 45.0);
	}
}

static void a_roller_follows_its_set_speed(void **state)
{
	(void)state;
	drive_lane(LANE_TRAVEL + ROLLER_LEG_LEFT, 300.0, WORK_LIMIT_A);
	drive_lane(LANE_KNEAD + ROLLER_LEG_LEFT, 400.0, WORK_LIMIT_A);
	run_s(2.0);
	assert_true(near(plant.vel_mm_s[LANE_TRAVEL + ROLLER_LEG_LEFT], 50.0, 0.1));
	/* 400 motor rpm are 20 turns of the eccentric a minute */
	assert_true(near(plant.vel_mm_s[LANE_KNEAD + ROLLER_LEG_LEFT] * 60.0, 400.0, 1.0));
}

static void without_power_the_springs_pull_every_roller_home_within_a_second(void **state)
{
	(void)state;
	for (int seated = 0; seated < 2; seated++) {
		plant.body.seated = seated == 1;
		for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
			plant_place(&plant, (enum roller)r, AXIS_DEPTH, 45.0);
			cut_lane(LANE_DEPTH + r);
		}
		run_s(0.7);
		for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
			assert_true(plant.pos_mm[LANE_DEPTH + r] < 1.0);
		}
	}
}

static void nobody_seated_means_no_contact_anywhere(void **state)
{
	(void)state;
	plant.body.seated = false;
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		drive_lane(LANE_DEPTH + r, 600.0, WORK_LIMIT_A);
		drive_lane(LANE_TRAVEL + r, 100.0, WORK_LIMIT_A);
	}
	run_s(10.0);
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		assert_true(plant.contact_max_n[r] <= 0.0);
	}
}

static const double sizes[] = { PLANT_BODY_SIZE_MIN, 1.45 / 1.75, 1.0, 1.95 / 1.75,
				PLANT_BODY_SIZE_MAX };
#define SIZE_COUNT (sizeof(sizes) / sizeof(sizes[0]))

static void every_body_lies_at_10_to_20_mm_with_gentle_slopes(void **state)
{
	(void)state;
	for (size_t s = 0; s < SIZE_COUNT; s++) {
		plant_set_body(&plant, sizes[s]);
		for (unsigned int n = 0; n < ROLLER_COUNT * (SURFACE_LENGTH - 1); n++) {
			const unsigned int i = n % (SURFACE_LENGTH - 1);
			const double *y = &plant.body.surface_mm[n / (SURFACE_LENGTH - 1)][i];

			assert_true(y[0] >= 10.0 && y[0] <= 20.0);
			assert_true(near((y[1] - y[0]) / SURFACE_PITCH_MM, 0.0, 0.07));
		}
	}
}

static double surface_at(enum roller roller, double travel_mm)
{
	const double *y = plant.body.surface_mm[roller];
	const double at = travel_mm / SURFACE_PITCH_MM;
	const int i = (int)at;

	return y[i] + (y[i + 1] - y[i]) * (at - i);
}

/* Where the surface between two places of the track lies farthest from the chair. */
static double farthest_mm(enum roller roller, int from_mm, int to_mm)
{
	int best = from_mm;

	for (int at = from_mm; at <= to_mm; at++) {
		if (surface_at(roller, at) > surface_at(roller, best)) {
			best = at;
		}
	}
	return best;
}

static void landmarks_lie_where_a_body_of_that_size_has_them(void **state)
{
	(void)state;
	for (size_t s = 0; s < SIZE_COUNT; s++) {
		const double size = sizes[s];
		const double pelvis_mm = 320.0 - 70.0 * size;
		const double step = 20.0 * size;
		const double sits_mm = 80.0 * size;

		plant_set_body(&plant, size);
		assert_true(near(farthest_mm(ROLLER_BACK, 0, 320), 320.0 - 170.0 * size, 4.0));
		assert_true(surface_at(ROLLER_BACK, 320.0 - 170.0 * size) > 16.0);
		assert_true(surface_at(ROLLER_BACK, pelvis_mm - step) -
				    surface_at(ROLLER_BACK, pelvis_mm + step) >
			    1.8);
		for (int side = 0; side < 2; side++) {
			const enum roller seat = (enum roller)(ROLLER_SEAT_LEFT + side);
			const enum roller leg = (enum roller)(ROLLER_LEG_LEFT + side);

			assert_true(surface_at(seat, sits_mm) + 0.3 <
				    surface_at(seat, sits_mm - 30.0));
			assert_true(surface_at(seat, sits_mm) + 0.3 <
				    surface_at(seat, sits_mm + 30.0));
			assert_true(near(farthest_mm(leg, 0, 519), 270.0 * size, 4.0));
		}
	}
}

static void the_size_moves_the_borders_and_keeps_the_stiffness_of_zones(void **state)
{
	const double soft[ZONE_COUNT] = { 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3 };

	(void)state;
	plant_set_stiffness(&plant, soft);
	plant_set_body(&plant, 0.8);
	assert_true(near(plant.body.tissue_n_mm[ROLLER_LEG_LEFT][150 / 5], 0.6, 1e-9));
	assert_true(near(plant.body.tissue_n_mm[ROLLER_LEG_LEFT][240 / 5], 0.4, 1e-9));
	assert_true(near(plant.body.tissue_n_mm[ROLLER_BACK][240 / 5], 0.9, 1e-9));
	assert_true(near(plant.body.tissue_n_mm[ROLLER_BACK][285 / 5], 0.75, 1e-9));
	plant_place(&plant, ROLLER_LEG_LEFT, AXIS_TRAVEL, 240.0);
	assert_int_equal(plant_zone(&plant, ROLLER_LEG_LEFT), ZONE_CALF_LEFT);
	plant_set_body(&plant, 1.15);
	assert_int_equal(plant_zone(&plant, ROLLER_LEG_LEFT), ZONE_THIGH_LEFT);
	assert_true(near(plant_landmark_mm(ROLLER_BACK, 150.0, 0.8), 184.0, 1e-9));
	assert_true(near(plant_landmark_mm(ROLLER_LEG_LEFT, 270.0, 0.8), 216.0, 1e-9));
}

static void the_middle_body_is_the_one_that_sits_there_first(void **state)
{
	static struct plant other;

	(void)state;
	plant_init(&other);
	plant_set_body(&other, 0.9);
	plant_set_body(&other, 1.0);
	assert_memory_equal(&other, &plant, sizeof(plant));
}

static void hold_at(enum roller roller, double travel_mm, double depth_mm)
{
	const double size = plant.body.size;

	plant_init(&plant);
	plant_set_body(&plant, size);
	plant_place(&plant, roller, AXIS_TRAVEL, travel_mm);
	plant_place(&plant, roller, AXIS_DEPTH, depth_mm);
	drive_lane(LANE_DEPTH + roller, 0.0, WORK_LIMIT_A);
	drive_lane(LANE_TRAVEL + roller, 0.0, WORK_LIMIT_A);
}

static void tissue_under_a_still_roller_relaxes_by_a_quarter(void **state)
{
	double first_n;

	(void)state;
	hold_at(ROLLER_SEAT_RIGHT, 80.0, 27.0);
	run_s(0.05);
	first_n = plant.contact_n[ROLLER_SEAT_RIGHT];
	/* 15 mm into a glute of 1 N/mm, a little stiffer in the depth */
	assert_true(first_n > 15.0 && first_n < 20.0);
	run_s(30.0);
	assert_true(near(plant.contact_n[ROLLER_SEAT_RIGHT] / first_n, 0.75, 0.02));
}

static void the_left_glute_is_stiffer_than_the_right_one(void **state)
{
	(void)state;
	hold_at(ROLLER_SEAT_RIGHT, 80.0, 22.0);
	plant_place(&plant, ROLLER_SEAT_LEFT, AXIS_TRAVEL, 80.0);
	plant_place(&plant, ROLLER_SEAT_LEFT, AXIS_DEPTH, 22.0);
	drive_lane(LANE_DEPTH + ROLLER_SEAT_LEFT, 0.0, WORK_LIMIT_A);
	run_s(0.1);
	assert_true(near(plant.contact_n[ROLLER_SEAT_LEFT] / plant.contact_n[ROLLER_SEAT_RIGHT],
			 1.25, 0.01));
}

static void every_level_can_be_reached_everywhere(void **state)
{
	(void)state;
	for (unsigned int n = 0; n < ROLLER_COUNT * SIZE_COUNT; n++) {
		const unsigned int r = n % ROLLER_COUNT;
		const double *range_mm = reference_tracks[r].range_mm;

		plant_set_body(&plant, sizes[n / ROLLER_COUNT]);
		for (double at_mm = 0.0; at_mm <= range_mm[AXIS_TRAVEL]; at_mm += 20.0) {
			hold_at((enum roller)r, at_mm, 0.0);
			drive_lane(LANE_DEPTH + r, 200.0, WORK_LIMIT_A);
			run_s(40.0); /* relaxed, which is when it takes the most depth */
			assert_true(plant.contact_n[r] >= 22.0);
		}
	}
}

static void a_body_that_pushes_is_felt_as_a_force_above_40_n(void **state)
{
	(void)state;
	hold_at(ROLLER_BACK, 150.0, 30.0); /* about 20 N */
	run_s(0.5);
	plant.body.push_target_mm[ROLLER_BACK] = 15.0;
	run_s(0.5);
	assert_true(plant.contact_max_n[ROLLER_BACK] > 40.0);
	assert_true(plant.contact_max_n[ROLLER_BACK] < 52.0); /* the motor gives way */
	plant.body.push_target_mm[ROLLER_BACK] = 0.0;
	run_s(0.5);
	assert_true(plant.contact_n[ROLLER_BACK] < 25.0);
}

static void breathing_moves_the_back_and_kneading_ripples(void **state)
{
	double low_n = 1e9;
	double high_n = 0.0;

	(void)state;
	hold_at(ROLLER_BACK, 150.0, 26.0);
	run_s(20.0);
	for (int i = 0; i < 1600; i++) {
		const double force_n = plant.contact_n[ROLLER_BACK];

		plant_step(&plant, STEP_S);
		low_n = force_n < low_n ? force_n : low_n;
		high_n = force_n > high_n ? force_n : high_n;
	}
	assert_true(high_n - low_n > 0.5 && high_n - low_n < 2.5);
}

static void a_jammed_axis_stays_while_its_motor_pushes_to_the_limit(void **state)
{
	const unsigned int lane = LANE_TRAVEL + ROLLER_BACK;

	(void)state;
	drive_lane(lane, 100.0, 6.0);
	run_s(2.0);
	plant_block(&plant, lane, true);
	const double jammed_mm = plant.pos_mm[lane];

	run_s(2.0);
	assert_true(near(plant.pos_mm[lane], jammed_mm, 0.5));
	assert_true(near(plant_current_a(&plant, lane), 6.0, 0.01));
	plant_block(&plant, lane, false);
	run_s(1.0);
	assert_true(plant.pos_mm[lane] > jammed_mm + 5.0);
}

static void a_jammed_depth_axis_does_not_come_home(void **state)
{
	const unsigned int lane = LANE_DEPTH + ROLLER_LEG_LEFT;

	(void)state;
	hold_at(ROLLER_LEG_LEFT, 100.0, 30.0);
	run_s(0.5);
	plant_block(&plant, lane, true);
	cut_lane(lane);
	run_s(1.0);
	assert_true(plant.pos_mm[lane] > 29.0);
}

static void a_pad_under_a_body_warms_from_30_to_38_c_in_about_two_minutes(void **state)
{
	int steps = 0;

	(void)state;
	plant.heat.heating = 1U << PAD_GLUTE_LEFT;
	while (plant.heat.pad_c[PAD_GLUTE_LEFT] < 30.0) {
		plant_step(&plant, STEP_S);
	}
	while (plant.heat.pad_c[PAD_GLUTE_LEFT] < 38.0) {
		plant_step(&plant, STEP_S);
		steps++;
	}
	assert_true(near(steps * STEP_S, 120.0, 20.0));
	assert_true(plant.heat.pad_c[PAD_GLUTE_RIGHT] < 28.0);
}

static void a_body_alone_warms_a_cold_pad_a_little(void **state)
{
	(void)state;
	run_s(600.0);
	assert_true(plant.heat.pad_c[PAD_LOWER_BACK] > 28.0);
	assert_true(plant.heat.pad_c[PAD_LOWER_BACK] < 35.0);
	assert_true(plant.heat.skin_c[PAD_LOWER_BACK] > 33.0);
	assert_true(plant.heat.skin_c[PAD_LOWER_BACK] < 36.5);
}

static void a_pad_that_never_switches_off_opens_its_thermostat_at_55_c(void **state)
{
	(void)state;
	plant.heat.heating = 1U << PAD_LEG_LEFT;
	for (int s = 0; s < 1800 && plant_thermostats_closed(&plant); s++) {
		run_s(1.0);
	}
	assert_false(plant_thermostats_closed(&plant));
	assert_true(near(plant.heat.pad_c[PAD_LEG_LEFT], 55.0, 0.5));
	plant.heat.heating = 0;
	run_s(1200.0);
	assert_true(plant_thermostats_closed(&plant)); /* they reset themselves, cooled down */
}

static void the_second_sensor_follows_faster_than_the_first(void **state)
{
	const double *sensor_c = plant.heat.sensor_c[PAD_LEG_LEFT];

	(void)state;
	run_s(5.0);
	plant.heat.heating = 1U << PAD_LEG_LEFT;
	run_s(20.0);
	assert_true(sensor_c[1] > sensor_c[0]);
	assert_true(plant.heat.pad_c[PAD_LEG_LEFT] > sensor_c[1]);
}

static void the_same_steps_give_the_same_bits(void **state)
{
	static struct plant other;

	(void)state;
	for (int round = 0; round < 2; round++) {
		plant_init(&plant);
		drive_lane(LANE_DEPTH, 300.0, WORK_LIMIT_A);
		drive_lane(LANE_KNEAD, 300.0, WORK_LIMIT_A);
		plant.heat.heating = 3;
		run_s(20.0);
		if (round == 0) {
			other = plant;
		}
	}
	assert_memory_equal(other.pos_mm, plant.pos_mm, sizeof(plant.pos_mm));
	assert_memory_equal(other.contact_n, plant.contact_n, sizeof(plant.contact_n));
	assert_memory_equal(other.heat.pad_c, plant.heat.pad_c, sizeof(plant.heat.pad_c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(rollers_at_rest_stay_at_their_stops, setup),
		cmocka_unit_test_setup(every_travel_and_depth_axis_ends_at_both_stops, setup),
		cmocka_unit_test_setup(the_working_current_limit_holds_the_force_under_45_n, setup),
		cmocka_unit_test_setup(a_roller_follows_its_set_speed, setup),
		cmocka_unit_test_setup(
			without_power_the_springs_pull_every_roller_home_within_a_second, setup),
		cmocka_unit_test_setup(nobody_seated_means_no_contact_anywhere, setup),
		cmocka_unit_test_setup(every_body_lies_at_10_to_20_mm_with_gentle_slopes, setup),
		cmocka_unit_test_setup(landmarks_lie_where_a_body_of_that_size_has_them, setup),
		cmocka_unit_test_setup(the_size_moves_the_borders_and_keeps_the_stiffness_of_zones,
				       setup),
		cmocka_unit_test_setup(the_middle_body_is_the_one_that_sits_there_first, setup),
		cmocka_unit_test_setup(tissue_under_a_still_roller_relaxes_by_a_quarter, setup),
		cmocka_unit_test_setup(the_left_glute_is_stiffer_than_the_right_one, setup),
		cmocka_unit_test_setup(every_level_can_be_reached_everywhere, setup),
		cmocka_unit_test_setup(a_body_that_pushes_is_felt_as_a_force_above_40_n, setup),
		cmocka_unit_test_setup(breathing_moves_the_back_and_kneading_ripples, setup),
		cmocka_unit_test_setup(a_jammed_axis_stays_while_its_motor_pushes_to_the_limit,
				       setup),
		cmocka_unit_test_setup(a_jammed_depth_axis_does_not_come_home, setup),
		cmocka_unit_test_setup(
			a_pad_under_a_body_warms_from_30_to_38_c_in_about_two_minutes, setup),
		cmocka_unit_test_setup(a_body_alone_warms_a_cold_pad_a_little, setup),
		cmocka_unit_test_setup(a_pad_that_never_switches_off_opens_its_thermostat_at_55_c,
				       setup),
		cmocka_unit_test_setup(the_second_sensor_follows_faster_than_the_first, setup),
		cmocka_unit_test_setup(the_same_steps_give_the_same_bits, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
