/* SPDX-License-Identifier: MIT */
/* People in history.db: what is kept, what is forgotten, what follows from it, and whose time
 * counts. The wall clock, whether it is synchronised and the running time are the test's own. */
#include "guest_reports.h"
#include "history_db.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define DAY_S  86400
#define HOUR_S 3600

static const struct guest_rules plain = { .day_max = GUEST_DAY_MAX, .gap_s = GUEST_GAP_S };
static char directory[64];
static struct history *history;
static time_t wall_s;
static time_t running_s; /* CLOCK_MONOTONIC: stands still unless a test moves it */
static bool synchronised;

/* Before the C library's own. */
time_t time(time_t *ret)
{
	if (ret != NULL) {
		*ret = wall_s;
	}
	return wall_s;
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	(void)clock;
	*ret = (struct timespec){ .tv_sec = running_s };
	return 0;
}

int adjtimex(struct timex *state)
{
	state->status = synchronised ? 0 : STA_UNSYNC;
	return synchronised ? TIME_OK : TIME_ERROR;
}

static void reopen(void)
{
	bool set_aside = true;

	history_close(history);
	history = NULL;
	assert_int_equal(history_open(directory, &history, &set_aside), 0);
	assert_false(set_aside);
}

static int64_t added(const char *name)
{
	struct guest_profile profile = { .height_cm = 172 };
	int64_t id = 0;

	(void)snprintf(profile.name, sizeof(profile.name), "%s", name);
	assert_int_equal(guests_add(history, &profile, &id), 0);
	assert_true(id > 0);
	return id;
}

static void check_in(int64_t guest, enum check_in_decision decision)
{
	const struct check_in_result result = {
		.decision = decision, .pain = 5, .side = "left", .cause = "muscular"
	};
	json_t *answers = json_pack("{s:s}", "where", "wintergreen");

	assert_int_equal(guests_store_check_in(history, guest, answers, &result), 0);
	json_decref(answers);
}

/* A session that ends now. */
static void had_with(int64_t guest, int pain, uint64_t seconds, uint8_t level,
		     const struct guest_stiffness stiffness[ZONE_COUNT])
{
	assert_int_equal(guests_session_started(history, guest, "piriformis", SIDE_LEFT, pain), 0);
	assert_int_equal(guests_session_ended(history, seconds, ENDED_FINISHED, level, stiffness),
			 0);
}

static void had(int64_t guest, int pain, uint64_t seconds, uint8_t level)
{
	static const struct guest_stiffness none[ZONE_COUNT];

	had_with(guest, pain, seconds, level, none);
}

static void check_out(int64_t guest, uint8_t pain, enum tolerance tolerance)
{
	const struct check_out_result result = { .pain = pain, .tolerance = tolerance };
	json_t *answers = json_pack("{s:s}", "comfort", "wintergreen");
	int64_t session = 0;
	int before;

	assert_int_equal(guests_open_check_out(history, guest, &session, &before), 0);
	assert_true(session > 0);
	assert_int_equal(guests_store_check_out(history, guest, session, answers, &result), 0);
	json_decref(answers);
}

static struct guest_standing standing_of(int64_t guest)
{
	struct guest_standing standing;

	assert_int_equal(guests_standing(history, guest, &plain, &standing), 0);
	return standing;
}

static uint64_t bound(int64_t guest)
{
	uint64_t wait_s = 1;

	assert_int_equal(guests_bound(history, guest, &wait_s), 0);
	return wait_s;
}

static int64_t rows(const char *sql)
{
	struct db_query q = db_begin(history, sql);
	int64_t value = -1;

	if (db_row(&q)) {
		value = db_get_int(&q, 0, -1);
	}
	assert_int_equal(db_end(&q), 0);
	return value;
}

/* ---- profiles ---- */

