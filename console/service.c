/* SPDX-License-Identifier: MIT */
/*
 * service.c - `chairctl selftest`, `jog`, `heat`, `calibrate`: what a technician does at the chair.
 * What moves or heats does so under a lease that is this program's, and ends with it, however it
 * ends: chaird takes the rollers in when the connection is gone.
 */
#include "link.h"
#include "show.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOLD_US	       UINT64_C(100000) /* chaird waits three times that long for the next */
#define ENTER_US       UINT64_C(5000000)
#define LEAVE_US       UINT64_C(4000000)
#define HOME_US	       UINT64_C(120000000)
#define JOG_MS	       500
#define JOG_MS_MAX     10000
#define HEAT_C	       38.0
#define HEAT_S	       60
#define HEAT_S_MAX     300
#define PROOF_ITEMS    7
#define VERDICT_PROVEN (-1)
#define VERDICT_FAILED (-2)

struct lease {
	struct link link;
	json_t *state; /* the last one, owned; NULL: none yet */
};

static int note_state(void *data, const char *method, json_t *body)
{
	struct lease *lease = data;

	if (strcmp(method, "state") == 0) {
		json_decref(lease->state);
		lease->state = json_incref(body);
	}
	return 0;
}

/* What the chair says of the service; NULL when it is in none. */
static const json_t *service_of(const struct lease *lease)
{
	const json_t *service = json_object_get(lease->state, "service");

	return json_is_object(service) ? service : NULL;
}

/* Hold on for @us, looking at what comes. STATUS_DONE, or what ended it; said. */
static int hold(struct lease *lease, uint64_t us)
{
	const uint64_t end = link_now_us() + us;

	while (link_now_us() < end) {
		uint64_t next = link_now_us() + HOLD_US;
		int r = link_call(&lease->link, "service.alive", NULL, NULL);

		if (r == STATUS_DONE) {
			next = next < end ? next : end;
			r = link_follow(&lease->link, next);
		}
		if (r != STATUS_DONE && r != STATUS_TIMEOUT) {
			return r;
		}
	}
	return STATUS_DONE;
}

static int wait_until_ready(struct lease *lease)
{
	const uint64_t end = link_now_us() + ENTER_US;

	while (service_of(lease) == NULL || !true_of(service_of(lease), "ready")) {
		const int r = hold(lease, HOLD_US);

		if (r != STATUS_DONE) {
			return r;
		}
		if (link_now_us() > end) {
			say_error("the drives do not get ready; chairctl bus tells more");
			return STATUS_FAILED;
		}
	}
	return STATUS_DONE;
}

static bool is_over(const struct lease *lease)
{
	const char *state = text_of(lease->state, "state");

	return strcmp(state, "service") != 0 && strcmp(state, "retracting") != 0;
}

/* Let go, and wait until the rollers are in. */
static void lease_close(struct lease *lease)
{
	const uint64_t end = link_now_us() + LEAVE_US;
	int r = service_of(lease) == NULL ? STATUS_DONE
					  : link_call(&lease->link, "service.leave", NULL, NULL);

	while (r == STATUS_DONE && !is_over(lease) && link_now_us() < end) {
		lease->link.verdict = 0;
		r = link_follow(&lease->link, link_now_us() + HOLD_US);
		r = r == STATUS_TIMEOUT ? STATUS_DONE : r;
	}
	link_close(&lease->link);
	json_decref(lease->state);
}

static int lease_open(const struct console *console, struct lease *lease)
{
	int r = link_open(console, LINK_BIT(LINK_SERVICE), &lease->link);

	lease->state = NULL;
	if (r != STATUS_DONE) {
		return r;
	}
	r = link_call(&lease->link, "state.watch", NULL, NULL);
	lease->link.watcher = (struct link_watcher){ .note = note_state, .data = lease };
	if (r == STATUS_DONE) {
		r = link_call(&lease->link, "service.enter",
			      json_pack("{s:s*}", "who", link_user()), NULL);
	}
	if (r == STATUS_DONE) {
		r = wait_until_ready(lease);
	}
	if (r != STATUS_DONE) {
		lease_close(lease);
	}
	return r;
}

/* ---- selftest ---- */

static void show_item(const char *name, const json_t *item)
{
	const char *result = text_of(item, "result");
	const bool bad = strcmp(result, "failed") == 0;

	(void)printf("%-14s %s%s%s\n", name, tone_on(bad ? TONE_BAD : TONE_GOOD), result,
		     tone_off(bad ? TONE_BAD : TONE_GOOD));
	(void)fflush(stdout);
}

