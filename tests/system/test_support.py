# SPDX-License-Identifier: MIT
"""chairctl support: what a maintainer needs is in the archive, and nothing about people, secrets or hosts."""
import json
import shutil
import socket
import stat
import subprocess
import tarfile

import pytest
import yaml

from chair import ROOT, Chair
from test_chairctl import CHAIRCTL, DONE, FAILED, ctl, environment, run
from test_guests import FINE

PASSWORD, ACCOUNT, LOCK, PIN, NOTES = "sesam-oeffne-dich", "hausherr-7", "86420", "4711", "wintergreen balm"
REFUSED_GUEST, SEATED_GUEST, PHONE, BROKER = "Bo Birke", "Ana Ahorn", "Mias Telefon", "broker.birkenweg.example"
SECRETS = (PASSWORD, ACCOUNT, LOCK, PIN, NOTES, REFUSED_GUEST, SEATED_GUEST, PHONE, BROKER, "piriformis", "saddle_numbness",
           "help_now", "check_in", "not_today", "pain")
# Keys of documents that tell of a session or a person.
PRIVATE_KEYS = {"program", "side", "phase", "level_aim", "levels", "ask", "resume", "spot", "zones",
                "remaining_s", "progress_pct", "guest", "answers", "sessions", "sessions_24h", "child_lock", "scan"}
PROMISED = {"version.json", "doctor.json", "status.json", "interlocks.json", "bus.json", "io.json", "care.json", "config.yaml",
            "chair-mqtt.yaml", "log.jsonl", "faults.jsonl", "system.json", "recordings.json", "contents.json"}


def entry(message, kind=None, unit="chaird.service", **more):
    fields = {"__REALTIME_TIMESTAMP": "1795699114123456", "_SYSTEMD_UNIT": unit, "PRIORITY": "6", "MESSAGE": message, **more}
    return json.dumps(fields if kind is None else {**fields, "CHAIR_KIND": kind})


JOURNAL = [
    entry("piriformis started, side left, after 0 s", "session"),
    entry("a command was refused: check_in_refused", "command"),
    entry("F008 cover_open came: The back cover is open.", "cause", CHAIR_CAUSE="cover_open"),
    entry(f"the broker at {BROKER}:8883 cannot be reached (host code 3); trying again for ever", "broker_down",
          "chair-mqtt.service"),
    entry(f"started for chair chair-1, broker {BROKER}:8883 over TLS", "started", "chair-mqtt.service"),
    entry(f'the phone "{PHONE}" asks to be paired', "pairing", "chair-web.service"),
    entry(f"phone 3 is paired: {PHONE}", "something_new", "chair-web.service"),
    entry(f"http://{BROKER}/?token=1", None, "chair-kiosk.service"),
    entry("Started chaird.service.", None, "init.scope"),
]


@pytest.fixture(scope="module")
def told():
    """A chair with a refused guest, another one on it, a lock, an account at the broker; and a journal."""
    chair = Chair("support")
    try:
        (chair.dir / "password").write_text(PASSWORD)
        config = chair.dir / "chair-mqtt.yaml"
        config.write_text(config.read_text() + f"username: {ACCOUNT}\npassword_file: {chair.dir}/password\n")
        journal = chair.dir / "bin/journalctl"
        journal.parent.mkdir()
        journal.write_text("#!/bin/sh\ncat <<'END'\n" + "\n".join(JOURNAL) + "\nEND\n")
        journal.chmod(0o755)
        chair.start_all()
        chair.wait_for(lambda d: d["permits"]["start"], "ready", 30)
        refused = chair.panel.call("guest.add", name=REFUSED_GUEST, pin=PIN, notes=NOTES)["guest"]["id"]
        answer = chair.panel.call("guest.check_in", guest=refused, pin=PIN, answers={**FINE, "red_flags": ["saddle_numbness"]})
        assert answer["decision"] == "help_now"
        seated = chair.panel.call("guest.add", name=SEATED_GUEST)["guest"]["id"]
        assert chair.panel.call("guest.check_in", guest=seated, answers=FINE)["allowed"]
        yield chair
    finally:
        chair.stop()


