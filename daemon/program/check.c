/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "program.h"
#include "safety_limits.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define CYCLE_S	     ((double)CONTROL_PERIOD_US * 1e-6)
#define READY_US     (120 * S_US)
#define ENDS_US	     (LIMIT_SESSION_US + 120 * S_US)
#define PRESSES_N    2.0  /* less is no massage */
#define SPOT_MM	     10.0 /* the same spot, as the chair sees it */
#define SETTLE_S     2.0  /* after a phase changed: "less" takes a second */
#define EXCESS_S     0.5  /* time constant of what counts as too strong */
#define KNEE_MM	     270.0
#define KNEE_HALF_MM 20.0 /* of the middle body: the hollow itself */
#define REACHED_S    5.0
#define COMPARE_S    10.0 /* less contact is not worth a comparison */
#define STEER_S	     60.0 /* a spot is kept longer than the chair presses there */
#define WARM_C	     37.0f

static const struct check_rule rules[CHECK_LIMIT_COUNT] = {
	[CHECK_ENDED] = { "ended", "ends by itself, without a fault", "", 0.0 },
	[CHECK_REACH] = { "reach", "zones not reached", "", 0.0 },
	[CHECK_FORCE] = { "force", "peak force", "N", (double)LIMIT_FORCE_TRIP_N },
	[CHECK_FORCE_TWICE] = { "force_twice", "force, two samples", "N",
				(double)LIMIT_FORCE_HIGH_N },
	[CHECK_INNER] = { "inner_thigh", "inner thigh", "N", (double)LIMIT_INNER_FORCE_N },
	[CHECK_LEVEL] = { "level", "above the phase's level", "N", 2.0 },
	[CHECK_KNEE] = { "knee", "in the hollow of the knee", "N", PRESSES_N },
	[CHECK_SIDE] = { "other_side", "on the other side", "s", 0.0 },
	[CHECK_DWELL] = { "dwell", "on one spot", "s", (double)LIMIT_DWELL_US * 1e-6 },
	[CHECK_DOSE] = { "dose", "thermal dose", "CEM43", (double)LIMIT_DOSE_CEM43 },
	[CHECK_TIME] = { "time", "session", "min", (double)LIMIT_SESSION_US * 1e-6 / 60.0 },
	[CHECK_HOLD] = { "force_error", "mean force error", "N", 1.0 },
	[CHECK_SYMMETRY] = { "symmetry", "left against right", "times", 1.2 },
};

/* What is remembered of a roller from cycle to cycle. */
struct roller_watch {
	uint64_t stamp_us;
	double sample_n;
	double spot_mm;
	double spot_s;	 /* on it so far */
	double excess_n; /* smoothed */
	bool begun;	 /* works, or has left the body since it was scanned */
};

struct watch {
	const struct setup *setup;
	const struct program *program;
	struct check_run *run;
	struct roller_watch roller[ROLLER_COUNT];
	double level_n[LEVEL_MAX + 1];
	unsigned int phase;
	double phase_s;
	double held_s;		     /* roller seconds */
	double guided_s[ZONE_COUNT]; /* contact where the program chose the place */
	double pad_max_c[PAD_COUNT];
	double pad_cem43[PAD_COUNT];
	uint32_t commands;
	double steer_s;
	unsigned int steered;
};

const struct check_rule *check_rule(enum check_limit limit)
{
	assert((unsigned int)limit < CHECK_LIMIT_COUNT);

	return &rules[limit];
}

bool check_is_kept(const struct check_run *run, enum check_limit limit)
{
	return run->worst[limit] <= rules[limit].most;
}

static double magnitude(double value)
{
	return value < 0.0 ? -value : value;
}

static double beyond_mm(const struct zone_config *zone, double travel_mm)
{
	const double before_mm = (double)zone->from_mm - travel_mm;
	const double after_mm = travel_mm - (double)zone->to_mm;

	return before_mm > after_mm ? before_mm : after_mm;
}

enum zone check_zone_at(const struct virtual_chair *v, enum roller r)
{
	const double travel_mm = v->sim.plant.pos_mm[LANE_TRAVEL + (unsigned int)r];
	int best = -1;

	for (int z = 0; z < ZONE_COUNT; z++) {
		if (v->chair.zone[z].roller == r &&
		    (best < 0 || beyond_mm(&v->chair.zone[z], travel_mm) <
					 beyond_mm(&v->chair.zone[best], travel_mm))) {
			best = z;
		}
	}
	return best < 0 ? ZONE_LOWER_BACK : (enum zone)best;
}

