# SPDX-License-Identifier: MIT
"""As much of Home Assistant as config/home needs: entities out of a discovery message, and automations on them.

Entities are those of the message that the gateway really published; what they show is rendered from the messages of
the chair, in their order. What an automation uses that is not known here is an error, so it cannot be passed over.
"""
import json
import re

from discovery_rules import Entity, environment

NOWHERE = ("unavailable", "unknown")
SERVICES = {"scene.create": {"scene_id", "snapshot_entities"}, "scene.turn_on": {"transition"},
            "light.turn_on": {"brightness_pct", "transition"}, "notify.notify": {"title", "message"},
            "button.press": set()}
CARDS = {"vertical-stack": {"cards"}, "horizontal-stack": {"cards"}, "entities": {"title", "state_color", "entities"},
         "conditional": {"conditions", "card"}, "markdown": {"content"}, "thermostat": {"entity"},
         "button": {"entity", "name", "tap_action"}}
PLATFORMS = "sensor|binary_sensor|button|number|select|climate|event"


def walk(node):
    """Every mapping and every text in a document."""
    yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else []:
        yield from walk(child)


def as_list(value):
    return value if isinstance(value, list) else [value]


def entity_ids(node):
    """The chair's entities that a document names, in templates too."""
    return {one for text in walk(node) if isinstance(text, str)
            for one in re.findall(rf"\b(?:{PLATFORMS})\.chair_1_\w+", text)}


def states_of(component):
    """The words that an entity can show, or None where there are too many of them."""
    if component["platform"] == "binary_sensor":
        return {"on", "off"}
    return set(component["options"]) if "options" in component else None


class Assistant:
    """House and automations. feed() it the messages; @calls are the actions that it has taken."""

    def __init__(self, payload, automations, publish):
        self.payload = payload
        self.components = {c["default_entity_id"]: c for c in payload["components"].values() if "unique_id" in c}
        self.automations = {one["id"]: one for one in automations}
        self.publish = publish
        self.watched = sorted(entity_ids(automations))
        self.others = {}        # of the house: entity id -> state
        self.messages = {}
        self.shown = {one: ("unavailable", {}) for one in self.watched}
        self.waiting = {}       # automation id -> what is left of it
        self.calls = []

    # --- what the entities show ---
    def show(self, entity_id, topic, old):
        component = self.components[entity_id]
        entity = Entity(self.payload, component)
        if any(self.messages.get(one["topic"]) != "online" for one in self.payload["availability"]):
            return "unavailable", {}
        if component["platform"] == "event":
            told = json.loads(entity.shown(self.messages)) if topic == entity.config["state_topic"] else {}
            return (f"event {len(self.messages)} {told['id']}", told) if told else \
                (("unknown", {}) if old[0] == "unavailable" else old)
        if component["platform"] == "button" or entity.config["state_topic"] not in self.messages:
            return "unknown", {}
        text = entity.shown(self.messages)
        if component["platform"] == "binary_sensor":
            text = {component.get("payload_on", "ON"): "on", component.get("payload_off", "OFF"): "off"}[text]
        template = component.get("json_attributes_template")
        return text, json.loads(self.render(template, value_json=json.loads(
            self.messages[entity.config["json_attributes_topic"]]))) if template else {}

    def render(self, template, **values):
        return environment().from_string(template).render(
            states=lambda one: self.state(one)[0], state_attr=lambda one, key: self.state(one)[1].get(key), **values)

    def state(self, entity_id):
        return self.shown[entity_id] if entity_id in self.shown else (self.others[entity_id], {})

    def feed(self, topic, payload):
        self.messages[topic] = payload
        for entity_id in self.watched:
            old = self.shown[entity_id]
            self.shown[entity_id] = new = self.show(entity_id, topic, old)
            if new != old:
                self.changed(entity_id, old, new)

    # --- automations ---
    def changed(self, entity_id, old, new):
        trigger = {"from_state": {"state": old[0], "attributes": old[1]}, "to_state": {"state": new[0], "attributes": new[1]}}
        for name, automation in self.automations.items():
            if name in self.waiting:        # mode: single, or a queue that is not looked at here
                awaited, steps, values = self.waiting[name]
                if any(self.fits(one, entity_id, old[0], new[0]) for one in awaited):
                    del self.waiting[name]
                    self.run(name, steps, values)
            elif any(self.fits(one, entity_id, old[0], new[0]) for one in automation["triggers"]):
                self.start(name, trigger)

    @staticmethod
    def fits(trigger, entity_id, old, new):
        assert trigger.keys() <= {"trigger", "entity_id", "from", "to", "not_from", "not_to", "at"}, trigger
        if trigger["trigger"] != "state" or trigger["entity_id"] != entity_id:
            return False
        if ("to" in trigger or "from" in trigger) and old == new:
            return False        # its attributes alone
        return ("from" not in trigger or old in as_list(trigger["from"])) and \
            ("to" not in trigger or new in as_list(trigger["to"])) and \
            old not in as_list(trigger.get("not_from", [])) and new not in as_list(trigger.get("not_to", []))

    def start(self, name, trigger=None):
        automation = self.automations[name]
        values = {"trigger": trigger}
        if all(self.holds(one, values) for one in automation.get("conditions", [])):
            self.run(name, automation["actions"], values)

    def holds(self, condition, values):
        if condition["condition"] == "template":
            return self.render(condition["value_template"], **values) == "True"
        assert condition["condition"] == "state", condition
        return self.state(condition["entity_id"])[0] in as_list(condition["state"])

    def run(self, name, steps, values):
        for number, step in enumerate(steps):
            if "wait_for_trigger" in step:
                self.waiting[name] = (step["wait_for_trigger"], steps[number + 1:], values)
                return
            self.act(step, values)

    def act(self, step, values):
        data = {key: self.render(value, **values) if isinstance(value, str) else value
                for key, value in step.get("data", {}).items()}
        target = step.get("target", {}).get("entity_id")
        self.calls.append((step["action"], target, data))
        if step["action"] == "button.press":
            config = Entity(self.payload, self.components[target]).config
            self.publish(config["command_topic"], config.get("payload_press", "PRESS"))


