/* SPDX-License-Identifier: MIT */
#include "profile.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FUNCTION_MAX	16
#define TEMPERATURE_MAX 8
#define ARRAY_MAX	16 /* registers that one `count` makes */

static const char *const kind_words[] = {
	[PROFILE_KIND_DRIVE] = "drive",
	[PROFILE_KIND_TEMPERATURE] = "temperature",
	[PROFILE_KIND_RELAY] = "relay",
};
static const char *const table_words[] = {
	[PROFILE_TABLE_HOLDING] = "holding",
	[PROFILE_TABLE_INPUT] = "input",
	[PROFILE_TABLE_COIL] = "coil",
	[PROFILE_TABLE_DISCRETE] = "discrete",
};
static const char *const confidence_words[] = {
	[PROFILE_CONFIDENCE_LOW] = "low",
	[PROFILE_CONFIDENCE_MEDIUM] = "medium",
	[PROFILE_CONFIDENCE_HIGH] = "high",
};
static const char *const word_order_words[] = { "high_first", "low_first" };
static const char *const from_words[] = { "comm_timeout_ms", "limit_left_a", "limit_right_a" };

#define WORDS(list) (list), sizeof(list) / sizeof((list)[0])

int profile_find(const struct profile *profile, const char *name)
{
	for (int i = 0; i < profile->register_count; i++) {
		if (strcmp(profile->registers[i].name, name) == 0) {
			return i;
		}
	}
	return -ENOENT;
}

/* ---- values ---- */

int32_t profile_decode_raw(const struct profile *profile, const struct profile_register *reg,
			   const uint16_t *raw)
{
	if (reg->words == 2) {
		const uint32_t high = raw[profile->low_word_first ? 1 : 0];
		const uint32_t low = raw[profile->low_word_first ? 0 : 1];

		return (int32_t)(high << 16 | low);
	}
	return reg->is_signed ? (int16_t)raw[0] : raw[0];
}

float profile_decode(const struct profile *profile, const struct profile_register *reg,
		     const uint16_t *raw, enum quality *ret_quality)
{
	const int32_t value = profile_decode_raw(profile, reg, raw);
	const float physical = (float)value * reg->scale;
	enum quality quality = QUALITY_GOOD;

	if (reg->open_value != INT32_MIN && value == reg->open_value) {
		quality = QUALITY_OPEN;
	} else if (reg->short_value != INT32_MIN && value == reg->short_value) {
		quality = QUALITY_SHORT;
	} else if (reg->min < reg->max && (physical < reg->min || physical > reg->max)) {
		quality = QUALITY_BAD;
	}
	if (ret_quality != NULL) {
		*ret_quality = quality;
	}
	return quality == QUALITY_GOOD ? physical : 0.0F;
}

void profile_encode_raw(const struct profile *profile, const struct profile_register *reg,
			int32_t raw, uint16_t *ret_raw)
{
	const uint32_t bits = (uint32_t)raw;

	if (reg->words == 2) {
		ret_raw[profile->low_word_first ? 1 : 0] = (uint16_t)(bits >> 16);
		ret_raw[profile->low_word_first ? 0 : 1] = (uint16_t)bits;
	} else {
		ret_raw[0] = (uint16_t)bits;
	}
}

static float clamp(float value, float min, float max)
{
	if (value < min) {
		return min;
	}
	return value > max ? max : value;
}

void profile_encode(const struct profile *profile, const struct profile_register *reg, float value,
		    uint16_t *ret_raw)
{
	double raw;

	if (isnan(value)) {
		value = 0.0F;
	}
	if (reg->min < reg->max) {
		value = clamp(value, reg->min, reg->max);
	}
	raw = (double)value / (double)reg->scale;
	raw += raw < 0.0 ? -0.5 : 0.5; /* the cast below cuts toward zero */
	if (reg->words == 2) {
		raw = fmin(fmax(raw, -2147483648.0), 2147483647.0);
	} else if (reg->is_signed) {
		raw = fmin(fmax(raw, -32768.0), 32767.0);
	} else {
		raw = fmin(fmax(raw, 0.0), 65535.0);
	}
	profile_encode_raw(profile, reg, (int32_t)raw, ret_raw);
}

/* ---- parsing ---- */

static int32_t parse_marker(const struct schema_node *map, const char *key)
{
	return (int32_t)schema_integer(map, key, INT32_MIN + 1, INT32_MAX, INT32_MIN, false);
}

