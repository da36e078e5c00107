/* SPDX-License-Identifier: MIT */
#include "mqtt_link.h"

#include "mqtt_map.h"

#include <assert.h>
#include <errno.h>
#include <MQTTAsync.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_S  10
#define BUFFERED_MAX	   64 /* publishes on their way through the library */
#define INFLIGHT_MAX	   20
#define PACKET_MAX	   32768U /* what the broker may send us; commands are short */
#define DISCONNECT_WAIT_MS 500	  /* for what is in flight */
#define DISCONNECT_WAIT_US UINT64_C(1000000)
#define TOPIC_MAX	   80

struct mqtt_link {
	const struct mqtt_config *config;
	struct mqtt_queue *queue;
	MQTTAsync handle;
	MQTTAsync keeper; /* never connects: with its last handle Paho would start anew each time,
			     which leaks */
	char uri[300];
	char prefix[TOPIC_MAX];
	size_t prefix_length;
	char will_topic[TOPIC_MAX];
	char command_topic[TOPIC_MAX];
	char set_topic[TOPIC_MAX];
	char birth_topic[128];
	_Atomic bool used; /* the handle has been connected: it may hold leftovers */
	_Atomic bool connected;
	_Atomic bool connecting;
	pthread_mutex_t lock; /* news, tls_text, trace_cause, asked */
	struct mqtt_link_news news;
	char tls_text[160];
	enum mqtt_link_cause trace_cause; /* what only Paho's trace tells */
	bool asked;			  /* the broker has asked for our certificate */
};

/* Paho's trace callback has no context; there is one link in the program. */
static struct mqtt_link *_Atomic trace_link;

static uint64_t now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
	return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

static void lock(struct mqtt_link *link)
{
	const int r = pthread_mutex_lock(&link->lock);

	assert(r == 0);
	(void)r;
}

static void unlock(struct mqtt_link *link)
{
	const int r = pthread_mutex_unlock(&link->lock);

	assert(r == 0);
	(void)r;
}

/* --- on the library's threads -------------------------------------------------------------- */

static void read_properties(MQTTProperties *properties, struct mqtt_message_parts *parts)
{
	const MQTTProperty *p;

	p = MQTTProperties_getProperty(properties, MQTTPROPERTY_CODE_RESPONSE_TOPIC);
	if (p != NULL && p->value.data.len > 0) {
		parts->reply_topic = p->value.data.data;
		parts->reply_topic_length = (size_t)p->value.data.len;
	}
	p = MQTTProperties_getProperty(properties, MQTTPROPERTY_CODE_CORRELATION_DATA);
	if (p != NULL && p->value.data.len > 0) {
		parts->correlation = p->value.data.data;
		parts->correlation_length = (size_t)p->value.data.len;
	}
}

static void take_message(struct mqtt_link *link, const char *topic, size_t topic_length,
			 MQTTAsync_message *paho)
{
	struct mqtt_message_parts parts = {
		.topic = topic + link->prefix_length,
		.topic_length = topic_length - link->prefix_length,
		.payload = paho->payload,
		.payload_length = (size_t)paho->payloadlen,
	};
	struct mqtt_message *message;
	const MQTTProperty *expiry;
	struct mqtt_arrival arrival;

	read_properties(&paho->properties, &parts);
	expiry = MQTTProperties_getProperty(&paho->properties,
					    MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL);
	message = mqtt_message_new(&parts);
	if (message == NULL) {
		mqtt_queue_count_dropped(link->queue);
		return;
	}
	message->arrived_us = now_us();
	message->retained = paho->retained != 0;
	message->repeated = paho->dup != 0;
	message->expires = expiry != NULL;
	message->expiry_s = expiry != NULL ? expiry->value.integer4 : 0;
	arrival = (struct mqtt_arrival){
		.topic = message->topic,
		.payload = message->payload,
		.length = message->payload_length,
		.retained = message->retained,
	};
	mqtt_queue_put(link->queue, message, mqtt_map_is_stop(&arrival));
}

/* Nothing of its content is taken over, so that a stranger can do no more than make us repeat. */
static bool is_birth(const struct mqtt_link *link, const char *topic, const MQTTAsync_message *paho)
{
	return link->config->discovery.enabled &&
	       strcmp(topic, link->config->discovery.birth_topic) == 0 && paho->payloadlen == 6 &&
	       memcmp(paho->payload, "online", 6) == 0;
}

