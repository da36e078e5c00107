/* SPDX-License-Identifier: MIT */
/*
 * chair.h - one control cycle of the whole chair.
 *
 * Pure and deterministic: the same inputs give the same outputs, bit for bit. No I/O, clock, heap,
 * log or thread. Not thread-safe: one thread owns a struct chair.
 */
#ifndef CORE_CHAIR_H
#define CORE_CHAIR_H

#include "gate.h"
#include "motion.h"
#include "proof.h"
#include "scan.h"

#define CHAIR_EVENT_MAX (CAUSE_COUNT + 10) /* every cause, and one of each other kind */

enum chair_event_kind {
	CHAIR_EVENT_NONE,
	CHAIR_EVENT_STATE,	     /* a = from, b = to (enum session_state) */
	CHAIR_EVENT_SESSION_STARTED, /* choice */
	CHAIR_EVENT_SESSION_ENDED,   /* choice; a = enum ended */
	CHAIR_EVENT_PHASE,	     /* a = index, choice */
	CHAIR_EVENT_CAUSE,	     /* a = enum cause, b = 1 came, 0 went */
	CHAIR_EVENT_ACKNOWLEDGED,
	CHAIR_EVENT_ASK,     /* a = enum ask_outcome, b = 1 for a resume */
	CHAIR_EVENT_COMMAND, /* id; a = enum refusal */
	CHAIR_EVENT_PROOF,   /* a = enum proof_item, b = 1 passed, 0 failed */
	CHAIR_EVENT_BODY,    /* a = enum scan_result; the scan has ended */
	CHAIR_EVENT_KIND_COUNT
};

struct chair_event {
	enum chair_event_kind kind;
	uint32_t id;
	uint32_t a;
	uint32_t b;
	struct session_choice choice;
};

struct chair {
	struct chair_config config; /* copy; constant after chair_init() */
	bool configured;
	uint64_t last_us;
	uint64_t cycles;
	struct interlock interlock;
	struct session session;
	struct gate gate;
	struct motion motion;
	struct proof proof;
	struct roller_ctl roller[ROLLER_COUNT];
	struct heat_ctl pad[PAD_COUNT];
	struct scan scan;		     /* of the running session, or the last one */
	struct zone_config zone[ZONE_COUNT]; /* where they are on this body; else as configured */
	float sent[AXIS_COUNT];		     /* speeds of the last cycle's outputs */
	uint32_t coils;			     /* and its coils */
	float set_c[PAD_COUNT];		     /* asked of the pads now, 0 = off */
	uint8_t zone_level[ZONE_COUNT];	     /* level that each zone gets now, 0 = none */
	bool travel_homing;		     /* second half of homing */
	uint64_t homing_us;		     /* when this half began */
	uint64_t drives_ready_us; /* last time that every drive was as it must be to move */
	struct permits permits;
	/* of the last cycle only */
	uint8_t event_count;
	struct chair_event events[CHAIR_EVENT_MAX];
};

/* Put @chair in INHIBITED with nothing known. Returns 0, or -EINVAL when @config breaks a compiled
 * limit: it then stays INHIBITED by CONFIG_WRONG for ever and drives nothing. */
int chair_init(struct chair *chair, const struct chair_config *config)
	__attribute__((warn_unused_result));

/* Bring latched causes (bits of enum cause) back after a restart; the chair is then in FAULT. */
void chair_restore(struct chair *chair, uint64_t latched, uint64_t now_us);

/* After chair_init(): a pad's thermal dose of an earlier hour. */
void chair_restore_dose(struct chair *chair, enum pad pad, float cem43, unsigned int hours_ago);

/* Advance by one cycle. @out is always fully written. Bounded time, cannot fail. Cycles may come at
 * any distance; in->now_us never goes back. */
void chair_step(struct chair *chair, const struct chair_inputs *in, struct chair_outputs *out);

#endif /* CORE_CHAIR_H */
