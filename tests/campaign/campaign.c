/* SPDX-License-Identifier: MIT */
#include "campaign.h"

#include <string.h>

#define MS	   UINT64_C(1000)
#define SECOND	   UINT64_C(1000000)
#define MINUTE	   (60 * SECOND)
#define FOREVER	   UINT64_MAX
#define CSV_CYCLES 1U

/* ---- dice ---- */

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static uint64_t throw_dice(struct dice *dice)
{
	dice->state += UINT64_C(0x9e3779b97f4a7c15);
	return mix(dice->state);
}

static uint32_t below(struct dice *dice, uint32_t count)
{
	return (uint32_t)(throw_dice(dice) % count);
}

static bool chance(struct dice *dice, uint32_t percent)
{
	return below(dice, 100) < percent;
}

static double between(struct dice *dice, double from, double to)
{
	return from + (to - from) * (double)(throw_dice(dice) >> 11) * 0x1p-53;
}

/* Short and long times alike: every doubling is as likely as the next. No libm. */
static uint64_t spread_us(struct dice *dice, uint64_t from_us, uint64_t to_us)
{
	unsigned int doublings = 0;
	uint64_t base_us;

	while (from_us << (doublings + 1) <= to_us) {
		doublings++;
	}
	base_us = from_us << below(dice, doublings + 1);
	base_us += (uint64_t)(between(dice, 0.0, 1.0) * (double)base_us);
	return base_us < to_us ? base_us : to_us;
}

/* ---- the log ---- */

static void tell(const struct campaign *c, const char *what, const char *detail)
{
	if (c->log != NULL) {
		(void)fprintf(c->log, "%10.3f %-11s %s %s\n", (double)c->chair.tick_us * 1e-6,
			      session_state_name(c->chair.chair.session.state), what, detail);
	}
}

static void tell_number(const struct campaign *c, const char *what, double number)
{
	char text[32];

	if (c->log != NULL) {
		(void)snprintf(text, sizeof(text), "%.3f", number);
		tell(c, what, text);
	}
}

static void csv_header(FILE *csv)
{
	(void)fprintf(csv, "time_s,state,inputs,coils,relay,drives_enabled,heating");
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		const char *name = reference_roller_words[r];

		(void)fprintf(csv,
			      ",%s_travel_mm,%s_travel_rpm,%s_depth_mm,%s_depth_rpm,%s_motor_n,"
			      "%s_contact_n,%s_push_mm",
			      name, name, name, name, name, name, name);
	}
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		(void)fprintf(csv, ",%s_pad_c,%s_skin_c", reference_pad_words[p],
			      reference_pad_words[p]);
	}
	(void)fprintf(csv, "\n");
}

static void csv_line(const struct campaign *c)
{
	const struct sim *sim = &c->chair.sim;
	const struct plant *plant = &sim->plant;
	uint32_t enabled = 0;

	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		enabled |= sim->slaves.drive[d].enabled ? UINT32_C(1) << d : 0;
	}
	(void)fprintf(c->csv, "%.3f,%s,0x%03x,0x%03x,%d,0x%02x,0x%02x",
		      (double)c->chair.now_us * 1e-6,
		      session_state_name(c->chair.chair.session.state), sim_inputs(sim),
		      sim->outputs, sim_relay_closed(sim) ? 1 : 0, enabled, plant->heat.heating);
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		(void)fprintf(
			c->csv, ",%.2f,%.0f,%.2f,%.0f,%.2f,%.2f,%.1f",
			plant->pos_mm[LANE_TRAVEL + r], plant->command.target_rpm[LANE_TRAVEL + r],
			plant->pos_mm[LANE_DEPTH + r], plant->command.target_rpm[LANE_DEPTH + r],
			plant->motor_n[LANE_DEPTH + r], plant->contact_max_n[r],
			plant->body.push_mm[r]);
	}
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		(void)fprintf(c->csv, ",%.2f,%.2f", plant->heat.pad_c[p], plant->heat.skin_c[p]);
	}
	(void)fprintf(c->csv, "\n");
}

/* ---- planning ---- */

