# SPDX-License-Identifier: MIT
"""config/home for Home Assistant, on the entities that the gateway really announces and a chair that really runs."""
import json

import pytest
import yaml

import asyncapi
from chair import ROOT, until
from home_assistant import Assistant, entity_ids, problems, walk
from test_home_assistant import House

PACKAGE = yaml.safe_load((ROOT / "config/home/home-assistant.yaml").read_text())
CARD = yaml.safe_load((ROOT / "config/home/home-assistant-card.yaml").read_text())
NEEDS_FULL = "massage_chair_reminder"


class Home:
    """A house, and an assistant that has read everything that was published."""

    def __init__(self):
        self.house = House()
        self.chair = self.house.chair
        until(lambda: self.house.last(self.house.topic), "the discovery message")
        self.read = 0
        self.begin()

    def begin(self):
        self.assistant = Assistant(self.house.payload(), PACKAGE["automation"], self.house.publish)
        self.assistant.others = {"light.living_room": "on", "scene.before_the_massage": "unknown"}
        self.read = 0
        self.catch_up()
        self.assistant.waiting.clear()
        self.assistant.calls.clear()

    def catch_up(self):
        for message in self.house.since(self.read):
            self.read += 1
            self.assistant.feed(message.topic, message.payload.decode())
        return self.assistant.calls

    def until_state(self, *words):
        def shown():
            self.catch_up()
            return self.assistant.state("sensor.chair_1_state")[0] in words
        until(shown, f"state {words} in Home Assistant", 90, 0.02)

    def said(self):
        return [data["message"] for name, _, data in self.catch_up() if name == "notify.notify"]

    def tell(self, event):
        """An event as the chair would send it."""
        payload = json.dumps({"id": 1, "time": "2026-01-01T00:00:00.000Z", **event})
        assert asyncapi.problem(self.chair.prefix + "event", payload.encode()) is None
        self.assistant.feed(self.chair.prefix + "event", payload)


@pytest.fixture(scope="module", name="home")
def one_home():
    home = Home()
    yield home
    home.chair.stop()


@pytest.fixture(autouse=True)
def ready(home):
    home.chair.make_ready()
    home.until_state("ready")
    home.begin()


def named(home, detail):
    """The components that are announced with this detail, by entity id."""
    path = home.chair.dir / "chair-mqtt.yaml"
    text = path.read_text()
    home.chair.end("chair-mqtt")
    mark = len(home.house.mqtt.messages)
    path.write_text(text.replace("detail: full", f"detail: {detail}"))
    home.chair.start_gateway()
    announced = until(lambda: [m for m in home.house.since(mark) if m.topic == home.house.topic and m.payload], "it is announced")
    path.write_text(text)
    components = json.loads(announced[-1].payload)["components"].values()
    return {c["default_entity_id"]: c for c in components if "unique_id" in c}


def test_every_entity_payload_event_and_action_is_one_that_there_is(home):
    full = home.assistant.components
    assert list(problems(PACKAGE, full)) == [] and list(problems(CARD, full)) == []
    assert len(entity_ids(PACKAGE)) > 5 and len(entity_ids(CARD)) > 8
    generic = named(home, "generic")
    try:
        rest = [one for one in PACKAGE["automation"] if one["id"] != NEEDS_FULL]
        assert list(problems(rest, generic)) == [] and list(problems(CARD, generic)) == []
        assert list(problems(PACKAGE, generic)) != [], "what needs full is said to"
    finally:
        home.chair.end("chair-mqtt")
        home.chair.start_gateway()


def test_a_mistake_in_an_example_is_found(home):
    full = home.assistant.components
    for good, bad in (("sensor.chair_1_state", "sensor.chair_1_status"), ("button.press", "button.push"),
                      ("'session_ended'", "'session_finished'"), ("homing", "running"), ("to: 'on'", "to: on"),
                      ("message: \"{{", "text: \"{{"), ("button.chair_1_preheat", "sensor.chair_1_state")):
        text = (ROOT / "config/home/home-assistant.yaml").read_text()
        assert good in text
        assert list(problems(yaml.safe_load(text.replace(good, bad)), full)) != [], bad


