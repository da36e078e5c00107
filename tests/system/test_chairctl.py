# SPDX-License-Identifier: MIT
"""chairctl against the simulated chair: every verb, every exit status, what is for machines and what for people."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile

import pytest

from chair import BIN, HERE, ROOT, SANITIZED, all_over, clean_environment, off_the_body, touching, until

fleet = pytest.mark.fleet        # a machine that stands still spoils a session
CHAIRCTL = BIN / "chairctl"
DONE, FAILED, USAGE, REFUSED, NOT_PERMITTED, NO_DAEMON, TIMEOUT, FAULT, INTERRUPTED = 0, 1, 2, 3, 4, 5, 7, 8, 130
NOBODY = 65534
WIDTH = 80
PATIENCE_S = 30


def environment(**more):
    return {**clean_environment(), "TERM": "xterm", **more}


def run(*arguments, env=None, timeout_s=PATIENCE_S, command=(CHAIRCTL,)):
    """chairctl to its end; stdout, stderr, returncode."""
    return subprocess.run([*map(str, command), *map(str, arguments)], capture_output=True, text=True,
                          env=env or environment(), timeout=timeout_s, stdin=subprocess.DEVNULL, check=False)


def ctl(chair, *arguments, **more):
    return run("--socket", chair.sockets, *arguments, **more)


def launch(chair, *arguments, sockets=None):
    """chairctl, running."""
    return subprocess.Popen([CHAIRCTL, "--socket", sockets or chair.sockets, *arguments], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, env=environment(), stdin=subprocess.DEVNULL)


def parsed(chair, *arguments, expect=DONE):
    """The object that --json prints."""
    done = ctl(chair, "--json", *arguments)
    assert done.returncode == expect, done.stderr
    return json.loads(done.stdout)


def expect(done, code, *messages):
    """The exit status, nothing on standard output, and these words on standard error."""
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert done.stdout == ""
    for message in messages:
        assert message in done.stderr


@contextlib.contextmanager
def listeners(*roles, directory=None):
    """Sockets that take connections into their queue and never answer; their directory."""
    with tempfile.TemporaryDirectory() as temporary:
        home = pathlib.Path(directory or temporary)
        home.chmod(0o755)
        with contextlib.ExitStack() as stack:
            for role in roles:
                deaf = stack.enter_context(socket.socket(socket.AF_UNIX))
                deaf.bind(str(home / f"{role}.sock"))
                deaf.listen(8)
            yield home


@contextlib.contextmanager
def nobody():
    """A command line that runs chairctl without any rights; skipped where nobody can take rights away."""
    if os.geteuid() != 0:
        yield (CHAIRCTL,)
        return
    with tempfile.TemporaryDirectory() as home:
        os.chmod(home, 0o755)       # the build may lie where only its owner may look
        program = shutil.copy(CHAIRCTL, home)
        yield ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", program)


# --- exit statuses, one by one ---
@fleet
def test_0_done(chair):
    done = ctl(chair, "status")
    assert done.returncode == DONE and "READY" in done.stdout and done.stderr == ""


def test_1_failed_otherwise(tmp_path):
    broken = tmp_path / "chair.yaml"
    broken.write_text("chair: [\n")
    done = run("config", "check", "--config", broken)
    assert done.returncode == FAILED and str(broken) in done.stdout


@pytest.mark.parametrize("arguments", [
    [], ["dance"], ["status", "more"], ["start"], ["start", "short", "--level", "6"], ["start", "short", "--side", "up"],
    ["start", "short", "--minutes", "0"], ["start", "short", "--level", "2x"], ["--timeout", "0", "status"],
    ["--timeout", "nan", "status"], ["--nonsense", "status"], ["status", "--level", "1"], ["io", "--follow"],
    ["faults", "explain"], ["faults", "forget"], ["programs", "show"], ["config", "write"], ["history", "-n", "0"],
    ["history", "-n", "101"]])
def test_2_usage_is_told_without_asking_anybody(tmp_path, arguments):
    done = run("--socket", tmp_path, *arguments)
    expect(done, USAGE)
    assert done.stderr


@fleet
def test_2_what_the_chair_does_not_know(chair):
    expect(ctl(chair, "start", "no-such"), USAGE, "unknown_program")
    expect(ctl(chair, "programs", "show", "no-such"), USAGE, "no-such")
    expect(ctl(chair, "faults", "explain", "F-none"), USAGE, "F-none")


@fleet
def test_3_refused_by_the_state(chair):
    expect(ctl(chair, "pause"), REFUSED, "no_session")
    expect(ctl(chair, "resume"), REFUSED, "nothing_to_resume")


@fleet
def test_3_refused_by_an_interlock(chair):
    chair.sim.fault("cover_open")
    chair.wait_state("fault")
    expect(ctl(chair, "start", "short"), REFUSED, "(fault)")


def test_4_not_permitted_names_the_groups():
    with listeners("watch", "home", "phone", "panel", "service") as home, nobody() as command:
        for sock in home.glob("*.sock"):
            sock.chmod(0)
        expect(run("--socket", home, "status", command=command), NOT_PERMITTED, "chair-watch", "chair-service")
        expect(run("--socket", home, "start", "short", command=command), NOT_PERMITTED, "chair-home", "chair-panel")
        expect(run("--socket", home, "stop", command=command), NOT_PERMITTED, "red button")
        done = run("--socket", home, "history", command=command)
        expect(done, NOT_PERMITTED, "chair-service")
        assert "chair-home" not in done.stderr
        expect(run("--socket", home, "guests", command=command), NOT_PERMITTED, "chair-panel", "belongs to them")


@fleet
def test_4_not_permitted_for_the_role_of_a_named_socket(chair):
    expect(run("--socket", chair.sockets / "watch.sock", "pause"), NOT_PERMITTED, "not_for_watch")
    expect(run("--socket", chair.sockets / "service.sock", "start", "short"), NOT_PERMITTED, "not_for_service")


@pytest.mark.parametrize("verb", [["status"], ["stop"], ["start", "short"], ["history"], ["guests"], ["watch"], ["io"]])
def test_5_no_daemon(tmp_path, verb):
    expect(run("--socket", tmp_path, *verb), NO_DAEMON, str(tmp_path))
    with listeners("watch", "home", "phone", "panel", "service") as home:
        pass        # their sockets stay, and nobody listens any more
    expect(run("--socket", home, *verb), NO_DAEMON)


def test_5_a_daemon_that_goes_away_before_it_answers():
    with listeners() as home, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(home / "watch.sock"))
        listener.listen(1)
        asking = launch(None, "status", sockets=home)
        connection, _ = listener.accept()
        connection.recv(1)
        connection.close()
        out, err = asking.communicate(timeout=PATIENCE_S)
    assert (asking.returncode, out) == (NO_DAEMON, "") and "closed" in err


@pytest.mark.parametrize("verb, message", [
    (["status"], "unknown"), (["stop"], "red button"), (["start", "short"], "unknown"), (["watch"], "no answer"),
    (["top", "--once"], "unknown"), (["guests"], "unknown")])
def test_7_timeout(verb, message):
    with listeners("watch", "home", "phone", "panel", "service") as home:
        expect(run("--socket", home, "--timeout", "0.3", *verb), TIMEOUT, message)


@fleet
def test_8_the_chair_is_in_fault(chair):
    chair.sim.fault("estop_open")
    chair.wait_state("fault")
    done = ctl(chair, "status")
    assert done.returncode == FAULT and "FAULT" in done.stdout and "F001 estop_open" in done.stdout
    assert parsed(chair, "status", expect=FAULT)["fault"] is True
    assert ctl(chair, "-q", "status").returncode == FAULT
    assert ctl(chair, "io").returncode == DONE


@pytest.mark.parametrize("verb", [["watch"], ["start", "short"], ["status"], ["stop"]])
def test_130_interrupted_while_waiting(verb):
    with listeners("watch", "home", "phone", "panel", "service") as home:
        waiting = launch(None, "--timeout", "30", *verb, sockets=home)
        until(lambda: interruptible(waiting.pid), "it has begun")
        waiting.send_signal(signal.SIGINT)
        waiting.communicate(timeout=PATIENCE_S)
        assert waiting.returncode == INTERRUPTED


def interruptible(pid):
    """SIGINT is caught by now: it is what the program itself does with it that is looked at."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    caught = int(next(line.split()[1] for line in text.splitlines() if line.startswith("SigCgt")), 16)
    return caught >> (signal.SIGINT - 1) & 1


