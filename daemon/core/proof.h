/* SPDX-License-Identifier: MIT */
/*
 * proof.h - the proof test at start-up: nothing moves, and everything that must cut the power or
 * the heat is seen to do so once.
 */
#ifndef CORE_PROOF_H
#define CORE_PROOF_H

#include "interlock.h"

/* In the order in which they are proven. */
enum proof_item {
	PROOF_RELAY_OPEN,   /* feedback says open while the heartbeat is withheld */
	PROOF_RELAY_CLOSES, /* the heartbeat closes it in time, every drive disabled */
	PROOF_RELAY_DROPS,  /* withholding opens it in time */
	PROOF_SWITCHES,	    /* cover, leg guard, thermostats, e-stop read good */
	PROOF_DRIVES,	    /* every drive's timeout and limits read back */
	PROOF_CHANNELS,	    /* both channels of each pad agree */
	PROOF_PADS,	    /* no pad warms with every relay off */
	PROOF_ITEM_COUNT
};

enum proof_result {
	PROOF_PENDING,
	PROOF_PASSED,
	PROOF_FAILED,
};

struct proof {
	enum proof_item item;			/* being proven; PROOF_ITEM_COUNT = all passed */
	float start_c[PAD_COUNT][PAD_CHANNELS]; /* of PROOF_PADS */
	enum proof_result result[PROOF_ITEM_COUNT];
	uint64_t at_us[PROOF_ITEM_COUNT]; /* when it passed or failed */
	uint64_t since_us;		  /* this item */
	bool withhold;			  /* the heartbeat, in this cycle */
	bool warm_pads;			  /* heat enabled, pads off, in this cycle */
	uint8_t warm_pad;		  /* that failed PROOF_PADS */
};

/* Stable lower-case word; "invalid" when out of range. */
const char *proof_item_name(enum proof_item item);

/* One cycle. Finds PROOF until all but the pads have passed, or when one failed, and PADS_UNPROVEN
 * until they have passed too; where: the item. */
void proof_step(struct proof *proof, const struct interlock *il, const struct chair_inputs *in,
		struct found *found);

#endif /* CORE_PROOF_H */
