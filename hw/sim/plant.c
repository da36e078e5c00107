/* SPDX-License-Identifier: MIT */
#include "plant.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define MM_PER_M	1000.0
#define SENSOR_NOISE_C	0.04 /* so that a healthy channel never looks frozen */
#define FREE_TURNING_MM 1e12

static inline double clamp(double value, double low, double high)
{
	value = value < low ? low : value;
	return value > high ? high : value;
}

static inline double magnitude(double value)
{
	return value < 0.0 ? -value : value;
}

/* A sine of one turn from two parabolas: within 6 % of the real one, and plenty for a body. */
static inline double wave(double turns)
{
	const double half = turns < 0.5 ? turns : turns - 0.5;
	const double arch = 8.0 * half * (1.0 - 2.0 * half);

	return turns < 0.5 ? arch : -arch;
}

static inline double wrap_turns(double turns)
{
	turns = turns >= 1.0 ? turns - 1.0 : turns;
	return turns < 0.0 ? turns + 1.0 : turns;
}

/* 0 at @from, 1 at @to, flat at both ends. */
static double smooth(double x, double from, double to)
{
	const double t = clamp((x - from) / (to - from), 0.0, 1.0);

	return t * t * (3.0 - 2.0 * t);
}

enum axis_kind plant_lane_kind(unsigned int lane)
{
	assert(lane < LANE_COUNT);

	if (lane < LANE_TRAVEL) {
		return AXIS_DEPTH;
	}
	return lane < LANE_KNEAD ? AXIS_TRAVEL : AXIS_KNEAD;
}

static void set_range(struct plant *plant, unsigned int lane)
{
	const enum axis_kind kind = plant_lane_kind(lane);

	if (kind == AXIS_KNEAD) {
		plant->low_mm[lane] = -FREE_TURNING_MM;
		plant->high_mm[lane] = FREE_TURNING_MM;
	} else {
		plant->low_mm[lane] = 0.0;
		plant->high_mm[lane] = reference_tracks[lane % ROLLER_COUNT].range_mm[kind];
	}
}

static void init_lane(struct plant *plant, unsigned int lane)
{
	const enum axis_kind kind = plant_lane_kind(lane);
	const struct reference_axis *axis = &reference_axes[kind];
	struct plant_mechanics *mech = &plant->mech;

	mech->mm_s_per_rpm[lane] = axis->mm_per_turn / 60.0;
	mech->mm_s2_per_n[lane] = MM_PER_M / axis->mass_kg;
	mech->loop_n_s_mm[lane] = axis->mass_kg / MM_PER_M / REFERENCE_SPEED_LOOP_S;
	mech->spring_n[lane] = axis->spring_n;
	mech->spring_n_mm[lane] = axis->spring_n_mm;
	mech->damping_n_s_mm[lane] = axis->damping_n_s_mm;
	/* steepest slope that does not make one step overshoot standstill */
	mech->friction_n_s_mm[lane] = 0.5 * axis->mass_kg / MM_PER_M / PLANT_STEP_MAX_S;
	mech->stop_n_mm[lane] = axis->stop_n_mm;
	mech->stop_n_s_mm[lane] = axis->stop_n_s_mm;
	set_range(plant, lane);
	plant->friction_n[lane] = axis->friction_n;
	plant->command.accel_rpm_s[lane] = PLANT_UNLIMITED_RPM_S;
	plant->command.decel_rpm_s[lane] = PLANT_UNLIMITED_RPM_S;
}

double plant_landmark_mm(enum roller roller, double middle_mm, double size)
{
	const double fixed_mm = reference_tracks[roller].fixed_mm;

	return fixed_mm + (middle_mm - fixed_mm) * size;
}

static double surface_at(const struct reference_track *track, double travel_mm)
{
	for (unsigned int i = 0; i + 1 < track->point_count; i++) {
		const double *from = track->point_mm[i];
		const double *to = track->point_mm[i + 1];

		if (travel_mm <= to[0]) {
			return from[1] + (to[1] - from[1]) * smooth(travel_mm, from[0], to[0]);
		}
	}
	return track->point_mm[track->point_count - 1][1];
}

