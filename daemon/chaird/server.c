/* SPDX-License-Identifier: MIT */
#include "server.h"

#include "client.h"
#include "documents.h"
#include "errand.h"
#include "methods_call.h"

#include <assert.h>
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS_PER_ROLE 32 /* a crowd on one socket never keeps another role out */
#define PENDING		 64
#define PUSH_US		 UINT64_C(200000) /* at most five states a second */
#define COUNT_US	 (10 * S_US)
#define ERRAND_US	 (3 * S_US) /* a port that is shut does not even try */
#define REPEAT_US	 S_US	    /* at least one */

static const char *const role_names[] = { "watch", "home", "phone", "panel", "service" };
_Static_assert(sizeof(role_names) / sizeof(role_names[0]) == ROLE_COUNT, "a name for each");

/* Who may open a socket is decided by its group, chair-<role>; its mode is the same everywhere but
 * for watching. */
static const mode_t role_modes[ROLE_COUNT] = {
	[ROLE_WATCH] = 0666, [ROLE_HOME] = 0660,    [ROLE_PHONE] = 0660,
	[ROLE_PANEL] = 0660, [ROLE_SERVICE] = 0660,
};

/* A command under way: answered when the control thread has decided. */
struct pending {
	uint32_t id; /* of the command, 0 = free */
	uint64_t client;
	json_t *request_id; /* owned; NULL for a notification */
	const char *method;
	enum role role;
	bool ask;
	uint8_t level;
};

struct listener {
	int fd;
	char path[108];
	enum role role;
	struct server *server;
	sd_event_source *source;
	bool resting; /* no descriptor or memory for another client just now */
};

struct server {
	sd_event *event;
	const struct setup *setup;
	struct control *control;
	struct history *history;
	uint64_t counted_us; /* when sessions_24h was */
	unsigned int sessions_24h;
	struct recordings *recordings;
	struct wear *wear;
	struct visit *visit;
	const struct check_in *check_in;
	const struct after_care *care;
	struct listener listeners[ROLE_COUNT];
	struct client *clients; /* list */
	uint64_t next_client;
	uint32_t next_command;
	uint64_t next_event;
	uint64_t started_us;
	struct pending pending[PENDING];
	char pin[HISTORY_PIN_MAX + 1]; /* of the child lock; empty = not locked */
	uint64_t panel;	     /* serial of the client that answers for the session, 0 = none */
	uint64_t panel_us;   /* when it was last heard */
	uint64_t lease;	     /* serial of the client that holds the service lease, 0 = none */
	char technician[64]; /* who that is */
	struct errand errand;
	bool restart;	  /* once idle: a calibration waits to be in force */
	char *state_text; /* last state sent, without its stamp; owned */
	uint64_t state_us;
	uint64_t telemetry_us;
};

const char *role_name(enum role role)
{
	return (unsigned int)role < ROLE_COUNT ? role_names[role] : "invalid";
}

static uint64_t clock_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * S_US + (uint64_t)now.tv_nsec / 1000U;
}

/* Clients that failed while being written to are taken out here, never inside a walk. */
static void sweep(struct server *server)
{
	struct client **link = &server->clients;

	while (*link != NULL) {
		struct client *client = *link;

		if (client_is_done(client)) {
			*link = client->next;
			client_free(client);
		} else {
			link = &client->next;
		}
	}
}

static struct pending *pending_new(struct server *server)
{
	for (unsigned int i = 0; i < PENDING; i++) {
		if (server->pending[i].id == 0) {
			return &server->pending[i];
		}
	}
	return NULL;
}

