/* SPDX-License-Identifier: MIT */
/*
 * chaird - the control daemon. Start order below in start(); at the end the outputs go off first.
 */
#include "calibration.h"
#include "control.h"
#include "history.h"
#include "log.h"
#include "recordings.h"
#include "server.h"
#include "setup.h"
#include "wear.h"

#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <time.h>

#define TICK_US	    UINT64_C(100000)
#define ALIVE_EVERY 5	 /* ticks between two looks at the other threads */
#define STORE_EVERY 10	 /* ticks between two tries to store what could not be stored */
#define DOSE_EVERY  600	 /* ticks between two times that the thermal dose is stored */
#define WEAR_EVERY  6000 /* ticks between two times that the counters are stored: a card wears */
#define SAY_EVERY   10	 /* ticks between two looks at what systemd should show */

#ifndef PROFILES_DIR
#define PROFILES_DIR "/usr/share/chaird/profiles"
#endif

/* The exit code that asks the service manager for a new start (RestartForceExitStatus=). */
#define EXIT_RESTART 75

struct options {
	const char *config;
	const char *profiles;
	const char *runtime;
	const char *storage;
	bool check;
	bool print;
	bool make_safe;
	bool realtime;
};

struct daemon {
	const struct options *options;
	struct setup *setup;
	sd_event *event;
	struct history *history;
	struct check_in *check_in; /* NULL = nobody is asked, everybody gets gentle only */
	struct after_care *care;
	struct visit *visit;
	struct wear *wear;
	struct server *server;
	struct control *control;
	struct recorder *recorder; /* NULL = nothing is recorded, like the next */
	struct recordings *recordings;
	bool unwritten; /* a recording could not be stored, and that has been told */
	sd_event_source *timer;
	sd_event_source *events;
	uint64_t latched;  /* as stored */
	bool unstored;	   /* it differs from what is latched, and that has been told */
	int64_t dose_hour; /* of this process's first hour */
	float dose_stored[PAD_COUNT];
	unsigned int ticks;
	bool watchdog;
	bool restart;	  /* as soon as the chair is idle */
	char status[200]; /* as last told */
};

static int usage(FILE *to, int code)
{
	(void)fprintf(
		to,
		"Usage: chaird [OPTION]...\n"
		"The controller of a massage chair: GPIO, Modbus, sessions, interlocks.\n\n"
		"  --config FILE       chair.yaml (default /etc/chaird/chair.yaml)\n"
		"  --profiles DIR      device profiles (default " PROFILES_DIR ")\n"
		"  --runtime-dir DIR   where the sockets go (default /run/chaird)\n"
		"  --storage DIR       history (default `storage:`, or " SETUP_STORAGE ")\n"
		"  --check             check the configuration, list every error, exit 2 if any\n"
		"  --print-config      print the configuration in force, then exit\n"
		"  --make-safe         drive every output to its safe value and end "
		"(ExecStopPost);\n"
		"                      reads `gpio:` only, so that nothing else can prevent it\n"
		"  --no-realtime       do not ask for SCHED_FIFO and locked memory\n"
		"  --help\n");
	return code;
}

static int parse(int argc, char *argv[], struct options *options)
{
	static const struct option known[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "profiles", required_argument, NULL, 'p' },
		{ "runtime-dir", required_argument, NULL, 'r' },
		{ "storage", required_argument, NULL, 's' },
		{ "check", no_argument, NULL, 'k' },
		{ "print-config", no_argument, NULL, 'o' },
		{ "make-safe", no_argument, NULL, 'm' },
		{ "no-realtime", no_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		switch (c) {
		case 'c':
			options->config = optarg;
			break;
		case 'p':
			options->profiles = optarg;
			break;
		case 'r':
			options->runtime = optarg;
			break;
		case 's':
			options->storage = optarg;
			break;
		case 'k':
			options->check = true;
			break;
		case 'o':
			options->print = true;
			break;
		case 'm':
			options->make_safe = true;
			break;
		case 'n':
			options->realtime = false;
			break;
		case 'h':
			exit(usage(stdout, 0));
		default:
			return usage(stderr, 2);
		}
	}
	return optind == argc ? 0 : usage(stderr, 2);
}

/* To whoever asked for a check, else to the journal. */
static void __attribute__((format(printf, 2, 3)))
say_problem(const struct options *options, const char *format, ...)
{
	char text[600];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (options->check || options->print || options->make_safe) {
		(void)fprintf(stderr, "%s\n", text);
	} else {
		journal(&log_config, LOG_ERR, NULL, "%s", text);
	}
}

