/* SPDX-License-Identifier: MIT */
#include "replayer.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NEAR_US S_US /* another core may need a cycle more, or a sample */
#define SAFE_US \
	UINT64_C(100000) /* sooner nothing can be acknowledged: the relay is still falling */
#define LEAVES_MM_S (-10.0f)
#define FNV_START   UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME   UINT64_C(0x100000001b3)
#define HEAT_MASK   (((1U << PAD_COUNT) - 1U) << COIL_SSR_LOWER_BACK | 1U << COIL_HEAT_ENABLE)

struct run {
	struct replay *to;
	struct replay_trace *trace;
	struct recording *recording;
	struct layout states;
	struct layout cycles;
	bool same_core;
	struct chair chair;
	struct record_cycle cycle; /* as recorded */
	struct record_cycle replayed;
	uint32_t stretch;
	uint64_t next; /* cycle; 0 = none yet */
	uint64_t recurred_us;
	uint8_t state[2][LAYOUT_STATE_SIZE]; /* as recorded, as replayed */
	uint8_t image[2][LAYOUT_CYCLE_SIZE];
};

bool replayer_is_trip(enum cause cause)
{
	const struct cause_row *row = fault_row(cause);

	return row->effect == EFFECT_CUT || row->latched;
}

static struct chair_event *add(struct run *run, enum replay_kind kind)
{
	struct replay *to = run->to;
	struct replay_event *event;

	if (to->event_count == REPLAY_EVENT_MAX) {
		const unsigned int half = REPLAY_EVENT_MAX / 2;

		memmove(to->event, to->event + half, half * sizeof(to->event[0]));
		to->event_count = half;
	}
	event = &to->event[to->event_count++];
	*event = (struct replay_event){ .now_us = run->chair.last_us, .kind = kind };
	return &event->event;
}

static void note_difference(struct run *run, const struct layout *layout, const uint8_t *recorded,
			    const uint8_t *replayed)
{
	const size_t leaf = layout_difference(layout, recorded, replayed);
	struct replay_difference *d = &run->to->difference;

	if (leaf == layout->leaf_count || d->found) {
		return;
	}
	d->found = true;
	d->in_state = layout == &run->states;
	d->cycle = run->next;
	d->now_us = run->chair.last_us;
	layout_name(layout, leaf, d->name);
	layout_value(layout, leaf, recorded, d->recorded);
	layout_value(layout, leaf, replayed, d->replayed);
}

/* Another core must come through the trip by itself: the state that the recording core had come to
 * would hide that it does not. */
static bool goes_its_own_way(const struct run *run, const struct record_key *key)
{
	return !run->same_core && run->to->info.tripped &&
	       key->now_us + NEAR_US >= run->to->trip_us;
}

/* At the beginning of a segment: what the core has come to is what it had come to then. */
static void take_state(struct run *run, const struct record_key *key)
{
	const bool goes_on =
		run->next != 0 && key->stretch == run->stretch && key->cycle + 1 == run->next;

	if (goes_on) {
		memset(run->state[1], 0, sizeof(run->state[1]));
		layout_pack(&run->states, &run->chair, run->state[1]);
		note_difference(run, &run->states, run->state[0], run->state[1]);
	}
	if (!goes_on && run->next != 0) {
		run->to->gaps++;
		(void)add(run, REPLAY_GAP);
	}
	run->to->keys++;
	run->next = key->cycle + 1;
	if (goes_on && goes_its_own_way(run, key)) {
		return;
	}
	/* From here on the recorded state counts: of what follows, no cycle inherits a mistake. */
	if (chair_init(&run->chair, &run->to->config) < 0) {
		return; /* recording_open() has tried */
	}
	layout_unpack(&run->states, run->state[0], &run->chair);
	run->stretch = key->stretch;
}

/* A new trip: nothing was latched before this cycle. */
static void note_trip(struct run *run, enum cause cause, uint64_t latched_before)
{
	struct replay *to = run->to;
	const uint64_t now_us = run->chair.last_us;

	if (!replayer_is_trip(cause)) {
		return;
	}
	if (!to->info.tripped && latched_before == 0) {
		to->tripped = true;
		to->recurred = false;
		to->cause = cause;
		to->trip_us = now_us;
	}
	if (to->tripped && cause == to->cause && !to->recurred && now_us + NEAR_US >= to->trip_us &&
	    now_us <= to->trip_us + NEAR_US) {
		to->recurred = true;
		to->safe = true;
		run->recurred_us = now_us;
	}
}

static bool drives_rest(const struct chair_outputs *out)
{
	bool rest = true;

	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		rest = rest && !out->drive[d].enable;
	}
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		rest = rest && !(out->speed[a] < 0.0f) && !(out->speed[a] > 0.0f);
	}
	return rest;
}

/* A roller that clearly left the body then is not told to stay or to press. */
static bool rollers_leave(const struct chair_outputs *then, const struct chair_outputs *now)
{
	bool leave = true;

	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		const unsigned int a = AXIS(r, AXIS_DEPTH);

		leave = leave &&
			(then->speed[a] > LEAVES_MM_S || now->speed[a] < 0.0f || drives_rest(now));
	}
	return leave;
}

