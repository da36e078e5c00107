# SPDX-License-Identifier: MIT
"""`make run` as a person uses it: a chair comes to life, three things to try are told, Ctrl-C ends everything."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import urllib.request

import pytest

from chair import BIN, ROLES, ROOT, SANITIZED, Mqtt, Rpc, Sim, bound, clean_environment, until

RUN = ROOT / "build" / "run"
ENDPOINTS = RUN / "endpoints.json"
START_S = 60 if SANITIZED else 30       # programs that are built already


def of_this_run():
    """Processes whose command line names the run's directory."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if any(str(RUN) in word for word in words):
            found[int(entry.name)] = " ".join(words)
    found.pop(os.getpid(), None)
    return found


class MakeRun:
    """`make run` in a process group of its own, like a terminal's foreground."""

    def __init__(self, log):
        variant = BIN.name if BIN.parent == ROOT / "build" else "release"
        self.log_path = log
        with open(log, "wb") as out:
            self.process = subprocess.Popen(bound("make", "run", f"VARIANT={variant}"), cwd=ROOT, stdout=out,
                                            stderr=out, stdin=subprocess.DEVNULL, env=clean_environment(),
                                            start_new_session=True)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def ctrl_c(self):
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(30)

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        for pid in of_this_run():
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def run(tmp_path):
    if of_this_run():
        pytest.skip("somebody runs a chair in build/run; this test would end it")
    made = MakeRun(tmp_path / "make-run.log")
    try:
        yield made
    finally:
        made.end()


def endpoints(run):
    def there():
        assert run.process.poll() is None, run.log()
        return ENDPOINTS.exists()
    until(there, "endpoints.json", START_S)
    return json.loads(ENDPOINTS.read_text())


def test_make_run_brings_a_chair_to_life_and_ctrl_c_ends_everything(run):
    ends = endpoints(run)
    assert set(ends) >= {"mqtt", "panel", "chair", "sim", "socket", "sockets"}
    with urllib.request.urlopen(ends["panel"], timeout=5) as page:
        assert page.status == 200 and b"panel.js" in page.read()
    assert set(ends["sockets"]) == set(ROLES) and ends["socket"] == ends["sockets"]["panel"]
    port = int(re.fullmatch(r"mqtt://127\.0\.0\.1:(\d+)", ends["mqtt"])[1])
    # What it tells is true, to every role, over MQTT and in the simulator.
    for role, path in ends["sockets"].items():
        client = Rpc(path)
        assert client.call("state.get")["state"] == "ready", role
        client.close()
    sim = Sim(ends["sim"])
    assert sim.get()["relay_closed"]
    client = Mqtt(port, f"chair/{ends['chair']}/")
    until(lambda: client.last("availability") == "online", "availability")
    until(lambda: (client.last("state") or {}).get("state") == "ready", "the state")

    until(lambda: "Ctrl-C ends it" in run.log(), "the three things to try")
    log = run.log()
    assert re.findall(r"^(\d)\. ", log, re.M) == ["1", "2", "3"]
    subscribe, publish, press, stop = [line.strip() for line in log.splitlines() if line.startswith("   ")]
    assert str(port) in subscribe and str(port) in publish and str(port) in stop
    # They do what they promise, as printed.
    if shutil.which("mosquitto_pub"):
        shell(publish)
        until(lambda: (client.last("state") or {}).get("ask"), "the ask")
        asked_s = sim.now_s()
        sim.until(lambda s: s["time_s"] - asked_s > 1.1, "the ask has settled")
        shell(press)
        until(lambda: client.last("state")["state"] in ("homing", "massage"), "a session")
        shell(stop)
        until(lambda: [e["ended"] for e in client.events("session_ended")] == ["stopped"], "the stop")
    client.close()
    sim.close()

    assert len(of_this_run()) >= 4
    run.ctrl_c()
    until(lambda: not of_this_run(), "nothing is left running", 5)
    assert not ENDPOINTS.exists()
    assert not list(RUN.glob("*.sock")) and not list((RUN / "sockets").glob("*"))


def shell(command):
    subprocess.run(command, shell=True, check=True, cwd=ROOT, timeout=20, stdout=subprocess.DEVNULL,
                   env=clean_environment())


def test_ctrl_c_in_mid_session_takes_the_rollers_off_the_body_first(run):
    ends = endpoints(run)
    sim, panel = Sim(ends["sim"]), Rpc(ends["socket"])
    assert panel.call("history.sessions")["sessions"] == []             # empty at each run
    panel.call("session.start", program="low-back-loosening", side="both")
    sim.until(lambda s: s["rollers"]["back"]["force_n"] > 3.0, "the back roller presses", 30)
    os.killpg(run.process.pid, signal.SIGINT)
    off = sim.until(lambda s: not any(r["contact"] for r in s["rollers"].values()), "off the body", 5)
    assert off["relay_closed"]          # by its motors, not by its springs
    run.process.wait(30)
    until(lambda: not of_this_run(), "nothing is left running", 5)
    sim.close()
    panel.close()


def test_ctrl_c_before_it_is_ready_ends_everything_too(run):
    until(lambda: len(of_this_run()) >= 2 or run.process.poll() is not None, "it begins", START_S)
    run.ctrl_c()
    until(lambda: not of_this_run(), "nothing is left running", 5)
    assert not ENDPOINTS.exists()