static void set_tissue(struct plant_body *body)
{
	for (int r = 0; r < ROLLER_COUNT; r++) {
		const struct reference_track *track = &reference_tracks[r];
		const double *k = body->stiffness_n_mm;
		const double upper = k[track->upper];
		const double lower = 0.5 * (k[track->lower[0]] + k[track->lower[1]]);

		for (int i = 0; i < SURFACE_LENGTH; i++) {
			const double middle_mm = plant_landmark_mm(
				(enum roller)r, (double)i * SURFACE_PITCH_MM, 1.0 / body->size);
			const double share =
				smooth(middle_mm, track->border_mm[0], track->border_mm[1]);

			body->tissue_n_mm[r][i] = upper + (lower - upper) * share;
		}
	}
}

void plant_set_body(struct plant *plant, double size)
{
	struct plant_body *body;

	assert(plant != NULL);
	assert(size >= PLANT_BODY_SIZE_MIN && size <= PLANT_BODY_SIZE_MAX);

	body = &plant->body;
	body->size = size;
	for (int r = 0; r < ROLLER_COUNT; r++) {
		for (int i = 0; i < SURFACE_LENGTH; i++) {
			const double middle_mm = plant_landmark_mm(
				(enum roller)r, (double)i * SURFACE_PITCH_MM, 1.0 / size);
			const double relief_mm =
				surface_at(&reference_tracks[r], middle_mm) - REFERENCE_SURFACE_MM;

			body->surface_mm[r][i] = REFERENCE_SURFACE_MM + relief_mm * size;
		}
	}
	set_tissue(body);
}

void plant_set_stiffness(struct plant *plant, const double *n_per_mm)
{
	assert(plant != NULL);
	assert(n_per_mm != NULL);

	memmove(plant->body.stiffness_n_mm, n_per_mm, sizeof(plant->body.stiffness_n_mm));
	set_tissue(&plant->body);
}

void plant_init(struct plant *plant)
{
	assert(plant != NULL);

	memset(plant, 0, sizeof(*plant));
	for (unsigned int lane = 0; lane < LANE_COUNT; lane++) {
		init_lane(plant, lane);
	}
	plant->body.seated = true;
	memcpy(plant->body.stiffness_n_mm, reference_stiffness_n_mm,
	       sizeof(plant->body.stiffness_n_mm));
	plant_set_body(plant, 1.0);
	plant->heat.noise_state = 0x2545f491U;
	for (int p = 0; p < PAD_COUNT; p++) {
		plant->heat.pad_c[p] = reference_heat.pad_start_c;
		plant->heat.skin_c[p] = reference_heat.skin_start_c;
		plant->heat.skin_max_c[p] = reference_heat.skin_start_c;
		for (int c = 0; c < PAD_CHANNELS; c++) {
			plant->heat.sensor_c[p][c] = reference_heat.pad_start_c;
		}
	}
}

void plant_place(struct plant *plant, enum roller roller, enum axis_kind kind, double mm)
{
	const unsigned int lane = reference_lane(roller, kind);

	plant->pos_mm[lane] = clamp(mm, plant->low_mm[lane], plant->high_mm[lane]);
	plant->vel_mm_s[lane] = 0.0;
}

void plant_block(struct plant *plant, unsigned int lane, bool blocked)
{
	assert(lane < LANE_COUNT);

	if (blocked && !plant->blocked[lane]) {
		plant->low_mm[lane] = plant->pos_mm[lane];
		plant->high_mm[lane] = plant->pos_mm[lane];
	} else if (!blocked && plant->blocked[lane]) {
		set_range(plant, lane);
	}
	plant->blocked[lane] = blocked;
}

void plant_reset_peaks(struct plant *plant)
{
	memcpy(plant->contact_max_n, plant->contact_n, sizeof(plant->contact_max_n));
	memcpy(plant->heat.skin_max_c, plant->heat.skin_c, sizeof(plant->heat.skin_max_c));
}

enum zone plant_zone(const struct plant *plant, enum roller roller)
{
	const struct reference_track *track = &reference_tracks[roller];
	const double border_mm = plant_landmark_mm(
		roller, 0.5 * (track->border_mm[0] + track->border_mm[1]), plant->body.size);
	const bool two_zones = track->lower[0] != track->lower[1];
	const double travel_mm = plant->pos_mm[LANE_TRAVEL + roller];

	return travel_mm < border_mm || two_zones ? track->upper : track->lower[0];
}

bool plant_thermostats_closed(const struct plant *plant)
{
	for (int p = 0; p < PAD_COUNT; p++) {
		if (plant->heat.thermostat_open[p]) {
			return false;
		}
	}
	return true;
}

double plant_current_a(const struct plant *plant, unsigned int lane)
{
	return plant->motor_n[lane] / reference_axes[plant_lane_kind(lane)].n_per_a;
}

