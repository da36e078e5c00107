/* SPDX-License-Identifier: MIT */
#include "setup.h"

#include "program_file.h"
#include "safety_limits.h"
#include "schema.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define COUNTS_PER_REV 4096.0
#define UNUSED_MOTOR_A 0.1f
#define MINUTES_MAX    (LIMIT_SESSION_US / S_US / 60)

typedef const char *(*name_function)(int); /* only in this file: names of parts by index */

static const char *input_name(int i)
{
	return chair_switch_name((enum chair_switch)i);
}

static const char *output_name(int i)
{
	return chair_coil_name((enum chair_coil)i);
}

static const char *roller_word(int i)
{
	return roller_name((enum roller)i);
}

static const char *pad_word(int i)
{
	return pad_name((enum pad)i);
}

/* Words of an enum as an array for schema_word(). */
static void fill_words(const char *words[], int count, name_function name)
{
	for (int i = 0; i < count; i++) {
		words[i] = name(i);
	}
}

static float number(const struct schema_node *map, const char *key, double min, double max)
{
	return (float)schema_number(map, key, min, max, min, true);
}

static void load_line(const struct schema_node *map, const char *chip, bool output,
		      struct gpio_line *line)
{
	static const char *const actives[] = { "high", "low" };
	static const char *const biases[] = { "as_is", "pull_up", "pull_down" };

	(void)snprintf(line->chip, sizeof(line->chip), "%s", chip);
	schema_string(map, "chip", line->chip, sizeof(line->chip), chip, false);
	schema_string(map, "line", line->name, sizeof(line->name), "", true);
	line->active_low = schema_word(map, "active", actives, 2, 0, true) == 1;
	line->bias = GPIO_BIAS_AS_IS;
	if (!output) {
		line->bias = (enum gpio_bias)schema_word(map, "bias", biases, 3, 0, false);
	}
	schema_finish_map(map);
}

static void load_lines(const struct schema_node *gpio, const char *key, const char *chip, int count,
		       name_function name, struct gpio_line lines[])
{
	const struct schema_node map = schema_child(gpio, key, true);

	for (int i = 0; i < count; i++) {
		const struct schema_node line = schema_child(&map, name(i), true);

		if (schema_present(&line)) {
			load_line(&line, chip, key[0] == 'o', &lines[i]);
		}
	}
	schema_finish_map(&map);
}

static void load_gpio(const struct schema_node *root, struct gpio_config *gpio)
{
	static const char *const backends[] = { NULL, "libgpiod", "simulator" };
	const struct schema_node map = schema_child(root, "gpio", true);
	char chip[sizeof(gpio->inputs[0].chip)];

	gpio->backend = (enum gpio_backend)schema_word(&map, "backend", backends, 3, 0, true);
	schema_string(&map, "socket", gpio->socket_path, sizeof(gpio->socket_path), "",
		      gpio->backend == GPIO_BACKEND_SIMULATOR);
	schema_string(&map, "chip", chip, sizeof(chip), "", gpio->backend == GPIO_BACKEND_LIBGPIOD);
	load_lines(&map, "inputs", chip, SWITCH_COUNT, input_name, gpio->inputs);
	load_lines(&map, "outputs", chip, COIL_COUNT, output_name, gpio->outputs);
	schema_finish_map(&map);
}

/* The profile @name, loaded once; NULL after a recorded problem. */
static const struct profile *need_profile(struct setup *setup, const char *directory,
					  const struct schema_node *at, const char *name,
					  struct schema_problems *problems)
{
	char path[SETUP_PATH_MAX];
	struct profile *profile = &setup->profiles[setup->profile_count];

	for (unsigned int i = 0; i < setup->profile_count; i++) {
		if (strcmp(setup->profiles[i].name, name) == 0) {
			return &setup->profiles[i];
		}
	}
	if (setup->profile_count == SETUP_PROFILE_MAX) {
		schema_complain(at, "more than %d different profiles", SETUP_PROFILE_MAX);
		return NULL;
	}
	if (strchr(name, '/') != NULL ||
	    snprintf(path, sizeof(path), "%s/%s.yaml", directory, name) >= (int)sizeof(path)) {
		schema_complain(at, "\"%s\" is no profile name", name);
		return NULL;
	}
	if (profile_load(path, profile, problems) < 0) {
		schema_complain(at, "profile \"%s\" cannot be used (%s)", name, path);
		return NULL;
	}
	setup->profile_count++;
	return profile;
}

