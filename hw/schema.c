/* SPDX-License-Identifier: MIT */
#include "schema.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

/* Far above any honest file of ours; they bound the work that a hostile one can cause. */
#define FILE_MAX_BYTES (1U << 20)
#define NODE_MAX       20000
#define MAP_MAX	       256
#define DEPTH_MAX      16
#define PROBLEM_MAX    200
#define KEY_MAX	       48

/* A key that somebody asked for, to say "did you mean". */
struct asked {
	int map; /* node index */
	char key[KEY_MAX];
};

struct schema_file {
	char name[128];
	struct schema_problems *problems;
	yaml_document_t document;
	int node_count;
	unsigned char *known; /* by node index of the key: somebody asked for it */
	struct asked *asked;
	size_t asked_count;
	size_t asked_capacity;
};

/* ---- problems ---- */

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
/* not a leak: the caller owns *problems, gcc 12 loses sight of it */
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif
/* Room for all that will be kept, before a file is looked at: a broken file never passes for a good
 * one because memory ran out while complaining. */
static int reserve_problems(struct schema_problems *problems)
{
	if (problems->list != NULL) {
		return 0;
	}
	problems->list = calloc(PROBLEM_MAX + 1, sizeof(*problems->list));
	if (problems->list == NULL) {
		return -ENOMEM;
	}
	problems->capacity = PROBLEM_MAX + 1;
	return 0;
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

static void add_problem(struct schema_problems *problems, const char *file, unsigned int line,
			const char *key, const char *format, va_list args)
	__attribute__((format(printf, 5, 0)));

static void add_problem(struct schema_problems *problems, const char *file, unsigned int line,
			const char *key, const char *format, va_list args)
{
	struct schema_problem *problem;

	if (reserve_problems(problems) < 0) {
		abort(); /* at start, before a file was opened; else a bad value would pass */
	}
	if (problems->count >= problems->capacity) {
		return;
	}
	problem = &problems->list[problems->count++];
	problem->line = line;
	(void)snprintf(problem->file, sizeof(problem->file), "%s", file);
	(void)snprintf(problem->key, sizeof(problem->key), "%s", key);
	(void)vsnprintf(problem->reason, sizeof(problem->reason), format, args);
	if (problems->count == problems->capacity) {
		(void)snprintf(problem->reason, sizeof(problem->reason),
			       "more problems follow; repair these first");
	}
}

void schema_problem(struct schema_problems *problems, const char *file, unsigned int line,
		    const char *key, const char *format, ...)
{
	va_list args;

	assert(problems != NULL);
	va_start(args, format);
	add_problem(problems, file, line, key, format, args);
	va_end(args);
}

void schema_problems_free(struct schema_problems *problems)
{
	if (problems == NULL) {
		return;
	}
	free(problems->list);
	*problems = (struct schema_problems){ 0 };
}

void schema_problems_print(const struct schema_problems *problems, FILE *to)
{
	assert(problems != NULL);
	assert(to != NULL);

	for (size_t i = 0; i < problems->count; i++) {
		const struct schema_problem *p = &problems->list[i];

		(void)fprintf(to, "%s:%u: %s%s%s\n", p->file, p->line, p->key,
			      p->key[0] != '\0' ? ": " : "", p->reason);
	}
}

/* ---- opening ---- */

/* Why libyaml gave up, in one problem. */
static void report_parser(struct schema_file *file, const yaml_parser_t *parser)
{
	const char *what = parser->problem != NULL ? parser->problem : "cannot be parsed";
	const bool reader = parser->error == YAML_READER_ERROR;

	schema_problem(file->problems, file->name,
		       reader ? 0 : (unsigned int)parser->problem_mark.line + 1, "",
		       "not YAML: %s%s%s", what, parser->context != NULL ? " " : "",
		       parser->context != NULL ? parser->context : "");
}

/* yaml_parser_load() leaves an empty document at the end of the stream. */
static int load_document(struct schema_file *file, yaml_parser_t *parser)
{
	yaml_document_t second;
	bool more;

	if (yaml_parser_load(parser, &file->document) == 0) {
		report_parser(file, parser);
		return -EINVAL;
	}
	if (yaml_document_get_root_node(&file->document) == NULL) {
		schema_problem(file->problems, file->name, 0, "", "the file is empty");
		return -EINVAL;
	}
	if (yaml_parser_load(parser, &second) == 0) {
		report_parser(file, parser);
		return -EINVAL;
	}
	more = yaml_document_get_root_node(&second) != NULL;
	yaml_document_delete(&second);
	if (more) {
		schema_problem(file->problems, file->name, 0, "",
			       "more than one document; put each in its own file");
		return -EINVAL;
	}
	return 0;
}

static yaml_node_t *node_at(const struct schema_file *file, int index)
{
	return &file->document.nodes.start[index - 1];
}

static unsigned int line_of(const yaml_node_t *node)
{
	return (unsigned int)node->start_mark.line + 1;
}

/* Shown in messages; never longer than the reason can hold. */
static const char *scalar_text(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : "";
}

/* Note that @child hangs below @parent. libyaml adds parents first, so a child that was seen
 * before, or comes before its parent, is an alias. */
static int visit_child(const struct schema_file *file, unsigned char *depth, int parent, int child)
{
	const yaml_node_t *node = node_at(file, child);

	if (depth[child] != 0 || child <= parent) {
		schema_problem(file->problems, file->name, line_of(node), "",
			       "aliases are not allowed; write the value out");
		return -EINVAL;
	}
	if (depth[parent] >= DEPTH_MAX) {
		schema_problem(file->problems, file->name, line_of(node), "",
			       "nested deeper than %d", DEPTH_MAX);
		return -EINVAL;
	}
	depth[child] = (unsigned char)(depth[parent] + 1);
	return 0;
}

static int check_sequence(const struct schema_file *file, unsigned char *depth, int index)
{
	const yaml_node_t *node = node_at(file, index);
	int r = 0;

	for (const yaml_node_item_t *item = node->data.sequence.items.start;
	     r == 0 && item < node->data.sequence.items.top; item++) {
		r = visit_child(file, depth, index, *item);
	}
	return r;
}

static void check_doubled(const struct schema_file *file, const yaml_node_pair_t *first,
			  const yaml_node_pair_t *pair)
{
	const yaml_node_t *key = node_at(file, pair->key);

	for (const yaml_node_pair_t *other = first; other < pair; other++) {
		const yaml_node_t *before = node_at(file, other->key);

		if (before->type == YAML_SCALAR_NODE &&
		    strcmp(scalar_text(before), scalar_text(key)) == 0) {
			schema_problem(file->problems, file->name, line_of(key), scalar_text(key),
				       "the same key again; it was given in line %u",
				       line_of(before));
			return;
		}
	}
}

static int check_map(const struct schema_file *file, unsigned char *depth, int index)
{
	const yaml_node_t *node = node_at(file, index);
	const yaml_node_pair_t *first = node->data.mapping.pairs.start;
	int r = 0;

	if (node->data.mapping.pairs.top - first > MAP_MAX) {
		schema_problem(file->problems, file->name, line_of(node), "",
			       "more than %d keys in one map", MAP_MAX);
		return -EINVAL;
	}
	for (const yaml_node_pair_t *pair = first; r == 0 && pair < node->data.mapping.pairs.top;
	     pair++) {
		const yaml_node_t *key = node_at(file, pair->key);

		if (key->type != YAML_SCALAR_NODE) {
			schema_problem(file->problems, file->name, line_of(key), "",
				       "a key must be a plain word");
			return -EINVAL;
		}
		check_doubled(file, first, pair);
		r = visit_child(file, depth, index, pair->key);
		if (r == 0) {
			r = visit_child(file, depth, index, pair->value);
		}
	}
	return r;
}

/* Refuse what the rest of this file need not cope with. Doubled keys are reported together. */
static int check_tree(const struct schema_file *file)
{
	const size_t before = file->problems->count;
	unsigned char *depth = calloc((size_t)file->node_count + 1, 1);
	int r = 0;

	if (depth == NULL) {
		return -ENOMEM;
	}
	depth[1] = 1;
	for (int index = 1; r == 0 && index <= file->node_count; index++) {
		const yaml_node_type_t type = node_at(file, index)->type;

		if (type == YAML_SEQUENCE_NODE) {
			r = check_sequence(file, depth, index);
		} else if (type == YAML_MAPPING_NODE) {
			r = check_map(file, depth, index);
		}
	}
	free(depth);
	if (r == 0 && file->problems->count > before) {
		r = -EINVAL;
	}
	return r;
}

static int load_tree(struct schema_file *file, const char *text, size_t size)
{
	yaml_parser_t parser;
	int r;

	if (yaml_parser_initialize(&parser) == 0) {
		return -ENOMEM;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
	r = load_document(file, &parser);
	yaml_parser_delete(&parser);
	if (r < 0) {
		return r;
	}
	if (file->document.nodes.top - file->document.nodes.start > NODE_MAX) {
		schema_problem(file->problems, file->name, 0, "", "more than %d values", NODE_MAX);
		return -EINVAL;
	}
	file->node_count = (int)(file->document.nodes.top - file->document.nodes.start);
	file->known = calloc((size_t)file->node_count + 1, 1);
	if (file->known == NULL) {
		return -ENOMEM;
	}
	return check_tree(file);
}

int schema_open_memory(const char *name, const char *text, size_t size,
		       struct schema_problems *problems, struct schema_file **ret)
{
	struct schema_file *file;
	int r;

	assert(name != NULL && text != NULL && problems != NULL && ret != NULL);

	if (reserve_problems(problems) < 0) {
		return -ENOMEM;
	}
	if (size > FILE_MAX_BYTES) {
		schema_problem(problems, name, 0, "", "larger than 1 MiB");
		return -EINVAL;
	}
	file = calloc(1, sizeof(*file));
	if (file == NULL) {
		return -ENOMEM;
	}
	file->problems = problems;
	(void)snprintf(file->name, sizeof(file->name), "%s", name);
	r = load_tree(file, text, size);
	if (r < 0) {
		schema_close(file);
		return r;
	}
	*ret = file;
	return 0;
}

/* The whole of a file, at most one byte more than is allowed. */
static int read_whole(int fd, char *text, size_t *ret_size)
{
	size_t size = 0;

	while (size <= FILE_MAX_BYTES) {
		const ssize_t n = read(fd, text + size, FILE_MAX_BYTES + 1 - size);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return -errno;
		}
		if (n == 0) {
			break;
		}
		size += (size_t)n;
	}
	*ret_size = size;
	return 0;
}

int schema_open(const char *path, struct schema_problems *problems, struct schema_file **ret)
{
	char *text;
	size_t size = 0;
	int fd;
	int r;

	assert(path != NULL && problems != NULL && ret != NULL);

	if (reserve_problems(problems) < 0) {
		return -ENOMEM;
	}
	/* O_NONBLOCK: a FIFO in place of a file must not hang the start */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		r = -errno;
		schema_problem(problems, path, 0, "", "cannot be opened: %s", strerrordesc_np(-r));
		return r;
	}
	text = malloc(FILE_MAX_BYTES + 1);
	if (text == NULL) {
		r = -ENOMEM;
		goto out_close;
	}
	r = read_whole(fd, text, &size);
	if (r < 0) {
		schema_problem(problems, path, 0, "", "cannot be read: %s", strerrordesc_np(-r));
		goto out_free;
	}
	r = schema_open_memory(path, text, size, problems, ret);
out_free:
	free(text);
out_close:
	(void)close(fd); /* only read from: nothing can be lost */
	return r;
}