int server_submit(struct server *server, struct client *client, json_t *request_id,
		  const char *method, struct chair_command *command)
{
	struct pending *pending = pending_new(server);
	int r;

	if (pending == NULL || server->control == NULL) {
		return -EBUSY;
	}
	server->next_command++;
	if (server->next_command == 0) {
		server->next_command = 1; /* 0 means free */
	}
	command->id = server->next_command;
	r = control_command(server->control, command);
	if (r < 0) {
		return r;
	}
	*pending = (struct pending){ .id = command->id,
				     .client = client->serial,
				     .request_id = json_incref(request_id),
				     .method = method,
				     .role = client->role,
				     .ask = command->ask,
				     .level = command->level };
	return 0;
}

const struct control_snapshot *server_snapshot(struct server *server)
{
	const struct control_snapshot *s =
		server->control == NULL ? NULL : control_snapshot(server->control);

	return s == NULL || s->now_us == 0 ? NULL : s;
}

const struct setup *server_setup(const struct server *server)
{
	return server->setup;
}

struct history *server_history(const struct server *server)
{
	return server->history;
}

void server_stop_session(struct server *server)
{
	if (server->control != NULL) {
		control_stop_session(server->control);
	}
}

static bool is_at_chair(enum role role)
{
	return role == ROLE_PANEL || role == ROLE_PHONE;
}

/* What the core does not know: sessions, counted anew every ten seconds since nobody waits for it,
 * and what somebody should look at. */
static int add_counts(struct server *server, json_t *doc, uint64_t now_us)
{
	if (server->history != NULL &&
	    (server->counted_us == 0 || now_us - server->counted_us >= COUNT_US)) {
		server->counted_us = now_us;
		server->sessions_24h = history_sessions_24h(server->history);
	}
	if (json_object_set_new(doc, "sessions_24h", json_integer(server->sessions_24h)) < 0) {
		return -1;
	}
	return json_object_set_new(
		doc, "care", server->wear == NULL ? json_array() : wear_warnings(server->wear));
}

json_t *server_state(struct server *server, enum role role)
{
	const struct control_snapshot *s = server_snapshot(server);
	json_t *doc = s == NULL ? NULL : document_state(s, server->setup);

	if (doc != NULL &&
	    (document_stamp(doc, s, server->started_us) < 0 ||
	     add_counts(server, doc, s->now_us) < 0 ||
	     (is_at_chair(role) && document_add_person(doc, s, server->setup) < 0))) {
		json_decref(doc);
		return NULL;
	}
	return doc;
}

json_t *server_telemetry(struct server *server)
{
	const struct control_snapshot *s = server_snapshot(server);
	json_t *doc = s == NULL ? NULL : document_telemetry(s, server->setup);

	if (doc != NULL && document_stamp(doc, s, server->started_us) < 0) {
		json_decref(doc);
		return NULL;
	}
	return doc;
}

static unsigned int count_role(const struct server *server, enum role role)
{
	unsigned int count = 0;

	for (const struct client *c = server->clients; c != NULL; c = c->next) {
		count += c->role == role ? 1U : 0U;
	}
	return count;
}

static void watch_lease(struct server *server);

static int on_client(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct client *client = userdata;
	struct server *server = client->server;

	(void)source;
	(void)fd;
	client_serve(client, events, methods_request);
	sweep(server);
	watch_lease(server);
	return 0;
}

/* Whoever knocks waits in the socket's queue until the next tick. */
static void rest(struct listener *listener)
{
	listener->resting = sd_event_source_set_enabled(listener->source, SD_EVENT_OFF) >= 0;
}

static void wake_listeners(struct server *server)
{
	for (unsigned int i = 0; i < ROLE_COUNT; i++) {
		struct listener *listener = &server->listeners[i];

		if (listener->resting &&
		    sd_event_source_set_enabled(listener->source, SD_EVENT_ON) >= 0) {
			listener->resting = false;
		}
	}
}

