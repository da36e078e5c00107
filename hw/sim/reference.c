/* SPDX-License-Identifier: MIT */
#include "reference.h"

#include <errno.h>
#include <string.h>

#define DEPTH(r)  (LANE_DEPTH + ROLLER_##r)
#define TRAVEL(r) (LANE_TRAVEL + ROLLER_##r)
#define KNEAD(r)  (LANE_KNEAD + ROLLER_##r)

/* clang-format off */
const struct reference_device reference_devices[SIM_DEVICE_COUNT] = {
	{ "back_move",   SIM_DEVICE_DRIVE, 1, SIM_PORT_ROLLERS_A, { TRAVEL(BACK), KNEAD(BACK) } },
	{ "back_depth",  SIM_DEVICE_DRIVE, 2, SIM_PORT_ROLLERS_A, { DEPTH(BACK), LANE_SPARE } },
	{ "seat_depth",  SIM_DEVICE_DRIVE, 3, SIM_PORT_ROLLERS_A, { DEPTH(SEAT_LEFT), DEPTH(SEAT_RIGHT) } },
	{ "seat_travel", SIM_DEVICE_DRIVE, 4, SIM_PORT_ROLLERS_A, { TRAVEL(SEAT_LEFT), TRAVEL(SEAT_RIGHT) } },
	{ "seat_knead",  SIM_DEVICE_DRIVE, 5, SIM_PORT_ROLLERS_B, { KNEAD(SEAT_LEFT), KNEAD(SEAT_RIGHT) } },
	{ "leg_depth",   SIM_DEVICE_DRIVE, 6, SIM_PORT_ROLLERS_B, { DEPTH(LEG_LEFT), DEPTH(LEG_RIGHT) } },
	{ "leg_travel",  SIM_DEVICE_DRIVE, 7, SIM_PORT_ROLLERS_B, { TRAVEL(LEG_LEFT), TRAVEL(LEG_RIGHT) } },
	{ "leg_knead",   SIM_DEVICE_DRIVE, 8, SIM_PORT_ROLLERS_B, { KNEAD(LEG_LEFT), KNEAD(LEG_RIGHT) } },
	{ "temp_a", SIM_DEVICE_R4DCB08, 11, SIM_PORT_HEAT, { 0, 0 } },
	{ "temp_b", SIM_DEVICE_MB8ART,  12, SIM_PORT_HEAT, { 0, 0 } },
};

const struct reference_port reference_ports[SIM_PORT_COUNT] = {
	[SIM_PORT_ROLLERS_A] = { "rollers_a", 115200 },
	[SIM_PORT_ROLLERS_B] = { "rollers_b", 115200 },
	[SIM_PORT_HEAT]      = { "heat", 19200 }, /* the R4DCB08's fastest */
	[SIM_PORT_LINE]      = { "line", 115200 },
};

const struct reference_line reference_switches[SWITCH_COUNT] = {
	[SWITCH_ESTOP_CLOSED]       = { 5, false },
	[SWITCH_RELAY_FEEDBACK]     = { 6, false },
	[SWITCH_BACK_COVER_CLOSED]  = { 13, false },
	[SWITCH_LEG_GUARD_CLEAR]    = { 19, false },
	[SWITCH_THERMOSTATS_CLOSED] = { 26, false },
	[SWITCH_SEAT_OCCUPIED]      = { 16, false },
	[SWITCH_SERVICE_KEY]        = { 20, false },
	[SWITCH_BUTTON_STOP]        = { 21, true }, /* a normally closed contact */
	[SWITCH_BUTTON_START]       = { 12, false },
	[SWITCH_BUTTON_UP]          = { 7, false },
	[SWITCH_BUTTON_DOWN]        = { 8, false },
};

