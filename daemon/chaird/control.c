/* SPDX-License-Identifier: MIT */
#include "control.h"

#include "image.h"
#include "mailbox.h"
#include "ring.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS	 64
#define EVENTS		 256
#define EDGE_FDS	 8
#define STACK_BYTES	 (256 * 1024)
#define PRIORITY_CONTROL 50
#define PRIORITY_BUS	 40
#define STALL_US	 (2 * S_US)
#define FINISH_US	 UINT64_C(2500000)

struct watch {
	uint32_t ticks;
	uint64_t since_us;
};

/* A command, and how many stops had been asked for before it. */
struct queued {
	struct chair_command command;
	uint32_t stops;
};

struct control {
	const struct setup *setup; /* borrowed */
	struct gpio *gpio;
	struct bus_port *ports[SETUP_PORT_MAX];
	pthread_t thread;
	bool locked; /* memory is, so SCHED_FIFO is worth asking for */
	bool realtime;
	bool running; /* the thread */
	int wake_fd;  /* main -> control */
	int event_fd; /* control -> main */
	atomic_bool quit;
	atomic_bool stop;
	_Atomic uint32_t stops; /* asked for so far */
	atomic_bool child_lock;
	_Atomic uint64_t panel_heard_us;
	_Atomic uint64_t service_heard_us;
	_Atomic uint32_t main_ticks;
	_Atomic uint32_t control_ticks;
	/* main thread */
	uint32_t seen_control;
	uint32_t seen_port[SETUP_PORT_MAX];
	/* control thread */
	struct chair chair;
	struct chair_inputs in;
	struct chair_outputs out;
	bool outputs_written;	   /* in the last cycle */
	struct recorder *recorder; /* borrowed; NULL = none */
	struct bus_line_command command[SETUP_PORT_MAX];
	struct watch watch[SETUP_PORT_MAX + 1];
	uint32_t late_max_us;
	uint64_t restored;
	/* between them */
	struct ring commands;
	struct ring events;
	struct mailbox snapshots;
	struct mailbox persons; /* the other way */
	struct queued command_slots[COMMANDS];
	struct control_event event_slots[EVENTS];
	struct control_snapshot snapshot_slots[3];
	struct person person_slots[3];
};

/* For the signal handler alone. */
static struct gpio *volatile last_resort;

/* A failed assertion or a crash: the outputs first, then the end that the signal means. */
static void on_crash(int number)
{
	struct gpio *gpio = last_resort;

	if (gpio != NULL) {
		last_resort = NULL;
		if (gpio_write(gpio, 0) < 0) {
			/* nothing more can be done: the relay falls without a heartbeat */
		}
	}
	(void)raise(number); /* its action is the default again */
}

static void prepare_for_a_crash(struct gpio *gpio)
{
	static const int signals[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };
	struct sigaction action = { .sa_handler = on_crash, .sa_flags = (int)SA_RESETHAND };

	last_resort = gpio;
	for (unsigned int i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		(void)sigaction(signals[i], &action, NULL); /* valid signals: cannot fail */
	}
}

static uint64_t clock_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with a valid clock */
	return (uint64_t)now.tv_sec * S_US + (uint64_t)now.tv_nsec / 1000U;
}

static void ring_bell(int fd)
{
	const uint64_t one = 1;

	/* A full counter means that the other side has a bell waiting already. */
	if (write(fd, &one, sizeof(one)) < 0) {
		return;
	}
}

static void hush_bell(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0) {
		return; /* nothing had rung */
	}
}

/* Every other thread ticked within its time. */
static bool threads_alive(struct control *c, uint64_t now_us)
{
	bool alive = true;

	for (unsigned int i = 0; i <= c->setup->port_count; i++) {
		struct watch *watch = &c->watch[i];
		const uint32_t ticks =
			i == c->setup->port_count
				? atomic_load_explicit(&c->main_ticks, memory_order_relaxed)
				: bus_port_ticks(c->ports[i]);

		if (ticks != watch->ticks || watch->since_us == 0) {
			watch->ticks = ticks;
			watch->since_us = now_us;
		}
		alive = alive && now_us - watch->since_us < STALL_US;
	}
	return alive;
}

/* The next command. One that waited while a stop overtook it is void: the core refuses it. */
static void take_command(struct control *c)
{
	const uint32_t stops = atomic_load_explicit(&c->stops, memory_order_acquire);
	struct queued queued;

	c->in.command.kind = COMMAND_NONE;
	if (ring_get(&c->commands, &queued)) {
		c->in.command = queued.command;
		if (queued.stops != stops) {
			c->in.command.kind = COMMAND_KIND_COUNT;
		}
	}
}

