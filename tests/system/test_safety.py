# SPDX-License-Identifier: MIT
"""What the matrix asks for beyond faults: the proof test, the child lock, the panel's sign of life, stuck buttons,
outputs after a crash, and what is carried over a restart."""
import signal
import subprocess
import time

import pytest

from chair import (ALLOWANCE_S, BIN, CYCLE_S, RELAY_FALL_S, RETRACT_S, Rpc, at_rest, has_moved, home, off_the_body,
                   relay_open)

PROOF_S = 40
PROVEN = ["relay_open", "relay_closes", "relay_drops", "switches", "drives", "channels", "pads"]
PANEL_SILENT_S = 5.0
STUCK_S = 30


def passed(doc):
    return [name for name, item in doc["proof"]["items"].items() if item["result"] == "passed"]


def test_the_proof_test_passes_in_its_order_and_moves_and_heats_nothing(own_chair):
    chair = own_chair.start_sim()
    before = chair.sim.get()
    chair.start_chaird()
    doc = chair.wait_state("ready")
    assert passed(doc) == PROVEN[:-1] and not doc["proof"]["passed"]        # the pads take longer
    assert chair.panel.refusal("heat.preheat") == "no_heat"
    samples = chair.sim.trace(lambda s: chair.state()["proof"]["passed"], "the proof is passed", PROOF_S + 5, 0.5)
    assert all(at_rest(s) for s in samples) and not has_moved(before, samples[-1])
    assert not any(pad["heating"] for s in samples for pad in s["pads"].values())
    doc = chair.state()
    assert passed(doc) == PROVEN and all(item["age_s"] is not None for item in doc["proof"]["items"].values())
    assert chair.panel.call("heat.preheat") == {"preheating": True}


def test_a_welded_heat_relay_fails_the_proof_and_is_named(own_chair):
    chair = own_chair.start_sim()
    chair.sim.fault("ssr_welded", pad="leg_left")
    chair.start_chaird()
    chair.wait_state("ready")
    doc = chair.wait_state("inhibited", deadline_s=PROOF_S + 5)
    proof = next(i for i in doc["inhibits"] if i["cause"] == "proof")
    assert proof["code"] == "F032" and "leg_left" in proof["details"][0]
    assert doc["proof"]["items"]["pads"]["result"] == "failed"
    assert chair.panel.refusal("session.start", program="short", side="both") == "inhibited"
    chair.sim.until(lambda s: not s["heat_enable"], "the heat is off")


@pytest.mark.fleet
def test_the_child_lock_blocks_every_start_and_no_stop_and_survives_a_restart(chair):
    assert chair.panel.call("lock.set", pin="2468") == {"locked": True}
    try:
        assert chair.wait_for(lambda d: d["child_lock"], "locked")["state"] == "ready"
        assert chair.panel.refusal("session.start", program="short", side="both") == "child_lock"
        assert chair.role("home").refusal("session.start", program="short", side="both") == "child_lock"
        before = chair.sim.get()
        chair.press_start()
        assert not has_moved(before, chair.sim.watch_for(1.0)[-1])
        assert chair.panel.refusal("lock.clear", pin="1111") == "wrong_pin"
        assert chair.panel.refusal("lock.set", pin="12") == "invalid_params"
        assert chair.role("watch").call("session.stop") == {"stopping": True}
        chair.end("chaird")
        chair.start_chaird()
        chair.wait_state("ready")
        assert chair.state()["child_lock"]
        assert chair.panel.refusal("session.start", program="short", side="both") == "child_lock"
    finally:
        assert chair.role("service").call("lock.clear") == {"locked": False}
    chair.wait_for(lambda d: not d["child_lock"], "unlocked")
    chair.start(until_touching=("back",))