static int on_connect(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct listener *listener = userdata;
	struct server *server = listener->server;
	const int client_fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct client *client;

	(void)source;
	(void)events;
	if (client_fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			rest(listener); /* or it would be readable for ever */
		}
		return 0; /* else it went away; others go on */
	}
	client = client_new(client_fd, server, listener->role, ++server->next_client);
	if (client == NULL) {
		(void)close(client_fd);
		return 0;
	}
	if (count_role(server, listener->role) >= CLIENTS_PER_ROLE) {
		methods_refuse_crowd(client);
		client_free(client);
		return 0;
	}
	if (client_listen(client, server->event, on_client) < 0) {
		client_free(client);
		return 0;
	}
	client->next = server->clients;
	server->clients = client;
	return 0;
}

/* Without that group, or the right to give it away, a socket stays its owner's. */
static int give_to_group(const char *path, enum role role)
{
	char name[32];
	const struct group *group;

	(void)snprintf(name, sizeof(name), "chair-%s", role_name(role));
	group = getgrnam(name);
	if (group == NULL || chown(path, (uid_t)-1, group->gr_gid) == 0 || errno == EPERM) {
		return 0;
	}
	return -errno;
}

static int open_listener(struct server *server, const char *directory, enum role role)
{
	struct listener *listener = &server->listeners[role];
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int r;

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s.sock", directory,
		     role_name(role)) >= (int)sizeof(address.sun_path)) {
		return -ENAMETOOLONG;
	}
	listener->server = server;
	listener->role = role;
	listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (listener->fd < 0) {
		return -errno;
	}
	(void)unlink(address.sun_path); /* left over from a crash */
	if (bind(listener->fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		return -errno;
	}
	(void)snprintf(listener->path, sizeof(listener->path), "%s", address.sun_path);
	r = give_to_group(address.sun_path, role);
	if (r < 0) {
		return r;
	}
	if (chmod(address.sun_path, role_modes[role]) < 0 || listen(listener->fd, 256) < 0) {
		return -errno;
	}
	r = sd_event_add_io(server->event, &listener->source, listener->fd, EPOLLIN, on_connect,
			    listener);
	return r < 0 ? r : 0;
}

int server_open(sd_event *event, const char *directory, const struct setup *setup,
		struct history *history, struct server **ret)
{
	struct server *server = calloc(1, sizeof(*server));
	int r = 0;

	if (server == NULL) {
		return -ENOMEM;
	}
	server->event = sd_event_ref(event);
	server->setup = setup;
	server->history = history;
	if (history != NULL && history_child_lock(history, server->pin) < 0) {
		server->pin[0] = '\0'; /* told when the faults are read */
	}
	server->started_us = clock_us();
	for (unsigned int i = 0; i < ROLE_COUNT; i++) {
		server->listeners[i].fd = -1;
	}
	for (unsigned int i = 0; i < ROLE_COUNT && r == 0; i++) {
		r = open_listener(server, directory, (enum role)i);
	}
	if (r < 0) {
		server_close(server);
		return r;
	}
	*ret = server;
	return 0;
}

void server_attach(struct server *server, struct control *control)
{
	server->control = control;
}

static struct client *find_client(const struct server *server, uint64_t serial)
{
	struct client *c = server->clients;

	while (c != NULL && c->serial != serial) {
		c = c->next;
	}
	return c;
}

#define EVERYBODY ((UINT32_C(1) << ROLE_COUNT) - 1U)
#define AT_CHAIR  ((UINT32_C(1) << ROLE_PANEL) | (UINT32_C(1) << ROLE_PHONE))

/* Send a notification to all of @roles (bits) who watch; @doc stays the caller's. */
static void tell_roles(struct server *server, uint32_t roles, const char *method, json_t *doc)
{
	json_t *note =
		json_pack("{s:s, s:s, s:O}", "jsonrpc", "2.0", "method", method, "params", doc);
	char *text = note == NULL ? NULL : json_dumps(note, RPC_JSON);

	for (struct client *c = server->clients; c != NULL && text != NULL; c = c->next) {
		if (c->watching && (roles >> (unsigned int)c->role & 1U) != 0) {
			client_send(c, text);
		}
	}
	free(text);
	json_decref(note);
}

