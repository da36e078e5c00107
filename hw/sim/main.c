/* SPDX-License-Identifier: MIT */
/* chairsim - the simulated reference chair, for tests, demonstrations and the virtual machine. */
#include "ctl.h"
#include "gpio_kernel.h"
#include "gpio_server.h"
#include "rpc_server.h"
#include "serial_port.h"
#include "station.h"
#include "tcp_server.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define REPLY_MAX_US 1000000

static const char usage[] =
	"usage: chairsim run --dir DIR [--one-line] [--tcp PORT] [--reply-us N] [--relay-held]\n"
	"                    [--gpio-sim CHIP]\n"
	"       chairsim ctl [--dir DIR | --socket PATH] METHOD [JSON-PARAMS]\n"
	"\n"
	"run   opens DIR/ports/{rollers_a,rollers_b,heat} (Modbus RTU on ptys), DIR/gpio.sock and\n"
	"      DIR/sim.sock, prints \"chairsim: ready\" and simulates until SIGTERM or SIGINT.\n"
	"  --one-line    all ten devices on the one pty DIR/ports/line\n"
	"  --tcp PORT    also Modbus/TCP on 127.0.0.1:PORT (0: any free one, printed)\n"
	"  --reply-us N  every device answers N microseconds after a request\n"
	"  --relay-held  the enable relay is bridged (a bench without a heartbeat)\n"
	"  --gpio-sim CHIP  the lines are those of the kernel's gpio-sim instead of "
	"DIR/gpio.sock;\n"
	"                CHIP is /sys/devices/platform/gpio-sim.N/gpiochipM\n"
	"ctl   sends one request to DIR/sim.sock; `chairsim ctl` alone lists the short words.\n";

struct run_options {
	struct sim_options sim;
	const char *dir;
	const char *gpio_chip; /* NULL = the socket */
	int tcp_port;	       /* -1 = none */
};

/* Everything that is started, in the order in which it is started. */
struct chairsim {
	struct station station;
	struct serial_port ports[SIM_PORT_COUNT];
	struct gpio_server gpio;
	struct gpio_kernel gpio_kernel;
	struct rpc_server rpc;
	struct tcp_server tcp;
};

static bool parse_number(const char *text, long max, long *ret)
{
	char *end;

	errno = 0;
	*ret = strtol(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && *ret >= 0 && *ret <= max;
}

static int parse_run(int argc, char *const argv[], struct run_options *ret)
{
	static const struct option options[] = {
		{ "dir", required_argument, NULL, 'd' },
		{ "one-line", no_argument, NULL, '1' },
		{ "tcp", required_argument, NULL, 't' },
		{ "reply-us", required_argument, NULL, 'u' },
		{ "relay-held", no_argument, NULL, 'r' },
		{ "gpio-sim", required_argument, NULL, 'g' },
		{ NULL, 0, NULL, 0 },
	};
	long number = 0;
	int option;

	*ret = (struct run_options){ .tcp_port = -1 };
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'd') {
			ret->dir = optarg;
		} else if (option == 'g') {
			ret->gpio_chip = optarg;
		} else if (option == '1') {
			ret->sim.one_line = true;
		} else if (option == 'r') {
			ret->sim.relay_held = true;
		} else if (option == 't' && parse_number(optarg, UINT16_MAX, &number)) {
			ret->tcp_port = (int)number;
		} else if (option == 'u' && parse_number(optarg, REPLY_MAX_US, &number)) {
			ret->sim.reply_us = (uint32_t)number;
		} else {
			return -EINVAL;
		}
	}
	return ret->dir != NULL && optind == argc ? 0 : -EINVAL;
}

static int make_dirs(const char *dir)
{
	char path[256];
	const int n = snprintf(path, sizeof(path), "%s/ports", dir);

	if (n < 0 || (size_t)n >= sizeof(path)) {
		return -ENAMETOOLONG;
	}
	if ((mkdir(dir, 0755) < 0 && errno != EEXIST) ||
	    (mkdir(path, 0755) < 0 && errno != EEXIST)) {
		return -errno;
	}
	return 0;
}