static void plan_sim_fault(struct dice *dice, struct planned_fault *plan)
{
	struct sim_fault *fault = &plan->fault;

	*fault = (struct sim_fault){
		.kind = (enum sim_fault_kind)below(dice, SIM_FAULT_COUNT),
		.address = (uint8_t)(1 + below(dice, DRIVE_COUNT)),
		.channel = (uint8_t)below(dice, PAD_CHANNELS),
		.pct = (uint8_t)(1 + below(dice, 60)),
		.bits = (uint16_t)(1U << below(dice, 11)),
		.pad = (enum pad)below(dice, PAD_COUNT),
		.roller = (enum roller)below(dice, ROLLER_COUNT),
		.axis = (enum axis_kind)below(dice, AXIS_KIND_COUNT),
		.port = (enum sim_port)below(dice, SIM_PORT_LINE),
		.button = (enum chair_switch)(SWITCH_BUTTON_STOP + below(dice, 4)),
		.offset_c = between(dice, 1.0, 12.0) * (chance(dice, 50) ? 1.0 : -1.0),
		.push_mm = between(dice, 2.0, 35.0),
	};
	if (fault->kind == SIM_FAULT_DEVICE_SILENT) {
		fault->address = (uint8_t)(11 + below(dice, PAD_CHANNELS));
	}
	if (fault->kind == SIM_FAULT_FORCE_SPIKE && chance(dice, 80)) {
		plan->off_us = plan->on_us + spread_us(dice, 50 * MS, 3 * SECOND);
	}
}

static void plan_fault(struct episode *e, struct planned_fault *plan, uint64_t on_us)
{
	struct dice *dice = &e->dice;

	*plan = (struct planned_fault){ .on_us = on_us, .late_us = 10000 };
	plan->off_us = chance(dice, 10) ? FOREVER : on_us + spread_us(dice, 20 * MS, 60 * SECOND);
	plan->mishap = chance(dice, 25) ? (enum mishap)below(dice, MISHAP_COUNT) : MISHAP_SIM;
	if (plan->mishap == MISHAP_SIM) {
		plan_sim_fault(dice, plan);
	} else if (plan->mishap == MISHAP_POWER) {
		plan->off_us = on_us + spread_us(dice, 200 * MS, 20 * SECOND);
	} else if (plan->mishap == MISHAP_LATE) {
		plan->late_us = (uint32_t)spread_us(dice, 5 * MS, 600 * MS);
		plan->off_us = on_us + spread_us(dice, 10 * MS, SECOND);
	} else if (plan->mishap == MISHAP_THREAD) {
		plan->off_us = on_us + spread_us(dice, 20 * MS, 5 * SECOND);
	}
}

static void plan_faults(struct episode *e, uint64_t from_us)
{
	struct dice *dice = &e->dice;
	uint64_t on_us = 0;

	e->fault_count = chance(dice, 15) ? 0 : 1 + below(dice, 5);
	if (e->calm) {
		e->fault_count = chance(dice, 40) ? 1 : 0;
	}
	for (unsigned int i = 0; i < e->fault_count; i++) {
		if (i == 0 || chance(dice, 50)) {
			on_us = from_us +
				(uint64_t)(between(dice, 0.0, 1.0) * (double)(e->end_us - from_us));
		} else { /* in a pair with the last one */
			on_us += chance(dice, 30) ? 0 : spread_us(dice, 10 * MS, 3 * SECOND);
		}
		plan_fault(e, &e->faults[i], on_us);
		if (e->calm && chance(dice, 60)) { /* slow things need long sessions */
			e->faults[i] = (struct planned_fault){
				.fault = { .kind = SIM_FAULT_SSR_WELDED,
					   .pad = (enum pad)below(dice, PAD_COUNT) },
				.on_us = from_us + spread_us(dice, SECOND, 200 * SECOND),
				.off_us = FOREVER,
			};
		}
	}
}

static void plan_person(struct campaign *c)
{
	struct dice *dice = &c->episode.dice;
	struct sim *sim = &c->chair.sim;
	double stiffness[ZONE_COUNT];

	virtual_set_body(&c->chair, between(dice, 1.45, 1.95) / 1.75);
	for (unsigned int z = 0; z < ZONE_COUNT; z++) {
		/* 0.4 to 2 N/mm; left and right are each their own */
		stiffness[z] = reference_stiffness_n_mm[z] * between(dice, 0.6, 1.35);
	}
	plant_set_stiffness(&sim->plant, stiffness);
	sim->plant.body.contact_mm = between(dice, -4.0, 8.0);
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		plant_place(&sim->plant, (enum roller)r, AXIS_TRAVEL,
			    between(dice, 0.0, reference_tracks[r].range_mm[AXIS_TRAVEL]));
	}
	sim_seat(sim, c->episode.calm || !chance(dice, 10));
	sim_turn_key(sim, !c->episode.calm && chance(dice, 3));
	tell_number(c, "body, contact_mm", sim->plant.body.contact_mm);
	for (unsigned int z = 0; z < ZONE_COUNT && c->log != NULL; z++) {
		tell_number(c, reference_zone_words[z], stiffness[z]);
	}
}