static void tell(struct server *server, const char *method, json_t *doc)
{
	tell_roles(server, EVERYBODY, method, doc);
}

/* The control thread has decided on a command: answer, and say so to those who watch. */
static void settle(struct server *server, const struct chair_event *event)
{
	const enum refusal refusal = (enum refusal)event->a;
	struct pending *pending = server->pending;
	struct client *client;
	json_t *doc;

	while (pending < server->pending + PENDING && pending->id != event->id) {
		pending++;
	}
	if (pending == server->pending + PENDING || event->id == 0) {
		return;
	}
	client = find_client(server, pending->client);
	if (refusal == REFUSAL_NONE && pending->role == ROLE_PANEL && !pending->ask &&
	    (strcmp(pending->method, "session.start") == 0 ||
	     strcmp(pending->method, "session.resume") == 0)) {
		server->panel = pending->client;
		server->panel_us = clock_us();
	}
	if (refusal != REFUSAL_NONE && strcmp(pending->method, "service.enter") == 0 &&
	    server->lease == pending->client) {
		server_end_lease(server);
	}
	if (client != NULL && pending->request_id != NULL) {
		methods_answer_command(client, pending->request_id, pending->method, refusal,
				       pending->ask, pending->level);
	}
	doc = json_pack("{s:s, s:s, s:s, s:s}", "kind", "command", "method", pending->method,
			"role", role_name(pending->role), "outcome",
			refusal == REFUSAL_NONE ? "accepted" : "refused");
	if (doc != NULL) {
		char time[32];

		document_time(time);
		(void)json_object_set_new(doc, "id",
					  json_integer((json_int_t)++server->next_event));
		(void)json_object_set_new(doc, "time", json_string(time));
		if (refusal != REFUSAL_NONE) {
			(void)json_object_set_new(doc, "reason",
						  json_string(refusal_name(refusal)));
		}
		tell(server, "event", doc);
		json_decref(doc);
	}
	json_decref(pending->request_id);
	*pending = (struct pending){ 0 };
}

static void dismiss_panel(struct server *server)
{
	server->panel = 0;
	if (server->control != NULL) {
		control_set_panel(server->control, 0);
	}
}

int server_take_lease(struct server *server, const struct client *client, const char *who)
{
	if (server->lease != 0 && server->lease != client->serial) {
		return -EBUSY;
	}
	server->lease = client->serial;
	(void)snprintf(server->technician, sizeof(server->technician), "%s", who);
	server_hear_technician(server, client);
	return 0;
}

bool server_hear_technician(struct server *server, const struct client *client)
{
	if (server->control == NULL || server->lease != client->serial) {
		return false;
	}
	control_set_service(server->control, clock_us());
	return true;
}

const char *server_technician(const struct server *server)
{
	return server->technician;
}

void server_end_lease(struct server *server)
{
	server->lease = 0;
	if (server->control != NULL) {
		control_set_service(server->control, 0);
	}
}

int server_send_errand(struct server *server, struct client *client, json_t *request_id,
		       unsigned int port, const struct bus_errand *errand, uint16_t count)
{
	struct bus_errand numbered = *errand;

	if (server->errand.waiting || server->control == NULL) {
		return -EBUSY;
	}
	server->errand = (struct errand){
		.waiting = true,
		.number = server->errand.number + 1,
		.port = port,
		.client = client->serial,
		.request_id = json_incref(request_id),
		.deadline_us = clock_us() + ERRAND_US,
		.count = count,
	};
	numbered.number = server->errand.number;
	control_send_errand(server->control, port, &numbered);
	return 0;
}

