/* SPDX-License-Identifier: MIT */
#include "documents.h"

#include "program.h"
#include "program_file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* One or two decimals are what the sensors give; more would only make documents differ. */
static json_t *rounded(float value, double steps)
{
	return json_real(round((double)value * steps) / steps);
}

static json_t *known(bool valid, float value, double steps)
{
	return valid ? rounded(value, steps) : json_null();
}

static json_int_t seconds_up(uint64_t us)
{
	return (json_int_t)((us + S_US - 1) / S_US);
}

void document_time(char text[32])
{
	struct timespec now;
	struct tm utc;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &utc);
	(void)strftime(text, 32, "%Y-%m-%dT%H:%M:%S",
		       &utc); /* 19 characters for this century's years */
	(void)snprintf(text + 19, 32 - 19, ".%03uZ", (unsigned int)(now.tv_nsec / 1000000) % 1000U);
}

static json_t *devices_missing(const struct control_snapshot *s, const struct setup *setup)
{
	json_t *list = json_array();

	for (unsigned int p = 0; p < setup->port_count; p++) {
		const struct bus_port_config *port = &setup->ports[p];

		for (unsigned int d = 0; d < port->line.device_count; d++) {
			const struct bus_device_config *device = &port->line.devices[d];
			const enum bus_stage stage = s->line[p].device[d].stage;
			char text[320];

			if (stage == BUS_STAGE_READY) {
				continue;
			}
			(void)snprintf(text, sizeof(text),
				       "%s on port %s (%s), %s at address %u, %u baud: %s",
				       device->name, port->line.name, port->path,
				       device->profile->name, device->address, port->line.baud,
				       !s->port_open[p]		   ? "the port cannot be opened"
				       : stage == BUS_STAGE_SILENT ? "no answer"
				       : stage == BUS_STAGE_CONFIGURING
					       ? "being configured"
					       : "refused its configuration");
			(void)json_array_append_new(list, json_string(text));
		}
	}
	return list;
}

static void name_drive(const struct control_snapshot *s, const struct setup *setup, unsigned int d,
		       char *text, size_t size)
{
	const uint16_t fault = s->in.drive[d].fault;
	const int n = snprintf(text, size, "%s", setup_device_name(setup, setup->drive[d]));

	if (fault != 0 && n > 0 && (size_t)n < size) {
		(void)snprintf(text + n, size - (size_t)n, ": fault bits 0x%04x", fault);
	}
}

/* What a bit of interlock.where means for a cause. Returns false past the last part. */
static bool name_part(enum cause cause, const struct control_snapshot *s, const struct setup *setup,
		      unsigned int part, char *text, size_t size)
{
	switch ((int)cause) {
	case CAUSE_DRIVE_FAULT:
		if (part < setup->drive_count) {
			name_drive(s, setup, part, text, size);
			return true;
		}
		return false;
	case CAUSE_STALL:
	case CAUSE_NO_MOTION:
	case CAUSE_WRONG_WAY:
	case CAUSE_DWELL:
	case CAUSE_FORCE_HIGH:
		if (part < AXIS_COUNT) {
			(void)snprintf(text, size, "%s %s",
				       roller_name((enum roller)(part / AXIS_KIND_COUNT)),
				       axis_kind_name((enum axis_kind)(part % AXIS_KIND_COUNT)));
		}
		return part < AXIS_COUNT;
	case CAUSE_PAD_HOT:
	case CAUSE_SSR_WELDED:
	case CAUSE_SENSOR_IMPLAUSIBLE:
	case CAUSE_SENSORS_DISAGREE:
	case CAUSE_SENSOR_FROZEN:
	case CAUSE_NOT_HEATING:
	case CAUSE_DOSE:
		if (part < PAD_COUNT) {
			(void)snprintf(text, size, "pad %s", pad_name((enum pad)part));
		}
		return part < PAD_COUNT;
	case CAUSE_PROOF:
		if (part == PROOF_PADS) {
			(void)snprintf(text, size, "pads: %s warms with every relay off",
				       pad_name((enum pad)s->proof.warm_pad));
		} else if (part < PROOF_ITEM_COUNT) {
			(void)snprintf(text, size, "%s", proof_item_name((enum proof_item)part));
		}
		return part < PROOF_ITEM_COUNT;
	default:
		return false;
	}
}

