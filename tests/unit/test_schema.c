/* SPDX-License-Identifier: MIT */
/* What a person with a broken YAML file is told. */
#include "schema.h"

#include <setjmp.h> /* cmocka needs these four first */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench {
	struct schema_problems problems;
	struct schema_file *file;
	struct schema_node root;
};

static int set_up(void **state)
{
	*state = calloc(1, sizeof(struct bench));
	return *state == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	schema_close(bench->file);
	schema_problems_free(&bench->problems);
	free(bench);
	return 0;
}

static int parse(struct bench *bench, const char *text)
{
	const int r = schema_open_memory("chair.yaml", text, strlen(text), &bench->problems,
					 &bench->file);

	if (r == 0) {
		bench->root = schema_root(bench->file);
	}
	return r;
}

static void expect(const struct bench *bench, size_t i, unsigned int line, const char *key,
		   const char *reason)
{
	assert_true(i < bench->problems.count);
	assert_string_equal(bench->problems.list[i].file, "chair.yaml");
	assert_string_equal(bench->problems.list[i].key, key);
	assert_string_equal(bench->problems.list[i].reason, reason);
	assert_int_equal(bench->problems.list[i].line, line);
}

static void good_values_are_read_without_a_word(void **state)
{
	static const char *const words[] = { "none", NULL, "slow", "fast" };
	struct bench *bench = *state;
	char text[16];

	assert_int_equal(parse(bench, "speed_rpm: 12.5\naddr: 0x2010\nten: 010\non: true\n"
				      "name: \"a b\"\nword: fast\n"),
			 0);
	assert_float_equal(schema_number(&bench->root, "speed_rpm", 0, 60, 1, true), 12.5, 1e-9);
	assert_int_equal(schema_integer(&bench->root, "addr", 0, 65535, 0, true), 0x2010);
	assert_int_equal(schema_integer(&bench->root, "ten", 0, 65535, 0, true), 10);
	assert_true(schema_bool(&bench->root, "on", false, true));
	schema_string(&bench->root, "name", text, sizeof(text), "", true);
	assert_string_equal(text, "a b");
	assert_int_equal(schema_word(&bench->root, "word", words, 4, 0, true), 3);
	assert_int_equal(schema_integer(&bench->root, "absent", 0, 9, 7, false), 7);
	schema_finish_map(&bench->root);
	assert_int_equal(bench->problems.count, 0);
}

static void all_problems_are_reported_at_once_with_line_key_and_reason(void **state)
{
	static const char *const words[] = { "left", "right" };
	struct bench *bench = *state;
	struct schema_node item;
	struct schema_node list;

	assert_int_equal(parse(bench, "travel_mm: 300\ncount: many\non: yes\nside: up\n"
				      "phases:\n  - {minutes: 5, lvel: 2}\n  - {minutes: x}\n"),
			 0);
	assert_float_equal(schema_number(&bench->root, "travel_mm", 0, 250, 9, true), 9, 1e-9);
	(void)schema_integer(&bench->root, "count", 1, 8, 1, true);
	(void)schema_bool(&bench->root, "on", false, true);
	(void)schema_word(&bench->root, "side", words, 2, 0, true);
	(void)schema_number(&bench->root, "force_n", 0, 40, 0, true);
	list = schema_child(&bench->root, "phases", true);
	assert_int_equal(schema_length(&list), 2);
	for (size_t i = 0; i < 2; i++) {
		item = schema_item(&list, i);
		(void)schema_number(&item, "minutes", 1, 30, 1, true);
		(void)schema_integer(&item, "level", 1, 5, 1, false);
		schema_finish_map(&item);
	}
	schema_finish_map(&bench->root);
	assert_int_equal(bench->problems.count, 7);
	expect(bench, 0, 1, "travel_mm", "must be 0 to 250 mm, is 300 mm");
	expect(bench, 1, 2, "count", "must be a whole number from 1 to 8, is \"many\"");
	expect(bench, 2, 3, "on", "must be true or false, is \"yes\"");
	expect(bench, 3, 4, "side", "must be one of left, right; is \"up\"");
	expect(bench, 4, 1, "force_n", "is missing");
	expect(bench, 5, 6, "phases[0].lvel", "unknown key; did you mean \"level\"?");
	expect(bench, 6, 7, "phases[1].minutes", "must be a number from 1 to 30, is \"x\"");
}

static void a_key_like_nothing_known_gets_no_hint(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(parse(bench, "colour: red\n"), 0);
	(void)schema_number(&bench->root, "speed_rpm", 0, 1, 0, false);
	schema_finish_map(&bench->root);
	expect(bench, 0, 1, "colour", "unknown key");
}

static void a_number_in_quotes_is_a_text(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(parse(bench, "a: \"5\"\nb: \"true\"\nc: .nan\nd: 99999999999999999999\n"),
			 0);
	(void)schema_integer(&bench->root, "a", 0, 9, 0, true);
	(void)schema_bool(&bench->root, "b", false, true);
	(void)schema_number(&bench->root, "c", 0, 9, 0, true);
	(void)schema_integer(&bench->root, "d", 0, 9, 0, true);
	assert_int_equal(bench->problems.count, 4);
}

static void nan_and_infinity_are_no_numbers(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(parse(bench, "a: nan\nb: inf\nc: -INF\nd: 1e999\n"), 0);
	(void)schema_number(&bench->root, "a", -1, 1, 0, true);
	(void)schema_number(&bench->root, "b", -1, 1, 0, true);
	(void)schema_number(&bench->root, "c", -1, 1, 0, true);
	(void)schema_number(&bench->root, "d", -1, 1, 0, true);
	assert_int_equal(bench->problems.count, 4);
}

