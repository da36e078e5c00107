# SPDX-License-Identifier: MIT
"""The broker that config/mosquitto describes: each account may do what docs/install.md says, and no more."""
import subprocess
import threading

import paho.mqtt.client as mqtt
import pytest
from chair import MOSQUITTO, ROOT, free_port, system_directory, until

TOPICS = ("availability", "state", "telemetry", "event", "programs")
USERS = ("chair-mqtt", "home", "viewer")
PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def broker():
    directory = system_directory() / "roles"
    directory.mkdir()
    port = free_port()
    text = (ROOT / "config/mosquitto/chair.conf").read_text()
    assert "listener 1883 127.0.0.1" in text and "/etc/mosquitto/" in text
    (directory / "chair.conf").write_text(text.replace("1883", str(port)).replace("/etc/mosquitto", str(directory)))
    (directory / "chair.acl").write_text((ROOT / "config/mosquitto/chair.acl").read_text())
    for user in USERS:
        first = ["-c"] if user == USERS[0] else []
        subprocess.run(["mosquitto_passwd", "-b", *first, str(directory / "chair.passwd"), user, PASSWORD], check=True)
    for name in ("chair.acl", "chair.passwd"):
        (directory / name).chmod(0o644)
    directory.chmod(0o755)
    with open(directory / "mosquitto.log", "wb") as log:
        process = subprocess.Popen([MOSQUITTO, "-c", str(directory / "chair.conf")], stderr=log, stdout=log)
    yield port
    process.terminate()
    process.wait()


class Client:
    """A connection, and what became of what it published and received."""

    def __init__(self, port, user=None, password=PASSWORD):
        name = f"roles-{user}-{id(self)}"
        if hasattr(mqtt, "CallbackAPIVersion"):
            self.mqtt = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5)
        else:
            self.mqtt = mqtt.Client(client_id=name, protocol=mqtt.MQTTv5)
        if user is not None:
            self.mqtt.username_pw_set(user, password)
        self.answer = None
        self.answered = threading.Event()
        self.subscribed = threading.Event()
        self.messages = []
        self.mqtt.on_connect = self.on_connect
        self.mqtt.on_subscribe = lambda *_: self.subscribed.set()
        self.mqtt.on_message = lambda c, u, message: self.messages.append((message.topic, message.payload))
        until(lambda: self.connects(port), "the broker listens", 10)
        self.mqtt.loop_start()
        assert self.answered.wait(10), "no answer to the connection"

    def connects(self, port):
        try:
            return self.mqtt.connect("127.0.0.1", port) == 0
        except ConnectionRefusedError:
            return False

    def on_connect(self, _client, _userdata, _flags, reason, _properties=None):
        self.answer = str(reason)
        self.answered.set()

    def subscribe(self, topic):
        self.subscribed.clear()
        self.mqtt.subscribe(topic, 1)
        assert self.subscribed.wait(10)

    def publish(self, topic, payload):
        self.mqtt.publish(topic, payload, 1).wait_for_publish(10)

    def close(self):
        self.mqtt.disconnect()
        self.mqtt.loop_stop()


def allowed(user, topic):
    """The role matrix, stated a second time: (may write, may read)."""
    commands = topic == "command" or topic.startswith("set/")
    return {"chair-mqtt": (not commands, commands),
            "home": (commands, topic in TOPICS or topic.startswith("reply/home/")),
            "viewer": (False, topic in TOPICS[:4])}[user]


@pytest.mark.parametrize("user, password", [(None, None), ("stranger", PASSWORD), ("home", "wrong")])
def test_nobody_else_gets_in(broker, user, password):
    client = Client(broker, user, password)
    assert client.answer != "Success"
    client.close()


@pytest.mark.parametrize("topic", (*TOPICS, "reply/home/1", "reply/other/1", "command", "set/stop"))
def test_each_account_may_do_what_its_role_says(broker, topic):
    full = f"chair/chair-1/{topic}"
    readers = {user: Client(broker, user) for user in USERS}
    for reader in readers.values():
        reader.subscribe("chair/#")
        reader.subscribe(full)
    for writer in USERS:
        readers[writer].publish(full, f"from {writer}")
    # What arrives last, on a topic that everybody's subscription covers and the writer may write.
    readers["chair-mqtt"].publish("chair/chair-1/state", "end")
    readers["home"].publish("chair/chair-1/command", "end")
    for user, reader in readers.items():
        end = ("chair/chair-1/command" if user == "chair-mqtt" else "chair/chair-1/state", b"end")
        until(lambda: end in reader.messages, f"{user} sees the end", 10)
        got = {payload.decode() for name, payload in reader.messages if name == full} - {"end"}
        expected = {f"from {writer}" for writer in USERS if allowed(writer, topic)[0]} if allowed(user, topic)[1] else set()
        assert got == expected, f"{user} on {topic}"
        reader.close()
