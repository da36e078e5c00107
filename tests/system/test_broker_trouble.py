# SPDX-License-Identifier: MIT
"""chair-mqtt and brokers that are slow, wrong, dying or hostile: what it says and keeps, and that a stop gets through."""
import itertools
import os
import subprocess

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from chair import SANITIZED, relay_open
from stub_broker import CONNACK, ENDS, EXPIRY, PUBLISH, StubBroker, end_badly, memory_kib, packet
# pylint: disable=unused-import # the fixtures
from test_gateway_stub import (P, broker, chair, client, make_certificates, online, payload, running, start, tls_broker, tls_dir,
                               until)

GROWTH_KIB = 300000 if SANITIZED else 512    # a sanitizer keeps for a while what was freed


@pytest.fixture(name="stub")
def stub_broker(start):
    """stub(behave) is a gateway at a broker that does so with every connection."""
    brokers = []

    def make(behave, **keys):
        made = StubBroker(behave)
        made.__enter__()
        brokers.append(made)
        return made, start(f"mqtt://127.0.0.1:{made.port}", **keys)
    yield make
    for one in brokers:
        one.__exit__()


def says(gateway, sentence, deadline_s=10):
    until(lambda: sentence in gateway.log(), sentence, deadline_s)


# --- commands that must not be carried out ---

def test_what_the_broker_sends_again_is_not_carried_out_again_but_a_stop_is(stub, chair):
    def behave(peer):
        if peer.accept():
            peer.publish(P + "set/pause", b"", again=True)
            peer.publish(P + "set/stop", b"", again=True)
            peer.publish(P + "set/level", b"1")
            peer.serve()
    _, gateway = stub(behave)
    until(lambda: chair.calls("session.level"), "a good one after them")
    assert not chair.calls("session.pause") and len(chair.calls("session.stop")) == 1
    says(gateway, "the broker has sent it before")


def test_what_has_expired_on_its_way_is_not_carried_out_but_a_stop_is(stub, chair):
    expired = bytes([EXPIRY, 0, 0, 0, 0])

    def behave(peer):
        if peer.accept():
            peer.publish(P + "set/pause", b"", properties=expired)
            peer.publish(P + "set/stop", b"", properties=expired)
            peer.publish(P + "set/level", b"1")
            peer.serve()
    _, gateway = stub(behave)
    until(lambda: chair.calls("session.level"), "a good one after them")
    assert not chair.calls("session.pause") and len(chair.calls("session.stop")) == 1
    says(gateway, "it has expired")


def test_a_request_that_its_sender_repeats_is_taken_once(running, client, chair):
    def replies(correlation):
        return [m for m in client.on(P + "reply/test") if m.properties.CorrelationData == correlation]
    pause = {"jsonrpc": "2.0", "id": 1, "method": "session.pause"}
    for _ in range(2):
        client.command(pause, correlation=b"one")
    until(lambda: len(replies(b"one")) == 2, "both are answered")
    assert b'"result"' in replies(b"one")[0].payload and b'"duplicate"' in replies(b"one")[1].payload
    client.command(pause, correlation=b"two")
    until(lambda: replies(b"two"), "the person's next wish is another one")
    assert len(chair.calls("session.pause")) == 2
    for _ in range(2):
        client.command({"jsonrpc": "2.0", "id": 1, "method": "session.stop"}, correlation=b"stop")
    until(lambda: len(chair.calls("session.stop")) == 2, "every stop counts")


def test_a_button_without_correlation_may_be_pressed_twice(running, client, chair):
    for _ in range(2):
        client.publish(P + "set/pause", "PRESS")
    until(lambda: len(chair.calls("session.pause")) == 2, "both")


def test_a_choice_that_is_repeated_is_refused_as_well(running, client):
    properties = Properties(PacketTypes.PUBLISH)
    properties.ResponseTopic = P + "reply/test"
    properties.CorrelationData = b"choice"
    for _ in range(2):
        client.publish(P + "set/side", "left", properties=properties)
    until(lambda: len(client.on(P + "reply/test")) == 2, "both are answered")
    assert b'"duplicate"' in client.on(P + "reply/test")[1].payload


# --- what it says of a broker ---

@pytest.mark.parametrize("start_of_answer, sentence", [
    (b"\0\x86\0", "refuses our user name or password"), (b"\0\x85\0", "refuses our client id"),
    (b"\0\x88\0", "refuses the connection (MQTT code 136)"), (b"\0\x9f\0", "refuses the connection (MQTT code 159)")])
