/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#define MS	 UINT64_C(1000)
#define SECOND	 UINT64_C(1000000)
#define BIT(n)	 (UINT32_C(1) << (unsigned int)(n))
#define BIT64(n) (UINT64_C(1) << (unsigned int)(n))

/* Section 7 of design.md, seen from outside: cause -> power off. The relay falls 100 ms after the
 * last heartbeat edge; an edge may come in the very cycle in which the cause came; a cycle is 10
 * ms. An exchange of four drives takes 63 ms, and 20 ms longer for each that does not answer. */
#define RELAY_FALLS_US (120 * MS)
#define WIRE_US	       (30 * MS)  /* e-stop and thermostats open the relay without software */
#define EXCHANGE_US    (300 * MS) /* what the matrix grants a drive's values */
#define NOISY_US       (5 * SECOND)
#define WELDED_US      (500 * MS) /* a relay that sticks: each drive disabled by the bus */

static const struct {
	uint64_t limit_us; /* present so long: power is off */
	uint64_t sure_us;  /* present so long: the controller has noticed and latched it */
} cuts[CUT_COUNT] = {
	[CUT_ESTOP] = { WIRE_US, 20 * MS },
	[CUT_THERMOSTAT] = { WIRE_US, 20 * MS },
	[CUT_COVER] = { RELAY_FALLS_US, 20 * MS },
	[CUT_GPIO] = { RELAY_FALLS_US, 100 * MS },
	[CUT_OVERRUN] = { RELAY_FALLS_US, 0 },
	[CUT_THREAD] = { RELAY_FALLS_US, 20 * MS },
	[CUT_RELAY] = { 20 * MS, 50 * MS }, /* present only 210 ms after the last edge */
	[CUT_PAD_HOT] = { 2 * SECOND, 2 * SECOND },
	[CUT_SSR] = { 5 * SECOND, 5 * SECOND },
	[CUT_DRIVE_FAULT] = { EXCHANGE_US + RELAY_FALLS_US, EXCHANGE_US },
	[CUT_DRIVE_SILENT] = { EXCHANGE_US + RELAY_FALLS_US, EXCHANGE_US + 50 * MS },
	[CUT_SENSOR_SILENT] = { 3 * SECOND + RELAY_FALLS_US, 3 * SECOND + 50 * MS },
	[CUT_NO_MOTION] = { EXCHANGE_US + RELAY_FALLS_US, EXCHANGE_US + RELAY_FALLS_US },
	[CUT_HOMING] = { RELAY_FALLS_US, RELAY_FALLS_US },
};
#define SWITCH_CUTS (BIT(CUT_ESTOP) | BIT(CUT_THERMOSTAT) | BIT(CUT_COVER))

#define POWER_UP_US	3000000U /* silence of a drive counts only this long after closing */
#define SEEN_US		2500000U /* within reach so long: configured, or its temperatures read */
#define NO_MOTION_US	2000000U
#define HOMING_US	52000000U /* depth, then 42 s of travel, and enabling */
#define SCAN_US		92000000U
#define RETRACT_US	2000000U
#define ROW_US		150000U /* beyond that: the relay has fallen */
#define REACT_US	350000U /* last targets written, ramps run down */
#define SEAT_US		1000000U
#define ACT_US		4000000U /* motion that follows an act begins within this */
#define RESUME_US	123000000U
#define PAUSE_US	605000000U
#define ASK_US		61000000U
#define RELEASE_US	3000000U
#define PREHEAT_US	600000000U
#define PREHEAT_REST_US 3600000000U
#define SESSION_US	1810000000U
#define STUCK_US	31000000U
#define DWELL_US	66000000U
#define BODY_US		300000U
#define SPRING_US	1500000U

#define SILENT_US 2010000U
#define HOLD_US	  300000U

#define SERVICE_MM_S	15.1
#define SERVICE_RPM	6.1
#define SERVICE_LIMIT_N 21.0 /* the homing limits of config/chair.yaml give 16 and 20 N */
#define FORCE_MAX_N	45.0
#define MOMENTUM_N	0.2 /* of a roller that its motor's limit brings to a halt */
#define FORCE_HIGH_N	41.0
#define CLEAR_MM	5.0
#define OFF_N		0.5
#define AT_STOP_MM	2.0
#define PRESSES_N	3.0
#define SKIN_MAX_C	43.0
#define SKIN_WARM_C	41.5
#define PAD_CAP_C	42.0 /* the set point cap, and the heat still in the pad */
#define PAD_TRIP_C	43.4 /* by then a healthy channel, late as it is, says 43.0 */
#define PREHEAT_CAP_C	39.0
#define DOSE_MAX	2.0
#define SPLIT_C		4.0
#define FROZEN_US	90000000U /* of heating */
#define BAD_US		3000000U

static const char *const names[] = {
	"force_motor",
	"force_body",
	"force_high",
	"pressure",
	"off_zone",
	"knee",
	"side",
	"dwell",
	"sideways",
	"scan",
	"ceiling",
	"skin_43",
	"skin_warm",
	"pad_cap",
	"dose",
	"preheat_cap",
	"heat_fault",
	"frozen",
	"cut_estop",
	"cut_thermostat",
	"cut_cover",
	"cut_gpio",
	"cut_overrun",
	"cut_thread",
	"cut_relay",
	"cut_pad_hot",
	"cut_ssr",
	"cut_drive_fault",
	"cut_drive_silent",
	"cut_sensor_silent",
	"cut_no_motion",
	"cut_homing",
	"controller",
	"heartbeat",
	"latched",
	"retract",
	"retract_blind",
	"leg_guard",
	"leg_guard_travel",
	"spring",
	"off_at_end",
	"stopped",
	"seat",
	"seat_start",
	"key",
	"unasked",
	"after_power",
	"power_return",
	"ask",
	"acknowledged",
	"resume",
	"stuck",
	"unasked_heat",
	"seat_heat",
	"session_time",
	"numb",
	"refused",
	"service_one",
	"service_slow",
	"service_limit",
	"service_held",
	"service_over",
};
_Static_assert(sizeof(names) / sizeof(names[0]) == INVARIANT_COUNT, "a name for each");
_Static_assert(INVARIANT_COUNT <= 64, "invariants are bits");
_Static_assert(INVARIANT_CUT_HOMING - INVARIANT_CUT_ESTOP + 1 == CUT_COUNT, "in the same order");

/* Newton at the roller, by level; and where each track has zones: as config/chair.yaml says. */
static const double level_n[LEVEL_MAX + 1] = { 0.0, 6.0, 10.0, 14.0, 18.0, 22.0 };
/* Ends of the zones of config/chair.yaml on each track, and of those on a body that was found. */
static const double track_mm[ROLLER_COUNT][2] = {
	{ 76.0, 222.0 }, { 22.0, 116.0 }, { 22.0, 116.0 }, { 20.0, 406.0 }, { 20.0, 406.0 },
};
#define TRACK_MARGIN_MM 10.0
#define KNEE_MM		270.0 /* of the middle body */
#define KNEE_KEPT_MM                                                                \
	30.0 /* to either side; less where a correction by hand may take 20 of them \
	      */
#define KNEE_FOUND_MM	 10.0
#define TOUCH_MAX_N	 10.0 /* what the homing current gives */
#define ZONE_SLACK_MM	 12.0
#define PRESSURE_SLACK_N 5.0 /* rolling over fresh tissue with one force sample in 63 ms */
#define PROVING_US	 (60 * SECOND) /* heat enabled with every pad off, to see whether one warms */

const char *invariant_name(enum invariant invariant)
{
	return (unsigned int)invariant < INVARIANT_COUNT ? names[invariant] : "invalid";
}

int invariant_find(const char *name)
{
	for (int i = 0; i < INVARIANT_COUNT; i++) {
		if (strcmp(names[i], name) == 0) {
			return i;
		}
	}
	return -ENOENT;
}