static void say_problems(const struct options *options, const struct schema_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct schema_problem *p = &problems->list[i];

		say_problem(options, "%s:%u: %s%s%s", p->file, p->line, p->key,
			    p->key[0] == '\0' ? "" : ": ", p->reason);
	}
}

/* Every output inactive, as gpio_open() requests them; then let go. 0, 1 or 2, the exit code. */
static int make_safe(const struct options *options)
{
	struct schema_problems problems = { 0 };
	struct gpio_config config;
	struct gpio_error error = { .text = "" };
	struct gpio *gpio = NULL;
	int r = setup_load_gpio(options->config, &config, &problems);

	say_problems(options, &problems);
	schema_problems_free(&problems);
	if (r < 0) {
		return 2;
	}
	r = gpio_open(&config, &gpio, &error);
	if (r < 0) {
		say_problem(options, "outputs could not be made safe: %s", error.text);
		return EXIT_FAILURE;
	}
	gpio_close(gpio);
	return 0;
}

/* The questions and what is advised. They may be left out, but not be wrong. */
static int load_content(struct daemon *d, struct schema_problems *problems)
{
	char path[SETUP_PATH_MAX + 32];
	int in;
	int after;

	(void)snprintf(path, sizeof(path), "%s/check-in.yaml", d->setup->content);
	in = check_in_load(path, problems, &d->check_in);
	(void)snprintf(path, sizeof(path), "%s/after-care.yaml", d->setup->content);
	after = after_care_load(path, problems, &d->care);
	if (in < 0 && in != -ENOENT) {
		return in;
	}
	return after < 0 && after != -ENOENT ? after : 0;
}

/* Load and check; every problem on a line of its own. 0 or 2, the exit code. */
static int load(struct daemon *d)
{
	const struct options *options = d->options;
	struct schema_problems problems = { 0 };
	int r = setup_load(options->config, options->profiles, d->setup, &problems);
	const int content = load_content(d, &problems);

	r = r < 0 ? r : content;
	if (options->storage != NULL) {
		(void)snprintf(d->setup->storage, sizeof(d->setup->storage), "%s",
			       options->storage);
	}
	say_problems(options, &problems);
	if (problems.count > 0) {
		say_problem(options, "%zu configuration error%s, nothing started", problems.count,
			    problems.count == 1 ? "" : "s");
	}
	schema_problems_free(&problems);
	return r < 0 ? 2 : 0;
}

/* Disk errors are told, and stop nothing: the chair works without a history. */
static void told(const char *what, int r)
{
	if (r < 0) {
		journal(&log_history, LOG_ERR, NULL, "%s could not be stored: %s", what,
			strerror(-r));
	}
}

static uint64_t now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with a valid clock */
	return (uint64_t)now.tv_sec * S_US + (uint64_t)now.tv_nsec / 1000U;
}

/* What is latched must survive a restart: tried until it is stored, told once. */
static void store_latched(struct daemon *d)
{
	const struct control_snapshot *s = control_snapshot(d->control);
	int r;

	if (d->history == NULL || s->now_us == 0) {
		return;
	}
	if (s->interlock.latched == d->latched) {
		d->unstored = false;
		return;
	}
	r = history_store_latched(d->history, s->interlock.latched);
	if (r == 0) {
		d->latched = s->interlock.latched;
	} else if (!d->unstored) {
		told("a latched fault", r);
	}
	d->unstored = r < 0;
}

static void store_event(struct daemon *d, const struct chair_event *event)
{
	if (d->history != NULL) {
		store_latched(d);
	}
	told("a session", visit_event(d->visit, event, control_snapshot(d->control), now_us()));
}

/* What has worn, and once each what somebody should look at. */
static void follow_wear(struct daemon *d)
{
	char name[32];
	unsigned int pct = 0;

	wear_take(d->wear, control_snapshot(d->control));
	while (wear_due(d->wear, name, &pct)) {
		journal(&log_care, LOG_NOTICE, NULL,
			"%s has come to %u %% of what it may wear; chairctl care tells what to "
			"look at",
			name, pct);
		told("a counter for care", wear_store(d->wear)); /* that it was told */
	}
}

