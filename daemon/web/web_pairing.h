/* SPDX-License-Identifier: MIT */
/*
 * web_pairing.h - how a phone becomes a paired one: it asks, the chair's own screen shows six
 * digits, the phone sends them back. One pairing at a time, five tries for it, and after five wrong
 * ones nobody may try for ten minutes: a guess has one chance in 200,000 for each lock. Pure.
 */
#ifndef WEB_PAIRING_H
#define WEB_PAIRING_H

#include "web_limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEB_PAIRING_EXPIRES_S 120U
#define WEB_PAIRING_TRIES     5U
#define WEB_PAIRING_LOCKED_S  600U
#define WEB_PAIRING_BODY_MAX  1024U
#define WEB_PAIRING_NAME_MAX  64U /* bytes */

/* All zero: nobody has asked. */
struct web_pairing {
	char code[8]; /* "": none is shown */
	uint64_t expires_us;
	unsigned int wrong;
	uint64_t locked_until_us;
	struct web_bucket requests;
};

enum web_pairing_outcome {
	WEB_PAIRING_REFUSED,  /* zero: too many requests */
	WEB_PAIRING_LOCKED,   /* too many wrong codes */
	WEB_PAIRING_NOT_OPEN, /* nobody has asked, or too long ago */
	WEB_PAIRING_WRONG,
	WEB_PAIRING_SHOWN, /* asked: the code is to be shown, or is being shown already */
	WEB_PAIRING_PAIRED,
};

/* What a phone sends. */
struct web_pairing_request {
	char name[WEB_PAIRING_NAME_MAX + 1U]; /* of the phone, as its owner calls it */
	char code[8];			      /* "": it asks for one */
};

/* The body of a POST. Returns 0 or -EINVAL. */
int web_pairing_read(const char *text, size_t length, struct web_pairing_request *ret)
	__attribute__((warn_unused_result));

/* A phone asks. @random: any 64 bits nobody can guess. */
enum web_pairing_outcome web_pairing_ask(struct web_pairing *pairing, uint64_t now_us,
					 uint64_t random);
/* A phone sends a code. */
enum web_pairing_outcome web_pairing_try(struct web_pairing *pairing, uint64_t now_us,
					 const char *code);
/* Ends what has lasted too long. Returns whether a code has gone from the screen. */
bool web_pairing_expire(struct web_pairing *pairing, uint64_t now_us);
/* Seconds for which the code is still good (rounded up), or until the lock ends. */
unsigned int web_pairing_remaining_s(const struct web_pairing *pairing, uint64_t now_us);

#endif /* WEB_PAIRING_H */
