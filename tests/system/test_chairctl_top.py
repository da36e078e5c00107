# SPDX-License-Identifier: MIT
"""chairctl top on a terminal: what it shows, that it stops, and that it leaves the terminal as it was."""
import contextlib
import fcntl
import os
import re
import signal
import struct
import subprocess
import termios
import threading
import time

import pyte
import pytest

from chair import STATE_PACE_S, clean_environment, off_the_body, touching, until
from test_chairctl import CHAIRCTL, DONE, FAILED, INTERRUPTED, NO_DAEMON, USAGE, WIDTH, ctl, expect, listeners, run

fleet = pytest.mark.fleet        # a machine that stands still spoils a session
FRAME_S = 0.25
BITS = 10       # of a byte on a line
STOP_S = 0.5
PLAIN = {"TERM": "xterm", "LC_ALL": "C.UTF-8"}


class Terminal:
    """A program on a terminal of its own; the screen as a person sees it, with `baud` as fast as such a line is."""

    def __init__(self, *command, rows=24, cols=80, baud=None, **environment):
        self.master, slave = os.openpty()
        self.byte_s = BITS / baud if baud else 0.0
        if baud:
            settings = termios.tcgetattr(slave)
            settings[4:6] = [getattr(termios, f"B{baud}")] * 2
            termios.tcsetattr(slave, termios.TCSANOW, settings)
        self.screen = pyte.Screen(cols, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.changed = threading.Condition()
        self.raw = b""
        self.resize(rows, cols)
        self.before = termios.tcgetattr(slave)
        self.slave = slave      # held, so that its settings can be looked at afterwards
        self.process = subprocess.Popen(["setsid", "--ctty", *map(str, command)], stdin=slave, stdout=slave,
                                        stderr=slave, env={**clean_environment(), **PLAIN, **environment})
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        with contextlib.suppress(OSError):      # EIO: nobody is left at the other end
            while data := os.read(self.master, 64 if self.byte_s else 65536):
                time.sleep(self.byte_s * len(data))     # what a line takes, and nothing at a fast one
                with self.changed:
                    self.raw += data
                    self.stream.feed(data)
                    self.changed.notify_all()

    def resize(self, rows, cols):
        with self.changed:
            self.screen.resize(rows, cols)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def text(self):
        return "\n".join(self.screen.display)

    def shows(self, *words, deadline_s=10.0):
        """Until all of these are on the screen at once; the screen."""
        end = time.monotonic() + deadline_s
        with self.changed:
            while not all(word in self.text() for word in words):
                left = end - time.monotonic()
                assert left > 0 and self.process.poll() is None, f"no {words} on\n{self.text()}"
                self.changed.wait(min(left, 0.2))
            return self.text()

    def press(self, keys):
        os.write(self.master, keys.encode())

    def end(self, sig=None, deadline_s=10.0):
        """How it ends, by a signal or by itself; the terminal must be as it was."""
        if sig is not None:
            self.process.send_signal(sig)
        code = self.process.wait(deadline_s)
        assert termios.tcgetattr(self.slave) == self.before, "the terminal's settings are others"
        return code

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.slave)
        self.reader.join()
        os.close(self.master)


@contextlib.contextmanager
def top(sockets, *options, **more):
    terminal = Terminal(CHAIRCTL, "--socket", sockets, *options, "top", **more)
    try:
        yield terminal
    finally:
        terminal.close()


PANES = ("chair-1", "READY", "LIVE", "Interlocks", "Axes", "seat_left", "Pads", "leg_right", "rollers_a", "back_move",
         "pads_b", "space ! STOP")


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
@pytest.mark.parametrize("term", ["vt220", "linux", "xterm", "screen"])
@fleet
def test_every_pane_on_every_terminal(chair, term, locale):
    with top(chair.sockets, TERM=term, LC_ALL=locale) as terminal:
        terminal.shows(*PANES)
        terminal.press("q")
        assert terminal.end() == DONE


@fleet
def test_a_drive_shows_its_motor_current(chair):
    def pressing():
        ports = chair.role("service").call("bus.stats")["ports"]
        devices = {device["name"]: device for port in ports for device in port["devices"]}
        assert devices["pads_a"]["current_a"] is None
        return max(map(abs, devices["back_depth"]["current_a"])) > 1.0      # 6 N against the spring are 3 A
    chair.start()
    until(pressing, "a current that presses", pace_s=0.1)
    done = subprocess.run([CHAIRCTL, "--socket", chair.sockets, "top", "--once"], capture_output=True, text=True, timeout=30,
                          check=True)
    shown = re.search(r" back_depth  OK +\d+ +(\d+\.\d) +\d+$", done.stdout, re.M)
    assert shown and float(shown[1]) > 1.0, done.stdout
    assert re.search(r" pads_a      OK +\d+ +- +\d+$", done.stdout, re.M)


