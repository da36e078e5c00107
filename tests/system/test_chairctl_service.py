# SPDX-License-Identifier: MIT
"""chairctl in service: selftest, jog, heat, calibrate, and the technician's hand in the live view."""
import json
import re
import signal
import threading
import time

import pytest

from chair import until
from test_chairctl import DONE, FAULT, REFUSED, USAGE, WIDTH, ctl, expect, launch, parsed
from test_chairctl_top import top
from test_service import at_work, depth_mm, key_and_empty_seat

pytestmark = pytest.mark.fleet


class Finger:
    """Keeps a key down as a keyboard does: it repeats."""

    def __init__(self, terminal, key):
        self.terminal, self.key = terminal, key
        self.up = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.up.is_set():
            self.terminal.press(self.key)
            self.up.wait(0.05)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.up.set()
        self.thread.join()


def test_selftest_tells_each_item_as_it_passes(chair):
    done = ctl(chair, "--timeout", 60, "selftest", timeout_s=100)
    assert done.returncode == DONE, done.stderr
    assert re.findall(r"^(\w+) +passed$", done.stdout, re.M) == [
        "relay_open", "relay_closes", "relay_drops", "switches", "drives", "channels", "pads"]


def test_selftest_says_what_failed(chair):
    chair.sim.fault("relay_welded")
    done = ctl(chair, "--json", "selftest", timeout_s=100)
    assert done.returncode == FAULT and "in fault" in done.stderr, (done.stdout, done.stderr)
    assert json.loads(done.stdout)["passed"] is False
    chair.wait_state("fault")


def test_a_jog_by_one_command(chair):
    key_and_empty_seat(chair)
    moved = parsed(chair, "jog", "seat_left.depth", "10", "--for", "700ms")
    assert moved["schema"] == "chairctl.jog/1" and 4 < moved["moved"] < 10 and not moved["stood"]
    chair.wait_state("inhibited")
    chair.sim.until(lambda s: s["rollers"]["seat_left"]["depth_mm"] < 2.0, "it was taken in", 5)
    done = ctl(chair, "jog", "seat_left.depth", "-10", "--for", "2s")
    assert done.returncode == DONE and "it stood still" in done.stdout
    assert all(len(line) <= WIDTH for line in done.stdout.splitlines())


def test_a_roller_finds_its_stops_by_one_command(chair):
    key_and_empty_seat(chair)
    done = ctl(chair, "jog", "seat_left", "home", timeout_s=60)
    assert (done.returncode, done.stdout) == (DONE, "seat_left has found its stops\n"), done.stderr


def test_what_a_jog_is_refused_for(chair):
    expect(ctl(chair, "jog", "back.depth", "5"), REFUSED, "Turn the service key first")
    chair.sim.call("sim.key", on=True)
    chair.wait_state("inhibited")
    expect(ctl(chair, "jog", "back.depth", "5"), REFUSED, "seat")
    key_and_empty_seat(chair)
    expect(ctl(chair, "jog", "back.depth", "50"), USAGE, "-15 to 15")
    expect(ctl(chair, "jog", "neck.depth", "5"), USAGE, "back.depth")
    expect(ctl(chair, "jog", "back.depth", "fast"), USAGE, "is no number")
    expect(ctl(chair, "jog", "back.depth", "5", "--for", "20s"), USAGE, "10000 ms at most")
    expect(ctl(chair, "jog", "back.depth", "5", "--for", "20"), USAGE, "500ms or 60s")
    with at_work(chair):
        expect(ctl(chair, "jog", "back.depth", "5"), REFUSED, "Another technician")


def test_a_jog_ends_with_its_program(chair):
    key_and_empty_seat(chair)
    before_mm = depth_mm(chair)
    jog = launch(chair, "jog", "back.depth", "10", "--for", "10s")
    chair.sim.until(lambda s: s["rollers"]["back"]["depth_mm"] > before_mm + 5, "it comes out", 10)
    jog.send_signal(signal.SIGHUP)      # ssh is gone
    jog.communicate()
    chair.sim.until(lambda s: s["rollers"]["back"]["depth_mm"] < 3.0, "it is in", 5)
    chair.wait_state("inhibited")


def test_a_pad_is_warmed_for_a_while(chair):
    key_and_empty_seat(chair)
    chair.wait_for(lambda d: d["proof"]["passed"], "the pads are proven", 60)
    warm = parsed(chair, "heat", "leg_left", "--for", "8s")
    assert warm["first"]["a_c"] <= warm["last"]["a_c"] and warm["pad"] == "leg_left"
    assert warm["last"]["heating"]
    chair.wait_for(lambda d: not d["heat"]["pads"]["leg_left"]["heating"], "it is off", 5)
    done = ctl(chair, "heat", "leg_right", "36", "--for", "2s")
    assert done.returncode == DONE and re.search(r"^ +\d s  A +\d+\.\d C  B +\d+\.\d C  on$", done.stdout, re.M), \
        (done.stdout, done.stderr)
    expect(ctl(chair, "heat", "leg_right", "44"), USAGE, "0 to 41")
    expect(ctl(chair, "heat", "neck"), USAGE, "must name a heat pad")
    expect(ctl(chair, "heat", "leg_right", "--for", "400s"), USAGE, "300 s at most")


