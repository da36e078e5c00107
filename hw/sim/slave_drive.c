/* SPDX-License-Identifier: MIT */
/*
 * slave_drive.c - a ZLAC8015D dual-motor drive: registers, enabling, ramps, its own time-out.
 *
 * Simplified where nothing in the chair uses it: only speed mode moves, synchronous mode and
 * other EEPROM writes than the address are stored and ignored, overload and over-temperature never
 * trip by themselves.
 */
#include "sim.h"
#include "slaves.h"

#include <assert.h>
#include <string.h>

#define CONTROL_ESTOP  0x05
#define CONTROL_CLEAR  0x06
#define CONTROL_STOP   0x07
#define CONTROL_ENABLE 0x08
#define MODE_SPEED     3

#define REG_TIMEOUT_MS	  0x00
#define REG_NODE	  0x01
#define REG_CLEAR_POS	  0x05
#define REG_MAX_RPM	  0x08
#define REG_MODE	  0x0d
#define REG_CONTROL	  DRIVE_CONTROL
#define REG_SAVE	  0x10
#define REG_LIMIT_LEFT	  0x34
#define REG_LIMIT_RIGHT	  0x64
#define REG_ACCEL_LEFT	  0x80
#define REG_DECEL_LEFT	  0x82
#define REG_ESTOP_MS_LEFT 0x84
#define REG_TARGET_LEFT	  0x88
#define REG_MOTION	  0xa2
#define REG_MOTOR_TEMP	  0xa4
#define REG_FAULT_LEFT	  0xa5
#define REG_POSITION	  0xa7
#define REG_SPEED_LEFT	  0xab
#define REG_TORQUE_LEFT	  0xad
#define REG_CONNECTED	  0xaf

#define MOTOR_TEMP_C	 30
#define STANDSTILL_RPM	 0.5
#define RAMP_SPAN_RPM_MS 1e6 /* ramps are given as ms for 0..1000 rpm */

enum access {
	ACCESS_NONE,
	ACCESS_READ,
	ACCESS_WRITE,
};

struct drive_register {
	uint8_t access;
	uint16_t start; /* default */
	int16_t min;
	int16_t max; /* both as int16, except that a full range means any word */
};

#define READ_ONLY(value)                 \
	{                                \
		ACCESS_READ, value, 0, 0 \
	}
#define WRITABLE(value, lo, hi)             \
	{                                   \
		ACCESS_WRITE, value, lo, hi \
	}
#define ANY_WORD WRITABLE(0, INT16_MIN, INT16_MAX)

