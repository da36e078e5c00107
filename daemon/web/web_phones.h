/* SPDX-License-Identifier: MIT */
/*
 * web_phones.h - the paired phones. A token is told once, to the phone; what is stored is its
 * SHA-256, in <state>/phones.json (0600), written beside it, synchronised and renamed.
 */
#ifndef WEB_PHONES_H
#define WEB_PHONES_H

#include "web_pairing.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define WEB_PHONES_MAX	 32U
#define WEB_TOKEN_BYTES	 32U
#define WEB_TOKEN_LENGTH 64U /* as hex digits */

struct web_phone {
	uint32_t id; /* never 0, never used again */
	char name[WEB_PAIRING_NAME_MAX + 1U];
	uint8_t hash[32];
	int64_t paired_at_s; /* wall clock */
	int64_t last_seen_s;
};

struct web_phones {
	char path[256];
	struct web_phone list[WEB_PHONES_MAX];
	size_t count;
	uint32_t last_id;
	bool unsaved; /* last_seen_s is newer than the file */
};

/* Read what is stored in @directory. No file: no phones. A file that cannot be understood is set
 * aside as phones.json.corrupt and -EBADMSG returned; the phones must be paired anew, and all else
 * works. Other -errno: cannot be read. */
int web_phones_load(const char *directory, struct web_phones *ret)
	__attribute__((warn_unused_result));

/* A new phone; @token is what it proves itself with from now on. Stored when this returns 0;
 * otherwise nothing has changed: -ENOSPC (revoke one first) or -errno of the write. */
int web_phones_add(struct web_phones *phones, const char *name, const uint8_t *token, int64_t now_s,
		   uint32_t *ret_id) __attribute__((warn_unused_result));
/* The phone with this token (hex digits, not in need of being any), or NULL. */
const struct web_phone *web_phones_find(const struct web_phones *phones, const char *token);
void web_phones_seen(struct web_phones *phones, uint32_t id, int64_t now_s);
/* Returns 0, -ENOENT, or -errno of the write; the phone is forgotten in any case. */
int web_phones_revoke(struct web_phones *phones, uint32_t id) __attribute__((warn_unused_result));
/* Write what has changed. Returns 0 or -errno. */
int web_phones_save(struct web_phones *phones) __attribute__((warn_unused_result));

/* {"phones": [{"id", "name", "paired_at", "last_seen"}]}, or NULL without memory. */
json_t *web_phones_list(const struct web_phones *phones);

void web_token_text(const uint8_t *token, char text[static WEB_TOKEN_LENGTH + 1U]);

#endif /* WEB_PHONES_H */