# --- the verbs that do something ---
@pytest.mark.sanitized
@fleet
def test_stop_waits_until_the_rollers_have_left(chair):
    chair.start()
    assert touching(chair.sim.get())
    done = ctl(chair, "stop")
    assert done.returncode == DONE and "stopped" in done.stdout
    assert off_the_body(chair.sim.get())
    assert chair.state()["state"] in ("ready", "inhibited")


@fleet
def test_stop_is_done_when_nothing_runs_and_in_fault(chair):
    assert parsed(chair, "stop") == {"schema": "chairctl.stop/1", "stopped": True, "state": "ready", "by": "watch"}
    chair.sim.fault("cover_open")
    chair.wait_state("fault")
    assert parsed(chair, "stop")["state"] == "fault"


@fleet
def test_stop_needs_only_one_socket_that_answers(chair):
    with listeners("watch", "home", "phone", "panel") as home:
        os.symlink(chair.sockets / "service.sock", home / "service.sock")
        chair.start()
        done = run("--socket", home, "--json", "stop")
        assert done.returncode == DONE and json.loads(done.stdout)["by"] == "service"
        assert off_the_body(chair.sim.get())


@fleet
def test_stop_needs_no_rights(chair):
    chair.start()
    with listeners() as home, nobody() as command:
        if command == (CHAIRCTL,):
            pytest.skip("only root can leave rights behind")
        for directory in (chair.sockets, *chair.sockets.parents):
            if not directory.stat().st_mode & 1:
                pytest.skip("others may not look into the directory of the build")
        for role in ("watch", "home", "phone", "service", "panel"):
            os.symlink(chair.sockets / f"{role}.sock", home / f"{role}.sock")
        done = run("--socket", home, "--json", "stop", command=command)
        assert done.returncode == DONE and json.loads(done.stdout)["by"] == "watch"
    assert off_the_body(chair.sim.get())


