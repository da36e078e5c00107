/* SPDX-License-Identifier: MIT */
/*
 * top.h - the live view: what is known (struct top) is drawn into a grid of characters (struct
 * frame), which a terminal or a bug report then shows. Only ASCII, so that every terminal can.
 */
#ifndef CONSOLE_TOP_H
#define CONSOLE_TOP_H

#include "hand.h"
#include "show.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define FRAME_ROWS_MAX 100
#define FRAME_COLS_MAX 240
#define TOP_ROWS_MIN   24
#define TOP_COLS_MIN   80
#define TOP_LOG_LINES  64
#define TOP_LOG_WIDTH  160

struct frame {
	int rows; /* at most FRAME_ROWS_MAX */
	int cols;
	char text[FRAME_ROWS_MAX][FRAME_COLS_MAX + 1]; /* blanks up to cols, then NUL */
	unsigned char tone[FRAME_ROWS_MAX][FRAME_COLS_MAX];
};

struct top {
	json_t *state; /* the last of each, owned; NULL: none yet */
	json_t *telemetry;
	json_t *bus;
	uint64_t state_us; /* when it came, monotonic */
	uint64_t telemetry_us;
	uint64_t bus_us;
	uint64_t now_us;
	bool connected;
	bool frozen;
	bool help;
	bool once; /* nobody will press a key */
	char log[TOP_LOG_LINES][TOP_LOG_WIDTH];
	unsigned int log_count; /* lines ever written; the last ones are kept */
	char stop[80];		/* what became of a stop, "" = none was wanted */
	enum show_tone stop_tone;
	struct hand hand; /* of a technician */
};

/* Blanks; sizes are cut to what a frame can hold. */
void frame_clear(struct frame *frame, int rows, int cols);

/* Write at a place, at most @width columns, never past the edge. Other than ASCII becomes '?'. */
void frame_put(struct frame *frame, int row, int col, int width, enum show_tone tone,
	       const char *format, ...) __attribute__((format(printf, 6, 7)));

/* How many bytes it takes a terminal, at most about, to make @after of @before. */
unsigned int frame_cost(const struct frame *before, const struct frame *after);

/* Draw everything that is known into a cleared frame. */
void top_draw(struct frame *frame, const struct top *top);

int verb_top(const struct console *console, int count, char *const words[]);

#endif /* CONSOLE_TOP_H */
