/* SPDX-License-Identifier: MIT */
/* slave_temp.c - the two temperature modules: R4DCB08 (8 x DS18B20) and MB8ART (8 x PT100). */
#include "sim.h"
#include "slaves.h"

#define CHANNEL_A 0
#define CHANNEL_B 1

#define R4_NO_SENSOR   0x8000
#define R4_CORRECTION  0x0008
#define R4_AUTO_REPORT 0x00fd
#define R4_ADDRESS     0x00fe
#define R4_BAUD	       0x00ff

#define MB_OPEN		    30000
#define MB_SHORT	    (-30000)
#define MB_MODULE_TEMP	    8
#define MB_TYPE		    64
#define MB_MODULE_TEMP_COPY 67
#define MB_VERSION	    68
#define MB_ADDRESS	    70
#define MB_BAUD		    71
#define MB_PARITY	    72
#define MB_RESOLUTION	    76
#define MB_CHANNEL_TYPE	    128
#define MB_TYPE_PT100	    0x0200
#define MB_TYPE_PT1000	    0x0201
#define MB_TYPE_CLOSED	    0x0000

static const uint32_t r4_bauds[] = { 1200, 2400, 4800, 9600, 19200 };
static const uint32_t mb_bauds[] = { 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200 };

static int16_t scaled(double value_c, double per_c)
{
	const double scaled = value_c * per_c;

	return (int16_t)(scaled < 0.0 ? scaled - 0.5 : scaled + 0.5);
}

enum slave_exception r4dcb08_read(const struct sim *sim, uint16_t addr, uint16_t *ret_value)
{
	const struct temp_slave *temp = &sim->slaves.temp[CHANNEL_A];

	if (addr < PAD_COUNT) {
		const bool broken = sim->effects.temp_open[addr][CHANNEL_A] ||
				    sim->effects.temp_short[addr][CHANNEL_A];
		const int16_t tenth_c = (int16_t)(scaled(sim_sensor_c(sim, addr, CHANNEL_A), 10.0) +
						  temp->correction_tenth_c[addr]);

		*ret_value = broken ? R4_NO_SENSOR : (uint16_t)tenth_c;
		return SLAVE_OK;
	}
	if (addr < TEMP_CHANNELS) {
		*ret_value = R4_NO_SENSOR;
		return SLAVE_OK;
	}
	if (addr < R4_CORRECTION + TEMP_CHANNELS) {
		*ret_value = (uint16_t)temp->correction_tenth_c[addr - R4_CORRECTION];
		return SLAVE_OK;
	}
	switch (addr) {
	case R4_AUTO_REPORT:
		*ret_value = temp->auto_report_s;
		return SLAVE_OK;
	case R4_ADDRESS:
		*ret_value = sim->slaves.address[DRIVE_COUNT + CHANNEL_A];
		return SLAVE_OK;
	case R4_BAUD:
		*ret_value = temp->baud_code;
		return SLAVE_OK;
	default:
		return SLAVE_ILLEGAL_ADDRESS;
	}
}

enum slave_exception r4dcb08_write(struct sim *sim, uint16_t addr, uint16_t value, bool dry)
{
	struct temp_slave *temp = &sim->slaves.temp[CHANNEL_A];
	const bool correction = addr >= R4_CORRECTION && addr < R4_CORRECTION + TEMP_CHANNELS;

	if (!correction && (addr < R4_AUTO_REPORT || addr > R4_BAUD)) {
		return SLAVE_ILLEGAL_ADDRESS;
	}
	if ((addr == R4_AUTO_REPORT && value > 255) ||
	    (addr == R4_ADDRESS && (value < 1 || value > 247)) || (addr == R4_BAUD && value > 5)) {
		return SLAVE_ILLEGAL_VALUE;
	}
	if (dry) {
		return SLAVE_OK;
	}
	if (correction) {
		temp->correction_tenth_c[addr - R4_CORRECTION] = (int16_t)value;
	} else if (addr == R4_AUTO_REPORT) {
		temp->auto_report_s = value; /* stored; nothing is ever sent unasked */
	} else if (addr == R4_ADDRESS) {     /* from the next request on, like the baud */
		sim->slaves.address[DRIVE_COUNT + CHANNEL_A] = (uint8_t)value;
	} else if (value < sizeof(r4_bauds) / sizeof(r4_bauds[0])) {
		temp->baud_code = value;
		sim->slaves.baud[DRIVE_COUNT + CHANNEL_A] = r4_bauds[value];
	}
	return SLAVE_OK;
}

