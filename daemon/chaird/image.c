/* SPDX-License-Identifier: MIT */
#include "image.h"

#include <math.h>
#include <string.h>

static const struct bus_device_image *find(const struct bus_line_image *const lines[],
					   struct setup_place place)
{
	return &lines[place.port]->device[place.device];
}

static void read_drive(const struct bus_device_image *image, struct drive_input *drive)
{
	drive->configured = image->configured;
	drive->refused = image->mismatch;
	drive->enabled = image->enabled;
	drive->limit = image->limit;
	drive->fault = (uint16_t)(image->fault[0] | image->fault[1]);
	drive->stamp_us = image->stamp_us;
}

/* Returns false when a value is not finite. */
static bool read_axis(const struct setup_axis *map, const struct bus_device_image *image,
		      struct axis_input *axis)
{
	const unsigned int m = map->place.channel;
	const float sign = map->per_rev < 0.0f ? -1.0f : 1.0f;

	axis->pos = (float)image->position_counts[m] * map->per_rev / map->counts_per_rev;
	axis->speed = image->speed_rpm[m] * map->per_rev * (1.0f / 60.0f);
	axis->force_n = sign * image->current_a[m] * map->n_per_a;
	return isfinite(axis->speed) && isfinite(axis->force_n);
}

void image_inputs(const struct setup *setup, const struct bus_line_image *const lines[],
		  struct chair_inputs *in)
{
	for (unsigned int d = 0; d < setup->drive_count; d++) {
		read_drive(find(lines, setup->drive[d]), &in->drive[d]);
	}
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		const struct setup_axis *map = &setup->axis[a];
		const unsigned int drive =
			setup->core.roller[a / AXIS_KIND_COUNT].axis[a % AXIS_KIND_COUNT].drive;

		if (!read_axis(map, find(lines, map->place), &in->axis[a])) {
			in->axis[a] = (struct axis_input){ 0 };
			in->drive[drive].stamp_us = 0;
		}
		if (a % AXIS_KIND_COUNT == AXIS_KNEAD) {
			in->axis[a].speed *= 60.0f; /* turns a second to rpm */
		}
	}
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		for (unsigned int c = 0; c < PAD_CHANNELS; c++) {
			const struct setup_place place = setup->sensor[p][c];
			const struct bus_device_image *image = find(lines, place);
			struct sensor_input *sensor = &in->sensor[p][c];

			sensor->temp_c = image->value_c[place.channel] + setup->offset_c[p][c];
			sensor->quality = image->value_quality[place.channel];
			sensor->stamp_us = image->stamp_us;
			if (!isfinite(sensor->temp_c)) {
				sensor->temp_c = 0.0f;
				sensor->quality = QUALITY_BAD;
			}
		}
	}
}

void image_commands(const struct setup *setup, const struct chair_outputs *out,
		    struct bus_line_command lines[])
{
	for (unsigned int p = 0; p < setup->port_count; p++) {
		memset(&lines[p], 0, sizeof(lines[p]));
		lines[p].urgent = out->urgent;
		lines[p].power_epoch = out->power_epoch + 1; /* 0: no command yet */
	}
	for (unsigned int d = 0; d < setup->drive_count; d++) {
		struct bus_command *command =
			&lines[setup->drive[d].port].device[setup->drive[d].device];

		command->enable = out->drive[d].enable;
		command->limit = out->drive[d].limit;
	}
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		const struct setup_axis *map = &setup->axis[a];
		const float per_minute = a % AXIS_KIND_COUNT == AXIS_KNEAD ? 1.0f : 60.0f;

		lines[map->place.port].device[map->place.device].speed_rpm[map->place.channel] =
			out->speed[a] * per_minute / map->per_rev;
	}
}