static void load_device(struct setup *setup, const char *directory, const struct schema_node *map,
			const char *name, struct bus_line_config *line,
			struct schema_problems *problems)
{
	struct bus_device_config *device = &line->devices[line->device_count];
	char profile[32];

	for (unsigned int p = 0; p < setup->port_count; p++) {
		for (unsigned int d = 0; d < setup->ports[p].line.device_count; d++) {
			if (strcmp(setup->ports[p].line.devices[d].name, name) == 0) {
				schema_complain(map, "device name \"%s\" is used twice", name);
			}
		}
	}
	schema_string(map, "profile", profile, sizeof(profile), "", true);
	device->address = (uint8_t)schema_integer(map, "address", 1, 247, 1, true);
	(void)snprintf(device->name, sizeof(device->name), "%s", name);
	schema_finish_map(map);
	for (unsigned int d = 0; d < line->device_count; d++) {
		if (line->devices[d].address == device->address) {
			schema_complain(map, "address %d is used twice on this port",
					device->address);
		}
	}
	device->profile = need_profile(setup, directory, map, profile, problems);
	if (device->profile != NULL) {
		line->device_count++;
	}
}

static void load_port(struct setup *setup, const char *directory, const struct schema_node *map,
		      const char *name, struct schema_problems *problems)
{
	static const char *const parities[] = { "none", "even", "odd" };
	struct bus_port_config *port = &setup->ports[setup->port_count];
	const struct schema_node devices = schema_child(map, "devices", true);
	const int parity = schema_word(map, "parity", parities, 3, 0, false);

	(void)snprintf(port->line.name, sizeof(port->line.name), "%s", name);
	schema_string(map, "device", port->path, sizeof(port->path), "", true);
	port->line.baud = (uint32_t)schema_integer(map, "baud", 1200, 1000000, 9600, true);
	port->parity = "NEO"[parity];
	port->stop_bits = (uint8_t)schema_integer(map, "stop_bits", 1, 2, 1, false);
	port->rs485_ioctl = schema_bool(map, "rs485_ioctl", false, false);
	port->line.bits_per_char = (uint8_t)(9 + (parity != 0 ? 1 : 0) + port->stop_bits);
	for (size_t i = 0; i < schema_map_size(&devices); i++) {
		char key[sizeof(port->line.devices[0].name)];
		const struct schema_node device = schema_map_item(&devices, i, key, sizeof(key));

		if (port->line.device_count == BUS_DEVICE_MAX) {
			schema_complain(&devices, "more than %d devices", BUS_DEVICE_MAX);
			break;
		}
		load_device(setup, directory, &device, key, &port->line, problems);
	}
	schema_finish_map(map);
	setup->port_count++;
}

static void load_ports(struct setup *setup, const struct schema_node *root, const char *profiles,
		       struct schema_problems *problems)
{
	const struct schema_node ports = schema_child(root, "ports", true);

	for (size_t i = 0; i < schema_map_size(&ports); i++) {
		char key[sizeof(setup->ports[0].line.name)];
		const struct schema_node port = schema_map_item(&ports, i, key, sizeof(key));

		if (setup->port_count == SETUP_PORT_MAX) {
			schema_complain(&ports, "more than %d ports", SETUP_PORT_MAX);
			break;
		}
		load_port(setup, profiles, &port, key, problems);
	}
}

/* Find the device that @key of @map names. */
static bool find_device(const struct setup *setup, const struct schema_node *map, const char *key,
			enum profile_kind kind, struct setup_place *place)
{
	char name[24];

	schema_string(map, key, name, sizeof(name), "", true);
	if (name[0] == '\0') {
		return false; /* reported */
	}
	for (unsigned int p = 0; p < setup->port_count; p++) {
		const struct bus_line_config *line = &setup->ports[p].line;

		for (unsigned int d = 0; d < line->device_count; d++) {
			if (strcmp(line->devices[d].name, name) != 0) {
				continue;
			}
			if (line->devices[d].profile->kind != kind) {
				schema_complain(map, "%s: \"%s\" is not a %s", key, name,
						kind == PROFILE_KIND_DRIVE ? "drive"
									   : "temperature module");
				return false;
			}
			place->port = (uint8_t)p;
			place->device = (uint8_t)d;
			return true;
		}
	}
	schema_complain(map, "%s: no device \"%s\" under ports", key, name);
	return false;
}

