/* SPDX-License-Identifier: MIT */
#include "gateway.h"

#include "../rpc/rpc_line.h"
#include "gateway_log.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#define STABLE_US	 UINT64_C(10000000) /* a connection this old ends the back-off */
#define ATTEMPT_MAX_US	 UINT64_C(60000000) /* an attempt without any outcome is given up */
#define IDLE_US		 UINT64_C(10000000)
#define DROPPED_EVERY_US UINT64_C(10000000)
#define SLOW_EVERY_US	 UINT64_C(60000000)
#define GREET_SPREAD_US	 UINT64_C(2000000) /* after Home Assistant was born */
#define GOODBYE_MS	 1000

static uint64_t clock_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
	return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

bool gateway_bucket_take(struct gateway_bucket *bucket, uint64_t now_us, double per_s, double burst)
{
	bucket->tokens += (double)(now_us - bucket->filled_us) * 1e-6 * per_s;
	if (bucket->filled_us == 0 || bucket->tokens > burst) {
		bucket->tokens = burst;
	}
	bucket->filled_us = now_us;
	if (bucket->tokens < 1.0) {
		return false;
	}
	bucket->tokens -= 1.0;
	return true;
}

int gateway_publish(struct gateway *gateway, const char *topic, const char *payload, int qos,
		    bool retained)
{
	char whole[96];
	const struct mqtt_publication publication = {
		.topic = whole,
		.payload = payload,
		.length = strlen(payload),
		.qos = qos,
		.retained = retained,
	};
	int r;

	(void)snprintf(whole, sizeof(whole), "%s%s", gateway->prefix, topic);
	r = mqtt_link_publish(gateway->link, &publication);
	gateway->left_out += r == -ENOBUFS;
	return r;
}

int gateway_publish_json(struct gateway *gateway, const char *topic, json_t *document, int qos,
			 bool retained)
{
	char *text = json_dumps(document, RPC_JSON);
	int r;

	if (text == NULL) {
		return -ENOMEM;
	}
	r = gateway_publish(gateway, topic, text, qos, retained);
	free(text);
	return r;
}

/* The delay before the next attempt: doubling, with up to a quarter more by chance, so that a
 * house full of chairs does not come back in step. */
static void schedule_connect(struct gateway *gateway, bool was_stable)
{
	const struct mqtt_config *config = gateway->config;
	uint32_t chance = 0;
	uint64_t delay_ms;

	if (was_stable || gateway->delay_ms == 0) {
		gateway->delay_ms = config->reconnect_min_ms;
	} else if (gateway->delay_ms > config->reconnect_max_ms / 2U) {
		gateway->delay_ms = config->reconnect_max_ms;
	} else {
		gateway->delay_ms *= 2U;
	}
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) != (ssize_t)sizeof(chance)) {
		chance = 0; /* no chance will do as well */
	}
	delay_ms = gateway->delay_ms + chance % (gateway->delay_ms / 4U + 1U);
	gateway->connect_at_us = gateway->now_us + delay_ms * 1000U;
}

static const char *explain(enum mqtt_link_cause cause)
{
	switch (cause) {
	case MQTT_LINK_CAUSE_UNREACHABLE:
		return "cannot be reached: nobody listens there, or it hangs up at once";
	case MQTT_LINK_CAUSE_NO_HOST:
		return "cannot be reached: its name has no address; look at broker: and at the "
		       "name service";
	case MQTT_LINK_CAUSE_HUNG_UP:
		return "hangs up before it answers; is it an MQTT 5 broker?";
	case MQTT_LINK_CAUSE_TIMEOUT:
		return "does not answer in time";
	case MQTT_LINK_CAUSE_TLS:
		return "fails the TLS handshake";
	case MQTT_LINK_CAUSE_EXPIRED:
		return "has a certificate that has expired, or this computer's clock is wrong";
	case MQTT_LINK_CAUSE_UNTRUSTED:
		return "has a certificate that no authority which we trust has signed; look at "
		       "tls: ca_file";
	case MQTT_LINK_CAUSE_OWN_CERTIFICATE:
		return "asks for our certificate and then hangs up; look at tls: cert_file";
	case MQTT_LINK_CAUSE_HOST_NAME:
		return "has a certificate for another host name; broker: must be the name that "
		       "the certificate is made out for";
	case MQTT_LINK_CAUSE_CREDENTIALS:
		return "refuses our user name or password";
	case MQTT_LINK_CAUSE_CLIENT_ID:
		return "refuses our client id";
	case MQTT_LINK_CAUSE_REFUSED:
		return "refuses the connection";
	case MQTT_LINK_CAUSE_TAKEN_OVER:
		return "has given our place to another client with the same client id";
	case MQTT_LINK_CAUSE_LOST:
		return "has closed the connection";
	case MQTT_LINK_CAUSE_LOCAL:
		return "cannot be connected to for a reason on this side";
	case MQTT_LINK_CAUSE_UNKNOWN:
		break;
	}
	return "is not connected";
}