static int on_message(void *context, char *topic, int topic_length, MQTTAsync_message *paho)
{
	struct mqtt_link *link = context;
	const size_t length = topic_length > 0 ? (size_t)topic_length : strlen(topic);

	/* A topic with NUL bytes is nobody's command; one without our prefix was not asked for.
	 * (The length is given for ordinary topics too, whatever Paho's manual says.) */
	if (strnlen(topic, length) == length && is_birth(link, topic, paho)) {
		lock(link);
		link->news.born = true;
		unlock(link);
		mqtt_queue_wake(link->queue);
	} else if (length > link->prefix_length && strnlen(topic, length) == length &&
		   strncmp(topic, link->prefix, link->prefix_length) == 0 &&
		   paho->payloadlen >= 0 && (size_t)paho->payloadlen <= PACKET_MAX) {
		take_message(link, topic, length, paho);
	} else {
		mqtt_queue_count_dropped(link->queue);
	}
	MQTTAsync_freeMessage(&paho);
	MQTTAsync_free(topic);
	return 1; /* 0 would bring it back again and again */
}

static void on_connected(void *context, MQTTAsync_successData5 *response)
{
	struct mqtt_link *link = context;

	(void)response;
	atomic_store(&link->used, true);
	atomic_store(&link->connected, true);
	atomic_store(&link->connecting, false);
	lock(link);
	link->news.connected = true;
	unlock(link);
	mqtt_queue_wake(link->queue);
}

/* The broker's answer comes as reasonCode or as a positive code, by version of the library. */
static enum mqtt_link_cause cause_of_code(int code)
{
	switch (code) {
	case 4: /* MQTT 3 codes, from brokers that answer in them */
	case 5:
	case MQTTREASONCODE_BAD_USER_NAME_OR_PASSWORD:
	case MQTTREASONCODE_NOT_AUTHORIZED:
	case MQTTREASONCODE_BANNED:
	case MQTTREASONCODE_BAD_AUTHENTICATION_METHOD:
		return MQTT_LINK_CAUSE_CREDENTIALS;
	case 2:
	case MQTTREASONCODE_CLIENT_IDENTIFIER_NOT_VALID:
		return MQTT_LINK_CAUSE_CLIENT_ID;
	case MQTTREASONCODE_SESSION_TAKEN_OVER:
		return MQTT_LINK_CAUSE_TAKEN_OVER;
	case MQTTREASONCODE_SERVER_SHUTTING_DOWN:
	case MQTTREASONCODE_KEEP_ALIVE_TIMEOUT:
		return MQTT_LINK_CAUSE_LOST;
	default:
		return MQTT_LINK_CAUSE_REFUSED;
	}
}

/* Without an answer of the broker: TLS, the host name, or no connection at all. With lock. */
static enum mqtt_link_cause cause_of_silence(const struct mqtt_link *link, const char *message)
{
	if (message != NULL && strstr(message, "timeout") != NULL) {
		return MQTT_LINK_CAUSE_TIMEOUT;
	}
	if (link->trace_cause != MQTT_LINK_CAUSE_UNKNOWN) {
		return link->trace_cause;
	}
	if (link->tls_text[0] != '\0') {
		return MQTT_LINK_CAUSE_TLS;
	}
	if (link->asked) {
		return MQTT_LINK_CAUSE_OWN_CERTIFICATE;
	}
	return message != NULL && strstr(message, "completion failure") != NULL
		       ? MQTT_LINK_CAUSE_HUNG_UP
		       : MQTT_LINK_CAUSE_UNREACHABLE;
}

static void on_connect_failed(void *context, MQTTAsync_failureData5 *response)
{
	struct mqtt_link *link = context;
	int code = 0;

	if (response != NULL) {
		code = response->reasonCode != MQTTREASONCODE_SUCCESS ? (int)response->reasonCode
								      : response->code;
	}
	lock(link);
	link->news.failed = true;
	link->news.code = code;
	link->news.cause =
		code > 0 ? cause_of_code(code)
			 : cause_of_silence(link, response == NULL ? NULL : response->message);
	(void)snprintf(link->news.text, sizeof(link->news.text), "%s", link->tls_text);
	unlock(link);
	atomic_store(&link->connecting, false);
	mqtt_queue_wake(link->queue);
}

