/* SPDX-License-Identifier: MIT */
/* The running check-in: how long it lasts, whose session it is, and what the control thread hears.
 */
#include "visit.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define TICK_US	 UINT64_C(100000)
#define START_US (1000 * S_US)

static char directory[64];
static struct history *history;
static struct setup setup;
static struct check_in *questions;
static struct after_care *care;
static struct visit *visit;
static struct control_snapshot snapshot; /* large */
static uint64_t now_us;
static time_t wall_s;

/* Before the C library's own: every clock follows the test's time. */
time_t time(time_t *ret)
{
	const time_t now_s = wall_s + (time_t)(now_us / S_US);

	if (ret != NULL) {
		*ret = now_s;
	}
	return now_s;
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	(void)clock;
	*ret = (struct timespec){ .tv_sec = (time_t)(now_us / S_US) };
	return 0;
}

int adjtimex(struct timex *state)
{
	state->status = 0;
	return TIME_OK;
}

static void tick(uint64_t seconds)
{
	const uint64_t until_us = now_us + seconds * S_US;

	while (now_us < until_us) {
		now_us += TICK_US;
		snapshot.now_us = now_us;
		if (snapshot.session.running) {
			snapshot.session.now.done_us += TICK_US;
		}
		visit_tick(visit, &snapshot, now_us);
	}
}

static void sit(bool seated)
{
	snapshot.in.switches = seated ? 1U << SWITCH_SEAT_OCCUPIED : 0;
}

static struct guest_profile added(const char *name)
{
	struct guest_profile profile = { 0 };

	(void)snprintf(profile.name, sizeof(profile.name), "%s", name);
	assert_int_equal(guests_add(history, &profile, &profile.id), 0);
	return profile;
}

/* Check in, one answer changed. @profile NULL: without one. */
static struct visit_answer checked_in(const struct guest_profile *profile, const char *key,
				      json_t *value)
{
	json_t *answers = json_pack(
		"{s:i, s:s, s:[s], s:s, s:s, s:s, s:[], s:[], s:[], s:[], s:s}", "pain", 4, "side",
		"left", "where", "buttock", "cause", "piriformis", "moved_down", "no", "onset",
		"longer", "red_flags", "never", "ask_first", "skin", "new_numbness", "no");
	struct visit_answer answer;
	const char *field = NULL;

	if (key != NULL) {
		(void)json_object_set_new(answers, key, value);
	}
	assert_int_equal(visit_check_in(visit, profile, answers, now_us, &answer, &field), 0);
	json_decref(answers);
	json_decref(answer.result.reasons);
	return answer;
}

static void event(enum chair_event_kind kind, uint32_t a)
{
	struct chair_event e = { .kind = kind, .a = a, .choice = snapshot.session.now };

	assert_int_equal(visit_event(visit, &e, &snapshot, now_us), 0);
}

static void start_session(void)
{
	snapshot.session.running = true;
	snapshot.session.rest = (struct session_choice){ 0 };
	event(CHAIR_EVENT_SESSION_STARTED, 0);
}

static void end_session(bool may_resume)
{
	snapshot.session.running = false;
	if (may_resume) {
		snapshot.session.rest = snapshot.session.now;
		snapshot.session.rest.chosen = true;
		snapshot.session.rest_until_us = now_us + LIMIT_RESUME_US;
	}
	event(CHAIR_EVENT_SESSION_ENDED, ENDED_STOPPED);
}

static void expect(bool active, enum person_refusal refusal)
{
	const struct person *person = visit_person(visit);

	assert_int_equal(visit_state(visit)->active, active);
	assert_int_equal(person->checked_in, active);
	assert_int_equal(person->refusal, refusal);
	if (!active) { /* nothing of the last one is left */
		assert_false(person->gentle || person->no_heat || person->scan);
		assert_int_equal(person->ceiling, 0);
	}
}

static void before_anybody_has_checked_in_it_is_gentle_only(void **state)
{
	(void)state;
	expect(false, PERSON_MAY);
	tick(1);
	expect(false, PERSON_MAY);
	assert_int_equal(visit_expires_s(visit, now_us), 0);
}

static void a_check_in_lasts_for_30_minutes(void **state)
{
	const struct guest_profile ana = added("Ana");

	(void)state;
	(void)checked_in(&ana, NULL, NULL);
	expect(true, PERSON_MAY);
	assert_int_equal(visit_person(visit)->ceiling, GUEST_LEVEL_FIRST);
	assert_true(visit_person(visit)->scan);
	assert_int_equal(visit_expires_s(visit, now_us), 1800);
	tick(1799);
	expect(true, PERSON_MAY);
	tick(1);
	expect(false, PERSON_MAY);
}