struct proof {
	bool begun; /* a state was seen in which it is not passed */
	bool quiet;
	json_t *items; /* the last ones, owned */
};

/* Each item as it is decided. */
static int note_proof(void *data, const char *method, json_t *body)
{
	struct proof *proof = data;
	json_t *now = json_object_get(json_object_get(body, "proof"), "items");
	unsigned int passed = 0;
	bool failed = false;
	const char *name;
	json_t *item;

	if (strcmp(method, "state") != 0) {
		return 0;
	}
	if (strcmp(text_of(body, "state"), "fault") == 0) {
		say_error("the chair is in fault: chairctl faults tells why");
		return VERDICT_FAILED;
	}
	if (!proof->begun && true_of(json_object_get(body, "proof"), "passed")) {
		return 0; /* still of the last one */
	}
	json_object_foreach(now, name, item)
	{
		const char *was = text_of(json_object_get(proof->items, name), "result");
		const char *is = text_of(item, "result");

		passed += strcmp(is, "passed") == 0 ? 1U : 0U;
		failed = failed || strcmp(is, "failed") == 0;
		if (strcmp(is, "pending") != 0 && !proof->quiet &&
		    (!proof->begun || strcmp(was, is) != 0)) {
			show_item(name, item);
		}
	}
	proof->begun = true;
	json_decref(proof->items);
	proof->items = json_incref(now);
	if (failed) {
		return VERDICT_FAILED;
	}
	return passed == PROOF_ITEMS ? VERDICT_PROVEN : 0;
}

int verb_selftest(const struct console *console, int count, char *const words[])
{
	struct proof proof = { .quiet = console->json, .items = json_object() };
	struct link link;
	int r = link_open(console, LINK_BIT(LINK_SERVICE), &link);

	(void)count;
	(void)words;
	if (r != STATUS_DONE) {
		return r;
	}
	r = link_call(&link, "service.prove", NULL, NULL);
	if (r == STATUS_DONE) {
		link.watcher = (struct link_watcher){ .note = note_proof, .data = &proof };
		r = link_call(&link, "state.watch", NULL, NULL);
	}
	if (r == STATUS_DONE) {
		/* the pads are looked at for 40 s */
		r = link_follow(&link, link_now_us() + console->timeout_us + 60000000U);
	}
	if (r == STATUS_TIMEOUT) {
		say_error("it does not come to an end; chairctl status tells what it waits for");
	}
	link_close(&link);
	if (r == VERDICT_PROVEN || r == VERDICT_FAILED) {
		const bool passed = r == VERDICT_PROVEN;

		r = passed ? STATUS_DONE : STATUS_FAULT;
		if (console->json && show_json("selftest", json_pack("{s:b, s:O}", "passed", passed,
								     "items", proof.items)) < 0) {
			r = STATUS_FAILED;
		}
	}
	json_decref(proof.items);
	return r;
}

/* ---- jog ---- */

/* A number, whole or not. False after a message. */
static bool take_number(const char *what, const char *text, double *ret)
{
	char *end;
	const double value = strtod(text, &end);

	if (end == text || *end != '\0' || !isfinite(value)) {
		say_error("%s: %s is no number", what, text);
		return false;
	}
	*ret = value;
	return true;
}

static int report_jog(const struct console *console, const char *axis, const json_t *service)
{
	char moved[24];
	char motor[24];

	if (console->json) {
		return show_json("jog", json_pack("{s:s, s:O?, s:O?, s:b}", "axis", axis, "moved",
						  json_object_get(service, "moved"), "motor_n",
						  json_object_get(service, "motor_n"), "stood",
						  true_of(service, "stood")));
	}
	(void)printf("%s moved %s, motor %s N%s\n", axis, number_of(service, "moved", 1, moved),
		     number_of(service, "motor_n", 1, motor),
		     true_of(service, "stood") ? "; it stood still" : "");
	return STATUS_DONE;
}