@fleet
def test_a_start_is_an_ask_and_ends_with_the_session_begun(chair):
    starting = launch(chair, "--json", "start", "short", "--side", "left", "--level", "2", "--minutes", "5")
    ask = chair.wait_for(lambda d: d["ask"], "an ask")["ask"]
    assert (ask["program"], ask["side"]) == ("short", "left")
    asked_s = chair.sim.now_s()
    assert starting.poll() is None
    chair.sim.until(lambda s: s["time_s"] - asked_s > 1.1, "the ask has settled")
    chair.press_start()
    out, err = starting.communicate(timeout=PATIENCE_S)
    assert starting.returncode == DONE and "press the start button" in err
    doc = json.loads(out)
    assert doc.pop("state") in ("homing", "massage")        # rollers whose place is known home in no time
    assert doc == {"schema": "chairctl.start/1", "done": True, "asked": True}
    state = chair.state()
    assert (state["program"], state["side"], state["level_aim"]) == ("short", "left", 2)
    assert state["remaining_s"] <= 300


@fleet
def test_an_ask_that_is_cancelled_is_refused(chair):
    starting = launch(chair, "start", "short")
    chair.wait_for(lambda d: d["ask"], "an ask")
    assert ctl(chair, "stop").returncode == DONE
    out, err = starting.communicate(timeout=PATIENCE_S)
    assert (starting.returncode, out) == (REFUSED, "") and "cancelled" in err


@fleet
def test_the_panels_socket_starts_at_once_and_pause_and_resume_follow(chair):
    panel = chair.sockets / "panel.sock"
    done = run("--socket", panel, "start", "everywhere")
    assert done.returncode == DONE and ("homing" in done.stdout or "massage" in done.stdout)
    chair.wait_state("massage", deadline_s=60)
    assert parsed(chair, "pause") == {"schema": "chairctl.pause/1", "done": True, "asked": False, "state": "paused"}
    assert chair.state()["state"] == "paused" and off_the_body(chair.sim.get())
    done = run("--socket", panel, "--json", "resume")
    assert done.returncode == DONE and json.loads(done.stdout)["schema"] == "chairctl.resume/1"
    assert chair.state()["state"] in ("homing", "massage")


@fleet
def test_a_start_by_one_who_may_only_ask_leaves_the_panel_alone(chair):
    starting = launch(chair, "start", "short")
    chair.wait_for(lambda d: d["ask"], "an ask: the least right was taken")
    starting.send_signal(signal.SIGINT)
    starting.communicate(timeout=PATIENCE_S)
    assert starting.returncode == INTERRUPTED and chair.state()["ask"] is not None


# --- the verbs that look ---
@fleet
def test_status_tells_the_session(chair):
    chair.start("short", side="left", until_touching=("back",))
    text = ctl(chair, "status").stdout
    assert "MASSAGE" in text and "short, left" in text and "warm-up (1 of " in text
    doc = parsed(chair, "status")
    assert doc["schema"] == "chairctl.status/1" and doc["fault"] is False
    assert doc["state"]["schema"] == "chair.state/1" and doc["state"]["program"] == "short"


