/* SPDX-License-Identifier: MIT */
/* What a person may get, judged by how earlier sessions went: each rule at its boundaries. */
#include "core_fixture.h"
#include "guest.h"

#define HOUR_S UINT64_C(3600)
#define DAYS_S (30 * 24 * HOUR_S) /* long ago: limits nothing any more */
#define MOST   64

static const struct guest_rules plain = { .day_max = GUEST_DAY_MAX, .gap_s = GUEST_GAP_S };
static struct guest_session sessions[MOST];
static size_t count;

static int setup(void **state)
{
	(void)state;
	count = 0;
	return 0;
}

static void add(uint64_t ago_s, uint32_t seconds, uint8_t level, enum tolerance tolerance)
{
	assert_true(count < MOST);
	sessions[count++] = (struct guest_session){ ago_s, seconds, level, tolerance };
}

/* A session of long ago, long enough to count. */
static void was(enum tolerance tolerance, uint8_t level)
{
	add(DAYS_S, 900, level, tolerance);
}

static struct guest_standing judged(void)
{
	return guest_judge(sessions, count, &plain);
}

static void expect(enum person_refusal refusal, uint64_t wait_s)
{
	const struct guest_standing standing = judged();

	assert_int_equal(standing.refusal, refusal);
	assert_int_equal(standing.wait_s, wait_s);
}

static void expect_ceiling(uint8_t ceiling, uint8_t good_run)
{
	const struct guest_standing standing = judged();

	assert_int_equal(standing.ceiling, ceiling);
	assert_int_equal(standing.good_run, good_run);
}

static void every_word_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(person_refusal_name(PERSON_MAY), "may");
	assert_string_equal(person_refusal_name(PERSON_CHECK_IN_REFUSED), "check_in_refused");
	assert_string_equal(person_refusal_name(PERSON_RESTS), "rest_until");
	assert_string_equal(person_refusal_name(PERSON_DAILY_LIMIT), "daily_limit");
	assert_string_equal(person_refusal_name(PERSON_REFUSAL_COUNT), "invalid");
	assert_string_equal(tolerance_name(TOLERANCE_UNKNOWN), "unknown");
	assert_string_equal(tolerance_name(TOLERANCE_WORSE), "worse");
	assert_string_equal(tolerance_name(TOLERANCE_BAD), "bad");
	assert_string_equal(tolerance_name(TOLERANCE_GOOD), "good");
	assert_string_equal(tolerance_name(TOLERANCE_COUNT), "invalid");
}

static void expect_limits(const struct person *person, float set_max_c, uint8_t level_max,
			  bool gentle, float heat_max_c)
{
	const struct person_limits limits = guest_limits(person, set_max_c);

	assert_int_equal(limits.level_max, level_max);
	assert_int_equal(limits.gentle, gentle);
	assert_near(limits.heat_max_c, heat_max_c, 0.0f);
}

static void nobody_checked_in_gets_gentle_only(void **state)
{
	struct person person = { 0 };

	(void)state;
	expect_limits(&person, 41.0f, 2, true, 39.0f);
	person.ceiling = 5; /* means nothing without a check-in */
	expect_limits(&person, 41.0f, 2, true, 39.0f);
	person.ceiling = 1;
	expect_limits(&person, 41.0f, 2, true, 39.0f);
	expect_limits(&person, 38.5f, 2, true, 38.5f);
	expect_limits(&person, 39.0f, 2, true, 39.0f);
	person.no_heat = true;
	expect_limits(&person, 41.0f, 2, true, 0.0f);
}

static void who_has_checked_in_gets_what_the_ceiling_says(void **state)
{
	struct person person = { .checked_in = true };

	(void)state;
	for (uint8_t ceiling = 1; ceiling <= LEVEL_MAX; ceiling++) {
		person.ceiling = ceiling;
		expect_limits(&person, 41.0f, ceiling, false, 41.0f);
	}
	person.no_heat = true;
	expect_limits(&person, 41.0f, LEVEL_MAX, false, 0.0f);
}

static void gentle_never_gives_more_than_the_ceiling(void **state)
{
	struct person person = { .checked_in = true, .gentle = true };

	(void)state;
	person.ceiling = 1;
	expect_limits(&person, 41.0f, 1, true, 39.0f);
	person.ceiling = 2;
	expect_limits(&person, 41.0f, 2, true, 39.0f);
	person.ceiling = 3;
	expect_limits(&person, 41.0f, 2, true, 39.0f);
}