static void parse_register(const struct schema_node *map, struct profile_register *reg,
			   uint8_t *ret_count)
{
	reg->table = (enum profile_table)schema_word(map, "table", WORDS(table_words),
						     PROFILE_TABLE_HOLDING, false);
	reg->addr = (uint16_t)schema_integer(map, "addr", 0, 0xFFFF, 0, true);
	reg->words = (uint8_t)schema_integer(map, "words", 1, 2, 1, false);
	reg->is_signed = schema_bool(map, "signed", false, false);
	reg->writable = schema_bool(map, "writable", false, false);
	reg->scale = (float)schema_number(map, "scale", 1e-6, 1e6, 1.0, false);
	schema_string(map, "unit", reg->unit, sizeof(reg->unit), "", false);
	reg->open_value = parse_marker(map, "open");
	reg->short_value = parse_marker(map, "short");
	reg->min = (float)schema_number(map, "min", -1e9, 1e9, 0.0, false);
	reg->max = (float)schema_number(map, "max", -1e9, 1e9, 0.0, false);
	*ret_count = (uint8_t)schema_integer(map, "count", 1, ARRAY_MAX, 1, false);
	if (reg->min > reg->max) {
		schema_complain(map, "min %g is above max %g", (double)reg->min, (double)reg->max);
	}
	if (reg->writable &&
	    (reg->table == PROFILE_TABLE_INPUT || reg->table == PROFILE_TABLE_DISCRETE)) {
		schema_complain(map, "an %s register cannot be writable", table_words[reg->table]);
	}
	if (reg->addr + reg->words * *ret_count > 0x10000) {
		schema_complain(map, "reaches beyond address 0xFFFF");
	}
	schema_finish_map(map);
}

/* One entry makes one register NAME, or with `count` NAME_1, NAME_2 ... at rising addresses. */
static void add_registers(const struct schema_node *node, const struct profile_register *first,
			  uint8_t count, struct profile *profile)
{
	for (uint8_t i = 0; i < count; i++) {
		struct profile_register *reg;
		char name[sizeof(reg->name) + 4];

		if (profile->register_count == PROFILE_REGISTER_MAX) {
			schema_complain(node, "more than %d registers", PROFILE_REGISTER_MAX);
			return;
		}
		if (count > 1) {
			(void)snprintf(name, sizeof(name), "%s_%d", first->name, i + 1);
		} else {
			(void)snprintf(name, sizeof(name), "%s", first->name);
		}
		if (strlen(name) >= sizeof(reg->name) || profile_find(profile, name) >= 0) {
			schema_complain(node, "the name %s is too long or used twice", name);
			return;
		}
		reg = &profile->registers[profile->register_count++];
		*reg = *first;
		memcpy(reg->name, name, strlen(name) + 1);
		reg->addr = (uint16_t)(first->addr + i * first->words);
	}
}

static void parse_registers(const struct schema_node *root, struct profile *profile)
{
	const struct schema_node map = schema_child(root, "registers", true);
	const size_t size = schema_map_size(&map);

	for (size_t i = 0; i < size; i++) {
		struct profile_register reg = { 0 };
		const struct schema_node node =
			schema_map_item(&map, i, reg.name, sizeof(reg.name));
		uint8_t count = 1;

		parse_register(&node, &reg, &count);
		add_registers(&node, &reg, count, profile);
	}
}

static int find_named(const struct schema_node *node, const struct profile *profile)
{
	char name[sizeof(profile->registers[0].name)] = "";
	int index;

	schema_node_string(node, name, sizeof(name));
	if (name[0] == '\0') {
		return -ENOENT; /* reported */
	}
	index = profile_find(profile, name);
	if (index < 0) {
		schema_complain(node, "there is no register \"%s\" in this profile", name);
	}
	return index;
}

static void check_readable(const struct schema_node *node, const struct profile *profile,
			   const struct profile_register *reg)
{
	static const uint8_t function[PROFILE_TABLE_COUNT] = {
		[PROFILE_TABLE_HOLDING] = 3,
		[PROFILE_TABLE_INPUT] = 4,
		[PROFILE_TABLE_COIL] = 1,
		[PROFILE_TABLE_DISCRETE] = 2,
	};

	if (!profile->supports[function[reg->table]]) {
		schema_complain(node, "reading %s needs function %d, which is not in `functions`",
				reg->name, function[reg->table]);
	}
}

