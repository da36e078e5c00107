/* SPDX-License-Identifier: MIT */
/* chairctl: the maintenance console. See chairctl(1). */
#include "console.h"
#include "show.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_MAX_S 3600.0

/* Options that only some verbs know: the letter they are parsed as, their name, their bit. */
static const struct {
	int letter;
	const char *name;
	enum option_bit bit;
} verb_options[] = {
	{ 'S', "--side", OPTION_SIDE },		{ 'L', "--level", OPTION_LEVEL },
	{ 'M', "--minutes", OPTION_MINUTES },	{ 'n', "--lines", OPTION_LINES },
	{ 'f', "--follow", OPTION_FOLLOW },	{ 'c', "--config", OPTION_CONFIG },
	{ 'p', "--profiles", OPTION_PROFILES }, { 'o', "--once", OPTION_ONCE },
	{ 'g', "--svg", OPTION_SVG },		{ 'u', "--cut", OPTION_CUT },
	{ 'F', "--for", OPTION_FOR },
};

static int usage(FILE *to, int status)
{
	(void)fputs("usage: chairctl [OPTION]... VERB [ARGUMENT]...\n\n", to);
	for (const struct verb *verb = verbs; verb->name != NULL; verb++) {
		(void)fprintf(to, "  %s%s%s\n      %s\n", verb->name,
			      verb->arguments[0] == '\0' ? "" : " ", verb->arguments,
			      verb->summary);
	}
	(void)fputs(
		"\n  --socket PATH    a socket, or the directory of them (/run/chaird)\n"
		"  --json           one object, for machines\n"
		"  -q, --quiet      the exit status is enough\n"
		"  --no-color       plain text; NO_COLOR in the environment does the same\n"
		"  --timeout S      wait so long for an answer (5)\n"
		"  --side left|right|both, --level 1...5, --minutes 1...30    of start\n"
		"  -n, --lines N    of history and log\n"
		"  -f, --follow     of log\n"
		"  --config FILE, --profiles DIR    of config, doctor, support, programs check\n"
		"  --once           of top\n"
		"  --for TIME       of jog (500ms) and heat (60s)\n"
		"  --svg OUT, --cut OUT    of replay: draw it; keep what a test of the trip needs\n"
		"  -h, --help; -V, --version\n\n"
		"Exit status: 0 done, 1 failed, 2 usage, 3 refused by interlock or state,\n"
		"4 not permitted, 5 no daemon, 7 timeout, 8 chair in fault, 130 interrupted.\n",
		to);
	return status;
}

/* A whole number within bounds, or an enum status. */
static int take_number(const char *option, const char *text, int min, int max, int *ret)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || value < min || value > max) {
		say_error("%s: must be %d to %d", option, min, max);
		return STATUS_USAGE;
	}
	*ret = (int)value;
	return STATUS_DONE;
}

static int take_timeout(const char *text, uint64_t *ret_us)
{
	char *end;
	const double seconds = strtod(text, &end);

	if (end == text || *end != '\0' || !(seconds > 0.0 && seconds <= TIMEOUT_MAX_S)) {
		say_error("--timeout: must be seconds, more than 0 and at most %g", TIMEOUT_MAX_S);
		return STATUS_USAGE;
	}
	*ret_us = (uint64_t)(seconds * 1e6);
	return STATUS_DONE;
}

/* "500ms" or "60s". */
static int take_duration(const char *text, int *ret_ms)
{
	char *unit;
	const double value = strtod(text, &unit);
	const double ms = strcmp(unit, "s") == 0 ? value * 1000.0 : value;

	if (unit == text || (strcmp(unit, "ms") != 0 && strcmp(unit, "s") != 0) ||
	    !(ms >= 1.0 && ms <= 3600000.0)) {
		say_error("--for: must be a time, such as 500ms or 60s");
		return STATUS_USAGE;
	}
	*ret_ms = (int)ms;
	return STATUS_DONE;
}

static int take_side(const char *text, const char **ret)
{
	if (strcmp(text, "left") != 0 && strcmp(text, "right") != 0 && strcmp(text, "both") != 0) {
		say_error("--side: must be left, right or both");
		return STATUS_USAGE;
	}
	*ret = text;
	return STATUS_DONE;
}

/* An option that belongs to some verbs. */
static int take_verb_option(struct console *console, int letter, const char *value)
{
	for (size_t i = 0; i < sizeof(verb_options) / sizeof(verb_options[0]); i++) {
		console->given |= verb_options[i].letter == letter ? verb_options[i].bit : 0U;
	}
	switch (letter) {
	case 'S':
		return take_side(value, &console->side);
	case 'L':
		return take_number("--level", value, 1, 5, &console->level);
	case 'M':
		return take_number("--minutes", value, 1, 30, &console->minutes);
	case 'n':
		return take_number("--lines", value, 1, 100000, &console->lines);
	case 'F':
		return take_duration(value, &console->duration_ms);
	case 'c':
		console->config = value;
		return STATUS_DONE;
	case 'p':
		console->profiles = value;
		return STATUS_DONE;
	case 'g':
		console->svg = value;
		return STATUS_DONE;
	case 'u':
		console->cut = value;
		return STATUS_DONE;
	default:
		return STATUS_DONE; /* its bit says it all */
	}
}