@pytest.mark.parametrize("key", [" ", "!"])
@fleet
def test_a_key_stops(chair, key):
    chair.start()
    with top(chair.sockets) as terminal:
        terminal.shows("MASSAGE")
        assert touching(chair.sim.get())
        terminal.press(key)
        terminal.shows("STOP taken")
        chair.sim.until(off_the_body, "off the body", 5)
        terminal.shows("READY")


@fleet
def test_it_stops_from_the_help_while_frozen_and_on_a_small_screen(chair):
    chair.start()
    with top(chair.sockets, rows=10, cols=40) as terminal:
        terminal.shows("needs 80x24", "massage")
        terminal.press("?p")
        terminal.press(" ")
        terminal.shows("STOP taken")
        chair.sim.until(off_the_body, "off the body", 5)


@fleet
def test_it_stops_when_the_socket_it_looks_through_is_deaf(chair):
    chair.start()
    with listeners("watch", "home") as home:
        os.symlink(chair.sockets / "service.sock", home / "service.sock")
        with top(home) as terminal:
            terminal.shows("state none")
            terminal.press(" ")
            terminal.shows("STOP taken")
            chair.sim.until(off_the_body, "off the body", 5)


def still(terminal):
    """What does not move on the screen: words, without the log and the foot."""
    return [re.sub(r"[-\d. ]+", " ", line) for line in terminal.screen.display[1:16]]


@pytest.mark.parametrize("baud, late_s", [(9600, 3.0), (4800, 5.0)])
@fleet
def test_a_slow_line_shows_the_present_and_stops_at_once(chair, baud, late_s):
    chair.start()
    with top(chair.sockets, baud=baud) as terminal:
        terminal.shows("MASSAGE", *PANES[2:], deadline_s=20)
        chair.sim.watch_for(10)     # what is not sent in time would pile up meanwhile
        chair.panel.call("session.pause")
        chair.wait_state("paused")
        terminal.shows("PAUSED", deadline_s=late_s)
        chair.panel.call("session.resume")
        chair.wait_state("massage")
        terminal.shows("MASSAGE", deadline_s=late_s)
        terminal.press(" ")
        until(lambda: chair.state()["state"] != "massage", "it stops", STOP_S, STATE_PACE_S)
        terminal.shows("STOP taken", deadline_s=late_s)
        chair.wait_state("ready")
        terminal.shows("READY", deadline_s=late_s)
        with top(chair.sockets) as fast:
            fast.shows(*PANES)
            until(lambda: still(terminal) == still(fast), "both show the same", late_s)


def test_no_answer_to_a_stop_sends_to_the_red_button():
    with listeners("watch", "home", "phone", "panel", "service") as home, top(home) as terminal:
        terminal.shows("state none")
        terminal.press("!")
        terminal.shows("NO ANSWER TO STOP", "red button")


@fleet
def test_leaving_does_not_stop(chair):
    chair.start()
    with top(chair.sockets) as terminal:
        terminal.shows("MASSAGE")
        terminal.press("q")
        assert terminal.end() == DONE
    assert chair.state()["state"] == "massage" and touching(chair.sim.get())


@fleet
def test_a_fault_is_shown_with_its_level_in_words(chair):
    with top(chair.sockets, "--no-color") as terminal:
        terminal.shows("READY")
        chair.sim.fault("cover_open")
        terminal.shows("FAULT", "ERR F008 cover_open, cut, active", "power no", "from=ready to=fault")
        chair.sim.clear()
        terminal.shows("F008 cover_open, cut, latched")


@fleet
def test_axes_and_pads_are_those_of_the_session(chair):
    chair.start("short", side="left", until_touching=("back",))
    with top(chair.sockets) as terminal:
        text = terminal.shows("MASSAGE", "short left, warm-up 1/3", "\nback ", "\nlower_back")
        row = next(line.split() for line in text.splitlines() if line.startswith("back "))
        assert re.fullmatch(r"-?\d+\.\d", row[1]) and row[6] in ("clear", "approach", "hold", "retract")
        row = next(line.split() for line in text.splitlines() if line.startswith("lower_back"))
        assert re.fullmatch(r"\d+\.\d", row[1]) and re.fullmatch(r"\d+\.\d", row[2]) and row[4] == "0.00"


@fleet
def test_a_device_that_falls_silent_is_shown(chair):
    with top(chair.sockets) as terminal:
        terminal.shows("READY", "pads_a      OK")
        chair.sim.fault("device_silent", address=11)
        terminal.shows("pads_a      ERR")