static void read_inputs(struct control *c)
{
	const struct bus_line_image *lines[SETUP_PORT_MAX];
	uint32_t switches = 0;
	uint64_t now_us;

	/* Whatever bears another thread's time before the clock: from the future it counts as
	 * stale. */
	for (unsigned int p = 0; p < c->setup->port_count; p++) {
		lines[p] = bus_port_image(c->ports[p]);
	}
	c->in.panel_heard_us = atomic_load_explicit(&c->panel_heard_us, memory_order_acquire);
	c->in.service_heard_us = atomic_load_explicit(&c->service_heard_us, memory_order_acquire);
	now_us = clock_us();
	c->in.now_us = now_us;
	if (gpio_read(c->gpio, now_us, &switches) == 0) {
		c->in.switches = switches;
		c->in.switches_stamp_us = now_us;
	}
	c->in.outputs_written = c->outputs_written;
	image_inputs(c->setup, lines, &c->in);
	c->in.threads_alive = threads_alive(c, now_us);
	c->in.stop = atomic_exchange_explicit(&c->stop, false, memory_order_acquire);
	c->in.child_lock = atomic_load_explicit(&c->child_lock, memory_order_relaxed);
	take_command(c);
	/* after it: a command never meets an older person than whoever gave it */
	c->in.person = *(const struct person *)mailbox_get(&c->persons, NULL);
}

static void write_outputs(struct control *c)
{
	/* What failed is a cause in the next cycle. */
	c->outputs_written = gpio_write(c->gpio, c->out.coils) == 0;
	image_commands(c->setup, &c->out, c->command);
	for (unsigned int p = 0; p < c->setup->port_count; p++) {
		bus_port_command(c->ports[p], &c->command[p]);
	}
}

static void publish_events(struct control *c)
{
	if (c->chair.event_count == 0) {
		return;
	}
	for (unsigned int i = 0; i < c->chair.event_count; i++) {
		const struct control_event event = { c->in.now_us, c->chair.events[i] };

		/* Full: the main thread stands still, which is a cause of its own. */
		(void)ring_put(&c->events, &event);
	}
	ring_bell(c->event_fd);
}

void control_snapshot_chair(const struct chair *chair, const struct chair_inputs *in,
			    const struct chair_outputs *out, struct control_snapshot *ret)
{
	ret->now_us = in->now_us;
	ret->cycles = chair->cycles;
	ret->in = *in;
	ret->out = *out;
	ret->interlock = chair->interlock;
	ret->session = chair->session;
	ret->permits = chair->permits;
	memcpy(ret->roller, chair->roller, sizeof(ret->roller));
	memcpy(ret->pad, chair->pad, sizeof(ret->pad));
	ret->proof = chair->proof;
	ret->scan = chair->scan;
	memcpy(ret->zone, chair->zone, sizeof(ret->zone));
	memcpy(ret->set_c, chair->set_c, sizeof(ret->set_c));
	memcpy(ret->zone_level, chair->zone_level, sizeof(ret->zone_level));
}

static void publish_snapshot(struct control *c)
{
	struct control_snapshot *s = mailbox_slot(&c->snapshots);

	control_snapshot_chair(&c->chair, &c->in, &c->out, s);
	s->late_max_us = c->late_max_us;
	s->causes_restored = c->restored;
	s->port_count = c->setup->port_count;
	for (unsigned int p = 0; p < s->port_count; p++) {
		s->port_open[p] = bus_port_is_open(c->ports[p]);
		s->line[p] = *bus_port_image(c->ports[p]);
	}
	mailbox_put(&c->snapshots);
}

static void cycle(struct control *c)
{
	read_inputs(c);
	chair_step(&c->chair, &c->in, &c->out);
	write_outputs(c);
	if (c->recorder != NULL) {
		recorder_cycle(c->recorder, &c->chair, &c->in, &c->out);
	}
	publish_snapshot(c); /* before the bell, so that whoever wakes up sees this cycle */
	publish_events(c);
	(void)atomic_fetch_add_explicit(&c->control_ticks, 1, memory_order_relaxed);
}

/* Did a switch change since the last cycle? Reads the lines, so waiting edges are used up. */
static bool switches_changed(struct control *c)
{
	uint32_t switches = 0;

	gpio_drain_edges(c->gpio);
	return gpio_read(c->gpio, clock_us(), &switches) < 0 || switches != c->in.switches;
}

