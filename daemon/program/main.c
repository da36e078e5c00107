/* SPDX-License-Identifier: MIT */
/* chair-program - what a massage program does, before a person feels it. */
#include "program_file.h"
#include "report.h"
#include "svg.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_BROKEN 1
#define EXIT_USAGE  2 /* also: the configuration or the program has errors */
#define MIDDLE_M    1.75

struct options {
	const char *config;
	const char *profiles;
	const char *program;
	const char *svg;
	enum side side; /* SIDE_NONE = every one that the program offers */
	bool five;
	bool json;
};

/* Everything large. */
struct work {
	struct setup setup;
	struct virtual_chair chair;
	struct report report;
	struct svg svg;
};

static void usage(FILE *out)
{
	(void)fputs(
		"Usage: chair-program check FILE [--side left|right|both] [--bodies three|five]\n"
		"                     [--config FILE] [--profiles DIR] [--svg OUT] [--json]\n\n"
		"Runs a massage program in virtual time on simulated bodies, every side that it\n"
		"offers, and tells what each zone felt and whether every limit was kept.\n\n"
		"  --side SIDE      only that side\n"
		"  --bodies five    1.45, 1.60, 1.75, 1.85 and 1.95 m; three (the default)\n"
		"                   leaves out 1.60 and 1.85 m\n"
		"  --config FILE    the chair (default /etc/chaird/chair.yaml)\n"
		"  --profiles DIR   device profiles\n"
		"  --svg OUT        draw the session of the body of 1.75 m\n"
		"  --json           for machines\n"
		"  --help           this text\n\n"
		"Status: 0 every limit kept, 1 one broken, 2 wrong files or arguments.\n",
		out);
}

static bool take_side(const char *word, enum side *ret)
{
	for (unsigned int s = SIDE_LEFT; s < SIDE_COUNT; s++) {
		if (strcmp(word, side_name((enum side)s)) == 0) {
			*ret = (enum side)s;
			return true;
		}
	}
	return false;
}

static bool take_option(int c, struct options *options)
{
	switch (c) {
	case 'c':
		options->config = optarg;
		return true;
	case 'p':
		options->profiles = optarg;
		return true;
	case 'o':
		options->svg = optarg;
		return true;
	case 'j':
		options->json = true;
		return true;
	case 's':
		return take_side(optarg, &options->side);
	case 'b':
		options->five = strcmp(optarg, "five") == 0;
		return options->five || strcmp(optarg, "three") == 0;
	default:
		return false;
	}
}

