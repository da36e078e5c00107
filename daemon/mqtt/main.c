/* SPDX-License-Identifier: MIT */
/* chair-mqtt: the chair on an MQTT broker. See docs/rpc.md for what is behind it. */
#include "gateway.h"
#include "gateway_log.h"
#include "mqtt_config.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define EXIT_USAGE 2 /* also: the configuration has errors */

struct options {
	const char *config;
	const char *socket;
	bool check;
	bool print;
	bool help;
};

static void usage(FILE *out)
{
	(void)fputs("Usage: chair-mqtt --config FILE [--socket PATH] [--check] [--print-config]\n\n"
		    "Connects the chair's controller (its home.sock) with an MQTT 5 broker.\n\n"
		    "  --config FILE    the configuration (YAML)\n"
		    "  --socket PATH    the controller's socket, instead of the configured one\n"
		    "  --check          check the configuration and exit: 0 good, 2 errors\n"
		    "  --print-config   print the configuration in force and exit\n"
		    "  --help           this text\n",
		    out);
}

static int parse_options(int argc, char **argv, struct options *ret)
{
	static const struct option known[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "socket", required_argument, NULL, 's' },
		{ "check", no_argument, NULL, 'k' },
		{ "print-config", no_argument, NULL, 'p' },
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
		case 's':
			options.socket = optarg;
			break;
		case 'k':
			options.check = true;
			break;
		case 'p':
			options.print = true;
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

static int load_config(const struct options *options, struct mqtt_config *ret)
{
	struct schema_problems problems = { 0 };
	const int r = mqtt_config_load(options->config, &problems, ret);

	schema_problems_print(&problems, stderr);
	if (r < 0 && problems.count == 0) {
		(void)fprintf(stderr, "%s: %s\n", options->config, strerror(-r));
	}
	schema_problems_free(&problems);
	if (r == 0 && options->socket != NULL) {
		if (strlen(options->socket) >= sizeof(ret->socket)) {
			(void)fprintf(stderr, "--socket: the path is too long\n");
			return -ENAMETOOLONG;
		}
		(void)snprintf(ret->socket, sizeof(ret->socket), "%s", options->socket);
	}
	return r;
}

int main(int argc, char **argv)
{
	struct mqtt_config config = { 0 };
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
	if (options.print) {
		mqtt_config_print(&config, stdout);
	}
	if (options.check || options.print) {
		return 0;
	}
	journal_open("chair-mqtt");
	return gateway_run(&config) < 0 ? 1 : 0;
}