static void an_empty_seat_ends_it_after_2_minutes(void **state)
{
	const struct guest_profile ana = added("Ana");

	(void)state;
	(void)checked_in(&ana, NULL, NULL);
	tick(60);
	sit(false);
	tick(119);
	expect(true, PERSON_MAY);
	sit(true); /* in time */
	tick(1);
	sit(false);
	tick(119);
	expect(true, PERSON_MAY);
	tick(2);
	expect(false, PERSON_MAY);
	(void)checked_in(&ana, NULL, NULL); /* before sitting down: 2 minutes to do so */
	tick(119);
	expect(true, PERSON_MAY);
	tick(2);
	expect(false, PERSON_MAY);
}

static void it_serves_one_session_and_its_going_on(void **state)
{
	const struct guest_profile ana = added("Ana");

	(void)state;
	(void)checked_in(&ana, NULL, NULL);
	start_session();
	snapshot.session.level = 2;
	tick(1500); /* with the seat empty for a while, too: the chair sees to that */
	sit(false);
	tick(400);
	expect(true, PERSON_MAY); /* over 30 minutes after the answers */
	end_session(true);
	expect(true, PERSON_DAILY_LIMIT); /* going on is allowed by the core all the same */
	tick(119);
	expect(true, PERSON_DAILY_LIMIT);
	start_session();
	tick(10);
	end_session(false);
	tick(1);
	expect(false, PERSON_MAY); /* the next one without a name */
	(void)checked_in(&ana, NULL, NULL);
	expect(true, PERSON_DAILY_LIMIT);
}

static void a_session_that_cannot_go_on_ends_it_after_2_minutes(void **state)
{
	const struct guest_profile ana = added("Ana");

	(void)state;
	(void)checked_in(&ana, NULL, NULL);
	start_session();
	tick(30);
	end_session(true);
	tick(119);
	expect(true, PERSON_MAY); /* 30 seconds do not count */
	tick(2);
	expect(false, PERSON_MAY);
}

static void nobody_else_checks_in_while_a_session_runs(void **state)
{
	const struct guest_profile ana = added("Ana");
	json_t *answers = json_object();
	struct visit_answer answer;
	const char *field = NULL;

	(void)state;
	start_session();
	assert_int_equal(visit_check_in(visit, &ana, answers, now_us, &answer, &field), -EBUSY);
	assert_int_equal(visit_leave(visit, now_us), -EBUSY);
	json_decref(answers);
}

static void wrong_answers_change_nothing(void **state)
{
	const struct guest_profile ana = added("Ana");
	json_t *answers = json_pack("{s:i}", "pain", 3);
	struct visit_answer answer;
	const char *field = NULL;

	(void)state;
	(void)checked_in(&ana, NULL, NULL);
	assert_int_equal(visit_check_in(visit, &ana, answers, now_us, &answer, &field), -EINVAL);
	assert_non_null(field);
	expect(true, PERSON_MAY);
	json_decref(answers);
}

static void a_refused_one_refuses_sessions_without_a_check_in_too(void **state)
{
	const struct guest_profile ana = added("Ana");
	const struct guest_profile bo = added("Bo");
	struct visit_answer answer;

	(void)state;
	answer = checked_in(&ana, "red_flags", json_pack("[s]", "both_legs"));
	assert_int_equal(answer.result.decision, CHECK_IN_HELP_NOW);
	expect(false, PERSON_CHECK_IN_REFUSED);
	answer = checked_in(&ana, NULL, NULL);
	assert_true(answer.bound && answer.wait_s > 86000);
	answer = checked_in(NULL, NULL, NULL);
	assert_true(answer.bound);
	expect(false, PERSON_CHECK_IN_REFUSED);
	answer = checked_in(&bo, NULL, NULL);
	assert_false(answer.bound);
	expect(true, PERSON_MAY);
	assert_int_equal(visit_leave(visit, now_us), 0);
	expect(false, PERSON_MAY);
}

static void a_refused_one_ends_whose_check_in_stood_before(void **state)
{
	const struct guest_profile ana = added("Ana");
	const struct guest_profile bo = added("Bo");

	(void)state;
	(void)checked_in(&ana, NULL, NULL);
	(void)checked_in(&bo, "never", json_pack("[s]", "thrombosis"));
	expect(false, PERSON_CHECK_IN_REFUSED);
}

static void a_refusal_is_over_after_24_hours_by_itself(void **state)
{
	const struct guest_profile ana = added("Ana");

	(void)state;
	(void)checked_in(&ana, "never", json_pack("[s]", "thrombosis"));
	now_us += (86400 - 60) * S_US;
	tick(1);
	expect(false, PERSON_CHECK_IN_REFUSED);
	assert_true(visit_wait_s(visit) <= 60);
	tick(120);
	expect(false, PERSON_MAY);
	assert_int_equal(visit_wait_s(visit), 0);
}

