# SPDX-License-Identifier: MIT
"""The real programs under what a house, a cable, a disk and a busy computer do to them. Each test ends in the
state that the matrix asks for, with nothing lost, and with a chair that works again."""
import ctypes
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys

import pytest

from chair import (ALLOWANCE_S, DRIVE_SILENT_S, DRIVES, HERE, RETRACT_S, ROLLERS, ROOT, SANITIZED,
                   SENSOR_SILENT_S, STATE_PACE_S, Chair, Rpc, all_over, brief, home, off_the_body, relay_open,
                   until)
from test_faults import CUT_S, expect_cut, expect_nothing_moves

START = {"program": "everywhere", "side": "both", "level": 1}
STOPPED_S = 0.250       # a signal reaches the last thread, then the relay falls
IN_FLIGHT_S = 0.050     # an exchange that is under way still ends well
STALLED_S = 2.0         # matrix: other thread stalled
HOUR_S = 3600
FLOOD_PER_S = 5000
BROKER_S = 1.0          # a stop's way through a flooded broker


def lines(*requests):
    """Requests of one client that arrive in one piece."""
    return "".join(json.dumps({"jsonrpc": "2.0", "id": f"q{n}", "method": method, "params": params}) + "\n"
                   for n, (method, params) in enumerate(requests))


def answers(rpc, count):
    """The next so many answers, by id."""
    found = {}
    while len(found) < count:
        message = rpc.line()
        if "id" in message:
            found[message["id"]] = message
    return found


def last_session(chair):
    return chair.panel.call("history.sessions", limit=1)["sessions"][0]


def expect_it_works_again(chair):
    """One acknowledgement, then a session begins; the one before it is in the history."""
    chair.wait_for(lambda d: d["state"] == "fault" and all_over(d), "the cause is gone", 20)
    expect_nothing_moves(chair, 0.3)
    assert last_session(chair)["ended"] == "fault"
    chair.acknowledge()
    chair.wait_for(lambda d: d["permits"]["start"], "ready again")
    assert chair.panel.call("session.start", **START) == {"accepted": True}
    chair.wait_state("homing")


# --- commands ---
@pytest.mark.fleet
def test_a_stop_voids_the_commands_that_were_sent_before_it(chair):
    """The stop overtakes the queue; what it overtook must not start the chair afterwards."""
    waiting = [("session.level", {"level": 2})] * 10
    mark = chair.watcher.mark()
    chair.panel.send(lines(*waiting, ("session.start", START), ("session.stop", {})))
    got = answers(chair.panel, len(waiting) + 2)
    assert "result" in got["q11"]
    assert got["q10"]["error"]["data"]["reason"] == "not_ready"
    assert chair.watcher.find(mark, "session_started") == []
    assert chair.state()["state"] == "ready"
    assert chair.panel.call("session.start", **START) == {"accepted": True}     # the next one counts
    chair.panel.call("session.stop")
    until(lambda: chair.state()["state"] == "ready", "ready again", 15, STATE_PACE_S)


# --- a computer that stands still, as a whole or in a part ---
@pytest.mark.fleet
def test_after_three_seconds_without_the_controller_nothing_starts_by_itself(chair):
    chair.start()
    mark = chair.watcher.mark()
    chaird = chair.programs["chaird"]
    before_s = chair.sim.now_s()
    os.kill(chaird.pid, signal.SIGSTOP)
    try:
        chair.panel.send(lines(("session.start", START)))       # what is asked meanwhile must not come true
        opened = chair.sim.until(relay_open, "the relay opens", 5)
        assert opened["time_s"] - before_s <= STOPPED_S + ALLOWANCE_S
        chair.sim.until(home, "every roller is home", 5)
        chair.sim.until(lambda s: s["time_s"] - before_s >= 3.0, "three seconds")
    finally:
        os.kill(chaird.pid, signal.SIGCONT)
    assert answers(chair.panel, 1)["q0"]["error"]["data"]["reason"] in ("fault", "not_ready", "already_running")
    assert chair.watcher.wait(mark, "session_ended")["ended"] == "fault"
    chair.wait_state("fault")
    assert not chair.sim.get()["relay_closed"]
    expect_it_works_again(chair)


libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WALL = 0x40000000