static void a_profile_survives_a_restart_and_a_name_is_given_once(void **state)
{
	struct guest_profile profile = { .name = "Ana", .pin = "4711", .notes = "prefers warm" };
	struct guest_profile read;
	int64_t id = 0;
	json_t *list;

	(void)state;
	profile.correction_mm[ROLLER_SEAT_LEFT] = -12.0f;
	assert_int_equal(guests_add(history, &profile, &id), 0);
	assert_int_equal(guests_add(history, &profile, &id), -EEXIST);
	(void)added("Bo");
	reopen();
	assert_int_equal(guests_get(history, id, &read), 0);
	assert_string_equal(read.name, "Ana");
	assert_string_equal(read.pin, "4711");
	assert_string_equal(read.notes, "prefers warm");
	assert_int_equal(read.height_cm, 0);
	assert_true(read.correction_mm[ROLLER_SEAT_LEFT] < -11.9f);
	(void)snprintf(read.name, sizeof(read.name), "Bo");
	assert_int_equal(guests_change(history, &read), -EEXIST);
	(void)snprintf(read.name, sizeof(read.name), "Anna");
	read.pin[0] = '\0';
	assert_int_equal(guests_change(history, &read), 0);
	assert_int_equal(guests_get(history, id, &read), 0);
	assert_string_equal(read.name, "Anna");
	assert_string_equal(read.pin, "");
	assert_int_equal(guests_get(history, 99, &read), -ENOENT);
	list = guests_list(history);
	assert_int_equal(json_array_size(list), 2);
	json_decref(list);
}

static void there_are_only_so_many_guests(void **state)
{
	struct guest_profile profile = { .name = "One more" };
	int64_t id = 0;
	char name[32];

	(void)state;
	for (int i = 0; i < GUESTS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "guest %d", i);
		(void)added(name);
	}
	assert_int_equal(guests_add(history, &profile, &id), -ENOSPC);
	assert_int_equal(id, 0);
}

/* In any file of the directory. */
static bool is_anywhere(const char *word)
{
	DIR *dir = opendir(directory);
	bool found = false;

	assert_non_null(dir);
	for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
		static char text[1 << 20];
		char path[400];
		FILE *file;
		size_t size;

		(void)snprintf(path, sizeof(path), "%s/%s", directory, e->d_name);
		file = e->d_name[0] == '.' ? NULL : fopen(path, "r");
		if (file != NULL) {
			size = fread(text, 1, sizeof(text), file);
			found = found || memmem(text, size, word, strlen(word)) != NULL;
			(void)fclose(file);
		}
	}
	(void)closedir(dir);
	return found;
}

static void who_is_deleted_leaves_nothing_and_the_others_everything(void **state)
{
	struct guest_profile profile;
	struct guest_stiffness stiffness[ZONE_COUNT] = { 0 };
	const int64_t ana = added("Ana Ahorn");
	const int64_t bo = added("Bo Birke");
	char path[HISTORY_PATH_MAX];

	(void)state;
	stiffness[ZONE_GLUTE_LEFT] = (struct guest_stiffness){ true, 1.0f, 0.1f };
	had(bo, 4, 900, 2);
	check_out(bo, 3, TOLERANCE_GOOD);
	check_in(ana, CHECK_IN_GO);
	had_with(ana, 4, 900, 2, stiffness);
	check_out(ana, 3, TOLERANCE_GOOD);
	assert_int_equal(history_backup(history, path), 0);
	assert_true(is_anywhere("Ana Ahorn") && is_anywhere("wintergreen"));
	assert_int_equal(rows("SELECT count(*) FROM stiffness"), 1);
	assert_int_equal(guests_remove(history, ana), 0);
	assert_false(is_anywhere("Ana Ahorn"));
	assert_int_equal(guests_get(history, ana, &profile), -ENOENT);
	assert_int_equal(guests_get(history, bo, &profile), 0);
	assert_int_equal(rows("SELECT count(*) FROM session"), 1);
	assert_int_equal(rows("SELECT count(*) FROM check_out"), 1);
	assert_int_equal(rows("SELECT count(*) FROM check_in"), 0);
	assert_int_equal(rows("SELECT count(*) FROM stiffness"), 0);
	assert_int_equal(guests_remove(history, bo), 0);
	assert_false(is_anywhere("wintergreen")); /* Bo's answers were the last to have it */
	assert_int_equal(guests_remove(history, 0), -ENOENT);
	assert_true(added("Cy") > bo); /* an id is never given again */
}

