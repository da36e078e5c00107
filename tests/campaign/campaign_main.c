/* SPDX-License-Identifier: MIT */
/*
 * chair-campaign - hours of random sessions, people and faults in virtual time, watched by an
 * oracle that knows only the chair as it is. Ends with status 1 when an invariant was broken.
 */
#include "campaign.h"

#include "replayer.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HOUR_US	   (3600.0 * 1e6)
#define CSV_BEFORE UINT64_C(30000000)
#define TRACES	   20 /* at most, in one run */

static const struct option known[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "profiles", required_argument, NULL, 'p' },
	{ "hours", required_argument, NULL, 'h' },
	{ "seed", required_argument, NULL, 's' },
	{ "episode", required_argument, NULL, 'e' },
	{ "ignore", required_argument, NULL, 'n' },
	{ "out", required_argument, NULL, 'o' },
	{ "first", no_argument, NULL, 'f' },
	{ "list", no_argument, NULL, 'l' },
	{ "record", no_argument, NULL, 'r' },
	{ NULL, 0, NULL, 0 },
};

struct arguments {
	const char *config;
	const char *profiles;
	const char *out; /* directory of traces */
	char ignored_words[640];
	uint64_t ignored;
	double hours;
	uint64_t seed;
	uint64_t episode;
	bool one;    /* only that episode */
	bool first;  /* end with the first broken invariant */
	bool record; /* and replay every episode */
};

struct totals {
	double time_us;
	uint64_t episodes;
	uint64_t injected;
	uint64_t broken;
	uint64_t digest;
	double over_n;
};

static bool parse_ignored(struct arguments *a, char *words)
{
	if (snprintf(a->ignored_words, sizeof(a->ignored_words), "%s", words) >=
	    (int)sizeof(a->ignored_words)) {
		(void)fprintf(stderr, "chair-campaign: too many names\n");
		return false;
	}
	for (char *word = strtok(words, ","); word != NULL; word = strtok(NULL, ",")) {
		const int invariant = invariant_find(word);

		if (invariant < 0) {
			(void)fprintf(stderr, "chair-campaign: no invariant \"%s\"\n", word);
			return false;
		}
		a->ignored |= UINT64_C(1) << invariant;
	}
	return true;
}

static bool parse(int argc, char *argv[], struct arguments *a)
{
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 'c') {
			a->config = optarg;
		} else if (c == 'p') {
			a->profiles = optarg;
		} else if (c == 'h') {
			a->hours = strtod(optarg, NULL);
		} else if (c == 's') {
			a->seed = strtoull(optarg, NULL, 0);
		} else if (c == 'e') {
			a->episode = strtoull(optarg, NULL, 0);
			a->one = true;
		} else if (c == 'n') {
			if (!parse_ignored(a, optarg)) {
				return false;
			}
		} else if (c == 'o') {
			a->out = optarg;
		} else if (c == 'f') {
			a->first = true;
		} else if (c == 'r') {
			a->record = true;
		} else if (c == 'l') {
			for (int i = 0; i < INVARIANT_COUNT; i++) {
				(void)printf("%s\n", invariant_name((enum invariant)i));
			}
			exit(EXIT_SUCCESS);
		} else {
			return false;
		}
	}
	return optind == argc && a->hours > 0.0;
}

/* Print the names in @broken. */
static void print_names(uint64_t broken)
{
	for (int i = 0; i < INVARIANT_COUNT; i++) {
		if ((broken >> i & 1U) != 0) {
			(void)printf(" %s", invariant_name((enum invariant)i));
		}
	}
}

static FILE *open_trace(const struct arguments *a, uint64_t number, const char *what)
{
	char path[512];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/seed-%llu-episode-%llu.%s", a->out,
		       (unsigned long long)a->seed, (unsigned long long)number, what);
	file = fopen(path, "w");
	if (file == NULL) {
		perror(path);
	} else {
		(void)printf("  %s\n", path);
	}
	return file;
}

