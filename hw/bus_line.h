/* SPDX-License-Identifier: MIT */
/*
 * bus_line.h - what happens on one RS-485 line: which request goes next, and what its reply means.
 *
 * Pure: no I/O, no clock, no heap, no threads. hw/bus_port.c drives it over libmodbus in real time,
 * the simulator drives it in virtual time; both call, for ever:
 *
 *	wait until bus_line_ready_at();
 *	bus_line_next() -> carry the request out -> bus_line_done()
 *
 * Each device passes through: SILENT -> CONFIGURING -> READY. CONFIGURING writes the registers that
 * its profile and the chair ask for (communication timeout, current limits), reads each back and
 * compares. READY is the cyclic exchange: for a drive one write of its targets and one read of its
 * feedback. A drive is told to enable only while its command says so and it is configured with the
 * limit that the command asks for; changing the limit disables nothing by itself, but `limit` in
 * the image is UNKNOWN until the new values have been read back.
 *
 * Order: when command.urgent changed, the target writes of all READY drives go first, drives in
 * device order (those that missed a reply in this round last). Then come the disable writes of
 * drives that must not be enabled any more, then the round. A visit of the round is at most one
 * target write, one step of configuration, limit change or enabling, and one feedback read, so that
 * one device's configuration never makes the others stale. A device that does not answer costs the
 * line one response timeout per round (and one for a stop); it is SILENT after BUS_SILENT_AFTER
 * misses in a row and is then probed once per round, or told to disable if it may be enabled.
 *
 * A drive that answers again may have been running all the while (a loose plug): configuration
 * starts by reading its control register back, and disables it first if it says enabled.
 */
#ifndef HW_BUS_LINE_H
#define HW_BUS_LINE_H

#include "profile.h"
#include "types.h"

#include <stdbool.h>
#include <stdint.h>

#define BUS_DEVICE_MAX	 16  /* devices on one line */
#define BUS_REGS_MAX	 125 /* Modbus limit for one read */
#define BUS_SILENT_AFTER 3
#define BUS_VALUE_MAX	 8 /* channels of a temperature module */

enum bus_stage {
	BUS_STAGE_SILENT, /* never answered, or has stopped answering */
	BUS_STAGE_CONFIGURING,
	BUS_STAGE_READY,
	BUS_STAGE_REFUSED, /* answers, but a value read back differs from what was written */
	BUS_STAGE_COUNT
};

struct bus_device_config {
	char name[24];			    /* e.g. "seat_depth"; unique in the chair */
	const struct profile *profile;	    /* borrowed, outlives the line */
	uint8_t address;		    /* 1..247 */
	uint16_t comm_timeout_ms;	    /* drives: to be written and read back */
	float work_limit_a[DRIVE_MOTORS];   /* drives: current limits, A */
	float homing_limit_a[DRIVE_MOTORS]; /* drives: lower, for DRIVE_LIMIT_HOMING */
};

struct bus_line_config {
	char name[24]; /* e.g. "rollers_a" */
	uint32_t baud;
	uint8_t bits_per_char; /* 10 for 8N1, 11 with parity or two stop bits */
	uint8_t device_count;
	struct bus_device_config devices[BUS_DEVICE_MAX];
};

/* What the chair wants of one device. All-zero: disabled, standing still. */
struct bus_command {
	bool enable;
	enum drive_limit limit;
	float speed_rpm[DRIVE_MOTORS]; /* motor shaft, signed; clamped to the profile's range */
};

/* What the chair wants of the line. Copied by value between threads. */
struct bus_line_command {
	uint32_t urgent; /* changed: a stop; writes go first */
	/* changed: the relay has closed, configure every drive again; 0: nothing commanded yet */
	uint32_t power_epoch;
	struct bus_command device[BUS_DEVICE_MAX];
};

