/* SPDX-License-Identifier: MIT */
#include "report.h"

#include "program.h"

#include <errno.h>

static double height_m(const struct check_run *run)
{
	return run->size * REFERENCE_BODY_MM / 1000.0;
}

/* The session that is worst in @limit. */
static const struct check_run *worst_run(const struct report *report, enum check_limit limit)
{
	const struct check_run *worst = &report->run[0];

	for (unsigned int i = 1; i < report->count; i++) {
		if (report->run[i].worst[limit] > worst->worst[limit]) {
			worst = &report->run[i];
		}
	}
	return worst;
}

bool report_is_kept(const struct report *report)
{
	bool kept = report->count > 0;

	for (unsigned int i = 0; i < report->count * CHECK_LIMIT_COUNT; i++) {
		kept = kept && check_is_kept(&report->run[i / CHECK_LIMIT_COUNT],
					     (enum check_limit)(i % CHECK_LIMIT_COUNT));
	}
	return kept;
}

static bool is_felt(const struct check_zone *zone)
{
	return zone->contact_s > 0.0 || zone->peak_n > 0.0;
}

static const char *how_it_ended(const struct check_run *run)
{
	if (run->refusal != REFUSAL_NONE) {
		return refusal_name(run->refusal);
	}
	return run->ended == ENDED_NOT ? "did not end" : ended_name(run->ended);
}

static void print_run(const struct check_run *run, FILE *to)
{
	(void)fprintf(to, "\n%.2f m, side %s: %s after %.1f min; body: %s, touched by %.1f N\n",
		      height_m(run), side_name(run->side), how_it_ended(run), run->minutes,
		      scan_result_name(run->scan), run->scan_peak_n);
	if (run->caused) {
		(void)fprintf(to, "  %s: %s\n", fault_row(run->cause)->code,
			      fault_row(run->cause)->technician);
	}
	(void)fprintf(to, "  %-12s %7s %7s %10s %8s %7s %7s\n", "zone", "peak N", "mean N",
		      "contact s", "dwell s", "heat C", "CEM43");
	for (unsigned int z = 0; z < ZONE_COUNT; z++) {
		const struct check_zone *zone = &run->zone[z];

		if (is_felt(zone)) {
			(void)fprintf(to, "  %-12s %7.1f %7.1f %10.1f %8.1f %7.1f %7.2f\n",
				      zone_name((enum zone)z), zone->peak_n, zone->mean_n,
				      zone->contact_s, zone->dwell_s, zone->heat_max_c,
				      zone->dose_cem43);
		}
	}
	(void)fprintf(to, "  force held within %.2f N on average", run->error_n);
	if (run->symmetry > 0.0) {
		(void)fprintf(to, "; contact left : right within 1 : %.2f", run->symmetry);
	}
	(void)fputc('\n', to);
}

static const char *place(const struct check_run *run, enum check_limit limit)
{
	return run->where[limit] == CHECK_ZONE_ANY ? "" : zone_name((enum zone)run->where[limit]);
}

static void print_limits(const struct report *report, FILE *to)
{
	(void)fprintf(to, "\n%-31s %14s %12s\n", "limit", "worst", "allowed");
	for (unsigned int l = 0; l < CHECK_LIMIT_COUNT; l++) {
		const struct check_rule *rule = check_rule((enum check_limit)l);
		const struct check_run *run = worst_run(report, (enum check_limit)l);
		const bool kept = check_is_kept(run, (enum check_limit)l);

		if (l == CHECK_ENDED) {
			(void)fprintf(to, "%-31s %14s %12s  %s\n", rule->text, how_it_ended(run),
				      ended_name(ENDED_FINISHED), kept ? "kept" : "BROKEN");
		} else {
			(void)fprintf(to, "%-31s %8.2f %-5s %6.1f %-5s  %s\n", rule->text,
				      run->worst[l], rule->unit, rule->most, rule->unit,
				      kept ? "kept" : "BROKEN");
		}
	}
}