/* What the check-in has made of them. */
static void plan_check_in(struct campaign *c)
{
	struct dice *dice = &c->episode.dice;
	struct person *person = &c->chair.person;

	*person = (struct person){ 0 };
	if (c->episode.calm) {
		*person = (struct person){ .checked_in = true, .ceiling = LEVEL_MAX };
		return;
	}
	if (chance(dice, 4)) {
		person->refusal = (enum person_refusal)(1 + below(dice, PERSON_REFUSAL_COUNT - 1));
	}
	if (chance(dice, 40)) {
		return; /* nobody */
	}
	person->checked_in = true;
	person->ceiling = (uint8_t)(1 + below(dice, LEVEL_MAX));
	person->gentle = chance(dice, 20);
	person->no_heat = chance(dice, 15);
	person->scan = chance(dice, 50);
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		person->correction_mm[r] =
			chance(dice, 80) ? 0.0f : (float)between(dice, -60.0, 60.0);
	}
}

static void plan_episode(struct campaign *c, uint64_t number)
{
	struct episode *e = &c->episode;

	*e = (struct episode){ .number = number };
	e->dice.state = mix(c->seed ^ mix(number + 1));
	e->calm = below(&e->dice, 100) < 3;
	e->technician = !e->calm && chance(&e->dice, 10);
	e->calm_s = chance(&e->dice, 50) ? 1800 : 600;
	e->preheats = e->calm && chance(&e->dice, 25);
	c->chair.random = (uint32_t)throw_dice(&e->dice);
	e->end_us = c->chair.tick_us + (e->calm ? (e->calm_s + 180) * SECOND
						: (uint64_t)(between(&e->dice, 60.0, 420.0) * 1e6));
	e->person_us = c->chair.tick_us + spread_us(&e->dice, SECOND, 6 * SECOND);
	plan_person(c);
	plan_check_in(c);
	c->chair.service_heard_us = 0;
	if (e->technician) {
		sim_seat(&c->chair.sim, false);
		sim_turn_key(&c->chair.sim, true);
		tell(c, "a technician", "");
	}
	plan_faults(e, c->chair.tick_us + SECOND);
}

/* ---- what happens ---- */

static void act(struct campaign *c, enum deed deed, enum side side, uint8_t level)
{
	const struct act done = { deed, side, level };

	oracle_act(&c->oracle, &done, c->chair.tick_us);
}

static void press(struct campaign *c, enum chair_switch button, uint64_t hold_us)
{
	tell_number(c, reference_switch_words[button], (double)hold_us * 1e-6);
	sim_press(&c->chair.sim, button, hold_us);
}

/* Held for a moment, mostly. */
static uint64_t hold_us(struct dice *dice)
{
	return chance(dice, 5) ? spread_us(dice, SECOND, 50 * SECOND)
			       : spread_us(dice, 20 * MS, SECOND);
}

static void stop(struct campaign *c)
{
	tell(c, "stop", "");
	act(c, DEED_STOP, SIDE_NONE, 0);
	c->chair.stop = true;
}

static const enum deed command_deeds[COMMAND_KIND_COUNT][2] = {
	[COMMAND_START] = { DEED_START, DEED_ASK_START },
	[COMMAND_RESUME] = { DEED_RESUME, DEED_ASK_RESUME },
	[COMMAND_PAUSE] = { DEED_PAUSE, DEED_PAUSE },
	[COMMAND_LEVEL] = { DEED_LEVEL, DEED_LEVEL },
	[COMMAND_PREHEAT] = { DEED_PREHEAT, DEED_PREHEAT },
	[COMMAND_TIME] = { DEED_WISH, DEED_WISH },
	[COMMAND_SKIP] = { DEED_WISH, DEED_WISH },
	[COMMAND_AGAIN] = { DEED_WISH, DEED_WISH },
	[COMMAND_HEAT] = { DEED_WISH, DEED_WISH },
	[COMMAND_HEAT_ONLY] = { DEED_WISH, DEED_WISH },
	[COMMAND_PINPOINT] = { DEED_WISH, DEED_WISH },
	[COMMAND_SERVICE] = { DEED_SERVICE, DEED_SERVICE },
	[COMMAND_JOG] = { DEED_WISH, DEED_WISH },
	[COMMAND_HEAT_TEST] = { DEED_WISH, DEED_WISH },
	[COMMAND_PROVE] = { DEED_WISH, DEED_WISH },
};
static const char *const command_words[COMMAND_KIND_COUNT] = {
	"none",	 "start", "resume",    "pause",	   "level",   "preheat", "time",      "skip",
	"again", "heat",  "heat only", "pinpoint", "service", "jog",	 "heat test", "proof"
};