static int jog(const struct console *console, struct lease *lease, const char *axis, double speed)
{
	const uint64_t end = link_now_us() + (uint64_t)console->duration_ms * 1000U;
	int r = link_call(&lease->link, "service.jog",
			  json_pack("{s:s, s:f}", "axis", axis, "speed", speed), NULL);

	while (r == STATUS_DONE && link_now_us() < end && !true_of(service_of(lease), "stood")) {
		r = hold(lease, HOLD_US);
	}
	if (r == STATUS_DONE) {
		r = link_call(&lease->link, "service.jog",
			      json_pack("{s:s, s:i}", "axis", axis, "speed", 0), NULL);
	}
	if (r == STATUS_DONE) {
		r = hold(lease, 3 * HOLD_US); /* what is shown is where it has come to rest */
	}
	if (r == STATUS_DONE && service_of(lease) == NULL) {
		say_error("the service ended: chairctl status tells why");
		return STATUS_REFUSED;
	}
	return r == STATUS_DONE ? report_jog(console, axis, service_of(lease)) : r;
}

/* Both stops of a roller, held all the time. */
static int home(const struct console *console, struct lease *lease, const char *roller)
{
	const uint64_t end = link_now_us() + HOME_US;
	json_t *telemetry = NULL;
	int r = link_call(&lease->link, "service.home", json_pack("{s:s}", "roller", roller), NULL);

	while (r == STATUS_DONE && link_now_us() < end) {
		const json_t *seen;

		r = hold(lease, 5 * HOLD_US);
		if (r == STATUS_DONE) {
			r = link_call(&lease->link, "telemetry.get", NULL, &telemetry);
		}
		if (r != STATUS_DONE) {
			return r;
		}
		seen = json_object_get(json_object_get(telemetry, "rollers"), roller);
		if (json_is_number(json_object_get(seen, "travel_mm")) &&
		    json_is_number(json_object_get(seen, "depth_mm"))) {
			json_decref(telemetry);
			if (console->json) {
				return show_json("jog", json_pack("{s:s, s:b}", "roller", roller,
								  "homed", true));
			}
			(void)printf("%s has found its stops\n", roller);
			return STATUS_DONE;
		}
		json_decref(telemetry);
		telemetry = NULL;
		if (service_of(lease) == NULL) {
			say_error("the service ended: chairctl status tells why");
			return STATUS_REFUSED;
		}
	}
	say_error("%s did not find its stops within %d s", roller, (int)(HOME_US / 1000000U));
	return STATUS_FAILED;
}

int verb_jog(const struct console *console, int count, char *const words[])
{
	struct console timed = *console;
	const bool homes = count == 2 && strcmp(words[1], "home") == 0;
	struct lease lease;
	double speed = 0.0;
	int r;

	if (!homes && !take_number("speed", words[1], &speed)) {
		return STATUS_USAGE;
	}
	if ((console->given & OPTION_FOR) == 0) {
		timed.duration_ms = JOG_MS;
	} else if (console->duration_ms > JOG_MS_MAX) {
		say_error("--for: a jog lasts %d ms at most; chairctl top is for more", JOG_MS_MAX);
		return STATUS_USAGE;
	}
	r = lease_open(console, &lease);
	if (r != STATUS_DONE) {
		return r;
	}
	r = homes ? home(console, &lease, words[0]) : jog(&timed, &lease, words[0], speed);
	lease_close(&lease);
	return r;
}

/* ---- heat ---- */

static void show_pad(const char *pad, uint64_t since_us, const json_t *telemetry)
{
	const json_t *seen = json_object_get(json_object_get(telemetry, "pads"), pad);
	char a[24];
	char b[24];

	(void)printf("%4d s  A %5s C  B %5s C  %s\n", (int)((link_now_us() - since_us) / 1000000U),
		     number_of(seen, "a_c", 1, a), number_of(seen, "b_c", 1, b),
		     true_of(seen, "heating") ? "on" : "off");
	(void)fflush(stdout);
}

static int warm(const struct console *console, struct lease *lease, const char *pad, double heat_c)
{
	const uint64_t begun = link_now_us();
	const uint64_t end = begun + (uint64_t)console->duration_ms * 1000U;
	json_t *first = NULL;
	json_t *last = NULL;
	int r = link_call(&lease->link, "service.heat",
			  json_pack("{s:s, s:f}", "pad", pad, "heat_c", heat_c), NULL);

	while (r == STATUS_DONE && (last == NULL || link_now_us() < end)) {
		json_decref(last);
		last = NULL;
		r = link_call(&lease->link, "telemetry.get", NULL, &last);
		if (r == STATUS_DONE && first == NULL) {
			first = json_incref(last);
		}
		if (r == STATUS_DONE && !console->json) {
			show_pad(pad, begun, last);
		}
		r = r == STATUS_DONE ? hold(lease, 10 * HOLD_US) : r;
	}
	if (r == STATUS_DONE && console->json) {
		r = show_json("heat",
			      json_pack("{s:s, s:O?, s:O?}", "pad", pad, "first",
					json_object_get(json_object_get(first, "pads"), pad),
					"last",
					json_object_get(json_object_get(last, "pads"), pad)));
	}
	json_decref(first);
	json_decref(last);
	return r;
}