const struct reference_line reference_coils[COIL_COUNT] = {
	[COIL_HEARTBEAT]       = { 17, false },
	[COIL_HEAT_ENABLE]     = { 27, false },
	[COIL_SSR_LOWER_BACK]  = { 22, false },
	[COIL_SSR_GLUTE_LEFT]  = { 10, false },
	[COIL_SSR_GLUTE_RIGHT] = { 9, false },
	[COIL_SSR_LEG_LEFT]    = { 11, false },
	[COIL_SSR_LEG_RIGHT]   = { 0, false },
	[COIL_BEEPER]          = { 23, false },
	[COIL_LAMP]            = { 24, false },
};
/* clang-format on */

_Static_assert(SURFACE_LENGTH == 520 / SURFACE_PITCH_MM + 2, "a surface for every track");

/* 1 N moves 1 kg by 1000 mm/s^2: the plant does that factor. Stop stiffness and damping are as hard
 * as a 2.5 ms step can follow: an axis sinks into its stop by less than 0.3 mm at working current.
 */
const struct reference_axis reference_axes[AXIS_KIND_COUNT] = {
	[AXIS_TRAVEL] = {
		.mm_per_turn = 10.0,
		.n_per_a = 20.0,
		.mass_kg = 5.0,
		.damping_n_s_mm = 0.05,
		.friction_n = 8.0,
		.friction_per_n = 0.1,
		.stop_n_mm = 500.0,
		.stop_n_s_mm = 1.5,
	},
	[AXIS_DEPTH] = {
		.mm_per_turn = 2.5,
		.n_per_a = 4.0,
		.mass_kg = 2.0,
		.spring_n = 6.0,
		.spring_n_mm = 0.1,
		.damping_n_s_mm = 0.02,
		.stop_n_mm = 200.0,
		.stop_n_s_mm = 0.6,
	},
	[AXIS_KNEAD] = {
		.mm_per_turn = 1.0,
		.n_per_a = 1.0,
		.mass_kg = 10.0, /* 0.01 A per turn/s^2 */
		.damping_n_s_mm = 0.05,
		.friction_n = 0.4,
		.friction_per_n = 0.03,
		.stop_n_mm = 960.0, /* only felt when blocked by a fault */
		.stop_n_s_mm = 3.0,
	},
};

/* Travel 0 is the upper end of each track. Slopes stay under 0.07 mm/mm: 1.5 * rise / run. A person
 * sits: the lower end of the back's track is fixed to the body, as are the upper ends of the
 * others.
 */
const struct reference_track reference_tracks[ROLLER_COUNT] = {
	[ROLLER_BACK] = {
		.range_mm = { [AXIS_TRAVEL] = 320.0, [AXIS_DEPTH] = 50.0 },
		.point_count = 6, /* the hollow of the lumbar spine, the step onto the pelvis */
		.point_mm = { { 0.0, 12.6 }, { 45.0, 13.2 }, { 150.0, 18.0 }, { 215.0, 16.6 },
			      { 285.0, 13.4 }, { 320.0, 12.9 } },
		.upper = ZONE_LOWER_BACK,
		.lower = { ZONE_GLUTE_LEFT, ZONE_GLUTE_RIGHT },
		.border_mm = { 230.0, 270.0 },
		.fixed_mm = 320.0,
		.breath_mm = 0.4,
	},
	[ROLLER_SEAT_LEFT] = {
		.range_mm = { [AXIS_TRAVEL] = 160.0, [AXIS_DEPTH] = 45.0 },
		.point_count = 3, /* the sitting bone lies nearest */
		.point_mm = { { 0.0, 14.0 }, { 80.0, 12.0 }, { 160.0, 14.0 } },
		.upper = ZONE_GLUTE_LEFT,
		.lower = { ZONE_GLUTE_LEFT, ZONE_GLUTE_LEFT },
		.border_mm = { 60.0, 100.0 },
	},
	[ROLLER_SEAT_RIGHT] = {
		.range_mm = { [AXIS_TRAVEL] = 160.0, [AXIS_DEPTH] = 45.0 },
		.point_count = 3, /* the sitting bone lies nearest */
		.point_mm = { { 0.0, 14.0 }, { 80.0, 12.0 }, { 160.0, 14.0 } },
		.upper = ZONE_GLUTE_RIGHT,
		.lower = { ZONE_GLUTE_RIGHT, ZONE_GLUTE_RIGHT },
		.border_mm = { 60.0, 100.0 },
	},
	[ROLLER_LEG_LEFT] = {
		.range_mm = { [AXIS_TRAVEL] = 520.0, [AXIS_DEPTH] = 40.0 },
		.point_count = 6, /* thigh, hollow of the knee, calf */
		.point_mm = { { 0.0, 12.0 }, { 200.0, 10.6 }, { 270.0, 13.4 }, { 340.0, 10.6 },
			      { 430.0, 10.4 }, { 520.0, 12.0 } },
		.upper = ZONE_THIGH_LEFT,
		.lower = { ZONE_CALF_LEFT, ZONE_CALF_LEFT },
		.border_mm = { 250.0, 290.0 },
	},
	[ROLLER_LEG_RIGHT] = {
		.range_mm = { [AXIS_TRAVEL] = 520.0, [AXIS_DEPTH] = 40.0 },
		.point_count = 6, /* thigh, hollow of the knee, calf */
		.point_mm = { { 0.0, 12.0 }, { 200.0, 10.6 }, { 270.0, 13.4 }, { 340.0, 10.6 },
			      { 430.0, 10.4 }, { 520.0, 12.0 } },
		.upper = ZONE_THIGH_RIGHT,
		.lower = { ZONE_CALF_RIGHT, ZONE_CALF_RIGHT },
		.border_mm = { 250.0, 290.0 },
	},
};