static void check_writable(const struct schema_node *node, const struct profile *profile,
			   const struct profile_register *reg)
{
	if (!reg->writable || reg->table != PROFILE_TABLE_HOLDING) {
		schema_complain(node, "%s is not a writable holding register", reg->name);
	} else if (!profile->supports[16] && (!profile->supports[6] || reg->words > 1)) {
		schema_complain(node, "writing %s needs function %s", reg->name,
				reg->words > 1 ? "16" : "6 or 16");
	}
}

static void parse_list(const struct schema_node *root, const char *key, bool write,
		       const struct profile *profile, uint8_t list[], uint8_t *ret_count)
{
	const struct schema_node sequence = schema_child(root, key, false);
	const size_t length = schema_present(&sequence) ? schema_length(&sequence) : 0;

	*ret_count = 0;
	if (length > PROFILE_LIST_MAX) {
		schema_complain(&sequence, "more than %d entries", PROFILE_LIST_MAX);
		return;
	}
	for (size_t i = 0; i < length; i++) {
		const struct schema_node node = schema_item(&sequence, i);
		const int index = find_named(&node, profile);

		if (index < 0) {
			continue;
		}
		if (write) {
			check_writable(&node, profile, &profile->registers[index]);
		} else {
			check_readable(&node, profile, &profile->registers[index]);
		}
		list[(*ret_count)++] = (uint8_t)index;
	}
}

static void check_value(const struct schema_node *node, const struct profile_register *reg,
			float value)
{
	if (reg->min < reg->max && (value < reg->min || value > reg->max)) {
		schema_complain(node, "%g is outside of %s's range %g to %g", (double)value,
				reg->name, (double)reg->min, (double)reg->max);
	}
}

static void parse_expect(const struct schema_node *node, bool may_read_only,
			 struct profile *profile, struct profile_expect *expect, bool *ret_good)
{
	const struct schema_node reg_node = schema_child(node, "reg", true);
	const int index = schema_present(&reg_node) ? find_named(&reg_node, profile) : -ENOENT;
	const struct schema_node from_node = schema_child(node, "from", false);
	const struct schema_node value_node = schema_child(node, "value", false);

	expect->write = may_read_only ? schema_bool(node, "write", true, false) : true;
	expect->value = (float)schema_node_number(&value_node, -1e9, 1e9, 0.0);
	if (schema_present(&from_node)) {
		const int from = schema_node_word(&from_node, WORDS(from_words), 0);

		(void)snprintf(expect->from, sizeof(expect->from), "%s", from_words[from]);
	}
	if (schema_present(&from_node) == schema_present(&value_node)) {
		schema_complain(node, "give either `value` or `from`");
	}
	schema_finish_map(node);
	*ret_good = index >= 0;
	if (index < 0) {
		return;
	}
	expect->reg = (uint8_t)index;
	check_readable(node, profile, &profile->registers[index]);
	if (expect->write) {
		check_writable(node, profile, &profile->registers[index]);
	}
	if (expect->from[0] == '\0') {
		check_value(node, &profile->registers[index], expect->value);
	}
}

static void parse_expects(const struct schema_node *root, const char *key, bool may_read_only,
			  struct profile *profile, struct profile_expect list[], uint8_t *ret_count)
{
	const struct schema_node sequence = schema_child(root, key, false);
	const size_t length = schema_present(&sequence) ? schema_length(&sequence) : 0;

	*ret_count = 0;
	if (length > PROFILE_LIST_MAX) {
		schema_complain(&sequence, "more than %d entries", PROFILE_LIST_MAX);
		return;
	}
	for (size_t i = 0; i < length; i++) {
		const struct schema_node node = schema_item(&sequence, i);
		bool good = false;

		list[*ret_count] = (struct profile_expect){ 0 };
		parse_expect(&node, may_read_only, profile, &list[*ret_count], &good);
		*ret_count = (uint8_t)(*ret_count + (good ? 1 : 0));
	}
}

static void parse_functions(const struct schema_node *root, struct profile *profile)
{
	const struct schema_node sequence = schema_child(root, "functions", true);
	const size_t length = schema_present(&sequence) ? schema_length(&sequence) : 0;

	for (size_t i = 0; i < length; i++) {
		const struct schema_node node = schema_item(&sequence, i);
		const int code = (int)schema_node_number(&node, 1, FUNCTION_MAX, 0);

		profile->supports[code] = code != 0;
	}
}