static void a_refusal_outlives_its_guest_without_a_name(void **state)
{
	const int64_t ana = added("Ana Ahorn");

	(void)state;
	check_in(ana, CHECK_IN_HELP_NOW);
	assert_int_equal(guests_remove(history, ana), 0);
	assert_false(is_anywhere("wintergreen"));
	assert_false(is_anywhere("help_now"));
	assert_int_equal(bound(0), DAY_S);
	wall_s += DAY_S;
	assert_int_equal(bound(0), 0);
	check_in(0, CHECK_IN_GO); /* the next one sweeps it out */
	assert_int_equal(rows("SELECT count(*) FROM check_in WHERE allowed = 0"), 0);
}

static void the_file_and_its_copy_are_for_the_owner_only(void **state)
{
	struct stat status;
	char path[HISTORY_PATH_MAX];
	struct history *copy = NULL;
	bool set_aside = true;

	(void)state;
	(void)added("Ana");
	(void)snprintf(path, sizeof(path), "%s/history.db", directory);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(chmod(path, 0644), 0);
	reopen(); /* an older file is put right */
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_false(history_has_backup(history));
	assert_int_equal(history_backup(history, path), 0);
	assert_int_equal(history_backup(history, path), 0); /* replaces it */
	assert_true(history_has_backup(history));
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	/* the copy is a whole history */
	history_close(history);
	history = NULL;
	{
		char live[HISTORY_PATH_MAX];

		(void)snprintf(live, sizeof(live), "%s/history.db", directory);
		assert_int_equal(rename(path, live), 0);
	}
	assert_int_equal(history_open(directory, &copy, &set_aside), 0);
	assert_false(set_aside);
	history = copy;
	assert_int_equal(rows("SELECT count(*) FROM guest"), 1);
}

/* ---- refusals ---- */

static void a_refused_check_in_binds_its_guest_for_24_hours(void **state)
{
	const int64_t ana = added("Ana");
	const int64_t bo = added("Bo");

	(void)state;
	assert_int_equal(bound(ana), 0);
	check_in(ana, CHECK_IN_NOT_TODAY);
	assert_int_equal(bound(ana), DAY_S);
	assert_int_equal(bound(0), DAY_S); /* and whoever sits down without a name */
	assert_int_equal(bound(bo), 0);
	wall_s += DAY_S - 1;
	assert_int_equal(bound(ana), 1);
	assert_int_equal(bound(0), 1);
	reopen();
	assert_int_equal(bound(ana), 1);
	wall_s++;
	assert_int_equal(bound(ana), 0);
	assert_int_equal(bound(0), 0);
}

static void another_named_guest_frees_the_others_but_not_the_bound_one(void **state)
{
	const int64_t ana = added("Ana");
	const int64_t bo = added("Bo");

	(void)state;
	check_in(ana, CHECK_IN_HELP_NOW);
	check_in(ana, CHECK_IN_GO); /* the same one does not free anybody, whatever came between */
	assert_true(bound(0) > 0 && bound(ana) > 0);
	check_in(0, CHECK_IN_GO); /* nor somebody without a name */
	assert_true(bound(0) > 0);
	check_in(bo, CHECK_IN_NOT_TODAY); /* nor one who is refused too */
	assert_true(bound(0) > 0 && bound(bo) > 0);
	check_in(added("Cy"), CHECK_IN_NO_HEAT);
	assert_int_equal(bound(0), 0);
	assert_true(bound(ana) > 0 && bound(bo) > 0);
	check_in(0, CHECK_IN_NOT_TODAY);
	assert_true(bound(0) > 0);
	check_in(added("Di"), CHECK_IN_GENTLE);
	assert_int_equal(bound(0), 0);
}