/* The core's index of the drive at @place, given out in the order of first use. */
static uint8_t drive_index(struct setup *setup, struct setup_place place,
			   const struct schema_node *map)
{
	for (unsigned int i = 0; i < setup->drive_count; i++) {
		if (setup->drive[i].port == place.port && setup->drive[i].device == place.device) {
			return (uint8_t)i;
		}
	}
	if (setup->drive_count == DRIVE_COUNT) {
		schema_complain(map, "more than %d drives", DRIVE_COUNT);
		return 0;
	}
	setup->drive[setup->drive_count] = place;
	return setup->drive_count++;
}

static void load_limits(struct setup *setup, const struct schema_node *map, unsigned int roller,
			enum axis_kind kind, const struct setup_axis *axis, float spring_n)
{
	struct bus_device_config *device =
		&setup->ports[axis->place.port].line.devices[axis->place.device];
	const unsigned int motor = axis->place.channel;
	const float work_a = number(map, "work_limit_a", 0.1, 30.0);
	const float homing_a = number(map, "homing_limit_a", 0.1, 30.0);

	if (device->work_limit_a[motor] > 0.0f) {
		schema_complain(map, "this motor of %s already moves another axis", device->name);
	}
	device->work_limit_a[motor] = work_a;
	setup->core.roller[roller].axis[kind].limit_n = work_a * axis->n_per_a;
	device->homing_limit_a[motor] = homing_a;
	if (homing_a > work_a) {
		schema_complain(map, "homing_limit_a must not be above work_limit_a");
	}
	if (kind == AXIS_DEPTH && work_a * axis->n_per_a - spring_n > LIMIT_FORCE_TRIP_N) {
		schema_complain(map,
				"work_limit_a allows %.1f N at the roller; the compiled limit is "
				"%.0f N: lower it to %.1f A or less",
				(double)(work_a * axis->n_per_a - spring_n),
				(double)LIMIT_FORCE_TRIP_N,
				(double)((LIMIT_FORCE_TRIP_N + spring_n) / axis->n_per_a));
	}
}

static void load_axis(struct setup *setup, const struct schema_node *map, unsigned int roller,
		      enum axis_kind kind, float spring_n)
{
	static const char *const motors[] = { "left", "right" };
	struct axis_config *core = &setup->core.roller[roller].axis[kind];
	struct setup_axis *axis = &setup->axis[AXIS(roller, kind)];
	const bool found = find_device(setup, map, "drive", PROFILE_KIND_DRIVE, &axis->place);

	axis->place.channel = (uint8_t)schema_word(map, "motor", motors, 2, 0, true);
	axis->counts_per_rev =
		(float)schema_number(map, "counts_per_rev", 1, 1e6, COUNTS_PER_REV, false);
	if (kind == AXIS_KNEAD) {
		axis->per_rev = 1.0f / number(map, "gear", 1, 1000);
		axis->n_per_a = 1.0f;
		core->speed_max = number(map, "speed_max_rpm", 1, (double)LIMIT_KNEAD_RPM);
	} else {
		axis->per_rev = number(map, "mm_per_rev", 0.1, 100);
		axis->n_per_a = number(map, "n_per_a", 0.1, 1000);
		core->range_mm = number(map, "range_mm", 5, 1000);
		core->speed_max = number(map, "speed_max_mm_s", 1, (double)LIMIT_SPEED_MM_S);
		core->homing_mm_s = number(map, "homing_mm_s", 1, (double)LIMIT_SPEED_MM_S);
	}
	if (schema_bool(map, "inverted", false, false)) {
		axis->per_rev = -axis->per_rev;
	}
	if (found) {
		core->drive = drive_index(setup, axis->place, map);
		load_limits(setup, map, roller, kind, axis, spring_n);
	}
	schema_finish_map(map);
}

static void load_rollers(struct setup *setup, const struct schema_node *root)
{
	const struct schema_node rollers = schema_child(root, "rollers", true);

	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		const struct schema_node map =
			schema_child(&rollers, roller_name((enum roller)r), true);
		struct roller_config *core = &setup->core.roller[r];

		if (!schema_present(&map)) {
			continue;
		}
		core->spring_n = number(&map, "spring_n", 1, 30);
		core->spring_n_mm = number(&map, "spring_n_mm", 0, 5);
		core->inner_share = (float)schema_number(&map, "inner_share", 0, 1, 0, false);
		for (unsigned int k = 0; k < AXIS_KIND_COUNT; k++) {
			const struct schema_node axis =
				schema_child(&map, axis_kind_name((enum axis_kind)k), true);

			if (schema_present(&axis)) {
				load_axis(setup, &axis, r, (enum axis_kind)k, core->spring_n);
			}
		}
		schema_finish_map(&map);
	}
	schema_finish_map(&rollers);
}

