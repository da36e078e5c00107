/* SPDX-License-Identifier: MIT */
#include "bus_line.h"

#include "bus_plan.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#define RETRY_US 1000000U /* a refusing device is configured again at most this often */

/* Modbus over serial line V1.02, 2.5.1.1: 3.5 characters, above 19200 baud a fixed time. */
#define FIXED_SILENCE_ABOVE 19200U
#define FIXED_SILENCE_US    1750U

static const struct bus_command at_rest = { 0 };

static unsigned int bit(unsigned int device)
{
	return 1U << device;
}

static bool is_drive(const struct bus_line *line, unsigned int device)
{
	return line->config->devices[device].profile->kind == PROFILE_KIND_DRIVE;
}

/* ---- setting up ---- */

static uint32_t silence_us(const struct bus_line_config *config)
{
	uint32_t gap_us = FIXED_SILENCE_US;

	if (config->baud <= FIXED_SILENCE_ABOVE) {
		gap_us = (3500000U * config->bits_per_char + config->baud - 1) / config->baud;
	}
	/* a device hears the frames of the others too, so the slowest one sets the pace */
	for (int i = 0; i < config->device_count; i++) {
		if (config->devices[i].profile->min_gap_us > gap_us) {
			gap_us = config->devices[i].profile->min_gap_us;
		}
	}
	return gap_us;
}

static bool device_is_distinct(const struct bus_line_config *config, int index)
{
	const struct bus_device_config *device = &config->devices[index];

	if (device->name[0] == '\0' || device->address < 1 || device->address > 247) {
		return false;
	}
	for (int i = 0; i < index; i++) {
		if (config->devices[i].address == device->address ||
		    strcmp(config->devices[i].name, device->name) == 0) {
			return false;
		}
	}
	return true;
}

int bus_line_init(struct bus_line *line, const struct bus_line_config *config)
{
	assert(line != NULL);
	assert(config != NULL);

	if (config->device_count < 1 || config->device_count > BUS_DEVICE_MAX ||
	    config->baud < 1200 || config->bits_per_char < 10 || config->bits_per_char > 12) {
		return -EINVAL;
	}
	memset(line, 0, sizeof(*line));
	line->config = config;
	for (int i = 0; i < config->device_count; i++) {
		int r;

		if (!device_is_distinct(config, i)) {
			return -EINVAL;
		}
		r = bus_plan_build(config, (unsigned int)i, &line->plan[i]);
		if (r < 0) {
			return r;
		}
		line->track[i].task = BUS_JOB_PROBE;
	}
	line->gap_us = silence_us(config);
	return 0;
}

/* ---- stages ---- */

/* Nothing is known any more. told_mask stays: a drive out of reach may still be running. */
static void forget(struct bus_line *line, unsigned int device, enum bus_stage stage)
{
	struct bus_device_image *image = &line->image.device[device];
	struct bus_track *track = &line->track[device];

	image->stage = stage;
	image->configured = false;
	image->configured_us = 0;
	image->enabled = false;
	image->limit = DRIVE_LIMIT_UNKNOWN;
	track->task = BUS_JOB_PROBE;
	track->task_step = 0;
	track->disable_step = 0;
	track->misses = 0;
	track->read_us = 0;
	line->stop_mask = (uint16_t)(line->stop_mask & ~bit(device));
}

/* The relay has closed: whatever was known belongs to drives that had no power since. */
static void restart(struct bus_line *line, unsigned int device)
{
	struct bus_device_image *image = &line->image.device[device];
	const bool silent = image->stage == BUS_STAGE_SILENT;

	forget(line, device, silent ? BUS_STAGE_SILENT : BUS_STAGE_CONFIGURING);
	image->mismatch = false;
	image->bad_register[0] = '\0';
	image->stamp_us = 0;
	line->told_mask = (uint16_t)(line->told_mask & ~bit(device));
}

static void refuse(struct bus_line *line, unsigned int device, const struct bus_item *item,
		   uint64_t now_us)
{
	struct bus_device_image *image = &line->image.device[device];
	const struct profile *profile = line->config->devices[device].profile;

	forget(line, device, BUS_STAGE_REFUSED);
	line->track[device].refused_us = now_us;
	line->image.stats[device].mismatches++;
	image->mismatch = true;
	memcpy(image->bad_register, profile->registers[item->reg].name,
	       sizeof(image->bad_register));
}
_Static_assert(sizeof(((struct bus_device_image *)0)->bad_register) ==
		       sizeof(((struct profile_register *)0)->name),
	       "a register's name must fit the image");

