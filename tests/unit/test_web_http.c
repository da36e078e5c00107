/* SPDX-License-Identifier: MIT */
#include "../../daemon/web/web_check.h"
#include "../../daemon/web/web_config.h"
#include "../../daemon/web/web_reply.h"
#include "../../daemon/web/web_static.h"

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

static void a_path_is_a_name_below_the_panel_or_nothing(void **state)
{
	static const char *const bad[] = {
		"",	     "index.html", "//",     "/a//b", "/..",	  "/../x",
		"/a/../b",   "/a/..",	   "/.",     "/./a",  "/.hidden", "/a/.git/x",
		"/a/",	     "/a\\b",	   "/a%2fb", "/a b",  "/a\nb",	  "/a\x7f",
		"/\xc3\xa4", "/a?b",	   "/a#b",   "/a:b",  "/~root",
	};
	char name[WEB_STATIC_NAME_MAX];
	char lengthy[WEB_STATIC_NAME_MAX + 2];

	(void)state;
	assert_int_equal(web_static_name("/", 1, name, sizeof(name)), 0);
	assert_string_equal(name, "index.html");
	assert_int_equal(web_static_name("/a/b-1_c.js", 11, name, sizeof(name)), 0);
	assert_string_equal(name, "a/b-1_c.js");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(web_static_name(bad[i], strlen(bad[i]), name, sizeof(name)),
				 -ENOENT);
	}
	assert_int_equal(web_static_name("/a\0b", 4, name, sizeof(name)), -ENOENT);
	memset(lengthy, 'a', sizeof(lengthy));
	lengthy[0] = '/';
	assert_int_equal(web_static_name(lengthy, WEB_STATIC_NAME_MAX, name, sizeof(name)), 0);
	assert_int_equal(strlen(name), WEB_STATIC_NAME_MAX - 1);
	assert_int_equal(web_static_name(lengthy, WEB_STATIC_NAME_MAX + 1, name, sizeof(name)),
			 -ENOENT);
}

static void types_follow_the_ending(void **state)
{
	(void)state;
	assert_string_equal(web_static_type("a/index.html"), "text/html; charset=utf-8");
	assert_string_equal(web_static_type("x.min.js"), "text/javascript; charset=utf-8");
	assert_string_equal(web_static_type("x.svg"), "image/svg+xml");
	assert_string_equal(web_static_type("html"), "application/octet-stream");
	assert_string_equal(web_static_type("x.htmlx"), "application/octet-stream");
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void the_panel_is_read_without_leaving_its_directory(void **state)
{
	char directory[] = "/tmp/test-web-XXXXXX";
	struct web_static files;
	const struct web_file *file;
	char etag[48];

	(void)state;
	assert_non_null(mkdtemp(directory));
	assert_int_equal(chdir(directory), 0);
	assert_int_equal(mkdir("sub", 0700), 0);
	write_text("index.html", "page");
	write_text("sub/a.js", "script");
	write_text("sub/a.js.gz", "smaller");
	write_text("lonely.gz", "no other form of it");
	write_text(".hidden", "secret");
	write_text("odd name", "odd");
	assert_int_equal(symlink("/etc/passwd", "link"), 0);
	assert_int_equal(symlink("/etc", "sub/etc"), 0);
	assert_int_equal(symlink("index.html", "inside"), 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(web_static_load(directory, &files), 0);
	assert_int_equal(files.skipped, 6);
	file = web_static_find(&files, "sub/a.js");
	assert_non_null(file);
	assert_memory_equal(file->plain.data, "script", 6);
	assert_memory_equal(file->gzip.data, "smaller", 7);
	assert_string_not_equal(file->plain.etag, file->gzip.etag);
	(void)snprintf(etag, sizeof(etag), "%s", file->plain.etag);
	assert_null(web_static_find(&files, "sub/a.js.gz"));
	assert_non_null(web_static_find(&files, "lonely.gz"));
	assert_null(web_static_find(&files, "link"));
	assert_null(web_static_find(&files, "sub"));
	web_static_clear(&files);

	write_text("sub/a.js", "other");
	assert_int_equal(web_static_load(directory, &files), 0);
	assert_string_not_equal(web_static_find(&files, "sub/a.js")->plain.etag, etag);
	web_static_clear(&files);
	assert_int_equal(web_static_load("/nowhere/at/all", &files), -ENOENT);
	assert_int_equal(chdir("/"), 0);
	(void)snprintf(etag, sizeof(etag), "rm -r %s", directory);
	assert_int_equal(system(etag), 0); // NOLINT(cert-env33-c): a path of our own making
}

static void only_names_of_this_machine_are_hosts_of_the_loopback(void **state)
{
	static const char *const bad[] = { "",
					   "127.0.0.1",
					   "127.0.0.1:8081",
					   "evil:8080",
					   "localhost:80800",
					   "localhost:8080.",
					   "xlocalhost:8080",
					   "[::1]",
					   "::1:8080",
					   "127.0.0.1:8080,evil" };

	(void)state;
	assert_true(web_check_loopback_host("127.0.0.1:8080", 8080));
	assert_true(web_check_loopback_host("LocalHost:8080", 8080));
	assert_true(web_check_loopback_host("[::1]:8080", 8080));
	assert_true(web_check_loopback_host("localhost", 80));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(web_check_loopback_host(bad[i], 8080));
	}
	assert_true(web_check_host("chair.local:8443"));
	assert_false(web_check_host("a b"));
	assert_false(web_check_host("a/b"));
	assert_false(web_check_host(""));
}

static void only_our_own_page_is_an_origin(void **state)
{
	static const char allowed[1][128] = { "http://panel:9" };

	(void)state;
	assert_true(web_check_origin("http://a:1", "a:1", false, allowed, 1));
	assert_true(web_check_origin("https://A:1", "a:1", true, allowed, 1));
	assert_true(web_check_origin("http://panel:9", "a:1", true, allowed, 1));
	assert_false(web_check_origin("http://panel:9", "a:1", true, allowed, 0));
	assert_false(web_check_origin("http://a:1", "a:1", true, allowed, 1));
	assert_false(web_check_origin("http://a:1/", "a:1", false, allowed, 1));
	assert_false(web_check_origin("http://a:12", "a:1", false, allowed, 1));
	assert_false(web_check_origin("http://", "", false, allowed, 1));
	assert_false(web_check_origin("null", "null", false, allowed, 1));
	assert_false(web_check_origin("", "", false, allowed, 1));
}

static void gzip_is_sent_only_to_who_takes_it(void **state)
{
	static const char *const yes[] = { "gzip", "br, gzip", "GZip;q=1.0", "gzip ; q=0.001",
					   "deflate,gzip;q=0.5, br" };
	static const char *const no[] = { "",	      "br",	     "xgzip", "gzipx",
					  "gzip;q=0", "gzip; q=0.0", "*",     "gzip;q=0.000, br" };

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		assert_true(web_check_gzip(yes[i]));
	}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		assert_false(web_check_gzip(no[i]));
	}
}