/* What is known of one device. Copied by value between threads. */
struct bus_device_image {
	enum bus_stage stage;
	bool configured;	/* all of this power epoch's configuration read back and equal */
	bool enabled;		/* drive: confirmed enabled by its own control register */
	enum drive_limit limit; /* drive: the limit last read back */
	bool mismatch;		/* a read-back differed; see bad_register */
	char bad_register[32];
	uint64_t configured_us; /* since when; 0 = it is not */
	uint64_t stamp_us;	/* when the last cyclic read arrived; 0 = never in this epoch */
	/* drives */
	int32_t position_counts[DRIVE_MOTORS];
	float speed_rpm[DRIVE_MOTORS];
	float current_a[DRIVE_MOTORS];
	uint16_t fault[DRIVE_MOTORS];
	/* temperature modules */
	float value_c[BUS_VALUE_MAX];
	enum quality value_quality[BUS_VALUE_MAX];
};

struct bus_device_stats {
	uint64_t requests;
	uint64_t replies;
	uint64_t timeouts;
	uint64_t crc_errors; /* and other garbled replies */
	uint64_t exceptions; /* the device is alive and refuses */
	uint64_t mismatches;
	uint64_t reconfigured;
	uint32_t exchange_us; /* time between the last two cyclic reads */
	uint32_t exchange_max_us;
	uint32_t reply_max_us; /* longest answered transaction */
};

struct bus_line_image {
	uint64_t round_us; /* how long the last round over all devices took */
	struct bus_device_image device[BUS_DEVICE_MAX];
	struct bus_device_stats stats[BUS_DEVICE_MAX];
};

enum bus_function {
	BUS_FUNCTION_NONE,
	BUS_READ_DISCRETE = 2,
	BUS_READ_HOLDING = 3,
	BUS_READ_INPUT = 4,
	BUS_WRITE_COIL = 5,
	BUS_WRITE_REGISTER = 6,
	BUS_WRITE_REGISTERS = 16,
};

struct bus_request {
	uint8_t device; /* index in the line's configuration */
	uint8_t address;
	enum bus_function function;
	uint16_t reg;
	uint16_t count;
	uint16_t values[BUS_REGS_MAX]; /* writes: the first `count` are set, the rest is not */
	uint32_t timeout_us;	       /* the whole transaction, request on the wire included */
};

enum bus_result {
	BUS_RESULT_TIMEOUT,
	BUS_RESULT_OK,
	BUS_RESULT_GARBLED,
	BUS_RESULT_EXCEPTION, /* EMBX*: alive, refuses */
	BUS_RESULT_PORT_GONE, /* the port itself failed: nothing was asked */
};

struct bus_line; /* defined in bus_line_state.h for those who allocate it */

#include "bus_line_state.h"

/* @config is borrowed and must outlive @line. Returns 0, or -EINVAL when it breaks a rule (no
 * device, doubled address, a drive that profile_drive_gap() objects to, a limit out of range). */
int bus_line_init(struct bus_line *line, const struct bus_line_config *config)
	__attribute__((warn_unused_result));

/* Earliest moment for the next request: the silence that line and devices ask for. */
uint64_t bus_line_ready_at(const struct bus_line *line);

/* Choose the next request. Always writes *ret_request; there is always something to ask. */
void bus_line_next(struct bus_line *line, uint64_t now_us, const struct bus_line_command *command,
		   struct bus_request *ret_request);

/* Take the outcome of @request, finished at @now_us. @regs: the registers of a read (of a bit read:
 * one word each, 0 or 1), else NULL. */
void bus_line_done(struct bus_line *line, uint64_t now_us, const struct bus_request *request,
		   enum bus_result result, const uint16_t *regs);

/* True when no stop is waiting to be written and no drive on the line may still be enabled. */
bool bus_line_at_rest(const struct bus_line *line);

/* Something else was on the line until @now_us: it needs its silence. */
void bus_line_disturbed(struct bus_line *line, uint64_t now_us);

/* Current knowledge; owned by @line, valid until the next call. */
const struct bus_line_image *bus_line_image(const struct bus_line *line);

#endif /* HW_BUS_LINE_H */
