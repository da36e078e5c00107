/* SPDX-License-Identifier: MIT */
/* The questions of check-in.yaml: what the file must ask, and what follows from the answers. */
#include "after_care.h"
#include "check_in.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SHIPPED	      "config/check-in.yaml"
#define SHIPPED_AFTER "config/after-care.yaml"
#define TEXT_MAX      100000

static char directory[64];
static struct check_in *shipped;

static char *read_text(const char *path)
{
	char *text = calloc(1, TEXT_MAX);
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_non_null(text);
	assert_true(fread(text, 1, TEXT_MAX - 1, file) > 0);
	assert_int_equal(fclose(file), 0);
	return text;
}

/* @text with every @from replaced by @to. Frees @text. */
static char *replaced(char *text, const char *from, const char *to)
{
	char *result = calloc(1, TEXT_MAX);
	const char *rest = text;
	const char *found;

	assert_non_null(result);
	assert_non_null(strstr(text, from));
	while ((found = strstr(rest, from)) != NULL) {
		strncat(result, rest, (size_t)(found - rest));
		strcat(result, to);
		rest = found + strlen(from);
	}
	strcat(result, rest);
	free(text);
	return result;
}

static int load_text(char *text, struct schema_problems *problems, struct check_in **ret)
{
	char path[96];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/check-in.yaml", directory);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	free(text);
	return check_in_load(path, problems, ret);
}

/* The shipped file with this replaced must be refused with so many problems, the first saying so.
 */
static void expect_refused(const char *from, const char *to, size_t count, const char *reason)
{
	struct schema_problems problems = { 0 };
	struct check_in *check_in = NULL;
	bool said = false;

	assert_int_equal(load_text(replaced(read_text(SHIPPED), from, to), &problems, &check_in),
			 -EINVAL);
	assert_null(check_in);
	assert_int_equal(problems.count, count);
	for (size_t i = 0; i < problems.count; i++) {
		said = said || strstr(problems.list[i].reason, reason) != NULL;
	}
	assert_true(said);
	schema_problems_free(&problems);
}

static void what_must_be_asked_cannot_be_left_out(void **state)
{
	(void)state;
	expect_refused("id: red_flags", "id: red_flag", 6, "\"red_flags\" is missing");
	expect_refused("id: saddle_numbness", "id: saddle", 1, "\"saddle_numbness\" is missing");
	expect_refused("- id: thrombosis", "- id: clot", 1, "\"thrombosis\" is missing");
	expect_refused("id: pain\n", "id: ache\n", 1, "\"pain\" is missing");
	expect_refused("id: moved_down_after", "id: moved", 2, "\"moved_down_after\" is missing");
}

static void an_effect_can_be_stricter_but_not_weaker(void **state)
{
	struct schema_problems problems = { 0 };
	struct check_in *check_in = NULL;

	(void)state;
	expect_refused("effect: help_now", "effect: not_today", 6, "\"help_now\" or stricter");
	expect_refused("effect: not_today", "effect: ask_doctor", 13, "\"not_today\" or stricter");
	expect_refused("effect: ask_doctor", "effect: gentle", 6, "\"ask_doctor\" or stricter");
	expect_refused("effect: ask_doctor", "effect: no_heat", 6, "\"ask_doctor\" or stricter");
	expect_refused("effect: no_heat", "effect: gentle", 3, "\"no_heat\" or stricter");
	expect_refused("effect: no_heat", "effect: ask_doctor", 3, "\"no_heat\" or stricter");
	assert_int_equal(
		load_text(replaced(read_text(SHIPPED), "effect: no_heat", "effect: help_now"),
			  &problems, &check_in),
		0);
	check_in_free(check_in);
	schema_problems_free(&problems);
}

static void every_problem_is_told_with_its_place(void **state)
{
	(void)state;
	expect_refused("kind: scale", "kind: scales", 10, "must be one of scale, one, several");
	expect_refused("version: 1", "version: 2", 1, "must be 1 to 1");
	expect_refused("gentle_from: 8", "gentle_from: 11", 1, "must be 0 to 10");
	expect_refused("id: side\n    kind: one", "id: side\n    kind: several", 4, "will not do");
	expect_refused("\n  not_today:\n", "\n  not_now:\n", 2, "is missing");
	expect_refused("effect: help_now\n        reason:", "effect: help_now\n        why:", 12,
		       "is missing");
	expect_refused("id: thigh_back", "id: calf", 1, "used twice");
}

