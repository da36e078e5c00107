/* SPDX-License-Identifier: MIT */
#include "../../daemon/web/web_frame.h"
#include "../../daemon/web/web_queue.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum web_close check(const char *text)
{
	return web_frame_check(text, strlen(text));
}

static void a_frame_is_one_line_that_begins_an_object(void **state)
{
	static const char *const bad[] = { "",	   "[]",     "\"{\"",  " {}",  "{}\n",
					   "{\n}", "{\x01}", "{\x1f}", "null", "\xef\xbb\xbf{}",
					   "\n{}" };

	(void)state;
	assert_int_equal(check("{}"), WEB_CLOSE_NONE);
	assert_int_equal(check("{\t\r}"), WEB_CLOSE_NONE);
	assert_int_equal(check("{ whatever: chaird judges that"), WEB_CLOSE_NONE);
	assert_int_equal(web_frame_check("{\0}", 3), WEB_CLOSE_POLICY);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(check(bad[i]), WEB_CLOSE_POLICY);
	}
}

static void a_frame_is_utf_8(void **state)
{
	static const char *const good[] = { "{\xc2\x80}",	 "{\xdf\xbf}",
					    "{\xe0\xa0\x80}",	 "{\xed\x9f\xbf}",
					    "{\xef\xbf\xbf}",	 "{\xf0\x90\x80\x80}",
					    "{\xf4\x8f\xbf\xbf}" };
	static const char *const bad[] = {
		"{\x80}",
		"{\xbf}",
		"{\xc0\x80}",
		"{\xc1\xbf}",
		"{\xc2}",
		"{\xc2\xc2}",
		"{\xe0\x9f\xbf}",
		"{\xed\xa0\x80}",
		"{\xed\xbf\xbf}",
		"{\xe1\x80}",
		"{\xf0\x8f\xbf\xbf}",
		"{\xf4\x90\x80\x80}",
		"{\xf5\x80\x80\x80}",
		"{\xf1\x80\x80",
		"{\xff}",
		"{\xfe}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(check(good[i]), WEB_CLOSE_NONE);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(check(bad[i]), WEB_CLOSE_POLICY);
	}
}

static void a_frame_is_as_long_as_a_line_at_most(void **state)
{
	char *text = malloc(WEB_FRAME_MAX + 1U);

	(void)state;
	assert_non_null(text);
	memset(text, '{', WEB_FRAME_MAX + 1U);
	assert_int_equal(web_frame_check(text, WEB_FRAME_MAX), WEB_CLOSE_NONE);
	assert_int_equal(web_frame_check(text, WEB_FRAME_MAX + 1U), WEB_CLOSE_TOO_LONG);
	free(text);
}

static enum web_call_kind kind_of(const char *text)
{
	struct web_call call;
	enum web_call_kind kind;

	web_call_read(text, strlen(text), &call);
	kind = call.kind;
	web_call_clear(&call);
	return kind;
}

static void a_stop_is_known_however_it_is_written(void **state)
{
	(void)state;
	assert_int_equal(kind_of("{\"jsonrpc\":\"2.0\",\"method\":\"session.stop\"}"),
			 WEB_CALL_STOP);
	assert_int_equal(kind_of("{\"id\":1,\"method\":\"session\\u002estop\",\"x\":[]}"),
			 WEB_CALL_STOP);
	assert_int_equal(kind_of("{\"method\":\"session.stop \"}"), WEB_CALL_PASS);
	assert_int_equal(kind_of("{\"params\":{\"method\":\"session.stop\"}}"), WEB_CALL_PASS);
	/* chaird refuses doubled keys, so neither may win here */
	assert_int_equal(kind_of("{\"method\":\"session.stop\",\"method\":\"state.get\"}"),
			 WEB_CALL_PASS);
}

static void what_begins_with_web_is_ours_and_all_else_is_chairds(void **state)
{
	(void)state;
	assert_int_equal(kind_of("{\"method\":\"web.phones\"}"), WEB_CALL_OWN);
	assert_int_equal(kind_of("{\"method\":\"web.\"}"), WEB_CALL_OWN);
	assert_int_equal(kind_of("{\"method\":\"\\u0077eb.revoke\"}"), WEB_CALL_OWN);
	assert_int_equal(kind_of("{\"method\":\"webx\"}"), WEB_CALL_PASS);
	assert_int_equal(kind_of("{\"method\":[\"web.phones\"]}"), WEB_CALL_PASS);
	assert_int_equal(kind_of("{"), WEB_CALL_PASS);
	assert_int_equal(kind_of("{}"), WEB_CALL_PASS);
}