/* Details that name the part. */
static json_t *cause_details(enum cause cause, const struct control_snapshot *s,
			     const struct setup *setup)
{
	json_t *list;
	char text[96];

	if (cause == CAUSE_DEVICE_MISSING || cause == CAUSE_DRIVE_SILENT ||
	    cause == CAUSE_DRIVE_REFUSED || cause == CAUSE_SENSOR_SILENT) {
		return devices_missing(s, setup);
	}
	list = json_array();
	for (unsigned int part = 0;
	     part < 32 && name_part(cause, s, setup, part, text, sizeof(text)); part++) {
		/* of the proof, only what it stands at */
		if ((s->interlock.where[cause] >> part & 1U) != 0 &&
		    (cause != CAUSE_PROOF || part == (unsigned int)s->proof.item)) {
			(void)json_array_append_new(list, json_string(text));
		}
	}
	return list;
}

static json_t *document_cause(enum cause cause, const struct control_snapshot *s,
			      const struct setup *setup)
{
	const struct cause_row *row = fault_row(cause);
	const uint64_t bit = CAUSE_BIT(cause);

	return json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:I, s:s, s:o}", "code", row->code,
			 "cause", row->name, "effect", effect_name(row->effect), "active",
			 (s->interlock.active & bit) != 0, "latched",
			 (s->interlock.latched & bit) != 0, "first_out",
			 s->interlock.latched != 0 && s->interlock.first_out == cause, "age_s",
			 (json_int_t)((s->now_us - s->interlock.since_us[cause]) / S_US), "text",
			 row->text, "details", cause_details(cause, s, setup));
}

/* What only keeps a start or the heat from coming, and passes by itself, is no fault. */
static bool only_inhibits(const struct cause_row *row)
{
	return row->effect == EFFECT_INHIBIT || (row->effect == EFFECT_HEAT_OFF && !row->latched);
}

/* Causes in force: those that only inhibit, or the others. */
static json_t *causes(const struct control_snapshot *s, const struct setup *setup, bool inhibits)
{
	json_t *list = json_array();

	for (unsigned int c = 0; c < CAUSE_COUNT; c++) {
		const struct cause_row *row = fault_row((enum cause)c);

		if (((s->interlock.active | s->interlock.latched) & CAUSE_BIT(c)) != 0 &&
		    only_inhibits(row) == inhibits) {
			(void)json_array_append_new(list, document_cause((enum cause)c, s, setup));
		}
	}
	return list;
}

json_t *document_faults(const struct control_snapshot *s)
{
	json_t *list = json_array();

	for (unsigned int c = 0; c < CAUSE_COUNT; c++) {
		const struct cause_row *row = fault_row((enum cause)c);

		(void)json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:s, s:s, s:s}", "code",
				  row->code, "cause", row->name, "effect", effect_name(row->effect),
				  "latches", row->latched, "active",
				  (s->interlock.active & CAUSE_BIT(c)) != 0, "latched",
				  (s->interlock.latched & CAUSE_BIT(c)) != 0, "text", row->text,
				  "technician", row->technician, "clears", row->clears));
	}
	return list;
}

static json_t *document_phase(const struct session *session, const struct program *program)
{
	const struct program_phase *phase;

	if (session->phase >= program->phase_count) {
		return json_null();
	}
	phase = &program->phases[session->phase];
	return json_pack("{s:s, s:i, s:i, s:s, s:I}", "name", phase->name, "index",
			 (int)session->phase, "count", program->phase_count, "technique",
			 technique_name(program_technique(phase, session->now.limits.gentle)),
			 "remaining_s", seconds_up(session->phase_left_us));
}

