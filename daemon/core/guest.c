/* SPDX-License-Identifier: MIT */
#include "guest.h"

#include <assert.h>

#define GOOD_RUN 2 /* raise the ceiling */

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
	if (limits.level_max == 0 || limits.level_max > LEVEL_MAX) {
		limits.level_max = 1; /* no such ceiling */
	}
	if (person->no_heat) {
		limits.heat_max_c = 0.0f;
	}
	return limits;
}

static uint64_t left_s(uint64_t ago_s, uint64_t limit_s)
{
	return ago_s < limit_s ? limit_s - ago_s : 0;
}

static uint64_t longer_s(uint64_t a_s, uint64_t b_s)
{
	return a_s > b_s ? a_s : b_s;
}

static bool counts(const struct guest_session *session)
{
	return session->seconds >= GUEST_COUNTS_S;
}

static void lower(struct guest_standing *standing)
{
	standing->good_run = 0;
	if (standing->ceiling > 1) {
		standing->ceiling--;
	}
}

static void take_good(const struct guest_session *session, struct guest_standing *standing)
{
	standing->see_doctor = false;
	if (session->level < standing->ceiling) {
		return; /* what it did at the ceiling is not known */
	}
	standing->good_run++;
	if (standing->good_run == GOOD_RUN) {
		standing->good_run = 0;
		if (standing->ceiling < LEVEL_MAX) {
			standing->ceiling++;
		}
	}
}

/* What one session changes. @worse: the last one that tells anything was worse. */
static void learn(const struct guest_session *session, struct guest_standing *standing, bool *worse)
{
	switch (session->tolerance) {
	case TOLERANCE_WORSE:
		lower(standing);
		standing->see_doctor = standing->see_doctor || *worse;
		*worse = true;
		break;
	case TOLERANCE_BAD:
		lower(standing);
		*worse = false;
		break;
	case TOLERANCE_GOOD:
		if (counts(session)) { /* a short one shows nothing good */
			take_good(session, standing);
			*worse = false;
		}
		break;
	case TOLERANCE_UNKNOWN:
	case TOLERANCE_COUNT:
		break;
	}
}

/* Until the rest after a session that made it worse is over. */
static uint64_t rest_left_s(const struct guest_session *session)
{
	return session->tolerance == TOLERANCE_WORSE ? left_s(session->ago_s, GUEST_REST_S) : 0;
}

/* Until the gap and the day's limit are over. */
static uint64_t daily_left_s(const struct guest_session *sessions, size_t count,
			     const struct guest_rules *rules)
{
	uint64_t wait_s = 0;
	size_t counted = 0;

	for (size_t i = count; i > 0; i--) {
		const struct guest_session *session = &sessions[i - 1];

		if (!counts(session)) {
			continue;
		}
		if (counted == 0) {
			wait_s = left_s(session->ago_s, rules->gap_s);
		}
		counted++;
		if (counted == rules->day_max) {
			wait_s = longer_s(wait_s, left_s(session->ago_s, GUEST_DAY_S));
		}
	}
	return wait_s;
}

struct guest_standing guest_judge(const struct guest_session *sessions, size_t count,
				  const struct guest_rules *rules)
{
	struct guest_standing standing = { .ceiling = GUEST_LEVEL_FIRST };
	uint64_t rest_s = 0;
	bool worse = false;

	assert(sessions != NULL || count == 0);
	assert(rules != NULL);
	assert(rules->day_max >= 1 && rules->day_max <= GUEST_DAY_MAX);
	assert(rules->gap_s >= GUEST_GAP_S);

	for (size_t i = 0; i < count; i++) {
		learn(&sessions[i], &standing, &worse);
		rest_s = longer_s(rest_s, rest_left_s(&sessions[i]));
	}
	if (rest_s > 0) {
		standing.refusal = PERSON_RESTS;
		standing.wait_s = rest_s;
		return standing;
	}
	standing.wait_s = daily_left_s(sessions, count, rules);
	standing.refusal = standing.wait_s > 0 ? PERSON_DAILY_LIMIT : PERSON_MAY;
	return standing;
}