static const char *cause_name(enum mqtt_link_cause cause)
{
	static const char *const fields[] = {
		[MQTT_LINK_CAUSE_UNKNOWN] = "CHAIR_CAUSE=unknown",
		[MQTT_LINK_CAUSE_UNREACHABLE] = "CHAIR_CAUSE=unreachable",
		[MQTT_LINK_CAUSE_NO_HOST] = "CHAIR_CAUSE=no_host",
		[MQTT_LINK_CAUSE_HUNG_UP] = "CHAIR_CAUSE=hung_up",
		[MQTT_LINK_CAUSE_TIMEOUT] = "CHAIR_CAUSE=timeout",
		[MQTT_LINK_CAUSE_TLS] = "CHAIR_CAUSE=tls",
		[MQTT_LINK_CAUSE_EXPIRED] = "CHAIR_CAUSE=expired",
		[MQTT_LINK_CAUSE_UNTRUSTED] = "CHAIR_CAUSE=untrusted",
		[MQTT_LINK_CAUSE_OWN_CERTIFICATE] = "CHAIR_CAUSE=own_certificate",
		[MQTT_LINK_CAUSE_HOST_NAME] = "CHAIR_CAUSE=host_name",
		[MQTT_LINK_CAUSE_CREDENTIALS] = "CHAIR_CAUSE=credentials",
		[MQTT_LINK_CAUSE_CLIENT_ID] = "CHAIR_CAUSE=client_id",
		[MQTT_LINK_CAUSE_REFUSED] = "CHAIR_CAUSE=refused",
		[MQTT_LINK_CAUSE_TAKEN_OVER] = "CHAIR_CAUSE=taken_over",
		[MQTT_LINK_CAUSE_LOST] = "CHAIR_CAUSE=lost",
		[MQTT_LINK_CAUSE_LOCAL] = "CHAIR_CAUSE=local",
	};

	return fields[cause];
}

/* Once for each change of the cause, not for each attempt. */
static void tell_trouble(struct gateway *gateway, const struct mqtt_link_news *news)
{
	const struct mqtt_config *config = gateway->config;

	if (gateway->told.cause == news->cause && gateway->told.code == news->code &&
	    strcmp(gateway->told.text, news->text) == 0) {
		return;
	}
	gateway->told = *news;
	gateway_log(
		GATEWAY_LOG_BROKER_DOWN, LOG_WARNING, cause_name(news->cause),
		"the broker at %s:%u %s%s%s%s (%s code %d); trying again for ever", config->host,
		config->port, explain(news->cause), news->text[0] != '\0' ? ": \"" : "", news->text,
		news->text[0] != '\0' ? "\"" : "", news->code > 0 ? "MQTT" : "library", news->code);
	(void)sd_notifyf(0, "STATUS=The broker %s.", explain(news->cause)); /* a courtesy */
}

static void broker_connect(struct gateway *gateway)
{
	struct mqtt_link_news news = { .cause = MQTT_LINK_CAUSE_LOCAL };
	int r;

	gateway->attempt_us = gateway->now_us;
	gateway->connect_at_us = UINT64_MAX;
	r = mqtt_link_connect(gateway->link);
	if (r < 0) {
		news.code = r;
		(void)snprintf(news.text, sizeof(news.text), "%s", strerror(-r));
		tell_trouble(gateway, &news);
		schedule_connect(gateway, false);
	}
}

static void broker_up(struct gateway *gateway)
{
	gateway->attempt_us = gateway->now_us;
	gateway->told = (struct mqtt_link_news){ 0 };
	gateway_chair_forget_broker(gateway);
	gateway_log(GATEWAY_LOG_BROKER_UP, LOG_INFO, NULL, "connected to the broker at %s:%u",
		    gateway->config->host, gateway->config->port);
	(void)sd_notifyf(0, "STATUS=Connected to %s.", gateway->config->host); /* a courtesy */
	if (mqtt_link_subscribe(gateway->link) < 0) {
		gateway_log(GATEWAY_LOG_INTERNAL, LOG_ERR, NULL, "cannot subscribe");
	}
}

