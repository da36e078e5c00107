/* SPDX-License-Identifier: MIT */
#include "mqtt_discovery.h"

#include "../core/session.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An entity that takes its value out of the state document, or only sends. Keys as Home Assistant
 * names them; NULL: not given. */
struct entity {
	const char *key; /* also of its unique id and default entity id */
	const char *platform;
	const char *name;
	const char *value;   /* template over the state document */
	const char *command; /* set/<this> */
	const char *category;
	const char *device_class;
	const char *unit;
	const char *icon;
	bool full_only; /* tells what the person is treated for */
};

#define ANY_ACTIVE(causes)                                                                \
	"{{ 'OFF' if (value_json.faults + value_json.inhibits) | selectattr('active') | " \
	"selectattr('cause', 'in', [" causes "]) | list else 'ON' }}"

/* What somebody must acknowledge. An empty seat or a stop is in the faults, too, and no problem. */
#define LATCHED "(value_json.faults + value_json.inhibits) | selectattr('latched')"

/* clang-format off */
static const struct entity entities[] = {
	{ "state", "sensor", "State", "{{ value_json.state }}", NULL, NULL, "enum", NULL, "mdi:seat-recline-extra", false },
	{ "remaining", "sensor", "Remaining time", "{{ value_json.remaining_s }}", NULL, NULL, "duration", "s", NULL, false },
	{ "progress", "sensor", "Progress", "{{ value_json.progress_pct }}", NULL, NULL, NULL, "%", "mdi:progress-clock", false },
	{ "phase", "sensor", "Phase", "{{ value_json.phase.name if value_json.phase else 'none' }}", NULL, NULL, NULL, NULL, "mdi:playlist-play", true },
	{ "sessions_24h", "sensor", "Sessions in 24 hours", "{{ value_json.sessions_24h }}", NULL, NULL, NULL, NULL, "mdi:counter", false },
	{ "seat", "binary_sensor", "Seat", "{{ 'ON' if value_json.seat_occupied else 'OFF' }}", NULL, NULL, "occupancy", NULL, NULL, false },
	{ "start_possible", "binary_sensor", "Start possible", "{{ 'ON' if value_json.permits.start else 'OFF' }}", NULL, "diagnostic", NULL, NULL, "mdi:play-circle-outline", false },
	{ "hardware", "binary_sensor", "Motors and sensors",
	  ANY_ACTIVE("'gpio_failed', 'drive_silent', 'drive_refused', 'sensor_silent', 'device_missing', 'thread_stalled', 'relay_feedback'"),
	  NULL, "diagnostic", "connectivity", NULL, NULL, false },
	{ "problem", "binary_sensor", "Problem", "{{ 'ON' if " LATCHED " | list else 'OFF' }}", NULL, NULL, "problem", NULL, NULL, false },
	{ "level", "number", "Pressure", "{{ value_json.level_aim or none }}", "level", NULL, NULL, NULL, "mdi:arrow-collapse-down", false },
	{ "program", "select", "Program", NULL, "program", NULL, NULL, NULL, "mdi:format-list-bulleted", true },
	{ "side", "select", "Side", NULL, "side", NULL, NULL, NULL, "mdi:arrow-left-right", true },
	{ "start", "button", "Ask for a start", NULL, "start", NULL, NULL, NULL, "mdi:play", false },
	{ "resume", "button", "Ask to go on", NULL, "resume", NULL, NULL, NULL, "mdi:play-pause", false },
	{ "pause", "button", "Pause", NULL, "pause", NULL, NULL, NULL, "mdi:pause", false },
	{ "stop", "button", "Stop", NULL, "stop", NULL, NULL, NULL, "mdi:stop", false },
	{ "preheat", "button", "Warm the seat", NULL, "preheat", NULL, NULL, NULL, "mdi:heat-wave", false },
};
/* clang-format on */

/* Of earlier versions; Home Assistant is told to remove them. Append key and platform here when an
 * entity goes. */
static const struct {
	const char *key;
	const char *platform;
} retired[] = {
	{ NULL, NULL },
};

static const char *const event_kinds[] = { "session_started", "session_ended", "body",
					   "phase",	      "ask",	       "cause",
					   "acknowledged" };