static void command(struct campaign *c, enum command_kind kind, bool ask)
{
	struct episode *e = &c->episode;
	struct chair_command *to = &c->chair.command;
	const uint32_t programs = c->setup->core.program_count;

	*to = (struct chair_command){
		.kind = kind,
		.id = 1,
		.ask = ask,
		.only_lower = chance(&e->dice, 20),
		.program = (uint8_t)below(&e->dice, programs),
		.side = (enum side)(SIDE_LEFT + below(&e->dice, 3)),
		.level = (uint8_t)(1 + below(&e->dice, LEVEL_MAX)),
		.duration_s = chance(&e->dice, 50) ? 0 : 60 + below(&e->dice, 600),
		.delta_s = (int32_t)below(&e->dice, 1200) - 600,
		.heat_c = (float)between(&e->dice, 25.0, 42.0),
		.pads = (uint8_t)below(&e->dice, 1U << PAD_COUNT),
		.on = chance(&e->dice, 50),
		.zone = (enum zone)below(&e->dice, ZONE_COUNT),
		.spot = (float)between(&e->dice, -0.1, 1.1),
		.axis = below(&e->dice, AXIS_COUNT),
		.speed = (float)between(&e->dice, -50.0, 50.0),
		.home = chance(&e->dice, 20),
		.pad = (enum pad)below(&e->dice, PAD_COUNT),
	};
	if (e->calm && kind == COMMAND_START) {
		to->duration_s = e->calm_s;
		to->side = SIDE_BOTH;
		to->level = LEVEL_MAX;
	}
	tell(c, ask ? "asks for" : "panel", command_words[kind]);
	if (kind == COMMAND_START) {
		tell(c, "  program", c->setup->core.programs[to->program].id);
		tell_number(c, "  side", (double)to->side);
		tell_number(c, "  level", (double)to->level);
	}
	act(c, command_deeds[kind][ask ? 1 : 0], to->side, to->level);
	if (ask && chance(&e->dice, 70)) {
		e->press_us = c->chair.tick_us + spread_us(&e->dice, 500 * MS, 80 * SECOND);
	}
}

static void leave_seat(struct campaign *c)
{
	struct episode *e = &c->episode;

	tell(c, "leaves the seat", "");
	sim_seat(&c->chair.sim, false);
	e->back_us = c->chair.tick_us + spread_us(&e->dice, 200 * MS, 150 * SECOND);
}

/* In the states before a session. */
static void wish_to_begin(struct campaign *c)
{
	struct dice *dice = &c->episode.dice;
	const uint32_t wish = below(dice, 100);

	if (c->episode.forgets) {
		c->episode.forgets = false;
		command(c, COMMAND_RESUME, false);
	} else if (wish < 50) {
		command(c, COMMAND_START, false);
	} else if (wish < 66) {
		press(c, SWITCH_BUTTON_START, hold_us(dice));
	} else if (wish < 78) {
		command(c, chance(dice, 70) ? COMMAND_START : COMMAND_RESUME, true);
	} else if (wish < 86) {
		command(c, COMMAND_PREHEAT, false);
	} else if (wish < 93) {
		command(c, COMMAND_RESUME, false);
	} else if (wish < 96) {
		leave_seat(c);
	} else if (wish < 98) {
		press(c, SWITCH_BUTTON_UP, hold_us(dice));
	} else {
		stop(c);
	}
}

