/* SPDX-License-Identifier: MIT */
#include "web_phones.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SCHEMA "chair-web.phones/1"

static void to_hex(const uint8_t *bytes, size_t count, char *text)
{
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	}
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *place = c == '\0' ? NULL : strchr(digits, c);

	return place == NULL ? -1 : (int)(place - digits);
}

static bool from_hex(const char *text, uint8_t *bytes, size_t count)
{
	if (strlen(text) != 2 * count) {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		const int high = hex_digit(text[2 * i]);
		const int low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0) {
			return false;
		}
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

void web_token_text(const uint8_t *token, char text[static WEB_TOKEN_LENGTH + 1U])
{
	to_hex(token, WEB_TOKEN_BYTES, text);
}

static bool read_phone(json_t *item, struct web_phone *phone)
{
	const char *name = NULL;
	const char *hash = NULL;
	json_int_t id = 0;
	json_int_t paired_at_s = 0;
	json_int_t last_seen_s = 0;

	if (json_unpack(item, "{s:I, s:s, s:s, s:I, s:I !}", "id", &id, "name", &name, "sha256",
			&hash, "paired_at_s", &paired_at_s, "last_seen_s", &last_seen_s) < 0) {
		return false;
	}
	if (id < 1 || id > UINT32_MAX || strlen(name) >= sizeof(phone->name) ||
	    !from_hex(hash, phone->hash, sizeof(phone->hash))) {
		return false;
	}
	phone->id = (uint32_t)id;
	(void)snprintf(phone->name, sizeof(phone->name), "%s", name);
	phone->paired_at_s = paired_at_s;
	phone->last_seen_s = last_seen_s;
	return true;
}

static bool read_phones(json_t *root, struct web_phones *phones)
{
	const char *schema = NULL;
	json_int_t last_id = 0;
	json_t *list = NULL;

	if (json_unpack(root, "{s:s, s:I, s:o !}", "schema", &schema, "last_id", &last_id, "phones",
			&list) < 0 ||
	    strcmp(schema, SCHEMA) != 0 || !json_is_array(list) ||
	    json_array_size(list) > WEB_PHONES_MAX || last_id < 0 || last_id > UINT32_MAX) {
		return false;
	}
	phones->last_id = (uint32_t)last_id;
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (!read_phone(json_array_get(list, i), &phones->list[i]) ||
		    phones->list[i].id > phones->last_id) {
			return false;
		}
		phones->count++;
	}
	return true;
}

static int set_aside(const struct web_phones *phones)
{
	char aside[sizeof(phones->path) + 16];

	(void)snprintf(aside, sizeof(aside), "%s.corrupt", phones->path);
	return rename(phones->path, aside) < 0 ? -errno : -EBADMSG;
}

int web_phones_load(const char *directory, struct web_phones *ret)
{
	json_t *root;
	bool good;
	FILE *file;
	int n;

	*ret = (struct web_phones){ 0 };
	n = snprintf(ret->path, sizeof(ret->path), "%s/phones.json", directory);
	if (n < 0 || (size_t)n >= sizeof(ret->path)) {
		return -ENAMETOOLONG;
	}
	file = fopen(ret->path, "re");
	if (file == NULL) {
		return errno == ENOENT ? 0 : -errno;
	}
	root = json_loadf(file, JSON_REJECT_DUPLICATES, NULL);
	(void)fclose(file); /* only read from */
	good = read_phones(root, ret);
	json_decref(root);
	if (good) {
		return 0;
	}
	ret->count = 0;
	ret->last_id = 0;
	return set_aside(ret);
}

