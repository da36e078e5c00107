/* SPDX-License-Identifier: MIT */
#include "recording.h"

#include "coder.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifndef RECORD_CORE
#define RECORD_CORE "unknown" /* the Makefile knows it */
#endif

#define MAGIC	 "CHAIRREC"
#define VERSION	 UINT32_C(1)
#define ORDER	 UINT32_C(0x01020304)
#define CRC_POLY UINT32_C(0xedb88320)

#define LEAVES_MAX 65536U
#define IMAGE_MAX  (1024U * 1024U) /* of a structure in another build */
#define INFO_MAX   1800U

struct head {
	char magic[8];
	uint32_t version;
	uint32_t order;
};

enum section_kind {
	SECTION_NONE,
	SECTION_INFO,
	SECTION_LAYOUT,
	SECTION_CONFIG,
	SECTION_SEGMENT,
	SECTION_END
};

struct section {
	uint32_t kind;
	uint32_t crc; /* of the bytes behind it */
	uint64_t length;
};

/* The start of a SECTION_LAYOUT; its leaves follow. */
struct stored_layout {
	uint32_t root;
	uint32_t size; /* of an image */
};

struct stored_leaf {
	uint32_t hash;
	uint32_t offset;
	uint32_t size;
};

const char *recording_core(void)
{
	return RECORD_CORE;
}

static uint32_t crc_of(const uint8_t *bytes, size_t length)
{
	uint32_t table[256];
	uint32_t crc = UINT32_MAX;

	for (uint32_t i = 0; i < 256; i++) {
		table[i] = i;
		for (unsigned int bit = 0; bit < 8; bit++) {
			table[i] = table[i] >> 1 ^ ((table[i] & 1U) != 0 ? CRC_POLY : 0);
		}
	}
	for (size_t i = 0; i < length; i++) {
		crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 0xffU];
	}
	return ~crc;
}

/* ---- writing ---- */

static int write_section(FILE *to, enum section_kind kind, const void *bytes, size_t length)
{
	const struct section section = { (uint32_t)kind, crc_of(bytes, length), length };

	if (fwrite(&section, sizeof(section), 1, to) != 1 ||
	    (length > 0 && fwrite(bytes, length, 1, to) != 1)) {
		return -EIO;
	}
	return 0;
}

/* What numbers mean: bits of causes and states are told by their place alone. */
static int print_words(char *to, size_t size)
{
	int n = snprintf(to, size, "causes=");

	for (unsigned int c = 0; c < CAUSE_COUNT; c++) {
		n += snprintf(to + n, size - (size_t)n, "%s%s", c > 0 ? "," : "",
			      fault_row((enum cause)c)->name);
	}
	n += snprintf(to + n, size - (size_t)n, "\nstates=");
	for (unsigned int s = 0; s < STATE_COUNT; s++) {
		n += snprintf(to + n, size - (size_t)n, "%s%s", s > 0 ? "," : "",
			      session_state_name((enum session_state)s));
	}
	return n + snprintf(to + n, size - (size_t)n, "\n");
}

static int write_info(FILE *to, const struct recording_info *info)
{
	char text[INFO_MAX];
	int n = snprintf(text, sizeof(text),
			 "core=%s\nreason=%s\nchair=%s\nsaved_us=%llu\nsaved_utc_s=%llu\n",
			 info->core, info->reason, info->chair, (unsigned long long)info->saved_us,
			 (unsigned long long)info->saved_utc_s);

	if (info->tripped) {
		n += snprintf(text + n, sizeof(text) - (size_t)n, "cause=%s\ntrip_us=%llu\n",
			      fault_row(info->cause)->name, (unsigned long long)info->trip_us);
	}
	n += print_words(text + n, sizeof(text) - (size_t)n);
	assert((size_t)n < sizeof(text));
	return write_section(to, SECTION_INFO, text, (size_t)n);
}

