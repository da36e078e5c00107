# SPDX-License-Identifier: MIT
"""A stop, from anyone, anywhere: the rollers leave the body within 2 s, and the chair is ready again."""
import json
import threading

import pytest

from chair import ALLOWANCE_S, RETRACT_S, ROLES, Rpc, home, off_the_body, relay_open, touching


def stop_by_socket(role):
    def stop(chair):
        before_s = chair.sim.now_s()
        assert chair.role(role).call("session.stop") == {"stopping": True}
        return before_s
    return stop


def stop_by_mqtt_set(chair):
    client = chair.mqtt()
    before_s = chair.sim.now_s()
    client.publish("set/stop", "now")
    return before_s


def stop_by_mqtt_command(chair):
    client = chair.mqtt()
    before_s = chair.sim.now_s()
    assert client.command("session.stop")["result"] == {"stopping": True}
    return before_s


def stop_by_armrest(chair):
    return chair.sim.press("stop")


WAYS = {**{role: stop_by_socket(role) for role in ROLES}, "mqtt set": stop_by_mqtt_set,
        "mqtt command": stop_by_mqtt_command, "armrest": stop_by_armrest}
SANITIZED_TOO = ("panel", "mqtt command", "armrest")
CASES = [pytest.param(stop, id=way, marks=pytest.mark.sanitized if way in SANITIZED_TOO else [])
         for way, stop in WAYS.items()]


def expect_a_stop(chair, mark, before_s):
    """Off the body in time with the power kept, session_ended `stopped`, then ready."""
    samples = chair.sim.trace(off_the_body, "off the body", 5)
    assert samples[-1]["time_s"] - before_s <= RETRACT_S + ALLOWANCE_S
    ended = chair.watcher.wait(mark, "session_ended")
    assert ended["ended"] == "stopped"
    chair.wait_state("ready", deadline_s=5)
    last = chair.sim.get()
    assert home(last) or not touching(last)
    assert all(s["relay_closed"] for s in samples)
    assert last["heartbeat_edges"] > samples[0]["heartbeat_edges"]


@pytest.mark.fleet
@pytest.mark.parametrize("stop", CASES)
def test_a_stop_takes_the_rollers_off_the_body_within_two_seconds(chair, stop):
    chair.start()
    mark = chair.watcher.mark()
    expect_a_stop(chair, mark, stop(chair))


@pytest.mark.fleet
@pytest.mark.parametrize("stop", CASES)
def test_a_stop_is_accepted_when_nothing_runs(chair, stop):
    before = chair.sim.get()
    mark = chair.watcher.mark()
    stop(chair)
    chair.watcher.wait(mark, "cause", cause="stop")
    chair.wait_state("ready", deadline_s=5)
    assert not chair.watcher.find(mark, "session_ended")
    assert chair.sim.get()["rollers"] == before["rollers"] or home(chair.sim.get())


@pytest.mark.fleet
def test_a_stop_while_homing_stops(chair):
    chair.start()
    chair.sim.fault("estop_open")       # the counters are lost, so the next start has to home
    chair.sim.until(relay_open, "the power goes")
    chair.wait_state("fault")
    chair.make_ready()
    chair.panel.call("session.start", program="everywhere", side="both")
    chair.wait_state("homing")
    mark = chair.watcher.mark()
    expect_a_stop(chair, mark, stop_by_socket("panel")(chair))


@pytest.mark.fleet
def test_after_a_stop_the_session_may_go_on_at_level_one(chair):
    chair.start(level=2)
    chair.panel.call("session.stop")
    doc = chair.wait_for(lambda d: d["state"] == "ready" and d["resume"], "something to resume")
    assert doc["resume"]["program"] == "everywhere" and 0 < doc["resume"]["expires_s"] <= 120
    assert chair.panel.call("session.resume") == {"accepted": True}
    doc = chair.wait_state("massage")
    assert (doc["level"], doc["level_aim"]) == (1, 1)
    assert doc["remaining_s"] < 600


class Flood:
    """Requests on a connection of their own as fast as they go."""

    def __init__(self, path, request):
        self.rpc = Rpc(path)
        self.line = (json.dumps({"jsonrpc": "2.0", "id": 1, **request}) + "\n").encode() * 20
        self.reasons = set()
        self.answers = 0
        self.ended = False
        self.threads = [threading.Thread(target=run, daemon=True) for run in (self.write, self.read)]
        for thread in self.threads:
            thread.start()

    def write(self):
        while not self.ended:
            try:
                self.rpc.send(self.line)
            except OSError:
                return

    def read(self):
        try:
            while (reply := self.rpc.line()) is not None:
                self.answers += 1
                self.reasons.add(reply.get("error", {}).get("data", {}).get("reason"))
        except OSError:
            pass

    def end(self):
        self.ended = True
        self.rpc.socket.shutdown(2)
        for thread in self.threads:
            thread.join(10)
        self.rpc.close()


@pytest.mark.sanitized
def test_a_stop_is_never_refused_under_a_flood_of_other_requests(chair):
    level = {"method": "session.level", "params": {"level": 1}}
    stop = json.dumps({"jsonrpc": "2.0", "id": "stop", "method": "session.stop"}) + "\n"
    chair.start()
    floods = [Flood(chair.sockets / "panel.sock", level), Flood(chair.sockets / "phone.sock", level),
              Flood(chair.sockets / "home.sock", {"method": "bus.stats"})]
    try:
        chair.watcher.wait(chair.watcher.mark(), "command", method="session.level")
        mark = chair.watcher.mark()
        before_s = chair.sim.now_s()
        asker = Rpc(chair.sockets / "service.sock")
        # This connection has used up its own allowance as well.
        asker.send('{"jsonrpc":"2.0","id":1,"method":"state.get"}\n' * 150 + stop)
        while (reply := asker.line())["id"] != "stop":
            pass
        assert reply["result"] == {"stopping": True}
        expect_a_stop(chair, mark, before_s)
        asker.close()
    finally:
        for flood in floods:
            flood.end()
    assert all("rate_limited" in flood.reasons for flood in floods), [f.reasons for f in floods]
    assert all(flood.answers > 100 for flood in floods)


def test_a_flood_of_stops_does_nothing_but_stop(chair):
    """Stops go first on the bus, and there may be thousands: reading must go on all the same."""
    chair.start()
    mark = chair.watcher.mark()
    before_s = chair.sim.now_s()
    floods = [Flood(chair.sockets / f"{role}.sock", {"method": "session.stop"}) for role in ("watch", "home")]
    try:
        expect_a_stop(chair, mark, before_s)
        chair.sim.watch_for(1.5)
    finally:
        for flood in floods:
            flood.end()
    assert all(flood.answers > 100 and flood.reasons == {None} for flood in floods)
    assert not chair.watcher.find(mark, "state", to="fault")
