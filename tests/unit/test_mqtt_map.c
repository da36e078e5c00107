/* SPDX-License-Identifier: MIT */
#include "../../daemon/mqtt/mqtt_config.h"
#include "../../daemon/mqtt/mqtt_map.h"
#include "../../daemon/mqtt/mqtt_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct mqtt_arrival arrival_of(const char *topic, const char *payload)
{
	return (struct mqtt_arrival){ .topic = topic,
				      .payload = payload,
				      .length = strlen(payload) };
}

static struct mqtt_command map(const char *topic, const char *payload)
{
	const struct mqtt_arrival arrival = arrival_of(topic, payload);
	struct mqtt_command command;

	mqtt_map_command(&arrival, &command);
	return command;
}

static void expect_call(const char *topic, const char *payload, const char *method,
			const char *params)
{
	struct mqtt_command command = map(topic, payload);
	char *text = NULL;

	assert_int_equal(command.verdict, MQTT_VERDICT_CALL);
	assert_string_equal(command.method, method);
	if (params == NULL) {
		assert_null(command.params);
	} else {
		text = json_dumps(command.params, JSON_COMPACT | JSON_SORT_KEYS);
		assert_string_equal(text, params);
		free(text);
	}
	mqtt_command_clear(&command);
}

static void expect_refusal(const char *topic, const char *payload, int code, const char *reason)
{
	struct mqtt_command command = map(topic, payload);

	assert_int_equal(command.verdict, MQTT_VERDICT_REFUSED);
	assert_int_equal(command.code, code);
	assert_string_equal(command.reason, reason);
	assert_true(command.answered);
	mqtt_command_clear(&command);
}

static void plain_topics_become_requests(void **state)
{
	(void)state;
	expect_call("set/stop", "", "session.stop", NULL);
	expect_call("set/stop", "anything at all", "session.stop", NULL);
	expect_call("set/pause", "PRESS", "session.pause", NULL);
	expect_call("set/resume", "PRESS", "session.resume", NULL);
	expect_call("set/preheat", "ON", "heat.preheat", NULL);
}

static void a_level_is_a_whole_number_however_it_is_written(void **state)
{
	static const char *const bad[] = { "",	  "2.5", "two",
					   "nan", "inf", "1e400",
					   "3 x", "{}",	 "99999999999999999999" };

	(void)state;
	expect_call("set/level", "2", "session.level", "{\"level\":2}");
	expect_call("set/level", "2.0", "session.level", "{\"level\":2}");
	expect_call("set/level", "-1", "session.level", "{\"level\":-1}"); /* chaird refuses it */
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		expect_refusal("set/level", bad[i], -32602, "invalid_params");
	}
}

static void a_start_names_program_and_side_in_either_form(void **state)
{
	static const char *const bad[] = { "piriformis",
					   "/left",
					   "piriformis/",
					   "{\"program\":\"piriformis\"}",
					   "{\"program\":\"a\",\"side\":\"left\",\"deep\":1}",
					   "{\"program\":1,\"side\":\"left\"}",
					   "{\"program\":\"a\"",
					   "{/}",
					   "\xff\xfe/left" };

	(void)state;
	expect_call("set/start", "piriformis/left", "session.start",
		    "{\"program\":\"piriformis\",\"side\":\"left\"}");
	expect_call("set/start", "{\"side\":\"both\",\"program\":\"relax-and-sleep\"}",
		    "session.start", "{\"program\":\"relax-and-sleep\",\"side\":\"both\"}");
	expect_call("set/start", "{\"side\":\"both\",\"program\":\"x\",\"level\":1,\"minutes\":5}",
		    "session.start",
		    "{\"level\":1,\"minutes\":5,\"program\":\"x\",\"side\":\"both\"}");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		expect_refusal("set/start", bad[i], -32602, "invalid_params");
	}
}

static void unknown_things_are_ignored(void **state)
{
	static const char *const topics[] = { "set/", "set/Stop", "set/stop/now", "set/x",
					      "state" };

	(void)state;
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
		struct mqtt_command command = map(topics[i], "1");

		assert_int_equal(command.verdict, MQTT_VERDICT_IGNORED);
		assert_string_not_equal(command.text, "");
		mqtt_command_clear(&command);
	}
}

