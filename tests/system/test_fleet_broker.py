# SPDX-License-Identifier: MIT
"""The settings of docs/fleet.md, as they stand there: accounts by pattern, a bridge to a central broker, readers that share."""
import itertools
import json
import re
import socket
import subprocess

import pytest

from chair import MOSQUITTO, ROOT, Chair, Mqtt, free_port, until
from test_broker_roles import PASSWORD, Client

CHAIRS = ("chair-1", "chair-2")


def block(first):
    """The settings of docs/fleet.md that begin with this line."""
    blocks = re.findall(r"^```\n(.*?)^```$", (ROOT / "docs/fleet.md").read_text(), re.M | re.S)
    return next(b for b in blocks if b.startswith(first))


class Broker:
    """A mosquitto with settings of its own in a directory."""
    numbers = itertools.count(1)

    def __init__(self, directory, settings):
        self.port = free_port()
        self.directory = directory
        number = next(self.numbers)
        conf = directory / f"broker-{number}.conf"
        conf.write_text(f"listener {self.port} 127.0.0.1\n{settings}\n")
        with open(directory / f"broker-{number}.log", "wb") as log:
            self.process = subprocess.Popen([MOSQUITTO, "-c", str(conf)], stdout=log, stderr=log)

    def __enter__(self):
        def listens():
            with socket.socket() as s:
                return s.connect_ex(("127.0.0.1", self.port)) == 0
        until(listens, "mosquitto listens")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


@pytest.fixture
def chair():
    with Chair("fleet-broker") as one:
        one.dir.chmod(0o755)
        yield one


def use_broker(chair, port, *lines):
    """Its gateway is for this broker."""
    text = (chair.dir / "chair-mqtt.yaml").read_text()
    text = re.sub(r"^broker: .*$", f"broker: mqtt://127.0.0.1:{port}", text, flags=re.M)
    (chair.dir / "chair-mqtt.yaml").write_text(text + "".join(f"{line}\n" for line in lines))
    chair.start_gateway()
    until(lambda: "connected to the broker" in chair.programs["chair-mqtt"].log(), "the gateway connects")


def accounts(directory):
    for user in (*CHAIRS, "house"):
        first = [] if user != CHAIRS[0] else ["-c"]
        subprocess.run(["mosquitto_passwd", "-b", *first, str(directory / "passwd"), user, PASSWORD], check=True)
    (directory / "acl").write_text(block("pattern write chair/%u/availability"))
    for name in ("acl", "passwd"):
        (directory / name).chmod(0o644)
    return f"password_file {directory}/passwd\nacl_file {directory}/acl\n"


def test_accounts_by_pattern_keep_chairs_apart_and_let_each_do_all_it_does(chair):
    chair.start_sim().start_chaird()
    with Broker(chair.dir, accounts(chair.dir)) as broker:
        (chair.dir / "password").write_text(PASSWORD)
        (chair.dir / "password").chmod(0o600)
        house = Client(broker.port, "house")
        house.subscribe("chair/#")
        other = Client(broker.port, "chair-2")
        other.subscribe("chair/#")
        use_broker(chair, broker.port, "username: chair-1", f"password_file: {chair.dir}/password")
        seen = lambda topic: [p for t, p in list(house.messages) if t == f"chair/chair-1/{topic}"]
        until(lambda: {"availability", "state", "telemetry", "programs"} <=
              {t.split("/")[2] for t, _ in list(house.messages)}, "the house sees the chair", 15)
        other.publish("chair/chair-1/set/stop", "now")      # taken by the broker, and given to nobody
        other.publish("chair/chair-1/state", "lies")
        chair.wait_for(lambda d: d["proof"]["passed"], "the pads are proven", 60)
        house.publish("chair/chair-1/set/preheat", "now")
        until(lambda: json.loads(seen("state")[-1])["state"] == "preheat", "the house may warm the seat", 60)
        house.publish("chair/chair-1/set/stop", "now")
        until(lambda: json.loads(seen("state")[-1])["state"] == "ready", "and stop it", 10)
        assert b"lies" not in seen("state") and other.messages == []
        commands = [json.loads(p)["method"] for p in seen("event") if json.loads(p)["kind"] == "command"]
        assert commands == ["heat.preheat"], "what the other chair sent came through"
        log = chair.programs["chair-mqtt"].log()
        assert "publish_refused" not in log, log
        house.close()
        other.close()


def test_a_chairs_own_broker_is_a_bridge_and_both_sides_work(chair):
    chair.start_sim().start_chaird()
    with Broker(chair.dir, "allow_anonymous true") as central:
        bridge = block("connection house").replace("wing2-room14", "chair-1")
        bridge = bridge.replace("address broker.house.example:8883", f"address 127.0.0.1:{central.port}")
        bridge = bridge.replace("remote_username chair-1\n", "")
        with Broker(chair.dir, f"allow_anonymous true\n{bridge}") as own:
            use_broker(chair, own.port)
            far = Mqtt(central.port, "chair/chair-1/")
            until(lambda: (far.last("state") or {}).get("state") == "ready", "the state arrives in the centre", 60)
            chair.wait_for(lambda d: d["proof"]["passed"], "the pads are proven", 60)
            # MQTT 5 all the way: where the answer goes, and whose it is
            assert far.command("heat.preheat") == {"jsonrpc": "2.0", "id": far_id(far), "result": {"preheating": True}}
            until(lambda: far.last("state")["state"] == "preheat", "it warms", 10)
            far.publish("set/stop", "now")
            until(lambda: far.last("state")["state"] == "ready", "and stops", 10)
            central.process.terminate()
            central.process.wait()
            near = Mqtt(own.port, "chair/chair-1/")
            near.publish("set/stop", "now")     # the line is down: at the chair's own broker nothing changes
            until(lambda: near.last("state") is not None, "the chair's own broker goes on", 10)
            near.close()
            far.close()


def far_id(far):
    return [json.loads(m.payload)["id"] for m in far.messages if m.topic == far.reply_to][-1]


def test_readers_that_share_get_each_message_once(chair):
    chair.start_sim().start_chaird()
    with Broker(chair.dir, "allow_anonymous true") as broker:
        readers = [Mqtt(broker.port, "chair/chair-1/", "$share/store/chair/+/telemetry") for _ in range(2)]
        whole = Mqtt(broker.port, "chair/chair-1/", "chair/+/telemetry")
        use_broker(chair, broker.port)
        until(lambda: len(whole.on("telemetry")) >= 8, "telemetry comes", 20)
        chair.end("chair-mqtt")     # so that all have seen the same
        sequence = lambda client: [json.loads(m.payload)["seq"] for m in client.on("telemetry")]
        until(lambda: len(sequence(readers[0])) + len(sequence(readers[1])) == len(sequence(whole)), "all have arrived", 5)
        assert sorted(sequence(readers[0]) + sequence(readers[1])) == sorted(sequence(whole))
        assert sequence(readers[0]) and sequence(readers[1])
        for client in (*readers, whole):
            client.close()