static void become_ready(struct bus_line *line, unsigned int device, uint64_t now_us)
{
	struct bus_device_image *image = &line->image.device[device];

	image->stage = BUS_STAGE_READY;
	image->configured = true;
	image->configured_us = now_us;
	image->mismatch = false;
	image->bad_register[0] = '\0';
	if (is_drive(line, device)) {
		image->limit = line->track[device].limit;
	}
	line->image.stats[device].reconfigured++;
}

/* ---- choosing ---- */

static void choose(struct bus_line *line, unsigned int device, enum bus_job job, unsigned int step)
{
	line->asked_device = (uint8_t)device;
	line->asked_job = job;
	line->asked_step = (uint8_t)(line->plan[device].first[job] + step);
}

static void note_command(struct bus_line *line, const struct bus_line_command *command)
{
	if (command->power_epoch != line->power_epoch) {
		const bool first = line->power_epoch == 0; /* what answered had power already */

		line->power_epoch = command->power_epoch;
		for (unsigned int i = 0; i < line->config->device_count; i++) {
			if (is_drive(line, i) && !first) {
				restart(line, i); /* sensors are not behind the relay */
			}
		}
	}
	if (command->urgent != line->urgent) {
		line->urgent = command->urgent;
		line->stop_mask = 0;
		for (unsigned int i = 0; i < line->config->device_count; i++) {
			if (is_drive(line, i) && line->image.device[i].stage == BUS_STAGE_READY) {
				line->stop_mask = (uint16_t)(line->stop_mask | bit(i));
			}
		}
	}
}

/* Everything that must hold before a motor is asked to turn. */
static bool may_turn(const struct bus_line *line, unsigned int device,
		     const struct bus_command *command)
{
	const struct bus_device_image *image = &line->image.device[device];

	return command->enable && image->enabled && image->configured &&
	       image->limit != DRIVE_LIMIT_UNKNOWN && image->limit == command->limit &&
	       line->track[device].disable_step == 0;
}

/* The targets to be written to @device. */
static const struct bus_command *targets_for(const struct bus_line *line, unsigned int device,
					     const struct bus_line_command *command)
{
	const struct bus_command *wish = &command->device[device];

	return may_turn(line, device, wish) ? wish : &at_rest;
}

/* Those of @drives that have been told other targets than they are to have now. */
static unsigned int find_astray(const struct bus_line *line, unsigned int drives,
				const struct bus_line_command *command)
{
	unsigned int astray = 0;

	for (unsigned int mask = drives; mask != 0; mask &= mask - 1) {
		const unsigned int device = (unsigned int)__builtin_ctz(mask);
		const float *told_rpm = line->track[device].told_rpm;
		const float *wish_rpm = targets_for(line, device, command)->speed_rpm;

		for (int m = 0; m < DRIVE_MOTORS; m++) {
			if (told_rpm[m] < wish_rpm[m] || told_rpm[m] > wish_rpm[m]) {
				astray |= bit(device);
			}
		}
	}
	return astray;
}

/* A stop: one target write to each READY drive. Drives whose targets change come first, those that
 * may not answer last. */
static bool choose_stop(struct bus_line *line, const struct bus_line_command *command)
{
	const unsigned int answering = line->stop_mask & ~(unsigned int)line->missed_mask;
	const unsigned int astray = find_astray(line, answering, command);
	unsigned int from = astray;
	unsigned int device;

	if (line->stop_mask == 0) {
		return false;
	}
	if (from == 0) {
		from = answering != 0 ? answering : line->stop_mask;
	}
	device = (unsigned int)__builtin_ctz(from);
	line->stop_mask = (uint16_t)(line->stop_mask & ~bit(device));
	choose(line, device, BUS_JOB_TARGET, 0);
	return true;
}

/* Drives that may be enabled and must not be. */
static bool choose_disable(struct bus_line *line, const struct bus_line_command *command)
{
	for (unsigned int mask = line->told_mask & ~(unsigned int)line->missed_mask; mask != 0;
	     mask &= mask - 1) {
		const unsigned int device = (unsigned int)__builtin_ctz(mask);
		struct bus_device_image *image = &line->image.device[device];
		struct bus_track *track = &line->track[device];

		if (image->stage == BUS_STAGE_SILENT ||
		    (image->stage == BUS_STAGE_READY && command->device[device].enable &&
		     track->disable_step == 0)) {
			continue;
		}
		image->enabled = false;
		if (track->task == BUS_JOB_ENABLE_WRITE || track->task == BUS_JOB_ENABLE_READ) {
			track->task = BUS_JOB_NONE;
		}
		choose(line, device, BUS_JOB_DISABLE, track->disable_step);
		return true;
	}
	return false;
}

