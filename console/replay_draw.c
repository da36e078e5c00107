/* SPDX-License-Identifier: MIT */
#include "replay_draw.h"

#include "svg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PER_S_MAX 16 /* a force comes every 63 ms */

struct drawn {
	struct replay_trace trace; /* first: it is handed to replayer_run() */
	uint64_t from_us;
	float travel_mm[ROLLER_COUNT]; /* as last known */
	struct replay replay;
	struct svg svg;
};

static void sample(struct replay_trace *trace, const struct chair *chair,
		   const struct record_cycle *cycle)
{
	struct drawn *d = (struct drawn *)trace; /* its first member */
	const uint64_t now_us = chair->last_us;
	const uint64_t at = (now_us - d->from_us) * d->svg.per_s / S_US;
	struct svg_sample *s;

	if (now_us < d->from_us || at >= SVG_SAMPLE_MAX) {
		return;
	}
	while (d->svg.count > 0 && d->svg.count < at) { /* cycles are missing */
		s = &d->svg.sample[d->svg.count++];
		memcpy(s->travel_mm, d->travel_mm, sizeof(s->travel_mm));
	}
	s = &d->svg.sample[at];
	if (d->svg.count == 0 || chair->session.state != d->svg.state) {
		d->svg.state = chair->session.state;
		svg_mark(&d->svg, session_state_name(d->svg.state));
	}
	d->svg.count = (unsigned int)at + 1;
	for (unsigned int r = 0; r < ROLLER_COUNT; r++) {
		const struct roller_ctl *roller = &chair->roller[r];

		s->force_n[r] = roller->force_n > s->force_n[r] ? roller->force_n : s->force_n[r];
		s->level_n[r] = roller->level_n;
		if (roller->travel_homed) {
			d->travel_mm[r] = roller->travel_mm;
		}
		s->travel_mm[r] = d->travel_mm[r];
		s->depth_mm[r] = roller->depth_mm;
		s->depth_known[r] = roller->depth_homed;
		for (unsigned int a = 0; a < AXIS_KIND_COUNT; a++) {
			d->svg.range_mm[r][a] = chair->config.roller[r].axis[a].range_mm;
		}
	}
	for (unsigned int p = 0; p < PAD_COUNT; p++) {
		const float a_c = cycle->in.sensor[p][0].temp_c;
		const float b_c = cycle->in.sensor[p][1].temp_c;

		s->pad_c[p] = a_c > b_c ? a_c : b_c;
	}
	memcpy(d->svg.zone, chair->zone, sizeof(d->svg.zone));
}

/* As fine as there is room for; of a recording that is too long, its end. */
static void choose_scale(struct drawn *d, const struct replay *replay)
{
	const uint64_t length_s = (replay->last_us - replay->first_us) / S_US + 1;

	d->svg.per_s = PER_S_MAX;
	while (d->svg.per_s > 1 && length_s * d->svg.per_s > SVG_SAMPLE_MAX) {
		d->svg.per_s--;
	}
	d->from_us = length_s > SVG_SAMPLE_MAX ? replay->last_us - (SVG_SAMPLE_MAX - 1) * S_US
					       : replay->first_us;
}

int replay_draw(const uint8_t *bytes, size_t length, const struct replay *replay, FILE *to)
{
	struct drawn *d = calloc(1, sizeof(*d));
	char title[160];
	int r;

	if (d == NULL) {
		return -ENOMEM;
	}
	svg_begin(&d->svg);
	d->trace.cycle = sample;
	d->svg.all = true;
	choose_scale(d, replay);
	if (replay->tripped && replay->trip_us >= d->from_us) {
		d->svg.alarm = (unsigned int)((replay->trip_us - d->from_us) * d->svg.per_s / S_US);
		(void)snprintf(d->svg.alarm_words, sizeof(d->svg.alarm_words), "%s %s",
			       fault_row(replay->cause)->code, fault_row(replay->cause)->name);
	}
	r = replayer_run(bytes, length, &d->trace, &d->replay);
	if (r == 0) {
		(void)snprintf(title, sizeof(title), "%s: %s", replay->info.chair,
			       replay->tripped ? fault_row(replay->cause)->text : "no trip");
		r = svg_draw(
			&d->svg, title,
			"A recording, replayed. Areas: force at the skin; black line: force "
			"asked for; lines: depth out of the upholstery, and way along the body, "
			"thin where lifted.",
			to);
	}
	free(d);
	return r;
}
