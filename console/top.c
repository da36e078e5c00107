/* SPDX-License-Identifier: MIT */
/* top.c - `chairctl top`: the live view on a terminal, and one frame of it for a bug report. */
#include "top.h"

#include "event.h"
#include "link.h"
#include "stop.h"

#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FRAME_US     UINT64_C(250000)
#define BUS_US	     UINT64_C(1000000)
#define STOP_LATE_US UINT64_C(500000) /* after this, somebody has to go for the red button */
#define STOP_SHOW_US UINT64_C(10000000)
#define HZ	     4
#define ONCE_ROWS    32

struct view {
	const struct console *console;
	struct link link;
	struct top top;
	struct frame frame;
	struct frame shown;
	uint64_t line_us; /* when the terminal's line has carried what is shown */
	struct stop stop;
	bool stopping;
	uint64_t stop_us; /* when it was asked for */
	uint64_t bus_id;
	uint64_t bus_due_us;
	bool quit;
};

static volatile sig_atomic_t ended_by;

static void on_signal(int signal)
{
	ended_by = signal;
}

static void keep(json_t **place, json_t *doc, uint64_t *stamp, uint64_t now_us)
{
	json_decref(*place);
	*place = json_incref(doc);
	*stamp = now_us;
}

static void add_log(struct top *top, const char *time, const char *kind, const char *text)
{
	(void)snprintf(top->log[top->log_count % TOP_LOG_LINES], TOP_LOG_WIDTH,
		       "%.8s %-15.15s %.130s", time, kind, text);
	top->log_count++;
}

static void take_note(struct top *top, const char *method, json_t *body)
{
	char text[200];

	if (strcmp(method, "event") == 0) {
		event_fields(body, text, sizeof(text));
		add_log(top, event_clock(body), text_of(body, "kind"), text);
	} else if (top->frozen) {
		return; /* events are not lost, values are those of the moment */
	} else if (strcmp(method, "state") == 0) {
		keep(&top->state, body, &top->state_us, link_now_us());
	} else if (strcmp(method, "telemetry") == 0) {
		keep(&top->telemetry, body, &top->telemetry_us, link_now_us());
	}
}

static void begin_watching(struct view *view)
{
	json_t *params = json_pack("{s:i}", "telemetry_hz", HZ);
	uint64_t id;

	view->top.connected =
		rpc_client_request(view->link.client, "state.watch", params, &id) == 0;
	json_decref(params);
	view->bus_id = 0;
	view->bus_due_us = 0;
}

static void take_messages(struct view *view)
{
	struct rpc_message message;

	rpc_client_process(view->link.client, link_now_us());
	while (rpc_client_next(view->link.client, &message) > 0) {
		switch (message.kind) {
		case RPC_MESSAGE_CONNECTED:
			begin_watching(view);
			break;
		case RPC_MESSAGE_DISCONNECTED:
			view->top.connected = false;
			break;
		case RPC_MESSAGE_NOTIFICATION:
			take_note(&view->top, message.method, message.body);
			break;
		case RPC_MESSAGE_RESULT:
			if (message.id == view->bus_id && !view->top.frozen) {
				keep(&view->top.bus, message.body, &view->top.bus_us,
				     link_now_us());
			}
			view->bus_id = message.id == view->bus_id ? 0 : view->bus_id;
			break;
		case RPC_MESSAGE_ERROR:
			view->bus_id = message.id == view->bus_id ? 0 : view->bus_id;
			break;
		case RPC_MESSAGE_NONE:
			break;
		}
		rpc_message_clear(&message);
	}
}

static void ask_for_bus(struct view *view)
{
	const uint64_t now = link_now_us();

	if (!view->top.connected || view->bus_id != 0 || now < view->bus_due_us) {
		return;
	}
	view->bus_due_us = now + BUS_US;
	if (rpc_client_request(view->link.client, "bus.stats", NULL, &view->bus_id) < 0) {
		view->bus_id = 0; /* again when it is due */
	}
}

static void say_stop(struct top *top, enum show_tone tone, const char *text)
{
	top->stop_tone = tone;
	(void)snprintf(top->stop, sizeof(top->stop), "%s", text);
}

/* By connections of its own, whatever the one that is looked at does. */
static void begin_stop(struct view *view)
{
	if (view->stopping) {
		stop_end(&view->stop);
	}
	view->stopping = true;
	view->stop_us = link_now_us();
	say_stop(&view->top, TONE_WARN, "STOP sent");
	(void)stop_begin(view->console, &view->stop);
}

