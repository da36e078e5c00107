/* SPDX-License-Identifier: MIT */
#include "top.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OLD_US	   UINT64_C(2000000) /* a state comes at least once a second */
#define RIGHT	   47		     /* where the right half begins */
#define MOVE_BYTES 8U		     /* to place the cursor, */
#define TONE_BYTES 16U		     /* to change to a tone and back */
#define CAUSES_MIN 2
#define CAUSES_MAX 8

void frame_clear(struct frame *frame, int rows, int cols)
{
	frame->rows = rows < 0 ? 0 : rows < FRAME_ROWS_MAX ? rows : FRAME_ROWS_MAX;
	frame->cols = cols < 0 ? 0 : cols < FRAME_COLS_MAX ? cols : FRAME_COLS_MAX;
	memset(frame->tone, TONE_PLAIN, sizeof(frame->tone));
	for (int row = 0; row < frame->rows; row++) {
		memset(frame->text[row], ' ', (size_t)frame->cols);
		frame->text[row][frame->cols] = '\0';
	}
}

void frame_put(struct frame *frame, int row, int col, int width, enum show_tone tone,
	       const char *format, ...)
{
	char text[FRAME_COLS_MAX + 1];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (const char *c = text; *c != '\0' && width > 0 && row < frame->rows; c++) {
		const unsigned char byte = (unsigned char)*c;

		if ((byte & 0xc0U) == 0x80U) {
			continue; /* the rest of a character */
		}
		if (col >= 0 && col < frame->cols) {
			frame->text[row][col] = byte >= 0x20 && byte < 0x7f ? *c : '?';
			frame->tone[row][col] = (unsigned char)tone;
		}
		col++;
		width--;
	}
}

unsigned int frame_cost(const struct frame *before, const struct frame *after)
{
	const bool anew = before->rows != after->rows || before->cols != after->cols;
	unsigned int bytes = 0;

	for (int row = 0; row < after->rows; row++) {
		int there = -1; /* where the cursor is in this row; -1 = elsewhere */

		for (int col = 0; col < after->cols; col++) {
			const char was = anew ? ' ' : before->text[row][col];
			const unsigned char tone = anew ? TONE_PLAIN : before->tone[row][col];

			if (after->text[row][col] == was && after->tone[row][col] == tone) {
				continue;
			}
			if (col != there) {
				bytes += MOVE_BYTES;
			}
			if (after->tone[row][col] != TONE_PLAIN &&
			    (col != there || after->tone[row][col] != after->tone[row][col - 1])) {
				bytes += TONE_BYTES;
			}
			bytes++;
			there = col + 1;
		}
	}
	return bytes;
}

static void put_age(struct frame *frame, int col, const char *name, const json_t *doc,
		    uint64_t since_us, uint64_t now_us)
{
	const uint64_t age_us = now_us - since_us;

	if (doc == NULL) {
		frame_put(frame, 0, col, 16, TONE_BAD, "%s none", name);
	} else {
		frame_put(frame, 0, col, 16, age_us > OLD_US ? TONE_BAD : TONE_GOOD, "%s %.1f s",
			  name, (double)age_us / 1e6);
	}
}

static void draw_header(struct frame *frame, const struct top *top)
{
	const char *state = text_of(top->state, "state");
	const bool fault = strcmp(state, "fault") == 0;
	char word[24];

	frame_put(frame, 0, 0, 18, TONE_STRONG, "%s", word_of(top->state, "chair"));
	frame_put(frame, 0, 19, 12,
		  fault				    ? TONE_BAD
		  : strcmp(state, "inhibited") == 0 ? TONE_WARN
						    : TONE_STRONG,
		  "%s", upper(state, word, sizeof(word)));
	put_age(frame, 32, "state", top->state, top->state_us, top->now_us);
	put_age(frame, 45, "telem", top->telemetry, top->telemetry_us, top->now_us);
	put_age(frame, 58, "bus", top->bus, top->bus_us, top->now_us);
	if (!top->connected) {
		frame_put(frame, 0, frame->cols - 9, 9, TONE_BAD, "%9s", "NO CHAIRD");
	} else if (top->frozen) {
		frame_put(frame, 0, frame->cols - 9, 9, TONE_WARN, "%9s", "FROZEN");
	} else {
		frame_put(frame, 0, frame->cols - 9, 9, TONE_GOOD, "%9s", "LIVE");
	}
}

