/* SPDX-License-Identifier: MIT */
#include "hand.h"

#include "types.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A held key repeats every 30 to 50 ms, but only after a first pause of up to 600 ms: a tap moves
 * for this long, and a held key goes on once it repeats. */
#define KEY_US	 UINT64_C(200000)
#define HOLD_US	 UINT64_C(100000)  /* chaird waits three times that long while something moves */
#define ALIVE_US UINT64_C(1000000) /* so that whatever was let go stops, had its end been lost */
#define MM_S	 10
#define RPM	 5

const char *hand_axis(const struct hand *hand, char text[48])
{
	(void)snprintf(text, 48, "%s.%s", roller_name((enum roller)(hand->axis / AXIS_KIND_COUNT)),
		       axis_kind_name((enum axis_kind)(hand->axis % AXIS_KIND_COUNT)));
	return text;
}

static void tell(struct hand *hand, enum show_tone tone, const char *text)
{
	hand->tone = tone;
	(void)snprintf(hand->line, sizeof(hand->line), "%s", text);
}

void hand_end(struct hand *hand)
{
	/* chaird takes the rollers in when the connection is gone */
	hand->client = rpc_client_free(hand->client);
	hand->inside = false;
	hand->way = 0;
	hand->prompting = false;
	hand->enter_id = 0;
	hand->calibrate_id = 0;
}

static void request(struct hand *hand, const char *method, json_t *params, uint64_t *ret_id)
{
	uint64_t id = 0;
	const int r = rpc_client_request(hand->client, method, params, &id);

	json_decref(params);
	if (r < 0) {
		tell(hand, TONE_BAD, strerror(-r));
	} else if (ret_id != NULL) {
		*ret_id = id;
	}
}

static void begin(struct hand *hand, const struct console *console)
{
	char path[256];

	hand_end(hand);
	if (!link_path(console, LINK_SERVICE, path, sizeof(path))) {
		tell(hand, TONE_BAD, "service needs service.sock");
	} else if (link_probe(path) < 0) {
		tell(hand, TONE_BAD,
		     link_probe(path) == -EACCES ? "not permitted: needs the group chair-service"
						 : "service.sock does not answer");
	} else if (rpc_client_new(path, &hand->client) < 0) {
		tell(hand, TONE_BAD, "no memory");
	} else {
		tell(hand, TONE_WARN, "asking for the service lease");
	}
}

static void move(struct hand *hand, int way)
{
	const bool knead = hand->axis % AXIS_KIND_COUNT == AXIS_KNEAD;
	char axis[48];

	if (way == 2) {
		request(hand, "service.home",
			json_pack("{s:s}", "roller",
				  roller_name((enum roller)(hand->axis / AXIS_KIND_COUNT))),
			NULL);
	} else {
		request(hand, "service.jog",
			json_pack("{s:s, s:i}", "axis", hand_axis(hand, axis), "speed",
				  way * (knead ? RPM : MM_S)),
			NULL);
	}
	hand->way = way;
	hand->alive_us = link_now_us();
}

/* The key of this way was heard. */
static void press(struct hand *hand, int way)
{
	hand->held_us = link_now_us();
	if (hand->way == way) {
		return;
	}
	if (hand->way != 0) {
		move(hand, 0);
	}
	hand->line[0] = '\0';
	move(hand, way);
}

static void choose(struct hand *hand, unsigned int step)
{
	if (hand->way != 0) {
		move(hand, 0);
	}
	hand->axis = (hand->axis + step) % AXIS_COUNT;
}

/* What to read, and the name of it. */
static const char *measured(const struct hand *hand)
{
	switch (hand->axis % AXIS_KIND_COUNT) {
	case AXIS_DEPTH:
		return "N that the gauge under the roller shows";
	case AXIS_TRAVEL:
		return "mm from the upper stop by the rule";
	default:
		return NULL;
	}
}

static void begin_prompt(struct hand *hand)
{
	if (measured(hand) == NULL) {
		tell(hand, TONE_WARN, "a knead has nothing to calibrate");
		return;
	}
	if (hand->way != 0) {
		move(hand, 0);
	}
	hand->prompting = true;
	hand->input[0] = '\0';
	tell(hand, TONE_STRONG, measured(hand));
}

