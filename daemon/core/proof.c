/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <assert.h>
#include <stddef.h>

#define BODY_C	    36.5f
#define BODY_RATE_S 0.003f /* a body warms a pad by this share of the difference in a second */

static const char *const item_names[] = { "relay_open", "relay_closes", "relay_drops", "switches",
					  "drives",	"channels",	"pads" };
_Static_assert(sizeof(item_names) / sizeof(item_names[0]) == PROOF_ITEM_COUNT, "a name for each");

const char *proof_item_name(enum proof_item item)
{
	return (unsigned int)item < PROOF_ITEM_COUNT ? item_names[item] : "invalid";
}

static enum proof_result within(bool done, uint64_t passed_us, uint64_t limit_us)
{
	if (done) {
		return PROOF_PASSED;
	}
	return passed_us > limit_us ? PROOF_FAILED : PROOF_PENDING;
}

/* Both channels of a pad must rise for it to be the pad that warms. */
static enum proof_result watch_pads(struct proof *proof, const struct chair_inputs *in,
				    uint64_t passed_us)
{
	const float passed_s = (float)passed_us * 1e-6f;

	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		bool warms = true;

		for (unsigned int c = 0; c < PAD_CHANNELS; c++) {
			const float start_c = proof->start_c[p][c];
			const float body_c = BODY_C > start_c
						     ? (BODY_C - start_c) * BODY_RATE_S * passed_s
						     : 0.0f;

			warms = warms &&
				in->sensor[p][c].temp_c - start_c > LIMIT_PROOF_RISE_C + body_c;
		}
		if (warms) {
			proof->warm_pad = (uint8_t)p;
			return PROOF_FAILED;
		}
	}
	return passed_us >= LIMIT_PROOF_PADS_US ? PROOF_PASSED : PROOF_PENDING;
}

static enum proof_result prove(struct proof *proof, const struct interlock *il,
			       const struct chair_inputs *in, uint64_t passed_us)
{
	const bool open = il->relay_closed_us == 0;
	const uint64_t bad_switches = CAUSE_BIT(CAUSE_ESTOP_OPEN) |
				      CAUSE_BIT(CAUSE_THERMOSTAT_OPEN) |
				      CAUSE_BIT(CAUSE_COVER_OPEN) | CAUSE_BIT(CAUSE_LEG_GUARD);

	switch ((int)proof->item) { /* the pads come last */
	case PROOF_RELAY_OPEN:	    /* one that does not open is a cause of its own */
		return open && il->relay_seen_open ? PROOF_PASSED : PROOF_PENDING;
	case PROOF_RELAY_CLOSES:
		return within(!open, passed_us, LIMIT_PROOF_CLOSE_US);
	case PROOF_RELAY_DROPS:
		return within(open, passed_us, LIMIT_PROOF_DROP_US);
	case PROOF_SWITCHES:
		return (il->present & bad_switches) == 0 ? PROOF_PASSED : PROOF_PENDING;
	case PROOF_DRIVES:
		return interlock_powered(il, in->now_us) && il->missing_devices == 0
			       ? PROOF_PASSED
			       : PROOF_PENDING;
	case PROOF_CHANNELS:
		return (il->present & (fault_causes(EFFECT_HEAT_OFF) & ~CAUSE_BIT(CAUSE_DOSE) &
				       ~CAUSE_BIT(CAUSE_PADS_UNPROVEN))) == 0
			       ? PROOF_PASSED
			       : PROOF_PENDING;
	default:
		return watch_pads(proof, in, passed_us);
	}
}

static bool is_cut(const struct interlock *il)
{
	return ((il->active | il->latched) & fault_causes(EFFECT_CUT)) != 0;
}

/* The next item begins in this very cycle. */
static void settle(struct proof *proof, enum proof_result result, const struct chair_inputs *in)
{
	proof->result[proof->item] = result;
	proof->at_us[proof->item] = in->now_us;
	proof->since_us = in->now_us;
	if (result == PROOF_PASSED) {
		proof->item++;
	}
	for (unsigned int i = 0; i < PAD_COUNT * PAD_CHANNELS && proof->item == PROOF_PADS; i++) {
		proof->start_c[i / PAD_CHANNELS][i % PAD_CHANNELS] =
			in->sensor[i / PAD_CHANNELS][i % PAD_CHANNELS].temp_c;
	}
}

void proof_step(struct proof *proof, const struct interlock *il, const struct chair_inputs *in,
		struct found *found)
{
	const enum proof_item item = proof->item;
	enum proof_result result = PROOF_PENDING;
	bool failed;

	assert(proof != NULL);
	assert(il != NULL);

	if (item == PROOF_ITEM_COUNT) {
		return;
	}
	if (is_cut(il) && proof->result[item] != PROOF_FAILED) {
		/* Without power nothing can be proven: from the relay on, when it is back. */
		*proof = (struct proof){ 0 };
	} else if (proof->result[item] != PROOF_FAILED) {
		result = prove(proof, il, in, in->now_us - proof->since_us);
	}
	if (result != PROOF_PENDING) {
		settle(proof, result, in);
	}
	failed = proof->item < PROOF_ITEM_COUNT && proof->result[proof->item] == PROOF_FAILED;
	proof->withhold = proof->item == PROOF_RELAY_OPEN || proof->item == PROOF_RELAY_DROPS;
	proof->warm_pads = proof->item == PROOF_PADS && !failed;
	found_add(found, failed || proof->item < PROOF_PADS, CAUSE_PROOF, proof->item);
	found_add(found, proof->item < PROOF_ITEM_COUNT, CAUSE_PADS_UNPROVEN, proof->item);
}
