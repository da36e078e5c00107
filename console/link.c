/* SPDX-License-Identifier: MIT */
#include "link.h"

#include "show.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define POLL_MAX_MS 60000

static const char *const role_names[LINK_ROLE_COUNT] = {
	[LINK_WATCH] = "watch",	    [LINK_HOME] = "home",   [LINK_PHONE] = "phone",
	[LINK_SERVICE] = "service", [LINK_PANEL] = "panel",
};

uint64_t link_now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with a valid clock */
	return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

const char *link_user(void)
{
	const char *behind = getenv("SUDO_USER");

	return behind != NULL ? behind : getenv("USER");
}

const char *link_role_name(enum link_role role)
{
	return role < LINK_ROLE_COUNT ? role_names[role] : "invalid";
}

/* The role whose socket @path is by its name, or LINK_ROLE_COUNT. */
static enum link_role role_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash == NULL ? path : slash + 1;
	char name[32];

	for (unsigned int role = 0; role < LINK_ROLE_COUNT; role++) {
		(void)snprintf(name, sizeof(name), "%s.sock", role_names[role]);
		if (strcmp(base, name) == 0) {
			return (enum link_role)role;
		}
	}
	return LINK_ROLE_COUNT;
}

/* A directory, if there is one, or a name that does not look like a socket. */
static bool is_directory(const char *path)
{
	struct stat info;

	if (stat(path, &info) == 0) {
		return S_ISDIR(info.st_mode);
	}
	return role_of(path) == LINK_ROLE_COUNT;
}

bool link_path(const struct console *console, enum link_role role, char *path, size_t size)
{
	if (is_directory(console->socket)) {
		return snprintf(path, size, "%s/%s.sock", console->socket, role_names[role]) <
		       (int)size;
	}
	/* A socket of an unknown name is taken once, whatever is wanted of it. */
	if (role_of(console->socket) != role &&
	    !(role_of(console->socket) == LINK_ROLE_COUNT && role == LINK_WATCH)) {
		return false;
	}
	return snprintf(path, size, "%s", console->socket) < (int)size;
}

int link_probe(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;
	int r = 0;

	if (strlen(path) >= sizeof(address.sun_path)) {
		return -ENAMETOOLONG;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		return -errno;
	}
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		r = errno == EAGAIN ? 0 : -errno; /* a queue that is full is there all the same */
	}
	(void)close(fd); /* nothing was sent */
	return r;
}

bool link_answers(const struct console *console)
{
	char path[256];

	for (unsigned int role = 0; role < LINK_ROLE_COUNT; role++) {
		if (link_path(console, (enum link_role)role, path, sizeof(path)) &&
		    link_probe(path) == 0) {
			return true;
		}
	}
	return false;
}

int link_no_socket(const struct console *console, unsigned int denied, int error)
{
	char groups[120] = "";
	size_t length = 0;

	if (denied == 0) {
		say_error("no answer from chaird at %s: %s", console->socket, strerror(-error));
		say_hint("is it running? systemctl status chaird");
		return STATUS_NO_DAEMON;
	}
	for (unsigned int role = 0; role < LINK_ROLE_COUNT; role++) {
		if ((denied >> role & 1U) != 0 && length < sizeof(groups)) {
			length += (size_t)snprintf(groups + length, sizeof(groups) - length,
						   "%schair-%s", length == 0 ? "" : ", ",
						   role_names[role]);
		}
	}
	say_error("not permitted: this needs one of the groups %s", groups);
	say_hint("an administrator can add you: adduser NAME GROUP; then log in anew");
	return STATUS_NOT_PERMITTED;
}

/* Connect by one socket. 0 or -errno. */
static int open_path(const char *path, struct rpc_client **ret)
{
	struct rpc_client *client;
	int r = rpc_client_new(path, &client);

	if (r < 0) {
		return r;
	}
	rpc_client_process(client, link_now_us());
	if (!rpc_client_connected(client)) {
		r = link_probe(path); /* the client does not tell why */
	}
	if (r < 0) {
		rpc_client_free(client);
		return r;
	}
	*ret = client;
	return 0;
}

int link_open(const struct console *console, unsigned int roles, struct link *ret)
{
	unsigned int denied = 0;
	int error = -ENOENT;
	bool found = false;

	*ret = (struct link){ .timeout_us = console->timeout_us };
	if (!is_directory(console->socket)) {
		roles = LINK_ALL; /* the one that was named; chaird says if it does not suffice */
	}
	for (unsigned int role = 0; role < LINK_ROLE_COUNT; role++) {
		char path[256];
		int r;

		if ((roles >> role & 1U) == 0 ||
		    !link_path(console, (enum link_role)role, path, sizeof(path))) {
			continue;
		}
		found = true;
		r = open_path(path, &ret->client);
		if (r == 0) {
			return STATUS_DONE;
		}
		error = r;
		denied |= r == -EACCES || r == -EPERM ? LINK_BIT(role) : 0U;
	}
	return link_no_socket(console, denied, found ? error : -ENAMETOOLONG);
}

void link_close(struct link *link)
{
	link->client = rpc_client_free(link->client);
}

