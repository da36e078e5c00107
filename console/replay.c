/* SPDX-License-Identifier: MIT */
/* replay.c - `chairctl replay FILE`: run the core over a recording, and tell what happened. */
#include "console.h"
#include "replay_draw.h"
#include "show.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define BEFORE_US     (60 * S_US) /* of the trip: what is told in words */
#define AFTER_US      (30 * S_US)
#define CUT_BEFORE_US (20 * S_US) /* what a test needs of it */
#define CUT_AFTER_US  (5 * S_US)
#define WORDS	      240

/* Everything large. */
struct work {
	uint8_t *bytes;
	size_t length;
	struct replay replay;
};

static int read_file(const char *path, struct work *work)
{
	FILE *from = fopen(path, "rb");
	struct stat st;
	int r = 0;

	if (from == NULL) {
		return -errno;
	}
	if (fstat(fileno(from), &st) < 0) {
		r = -errno;
	} else if (!S_ISREG(st.st_mode)) {
		r = -EINVAL;
	} else if (st.st_size > (off_t)RECORDING_BYTES_MAX) {
		r = -EFBIG;
	} else {
		work->length = (size_t)st.st_size;
		work->bytes = malloc(work->length + 1);
		if (work->bytes == NULL) {
			r = -ENOMEM;
		} else if (fread(work->bytes, 1, work->length, from) != work->length) {
			r = -EIO;
		}
	}
	(void)fclose(from); /* was only read */
	return r;
}

/* ---- words ---- */

/* Seconds are told relative to this. */
static uint64_t zero_us(const struct replay *replay)
{
	return replay->tripped ? replay->trip_us : replay->last_us;
}

static double relative_s(const struct replay *replay, uint64_t now_us)
{
	return ((double)now_us - (double)zero_us(replay)) * 1e-6;
}

/* The time of day at @now_us; empty when it is not known. */
static void utc_words(const struct replay *replay, uint64_t now_us, char *to, size_t size)
{
	const double since_s = ((double)replay->info.saved_us - (double)now_us) * 1e-6;
	const double utc_s = (double)replay->info.saved_utc_s - since_s;
	struct tm utc = { 0 };
	time_t whole_s;

	to[0] = '\0';
	if (replay->info.saved_utc_s == 0 || !(utc_s > 0.0 && utc_s < 4e9)) {
		return;
	}
	whole_s = (time_t)utc_s;
	if (gmtime_r(&whole_s, &utc) != NULL) {
		(void)strftime(to, size, "%Y-%m-%d %H:%M:%S UTC", &utc);
	}
}

static const char *program_name(const struct replay *replay, const struct chair_event *event)
{
	const uint8_t program = event->choice.program;

	return program < replay->config.program_count ? replay->config.programs[program].id : "?";
}

static const char *command_word(uint32_t kind)
{
	static const char *const words[] = { "none",
					     "start",
					     "resume",
					     "pause",
					     "level",
					     "preheat",
					     "time",
					     "skip",
					     "again",
					     "heat",
					     "heat_only",
					     "pinpoint",
					     "service",
					     "jog",
					     "heat test",
					     "proof",
					     "overtaken by a stop" };
	_Static_assert(sizeof(words) / sizeof(words[0]) == COMMAND_KIND_COUNT + 1, "for each");

	return kind <= COMMAND_KIND_COUNT ? words[kind] : "?";
}

static void cause_words(const struct chair_event *event, char words[WORDS])
{
	const struct cause_row *row = fault_row((enum cause)event->a);

	if (event->b == 1) {
		(void)snprintf(words, WORDS, "%s %s came: %s%s", row->code, row->name,
			       effect_name(row->effect), row->latched ? ", latched" : "");
	} else {
		(void)snprintf(words, WORDS, "%s %s went", row->code, row->name);
	}
}

