/* SPDX-License-Identifier: MIT */
#include "bus_plan.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Where bus_plan_build() stands. */
struct builder {
	const struct bus_line_config *line;
	const struct bus_device_config *device;
	const struct profile *profile;
	struct bus_plan *plan;
	enum bus_job job;
};

bool bus_function_is_write(enum bus_function function)
{
	return function == BUS_WRITE_COIL || function == BUS_WRITE_REGISTER ||
	       function == BUS_WRITE_REGISTERS;
}

/* ---- time ---- */

static uint32_t wire_us(const struct bus_line_config *line, uint32_t bytes)
{
	const uint64_t bits = (uint64_t)bytes * line->bits_per_char;

	return (uint32_t)((bits * 1000000U + line->baud - 1) / line->baud);
}

/* Bytes of request and reply together, address and CRC included. */
static uint32_t bytes_of(const struct bus_step *step)
{
	switch (step->function) {
	case BUS_READ_DISCRETE:
		return 8U + 5U + (step->count + 7U) / 8U;
	case BUS_READ_HOLDING:
	case BUS_READ_INPUT:
		return 8U + 5U + 2U * step->count;
	case BUS_WRITE_REGISTERS:
		return 9U + 2U * step->count + 8U;
	case BUS_WRITE_COIL:
	case BUS_WRITE_REGISTER:
	case BUS_FUNCTION_NONE:
		break;
	}
	return 8U + 8U;
}

/* ---- steps ---- */

static enum bus_function read_function(enum profile_table table)
{
	switch (table) {
	case PROFILE_TABLE_HOLDING:
		return BUS_READ_HOLDING;
	case PROFILE_TABLE_INPUT:
		return BUS_READ_INPUT;
	case PROFILE_TABLE_DISCRETE:
		return BUS_READ_DISCRETE;
	case PROFILE_TABLE_COIL: /* nothing of ours reads coils: they show the wish, not the fact */
	case PROFILE_TABLE_NONE:
	case PROFILE_TABLE_COUNT:
		break;
	}
	return BUS_FUNCTION_NONE;
}

/* One more register fits behind the last transaction of the job being built. */
static bool joins(const struct builder *build, const struct profile_register *reg, bool write)
{
	const struct bus_plan *plan = build->plan;
	const struct bus_step *last;

	/* enabling is a sequence: a drive must have its mode before it is told to go */
	if (plan->count[build->job] == 0 || build->job == BUS_JOB_ENABLE_WRITE) {
		return false;
	}
	last = &plan->steps[plan->step_count - 1];
	if (last->reg + last->count != reg->addr ||
	    last->count + reg->words > build->profile->max_regs) {
		return false;
	}
	return write ? build->profile->supports[BUS_WRITE_REGISTERS]
		     : last->function == read_function(reg->table);
}

static int add_item(struct builder *build, const struct bus_item *item, bool write)
{
	const struct profile_register *reg = &build->profile->registers[item->reg];
	struct bus_plan *plan = build->plan;
	const bool join = joins(build, reg, write);
	struct bus_step *step;

	if (plan->item_count == BUS_ITEM_MAX || (!join && plan->step_count == BUS_STEP_MAX)) {
		return -EINVAL;
	}
	if (!join) {
		step = &plan->steps[plan->step_count++];
		plan->count[build->job]++;
		*step = (struct bus_step){ .reg = reg->addr, .first_item = plan->item_count };
	}
	step = &plan->steps[plan->step_count - 1];
	plan->items[plan->item_count] = *item;
	plan->items[plan->item_count].offset = (uint8_t)step->count;
	plan->item_count++;
	step->item_count++;
	step->count = (uint16_t)(step->count + reg->words);
	if (!write) {
		step->function = read_function(reg->table);
	} else if (step->count == 1 && build->profile->supports[BUS_WRITE_REGISTER]) {
		step->function = BUS_WRITE_REGISTER;
	} else {
		step->function = BUS_WRITE_REGISTERS;
	}
	step->timeout_us = wire_us(build->line, bytes_of(step)) + build->profile->response_max_us;
	return step->function == BUS_FUNCTION_NONE ? -EINVAL : 0;
}