static void put_session(json_t *doc, const struct control_snapshot *s, const struct setup *setup)
{
	const struct session *session = &s->session;
	const struct session_choice *now = &session->now;
	uint64_t left_us = 0;
	json_t *levels = json_object();

	for (unsigned int z = 0; z < ZONE_COUNT; z++) {
		if (s->zone_level[z] != 0) {
			(void)json_object_set_new(levels, zone_name((enum zone)z),
						  json_integer(s->zone_level[z]));
		}
	}
	(void)json_object_set_new(doc, "levels", levels);
	(void)json_object_set_new(doc, "level", json_integer(session->level));
	(void)json_object_set_new(doc, "level_aim", json_integer(now->level));
	if (!session->running) {
		(void)json_object_set_new(doc, "program", json_null());
		(void)json_object_set_new(doc, "side", json_null());
		(void)json_object_set_new(doc, "phase", json_null());
		(void)json_object_set_new(doc, "progress_pct", json_integer(0));
		(void)json_object_set_new(doc, "remaining_s", json_integer(0));
		return;
	}
	if (now->duration_us > now->elapsed_us) {
		left_us = now->duration_us - now->elapsed_us;
	}
	(void)json_object_set_new(doc, "program",
				  json_string(setup->core.programs[now->program].id));
	(void)json_object_set_new(doc, "side", json_string(side_name(now->side)));
	(void)json_object_set_new(doc, "phase",
				  document_phase(session, &setup->core.programs[now->program]));
	(void)json_object_set_new(
		doc, "progress_pct",
		json_integer((json_int_t)(100 - left_us * 100 / now->duration_us)));
	(void)json_object_set_new(doc, "remaining_s", json_integer(seconds_up(left_us)));
}

static json_t *document_scan(const struct control_snapshot *s)
{
	const struct scan *scan = &s->scan;

	return json_pack("{s:s, s:b}", "result", scan_result_name(scan->result), "running",
			 scan->wanted && scan->result == SCAN_NONE && s->session.running &&
				 s->session.state == STATE_HOMING);
}

static json_t *document_spot(const struct session *session, const struct setup *setup)
{
	const struct program *program = &setup->core.programs[session->now.program];

	if (!session->running || session->phase >= program->phase_count ||
	    !program->phases[session->phase].steered || !session->now.spot_chosen) {
		return json_null();
	}
	return json_pack("{s:s, s:o}", "zone", zone_name(session->now.spot_zone), "spot",
			 rounded(session->now.spot, 100.0));
}

/* Where the zones are on this body, or as configured before a scan. */
static json_t *document_zones(const struct control_snapshot *s)
{
	json_t *zones = json_object();

	for (unsigned int z = 0; z < ZONE_COUNT; z++) {
		const struct zone_config *zone = &s->zone[z];

		(void)json_object_set_new(
			zones, zone_name((enum zone)z),
			json_pack("{s:s, s:o, s:o}", "roller", roller_name(zone->roller), "from_mm",
				  rounded(zone->from_mm, 1.0), "to_mm", rounded(zone->to_mm, 1.0)));
	}
	return zones;
}

int document_add_person(json_t *document, const struct control_snapshot *s,
			const struct setup *setup)
{
	const struct person_limits limits =
		s->session.running ? s->session.now.limits
				   : guest_limits(&s->in.person, setup->core.set_max_c);
	json_t *doc = json_pack("{s:b, s:i, s:b, s:b}", "checked_in", s->in.person.checked_in,
				"level_max", limits.level_max, "gentle", limits.gentle,
				"heat_allowed", limits.heat_max_c > 0.0f);

	if (json_object_set_new(document, "limits", doc) != 0 ||
	    json_object_set_new(document, "spot", document_spot(&s->session, setup)) != 0 ||
	    json_object_set_new(document, "zones", document_zones(s)) != 0) {
		return -1;
	}
	return 0;
}

void document_drop_person(json_t *document)
{
	static const char *const keys[] = { "limits", "spot", "zones" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		(void)json_object_del(document, keys[i]); /* absent is as good */
	}
}

static json_t *document_choice(const struct session_choice *choice, const struct setup *setup,
			       uint64_t left_us, const char *kind)
{
	json_t *doc;

	if (!choice->chosen || left_us == 0) {
		return json_null();
	}
	doc = json_pack("{s:s, s:s, s:I, s:I}", "program", setup->core.programs[choice->program].id,
			"side", side_name(choice->side), "remaining_s",
			seconds_up(choice->duration_us - choice->elapsed_us), "expires_s",
			seconds_up(left_us));
	if (kind != NULL) {
		(void)json_object_set_new(doc, "kind", json_string(kind));
	}
	return doc;
}

