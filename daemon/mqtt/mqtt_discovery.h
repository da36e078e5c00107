/* SPDX-License-Identifier: MIT */
/*
 * mqtt_discovery.h - what Home Assistant is told of the chair, so that it makes its entities
 * itself: one device with one message (its "device discovery"). Pure: no I/O, clock or log.
 */
#ifndef MQTT_DISCOVERY_H
#define MQTT_DISCOVERY_H

#include "mqtt_config.h"

#include <jansson.h>

/* The whole payload. @programs: the result of program.list, @faults: of fault.list (both borrowed;
 * NULL: not known yet, their entities come later). What this configuration does not publish is
 * listed by its platform alone, which makes Home Assistant remove it. NULL when memory is short;
 * json_decref() it. */
json_t *mqtt_discovery_payload(const struct mqtt_config *config, json_t *programs, json_t *faults);

/* Its topic: <prefix>/device/chair_<id>/config. */
void mqtt_discovery_topic(const struct mqtt_config *config, char *topic, size_t size);

#endif /* MQTT_DISCOVERY_H */
