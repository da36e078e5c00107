# SPDX-License-Identifier: MIT
"""On the virtual board, from the first boot to a power cut: installed from the package, in this order."""
import os
import pathlib
import re
import signal
import subprocess
import time

import chair
import pytest
from board import (PROGRAM, SOCKETS, acknowledge, journal, lines, main_pid, massage, run, sessions, show, sim,
                   start_anew, state, try_state, wait_state)
from chair import Rpc, until

FAULTS = {"estop_open": "F001", "cover_open": "F008", "leg_guard": "F009"}

def figure(name, value):
    with open("/sbc/figures.txt", "a", encoding="ascii") as out:
        out.write(f"{name}: {value}\n")


def test_the_first_boot_ends_ready_and_nothing_has_moved():
    wait_state("ready", deadline_s=120)
    figure("boot to READY, s", pathlib.Path("/proc/uptime").read_text().split()[0])
    sample = sim().get()
    assert chair.at_rest(sample) and chair.off_the_body(sample)
    assert not any(pad["heating"] for pad in sample["pads"].values())
    assert until(lambda: show("chaird", "StatusText") == "ready", "systemctl status tells it")
    assert run("systemctl", "is-active", "chaird", "chair-mqtt").split() == ["active", "active"]
    assert "SCHED_FIFO" not in journal(), "it may not do its work in real time"


def test_the_units_are_closed():
    for unit, limit in (("chaird", 1.2), ("chair-mqtt", 1.5)):
        text = run("systemd-analyze", "security", "--no-pager", f"{unit}.service")
        exposure = float(re.search(r"exposure level for \S+: ([0-9.]+)", text)[1])
        figure(f"exposure of {unit}", exposure)
        assert exposure <= limit, text


def test_each_socket_belongs_to_its_role():
    for role in ("panel", "phone", "home", "service"):
        path = SOCKETS / f"{role}.sock"
        assert path.group() == f"chair-{role}" and path.stat().st_mode & 0o777 == 0o660
    assert (SOCKETS / "watch.sock").stat().st_mode & 0o777 == 0o666
    assert pathlib.Path("/var/lib/chaird").stat().st_mode & 0o777 == 0o700
    denied = subprocess.run(["setpriv", "--reuid=chair-mqtt", "--regid=chair-mqtt", "--clear-groups", "python3", "-c",
                             "import socket; socket.socket(socket.AF_UNIX).connect('/run/chaird/panel.sock')"],
                            stderr=subprocess.PIPE, text=True)
    assert "PermissionError" in denied.stderr


def test_a_short_session_runs_from_end_to_end():
    s = massage(minutes=1)
    wait_state("ready", deadline_s=180)
    sample = s.get()
    assert chair.home(sample) and max(r["force_max_n"] for r in sample["rollers"].values()) <= 45
    last = sessions()[0]
    assert (last["program"], last["ended"]) == (PROGRAM, "finished")


def test_the_home_sees_the_chair_and_may_stop_it():
    home = chair.Mqtt(1883, "chair/chair-1/")
    until(lambda: any(m.topic == "chair/chair-1/state" and b'"state":"ready"' in m.payload for m in home.messages),
          "the state on the broker", 30, 0.05)
    massage()
    home.mqtt.publish("chair/chair-1/set/stop", "now", 1)
    wait_state("ready")
    assert sessions()[0]["ended"] == "stopped"
    home.close()


@pytest.mark.parametrize("fault", FAULTS)
def test_an_edge_on_a_kernel_line_ends_a_session(fault):
    s = massage()
    s.fault(fault)
    doc = wait_state("fault")
    assert [f["code"] for f in doc["faults"]] == [FAULTS[fault]]
    if fault != "leg_guard":
        s.until(chair.relay_open, "the heartbeat has stopped, the relay has fallen", 1)
    assert not [name for name in lines() if name.startswith(("heat_", "ssr_"))]
    s.until(chair.off_the_body, "rollers off the body", 5)
    assert FAULTS[fault] in show("chaird", "StatusText") or until(
        lambda: FAULTS[fault] in show("chaird", "StatusText"), "systemctl status names it")
    s.fault(fault, False)
    acknowledge(s)
    wait_state("ready")


def test_the_journal_explains_a_fault():
    text = run("journalctl", "--no-pager", "-x", "-u", "chaird")
    for code in FAULTS.values():
        assert f"Subject: {code} " in text
    assert "For the technician: Input estop_closed is false" in text


@pytest.mark.parametrize("number, result", [(signal.SIGKILL, "signal"), (signal.SIGABRT, "signal"),
                                            (signal.SIGSTOP, "watchdog")], ids=["kill", "assertion", "watchdog"])
