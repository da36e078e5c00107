# SPDX-License-Identifier: MIT
"""mbpoll, a stranger to this project, reads the simulated drives and temperature modules correctly."""
import re
import shutil
import subprocess

import pytest

from chair import DRIVES, PADS, Chair, until

MBPOLL = shutil.which("mbpoll")
pytestmark = pytest.mark.skipif(MBPOLL is None, reason="needs mbpoll")
COUNTS_PER_TURN = 4096
DRIVE_BOOT_S = 0.5
MM_PER_TURN = {"travel": 10.0, "depth": 2.5}
ROLLERS_A = ("back_move", "back_depth", "seat_depth", "seat_travel")


@pytest.fixture(scope="module")
def bench():
    """A simulated chair whose enable relay is bridged, and no controller."""
    chair = Chair("mbpoll")
    try:
        chair.start_sim("--relay-held")
        chair.sim.until(lambda s: s["time_s"] > DRIVE_BOOT_S, "the drives have booted")
        yield chair
    finally:
        chair.stop()


def mbpoll(bench, port, baud, address, kind, register, count=1, write=None):
    """Read `count` values as signed numbers, or write one."""
    command = [MBPOLL, "-m", "rtu", "-b", str(baud), "-P", "none", "-a", str(address), "-t", kind, "-0",
               "-r", str(register), "-o", "1"]
    if write is None:
        command += ["-1", "-c", str(count), str(bench.dir / "ports" / port)]
    else:
        command += [str(bench.dir / "ports" / port), "--", str(write & 0xFFFF)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    # "[8192]: 	1000", or "[0]: 	65436 (-100)" where the sign bit is set
    return [int(m[2] or m[1]) for m in re.finditer(r"^\[\d+\]:\s+(-?\d+)(?: \((-\d+)\))?", result.stdout, re.M)]


def drive_port(name):
    return "rollers_a" if name in ROLLERS_A else "rollers_b"


def read_drive(bench, name, register, count=1, kind="4"):
    return mbpoll(bench, drive_port(name), 115200, DRIVES[name], kind, register, count)


def write_drive(bench, name, register, value):
    mbpoll(bench, drive_port(name), 115200, DRIVES[name], "4", register, write=value)


@pytest.mark.parametrize("name", DRIVES)
def test_it_reads_a_drives_settings(bench, name):
    truth = bench.sim.get()["drives"][name]
    timeout_ms, node = read_drive(bench, name, 0x2000, 2)
    assert timeout_ms == truth["comm_timeout_ms"] and node == DRIVES[name]
    assert read_drive(bench, name, 0x2034)[0] == round(10 * truth["current_limit_a"][0])
    assert read_drive(bench, name, 0x2064)[0] == round(10 * truth["current_limit_a"][1])
    assert read_drive(bench, name, 0x20A1)[0] == 2400                   # 24.00 V
    assert read_drive(bench, name, 0x20A5, 2) == [0, 0]


@pytest.mark.parametrize("name, roller, axis, rpm", [
    ("back_move", "back", "travel", 120), ("seat_travel", "seat_left", "travel", 90),
    ("leg_travel", "leg_left", "travel", 60), ("back_depth", "back", "depth", 60)])
def test_it_moves_a_motor_and_reads_where_it_is(bench, name, roller, axis, rpm):
    def place_mm():
        return bench.sim.get()["rollers"][roller][f"{axis}_mm"]
    start_mm = place_mm()
    write_drive(bench, name, 0x2000, 0)         # no time-out: mbpoll asks only now and then
    write_drive(bench, name, 0x200D, 3)
    write_drive(bench, name, 0x200E, 8)
    zero = counts(bench, name)
    write_drive(bench, name, 0x2088, rpm)
    bench.sim.until(lambda s: s["rollers"][roller][f"{axis}_mm"] > start_mm + 6, "it moves")
    write_drive(bench, name, 0x2088, 0)

    def stands():
        before_mm = place_mm()
        read_drive(bench, name, 0x20AB)
        return abs(place_mm() - before_mm) < 0.001
    until(stands, "it stands")
    moved_mm = (counts(bench, name) - zero) * MM_PER_TURN[axis] / COUNTS_PER_TURN
    assert abs(moved_mm - (place_mm() - start_mm)) < 0.1
    assert moved_mm > 6
    write_drive(bench, name, 0x200E, 7)
    assert not bench.sim.until(lambda s: not s["drives"][name]["enabled"], "it is off")["drives"][name]["enabled"]


def counts(bench, name):
    """The left motor's position: 32 bits, high word first, as one value and as two."""
    high, low = read_drive(bench, name, 0x20A7, 2)
    whole = (high << 16) + (low & 0xFFFF)
    return whole


def test_it_reads_a_negative_position(bench):
    write_drive(bench, "back_move", 0x2000, 0)
    write_drive(bench, "back_move", 0x2005, 1)          # the left counter starts from here
    write_drive(bench, "back_move", 0x200D, 3)
    write_drive(bench, "back_move", 0x200E, 8)
    start_mm = bench.sim.get()["rollers"]["back"]["travel_mm"]
    assert start_mm > 5
    write_drive(bench, "back_move", 0x2088, -60)
    bench.sim.until(lambda s: s["rollers"]["back"]["travel_mm"] < start_mm - 3, "it moves back")
    write_drive(bench, "back_move", 0x200E, 7)
    bench.sim.until(lambda s: not s["drives"]["back_move"]["enabled"], "it is off")
    bench.sim.watch_for(0.3)
    moved_mm = counts(bench, "back_move") * MM_PER_TURN["travel"] / COUNTS_PER_TURN
    assert abs(moved_mm - (bench.sim.get()["rollers"]["back"]["travel_mm"] - start_mm)) < 0.1 and moved_mm < -3


OFFSETS_C = {"lower_back": 0.0, "glute_left": 7.5, "glute_right": -40.0, "leg_left": 12.3, "leg_right": -0.1}


@pytest.mark.parametrize("channel, address, kind", [(0, 11, "4"), (1, 12, "3")])
def test_it_reads_the_temperatures(bench, channel, address, kind):
    for pad, offset_c in OFFSETS_C.items():
        bench.sim.fault("temp_offset", pad=pad, channel=channel, c=offset_c)
    values = mbpoll(bench, "heat", 19200, address, kind, 0, 8)
    for number, pad in enumerate(PADS):
        truth_c = bench.sim.get()["pads"][pad]["pad_c"] + OFFSETS_C[pad]
        assert abs(values[number] / 10 - truth_c) <= 0.3, (pad, values)
    unused = -32768 if channel == 0 else 30000
    assert values[5:] == [unused] * 3
    bench.sim.fault("temp_open", pad="leg_left", channel=channel)
    assert mbpoll(bench, "heat", 19200, address, kind, PADS.index("leg_left"))[0] == unused
    bench.sim.clear()


def test_without_power_a_drive_is_silent_to_it_too(own_chair):
    chair = own_chair.start_sim()
    result = subprocess.run([MBPOLL, "-m", "rtu", "-b", "115200", "-P", "none", "-a", "1", "-t", "4", "-0", "-r",
                             str(0x2000), "-o", "0.3", "-1", str(chair.dir / "ports" / "rollers_a")],
                            capture_output=True, text=True, timeout=20, check=False)
    assert "timed out" in (result.stdout + result.stderr)