static uint64_t left(uint64_t until_us, uint64_t now_us)
{
	return until_us > now_us ? until_us - now_us : 0;
}

static json_t *document_heat(const struct control_snapshot *s)
{
	json_t *pads = json_object();
	float set_c = 0.0f;
	bool on = false;
	bool warned = false;

	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		const bool heating = (s->out.coils >> (COIL_SSR_LOWER_BACK + p) & 1U) != 0;
		const float temp_c = s->in.sensor[p][0].temp_c > s->in.sensor[p][1].temp_c
					     ? s->in.sensor[p][0].temp_c
					     : s->in.sensor[p][1].temp_c;
		const bool valid = s->in.sensor[p][0].quality == QUALITY_GOOD &&
				   s->in.sensor[p][1].quality == QUALITY_GOOD &&
				   s->now_us - s->in.sensor[p][0].stamp_us < LIMIT_SENSOR_AGE_US &&
				   s->now_us - s->in.sensor[p][1].stamp_us < LIMIT_SENSOR_AGE_US;

		if (s->set_c[p] > set_c) {
			set_c = s->set_c[p];
		}
		on = on || s->set_c[p] > 0.0f;
		warned = warned || s->pad[p].dose.sum_cem43 >= LIMIT_DOSE_WARN_CEM43;
		(void)json_object_set_new(
			pads, pad_name((enum pad)p),
			json_pack("{s:o, s:b, s:o, s:o}", "pad_c", known(valid, temp_c, 2.0),
				  "heating", heating, "set_c", rounded(s->set_c[p], 10.0),
				  "dose_cem43", rounded(s->pad[p].dose.sum_cem43, 100.0)));
	}
	return json_pack("{s:b, s:o, s:b, s:o}", "on", on, "set_c", rounded(set_c, 10.0),
			 "dose_warning", warned, "pads", pads);
}

static json_t *document_proof(const struct control_snapshot *s)
{
	static const char *const results[] = { "pending", "passed", "failed" };
	json_t *items = json_object();

	for (unsigned int i = 0; i < PROOF_ITEM_COUNT; i++) {
		const uint64_t at_us = s->proof.at_us[i];

		(void)json_object_set_new(
			items, proof_item_name((enum proof_item)i),
			json_pack("{s:s, s:o}", "result", results[s->proof.result[i]], "age_s",
				  at_us == 0 ? json_null()
					     : json_integer(
						       (json_int_t)((s->now_us - at_us) / S_US))));
	}
	return json_pack("{s:b, s:o}", "passed", s->proof.item == PROOF_ITEM_COUNT, "items", items);
}

/* Every drive is enabled, under its homing limit: a jog moves at once. */
static bool is_ready_to_jog(const struct control_snapshot *s)
{
	bool ready = true;

	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		ready = ready && s->in.drive[d].enabled &&
			s->in.drive[d].limit == DRIVE_LIMIT_HOMING;
	}
	return ready;
}

/* What a technician does, what becomes of the axis that was told last, and for how long the lease
 * lasts; null when nobody does. */
static json_t *document_service(const struct control_snapshot *s)
{
	static const char *const works[] = { "none", "jog", "home", "heat" };
	const struct service *service = &s->session.service;
	const unsigned int kind = service->axis % AXIS_KIND_COUNT;
	const struct axis_input *axis = &s->in.axis[service->axis];
	const bool ready = is_ready_to_jog(s);
	char part[48] = "";

	if (s->session.state != STATE_SERVICE) {
		return json_null();
	}
	if (service->work == SERVICE_HEAT) {
		(void)snprintf(part, sizeof(part), "%s", pad_name(service->pad));
	} else if (service->work != SERVICE_NOTHING) {
		(void)snprintf(part, sizeof(part), "%s.%s",
			       roller_name((enum roller)(service->axis / AXIS_KIND_COUNT)),
			       axis_kind_name((enum axis_kind)(service->axis % AXIS_KIND_COUNT)));
	}
	return json_pack("{s:s, s:o, s:b, s:b, s:I, s:o, s:o, s:o}", "work", works[service->work],
			 "part", part[0] == '\0' ? json_null() : json_string(part), "stood",
			 service->stood, "ready", ready, "expires_s",
			 (json_int_t)(left(service->expires_us, s->now_us) / S_US), "moved",
			 known(ready, axis->pos - service->from, 10.0), "speed",
			 known(ready, axis->speed, 10.0), "motor_n",
			 known(ready && kind != AXIS_KNEAD, axis->force_n, 10.0));
}

