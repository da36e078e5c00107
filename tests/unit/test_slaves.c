/* SPDX-License-Identifier: MIT */
/* The simulated devices, the enable chain and the faults, in virtual time. */
#include "sim.h"
#include "sim_frame.h"
#include "sim_rpc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define BACK_DEPTH   2
#define TEMP_A	     11
#define TEMP_B	     12
#define HEARTBEAT    (1U << COIL_HEARTBEAT)
#define START_US     1000000
#define REG_TIMEOUT  0x2000
#define REG_MODE     0x200d
#define REG_CONTROL  0x200e
#define REG_LIMIT    0x2034
#define REG_TARGET   0x2088
#define REG_FAULT    0x20a5
#define REG_POSITION 0x20a7
#define REG_SPEED    0x20ab

static struct sim sim;
static uint8_t reply[SLAVE_PDU_MAX];

static int setup_held(void **state)
{
	const struct sim_options options = { .relay_held = true };

	(void)state;
	sim_init(&sim, &options, START_US);
	sim_advance(&sim, START_US + 400000); /* the drives have booted */
	return 0;
}

static int setup_chain(void **state)
{
	const struct sim_options options = { .one_line = false };

	(void)state;
	sim_init(&sim, &options, START_US);
	return 0;
}

static void pass_ms(uint64_t ms)
{
	sim_advance(&sim, sim.now_us + ms * 1000);
}

/* Returns the exception code, 0 for a good answer, or -1 for silence. */
static int ask(uint8_t address, const uint8_t *pdu, size_t len)
{
	const size_t n = slave_pdu(&sim, address, pdu, len, reply);

	if (n == 0) {
		return -1;
	}
	return (reply[0] & 0x80) != 0 ? reply[1] : 0;
}

static int read_regs(uint8_t address, uint8_t function, uint16_t addr, uint16_t count)
{
	const uint8_t pdu[] = { function, (uint8_t)(addr >> 8), (uint8_t)(addr & 0xff),
				(uint8_t)(count >> 8), (uint8_t)(count & 0xff) };

	return ask(address, pdu, sizeof(pdu));
}

static uint16_t word(unsigned int i)
{
	return (uint16_t)(reply[2 + 2 * i] << 8 | reply[3 + 2 * i]);
}

static uint16_t read_one(uint8_t address, uint16_t addr)
{
	assert_int_equal(read_regs(address, 3, addr, 1), 0);
	return word(0);
}

static int write_one(uint8_t address, uint16_t addr, int value)
{
	const uint16_t v = (uint16_t)value;
	const uint8_t pdu[] = { 6, (uint8_t)(addr >> 8), (uint8_t)(addr & 0xff), (uint8_t)(v >> 8),
				(uint8_t)(v & 0xff) };

	return ask(address, pdu, sizeof(pdu));
}

static int write_pair(uint8_t address, uint16_t addr, int left, int right)
{
	const uint16_t l = (uint16_t)left;
	const uint16_t r = (uint16_t)right;
	const uint8_t pdu[] = { 16,
				(uint8_t)(addr >> 8),
				(uint8_t)(addr & 0xff),
				0,
				2,
				4,
				(uint8_t)(l >> 8),
				(uint8_t)(l & 0xff),
				(uint8_t)(r >> 8),
				(uint8_t)(r & 0xff) };

	return ask(address, pdu, sizeof(pdu));
}

static void given_moving(int rpm)
{
	assert_int_equal(write_one(BACK_DEPTH, REG_MODE, 3), 0);
	assert_int_equal(write_one(BACK_DEPTH, REG_CONTROL, 8), 0);
	assert_int_equal(write_pair(BACK_DEPTH, REG_TARGET, rpm, 0), 0);
}

static void given_fault(struct sim_fault fault)
{
	assert_int_equal(sim_set_fault(&sim, &fault, true), 0);
}

static void beat_ms(unsigned int ms)
{
	for (unsigned int t = 0; t < ms; t += 10) {
		pass_ms(10);
		sim_set_outputs(&sim, sim.outputs ^ HEARTBEAT);
	}
}

static bool input(enum chair_switch which)
{
	return (sim_inputs(&sim) >> which & 1U) != 0;
}

/* The drives */