def test_the_light_is_dimmed_for_the_session_and_comes_back_after_it(home):
    home.chair.panel.call("session.start", program="gentle-sciatica", side="both")
    home.until_state("massage")
    dimmed = [("scene.create", None, {"scene_id": "before_the_massage", "snapshot_entities": "light.living_room"}),
              ("light.turn_on", "light.living_room", {"brightness_pct": 15, "transition": 3})]
    assert home.catch_up() == dimmed
    home.chair.panel.call("session.pause")
    home.until_state("paused")
    assert home.catch_up() == dimmed
    home.chair.panel.call("session.stop")
    home.until_state("ready", "inhibited")
    of_the_light = [call for call in home.catch_up() if call[0] != "notify.notify"]
    assert of_the_light == [*dimmed, ("scene.turn_on", "scene.before_the_massage", {"transition": 3})]


def test_a_light_that_is_off_stays_off(home):
    home.assistant.others["light.living_room"] = "off"
    home.chair.panel.call("session.start", program="gentle-sciatica", side="both")
    home.until_state("massage")
    assert home.catch_up() == []


def test_the_end_of_a_session_is_told_in_words(home):
    home.chair.panel.call("session.start", program="gentle-sciatica", side="both")
    home.until_state("massage")
    home.chair.panel.call("session.stop")
    until(home.said, "the message")
    assert home.said() == ["The session has ended early. It took 0 minutes. Get up slowly."]
    home.tell({"kind": "session_ended", "program": None, "side": None, "seconds": 899, "ended": "finished"})
    assert home.said()[1:] == ["The session is over. It took 15 minutes. Get up slowly."]


def test_a_reminder_is_read_out(home):
    home.tell({"kind": "reminder", "reminder": 1, "text": {"en": "Walk a little.", "de": "Gehen Sie ein paar Schritte."}})
    assert home.said() == ["Walk a little."]


def test_a_fault_is_told_with_its_sentence_and_an_empty_seat_is_not(home):
    home.chair.sim.seat(False)
    home.chair.wait_for(lambda doc: not doc["seat_occupied"], "the seat is empty")
    until(lambda: home.catch_up() is not None and home.assistant.state("binary_sensor.chair_1_seat")[0] == "off", "it is told")
    assert home.said() == []
    home.chair.sim.fault("estop_open")
    until(home.said, "the message")
    text = home.chair.faults()["estop_open"]["text"]
    assert home.said() == [f"{text} (F001) Look at the chair, then press its start button."]


def test_the_evening_warms_the_seat_if_it_is_empty(home):
    home.chair.wait_for(lambda doc: doc["permits"]["heat"], "the pads are proven", 60)
    home.assistant.start("massage_chair_preheat")
    assert home.catch_up() == [], "somebody sits there"
    home.chair.sim.seat(False)
    until(lambda: home.catch_up() is not None and home.assistant.state("binary_sensor.chair_1_seat")[0] == "off", "it is told")
    home.assistant.start("massage_chair_preheat")
    assert home.catch_up() == [("button.press", "button.chair_1_preheat", {})]
    home.chair.wait_state("preheat")


def test_the_buttons_of_the_card_do_what_they_say(home):
    buttons = {node["name"]: node["tap_action"] for node in walk(CARD) if isinstance(node, dict) and node.get("type") == "button"}
    assert set(buttons) == {"Stop", "Pause", "Ask for a start", "Warm the seat"}

    def tap(name):
        home.assistant.act({"action": buttons[name]["perform_action"], "target": buttons[name]["target"]}, {})
    tap("Ask for a start")
    home.chair.wait_for(lambda doc: doc["ask"] is not None, "the ask")
    home.chair.panel.call("session.start", program="gentle-sciatica", side="both")
    home.chair.wait_state("massage", deadline_s=60)
    tap("Pause")
    home.chair.wait_state("paused")
    tap("Stop")
    home.chair.wait_state("ready", "inhibited")
