/* SPDX-License-Identifier: MIT */
#include "chair.h"

#include "program.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#define DT_MAX_US    UINT64_C(50000) /* a longer gap is no motion to integrate over */
#define BLINK_US     UINT64_C(500000)
#define SPOT_HALF_MM 5.0f /* around what the person steers to */

static bool axis_is_allowed(const struct axis_config *axis, enum axis_kind kind)
{
	const float limit = kind == AXIS_KNEAD ? LIMIT_KNEAD_RPM : LIMIT_SPEED_MM_S;

	return axis->drive < DRIVE_COUNT && axis->limit_n > 0.0f && axis->speed_max > 0.0f &&
	       axis->speed_max <= limit && axis->homing_mm_s <= limit &&
	       (kind == AXIS_KNEAD || axis->homing_mm_s > 0.0f);
}

/* A full stroke must be over well within the time that a retraction has. */
static bool stroke_is_allowed(const struct axis_config *depth, float retract_mm_s)
{
	const float speed_mm_s = depth->speed_max < retract_mm_s ? depth->speed_max : retract_mm_s;

	return depth->range_mm <= speed_mm_s * LIMIT_STROKE_S;
}

static bool rollers_are_allowed(const struct chair_config *config)
{
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		const struct roller_config *roller = &config->roller[r];
		const float inner_n = config->force.level_n[LEVEL_MAX] * roller->inner_share;

		for (unsigned int k = 0; k < AXIS_KIND_COUNT; k++) {
			if (!axis_is_allowed(&roller->axis[k], (enum axis_kind)k)) {
				return false;
			}
		}
		if (roller->inner_share < 0.0f || inner_n > LIMIT_INNER_FORCE_N ||
		    !stroke_is_allowed(&roller->axis[AXIS_DEPTH], config->force.retract_mm_s)) {
			return false;
		}
	}
	return true;
}

static bool programs_are_allowed(const struct chair_config *config)
{
	if (config->program_count > PROGRAM_MAX ||
	    config->default_program >= config->program_count ||
	    (config->programs[config->default_program].sides >> SIDE_BOTH & 1U) == 0) {
		return false;
	}
	for (unsigned int i = 0; i < config->program_count; i++) {
		const struct program *program = &config->programs[i];

		if (program->phase_count < 1 || program->phase_count > PROGRAM_PHASE_MAX ||
		    program_duration_s(program) < 1) {
			return false;
		}
		for (unsigned int p = 0; p < program->phase_count; p++) {
			if ((unsigned int)program->phases[p].technique >= TECHNIQUE_COUNT ||
			    program->phases[p].level_max < 1 ||
			    program->phases[p].level_max > LEVEL_MAX ||
			    program->phases[p].heat_c > config->set_max_c ||
			    !program_phase_adjoins(config, &program->phases[p])) {
				return false;
			}
		}
	}
	return true;
}

static bool zones_are_allowed(const struct chair_config *config)
{
	for (unsigned int z = 0; z < ZONE_COUNT; z++) {
		const struct zone_config *zone = &config->zone[z];

		if ((unsigned int)zone->roller >= ROLLER_COUNT ||
		    (unsigned int)zone->pad >= PAD_COUNT || zone->from_mm < 0.0f ||
		    zone->from_mm >= zone->to_mm ||
		    zone->to_mm > config->roller[zone->roller].axis[AXIS_TRAVEL].range_mm) {
			return false;
		}
	}
	return true;
}

static bool force_is_allowed(const struct force_config *force)
{
	bool rising = force->level_n[0] >= 0.0f;

	for (unsigned int l = 1; l <= LEVEL_MAX; l++) {
		rising = rising && force->level_n[l] > force->level_n[l - 1];
	}
	return rising && force->level_n[LEVEL_MAX] < LIMIT_FORCE_HIGH_N &&
	       force->contact_n > 0.0f && force->contact_n < force->level_n[1] &&
	       force->clear_mm > 0.0f && force->clear_mm <= LIMIT_CLEAR_MM &&
	       force->approach_mm_s > 0.0f && force->approach_mm_s <= LIMIT_SPEED_MM_S &&
	       force->follow_mm_s > 0.0f && force->follow_mm_s <= LIMIT_SPEED_MM_S &&
	       force->retract_mm_s >= LIMIT_RETRACT_MM_S &&
	       force->retract_mm_s <= LIMIT_SPEED_MM_S && force->rate_n_s > 0.0f &&
	       force->gain_mm_s_n > 0.0f && force->travel_mm_s2 > 0.0f &&
	       force->homing_n_depth > 0.0f && force->homing_n_travel > 0.0f;
}