/* A string from a format; put under @key. */
__attribute__((format(printf, 3, 4))) static void put(json_t *object, const char *key,
						      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)json_object_set_new(object, key, json_vsprintf(format, args));
	va_end(args);
}

static void put_if(json_t *object, const char *key, const char *text)
{
	if (text != NULL) {
		(void)json_object_set_new(object, key, json_string(text));
	}
}

/* Not tolower(): the locale is nobody's business here. */
static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The chair's id as entity ids may have it. */
static void slug(const char *id, char *text, size_t size)
{
	size_t n = 0;

	for (; id[n] != '\0' && n + 1U < size; n++) {
		text[n] = id[n] == '-' ? '_' : lower(id[n]);
	}
	text[n] = '\0';
}

/* "Heat lower back" of "Heat" and "lower_back". */
static void in_words(const char *before, const char *word, char *text, size_t size)
{
	(void)snprintf(text, size, "%s %s", before, word);
	for (char *c = text; *c != '\0'; c++) {
		*c = *c == '_' ? ' ' : *c;
	}
}

/* What all of them have. */
static json_t *component(const struct mqtt_config *config, const char *key, const char *platform,
			 const char *name)
{
	json_t *one = json_object();
	char id[sizeof(config->chair)];

	slug(config->chair, id, sizeof(id));
	put(one, "platform", "%s", platform);
	put(one, "name", "%s", name);
	put(one, "unique_id", "%s_%s", config->chair, key);
	put(one, "default_entity_id", "%s.%s_%s", platform, id, key);
	put(one, "~", "chair/%s", config->chair);
	return one;
}

static void add(json_t *components, const char *key, json_t *one)
{
	(void)json_object_set_new(components, key, one);
}

static void add_removal(json_t *components, const char *key, const char *platform)
{
	add(components, key, json_pack("{s:s}", "platform", platform));
}

static json_t *state_names(void)
{
	json_t *names = json_array();

	for (unsigned int s = 0; s < STATE_COUNT; s++) {
		(void)json_array_append_new(names,
					    json_string(session_state_name((enum session_state)s)));
	}
	return names;
}

/* Also of the chair's own connection: known, whatever it is. */
static void add_connectivity(json_t *components, const struct mqtt_config *config)
{
	json_t *one = component(config, "connection", "binary_sensor", "Connection");

	put(one, "state_topic", "~/availability");
	put(one, "payload_on", "online");
	put(one, "payload_off", "offline");
	put(one, "device_class", "connectivity");
	put(one, "entity_category", "diagnostic");
	/* Its own, in place of the device's: unavailable would hide just what it is there to show.
	 */
	(void)json_object_set_new(one, "availability",
				  json_pack("[{s:s, s:s}]", "topic", "~/availability",
					    "value_template", "{{ 'online' }}"));
	add(components, "connection", one);
}

/* A row of the matrix: on while it keeps the chair from something; its text in the attributes. */
static void add_fault(json_t *components, const struct mqtt_config *config, json_t *fault)
{
	const char *code = json_string_value(json_object_get(fault, "code"));
	const char *cause = json_string_value(json_object_get(fault, "cause"));
	char key[40];
	char name[80];
	json_t *one;

	if (code == NULL || cause == NULL || strlen(code) > 8 || strlen(cause) > 60) {
		return;
	}
	(void)snprintf(key, sizeof(key), "fault_%s", code);
	for (char *c = key; *c != '\0'; c++) {
		*c = lower(*c);
	}
	in_words(code, cause, name, sizeof(name));
	one = component(config, key, "binary_sensor", name);
	put(one, "state_topic", "~/state");
	put(one, "value_template",
	    "{{ 'ON' if (value_json.faults + value_json.inhibits) | selectattr('code', 'eq', '%s') "
	    "| list else 'OFF' }}",
	    code);
	put(one, "json_attributes_topic", "~/state");
	put(one, "json_attributes_template",
	    "{{ (value_json.faults + value_json.inhibits) | selectattr('code', 'eq', '%s') | first "
	    "| default({}) | tojson }}",
	    code);
	put(one, "device_class", "problem");
	put(one, "entity_category", "diagnostic");
	add(components, key, one);
}

