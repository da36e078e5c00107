/* SPDX-License-Identifier: MIT */
#include "roller.h"

#include "safety_limits.h"

#include <assert.h>
#include <stddef.h>

#define STALL_US      UINT64_C(150000) /* two exchanges at rest against the stop */
#define STALL_MM_S    1.0f
#define SET_FALL      4.0f /* "less" acts this much faster than "more" */
#define FORCE_DEAD_N  0.2f /* half a step of the torque feedback */
#define ZONE_SLACK_MM 6.0f
#define END_MM	      1.0f /* the far mechanical stop is never met */
#define BACK_OFF_MM   2.0f /* no body is that close to a depth stop: LIMIT_CLEAR_MM */
#define WRONG_WAY_MM  3.0f /* a drive needs that much to turn round */
#define SCAN_TOUCH_N  2.4f
#define SCAN_PRESS_N  5.0f  /* the homing current leaves 9 N at the most */
#define SCAN_PASS_S   26.0f /* a pass, whatever the track: slow enough for breath to average out */
#define SCAN_TOP_MM   15.0f /* what a roller needs to come to rest before a mechanical stop */
#define SCAN_END_MM   8.0f
#define SPOT_MM	      10.0f
#define REST_S	      10.0f
#define REPEAT_MM     0.7f /* the same stop, met twice: how far an axis sinks into it and one count */

static const char *const stage_names[] = { "lost", "clear", "approach", "hold", "retract" };
_Static_assert(sizeof(stage_names) / sizeof(stage_names[0]) == ROLLER_STAGE_COUNT,
	       "a name for each");

const char *roller_stage_name(enum roller_stage stage)
{
	return (unsigned int)stage < ROLLER_STAGE_COUNT ? stage_names[stage] : "invalid";
}

static float clamp(float value, float low, float high)
{
	if (value < low) {
		return low;
	}
	return value > high ? high : value;
}

/* Move @from toward @to by at most @step. */
static float toward(float from, float to, float step)
{
	return clamp(to, from - step, from + step);
}

void roller_lose(struct roller_ctl *ctl)
{
	*ctl = (struct roller_ctl){ .stage = ROLLER_STAGE_LOST };
}

bool roller_is_clear(const struct roller_ctl *ctl, const struct chair_config *config)
{
	return ctl->depth_homed ? ctl->depth_mm <= config->force.clear_mm : ctl->parked;
}

/* Standing under torque toward the stop? Judged on samples, so stale data never counts. */
static bool at_stop(uint64_t *stall_us, const struct axis_input *axis, float stop_n,
		    uint64_t stamp_us)
{
	const bool standing =
		axis->speed < STALL_MM_S && axis->speed > -STALL_MM_S && axis->force_n <= -stop_n;

	if (!standing) {
		*stall_us = 0;
		return false;
	}
	if (*stall_us == 0) {
		*stall_us = stamp_us;
	}
	return stamp_us > *stall_us && stamp_us - *stall_us >= STALL_US;
}

/* What a new sample means to an axis that homes. True when its stop is confirmed. */
static bool find_stop(struct roller_ctl *ctl, enum axis_kind kind, const struct axis_input *axis,
		      float stop_n, uint64_t stamp_us)
{
	enum homing_step *step = &ctl->homing[kind];
	const float off_mm = axis->pos - ctl->home_mm[kind];
	bool confirmed;

	if (*step == HOMING_BACK_OFF) {
		if (off_mm >= BACK_OFF_MM) {
			*step = HOMING_CONFIRM;
		}
		return false;
	}
	if (*step == HOMING_NONE || !at_stop(&ctl->stall_us[kind], axis, stop_n, stamp_us)) {
		return false;
	}
	confirmed = *step == HOMING_CONFIRM && off_mm <= REPEAT_MM && off_mm >= -REPEAT_MM;
	ctl->home_mm[kind] = axis->pos;
	ctl->stall_us[kind] = 0;
	*step = confirmed ? HOMING_NONE : HOMING_BACK_OFF;
	return confirmed;
}

/* Off the body it may not come out again, and on it it may not stay on one spot. */
static void judge(struct roller_ctl *ctl, const struct chair_config *config, uint64_t now_us)
{
	const float strayed_mm = ctl->travel_mm - ctl->spot_mm;
	const bool presses = ctl->depth_homed && !roller_is_clear(ctl, config) &&
			     ctl->force_n >= config->force.contact_n;

	if (ctl->order != ROLLER_ORDER_LEAVE || !ctl->depth_homed ||
	    ctl->depth_mm < ctl->leave_mm) {
		ctl->leave_mm = ctl->depth_mm;
	}
	ctl->wrong_way = ctl->depth_mm - ctl->leave_mm > WRONG_WAY_MM;
	if (!presses) {
		ctl->spot_us = 0;
	} else if (ctl->spot_us == 0 || strayed_mm > SPOT_MM || strayed_mm < -SPOT_MM) {
		ctl->spot_mm = ctl->travel_mm;
		ctl->spot_us = now_us;
	}
	ctl->dwell_us = presses ? now_us - ctl->spot_us : 0;
}

