/* SPDX-License-Identifier: MIT */
/*
 * Thirty days of one guest, good ones and bad ones, with the whole chair in virtual time: what the
 * check-in, the ceiling, the rest and the advice make of them, and that a red flag has no way
 * round.
 */
#include "guest_reports.h"
#include "virtual.h"
#include "visit.h"

#include <dirent.h>
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

#define HOUR_S	   3600
#define DAY_S	   86400
#define PROGRAM	   "gentle-sciatica"
#define SESSION_US (400 * S_US) /* long enough to count */

static char directory[64];
static struct setup setup;		 /* large */
static struct virtual_chair chair;	 /* large */
static struct control_snapshot snapshot; /* large */
static struct history *history;
static struct check_in *questions;
static struct after_care *care;
static struct visit *visit;
static struct guest_profile ana;
static time_t wall_s; /* of the chair's time 0: nights pass by moving it */

/* Before the C library's own: every clock follows the chair's time, the wall also the nights. */
time_t time(time_t *ret)
{
	const time_t now_s = wall_s + (time_t)(chair.now_us / S_US);

	if (ret != NULL) {
		*ret = now_s;
	}
	return now_s;
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	(void)clock;
	*ret = (struct timespec){ .tv_sec = (time_t)(chair.now_us / S_US) };
	return 0;
}

int adjtimex(struct timex *state)
{
	state->status = 0;
	return TIME_OK;
}

static void look(void)
{
	control_snapshot_chair(&chair.chair, &chair.in, &chair.out, &snapshot);
}

/* One cycle, and what chaird does around it. */
static void cycle(void)
{
	chair.person = *visit_person(visit);
	virtual_cycle(&chair);
	look();
	for (unsigned int i = 0; i < chair.chair.event_count; i++) {
		assert_int_equal(
			visit_event(visit, &chair.chair.events[i], &snapshot, chair.now_us), 0);
	}
	if (chair.chair.cycles % 10 == 0) {
		visit_tick(visit, &snapshot, chair.now_us);
	}
}

static void run_s(unsigned int seconds)
{
	for (unsigned int i = 0; i < seconds * 100; i++) {
		cycle();
	}
}

static bool reaches(enum session_state state, unsigned int seconds)
{
	for (unsigned int i = 0; i < seconds * 100 && chair.chair.session.state != state; i++) {
		cycle();
	}
	return chair.chair.session.state == state;
}

/* The refusal of a command that is given now. */
static enum refusal command(enum command_kind kind, bool ask)
{
	chair.command = (struct chair_command){
		.kind = kind,
		.id = 1,
		.ask = ask,
		.program = (uint8_t)setup_find_program(&setup, PROGRAM),
		.side = SIDE_LEFT,
		.level = LEVEL_MAX,
	};
	cycle();
	for (unsigned int i = 0; i < chair.chair.event_count; i++) {
		if (chair.chair.events[i].kind == CHAIR_EVENT_COMMAND) {
			return (enum refusal)chair.chair.events[i].a;
		}
	}
	return REFUSAL_COUNT;
}

static struct visit_answer check_in(const struct guest_profile *who, int pain, const char *flag)
{
	json_t *answers = json_pack(
		"{s:i, s:s, s:[s], s:s, s:s, s:s, s:[], s:[], s:[], s:[], s:s}", "pain", pain,
		"side", "left", "where", "buttock", "cause", "piriformis", "moved_down", "no",
		"onset", "longer", "red_flags", "never", "ask_first", "skin", "new_numbness", "no");
	struct visit_answer answer = { 0 };
	const char *field = NULL;

	if (flag != NULL) {
		(void)json_object_set_new(answers, "red_flags", json_pack("[s]", flag));
	}
	assert_int_equal(visit_check_in(visit, who, answers, chair.now_us, &answer, &field), 0);
	json_decref(answers);
	json_decref(answer.result.reasons);
	cycle();
	return answer;
}

static void leave(void)
{
	assert_int_equal(visit_leave(visit, chair.now_us), 0);
}

static struct guest_standing check_out(int pain, const char *comfort)
{
	json_t *answers = json_pack("{s:i, s:s, s:s, s:s}", "pain_after", pain, "moved_down_after",
				    "no", "new_numbness_after", "no", "comfort", comfort);
	struct check_out_result result;
	struct guest_standing standing;
	const char *field = NULL;

	assert_int_equal(
		visit_check_out(visit, ana.id, answers, chair.now_us, &result, &standing, &field),
		0);
	json_decref(answers);
	leave();
	cycle();
	return standing;
}