static void a_drive_starts_with_the_makers_defaults(void **state)
{
	static const uint16_t defaults[][2] = {
		{ 0x2000, 1000 }, { 0x2008, 1000 }, { 0x200d, 0 },   { 0x200e, 0 },
		{ 0x2011, 5 },	  { 0x2017, 9 },    { 0x2032, 200 }, { 0x2033, 150 },
		{ 0x2034, 300 },  { 0x2064, 300 },  { 0x2080, 500 }, { 0x2083, 500 },
		{ 0x2084, 10 },	  { 0x2088, 0 },    { 0x208e, 120 }, { 0x20a5, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
		assert_int_equal(read_one(3, defaults[i][0]), defaults[i][1]);
	}
	assert_int_equal(read_regs(3, 3, 0x20a5, 10), 0); /* the feedback in one piece */
}

static void what_a_drive_does_not_know_it_refuses_with_the_right_code(void **state)
{
	const uint8_t coils[] = { 1, 0, 0, 0, 1 };
	const uint8_t short_read[] = { 3, 0x20, 0 };
	const uint8_t wrong_count[] = { 16, 0x20, 0x88, 0, 2, 3, 0, 1, 0 };

	(void)state;
	assert_int_equal(ask(3, coils, sizeof(coils)), 1);
	assert_int_equal(read_regs(3, 4, 0x2000, 1), 1);
	assert_int_equal(read_regs(3, 3, 0x1fff, 1), 2);
	assert_int_equal(read_regs(3, 3, 0x2031, 1), 2); /* the Hall offset trap */
	assert_int_equal(read_regs(3, 3, 0x20a2, 3), 2); /* 0x20a3 is not listed */
	assert_int_equal(read_regs(3, 3, 0x20b0, 1), 2);
	assert_int_equal(read_regs(3, 3, 0x2000, 0), 3);
	assert_int_equal(read_regs(3, 3, 0x2000, 126), 3);
	assert_int_equal(write_one(3, 0x20a5, 1), 2); /* read only */
	assert_int_equal(write_one(3, 0x2034, 301), 3);
	assert_int_equal(write_one(3, 0x2000, -1), 3);
	assert_int_equal(write_one(3, 0x200e, 9), 3);
	assert_int_equal(write_one(3, 0x200d, 5), 3);
	assert_int_equal(write_pair(3, 0x2088, 3001, 0), 3);
	assert_int_equal(ask(3, short_read, sizeof(short_read)), 3);
	assert_int_equal(ask(3, wrong_count, sizeof(wrong_count)), 3);
	assert_int_equal(write_one(99, 0x2000, 1), -1);
}

static void a_refused_multiple_write_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(write_pair(3, 0x2033, 100, 999), 3); /* 0x2034 allows 0..300 */
	assert_int_equal(read_one(3, 0x2033), 150);
	assert_int_equal(read_one(3, 0x2034), 300);
}

static void a_drive_moves_only_enabled_and_in_speed_mode(void **state)
{
	(void)state;
	assert_int_equal(write_pair(BACK_DEPTH, REG_TARGET, 300, 0), 0);
	pass_ms(200);
	assert_true(sim.plant.pos_mm[LANE_DEPTH] < 0.1);
	assert_int_equal(write_one(BACK_DEPTH, REG_CONTROL, 8), 0);
	pass_ms(200);
	assert_true(sim.plant.pos_mm[LANE_DEPTH] < 0.1);
	assert_int_equal(write_one(BACK_DEPTH, REG_MODE, 3), 0);
	pass_ms(500);
	assert_true(sim.plant.pos_mm[LANE_DEPTH] > 2.0);
	assert_int_equal(read_regs(BACK_DEPTH, 3, REG_POSITION, 7), 0);
	assert_int_equal((uint32_t)word(0) << 16 | word(1),
			 (uint32_t)(sim.plant.pos_mm[LANE_DEPTH] / 2.5 * 4096 + 0.5));
	assert_in_range(word(4), 2990, 3010);	   /* 300 rpm in tenths */
	assert_true(word(6) > 10 && word(6) < 30); /* 6 to 8 N of spring at 4 N/A */
}

static void speed_ramps_as_the_acceleration_register_says(void **state)
{
	(void)state;
	assert_int_equal(write_one(BACK_DEPTH, 0x2080, 1000), 0); /* 1000 rpm in 1 s */
	given_moving(500);
	pass_ms(250);
	assert_in_range(read_one(BACK_DEPTH, REG_SPEED), 2300, 2550);
	pass_ms(400);
	assert_in_range(read_one(BACK_DEPTH, REG_SPEED), 4950, 5050);
}

static void stop_ramps_down_and_then_lets_go(void **state)
{
	(void)state;
	given_moving(500);
	pass_ms(400);
	assert_int_equal(write_one(BACK_DEPTH, REG_CONTROL, 7), 0);
	assert_int_equal(read_one(BACK_DEPTH, REG_CONTROL), 7);
	pass_ms(100);
	assert_true(sim.slaves.drive[1].enabled); /* 500 rpm at 500 ms per 1000 rpm: 250 ms */
	pass_ms(200);
	assert_false(sim.slaves.drive[1].enabled);
	pass_ms(700);
	assert_true(sim.plant.pos_mm[LANE_DEPTH] < 1.0); /* the spring took it home */
}

static void estop_ramps_down_fifty_times_faster(void **state)
{
	(void)state;
	given_moving(500);
	pass_ms(400);
	assert_int_equal(write_one(BACK_DEPTH, REG_CONTROL, 5), 0);
	pass_ms(20);
	assert_false(sim.slaves.drive[1].enabled);
	assert_int_equal(read_one(BACK_DEPTH, REG_CONTROL), 5);
}

static void a_drive_that_nobody_talks_to_disables_itself(void **state)
{
	(void)state;
	assert_int_equal(write_one(BACK_DEPTH, REG_TIMEOUT, 300), 0);
	given_moving(200);
	pass_ms(250);
	assert_int_equal(write_one(1, REG_MODE, 3), 0); /* talking to another one does not help */
	pass_ms(45);
	assert_true(sim.slaves.drive[1].enabled);
	pass_ms(10);
	assert_false(sim.slaves.drive[1].enabled);
	assert_true(sim.slaves.drive[1].timed_out);
	assert_int_equal(read_one(BACK_DEPTH, REG_CONTROL), 7);
	pass_ms(1000);
	assert_true(sim.plant.pos_mm[LANE_DEPTH] < 0.5);
}