static int take_option(struct console *console, int letter, const char *value)
{
	switch (letter) {
	case 's':
		console->socket = value;
		return STATUS_DONE;
	case 'j':
		console->json = true;
		return STATUS_DONE;
	case 'q':
		console->quiet = true;
		return STATUS_DONE;
	case 'C':
		console->color = false;
		return STATUS_DONE;
	case 't':
		return take_timeout(value, &console->timeout_us);
	case 'h':
		exit(usage(stdout, 0));
	case 'V':
		(void)printf("chairctl %s\n", CHAIR_VERSION);
		exit(STATUS_DONE);
	case '?':
		say_hint("chairctl --help lists verbs and options");
		return STATUS_USAGE;
	default:
		return take_verb_option(console, letter, value);
	}
}

static int parse(int argc, char *argv[], struct console *console)
{
	static const struct option known[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "no-color", no_argument, NULL, 'C' },
		{ "timeout", required_argument, NULL, 't' },
		{ "side", required_argument, NULL, 'S' },
		{ "level", required_argument, NULL, 'L' },
		{ "minutes", required_argument, NULL, 'M' },
		{ "lines", required_argument, NULL, 'n' },
		{ "follow", no_argument, NULL, 'f' },
		{ "config", required_argument, NULL, 'c' },
		{ "profiles", required_argument, NULL, 'p' },
		{ "once", no_argument, NULL, 'o' },
		{ "svg", required_argument, NULL, 'g' },
		{ "cut", required_argument, NULL, 'u' },
		{ "for", required_argument, NULL, 'F' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int letter;

	while ((letter = getopt_long(argc, argv, "qn:fhV", known, NULL)) != -1) {
		const int r = take_option(console, letter, optarg);

		if (r != STATUS_DONE) {
			return r;
		}
	}
	return STATUS_DONE;
}

static int check_options(const struct console *console, const struct verb *verb)
{
	for (size_t i = 0; i < sizeof(verb_options) / sizeof(verb_options[0]); i++) {
		if ((console->given & verb_options[i].bit & ~verb->options) != 0) {
			say_error("%s has no option %s", verb->name, verb_options[i].name);
			return STATUS_USAGE;
		}
	}
	if (console->json && verb->no_json) {
		say_error("%s is for people: it has no --json", verb->name);
		return STATUS_USAGE;
	}
	return STATUS_DONE;
}

static int run(struct console *console, int count, char *const words[])
{
	const struct verb *verb = count == 0 ? NULL : verb_find(words[0]);
	int r;

	if (count == 0) {
		return usage(stderr, STATUS_USAGE);
	}
	if (verb == NULL) {
		say_error("%s: there is no such verb; chairctl --help lists them", words[0]);
		return STATUS_USAGE;
	}
	if ((unsigned int)count - 1U < verb->words_min ||
	    (unsigned int)count - 1U > verb->words_max) {
		say_error("usage: chairctl %s%s%s", verb->name,
			  verb->arguments[0] == '\0' ? "" : " ", verb->arguments);
		return STATUS_USAGE;
	}
	r = check_options(console, verb);
	if (r != STATUS_DONE) {
		return r;
	}
	if (console->quiet && !console->json && freopen("/dev/null", "w", stdout) == NULL) {
		return STATUS_FAILED;
	}
	return verb->run(console, count - 1, words + 1);
}

/* A negative number is a word, not an option: with a blank before it getopt sees it so, and
 * strtod() does not mind. */
static void shield_numbers(int argc, char *argv[])
{
	for (int i = 1; i < argc; i++) {
		char *word;

		if (argv[i][0] == '-' && isdigit((unsigned char)argv[i][1]) &&
		    asprintf(&word, " %s", argv[i]) > 0) {
			argv[i] = word; /* for as long as the program lives */
		}
	}
}

/* What was printed is whole lines; what was asked of the chair goes on without us. */
static void on_interrupt(int signal)
{
	(void)signal;
	_exit(STATUS_INTERRUPTED);
}

int main(int argc, char *argv[])
{
	const char *no_color = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");
	struct console console = {
		.socket = "/run/chaird",
		.timeout_us = 5000000,
		.color = isatty(STDOUT_FILENO) == 1 && (no_color == NULL || no_color[0] == '\0') &&
			 terminal != NULL && strcmp(terminal, "dumb") != 0,
	};
	int r;

	(void)signal(SIGINT, on_interrupt);
	(void)setlocale(LC_CTYPE, "");
	show_init(&console);
	if (argc > 1 && strcmp(argv[1], "__complete") == 0) {
		return complete_run(&console, argc - 2, argv + 2); /* its words are not for us */
	}
	shield_numbers(argc, argv);
	r = parse(argc, argv, &console);
	if (r == STATUS_DONE) {
		r = run(&console, argc - optind, argv + optind);
	}
	if (fflush(stdout) != 0 && r == STATUS_DONE) {
		say_error("the result could not be written: %s", strerror(errno));
		r = STATUS_FAILED;
	}
	return r;
}
