/* SPDX-License-Identifier: MIT */
/*
 * profile.h - what a kind of Modbus device looks like: hw/profiles/<name>.yaml, parsed and checked.
 */
#ifndef HW_PROFILE_H
#define HW_PROFILE_H

#include "schema.h"
#include "types.h"

#include <stdbool.h>
#include <stdint.h>

#define PROFILE_REGISTER_MAX 64
#define PROFILE_LIST_MAX     16

enum profile_kind {
	PROFILE_KIND_NONE,
	PROFILE_KIND_DRIVE,	  /* dual-motor speed drive */
	PROFILE_KIND_TEMPERATURE, /* N temperature channels */
	PROFILE_KIND_RELAY,
	PROFILE_KIND_COUNT
};

enum profile_table {
	PROFILE_TABLE_NONE,
	PROFILE_TABLE_HOLDING,
	PROFILE_TABLE_INPUT,
	PROFILE_TABLE_COIL,
	PROFILE_TABLE_DISCRETE,
	PROFILE_TABLE_COUNT
};

enum profile_confidence {
	PROFILE_CONFIDENCE_NONE,
	PROFILE_CONFIDENCE_LOW,
	PROFILE_CONFIDENCE_MEDIUM,
	PROFILE_CONFIDENCE_HIGH,
};

struct profile_register {
	char name[32];
	enum profile_table table;
	uint16_t addr;
	uint8_t words; /* 1 or 2 registers */
	bool is_signed;
	bool writable;
	float scale; /* physical = raw * scale */
	char unit[12];
	int32_t open_value;  /* raw value that means open circuit; INT32_MIN = none */
	int32_t short_value; /* raw value that means short circuit; INT32_MIN = none */
	float min, max;	     /* physical range; equal = unchecked */
};

/* One step of configuration, compared after reading it back. */
struct profile_expect {
	uint8_t reg;   /* index into registers */
	float value;   /* physical; when `from` is empty */
	char from[24]; /* "comm_timeout_ms", "limit_left_a", "limit_right_a": taken from the chair
			*/
	bool write;    /* false: only read and compare */
};

#define PROFILE_BAUD_MAX    8
#define PROFILE_FACTORY_MAX 4

/* How a new device gets its place on a line. All-zero: not by the bus (switches on its case). */
struct profile_identity {
	bool known;
	uint8_t address_reg; /* holds the address that it answers at */
	bool has_save;
	uint8_t save_reg; /* 1 written there keeps it over a restart */
	bool has_baud;
	uint8_t baud_reg;
	uint8_t baud_count;
	uint32_t baud[PROFILE_BAUD_MAX]; /* by the code that baud_reg takes */
	uint8_t factory_count;
	uint8_t factory[PROFILE_FACTORY_MAX]; /* addresses that it comes with */
};

struct profile {
	char name[24];
	enum profile_kind kind;
	enum profile_confidence confidence;
	char source[160];
	uint32_t default_baud;
	uint32_t min_gap_us;	  /* silence that the device needs between frames */
	uint32_t response_max_us; /* from the end of the request to the start of the reply */
	uint8_t max_regs;
	bool low_word_first;
	bool supports[17]; /* by function code */
	bool has_comm_timeout;
	bool has_hardware_enable;
	bool sensing_only; /* neither of the two: nothing may rely on what it switches */
	uint8_t register_count;
	struct profile_register registers[PROFILE_REGISTER_MAX];
	struct profile_identity identity;
	uint8_t configure_count;
	struct profile_expect configure[PROFILE_LIST_MAX];
	uint8_t enable_count; /* writes that enable a drive, in order */
	struct profile_expect enable[PROFILE_LIST_MAX];
	uint8_t disable_count;
	struct profile_expect disable[PROFILE_LIST_MAX];
	uint8_t cyclic_write_count;
	uint8_t cyclic_write[PROFILE_LIST_MAX]; /* register indices */
	uint8_t cyclic_read_count;
	uint8_t cyclic_read[PROFILE_LIST_MAX];
};

/* Parse one profile. Every problem found is added to @problems; returns 0, or -EINVAL when there
 * was any, or -errno when the file cannot be read. */
int profile_load(const char *path, struct profile *ret, struct schema_problems *problems)
	__attribute__((warn_unused_result));

/* The same from memory; @name stands for the file in messages. */
int profile_load_memory(const char *name, const char *text, size_t size, struct profile *ret,
			struct schema_problems *problems) __attribute__((warn_unused_result));

/* What @profile lacks to drive motors under bus_line, as one sentence, or NULL when nothing. */
const char *profile_drive_gap(const struct profile *profile);

/* Index of a register by name, or -ENOENT. */
int profile_find(const struct profile *profile, const char *name);

/* Raw registers (wire order, `words` of them) to a physical value and back. A value marked open or
 * short, or out of the register's range, decodes as 0 with its quality; @ret_quality may be NULL.
 * Encoding clamps to the register's range; NaN becomes 0. */
float profile_decode(const struct profile *profile, const struct profile_register *reg,
		     const uint16_t *raw, enum quality *ret_quality);
int32_t profile_decode_raw(const struct profile *profile, const struct profile_register *reg,
			   const uint16_t *raw);
void profile_encode(const struct profile *profile, const struct profile_register *reg, float value,
		    uint16_t *ret_raw);
void profile_encode_raw(const struct profile *profile, const struct profile_register *reg,
			int32_t raw, uint16_t *ret_raw);

#endif /* HW_PROFILE_H */
