/* SPDX-License-Identifier: MIT */
/*
 * sim_faults.h - what can be broken on the simulated chair, by name.
 *
 * Pure. The list of active faults is the truth; what they do is derived from it after each change.
 */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include "reference.h"
#include "types.h"

#include <stdbool.h>
#include <stdint.h>

#define SIM_FAULT_MAX 64 /* active at the same time */

enum sim_fault_kind {
	SIM_FAULT_ESTOP_OPEN,
	SIM_FAULT_RELAY_WELDED, /* sticks as soon as it is closed */
	SIM_FAULT_COVER_OPEN,
	SIM_FAULT_LEG_GUARD,
	SIM_FAULT_THERMOSTAT_OPEN,
	SIM_FAULT_SSR_WELDED,	 /* pad */
	SIM_FAULT_TEMP_OPEN,	 /* pad, channel */
	SIM_FAULT_TEMP_SHORT,	 /* pad, channel */
	SIM_FAULT_TEMP_OFFSET,	 /* pad, channel, c */
	SIM_FAULT_TEMP_FROZEN,	 /* pad, channel */
	SIM_FAULT_DRIVE_SILENT,	 /* address: its connector is out, it neither hears nor answers */
	SIM_FAULT_DEVICE_SILENT, /* the same under another name */
	SIM_FAULT_DRIVE_FAULT,	 /* address, bits: both channels; stays latched in the drive */
	SIM_FAULT_DRIVE_STALL,	 /* axis: jammed where it is */
	SIM_FAULT_BUS_CUT,	 /* port: nothing gets through either way */
	SIM_FAULT_BUS_NOISE,	 /* port, pct: so many replies have a flipped byte */
	SIM_FAULT_BUS_FOREIGN,	 /* address: it answers, but under another's address */
	SIM_FAULT_BUS_EXCEPTION, /* address: it answers every request with "device failure" */
	SIM_FAULT_BUS_TRUNCATED, /* address: its replies end in the middle */
	SIM_FAULT_BUS_BABBLE,	 /* port, pct: so many replies come once more, unasked */
	SIM_FAULT_BUS_UNPLUGGED, /* port: the adapter is gone, and comes back as another */
	SIM_FAULT_FORCE_SPIKE,	 /* roller, mm: the body pushes toward it */
	SIM_FAULT_GPIO_SILENT,	 /* the GPIO end neither takes outputs nor tells inputs */
	SIM_FAULT_BUTTON_STUCK,	 /* button */
	SIM_FAULT_COUNT
};

/* Which of the fields below a kind uses. */
#define SIM_PARAM_ADDRESS 0x001U
#define SIM_PARAM_PAD	  0x002U
#define SIM_PARAM_CHANNEL 0x004U
#define SIM_PARAM_C	  0x008U
#define SIM_PARAM_BITS	  0x010U
#define SIM_PARAM_AXIS	  0x020U
#define SIM_PARAM_PORT	  0x040U
#define SIM_PARAM_PCT	  0x080U
#define SIM_PARAM_ROLLER  0x100U
#define SIM_PARAM_MM	  0x200U
#define SIM_PARAM_BUTTON  0x400U

struct sim_fault {
	enum sim_fault_kind kind;
	uint8_t address;
	uint8_t channel; /* 0: R4DCB08, 1: MB8ART */
	uint8_t pct;
	uint16_t bits;
	enum pad pad;
	enum roller roller;
	enum axis_kind axis; /* of that roller */
	enum sim_port port;
	enum chair_switch button;
	double offset_c;
	double push_mm;
};

struct sim_faults {
	struct sim_fault list[SIM_FAULT_MAX];
	unsigned int count;
};

/* What the active faults do, in the form in which it is used. */
struct sim_effects {
	uint32_t active;     /* bit per kind */
	uint32_t ssr_welded; /* bit per pad */
	uint32_t silent;     /* bit per device index */
	uint32_t foreign;    /* bits per device index */
	uint32_t excepting;
	uint32_t truncated;
	uint32_t cut; /* bits per port */
	uint32_t unplugged;
	uint32_t buttons; /* bit per chair_switch */
	uint32_t stalled; /* bit per lane */
	uint8_t noise_pct[SIM_PORT_COUNT];
	uint8_t babble_pct[SIM_PORT_COUNT];
	uint16_t drive_bits[DRIVE_COUNT];
	double push_mm[ROLLER_COUNT];
	bool temp_open[PAD_COUNT][PAD_CHANNELS];
	bool temp_short[PAD_COUNT][PAD_CHANNELS];
	bool temp_frozen[PAD_COUNT][PAD_CHANNELS];
	double temp_offset_c[PAD_COUNT][PAD_CHANNELS];
};

extern const char *const sim_fault_words[SIM_FAULT_COUNT + 1];

/* SIM_PARAM_ bits of a kind; those in *ret_identity tell two faults of one kind apart. */
uint32_t sim_fault_params(enum sim_fault_kind kind, uint32_t *ret_identity);

/* Add, change or (@on false) remove. Returns 0 or -ENOSPC. */
int sim_faults_set(struct sim_faults *faults, const struct sim_fault *fault, bool on);

void sim_faults_derive(const struct sim_faults *faults, struct sim_effects *ret);

static inline bool sim_effect(const struct sim_effects *effects, enum sim_fault_kind kind)
{
	return (effects->active >> kind & 1U) != 0;
}

#endif /* SIM_FAULTS_H */
