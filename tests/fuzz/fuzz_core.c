/* SPDX-License-Identifier: MIT */
/*
 * Any sequence of inputs and commands: the safety rules hold at the outputs of every cycle. The
 * rules are stated here once more, from the matrix and from what stands in the inputs.
 *
 * The input is a list of pairs: what to do, and how much. Around the chair is a plant small enough
 * that homing takes less than a second, so that the fuzzer soon massages.
 */
#include "chair.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(rule)                                                           \
	do {                                                                    \
		if (!(rule)) {                                                  \
			fprintf(stderr, "broken: %s, in %s\n", #rule,           \
				session_state_name(world.chair.session.state)); \
			abort();                                                \
		}                                                               \
	} while (0)

#define CYCLE_US     UINT64_C(10000)
#define CYCLES_MAX   20000U
#define PHASE_S	     10U
#define HEAT_COILS   (((1U << PAD_COUNT) - 1U) << COIL_SSR_LOWER_BACK | 1U << COIL_HEAT_ENABLE)
#define SIGNAL_COILS (1U << COIL_HEARTBEAT | 1U << COIL_BEEPER | 1U << COIL_LAMP)
#define CHAIN	     (1U << SWITCH_ESTOP_CLOSED | 1U << SWITCH_THERMOSTATS_CLOSED)

enum deed {
	DEED_WAIT,
	DEED_WAIT_LONG,
	DEED_ODD_CYCLE,
	DEED_SWITCH,
	DEED_COMMAND,
	DEED_ASK,
	DEED_STOP,
	DEED_PUSH,
	DEED_WARM,
	DEED_QUALITY,
	DEED_DRIVE,
	DEED_DEAF,
	DEED_BLOCK,
	DEED_BLIND,
	DEED_THREADS,
	DEED_RELAY,
	DEED_SERVICE,
	DEED_COUNT
};

struct world {
	struct chair chair;
	struct chair_inputs in;
	struct chair_outputs out;
	float at_mm[AXIS_COUNT];
	float push_n[ROLLER_COUNT];
	bool blocked[AXIS_COUNT];
	uint32_t deaf; /* drives that do not answer */
	bool blind;    /* switches cannot be read */
	uint8_t relay; /* 0 works, 1 welded, 2 dead */
	bool holds;    /* a technician is heard in every cycle */
	bool closed;
	uint64_t edge_us;
	uint64_t power_us;
	bool was_high;
	unsigned int cycles;
	/* what the rules remember */
	uint32_t read; /* the switches, when they could last be read */
	bool pressed;  /* a start edge in this cycle */
	bool blocked_start;
	uint64_t released_us; /* start button up since; 0 = down */
};

static struct world world;
static struct world ready;
static struct world massage;

