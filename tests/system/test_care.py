# SPDX-License-Identifier: MIT
"""Counters for care: a session adds to them, they survive, a limit only warns, a replaced part begins anew."""
import json
import re

import pytest

from chair import PADS, ROLLERS, STATE_PACE_S, Chair, until
from test_chairctl import DONE, NOT_PERMITTED, USAGE, WIDTH, complete, ctl, expect, parsed, run

LOW = {"strokes": 4, "closings": 1}      # limits that a short session comes to


@pytest.fixture(scope="module")
def care():
    """A chair that has had one session of a few seconds, with travel and relay limits that this wears out."""
    chair = Chair("care")
    try:
        config = chair.dir / "chair.yaml"
        text = config.read_text()
        for key, limit in LOW.items():
            text, found = re.subn(rf"{key}: \d+", f"{key}: {limit}", text)
            assert found
        config.write_text(text)
        chair.start_all()
        chair.wait_for(lambda d: d["permits"]["start"], "ready", 30)
        chair.before = counters(chair)
        chair.gateway_says = chair.mqtt()
        until(lambda: have_session(chair), "a session that wears", 240)
        chair.panel.call("session.stop")
        chair.wait_state("ready", "inhibited", "fault")
        yield chair
    finally:
        chair.stop()


def counters(chair):
    answer = chair.role("watch").call("care.get")
    assert answer["stored"] is True
    return {a["name"]: a["counters"] for a in answer["actuators"]}


def have_session(chair):
    """A session until its strokes are there; false when a machine that stood still has spoiled it."""
    def worn():
        return all(counters(chair)[f"{roller}.travel"]["strokes"] >= LOW["strokes"] for roller in ("back", "leg_left"))
    chair.make_ready()
    assert chair.panel.call("session.start", program="everywhere", side="both", level=1) == {"accepted": True}
    until(lambda: worn() or chair.state()["state"] == "fault", "strokes of a session", 90, 2 * STATE_PACE_S)
    return worn()


def actuator(chair, name):
    return next(a for a in chair.role("watch").call("care.get")["actuators"] if a["name"] == name)


def restart(chair, sig):
    if sig == "KILL":
        chair.close_clients()
        chair.programs.pop("chaird").kill()
    else:
        assert chair.end("chaird") == 0
    chair.start_chaird()


def test_every_actuator_is_counted(care):
    axes = {f"{roller}.{kind}" for roller in ROLLERS for kind in ("travel", "depth", "knead")}
    assert set(counters(care)) == axes | {f"{kind}.{pad}" for kind in ("pad", "ssr") for pad in PADS} | {"relay"}


def test_a_session_adds_to_what_it_moved_and_warmed(care):
    after = counters(care)
    for name in ("back.travel", "leg_left.travel"):
        travel, before = after[name], care.before[name]
        assert travel["strokes"] > before["strokes"] and travel["starts"] >= 1
        # metres and hours fit together: no axis is faster than 60 mm/s
        assert 0 < travel["distance_m"] - before["distance_m"] < (travel["motion_h"] - before["motion_h"]) * 3600 * 0.06
    assert after["back.depth"]["motion_h"] > care.before["back.depth"]["motion_h"]
    assert after["relay"]["closings"] >= 2      # the proof test alone
    assert sum(after[f"ssr.{pad}"]["switchings"] for pad in PADS) >= sum(after[f"pad.{pad}"]["on_h"] > 0 for pad in PADS)


@pytest.mark.parametrize("sig, lost", [("KILL", 2), ("TERM", 0)])     # the crash first: only the session's end has stored
def test_what_a_session_added_survives_a_crash_and_a_restart(care, sig, lost):
    before = counters(care)
    restart(care, sig)
    after = counters(care)
    for name, values in before.items():
        if name != "relay":     # the new process has proven it
            assert after[name] == pytest.approx(values, abs=0.005), name
    assert after["relay"]["closings"] >= before["relay"]["closings"] - lost
    care.wait_for(lambda d: d["permits"]["start"] or d["state"] == "fault", "ready or fault", 30)
    care.make_ready()


def test_a_limit_only_warns(care):
    back = actuator(care, "back.travel")
    assert back["warning"] and back["share_pct"] >= 90 and back["limits"]["strokes"]["limit"] == LOW["strokes"]
    doc = care.wait_for(lambda d: "back.travel" in d["care"], "a warning in the state")
    assert doc["faults"] == [] and doc["permits"]["start"] and "seat_left.knead" not in doc["care"]
    until(lambda: "back.travel" in (care.gateway_says.last("state") or {}).get("care", []), "and at the broker")
    assert care.panel.call("session.start", program="short", side="both") == {"accepted": True}
    care.panel.call("session.stop")
    told = [line for line in (care.dir / "chaird.log").read_text().splitlines() if "care: back.travel has come to" in line]
    assert len(told) == 1       # over the restarts above, too


def test_chairctl_shows_what_to_look_at(care):
    done = ctl(care, "care")
    lines = done.stdout.splitlines()
    assert done.returncode == DONE and all(len(line) <= WIDTH for line in lines)
    at = next(i for i, line in enumerate(lines) if line.startswith("back.travel"))
    assert "strokes" in lines[at] and "->" in "".join(lines[at + 1:at + 3]) and "Belt" in done.stdout
    assert parsed(care, "care")["schema"] == "chairctl.care/1"
    assert "to look at: chairctl care" in ctl(care, "status").stdout
    checks = [c for c in json.loads(ctl(care, "--json", "doctor").stdout)["checks"] if c["check"] == "care"]
    assert any("back.travel" in c["text"] and c["level"] == "note" for c in checks)


def test_only_the_technician_says_that_a_part_was_replaced(care):
    for role in ("watch", "home", "phone", "panel"):
        assert care.role(role).refusal("care.reset", actuator="back.travel") == f"not_for_{role}"
    assert care.role("service").refusal("care.reset", actuator="back") == "invalid_params"
    assert care.role("service").refusal("care.reset") == "invalid_params"
    expect(ctl(care, "care", "reset", "back"), USAGE, "actuator")
    expect(ctl(care, "care", "forget"), USAGE, "usage")
    expect(run("--socket", care.sockets / "watch.sock", "care", "reset", "relay"), NOT_PERMITTED, "not_for_watch")
    assert "back.travel" in complete(care, "care", "reset", "")


def test_a_replaced_part_begins_anew_and_what_the_old_one_had_is_kept(care):
    care.make_ready()
    before = actuator(care, "back.travel")
    done = ctl(care, "care", "reset", "back.travel")
    assert done.returncode == DONE and "begins anew" in done.stdout
    care.wait_for(lambda d: "back.travel" not in d["care"], "no warning any more")
    restart(care, "KILL")       # it was stored when it was answered
    fresh = actuator(care, "back.travel")
    assert fresh["counters"]["strokes"] == 0 and fresh["since"] > before["since"] and not fresh["warning"]
    old = care.role("watch").call("care.get")["replaced"][0]
    assert old["name"] == "back.travel" and old["since"] == before["since"] and old["until"] == fresh["since"]
    assert old["counters"]["strokes"] >= before["counters"]["strokes"]
    assert "replaced" in ctl(care, "care").stdout