static void a_request_keeps_its_parameters_and_its_id(void **state)
{
	struct mqtt_command command =
		map("command", "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"session.level\","
			       "\"params\":{\"level\":1}}");

	(void)state;
	assert_int_equal(command.verdict, MQTT_VERDICT_CALL);
	assert_true(command.answered);
	assert_string_equal(json_string_value(command.id), "a");
	assert_int_equal(json_integer_value(json_object_get(command.params, "level")), 1);
	mqtt_command_clear(&command);
	command = map("command", "{\"jsonrpc\":\"2.0\",\"method\":\"session.pause\"}");
	assert_int_equal(command.verdict, MQTT_VERDICT_CALL);
	assert_false(command.answered);
	mqtt_command_clear(&command);
}

static void what_is_no_request_is_refused_with_its_code(void **state)
{
	(void)state;
	expect_refusal("command", "", -32700, "malformed");
	expect_refusal("command", "{", -32700, "malformed");
	expect_refusal("command", "{\"a\":1,\"a\":2}", -32700, "malformed");
	expect_refusal("command", "[]", -32600, "invalid_request");
	expect_refusal("command", "[{\"jsonrpc\":\"2.0\",\"method\":\"session.pause\"}]", -32600,
		       "invalid_request");
	expect_refusal("command", "{\"method\":\"session.pause\"}", -32600, "invalid_request");
	expect_refusal("command", "{\"jsonrpc\":\"2.0\",\"method\":7}", -32600, "invalid_request");
	expect_refusal("command", "{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"id\":{}}", -32600,
		       "invalid_request");
	expect_refusal("command", "{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":[1]}", -32600,
		       "invalid_request");
}

static void a_payload_over_the_limit_is_refused_unread(void **state)
{
	char *payload = malloc(MQTT_COMMAND_MAX + 2U);

	(void)state;
	assert_non_null(payload);
	memset(payload, ' ', MQTT_COMMAND_MAX + 1U);
	payload[MQTT_COMMAND_MAX + 1U] = '\0';
	expect_refusal("command", payload, -32700, "malformed");
	expect_refusal("set/start", payload, -32602, "invalid_params");
	expect_call("set/stop", payload, "session.stop", NULL); /* a stop is a stop */
	free(payload);
}

static void health_and_service_are_closed_to_the_broker(void **state)
{
	static const char *const methods[] = { "guest.list", "history.sessions", "recorder.get",
					       "service.move" };
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		(void)snprintf(text, sizeof(text),
			       "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\"}", methods[i]);
		expect_refusal("command", text, -32000, "not_for_home");
	}
	expect_refusal("command", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"state.watch\"}",
		       -32601, "unknown_method");
}

static void retained_messages_are_ignored_on_every_topic(void **state)
{
	static const char *const topics[] = { "command", "set/pause", "set/start", "set/x" };

	(void)state;
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
		struct mqtt_arrival arrival =
			arrival_of(topics[i], "{\"jsonrpc\":\"2.0\",\"method\":\"session.pause\"}");
		struct mqtt_command command;

		arrival.retained = true;
		mqtt_map_command(&arrival, &command);
		assert_int_equal(command.verdict, MQTT_VERDICT_IGNORED);
		mqtt_command_clear(&command);
	}
}

static void a_stop_counts_however_it_is_sent(void **state)
{
	struct mqtt_arrival arrival = arrival_of("set/stop", "");
	struct mqtt_command command;

	(void)state;
	arrival.retained = true;
	arrival.expires = true;
	arrival.age_us = 1;
	assert_true(mqtt_map_is_stop(&arrival));
	mqtt_map_command(&arrival, &command);
	assert_int_equal(command.verdict, MQTT_VERDICT_CALL);
	assert_string_equal(command.method, "session.stop");
	mqtt_command_clear(&command);
}

static enum mqtt_verdict verdict_at_age(bool expires, uint32_t expiry_s, uint64_t age_us)
{
	struct mqtt_arrival arrival = arrival_of("set/pause", "");
	struct mqtt_command command;
	enum mqtt_verdict verdict;