static void load_zones(struct setup *setup, const struct schema_node *root)
{
	const struct schema_node zones = schema_child(root, "zones", true);
	const char *rollers[ROLLER_COUNT];
	const char *pads[PAD_COUNT];

	fill_words(rollers, ROLLER_COUNT, roller_word);
	fill_words(pads, PAD_COUNT, pad_word);
	for (unsigned int z = 0; z < ZONE_COUNT; z++) {
		const struct schema_node map = schema_child(&zones, zone_name((enum zone)z), true);
		struct zone_config *zone = &setup->core.zone[z];
		float range_mm;

		if (!schema_present(&map)) {
			continue;
		}
		zone->roller =
			(enum roller)schema_word(&map, "roller", rollers, ROLLER_COUNT, 0, true);
		zone->pad = (enum pad)schema_word(&map, "pad", pads, PAD_COUNT, 0, true);
		zone->from_mm = number(&map, "from_mm", 0, 1000);
		zone->to_mm = number(&map, "to_mm", 0, 1000);
		range_mm = setup->core.roller[zone->roller].axis[AXIS_TRAVEL].range_mm;
		if (zone->to_mm < zone->from_mm + 20.0f || zone->to_mm > range_mm - 5.0f) {
			schema_complain(&map,
					"to_mm must be at least 20 above from_mm and 5 below the "
					"roller's range of %.0f mm",
					(double)range_mm);
		}
		schema_finish_map(&map);
	}
	schema_finish_map(&zones);
}

static void load_channel(struct setup *setup, const struct schema_node *pad, const char *key,
			 struct setup_place *place)
{
	const struct schema_node map = schema_child(pad, key, true);

	if (schema_present(&map)) {
		(void)find_device(setup, &map, "device", PROFILE_KIND_TEMPERATURE, place);
		place->channel =
			(uint8_t)(schema_integer(&map, "channel", 1, BUS_VALUE_MAX, 1, true) - 1);
		schema_finish_map(&map);
	}
}

static void load_pads(struct setup *setup, const struct schema_node *root)
{
	const struct schema_node pads = schema_child(root, "pads", true);

	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		const struct schema_node map = schema_child(&pads, pad_name((enum pad)p), true);
		struct setup_place *sensor = setup->sensor[p];

		if (!schema_present(&map)) {
			continue;
		}
		load_channel(setup, &map, "a", &sensor[0]);
		load_channel(setup, &map, "b", &sensor[1]);
		if (sensor[0].port == sensor[1].port && sensor[0].device == sensor[1].device) {
			schema_complain(&map, "a and b must be on different modules: two channels "
					      "of one module fail together");
		}
		schema_finish_map(&map);
	}
	schema_finish_map(&pads);
}

static void load_force(struct setup *setup, const struct schema_node *root)
{
	const struct schema_node map = schema_child(root, "force", true);
	const struct schema_node levels = schema_child(&map, "levels_n", true);
	struct force_config *force = &setup->core.force;

	if (schema_length(&levels) != LEVEL_MAX) {
		schema_complain(&levels, "needs %d values, one a level", LEVEL_MAX);
	} else {
		for (unsigned int l = 1; l <= LEVEL_MAX; l++) {
			const struct schema_node item = schema_item(&levels, l - 1);

			/* Levels are those of the safety case; a chair may only be gentler. */
			force->level_n[l] = (float)schema_node_number(&item, 1, 2.0 + 4.0 * l, 1);
			if (force->level_n[l] <= force->level_n[l - 1]) {
				schema_complain(&item, "must be above the level before it");
			}
		}
	}
	force->approach_mm_s = number(&map, "approach_mm_s", 1, 10);
	force->retract_mm_s = number(&map, "retract_mm_s", 20, (double)LIMIT_SPEED_MM_S);
	force->follow_mm_s = number(&map, "follow_mm_s", 1, 20);
	force->gain_mm_s_n = number(&map, "gain_mm_s_n", 0.1, 3);
	force->rate_n_s = number(&map, "rate_n_s", 0.2, 4);
	force->contact_n = number(&map, "contact_n", 0.5, 5);
	force->clear_mm = number(&map, "clear_mm", 0.5, 5);
	force->travel_mm_s2 = number(&map, "travel_mm_s2", 5, 200);
	force->homing_n_depth = number(&map, "homing_n_depth", 2, 30);
	force->homing_n_travel = number(&map, "homing_n_travel", 2, 60);
	schema_finish_map(&map);
}