class StoppedThread:
    """with StoppedThread(pid, name, number): one thread of a process stands still, the others run on."""

    def __init__(self, pid, name, number=0):
        tasks = sorted(pathlib.Path(f"/proc/{pid}/task").iterdir(), key=lambda task: int(task.name))
        self.tid = [int(t.name) for t in tasks if (t / "comm").read_text().strip() == name][number]

    def trace(self, request):
        if libc.ptrace(request, self.tid, None, None) < 0:
            raise OSError(ctypes.get_errno(), "ptrace")

    def __enter__(self):
        try:
            self.trace(PTRACE_SEIZE)
        except OSError as error:
            pytest.skip(f"one thread cannot be stopped here: {os.strerror(error.errno)}")
        self.trace(PTRACE_INTERRUPT)
        os.waitpid(self.tid, WALL)
        return self

    def __exit__(self, *_):
        self.trace(PTRACE_DETACH)


@pytest.mark.fleet
@pytest.mark.parametrize("name, number, limit_s, causes", [
    ("chaird", 0, STALLED_S, {"thread_stalled"}),
    ("control", 0, 0.0, {"relay_feedback", "drive_silent", "control_overrun", "gpio_failed"}),
    ("bus", 0, DRIVE_SILENT_S, {"drive_silent"}),
    ("bus", 2, STALLED_S, {"thread_stalled"})], ids=["main", "control", "bus-of-drives", "bus-of-sensors"])
def test_one_thread_that_stands_still_loses_the_power(chair, name, number, limit_s, causes):
    chair.start()
    mark = chair.watcher.mark()
    before_s = chair.sim.now_s()
    with StoppedThread(chair.programs["chaird"].pid, name, number):
        opened = chair.sim.until(relay_open, "the relay opens", limit_s + 5)
        chair.sim.until(home, "every roller is home", 5)
    assert opened["time_s"] - before_s <= limit_s + CUT_S + ALLOWANCE_S, brief(opened)
    assert chair.watcher.wait(mark, "session_ended")["ended"] == "fault"
    first = [f["cause"] for f in chair.wait_state("fault")["faults"] if f["first_out"]]
    assert set(first) <= causes and first, first
    expect_it_works_again(chair)


# --- the bus ---
def expect_no_wild_motion(samples):
    """No roller goes faster than a program lets it, nor presses more than its level."""
    for before, after in zip(samples, samples[1:]):
        dt_s = after["time_s"] - before["time_s"]
        for name in ROLLERS:
            a, b = before["rollers"][name], after["rollers"][name]
            assert abs(b["travel_mm"] - a["travel_mm"]) <= 10 * dt_s + 0.5, (name, brief(after))
            assert max(b["depth_mm"], 0) - max(a["depth_mm"], 0) <= 10 * dt_s + 0.3, (name, brief(after))
            assert b["force_n"] <= 15.0, (name, brief(after))           # level 1 is 6 N


@pytest.mark.fleet
@pytest.mark.parametrize("fault, pct, survives", [
    ("bus_noise", 1, True), ("bus_noise", 5, True), ("bus_noise", 20, False), ("bus_babble", 1, False),
    ("bus_babble", 20, False)])
def test_a_bad_cable_never_moves_anything_wrongly(chair, fault, pct, survives):
    """A few spoilt replies are made good; with too many the session ends, safely, and begins again later."""
    chair.start()
    mark = chair.watcher.mark()
    for port in ("rollers_a", "rollers_b", "heat"):
        chair.sim.fault(fault, port=port, pct=pct)
    samples = chair.sim.watch_for(5, 0.01)
    expect_no_wild_motion(samples)
    chair.sim.clear()
    ended = chair.watcher.find(mark, "session_ended")
    assert not (survives and ended), ended
    if ended:
        assert ended[0]["ended"] == "fault"
        chair.sim.until(home, "every roller is home", 5)
        expect_it_works_again(chair)
        return
    before_s = chair.sim.now_s()
    chair.panel.call("session.stop")
    off = chair.sim.until(off_the_body, "off the body", 5)
    assert off["time_s"] - before_s <= RETRACT_S + ALLOWANCE_S
    chair.watcher.wait(mark, "session_ended", ended="stopped")


@pytest.mark.fleet
@pytest.mark.parametrize("fault", ["bus_foreign", "bus_exception", "bus_truncated"])
@pytest.mark.parametrize("address, cause, limit_s", [
    (DRIVES["seat_depth"], "drive_silent", DRIVE_SILENT_S), (11, "sensor_silent", SENSOR_SILENT_S)],
    ids=["drive", "sensors"])