static void any_good_frame_keeps_a_drive_awake(void **state)
{
	(void)state;
	assert_int_equal(write_one(BACK_DEPTH, REG_TIMEOUT, 100), 0);
	given_moving(50);
	for (int i = 0; i < 20; i++) {
		pass_ms(90);
		assert_int_equal(read_regs(BACK_DEPTH, 3, REG_FAULT, 1), 0);
	}
	assert_true(sim.slaves.drive[1].enabled);
}

static void the_current_limit_register_holds_the_force_under_45_n(void **state)
{
	(void)state;
	assert_int_equal(write_one(BACK_DEPTH, REG_LIMIT, 127), 0);
	assert_int_equal(write_one(BACK_DEPTH, REG_TIMEOUT, 0), 0);
	given_moving(1000);
	pass_ms(10000);
	assert_true(sim.plant.contact_max_n[ROLLER_BACK] > 35.0);
	assert_true(sim.plant.contact_max_n[ROLLER_BACK] <= 45.0);
	assert_int_equal(read_one(BACK_DEPTH, 0x20ad), 127);
}

static void an_alarm_disables_and_stays_until_it_is_cleared(void **state)
{
	const struct sim_fault fault = { .kind = SIM_FAULT_DRIVE_FAULT, .address = 2, .bits = 8 };

	(void)state;
	given_moving(100);
	given_fault(fault);
	assert_false(sim.slaves.drive[1].enabled);
	assert_int_equal(read_one(BACK_DEPTH, REG_FAULT), 8);
	assert_int_equal(write_one(BACK_DEPTH, REG_CONTROL, 6), 0);
	assert_int_equal(read_one(BACK_DEPTH, REG_FAULT), 8); /* its reason is still there */
	assert_int_equal(sim_set_fault(&sim, &fault, false), 0);
	assert_int_equal(read_one(BACK_DEPTH, REG_FAULT), 8);
	assert_int_equal(write_one(BACK_DEPTH, REG_CONTROL, 8), 0);
	assert_false(sim.slaves.drive[1].enabled);
	assert_int_equal(write_one(BACK_DEPTH, REG_CONTROL, 6), 0);
	assert_int_equal(read_one(BACK_DEPTH, REG_FAULT), 0);
	assert_int_equal(write_one(BACK_DEPTH, REG_CONTROL, 8), 0);
	assert_true(sim.slaves.drive[1].enabled);
}

static void a_jammed_motor_draws_its_limit_and_does_not_move(void **state)
{
	const struct sim_fault fault = { .kind = SIM_FAULT_DRIVE_STALL,
					 .roller = ROLLER_BACK,
					 .axis = AXIS_DEPTH };

	(void)state;
	assert_int_equal(write_one(BACK_DEPTH, REG_LIMIT, 40), 0);
	assert_int_equal(write_one(BACK_DEPTH, REG_TIMEOUT, 0), 0);
	given_fault(fault);
	given_moving(100);
	pass_ms(1000);
	assert_int_equal(read_one(BACK_DEPTH, 0x20ad), 40);
	assert_true(sim.plant.pos_mm[LANE_DEPTH] < 0.3);
}

static void writes_of_targets_are_remembered_with_their_time(void **state)
{
	(void)state;
	given_moving(100);
	pass_ms(7);
	assert_int_equal(write_pair(BACK_DEPTH, REG_TARGET, 100, 0), 0); /* no change */
	assert_int_equal(write_pair(BACK_DEPTH, REG_TARGET, 0, 0), 0);
	assert_int_equal(sim.write_count, 2);
	assert_int_equal(sim.writes[1].t_us, START_US + 407000);
	assert_int_equal(sim.writes[1].address, BACK_DEPTH);
	assert_int_equal(sim.writes[1].rpm[0], 0);
}

/* The temperature modules */

static void both_temperature_modules_tell_the_pads_in_tenths(void **state)
{
	(void)state;
	assert_int_equal(read_regs(TEMP_A, 3, 0, 8), 0);
	for (unsigned int i = 0; i < PAD_COUNT; i++) {
		assert_in_range(word(i), 238, 242);
	}
	assert_int_equal(word(5), 0x8000);
	assert_int_equal(word(7), 0x8000);
	assert_int_equal(read_regs(TEMP_B, 4, 0, 8), 0);
	for (unsigned int i = 0; i < PAD_COUNT; i++) {
		assert_in_range(word(i), 238, 242);
	}
	assert_int_equal(word(5), 30000);
	assert_int_equal(read_regs(TEMP_B, 2, 0, 8), 0);
	assert_int_equal(reply[2], 0x1f);
	assert_int_equal(read_one(TEMP_B, 64), 57);
	assert_int_equal(read_one(TEMP_B, 128), 0x0200);
	assert_int_equal(read_one(TEMP_A, 0xfd), 0);
	assert_int_equal(read_regs(TEMP_A, 3, 0x10, 1), 2);
	assert_int_equal(read_regs(TEMP_A, 4, 0, 1), 1);
	assert_int_equal(read_regs(TEMP_B, 3, 66, 1), 2);
}

