# SPDX-License-Identifier: MIT
"""What is wrong gets a refusal with a reason; never a crash, never a motion, no growth."""
import json
import os
import socket

import pytest

from chair import ROLES, SANITIZED, Refused, Rpc, at_rest, connect_unix, has_moved, until

pytestmark = pytest.mark.sanitized
GROWTH_MAX_KIB = 2048
CLIENTS_PER_ROLE = 32
LINE_MAX = 65536


@pytest.fixture(scope="module")
def calm_chair(module_chair):
    """The chair with its memory and positions before anything bad has happened."""
    module_chair.make_ready()
    for role in ROLES:
        module_chair.role(role).call("state.get")
    before = module_chair.sim.get()
    memory_kib = module_chair.programs["chaird"].memory_kib()
    yield module_chair
    after = module_chair.sim.get()
    assert at_rest(after) and not has_moved(before, after)
    assert after["heartbeat_edges"] > before["heartbeat_edges"] and after["relay_closed"]
    if not SANITIZED:
        assert module_chair.programs["chaird"].memory_kib() - memory_kib <= GROWTH_MAX_KIB


@pytest.fixture
def chair(calm_chair):
    """Each test leaves the chair READY and answering, with nothing moved."""
    before = calm_chair.sim.get()
    yield calm_chair
    doc = calm_chair.wait_state("ready", deadline_s=5)
    assert doc["program"] is None and doc["ask"] is None
    after = calm_chair.sim.get()
    assert at_rest(after) and not has_moved(before, after)
    assert calm_chair.programs["chaird"].alive()


def raw(chair, data, role="panel"):
    """What is answered to these bytes, as parsed lines, until the connection is quiet or closed."""
    client = Rpc(chair.sockets / f"{role}.sock")
    client.send(data)
    client.send(b'{"jsonrpc":"2.0","id":"end","method":"state.get"}\n')
    answers = []
    while (reply := client.line()) is not None and reply.get("id") != "end":
        answers.append(reply)
    client.close()
    return answers, reply is not None


def test_an_unknown_program_is_refused(chair):
    assert chair.panel.refusal("session.start", program="no-such", side="left") == "unknown_program"


def test_a_side_that_there_is_not_is_refused(chair):
    assert chair.panel.refusal("session.start", program="short", side="up") == "invalid_params"


@pytest.mark.parametrize("level", [0, 6, 300, -1, 2**31, 2**62, -2**63])
def test_a_level_out_of_range_is_refused(chair, level):
    assert chair.panel.refusal("session.start", program="short", side="left", level=level) == "level_out_of_range"
    assert chair.panel.refusal("session.level", level=level) in ("level_out_of_range", "no_session")


@pytest.mark.parametrize("level", [2.5, "3", True, None, [3], {"level": 3}])
def test_a_level_that_is_no_whole_number_is_refused(chair, level):
    with pytest.raises(Refused) as refused:
        chair.panel.call("session.start", program="short", side="left", level=level)
    assert refused.value.reason == "invalid_params" and refused.value.data["field"] == "level"


@pytest.mark.parametrize("minutes", [0, 31, -1, 10**9])
def test_minutes_out_of_range_are_refused(chair, minutes):
    assert chair.panel.refusal("session.start", program="short", side="left", minutes=minutes) == "minutes_out_of_range"


@pytest.mark.parametrize("params, field", [
    ({"program": "short", "side": "left", "lvel": 3}, "lvel"), ({"side": "left"}, "program"),
    ({"program": "short"}, "side"), ({"program": 7, "side": "left"}, "program"),
    ({"program": "short", "side": 1}, "side")])
def test_unknown_missing_or_wrong_parameters_are_named(chair, params, field):
    with pytest.raises(Refused) as refused:
        chair.panel.call("session.start", **params)
    assert refused.value.code == -32602 and refused.value.data["field"] == field


@pytest.mark.parametrize("params", [[], ["short"], 7, "short", None])
def test_params_that_are_no_object_are_refused(chair, params):
    line = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "session.start", "params": params}) + "\n"
    answers, _ = raw(chair, line)
    assert [a["error"]["data"]["reason"] for a in answers] == ["invalid_params"]


@pytest.mark.parametrize("line", [
    b"{\n", b"not json\n", b'{"jsonrpc":"2.0","id":1,"method":}\n', b'{"a":1,"a":2}\n', b"\xff\xfe\x00\x01\n",
    b'{"jsonrpc":"2.0","id":1,"method":"session.start","params":{"program":"short\x00"}}\n', b"\x00\x00\x00\n",
    b'"\xc3\x28"\n', b"[" * 5000 + b"\n", b'{"a":' * 3000 + b"1" + b"}" * 3000 + b"\n"])
def test_what_is_not_json_is_malformed_and_the_connection_goes_on(chair, line):
    answers, alive = raw(chair, line)
    assert [(a["error"]["code"], a["error"]["data"]["reason"]) for a in answers] == [(-32700, "malformed")]
    assert alive


@pytest.mark.parametrize("line", [
    '{"jsonrpc":"1.0","id":1,"method":"state.get"}', '{"id":1,"method":"state.get"}', '{"jsonrpc":2.0,"id":1}',
    '{"jsonrpc":"2.0","id":1}', '{"jsonrpc":"2.0","id":1,"method":7}', '{"jsonrpc":"2.0","id":[1],"method":"state.get"}',
    '[{"jsonrpc":"2.0","id":1,"method":"session.start"}]', "[]", "7", "null", '"session.stop"', "{}"])
def test_what_is_no_request_is_refused(chair, line):
    answers, alive = raw(chair, line + "\n")
    assert [a["error"]["code"] for a in answers] in ([-32600], [-32700]) and alive
    assert answers[0]["error"]["data"]["reason"] in ("invalid_request", "malformed")