static void gentle_and_no_heat_cross_over(void **state)
{
	const struct guest_profile ana = added("Ana");

	(void)state;
	(void)checked_in(&ana, "skin", json_pack("[s]", "diabetes"));
	assert_true(visit_person(visit)->no_heat);
	assert_false(visit_person(visit)->gentle);
	(void)checked_in(&ana, "pain", json_integer(9));
	assert_true(visit_person(visit)->gentle);
	assert_false(visit_person(visit)->no_heat);
}

static json_t *after(int pain, const char *numb)
{
	return json_pack("{s:i, s:s, s:s, s:s}", "pain_after", pain, "moved_down_after", "no",
			 "new_numbness_after", numb, "comfort", "right");
}

static enum tolerance checked_out(int64_t guest, json_t *answers)
{
	struct check_out_result result;
	struct guest_standing standing;
	const char *field = NULL;

	assert_int_equal(visit_check_out(visit, guest, answers, now_us, &result, &standing, &field),
			 0);
	json_decref(answers);
	return result.tolerance;
}

static void had_session(const struct guest_profile *profile, uint64_t seconds, uint8_t level)
{
	snapshot.session.now = (struct session_choice){ 0 };
	(void)checked_in(profile, NULL, NULL);
	start_session();
	snapshot.session.level = level;
	tick(seconds);
	end_session(false);
	tick(1);
}

static void a_worse_session_means_rest_and_two_of_them_a_gentle_one(void **state)
{
	const struct guest_profile ana = added("Ana");

	(void)state;
	had_session(&ana, 400, 2);
	assert_int_equal(checked_out(ana.id, after(6, "no")), TOLERANCE_WORSE);
	(void)checked_in(&ana, NULL, NULL);
	expect(true, PERSON_RESTS);
	assert_false(visit_person(visit)->gentle);
	assert_int_equal(visit_person(visit)->ceiling, 1);
	now_us += 86400 * S_US;
	had_session(&ana, 400, 1);
	assert_int_equal(checked_out(ana.id, after(0, "yes")), TOLERANCE_WORSE);
	now_us += 86400 * S_US;
	(void)checked_in(&ana, NULL, NULL);
	expect(true, PERSON_MAY);
	assert_true(visit_person(visit)->gentle); /* see a doctor */
}

static void the_ceiling_rises_after_two_good_sessions_at_it(void **state)
{
	const struct guest_profile ana = added("Ana");

	(void)state;
	for (int i = 0; i < 2; i++) {
		had_session(&ana, 400, 2);
		assert_int_equal(checked_out(ana.id, after(3, "no")), TOLERANCE_GOOD);
		now_us += 86400 * S_US;
	}
	(void)checked_in(&ana, NULL, NULL);
	assert_int_equal(visit_person(visit)->ceiling, 3);
}

static void without_a_profile_the_pain_is_remembered_for_the_check_out(void **state)
{
	struct check_out_result result;
	struct guest_standing standing;
	const char *field = NULL;
	json_t *answers = after(6, "no");

	(void)state;
	had_session(NULL, 400, 2);
	assert_int_equal(checked_out(0, after(6, "no")), TOLERANCE_WORSE);
	assert_int_equal(visit_check_out(visit, 0, answers, now_us, &result, &standing, &field),
			 -ENOENT);
	expect(false, PERSON_RESTS); /* everybody without a name */
	json_decref(answers);
}

static void a_correction_holds_for_the_check_in(void **state)
{
	const struct guest_profile ana = added("Ana");

	(void)state;
	visit_correct(visit, ROLLER_BACK, 20.0f); /* nobody is there */
	assert_true(visit_person(visit)->correction_mm[ROLLER_BACK] <= 0.0f);
	(void)checked_in(&ana, NULL, NULL);
	assert_true(visit_person(visit)->correction_mm[ROLLER_BACK] <= 0.0f);
	visit_correct(visit, ROLLER_BACK, -20.0f);
	tick(120);
	assert_true(visit_person(visit)->correction_mm[ROLLER_BACK] < -19.9f);
}

static void a_guest_who_is_no_more_has_no_check_in_either(void **state)
{
	const struct guest_profile ana = added("Ana");
	const struct guest_profile bo = added("Bo");

	(void)state;
	(void)checked_in(&ana, NULL, NULL);
	visit_forget(visit, bo.id, now_us);
	expect(true, PERSON_MAY);
	visit_forget(visit, ana.id, now_us);
	expect(false, PERSON_MAY);
}

