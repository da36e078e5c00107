/* SPDX-License-Identifier: MIT */
/*
 * hand.h - the technician's hand in the live view: takes the service lease, moves one axis while a
 * key is held, takes down what a gauge or rule shows. A connection of its own; nothing blocks.
 */
#ifndef CONSOLE_HAND_H
#define CONSOLE_HAND_H

#include "link.h"
#include "show.h"

#define HAND_KEY_UP   0x101
#define HAND_KEY_DOWN 0x102

struct hand {
	struct rpc_client *client; /* owned; NULL: no lease is wanted */
	uint64_t enter_id;	   /* of requests under way, 0 = none */
	uint64_t calibrate_id;
	bool inside;
	unsigned int axis; /* chosen, AXIS() */
	int way;	   /* -1 in, 1 out, 2 homes, 0 stands */
	uint64_t held_us;  /* the key was heard last */
	uint64_t alive_us; /* chaird was told last */
	bool prompting;
	char input[16];
	char line[100]; /* what to tell, "" = nothing */
	enum show_tone tone;
};

/* A key that is not a stop. True when it meant something here. */
bool hand_key(struct hand *hand, const struct console *console, int key);

/* Holds on, lets go, takes answers. Call it 50 times a second while hand->client is there. */
void hand_step(struct hand *hand);

/* Let go of everything. */
void hand_end(struct hand *hand);

/* "back.depth" of the chosen axis. Returns @text. */
const char *hand_axis(const struct hand *hand, char text[48]);

#endif /* CONSOLE_HAND_H */