static void configure(struct chair_config *config)
{
	static const uint8_t drives[ROLLER_COUNT][AXIS_KIND_COUNT] = {
		{ 0, 1, 0 }, { 3, 2, 4 }, { 3, 2, 4 }, { 6, 5, 7 }, { 6, 5, 7 }
	};

	*config = (struct chair_config){
		.force = { { 0.0f, 6.0f, 10.0f, 14.0f, 18.0f, 22.0f },
			   8.0f,
			   40.0f,
			   6.0f,
			   2.0f,
			   2.0f,
			   2.0f,
			   2.0f,
			   40.0f,
			   8.0f,
			   14.0f },
		.set_max_c = 41.0f,
		.session_max_s = 300,
		.program_count = 1,
	};
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		config->roller[r].spring_n = 6.0f;
		config->roller[r].spring_n_mm = 0.1f;
		for (unsigned int k = 0; k < AXIS_KIND_COUNT; k++) {
			config->roller[r].axis[k] =
				(struct axis_config){ drives[r][k], 50.0f, 40.0f, 30.0f, 50.0f };
		}
		config->roller[r].axis[AXIS_KNEAD].speed_max = 30.0f;
	}
	for (unsigned int z = 0; z < ZONE_COUNT; z++) {
		static const enum roller of[ZONE_COUNT] = { ROLLER_BACK,       ROLLER_SEAT_LEFT,
							    ROLLER_SEAT_RIGHT, ROLLER_LEG_LEFT,
							    ROLLER_LEG_RIGHT,  ROLLER_LEG_LEFT,
							    ROLLER_LEG_RIGHT };

		config->zone[z] = (struct zone_config){ of[z], (enum pad)of[z], 3.0f, 47.0f };
	}
	for (unsigned int t = 0; t < TECHNIQUE_COUNT; t++) {
		config->technique[t] =
			(struct technique_config){ 20.0f, 15.0f, 10.0f, 2.0f, 1.0f, 0.5f };
	}
	config->programs[0].sides = 1U << SIDE_LEFT | 1U << SIDE_BOTH;
	config->programs[0].phase_count = TECHNIQUE_COUNT;
	for (unsigned int t = 0; t < TECHNIQUE_COUNT; t++) {
		config->programs[0].phases[t] = (struct program_phase){
			.duration_s = PHASE_S,
			.parts = (uint8_t)(t == 0 ? 0x0f : 1U << t % PART_COUNT | 1U << PART_GLUTE),
			.technique = (enum technique)((t + 1) % TECHNIQUE_COUNT),
			.level_offset = (int8_t)((int)t - 2),
			.level_max = LEVEL_MAX,
			.heat_c = t % 2 == 0 ? 41.0f : 0.0f,
		};
	}
}

static void plant_relay(uint64_t dt_us)
{
	const bool high = (world.out.coils >> COIL_HEARTBEAT & 1U) != 0;
	const bool was_closed = world.closed;
	const uint32_t bit = 1U << SWITCH_RELAY_FEEDBACK;

	if (high != world.was_high) {
		world.edge_us = world.in.now_us - dt_us; /* written by the cycle before */
		world.was_high = high;
	}
	world.closed = world.edge_us != 0 &&
		       world.in.now_us - world.edge_us <= LIMIT_RELAY_HOLD_US &&
		       (world.in.switches & CHAIN) == CHAIN;
	if (world.relay != 0) {
		world.closed = world.relay == 1;
	}
	if (world.closed && !was_closed) {
		world.power_us = world.in.now_us;
	}
	world.in.switches = world.closed ? world.in.switches & ~bit : world.in.switches | bit;
}

static void plant_axis(unsigned int a, float dt_s)
{
	const struct axis_config *axis =
		&world.chair.config.roller[a / AXIS_KIND_COUNT].axis[a % AXIS_KIND_COUNT];
	const bool depth = a % AXIS_KIND_COUNT == AXIS_DEPTH;
	const bool driven = world.closed && world.in.drive[axis->drive].enabled;
	const float speed = driven ? world.out.speed[a] : depth ? -60.0f : 0.0f;
	const bool at_stop = world.at_mm[a] <= 0.0f && world.out.speed[a] < 0.0f;
	struct axis_input *in = &world.in.axis[a];

	world.at_mm[a] += world.blocked[a] ? 0.0f : speed * dt_s;
	if (world.at_mm[a] < 0.0f) {
		world.at_mm[a] = 0.0f;
	} else if (world.at_mm[a] > axis->range_mm) {
		world.at_mm[a] = axis->range_mm;
	}
	if ((world.deaf >> axis->drive & 1U) != 0 || world.in.drive[axis->drive].stamp_us == 0) {
		return;
	}
	in->pos = world.at_mm[a] + 10.0f;
	in->speed = at_stop ? 0.0f : speed;
	in->force_n = at_stop ? -20.0f : 0.0f;
	if (depth && !at_stop) {
		in->force_n = 6.0f + world.at_mm[a] * 0.1f + world.push_n[a / AXIS_KIND_COUNT];
		in->force_n += world.at_mm[a] > 8.0f ? world.at_mm[a] - 8.0f : 0.0f;
	}
}