static void on_lost(void *context, char *cause)
{
	struct mqtt_link *link = context;

	(void)cause; /* always NULL in this library */
	atomic_store(&link->connected, false);
	lock(link);
	link->news.lost = true;
	if (link->news.cause == MQTT_LINK_CAUSE_UNKNOWN) {
		link->news.cause = MQTT_LINK_CAUSE_LOST;
	}
	unlock(link);
	mqtt_queue_wake(link->queue);
}

/* The broker ends the connection and says why. Up to Paho 1.3.12 on_lost() follows; later versions
 * (Debian 13) call nothing else, so this has to count as the loss. */
static void on_server_disconnect(void *context, MQTTProperties *properties,
				 enum MQTTReasonCodes reason)
{
	struct mqtt_link *link = context;

	(void)properties;
	atomic_store(&link->connected, false);
	lock(link);
	link->news.lost = true;
	link->news.code = (int)reason;
	link->news.cause = cause_of_code((int)reason);
	unlock(link);
	mqtt_queue_wake(link->queue);
}

static void note_refusal(struct mqtt_link *link, int code)
{
	lock(link);
	link->news.refusals++;
	link->news.refusal_code = code;
	unlock(link);
	mqtt_queue_wake(link->queue);
}

static void on_publish_failed(void *context, MQTTAsync_failureData5 *response)
{
	/* Only the broker's refusals: a lost connection is told elsewhere. */
	if (response != NULL && (int)response->reasonCode >= MQTTREASONCODE_UNSPECIFIED_ERROR) {
		note_refusal(context, (int)response->reasonCode);
	}
}

static void on_subscribed(void *context, MQTTAsync_successData5 *response)
{
	struct mqtt_link *link = context;

	for (int i = 0;
	     response->alt.sub.reasonCodes != NULL && i < response->alt.sub.reasonCodeCount; i++) {
		if ((int)response->alt.sub.reasonCodes[i] >= MQTTREASONCODE_UNSPECIFIED_ERROR) {
			note_refusal(link, (int)response->alt.sub.reasonCodes[i]);
		}
	}
}

static void on_disconnected(void *context, MQTTAsync_successData5 *response)
{
	struct mqtt_link *link = context;

	(void)response;
	atomic_store(&link->connected, false);
	mqtt_queue_wake(link->queue);
}

/* One piece of OpenSSL's error queue: keep the last, it is the nearest to the cause. */
static int on_tls_error(const char *text, size_t length, void *context)
{
	struct mqtt_link *link = context;
	const char *part = text;
	const char *from = text;
	int colons = 0;

	/* "thread:error:number:library:function:reason:file:line": the reason is for people. */
	for (size_t i = 0; i < length && colons < 6; i++) {
		if (text[i] == ':') {
			colons++;
			part = colons <= 5 ? text + i + 1 : part;
			from = text + i;
		}
	}
	if (colons < 6) {
		part = text;
		from = text + length;
	}
	lock(link);
	(void)snprintf(link->tls_text, sizeof(link->tls_text), "%.*s", (int)(from - part), part);
	unlock(link);
	return 1;
}

/* Some things Paho tells only to its trace, which is on while connecting. */
static void on_trace(enum MQTTASYNC_TRACE_LEVELS level, char *message)
{
	static const struct {
		const char *text;
		enum mqtt_link_cause cause;
	} known[] = {
		{ "getaddrinfo failed", MQTT_LINK_CAUSE_NO_HOST },
		{ "X509_check_host for", MQTT_LINK_CAUSE_HOST_NAME },
		{ "alert write:fatal:certificate expired", MQTT_LINK_CAUSE_EXPIRED },
		{ "alert write:fatal:unknown CA", MQTT_LINK_CAUSE_UNTRUSTED },
	};
	struct mqtt_link *link = atomic_load(&trace_link);

	(void)level;
	if (link == NULL || message == NULL) {
		return;
	}
	lock(link);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strstr(message, known[i].text) != NULL) {
			link->trace_cause = known[i].cause;
		}
	}
	link->asked |= strstr(message, "read server certificate request") != NULL;
	unlock(link);
}

/* --- on the loop's thread -------------------------------------------------------------------- */