/* Sleep until @tick_us, a changed switch, or a bell. */
static void wait_for(struct control *c, uint64_t tick_us)
{
	int edge_fds[EDGE_FDS];
	const int edges = gpio_edge_fds(c->gpio, edge_fds, EDGE_FDS);
	struct pollfd fds[EDGE_FDS + 1] = { { .fd = c->wake_fd, .events = POLLIN } };

	for (int i = 0; i < edges; i++) {
		fds[i + 1] = (struct pollfd){ .fd = edge_fds[i], .events = POLLIN };
	}
	for (;;) {
		const uint64_t now_us = clock_us();
		const uint64_t left_us = tick_us > now_us ? tick_us - now_us : 0;
		const struct timespec left = { .tv_nsec = (long)(left_us * 1000U) };
		const int count = ppoll(fds, (nfds_t)edges + 1, &left, NULL);

		if (count <= 0) {
			return;
		}
		if (fds[0].revents != 0) {
			hush_bell(c->wake_fd);
			return;
		}
		if (switches_changed(c)) {
			return;
		}
		for (int i = 0; i < edges; i++) {
			if ((fds[i + 1].revents & (POLLHUP | POLLERR)) != 0) {
				fds[i + 1].fd = -1; /* gone; its silence is found by gpio_read() */
			}
		}
	}
}

static void *run(void *arg)
{
	struct control *c = arg;
	uint64_t tick_us = clock_us();

	(void)pthread_setname_np(pthread_self(), "control");
	(void)prctl(PR_SET_TIMERSLACK, 1, 0, 0,
		    0); /* else ordinary scheduling sleeps 50 us longer */
	while (!atomic_load_explicit(&c->quit, memory_order_acquire)) {
		uint64_t now_us;

		cycle(c);
		now_us = clock_us();
		if (now_us >= tick_us) {
			tick_us += CONTROL_PERIOD_US;
			if (now_us >= tick_us) {
				tick_us =
					now_us + CONTROL_PERIOD_US; /* missed: do not hurry after */
			}
		}
		wait_for(c, tick_us);
		now_us = clock_us();
		if (now_us > tick_us && now_us - tick_us > c->late_max_us) {
			c->late_max_us = (uint32_t)(now_us - tick_us);
		}
	}
	return NULL;
}

/* Lock what is used, when it is used. Returns whether it was permitted. */
static bool lock_memory(void)
{
	return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
}

/* SCHED_FIFO if permitted, else ordinary scheduling. */
static int start_thread(struct control *c)
{
	const struct sched_param param = { .sched_priority = PRIORITY_CONTROL };
	pthread_attr_t attr;
	int r = pthread_attr_init(&attr);

	if (r != 0) {
		return -r;
	}
	(void)pthread_attr_setstacksize(&attr, STACK_BYTES); /* above every minimum */
	if (c->locked) {
		(void)pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
		(void)pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
		(void)pthread_attr_setschedparam(&attr, &param);
		r = pthread_create(&c->thread, &attr, run, c);
		c->realtime = r == 0;
	}
	if (!c->realtime) {
		(void)pthread_attr_setinheritsched(&attr, PTHREAD_INHERIT_SCHED);
		r = pthread_create(&c->thread, &attr, run, c);
	}
	(void)pthread_attr_destroy(&attr);
	c->running = r == 0;
	return -r;
}

static void stop_ports(struct control *c)
{
	for (unsigned int p = 0; p < SETUP_PORT_MAX; p++) {
		bus_port_stop(c->ports[p]);
	}
}

static int start_ports(struct control *c)
{
	for (unsigned int p = 0; p < c->setup->port_count; p++) {
		struct bus_port_config config = c->setup->ports[p];
		int r;

		config.fifo_priority = c->locked ? PRIORITY_BUS : 0;
		r = bus_port_start(&config, &c->ports[p]);
		if (r == -EPERM) {
			config.fifo_priority = 0;
			r = bus_port_start(&config, &c->ports[p]);
		}
		if (r < 0) {
			return r;
		}
	}
	return 0;
}

static void init_queues(struct control *c)
{
	ring_init(&c->commands, c->command_slots, sizeof(c->command_slots[0]), COMMANDS);
	ring_init(&c->events, c->event_slots, sizeof(c->event_slots[0]), EVENTS);
	mailbox_init(&c->snapshots, c->snapshot_slots, sizeof(c->snapshot_slots[0]));
	mailbox_init(&c->persons, c->person_slots, sizeof(c->person_slots[0]));
}

static void restore(struct control *c, const struct control_past *past)
{
	c->restored = past->latched;
	atomic_init(&c->child_lock, past->child_lock);
	chair_restore(&c->chair, past->latched, clock_us());
	for (unsigned int i = 0; i < PAD_COUNT * DOSE_HOURS; i++) {
		chair_restore_dose(&c->chair, (enum pad)(i / DOSE_HOURS),
				   past->dose_cem43[i / DOSE_HOURS][i % DOSE_HOURS],
				   i % DOSE_HOURS);
	}
}

int control_open(const struct setup *setup, bool realtime, struct control **ret,
		 struct gpio_error *ret_error)
{
	struct control *c = calloc(1, sizeof(*c));
	int r;