def test_a_death_leaves_the_outputs_safe_and_starts_anew_without_motion(number, result):
    s = massage()
    died = main_pid()
    os.kill(died, number)
    until(lambda: show("chaird", "ExecMainPID") != str(died) or show("chaird", "SubState") == "auto-restart",
          "systemd has noticed", 20, 0.02)
    if show("chaird", "SubState") == "auto-restart":
        assert show("chaird", "Result") in (result, "core-dump") and lines() == []
    s.until(chair.relay_open, "the relay falls", 0.5)
    s.until(chair.home, "the springs take the rollers off the body", 5)
    before = s.get()
    wait_state("ready", "fault")
    assert main_pid() not in (0, died)
    assert not chair.has_moved(before, s.get(), 1.0) and chair.home(s.get())
    assert sessions()[0]["ended"] == "interrupted"
    if state()["state"] == "fault":
        acknowledge(s)
    wait_state("ready")


def test_stopping_the_service_takes_the_rollers_off_first():
    s = massage()
    stopping = subprocess.Popen(["systemctl", "stop", "chaird"])
    samples = s.trace(chair.relay_open, "the relay opens", 10)
    assert stopping.wait(30) == 0
    assert chair.home(samples[-1]), "power was cut with a roller on the body"
    assert lines() == [] and show("chaird", "Result") == "success"
    start_anew()
    assert sessions()[0]["ended"] == "stopped"


def test_the_service_can_open_nothing_else():
    drop_in = pathlib.Path("/run/systemd/system/chaird.service.d/probe.conf")
    drop_in.parent.mkdir(parents=True)
    run("systemctl", "stop", "chaird")
    drop_in.write_text("[Service]\nType=exec\nExecStart=\nExecStart=/usr/bin/python3 /sbc/guest/probe.py\n"
                       "ExecStopPost=\nRestart=no\nWatchdogSec=0\nTemporaryFileSystem=\n")
    try:
        run("systemctl", "daemon-reload")
        run("systemctl", "reset-failed", "chaird", check=False)
        run("systemctl", "start", "chaird")
        until(lambda: show("chaird", "SubState") in ("dead", "failed"), "the probe has ended", 60, 0.1)
        opened = pathlib.Path("/var/lib/chaird/probe.txt").read_text()
    finally:
        drop_in.unlink()
        run("systemctl", "daemon-reload")
    assert opened == "done\n", opened + journal()
    pathlib.Path("/var/lib/chaird/probe.txt").unlink()
    start_anew()


def test_an_unplugged_adapter_is_a_fault_and_comes_back():
    s = sim()
    s.fault("bus_unplugged", port="rollers_a")
    doc = wait_state("fault")
    assert "F012" in [f["code"] for f in doc["faults"]]
    s.fault("bus_unplugged", False, port="rollers_a")
    acknowledge(s)
    wait_state("ready")


def test_an_upgrade_waits_until_the_chair_is_idle():
    s = massage()
    running = main_pid()
    run("dpkg", "-i", *map(str, pathlib.Path("/sbc/debs").glob("chaird_*.deb")))
    assert main_pid() == running and state()["state"] == "massage"
    Rpc(SOCKETS / "watch.sock").call("session.stop")
    # It might be resumed for two minutes, which is not idle yet.
    wait_state("ready")
    assert main_pid() == running
    until(lambda: main_pid() not in (0, running), "a new controller", 180, 0.2)
    wait_state("ready")
    assert chair.home(s.get())


def test_a_wrong_configuration_is_refused_while_the_old_one_goes_on():
    path = pathlib.Path("/etc/chaird/chair.yaml")
    good = path.read_text()
    running = main_pid()
    try:
        path.write_text(good.replace("comm_timeout_ms: 300", "comm_timeout_ms: 30000"))
        assert "failed" in run("systemctl", "reload", "chaird", check=False).lower()
        assert "comm_timeout_ms" in journal() and main_pid() == running and state()["state"] == "ready"
    finally:
        path.write_text(good)


def test_the_start_limit_ends_off():
    run("systemctl", "reset-failed", "chaird")
    for _ in range(6):
        if show("chaird", "ActiveState") == "failed":
            break
        pid = until(main_pid, "a running controller", 20, 0.05)
        until(lambda: try_state() or show("chaird", "ActiveState") == "failed", "it answers", 30, 0.05)
        os.kill(pid, signal.SIGKILL)
        until(lambda: main_pid() != pid, "systemd has noticed", 20, 0.02)
    until(lambda: show("chaird", "ActiveState") == "failed", "off", 30, 0.05)
    s = sim()
    for sample in s.watch_for(10):
        assert chair.relay_open(sample) and chair.home(sample)
    assert lines() == [] and main_pid() == 0
    start_anew()


def test_the_power_is_cut_in_a_session():
    """The last one: the host takes the power away when it sees the file."""
    massage(minutes=10)
    pathlib.Path("/sbc/sessions.txt").write_text(str(len(sessions())))
    pathlib.Path("/sbc/cut-me").write_text("now\n")
    time.sleep(600)     # the power goes within it
    raise AssertionError("the power was not cut")