json_t *document_state(const struct control_snapshot *s, const struct setup *setup)
{
	const struct session *session = &s->session;
	json_t *doc = json_pack(
		"{s:s, s:s, s:s, s:b, s:{s:b, s:b, s:b, s:b}, s:o, s:o, s:o}", "schema",
		"chair.state/1", "chair", setup->chair, "state", session_state_name(session->state),
		"seat_occupied", switch_is_on(s->in.switches, SWITCH_SEAT_OCCUPIED), "permits",
		"power", s->permits.power, "motion", s->permits.press, "heat", s->permits.heat,
		"start", s->permits.start && session->state == STATE_READY, "heat",
		document_heat(s), "inhibits", causes(s, setup, true), "faults",
		causes(s, setup, false));

	if (doc == NULL) {
		return NULL;
	}
	put_session(doc, s, setup);
	(void)json_object_set_new(doc, "heat_only",
				  json_boolean(session->running && session->now.heat_only));
	(void)json_object_set_new(doc, "service", document_service(s));
	(void)json_object_set_new(doc, "scan", document_scan(s));
	(void)json_object_set_new(doc, "child_lock", json_boolean(s->in.child_lock));
	(void)json_object_set_new(doc, "proof", document_proof(s));
	(void)json_object_set_new(doc, "ask",
				  document_choice(&session->ask, setup,
						  left(session->ask_us + LIMIT_ASK_US, s->now_us),
						  session->ask_is_resume ? "resume" : "start"));
	(void)json_object_set_new(doc, "resume",
				  document_choice(&session->rest, setup,
						  left(session->rest_until_us, s->now_us), NULL));
	return doc;
}

int document_stamp(json_t *document, const struct control_snapshot *s, uint64_t started_us)
{
	char text[32];

	document_time(text);
	return json_object_set_new(document, "seq", json_integer((json_int_t)s->cycles)) != 0 ||
			       json_object_set_new(document, "time", json_string(text)) != 0 ||
			       json_object_set_new(
				       document, "uptime_s",
				       json_integer(
					       (json_int_t)((s->now_us - started_us) / S_US))) != 0
		       ? -1
		       : 0;
}

static json_t *document_roller(const struct control_snapshot *s, const struct setup *setup,
			       unsigned int r)
{
	const struct roller_ctl *roller = &s->roller[r];
	const unsigned int drive = setup->core.roller[r].axis[AXIS_DEPTH].drive;
	const bool fresh = s->now_us - s->in.drive[drive].stamp_us < LIMIT_DRIVE_AGE_US;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "travel_mm",
			 known(fresh && roller->travel_homed, roller->travel_mm, 10.0), "depth_mm",
			 known(fresh && roller->depth_homed, roller->depth_mm, 10.0), "knead_rpm",
			 known(fresh, s->in.axis[AXIS(r, AXIS_KNEAD)].speed, 10.0), "force_n",
			 known(fresh && roller->depth_homed, roller->force_n, 10.0), "set_n",
			 rounded(roller->set_n, 10.0), "level_n", rounded(roller->level_n, 10.0),
			 "stage", roller_stage_name(roller->stage));
}