static bool config_is_allowed(const struct chair_config *config)
{
	return config->set_max_c <= LIMIT_SETPOINT_C &&
	       config->session_max_s * S_US <= LIMIT_SESSION_US &&
	       force_is_allowed(&config->force) && rollers_are_allowed(config) &&
	       zones_are_allowed(config) && programs_are_allowed(config);
}

int chair_init(struct chair *chair, const struct chair_config *config)
{
	assert(chair != NULL);
	assert(config != NULL);

	*chair = (struct chair){ 0 };
	session_init(&chair->session);
	if (!config_is_allowed(config)) {
		chair->interlock.active = CAUSE_BIT(CAUSE_CONFIG_WRONG);
		chair->interlock.effects = UINT32_C(1) << EFFECT_INHIBIT;
		return -EINVAL;
	}
	chair->config = *config;
	memcpy(chair->zone, config->zone, sizeof(chair->zone));
	chair->configured = true;
	return 0;
}

void chair_restore_dose(struct chair *chair, enum pad pad, float cem43, unsigned int hours_ago)
{
	assert(chair != NULL);
	assert((unsigned int)pad < PAD_COUNT);

	dose_restore(&chair->pad[pad].dose, cem43, hours_ago);
}

void chair_restore(struct chair *chair, uint64_t latched, uint64_t now_us)
{
	assert(chair != NULL);

	interlock_restore(&chair->interlock, latched, now_us);
	if (chair->interlock.latched != 0) {
		chair->session.state = STATE_FAULT;
	}
}

static struct chair_event *add_event(struct chair *chair, enum chair_event_kind kind, uint32_t a,
				     uint32_t b)
{
	struct chair_event *event = &chair->events[chair->event_count++];

	*event = (struct chair_event){ .kind = kind, .a = a, .b = b };
	return event;
}

/* Feedback of all rollers; without power their counters are lost. */
static void sense(struct chair *chair, const struct chair_inputs *in,
		  struct interlock_context *context)
{
	const bool powered = !switch_is_on(in->switches, SWITCH_RELAY_FEEDBACK);

	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		struct roller_ctl *roller = &chair->roller[r];

		if (!powered) {
			roller_lose(roller);
			continue;
		}
		roller_sense(roller, (enum roller)r, &chair->config, in);
		context->force_n[r] = roller->force_n;
		context->force_stamp_us[r] = roller->stamp_us;
	}
}

static bool all_clear(const struct chair *chair)
{
	bool clear = true;

	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		clear = clear && roller_is_clear(&chair->roller[r], &chair->config);
	}
	return clear;
}

static bool all_homed(const struct chair *chair, bool travel)
{
	bool homed = true;

	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		homed = homed &&
			(travel ? chair->roller[r].travel_homed : chair->roller[r].depth_homed);
	}
	return homed;
}

static bool is_homed(const struct chair *chair)
{
	return all_homed(chair, false) && all_homed(chair, true);
}

/* At the end of homing, once every roller knows where it is. */
static bool is_scanning(const struct chair *chair)
{
	return chair->session.state == STATE_HOMING && is_homed(chair) && chair->scan.wanted;
}

/* Depth first for all rollers, then travel for all; each half within its time. */
static bool homing_late(struct chair *chair, uint64_t now_us)
{
	const bool travel = all_homed(chair, false);
	const uint64_t limit_us = travel ? LIMIT_HOME_TRAVEL_US : LIMIT_HOME_DEPTH_US;

	if (chair->session.state != STATE_HOMING || travel != chair->travel_homing ||
	    is_scanning(chair)) { /* which has a limit of its own */
		chair->travel_homing = travel;
		chair->homing_us = now_us;
	}
	return now_us - chair->homing_us > limit_us;
}