static void plant(uint64_t dt_us)
{
	plant_relay(dt_us);
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		struct drive_input *drive = &world.in.drive[d];

		if (!world.closed) {
			*drive = (struct drive_input){ 0 };
		} else if ((world.deaf >> d & 1U) == 0) {
			drive->configured = world.in.now_us - world.power_us >= 200000;
			drive->stamp_us = drive->configured ? world.in.now_us : 0;
			drive->enabled = drive->configured && world.out.drive[d].enable;
			drive->limit = world.out.drive[d].limit;
		}
	}
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		plant_axis(a, (float)dt_us * 1e-6f);
	}
	for (unsigned int i = 0; i < PAD_COUNT * PAD_CHANNELS && world.cycles % 50 == 0; i++) {
		struct sensor_input *sensor = &world.in.sensor[i / PAD_CHANNELS][i % PAD_CHANNELS];

		if (sensor->quality != QUALITY_BAD) {
			sensor->stamp_us = world.in.now_us;
		}
	}
}

/* Effects of what is active or latched, by the matrix alone. */
static uint32_t effects(const struct interlock *il)
{
	uint32_t set = 0;

	for (unsigned int c = 0; c < CAUSE_COUNT; c++) {
		if (((il->active | il->latched) >> c & 1U) != 0) {
			set |= 1U << (unsigned int)fault_row((enum cause)c)->effect;
		}
	}
	return set;
}

static void check_cut(uint32_t set, uint32_t beat_before)
{
	const struct chair *chair = &world.chair;
	const bool toggled = (world.out.coils & 1U << COIL_HEARTBEAT) != beat_before;

	if ((set & 1U << EFFECT_CUT) == 0) {
		REQUIRE(toggled == !chair->interlock.late || !toggled);
		return;
	}
	REQUIRE(chair->session.state == STATE_FAULT);
	REQUIRE(!chair->permits.power && !toggled);
	REQUIRE((world.out.coils & ~SIGNAL_COILS) == 0);
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		REQUIRE(!world.out.drive[d].enable);
	}
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		REQUIRE(world.out.speed[a] <= 0.0f && world.out.speed[a] >= 0.0f);
	}
}

static void check_retract(uint32_t set)
{
	const struct chair *chair = &world.chair;
	const enum session_state state = chair->session.state;
	const bool ordered = (set & (1U << EFFECT_RETRACT | 1U << EFFECT_PAUSE)) != 0;

	if (!ordered && state != STATE_RETRACTING && state != STATE_PAUSED) {
		return;
	}
	REQUIRE((world.out.coils & HEAT_COILS) == 0 ||
		((world.out.coils & HEAT_COILS) == 1U << COIL_HEAT_ENABLE && !ordered &&
		 chair->proof.warm_pads));
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		const float depth = world.out.speed[AXIS(r, AXIS_DEPTH)];
		const bool clear = roller_is_clear(&chair->roller[r], &chair->config);

		REQUIRE(depth <= 0.0f);
		REQUIRE(depth < 0.0f || clear || !world.out.drive[0].enable);
		REQUIRE(world.out.speed[AXIS(r, AXIS_TRAVEL)] <= 0.0f &&
			world.out.speed[AXIS(r, AXIS_TRAVEL)] >= 0.0f);
		REQUIRE(world.out.speed[AXIS(r, AXIS_KNEAD)] <= 0.0f &&
			world.out.speed[AXIS(r, AXIS_KNEAD)] >= 0.0f);
	}
	REQUIRE(!ordered || state != STATE_MASSAGE);
	REQUIRE(!ordered || state != STATE_HOMING);
}