static void broker_turn(struct gateway *gateway)
{
	struct mqtt_link_news news;
	bool stable;

	mqtt_link_take_news(gateway->link, &news);
	if (news.connected) {
		broker_up(gateway);
	}
	if (news.born) {
		/* Not all chairs of a house at once. */
		gateway->greet_at_us = gateway->now_us + 1U + gateway->now_us % GREET_SPREAD_US;
	}
	if (news.refusals > 0 && gateway_bucket_take(&gateway->lines, gateway->now_us, 0.5, 10.0)) {
		gateway_log(GATEWAY_LOG_PUBLISH_REFUSED, LOG_WARNING, NULL,
			    "the broker refused %u of our messages or subscriptions (MQTT code "
			    "%d); look at its access list",
			    news.refusals, news.refusal_code);
	}
	/* A loss may be told twice; the second time the next attempt is planned already. */
	if ((news.failed || news.lost) && gateway->connect_at_us == UINT64_MAX) {
		stable = news.lost && gateway->now_us - gateway->attempt_us >= STABLE_US;
		tell_trouble(gateway, &news);
		schedule_connect(gateway, stable);
	}
	if (mqtt_link_connecting(gateway->link) &&
	    gateway->now_us - gateway->attempt_us >= ATTEMPT_MAX_US) {
		news.cause = MQTT_LINK_CAUSE_TIMEOUT;
		tell_trouble(gateway, &news);
		broker_connect(gateway);
	} else if (gateway->now_us >= gateway->connect_at_us) {
		broker_connect(gateway);
	}
}

static void tell_dropped(struct gateway *gateway)
{
	uint64_t dropped;

	if (gateway->now_us - gateway->dropped_told_us < DROPPED_EVERY_US) {
		return;
	}
	dropped = mqtt_queue_take_dropped(&gateway->queue) + gateway->unlogged;
	if (dropped > 0) {
		gateway->dropped_told_us = gateway->now_us;
		gateway->unlogged = 0;
		gateway_log(GATEWAY_LOG_COMMAND_IGNORED, LOG_WARNING, NULL,
			    "%llu more messages on the command topics were too many or too long "
			    "and were ignored",
			    (unsigned long long)dropped);
	}
}

static void tell_slow(struct gateway *gateway)
{
	if (gateway->left_out == 0 ||
	    (gateway->left_out_told_us != 0 &&
	     gateway->now_us - gateway->left_out_told_us < SLOW_EVERY_US)) {
		return;
	}
	gateway_log(GATEWAY_LOG_BROKER_SLOW, LOG_WARNING, NULL,
		    "the broker takes our messages too slowly; %llu had to be left out (a state is "
		    "told later, events and telemetry are not)",
		    (unsigned long long)gateway->left_out);
	gateway->left_out_told_us = gateway->now_us;
	gateway->left_out = 0;
}