static void start_task(struct bus_track *track, enum bus_job task)
{
	track->task = task;
	track->task_step = 0;
}

/* What a READY drive needs besides the exchange. */
static void plan_drive(struct bus_line *line, unsigned int device,
		       const struct bus_command *command)
{
	struct bus_device_image *image = &line->image.device[device];
	struct bus_track *track = &line->track[device];
	const bool enabling =
		track->task == BUS_JOB_ENABLE_WRITE || track->task == BUS_JOB_ENABLE_READ;
	const bool may_enable = command->enable && command->limit != DRIVE_LIMIT_UNKNOWN &&
				command->limit == image->limit;

	if (command->limit != DRIVE_LIMIT_UNKNOWN && command->limit != track->limit) {
		track->limit = command->limit;
		image->limit = DRIVE_LIMIT_UNKNOWN;
		start_task(track, BUS_JOB_LIMIT_WRITE);
	} else if (track->task == BUS_JOB_NONE && may_enable && !image->enabled) {
		start_task(track, BUS_JOB_ENABLE_WRITE);
	} else if (enabling && !may_enable) {
		start_task(track, BUS_JOB_NONE); /* told_mask remembers what was begun */
	}
}

/* The one step of configuration, limit change or enabling that this visit may take. */
static bool choose_task(struct bus_line *line, unsigned int device,
			const struct bus_command *command, uint64_t now_us)
{
	struct bus_device_image *image = &line->image.device[device];
	struct bus_track *track = &line->track[device];

	if (image->stage == BUS_STAGE_REFUSED) {
		if (now_us - track->refused_us < RETRY_US) {
			return false;
		}
		forget(line, device, BUS_STAGE_CONFIGURING);
	}
	if (image->stage == BUS_STAGE_READY && is_drive(line, device)) {
		plan_drive(line, device, command);
	}
	if (track->task == BUS_JOB_NONE) {
		return false;
	}
	if (track->task == BUS_JOB_CONFIG_WRITE && track->task_step == 0) {
		track->limit =
			command->limit == DRIVE_LIMIT_WORK ? DRIVE_LIMIT_WORK : DRIVE_LIMIT_HOMING;
	}
	if (track->task == BUS_JOB_ENABLE_WRITE) {
		line->told_mask = (uint16_t)(line->told_mask | bit(device));
	}
	if (track->task == BUS_JOB_PROBE && (line->told_mask & bit(device)) != 0) {
		/* It may hear without being heard, and still be running: tell, do not ask. */
		choose(line, device, BUS_JOB_DISABLE, track->disable_step);
	} else {
		choose(line, device, track->task, track->task_step);
	}
	return true;
}

static bool is_read(enum bus_stage stage)
{
	return stage == BUS_STAGE_READY || stage == BUS_STAGE_REFUSED;
}

/* The next transaction of the visit to @device; false when the visit is over. */
static bool choose_visit(struct bus_line *line, unsigned int device,
			 const struct bus_command *command, uint64_t now_us)
{
	const struct bus_plan *plan = &line->plan[device];
	const struct bus_device_image *image = &line->image.device[device];

	if ((line->missed_mask & bit(device)) != 0) {
		return false;
	}
	if (line->visit == BUS_VISIT_TARGET) {
		line->visit = BUS_VISIT_TASK;
		if (image->stage == BUS_STAGE_READY && is_drive(line, device)) {
			choose(line, device, BUS_JOB_TARGET, 0);
			return true;
		}
	}
	if (line->visit == BUS_VISIT_TASK) {
		/* What this step makes ready is read in the next round: first all are configured.
		 */
		line->visit = is_read(image->stage) ? BUS_VISIT_FEEDBACK : BUS_VISIT_OVER;
		line->visit_step = 0;
		if (choose_task(line, device, command, now_us)) {
			return true;
		}
	}
	if (line->visit == BUS_VISIT_FEEDBACK && is_read(image->stage) &&
	    line->visit_step < plan->count[BUS_JOB_FEEDBACK]) {
		choose(line, device, BUS_JOB_FEEDBACK, line->visit_step);
		line->visit_step++;
		return true;
	}
	return false;
}

