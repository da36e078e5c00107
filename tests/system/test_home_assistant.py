# SPDX-License-Identifier: MIT
"""The chair in Home Assistant: what it would make of the discovery message, and what its dashboard can do."""
import json
import re

import pytest

import asyncapi
from chair import ROOT, Chair, until
from discovery_rules import Entity, problems, render

CONFIG = "homeassistant/device/chair_{}/config"
BIRTH = "homeassistant/status"


class House:
    """A chair, a broker, and what a Home Assistant on it would have."""

    def __init__(self, detail="full", discovery=""):
        self.chair = Chair("house")
        path = self.chair.dir / "chair-mqtt.yaml"
        text = path.read_text().replace("detail: full", f"detail: {detail}")
        path.write_text(text + discovery)
        self.chair.start_all()
        self.mqtt = self.chair.mqtt("#")
        self.topic = CONFIG.format(self.chair.prefix.split("/")[1])

    def last(self, topic):
        """The newest payload on a whole topic; "" when there is none."""
        return self.messages().get(topic, "")

    def publish(self, topic, payload, retain=False):
        self.mqtt.mqtt.publish(topic, payload, qos=1, retain=retain).wait_for_publish(10)

    def since(self, mark):
        return list(self.mqtt.messages)[mark:]

    def payload(self):
        return json.loads(self.last(self.topic))

    def entity(self, key):
        payload = self.payload()
        return Entity(payload, payload["components"][key])

    def messages(self):
        return {m.topic: m.payload.decode() for m in list(self.mqtt.messages)}

    def shows(self, key, value, kind="state", deadline_s=15):
        entity = self.entity(key)
        until(lambda: entity.shown(self.messages(), kind) == value, f"{key} shows {value}", deadline_s, 0.02)

    def press(self, key, payload="PRESS"):
        self.set(key, payload)

    def set(self, key, payload, kind=""):
        config = self.entity(key).config
        self.publish(config[f"{kind}command_topic"], payload)


@pytest.fixture(scope="module")
def house():
    one = House()
    yield one
    one.chair.stop()


@pytest.fixture(autouse=True)
def ready(request):
    if "house" in request.fixturenames:
        one = request.getfixturevalue("house")
        one.chair.make_ready()


def complaints(house):
    payload, messages = house.payload(), house.messages()
    return [f"{key}: {text}" for key, component in payload["components"].items() if set(component) != {"platform"}
            for text in Entity(payload, component).complaints(messages)]


def test_home_assistant_takes_every_key_of_the_message(house):
    until(lambda: house.last(house.topic), "the discovery message")
    assert problems(house.payload()) == []
    late = house.chair.mqtt("#")
    until(lambda: any(m.topic == house.topic and m.retain for m in list(late.messages)), "it is there for who comes later")
    faults = house.chair.panel.call("fault.list")["faults"]
    assert {f"fault_{f['code'].lower()}" for f in faults} < house.payload()["components"].keys()


def test_every_entity_shows_something_that_it_can_show_in_every_state(house):
    for state in ("ready", "homing", "massage", "paused"):
        if state == "homing":
            house.chair.panel.call("session.start", program="piriformis", side="left")
        if state == "paused":
            house.chair.panel.call("session.pause")
        house.shows("state", state, deadline_s=90)
        assert complaints(house) == []


def test_the_choice_of_program_and_side_is_what_the_start_button_asks_for(house):
    house.shows("program", "gentle-sciatica")
    house.set("program", "piriformis")
    house.shows("program", "piriformis")
    house.set("side", "right")
    house.shows("side", "right")
    house.press("start")
    house.chair.wait_for(lambda doc: doc["ask"] and doc["ask"]["program"] == "piriformis"
                         and doc["ask"]["side"] == "right", "the ask")
    house.chair.panel.call("session.stop")
    # what is not offered is not chosen, and the select shows again what is
    assert house.mqtt.thing("set/side", "upside-down")["error"]["data"]["reason"] == "side_not_offered"
    assert house.mqtt.thing("set/program", "deep-tissue")["error"]["data"]["reason"] == "unknown_program"
    house.shows("program", "piriformis")
    house.shows("side", "right")


def test_heat_of_a_pad_falls_from_the_home_and_never_rises(house):
    house.chair.panel.call("session.start", program="gentle-sciatica", side="both")
    house.chair.wait_state("massage", deadline_s=120)
    house.shows("heat_lower_back", "heat", "mode")
    warm = float(house.entity("heat_lower_back").shown(house.messages(), "temperature"))
    house.set("heat_lower_back", f"{warm - 2}", "temperature_")
    house.shows("heat_lower_back", str(warm - 2), "temperature")
    assert float(house.entity("heat_glute_left").shown(house.messages(), "temperature")) == warm
    assert house.mqtt.thing("set/heat_lower_back", str(warm))["error"]["data"]["reason"] == "not_for_home"
    house.set("heat_lower_back", "off", "mode_")
    house.shows("heat_lower_back", "off", "mode")
    house.shows("heat_glute_left", "heat", "mode")
    assert house.mqtt.thing("set/heat_armrest", "off")["error"]["data"]["reason"] == "invalid_params"
    assert house.mqtt.thing("set/heat_lower_back", "warm")["error"]["data"]["reason"] == "invalid_params"
    assert house.mqtt.thing("set/heat", "0")["result"] == {"accepted": True}
    house.shows("heat_glute_left", "off", "mode")


def test_the_empty_seat_is_warmed(house):
    house.chair.wait_for(lambda doc: doc["permits"]["heat"], "the pads are proven", 60)
    house.set("heat_glute_left", "heat", "mode_")
    house.shows("state", "preheat")
    house.shows("heat_glute_left", "38.0", "temperature")