static void a_ceiling_that_is_none_gives_the_lowest_level(void **state)
{
	struct person person = { .checked_in = true };

	(void)state;
	expect_limits(&person, 41.0f, 1, false, 41.0f);
	person.ceiling = LEVEL_MAX + 1;
	expect_limits(&person, 41.0f, 1, false, 41.0f);
	person.gentle = true;
	person.ceiling = 0;
	expect_limits(&person, 41.0f, 1, true, 39.0f);
}

static void without_sessions_everything_is_open_at_the_first_ceiling(void **state)
{
	const struct guest_standing standing = guest_judge(NULL, 0, &plain);

	(void)state;
	assert_int_equal(standing.ceiling, 2);
	assert_int_equal(standing.refusal, PERSON_MAY);
	assert_int_equal(standing.wait_s, 0);
	assert_int_equal(standing.good_run, 0);
	assert_false(standing.see_doctor);
}

static void two_good_sessions_at_the_ceiling_raise_it_by_one(void **state)
{
	(void)state;
	was(TOLERANCE_GOOD, 2);
	expect_ceiling(2, 1);
	was(TOLERANCE_GOOD, 2);
	expect_ceiling(3, 0);
	was(TOLERANCE_GOOD, 2); /* below the ceiling of now */
	expect_ceiling(3, 0);
	was(TOLERANCE_GOOD, 3);
	expect_ceiling(3, 1);
	was(TOLERANCE_GOOD, 1); /* changes nothing, the run included */
	expect_ceiling(3, 1);
	was(TOLERANCE_GOOD, 4); /* above it is enough as well */
	expect_ceiling(4, 0);
}

static void the_ceiling_ends_at_the_highest_level(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		was(TOLERANCE_GOOD, LEVEL_MAX);
	}
	expect_ceiling(5, 0);
	was(TOLERANCE_GOOD, LEVEL_MAX);
	expect_ceiling(5, 1);
	was(TOLERANCE_GOOD, LEVEL_MAX);
	expect_ceiling(5, 0);
}

static void a_bad_or_worse_one_lowers_it_by_one_and_begins_the_run_anew(void **state)
{
	static const enum tolerance both[] = { TOLERANCE_BAD, TOLERANCE_WORSE };

	for (size_t i = 0; i < ARRAY_COUNT(both); i++) {
		assert_int_equal(setup(state), 0);
		was(TOLERANCE_GOOD, 2);
		was(both[i], 2);
		expect_ceiling(1, 0);
		was(TOLERANCE_GOOD, 1);
		expect_ceiling(1, 1);
		was(both[i], 1);
		expect_ceiling(1, 0); /* there is no level below */
		was(TOLERANCE_GOOD, 1);
		was(TOLERANCE_GOOD, 1);
		expect_ceiling(2, 0);
	}
}

static void a_session_without_a_check_out_changes_nothing(void **state)
{
	(void)state;
	was(TOLERANCE_GOOD, 2);
	was(TOLERANCE_UNKNOWN, 5);
	was(TOLERANCE_COUNT, 5); /* no such words */
	was((enum tolerance)(TOLERANCE_COUNT + 1), 5);
	expect_ceiling(2, 1);
	was(TOLERANCE_GOOD, 2);
	expect_ceiling(3, 0);
}

static void a_short_session_counts_for_nothing_good(void **state)
{
	(void)state;
	add(DAYS_S, GUEST_COUNTS_S - 1, 2, TOLERANCE_GOOD);
	expect_ceiling(2, 0);
	add(DAYS_S, GUEST_COUNTS_S, 2, TOLERANCE_GOOD);
	expect_ceiling(2, 1);
	add(DAYS_S, GUEST_COUNTS_S - 1, 2, TOLERANCE_BAD);
	expect_ceiling(1, 0);
	assert_int_equal(setup(state), 0);
	add(DAYS_S, 1, 2, TOLERANCE_WORSE);
	expect_ceiling(1, 0);
	add(DAYS_S, GUEST_COUNTS_S - 1, 1, TOLERANCE_GOOD); /* nor does it break the row */
	add(DAYS_S, 1, 2, TOLERANCE_WORSE);
	assert_true(judged().see_doctor);
	add(DAYS_S, GUEST_COUNTS_S - 1, 1, TOLERANCE_GOOD);
	assert_true(judged().see_doctor);
}