/* Every drive is enabled and holds the limit that this state needs. */
static bool drives_ready(const struct chair *chair, const struct chair_inputs *in)
{
	const enum drive_limit limit =
		chair->session.state == STATE_MASSAGE ? DRIVE_LIMIT_WORK : DRIVE_LIMIT_HOMING;
	bool ready = true;

	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		ready = ready && in->drive[d].enabled && in->drive[d].limit == limit;
	}
	return ready;
}

/* Disabled by itself, or never enabled: told late enough for new limits to be written. */
static bool drives_late(struct chair *chair, const struct chair_inputs *in)
{
	const enum session_state state = chair->session.state;
	const bool needed =
		state == STATE_HOMING || state == STATE_MASSAGE || state == STATE_SERVICE;

	if (!needed || drives_ready(chair, in)) {
		chair->drives_ready_us = in->now_us;
	}
	return in->now_us - chair->drives_ready_us > LIMIT_DRIVE_READY_US;
}

static uint64_t when(bool condition, enum cause cause)
{
	return condition ? CAUSE_BIT(cause) : 0;
}

static uint64_t session_causes(struct chair *chair, const struct chair_inputs *in)
{
	const struct session *session = &chair->session;
	const bool retracts = session->state == STATE_RETRACTING;

	return when(session->running && !retracts &&
			    session->active_us >= chair->config.session_max_s * S_US,
		    CAUSE_SESSION_TIME) |
	       when(retracts && !all_clear(chair) &&
			    in->now_us - session->entered_us > LIMIT_RETRACT_US,
		    CAUSE_RETRACT_LATE) |
	       when(homing_late(chair, in->now_us), CAUSE_STOP_NOT_REACHED) |
	       when(drives_late(chair, in), CAUSE_DRIVE_REFUSED);
}

static void fill_context(struct chair *chair, const struct chair_inputs *in, uint64_t dt_us,
			 struct interlock_context *context)
{
	const enum session_state state = chair->session.state;
	struct found *found = &context->found;

	context->in_session = chair->session.running;
	context->moving = session_is_moving(state);
	context->preheating = state == STATE_PREHEAT;
	context->in_service = state == STATE_SERVICE;
	context->key_stops = state == STATE_HOMING || state == STATE_MASSAGE ||
			     state == STATE_PAUSED || state == STATE_PREHEAT;
	found->causes = session_causes(chair, in);
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		heat_watch(&chair->pad[p], (enum pad)p, in->sensor[p],
			   (chair->coils >> (COIL_SSR_LOWER_BACK + p) & 1U) != 0, chair->set_c[p],
			   dt_us, in->now_us, found);
	}
	motion_watch(&chair->motion, &chair->config, in, chair->sent, chair->roller,
		     state == STATE_HOMING && !is_scanning(chair), found);
	proof_step(&chair->proof, &chair->interlock, in, found);
}

/* Where is this body? Once over all tracks, place the zones on it. */
static void scan_step(struct chair *chair, const struct chair_inputs *in)
{
	struct scan *scan = &chair->scan;
	bool past = true;
	bool body = in->now_us - scan->since_us <= LIMIT_SCAN_US;

	if (!is_scanning(chair)) {
		scan->since_us = in->now_us;
		return;
	}
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		body = scan_take(scan, (enum roller)r, &chair->roller[r]) && body;
		past = past && chair->roller[r].scan_pass == SCAN_PASS_DONE;
	}
	if (scan->result != SCAN_NONE) {
		return;
	}
	if (!body) {
		scan->result = SCAN_NO_BODY;
	} else if (past) {
		scan->result = scan_judge(scan, &scan->body);
	}
	if (scan->result == SCAN_FOUND) {
		scan_place(&scan->body, in->person.correction_mm, &chair->config, chair->zone);
	}
}

/* The stretch of a roller's travel that @zones ask for. False when none of them is on it. */
static bool stretch(const struct chair *chair, enum roller roller, uint8_t zones,
		    float *ret_from_mm, float *ret_to_mm)
{
	bool any = false;

	for (unsigned int z = 0; z < ZONE_COUNT; z++) {
		const struct zone_config *zone = &chair->zone[z];

		if ((zones >> z & 1U) == 0 || zone->roller != roller) {
			continue;
		}
		if (!any || zone->from_mm < *ret_from_mm) {
			*ret_from_mm = zone->from_mm;
		}
		if (!any || zone->to_mm > *ret_to_mm) {
			*ret_to_mm = zone->to_mm;
		}
		any = true;
	}
	return any;
}