static int create_handle(struct mqtt_link *link)
{
	MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer5;
	int r;

	options.sendWhileDisconnected = 0;
	options.maxBufferedMessages = BUFFERED_MAX;
	options.restoreMessages = 0;
	options.persistQoS0 = 0;
	r = MQTTAsync_createWithOptions(&link->handle, link->uri, link->config->client_id,
					MQTTCLIENT_PERSISTENCE_NONE, NULL, &options);
	if (r != MQTTASYNC_SUCCESS) {
		link->handle = NULL;
		return r == MQTTASYNC_BAD_PROTOCOL || r == MQTTASYNC_SSL_NOT_SUPPORTED ? -EINVAL
										       : -ENOMEM;
	}
	/* These fail only without a handle. */
	(void)MQTTAsync_setCallbacks(link->handle, link, on_lost, on_message, NULL);
	(void)MQTTAsync_setDisconnected(link->handle, link, on_server_disconnect);
	atomic_store(&link->used, false);
	return 0;
}

static void destroy_handle(struct mqtt_link *link)
{
	if (link->handle != NULL) {
		MQTTAsync_destroy(&link->handle);
		link->handle = NULL;
	}
	atomic_store(&link->connected, false);
	atomic_store(&link->connecting, false);
}

static void fill_names(struct mqtt_link *link, const char *prefix)
{
	const struct mqtt_config *config = link->config;
	const bool v6 = strchr(config->host, ':') != NULL;

	(void)snprintf(link->uri, sizeof(link->uri), "%s://%s%s%s:%u", config->tls ? "ssl" : "tcp",
		       v6 ? "[" : "", config->host, v6 ? "]" : "", config->port);
	(void)snprintf(link->prefix, sizeof(link->prefix), "%s", prefix);
	link->prefix_length = strlen(link->prefix);
	(void)snprintf(link->will_topic, TOPIC_MAX, "%.48savailability", prefix);
	(void)snprintf(link->command_topic, TOPIC_MAX, "%.48scommand", prefix);
	(void)snprintf(link->birth_topic, sizeof(link->birth_topic), "%s",
		       config->discovery.birth_topic);
	(void)snprintf(link->set_topic, TOPIC_MAX, "%.48sset/+", prefix);
}

int mqtt_link_new(const struct mqtt_config *config, const char *prefix, struct mqtt_queue *queue,
		  struct mqtt_link **ret)
{
	MQTTAsync_init_options init = MQTTAsync_init_options_initializer;
	struct mqtt_link *link;
	int r;

	assert(config != NULL);
	assert(prefix != NULL && strlen(prefix) <= 48);
	assert(queue != NULL);
	assert(ret != NULL);

	link = calloc(1, sizeof(*link));
	if (link == NULL) {
		return -ENOMEM;
	}
	link->config = config;
	link->queue = queue;
	fill_names(link, prefix);
	r = pthread_mutex_init(&link->lock, NULL);
	if (r != 0) {
		free(link);
		return -r;
	}
	init.do_openssl_init = 1;
	MQTTAsync_global_init(&init);
	MQTTAsync_setTraceCallback(on_trace);
	atomic_store(&trace_link, link);
	r = MQTTAsync_create(&link->keeper, "tcp://localhost:1883", "keeper",
			     MQTTCLIENT_PERSISTENCE_NONE, NULL) == MQTTASYNC_SUCCESS
		    ? create_handle(link)
		    : -ENOMEM;
	if (r < 0) {
		(void)mqtt_link_free(link);
		return r;
	}
	*ret = link;
	return 0;
}

struct mqtt_link *mqtt_link_free(struct mqtt_link *link)
{
	if (link == NULL) {
		return NULL;
	}
	destroy_handle(link);
	if (link->keeper != NULL) {
		MQTTAsync_destroy(&link->keeper);
	}
	atomic_store(&trace_link, NULL);
	(void)pthread_mutex_destroy(&link->lock); /* the threads have ended */
	free(link);
	return NULL;
}

bool mqtt_link_connected(const struct mqtt_link *link)
{
	return atomic_load(&link->connected);
}

bool mqtt_link_connecting(const struct mqtt_link *link)
{
	return atomic_load(&link->connecting);
}

void mqtt_link_take_news(struct mqtt_link *link, struct mqtt_link_news *ret)
{
	lock(link);
	*ret = link->news;
	link->news = (struct mqtt_link_news){ 0 };
	unlock(link);
	if (ret->connected) {
		MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_FATAL); /* tracing costs; see on_trace() */
	}
}

