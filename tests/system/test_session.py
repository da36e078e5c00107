# SPDX-License-Identifier: MIT
"""A whole session, asked for over MQTT and confirmed at the armrest, watched in the physical truth."""
import json
import threading

import pytest

from chair import ACK_RELEASE_S, ASK_S, LEVEL_N, ROLLERS, Rpc, off_the_body, until

PHASES = ["warm-up", "knead", "points"]
SECONDS = 75
STEADY_S = 5.0          # level unchanged and in contact for so long
MOVING_FORCE = ("press", "flush", "rest")       # techniques that let go and press again by design
ZONE_OF = {"back": "lower_back", "seat_left": "glute_left", "seat_right": "glute_right"}


class Record:
    """What was seen during the session."""

    def __init__(self):
        self.samples = []       # (simulator, telemetry, state): taken one after the other
        self.events = []
        self.answer = None
        self.asked = self.confirmed = self.before_press = None
        self.mqtt = None

    def add(self, sim, telemetry, state):
        self.samples.append((sim.get(), telemetry.call("telemetry.get"), state.call("state.get")))

    def steady(self):
        """(sample, roller, level's newtons) wherever a roller has been in steady contact."""
        since = {}
        for sample, telemetry, state in self.samples:
            phase = state["phase"] or {"technique": "rest", "name": None}
            for roller, zone in ZONE_OF.items():
                level = state["levels"].get(zone, 0)
                key = (phase["name"], level)
                steady = (state["state"] == "massage" and level > 0 and phase["technique"] not in MOVING_FORCE
                          and telemetry["rollers"][roller]["stage"] == "hold")
                if not steady or since.get(roller, (None,))[0] != key:
                    since[roller] = (key, sample["time_s"])
                elif sample["time_s"] - since[roller][1] >= STEADY_S:
                    yield sample, roller, LEVEL_N[level]


@pytest.fixture(scope="module")
def session(module_chair):
    chair, record = module_chair, Record()
    chair.make_ready()
    record.mqtt = client = chair.mqtt()
    until(lambda: (client.last("state") or {}).get("state") == "ready", "the retained state is there")
    mark = chair.watcher.mark()
    record.asked = chair.sim.get()
    record.answer = client.command("session.start", {"program": "short", "side": "both", "level": 1})
    record.before_press = chair.sim.until(
        lambda s: s["time_s"] - record.asked["time_s"] >= 1.2, "the ask has settled")
    record.confirmed = chair.press_start()
    chair.watcher.wait(mark, "session_started")
    telemetry, state = Rpc(chair.sockets / "watch.sock"), Rpc(chair.sockets / "watch.sock")
    raised = False
    pace = threading.Event()
    while not chair.watcher.find(mark, "session_ended"):
        record.add(chair.sim, telemetry, state)
        doc = record.samples[-1][2]
        if not raised and doc["state"] == "massage" and doc["progress_pct"] >= 11:
            assert chair.panel.call("session.level", level=2) == {"level": 2}   # gentle: nobody has checked in
            raised = True
        assert record.samples[-1][0]["time_s"] - record.asked["time_s"] < SECONDS + 40, "it does not end"
        pace.wait(0.05)         # the pace of sampling
    chair.wait_state("ready")
    until(lambda: client.last("state")["state"] == "ready", "the retained state follows", 3)
    record.add(chair.sim, telemetry, state)
    record.events = chair.watcher.events[mark:]
    telemetry.close()
    state.close()
    return record


def kinds(record, kind):
    return [e for e in record.events if e["kind"] == kind]


def test_an_ask_over_mqtt_is_answered_and_waits_for_the_armrest(session):
    assert session.answer["result"] == {"asked": True, "expires_s": ASK_S}
    assert session.before_press["rollers"] == session.asked["rollers"]
    assert [e["outcome"] for e in kinds(session, "ask")] == ["asked", "confirmed"]
    assert session.before_press["lamp"] or session.before_press["beeper"] or \
        any(s["lamp"] for s, _, _ in session.samples)


def test_the_session_runs_to_its_end(session):
    ended = kinds(session, "session_ended")
    assert len(ended) == 1
    assert ended[0]["ended"] == "finished" and ended[0]["program"] == "short" and ended[0]["side"] == "both"
    assert SECONDS - 1 <= ended[0]["seconds"] <= SECONDS + 1
    assert not [e for e in kinds(session, "cause") if e["active"]]


def test_the_phases_come_in_their_order(session):
    assert [e["name"] for e in kinds(session, "phase")] == PHASES
    seen = []
    for _, _, state in session.samples:
        if state["phase"] and state["phase"]["name"] not in seen[-1:]:
            seen.append(state["phase"]["name"])
    assert seen == PHASES


def test_the_states_come_in_their_order(session):
    states = [e["to"] for e in kinds(session, "state")]
    assert states in (["homing", "massage", "retracting", "ready"],
                      ["homing", "massage", "retracting", "inhibited", "ready"])


def test_in_steady_contact_the_force_is_that_of_the_level(session):
    seen = {}
    for sample, roller, level_n in session.steady():
        force_n = sample["rollers"][roller]["force_n"]
        seen.setdefault((roller, level_n), []).append((round(force_n / level_n, 3), sample["time_s"]))
    wrong = {key: (min(values), max(values)) for key, values in seen.items()
             if min(values)[0] < 0.8 or max(values)[0] > 1.2}
    assert not wrong
    assert {level_n for _, level_n in seen} >= {LEVEL_N[1], LEVEL_N[2]}
    assert sum(len(values) for values in seen.values()) > 300


