/* SPDX-License-Identifier: MIT */
#include "svg.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define WIDTH	  1200.0
#define LEFT	  124.0 /* of the plots */
#define RIGHT	  1080.0
#define LABELS	  62.0 /* upper edge of what is written above the plots */
#define FORCE_PX  64.0 /* heights of the strips, px */
#define DEPTH_PX  34.0
#define PLACE_PX  58.0
#define HEAT_PX	  130.0
#define GAP	  12.0
#define ROLLER_PX (FORCE_PX + GAP + DEPTH_PX + GAP + PLACE_PX + GAP)
#define FORCE_MAX 28.0 /* N, at the upper edge of a strip */
#define HEAT_LOW  22.0
#define HEAT_HIGH 44.0
#define PRESSES_N 2.0f
#define LETTER	  6.2 /* width of a small letter, about */
#define ROW_PX	  14.0
#define ROW_COUNT 5
#define TICKS_MAX 20

/* Of rollers and, in the same order of places, of pads. */
static const char *const colours[ROLLER_COUNT] = { "#1668a8", "#c23b22", "#d9822b", "#2e7d32",
						   "#7b5aa6" };
static const char *const titles[ROLLER_COUNT] = { "back", "seat left", "seat right", "leg left",
						  "leg right" };
_Static_assert((int)PAD_COUNT <= (int)ROLLER_COUNT, "a colour for each");
static const char *const pad_titles[PAD_COUNT] = { "lower back", "buttock left", "buttock right",
						   "leg left", "leg right" };
static const char *const zone_titles[ZONE_COUNT] = { "lower back", "buttock", "buttock", "thigh",
						     "thigh",	   "calf",    "calf" };

/* ---- while the session runs ---- */

void svg_mark(struct svg *svg, const char *name)
{
	struct svg_mark *last;

	if (svg->mark_count == SVG_MARK_MAX) {
		memmove(svg->mark, svg->mark + 1, sizeof(svg->mark) - sizeof(svg->mark[0]));
		svg->mark_count--;
	}
	last = &svg->mark[svg->mark_count++];
	last->at = svg->count;
	(void)snprintf(last->name, sizeof(last->name), "%s", name);
}

static void mark_changes(struct svg *svg, const struct virtual_chair *v)
{
	const struct session *session = &v->chair.session;
	const struct program *program = &v->chair.config.programs[session->now.program];
	const bool same_phase = session->state != STATE_MASSAGE || session->phase == svg->phase;

	if (session->state == svg->state && same_phase) {
		return;
	}
	svg->state = session->state;
	svg->phase = session->phase;
	if (session->state == STATE_MASSAGE && session->phase < program->phase_count) {
		svg_mark(svg, program->phases[session->phase].name);
	} else if (session->state == STATE_HOMING) {
		svg_mark(svg, v->person.scan ? "home, scan" : "home");
	}
}

static void sample(struct check_trace *trace, const struct virtual_chair *v, double time_s)
{
	struct svg *svg = (struct svg *)trace; /* its first member */
	const unsigned int second = (unsigned int)time_s;
	struct svg_sample *s;

	if (second >= SVG_SAMPLE_MAX) {
		return;
	}
	s = &svg->sample[second];
	svg->count = second + 1;
	mark_changes(svg, v);
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		const float force_n = (float)v->sim.plant.contact_n[r];

		s->force_n[r] = force_n > s->force_n[r] ? force_n : s->force_n[r];
		s->level_n[r] = v->chair.roller[r].level_n;
		s->travel_mm[r] = (float)v->sim.plant.pos_mm[LANE_TRAVEL + r];
		s->depth_mm[r] = (float)v->sim.plant.pos_mm[LANE_DEPTH + r];
		s->depth_known[r] = true;
		for (unsigned int a = 0; a < AXIS_KIND_COUNT; a++) {
			svg->range_mm[r][a] = v->chair.config.roller[r].axis[a].range_mm;
		}
	}
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		s->pad_c[p] = (float)v->sim.plant.heat.pad_c[p];
		s->asked[p] = v->chair.set_c[p] > 0.0f;
	}
	memcpy(svg->zone, v->chair.zone, sizeof(svg->zone));
}

void svg_begin(struct svg *svg)
{
	assert(svg != NULL);

	memset(svg, 0, sizeof(*svg));
	svg->per_s = 1;
	svg->trace.sample = sample;
}

/* ---- drawing ---- */