static void a_file_that_is_not_there_is_no_problem(void **state)
{
	struct schema_problems problems = { 0 };
	struct check_in *check_in = NULL;
	struct after_care *care = NULL;

	(void)state;
	assert_int_equal(check_in_load("config/none.yaml", &problems, &check_in), -ENOENT);
	assert_int_equal(after_care_load("config/none.yaml", &problems, &care), -ENOENT);
	assert_int_equal(problems.count, 0);
}

/* ---- answers ---- */

static json_t *fine(void)
{
	return json_pack("{s:i, s:s, s:[s], s:s, s:s, s:s, s:[], s:[], s:[], s:[], s:s}", "pain", 4,
			 "side", "left", "where", "buttock", "cause", "piriformis", "moved_down",
			 "no", "onset", "longer", "red_flags", "never", "ask_first", "skin",
			 "new_numbness", "no");
}

/* The decision when @key is answered by @value (both consumed by it). */
static enum check_in_decision decided(const char *key, json_t *value, bool doctor_agreed,
				      struct check_in_result *ret)
{
	json_t *answers = fine();
	const char *field = NULL;

	if (key != NULL) {
		(void)json_object_set_new(answers, key, value);
	}
	if (doctor_agreed) {
		(void)json_object_set_new(answers, "doctor_agreed", json_string("yes"));
	}
	assert_int_equal(check_in_judge(shipped, answers, ret, &field), 0);
	json_decref(answers);
	return ret->decision;
}

static void expect_decision(const char *key, json_t *value, bool doctor_agreed,
			    enum check_in_decision decision, bool gentle, bool no_heat,
			    size_t reasons)
{
	struct check_in_result result;

	assert_int_equal(decided(key, value, doctor_agreed, &result), decision);
	assert_int_equal(result.gentle, gentle);
	assert_int_equal(result.no_heat, no_heat);
	assert_int_equal(json_array_size(result.reasons), reasons);
	json_decref(result.reasons);
}

static void who_has_nothing_against_it_may_go(void **state)
{
	struct check_in_result result;

	(void)state;
	assert_int_equal(decided(NULL, NULL, false, &result), CHECK_IN_GO);
	assert_false(result.gentle || result.no_heat);
	assert_int_equal(result.pain, 4);
	assert_string_equal(result.side, "left");
	assert_string_equal(result.cause, "piriformis");
	json_decref(result.reasons);
}

static void each_red_flag_means_help_now(void **state)
{
	static const char *const flags[] = {
		"saddle_numbness", "bladder_change", "bowel_change",
		"sexual_change",   "both_legs",	     "growing_weakness"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		expect_decision("red_flags", json_pack("[s]", flags[i]), true, CHECK_IN_HELP_NOW,
				false, false, 1);
	}
}

static void each_contraindication_means_not_today(void **state)
{
	static const char *const never[] = { "doctor_forbade",	  "thrombosis",	    "aneurysm",
					     "vein_inflammation", "skin_infection", "osteoporosis",
					     "spinal_fracture",	  "acute_injury",   "implant",
					     "pregnancy",	  "leg_circulation" };

	(void)state;
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		expect_decision("never", json_pack("[s]", never[i]), true, CHECK_IN_NOT_TODAY,
				false, false, 1);
	}
	expect_decision("moved_down", json_string("yes"), true, CHECK_IN_NOT_TODAY, false, false,
			1);
	expect_decision("new_numbness", json_string("yes"), true, CHECK_IN_NOT_TODAY, false, false,
			1);
}

static void what_a_doctor_must_know_first_is_gentle_once_he_agrees(void **state)
{
	static const char *const ask[] = { "cancer",	      "heart_disease",
					   "anticoagulants",  "diabetic_neuropathy",
					   "spine_curvature", "fever" };

	(void)state;
	for (size_t i = 0; i < sizeof(ask) / sizeof(ask[0]); i++) {
		expect_decision("ask_first", json_pack("[s]", ask[i]), false, CHECK_IN_NOT_TODAY,
				false, false, 1);
		expect_decision("ask_first", json_pack("[s]", ask[i]), true, CHECK_IN_GENTLE, true,
				false, 1);
	}
	expect_decision(NULL, NULL, true, CHECK_IN_GO, false, false, 0);
}