static void a_correction_shifts_the_first_module(void **state)
{
	(void)state;
	assert_int_equal(write_one(TEMP_A, 8, -50), 0);
	assert_in_range(read_one(TEMP_A, 0), 188, 192);
	assert_int_equal(write_one(TEMP_B, 76, 1), 0);
	assert_int_equal(read_regs(TEMP_B, 4, 0, 1), 0);
	assert_in_range(word(0), 2390, 2410); /* high resolution: hundredths */
}

static void broken_sensors_say_so_in_their_modules_own_way(void **state)
{
	(void)state;
	for (uint8_t c = 0; c < PAD_CHANNELS; c++) {
		given_fault((struct sim_fault){
			.kind = SIM_FAULT_TEMP_OPEN, .pad = PAD_LOWER_BACK, .channel = c });
		given_fault((struct sim_fault){
			.kind = SIM_FAULT_TEMP_SHORT, .pad = PAD_GLUTE_LEFT, .channel = c });
		given_fault((struct sim_fault){ .kind = SIM_FAULT_TEMP_OFFSET,
						.pad = PAD_LEG_LEFT,
						.channel = c,
						.offset_c = 5.0 });
	}
	assert_int_equal(read_regs(TEMP_A, 3, 0, 5), 0);
	assert_int_equal(word(0), 0x8000);
	assert_int_equal(word(1), 0x8000);
	assert_in_range(word(3), 288, 292);
	assert_int_equal(read_regs(TEMP_B, 4, 0, 5), 0);
	assert_int_equal(word(0), 30000);
	assert_int_equal((int16_t)word(1), -30000);
	assert_in_range(word(3), 288, 292);
}

static void a_frozen_sensor_repeats_itself_while_the_other_one_moves(void **state)
{
	uint16_t before;

	(void)state;
	given_fault((struct sim_fault){ .kind = SIM_FAULT_TEMP_FROZEN, .pad = PAD_LEG_LEFT });
	before = read_one(TEMP_A, PAD_LEG_LEFT);
	sim_set_outputs(&sim, 1U << COIL_HEAT_ENABLE | 1U << COIL_SSR_LEG_LEFT);
	pass_ms(60000);
	assert_int_equal(read_one(TEMP_A, PAD_LEG_LEFT), before);
	assert_int_equal(read_regs(TEMP_B, 4, PAD_LEG_LEFT, 1), 0);
	assert_true(word(0) > before + 20);
}

/* The enable chain */

static void the_relay_pulls_in_20_ms_after_the_third_edge(void **state)
{
	(void)state;
	beat_ms(20);
	pass_ms(80);
	assert_false(sim_relay_closed(&sim)); /* two edges are not enough */
	beat_ms(10);
	sim_advance(&sim, sim.now_us + 19999);
	assert_false(sim_relay_closed(&sim));
	assert_true(input(SWITCH_RELAY_FEEDBACK));
	sim_advance(&sim, sim.now_us + 1);
	assert_true(sim_relay_closed(&sim));
	assert_false(input(SWITCH_RELAY_FEEDBACK));
}

static void the_relay_falls_100_ms_after_the_last_edge(void **state)
{
	(void)state;
	beat_ms(500);
	assert_true(sim_relay_closed(&sim));
	sim_advance(&sim, sim.now_us + 99999);
	assert_true(sim_relay_closed(&sim));
	sim_advance(&sim, sim.now_us + 1);
	assert_false(sim_relay_closed(&sim));
}

static void edges_too_far_apart_never_close_the_relay(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		pass_ms(100);
		sim_set_outputs(&sim, sim.outputs ^ HEARTBEAT);
		assert_false(sim_relay_closed(&sim));
	}
}

static void the_estop_opens_the_relay_within_10_ms_whatever_the_heartbeat_does(void **state)
{
	(void)state;
	beat_ms(500);
	given_fault((struct sim_fault){ .kind = SIM_FAULT_ESTOP_OPEN });
	assert_false(input(SWITCH_ESTOP_CLOSED));
	beat_ms(10);
	assert_false(sim_relay_closed(&sim));
	beat_ms(500);
	assert_false(sim_relay_closed(&sim));
	sim_clear_faults(&sim);
	beat_ms(20);
	assert_true(sim_relay_closed(&sim)); /* which is why the daemon must not beat on */
}

static void a_thermostat_opens_the_relay_as_well(void **state)
{
	(void)state;
	beat_ms(500);
	given_fault((struct sim_fault){ .kind = SIM_FAULT_THERMOSTAT_OPEN });
	beat_ms(10);
	assert_false(sim_relay_closed(&sim));
	assert_false(input(SWITCH_THERMOSTATS_CLOSED));
}

static void a_real_overheat_opens_the_chain_by_itself(void **state)
{
	(void)state;
	sim_set_outputs(&sim, 1U << COIL_HEAT_ENABLE | 1U << COIL_SSR_LEG_LEFT);
	for (int s = 0; s < 1800 && input(SWITCH_THERMOSTATS_CLOSED); s++) {
		beat_ms(1000);
	}
	assert_false(input(SWITCH_THERMOSTATS_CLOSED));
	beat_ms(100);
	assert_false(sim_relay_closed(&sim));
	assert_int_equal(sim.plant.heat.heating, 0);
}