/* What a session's rules say does not hold for a technician, who has rules of their own. */
static const enum invariant of_sessions[] = {
	INVARIANT_PRESSURE,    INVARIANT_OFF_ZONE,     INVARIANT_KNEE,
	INVARIANT_SIDE,	       INVARIANT_DWELL,	       INVARIANT_SIDEWAYS,
	INVARIANT_SCAN,	       INVARIANT_CEILING,      INVARIANT_PREHEAT_CAP,
	INVARIANT_CUT_HOMING,  INVARIANT_RETRACT,      INVARIANT_RETRACT_BLIND,
	INVARIANT_OFF_AT_END,  INVARIANT_STOPPED,      INVARIANT_SEAT,
	INVARIANT_SEAT_START,  INVARIANT_KEY,	       INVARIANT_UNASKED,
	INVARIANT_AFTER_POWER, INVARIANT_POWER_RETURN, INVARIANT_ASK,
	INVARIANT_RESUME,      INVARIANT_ACKNOWLEDGED, INVARIANT_STUCK,
	INVARIANT_SEAT_HEAT,   INVARIANT_UNASKED_HEAT, INVARIANT_SESSION_TIME,
	INVARIANT_NUMB,	       INVARIANT_REFUSED,
};

void oracle_init(struct oracle *o, const struct sim *sim, const struct oracle_person *person,
		 uint64_t ignored)
{
	assert(o != NULL);
	assert(sim != NULL);

	memset(o, 0, sizeof(*o));
	o->sim = sim;
	o->person = *person;
	o->ignored = ignored;
	o->now_us = sim->now_us;
	o->was_seated = sim->seated;
	o->powered = true;
	o->powered_us = sim->now_us;
	o->service_over_us = 1;
	for (size_t i = 0; i < sizeof(of_sessions) / sizeof(of_sessions[0]) && person->technician;
	     i++) {
		o->ignored |= BIT64(of_sessions[i]);
	}
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		for (unsigned int m = 0; m < DRIVE_MOTORS; m++) {
			o->lane_drive[reference_devices[d].lane[m]] = (uint8_t)d;
		}
	}
}

/* What is ignored binds nobody. */
static bool expects(const struct oracle *o, enum invariant invariant)
{
	return (o->ignored >> invariant & 1U) == 0;
}

static bool is_on(uint32_t inputs, enum chair_switch line)
{
	return (inputs >> (unsigned int)line & 1U) != 0;
}

static double magnitude(double value)
{
	return value < 0.0 ? -value : value;
}

static void broke(struct oracle *o, enum invariant invariant)
{
	o->broken |= BIT64(invariant) & ~o->ignored;
}

/* ---- the chair as it is ---- */

/* What a look has seen, for all rules. */
struct look {
	uint64_t now_us;
	uint64_t dt_us;
	uint32_t inputs;
	uint32_t edges;	  /* of inputs: come on since the last look */
	uint32_t enabled; /* drives */
	uint32_t mute;	  /* drives that take no telegram, or took none just now */
	bool closed;	  /* relay */
	bool welded;
	bool deaf; /* GPIO neither heard nor told */
	bool off;  /* nothing can move or heat, relay or not */
	bool noise;
	bool beat;    /* an edge since the last look */
	bool working; /* motion other than leaving the body */
	bool seated;
};

static bool lane_enabled(const struct oracle *o, const struct look *l, unsigned int lane)
{
	return (l->enabled >> o->lane_drive[lane] & 1U) != 0;
}

/* A drive that takes no telegram goes on until its power is cut, which has its own rule. */
static bool drives_out(const struct oracle *o, const struct look *l, unsigned int lane)
{
	const double rpm = o->sim->plant.command.target_rpm[lane];

	return lane_enabled(o, l, lane) && (l->mute >> o->lane_drive[lane] & 1U) == 0 &&
	       (lane < LANE_TRAVEL ? rpm > 0.0 : magnitude(rpm) > 0.0);
}

/* Devices whose every answer is none, whether they do as they are told or not. */
static uint32_t refusing(const struct oracle *o)
{
	const struct sim_effects *effects = &o->sim->effects;

	return effects->foreign | effects->excepting | effects->truncated;
}

static bool roller_is_off(const struct oracle *o, unsigned int r)
{
	const struct plant *plant = &o->sim->plant;

	return plant->pos_mm[LANE_DEPTH + r] <= CLEAR_MM || plant->contact_n[r] <= OFF_N;
}

static bool rollers_are_off(const struct oracle *o)
{
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		if (!roller_is_off(o, r)) {
			return false;
		}
	}
	return true;
}

/* A roller that jams before the controller knows where it is looks like one at its stop. */
static bool rollers_jam_unknown(const struct oracle *o)
{
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		if (!roller_is_off(o, r) && !o->roller[r].blind) {
			return false;
		}
	}
	return true;
}

static void see(struct oracle *o, uint64_t now_us, struct look *l)
{
	const struct sim *sim = o->sim;
	const struct sim_effects *effects = &sim->effects;

	*l = (struct look){
		.now_us = now_us,
		.dt_us = now_us - o->now_us,
		.inputs = sim_inputs(sim),
		.closed = sim_relay_closed(sim),
		.deaf = sim_effect(effects, SIM_FAULT_GPIO_SILENT),
		.noise = sim_effect(effects, SIM_FAULT_BUS_NOISE),
		.beat = sim->chain.edges != o->edges,
		.seated = sim->seated,
	};
	l->edges = l->inputs & ~o->inputs;
	if (sim_effect(effects, SIM_FAULT_RELAY_WELDED)) {
		o->welded_us = now_us;
	}
	if (l->deaf) {
		o->deaf_us = now_us;
	}
	if (l->noise || (effects->silent | effects->cut | effects->unplugged) != 0) {
		o->wire_us = now_us;
	}
	l->welded = o->welded_us != 0 && now_us - o->welded_us < 300 * MS;
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		l->enabled |=
			sim->slaves.drive[d].powered && sim->slaves.drive[d].enabled ? BIT(d) : 0;
		if ((effects->excepting >> d & 1U) != 0) {
			o->mute_us[d] = now_us;
		}
		l->mute |= o->mute_us[d] != 0 && now_us - o->mute_us[d] < EXCHANGE_US ? BIT(d) : 0;
	}
	/* A drive that takes no telegram, behind a relay that sticks: two faults. Mended, it is
	 * disabled when its turn comes. */
	l->off = !l->closed || (l->welded && (l->enabled & ~l->mute) == 0 &&
				(sim->plant.heat.heating == 0 || l->deaf));
	for (unsigned int lane = 0; lane < LANE_COUNT && l->enabled != 0; lane++) {
		l->working = l->working || drives_out(o, l, lane);
	}
}

/* Rollers that ought to be off the body are not. One that jammed unknown nobody can bring off: what
 * can be asked is that no drive gives force to it. */
static void blame_rollers(struct oracle *o, const struct look *l, enum invariant invariant)
{
	if (!rollers_jam_unknown(o)) {
		broke(o, invariant);
	} else if (l->enabled != 0 && l->now_us - o->deadline_us > EXCHANGE_US) {
		broke(o, INVARIANT_RETRACT_BLIND);
	}
}

/* ---- causes ---- */

static bool within_reach(const struct oracle *o, const struct look *l, unsigned int device)
{
	const struct sim_effects *effects = &o->sim->effects;
	const enum sim_port port = reference_devices[device].port;

	if (!o->powered || ((effects->silent | refusing(o)) >> device & 1U) != 0 ||
	    ((effects->cut | effects->unplugged) >> port & 1U) != 0 ||
	    effects->noise_pct[port] != 0) {
		return false;
	}
	return device >= DRIVE_COUNT || l->closed;
}

/* Out of reach for sure: noise lets some replies through. */
static bool is_silent(const struct oracle *o, unsigned int device)
{
	const struct sim_effects *effects = &o->sim->effects;

	return ((effects->silent | refusing(o)) >> device & 1U) != 0 ||
	       ((effects->cut | effects->unplugged) >> reference_devices[device].port & 1U) != 0;
}

