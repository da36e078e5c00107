/* SPDX-License-Identifier: MIT */
#include "web_server.h"

#include "web_log.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#define S_US		UINT64_C(1000000)
#define TICK_US		(S_US / 2U)
#define GOODBYE_US	(S_US / 2U)
#define HEADER_S	5
#define KEEPALIVE_S	5
#define VISIT_MAX_US	(60U * S_US) /* of a connection that never becomes a WebSocket */
#define PING_S		20
#define HANGUP_S	30
#define HEADER_BYTES	4096
#define BACKLOG		16
#define ACCEPT_AT_ONCE	8U
#define ARRIVALS_PER_S	20.0
#define ARRIVALS_BURST	40.0
#define SEND_BUFFER	65536 /* so that a browser that does not read is soon seen not to */
#define PROTOCOL_CHAIRD "chaird"
#define PROTOCOL_SYSTEM "system"

uint64_t web_server_now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
	return (uint64_t)now.tv_sec * S_US + (uint64_t)now.tv_nsec / 1000U;
}

int64_t web_server_wall_s(void)
{
	return time(NULL);
}

void web_server_log_refusal(struct web_server *server, const char *cause, const char *text)
{
	char field[64];

	if (!web_bucket_take(&server->lines, web_server_now_us(), 0.5, 10.0, 1.0)) {
		server->unlogged++;
		return;
	}
	(void)snprintf(field, sizeof(field), "CHAIR_CAUSE=%s", cause);
	web_log(WEB_LOG_REFUSED, LOG_NOTICE, field, "%s%s", text,
		server->unlogged > 0 ? " (and more that are not told)" : "");
	server->unlogged = 0;
}

size_t web_server_tell_panels(struct web_server *server, const char *text)
{
	size_t told = 0;

	for (struct web_conn *conn = server->conns; conn != NULL; conn = conn->next) {
		if (conn->open && !conn->closing && !conn->lan) {
			web_bridge_send(conn, WEB_LINE_KEPT, text, strlen(text));
			told++;
		}
	}
	return told;
}

/* ---- connections ---- */

static void conn_free(struct web_conn *conn)
{
	struct web_server *server = conn->server;

	web_bridge_clear(conn);
	web_peers_leave(&server->peers, conn->place);
	if (conn->previous != NULL) {
		conn->previous->next = conn->next;
	} else {
		server->conns = conn->next;
	}
	if (conn->next != NULL) {
		conn->next->previous = conn->previous;
	}
	free(conn);
}

static struct web_address address_of(const struct sockaddr_storage *from)
{
	struct web_address address = { .bytes = { [10] = 0xff, [11] = 0xff } };

	if (from->ss_family == AF_INET6) {
		memcpy(address.bytes, &((const struct sockaddr_in6 *)from)->sin6_addr, 16);
	} else {
		memcpy(address.bytes + 12, &((const struct sockaddr_in *)from)->sin_addr, 4);
	}
	return address;
}

/* Hands @fd over, whatever happens. */
static void take_in(struct web_listener *listener, int fd, const struct web_address *address)
{
	struct web_server *server = listener->server;
	struct web_conn *conn = calloc(1, sizeof(*conn));
	const int size = SEND_BUFFER;
	const int one = 1;
	int place = -ENOMEM;

	if (conn != NULL) {
		place = web_peers_enter(&server->peers, &server->config->limits, listener->lan,
					address);
	}
	if (place < 0) {
		web_server_log_refusal(server, "too_many", "a connection was too many");
		(void)close(fd); /* nothing was promised */
		free(conn);
		return;
	}
	*conn = (struct web_conn){
		.kind = WEB_KIND_CONN,
		.server = server,
		.next = server->conns,
		.lan = listener->lan,
		.place = (size_t)place,
		.accepted_us = web_server_now_us(),
	};
	if (conn->next != NULL) {
		conn->next->previous = conn;
	}
	server->conns = conn;
	/* Without these it works too, only slower. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	/* The library may close it before it returns, or return nothing and close it later: what
	 * counts is whether it has made anything of it (on_create) and has let go of it
	 * (on_destroy). */
	server->adopting = conn;
	(void)lws_adopt_descriptor_vhost_via_info(&(lws_adopt_desc_t){
		.vh = server->vhost,
		.type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP |
			(listener->lan ? LWS_ADOPT_ALLOW_SSL : 0),
		.fd = { .sockfd = fd },
		.opaque = conn,
	});
	if (server->adopting != NULL && conn->wsi == NULL) {
		conn_free(conn); /* the descriptor is closed */
	}
	server->adopting = NULL;
}