static void a_welded_relay_stays_closed_and_its_mirror_contact_tells(void **state)
{
	(void)state;
	given_fault((struct sim_fault){ .kind = SIM_FAULT_RELAY_WELDED });
	pass_ms(100);
	assert_false(sim_relay_closed(&sim)); /* an open contact cannot weld */
	beat_ms(500);
	pass_ms(1000);
	assert_true(sim_relay_closed(&sim));
	assert_false(input(SWITCH_RELAY_FEEDBACK));
	sim_clear_faults(&sim);
	assert_false(sim_relay_closed(&sim));
}

static void a_drive_without_power_is_mute_boots_and_forgets(void **state)
{
	(void)state;
	assert_int_equal(read_regs(3, 3, REG_TIMEOUT, 1), -1);
	beat_ms(50); /* third edge at 30 ms, contact at 50 ms */
	assert_true(sim_relay_closed(&sim));
	beat_ms(290);
	assert_int_equal(read_regs(3, 3, REG_TIMEOUT, 1), -1);
	beat_ms(20);
	assert_int_equal(write_one(3, REG_TIMEOUT, 200), 0);
	pass_ms(200);
	assert_int_equal(read_regs(3, 3, REG_TIMEOUT, 1), -1);
	beat_ms(500);
	assert_int_equal(read_one(3, REG_TIMEOUT), 1000);
}

static void position_counters_are_zero_at_power_up_wherever_the_axis_is(void **state)
{
	(void)state;
	plant_place(&sim.plant, ROLLER_BACK, AXIS_TRAVEL, 123.0);
	beat_ms(500);
	assert_int_equal(read_regs(1, 3, REG_POSITION, 2), 0);
	assert_int_equal(word(0), 0);
	assert_int_equal(word(1), 0);
	assert_int_equal(write_one(1, REG_MODE, 3), 0);
	assert_int_equal(write_one(1, REG_CONTROL, 8), 0);
	assert_int_equal(write_pair(1, REG_TARGET, -60, 0), 0);
	beat_ms(500);
	assert_int_equal(read_regs(1, 3, REG_POSITION, 2), 0);
	assert_int_equal(word(0), 0xffff); /* toward the stop counts down */
	assert_int_equal(write_one(1, 0x2005, 3), 0);
	assert_int_equal(read_regs(1, 3, REG_POSITION, 2), 0);
	assert_int_equal(word(0), 0);
}

static void motors_lose_their_force_with_the_relay(void **state)
{
	(void)state;
	beat_ms(500);
	given_moving(500);
	beat_ms(1000);
	assert_true(sim.plant.pos_mm[LANE_DEPTH] > 10.0);
	pass_ms(1000);
	assert_true(sim.plant.pos_mm[LANE_DEPTH] < 0.5);
}

/* Heat and other faults */

static void heat_needs_relay_enable_and_its_own_ssr(void **state)
{
	const uint32_t enable = 1U << COIL_HEAT_ENABLE;
	const uint32_t ssr = 1U << COIL_SSR_GLUTE_LEFT;

	(void)state;
	sim_set_outputs(&sim, enable | ssr);
	assert_int_equal(sim.plant.heat.heating, 0); /* relay open */
	beat_ms(100);
	assert_int_equal(sim.plant.heat.heating, 1U << PAD_GLUTE_LEFT);
	sim_set_outputs(&sim, enable);
	assert_int_equal(sim.plant.heat.heating, 0);
	sim_set_outputs(&sim, ssr);
	assert_int_equal(sim.plant.heat.heating, 0);
	given_fault((struct sim_fault){ .kind = SIM_FAULT_SSR_WELDED, .pad = PAD_LEG_RIGHT });
	sim_set_outputs(&sim, enable);
	assert_int_equal(sim.plant.heat.heating, 1U << PAD_LEG_RIGHT);
	pass_ms(500);
	assert_int_equal(sim.plant.heat.heating, 0);
}

static void a_silent_device_neither_hears_nor_answers(void **state)
{
	(void)state;
	given_moving(100);
	given_fault((struct sim_fault){ .kind = SIM_FAULT_DRIVE_SILENT, .address = BACK_DEPTH });
	given_fault((struct sim_fault){ .kind = SIM_FAULT_DEVICE_SILENT, .address = TEMP_B });
	assert_int_equal(write_pair(BACK_DEPTH, REG_TARGET, 0, 0), -1);
	assert_int_equal(read_regs(TEMP_B, 4, 0, 5), -1);
	assert_int_equal(read_regs(TEMP_A, 3, 0, 5), 0);
	pass_ms(1100);
	assert_true(sim.slaves.drive[1].timed_out);
}

static void switch_faults_show_on_their_lines_and_clear_together(void **state)
{
	const uint32_t good = 1U << SWITCH_ESTOP_CLOSED | 1U << SWITCH_RELAY_FEEDBACK |
			      1U << SWITCH_BACK_COVER_CLOSED | 1U << SWITCH_LEG_GUARD_CLEAR |
			      1U << SWITCH_THERMOSTATS_CLOSED | 1U << SWITCH_SEAT_OCCUPIED;

	(void)state;
	assert_int_equal(sim_inputs(&sim), good);
	given_fault((struct sim_fault){ .kind = SIM_FAULT_COVER_OPEN });
	given_fault((struct sim_fault){ .kind = SIM_FAULT_LEG_GUARD });
	given_fault((struct sim_fault){ .kind = SIM_FAULT_BUTTON_STUCK,
					.button = SWITCH_BUTTON_START });
	assert_false(input(SWITCH_BACK_COVER_CLOSED));
	assert_false(input(SWITCH_LEG_GUARD_CLEAR));
	assert_true(input(SWITCH_BUTTON_START));
	sim_clear_faults(&sim);
	assert_int_equal(sim_inputs(&sim), good);
	sim_seat(&sim, false);
	sim_turn_key(&sim, true);
	assert_false(input(SWITCH_SEAT_OCCUPIED));
	assert_true(input(SWITCH_SERVICE_KEY));
}