def restarted(chair):
    """chaird, after a calibration has made it end to start anew."""
    process = chair.programs["chaird"].process
    until(lambda: process.poll() is not None, "chaird ends to start anew", 15)
    assert process.returncode == 75
    chair.close_clients()
    chair.programs.pop("chaird")
    chair.start_chaird()
    chair.wait_for(lambda d: d["heat"]["pads"]["leg_left"]["pad_c"] is not None and
                   not [c for c in d["inhibits"] if c["cause"] != "key_in_service" and c["cause"] != "seat_empty"
                        and c["cause"] != "pads_unproven"], "it is back", 20)


def test_a_temperature_channel_is_set_right(chair):
    key_and_empty_seat(chair)
    assert {c["value"] for c in parsed(chair, "calibrate")["calibrations"]} == {0.0, 1.0}
    chair.wait_for(lambda d: d["heat"]["pads"]["leg_left"]["pad_c"] is not None, "the channels read")
    reading_c = chair.watcher.telemetry[-1]["pads"]["leg_left"]["a_c"]
    done = ctl(chair, "calibrate", "temperature.leg_left.a", reading_c + 1.0)
    assert done.returncode == DONE and "was 0.0000" in done.stdout, done.stderr
    restarted(chair)
    until(lambda: abs((chair.watcher.telemetry[-1]["pads"]["leg_left"]["a_c"] or 0) - reading_c - 1.0) < 0.35, "it reads right")
    expect(ctl(chair, "calibrate", "temperature.leg_left.a", reading_c + 3.0), REFUSED, "out of bounds")
    listed = ctl(chair, "calibrate")
    after = re.search(r"^temperature\.leg_left\.a: ([\d.]+), was", done.stdout)[1]
    assert abs(float(after) - 1.0) < 0.25      # the sensor's last digit wanders
    assert re.search(rf"^temperature\.leg_left\.a +{after} C$", listed.stdout, re.M), listed.stdout
    log = parsed(chair, "calibrate", "log")["log"]
    assert len(log) == 1 and log[0]["before"] == 0.0 and "uid" in log[0]["who"]
    assert ctl(chair, "calibrate", "temperature.leg_left.a", "reset").returncode == DONE
    restarted(chair)
    assert {c["value"] for c in parsed(chair, "calibrate")["calibrations"]} == {0.0, 1.0}
    assert [e["after"] for e in parsed(chair, "calibrate", "log")["log"]][0] == 0.0
    expect(ctl(chair, "calibrate", "force.neck", "10"), USAGE, "service.calibrations")
    expect(ctl(chair, "calibrate", "force.back"), USAGE, "usage")
    expect(ctl(chair, "calibrate", "force.back", "10"), REFUSED, "jog it there")


def test_the_live_view_takes_a_roller_to_a_gauge_and_its_reading_down(chair):
    key_and_empty_seat(chair)
    with top(chair.sockets, TERM="vt220") as terminal:
        terminal.shows("INHIBITED", "w service")
        terminal.press("w")
        terminal.shows("SERVICE", "back.travel", "hold + - move")
        chair.wait_for(lambda d: d["service"]["ready"], "the drives are ready")
        with Finger(terminal, "h"):
            terminal.shows("SERVICE", "clear", deadline_s=60)
            until(lambda: chair.watcher.telemetry[-1]["rollers"]["back"]["travel_mm"] is not None,
                  "the back is homed", 60)
        chair.sim.call("sim.occupant", seated=False, contact_mm=0)
        with Finger(terminal, "+"):
            chair.sim.until(lambda s: s["rollers"]["back"]["travel_mm"] > 70, "it travels", 20)
        rested_mm = until(lambda: (a := chair.sim.get()["rollers"]["back"]["travel_mm"],
                                   time.sleep(0.3), chair.sim.get()["rollers"]["back"]["travel_mm"] == a)[2] and a,
                          "it stands once let go", 5)
        terminal.press("c")
        terminal.shows("mm from the upper stop by the rule: _")
        terminal.press(f"{rested_mm * 1.02:.1f}\n")
        terminal.shows("travel.back: 1.0", "was 1.0000")
        terminal.press(" ")
        terminal.shows("STOP taken")
        terminal.press("q")
        assert terminal.end() == DONE
    restarted(chair)
    factor = {c["what"]: c["value"] for c in parsed(chair, "calibrate")["calibrations"]}["travel.back"]
    assert 1.015 < factor < 1.025
    assert ctl(chair, "calibrate", "travel.back", "reset").returncode == DONE
    restarted(chair)


def test_a_console_that_hangs_holds_nothing(chair):
    key_and_empty_seat(chair)
    with top(chair.sockets) as terminal:
        terminal.shows("INHIBITED")
        terminal.press("w")
        terminal.shows("SERVICE", "back.travel")
        chair.wait_for(lambda d: d["service"]["ready"], "the drives are ready")
        with Finger(terminal, "+"):
            chair.wait_for(lambda d: (d["service"] or {}).get("work") == "jog", "it moves")
            terminal.process.send_signal(signal.SIGSTOP)
            chair.wait_for(lambda d: d["service"] is None or d["service"]["work"] == "none", "it stands", 2)
            chair.wait_for(lambda d: d["state"] == "inhibited", "and the service ends", 6)
        terminal.process.send_signal(signal.SIGCONT)


def test_the_live_view_says_why_there_is_no_service(chair):
    with top(chair.sockets) as terminal:
        terminal.shows("READY")
        terminal.press("w")
        terminal.shows("Turn the service key first")