/* What happens to a session, and, where that may be told, the reminders of the after-care. */
static void add_events(json_t *components, const struct mqtt_config *config)
{
	json_t *one = component(config, "session_event", "event", "Session");
	json_t *kinds = json_array();
	char *list;

	for (size_t i = 0; i < sizeof(event_kinds) / sizeof(event_kinds[0]); i++) {
		(void)json_array_append_new(kinds, json_string(event_kinds[i]));
	}
	list = json_dumps(kinds, 0); /* a list of JSON is one of the template's language, too */
	put(one, "state_topic", "~/event");
	put(one, "value_template",
	    "{{ dict(value_json, event_type=value_json.kind) | tojson if value_json.kind in %s "
	    "else '{}' }}",
	    list == NULL ? "[]" : list);
	free(list);
	(void)json_object_set_new(one, "event_types", kinds);
	add(components, "session_event", one);
	if (config->detail != MQTT_DETAIL_FULL) {
		add_removal(components, "reminder", "event");
		return;
	}
	one = component(config, "reminder", "event", "After-care reminder");
	put(one, "state_topic", "~/event");
	put(one, "value_template",
	    "{{ dict(value_json, event_type='reminder') | tojson if value_json.kind == 'reminder' "
	    "else '{}' }}");
	(void)json_object_set_new(one, "event_types", json_pack("[s]", "reminder"));
	put(one, "icon", "mdi:walk");
	add(components, "reminder", one);
}

static json_t *program_ids(json_t *programs)
{
	json_t *ids = json_array();
	size_t i;
	json_t *one;

	json_array_foreach(json_object_get(programs, "programs"), i, one)
	{
		(void)json_array_append(ids, json_object_get(one, "id"));
	}
	return ids;
}

/* What only this one has. */
static void put_special(json_t *one, const struct entity *entity, json_t *programs)
{
	if (strcmp(entity->key, "state") == 0) {
		(void)json_object_set_new(one, "options", state_names());
	} else if (strcmp(entity->key, "level") == 0) {
		(void)json_object_set_new(one, "min", json_integer(1));
		(void)json_object_set_new(one, "max", json_integer(LEVEL_MAX));
		(void)json_object_set_new(one, "mode", json_string("slider"));
	} else if (strcmp(entity->key, "program") == 0 || strcmp(entity->key, "side") == 0) {
		put(one, "state_topic", "~/choice");
		put(one, "value_template", "{{ value_json.%s }}", entity->key);
		(void)json_object_set_new(
			one, "options",
			entity->key[0] == 'p' ? program_ids(programs)
					      : json_pack("[s, s, s]", "left", "right", "both"));
	} else if (strcmp(entity->key, "problem") == 0) {
		put(one, "json_attributes_topic", "~/state");
		put(one, "json_attributes_template",
		    "{{ (" LATCHED " | selectattr('first_out') | list + " LATCHED " | list) "
		    "| first | default({}) | tojson }}");
	} else if (strcmp(entity->key, "sessions_24h") == 0) {
		put(one, "state_class", "measurement");
	}
}

static void add_entity(json_t *components, const struct mqtt_config *config,
		       const struct entity *entity, json_t *programs)
{
	json_t *one;

	if (entity->full_only && config->detail != MQTT_DETAIL_FULL) {
		add_removal(components, entity->key, entity->platform);
		return;
	}
	one = component(config, entity->key, entity->platform, entity->name);
	if (entity->value != NULL) {
		put(one, "state_topic", "~/state");
		put(one, "value_template", "%s", entity->value);
	}
	if (entity->command != NULL) {
		put(one, "command_topic", "~/set/%s", entity->command);
	}
	put_if(one, "entity_category", entity->category);
	put_if(one, "device_class", entity->device_class);
	put_if(one, "unit_of_measurement", entity->unit);
	put_if(one, "icon", entity->icon);
	put_special(one, entity, programs);
	add(components, entity->key, one);
}