static void begin_job(struct builder *build, enum bus_job job)
{
	build->job = job;
	build->plan->first[job] = build->plan->step_count;
	build->plan->count[job] = 0;
}

/* ---- constants: configuration, enabling ---- */

static bool is_limit(const struct profile_expect *expect)
{
	return strcmp(expect->from, "limit_left_a") == 0 ||
	       strcmp(expect->from, "limit_right_a") == 0;
}

static float wanted(const struct bus_device_config *device, const struct profile_expect *expect,
		    bool work)
{
	const float *limit = work ? device->work_limit_a : device->homing_limit_a;

	if (strcmp(expect->from, "comm_timeout_ms") == 0) {
		return (float)device->comm_timeout_ms;
	}
	if (strcmp(expect->from, "limit_left_a") == 0) {
		return limit[0];
	}
	if (strcmp(expect->from, "limit_right_a") == 0) {
		return limit[1];
	}
	return expect->value;
}

/* A value from the chair is written as it is or not at all: never silently clamped. */
static int make_constant(const struct builder *build, const struct profile_expect *expect,
			 struct bus_item *ret_item)
{
	const struct profile_register *reg = &build->profile->registers[expect->reg];
	struct bus_item item = { .role = BUS_ROLE_CONSTANT, .reg = expect->reg };

	for (int work = 0; work < 2; work++) {
		const float value = wanted(build->device, expect, work != 0);
		uint16_t raw[2] = { 0 };

		if (!(value > -1e9F && value < 1e9F) ||
		    (reg->min < reg->max && (value < reg->min || value > reg->max))) {
			return -EINVAL;
		}
		profile_encode(build->profile, reg, value, raw);
		item.raw[work] = profile_decode_raw(build->profile, reg, raw);
	}
	*ret_item = item;
	return 0;
}

enum which {
	WHICH_ALL,
	WHICH_LIMITS,
};

static int add_constants(struct builder *build, enum bus_job job, enum which which, bool write,
			 const struct profile_expect list[], uint8_t count)
{
	begin_job(build, job);
	for (int i = 0; i < count; i++) {
		struct bus_item item;
		int r;

		if ((which == WHICH_LIMITS && !is_limit(&list[i])) || (write && !list[i].write)) {
			continue;
		}
		r = make_constant(build, &list[i], &item);
		if (r == 0) {
			r = add_item(build, &item, write);
		}
		if (r < 0) {
			return r;
		}
	}
	return 0;
}

/* ---- the exchange ---- */

struct meaning {
	const char *name;
	enum bus_role role;
	uint8_t motor;
};

static const struct meaning meanings[] = {
	{ "target_speed_left", BUS_ROLE_TARGET_SPEED, 0 },
	{ "target_speed_right", BUS_ROLE_TARGET_SPEED, 1 },
	{ "fault_left", BUS_ROLE_FAULT, 0 },
	{ "fault_right", BUS_ROLE_FAULT, 1 },
	{ "position_left", BUS_ROLE_POSITION, 0 },
	{ "position_right", BUS_ROLE_POSITION, 1 },
	{ "speed_left", BUS_ROLE_SPEED, 0 },
	{ "speed_right", BUS_ROLE_SPEED, 1 },
	{ "current_left", BUS_ROLE_CURRENT, 0 },
	{ "current_right", BUS_ROLE_CURRENT, 1 },
};

static struct bus_item make_exchanged(const struct builder *build, uint8_t reg, int position)
{
	const char *name = build->profile->registers[reg].name;
	struct bus_item item = { .reg = reg };

	if (build->profile->kind == PROFILE_KIND_TEMPERATURE) {
		item.role = BUS_ROLE_TEMPERATURE;
		item.index = (uint8_t)position;
		return item;
	}
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		if (strcmp(meanings[i].name, name) == 0) {
			item.role = meanings[i].role;
			item.index = meanings[i].motor;
		}
	}
	return item;
}

