/* SPDX-License-Identifier: MIT */
#include "../../daemon/web/web_pairing.h"
#include "../../daemon/web/web_phones.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define S_US  UINT64_C(1000000)
#define START (1000U * S_US)

static void the_code_that_is_shown_pairs_once(void **state)
{
	struct web_pairing pairing = { 0 };

	(void)state;
	assert_int_equal(web_pairing_try(&pairing, START, "000000"), WEB_PAIRING_NOT_OPEN);
	assert_int_equal(web_pairing_ask(&pairing, START, 7000042), WEB_PAIRING_SHOWN);
	assert_string_equal(pairing.code, "000042");
	assert_int_equal(web_pairing_remaining_s(&pairing, START), 120);
	/* another one that asks gets no other code, and no more time */
	assert_int_equal(web_pairing_ask(&pairing, START + S_US, 5), WEB_PAIRING_SHOWN);
	assert_string_equal(pairing.code, "000042");
	assert_int_equal(web_pairing_remaining_s(&pairing, START + S_US), 119);
	assert_int_equal(web_pairing_try(&pairing, START + 2 * S_US, "000042"), WEB_PAIRING_PAIRED);
	assert_int_equal(web_pairing_try(&pairing, START + 3 * S_US, "000042"),
			 WEB_PAIRING_NOT_OPEN);
}

static void a_code_ends_after_two_minutes(void **state)
{
	struct web_pairing pairing = { 0 };

	(void)state;
	assert_int_equal(web_pairing_ask(&pairing, START, 1), WEB_PAIRING_SHOWN);
	assert_false(web_pairing_expire(&pairing, START + 120U * S_US - 1));
	assert_int_equal(web_pairing_try(&pairing, START + 120U * S_US, "000001"),
			 WEB_PAIRING_NOT_OPEN);
	assert_true(web_pairing_expire(&pairing, START + 120U * S_US));
	assert_false(web_pairing_expire(&pairing, START + 120U * S_US));
	assert_int_equal(web_pairing_ask(&pairing, START + 130U * S_US, 2), WEB_PAIRING_SHOWN);
	assert_string_equal(pairing.code, "000002");
}

static void five_wrong_codes_lock_for_ten_minutes(void **state)
{
	struct web_pairing pairing = { 0 };
	uint64_t now_us = START;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		/* a new code gives no new tries */
		assert_int_equal(web_pairing_ask(&pairing, now_us, 9), WEB_PAIRING_SHOWN);
		now_us += S_US;
		assert_int_equal(web_pairing_try(&pairing, now_us, "000008"), WEB_PAIRING_WRONG);
		now_us += 130U * S_US;
		(void)web_pairing_expire(&pairing, now_us);
	}
	assert_int_equal(web_pairing_ask(&pairing, now_us, 9), WEB_PAIRING_SHOWN);
	assert_int_equal(web_pairing_try(&pairing, now_us, "900000"), WEB_PAIRING_LOCKED);
	assert_string_equal(pairing.code, "");
	assert_int_equal(web_pairing_try(&pairing, now_us + S_US, "000009"), WEB_PAIRING_LOCKED);
	assert_int_equal(web_pairing_ask(&pairing, now_us + 600U * S_US - 1, 9),
			 WEB_PAIRING_LOCKED);
	assert_int_equal(web_pairing_ask(&pairing, now_us + 600U * S_US, 9), WEB_PAIRING_SHOWN);
	assert_int_equal(web_pairing_try(&pairing, now_us + 601U * S_US, "000008"),
			 WEB_PAIRING_WRONG);
	assert_int_equal(pairing.wrong, 1);
}

static void a_paired_phone_forgives_earlier_typing_errors(void **state)
{
	struct web_pairing pairing = { 0 };

	(void)state;
	assert_int_equal(web_pairing_ask(&pairing, START, 9), WEB_PAIRING_SHOWN);
	assert_int_equal(web_pairing_try(&pairing, START + S_US, "000008"), WEB_PAIRING_WRONG);
	assert_int_equal(web_pairing_try(&pairing, START + 2 * S_US, "000009"), WEB_PAIRING_PAIRED);
	assert_int_equal(pairing.wrong, 0);
}

