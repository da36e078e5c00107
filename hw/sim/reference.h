/* SPDX-License-Identifier: MIT */
/*
 * reference.h - the constants of the reference chair: what is bolted, wired and sewn together.
 *
 * Deliberately independent of chair.yaml: the daemon's configuration claims what the chair is like,
 * this table is what it is like. A wrong configuration must show up as wrong behaviour.
 */
#ifndef SIM_REFERENCE_H
#define SIM_REFERENCE_H

#include "types.h"

#include <stddef.h>
#include <stdint.h>

/* Motors are lanes, ordered by kind so that the plant walks straight arrays. */
#define LANE_DEPTH	  0
#define LANE_TRAVEL	  ROLLER_COUNT
#define LANE_KNEAD	  (2 * ROLLER_COUNT)
#define LANE_SPARE	  (3 * ROLLER_COUNT) /* right channel of back_depth: a motor on nothing */
#define LANE_COUNT	  (3 * ROLLER_COUNT + 1)
#define SURFACE_PITCH_MM  5
#define SURFACE_POINT_MAX 6
#define SURFACE_LENGTH	  106 /* the longest track, both ends, one to interpolate with */

enum sim_port {
	SIM_PORT_ROLLERS_A,
	SIM_PORT_ROLLERS_B,
	SIM_PORT_HEAT,
	SIM_PORT_LINE, /* all devices on one line, for the benchmark */
	SIM_PORT_COUNT
};

enum sim_device_kind {
	SIM_DEVICE_DRIVE,   /* ZLAC8015D */
	SIM_DEVICE_R4DCB08, /* 8 x DS18B20 */
	SIM_DEVICE_MB8ART,  /* 8 x PT100 */
};

/* The eight drives come first: device index = drive index. */
#define SIM_DEVICE_COUNT (DRIVE_COUNT + PAD_CHANNELS)

struct reference_device {
	const char *name;
	enum sim_device_kind kind;
	uint8_t address;
	enum sim_port port;
	uint8_t lane[DRIVE_MOTORS]; /* drives: the motors on the left and right channel */
};

struct reference_port {
	const char *name;
	uint32_t baud;
};

/* Where a line is soldered: its offset on the board's GPIO chip (GPIO17 is 17). */
struct reference_line {
	uint8_t offset;
	bool active_low; /* the switch is closed, or the load on, while the line is low */
};

/* One kind of axis. A knead axis counts motor turns where the others count mm, and ampere where
 * the others count newton. */
struct reference_axis {
	double mm_per_turn;
	double n_per_a;
	double mass_kg;	    /* of everything that moves, as seen at the roller */
	double spring_n;    /* preload of the return spring */
	double spring_n_mm; /* and its rate */
	double damping_n_s_mm;
	double friction_n;     /* dry friction */
	double friction_per_n; /* more friction per newton of body contact */
	double stop_n_mm;      /* stiffness of the mechanical stops */
	double stop_n_s_mm;    /* and their damping */
};

/* Where the middle body, of 1.75 m, lies along a roller's track. */
struct reference_track {
	double range_mm[AXIS_KIND_COUNT]; /* between the stops; knead: unused */
	uint8_t point_count;
	double point_mm[SURFACE_POINT_MAX][2]; /* travel, contact depth; smooth in between */
	enum zone upper;		       /* zone before the border */
	enum zone lower[2];		       /* zones behind it; a pair lies on two of them */
	double border_mm[2];		       /* the stiffness changes smoothly between these */
	double fixed_mm;		       /* travel where every body lies, whatever its size */
	double breath_mm;
};

struct reference_heat {
	double ambient_c;
	double core_c;	    /* temperature of the perfusing blood */
	double pad_start_c; /* cold start */
	double skin_start_c;
	double pad_w;
	double pad_j_k;
	double skin_j_k;
	double pad_ambient_w_k; /* through the back of the pad */
	double pad_open_w_k;	/* more of that when nobody sits on it */
	double pad_skin_w_k;
	double perfusion_w_k;
	double sensor_lag_s[PAD_CHANNELS];
	double thermostat_open_c;
	double thermostat_close_c;
};

extern const struct reference_device reference_devices[SIM_DEVICE_COUNT];
extern const struct reference_port reference_ports[SIM_PORT_COUNT];
extern const struct reference_line reference_switches[SWITCH_COUNT];
extern const struct reference_line reference_coils[COIL_COUNT];
extern const struct reference_axis reference_axes[AXIS_KIND_COUNT];
extern const struct reference_track reference_tracks[ROLLER_COUNT];
extern const struct reference_heat reference_heat;
extern const double reference_stiffness_n_mm[ZONE_COUNT];

#define REFERENCE_COUNTS_PER_TURN 4096
#define REFERENCE_KNEAD_RATIO	  20.0 /* motor turns per turn of the eccentric */
#define REFERENCE_DRIVE_REPLY_US  3750
#define REFERENCE_SENSOR_REPLY_US 5000
#define REFERENCE_DRIVE_BOOT_US	  300000
#define REFERENCE_BREATH_HZ	  0.25
#define REFERENCE_KNEAD_RIPPLE	  0.04 /* of the contact force */
#define REFERENCE_SPEED_LOOP_S	  0.010
#define REFERENCE_TISSUE_CUBIC	  0.0012 /* k3 / k1, per mm^2 */
#define REFERENCE_TISSUE_RELAXING 0.25	 /* share of the force that fades ... */
#define REFERENCE_TISSUE_RELAX_S  6.0	 /* ... with this time constant */
#define REFERENCE_TISSUE_FRESH_MM 30.0	 /* rolling on by this much meets unrelaxed tissue */
#define REFERENCE_BODY_PUSH_MM_S  75.0	 /* how fast a startled body moves */
#define REFERENCE_BODY_MM	  1750.0 /* height of the middle body */
#define REFERENCE_SURFACE_MM	  12.0	 /* hollows and humps are measured from this depth */

/* Words for all of the above. The tables end with NULL so that errors can list them. */
extern const char *const reference_zone_words[ZONE_COUNT + 1];
extern const char *const reference_roller_words[ROLLER_COUNT + 1];
extern const char *const reference_axis_words[AXIS_COUNT + 1]; /* by AXIS(roller, kind) */
extern const char *const reference_pad_words[PAD_COUNT + 1];
extern const char *const reference_port_words[SIM_PORT_COUNT + 1];
extern const char *const reference_switch_words[SWITCH_COUNT + 1];
extern const char *const reference_coil_words[COIL_COUNT + 1];
extern const char *const reference_button_words[5]; /* from SWITCH_BUTTON_STOP on */

/* Index of @word in a NULL-terminated table, or -ENOENT. */
int reference_find_word(const char *const words[], const char *word);

/* Index of the device with this address, or -ENOENT. */
int reference_find_device(uint8_t address);

static inline unsigned int reference_lane(enum roller roller, enum axis_kind kind)
{
	static const uint8_t first[AXIS_KIND_COUNT] = {
		[AXIS_TRAVEL] = LANE_TRAVEL,
		[AXIS_DEPTH] = LANE_DEPTH,
		[AXIS_KNEAD] = LANE_KNEAD,
	};

	return first[kind] + (unsigned int)roller;
}

#endif /* SIM_REFERENCE_H */