struct drawing {
	const struct svg *svg;
	FILE *to;
	double y; /* upper edge of what comes next */
	double top;
	double bottom;
	int row[SVG_MARK_MAX]; /* in which the name of a mark stands; ROW_COUNT = it has no room */
	int rows;
};

static double x_of(const struct svg *svg, double sample)
{
	return LEFT + (RIGHT - LEFT) * sample / (double)(svg->count > 0 ? svg->count : 1);
}

static void text(const struct drawing *d, double x, double y, const char *style, const char *words)
{
	(void)fprintf(d->to, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, style);
	for (const char *c = words; *c != '\0'; c++) {
		const char *escaped = *c == '&' ? "&amp;" : *c == '<' ? "&lt;" : NULL;

		if (escaped != NULL) {
			(void)fputs(escaped, d->to);
		} else {
			(void)fputc(*c, d->to);
		}
	}
	(void)fputs("</text>\n", d->to);
}

static void line(const struct drawing *d, double x1, double y1, double x2, double y2,
		 const char *style)
{
	(void)fprintf(d->to,
		      "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>\n", x1,
		      y1, x2, y2, style);
}

/* A scale's label at the left, with its line across. */
static void tick(const struct drawing *d, double y, double value, const char *unit)
{
	char words[24];

	(void)snprintf(words, sizeof(words), "%.0f%s", value, unit);
	text(d, LEFT - 6.0, y + 3.5, "tick", words);
	line(d, LEFT, y, RIGHT, y, "grid");
}

static bool is_used(const struct svg *svg, unsigned int r)
{
	if (svg->all) {
		return true;
	}
	for (unsigned int i = 0; i < svg->count; i++) {
		if (svg->sample[i].level_n[r] > 0.0f) {
			return true;
		}
	}
	return false;
}

static bool is_heated(const struct svg *svg, unsigned int p)
{
	if (svg->all) {
		return true;
	}
	for (unsigned int i = 0; i < svg->count; i++) {
		if (svg->sample[i].asked[p]) {
			return true;
		}
	}
	return false;
}

/* ---- names of phases and states ---- */

/* The name of mark @a, in @row, would be written over that of @b; @lines: or the line from one down
 * to its band goes through the other. */
static bool collide(const struct drawing *d, unsigned int a, int row, unsigned int b, bool lines)
{
	const struct svg_mark *mark = d->svg->mark;
	const double a_x = x_of(d->svg, mark[a].at);
	const double b_x = x_of(d->svg, mark[b].at);
	const double a_end = a_x + 8.0 + LETTER * (double)strlen(mark[a].name);
	const double b_end = b_x + 8.0 + LETTER * (double)strlen(mark[b].name);

	if (d->row[b] == ROW_COUNT || a_end <= b_x || b_end <= a_x) {
		return false;
	}
	return row == d->row[b] || (lines && (a_x < b_x) == (row > d->row[b]));
}

/* In the uppermost row that is free, if one is. */
static void place_name(struct drawing *d, unsigned int mark, bool lines)
{
	for (int row = 0; row < ROW_COUNT && d->row[mark] == ROW_COUNT; row++) {
		bool free = true;

		for (unsigned int i = 0; i < d->svg->mark_count; i++) {
			free = free && (i == mark || !collide(d, mark, row, i, lines));
		}
		if (free) {
			d->row[mark] = row;
			d->rows = row + 1 > d->rows ? row + 1 : d->rows;
		}
	}
}

/* First from what was under way when something went wrong, and without crossings: what has no room
 * is something else. */
static void place_names(struct drawing *d)
{
	const struct svg *svg = d->svg;
	unsigned int first = 0;

	for (unsigned int i = 0; i < svg->mark_count; i++) {
		d->row[i] = ROW_COUNT;
		first = svg->mark[i].at < svg->alarm ? i : first;
	}
	for (unsigned int i = 0; i < 2 * svg->mark_count; i++) {
		place_name(d, (first + i) % svg->mark_count, i < svg->mark_count);
	}
}

static double y_of_row(const struct drawing *d, int row)
{
	return d->top - 14.0 - ROW_PX * (d->rows - 1 - row);
}

/* Alternating bands. */
static void draw_bands(const struct drawing *d)
{
	const struct svg *svg = d->svg;

	for (unsigned int i = 0; i < svg->mark_count; i++) {
		const double x = x_of(svg, svg->mark[i].at);
		const double end = i + 1 < svg->mark_count ? x_of(svg, svg->mark[i + 1].at) : RIGHT;

		(void)fprintf(d->to,
			      "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
			      "class=\"%s\"/>\n",
			      x, d->top - 8.0, end - x, d->bottom - d->top + 8.0,
			      i % 2 == 0 ? "band" : "bare");
	}
}

