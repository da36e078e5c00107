/* SPDX-License-Identifier: MIT */
#include "sim_faults.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

const char *const sim_fault_words[SIM_FAULT_COUNT + 1] = {
	[SIM_FAULT_ESTOP_OPEN] = "estop_open",
	[SIM_FAULT_RELAY_WELDED] = "relay_welded",
	[SIM_FAULT_COVER_OPEN] = "cover_open",
	[SIM_FAULT_LEG_GUARD] = "leg_guard",
	[SIM_FAULT_THERMOSTAT_OPEN] = "thermostat_open",
	[SIM_FAULT_SSR_WELDED] = "ssr_welded",
	[SIM_FAULT_TEMP_OPEN] = "temp_open",
	[SIM_FAULT_TEMP_SHORT] = "temp_short",
	[SIM_FAULT_TEMP_OFFSET] = "temp_offset",
	[SIM_FAULT_TEMP_FROZEN] = "temp_frozen",
	[SIM_FAULT_DRIVE_SILENT] = "drive_silent",
	[SIM_FAULT_DEVICE_SILENT] = "device_silent",
	[SIM_FAULT_DRIVE_FAULT] = "drive_fault",
	[SIM_FAULT_DRIVE_STALL] = "drive_stall",
	[SIM_FAULT_BUS_CUT] = "bus_cut",
	[SIM_FAULT_BUS_NOISE] = "bus_noise",
	[SIM_FAULT_BUS_FOREIGN] = "bus_foreign",
	[SIM_FAULT_BUS_EXCEPTION] = "bus_exception",
	[SIM_FAULT_BUS_TRUNCATED] = "bus_truncated",
	[SIM_FAULT_BUS_BABBLE] = "bus_babble",
	[SIM_FAULT_BUS_UNPLUGGED] = "bus_unplugged",
	[SIM_FAULT_FORCE_SPIKE] = "force_spike",
	[SIM_FAULT_GPIO_SILENT] = "gpio_silent",
	[SIM_FAULT_BUTTON_STUCK] = "button_stuck",
};

#define SENSOR (SIM_PARAM_PAD | SIM_PARAM_CHANNEL)

static const struct {
	uint32_t identity;
	uint32_t values;
} fault_params[SIM_FAULT_COUNT] = {
	[SIM_FAULT_SSR_WELDED] = { SIM_PARAM_PAD, 0 },
	[SIM_FAULT_TEMP_OPEN] = { SENSOR, 0 },
	[SIM_FAULT_TEMP_SHORT] = { SENSOR, 0 },
	[SIM_FAULT_TEMP_OFFSET] = { SENSOR, SIM_PARAM_C },
	[SIM_FAULT_TEMP_FROZEN] = { SENSOR, 0 },
	[SIM_FAULT_DRIVE_SILENT] = { SIM_PARAM_ADDRESS, 0 },
	[SIM_FAULT_DEVICE_SILENT] = { SIM_PARAM_ADDRESS, 0 },
	[SIM_FAULT_DRIVE_FAULT] = { SIM_PARAM_ADDRESS, SIM_PARAM_BITS },
	[SIM_FAULT_DRIVE_STALL] = { SIM_PARAM_AXIS, 0 },
	[SIM_FAULT_BUS_CUT] = { SIM_PARAM_PORT, 0 },
	[SIM_FAULT_BUS_NOISE] = { SIM_PARAM_PORT, SIM_PARAM_PCT },
	[SIM_FAULT_BUS_FOREIGN] = { SIM_PARAM_ADDRESS, 0 },
	[SIM_FAULT_BUS_EXCEPTION] = { SIM_PARAM_ADDRESS, 0 },
	[SIM_FAULT_BUS_TRUNCATED] = { SIM_PARAM_ADDRESS, 0 },
	[SIM_FAULT_BUS_BABBLE] = { SIM_PARAM_PORT, SIM_PARAM_PCT },
	[SIM_FAULT_BUS_UNPLUGGED] = { SIM_PARAM_PORT, 0 },
	[SIM_FAULT_FORCE_SPIKE] = { SIM_PARAM_ROLLER, SIM_PARAM_MM },
	[SIM_FAULT_BUTTON_STUCK] = { SIM_PARAM_BUTTON, 0 },
};

uint32_t sim_fault_params(enum sim_fault_kind kind, uint32_t *ret_identity)
{
	assert((unsigned int)kind < SIM_FAULT_COUNT);

	*ret_identity = fault_params[kind].identity;
	return fault_params[kind].identity | fault_params[kind].values;
}

static bool same_fault(const struct sim_fault *a, const struct sim_fault *b)
{
	const uint32_t identity = fault_params[a->kind].identity;

	return a->kind == b->kind &&
	       ((identity & SIM_PARAM_ADDRESS) == 0 || a->address == b->address) &&
	       ((identity & SIM_PARAM_PAD) == 0 || a->pad == b->pad) &&
	       ((identity & SIM_PARAM_CHANNEL) == 0 || a->channel == b->channel) &&
	       ((identity & SIM_PARAM_AXIS) == 0 ||
		(a->roller == b->roller && a->axis == b->axis)) &&
	       ((identity & SIM_PARAM_PORT) == 0 || a->port == b->port) &&
	       ((identity & SIM_PARAM_ROLLER) == 0 || a->roller == b->roller) &&
	       ((identity & SIM_PARAM_BUTTON) == 0 || a->button == b->button);
}

