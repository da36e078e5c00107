# SPDX-License-Identifier: MIT
"""The controller is killed, ended or started again in mid-session: the hardware makes the chair safe by itself,
nothing moves by itself afterwards, and what was latched stays latched."""
import signal

import pytest

from chair import (ALLOWANCE_S, CYCLE_S, RELAY_FALL_S, RETRACT_S, Chair, at_rest, brief, has_moved, home,
                   off_the_body, relay_open)

KILLED_S = 0.250        # heartbeat gone, relay open
DRIVE_TIMEOUT_S = 0.300


def kill(chair):
    """kill -9; the simulator's time just before."""
    before_s = chair.sim.now_s()
    chair.programs["chaird"].process.kill()
    return before_s


def reap(chair):
    chair.close_clients()
    chair.programs.pop("chaird").process.wait()


def restart(chair):
    """Start chaird again; nothing may move by itself until it is ready, nor afterwards."""
    before = chair.sim.get()
    writes = chair.sim.call("sim.writes")["now_us"]
    chair.start_chaird()
    doc = chair.wait_state("ready", "fault", deadline_s=15)
    samples = chair.sim.watch_for(1.0)
    assert all(at_rest(s) and not any(d["enabled"] for d in s["drives"].values()) for s in samples)
    assert not has_moved(before, samples[-1])
    assert not [w for w in chair.sim.call("sim.writes", since_us=writes)["writes"] if w["rpm"] != [0, 0]]
    return doc


def sessions(chair):
    return chair.panel.call("history.sessions", limit=3)["sessions"]


@pytest.mark.fleet
def test_a_killed_controller_loses_the_power_and_the_rollers_leave_the_body(chair):
    chair.start()
    before_s = kill(chair)
    opened = chair.sim.until(relay_open, "the relay opens", 5)
    assert opened["time_s"] - before_s <= min(KILLED_S, RELAY_FALL_S + CYCLE_S + ALLOWANCE_S), brief(opened)
    assert not any(d["enabled"] or d["powered"] for d in opened["drives"].values())
    assert not any(p["heating"] for p in opened["pads"].values())
    gone = chair.sim.until(home, "every roller is home", 5)
    assert gone["time_s"] - opened["time_s"] < 0.5
    assert not any(opened["outputs"].values()), "lines nobody drives are inactive"
    reap(chair)
    doc = restart(chair)
    assert doc["state"] == "ready" and doc["program"] is None and doc["resume"] is None
    assert sessions(chair)[0]["ended"] == "interrupted"
    chair.start()               # and it works again


@pytest.mark.fleet
def test_with_a_welded_relay_the_drives_time_out_by_themselves(chair):
    chair.start()
    chair.sim.fault("relay_welded")
    before_s = kill(chair)
    off = chair.sim.until(lambda s: not any(d["enabled"] for d in s["drives"].values()), "every drive is off", 5)
    assert off["relay_closed"]
    assert off["time_s"] - before_s <= DRIVE_TIMEOUT_S + CYCLE_S + ALLOWANCE_S
    assert all(d["timed_out"] for d in off["drives"].values())
    chair.sim.until(off_the_body, "the springs take the rollers off the body", 5)
    reap(chair)


@pytest.mark.fleet
def test_a_relay_that_is_welded_at_the_start_is_found_before_anything_moves(chair):
    chair.sim.fault("relay_welded")
    kill(chair)
    reap(chair)
    chair.sim.watch_for(0.3)
    assert chair.sim.get()["relay_closed"]
    doc = restart(chair)
    assert doc["state"] == "fault" and "relay_feedback" in [f["cause"] for f in doc["faults"]]


@pytest.mark.fleet
def test_killed_while_the_red_button_is_pressed_it_starts_in_fault(chair):
    chair.sim.fault("estop_open")
    chair.wait_state("fault")
    kill(chair)
    reap(chair)
    doc = restart(chair)
    assert doc["state"] == "fault"