/* All lines before all names, which are legible on them. */
static void draw_names(const struct drawing *d)
{
	const struct svg *svg = d->svg;

	for (unsigned int i = 0; i < svg->mark_count; i++) {
		const double x = x_of(svg, svg->mark[i].at);

		if (d->row[i] < ROW_COUNT) {
			line(d, x, y_of_row(d, d->row[i]) - 9.0, x, d->top - 8.0, "lead");
		}
	}
	for (unsigned int i = 0; i < svg->mark_count; i++) {
		if (d->row[i] < ROW_COUNT) {
			text(d, x_of(svg, svg->mark[i].at) + 3.0, y_of_row(d, d->row[i]), "phase",
			     svg->mark[i].name);
		}
	}
}

/* ---- time ---- */

static void draw_minutes(const struct drawing *d)
{
	const unsigned int minute = 60 * d->svg->per_s;

	for (unsigned int m = 0; m * minute <= d->svg->count; m++) {
		const double x = x_of(d->svg, m * minute);
		char words[16];

		(void)snprintf(words, sizeof(words), "%u", m);
		line(d, x, d->top, x, d->bottom, "grid");
		text(d, x, d->bottom + 15.0, "minute", words);
	}
	text(d, RIGHT + 8.0, d->bottom + 15.0, "small", "minutes");
}

/* As replay tells it: from the alarm, or from the end when there was none. */
static void draw_seconds(const struct drawing *d)
{
	static const int steps_s[] = { 1, 2, 5, 10, 20, 30, 60, 120, 300, 600 };
	const int per_s = (int)d->svg->per_s;
	const int count = (int)d->svg->count;
	const int zero = d->svg->alarm != 0 ? (int)d->svg->alarm : count;
	unsigned int s = 0;
	int step;

	while (s + 1 < sizeof(steps_s) / sizeof(steps_s[0]) &&
	       count > steps_s[s] * per_s * TICKS_MAX) {
		s++;
	}
	step = steps_s[s] * per_s;
	for (int at = zero - zero / step * step; at <= count; at += step) {
		const double x = x_of(d->svg, at);
		char words[16];

		(void)snprintf(words, sizeof(words), at == zero ? "0" : "%+d", (at - zero) / per_s);
		line(d, x, d->top, x, d->bottom, "grid");
		text(d, x, d->bottom + 15.0, "minute", words);
	}
	text(d, RIGHT + 14.0, d->bottom + 15.0, "small", "seconds");
}

/* Where something went wrong: through everything. */
static void draw_alarm(const struct drawing *d)
{
	const double x = x_of(d->svg, d->svg->alarm);
	const bool left = x > (LEFT + RIGHT) / 2.0;

	if (d->svg->alarm != 0) {
		line(d, x, LABELS - 8.0, x, d->bottom, "alarm");
		text(d, left ? x - 5.0 : x + 5.0, LABELS + 2.0, left ? "alarmed left" : "alarmed",
		     d->svg->alarm_words);
	}
}

/* ---- strips ---- */

static void draw_force(struct drawing *d, unsigned int r)
{
	const struct svg *svg = d->svg;
	const double low = d->y + FORCE_PX;
	const double px_per_n = FORCE_PX / FORCE_MAX;

	tick(d, low, 0.0, "");
	tick(d, low - 10.0 * px_per_n, 10.0, "");
	tick(d, low - 20.0 * px_per_n, 20.0, " N");
	text(d, 8.0, d->y + 14.0, "name", titles[r]);
	text(d, RIGHT + 8.0, d->y + 14.0, "small", "force");
	(void)fprintf(d->to, "<path fill=\"%s\" fill-opacity=\"0.55\" d=\"M%.1f %.1f", colours[r],
		      LEFT, low);
	for (unsigned int i = 0; i < svg->count; i++) {
		(void)fprintf(d->to, "L%.1f %.1f", x_of(svg, i),
			      low - (double)svg->sample[i].force_n[r] * px_per_n);
	}
	(void)fprintf(d->to, "V%.1fz\"/>\n<path class=\"asked\" d=\"", low);
	for (unsigned int i = 0; i < svg->count; i++) {
		const float now_n = svg->sample[i].level_n[r];
		const float before_n = i > 0 ? svg->sample[i - 1].level_n[r] : -1.0f;
		const double y = low - (double)now_n * px_per_n;

		if (now_n > before_n || now_n < before_n) {
			(void)fprintf(d->to, "%c%.1f %.1f", i == 0 ? 'M' : 'L', x_of(svg, i),
				      i == 0 ? y : low - (double)before_n * px_per_n);
			(void)fprintf(d->to, "V%.1f", y);
		}
	}
	(void)fprintf(d->to, "H%.1f\"/>\n", RIGHT);
	d->y += FORCE_PX + GAP;
}

