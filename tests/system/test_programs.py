# SPDX-License-Identifier: MIT
"""Every program of config/programs on every side and on five simulated bodies, in virtual time: each limit is kept.
And chair-program says no where it has to."""
import json
import os
import subprocess

import pytest
import yaml

from chair import BIN, ROOT, SANITIZED

PROGRAMS = sorted((ROOT / "config/programs").glob("*.yaml"))
BODIES = "five" if os.environ.get("FULL") == "1" and not SANITIZED else "three"
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


def phases(name):
    return yaml.safe_load((ROOT / "config/programs" / f"{name}.yaml").read_text())["phases"]


def test_there_are_as_many_programs_as_the_design_has():
    assert len(PROGRAMS) == EXPECTED, [p.stem for p in PROGRAMS]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.stem)
def test_every_program_says_why_and_begins_and_ends_lightly(program):
    content = yaml.safe_load(program.read_text())
    assert set(content["sides"]) == {"left", "right", "both"} and content["suits"]
    assert content["evidence"] in ("none", "very_low", "low", "moderate")
    for language in ("en", "de"):
        assert len(content["rationale"][language]) > 200 and content["summary"][language]
    first, last = content["phases"][0], content["phases"][-1]
    assert first["technique"] == "stroke" and first["level"] <= -1 and first["heat_c"] >= 37
    assert last["technique"] == "stroke" and last["level"] <= -2 and "heat_c" not in last
    assert all(phase.get("heat_c", 0) <= 40 for phase in content["phases"])


def test_every_cause_has_a_program_of_its_own():
    suits = [set(yaml.safe_load(p.read_text())["suits"]) for p in PROGRAMS]
    for cause in ("piriformis", "disc_herniation", "spinal_stenosis", "muscular", "unknown"):
        assert any(cause in s and len(s) < 5 for s in suits), cause


def test_nothing_firm_is_done_to_a_back_with_a_disc_herniation():
    back = [p for p in phases("disc-herniation") if "lower_back" in p["zones"]]
    assert back and all(p["level_max"] <= 2 and p["technique"] in ("stroke", "knead") for p in back)


def test_points_are_pressed_and_rolled_on_the_buttock_only_and_never_hard():
    firm = [p for program in PROGRAMS for p in phases(program.stem)
            if p["technique"] in ("press", "roll") and not p.get("steered")]
    assert firm and all(p["zones"] == ["glute"] and p["level_max"] <= 3 for p in firm)
    assert all(p["level_max"] <= 3 for p in phases("pinpoint") if p.get("steered"))


def test_legs_are_stroked_toward_the_heart_after_what_was_done_to_them():
    for name in ("leg-relief", "spinal-stenosis", "disc-herniation"):
        legs = [p["technique"] for p in phases(name) if set(p["zones"]) <= {"thigh", "calf"}]
        assert legs and legs[-1] == "flush", name


def test_a_cause_that_is_not_known_gets_nothing_firm():
    assert all(p["level_max"] <= 2 and p["technique"] in ("stroke", "knead", "flush") for p in phases("gentle-sciatica"))


def test_thighs_are_kneaded_gently_first_with_warmth_up_to_the_buttock():
    warm = [p for p in phases("leg-relief") if p["technique"] == "knead" and "thigh" in p["zones"]]
    assert [p["level_max"] for p in warm] == sorted(p["level_max"] for p in warm)
    assert all(p["heat_c"] >= 37 for p in warm) and "glute" in warm[-1]["zones"]


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