static void every_doubled_key_is_reported(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(parse(bench, "a: 1\nb: 2\na: 3\nc: {d: 1, d: 2}\n"), -EINVAL);
	assert_int_equal(bench->problems.count, 2);
	expect(bench, 0, 3, "a", "the same key again; it was given in line 1");
	expect(bench, 1, 4, "d", "the same key again; it was given in line 4");
}

static void what_we_do_not_want_of_yaml_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"# only a comment\n",
		"a: &x 1\nb: *x\n",
		"a: &x [*x]\n",
		"a: 1\n---\nb: 2\n",
		"{[1, 2]: 3}\n",
		"a: [1, 2\n",
		"a: \x01\n",
		"[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]",
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const size_t before = bench->problems.count;

		assert_int_equal(parse(bench, texts[i]), -EINVAL);
		assert_int_equal(bench->problems.count, before + 1);
	}
}

static void a_file_too_large_is_refused(void **state)
{
	struct bench *bench = *state;
	const size_t size = (1U << 20) + 1;
	char *text = malloc(size);

	assert_non_null(text);
	memset(text, '#', size);
	assert_int_equal(
		schema_open_memory("chair.yaml", text, size, &bench->problems, &bench->file),
		-EINVAL);
	expect(bench, 0, 0, "", "larger than 1 MiB");
	free(text);
}

static void a_map_in_place_of_a_number_is_said_so(void **state)
{
	struct bench *bench = *state;
	struct schema_node c;
	char text[4] = "";

	assert_int_equal(parse(bench, "a: {b: 1}\nc: 1\nlong: abcdef\nempty:\n"), 0);
	(void)schema_number(&bench->root, "a", 0, 1, 0, true);
	c = schema_child(&bench->root, "c", true);
	assert_int_equal(schema_length(&c), 0);
	assert_int_equal(schema_map_size(&c), 0);
	assert_true(schema_is_scalar(&c));
	schema_string(&bench->root, "long", text, sizeof(text), "", true);
	assert_string_equal(text, "");
	schema_string(&bench->root, "empty", text, sizeof(text), "", true);
	expect(bench, 0, 1, "a", "must be a number");
	expect(bench, 1, 2, "c", "must be a list");
	expect(bench, 2, 2, "c", "must be a map of keys and values");
	expect(bench, 3, 3, "long", "must have at most 3 characters, has 6");
	expect(bench, 4, 4, "empty", "has no value");
}

static void an_absent_node_is_silent(void **state)
{
	struct bench *bench = *state;
	struct schema_node absent;
	struct schema_node below;
	char key[8];

	assert_int_equal(parse(bench, "a: 1\n"), 0);
	absent = schema_child(&bench->root, "gone", false);
	assert_false(schema_present(&absent));
	assert_int_equal(schema_integer(&absent, "x", 0, 9, 4, true), 4);
	assert_int_equal(schema_length(&absent), 0);
	below = schema_item(&absent, 3);
	assert_false(schema_present(&below));
	below = schema_map_item(&absent, 0, key, sizeof(key));
	assert_false(schema_present(&below));
	schema_finish_map(&absent);
	assert_int_equal(bench->problems.count, 0);
}

static void names_of_a_map_can_be_free(void **state)
{
	struct bench *bench = *state;
	struct schema_node item;
	char key[6];

	assert_int_equal(parse(bench, "seat: 1\nmuch_too_long: 2\n"), 0);
	assert_int_equal(schema_map_size(&bench->root), 2);
	item = schema_map_item(&bench->root, 0, key, sizeof(key));
	assert_string_equal(key, "seat");
	assert_float_equal(schema_node_number(&item, 0, 9, 0), 1, 1e-9);
	item = schema_map_item(&bench->root, 1, key, sizeof(key));
	schema_finish_map(&bench->root);
	assert_int_equal(bench->problems.count, 1);
	expect(bench, 0, 2, "much_too_long", "the name is longer than 5 characters");
}

static void a_flood_of_problems_ends_with_a_word(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(parse(bench, "a: 1\n"), 0);
	for (int i = 0; i < 1000; i++) {
		(void)schema_child(&bench->root, "x", true);
	}
	assert_int_equal(bench->problems.count, 201);
	assert_string_equal(bench->problems.list[200].reason,
			    "more problems follow; repair these first");
}

static void a_file_that_cannot_be_opened_is_a_problem_too(void **state)
{
	struct bench *bench = *state;
	struct schema_file *file = NULL;

	assert_int_equal(schema_open("/nowhere/chair.yaml", &bench->problems, &file), -ENOENT);
	assert_null(file);
	assert_int_equal(bench->problems.count, 1);
	assert_int_equal(schema_open("/", &bench->problems, &file), -EISDIR);
	assert_int_equal(bench->problems.count, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(good_values_are_read_without_a_word),
		TEST(all_problems_are_reported_at_once_with_line_key_and_reason),
		TEST(a_key_like_nothing_known_gets_no_hint),
		TEST(a_number_in_quotes_is_a_text),
		TEST(nan_and_infinity_are_no_numbers),
		TEST(every_doubled_key_is_reported),
		TEST(what_we_do_not_want_of_yaml_is_refused),
		TEST(a_file_too_large_is_refused),
		TEST(a_map_in_place_of_a_number_is_said_so),
		TEST(an_absent_node_is_silent),
		TEST(names_of_a_map_can_be_free),
		TEST(a_flood_of_problems_ends_with_a_word),
		TEST(a_file_that_cannot_be_opened_is_a_problem_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