static void worse_twice_in_a_row_sends_to_a_doctor_until_a_good_one(void **state)
{
	(void)state;
	was(TOLERANCE_WORSE, 2);
	assert_false(judged().see_doctor);
	was(TOLERANCE_UNKNOWN, 2); /* does not break the row */
	was(TOLERANCE_WORSE, 2);
	assert_true(judged().see_doctor);
	was(TOLERANCE_UNKNOWN, 2);
	was(TOLERANCE_BAD, 2); /* breaks the row, but is no good session */
	assert_true(judged().see_doctor);
	was(TOLERANCE_WORSE, 2);
	assert_true(judged().see_doctor);
	was(TOLERANCE_GOOD, 1);
	assert_false(judged().see_doctor);
	was(TOLERANCE_WORSE, 1); /* the first of a new row */
	assert_false(judged().see_doctor);
	was(TOLERANCE_WORSE, 1);
	assert_true(judged().see_doctor);
}

static void a_good_or_bad_one_breaks_the_row(void **state)
{
	static const enum tolerance both[] = { TOLERANCE_GOOD, TOLERANCE_BAD };

	for (size_t i = 0; i < ARRAY_COUNT(both); i++) {
		assert_int_equal(setup(state), 0);
		was(TOLERANCE_WORSE, 2);
		was(both[i], 1);
		was(TOLERANCE_WORSE, 2);
		assert_false(judged().see_doctor);
	}
	assert_int_equal(setup(state), 0);
	was(TOLERANCE_WORSE, 2);
	was(TOLERANCE_GOOD, 0); /* however low it was */
	was(TOLERANCE_WORSE, 2);
	assert_false(judged().see_doctor);
}

static void after_a_worse_one_the_body_rests_for_24_hours(void **state)
{
	(void)state;
	add(0, 60, 1, TOLERANCE_WORSE); /* however short it was */
	expect(PERSON_RESTS, 86400);
	sessions[0].ago_s = 86399;
	expect(PERSON_RESTS, 1);
	sessions[0].ago_s = 86400;
	expect(PERSON_MAY, 0);
	sessions[0].ago_s = 86401;
	expect(PERSON_MAY, 0);
}

static void of_two_rests_the_longer_one_counts(void **state)
{
	(void)state;
	add(HOUR_S, 60, 1, TOLERANCE_WORSE);
	add(2 * HOUR_S, 60, 1, TOLERANCE_WORSE);
	expect(PERSON_RESTS, 23 * HOUR_S);
	sessions[0].ago_s = 3 * HOUR_S;
	expect(PERSON_RESTS, 22 * HOUR_S);
}

static void between_two_sessions_lie_three_hours(void **state)
{
	(void)state;
	add(0, 900, 1, TOLERANCE_GOOD);
	expect(PERSON_DAILY_LIMIT, 10800);
	sessions[0].ago_s = 10799;
	expect(PERSON_DAILY_LIMIT, 1);
	sessions[0].ago_s = 10800;
	expect(PERSON_MAY, 0);
	sessions[0].tolerance = TOLERANCE_UNKNOWN;
	sessions[0].ago_s = 100;
	sessions[0].seconds = GUEST_COUNTS_S;
	expect(PERSON_DAILY_LIMIT, 10700);
	sessions[0].seconds = GUEST_COUNTS_S - 1;
	expect(PERSON_MAY, 0);
}

static void two_sessions_in_24_hours_are_enough(void **state)
{
	(void)state;
	add(86399, 900, 1, TOLERANCE_GOOD);
	add(5 * HOUR_S, 900, 1, TOLERANCE_UNKNOWN);
	expect(PERSON_DAILY_LIMIT, 1);
	sessions[0].ago_s = 86400;
	expect(PERSON_MAY, 0);
	sessions[0].ago_s = 10 * HOUR_S;
	expect(PERSON_DAILY_LIMIT, 14 * HOUR_S);
	/* the gap may be what is over last */
	sessions[0].ago_s = 23 * HOUR_S;
	sessions[1].ago_s = HOUR_S;
	expect(PERSON_DAILY_LIMIT, 2 * HOUR_S);
	sessions[1].ago_s = 2 * HOUR_S;
	expect(PERSON_DAILY_LIMIT, HOUR_S);
	sessions[1].ago_s = 2 * HOUR_S + 1;
	expect(PERSON_DAILY_LIMIT, HOUR_S);
}

