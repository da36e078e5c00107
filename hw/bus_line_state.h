/* SPDX-License-Identifier: MIT */
/*
 * bus_line_state.h - the inside of struct bus_line, for those who allocate one. Plain data.
 *
 * Included by bus_line.h. Only bus_line.c reads or writes the members.
 */
#ifndef HW_BUS_LINE_STATE_H
#define HW_BUS_LINE_STATE_H

#define BUS_STEP_MAX 64	 /* transactions in all plans of one device */
#define BUS_ITEM_MAX 128 /* registers in them */

/* A kind of work; each is a row of prepared transactions. */
enum bus_job {
	BUS_JOB_NONE,
	BUS_JOB_PROBE,
	BUS_JOB_CONFIG_WRITE,
	BUS_JOB_CONFIG_READ,
	BUS_JOB_LIMIT_WRITE,
	BUS_JOB_LIMIT_READ,
	BUS_JOB_ENABLE_WRITE,
	BUS_JOB_ENABLE_READ,
	BUS_JOB_DISABLE,
	BUS_JOB_TARGET,
	BUS_JOB_FEEDBACK,
	BUS_JOB_COUNT
};

/* What a register means to us. */
enum bus_role {
	BUS_ROLE_NONE,
	BUS_ROLE_CONSTANT, /* written and expected as prepared */
	BUS_ROLE_TARGET_SPEED,
	BUS_ROLE_FAULT,
	BUS_ROLE_POSITION,
	BUS_ROLE_SPEED,
	BUS_ROLE_CURRENT,
	BUS_ROLE_TEMPERATURE,
};

struct bus_item {
	enum bus_role role;
	uint8_t reg;	/* index into the profile's registers */
	uint8_t offset; /* words from the start of the transaction */
	uint8_t index;	/* motor or channel */
	int32_t raw[2]; /* BUS_ROLE_CONSTANT: with the homing limits, with the work limits */
};

struct bus_step {
	enum bus_function function;
	uint16_t reg;
	uint16_t count;
	uint32_t timeout_us;
	uint8_t first_item;
	uint8_t item_count;
};

/* Prepared by bus_line_init(), never changed after. */
struct bus_plan {
	uint8_t first[BUS_JOB_COUNT];
	uint8_t count[BUS_JOB_COUNT];
	uint8_t step_count;
	uint8_t item_count;
	struct bus_step steps[BUS_STEP_MAX];
	struct bus_item items[BUS_ITEM_MAX];
};

struct bus_track {
	enum bus_job task; /* besides the exchange: configuration, limit change, enabling */
	uint8_t task_step;
	uint8_t disable_step;
	uint8_t misses;		/* in a row */
	enum drive_limit limit; /* last written */
	uint64_t refused_us;
	float told_rpm[DRIVE_MOTORS]; /* targets last written */
	uint64_t read_us;	      /* last cyclic read, 0 = none since it was configured */
};

enum bus_visit {
	BUS_VISIT_TARGET,
	BUS_VISIT_TASK,
	BUS_VISIT_FEEDBACK,
	BUS_VISIT_OVER,
};

struct bus_line {
	const struct bus_line_config *config;
	uint32_t gap_us;
	uint32_t urgent;
	uint32_t power_epoch;
	uint64_t ready_us;
	uint64_t sent_us;
	uint64_t round_start_us;

	/* bit sets by device */
	uint16_t stop_mask;   /* target writes of a stop not yet sent */
	uint16_t told_mask;   /* told to enable, or found enabled; not yet told to disable */
	uint16_t missed_mask; /* answered nothing in this round: not asked again in it */

	/* where the round is */
	uint8_t current;
	enum bus_visit visit;
	uint8_t visit_step;

	/* what was asked last */
	uint8_t asked_device;
	enum bus_job asked_job;
	uint8_t asked_step;

	struct bus_track track[BUS_DEVICE_MAX];
	struct bus_line_image image;
	struct bus_plan plan[BUS_DEVICE_MAX];
};

#endif /* HW_BUS_LINE_STATE_H */