void schema_close(struct schema_file *file)
{
	if (file == NULL) {
		return;
	}
	yaml_document_delete(&file->document);
	free(file->known);
	free(file->asked);
	free(file);
}

/* ---- walking ---- */

struct schema_node schema_root(struct schema_file *file)
{
	assert(file != NULL);
	return (struct schema_node){ .file = file, .index = 1 };
}

void schema_complain(const struct schema_node *node, const char *format, ...)
{
	const unsigned int line = node->index > 0 ? line_of(node_at(node->file, node->index)) : 0;
	va_list args;

	va_start(args, format);
	add_problem(node->file->problems, node->file->name, line, node->path, format, args);
	va_end(args);
}

/* A path too long is cut: it only serves messages. */
static void set_path(struct schema_node *node, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void set_path(struct schema_node *node, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(node->path, sizeof(node->path), format, args);
	va_end(args);
}

static struct schema_node make_child(const struct schema_node *parent, int index, const char *key)
{
	struct schema_node child = { .file = parent->file, .index = index };

	set_path(&child, "%s%s%s", parent->path, parent->path[0] != '\0' ? "." : "", key);
	return child;
}

static yaml_node_t *typed_node(const struct schema_node *node, yaml_node_type_t type,
			       const char *expected)
{
	yaml_node_t *yaml;

	if (node->index == 0) {
		return NULL;
	}
	yaml = node_at(node->file, node->index);
	if (yaml->type != type) {
		schema_complain(node, "must be %s", expected);
		return NULL;
	}
	return yaml;
}

/* Best effort: a forgotten key only costs a hint. */
static void remember_asked(struct schema_file *file, int map, const char *key)
{
	struct asked *asked;

	if (file->asked_count == file->asked_capacity) {
		const size_t capacity = file->asked_capacity == 0 ? 64 : file->asked_capacity * 2;
		struct asked *list = reallocarray(file->asked, capacity, sizeof(*list));

		if (list == NULL) {
			return;
		}
		file->asked = list;
		file->asked_capacity = capacity;
	}
	asked = &file->asked[file->asked_count++];
	asked->map = map;
	(void)snprintf(asked->key, sizeof(asked->key), "%s", key);
}

struct schema_node schema_child(const struct schema_node *map, const char *key, bool required)
{
	const yaml_node_t *yaml = typed_node(map, YAML_MAPPING_NODE, "a map of keys and values");
	struct schema_node child = make_child(map, 0, key);

	if (yaml == NULL) {
		return child;
	}
	for (const yaml_node_pair_t *pair = yaml->data.mapping.pairs.start;
	     pair < yaml->data.mapping.pairs.top; pair++) {
		if (strcmp(scalar_text(node_at(map->file, pair->key)), key) == 0) {
			map->file->known[pair->key] = 1;
			child.index = pair->value;
			return child;
		}
	}
	remember_asked(map->file, map->index, key); /* only a key not given can be meant */
	if (required) {
		schema_problem(map->file->problems, map->file->name, line_of(yaml), child.path,
			       "is missing");
	}
	return child;
}

size_t schema_length(const struct schema_node *sequence)
{
	const yaml_node_t *yaml = typed_node(sequence, YAML_SEQUENCE_NODE, "a list");

	return yaml == NULL
		       ? 0
		       : (size_t)(yaml->data.sequence.items.top - yaml->data.sequence.items.start);
}

struct schema_node schema_item(const struct schema_node *sequence, size_t i)
{
	struct schema_node item = { .file = sequence->file };
	const yaml_node_t *yaml;

	if (sequence->index == 0) {
		return item;
	}
	yaml = node_at(sequence->file, sequence->index);
	if (yaml->type == YAML_SEQUENCE_NODE &&
	    i < (size_t)(yaml->data.sequence.items.top - yaml->data.sequence.items.start)) {
		item.index = yaml->data.sequence.items.start[i];
	}
	set_path(&item, "%s[%zu]", sequence->path, i);
	return item;
}

size_t schema_map_size(const struct schema_node *map)
{
	const yaml_node_t *yaml = typed_node(map, YAML_MAPPING_NODE, "a map of keys and values");

	return yaml == NULL
		       ? 0
		       : (size_t)(yaml->data.mapping.pairs.top - yaml->data.mapping.pairs.start);
}

struct schema_node schema_map_item(const struct schema_node *map, size_t i, char *key, size_t size)
{
	const yaml_node_t *yaml;
	const yaml_node_pair_t *pair;
	const char *text;
	struct schema_node item;

	assert(size > 0);
	key[0] = '\0';
	if (i >= schema_map_size(map)) {
		return (struct schema_node){ .file = map->file };
	}
	yaml = node_at(map->file, map->index);
	pair = &yaml->data.mapping.pairs.start[i];
	text = scalar_text(node_at(map->file, pair->key));
	map->file->known[pair->key] = 1;
	item = make_child(map, pair->value, text);
	if (strlen(text) >= size) {
		schema_complain(&item, "the name is longer than %zu characters", size - 1);
	}
	(void)snprintf(key, size, "%s", text);
	return item;
}

bool schema_present(const struct schema_node *node)
{
	return node->index != 0;
}

bool schema_is_scalar(const struct schema_node *node)
{
	return node->index != 0 && node_at(node->file, node->index)->type == YAML_SCALAR_NODE;
}

/* ---- scalars ---- */

/* The unit that a key's name carries, as people write it. */
static const char *unit_of(const char *path)
{
	static const char *const units[][2] = {
		{ "_us", " us" },	{ "_ms", " ms" },     { "_s", " s" },
		{ "_minutes", " min" }, { "_min", " min" },   { "_hours", " h" },
		{ "_mm", " mm" },	{ "_n", " N" },	      { "_rpm", " rpm" },
		{ "_c", " degrees C" }, { "_pct", " %" },     { "_a", " A" },
		{ "_mm_s", " mm/s" },	{ "_n_mm", " N/mm" }, { "_hz", " Hz" },
		{ "_w", " W" },
	};
	const size_t length = strlen(path);
	const char *unit = "";
	size_t longest = 0;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		const size_t n = strlen(units[i][0]);

		if (n > longest && length > n && strcmp(path + length - n, units[i][0]) == 0) {
			unit = units[i][1];
			longest = n;
		}
	}
	return unit;
}