static const char *core_words(const struct replay *replay, const struct chair_event *event,
			      char words[WORDS])
{
	const struct program *program =
		&replay->config.programs[event->choice.program % PROGRAM_MAX];

	words[0] = '\0';
	switch (event->kind) {
	case CHAIR_EVENT_STATE:
		(void)snprintf(words, WORDS, "%s -> %s",
			       session_state_name((enum session_state)event->a),
			       session_state_name((enum session_state)event->b));
		return "state";
	case CHAIR_EVENT_SESSION_STARTED:
		(void)snprintf(words, WORDS, "%s, side %s, started", program_name(replay, event),
			       side_name(event->choice.side));
		return "session";
	case CHAIR_EVENT_SESSION_ENDED:
		(void)snprintf(words, WORDS, "%s ended: %s", program_name(replay, event),
			       ended_name((enum ended)event->a));
		return "session";
	case CHAIR_EVENT_PHASE:
		(void)snprintf(words, WORDS, "%u: %s", event->a + 1,
			       event->a < program->phase_count ? program->phases[event->a].name
							       : "over");
		return "phase";
	case CHAIR_EVENT_CAUSE:
		cause_words(event, words);
		return "cause";
	case CHAIR_EVENT_ACKNOWLEDGED:
		(void)snprintf(words, WORDS, "at the chair");
		return "acknowledged";
	case CHAIR_EVENT_ASK:
		(void)snprintf(words, WORDS, "%s %s", event->b == 1 ? "resume" : "start",
			       ask_outcome_name((enum ask_outcome)event->a));
		return "ask";
	case CHAIR_EVENT_COMMAND:
		(void)snprintf(
			words, WORDS, "%s%s", event->a == REFUSAL_NONE ? "accepted" : "refused: ",
			event->a == REFUSAL_NONE ? "" : refusal_name((enum refusal)event->a));
		return "outcome";
	case CHAIR_EVENT_PROOF:
		(void)snprintf(words, WORDS, "%s %s", proof_item_name((enum proof_item)event->a),
			       event->b == 1 ? "passed" : "failed");
		return "proof";
	case CHAIR_EVENT_BODY:
		(void)snprintf(words, WORDS, "%s", scan_result_name((enum scan_result)event->a));
		return "body";
	case CHAIR_EVENT_NONE:
	case CHAIR_EVENT_KIND_COUNT:
		break;
	}
	return "?";
}

/* What happened; the word for its kind is returned. */
static const char *event_words(const struct replay *replay, const struct replay_event *event,
			       char words[WORDS])
{
	switch (event->kind) {
	case REPLAY_EVENT:
		return core_words(replay, &event->event, words);
	case REPLAY_COMMAND:
		(void)snprintf(words, WORDS, "%s", command_word(event->event.a));
		return "command";
	case REPLAY_STOP:
		(void)snprintf(words, WORDS, "by a panel, a phone, the home or a technician");
		return "stop";
	case REPLAY_GAP:
		(void)snprintf(words, WORDS, "cycles are missing, or the chair started anew");
		return "gap";
	}
	words[0] = '\0';
	return "?";
}

static void print_verdict(const char *file, const struct replay *replay)
{
	const struct replay_difference *d = &replay->difference;
	char when[40];

	utc_words(replay, replay->info.saved_us, when, sizeof(when));
	(void)printf("%s: chair %s, saved on %s%s%s\n", file, replay->info.chair,
		     replay->info.reason, when[0] != '\0' ? ", " : "", when);
	(void)printf("%.1f s, %llu cycles, %u segment%s",
		     (double)(replay->last_us - replay->first_us) * 1e-6,
		     (unsigned long long)replay->cycles, replay->keys,
		     replay->keys == 1 ? "" : "s");
	(void)printf("%s%s\n", replay->gaps > 0 ? ", with gaps" : "",
		     replay->torn	   ? ", the end of the file is missing"
		     : replay->damaged > 0 ? ", parts of the file are damaged"
					   : "");
	if (replay->why[0] != '\0') {
		(void)printf("unusable from there on: %s\n", replay->why);
	}
	if (replay->result == REPLAY_OTHER_CORE) {
		(void)printf("recorded by another core (%s, this is %s)\n", replay->info.core,
			     recording_core());
	}
	if (!d->found) {
		(void)printf("every output identical\n");
		return;
	}
	(void)printf("DIFFERS from cycle %llu on, at %+.3f s: %s was %s, replayed %s%s\n",
		     (unsigned long long)d->cycle, relative_s(replay, d->now_us), d->name,
		     d->recorded, d->replayed, d->in_state ? " (a state, no output)" : "");
}

static void print_trip(const struct replay *replay)
{
	const struct cause_row *row = fault_row(replay->cause);
	char when[40];

	if (!replay->tripped) {
		(void)printf("no trip; seconds are told from the end\n\n");
		return;
	}
	utc_words(replay, replay->trip_us, when, sizeof(when));
	(void)printf("trip: %s %s%s%s; it %s when replayed\n  %s\n  %s\n\n", row->code, row->name,
		     when[0] != '\0' ? ", " : "", when,
		     replay->recurred ? "comes again" : "does NOT come again", row->text,
		     row->technician);
}

static void print_events(const struct replay *replay)
{
	const uint64_t zero = zero_us(replay);
	unsigned int left_out = 0;
	char words[WORDS];

	for (unsigned int i = 0; i < replay->event_count; i++) {
		const struct replay_event *event = &replay->event[i];
		const char *kind;

		if (event->now_us + BEFORE_US < zero || event->now_us > zero + AFTER_US) {
			left_out++;
			continue;
		}
		kind = event_words(replay, event, words);
		(void)printf("%+10.3f s  %-12s %s\n", relative_s(replay, event->now_us), kind,
			     words);
	}
	if (left_out > 0) {
		(void)printf("%u events further away are left out; --json has them\n", left_out);
	}
}

/* ---- for machines ---- */