def test_a_device_that_answers_wrongly_is_as_good_as_silent(chair, fault, address, cause, limit_s):
    chair.start()
    mark = chair.watcher.mark()
    before_s = chair.sim.fault(fault, address=address)
    expect_cut(chair, mark, before_s, cause, limit_s + IN_FLIGHT_S + CUT_S)
    chair.sim.clear()
    expect_it_works_again(chair)


@pytest.mark.fleet
@pytest.mark.parametrize("port, cause, limit_s", [
    ("rollers_b", "drive_silent", DRIVE_SILENT_S), ("heat", "sensor_silent", SENSOR_SILENT_S)])
def test_an_adapter_that_is_pulled_out_and_put_in_again(chair, port, cause, limit_s):
    chair.start()
    mark = chair.watcher.mark()
    before_s = chair.sim.fault("bus_unplugged", port=port)
    expect_cut(chair, mark, before_s, cause, limit_s + IN_FLIGHT_S + CUT_S)
    chair.wait_for(lambda d: True, "it answers all the while")
    chair.sim.clear()
    expect_it_works_again(chair)


# --- the operating system ---
def busy_s(pid):
    """Processor time that a process has used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def restart_after_a_power_cut(chair):
    chair.close_clients()
    chair.programs.pop("chaird").kill()
    chair.start_chaird()


@pytest.mark.fleet
def test_without_file_descriptors_the_chair_goes_on(chair):
    chair.start()
    mark = chair.watcher.mark()
    chaird = chair.programs["chaird"]
    chair.state()               # its connection is there
    before = resource.prlimit(chaird.pid, resource.RLIMIT_NOFILE)
    used = max(int(fd.name) for fd in pathlib.Path(f"/proc/{chaird.pid}/fd").iterdir()) + 1
    resource.prlimit(chaird.pid, resource.RLIMIT_NOFILE, (used, before[1]))
    knockers = []
    while len(knockers) < 8:    # the first ones may fill gaps
        knockers.append(Rpc(chair.sockets / "watch.sock"))
    cpu_s, begun_s = busy_s(chaird.pid), chair.sim.now_s()
    samples = chair.sim.watch_for(1.0)
    used_s = (busy_s(chaird.pid) - cpu_s) / (chair.sim.now_s() - begun_s)
    assert SANITIZED or used_s < 0.5, f"{used_s:.2f} of a processor while somebody knocks"
    assert all(s["relay_closed"] for s in samples) and chair.state()["state"] == "massage"
    before_s = chair.sim.now_s()
    chair.panel.call("session.stop")
    off = chair.sim.until(off_the_body, "off the body", 5)
    assert off["time_s"] - before_s <= RETRACT_S + ALLOWANCE_S
    chair.watcher.wait(mark, "session_ended", ended="stopped")
    chair.sim.fault("cover_open")
    chair.wait_state("fault")
    resource.prlimit(chaird.pid, resource.RLIMIT_NOFILE, before)
    assert knockers[-1].call("state.get")["state"] == "fault"   # who knocked is let in
    for knocker in knockers:
        knocker.close()
    chair.sim.clear()
    restart_after_a_power_cut(chair)
    assert "cover_open" in chair.faults(), "a latched fault was lost"
    assert last_session(chair)["ended"] == "stopped"


@pytest.fixture
def small_disk(own_chair):
    """A chair whose history lies on a disk of one megabyte."""
    path = own_chair.dir / "history"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=0750", "chair-test", str(path)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("only root can mount a small disk, and not in every container")
    try:
        yield own_chair
    finally:
        own_chair.stop()
        subprocess.run(["umount", str(path)], check=True)


def test_on_a_full_disk_the_chair_works_and_stores_its_fault_when_there_is_room(small_disk):
    chair = small_disk
    chair.start_sim().start_chaird()
    chair.wait_state("ready")
    chair.start("short", until_touching=("back",))
    filler = chair.dir / "history" / "filler"
    with open(filler, "wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            pass        # full
    mark = chair.watcher.mark()
    before_s = chair.sim.fault("cover_open")
    opened = chair.sim.until(relay_open, "the relay opens", 5)
    assert opened["time_s"] - before_s <= CUT_S + ALLOWANCE_S
    assert chair.watcher.wait(mark, "session_ended")["ended"] == "fault"
    chair.programs["chaird"].says("could not be stored")
    assert chair.state()["state"] == "fault" and "cover_open" in chair.faults()
    filler.unlink()
    chair.sim.clear()
    chair.wait_for(all_over, "the cover is closed")
    begun_s = chair.sim.now_s()
    chair.sim.until(lambda s: s["time_s"] - begun_s >= 2.0, "it tries once a second")
    restart_after_a_power_cut(chair)
    assert chair.wait_state("fault")["faults"][0]["cause"] == "cover_open"
    assert not list((chair.dir / "history").glob("*.damaged-*"))
    chair.acknowledge()
    chair.wait_state("ready")


def start_with(chair, source, *environment):
    """The chair's simulator and its controller, with a shim before the C library."""
    if SANITIZED or shutil.which("cc") is None:
        pytest.skip("the shim needs a compiler, and a program that is not sanitized")
    shim = chair.dir / "shim.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", shim, HERE / source], check=True)
    chair.start_sim()
    chair.launch("chaird", "env", f"LD_PRELOAD={shim}", *environment, *chair.chaird_command()).says("programs, ", 20)
    chair.start_watching()
    chair.wait_state("ready")


