/* SPDX-License-Identifier: MIT */
#include "program_file.h"

#include "safety_limits.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PHASE_MIN_S 10.0

static const char *const parts[] = { "lower_back", "glute", "thigh", "calf" };
_Static_assert(sizeof(parts) / sizeof(parts[0]) == PART_COUNT, "a name for each");

const char *const setup_cause_words[SETUP_CAUSE_COUNT] = {
	"piriformis", "disc_herniation", "spinal_stenosis", "muscular", "unknown",
};

const char *part_name(enum part part)
{
	return (unsigned int)part < PART_COUNT ? parts[part] : "invalid";
}

static uint8_t load_bits(const struct schema_node *map, const char *key, const char *const words[],
			 size_t count, bool required)
{
	const struct schema_node list = schema_child(map, key, required);
	unsigned int bits = 0;

	for (size_t i = 0; i < schema_length(&list); i++) {
		const struct schema_node item = schema_item(&list, i);
		const int bit = schema_node_word(&item, words, count, -1);

		if (bit >= 0 && (bits >> bit & 1U) != 0) {
			schema_complain(&item, "is listed twice");
		} else if (bit >= 0) {
			bits |= 1U << bit;
		}
	}
	if (schema_present(&list) && schema_length(&list) == 0) {
		schema_complain(&list, "must name at least one");
	}
	return (uint8_t)bits;
}

static void load_phase(const struct schema_node *node, const struct setup *setup,
		       struct program_phase *phase)
{
	const char *techniques[TECHNIQUE_COUNT];
	struct schema_node named = *node;
	const struct schema_node *map = &named;
	double minutes;

	for (unsigned int t = 0; t < TECHNIQUE_COUNT; t++) {
		techniques[t] = technique_name((enum technique)t);
	}
	schema_string(map, "name", phase->name, sizeof(phase->name), "", true);
	/* From here on problems name the phase. */
	(void)snprintf(named.path, sizeof(named.path), "%.40s (%s)", node->path, phase->name);
	minutes = schema_number(map, "minutes", PHASE_MIN_S / 60, 30, 1, true);
	phase->duration_s = (uint32_t)(minutes * 60.0 + 0.5);
	phase->parts = load_bits(map, "zones", parts, PART_COUNT, true);
	phase->technique = (enum technique)schema_word(map, "technique", techniques,
						       TECHNIQUE_COUNT, TECHNIQUE_REST, true);
	phase->level_offset = (int8_t)schema_integer(map, "level", -(LEVEL_MAX - 1), 1, 0, false);
	phase->level_max =
		(uint8_t)schema_integer(map, "level_max", 1, LEVEL_MAX, LEVEL_MAX, false);
	phase->steered = schema_bool(map, "steered", false, false);
	phase->heat_c =
		(float)schema_number(map, "heat_c", 30, (double)setup->core.set_max_c, 0, false);
	if (!program_phase_adjoins(&setup->core, phase)) {
		schema_complain(map,
				"zones: two of them lie apart on one roller, which would press in "
				"between (thigh and calf: the hollow of the knee); give each "
				"a phase of its own");
	}
	schema_finish_map(map);
}

/* Why this program, for whom, and how well that is supported; a program of one's own may leave it
 * out. */
static void load_reasons(const struct schema_node *root, struct setup_program *texts)
{
	static const char *const strengths[] = { "none", "very_low", "low", "moderate" };
	const struct schema_node summary = schema_child(root, "summary", false);
	const struct schema_node rationale = schema_child(root, "rationale", false);

	schema_string(&summary, "en", texts->summary_en, sizeof(texts->summary_en), "", true);
	schema_string(&summary, "de", texts->summary_de, sizeof(texts->summary_de), "", true);
	schema_finish_map(&summary);
	schema_string(&rationale, "en", texts->rationale_en, sizeof(texts->rationale_en), "", true);
	schema_string(&rationale, "de", texts->rationale_de, sizeof(texts->rationale_de), "", true);
	schema_finish_map(&rationale);
	texts->evidence = strengths[schema_word(root, "evidence", strengths, 4, 0, false)];
	texts->suits = load_bits(root, "suits", setup_cause_words, SETUP_CAUSE_COUNT, false);
}

static void load_program(const struct schema_node *root, struct setup *setup, const char *stem)
{
	static const char *const sides[] = { NULL, "left", "right", "both" };
	const unsigned int index = setup->core.program_count;
	struct program *program = &setup->core.programs[index];
	struct setup_program *texts = &setup->programs[index];
	const struct schema_node title = schema_child(root, "title", true);
	const struct schema_node phases = schema_child(root, "phases", true);
	const size_t count = schema_length(&phases);
	uint32_t seconds;

	*program = (struct program){ 0 };
	schema_string(root, "program", program->id, sizeof(program->id), "", true);
	if (strcmp(program->id, stem) != 0) {
		schema_complain(root, "program: must be the file's name, \"%s\"", stem);
	}
	schema_string(&title, "en", texts->title_en, sizeof(texts->title_en), "", true);
	schema_string(&title, "de", texts->title_de, sizeof(texts->title_de), "", true);
	schema_finish_map(&title);
	load_reasons(root, texts);
	program->sides = load_bits(root, "sides", sides, SIDE_COUNT, true);
	if (count < 1 || count > PROGRAM_PHASE_MAX) {
		schema_complain(&phases, "must have 1 to %d phases", PROGRAM_PHASE_MAX);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const struct schema_node phase = schema_item(&phases, i);

		load_phase(&phase, setup, &program->phases[i]);
	}
	program->phase_count = (uint8_t)count;
	seconds = program_duration_s(program);
	if (seconds > setup->core.session_max_s) {
		schema_complain(&phases, "together they last %.1f minutes, the limit is %.1f",
				seconds / 60.0, setup->core.session_max_s / 60.0);
	}
	schema_finish_map(root);
	setup->core.program_count++;
}

static int is_program(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && dot != NULL && strcmp(dot, ".yaml") == 0;
}

void program_file_load(const char *path, struct setup *setup, struct schema_problems *problems)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	const char *dot = strrchr(name, '.');
	const size_t length = dot == NULL ? strlen(name) : (size_t)(dot - name);
	char stem[64];
	struct schema_file *file;
	struct schema_node root;

	if (length >= sizeof(stem)) {
		schema_problem(problems, path, 0, "", "the file's name is too long");
		return;
	}
	memcpy(stem, name, length);
	stem[length] = '\0';
	if (setup->core.program_count == PROGRAM_MAX) {
		schema_problem(problems, path, 0, "", "more than %d programs", PROGRAM_MAX);
		return;
	}
	if (schema_open(path, problems, &file) < 0) {
		return; /* recorded */
	}
	root = schema_root(file);
	load_program(&root, setup, stem);
	schema_close(file);
}

void program_files_load(const char *directory, struct setup *setup,
			struct schema_problems *problems)
{
	struct dirent **entries;
	const int count = scandir(directory, &entries, is_program, alphasort);

	if (count < 0) {
		schema_problem(problems, directory, 0, "", "cannot be read: %s", strerror(errno));
		return;
	}
	if (count == 0) {
		schema_problem(problems, directory, 0, "", "holds no program (*.yaml)");
	}
	for (int i = 0; i < count; i++) {
		char path[SETUP_PATH_MAX];

		if (snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name) >=
		    (int)sizeof(path)) {
			schema_problem(problems, entries[i]->d_name, 0, "",
				       "the file's name is too long");
		} else {
			program_file_load(path, setup, problems);
		}
		free(entries[i]);
	}
	free(entries);
}