def trigger_problems(trigger, components):
    kind = trigger["trigger"]
    if kind == "time":
        if not re.fullmatch(r"[0-2]\d:[0-5]\d:[0-5]\d", trigger["at"]):
            yield f"{trigger['at']} is no time"
        return
    if kind != "state":
        yield f"trigger {kind} is unknown"
        return
    words = states_of(components[trigger["entity_id"]])
    for key in ("from", "to", "not_from", "not_to"):
        for word in as_list(trigger.get(key, [])):
            if not isinstance(word, str):
                yield f"{key} {word} needs quotes"
            elif word not in NOWHERE and words is not None and word not in words:
                yield f"{trigger['entity_id']} is never {word}"
    if {"from", "not_from"} <= trigger.keys() or {"to", "not_to"} <= trigger.keys():
        yield "from and not_from exclude each other, and so do to and not_to"


def problems(document, components):
    """What Home Assistant, or our chair in it, would not understand, as sentences."""
    for one in sorted(entity_ids(document) - components.keys()):
        yield f"{one} does not exist"
    for node in walk(document):
        if isinstance(node, str):
            environment().from_string(node)     # raises where it is no template
            kinds = {kind for c in components.values() for kind in c.get("event_types", [])}
            for kind in re.findall(r"event_type == '(\w+)'", node):
                if kind not in kinds:
                    yield f"no event is {kind}"
        if not isinstance(node, dict):
            continue
        if "trigger" in node and node.get("entity_id", "") in components or node.get("trigger") == "time":
            yield from trigger_problems(node, components)
        name = node.get("action") if node.get("action") != "perform-action" else node["perform_action"]
        if name is not None:
            if name not in SERVICES or not set(node.get("data", {})) <= SERVICES[name]:
                yield f"action {name} with {node.get('data')} is unknown"
            target = node.get("target", {}).get("entity_id", "")
            if (target in components or name.startswith("button.")) and target.split(".")[0] != name.split(".")[0]:
                yield f"{name} is no action on {target}"
        if node.get("condition") == "state":
            one = node.get("entity_id", node.get("entity"))
            words = states_of(components[one]) if one in components else {"on", "off"}
            if not isinstance(node["state"], str) or (words is not None and node["state"] not in words):
                yield f"{one} is never {node['state']}"
        if "type" in node and node.keys() - {"type"} - CARDS.get(node["type"], set()):
            yield f"card {node['type']} has no {node.keys() - {'type'} - CARDS.get(node['type'], set())}"
