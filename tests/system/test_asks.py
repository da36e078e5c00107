# SPDX-License-Identifier: MIT
"""Starts from afar are asks, the home may only lower, and what a broker stored or delayed is no command."""
import signal

import pytest

from chair import ASK_S, ASK_SETTLE_S, at_rest, expires, has_moved, until

pytestmark = pytest.mark.sanitized
INFLIGHT = 25           # mosquitto sends 20 messages before it waits for the first to be taken
START = {"program": "everywhere", "side": "both"}


@pytest.fixture
def chair(module_chair):
    """The module's chair; an ask that a test has left is cancelled by the stop of make_ready()."""
    module_chair.make_ready()
    assert module_chair.state()["ask"] is None
    return module_chair


def expect_still(chair, before):
    """Nothing has moved since, and nothing is told to."""
    after = chair.sim.watch_for(0.5)[-1]
    assert at_rest(after) and not has_moved(before, after)
    assert chair.state()["state"] == "ready"


@pytest.mark.parametrize("role", ["phone", "home"])
def test_a_start_from_afar_is_an_ask_with_an_expiry(chair, role):
    before = chair.sim.get()
    mark = chair.watcher.mark()
    assert chair.role(role).call("session.start", **START) == {"asked": True, "expires_s": ASK_S}
    ask = chair.state()["ask"]
    assert ask["kind"] == "start" and ask["program"] == "everywhere" and ask["side"] == "both"
    assert ASK_S - 5 <= ask["expires_s"] <= ASK_S
    chair.watcher.wait(mark, "ask", outcome="asked")
    expect_still(chair, before)


def test_a_second_ask_is_refused_while_one_waits(chair):
    chair.role("home").call("session.start", **START)
    assert chair.role("home").refusal("session.start", **START) == "ask_pending"
    assert chair.role("phone").refusal("session.start", program="short", side="left") == "ask_pending"
    assert chair.state()["ask"]["program"] == "everywhere"


def test_a_second_ask_over_mqtt_is_refused_too(chair):
    client = chair.mqtt()
    assert client.command("session.start", START)["result"]["asked"]
    assert client.command("session.start", START)["error"]["data"]["reason"] == "ask_pending"


def test_a_press_sooner_than_a_second_after_the_ask_confirms_nothing(chair):
    before = chair.sim.get()
    asked_s = chair.sim.now_s()
    chair.role("home").call("session.start", **START)
    chair.sim.press("start", hold_ms=100)
    pressed = chair.sim.get()
    assert pressed["time_s"] - asked_s < ASK_SETTLE_S
    expect_still(chair, before)
    assert chair.state()["ask"] is not None


def test_a_press_a_second_after_the_ask_starts_it(chair):
    mark = chair.watcher.mark()
    chair.role("phone").call("session.start", **START)
    asked_s = chair.sim.now_s()
    chair.sim.until(lambda s: s["time_s"] - asked_s > ASK_SETTLE_S + 0.1, "the ask has settled")
    chair.press_start()
    chair.watcher.wait(mark, "ask", outcome="confirmed")
    assert chair.watcher.wait(mark, "session_started")["program"] == "everywhere"
    assert chair.state()["ask"] is None


def test_a_stop_cancels_an_ask(chair):
    mark = chair.watcher.mark()
    chair.role("home").call("session.start", **START)
    chair.role("watch").call("session.stop")
    chair.watcher.wait(mark, "ask", outcome="cancelled")
    assert chair.state()["ask"] is None


def test_a_fault_cancels_an_ask_and_the_acknowledging_press_does_not_confirm_it(chair):
    mark = chair.watcher.mark()
    before = chair.sim.get()
    chair.role("home").call("session.start", **START)
    chair.sim.fault("cover_open")
    chair.watcher.wait(mark, "ask", outcome="cancelled")
    chair.wait_state("fault")
    chair.sim.clear()
    chair.wait_for(lambda d: not d["faults"][0]["active"], "the cover is closed")
    chair.acknowledge()
    chair.wait_state("ready")
    expect_still(chair, before)


def test_the_home_may_lower_the_level_and_not_raise_it(chair):
    home = chair.role("home")
    chair.start(level=2)
    assert home.refusal("session.level", level=3) == "not_for_home"
    assert chair.state()["level_aim"] == 2
    assert home.call("session.level", level=1) == {"level": 1}
    assert chair.state()["level_aim"] == 1
    assert home.call("session.pause") == {"pausing": True}
    chair.wait_state("paused")
    assert home.call("session.resume") == {"asked": True, "expires_s": ASK_S}
    assert chair.state()["state"] == "paused"


def test_the_home_may_not_raise_the_level_over_mqtt_either(chair):
    client = chair.mqtt()
    chair.start()
    assert client.command("session.level", {"level": 4})["error"]["data"]["reason"] == "not_for_home"
    client.publish("set/level", "5")
    assert client.command("session.level", {"level": 1})["result"] == {"level": 1}
    assert chair.state()["level_aim"] == 1


