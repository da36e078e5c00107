/* SPDX-License-Identifier: MIT */
/*
 * setup.h - everything that config/ says: chair.yaml, the device profiles that it names and the
 * programs, checked against our tables and the compiled limits.
 */
#ifndef CHAIRD_SETUP_H
#define CHAIRD_SETUP_H

#include "bus_port.h"
#include "config.h"
#include "gpio.h"
#include "profile.h"
#include "wear_table.h"

#include <stdio.h>

#define SETUP_PATH_MAX	  512
#define SETUP_STORAGE	  "/var/lib/chaird" /* where nothing else is said */
#define SETUP_PORT_MAX	  4
#define SETUP_PROFILE_MAX 8

/* Where a motor or a temperature channel is found. */
struct setup_place {
	uint8_t port;
	uint8_t device;	 /* index on that port's line */
	uint8_t channel; /* motor 0..1, temperature channel 0..7 */
};

struct setup_axis {
	struct setup_place place;
	float per_rev; /* mm, or turns of the eccentric, per turn of the motor; negative = inverted
			*/
	float counts_per_rev;
	float n_per_a;
};

struct setup_program {
	char title_en[48];
	char title_de[48];
	char summary_en[200];
	char summary_de[200];
	char rationale_en[1500];
	char rationale_de[1500];
	const char *evidence; /* "none", "very_low", "low" or "moderate"; static */
	uint8_t suits;	      /* bits, by setup_cause_words */
};

/* Causes of the pain that a person may name. */
#define SETUP_CAUSE_COUNT 5
extern const char *const setup_cause_words[SETUP_CAUSE_COUNT];

struct setup {
	char chair[32];
	char directory[192];	      /* of chair.yaml */
	char storage[SETUP_PATH_MAX]; /* directory of history and recordings */
	char content[SETUP_PATH_MAX]; /* directory above the programs: check-in, after-care */
	struct chair_config core;
	struct setup_program programs[PROGRAM_MAX];
	struct gpio_config gpio;
	uint8_t port_count;
	struct bus_port_config ports[SETUP_PORT_MAX];
	uint8_t profile_count;
	struct profile profiles[SETUP_PROFILE_MAX];
	struct setup_place drive[DRIVE_COUNT]; /* core's drive index -> device */
	uint8_t drive_count;
	struct setup_axis axis[AXIS_COUNT];
	struct setup_place sensor[PAD_COUNT][PAD_CHANNELS];
	/* measured, see calibration.h; all zero: as configured */
	float force_more[ROLLER_COUNT];
	float travel_more[ROLLER_COUNT];
	float offset_c[PAD_COUNT][PAD_CHANNELS];
	double wear_limit[WEAR_LIMIT_COUNT]; /* in the order of wear_limits */
};

/* Read @path and all that it names; @profiles is the directory of device profiles. Every problem is
 * recorded in @problems. Returns 0, or -EINVAL when there was any. @ret is written in any case (it
 * is large: keep it off the stack), usable only after 0. */
int setup_load(const char *path, const char *profiles, struct setup *ret,
	       struct schema_problems *problems) __attribute__((warn_unused_result));

/* Only `gpio:` of @path, whatever else the file says: enough to make the outputs safe. */
int setup_load_gpio(const char *path, struct gpio_config *ret, struct schema_problems *problems)
	__attribute__((warn_unused_result));

/* Print the configuration in force, defaults included, as YAML. Returns 0 or -EIO. */
int setup_print(const struct setup *setup, FILE *to) __attribute__((warn_unused_result));

/* Index of a program by id, or -ENOENT. */
int setup_find_program(const struct setup *setup, const char *id);

const char *setup_device_name(const struct setup *setup, struct setup_place place);

#endif /* CHAIRD_SETUP_H */
