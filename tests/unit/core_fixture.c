/* SPDX-License-Identifier: MIT */
#include "core_fixture.h"

#define EXCHANGE_CYCLES	 6 /* a bus exchange takes 60 ms */
#define SENSOR_CYCLES	 50
#define CONFIGURE_US	 (300 * MS_US)
#define RELAY_PULL_IN_US (30 * MS_US)
#define SPRING_MM_S	 60.0f /* unpowered rollers leave the body */
#define STOP_N		 -20.0f

struct rig rig;

static void config_roller(struct roller_config *rc, const uint8_t drive[AXIS_KIND_COUNT],
			  float travel_mm, float depth_mm)
{
	*rc = (struct roller_config){
		.axis = { [AXIS_TRAVEL] = { drive[0], travel_mm, 45.0f, 30.0f, 80.0f },
			  [AXIS_DEPTH] = { drive[1], depth_mm, 40.0f, 12.0f, 50.8f },
			  [AXIS_KNEAD] = { drive[2], 0.0f, 30.0f, 0.0f, 6.0f } },
		.spring_n = 6.0f,
		.spring_n_mm = 0.1f,
	};
}

static void config_programs(struct chair_config *config)
{
	config->program_count = RIG_PROGRAM_COUNT;
	config->default_program = RIG_PROGRAM_BACK;
	config->programs[RIG_PROGRAM_BACK] = (struct program){
		.id = "back",
		.sides = 1U << SIDE_LEFT | 1U << SIDE_RIGHT | 1U << SIDE_BOTH,
		.phase_count = 3,
		.phases = { { "warm", 60, 1U << PART_LOWER_BACK, TECHNIQUE_STROKE, -1, 39.0f,
			      LEVEL_MAX, false },
			    { "knead", 120, 1U << PART_LOWER_BACK | 1U << PART_GLUTE,
			      TECHNIQUE_KNEAD, 0, 40.0f, LEVEL_MAX, false },
			    { "roll", 120, 1U << PART_GLUTE, TECHNIQUE_ROLL, 1, 0.0f, LEVEL_MAX,
			      false } },
	};
	config->programs[RIG_PROGRAM_LEG] = (struct program){
		.id = "leg",
		.sides = 1U << SIDE_RIGHT,
		.phase_count = 1,
		.phases = { { "press", 300, 1U << PART_THIGH, TECHNIQUE_PRESS, 0, 0.0f, LEVEL_MAX,
			      false } },
	};
	config->programs[RIG_PROGRAM_SHORT] = (struct program){
		.id = "short",
		.sides = 1U << SIDE_BOTH,
		.phase_count = 1,
		.phases = { { "knead", 60, 1U << PART_LOWER_BACK, TECHNIQUE_KNEAD, 0, 39.0f,
			      LEVEL_MAX, false } },
	};
}

static void config_body(struct chair_config *config)
{
	static const struct zone_config zones[ZONE_COUNT] = {
		[ZONE_LOWER_BACK] = { ROLLER_BACK, PAD_LOWER_BACK, 30.0f, 230.0f },
		[ZONE_GLUTE_LEFT] = { ROLLER_SEAT_LEFT, PAD_GLUTE_LEFT, 20.0f, 140.0f },
		[ZONE_GLUTE_RIGHT] = { ROLLER_SEAT_RIGHT, PAD_GLUTE_RIGHT, 20.0f, 140.0f },
		[ZONE_THIGH_LEFT] = { ROLLER_LEG_LEFT, PAD_LEG_LEFT, 20.0f, 270.0f },
		[ZONE_THIGH_RIGHT] = { ROLLER_LEG_RIGHT, PAD_LEG_RIGHT, 20.0f, 270.0f },
		[ZONE_CALF_LEFT] = { ROLLER_LEG_LEFT, PAD_LEG_LEFT, 310.0f, 500.0f },
		[ZONE_CALF_RIGHT] = { ROLLER_LEG_RIGHT, PAD_LEG_RIGHT, 310.0f, 500.0f },
	};
	static const struct technique_config techniques[TECHNIQUE_COUNT] = {
		[TECHNIQUE_STROKE] = { .travel_mm_s = 25.0f },
		[TECHNIQUE_KNEAD] = { .travel_mm_s = 8.0f, .knead_rpm = 20.0f },
		[TECHNIQUE_DEEP] = { .travel_mm_s = 4.0f, .knead_rpm = 8.0f },
		[TECHNIQUE_PRESS] = { 15.0f, 0.0f, 25.0f, 20.0f, 4.0f, 0.5f },
		[TECHNIQUE_ROLL] = { .travel_mm_s = 20.0f, .reach_mm = 25.0f },
		[TECHNIQUE_FLUSH] = { .travel_mm_s = 22.0f },
	};

	memcpy(config->zone, zones, sizeof(zones));
	memcpy(config->technique, techniques, sizeof(techniques));
}