/* While something is under way. */
static void wish_to_change(struct campaign *c)
{
	struct dice *dice = &c->episode.dice;
	const uint32_t wish = below(dice, 100);

	if (chance(dice, 30)) {
		const uint32_t kinds = COMMAND_KIND_COUNT - COMMAND_TIME;

		command(c, (enum command_kind)(COMMAND_TIME + below(dice, kinds)), false);
	} else if (wish < 14) {
		stop(c);
	} else if (wish < 24) {
		press(c, SWITCH_BUTTON_STOP, hold_us(dice));
	} else if (wish < 38) {
		command(c, COMMAND_PAUSE, false);
	} else if (wish < 56) {
		command(c, COMMAND_LEVEL, false);
	} else if (wish < 70) {
		press(c, chance(dice, 65) ? SWITCH_BUTTON_UP : SWITCH_BUTTON_DOWN, hold_us(dice));
	} else if (wish < 78) {
		leave_seat(c);
	} else if (wish < 84) {
		press(c, SWITCH_BUTTON_START, hold_us(dice));
	} else if (wish < 88) {
		command(c, COMMAND_START, chance(dice, 50));
	} else if (wish < 92) {
		command(c, COMMAND_RESUME, chance(dice, 50));
	} else if (wish < 95) {
		command(c, COMMAND_PREHEAT, false);
	} /* else nothing */
}

static void wish_to_go_on(struct campaign *c)
{
	struct dice *dice = &c->episode.dice;
	const uint32_t wish = below(dice, 100);

	if (wish < 35) {
		command(c, COMMAND_RESUME, false);
	} else if (wish < 65) {
		press(c, SWITCH_BUTTON_START, hold_us(dice));
	} else {
		wish_to_change(c);
	}
}

static void mend(struct campaign *c)
{
	struct episode *e = &c->episode;

	for (unsigned int i = 0; i < e->fault_count; i++) {
		if (e->faults[i].on && e->faults[i].off_us > c->chair.tick_us) {
			e->faults[i].off_us = c->chair.tick_us;
		}
	}
}

/* What is broken is put right, mostly; then the armrest button. */
static void wish_to_mend(struct campaign *c)
{
	struct episode *e = &c->episode;

	if (chance(&e->dice, 30)) {
		mend(c);
	} else if (chance(&e->dice, 70)) {
		press(c, SWITCH_BUTTON_START, hold_us(&e->dice));
	} else {
		wish_to_begin(c);
	}
}

/* Somebody who works at the chair, is careless, and is disturbed; but begins no session. */
static void technician(struct campaign *c)
{
	struct episode *e = &c->episode;
	struct dice *dice = &e->dice;
	struct sim *sim = &c->chair.sim;
	const uint32_t wish = below(dice, 100);

	e->holds = chance(dice, 75);
	e->silent = chance(dice, 4);
	if (c->chair.chair.session.state == STATE_FAULT && chance(dice, 20)) {
		mend(c);
	} else if (c->chair.chair.session.state == STATE_FAULT && chance(dice, 50)) {
		press(c, SWITCH_BUTTON_START, hold_us(dice));
	} else if (wish < 25) {
		command(c, COMMAND_SERVICE, false);
	} else if (wish < 65) {
		command(c, COMMAND_JOG, false);
	} else if (wish < 76) {
		command(c, COMMAND_HEAT_TEST, false);
	} else if (wish < 80) {
		stop(c);
	} else if (wish < 82) {
		press(c, SWITCH_BUTTON_STOP, hold_us(dice));
	} else if (wish < 85) {
		command(c, COMMAND_PROVE, false);
	} else if (wish < 88) {
		tell(c, "key", sim->key ? "off" : "on");
		sim_turn_key(sim, !sim->key);
	} else if (wish < 91) {
		tell(c, sim->seated ? "stands up" : "sits down", "");
		sim_seat(sim, !sim->seated);
	} else if (wish < 93 && sim->key) {
		command(c, COMMAND_START, false); /* refused */
	} else if (!sim->key || sim->seated) {
		tell(c, "key on, seat empty", "");
		sim_turn_key(sim, true);
		sim_seat(sim, false);
	}
	e->person_us = c->chair.tick_us + spread_us(dice, 50 * MS, 8 * SECOND);
}

/* Heard all the time while holding, else once a second. */
static void hand(struct campaign *c)
{
	const struct episode *e = &c->episode;
	const uint64_t now_us = c->chair.tick_us;

	if (e->silent || (!e->holds && now_us - c->chair.service_heard_us < SECOND)) {
		return;
	}
	c->chair.service_heard_us = now_us;
	act(c, DEED_HOLD, SIDE_NONE, 0);
}