static void a_pressed_button_lets_go_by_itself(void **state)
{
	(void)state;
	sim_press(&sim, SWITCH_BUTTON_STOP, 200000);
	assert_true(input(SWITCH_BUTTON_STOP));
	pass_ms(199);
	assert_true(input(SWITCH_BUTTON_STOP));
	pass_ms(1);
	assert_false(input(SWITCH_BUTTON_STOP));
}

static void the_fault_list_is_bounded_and_knows_two_of_a_kind_apart(void **state)
{
	struct sim_fault fault = { .kind = SIM_FAULT_DRIVE_SILENT };

	(void)state;
	for (unsigned int i = 0; i < SIM_FAULT_MAX; i++) {
		fault.address = (uint8_t)(i + 1);
		given_fault(fault);
	}
	fault.address = 200;
	assert_int_equal(sim_set_fault(&sim, &fault, true), -ENOSPC);
	fault.address = 7;
	assert_int_equal(sim_set_fault(&sim, &fault, true), 0); /* again is no second one */
	assert_int_equal(sim_set_fault(&sim, &fault, false), 0);
	assert_int_equal(sim.faults.count, SIM_FAULT_MAX - 1);
	assert_int_equal(read_regs(7, 3, REG_TIMEOUT, 1), 0);
	assert_int_equal(read_regs(6, 3, REG_TIMEOUT, 1), -1);
}

/* Frames and words */

static void frames_match_the_makers_test_vectors(void **state)
{
	uint8_t enable[8] = { 0x01, 0x06, 0x20, 0x0e, 0x00, 0x08 };
	uint8_t timeout[8] = { 0x01, 0x06, 0x20, 0x00, 0x01, 0x2c };
	const uint8_t multiple[] = { 1, 16, 0x20, 0x88, 0, 2, 4, 0 };

	(void)state;
	assert_int_equal(sim_frame_seal(enable, 6), 8);
	assert_int_equal(enable[6] << 8 | enable[7], 0xe20f);
	assert_int_equal(sim_frame_seal(timeout, 6), 8);
	assert_int_equal(timeout[6] << 8 | timeout[7], 0x8247);
	assert_true(sim_frame_crc_is_good(timeout, 8));
	timeout[3] ^= 1;
	assert_false(sim_frame_crc_is_good(timeout, 8));
	assert_int_equal(sim_frame_request_length(multiple, 6), 0);
	assert_int_equal(sim_frame_request_length(multiple, 8), 13);
	assert_int_equal(sim_frame_request_length(enable, 8), 8);
	assert_int_equal(sim_frame_time_us(8, 115200), 694);
	assert_int_equal(sim_frame_silence_us(115200), 1750);
	assert_int_equal(sim_frame_silence_us(19200), 1822);
}

static int error_of(const char *method, const char *params, char *ret_field, size_t size)
{
	json_t *error = NULL;
	json_t *args = json_loads(params, 0, NULL);
	json_t *result = sim_rpc_call(&sim, method, args, &error);
	const char *field =
		json_string_value(json_object_get(json_object_get(error, "data"), "field"));
	const int code = (int)json_integer_value(json_object_get(error, "code"));

	(void)snprintf(ret_field, size, "%s", field != NULL ? field : "");
	json_decref(result);
	json_decref(error);
	json_decref(args);
	return code;
}

static void a_wrong_request_is_told_which_field_is_wrong(void **state)
{
	static const struct {
		const char *method;
		const char *params;
		const char *field;
	} wrong[] = {
		{ "sim.fault", "{\"name\":\"nonsense\"}", "name" },
		{ "sim.fault", "{}", "name" },
		{ "sim.fault", "{\"name\":\"drive_silent\"}", "address" },
		{ "sim.fault", "{\"name\":\"drive_silent\",\"address\":\"3\"}", "address" },
		{ "sim.fault", "{\"name\":\"drive_silent\",\"address\":3,\"pad\":1}", "pad" },
		{ "sim.fault", "{\"name\":\"drive_stall\",\"axis\":\"back\"}", "axis" },
		{ "sim.fault", "{\"name\":\"bus_noise\",\"port\":\"heat\",\"pct\":0}", "pct" },
		{ "sim.fault", "{\"name\":\"temp_open\",\"pad\":\"leg_left\"}", "channel" },
		{ "sim.fault", "{\"name\":\"estop_open\",\"on\":1}", "on" },
		{ "sim.press", "{\"button\":\"left\"}", "button" },
		{ "sim.press", "{\"button\":\"stop\",\"hold_ms\":0}", "hold_ms" },
		{ "sim.key", "{}", "on" },
		{ "sim.occupant", "{\"stiffness\":{\"toe\":1}}", "toe" },
		{ "sim.occupant", "{\"weight\":1}", "weight" },
		{ "sim.body", "{\"size\":1.3}", "size" },
		{ "sim.body", "{\"size\":\"tall\"}", "size" },
		{ "sim.body", "{\"height\":1}", "height" },
		{ "sim.get", "{\"x\":1}", "x" },
	};
	char field[32];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(error_of(wrong[i].method, wrong[i].params, field, sizeof(field)),
				 SIM_RPC_INVALID_PARAMS);
		assert_string_equal(field, wrong[i].field);
	}
	assert_int_equal(error_of("sim.no", "{}", field, sizeof(field)), SIM_RPC_UNKNOWN_METHOD);
	assert_int_equal(sim.faults.count, 0);
}