static int write_layout(FILE *to, enum layout_root root)
{
	struct layout layout;
	uint8_t *bytes;
	size_t length;
	int r = layout_init(&layout, root);

	if (r < 0) {
		return r;
	}
	length = sizeof(struct stored_layout) + layout.leaf_count * sizeof(struct stored_leaf);
	bytes = calloc(1, length);
	if (bytes != NULL) {
		const struct stored_layout stored = { (uint32_t)root, (uint32_t)layout.size };

		memcpy(bytes, &stored, sizeof(stored));
		for (size_t i = 0; i < layout.leaf_count; i++) {
			const struct layout_leaf *from = &layout.leaves[i];
			const struct stored_leaf leaf = { from->hash, from->offset, from->size };

			memcpy(bytes + sizeof(stored) + i * sizeof(leaf), &leaf, sizeof(leaf));
		}
		r = write_section(to, SECTION_LAYOUT, bytes, length);
	}
	layout_free(&layout);
	free(bytes);
	return bytes == NULL ? -ENOMEM : r;
}

static int write_config(FILE *to, const struct chair_config *config)
{
	struct layout layout;
	uint8_t *zeros;
	uint8_t *image;
	uint8_t *code;
	int r = layout_init(&layout, LAYOUT_CONFIG);

	if (r < 0) {
		return r;
	}
	zeros = calloc(1, layout.size);
	image = calloc(1, layout.size);
	code = calloc(1, CODER_MAX(layout.size));
	r = -ENOMEM;
	if (zeros != NULL && image != NULL && code != NULL) {
		layout_pack(&layout, config, image);
		r = write_section(to, SECTION_CONFIG, code,
				  coder_encode(zeros, image, layout.size, code));
	}
	free(zeros);
	free(image);
	free(code);
	layout_free(&layout);
	return r;
}

int recording_write_head(FILE *to, const struct recording_info *info,
			 const struct chair_config *config)
{
	const struct head head = { MAGIC, VERSION, ORDER };
	int r = fwrite(&head, sizeof(head), 1, to) == 1 ? 0 : -EIO;

	if (r == 0) {
		r = write_info(to, info);
	}
	for (unsigned int root = 0; root < LAYOUT_ROOT_COUNT && r == 0; root++) {
		r = write_layout(to, (enum layout_root)root);
	}
	return r < 0 ? r : write_config(to, config);
}

int recording_write_segment(FILE *to, const uint8_t *segment, size_t length)
{
	return write_section(to, SECTION_SEGMENT, segment, length);
}

int recording_write_end(FILE *to)
{
	return write_section(to, SECTION_END, "", 0);
}

int recording_write(FILE *to, const struct recording_info *info, const struct chair_config *config,
		    struct recorder *recorder)
{
	uint8_t *segment = malloc(RECORDER_SEGMENT_MAX);
	size_t length;
	int r;

	if (segment == NULL) {
		return -ENOMEM;
	}
	recorder_read_begin(recorder);
	r = recording_write_head(to, info, config);
	while (r == 0 && (length = recorder_read_next(recorder, segment)) > 0) {
		r = recording_write_segment(to, segment, length);
	}
	recorder_read_end(recorder);
	free(segment);
	return r < 0 ? r : recording_write_end(to);
}

/* ---- reading ---- */

/* From where in a stored image a value comes, and where it goes in ours. */
struct move {
	uint32_t from;
	uint32_t to;
	uint32_t size;
};

struct map {
	struct layout ours;
	size_t stored_size; /* 0 = not read yet */
	bool same;
	size_t move_count;
	struct move *moves;
	uint8_t *stored; /* an image as it is in the file */
};

/* A file being gone through. */
struct sections {
	const uint8_t *bytes;
	size_t length;
	size_t at; /* the next one */
	bool ended;
	bool torn;
	unsigned int damaged;
};

struct recording {
	struct sections in;
	const uint8_t *segment; /* what is left of it */
	size_t left;
	struct recording_info info;
	struct chair_config config;
	bool has_info;
	bool has_config;
	bool words_differ;
	char impossible[LAYOUT_NAME_MAX * 2 + 8];
	uint8_t fresh[LAYOUT_STATE_SIZE]; /* of a chair just made: what another core did not have */
	struct map map[LAYOUT_ROOT_COUNT];
};

struct section_bytes {
	enum section_kind kind;
	const uint8_t *bytes;
	size_t length;
};