	arrival.expires = expires;
	arrival.expiry_s = expiry_s;
	arrival.age_us = age_us;
	mqtt_map_command(&arrival, &command);
	verdict = command.verdict;
	mqtt_command_clear(&command);
	return verdict;
}

static void expired_messages_are_ignored_to_the_microsecond(void **state)
{
	(void)state;
	assert_int_equal(verdict_at_age(false, 0, 60000000), MQTT_VERDICT_CALL);
	assert_int_equal(verdict_at_age(true, 0, 0), MQTT_VERDICT_IGNORED);
	assert_int_equal(verdict_at_age(true, 2, 1999999), MQTT_VERDICT_CALL);
	assert_int_equal(verdict_at_age(true, 2, 2000000), MQTT_VERDICT_IGNORED);
	assert_int_equal(verdict_at_age(true, UINT32_MAX, 60000000), MQTT_VERDICT_CALL);
}

static bool is_stop(const char *topic, const char *payload)
{
	const struct mqtt_arrival arrival = arrival_of(topic, payload);

	return mqtt_map_is_stop(&arrival);
}

static void what_the_broker_sends_again_is_ignored_but_for_a_stop(void **state)
{
	static const char *const topics[] = { "command", "set/pause", "set/level", "set/stop" };
	struct mqtt_command command;

	(void)state;
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
		const struct mqtt_arrival arrival = {
			.topic = topics[i], .payload = "1", .length = 1, .repeated = true
		};

		mqtt_map_command(&arrival, &command);
		assert_int_equal(command.verdict,
				 i == 3 ? MQTT_VERDICT_CALL : MQTT_VERDICT_IGNORED);
		mqtt_command_clear(&command);
	}
}

static void only_a_real_stop_gets_the_stop_slot(void **state)
{
	(void)state;
	assert_true(is_stop("set/stop", ""));
	assert_true(
		is_stop("command", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"session.stop\"}"));
	assert_true(is_stop("command", " { \"method\" : \"session.stop\" } "));
	assert_false(is_stop("command", "session.stop"));
	assert_false(is_stop("command", "{\"method\":\"session.pause\",\"x\":\"session.stop\"}"));
	assert_false(is_stop("command", "{\"method\":\"session.stopped\"}"));
	assert_false(is_stop("command", "{\"method\":\"session.stop\""));
	assert_false(is_stop("command", "[\"session.stop\"]"));
	assert_false(is_stop("set/stopp", ""));
}

static void a_sloppy_stop_is_still_a_stop(void **state)
{
	(void)state;
	expect_call("command", "{\"method\":\"session.stop\"}", "session.stop", NULL);
	expect_call("command", "{\"jsonrpc\":\"1\",\"method\":\"session.stop\",\"params\":[9]}",
		    "session.stop", NULL);
}

static void answers_carry_the_senders_id(void **state)
{
	struct mqtt_command command =
		map("command", "{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"guest.list\"}");
	json_t *result = json_pack("{s:b}", "stopping", 1);
	char *text = mqtt_map_refusal(&command);

	(void)state;
	assert_non_null(text);
	assert_non_null(strstr(text, "\"id\":\"q\""));
	assert_non_null(strstr(text, "\"reason\":\"not_for_home\""));
	free(text);
	text = mqtt_map_response(command.id, result, NULL);
	assert_string_equal(text,
			    "{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"result\":{\"stopping\":true}}");
	free(text);
	json_decref(result);
	mqtt_command_clear(&command);
}

static bool reply_allowed(const char *topic)
{
	return mqtt_map_reply_topic_allowed(topic, strlen(topic), "chair/a/");
}

static void a_reply_never_goes_to_a_topic_that_means_something(void **state)
{
	static const char *const bad[] = {
		"chair/a/state",  "chair/a/command", "chair/b/set/stop", "chair/b/reply/x",
		"chair/a/reply/", "chair/",	     "$SYS/x",		 "x/#",
		"x/+/y"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(reply_allowed(bad[i]));
	}
	assert_true(reply_allowed("chair/a/reply/home/1"));
	assert_true(reply_allowed("nodered/answers"));
	assert_true(reply_allowed("chairs"));
}

