# SPDX-License-Identifier: MIT
"""Service by the socket: who may, what it needs, hold-to-run, one thing at a time, every way that ends it."""
import contextlib
import time

import pytest

from chair import Rpc, off_the_body, until

pytestmark = pytest.mark.fleet
HOLD_S = 0.1


class Technician:
    """One connection of role service, and its hand on the button."""

    def __init__(self, chair, who="anna"):
        self.chair = chair
        self.rpc = Rpc(chair.sockets / "service.sock")
        self.who = who

    def enter(self):
        assert self.rpc.call("service.enter", who=self.who) == {"accepted": True}
        self.chair.wait_state("service")
        return self

    def hold(self, condition, what, deadline_s=30.0):
        """Holds on until the condition is true."""
        end = time.monotonic() + deadline_s
        while not (found := condition()):
            assert time.monotonic() < end, f"{what}: {self.chair.state()['service']}"
            self.rpc.call("service.alive")
            time.sleep(HOLD_S)      # the pace of a hand; what is waited for is the condition
        return found

    def hold_s(self, seconds):
        end = time.monotonic() + seconds
        self.hold(lambda: time.monotonic() > end, "time passes", seconds + 5)

    def home(self, roller="back"):
        assert self.rpc.call("service.home", roller=roller) == {"accepted": True}
        self.hold(lambda: self.roller(roller)["travel_mm"] is not None, f"{roller} is homed", 60)
        self.rpc.call("service.jog", axis=f"{roller}.depth", speed=0)

    def roller(self, roller):
        return self.rpc.call("telemetry.get")["rollers"][roller]


def key_and_empty_seat(chair):
    chair.sim.call("sim.key", on=True)
    chair.sim.seat(False)
    chair.wait_for(lambda d: {c["cause"] for c in d["inhibits"]} >= {"key_in_service"} and not d["seat_occupied"],
                   "the key inhibits")


@contextlib.contextmanager
def at_work(chair):
    """A technician in service."""
    key_and_empty_seat(chair)
    man = Technician(chair).enter()
    yield man
    man.rpc.close()


def depth_mm(chair, roller="back"):
    return chair.sim.get()["rollers"][roller]["depth_mm"]


def test_it_needs_the_key_and_an_empty_seat(chair):
    man = Technician(chair)
    assert man.rpc.refusal("service.enter") == "key_off"
    assert man.rpc.refusal("service.jog", axis="back.depth", speed=5) == "not_in_service"
    chair.sim.call("sim.key", on=True)
    chair.wait_state("inhibited")
    assert man.rpc.refusal("service.enter") == "seat_taken"
    chair.sim.seat(False)
    chair.wait_for(lambda d: not d["seat_occupied"], "the seat is empty")
    man.enter()
    service = chair.state()["service"]
    assert 598 <= service["expires_s"] <= 600
    assert (service["work"], service["part"], service["stood"]) == ("none", None, False)
    man.rpc.call("service.leave")
    chair.wait_state("inhibited")
    assert chair.state()["service"] is None
    man.rpc.close()


def test_only_the_service_role_and_one_technician_at_a_time(chair):
    with at_work(chair) as technician:
        assert chair.panel.refusal("service.enter") == "not_for_panel"
        assert chair.role("home").refusal("service.jog", axis="back.depth", speed=5) == "not_for_home"
        other = Technician(chair, "ben")
        assert other.rpc.refusal("service.enter") == "lease_taken"
        assert other.rpc.refusal("service.jog", axis="back.depth", speed=5) == "not_in_service"
        assert other.rpc.refusal("service.alive") == "not_in_service"
        assert chair.panel.refusal("session.start", program="everywhere", side="both") == "already_running"
        other.rpc.close()


