/* SPDX-License-Identifier: MIT */
/* web_config.h - chair-web's configuration file (config/chair-web.yaml), read and checked. */
#ifndef WEB_CONFIG_H
#define WEB_CONFIG_H

#include "../../hw/schema.h"
#include "web_limits.h"

#include <stdbool.h>
#include <stdint.h>

#define WEB_ORIGINS_MAX 8U

struct web_config {
	char listen[64]; /* a loopback address, as a number */
	uint16_t port;
	char panel[256];
	char sockets[90]; /* directory of chaird's sockets */
	char state[200];  /* directory of the paired phones */
	char origins[WEB_ORIGINS_MAX][128];
	size_t origin_count;
	bool lan; /* zero: nobody but this machine */
	char lan_listen[64];
	uint16_t lan_port;
	char certificate[256];
	char key[256];
	struct web_limits limits;
	unsigned int requests_per_s; /* of one connection, and as many at once */
};

/* Read @path. Every problem found is in @problems; *ret is complete only when there is none.
 * Returns 0 or -errno (-EINVAL: problems). */
int web_config_load(const char *path, struct schema_problems *problems, struct web_config *ret)
	__attribute__((warn_unused_result));

/* The same from memory, without looking at the files that it names. */
int web_config_load_memory(const char *name, const char *text, size_t size,
			   struct schema_problems *problems, struct web_config *ret)
	__attribute__((warn_unused_result));

/* A numeric IPv4 or IPv6 address, IPv4 mapped. Returns whether @text is one. */
bool web_config_address(const char *text, struct web_address *ret);

#endif /* WEB_CONFIG_H */