static void advance(struct bus_line *line, uint64_t now_us)
{
	line->visit = BUS_VISIT_TARGET;
	line->current++;
	if (line->current >= line->config->device_count) {
		line->current = 0;
		line->missed_mask = 0;
		line->image.round_us =
			line->round_start_us == 0 ? 0 : now_us - line->round_start_us;
		line->round_start_us = now_us;
	}
}

/* Ends: past the last device missed_mask is empty, and then every stage has something to ask. */
static void choose_round(struct bus_line *line, const struct bus_line_command *command,
			 uint64_t now_us)
{
	while (!choose_visit(line, line->current, &command->device[line->current], now_us)) {
		advance(line, now_us);
	}
}

/* ---- writing ---- */

static void fill_values(struct bus_line *line, const struct bus_step *step,
			const struct bus_line_command *command, struct bus_request *request)
{
	const unsigned int device = line->asked_device;
	const struct bus_plan *plan = &line->plan[device];
	const struct profile *profile = line->config->devices[device].profile;
	const bool work = line->track[device].limit == DRIVE_LIMIT_WORK;
	const struct bus_command *wish = targets_for(line, device, command);

	for (unsigned int i = 0; i < step->item_count; i++) {
		const struct bus_item *item = &plan->items[step->first_item + i];
		const struct profile_register *reg = &profile->registers[item->reg];
		uint16_t *raw = &request->values[item->offset];

		if (item->role == BUS_ROLE_TARGET_SPEED) {
			profile_encode(profile, reg, wish->speed_rpm[item->index], raw);
			line->track[device].told_rpm[item->index] = wish->speed_rpm[item->index];
		} else {
			profile_encode_raw(profile, reg, item->raw[work ? 1 : 0], raw);
		}
	}
}

void bus_line_next(struct bus_line *line, uint64_t now_us, const struct bus_line_command *command,
		   struct bus_request *ret_request)
{
	const struct bus_step *step;

	note_command(line, command);
	if (!choose_stop(line, command) && !choose_disable(line, command)) {
		choose_round(line, command, now_us);
	}
	step = &line->plan[line->asked_device].steps[line->asked_step];
	ret_request->device = line->asked_device;
	ret_request->address = line->config->devices[line->asked_device].address;
	ret_request->function = step->function;
	ret_request->reg = step->reg;
	ret_request->count = step->count;
	ret_request->timeout_us = step->timeout_us;
	if (bus_function_is_write(step->function)) {
		fill_values(line, step, command, ret_request);
	}
	line->sent_us = now_us;
}

uint64_t bus_line_ready_at(const struct bus_line *line)
{
	return line->ready_us;
}

/* ---- outcomes ---- */

/* The first item of @step that does not read as it should, or NULL. */
static const struct bus_item *find_difference(const struct bus_line *line, unsigned int device,
					      const struct bus_step *step, const uint16_t *regs)
{
	const struct bus_plan *plan = &line->plan[device];
	const struct profile *profile = line->config->devices[device].profile;
	const bool work = line->track[device].limit == DRIVE_LIMIT_WORK;

	for (unsigned int i = 0; i < step->item_count; i++) {
		const struct bus_item *item = &plan->items[step->first_item + i];
		const int32_t raw = profile_decode_raw(profile, &profile->registers[item->reg],
						       &regs[item->offset]);

		if (raw != item->raw[work ? 1 : 0]) {
			return item;
		}
	}
	return NULL;
}

/* Go on to the next prepared step, or through the order of the jobs to the next one not empty. */
static void finish_task_step(struct bus_line *line, unsigned int device, uint64_t now_us)
{
	static const enum bus_job next_job[BUS_JOB_COUNT] = {
		[BUS_JOB_PROBE] = BUS_JOB_CONFIG_WRITE,
		[BUS_JOB_CONFIG_WRITE] = BUS_JOB_CONFIG_READ,
		[BUS_JOB_LIMIT_WRITE] = BUS_JOB_LIMIT_READ,
		[BUS_JOB_ENABLE_WRITE] = BUS_JOB_ENABLE_READ,
	};
	const struct bus_plan *plan = &line->plan[device];
	struct bus_device_image *image = &line->image.device[device];
	struct bus_track *track = &line->track[device];

	track->task_step++;
	while (track->task_step >= plan->count[track->task]) {
		const enum bus_job done = track->task;

		start_task(track, next_job[done]);
		if (done == BUS_JOB_CONFIG_READ) {
			become_ready(line, device, now_us);
		} else if (done == BUS_JOB_LIMIT_READ) {
			image->limit = track->limit;
		} else if (done == BUS_JOB_ENABLE_READ) {
			image->enabled = true;
		}
		if (track->task == BUS_JOB_NONE) {
			return;
		}
	}
}