/* Chosen so that a pad under a body needs about two minutes from 30 to 38 C, and so that a pad that
 * never switches off passes 43 C and reaches its thermostat. */
const struct reference_heat reference_heat = {
	.ambient_c = 22.0,
	.core_c = 36.5,
	.pad_start_c = 24.0,
	.skin_start_c = 32.0,
	.pad_w = 15.0,
	.pad_j_k = 190.0,
	.skin_j_k = 300.0,
	.pad_ambient_w_k = 0.12,
	.pad_open_w_k = 0.15,
	.pad_skin_w_k = 0.5,
	.perfusion_w_k = 1.0,
	.sensor_lag_s = { 3.0, 1.5 },
	.thermostat_open_c = 55.0,
	.thermostat_close_c = 45.0,
};

const double reference_stiffness_n_mm[ZONE_COUNT] = {
	[ZONE_LOWER_BACK] = 1.5,  [ZONE_GLUTE_LEFT] = 1.25, [ZONE_GLUTE_RIGHT] = 1.0,
	[ZONE_THIGH_LEFT] = 0.85, [ZONE_THIGH_RIGHT] = 0.8, [ZONE_CALF_LEFT] = 0.65,
	[ZONE_CALF_RIGHT] = 0.6,
};

const char *const reference_zone_words[ZONE_COUNT + 1] = {
	[ZONE_LOWER_BACK] = "lower_back",   [ZONE_GLUTE_LEFT] = "glute_left",
	[ZONE_GLUTE_RIGHT] = "glute_right", [ZONE_THIGH_LEFT] = "thigh_left",
	[ZONE_THIGH_RIGHT] = "thigh_right", [ZONE_CALF_LEFT] = "calf_left",
	[ZONE_CALF_RIGHT] = "calf_right",
};

const char *const reference_roller_words[ROLLER_COUNT + 1] = {
	[ROLLER_BACK] = "back",
	[ROLLER_SEAT_LEFT] = "seat_left",
	[ROLLER_SEAT_RIGHT] = "seat_right",
	[ROLLER_LEG_LEFT] = "leg_left",
	[ROLLER_LEG_RIGHT] = "leg_right",
};