static void put_permit(struct frame *frame, int row, int col, const json_t *permits,
		       const char *name)
{
	const bool given = true_of(permits, name);

	frame_put(frame, row, col, 12, given ? TONE_GOOD : TONE_WARN, "%s %s", name,
		  given ? "OK" : "no");
}

static void draw_session(struct frame *frame, const struct top *top)
{
	const json_t *doc = top->state;
	const json_t *phase = json_object_get(doc, "phase");
	const json_t *permits = json_object_get(doc, "permits");
	const json_t *cycle = json_object_get(top->telemetry, "cycle");
	char left[32];

	if (text_of(doc, "program")[0] == '\0') {
		frame_put(frame, 1, 0, 60, TONE_PLAIN, "no session");
	} else {
		frame_put(frame, 1, 0, 66, TONE_PLAIN,
			  "%.16s %s, %.14s %d/%d, %s left, level %d>%d", text_of(doc, "program"),
			  text_of(doc, "side"), text_of(phase, "name"),
			  (int)integer_of(phase, "index") + (phase == NULL ? 0 : 1),
			  (int)integer_of(phase, "count"),
			  duration(integer_of(doc, "remaining_s"), left),
			  (int)integer_of(doc, "level"), (int)integer_of(doc, "level_aim"));
	}
	frame_put(frame, 1, 67, 13, TONE_PLAIN, "seat %s",
		  true_of(doc, "seat_occupied") ? "occupied" : "empty");
	put_permit(frame, 2, 0, permits, "power");
	put_permit(frame, 2, 10, permits, "motion");
	put_permit(frame, 2, 21, permits, "heat");
	put_permit(frame, 2, 30, permits, "start");
	frame_put(frame, 2, RIGHT, 33, integer_of(cycle, "overruns") > 0 ? TONE_WARN : TONE_PLAIN,
		  "cycle late %lld us, overruns %lld", (long long)integer_of(cycle, "late_max_us"),
		  (long long)integer_of(cycle, "overruns"));
}

static void put_cause(struct frame *frame, int row, const json_t *cause, bool inhibits)
{
	const bool active = true_of(cause, "active");
	const enum show_tone tone = inhibits ? TONE_WARN : TONE_BAD;
	char age[32];

	frame_put(frame, row, 0, frame->cols, tone, "%s %s %s, %s, %s %s: %s",
		  inhibits ? "WRN" : "ERR", text_of(cause, "code"), text_of(cause, "cause"),
		  text_of(cause, "effect"), active ? "active" : "latched",
		  duration(integer_of(cause, "age_s"), age), text_of(cause, "text"));
}

/* The causes in force in @lines rows below a title. */
static void draw_causes(struct frame *frame, const struct top *top, int row, int lines)
{
	const json_t *faults = json_object_get(top->state, "faults");
	const json_t *inhibits = json_object_get(top->state, "inhibits");
	const size_t hard = json_array_size(faults);
	const size_t count = hard + json_array_size(inhibits);

	if (top->state == NULL || count == 0) {
		frame_put(frame, row, 0, 40, top->state == NULL ? TONE_WARN : TONE_GOOD,
			  "Interlocks: %s", top->state == NULL ? "unknown" : "OK, all clear");
		return;
	}
	frame_put(frame, row, 0, 40, TONE_STRONG, "Interlocks: %zu in force", count);
	for (size_t i = 0; i < count && i < (size_t)lines; i++) {
		if (i + 1U == (size_t)lines && count > (size_t)lines) {
			frame_put(frame, row + lines, 0, 60, TONE_BAD,
				  "... and %zu more: chairctl faults", count - i);
			return;
		}
		put_cause(frame, row + 1 + (int)i,
			  i < hard ? json_array_get(faults, i) : json_array_get(inhibits, i - hard),
			  i >= hard);
	}
}