static void follow_stop(struct view *view)
{
	const uint64_t age = link_now_us() - view->stop_us;
	int r;

	if (!view->stopping) {
		if (view->top.stop[0] != '\0' && age > STOP_SHOW_US) {
			view->top.stop[0] = '\0';
		}
		return;
	}
	r = stop_step(&view->stop);
	if (r == 1) {
		say_stop(&view->top, TONE_GOOD, "STOP taken: the rollers leave the body");
	} else if (r < 0 || age > STOP_LATE_US) {
		say_stop(&view->top, TONE_BAD,
			 "NO ANSWER TO STOP: use the red button at the chair");
	}
	if (r != 0 || age > view->console->timeout_us) {
		stop_end(&view->stop);
		view->stopping = false;
	}
}

static void take_key(struct view *view, int key)
{
	switch (key) {
	case ' ':
	case '!':
		begin_stop(view);
		break;
	case 'q':
		view->quit = true;
		break;
	case '?':
		view->top.help = !view->top.help;
		break;
	case 'p':
		view->top.frozen = !view->top.frozen;
		break;
	case KEY_UP:
		(void)hand_key(&view->top.hand, view->console, HAND_KEY_UP);
		break;
	case KEY_DOWN:
		(void)hand_key(&view->top.hand, view->console, HAND_KEY_DOWN);
		break;
	default: /* a new size is looked at with each frame */
		(void)hand_key(&view->top.hand, view->console, key);
		break;
	}
}

static attr_t attributes(enum show_tone tone, bool color)
{
	static const attr_t plain[TONE_COUNT] = {
		[TONE_PLAIN] = A_NORMAL, [TONE_GOOD] = A_NORMAL, [TONE_WARN] = A_BOLD,
		[TONE_BAD] = A_REVERSE,	 [TONE_STRONG] = A_BOLD,
	};

	return plain[tone] | (color ? (attr_t)COLOR_PAIR((int)tone + 1) : A_NORMAL);
}

static void paint(const struct frame *frame, bool color)
{
	erase();
	for (int row = 0; row < frame->rows; row++) {
		int col = 0;

		while (col < frame->cols) {
			const unsigned char tone = frame->tone[row][col];
			const int from = col;

			while (col < frame->cols && frame->tone[row][col] == tone) {
				col++;
			}
			(void)attrset((int)attributes((enum show_tone)tone, color));
			(void)mvaddnstr(row, from, &frame->text[row][from], col - from);
		}
	}
	(void)refresh(); /* sends the cells that have changed */
}

/* How long the terminal's line takes for so many bytes, of ten bits. A line without a speed is
 * fast. */
static uint64_t line_time_us(unsigned int bytes)
{
	const int baud = baudrate();

	return baud > 0 ? (uint64_t)bytes * 10U * 1000000U / (unsigned int)baud : 0;
}

/* What a slow line has not carried yet would be shown late, and in the end hold us up. */
static void draw(struct view *view, bool color)
{
	view->top.now_us = link_now_us();
	frame_clear(&view->frame, LINES, COLS);
	top_draw(&view->frame, &view->top);
	view->line_us = view->top.now_us + line_time_us(frame_cost(&view->shown, &view->frame));
	view->shown = view->frame;
	paint(&view->frame, color);
}

/* Wait for a key, the chair, a signal or the next frame. False: the terminal has gone. */
static bool wait_for_something(struct view *view, uint64_t until_us, const sigset_t *mask)
{
	const uint64_t now = link_now_us();
	uint64_t wait_us = until_us > now ? until_us - now : 0;
	struct timespec wait;
	struct pollfd fds[2] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = rpc_client_fd(view->link.client),
		  .events = rpc_client_events(view->link.client) },
	};

	if ((view->stopping || view->top.hand.client != NULL) && wait_us > 20000) {
		wait_us = 20000; /* answers come by other sockets, and a hand lets go in time */
	}
	wait.tv_sec = (time_t)(wait_us / 1000000U);
	wait.tv_nsec = (long)(wait_us % 1000000U) * 1000;
	if (ppoll(fds, 2, &wait, mask) < 0) {
		return true; /* a signal; what it means is looked at */
	}
	return (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) == 0;
}

