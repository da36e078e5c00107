# SPDX-License-Identifier: MIT
"""bench.py BINARIES [--explain] [--long] [--only WORD] - the speed of the real programs, beside what is to be reached.

Exit 1 when a figure is missed. A copy of all figures goes to build/bench.json. On a machine that has
other work the figures mean less: the load at the start is printed.
"""
import argparse
import itertools
import json
import math
import multiprocessing
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rig import LINE_BAUD, MOSQUITTO, PREFIX, TOP, Mqtt, Rig, free_port, listens, now_us, wait_for

sys.path.append(str(TOP / "tests/system"))
from stub_broker import ENDS, StubBroker, end_badly, memory_kib
from stub_chaird import StubChaird

ROUNDS = 200
CPU_S = 33.0  # more than ROUNDS rounds
SILENT_ADDRESS = 3
STOPS = 200
STOPS_LINE = 100  # at least; there each takes three times as long
FLOOD = 5000
STARTS = 7
MASSAGE_S = 60.0
VISITS = 1460  # two years, twice a day
LOADS = 20
RECONNECTS = 100  # before the measurement, and then once more
RECONNECTS_LONG = 2000  # of one a minute, the longest pause by default, a day has 1,440
FLEET = (1, 10, 50, 100, 250, 500)
FLEET_S = 20

# Frames of one exchange on the line, bytes of request and reply: the targets of a drive's two motors
# written (function 16) and ten registers read back; eight channels of a temperature module read.
DRIVE_FRAMES = [(13, 8), (8, 25)]
MODULE_FRAMES = [(8, 21)]
DRIVES, MODULES = 8, 2
BITS = 10
SILENCE_MS = 1.75  # Modbus over serial line: 3.5 characters, above 19200 baud a fixed time
DRIVE_REPLY_MS, MODULE_REPLY_MS = 3.75, 5.0  # hw/sim/reference.h

DEPTH_DRIVES = {2, 3, 6}  # addresses
APPROACH_RPM = 192  # 8 mm/s
LEAVE_RPM = -150  # the control of the force never asks for as much
FRAME_US = 1300  # on the line, and a little to get there
LONGEST_PASS_US = 28000  # a stop writes to a drive once in this time
CONTACT_SHARE = 0.25  # of the stops come when the rollers press and travel, the others on their way there
EDGES_VIRTUAL = 10000
EDGES = 100  # idle, and as many under load
SOCKET_STOPS = 100  # 1,000 with --long, which takes half an hour
SOCKET_STOPS_LONG = 1000
HOMING_SHARE = 5  # every so many stops the positions are lost, and the next ones come while it homes
CLOSE_MM = -9.0  # how much closer than usual the body sits: the rollers reach it within a second


class Figures:
    def __init__(self, explain, long=False):
        self.explain = explain
        self.long = long
        self.list = []

    def add(self, name, value, limit, unit, how, at_least=False, digits=1):
        ok = value >= limit if at_least else value <= limit
        sign = ">=" if at_least else "<="
        self.list.append({"name": name, "value": round(value, 4), "unit": unit, "limit": limit,
                          "at_least": at_least, "ok": ok})
        print(f"{name:<62} {value:>9.{digits}f} {unit:<6} {sign} {limit:<8g} {'ok' if ok else 'MISSED'}", flush=True)
        if self.explain:
            print(f"    {how}", flush=True)


def percentile(values, share):
    """The smallest value that so many are not above."""
    return sorted(values)[math.ceil(len(values) * share - 1e-9) - 1]


def least_round_ms():
    def frames(pairs, reply_ms):
        return sum((a + b) * BITS * 1000.0 / LINE_BAUD + reply_ms + SILENCE_MS for a, b in pairs)

    return DRIVES * frames(DRIVE_FRAMES, DRIVE_REPLY_MS) + MODULES * frames(MODULE_FRAMES, MODULE_REPLY_MS)