static void track_devices(struct oracle *o, const struct look *l)
{
	for (unsigned int d = 0; d < SIM_DEVICE_COUNT; d++) {
		struct oracle_device *device = &o->device[d];

		if (!o->powered || (d < DRIVE_COUNT && !l->closed)) {
			device->seen = false;
		}
		if (!within_reach(o, l, d)) {
			device->reach_us = 0;
		} else if (device->reach_us == 0) {
			device->reach_us = l->now_us;
		} else if (l->now_us - device->reach_us >= SEEN_US) {
			device->seen = true;
		}
		if (!is_silent(o, d)) {
			device->silent_us = 0;
		} else if (device->silent_us == 0) {
			device->silent_us = l->now_us;
		}
	}
}

/* Since when the first of these devices that ought to answer does not; 0 = all do. */
static uint64_t silent_since(const struct oracle *o, unsigned int from, unsigned int to)
{
	uint64_t since_us = 0;

	for (unsigned int d = from; d < to; d++) {
		const struct oracle_device *device = &o->device[d];

		if (device->seen && device->silent_us != 0 &&
		    (since_us == 0 || device->silent_us < since_us)) {
			since_us = device->silent_us;
		}
	}
	return since_us;
}

static bool drives_silent(const struct oracle *o, const struct look *l)
{
	return l->closed && l->now_us - o->closed_us >= POWER_UP_US &&
	       silent_since(o, 0, DRIVE_COUNT) != 0;
}

static bool drives_fault(const struct oracle *o, const struct look *l)
{
	for (unsigned int d = 0; d < DRIVE_COUNT; d++) {
		const struct drive_slave *drive = &o->sim->slaves.drive[d];

		if ((drive->fault[0] | drive->fault[1]) != 0 && drive->powered &&
		    o->device[d].seen && within_reach(o, l, d)) {
			return true;
		}
	}
	return false;
}

static bool channel_is_healthy(const struct oracle *o, unsigned int pad, unsigned int channel)
{
	const struct sim_effects *effects = &o->sim->effects;
	const double offset_c = effects->temp_offset_c[pad][channel];

	return !effects->temp_open[pad][channel] && !effects->temp_short[pad][channel] &&
	       !effects->temp_frozen[pad][channel] && offset_c > -0.01 && offset_c < 0.01 &&
	       o->device[DRIVE_COUNT + channel].seen && !is_silent(o, DRIVE_COUNT + channel) &&
	       effects->noise_pct[SIM_PORT_HEAT] == 0;
}

static bool pads_hot(const struct oracle *o)
{
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		const bool told = channel_is_healthy(o, p, 0) || channel_is_healthy(o, p, 1);

		if (o->sim->plant.heat.pad_c[p] > PAD_TRIP_C && told) {
			return true;
		}
	}
	return false;
}

/* Off for 60 s of power, over 38 C and still rising by more than 1 C a minute. */
static bool ssr_sticks(const struct oracle *o, const struct look *l)
{
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		const struct oracle_pad *pad = &o->pad[p];
		const double now_c = o->sim->plant.heat.pad_c[p];

		if (l->closed && l->now_us - o->closed_us > 62 * SECOND && pad->off_us != 0 &&
		    l->now_us - pad->off_us > 62 * SECOND && pad->seconds >= 61 && now_c > 38.5 &&
		    now_c - pad->minute_c[(pad->seconds - 60) % 61] > 1.4 &&
		    channel_is_healthy(o, p, 0) && channel_is_healthy(o, p, 1)) {
			return true;
		}
	}
	return false;
}

/* A motor told to move does not, and it is not at its mechanical stop. */
static bool lane_stands(struct oracle *o, const struct look *l, unsigned int lane)
{
	const struct plant *plant = &o->sim->plant;
	const double speed = plant->command.target_rpm[lane] * plant->mech.mm_s_per_rpm[lane];
	const double at_mm = plant->pos_mm[lane];
	struct oracle_lane *memory = &o->lane[lane];
	bool at_end = false;

	if (lane < LANE_KNEAD) {
		const enum axis_kind kind = plant_lane_kind(lane);

		at_end = at_mm < 1.5 ||
			 at_mm > reference_tracks[lane % ROLLER_COUNT].range_mm[kind] - 1.5;
	}
	if (!lane_enabled(o, l, lane) || at_end || magnitude(speed) < 2.0) {
		memory->since_us = 0;
		return false;
	}
	if (memory->since_us == 0 || memory->forward != (speed > 0.0) ||
	    magnitude(at_mm - memory->from_mm) > 0.5) {
		*memory = (struct oracle_lane){ l->now_us, at_mm, speed > 0.0 };
	}
	return l->now_us - memory->since_us >= NO_MOTION_US;
}

static bool motors_stand(struct oracle *o, const struct look *l)
{
	bool stand = false;

	for (unsigned int lane = 0; lane < LANE_SPARE; lane++) {
		stand = lane_stands(o, l, lane) || stand;
	}
	return stand && !l->noise;
}

/* Homing is told by the low current limit of the depth axes. */
static bool is_homing(const struct oracle *o, const struct look *l)
{
	return lane_enabled(o, l, LANE_DEPTH) && o->sim->plant.command.limit_n[LANE_DEPTH] < 20.0;
}

static bool homes_for_ever(struct oracle *o, const struct look *l)
{
	struct oracle_lane *memory = &o->lane[LANE_SPARE];

	if (!is_homing(o, l) || o->leave != LEAVE_NONE) {
		memory->since_us = 0;
		return false;
	}
	if (memory->since_us == 0) {
		memory->since_us = l->now_us;
	}
	return l->now_us - memory->since_us >= HOMING_US + (o->person.scans ? SCAN_US : 0);
}

/* Three cycles over 20 ms within a second. */
static void track_overruns(struct oracle *o, const struct look *l)
{
	if (o->alive_cycles < 3 || l->dt_us <= 20 * MS) {
		return;
	}
	o->late_us[0] = o->late_us[1];
	o->late_us[1] = o->late_us[2];
	o->late_us[2] = l->now_us;
	if (o->late_us[0] != 0 && l->now_us - o->late_us[0] <= SECOND &&
	    (o->latched & BIT(CUT_OVERRUN)) == 0) {
		o->latched |= BIT(CUT_OVERRUN);
		o->seen_off &= ~BIT(CUT_OVERRUN);
		o->latched_us[CUT_OVERRUN] = l->now_us;
	}
}

static uint32_t when(bool condition, enum cut cut)
{
	return condition ? BIT(cut) : 0;
}

static uint32_t causes_present(struct oracle *o, const struct look *l)
{
	const struct sim_effects *effects = &o->sim->effects;
	const uint64_t quiet_us = o->edge_us > o->powered_us ? o->edge_us : o->powered_us;

	return when(!is_on(l->inputs, SWITCH_ESTOP_CLOSED), CUT_ESTOP) |
	       when(!is_on(l->inputs, SWITCH_THERMOSTATS_CLOSED), CUT_THERMOSTAT) |
	       when(sim_effect(effects, SIM_FAULT_COVER_OPEN), CUT_COVER) |
	       when(l->deaf, CUT_GPIO) | when(o->thread_dead, CUT_THREAD) |
	       when(l->closed && o->powered && !l->deaf && l->dt_us < 50 * MS &&
			    l->now_us - quiet_us > 210 * MS,
		    CUT_RELAY) |
	       when(pads_hot(o), CUT_PAD_HOT) | when(ssr_sticks(o, l), CUT_SSR) |
	       when(drives_fault(o, l), CUT_DRIVE_FAULT) |
	       when(drives_silent(o, l), CUT_DRIVE_SILENT) |
	       when(silent_since(o, DRIVE_COUNT, SIM_DEVICE_COUNT) != 0, CUT_SENSOR_SILENT) |
	       when(motors_stand(o, l), CUT_NO_MOTION) | when(homes_for_ever(o, l), CUT_HOMING);
}

static void latch_cut(struct oracle *o, const struct look *l, unsigned int c)
{
	const bool told = !l->deaf || (SWITCH_CUTS >> c & 1U) == 0;

	if ((o->latched >> c & 1U) == 0 && told && o->alive_cycles >= 3 &&
	    l->now_us - o->cut_us[c] >= cuts[c].sure_us) {
		o->latched |= BIT(c);
		o->seen_off &= ~BIT(c);
		o->latched_us[c] = o->cut_us[c];
	}
}