static void loop(struct view *view, bool color)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	const struct sigaction action = { .sa_handler = on_signal };
	uint64_t next_us = 0;
	sigset_t blocked;
	sigset_t before;
	bool there = true;

	(void)sigemptyset(&blocked);
	(void)sigaddset(&blocked, SIGWINCH);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		(void)sigaction(signals[i], &action, NULL);
		(void)sigaddset(&blocked, signals[i]);
	}
	(void)sigprocmask(SIG_BLOCK, &blocked, &before); /* they come while we wait */
	while (there && !view->quit && ended_by == 0) {
		int key;

		take_messages(view);
		ask_for_bus(view);
		while ((key = getch()) != ERR) {
			take_key(view, key);
			next_us = view->line_us;
		}
		follow_stop(view);
		hand_step(&view->top.hand);
		if (link_now_us() >= next_us) {
			draw(view, color);
			next_us = link_now_us() + FRAME_US;
			next_us = next_us > view->line_us ? next_us : view->line_us;
		}
		there = wait_for_something(view, next_us, &before);
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
}

/* Full screen until a key or a signal ends it; the terminal is as before. */
static int run_screen(struct view *view)
{
	SCREEN *screen = newterm(NULL, stdout, stdin);
	bool color;

	if (screen == NULL) {
		say_error("this terminal cannot show it (TERM); chairctl top --once prints it");
		return STATUS_FAILED;
	}
	color = view->console->color && has_colors();
	if (color) {
		static const short colors[TONE_COUNT] = { COLOR_WHITE, COLOR_GREEN, COLOR_YELLOW,
							  COLOR_RED, COLOR_WHITE };

		(void)start_color();
		(void)use_default_colors();
		for (int tone = 0; tone < TONE_COUNT; tone++) {
			const bool own = tone != TONE_PLAIN && tone != TONE_STRONG;

			(void)init_pair((short)(tone + 1), own ? colors[tone] : -1, -1);
		}
	}
	(void)cbreak();
	(void)noecho();
	(void)curs_set(0); /* a terminal that cannot leaves it visible */
	(void)nodelay(stdscr, TRUE);
	(void)keypad(stdscr, TRUE);
	loop(view, color);
	(void)endwin();
	delscreen(screen);
	if (ended_by != 0 && ended_by != SIGINT) {
		(void)signal(ended_by, SIG_DFL);
		(void)raise(ended_by); /* whoever waits for us sees what ended us */
	}
	return ended_by == SIGINT ? STATUS_INTERRUPTED : STATUS_DONE;
}

static int note_once(void *data, const char *method, json_t *body)
{
	struct top *top = data;

	take_note(top, method, body);
	return top->state != NULL && top->telemetry != NULL ? -1 : 0;
}

/* One frame as text. */
static int print_once(struct view *view)
{
	struct top *top = &view->top;
	int last = 0;
	int r;

	view->link.watcher = (struct link_watcher){ .note = note_once, .data = top };
	r = link_call(&view->link, "bus.stats", NULL, &top->bus);
	if (r == STATUS_DONE) {
		top->bus_us = link_now_us();
		r = link_call(&view->link, "state.watch", json_pack("{s:i}", "telemetry_hz", HZ),
			      NULL);
	}
	if (r == STATUS_DONE) {
		r = link_follow(&view->link, link_now_us() + view->console->timeout_us);
	}
	if (r == STATUS_TIMEOUT) {
		say_error("no state within %g s", (double)view->console->timeout_us / 1e6);
	}
	if (r != -1) {
		return r;
	}
	top->connected = true;
	top->once = true;
	top->now_us = link_now_us();
	frame_clear(&view->frame, ONCE_ROWS, TOP_COLS_MIN);
	top_draw(&view->frame, top);
	for (int row = 0; row < ONCE_ROWS; row++) {
		const size_t used = strlen(view->frame.text[row]);
		size_t length = used;

		while (length > 0 && view->frame.text[row][length - 1U] == ' ') {
			length--;
		}
		view->frame.text[row][length] = '\0';
		last = length > 0 ? row : last;
	}
	for (int row = 0; row <= last; row++) {
		(void)puts(view->frame.text[row]);
	}
	return STATUS_DONE;
}

int verb_top(const struct console *console, int count, char *const words[])
{
	static struct view view; /* a frame is too large for a stack */
	const bool once = (console->given & OPTION_ONCE) != 0;
	int r;

	(void)count;
	(void)words;
	view.console = console;
	if (!once && (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1)) {
		say_error("top needs a terminal; chairctl top --once prints one frame");
		return STATUS_FAILED;
	}
	r = link_open(console, LINK_ALL, &view.link);
	if (r != STATUS_DONE) {
		return r;
	}
	r = once ? print_once(&view) : run_screen(&view);
	link_close(&view.link);
	hand_end(&view.top.hand);
	if (view.stopping) {
		stop_end(&view.stop);
	}
	json_decref(view.top.state);
	json_decref(view.top.telemetry);
	json_decref(view.top.bus);
	return r;
}