static const char *scalar_of(const struct schema_node *node, const char *expected)
{
	const yaml_node_t *yaml = typed_node(node, YAML_SCALAR_NODE, expected);

	return yaml == NULL ? NULL : scalar_text(yaml);
}

/* A number in quotes is a text, so that versions and names are never numbers by accident. */
static bool is_plain(const struct schema_node *node)
{
	return node_at(node->file, node->index)->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

double schema_node_number(const struct schema_node *node, double min, double max, double fallback)
{
	const char *text = scalar_of(node, "a number");
	const char *unit = unit_of(node->path);
	char *end = NULL;
	double value;

	if (text == NULL) {
		return fallback;
	}
	value = strtod(text, &end);
	if (end == text || *end != '\0' || !is_plain(node) || !isfinite(value)) {
		schema_complain(node, "must be a number from %g to %g%s, is \"%.40s\"", min, max,
				unit, text);
		return fallback;
	}
	if (value < min || value > max) {
		schema_complain(node, "must be %g to %g%s, is %g%s", min, max, unit, value, unit);
		return fallback;
	}
	return value;
}

static int64_t node_integer(const struct schema_node *node, int64_t min, int64_t max,
			    int64_t fallback)
{
	const char *text = scalar_of(node, "a whole number");
	const char *unit = unit_of(node->path);
	char *end = NULL;
	bool hex;
	long long value;

	if (text == NULL) {
		return fallback;
	}
	hex = strncmp(text, "0x", 2) == 0; /* never octal: 010 is ten */
	errno = 0;
	value = strtoll(text, &end, hex ? 16 : 10);
	if (end == text || *end != '\0' || !is_plain(node)) {
		schema_complain(node, "must be a whole number from %lld to %lld%s, is \"%.40s\"",
				(long long)min, (long long)max, unit, text);
		return fallback;
	}
	if (errno == ERANGE || value < min || value > max) {
		schema_complain(node, "must be %lld to %lld%s, is %.40s%s", (long long)min,
				(long long)max, unit, text, unit);
		return fallback;
	}
	return value;
}

double schema_number(const struct schema_node *map, const char *key, double min, double max,
		     double fallback, bool required)
{
	const struct schema_node node = schema_child(map, key, required);

	return schema_node_number(&node, min, max, fallback);
}

int64_t schema_integer(const struct schema_node *map, const char *key, int64_t min, int64_t max,
		       int64_t fallback, bool required)
{
	const struct schema_node node = schema_child(map, key, required);

	return node_integer(&node, min, max, fallback);
}

bool schema_bool(const struct schema_node *map, const char *key, bool fallback, bool required)
{
	const struct schema_node node = schema_child(map, key, required);
	const char *text = scalar_of(&node, "true or false");

	if (text == NULL) {
		return fallback;
	}
	if (is_plain(&node) && strcmp(text, "true") == 0) {
		return true;
	}
	if (is_plain(&node) && strcmp(text, "false") == 0) {
		return false;
	}
	schema_complain(&node, "must be true or false, is \"%.40s\"", text);
	return fallback;
}

void schema_node_string(const struct schema_node *node, char *text, size_t size)
{
	const char *value = scalar_of(node, "a text");

	assert(size > 0);
	if (value == NULL) {
		return;
	}
	if (value[0] == '\0' && is_plain(node)) {
		schema_complain(node, "has no value");
		return;
	}
	if (strlen(value) >= size) {
		schema_complain(node, "must have at most %zu characters, has %zu", size - 1,
				strlen(value));
		return;
	}
	(void)snprintf(text, size, "%s", value);
}

void schema_string(const struct schema_node *map, const char *key, char *text, size_t size,
		   const char *fallback, bool required)
{
	const struct schema_node node = schema_child(map, key, required);

	(void)snprintf(text, size, "%s", fallback);
	schema_node_string(&node, text, size);
}

/* ---- words and hints ---- */

/* How many letters must be added, dropped or changed; long texts count as far apart. */
static size_t edit_distance(const char *a, const char *b)
{
	const size_t length = strlen(b);
	size_t row[KEY_MAX + 1];

	if (length > KEY_MAX || strlen(a) > KEY_MAX) {
		return SIZE_MAX;
	}
	for (size_t j = 0; j <= length; j++) {
		row[j] = j;
	}
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			const size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
			const size_t shift = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;

			diagonal = row[j];
			row[j] = replace < shift ? replace : shift;
		}
	}
	return row[length];
}