static void a_known_content_is_recognised(void **state)
{
	(void)state;
	assert_true(web_check_etag("\"a\"", "\"a\""));
	assert_true(web_check_etag("\"b\", W/\"a\"", "\"a\""));
	assert_true(web_check_etag("*", "\"a\""));
	assert_false(web_check_etag("\"ab\"", "\"a\""));
	assert_false(web_check_etag("a", "\"a\""));
	assert_false(web_check_etag("", "\"a\""));
	assert_false(web_check_etag(",,, ,", "\"a\""));
}

static void a_cookie_counts_once(void **state)
{
	char value[8] = "";

	(void)state;
	assert_int_equal(web_check_cookie("a=1; chair=xyz; b=2", "chair", value, 8), 3);
	assert_string_equal(value, "xyz");
	assert_int_equal(web_check_cookie("chair=", "chair", value, 8), 0);
	assert_int_equal(web_check_cookie("xchair=1;chairx=2; chair", "chair", value, 8), -ENOENT);
	assert_int_equal(web_check_cookie("chair=1;chair=2", "chair", value, 8), -EINVAL);
	assert_int_equal(web_check_cookie("chair=12345678", "chair", value, 8), -EINVAL);
	assert_int_equal(web_check_cookie("", "chair", value, 8), -ENOENT);
}

static void every_answer_carries_the_policy(void **state)
{
	char text[WEB_REPLY_HEAD_MAX];
	const struct web_reply plain = { .status = 404, .type = "text/plain", .close = true };
	const struct web_reply known = { .status = 304, .etag = "\"e\"", .varies = true };
	char cookie[600];
	const struct web_reply large = { .status = 200, .type = "a/b", .cookie = cookie };
	int n = web_reply_head(&plain, text, sizeof(text));

	(void)state;
	assert_int_equal(n, strlen(text));
	assert_non_null(strstr(text, "HTTP/1.1 404 Not Found\r\n"));
	assert_non_null(strstr(text, "default-src 'none'; script-src 'self';"));
	assert_non_null(strstr(text, "Cache-Control: no-store\r\n"));
	assert_non_null(strstr(text, "Connection: close\r\n\r\n"));
	assert_true(web_reply_head(&known, text, sizeof(text)) > 0);
	assert_null(strstr(text, "Content-Length"));
	assert_non_null(strstr(text, "ETag: \"e\"\r\n"));
	assert_non_null(strstr(text, "Vary: Accept-Encoding\r\n"));
	memset(cookie, 'c', sizeof(cookie));
	cookie[sizeof(cookie) - 1] = '\0';
	assert_true(web_reply_head(&large, text, sizeof(text)) > 0);
	assert_int_equal(web_reply_head(&large, text, 800), -ENOBUFS);
}