static void every_fault_can_be_switched_on_and_off_by_name(void **state)
{
	static const char *const params[] = {
		"\"name\":\"estop_open\"",
		"\"name\":\"relay_welded\"",
		"\"name\":\"cover_open\"",
		"\"name\":\"leg_guard\"",
		"\"name\":\"thermostat_open\"",
		"\"name\":\"ssr_welded\",\"pad\":\"leg_left\"",
		"\"name\":\"temp_open\",\"pad\":\"leg_left\",\"channel\":0",
		"\"name\":\"temp_short\",\"pad\":\"leg_left\",\"channel\":1",
		"\"name\":\"temp_offset\",\"pad\":\"leg_left\",\"channel\":1,\"c\":-4.5",
		"\"name\":\"temp_frozen\",\"pad\":\"lower_back\",\"channel\":1",
		"\"name\":\"drive_silent\",\"address\":3",
		"\"name\":\"device_silent\",\"address\":12",
		"\"name\":\"drive_fault\",\"address\":3,\"bits\":4",
		"\"name\":\"drive_stall\",\"axis\":\"seat_left_travel\"",
		"\"name\":\"bus_cut\",\"port\":\"heat\"",
		"\"name\":\"bus_noise\",\"port\":\"rollers_a\",\"pct\":10",
		"\"name\":\"bus_foreign\",\"address\":3",
		"\"name\":\"bus_exception\",\"address\":3",
		"\"name\":\"bus_truncated\",\"address\":12",
		"\"name\":\"bus_babble\",\"port\":\"rollers_a\",\"pct\":10",
		"\"name\":\"bus_unplugged\",\"port\":\"heat\"",
		"\"name\":\"force_spike\",\"roller\":\"back\"",
		"\"name\":\"gpio_silent\"",
		"\"name\":\"button_stuck\",\"button\":\"stop\"",
	};

	(void)state;
	assert_int_equal(sizeof(params) / sizeof(params[0]), SIM_FAULT_COUNT);
	for (size_t i = 0; i < SIM_FAULT_COUNT; i++) {
		for (int on = 1; on >= 0; on--) {
			char line[160];
			json_t *reply_json;

			(void)snprintf(line, sizeof(line),
				       "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"sim.fault\","
				       "\"params\":{%s,\"on\":%s}}",
				       params[i], on == 1 ? "true" : "false");
			reply_json = sim_rpc_request(&sim, line, strlen(line));
			assert_non_null(json_object_get(reply_json, "result"));
			json_decref(reply_json);
			assert_int_equal(sim.faults.count, on);
			assert_int_equal(sim.effects.active, on == 1 ? 1U << i : 0U);
		}
	}
}

static void the_state_document_has_every_part(void **state)
{
	json_t *doc = sim_rpc_state(&sim);

	(void)state;
	assert_int_equal(json_object_size(json_object_get(doc, "rollers")), ROLLER_COUNT);
	assert_int_equal(json_object_size(json_object_get(doc, "pads")), PAD_COUNT);
	assert_int_equal(json_object_size(json_object_get(doc, "drives")), DRIVE_COUNT);
	assert_int_equal(json_object_size(json_object_get(doc, "ports")), 3);
	assert_int_equal(json_object_size(json_object_get(doc, "outputs")), COIL_COUNT);
	assert_int_equal(json_object_size(json_object_get(doc, "inputs")), SWITCH_COUNT);
	json_decref(doc);
}

static void lines_that_are_no_requests_get_an_error_and_notifications_nothing(void **state)
{
	static const char *const bad[] = { "", "{", "[]", "42", "{\"id\":1}", "{\"method\":1}" };
	const char quiet[] =
		"{\"jsonrpc\":\"2.0\",\"method\":\"sim.key\",\"params\":{\"on\":true}}";

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *answer = sim_rpc_request(&sim, bad[i], strlen(bad[i]));

		assert_non_null(json_object_get(answer, "error"));
		json_decref(answer);
	}
	assert_null(sim_rpc_request(&sim, quiet, strlen(quiet)));
	assert_true(sim.key);
}

#define HELD(test)  cmocka_unit_test_setup(test, setup_held)
#define CHAIN(test) cmocka_unit_test_setup(test, setup_chain)

static size_t ask_frame(uint8_t address, uint8_t *frame)
{
	uint8_t request[8] = { address, 3, REG_TARGET >> 8, REG_TARGET & 0xff, 0, 2 };

	const uint32_t devices = slaves_at(&sim, SIM_PORT_COUNT, 0, address);

	return devices == 0 ? 0
			    : slave_frame(&sim, (unsigned int)__builtin_ctz(devices), request,
					  sim_frame_seal(request, 6), frame);
}