def test_every_refusal_of_a_broker_is_told_once_in_its_own_words(stub, chair, start_of_answer, sentence):
    def behave(peer):
        peer.receive()
        peer.send(packet(CONNACK, start_of_answer))
        peer.receive()
    made, gateway = stub(behave)
    until(lambda: made.connections >= 3, "it tries again", 20)
    assert gateway.log().count(sentence) == 1


def test_a_broker_that_takes_the_connection_and_never_answers_is_told_and_tried_again(stub, chair):
    def behave(peer):
        while peer.receive() is not None:
            pass        # whatever it says
    made, gateway = stub(behave)
    says(gateway, "does not answer in time", 30)
    until(lambda: made.connections >= 2, "it tries again", 20)
    assert "connected to the broker" not in gateway.log()


def test_a_broker_that_hangs_up_before_it_answers_is_tried_again(stub, chair):
    made, gateway = stub(lambda peer: peer.receive())
    until(lambda: made.connections >= 3, "it tries again", 20)
    assert gateway.log().count("hangs up before it answers") == 1


def test_a_name_without_an_address_is_told_as_that(chair, start):
    gateway = start("mqtt://no-such-host.invalid:1883")
    says(gateway, "its name has no address", 30)


def test_a_broker_that_talks_nonsense_is_tried_again(stub, chair):
    numbers = itertools.count()

    def behave(peer):
        peer.receive()
        peer.send([b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\xff\xff\xff\xff\x7f", os.urandom(64)][next(numbers) % 3])
        peer.link.settimeout(1)     # it may wait for the rest of it
        peer.receive()
    made, gateway = stub(behave)
    until(lambda: made.connections >= 6, "it tries again", 60)
    assert gateway.process.poll() is None and "connected to the broker" not in gateway.log()


def expired_certificate(directory):
    """Instead of the good one; only `openssl ca` sets dates of long ago."""
    (directory / "index").touch()
    (directory / "serial").write_text("01")
    (directory / "ca.cnf").write_text("[ca]\ndefault_ca=c\n[c]\ndatabase=index\nserial=serial\nnew_certs_dir=.\n"
                                      "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
    subprocess.run(["openssl", "ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-in",
                    "server.csr", "-out", "server.pem", "-startdate", "20200101000000Z", "-enddate", "20200102000000Z",
                    "-extfile", "ext"], check=True, cwd=directory, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("fault, sentence", [
    ("expired", "has a certificate that has expired, or this computer's clock is wrong"),
    ("untrusted", "has a certificate that no authority which we trust has signed"),
    ("name", "has a certificate for another host name"),
    ("ours is missing", "asks for our certificate and then hangs up")])
def test_each_trouble_with_a_certificate_has_its_own_sentence(tls_dir, chair, start, fault, sentence):
    make_certificates(tls_dir, "elsewhere.example" if fault == "name" else "localhost")
    if fault == "expired":
        expired_certificate(tls_dir)
    made = tls_broker(tls_dir, *((f"cafile {tls_dir}/ca.pem", "require_certificate true") if fault == "ours is missing" else ()))
    made.start()
    try:
        trusted = tls_dir / "ca.pem"
        if fault == "untrusted":
            (tls_dir / "other").mkdir()
            make_certificates(tls_dir / "other", "localhost")
            trusted = tls_dir / "other/ca.pem"
        gateway = start(f"mqtts://localhost:{made.port}", tls={"ca_file": trusted})
        says(gateway, sentence, 20)
        until(lambda: made.log.read_text().count("New connection") >= 4, "it tries again", 20)
        assert gateway.log().count(sentence) == 1 and "connected to the broker" not in gateway.log()
    finally:
        made.stop()


# --- a broker that is slow ---

def test_a_broker_that_gives_no_receipts_costs_no_memory_and_loses_no_stop(stub, chair):
    silent = []

    def behave(peer):
        if peer.accept():
            silent.append(peer)
            while (got := peer.receive()) is not None:
                if got[0] != PUBLISH:    # no PUBLISH is ever acknowledged
                    peer.answer(*got)
    _, gateway = stub(behave)
    until(lambda: silent, "it is connected")
    until(lambda: chair.clients, "it watches the chair")
    before_kib = memory_kib(gateway.process.pid)
    for _ in range(3000):
        chair.event("acknowledged")
    says(gateway, "takes our messages too slowly")
    silent[0].publish(P + "set/stop")
    until(lambda: chair.calls("session.stop"), "the stop")
    assert memory_kib(gateway.process.pid) - before_kib < GROWTH_KIB
    assert gateway.log().count("too slowly") == 1


def test_a_broker_that_reads_nothing_costs_no_memory_and_loses_no_stop(stub, chair):
    deaf = []

    def behave(peer):
        if peer.accept():
            deaf.append(peer)
            peer.ended.wait(60)
    _, gateway = stub(behave)
    until(lambda: deaf, "it is connected")
    until(lambda: chair.clients, "it watches the chair")
    before_kib = memory_kib(gateway.process.pid)
    for _ in range(3000):
        chair.event("acknowledged")
    says(gateway, "takes our messages too slowly")
    deaf[0].publish(P + "set/stop")
    until(lambda: chair.calls("session.stop"), "the stop")
    assert memory_kib(gateway.process.pid) - before_kib < GROWTH_KIB
    deaf[0].ended.set()


def test_after_a_slow_time_the_newest_state_is_told(stub, chair):
    told = []

    def behave(peer):
        owed = []
        if not peer.accept():
            return
        while (got := peer.receive()) is not None:
            if got[0] == PUBLISH and got[1] & 6:
                topic, body, _ = peer.message(got[2])
                told.append((topic, body))
                owed.append(got)
                if len(owed) < 20 and not chair.state["level"] == 5:
                    continue
                for one in owed:        # late, but they come
                    peer.answer(*one)
                owed.clear()
            else:
                peer.answer(*got)
    stub(behave)
    until(lambda: told, "it is connected")
    chair.set_state(level=5)
    until(lambda: any(topic == P + "state" and b'"level":5' in body for topic, body in told), "the newest state", 20)


# --- a day of reconnects in fast motion ---

def counted(pid):
    return len(os.listdir(f"/proc/{pid}/fd")), len(os.listdir(f"/proc/{pid}/task"))


def test_many_reconnects_leave_no_file_or_thread_behind_and_a_stop_works_after_them(stub, chair):
    rounds, good = 4 * len(ENDS), []
    numbers = itertools.count()

    def behave(peer):
        number = next(numbers)
        if number not in (len(ENDS), rounds):
            end_badly(peer, number)
        elif peer.accept():
            good.append(peer)       # there it is counted
            peer.serve()
    _, gateway = stub(behave, reconnect_min_ms=10, reconnect_max_ms=10)
    until(lambda: good, "the first round is over", 60)
    pid = gateway.process.pid
    until(lambda: chair.clients, "it watches the chair")
    before, before_kib = counted(pid), memory_kib(pid)
    StubBroker.cut(good[0])
    until(lambda: len(good) == 2, "all of them", 240)
    good[1].publish(P + "set/stop")
    until(lambda: chair.calls("session.stop"), "the stop")
    until(lambda: counted(pid) == before, "as many files and threads as before")
    assert memory_kib(pid) - before_kib < GROWTH_KIB
    log = gateway.log()
    for words in ("has closed the connection", "refuses our user name or password", "connected to the broker"):
        assert words in log
    assert len(log.splitlines()) < 4 * rounds, "a few lines for each of them"


def test_a_broker_in_trouble_keeps_no_stop_at_the_chair_from_working(own_chair):
    numbers = itertools.count()
    with StubBroker(lambda peer: end_badly(peer, next(numbers))) as made:
        config = own_chair.dir / "chair-mqtt.yaml"
        lines = [line for line in config.read_text().splitlines() if not line.startswith(("broker:", "reconnect_"))]
        config.write_text("\n".join([*lines, f"broker: mqtt://127.0.0.1:{made.port}", "reconnect_min_ms: 10",
                                     "reconnect_max_ms: 10"]) + "\n")
        own_chair.start_sim().start_chaird().start_gateway()
        own_chair.make_ready()
        own_chair.start("gentle-sciatica", until_touching=())
        seen = made.connections
        until(lambda: made.connections > seen + 3, "in the middle of it", 20)
        mark = own_chair.watcher.mark()
        assert own_chair.role("home").call("session.stop") == {"stopping": True}
        own_chair.watcher.wait(mark, "state", deadline_s=1, to="retracting")
        own_chair.wait_state("ready", "inhibited")
        seen = made.connections
        until(lambda: made.connections > seen + 3, "and it goes on", 20)
        assert not relay_open(own_chair.sim.get())
