/* SPDX-License-Identifier: MIT */
/*
 * control.h - the control thread: 100 Hz, SCHED_FIFO where permitted, memory locked.
 *
 * Each cycle: read the inputs, chair_step(), write all outputs, publish a snapshot. It sleeps until
 * the next tick, a GPIO edge or a stop, and never waits for bus, socket, disk or log. Everything
 * crosses by value: commands and events through rings, snapshots through a mailbox.
 */
#ifndef CHAIRD_CONTROL_H
#define CHAIRD_CONTROL_H

#include "chair.h"
#include "recorder.h"
#include "setup.h"

#define CONTROL_PERIOD_US UINT64_C(10000)

struct control;

/* What the rest of the process may know, once a cycle. */
struct control_snapshot {
	uint64_t now_us; /* 0 = no cycle yet */
	uint64_t cycles;
	uint32_t late_max_us; /* worst start of a cycle after its tick */
	uint64_t causes_restored;
	struct chair_inputs in;
	struct chair_outputs out;
	struct interlock interlock;
	struct session session;
	struct permits permits;
	struct roller_ctl roller[ROLLER_COUNT];
	struct heat_ctl pad[PAD_COUNT];
	struct proof proof;
	struct scan scan;
	struct zone_config zone[ZONE_COUNT];
	float set_c[PAD_COUNT];
	uint8_t zone_level[ZONE_COUNT];
	uint8_t port_count;
	bool port_open[SETUP_PORT_MAX];
	struct bus_line_image line[SETUP_PORT_MAX];
};

struct control_event {
	uint64_t now_us;
	struct chair_event event;
};

/* What a chair alone tells, after a cycle; the rest of @ret stays as it is. */
void control_snapshot_chair(const struct chair *chair, const struct chair_inputs *in,
			    const struct chair_outputs *out, struct control_snapshot *ret);

/* What earlier runs left behind. */
struct control_past {
	uint64_t latched; /* causes, bits of enum cause */
	bool child_lock;
	float dose_cem43[PAD_COUNT][DOSE_HOURS]; /* by hours ago */
};

/* Request every GPIO line, outputs at their safe value, and start the bus threads: these look for
 * their devices, and nothing is told to move or heat before control_start(). @realtime: ask for
 * SCHED_FIFO and locked memory. @setup is borrowed and must outlive it. Returns 0 or -errno with
 * @ret_error filled; on error nothing runs. */
int control_open(const struct setup *setup, bool realtime, struct control **ret,
		 struct gpio_error *ret_error) __attribute__((warn_unused_result));

/* Before control_start(): every cycle goes into @recorder, which is borrowed and must outlive
 * @control. */
void control_record(struct control *control, struct recorder *recorder);

/* Start the control thread. 0 or -errno; control_finish() is due either way. */
int control_start(struct control *control, const struct control_past *past)
	__attribute__((warn_unused_result));

/* Main thread only, all of these: */
/* At once, never queued; commands that are still waiting become void (refused, not ready). */
void control_stop_session(struct control *control);
/* -EBUSY when 64 commands wait already. */
int control_command(struct control *control, const struct chair_command *command)
	__attribute__((warn_unused_result));
void control_set_child_lock(struct control *control, bool locked);
/* What whoever may start now may get; a copy is taken. All zero before: gentle only. */
void control_set_person(struct control *control, const struct person *person);
/* When the panel that answers for the session was last heard, CLOCK_MONOTONIC; 0 = none does. */
void control_set_panel(struct control *control, uint64_t heard_us);
/* An errand on a port, and what came of the last one there; see bus_port.h. */
void control_send_errand(struct control *control, unsigned int port,
			 const struct bus_errand *errand);
const struct bus_answer *control_answer(struct control *control, unsigned int port);
/* When whoever holds the service lease was last heard; 0 = nobody holds it. */
void control_set_service(struct control *control, uint64_t heard_us);
int control_event_fd(const struct control *control); /* readable when events wait */
bool control_next_event(struct control *control, struct control_event *ret);
const struct control_snapshot *control_snapshot(struct control *control);
void control_tick_main(struct control *control); /* "the main thread is alive" */
/* True when control and bus threads have all ticked since the last call. */
bool control_is_alive(struct control *control);
bool control_is_realtime(const struct control *control);

/* Stop any session and wait until the rollers have left the body, at most 2.5 s. */
void control_retract(struct control *control);

/* Stop the heartbeat, end all threads, close everything. NULL is allowed. */
void control_finish(struct control *control);

#endif /* CHAIRD_CONTROL_H */
