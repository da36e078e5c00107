/* SPDX-License-Identifier: MIT */
/*
 * bench-fleet CONFIG PROFILES PORT CHAIRS SECONDS - so many chairs on one broker.
 *
 * First a chair that is ready, and one in a session of each program, live in virtual time: the core
 * with its simulated body (virtual.h). What chaird and chair-mqtt would publish of them, the same
 * documents by the same code, as often, is kept with its times. Then each chair of the fleet is a
 * process with a connection of its own that publishes what one of these published, at its pace.
 * Every second one is in a session. Says when all are connected, waits for a line, and prints what
 * was published, as JSON.
 */
#include "../../daemon/mqtt/mqtt_link.h"
#include "../../daemon/mqtt/mqtt_map.h"
#include "../../daemon/rpc/rpc_line.h"
#include "documents.h"
#include "virtual.h"

#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CYCLE_US       UINT64_C(10000)
#define STEP_US	       UINT64_C(100000)
#define TELEMETRY_US   UINT64_C(500000)
#define STATE_EVERY_US UINT64_C(10000000)
#define SETTLE_S       60U /* of chair time: proof tests, and into a session */
#define CONNECT_S      60U
#define NOTES_MAX      4096U

struct note {
	uint64_t at_us; /* since the model's beginning */
	const char *topic;
	char *text;
	bool retained;
};

/* A chair's life, as the broker sees it. */
struct model {
	struct virtual_chair virtual;
	uint64_t begun_us;
	uint64_t state_us;
	uint64_t telemetry_us;
	json_t *content; /* of the state told last */
	struct note notes[NOTES_MAX];
	unsigned int count;
};

/* What one process has done; in memory that all of them share. */
struct account {
	uint64_t messages;
	uint64_t bytes;
	uint64_t refused;
	uint64_t took_us;
};

struct fleet_chair {
	struct mqtt_config config;
	struct mqtt_queue queue;
	struct mqtt_link *link;
	char prefix[48];
	struct account account;
};

struct fleet {
	const char *port;
	uint64_t length_us;
	int ready[2];
	int go[2];
	struct account *accounts;
	unsigned int model_count;
	struct model *models;
};

static struct setup setup;
static struct control_snapshot snapshot; /* large */

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

/* --- models, in virtual time ----------------------------------------------------------------- */

static void keep(struct model *m, const char *topic, json_t *document, bool retained)
{
	char *text =
		document_stamp(document, &snapshot, 0) < 0 ? NULL : json_dumps(document, RPC_JSON);

	if (text == NULL || m->count == NOTES_MAX) {
		abort();
	}
	m->notes[m->count++] = (struct note){ .at_us = m->virtual.now_us - m->begun_us,
					      .topic = topic,
					      .text = text,
					      .retained = retained };
}

static void keep_state(struct model *m)
{
	json_t *state = document_state(&snapshot, &setup);
	json_t *content;

	if (state == NULL || json_object_set_new(state, "sessions_24h", json_integer(0)) < 0 ||
	    json_object_set_new(state, "care", json_array()) < 0) {
		abort();
	}
	mqtt_map_limit_state(state, MQTT_DETAIL_GENERIC);
	content = mqtt_map_state_content(state);
	if (json_equal(content, m->content) && m->virtual.now_us - m->state_us < STATE_EVERY_US) {
		json_decref(content);
	} else {
		keep(m, "state", state, true);
		json_decref(m->content);
		m->content = content;
		m->state_us = m->virtual.now_us;
	}
	json_decref(state);
}

/* A tenth of a second of its life, and what is due. */
static void live(struct model *m)
{
	struct virtual_chair *v = &m->virtual;
	json_t *telemetry;

	for (uint64_t t = 0; t < STEP_US; t += CYCLE_US) {
		virtual_cycle(v);
	}
	control_snapshot_chair(&v->chair, &v->in, &v->out, &snapshot);
	if (v->now_us - m->state_us >= 2U * STEP_US) { /* at most five a second */
		keep_state(m);
	}
	if (v->now_us - m->telemetry_us >= TELEMETRY_US) {
		m->telemetry_us = v->now_us;
		telemetry = document_telemetry(&snapshot, &setup);
		mqtt_map_limit_telemetry(telemetry, MQTT_DETAIL_GENERIC);
		keep(m, "telemetry", telemetry, false);
		json_decref(telemetry);
	}
}

static void run_model(struct model *m, unsigned int program, uint64_t length_us)
{
	struct virtual_chair *v = &m->virtual;
	bool settled =
		virtual_init(v, &setup) == 0 && virtual_until(v, STATE_READY, SETTLE_S * S_US);

	if (settled && program > 0) {
		v->command = (struct chair_command){ .kind = COMMAND_START,
						     .id = 1,
						     .program = (uint8_t)(program - 1U),
						     .side = SIDE_LEFT };
		settled = virtual_until(v, STATE_MASSAGE, SETTLE_S * S_US);
	}
	if (!settled) {
		abort();
	}
	m->begun_us = m->telemetry_us = v->now_us;
	while (v->now_us - m->begun_us < length_us) {
		live(m);
	}
}

/* --- the fleet, in real time ----------------------------------------------------------------- */

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
		c->account.refused++;
		return;
	}
	c->account.messages++;
	c->account.bytes += strlen(text) + strlen(topic);
}

