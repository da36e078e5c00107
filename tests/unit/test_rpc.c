/* SPDX-License-Identifier: MIT */
#include "../../daemon/rpc/rpc_client.h"
#include "../../daemon/rpc/rpc_line.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* --- lines --- */

static void expect_line(struct rpc_line *line, const char *expected)
{
	size_t length = 0;
	char *text = NULL;

	assert_int_equal(rpc_line_next(line, &text, &length), 1);
	assert_string_equal(text, expected);
	assert_int_equal(length, strlen(expected));
}

static void expect_none(struct rpc_line *line)
{
	size_t length = 0;
	char *text = NULL;

	assert_int_equal(rpc_line_next(line, &text, &length), 0);
}

static void feed(struct rpc_line *line, const char *text)
{
	size_t taken = 0;

	assert_int_equal(rpc_line_feed(line, text, strlen(text), &taken), 0);
	assert_int_equal(taken, strlen(text));
}

static void several_lines_in_one_read_come_one_by_one(void **state)
{
	struct rpc_line line;

	(void)state;
	rpc_line_init(&line);
	feed(&line, "one\n\ntwo\nthr");
	expect_line(&line, "one");
	expect_line(&line, "");
	expect_line(&line, "two");
	expect_none(&line);
	feed(&line, "ee\n");
	expect_line(&line, "three");
	rpc_line_clear(&line);
}

static void a_line_may_arrive_byte_by_byte(void **state)
{
	static const char text[] = "{\"jsonrpc\":\"2.0\"}\n";
	struct rpc_line line;

	(void)state;
	rpc_line_init(&line);
	for (size_t i = 0; i + 1 < sizeof(text); i++) {
		const char byte[2] = { text[i], '\0' };

		expect_none(&line);
		feed(&line, byte);
	}
	expect_line(&line, "{\"jsonrpc\":\"2.0\"}");
	expect_none(&line);
	rpc_line_clear(&line);
}

static void a_line_of_exactly_the_limit_passes_and_one_more_byte_does_not(void **state)
{
	char *text = malloc(RPC_LINE_MAX + 2U);
	size_t length = 0;
	size_t taken = 0;
	char *got = NULL;
	struct rpc_line line;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', RPC_LINE_MAX + 1U);
	text[RPC_LINE_MAX] = '\n';
	rpc_line_init(&line);
	assert_int_equal(rpc_line_feed(&line, text, RPC_LINE_MAX + 1U, &taken), 0);
	assert_int_equal(rpc_line_next(&line, &got, &length), 1);
	assert_int_equal(length, RPC_LINE_MAX);
	text[RPC_LINE_MAX] = 'x';
	assert_int_equal(rpc_line_feed(&line, text, RPC_LINE_MAX + 1U, &taken), 0);
	assert_int_equal(rpc_line_next(&line, &got, &length), -EMSGSIZE);
	rpc_line_clear(&line);
	free(text);
}

static void a_line_of_a_megabyte_is_refused_without_growing(void **state)
{
	static char block[4096];
	struct rpc_line line;
	size_t taken = 0;
	size_t total = 0;
	int r = 0;

	(void)state;
	memset(block, 'y', sizeof(block));
	rpc_line_init(&line);
	while (total < 1048576U && r == 0) {
		r = rpc_line_feed(&line, block, sizeof(block), &taken);
		total += taken;
		assert_true(line.capacity <= RPC_LINE_MAX + 1U);
	}
	assert_int_equal(r, -EMSGSIZE);
	/* And it stays so: where the next line begins is not known. */
	assert_int_equal(rpc_line_feed(&line, "\nok\n", 4, &taken), -EMSGSIZE);
	rpc_line_clear(&line);
}

static void bytes_that_are_no_text_are_handed_out_as_they_are(void **state)
{
	static const unsigned char junk[] = { 0x00, 0xff, 0xfe, '\r', 0x80, '\n', 0x00, '\n' };
	struct rpc_line line;
	size_t length = 0;
	size_t taken = 0;
	char *text = NULL;

	(void)state;
	rpc_line_init(&line);
	assert_int_equal(rpc_line_feed(&line, junk, sizeof(junk), &taken), 0);
	assert_int_equal(rpc_line_next(&line, &text, &length), 1);
	assert_int_equal(length, 5);
	assert_memory_equal(text, junk, 5);
	assert_int_equal(rpc_line_next(&line, &text, &length), 1);
	assert_int_equal(length, 1);
	rpc_line_clear(&line);
}

static void a_full_buffer_of_short_lines_asks_to_be_emptied_first(void **state)
{
	struct rpc_line line;
	size_t taken = 1;
	size_t total = 0;

	(void)state;
	rpc_line_init(&line);
	while (taken > 0) {
		assert_int_equal(rpc_line_feed(&line, "abc\n", 4, &taken), 0);
		total += taken;
	}
	assert_int_equal(total, RPC_LINE_MAX + 1U);
	for (size_t i = 0; i < total / 4U; i++) {
		expect_line(&line, "abc");
	}
	rpc_line_clear(&line);
}