static void check_motion(void)
{
	const enum session_state state = world.chair.session.state;
	unsigned int moving = 0;

	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		const struct roller_ctl *roller = &world.chair.roller[a / AXIS_KIND_COUNT];
		const struct axis_config *axis =
			&world.chair.config.roller[a / AXIS_KIND_COUNT].axis[a % AXIS_KIND_COUNT];
		const float speed = world.out.speed[a];
		const bool out = a % AXIS_KIND_COUNT == AXIS_DEPTH && speed > 0.0f;

		REQUIRE(speed <= axis->speed_max && speed >= -axis->speed_max);
		if (speed < 0.0f || speed > 0.0f) {
			moving++;
			REQUIRE(world.out.drive[axis->drive].enable && session_is_moving(state));
		}
		if (out) {
			const struct drive_input *drive = &world.in.drive[axis->drive];

			REQUIRE(world.in.now_us - drive->stamp_us <= LIMIT_DRIVE_AGE_US);
			REQUIRE(drive->enabled);
			if (state == STATE_SERVICE) {
				REQUIRE(speed <= LIMIT_SERVICE_MM_S);
				REQUIRE(drive->limit == DRIVE_LIMIT_HOMING);
			} else if (state == STATE_HOMING) { /* lets go of the stop it has met */
				REQUIRE(roller->homing[AXIS_DEPTH] == HOMING_BACK_OFF);
				REQUIRE(speed <= axis->homing_mm_s);
				REQUIRE(drive->limit == DRIVE_LIMIT_HOMING);
			} else {
				REQUIRE(state == STATE_MASSAGE && roller->depth_homed);
				REQUIRE(roller->force_n <= LIMIT_FORCE_HIGH_N);
				REQUIRE(drive->limit == DRIVE_LIMIT_WORK);
			}
		}
		if (a % AXIS_KIND_COUNT == AXIS_KNEAD && (speed < 0.0f || speed > 0.0f)) {
			REQUIRE((state == STATE_MASSAGE && roller->stage == ROLLER_STAGE_HOLD) ||
				(state == STATE_SERVICE && roller->order == ROLLER_ORDER_JOG));
		}
	}
	REQUIRE(state != STATE_SERVICE || moving <= 1);
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		REQUIRE(!world.out.drive[d].enable || session_is_moving(state));
	}
}

static void check_heat(void)
{
	const enum session_state state = world.chair.session.state;
	const bool enabled = (world.out.coils >> COIL_HEAT_ENABLE & 1U) != 0;
	bool any = false;

	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		if ((world.out.coils >> (COIL_SSR_LOWER_BACK + p) & 1U) == 0) {
			continue;
		}
		any = true;
		REQUIRE(world.chair.permits.heat);
		REQUIRE(state == STATE_PREHEAT || state == STATE_MASSAGE ||
			(state == STATE_SERVICE &&
			 world.chair.session.service.work == SERVICE_HEAT));
		for (unsigned int c = 0; c < PAD_CHANNELS; c++) {
			const struct sensor_input *sensor = &world.in.sensor[p][c];

			REQUIRE(sensor->quality == QUALITY_GOOD);
			REQUIRE(sensor->temp_c < LIMIT_SETPOINT_C);
			REQUIRE(world.in.now_us - sensor->stamp_us <= LIMIT_SENSOR_AGE_US);
		}
	}
	/* enabled with no pad on: the proof that none warms by itself */
	REQUIRE(any == enabled || (enabled && world.chair.proof.warm_pads));
}