/* How far out of the upholstery; nothing while the chair does not know. */
static void draw_depth(struct drawing *d, unsigned int r)
{
	const struct svg *svg = d->svg;
	const double low = d->y + DEPTH_PX;
	const double px_per_mm = DEPTH_PX / (double)svg->range_mm[r][AXIS_DEPTH];
	bool open = false;

	tick(d, low, 0.0, "");
	tick(d, d->y, (double)svg->range_mm[r][AXIS_DEPTH], " mm");
	text(d, RIGHT + 8.0, d->y + 14.0, "small", "depth");
	(void)fprintf(d->to, "<path stroke=\"%s\" class=\"out\" d=\"", colours[r]);
	for (unsigned int i = 0; i < svg->count; i++) {
		const bool known = svg->sample[i].depth_known[r];

		if (known) {
			(void)fprintf(d->to, "%c%.1f %.1f", open ? 'L' : 'M', x_of(svg, i),
				      low - (double)svg->sample[i].depth_mm[r] * px_per_mm);
		}
		open = known;
	}
	(void)fputs("\"/>\n", d->to);
	d->y += DEPTH_PX + GAP;
}

/* The way along the body, thick where the roller presses. */
static void draw_path(const struct drawing *d, unsigned int r, bool pressing, double px_per_mm)
{
	const struct svg *svg = d->svg;
	bool open = false;

	(void)fprintf(d->to, "<path stroke=\"%s\" class=\"%s\" d=\"", colours[r],
		      pressing ? "way" : "off");
	for (unsigned int i = 0; i < svg->count; i++) {
		const bool presses = svg->sample[i].force_n[r] >= PRESSES_N;
		const bool wanted =
			presses == pressing ||
			(i + 1 < svg->count &&
			 (svg->sample[i + 1].force_n[r] >= PRESSES_N) == pressing && !pressing);

		if (wanted) {
			(void)fprintf(d->to, "%c%.1f %.1f", open ? 'L' : 'M', x_of(svg, i),
				      d->y + (double)svg->sample[i].travel_mm[r] * px_per_mm);
		}
		open = wanted;
	}
	(void)fputs("\"/>\n", d->to);
}

static void draw_place(struct drawing *d, unsigned int r)
{
	const struct svg *svg = d->svg;
	const double px_per_mm = PLACE_PX / (double)svg->range_mm[r][AXIS_TRAVEL];
	char end[24];

	for (unsigned int z = 0; z < ZONE_COUNT; z++) {
		const struct zone_config *zone = &svg->zone[z];

		if ((unsigned int)zone->roller == r) {
			const double from = d->y + (double)zone->from_mm * px_per_mm;
			const double to = d->y + (double)zone->to_mm * px_per_mm;

			(void)fprintf(d->to,
				      "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
				      "height=\"%.1f\" fill=\"%s\" fill-opacity=\"0.10\"/>\n",
				      LEFT, from, RIGHT - LEFT, to - from, colours[r]);
			text(d, RIGHT + 8.0, (from + to) / 2.0 + 3.5, "small", zone_titles[z]);
		}
	}
	(void)snprintf(end, sizeof(end), "%.0f mm", (double)svg->range_mm[r][AXIS_TRAVEL]);
	text(d, LEFT - 6.0, d->y + PLACE_PX, "tick", end);
	draw_path(d, r, false, px_per_mm);
	draw_path(d, r, true, px_per_mm);
	d->y += PLACE_PX + GAP;
}

