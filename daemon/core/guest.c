/* SPDX-License-Identifier: MIT */
#include "guest.h"

#include <assert.h>

static const char *const refusal_names[] = { "may", "check_in_refused", "rest_until",
					     "daily_limit" };
_Static_assert(sizeof(refusal_names) / sizeof(refusal_names[0]) == PERSON_REFUSAL_COUNT,
	       "a name for each");

static const char *const tolerance_names[] = { "unknown", "worse", "bad", "good" };
_Static_assert(sizeof(tolerance_names) / sizeof(tolerance_names[0]) == TOLERANCE_COUNT,
	       "a name for each");

const char *person_refusal_name(enum person_refusal refusal)
{
	return (unsigned int)refusal < PERSON_REFUSAL_COUNT ? refusal_names[refusal] : "invalid";
}

const char *tolerance_name(enum tolerance tolerance)
{
	return (unsigned int)tolerance < TOLERANCE_COUNT ? tolerance_names[tolerance] : "invalid";
}

struct person_limits guest_limits(const struct person *person, float set_max_c)
{
	struct person_limits limits = {
		.level_max = GUEST_LEVEL_GENTLE,
		.gentle = true,
		.heat_max_c = set_max_c < GUEST_HEAT_GENTLE_C ? set_max_c : GUEST_HEAT_GENTLE_C,
	};

	assert(person != NULL);

	if (person->checked_in && !person->gentle) {
		limits.gentle = false;
		limits.level_max = person->ceiling;
		limits.heat_max_c = set_max_c;
	} else if (person->checked_in && person->ceiling < limits.level_max) {
		limits.level_max = person->ceiling;
	}
	if (limits.level_max < 1 || limits.level_max > LEVEL_MAX) {
		limits.level_max = 1; /* no such ceiling */
	}
	if (person->no_heat) {
		limits.heat_max_c = 0.0f;
	}
	return limits;
}
