/* SPDX-License-Identifier: MIT */
#include "after_care.h"

#include "setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VERSION	      1
#define EXERCISES_MAX 32
#define ADVICE_MAX    32
#define REMINDERS_MAX 16
#define MINUTES_MAX   (7 * 24 * 60)
#define ID_SIZE	      32
#define TITLE_SIZE    80
#define TEXT_SIZE     600
#define STEPS_MIN     2
#define STEPS_MAX     6

struct after_care {
	json_t *exercises; /* objects by id, in the order of the file */
	json_t *advice;
	json_t *causes; /* {"exercises": [ids], "advice": [ids]} by cause */
	json_t *reminders;
	json_t *drawings; /* SVG texts by exercise id */
};

struct loading {
	struct after_care *care;
	char directory[SETUP_PATH_MAX]; /* of the drawings */
};

/* {"en", "de"} of a required @key, each shorter than @size. New reference. */
static json_t *load_text(const struct schema_node *map, const char *key, size_t size)
{
	const struct schema_node node = schema_child(map, key, true);
	char en[TEXT_SIZE] = "";
	char de[TEXT_SIZE] = "";

	schema_string(&node, "en", en, size, "", true);
	schema_string(&node, "de", de, size, "", true);
	schema_finish_map(&node);
	return json_pack("{s:s, s:s}", "en", en, "de", de);
}

/* An id, not yet a key of @known. False after a recorded problem. */
static bool load_id(const struct schema_node *map, const json_t *known, char id[ID_SIZE])
{
	schema_string(map, "id", id, ID_SIZE, "", true);
	if (id[0] != '\0' && json_object_get(known, id) != NULL) {
		schema_complain(map, "id: \"%s\" is used twice", id);
		return false;
	}
	return id[0] != '\0';
}

static json_t *load_steps(const struct schema_node *steps, const char *language)
{
	const struct schema_node list = schema_child(steps, language, true);
	const size_t count = schema_length(&list);
	json_t *texts = json_array();

	if (schema_present(&list) && (count < STEPS_MIN || count > STEPS_MAX)) {
		schema_complain(&list, "must be %d to %d steps", STEPS_MIN, STEPS_MAX);
	}
	for (size_t i = 0; i < count && i < STEPS_MAX; i++) {
		const struct schema_node item = schema_item(&list, i);
		char text[TEXT_SIZE] = "";

		schema_node_string(&item, text, sizeof(text));
		(void)json_array_append_new(texts, json_string(text));
	}
	return texts;
}

/* The text of a drawing, NULL after a recorded problem. */
static json_t *read_drawing(const struct schema_node *map, const char *directory, const char *name)
{
	char path[SETUP_PATH_MAX];
	char *text;
	json_t *drawing = NULL;
	FILE *file;
	size_t size;

	if (strchr(name, '/') != NULL || name[0] == '.' ||
	    snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path)) {
		schema_complain(map, "drawing: must be the name of a file in %s", directory);
		return NULL;
	}
	file = fopen(path, "re");
	text = malloc(AFTER_CARE_DRAWING_BYTES + 1);
	if (file == NULL || text == NULL) {
		schema_complain(map, "drawing: %s: %s", path, strerror(errno));
		goto out;
	}
	size = fread(text, 1, AFTER_CARE_DRAWING_BYTES + 1, file);
	if (ferror(file) != 0 || size == 0 || size > AFTER_CARE_DRAWING_BYTES) {
		schema_complain(map, "drawing: %s must be readable and at most %d bytes", path,
				AFTER_CARE_DRAWING_BYTES);
		goto out;
	}
	drawing = json_stringn(text, size);
	if (drawing == NULL || memmem(text, size, "<svg", 4) == NULL) {
		schema_complain(map, "drawing: %s is no SVG in UTF-8", path);
	}
out:
	free(text);
	if (file != NULL) {
		(void)fclose(file); /* was only read */
	}
	return drawing;
}