static void note(struct check_run *run, enum check_limit limit, double value, int where)
{
	if (value > run->worst[limit]) {
		run->worst[limit] = value;
		run->where[limit] = where;
	}
}

/* ---- one roller in one cycle ---- */

static void watch_samples(struct watch *w, const struct virtual_chair *v, unsigned int r,
			  enum zone zone)
{
	struct roller_watch *roller = &w->roller[r];
	const double force_n = v->sim.plant.contact_n[r];

	note(w->run, CHECK_FORCE, v->sim.plant.contact_max_n[r], (int)zone);
	if (v->chair.roller[r].stamp_us != roller->stamp_us) {
		roller->stamp_us = v->chair.roller[r].stamp_us;
		note(w->run, CHECK_FORCE_TWICE,
		     force_n < roller->sample_n ? force_n : roller->sample_n, (int)zone);
		roller->sample_n = force_n;
	}
}

static void watch_dwell(struct watch *w, const struct virtual_chair *v, unsigned int r,
			enum zone zone)
{
	struct roller_watch *roller = &w->roller[r];
	const double travel_mm = v->sim.plant.pos_mm[LANE_TRAVEL + r];
	struct check_zone *felt = &w->run->zone[zone];

	if (v->sim.plant.contact_n[r] < PRESSES_N) {
		roller->spot_s = 0.0;
		return;
	}
	if (roller->spot_s <= 0.0 || magnitude(travel_mm - roller->spot_mm) > SPOT_MM) {
		roller->spot_mm = travel_mm;
		roller->spot_s = 0.0;
	}
	roller->spot_s += CYCLE_S;
	felt->dwell_s = roller->spot_s > felt->dwell_s ? roller->spot_s : felt->dwell_s;
	note(w->run, CHECK_DWELL, roller->spot_s, (int)zone);
}

/* Stronger than the phase allows this zone at the person's level. */
static void watch_level(struct watch *w, const struct virtual_chair *v, unsigned int r,
			enum zone zone)
{
	struct roller_watch *roller = &w->roller[r];
	const struct program_phase *phase = &w->program->phases[w->phase];
	const uint8_t most = program_level(phase, v->person.ceiling);
	const double over_n = v->sim.plant.contact_n[r] - w->level_n[most];

	if (v->chair.roller[r].stage != ROLLER_STAGE_HOLD || w->phase_s < SETTLE_S) {
		roller->excess_n = 0.0;
		return;
	}
	roller->excess_n += (over_n - roller->excess_n) * (CYCLE_S / EXCESS_S);
	note(w->run, CHECK_LEVEL, roller->excess_n, (int)zone);
	if (v->chair.zone_level[zone] > most) {
		note(w->run, CHECK_LEVEL, w->level_n[LEVEL_MAX], (int)zone);
	}
}

static void watch_place(struct watch *w, const struct virtual_chair *v, unsigned int r,
			enum zone zone)
{
	const struct plant *plant = &v->sim.plant;
	const double force_n = plant->contact_n[r];
	const double size = plant->body.size;
	const bool left = r == ROLLER_SEAT_LEFT || r == ROLLER_LEG_LEFT;
	const double from_knee_mm = magnitude(plant->pos_mm[LANE_TRAVEL + r] -
					      plant_landmark_mm((enum roller)r, KNEE_MM, size));

	if (r == ROLLER_LEG_LEFT || r == ROLLER_LEG_RIGHT) {
		const double inner_n = force_n * (double)v->chair.config.roller[r].inner_share;

		if (from_knee_mm < KNEE_HALF_MM * size) {
			note(w->run, CHECK_KNEE, force_n, CHECK_ZONE_ANY);
		}
		if (zone == ZONE_THIGH_LEFT || zone == ZONE_THIGH_RIGHT) {
			note(w->run, CHECK_INNER, inner_n, (int)zone);
		}
	}
	if (r != ROLLER_BACK && force_n >= PRESSES_N && w->run->side != SIDE_BOTH &&
	    (w->run->side == SIDE_LEFT) != left) {
		note(w->run, CHECK_SIDE, w->run->worst[CHECK_SIDE] + CYCLE_S, (int)zone);
	}
}