static json_t *sample_state(void)
{
	return json_pack("{s:i, s:s, s:i, s:s, s:s, s:s, s:{s:s, s:s, s:i}, s:{s:i, s:i, s:i},"
			 " s:{s:s, s:s, s:s}, s:n}",
			 "seq", 5, "time", "t", "uptime_s", 9, "state", "massage", "program",
			 "piriformis", "side", "left", "phase", "name", "warm-up", "technique",
			 "stroke", "index", 0, "levels", "lower_back", 1, "glute_left", 3,
			 "glute_right", 0, "ask", "kind", "start", "program", "piriformis", "side",
			 "left", "resume");
}

static void full_detail_takes_nothing_away(void **state)
{
	json_t *document = sample_state();
	json_t *original = json_deep_copy(document);

	(void)state;
	assert_non_null(document);
	mqtt_map_limit_state(document, MQTT_DETAIL_FULL);
	assert_true(mqtt_map_limit_event(document, MQTT_DETAIL_FULL));
	mqtt_map_limit_telemetry(document, MQTT_DETAIL_FULL);
	assert_true(json_equal(document, original));
	json_decref(document);
	json_decref(original);
}

static void generic_detail_tells_no_program_side_or_phase_name(void **state)
{
	static const char *const words[] = { "piriformis", "\"left\"", "warm-up", "stroke" };
	json_t *document = sample_state();
	char *text;

	(void)state;
	mqtt_map_limit_state(document, MQTT_DETAIL_GENERIC);
	text = json_dumps(document, 0);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		assert_null(strstr(text, words[i]));
	}
	assert_true(json_is_null(json_object_get(document, "program")));
	assert_string_equal(json_string_value(json_object_get(document, "state")), "massage");
	/* Nor do the levels tell the side. */
	assert_int_equal(json_integer_value(json_object_get(json_object_get(document, "levels"),
							    "glute_right")),
			 3);
	free(text);
	json_decref(document);
}

static void generic_detail_limits_events_telemetry_and_answers(void **state)
{
	json_t *event = json_pack("{s:s, s:s, s:s, s:s}", "kind", "phase", "name", "warm-up",
				  "program", "x", "side", "left");
	json_t *telemetry = json_pack("{s:{s:{}}, s:{s:{}}}", "rollers", "back", "pads", "back");
	json_t *result = sample_state();

	(void)state;
	assert_true(mqtt_map_limit_event(event, MQTT_DETAIL_GENERIC));
	assert_true(json_is_null(json_object_get(event, "name")));
	assert_true(json_is_null(json_object_get(event, "program")));
	assert_true(json_is_null(json_object_get(event, "side")));
	mqtt_map_limit_telemetry(telemetry, MQTT_DETAIL_GENERIC);
	assert_int_equal(json_object_size(json_object_get(telemetry, "rollers")), 0);
	assert_int_equal(json_object_size(json_object_get(telemetry, "pads")), 1);
	mqtt_map_limit_result("state.get", result, MQTT_DETAIL_GENERIC);
	assert_true(json_is_null(json_object_get(result, "program")));
	json_decref(event);
	json_decref(telemetry);
	json_decref(result);
}

static void generic_detail_tells_no_reminder(void **state)
{
	json_t *event = json_pack("{s:s, s:s}", "kind", "reminder", "reminder", "press-up");

	(void)state;
	assert_false(mqtt_map_limit_event(event, MQTT_DETAIL_GENERIC));
	assert_true(mqtt_map_limit_event(event, MQTT_DETAIL_FULL));
	json_decref(event);
}