/* The next whole section. False at the end of what there is. */
static bool next_section(struct sections *in, struct section_bytes *ret)
{
	struct section section;

	while (!in->ended && !in->torn) {
		const uint8_t *at = in->bytes + in->at;

		if (in->length - in->at < sizeof(section)) {
			in->torn = true;
			break;
		}
		memcpy(&section, at, sizeof(section));
		at += sizeof(section);
		if (section.length > in->length - in->at - sizeof(section)) {
			in->torn = true;
			break;
		}
		in->at += sizeof(section) + (size_t)section.length;
		if (crc_of(at, (size_t)section.length) != section.crc) {
			in->damaged++;
			continue;
		}
		in->ended = section.kind == SECTION_END;
		*ret = (struct section_bytes){ (enum section_kind)section.kind, at,
					       (size_t)section.length };
		return !in->ended;
	}
	return false;
}

/* One of two lists, separated by commas, begins with the other: numbers have kept their meaning. */
static bool agree(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return (*a == '\0' || *a == ',' || *a == '\n') && (*b == '\0' || *b == ',' || *b == '\n');
}

static void take_word(char to[RECORDING_WORD_MAX], const char *value)
{
	size_t i = 0;

	for (; value[i] > ' ' && value[i] < 0x7f && i < RECORDING_WORD_MAX - 1; i++) {
		to[i] = value[i];
	}
	to[i] = '\0';
}

static void take_cause(struct recording_info *info, const char *value)
{
	char word[RECORDING_WORD_MAX];

	take_word(word, value);
	for (unsigned int c = 0; c < CAUSE_COUNT; c++) {
		if (strcmp(word, fault_row((enum cause)c)->name) == 0) {
			info->cause = (enum cause)c;
			info->tripped = true;
		}
	}
}

/* One line "key=value" of the text. */
static void take_line(struct recording *r, const char *line, const char *words)
{
	const char *value = strchr(line, '=');
	const size_t key = value == NULL ? 0 : (size_t)(value - line) + 1;
	const char *ours = strstr(words, "states=");

	if (key == 0) {
		return;
	}
	value++;
	if (strncmp(line, "core=", key) == 0) {
		take_word(r->info.core, value);
	} else if (strncmp(line, "reason=", key) == 0) {
		take_word(r->info.reason, value);
	} else if (strncmp(line, "chair=", key) == 0) {
		take_word(r->info.chair, value);
	} else if (strncmp(line, "cause=", key) == 0) {
		take_cause(&r->info, value);
	} else if (strncmp(line, "trip_us=", key) == 0) {
		r->info.trip_us = strtoull(value, NULL, 10);
	} else if (strncmp(line, "saved_us=", key) == 0) {
		r->info.saved_us = strtoull(value, NULL, 10);
	} else if (strncmp(line, "saved_utc_s=", key) == 0) {
		r->info.saved_utc_s = strtoull(value, NULL, 10);
	} else if (strncmp(line, "causes=", key) == 0) {
		r->words_differ = r->words_differ || !agree(value, words + strlen("causes="));
	} else if (strncmp(line, "states=", key) == 0) {
		r->words_differ = r->words_differ || !agree(value, ours + strlen("states="));
	}
}

static int take_info(struct recording *r, const struct section_bytes *section)
{
	char words[INFO_MAX];
	char text[INFO_MAX];
	char *rest = NULL;

	if (section->length >= sizeof(text)) {
		return -EBADMSG;
	}
	(void)print_words(words, sizeof(words));
	memcpy(text, section->bytes, section->length);
	text[section->length] = '\0';
	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		take_line(r, line, words);
	}
	r->has_info = true;
	return 0;
}

static void get_leaf(const uint8_t *leaves, size_t i, struct stored_leaf *ret)
{
	memcpy(ret, leaves + i * sizeof(*ret), sizeof(*ret));
}

/* Where each of our values is in the file; one that is not there stays as a new chair has it. */
static int make_moves(struct map *map, const uint8_t *leaves, size_t count)
{
	map->same = count == map->ours.leaf_count && map->stored_size == map->ours.size;
	map->moves = calloc(map->ours.leaf_count, sizeof(map->moves[0]));
	if (map->moves == NULL) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < map->ours.leaf_count; i++) {
		const struct layout_leaf *leaf = &map->ours.leaves[i];
		struct stored_leaf stored = { 0 };
		size_t at = i; /* where it is unless the structures have changed */
		size_t tried = 0;

		for (; tried < count; tried++, at++) {
			get_leaf(leaves, at % count, &stored);
			if (stored.hash == leaf->hash && stored.size == leaf->size) {
				break;
			}
		}
		map->same = map->same && tried == 0 && stored.offset == leaf->offset;
		if (tried < count) {
			map->moves[map->move_count++] =
				(struct move){ stored.offset, leaf->offset, leaf->size };
		}
	}
	return 0;
}