static void person(struct campaign *c)
{
	struct episode *e = &c->episode;
	uint64_t longest_us = 15 * SECOND;

	switch (c->chair.chair.session.state) {
	case STATE_FAULT:
		wish_to_mend(c);
		longest_us = 8 * SECOND;
		break;
	case STATE_INHIBITED:
	case STATE_READY:
		if (e->calm) {
			command(c, e->preheats ? COMMAND_PREHEAT : COMMAND_START, false);
		} else if (!e->forgets && chance(&e->dice, 3)) {
			e->forgets = true;
			e->person_us =
				c->chair.tick_us + (uint64_t)(between(&e->dice, 90.0, 180.0) * 1e6);
			return;
		} else {
			wish_to_begin(c);
		}
		longest_us = 8 * SECOND;
		break;
	case STATE_PREHEAT:
		if (!e->calm) {
			wish_to_begin(c);
		}
		longest_us = 120 * SECOND;
		break;
	case STATE_HOMING:
	case STATE_MASSAGE:
		if (!e->calm) {
			wish_to_change(c);
		}
		longest_us = 60 * SECOND;
		break;
	case STATE_PAUSED:
		wish_to_go_on(c);
		break;
	case STATE_RETRACTING:
		wish_to_change(c);
		longest_us = 2 * SECOND;
		break;
	case STATE_SERVICE:
	case STATE_COUNT:
		break;
	}
	e->person_us = c->chair.tick_us + spread_us(&e->dice, 50 * MS, longest_us);
}

static int break_or_mend(struct campaign *c, struct planned_fault *plan, bool on)
{
	static const char *const words[MISHAP_COUNT] = {
		"", "seat", "service key", "controller power", "thread", "late"
	};
	struct sim *sim = &c->chair.sim;

	plan->on = on;
	plan->done = plan->done || !on;
	c->episode.injected += on ? 1U : 0U;
	tell(c, on ? "FAULT" : "mended",
	     plan->mishap == MISHAP_SIM ? sim_fault_words[plan->fault.kind] : words[plan->mishap]);
	if (c->log != NULL && on && plan->mishap == MISHAP_SIM) {
		(void)fprintf(c->log,
			      "%34s address %u pad %u channel %u roller %u axis %u port %u button "
			      "%u pct %u bits 0x%x c %.2f mm %.1f\n",
			      "", plan->fault.address, (unsigned int)plan->fault.pad,
			      plan->fault.channel, (unsigned int)plan->fault.roller,
			      (unsigned int)plan->fault.axis, (unsigned int)plan->fault.port,
			      (unsigned int)plan->fault.button, plan->fault.pct, plan->fault.bits,
			      plan->fault.offset_c, plan->fault.push_mm);
	}
	switch (plan->mishap) {
	case MISHAP_SIM:
		return sim_set_fault(sim, &plan->fault, on);
	case MISHAP_SEAT:
		sim_seat(sim, !on);
		break;
	case MISHAP_KEY:
		sim_turn_key(sim, on);
		break;
	case MISHAP_POWER:
		if (on == c->chair.unpowered) {
			break; /* two such faults at a time */
		}
		act(c, on ? DEED_POWER_OFF : DEED_POWER_ON, SIDE_NONE, 0);
		return virtual_power(&c->chair, !on);
	case MISHAP_THREAD:
		act(c, on ? DEED_THREAD_DEAD : DEED_THREAD_ALIVE, SIDE_NONE, 0);
		c->chair.threads_dead = on;
		break;
	case MISHAP_LATE:
	case MISHAP_COUNT:
		break;
	}
	return 0;
}

static int fate(struct campaign *c)
{
	struct episode *e = &c->episode;
	const uint64_t now_us = c->chair.tick_us;

	for (unsigned int i = 0; i < e->fault_count; i++) {
		struct planned_fault *plan = &e->faults[i];
		int r = 0;

		if (plan->on && now_us >= plan->off_us) {
			r = break_or_mend(c, plan, false);
		} else if (!plan->on && !plan->done && now_us >= plan->on_us) {
			r = break_or_mend(c, plan, true);
		}
		if (r < 0) {
			return r;
		}
		if (plan->on && plan->mishap == MISHAP_LATE) {
			c->chair.late_us = plan->late_us;
		}
	}
	if (e->back_us != 0 && now_us >= e->back_us) {
		e->back_us = 0;
		tell(c, "sits down", "");
		sim_seat(&c->chair.sim, true);
	}
	if (e->press_us != 0 && now_us >= e->press_us) {
		e->press_us = 0;
		press(c, SWITCH_BUTTON_START, hold_us(&e->dice));
	}
	return 0;
}