/* Maker's RS485 manual V1.00, address table. Ranges that it does not state are left wide. */
/* clang-format off */
static const struct drive_register drive_registers[DRIVE_REGISTERS] = {
	[REG_TIMEOUT_MS] = WRITABLE(1000, 0, 32767),
	[REG_NODE] = WRITABLE(4, 1, 127),
	[0x02] = WRITABLE(2, 0, 6),			/* baud */
	[0x03] = READ_ONLY(0), [0x04] = READ_ONLY(0),	/* digital inputs, outputs */
	[REG_CLEAR_POS] = WRITABLE(0, 1, 3),
	[0x07] = WRITABLE(0, 0, 1),			/* lock shaft at power-up */
	[REG_MAX_RPM] = WRITABLE(1000, 1, 1000),
	[REG_MODE] = WRITABLE(0, 1, 4),
	[REG_CONTROL] = WRITABLE(0, 5, 0x12),
	[0x0f] = WRITABLE(0, 0, 1),			/* synchronous */
	[REG_SAVE] = WRITABLE(0, 0, 1),
	[0x11] = WRITABLE(5, 5, 7),			/* quick-stop code */
	[0x16] = WRITABLE(0, 0, 3), [0x17] = WRITABLE(9, 0, 9), [0x18] = WRITABLE(0, 0, 9),
	[0x32] = WRITABLE(200, 0, 300), [0x62] = WRITABLE(200, 0, 300),	/* overload % */
	[0x33] = WRITABLE(150, 0, 300), [0x63] = WRITABLE(150, 0, 300),	/* rated 0.1 A */
	[REG_LIMIT_LEFT] = WRITABLE(300, 0, 300), [REG_LIMIT_RIGHT] = WRITABLE(300, 0, 300),
	[0x35] = WRITABLE(300, 0, 32767), [0x65] = WRITABLE(300, 0, 32767), /* overload time */
	[0x46] = WRITABLE(800, 0, 1200), [0x76] = WRITABLE(800, 0, 1200),   /* over-temp 0.1 C */
	[0x80] = WRITABLE(500, 0, 32767), [0x81] = WRITABLE(500, 0, 32767), /* accel L, R */
	[0x82] = WRITABLE(500, 0, 32767), [0x83] = WRITABLE(500, 0, 32767), /* decel L, R */
	[0x84] = WRITABLE(10, 0, 32767), [0x85] = WRITABLE(10, 0, 32767),   /* e-stop decel */
	[0x86] = WRITABLE(300, 0, 32767), [0x87] = WRITABLE(300, 0, 32767), /* torque slope */
	[0x88] = WRITABLE(0, -3000, 3000), [0x89] = WRITABLE(0, -3000, 3000), /* target speed */
	[0x8a] = ANY_WORD, [0x8b] = ANY_WORD, [0x8c] = ANY_WORD, [0x8d] = ANY_WORD,
	[0x8e] = WRITABLE(120, 1, 1000), [0x8f] = WRITABLE(120, 1, 1000),
	[0x90] = WRITABLE(0, -30000, 30000), [0x91] = WRITABLE(0, -30000, 30000),
	[0xa0] = READ_ONLY(100),			/* firmware */
	[0xa1] = READ_ONLY(2400),			/* bus voltage 0.01 V */
	[REG_MOTION] = READ_ONLY(0),
	[REG_MOTOR_TEMP] = READ_ONLY(MOTOR_TEMP_C << 8 | MOTOR_TEMP_C),
	[0xa5] = READ_ONLY(0), [0xa6] = READ_ONLY(0),
	[0xa7] = READ_ONLY(0), [0xa8] = READ_ONLY(0), [0xa9] = READ_ONLY(0), [0xaa] = READ_ONLY(0),
	[0xab] = READ_ONLY(0), [0xac] = READ_ONLY(0),
	[0xad] = READ_ONLY(0), [0xae] = READ_ONLY(0),
	[REG_CONNECTED] = READ_ONLY(0),
};
/* clang-format on */

static double rate_rpm_s(uint16_t ramp_ms)
{
	return ramp_ms == 0 ? PLANT_UNLIMITED_RPM_S : RAMP_SPAN_RPM_MS / (double)ramp_ms;
}

/* Registers and state of one drive -> what its motors do. */
static void drive_apply(struct sim *sim, unsigned int d)
{
	const struct drive_slave *drive = &sim->slaves.drive[d];
	struct plant_command *command = &sim->plant.command;
	const bool moving =
		drive->enabled && !drive->stopping && drive->regs[REG_MODE] == MODE_SPEED;
	const bool estop = drive->regs[REG_CONTROL] == CONTROL_ESTOP;

	for (unsigned int m = 0; m < DRIVE_MOTORS; m++) {
		const unsigned int lane = reference_devices[d].lane[m];
		const int max_rpm = drive->regs[REG_MAX_RPM];
		const uint16_t limit = drive->regs[m == 0 ? REG_LIMIT_LEFT : REG_LIMIT_RIGHT];
		int rpm = (int16_t)drive->regs[REG_TARGET_LEFT + m];

		rpm = rpm > max_rpm ? max_rpm : rpm;
		rpm = rpm < -max_rpm ? -max_rpm : rpm;
		command->target_rpm[lane] = moving ? (double)rpm : 0.0;
		command->accel_rpm_s[lane] = rate_rpm_s(drive->regs[REG_ACCEL_LEFT + m]);
		command->decel_rpm_s[lane] =
			rate_rpm_s(drive->regs[(estop ? REG_ESTOP_MS_LEFT : REG_DECEL_LEFT) + m]);
		command->limit_n[lane] = 0.0;
		if (drive->enabled) {
			command->limit_n[lane] =
				0.1 * (double)limit * reference_axes[plant_lane_kind(lane)].n_per_a;
		} else {
			sim->plant.ramp_rpm[lane] = 0.0;
		}
	}
}