static void watch_roller(struct watch *w, const struct virtual_chair *v, unsigned int r)
{
	const enum zone zone = check_zone_at(v, (enum roller)r);
	const struct roller_ctl *ctl = &v->chair.roller[r];
	const double force_n = v->sim.plant.contact_n[r];
	struct check_zone *felt = &w->run->zone[zone];

	watch_samples(w, v, r, zone);
	if (v->chair.session.state == STATE_HOMING) {
		w->run->scan_peak_n = force_n > w->run->scan_peak_n ? force_n : w->run->scan_peak_n;
	}
	if (v->chair.session.state != STATE_MASSAGE || w->phase >= w->program->phase_count) {
		w->roller[r].spot_s = 0.0;
		return;
	}
	w->roller[r].begun =
		w->roller[r].begun || force_n <= 0.0 || ctl->order == ROLLER_ORDER_WORK;
	if (!w->roller[r].begun) {
		return;
	}
	felt->peak_n = force_n > felt->peak_n ? force_n : felt->peak_n;
	if (force_n >= PRESSES_N) {
		felt->mean_n += force_n * CYCLE_S; /* a sum until the end */
		felt->contact_s += CYCLE_S;
		w->guided_s[zone] += w->program->phases[w->phase].steered ? 0.0 : CYCLE_S;
	}
	if (ctl->stage == ROLLER_STAGE_HOLD) {
		w->run->error_n += magnitude(force_n - (double)ctl->set_n) * CYCLE_S;
		w->held_s += CYCLE_S;
	}
	watch_dwell(w, v, r, zone);
	watch_level(w, v, r, zone);
	watch_place(w, v, r, zone);
}

/* ---- one cycle ---- */

static void watch_events(struct watch *w, const struct virtual_chair *v)
{
	for (unsigned int i = 0; i < v->chair.event_count; i++) {
		const struct chair_event *event = &v->chair.events[i];

		if (event->kind == CHAIR_EVENT_SESSION_ENDED) {
			w->run->ended = (enum ended)event->a;
		} else if (event->kind == CHAIR_EVENT_COMMAND && event->id == 1) {
			w->run->refusal = (enum refusal)event->a;
		} else if (event->kind == CHAIR_EVENT_CAUSE && event->b == 1 && !w->run->caused) {
			w->run->cause = (enum cause)event->a;
			w->run->caused = true;
		}
	}
}

static void watch_heat(struct watch *w, const struct virtual_chair *v)
{
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		const double pad_c = v->sim.plant.heat.pad_c[p];

		w->pad_max_c[p] = pad_c > w->pad_max_c[p] ? pad_c : w->pad_max_c[p];
		if ((float)pad_c > WARM_C) {
			w->pad_cem43[p] += (double)dose_rate((float)pad_c) * CYCLE_S;
		}
	}
}

static void watch_cycle(struct watch *w, const struct virtual_chair *v)
{
	watch_events(w, v);
	if (v->chair.session.phase != w->phase) {
		w->phase = v->chair.session.phase;
		w->phase_s = 0.0;
		w->steer_s = 0.0;
	}
	w->phase_s += CYCLE_S;
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		watch_roller(w, v, r);
	}
	watch_heat(w, v);
}

/* The person steers: every zone of the phase in turn, for longer than a spot may be pressed. */
static void steer(struct watch *w, struct virtual_chair *v)
{
	const struct session *session = &v->chair.session;
	uint8_t zones;

	if (session->state != STATE_MASSAGE || session->phase >= w->program->phase_count ||
	    !w->program->phases[session->phase].steered) {
		return;
	}
	if (w->steer_s > 0.0) {
		w->steer_s -= CYCLE_S;
		return;
	}
	zones = program_zones(w->program->phases[session->phase].parts, w->run->side);
	do {
		w->steered = (w->steered + 1) % ZONE_COUNT;
	} while ((zones >> w->steered & 1U) == 0);
	w->steer_s = STEER_S;
	v->command = (struct chair_command){ .kind = COMMAND_PINPOINT,
					     .id = ++w->commands,
					     .zone = (enum zone)w->steered,
					     .spot = 0.5f };
}

/* ---- a session ---- */