static void heat_is_degrees_off_or_the_empty_seat(void **state)
{
	(void)state;
	expect_call("set/heat", "38.5", "session.heat", "{\"heat_c\":38.5}");
	expect_call("set/heat_lower_back", "36", "session.heat",
		    "{\"heat_c\":36.0,\"pad\":\"lower_back\"}");
	expect_call("set/heat_leg_left", "off", "session.heat",
		    "{\"heat_c\":0.0,\"pad\":\"leg_left\"}");
	expect_call("set/heat", "off", "session.heat", "{\"heat_c\":0.0}");
	expect_call("set/heat_lower_back", "heat", "heat.preheat", NULL);
	for (size_t i = 0; i < 6; i++) {
		static const char *const wrong[] = { "", "warm", "nan", "1e9", "36 C", "Off" };

		expect_refusal("set/heat", wrong[i], -32602, "invalid_params");
	}
	expect_refusal("set/heat_\xff", "36", -32602, "invalid_params");
}

static json_t *two_programs(void)
{
	return json_pack("{s:[{s:s, s:[s, s, s]}, {s:s, s:[s]}], s:s}", "programs", "id", "gentle",
			 "sides", "left", "right", "both", "id", "flush", "sides", "right",
			 "default", "gentle");
}

static enum mqtt_verdict chosen(struct mqtt_choice *choice, const char *topic, const char *payload)
{
	const struct mqtt_arrival arrival = { .topic = topic,
					      .payload = payload,
					      .length = strlen(payload) };
	json_t *programs = two_programs();
	struct mqtt_command command;
	enum mqtt_verdict verdict;

	mqtt_map_command(&arrival, &command);
	assert_int_equal(command.verdict, MQTT_VERDICT_CHOOSE);
	mqtt_map_choose(&arrival, programs, choice, &command);
	verdict = command.verdict;
	mqtt_command_clear(&command);
	json_decref(programs);
	return verdict;
}

static void what_is_chosen_is_what_is_offered(void **state)
{
	struct mqtt_choice choice = { 0 };
	json_t *programs = two_programs();

	(void)state;
	assert_int_equal(chosen(&choice, "set/program", "flush"), MQTT_VERDICT_CHOOSE);
	mqtt_map_check_choice(&choice, programs);
	assert_string_equal(choice.program, "flush");
	assert_string_equal(choice.side, "right"); /* the only one */
	assert_int_equal(chosen(&choice, "set/side", "left"), MQTT_VERDICT_REFUSED);
	assert_int_equal(chosen(&choice, "set/program", "gentle"), MQTT_VERDICT_CHOOSE);
	assert_string_equal(choice.side, "right"); /* kept */
	assert_int_equal(chosen(&choice, "set/side", "both"), MQTT_VERDICT_CHOOSE);
	assert_int_equal(chosen(&choice, "set/program", "flush2"), MQTT_VERDICT_REFUSED);
	assert_int_equal(chosen(&choice, "set/program", ""), MQTT_VERDICT_REFUSED);
	assert_int_equal(chosen(&choice, "set/side", ""), MQTT_VERDICT_REFUSED);
	assert_string_equal(choice.program, "gentle");
	assert_string_equal(choice.side, "both");
	json_decref(programs);
}

static void a_program_that_went_is_chosen_no_longer(void **state)
{
	struct mqtt_choice choice = { "gone", "left" };
	json_t *programs = two_programs();
	json_t *none = json_pack("{s:[]}", "programs");

	(void)state;
	mqtt_map_check_choice(&choice, programs);
	assert_string_equal(choice.program, "gentle");
	assert_string_equal(choice.side, "left");
	mqtt_map_check_choice(&choice, none);
	assert_string_equal(choice.program, "");
	assert_string_equal(choice.side, "");
	json_decref(programs);
	json_decref(none);
}

static void a_start_without_a_name_is_what_was_chosen(void **state)
{
	static const char *const presses[] = { "", "PRESS" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct mqtt_arrival arrival = { .topic = "set/start",
						      .payload = presses[i],
						      .length = strlen(presses[i]) };
		struct mqtt_command command;

		mqtt_map_command(&arrival, &command);
		assert_int_equal(command.verdict, MQTT_VERDICT_CALL);
		assert_string_equal(command.method, "session.start");
		assert_true(command.as_chosen);
		assert_null(command.params);
		mqtt_command_clear(&command);
	}
}