static void five_wrong_pins_a_minute_are_enough(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_true(visit_may_try_pin(visit, now_us));
		visit_wrong_pin(visit, now_us);
		tick(1);
	}
	assert_false(visit_may_try_pin(visit, now_us));
	tick(54);
	assert_false(visit_may_try_pin(visit, now_us));
	tick(1);
	assert_true(visit_may_try_pin(visit, now_us));
}

static void reminders_come_once_each_after_a_session(void **state)
{
	const struct guest_profile ana = added("Ana");
	const char *id = NULL;
	json_t *text = NULL;
	unsigned int minutes = 0;

	(void)state;
	assert_true(after_care_reminder(care, 0, &minutes, &id, &text));
	assert_false(visit_reminder(visit, now_us, &id, &text));
	had_session(&ana, 60, 1);
	now_us += (minutes * 60 - 2) * S_US;
	assert_false(visit_reminder(visit, now_us, &id, &text));
	now_us += S_US;
	assert_true(visit_reminder(visit, now_us, &id, &text));
	assert_false(visit_reminder(visit, now_us, &id, &text));
}

static void without_a_store_everything_is_gentle(void **state)
{
	struct visit *poor = visit_new(NULL, &setup, questions, care);
	json_t *answers = json_object();
	struct visit_answer answer;
	const char *field = NULL;

	(void)state;
	assert_non_null(poor);
	visit_tick(poor, &snapshot, now_us);
	assert_false(visit_person(poor)->checked_in);
	assert_int_equal(visit_person(poor)->refusal, PERSON_MAY);
	assert_int_equal(visit_check_in(poor, NULL, answers, now_us, &answer, &field), -ENOENT);
	json_decref(answers);
	visit_free(poor);
}

static int begin(void **state)
{
	bool set_aside;

	(void)state;
	memset(&snapshot, 0, sizeof(snapshot));
	memset(&setup, 0, sizeof(setup));
	(void)snprintf(setup.core.programs[0].id, sizeof(setup.core.programs[0].id), "piriformis");
	now_us = START_US;
	wall_s = 1800000000;
	sit(true);
	(void)snprintf(directory, sizeof(directory), "/tmp/test_visit.%d", (int)getpid());
	if (history_open(directory, &history, &set_aside) < 0) {
		return -1;
	}
	visit = visit_new(history, &setup, questions, care);
	visit_tick(visit, &snapshot, now_us);
	return 0;
}

static int end(void **state)
{
	DIR *dir;

	(void)state;
	visit_free(visit);
	history_close(history);
	dir = opendir(directory);
	if (dir == NULL) {
		return -1;
	}
	for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
		char path[400];

		(void)snprintf(path, sizeof(path), "%s/%s", directory, e->d_name);
		(void)unlink(path); /* "." and ".." are not unlinked */
	}
	(void)closedir(dir);
	return rmdir(directory);
}

static int load(void **state)
{
	struct schema_problems problems = { 0 };

	(void)state;
	if (check_in_load("config/check-in.yaml", &problems, &questions) < 0 ||
	    after_care_load("config/after-care.yaml", &problems, &care) < 0) {
		return -1;
	}
	schema_problems_free(&problems);
	return 0;
}

static int unload(void **state)
{
	(void)state;
	check_in_free(questions);
	after_care_free(care);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(before_anybody_has_checked_in_it_is_gentle_only),
		TEST(a_check_in_lasts_for_30_minutes),
		TEST(an_empty_seat_ends_it_after_2_minutes),
		TEST(it_serves_one_session_and_its_going_on),
		TEST(a_session_that_cannot_go_on_ends_it_after_2_minutes),
		TEST(nobody_else_checks_in_while_a_session_runs),
		TEST(wrong_answers_change_nothing),
		TEST(a_refused_one_refuses_sessions_without_a_check_in_too),
		TEST(a_refused_one_ends_whose_check_in_stood_before),
		TEST(a_refusal_is_over_after_24_hours_by_itself),
		TEST(gentle_and_no_heat_cross_over),
		TEST(a_worse_session_means_rest_and_two_of_them_a_gentle_one),
		TEST(the_ceiling_rises_after_two_good_sessions_at_it),
		TEST(without_a_profile_the_pain_is_remembered_for_the_check_out),
		TEST(a_correction_holds_for_the_check_in),
		TEST(a_guest_who_is_no_more_has_no_check_in_either),
		TEST(five_wrong_pins_a_minute_are_enough),
		TEST(reminders_come_once_each_after_a_session),
		TEST(without_a_store_everything_is_gentle),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