/* What is asked of a pad, by the program, the person and the check-in: the least of them. */
static float heat_of(const struct session_choice *now, enum pad pad, float phase_c)
{
	float heat_c = phase_c;

	if (now->heat_only && phase_c <= 0.0f) {
		heat_c = LIMIT_PREHEAT_C;
	}
	heat_c = now->heat_c[pad] < heat_c ? now->heat_c[pad] : heat_c;
	return now->limits.heat_max_c < heat_c ? now->limits.heat_max_c : heat_c;
}

/* The zones that rollers work on now. */
static uint8_t worked_zones(const struct session_choice *now, const struct program_phase *phase)
{
	if (now->heat_only || (phase->steered && !now->spot_chosen)) {
		return 0;
	}
	return phase->steered ? (uint8_t)(1U << (unsigned int)now->spot_zone)
			      : program_zones(phase->parts, now->side);
}

/* Where the person steers to. */
static void narrow(const struct session_choice *now, struct roller_demand *demand)
{
	const float spot_mm = demand->from_mm + now->spot * (demand->to_mm - demand->from_mm);

	demand->from_mm =
		spot_mm - SPOT_HALF_MM > demand->from_mm ? spot_mm - SPOT_HALF_MM : demand->from_mm;
	demand->to_mm =
		spot_mm + SPOT_HALF_MM < demand->to_mm ? spot_mm + SPOT_HALF_MM : demand->to_mm;
}

/* What the running phase asks of each roller, zone and pad. */
static void demand_phase(struct chair *chair, struct roller_demand rollers[ROLLER_COUNT])
{
	const struct chair_config *config = &chair->config;
	const struct session_choice *now = &chair->session.now;
	const struct program *program = &config->programs[now->program];
	const struct program_phase *phase;
	uint8_t level;
	uint8_t warm;
	uint8_t zones;

	if (chair->session.phase >= program->phase_count) {
		return; /* over; the retraction follows in the next cycle */
	}
	phase = &program->phases[chair->session.phase];
	level = program_level(phase, chair->session.level);
	level = level > now->limits.level_max ? now->limits.level_max : level;
	warm = program_zones(phase->parts, now->side);
	zones = worked_zones(now, phase);
	for (unsigned int z = 0; z < ZONE_COUNT; z++) {
		if ((warm >> z & 1U) != 0) {
			chair->set_c[config->zone[z].pad] =
				heat_of(now, config->zone[z].pad, phase->heat_c);
		}
		if ((zones >> z & 1U) != 0) {
			chair->zone_level[z] = level;
		}
	}
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		struct roller_demand *demand = &rollers[r];

		demand->order = ROLLER_ORDER_LEAVE;
		if (stretch(chair, (enum roller)r, zones, &demand->from_mm, &demand->to_mm)) {
			demand->order = ROLLER_ORDER_WORK;
			demand->technique = program_technique(phase, now->limits.gentle);
			demand->level_n = config->force.level_n[level];
			demand->seed = now->seed + r;
			if (phase->steered) {
				narrow(now, demand);
			}
		}
	}
}

/* In service one roller does as it is told, the others stand. */
static void demand_service(const struct chair *chair, struct roller_demand rollers[ROLLER_COUNT])
{
	const struct service *service = &chair->session.service;
	const struct roller_ctl *ctl = &chair->roller[service->axis / AXIS_KIND_COUNT];
	struct roller_demand *demand = &rollers[service->axis / AXIS_KIND_COUNT];

	if (service->work == SERVICE_JOG) {
		demand->order = ROLLER_ORDER_JOG;
		demand->jog = (enum axis_kind)(service->axis % AXIS_KIND_COUNT);
		demand->jog_speed = service->speed;
	} else if (service->work == SERVICE_HOME && !ctl->depth_homed) {
		demand->order = ROLLER_ORDER_HOME_DEPTH;
	} else if (service->work == SERVICE_HOME && !roller_is_clear(ctl, &chair->config)) {
		demand->order = ROLLER_ORDER_LEAVE;
	} else if (service->work == SERVICE_HOME) {
		demand->order = ROLLER_ORDER_HOME_TRAVEL;
	}
}