@fleet
def test_status_tells_an_empty_seat_with_its_sentence(chair):
    chair.sim.seat(False)
    chair.wait_for(lambda d: d["faults"], "the seat is empty")
    done = ctl(chair, "status")
    assert done.returncode == DONE and "F023 seat_empty" in done.stdout and "seat      empty" in done.stdout


@fleet
def test_programs(chair):
    doc = parsed(chair, "programs")
    assert doc["schema"] == "chairctl.programs/1" and "piriformis" in [p["id"] for p in doc["programs"]]
    assert ctl(chair, "programs", "list").stdout == ctl(chair, "programs").stdout
    one = parsed(chair, "programs", "show", "piriformis")
    assert one["schema"] == "chairctl.programs.show/1" and one["program"]["id"] == "piriformis"
    text = ctl(chair, "programs", "show", "piriformis").stdout
    assert all(phase["name"] in text for phase in one["program"]["phases"])


def test_programs_check_runs_chair_program(chair, tmp_path):
    broken = tmp_path / "broken.yaml"
    broken.write_text("program: broken\n")
    with_config = ("--config", chair.dir / "source/chair.yaml", "--profiles", ROOT / "hw/profiles")
    done = run("programs", "check", broken, *with_config, timeout_s=120)
    assert done.returncode == 2 and "broken.yaml" in done.stderr + done.stdout
    done = run("--json", "programs", "check", ROOT / "tests/system/programs/short.yaml", "--side", "left", *with_config,
               timeout_s=300)
    doc = json.loads(done.stdout)
    assert done.returncode in (0, 1) and doc["schema"] == "chairctl.programs.check/1"
    assert doc["report"]["program"] == "short" and doc["report"]["kept"] is (done.returncode == 0)


@fleet
def test_guests_are_counted_and_not_named(chair):
    before = parsed(chair, "guests")["count"]
    name = "Erna Unbekannt"
    guest = chair.panel.call("guest.add", name=name)["guest"]["id"]
    try:
        doc = parsed(chair, "guests")
        assert doc == {"schema": "chairctl.guests/1", "count": before + 1}
        done = ctl(chair, "guests")
        assert str(before + 1) in done.stdout and name not in done.stdout + done.stderr
    finally:
        chair.panel.call("guest.remove", guest=guest)


@fleet
def test_io_shows_a_switch_that_opens(chair):
    assert parsed(chair, "io")["inputs"]["back_cover_closed"] is True
    chair.sim.fault("cover_open")
    chair.wait_state("fault")
    doc = parsed(chair, "io")
    assert doc["schema"] == "chairctl.io/1" and doc["inputs"]["back_cover_closed"] is False
    assert doc["outputs"]["heartbeat"] in (True, False)
    line = next(text for text in ctl(chair, "io").stdout.splitlines() if "back_cover_closed" in text)
    assert line.split() == ["back_cover_closed", "false"]


@fleet
def test_bus_shows_each_device(chair):
    doc = parsed(chair, "bus")
    assert doc["schema"] == "chairctl.bus/1" and [p["name"] for p in doc["ports"]] == ["rollers_a", "rollers_b", "heat"]
    text = ctl(chair, "bus").stdout
    for port in doc["ports"]:
        assert port["name"] in text
        for device in port["devices"]:
            row = next(line.split() for line in text.splitlines() if line.split()[0] == device["name"])
            assert row[1] == str(device["address"]) and row[2] == device["stage"]


@fleet
def test_interlocks_show_level_why_and_how_to_clear(chair):
    chair.sim.fault("cover_open")
    chair.wait_state("fault")
    rows = {row["cause"]: row for row in parsed(chair, "interlocks")["interlocks"]}
    assert rows["cover_open"]["level"] == "active" and rows["estop_open"]["level"] == "clear"
    assert all(row["text"] and row["technician"] and row["clears"] for row in rows.values())
    text = ctl(chair, "interlocks").stdout
    assert "why:" in text and "clear:" in text and all(row["code"] in text for row in rows.values())
    chair.sim.clear()
    chair.wait_for(all_over, "the cover is closed")
    rows = {row["cause"]: row for row in parsed(chair, "interlocks")["interlocks"]}
    assert rows["cover_open"]["level"] == "latched"


@fleet
def test_faults_are_those_in_force(chair):
    chair.sim.fault("cover_open")
    chair.wait_state("fault")
    doc = parsed(chair, "faults")
    assert doc["schema"] == "chairctl.faults/1" and "cover_open" in [f["cause"] for f in doc["faults"]]
    text = ctl(chair, "faults", "list").stdout
    assert "F008" in text and "came first" in text and "F001" not in text