static void finish_probe(struct bus_line *line, unsigned int device, const struct bus_step *step,
			 const uint16_t *regs, uint64_t now_us)
{
	const struct bus_item *last =
		&line->plan[device].items[step->first_item + step->item_count - 1];
	const struct profile *profile = line->config->devices[device].profile;

	/* The last of the enable list is what enables: a drive that still says so was never
	 * stopped, and is disabled before anything else is asked of it. */
	if (is_drive(line, device) && regs != NULL &&
	    profile_decode_raw(profile, &profile->registers[last->reg], &regs[last->offset]) ==
		    last->raw[0]) {
		line->told_mask = (uint16_t)(line->told_mask | bit(device));
	}
	finish_task_step(line, device, now_us);
}

static void store_item(const struct bus_line *line, const struct bus_item *item,
		       const uint16_t *regs, struct bus_device_image *image)
{
	const struct profile *profile = line->config->devices[line->asked_device].profile;
	const struct profile_register *reg = &profile->registers[item->reg];
	const uint16_t *raw = &regs[item->offset];

	switch (item->role) {
	case BUS_ROLE_FAULT:
		image->fault[item->index] = raw[0];
		break;
	case BUS_ROLE_POSITION:
		image->position_counts[item->index] = profile_decode_raw(profile, reg, raw);
		break;
	case BUS_ROLE_SPEED:
		image->speed_rpm[item->index] = profile_decode(profile, reg, raw, NULL);
		break;
	case BUS_ROLE_CURRENT:
		image->current_a[item->index] = profile_decode(profile, reg, raw, NULL);
		break;
	case BUS_ROLE_TEMPERATURE:
		image->value_c[item->index] =
			profile_decode(profile, reg, raw, &image->value_quality[item->index]);
		break;
	case BUS_ROLE_NONE:
	case BUS_ROLE_CONSTANT:
	case BUS_ROLE_TARGET_SPEED:
		break;
	}
}

static void finish_feedback(struct bus_line *line, unsigned int device, const struct bus_step *step,
			    const uint16_t *regs, uint64_t now_us)
{
	const struct bus_plan *plan = &line->plan[device];
	struct bus_device_image *image = &line->image.device[device];
	struct bus_device_stats *stats = &line->image.stats[device];
	struct bus_track *track = &line->track[device];

	assert(regs != NULL); /* the reply to a read */
	for (unsigned int i = 0; i < step->item_count; i++) {
		store_item(line, &plan->items[step->first_item + i], regs, image);
	}
	if (step !=
	    &plan->steps[plan->first[BUS_JOB_FEEDBACK] + plan->count[BUS_JOB_FEEDBACK] - 1]) {
		return;
	}
	image->stamp_us = now_us;
	if (track->read_us != 0) {
		stats->exchange_us = (uint32_t)(now_us - track->read_us);
		if (stats->exchange_us > stats->exchange_max_us) {
			stats->exchange_max_us = stats->exchange_us;
		}
	}
	track->read_us = now_us;
}

static void finish_disable(struct bus_line *line, unsigned int device)
{
	struct bus_track *track = &line->track[device];

	track->disable_step++;
	if (track->disable_step >= line->plan[device].count[BUS_JOB_DISABLE]) {
		track->disable_step = 0;
		line->told_mask = (uint16_t)(line->told_mask & ~bit(device));
	}
}

static void take_reply(struct bus_line *line, unsigned int device, const uint16_t *regs,
		       uint64_t now_us)
{
	const struct bus_step *step = &line->plan[device].steps[line->asked_step];
	const struct bus_item *bad = NULL;

	switch (line->asked_job) {
	case BUS_JOB_PROBE:
		finish_probe(line, device, step, regs, now_us);
		break;
	case BUS_JOB_CONFIG_READ:
	case BUS_JOB_LIMIT_READ:
	case BUS_JOB_ENABLE_READ:
		bad = find_difference(line, device, step, regs);
		if (bad != NULL) {
			refuse(line, device, bad, now_us);
			break;
		}
		finish_task_step(line, device, now_us);
		break;
	case BUS_JOB_CONFIG_WRITE:
	case BUS_JOB_LIMIT_WRITE:
	case BUS_JOB_ENABLE_WRITE:
		finish_task_step(line, device, now_us);
		break;
	case BUS_JOB_DISABLE:
		finish_disable(line, device);
		break;
	case BUS_JOB_FEEDBACK:
		finish_feedback(line, device, step, regs, now_us);
		break;
	case BUS_JOB_TARGET:
	case BUS_JOB_NONE:
	case BUS_JOB_COUNT:
		break;
	}
}