/* Near enough to be a slip of the finger. */
static bool is_near(const char *text, const char *word, size_t distance)
{
	const size_t length = strlen(text) > strlen(word) ? strlen(text) : strlen(word);

	return distance <= (length + 2) / 3;
}

static const char *nearest_asked(const struct schema_file *file, int map, const char *key)
{
	const char *nearest = NULL;
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < file->asked_count; i++) {
		const struct asked *asked = &file->asked[i];
		size_t distance;

		if (asked->map != map) {
			continue;
		}
		distance = edit_distance(key, asked->key);
		if (distance < best && is_near(key, asked->key, distance)) {
			best = distance;
			nearest = asked->key;
		}
	}
	return nearest;
}

static void complain_word(const struct schema_node *node, const char *text,
			  const char *const *words, size_t count)
{
	char list[120];
	size_t used = 0;

	list[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		const int n = words[i] == NULL || used >= sizeof(list)
				      ? 0
				      : snprintf(list + used, sizeof(list) - used, "%s%s",
						 used > 0 ? ", " : "", words[i]);

		used += n > 0 ? (size_t)n : 0;
	}
	schema_complain(node, "must be one of %s%s; is \"%.40s\"", list,
			used >= sizeof(list) ? " ..." : "", text);
}

int schema_node_word(const struct schema_node *node, const char *const *words, size_t count,
		     int fallback)
{
	const char *text = scalar_of(node, "a word");

	if (text == NULL) {
		return fallback;
	}
	for (size_t i = 0; i < count; i++) {
		if (words[i] != NULL && strcmp(words[i], text) == 0) {
			return (int)i;
		}
	}
	complain_word(node, text, words, count);
	return fallback;
}

int schema_word(const struct schema_node *map, const char *key, const char *const *words,
		size_t count, int fallback, bool required)
{
	const struct schema_node node = schema_child(map, key, required);

	return schema_node_word(&node, words, count, fallback);
}

void schema_finish_map(const struct schema_node *map)
{
	const yaml_node_t *yaml;

	if (map->index == 0) {
		return;
	}
	yaml = node_at(map->file, map->index);
	if (yaml->type != YAML_MAPPING_NODE) {
		return; /* reported when it was asked for its children */
	}
	for (const yaml_node_pair_t *pair = yaml->data.mapping.pairs.start;
	     pair < yaml->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = node_at(map->file, pair->key);
		const char *text = scalar_text(key);
		const struct schema_node child = make_child(map, pair->value, text);
		const char *meant;

		if (map->file->known[pair->key] != 0) {
			continue;
		}
		meant = nearest_asked(map->file, map->index, text);
		schema_problem(map->file->problems, map->file->name, line_of(key), child.path,
			       "unknown key%s%s%s", meant != NULL ? "; did you mean \"" : "",
			       meant != NULL ? meant : "", meant != NULL ? "\"?" : "");
	}
}