/* Motion begins, and a pause ends, by a command of the panel or a fresh press at the chair only. */
static void check_start(const struct session *before, const struct chair_command *command)
{
	const struct session *s = &world.chair.session;
	const bool begins = s->state == STATE_HOMING && before->state != STATE_HOMING;
	const bool told = (command->kind == COMMAND_START || command->kind == COMMAND_RESUME) &&
			  !command->ask;

	if (s->state == STATE_SERVICE && before->state != STATE_SERVICE) {
		REQUIRE(before->state == STATE_INHIBITED && command->kind == COMMAND_SERVICE);
		REQUIRE(world.holds && world.chair.interlock.latched == 0);
		REQUIRE(switch_is_on(world.in.switches, SWITCH_SERVICE_KEY));
		REQUIRE(!switch_is_on(world.in.switches, SWITCH_SEAT_OCCUPIED));
		return;
	}
	if (!begins) {
		REQUIRE(!session_is_moving(s->state) || session_is_moving(before->state));
		return;
	}
	REQUIRE(told || (world.pressed && !world.blocked_start));
	REQUIRE(told || !before->ask.chosen || world.in.now_us - before->ask_us >= S_US);
	REQUIRE(before->state == STATE_READY || before->state == STATE_PREHEAT ||
		before->state == STATE_PAUSED);
	REQUIRE(switch_is_on(world.in.switches, SWITCH_SEAT_OCCUPIED) ||
		before->state == STATE_PREHEAT);
	REQUIRE(world.chair.interlock.latched == 0 && s->level == 1);
	REQUIRE(world.chair.permits.press);
}

static void check_latches(const struct interlock *before, enum session_state from)
{
	const struct interlock *il = &world.chair.interlock;
	const uint64_t forgotten = before->latched & ~il->latched;

	REQUIRE(forgotten == 0 || (from == STATE_FAULT && world.pressed));
	REQUIRE((forgotten & (il->active | il->present)) == 0);
	REQUIRE(from != STATE_FAULT || world.chair.session.state == STATE_FAULT ||
		(il->latched == 0 && world.chair.session.state == STATE_INHIBITED));
	if (!world.blind && world.in.outputs_written &&
	    !switch_is_on(world.in.switches, SWITCH_ESTOP_CLOSED)) {
		REQUIRE((il->latched & CAUSE_BIT(CAUSE_ESTOP_OPEN)) != 0);
	}
}

static void check_session(const struct session *before)
{
	const struct session *s = &world.chair.session;

	REQUIRE((unsigned int)s->state < STATE_COUNT);
	REQUIRE(s->level <= LEVEL_MAX && s->level <= before->level + 1);
	REQUIRE(s->level <= s->now.level || !s->running);
	if (s->state ==
	    STATE_RETRACTING) { /* a technician's rollers leave too: no session is under way */
		REQUIRE(s->running == (before->running && before->state != STATE_SERVICE));
	} else {
		REQUIRE(s->running == (s->state == STATE_HOMING || s->state == STATE_MASSAGE ||
				       s->state == STATE_PAUSED));
	}
	REQUIRE(s->active_us <= world.chair.config.session_max_s * S_US + S_US);
	REQUIRE(world.chair.event_count <= CHAIR_EVENT_MAX);
}

/* Buttons as the rules see them: only what could be read, and edges of it. */
static void watch_buttons(enum session_state state)
{
	const bool down = switch_is_on(world.in.switches, SWITCH_BUTTON_START);

	world.pressed = false;
	if (world.blind || !world.in.outputs_written) {
		world.read = UINT32_MAX; /* no edge before the button was seen released */
		world.released_us = 0;
		return;
	}
	world.pressed = down && !switch_is_on(world.read, SWITCH_BUTTON_START);
	world.read = world.in.switches;
	if (down) {
		world.released_us = 0;
	} else if (world.released_us == 0) {
		world.released_us = world.in.now_us;
	} else if (world.in.now_us - world.released_us >= LIMIT_ACK_RELEASE_US) {
		world.blocked_start = false;
	}
	if (world.pressed && state == STATE_FAULT) {
		world.blocked_start = true;
	}
}

/* The same chair on the same inputs does the same. */
static void check_repeatable(struct chair *before)
{
	static struct chair_outputs again;

	chair_step(before, &world.in, &again);
	REQUIRE(memcmp(&again, &world.out, sizeof(again)) == 0);
	REQUIRE(before->session.state == world.chair.session.state);
}