static void end_prompt(struct hand *hand)
{
	const bool depth = hand->axis % AXIS_KIND_COUNT == AXIS_DEPTH;
	char what[64];

	hand->prompting = false;
	hand->line[0] = '\0';
	if (hand->input[0] == '\0') {
		return;
	}
	(void)snprintf(what, sizeof(what), "%s.%s", depth ? "force" : "travel",
		       roller_name((enum roller)(hand->axis / AXIS_KIND_COUNT)));
	request(hand, "service.calibrate",
		json_pack("{s:s, s:f}", "what", what, "measured", strtod(hand->input, NULL)),
		&hand->calibrate_id);
}

static void prompt_key(struct hand *hand, int key)
{
	const size_t length = strlen(hand->input);

	if (key == '\n' || key == '\r') {
		end_prompt(hand);
	} else if (key == 27) {
		hand->input[0] = '\0';
		end_prompt(hand);
	} else if (key == 8 || key == 127) {
		hand->input[length > 0 ? length - 1U : 0U] = '\0';
	} else if (((key >= '0' && key <= '9') || key == '.') &&
		   length + 1U < sizeof(hand->input)) {
		hand->input[length] = (char)key;
		hand->input[length + 1U] = '\0';
	}
}

bool hand_key(struct hand *hand, const struct console *console, int key)
{
	if (hand->client == NULL) {
		if (key == 'w') {
			begin(hand, console);
		}
		return key == 'w';
	}
	if (hand->prompting) {
		prompt_key(hand, key);
		return true;
	}
	if (!hand->inside && key != 'w') {
		return false;
	}
	switch (key) {
	case 'w':
		hand_end(hand);
		tell(hand, TONE_PLAIN, "");
		return true;
	case HAND_KEY_UP:
		choose(hand, AXIS_COUNT - 1U);
		return true;
	case HAND_KEY_DOWN:
		choose(hand, 1);
		return true;
	case '+':
	case '=':
		press(hand, 1);
		return true;
	case '-':
		press(hand, -1);
		return true;
	case 'h':
		press(hand, 2);
		return true;
	case 'c':
		begin_prompt(hand);
		return true;
	default:
		return false;
	}
}

static void take_result(struct hand *hand, const struct rpc_message *message)
{
	char text[100];

	if (message->id == hand->enter_id) {
		hand->inside = true;
		hand->line[0] = '\0';
	} else if (message->id == hand->calibrate_id) {
		(void)snprintf(text, sizeof(text), "%s: %.4f, was %.4f; in force after the service",
			       text_of(message->body, "what"),
			       json_number_value(json_object_get(message->body, "after")),
			       json_number_value(json_object_get(message->body, "before")));
		tell(hand, TONE_GOOD, text);
	}
}

static void take_error(struct hand *hand, const struct rpc_message *message)
{
	const json_t *data = json_object_get(message->body, "data");
	const bool over = message->id == hand->enter_id ||
			  strcmp(text_of(data, "reason"), "not_in_service") == 0;

	if (over) {
		hand_end(hand);
	}
	hand->way = 0;
	tell(hand, TONE_BAD,
	     message->status < 0 ? "the connection was lost" : text_of(data, "text"));
}

void hand_step(struct hand *hand)
{
	const uint64_t now = link_now_us();
	struct rpc_message message;

	if (hand->client == NULL) {
		return;
	}
	rpc_client_process(hand->client, now);
	while (hand->client != NULL && rpc_client_next(hand->client, &message) > 0) {
		if (message.kind == RPC_MESSAGE_CONNECTED && !hand->inside) {
			request(hand, "service.enter", json_pack("{s:s*}", "who", link_user()),
				&hand->enter_id);
		} else if (message.kind == RPC_MESSAGE_RESULT) {
			take_result(hand, &message);
		} else if (message.kind == RPC_MESSAGE_ERROR) {
			take_error(hand, &message);
		} else if (message.kind == RPC_MESSAGE_DISCONNECTED) {
			hand_end(hand);
			tell(hand, TONE_BAD, "the connection was lost; the service has ended");
		}
		rpc_message_clear(&message);
	}
	if (hand->client == NULL || !hand->inside) {
		return;
	}
	if (hand->way != 0 && now - hand->held_us > KEY_US) {
		move(hand, 0);
	}
	if (now - hand->alive_us >= (hand->way != 0 ? HOLD_US : ALIVE_US)) {
		request(hand, "service.alive", NULL, NULL);
		hand->alive_us = now;
	}
}
