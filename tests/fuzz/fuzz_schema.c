/* SPDX-License-Identifier: MIT */
/* Any bytes as YAML, walked in every way: nothing breaks, and a refusal always has its problem. */
#include "schema.h"

#include <stdlib.h>
#include <string.h>

#define REQUIRE(x)               \
	do {                     \
		if (!(x)) {      \
			abort(); \
		}                \
	} while (0)

static void walk(const struct schema_node *node, int depth)
{
	static const char *const words[] = { "left", NULL, "right" };
	char text[24] = "";
	size_t count;

	REQUIRE(depth < 40);
	if (schema_is_scalar(node)) {
		const double number = schema_node_number(node, -10, 10, 0);

		REQUIRE(number >= -10 && number <= 10);
		REQUIRE(schema_node_word(node, words, 3, 0) != 1);
		schema_node_string(node, text, sizeof(text));
		REQUIRE(strnlen(text, sizeof(text)) < sizeof(text));
		return;
	}
	(void)schema_bool(node, "on", false, true);
	(void)schema_integer(node, "count", 1, 8, 1, false);
	schema_string(node, "name", text, sizeof(text), "", true);
	count = schema_length(node);
	for (size_t i = 0; i < count; i++) {
		const struct schema_node item = schema_item(node, i);

		walk(&item, depth + 1);
	}
	schema_finish_map(node);
	count = schema_map_size(node);
	for (size_t i = 0; i < count; i++) {
		const struct schema_node item = schema_map_item(node, i, text, sizeof(text));

		walk(&item, depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct schema_problems problems = { 0 };
	struct schema_file *file = NULL;
	const int r = schema_open_memory("fuzz", (const char *)data, size, &problems, &file);

	if (r == 0) {
		const struct schema_node root = schema_root(file);

		REQUIRE(problems.count == 0);
		walk(&root, 0);
		schema_close(file);
	} else {
		REQUIRE(file == NULL);
		REQUIRE(problems.count > 0);
	}
	for (size_t i = 0; i < problems.count; i++) {
		REQUIRE(problems.list[i].reason[0] != '\0');
	}
	schema_problems_free(&problems);
	return 0;
}
