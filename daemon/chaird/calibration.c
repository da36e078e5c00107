/* SPDX-License-Identifier: MIT */
#include "calibration.h"

#include "history_db.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define FORCE_MIN   0.8
#define FORCE_MAX   1.25
#define TRAVEL_MIN  0.95
#define TRAVEL_MAX  1.05
#define OFFSET_C    1.5 /* makers promise 0.5 (R4DCB08) and 1.0 (MB8ART): more is a broken sensor */
#define STOP_MARGIN 1.2f /* as chair.yaml is checked */

static const char *const channels[PAD_CHANNELS] = { "a", "b" };

void calibration_name(const struct calibration *what, char ret_name[CALIBRATION_NAME_MAX])
{
	switch (what->kind) {
	case CALIBRATION_FORCE:
		(void)snprintf(ret_name, CALIBRATION_NAME_MAX, "force.%s",
			       roller_name(what->roller));
		break;
	case CALIBRATION_TRAVEL:
		(void)snprintf(ret_name, CALIBRATION_NAME_MAX, "travel.%s",
			       roller_name(what->roller));
		break;
	case CALIBRATION_TEMPERATURE:
		(void)snprintf(ret_name, CALIBRATION_NAME_MAX, "temperature.%s.%s",
			       pad_name(what->pad), channels[what->channel]);
		break;
	case CALIBRATION_NONE:
		ret_name[0] = '\0';
		break;
	}
}

bool calibration_numbered(unsigned int i, struct calibration *ret)
{
	if (i < ROLLER_COUNT) {
		*ret = (struct calibration){ .kind = CALIBRATION_FORCE, .roller = (enum roller)i };
		return true;
	}
	i -= ROLLER_COUNT;
	if (i < ROLLER_COUNT) {
		*ret = (struct calibration){ .kind = CALIBRATION_TRAVEL, .roller = (enum roller)i };
		return true;
	}
	i -= ROLLER_COUNT;
	*ret = (struct calibration){ .kind = CALIBRATION_TEMPERATURE,
				     .pad = (enum pad)(i / PAD_CHANNELS),
				     .channel = i % PAD_CHANNELS };
	return i < PAD_COUNT * PAD_CHANNELS;
}

int calibration_find(const char *name, struct calibration *ret)
{
	struct calibration what;

	for (unsigned int i = 0; calibration_numbered(i, &what); i++) {
		char known[CALIBRATION_NAME_MAX];

		calibration_name(&what, known);
		if (strcmp(known, name) == 0) {
			*ret = what;
			return 0;
		}
	}
	return -ENOENT;
}

double calibration_value(const struct setup *setup, const struct calibration *what)
{
	switch (what->kind) {
	case CALIBRATION_FORCE:
		return 1.0 + (double)setup->force_more[what->roller];
	case CALIBRATION_TRAVEL:
		return 1.0 + (double)setup->travel_more[what->roller];
	case CALIBRATION_TEMPERATURE:
		return (double)setup->offset_c[what->pad][what->channel];
	case CALIBRATION_NONE:
		break;
	}
	return 0.0;
}

static struct bus_device_config *device_of(struct setup *setup, const struct setup_axis *axis)
{
	return &setup->ports[axis->place.port].line.devices[axis->place.device];
}

int calibration_check(const struct setup *setup, const struct calibration *what, double value)
{
	const struct setup_axis *axis = &setup->axis[AXIS(what->roller, AXIS_DEPTH)];
	const double before = calibration_value(setup, what);
	float homing_a;
	float n_per_a;

	if (what->kind == CALIBRATION_TEMPERATURE) {
		return isfinite(value) && fabs(value) <= OFFSET_C ? 0 : -ERANGE;
	}
	if (what->kind == CALIBRATION_TRAVEL) {
		return value >= TRAVEL_MIN && value <= TRAVEL_MAX ? 0 : -ERANGE;
	}
	if (what->kind != CALIBRATION_FORCE || !(value >= FORCE_MIN && value <= FORCE_MAX)) {
		return -ERANGE;
	}
	/* as configured, and then with the new factor */
	homing_a = setup->ports[axis->place.port]
			   .line.devices[axis->place.device]
			   .homing_limit_a[axis->place.channel] *
		   (float)fmax(before, 1.0) / (float)fmax(value, 1.0);
	n_per_a = axis->n_per_a / (float)before * (float)value;
	return homing_a * n_per_a >= setup->core.force.homing_n_depth * STOP_MARGIN ? 0 : -ERANGE;
}

/* A motor that presses harder than was thought gets less current, a weaker one not more. */
static void apply_force(struct setup *setup, enum roller roller, float factor)
{
	struct setup_axis *axis = &setup->axis[AXIS(roller, AXIS_DEPTH)];
	struct bus_device_config *device = device_of(setup, axis);
	const unsigned int motor = axis->place.channel;

	setup->force_more[roller] = factor - 1.0f;
	axis->n_per_a *= factor;
	if (factor > 1.0f) {
		device->work_limit_a[motor] /= factor;
		device->homing_limit_a[motor] /= factor;
	}
	setup->core.roller[roller].axis[AXIS_DEPTH].limit_n =
		device->work_limit_a[motor] * axis->n_per_a;
}

int calibration_apply(struct setup *setup, const struct calibration *what, double value)
{
	assert(setup != NULL);
	assert(what != NULL);

	if (calibration_check(setup, what, value) < 0) {
		return -ERANGE;
	}
	if (what->kind == CALIBRATION_FORCE) {
		apply_force(setup, what->roller, (float)value);
	} else if (what->kind == CALIBRATION_TRAVEL) {
		setup->travel_more[what->roller] = (float)value - 1.0f;
		setup->axis[AXIS(what->roller, AXIS_TRAVEL)].per_rev *= (float)value;
	} else {
		setup->offset_c[what->pad][what->channel] = (float)value;
	}
	return 0;
}

int calibration_load(struct history *history, struct setup *setup, unsigned int *ret_refused)
{
	struct db_query q = db_begin(history, "SELECT what, after FROM maintenance AS m"
					      " WHERE id = (SELECT max(id) FROM maintenance"
					      " WHERE what = m.what)");

	*ret_refused = 0;
	while (db_row(&q)) {
		struct calibration what;

		if (calibration_find(db_get_text(&q, 0), &what) == 0 && !db_is_null(&q, 1) &&
		    calibration_apply(setup, &what, db_get_real(&q, 1)) < 0) {
			(*ret_refused)++;
		}
	}
	return db_end(&q);
}