/* The same episode once more, written down. */
static int write_traces(struct campaign *c, const struct arguments *a, uint64_t number)
{
	const uint64_t broken = c->episode.broken;
	const uint64_t at_us = c->episode.broken_us;
	int r;

	if (mkdir(a->out, 0777) < 0 && errno != EEXIST) {
		perror(a->out);
		return -errno;
	}
	c->log = open_trace(a, number, "log");
	c->csv = open_trace(a, number, "csv");
	c->csv_from_us = at_us > CSV_BEFORE ? at_us - CSV_BEFORE : 0;
	r = campaign_run(c, number);
	if (c->log != NULL) {
		(void)fclose(c->log);
	}
	if (c->csv != NULL) {
		(void)fclose(c->csv);
	}
	c->log = NULL;
	c->csv = NULL;
	if (r == 0 && (c->episode.broken != broken || c->episode.broken_us != at_us)) {
		(void)fprintf(stderr, "chair-campaign: the same episode went another way\n");
		return -EBADE;
	}
	return r;
}

static int report_broken(struct campaign *c, const struct arguments *a, uint64_t number,
			 bool traced)
{
	(void)printf("broken:");
	print_names(c->episode.broken);
	(void)printf(", seed %llu, episode %llu, at %.3f s\n  again: chair-campaign --seed %llu "
		     "--episode %llu%s%s\n",
		     (unsigned long long)a->seed, (unsigned long long)number,
		     (double)c->episode.broken_us * 1e-6, (unsigned long long)a->seed,
		     (unsigned long long)number, a->ignored != 0 ? " --ignore " : "",
		     a->ignored != 0 ? a->ignored_words : "");
	return traced ? write_traces(c, a, number) : 0;
}

/* What the recorder holds, as a file at @path. */
static int write_recording(const struct campaign *c, const char *path)
{
	struct recording_info info = { .reason = "campaign", .chair = "virtual" };
	FILE *to = fopen(path, "wb");
	int r;

	if (to == NULL) {
		return -errno;
	}
	(void)snprintf(info.core, sizeof(info.core), "%s", recording_core());
	r = recording_write(to, &info, &c->setup->core, c->recorder);
	if (fclose(to) != 0 && r == 0) {
		r = -errno;
	}
	return r;
}

/* The recording at @path comes out again, bit for bit. */
static int replay_file(const char *path)
{
	static struct replay replay; /* large */
	static uint8_t bytes[RECORDER_BYTES_MAX];
	FILE *from = fopen(path, "rb");
	size_t length;
	int r;

	if (from == NULL) {
		return -errno;
	}
	length = fread(bytes, 1, sizeof(bytes), from);
	(void)fclose(from); /* was only read */
	r = replayer_run(bytes, length, NULL, &replay);
	if (r == 0 && (replay.result != REPLAY_IDENTICAL || replay.torn || replay.damaged > 0)) {
		(void)printf("%s does not replay: cycle %llu, %s was %s, replayed %s %s\n", path,
			     (unsigned long long)replay.difference.cycle, replay.difference.name,
			     replay.difference.recorded, replay.difference.replayed, replay.why);
		r = -EBADE;
	}
	return r;
}

/* Run the episode; with --record its recording is written, replayed, and kept if it is the only
 * one or an invariant broke. */
static int run_episode(struct campaign *c, const struct arguments *a, uint64_t number)
{
	char path[512];
	int r;

	if (!a->record) {
		return campaign_run(c, number);
	}
	if (mkdir(a->out, 0777) < 0 && errno != EEXIST) {
		return -errno;
	}
	(void)snprintf(path, sizeof(path), "%s/seed-%llu-episode-%llu.chairrec", a->out,
		       (unsigned long long)a->seed, (unsigned long long)number);
	r = recorder_new(RECORDER_SEGMENTS, &c->recorder);
	if (r < 0) {
		return r;
	}
	r = campaign_run(c, number);
	if (r == 0) {
		r = write_recording(c, path);
	}
	recorder_free(c->recorder);
	c->recorder = NULL;
	if (r == 0) {
		r = replay_file(path);
	}
	if (r == 0 && c->episode.broken == 0 && !a->one) {
		(void)unlink(path);
	}
	return r;
}

static int run(struct campaign *c, const struct arguments *a, struct totals *totals)
{
	uint64_t number = a->episode;

	while (totals->time_us < a->hours * HOUR_US) {
		int r = run_episode(c, a, number);

		if (r < 0) {
			return r;
		}
		totals->time_us += (double)c->episode.time_us;
		totals->episodes++;
		totals->injected += c->episode.injected;
		totals->digest = totals->digest * 31 + c->episode.digest;
		totals->over_n =
			c->episode.over_n > totals->over_n ? c->episode.over_n : totals->over_n;
		if (c->episode.broken != 0) {
			totals->broken++;
			r = report_broken(c, a, number, totals->broken <= TRACES);
			if (r < 0) {
				return r;
			}
		}
		if (a->one || (a->first && totals->broken != 0)) {
			break;
		}
		number++;
	}
	return 0;
}

