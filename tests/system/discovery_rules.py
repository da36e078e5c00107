# SPDX-License-Identifier: MIT
"""Home Assistant's rules for MQTT device discovery (core 2026.9), as far as a chair can break them.

Written from the integration's schemas (homeassistant/components/mqtt: schemas.py, const.py, and those of the
platforms), not from what the gateway sends. Templates are rendered by Jinja2, in the sandbox and with the undefined
values that Home Assistant uses.
"""
import json
import re

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

ROOT = {"device", "origin", "components", "availability", "availability_topic", "availability_template",
        "availability_mode", "payload_available", "payload_not_available", "state_topic", "command_topic", "qos",
        "encoding", "message_expiry_interval"}
DEVICE = {"identifiers", "connections", "name", "manufacturer", "model", "model_id", "hw_version", "sw_version",
          "serial_number", "suggested_area", "configuration_url", "via_device"}
COMMON = {"platform", "name", "unique_id", "default_entity_id", "~", "availability", "availability_topic",
          "availability_mode", "availability_template", "payload_available", "payload_not_available", "icon",
          "enabled_by_default", "entity_category", "entity_picture", "json_attributes_topic",
          "json_attributes_template", "qos", "encoding"}
STATE = {"state_topic", "value_template"}
# What the device says is inherited by each component that does not say it itself.
SHARED = {"availability", "availability_mode", "availability_template", "availability_topic", "command_topic",
          "encoding", "message_expiry_interval", "payload_available", "payload_not_available", "state_topic", "qos"}
PLATFORM = {
    "sensor": STATE | {"device_class", "state_class", "unit_of_measurement", "suggested_display_precision",
                       "expire_after", "force_update", "options", "last_reset_value_template"},
    "binary_sensor": STATE | {"device_class", "payload_on", "payload_off", "off_delay", "expire_after", "force_update"},
    "select": STATE | {"command_topic", "command_template", "options", "optimistic", "retain"},
    "number": STATE | {"command_topic", "command_template", "min", "max", "step", "mode", "payload_reset",
                       "device_class", "unit_of_measurement", "optimistic", "retain"},
    "button": {"command_topic", "command_template", "payload_press", "device_class", "retain"},
    "climate": {"mode_command_topic", "mode_command_template", "mode_state_topic", "mode_state_template", "modes",
                "temperature_command_topic", "temperature_command_template", "temperature_state_topic",
                "temperature_state_template", "current_temperature_topic", "current_temperature_template",
                "action_topic", "action_template", "min_temp", "max_temp", "temp_step", "precision",
                "temperature_unit", "optimistic", "retain"},
    "event": STATE | {"event_types", "device_class"},
}
REQUIRED = {"sensor": {"state_topic"}, "binary_sensor": {"state_topic"}, "select": {"command_topic", "options"},
            "number": {"command_topic"}, "button": {"command_topic"}, "climate": set(),
            "event": {"state_topic", "event_types"}}
CLASSES = {
    "sensor": {"enum": {None}, "duration": {"d", "h", "min", "s", "ms"}, "temperature": {"°C", "°F", "K"}},
    "binary_sensor": {c: {None} for c in ("occupancy", "connectivity", "problem", "running", "heat", "safety")},
}
CATEGORY = {"config", "diagnostic"}
ACTIONS = {"off", "preheating", "heating", "cooling", "drying", "idle", "fan", "defrosting"}


def environment():
    env = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    env.globals["dict"] = dict
    return env


def render(template, payload):
    """What Home Assistant makes of a payload: text."""
    if template is None:
        return payload
    try:
        values = {"value": payload, "value_json": json.loads(payload)}
    except ValueError:
        values = {"value": payload}
    return environment().from_string(template).render(**values)


def problems(payload):
    """Everything that Home Assistant would refuse or silently drop, as sentences."""
    found = [f"unknown key {key} drops the whole message" for key in payload.keys() - ROOT]
    found += [f"{key} is missing" for key in ("device", "origin", "components") if not payload.get(key)]
    found += [f"device.{key} is unknown" for key in payload.get("device", {}).keys() - DEVICE]
    if not payload["device"].get("identifiers") and not payload["device"].get("connections"):
        found.append("the device has no identifiers")
    if not payload["origin"].get("name"):
        found.append("the origin has no name")
    ids = [c["unique_id"] for c in payload["components"].values() if "unique_id" in c]
    found += [f"{one} is not unique" for one in set(ids) if ids.count(one) > 1]
    for key, component in payload["components"].items():
        inherited = SHARED & payload.keys() if set(component) != {"platform"} else set()
        if {"availability", "availability_topic"} <= component.keys() | inherited:
            found.append(f"{key}: availability and availability_topic exclude each other, what is inherited included")
        found += [f"{key}: {text}" for text in component_problems(key, component)]
    return found


