/* SPDX-License-Identifier: MIT */
#include "web_config.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool web_config_address(const char *text, struct web_address *ret)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	struct web_address address;

	if (inet_pton(AF_INET6, text, address.bytes) == 1) {
		*ret = address;
		return true;
	}
	memcpy(address.bytes, mapped, sizeof(mapped));
	if (inet_pton(AF_INET, text, address.bytes + sizeof(mapped)) == 1) {
		*ret = address;
		return true;
	}
	return false;
}

static bool is_loopback(const struct web_address *address)
{
	static const struct web_address v6 = { .bytes[15] = 1 };
	static const uint8_t v4[13] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127 };

	return memcmp(address->bytes, v6.bytes, sizeof(v6.bytes)) == 0 ||
	       memcmp(address->bytes, v4, sizeof(v4)) == 0;
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

static void read_loopback(const struct schema_node *root, struct web_config *config)
{
	const struct schema_node node = schema_child(root, "listen", false);
	struct web_address address;

	schema_string(root, "listen", config->listen, sizeof(config->listen), "127.0.0.1", false);
	if (!web_config_address(config->listen, &address) || !is_loopback(&address)) {
		schema_complain(&node, "must be an address of this machine alone, 127.0.0.1 or "
				       "::1: who comes this way counts as the chair's own panel. "
				       "For the network there is lan:");
	}
	config->port = (uint16_t)schema_integer(root, "port", 1, 65535, 8080, false);
}

static void read_lan(const struct schema_node *root, bool look_at_files, struct web_config *config)
{
	const struct schema_node lan = schema_child(root, "lan", false);
	const struct schema_node listen = schema_child(&lan, "listen", false);
	const struct schema_node port = schema_child(&lan, "port", false);
	struct web_address address;

	if (!schema_present(&lan)) {
		return;
	}
	config->lan = true;
	schema_string(&lan, "listen", config->lan_listen, sizeof(config->lan_listen), "0.0.0.0",
		      false);
	if (!web_config_address(config->lan_listen, &address)) {
		schema_complain(&listen, "must be an address as a number, such as 0.0.0.0 (every "
					 "IPv4 network) or ::");
	}
	config->lan_port = (uint16_t)schema_integer(&lan, "port", 1, 65535, 8443, false);
	if (config->lan_port == config->port) {
		schema_complain(schema_present(&port) ? &port : &lan,
				"must not be the port of this machine's own panel (%u)",
				config->port);
	}
	schema_string(&lan, "certificate", config->certificate, sizeof(config->certificate), "",
		      true);
	schema_string(&lan, "key", config->key, sizeof(config->key), "", true);
	schema_finish_map(&lan);
	if (look_at_files) {
		complain_unreadable(&lan, "certificate", config->certificate);
		complain_unreadable(&lan, "key", config->key);
	}
}

static void read_origins(const struct schema_node *root, struct web_config *config)
{
	const struct schema_node list = schema_child(root, "origins", false);
	struct schema_node item;
	size_t count;

	if (!schema_present(&list)) {
		return;
	}
	count = schema_length(&list);
	if (count > WEB_ORIGINS_MAX) {
		schema_complain(&list, "at most %u", WEB_ORIGINS_MAX);
		count = WEB_ORIGINS_MAX;
	}
	for (size_t i = 0; i < count; i++) {
		char *origin = config->origins[i];
		const char *host;

		item = schema_item(&list, i);
		schema_node_string(&item, origin, sizeof(config->origins[i]));
		host = strncmp(origin, "http://", 7) == 0    ? origin + 7
		       : strncmp(origin, "https://", 8) == 0 ? origin + 8
							     : "";
		if (host[0] == '\0' || strpbrk(host, "/* ") != NULL) {
			schema_complain(&item, "must be http://host:port or https://host:port");
		}
	}
	config->origin_count = count;
}

static void read_limits(const struct schema_node *root, struct web_config *config)
{
	const struct schema_node limits = schema_child(root, "limits", false);

	config->limits.loopback_max = (unsigned int)schema_integer(
		&limits, "loopback_connections", 1, WEB_LOOPBACK_MAX, WEB_LOOPBACK_MAX, false);
	config->limits.lan_max = (unsigned int)schema_integer(&limits, "lan_connections", 1,
							      WEB_LAN_MAX, WEB_LAN_MAX, false);
	config->limits.address_max = (unsigned int)schema_integer(
		&limits, "connections_per_address", 1, WEB_LAN_MAX, WEB_ADDRESS_MAX, false);
	config->requests_per_s =
		(unsigned int)schema_integer(&limits, "requests_per_s", 5, 50, 50, false);
	if (schema_present(&limits)) {
		schema_finish_map(&limits);
	}
}

/* The service manager's directory, if it has made one. */
static const char *default_state(void)
{
	const char *directory = getenv("STATE_DIRECTORY");

	return directory == NULL || directory[0] == '\0' ? "/var/lib/chair-web" : directory;
}

static void read_root(const struct schema_node *root, bool look_at_files, struct web_config *config)
{
	read_loopback(root, config);
	schema_string(root, "panel", config->panel, sizeof(config->panel),
		      "/usr/share/chaird/panel", false);
	schema_string(root, "sockets", config->sockets, sizeof(config->sockets), "/run/chaird",
		      false);
	schema_string(root, "state", config->state, sizeof(config->state), default_state(), false);
	read_origins(root, config);
	read_lan(root, look_at_files, config);
	read_limits(root, config);
	schema_finish_map(root);
}

static int load(struct schema_file *file, bool look_at_files, struct schema_problems *problems,
		struct web_config *ret)
{
	const size_t before = problems->count;
	const struct schema_node root = schema_root(file);
	struct web_config config = { 0 };

	read_root(&root, look_at_files, &config);
	schema_close(file);
	if (problems->count > before) {
		return -EINVAL;
	}
	*ret = config;
	return 0;
}

int web_config_load(const char *path, struct schema_problems *problems, struct web_config *ret)
{
	struct schema_file *file = NULL;
	int r;

	assert(path != NULL);
	assert(problems != NULL);
	assert(ret != NULL);

	r = schema_open(path, problems, &file);
	return r < 0 ? r : load(file, true, problems, ret);
}

int web_config_load_memory(const char *name, const char *text, size_t size,
			   struct schema_problems *problems, struct web_config *ret)
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