static void drive_disable(struct sim *sim, unsigned int d)
{
	struct drive_slave *drive = &sim->slaves.drive[d];

	drive->enabled = false;
	drive->stopping = false;
	drive->deadline_us = UINT64_MAX;
	if (drive->regs[REG_CONTROL] == CONTROL_ENABLE) {
		drive->regs[REG_CONTROL] = CONTROL_STOP; /* the register tells the truth */
	}
	drive_apply(sim, d);
}

static void drive_power(struct sim *sim, unsigned int d, uint64_t now_us, bool on)
{
	struct drive_slave *drive = &sim->slaves.drive[d];

	*drive = (struct drive_slave){
		.powered = on,
		.powered_us = now_us,
		.deadline_us = UINT64_MAX,
	};
	for (unsigned int i = 0; i < DRIVE_REGISTERS; i++) {
		drive->regs[i] = drive_registers[i].start;
	}
	sim->slaves.address[d] = sim->slaves.saved[d];
	drive->regs[REG_NODE] = sim->slaves.saved[d];
	for (unsigned int m = 0; m < DRIVE_MOTORS; m++) {
		drive->zero_mm[m] = sim->plant.pos_mm[reference_devices[d].lane[m]];
		drive->fault[m] = on ? sim->effects.drive_bits[d] : 0;
	}
	drive_apply(sim, d);
}

void slaves_init(struct sim *sim)
{
	for (unsigned int d = 0; d < SIM_DEVICE_COUNT; d++) {
		slaves_swap(sim, d, reference_devices[d].address,
			    reference_ports[reference_devices[d].port].baud);
	}
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		drive_power(sim, d, sim->now_us, false);
	}
	for (unsigned int c = 0; c < PAD_CHANNELS; c++) {
		sim->slaves.temp[c].baud_code = 4; /* 19200 */
		for (unsigned int i = 0; i < TEMP_CHANNELS; i++) {
			sim->slaves.temp[c].channel_type[i] = 0x0200; /* PT100 */
		}
	}
}

void slaves_set_power(struct sim *sim, uint64_t now_us, bool on)
{
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		drive_power(sim, d, now_us, on);
	}
}

static bool drive_stands(const struct sim *sim, unsigned int d)
{
	for (unsigned int m = 0; m < DRIVE_MOTORS; m++) {
		const double ramp_rpm = sim->plant.ramp_rpm[reference_devices[d].lane[m]];

		if (ramp_rpm > STANDSTILL_RPM || ramp_rpm < -STANDSTILL_RPM) {
			return false;
		}
	}
	return true;
}

void slaves_step(struct sim *sim, uint64_t now_us)
{
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		struct drive_slave *drive = &sim->slaves.drive[d];

		if (now_us > drive->deadline_us) {
			drive->timed_out = true;
			drive_disable(sim, d);
		} else if (drive->stopping && drive_stands(sim, d)) {
			drive_disable(sim, d);
		}
	}
}

void slaves_raise_fault(struct sim *sim, unsigned int d, uint16_t bits)
{
	struct drive_slave *drive = &sim->slaves.drive[d];

	if (bits == 0 || !drive->powered) {
		return; /* what is latched stays until it is cleared */
	}
	for (unsigned int m = 0; m < DRIVE_MOTORS; m++) {
		drive->fault[m] |= bits;
	}
	drive_disable(sim, d);
}

