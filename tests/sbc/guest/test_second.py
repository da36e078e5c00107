# SPDX-License-Identifier: MIT
"""On the virtual board after a power cut in a session."""
import pathlib
import sqlite3

import chair
from board import sessions, sim, state, wait_state

DATABASE = "/var/lib/chaird/history.db"


def test_nothing_moves_when_the_power_returns():
    wait_state("ready", deadline_s=120)
    s = sim()
    for sample in s.watch_for(20):
        assert chair.at_rest(sample) and chair.home(sample)
        assert not any(pad["heating"] for pad in sample["pads"].values())
    assert state()["state"] == "ready"


def test_the_session_is_recorded_as_interrupted_and_the_history_is_intact():
    kept = sessions()
    assert kept[0]["ended"] == "interrupted"
    assert len(kept) == int(pathlib.Path("/sbc/sessions.txt").read_text())
    with sqlite3.connect(f"file:{DATABASE}?mode=ro", uri=True) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