void roller_sense(struct roller_ctl *ctl, enum roller roller, const struct chair_config *config,
		  const struct chair_inputs *in)
{
	const struct force_config *force = &config->force;
	const struct roller_config *rc = &config->roller[roller];
	const struct axis_input *travel = &in->axis[AXIS(roller, AXIS_TRAVEL)];
	const struct axis_input *depth = &in->axis[AXIS(roller, AXIS_DEPTH)];
	const uint64_t depth_us = in->drive[rc->axis[AXIS_DEPTH].drive].stamp_us;
	const uint64_t travel_us = in->drive[rc->axis[AXIS_TRAVEL].drive].stamp_us;

	if (find_stop(ctl, AXIS_DEPTH, depth, force->homing_n_depth, depth_us)) {
		ctl->depth_homed = true;
		ctl->stage = ROLLER_STAGE_CLEAR;
	}
	if (find_stop(ctl, AXIS_TRAVEL, travel, force->homing_n_travel, travel_us)) {
		ctl->travel_homed = true;
	}
	if (ctl->order == ROLLER_ORDER_LEAVE && !ctl->depth_homed &&
	    at_stop(&ctl->stall_us[AXIS_DEPTH], depth, force->homing_n_depth, depth_us)) {
		ctl->parked = true;
	}
	ctl->stamp_us = depth_us;
	ctl->depth_mm = depth->pos - ctl->home_mm[AXIS_DEPTH];
	ctl->travel_mm = travel->pos - ctl->home_mm[AXIS_TRAVEL];
	ctl->force_n = 0.0f;
	if (ctl->depth_homed) {
		ctl->force_n = depth->force_n - rc->spring_n - rc->spring_n_mm * ctl->depth_mm;
		if (ctl->force_n < 0.0f && roller_is_clear(ctl, config)) {
			ctl->force_n = 0.0f; /* the mechanical stop carries it */
		}
	}
	judge(ctl, config, in->now_us);
}

/* Quick while far out, slow onto the stop. */
static float leave(struct roller_ctl *ctl, const struct chair_config *config)
{
	if (!ctl->depth_homed) {
		return ctl->parked ? 0.0f : -config->force.retract_mm_s;
	}
	ctl->stage = roller_is_clear(ctl, config) ? ROLLER_STAGE_CLEAR : ROLLER_STAGE_RETRACT;
	if (ctl->stage == ROLLER_STAGE_CLEAR) {
		return ctl->depth_mm > 0.5f ? -1.0f : 0.0f;
	}
	return -clamp(6.0f * ctl->depth_mm, 4.0f, config->force.retract_mm_s);
}

/* Out to the body, then hold the set force. */
static float hold(struct roller_ctl *ctl, const struct roller_config *rc,
		  const struct chair_config *config, float goal_n, float dt_s)
{
	const struct force_config *force = &config->force;
	const float rate_n_s = goal_n < ctl->set_n ? force->rate_n_s * SET_FALL : force->rate_n_s;
	float error_n;
	float speed_mm_s;

	if (ctl->stage == ROLLER_STAGE_CLEAR || ctl->stage == ROLLER_STAGE_RETRACT) {
		ctl->stage = ROLLER_STAGE_APPROACH;
		ctl->set_n = 0.0f;
	}
	if (ctl->stage == ROLLER_STAGE_APPROACH) {
		speed_mm_s = force->approach_mm_s;
		if (ctl->force_n >= force->contact_n && !roller_is_clear(ctl, config)) {
			ctl->stage = ROLLER_STAGE_HOLD;
			ctl->set_n = ctl->force_n;
		}
	} else {
		ctl->set_n = toward(ctl->set_n, goal_n, rate_n_s * dt_s);
		error_n = ctl->set_n - ctl->force_n;
		if (error_n < FORCE_DEAD_N && error_n > -FORCE_DEAD_N) {
			error_n = 0.0f;
		}
		speed_mm_s = clamp(force->gain_mm_s_n * error_n, -force->follow_mm_s,
				   force->follow_mm_s);
	}
	if (ctl->depth_mm >= rc->axis[AXIS_DEPTH].range_mm - END_MM && speed_mm_s > 0.0f) {
		speed_mm_s = 0.0f;
	}
	return speed_mm_s;
}