def with_journal(chair):
    return environment(PATH=f"{chair.dir}/bin:/usr/sbin:/usr/bin:/sbin:/bin")


def unpack(archive):
    """Name -> bytes of the files; the archive and its files are their owner's alone, and name no account."""
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    with tarfile.open(archive, "r:gz") as tar:
        members = tar.getmembers()
        assert all(m.mode & 0o077 == 0 and not m.uname and not m.gname and m.uid == m.gid == 0 for m in members)
        return {m.name.split("/")[1]: tar.extractfile(m).read() for m in members if m.isfile()}


def parse(name, data):
    text = data.decode()
    if name.endswith(".jsonl"):
        return [json.loads(line) for line in text.splitlines()]
    return json.loads(text) if name.endswith(".json") else yaml.safe_load(text)


def keys_of(value):
    if isinstance(value, dict):
        return set(value).union(*map(keys_of, value.values()))
    return set().union(*map(keys_of, value)) if isinstance(value, list) else set()


def test_the_archive_of_a_running_session_has_what_helps_and_nothing_about_people(told, tmp_path):
    assert told.panel.call("session.start", program="piriformis", side="left", level=2) == {"accepted": True}
    told.wait_state("homing", "massage")
    told.panel.call("lock.set", pin=LOCK)
    told.role("service").call("recorder.save")
    archive = tmp_path / "a.tar.gz"
    done = ctl(told, "--json", "support", archive, env=with_journal(told))
    state = told.panel.call("state.get")
    assert (state["program"], state["side"]) == ("piriformis", "left")      # it was there to be told
    assert done.returncode == DONE, done.stderr
    files = unpack(archive)
    doc = json.loads(done.stdout)
    assert doc["schema"] == "chairctl.support/1" and set(files) == PROMISED and doc["missing"] == []
    for name, data in files.items():
        text = data.decode()
        found = [secret for secret in SECRETS if secret.lower() in text.lower()]
        assert not found, (name, found)
        if name.endswith(("json", "jsonl")):
            assert not keys_of(parse(name, data)) & PRIVATE_KEYS, name
    assert not {"heat", "limits"} & set(parse("status.json", files["status.json"])["state"])
    assert told.panel.call("session.stop") == {"stopping": True}
    told.panel.call("lock.clear", pin=LOCK)


def test_the_files_can_be_used(told, tmp_path):
    told.make_ready()
    archive = tmp_path / "a.tar.gz"
    assert ctl(told, "support", archive, env=with_journal(told)).returncode == DONE
    files = {name: parse(name, data) for name, data in unpack(archive).items()}
    assert files["status.json"]["state"]["state"] == "ready"
    assert len(files["interlocks.json"]["interlocks"]) > 40 and len(files["bus.json"]["ports"]) == 3
    assert files["io.json"]["inputs"]["estop_closed"] is True and files["care.json"]["actuators"]
    assert {"daemon", "bus", "clock"} <= {c["check"] for c in files["doctor.json"]["checks"]}
    assert "storage" in files["config.yaml"] and "rollers_a" in files["config.yaml"]["ports"]
    assert files["chair-mqtt.yaml"]["detail"] == "full" and files["chair-mqtt.yaml"]["broker"] == "left out"
    assert files["system.json"]["kernel"]["name"] == "Linux" and files["system.json"]["memory_mib"] > 0
    messages = [line["message"] for line in files["log.jsonl"]]
    assert len(messages) == len(JOURNAL)
    assert messages[2].startswith("F008") and messages[-1] == "Started chaird.service."
    assert messages[3] == "the broker at HOST cannot be reached (host code 3); trying again for ever"
    assert all("left out" in messages[i] for i in (0, 1, 5, 6, 7))
    assert [line["cause"] for line in files["faults.jsonl"]] == ["cover_open"]
    told.wait_for(lambda d: told.role("service").call("recorder.list")["recordings"], "the recording")
    assert ctl(told, "support", tmp_path / "b.tar.gz", env=with_journal(told)).returncode == DONE
    listed = parse("recordings.json", unpack(tmp_path / "b.tar.gz")["recordings.json"])
    assert [r["name"] for r in listed["recordings"]] == [
        r["name"] for r in told.role("service").call("recorder.list")["recordings"]]
    assert "health data" in listed["note"]


