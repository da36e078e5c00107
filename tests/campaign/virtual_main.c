/* SPDX-License-Identifier: MIT */
/*
 * chair-virtual - a whole session in virtual time, written as a table for the plot; or how fast
 * virtual time runs (--bench).
 */
#include "virtual.h"

#include "program.h"
#include "recording.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SAMPLE_CYCLES  20
#define MINUTE_US      (60 * S_US)
#define AFTER_STOP_US  (2 * S_US)  /* what follows a stop belongs to the table */
#define FAULT_US       (60 * S_US) /* after the start, --fault; the rollers are at work by then */
#define AFTER_FAULT_US (6 * S_US)

static const struct option known[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "profiles", required_argument, NULL, 'p' },
	{ "program", required_argument, NULL, 'g' },
	{ "side", required_argument, NULL, 's' },
	{ "level", required_argument, NULL, 'l' },
	{ "csv", required_argument, NULL, 'o' },
	{ "cycles", required_argument, NULL, 'n' },
	{ "every", required_argument, NULL, 'e' },
	{ "stop-at", required_argument, NULL, 't' },
	{ "wait", required_argument, NULL, 'w' },
	{ "ceiling", required_argument, NULL, 'm' },
	{ "size", required_argument, NULL, 'b' },
	{ "record", required_argument, NULL, 'r' },
	{ "fault", required_argument, NULL, 'f' },
	{ NULL, 0, NULL, 0 },
};

struct arguments {
	const char *config;
	const char *profiles;
	const char *program;
	enum side side;
	uint8_t level;
	const char *csv;
	unsigned long cycles; /* stop after so many; 0 = the whole session */
	unsigned long every;  /* cycles between two lines of the table */
	uint64_t stop_at_us;  /* somebody stops the session so long after its start; 0 = nobody */
	unsigned long wait;   /* cycles between READY and the start: another phase of the bus */
	uint8_t ceiling;      /* of the person who has checked in; 0 = nobody has */
	double size;	      /* of the body */
	const char *record;   /* write a recording there; NULL = none */
	bool broken;	      /* during the session, by: */
	struct sim_fault fault;
};

static void header(FILE *csv)
{
	(void)fprintf(csv, "time_s,state,phase");
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		const char *name = roller_name((enum roller)r);

		(void)fprintf(csv, ",%s_level_n,%s_force_n,%s_travel_mm,%s_depth_mm", name, name,
			      name, name);
	}
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		(void)fprintf(csv, ",%s_pad_c,%s_skin_c", pad_name((enum pad)p),
			      pad_name((enum pad)p));
	}
	(void)fprintf(csv, ",sim_time_s\n");
}

static const char *phase_name(const struct virtual_chair *v)
{
	const struct session *session = &v->chair.session;
	const struct program *program = &v->setup->core.programs[session->now.program];

	return session->running && session->phase < program->phase_count
		       ? program->phases[session->phase].name
		       : "-";
}

static void sample(FILE *csv, const struct virtual_chair *v, uint64_t start_us)
{
	(void)fprintf(csv, "%.2f,%s,%s", (double)(v->now_us - start_us) * 1e-6,
		      session_state_name(v->chair.session.state), phase_name(v));
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		(void)fprintf(csv, ",%.2f,%.2f,%.1f,%.2f", (double)v->chair.roller[r].level_n,
			      v->sim.plant.contact_n[r], v->sim.plant.pos_mm[LANE_TRAVEL + r],
			      v->sim.plant.pos_mm[LANE_DEPTH + r]);
	}
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		(void)fprintf(csv, ",%.2f,%.2f", v->sim.plant.heat.pad_c[p],
			      v->sim.plant.heat.skin_c[p]);
	}
	(void)fprintf(csv, ",%.3f\n", (double)(v->now_us - v->sim.start_us) * 1e-6);
}