/* Has the bus answered? */
static void follow_errand(struct server *server, uint64_t now_us)
{
	struct errand *errand = &server->errand;
	const struct bus_answer *answer;
	struct client *client;

	if (!errand->waiting || server->control == NULL) {
		return;
	}
	answer = control_answer(server->control, errand->port);
	if (answer->number != errand->number && now_us < errand->deadline_us) {
		return;
	}
	client = find_client(server, errand->client);
	if (client != NULL && answer->number == errand->number) {
		methods_answer(client, errand->request_id, errand_result(errand, answer));
	} else if (client != NULL) {
		methods_refuse(client, errand->request_id, "port_gone",
			       "The port does not open: see bus.stats.");
	}
	json_decref(errand->request_id);
	errand->request_id = NULL;
	errand->waiting = false;
}

void server_restart_when_idle(struct server *server)
{
	server->restart = true;
}

bool server_wants_restart(const struct server *server)
{
	return server->restart;
}

void server_event(struct server *server, const struct control_event *event)
{
	json_t *doc;

	if (event->event.kind == CHAIR_EVENT_COMMAND) {
		settle(server, &event->event);
		return;
	}
	/* Its session is over, or it was silent and the session pauses: who goes on answers. */
	if (event->event.kind == CHAIR_EVENT_SESSION_ENDED ||
	    (event->event.kind == CHAIR_EVENT_CAUSE && event->event.a == CAUSE_PANEL_SILENT)) {
		dismiss_panel(server);
	}
	if (event->event.kind == CHAIR_EVENT_STATE && event->event.a == STATE_SERVICE) {
		server_end_lease(server);
	}
	doc = document_event(event, server->setup, server->next_event + 1);
	if (doc != NULL) {
		server->next_event++;
		tell(server, "event", doc);
		json_decref(doc);
	}
}

void server_remind(struct server *server, const char *id, json_t *text)
{
	char time[32];
	json_t *doc;

	document_time(time);
	doc = json_pack("{s:s, s:s, s:O, s:I, s:s}", "kind", "reminder", "reminder", id, "text",
			text, "id", (json_int_t)server->next_event + 1, "time", time);
	if (doc != NULL) {
		server->next_event++;
		tell_roles(server, AT_CHAIR | UINT32_C(1) << ROLE_HOME, "event", doc);
		json_decref(doc);
	}
}

void server_attach_visit(struct server *server, struct visit *visit,
			 const struct check_in *check_in, const struct after_care *care)
{
	server->visit = visit;
	server->check_in = check_in;
	server->care = care;
}

void server_attach_recordings(struct server *server, struct recordings *recordings)
{
	server->recordings = recordings;
}

void server_attach_wear(struct server *server, struct wear *wear)
{
	server->wear = wear;
}

struct wear *server_wear(struct server *server)
{
	return server->wear;
}

struct recordings *server_recordings(struct server *server)
{
	return server->recordings;
}

struct visit *server_visit(struct server *server)
{
	return server->visit;
}

const struct check_in *server_check_in(const struct server *server)
{
	return server->check_in;
}

const struct after_care *server_after_care(const struct server *server)
{
	return server->care;
}

void server_person_changed(struct server *server)
{
	if (server->visit != NULL && server->control != NULL) {
		control_set_person(server->control, visit_person(server->visit));
	}
}

int server_lock(struct server *server, const char *pin)
{
	const int r =
		server->history == NULL ? -ENOENT : history_store_child_lock(server->history, pin);

	if (r == 0) {
		(void)snprintf(server->pin, sizeof(server->pin), "%s", pin);
		if (server->control != NULL) {
			control_set_child_lock(server->control, pin[0] != '\0');
		}
	}
	return r;
}

const char *server_pin(const struct server *server)
{
	return server->pin;
}

/* A panel that says panel.alive must go on saying so; of another its connection is enough. When it
 * is gone, any panel that says so takes its place. */
static void watch_panel(struct server *server, uint64_t now_us)
{
	const struct client *panel = find_client(server, server->panel);

	if (server->control == NULL || server->panel == 0) {
		return;
	}
	for (const struct client *c = server->clients; c != NULL && panel == NULL; c = c->next) {
		if (c->role == ROLE_PANEL && c->alive_us != 0) {
			panel = c;
			server->panel = c->serial;
		}
	}
	if (panel != NULL) {
		server->panel_us = panel->alive_us != 0 ? panel->alive_us : now_us;
	}
	control_set_panel(server->control, server->panel_us);
}