static void load_exercise(const struct schema_node *map, const struct loading *loading)
{
	struct after_care *care = loading->care;
	const struct schema_node steps = schema_child(map, "steps", true);
	char id[ID_SIZE];
	char drawing[64];
	json_t *en = load_steps(&steps, "en");
	json_t *de = load_steps(&steps, "de");
	json_t *title = load_text(map, "title", TITLE_SIZE);
	json_t *dosage = load_text(map, "dosage", TEXT_SIZE);
	json_t *stop_if = load_text(map, "stop_if", TEXT_SIZE);
	json_t *document;

	if (json_array_size(en) != json_array_size(de)) {
		schema_complain(map, "steps: as many in German as in English");
	}
	schema_finish_map(&steps);
	schema_string(map, "drawing", drawing, sizeof(drawing), "", true);
	(void)load_id(map, care->exercises, id);
	if (drawing[0] != '\0') {
		json_t *text = read_drawing(map, loading->directory, drawing);

		if (text != NULL) {
			(void)json_object_set_new(care->drawings, id, text);
		}
	}
	schema_finish_map(map);
	document = json_pack("{s:s, s:o?, s:{s:o?, s:o?}, s:o?, s:o?}", "id", id, "title", title,
			     "steps", "en", en, "de", de, "dosage", dosage, "stop_if", stop_if);
	(void)json_object_set_new(care->exercises, id, document);
}

static void load_advice(const struct schema_node *map, const struct loading *loading)
{
	char id[ID_SIZE];
	json_t *title = load_text(map, "title", TITLE_SIZE);
	json_t *text = load_text(map, "text", TEXT_SIZE);

	(void)load_id(map, loading->care->advice, id);
	schema_finish_map(map);
	(void)json_object_set_new(
		loading->care->advice, id,
		json_pack("{s:s, s:o?, s:o?}", "id", id, "title", title, "text", text));
}

static void load_reminder(const struct schema_node *map, const struct loading *loading)
{
	char id[ID_SIZE];
	const int64_t minutes = schema_integer(map, "after_minutes", 1, MINUTES_MAX, 1, true);
	json_t *text = load_text(map, "text", TEXT_SIZE);

	schema_string(map, "id", id, sizeof(id), "", true);
	schema_finish_map(map);
	(void)json_array_append_new(loading->care->reminders,
				    json_pack("{s:s, s:I, s:o?}", "id", id, "after_minutes",
					      (json_int_t)minutes, "text", text));
}

typedef void (*load_function)(const struct schema_node *map, const struct loading *loading);

static void load_list(const struct schema_node *root, const char *key, size_t most,
		      load_function load_one, const struct loading *loading)
{
	const struct schema_node list = schema_child(root, key, true);
	const size_t count = schema_length(&list);

	if (schema_present(&list) && (count < 1 || count > most)) {
		schema_complain(&list, "must be 1 to %zu", most);
	}
	for (size_t i = 0; i < count && i < most; i++) {
		const struct schema_node item = schema_item(&list, i);

		load_one(&item, loading);
	}
}

/* Ids that are keys of @known, each once. */
static json_t *load_references(const struct schema_node *map, const char *key, const json_t *known)
{
	const struct schema_node list = schema_child(map, key, true);
	json_t *ids = json_array();

	if (schema_present(&list) && schema_length(&list) == 0) {
		schema_complain(&list, "must name at least one");
	}
	for (size_t i = 0; i < schema_length(&list); i++) {
		const struct schema_node item = schema_item(&list, i);
		char id[ID_SIZE] = "";

		schema_node_string(&item, id, sizeof(id));
		if (id[0] != '\0' && json_object_get(known, id) == NULL) {
			schema_complain(&item, "there is no \"%s\"", id);
		}
		for (size_t j = 0; j < json_array_size(ids); j++) {
			if (strcmp(json_string_value(json_array_get(ids, j)), id) == 0) {
				schema_complain(&item, "\"%s\" is named twice", id);
			}
		}
		(void)json_array_append_new(ids, json_string(id));
	}
	return ids;
}