static void fill_tls(struct mqtt_link *link, MQTTAsync_SSLOptions *tls)
{
	const struct mqtt_config *config = link->config;

	tls->enableServerCertAuth = 1;
	tls->verify = 1; /* the host name too, which Paho leaves out by default */
	/* Paho's "TLS 1.2" means exactly that. Its default takes the newest, and OpenSSL's security
	 * level 2 allows nothing older than 1.2, whatever openssl.cnf says. */
	tls->sslVersion = MQTT_SSL_VERSION_DEFAULT;
	tls->enabledCipherSuites = "DEFAULT:!aNULL:!eNULL@SECLEVEL=2";
	tls->trustStore = config->ca_file[0] != '\0' ? config->ca_file : NULL;
	tls->disableDefaultTrustStore = config->ca_file[0] != '\0';
	tls->keyStore = config->cert_file[0] != '\0' ? config->cert_file : NULL;
	tls->privateKey = config->key_file[0] != '\0' ? config->key_file : NULL;
	tls->ssl_error_cb = on_tls_error;
	tls->ssl_error_context = link;
}

static void add_number(MQTTProperties *properties, enum MQTTPropertyCodes code, unsigned int value)
{
	MQTTProperty property = { .identifier = code };

	if (MQTTProperty_getType(code) == MQTTPROPERTY_TYPE_TWO_BYTE_INTEGER) {
		property.value.integer2 = (unsigned short)value;
	} else {
		property.value.integer4 = value;
	}
	(void)MQTTProperties_add(properties, &property); /* a hint to the broker, no more */
}

static int start_connect(struct mqtt_link *link, const char *password, int password_length)
{
	MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer5;
	MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
	MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;
	MQTTProperties properties = MQTTProperties_initializer;
	int r;

	will.topicName = link->will_topic;
	will.message = "offline";
	will.retained = 1;
	will.qos = 1;
	options.will = &will;
	options.keepAliveInterval = link->config->keepalive_s;
	options.cleanstart = 1;
	options.maxInflight = INFLIGHT_MAX;
	options.connectTimeout = CONNECT_TIMEOUT_S;
	options.onSuccess5 = on_connected;
	options.onFailure5 = on_connect_failed;
	options.context = link;
	if (link->config->username[0] != '\0') {
		options.username = link->config->username;
		options.binarypwd.len = password_length;
		options.binarypwd.data = password_length > 0 ? password : NULL;
	}
	if (link->config->tls) {
		fill_tls(link, &tls);
		options.ssl = &tls;
	}
	add_number(&properties, MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE, PACKET_MAX);
	options.connectProperties = &properties;
	atomic_store(&link->connecting, true);
	r = MQTTAsync_connect(link->handle, &options);
	MQTTProperties_free(&properties);
	if (r != MQTTASYNC_SUCCESS) {
		atomic_store(&link->connecting, false);
		return -EIO;
	}
	return 0;
}

int mqtt_link_connect(struct mqtt_link *link)
{
	char password[1024];
	int length;
	int r = 0;

	assert(link != NULL);

	length = mqtt_config_password(link->config, password, sizeof(password));
	if (length < 0) {
		return length;
	}
	/* What the library still holds must not be sent over the next connection; and an attempt
	 * that never ended is given up. */
	if (atomic_load(&link->used) || atomic_load(&link->connecting)) {
		destroy_handle(link);
	}
	if (link->handle == NULL) {
		r = create_handle(link);
	}
	lock(link);
	link->news = (struct mqtt_link_news){ 0 };
	link->tls_text[0] = '\0';
	link->trace_cause = MQTT_LINK_CAUSE_UNKNOWN;
	link->asked = false;
	unlock(link);
	if (r == 0) {
		MQTTAsync_setTraceLevel(link->config->tls ? MQTTASYNC_TRACE_PROTOCOL
							  : MQTTASYNC_TRACE_ERROR);
		r = start_connect(link, password, length);
	}
	explicit_bzero(password, sizeof(password));
	return r;
}