/* How deep a roller has pressed into the body; at most 0 without contact. */
static inline double roller_dent_mm(struct plant *plant, unsigned int r, double breath,
				    double *ret_n_mm)
{
	const struct plant_body *body = &plant->body;
	const double at = clamp(plant->pos_mm[LANE_TRAVEL + r] * (1.0 / SURFACE_PITCH_MM), 0.0,
				(double)(SURFACE_LENGTH - 2));
	const int i = (int)at;
	const double share = at - (double)i;
	const double *surface_mm = &body->surface_mm[r][i];
	const double *tissue_n_mm = &body->tissue_n_mm[r][i];

	*ret_n_mm = tissue_n_mm[0] + (tissue_n_mm[1] - tissue_n_mm[0]) * share;
	return plant->pos_mm[LANE_DEPTH + r] + body->push_mm[r] - body->contact_mm +
	       breath * reference_tracks[r].breath_mm -
	       (surface_mm[0] + (surface_mm[1] - surface_mm[0]) * share);
}

static void step_contact(struct plant *plant, double dt_s)
{
	struct plant_body *body = &plant->body;
	const double push_mm = REFERENCE_BODY_PUSH_MM_S * dt_s;
	const double breath = wave(body->breath_turns);

	body->breath_turns = wrap_turns(body->breath_turns + REFERENCE_BREATH_HZ * dt_s);
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		double k_n_mm;
		double fresh_n = 0.0;
		double force_n;

		body->push_mm[r] +=
			clamp(body->push_target_mm[r] - body->push_mm[r], -push_mm, push_mm);
		const double dent_mm = roller_dent_mm(plant, r, breath, &k_n_mm);

		if (dent_mm > 0.0 && body->seated) {
			fresh_n = k_n_mm * dent_mm *
				  (1.0 + REFERENCE_TISSUE_CUBIC * dent_mm * dent_mm);
		}
		/* The Maxwell arm gives way in time; rolling on meets tissue that has not yet. */
		const double rolled = clamp(magnitude(plant->vel_mm_s[LANE_TRAVEL + r]) * dt_s *
						    (1.0 / REFERENCE_TISSUE_FRESH_MM),
					    0.0, 1.0);

		body->relaxed_n[r] +=
			(fresh_n - body->relaxed_n[r]) * (dt_s * (1.0 / REFERENCE_TISSUE_RELAX_S)) -
			body->relaxed_n[r] * rolled;
		force_n = fresh_n - REFERENCE_TISSUE_RELAXING * body->relaxed_n[r];
		force_n *= 1.0 + REFERENCE_KNEAD_RIPPLE * wave(plant->knead_turns[r]);
		force_n = fresh_n > 0.0 && force_n > 0.0 ? force_n : 0.0;

		plant->contact_n[r] = force_n;
		plant->contact_max_n[r] =
			force_n > plant->contact_max_n[r] ? force_n : plant->contact_max_n[r];
		plant->load_n[LANE_DEPTH + r] = force_n;
		plant->friction_n[LANE_TRAVEL + r] =
			reference_axes[AXIS_TRAVEL].friction_n +
			reference_axes[AXIS_TRAVEL].friction_per_n * force_n;
		plant->friction_n[LANE_KNEAD + r] =
			reference_axes[AXIS_KNEAD].friction_n +
			reference_axes[AXIS_KNEAD].friction_per_n * force_n;
		plant->knead_turns[r] =
			wrap_turns(plant->knead_turns[r] + plant->vel_mm_s[LANE_KNEAD + r] *
								   (dt_s / REFERENCE_KNEAD_RATIO));
	}
}

/*
 * No branches, so that the compiler can walk the lanes several at a time. All that pushes a lane
 * back is its load: springs, body, friction, stops. The drive's speed loop knows the load and adds
 * what the set speed needs, as far as its current limit allows; a limit of 0 is a motor without
 * power. Semi-implicit: the new speed moves the roller.
 */