static void add_program(struct chair_config *core, const struct program_phase *phases,
			unsigned int count, const char *id)
{
	struct program *program = &core->programs[core->program_count];

	if (core->program_count >= PROGRAM_MAX) {
		return;
	}
	*program = (struct program){
		.sides = 1U << SIDE_LEFT | 1U << SIDE_RIGHT | 1U << SIDE_BOTH,
		.phase_count = (uint8_t)count,
	};
	(void)snprintf(program->id, sizeof(program->id), "%s", id);
	memcpy(program->phases, phases, count * sizeof(phases[0]));
	core->program_count++;
}

/* Besides the programs of config/: every technique everywhere, as warm as may be. */
static void add_programs(struct chair_config *core)
{
	const uint8_t everywhere = 1U << PART_LOWER_BACK | 1U << PART_GLUTE | 1U << PART_THIGH;
	const struct program_phase knead = { "all", 600,   everywhere, TECHNIQUE_KNEAD,
					     0,	    41.0f, LEVEL_MAX,  false };
	const struct program_phase phases[] = {
		{ "back", 20, 1U << PART_LOWER_BACK, TECHNIQUE_DEEP, 0, 41.0f, LEVEL_MAX, false },
		{ "glutes", 30, 1U << PART_GLUTE, TECHNIQUE_PRESS, 0, 41.0f, LEVEL_MAX, false },
		{ "thighs", 20, 1U << PART_THIGH, TECHNIQUE_ROLL, 0, 40.0f, LEVEL_MAX, false },
		{ "calves", 20, 1U << PART_CALF, TECHNIQUE_FLUSH, -1, 0.0f, LEVEL_MAX, false },
		{ "rest", 5, everywhere, TECHNIQUE_REST, 0, 41.0f, LEVEL_MAX, false },
		{ "legs", 25, 1U << PART_CALF | 1U << PART_GLUTE, TECHNIQUE_STROKE, 0, 41.0f,
		  LEVEL_MAX, false },
		{ "all", 30, everywhere, TECHNIQUE_PRESS, 0, 38.0f, LEVEL_MAX, false },
	};

	add_program(core, &knead, 1, "all-axes");
	add_program(core, phases, sizeof(phases) / sizeof(phases[0]), "all-techniques");
}

static double cpu_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int main(int argc, char *argv[])
{
	struct arguments a = { .config = "config/chair.yaml",
			       .profiles = "hw/profiles",
			       .out = "build/campaign",
			       .hours = 1.0,
			       .seed = 1 };
	static struct setup setup; /* large */
	static struct campaign campaign;
	struct schema_problems problems = { 0 };
	struct totals totals = { 0 };
	const double begun_s = cpu_s();
	int r;

	if (!parse(argc, argv, &a)) {
		(void)fprintf(stderr, "Usage: chair-campaign [--hours N] [--seed S] [--episode N] "
				      "[--ignore NAME,...] [--first] [--out DIR] [--config FILE] "
				      "[--profiles DIR] [--list] [--record]\n");
		return 2;
	}
	if (setup_load(a.config, a.profiles, &setup, &problems) < 0) {
		schema_problems_print(&problems, stderr);
		schema_problems_free(&problems);
		return EXIT_FAILURE;
	}
	schema_problems_free(&problems);
	add_programs(&setup.core);
	campaign.setup = &setup;
	campaign.seed = a.seed;
	campaign.ignored = a.ignored;
	r = run(&campaign, &a, &totals);
	if (r < 0) {
		(void)fprintf(stderr, "chair-campaign: %s\n", strerror(-r));
		return EXIT_FAILURE;
	}
	if (a.ignored != 0) {
		(void)printf("ignored: %s\n", a.ignored_words);
	}
	(void)printf("seed %llu, digest %016llx, %.0f x real time, at most %.1f N over the level\n",
		     (unsigned long long)a.seed, (unsigned long long)totals.digest,
		     totals.time_us * 1e-6 / (cpu_s() - begun_s), totals.over_n);
	(void)printf(
		"campaign: %.1f chair-hours, %llu episodes, %llu faults injected, %llu broken\n",
		totals.time_us / HOUR_US, (unsigned long long)totals.episodes,
		(unsigned long long)totals.injected, (unsigned long long)totals.broken);
	return totals.broken == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