void drive_heard(struct sim *sim, unsigned int d)
{
	struct drive_slave *drive = &sim->slaves.drive[d];
	const uint16_t timeout_ms = drive->regs[REG_TIMEOUT_MS];

	/* What a time-out of 0 means is not documented: taken as "never", the worse reading. */
	drive->deadline_us = drive->enabled && timeout_ms != 0
				     ? sim->now_us + UINT64_C(1000) * timeout_ms
				     : UINT64_MAX;
}

static void drive_control(struct sim *sim, unsigned int d, uint16_t word)
{
	struct drive_slave *drive = &sim->slaves.drive[d];
	const bool alarm = (drive->fault[0] | drive->fault[1]) != 0;

	switch (word) {
	case CONTROL_ENABLE:
		if (alarm) {
			return; /* refuses in silence: the register keeps its old value */
		}
		drive->timed_out = false;
		drive->enabled = true;
		drive->stopping = false;
		break;
	case CONTROL_STOP:
	case CONTROL_ESTOP:
		drive->stopping = drive->enabled;
		break;
	case CONTROL_CLEAR:
		for (unsigned int m = 0; m < DRIVE_MOTORS; m++) {
			drive->fault[m] = sim->effects.drive_bits[d];
		}
		break;
	default:
		return; /* starts of position moves: no such mode here */
	}
	drive->regs[REG_CONTROL] = word;
}

static void drive_clear_position(struct sim *sim, unsigned int d, uint16_t which)
{
	for (unsigned int m = 0; m < DRIVE_MOTORS; m++) {
		if (((uint32_t)which >> m & 1U) != 0) {
			sim->slaves.drive[d].zero_mm[m] =
				sim->plant.pos_mm[reference_devices[d].lane[m]];
		}
	}
}

static enum slave_exception check_write(uint16_t offset, uint16_t value)
{
	const struct drive_register *reg;
	const int16_t word = (int16_t)value;

	if (offset >= DRIVE_REGISTERS) {
		return SLAVE_ILLEGAL_ADDRESS;
	}
	reg = &drive_registers[offset];
	if (reg->access != ACCESS_WRITE) {
		return SLAVE_ILLEGAL_ADDRESS;
	}
	if (word < reg->min || word > reg->max ||
	    (offset == REG_CONTROL && value > CONTROL_ENABLE && value < 0x10)) {
		return SLAVE_ILLEGAL_VALUE;
	}
	return SLAVE_OK;
}

enum slave_exception drive_write(struct sim *sim, unsigned int d, uint16_t addr, uint16_t value,
				 bool dry)
{
	const uint16_t offset = (uint16_t)(addr - DRIVE_REGISTER_BASE);
	struct drive_slave *drive = &sim->slaves.drive[d];
	const enum slave_exception e = check_write(offset, value);

	if (e != SLAVE_OK || dry) {
		return e;
	}
	if (offset == REG_CONTROL) {
		drive_control(sim, d, value);
	} else if (offset == REG_CLEAR_POS) {
		drive_clear_position(sim, d, value);
	} else if (offset >= REG_TARGET_LEFT && offset <= REG_TARGET_LEFT + 1 &&
		   drive->regs[offset] != value) {
		drive->regs[offset] = value;
		drive->targets_changed = true;
	} else {
		drive->regs[offset] = value;
	}
	if (offset == REG_SAVE && value == 1) { /* counts from the next start */
		sim->slaves.saved[d] = (uint8_t)drive->regs[REG_NODE];
	}
	return SLAVE_OK;
}