static void feed_watchdog(struct gateway *gateway)
{
	if (gateway->watchdog_us > 0 &&
	    gateway->now_us - gateway->fed_us >= gateway->watchdog_us / 3U) {
		(void)sd_notify(0, "WATCHDOG=1"); /* unheard, systemd restarts us: as it should */
		gateway->fed_us = gateway->now_us;
	}
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Sleep until something happens or is due. */
static void wait_for_work(struct gateway *gateway)
{
	struct pollfd fds[3] = {
		{ .fd = gateway->queue.event_fd, .events = POLLIN },
		{ .fd = gateway->signal_fd, .events = POLLIN },
		{ .fd = rpc_client_fd(gateway->rpc), .events = rpc_client_events(gateway->rpc) },
	};
	uint64_t until_us = gateway->now_us + IDLE_US;
	uint64_t wait_us = 0;

	until_us = earlier(until_us, gateway->connect_at_us);
	until_us = earlier(until_us, gateway_chair_deadline_us(gateway));
	until_us = earlier(until_us, gateway_command_deadline_us(gateway));
	if (gateway->watchdog_us > 0) {
		until_us = earlier(until_us, gateway->fed_us + gateway->watchdog_us / 3U);
	}
	gateway->now_us = clock_us();
	if (until_us > gateway->now_us) {
		wait_us = until_us - gateway->now_us + 999U; /* never early: no second turn */
	}
	if (poll(fds, 3, (int)(wait_us / 1000U)) < 0 && errno != EINTR) {
		gateway_log(GATEWAY_LOG_INTERNAL, LOG_ERR, NULL, "poll: %s", strerror(errno));
	}
	gateway->now_us = clock_us();
}

static void read_signals(struct gateway *gateway)
{
	struct signalfd_siginfo info;

	if (read(gateway->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		gateway->stopping = true;
	}
}

static void drain_event(struct gateway *gateway)
{
	uint64_t count;

	/* EAGAIN when nothing woke us by it. */
	if (read(gateway->queue.event_fd, &count, sizeof(count)) < 0 && errno != EAGAIN) {
		gateway_log(GATEWAY_LOG_INTERNAL, LOG_ERR, NULL, "eventfd: %s", strerror(errno));
	}
}

static void run_loop(struct gateway *gateway)
{
	while (!gateway->stopping) {
		drain_event(gateway);
		gateway_command_turn(gateway); /* first: there may be a stop */
		gateway_chair_turn(gateway);
		gateway_command_expire(gateway);
		broker_turn(gateway);
		gateway_chair_publish(gateway);
		tell_dropped(gateway);
		tell_slow(gateway);
		feed_watchdog(gateway);
		wait_for_work(gateway);
		read_signals(gateway);
	}
}

static void say_goodbye(struct gateway *gateway)
{
	char topic[96];
	const struct mqtt_publication offline = {
		.topic = topic,
		.payload = "offline",
		.length = strlen("offline"),
		.qos = 1,
		.retained = true,
	};

	(void)sd_notify(0, "STOPPING=1"); /* a courtesy */
	(void)snprintf(topic, sizeof(topic), "%savailability", gateway->prefix);
	mqtt_link_goodbye(gateway->link, &offline, GOODBYE_MS);
}

/* The library's threads are made later and inherit the mask: signals come to the loop only. */
static int open_signals(void)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set); /* these cannot fail */
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

static int open_all(struct gateway *gateway)
{
	int r;

	gateway->signal_fd = open_signals();
	if (gateway->signal_fd < 0) {
		return gateway->signal_fd;
	}
	r = mqtt_queue_init(&gateway->queue);
	if (r < 0) {
		goto out_signals;
	}
	r = rpc_client_new(gateway->config->socket, &gateway->rpc);
	if (r < 0) {
		goto out_queue;
	}
	r = mqtt_link_new(gateway->config, gateway->prefix, &gateway->queue, &gateway->link);
	if (r < 0) {
		goto out_rpc;
	}
	return 0;

out_rpc:
	gateway->rpc = rpc_client_free(gateway->rpc);
out_queue:
	mqtt_queue_clear(&gateway->queue);
out_signals:
	(void)close(gateway->signal_fd); /* nothing to lose */
	return r;
}

int gateway_run(const struct mqtt_config *config)
{
	struct gateway *gateway;
	int r;

	assert(config != NULL);

	gateway = calloc(1, sizeof(*gateway));
	if (gateway == NULL) {
		return -ENOMEM;
	}
	gateway->config = config;
	gateway->published_online = -1;
	(void)snprintf(gateway->prefix, sizeof(gateway->prefix), "chair/%s/", config->chair);
	r = open_all(gateway);
	if (r < 0) {
		gateway_log(GATEWAY_LOG_INTERNAL, LOG_ERR, NULL, "cannot start: %s", strerror(-r));
		free(gateway);
		return r;
	}
	if (sd_watchdog_enabled(0, &gateway->watchdog_us) <= 0) {
		gateway->watchdog_us = 0;
	}
	gateway->now_us = clock_us();
	gateway_log(GATEWAY_LOG_STARTED, LOG_INFO, NULL, "started for chair %s, broker %s:%u%s",
		    config->chair, config->host, config->port, config->tls ? " over TLS" : "");
	(void)sd_notify(0, "READY=1"); /* without systemd there is nobody to tell */
	run_loop(gateway);
	say_goodbye(gateway);
	gateway->link = mqtt_link_free(gateway->link);
	gateway_command_clear(gateway);
	gateway_chair_clear(gateway);
	gateway->rpc = rpc_client_free(gateway->rpc);
	mqtt_queue_clear(&gateway->queue);
	(void)close(gateway->signal_fd); /* nothing to lose */
	gateway_log(GATEWAY_LOG_STARTED, LOG_INFO, NULL, "stopped");
	free(gateway);
	return 0;
}