json_t *document_telemetry(const struct control_snapshot *s, const struct setup *setup)
{
	json_t *rollers = json_object();
	json_t *pads = json_object();
	json_t *bus = json_object();

	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		(void)json_object_set_new(rollers, roller_name((enum roller)r),
					  document_roller(s, setup, r));
	}
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		const struct sensor_input *ab = s->in.sensor[p];
		const bool a = ab[0].quality == QUALITY_GOOD &&
			       s->now_us - ab[0].stamp_us < LIMIT_SENSOR_AGE_US;
		const bool b = ab[1].quality == QUALITY_GOOD &&
			       s->now_us - ab[1].stamp_us < LIMIT_SENSOR_AGE_US;
		const bool heating = (s->out.coils >> (COIL_SSR_LOWER_BACK + p) & 1U) != 0;

		(void)json_object_set_new(
			pads, pad_name((enum pad)p),
			json_pack("{s:o, s:o, s:b}", "a_c", known(a, ab[0].temp_c, 10.0), "b_c",
				  known(b, ab[1].temp_c, 10.0), "heating", heating));
	}
	for (unsigned int p = 0; p < setup->port_count; p++) {
		uint64_t errors = 0;

		for (unsigned int d = 0; d < setup->ports[p].line.device_count; d++) {
			errors += s->line[p].stats[d].timeouts + s->line[p].stats[d].crc_errors;
		}
		(void)json_object_set_new(
			bus, setup->ports[p].line.name,
			json_pack("{s:b, s:o, s:I}", "open", s->port_open[p], "round_ms",
				  rounded((float)s->line[p].round_us / 1000.0f, 10.0), "errors",
				  (json_int_t)errors));
	}
	return json_pack("{s:s, s:o, s:o, s:o, s:{s:I, s:i, s:i}}", "schema", "chair.telemetry/1",
			 "rollers", rollers, "pads", pads, "bus", bus, "cycle", "count",
			 (json_int_t)s->cycles, "overruns", (int)s->interlock.overruns,
			 "late_max_us", (int)s->late_max_us);
}

static json_t *program_phases(const struct program *program)
{
	json_t *phases = json_array();

	for (unsigned int i = 0; i < program->phase_count; i++) {
		const struct program_phase *phase = &program->phases[i];
		json_t *zones = json_array();

		for (unsigned int z = 0; z < PART_COUNT; z++) {
			if ((phase->parts >> z & 1U) != 0) {
				(void)json_array_append_new(zones,
							    json_string(part_name((enum part)z)));
			}
		}
		(void)json_array_append_new(
			phases,
			json_pack("{s:s, s:o, s:s, s:i, s:i, s:o, s:b, s:o}", "name", phase->name,
				  "minutes", json_real(phase->duration_s / 60.0), "technique",
				  technique_name(phase->technique), "level", phase->level_offset,
				  "level_max", phase->level_max, "heat_c",
				  rounded(phase->heat_c, 10.0), "steered", phase->steered, "zones",
				  zones));
	}
	return phases;
}

static json_t *program_suits(const struct setup_program *texts)
{
	json_t *suits = json_array();

	for (unsigned int c = 0; c < SETUP_CAUSE_COUNT; c++) {
		if ((texts->suits >> c & 1U) != 0) {
			(void)json_array_append_new(suits, json_string(setup_cause_words[c]));
		}
	}
	return suits;
}

json_t *document_programs(const struct setup *setup)
{
	json_t *programs = json_array();

	for (unsigned int i = 0; i < setup->core.program_count; i++) {
		const struct program *program = &setup->core.programs[i];
		const struct setup_program *texts = &setup->programs[i];
		json_t *sides = json_array();

		for (unsigned int side = SIDE_LEFT; side < SIDE_COUNT; side++) {
			if ((program->sides >> side & 1U) != 0) {
				(void)json_array_append_new(
					sides, json_string(side_name((enum side)side)));
			}
		}
		(void)json_array_append_new(
			programs,
			json_pack("{s:s, s:{s:s, s:s}, s:{s:s, s:s}, s:s, s:o, s:o, s:o, s:o}",
				  "id", program->id, "title", "en", texts->title_en, "de",
				  texts->title_de, "summary", "en", texts->summary_en, "de",
				  texts->summary_de, "evidence", texts->evidence, "suits",
				  program_suits(texts), "sides", sides, "minutes",
				  json_real(program_duration_s(program) / 60.0), "phases",
				  program_phases(program)));
	}
	return json_pack("{s:o, s:s}", "programs", programs, "default",
			 setup->core.programs[setup->core.default_program].id);
}