/* The device is there and says no. */
static void take_exception(struct bus_line *line, unsigned int device, uint64_t now_us)
{
	const struct bus_plan *plan = &line->plan[device];
	const struct bus_step *step = &plan->steps[line->asked_step];

	switch (line->asked_job) {
	case BUS_JOB_PROBE:
		finish_probe(line, device, step, NULL, now_us);
		break;
	case BUS_JOB_CONFIG_WRITE:
	case BUS_JOB_CONFIG_READ:
	case BUS_JOB_LIMIT_WRITE:
	case BUS_JOB_LIMIT_READ:
	case BUS_JOB_ENABLE_WRITE:
	case BUS_JOB_ENABLE_READ:
		refuse(line, device, &plan->items[step->first_item], now_us);
		break;
	case BUS_JOB_DISABLE:
	case BUS_JOB_FEEDBACK: /* half an answer is none: from its start in the next round */
		line->track[device].disable_step = 0;
		line->missed_mask = (uint16_t)(line->missed_mask | bit(device));
		break;
	case BUS_JOB_TARGET:
	case BUS_JOB_NONE:
	case BUS_JOB_COUNT:
		break;
	}
}

static void take_silence(struct bus_line *line, unsigned int device)
{
	struct bus_track *track = &line->track[device];
	const bool disabling = line->asked_job == BUS_JOB_DISABLE;
	const unsigned int next_step = track->disable_step + 1U;

	line->missed_mask = (uint16_t)(line->missed_mask | bit(device));
	if (track->misses < BUS_SILENT_AFTER) {
		track->misses++;
	}
	if (track->misses >= BUS_SILENT_AFTER) {
		forget(line, device, BUS_STAGE_SILENT);
		if (disabling) { /* heard or not, each step has its turn */
			track->disable_step =
				(uint8_t)(next_step % line->plan[device].count[BUS_JOB_DISABLE]);
		}
	}
}

static void count_result(struct bus_device_stats *stats, enum bus_result result, uint64_t took_us)
{
	stats->requests++;
	switch (result) {
	case BUS_RESULT_OK:
		stats->replies++;
		break;
	case BUS_RESULT_GARBLED:
		stats->crc_errors++;
		return;
	case BUS_RESULT_EXCEPTION:
		stats->exceptions++;
		break;
	case BUS_RESULT_TIMEOUT:
		stats->timeouts++;
		return;
	case BUS_RESULT_PORT_GONE:
		return;
	}
	if (took_us > stats->reply_max_us) {
		stats->reply_max_us = (uint32_t)took_us;
	}
}

void bus_line_done(struct bus_line *line, uint64_t now_us, const struct bus_request *request,
		   enum bus_result result, const uint16_t *regs)
{
	const unsigned int device = line->asked_device;

	assert(request->device == device);

	line->ready_us = now_us + line->gap_us;
	if (result == BUS_RESULT_PORT_GONE) {
		for (unsigned int i = 0; i < line->config->device_count; i++) {
			forget(line, i, BUS_STAGE_SILENT);
		}
		return;
	}
	if (result == BUS_RESULT_OK && regs == NULL && !bus_function_is_write(request->function)) {
		result = BUS_RESULT_GARBLED;
	}
	count_result(&line->image.stats[device], result, now_us - line->sent_us);
	if (result == BUS_RESULT_OK || result == BUS_RESULT_EXCEPTION) {
		line->track[device].misses = 0;
		if (line->image.device[device].stage == BUS_STAGE_SILENT) {
			line->image.device[device].stage = BUS_STAGE_CONFIGURING;
		}
		if (result == BUS_RESULT_OK) {
			take_reply(line, device, regs, now_us);
		} else {
			take_exception(line, device, now_us);
		}
	} else {
		take_silence(line, device);
	}
}

void bus_line_disturbed(struct bus_line *line, uint64_t now_us)
{
	line->ready_us = now_us + line->gap_us;
}

bool bus_line_at_rest(const struct bus_line *line)
{
	return line->stop_mask == 0 && line->told_mask == 0;
}

const struct bus_line_image *bus_line_image(const struct bus_line *line)
{
	return &line->image;
}