def component_problems(key, component):
    platform = component.get("platform")
    if not re.fullmatch(r"[a-zA-Z0-9_-]+", key):
        yield "is no id"
    if platform not in PLATFORM:
        yield f"platform {platform} is unknown"
        return
    if set(component) == {"platform"}:
        return  # a removal
    for one in component.keys() - COMMON - PLATFORM[platform]:
        yield f"{one} is unknown to a {platform} and would be dropped"
    for one in ({"unique_id"} | REQUIRED[platform]) - component.keys():
        yield f"{one} is missing"
    if not component["default_entity_id"].startswith(platform + ".") or \
            not re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", component["default_entity_id"]):
        yield f"{component['default_entity_id']} is no entity id of a {platform}"
    if component.get("entity_category") not in CATEGORY | {None}:
        yield "entity_category is unknown"
    if platform in ("sensor", "event") and component.get("entity_category") == "config":
        yield "a sensor is no configuration"
    yield from class_problems(platform, component)
    for name, value in component.items():
        if name.endswith("_topic") and ("+" in value or "#" in value or not value):
            yield f"{name} is no topic"
        if name.endswith("_template"):
            environment().from_string(value)  # raises where it is no template
    if platform == "number" and component["min"] >= component["max"]:
        yield "min is not below max"
    if platform == "climate" and not set(component["modes"]) <= {"auto", "off", "cool", "heat", "dry", "fan_only"}:
        yield "modes are unknown"


def class_problems(platform, component):
    device_class, unit = component.get("device_class"), component.get("unit_of_measurement")
    if device_class is not None:
        units = CLASSES.get(platform, {}).get(device_class)
        if units is None:
            yield f"device_class {device_class} is unknown to a {platform}"
        elif unit not in units:
            yield f"device_class {device_class} has no unit {unit}"
    if "options" in component and platform == "sensor" and \
            (device_class != "enum" or unit is not None or "state_class" in component or not component["options"]):
        yield "options are for an enum without unit and state class"
    if "state_class" in component and component["state_class"] not in ("measurement", "total", "total_increasing"):
        yield "state_class is unknown"


class Entity:
    """An entity as Home Assistant would have it: what it shows, for the newest messages."""

    def __init__(self, root, component):
        self.config = {k: v.replace("~", component["~"]) if k.endswith("_topic") and isinstance(v, str) else v
                       for k, v in component.items()}
        self.platform = component["platform"]
        self.root = root

    def shown(self, messages, kind="state"):
        """@messages: {topic: newest payload}. @kind: state, action, mode, temperature, current_temperature ..."""
        prefix = "" if kind == "state" else f"{kind}_"
        topic = self.config.get(f"{prefix}topic") or self.config.get(f"{prefix}state_topic") or self.config.get("state_topic")
        template = self.config.get(f"{prefix}template") or self.config.get(f"{prefix}state_template") \
            if prefix else self.config.get("value_template")
        return render(template, messages[topic])

    def complaints(self, messages):
        """Whether what would be shown is something that this platform can show."""
        try:
            if self.platform == "climate":
                yield from self.climate_complaints(messages)
            elif "state_topic" in self.config and self.config["state_topic"] in messages:
                yield from self.value_complaints(self.shown(messages))
            if "json_attributes_topic" in self.config:
                text = render(self.config["json_attributes_template"], messages[self.config["json_attributes_topic"]])
                if not isinstance(json.loads(text), dict):
                    yield f"attributes are no object: {text[:80]}"
        except Exception as error:  # pylint: disable=broad-except # a template may fail in any way
            yield f"{type(error).__name__}: {error}"

    def climate_complaints(self, messages):
        mode = self.shown(messages, "mode")
        if mode not in self.config["modes"]:
            yield f"mode {mode}"
        action = self.shown(messages, "action")
        if action not in ACTIONS:
            yield f"action {action}"
        for kind in ("temperature", "current_temperature"):
            text = self.shown(messages, kind)
            if text != "None" and not 0 < float(text) < 60:
                yield f"{kind} {text}"

    def value_complaints(self, text):
        options = self.config.get("options")
        if self.platform == "binary_sensor":
            allowed = {self.config.get("payload_on", "ON"), self.config.get("payload_off", "OFF")}
            if text not in allowed:
                yield f"shows {text}"
        elif options is not None and text not in options:
            yield f"shows {text}, not one of {options}"
        elif self.platform == "number" and text != "None" and not self.config["min"] <= float(text) <= self.config["max"]:
            yield f"shows {text}"
        elif self.platform == "event" and text != "{}" and json.loads(text)["event_type"] not in self.config["event_types"]:
            yield f"event {text}"
        elif self.platform == "sensor" and ("unit_of_measurement" in self.config) and text != "None":
            float(text)