static int take_layout(struct recording *r, const struct section_bytes *section)
{
	struct stored_layout stored;
	const uint8_t *leaves = section->bytes + sizeof(stored);
	struct map *map;
	size_t count;

	if (section->length < sizeof(stored)) {
		return -EBADMSG;
	}
	memcpy(&stored, section->bytes, sizeof(stored));
	count = (section->length - sizeof(stored)) / sizeof(struct stored_leaf);
	if (stored.root >= LAYOUT_ROOT_COUNT || r->map[stored.root].stored_size != 0 ||
	    stored.size == 0 || stored.size % LAYOUT_WORD != 0 || stored.size > IMAGE_MAX ||
	    count > LEAVES_MAX) {
		return -EBADMSG;
	}
	for (size_t i = 0; i < count; i++) {
		struct stored_leaf leaf;

		get_leaf(leaves, i, &leaf);
		if (leaf.size > stored.size || leaf.offset > stored.size - leaf.size) {
			return -EBADMSG;
		}
	}
	map = &r->map[stored.root];
	map->stored = calloc(1, stored.size);
	if (map->stored == NULL) {
		return -ENOMEM;
	}
	map->stored_size = stored.size;
	return make_moves(map, leaves, count);
}

/* The stored image as one of ours; what it lacks stays as it is. */
static void translate(const struct map *map, uint8_t *image)
{
	if (map->same) {
		layout_pack(&map->ours, map->stored, image); /* not its padding */
		return;
	}
	for (size_t i = 0; i < map->move_count; i++) {
		const struct move *move = &map->moves[i];

		memcpy(image + move->to, map->stored + move->from, move->size);
	}
}

static int take_config(struct recording *r, const struct section_bytes *section)
{
	struct map *map = &r->map[LAYOUT_CONFIG];
	uint8_t *image;
	int e = -ENOMEM;

	if (map->stored_size == 0 || r->has_config ||
	    coder_decode(map->stored, map->stored_size, section->bytes, section->length) < 0) {
		return -EBADMSG;
	}
	image = calloc(1, map->ours.size);
	if (image != NULL) {
		translate(map, image);
		e = layout_is_sane(&map->ours, image) ? 0 : -EBADMSG;
		if (e == 0) {
			layout_unpack(&map->ours, image, &r->config);
			r->has_config = true;
		}
	}
	free(image);
	return e;
}

/* Everything before the first segment. */
static int take_head(struct recording *r)
{
	struct section_bytes section;
	size_t before = r->in.at;
	int e = 0;

	while (e == 0 && next_section(&r->in, &section)) {
		if (section.kind == SECTION_SEGMENT) {
			r->in.at = before;
			return 0;
		}
		if (section.kind == SECTION_INFO) {
			e = take_info(r, &section);
		} else if (section.kind == SECTION_LAYOUT) {
			e = take_layout(r, &section);
		} else if (section.kind == SECTION_CONFIG) {
			e = take_config(r, &section);
		}
		before = r->in.at;
	}
	return e;
}

static bool is_complete(const struct recording *r)
{
	return r->has_info && r->has_config && r->map[LAYOUT_STATE].stored_size != 0 &&
	       r->map[LAYOUT_CYCLE].stored_size != 0;
}

/* The state of a chair with this configuration before anything has happened. */
static int make_fresh(struct recording *r)
{
	struct chair *chair = malloc(sizeof(*chair));
	int e = -ENOMEM;

	if (chair != NULL) {
		e = chair_init(chair, &r->config) < 0 ? -EBADMSG : 0;
		layout_pack(&r->map[LAYOUT_STATE].ours, chair, r->fresh);
	}
	free(chair);
	return e;
}

/* Why these bytes are no recording; NULL when they begin like one. */
static const char *wrong_head(const uint8_t *bytes, size_t length)
{
	struct head head;

	if (length < sizeof(head) || memcmp(bytes, MAGIC, sizeof(head.magic)) != 0) {
		return "it is no recording of a chair";
	}
	memcpy(&head, bytes, sizeof(head));
	if (head.order != ORDER) {
		return "it was recorded by a machine of another byte order";
	}
	if (head.version != VERSION) {
		return "it was recorded in another version of the format";
	}
	return length > RECORDING_BYTES_MAX ? "it is longer than any recording" : NULL;
}