def test_the_force_is_never_over_45_n(session):
    assert max(s["rollers"][r]["force_max_n"] for s, _, _ in session.samples for r in ROLLERS) <= 45.0


def test_the_skin_is_never_over_41_c(session):
    last = session.samples[-1][0]
    assert max(pad["skin_max_c"] for pad in last["pads"].values()) <= 41.0


def test_the_pads_of_the_zones_are_heated_and_no_others(session):
    first, last = session.samples[0][0], session.samples[-1][0]
    warmer = {n for n in last["pads"] if last["pads"][n]["pad_c"] > first["pads"][n]["pad_c"] + 2.0}
    assert {"lower_back", "glute_left", "glute_right"} <= warmer
    assert not any(pad["heating"] for pad in last["pads"].values())
    assert not any(s["pads"][n]["heating"] for s, _, _ in session.samples for n in ("leg_left", "leg_right"))


def test_the_level_starts_at_one_and_rises_one_step_in_ten_seconds(session):
    steps = []
    for sample, _, state in session.samples:
        if state["state"] == "massage" and (not steps or steps[-1][1] != state["level"]):
            steps.append((sample["time_s"], state["level"]))
    assert [level for _, level in steps] == [1, 2]
    assert steps[1][0] - steps[0][0] >= 9.8


def test_the_legs_are_left_alone(session):
    assert not any(s["rollers"][r]["contact"] for s, _, _ in session.samples for r in ("leg_left", "leg_right"))


def test_at_its_end_the_rollers_are_off_the_body(session):
    assert off_the_body(session.samples[-1][0])


def test_the_drives_held_their_limits_and_time_outs_throughout(session):
    for sample, _, state in session.samples:
        if state["state"] != "massage" or not all(d["enabled"] for d in sample["drives"].values()):
            continue
        for name in ("back_depth", "seat_depth", "leg_depth"):
            drive = sample["drives"][name]
            assert drive["comm_timeout_ms"] == 300 and max(drive["current_limit_a"]) <= 12.7


def test_telemetry_tells_the_force_that_there_is(session):
    late = [abs(t["rollers"][r]["force_n"] - s["rollers"][r]["force_n"]) for s, t, st in session.samples
            for r in ZONE_OF if t["rollers"][r]["stage"] == "hold" and t["rollers"][r]["force_n"] is not None]
    late.sort()
    assert late[len(late) // 2] < 0.5 and late[int(len(late) * 0.99)] < 3.0


def test_the_retained_state_on_mqtt_follows(session):
    client = session.mqtt
    docs = [json.loads(m.payload) for m in client.on("state")]
    states = []
    for doc in docs:
        if doc["state"] not in states[-1:]:
            states.append(doc["state"])
    # "inhibited" is passed through where the power came and where the rollers have left
    assert [s for s in states if s != "inhibited"] == ["ready", "homing", "massage", "retracting", "ready"]
    assert states[-1] == "ready"
    asks = [doc["ask"] for doc in docs if doc["ask"]]
    assert asks and asks[0]["kind"] == "start" and asks[0]["program"] == "short"
    running = [doc for doc in docs if doc["state"] == "massage"]
    assert {doc["program"] for doc in running} == {"short"} and {doc["side"] for doc in running} == {"both"}
    assert {doc["phase"]["name"] for doc in running if doc["phase"]} == set(PHASES)
    assert max(doc["level"] for doc in running) == 2
    progress = [doc["progress_pct"] for doc in running]
    assert progress == sorted(progress)


def test_a_newcomer_on_mqtt_gets_the_state_as_it_is_now(session, module_chair):
    late = module_chair.mqtt()
    for topic in ("availability", "state", "programs"):
        until(lambda: late.on(topic), f"retained {topic}")
        assert late.on(topic)[0].retain
    assert late.last("availability") == "online"
    assert late.last("state")["state"] == "ready" and late.last("state")["program"] is None
    assert "short" in [p["id"] for p in late.last("programs")["programs"]]
    assert not late.on("event")


def test_telemetry_comes_twice_a_second_and_events_once(session):
    client = session.mqtt
    telemetry = [json.loads(m.payload) for m in client.on("telemetry")]
    assert not any(m.retain for m in client.on("telemetry") + client.on("event"))
    assert 2 * SECONDS * 0.7 <= len(telemetry) <= 2 * (SECONDS + 40)
    ids = [json.loads(m.payload)["id"] for m in client.on("event")]
    assert ids == sorted(set(ids))
    assert [e["name"] for e in client.events("phase")] == PHASES
    assert [e["ended"] for e in client.events("session_ended")] == ["finished"]


def test_the_history_has_it(session, module_chair):
    last = module_chair.panel.call("history.sessions", limit=1)["sessions"][0]
    assert (last["program"], last["side"], last["ended"]) == ("short", "both", "finished")
    assert abs(last["seconds"] - SECONDS) <= 1


def test_everyday_timing_was_kept(session):
    cycle = session.samples[-1][1]["cycle"]
    assert cycle["count"] > 100 * (SECONDS - ACK_RELEASE_S) * 0.9