void core_config(struct chair_config *ret_config)
{
	*ret_config = (struct chair_config){
		.force = {
			.level_n = { 0.0f, 6.0f, 10.0f, 14.0f, 18.0f, 22.0f },
			.approach_mm_s = 8.0f,
			.retract_mm_s = 40.0f,
			.follow_mm_s = 6.0f,
			.gain_mm_s_n = 2.0f,
			.rate_n_s = 2.0f,
			.contact_n = 2.0f,
			.clear_mm = 2.0f,
			.travel_mm_s2 = 40.0f,
			.homing_n_depth = 8.0f,
			.homing_n_travel = 14.0f,
		},
		.set_max_c = 41.0f,
		.session_max_s = 1800,
	};
	config_roller(&ret_config->roller[ROLLER_BACK], (const uint8_t[]){ 0, 1, 0 }, 320.0f,
		      50.0f);
	config_roller(&ret_config->roller[ROLLER_SEAT_LEFT], (const uint8_t[]){ 3, 2, 4 }, 160.0f,
		      45.0f);
	config_roller(&ret_config->roller[ROLLER_SEAT_RIGHT], (const uint8_t[]){ 3, 2, 4 }, 160.0f,
		      45.0f);
	config_roller(&ret_config->roller[ROLLER_LEG_LEFT], (const uint8_t[]){ 6, 5, 7 }, 520.0f,
		      40.0f);
	config_roller(&ret_config->roller[ROLLER_LEG_RIGHT], (const uint8_t[]){ 6, 5, 7 }, 520.0f,
		      40.0f);
	ret_config->roller[ROLLER_LEG_LEFT].inner_share = 0.45f;
	ret_config->roller[ROLLER_LEG_RIGHT].inner_share = 0.45f;
	config_body(ret_config);
	config_programs(ret_config);
}

void core_good_inputs(struct chair_inputs *ret_in, uint64_t now_us)
{
	*ret_in = (struct chair_inputs){
		.now_us = now_us,
		.switches = RIG_GOOD_SWITCHES,
		.switches_stamp_us = now_us,
		.outputs_written = true,
		.threads_alive = true,
		.person = { .checked_in = true, .ceiling = LEVEL_MAX },
	};
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		ret_in->drive[d] = (struct drive_input){ .configured = true, .stamp_us = now_us };
	}
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		ret_in->sensor[p][0] = (struct sensor_input){ 30.0f, QUALITY_GOOD, now_us };
		ret_in->sensor[p][1] = (struct sensor_input){ 30.5f, QUALITY_GOOD, now_us };
	}
}

void rig_init(void)
{
	static struct chair_config config;

	memset(&rig, 0, sizeof(rig));
	core_config(&config);
	assert_int_equal(chair_init(&rig.chair, &config), 0);
	core_good_inputs(&rig.in, EPOCH_US);
	memset(rig.in.drive, 0, sizeof(rig.in.drive));
	rig.surface_mm = 12.0f;
	rig.tissue_n_mm = 1.0f;
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		rig.at_mm[AXIS(r, AXIS_TRAVEL)] = 40.0f + 5.0f * (float)r;
		rig.at_mm[AXIS(r, AXIS_DEPTH)] = 3.0f;
	}
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		rig.pad_c[p] = 30.0f;
	}
}

/* The charge pump's relay: closes while edges come, opens 100 ms after the last one. */
static void plant_relay(void)
{
	const uint32_t chain = 1U << SWITCH_ESTOP_CLOSED | 1U << SWITCH_THERMOSTATS_CLOSED;
	const bool high = (rig.out.coils >> COIL_HEARTBEAT & 1U) != 0;
	const bool was_closed = rig.relay_closed;
	const uint64_t now_us = rig.in.now_us;

	if (high != rig.was_high) {
		if (rig.edge_us == 0 || now_us - rig.edge_us > LIMIT_RELAY_HOLD_US) {
			rig.running_us = now_us;
		}
		rig.edge_us = now_us;
		rig.was_high = high;
	}
	rig.relay_closed = rig.edge_us != 0 && now_us - rig.edge_us <= LIMIT_RELAY_HOLD_US &&
			   now_us - rig.running_us >= RELAY_PULL_IN_US &&
			   (rig.in.switches & chain) == chain;
	if (rig.relay == RIG_RELAY_WELDED) {
		rig.relay_closed = true;
	} else if (rig.relay == RIG_RELAY_DEAD) {
		rig.relay_closed = false;
	}
	if (rig.relay_closed && !was_closed) {
		rig.power_us = now_us;
	}
	rig_set(SWITCH_RELAY_FEEDBACK, !rig.relay_closed);
}