int mqtt_link_subscribe(struct mqtt_link *link)
{
	char *topics[] = { link->command_topic, link->set_topic, link->birth_topic };
	const int qos[] = { 1, 1, 1 };
	const int count = link->config->discovery.enabled ? 3 : 2;
	MQTTSubscribe_options subscribe[3] = { MQTTSubscribe_options_initializer,
					       MQTTSubscribe_options_initializer,
					       MQTTSubscribe_options_initializer };
	MQTTAsync_responseOptions response = MQTTAsync_responseOptions_initializer;

	/* A command sent with the retain flag is refused: the broker leaves the flag on, so that it
	 * does not work once and then lie in wait. What lies stored is not sent to us at all; so a
	 * retained stop that does arrive was sent just now, and counts. */
	for (int i = 0; i < count; i++) {
		subscribe[i].retainAsPublished = 1;
		subscribe[i].retainHandling = 2;
	}
	response.subscribeOptionsList = subscribe;
	response.subscribeOptionsCount = count;
	response.onSuccess5 = on_subscribed;
	response.onFailure5 = on_publish_failed;
	response.context = link;
	return MQTTAsync_subscribeMany(link->handle, count, topics, qos, &response) ==
			       MQTTASYNC_SUCCESS
		       ? 0
		       : -EIO;
}

/* Paho copies what it is given; its structures are just not const. */
static void *without_const(const void *pointer)
{
	void *copy;

	memcpy(&copy, &pointer, sizeof(copy));
	return copy;
}

static int publish(struct mqtt_link *link, const struct mqtt_publication *publication,
		   MQTTAsync_token *ret_token)
{
	MQTTAsync_message message = MQTTAsync_message_initializer;
	MQTTAsync_responseOptions response = MQTTAsync_responseOptions_initializer;
	MQTTProperty correlation = { .identifier = MQTTPROPERTY_CODE_CORRELATION_DATA };
	int r;

	if (!mqtt_link_connected(link)) {
		return -ENOTCONN;
	}
	message.payload = without_const(publication->payload);
	message.payloadlen = (int)publication->length;
	message.qos = publication->qos;
	message.retained = publication->retained;
	if (publication->correlation != NULL && publication->correlation_length > 0) {
		correlation.value.data.data = without_const(publication->correlation);
		correlation.value.data.len = (int)publication->correlation_length;
		if (MQTTProperties_add(&message.properties, &correlation) != 0) {
			return -ENOMEM;
		}
	}
	if (publication->qos > 0) {
		response.onFailure5 = on_publish_failed;
		response.context = link;
	}
	r = MQTTAsync_sendMessage(link->handle, publication->topic, &message, &response);
	MQTTProperties_free(&message.properties);
	*ret_token = response.token;
	if (r == MQTTASYNC_MAX_BUFFERED_MESSAGES || r == MQTTASYNC_NO_MORE_MSGIDS) {
		return -ENOBUFS;
	}
	if (r == MQTTASYNC_DISCONNECTED) {
		return -ENOTCONN;
	}
	return r == MQTTASYNC_SUCCESS ? 0 : -EIO;
}

int mqtt_link_publish(struct mqtt_link *link, const struct mqtt_publication *publication)
{
	MQTTAsync_token token = 0;

	assert(link != NULL);
	assert(publication != NULL);

	return publish(link, publication, &token);
}

static void wait_disconnected(struct mqtt_link *link, uint64_t until_us)
{
	struct pollfd fd = { .fd = link->queue->event_fd, .events = POLLIN };
	uint64_t count;

	while (mqtt_link_connected(link) && now_us() < until_us) {
		if (poll(&fd, 1, (int)((until_us - now_us()) / 1000U)) > 0 &&
		    read(fd.fd, &count, sizeof(count)) < 0) {
			return; /* readable a moment ago: cannot be */
		}
	}
}

void mqtt_link_goodbye(struct mqtt_link *link, const struct mqtt_publication *last,
		       unsigned long wait_ms)
{
	MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer5;
	MQTTAsync_token token = 0;

	assert(link != NULL);
	assert(last != NULL);

	if (publish(link, last, &token) < 0) {
		return; /* no connection: the will says the same */
	}
	(void)MQTTAsync_waitForCompletion(link->handle, token, wait_ms); /* else the will */
	options.timeout = DISCONNECT_WAIT_MS;
	options.onSuccess5 = on_disconnected;
	options.context = link;
	if (MQTTAsync_disconnect(link->handle, &options) != MQTTASYNC_SUCCESS) {
		return;
	}
	/* Closing before the packet is out would make the broker send the will. */
	wait_disconnected(link, now_us() + DISCONNECT_WAIT_US);
}