/* A pad: off, or warm at most so much. From the home it only falls; "heat" warms the empty seat. */
static void add_pad(json_t *components, const struct mqtt_config *config, const char *pad)
{
	char key[40];
	char name[40];
	json_t *one;

	in_words("Heat", pad, name, sizeof(name));
	(void)snprintf(key, sizeof(key), "heat_%s", pad);
	one = component(config, key, "climate", name);
	(void)json_object_set_new(one, "modes", json_pack("[s, s]", "off", "heat"));
	put(one, "mode_state_topic", "~/state");
	put(one, "mode_state_template",
	    "{{ 'heat' if value_json.heat.pads.%s.set_c > 0 else 'off' }}", pad);
	put(one, "mode_command_topic", "~/set/%s", key);
	put(one, "action_topic", "~/state");
	put(one, "action_template",
	    "{%% set p = value_json.heat.pads.%s %%}{{ 'heating' if p.heating else 'idle' if "
	    "p.set_c > 0 else 'off' }}",
	    pad);
	put(one, "temperature_state_topic", "~/state");
	put(one, "temperature_state_template", "{{ value_json.heat.pads.%s.set_c or None }}", pad);
	put(one, "temperature_command_topic", "~/set/%s", key);
	put(one, "current_temperature_topic", "~/state");
	put(one, "current_temperature_template", "{{ value_json.heat.pads.%s.pad_c }}", pad);
	(void)json_object_set_new(one, "min_temp", json_integer(30));
	(void)json_object_set_new(one, "max_temp", json_integer(41));
	(void)json_object_set_new(one, "temp_step", json_real(0.5));
	(void)json_object_set_new(one, "precision", json_real(0.1));
	put(one, "temperature_unit", "C");
	add(components, key, one);
	(void)snprintf(key, sizeof(key), "temperature_%s", pad);
	in_words("Temperature", pad, name, sizeof(name));
	one = component(config, key, "sensor", name);
	put(one, "state_topic", "~/state");
	put(one, "value_template", "{{ value_json.heat.pads.%s.pad_c }}", pad);
	put(one, "device_class", "temperature");
	put(one, "state_class", "measurement");
	put(one, "unit_of_measurement", "°C");
	put(one, "entity_category", "diagnostic");
	add(components, key, one);
}

static json_t *all_components(const struct mqtt_config *config, json_t *programs, json_t *faults)
{
	json_t *components = json_object();
	size_t i;
	json_t *fault;

	for (i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
		/* A choice among nothing is no select; it comes with the programs. */
		if (programs != NULL || strcmp(entities[i].platform, "select") != 0) {
			add_entity(components, config, &entities[i], programs);
		}
	}
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		add_pad(components, config, pad_name((enum pad)p));
	}
	add_connectivity(components, config);
	add_events(components, config);
	json_array_foreach(json_object_get(faults, "faults"), i, fault)
	{
		add_fault(components, config, fault);
	}
	for (i = 0; retired[i].key != NULL; i++) {
		add_removal(components, retired[i].key, retired[i].platform);
	}
	return components;
}

json_t *mqtt_discovery_payload(const struct mqtt_config *config, json_t *programs, json_t *faults)
{
	json_t *root = json_object();
	json_t *device;

	assert(config != NULL);

	device = json_pack("{s:[s], s:s, s:s, s:s, s:s}", "identifiers", config->chair, "name",
			   config->discovery.name, "manufacturer", "chaird", "model",
			   "Therapeutic massage chair controller", "sw_version", CHAIR_VERSION);
	if (root == NULL || device == NULL) {
		json_decref(root);
		json_decref(device);
		return NULL;
	}
	(void)json_object_set_new(root, "device", device);
	(void)json_object_set_new(
		root, "origin",
		json_pack("{s:s, s:s}", "name", "chair-mqtt", "sw_version", CHAIR_VERSION));
	/* A list, not availability_topic: components inherit what they do not say themselves, and
	 * the one excludes the other. */
	(void)json_object_set_new(
		root, "availability",
		json_pack("[{s:s++}]", "topic", "chair/", config->chair, "/availability"));
	(void)json_object_set_new(root, "components", all_components(config, programs, faults));
	return root;
}

void mqtt_discovery_topic(const struct mqtt_config *config, char *topic, size_t size)
{
	assert(config != NULL);
	assert(topic != NULL);

	(void)snprintf(topic, size, "%s/device/chair_%s/config", config->discovery.prefix,
		       config->chair);
}
