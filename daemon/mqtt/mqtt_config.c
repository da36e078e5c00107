/* SPDX-License-Identifier: MIT */
#include "mqtt_config.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORT_PLAIN 1883
#define PORT_TLS   8883

static const char *const detail_words[] = {
	[MQTT_DETAIL_GENERIC] = "generic",
	[MQTT_DETAIL_FULL] = "full",
};

static bool is_plain_name(const char *text)
{
	const size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789_-");

	return length > 0 && text[length] == '\0';
}

static void read_names(const struct schema_node *root, struct mqtt_config *config)
{
	const struct schema_node chair = schema_child(root, "chair", false);
	const struct schema_node client = schema_child(root, "client_id", false);
	char fallback[sizeof(config->client_id)];

	schema_string(root, "chair", config->chair, sizeof(config->chair), "", true);
	if (config->chair[0] != '\0' && !is_plain_name(config->chair)) {
		schema_complain(&chair, "may only hold letters, digits, '-' and '_': it is part "
					"of every topic");
	}
	(void)snprintf(fallback, sizeof(fallback), "chair-%s", config->chair);
	schema_string(root, "client_id", config->client_id, sizeof(config->client_id), fallback,
		      false);
	if (schema_present(&client) && config->client_id[0] == '\0') {
		schema_complain(&client, "must not be empty: a fixed client id is what makes the "
					 "broker drop an old connection of this chair");
	}
	schema_string(root, "socket", config->socket, sizeof(config->socket),
		      "/run/chaird/home.sock", false);
}

/* "1883" and the like. Returns 0 when it is no port. */
static uint16_t parse_port(const char *text)
{
	char *end = NULL;
	const unsigned long port = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' || port > UINT16_MAX) {
		return 0;
	}
	return (uint16_t)port;
}

/* host, host:port, [v6] or [v6]:port into the configuration. */
static bool parse_authority(const char *text, struct mqtt_config *config)
{
	const bool bracketed = text[0] == '[';
	const char *host = bracketed ? text + 1 : text;
	const size_t length = strcspn(host, bracketed ? "]" : ":");
	const char *rest = host + length;

	if (bracketed) {
		if (*rest != ']') {
			return false;
		}
		rest++;
	}
	if (length == 0 || length >= sizeof(config->host) || strpbrk(text, "/@ ") != NULL) {
		return false;
	}
	memcpy(config->host, host, length);
	config->host[length] = '\0';
	if (*rest == ':') {
		config->port = parse_port(rest + 1);
		return config->port != 0;
	}
	return *rest == '\0';
}

static void read_broker(const struct schema_node *root, struct mqtt_config *config)
{
	const struct schema_node node = schema_child(root, "broker", false);
	char url[sizeof(config->host) + 16] = "";
	const char *authority = NULL;

	schema_string(root, "broker", url, sizeof(url), "", true);
	if (url[0] == '\0') {
		return; /* absence is reported already */
	}
	if (strncmp(url, "mqtt://", 7) == 0) {
		config->port = PORT_PLAIN;
		authority = url + 7;
	} else if (strncmp(url, "mqtts://", 8) == 0) {
		config->tls = true;
		config->port = PORT_TLS;
		authority = url + 8;
	}
	if (authority == NULL || !parse_authority(authority, config)) {
		schema_complain(&node, "must be mqtt://host, mqtts://host, or one of them with "
				       ":port");
	}
}

static void complain_unreadable(const struct schema_node *map, const char *key, const char *path)
{
	const struct schema_node node = schema_child(map, key, false);
	const int fd = path[0] == '\0' ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0) {
		(void)close(fd); /* opened only to see whether it can be */
	} else if (path[0] != '\0') {
		schema_complain(&node, "cannot read %s: %s", path, strerror(errno));
	}
}