static void limiting_survives_documents_of_another_shape(void **state)
{
	static const char *const odd[] = {
		"null",
		"[]",
		"{}",
		"{\"levels\":[],\"phase\":3}",
		"{\"levels\":{\"x_left\":\"a\",\"x_right\":1,\"_left\":1}}",
		"{\"ask\":[],\"rollers\":7}"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		json_t *document = json_loads(odd[i], JSON_DECODE_ANY, NULL);

		mqtt_map_limit_state(document, MQTT_DETAIL_GENERIC);
		(void)mqtt_map_limit_event(document, MQTT_DETAIL_GENERIC);
		mqtt_map_limit_telemetry(document, MQTT_DETAIL_GENERIC);
		json_decref(document);
	}
}

static void only_content_makes_two_states_differ(void **state)
{
	json_t *a = sample_state();
	json_t *b = sample_state();
	json_t *content_a;
	json_t *content_b;

	(void)state;
	(void)json_object_set_new(b, "seq", json_integer(6));
	(void)json_object_set_new(b, "time", json_string("later"));
	(void)json_object_set_new(b, "uptime_s", json_integer(10));
	content_a = mqtt_map_state_content(a);
	content_b = mqtt_map_state_content(b);
	assert_true(json_equal(content_a, content_b));
	assert_non_null(json_object_get(b, "seq")); /* the document itself keeps them */
	json_decref(content_b);
	(void)json_object_set_new(b, "state", json_string("paused"));
	content_b = mqtt_map_state_content(b);
	assert_false(json_equal(content_a, content_b));
	json_decref(content_a);
	json_decref(content_b);
	json_decref(a);
	json_decref(b);
}

/* --- the queue --- */

static void put(struct mqtt_queue *queue, const char *topic, bool stop)
{
	const struct mqtt_message_parts parts = {
		.topic = topic,
		.topic_length = strlen(topic),
		.correlation = "\0\1",
		.correlation_length = 2,
	};
	struct mqtt_message *message = mqtt_message_new(&parts);

	assert_non_null(message);
	assert_memory_equal(message->correlation, "\0\1", 2);
	mqtt_queue_put(queue, message, stop);
}

static void a_stop_overtakes_a_full_queue_and_is_never_dropped(void **state)
{
	struct mqtt_message *message;
	struct mqtt_queue queue;
	bool stop = false;

	(void)state;
	assert_int_equal(mqtt_queue_init(&queue), 0);
	for (unsigned int i = 0; i < MQTT_QUEUE_MAX + 10U; i++) {
		put(&queue, "set/level", false);
	}
	for (unsigned int i = 0; i < MQTT_QUEUE_STOP_MAX + 10U; i++) {
		put(&queue, "set/stop", true);
	}
	for (unsigned int i = 0; i < MQTT_QUEUE_STOP_MAX + MQTT_QUEUE_MAX; i++) {
		message = mqtt_queue_take(&queue, &stop);
		assert_non_null(message);
		assert_int_equal(stop, i < MQTT_QUEUE_STOP_MAX);
		assert_string_equal(message->topic, stop ? "set/stop" : "set/level");
		free(message);
	}
	assert_null(mqtt_queue_take(&queue, &stop));
	assert_int_equal(mqtt_queue_take_dropped(&queue), 10);
	assert_int_equal(mqtt_queue_take_dropped(&queue), 0);
	mqtt_queue_clear(&queue);
}

/* --- the configuration --- */

static size_t problems_of(const char *text, struct mqtt_config *ret)
{
	struct schema_problems problems = { 0 };
	size_t count;
	int r;

	r = mqtt_config_load_memory("test.yaml", text, strlen(text), &problems, ret);
	count = problems.count;
	assert_int_equal(r == 0, count == 0);
	schema_problems_free(&problems);
	return count;
}

static void a_short_configuration_gets_safe_defaults(void **state)
{
	struct mqtt_config config;

	(void)state;
	assert_int_equal(problems_of("chair: c1\nbroker: mqtts://broker.example\n", &config), 0);
	assert_int_equal(config.detail, MQTT_DETAIL_GENERIC);
	assert_string_equal(config.client_id, "chair-c1");
	assert_string_equal(config.host, "broker.example");
	assert_int_equal(config.port, 8883);
	assert_true(config.tls);
	assert_int_equal(config.reconnect_min_ms, 1000);
	assert_int_equal(config.reconnect_max_ms, 60000);
}