void drive_written(struct sim *sim, unsigned int d)
{
	struct drive_slave *drive = &sim->slaves.drive[d];

	if (drive->targets_changed) {
		drive->targets_changed = false;
		sim_note_write(sim, reference_devices[d].address,
			       (int16_t)drive->regs[REG_TARGET_LEFT],
			       (int16_t)drive->regs[REG_TARGET_LEFT + 1]);
	}
	drive_apply(sim, d);
	drive_heard(sim, d); /* enabling and a new time-out start their clock here */
}

static int32_t rounded(double value)
{
	return (int32_t)(value < 0.0 ? value - 0.5 : value + 0.5);
}

static uint16_t saturated(double value)
{
	value = value < -32767.0 ? -32767.0 : value;
	value = value > 32767.0 ? 32767.0 : value;
	return (uint16_t)(int16_t)rounded(value);
}

/* Position counter; wraps like the drive's own 32 bits. */
static uint32_t position_counts(const struct sim *sim, unsigned int d, unsigned int m)
{
	const unsigned int lane = reference_devices[d].lane[m];
	const double turns = (sim->plant.pos_mm[lane] - sim->slaves.drive[d].zero_mm[m]) /
			     reference_axes[plant_lane_kind(lane)].mm_per_turn;
	const double counts = turns * REFERENCE_COUNTS_PER_TURN;

	return (uint32_t)(int64_t)(counts < 0.0 ? counts - 0.5 : counts + 0.5);
}

static double speed_tenth_rpm(const struct sim *sim, unsigned int d, unsigned int m)
{
	const unsigned int lane = reference_devices[d].lane[m];

	return 10.0 * sim->plant.vel_mm_s[lane] / sim->plant.mech.mm_s_per_rpm[lane];
}

static uint16_t motion_bits(const struct sim *sim, unsigned int d)
{
	uint16_t bits = 0;

	for (unsigned int m = 0; m < DRIVE_MOTORS; m++) {
		const double rpm = 0.1 * speed_tenth_rpm(sim, d, m);

		if (rpm > STANDSTILL_RPM || rpm < -STANDSTILL_RPM) {
			bits |= (uint16_t)(m == 0 ? 0x0100 : 0x0001);
		}
	}
	return bits;
}

static uint16_t live_register(const struct sim *sim, unsigned int d, uint16_t offset)
{
	const struct drive_slave *drive = &sim->slaves.drive[d];
	const unsigned int m = (unsigned int)(offset - REG_SPEED_LEFT) & 1U;

	switch (offset) {
	case REG_MOTION:
		return motion_bits(sim, d);
	case REG_FAULT_LEFT:
	case REG_FAULT_LEFT + 1:
		return drive->fault[offset - REG_FAULT_LEFT];
	case REG_POSITION:
	case REG_POSITION + 2:
		return (uint16_t)(position_counts(sim, d, (offset - REG_POSITION) / 2U) >> 16);
	case REG_POSITION + 1:
	case REG_POSITION + 3:
		return (uint16_t)(position_counts(sim, d, (offset - REG_POSITION) / 2U) & 0xffffU);
	case REG_SPEED_LEFT:
	case REG_SPEED_LEFT + 1:
		return saturated(speed_tenth_rpm(sim, d, m));
	case REG_TORQUE_LEFT:
	case REG_TORQUE_LEFT + 1:
		return saturated(10.0 * plant_current_a(&sim->plant, reference_devices[d].lane[m]));
	case REG_CONNECTED:
		return drive->timed_out ? 0 : 1;
	default:
		return drive->regs[offset];
	}
}

enum slave_exception drive_read(struct sim *sim, unsigned int d, uint16_t addr, uint16_t *ret_value)
{
	const uint16_t offset = (uint16_t)(addr - DRIVE_REGISTER_BASE);

	if (offset >= DRIVE_REGISTERS || drive_registers[offset].access == ACCESS_NONE) {
		return SLAVE_ILLEGAL_ADDRESS;
	}
	*ret_value = live_register(sim, d, offset);
	return SLAVE_OK;
}
