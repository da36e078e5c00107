/* SPDX-License-Identifier: MIT */
#include "sim_rpc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HOLD_DEFAULT_MS 200
#define HOLD_MAX_MS	600000
#define STIFFNESS_MIN	0.1
#define STIFFNESS_MAX	10.0
#define CONTACT_MAX_MM	30.0

struct method {
	const char *name;
	json_t *(*call)(struct sim *sim, json_t *params, json_t **ret_error);
	const char *allowed[4]; /* parameters, NULL-terminated */
	bool own_check;		/* checks its parameters itself */
};

json_t *sim_rpc_error(int code, const char *reason, const char *field, const char *const words[])
{
	json_t *data = json_pack("{s:s}", "reason", reason);
	json_t *allowed = words != NULL ? json_array() : NULL;
	char text[160];

	for (size_t i = 0; words != NULL && words[i] != NULL; i++) {
		json_array_append_new(allowed, json_string(words[i]));
	}
	if (field != NULL) {
		json_object_set_new(data, "field", json_string(field));
	}
	if (allowed != NULL) {
		json_object_set_new(data, "allowed", allowed);
	}
	(void)snprintf(text, sizeof(text), "%s%s%s", reason, field != NULL ? ": " : "",
		       field != NULL ? field : ""); /* cut short it still says enough */
	return json_pack("{s:i,s:s,s:o}", "code", code, "message", text, "data", data);
}

static json_t *bad_param(const char *field, const char *const words[], json_t **ret_error)
{
	*ret_error = sim_rpc_error(SIM_RPC_INVALID_PARAMS, "invalid_params", field, words);
	return NULL;
}

static json_t *call_get(struct sim *sim, json_t *params, json_t **ret_error)
{
	(void)params;
	(void)ret_error;
	return sim_rpc_state(sim);
}

static json_t *call_fault(struct sim *sim, json_t *params, json_t **ret_error)
{
	struct sim_fault fault;
	bool on;

	if (sim_rpc_parse_fault(params, &fault, &on, ret_error) < 0) {
		return NULL;
	}
	if (sim_set_fault(sim, &fault, on) < 0) {
		*ret_error = sim_rpc_error(SIM_RPC_INTERNAL, "too_many_faults", NULL, NULL);
		return NULL;
	}
	return sim_rpc_faults(sim);
}

static json_t *call_faults(struct sim *sim, json_t *params, json_t **ret_error)
{
	(void)params;
	(void)ret_error;
	return sim_rpc_faults(sim);
}

static json_t *call_clear(struct sim *sim, json_t *params, json_t **ret_error)
{
	(void)params;
	(void)ret_error;
	sim_clear_faults(sim);
	return sim_rpc_faults(sim);
}

/* Merge {zone: n_per_mm} into @n_per_mm. */
static bool parse_stiffness(json_t *zones, double *n_per_mm, json_t **ret_error)
{
	const char *key;
	json_t *value;

	if (!json_is_object(zones)) {
		(void)bad_param("stiffness", reference_zone_words, ret_error);
		return false;
	}
	json_object_foreach(zones, key, value)
	{
		const int zone = reference_find_word(reference_zone_words, key);
		const double n_mm = json_number_value(value);

		if (zone < 0 || n_mm < STIFFNESS_MIN || n_mm > STIFFNESS_MAX) {
			(void)bad_param(key, reference_zone_words, ret_error);
			return false;
		}
		n_per_mm[zone] = n_mm;
	}
	return true;
}

static bool contact_is_valid(const json_t *contact)
{
	const double mm = json_number_value(contact);

	return json_is_number(contact) && mm >= -CONTACT_MAX_MM && mm <= CONTACT_MAX_MM;
}