const char *const reference_axis_words[AXIS_COUNT + 1] = {
	[AXIS(ROLLER_BACK, AXIS_TRAVEL)] = "back_travel",
	[AXIS(ROLLER_BACK, AXIS_DEPTH)] = "back_depth",
	[AXIS(ROLLER_BACK, AXIS_KNEAD)] = "back_knead",
	[AXIS(ROLLER_SEAT_LEFT, AXIS_TRAVEL)] = "seat_left_travel",
	[AXIS(ROLLER_SEAT_LEFT, AXIS_DEPTH)] = "seat_left_depth",
	[AXIS(ROLLER_SEAT_LEFT, AXIS_KNEAD)] = "seat_left_knead",
	[AXIS(ROLLER_SEAT_RIGHT, AXIS_TRAVEL)] = "seat_right_travel",
	[AXIS(ROLLER_SEAT_RIGHT, AXIS_DEPTH)] = "seat_right_depth",
	[AXIS(ROLLER_SEAT_RIGHT, AXIS_KNEAD)] = "seat_right_knead",
	[AXIS(ROLLER_LEG_LEFT, AXIS_TRAVEL)] = "leg_left_travel",
	[AXIS(ROLLER_LEG_LEFT, AXIS_DEPTH)] = "leg_left_depth",
	[AXIS(ROLLER_LEG_LEFT, AXIS_KNEAD)] = "leg_left_knead",
	[AXIS(ROLLER_LEG_RIGHT, AXIS_TRAVEL)] = "leg_right_travel",
	[AXIS(ROLLER_LEG_RIGHT, AXIS_DEPTH)] = "leg_right_depth",
	[AXIS(ROLLER_LEG_RIGHT, AXIS_KNEAD)] = "leg_right_knead",
};

const char *const reference_pad_words[PAD_COUNT + 1] = {
	[PAD_LOWER_BACK] = "lower_back",   [PAD_GLUTE_LEFT] = "glute_left",
	[PAD_GLUTE_RIGHT] = "glute_right", [PAD_LEG_LEFT] = "leg_left",
	[PAD_LEG_RIGHT] = "leg_right",
};

const char *const reference_port_words[SIM_PORT_COUNT + 1] = {
	[SIM_PORT_ROLLERS_A] = "rollers_a",
	[SIM_PORT_ROLLERS_B] = "rollers_b",
	[SIM_PORT_HEAT] = "heat",
	[SIM_PORT_LINE] = "line",
};

const char *const reference_switch_words[SWITCH_COUNT + 1] = {
	[SWITCH_ESTOP_CLOSED] = "estop_closed",
	[SWITCH_RELAY_FEEDBACK] = "relay_feedback",
	[SWITCH_BACK_COVER_CLOSED] = "back_cover_closed",
	[SWITCH_LEG_GUARD_CLEAR] = "leg_guard_clear",
	[SWITCH_THERMOSTATS_CLOSED] = "thermostats_closed",
	[SWITCH_SEAT_OCCUPIED] = "seat_occupied",
	[SWITCH_SERVICE_KEY] = "service_key",
	[SWITCH_BUTTON_STOP] = "button_stop",
	[SWITCH_BUTTON_START] = "button_start",
	[SWITCH_BUTTON_UP] = "button_up",
	[SWITCH_BUTTON_DOWN] = "button_down",
};

const char *const reference_coil_words[COIL_COUNT + 1] = {
	[COIL_HEARTBEAT] = "heartbeat",
	[COIL_HEAT_ENABLE] = "heat_enable",
	[COIL_SSR_LOWER_BACK] = "ssr_lower_back",
	[COIL_SSR_GLUTE_LEFT] = "ssr_glute_left",
	[COIL_SSR_GLUTE_RIGHT] = "ssr_glute_right",
	[COIL_SSR_LEG_LEFT] = "ssr_leg_left",
	[COIL_SSR_LEG_RIGHT] = "ssr_leg_right",
	[COIL_BEEPER] = "beeper",
	[COIL_LAMP] = "lamp",
};

const char *const reference_button_words[5] = { "stop", "start", "up", "down" };

int reference_find_word(const char *const words[], const char *word)
{
	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], word) == 0) {
			return i;
		}
	}
	return -ENOENT;
}

int reference_find_device(uint8_t address)
{
	for (int i = 0; i < SIM_DEVICE_COUNT; i++) {
		if (reference_devices[i].address == address) {
			return i;
		}
	}
	return -ENOENT;
}
