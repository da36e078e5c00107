/* SPDX-License-Identifier: MIT */
/* chair-web: the chair's panel in a browser. See docs/web.md. */
#include "web_config.h"
#include "web_log.h"
#include "web_server.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define EXIT_USAGE 2 /* also: the configuration has errors */

struct options {
	const char *config;
	const char *panel;
	bool check;
	bool help;
};

static void usage(FILE *out)
{
	(void)fputs("Usage: chair-web --config FILE [--panel DIR] [--check]\n\n"
		    "Serves the chair's touch panel and connects browsers with the chair's "
		    "controller.\n\n"
		    "  --config FILE    the configuration (YAML)\n"
		    "  --panel DIR      the panel's files, instead of the configured ones\n"
		    "  --check          check the configuration and exit: 0 good, 2 errors\n"
		    "  --help           this text\n",
		    out);
}

static int parse_options(int argc, char **argv, struct options *ret)
{
	static const struct option known[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "panel", required_argument, NULL, 'p' },
		{ "check", no_argument, NULL, 'k' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct options options = { 0 };
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'c':
			options.config = optarg;
			break;
		case 'p':
			options.panel = optarg;
			break;
		case 'k':
			options.check = true;
			break;
		case 'h':
			options.help = true;
			break;
		default:
			return -EINVAL;
		}
	}
	*ret = options;
	return optind < argc || (options.config == NULL && !options.help) ? -EINVAL : 0;
}

static int load_config(const struct options *options, struct web_config *ret)
{
	struct schema_problems problems = { 0 };
	const int r = web_config_load(options->config, &problems, ret);

	schema_problems_print(&problems, stderr);
	if (r < 0 && problems.count == 0) {
		(void)fprintf(stderr, "%s: %s\n", options->config, strerror(-r));
	}
	schema_problems_free(&problems);
	if (r == 0 && options->panel != NULL) {
		if (strlen(options->panel) >= sizeof(ret->panel)) {
			(void)fprintf(stderr, "--panel: the path is too long\n");
			return -ENAMETOOLONG;
		}
		(void)snprintf(ret->panel, sizeof(ret->panel), "%s", options->panel);
	}
	return r;
}

int main(int argc, char **argv)
{
	struct web_config config = { 0 };
	struct options options = { 0 };

	if (parse_options(argc, argv, &options) < 0) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (options.help) {
		usage(stdout);
		return 0;
	}
	if (load_config(&options, &config) < 0) {
		return EXIT_USAGE;
	}
	if (options.check) {
		return 0;
	}
	journal_open("chair-web");
	return web_server_run(&config) < 0 ? 1 : 0;
}