static void requests_are_limited_and_refused_ones_cost_no_try(void **state)
{
	struct web_pairing pairing = { 0 };
	unsigned int refused = 0;

	(void)state;
	assert_int_equal(web_pairing_ask(&pairing, START, 9), WEB_PAIRING_SHOWN);
	for (unsigned int i = 0; i < 20; i++) {
		refused += web_pairing_ask(&pairing, START, 9) == WEB_PAIRING_REFUSED ? 1U : 0U;
	}
	assert_int_equal(refused, 11);
	assert_int_equal(web_pairing_try(&pairing, START, "000008"), WEB_PAIRING_REFUSED);
	assert_int_equal(pairing.wrong, 0);
}

static int read_body(const char *text, struct web_pairing_request *ret)
{
	return web_pairing_read(text, strlen(text), ret);
}

static void a_request_has_a_name_and_perhaps_a_code(void **state)
{
	static const char *const bad[] = { "",
					   "[]",
					   "{\"code\":1}",
					   "{\"code\":\"1\"}",
					   "{\"code\":\"12345x\"}",
					   "{\"code\":\"1234567\"}",
					   "{\"code\":\"\"}",
					   "{\"name\":\"\"}",
					   "{\"name\":7}",
					   "{\"name\":\"a\\nb\"}",
					   "{\"name\":\"a\\u007f\"}",
					   "{\"other\":1}",
					   "{\"code\":\"123456\",\"code\":\"123456\"}",
					   "{} x" };
	struct web_pairing_request request;

	(void)state;
	assert_int_equal(read_body("{}", &request), 0);
	assert_string_equal(request.name, "phone");
	assert_string_equal(request.code, "");
	assert_int_equal(read_body("{\"name\":\"J\xc3\xbcrg\",\"code\":\"012345\"}", &request), 0);
	assert_string_equal(request.name, "J\xc3\xbcrg");
	assert_string_equal(request.code, "012345");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(read_body(bad[i], &request), -EINVAL);
	}
}

/* ---- the stored phones ---- */

static char directory[] = "/tmp/test-phones-XXXXXX";
static struct web_phones phones; /* too large for the stack */
static uint8_t token_a[WEB_TOKEN_BYTES] = { 1 };
static uint8_t token_b[WEB_TOKEN_BYTES] = { 2 };

static int make_directory(void **state)
{
	(void)state;
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	return mkdtemp(directory) == NULL ? -1 : 0;
}

static int remove_directory(void **state)
{
	char command[64];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command); // NOLINT(cert-env33-c): a path of our own making
}

static void phones_are_known_by_their_token_over_a_restart(void **state)
{
	char text[WEB_TOKEN_LENGTH + 1U];
	const struct web_phone *phone;
	uint32_t a = 0;
	uint32_t b = 0;

	(void)state;
	assert_int_equal(web_phones_load(directory, &phones), 0);
	assert_int_equal(web_phones_add(&phones, "A \"quoted\"", token_a, 100, &a), 0);
	assert_int_equal(web_phones_add(&phones, "B", token_b, 200, &b), 0);
	assert_int_equal(web_phones_load(directory, &phones), 0);
	web_token_text(token_a, text);
	phone = web_phones_find(&phones, text);
	assert_non_null(phone);
	assert_int_equal(phone->id, a);
	assert_string_equal(phone->name, "A \"quoted\"");
	text[0] = 'f';
	assert_null(web_phones_find(&phones, text));
	assert_null(web_phones_find(&phones, ""));
	assert_int_equal(web_phones_revoke(&phones, a), 0);
	assert_int_equal(web_phones_revoke(&phones, a), -ENOENT);
	assert_int_equal(web_phones_load(directory, &phones), 0);
	assert_int_equal(phones.count, 1);
	assert_int_equal(web_phones_add(&phones, "C", token_a, 300, &a), 0);
	assert_int_equal(a, 3); /* an id is never used again */
}