static void print_broken(const struct report *report, FILE *to)
{
	for (unsigned int l = 0; l < CHECK_LIMIT_COUNT; l++) {
		const struct check_rule *rule = check_rule((enum check_limit)l);
		const struct check_run *run = worst_run(report, (enum check_limit)l);

		if (check_is_kept(run, (enum check_limit)l)) {
			continue;
		}
		(void)fprintf(to, "broken: %s", rule->text);
		if (l == CHECK_ENDED) {
			(void)fprintf(to, ": %s%s%s", how_it_ended(run), run->caused ? ", " : "",
				      run->caused ? fault_row(run->cause)->name : "");
		} else {
			(void)fprintf(to, ": %.2f %s, allowed are %.1f", run->worst[l], rule->unit,
				      rule->most);
		}
		(void)fprintf(to, " (%.2f m, side %s%s%s)\n", height_m(run), side_name(run->side),
			      place(run, (enum check_limit)l)[0] == '\0' ? "" : ", ",
			      place(run, (enum check_limit)l));
	}
}

int report_print(const struct report *report, FILE *to)
{
	(void)fprintf(to, "%s: %.1f min, level %d\n", report->program->id,
		      program_duration_s(report->program) / 60.0, report->level);
	for (unsigned int i = 0; i < report->count; i++) {
		print_run(&report->run[i], to);
	}
	print_limits(report, to);
	if (report_is_kept(report)) {
		(void)fprintf(to, "\nEvery limit is kept.\n");
	} else {
		(void)fputc('\n', to);
		print_broken(report, to);
	}
	return ferror(to) != 0 ? -EIO : 0;
}

/* ---- JSON ---- */

static json_t *zones_json(const struct check_run *run)
{
	json_t *zones = json_object();

	for (unsigned int z = 0; z < ZONE_COUNT; z++) {
		const struct check_zone *zone = &run->zone[z];

		if (is_felt(zone)) {
			json_object_set_new(zones, zone_name((enum zone)z),
					    json_pack("{s:f,s:f,s:f,s:f,s:f,s:f}", "peak_n",
						      zone->peak_n, "mean_n", zone->mean_n,
						      "contact_s", zone->contact_s, "dwell_s",
						      zone->dwell_s, "heat_max_c", zone->heat_max_c,
						      "dose_cem43", zone->dose_cem43));
		}
	}
	return zones;
}

static json_t *run_json(const struct check_run *run)
{
	json_t *broken = json_array();
	json_t *worst = json_object();

	for (unsigned int l = 0; l < CHECK_LIMIT_COUNT; l++) {
		const char *name = check_rule((enum check_limit)l)->name;

		json_object_set_new(worst, name, json_real(run->worst[l]));
		if (!check_is_kept(run, (enum check_limit)l)) {
			json_array_append_new(broken, json_string(name));
		}
	}
	return json_pack("{s:f,s:s,s:s,s:s?,s:s,s:f,s:f,s:f,s:f,s:o,s:o,s:o}", "height_m",
			 height_m(run), "side", side_name(run->side), "ended", how_it_ended(run),
			 "cause", run->caused ? fault_row(run->cause)->name : NULL, "body",
			 scan_result_name(run->scan), "minutes", run->minutes, "scan_peak_n",
			 run->scan_peak_n, "force_error_n", run->error_n, "symmetry", run->symmetry,
			 "zones", zones_json(run), "worst", worst, "broken", broken);
}

static json_t *limit_json(const struct report *report, enum check_limit limit)
{
	const struct check_rule *rule = check_rule(limit);
	const struct check_run *run = worst_run(report, limit);
	const char *zone = place(run, limit);

	return json_pack("{s:s,s:f,s:f,s:s,s:b,s:f,s:s,s:s?}", "limit", rule->name, "worst",
			 run->worst[limit], "allowed", rule->most, "unit", rule->unit, "kept",
			 check_is_kept(run, limit) ? 1 : 0, "height_m", height_m(run), "side",
			 side_name(run->side), "zone", zone[0] == '\0' ? NULL : zone);
}

json_t *report_json(const struct report *report)
{
	json_t *runs = json_array();
	json_t *limits = json_array();

	for (unsigned int i = 0; i < report->count; i++) {
		json_array_append_new(runs, run_json(&report->run[i]));
	}
	for (unsigned int l = 0; l < CHECK_LIMIT_COUNT; l++) {
		json_array_append_new(limits, limit_json(report, (enum check_limit)l));
	}
	return json_pack("{s:s,s:f,s:i,s:b,s:o,s:o}", "program", report->program->id, "minutes",
			 program_duration_s(report->program) / 60.0, "level", (int)report->level,
			 "kept", report_is_kept(report) ? 1 : 0, "limits", limits, "sessions",
			 runs);
}