static int start_ports(struct chairsim *cs, const struct run_options *options)
{
	const unsigned int first = options->sim.one_line ? SIM_PORT_LINE : 0;
	const unsigned int end = options->sim.one_line ? SIM_PORT_COUNT : SIM_PORT_LINE;
	int r = 0;

	for (unsigned int i = first; i < end && r == 0; i++) {
		r = serial_port_start(&cs->ports[i], &cs->station, (enum sim_port)i, options->dir);
	}
	return r;
}

static int start_all(struct chairsim *cs, const struct run_options *options)
{
	int r = start_ports(cs, options);

	if (r == 0) {
		r = options->gpio_chip != NULL
			    ? gpio_kernel_start(&cs->gpio_kernel, &cs->station, options->gpio_chip)
			    : gpio_server_start(&cs->gpio, &cs->station, options->dir);
	}
	if (r == 0) {
		r = rpc_server_start(&cs->rpc, &cs->station, options->dir);
	}
	if (r == 0 && options->tcp_port >= 0) {
		r = tcp_server_start(&cs->tcp, &cs->station, (uint16_t)options->tcp_port);
	}
	return r;
}

static void stop_all(struct chairsim *cs)
{
	station_stop(&cs->station);
	tcp_server_stop(&cs->tcp);
	rpc_server_stop(&cs->rpc);
	gpio_kernel_stop(&cs->gpio_kernel);
	gpio_server_stop(&cs->gpio);
	for (unsigned int i = 0; i < SIM_PORT_COUNT; i++) {
		serial_port_stop(&cs->ports[i]);
	}
}

/* Blocked before any thread exists, so that none of them gets the signals. */
static void block_signals(sigset_t *ret)
{
	sigemptyset(ret);
	sigaddset(ret, SIGTERM);
	sigaddset(ret, SIGINT);
	(void)pthread_sigmask(SIG_BLOCK, ret, NULL); /* fails only for a wrong first argument */
	(void)signal(SIGPIPE, SIG_IGN);
}

static void wait_for_end(const struct chairsim *cs, const struct run_options *options,
			 const sigset_t *signals)
{
	int signal_number;

	if (options->tcp_port >= 0) {
		printf("chairsim: modbus/tcp on 127.0.0.1:%u\n", cs->tcp.port);
	}
	puts("chairsim: ready");
	(void)fflush(stdout);
	(void)sigwait(signals, &signal_number);
}

static int run_main(int argc, char *const argv[])
{
	struct run_options options;
	struct chairsim *cs;
	sigset_t signals;
	int r;

	if (parse_run(argc, argv, &options) < 0) {
		(void)fputs(usage, stderr);
		return 2;
	}
	block_signals(&signals);
	cs = calloc(1, sizeof(*cs));
	r = cs == NULL ? -ENOMEM : make_dirs(options.dir);
	if (r == 0) {
		r = station_init(&cs->station, &options.sim);
	}
	if (r == 0) {
		r = start_all(cs, &options);
		if (r == 0) {
			wait_for_end(cs, &options, &signals);
		}
		stop_all(cs);
		station_destroy(&cs->station);
	}
	if (r < 0) {
		(void)fprintf(stderr, "chairsim: %s: %s\n", options.dir, strerror(-r));
	}
	free(cs);
	return r < 0 ? 1 : 0;
}

int main(int argc, char *argv[])
{
	if (argc >= 2 && strcmp(argv[1], "run") == 0) {
		return run_main(argc - 1, argv + 1);
	}
	if (argc >= 2 && strcmp(argv[1], "ctl") == 0) {
		return ctl_main(argc - 2, argv + 2);
	}
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		return fputs(usage, stdout) == EOF ? 1 : 0;
	}
	(void)fputs(usage, stderr);
	return 2;
}