@pytest.mark.fleet
def test_a_panel_that_falls_silent_pauses_its_session(chair):
    panel = Rpc(chair.sockets / "panel.sock")
    panel.call("panel.alive")
    assert panel.call("session.start", program="everywhere", side="both") == {"accepted": True}
    mark = chair.watcher.mark()
    end_s = chair.sim.now_s() + 30
    while not chair.watcher.find(mark, "state", to="massage") or chair.sim.get()["rollers"]["back"]["force_n"] < 3.0:
        assert chair.sim.now_s() < end_s, "it does not press"
        panel.call("panel.alive")
        time.sleep(0.2)         # the pace of a panel
    panel.call("panel.alive")
    before_s = chair.sim.now_s()
    chair.watcher.wait(mark, "cause", deadline_s=8, cause="panel_silent", active=True)
    off = chair.sim.until(off_the_body, "off the body", 5)
    assert PANEL_SILENT_S - 0.2 <= off["time_s"] - before_s <= PANEL_SILENT_S + 0.2 + RETRACT_S + ALLOWANCE_S
    chair.wait_state("paused")
    chair.press_start()         # the armrest goes on without a panel
    chair.watcher.wait(chair.watcher.mark(), "state", to="massage", deadline_s=30)
    assert not chair.watcher.find(mark, "session_ended")
    panel.close()


@pytest.mark.fleet
def test_a_panel_that_goes_and_comes_back_in_time_pauses_nothing(chair):
    panel = Rpc(chair.sockets / "panel.sock")
    panel.call("panel.alive")
    panel.call("session.start", program="everywhere", side="both")
    mark = chair.watcher.mark()
    panel.close()
    again = Rpc(chair.sockets / "panel.sock")
    end_s = chair.sim.now_s() + PANEL_SILENT_S + 2
    while chair.sim.now_s() < end_s:
        again.call("panel.alive")
        time.sleep(0.2)         # the pace of a panel
    assert not chair.watcher.find(mark, "cause", cause="panel_silent")
    assert chair.state()["state"] in ("homing", "massage")
    again.close()


@pytest.mark.fleet
def test_a_button_that_is_stuck_for_half_a_minute_inhibits(chair):
    chair.sim.fault("button_stuck", button="up")
    doc = chair.wait_for(lambda d: d["state"] == "inhibited", "it inhibits", STUCK_S + 5)
    assert "button_stuck" in [i["cause"] for i in doc["inhibits"]]
    chair.sim.clear()
    chair.wait_state("ready")


@pytest.mark.fleet
def test_a_failed_assertion_cuts_the_outputs_before_the_process_ends(chair):
    chair.start(until_touching=("back",))
    chaird = chair.programs["chaird"]
    before_s = chair.sim.now_s()
    chaird.process.send_signal(signal.SIGABRT)
    opened = chair.sim.until(relay_open, "the relay opens", 5)
    assert opened["time_s"] - before_s <= RELAY_FALL_S + CYCLE_S + ALLOWANCE_S
    chair.close_clients()
    chair.programs.pop("chaird")
    assert chaird.process.wait(10) == -signal.SIGABRT
    chair.sim.until(home, "every roller is home", 5)
    chair.start_chaird()
    before = chair.sim.get()
    chair.wait_state("ready")
    assert not has_moved(before, chair.sim.get())


@pytest.mark.fleet
def test_make_safe_needs_nothing_but_the_lines(chair):
    def make_safe(config):
        return subprocess.run([str(BIN / "chaird"), "--make-safe", "--config", str(config)], capture_output=True,
                              text=True, check=False)

    broken = chair.dir / "broken.yaml"
    text = (chair.dir / "chair.yaml").read_text()
    broken.write_text(text.replace("levels_n:", "levels_of_n:").replace("directory:", "no_directory:"))
    busy = make_safe(chair.dir / "chair.yaml")          # chaird holds the lines
    assert busy.returncode == 1 and "outputs could not be made safe" in busy.stderr
    chair.programs["chaird"].process.kill()
    chair.close_clients()
    chair.programs.pop("chaird").process.wait()
    chair.sim.until(relay_open, "the power goes")
    done = make_safe(broken)
    assert (done.returncode, done.stderr) == (0, "")
    assert not any(chair.sim.get()["outputs"].values())
    nothing = chair.dir / "nothing.yaml"
    nothing.write_text("chair: x\n")
    assert make_safe(nothing).returncode == 2
