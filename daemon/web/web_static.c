/* SPDX-License-Identifier: MIT */
#include "web_static.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 8U

/* A part of a path between slashes: neither empty nor hidden (nor, so, "." or ".."). */
static bool is_plain_part(const char *part, size_t length)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._-";

	if (length == 0 || part[0] == '.') {
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		if (part[i] == '\0' || strchr(plain, part[i]) == NULL) {
			return false;
		}
	}
	return true;
}

int web_static_name(const char *path, size_t length, char *name, size_t size)
{
	size_t start = 1;

	if (length == 0 || path[0] != '/' || length > size) {
		return -ENOENT;
	}
	if (length == 1) {
		(void)snprintf(name, size, "index.html");
		return 0;
	}
	for (size_t i = 1; i <= length; i++) {
		if (i == length || path[i] == '/') {
			if (!is_plain_part(path + start, i - start)) {
				return -ENOENT;
			}
			start = i + 1;
		}
	}
	memcpy(name, path + 1, length - 1);
	name[length - 1] = '\0';
	return 0;
}

const char *web_static_type(const char *name)
{
	static const struct {
		const char *ending;
		const char *type;
	} types[] = {
		{ ".html", "text/html; charset=utf-8" },
		{ ".js", "text/javascript; charset=utf-8" },
		{ ".mjs", "text/javascript; charset=utf-8" },
		{ ".css", "text/css; charset=utf-8" },
		{ ".json", "application/json" },
		{ ".webmanifest", "application/manifest+json" },
		{ ".svg", "image/svg+xml" },
		{ ".png", "image/png" },
		{ ".jpg", "image/jpeg" },
		{ ".webp", "image/webp" },
		{ ".ico", "image/x-icon" },
		{ ".woff2", "font/woff2" },
		{ ".woff", "font/woff" },
		{ ".wasm", "application/wasm" },
		{ ".txt", "text/plain; charset=utf-8" },
		{ ".map", "application/json" },
	};
	const char *ending = strrchr(name, '.');

	for (size_t i = 0; ending != NULL && i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(ending, types[i].ending) == 0) {
			return types[i].type;
		}
	}
	return "application/octet-stream";
}

static void name_content(struct web_body *body)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];

	(void)SHA256(body->data, body->size, hash); /* returns the hash */
	body->etag[0] = '"';
	for (size_t i = 0; i < 16; i++) {
		(void)snprintf(body->etag + 1 + 2 * i, 3, "%02x", hash[i]);
	}
	body->etag[33] = '"';
	body->etag[34] = '\0';
}

static int read_all(int fd, unsigned char *data, size_t size)
{
	size_t got = 0;
	ssize_t n;

	while (got < size) {
		n = read(fd, data + got, size - got);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return n < 0 ? -errno : -EIO; /* it shrinks while we read it */
		}
		got += (size_t)n;
	}
	return 0;
}

/* A new entry at the end of the table, or NULL. */
static struct web_file *new_entry(struct web_static *files)
{
	struct web_file *grown;

	if (files->count % 32 == 0) {
		grown = reallocarray(files->files, files->count + 32, sizeof(*grown));
		if (grown == NULL) {
			return NULL;
		}
		files->files = grown;
	}
	grown = &files->files[files->count];
	memset(grown, 0, sizeof(*grown));
	files->count++;
	return grown;
}

/* Takes @fd over. Returns 0 (read or left out) or -errno. */
static int add_file(struct web_static *files, int fd, const char *name)
{
	struct web_file *file;
	struct stat st;
	int r = -ENOMEM;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > WEB_STATIC_FILE_MAX ||
	    files->bytes + (size_t)st.st_size > WEB_STATIC_TOTAL_MAX ||
	    files->count >= WEB_STATIC_COUNT_MAX) {
		files->skipped++;
		r = 0;
		goto out;
	}
	file = new_entry(files);
	if (file == NULL) {
		goto out;
	}
	(void)snprintf(file->name, sizeof(file->name), "%s", name);
	file->plain.size = (size_t)st.st_size;
	file->plain.data = malloc(file->plain.size + 1); /* an empty file is one too */
	if (file->plain.data == NULL) {
		goto out;
	}
	r = read_all(fd, file->plain.data, file->plain.size);
	if (r == 0) {
		files->bytes += file->plain.size;
		name_content(&file->plain);
	}