static void accept_all(struct web_listener *listener, int listen_fd)
{
	struct web_server *server = listener->server;
	struct sockaddr_storage from = { 0 };
	struct web_address address;
	socklen_t length;
	int fd;

	for (unsigned int i = 0; i < ACCEPT_AT_ONCE; i++) {
		length = sizeof(from);
		fd = accept4(listen_fd, (struct sockaddr *)&from, &length,
			     SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			return; /* none left, or gone again */
		}
		address = address_of(&from);
		if (listener->lan && !web_bucket_take(&server->arrivals, web_server_now_us(),
						      ARRIVALS_PER_S, ARRIVALS_BURST, 1.0)) {
			web_server_log_refusal(server, "too_often", "too many new connections");
			(void)close(fd); /* nothing was promised */
			continue;
		}
		take_in(listener, fd, &address);
	}
}

/* ---- pairing on the panels' screens ---- */

size_t web_server_tell_pairing(struct web_server *server, const char *outcome, const char *name)
{
	const uint64_t now_us = web_server_now_us();
	json_t *note;
	char *text;
	size_t told = 0;

	if (outcome == NULL) {
		note = json_pack("{s:s, s:s, s:{s:s, s:i}}", "jsonrpc", "2.0", "method", "pairing",
				 "params", "code", server->pairing.code, "expires_s",
				 (int)web_pairing_remaining_s(&server->pairing, now_us));
	} else {
		note = json_pack("{s:s, s:s, s:{s:n, s:i, s:s, s:s?}}", "jsonrpc", "2.0", "method",
				 "pairing", "params", "code", "expires_s", 0, "outcome", outcome,
				 "name", name);
	}
	text = note == NULL ? NULL : json_dumps(note, JSON_COMPACT);
	if (text != NULL) {
		told = web_server_tell_panels(server, text);
	}
	free(text);
	json_decref(note);
	return told;
}

/* ---- time ---- */

