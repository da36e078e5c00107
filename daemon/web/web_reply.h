/* SPDX-License-Identifier: MIT */
/* web_reply.h - the head of an HTTP/1.1 answer, with the headers that every answer of ours has. */
#ifndef WEB_REPLY_H
#define WEB_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#define WEB_REPLY_HEAD_MAX 1536U

struct web_reply {
	unsigned int status;
	const char *type;   /* NULL: no body, and no length either (304) */
	size_t length;	    /* of the body */
	const char *etag;   /* NULL: not to be stored (Cache-Control: no-store) */
	bool gzip;	    /* the body is compressed */
	bool varies;	    /* by Accept-Encoding */
	bool close;	    /* the connection ends with this answer */
	const char *cookie; /* of Set-Cookie, or NULL */
	const char *allow;  /* of Allow, or NULL */
};

/* Returns the length, or -ENOBUFS. */
int web_reply_head(const struct web_reply *reply, char *buffer, size_t size)
	__attribute__((warn_unused_result));

const char *web_reply_reason(unsigned int status);

#endif /* WEB_REPLY_H */
