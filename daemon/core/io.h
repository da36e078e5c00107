/* SPDX-License-Identifier: MIT */
/*
 * io.h - the process image: what one control cycle reads and what it writes.
 *
 * Every input has a quality or a time stamp; zero is unreadable. All-zero outputs are safe. Times
 * are CLOCK_MONOTONIC microseconds; floats are finite (the border rejects NaN).
 */
#ifndef CORE_IO_H
#define CORE_IO_H

#include "guest.h"
#include "types.h"

/* Feedback of one dual-motor drive. */
struct drive_input {
	bool configured; /* limits and time-out of this power-up written, read back, equal */
	bool refused;	 /* read back something else */
	bool enabled;
	enum drive_limit limit;
	uint16_t fault;	   /* bits of both channels */
	uint64_t stamp_us; /* of the values below, 0 = none since power-up */
};

struct axis_input {
	float pos;     /* mm since the drive's power-up; its zero is wherever the axis stood then */
	float speed;   /* mm/s, knead: rpm */
	float force_n; /* motor force at the roller, spring and friction included */
};

struct sensor_input {
	float temp_c;
	enum quality quality;
	uint64_t stamp_us;
};

enum command_kind {
	COMMAND_NONE,
	COMMAND_START,
	COMMAND_RESUME,
	COMMAND_PAUSE,
	COMMAND_LEVEL,
	COMMAND_PREHEAT,
	COMMAND_TIME,	   /* more or less of it: delta_s */
	COMMAND_SKIP,	   /* the rest of this phase */
	COMMAND_AGAIN,	   /* this phase from its beginning */
	COMMAND_HEAT,	   /* at most heat_c, 0 = off */
	COMMAND_HEAT_ONLY, /* on: the rollers leave, the heat stays */
	COMMAND_PINPOINT,  /* zone, spot */
	COMMAND_SERVICE,   /* enter SERVICE */
	COMMAND_JOG,	   /* in service: axis, speed; or home */
	COMMAND_HEAT_TEST, /* in service: pad, heat_c; 0 = off */
	COMMAND_PROVE,	   /* the proof tests once more */
	COMMAND_KIND_COUNT
};

struct chair_command {
	enum command_kind kind;
	uint32_t id;	 /* returned with the outcome */
	bool ask;	 /* start, resume: only after a press at the chair */
	bool only_lower; /* level, heat: refused when it would rise */
	uint8_t program; /* index */
	enum side side;
	uint8_t level;	     /* start: aimed at; 0 = 1 */
	uint32_t duration_s; /* start: 0 = as the program says */
	int32_t delta_s;     /* time */
	float heat_c;	     /* heat */
	uint8_t pads;	     /* heat: bit n = enum pad n; 0 = all */
	bool on;	     /* heat only */
	enum zone zone;	     /* pinpoint */
	float spot;	     /* pinpoint: 0 = the zone's upper end .. 1 = its lower end */
	unsigned int axis;   /* jog: AXIS() */
	float speed;	     /* jog: mm/s, knead: rpm; 0 = no more */
	bool home;	     /* jog: the axis's roller finds its stops */
	enum pad pad;	     /* heat test */
};

struct chair_inputs {
	uint64_t now_us;
	uint32_t switches; /* bit n = enum chair_switch n */
	uint64_t switches_stamp_us;
	bool outputs_written;	   /* the last GPIO write went through */
	bool threads_alive;	   /* every other thread ticked within its time */
	bool stop;		   /* a stop from anyone; acts in this cycle */
	bool child_lock;	   /* no start but by its PIN being taken off */
	uint64_t panel_heard_us;   /* of the panel that answers for the session; 0 = none does */
	uint64_t service_heard_us; /* of whoever holds the service lease; 0 = nobody does */
	struct person person;	   /* who may start now */
	struct chair_command command;
	struct drive_input drive[DRIVE_COUNT];
	struct axis_input axis[AXIS_COUNT];
	struct sensor_input sensor[PAD_COUNT][PAD_CHANNELS];
};

struct drive_output {
	bool enable;
	enum drive_limit limit;
};

struct chair_outputs {
	uint32_t coils;	      /* bit n = enum chair_coil n */
	uint32_t urgent;      /* changed: bus writes go first */
	uint32_t power_epoch; /* changed: the relay has closed, configure every drive */
	struct drive_output drive[DRIVE_COUNT];
	float speed[AXIS_COUNT]; /* mm/s, knead: rpm of the eccentric */
};

static inline bool switch_is_on(uint32_t switches, enum chair_switch sw)
{
	return (switches >> (unsigned int)sw & 1U) != 0;
}

#endif /* CORE_IO_H */