static json_t *as_json(const struct web_phones *phones)
{
	json_t *list = json_array();
	char hash[65];

	for (size_t i = 0; i < phones->count; i++) {
		const struct web_phone *phone = &phones->list[i];

		to_hex(phone->hash, sizeof(phone->hash), hash);
		if (json_array_append_new(
			    list, json_pack("{s:I, s:s, s:s, s:I, s:I}", "id",
					    (json_int_t)phone->id, "name", phone->name, "sha256",
					    hash, "paired_at_s", (json_int_t)phone->paired_at_s,
					    "last_seen_s", (json_int_t)phone->last_seen_s)) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return json_pack("{s:s, s:I, s:o}", "schema", SCHEMA, "last_id",
			 (json_int_t)phones->last_id, "phones", list);
}

static int write_all(int fd, const char *text, size_t length)
{
	ssize_t n;

	while (length > 0) {
		n = write(fd, text, length);
		if (n < 0) {
			if (errno == EINTR) {
				continue;
			}
			return -errno;
		}
		text += n;
		length -= (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

static int sync_directory(const char *path)
{
	char directory[256];
	char *slash;
	int r;
	int fd;

	(void)snprintf(directory, sizeof(directory), "%s", path);
	slash = strrchr(directory, '/');
	assert(slash != NULL);
	slash[1] = '\0';
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		return -errno;
	}
	r = fsync(fd) < 0 ? -errno : 0;
	(void)close(fd); /* it has been synchronised */
	return r;
}

static int write_file(const struct web_phones *phones, const char *text)
{
	char beside[sizeof(phones->path) + 8];
	int fd;
	int r;

	(void)snprintf(beside, sizeof(beside), "%s.new", phones->path);
	(void)unlink(beside); /* what an interrupted write has left */
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		return -errno;
	}
	r = write_all(fd, text, strlen(text));
	if (close(fd) < 0 && r == 0) {
		r = -errno;
	}
	if (r == 0 && rename(beside, phones->path) < 0) {
		r = -errno;
	}
	if (r < 0) {
		(void)unlink(beside); /* the old file stays */
		return r;
	}
	return sync_directory(phones->path);
}

int web_phones_save(struct web_phones *phones)
{
	json_t *root = as_json(phones);
	char *text = root == NULL ? NULL : json_dumps(root, JSON_INDENT(1));
	int r = -ENOMEM;

	if (text != NULL) {
		r = write_file(phones, text);
	}
	if (r == 0) {
		phones->unsaved = false;
	}
	free(text);
	json_decref(root);
	return r;
}

int web_phones_add(struct web_phones *phones, const char *name, const uint8_t *token, int64_t now_s,
		   uint32_t *ret_id)
{
	struct web_phone *phone = &phones->list[phones->count];
	char text[WEB_TOKEN_LENGTH + 1U];
	int r;

	if (phones->count == WEB_PHONES_MAX || phones->last_id == UINT32_MAX) {
		return -ENOSPC;
	}
	*phone = (struct web_phone){
		.id = phones->last_id + 1U,
		.paired_at_s = now_s,
		.last_seen_s = now_s,
	};
	(void)snprintf(phone->name, sizeof(phone->name), "%s", name);
	web_token_text(token, text);
	(void)SHA256((const unsigned char *)text, WEB_TOKEN_LENGTH, phone->hash);
	OPENSSL_cleanse(text, sizeof(text));
	phones->count++;
	phones->last_id++;
	r = web_phones_save(phones);
	if (r < 0) {
		phones->count--;
		return r;
	}
	*ret_id = phone->id;
	return 0;
}

const struct web_phone *web_phones_find(const struct web_phones *phones, const char *token)
{
	const struct web_phone *found = NULL;
	uint8_t hash[32];

	(void)SHA256((const unsigned char *)token, strlen(token), hash);
	/* All of them, so that the time tells nothing. */
	for (size_t i = 0; i < phones->count; i++) {
		if (CRYPTO_memcmp(hash, phones->list[i].hash, sizeof(hash)) == 0) {
			found = &phones->list[i];
		}
	}
	return found;
}

static struct web_phone *by_id(struct web_phones *phones, uint32_t id)
{
	for (size_t i = 0; i < phones->count; i++) {
		if (phones->list[i].id == id) {
			return &phones->list[i];
		}
	}
	return NULL;
}

void web_phones_seen(struct web_phones *phones, uint32_t id, int64_t now_s)
{
	struct web_phone *phone = by_id(phones, id);

	if (phone != NULL) {
		phone->last_seen_s = now_s;
		phones->unsaved = true;
	}
}

int web_phones_revoke(struct web_phones *phones, uint32_t id)
{
	struct web_phone *phone = by_id(phones, id);
	size_t place;

	if (phone == NULL) {
		return -ENOENT;
	}
	place = (size_t)(phone - phones->list);
	phones->count--;
	memmove(phone, phone + 1, (phones->count - place) * sizeof(*phone));
	phones->unsaved = true; /* until it is */
	return web_phones_save(phones);
}

static json_t *time_text(int64_t at_s)
{
	const time_t at = at_s;
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&at, &tm) == NULL || strftime(text, sizeof(text), "%FT%TZ", &tm) == 0) {
		return json_null(); /* a clock beyond the year that fits */
	}
	return json_string(text);
}

json_t *web_phones_list(const struct web_phones *phones)
{
	json_t *list = json_array();

	for (size_t i = 0; i < phones->count; i++) {
		const struct web_phone *phone = &phones->list[i];
		json_t *item =
			json_pack("{s:I, s:s, s:o, s:o}", "id", (json_int_t)phone->id, "name",
				  phone->name, "paired_at", time_text(phone->paired_at_s),
				  "last_seen", time_text(phone->last_seen_s));

		if (json_array_append_new(list, item) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return json_pack("{s:o}", "phones", list);
}