enum slave_exception mb8art_read_input(const struct sim *sim, uint16_t addr, uint16_t *ret_value)
{
	const struct temp_slave *temp = &sim->slaves.temp[CHANNEL_B];
	const double per_c = temp->high_resolution != 0 ? 100.0 : 10.0;

	if (addr == MB_MODULE_TEMP) {
		*ret_value = (uint16_t)scaled(reference_heat.ambient_c + 3.0, 10.0);
		return SLAVE_OK;
	}
	if (addr >= TEMP_CHANNELS) {
		return SLAVE_ILLEGAL_ADDRESS;
	}
	if (addr >= PAD_COUNT || sim->effects.temp_open[addr][CHANNEL_B] ||
	    temp->channel_type[addr] == MB_TYPE_CLOSED) {
		*ret_value = MB_OPEN;
	} else if (sim->effects.temp_short[addr][CHANNEL_B] ||
		   temp->channel_type[addr] != MB_TYPE_PT100) {
		*ret_value = (uint16_t)MB_SHORT;
	} else {
		*ret_value = (uint16_t)scaled(sim_sensor_c(sim, addr, CHANNEL_B), per_c);
	}
	return SLAVE_OK;
}

enum slave_exception mb8art_read_discrete(const struct sim *sim, uint16_t addr, bool *ret_value)
{
	if (addr >= TEMP_CHANNELS) {
		return SLAVE_ILLEGAL_ADDRESS;
	}
	*ret_value = addr < PAD_COUNT && !sim->effects.temp_open[addr][CHANNEL_B];
	return SLAVE_OK;
}

enum slave_exception mb8art_read_holding(const struct sim *sim, uint16_t addr, uint16_t *ret_value)
{
	const struct temp_slave *temp = &sim->slaves.temp[CHANNEL_B];

	if (addr >= MB_CHANNEL_TYPE && addr < MB_CHANNEL_TYPE + TEMP_CHANNELS) {
		*ret_value = temp->channel_type[addr - MB_CHANNEL_TYPE];
		return SLAVE_OK;
	}
	switch (addr) {
	case MB_TYPE:
		*ret_value = 57;
		return SLAVE_OK;
	case MB_MODULE_TEMP_COPY:
		*ret_value = (uint16_t)scaled(reference_heat.ambient_c + 3.0, 10.0);
		return SLAVE_OK;
	case MB_VERSION:
		*ret_value = 34;
		return SLAVE_OK;
	case MB_ADDRESS:
		*ret_value = sim->slaves.address[DRIVE_COUNT + CHANNEL_B];
		return SLAVE_OK;
	case MB_BAUD:
		*ret_value = temp->baud_code;
		return SLAVE_OK;
	case MB_PARITY:
		*ret_value = temp->parity;
		return SLAVE_OK;
	case MB_RESOLUTION:
		*ret_value = temp->high_resolution;
		return SLAVE_OK;
	default:
		return SLAVE_ILLEGAL_ADDRESS;
	}
}

enum slave_exception mb8art_write(struct sim *sim, uint16_t addr, uint16_t value, bool dry)
{
	struct temp_slave *temp = &sim->slaves.temp[CHANNEL_B];
	const bool channel = addr >= MB_CHANNEL_TYPE && addr < MB_CHANNEL_TYPE + TEMP_CHANNELS;

	if (!channel && addr != MB_RESOLUTION && addr != MB_ADDRESS && addr != MB_BAUD &&
	    addr != MB_PARITY) {
		return SLAVE_ILLEGAL_ADDRESS;
	}
	if ((channel && value != MB_TYPE_PT100 && value != MB_TYPE_PT1000 &&
	     value != MB_TYPE_CLOSED) ||
	    (addr == MB_RESOLUTION && value > 1) || (addr == MB_BAUD && value > 7) ||
	    (addr == MB_PARITY && value > 2) ||
	    (addr == MB_ADDRESS && (value < 1 || value > 247))) {
		return SLAVE_ILLEGAL_VALUE;
	}
	if (dry) {
		return SLAVE_OK;
	}
	if (channel) {
		temp->channel_type[addr - MB_CHANNEL_TYPE] = value;
	} else if (addr == MB_RESOLUTION) {
		temp->high_resolution = value;
	} else if (addr == MB_ADDRESS) { /* from the next request on, like the baud */
		sim->slaves.address[DRIVE_COUNT + CHANNEL_B] = (uint8_t)value;
	} else if (addr == MB_BAUD) {
		temp->baud_code = value;
		sim->slaves.baud[DRIVE_COUNT + CHANNEL_B] = mb_bauds[value];
	} /* parity is stored */
	return SLAVE_OK;
}