/* What the controller did, for the log only. */
static void tell_events(struct campaign *c)
{
	const struct chair *chair = &c->chair.chair;

	for (unsigned int i = 0; i < chair->event_count && c->log != NULL; i++) {
		const struct chair_event *event = &chair->events[i];

		if (event->kind == CHAIR_EVENT_STATE) {
			tell(c, "->", session_state_name((enum session_state)event->b));
		} else if (event->kind == CHAIR_EVENT_CAUSE) {
			tell(c, event->b != 0 ? "cause" : "cause gone",
			     fault_row((enum cause)event->a)->name);
		} else if (event->kind == CHAIR_EVENT_BODY) {
			tell(c, "body", scan_result_name((enum scan_result)event->a));
			tell_number(c, "  size", (double)chair->scan.body.size);
		} else if (event->kind == CHAIR_EVENT_ACKNOWLEDGED) {
			tell(c, "acknowledged", "");
		} else if (event->kind == CHAIR_EVENT_COMMAND && event->a != 0) {
			tell(c, "refused", refusal_name((enum refusal)event->a));
		}
	}
}

static uint64_t digest(uint64_t so_far, const struct campaign *c)
{
	const struct plant *plant = &c->chair.sim.plant;
	uint64_t bits;

	for (unsigned int lane = 0; lane < LANE_COUNT; lane++) {
		memcpy(&bits, &plant->pos_mm[lane], sizeof(bits));
		so_far = mix(so_far ^ bits);
	}
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		memcpy(&bits, &plant->heat.skin_c[p], sizeof(bits));
		so_far = mix(so_far ^ bits);
	}
	return so_far;
}

/* Whoever is there does something when it is time. */
static void people(struct campaign *c, bool stopped)
{
	const struct episode *e = &c->episode;

	if (c->chair.unpowered) {
		return;
	}
	if (c->chair.tick_us >= e->person_us && !stopped) {
		if (e->technician) {
			technician(c);
		} else {
			person(c);
		}
	}
	if (e->technician) {
		hand(c);
	}
}

static void begin_oracle(struct campaign *c)
{
	const struct virtual_chair *v = &c->chair;
	const struct oracle_person person = {
		.level_max = guest_limits(&v->person, LIMIT_SETPOINT_C).level_max,
		.no_heat = v->person.no_heat,
		.refused = v->person.refusal != PERSON_MAY,
		.scans = v->person.scan,
		.technician = c->episode.technician,
	};

	oracle_init(&c->oracle, &v->sim, &person, c->ignored);
}

int campaign_run(struct campaign *c, uint64_t number)
{
	struct episode *e = &c->episode;
	struct virtual_chair *v = &c->chair;
	bool stopped = false;
	int r = virtual_init(v, c->setup);

	if (r < 0) {
		return r;
	}
	virtual_record(v, c->recorder);
	plan_episode(c, number);
	begin_oracle(c);
	if (c->csv != NULL) {
		csv_header(c->csv);
	}
	/* The end is a stop, and time for it to have had its effect. */
	while (v->tick_us < e->end_us + 4 * SECOND) {
		r = fate(c);
		if (r < 0) {
			return r;
		}
		if (v->tick_us >= e->end_us && !stopped) {
			stop(c);
			stopped = true;
		}
		people(c, stopped);
		virtual_cycle(v);
		tell_events(c);
		if (c->csv != NULL && v->now_us >= c->csv_from_us) {
			csv_line(c);
		}
		if (!oracle_look(&c->oracle, v->now_us) && e->broken == 0) {
			e->broken = c->oracle.broken;
			e->broken_us = v->now_us;
			e->end_us = v->now_us; /* a little more, for the trace */
			stopped = true;
			tell(c, "BROKEN", "");
		}
		memcpy(v->sim.plant.contact_max_n, v->sim.plant.contact_n,
		       sizeof(v->sim.plant.contact_max_n));
		if (e->broken != 0 && v->now_us > e->broken_us + 500 * MS) {
			break;
		}
	}
	e->digest = digest(number, c);
	e->time_us = v->now_us - v->sim.start_us;
	e->over_n = c->oracle.contact_over_n;
	return 0;
}
