/* SPDX-License-Identifier: MIT */
/*
 * schema.h - YAML files checked against tables, with every problem reported at once.
 *
 * libyaml reads the file into a tree whose nodes know their line. Callers walk the tree with the
 * schema_get_* functions, which check presence, type, range and unit, mark keys as known and record
 * problems instead of stopping; schema_finish_map() then reports every key nobody asked for.
 * A failed get returns a safe default, so that checking can go on.
 */
#ifndef HW_SCHEMA_H
#define HW_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* All problems of all files of one check, in order of discovery. */
struct schema_problem {
	char file[128];
	unsigned int line; /* 1-based; 0 = the file as a whole */
	char key[96];	   /* path such as "phases[2].minutes" */
	char reason[192];  /* what is wrong and what would be right */
};

struct schema_problems {
	struct schema_problem *list; /* owned; freed by schema_problems_free() */
	size_t count;
	size_t capacity;
};

void schema_problem(struct schema_problems *problems, const char *file, unsigned int line,
		    const char *key, const char *format, ...) __attribute__((format(printf, 5, 6)));
void schema_problems_free(struct schema_problems *problems);

/* Each on a line of its own: file:line: key: reason. */
void schema_problems_print(const struct schema_problems *problems, FILE *to);

/* A parsed file. */
struct schema_file;

/* A position in it: a node with its path for messages. By value; valid while the file is. */
struct schema_node {
	struct schema_file *file;
	int index; /* libyaml node index, 0 = absent */
	char path[96];
};

/* Read and parse @path. YAML errors are recorded. Returns 0 or -errno (-EINVAL: not YAML; doubled
 * keys, aliases, more than 1 MiB or nesting over 16 are refused). */
int schema_open(const char *path, struct schema_problems *problems, struct schema_file **ret)
	__attribute__((warn_unused_result));
int schema_open_memory(const char *name, const char *text, size_t size,
		       struct schema_problems *problems, struct schema_file **ret)
	__attribute__((warn_unused_result));
void schema_close(struct schema_file *file);

struct schema_node schema_root(struct schema_file *file);

/* Record a problem at a node. */
void schema_complain(const struct schema_node *node, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Children. @required: absence is a problem. An absent node has index 0 and every get on it gives
 * the default silently. */
struct schema_node schema_child(const struct schema_node *map, const char *key, bool required);
size_t schema_length(const struct schema_node *sequence); /* a non-sequence is a problem: 0 */
struct schema_node schema_item(const struct schema_node *sequence, size_t i);
size_t schema_map_size(const struct schema_node *map);
/* The i-th key of a map, copied into @key (truncation is a problem), its value returned; the key
 * counts as known. */
struct schema_node schema_map_item(const struct schema_node *map, size_t i, char *key, size_t size);
bool schema_present(const struct schema_node *node);
bool schema_is_scalar(const struct schema_node *node);

/* Scalars: of the child @key of @map. Numbers accept 0x hex for integers. */
double schema_number(const struct schema_node *map, const char *key, double min, double max,
		     double fallback, bool required);
int64_t schema_integer(const struct schema_node *map, const char *key, int64_t min, int64_t max,
		       int64_t fallback, bool required);
bool schema_bool(const struct schema_node *map, const char *key, bool fallback, bool required);
/* Copies into @text (size bytes). */
void schema_string(const struct schema_node *map, const char *key, char *text, size_t size,
		   const char *fallback, bool required);
/* Index of the word in @words (count entries, NULL entries skipped), or @fallback. The message
 * lists the allowed words. */
int schema_word(const struct schema_node *map, const char *key, const char *const *words,
		size_t count, int fallback, bool required);
/* The same for a scalar node itself (list items). */
int schema_node_word(const struct schema_node *node, const char *const *words, size_t count,
		     int fallback);
double schema_node_number(const struct schema_node *node, double min, double max, double fallback);
void schema_node_string(const struct schema_node *node, char *text, size_t size);

/* Report every key of @map that nobody asked for, with the nearest known key as a hint. */
void schema_finish_map(const struct schema_node *map);

#endif /* HW_SCHEMA_H */