def test_pressure_shows_its_aim_and_only_falls(house):
    house.chair.panel.call("session.start", program="gentle-sciatica", side="both", level=2)
    house.shows("level", "2")
    house.set("level", "1.0")
    house.shows("level", "1")
    assert house.mqtt.thing("set/level", "2")["error"]["data"]["reason"] == "not_for_home"


def test_a_fault_is_a_problem_with_its_text(house):
    house.shows("fault_f001", "OFF")
    house.shows("hardware", "ON")
    house.chair.sim.fault("estop_open")
    house.shows("fault_f001", "ON")
    house.shows("problem", "ON")
    config = house.entity("fault_f001").config
    attributes = json.loads(render(config["json_attributes_template"], house.messages()[config["json_attributes_topic"]]))
    assert attributes["active"] and "red" in attributes["text"].lower()
    house.chair.make_ready()
    house.shows("problem", "OFF")
    house.shows("fault_f001", "OFF")


def test_an_empty_seat_is_no_problem_and_hides_none(house):
    house.chair.sim.seat(False)
    house.shows("fault_f023", "ON")
    house.shows("problem", "OFF")
    house.chair.sim.fault("estop_open")
    house.shows("problem", "ON")
    problem = house.entity("problem").config
    shown = render(problem["json_attributes_template"], house.messages()[problem["json_attributes_topic"]])
    assert json.loads(shown)["cause"] == "estop_open"


def test_sessions_are_events_with_their_kind(house):
    entity = house.entity("session_event")
    mark = len(house.mqtt.messages)
    house.chair.panel.call("session.start", program="gentle-sciatica", side="both")
    house.chair.wait_state("homing")
    house.chair.panel.call("session.stop")

    def kinds():
        events = [m.payload.decode() for m in house.since(mark) if m.topic == entity.config["state_topic"]]
        shown = [json.loads(render(entity.config["value_template"], text)) for text in events]
        return [one["event_type"] for one in shown if one]
    until(lambda: {"session_started", "session_ended"} <= set(kinds()), "both events")
    assert set(kinds()) <= set(entity.config["event_types"])


def test_when_home_assistant_is_born_it_is_told_everything_again(house):
    topics = (house.topic, house.chair.prefix + "state", house.chair.prefix + "availability", house.chair.prefix + "choice")
    mark = len(house.mqtt.messages)
    house.publish(BIRTH, "offline")
    house.publish(BIRTH, "online")
    until(lambda: set(topics) <= {m.topic for m in house.since(mark)}, "all of it anew", 5)


def test_the_connection_is_shown_while_the_rest_is_unavailable(house):
    entity = house.entity("connection")
    assert entity.shown(house.messages()) == "online"
    house.chair.end("chaird")
    until(lambda: entity.shown(house.messages()) == "offline", "offline")
    own = entity.config["availability"][0]
    assert render(own["value_template"], "offline") == "online", "its own availability never takes it away"
    house.chair.start_chaird()
    until(lambda: entity.shown(house.messages()) == "online", "online again", 20)


def test_a_fleets_chair_tells_nothing_of_the_person_and_takes_back_what_it_told():
    house = House(detail="generic")
    try:
        until(lambda: house.last(house.topic), "the discovery message")
        payload = house.payload()
        assert problems(payload) == []
        removed = {key for key, component in payload["components"].items() if set(component) == {"platform"}}
        assert removed == {"program", "side", "phase", "reminder"}
        assert "piriformis" not in house.last(house.topic) and "sciatica" not in house.last(house.topic)
        assert not house.last(house.chair.prefix + "choice")
        house.chair.wait_for(lambda doc: doc["permits"]["start"], "ready", 60)
        house.press("start")
        house.chair.wait_for(lambda doc: doc["ask"] is not None, "the ask for the chair's own program")
        assert complaints(house) == []
    finally:
        house.chair.stop()


def test_discovery_that_is_turned_off_is_taken_back():
    house = House(discovery="discovery:\n  enabled: false\n")
    try:
        house.publish(house.topic, json.dumps({"device": {}, "origin": {}, "components": {}, "availability": [{"topic": "x"}]}), retain=True)
        house.chair.end("chair-mqtt")
        mark = len(house.mqtt.messages)
        house.chair.start_gateway()
        until(lambda: any(m.topic == house.topic and m.payload == b"" for m in house.since(mark)), "taken back")
    finally:
        house.chair.stop()


def test_prefix_birth_topic_and_name_are_the_owners():
    house = House(discovery="discovery:\n  prefix: ha\n  birth_topic: ha/here\n  name: Grandmother's chair\n")
    try:
        topic = house.topic.replace("homeassistant", "ha")
        until(lambda: house.last(topic), "the discovery message")
        assert json.loads(house.last(topic))["device"]["name"] == "Grandmother's chair"
        assert not house.last(house.topic)
        mark = len(house.mqtt.messages)
        house.publish("ha/here", "online")
        until(lambda: topic in {m.topic for m in house.since(mark)}, "told again", 5)
    finally:
        house.chair.stop()


def test_every_thing_that_can_be_set_is_in_the_contract(house):
    source = (ROOT / "daemon/mqtt/mqtt_map.c").read_text()
    known = set(re.findall(r'"set/([a-z]+)"', source)) | {f"heat_{pad}" for pad in house.chair.state()["heat"]["pads"]}
    assert asyncapi.things() == known
    for thing in known - {"stop", "start", "resume", "preheat"}:  # those would do something
        assert "error" in house.mqtt.thing(f"set/{thing}", "{nonsense}") or thing == "pause", thing
