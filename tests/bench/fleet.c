/* SPDX-License-Identifier: MIT */
/*
 * bench-fleet CONFIG PROFILES PORT CHAIRS SECONDS - so many chairs on one broker, in one process:
 * each is the core with its simulated body (virtual.h) and publishes, over a connection of its own,
 * what chaird and chair-mqtt would: the same documents by the same code, as often. Half of them
 * have a session. Prints what was published, as JSON.
 */
#include "../../daemon/mqtt/mqtt_link.h"
#include "../../daemon/mqtt/mqtt_map.h"
#include "../../daemon/rpc/rpc_line.h"
#include "documents.h"
#include "virtual.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CYCLE_US       UINT64_C(10000)
#define STEP_US	       UINT64_C(100000) /* each chair lives so much at a time */
#define TELEMETRY_US   UINT64_C(500000)
#define STATE_EVERY_US UINT64_C(10000000)
#define SETTLE_S       60U /* of chair time before the measurement: proof tests, and into a session */
#define CONNECT_S      60U

struct fleet_chair {
	struct virtual_chair virtual;
	struct mqtt_config config;
	struct mqtt_queue queue;
	struct mqtt_link *link;
	char prefix[48];
	json_t *content; /* of the state published last */
	uint64_t state_us;
	uint64_t telemetry_us;
};

static struct setup setup;
static struct control_snapshot snapshot; /* large */
static uint64_t messages;
static uint64_t bytes;
static uint64_t refused;

static uint64_t real_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with a valid clock */
	return (uint64_t)now.tv_sec * S_US + (uint64_t)now.tv_nsec / 1000U;
}

static void rest_until(uint64_t until_us)
{
	const struct timespec until = { .tv_sec = (time_t)(until_us / S_US),
					.tv_nsec = (long)(until_us % S_US) * 1000L };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0) {
	}
}

static void publish(struct fleet_chair *c, const char *name, const char *text, bool retained)
{
	char topic[96];
	const struct mqtt_publication publication = { .topic = topic,
						      .payload = text,
						      .length = strlen(text),
						      .qos = 1,
						      .retained = retained };

	(void)snprintf(topic, sizeof(topic), "%s%s", c->prefix, name);
	if (mqtt_link_publish(c->link, &publication) < 0) {
		refused++;
		return;
	}
	messages++;
	bytes += strlen(text) + strlen(topic);
}

static void publish_document(struct fleet_chair *c, const char *name, json_t *document,
			     bool retained)
{
	char *text =
		document_stamp(document, &snapshot, 0) < 0 ? NULL : json_dumps(document, RPC_JSON);

	if (text == NULL) {
		abort();
	}
	publish(c, name, text, retained);
	free(text);
}

static void publish_state(struct fleet_chair *c)
{
	json_t *state = document_state(&snapshot, &setup);
	json_t *content;

	if (state == NULL || json_object_set_new(state, "sessions_24h", json_integer(0)) < 0 ||
	    json_object_set_new(state, "care", json_array()) < 0) {
		abort();
	}
	mqtt_map_limit_state(state, MQTT_DETAIL_GENERIC);
	content = mqtt_map_state_content(state);
	if (json_equal(content, c->content) && c->virtual.now_us - c->state_us < STATE_EVERY_US) {
		json_decref(content);
	} else {
		publish_document(c, "state", state, true);
		json_decref(c->content);
		c->content = content;
		c->state_us = c->virtual.now_us;
	}
	json_decref(state);
}

/* A tenth of a second of its life, and what is due. */
static void live(struct fleet_chair *c)
{
	struct virtual_chair *v = &c->virtual;
	json_t *telemetry;

	for (uint64_t t = 0; t < STEP_US; t += CYCLE_US) {
		virtual_cycle(v);
	}
	control_snapshot_chair(&v->chair, &v->in, &v->out, &snapshot);
	if (v->now_us - c->state_us >= 2U * STEP_US) { /* at most five a second */
		publish_state(c);
	}
	if (v->now_us - c->telemetry_us >= TELEMETRY_US) {
		c->telemetry_us = v->now_us;
		telemetry = document_telemetry(&snapshot, &setup);
		mqtt_map_limit_telemetry(telemetry, MQTT_DETAIL_GENERIC);
		publish_document(c, "telemetry", telemetry, false);
		json_decref(telemetry);
	}
}