json_t *document_io(const struct control_snapshot *s)
{
	const bool fresh = s->in.switches_stamp_us != 0 &&
			   s->now_us - s->in.switches_stamp_us <= LIMIT_SWITCHES_AGE_US;
	json_t *inputs = json_object();
	json_t *outputs = json_object();

	for (unsigned int i = 0; i < SWITCH_COUNT; i++) {
		(void)json_object_set_new(
			inputs, chair_switch_name((enum chair_switch)i),
			fresh ? json_boolean(switch_is_on(s->in.switches, (enum chair_switch)i))
			      : json_null());
	}
	for (unsigned int i = 0; i < COIL_COUNT; i++) {
		(void)json_object_set_new(outputs, chair_coil_name((enum chair_coil)i),
					  json_boolean((s->out.coils >> i & 1U) != 0));
	}
	return json_pack("{s:o, s:o}", "inputs", inputs, "outputs", outputs);
}

static json_t *age_ms(uint64_t now_us, uint64_t stamp_us)
{
	return stamp_us == 0 ? json_null() : rounded((float)(now_us - stamp_us) / 1000.0f, 10.0);
}

/* Addresses that a new one comes with. */
static json_t *factory(const struct profile *profile)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < profile->identity.factory_count; i++) {
		(void)json_array_append_new(list, json_integer(profile->identity.factory[i]));
	}
	return list;
}

/* Of both motors of a drive; null for what is no drive, or has not been heard lately. */
static json_t *document_current(const struct bus_device_config *config,
				const struct bus_device_image *image, uint64_t now_us)
{
	if (config->profile->kind != PROFILE_KIND_DRIVE || image->stamp_us == 0 ||
	    now_us - image->stamp_us > LIMIT_DRIVE_AGE_US) {
		return json_null();
	}
	return json_pack("[o, o]", rounded(image->current_a[0], 10.0),
			 rounded(image->current_a[1], 10.0));
}

static json_t *document_device(const struct control_snapshot *s, const struct setup *setup,
			       unsigned int p, unsigned int d)
{
	static const char *const stages[] = { "silent", "configuring", "ready", "refused" };
	const struct bus_device_config *config = &setup->ports[p].line.devices[d];
	const struct bus_device_image *image = &s->line[p].device[d];
	const struct bus_device_stats *stats = &s->line[p].stats[d];

	_Static_assert(sizeof(stages) / sizeof(stages[0]) == BUS_STAGE_COUNT, "a name for each");
	return json_pack("{s:s, s:s, s:i, s:o, s:i, s:b, s:s, s:b, s:s, s:I, s:I, s:I, s:I, s:I, "
			 "s:I, s:I, s:o, "
			 "s:o, s:o, s:o, s:o, s:o}",
			 "name", config->name, "profile", config->profile->name, "address",
			 config->address, "factory", factory(config->profile), "default_baud",
			 (int)config->profile->default_baud, "saves",
			 config->profile->identity.has_save, "stage", stages[image->stage],
			 "configured", image->configured, "bad_register", image->bad_register,
			 "requests", (json_int_t)stats->requests, "replies",
			 (json_int_t)stats->replies, "timeouts", (json_int_t)stats->timeouts,
			 "crc_errors", (json_int_t)stats->crc_errors, "exceptions",
			 (json_int_t)stats->exceptions, "mismatches", (json_int_t)stats->mismatches,
			 "reconfigured", (json_int_t)stats->reconfigured, "exchange_ms",
			 rounded((float)stats->exchange_us / 1000.0f, 10.0), "exchange_max_ms",
			 rounded((float)stats->exchange_max_us / 1000.0f, 10.0), "reply_max_ms",
			 rounded((float)stats->reply_max_us / 1000.0f, 10.0), "age_ms",
			 age_ms(s->now_us, image->stamp_us), "configured_age_ms",
			 age_ms(s->now_us, image->configured_us), "current_a",
			 document_current(config, image, s->now_us));
}