def cpu_s(pids):
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def pss_mb(pids):
    kb = 0
    for pid in pids:
        kb += int(re.search(r"^Pss: *(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)[1])
    return kb / 1024


# ---- the exchange on one line, processor time ----

def line_devices(rpc):
    return rpc.call("bus.stats")["ports"][0]["devices"]


def exchange(figures, rig):
    """Both at once: the exchange's times come with the telemetry that the watcher reads anyway."""
    watcher = rig.rpc(rig.dir / "watch.sock")
    watcher.call("state.watch", telemetry_hz=10)
    time.sleep(1.0)
    port_before = rig.sim.call("sim.get")["ports"]["line"]["requests"]
    rounds_before = line_devices(rig.panel)[-1]["requests"]
    cpu_before, begun = cpu_s(rig.pids()), time.monotonic()
    times = []
    while time.monotonic() < begun + CPU_S or len(times) < ROUNDS * 3 // 2:
        times.append(watcher.note("telemetry")["bus"]["line"]["round_ms"])
    cpu, took_s = cpu_s(rig.pids()) - cpu_before, time.monotonic() - begun
    rounds = line_devices(rig.panel)[-1]["requests"] - rounds_before
    requests = rig.sim.call("sim.get")["ports"]["line"]["requests"] - port_before
    expected = DRIVES * len(DRIVE_FRAMES) + MODULES * len(MODULE_FRAMES)
    if rounds < ROUNDS or abs(requests / rounds - expected) > 0.2:
        raise RuntimeError(f"{rounds} rounds of {requests / rounds:.2f} requests, not {expected}")
    least_ms = least_round_ms()
    round_ms = statistics.median(times)
    figures.add("exchange of 8 drives and 2 modules on one line, of the least time", round_ms / least_ms, 1.05, "x",
                f"median of bus round_ms over {rounds} rounds ({round_ms:.1f} ms), READY, against {expected} pairs of "
                f"frames at {LINE_BAUD} baud, silence and reply times ({least_ms:.1f} ms)", digits=3)
    figures.add("processor time of chaird and chair-mqtt at that exchange", cpu * 60 / took_s, 1.5, "s/min",
                f"utime + stime of both over {took_s:.0f} s in READY, one watcher of telemetry at 10 Hz", digits=2)
    watcher.close()


def exchanges(rig, watchers, seconds):
    """{device: its exchange times}; polled faster than the rounds, over several links for the rate limit."""
    times = {}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for watcher in watchers:
            for device in line_devices(watcher):
                if device["address"] != SILENT_ADDRESS:
                    times.setdefault(device["name"], []).append(device["exchange_ms"])
            time.sleep(0.025)
    return times


def silent(figures, rig):
    watchers = [rig.rpc(rig.dir / "watch.sock") for _ in range(2)]
    before = {name: statistics.median(t) for name, t in exchanges(rig, watchers, 4.0).items()}
    # The chair would cut the power of all drives; a welded relay leaves it to them.
    rig.sim.call("sim.fault", name="relay_welded", on=True)
    rig.sim.call("sim.fault", name="drive_silent", address=SILENT_ADDRESS, on=True)
    at_first = exchanges(rig, watchers, 3.0)
    later = exchanges(rig, watchers, 5.0)
    ratio = max(statistics.median(t) / before[name] for name, t in later.items())
    longest = {d["name"]: d["exchange_max_ms"] for d in line_devices(rig.panel) if d["address"] != SILENT_ADDRESS}
    wait_ms = max(max([longest[name]] + at_first[name] + later[name]) - ms for name, ms in before.items())
    figures.add("exchange of the others with one device silent, of theirs before", ratio, 1.3, "x",
                f"largest ratio of any device's median exchange_ms, address {SILENT_ADDRESS} silent", digits=3)
    figures.add("longest wait of any device for the silent one", wait_ms, 100, "ms",
                "largest exchange_max_ms of any other less its median before; the stop that the silence brings is "
                "in it")


# ---- stop ----

def stop_write(writes, stop_us, told_us):
    """The first write that only the stop can have made: the control of force writes all the time too.

    @told_us: when we heard of the stop. What is complete a frame's time later was chosen after it.
    """
    for write in writes:
        if write["t_us"] < stop_us:
            continue
        same = [w for w in writes if w["address"] == write["address"]]
        now, before = write["rpm"], same[max(0, same.index(write) - 1)]["rpm"]
        again = any(0 < w["t_us"] - write["t_us"] < LONGEST_PASS_US for w in same)
        if write["address"] in DEPTH_DRIVES:
            stops = min(now) <= LEAVE_RPM or (max(before) == APPROACH_RPM and max(now) <= 0 and not again)
        else:
            stops = now == [0, 0] and before != [0, 0]
        if stops or write["t_us"] > told_us + FRAME_US:
            return write["t_us"]
    return None


class Stops:
    """A session that is stopped at a random moment and resumed at the chair, again and again."""

    def __init__(self, rig):
        self.rig = rig
        self.mqtt = Mqtt(rig.port, "bench-stop")
        self.watch = rig.rpc(rig.dir / "panel.sock")
        self.massage_s = 0.0
        rig.sim.call("sim.occupant", contact_mm=CLOSE_MM)
        self.watch.call("state.watch")
        rig.panel.call("session.start", program="piriformis", side="left", level=3)
        rig.reach("massage", 60)
        time.sleep(3.0)

    def wait_for_state(self, state):
        """Returns when we heard of it."""
        while True:
            event = self.watch.note("event")
            if event["kind"] == "state" and event["to"] == "fault":
                raise RuntimeError(f"a fault: {self.rig.panel.call('fault.list')}")
            if event["kind"] == "state" and event["to"] == state:
                return now_us()

    def resume(self):
        """Until the first roller sets out."""
        if self.rig.one_line:
            time.sleep(0.3)  # else the line is so busy with disabling that a drive seems silent
        since_us = now_us()
        self.rig.panel.call("session.resume")
        wait_for("motion", 10, lambda: any(max(w["rpm"]) > 0 for w in self.rig.sim.call(
            "sim.writes", since_us=since_us)["writes"]))

    def once(self):
        """Latency of one stop in ms, or None when nothing had begun to move."""
        in_contact = random.random() < CONTACT_SHARE
        wait_s = random.uniform(0.6, 1.2) if in_contact else random.uniform(0.0, 0.2)
        if self.rig.one_line:
            wait_s += 0.35
        time.sleep(wait_s)
        self.massage_s += wait_s
        stop_us = self.mqtt.publish_once(PREFIX + "set/stop")
        told_us = self.wait_for_state("retracting")
        self.wait_for_state("ready")
        written_us = stop_write(self.rig.sim.call("sim.writes")["writes"], stop_us, told_us)
        self.resume()
        return None if written_us is None else (written_us - stop_us) / 1000

    def until(self, enough):
        """The latencies of stops until @enough(how many there are)."""
        latencies, failures = [], 0
        while not enough(len(latencies)):
            ms = self.once()
            if ms is not None:
                latencies.append(ms)
                continue
            failures += 1
            if failures > 10 + len(latencies) // 5:
                raise RuntimeError("too many stops without a write")
        return latencies

    def many(self, count):
        return self.until(lambda have: have >= count)


def stops_on_one_line(binaries, link):
    """In a process of its own, until told that it is enough; then sends the latencies."""
    told = []

    def enough(have):
        if link.poll():
            told.append(link.recv())
        return told and have >= STOPS_LINE

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other end will close
    random.seed()
    try:
        with Rig(binaries, one_line=True, gateway=True) as rig:
            link.send(Stops(rig).until(enough))
    except EOFError:
        pass  # nobody waits any more


def flooded(rig, work):
    """Do @work while other messages rain on the broker."""
    flood = rig.run("flood", "/usr/bin/python3", Path(__file__).parent / "flood.py", rig.port, FLOOD)
    time.sleep(0.5)
    result = work()
    flood.send_signal(signal.SIGTERM)
    flood.wait(5)
    rate = int(rig.log("flood"))
    del rig.programs["flood"]
    if rate < 0.98 * FLOOD:
        raise RuntimeError(f"only {rate} messages a second")
    return result


def stop_figures(figures, where, latencies):
    figures.add(f"MQTT stop to the first changed drive write, {where}, p50", percentile(latencies, 0.5), 6.5, "ms",
                f"{len(latencies)} stops at random moments, from just before the publish call to the whole request at "
                "the drive", digits=2)
    figures.add(f"MQTT stop to the first changed drive write, {where}, p99", percentile(latencies, 0.99), 11, "ms",
                 f"of the same; the longest {max(latencies):.2f} ms", digits=2)


def stops(figures, binaries):
    """Both chairs at the same time: neither has much to do, and a stop takes a second from ready to ready."""
    here, there = multiprocessing.Pipe()
    line_chair = multiprocessing.Process(target=stops_on_one_line, args=(binaries, there))
    line_chair.start()
    there.close()
    try:
        with Rig(binaries, gateway=True) as rig:
            series = Stops(rig)
            quiet = series.many(STOPS)
            loud = flooded(rig, lambda: series.many(STOPS))
            here.send("enough")
            on_line = here.recv()
            line_chair.join()  # a second pair of daemons would share their memory
            time.sleep(max(1.0, MASSAGE_S - series.massage_s))
            memory_mb = pss_mb(rig.pids())
    finally:
        here.close()
        line_chair.join()
    stop_figures(figures, "three ports", quiet)
    stop_figures(figures, "one line", on_line)
    how = f", {FLOOD} other messages a second, half on a topic that the gateway reads; against the quiet figure"
    for name, share in ("p50", 0.5), ("p99", 0.99):
        figures.add(f"the same under {FLOOD} other messages a second, {name}, of the quiet",
                    percentile(loud, share) / percentile(quiet, share), 1.2, "x",
                    f"three ports, {name} {percentile(loud, share):.2f} ms of {len(loud)} stops{how}", digits=3)
    figures.add("memory of chaird and chair-mqtt", memory_mb, 12.0, "MB",
                f"PSS of both in massage, after more than a minute of it and {len(quiet) + len(loud)} stops", digits=2)


# ---- latency of stops, idle and under load ----

class Load:
    """with Load(): every processor is busy with ordinary work."""

    def __enter__(self):
        self.burners = [multiprocessing.Process(target=burn, daemon=True) for _ in range(os.cpu_count())]
        for burner in self.burners:
            burner.start()

    def __exit__(self, *_):
        for burner in self.burners:
            burner.kill()
            burner.join()


def burn():
    while True:
        pass


class Chair:
    """A chair whose e-stop is opened, or whose session is stopped, again and again."""

    def __init__(self, rig):
        self.rig = rig
        self.watch = None

    def heard(self, kind, **fields):
        """When we heard of the next such event."""
        while True:
            event = self.watch.note("event")
            if event["kind"] == kind and all(event.get(k) == v for k, v in fields.items()):
                return now_us()
            if event["kind"] == "state" and event["to"] == "fault":
                raise RuntimeError(f"a fault: {self.rig.panel.call('fault.list')}")

    def wait_for_relay(self, closed):
        wait_for("the relay", 5, lambda: self.rig.sim.call("sim.get")["relay_closed"] == closed)

    def acknowledge(self):
        """The e-stop is turned back, then a press; nothing starts by it."""
        self.rig.sim.call("sim.clear")
        time.sleep(0.3)         # the pump may still have held it
        self.wait_for_relay(False)
        self.rig.sim.call("sim.press", button="start", hold_ms=100)

    def relay_is_proven(self):
        """The proof test has let the relay drop once, and it has closed again."""
        proof = self.rig.panel.call("state.get")["proof"]["items"]
        return proof["relay_drops"]["result"] == "passed" and self.rig.sim.call("sim.get")["relay_closed"]

    def edge(self):
        """One e-stop edge while the heartbeat runs: ms to the outputs that stop it, edges of it since."""
        time.sleep(random.uniform(0.1, 0.2))
        before = self.rig.sim.call("sim.get")["heartbeat_edges"]
        self.rig.sim.call("sim.fault", name="estop_open")
        sample = wait_for("the answer", 2, lambda: answered(self.rig.sim.call("sim.get")))
        time.sleep(0.05)
        after = self.rig.sim.call("sim.get")
        late = after["heartbeat_us"] - sample["estop_us"] if after["heartbeat_us"] > sample["estop_us"] else 0
        self.acknowledge()
        wait_for("the proof of the relay", 5, self.relay_is_proven, 0.025)  # then the heartbeat is steady
        return (sample["answered_us"] - sample["estop_us"]) / 1000, late / 1000, after["heartbeat_edges"] - before

    def lose_positions(self):
        self.rig.sim.call("sim.fault", name="estop_open")
        wait_for("fault", 5, lambda: self.rig.state() == "fault", 0.025)
        self.acknowledge()
        wait_for("ready", 20, lambda: self.rig.state() == "ready", 0.025)
        if self.watch is not None:
            self.watch.close()
        self.watch = self.rig.rpc(self.rig.dir / "watch.sock")  # knows nothing of the fault
        self.watch.call("state.watch")

    def stop(self):
        """One stop from the panel while rollers home or approach: ms to the first write that it made."""
        since_us = now_us()
        self.rig.panel.call("session.start", program="piriformis", side="left", level=3)
        wait_for("motion", 10, lambda: any(any(w["rpm"]) for w in self.rig.sim.call(
            "sim.writes", since_us=since_us)["writes"]), 0.005)
        time.sleep(random.uniform(0.0, 0.4))
        state = self.rig.state()
        stop_us = now_us()
        self.rig.panel.call("session.stop")
        told_us = self.heard("state", to="retracting")
        writes = self.rig.sim.call("sim.writes")["writes"]
        until = time.monotonic() + 1
        while (written_us := stop_write(writes, stop_us, told_us)) is None and time.monotonic() < until:
            writes = self.rig.sim.call("sim.writes")["writes"]
        self.heard("state", to="ready")
        return state, None if written_us is None else (written_us - stop_us) / 1000

    def stops(self, count):
        by_state = {"homing": [], "massage": []}
        while sum(len(times) for times in by_state.values()) < count:
            if sum(len(times) for times in by_state.values()) % (count // HOMING_SHARE) == 0:
                self.lose_positions()
            state, ms = self.stop()
            if ms is not None and state in by_state:
                by_state[state].append(ms)
        return by_state


def answered(sample):
    return sample if sample["answered_us"] >= sample["estop_us"] > 0 else None


def edge_figures(figures, where, edges):
    limits = EDGE_MS[where]
    ms = [e[0] for e in edges]
    how = (f"{len(edges)} edges at random moments, from the switch in the simulator to the first outputs in which the "
           f"heartbeat stands; the last edge of it came at most {max(e[1] for e in edges):.2f} ms after the switch")
    for name, value in ("p50", percentile(ms, 0.5)), ("p99", percentile(ms, 0.99)), ("longest", max(ms)):
        figures.add(f"e-stop to the heartbeat's end, {where}, {name}", value, limits[name], "ms", how, digits=2)


def socket_figures(figures, where, by_state):
    ms = by_state["homing"] + by_state["massage"]
    limits = SOCKET_MS[where]
    how = (f"{len(by_state['homing'])} stops while homing, {len(by_state['massage'])} on the way to the body, from just "
           "before the send on the panel's socket to the whole request at the drive")
    for name, value in ("p50", percentile(ms, 0.5)), ("p99", percentile(ms, 0.99)), ("longest", max(ms)):
        figures.add(f"socket stop to the first changed drive write, {where}, {name}", value, limits[name], "ms", how,
                    digits=2)


# Measured on two shared processors with SCHED_FIFO: 0.1, 0.3 and 0.3 ms; 5, 10 and 10 ms, of which a frame that
# is under way on the line takes the most. The limits are twice that and more; the longest of all shows how
# long the machine itself stood still.
EDGE_MS = {"idle": {"p50": 0.5, "p99": 2, "longest": 10}, "loaded": {"p50": 0.5, "p99": 2, "longest": 10}}
SOCKET_MS = {"idle": {"p50": 8, "p99": 20, "longest": 100}, "loaded": {"p50": 8, "p99": 20, "longest": 100}}


def latency(figures, binaries):
    done = subprocess.run([Path(binaries) / "bench-edges", TOP / "config/chair.yaml", TOP / "hw/profiles",
                           str(EDGES_VIRTUAL)], stdout=subprocess.PIPE, check=True)
    edges = json.loads(done.stdout)
    if edges["moving"] < 0.9 * EDGES_VIRTUAL:
        raise RuntimeError(f"only {edges['moving']} edges while something moved")
    how = (f"{edges['count']} edges at random moments of virtual sessions; the step holds heartbeat, heat and every "
           f"motor, and none comes back in 20 cycles; the longest {edges['max_us']:.1f} us")
    figures.add("e-stop edges that the very next cycle does not answer", edges["wrong"], 0, "", how, digits=0)
    figures.add("chair_step() that answers an e-stop, p99", edges["p99_us"], 10, "us", how, digits=2)
    count = SOCKET_STOPS_LONG if figures.long else SOCKET_STOPS
    with Rig(binaries) as rig:
        chair = Chair(rig)
        for where, load in ("idle", None), ("loaded", Load()):
            if load is not None:
                load.__enter__()
            try:
                found = [chair.edge() for _ in range(EDGES)]
                wait_for("ready", 20, lambda: rig.state() == "ready", 0.025)
                stopped = chair.stops(count)
            except RuntimeError:
                rig.alive()     # a program that has ended is the better reason
                raise
            finally:
                if load is not None:
                    load.__exit__()
            edge_figures(figures, where, found)
            socket_figures(figures, where, stopped)


# ---- start ----

def old_history(binaries):
    """A chair's history exists from its first day on."""
    with Rig(binaries) as rig:
        rig.programs["chaird"].terminate()
        rig.programs["chaird"].wait(10)
        return (rig.dir / "history.db").read_bytes()


def start_once(binaries, history):
    """Milliseconds from exec to READY=1 and to the last device configured."""
    with Rig(binaries, relay_held=True, daemon=False) as rig:
        (rig.dir / "history.db").write_bytes(history)
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.bind(str(rig.dir / "notify"))
        notify.settimeout(5.0)
        time.sleep(0.5)  # the drives' own start
        begun_us = now_us()
        rig.run("chaird", *rig.chaird_command(), env=dict(os.environ, NOTIFY_SOCKET=str(rig.dir / "notify")))
        message = notify.recv(4096)
        ready_us = now_us()
        notify.close()
        if b"READY=1" not in message:
            raise RuntimeError(f"not READY=1: {message!r}")
        panel = rig.rpc(rig.dir / "panel.sock", 0.01)  # ready means that it is open

        def configured():
            stats = panel.call("bus.stats")
            ages_ms = [d["configured_age_ms"] for port in stats["ports"] for d in port["devices"]]
            return None if None in ages_ms else stats["now_us"] - 1000 * min(ages_ms)

        time.sleep(0.15)
        configured_us = wait_for("configuration", 5, configured, 0.03)
        return (ready_us - begun_us) / 1000, (configured_us - begun_us) / 1000


def start(figures, binaries):
    history = old_history(binaries)
    times = [start_once(binaries, history) for _ in range(STARTS)]
    configured_ms = statistics.median(t[1] for t in times)
    figures.add("exec of chaird to every device configured and read back", configured_ms, 200, "ms",
                f"median of {STARTS} starts with the relay held closed, three ports; bus.stats: now_us less the "
                "smallest configured_age_ms")
    figures.add("exec of chaird to READY=1, which comes before that", statistics.median(t[0] for t in times),
                round(configured_ms, 1), "ms", "arrival of the datagram at NOTIFY_SOCKET, median of the same")


# ---- the core ----

def virtual(binaries, *arguments, tool=()):
    command = [*tool, str(Path(binaries) / "chair-virtual"), "--profiles", str(TOP / "hw/profiles"), *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command}: {done.stderr.decode()}")
    return done.stdout.decode()


def instructions(binaries, directory, cycles, function):
    """All that a function executed in the cycles before and in so many of a recorded session on all axes."""
    out = directory / "callgrind.out"
    virtual(binaries, "--config", str(directory / "chair.yaml"), "--program", "all-axes", "--side", "both",
            "--cycles", str(cycles), "--record", str(directory / "all-axes.chairrec"),
            tool=["valgrind", "--tool=callgrind", f"--toggle-collect={function}", f"--callgrind-out-file={out}"])
    return int(re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.M)[1])


def recording(figures, binaries, directory):
    """What a session on all axes leaves in a minute; measured over whole segments, by the replay."""
    path = directory / "all-axes.chairrec"
    virtual(binaries, "--config", str(directory / "chair.yaml"), "--program", "all-axes", "--side", "both",
            "--record", str(path))
    done = subprocess.run([str(Path(binaries) / "chairctl"), "replay", str(path), "--json"], stdout=subprocess.PIPE, check=True)
    told = json.loads(done.stdout)
    if told["result"] != "identical":
        raise RuntimeError(f"the recording does not replay: {told['difference']}")
    figures.add("a minute of recording, 15 axes", path.stat().st_size * 60 / told["seconds"] / 1024, 800, "KiB",
                f"{path.stat().st_size} bytes for {told['seconds']:.0f} s in {told['segments']} segments; 8 MiB hold "
                "ten minutes of 819", digits=0)


def core(figures, binaries):
    directory = Path(tempfile.mkdtemp(prefix="chair-bench-"))
    try:
        (directory / "programs").mkdir()
        shutil.copy(Path(__file__).parent / "all-axes.yaml", directory / "programs")
        config = (TOP / "config/chair.yaml").read_text()
        config = re.sub(r"^( *directory:) .*$", rf"\1 {directory}/programs", config, flags=re.M)
        config = re.sub(r"^( *default:) .*$", r"\1 all-axes", config, flags=re.M)
        (directory / "chair.yaml").write_text(config)
        first, last = 3000, 8000
        counts = {}
        for function in ("chair_step", "recorder_cycle"):
            counts[function] = (instructions(binaries, directory, last, function)
                                - instructions(binaries, directory, first, function)) / (last - first)
        figures.add("instructions of a control cycle, 15 axes", counts["chair_step"], 12000, "",
                    f"callgrind over chair_step(), cycles {first} to {last} of a session that moves every axis",
                    digits=0)
        figures.add("instructions of recording a cycle, 15 axes", counts["recorder_cycle"], 5000, "",
                    "callgrind over recorder_cycle(), the same cycles; its share of a new segment is in it", digits=0)
        recording(figures, binaries, directory)
    finally:
        shutil.rmtree(directory)
    sessions = [virtual(binaries, "--config", str(TOP / "config/chair.yaml")) for _ in range(5)]
    speeds = [float(re.search(r"([\d.]+) x real time", text)[1]) for text in sessions]
    figures.add("virtual time as a multiple of real time, one core", statistics.median(speeds), 2000, "x",
                "median of five whole 15-minute sessions: core, bus and plant", at_least=True, digits=0)


# ---- a full recorder ----

def recorder(figures, binaries):
    """Ten minutes of a session that moves every axis; only with --long."""
    if not figures.long:
        return
    with Rig(binaries, gateway=True, program=Path(__file__).parent / "all-axes.yaml") as rig:
        rig.panel.call("session.start", program="all-axes", side="both", level=1)
        left_s = math.inf
        while left_s > 5:
            rig.reach("massage", 60)
            left_s = rig.panel.call("state.get")["remaining_s"]
            time.sleep(1)
        chaird, gateway = (pss_mb([pid]) for pid in rig.pids())
    figures.add("memory of chaird and chair-mqtt, recorder full", chaird + gateway, 12.0, "MB",
                f"PSS of both, of chaird {chaird:.2f} MB, after ten minutes with every axis", digits=2)


# ---- two years of one guest ----

def answers(questions):
    """Somebody with a little pain and nothing against a session."""
    def answer(question):
        ids = [a["id"] for a in question.get("answers", [])]
        return {"scale": 3, "several": []}.get(question["kind"], "no" if "no" in ids else ids[-1] if ids else None)

    return {q["id"]: answer(q) for q in questions}


def live_two_years(path, guest):
    """Two sessions a day, each with check-in and check-out."""
    now_s = int(time.time())
    with sqlite3.connect(path) as db:
        for n in range(VISITS):
            at_s = now_s - (VISITS - n) * 43200
            db.execute("INSERT INTO check_in (guest, at_s, timed, answers, pain, side, cause, decision, allowed) "
                       "VALUES (?, ?, 1, ?, ?, 'left', 'piriformis', 'go', 1)", (guest, at_s, "{}" * 100, 4 + n % 3))
            row = db.execute("INSERT INTO session (start, program, side, seconds, ended, guest, end_s, timed, level, "
                             "pain_before, pain_after, tolerance) VALUES ('2026-01-01T00:00:00.000Z', 'piriformis', "
                             "'left', 900, 'finished', ?, ?, 1, 3, ?, 3, 'good')", (guest, at_s + 900, 4 + n % 3))
            db.execute("INSERT INTO check_out (guest, session, at_s, timed, answers, pain, tolerance) "
                       "VALUES (?, ?, ?, 1, '{}', 3, 'good')", (guest, row.lastrowid, at_s + 1000))
    db.close()


def history(figures, binaries):
    with Rig(binaries) as rig:
        panel = rig.rpc(rig.dir / "panel.sock")  # the other one has asked for its state so often
        guest = panel.call("guest.add", name="Bench")["guest"]["id"]
        wishes = answers(panel.call("guest.questions")["questions"])
        rig.programs["chaird"].terminate()
        rig.programs["chaird"].wait(10)
        live_two_years(rig.dir / "history.db", guest)
        rig.start_chaird()
        panel = rig.rpc(rig.dir / "panel.sock")
        times = []
        for _ in range(LOADS):
            begun_us = now_us()
            ceiling = panel.call("guest.check_in", guest=guest, answers=wishes)["ceiling"]
            count = panel.call("guest.progress", guest=guest)["count"]
            times.append((now_us() - begun_us) / 1000)
            if ceiling != 4 or count != VISITS:
                raise RuntimeError(f"ceiling {ceiling}, {count} sessions")
    figures.add("two years of sessions judged, and their progress", statistics.median(times), 50, "ms",
                f"guest.check_in, stored, and guest.progress over {VISITS} sessions with check-ins and check-outs; "
                f"median of {LOADS}, the longest {max(times):.1f} ms")


# ---- all of it ----

def line(figures, binaries):
    with Rig(binaries, one_line=True, gateway=True) as rig:
        exchange(figures, rig)
        silent(figures, rig)


def reconnects(figures, binaries):
    """The gateway on a broker that ends every connection, each time in another way."""
    count = RECONNECTS_LONG if figures.long else RECONNECTS
    with tempfile.TemporaryDirectory(prefix="chair-bench-") as directory:
        numbers = itertools.count()
        path = Path(directory)
        with StubChaird(path / "home.sock") as chair, StubBroker(lambda peer: end_badly(peer, next(numbers))) as broker:
            (path / "chair-mqtt.yaml").write_text(
                f"chair: chair-1\nsocket: {path}/home.sock\nbroker: mqtt://127.0.0.1:{broker.port}\n"
                "reconnect_min_ms: 10\nreconnect_max_ms: 10\n")
            with open(path / "log", "wb") as log, \
                    subprocess.Popen([Path(binaries) / "chair-mqtt", "--config", path / "chair-mqtt.yaml"], stderr=log) as gateway:
                try:
                    wait_for("the first connections", 300, lambda: broker.connections >= RECONNECTS, 0.1)
                    before_kib, began = memory_kib(gateway.pid), time.monotonic()
                    wait_for("the connections", 7200, lambda: broker.connections >= RECONNECTS + count, 0.1)
                    took_s, after_kib = time.monotonic() - began, memory_kib(gateway.pid)
                    levels = len(chair.calls("session.level"))
                    if gateway.poll() is not None or levels < count // len(ENDS):
                        raise RuntimeError(f"the gateway passed on {levels} commands in {count} connections")
                finally:
                    gateway.terminate()
                    gateway.wait(20)
    figures.add(f"memory that the gateway gains in {count} reconnects", after_kib - before_kib, 256, "KiB",
                f"RssAnon from {before_kib} to {after_kib} KiB in {took_s:.0f} s, after {RECONNECTS} others; {len(set(ENDS))} ways to end, "
                f"{levels} commands passed on in between", digits=0)


def fleet_of(binaries, chairs, port, broker):
    """What so many chairs publish, and what that costs the broker: a dictionary."""
    command = [str(Path(binaries) / "bench-fleet"), str(TOP / "config/chair.yaml"), str(TOP / "hw/profiles"), str(port),
               str(chairs), str(FLEET_S)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout.readline() != "ready\n":
            raise RuntimeError(f"bench-fleet with {chairs} chairs: not ready")
        broker_before = cpu_s([broker])
        begun = time.monotonic()
        process.stdin.write("go\n")
        process.stdin.flush()
        time.sleep(FLEET_S - 1.0)  # the measurement, while all are there
        broker_pct = (cpu_s([broker]) - broker_before) / (time.monotonic() - begun) * 100
        broker_mb = pss_mb([broker])
        result = {**json.loads(process.stdout.readline()), "broker_pct": broker_pct, "broker_mb": broker_mb}
        process.wait(60)
    if result["refused"] > 0 or result["seconds"] > FLEET_S * 1.05:
        raise RuntimeError(f"{chairs} chairs are too much for this machine: {result}")
    return result


def fleet_row(binaries, chairs, reader=False):
    """On a broker of its own; with @reader somebody takes everything."""
    with tempfile.TemporaryDirectory(prefix="chair-bench-") as directory:
        port = free_port()
        config = Path(directory) / "mosquitto.conf"
        config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type error\n")
        running = [subprocess.Popen([MOSQUITTO, "-c", str(config)], stderr=subprocess.DEVNULL)]
        try:
            wait_for("the broker", 5, lambda: listens(port))
            if reader:
                running.append(subprocess.Popen(["mosquitto_sub", "-V", "5", "-p", str(port), "-q", "1", "-t", "chair/#"],
                                                stdout=subprocess.DEVNULL))
            row = fleet_of(binaries, chairs, port, running[0].pid)
            if any(one.poll() is not None for one in running):
                raise RuntimeError("the broker or its reader ended early")
        finally:
            for one in running:
                one.terminate()
                one.wait()
    print(f"  {chairs:>4} chairs{', one reader' if reader else ''}: {row['messages'] / row['seconds'] / chairs:5.2f} messages/s "
          f"and {row['bytes'] / row['seconds'] / chairs:7.0f} bytes/s each; broker {row['broker_pct']:5.1f} % of a core, "
          f"{row['broker_mb']:5.1f} MB", flush=True)
    return row


def fleet(figures, binaries):
    """From one chair to 500 on one mosquitto, each chair a process."""
    rows = [fleet_row(binaries, chairs) for chairs in FLEET]
    read = fleet_row(binaries, FLEET[-1], reader=True)
    few, many, last = FLEET[-2], FLEET[-1], rows[-1]
    how = f"mosquitto, {many} chairs, every second one in a session, nobody subscribed, {FLEET_S} s; QoS 1"
    figures.add(f"broker's processor time with {many} chairs", last["broker_pct"], 50, "%", how)
    figures.add(f"broker's memory with {many} chairs", last["broker_mb"], 100, "MB", how)
    figures.add("broker's time for a chair, of that with fewer", last["broker_pct"] / many / (rows[-2]["broker_pct"] / few),
                1.2, "x", f"{many} against {few} chairs", digits=2)
    figures.add(f"broker's processor time with {many} chairs and a reader of everything", read["broker_pct"], 80, "%", how)


def panel(figures, binaries):
    """In a browser, by panel.mjs."""
    command = ["node", str(Path(__file__).parent / "panel.mjs"), *(["--long"] if figures.long else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                          env=dict(os.environ, CHAIR_BIN=str(Path(binaries).resolve()))) as process:
        for one in process.stdout:
            one = json.loads(one)
            figures.add(one["name"], one["value"], one["limit"], one["unit"], one["how"], digits=one["digits"])
    if process.returncode != 0:
        raise RuntimeError(f"panel.mjs ended with {process.returncode}")


GROUPS = {"line": line, "start": start, "core": core, "history": history, "stops": stops, "recorder": recorder, "latency": latency,
          "panel": panel, "fleet": fleet, "reconnects": reconnects}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binaries", help="directory of the programs, e.g. build/release")
    parser.add_argument("--explain", action="store_true", help="say how each figure is measured")
    parser.add_argument("--only", action="append", choices=list(GROUPS), help="measure just these")
    parser.add_argument("--long", action="store_true",
                        help="ten times as many socket stops, a full recorder, an hour of the panel, a day of reconnects")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing is left running
    figures = Figures(options.explain, options.long)
    load = os.getloadavg()[0]
    begun = time.monotonic()
    busy = ": busy, so the figures mean less" if load > 0.5 else ""
    print(f"{os.cpu_count()} processors, load {load:.2f}{busy}", flush=True)
    for name, measure in GROUPS.items():
        if not options.only or name in options.only:
            measure(figures, options.binaries)
    missed = [f for f in figures.list if not f["ok"]]
    print(f"{len(figures.list)} figures, {len(missed)} missed, {time.monotonic() - begun:.0f} s")
    out = TOP / "build/bench.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps({"load": load, "processors": os.cpu_count(), "figures": figures.list}, indent=1) + "\n")
    return 1 if missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except (RuntimeError, OSError) as problem:
        sys.exit(f"bench: {problem}")
