/* SPDX-License-Identifier: MIT */
/*
 * calibration.h - what was measured of this chair: how its motors press, how far its rollers go,
 * what its temperature channels read. Correction of what chair.yaml says, within narrow bounds.
 *
 * Kept in the history, every value with who, when and before; the newest of each counts. It acts
 * from the next start of chaird on, and never raises a current limit.
 */
#ifndef CHAIRD_CALIBRATION_H
#define CHAIRD_CALIBRATION_H

#include "history.h"
#include "setup.h"

#define CALIBRATION_NAME_MAX 40

enum calibration_kind {
	CALIBRATION_NONE,
	CALIBRATION_FORCE,	 /* factor on n_per_a of a depth axis, 0.8 to 1.25 */
	CALIBRATION_TRAVEL,	 /* factor on mm_per_rev of a travel axis, 0.95 to 1.05 */
	CALIBRATION_TEMPERATURE, /* added to a channel, at most 1.5 C either way */
};

struct calibration {
	enum calibration_kind kind;
	enum roller roller; /* force, travel */
	enum pad pad;	    /* temperature, like the next */
	unsigned int channel;
};

/* The name of it: "force.back", "travel.leg_left", "temperature.lower_back.a". */
void calibration_name(const struct calibration *what, char ret_name[CALIBRATION_NAME_MAX]);
/* And back. -ENOENT: there is no such thing. */
int calibration_find(const char *name, struct calibration *ret) __attribute__((warn_unused_result));

/* Each of them in turn; false: there are no more. */
bool calibration_numbered(unsigned int i, struct calibration *ret);

/* What is in force: 1, or 0 C, when nothing was measured. */
double calibration_value(const struct setup *setup, const struct calibration *what);

/* Correct @setup, once after it was loaded. -ERANGE, and nothing changed: out of bounds, or the
 * motor would be too weak to feel its stop. */
int calibration_apply(struct setup *setup, const struct calibration *what, double value)
	__attribute__((warn_unused_result));

/* Would it be taken? 0 or -ERANGE. @setup is one with its own calibrations applied. */
int calibration_check(const struct setup *setup, const struct calibration *what, double value)
	__attribute__((warn_unused_result));

/* Apply the newest of each. *ret_refused: how many were not taken. 0 or -EIO. */
int calibration_load(struct history *history, struct setup *setup, unsigned int *ret_refused)
	__attribute__((warn_unused_result));

#endif /* CHAIRD_CALIBRATION_H */