static void numb_skin_gets_no_heat_and_strong_pain_a_gentle_session(void **state)
{
	(void)state;
	expect_decision("skin", json_pack("[s]", "numb_skin"), false, CHECK_IN_NO_HEAT, false, true,
			1);
	expect_decision("skin", json_pack("[s, s]", "diabetes", "poor_circulation"), false,
			CHECK_IN_NO_HEAT, false, true, 2);
	expect_decision("pain", json_integer(7), false, CHECK_IN_GO, false, false, 0);
	expect_decision("pain", json_integer(8), false, CHECK_IN_GENTLE, true, false, 1);
	expect_decision("pain", json_integer(0), false, CHECK_IN_GO, false, false, 0);
	expect_decision("pain", json_integer(10), false, CHECK_IN_GENTLE, true, false, 1);
}

static void expect_invalid(const char *key, json_t *value, const char *named)
{
	json_t *answers = fine();
	struct check_in_result result;
	const char *field = NULL;

	if (value == NULL) {
		(void)json_object_del(answers, key);
	} else {
		(void)json_object_set_new(answers, key, value);
	}
	assert_int_equal(check_in_judge(shipped, answers, &result, &field), -EINVAL);
	assert_string_equal(field, named);
	assert_int_equal(result.decision, CHECK_IN_NOT_TODAY); /* all zero is the safe one */
	assert_null(result.reasons);
	json_decref(answers);
}

static void every_question_needs_an_answer_of_its_kind(void **state)
{
	(void)state;
	expect_invalid("pain", NULL, "pain");
	expect_invalid("red_flags", NULL, "red_flags");
	expect_invalid("pain", json_integer(-1), "pain");
	expect_invalid("pain", json_integer(11), "pain");
	expect_invalid("pain", json_real(3.0), "pain");
	expect_invalid("pain", json_string("3"), "pain");
	expect_invalid("side", json_string("up"), "side");
	expect_invalid("side", json_pack("[s]", "left"), "side");
	expect_invalid("side", json_null(), "side");
	expect_invalid("red_flags", json_string("both_legs"), "red_flags");
	expect_invalid("red_flags", json_pack("[s]", "nothing"), "red_flags");
	expect_invalid("red_flags", json_pack("[s, s]", "both_legs", "both_legs"), "red_flags");
	expect_invalid("red_flags", json_pack("[i]", 1), "red_flags");
	expect_invalid("doctor_agreed", json_string("perhaps"), "doctor_agreed");
	expect_invalid("shoe_size", json_integer(43), "shoe_size");
}

static void expect_tolerance(int before, int after, const char *moved, const char *numb,
			     const char *comfort, enum tolerance tolerance)
{
	json_t *answers = json_pack("{s:i, s:s, s:s, s:s}", "pain_after", after, "moved_down_after",
				    moved, "new_numbness_after", numb, "comfort", comfort);
	struct check_out_result result;
	const char *field = NULL;

	assert_int_equal(check_in_judge_out(shipped, answers, before, &result, &field), 0);
	assert_int_equal(result.tolerance, tolerance);
	assert_int_equal(result.pain, after);
	json_decref(answers);
}

static void a_session_is_judged_by_pain_leg_and_comfort(void **state)
{
	json_t *empty = json_object();
	struct check_out_result result;
	const char *field = NULL;

	(void)state;
	expect_tolerance(4, 4, "no", "no", "right", TOLERANCE_GOOD);
	expect_tolerance(4, 2, "no", "no", "too_light", TOLERANCE_GOOD);
	expect_tolerance(4, 5, "no", "no", "right", TOLERANCE_BAD);
	expect_tolerance(4, 6, "no", "no", "right", TOLERANCE_WORSE);
	expect_tolerance(4, 1, "no", "no", "too_strong", TOLERANCE_BAD);
	expect_tolerance(4, 6, "no", "no", "too_strong", TOLERANCE_WORSE);
	expect_tolerance(4, 1, "yes", "no", "right", TOLERANCE_WORSE);
	expect_tolerance(4, 1, "no", "yes", "right", TOLERANCE_WORSE);
	expect_tolerance(-1, 10, "no", "no", "right", TOLERANCE_GOOD); /* pain before not known */
	expect_tolerance(-1, 0, "no", "no", "too_strong", TOLERANCE_BAD);
	expect_tolerance(-1, 0, "yes", "no", "right", TOLERANCE_WORSE);
	assert_int_equal(check_in_judge_out(shipped, empty, 4, &result, &field), -EINVAL);
	assert_string_equal(field, "pain_after");
	assert_int_equal(result.tolerance, TOLERANCE_UNKNOWN);
	json_decref(empty);
}