static int open_all(struct recording *r, const char **ret_why)
{
	int e = 0;

	for (unsigned int root = 0; root < LAYOUT_ROOT_COUNT && e == 0; root++) {
		e = layout_init(&r->map[root].ours, (enum layout_root)root);
	}
	if (e == 0) {
		e = take_head(r);
		*ret_why = "what it says before the first cycle is damaged";
	}
	if (e == 0 && !is_complete(r)) {
		*ret_why = "it ends, or is damaged, before the first cycle";
		e = -EBADMSG;
	}
	if (e == 0 && r->words_differ) {
		*ret_why = "the core that recorded it numbers causes or states otherwise";
		e = -EBADMSG;
	}
	if (e == 0) {
		*ret_why = "its configuration breaks a limit of this core";
		e = make_fresh(r);
	}
	return e;
}

int recording_open(const uint8_t *bytes, size_t length, struct recording **ret,
		   char ret_why[LAYOUT_NAME_MAX])
{
	const char *why = wrong_head(bytes, length);
	struct recording *r;
	int e;

	if (why != NULL) {
		(void)snprintf(ret_why, LAYOUT_NAME_MAX, "%s", why);
		return -EBADMSG;
	}
	r = calloc(1, sizeof(*r));
	if (r == NULL) {
		return -ENOMEM;
	}
	r->in = (struct sections){ .bytes = bytes, .length = length, .at = sizeof(struct head) };
	e = open_all(r, &why);
	if (e < 0) {
		(void)snprintf(ret_why, LAYOUT_NAME_MAX, "%s", why == NULL ? "" : why);
		recording_close(r);
		return e;
	}
	*ret = r;
	return 0;
}

void recording_close(struct recording *recording)
{
	if (recording == NULL) {
		return;
	}
	for (unsigned int root = 0; root < LAYOUT_ROOT_COUNT; root++) {
		layout_free(&recording->map[root].ours);
		free(recording->map[root].moves);
		free(recording->map[root].stored);
	}
	free(recording);
}

const struct recording_info *recording_info(const struct recording *recording)
{
	return &recording->info;
}

const struct chair_config *recording_config(const struct recording *recording)
{
	return &recording->config;
}

bool recording_is_of_this_core(const struct recording *recording)
{
	return strcmp(recording->info.core, recording_core()) == 0 &&
	       recording->map[LAYOUT_CONFIG].same && recording->map[LAYOUT_STATE].same &&
	       recording->map[LAYOUT_CYCLE].same;
}

unsigned int recording_damaged(const struct recording *recording)
{
	return recording->in.damaged;
}

bool recording_is_torn(const struct recording *recording)
{
	return recording->in.torn;
}

static void note_impossible(struct recording *r, const struct layout *layout, const uint8_t *image)
{
	const size_t leaf = layout_insane(layout, image);
	char name[LAYOUT_NAME_MAX];
	char value[LAYOUT_NAME_MAX];

	if (leaf < layout->leaf_count && r->impossible[0] == '\0') {
		layout_name(layout, leaf, name);
		layout_value(layout, leaf, image, value);
		(void)snprintf(r->impossible, sizeof(r->impossible), "%s is %s", name, value);
	}
}

const char *recording_impossible(const struct recording *recording)
{
	return recording->impossible;
}

/* Core trusts its own numbers where they are indices. */
static bool state_is_sane(struct recording *r, const uint8_t *image)
{
	const struct layout *layout = &r->map[LAYOUT_STATE].ours;
	const uint8_t programs = r->config.program_count;
	struct session session;
	bool sane = layout_is_sane(layout, image);

	note_impossible(r, layout, image);
	memcpy(&session, image + offsetof(struct chair, session), sizeof(session));
	sane = sane && session.now.program < programs && session.rest.program < programs &&
	       session.ask.program < programs && session.level <= LEVEL_MAX &&
	       session.now.level <= LEVEL_MAX && session.now.limits.level_max <= LEVEL_MAX;
	for (unsigned int p = 0; p < PAD_COUNT && sane; p++) {
		const size_t at = offsetof(struct chair, pad) + p * sizeof(struct heat_ctl) +
				  offsetof(struct heat_ctl, dose) + offsetof(struct dose, now);

		sane = image[at] < DOSE_HOURS;
	}
	return sane;
}