/* A session as firm as it may be; ended by a stop. Returns the highest level that it reached. */
static unsigned int massage(void)
{
	unsigned int highest = 0;

	assert_int_equal(command(COMMAND_START, false), REFUSAL_NONE);
	assert_true(reaches(STATE_MASSAGE, 150));
	while (chair.chair.session.now.done_us < SESSION_US) {
		cycle();
		highest = chair.chair.session.level > highest ? chair.chair.session.level : highest;
	}
	chair.stop = true;
	cycle();
	assert_true(reaches(STATE_READY, 5));
	run_s(1);
	return highest;
}

/* A whole visit on a good or bad day. */
static struct guest_standing day(int pain, int pain_after, const char *comfort)
{
	const struct visit_answer answer = check_in(&ana, pain, NULL);

	assert_int_equal(answer.refusal, PERSON_MAY);
	(void)massage();
	return check_out(pain_after, comfort);
}

static void night(unsigned int hours)
{
	wall_s += (time_t)hours * HOUR_S;
	run_s(1);
}

static bool see_doctor(void)
{
	json_t *progress = guest_progress(history, ana.id);
	const bool see = json_is_true(json_object_get(progress, "see_doctor"));

	json_decref(progress);
	return see;
}

static const char *word(char text[16])
{
	json_t *progress = guest_progress(history, ana.id);
	const char *value = json_string_value(json_object_get(progress, "word"));

	(void)snprintf(text, 16, "%s", value == NULL ? "early" : value);
	json_decref(progress);
	return text;
}

static void two_good_sessions_raise_the_ceiling_by_one(void)
{
	struct visit_answer answer = check_in(&ana, 6, NULL);

	assert_int_equal(answer.standing.ceiling, 2);
	assert_int_equal(massage(), 2); /* asked for 5 */
	assert_int_equal(check_out(5, "right").ceiling, 2);
	/* the same day */
	answer = check_in(&ana, 6, NULL);
	assert_int_equal(answer.refusal, PERSON_DAILY_LIMIT);
	assert_int_equal(command(COMMAND_START, false), REFUSAL_DAILY_LIMIT);
	night(4);
	assert_int_equal(day(6, 6, "right").ceiling, 3);
	answer = check_in(&ana, 6, NULL);
	assert_int_equal(answer.refusal, PERSON_DAILY_LIMIT); /* two a day */
	assert_true(answer.wait_s > 12 * HOUR_S);
	night(24);
	answer = check_in(&ana, 6, NULL);
	assert_int_equal(answer.refusal, PERSON_MAY);
	assert_int_equal(massage(), 3);
	assert_int_equal(check_out(5, "right").ceiling, 3);
	night(24);
	assert_int_equal(day(6, 5, "right").ceiling, 4);
	night(24);
}

static void a_bad_one_lowers_it(void)
{
	assert_int_equal(day(5, 5, "too_strong").ceiling, 3);
	night(24);
	assert_int_equal(day(5, 6, "right").ceiling, 2); /* a little more pain */
	night(24);
}

static void more_pain_means_a_day_of_rest_and_twice_a_doctor(void)
{
	struct guest_standing standing = day(5, 7, "right");
	struct visit_answer answer;

	assert_int_equal(standing.ceiling, 1);
	assert_int_equal(standing.refusal, PERSON_RESTS);
	assert_false(standing.see_doctor);
	night(20);
	answer = check_in(&ana, 6, NULL);
	assert_int_equal(answer.refusal, PERSON_RESTS);
	assert_int_equal(command(COMMAND_START, false), REFUSAL_REST_UNTIL);
	leave();
	night(5);
	standing = day(5, 8, "right");
	assert_true(standing.see_doctor);
	night(25);
	answer = check_in(&ana, 5, NULL);
	assert_int_equal(answer.refusal, PERSON_MAY);
	assert_true(visit_person(visit)->gentle);
	(void)massage();
	assert_true(chair.chair.session.rest.limits.gentle);
	standing = check_out(4, "right"); /* a good one ends it */
	assert_false(standing.see_doctor);
	night(24);
}

