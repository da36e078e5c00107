/* SPDX-License-Identifier: MIT */
#include "service.h"

#include "safety_limits.h"

#include <assert.h>
#include <stddef.h>

#define STILL_MM_S 0.3f
#define STILL_RPM  0.5f

static float within(float value, float limit)
{
	if (value > limit) {
		return limit;
	}
	return value < -limit ? -limit : value;
}

static float magnitude(float value)
{
	return value < 0.0f ? -value : value;
}

static bool heard_within(const struct chair_inputs *in, uint64_t limit_us)
{
	return in->service_heard_us != 0 && in->service_heard_us <= in->now_us &&
	       in->now_us - in->service_heard_us <= limit_us;
}

bool service_is_heard(const struct chair_inputs *in)
{
	return heard_within(in, LIMIT_SERVICE_SILENT_US);
}

void service_begin(struct service *service, uint64_t now_us)
{
	assert(service != NULL);

	*service = (struct service){ .expires_us = now_us + LIMIT_SERVICE_LEASE_US };
}

bool service_is_over(const struct service *service, const struct chair_inputs *in)
{
	assert(service != NULL);
	assert(in != NULL);

	return !switch_is_on(in->switches, SWITCH_SERVICE_KEY) || !service_is_heard(in) ||
	       in->now_us >= service->expires_us;
}

static bool take_jog(struct service *service, const struct chair_command *command)
{
	const bool knead = command->axis % AXIS_KIND_COUNT == AXIS_KNEAD;
	const enum service_work work = command->home ? SERVICE_HOME : SERVICE_JOG;
	const bool ends = !command->home && magnitude(command->speed) <= 0.0f;
	const bool same = service->work == work && service->axis == command->axis;

	if (ends && service->work != SERVICE_HEAT) {
		service->work = SERVICE_NOTHING;
		return true;
	}
	if (command->axis >= AXIS_COUNT || (service->work != SERVICE_NOTHING && !same)) {
		return false;
	}
	service->speed = within(command->speed, knead ? LIMIT_SERVICE_RPM : LIMIT_SERVICE_MM_S);
	service->axis = command->axis;
	service->work = work;
	return true;
}

static bool take_heat(struct service *service, const struct chair_config *config,
		      const struct chair_command *command)
{
	const bool ends = command->heat_c <= 0.0f;
	const bool same = service->work == SERVICE_HEAT && service->pad == command->pad;

	if ((unsigned int)command->pad >= PAD_COUNT ||
	    (service->work != SERVICE_NOTHING && !same)) {
		return false;
	}
	service->pad = command->pad;
	service->heat_c = command->heat_c > config->set_max_c ? config->set_max_c : command->heat_c;
	service->work = ends ? SERVICE_NOTHING : SERVICE_HEAT;
	return true;
}

bool service_take(struct service *service, const struct chair_config *config,
		  const struct chair_inputs *in)
{
	const struct chair_command *command = &in->command;
	const enum service_work before = service->work;
	bool taken;

	assert(config != NULL);
	assert(in != NULL);

	taken = command->kind == COMMAND_JOG ? take_jog(service, command)
					     : take_heat(service, config, command);
	if (taken) {
		service->expires_us = in->now_us + LIMIT_SERVICE_LEASE_US;
	}
	if (before == SERVICE_NOTHING && service->work != SERVICE_NOTHING) {
		service->work_us = in->now_us;
		service->from = in->axis[service->axis].pos;
		service->still_us = 0;
		service->stood = false;
	}
	return taken;
}

/* At a stop, blocked, or not connected: whatever it is, pushing on tells nothing more. Its drive
 * needs a moment to be ready, which has a limit of its own. */
static bool stands(struct service *service, const struct chair_config *config,
		   const struct chair_inputs *in)
{
	const unsigned int kind = service->axis % AXIS_KIND_COUNT;
	const struct axis_config *axis =
		&config->roller[service->axis / AXIS_KIND_COUNT].axis[kind];
	const struct drive_input *drive = &in->drive[axis->drive];
	const bool still = magnitude(in->axis[service->axis].speed) <
			   (kind == AXIS_KNEAD ? STILL_RPM : STILL_MM_S);

	if (!still || !drive->enabled || drive->limit != DRIVE_LIMIT_HOMING) {
		service->still_us = 0;
		return false;
	}
	if (service->still_us == 0) {
		service->still_us = in->now_us;
	}
	return in->now_us - service->still_us >= LIMIT_SERVICE_STILL_US;
}

void service_step(struct service *service, const struct chair_config *config,
		  const struct chair_inputs *in)
{
	uint64_t worked_us;
	bool held;
	bool ends = false;

	assert(service != NULL);
	assert(config != NULL);
	assert(in != NULL);

	worked_us = in->now_us - service->work_us;
	held = heard_within(in, LIMIT_SERVICE_HOLD_US);
	if (service->work == SERVICE_JOG) {
		service->stood = stands(service, config, in);
		ends = service->stood || !held;
	} else if (service->work == SERVICE_HOME) { /* which stands at the stops on purpose */
		ends = !held || worked_us >= LIMIT_SERVICE_HOME_US;
	} else if (service->work == SERVICE_HEAT) {
		ends = worked_us >= LIMIT_SERVICE_HEAT_US;
	}
	if (ends) {
		service->work = SERVICE_NOTHING;
	}
}