/* --- the client, against a socket of this process --- */

struct peer {
	char path[64];
	int listener;
	int fd;
	struct rpc_client *client;
	uint64_t now_us;
};

static void peer_listen(struct peer *peer)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", peer->path);
	(void)unlink(peer->path);
	peer->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(peer->listener >= 0);
	assert_int_equal(bind(peer->listener, (const struct sockaddr *)&address, sizeof(address)),
			 0);
	assert_int_equal(listen(peer->listener, 4), 0);
}

static void expect_kind(struct peer *peer, enum rpc_message_kind kind, struct rpc_message *ret)
{
	rpc_client_process(peer->client, peer->now_us);
	if (kind == RPC_MESSAGE_NONE) {
		assert_int_equal(rpc_client_next(peer->client, ret), 0);
		return;
	}
	assert_int_equal(rpc_client_next(peer->client, ret), 1);
	assert_int_equal(ret->kind, kind);
}

static void peer_accept(struct peer *peer)
{
	struct rpc_message message;

	expect_kind(peer, RPC_MESSAGE_CONNECTED, &message);
	peer->fd = accept(peer->listener, NULL, NULL);
	assert_true(peer->fd >= 0);
}

static int set_up(void **state)
{
	struct peer *peer = calloc(1, sizeof(*peer));

	assert_non_null(peer);
	(void)snprintf(peer->path, sizeof(peer->path), "/tmp/test_rpc.%d.sock", (int)getpid());
	peer->now_us = 1000000;
	peer->fd = -1;
	peer_listen(peer);
	assert_int_equal(rpc_client_new(peer->path, &peer->client), 0);
	*state = peer;
	return 0;
}

static int tear_down(void **state)
{
	struct peer *peer = *state;

	peer->client = rpc_client_free(peer->client);
	(void)close(peer->fd);
	(void)close(peer->listener);
	(void)unlink(peer->path);
	free(peer);
	return 0;
}