def test_the_name_of_the_machine_is_replaced(told, tmp_path):
    name = "birkenweg-9"
    if shutil.which("unshare") is None or subprocess.run(
            ["unshare", "--uts", "hostname", name], capture_output=True, check=False).returncode != 0:
        pytest.skip("needs a host name of its own: root and unshare")
    journal = told.dir / "bin/journalctl"
    before = journal.read_text()
    journal.write_text(f"#!/bin/sh\necho '{entry(f'cannot listen at {name} or {name}.example, not {name}0', 'internal')}'\n")
    try:
        script = 'hostname "$1"; shift; exec "$@"'
        done = run("--socket", told.sockets, "support", tmp_path / "a.tar.gz", env=with_journal(told),
                   command=("unshare", "--uts", "sh", "-c", script, "sh", name, CHAIRCTL))
    finally:
        journal.write_text(before)
    assert done.returncode == DONE, done.stderr
    files = unpack(tmp_path / "a.tar.gz")
    assert parse("log.jsonl", files["log.jsonl"])[0]["message"] == f"cannot listen at HOST or HOST.example, not {name}0"
    assert all(name.encode() not in data for file, data in files.items() if file != "log.jsonl")
    assert socket.gethostname() != name


def test_without_chaird_it_tells_what_could_not_be_had(told, tmp_path):
    files_of = ("--config", told.dir / "chair.yaml", "--profiles", ROOT / "hw/profiles")
    done = run("--socket", tmp_path / "nothing", "support", tmp_path / "a.tar.gz", *files_of, env=with_journal(told))
    assert done.returncode == DONE and "without status.json" in done.stdout
    files = {name: parse(name, data) for name, data in unpack(tmp_path / "a.tar.gz").items()}
    missing = {m["name"]: m["why"] for m in files["contents.json"]["missing"]}
    assert {"status.json", "interlocks.json", "bus.json", "io.json", "care.json", "chair-mqtt.yaml"} == set(missing)
    assert "no answer from chaird" in missing["status.json"]
    assert files["config.yaml"]["chair"] == "chair-1" and files["faults.jsonl"] and files["doctor.json"]["wrong"] > 0
    assert set(files) == set(files["contents.json"]["files"]) | {"contents.json"}


def test_nothing_is_overwritten_and_nothing_is_left_behind(told, tmp_path):
    (tmp_path / "there").write_text("mine")
    done = ctl(told, "support", tmp_path / "there")
    assert done.returncode == FAILED and "nothing is overwritten" in done.stderr and done.stdout == ""
    assert (tmp_path / "there").read_text() == "mine"
    done = ctl(told, "support", tmp_path / "no/such/a.tar.gz")
    assert done.returncode == FAILED and "No such file" in done.stderr
    (tmp_path / "temporary").mkdir()
    (tmp_path / "empty").mkdir()
    for path, expected in ((tmp_path / "empty", FAILED), ("/usr/bin:/bin", DONE)):      # without and with tar
        done = ctl(told, "support", tmp_path / "a.tar.gz", env=environment(TMPDIR=str(tmp_path / "temporary"), PATH=str(path)))
        assert done.returncode == expected and (tmp_path / "a.tar.gz").exists() is (expected == DONE)
        assert list((tmp_path / "temporary").iterdir()) == []