static void step_lanes(struct plant *plant, double dt_s)
{
	const struct plant_mechanics *mech = &plant->mech;
	const struct plant_command *command = &plant->command;

	for (unsigned int i = 0; i < LANE_COUNT; i++) {
		const double x = plant->pos_mm[i];
		const double v = plant->vel_mm_s[i];
		const double beyond_mm = x - clamp(x, plant->low_mm[i], plant->high_mm[i]);
		const double stop_n_s_mm = mech->stop_n_s_mm[i];
		const double grip_n_s_mm = beyond_mm * beyond_mm > 0.0 ? stop_n_s_mm : 0.0;
		const double friction_n = clamp(mech->friction_n_s_mm[i] * v, -plant->friction_n[i],
						plant->friction_n[i]);
		const double load_n = mech->spring_n[i] + mech->spring_n_mm[i] * x +
				      plant->load_n[i] + friction_n +
				      beyond_mm * mech->stop_n_mm[i] +
				      v * (mech->damping_n_s_mm[i] + grip_n_s_mm);
		const double missing_rpm = command->target_rpm[i] - plant->ramp_rpm[i];
		const double accel_rpm = command->accel_rpm_s[i] * dt_s;
		const double decel_rpm = command->decel_rpm_s[i] * dt_s;
		const double most_rpm =
			missing_rpm * plant->ramp_rpm[i] < 0.0 ? decel_rpm : accel_rpm;
		const double ramp_rpm =
			plant->ramp_rpm[i] + clamp(missing_rpm, -most_rpm, most_rpm);
		const double motor_n = clamp(
			load_n + mech->loop_n_s_mm[i] * (ramp_rpm * mech->mm_s_per_rpm[i] - v),
			-command->limit_n[i], command->limit_n[i]);
		const double new_v = v + (motor_n - load_n) * (mech->mm_s2_per_n[i] * dt_s);

		plant->ramp_rpm[i] = ramp_rpm;
		plant->motor_n[i] = motor_n;
		plant->vel_mm_s[i] = new_v;
		plant->pos_mm[i] = x + new_v * dt_s;
	}
}

static double next_noise_c(struct plant_heat *heat)
{
	uint32_t x = heat->noise_state;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	heat->noise_state = x;
	return SENSOR_NOISE_C * ((double)(x >> 8) * (2.0 / 16777216.0) - 1.0);
}

static void step_pad(struct plant *plant, unsigned int p, double dt_s)
{
	const struct reference_heat *ref = &reference_heat;
	struct plant_heat *heat = &plant->heat;
	const double pad_c = heat->pad_c[p];
	const double skin_c = heat->skin_c[p];
	double pad_w = ref->pad_w * (heat->heated_s[p] / dt_s) -
		       ref->pad_ambient_w_k * (pad_c - ref->ambient_c);
	double skin_w = ref->perfusion_w_k * (ref->core_c - skin_c);

	if (plant->body.seated) {
		pad_w -= ref->pad_skin_w_k * (pad_c - skin_c);
		skin_w += ref->pad_skin_w_k * (pad_c - skin_c);
	} else {
		pad_w -= ref->pad_open_w_k * (pad_c - ref->ambient_c);
		skin_w += ref->pad_skin_w_k * (ref->ambient_c - skin_c);
	}
	heat->pad_c[p] += pad_w / ref->pad_j_k * dt_s;
	heat->skin_c[p] += skin_w / ref->skin_j_k * dt_s;
	heat->heated_s[p] = 0.0;
	if (heat->skin_c[p] > heat->skin_max_c[p]) {
		heat->skin_max_c[p] = heat->skin_c[p];
	}
	for (unsigned int c = 0; c < PAD_CHANNELS; c++) {
		heat->sensor_c[p][c] +=
			(heat->pad_c[p] - heat->sensor_c[p][c]) * (dt_s / ref->sensor_lag_s[c]);
		heat->noise_c[p][c] = next_noise_c(heat);
	}
	if (heat->pad_c[p] >= ref->thermostat_open_c) {
		heat->thermostat_open[p] = true;
	} else if (heat->pad_c[p] <= ref->thermostat_close_c) {
		heat->thermostat_open[p] = false;
	}
}

static void step_heat(struct plant *plant, double dt_s)
{
	struct plant_heat *heat = &plant->heat;

	for (uint32_t rest = heat->heating; rest != 0; rest &= rest - 1) {
		heat->heated_s[__builtin_ctz(rest)] += dt_s;
	}
	heat->elapsed_s += dt_s;
	if (heat->elapsed_s < PLANT_HEAT_STEP_S) {
		return;
	}
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		step_pad(plant, p, heat->elapsed_s);
	}
	heat->elapsed_s = 0.0;
	heat->steps++;
}

void plant_step(struct plant *plant, double dt_s)
{
	assert(plant != NULL);
	assert(dt_s > 0.0 && dt_s <= PLANT_STEP_MAX_S);

	step_contact(plant, dt_s);
	step_lanes(plant, dt_s);
	step_heat(plant, dt_s);
}
