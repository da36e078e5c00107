/* SPDX-License-Identifier: MIT */
/* mqtt_config.h - the gateway's configuration file (config/chair-mqtt.yaml), read and checked. */
#ifndef MQTT_CONFIG_H
#define MQTT_CONFIG_H

#include "../../hw/schema.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum mqtt_detail {
	MQTT_DETAIL_GENERIC, /* zero: publishes nothing that tells what the person is treated for */
	MQTT_DETAIL_FULL,
};

/* For Home Assistant; see mqtt_discovery.h. */
struct mqtt_discovery {
	bool enabled;
	char prefix[65];
	char birth_topic[97]; /* where Home Assistant says "online" */
	char name[65];	      /* of the device */
};

struct mqtt_config {
	char chair[33];
	char socket[108];
	char host[256]; /* without brackets */
	uint16_t port;
	bool tls;
	char client_id[65];
	char username[65];
	char password_file[256]; /* "": $CREDENTIALS_DIRECTORY/mqtt-password, or none */
	char ca_file[256];	 /* "": the system's trusted authorities */
	char cert_file[256];
	char key_file[256];
	uint16_t keepalive_s;
	enum mqtt_detail detail;
	struct mqtt_discovery discovery;
	uint32_t reconnect_min_ms;
	uint32_t reconnect_max_ms;
};

/* Read @path. Every problem found is in @problems; *ret is complete only when there is none.
 * Returns 0 or -errno (-EINVAL: problems). */
int mqtt_config_load(const char *path, struct schema_problems *problems, struct mqtt_config *ret)
	__attribute__((warn_unused_result));

/* The same from memory, without looking at the files that it names. */
int mqtt_config_load_memory(const char *name, const char *text, size_t size,
			    struct schema_problems *problems, struct mqtt_config *ret)
	__attribute__((warn_unused_result));

/* The password's bytes without a final newline; read anew at each connect so that it can be
 * changed. Returns its length (0: there is none) or -errno. */
int mqtt_config_password(const struct mqtt_config *config, char *password, size_t size)
	__attribute__((warn_unused_result));

/* The configuration in force, as YAML; never the password. */
void mqtt_config_print(const struct mqtt_config *config, FILE *out);

#endif /* MQTT_CONFIG_H */
