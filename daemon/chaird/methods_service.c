/* SPDX-License-Identifier: MIT */
/* The technician's methods: the lease, what moves under it, and what it may change. */
#include "calibration.h"
#include "log.h"
#include "maintenance.h"
#include "methods_call.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define WHO_MAX	      40
#define UNKNOWN	      ((double)NAN) /* after an answer */
#define REST_MM_S     0.5f	    /* slower is at rest */
#define GAUGE_MIN_N   5.0	    /* less is mostly friction */
#define GAUGE_MAX_N   40.0
#define TRAVEL_MIN_MM 50.0 /* a rule is read to a millimetre or so */

bool call_who(struct call *call, char *ret, size_t size)
{
	const json_t *given = json_object_get(call->params, "who");
	const char *name = json_string_value(given);
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t length = sizeof(peer);

	if (given != NULL &&
	    (name == NULL || strlen(name) > WHO_MAX || strpbrk(name, "\n\r\t") != NULL)) {
		call_invalid(call, "who", "must be a name of at most 40 bytes");
		return false;
	}
	if (getsockopt(call->client->fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0) {
		peer.uid = (uid_t)-1; /* then only what it says of itself */
	}
	(void)snprintf(ret, size, "%s%s(uid %d)", name == NULL ? "" : name, name == NULL ? "" : " ",
		       (int)peer.uid);
	return true;
}

void service_enter(struct call *call)
{
	struct chair_command command = { .kind = COMMAND_SERVICE };
	char who[64];

	if (!call_who(call, who, sizeof(who))) {
		return;
	}
	if (server_take_lease(call->client->server, call->client, who) < 0) {
		call_refuse(call, "lease_taken", "Another technician has the chair in service.");
		return;
	}
	journal(&log_service, LOG_NOTICE, NULL, "%s asks for service", who);
	call_submit(call, &command);
}

/* Who does not hold the lease can do nothing of this. False after an answer. */
static bool has_lease(struct call *call)
{
	if (server_hear_technician(call->client->server, call->client)) {
		return true;
	}
	call_refuse_by(call, REFUSAL_NOT_IN_SERVICE);
	return false;
}

void service_alive(struct call *call)
{
	if (has_lease(call)) {
		call_answer(call, json_object());
	}
}

void service_leave(struct call *call)
{
	if (has_lease(call)) {
		server_end_lease(call->client->server);
		call_answer(call, json_object());
	}
}

/* "back.depth" */
static bool find_axis(const char *word, unsigned int *ret)
{
	char name[48];

	for (unsigned int a = 0; a < AXIS_COUNT && word != NULL; a++) {
		(void)snprintf(name, sizeof(name), "%s.%s",
			       roller_name((enum roller)(a / AXIS_KIND_COUNT)),
			       axis_kind_name((enum axis_kind)(a % AXIS_KIND_COUNT)));
		if (strcmp(word, name) == 0) {
			*ret = a;
			return true;
		}
	}
	return false;
}

static bool find_roller(const char *word, enum roller *ret)
{
	for (unsigned int r = 0; r < ROLLER_COUNT && word != NULL; r++) {
		if (strcmp(word, roller_name((enum roller)r)) == 0) {
			*ret = (enum roller)r;
			return true;
		}
	}
	return false;
}

static bool find_pad(const char *word, enum pad *ret)
{
	for (unsigned int p = 0; p < PAD_COUNT && word != NULL; p++) {
		if (strcmp(word, pad_name((enum pad)p)) == 0) {
			*ret = (enum pad)p;
			return true;
		}
	}
	return false;
}

/* A number within bounds. False after an answer. */
static bool take_number(struct call *call, const char *field, double least, double most,
			double *ret)
{
	const json_t *value = json_object_get(call->params, field);
	char text[64];

	if (!json_is_number(value) || !(json_number_value(value) >= least) ||
	    !(json_number_value(value) <= most)) {
		(void)snprintf(text, sizeof(text), "must be a number from %g to %g", least, most);
		call_invalid(call, field, text);
		return false;
	}
	*ret = json_number_value(value);
	return true;
}

void service_jog(struct call *call)
{
	struct chair_command command = { .kind = COMMAND_JOG };
	const char *axis = json_string_value(json_object_get(call->params, "axis"));
	double speed = 0.0;
	double most;

	if (!find_axis(axis, &command.axis)) {
		call_invalid(call, "axis", "must be an axis, such as \"back.depth\"");
		return;
	}
	most = command.axis % AXIS_KIND_COUNT == AXIS_KNEAD ? (double)LIMIT_SERVICE_RPM
							    : (double)LIMIT_SERVICE_MM_S;
	if (!take_number(call, "speed", -most, most, &speed) || !has_lease(call)) {
		return;
	}
	command.speed = (float)speed;
	journal(&log_service, LOG_INFO, NULL, "%s jogs %s at %g",
		server_technician(call->client->server), axis, speed);
	call_submit(call, &command);
}

void service_home(struct call *call)
{
	struct chair_command command = { .kind = COMMAND_JOG, .home = true };
	enum roller roller = ROLLER_BACK;

	if (!find_roller(json_string_value(json_object_get(call->params, "roller")), &roller)) {
		call_invalid(call, "roller", "must be a roller, such as \"back\"");
	} else if (has_lease(call)) {
		command.axis = AXIS(roller, AXIS_DEPTH);
		call_submit(call, &command);
	}
}

void service_heat(struct call *call)
{
	struct chair_command command = { .kind = COMMAND_HEAT_TEST };
	double heat_c = 0.0;

	if (!find_pad(json_string_value(json_object_get(call->params, "pad")), &command.pad)) {
		call_invalid(call, "pad", "must name a heat pad");
	} else if (take_number(call, "heat_c", 0.0, (double)LIMIT_SETPOINT_C, &heat_c) &&
		   has_lease(call)) {
		command.heat_c = (float)heat_c;
		call_submit(call, &command);
	}
}

void service_prove(struct call *call)
{
	struct chair_command command = { .kind = COMMAND_PROVE };

	call_submit(call, &command);
}

static bool at_rest(const struct control_snapshot *s, unsigned int axis)
{
	return fabsf(s->in.axis[axis].speed) < REST_MM_S;
}

/* A gauge, or a weight, shows what the roller presses with. UNKNOWN after an answer. */
static double force_factor(struct call *call, const struct control_snapshot *s,
			   const struct calibration *what)
{
	const struct setup *setup = server_setup(call->client->server);
	const struct roller_config *rc = &setup->core.roller[what->roller];
	const struct roller_ctl *roller = &s->roller[what->roller];
	const unsigned int axis = AXIS(what->roller, AXIS_DEPTH);
	const float spring_n = rc->spring_n + rc->spring_n_mm * roller->depth_mm;
	double gauge_n = 0.0;

	if (!take_number(call, "measured", GAUGE_MIN_N, GAUGE_MAX_N, &gauge_n)) {
		return UNKNOWN;
	}
	if (!roller->depth_homed || !at_rest(s, axis) || !(s->in.axis[axis].force_n > spring_n)) {
		call_refuse(call, "not_ready",
			    "The roller must be homed and rest on the gauge: jog it there.");
		return UNKNOWN;
	}
	return calibration_value(setup, what) * (gauge_n + (double)spring_n) /
	       (double)s->in.axis[axis].force_n;
}

/* A rule shows how far the roller is from its upper stop. UNKNOWN after an answer. */
static double travel_factor(struct call *call, const struct control_snapshot *s,
			    const struct calibration *what)
{
	const struct setup *setup = server_setup(call->client->server);
	const struct roller_ctl *roller = &s->roller[what->roller];
	double rule_mm = 0.0;

	if (!take_number(call, "measured", TRAVEL_MIN_MM, 1000.0, &rule_mm)) {
		return UNKNOWN;
	}
	if (!roller->travel_homed || !at_rest(s, AXIS(what->roller, AXIS_TRAVEL)) ||
	    (double)roller->travel_mm < TRAVEL_MIN_MM) {
		call_refuse(
			call, "not_ready",
			"The roller must be homed and stand 50 mm or more from its upper stop.");
		return UNKNOWN;
	}
	return calibration_value(setup, what) * rule_mm / (double)roller->travel_mm;
}

/* A thermometer shows what the pad has. UNKNOWN after an answer. */
static double temperature_offset(struct call *call, const struct control_snapshot *s,
				 const struct calibration *what)
{
	const struct sensor_input *sensor = &s->in.sensor[what->pad][what->channel];
	double true_c = 0.0;

	if (!take_number(call, "measured", 5.0, (double)LIMIT_SETPOINT_C, &true_c)) {
		return UNKNOWN;
	}
	if (sensor->quality != QUALITY_GOOD || s->now_us - sensor->stamp_us > LIMIT_SENSOR_AGE_US ||
	    s->session.service.work == SERVICE_HEAT) {
		call_refuse(call, "not_ready",
			    "The channel must read, and the pad must not be heated.");
		return UNKNOWN;
	}
	return calibration_value(server_setup(call->client->server), what) + true_c -
	       (double)sensor->temp_c;
}

static double measure(struct call *call, const struct control_snapshot *s,
		      const struct calibration *what)
{
	if (json_object_get(call->params, "value") != NULL) {
		double value = UNKNOWN;

		return take_number(call, "value", -10.0, 10.0, &value) ? value : UNKNOWN;
	}
	switch (what->kind) {
	case CALIBRATION_FORCE:
		return force_factor(call, s, what);
	case CALIBRATION_TRAVEL:
		return travel_factor(call, s, what);
	case CALIBRATION_TEMPERATURE:
		return temperature_offset(call, s, what);
	case CALIBRATION_NONE:
		break;
	}
	return UNKNOWN;
}

static void store(struct call *call, const char *name, const struct calibration *what, double after)
{
	struct server *server = call->client->server;
	const double before = calibration_value(server_setup(server), what);
	char text[160];

	if (calibration_check(server_setup(server), what, after) < 0) {
		(void)snprintf(text, sizeof(text),
			       "%s would become %.3f, which is out of bounds: look for what is "
			       "broken, or mend chair.yaml.",
			       name, after);
		call_refuse(call, "out_of_bounds", text);
		return;
	}
	if (maintenance_add(server_history(server), server_technician(server), name, before,
			    after) < 0) {
		call_refuse(call, "no_history", "It cannot be stored, so it stays as it is.");
		return;
	}
	journal(&log_service, LOG_NOTICE, NULL, "%s calibrated %s: %.4f, was %.4f",
		server_technician(server), name, after, before);
	server_restart_when_idle(server);
	call_answer(call, json_pack("{s:s, s:f, s:f, s:b}", "what", name, "before", before, "after",
				    after, "after_restart", true));
}

void service_calibrate(struct call *call)
{
	const char *name = json_string_value(json_object_get(call->params, "what"));
	const struct control_snapshot *s = server_snapshot(call->client->server);
	struct calibration what = { .kind = CALIBRATION_NONE };
	double after;

	if (name == NULL || calibration_find(name, &what) < 0) {
		call_invalid(call, "what", "must be a name of service.calibrations");
		return;
	}
	if (!has_lease(call)) {
		return;
	}
	if (s == NULL || s->session.state != STATE_SERVICE) {
		call_refuse_by(call, REFUSAL_NOT_IN_SERVICE);
	} else if (server_history(call->client->server) == NULL) {
		call_refuse(call, "no_history", "No history is kept on this chair.");
	} else {
		after = measure(call, s, &what);
		if (!isnan(after)) {
			store(call, name, &what, after);
		}
	}
}

void service_calibrations(struct call *call)
{
	const struct setup *setup = server_setup(call->client->server);
	json_t *list = json_array();
	struct calibration what;

	for (unsigned int i = 0; calibration_numbered(i, &what); i++) {
		char name[CALIBRATION_NAME_MAX];

		calibration_name(&what, name);
		(void)json_array_append_new(list, json_pack("{s:s, s:f}", "what", name, "value",
							    calibration_value(setup, &what)));
	}
	call_answer_document(call, json_pack("{s:o}", "calibrations", list));
}

void service_log(struct call *call)
{
	unsigned int limit;
	struct history *history = call_history(call, &limit);

	if (history != NULL) {
		call_answer_document(call,
				     json_pack("{s:o}", "log", maintenance_list(history, limit)));
	}
}