@fleet
def test_a_fault_is_explained_by_code_or_name(chair):
    doc = parsed(chair, "faults", "explain", "F042")
    assert doc["schema"] == "chairctl.faults.explain/1" and doc["cause"] == "pads_unproven" and doc["clears"]
    assert ctl(chair, "faults", "explain", "f001").stdout == ctl(chair, "faults", "explain", "estop_open").stdout


@fleet
def test_a_fault_in_force_is_explained_with_its_page(chair):
    chair.sim.fault("cover_open")
    chair.wait_state("fault")
    doc = parsed(chair, "faults", "explain", "F008")
    assert (doc["level"], doc["active"]) == ("active", True)
    page = doc["page"]
    assert set(page) == {"chair", "cause", "check", "remedy", "parts"} and len(page["check"]) >= 3
    assert "chairctl io" in " ".join(page["check"]) and "switch" in page["parts"]
    text = " ".join(ctl(chair, "faults", "explain", "F008").stdout.split())
    assert all(" ".join(words.split()) in text for words in (page["cause"], page["remedy"], *page["check"]))


def test_every_fault_is_explained_without_chaird_as_in_the_document(tmp_path):
    document = (ROOT / "docs/faults.md").read_text(encoding="utf-8")
    catalogue = (ROOT / "systemd/chaird.catalog").read_text(encoding="utf-8")       # of journalctl -x
    codes = re.findall(r"^## (F\d+) ", document, re.M)
    assert len(codes) > 40
    for code in codes:
        done = run("--socket", tmp_path, "--json", "faults", "explain", code)
        doc = json.loads(done.stdout)
        assert done.returncode == DONE and doc["level"] == "unknown" and doc["active"] is None
        section = document.split(f"## {code} ")[1].split("\n## ")[0]
        assert all(words in section for words in
                   (doc["cause"], doc["technician"], doc["clears"], doc["page"]["remedy"], *doc["page"]["check"]))
        entry = catalogue.split(f"Subject: {code} ")[1].split("\n-- ")[0]
        assert all(words in entry for words in (doc["page"]["cause"], doc["page"]["parts"], *doc["page"]["check"]))
    done = run("--socket", tmp_path, "faults", "explain", "F012")
    assert done.returncode == DONE and "remedy" in done.stdout and "chaird does not answer" in done.stderr
    expect(run("--socket", tmp_path, "faults", "explain", "no-such"), USAGE, "no-such")


@fleet
def test_history_lists_a_session(chair):
    chair.start("short", side="left", until_touching=("back",))
    assert ctl(chair, "stop").returncode == DONE
    chair.wait_state("ready")
    last = parsed(chair, "history", "-n", "1")
    assert last["schema"] == "chairctl.history/1" and len(last["sessions"]) == 1
    assert (last["sessions"][0]["program"], last["sessions"][0]["ended"]) == ("short", "stopped")
    assert "short" in ctl(chair, "history").stdout


def test_watch_tells_events_and_changes_and_sees_a_restart(own_chair):
    own_chair.start_sim().start_chaird()
    own_chair.wait_state("ready")
    watching = launch(own_chair, "watch", "--json")

    def take(condition, what):
        """The lines up to the first for which condition(line) holds."""
        while True:
            line = watching.stdout.readline()
            assert line, f"it ended before {what}"
            if condition(json.loads(line)):
                return json.loads(line)
    assert take(lambda w: w["kind"] == "connected", "connected")["schema"] == "chairctl.watch/1"
    take(lambda w: w["kind"] == "state" and w["state"]["state"] == "ready", "ready")
    own_chair.sim.fault("cover_open")
    take(lambda w: w["kind"] == "event" and w["event"].get("cause") == "cover_open", "the event")
    take(lambda w: w["kind"] == "state" and w["state"]["state"] == "fault", "the state")
    assert own_chair.end("chaird") == 0
    take(lambda w: w["kind"] == "disconnected", "disconnected")
    own_chair.start_chaird()
    take(lambda w: w["kind"] == "state" and w["state"]["state"] == "fault", "the restarted daemon's state")
    watching.send_signal(signal.SIGINT)
    assert watching.wait(PATIENCE_S) == INTERRUPTED
    watching.stdout.close()
    watching.stderr.close()


@fleet
def test_watch_for_people_is_a_line_each(chair):
    watching = launch(chair, "watch")
    assert " state " in watching.stdout.readline()
    chair.sim.fault("cover_open")
    while "cause=cover_open" not in (line := watching.stdout.readline()):
        assert line and len(line.rstrip("\n")) <= WIDTH
    watching.send_signal(signal.SIGINT)
    watching.communicate(timeout=PATIENCE_S)
    assert watching.returncode == INTERRUPTED


