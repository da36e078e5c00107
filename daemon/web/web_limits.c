/* SPDX-License-Identifier: MIT */
#include "web_limits.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

bool web_bucket_take(struct web_bucket *bucket, uint64_t now_us, double per_s, double burst,
		     double cost)
{
	bucket->tokens += (double)(now_us - bucket->filled_us) * 1e-6 * per_s;
	if (bucket->filled_us == 0 || bucket->tokens > burst) {
		bucket->tokens = burst;
	}
	bucket->filled_us = now_us;
	if (bucket->tokens < cost) {
		return false;
	}
	bucket->tokens -= cost;
	return true;
}

/* One host may choose among all addresses of an IPv6 network, so the network counts. */
static bool same_host(const struct web_address *a, const struct web_address *b)
{
	const bool v4 = memcmp(a->bytes, mapped, sizeof(mapped)) == 0;

	return memcmp(a->bytes, b->bytes, v4 ? 16 : 8) == 0;
}

struct count {
	unsigned int listener; /* of this listener and kind */
	unsigned int address;  /* of these, from this address */
};

static struct count count_peers(const struct web_peers *peers, const struct web_peer *like)
{
	struct count count = { 0 };

	for (size_t i = 0; i < WEB_PEERS_MAX; i++) {
		const struct web_peer *peer = &peers->list[i];

		if (peer->present && peer->lan == like->lan && peer->websocket == like->websocket) {
			count.listener++;
			count.address += same_host(&peer->address, &like->address) ? 1U : 0U;
		}
	}
	return count;
}

static bool has_room(const struct web_peers *peers, const struct web_limits *limits,
		     const struct web_peer *peer)
{
	const struct count count = count_peers(peers, peer);

	if (!peer->lan) {
		return count.listener < limits->loopback_max; /* all of one address */
	}
	return count.listener < limits->lan_max && count.address < limits->address_max;
}

int web_peers_enter(struct web_peers *peers, const struct web_limits *limits, bool lan,
		    const struct web_address *address)
{
	const struct web_peer peer = { .present = true, .lan = lan, .address = *address };

	if (!has_room(peers, limits, &peer)) {
		return -EBUSY;
	}
	for (size_t i = 0; i < WEB_PEERS_MAX; i++) {
		if (!peers->list[i].present) {
			peers->list[i] = peer;
			return (int)i;
		}
	}
	return -EBUSY;
}

int web_peers_upgrade(struct web_peers *peers, const struct web_limits *limits, size_t place)
{
	struct web_peer peer;

	assert(place < WEB_PEERS_MAX);

	peer = peers->list[place];
	assert(peer.present && !peer.websocket);
	peer.websocket = true;
	if (!has_room(peers, limits, &peer)) {
		return -EBUSY;
	}
	peers->list[place] = peer;
	return 0;
}

void web_peers_leave(struct web_peers *peers, size_t place)
{
	assert(place < WEB_PEERS_MAX);

	peers->list[place] = (struct web_peer){ 0 };
}