int sim_faults_set(struct sim_faults *faults, const struct sim_fault *fault, bool on)
{
	unsigned int i = 0;

	assert((unsigned int)fault->kind < SIM_FAULT_COUNT);

	while (i < faults->count && !same_fault(&faults->list[i], fault)) {
		i++;
	}
	if (on) {
		if (i == SIM_FAULT_MAX) {
			return -ENOSPC;
		}
		faults->list[i] = *fault;
		faults->count += i == faults->count ? 1U : 0U;
	} else if (i < faults->count) {
		faults->count--;
		memmove(&faults->list[i], &faults->list[i + 1],
			(faults->count - i) * sizeof(faults->list[0]));
	}
	return 0;
}

static void derive_sensor(const struct sim_fault *fault, struct sim_effects *ret)
{
	switch ((int)fault->kind) { /* only the kinds about a sensor */
	case SIM_FAULT_TEMP_OPEN:
		ret->temp_open[fault->pad][fault->channel] = true;
		break;
	case SIM_FAULT_TEMP_SHORT:
		ret->temp_short[fault->pad][fault->channel] = true;
		break;
	case SIM_FAULT_TEMP_OFFSET:
		ret->temp_offset_c[fault->pad][fault->channel] = fault->offset_c;
		break;
	case SIM_FAULT_TEMP_FROZEN:
		ret->temp_frozen[fault->pad][fault->channel] = true;
		break;
	default:
		break;
	}
}

static void derive_device(const struct sim_fault *fault, struct sim_effects *ret)
{
	const int device = reference_find_device(fault->address);

	if (device < 0) {
		return;
	}
	switch ((int)fault->kind) { /* only the kinds about a device */
	case SIM_FAULT_DRIVE_FAULT:
		if (device < DRIVE_COUNT) {
			ret->drive_bits[device] = fault->bits;
		}
		break;
	case SIM_FAULT_BUS_FOREIGN:
		ret->foreign |= 1U << device;
		break;
	case SIM_FAULT_BUS_EXCEPTION:
		ret->excepting |= 1U << device;
		break;
	case SIM_FAULT_BUS_TRUNCATED:
		ret->truncated |= 1U << device;
		break;
	default:
		ret->silent |= 1U << device;
		break;
	}
}

static void derive_one(const struct sim_fault *fault, struct sim_effects *ret)
{
	ret->active |= 1U << fault->kind;
	switch (fault->kind) {
	case SIM_FAULT_ESTOP_OPEN:
	case SIM_FAULT_RELAY_WELDED:
	case SIM_FAULT_COVER_OPEN:
	case SIM_FAULT_LEG_GUARD:
	case SIM_FAULT_THERMOSTAT_OPEN:
	case SIM_FAULT_GPIO_SILENT:
		break; /* the bit says it all */
	case SIM_FAULT_SSR_WELDED:
		ret->ssr_welded |= 1U << fault->pad;
		break;
	case SIM_FAULT_TEMP_OPEN:
	case SIM_FAULT_TEMP_SHORT:
	case SIM_FAULT_TEMP_OFFSET:
	case SIM_FAULT_TEMP_FROZEN:
		derive_sensor(fault, ret);
		break;
	case SIM_FAULT_DRIVE_SILENT:
	case SIM_FAULT_DEVICE_SILENT:
	case SIM_FAULT_DRIVE_FAULT:
	case SIM_FAULT_BUS_FOREIGN:
	case SIM_FAULT_BUS_EXCEPTION:
	case SIM_FAULT_BUS_TRUNCATED:
		derive_device(fault, ret);
		break;
	case SIM_FAULT_DRIVE_STALL:
		ret->stalled |= 1U << reference_lane(fault->roller, fault->axis);
		break;
	case SIM_FAULT_BUS_CUT:
		ret->cut |= 1U << fault->port;
		break;
	case SIM_FAULT_BUS_NOISE:
		ret->noise_pct[fault->port] = fault->pct;
		break;
	case SIM_FAULT_BUS_BABBLE:
		ret->babble_pct[fault->port] = fault->pct;
		break;
	case SIM_FAULT_BUS_UNPLUGGED:
		ret->unplugged |= 1U << fault->port;
		break;
	case SIM_FAULT_FORCE_SPIKE:
		ret->push_mm[fault->roller] = fault->push_mm;
		break;
	case SIM_FAULT_BUTTON_STUCK:
		ret->buttons |= 1U << fault->button;
		break;
	case SIM_FAULT_COUNT:
		break;
	}
}

void sim_faults_derive(const struct sim_faults *faults, struct sim_effects *ret)
{
	assert(faults != NULL);
	assert(ret != NULL);

	*ret = (struct sim_effects){ 0 };
	for (unsigned int i = 0; i < faults->count; i++) {
		derive_one(&faults->list[i], ret);
	}
}