static void expect_error(const char *request, const char *id, const char *reason)
{
	struct web_call call;
	char want[64];
	char *text;

	web_call_read(request, strlen(request), &call);
	text = web_call_error(&call, -32000, reason, "Why.");
	assert_non_null(text);
	(void)snprintf(want, sizeof(want), "{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":", id);
	assert_memory_equal(text, want, strlen(want));
	assert_non_null(strstr(text, reason));
	free(text);
	web_call_clear(&call);
}

static void a_refusal_carries_the_senders_id(void **state)
{
	(void)state;
	expect_error("{\"id\":7}", "7", "rate_limited");
	expect_error("{\"id\":\"a\\n\"}", "\"a\\n\"", "rate_limited");
	expect_error("{\"id\":null}", "null", "rate_limited");
	expect_error("{\"id\":[7]}", "null", "rate_limited"); /* no id that JSON-RPC knows */
	expect_error("{", "null", "rate_limited");
}

static void unknown_methods_of_ours_are_told_from_forbidden_ones(void **state)
{
	static const char *const methods[] = { "web.phones", "web.revoke", "web.other" };
	struct web_call call;
	char request[64];
	char *text;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(request, sizeof(request), "{\"id\":1,\"method\":\"%s\"}",
			       methods[i]);
		web_call_read(request, strlen(request), &call);
		text = web_call_refused(&call);
		assert_non_null(strstr(text, i < 2 ? "not_for_phone" : "unknown_method"));
		free(text);
		web_call_clear(&call);
	}
}

static void lines_of_chaird_are_told_apart(void **state)
{
	static const struct {
		const char *text;
		enum web_line_kind kind;
	} lines[] = {
		{ "{\"jsonrpc\":\"2.0\",\"method\":\"state\",\"params\":{}}", WEB_LINE_STATE },
		{ "{\"jsonrpc\":\"2.0\",\"method\":\"telemetry\",\"params\":{}}",
		  WEB_LINE_TELEMETRY },
		{ "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{}}", WEB_LINE_KEPT },
		{ "{\"jsonrpc\":\"2.0\",\"method\":\"stated\",\"params\":{}}", WEB_LINE_KEPT },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", WEB_LINE_KEPT },
		{ "", WEB_LINE_KEPT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(web_line_kind(lines[i].text, strlen(lines[i].text)),
				 lines[i].kind);
	}
}

static void push(struct web_queue *queue, enum web_line_kind kind, const char *text)
{
	assert_int_equal(web_queue_push(queue, kind, text, strlen(text)), 0);
}

static void expect_pop(struct web_queue *queue, const char *text)
{
	struct web_item *item = web_queue_pop(queue);

	assert_non_null(item);
	assert_int_equal(item->length, strlen(text));
	assert_memory_equal(item->text + WEB_QUEUE_HEADROOM, text, item->length);
	free(item);
}

static void of_states_only_the_newest_waits(void **state)
{
	struct web_queue queue = { 0 };

	(void)state;
	push(&queue, WEB_LINE_STATE, "state 1");
	push(&queue, WEB_LINE_KEPT, "answer");
	push(&queue, WEB_LINE_TELEMETRY, "telemetry 1");
	push(&queue, WEB_LINE_STATE, "state 2");
	push(&queue, WEB_LINE_KEPT, "event");
	push(&queue, WEB_LINE_TELEMETRY, "telemetry 2");
	push(&queue, WEB_LINE_STATE, "state 3");
	assert_int_equal(queue.items, 4);
	expect_pop(&queue, "answer");
	expect_pop(&queue, "event");
	expect_pop(&queue, "telemetry 2");
	expect_pop(&queue, "state 3");
	assert_null(web_queue_pop(&queue));
	assert_int_equal(queue.bytes, 0);
}

static void a_browser_that_does_not_read_is_given_up(void **state)
{
	struct web_queue queue = { 0 };
	char *line = calloc(1, WEB_FRAME_MAX);

	(void)state;
	assert_non_null(line);
	for (size_t i = 0; i < WEB_QUEUE_ITEMS; i++) {
		push(&queue, WEB_LINE_KEPT, "x");
	}
	assert_int_equal(web_queue_push(&queue, WEB_LINE_KEPT, "x", 1), -ENOBUFS);
	web_queue_clear(&queue);
	for (size_t i = 0; i < WEB_QUEUE_BYTES / WEB_FRAME_MAX; i++) {
		assert_int_equal(web_queue_push(&queue, WEB_LINE_KEPT, line, WEB_FRAME_MAX), 0);
	}
	assert_int_equal(web_queue_push(&queue, WEB_LINE_KEPT, "x", 1), -ENOBUFS);
	web_queue_clear(&queue);
	/* states alone never fill it */
	for (size_t i = 0; i < 1000; i++) {
		assert_int_equal(web_queue_push(&queue, WEB_LINE_STATE, line, WEB_FRAME_MAX), 0);
	}
	assert_int_equal(queue.items, 1);
	web_queue_clear(&queue);
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_is_one_line_that_begins_an_object),
		cmocka_unit_test(a_frame_is_utf_8),
		cmocka_unit_test(a_frame_is_as_long_as_a_line_at_most),
		cmocka_unit_test(a_stop_is_known_however_it_is_written),
		cmocka_unit_test(what_begins_with_web_is_ours_and_all_else_is_chairds),
		cmocka_unit_test(a_refusal_carries_the_senders_id),
		cmocka_unit_test(unknown_methods_of_ours_are_told_from_forbidden_ones),
		cmocka_unit_test(lines_of_chaird_are_told_apart),
		cmocka_unit_test(of_states_only_the_newest_waits),
		cmocka_unit_test(a_browser_that_does_not_read_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