static void of_people_without_a_name_no_answer_is_kept(void **state)
{
	(void)state;
	check_in(0, CHECK_IN_GO);
	had(0, -1, 900, 2);
	check_out(0, 7, TOLERANCE_WORSE);
	assert_false(is_anywhere("wintergreen"));
	assert_int_equal(rows("SELECT count(*) FROM check_in WHERE pain IS NOT NULL"), 0);
	assert_int_equal(rows("SELECT count(*) FROM check_out"), 0);
	assert_int_equal(rows("SELECT count(*) FROM session WHERE pain_after IS NOT NULL"), 0);
	assert_int_equal(standing_of(0).refusal, PERSON_RESTS); /* how it went counts for all */
}

/* ---- sessions ---- */

static void limits_count_for_each_guest_and_once_for_all_without_a_name(void **state)
{
	const int64_t ana = added("Ana");

	(void)state;
	had(0, -1, 900, 2);
	assert_int_equal(standing_of(0).refusal, PERSON_DAILY_LIMIT);
	assert_int_equal(standing_of(ana).refusal, PERSON_MAY);
	had(ana, 4, 300, 2);
	assert_int_equal(standing_of(ana).refusal, PERSON_DAILY_LIMIT);
	assert_int_equal(standing_of(ana).wait_s, GUEST_GAP_S);
	wall_s += 3 * HOUR_S;
	assert_int_equal(standing_of(ana).refusal, PERSON_MAY);
	had(ana, 4, 299, 2); /* does not count */
	assert_int_equal(standing_of(ana).refusal, PERSON_MAY);
}

static void the_ceiling_follows_the_check_outs_but_never_rises_for_nobody(void **state)
{
	const int64_t ana = added("Ana");

	(void)state;
	for (int i = 0; i < 2; i++) {
		had(ana, 4, 900, 2);
		check_out(ana, 3, TOLERANCE_GOOD);
		had(0, -1, 900, 2);
		check_out(0, 3, TOLERANCE_GOOD);
		wall_s += DAY_S;
	}
	assert_int_equal(standing_of(ana).ceiling, 3);
	assert_int_equal(standing_of(0).ceiling, 2);
	had(0, -1, 900, 2);
	check_out(0, 3, TOLERANCE_BAD);
	had(0, -1, 900, 2);
	check_out(0, 3, TOLERANCE_BAD);
	assert_int_equal(standing_of(0).ceiling, 1); /* but it falls */
}

static void a_session_is_judged_once_and_within_a_day(void **state)
{
	const int64_t ana = added("Ana");
	int64_t session = 1;
	int pain = 0;

	(void)state;
	assert_int_equal(guests_open_check_out(history, ana, &session, &pain), 0);
	assert_int_equal(session, 0);
	had(ana, 6, 900, 2);
	wall_s += DAY_S - 1;
	assert_int_equal(guests_open_check_out(history, ana, &session, &pain), 0);
	assert_true(session > 0);
	assert_int_equal(pain, 6);
	wall_s++;
	assert_int_equal(guests_open_check_out(history, ana, &session, &pain), 0);
	assert_int_equal(session, 0);
	had(ana, 6, 900, 2);
	check_out(ana, 5, TOLERANCE_GOOD);
	assert_int_equal(guests_open_check_out(history, ana, &session, &pain), 0);
	assert_int_equal(session, 0);
	/* gone on with, it is judged anew at its end */
	assert_int_equal(history_session_resumed(history), 0);
	assert_int_equal(guests_open_check_out(history, ana, &session, &pain), 0);
	assert_int_equal(session, 0);
	assert_int_equal(rows("SELECT count(*) FROM session WHERE ended IS NULL"), 1);
}

static void a_session_that_was_cut_off_counts_by_what_was_stored_of_it(void **state)
{
	const int64_t ana = added("Ana");

	(void)state;
	assert_int_equal(guests_session_goes_on(history, 60, 1), 0); /* none: nothing to store */
	assert_int_equal(guests_session_started(history, ana, "piriformis", SIDE_LEFT, 4), 0);
	assert_int_equal(guests_session_goes_on(history, 240, 1), 0);
	reopen();
	assert_int_equal(standing_of(ana).refusal, PERSON_MAY);
	assert_int_equal(guests_session_started(history, ana, "piriformis", SIDE_LEFT, 4), 0);
	assert_int_equal(guests_session_goes_on(history, 300, 3), 0);
	assert_int_equal(guests_session_goes_on(history, 360, 2), 0); /* the highest level stays */
	reopen();
	assert_int_equal(standing_of(ana).refusal, PERSON_DAILY_LIMIT);
	assert_int_equal(rows("SELECT max(level) FROM session"), 3);
}