static void draw_axes(struct frame *frame, const struct top *top, int row)
{
	json_t *rollers = json_object_get(top->telemetry, "rollers");
	const char *name;
	json_t *roller;

	frame_put(frame, row, 0, RIGHT, TONE_STRONG, "%-10s %5s %4s %5s %4s %4s %s", "Axes", "trav",
		  "dep", "rpm", "N", "set", "stage");
	json_object_foreach(rollers, name, roller)
	{
		char t[5][24];

		row++;
		frame_put(frame, row, 0, RIGHT - 1, TONE_PLAIN, "%-10.10s %5s %4s %5s %4s %4s %.8s",
			  name, number_of(roller, "travel_mm", 1, t[0]),
			  number_of(roller, "depth_mm", 1, t[1]),
			  number_of(roller, "knead_rpm", 1, t[2]),
			  number_of(roller, "force_n", 1, t[3]),
			  number_of(roller, "set_n", 1, t[4]), text_of(roller, "stage"));
	}
}

static void draw_pads(struct frame *frame, const struct top *top, int row)
{
	json_t *pads = json_object_get(top->telemetry, "pads");
	const json_t *states = json_object_get(json_object_get(top->state, "heat"), "pads");
	const char *name;
	json_t *pad;

	frame_put(frame, row, 0, RIGHT, TONE_STRONG, "%-11s %5s %5s %5s %5s %s", "Pads", "A C",
		  "B C", "set", "dose", "heat");
	json_object_foreach(pads, name, pad)
	{
		const json_t *state = json_object_get(states, name);
		const bool heating = true_of(pad, "heating");
		char t[4][24];

		row++;
		frame_put(frame, row, 0, RIGHT - 1, heating ? TONE_WARN : TONE_PLAIN,
			  "%-11.11s %5s %5s %5s %5s %s", name, number_of(pad, "a_c", 1, t[0]),
			  number_of(pad, "b_c", 1, t[1]), number_of(state, "set_c", 1, t[2]),
			  number_of(state, "dose_cem43", 2, t[3]), heating ? "on" : "off");
	}
}

/* Of a drive's two motors, "-" where there is none. */
static const char *larger_current(const json_t *device, char text[24])
{
	const json_t *both = json_object_get(device, "current_a");
	const double left = fabs(json_number_value(json_array_get(both, 0)));
	const double right = fabs(json_number_value(json_array_get(both, 1)));

	if (json_is_array(both)) {
		(void)snprintf(text, 24, "%.1f", fmax(left, right));
	} else {
		(void)snprintf(text, 24, "-");
	}
	return text;
}

static int draw_device(struct frame *frame, const json_t *device, int row)
{
	const char *stage = text_of(device, "stage");
	const bool ready = strcmp(stage, "ready") == 0;
	const json_int_t errors = integer_of(device, "timeouts") +
				  integer_of(device, "crc_errors") +
				  integer_of(device, "exceptions");
	char current[24];
	char age[24];

	frame_put(frame, row, RIGHT, 33, ready ? TONE_PLAIN : TONE_BAD,
		  " %-11.11s %-3s %5lld %4s %5s", text_of(device, "name"), ready ? "OK" : "ERR",
		  (long long)errors, larger_current(device, current),
		  number_of(device, "age_ms", 0, age));
	return row + 1;
}

static void draw_bus(struct frame *frame, const struct top *top, int row, int end)
{
	const json_t *port;
	const json_t *device;
	size_t i;
	size_t k;

	if (top->bus == NULL) {
		frame_put(frame, row, RIGHT, 33, TONE_STRONG, "Bus");
	}
	json_array_foreach(json_object_get(top->bus, "ports"), i, port)
	{
		const bool open = true_of(port, "open");
		char round[24];

		if (row < end) {
			frame_put(frame, row++, RIGHT, 33, open ? TONE_STRONG : TONE_BAD,
				  "%-9.9s %6s %5s %4s %5s", text_of(port, "name"),
				  open ? number_of(port, "round_ms", 1, round) : "SHUT", "err", "A",
				  "age");
		}
		json_array_foreach(json_object_get(port, "devices"), k, device)
		{
			row = row < end ? draw_device(frame, device, row) : row;
		}
	}
}

static void draw_log(struct frame *frame, const struct top *top, int row, int end)
{
	const unsigned int kept = top->log_count < TOP_LOG_LINES ? top->log_count : TOP_LOG_LINES;
	const unsigned int space = end > row ? (unsigned int)(end - row) : 0U;
	const unsigned int lines = kept < space ? kept : space;

	for (unsigned int i = 0; i < lines; i++) {
		frame_put(frame, row + (int)i, 0, frame->cols, TONE_PLAIN, "%s",
			  top->log[(top->log_count - lines + i) % TOP_LOG_LINES]);
	}
}

