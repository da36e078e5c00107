/* SPDX-License-Identifier: MIT */
#include "program_file.h"
#include "setup.h"

#include <errno.h>

static void print_lines(FILE *to, const char *title, const struct gpio_line *lines, int count,
			bool outputs)
{
	(void)fprintf(to, "  %s:\n", title);
	for (int i = 0; i < count; i++) {
		(void)fprintf(to, "    %s: {chip: %s, line: %s, active: %s}\n",
			      outputs ? chair_coil_name((enum chair_coil)i)
				      : chair_switch_name((enum chair_switch)i),
			      lines[i].chip, lines[i].name, lines[i].active_low ? "low" : "high");
	}
}

static void print_ports(FILE *to, const struct setup *setup)
{
	(void)fprintf(to, "ports:\n");
	for (unsigned int p = 0; p < setup->port_count; p++) {
		const struct bus_port_config *port = &setup->ports[p];

		(void)fprintf(to, "  %s: # %s, %u baud, parity %c\n", port->line.name, port->path,
			      port->line.baud, port->parity);
		for (unsigned int d = 0; d < port->line.device_count; d++) {
			const struct bus_device_config *device = &port->line.devices[d];

			(void)fprintf(to,
				      "    %s: {profile: %s, address: %u, comm_timeout_ms: %u, "
				      "work_limit_a: [%g, %g], homing_limit_a: [%g, %g]}\n",
				      device->name, device->profile->name, device->address,
				      device->comm_timeout_ms, (double)device->work_limit_a[0],
				      (double)device->work_limit_a[1],
				      (double)device->homing_limit_a[0],
				      (double)device->homing_limit_a[1]);
		}
	}
}

static void print_body(FILE *to, const struct setup *setup)
{
	(void)fprintf(to, "rollers:\n");
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		const struct roller_config *roller = &setup->core.roller[r];

		(void)fprintf(to, "  %s: {spring_n: %g, spring_n_mm: %g, inner_share: %g}\n",
			      roller_name((enum roller)r), (double)roller->spring_n,
			      (double)roller->spring_n_mm, (double)roller->inner_share);
		for (unsigned int k = 0; k < AXIS_KIND_COUNT; k++) {
			const struct axis_config *axis = &roller->axis[k];
			const struct setup_axis *map = &setup->axis[AXIS(r, k)];

			(void)fprintf(to,
				      "  # %s: drive %s motor %u, range %g mm, speed at most %g, "
				      "%g N/A\n",
				      axis_kind_name((enum axis_kind)k),
				      setup_device_name(setup, map->place), map->place.channel + 1U,
				      (double)axis->range_mm, (double)axis->speed_max,
				      (double)map->n_per_a);
		}
	}
	(void)fprintf(to, "zones:\n");
	for (unsigned int z = 0; z < ZONE_COUNT; z++) {
		const struct zone_config *zone = &setup->core.zone[z];

		(void)fprintf(to, "  %s: {roller: %s, pad: %s, from_mm: %g, to_mm: %g}\n",
			      zone_name((enum zone)z), roller_name(zone->roller),
			      pad_name(zone->pad), (double)zone->from_mm, (double)zone->to_mm);
	}
}

static void print_force(FILE *to, const struct chair_config *core)
{
	const struct force_config *force = &core->force;

	(void)fprintf(to, "force:\n  levels_n: [%g, %g, %g, %g, %g]\n", (double)force->level_n[1],
		      (double)force->level_n[2], (double)force->level_n[3],
		      (double)force->level_n[4], (double)force->level_n[5]);
	(void)fprintf(to,
		      "  approach_mm_s: %g\n  retract_mm_s: %g\n  follow_mm_s: %g\n"
		      "  gain_mm_s_n: %g\n  rate_n_s: %g\n  contact_n: %g\n  clear_mm: %g\n",
		      (double)force->approach_mm_s, (double)force->retract_mm_s,
		      (double)force->follow_mm_s, (double)force->gain_mm_s_n,
		      (double)force->rate_n_s, (double)force->contact_n, (double)force->clear_mm);
	(void)fprintf(to, "heat: {set_max_c: %g}\nsession: {max_minutes: %u}\n",
		      (double)core->set_max_c, core->session_max_s / 60U);
}

static void print_care(FILE *to, const struct setup *setup)
{
	(void)fprintf(to, "care:\n");
	for (unsigned int k = 0; k < WEAR_KIND_COUNT; k++) {
		const char *lead = "";

		(void)fprintf(to, "  %s: {", wear_kind_row((enum wear_kind)k)->name);
		for (unsigned int i = 0; i < WEAR_LIMIT_COUNT; i++) {
			if (wear_limits[i].kind == (enum wear_kind)k) {
				(void)fprintf(to, "%s%s: %.10g", lead,
					      wear_counter_name(wear_limits[i].counter),
					      setup->wear_limit[i]);
				lead = ", ";
			}
		}
		(void)fprintf(to, "}\n");
	}
}

static void print_phase(FILE *to, const struct program_phase *phase)
{
	const char *comma = "";

	(void)fprintf(to, "    - {name: %s, minutes: %g, technique: %s, level: %d", phase->name,
		      phase->duration_s / 60.0, technique_name(phase->technique),
		      phase->level_offset);
	if (phase->heat_c > 0.0f) {
		(void)fprintf(to, ", heat_c: %g", (double)phase->heat_c);
	}
	(void)fprintf(to, ", zones: [");
	for (unsigned int z = 0; z < PART_COUNT; z++) {
		if ((phase->parts >> z & 1U) != 0) {
			(void)fprintf(to, "%s%s", comma, part_name((enum part)z));
			comma = ", ";
		}
	}
	(void)fprintf(to, "]}\n");
}

static void print_programs(FILE *to, const struct setup *setup)
{
	(void)fprintf(to, "programs:\n  default: %s\n",
		      setup->core.programs[setup->core.default_program].id);
	for (unsigned int i = 0; i < setup->core.program_count; i++) {
		const struct program *program = &setup->core.programs[i];

		(void)fprintf(to, "  %s: # %s\n", program->id, setup->programs[i].title_en);
		for (unsigned int p = 0; p < program->phase_count; p++) {
			print_phase(to, &program->phases[p]);
		}
	}
}

int setup_print(const struct setup *setup, FILE *to)
{
	static const char *const backends[] = { "none", "libgpiod", "simulator" };

	(void)fprintf(to, "chair: %s\nstorage: %s\ngpio:\n  backend: %s\n", setup->chair,
		      setup->storage, backends[setup->gpio.backend]);
	if (setup->gpio.backend == GPIO_BACKEND_SIMULATOR) {
		(void)fprintf(to, "  socket: %s\n", setup->gpio.socket_path);
	} else {
		print_lines(to, "inputs", setup->gpio.inputs, SWITCH_COUNT, false);
		print_lines(to, "outputs", setup->gpio.outputs, COIL_COUNT, true);
	}
	print_ports(to, setup);
	print_body(to, setup);
	print_force(to, &setup->core);
	print_care(to, setup);
	print_programs(to, setup);
	return fflush(to) == 0 && ferror(to) == 0 ? 0 : -EIO;
}