static void end_long_visits(struct web_server *server, uint64_t now_us)
{
	for (struct web_conn *conn = server->conns; conn != NULL; conn = conn->next) {
		if (!conn->open && conn->wsi != NULL && now_us - conn->accepted_us > VISIT_MAX_US) {
			lws_set_timeout(conn->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
		}
	}
}

static void on_tick(lws_sorted_usec_list_t *tick)
{
	struct web_server *server = lws_container_of(tick, struct web_server, tick);
	const uint64_t now_us = web_server_now_us();

	if (web_pairing_expire(&server->pairing, now_us)) {
		(void)web_server_tell_pairing(server, "expired", NULL); /* to whoever is there */
	}
	end_long_visits(server, now_us);
	if (server->watchdog_us > 0) {
		(void)sd_notify(0, "WATCHDOG=1"); /* unheard, systemd restarts us: as it should */
	}
	lws_sul_schedule(server->context, 0, &server->tick, on_tick, (lws_usec_t)TICK_US);
}

/* ---- what the library calls ---- */

static void *object_of(struct lws *wsi, enum web_kind kind)
{
	enum web_kind *object = lws_get_opaque_user_data(wsi);

	return object != NULL && *object == kind ? object : NULL;
}

static void on_create(struct lws *wsi)
{
	struct web_server *server = lws_context_user(lws_get_context(wsi));

	if (server->adopting != NULL) {
		server->adopting->wsi = wsi;
	}
}

/* The last that is heard of a connection; comes for every kind. */
static void on_destroy(struct lws *wsi)
{
	struct web_conn *conn = object_of(wsi, WEB_KIND_CONN);
	struct web_link *link = object_of(wsi, WEB_KIND_LINK);

	if (conn != NULL) {
		if (conn->server->adopting == conn) {
			conn->server->adopting = NULL;
		}
		conn_free(conn);
	}
	if (link != NULL) {
		web_bridge_link_gone(link);
	}
	lws_set_opaque_user_data(wsi, NULL);
}

static int on_browser(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
		      size_t length)
{
	struct web_conn *conn = object_of(wsi, WEB_KIND_CONN);

	(void)user;
	if (reason == LWS_CALLBACK_WSI_CREATE) {
		on_create(wsi);
		return 0;
	}
	if (reason == LWS_CALLBACK_WSI_DESTROY) {
		on_destroy(wsi);
		return 0;
	}
	if (conn == NULL) {
		return 0; /* of the protocol as such */
	}
	switch ((int)reason) { /* there are a hundred more, none of our business */
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return web_http_upgrade(conn, in);
	case LWS_CALLBACK_HTTP:
		return web_http_request(conn, in, length);
	case LWS_CALLBACK_HTTP_BODY:
		return web_pair_body(conn, in, length);
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return web_pair_complete(conn);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return web_http_writable(conn);
	case LWS_CALLBACK_ESTABLISHED:
		return web_bridge_open(conn);
	case LWS_CALLBACK_RECEIVE:
		return web_bridge_receive(conn, in, length);
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return web_bridge_writable(conn);
	case LWS_CALLBACK_CLOSED:
		web_bridge_clear(conn);
		return 0;
	case LWS_CALLBACK_RAW_ADOPT: /* by the method CONNECT */
	case LWS_CALLBACK_RAW_RX:
		return -1;
	default:
		return 0;
	}
}

static int on_chaird(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
		     size_t length)
{
	struct web_link *link = object_of(wsi, WEB_KIND_LINK);

	(void)user;
	(void)in;
	(void)length;
	if (link == NULL) {
		/* A browser that names this protocol gets nowhere. */
		return reason == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION ? -1 : 0;
	}
	if (reason == LWS_CALLBACK_RAW_RX_FILE) {
		return web_bridge_link_readable(link);
	}
	if (reason == LWS_CALLBACK_RAW_WRITEABLE_FILE) {
		return web_bridge_link_writable(link);
	}
	return 0;
}

static int on_system(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
		     size_t length)
{
	struct web_listener *listener = object_of(wsi, WEB_KIND_LISTENER);
	struct web_signals *signals = object_of(wsi, WEB_KIND_SIGNALS);
	struct signalfd_siginfo info;

	(void)user;
	(void)in;
	(void)length;
	if (reason == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION) {
		return -1;
	}
	if (reason != LWS_CALLBACK_RAW_RX_FILE) {
		return 0;
	}
	if (listener != NULL) {
		accept_all(listener, lws_get_socket_fd(wsi));
	}
	if (signals != NULL && read(signals->fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		signals->server->stopping = true;
		lws_cancel_service(signals->server->context);
	}
	return 0;
}

static const struct lws_protocols protocols[] = {
	/* The first one is what browsers get that name none. */
	{ .name = "chair",
	  .callback = on_browser,
	  .rx_buffer_size = 4096,
	  .tx_packet_size = WEB_FRAME_MAX },
	{ .name = PROTOCOL_CHAIRD, .callback = on_chaird },
	{ .name = PROTOCOL_SYSTEM, .callback = on_system },
	{ 0 },
};

static void log_library(int level, const char *line)
{
	(void)level; /* errors only, see lws_set_log_level() below */
	if (strstr(line, "netlink") != NULL) {
		return; /* 4.3 would watch routes; the unit denies it, and all is well without */
	}
	web_log(WEB_LOG_INTERNAL, LOG_WARNING, NULL, "libwebsockets: %.*s",
		(int)strcspn(line, "\n"), line);
}

/* ---- start and end ---- */

/* Gives @fd to the library's poll. Returns 0 or -errno; the descriptor is taken over. */
static int watch(struct web_server *server, int fd, void *object)
{
	if (lws_adopt_descriptor_vhost_via_info(&(lws_adopt_desc_t){
		    .vh = server->vhost,
		    .type = LWS_ADOPT_RAW_FILE_DESC,
		    .fd = { .filefd = fd },
		    .vh_prot_name = PROTOCOL_SYSTEM,
		    .opaque = object,
	    }) == NULL) {
		(void)close(fd); /* the library has not */
		return -ENOMEM;
	}
	return 0;
}

static int open_listener(const char *text, uint16_t port)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	const bool is_v4 = inet_pton(AF_INET, text, &v4.sin_addr) == 1;
	const int one = 1;
	int fd;
	int r;

	if (!is_v4 && inet_pton(AF_INET6, text, &v6.sin6_addr) != 1) {
		return -EINVAL;
	}
	fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		return -errno;
	}
	/* A restart must not wait for old connections; failing that, bind says so. */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	r = is_v4 ? bind(fd, (const struct sockaddr *)&v4, sizeof(v4))
		  : bind(fd, (const struct sockaddr *)&v6, sizeof(v6));
	if (r < 0 || listen(fd, BACKLOG) < 0) {
		r = -errno;
		(void)close(fd); /* nothing to lose */
		return r;
	}
	return fd;
}