static void judge_cut(struct oracle *o, const struct look *l, unsigned int c)
{
	/* Through noise a drive may hear enough to live, and be told nothing for a while. */
	const uint64_t welded_us = l->noise ? NOISY_US : WELDED_US;
	const uint64_t limit_us = cuts[c].limit_us + (l->welded ? welded_us : 0);
	const uint64_t since_us = o->cut_us[c] != 0 ? o->cut_us[c] : o->latched_us[c];
	const bool latched = (o->latched >> c & 1U) != 0;
	const bool gone = o->cut_us[c] == 0 && c != CUT_OVERRUN; /* which comes and is gone */
	/* What has closed again is held by the charge pump for a moment. */
	/* A line that can be written again, or loses its power, may change its level once. */
	const bool caught_up =
		(o->deaf_us != 0 && !l->deaf && l->now_us - o->deaf_us < 2 * RELAY_FALLS_US) ||
		(o->dead_us != 0 && l->now_us - o->dead_us < 2 * RELAY_FALLS_US);
	const bool pumped = l->now_us - o->edge_us <= RELAY_FALLS_US && (!l->beat || caught_up);
	const bool late =
		l->now_us - since_us > limit_us && (!pumped || (o->cut_us[c] != 0 && !caught_up));

	if (latched && l->off) {
		o->seen_off |= BIT(c);
	}
	if (!l->off && (late || (latched && (o->seen_off >> c & 1U) != 0 && !pumped))) {
		broke(o, gone ? INVARIANT_LATCHED : INVARIANT_CUT_ESTOP + c);
	}
	/* A line that can be written again may take its level once. */
	if (l->beat && o->powered && late && o->deaf_us < o->edge_before_us &&
	    l->now_us - since_us > limit_us + 50 * MS) {
		broke(o, INVARIANT_HEARTBEAT);
	}
}

static void judge_cuts(struct oracle *o, const struct look *l)
{
	const uint32_t present = causes_present(o, l);
	const uint64_t silent_us[CUT_COUNT] = {
		[CUT_DRIVE_SILENT] = silent_since(o, 0, DRIVE_COUNT),
		[CUT_SENSOR_SILENT] = silent_since(o, DRIVE_COUNT, SIM_DEVICE_COUNT),
	};

	track_overruns(o, l);
	for (unsigned int c = 0; c < CUT_COUNT; c++) {
		if ((present >> c & 1U) == 0 || !expects(o, INVARIANT_CUT_ESTOP + c)) {
			o->cut_us[c] = 0;
		} else if (o->cut_us[c] == 0) {
			o->cut_us[c] = l->now_us;
		}
		/* one after the other: another's time */
		if (o->cut_us[c] != 0 && o->cut_us[c] < silent_us[c]) {
			o->cut_us[c] = silent_us[c];
		}
		if (o->cut_us[c] != 0) {
			latch_cut(o, l, c);
		}
		if (o->cut_us[c] != 0 || (o->latched >> c & 1U) != 0) {
			judge_cut(o, l, c);
		}
	}
}

/* Without a controller the relay falls by itself; the drives have their own time-out. */
static void judge_controller(struct oracle *o, const struct look *l)
{
	if (!o->powered && !l->off &&
	    l->now_us - o->dead_us > RELAY_FALLS_US + (l->welded ? WELDED_US : 0)) {
		broke(o, INVARIANT_CONTROLLER);
	}
	if (o->alive_cycles >= 3 && l->dt_us > RELAY_FALLS_US + 20 * MS && l->closed &&
	    !l->welded) {
		broke(o, INVARIANT_CONTROLLER);
	}
}

/* ---- who may move what ---- */

static bool anything_latched(const struct oracle *o)
{
	return o->latched != 0 || o->leg_latched || o->heat_latched;
}

static bool button_is_stuck(const struct oracle *o, uint64_t now_us)
{
	for (unsigned int b = SWITCH_BUTTON_START; b <= SWITCH_BUTTON_DOWN; b++) {
		/* a controller that has just begun sees it for the first time */
		const uint64_t since_us =
			o->stuck_us[b] > o->powered_us ? o->stuck_us[b] : o->powered_us;

		if (o->stuck_us[b] != 0 && now_us - since_us > STUCK_US + SECOND) {
			return true;
		}
	}
	return false;
}

/* A person wants motion. @sides, @level: what may come of it. */
static void give_licence(struct oracle *o, uint64_t now_us, uint8_t sides, uint8_t level)
{
	o->act_us = now_us;
	o->power_lost = false;
	if (anything_latched(o) || (o->person.refused && expects(o, INVARIANT_REFUSED)) ||
	    (!o->sim->seated && expects(o, INVARIANT_SEAT_START)) ||
	    (o->sim->key && expects(o, INVARIANT_KEY)) ||
	    (button_is_stuck(o, now_us) && expects(o, INVARIANT_STUCK))) {
		return;
	}
	if (!o->sim->seated) {
		o->seat_empty_us = now_us; /* out of preheating */
	}
	const bool waits = o->licence_until_us > now_us; /* an act before this one may yet count */

	o->acted = true;
	o->licensed_us = now_us;
	o->licence_until_us = now_us + ACT_US;
	if (o->licence == LICENCE_NONE ||
	    (o->licence == LICENCE_ACTIVE && o->disabled_us != 0 && !waits)) {
		o->licence = LICENCE_GIVEN;
		o->session_us = o->resumes ? o->session_us : 0;
		o->sides = sides;
		o->level = level;
		o->work_us = 0;
		o->leave = LEAVE_NONE;
	} else { /* refused, or the last session is just over */
		if (now_us - o->worked_us > 300 * MS && !o->resumes) {
			o->session_us = 0;
		}
		o->sides |= sides;
		o->level = level > o->level ? level : o->level;
	}
}

static void leave(struct oracle *o, enum leave why, uint64_t now_us)
{
	if (o->licence == LICENCE_NONE ||
	    (o->leave != LEAVE_NONE && o->licensed_us <= o->leave_us)) {
		return; /* nothing to leave, or told already */
	}
	o->leave = why;
	o->leave_us = now_us;
	o->deadline_us = now_us + RETRACT_US + ROW_US;
	if (o->licence != LICENCE_ACTIVE) {
		return;
	}
	if (o->disabled_us != 0 && o->licensed_us > o->disabled_us) {
		o->licence = LICENCE_GIVEN; /* of the one before nothing is left */
	} else if (why != LEAVE_PAUSE) {    /* in a pause the rollers are held where they are */
		o->licence_until_us = 0;    /* what has been given anew is taken back */
	}
}

static void service_is_over(struct oracle *o, uint64_t now_us)
{
	if (o->service_over_us == 0) {
		o->service_over_us = now_us;
	}
}

static uint8_t level_of(const struct act *act)
{
	return act->level == 0 ? 1 : act->level;
}

/* The controller's mains come or go. */
static void power(struct oracle *o, bool on, uint64_t now_us)
{
	o->powered = on;
	if (!on) {
		o->dead_us = now_us;
		o->alive_cycles = 0;
		o->preheat_until_us = 0;
		o->resume_until_us = 0;
		return;
	}
	o->powered_us = now_us;
	o->acted = false;
	o->power_lost = false;
	o->ack_blocks = false;
	o->preheat_begun_us = 0;
	o->asked_sides = 0;
}

static void preheat(struct oracle *o, uint64_t now_us)
{
	if (!anything_latched(o) &&
	    (o->preheat_begun_us == 0 || now_us - o->preheat_begun_us > PREHEAT_REST_US)) {
		o->preheat_us = now_us;
		o->preheat_until_us = now_us + PREHEAT_US + 50 * MS;
	}
}

