# SPDX-License-Identifier: MIT
"""What the scenarios on the virtual board share: units, kernel lines, the chair's sockets."""
import glob
import json
import pathlib
import subprocess

import chair
from chair import Refused, Rpc, Sim, until

SOCKETS = pathlib.Path("/run/chaird")
SIM = pathlib.Path("/run/sim/sim.sock")
PROGRAM = "low-back-loosening"
# Offsets on the chip, as hw/io-map.md has them.
OUTPUTS = {"heartbeat": 17, "heat_enable": 27, "ssr_lower_back": 22, "ssr_glute_left": 10, "ssr_glute_right": 9,
           "ssr_leg_left": 11, "ssr_leg_right": 0, "beeper": 23, "lamp": 24}


def run(*command, check=True):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert not check or done.returncode == 0, f"{command}: {done.returncode}: {done.stdout}"
    return done.stdout


def show(unit, name):
    return run("systemctl", "show", "--value", "-p", name, unit).strip()


def start_anew():
    """By hand, as often as the scenarios like: their starts do not count against the limit."""
    run("systemctl", "reset-failed", "chaird", check=False)
    run("systemctl", "start", "chaird")
    wait_state("ready")


def main_pid(unit="chaird"):
    return int(show(unit, "MainPID"))


def lines():
    """Every output line that is high, read through the kernel."""
    chip = glob.glob("/sys/devices/platform/gpio-sim.0/gpiochip*")[0]
    return [name for name, n in OUTPUTS.items()
            if pathlib.Path(f"{chip}/sim_gpio{n}/value").read_text().strip() == "1"]


held = []


def panel():
    """A new connection of the panel, in place of the last: a session pauses when its panel goes away."""
    for rpc in held:
        rpc.close()
    held[:] = [Rpc(SOCKETS / "panel.sock")]
    return held[0]


def sim():
    return Sim(SIM)


def state(rpc=None):
    own = rpc or Rpc(SOCKETS / "watch.sock")
    try:
        return own.call("state.get")
    finally:
        if rpc is None:
            own.close()


def try_state():
    try:
        return state()
    except (OSError, Refused):      # not there, or there without a cycle yet
        return None


def wait_state(*wanted, deadline_s=60):
    """The first state document that is in one of these states; the controller may be away meanwhile."""
    def looks():
        doc = try_state()
        return doc if doc and doc["state"] in wanted else None
    try:
        return until(looks, f"state {wanted}", deadline_s, 0.05)
    except AssertionError as late:
        raise AssertionError(f"{late}: {json.dumps(try_state())}\n{journal(30)}") from late


def journal(count=40, unit="chaird"):
    return run("journalctl", "--no-pager", "-u", unit, "-n", str(count), check=False)


def acknowledge(s):
    """Press the armrest button until nothing is latched; what is still so stays a fault."""
    until(lambda: chair.all_over(state()), "no cause is active", 10, 0.05)
    s.press("start", hold_ms=200)
    wait_state("ready", "inhibited")


def massage(minutes=5):
    """A session that has rollers on the body. Returns the simulator."""
    s = sim()
    wait_state("ready")
    # The armrest start is ignored for 3 s after an acknowledgement; the panel's is not.
    panel().call("session.start", program=PROGRAM, side="both", minutes=minutes)
    wait_state("massage", deadline_s=90)
    s.until(chair.touching, "a roller on the body", 30)
    return s


def sessions():
    rpc = Rpc(SOCKETS / "service.sock")
    try:
        return rpc.call("history.sessions", limit=100)["sessions"]
    finally:
        rpc.close()