static int start_listening(struct web_server *server, struct web_listener *listener,
			   const char *address, uint16_t port)
{
	const int fd = open_listener(address, port);

	if (fd < 0) {
		web_log(WEB_LOG_INTERNAL, LOG_ERR, NULL, "cannot listen at %s port %u: %s", address,
			port, strerror(-fd));
		return fd;
	}
	listener->kind = WEB_KIND_LISTENER;
	listener->server = server;
	return watch(server, fd, listener);
}

static int start_signals(struct web_server *server)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set); /* these cannot fail */
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0) {
		return -errno;
	}
	server->signals = (struct web_signals){ WEB_KIND_SIGNALS, server, fd };
	return watch(server, fd, &server->signals);
}

/* One virtual host: which listener a connection came to is our own knowledge, so the Host header
 * by which the library would choose among several decides nothing. */
static int start_library(struct web_server *server)
{
	static const lws_retry_bo_t liveness = {
		.secs_since_valid_ping = PING_S,
		.secs_since_valid_hangup = HANGUP_S,
	};
	const struct web_config *config = server->config;
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.protocols = protocols,
		.vhost_name = "chair-web",
		.server_string = "chair-web",
		.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
		.timeout_secs = HEADER_S,
		.timeout_secs_ah_idle = HEADER_S,
		.keepalive_timeout = KEEPALIVE_S,
		.max_http_header_data = HEADER_BYTES,
		.max_http_header_pool = WEB_PEERS_MAX,
		.retry_and_idle_policy = &liveness,
		.alpn = "http/1.1",
		.user = server,
	};

	lws_set_log_level(LLL_ERR, log_library);
	if (config->lan) {
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
		info.ssl_cert_filepath = config->certificate;
		info.ssl_private_key_filepath = config->key;
		info.ssl_options_set =
			(long)(SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 |
			       SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
		info.ssl_cipher_list = "ECDHE+AESGCM:ECDHE+CHACHA20";
	}
	server->context = lws_create_context(&info);
	if (server->context == NULL) {
		return -ENOMEM;
	}
	server->vhost = lws_create_vhost(server->context, &info);
	if (server->vhost == NULL) {
		web_log(WEB_LOG_INTERNAL, LOG_ERR, NULL, "cannot use %s with %s",
			config->certificate, config->key);
		return -EINVAL;
	}
	return 0;
}

static void load_panel(struct web_server *server)
{
	const char *directory = server->config->panel;
	const int r = web_static_load(directory, &server->files);

	if (r < 0) {
		/* The bridge works without; a browser that has the page open gets its chair back.
		 */
		web_log(WEB_LOG_PANEL, LOG_ERR, NULL, "no panel in %s: %s", directory,
			strerror(-r));
		return;
	}
	web_log(WEB_LOG_PANEL, LOG_INFO, NULL, "%zu files of the panel in %s, %zu bytes%s",
		server->files.count, directory, server->files.bytes,
		server->files.skipped > 0 ? "; some were left out (links, too large, odd names)"
					  : "");
}