/* The next pass once this one is at its end. */
static void turn(struct roller_ctl *ctl, float range_mm)
{
	const bool top = ctl->travel_mm <= SCAN_TOP_MM;

	if (ctl->scan_pass == SCAN_PASS_TOP && top) {
		ctl->scan_pass = SCAN_PASS_DOWN;
	} else if (ctl->scan_pass == SCAN_PASS_DOWN && ctl->travel_mm >= range_mm - SCAN_END_MM) {
		ctl->scan_pass = SCAN_PASS_UP;
	} else if (ctl->scan_pass == SCAN_PASS_UP && top) {
		ctl->scan_pass = SCAN_PASS_DONE;
	}
}

/* Feel the body along the whole track. */
static void feel(struct roller_ctl *ctl, const struct roller_config *rc,
		 const struct chair_config *config, float dt_s, float speed[AXIS_KIND_COUNT])
{
	const float range_mm = rc->axis[AXIS_TRAVEL].range_mm;
	float travel_mm_s = 0.0f;

	turn(ctl, range_mm);
	if (ctl->scan_pass == SCAN_PASS_DOWN || ctl->scan_pass == SCAN_PASS_UP) {
		const bool down = ctl->scan_pass == SCAN_PASS_DOWN;

		speed[AXIS_DEPTH] = hold(ctl, rc, config, down ? SCAN_TOUCH_N : SCAN_PRESS_N, dt_s);
		if (ctl->stage == ROLLER_STAGE_HOLD) {
			travel_mm_s = (down ? range_mm : -range_mm) / SCAN_PASS_S;
		}
	} else {
		speed[AXIS_DEPTH] = leave(ctl, config);
		if (ctl->scan_pass == SCAN_PASS_TOP && ctl->stage == ROLLER_STAGE_CLEAR) {
			travel_mm_s = -rc->axis[AXIS_TRAVEL].homing_mm_s;
		}
	}
	ctl->travel_mm_s = toward(ctl->travel_mm_s, travel_mm_s, config->force.travel_mm_s2 * dt_s);
	speed[AXIS_TRAVEL] = ctl->travel_mm_s;
}

static void work(struct roller_ctl *ctl, const struct roller_config *rc,
		 const struct chair_config *config, const struct roller_demand *demand, float dt_s,
		 float speed[AXIS_KIND_COUNT])
{
	const bool clear = ctl->stage == ROLLER_STAGE_CLEAR;
	const bool outside = ctl->travel_mm < demand->from_mm - ZONE_SLACK_MM ||
			     ctl->travel_mm > demand->to_mm + ZONE_SLACK_MM;
	const struct technique_motion motion =
		technique_step(&ctl->technique, demand->technique, config, demand->from_mm,
			       demand->to_mm, ctl->travel_mm, clear, dt_s);
	float travel_mm_s = 0.0f;

	ctl->level_n = demand->level_n * motion.force_factor;
	if (ctl->dwell_us >= LIMIT_MOVE_ON_US) {
		ctl->rest_s = REST_S;
	}
	if (ctl->rest_s > 0.0f) {
		speed[AXIS_DEPTH] = leave(ctl, config);
		ctl->rest_s -= clear ? dt_s : 0.0f;
	} else if (outside) {
		/* Off the body first; only then sideways. */
		speed[AXIS_DEPTH] = leave(ctl, config);
		if (clear) {
			travel_mm_s = ctl->travel_mm < demand->from_mm ? 1.0f : -1.0f;
			travel_mm_s *= rc->axis[AXIS_TRAVEL].homing_mm_s;
		}
	} else if (motion.lift) {
		speed[AXIS_DEPTH] = leave(ctl, config);
		travel_mm_s = clear ? motion.travel_mm_s : 0.0f;
	} else {
		speed[AXIS_DEPTH] = hold(ctl, rc, config, ctl->level_n, dt_s);
		if (ctl->stage == ROLLER_STAGE_HOLD) {
			travel_mm_s = motion.travel_mm_s;
			speed[AXIS_KNEAD] = motion.knead_rpm;
		}
	}
	ctl->travel_mm_s = toward(ctl->travel_mm_s, travel_mm_s, config->force.travel_mm_s2 * dt_s);
	speed[AXIS_TRAVEL] = ctl->travel_mm_s;
}