/* Ready, and every second one in a session. */
static void settle(struct fleet_chair *c, unsigned int number)
{
	struct virtual_chair *v = &c->virtual;

	if (virtual_init(v, &setup) < 0 || !virtual_until(v, STATE_READY, SETTLE_S * S_US)) {
		abort();
	}
	if (number % 2 == 0) {
		v->command = (struct chair_command){ .kind = COMMAND_START,
						     .id = 1,
						     .program = (uint8_t)(number / 2 %
									  setup.core.program_count),
						     .side = SIDE_LEFT };
		if (!virtual_until(v, STATE_MASSAGE, SETTLE_S * S_US)) {
			abort();
		}
	}
	for (unsigned int i = 0; i < number % 50; i++) {
		virtual_cycle(v); /* out of step with the others */
	}
	c->telemetry_us = v->now_us;
}

static void open_chair(struct fleet_chair *c, unsigned int number, const char *port)
{
	(void)snprintf(c->config.chair, sizeof(c->config.chair), "fleet-%u", number);
	(void)snprintf(c->config.client_id, sizeof(c->config.client_id), "chair-fleet-%u", number);
	(void)snprintf(c->config.host, sizeof(c->config.host), "127.0.0.1");
	(void)snprintf(c->prefix, sizeof(c->prefix), "chair/fleet-%u/", number);
	c->config.port = (uint16_t)strtoul(port, NULL, 10);
	c->config.keepalive_s = 30;
	if (mqtt_queue_init(&c->queue) < 0 ||
	    mqtt_link_new(&c->config, c->prefix, &c->queue, &c->link) < 0 ||
	    mqtt_link_connect(c->link) < 0) {
		perror("bench-fleet: connect");
		exit(EXIT_FAILURE);
	}
	for (uint64_t until_us = real_us() + CONNECT_S * S_US; !mqtt_link_connected(c->link);) {
		rest_until(real_us() + 1000U);
		if (real_us() > until_us) {
			(void)fprintf(stderr, "bench-fleet: the broker does not answer\n");
			exit(EXIT_FAILURE);
		}
	}
	if (mqtt_link_subscribe(c->link) < 0) {
		abort();
	}
	publish(c, "availability", "online", true);
}

int main(int argc, char *argv[])
{
	struct schema_problems problems = { 0 };
	struct fleet_chair *chairs;
	unsigned int count;
	unsigned int steps;
	uint64_t begun_us;

	if (argc != 6) {
		(void)fprintf(stderr, "usage: bench-fleet CONFIG PROFILES PORT CHAIRS SECONDS\n");
		return 2;
	}
	count = (unsigned int)strtoul(argv[4], NULL, 10);
	steps = (unsigned int)strtoul(argv[5], NULL, 10) * (unsigned int)(S_US / STEP_US);
	if (setup_load(argv[1], argv[2], &setup, &problems) < 0) {
		schema_problems_print(&problems, stderr);
		return EXIT_FAILURE;
	}
	chairs = calloc(count, sizeof(*chairs));
	if (chairs == NULL) {
		return EXIT_FAILURE;
	}
	for (unsigned int i = 0; i < count; i++) {
		settle(&chairs[i], i);
		open_chair(&chairs[i], i, argv[3]);
	}
	messages = bytes = 0;
	(void)printf("ready\n");
	(void)fflush(stdout);
	begun_us = real_us();
	for (unsigned int step = 0; step < steps; step++) {
		for (unsigned int i = 0; i < count; i++) {
			live(&chairs[i]);
		}
		rest_until(begun_us + (step + 1U) * STEP_US);
	}
	(void)printf(
		"{\"messages\": %llu, \"bytes\": %llu, \"refused\": %llu, \"seconds\": %.3f}\n",
		(unsigned long long)messages, (unsigned long long)bytes,
		(unsigned long long)refused, (double)(real_us() - begun_us) / 1e6);
	return EXIT_SUCCESS;
}