/* The running hour of each pad, and the one before, which may have got its last since. */
static void store_dose(struct daemon *d)
{
	const struct control_snapshot *s = control_snapshot(d->control);

	for (unsigned int p = 0; p < PAD_COUNT && d->history != NULL; p++) {
		const struct dose *dose = &s->pad[p].dose;
		const int64_t hour = d->dose_hour + (int64_t)dose->hours;
		const unsigned int before = (dose->now + DOSE_HOURS - 1U) % DOSE_HOURS;
		int r;

		if (dose->sum_cem43 >= d->dose_stored[p] && dose->sum_cem43 <= d->dose_stored[p]) {
			continue; /* nothing new */
		}
		r = history_store_dose(d->history, (enum pad)p, hour - 1, dose->hour_cem43[before]);
		if (r == 0) {
			r = history_store_dose(d->history, (enum pad)p, hour,
					       dose->hour_cem43[dose->now]);
		}
		told("the thermal dose", r);
		d->dose_stored[p] = dose->sum_cem43;
	}
}

/* Time passes for who has checked in; the control thread hears of it. */
static void follow_visit(struct daemon *d)
{
	const uint64_t now = now_us();
	const char *id;
	json_t *text;

	visit_tick(d->visit, control_snapshot(d->control), now);
	control_set_person(d->control, visit_person(d->visit));
	while (visit_reminder(d->visit, now, &id, &text)) {
		server_remind(d->server, id, text);
	}
}

static void take_events(struct daemon *d)
{
	struct control_event event;

	while (control_next_event(d->control, &event)) {
		store_event(d, &event.event); /* before anybody is told */
		log_event(d->setup, &event.event);
		if (d->recordings != NULL) {
			recordings_event(d->recordings, &event);
		}
		server_event(d->server, &event);
		if (event.event.kind == CHAIR_EVENT_SESSION_ENDED) {
			told("the counters for care", wear_store(d->wear));
		}
	}
	follow_wear(d);
	follow_visit(d);
	server_tick(d->server);
}

static int on_events(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	(void)source;
	(void)fd;
	(void)events;
	take_events(userdata);
	return 0;
}

/* Nobody would miss the controller for a few seconds: no session, none asked for or to be resumed.
 */
static bool is_idle(const struct control_snapshot *s)
{
	const struct session *session = &s->session;

	return (session->state == STATE_READY || session->state == STATE_INHIBITED ||
		session->state == STATE_FAULT) &&
	       !session->running && !session->ask.chosen &&
	       (!session->rest.chosen || s->now_us >= session->rest_until_us);
}

/* Recordings that are due, and what became of the last one. */
static void follow_recordings(struct daemon *d)
{
	char path[RECORDINGS_PATH_MAX];
	int error = 0;

	if (d->recordings == NULL) {
		return;
	}
	recordings_tick(d->recordings, now_us());
	if (recordings_outcome(d->recordings, path, &error) == 0) {
		return;
	}
	if (error == 0) {
		journal(&log_recorder, LOG_NOTICE, NULL, "recorded: %s", path);
	} else if (!d->unwritten) {
		journal(&log_recorder, LOG_ERR, NULL, "%s could not be written: %s", path,
			strerror(-error));
	}
	d->unwritten = error < 0;
}

static void tell_systemd(struct daemon *d)
{
	char status[sizeof(d->status)];

	log_status(control_snapshot(d->control), status, sizeof(status));
	if (strcmp(status, d->status) != 0) {
		(void)snprintf(d->status, sizeof(d->status), "%s", status);
		(void)sd_notifyf(0, "STATUS=%s%s", status,
				 d->restart ? " (restarts when idle)" : "");
	}
}