static void the_panel_gets_all_questions_and_no_effects(void **state)
{
	json_t *doc = check_in_document(shipped);
	char *text = json_dumps(doc, JSON_COMPACT);
	json_t *words = check_in_text(shipped, CHECK_IN_HELP_NOW);

	(void)state;
	assert_non_null(text);
	assert_true(strlen(text) < 60000); /* a line of the socket */
	assert_null(strstr(text, "\"effect\""));
	assert_non_null(json_string_value(json_object_get(json_object_get(words, "title"), "de")));
	assert_string_equal(check_in_decision_name(CHECK_IN_HELP_NOW), "help_now");
	assert_string_equal(check_in_decision_name(CHECK_IN_DECISION_COUNT), "invalid");
	free(text);
	json_decref(words);
	json_decref(doc);
}

/* ---- after-care ---- */

static void every_cause_has_exercises_with_drawings(void **state)
{
	static const char *const causes[] = { "piriformis", "disc_herniation", "spinal_stenosis",
					      "muscular", "unknown" };
	struct schema_problems problems = { 0 };
	struct after_care *care = NULL;
	unsigned int minutes = 0;
	const char *id = NULL;
	json_t *text = NULL;

	(void)state;
	assert_int_equal(after_care_load(SHIPPED_AFTER, &problems, &care), 0);
	for (size_t c = 0; c < sizeof(causes) / sizeof(causes[0]); c++) {
		json_t *doc = after_care_document(care, causes[c]);
		const json_t *exercises = json_object_get(doc, "exercises");

		assert_true(json_array_size(exercises) >= 1);
		assert_true(json_array_size(json_object_get(doc, "advice")) >= 1);
		for (size_t e = 0; e < json_array_size(exercises); e++) {
			const json_t *exercise = json_array_get(exercises, e);

			assert_non_null(after_care_drawing(
				care, json_string_value(json_object_get(exercise, "id"))));
		}
		json_decref(doc);
	}
	assert_null(after_care_document(care, "nothing"));
	assert_null(after_care_drawing(care, "nothing"));
	assert_true(after_care_reminder(care, 0, &minutes, &id, &text));
	assert_true(minutes >= 1 && id != NULL && text != NULL);
	assert_false(after_care_reminder(care, 100, &minutes, &id, &text));
	after_care_free(care);
	schema_problems_free(&problems);
}

/* @text as after-care.yaml beside one drawing. */
static size_t problems_of(char *text, const char *reason)
{
	struct schema_problems problems = { 0 };
	struct after_care *care = NULL;
	char path[96];
	size_t count;
	bool said = false;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/after-care.yaml", directory);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	free(text);
	if (after_care_load(path, &problems, &care) == 0) {
		after_care_free(care);
	}
	for (size_t i = 0; i < problems.count; i++) {
		said = said || strstr(problems.list[i].reason, reason) != NULL;
	}
	assert_true(problems.count == 0 || said);
	count = problems.count;
	schema_problems_free(&problems);
	return count;
}

static char *small_care(void)
{
	char *text = calloc(1, TEXT_MAX);

	assert_non_null(text);
	strcpy(text, "version: 1\nexercises:\n"
		     "  - {id: walk, title: {en: a, de: b}, steps: {en: [a, b], de: [a, b]}, "
		     "dosage: {en: a, de: b}, drawing: one.svg, stop_if: {en: a, de: b}}\n"
		     "advice:\n  - {id: ice, title: {en: a, de: b}, text: {en: a, de: b}}\n"
		     "causes:\n");
	for (const char *const *c =
		     (const char *const[]){ "piriformis", "disc_herniation", "spinal_stenosis",
					    "muscular", "unknown", NULL };
	     *c != NULL; c++) {
		strcat(text, "  ");
		strcat(text, *c);
		strcat(text, ": {exercises: [walk], advice: [ice]}\n");
	}
	strcat(text, "reminders:\n  - {id: up, after_minutes: 30, text: {en: a, de: b}}\n");
	return text;
}