static void parse_head(const struct schema_node *root, struct profile *profile)
{
	schema_string(root, "name", profile->name, sizeof(profile->name), "", true);
	profile->kind = (enum profile_kind)schema_word(root, "kind", WORDS(kind_words),
						       PROFILE_KIND_NONE, true);
	profile->confidence = (enum profile_confidence)schema_word(
		root, "confidence", WORDS(confidence_words), PROFILE_CONFIDENCE_NONE, true);
	schema_string(root, "source", profile->source, sizeof(profile->source), "", true);
	profile->default_baud =
		(uint32_t)schema_integer(root, "default_baud", 1200, 1000000, 9600, true);
	profile->min_gap_us = (uint32_t)schema_integer(root, "min_gap_us", 0, 50000, 0, false);
	/* at most: a transaction must end well within the bus thread's 250 ms tick */
	profile->response_max_us =
		(uint32_t)schema_integer(root, "response_max_us", 1000, 150000, 50000, true);
	profile->max_regs = (uint8_t)schema_integer(root, "max_regs", 1, 120, 16, false);
	profile->low_word_first =
		schema_word(root, "word_order", WORDS(word_order_words), 0, false) == 1;
	profile->has_hardware_enable = schema_bool(root, "hardware_enable", false, false);
	parse_functions(root, profile);
}

static void parse_lists(const struct schema_node *root, struct profile *profile)
{
	parse_expects(root, "configure", true, profile, profile->configure,
		      &profile->configure_count);
	parse_expects(root, "enable", false, profile, profile->enable, &profile->enable_count);
	parse_expects(root, "disable", false, profile, profile->disable, &profile->disable_count);
	parse_list(root, "cyclic_write", true, profile, profile->cyclic_write,
		   &profile->cyclic_write_count);
	parse_list(root, "cyclic_read", false, profile, profile->cyclic_read,
		   &profile->cyclic_read_count);
}

/* The register is named, so that the claim can be checked: it must exist and be writable. */
static void parse_comm_timeout(const struct schema_node *root, struct profile *profile)
{
	const struct schema_node node = schema_child(root, "comm_timeout", false);
	const int index = schema_present(&node) ? find_named(&node, profile) : -ENOENT;

	if (index < 0) {
		return;
	}
	check_writable(&node, profile, &profile->registers[index]);
	profile->has_comm_timeout = true;
}

/* Numbers of a sequence; how many there were. */
static uint8_t parse_numbers(const struct schema_node *map, const char *key, double min, double max,
			     size_t most, uint32_t *list)
{
	const struct schema_node sequence = schema_child(map, key, false);
	const size_t length = schema_present(&sequence) ? schema_length(&sequence) : 0;

	if (length > most) {
		schema_complain(&sequence, "more than %zu entries", most);
		return 0;
	}
	for (size_t i = 0; i < length; i++) {
		const struct schema_node node = schema_item(&sequence, i);

		list[i] = (uint32_t)schema_node_number(&node, min, max, min);
	}
	return (uint8_t)length;
}

/* A writable register by its name. False when the key is absent or wrong. */
static bool parse_writable(const struct schema_node *map, const char *key, bool required,
			   const struct profile *profile, uint8_t *ret)
{
	const struct schema_node node = schema_child(map, key, required);
	const int index = schema_present(&node) ? find_named(&node, profile) : -ENOENT;

	if (index < 0) {
		return false;
	}
	check_writable(&node, profile, &profile->registers[index]);
	*ret = (uint8_t)index;
	return true;
}

static void parse_identity(const struct schema_node *root, struct profile *profile)
{
	const struct schema_node map = schema_child(root, "identity", false);
	struct profile_identity *identity = &profile->identity;
	uint32_t factory[PROFILE_FACTORY_MAX];

	if (!schema_present(&map)) {
		return;
	}
	identity->known = parse_writable(&map, "address", true, profile, &identity->address_reg);
	identity->has_save = parse_writable(&map, "save", false, profile, &identity->save_reg);
	identity->has_baud = parse_writable(&map, "baud", false, profile, &identity->baud_reg);
	identity->baud_count =
		parse_numbers(&map, "baud_codes", 1200, 256000, PROFILE_BAUD_MAX, identity->baud);
	identity->factory_count =
		parse_numbers(&map, "factory", 1, 247, PROFILE_FACTORY_MAX, factory);
	for (unsigned int i = 0; i < identity->factory_count; i++) {
		identity->factory[i] = (uint8_t)factory[i];
	}
	if (identity->has_baud != (identity->baud_count > 0)) {
		schema_complain(&map, "`baud` and `baud_codes` belong together");
	}
	schema_finish_map(&map);
}

