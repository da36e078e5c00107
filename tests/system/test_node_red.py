# SPDX-License-Identifier: MIT
"""config/home/node-red.json in a real Node-RED, on a real broker, beside a whole chair."""
import json
import urllib.request

import pytest

from chair import ROOT, Chair, free_port, until

NODE_RED = ROOT / "tests/node-red/node_modules"
FLOW = ROOT / "config/home/node-red.json"
LAMP = "zigbee2mqtt/lamp"
REPLY = "reply/home/node-red"
BRIGHT = 200


class Home:
    """A chair, Node-RED with our flow, and a lamp that does what it is told."""

    def __init__(self):
        self.chair = Chair("nodered").start_all()
        self.mqtt = self.chair.mqtt("#")
        self.api = free_port()
        self.lamp = {}
        self.told = []
        self.heard = self.mqtt.mqtt.on_message
        self.mqtt.mqtt.on_message = self.hear
        self.shine({"state": "ON", "brightness": BRIGHT})
        self.start_node_red()

    def hear(self, client, userdata, message):
        self.heard(client, userdata, message)
        if message.topic == LAMP + "/set":
            self.told.append(json.loads(message.payload))
            self.shine({"brightness": self.told[-1]["brightness"]})

    def shine(self, change):
        self.lamp.update(change)
        self.mqtt.mqtt.publish(LAMP, json.dumps(self.lamp), qos=1, retain=True)

    def start_node_red(self):
        assert NODE_RED.exists(), "run make node-red"
        directory = self.chair.dir / "node-red"
        directory.mkdir(exist_ok=True)
        flow = FLOW.read_text()
        assert '"port": "1883"' in flow
        (directory / "flows.json").write_text(flow.replace('"port": "1883"', f'"port": "{self.chair.port}"'))
        (directory / "settings.js").write_text(
            f'module.exports = {{uiHost: "127.0.0.1", uiPort: {self.api}, disableEditor: true,\n'
            ' telemetry: {enabled: false}, externalModules: {palette: {allowInstall: false}}};\n')
        program = self.chair.launch("node-red", NODE_RED / ".bin/node", NODE_RED / "node-red/red.js", "--userDir", directory,
                                    "--settings", directory / "settings.js", directory / "flows.json")
        program.says("Started flows", 60)
        program.says("Connected to broker", 20)

    def evening(self):
        """What the clock does at the time that the node names."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.api}/inject/chair-evening", data=b"", method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200

    def shines(self, brightness):
        until(lambda: self.lamp["brightness"] == brightness, f"the lamp at {brightness}", 20)


@pytest.fixture(scope="module", name="home")
def one_home():
    home = Home()
    yield home
    home.chair.stop()


@pytest.fixture(autouse=True)
def ready(home):
    home.chair.make_ready()
    until(lambda: home.mqtt.last("state")["state"] == "ready", "the broker has it")
    home.shines(BRIGHT)
    home.shine({"state": "ON", "brightness": BRIGHT})
    home.told.clear()


def test_the_lamp_is_dim_while_a_session_runs_and_as_before_after_it(home):
    home.chair.panel.call("session.start", program="gentle-sciatica", side="both")
    home.shines(40)
    home.chair.wait_state("massage", deadline_s=60)
    home.chair.panel.call("session.pause")
    home.chair.wait_state("paused")
    assert home.lamp["brightness"] == 40, "a pause belongs to the session"
    home.chair.panel.call("session.stop")
    home.shines(BRIGHT)
    assert [one["brightness"] for one in home.told] == [40, BRIGHT]


def test_a_lamp_that_is_off_stays_off(home):
    home.shine({"state": "OFF"})
    home.chair.panel.call("session.start", program="gentle-sciatica", side="both")
    home.chair.wait_state("massage", deadline_s=60)
    home.chair.panel.call("session.stop")
    home.chair.wait_state("ready")
    until(lambda: home.mqtt.last("state")["state"] == "ready", "the broker has it")
    home.shine({"state": "ON"})
    home.chair.panel.call("session.start", program="gentle-sciatica", side="both")
    home.shines(40)     # all that was before has been through the flow
    assert len(home.told) == 1


def test_the_lamp_comes_back_when_the_chair_is_lost_in_a_session(home):
    home.chair.panel.call("session.start", program="gentle-sciatica", side="both")
    home.shines(40)
    home.chair.programs.pop("chair-mqtt").kill()
    try:
        home.shines(BRIGHT)
    finally:
        home.chair.start_gateway()
    until(lambda: home.mqtt.last("availability") == "online", "the gateway is back")


def test_the_evening_warms_the_empty_seat_and_once_an_hour_is_enough(home):
    home.chair.wait_for(lambda doc: doc["permits"]["heat"], "the pads are proven", 60)
    home.chair.sim.seat(False)
    home.chair.wait_for(lambda doc: not doc["seat_occupied"], "the seat is empty")
    home.evening()
    home.chair.wait_state("preheat")
    home.chair.sim.until(lambda s: any(pad["heating"] for pad in s["pads"].values()), "a pad is driven")
    until(lambda: len(home.mqtt.on(REPLY)) == 1, "the answer")
    assert home.mqtt.last(REPLY)["result"] == {"preheating": True}
    sent = home.mqtt.on("set/preheat")[-1]
    assert not sent.retain and 0 < sent.properties.MessageExpiryInterval <= 60
    home.chair.panel.call("session.stop")
    home.chair.wait_for(lambda doc: doc["state"] not in ("preheat", "retracting"), "the heat is off")
    home.evening()
    until(lambda: len(home.mqtt.on(REPLY)) == 2, "the answer")
    assert home.mqtt.last(REPLY)["error"]["data"]["reason"] == "preheat_rest"


def test_the_flow_asks_by_itself_in_the_evening(home):
    inject, = [node for node in json.loads(FLOW.read_text()) if node["type"] == "inject"]
    minute, hour, *rest = inject["crontab"].split()
    assert (int(minute), int(hour), rest) == (30, 20, ["*", "*", "*"]) and "20:30" in inject["name"]
    assert not inject["once"], "a restart of Node-RED is no evening"