@pytest.fixture
def odd_clock(own_chair):
    """A chair whose controller sees another wall time; the file to write the offset into."""
    offset = own_chair.dir / "offset"
    offset.write_text("0")
    start_with(own_chair, "offset_clock.c", f"OFFSET_CLOCK={offset}")
    return own_chair, offset


def test_a_panel_that_is_heard_while_a_cycle_begins_is_not_silent(own_chair):
    start_with(own_chair, "slow_clock.c")
    own_chair.start()
    own_chair.sim.watch_for(5.0)
    assert own_chair.state()["state"] == "massage"
    assert not own_chair.watcher.find(0, "cause", cause="panel_silent")
    own_chair.panel.call("session.stop")


def test_a_clock_set_forward_and_back_ends_nothing_and_lengthens_nothing(odd_clock):
    chair, offset = odd_clock
    chair.start("short", until_touching=("back",))
    begun = chair.state()
    for seconds in (HOUR_S, -HOUR_S):
        before = chair.state()
        offset.write_text(str(seconds))
        chair.wait_for(lambda d, hour=before["time"][11:13]: d["time"][11:13] != hour, "the clock is another")
        chair.sim.watch_for(1.0)
        after = chair.state()
        assert after["state"] == "massage" and after["faults"] == []
        assert 0 <= before["remaining_s"] - after["remaining_s"] <= 5
        assert 0 <= after["uptime_s"] - before["uptime_s"] <= 5
    chair.panel.call("session.stop")
    chair.wait_state("ready")
    session = last_session(chair)
    assert session["ended"] == "stopped" and session["seconds"] <= begun["remaining_s"]
    offset.write_text(str(HOUR_S))
    assert chair.state()["resume"] is not None          # two minutes have not passed
    assert chair.panel.call("session.resume") == {"accepted": True}
    chair.wait_state("homing")


# --- the house ---
def test_a_flooded_broker_neither_disturbs_a_session_nor_holds_a_stop(chair):
    client = chair.mqtt("chair/+/availability")
    until(lambda: client.last("availability") == "online", "online", 5)
    chair.start()
    flood = subprocess.Popen([sys.executable, ROOT / "tests/bench/flood.py", str(chair.port), str(FLOOD_PER_S)],
                             stdout=subprocess.PIPE, text=True)
    try:
        samples = chair.sim.watch_for(3.0)
        assert all(s["relay_closed"] for s in samples) and chair.state()["state"] == "massage"
        mark = chair.watcher.mark()
        before_s = chair.sim.now_s()
        client.publish("set/stop")
        off = chair.sim.until(off_the_body, "off the body", 10)
        assert off["time_s"] - before_s <= BROKER_S + RETRACT_S + ALLOWANCE_S
        chair.watcher.wait(mark, "session_ended", ended="stopped")
    finally:
        flood.terminate()
        rate = int(flood.communicate(timeout=10)[0])
    assert rate > FLOOD_PER_S / 2, f"only {rate} messages a second were sent"
    assert all(program.alive() for program in chair.programs.values())
    chair.wait_state("ready")
