/* SPDX-License-Identifier: MIT */
/*
 * plant.h - the physics of the simulated chair: motors, rollers, a body, heat pads.
 *
 * Pure: no I/O, no clock, no heap, no libm; the same calls give the same bits. Positions of travel
 * and depth are mm from the mechanical stop at 0; a knead lane counts motor turns instead of mm and
 * ampere instead of newton. The drives (slaves.c) write the command arrays, everybody reads the
 * rest.
 */
#ifndef SIM_PLANT_H
#define SIM_PLANT_H

#include "reference.h"
#include "types.h"

#include <stdbool.h>
#include <stdint.h>

#define PLANT_STEP_MAX_S      0.0025 /* stops and friction are tuned to be stable up to here */
#define PLANT_HEAT_STEP_S     0.1
#define PLANT_UNLIMITED_RPM_S 1e9
#define PLANT_BODY_SIZE_MIN   0.8  /* height over 1.75 m: 1.40 m ... */
#define PLANT_BODY_SIZE_MAX   1.15 /* ... to 2.01 m */

/* What a drive does with a motor. */
struct plant_command {
	double target_rpm[LANE_COUNT];
	double accel_rpm_s[LANE_COUNT];
	double decel_rpm_s[LANE_COUNT];
	double limit_n[LANE_COUNT]; /* current limit times newton per ampere; 0 = switched off */
};

/* What the parts are made of; filled once, in arrays so that one loop serves all lanes. */
struct plant_mechanics {
	double mm_s_per_rpm[LANE_COUNT];
	double mm_s2_per_n[LANE_COUNT];
	double loop_n_s_mm[LANE_COUNT]; /* gain of the drive's speed loop */
	double spring_n[LANE_COUNT];
	double spring_n_mm[LANE_COUNT];
	double damping_n_s_mm[LANE_COUNT];
	double friction_n_s_mm[LANE_COUNT]; /* slope of dry friction around standstill */
	double stop_n_mm[LANE_COUNT];
	double stop_n_s_mm[LANE_COUNT];
};

struct plant_body {
	bool seated;
	double size;	   /* height over that of the middle body */
	double contact_mm; /* the whole body lies this much farther from the rollers */
	double stiffness_n_mm[ZONE_COUNT];
	double surface_mm[ROLLER_COUNT][SURFACE_LENGTH];  /* contact depth over travel */
	double tissue_n_mm[ROLLER_COUNT][SURFACE_LENGTH]; /* stiffness over travel */
	double relaxed_n[ROLLER_COUNT];			  /* state of the Maxwell arm */
	double push_mm[ROLLER_COUNT];			  /* the body leans toward the roller */
	double push_target_mm[ROLLER_COUNT];
	double breath_turns;
};

struct plant_heat {
	uint32_t heating; /* bit per pad: current flows now */
	double pad_c[PAD_COUNT];
	double skin_c[PAD_COUNT];
	double skin_max_c[PAD_COUNT];
	double sensor_c[PAD_COUNT][PAD_CHANNELS];
	double noise_c[PAD_COUNT][PAD_CHANNELS];
	double heated_s[PAD_COUNT]; /* on-time within the running thermal step */
	double elapsed_s;
	uint32_t steps; /* thermal steps done */
	uint32_t noise_state;
	bool thermostat_open[PAD_COUNT];
};

struct plant {
	struct plant_command command;
	double pos_mm[LANE_COUNT];
	double vel_mm_s[LANE_COUNT];
	double ramp_rpm[LANE_COUNT]; /* set point of the speed loop on its way to the target */
	double motor_n[LANE_COUNT];  /* force that the motor gives */
	double load_n[LANE_COUNT];   /* body contact on depth lanes, 0 elsewhere */
	double friction_n[LANE_COUNT];
	double low_mm[LANE_COUNT]; /* the stops; a jam is two stops at one place */
	double high_mm[LANE_COUNT];
	bool blocked[LANE_COUNT];
	double contact_n[ROLLER_COUNT]; /* between roller and body */
	double contact_max_n[ROLLER_COUNT];
	double knead_turns[ROLLER_COUNT]; /* of the eccentric, 0..1 */
	struct plant_mechanics mech;
	struct plant_body body;
	struct plant_heat heat;
};

/* Everything at rest, rollers wherever plant_place() puts them (default: at the stops), seated. */
void plant_init(struct plant *plant);

/* Advance by @dt_s, at most PLANT_STEP_MAX_S. */
void plant_step(struct plant *plant, double dt_s);

/* Put an axis somewhere, standing still. */
void plant_place(struct plant *plant, enum roller roller, enum axis_kind kind, double mm);

/* Jam or free a motor's mechanism where it is. */
void plant_block(struct plant *plant, unsigned int lane, bool blocked);

/* Seat a body of another size: its landmarks lie elsewhere on every track, and its hollows are as
 * much deeper or flatter. @size from PLANT_BODY_SIZE_MIN to _MAX; stiffness per zone stays. */
void plant_set_body(struct plant *plant, double size);

/* Travel on a track at which the middle body's @middle_mm lies on a body of @size. */
double plant_landmark_mm(enum roller roller, double middle_mm, double size);

/* @n_per_mm has ZONE_COUNT values. */
void plant_set_stiffness(struct plant *plant, const double *n_per_mm);

void plant_reset_peaks(struct plant *plant);

/* The zone under a roller. The back pair is in the lower back along its whole track by name, though
 * it ends on the upper part of both glutes. */
enum zone plant_zone(const struct plant *plant, enum roller roller);

bool plant_thermostats_closed(const struct plant *plant);

/* Ampere that the drive of this lane sees. */
double plant_current_a(const struct plant *plant, unsigned int lane);

/* Kind of axis behind a lane; the spare motor counts as a knead axis without a body. */
enum axis_kind plant_lane_kind(unsigned int lane);

#endif /* SIM_PLANT_H */