def test_log_asks_the_journal_for_the_chairs_units(tmp_path):
    journal = tmp_path / "journalctl"
    journal.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit 3\n")
    journal.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = run("log", "-n", "7", "-f", env=environment(PATH=path))
    words = done.stdout.split()
    assert done.returncode == 3     # that of journalctl
    assert words[words.index("--lines") + 1] == "7" and "--follow" in words and "short-iso" in words
    units = [words[i + 1] for i, word in enumerate(words) if word == "--unit"]
    assert {"chaird", "chair-mqtt", "chair-web"} <= set(units)
    entry = {"__REALTIME_TIMESTAMP": "1795699114123456", "_SYSTEMD_UNIT": "chaird.service", "PRIORITY": "4",
             "MESSAGE": "cause: F001", "CHAIR_KIND": "cause", "CHAIR_CAUSE": "estop_open"}
    journal.write_text(f"#!/bin/sh\ncase \"$*\" in *'--output json'*) echo '{json.dumps(entry)}';; esac\n")
    done = run("--json", "log", env=environment(PATH=path))
    assert done.returncode == DONE and json.loads(done.stdout) == {
        "schema": "chairctl.log/1", "time": "2026-11-26T13:18:34.123Z", "unit": "chaird.service", "priority": 4,
        "message": "cause: F001", "kind": "cause", "cause": "estop_open"}
    (tmp_path / "empty").mkdir()
    for verb in (["log"], ["--json", "log"]):
        expect(run(*verb, env=environment(PATH=str(tmp_path / "empty"))), FAILED, "journalctl")


def test_config_shows_and_checks(chair, tmp_path):
    files = ("--config", chair.dir / "chair.yaml", "--profiles", ROOT / "hw/profiles")
    assert "backend: simulator" in run("config", *files).stdout
    doc = json.loads(run("--json", "config", "show", *files).stdout)
    assert doc["schema"] == "chairctl.config.show/1" and doc["valid"] is True and "rollers:" in doc["yaml"]
    doc = json.loads(run("--json", "config", "check", *files).stdout)
    assert doc == {"schema": "chairctl.config.check/1", "valid": True, "problems": []}
    broken = tmp_path / "chair.yaml"
    broken.write_text((chair.dir / "chair.yaml").read_text().replace("baud: 19200", "baud: fast"))
    done = run("--json", "config", "check", "--config", broken, "--profiles", ROOT / "hw/profiles")
    doc = json.loads(done.stdout)
    assert done.returncode == FAILED and doc["valid"] is False and any("baud" in p for p in doc["problems"])


def test_version_and_help(tmp_path):
    done = run("--socket", tmp_path, "--json", "version")
    doc = json.loads(done.stdout)
    version = doc["version"]
    assert done.returncode == DONE and doc["daemon"] is None
    assert version in (ROOT / "debian/changelog").read_text().splitlines()[0]
    assert run("--version").stdout == run("--socket", tmp_path, "version").stdout == f"chairctl {version}\n"
    done = run("--help")
    assert done.returncode == DONE and done.stderr == "" and "stop" in done.stdout


@fleet
def test_version_tells_the_running_daemons_too(chair):
    version = parsed(chair, "version")["version"]
    assert parsed(chair, "version")["daemon"] == chair.role("home").call("daemon.version")["version"] == version
    assert ctl(chair, "version").stdout.splitlines() == [f"chairctl {version}", f"chaird   {version}"]


def test_version_says_when_the_daemon_is_another_one():
    with listeners() as home, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(home / "watch.sock"))
        listener.listen(2)
        asking = launch(None, "version", sockets=home)
        listener.accept()[0].close()        # looks whether somebody answers
        connection, _ = listener.accept()
        with connection, connection.makefile("rw") as lines:
            request = json.loads(lines.readline())
            lines.write(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": {"version": "0.0.1"}}) + "\n")
            lines.flush()
            out, err = asking.communicate(timeout=PATIENCE_S)
    assert asking.returncode == DONE and request["method"] == "daemon.version"
    assert "chaird   0.0.1" in out and "they differ" in err


# --- doctor ---
@pytest.fixture(scope="module")
def clock(tmp_path_factory):
    """The environment of a machine whose clock is synchronised; a function of whether it is."""
    if SANITIZED or shutil.which("cc") is None:
        pytest.skip("the shim needs a compiler, and a program that is not sanitized")
    shim = tmp_path_factory.mktemp("clock") / "shim.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", shim, HERE / "synced_clock.c"], check=True)
    return lambda synced: environment(LD_PRELOAD=str(shim), SYNCED_CLOCK="1" if synced else "0")