out:
	(void)close(fd); /* only read from */
	return r;
}

static int add_directory(struct web_static *files, int fd, const char *prefix, unsigned int depth);

// NOLINTNEXTLINE(misc-no-recursion): as below
static int add_entry(struct web_static *files, int directory_fd, const char *prefix,
		     const char *entry, unsigned int depth)
{
	char name[WEB_STATIC_NAME_MAX];
	const int n = snprintf(name, sizeof(name), "%s%s", prefix, entry);
	struct stat st;
	int fd;

	if (n < 0 || (size_t)n >= sizeof(name) - 1 || !is_plain_part(entry, strlen(entry))) {
		files->skipped++;
		return 0;
	}
	/* Not to be led out of the directory, nor to wait for a FIFO's other end. */
	fd = openat(directory_fd, entry, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0) {
		files->skipped++;
		if (fd >= 0) {
			(void)close(fd); /* only looked at */
		}
		return 0;
	}
	if (!S_ISDIR(st.st_mode)) {
		return add_file(files, fd, name);
	}
	name[n] = '/';
	name[n + 1] = '\0';
	return add_directory(files, fd, name, depth + 1);
}

/* Takes @fd over. The recursion is bounded by DEPTH_MAX. */
// NOLINTNEXTLINE(misc-no-recursion): directories are nested; DEPTH_MAX bounds it
static int add_directory(struct web_static *files, int fd, const char *prefix, unsigned int depth)
{
	struct dirent *entry;
	DIR *directory;
	int r = 0;

	if (depth > DEPTH_MAX) {
		files->skipped++;
		(void)close(fd); /* only looked at */
		return 0;
	}
	directory = fdopendir(fd);
	if (directory == NULL) {
		r = -errno;
		(void)close(fd); /* only looked at */
		return r;
	}
	while (r == 0 && (entry = readdir(directory)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			r = add_entry(files, dirfd(directory), prefix, entry->d_name, depth);
		}
	}
	(void)closedir(directory); /* only read from */
	return r;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct web_file *)a)->name, ((const struct web_file *)b)->name);
}

static struct web_file *find(const struct web_static *files, const char *name)
{
	size_t low = 0;
	size_t high = files->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const int order = strcmp(name, files->files[middle].name);

		if (order == 0) {
			return &files->files[middle];
		}
		if (order < 0) {
			high = middle;
		} else {
			low = middle + 1;
		}
	}
	return NULL;
}

/* "x.gz" beside "x" is another form of it, and no file of its own. */
static void pair_compressed(struct web_static *files)
{
	char name[WEB_STATIC_NAME_MAX];
	struct web_file *file;
	size_t length;

	for (size_t i = 0; i < files->count; i++) {
		(void)snprintf(name, sizeof(name), "%s", files->files[i].name);
		length = strlen(name);
		if (length <= 3 || strcmp(name + length - 3, ".gz") != 0) {
			continue;
		}
		name[length - 3] = '\0';
		file = find(files, name);
		if (file != NULL) {
			file->gzip = files->files[i].plain;
			files->files[i].plain = (struct web_body){ 0 }; /* never found any more */
		}
	}
}

int web_static_load(const char *directory, struct web_static *ret)
{
	struct web_static files = { 0 };
	int fd;
	int r;

	assert(directory != NULL);
	assert(ret != NULL);

	fd = open(directory, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	if (fd < 0) {
		return -errno;
	}
	r = add_directory(&files, fd, "", 0);
	if (r < 0) {
		web_static_clear(&files);
		return r;
	}
	if (files.count > 0) {
		qsort(files.files, files.count, sizeof(files.files[0]), by_name);
		pair_compressed(&files);
	}
	*ret = files;
	return 0;
}

void web_static_clear(struct web_static *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->files[i].plain.data);
		free(files->files[i].gzip.data);
	}
	free(files->files);
	*files = (struct web_static){ 0 };
}

const struct web_file *web_static_find(const struct web_static *files, const char *name)
{
	const struct web_file *file = find(files, name);

	return file == NULL || file->plain.data == NULL ? NULL : file;
}