/* systemctl reload: a new program or configuration must not end somebody's session. */
static int on_hup(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	struct daemon *d = userdata;

	(void)source;
	(void)info;
	d->restart = true;
	d->status[0] = '\0';
	journal(&log_start, LOG_INFO, NULL, "restarts as soon as the chair is idle");
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct daemon *d = userdata;

	control_tick_main(d->control);
	follow_visit(d);
	follow_wear(d);
	follow_recordings(d);
	server_tick(d->server);
	d->ticks++;
	if (d->unstored && d->ticks % STORE_EVERY == 0) {
		store_latched(d);
	}
	if (d->ticks % ALIVE_EVERY == 0 && control_is_alive(d->control) && d->watchdog) {
		(void)sd_notify(0, "WATCHDOG=1"); /* fed only while every thread ticks */
	}
	if (d->ticks % DOSE_EVERY == 0) {
		store_dose(d);
	}
	if (d->ticks % WEAR_EVERY == 0) {
		told("the counters for care", wear_store(d->wear));
	}
	if (d->ticks % SAY_EVERY == 0) {
		tell_systemd(d);
		if ((d->restart || server_wants_restart(d->server)) &&
		    is_idle(control_snapshot(d->control))) {
			return sd_event_exit(d->event, EXIT_RESTART);
		}
	}
	(void)sd_event_source_set_time(source, usec + TICK_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void say_status(const struct daemon *d)
{
	if (d->options->realtime && !control_is_realtime(d->control)) {
		journal(&log_start, LOG_WARNING, NULL,
			"no permission for SCHED_FIFO and locked memory; running with ordinary "
			"scheduling");
	}
	if (d->setup->gpio.backend == GPIO_BACKEND_LIBGPIOD &&
	    gpio_look_after_death("/sys/module") == GPIO_AFTER_DEATH_KEPT) {
		journal(&log_start, LOG_WARNING, NULL,
			"this kernel keeps GPIO outputs driven after a crash; set "
			"dtparam=strict_gpiod in config.txt (hw/README.md). The enable relay falls "
			"without a heartbeat all the same");
	}
	if (d->check_in == NULL) {
		journal(&log_start, LOG_WARNING, NULL,
			"%s/check-in.yaml is missing: nobody can check in, every session is gentle",
			d->setup->content);
	}
	journal(&log_start, LOG_INFO, NULL, "chair %s, %u programs, %u ports", d->setup->chair,
		d->setup->core.program_count, d->setup->port_count);
}

/* The chair works without a recorder. */
static void open_recorder(struct daemon *d)
{
	int r = recorder_new(RECORDER_SEGMENTS, &d->recorder);

	if (r == 0) {
		r = recordings_open(d->setup->storage, d->setup, d->recorder, &d->recordings);
	}
	if (r < 0) {
		journal(&log_recorder, LOG_ERR, NULL, "nothing is recorded: %s", strerror(-r));
		return;
	}
	control_record(d->control, d->recorder);
	server_attach_recordings(d->server, d->recordings);
}

static void open_history(struct daemon *d)
{
	const char *directory = d->setup->storage;
	bool set_aside = false;
	int r = history_open(directory, &d->history, &set_aside);

	if (set_aside) {
		journal(&log_history, LOG_ERR, NULL,
			"%s/history.db was damaged; it was set aside and a new one begun",
			directory);
	}
	if (r == 0) {
		r = set_aside ? -EIO : history_latched(d->history, &d->latched);
	}
	if (r < 0) {
		/* What was latched is unknown: start in FAULT, to be acknowledged at the chair. */
		d->latched = CAUSE_BIT(CAUSE_STORE_LOST);
		journal(&log_history, LOG_ERR, NULL, "%s: %s; starting in fault", directory,
			strerror(-r));
	}
}

/* What was measured of this chair. Without it, or where it is not believed, what chair.yaml says.
 */
static void load_calibration(struct daemon *d)
{
	unsigned int refused = 0;
	const int r = d->history == NULL ? 0 : calibration_load(d->history, d->setup, &refused);

	if (r < 0 || refused > 0) {
		journal(&log_history, LOG_ERR, NULL, "calibration: %s; chair.yaml counts instead",
			r < 0 ? strerror(-r) : "a value is out of its bounds");
	}
}

/* Where counters cannot be read they are not written either, and the chair works. */
static int open_wear(struct daemon *d)
{
	const int r = wear_new(d->history, d->setup, &d->wear);

	if (d->wear == NULL) {
		return r;
	}
	if (r < 0) {
		journal(&log_history, LOG_ERR, NULL,
			"the counters for care cannot be read: %s; they are left as they are",
			strerror(-r));
	}
	server_attach_wear(d->server, d->wear);
	return 0;
}

static int start(struct daemon *d)
{
	struct control_past past = { 0 };
	struct gpio_error error = { .text = "" };
	int r;

	open_history(d);
	load_calibration(d);
	r = control_open(d->setup, d->options->realtime, &d->control, &error);
	if (r < 0) {
		journal(&log_start, LOG_ERR, NULL, "%s",
			error.text[0] != '\0' ? error.text : strerror(-r));
		return r;
	}
	if (mkdir(d->options->runtime, 0755) < 0 && errno != EEXIST) {
		return -errno;
	}
	r = server_open(d->event, d->options->runtime, d->setup, d->history, &d->server);
	if (r < 0) {
		journal(&log_start, LOG_ERR, NULL, "sockets in %s: %s", d->options->runtime,
			strerror(-r));
		return r;
	}
	open_recorder(d);
	r = open_wear(d);
	if (r < 0) {
		return r;
	}
	d->visit = visit_new(d->history, d->setup, d->check_in, d->care);
	if (d->visit == NULL) {
		return -ENOMEM;
	}
	server_attach_visit(d->server, d->visit, d->check_in, d->care);
	visit_tick(d->visit, control_snapshot(d->control), now_us());
	control_set_person(d->control, visit_person(d->visit)); /* before anybody can start */
	past.latched = d->latched;
	past.child_lock = server_pin(d->server)[0] != '\0';
	d->dose_hour = (int64_t)(time(NULL) / 3600);
	if (d->history != NULL) {
		told("reading the thermal dose",
		     history_dose(d->history, past.dose_cem43, &d->dose_hour));
	}
	r = control_start(d->control, &past);
	if (r < 0) {
		journal(&log_start, LOG_ERR, NULL, "control thread: %s", strerror(-r));
		return r;
	}
	server_attach(d->server, d->control);
	r = sd_event_add_io(d->event, &d->events, control_event_fd(d->control), EPOLLIN, on_events,
			    d);
	if (r >= 0) {
		r = sd_event_add_time_relative(d->event, &d->timer, CLOCK_MONOTONIC, TICK_US, 1000,
					       on_timer, d);
	}
	return r < 0 ? r : 0;
}

static void finish(struct daemon *d)
{
	(void)sd_notify(0, "STOPPING=1");
	(void)sd_event_source_disable_unref(d->timer);
	(void)sd_event_source_disable_unref(d->events);
	if (d->server != NULL && d->control != NULL && d->visit != NULL) {
		control_retract(d->control);
		take_events(d); /* the end of the session belongs into the history */
		store_dose(d);
		told("the counters for care", wear_store(d->wear));
		server_attach(d->server, NULL);
	}
	control_finish(d->control);
	server_close(d->server);
	recordings_close(d->recordings);
	recorder_free(d->recorder);
	visit_free(d->visit);
	wear_free(d->wear);
	history_close(d->history);
}

/* Until told to end. -errno, 0 or EXIT_RESTART. */
static int serve(struct daemon *d)
{
	sigset_t signals;
	int r;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL); /* before threads exist, for sd-event */
	(void)signal(SIGPIPE, SIG_IGN);
	r = sd_event_default(&d->event);
	if (r < 0) {
		return r;
	}
	(void)sd_event_add_signal(d->event, NULL, SIGTERM, NULL, NULL);
	(void)sd_event_add_signal(d->event, NULL, SIGINT, NULL, NULL);
	(void)sd_event_add_signal(d->event, NULL, SIGHUP, on_hup, d);
	r = start(d);
	if (r == 0) {
		d->watchdog = sd_watchdog_enabled(0, NULL) > 0;
		say_status(d);
		(void)sd_notify(0, "READY=1");
		r = sd_event_loop(d->event);
	}
	finish(d);
	(void)sd_event_unref(d->event);
	return r;
}

int main(int argc, char *argv[])
{
	struct options options = {
		.config = "/etc/chaird/chair.yaml",
		.profiles = PROFILES_DIR,
		.runtime = "/run/chaird",
		.realtime = true,
	};
	struct daemon daemon = { .options = &options };
	int r = parse(argc, argv, &options);

	if (r != 0) {
		return r;
	}
	if (options.make_safe) {
		return make_safe(&options);
	}
	journal_open("chaird");
	(void)mallopt(M_ARENA_MAX, 1); /* one arena: only the main thread allocates once started */
	daemon.setup = calloc(1, sizeof(*daemon.setup));
	if (daemon.setup == NULL) {
		return EXIT_FAILURE;
	}
	r = load(&daemon);
	if (r == 0 && options.print) {
		r = setup_print(daemon.setup, stdout) < 0 ? EXIT_FAILURE : 0;
	} else if (r == 0 && options.check) {
		(void)printf("%s: the configuration is valid\n", options.config);
	} else if (r == 0) {
		r = serve(&daemon);
		r = r < 0 ? EXIT_FAILURE : r;
	}
	after_care_free(daemon.care);
	check_in_free(daemon.check_in);
	free(daemon.setup);
	return r;
}
