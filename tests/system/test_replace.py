# SPDX-License-Identifier: MIT
"""chairctl bus scan and replace: a new drive or sensor, as it left its factory, gets its place and is proven."""
import re

import pytest

from chair import ROOT, Chair, until
from test_chairctl import DONE, FAILED, FAULT, REFUSED, USAGE, ctl, expect, parsed

DRIVE_FACTORY, SENSOR_FACTORY, FACTORY_BAUD = 4, 1, 9600


@pytest.fixture
def swapped():
    """A chair that is switched on after parts were exchanged: swap(device, address, baud), then begin()."""
    with Chair("replace") as chair:
        chair.start_sim()
        chair.sim.seat(False)
        chair.sim.call("sim.key", on=True)

        def begin(*parts):
            for device, address, baud in parts:
                chair.sim.call("sim.swap", device=device, address=address, baud=baud)
            chair.start_chaird()
            chair.wait_for(lambda d: "key_in_service" in {c["cause"] for c in d["inhibits"]} and
                           "relay_open" not in {c["cause"] for c in d["inhibits"]}, "it is switched on", 20)
            return chair
        chair.begin = begin
        yield chair


def stage(chair, name):
    return {d["name"]: d["stage"] for p in chair.role("watch").call("bus.stats")["ports"] for d in p["devices"]}[name]


def test_a_scan_shows_who_answers_and_who_does_not(swapped):
    chair = swapped.begin(("leg_depth", 20, 115200))
    done = ctl(chair, "bus", "scan", "rollers_b", timeout_s=60)
    assert done.returncode == DONE, done.stderr
    assert re.findall(r"^(\d+) +(\S.*?)  +(answers|does not answer)$", done.stdout, re.M) == [
        ("5", "seat_knead", "answers"), ("6", "leg_depth", "does not answer"), ("7", "leg_travel", "answers"),
        ("8", "leg_knead", "answers"), ("20", "not in chair.yaml", "answers")]
    few = parsed(chair, "bus", "scan", "rollers_b", "-n", "6")
    assert [(f["address"], f["heard"]) for f in few["found"]] == [(5, "one"), (6, "nobody")]
    read = parsed(chair, "bus", "read", "rollers_b", "5", "0x2001")
    assert read["registers"] == [5]
    expect(ctl(chair, "bus", "scan", "rollers_x"), USAGE, "no such port")
    expect(ctl(chair, "bus", "read", "rollers_b", "5"), USAGE, "usage")
    expect(ctl(chair, "bus", "read", "rollers_b", "300", "0"), USAGE, "1 to 247")


def test_a_new_drive_gets_its_address_limits_and_proof(swapped):
    chair = swapped.begin(("leg_depth", DRIVE_FACTORY, 115200))
    assert stage(chair, "leg_depth") == "silent"
    done = ctl(chair, "--timeout", "60", "replace", "leg_depth", timeout_s=120)
    assert done.returncode == DONE, (done.stdout, done.stderr)
    assert "a new device answers at address 4, 115200 baud" in done.stderr
    assert "leg_depth is in its place: address 6 on rollers_b; limits written and read back" in done.stdout
    assert re.search(r"^pads +passed$", done.stdout, re.M)
    assert stage(chair, "leg_depth") == "ready"
    drive = chair.sim.get()["drives"]["leg_depth"]
    assert drive["powered"]
    log = parsed(chair, "calibrate", "log")["log"]
    assert [e["what"] for e in log] == ["replaced leg_depth"]


def test_a_new_sensor_gets_address_and_speed(swapped):
    chair = swapped.begin(("temp_a", SENSOR_FACTORY, FACTORY_BAUD))
    assert stage(chair, "pads_a") == "silent"
    done = ctl(chair, "--timeout", "60", "--json", "replace", "pads_a", timeout_s=200)
    assert done.returncode == DONE, (done.stdout, done.stderr)
    assert stage(chair, "pads_a") == "ready"
    until(lambda: chair.watcher.telemetry[-1]["pads"]["leg_left"]["a_c"] is not None, "it reads", 10)


def test_doctor_hears_the_new_one(swapped):
    chair = swapped.begin(("leg_depth", DRIVE_FACTORY, 115200))
    found = parsed(chair, "doctor", "--config", chair.dir / "chair.yaml", "--profiles", ROOT / "hw/profiles", expect=FAULT)
    texts = [c["text"] for c in found["checks"] if c["check"] == "bus" and c["level"] == "wrong"]
    assert texts == ["leg_depth at address 6 is silent", "leg_depth: somebody answers at address 4, 115200 baud"]


def test_two_devices_at_one_address_are_told_apart_by_hand(swapped):
    chair = swapped.begin(("leg_depth", 8, 115200))     # where leg_knead is
    done = ctl(chair, "replace", "leg_depth", timeout_s=100)
    assert done.returncode == REFUSED and "two devices answer at address 8" in done.stderr, done.stderr


def test_nothing_is_written_without_the_key_or_to_another(swapped):
    chair = swapped.begin(("leg_depth", 20, 115200))
    service = chair.role("service")
    assert service.refusal("bus.assign", device="leg_depth", at=8, what="address") == "in_use"
    assert service.refusal("bus.assign", device="leg_depth", at=20, what="motor") == "invalid_params"
    assert chair.role("home").refusal("bus.assign", device="leg_depth", at=20, what="address") == "not_for_home"
    chair.sim.call("sim.key", on=False)
    chair.wait_for(lambda d: "key_in_service" not in {c["cause"] for c in d["inhibits"]}, "the key is turned back")
    assert service.refusal("bus.assign", device="leg_depth", at=20, what="address") == "key_off"


def test_a_device_that_is_not_there_is_not_found(swapped):
    chair = swapped.begin(("leg_depth", 200, 38400))
    done = ctl(chair, "replace", "leg_depth", timeout_s=120)
    assert done.returncode == FAILED and "no new device answers on rollers_b" in done.stderr, done.stderr
    expect(ctl(chair, "replace", "neck"), USAGE, "no such device")


def test_nobody_reads_the_bus_while_a_session_runs(chair):
    chair.start()
    assert chair.role("service").refusal("bus.read", port="rollers_a", address=1, register=0) == "already_running"
    chair.panel.call("session.stop")
