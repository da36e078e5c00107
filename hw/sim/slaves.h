/* SPDX-License-Identifier: MIT */
/*
 * slaves.h - the Modbus devices of the reference chair, register for register.
 *
 * Pure: a request PDU (function code first, no address, no CRC) in, a reply PDU out. The register
 * maps are those of the makers' documents; what a document does not list is an illegal address.
 */
#ifndef SIM_SLAVES_H
#define SIM_SLAVES_H

#include "reference.h"
#include "types.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLAVE_PDU_MAX	    253
#define DRIVE_REGISTER_BASE 0x2000
#define DRIVE_REGISTERS	    0xb0
#define DRIVE_CONTROL	    0x0e /* offsets from the base */
#define TEMP_CHANNELS	    8

struct sim;

struct drive_slave {
	bool powered;
	bool enabled;	/* motors give force */
	bool stopping;	/* ramping down, then disabled */
	bool timed_out; /* disabled itself because nobody spoke to it; until the next enable */
	bool targets_changed; /* by the request in hand */
	uint64_t powered_us;
	uint64_t deadline_us;	      /* disable itself then; UINT64_MAX = never */
	uint16_t fault[DRIVE_MOTORS]; /* latched alarm bits */
	double zero_mm[DRIVE_MOTORS]; /* where the position counter reads 0 */
	uint16_t regs[DRIVE_REGISTERS];
};

struct temp_slave {
	int16_t correction_tenth_c[TEMP_CHANNELS]; /* R4DCB08 */
	uint16_t auto_report_s;
	uint16_t baud_code;
	uint16_t parity;
	uint16_t high_resolution; /* MB8ART */
	uint16_t channel_type[TEMP_CHANNELS];
};

struct slaves {
	struct drive_slave drive[DRIVE_COUNT];
	struct temp_slave temp[PAD_CHANNELS];
	uint8_t address[SIM_DEVICE_COUNT]; /* that each answers at now, */
	uint8_t saved[SIM_DEVICE_COUNT];   /* after its next start, */
	uint32_t baud[SIM_DEVICE_COUNT];   /* and how fast */
};

void slaves_init(struct sim *sim);

/* Relay closed or opened: a drive starts with its defaults, or is gone. */
void slaves_set_power(struct sim *sim, uint64_t now_us, bool on);

/* Who answers at @address on @port (SIM_PORT_COUNT: on any) at @baud (0: whatever it is); bits of
 * devices. Two of them make one garbled reply. */
uint32_t slaves_at(const struct sim *sim, enum sim_port port, uint32_t baud, uint8_t address);

/* @device was exchanged for a new one, with the settings that it left its factory with. */
void slaves_swap(struct sim *sim, unsigned int device, uint8_t address, uint32_t baud);

/* Time-outs and finished stops. Cheap: called in every plant step. */
void slaves_step(struct sim *sim, uint64_t now_us);

/* Alarm bits appear or are cleared; an alarm disables the drive. */
void slaves_raise_fault(struct sim *sim, unsigned int drive, uint16_t bits);

/* Carry out one request at sim->now_us: call sim_advance() first. @reply holds SLAVE_PDU_MAX
 * bytes. Returns the reply's length; 0 = this address does not answer. */
size_t slave_pdu(struct sim *sim, uint8_t address, const uint8_t *pdu, size_t len, uint8_t *reply);

/* The same for a whole frame with a good CRC to @device, as its line carries it: broken as the
 * faults say. @reply holds SIM_FRAME_MAX bytes. */
size_t slave_frame(struct sim *sim, unsigned int device, const uint8_t *request, size_t len,
		   uint8_t *reply);

/* Time from the end of the request to the start of the reply. */
uint32_t slave_reply_us(const struct sim *sim, uint8_t address);

/* Between slaves.c and the device files. Each reads or writes one register and returns 0 or a
 * Modbus exception code; writes come in two passes, first all with @dry, then all for real. */
enum slave_exception {
	SLAVE_OK,
	SLAVE_ILLEGAL_FUNCTION,
	SLAVE_ILLEGAL_ADDRESS,
	SLAVE_ILLEGAL_VALUE,
	SLAVE_DEVICE_FAILURE,
};

enum slave_exception drive_read(struct sim *sim, unsigned int drive, uint16_t addr,
				uint16_t *ret_value);
enum slave_exception drive_write(struct sim *sim, unsigned int drive, uint16_t addr, uint16_t value,
				 bool dry);
void drive_heard(struct sim *sim, unsigned int drive);
/* After all registers of one request are written: targets changed in one request count as one. */
void drive_written(struct sim *sim, unsigned int drive);
enum slave_exception r4dcb08_read(const struct sim *sim, uint16_t addr, uint16_t *ret_value);
enum slave_exception r4dcb08_write(struct sim *sim, uint16_t addr, uint16_t value, bool dry);
enum slave_exception mb8art_read_holding(const struct sim *sim, uint16_t addr, uint16_t *ret_value);
enum slave_exception mb8art_read_input(const struct sim *sim, uint16_t addr, uint16_t *ret_value);
enum slave_exception mb8art_read_discrete(const struct sim *sim, uint16_t addr, bool *ret_value);
enum slave_exception mb8art_write(struct sim *sim, uint16_t addr, uint16_t value, bool dry);

#endif /* SIM_SLAVES_H */