static double cpu_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Is there more of the session, or of what a stop or a fault set going? */
static bool goes_on(const struct virtual_chair *v, const struct arguments *a, uint64_t start_us)
{
	return v->chair.session.running ||
	       (a->stop_at_us != 0 && v->now_us < start_us + a->stop_at_us + AFTER_STOP_US) ||
	       (a->broken && v->now_us < start_us + FAULT_US + AFTER_FAULT_US);
}

/* Once its time has come, whatever --fault names breaks and stays broken. */
static void break_it(struct virtual_chair *v, const struct arguments *a, uint64_t start_us)
{
	if (a->broken && v->tick_us >= start_us + FAULT_US &&
	    !sim_effect(&v->sim.effects, a->fault.kind)) {
		(void)sim_set_fault(&v->sim, &a->fault, true); /* the first of 64 */
	}
}

/* The session of @a, sampled into @csv (may be NULL). Returns 0, or 1 after a message. */
static int run(struct virtual_chair *v, const struct arguments *a, FILE *csv)
{
	const int program = setup_find_program(v->setup, a->program);
	const double begun_s = cpu_s();
	uint64_t start_us;
	unsigned long cycles = 0;

	if (program < 0) {
		(void)fprintf(stderr, "chair-virtual: no program \"%s\"\n", a->program);
		return 1;
	}
	virtual_set_body(v, a->size);
	if (a->ceiling > 0) {
		v->person = (struct person){ .checked_in = true, .ceiling = a->ceiling };
	}
	if (!virtual_until(v, STATE_READY, MINUTE_US)) {
		(void)fprintf(stderr, "chair-virtual: the chair does not become ready\n");
		return 1;
	}
	for (unsigned long i = 0; i < a->wait; i++) {
		virtual_cycle(v);
	}
	v->command = (struct chair_command){ .kind = COMMAND_START,
					     .id = 1,
					     .program = (uint8_t)program,
					     .side = a->side,
					     .level = a->level };
	start_us = v->now_us;
	do {
		v->stop = a->stop_at_us != 0 && v->tick_us == start_us + a->stop_at_us;
		break_it(v, a, start_us);
		virtual_cycle(v);
		if (csv != NULL && cycles % a->every == 0) {
			sample(csv, v, start_us);
		}
		cycles++;
	} while (goes_on(v, a, start_us) && cycles != a->cycles);
	(void)printf("%s, side %s: %.1f s, ended in state %s; %.0f x real time\n", a->program,
		     side_name(a->side), (double)(v->now_us - start_us) * 1e-6,
		     session_state_name(v->chair.session.state),
		     (double)v->now_us * 1e-6 / (cpu_s() - begun_s));
	return v->chair.session.state == STATE_FAULT ? 1 : 0;
}

/* What @recorder holds, to @path. 0, or 1 after a message. */
static int save(const char *path, const struct setup *setup, struct recorder *recorder)
{
	struct recording_info info = { .reason = "virtual" };
	FILE *to = fopen(path, "wb");
	int r = to == NULL ? -errno : 0;

	(void)snprintf(info.core, sizeof(info.core), "%s", recording_core());
	(void)snprintf(info.chair, sizeof(info.chair), "virtual");
	if (r == 0) {
		r = recording_write(to, &info, &setup->core, recorder);
		if (fclose(to) != 0 && r == 0) {
			r = -errno;
		}
	}
	if (r < 0) {
		(void)fprintf(stderr, "chair-virtual: %s: %s\n", path, strerror(-r));
	}
	return r < 0 ? 1 : 0;
}

/* The session, recorded if it is to be. 0 or 1. */
static int run_recorded(struct virtual_chair *v, const struct arguments *a, FILE *csv)
{
	struct recorder *recorder = NULL;
	int r;

	if (a->record != NULL) {
		if (recorder_new(RECORDER_SEGMENTS, &recorder) < 0) {
			return EXIT_FAILURE;
		}
		virtual_record(v, recorder);
	}
	r = run(v, a, csv);
	if (recorder != NULL && save(a->record, v->setup, recorder) != 0) {
		r = EXIT_FAILURE;
	}
	recorder_free(recorder);
	return r;
}