static void plant_axis(unsigned int roller, enum axis_kind kind, float dt_s)
{
	const struct axis_config *axis = &rig.chair.config.roller[roller].axis[kind];
	const unsigned int a = AXIS(roller, kind);
	const bool driven = rig.relay_closed && rig.in.drive[axis->drive].enabled;
	float speed = driven ? rig.out.speed[a] : 0.0f;

	if (!driven && kind == AXIS_DEPTH) {
		speed = -SPRING_MM_S;
	}
	if (rig.blocked[a] || rig.slips[a]) {
		speed = 0.0f;
	}
	rig.at_mm[a] += speed * dt_s;
	if (kind != AXIS_KNEAD && rig.at_mm[a] < 0.0f) {
		rig.at_mm[a] = 0.0f;
	}
	if (kind != AXIS_KNEAD && rig.at_mm[a] > axis->range_mm) {
		rig.at_mm[a] = axis->range_mm;
	}
}

/* What the drive would say of one axis. Its counter began wherever the axis stood. */
static void plant_sample(unsigned int roller, enum axis_kind kind)
{
	const struct roller_config *rc = &rig.chair.config.roller[roller];
	const unsigned int a = AXIS(roller, kind);
	const float at_mm = rig.at_mm[a];
	struct axis_input *axis = &rig.in.axis[a];
	const bool at_stop = kind != AXIS_KNEAD && at_mm <= 0.0f && rig.out.speed[a] < 0.0f;

	const float surface_mm =
		rig.surface_of != NULL
			? rig.surface_of(roller, rig.at_mm[AXIS(roller, AXIS_TRAVEL)])
			: rig.surface_mm;

	axis->pos = at_mm + 100.0f + 7.0f * (float)a;
	axis->speed = at_stop || rig.blocked[a] ? 0.0f : rig.out.speed[a];
	axis->force_n = at_stop ? STOP_N : 0.0f;
	if (kind == AXIS_DEPTH && !at_stop) {
		axis->force_n = rc->spring_n + rc->spring_n_mm * at_mm + rig.push_n[roller];
		if (at_mm > surface_mm) {
			axis->force_n += (at_mm - surface_mm) * rig.tissue_n_mm;
		}
	}
}

static void plant_drives(void)
{
	const uint64_t now_us = rig.in.now_us;

	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		struct drive_input *drive = &rig.in.drive[d];

		if (!rig.relay_closed) {
			*drive = (struct drive_input){ .limit = DRIVE_LIMIT_UNKNOWN };
			continue;
		}
		if (rig.deaf[d] || rig.cycles % EXCHANGE_CYCLES != 0) {
			continue;
		}
		drive->configured = now_us - rig.power_us >= CONFIGURE_US;
		drive->stamp_us = drive->configured ? now_us : 0;
		drive->enabled = drive->configured && rig.out.drive[d].enable;
		drive->limit = rig.out.drive[d].limit;
		for (unsigned int a = 0; a < AXIS_COUNT; a++) {
			const unsigned int r = a / AXIS_KIND_COUNT;
			const enum axis_kind kind = (enum axis_kind)(a % AXIS_KIND_COUNT);

			if (rig.chair.config.roller[r].axis[kind].drive == d) {
				plant_sample(r, kind);
			}
		}
	}
}

static void plant_pads(float dt_s)
{
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		const bool on = (rig.out.coils >> (COIL_SSR_LOWER_BACK + p) & 1U) != 0;

		rig.pad_c[p] += ((on ? 0.1f : -0.02f) + rig.warms_c_s[p]) * dt_s;
		if (rig.pad_c[p] < 25.0f) {
			rig.pad_c[p] = 25.0f;
		}
		for (unsigned int c = 0; c < PAD_CHANNELS && rig.cycles % SENSOR_CYCLES == 0; c++) {
			rig.in.sensor[p][c] = (struct sensor_input){
				rig.pad_c[p] + 0.5f * (float)c,
				QUALITY_GOOD,
				rig.in.now_us,
			};
		}
	}
}

void rig_step_raw(void)
{
	chair_step(&rig.chair, &rig.in, &rig.out);
	for (unsigned int e = 0; e < rig.chair.event_count; e++) {
		if (rig.event_count < RIG_EVENT_MAX) {
			rig.events[rig.event_count++] = rig.chair.events[e];
		}
	}
	rig.in.stop = false;
	rig.in.command = (struct chair_command){ 0 };
}

void rig_cycle_us(uint64_t dt_us)
{
	const float dt_s = (float)dt_us * 1e-6f;

	rig.in.now_us += dt_us;
	plant_relay();
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		plant_axis(a / AXIS_KIND_COUNT, (enum axis_kind)(a % AXIS_KIND_COUNT), dt_s);
	}
	plant_drives();
	plant_pads(dt_s);
	rig.cycles++;
	rig.in.switches_stamp_us = rig.in.now_us;
	rig_step_raw();
}