static void cycle(uint64_t dt_us)
{
	static struct chair before;
	const struct chair_command command = world.in.command;
	const uint32_t beat = world.out.coils & 1U << COIL_HEARTBEAT;
	const bool was_closed = world.closed;
	uint32_t set;

	world.in.now_us += dt_us;
	plant(dt_us);
	world.in.switches_stamp_us = world.blind ? 0 : world.in.now_us;
	world.in.service_heard_us = world.holds ? world.in.now_us : 0;
	before = world.chair;
	watch_buttons(before.session.state);
	chair_step(&world.chair, &world.in, &world.out);
	if (was_closed && !world.closed && session_is_moving(before.session.state)) {
		REQUIRE(world.chair.session.state == STATE_FAULT); /* or it would go on */
	}
	set = effects(&world.chair.interlock);
	check_latches(&before.interlock, before.session.state);
	if (world.pressed && before.session.state == STATE_FAULT) {
		set = world.chair.interlock
			      .effects; /* forgotten just now, in force until the next cycle */
	}
	check_cut(set, beat);
	check_retract(set);
	check_motion();
	check_heat();
	check_start(&before.session, &command);
	check_session(&before.session);
	if (world.cycles % 16 == 0) {
		check_repeatable(&before);
	}
	world.cycles++;
	world.in.stop = false;
	world.in.command = (struct chair_command){ 0 };
}

static void cycles(unsigned int count)
{
	for (unsigned int i = 0; i < count && world.cycles < CYCLES_MAX; i++) {
		cycle(CYCLE_US);
	}
}

static void begin(void)
{
	static struct chair_config config;

	configure(&config);
	REQUIRE(chair_init(&world.chair, &config) == 0);
	world.read = UINT32_MAX;
	world.in = (struct chair_inputs){
		.now_us = 100 * S_US,
		.switches = CHAIN | 1U << SWITCH_BACK_COVER_CLOSED | 1U << SWITCH_LEG_GUARD_CLEAR |
			    1U << SWITCH_SEAT_OCCUPIED,
		.outputs_written = true,
		.threads_alive = true,
	};
	for (unsigned int i = 0; i < PAD_COUNT * PAD_CHANNELS; i++) {
		world.in.sensor[i / PAD_CHANNELS][i % PAD_CHANNELS] =
			(struct sensor_input){ 34.0f, QUALITY_GOOD, world.in.now_us };
	}
	cycles(400);
	REQUIRE(world.chair.session.state == STATE_READY);
	ready = world;
	world.in.command =
		(struct chair_command){ .kind = COMMAND_START, .side = SIDE_BOTH, .level = 5 };
	cycles(400);
	REQUIRE(world.chair.session.state == STATE_MASSAGE);
	massage = world;
}

static void command(uint8_t much, bool ask)
{
	world.in.command = (struct chair_command){
		.kind = (enum command_kind)(much % (COMMAND_KIND_COUNT + 1)),
		.ask = ask,
		.only_lower = (much & 64) != 0,
		.program = (much & 128) != 0 ? much : 0,
		.side = (much & 32) != 0 ? SIDE_LEFT : SIDE_BOTH,
		.level = much / 8 % 8,
		.duration_s = (much & 16) != 0 ? 60U + much : 0,
		.axis = much / 8 % (AXIS_COUNT + 1),
		.speed = (float)much - 128.0f,
		.home = (much & 2) != 0,
		.pad = (enum pad)(much % (PAD_COUNT + 1)),
		.heat_c = (float)(much / 4),
	};
}

static void serve(uint8_t much)
{
	static const enum command_kind kinds[] = { COMMAND_SERVICE, COMMAND_JOG, COMMAND_HEAT_TEST,
						   COMMAND_PROVE };

	if (much < 8) {
		world.holds = false;
		return;
	}
	if (!world.holds) {
		world.in.switches |= 1U << SWITCH_SERVICE_KEY;
		world.in.switches &= ~(1U << SWITCH_SEAT_OCCUPIED);
		world.holds = true;
		return;
	}
	command((uint8_t)(much / 4 * 4), false);
	world.in.command.kind = kinds[much % 4];
}