void oracle_act(struct oracle *o, const struct act *act, uint64_t now_us)
{
	assert(o != NULL);
	assert(act != NULL);

	switch (act->deed) {
	case DEED_START:
		o->resumes = false;
		give_licence(o, now_us, (uint8_t)BIT(act->side), level_of(act));
		break;
	case DEED_RESUME:
		if (now_us <= o->resume_until_us) {
			o->resumes = true;
			give_licence(o, now_us, UINT8_MAX, 1);
		} else {
			o->late_resume_us = now_us;
		}
		break;
	case DEED_ASK_START:
	case DEED_ASK_RESUME:
		o->asked_sides |= (uint8_t)BIT(act->side);
		o->asked_level = level_of(act) > o->asked_level ? level_of(act) : o->asked_level;
		o->ask_us = now_us;
		break;
	case DEED_PAUSE:
		o->resume_until_us = now_us + PAUSE_US;
		leave(o, LEAVE_PAUSE, now_us);
		break;
	case DEED_LEVEL:
		o->level = act->level > o->level ? act->level : o->level;
		break;
	case DEED_PREHEAT:
		preheat(o, now_us);
		break;
	case DEED_SERVICE:
		if (o->sim->key && !o->sim->seated) {
			o->service_over_us = 0;
		}
		break;
	case DEED_HOLD:
		o->held_us = now_us;
		break;
	case DEED_STOP:
		service_is_over(o, now_us);
		o->resume_until_us = now_us + RESUME_US;
		o->preheat_until_us = 0;
		leave(o, LEAVE_STOP, now_us);
		break;
	case DEED_POWER_OFF:
	case DEED_POWER_ON:
		power(o, act->deed == DEED_POWER_ON, now_us);
		break;
	case DEED_THREAD_DEAD:
	case DEED_THREAD_ALIVE:
		o->thread_dead = act->deed == DEED_THREAD_DEAD;
		break;
	case DEED_WISH:
	case DEED_COUNT:
		break;
	}
}

/* A press of the armrest's start button comes to the controller. */
static void press_start(struct oracle *o, const struct look *l)
{
	const bool asked = o->ask_us != 0 && l->now_us - o->ask_us < ASK_US;

	if (anything_latched(o)) {
		for (unsigned int c = 0; c < CUT_COUNT; c++) {
			if (o->cut_us[c] == 0 || (SWITCH_CUTS >> c & 1U) == 0) {
				o->latched &= ~BIT(c);
			}
		}
		o->leg_latched =
			o->leg_latched && sim_effect(&o->sim->effects, SIM_FAULT_LEG_GUARD);
		o->heat_latched = false; /* as the channels are judged anew */
		o->acknowledged_us = l->now_us;
		o->ack_blocks = true;
		return;
	}
	if (o->ack_blocks) {
		return;
	}
	o->resumes = false;
	give_licence(o, l->now_us, UINT8_MAX, asked && o->asked_level > 1 ? o->asked_level : 1);
}

static void track_buttons(struct oracle *o, const struct look *l)
{
	for (unsigned int b = SWITCH_BUTTON_STOP; b <= SWITCH_BUTTON_DOWN; b++) {
		if (!is_on(l->inputs, (enum chair_switch)b) || l->deaf) {
			o->stuck_us[b] = 0;
		} else if (o->stuck_us[b] == 0) {
			o->stuck_us[b] = l->now_us;
		}
	}
	if (!o->powered || l->deaf) {
		return;
	}
	if (is_on(l->inputs, SWITCH_BUTTON_START)) {
		o->released_us = 0;
	} else if (o->released_us == 0) {
		o->released_us = l->now_us;
	} else if (l->now_us - o->released_us >= RELEASE_US) {
		o->ack_blocks = false;
	}
	if (is_on(l->edges, SWITCH_BUTTON_START)) {
		press_start(o, l);
	}
	if (is_on(l->edges, SWITCH_BUTTON_UP) && o->level < LEVEL_MAX) {
		o->level++;
	}
	if (is_on(l->inputs, SWITCH_BUTTON_STOP)) {
		service_is_over(o, l->now_us);
		o->resume_until_us = l->now_us + RESUME_US;
		o->preheat_until_us = 0;
		leave(o, LEAVE_STOP, l->now_us);
	}
}

/* Temperature channels that cannot be believed. */
static void track_channels(struct oracle *o, const struct look *l)
{
	const struct sim_effects *effects = &o->sim->effects;

	for (unsigned int i = 0; i < PAD_COUNT * PAD_CHANNELS; i++) {
		const unsigned int p = i / PAD_CHANNELS;
		const unsigned int c = i % PAD_CHANNELS;
		uint64_t *torn_us = &o->pad[p].torn_us[c];
		uint64_t *frozen_us = &o->pad[p].frozen_us[c];
		const double split_c = effects->temp_offset_c[p][0] - effects->temp_offset_c[p][1];
		const bool torn = effects->temp_open[p][c] || effects->temp_short[p][c] ||
				  (magnitude(split_c) >= SPLIT_C && !effects->temp_frozen[p][0] &&
				   !effects->temp_frozen[p][1]);
		const bool frozen = effects->temp_frozen[p][c] && expects(o, INVARIANT_FROZEN);

		if ((!torn && !frozen) || !o->device[DRIVE_COUNT].seen ||
		    !o->device[DRIVE_COUNT + 1].seen || effects->noise_pct[SIM_PORT_HEAT] != 0 ||
		    is_silent(o, DRIVE_COUNT) || is_silent(o, DRIVE_COUNT + 1)) {
			*torn_us = 0;
			*frozen_us = 0;
			continue;
		}
		o->heat_fault_ever = true;
		*frozen_us += (o->sim->plant.heat.heating >> p & 1U) != 0 ? l->dt_us : 0;
		if (!torn) {
			*torn_us = 0;
		} else if (*torn_us == 0) {
			*torn_us = l->now_us;
		}
		if ((torn && l->now_us - *torn_us > BAD_US) || *frozen_us > FROZEN_US) {
			o->heat_latched_us = o->heat_latched ? o->heat_latched_us : l->now_us;
			o->heat_latched = true;
			o->heat_frozen = !torn;
			leave(o, torn ? LEAVE_HEAT : LEAVE_FROZEN, l->now_us);
		}
	}
}

static void track_leaving(struct oracle *o, const struct look *l)
{
	if (o->seat_empty_us != 0 && l->now_us - o->seat_empty_us > SEAT_US - 30 * MS) {
		o->resume_until_us = l->now_us + RESUME_US;
	}
	if (l->seated) {
		o->seat_empty_us = 0;
	} else if (o->seat_empty_us == 0) {
		o->seat_empty_us = l->now_us;
	} else if (l->now_us - o->seat_empty_us > SEAT_US) {
		leave(o, LEAVE_SEAT, l->now_us);
	}
	if (!is_on(l->inputs, SWITCH_SERVICE_KEY) || !expects(o, INVARIANT_KEY)) {
		o->key_us = 0;
	} else {
		o->key_us = o->key_us == 0 ? l->now_us : o->key_us;
		leave(o, LEAVE_KEY, l->now_us);
	}
	if (sim_effect(&o->sim->effects, SIM_FAULT_LEG_GUARD) && !l->deaf && o->powered) {
		o->leg_us = o->leg_us == 0 ? l->now_us : o->leg_us;
		o->leg_latched = o->alive_cycles >= 3 || o->leg_latched;
		leave(o, LEAVE_LEG_GUARD, l->now_us);
	} else {
		o->leg_us = 0;
	}
	track_channels(o, l);
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		if (o->roller[r].high_us != 0 && l->now_us - o->roller[r].high_us > 250 * MS) {
			leave(o, LEAVE_FORCE, l->now_us);
		}
	}
}

/* The session is over, or never was: what comes next needs a new act. */
static void end_licence(struct oracle *o, const struct look *l)
{
	o->licence = LICENCE_NONE;
	o->idle_us = l->now_us;
	o->leave = LEAVE_NONE;
	o->licence_until_us = 0;
}

static void track_given(struct oracle *o, const struct look *l)
{
	if (l->enabled != 0) {
		o->licence = LICENCE_ACTIVE;
		o->preheat_until_us = 0;
		if (o->licensed_us >= o->leave_us) {
			o->leave = LEAVE_NONE;
		} else if (o->leave != LEAVE_NONE) {
			o->licence_until_us = 0;
		}
	} else if (l->now_us > o->licence_until_us) {
		end_licence(o, l);
	}
}