static void peer_send(struct peer *peer, const char *text)
{
	assert_int_equal(write(peer->fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void peer_expect(struct peer *peer, const char *expected)
{
	char text[512];
	const ssize_t n = read(peer->fd, text, sizeof(text) - 1U);

	assert_true(n > 0);
	text[n] = '\0';
	assert_string_equal(text, expected);
}

static void an_answer_is_matched_to_its_request(void **state)
{
	struct peer *peer = *state;
	struct rpc_message message;
	uint64_t first = 0;
	uint64_t second = 0;

	peer_accept(peer);
	assert_int_equal(rpc_client_request(peer->client, "state.get", NULL, &first), 0);
	peer_expect(peer, "{\"jsonrpc\":\"2.0\",\"method\":\"state.get\",\"id\":1}\n");
	assert_int_equal(rpc_client_request(peer->client, "io.get", NULL, &second), 0);
	peer_send(peer, "{\"jsonrpc\":\"2.0\",\"id\":2,\"error\":{\"code\":-32000}}\n"
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":1}}\n");
	expect_kind(peer, RPC_MESSAGE_ERROR, &message);
	assert_int_equal(message.id, second);
	assert_int_equal(message.status, 0);
	rpc_message_clear(&message);
	expect_kind(peer, RPC_MESSAGE_RESULT, &message);
	assert_int_equal(message.id, first);
	assert_int_equal(json_integer_value(json_object_get(message.body, "a")), 1);
	rpc_message_clear(&message);
}

static void an_answer_nobody_asked_for_is_passed_over(void **state)
{
	struct peer *peer = *state;
	struct rpc_message message;

	peer_accept(peer);
	peer_send(peer, "{\"jsonrpc\":\"2.0\",\"id\":77,\"result\":{}}\n"
			"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700}}\n"
			"{\"jsonrpc\":\"2.0\",\"method\":\"state\",\"params\":{\"seq\":3}}\n");
	expect_kind(peer, RPC_MESSAGE_NOTIFICATION, &message);
	assert_string_equal(message.method, "state");
	rpc_message_clear(&message);
}

static void what_is_under_way_fails_when_the_connection_is_lost_and_is_not_sent_again(void **state)
{
	struct peer *peer = *state;
	struct rpc_message message;
	uint64_t id = 0;
	char text[16];

	peer_accept(peer);
	assert_int_equal(rpc_client_request(peer->client, "session.start", NULL, &id), 0);
	(void)close(peer->fd);
	expect_kind(peer, RPC_MESSAGE_ERROR, &message);
	assert_int_equal(message.id, id);
	assert_int_equal(message.status, -ECONNRESET);
	rpc_message_clear(&message);
	expect_kind(peer, RPC_MESSAGE_DISCONNECTED, &message);
	assert_int_equal(rpc_client_request(peer->client, "session.start", NULL, &id), -ENOTCONN);
	peer->now_us = rpc_client_deadline_us(peer->client);
	peer_accept(peer);
	expect_kind(peer, RPC_MESSAGE_NONE, &message);
	assert_int_equal(recv(peer->fd, text, sizeof(text), MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

static void a_missing_socket_is_tried_again_ever_more_slowly_but_for_ever(void **state)
{
	struct peer *peer = *state;
	struct rpc_message message;
	uint64_t longest_us = 0;

	(void)close(peer->listener);
	(void)unlink(peer->path);
	for (int i = 0; i < 20; i++) {
		const uint64_t before_us = peer->now_us;

		expect_kind(peer, RPC_MESSAGE_NONE, &message);
		peer->now_us = rpc_client_deadline_us(peer->client);
		assert_true(peer->now_us > before_us);
		longest_us = peer->now_us - before_us;
	}
	assert_int_equal(longest_us, 2000000);
	peer_listen(peer);
	peer_accept(peer);
}

static void a_peer_that_talks_nonsense_is_left(void **state)
{
	static const char *const nonsense[] = { "no json\n", "[]\n", "{\"id\":1}\n", "\n" };
	struct peer *peer = *state;
	struct rpc_message message;

	for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		peer_accept(peer);
		peer_send(peer, nonsense[i]);
		expect_kind(peer, RPC_MESSAGE_DISCONNECTED, &message);
		assert_int_equal(message.status, -EPROTO);
		assert_int_equal(rpc_client_fd(peer->client), -1);
		(void)close(peer->fd);
		peer->now_us += 10000000;
	}
}

static void requests_under_way_are_bounded(void **state)
{
	struct peer *peer = *state;
	uint64_t id = 0;

	peer_accept(peer);
	for (unsigned int i = 0; i < RPC_CLIENT_PENDING_MAX; i++) {
		assert_int_equal(rpc_client_request(peer->client, "io.get", NULL, &id), 0);
	}
	assert_int_equal(rpc_client_request(peer->client, "io.get", NULL, &id), -EBUSY);
	assert_int_equal(rpc_client_notify(peer->client, "session.stop", NULL), 0);
}

static void a_peer_that_does_not_read_fills_a_bounded_buffer(void **state)
{
	struct peer *peer = *state;
	char *blob = malloc(60001);
	json_t *params;
	int r = 0;
	int count = 0;

	peer_accept(peer);
	assert_non_null(blob);
	memset(blob, 'z', 60000);
	blob[60000] = '\0';
	params = json_pack("{s:s}", "blob", blob);
	assert_non_null(params);
	while (r == 0 && count < 1000) {
		r = rpc_client_notify(peer->client, "x", params);
		count++;
	}
	assert_int_equal(r, -ENOBUFS);
	assert_true((rpc_client_events(peer->client) & POLLOUT) != 0);
	json_decref(params);
	free(blob);
}

static void a_request_longer_than_a_line_is_not_sent(void **state)
{
	struct peer *peer = *state;
	char *blob = malloc(RPC_LINE_MAX + 1U);
	json_t *params;

	peer_accept(peer);
	assert_non_null(blob);
	memset(blob, 'z', RPC_LINE_MAX);
	blob[RPC_LINE_MAX] = '\0';
	params = json_pack("{s:s}", "blob", blob);
	assert_int_equal(rpc_client_notify(peer->client, "x", params), -EMSGSIZE);
	json_decref(params);
	free(blob);
}

#define WITH_PEER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(several_lines_in_one_read_come_one_by_one),
		cmocka_unit_test(a_line_may_arrive_byte_by_byte),
		cmocka_unit_test(a_line_of_exactly_the_limit_passes_and_one_more_byte_does_not),
		cmocka_unit_test(a_line_of_a_megabyte_is_refused_without_growing),
		cmocka_unit_test(bytes_that_are_no_text_are_handed_out_as_they_are),
		cmocka_unit_test(a_full_buffer_of_short_lines_asks_to_be_emptied_first),
		WITH_PEER(an_answer_is_matched_to_its_request),
		WITH_PEER(an_answer_nobody_asked_for_is_passed_over),
		WITH_PEER(
			what_is_under_way_fails_when_the_connection_is_lost_and_is_not_sent_again),
		WITH_PEER(a_missing_socket_is_tried_again_ever_more_slowly_but_for_ever),
		WITH_PEER(a_peer_that_talks_nonsense_is_left),
		WITH_PEER(requests_under_way_are_bounded),
		WITH_PEER(a_peer_that_does_not_read_fills_a_bounded_buffer),
		WITH_PEER(a_request_longer_than_a_line_is_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