/* Whose connection is gone has let go. */
static void watch_lease(struct server *server)
{
	if (server->lease != 0 && find_client(server, server->lease) == NULL) {
		server_end_lease(server);
	}
}

static void push_state(struct server *server, uint64_t now_us)
{
	const struct control_snapshot *s = server_snapshot(server);
	json_t *doc;
	char *text;

	if (s == NULL || now_us - server->state_us < PUSH_US) {
		return;
	}
	doc = document_state(s, server->setup);
	if (doc != NULL && (add_counts(server, doc, s->now_us) < 0 ||
			    document_add_person(doc, s, server->setup) < 0)) {
		json_decref(doc);
		return; /* memory ran out; the next push is near */
	}
	text = doc == NULL ? NULL : json_dumps(doc, RPC_JSON);
	if (text != NULL && (server->state_text == NULL || strcmp(text, server->state_text) != 0 ||
			     now_us - server->state_us >= REPEAT_US)) {
		free(server->state_text);
		server->state_text = text;
		text = NULL;
		server->state_us = now_us;
		if (document_stamp(doc, s, server->started_us) == 0) {
			tell_roles(server, AT_CHAIR, "state", doc);
			document_drop_person(doc);
			tell_roles(server, EVERYBODY & ~AT_CHAIR, "state", doc);
		}
	}
	free(text);
	json_decref(doc);
}

/* The newest watcher has not seen any state yet: one goes out now, whatever its content. Called
 * while a client is being served, so nothing may be swept away here. */
void server_push_now(struct server *server)
{
	free(server->state_text);
	server->state_text = NULL;
	server->state_us = 0;
	push_state(server, clock_us());
}

static void push_telemetry(struct server *server, uint64_t now_us)
{
	json_t *note = NULL;
	char *text = NULL;

	for (struct client *c = server->clients; c != NULL; c = c->next) {
		if (!c->watching || c->telemetry_us == 0 || now_us < c->telemetry_due_us) {
			continue;
		}
		if (text == NULL) {
			note = json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", "telemetry",
					 "params", server_telemetry(server));
			text = note == NULL ? NULL : json_dumps(note, RPC_JSON);
			if (text == NULL) {
				break;
			}
		}
		c->telemetry_due_us += c->telemetry_us;
		if (c->telemetry_due_us <= now_us) {
			c->telemetry_due_us = now_us + c->telemetry_us;
		}
		client_send(c, text);
	}
	free(text);
	json_decref(note);
}

void server_tick(struct server *server)
{
	const uint64_t now_us = clock_us();
	bool watched = false;

	watch_panel(server, now_us);
	watch_lease(server);
	follow_errand(server, now_us);
	for (const struct client *c = server->clients; c != NULL; c = c->next) {
		watched = watched || c->watching;
	}
	if (watched) {
		push_state(server, now_us);
		push_telemetry(server, now_us);
	}
	sweep(server);
	wake_listeners(server);
}

void server_close(struct server *server)
{
	if (server == NULL) {
		return;
	}
	while (server->clients != NULL) {
		struct client *client = server->clients;

		server->clients = client->next;
		client_free(client);
	}
	for (unsigned int i = 0; i < ROLE_COUNT; i++) {
		struct listener *listener = &server->listeners[i];

		(void)sd_event_source_unref(listener->source);
		if (listener->fd >= 0) {
			(void)close(listener->fd);
		}
		if (listener->path[0] != '\0') {
			(void)unlink(listener->path);
		}
	}
	for (unsigned int i = 0; i < PENDING; i++) {
		json_decref(server->pending[i].request_id);
	}
	json_decref(server->errand.request_id);
	free(server->state_text);
	(void)sd_event_unref(server->event);
	free(server);
}