static bool take_segment(struct recording *r, const struct section_bytes *section,
			 struct record_key *key, uint8_t *state)
{
	struct map *states = &r->map[LAYOUT_STATE];
	struct map *cycles = &r->map[LAYOUT_CYCLE];
	const uint8_t *at = section->bytes + sizeof(*key);
	size_t left = section->length - sizeof(*key);

	if (section->length < sizeof(*key)) {
		return false;
	}
	memcpy(key, section->bytes, sizeof(*key));
	if (key->state_length > left || key->cycle_length > left - key->state_length) {
		return false;
	}
	memset(states->stored, 0, states->stored_size);
	memset(cycles->stored, 0, cycles->stored_size);
	if (coder_decode(states->stored, states->stored_size, at, key->state_length) < 0 ||
	    coder_decode(cycles->stored, cycles->stored_size, at + key->state_length,
			 key->cycle_length) < 0) {
		return false;
	}
	memcpy(state, r->fresh, LAYOUT_STATE_SIZE);
	translate(states, state);
	r->segment = at + key->state_length + key->cycle_length;
	r->left = left - key->state_length - key->cycle_length;
	return state_is_sane(r, state);
}

bool recording_next_segment(struct recording *recording, struct record_key *ret_key,
			    uint8_t *ret_state)
{
	struct section_bytes section;

	while (next_section(&recording->in, &section)) {
		if (section.kind != SECTION_SEGMENT) {
			continue;
		}
		if (take_segment(recording, &section, ret_key, ret_state)) {
			return true;
		}
		recording->in.damaged++;
	}
	recording->left = 0;
	return false;
}

bool recording_next_cycle(struct recording *recording, uint8_t *ret_cycle)
{
	struct map *map = &recording->map[LAYOUT_CYCLE];
	uint16_t length;

	if (recording->left == 0) {
		return false;
	}
	if (recording->left >= sizeof(length)) {
		memcpy(&length, recording->segment, sizeof(length));
		recording->segment += sizeof(length);
		recording->left -= sizeof(length);
		if (length <= recording->left &&
		    coder_decode(map->stored, map->stored_size, recording->segment, length) == 0) {
			recording->segment += length;
			recording->left -= length;
			memset(ret_cycle, 0, LAYOUT_CYCLE_SIZE);
			translate(map, ret_cycle);
			if (layout_is_sane(&map->ours, ret_cycle)) {
				return true;
			}
			note_impossible(recording, &map->ours, ret_cycle);
		}
	}
	recording->in.damaged++;
	recording->left = 0;
	return false;
}

/* ---- cutting ---- */

/* When the segment after this place in the file begins; UINT64_MAX behind the last. */
static uint64_t next_begins_us(struct sections in)
{
	struct section_bytes section;
	struct record_key key;

	while (next_section(&in, &section)) {
		if (section.kind == SECTION_SEGMENT && section.length >= sizeof(key)) {
			memcpy(&key, section.bytes, sizeof(key));
			return key.now_us;
		}
	}
	return UINT64_MAX;
}

int recording_cut(const uint8_t *bytes, size_t length, const struct recording_info *info,
		  uint64_t from_us, uint64_t to_us, FILE *to)
{
	struct sections in = { .bytes = bytes, .length = length, .at = sizeof(struct head) };
	struct section_bytes section;
	int e = 0;

	if (wrong_head(bytes, length) != NULL) {
		return -EBADMSG;
	}
	if (fwrite(bytes, sizeof(struct head), 1, to) != 1) {
		return -EIO;
	}
	while (e == 0 && next_section(&in, &section)) {
		struct record_key key = { .now_us = 0 };

		if (section.kind == SECTION_SEGMENT && section.length >= sizeof(key)) {
			memcpy(&key, section.bytes, sizeof(key));
			if (key.now_us >= to_us || next_begins_us(in) <= from_us) {
				continue;
			}
		}
		e = section.kind == SECTION_INFO
			    ? write_info(to, info)
			    : write_section(to, section.kind, section.bytes, section.length);
	}
	return e < 0 ? e : recording_write_end(to);
}