@fleet
def test_it_follows_the_size_of_its_window(chair):
    with top(chair.sockets) as terminal:
        terminal.shows(*PANES)
        terminal.resize(40, 120)
        until(lambda: "space ! STOP" in terminal.screen.display[39], "the foot is at the bottom")
        terminal.resize(15, 60)
        terminal.shows("needs 80x24, this is 60x15")
        terminal.resize(24, 80)
        terminal.shows(*PANES)


@pytest.mark.sanitized
@fleet
def test_help_freeze_and_back(chair):
    with top(chair.sockets) as terminal:
        terminal.shows("LIVE", "Axes")
        terminal.press("?")
        assert "Axes" not in terminal.shows("STOP the chair, from anywhere")
        terminal.press("?")
        terminal.shows("Axes")
        terminal.press("p")
        terminal.shows("FROZEN")
        chair.sim.seat(False)
        terminal.shows("cause=seat_empty", "seat occupied")      # the log goes on, the values stand
        terminal.press("p")
        terminal.shows("LIVE", "seat empty")


@fleet
def test_only_what_has_changed_is_sent(chair):
    with top(chair.sockets) as terminal:
        terminal.shows(*PANES)
        before = len(terminal.raw)
        seconds = 3.0
        chair.sim.watch_for(seconds)
        sent = len(terminal.raw) - before
        assert 0 < sent < seconds / FRAME_S * 24 * 80 / 4


@fleet
def test_colour_can_be_left_out(chair):
    colours = re.compile(rb"\x1b\[(?:\d+;)*3[1-7](?:;\d+)*m")
    with top(chair.sockets) as terminal:
        terminal.shows(*PANES)
        assert colours.search(terminal.raw)
    for options, more in ((("--no-color",), {}), ((), {"NO_COLOR": "1"}), ((), {"TERM": "vt220"})):
        with top(chair.sockets, *options, **more) as terminal:
            terminal.shows(*PANES)
            assert not colours.search(terminal.raw), (options, more)


@pytest.mark.parametrize("sig, code", [(signal.SIGINT, INTERRUPTED), (signal.SIGTERM, -signal.SIGTERM),
                                       (signal.SIGHUP, -signal.SIGHUP), (signal.SIGQUIT, -signal.SIGQUIT)])
@fleet
def test_a_signal_leaves_the_terminal_as_it_was(chair, sig, code):
    with top(chair.sockets) as terminal:
        terminal.shows(*PANES)
        assert terminal.end(sig) == code
        until(lambda: terminal.raw.rfind(b"\x1b[?1049l") > terminal.raw.rfind(b"\x1b[?1049h"), "the old screen is back")
        assert not terminal.screen.cursor.hidden


@fleet
def test_control_c_is_an_interrupt(chair):
    with top(chair.sockets) as terminal:
        terminal.shows(*PANES)
        terminal.press("\x03")
        assert terminal.end() == INTERRUPTED


@fleet
def test_a_terminal_that_hangs_up_ends_it(chair):
    terminal = Terminal(CHAIRCTL, "--socket", chair.sockets, "top")
    terminal.shows(*PANES)
    os.close(terminal.slave)
    os.dup2(os.open(os.devnull, os.O_RDWR), terminal.master)    # the last hold on the terminal goes
    assert terminal.process.wait(10) != 0
    terminal.reader.join()
    os.close(terminal.master)


def test_a_daemon_that_goes_and_comes_back(own_chair):
    own_chair.start_sim().start_chaird()
    own_chair.wait_state("ready")
    with top(own_chair.sockets) as terminal:
        terminal.shows("READY", "LIVE")
        assert own_chair.end("chaird") == 0
        terminal.shows("NO CHAIRD")
        own_chair.start_chaird()
        terminal.shows("READY", "LIVE")


@pytest.mark.sanitized
@fleet
def test_one_frame_for_a_bug_report(chair):
    chair.sim.fault("cover_open")
    chair.wait_state("fault")
    done = ctl(chair, "top", "--once")
    assert (done.returncode, done.stderr) == (DONE, "") and "\033" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= WIDTH
    for word in ("FAULT", "F008 cover_open", "leg_left", "pads_a", "Interlocks"):
        assert word in done.stdout


def test_what_it_needs_is_told_before_the_screen_changes(chair, tmp_path):
    expect(ctl(chair, "top"), FAILED, "--once")
    expect(ctl(chair, "--json", "top", "--once"), USAGE, "--json")
    expect(run("--socket", tmp_path, "top", "--once"), NO_DAEMON)
    with top(tmp_path) as terminal:
        assert terminal.end() == NO_DAEMON
        assert b"\x1b[?1049h" not in terminal.raw
    with top(chair.sockets, TERM="no-such-terminal") as terminal:
        assert terminal.end() == FAILED
        until(lambda: b"cannot show it" in terminal.raw, "a message")