static bool beats(const struct chair_outputs *out, uint32_t coils_before)
{
	return ((out->coils ^ coils_before) >> COIL_HEARTBEAT & 1U) != 0;
}

/* What the trip had switched off then is off now too: told from the outputs alone, because a core
 * whose table has become wrong would agree with itself. */
static void judge_safety(struct run *run, uint32_t then_before, uint32_t now_before)
{
	struct replay *to = run->to;
	const struct chair_outputs *then = &run->cycle.out;
	const struct chair_outputs *now = &run->replayed.out;
	const uint64_t from_us = run->recurred_us > to->trip_us ? run->recurred_us : to->trip_us;
	const uint64_t now_us = run->chair.last_us;

	if (!to->recurred || now_us < from_us || now_us > from_us + SAFE_US) {
		return;
	}
	if ((!beats(then, then_before) && beats(now, now_before)) ||
	    (drives_rest(then) && !drives_rest(now)) || !rollers_leave(then, now) ||
	    ((then->coils & HEAT_MASK) == 0 && (now->coils & HEAT_MASK) != 0)) {
		to->safe = false;
	}
}

static uint64_t digest(uint64_t so_far, const uint8_t *image)
{
	for (size_t i = 0; i < LAYOUT_CYCLE_SIZE; i++) {
		so_far = (so_far ^ image[i]) * FNV_PRIME;
	}
	return so_far;
}

static void take_events(struct run *run, uint64_t latched_before)
{
	const struct chair *chair = &run->chair;

	if (run->cycle.in.stop) {
		(void)add(run, REPLAY_STOP);
	}
	if (run->cycle.in.command.kind != COMMAND_NONE) {
		add(run, REPLAY_COMMAND)->a = (uint32_t)run->cycle.in.command.kind;
	}
	for (unsigned int i = 0; i < chair->event_count; i++) {
		const struct chair_event *event = &chair->events[i];

		*add(run, REPLAY_EVENT) = *event;
		if (event->kind == CHAIR_EVENT_CAUSE && event->b == 1) {
			note_trip(run, (enum cause)event->a, latched_before);
		}
	}
}

/* False when the core cannot be given this cycle. */
static bool replay_cycle(struct run *run)
{
	const uint64_t latched_before = run->chair.interlock.latched;
	const uint32_t then_before = run->cycle.out.coils;
	const uint32_t now_before = run->chair.coils;

	layout_unpack(&run->cycles, run->image[0], &run->cycle);
	if (run->cycle.in.now_us < run->chair.last_us) {
		return false;
	}
	run->replayed.in = run->cycle.in;
	chair_step(&run->chair, &run->replayed.in, &run->replayed.out);
	layout_pack(&run->cycles, &run->replayed, run->image[1]);
	note_difference(run, &run->cycles, run->image[0], run->image[1]);
	run->to->digest = digest(run->to->digest, run->image[1]);
	take_events(run, latched_before);
	judge_safety(run, then_before, now_before);
	if (run->to->cycles == 0) {
		run->to->first_us = run->chair.last_us;
	}
	run->to->last_us = run->chair.last_us;
	run->to->cycles++;
	run->next++;
	if (run->trace != NULL) {
		run->trace->cycle(run->trace, &run->chair, &run->cycle);
	}
	return true;
}

static void replay_all(struct run *run)
{
	struct replay *to = run->to;
	struct record_key key;

	to->info = *recording_info(run->recording);
	to->config = *recording_config(run->recording);
	to->tripped = to->info.tripped;
	to->cause = to->info.cause;
	to->trip_us = to->info.trip_us;
	to->digest = FNV_START;
	run->same_core = recording_is_of_this_core(run->recording);
	while (recording_next_segment(run->recording, &key, run->state[0])) {
		take_state(run, &key);
		while (recording_next_cycle(run->recording, run->image[0])) {
			if (!replay_cycle(run)) {
				to->damaged++;
				break;
			}
		}
	}
	to->damaged += recording_damaged(run->recording);
	to->torn = recording_is_torn(run->recording);
	(void)snprintf(to->why, sizeof(to->why), "%s", recording_impossible(run->recording));
	if (to->cycles == 0) {
		(void)snprintf(to->why, sizeof(to->why), "no cycle of it can be used");
	} else if (!run->same_core) {
		to->result = REPLAY_OTHER_CORE;
	} else {
		to->result = to->difference.found ? REPLAY_DIFFERS : REPLAY_IDENTICAL;
	}
}

int replayer_run(const uint8_t *bytes, size_t length, struct replay_trace *trace,
		 struct replay *ret)
{
	struct run *run = calloc(1, sizeof(*run));
	int r = -ENOMEM;

	assert(ret != NULL);

	memset(ret, 0, sizeof(*ret));
	if (run != NULL && layout_init(&run->states, LAYOUT_STATE) == 0 &&
	    layout_init(&run->cycles, LAYOUT_CYCLE) == 0) {
		run->to = ret;
		run->trace = trace;
		r = recording_open(bytes, length, &run->recording, ret->why);
	}
	if (r == 0) {
		replay_all(run);
	}
	if (run != NULL) {
		recording_close(run->recording);
		layout_free(&run->states);
		layout_free(&run->cycles);
	}
	free(run);
	return r == -EBADMSG ? 0 : r;
}