static void read_tls(const struct schema_node *root, bool look_at_files, struct mqtt_config *config)
{
	const struct schema_node tls = schema_child(root, "tls", false);

	if (!schema_present(&tls)) {
		return;
	}
	schema_string(&tls, "ca_file", config->ca_file, sizeof(config->ca_file), "", false);
	schema_string(&tls, "cert_file", config->cert_file, sizeof(config->cert_file), "", false);
	schema_string(&tls, "key_file", config->key_file, sizeof(config->key_file), "", false);
	schema_finish_map(&tls);
	if (!config->tls && config->host[0] != '\0') {
		schema_complain(&tls, "has no effect with mqtt://; write mqtts:// in broker");
	}
	if ((config->cert_file[0] == '\0') != (config->key_file[0] == '\0')) {
		schema_complain(&tls, "cert_file and key_file belong together");
	}
	if (look_at_files) {
		complain_unreadable(&tls, "ca_file", config->ca_file);
		complain_unreadable(&tls, "cert_file", config->cert_file);
		complain_unreadable(&tls, "key_file", config->key_file);
	}
}

static void read_times(const struct schema_node *root, struct mqtt_config *config)
{
	const struct schema_node node = schema_child(root, "reconnect_max_ms", false);

	config->keepalive_s = (uint16_t)schema_integer(root, "keepalive_s", 5, 600, 30, false);
	config->reconnect_min_ms =
		(uint32_t)schema_integer(root, "reconnect_min_ms", 10, 60000, 1000, false);
	config->reconnect_max_ms =
		(uint32_t)schema_integer(root, "reconnect_max_ms", 10, 600000, 60000, false);
	if (config->reconnect_max_ms < config->reconnect_min_ms) {
		schema_complain(schema_present(&node) ? &node : root,
				"reconnect_max_ms (%u) is below reconnect_min_ms (%u)",
				config->reconnect_max_ms, config->reconnect_min_ms);
	}
}

/* One that can be published to, and is not the chair's own. */
static bool is_foreign_topic(const char *text)
{
	return text[0] != '\0' && text[0] != '$' && text[0] != '/' && strpbrk(text, "+#") == NULL &&
	       strncmp(text, "chair/", 6) != 0 && text[strlen(text) - 1U] != '/';
}

static void read_discovery(const struct schema_node *root, struct mqtt_config *config)
{
	static const char wrong[] = "must be a topic without + and #, and not below chair/";
	const struct schema_node map = schema_child(root, "discovery", false);
	const struct schema_node prefix = schema_child(&map, "prefix", false);
	const struct schema_node birth = schema_child(&map, "birth_topic", false);
	struct mqtt_discovery *to = &config->discovery;
	char fallback[sizeof(to->birth_topic)];

	to->enabled = schema_bool(&map, "enabled", true, false);
	schema_string(&map, "prefix", to->prefix, sizeof(to->prefix), "homeassistant", false);
	(void)snprintf(fallback, sizeof(fallback), "%s/status", to->prefix);
	schema_string(&map, "birth_topic", to->birth_topic, sizeof(to->birth_topic), fallback,
		      false);
	schema_string(&map, "name", to->name, sizeof(to->name), "Massage chair", false);
	if (!is_foreign_topic(to->prefix)) {
		schema_complain(&prefix, "%s", wrong);
	}
	if (schema_present(&birth) && !is_foreign_topic(to->birth_topic)) {
		schema_complain(&birth, "%s", wrong);
	}
	if (schema_present(&map)) {
		schema_finish_map(&map);
	}
}

static void read_root(const struct schema_node *root, bool look_at_files,
		      struct mqtt_config *config)
{
	const struct schema_node username = schema_child(root, "username", false);
	const struct schema_node file = schema_child(root, "password_file", false);

	read_names(root, config);
	read_broker(root, config);
	schema_string(root, "username", config->username, sizeof(config->username), "", false);
	schema_string(root, "password_file", config->password_file, sizeof(config->password_file),
		      "", false);
	if (schema_present(&file) && !schema_present(&username)) {
		schema_complain(&file, "needs a username");
	}
	if (look_at_files) {
		complain_unreadable(root, "password_file", config->password_file);
	}
	read_tls(root, look_at_files, config);
	read_times(root, config);
	config->detail = (enum mqtt_detail)schema_word(
		root, "detail", detail_words, sizeof(detail_words) / sizeof(detail_words[0]),
		MQTT_DETAIL_GENERIC, false);
	read_discovery(root, config);
	schema_finish_map(root);
}

static int load(struct schema_file *file, bool look_at_files, struct schema_problems *problems,
		struct mqtt_config *ret)
{
	const size_t before = problems->count;
	const struct schema_node root = schema_root(file);
	struct mqtt_config config = { 0 };