def test_the_home_may_read_lines_and_bus_but_no_history(chair):
    home = chair.role("home")
    assert home.call("io.get")["inputs"]["estop_closed"] is True
    assert [p["name"] for p in home.call("bus.stats")["ports"]] == ["rollers_a", "rollers_b", "heat"]
    assert home.refusal("history.sessions") == "not_for_home"


@pytest.mark.parametrize("method, params", [
    ("session.start", START), ("session.resume", {}), ("session.level", {"level": 1}), ("heat.preheat", {}),
    ("session.pause", {})])
@pytest.mark.parametrize("role", ["service", "watch"])
def test_those_who_only_look_may_only_stop(chair, role, method, params):
    assert chair.role(role).refusal(method, **params) == f"not_for_{role}"


def test_a_retained_command_is_ignored_for_ever(chair):
    before = chair.sim.get()
    client = chair.mqtt()
    ignored = chair.programs["chair-mqtt"].log().count("it is retained")
    correlation = client.ask("session.start", START, retain=True)
    client.publish("set/start", "everywhere/both", retain=True)
    until(lambda: chair.programs["chair-mqtt"].log().count("it is retained") >= ignored + 2, "two ignored commands")
    assert chair.state()["ask"] is None and not client.answers(correlation)
    chair.end("chair-mqtt")
    chair.start_gateway()       # the broker may hand them out again
    until(lambda: client.last("availability") == "online", "the gateway is back")
    assert client.command("session.level", {"level": 1})["error"]["data"]["reason"] == "no_session"
    assert chair.state()["ask"] is None and not client.answers(correlation)
    client.publish("command", "", retain=True)
    client.publish("set/start", "", retain=True)
    expect_still(chair, before)


def test_an_expired_command_is_ignored(chair):
    before = chair.sim.get()
    client = chair.mqtt()
    gateway = chair.programs["chair-mqtt"].process
    gateway.send_signal(signal.SIGSTOP)
    try:
        for _ in range(INFLIGHT):       # fills what the broker may have under way to it at once
            client.publish("set/nonsense", "x")
        correlation = client.ask("session.start", START, expiry_s=1)
        client.publish("set/start", "everywhere/both", expires(1))
        chair.sim.watch_for(2.2)
    finally:
        gateway.send_signal(signal.SIGCONT)
    assert client.command("session.level", {"level": 1})["error"]["data"]["reason"] == "no_session"     # a later one
    assert not client.answers(correlation)
    assert chair.state()["ask"] is None
    expect_still(chair, before)


def test_a_command_that_was_sent_while_the_gateway_was_away_is_not_replayed(chair):
    before = chair.sim.get()
    client = chair.mqtt()
    chair.end("chair-mqtt")
    until(lambda: client.last("availability") == "offline", "offline")
    correlation = client.ask("session.start", START)
    client.publish("set/start", "everywhere/both")
    chair.start_gateway()
    until(lambda: client.last("availability") == "online", "online")
    assert client.command("session.level", {"level": 1})["error"]["data"]["reason"] == "no_session"
    assert not client.answers(correlation) and chair.state()["ask"] is None
    expect_still(chair, before)


def test_a_command_with_time_left_is_carried_out(chair):
    client = chair.mqtt()
    correlation = client.ask("session.start", START, expiry_s=30)
    answer = until(lambda: client.answers(correlation), "an answer")[0]
    assert answer["result"]["asked"] is True
    assert chair.state()["ask"]["program"] == "everywhere"


def test_a_start_with_an_empty_seat_is_refused_at_the_panel(chair):
    chair.sim.seat(False)
    chair.wait_for(lambda d: not d["seat_occupied"], "the seat is empty")
    assert chair.panel.refusal("session.start", **START) == "seat_empty"


def test_an_ask_may_wait_for_somebody_to_sit_down_and_is_not_confirmed_before(chair):
    chair.sim.seat(False)
    chair.wait_for(lambda d: not d["seat_occupied"] and d["faults"], "the seat is empty")
    before = chair.sim.get()
    assert chair.role("home").call("session.start", **START)["asked"] is True
    asked_s = chair.sim.now_s()
    chair.sim.until(lambda s: s["time_s"] - asked_s > ASK_SETTLE_S + 0.1, "the ask has settled")
    chair.press_start()
    after = chair.sim.watch_for(0.5)[-1]
    assert at_rest(after) and not has_moved(before, after)
    assert chair.state()["state"] == "ready" and chair.state()["ask"] is not None


def test_an_ask_for_an_unknown_program_is_refused_over_mqtt(chair):
    client = chair.mqtt()
    error = client.command("session.start", {"program": "no-such", "side": "left"})["error"]
    assert error["data"]["reason"] == "unknown_program" and error["data"]["text"]


def test_the_outcome_of_a_command_is_told_as_an_event(chair):
    client = chair.mqtt()
    client.command("session.level", {"level": 1})
    refused = until(lambda: client.events("command"), "an event")[-1]
    assert refused["method"] == "session.level" and refused["role"] == "home"
    assert refused["outcome"] == "refused" and refused["reason"] == "no_session"