static json_t *json_events(const struct replay *replay)
{
	json_t *list = json_array();
	char words[WORDS];

	for (unsigned int i = 0; i < replay->event_count; i++) {
		const char *kind = event_words(replay, &replay->event[i], words);
		json_t *event = json_pack("{s:f, s:s, s:s}", "at_s",
					  relative_s(replay, replay->event[i].now_us), "kind", kind,
					  "text", words);

		if (json_array_append_new(list, event) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *json_difference(const struct replay_difference *d)
{
	return d->found ? json_pack("{s:I, s:s, s:s, s:s, s:b}", "cycle", (json_int_t)d->cycle,
				    "name", d->name, "recorded", d->recorded, "replayed",
				    d->replayed, "in_state", d->in_state)
			: json_null();
}

static json_t *json_trip(const struct replay *replay)
{
	const struct cause_row *row = fault_row(replay->cause);
	char when[40];

	utc_words(replay, replay->trip_us, when, sizeof(when));
	return replay->tripped
		       ? json_pack("{s:s, s:s, s:s, s:s, s:b, s:b}", "cause", row->name, "code",
				   row->code, "effect", effect_name(row->effect), "utc", when,
				   "recurred", replay->recurred, "safe", replay->safe)
		       : json_null();
}

static int print_json(const char *file, const struct replay *replay)
{
	static const char *const results[] = {
		[REPLAY_UNREADABLE] = "unreadable",
		[REPLAY_DIFFERS] = "differs",
		[REPLAY_OTHER_CORE] = "other_core",
		[REPLAY_IDENTICAL] = "identical",
	};
	json_t *root = json_pack(
		"{s:s, s:s, s:b, s:s, s:s, s:f, s:I, s:i, s:i, s:i, s:b, s:o, s:o, s:o}", "file",
		file, "result", results[replay->result], "identical", !replay->difference.found,
		"chair", replay->info.chair, "reason", replay->info.reason, "seconds",
		(double)(replay->last_us - replay->first_us) * 1e-6, "cycles",
		(json_int_t)replay->cycles, "segments", (int)replay->keys, "gaps",
		(int)replay->gaps, "damaged", (int)replay->damaged, "torn", replay->torn,
		"difference", json_difference(&replay->difference), "trip", json_trip(replay),
		"events", json_events(replay));
	int r = -ENOMEM;

	if (root != NULL) {
		r = show_json("replay", root) == STATUS_DONE ? 0 : -EIO;
	}
	return r;
}

/* ---- files ---- */

static int write_svg(const struct work *work, FILE *to)
{
	return replay_draw(work->bytes, work->length, &work->replay, to);
}

static int write_cut(const struct work *work, FILE *to)
{
	const uint64_t zero = zero_us(&work->replay);
	struct recording_info info = work->replay.info;

	/* Of this core, and of no later one that may not trip any more. */
	info.tripped = work->replay.tripped;
	info.cause = work->replay.cause;
	info.trip_us = work->replay.trip_us;
	return recording_cut(work->bytes, work->length, &info,
			     zero > CUT_BEFORE_US ? zero - CUT_BEFORE_US : 0, zero + CUT_AFTER_US,
			     to);
}

static int write_out(const char *path, const struct work *work,
		     int (*write)(const struct work *work, FILE *to))
{
	FILE *to = fopen(path, "wb");
	int r;

	if (to == NULL) {
		r = -errno;
	} else {
		r = write(work, to);
		if (fclose(to) != 0 && r == 0) {
			r = -errno;
		}
	}
	if (r < 0) {
		say_error("%s: %s", path, strerror(-r));
	}
	return r;
}

static int tell(const struct console *console, const char *file, const struct work *work)
{
	const struct replay *replay = &work->replay;
	int r = 0;

	if (console->json) {
		r = print_json(file, replay);
	} else {
		print_verdict(file, replay);
		print_trip(replay);
		print_events(replay);
	}
	if (r == 0 && console->svg != NULL) {
		r = write_out(console->svg, work, write_svg);
	}
	if (r == 0 && console->cut != NULL) {
		r = write_out(console->cut, work, write_cut);
	}
	if (r < 0) {
		return STATUS_USAGE;
	}
	return replay->difference.found ? STATUS_FAILED : STATUS_DONE;
}

int verb_replay(const struct console *console, int count, char *const words[])
{
	struct work *work = calloc(1, sizeof(*work));
	int status = STATUS_USAGE;
	int r = work == NULL ? -ENOMEM : read_file(words[0], work);

	(void)count;
	if (r == 0) {
		r = replayer_run(work->bytes, work->length, NULL, &work->replay);
	}
	if (r < 0) {
		say_error("%s: %s", words[0], strerror(-r));
	} else if (work->replay.result == REPLAY_UNREADABLE) {
		say_error("%s: %s", words[0], work->replay.why);
	} else {
		status = tell(console, words[0], work);
	}
	if (work != NULL) {
		free(work->bytes);
	}
	free(work);
	return status;
}