def examine(chair, env, *arguments):
    """What doctor found wrong, by check; the exit status must agree."""
    done = ctl(chair, "--json", "doctor", *arguments, env=env)
    doc = json.loads(done.stdout)
    wrong = [c for c in doc["checks"] if c["level"] == "wrong"]
    assert doc["schema"] == "chairctl.doctor/1" and doc["wrong"] == len(wrong), done.stderr
    assert done.returncode == (FAULT if wrong else DONE)
    assert all(c["advice"] for c in wrong)
    return {c["check"]: c["text"] for c in wrong}


def test_doctor_finds_nothing_wrong_with_a_good_chair(chair, clock):
    assert examine(chair, clock(True)) == {}
    done = ctl(chair, "doctor", env=clock(True))
    assert done.returncode == DONE and "0 things to mend" in done.stdout and "can be reached" in done.stdout


def test_doctor_finds_a_clock_that_is_not_synchronised(chair, clock):
    assert list(examine(chair, clock(False))) == ["clock"]


def test_doctor_finds_no_daemon(chair, clock, tmp_path):
    done = run("--socket", tmp_path, "--json", "doctor", "--config", chair.dir / "chair.yaml", "--profiles",
               ROOT / "hw/profiles", env=clock(True))
    checks = {c["check"]: c["level"] for c in json.loads(done.stdout)["checks"]}
    assert done.returncode == FAULT and checks["daemon"] == "wrong" and checks["configuration"] == "ok"


def test_doctor_finds_a_wrong_configuration(chair, clock, tmp_path):
    broken = tmp_path / "chair.yaml"
    broken.write_text("chair: [\n")
    assert list(examine(chair, clock(True), "--config", broken)) == ["configuration"]


@pytest.mark.skipif(any(pathlib.Path("/dev").glob("gpiochip*")), reason="this machine has GPIO chips of its own")
def test_doctor_finds_a_missing_gpio_chip(chair, clock):
    wrong = examine(chair, clock(True), "--config", ROOT / "config/chair.yaml")
    assert list(wrong) == ["gpio"] and "pinctrl-rp1" in wrong["gpio"]


@contextlib.contextmanager
def moved_away(path):
    away = path.with_name(path.name + ".away")
    path.rename(away)
    try:
        yield
    finally:
        away.rename(path)


def test_doctor_finds_sockets_that_are_missing_or_too_open(chair, clock):
    with moved_away(chair.sockets / "phone.sock"):
        assert "phone.sock" in examine(chair, clock(True))["sockets"]
    (chair.sockets / "panel.sock").chmod(0o666)
    try:
        assert "everybody" in examine(chair, clock(True))["sockets"]
    finally:
        (chair.sockets / "panel.sock").chmod(0o660)


def test_doctor_finds_a_missing_storage_and_missing_lines(chair, clock):
    with moved_away(chair.dir / "history"):
        assert "history" in examine(chair, clock(True))["storage"]
    with moved_away(chair.dir / "gpio.sock"):
        assert "gpio.sock" in examine(chair, clock(True))["gpio"]


def test_doctor_finds_a_device_that_is_silent_and_the_fault_of_it(chair, clock):
    chair.sim.fault("device_silent", address=11)
    chair.wait_state("fault")
    wrong = examine(chair, clock(True))
    assert "pads_a" in wrong["bus"] and "fault" in wrong["state"]


def test_doctor_finds_a_broker_that_cannot_be_reached(chair, clock):
    assert chair.end("mosquitto") is not None
    try:
        assert str(chair.port) in examine(chair, clock(True))["broker"]
    finally:
        chair.start_broker()


# --- manners ---
LOOKING = [["status"], ["programs"], ["programs", "show", "piriformis"], ["guests"], ["io"], ["bus"], ["interlocks"],
           ["faults"], ["faults", "explain", "F042"], ["care"], ["history"], ["doctor"], ["version"], ["stop"], ["--help"]]


@pytest.mark.sanitized
@fleet
def test_tables_are_never_wider_than_80_columns(chair):
    chair.sim.fault("cover_open")
    chair.wait_state("fault")
    for arguments in LOOKING:
        text = ctl(chair, *arguments).stdout
        # A path in a message is as long as it is; it is not a table.
        wide = [line for line in text.splitlines() if len(line) > WIDTH and str(chair.dir) not in line]
        assert text and not wide, (arguments, wide)