static void track_active(struct oracle *o, const struct look *l)
{
	const bool over = o->disabled_us != 0 && l->now_us - o->disabled_us > 300 * MS;

	if (over && l->closed && !l->welded && o->powered && !rollers_are_off(o)) {
		blame_rollers(o, l, INVARIANT_OFF_AT_END);
	}
	if (!over && l->closed) {
		return;
	}
	if (o->licence_until_us > l->now_us && l->closed) {
		o->licence = LICENCE_GIVEN; /* asked anew as the last one ended */
		o->session_us = 0;
		o->leave = LEAVE_NONE;
		o->work_us = 0;
	} else {
		end_licence(o, l);
	}
}

/* Asked anew while the last session's rollers were leaving. What goes on with heat alone may show
 * nothing for long. */
static bool goes_on(const struct oracle *o, const struct look *l)
{
	const uint64_t left_us = l->now_us - o->leave_us;

	if (o->licence == LICENCE_ACTIVE && o->leave == LEAVE_PAUSE && o->resumes &&
	    o->licensed_us > o->leave_us && l->now_us > o->deadline_us) {
		return true;
	}
	return o->licence == LICENCE_ACTIVE && o->leave != LEAVE_NONE &&
	       o->licence_until_us > l->now_us &&
	       ((l->working && left_us > REACT_US) ||
		(o->sim->plant.heat.heating != 0 && left_us > 150 * MS));
}

static void track_licence(struct oracle *o, const struct look *l)
{
	if (l->working) {
		o->worked_us = l->now_us;
	}
	if (l->enabled != 0) {
		o->disabled_us = 0;
	} else if (o->disabled_us == 0) {
		o->disabled_us = l->now_us;
	}
	if (o->licence == LICENCE_GIVEN) {
		track_given(o, l);
	} else if (o->licence == LICENCE_ACTIVE) {
		track_active(o, l);
	}
	if (goes_on(o, l)) {
		o->leave = LEAVE_NONE;
		o->work_us = 0;
		o->session_us = o->resumes ? o->session_us : 0;
	}
	if (o->licence == LICENCE_ACTIVE && o->leave == LEAVE_NONE) {
		if (l->now_us - o->preheat_us > SECOND) {
			o->preheat_until_us = 0; /* refused: a session goes on */
		}
		o->session_us += l->dt_us;
		if (o->session_us > SESSION_US) {
			broke(o, INVARIANT_SESSION_TIME);
		}
	}
}

/* Which rule forbids the motion that nobody asked for. */
static enum invariant reason(const struct oracle *o, const struct look *l)
{
	const uint64_t now_us = l->now_us;

	if (o->heat_latched) {
		return o->heat_frozen ? INVARIANT_FROZEN : INVARIANT_HEAT_FAULT;
	}
	if (!l->seated) {
		return INVARIANT_SEAT_START;
	}
	if (o->leg_latched) {
		return INVARIANT_LEG_GUARD_TRAVEL;
	}
	if (o->key_us != 0) {
		return INVARIANT_KEY;
	}
	if (button_is_stuck(o, now_us)) {
		return INVARIANT_STUCK;
	}
	if (o->person.refused) {
		return INVARIANT_REFUSED;
	}
	if (o->power_lost) {
		return INVARIANT_POWER_RETURN;
	}
	if (o->ack_blocks || (o->acknowledged_us != 0 && now_us - o->acknowledged_us < ACT_US)) {
		return INVARIANT_ACKNOWLEDGED;
	}
	if (o->late_resume_us != 0 && now_us - o->late_resume_us < ACT_US) {
		return INVARIANT_RESUME;
	}
	if (o->ask_us != 0 && now_us - o->ask_us < ACT_US) {
		return INVARIANT_ASK;
	}
	return o->acted ? INVARIANT_UNASKED : INVARIANT_AFTER_POWER;
}

static const enum invariant by_leave[] = {
	[LEAVE_NONE] = INVARIANT_UNASKED,     [LEAVE_STOP] = INVARIANT_STOPPED,
	[LEAVE_PAUSE] = INVARIANT_STOPPED,    [LEAVE_SEAT] = INVARIANT_SEAT,
	[LEAVE_KEY] = INVARIANT_KEY,	      [LEAVE_LEG_GUARD] = INVARIANT_LEG_GUARD_TRAVEL,
	[LEAVE_HEAT] = INVARIANT_HEAT_FAULT,  [LEAVE_FROZEN] = INVARIANT_FROZEN,
	[LEAVE_FORCE] = INVARIANT_FORCE_HIGH,
};

static void judge_motion(struct oracle *o, const struct look *l)
{
	/* What is latched has its own rule: power off. */
	if (o->licence != LICENCE_ACTIVE && l->enabled != 0 && o->latched == 0 &&
	    l->now_us - o->idle_us > EXCHANGE_US + RELAY_FALLS_US) {
		broke(o, reason(o, l));
	}
	if (o->licence == LICENCE_NONE || o->leave == LEAVE_NONE) {
		return;
	}
	if (l->working && l->now_us - o->leave_us > REACT_US) {
		broke(o, by_leave[o->leave]);
	}
	if (l->now_us > o->deadline_us && !l->off && !rollers_are_off(o)) {
		blame_rollers(o, l, INVARIANT_RETRACT);
	}
}

static void judge_leg_guard(struct oracle *o, const struct look *l)
{
	const struct plant *plant = &o->sim->plant;

	if (o->leg_us == 0 || l->now_us - o->leg_us < 100 * MS ||
	    (o->wire_us != 0 && l->now_us - o->wire_us < 150 * MS) || l->mute != 0 ||
	    o->latched != 0 || l->now_us - o->edge_us > 15 * MS) { /* power is about to go */
		return;
	}
	for (unsigned int r = ROLLER_LEG_LEFT; r <= ROLLER_LEG_RIGHT; r++) {
		const unsigned int depth = LANE_DEPTH + r;

		if (drives_out(o, l, LANE_TRAVEL + r) ||
		    (lane_enabled(o, l, depth) && !roller_is_off(o, r) &&
		     plant->command.target_rpm[depth] >= 0.0)) {
			broke(o, INVARIANT_LEG_GUARD);
		}
	}
}

/* ---- force ---- */

static void judge_force(struct oracle *o, const struct look *l, unsigned int r)
{
	const struct plant *plant = &o->sim->plant;
	const unsigned int depth = LANE_DEPTH + r;
	const double at_mm = plant->pos_mm[depth];
	const double net_n = plant->motor_n[depth] - plant->mech.spring_n[depth] -
			     plant->mech.spring_n_mm[depth] * at_mm;
	struct oracle_roller *roller = &o->roller[r];
	const double moved_mm = magnitude(plant->body.push_mm[r] - roller->push_mm);

	if (moved_mm > 0.0 || o->was_seated != l->seated) {
		roller->body_us = l->now_us;
	}
	roller->push_mm = plant->body.push_mm[r];
	roller->peak_n = plant->contact_max_n[r];
	if (net_n > FORCE_MAX_N + 0.05) {
		broke(o, INVARIANT_FORCE_MOTOR);
	}
	if (net_n <= FORCE_HIGH_N || !l->closed) {
		roller->high_us = 0;
	} else if (roller->high_us == 0) {
		roller->high_us = l->now_us;
	}
	if (roller->peak_n > FORCE_MAX_N + MOMENTUM_N && at_mm > AT_STOP_MM &&
	    lane_enabled(o, l, depth) && !plant->blocked[depth] &&
	    (roller->body_us == 0 || l->now_us - roller->body_us > BODY_US)) {
		broke(o, INVARIANT_FORCE_BODY);
	}
}

/* Out of a soft calf into a firm thigh the force overshoots: part of the knee's rule. */
static bool crosses_knee(const struct oracle *o, unsigned int r)
{
	const double travel_mm = o->sim->plant.pos_mm[LANE_TRAVEL + r];

	return (r == ROLLER_LEG_LEFT || r == ROLLER_LEG_RIGHT) && travel_mm > 220.0 &&
	       travel_mm < 340.0 && !expects(o, INVARIANT_KNEE);
}