static json_t *call_occupant(struct sim *sim, json_t *params, json_t **ret_error)
{
	const json_t *seated = json_object_get(params, "seated");
	const json_t *contact = json_object_get(params, "contact_mm");
	json_t *zones = json_object_get(params, "stiffness");
	double n_per_mm[ZONE_COUNT];

	memcpy(n_per_mm, sim->plant.body.stiffness_n_mm, sizeof(n_per_mm));
	if (seated != NULL && !json_is_boolean(seated)) {
		return bad_param("seated", NULL, ret_error);
	}
	if (contact != NULL && !contact_is_valid(contact)) {
		return bad_param("contact_mm", NULL, ret_error);
	}
	if (zones != NULL && !parse_stiffness(zones, n_per_mm, ret_error)) {
		return NULL;
	}
	plant_set_stiffness(&sim->plant, n_per_mm);
	if (contact != NULL) {
		sim->plant.body.contact_mm = json_number_value(contact);
	}
	sim_seat(sim, seated != NULL ? json_is_true(seated) : sim->seated);
	return json_pack("{s:b,s:f}", "seated", sim->seated ? 1 : 0, "contact_mm",
			 sim->plant.body.contact_mm);
}

static json_t *call_body(struct sim *sim, json_t *params, json_t **ret_error)
{
	const json_t *size = json_object_get(params, "size");
	const double value = json_number_value(size);

	if (!json_is_number(size) || value < PLANT_BODY_SIZE_MIN || value > PLANT_BODY_SIZE_MAX) {
		return bad_param("size", NULL, ret_error);
	}
	plant_set_body(&sim->plant, value);
	return json_pack("{s:f,s:f}", "size", value, "height_m",
			 value * REFERENCE_BODY_MM / 1000.0);
}

static json_t *call_press(struct sim *sim, json_t *params, json_t **ret_error)
{
	const char *word = json_string_value(json_object_get(params, "button"));
	const json_t *hold = json_object_get(params, "hold_ms");
	const json_int_t hold_ms = hold != NULL ? json_integer_value(hold) : HOLD_DEFAULT_MS;
	const int button =
		word == NULL ? -EINVAL : reference_find_word(reference_button_words, word);

	if (button < 0) {
		return bad_param("button", reference_button_words, ret_error);
	}
	if (hold_ms < 1 || hold_ms > HOLD_MAX_MS) {
		return bad_param("hold_ms", NULL, ret_error);
	}
	sim_press(sim, (enum chair_switch)(SWITCH_BUTTON_STOP + button), (uint64_t)hold_ms * 1000);
	return json_pack("{s:s,s:I}", "button", word, "hold_ms", hold_ms);
}

static json_t *call_key(struct sim *sim, json_t *params, json_t **ret_error)
{
	const json_t *on = json_object_get(params, "on");

	if (!json_is_boolean(on)) {
		return bad_param("on", NULL, ret_error);
	}
	sim_turn_key(sim, json_is_true(on));
	return json_pack("{s:b}", "on", sim->key ? 1 : 0);
}

/* A new device in the place of one: factory settings. */
static json_t *call_swap(struct sim *sim, json_t *params, json_t **ret_error)
{
	const char *name = json_string_value(json_object_get(params, "device"));
	const json_int_t address = json_integer_value(json_object_get(params, "address"));
	const json_int_t baud = json_integer_value(json_object_get(params, "baud"));

	if (address < 1 || address > 247) {
		return bad_param("address", NULL, ret_error);
	}
	if (baud < 1200 || baud > 256000) {
		return bad_param("baud", NULL, ret_error);
	}
	for (unsigned int d = 0; d < SIM_DEVICE_COUNT && name != NULL; d++) {
		if (strcmp(name, reference_devices[d].name) == 0) {
			slaves_swap(sim, d, (uint8_t)address, (uint32_t)baud);
			return json_pack("{s:s, s:I}", "device", name, "address", address);
		}
	}
	return bad_param("device", NULL, ret_error);
}

static json_t *call_reset_peaks(struct sim *sim, json_t *params, json_t **ret_error)
{
	(void)params;
	(void)ret_error;
	plant_reset_peaks(&sim->plant);
	return json_object();
}

