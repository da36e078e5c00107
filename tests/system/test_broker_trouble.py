# SPDX-License-Identifier: MIT
"""chair-mqtt and brokers in trouble: what it carries out, and that a stop gets through."""
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from stub_broker import EXPIRY, StubBroker
# pylint: disable=unused-import # the fixtures
from test_gateway_stub import P, broker, chair, client, running, start, until


@pytest.fixture(name="stub")
def stub_broker(start):
    """stub(behave) is a gateway at a broker that does so with every connection."""
    brokers = []

    def make(behave, **keys):
        made = StubBroker(behave)
        made.__enter__()
        brokers.append(made)
        return made, start(f"mqtt://127.0.0.1:{made.port}", **keys)
    yield make
    for one in brokers:
        one.__exit__()


def says(gateway, sentence, deadline_s=10):
    until(lambda: sentence in gateway.log(), sentence, deadline_s)


# --- commands that must not be carried out ---

def test_what_the_broker_sends_again_is_not_carried_out_again_but_a_stop_is(stub, chair):
    def behave(peer):
        if peer.accept():
            peer.publish(P + "set/pause", b"", again=True)
            peer.publish(P + "set/stop", b"", again=True)
            peer.publish(P + "set/level", b"1")
            peer.serve()
    _, gateway = stub(behave)
    until(lambda: chair.calls("session.level"), "a good one after them")
    assert not chair.calls("session.pause") and len(chair.calls("session.stop")) == 1
    says(gateway, "the broker has sent it before")


def test_what_has_expired_on_its_way_is_not_carried_out_but_a_stop_is(stub, chair):
    expired = bytes([EXPIRY, 0, 0, 0, 0])

    def behave(peer):
        if peer.accept():
            peer.publish(P + "set/pause", b"", properties=expired)
            peer.publish(P + "set/stop", b"", properties=expired)
            peer.publish(P + "set/level", b"1")
            peer.serve()
    _, gateway = stub(behave)
    until(lambda: chair.calls("session.level"), "a good one after them")
    assert not chair.calls("session.pause") and len(chair.calls("session.stop")) == 1
    says(gateway, "it has expired")


def test_a_request_that_its_sender_repeats_is_taken_once(running, client, chair):
    def replies(correlation):
        return [m for m in client.on(P + "reply/test") if m.properties.CorrelationData == correlation]
    pause = {"jsonrpc": "2.0", "id": 1, "method": "session.pause"}
    for _ in range(2):
        client.command(pause, correlation=b"one")
    until(lambda: len(replies(b"one")) == 2, "both are answered")
    assert b'"result"' in replies(b"one")[0].payload and b'"duplicate"' in replies(b"one")[1].payload
    client.command(pause, correlation=b"two")
    until(lambda: replies(b"two"), "the person's next wish is another one")
    assert len(chair.calls("session.pause")) == 2
    for _ in range(2):
        client.command({"jsonrpc": "2.0", "id": 1, "method": "session.stop"}, correlation=b"stop")
    until(lambda: len(chair.calls("session.stop")) == 2, "every stop counts")


def test_a_button_without_correlation_may_be_pressed_twice(running, client, chair):
    for _ in range(2):
        client.publish(P + "set/pause", "PRESS")
    until(lambda: len(chair.calls("session.pause")) == 2, "both")


def test_a_choice_that_is_repeated_is_refused_as_well(running, client):
    properties = Properties(PacketTypes.PUBLISH)
    properties.ResponseTopic = P + "reply/test"
    properties.CorrelationData = b"choice"
    for _ in range(2):
        client.publish(P + "set/side", "left", properties=properties)
    until(lambda: len(client.on(P + "reply/test")) == 2, "both are answered")
    assert b'"duplicate"' in client.on(P + "reply/test")[1].payload