static void load_causes(const struct schema_node *root, const struct after_care *care)
{
	const struct schema_node causes = schema_child(root, "causes", true);

	for (unsigned int c = 0; c < SETUP_CAUSE_COUNT; c++) {
		const struct schema_node map = schema_child(&causes, setup_cause_words[c], true);
		json_t *exercises = load_references(&map, "exercises", care->exercises);
		json_t *advice = load_references(&map, "advice", care->advice);

		(void)json_object_set_new(
			care->causes, setup_cause_words[c],
			json_pack("{s:o, s:o}", "exercises", exercises, "advice", advice));
		schema_finish_map(&map);
	}
	schema_finish_map(&causes);
}

static bool is_whole(const struct after_care *care)
{
	return care->exercises != NULL && care->advice != NULL && care->causes != NULL &&
	       care->reminders != NULL && care->drawings != NULL;
}

int after_care_load(const char *path, struct schema_problems *problems, struct after_care **ret)
{
	const size_t problems_before = problems->count;
	const char *slash = strrchr(path, '/');
	struct loading loading;
	struct schema_file *file;
	struct schema_node root;
	struct after_care *care;

	if (access(path, F_OK) < 0 && errno == ENOENT) {
		return -ENOENT;
	}
	if (schema_open(path, problems, &file) < 0) {
		return -EINVAL;
	}
	care = calloc(1, sizeof(*care));
	if (care == NULL) {
		schema_close(file);
		return -ENOMEM;
	}
	*care = (struct after_care){ json_object(), json_object(), json_object(), json_array(),
				     json_object() };
	loading.care = care;
	(void)snprintf(loading.directory, sizeof(loading.directory), "%.*s/after-care",
		       slash == NULL ? 1 : (int)(slash - path), slash == NULL ? "." : path);
	root = schema_root(file);
	(void)schema_integer(&root, "version", VERSION, VERSION, VERSION, true);
	load_list(&root, "exercises", EXERCISES_MAX, load_exercise, &loading);
	load_list(&root, "advice", ADVICE_MAX, load_advice, &loading);
	load_causes(&root, care);
	load_list(&root, "reminders", REMINDERS_MAX, load_reminder, &loading);
	schema_finish_map(&root);
	schema_close(file);
	if (problems->count > problems_before || !is_whole(care)) {
		after_care_free(care);
		return -EINVAL;
	}
	*ret = care;
	return 0;
}

void after_care_free(struct after_care *care)
{
	if (care != NULL) {
		json_decref(care->exercises);
		json_decref(care->advice);
		json_decref(care->causes);
		json_decref(care->reminders);
		json_decref(care->drawings);
		free(care);
	}
}

/* What @ids name of @known. New reference. */
static json_t *pick(const json_t *known, const json_t *ids)
{
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(ids); i++) {
		(void)json_array_append(
			list, json_object_get(known, json_string_value(json_array_get(ids, i))));
	}
	return list;
}

json_t *after_care_document(const struct after_care *care, const char *cause)
{
	const json_t *chosen = json_object_get(care->causes, cause);

	if (chosen == NULL) {
		return NULL;
	}
	return json_pack("{s:s, s:o, s:o, s:O}", "cause", cause, "exercises",
			 pick(care->exercises, json_object_get(chosen, "exercises")), "advice",
			 pick(care->advice, json_object_get(chosen, "advice")), "reminders",
			 care->reminders);
}

const char *after_care_drawing(const struct after_care *care, const char *id)
{
	return json_string_value(json_object_get(care->drawings, id));
}

bool after_care_reminder(const struct after_care *care, size_t index, unsigned int *ret_minutes,
			 const char **ret_id, json_t **ret_text)
{
	const json_t *reminder = json_array_get(care->reminders, index);

	if (reminder == NULL) {
		return false;
	}
	*ret_minutes = (unsigned int)json_integer_value(json_object_get(reminder, "after_minutes"));
	*ret_id = json_string_value(json_object_get(reminder, "id"));
	*ret_text = json_object_get(reminder, "text");
	return true;
}