@fleet
def test_quiet_says_nothing_on_success(chair):
    for arguments in (["status"], ["stop"], ["guests"], ["bus"]):
        done = ctl(chair, "-q", *arguments)
        assert (done.returncode, done.stdout, done.stderr) == (DONE, "", ""), arguments
    assert ctl(chair, "-q", "pause").stderr     # errors are told all the same


@fleet
def test_colour_only_on_a_terminal_that_wants_it(chair):
    def on_a_terminal(*arguments, **env):
        master, slave = os.openpty()
        with subprocess.Popen([CHAIRCTL, "--socket", chair.sockets, *arguments], stdout=slave, env=environment(**env)):
            os.close(slave)
            text = b""
            with contextlib.suppress(OSError):      # EIO is the end of a pty
                while data := os.read(master, 4096):
                    text += data
        os.close(master)
        return text
    assert b"\033[" in on_a_terminal("status")
    assert b"\033[" not in on_a_terminal("--no-color", "status")
    assert b"\033[" not in on_a_terminal("status", NO_COLOR="1")
    assert b"\033[" not in on_a_terminal("status", TERM="dumb")
    assert "\033[" not in ctl(chair, "status").stdout


@fleet
def test_a_full_disk_is_told(chair):
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([CHAIRCTL, "--socket", chair.sockets, "status"], stdout=full, stderr=subprocess.PIPE,
                              text=True, env=environment(), timeout=PATIENCE_S, check=False)
    assert done.returncode == FAILED and "could not be written" in done.stderr


# --- completion ---
def complete(chair, *words):
    done = run("__complete", "--socket", chair.sockets, *words)
    assert done.returncode == DONE and done.stderr == ""
    return done.stdout.split()


@fleet
def test_completion_knows_verbs_options_programs_and_codes(chair):
    verbs = complete(chair, "")
    assert {"status", "stop", "start", "doctor"} <= set(verbs)
    assert set(verbs) == {line.split()[0] for line in run("--help").stdout.splitlines()
                          if line.startswith("  ") and line[2].islower()}
    assert "piriformis" in complete(chair, "start", "")
    assert "piriformis" in complete(chair, "programs", "show", "p")
    assert complete(chair, "programs", "") == ["list", "show", "check"]
    assert complete(chair, "programs", "check", "") == ["//files"]
    assert "F042" in complete(chair, "faults", "explain", "")
    assert complete(chair, "start", "short", "--side", "") == ["left", "right", "both"]
    options = complete(chair, "start", "short", "--")
    assert {"--side", "--level", "--json"} <= set(options) and "--follow" not in options
    assert complete(chair, "nonsense", "") == []


def test_completion_without_a_chair_is_quiet(tmp_path):
    done = run("__complete", "--socket", tmp_path, "start", "")
    assert (done.returncode, done.stdout, done.stderr) == (DONE, "", "")


@fleet
def test_bash_completes_a_program(chair):
    script = f"""
        _init_completion() {{ words=("${{COMP_WORDS[@]}}"); cword=$COMP_CWORD; cur=${{words[cword]}}; prev=; }}
        source {ROOT}/systemd/chairctl.bash-completion
        COMP_WORDS=({CHAIRCTL} --socket {chair.sockets} start pir) COMP_CWORD=4
        _chairctl {CHAIRCTL}
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = run("-c", script, command=("bash",))
    assert done.stdout.split() == ["piriformis"], done.stderr


@pytest.mark.skipif(shutil.which("zsh") is None, reason="there is no zsh here")
@fleet
def test_zsh_completes_a_program(chair):
    script = f"""
        compadd() {{ shift; print -l -- "$@" }}
        words=({CHAIRCTL} --socket {chair.sockets} start pir) CURRENT=5
        source {ROOT}/systemd/_chairctl
    """
    done = run("-c", script, command=("zsh", "-f"))
    assert "piriformis" in done.stdout.split(), done.stderr


def test_the_manual_knows_every_verb_and_status():
    manual = (ROOT / "systemd/man/chairctl.1").read_text(encoding="utf-8")
    for verb in complete_verbs():
        assert f"\n.B {verb}\n" in manual or f".BI {verb} " in manual or f".BR {verb} " in manual or \
            f", \" {verb}\n" in manual, verb
    for status in (DONE, FAILED, USAGE, REFUSED, NOT_PERMITTED, NO_DAEMON, TIMEOUT, FAULT, INTERRUPTED):
        assert f".TP\n.B {status}\n" in manual


def complete_verbs():
    return run("__complete", "").stdout.split()
