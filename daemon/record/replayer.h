/* SPDX-License-Identifier: MIT */
/*
 * replayer.h - the same core run over a recording: does every output come out again, bit for bit?
 *
 * Pure but for the heap; the bytes are not trusted.
 */
#ifndef RECORD_REPLAYER_H
#define RECORD_REPLAYER_H

#include "recording.h"

#define REPLAY_EVENT_MAX 1024

enum replay_result {
	REPLAY_UNREADABLE, /* `why` says why */
	REPLAY_DIFFERS,	   /* this very core decides otherwise than it did: `difference` */
	REPLAY_OTHER_CORE, /* recorded by other sources; what came out again is in `recurred` */
	REPLAY_IDENTICAL,
};

/* The first value that came out otherwise. */
struct replay_difference {
	bool found;
	bool in_state; /* all outputs were right, but the state at the next key was not */
	uint64_t cycle;
	uint64_t now_us;
	char name[LAYOUT_NAME_MAX];
	char recorded[LAYOUT_NAME_MAX];
	char replayed[LAYOUT_NAME_MAX];
};

enum replay_kind {
	REPLAY_EVENT,	/* of the core */
	REPLAY_COMMAND, /* event.a = enum command_kind, as it came in */
	REPLAY_STOP,	/* asked for, from anywhere */
	REPLAY_GAP,	/* cycles are missing here, or the chair was started anew */
};

struct replay_event {
	uint64_t now_us;
	enum replay_kind kind;
	struct chair_event event;
};

struct replay {
	enum replay_result result;
	char why[LAYOUT_NAME_MAX * 2 + 8]; /* also: why a part was unusable, if that is known */
	struct recording_info info;
	struct chair_config config;
	bool torn;	      /* the end of the file is missing */
	unsigned int damaged; /* parts of it that could not be used */
	unsigned int keys;    /* segments */
	unsigned int gaps;
	uint64_t cycles;
	uint64_t digest; /* FNV-1a of every cycle's values as replayed: the same on every machine */
	uint64_t first_us; /* now_us of the first and the last cycle */
	uint64_t last_us;
	struct replay_difference difference;
	/* The trip that the recording is about; where it names none, the last one in it. */
	bool tripped;
	enum cause cause;
	uint64_t trip_us;
	bool recurred; /* this core trips by that cause too, within a second of then */
	bool safe;     /* and does what the trip did then, for 100 ms, see replayer.c */
	/* The last that happened, at least REPLAY_EVENT_MAX / 2 if there were so many; oldest
	 * first.
	 */
	unsigned int event_count;
	struct replay_event event[REPLAY_EVENT_MAX];
};

/* Seen by whoever wants to draw it, after each cycle. */
struct replay_trace {
	void (*cycle)(struct replay_trace *trace, const struct chair *chair,
		      const struct record_cycle *cycle);
};

/* Replay @bytes. @trace may be NULL. Everything that can be said is in @ret (large). Returns 0 or
 * -ENOMEM. */
int replayer_run(const uint8_t *bytes, size_t length, struct replay_trace *trace,
		 struct replay *ret) __attribute__((warn_unused_result));

/* A cause that a recording is kept for: it cuts, or it latches. */
bool replayer_is_trip(enum cause cause);

#endif /* RECORD_REPLAYER_H */