static void a_wrong_after_care_is_told(void **state)
{
	(void)state;
	assert_int_equal(problems_of(small_care(), ""), 0);
	assert_int_equal(problems_of(replaced(small_care(), "one.svg", "two.svg"), "two.svg"), 1);
	assert_int_equal(problems_of(replaced(small_care(), "one.svg", "../one.svg"),
				     "must be the name of a file"),
			 1);
	assert_int_equal(problems_of(replaced(small_care(), "one.svg", "text.svg"), "no SVG"), 1);
	assert_int_equal(problems_of(replaced(small_care(), "one.svg", "large.svg"), "32768"), 1);
	assert_int_equal(problems_of(replaced(small_care(), "[walk]", "[run]"), "no \"run\""), 5);
	assert_int_equal(problems_of(replaced(small_care(), "[ice]", "[ice, ice]"), "named twice"),
			 5);
	assert_int_equal(problems_of(replaced(small_care(), "de: [a, b]", "de: [a, b, c]"),
				     "as many in German"),
			 1);
	assert_int_equal(problems_of(replaced(small_care(), "en: [a, b]", "en: [a]"), "2 to 6"), 2);
	assert_int_equal(problems_of(replaced(small_care(), "  unknown:", "  none:"), "missing"),
			 2);
	assert_int_equal(
		problems_of(replaced(small_care(), "after_minutes: 30", "after_minutes: 0"),
			    "must be 1"),
		1);
}

static void write_file(const char *name, const char *text, size_t times)
{
	char path[96];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/after-care/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	for (size_t i = 0; i < times; i++) {
		assert_true(fputs(text, file) >= 0);
	}
	assert_int_equal(fclose(file), 0);
}

static int begin(void **state)
{
	struct schema_problems problems = { 0 };
	char path[96];

	(void)state;
	(void)snprintf(directory, sizeof(directory), "/tmp/test_check_in.%d", (int)getpid());
	(void)snprintf(path, sizeof(path), "%s/after-care", directory);
	if (mkdir(directory, 0700) < 0 || mkdir(path, 0700) < 0) {
		return -1;
	}
	write_file("one.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>", 1);
	write_file("text.svg", "no drawing", 1);
	write_file("large.svg", "<svg>0123456789</svg>", 2000);
	if (check_in_load(SHIPPED, &problems, &shipped) < 0) {
		return -1;
	}
	schema_problems_free(&problems);
	return 0;
}

static int end(void **state)
{
	static const char *const names[] = { "after-care/one.svg", "after-care/text.svg",
					     "after-care/large.svg", "after-care.yaml",
					     "check-in.yaml" };
	char path[96];

	(void)state;
	check_in_free(shipped);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		(void)unlink(path);
	}
	(void)snprintf(path, sizeof(path), "%s/after-care", directory);
	(void)rmdir(path);
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_must_be_asked_cannot_be_left_out),
		cmocka_unit_test(an_effect_can_be_stricter_but_not_weaker),
		cmocka_unit_test(every_problem_is_told_with_its_place),
		cmocka_unit_test(a_file_that_is_not_there_is_no_problem),
		cmocka_unit_test(who_has_nothing_against_it_may_go),
		cmocka_unit_test(each_red_flag_means_help_now),
		cmocka_unit_test(each_contraindication_means_not_today),
		cmocka_unit_test(what_a_doctor_must_know_first_is_gentle_once_he_agrees),
		cmocka_unit_test(numb_skin_gets_no_heat_and_strong_pain_a_gentle_session),
		cmocka_unit_test(every_question_needs_an_answer_of_its_kind),
		cmocka_unit_test(a_session_is_judged_by_pain_leg_and_comfort),
		cmocka_unit_test(the_panel_gets_all_questions_and_no_effects),
		cmocka_unit_test(every_cause_has_exercises_with_drawings),
		cmocka_unit_test(a_wrong_after_care_is_told),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
