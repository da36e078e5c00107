/* SPDX-License-Identifier: MIT */
/* sim_rpc_fault.c - the parameters of sim.fault, each checked by a table. */
#include "sim_rpc.h"

#include <errno.h>
#include <string.h>

#define PUSH_DEFAULT_MM	  15.0
#define OVERCURRENT	  0x0004
#define NOISE_DEFAULT_PCT 20

struct fault_field {
	uint32_t param;
	const char *key;
	const char *const *words; /* NULL: a number */
	double min;
	double max;
	bool integer;
	bool optional;
};

static const struct fault_field fields[] = {
	{ .param = SIM_PARAM_ADDRESS, .key = "address", .min = 1, .max = 247, .integer = true },
	{ .param = SIM_PARAM_PAD, .key = "pad", .words = reference_pad_words },
	{ .param = SIM_PARAM_CHANNEL, .key = "channel", .max = 1, .integer = true },
	{ .param = SIM_PARAM_C, .key = "c", .min = -100, .max = 100 },
	{ .param = SIM_PARAM_BITS,
	  .key = "bits",
	  .min = 1,
	  .max = 0x7ff,
	  .integer = true,
	  .optional = true },
	{ .param = SIM_PARAM_AXIS, .key = "axis", .words = reference_axis_words },
	{ .param = SIM_PARAM_PORT, .key = "port", .words = reference_port_words },
	{ .param = SIM_PARAM_PCT,
	  .key = "pct",
	  .min = 1,
	  .max = 100,
	  .integer = true,
	  .optional = true },
	{ .param = SIM_PARAM_ROLLER, .key = "roller", .words = reference_roller_words },
	{ .param = SIM_PARAM_MM, .key = "mm", .min = 0, .max = 40, .optional = true },
	{ .param = SIM_PARAM_BUTTON, .key = "button", .words = reference_button_words },
};
#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

static void store_field(struct sim_fault *fault, uint32_t param, double value)
{
	switch (param) {
	case SIM_PARAM_ADDRESS:
		fault->address = (uint8_t)value;
		break;
	case SIM_PARAM_PAD:
		fault->pad = (enum pad)value;
		break;
	case SIM_PARAM_CHANNEL:
		fault->channel = (uint8_t)value;
		break;
	case SIM_PARAM_C:
		fault->offset_c = value;
		break;
	case SIM_PARAM_BITS:
		fault->bits = (uint16_t)value;
		break;
	case SIM_PARAM_AXIS:
		fault->roller = (enum roller)((int)value / AXIS_KIND_COUNT);
		fault->axis = (enum axis_kind)((int)value % AXIS_KIND_COUNT);
		break;
	case SIM_PARAM_PORT:
		fault->port = (enum sim_port)value;
		break;
	case SIM_PARAM_PCT:
		fault->pct = (uint8_t)value;
		break;
	case SIM_PARAM_ROLLER:
		fault->roller = (enum roller)value;
		break;
	case SIM_PARAM_MM:
		fault->push_mm = value;
		break;
	default:
		fault->button = (enum chair_switch)(SWITCH_BUTTON_STOP + (int)value);
		break;
	}
}

static bool parse_field(const struct fault_field *field, const json_t *value, double *ret)
{
	if (field->words != NULL) {
		const char *word = json_string_value(value);
		const int i = word == NULL ? -EINVAL : reference_find_word(field->words, word);

		*ret = (double)i;
		return i >= 0;
	}
	*ret = json_number_value(value);
	return (field->integer ? json_is_integer(value) : json_is_number(value)) &&
	       *ret >= field->min && *ret <= field->max;
}

/* The first key that is not a parameter of this kind, or NULL. */
static const char *unknown_key(json_t *params, const char *const allowed[])
{
	const char *key;
	json_t *value;

	json_object_foreach(params, key, value)
	{
		if (reference_find_word(allowed, key) < 0) {
			return key;
		}
	}
	return NULL;
}

static int parse_fields(json_t *params, uint32_t used, struct sim_fault *fault, bool on,
			json_t **ret_error)
{
	uint32_t identity;

	(void)sim_fault_params(fault->kind, &identity);
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const struct fault_field *field = &fields[i];
		const json_t *value = json_object_get(params, field->key);
		/* to switch a fault off it is enough to say which one */
		const bool needed = !field->optional && (on || (identity & field->param) != 0);
		double number = 0.0;

		if ((used & field->param) == 0 || (value == NULL && !needed)) {
			continue;
		}
		if (!parse_field(field, value, &number)) {
			*ret_error = sim_rpc_error(SIM_RPC_INVALID_PARAMS, "invalid_params",
						   field->key, field->words);
			return -EINVAL;
		}
		store_field(fault, field->param, number);
	}
	return 0;
}

int sim_rpc_parse_fault(json_t *params, struct sim_fault *ret, bool *ret_on, json_t **ret_error)
{
	const char *allowed[FIELD_COUNT + 3] = { "name", "on" };
	const json_t *on_value = json_object_get(params, "on");
	const bool on = on_value == NULL || json_is_true(on_value);
	const char *name = json_string_value(json_object_get(params, "name"));
	const int kind = name == NULL ? -EINVAL : reference_find_word(sim_fault_words, name);
	struct sim_fault fault = { .pct = NOISE_DEFAULT_PCT,
				   .bits = OVERCURRENT,
				   .push_mm = PUSH_DEFAULT_MM };
	const char *unknown;
	uint32_t identity;
	uint32_t used;
	size_t n = 2;

	if (kind < 0) {
		*ret_error = sim_rpc_error(SIM_RPC_INVALID_PARAMS, "invalid_params", "name",
					   sim_fault_words);
		return -EINVAL;
	}
	fault.kind = (enum sim_fault_kind)kind;
	used = sim_fault_params(fault.kind, &identity);
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if ((used & fields[i].param) != 0) {
			allowed[n++] = fields[i].key;
		}
	}
	unknown = unknown_key(params, allowed);
	if (unknown != NULL) {
		*ret_error =
			sim_rpc_error(SIM_RPC_INVALID_PARAMS, "invalid_params", unknown, allowed);
		return -EINVAL;
	}
	if (on_value != NULL && !json_is_boolean(on_value)) {
		*ret_error = sim_rpc_error(SIM_RPC_INVALID_PARAMS, "invalid_params", "on", NULL);
		return -EINVAL;
	}
	if (parse_fields(params, used, &fault, on, ret_error) < 0) {
		return -EINVAL;
	}
	*ret = fault;
	*ret_on = on;
	return 0;
}