/* Contact time of each part, left against right, but for places that the person chose. */
static void judge_symmetry(const struct watch *w)
{
	struct check_run *run = w->run;

	for (unsigned int z = ZONE_GLUTE_LEFT; z < ZONE_COUNT; z += 2) {
		const double left_s = w->guided_s[z];
		const double right_s = w->guided_s[z + 1];
		const double more_s = left_s > right_s ? left_s : right_s;
		const double less_s = left_s > right_s ? right_s : left_s;
		double times;

		if (run->side != SIDE_BOTH || more_s < COMPARE_S) {
			continue;
		}
		times = less_s * 1000.0 > more_s ? more_s / less_s : 1000.0;
		run->symmetry = times > run->symmetry ? times : run->symmetry;
		note(run, CHECK_SYMMETRY, times, (int)(left_s > right_s ? z + 1 : z));
	}
}

/* A program that touches nobody keeps every other limit. */
static void judge_reach(const struct watch *w)
{
	unsigned int zones = 0;
	double missed = 0.0;

	for (unsigned int p = 0; p < w->program->phase_count; p++) {
		const struct program_phase *phase = &w->program->phases[p];

		zones |= phase->technique == TECHNIQUE_REST
				 ? 0
				 : program_zones(phase->parts, w->run->side);
	}
	for (unsigned int z = 0; z < ZONE_COUNT; z++) {
		if ((zones >> z & 1U) != 0 && w->run->zone[z].contact_s < REACHED_S) {
			missed += 1.0;
			note(w->run, CHECK_REACH, missed, (int)z);
		}
	}
}

static void judge(struct watch *w)
{
	struct check_run *run = w->run;

	run->error_n = w->held_s > 0.0 ? run->error_n / w->held_s : 0.0;
	note(run, CHECK_HOLD, run->error_n, CHECK_ZONE_ANY);
	note(run, CHECK_TIME, run->minutes, CHECK_ZONE_ANY);
	note(run, CHECK_ENDED, run->ended == ENDED_FINISHED && !run->caused ? 0.0 : 1.0,
	     CHECK_ZONE_ANY);
	for (unsigned int z = 0; z < ZONE_COUNT; z++) {
		const enum pad pad = w->setup->core.zone[z].pad;
		struct check_zone *felt = &run->zone[z];

		felt->mean_n = felt->contact_s > 0.0 ? felt->mean_n / felt->contact_s : 0.0;
		felt->heat_max_c = w->pad_max_c[pad];
		felt->dose_cem43 = w->pad_cem43[pad];
		note(run, CHECK_DOSE, felt->dose_cem43, (int)z);
	}
	judge_symmetry(w);
	judge_reach(w);
}

static void begin(struct watch *w, const struct setup *setup, unsigned int index, double size,
		  enum side side, struct check_run *run)
{
	*w = (struct watch){
		.setup = setup,
		.program = &setup->core.programs[index],
		.run = run,
		.commands = 1,
		.steered = ZONE_COUNT - 1,
	};
	*run = (struct check_run){ .size = size, .side = side };
	for (unsigned int l = 0; l < CHECK_LIMIT_COUNT; l++) {
		run->where[l] = CHECK_ZONE_ANY;
	}
	for (unsigned int l = 0; l <= LEVEL_MAX; l++) {
		w->level_n[l] = (double)setup->core.force.level_n[l];
	}
}

int check_program(struct virtual_chair *v, const struct setup *setup, unsigned int index,
		  double size, enum side side, uint8_t level, struct check_trace *trace,
		  struct check_run *ret)
{
	struct watch w;
	uint64_t start_us;
	int r;

	assert(index < setup->core.program_count);

	begin(&w, setup, index, size, side, ret);
	r = virtual_init(v, setup);
	if (r < 0) {
		return r;
	}
	virtual_set_body(v, size);
	v->person = (struct person){ .checked_in = true, .ceiling = level, .scan = true };
	if (virtual_until(v, STATE_READY, READY_US)) {
		v->command = (struct chair_command){ .kind = COMMAND_START,
						     .id = 1,
						     .program = (uint8_t)index,
						     .side = side,
						     .level = level };
	}
	start_us = v->now_us;
	plant_reset_peaks(&v->sim.plant);
	do {
		steer(&w, v);
		virtual_cycle(v);
		watch_cycle(&w, v);
		if (trace != NULL) {
			trace->sample(trace, v, (double)(v->now_us - start_us) * 1e-6);
		}
	} while ((v->chair.session.running || v->now_us < start_us + S_US) &&
		 v->now_us < start_us + ENDS_US);
	ret->scan = v->chair.scan.result;
	ret->minutes = (double)(v->now_us - start_us) * 1e-6 / 60.0;
	judge(&w);
	return 0;
}
