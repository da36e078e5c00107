# SPDX-License-Identifier: MIT
"""The flight recorder: a trip leaves a file, and the same core does everything in it once more."""
import json
import re
import stat
import subprocess
import xml.etree.ElementTree

import pytest

from chair import BIN, ROLLERS, ROOT, STATE_PACE_S, relay_open, until

FILES_KEPT = 8
MEMORY_MAX_BYTES = 8 << 20
NAME_PX = 6.0   # of a small letter of a drawing, at least
SAVE_S = 20.0   # the file is due 5 s after the trip


def replay(path, *options):
    done = subprocess.run([BIN / "chairctl", "replay", path, "--json", *options], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout[:2000] + done.stderr
    return json.loads(done.stdout)


def directory(chair):
    return chair.dir / "history" / "recordings"


def saved(chair, code, before=()):
    """The recording of that name that was not there before."""
    def there():
        new = set(directory(chair).glob(f"*-{code}.chairrec")) - set(before)
        return new.pop() if new else None
    return until(there, f"a recording of {code}", SAVE_S)


def idle(service):
    """Until no recording is being written; slowly enough for the limit of requests."""
    until(lambda: not service.call("recorder.list")["saving"], "nothing is being written", SAVE_S, STATE_PACE_S)


@pytest.mark.timing
def test_a_trip_is_recorded_and_replays_bit_for_bit(chair):
    before = set(directory(chair).glob("*")) if directory(chair).exists() else set()
    chair.start()
    chair.sim.fault("estop_open")
    chair.sim.until(relay_open, "the relay opens")
    chair.wait_state("fault")
    path = saved(chair, "F001", before)
    assert re.fullmatch(r"\d{8}T\d{6}Z-F001\.chairrec", path.name)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.stat().st_size < MEMORY_MAX_BYTES
    told = replay(path, "--svg", chair.dir / "trip.svg")
    assert told["result"] == "identical" and told["identical"], told["difference"]
    assert (told["damaged"], told["torn"], told["gaps"]) == (0, False, 0)
    assert told["trip"]["cause"] == "estop_open" and told["trip"]["recurred"] and told["trip"]["safe"]
    words = [(e["kind"], e["text"]) for e in told["events"]]
    assert ("state", "ready -> homing") in words
    assert ("state", "homing -> massage") in words
    assert ("cause", "F001 estop_open came: cut, latched") in words
    after_s = told["events"][-1]["at_s"]
    assert after_s < 10.0
    assert "F001 estop_open" in (chair.dir / "trip.svg").read_text()
    chair.programs["chaird"].says(f"recorded: {path}")


def test_a_technician_saves_a_recording_whenever_one_is_wanted(chair):
    service = chair.role("service")
    answer = service.call("recorder.save")
    assert answer["saving"]
    name = answer["path"].rsplit("/", 1)[1]

    def listed():
        found = service.call("recorder.list")
        return found if not found["saving"] and name in [r["name"] for r in found["recordings"]] else None
    found = until(listed, "the recording is listed", SAVE_S, STATE_PACE_S)
    assert found["directory"] == str(directory(chair))
    size = next(r["bytes"] for r in found["recordings"] if r["name"] == name)
    told = replay(answer["path"])
    assert told["result"] == "identical"
    assert told["reason"] == "request" and told["chair"] == chair.id
    assert 0 < size == directory(chair).joinpath(name).stat().st_size
    assert not (directory(chair) / "unfinished").exists()


def test_a_drawing_shows_every_depth_and_writes_no_name_over_another(tmp_path):
    done = subprocess.run([BIN / "chair-virtual", "--program", "piriformis", "--side", "left", "--fault", "leg_guard",
                           "--record", tmp_path / "trip.chairrec"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert "ended in state fault" in done.stdout
    told = replay(tmp_path / "trip.chairrec", "--svg", tmp_path / "trip.svg")
    svg = xml.etree.ElementTree.parse(tmp_path / "trip.svg").getroot()
    depths = [re.findall(r"[ML]\S+ ([0-9.]+)", e.get("d")) for e in svg.iter() if e.get("class") == "out"]
    assert len(depths) == len(ROLLERS) and all(depths)
    back_px = [float(y) for y in depths[ROLLERS.index("back")]]
    assert max(back_px) - min(back_px) > 5.0
    names = sorted((float(e.get("y")), float(e.get("x")), e.text) for e in svg.iter() if e.get("class") == "phase")
    states = [event["text"].split(" -> ")[1] for event in told["events"] if event["kind"] == "state"]
    assert {"homing", "massage", "retracting", "fault"} <= set(states) <= {name for _, _, name in names}
    for (y, x, name), (next_y, next_x, _) in zip(names, names[1:]):
        assert y < next_y or x + NAME_PX * len(name) <= next_x, name


def test_only_a_technician_may_ask_for_recordings(chair):
    for role in ("panel", "phone", "home", "watch"):
        assert chair.role(role).refusal("recorder.save") == f"not_for_{role}"
        assert chair.role(role).refusal("recorder.list") == f"not_for_{role}"


def test_the_oldest_recordings_go(chair):
    service = chair.role("service")
    directory(chair).mkdir(mode=0o700, exist_ok=True)
    for day in range(1, FILES_KEPT + 4):
        (directory(chair) / f"202001{day:02}T000000Z-F001.chairrec").write_bytes(b"old")
    (directory(chair) / "notes.txt").write_text("somebody else's")
    name = until(lambda: None if service.call("recorder.list")["saving"] else
                 service.call("recorder.save")["path"], "a save", SAVE_S, STATE_PACE_S).rsplit("/", 1)[1]
    until(lambda: len(list(directory(chair).glob("*.chairrec"))) == FILES_KEPT, "only so many are left", SAVE_S)
    names = sorted(p.name for p in directory(chair).glob("*.chairrec"))
    assert name in names
    assert "20200101T000000Z-F001.chairrec" not in names
    assert (directory(chair) / "notes.txt").exists()
    for fake in directory(chair).glob("202001*"):
        fake.unlink()


def test_a_trip_just_before_the_end_is_kept(own_chair):
    chair = own_chair
    chair.start_sim().start_chaird()
    chair.wait_for(lambda d: d["permits"]["start"], "ready", 30)
    mark = chair.watcher.mark()
    chair.sim.fault("cover_open")
    chair.watcher.wait(mark, "cause", cause="cover_open")
    chair.close_clients()
    chair.end("chaird")
    told = replay(saved(chair, "F008"))
    assert told["result"] == "identical" and told["trip"]["cause"] == "cover_open"


def test_a_disk_that_is_full_disturbs_nothing_and_is_told_once(own_chair):
    chair = own_chair
    (chair.dir / "history").mkdir()
    directory(chair).write_text("no directory")
    chair.start_sim().start_chaird()
    chair.wait_for(lambda d: d["permits"]["start"], "ready", 30)
    service = chair.role("service")
    for _ in range(3):
        idle(service)
        service.call("recorder.save")
    idle(service)
    chair.programs["chaird"].says("could not be written")
    assert chair.programs["chaird"].log().count("could not be written") == 1
    assert chair.state()["state"] == "ready"
