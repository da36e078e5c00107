/* SPDX-License-Identifier: MIT */
/* web_check.h - what request headers say. Pure; every text is NUL-terminated. */
#ifndef WEB_CHECK_H
#define WEB_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A Host header of the loopback listener names this machine and port. Whatever else a browser may
 * have resolved to 127.0.0.1 is not us (DNS rebinding). */
bool web_check_loopback_host(const char *host, uint16_t port);

/* A Host header that can be one: letters, digits and ".-:[]". */
bool web_check_host(const char *host);

/* An Origin header: http(s)://<host>, or one of the @allowed ones. */
bool web_check_origin(const char *origin, const char *host, bool tls, const char (*allowed)[128],
		      size_t allowed_count);

/* Whether an Accept-Encoding header takes gzip. */
bool web_check_gzip(const char *accept_encoding);

/* Whether an If-None-Match header names @etag (with its quotes). */
bool web_check_etag(const char *if_none_match, const char *etag);

/* The value of a cookie in a Cookie header. Returns its length, -ENOENT, or -EINVAL when it is
 * there twice or longer than @size - 1. */
int web_check_cookie(const char *cookies, const char *name, char *value, size_t size)
	__attribute__((warn_unused_result));

#endif /* WEB_CHECK_H */
