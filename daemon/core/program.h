/* SPDX-License-Identifier: MIT */
/*
 * program.h - phases -> what each zone should get now.
 */
#ifndef CORE_PROGRAM_H
#define CORE_PROGRAM_H

#include "config.h"

/* Index of the phase at @elapsed_us of a session that lasts @duration_us (all phases stretched
 * alike), and what is left of it; phase_count and 0 when the program is over. */
unsigned int program_locate(const struct program *program, uint64_t elapsed_us,
			    uint64_t duration_us, uint64_t *ret_left_us);

/* Where phase @index begins in a session stretched to @duration_us; its end for phase_count. */
uint64_t program_phase_start_us(const struct program *program, unsigned int index,
				uint64_t duration_us);

/* The level that a phase uses for a person at @level, 1..LEVEL_MAX. */
uint8_t program_level(const struct program_phase *phase, uint8_t level);

/* What a phase does in a session that is gentle only, or not: deep and press become knead. */
enum technique program_technique(const struct program_phase *phase, bool gentle);

#endif /* CORE_PROGRAM_H */