static void a_red_flag_has_no_way_round(void)
{
	struct guest_profile bo = { .name = "Bo" };
	struct visit_answer answer = check_in(&ana, 4, "bladder_change");

	assert_int_equal(answer.result.decision, CHECK_IN_HELP_NOW);
	assert_int_equal(command(COMMAND_START, false), REFUSAL_CHECK_IN_REFUSED);
	assert_int_equal(command(COMMAND_START, true), REFUSAL_CHECK_IN_REFUSED); /* from afar */
	assert_int_equal(command(COMMAND_RESUME, false), REFUSAL_CHECK_IN_REFUSED);
	sim_press(&chair.sim, SWITCH_BUTTON_START, 200000);
	run_s(5);
	assert_int_equal(chair.chair.session.state, STATE_READY);
	/* better answers, no name, another day's first hours, a restart */
	answer = check_in(&ana, 1, NULL);
	assert_true(answer.bound);
	answer = check_in(NULL, 1, NULL);
	assert_true(answer.bound);
	night(12);
	visit_free(visit);
	history_close(history);
	history = NULL;
	{
		bool set_aside;

		assert_int_equal(history_open(directory, &history, &set_aside), 0);
		assert_false(set_aside);
	}
	visit = visit_new(history, &setup, questions, care);
	assert_non_null(visit);
	run_s(1);
	assert_int_equal(command(COMMAND_START, false), REFUSAL_CHECK_IN_REFUSED);
	answer = check_in(&ana, 1, NULL);
	assert_true(answer.bound);
	assert_int_equal(command(COMMAND_START, false), REFUSAL_CHECK_IN_REFUSED);
	/* somebody else of the household may */
	assert_int_equal(guests_add(history, &bo, &bo.id), 0);
	answer = check_in(&bo, 3, NULL);
	assert_int_equal(answer.refusal, PERSON_MAY);
	(void)massage();
	leave();
	night(13);
}

static void a_month_of_better_days_is_called_better(unsigned int days)
{
	char text[16];

	for (unsigned int d = 0; d < days; d++) {
		const int pain = d < 6 ? 4 : 3;
		const struct guest_standing standing = day(pain, pain - 1, "right");

		assert_int_equal(standing.refusal, PERSON_DAILY_LIMIT); /* three hours between */
		assert_false(standing.see_doctor);
		night(24);
	}
	assert_string_equal(word(text), "better"); /* from 6 to 3 */
	assert_false(see_doctor());
}

static void thirty_days_go_as_the_rules_say(void **state)
{
	char text[16];
	const time_t begun_s = time(NULL);

	(void)state;
	assert_string_equal(word(text), "early");
	two_good_sessions_raise_the_ceiling_by_one();
	a_bad_one_lowers_it();
	more_pain_means_a_day_of_rest_and_twice_a_doctor();
	assert_string_equal(word(text), "unchanged");
	a_red_flag_has_no_way_round();
	a_month_of_better_days_is_called_better(21);
	assert_in_range(time(NULL) - begun_s, 29 * DAY_S, 31 * DAY_S);
}

static void when_nothing_changes_in_six_sessions_the_chair_says_so(void **state)
{
	char text[16];

	(void)state;
	for (unsigned int d = 0; d < 6; d++) {
		assert_false(see_doctor());
		(void)day(5, 5, "right");
		night(24);
	}
	assert_string_equal(word(text), "unchanged");
	assert_true(see_doctor());
}

static void remove_directory(void)
{
	struct dirent *entry;
	DIR *dir = opendir(directory);

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char path[384];

		(void)snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		(void)unlink(path);
	}
	(void)closedir(dir);
	(void)rmdir(directory);
}

static int begin(void **state)
{
	struct schema_problems problems = { 0 };
	bool set_aside;

	(void)state;
	(void)snprintf(directory, sizeof(directory), "/tmp/test_thirty_days.%d", (int)getpid());
	memset(&snapshot, 0, sizeof(snapshot));
	assert_int_equal(setup_load("config/chair.yaml", "hw/profiles", &setup, &problems), 0);
	assert_int_equal(check_in_load("config/check-in.yaml", &problems, &questions), 0);
	assert_int_equal(after_care_load("config/after-care.yaml", &problems, &care), 0);
	schema_problems_free(&problems);
	assert_int_equal(virtual_init(&chair, &setup), 0);
	wall_s = 1800000000;
	assert_int_equal(history_open(directory, &history, &set_aside), 0);
	visit = visit_new(history, &setup, questions, care);
	assert_non_null(visit);
	ana = (struct guest_profile){ .name = "Ana" };
	assert_int_equal(guests_add(history, &ana, &ana.id), 0);
	assert_true(reaches(STATE_READY, 60));
	run_s(50); /* the pads are proven */
	return 0;
}

static int end(void **state)
{
	(void)state;
	visit_free(visit);
	history_close(history);
	check_in_free(questions);
	after_care_free(care);
	remove_directory();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(thirty_days_go_as_the_rules_say, begin, end),
		cmocka_unit_test_setup_teardown(
			when_nothing_changes_in_six_sessions_the_chair_says_so, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