json_t *document_bus(const struct control_snapshot *s, const struct setup *setup)
{
	json_t *ports = json_array();

	for (unsigned int p = 0; p < setup->port_count; p++) {
		json_t *devices = json_array();

		for (unsigned int d = 0; d < setup->ports[p].line.device_count; d++) {
			(void)json_array_append_new(devices, document_device(s, setup, p, d));
		}
		(void)json_array_append_new(
			ports,
			json_pack("{s:s, s:s, s:b, s:i, s:o, s:o}", "name",
				  setup->ports[p].line.name, "path", setup->ports[p].path, "open",
				  s->port_open[p], "baud", (int)setup->ports[p].line.baud,
				  "round_ms", rounded((float)s->line[p].round_us / 1000.0f, 10.0),
				  "devices", devices));
	}
	return json_pack("{s:I, s:o}", "now_us", (json_int_t)s->now_us, "ports", ports);
}

static json_t *event_session(const char *kind, const struct session_choice *choice,
			     const struct setup *setup)
{
	return json_pack("{s:s, s:s, s:s, s:I}", "kind", kind, "program",
			 setup->core.programs[choice->program].id, "side", side_name(choice->side),
			 "seconds", (json_int_t)(choice->done_us / S_US));
}

#define NO_BODY_TEXT "No body was found where the rollers work. Please sit back and start again."

static json_t *event_ended(const struct chair_event *event, const struct setup *setup)
{
	json_t *doc = event_session("session_ended", &event->choice, setup);

	(void)json_object_set_new(doc, "ended", json_string(ended_name((enum ended)event->a)));
	if (event->a == ENDED_NO_BODY) {
		(void)json_object_set_new(doc, "text", json_string(NO_BODY_TEXT));
	}
	return doc;
}

static json_t *event_phase(const struct chair_event *event, const struct setup *setup)
{
	const struct program *program = &setup->core.programs[event->choice.program];

	if (event->a >= program->phase_count) {
		return NULL; /* the end: the session's own event follows */
	}
	return json_pack("{s:s, s:s, s:i, s:i}", "kind", "phase", "name",
			 program->phases[event->a].name, "index", (int)event->a, "count",
			 program->phase_count);
}

static json_t *event_body(const struct chair_event *event, const struct setup *setup)
{
	const struct cause_row *row;

	switch (event->kind) {
	case CHAIR_EVENT_STATE:
		return json_pack("{s:s, s:s, s:s}", "kind", "state", "from",
				 session_state_name((enum session_state)event->a), "to",
				 session_state_name((enum session_state)event->b));
	case CHAIR_EVENT_SESSION_STARTED:
		return event_session("session_started", &event->choice, setup);
	case CHAIR_EVENT_SESSION_ENDED:
		return event_ended(event, setup);
	case CHAIR_EVENT_PHASE:
		return event_phase(event, setup);
	case CHAIR_EVENT_CAUSE:
		row = fault_row((enum cause)event->a);
		return json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:s}", "kind", "cause", "cause",
				 row->name, "code", row->code, "effect", effect_name(row->effect),
				 "active", event->b != 0, "latched", row->latched, "text",
				 row->text);
	case CHAIR_EVENT_ACKNOWLEDGED:
		return json_pack("{s:s}", "kind", "acknowledged");
	case CHAIR_EVENT_ASK:
		return json_pack("{s:s, s:s, s:s}", "kind", "ask", "outcome",
				 ask_outcome_name((enum ask_outcome)event->a), "what",
				 event->b != 0 ? "resume" : "start");
	case CHAIR_EVENT_PROOF:
		return json_pack("{s:s, s:s, s:b}", "kind", "proof", "item",
				 proof_item_name((enum proof_item)event->a), "passed",
				 event->b != 0);
	case CHAIR_EVENT_BODY:
		return json_pack("{s:s, s:s}", "kind", "body", "result",
				 scan_result_name((enum scan_result)event->a));
	case CHAIR_EVENT_COMMAND: /* the server adds method and role */
	case CHAIR_EVENT_NONE:
	case CHAIR_EVENT_KIND_COUNT:
		break;
	}
	return NULL;
}

json_t *document_event(const struct control_event *event, const struct setup *setup, uint64_t id)
{
	json_t *doc = event_body(&event->event, setup);
	char text[32];

	if (doc != NULL) {
		document_time(text);
		(void)json_object_set_new(doc, "id", json_integer((json_int_t)id));
		(void)json_object_set_new(doc, "time", json_string(text));
	}
	return doc;
}