static void short_sessions_in_between_do_not_count(void **state)
{
	(void)state;
	add(20 * HOUR_S, 900, 1, TOLERANCE_UNKNOWN);
	add(6 * HOUR_S, 900, 1, TOLERANCE_UNKNOWN);
	add(5 * HOUR_S, 299, 1, TOLERANCE_UNKNOWN);
	add(60, 299, 1, TOLERANCE_UNKNOWN);
	expect(PERSON_DAILY_LIMIT, 4 * HOUR_S);
	sessions[1].seconds = 299;
	expect(PERSON_MAY, 0);
}

static void of_more_sessions_than_allowed_the_newest_decide(void **state)
{
	(void)state;
	add(23 * HOUR_S, 900, 1, TOLERANCE_UNKNOWN);
	add(20 * HOUR_S, 900, 1, TOLERANCE_UNKNOWN);
	add(10 * HOUR_S, 900, 1, TOLERANCE_UNKNOWN);
	expect(PERSON_DAILY_LIMIT, 4 * HOUR_S);
}

static void stricter_rules_are_followed(void **state)
{
	const struct guest_rules strict = { .day_max = 1, .gap_s = 6 * HOUR_S };
	struct guest_standing standing;

	(void)state;
	add(5 * HOUR_S, 900, 1, TOLERANCE_UNKNOWN);
	expect(PERSON_MAY, 0);
	standing = guest_judge(sessions, count, &strict);
	assert_int_equal(standing.refusal, PERSON_DAILY_LIMIT);
	assert_int_equal(standing.wait_s, 19 * HOUR_S);
	standing = guest_judge(sessions, count,
			       &(struct guest_rules){ .day_max = 2, .gap_s = 6 * HOUR_S });
	assert_int_equal(standing.wait_s, HOUR_S);
}

static void the_rest_comes_before_the_daily_limit(void **state)
{
	(void)state;
	add(86400 - HOUR_S, 900, 1, TOLERANCE_WORSE);
	add(60, 900, 1, TOLERANCE_GOOD);
	expect(PERSON_RESTS, HOUR_S); /* although the other one lasts longer */
	sessions[0].ago_s = 86400;
	expect(PERSON_DAILY_LIMIT, 10740);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_word_has_a_name, setup),
		cmocka_unit_test_setup(nobody_checked_in_gets_gentle_only, setup),
		cmocka_unit_test_setup(who_has_checked_in_gets_what_the_ceiling_says, setup),
		cmocka_unit_test_setup(gentle_never_gives_more_than_the_ceiling, setup),
		cmocka_unit_test_setup(a_ceiling_that_is_none_gives_the_lowest_level, setup),
		cmocka_unit_test_setup(without_sessions_everything_is_open_at_the_first_ceiling,
				       setup),
		cmocka_unit_test_setup(two_good_sessions_at_the_ceiling_raise_it_by_one, setup),
		cmocka_unit_test_setup(the_ceiling_ends_at_the_highest_level, setup),
		cmocka_unit_test_setup(a_bad_or_worse_one_lowers_it_by_one_and_begins_the_run_anew,
				       setup),
		cmocka_unit_test_setup(a_session_without_a_check_out_changes_nothing, setup),
		cmocka_unit_test_setup(a_short_session_counts_for_nothing_good, setup),
		cmocka_unit_test_setup(worse_twice_in_a_row_sends_to_a_doctor_until_a_good_one,
				       setup),
		cmocka_unit_test_setup(a_good_or_bad_one_breaks_the_row, setup),
		cmocka_unit_test_setup(after_a_worse_one_the_body_rests_for_24_hours, setup),
		cmocka_unit_test_setup(of_two_rests_the_longer_one_counts, setup),
		cmocka_unit_test_setup(between_two_sessions_lie_three_hours, setup),
		cmocka_unit_test_setup(two_sessions_in_24_hours_are_enough, setup),
		cmocka_unit_test_setup(short_sessions_in_between_do_not_count, setup),
		cmocka_unit_test_setup(of_more_sessions_than_allowed_the_newest_decide, setup),
		cmocka_unit_test_setup(stricter_rules_are_followed, setup),
		cmocka_unit_test_setup(the_rest_comes_before_the_daily_limit, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