static bool connect_chair(struct fleet_chair *c, unsigned int number, const char *port)
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
		return false;
	}
	for (uint64_t until_us = real_us() + CONNECT_S * S_US; !mqtt_link_connected(c->link);) {
		rest_until(real_us() + 1000U);
		if (real_us() > until_us) {
			return false;
		}
	}
	if (mqtt_link_subscribe(c->link) < 0) {
		return false;
	}
	publish(c, "availability", "online", true);
	return true;
}

/* From somewhere in the model's life on, and round: no two chairs are in step. */
static void play(struct fleet_chair *c, const struct model *m, unsigned int number,
		 uint64_t length_us)
{
	const uint64_t begun_us = real_us();
	const unsigned int first = number * 37U % m->count;
	/* When the model's beginning would have been; below zero it wraps, and back again. */
	uint64_t beginning_us = begun_us + number * 7919U % STEP_US - m->notes[first].at_us;

	for (unsigned int i = first;; i++) {
		const struct note *note = &m->notes[i % m->count];

		beginning_us += i > first && i % m->count == 0 ? length_us : 0;
		if (beginning_us + note->at_us >= begun_us + length_us) {
			break;
		}
		rest_until(beginning_us + note->at_us);
		publish(c, note->topic, note->text, note->retained);
	}
	c->account.took_us = real_us() - begun_us;
}

/* A process's life: connect, say so, and begin when @go is closed. */
static int be_chair(const struct fleet *fleet, unsigned int number)
{
	struct fleet_chair c = { 0 };
	char byte = 1;

	(void)close(fleet->ready[0]);
	(void)close(fleet->go[1]); /* else the parent's closing of it would not be seen */
	if (!connect_chair(&c, number, fleet->port)) {
		return EXIT_FAILURE;
	}
	if (write(fleet->ready[1], &byte, 1) != 1 || read(fleet->go[0], &byte, 1) != 0) {
		return EXIT_FAILURE;
	}
	c.account = (struct account){ 0 };
	play(&c,
	     &fleet->models[number % 2U == 0 ? 1U + number / 2U % (fleet->model_count - 1U) : 0],
	     number, fleet->length_us);
	fleet->accounts[number] = c.account;
	return EXIT_SUCCESS;
}

static bool fork_chair(const struct fleet *fleet, unsigned int number)
{
	const pid_t parent = getpid();
	const pid_t pid = fork();

	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent) {
			_exit(EXIT_FAILURE);
		}
		_exit(be_chair(fleet, number));
	}
	return pid > 0;
}

static bool all_ready(int ready, unsigned int count)
{
	struct pollfd fd = { .fd = ready, .events = POLLIN };
	char byte;

	for (; count > 0; count--) {
		if (poll(&fd, 1, CONNECT_S * 1000) <= 0 || read(ready, &byte, 1) != 1) {
			return false;
		}
	}
	return true;
}

static void tell(const struct account *accounts, unsigned int count)
{
	struct account sum = { 0 };

	for (unsigned int i = 0; i < count; i++) {
		sum.messages += accounts[i].messages;
		sum.bytes += accounts[i].bytes;
		sum.refused += accounts[i].refused;
		sum.took_us = accounts[i].took_us > sum.took_us ? accounts[i].took_us : sum.took_us;
	}
	(void)printf(
		"{\"messages\": %llu, \"bytes\": %llu, \"refused\": %llu, \"seconds\": %.3f}\n",
		(unsigned long long)sum.messages, (unsigned long long)sum.bytes,
		(unsigned long long)sum.refused, (double)sum.took_us / 1e6);
}

static int run(struct fleet *fleet, unsigned int count)
{
	int status;

	for (unsigned int i = 0; i < count; i++) {
		if (!fork_chair(fleet, i)) {
			perror("bench-fleet: fork");
			return EXIT_FAILURE; /* the kernel ends the others */
		}
	}
	if (!all_ready(fleet->ready[0], count)) {
		(void)fprintf(stderr, "bench-fleet: not all chairs connect\n");
		return EXIT_FAILURE;
	}
	(void)printf("ready\n");
	(void)fflush(stdout);
	if (getchar() == EOF) {
		return EXIT_FAILURE;
	}
	(void)close(fleet->go[1]);
	for (unsigned int i = 0; i < count; i++) {
		if (wait(&status) < 0 || status != 0) {
			return EXIT_FAILURE;
		}
	}
	tell(fleet->accounts, count);
	return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
	struct schema_problems problems = { 0 };
	struct fleet fleet = { 0 };
	unsigned int count;

	if (argc != 6) {
		(void)fprintf(stderr, "usage: bench-fleet CONFIG PROFILES PORT CHAIRS SECONDS\n");
		return 2;
	}
	if (setup_load(argv[1], argv[2], &setup, &problems) < 0) {
		schema_problems_print(&problems, stderr);
		return EXIT_FAILURE;
	}
	count = (unsigned int)strtoul(argv[4], NULL, 10);
	fleet.port = argv[3];
	fleet.length_us = strtoul(argv[5], NULL, 10) * S_US;
	fleet.model_count = 1U + setup.core.program_count;
	fleet.models = calloc(fleet.model_count, sizeof(*fleet.models));
	fleet.accounts = mmap(NULL, count * sizeof(*fleet.accounts), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fleet.models == NULL || fleet.accounts == MAP_FAILED || pipe(fleet.ready) < 0 ||
	    pipe(fleet.go) < 0) {
		return EXIT_FAILURE;
	}
	for (unsigned int i = 0; i < fleet.model_count; i++) {
		run_model(&fleet.models[i], i, fleet.length_us);
	}
	return run(&fleet, count);
}
