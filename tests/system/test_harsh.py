# SPDX-License-Identifier: MIT
"""The real programs under what a house, a cable and a busy computer do to them. Each test ends with the
state that the matrix asks for, and with nothing lost."""
import json

import pytest

from chair import STATE_PACE_S, until


def lines(*requests):
    """Requests of one client that arrive in one piece."""
    return "".join(json.dumps({"jsonrpc": "2.0", "id": f"q{n}", "method": method, "params": params}) + "\n"
                   for n, (method, params) in enumerate(requests))


def answers(rpc, count):
    """The next so many answers, by id."""
    found = {}
    while len(found) < count:
        message = rpc.line()
        if "id" in message:
            found[message["id"]] = message
    return found


@pytest.mark.fleet
def test_a_stop_voids_the_commands_that_were_sent_before_it(chair):
    """The stop overtakes the queue; what it overtook must not start the chair afterwards."""
    waiting = [("session.level", {"level": 2})] * 10
    start = ("session.start", {"program": "everywhere", "side": "both", "level": 1})
    mark = chair.watcher.mark()
    chair.panel.send(lines(*waiting, start, ("session.stop", {})))
    got = answers(chair.panel, len(waiting) + 2)
    assert "result" in got["q11"]
    assert got["q10"]["error"]["data"]["reason"] == "not_ready"
    assert chair.watcher.find(mark, "session_started") == []
    assert chair.state()["state"] == "ready"
    assert chair.panel.call(start[0], **start[1]) == {"accepted": True}     # the next one counts
    chair.panel.call("session.stop")
    until(lambda: chair.state()["state"] == "ready", "ready again", 15, STATE_PACE_S)
