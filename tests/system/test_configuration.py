# SPDX-License-Identifier: MIT
"""A wrong configuration: every error at once with file, line, key and reason; exit 2; nothing started."""
import re
import subprocess

import pytest
import yaml

from chair import BIN, ROOT

PROBLEM = re.compile(r"(?P<file>/[^:]+):(?P<line>\d+): (?P<key>[^:]+): (?P<reason>.+)")


def chaird(*arguments):
    return subprocess.run([str(BIN / "chaird"), *map(str, arguments)], capture_output=True, text=True, timeout=20,
                          check=False)


def run(chair, *more):
    return chaird("--config", chair.dir / "chair.yaml", "--profiles", ROOT / "hw/profiles", "--runtime-dir",
                  chair.sockets, "--storage", chair.dir / "history", *more)


def spoil(path, *changes):
    """Replace texts in a file; the numbers of the changed lines, as a person counts them."""
    text = path.read_text()
    lines = []
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {path}"
        lines.append(text[:text.index(old)].count("\n") + 1)
        text = text.replace(old, new)
    path.write_text(text)
    return lines


def problems(output):
    """(file, line, key, reason) of every line that tells a problem."""
    found = [PROBLEM.search(line) for line in output.splitlines()]
    return [(m["file"], int(m["line"]), m["key"], m["reason"]) for m in found if m]


@pytest.fixture
def wrong_chair(own_chair):
    """A chair.yaml with seven errors and a program with two; the places where they are."""
    config = own_chair.dir / "chair.yaml"
    program = own_chair.dir / "source" / "programs" / "short.yaml"
    places = [(config, line) for line in spoil(
        config, ("comm_timeout_ms: 300", "comm_timeout_ms: 5000"), ("  contact_n: 2.0", "  contact_n: lots"),
        ("  set_max_c: 41.0", "  set_max_c: 45.0"), ("  max_minutes: 30", "  max_minutes: 31"),
        ("    baud: 19200", "    baud: 12"), ("  gain_mm_s_n: 2.0", "  gain_mm_s_n: 2.0\n  gian_mm_s_n: 2.0"),
        ("leg_knead:  {profile: zlac8015d, address: 8}", "leg_knead:  {profile: zlac8015d, address: 7}"))]
    places[5] = (config, places[5][1] + 1)              # the misspelt key is on the line below
    # later lines have moved down by that one
    moved = [place if place[1] < places[5][1] or n == 5 else (config, place[1] + 1) for n, place in enumerate(places[:5])]
    places[:5] = moved
    places += [(program, line) for line in spoil(
        program, ("technique: knead,", "technique: kneed,"), ("minutes: 0.4,  zones: [glute],", "minutes: 0.01, zones: [glute],"))]
    own_chair.places = [(str(path), line) for path, line in places]
    return own_chair


def test_every_error_is_listed_with_file_line_key_and_reason(wrong_chair):
    result = run(wrong_chair)
    assert result.returncode == 2
    found = problems(result.stderr)
    assert {(file, line) for file, line, _, _ in found} >= set(wrong_chair.places), result.stderr
    keys = " ".join(key for _, _, key, _ in found)
    for key in ("comm_timeout_ms", "contact_n", "set_max_c", "max_minutes", "baud", "gian_mm_s_n", "technique",
                "minutes"):
        assert key in keys, result.stderr
    assert all(reason.strip() for *_, reason in found)
    assert "configuration errors, nothing started" in result.stderr


def test_nothing_is_started_with_a_wrong_configuration(wrong_chair):
    assert run(wrong_chair).returncode == 2
    assert not list(wrong_chair.sockets.iterdir()) and not (wrong_chair.dir / "history").exists()


def test_check_lists_the_same_errors_and_exits_2(wrong_chair):
    checked = run(wrong_chair, "--check")
    assert checked.returncode == 2
    assert problems(checked.stderr) == problems(run(wrong_chair).stderr)


def test_check_of_a_good_configuration_says_so_and_starts_nothing(own_chair):
    result = run(own_chair, "--check")
    assert result.returncode == 0 and "valid" in result.stdout
    assert not list(own_chair.sockets.iterdir())