	if (c == NULL) {
		return -ENOMEM;
	}
	c->setup = setup;
	c->outputs_written = true;
	init_queues(c);
	c->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	c->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (c->wake_fd < 0 || c->event_fd < 0) {
		r = -errno;
		goto out;
	}
	r = chair_init(&c->chair, &setup->core);
	if (r < 0) {
		goto out;
	}
	c->locked = realtime && lock_memory();
	/* The outputs first: who cannot have them has no business on the bus either. */
	r = gpio_open(&setup->gpio, &c->gpio, ret_error);
	if (r < 0) {
		goto out;
	}
	prepare_for_a_crash(c->gpio);
	r = start_ports(c);
	if (r < 0) {
		goto out;
	}
	*ret = c;
	return 0;
out:
	control_finish(c);
	return r;
}

void control_record(struct control *control, struct recorder *recorder)
{
	control->recorder = recorder;
}

int control_start(struct control *control, const struct control_past *past)
{
	restore(control, past);
	if (control->recorder != NULL) {
		recorder_begin(control->recorder, &control->chair);
	}
	return start_thread(control);
}

void control_stop_session(struct control *control)
{
	(void)atomic_fetch_add_explicit(&control->stops, 1, memory_order_release);
	atomic_store_explicit(&control->stop, true, memory_order_release);
	ring_bell(control->wake_fd);
}

int control_command(struct control *control, const struct chair_command *command)
{
	const struct queued queued = {
		.command = *command,
		.stops = atomic_load_explicit(&control->stops, memory_order_relaxed),
	};

	return ring_put(&control->commands, &queued) ? 0 : -EBUSY;
}

void control_set_child_lock(struct control *control, bool locked)
{
	atomic_store_explicit(&control->child_lock, locked, memory_order_relaxed);
}

void control_set_person(struct control *control, const struct person *person)
{
	*(struct person *)mailbox_slot(&control->persons) = *person;
	mailbox_put(&control->persons);
}

void control_set_panel(struct control *control, uint64_t heard_us)
{
	atomic_store_explicit(&control->panel_heard_us, heard_us, memory_order_relaxed);
}

void control_send_errand(struct control *control, unsigned int port,
			 const struct bus_errand *errand)
{
	bus_port_send(control->ports[port], errand);
}

const struct bus_answer *control_answer(struct control *control, unsigned int port)
{
	return bus_port_answer(control->ports[port]);
}

void control_set_service(struct control *control, uint64_t heard_us)
{
	atomic_store_explicit(&control->service_heard_us, heard_us, memory_order_relaxed);
}

int control_event_fd(const struct control *control)
{
	return control->event_fd;
}

bool control_next_event(struct control *control, struct control_event *ret)
{
	if (ring_get(&control->events, ret)) {
		return true;
	}
	hush_bell(control->event_fd);
	return ring_get(&control->events, ret); /* one may have come in between */
}

const struct control_snapshot *control_snapshot(struct control *control)
{
	return mailbox_get(&control->snapshots, NULL);
}

void control_tick_main(struct control *control)
{
	(void)atomic_fetch_add_explicit(&control->main_ticks, 1, memory_order_relaxed);
}

bool control_is_alive(struct control *control)
{
	const uint32_t ticks = atomic_load_explicit(&control->control_ticks, memory_order_relaxed);
	bool alive = ticks != control->seen_control;

	control->seen_control = ticks;
	for (unsigned int p = 0; p < control->setup->port_count; p++) {
		const uint32_t port = bus_port_ticks(control->ports[p]);

		alive = alive && port != control->seen_port[p];
		control->seen_port[p] = port;
	}
	return alive;
}

bool control_is_realtime(const struct control *control)
{
	return control->realtime;
}

/* Wait in short steps until no roller may be on the body; the thread goes on meanwhile. */
static void wait_until_clear(struct control *control)
{
	const uint64_t until_us = clock_us() + FINISH_US;

	for (;;) {
		const struct control_snapshot *s = control_snapshot(control);
		const struct timespec step = { .tv_nsec = 10000000 };

		control_tick_main(control);
		if (clock_us() >= until_us || !session_is_moving(s->session.state)) {
			return;
		}
		(void)nanosleep(&step, NULL);
	}
}

void control_retract(struct control *control)
{
	if (session_is_moving(control_snapshot(control)->session.state)) {
		control_stop_session(control);
		wait_until_clear(control);
	}
}

void control_finish(struct control *control)
{
	if (control == NULL) {
		return;
	}
	if (control->running) {
		atomic_store_explicit(&control->quit, true, memory_order_release);
		ring_bell(control->wake_fd);
		(void)pthread_join(control->thread, NULL);
	}
	last_resort = NULL;
	gpio_close(control->gpio); /* outputs inactive: the relay falls */
	stop_ports(control);
	if (control->wake_fd >= 0) {
		(void)close(control->wake_fd);
	}
	if (control->event_fd >= 0) {
		(void)close(control->event_fd);
	}
	free(control);
}