@pytest.mark.fleet
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_latched_fault_survives_a_restart_and_takes_a_press(chair, how):
    chair.sim.fault("thermostat_open")
    chair.wait_state("fault")
    chair.sim.clear()
    chair.wait_for(lambda d: not d["faults"][0]["active"], "the cause is gone")
    if how == signal.SIGKILL:
        kill(chair)
        reap(chair)
    else:
        assert chair.end("chaird") == 0
    doc = restart(chair)
    assert doc["state"] == "fault"
    fault = doc["faults"][0]
    assert (fault["code"], fault["cause"], fault["latched"]) == ("F006", "thermostat_open", True)
    assert not fault["active"] and fault["first_out"]
    assert not chair.sim.get()["relay_closed"]
    assert chair.panel.refusal("session.start", program="short", side="left") == "fault"
    chair.acknowledge()
    chair.wait_state("ready")
    chair.end("chaird")
    assert restart(chair)["state"] == "ready"           # acknowledged is acknowledged


@pytest.mark.fleet
@pytest.mark.sanitized
def test_sigterm_in_mid_session_retracts_first(chair):
    chair.start()
    chaird = chair.programs["chaird"]
    before_s = chair.sim.now_s()
    chaird.process.send_signal(signal.SIGTERM)
    samples = chair.sim.trace(relay_open, "the power goes", 8)
    off = next(s for s in samples if off_the_body(s))
    assert off["relay_closed"] and off["time_s"] - before_s <= RETRACT_S + ALLOWANCE_S
    assert chaird.process.wait(5) == 0
    assert not list(chair.sockets.iterdir())
    reap(chair)
    restart(chair)
    assert sessions(chair)[0]["ended"] == "stopped"


@pytest.mark.fleet
def test_sigterm_at_rest_ends_at_once(chair):
    chaird = chair.programs["chaird"]
    before_s = chair.sim.now_s()
    chaird.process.send_signal(signal.SIGTERM)
    assert chaird.process.wait(5) == 0
    assert chair.sim.now_s() - before_s < 1.0 + ALLOWANCE_S
    assert chair.sim.until(relay_open, "the power goes", 2)
    reap(chair)


def test_a_restart_that_was_asked_for_waits_until_the_chair_is_idle(chair):
    chair.start()
    chaird = chair.programs["chaird"]
    chaird.process.send_signal(signal.SIGHUP)
    chair.sim.watch_for(3.0)
    assert chaird.process.poll() is None and chair.state()["state"] == "massage"
    chair.panel.call("session.stop")
    chair.wait_state("ready")
    chair.sim.watch_for(3.0)        # it may be resumed, which is not idle yet
    assert chaird.process.poll() is None and chair.state()["resume"]
    chair.sim.fault("cover_open")   # it may not any more
    assert chaird.process.wait(5) == 75
    reap(chair)
    assert restart(chair)["state"] == "fault"
    chair.sim.clear()


def test_a_damaged_history_is_set_aside_and_takes_a_press():
    with Chair("damaged") as chair:
        (chair.dir / "history").mkdir()
        (chair.dir / "history" / "history.db").write_bytes(b"not a database" * 1000)
        chair.start_sim().start_chaird()
        doc = chair.wait_state("fault")
        assert "store_lost" in [f["cause"] for f in doc["faults"] + doc["inhibits"]]
        assert list((chair.dir / "history").glob("history.db.damaged-*"))
        chair.acknowledge()
        chair.wait_state("ready")


@pytest.mark.fleet
def test_a_roller_that_was_jammed_finds_its_true_home_afterwards(chair):
    chair.start()
    chair.sim.fault("drive_stall", axis="seat_left_depth")
    chair.panel.call("session.stop")
    chair.wait_state("fault")
    chair.sim.until(relay_open, "the power goes")
    chair.make_ready()          # freed: its spring takes it home
    chair.start()
    for name, roller in chair.panel.call("telemetry.get")["rollers"].items():
        assert abs(roller["depth_mm"] - chair.sim.get()["rollers"][name]["depth_mm"]) < 2.0, name
        assert abs(roller["travel_mm"] - chair.sim.get()["rollers"][name]["travel_mm"]) < 3.0, name