void rig_cycle(void)
{
	rig_cycle_us(CYCLE_US);
}

void rig_run_ms(unsigned int ms)
{
	for (unsigned int t = 0; t < ms; t += 10) {
		rig_cycle();
	}
}

void rig_run_until(enum session_state state, unsigned int max_ms)
{
	for (unsigned int t = 0; t < max_ms && rig.chair.session.state != state; t += 10) {
		rig_cycle();
	}
	assert_int_equal(rig.chair.session.state, state);
}

void rig_ready(void)
{
	rig_init();
	rig_run_until(STATE_READY, 5000);
	/* the pads are not waited for: test_core_proof.c does */
	rig.chair.proof = (struct proof){ .item = PROOF_ITEM_COUNT };
	rig_run_ms(500);
	assert_int_equal(rig.chair.session.state, STATE_READY);
	rig_forget();
}

void rig_massage(enum rig_program program)
{
	rig_ready();
	assert_int_equal(rig_start(program, program == RIG_PROGRAM_LEG ? SIDE_RIGHT : SIDE_BOTH, 3),
			 REFUSAL_NONE);
	rig_run_until(STATE_MASSAGE, 60000);
	for (unsigned int t = 0; t < 30000; t += 10) {
		const enum roller roller =
			program == RIG_PROGRAM_LEG ? ROLLER_LEG_RIGHT : ROLLER_BACK;

		if (rig.chair.roller[roller].stage == ROLLER_STAGE_HOLD) {
			break;
		}
		rig_cycle();
	}
	rig_run_ms(1000);
	assert_int_equal(rig.chair.session.state, STATE_MASSAGE);
	rig_forget();
}

void rig_set(enum chair_switch sw, bool on)
{
	const uint32_t bit = 1U << (unsigned int)sw;

	rig.in.switches = on ? rig.in.switches | bit : rig.in.switches & ~bit;
}

void rig_press(enum chair_switch button)
{
	rig_set(button, true);
	rig_run_ms(50);
	rig_set(button, false);
	rig_cycle();
}

enum refusal rig_command(struct chair_command command)
{
	struct chair_event done = { 0 };

	command.id = 4711;
	rig.in.command = command;
	rig.event_count = 0;
	rig_cycle();
	assert_int_equal(rig_saw(CHAIR_EVENT_COMMAND, &done), 1);
	assert_int_equal(done.id, 4711);
	assert_int_equal(done.b, 0);
	return (enum refusal)done.a;
}

enum refusal rig_start(enum rig_program program, enum side side, uint8_t level)
{
	return rig_command((struct chair_command){
		.kind = COMMAND_START, .program = (uint8_t)program, .side = side, .level = level });
}

void rig_forget(void)
{
	rig.event_count = 0;
}

unsigned int rig_saw(enum chair_event_kind kind, struct chair_event *ret_event)
{
	unsigned int count = 0;

	for (unsigned int e = 0; e < rig.event_count; e++) {
		if (rig.events[e].kind == kind) {
			count++;
			if (ret_event != NULL) {
				*ret_event = rig.events[e];
			}
		}
	}
	return count;
}

bool rig_has(enum cause cause)
{
	return (rig.chair.interlock.active & CAUSE_BIT(cause)) != 0;
}

bool rig_latched(enum cause cause)
{
	return (rig.chair.interlock.latched & CAUSE_BIT(cause)) != 0;
}

void assert_heat_off(void)
{
	assert_int_equal(rig.out.coils & (RIG_HEAT_COILS), 0);
}

void assert_cut(void)
{
	const uint32_t allowed = 1U << COIL_HEARTBEAT | 1U << COIL_BEEPER | 1U << COIL_LAMP;

	assert_int_equal(rig.out.coils & ~allowed, 0);
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		assert_false(rig.out.drive[d].enable);
	}
	for (unsigned int a = 0; a < AXIS_COUNT; a++) {
		assert_near(rig.out.speed[a], 0.0f, 0.0f);
	}
}

void assert_retract(void)
{
	assert_heat_off();
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		assert_true(rig.out.speed[AXIS(r, AXIS_DEPTH)] <= 0.0f);
		assert_near(rig.out.speed[AXIS(r, AXIS_TRAVEL)], 0.0f, 0.0f);
		assert_near(rig.out.speed[AXIS(r, AXIS_KNEAD)], 0.0f, 0.0f);
	}
}

void assert_near_at(float actual, float expected, float slack, const char *file, int line)
{
	if (actual >= expected - slack && actual <= expected + slack) {
		return;
	}
	print_error("%g is not within %g of %g\n", (double)actual, (double)slack, (double)expected);
	_fail(file, line);
}