/* No travel beyond either end of the track. */
static float keep_on_track(const struct roller_ctl *ctl, const struct axis_config *axis,
			   float speed)
{
	if ((ctl->travel_mm <= END_MM && speed < 0.0f) ||
	    (ctl->travel_mm >= axis->range_mm - END_MM && speed > 0.0f)) {
		return 0.0f;
	}
	return speed;
}

/* Toward the stop, off it, and back. */
static float home(struct roller_ctl *ctl, enum axis_kind kind, const struct axis_config *axis)
{
	if (ctl->homing[kind] == HOMING_NONE) {
		ctl->homing[kind] = HOMING_SEEK;
		ctl->stall_us[kind] = 0;
	}
	return ctl->homing[kind] == HOMING_BACK_OFF ? 0.5f * axis->homing_mm_s : -axis->homing_mm_s;
}

/* One axis by hand. Before it is homed its ends are unknown: there it stands, under little force.
 */
static float jog(const struct roller_ctl *ctl, const struct roller_config *rc,
		 const struct roller_demand *demand)
{
	const struct axis_config *axis = &rc->axis[demand->jog];

	if (demand->jog == AXIS_TRAVEL && ctl->travel_homed) {
		return keep_on_track(ctl, axis, demand->jog_speed);
	}
	if (demand->jog == AXIS_DEPTH && ctl->depth_homed && demand->jog_speed > 0.0f &&
	    ctl->depth_mm >= axis->range_mm - END_MM) {
		return 0.0f;
	}
	return demand->jog_speed;
}

/* A new order: what belonged to the last one is forgotten. */
static void take_order(struct roller_ctl *ctl, const struct roller_demand *demand)
{
	const enum roller_order order = demand->order;

	if (order != ctl->order) {
		ctl->order = order;
		ctl->homing[AXIS_TRAVEL] = HOMING_NONE;
		ctl->homing[AXIS_DEPTH] = HOMING_NONE;
		ctl->stall_us[AXIS_DEPTH] = 0;
		ctl->parked = false;
		ctl->scan_pass = SCAN_PASS_TOP;
		ctl->leave_mm = ctl->depth_mm;
		ctl->technique.random = demand->seed;
	}
	if (order != ROLLER_ORDER_WORK && order != ROLLER_ORDER_SCAN) {
		ctl->travel_mm_s = 0.0f;
		ctl->level_n = 0.0f;
		ctl->set_n = 0.0f;
		ctl->technique = (struct technique_state){ 0 };
	}
}

void roller_step(struct roller_ctl *ctl, enum roller roller, const struct chair_config *config,
		 const struct roller_demand *demand, float dt_s, float ret_speed[AXIS_KIND_COUNT])
{
	const struct roller_config *rc;

	assert(ctl != NULL);
	assert(config != NULL);
	assert(demand != NULL);

	rc = &config->roller[roller];
	ret_speed[AXIS_TRAVEL] = 0.0f;
	ret_speed[AXIS_DEPTH] = 0.0f;
	ret_speed[AXIS_KNEAD] = 0.0f;
	take_order(ctl, demand);
	switch (demand->order) {
	case ROLLER_ORDER_STILL:
		break;
	case ROLLER_ORDER_HOME_DEPTH:
		if (!ctl->depth_homed) {
			ret_speed[AXIS_DEPTH] = home(ctl, AXIS_DEPTH, &rc->axis[AXIS_DEPTH]);
		}
		break;
	case ROLLER_ORDER_HOME_TRAVEL:
		if (!ctl->travel_homed) {
			ret_speed[AXIS_TRAVEL] = home(ctl, AXIS_TRAVEL, &rc->axis[AXIS_TRAVEL]);
		}
		break;
	case ROLLER_ORDER_JOG:
		ret_speed[demand->jog] = jog(ctl, rc, demand);
		break;
	case ROLLER_ORDER_LEAVE:
		ret_speed[AXIS_DEPTH] = leave(ctl, config);
		break;
	case ROLLER_ORDER_SCAN:
		if (ctl->depth_homed && ctl->travel_homed) {
			feel(ctl, rc, config, dt_s, ret_speed);
			ret_speed[AXIS_TRAVEL] =
				keep_on_track(ctl, &rc->axis[AXIS_TRAVEL], ret_speed[AXIS_TRAVEL]);
		}
		break;
	case ROLLER_ORDER_WORK:
		if (ctl->depth_homed && ctl->travel_homed) {
			work(ctl, rc, config, demand, dt_s, ret_speed);
			ret_speed[AXIS_TRAVEL] =
				keep_on_track(ctl, &rc->axis[AXIS_TRAVEL], ret_speed[AXIS_TRAVEL]);
		}
		break;
	}
}
