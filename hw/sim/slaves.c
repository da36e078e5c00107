/* SPDX-License-Identifier: MIT */
#include "slaves.h"

#include "sim.h"
#include "sim_frame.h"

#include <string.h>

#define FC_READ_DISCRETE   0x02
#define FC_READ_HOLDING	   0x03
#define FC_READ_INPUT	   0x04
#define FC_WRITE_REGISTER  0x06
#define FC_WRITE_REGISTERS 0x10
#define ADDRESS_MAX	   247
#define FRAME_REST	   3 /* address and CRC, around the PDU */
#define FC_EXCEPTION	   0x80
#define READ_MAX	   125
#define WRITE_MAX	   123
#define DISCRETE_MAX	   2000

static uint16_t get_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void put_u16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)(value & 0xff);
}

static bool supports(enum sim_device_kind kind, uint8_t function)
{
	switch (function) {
	case FC_READ_HOLDING:
	case FC_WRITE_REGISTER:
		return true;
	case FC_WRITE_REGISTERS:
		return kind == SIM_DEVICE_DRIVE;
	case FC_READ_DISCRETE:
	case FC_READ_INPUT:
		return kind == SIM_DEVICE_MB8ART;
	default:
		return false;
	}
}

static enum slave_exception read_register(struct sim *sim, unsigned int device, uint8_t function,
					  uint16_t addr, uint16_t *ret_value)
{
	switch (reference_devices[device].kind) {
	case SIM_DEVICE_DRIVE:
		return drive_read(sim, device, addr, ret_value);
	case SIM_DEVICE_R4DCB08:
		return r4dcb08_read(sim, addr, ret_value);
	case SIM_DEVICE_MB8ART:
		return function == FC_READ_INPUT ? mb8art_read_input(sim, addr, ret_value)
						 : mb8art_read_holding(sim, addr, ret_value);
	}
	return SLAVE_ILLEGAL_FUNCTION;
}

static enum slave_exception write_register(struct sim *sim, unsigned int device, uint16_t addr,
					   uint16_t value, bool dry)
{
	switch (reference_devices[device].kind) {
	case SIM_DEVICE_DRIVE:
		return drive_write(sim, device, addr, value, dry);
	case SIM_DEVICE_R4DCB08:
		return r4dcb08_write(sim, addr, value, dry);
	case SIM_DEVICE_MB8ART:
		return mb8art_write(sim, addr, value, dry);
	}
	return SLAVE_ILLEGAL_FUNCTION;
}

static size_t exception_reply(uint8_t function, enum slave_exception code, uint8_t *reply)
{
	reply[0] = function | FC_EXCEPTION;
	reply[1] = (uint8_t)code;
	return 2;
}

static size_t read_registers(struct sim *sim, unsigned int device, const uint8_t *pdu, size_t len,
			     uint8_t *reply)
{
	uint16_t addr;
	uint16_t count;

	if (len != 5) {
		return exception_reply(pdu[0], SLAVE_ILLEGAL_VALUE, reply);
	}
	addr = get_u16(pdu + 1);
	count = get_u16(pdu + 3);
	if (count == 0 || count > READ_MAX) {
		return exception_reply(pdu[0], SLAVE_ILLEGAL_VALUE, reply);
	}
	for (unsigned int i = 0; i < count; i++) {
		uint16_t value = 0;
		const enum slave_exception e =
			read_register(sim, device, pdu[0], (uint16_t)(addr + i), &value);

		if (e != SLAVE_OK) {
			return exception_reply(pdu[0], e, reply);
		}
		put_u16(reply + 2 + 2 * (size_t)i, value);
	}
	reply[0] = pdu[0];
	reply[1] = (uint8_t)(2 * count);
	return 2 + 2 * (size_t)count;
}

static size_t read_discretes(struct sim *sim, const uint8_t *pdu, size_t len, uint8_t *reply)
{
	uint16_t count;

	if (len != 5) {
		return exception_reply(pdu[0], SLAVE_ILLEGAL_VALUE, reply);
	}
	count = get_u16(pdu + 3);
	if (count == 0 || count > DISCRETE_MAX) {
		return exception_reply(pdu[0], SLAVE_ILLEGAL_VALUE, reply);
	}
	memset(reply + 2, 0, (size_t)(count + 7) / 8);
	for (unsigned int i = 0; i < count; i++) {
		bool value = false;
		const enum slave_exception e =
			mb8art_read_discrete(sim, (uint16_t)(get_u16(pdu + 1) + i), &value);

		if (e != SLAVE_OK) {
			return exception_reply(pdu[0], e, reply);
		}
		reply[2 + i / 8] |= (uint8_t)(value ? 1U << i % 8 : 0U);
	}
	reply[0] = pdu[0];
	reply[1] = (uint8_t)((count + 7) / 8);
	return 2 + (size_t)reply[1];
}