int link_next(struct rpc_client *client, uint64_t deadline_us, struct rpc_message *ret)
{
	for (;;) {
		uint64_t now = link_now_us();
		uint64_t until = rpc_client_deadline_us(client);
		struct pollfd fd = { .fd = rpc_client_fd(client),
				     .events = rpc_client_events(client) };
		int r = rpc_client_next(client, ret);

		if (r != 0) {
			return r;
		}
		if (now >= deadline_us) {
			return 0;
		}
		until = until < deadline_us ? until : deadline_us;
		if (fd.fd < 0 && until < now + 1000U) {
			until = now + 1000U;
		}
		if (until > now) {
			const uint64_t wait_ms = (until - now) / 1000U + 1U;

			/* EINTR and a wait cut short: again */
			(void)poll(&fd, 1, wait_ms < POLL_MAX_MS ? (int)wait_ms : POLL_MAX_MS);
		}
		rpc_client_process(client, link_now_us());
	}
}

/* What chaird refused, in its own words. */
static int say_refusal(const json_t *error)
{
	static const char *const general[] = { "rate_limited", "too_many_clients", "busy", "stale",
					       "no_history" };
	static const char *const usage[] = { "unknown_program", "side_not_offered",
					     "level_out_of_range", "minutes_out_of_range" };
	const json_t *data = json_object_get(error, "data");
	const char *reason = text_of(data, "reason");
	const char *field = text_of(data, "field");
	const json_int_t code = json_integer_value(json_object_get(error, "code"));

	say_error("%s%s%s (%s)", field, field[0] == '\0' ? "" : ": ", text_of(data, "text"),
		  reason);
	if (strncmp(reason, "not_for_", 8) == 0) {
		return STATUS_NOT_PERMITTED;
	}
	for (size_t i = 0; i < sizeof(usage) / sizeof(usage[0]); i++) {
		if (strcmp(reason, usage[i]) == 0) {
			return STATUS_USAGE;
		}
	}
	for (size_t i = 0; i < sizeof(general) / sizeof(general[0]); i++) {
		if (strcmp(reason, general[i]) == 0) {
			return STATUS_FAILED;
		}
	}
	if (code == -32602) {
		return STATUS_USAGE;
	}
	return code == -32000 ? STATUS_REFUSED : STATUS_FAILED;
}

static void pass_note(struct link *link, const struct rpc_message *message)
{
	if (link->watcher.note != NULL && link->verdict == 0) {
		link->verdict =
			link->watcher.note(link->watcher.data, message->method, message->body);
	}
}

/* One message while an answer to @id is awaited. True when this was it, or its loss. */
static bool take_answer(struct link *link, const struct rpc_message *message, uint64_t id,
			json_t **ret, int *ret_status)
{
	if (message->kind == RPC_MESSAGE_NOTIFICATION) {
		pass_note(link, message);
		return false;
	}
	if (message->kind == RPC_MESSAGE_RESULT && message->id == id) {
		if (ret != NULL) {
			*ret = json_incref(message->body);
		}
		*ret_status = STATUS_DONE;
		return true;
	}
	if (message->kind == RPC_MESSAGE_ERROR && message->id == id && message->status == 0) {
		*ret_status = say_refusal(message->body);
		return true;
	}
	if (message->kind == RPC_MESSAGE_ERROR || message->kind == RPC_MESSAGE_DISCONNECTED) {
		say_error("chaird closed the connection; whether it did what was asked is unknown");
		*ret_status = STATUS_NO_DAEMON;
		return true;
	}
	return false;
}

int link_call(struct link *link, const char *method, json_t *params, json_t **ret)
{
	const uint64_t deadline = link_now_us() + link->timeout_us;
	struct rpc_message message = { 0 };
	uint64_t id = 0;
	int status = STATUS_FAILED;
	int r = rpc_client_request(link->client, method, params, &id);

	/* The queue of the socket was full: there will be room, or time runs out. */
	while (r == -ENOTCONN && link_next(link->client, deadline, &message) > 0) {
		rpc_message_clear(&message);
		r = rpc_client_request(link->client, method, params, &id);
	}
	json_decref(params);
	if (r < 0 && r != -ENOTCONN) {
		say_error("%s: %s", method, strerror(-r));
		return STATUS_FAILED;
	}
	while (r == 0 && link_next(link->client, deadline, &message) > 0) {
		const bool done = take_answer(link, &message, id, ret, &status);

		rpc_message_clear(&message);
		if (done) {
			return status;
		}
	}
	say_error("no answer within %g s; the result is unknown", (double)link->timeout_us / 1e6);
	return STATUS_TIMEOUT;
}

int link_follow(struct link *link, uint64_t deadline_us)
{
	struct rpc_message message = { 0 };

	while (link->verdict == 0 && link_next(link->client, deadline_us, &message) > 0) {
		const bool lost = message.kind == RPC_MESSAGE_DISCONNECTED;

		if (message.kind == RPC_MESSAGE_NOTIFICATION) {
			pass_note(link, &message);
		}
		rpc_message_clear(&message);
		if (lost) {
			say_error("chaird closed the connection");
			return STATUS_NO_DAEMON;
		}
	}
	return link->verdict != 0 ? link->verdict : STATUS_TIMEOUT;
}

int link_ask(const struct console *console, unsigned int roles, const char *method, json_t *params,
	     json_t **ret)
{
	struct link link;
	int r = link_open(console, roles, &link);

	if (r != STATUS_DONE) {
		json_decref(params);
		return r;
	}
	r = link_call(&link, method, params, ret);
	link_close(&link);
	return r;
}