	read_root(&root, look_at_files, &config);
	schema_close(file);
	if (problems->count > before) {
		return -EINVAL;
	}
	*ret = config;
	return 0;
}

int mqtt_config_load(const char *path, struct schema_problems *problems, struct mqtt_config *ret)
{
	struct schema_file *file = NULL;
	int r;

	assert(path != NULL);
	assert(problems != NULL);
	assert(ret != NULL);

	r = schema_open(path, problems, &file);
	return r < 0 ? r : load(file, true, problems, ret);
}

int mqtt_config_load_memory(const char *name, const char *text, size_t size,
			    struct schema_problems *problems, struct mqtt_config *ret)
{
	struct schema_file *file = NULL;
	int r;

	assert(name != NULL);
	assert(text != NULL);
	assert(problems != NULL);
	assert(ret != NULL);

	r = schema_open_memory(name, text, size, problems, &file);
	return r < 0 ? r : load(file, false, problems, ret);
}

static int open_password(const struct mqtt_config *config)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	char path[1024];
	int n;

	if (config->password_file[0] != '\0') {
		n = open(config->password_file, O_RDONLY | O_CLOEXEC);
		return n < 0 ? -errno : n;
	}
	if (directory == NULL) {
		return -ENOENT;
	}
	n = snprintf(path, sizeof(path), "%s/mqtt-password", directory);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		return -ENAMETOOLONG;
	}
	n = open(path, O_RDONLY | O_CLOEXEC);
	return n < 0 ? -errno : n;
}

int mqtt_config_password(const struct mqtt_config *config, char *password, size_t size)
{
	ssize_t n;
	int fd;

	assert(config != NULL);
	assert(password != NULL);
	assert(size > 0 && size <= INT_MAX);

	fd = open_password(config);
	if (fd == -ENOENT && config->password_file[0] == '\0') {
		return 0; /* none was promised */
	}
	if (fd < 0) {
		return fd;
	}
	n = read(fd, password, size);
	if (n < 0) {
		n = -errno;
	}
	(void)close(fd); /* only read from */
	if (n == (ssize_t)size) {
		return -E2BIG;
	}
	while (n > 0 && (password[n - 1] == '\n' || password[n - 1] == '\r')) {
		n--;
	}
	return (int)n;
}

static void print_string(FILE *out, const char *key, const char *text)
{
	(void)fprintf(out, "%s: \"", key);
	for (const char *c = text; *c != '\0'; c++) {
		(void)fprintf(out, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
	}
	(void)fputs("\"\n", out);
}

void mqtt_config_print(const struct mqtt_config *config, FILE *out)
{
	const bool v6 = strchr(config->host, ':') != NULL;

	assert(out != NULL);

	print_string(out, "chair", config->chair);
	print_string(out, "socket", config->socket);
	(void)fprintf(out, "broker: \"%s://%s%s%s:%u\"\n", config->tls ? "mqtts" : "mqtt",
		      v6 ? "[" : "", config->host, v6 ? "]" : "", config->port);
	print_string(out, "client_id", config->client_id);
	if (config->username[0] != '\0') {
		print_string(out, "username", config->username);
	}
	if (config->password_file[0] != '\0') {
		print_string(out, "password_file", config->password_file);
	}
	if (config->tls) {
		(void)fputs("tls:\n", out);
		print_string(out, "  ca_file", config->ca_file);
		print_string(out, "  cert_file", config->cert_file);
		print_string(out, "  key_file", config->key_file);
	}
	(void)fprintf(out, "keepalive_s: %u\ndetail: %s\n", config->keepalive_s,
		      detail_words[config->detail]);
	(void)fprintf(out, "discovery:\n  enabled: %s\n",
		      config->discovery.enabled ? "true" : "false");
	print_string(out, "  prefix", config->discovery.prefix);
	print_string(out, "  birth_topic", config->discovery.birth_topic);
	print_string(out, "  name", config->discovery.name);
	(void)fprintf(out, "reconnect_min_ms: %u\nreconnect_max_ms: %u\n", config->reconnect_min_ms,
		      config->reconnect_max_ms);
}
