/* SPDX-License-Identifier: MIT */
/* web_limits.h - who may connect, and how often one may ask. Pure: time is an argument. */
#ifndef WEB_LIMITS_H
#define WEB_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEB_LOOPBACK_MAX 16U /* WebSockets; configuration may only lower these */
#define WEB_LAN_MAX	 32U
#define WEB_ADDRESS_MAX	 8U /* of one address of the network */
/* As many again may be on their way: files, pairing, connections that say nothing. They never take
 * the place of a WebSocket. */
#define WEB_PEERS_MAX (2U * (WEB_LOOPBACK_MAX + WEB_LAN_MAX))

/* So many a second, so many at once. All zero is full from the first use on. */
struct web_bucket {
	uint64_t filled_us;
	double tokens;
};

/* Whether @cost more is allowed; takes it if so. */
bool web_bucket_take(struct web_bucket *bucket, uint64_t now_us, double per_s, double burst,
		     double cost);

/* IPv6, or IPv4 mapped into it. */
struct web_address {
	uint8_t bytes[16];
};

/* All zero is a free place. */
struct web_peer {
	bool present;
	bool lan;
	bool websocket;
	struct web_address address;
};

struct web_limits {
	unsigned int loopback_max;
	unsigned int lan_max;
	unsigned int address_max;
};

struct web_peers {
	struct web_peer list[WEB_PEERS_MAX];
};

/* A new connection. Returns its place or -EBUSY. */
int web_peers_enter(struct web_peers *peers, const struct web_limits *limits, bool lan,
		    const struct web_address *address) __attribute__((warn_unused_result));
/* It wants to become a WebSocket. Returns 0 or -EBUSY. */
int web_peers_upgrade(struct web_peers *peers, const struct web_limits *limits, size_t place)
	__attribute__((warn_unused_result));
void web_peers_leave(struct web_peers *peers, size_t place);

#endif /* WEB_LIMITS_H */