/* All or nothing: every value is checked before the first one counts. */
static enum slave_exception write_all(struct sim *sim, unsigned int device, uint16_t addr,
				      const uint8_t *values, unsigned int count)
{
	for (unsigned int i = 0; i < 2 * count; i++) {
		const unsigned int reg = i % count;
		const bool dry = i < count;
		const enum slave_exception e =
			write_register(sim, device, (uint16_t)(addr + reg),
				       get_u16(values + 2 * (size_t)reg), dry);

		if (e != SLAVE_OK) {
			return e;
		}
	}
	if (reference_devices[device].kind == SIM_DEVICE_DRIVE) {
		drive_written(sim, device);
	}
	return SLAVE_OK;
}

static size_t write_registers(struct sim *sim, unsigned int device, const uint8_t *pdu, size_t len,
			      uint8_t *reply)
{
	const bool single = pdu[0] == FC_WRITE_REGISTER;
	const size_t head = single ? 3 : 6;
	enum slave_exception e;
	unsigned int count;

	if (len < head || len < 5) {
		return exception_reply(pdu[0], SLAVE_ILLEGAL_VALUE, reply);
	}
	count = single ? 1 : get_u16(pdu + 3);
	if (count == 0 || count > WRITE_MAX || len != head + 2 * (size_t)count ||
	    (!single && pdu[5] != 2 * count)) {
		return exception_reply(pdu[0], SLAVE_ILLEGAL_VALUE, reply);
	}
	e = write_all(sim, device, get_u16(pdu + 1), pdu + head, count);
	if (e != SLAVE_OK) {
		return exception_reply(pdu[0], e, reply);
	}
	memmove(reply, pdu, 5); /* both functions echo address and value or count */
	return 5;
}

static bool is_deaf(const struct sim *sim, unsigned int device)
{
	if ((sim->effects.silent >> device & 1U) != 0) {
		return true;
	}
	if (device >= DRIVE_COUNT) {
		return false; /* the sensors have their own supply */
	}
	const struct drive_slave *drive = &sim->slaves.drive[device];

	return !drive->powered || sim->now_us < drive->powered_us + REFERENCE_DRIVE_BOOT_US;
}

uint32_t slaves_at(const struct sim *sim, enum sim_port port, uint32_t baud, uint8_t address)
{
	uint32_t devices = 0;

	for (unsigned int d = 0; d < SIM_DEVICE_COUNT; d++) {
		const bool here = port == SIM_PORT_COUNT || sim_device_port(sim, d) == port;
		const bool in_time =
			baud == 0 || sim->options.one_line || sim->slaves.baud[d] == baud;

		if (here && in_time && sim->slaves.address[d] == address && !is_deaf(sim, d)) {
			devices |= UINT32_C(1) << d;
		}
	}
	return devices;
}

void slaves_swap(struct sim *sim, unsigned int device, uint8_t address, uint32_t baud)
{
	sim->slaves.address[device] = address;
	sim->slaves.saved[device] = address;
	sim->slaves.baud[device] = baud;
}

/* One request to @device. */
static size_t answer(struct sim *sim, unsigned int device, const uint8_t *pdu, size_t len,
		     uint8_t *reply)
{
	if (len == 0 || is_deaf(sim, device)) {
		return 0;
	}
	if (device < DRIVE_COUNT) {
		drive_heard(sim, device);
	}
	if ((sim->effects.excepting >> device & 1U) != 0) {
		return exception_reply(pdu[0], SLAVE_DEVICE_FAILURE, reply);
	}
	if (!supports(reference_devices[device].kind, pdu[0])) {
		return exception_reply(pdu[0], SLAVE_ILLEGAL_FUNCTION, reply);
	}
	if (pdu[0] == FC_READ_DISCRETE) {
		return read_discretes(sim, pdu, len, reply);
	}
	if (pdu[0] == FC_READ_HOLDING || pdu[0] == FC_READ_INPUT) {
		return read_registers(sim, device, pdu, len, reply);
	}
	return write_registers(sim, device, pdu, len, reply);
}

size_t slave_pdu(struct sim *sim, uint8_t address, const uint8_t *pdu, size_t len, uint8_t *reply)
{
	const uint32_t devices = slaves_at(sim, SIM_PORT_COUNT, 0, address);

	return devices == 0 ? 0
			    : answer(sim, (unsigned int)__builtin_ctz(devices), pdu, len, reply);
}

size_t slave_frame(struct sim *sim, unsigned int device, const uint8_t *request, size_t len,
		   uint8_t *reply)
{
	size_t length = answer(sim, device, request + 1, len - FRAME_REST, reply + 1);

	if (length == 0) {
		return 0;
	}
	reply[0] = request[0];
	if ((sim->effects.foreign >> device & 1U) != 0) {
		reply[0] = (uint8_t)(request[0] % ADDRESS_MAX + 1);
	}
	length = sim_frame_seal(reply, length + 1);
	return (sim->effects.truncated >> device & 1U) != 0 ? length / 2 : length;
}

uint32_t slave_reply_us(const struct sim *sim, uint8_t address)
{
	const uint32_t devices = slaves_at(sim, SIM_PORT_COUNT, 0, address);

	if (sim->options.reply_us != 0) {
		return sim->options.reply_us;
	}
	return devices >= UINT32_C(1) << DRIVE_COUNT ? REFERENCE_SENSOR_REPLY_US
						     : REFERENCE_DRIVE_REPLY_US;
}