static enum side side_of(const char *word)
{
	return strcmp(word, "left") == 0    ? SIDE_LEFT
	       : strcmp(word, "right") == 0 ? SIDE_RIGHT
					    : SIDE_BOTH;
}

static bool take_fault(struct arguments *a, const char *word)
{
	const int kind = reference_find_word(sim_fault_words, word);

	a->broken = kind >= 0;
	a->fault.kind = (enum sim_fault_kind)kind;
	a->fault.address = 3; /* of kinds that have one: a drive with two depth axes */
	return a->broken;
}

static bool parse(int argc, char *argv[], struct arguments *a)
{
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 'c') {
			a->config = optarg;
		} else if (c == 'p') {
			a->profiles = optarg;
		} else if (c == 'g') {
			a->program = optarg;
		} else if (c == 's') {
			a->side = side_of(optarg);
		} else if (c == 'l') {
			a->level = (uint8_t)strtoul(optarg, NULL, 10);
		} else if (c == 'o') {
			a->csv = optarg;
		} else if (c == 'n') {
			a->cycles = strtoul(optarg, NULL, 10);
		} else if (c == 'e') {
			a->every = strtoul(optarg, NULL, 10);
		} else if (c == 't') {
			/* A cycle is the finest that a stop can be told at. */
			a->stop_at_us = strtoul(optarg, NULL, 10) * S_US;
		} else if (c == 'w') {
			a->wait = strtoul(optarg, NULL, 10);
		} else if (c == 'm') {
			a->ceiling = (uint8_t)strtoul(optarg, NULL, 10);
		} else if (c == 'b') {
			a->size = strtod(optarg, NULL);
		} else if (c == 'r') {
			a->record = optarg;
		} else if (c == 'f') {
			if (!take_fault(a, optarg)) {
				return false;
			}
		} else {
			return false;
		}
	}
	return optind == argc && a->every > 0 && a->size >= PLANT_BODY_SIZE_MIN &&
	       a->size <= PLANT_BODY_SIZE_MAX;
}

int main(int argc, char *argv[])
{
	struct arguments a = { .config = "config/chair.yaml",
			       .profiles = "hw/profiles",
			       .program = "piriformis",
			       .side = SIDE_LEFT,
			       .level = 3,
			       .size = 1.0,
			       .every = SAMPLE_CYCLES };
	static struct setup setup; /* large */
	static struct virtual_chair v;
	struct schema_problems problems = { 0 };
	FILE *csv = NULL;
	int r = EXIT_FAILURE;

	if (!parse(argc, argv, &a)) {
		(void)fprintf(
			stderr,
			"Usage: chair-virtual [--config FILE] [--profiles DIR] [--program ID] "
			"[--side left|right|both] [--level N] [--csv FILE] [--cycles N] "
			"[--every CYCLES] [--stop-at SECONDS] [--wait CYCLES] "
			"[--ceiling LEVEL] [--size 0.8..1.15] [--record FILE] "
			"[--fault NAME]\n");
		return 2;
	}
	if (setup_load(a.config, a.profiles, &setup, &problems) < 0) {
		schema_problems_print(&problems, stderr);
	} else if (a.csv != NULL && (csv = fopen(a.csv, "w")) == NULL) {
		perror(a.csv);
	} else if (virtual_init(&v, &setup) < 0) {
		(void)fprintf(stderr, "chair-virtual: the configuration breaks a compiled limit\n");
	} else {
		if (csv != NULL) {
			header(csv);
		}
		r = run_recorded(&v, &a, csv);
	}
	if (csv != NULL && fclose(csv) != 0) {
		perror(a.csv);
		r = EXIT_FAILURE;
	}
	schema_problems_free(&problems);
	return r;
}