static void a_session_gone_on_with_is_one_session(void **state)
{
	static const struct guest_stiffness none[ZONE_COUNT];
	const int64_t ana = added("Ana");
	struct guest_session *sessions;
	size_t count;

	(void)state;
	assert_int_equal(history_session_resumed(history), -ENOENT);
	had(ana, 4, 400, 2);
	assert_int_equal(history_session_resumed(history), 0);
	assert_int_equal(guests_session_ended(history, 900, ENDED_STOPPED, 1, none), 0);
	assert_int_equal(guests_sessions(history, ana, &sessions, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(sessions[0].seconds, 900);
	assert_int_equal(sessions[0].level, 2);
	free(sessions);
}

/* ---- time ---- */

static void without_a_clock_only_running_time_passes(void **state)
{
	const int64_t ana = added("Ana");

	(void)state;
	had(ana, 4, 900, 2);
	synchronised = false;
	wall_s += 10 * DAY_S; /* nobody vouches for that */
	assert_int_equal(standing_of(ana).wait_s, GUEST_GAP_S);
	running_s += HOUR_S;
	assert_int_equal(standing_of(ana).wait_s, GUEST_GAP_S - HOUR_S);
	reopen(); /* what passed is not stored: the wait begins anew */
	assert_int_equal(standing_of(ana).wait_s, GUEST_GAP_S);
	synchronised = true;
	assert_int_equal(standing_of(ana).wait_s, 0);
}

static void a_clock_behind_the_newest_record_is_not_believed(void **state)
{
	const int64_t ana = added("Ana");

	(void)state;
	had(ana, 4, 900, 2);
	wall_s -= 2;
	reopen();
	assert_int_equal(standing_of(ana).wait_s, GUEST_GAP_S);
	assert_false(history_clock_is_known(history));
	wall_s -= 20 * DAY_S;
	check_in(ana, CHECK_IN_NOT_TODAY);
	assert_int_equal(bound(ana), DAY_S);
	wall_s += 20 * DAY_S;
	assert_int_equal(bound(ana), DAY_S);
}

static void clocks_that_tick_at_different_moments_agree(void **state)
{
	const int64_t ana = added("Ana");

	(void)state;
	had(ana, 4, 900, 2);
	for (unsigned int i = 0; i < 100; i++) {
		running_s += 1;
		assert_in_range(standing_of(ana).wait_s, GUEST_GAP_S - i - 1, GUEST_GAP_S - i);
		assert_true(history_clock_is_known(history));
		wall_s += 1;
		assert_int_equal(standing_of(ana).wait_s, GUEST_GAP_S - i - 1);
		assert_true(history_clock_is_known(history));
	}
}

static void what_was_stored_without_a_clock_is_moved_to_its_time(void **state)
{
	const int64_t ana = added("Ana");

	(void)state;
	had(ana, 4, 900, 2);
	synchronised = false;
	wall_s = 1000; /* no battery behind the clock */
	reopen();
	had(ana, 4, 900, 2); /* 30 days after the first in truth */
	check_in(ana, CHECK_IN_NOT_TODAY);
	assert_int_equal(standing_of(ana).refusal, PERSON_DAILY_LIMIT);
	wall_s = 1800000000 + 30 * DAY_S;
	synchronised = true;
	assert_int_equal(standing_of(ana).wait_s, GUEST_GAP_S); /* it was just now */
	assert_int_equal(bound(ana), DAY_S);
	assert_int_equal(rows("SELECT count(*) FROM session WHERE timed = 0"), 0);
	wall_s += DAY_S;
	assert_int_equal(standing_of(ana).refusal, PERSON_MAY);
	assert_int_equal(rows("SELECT max(end_s) - min(end_s) >= 2591990 FROM session"), 1);
}

/* ---- reports ---- */

static void expect_progress(const int pains[], size_t count, const char *word, bool see_doctor)
{
	static int number;
	char name[32];
	int64_t guest;
	json_t *doc;
	const char *got;

	(void)snprintf(name, sizeof(name), "progress %d", ++number);
	guest = added(name);
	for (size_t i = 0; i < count; i++) {
		had(guest, pains[i], 900, 2);
	}
	had(guest, 10, 20, 2); /* too short to tell anything */
	doc = guest_progress(history, guest);
	got = json_string_value(json_object_get(doc, "word"));
	assert_string_equal(got == NULL ? "" : got, word);
	assert_int_equal(json_is_true(json_object_get(doc, "see_doctor")), see_doctor);
	assert_int_equal(json_integer_value(json_object_get(doc, "count")), count);
	assert_non_null(json_object_get(json_object_get(doc, "text"), "de"));
	json_decref(doc);
}
#define PROGRESS(word, see_doctor, ...)               \
	expect_progress((const int[]){ __VA_ARGS__ }, \
			sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int), word, see_doctor)

static void a_change_counts_from_two_points_or_30_percent_on(void **state)
{
	(void)state;
	PROGRESS("", false, 5);
	PROGRESS("unchanged", false, 8, 7, 6, 7); /* recent 6.67: less than 2 */
	PROGRESS("better", false, 8, 6, 6, 6);	  /* 2 points */
	PROGRESS("better", false, 5, 4, 3, 3);	  /* 1.67 is over 30 % of 5 */
	PROGRESS("unchanged", false, 5, 4, 4, 3); /* 1.33 is not */
	PROGRESS("better", false, 2, 1, 1, 1);	  /* one point, half of it */
	PROGRESS("unchanged", false, 2, 1, 1, 2); /* under a point is nothing */
	PROGRESS("unchanged", false, 0, 0, 1, 1);
	PROGRESS("worse", true, 4, 6, 6, 6);
	PROGRESS("worse", true, 0, 1, 1, 1);
	PROGRESS("better", false, 6, 2);
}

static void after_six_sessions_without_a_change_it_says_so(void **state)
{
	(void)state;
	PROGRESS("unchanged", false, 5, 5, 5, 5, 5);
	PROGRESS("unchanged", true, 5, 5, 5, 5, 5, 5);
	PROGRESS("better", false, 5, 5, 5, 3, 3, 3);
}

static void had_glutes(int64_t guest, float left, float right, float error)
{
	struct guest_stiffness stiffness[ZONE_COUNT] = { 0 };

	stiffness[ZONE_GLUTE_LEFT] = (struct guest_stiffness){ true, left, error };
	stiffness[ZONE_GLUTE_RIGHT] = (struct guest_stiffness){ true, right, error };
	stiffness[ZONE_LOWER_BACK] = (struct guest_stiffness){ true, 1.0f, error };
	had_with(guest, 4, 900, 2, stiffness);
}

static void expect_balance(int64_t guest, const char *word, const char *trend)
{
	json_t *doc = guest_balance(history, guest);
	const json_t *pair = json_array_get(json_object_get(doc, "pairs"), 0);
	const char *got = json_string_value(json_object_get(pair, "trend"));

	assert_int_equal(json_array_size(json_object_get(doc, "pairs")), 1);
	assert_string_equal(json_string_value(json_object_get(pair, "part")), "glute");
	assert_string_equal(json_string_value(json_object_get(pair, "word")), word);
	assert_string_equal(got == NULL ? "" : got, trend);
	json_decref(doc);
}

static void a_difference_is_stated_only_beyond_two_standard_errors(void **state)
{
	const int64_t ana = added("Ana");
	json_t *doc;

	(void)state;
	had_glutes(ana, 1.5f, 1.0f, 0.2f); /* error of the difference: 0.28 */
	expect_balance(ana, "no_clear_difference", "");
	had_glutes(ana, 1.6f, 1.0f, 0.2f);
	expect_balance(ana, "left_firmer", "");
	had_glutes(ana, 1.0f, 1.6f, 0.2f);
	expect_balance(ana, "right_firmer", "");
	doc = guest_balance(history, 99);
	assert_int_equal(json_array_size(json_object_get(doc, "pairs")), 0);
	json_decref(doc);
}

static void so_is_its_trend(void **state)
{
	const int64_t even = added("Even");
	const int64_t odd = added("Odd");
	const int64_t same = added("Same");

	(void)state;
	for (int i = 0; i < 3; i++) {
		had_glutes(even, 2.0f, 1.0f, 0.1f);
		had_glutes(odd, 1.0f, 1.0f, 0.1f);
		had_glutes(same, 1.0f + 0.2f * (float)i, 1.0f, 0.1f);
	}
	for (int i = 0; i < 3; i++) {
		had_glutes(even, 1.1f, 1.0f, 0.1f);
		had_glutes(odd, 1.0f, 2.0f, 0.1f);
		had_glutes(same, 1.1f + 0.2f * (float)i, 1.0f, 0.1f);
	}
	expect_balance(even, "no_clear_difference", "more_even");
	expect_balance(odd, "right_firmer", "less_even");
	expect_balance(same, "left_firmer", "no_clear_change");
}

static void everything_stored_is_exported_page_by_page(void **state)
{
	struct guest_profile profile;
	const int64_t ana = added("Ana \"the first\"");
	size_t records = 0;
	size_t lines = 0;
	json_t *page;

	(void)state;
	for (int i = 0; i < 50; i++) {
		check_in(ana, CHECK_IN_GO);
		had_glutes(ana, 1.0f, 1.0f, 0.1f);
		check_out(ana, 3, TOLERANCE_GOOD);
	}
	assert_int_equal(guests_get(history, ana, &profile), 0);
	for (json_int_t from = 0; from >= 0;) {
		const json_t *next;

		page = guest_export(history, &profile, false, (unsigned int)from);
		assert_int_equal(json_object_get(page, "profile") != NULL, from == 0);
		records += json_array_size(json_object_get(page, "records"));
		next = json_object_get(page, "next");
		from = json_is_integer(next) ? json_integer_value(next) : -1;
		json_decref(page);
	}
	assert_int_equal(records, 50 * (1 + 1 + 3 + 1));
	for (json_int_t from = 0; from >= 0;) {
		const json_t *next;

		page = guest_export(history, &profile, true, (unsigned int)from);
		for (const char *c = json_string_value(json_object_get(page, "csv")); *c != '\0';
		     c++) {
			lines += *c == '\n' ? 1U : 0U;
		}
		next = json_object_get(page, "next");
		from = json_is_integer(next) ? json_integer_value(next) : -1;
		json_decref(page);
	}
	assert_int_equal(lines, records + 1);
	page = guest_export(history, &profile, true, 0);
	assert_non_null(strstr(json_string_value(json_object_get(page, "csv")),
			       "\"{\"\"where\"\":\"\"wintergreen\"\"}\"\r\n"));
	json_decref(page);
}

/* ---- two years, and an older file ---- */

static void two_years_of_two_sessions_a_day_are_judged_whole(void **state)
{
	const int64_t ana = added("Ana");
	struct guest_session *sessions;
	size_t count;
	json_t *doc;

	(void)state;
	assert_int_equal(
		sqlite3_exec(history_db(history), "PRAGMA synchronous = OFF", NULL, NULL, NULL),
		SQLITE_OK);
	for (int i = 0; i < 1460; i++) {
		wall_s += 12 * HOUR_S;
		check_in(ana, CHECK_IN_GO);
		had(ana, 8 - i * 6 / 1460, 900, 5);
		check_out(ana, 2, i % 10 == 9 ? TOLERANCE_BAD : TOLERANCE_GOOD);
	}
	wall_s += 12 * HOUR_S;
	assert_int_equal(guests_sessions(history, ana, &sessions, &count), 0);
	assert_int_equal(count, 1460);
	assert_int_equal(sessions[0].ago_s, 1460 * 12 * HOUR_S);
	assert_int_equal(sessions[1459].ago_s, 12 * HOUR_S);
	free(sessions);
	assert_int_equal(standing_of(ana).ceiling, 4); /* the last of each ten was too much */
	assert_int_equal(standing_of(ana).refusal, PERSON_MAY);
	doc = guest_progress(history, ana);
	assert_string_equal(json_string_value(json_object_get(doc, "word")), "better");
	assert_int_equal(json_integer_value(json_object_get(doc, "count")), 1460);
	json_decref(doc);
}

static void a_file_of_version_2_keeps_its_sessions_for_nobody(void **state)
{
	sqlite3 *db = NULL;
	char path[HISTORY_PATH_MAX];

	(void)state;
	history_close(history);
	history = NULL;
	(void)snprintf(path, sizeof(path), "%s/history.db", directory);
	(void)unlink(path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(
			db,
			"CREATE TABLE session (id INTEGER PRIMARY KEY, start TEXT NOT NULL,"
			" program TEXT NOT NULL, side TEXT NOT NULL, seconds INTEGER, ended TEXT) "
			"STRICT;"
			"CREATE TABLE latched (cause TEXT PRIMARY KEY, since TEXT NOT NULL) STRICT;"
			"CREATE TABLE dose (pad TEXT NOT NULL, hour INTEGER NOT NULL, cem43 REAL "
			"NOT "
			"NULL, PRIMARY KEY (pad, hour)) STRICT;"
			"CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"
			"INSERT INTO session VALUES (1, '2027-01-15T07:55:00.120Z', 'piriformis',"
			" 'left', 300, 'finished');"
			"INSERT INTO session VALUES (2, '2027-01-15T07:59:50.000Z', 'piriformis',"
			" 'left', NULL, NULL);"
			"PRAGMA user_version = 2;",
			NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	reopen();
	assert_int_equal(rows("SELECT end_s FROM session WHERE id = 1"), 1800000000);
	assert_int_equal(rows("SELECT count(*) FROM session WHERE ended = 'interrupted'"), 1);
	assert_int_equal(standing_of(0).refusal, PERSON_DAILY_LIMIT);
	assert_int_equal(standing_of(0).wait_s, GUEST_GAP_S);
}

static int begin(void **state)
{
	bool set_aside;

	(void)state;
	wall_s = 1800000000; /* 2027-01-15T08:00:00Z */
	synchronised = true;
	(void)snprintf(directory, sizeof(directory), "/tmp/test_guests.%d", (int)getpid());
	history = NULL;
	return history_open(directory, &history, &set_aside);
}

static int end(void **state)
{
	DIR *dir;

	(void)state;
	history_close(history);
	history = NULL;
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_profile_survives_a_restart_and_a_name_is_given_once),
		TEST(there_are_only_so_many_guests),
		TEST(who_is_deleted_leaves_nothing_and_the_others_everything),
		TEST(a_refusal_outlives_its_guest_without_a_name),
		TEST(the_file_and_its_copy_are_for_the_owner_only),
		TEST(a_refused_check_in_binds_its_guest_for_24_hours),
		TEST(another_named_guest_frees_the_others_but_not_the_bound_one),
		TEST(of_people_without_a_name_no_answer_is_kept),
		TEST(limits_count_for_each_guest_and_once_for_all_without_a_name),
		TEST(the_ceiling_follows_the_check_outs_but_never_rises_for_nobody),
		TEST(a_session_is_judged_once_and_within_a_day),
		TEST(a_session_that_was_cut_off_counts_by_what_was_stored_of_it),
		TEST(a_session_gone_on_with_is_one_session),
		TEST(without_a_clock_only_running_time_passes),
		TEST(a_clock_behind_the_newest_record_is_not_believed),
		TEST(clocks_that_tick_at_different_moments_agree),
		TEST(what_was_stored_without_a_clock_is_moved_to_its_time),
		TEST(a_change_counts_from_two_points_or_30_percent_on),
		TEST(after_six_sessions_without_a_change_it_says_so),
		TEST(a_difference_is_stated_only_beyond_two_standard_errors),
		TEST(so_is_its_trend),
		TEST(everything_stored_is_exported_page_by_page),
		TEST(two_years_of_two_sessions_a_day_are_judged_whole),
		TEST(a_file_of_version_2_keeps_its_sessions_for_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