static void draw_help(struct frame *frame)
{
	static const char *const lines[] = {
		"space or !   STOP the chair, from anywhere",
		"p            freeze the picture, and go on",
		"?            this help, and back",
		"q            leave; the chair goes on",
		"w            service: key turned, seat empty; again: leave it",
		"             up down choose an axis, hold + - to move it out and in,",
		"             hold h to find a roller's stops, c takes a measured value",
		"",
		"state, telem, bus: how old what you see is",
		"OK, WRN, ERR: as good as it looks without colour",
		"trav, dep: mm of travel and depth; N: force at the roller; set: wanted",
		"dose: minutes at 43 C within 24 h; err: unanswered, damaged, refused",
		"A: of a drive's two motors the larger current; age: ms of its values",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		frame_put(frame, 4 + (int)i, 4, TOP_COLS_MIN - 4, TONE_PLAIN, "%s", lines[i]);
	}
}

/* The technician's line, where the session's is: there is none meanwhile. */
static void draw_hand(struct frame *frame, const struct top *top)
{
	const struct hand *hand = &top->hand;
	const json_t *service = json_object_get(top->state, "service");
	char axis[48];
	char t[3][24];

	if (hand->client == NULL && !json_is_object(service) && hand->line[0] == '\0') {
		return;
	}
	frame_put(frame, 1, 0, 66, TONE_PLAIN, "%66s", "");
	if (hand->prompting) {
		frame_put(frame, 1, 0, 66, hand->tone, "%s: %s_", hand->line, hand->input);
	} else if (hand->line[0] != '\0') {
		frame_put(frame, 1, 0, 66, hand->tone, "%s", hand->line);
	} else {
		frame_put(frame, 1, 0, 66, TONE_WARN, "SERVICE %s %s moved %s at %s, %s N%s, %d s",
			  hand->inside ? hand_axis(hand, axis) : word_of(service, "part"),
			  true_of(service, "ready") ? "" : "not ready",
			  number_of(service, "moved", 1, t[0]),
			  number_of(service, "speed", 1, t[1]),
			  number_of(service, "motor_n", 1, t[2]),
			  true_of(service, "stood") ? ", STOOD" : "",
			  (int)integer_of(service, "expires_s"));
	}
}

static void draw_foot(struct frame *frame, const struct top *top)
{
	const int row = frame->rows - 1;

	if (top->stop[0] != '\0') {
		frame_put(frame, row, 0, frame->cols, top->stop_tone, "%s", top->stop);
	} else if (!top->once) {
		frame_put(frame, row, 0, frame->cols, TONE_STRONG,
			  top->hand.inside
				  ? "space ! STOP  up down choose  hold + - move, h home  "
				    "c calibrate  w leave"
				  : "space ! STOP    p freeze    w service    ? help    q quit");
	}
}

void top_draw(struct frame *frame, const struct top *top)
{
	const int extra = frame->rows - TOP_ROWS_MIN;
	const int count = (int)(json_array_size(json_object_get(top->state, "faults")) +
				json_array_size(json_object_get(top->state, "inhibits")));
	int causes = CAUSES_MIN + extra / 2;
	int row = 3;

	draw_foot(frame, top);
	if (extra < 0 || frame->cols < TOP_COLS_MIN) {
		frame_put(frame, 0, 0, frame->cols, TONE_STRONG, "%s",
			  word_of(top->state, "state"));
		frame_put(frame, 1, 0, frame->cols, TONE_WARN, "needs %dx%d, this is %dx%d",
			  TOP_COLS_MIN, TOP_ROWS_MIN, frame->cols, frame->rows);
		return;
	}
	draw_header(frame, top);
	if (top->help) {
		draw_help(frame);
		return;
	}
	causes = causes < CAUSES_MAX ? causes : CAUSES_MAX;
	if (top->once) { /* nothing moves: no room is kept */
		causes = count < causes ? count : causes;
	}
	draw_session(frame, top);
	draw_hand(frame, top);
	draw_causes(frame, top, row, causes);
	row += 1 + causes;
	draw_axes(frame, top, row);
	draw_pads(frame, top, row + 6);
	draw_bus(frame, top, row, row + 13);
	draw_log(frame, top, row + 13, frame->rows - 1);
}
