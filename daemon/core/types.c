/* SPDX-License-Identifier: MIT */
#include "types.h"

#include <stddef.h>

/* Index @i of a table of @count words, "invalid" outside of it. */
static const char *word(const char *const table[], unsigned int count, unsigned int i)
{
	return i < count ? table[i] : "invalid";
}

#define WORDS(function, type, part, count, ...)                                                 \
	const char *function(type part)                                                         \
	{                                                                                       \
		static const char *const words[] = { __VA_ARGS__ };                             \
		_Static_assert(sizeof(words) / sizeof(words[0]) == (count), "a word for each"); \
		return word(words, (count), (unsigned int)(part));                              \
	}

/* clang-format off */
WORDS(zone_name, enum zone, zone, ZONE_COUNT,
      "lower_back", "glute_left", "glute_right", "thigh_left", "thigh_right", "calf_left",
      "calf_right")
WORDS(roller_name, enum roller, roller, ROLLER_COUNT,
      "back", "seat_left", "seat_right", "leg_left", "leg_right")
WORDS(axis_kind_name, enum axis_kind, kind, AXIS_KIND_COUNT, "travel", "depth", "knead")
WORDS(pad_name, enum pad, pad, PAD_COUNT,
      "lower_back", "glute_left", "glute_right", "leg_left", "leg_right")
WORDS(chair_switch_name, enum chair_switch, sw, SWITCH_COUNT,
      "estop_closed", "relay_feedback", "back_cover_closed", "leg_guard_clear",
      "thermostats_closed", "seat_occupied", "service_key", "button_stop", "button_start",
      "button_up", "button_down")
WORDS(chair_coil_name, enum chair_coil, coil, COIL_COUNT,
      "heartbeat", "heat_enable", "ssr_lower_back", "ssr_glute_left", "ssr_glute_right",
      "ssr_leg_left", "ssr_leg_right", "beeper", "lamp")
WORDS(side_name, enum side, side, SIDE_COUNT, "none", "left", "right", "both")
WORDS(technique_name, enum technique, technique, TECHNIQUE_COUNT,
      "rest", "stroke", "knead", "deep", "press", "roll", "flush")
/* clang-format on */