static void demand_rollers(struct chair *chair, const struct chair_inputs *in,
			   struct roller_demand rollers[ROLLER_COUNT])
{
	const enum session_state state = chair->session.state;
	enum roller_order order = ROLLER_ORDER_STILL;

	if (state == STATE_MASSAGE && drives_ready(chair, in)) {
		demand_phase(chair, rollers);
		return;
	}
	if (state == STATE_SERVICE) {
		if (drives_ready(chair, in)) {
			demand_service(chair, rollers);
		}
		return; /* everything else stands: the seat is empty, and somebody's hand may be
			   near */
	}
	if (is_scanning(chair) && drives_ready(chair, in)) {
		order = ROLLER_ORDER_SCAN;
	} else if (state == STATE_HOMING && drives_ready(chair, in)) {
		order = chair->travel_homing ? ROLLER_ORDER_HOME_TRAVEL : ROLLER_ORDER_HOME_DEPTH;
	} else if (session_is_moving(state) && state != STATE_HOMING) {
		order = ROLLER_ORDER_LEAVE; /* also from a massage without all of its drives */
	}
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		rollers[r].order = order;
	}
}

static void demand_signals(const struct chair *chair, uint64_t now_us, struct demand *demand)
{
	const enum session_state state = chair->session.state;
	const bool blink = (now_us / BLINK_US & 1U) != 0;

	demand->lamp = session_is_moving(state);
	if (chair->session.ask.chosen) {
		demand->lamp = blink;
		demand->beeper = now_us - chair->session.ask_us < BLINK_US;
	} else if (state == STATE_FAULT) {
		demand->lamp = blink;
	}
}

static void demand_all(struct chair *chair, const struct chair_inputs *in, uint64_t dt_us,
		       struct demand *demand)
{
	const float set_max_c = guest_limits(&in->person, chair->config.set_max_c).heat_max_c;
	const float preheat_c = set_max_c < LIMIT_PREHEAT_C ? set_max_c : LIMIT_PREHEAT_C;
	struct roller_demand rollers[ROLLER_COUNT] = { 0 };

	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		chair->set_c[p] = chair->session.state == STATE_PREHEAT ? preheat_c : 0.0f;
	}
	if (chair->session.state == STATE_SERVICE && chair->session.service.work == SERVICE_HEAT) {
		chair->set_c[chair->session.service.pad] = chair->session.service.heat_c;
	}
	for (unsigned int z = 0; z < ZONE_COUNT; z++) {
		chair->zone_level[z] = 0;
	}
	demand_rollers(chair, in, rollers);
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		roller_step(&chair->roller[r], (enum roller)r, &chair->config, &rollers[r],
			    (float)dt_us * 1e-6f, &demand->speed[AXIS(r, AXIS_TRAVEL)]);
	}
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		demand->pad_on[p] =
			heat_step(&chair->pad[p], in->sensor[p], chair->set_c[p], in->now_us);
	}
	demand->prove_pads = chair->proof.warm_pads;
	demand_signals(chair, in->now_us, demand);
}

