# SPDX-License-Identifier: MIT
"""A device that is missing at the start inhibits the chair, and is named with its port and what was tried."""
import pytest

from chair import at_rest, has_moved, home


def details(doc):
    return [detail for inhibit in doc["inhibits"] if inhibit["cause"] == "device_missing"
            for detail in inhibit["details"]]


@pytest.mark.parametrize("address, device, port, profile, baud", [
    (3, "seat_depth", "rollers_a", "zlac8015d", 115200), (8, "leg_knead", "rollers_b", "zlac8015d", 115200),
    (12, "pads_b", "heat", "mb8art", 19200)])
def test_a_missing_device_inhibits_and_is_named_until_it_appears(own_chair, address, device, port, profile, baud):
    chair = own_chair.start_sim()
    chair.sim.fault("device_silent", address=address)
    before = chair.sim.get()
    chair.start_chaird()
    doc = chair.wait_for(lambda d: len(details(d)) == 1, "only one is missing")
    assert doc["state"] == "inhibited" and not doc["permits"]["start"]
    inhibit = next(i for i in doc["inhibits"] if i["cause"] == "device_missing")
    assert inhibit["code"] == "F030" and inhibit["effect"] == "inhibit" and inhibit["text"]
    for word in (device, port, str(chair.dir / "ports" / port), profile, str(address), str(baud), "no answer"):
        assert word in details(doc)[0], word
    assert chair.panel.refusal("session.start", program="short", side="both") == "inhibited"
    chair.sim.watch_for(3.5)            # longer than a drive may take after its power has come
    doc = chair.state()
    assert doc["state"] == "inhibited" and len(details(doc)) == 1, doc["faults"]
    device_stats = next(d for p in chair.panel.call("bus.stats")["ports"] for d in p["devices"] if d["name"] == device)
    assert device_stats["stage"] == "silent" and device_stats["timeouts"] > 0 and device_stats["age_ms"] is None
    chair.sim.clear()
    doc = chair.wait_state("ready")
    assert [i["cause"] for i in doc["inhibits"]] in ([], ["pads_unproven"])
    after = chair.sim.watch_for(0.5)[-1]
    assert at_rest(after) and not has_moved(before, after) and home(after)


def test_a_missing_port_inhibits_and_is_named(own_chair):
    chair = own_chair.start_sim()
    port = chair.dir / "ports" / "rollers_b"
    target = port.readlink()
    port.unlink()
    chair.start_chaird()
    doc = chair.wait_for(lambda d: len(details(d)) == 4, "the four drives of that port are missing")
    assert doc["state"] == "inhibited"
    assert all("rollers_b" in d and str(port) in d and "cannot be opened" in d for d in details(doc))
    port.symlink_to(target)
    chair.wait_state("ready")


def test_without_its_lines_the_controller_does_not_start(own_chair):
    own_chair.sockets.joinpath("left-over").touch()
    (own_chair.dir / "ports").mkdir()
    program = own_chair.launch("chaird", *own_chair.chaird_command())
    assert program.process.wait(10) == 1
    assert "chairsim running" in program.log()
    own_chair.programs.pop("chaird")