/* Level 1 at first, a step in 10 s at most, never more than asked. */
static void judge_pressure(struct oracle *o, const struct look *l, unsigned int r)
{
	const struct oracle_roller *roller = &o->roller[r];
	const struct plant *plant = &o->sim->plant;
	uint64_t level;
	double over_n;

	if (o->licence != LICENCE_ACTIVE || o->work_us == 0 || plant->blocked[LANE_DEPTH + r] ||
	    plant->body.push_mm[r] > 0.0 || l->noise || crosses_knee(o, r) ||
	    (roller->body_us != 0 && l->now_us - roller->body_us < 3 * SECOND)) {
		return;
	}
	level = 1 + (l->now_us - o->work_us + 2 * SECOND) / (10 * SECOND);
	level = level < o->level ? level : o->level;
	level = level < LEVEL_MAX ? level : LEVEL_MAX;
	if (roller->peak_n - level_n[o->person.level_max] > PRESSURE_SLACK_N) {
		broke(o, INVARIANT_CEILING);
	}
	over_n = roller->peak_n - level_n[level];
	o->contact_over_n = over_n > o->contact_over_n ? over_n : o->contact_over_n;
	if (over_n > PRESSURE_SLACK_N) {
		broke(o, INVARIANT_PRESSURE);
	}
}

/* Looking for the body, over the whole track. */
static bool scans(const struct oracle *o, const struct look *l)
{
	return o->person.scans && is_homing(o, l);
}

static bool is_off_zone(const struct oracle *o, unsigned int r, double travel_mm)
{
	const double range_mm = reference_tracks[r].range_mm[AXIS_TRAVEL];
	const double from_mm = o->person.scans ? TRACK_MARGIN_MM : track_mm[r][0];
	const double to_mm = o->person.scans ? range_mm - TRACK_MARGIN_MM : track_mm[r][1];

	return travel_mm < from_mm - ZONE_SLACK_MM || travel_mm > to_mm + ZONE_SLACK_MM;
}

static void judge_place(struct oracle *o, const struct look *l, unsigned int r)
{
	const struct plant *plant = &o->sim->plant;
	const double travel_mm = plant->pos_mm[LANE_TRAVEL + r];
	const double contact_n = plant->contact_n[r];
	const bool leg = r == ROLLER_LEG_LEFT || r == ROLLER_LEG_RIGHT;
	const bool left = r == ROLLER_SEAT_LEFT || r == ROLLER_LEG_LEFT;
	struct oracle_roller *roller = &o->roller[r];

	const bool jammed =
		(plant->blocked[LANE_TRAVEL + r] && !expects(o, INVARIANT_CUT_NO_MOTION)) ||
		(o->roller[r].blind && !lane_enabled(o, l, LANE_DEPTH + r));

	if (contact_n < 2.0 || roller_is_off(o, r) || !l->closed || jammed ||
	    magnitude(travel_mm - roller->spot_mm) > 5.0) {
		roller->spot_us = l->now_us;
		roller->spot_mm = travel_mm;
	} else if (l->now_us - roller->spot_us > DWELL_US) {
		broke(o, INVARIANT_DWELL);
	}
	if (contact_n < PRESSES_N || !lane_enabled(o, l, LANE_DEPTH + r) || roller_is_off(o, r) ||
	    plant->blocked[LANE_DEPTH + r] || plant->body.push_mm[r] > 0.0 ||
	    o->licence == LICENCE_NONE || l->now_us - o->scan_us < SPRING_US) {
		return;
	}
	if (is_off_zone(o, r, travel_mm)) {
		broke(o, INVARIANT_OFF_ZONE);
	}
	if (leg && magnitude(travel_mm - KNEE_MM * plant->body.size) <
			   (o->person.scans ? KNEE_FOUND_MM : KNEE_KEPT_MM)) {
		broke(o, INVARIANT_KNEE);
	}
	if (r != ROLLER_BACK &&
	    (o->sides & (BIT(left ? SIDE_LEFT : SIDE_RIGHT) | BIT(SIDE_BOTH))) == 0) {
		broke(o, INVARIANT_SIDE);
	}
}

static void judge_sideways(struct oracle *o, const struct look *l, unsigned int r)
{
	const struct plant *plant = &o->sim->plant;
	const bool leaving = o->leave != LEAVE_NONE && l->now_us - o->leave_us > REACT_US;

	if (scans(o, l) && o->roller[r].peak_n > TOUCH_MAX_N && plant->body.push_mm[r] <= 0.0 &&
	    plant->pos_mm[LANE_DEPTH + r] > CLEAR_MM && !plant->blocked[LANE_DEPTH + r] &&
	    (o->roller[r].body_us == 0 || l->now_us - o->roller[r].body_us > BODY_US)) {
		broke(o, INVARIANT_SCAN);
	}
	if (magnitude(plant->vel_mm_s[LANE_TRAVEL + r]) > 2.0 && plant->contact_n[r] > 1.0 &&
	    plant->pos_mm[LANE_DEPTH + r] > CLEAR_MM && lane_enabled(o, l, LANE_TRAVEL + r) &&
	    (l->mute >> o->lane_drive[LANE_TRAVEL + r] & 1U) == 0 &&
	    (leaving || (is_homing(o, l) && !o->person.scans))) {
		broke(o, INVARIANT_SIDEWAYS);
	}
}

/* Was it at its stop since power came, so that the controller knows where it is? */
static void track_jam(struct oracle *o, const struct look *l, unsigned int r)
{
	struct oracle_roller *roller = &o->roller[r];
	const double depth_mm = o->sim->plant.pos_mm[LANE_DEPTH + r];

	if (!l->closed) {
		roller->met_us = 0;
		roller->blind = false;
	} else if (depth_mm < 1.0) {
		roller->met_us =
			roller->met_us == 0 && is_homing(o, l) ? l->now_us : roller->met_us;
		roller->blind = false;
	} else if (o->sim->plant.blocked[LANE_DEPTH + r] &&
		   (roller->met_us == 0 || l->now_us - roller->met_us < 1200 * MS)) {
		roller->blind = true;
	}
}

static void judge_rollers(struct oracle *o, const struct look *l)
{
	const struct plant *plant = &o->sim->plant;

	if (scans(o, l)) {
		o->scan_us = l->now_us;
	}

	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		if (o->licence == LICENCE_ACTIVE && o->work_us == 0 && l->working &&
		    !is_homing(o, l)) {
			o->work_us = l->now_us;
		}
		track_jam(o, l, r);
		judge_force(o, l, r);
		if (plant->contact_n[r] > OFF_N) {
			judge_pressure(o, l, r);
			judge_sideways(o, l, r);
		}
		judge_place(o, l, r);
		if (plant->blocked[LANE_DEPTH + r]) {
			o->roller[r].blocked_us = l->now_us;
		}
		if (!l->closed && l->now_us - o->closed_us > SPRING_US && !roller_is_off(o, r) &&
		    (o->roller[r].blocked_us == 0 ||
		     l->now_us - o->roller[r].blocked_us > SPRING_US)) {
			broke(o, INVARIANT_SPRING);
		}
	}
}

/* ---- heat ---- */

static void judge_pad(struct oracle *o, const struct look *l, unsigned int p, double dt_s)
{
	const struct plant_heat *heat = &o->sim->plant.heat;
	const bool may_heat = (o->sim->outputs >> (COIL_SSR_LOWER_BACK + p) & 1U) != 0;
	const double skin_c = heat->skin_c[p];
	struct oracle_pad *pad = &o->pad[p];

	if (may_heat) {
		pad->off_us = 0;
	} else if (pad->off_us == 0) {
		pad->off_us = l->now_us;
	}
	if (o->heat_steps % 10 == 0) {
		pad->minute_c[pad->seconds % 61] = heat->pad_c[p];
		pad->seconds++;
	}
	if (skin_c > 36.0) {
		pad->cem43 += dt_s / 60.0 * pow(skin_c < 43.0 ? 0.25 : 0.5, 43.0 - skin_c);
	}
	if (skin_c > SKIN_MAX_C) {
		broke(o, INVARIANT_SKIN_43);
	}
	if (pad->cem43 > DOSE_MAX) {
		broke(o, INVARIANT_DOSE);
	}
	if (o->heat_fault_ever) {
		return;
	}
	if (skin_c > SKIN_WARM_C) {
		broke(o, INVARIANT_SKIN_WARM);
	}
	if (heat->pad_c[p] > PAD_CAP_C) {
		broke(o, INVARIANT_PAD_CAP);
	}
}