def test_an_unknown_method_is_refused(chair):
    assert chair.panel.refusal("session.fly") == "unknown_method"


def test_a_notification_is_not_answered(chair):
    answers, alive = raw(chair, '{"jsonrpc":"2.0","method":"session.level","params":{"level":9}}\n'
                                '{"jsonrpc":"2.0","method":"no.such"}\n')
    assert answers == [] and alive


def test_a_line_of_a_megabyte_is_refused_and_the_connection_closed(chair):
    client = Rpc(chair.sockets / "panel.sock")
    try:
        client.send(b'{"jsonrpc":"2.0","id":1,"method":"' + b"x" * 1_000_000 + b'"}\n')
    except OSError:
        pass            # it has hung up already
    assert client.line()["error"]["data"]["reason"] == "malformed"
    assert client.line() is None
    client.close()


def test_the_longest_line_is_still_taken(chair):
    request = '{"jsonrpc":"2.0","id":1,"method":"state.get"%s}'
    answers, alive = raw(chair, request % (" " * (LINE_MAX - len(request) + 1)) + "\n")
    assert "result" in answers[0] and alive


def test_binary_junk_does_no_harm(chair):
    for seed in range(20):
        client = connect_unix(chair.sockets / f"{ROLES[seed % len(ROLES)]}.sock")
        try:
            client.sendall(os.urandom(20000))
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass
        except OSError:
            pass        # hung up on us
        client.close()
    assert chair.panel.call("state.get")["state"] == "ready"


def test_half_a_line_and_gone_does_no_harm(chair):
    for _ in range(100):
        client = connect_unix(chair.sockets / "panel.sock")
        client.sendall(b'{"jsonrpc":"2.0","id":1,"method":"session.start","params":{"program":"short","side":"le')
        client.close()
    assert chair.panel.call("state.get")["state"] == "ready"


def test_of_200_clients_at_once_those_too_many_are_refused_and_the_others_served(chair):
    chair.close_clients()
    chair.start_watching()
    crowd = [connect_unix(chair.sockets / "panel.sock") for _ in range(200)]
    try:
        for client in crowd:
            client.settimeout(5)
        first = []
        for client in crowd:
            try:
                client.sendall(b'{"jsonrpc":"2.0","id":1,"method":"state.get"}\n')
            except OSError:
                pass    # refused and closed; what it was told is still there to read
            first.append(json.loads(client.makefile("rb").readline()))
        served = [a for a in first if "result" in a]
        refused = [a["error"]["data"] for a in first if "error" in a]
        assert len(served) == CLIENTS_PER_ROLE and len(refused) == 200 - CLIENTS_PER_ROLE
        assert {r["reason"] for r in refused} == {"too_many_clients"} and all(r["text"] for r in refused)
        mark = chair.watcher.mark()
        assert chair.role("phone").call("session.stop") == {"stopping": True}
        chair.watcher.wait(mark, "cause", cause="stop")
    finally:
        for client in crowd:
            client.close()

    def served_again():
        client = Rpc(chair.sockets / "panel.sock")
        try:
            return client.call("state.get")["state"] == "ready"
        except Refused:
            return False
        finally:
            client.close()
    until(served_again, "the panel is served again")


def test_a_client_that_never_reads_is_let_go_and_holds_nobody_up(chair):
    slow = connect_unix(chair.sockets / "watch.sock", timeout_s=20)
    line = b'{"jsonrpc":"2.0","id":1,"method":"bus.stats"}\n' * 50
    try:
        slow.sendall(b'{"jsonrpc":"2.0","id":1,"method":"state.watch","params":{"telemetry_hz":10}}\n')
        with pytest.raises(OSError):            # in the end it is hung up on
            for _ in range(2000):
                slow.sendall(line)
                assert chair.role("phone").call("session.stop") == {"stopping": True}
    finally:
        slow.close()


def test_numbers_beyond_all_bounds_are_refused(chair):
    answers, alive = raw(chair, '{"jsonrpc":"2.0","id":1,"method":"session.level","params":{"level":1e999}}\n'
                                '{"jsonrpc":"2.0","id":2,"method":"state.watch","params":{"telemetry_hz":1e9}}\n'
                                '{"jsonrpc":"2.0","id":3,"method":"state.watch","params":{"telemetry_hz":-1}}\n'
                                '{"jsonrpc":"2.0","id":99999999999999999999,"method":"state.get"}\n')
    assert len(answers) == 4 and all("error" in a for a in answers) and alive


def test_bad_input_over_mqtt_is_refused_or_ignored(chair):
    client = chair.mqtt()
    for payload in (b"{", b"\x00\xff" * 100, b"x" * 100_000, b"[]", b"7", b""):
        client.publish("command", payload)
        for thing in ("start", "level", "pause", "resume", "heat", "heat_lower_back", "program", "side", "nonsense", "stop/now"):
            if payload or thing != "start":  # a plain start is an ask
                client.publish(f"set/{thing}", payload)
    error = client.command("session.level", {"level": 300})["error"]
    assert error["data"]["reason"] in ("level_out_of_range", "no_session", "rate_limited")
    assert chair.programs["chair-mqtt"].alive()
    assert client.last("availability") == "online"


def test_a_hundred_connections_in_a_row_leave_nothing_behind(chair):
    def descriptors():
        return len(os.listdir(f"/proc/{chair.programs['chaird'].pid}/fd"))
    before = descriptors()
    for _ in range(100):
        client = Rpc(chair.sockets / "home.sock")
        client.call("state.watch", telemetry_hz=5)
        client.close()
    until(lambda: descriptors() <= before + 2, "descriptors are closed again")