static void draw_heat(struct drawing *d)
{
	const struct svg *svg = d->svg;
	const double px_per_c = HEAT_PX / (HEAT_HIGH - HEAT_LOW);
	const double low = d->y + HEAT_PX;
	double legend = low - (41.0 - HEAT_LOW) * px_per_c + 24.0;

	text(d, 8.0, d->y + 14.0, "name", "heat pads");
	for (int c = 25; c <= 40; c += 5) {
		tick(d, low - (c - HEAT_LOW) * px_per_c, c, " °C");
	}
	line(d, LEFT, low - (41.0 - HEAT_LOW) * px_per_c, RIGHT, low - (41.0 - HEAT_LOW) * px_per_c,
	     "limit");
	text(d, RIGHT + 8.0, low - (41.0 - HEAT_LOW) * px_per_c + 3.5, "small", "41: never more");
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		bool open = false;

		if (!is_heated(svg, p)) {
			continue;
		}
		(void)fprintf(d->to, "<path stroke=\"%s\" class=\"warm\" d=\"", colours[p]);
		for (unsigned int i = 0; i < svg->count; i += 5) {
			const double temp_c = (double)svg->sample[i].pad_c[p];
			const bool known = temp_c > HEAT_LOW;

			if (known) {
				(void)fprintf(d->to, "%c%.1f %.1f", open ? 'L' : 'M', x_of(svg, i),
					      low - (temp_c - HEAT_LOW) * px_per_c);
			}
			open = known;
		}
		(void)fputs("\"/>\n", d->to);
		(void)fprintf(d->to,
			      "<rect x=\"%.1f\" y=\"%.1f\" width=\"10\" height=\"3\" "
			      "fill=\"%s\"/>\n",
			      RIGHT + 8.0, legend - 5.0, colours[p]);
		text(d, RIGHT + 22.0, legend, "small", pad_titles[p]);
		legend += 15.0;
	}
	d->y += HEAT_PX;
}

static void draw_head(const struct drawing *d, const char *title, const char *note, double height)
{
	(void)fprintf(
		d->to,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
		"width=\"%.0f\" "
		"height=\"%.0f\">\n"
		"<style>text{font-family:sans-serif;font-size:11px;fill:#333}"
		".title{font-size:18px;font-weight:bold}.name{font-size:13px;font-weight:bold}"
		".tick{text-anchor:end;fill:#666}.minute{text-anchor:middle;fill:#666}"
		".small{fill:#666}.phase{fill:#222}"
		".grid{stroke:#ddd;stroke-width:0.6}.limit{stroke:#c23b22;stroke-dasharray:5 4}"
		".band{fill:#f3f4f6}.bare{fill:#fff}.asked,.way,.off,.warm{fill:none}"
		".asked{stroke:#222;stroke-width:1}.way{stroke-width:1.3}"
		".off{stroke-width:0.6;stroke-opacity:0.35}.warm{stroke-width:1.5}"
		".out{fill:none;stroke-width:1.3}.lead{stroke:#999;stroke-width:0.8}"
		".phase,.alarmed{paint-order:stroke;stroke:#fff;stroke-width:3}"
		".alarm{stroke:#c23b22;stroke-width:2}"
		".alarmed{fill:#c23b22;font-weight:bold;font-size:13px}"
		".left{text-anchor:end}</style>\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
		WIDTH, height, WIDTH, height);
	text(d, 8.0, 26.0, "title", title);
	text(d, 8.0, 44.0, "small", note);
}

int svg_draw(const struct svg *svg, const char *title, const char *note, FILE *to)
{
	struct drawing d = { .svg = svg, .to = to };
	unsigned int rollers = 0;

	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		rollers += is_used(svg, r) ? 1 : 0;
	}
	place_names(&d);
	d.top = LABELS + (svg->alarm != 0 ? ROW_PX : 0.0) + ROW_PX * d.rows + 6.0;
	d.y = d.top;
	d.bottom = d.top + rollers * ROLLER_PX + HEAT_PX;
	draw_head(&d, title, note, d.bottom + 26.0);
	draw_bands(&d);
	if (svg->all) {
		draw_seconds(&d);
	} else {
		draw_minutes(&d);
	}
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		if (is_used(svg, r)) {
			draw_force(&d, r);
			draw_depth(&d, r);
			draw_place(&d, r);
		}
	}
	draw_heat(&d);
	draw_alarm(&d);
	draw_names(&d);
	(void)fputs("</svg>\n", to);
	return ferror(to) != 0 ? -EIO : 0;
}

int svg_write(const struct svg *svg, const struct program *program, const struct check_run *run,
	      FILE *to)
{
	char title[160];
	char note[200];

	(void)snprintf(title, sizeof(title), "%s, side %s: %.2f m, level %d", program->id,
		       side_name(run->side), run->size * REFERENCE_BODY_MM / 1000.0, LEVEL_MAX);
	(void)snprintf(
		note, sizeof(note),
		"%.1f minutes in virtual time. Areas: force on the simulated body; black "
		"line: force asked for; lines: depth out of the upholstery, and way along the "
		"body, thin where lifted.",
		run->minutes);
	return svg_draw(svg, title, note, to);
}