static int add_exchanged(struct builder *build, enum bus_job job, bool write, const uint8_t list[],
			 uint8_t count)
{
	begin_job(build, job);
	for (int i = 0; i < count; i++) {
		const struct bus_item item = make_exchanged(build, list[i], i);
		const int r = add_item(build, &item, write);

		if (r < 0) {
			return r;
		}
	}
	return build->plan->count[job] > 0 ? 0 : -EINVAL;
}

/* ---- a device ---- */

static bool limits_are_sane(const struct bus_device_config *device)
{
	for (int i = 0; i < DRIVE_MOTORS; i++) {
		if (!(device->homing_limit_a[i] > 0.0F) ||
		    !(device->work_limit_a[i] >= device->homing_limit_a[i])) {
			return false;
		}
	}
	return device->comm_timeout_ms > 0;
}

static int build_drive(struct builder *build)
{
	const struct profile *profile = build->profile;
	int r;

	if (profile_drive_gap(profile) != NULL || !limits_are_sane(build->device)) {
		return -EINVAL;
	}
	r = add_constants(build, BUS_JOB_LIMIT_WRITE, WHICH_LIMITS, true, profile->configure,
			  profile->configure_count);
	if (r == 0) {
		r = add_constants(build, BUS_JOB_LIMIT_READ, WHICH_LIMITS, false,
				  profile->configure, profile->configure_count);
	}
	if (r == 0) {
		r = add_constants(build, BUS_JOB_ENABLE_WRITE, WHICH_ALL, true, profile->enable,
				  profile->enable_count);
	}
	if (r == 0) {
		r = add_constants(build, BUS_JOB_ENABLE_READ, WHICH_ALL, false, profile->enable,
				  profile->enable_count);
	}
	if (r == 0) {
		r = add_constants(build, BUS_JOB_DISABLE, WHICH_ALL, true, profile->disable,
				  profile->disable_count);
	}
	if (r == 0) {
		r = add_exchanged(build, BUS_JOB_TARGET, true, profile->cyclic_write,
				  profile->cyclic_write_count);
	}
	return r;
}

/* The cheapest sign of life; of a drive, its control register, which is also worth knowing. */
static int set_probe(struct builder *build)
{
	struct bus_plan *plan = build->plan;
	const bool drive = build->profile->kind == PROFILE_KIND_DRIVE;
	const enum bus_job job = drive ? BUS_JOB_ENABLE_READ : BUS_JOB_FEEDBACK;
	const unsigned int step = plan->first[job] + plan->count[job] - 1U;
	struct bus_item item;

	if (!drive) {
		plan->first[BUS_JOB_PROBE] = (uint8_t)step;
		plan->count[BUS_JOB_PROBE] = 1;
		return 0;
	}
	item = plan->items[plan->steps[step].first_item + plan->steps[step].item_count - 1];
	begin_job(build, BUS_JOB_PROBE);
	return add_item(build, &item, false);
}

int bus_plan_build(const struct bus_line_config *config, unsigned int index, struct bus_plan *plan)
{
	const struct bus_device_config *device = &config->devices[index];
	struct builder build = { .line = config, .device = device, .plan = plan };
	const struct profile *profile = device->profile;
	int r;

	if (profile == NULL || profile->kind == PROFILE_KIND_NONE) {
		return -EINVAL;
	}
	build.profile = profile;
	plan->step_count = 0;
	plan->item_count = 0;
	r = add_constants(&build, BUS_JOB_CONFIG_WRITE, WHICH_ALL, true, profile->configure,
			  profile->configure_count);
	if (r == 0) {
		r = add_constants(&build, BUS_JOB_CONFIG_READ, WHICH_ALL, false, profile->configure,
				  profile->configure_count);
	}
	if (r == 0 && profile->kind == PROFILE_KIND_DRIVE) {
		r = build_drive(&build);
	}
	if (r == 0) {
		r = add_exchanged(&build, BUS_JOB_FEEDBACK, false, profile->cyclic_read,
				  profile->cyclic_read_count);
	}
	return r < 0 ? r : set_probe(&build);
}