static void the_file_is_for_us_alone_and_holds_no_token(void **state)
{
	char token[WEB_TOKEN_LENGTH + 1U];
	char content[2048] = "";
	struct stat st;
	FILE *file;
	uint32_t id = 0;

	(void)state;
	assert_int_equal(web_phones_load(directory, &phones), 0);
	assert_int_equal(web_phones_add(&phones, "A", token_a, 100, &id), 0);
	assert_int_equal(stat(phones.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	file = fopen(phones.path, "r");
	assert_non_null(file);
	assert_true(fread(content, 1, sizeof(content) - 1, file) > 0);
	assert_int_equal(fclose(file), 0);
	web_token_text(token_a, token);
	assert_null(strstr(content, token));
}

#define ONE_WITH_A_SHORT_HASH                                                              \
	"{\"schema\":\"chair-web.phones/1\",\"last_id\":1,\"phones\":[{\"id\":1,\"name\":" \
	"\"a\",\"sha256\":\"00\",\"paired_at_s\":1,\"last_seen_s\":1}]}"

static void a_file_that_cannot_be_understood_pairs_nobody(void **state)
{
	static const char *const bad[] = {
		"",
		"{",
		"[]",
		"{\"schema\":\"chair-web.phones/2\",\"last_id\":0,\"phones\":[]}",
		"{\"schema\":\"chair-web.phones/1\",\"last_id\":0,\"phones\":[{}]}",
		ONE_WITH_A_SHORT_HASH,
		"{\"schema\":\"chair-web.phones/1\",\"last_id\":-1,\"phones\":[]}",
	};
	char path[64];
	FILE *file;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/phones.json", directory);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		file = fopen(path, "w");
		assert_non_null(file);
		assert_true(fputs(bad[i], file) >= 0);
		assert_int_equal(fclose(file), 0);
		assert_int_equal(web_phones_load(directory, &phones), -EBADMSG);
		assert_int_equal(phones.count, 0);
		assert_int_equal(access(path, F_OK), -1);
	}
}

static void what_cannot_be_stored_is_not_paired(void **state)
{
	uint32_t id = 0;

	(void)state;
	assert_int_equal(web_phones_load("/nowhere/at/all", &phones), 0);
	assert_int_equal(web_phones_add(&phones, "A", token_a, 100, &id), -ENOENT);
	assert_int_equal(phones.count, 0);
	assert_int_equal(web_phones_load(directory, &phones), 0);
	for (unsigned int i = 0; i < WEB_PHONES_MAX; i++) {
		assert_int_equal(web_phones_add(&phones, "A", token_a, 100, &id), 0);
	}
	assert_int_equal(web_phones_add(&phones, "A", token_a, 100, &id), -ENOSPC);
}

static void the_list_tells_times_and_no_hash(void **state)
{
	uint32_t id = 0;
	json_t *list;
	char *text;

	(void)state;
	assert_int_equal(web_phones_load(directory, &phones), 0);
	assert_int_equal(web_phones_add(&phones, "A", token_a, 0, &id), 0);
	web_phones_seen(&phones, id, 60);
	web_phones_seen(&phones, 99, 60);
	list = web_phones_list(&phones);
	text = json_dumps(list, JSON_COMPACT);
	assert_string_equal(text, "{\"phones\":[{\"id\":1,\"name\":\"A\",\"paired_at\":"
				  "\"1970-01-01T00:00:00Z\",\"last_seen\":"
				  "\"1970-01-01T00:01:00Z\"}]}");
	free(text);
	json_decref(list);
}

/* ---- limits ---- */

static struct web_address address_of(uint8_t last)
{
	return (struct web_address){ .bytes = {
					     [10] = 0xff, [11] = 0xff, [12] = 10, [15] = last } };
}

static void visitors_never_take_the_place_of_websockets(void **state)
{
	const struct web_limits limits = { .loopback_max = 2, .lan_max = 3, .address_max = 2 };
	const struct web_address here = address_of(1);
	struct web_peers peers = { 0 };
	int first;

	(void)state;
	first = web_peers_enter(&peers, &limits, false, &here);
	assert_int_equal(first, 0);
	assert_int_equal(web_peers_upgrade(&peers, &limits, (size_t)first), 0);
	assert_int_equal(web_peers_enter(&peers, &limits, false, &here), 1);
	assert_int_equal(web_peers_enter(&peers, &limits, false, &here), 2);
	assert_int_equal(web_peers_enter(&peers, &limits, false, &here), -EBUSY);
	assert_int_equal(web_peers_upgrade(&peers, &limits, 1), 0);
	assert_int_equal(web_peers_upgrade(&peers, &limits, 2), -EBUSY);
	web_peers_leave(&peers, 0);
	assert_int_equal(web_peers_upgrade(&peers, &limits, 2), 0);
	/* the network has places of its own */
	assert_int_equal(web_peers_enter(&peers, &limits, true, &here), 0);
}

static void one_address_does_not_get_all_places(void **state)
{
	const struct web_limits limits = { .loopback_max = 2, .lan_max = 5, .address_max = 2 };
	struct web_address v6 = { .bytes = { 0x20, 1 } };
	struct web_peers peers = { 0 };
	struct web_address address = address_of(1);

	(void)state;
	assert_int_equal(web_peers_enter(&peers, &limits, true, &address), 0);
	assert_int_equal(web_peers_enter(&peers, &limits, true, &address), 1);
	assert_int_equal(web_peers_enter(&peers, &limits, true, &address), -EBUSY);
	address = address_of(2);
	assert_int_equal(web_peers_enter(&peers, &limits, true, &address), 2);
	/* a host has a whole IPv6 network to choose from */
	assert_int_equal(web_peers_enter(&peers, &limits, true, &v6), 3);
	v6.bytes[15] = 1;
	assert_int_equal(web_peers_enter(&peers, &limits, true, &v6), 4);
	v6.bytes[15] = 2;
	assert_int_equal(web_peers_enter(&peers, &limits, true, &v6), -EBUSY);
	web_peers_leave(&peers, 3);
	assert_int_equal(web_peers_enter(&peers, &limits, true, &v6), 3);
}

static void a_bucket_gives_its_burst_and_then_its_rate(void **state)
{
	struct web_bucket bucket = { 0 };
	unsigned int taken = 0;

	(void)state;
	for (unsigned int i = 0; i < 200; i++) {
		taken += web_bucket_take(&bucket, START, 50, 50, 1) ? 1U : 0U;
	}
	assert_int_equal(taken, 50);
	assert_false(web_bucket_take(&bucket, START + 19000, 50, 50, 1));
	assert_true(web_bucket_take(&bucket, START + 21000, 50, 50, 1));
	assert_false(web_bucket_take(&bucket, START + S_US, 50, 50, 51));
	assert_true(web_bucket_take(&bucket, START + 10 * S_US, 50, 50, 50));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_code_that_is_shown_pairs_once),
		cmocka_unit_test(a_code_ends_after_two_minutes),
		cmocka_unit_test(five_wrong_codes_lock_for_ten_minutes),
		cmocka_unit_test(a_paired_phone_forgives_earlier_typing_errors),
		cmocka_unit_test(requests_are_limited_and_refused_ones_cost_no_try),
		cmocka_unit_test(a_request_has_a_name_and_perhaps_a_code),
		cmocka_unit_test_setup_teardown(phones_are_known_by_their_token_over_a_restart,
						make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(the_file_is_for_us_alone_and_holds_no_token,
						make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(a_file_that_cannot_be_understood_pairs_nobody,
						make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(what_cannot_be_stored_is_not_paired, make_directory,
						remove_directory),
		cmocka_unit_test_setup_teardown(the_list_tells_times_and_no_hash, make_directory,
						remove_directory),
		cmocka_unit_test(visitors_never_take_the_place_of_websockets),
		cmocka_unit_test(one_address_does_not_get_all_places),
		cmocka_unit_test(a_bucket_gives_its_burst_and_then_its_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