def test_a_jog_runs_while_held_and_stands_when_let_go(chair):
    with at_work(chair) as technician:
        before_mm = depth_mm(chair)
        assert technician.rpc.call("service.jog", axis="back.depth", speed=10) == {"accepted": True}
        technician.hold(lambda: depth_mm(chair) > before_mm + 5, "it comes out")
        assert chair.state()["service"]["part"] == "back.depth"
        assert technician.rpc.refusal("service.jog", axis="back.travel", speed=10) == "one_at_a_time"
        assert technician.rpc.refusal("service.heat", pad="leg_left", heat_c=38) == "one_at_a_time"
        let_go_mm = depth_mm(chair)
        chair.wait_for(lambda d: d["service"]["work"] == "none", "the jog ends without a hand", 2)
        assert depth_mm(chair) < let_go_mm + 10 * 0.8   # 0.3 s of hold and an exchange of the bus, and some
        technician.hold_s(0.3)
        rested_mm = depth_mm(chair)
        technician.hold_s(0.5)
        assert abs(depth_mm(chair) - rested_mm) < 0.2


def test_it_pushes_on_nothing_that_stands(chair):
    with at_work(chair) as technician:
        assert technician.rpc.call("service.jog", axis="seat_left.depth", speed=-10) == {"accepted": True}
        technician.hold(lambda: chair.state()["service"]["stood"], "it stands at its stop", 10)
        assert chair.state()["service"]["work"] == "none"
        assert chair.faults() == {}


@pytest.mark.parametrize("way", ["connection", "silence", "key", "seat", "stop", "cover"])
def test_every_end_takes_the_rollers_in_first(chair, way):
    with at_work(chair) as technician:
        before_mm = depth_mm(chair)
        technician.rpc.call("service.jog", axis="back.depth", speed=15)
        technician.hold(lambda: depth_mm(chair) > before_mm + 12, "it is out")
        mark = chair.watcher.mark()
        if way == "connection":
            technician.rpc.close()      # ssh is gone
        elif way == "key":
            chair.sim.call("sim.key", on=False)
        elif way == "seat":
            chair.sim.seat(True)
        elif way == "stop":
            chair.role("home").call("session.stop")
        elif way == "cover":
            chair.sim.fault("cover_open")
        chair.wait_for(lambda d: d["state"] not in ("service", "retracting"), "service is over", 6)
        assert chair.state()["state"] == {"cover": "fault", "key": "ready"}.get(way, "inhibited") or \
            chair.state()["state"] in ("ready", "inhibited")
        chair.sim.until(lambda s: s["rollers"]["back"]["depth_mm"] < 3.0, "the roller is in", 5)
        if way != "connection":
            assert technician.rpc.refusal("service.jog", axis="back.depth", speed=5) == "not_in_service"
        if way == "cover":
            assert "cover_open" in chair.faults()
        else:
            chair.watcher.wait(mark, "state", to="retracting")


def test_a_heat_test_warms_one_pad_and_ends(chair):
    with at_work(chair) as technician:
        assert technician.rpc.call("service.heat", pad="leg_left", heat_c=38) == {"accepted": True}
        technician.hold(lambda: chair.state()["heat"]["pads"]["leg_left"]["heating"], "the pad is driven", 60)
        pads = chair.state()["heat"]["pads"]
        assert {name for name, pad in pads.items() if pad["heating"]} == {"leg_left"}
        technician.rpc.call("service.heat", pad="leg_left", heat_c=0)
        technician.hold(lambda: not chair.state()["heat"]["pads"]["leg_left"]["heating"], "it is off", 5)


def test_the_proof_is_done_again_on_demand(chair):
    mark = chair.watcher.mark()
    man = Technician(chair)
    assert man.rpc.call("service.prove") == {"accepted": True}
    until(lambda: {e["item"] for e in chair.watcher.find(mark, "proof", passed=True)} >=
          {"relay_open", "relay_closes", "relay_drops", "switches", "drives", "channels"}, "the items pass", 20)
    chair.wait_state("ready")
    chair.start()
    assert man.rpc.refusal("service.prove") == "already_running"
    chair.panel.call("session.stop")
    chair.sim.until(off_the_body, "off the body", 5)
    man.rpc.close()
