/* SPDX-License-Identifier: MIT */
#include "program.h"

#include <assert.h>
#include <stddef.h>

#define GAP_MM 12.0f /* twice what a roller may stray from its zone, see roller.c */

/* [part][left, right]; the lower back has one zone for both. */
static const enum zone part_zones[PART_COUNT][2] = {
	[PART_LOWER_BACK] = { ZONE_LOWER_BACK, ZONE_LOWER_BACK },
	[PART_GLUTE] = { ZONE_GLUTE_LEFT, ZONE_GLUTE_RIGHT },
	[PART_THIGH] = { ZONE_THIGH_LEFT, ZONE_THIGH_RIGHT },
	[PART_CALF] = { ZONE_CALF_LEFT, ZONE_CALF_RIGHT },
};

uint8_t program_zones(uint8_t parts, enum side side)
{
	unsigned int zones = 0;

	for (unsigned int p = 0; p < PART_COUNT; p++) {
		if ((parts >> p & 1U) == 0) {
			continue;
		}
		if (side == SIDE_LEFT || side == SIDE_BOTH) {
			zones |= 1U << (unsigned int)part_zones[p][0];
		}
		if (side == SIDE_RIGHT || side == SIDE_BOTH) {
			zones |= 1U << (unsigned int)part_zones[p][1];
		}
	}
	return (uint8_t)zones;
}

bool program_phase_adjoins(const struct chair_config *config, const struct program_phase *phase)
{
	const unsigned int zones = program_zones(phase->parts, SIDE_BOTH);

	if (phase->steered) {
		return true; /* one spot of one zone at a time */
	}
	for (unsigned int i = 0; i < ZONE_COUNT * ZONE_COUNT; i++) {
		const struct zone_config *a = &config->zone[i / ZONE_COUNT];
		const struct zone_config *b = &config->zone[i % ZONE_COUNT];
		const bool both = (zones >> i / ZONE_COUNT & zones >> i % ZONE_COUNT & 1U) != 0;

		if (both && a->roller == b->roller && b->from_mm - a->to_mm > GAP_MM) {
			return false;
		}
	}
	return true;
}

uint32_t program_duration_s(const struct program *program)
{
	uint32_t sum_s = 0;

	assert(program != NULL);

	for (unsigned int i = 0; i < program->phase_count; i++) {
		sum_s += program->phases[i].duration_s;
	}
	return sum_s;
}

unsigned int program_locate(const struct program *program, uint64_t elapsed_us,
			    uint64_t duration_us, uint64_t *ret_left_us)
{
	const uint64_t whole_s = program_duration_s(program);
	uint64_t end_us = 0;

	assert(whole_s > 0);
	assert(ret_left_us != NULL);

	for (unsigned int i = 0; i < program->phase_count; i++) {
		end_us += program->phases[i].duration_s * duration_us / whole_s;
		if (elapsed_us < end_us) {
			*ret_left_us = end_us - elapsed_us;
			return i;
		}
	}
	*ret_left_us = 0;
	return program->phase_count;
}

uint64_t program_phase_start_us(const struct program *program, unsigned int index,
				uint64_t duration_us)
{
	const uint64_t whole_s = program_duration_s(program);
	uint64_t start_us = 0;

	assert(whole_s > 0);
	assert(index <= program->phase_count);

	for (unsigned int i = 0; i < index; i++) {
		start_us += program->phases[i].duration_s * duration_us / whole_s;
	}
	return start_us;
}

uint8_t program_level(const struct program_phase *phase, uint8_t level)
{
	const int sum = (int)level + phase->level_offset;

	if (sum < 1) {
		return 1;
	}
	return sum > phase->level_max ? phase->level_max : (uint8_t)sum;
}

enum technique program_technique(const struct program_phase *phase, bool gentle)
{
	const bool firm = phase->technique == TECHNIQUE_DEEP || phase->technique == TECHNIQUE_PRESS;

	return gentle && firm ? TECHNIQUE_KNEAD : phase->technique;
}