/* Report what changed, in the order in which it happened. */
static void report(struct chair *chair, const struct session_report *done, uint64_t causes_before,
		   enum session_state before, enum scan_result scanned,
		   const struct chair_inputs *in)
{
	const uint64_t causes = chair->interlock.active;
	const struct session *session = &chair->session;

	for (unsigned int c = 0; c < CAUSE_COUNT && causes != causes_before; c++) {
		if (((causes ^ causes_before) >> c & 1U) != 0) {
			(void)add_event(chair, CHAIR_EVENT_CAUSE, c, causes >> c & 1U);
		}
	}
	for (unsigned int i = 0; i < PROOF_ITEM_COUNT; i++) {
		if (chair->proof.at_us[i] == in->now_us) {
			(void)add_event(chair, CHAIR_EVENT_PROOF, i,
					chair->proof.result[i] == PROOF_PASSED ? 1 : 0);
		}
	}
	if (done->acknowledged) {
		(void)add_event(chair, CHAIR_EVENT_ACKNOWLEDGED, 0, 0);
	}
	if (done->ask != ASK_NONE) {
		(void)add_event(chair, CHAIR_EVENT_ASK, (uint32_t)done->ask,
				session->ask_is_resume ? 1 : 0);
	}
	if (done->command_done) {
		add_event(chair, CHAIR_EVENT_COMMAND, (uint32_t)done->refusal, 0)->id =
			in->command.id;
	}
	if (chair->scan.result != scanned && chair->scan.result != SCAN_NONE) {
		(void)add_event(chair, CHAIR_EVENT_BODY, (uint32_t)chair->scan.result, 0);
	}
	if (session->state != before) {
		(void)add_event(chair, CHAIR_EVENT_STATE, (uint32_t)before,
				(uint32_t)session->state);
	}
	if (done->started) {
		add_event(chair, CHAIR_EVENT_SESSION_STARTED, 0, 0)->choice = done->choice;
	}
	if (done->phase_changed) {
		add_event(chair, CHAIR_EVENT_PHASE, session->phase, 0)->choice = session->now;
	}
	if (done->ended != ENDED_NOT) {
		add_event(chair, CHAIR_EVENT_SESSION_ENDED, (uint32_t)done->ended, 0)->choice =
			done->choice;
	}
}

/* A session that has not begun to massage looks for its body; what was known is of another. */
static void begin_scan(struct chair *chair, enum session_state before, uint64_t now_us)
{
	const struct session *session = &chair->session;

	if (session->state == STATE_HOMING && before != STATE_HOMING && session->now.done_us == 0) {
		scan_begin(&chair->scan, session->now.scan, now_us);
		memcpy(chair->zone, chair->config.zone, sizeof(chair->zone));
	}
}

/* The state that the gate acts by. Service counts from the cycle after it began: in this one the
 * empty seat still said retract, and nothing may move before it is held. */
static enum session_state acting(enum session_state before, enum session_state now)
{
	return now == STATE_SERVICE && before != STATE_SERVICE ? before : now;
}

void chair_step(struct chair *chair, const struct chair_inputs *in, struct chair_outputs *out)
{
	const enum session_state before = chair->session.state;
	const uint64_t causes_before = chair->interlock.active;
	const uint64_t gap_us = in->now_us - chair->last_us;
	const uint64_t dt_us = chair->last_us == 0 ? 0 : gap_us < DT_MAX_US ? gap_us : DT_MAX_US;
	const bool beat_before = chair->gate.heartbeat;
	const enum scan_result scanned = chair->scan.result;
	struct interlock_context context = { 0 };
	struct session_stage stage;
	struct session_report done;
	struct demand demand = { 0 };
	bool healthy;

	assert(in != NULL);
	assert(out != NULL);
	assert(in->now_us >= chair->last_us);

	*out = (struct chair_outputs){ 0 };
	chair->event_count = 0;
	if (!chair->configured) {
		return;
	}
	chair->last_us = in->now_us;
	chair->cycles++;
	sense(chair, in, &context);
	fill_context(chair, in, dt_us, &context);
	interlock_update(&chair->interlock, in, &context);
	scan_step(chair, in);
	stage = (struct session_stage){
		.homed =
			is_homed(chair) && (!is_scanning(chair) ||
					    (chair->scan.result == SCAN_FOUND && all_clear(chair))),
		.no_body = is_scanning(chair) && chair->scan.result == SCAN_NO_BODY,
		.clear = all_clear(chair),
	};
	session_step(&chair->session, &chair->config, in, &chair->interlock, &stage, dt_us, &done);
	begin_scan(chair, before, in->now_us);
	if (done.prove) {
		chair->proof = (struct proof){ 0 };
	}
	chair->permits = interlock_permits(&chair->interlock);
	healthy = !chair->interlock.late && !chair->proof.withhold;
	demand_all(chair, in, dt_us, &demand);
	gate_step(&chair->gate, &chair->permits, healthy, acting(before, chair->session.state),
		  &demand, chair->roller, chair->pad, &chair->config, in, out);
	interlock_beat(&chair->interlock, in->now_us, chair->gate.heartbeat != beat_before);
	memcpy(chair->sent, out->speed, sizeof(chair->sent));
	chair->coils = out->coils;
	report(chair, &done, causes_before, before, scanned, in);
}