static void set_fault(enum sim_fault_kind kind, uint8_t address)
{
	const struct sim_fault fault = { .kind = kind, .address = address };

	assert_int_equal(sim_faults_set(&sim.faults, &fault, true), 0);
	sim_faults_derive(&sim.faults, &sim.effects);
}

static void a_reply_may_bear_anothers_address(void **state)
{
	uint8_t frame[SIM_FRAME_MAX];

	(void)state;
	assert_int_equal(ask_frame(BACK_DEPTH, frame), 9);
	assert_int_equal(frame[0], BACK_DEPTH);
	set_fault(SIM_FAULT_BUS_FOREIGN, BACK_DEPTH);
	assert_int_equal(ask_frame(BACK_DEPTH, frame), 9);
	assert_int_equal(frame[0], BACK_DEPTH + 1);
	assert_true(sim_frame_crc_is_good(frame, 9));
	assert_int_equal(ask_frame(BACK_DEPTH + 1, frame), 9);
	assert_int_equal(frame[0], BACK_DEPTH + 1); /* the others are as they were */
}

static void a_reply_may_end_in_the_middle(void **state)
{
	uint8_t frame[SIM_FRAME_MAX];

	(void)state;
	set_fault(SIM_FAULT_BUS_TRUNCATED, BACK_DEPTH);
	assert_int_equal(ask_frame(BACK_DEPTH, frame), 4);
	assert_int_equal(frame[0], BACK_DEPTH);
	assert_int_equal(ask_frame(BACK_DEPTH + 1, frame), 9);
}

static void a_device_may_refuse_everything(void **state)
{
	uint8_t frame[SIM_FRAME_MAX];

	(void)state;
	set_fault(SIM_FAULT_BUS_EXCEPTION, BACK_DEPTH);
	assert_int_equal(read_regs(BACK_DEPTH, 3, REG_TARGET, 2), 4);
	assert_int_equal(ask_frame(BACK_DEPTH, frame), 5);
	assert_int_equal(frame[1], 0x83);
	assert_int_equal(read_regs(BACK_DEPTH + 1, 3, REG_TARGET, 2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HELD(a_drive_starts_with_the_makers_defaults),
		HELD(what_a_drive_does_not_know_it_refuses_with_the_right_code),
		HELD(a_refused_multiple_write_changes_nothing),
		HELD(a_drive_moves_only_enabled_and_in_speed_mode),
		HELD(speed_ramps_as_the_acceleration_register_says),
		HELD(stop_ramps_down_and_then_lets_go),
		HELD(estop_ramps_down_fifty_times_faster),
		HELD(a_drive_that_nobody_talks_to_disables_itself),
		HELD(any_good_frame_keeps_a_drive_awake),
		HELD(the_current_limit_register_holds_the_force_under_45_n),
		HELD(an_alarm_disables_and_stays_until_it_is_cleared),
		HELD(a_jammed_motor_draws_its_limit_and_does_not_move),
		HELD(writes_of_targets_are_remembered_with_their_time),
		HELD(both_temperature_modules_tell_the_pads_in_tenths),
		HELD(a_correction_shifts_the_first_module),
		HELD(broken_sensors_say_so_in_their_modules_own_way),
		HELD(a_frozen_sensor_repeats_itself_while_the_other_one_moves),
		CHAIN(the_relay_pulls_in_20_ms_after_the_third_edge),
		CHAIN(the_relay_falls_100_ms_after_the_last_edge),
		CHAIN(edges_too_far_apart_never_close_the_relay),
		CHAIN(the_estop_opens_the_relay_within_10_ms_whatever_the_heartbeat_does),
		CHAIN(a_thermostat_opens_the_relay_as_well),
		CHAIN(a_real_overheat_opens_the_chain_by_itself),
		CHAIN(a_welded_relay_stays_closed_and_its_mirror_contact_tells),
		CHAIN(a_drive_without_power_is_mute_boots_and_forgets),
		CHAIN(position_counters_are_zero_at_power_up_wherever_the_axis_is),
		CHAIN(motors_lose_their_force_with_the_relay),
		CHAIN(heat_needs_relay_enable_and_its_own_ssr),
		HELD(a_silent_device_neither_hears_nor_answers),
		CHAIN(switch_faults_show_on_their_lines_and_clear_together),
		CHAIN(a_pressed_button_lets_go_by_itself),
		HELD(the_fault_list_is_bounded_and_knows_two_of_a_kind_apart),
		CHAIN(frames_match_the_makers_test_vectors),
		CHAIN(a_wrong_request_is_told_which_field_is_wrong),
		CHAIN(every_fault_can_be_switched_on_and_off_by_name),
		CHAIN(the_state_document_has_every_part),
		CHAIN(lines_that_are_no_requests_get_an_error_and_notifications_nothing),
		cmocka_unit_test_setup(a_reply_may_bear_anothers_address, setup_held),
		cmocka_unit_test_setup(a_reply_may_end_in_the_middle, setup_held),
		cmocka_unit_test_setup(a_device_may_refuse_everything, setup_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