static json_t *call_writes(struct sim *sim, json_t *params, json_t **ret_error)
{
	const json_t *since = json_object_get(params, "since_us");
	const uint64_t oldest =
		sim->write_count > SIM_WRITES_MAX ? sim->write_count - SIM_WRITES_MAX : 0;
	json_t *list;

	if (since != NULL && (!json_is_integer(since) || json_integer_value(since) < 0)) {
		return bad_param("since_us", NULL, ret_error);
	}
	list = json_array();
	for (uint64_t i = oldest; i < sim->write_count; i++) {
		const struct sim_write *w = &sim->writes[i % SIM_WRITES_MAX];

		if (since == NULL || w->t_us >= (uint64_t)json_integer_value(since)) {
			json_array_append_new(list, json_pack("{s:I,s:i,s:[i,i]}", "t_us",
							      (json_int_t)w->t_us, "address",
							      (int)w->address, "rpm",
							      (int)w->rpm[0], (int)w->rpm[1]));
		}
	}
	return json_pack("{s:I,s:o}", "now_us", (json_int_t)sim->now_us, "writes", list);
}

static const struct method methods[] = {
	{ .name = "sim.get", .call = call_get },
	{ .name = "sim.swap", .call = call_swap, .allowed = { "device", "address", "baud" } },
	{ .name = "sim.fault", .call = call_fault, .own_check = true },
	{ .name = "sim.faults", .call = call_faults },
	{ .name = "sim.clear", .call = call_clear },
	{ .name = "sim.occupant",
	  .call = call_occupant,
	  .allowed = { "seated", "stiffness", "contact_mm" } },
	{ .name = "sim.body", .call = call_body, .allowed = { "size" } },
	{ .name = "sim.press", .call = call_press, .allowed = { "button", "hold_ms" } },
	{ .name = "sim.key", .call = call_key, .allowed = { "on" } },
	{ .name = "sim.reset_peaks", .call = call_reset_peaks },
	{ .name = "sim.writes", .call = call_writes, .allowed = { "since_us" } },
};
#define METHOD_COUNT (sizeof(methods) / sizeof(methods[0]))

static bool params_are_known(const struct method *method, json_t *params, json_t **ret_error)
{
	const char *key;
	json_t *value;

	json_object_foreach(params, key, value)
	{
		if (reference_find_word(method->allowed, key) < 0) {
			(void)bad_param(key, method->allowed, ret_error);
			return false;
		}
	}
	return true;
}

json_t *sim_rpc_call(struct sim *sim, const char *method, json_t *params, json_t **ret_error)
{
	const char *words[METHOD_COUNT + 1] = { NULL };
	int found;

	if (params != NULL && !json_is_object(params)) {
		return bad_param("params", NULL, ret_error);
	}
	for (size_t i = 0; i < METHOD_COUNT; i++) {
		words[i] = methods[i].name;
	}
	found = reference_find_word(words, method);
	if (found < 0) {
		*ret_error = sim_rpc_error(SIM_RPC_UNKNOWN_METHOD, "unknown_method", method, words);
		return NULL;
	}
	if (!methods[found].own_check && !params_are_known(&methods[found], params, ret_error)) {
		return NULL;
	}
	return methods[found].call(sim, params, ret_error);
}

static json_t *envelope(json_t *id, const char *key, json_t *value)
{
	return json_pack("{s:s,s:o,s:o}", "jsonrpc", "2.0", "id", id != NULL ? id : json_null(),
			 key, value != NULL ? value : json_null());
}

json_t *sim_rpc_request(struct sim *sim, const char *line, size_t len)
{
	json_t *request = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	const char *method = json_string_value(json_object_get(request, "method"));
	json_t *id = json_incref(json_object_get(request, "id"));
	json_t *error = NULL;
	json_t *result = NULL;
	json_t *reply;

	if (request == NULL) {
		error = sim_rpc_error(SIM_RPC_PARSE_ERROR, "malformed", NULL, NULL);
	} else if (method == NULL) {
		error = sim_rpc_error(SIM_RPC_INVALID_REQUEST, "invalid_request", "method", NULL);
	} else {
		result = sim_rpc_call(sim, method, json_object_get(request, "params"), &error);
	}
	if (result == NULL && error == NULL) {
		error = sim_rpc_error(SIM_RPC_INTERNAL, "out_of_memory", NULL, NULL);
	}
	if (id == NULL && method != NULL) {
		json_decref(result);
		json_decref(error);
		reply = NULL;
	} else if (error != NULL) {
		reply = envelope(id, "error", error);
	} else {
		reply = envelope(id, "result", result);
	}
	json_decref(request);
	return reply;
}