static void brokers_are_understood_or_refused(void **state)
{
	static const char *const bad[] = { "tcp://x",	     "mqtt://",	    "mqtt://x:0",
					   "mqtt://x:70000", "mqtt://x:1x", "mqtt://[::1",
					   "mqtt://a/b",     "mqtt://u@h",  "mqtt://x:" };
	struct mqtt_config config;
	char text[128];

	(void)state;
	assert_int_equal(problems_of("chair: c\nbroker: \"mqtt://[::1]:1884\"\n", &config), 0);
	assert_string_equal(config.host, "::1");
	assert_int_equal(config.port, 1884);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text), "chair: c\nbroker: \"%s\"\n", bad[i]);
		assert_int_equal(problems_of(text, &config), 1);
	}
}

static void every_mistake_is_reported_at_once(void **state)
{
	struct mqtt_config config;

	(void)state;
	assert_int_equal(problems_of("chair: a/b\nbroker: mqtt://x\ndetail: ful\nkeepalive_s: 1\n"
				     "password_file: /p\ntls: {cert_file: /c}\nbogus: 1\n",
				     &config),
			 7);
	assert_int_equal(problems_of("chair: a\nbroker: mqtt://x\nreconnect_min_ms: 100\n"
				     "reconnect_max_ms: 50\n",
				     &config),
			 1);
	assert_int_equal(
		problems_of("chair: a\nbroker: mqtt://x\ndiscovery: {prefix: a/#}\n", &config),
		1); /* the birth topic that would follow from it is no second mistake */
	assert_int_equal(
		problems_of("chair: a\nbroker: mqtt://x\n"
			    "discovery: {prefix: chair/x, birth_topic: a/+, enabled: maybe}\n",
			    &config),
		3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_topics_become_requests),
		cmocka_unit_test(a_level_is_a_whole_number_however_it_is_written),
		cmocka_unit_test(a_start_names_program_and_side_in_either_form),
		cmocka_unit_test(unknown_things_are_ignored),
		cmocka_unit_test(a_request_keeps_its_parameters_and_its_id),
		cmocka_unit_test(what_is_no_request_is_refused_with_its_code),
		cmocka_unit_test(a_payload_over_the_limit_is_refused_unread),
		cmocka_unit_test(health_and_service_are_closed_to_the_broker),
		cmocka_unit_test(retained_messages_are_ignored_on_every_topic),
		cmocka_unit_test(a_stop_counts_however_it_is_sent),
		cmocka_unit_test(expired_messages_are_ignored_to_the_microsecond),
		cmocka_unit_test(what_the_broker_sends_again_is_ignored_but_for_a_stop),
		cmocka_unit_test(only_a_real_stop_gets_the_stop_slot),
		cmocka_unit_test(a_sloppy_stop_is_still_a_stop),
		cmocka_unit_test(answers_carry_the_senders_id),
		cmocka_unit_test(a_reply_never_goes_to_a_topic_that_means_something),
		cmocka_unit_test(full_detail_takes_nothing_away),
		cmocka_unit_test(generic_detail_tells_no_program_side_or_phase_name),
		cmocka_unit_test(generic_detail_limits_events_telemetry_and_answers),
		cmocka_unit_test(generic_detail_tells_no_reminder),
		cmocka_unit_test(heat_is_degrees_off_or_the_empty_seat),
		cmocka_unit_test(what_is_chosen_is_what_is_offered),
		cmocka_unit_test(a_program_that_went_is_chosen_no_longer),
		cmocka_unit_test(a_start_without_a_name_is_what_was_chosen),
		cmocka_unit_test(limiting_survives_documents_of_another_shape),
		cmocka_unit_test(only_content_makes_two_states_differ),
		cmocka_unit_test(a_stop_overtakes_a_full_queue_and_is_never_dropped),
		cmocka_unit_test(a_short_configuration_gets_safe_defaults),
		cmocka_unit_test(brokers_are_understood_or_refused),
		cmocka_unit_test(every_mistake_is_reported_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