def test_the_reference_configuration_is_good():
    result = chaird("--config", ROOT / "config/chair.yaml", "--profiles", ROOT / "hw/profiles", "--check")
    assert result.returncode == 0, result.stderr


def test_print_config_prints_what_is_in_force_as_yaml(own_chair):
    result = run(own_chair, "--print-config")
    assert result.returncode == 0
    printed = yaml.safe_load(result.stdout)
    assert printed["chair"] == "chair-1" and printed["storage"] == str(own_chair.dir / "history")
    assert printed["force"]["levels_n"] == [6, 10, 14, 18, 22]
    assert printed["ports"]["rollers_a"]["back_depth"]["comm_timeout_ms"] == 300
    assert printed["session"]["max_minutes"] == 30 and printed["heat"]["set_max_c"] == 41
    assert len(printed["programs"]["short"]) == 3 and printed["programs"]["default"] == "gentle-sciatica"


def test_the_storage_is_that_of_the_option_the_file_or_the_default(own_chair):
    def storage(*options):
        result = chaird("--config", own_chair.dir / "chair.yaml", "--profiles", ROOT / "hw/profiles", "--print-config",
                        *options)
        assert result.returncode == 0, result.stderr
        return yaml.safe_load(result.stdout)["storage"]
    assert storage() == "/var/lib/chaird"
    with open(own_chair.dir / "chair.yaml", "a", encoding="utf-8") as config:
        config.write("\nstorage: /srv/chair\n")
    assert storage() == "/srv/chair" and storage("--storage", "/elsewhere") == "/elsewhere"


@pytest.mark.parametrize("old, new, word", [
    ("levels_n: [6, 10, 14, 18, 22]", "levels_n: [6, 10, 14, 18, 30]", "levels_n"),
    ("session:\n  max_minutes: 30", "session:\n  max_minutes: 45", "max_minutes"),
    ("  set_max_c: 41.0", "  set_max_c: 42.0", "set_max_c"),
    ("  default: gentle-sciatica", "  default: no-such-program", "no-such-program")])
def test_a_compiled_limit_cannot_be_exceeded(own_chair, old, new, word):
    spoil(own_chair.dir / "chair.yaml", (old, new))
    result = run(own_chair, "--check")
    assert result.returncode == 2 and word in result.stderr


def test_a_motor_that_could_press_too_hard_is_refused(own_chair):
    config = own_chair.dir / "chair.yaml"
    config.write_text(config.read_text().replace("work_limit_a: 12.7", "work_limit_a: 14"))
    result = run(own_chair, "--check")
    assert result.returncode == 2
    assert result.stderr.count("the compiled limit is 45 N") == 5       # every depth axis


@pytest.mark.parametrize("text, word", [
    ("", "chair"), ("chair: [", ""), ("\tchair: x\n", ""), ("- a\n- b\n", ""), ("chair: chair-1\nchair: chair-2\n", "")])
def test_what_is_no_configuration_at_all_is_refused_with_a_line(own_chair, text, word):
    config = own_chair.dir / "chair.yaml"
    config.write_text(text)
    result = run(own_chair, "--check")
    assert result.returncode == 2
    assert re.search(re.escape(str(config)) + r":\d+: ", result.stderr) and word in result.stderr


def test_a_file_that_is_not_there_is_named(own_chair):
    (own_chair.dir / "chair.yaml").unlink()
    result = run(own_chair, "--check")
    assert result.returncode == 2 and "chair.yaml" in result.stderr and "No such file" in result.stderr


def test_a_program_that_breaks_a_limit_is_refused_with_file_and_phase(own_chair):
    program = own_chair.dir / "source" / "programs" / "short.yaml"
    spoil(program, ("heat_c: 38}", "heat_c: 43}"))
    result = run(own_chair, "--check")
    assert result.returncode == 2
    (file, line, key, reason), = problems(result.stderr)
    assert file == str(program) and line == 6 and "heat_c" in key and "41" in reason


def test_an_unknown_option_is_refused():
    result = chaird("--frobnicate")
    assert result.returncode == 2 and "Usage" in result.stderr