static int load_phones(struct web_server *server)
{
	const char *directory = server->config->state;
	int r;

	if (!server->config->lan) {
		return 0;
	}
	r = web_phones_load(directory, &server->phones);
	if (r == -EBADMSG) {
		web_log(WEB_LOG_PHONES, LOG_ERR, NULL,
			"%s/phones.json cannot be understood and was set aside: phones must be "
			"paired anew",
			directory);
		return 0;
	}
	if (r < 0) {
		web_log(WEB_LOG_PHONES, LOG_ERR, NULL, "cannot read the paired phones in %s: %s",
			directory, strerror(-r));
	}
	return r;
}

static int start_all(struct web_server *server)
{
	const struct web_config *config = server->config;
	int r;

	load_panel(server);
	r = load_phones(server);
	if (r < 0) {
		return r;
	}
	r = start_library(server);
	if (r < 0) {
		return r;
	}
	r = start_signals(server);
	if (r < 0) {
		return r;
	}
	r = start_listening(server, &server->loopback, config->listen, config->port);
	if (r == 0 && config->lan) {
		server->lan.lan = true;
		r = start_listening(server, &server->lan, config->lan_listen, config->lan_port);
	}
	return r;
}

static bool anyone_open(const struct web_server *server)
{
	for (const struct web_conn *conn = server->conns; conn != NULL; conn = conn->next) {
		if (conn->open) {
			return true;
		}
	}
	return false;
}

/* So that a panel knows at once and comes back soon. Who does not read is not waited for. */
static void say_goodbye(struct web_server *server)
{
	const uint64_t until_us = web_server_now_us() + GOODBYE_US;

	for (struct web_conn *conn = server->conns; conn != NULL; conn = conn->next) {
		if (conn->open) {
			web_bridge_end(conn, WEB_CLOSE_GOING_AWAY);
		}
	}
	lws_sul_schedule(server->context, 0, &server->tick, on_tick, (lws_usec_t)GOODBYE_US);
	while (anyone_open(server) && web_server_now_us() < until_us) {
		if (lws_service(server->context, 0) < 0) {
			return;
		}
	}
}

static int run_loop(struct web_server *server)
{
	int r = 0;

	if (sd_watchdog_enabled(0, &server->watchdog_us) <= 0) {
		server->watchdog_us = 0;
	}
	on_tick(&server->tick);
	web_log(WEB_LOG_STARTED, LOG_INFO, NULL, "listening at %s port %u%s%s",
		server->config->listen, server->config->port,
		server->config->lan ? ", and for phones at " : "",
		server->config->lan ? server->config->lan_listen : "");
	(void)sd_notify(0, "READY=1"); /* without systemd there is nobody to tell */
	while (!server->stopping) {
		if (lws_service(server->context, 0) < 0) {
			web_log(WEB_LOG_INTERNAL, LOG_ERR, NULL, "the library cannot go on");
			r = -EIO;
			break;
		}
	}
	(void)sd_notify(0, "STOPPING=1"); /* a courtesy */
	if (r == 0) {
		say_goodbye(server);
	}
	lws_sul_cancel(&server->tick);
	return r;
}

int web_server_run(const struct web_config *config)
{
	struct web_server *server;
	int r;

	assert(config != NULL);

	server = calloc(1, sizeof(*server));
	if (server == NULL) {
		return -ENOMEM;
	}
	server->config = config;
	r = start_all(server);
	if (r == 0) {
		r = run_loop(server);
	}
	if (server->context != NULL) {
		lws_context_destroy(server->context); /* ends every connection */
	}
	if (r == 0 && server->phones.unsaved && web_phones_save(&server->phones) < 0) {
		web_log(WEB_LOG_PHONES, LOG_WARNING, NULL,
			"cannot write when phones were last seen");
	}
	web_static_clear(&server->files);
	if (r == 0) {
		web_log(WEB_LOG_STARTED, LOG_INFO, NULL, "stopped");
	}
	free(server);
	return r;
}