static void check_safety(const struct schema_node *root, struct profile *profile)
{
	profile->sensing_only = !profile->has_comm_timeout && !profile->has_hardware_enable;
	if (profile->sensing_only && profile->kind == PROFILE_KIND_DRIVE) {
		schema_complain(root, "a drive needs a comm_timeout register or a hardware_enable "
				      "input, or nothing stops it when the bus dies");
	}
	if (profile->kind == PROFILE_KIND_TEMPERATURE &&
	    profile->cyclic_read_count > TEMPERATURE_MAX) {
		schema_complain(root, "at most %d temperature channels", TEMPERATURE_MAX);
	}
}

static int parse_file(struct schema_file *file, struct profile *ret,
		      struct schema_problems *problems, size_t before)
{
	const struct schema_node root = schema_root(file);
	struct profile *profile = calloc(1, sizeof(*profile)); /* too large for our stacks */
	int r = -ENOMEM;

	if (profile != NULL) {
		parse_head(&root, profile);
		parse_registers(&root, profile);
		parse_comm_timeout(&root, profile);
		parse_identity(&root, profile);
		parse_lists(&root, profile);
		check_safety(&root, profile);
		schema_finish_map(&root);
		r = problems->count > before ? -EINVAL : 0;
	}
	if (r == 0) {
		*ret = *profile;
	}
	free(profile);
	schema_close(file);
	return r;
}

int profile_load(const char *path, struct profile *ret, struct schema_problems *problems)
{
	const size_t before = problems->count;
	struct schema_file *file;
	const int r = schema_open(path, problems, &file);

	return r < 0 ? r : parse_file(file, ret, problems, before);
}

int profile_load_memory(const char *name, const char *text, size_t size, struct profile *ret,
			struct schema_problems *problems)
{
	const size_t before = problems->count;
	struct schema_file *file;
	const int r = schema_open_memory(name, text, size, problems, &file);

	return r < 0 ? r : parse_file(file, ret, problems, before);
}

/* ---- what a motor needs ---- */

static bool list_has(const struct profile *profile, const uint8_t list[], uint8_t count,
		     const char *name)
{
	for (int i = 0; i < count; i++) {
		if (strcmp(profile->registers[list[i]].name, name) == 0) {
			return true;
		}
	}
	return false;
}

static bool configures(const struct profile *profile, const char *from)
{
	for (int i = 0; i < profile->configure_count; i++) {
		if (profile->configure[i].write && strcmp(profile->configure[i].from, from) == 0) {
			return true;
		}
	}
	return false;
}

/* Both motors of a drive must get a stop with the same frame. */
static bool are_neighbours(const struct profile *profile)
{
	for (int i = 1; i < profile->cyclic_write_count; i++) {
		const struct profile_register *before =
			&profile->registers[profile->cyclic_write[i - 1]];

		if (before->addr + before->words !=
		    profile->registers[profile->cyclic_write[i]].addr) {
			return false;
		}
	}
	return profile->supports[16] && profile->cyclic_write_count <= profile->max_regs / 2;
}

const char *profile_drive_gap(const struct profile *profile)
{
	static const char *const writes[] = { "target_speed_left", "target_speed_right" };
	static const char *const reads[] = { "fault_left",     "fault_right",  "position_left",
					     "position_right", "speed_left",   "speed_right",
					     "current_left",   "current_right" };

	if (profile->kind != PROFILE_KIND_DRIVE) {
		return "it is not a drive";
	}
	if (!profile->has_comm_timeout) {
		return "it has no communication timeout: it would go on turning when the bus dies";
	}
	for (size_t i = 0; i < sizeof(from_words) / sizeof(from_words[0]); i++) {
		if (!configures(profile, from_words[i])) {
			return "its configure list does not write the communication timeout and "
			       "both current limits";
		}
	}
	if (profile->enable_count == 0 || profile->disable_count == 0) {
		return "it does not say how to enable and disable";
	}
	for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
		if (!list_has(profile, profile->cyclic_write, profile->cyclic_write_count,
			      writes[i])) {
			return "its cyclic_write lacks a target speed";
		}
	}
	if (!are_neighbours(profile)) {
		return "its target speeds cannot be written in one frame";
	}
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		if (!list_has(profile, profile->cyclic_read, profile->cyclic_read_count,
			      reads[i])) {
			return "its cyclic_read lacks a fault, position, speed or current";
		}
	}
	return NULL;
}