static int parse_options(int argc, char *argv[], struct options *ret)
{
	static const struct option known[] = {
		{ "side", required_argument, NULL, 's' },
		{ "bodies", required_argument, NULL, 'b' },
		{ "config", required_argument, NULL, 'c' },
		{ "profiles", required_argument, NULL, 'p' },
		{ "svg", required_argument, NULL, 'o' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	*ret = (struct options){ .config = "/etc/chaird/chair.yaml", .profiles = PROFILES_DIR };
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (!take_option(c, ret)) {
			return -EINVAL;
		}
	}
	if (optind + 2 != argc || strcmp(argv[optind], "check") != 0) {
		return -EINVAL;
	}
	ret->program = argv[optind + 1];
	return 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* The program may be one of the chair's, or take the place of one with its name. */
static void make_room(struct setup *setup, const char *path)
{
	const char *name = base_name(path);
	const char *dot = strrchr(name, '.');
	const unsigned int last = setup->core.program_count - 1U;
	char id[64];
	int found;

	(void)snprintf(id, sizeof(id), "%.*s", dot == NULL ? (int)strlen(name) : (int)(dot - name),
		       name);
	found = setup_find_program(setup, id);
	if (found < 0) {
		return;
	}
	setup->core.programs[found] = setup->core.programs[last];
	setup->programs[found] = setup->programs[last];
	if (setup->core.default_program == (unsigned int)found) {
		setup->core.default_program = (uint8_t)last; /* where it will be */
	} else if (setup->core.default_program == last) {
		setup->core.default_program = (uint8_t)found;
	}
	setup->core.program_count = (uint8_t)last;
}

/* A file that is among the chair's programs has been read twice. */
static bool is_told(const struct schema_problems *problems, size_t index)
{
	const struct schema_problem *p = &problems->list[index];

	for (size_t i = 0; i < index; i++) {
		const struct schema_problem *q = &problems->list[i];

		if (q->line == p->line && strcmp(q->key, p->key) == 0 &&
		    strcmp(q->reason, p->reason) == 0 &&
		    strcmp(base_name(q->file), base_name(p->file)) == 0) {
			return true;
		}
	}
	return false;
}

static void tell_problems(const struct schema_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct schema_problem *p = &problems->list[i];

		if (is_told(problems, i)) {
			continue;
		}
		if (p->line > 0) {
			(void)fprintf(stderr, "%s:%u: %s: %s\n", p->file, p->line, p->key,
				      p->reason);
		} else {
			(void)fprintf(stderr, "%s: %s\n", p->file, p->reason);
		}
	}
}

/* The chair, with the program to check as the last of its programs. */
static int load(const struct options *options, struct setup *setup)
{
	struct schema_problems problems = { 0 };
	int r = setup_load(options->config, options->profiles, setup, &problems);

	if (r == 0) {
		make_room(setup, options->program);
	} else {
		setup->core.program_count = 0; /* of no more use than to be told the problems */
	}
	program_file_load(options->program, setup, &problems);
	if (problems.count > 0) {
		tell_problems(&problems);
		r = -EINVAL;
	}
	schema_problems_free(&problems);
	return r;
}

/* Every body on @side. */
static int run_side(struct work *work, const struct options *options, enum side side, bool draws)
{
	static const double heights_m[] = { 1.45, 1.60, MIDDLE_M, 1.85, 1.95 };
	const unsigned int index = work->setup.core.program_count - 1U;
	int r = 0;

	for (unsigned int b = 0; b < CHECK_BODY_MAX && r == 0; b++) {
		const bool middle = b == CHECK_BODY_MAX / 2;

		if (b % 2 == 1 && !options->five) {
			continue;
		}
		if (middle && draws) {
			svg_begin(&work->svg);
		}
		r = check_program(&work->chair, &work->setup, index,
				  heights_m[b] * 1000.0 / REFERENCE_BODY_MM, side, LEVEL_MAX,
				  middle && draws ? &work->svg.trace : NULL,
				  &work->report.run[work->report.count++]);
	}
	return r;
}

static int draw(const struct work *work, const struct options *options, enum side side)
{
	const struct check_run *middle = NULL;
	FILE *file;
	int r;

	for (unsigned int i = 0; i < work->report.count; i++) {
		const struct check_run *run = &work->report.run[i];

		if (run->side == side && run->size > 0.999 && run->size < 1.001) {
			middle = run;
		}
	}
	file = fopen(options->svg, "w");
	if (file == NULL || middle == NULL) {
		(void)fprintf(stderr, "chair-program: %s: %s\n", options->svg, strerror(errno));
		return -EIO;
	}
	r = svg_write(&work->svg, work->report.program, middle, file);
	if (fclose(file) != 0 || r < 0) {
		(void)fprintf(stderr, "chair-program: %s: cannot be written\n", options->svg);
		return -EIO;
	}
	return 0;
}

static int print(const struct report *report, bool json)
{
	json_t *document;
	int r;

	if (!json) {
		return report_print(report, stdout);
	}
	document = report_json(report);
	r = document == NULL ||
			    json_dumpf(document, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) <
				    0 ||
			    putchar('\n') == EOF
		    ? -EIO
		    : 0;
	json_decref(document);
	return r;
}

static int check(struct work *work, const struct options *options)
{
	const uint8_t sides = work->setup.core.programs[work->setup.core.program_count - 1U].sides;
	enum side drawn = SIDE_NONE;
	int r = 0;

	if (options->side != SIDE_NONE && (sides >> options->side & 1U) == 0) {
		(void)fprintf(stderr, "chair-program: %s is not offered for side %s\n",
			      options->program, side_name(options->side));
		return EXIT_USAGE;
	}
	work->report.program = &work->setup.core.programs[work->setup.core.program_count - 1U];
	work->report.level = LEVEL_MAX;
	for (unsigned int s = SIDE_LEFT; s < SIDE_COUNT && r == 0; s++) {
		if (options->side != SIDE_NONE ? options->side == s : (sides >> s & 1U) != 0) {
			drawn = (enum side)s; /* the last one: both, if it is offered */
			r = run_side(work, options, drawn, options->svg != NULL);
		}
	}
	if (r < 0) {
		(void)fprintf(stderr, "chair-program: the configuration breaks a compiled limit\n");
		return EXIT_USAGE;
	}
	if (options->svg != NULL && draw(work, options, drawn) < 0) {
		return EXIT_USAGE;
	}
	if (print(&work->report, options->json) < 0 || fflush(stdout) != 0) {
		(void)fprintf(stderr, "chair-program: the report cannot be written\n");
		return EXIT_USAGE;
	}
	return report_is_kept(&work->report) ? EXIT_SUCCESS : EXIT_BROKEN;
}

int main(int argc, char *argv[])
{
	struct options options;
	struct work *work;
	int status = EXIT_USAGE;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		usage(stdout);
		return EXIT_SUCCESS;
	}
	if (parse_options(argc, argv, &options) < 0) {
		usage(stderr);
		return EXIT_USAGE;
	}
	work = calloc(1, sizeof(*work));
	if (work == NULL) {
		(void)fprintf(stderr, "chair-program: out of memory\n");
		return EXIT_USAGE;
	}
	if (load(&options, &work->setup) == 0) {
		status = check(work, &options);
	}
	free(work);
	return status;
}