int verb_heat(const struct console *console, int count, char *const words[])
{
	struct console timed = *console;
	struct lease lease;
	double heat_c = HEAT_C;
	int r;

	if (count == 2 && !take_number("temperature", words[1], &heat_c)) {
		return STATUS_USAGE;
	}
	if ((console->given & OPTION_FOR) == 0) {
		timed.duration_ms = HEAT_S * 1000;
	} else if (console->duration_ms > HEAT_S_MAX * 1000) {
		say_error("--for: a heat test lasts %d s at most", HEAT_S_MAX);
		return STATUS_USAGE;
	}
	r = lease_open(console, &lease);
	if (r != STATUS_DONE) {
		return r;
	}
	r = warm(&timed, &lease, words[0], heat_c);
	lease_close(&lease);
	return r;
}

/* ---- calibrate ---- */

static int list_calibrations(const struct console *console)
{
	const json_t *row;
	json_t *doc = NULL;
	size_t i;
	int r = link_ask(console, LINK_BIT(LINK_SERVICE), "service.calibrations", NULL, &doc);

	if (r != STATUS_DONE) {
		return r;
	}
	if (console->json) {
		return show_json("calibrate", doc);
	}
	json_array_foreach(json_object_get(doc, "calibrations"), i, row)
	{
		const char *what = text_of(row, "what");
		const double value = json_number_value(json_object_get(row, "value"));
		const bool warmth = strncmp(what, "temperature", 11) == 0;

		(void)printf("%-26s %8.4f%s\n", what, value, warmth ? " C" : "");
	}
	json_decref(doc);
	return STATUS_DONE;
}

static int list_log(const struct console *console)
{
	const json_t *row;
	json_t *doc = NULL;
	size_t i;
	int r = link_ask(console, LINK_BIT(LINK_SERVICE), "service.log",
			 json_pack("{s:i}", "limit", console->lines == 0 ? 20 : console->lines),
			 &doc);

	if (r != STATUS_DONE) {
		return r;
	}
	if (console->json) {
		return show_json("calibrate-log", doc);
	}
	json_array_foreach(json_object_get(doc, "log"), i, row)
	{
		char before[24];
		char after[24];

		(void)printf("%.16s %-24.24s %8s -> %8s %.20s\n", text_of(row, "time"),
			     text_of(row, "what"), number_of(row, "before", 4, before),
			     number_of(row, "after", 4, after), text_of(row, "who"));
	}
	json_decref(doc);
	return STATUS_DONE;
}

/* What is right when nothing was measured. */
static double neutral(const char *what)
{
	return strncmp(what, "temperature", 11) == 0 ? 0.0 : 1.0;
}

static int calibrate(const struct console *console, const char *what, const char *text)
{
	const bool resets = strcmp(text, "reset") == 0;
	struct lease lease;
	double measured = 0.0;
	json_t *result = NULL;
	int r;

	if (!resets && !take_number("measured", text, &measured)) {
		return STATUS_USAGE;
	}
	r = lease_open(console, &lease);
	if (r != STATUS_DONE) {
		return r;
	}
	r = link_call(&lease.link, "service.calibrate",
		      resets ? json_pack("{s:s, s:f}", "what", what, "value", neutral(what))
			     : json_pack("{s:s, s:f}", "what", what, "measured", measured),
		      &result);
	lease_close(&lease);
	if (r != STATUS_DONE) {
		return r;
	}
	if (console->json) {
		return show_json("calibrate", result);
	}
	(void)printf("%s: %.4f, was %.4f; in force when chaird has restarted, which it does now\n",
		     what, json_number_value(json_object_get(result, "after")),
		     json_number_value(json_object_get(result, "before")));
	json_decref(result);
	return STATUS_DONE;
}

int verb_calibrate(const struct console *console, int count, char *const words[])
{
	if (count == 0 || (count == 1 && strcmp(words[0], "list") == 0)) {
		return list_calibrations(console);
	}
	if (count == 1 && strcmp(words[0], "log") == 0) {
		return list_log(console);
	}
	if (count == 1) {
		say_error("usage: chairctl calibrate [list | log | WHAT MEASURED | WHAT reset]");
		return STATUS_USAGE;
	}
	return calibrate(console, words[0], words[1]);
}
