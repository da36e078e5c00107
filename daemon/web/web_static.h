/* SPDX-License-Identifier: MIT */
/*
 * web_static.h - the panel's files. All of them are read once, at the start: a request is a look-up
 * of a name in a table and never reaches the file system.
 */
#ifndef WEB_STATIC_H
#define WEB_STATIC_H

#include <stdbool.h>
#include <stddef.h>

#define WEB_STATIC_NAME_MAX  256U
#define WEB_STATIC_FILE_MAX  (4U * 1024U * 1024U)
#define WEB_STATIC_TOTAL_MAX (16U * 1024U * 1024U)
#define WEB_STATIC_COUNT_MAX 1024U

struct web_body {
	unsigned char *data; /* owned; NULL: there is none */
	size_t size;
	char etag[48]; /* with its quotes; strong, from the content */
};

struct web_file {
	char name[WEB_STATIC_NAME_MAX]; /* as "assets/panel.js" */
	struct web_body plain;
	struct web_body gzip; /* what lay beside it as name.gz */
};

struct web_static {
	struct web_file *files; /* owned, sorted by name */
	size_t count;
	size_t bytes;
	size_t skipped; /* links, hidden files, odd names, too large or too many */
};

/* The name of the file for the decoded path of a URL: "/" is index.html, "/a/b.js" is "a/b.js".
 * Returns 0, or -ENOENT for anything that is not a plain path. */
int web_static_name(const char *path, size_t length, char *name, size_t size)
	__attribute__((warn_unused_result));

/* By the ending of the name. */
const char *web_static_type(const char *name);

/* Read all regular files below @directory; symbolic links are not followed. Returns 0 or -errno. */
int web_static_load(const char *directory, struct web_static *ret)
	__attribute__((warn_unused_result));
void web_static_clear(struct web_static *files);

/* Returns NULL when there is none. */
const struct web_file *web_static_find(const struct web_static *files, const char *name);

#endif /* WEB_STATIC_H */
