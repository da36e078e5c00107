# SPDX-License-Identifier: MIT
"""Every program of config/programs on every side and on five simulated bodies, in virtual time: each limit is kept.
And chair-program says no where it has to."""
import json
import subprocess

import pytest

from chair import BIN, ROOT, SANITIZED

PROGRAMS = sorted((ROOT / "config/programs").glob("*.yaml"))
BODIES = "three" if SANITIZED else "five"       # sanitized programs are several times slower
HEIGHTS_M = {"three": 3, "five": 5}[BODIES]
EXPECTED = 9


def check(*arguments):
    return subprocess.run([str(BIN / "chair-program"), "check", *map(str, arguments), "--config",
                           str(ROOT / "config/chair.yaml"), "--profiles", str(ROOT / "hw/profiles")],
                          capture_output=True, text=True, timeout=300, check=False)


def changed(directory, *changes, name="piriformis"):
    """A copy of a program with some texts replaced, and the line of the last of them."""
    text = (ROOT / "config/programs" / f"{name}.yaml").read_text()
    line = 0
    for old, new in changes:
        assert old in text, old
        line = text[:text.index(old)].count("\n") + 1
        text = text.replace(old, new, 1)
    path = directory / f"{name}.yaml"
    path.write_text(text)
    return path, line


def one_phase(directory, phase):
    """A program of a single phase, otherwise like piriformis."""
    text = (ROOT / "config/programs/piriformis.yaml").read_text()
    path = directory / "piriformis.yaml"
    path.write_text(text[:text.index("phases:")] + f"phases:\n  - {phase}\n")
    return path


def test_there_are_as_many_programs_as_the_design_has():
    assert len(PROGRAMS) == EXPECTED, [p.stem for p in PROGRAMS]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.stem)
def test_every_limit_is_kept_on_every_body_and_side(program):
    done = check(program, "--bodies", BODIES, "--json")
    assert done.returncode in (0, 1), done.stderr
    report = json.loads(done.stdout)
    worst = {limit["limit"]: limit["worst"] for limit in report["limits"]}
    print(f"{report['program']:20} {report['minutes']:5.1f} min  force error {worst['force_error']:.2f} N  dwell "
          f"{worst['dwell']:4.1f} s  dose {worst['dose']:.3f} CEM43  left/right {worst['symmetry']:.2f}  peak "
          f"{worst['force']:.1f} N  inner {worst['inner_thigh']:.1f} N")
    broken = [(s["height_m"], s["side"], s["ended"], s["cause"], s["broken"]) for s in report["sessions"] if s["broken"]]
    assert broken == []
    assert report["kept"] is True and done.returncode == 0
    sides = {s["side"] for s in report["sessions"]}
    assert len(report["sessions"]) == HEIGHTS_M * len(sides)
    for session in report["sessions"]:
        assert session["ended"] == "finished" and session["body"] == "found"
        assert sum(zone["contact_s"] for zone in session["zones"].values()) > 60, "nobody was massaged"


def test_full_pressure_on_the_inner_thigh_is_told(tmp_path):
    program = one_phase(tmp_path, "{name: hard, minutes: 3, zones: [thigh], technique: stroke}")
    done = check(program, "--side", "left")
    assert done.returncode == 1
    assert "broken: inner thigh" in done.stdout and "thigh_left" in done.stdout


def test_a_program_without_time_for_homing_is_told(tmp_path):
    program = one_phase(tmp_path, "{name: long, minutes: 30, zones: [glute], technique: stroke, level_max: 2}")
    done = check(program, "--side", "left", "--json")
    assert done.returncode == 1
    assert {s["ended"] for s in json.loads(done.stdout)["sessions"]} == {"time_limit"}


@pytest.mark.parametrize("old, new, key", [
    ("technique: knead", "technique: kneed", "technique"),
    ("level_max: 2", "level_max: 9", "level_max"),
    ("evidence: very_low", "evidence: overwhelming", "evidence"),
    ("program: piriformis", "program: other", "program"),
    ("sides: [left, right, both]", "sides: [left, right, both]\ncolour: blue", "colour"),
    ("zones: [glute]", "zones: [thigh, calf]", "zones"),
])
def test_a_wrong_file_is_told_with_line_and_key_and_nothing_runs(tmp_path, old, new, key):
    path, line = changed(tmp_path, (old, new))
    done = check(path)
    assert done.returncode == 2 and done.stdout == ""
    place = f"{path}:{line + new.count(chr(10))}:"
    assert any(place in row and key in row for row in done.stderr.splitlines()), done.stderr


def test_every_problem_is_told_once(tmp_path):
    path, _ = changed(tmp_path, ("technique: knead", "technique: kneed"), ("level_max: 2", "level_max: 9"))
    done = check(path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == len(set(done.stderr.splitlines())) == 2, done.stderr


@pytest.mark.parametrize("arguments", [
    [], ["no-such-file.yaml"], [PROGRAMS[0], "--side", "above"], [PROGRAMS[0], "--bodies", "two"], [PROGRAMS[0], PROGRAMS[0]],
])
def test_wrong_arguments_are_status_2(arguments):
    done = check(*arguments)
    assert done.returncode == 2 and done.stdout == "" and done.stderr != ""


def test_the_drawing_is_an_svg(tmp_path):
    drawing = tmp_path / "session.svg"
    done = check(PROGRAMS[0], "--side", "both", "--svg", drawing)
    assert done.returncode == 0, done.stdout
    assert drawing.read_text().startswith("<svg ") and drawing.stat().st_size < 400_000