static void load_techniques(struct setup *setup, const struct schema_node *root)
{
	const struct schema_node map = schema_child(root, "techniques", true);

	for (unsigned int t = TECHNIQUE_REST + 1; t < TECHNIQUE_COUNT; t++) {
		const struct schema_node node =
			schema_child(&map, technique_name((enum technique)t), true);
		struct technique_config *tech = &setup->core.technique[t];
		const bool reaches = t == TECHNIQUE_PRESS || t == TECHNIQUE_ROLL;
		const bool press = t == TECHNIQUE_PRESS;

		if (!schema_present(&node)) {
			continue;
		}
		tech->travel_mm_s = number(&node, "travel_mm_s", 1, 45);
		tech->knead_rpm = number(&node, "knead_rpm", 0, 30);
		tech->reach_mm = (float)schema_number(&node, "reach_mm", 5, 100, 25, reaches);
		tech->hold_s = (float)schema_number(&node, "hold_s", 5, 45, 20, press);
		tech->release_s = (float)schema_number(&node, "release_s", 1, 20, 4, press);
		tech->release_factor =
			(float)schema_number(&node, "release_factor", 0.2, 0.8, 0.5, press);
		schema_finish_map(&node);
	}
	schema_finish_map(&map);
}

/* A homing limit must be able to reach the force that tells the stop. */
static void check_homing(const struct setup *setup, const struct schema_node *root)
{
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		const enum axis_kind kind = (enum axis_kind)(a % AXIS_KIND_COUNT);
		const struct setup_axis *axis = &setup->axis[a];
		const struct bus_device_config *device =
			&setup->ports[axis->place.port].line.devices[axis->place.device];
		const float reach_n = device->homing_limit_a[axis->place.channel] * axis->n_per_a;
		const float stop_n = kind == AXIS_DEPTH ? setup->core.force.homing_n_depth
							: setup->core.force.homing_n_travel;
		const enum roller roller = (enum roller)(a / AXIS_KIND_COUNT);
		const float spring_n = setup->core.roller[roller].spring_n;

		if (kind != AXIS_KNEAD && reach_n < stop_n * 1.2f) {
			schema_complain(
				root,
				"rollers.%s.%s: homing_limit_a reaches %.1f N, but the stop "
				"is felt at %.1f N: make it 1.2 times that or more",
				roller_name(roller), axis_kind_name(kind), (double)reach_n,
				(double)stop_n);
		}
		if (kind == AXIS_DEPTH && reach_n - spring_n > LIMIT_SCAN_N * 1.001f) {
			schema_complain(root,
					"rollers.%s.depth: homing_limit_a lets a roller that looks "
					"for the body press with %.1f N, the limit is %.0f N",
					roller_name(roller), (double)(reach_n - spring_n),
					(double)LIMIT_SCAN_N);
		}
	}
}

static void load_programs(struct setup *setup, const struct schema_node *root,
			  struct schema_problems *problems)
{
	const struct schema_node map = schema_child(root, "programs", true);
	char directory[128];
	char name[32];
	char path[SETUP_PATH_MAX];
	int index;

	schema_string(&map, "directory", directory, sizeof(directory), "", true);
	schema_string(&map, "default", name, sizeof(name), "", true);
	schema_finish_map(&map);
	if (directory[0] == '/') {
		(void)snprintf(path, sizeof(path), "%s", directory);
	} else {
		(void)snprintf(path, sizeof(path), "%s/%s", setup->directory, directory);
	}
	(void)snprintf(setup->content, sizeof(setup->content), "%.*s/..",
		       (int)sizeof(setup->content) - 4, path);
	program_files_load(path, setup, problems);
	index = setup_find_program(setup, name);
	if (index < 0) {
		schema_complain(&map, "default: there is no program \"%s\" in %s", name, path);
	} else {
		setup->core.default_program = (uint8_t)index;
	}
}

/* When to look at what wears; it may be left out as a whole or in part. */
static void load_care(struct setup *setup, const struct schema_node *root)
{
	const struct schema_node care = schema_child(root, "care", false);

	for (unsigned int k = 0; k < WEAR_KIND_COUNT; k++) {
		const char *name = wear_kind_row((enum wear_kind)k)->name;
		const struct schema_node map = schema_child(&care, name, false);

		for (unsigned int i = 0; i < WEAR_LIMIT_COUNT; i++) {
			const struct wear_limit_row *row = &wear_limits[i];

			if (row->kind == (enum wear_kind)k) {
				setup->wear_limit[i] =
					schema_number(&map, wear_counter_name(row->counter), 1.0,
						      row->max, row->limit, false);
			}
		}
		schema_finish_map(&map);
	}
	schema_finish_map(&care);
}

