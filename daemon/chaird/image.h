/* SPDX-License-Identifier: MIT */
/*
 * image.h - the process image: device values <-> what the core reads and writes, in its units.
 *
 * Pure; used by the control thread and by the virtual-time program alike. NaN and infinities stop
 * here: a value that is not finite becomes QUALITY_BAD or makes its drive count as silent.
 */
#ifndef CHAIRD_IMAGE_H
#define CHAIRD_IMAGE_H

#include "io.h"
#include "setup.h"

/* Fill drives, axes and sensors of @in from the images of all ports (in the order of the setup). */
void image_inputs(const struct setup *setup, const struct bus_line_image *const lines[],
		  struct chair_inputs *in);

/* Fill the commands of all ports from @out. */
void image_commands(const struct setup *setup, const struct chair_outputs *out,
		    struct bus_line_command lines[]);

#endif /* CHAIRD_IMAGE_H */
