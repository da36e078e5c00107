# SPDX-License-Identifier: MIT
"""Without its broker the chair works on and the gateway waits; when it is back, everybody gets the present, not the
past."""
import json

import pytest

from chair import SANITIZED, Chair, off_the_body, until

GROWTH_MAX_KIB = 512


@pytest.fixture(scope="module")
def lonely_chair():
    """A chair whose broker has never been there."""
    chair = Chair("lonely")
    try:
        yield chair.start_sim().start_chaird().start_gateway()
    finally:
        chair.stop()


def run_a_session(chair):
    """Start and stop at the panel; the number of the last event that told of it."""
    mark = chair.watcher.mark()
    chair.start(program="short", until_touching=("back",))
    chair.panel.call("session.level", level=2)
    chair.panel.call("session.stop")
    chair.sim.until(off_the_body, "off the body", 5)
    chair.watcher.wait(mark, "session_ended", ended="stopped")
    chair.wait_state("ready")
    return chair.watcher.events[-1]["id"]


def attempts(chair):
    """A new connection attempt is due at most half a second after the last."""
    return chair.sim.watch_for(3.0)


def test_the_chair_works_and_the_gateway_waits_without_growing(lonely_chair):
    chair = lonely_chair
    gateway = chair.programs["chair-mqtt"]
    gateway.says("cannot be reached")
    chair.make_ready()
    run_a_session(chair)
    before_kib = gateway.memory_kib()
    run_a_session(chair)
    attempts(chair)
    assert gateway.alive() and gateway.log().count("cannot be reached") == 1      # told once, not for each attempt
    if not SANITIZED:
        assert gateway.memory_kib() - before_kib <= GROWTH_MAX_KIB


def test_when_the_broker_comes_it_gets_the_present_and_nothing_is_replayed(lonely_chair):
    chair = lonely_chair
    chair.make_ready()
    last_event = run_a_session(chair)
    chair.start_broker()
    client = chair.mqtt()
    until(lambda: client.last("availability") == "online", "online", 5)
    until(lambda: (client.last("state") or {}).get("state") == "ready", "the state", 5)
    until(lambda: client.on("telemetry"), "telemetry", 5)
    assert {json.loads(m.payload)["state"] for m in client.on("state")} == {"ready"}
    assert [e for e in map(lambda m: json.loads(m.payload), client.on("event")) if e["id"] <= last_event] == []


def test_a_broker_that_is_restarted_gets_everything_again_and_commands_work(lonely_chair):
    chair = lonely_chair
    if "mosquitto" not in chair.programs:
        chair.start_broker()
    chair.make_ready()
    first = chair.mqtt()
    until(lambda: first.last("availability") == "online", "online", 5)
    chair.end("mosquitto")
    chair.mqtts.remove(first)
    first.close()
    last_event = run_a_session(chair)           # nobody hears of it
    chair.start_broker()                        # it has forgotten all it was told
    client = chair.mqtt()
    until(lambda: client.last("availability") == "online", "online again", 10)
    until(lambda: (client.last("state") or {}).get("state") == "ready", "the state again", 5)
    until(lambda: client.last("programs"), "the programs again", 5)
    assert client.command("session.start", {"program": "short", "side": "left"})["result"]["asked"] is True
    until(lambda: (client.last("state") or {}).get("ask"), "the ask in the retained state", 5)
    assert min(json.loads(m.payload)["id"] for m in client.on("event")) > last_event