static void judge_preheating(struct oracle *o)
{
	const struct plant_heat *heat = &o->sim->plant.heat;

	o->preheat_begun_us = o->preheat_us;
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		if ((heat->heating >> p & 1U) != 0 && heat->pad_c[p] > PREHEAT_CAP_C &&
		    !o->heat_fault_ever) {
			broke(o, INVARIANT_PREHEAT_CAP);
		}
	}
}

/* Is this heat anybody's wish? */
static void judge_wish(struct oracle *o, const struct look *l)
{
	/* A resume so soon after a pause that nothing has stopped yet shows by nothing but the
	 * heat. */
	const bool session = o->licence != LICENCE_NONE &&
			     (o->leave == LEAVE_NONE || l->now_us - o->leave_us <= 150 * MS ||
			      o->licensed_us > o->leave_us);
	const bool preheat = l->now_us <= o->preheat_until_us;

	if (o->licence == LICENCE_NONE && preheat) {
		judge_preheating(o);
	}
	if (preheat) {
		return;
	}
	if (o->seat_empty_us != 0 && l->now_us - o->seat_empty_us > SEAT_US + 150 * MS) {
		broke(o, INVARIANT_SEAT_HEAT);
	} else if (!session && l->now_us - o->idle_us > 150 * MS) {
		broke(o, o->leave != LEAVE_NONE ? by_leave[o->leave]
			 : o->heat_latched ? by_leave[o->heat_frozen ? LEAVE_FROZEN : LEAVE_HEAT]
			 : o->power_lost   ? INVARIANT_POWER_RETURN
					   : INVARIANT_UNASKED_HEAT);
	}
}

static void judge_heating(struct oracle *o, const struct look *l)
{
	const struct plant_heat *heat = &o->sim->plant.heat;
	const uint32_t asked = heat->heating & o->sim->outputs >> COIL_SSR_LOWER_BACK;

	/* A welded relay heats by itself while the others are proven; that must end soon. */
	o->proving_us = heat->heating == 0 || asked != 0 ? l->now_us : o->proving_us;
	if (asked == 0 && l->now_us - o->proving_us <= PROVING_US) {
		return;
	}
	if (o->person.no_heat && asked != 0) {
		broke(o, INVARIANT_NUMB);
	}
	if (heat->heating == 0 || (l->welded && l->deaf)) {
		return; /* the latter: two faults, and nothing left to switch it off with */
	}
	if (o->heat_latched && l->now_us - o->heat_latched_us > 150 * MS) {
		broke(o, o->heat_frozen ? INVARIANT_FROZEN : INVARIANT_HEAT_FAULT);
	}
	if (o->key_us != 0 && l->now_us - o->key_us > 150 * MS) {
		broke(o, INVARIANT_KEY);
	}
	judge_wish(o, l);
}

static void judge_heat(struct oracle *o, const struct look *l)
{
	const uint32_t steps = o->sim->plant.heat.steps;

	o->heat_fault_ever = o->heat_fault_ever || o->sim->effects.ssr_welded != 0;
	if (steps != o->heat_steps) {
		const double dt_s = 0.1 * (double)(steps - o->heat_steps);

		o->heat_steps = steps;
		for (unsigned int p = 0; p < PAD_COUNT; p++) {
			judge_pad(o, l, p, dt_s);
		}
	}
	judge_heating(o, l);
}

/* ---- a technician ---- */

/* What a lane is told: mm/s, a knead rpm. */
static double told(const struct oracle *o, unsigned int lane)
{
	const struct plant *plant = &o->sim->plant;
	const double rpm = plant->command.target_rpm[lane];

	return lane >= LANE_KNEAD ? rpm / REFERENCE_KNEAD_RATIO
				  : rpm * plant->mech.mm_s_per_rpm[lane];
}

/* Every lane that does more than leave. */
static void judge_jog(struct oracle *o, const struct look *l)
{
	unsigned int moving = 0;

	for (unsigned int lane = 0; lane < LANE_COUNT && l->enabled != 0; lane++) {
		const bool knead = lane >= LANE_KNEAD;

		if (!drives_out(o, l, lane)) {
			continue;
		}
		moving++;
		if (magnitude(told(o, lane)) > (knead ? SERVICE_RPM : SERVICE_MM_S)) {
			broke(o, INVARIANT_SERVICE_SLOW);
		}
		if (!knead && o->sim->plant.command.limit_n[lane] > SERVICE_LIMIT_N) {
			broke(o, INVARIANT_SERVICE_LIMIT);
		}
		if (l->now_us - o->held_us > HOLD_US + REACT_US) {
			broke(o, INVARIANT_SERVICE_HELD);
		}
		if (o->service_over_us != 0 && l->now_us - o->service_over_us > REACT_US) {
			broke(o, INVARIANT_SERVICE_OVER);
		}
	}
	/* The one that was let go is told by its next exchange, the other may be by this one. */
	if (moving <= 1) {
		o->two_us = 0;
	} else if (o->two_us == 0) {
		o->two_us = l->now_us;
	}
	if (o->two_us != 0 && l->now_us - o->two_us > 150 * MS) {
		broke(o, INVARIANT_SERVICE_ONE);
	}
}

static void judge_test(struct oracle *o, const struct look *l)
{
	const uint32_t asked = o->sim->outputs >> COIL_SSR_LOWER_BACK & (BIT(PAD_COUNT) - 1U);

	if (asked == 0 || (o->sim->outputs & BIT(COIL_HEAT_ENABLE)) == 0 || l->deaf) {
		return;
	}
	if ((asked & (asked - 1U)) != 0) {
		broke(o, INVARIANT_SERVICE_ONE);
	}
	if (o->service_over_us != 0 && l->now_us - o->service_over_us > 150 * MS) {
		broke(o, INVARIANT_SERVICE_OVER);
	}
}

static void judge_service(struct oracle *o, const struct look *l)
{
	if (!o->sim->key || l->seated || l->now_us - o->held_us > SILENT_US || !o->powered ||
	    !l->closed || anything_latched(o)) {
		service_is_over(o, l->now_us);
	}
	o->sits_down = o->sits_down || (!o->sim->key && is_on(l->edges, SWITCH_BUTTON_START));
	if (o->latched != 0 || l->welded || l->deaf || o->sits_down) {
		return; /* which have rules of their own */
	}
	judge_jog(o, l);
	judge_test(o, l);
}

bool oracle_look(struct oracle *o, uint64_t now_us)
{
	struct look l;

	assert(o != NULL);

	o->broken = 0;
	see(o, now_us, &l);
	if (l.closed != o->closed) {
		o->closed = l.closed;
		o->closed_us = now_us; /* or open since */
		o->power_lost = o->power_lost || (o->powered && !l.closed);
	}
	if (l.beat) {
		o->edge_before_us = o->edge_us;
		o->edge_us = now_us;
	}
	o->alive_cycles += o->powered ? 1U : 0U;
	track_devices(o, &l);
	judge_cuts(o, &l);
	judge_controller(o, &l);
	if (o->latched != 0) {
		if (o->preheat_until_us > now_us + 150 * MS) {
			o->preheat_until_us = now_us + 150 * MS; /* the relay is falling */
		}
		o->resume_until_us = 0;
	}
	track_leaving(o, &l);
	track_buttons(o, &l);
	track_licence(o, &l);
	if (o->person.technician) {
		judge_service(o, &l);
	} else {
		judge_motion(o, &l);
	}
	judge_leg_guard(o, &l);
	judge_rollers(o, &l);
	judge_heat(o, &l);
	if (o->ask_us != 0 && now_us - o->ask_us >= ASK_US) {
		o->asked_sides = 0;
		o->asked_level = 0;
	}
	o->inputs = l.inputs;
	o->was_seated = l.seated;
	o->edges = o->sim->chain.edges;
	o->now_us = now_us;
	return o->broken == 0;
}