static void change_sensor(enum deed deed, uint8_t much)
{
	struct sensor_input *sensor =
		&world.in.sensor[much % PAD_COUNT][much / PAD_COUNT % PAD_CHANNELS];

	if (deed == DEED_WARM) {
		sensor->temp_c = 20.0f + (float)(much / 8);
		if ((much & 1U) != 0) {
			world.in.sensor[much % PAD_COUNT][0].temp_c = sensor->temp_c;
			world.in.sensor[much % PAD_COUNT][1].temp_c = sensor->temp_c;
		}
		return;
	}
	sensor->quality = (enum quality)(much / 16 % QUALITY_COUNT);
}

static void change_drive(uint8_t much)
{
	struct drive_input *drive = &world.in.drive[much % DRIVE_COUNT];

	world.deaf |= 1U << much % DRIVE_COUNT; /* or the plant would mend it */
	drive->configured = (much & 8) != 0;
	drive->enabled = (much & 16) != 0;
	drive->limit = (enum drive_limit)((much >> 5) % DRIVE_LIMIT_COUNT);
	drive->fault = much > 250 ? much : 0;
	drive->refused = much > 245 && much <= 250;
}

static void change(enum deed deed, uint8_t much)
{
	switch (deed) {
	case DEED_SWITCH:
		world.in.switches ^= 1U << much % SWITCH_COUNT;
		break;
	case DEED_COMMAND:
	case DEED_ASK:
		command(much, deed == DEED_ASK);
		break;
	case DEED_STOP:
		world.in.stop = true;
		break;
	case DEED_PUSH:
		world.push_n[much % ROLLER_COUNT] = (float)(much / ROLLER_COUNT);
		break;
	case DEED_WARM:
	case DEED_QUALITY:
		change_sensor(deed, much);
		break;
	case DEED_DRIVE:
		change_drive(much);
		break;
	case DEED_DEAF:
		world.deaf ^= 1U << much % DRIVE_COUNT;
		break;
	case DEED_BLOCK:
		world.blocked[much % AXIS_COUNT] = !world.blocked[much % AXIS_COUNT];
		break;
	case DEED_BLIND:
		world.blind = (much & 1U) != 0;
		world.in.outputs_written = (much & 6U) != 6U;
		break;
	case DEED_THREADS:
		world.in.threads_alive = (much & 1U) != 0;
		break;
	case DEED_RELAY:
		world.relay = much % 3;
		break;
	case DEED_SERVICE: /* a technician comes, works, or falls silent */
		serve(much);
		break;
	case DEED_WAIT:
	case DEED_WAIT_LONG:
	case DEED_ODD_CYCLE:
	case DEED_COUNT:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;

	if (!begun) {
		begin();
		begun = true;
	}
	if (size < 1) {
		return 0;
	}
	world = (data[0] & 1U) != 0 ? massage : ready;
	world.cycles = 0;
	if (world.chair.session
		    .running) { /* somewhere in the program: a phase for each technique */
		world.chair.session.now.elapsed_us =
			(data[0] >> 1) % TECHNIQUE_COUNT * PHASE_S * S_US;
	}
	for (size_t i = 1; i + 2 <= size && world.cycles < CYCLES_MAX; i += 2) {
		const enum deed deed = (enum deed)(data[i] % DEED_COUNT);

		change(deed, data[i + 1]);
		if (deed == DEED_ODD_CYCLE) {
			cycle(data[i + 1] * UINT64_C(250));
		} else {
			cycles(deed == DEED_WAIT_LONG ? data[i + 1] * 4U
			       : deed == DEED_WAIT    ? data[i + 1]
						      : 1);
		}
	}
	return 0;
}