static int load(const char *text, struct schema_problems *problems, struct web_config *ret)
{
	return web_config_load_memory("test", text, strlen(text), problems, ret);
}

static void a_short_configuration_listens_to_this_machine_alone(void **state)
{
	struct schema_problems problems = { 0 };
	struct web_config config;

	(void)state;
	assert_int_equal(load("port: 8081\n", &problems, &config), 0);
	assert_string_equal(config.listen, "127.0.0.1");
	assert_int_equal(config.port, 8081);
	assert_false(config.lan);
	assert_int_equal(config.limits.loopback_max, 16);
	assert_int_equal(config.limits.lan_max, 32);
	assert_int_equal(config.limits.address_max, 8);
	assert_int_equal(config.requests_per_s, 50);
	schema_problems_free(&problems);
}

static void the_network_is_never_taken_for_the_panel(void **state)
{
	static const char *const bad[] = { "0.0.0.0",	"'::'", "192.168.1.2",
					   "localhost", "''",	"'::ffff:10.0.0.1'",
					   "126.0.0.1", "'::2'" };
	static const char *const good[] = { "127.0.0.1", "127.1.2.3", "'::1'" };
	struct schema_problems problems = { 0 };
	struct web_config config;
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text), "listen: %s\n", bad[i]);
		assert_int_equal(load(text, &problems, &config), -EINVAL);
	}
	schema_problems_free(&problems);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		(void)snprintf(text, sizeof(text), "listen: %s\n", good[i]);
		assert_int_equal(load(text, &problems, &config), 0);
	}
	schema_problems_free(&problems);
}

static void every_mistake_is_reported_at_once(void **state)
{
	struct schema_problems problems = { 0 };
	struct web_config config;

	(void)state;
	assert_int_equal(load("listen: 10.0.0.1\nport: 0\nunknown: 1\n"
			      "origins: [http://a, 'ftp://b', 'http://c/d', 'https://']\n"
			      "lan: {listen: anywhere, port: 70000, hosts: 1}\n"
			      "limits: {lan_connections: 33, requests_per_s: 51}\n",
			      &problems, &config),
			 -EINVAL);
	/* listen, port, unknown, three origins, lan: listen, port, hosts, certificate, key; limits
	 */
	assert_int_equal(problems.count, 13);
	schema_problems_free(&problems);
}

static void both_listeners_have_ports_of_their_own(void **state)
{
	struct schema_problems problems = { 0 };
	struct web_config config;

	(void)state;
	assert_int_equal(load("lan: {port: 8080, certificate: a, key: b}\n", &problems, &config),
			 -EINVAL);
	assert_int_equal(problems.count, 1);
	schema_problems_free(&problems);
	assert_int_equal(load("lan: {certificate: a, key: b}\norigins: ['https://a:1']\n",
			      &problems, &config),
			 0);
	assert_true(config.lan);
	assert_int_equal(config.lan_port, 8443);
	assert_int_equal(config.origin_count, 1);
	schema_problems_free(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_a_name_below_the_panel_or_nothing),
		cmocka_unit_test(types_follow_the_ending),
		cmocka_unit_test(the_panel_is_read_without_leaving_its_directory),
		cmocka_unit_test(only_names_of_this_machine_are_hosts_of_the_loopback),
		cmocka_unit_test(only_our_own_page_is_an_origin),
		cmocka_unit_test(gzip_is_sent_only_to_who_takes_it),
		cmocka_unit_test(a_known_content_is_recognised),
		cmocka_unit_test(a_cookie_counts_once),
		cmocka_unit_test(every_answer_carries_the_policy),
		cmocka_unit_test(a_short_configuration_listens_to_this_machine_alone),
		cmocka_unit_test(the_network_is_never_taken_for_the_panel),
		cmocka_unit_test(every_mistake_is_reported_at_once),
		cmocka_unit_test(both_listeners_have_ports_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