/* A motor that moves nothing gets the smallest current there is. */
static void limit_unused_motors(struct bus_device_config *device)
{
	for (unsigned int m = 0; m < DRIVE_MOTORS; m++) {
		if (device->work_limit_a[m] <= 0.0f) {
			device->work_limit_a[m] = UNUSED_MOTOR_A;
			device->homing_limit_a[m] = UNUSED_MOTOR_A;
		}
	}
}

static void finish_devices(struct setup *setup, uint16_t comm_timeout_ms)
{
	for (unsigned int p = 0; p < setup->port_count; p++) {
		for (unsigned int d = 0; d < setup->ports[p].line.device_count; d++) {
			setup->ports[p].line.devices[d].comm_timeout_ms = comm_timeout_ms;
			limit_unused_motors(&setup->ports[p].line.devices[d]);
		}
	}
}

static void load_all(struct setup *setup, const struct schema_node *root, const char *profiles,
		     struct schema_problems *problems)
{
	const struct schema_node heat = schema_child(root, "heat", true);
	const struct schema_node session = schema_child(root, "session", true);
	const uint16_t timeout_ms =
		(uint16_t)schema_integer(root, "comm_timeout_ms", 150, 1000, 300, true);

	schema_string(root, "chair", setup->chair, sizeof(setup->chair), "chair", true);
	if (strspn(setup->chair, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(setup->chair)) {
		schema_complain(root, "chair: only a-z, 0-9 and - are allowed");
	}
	schema_string(root, "storage", setup->storage, sizeof(setup->storage), SETUP_STORAGE,
		      false);
	load_gpio(root, &setup->gpio);
	load_ports(setup, root, profiles, problems);
	load_rollers(setup, root);
	load_zones(setup, root);
	load_pads(setup, root);
	load_force(setup, root);
	load_techniques(setup, root);
	/* A wrong limit falls back to the widest, so that programs are not blamed for it too. */
	setup->core.set_max_c = (float)schema_number(
		&heat, "set_max_c", 30, (double)LIMIT_SETPOINT_C, (double)LIMIT_SETPOINT_C, true);
	schema_finish_map(&heat);
	setup->core.session_max_s =
		60U * (uint32_t)schema_integer(&session, "max_minutes", 1,
					       LIMIT_SESSION_US / S_US / 60, 1, true);
	schema_finish_map(&session);
	load_care(setup, root);
	load_programs(setup, root, problems);
	schema_finish_map(root);
	finish_devices(setup, timeout_ms);
	if (problems->count == 0) {
		check_homing(setup, root);
	}
}

int setup_load(const char *path, const char *profiles, struct setup *ret,
	       struct schema_problems *problems)
{
	const char *slash = strrchr(path, '/');
	struct schema_file *file;
	struct schema_node root;

	assert(ret != NULL);
	assert(problems != NULL);

	memset(ret, 0, sizeof(*ret));
	(void)snprintf(ret->directory, sizeof(ret->directory), "%.*s",
		       slash == NULL ? 1 : (int)(slash - path), slash == NULL ? "." : path);
	if (schema_open(path, problems, &file) < 0) {
		return -EINVAL;
	}
	root = schema_root(file);
	load_all(ret, &root, profiles, problems);
	schema_close(file);
	return problems->count == 0 ? 0 : -EINVAL;
}

int setup_load_gpio(const char *path, struct gpio_config *ret, struct schema_problems *problems)
{
	struct schema_file *file;
	struct schema_node root;

	assert(ret != NULL);
	assert(problems != NULL);

	memset(ret, 0, sizeof(*ret));
	if (schema_open(path, problems, &file) < 0) {
		return -EINVAL;
	}
	root = schema_root(file);
	load_gpio(&root, ret);
	schema_close(file);
	return problems->count == 0 ? 0 : -EINVAL;
}

int setup_find_program(const struct setup *setup, const char *id)
{
	for (unsigned int i = 0; i < setup->core.program_count; i++) {
		if (strcmp(setup->core.programs[i].id, id) == 0) {
			return (int)i;
		}
	}
	return -ENOENT;
}

const char *setup_device_name(const struct setup *setup, struct setup_place place)
{
	return setup->ports[place.port].line.devices[place.device].name;
}
