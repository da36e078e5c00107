# SPDX-License-Identifier: MIT
"""Fixtures of the system tests. A chair is shared by the tests of a module and made ready between them; the
tests of a module marked `fleet` run on a few chairs at the same time, so that waiting costs less. With
`-n 3 --dist loadfile` (pytest-xdist) modules run side by side, too; tests marked `timing` then have a run of their own.

The chair judges times of 50 ms and more, and is right to cut its power when the machine stands still for as
long. chairsim counts such moments (sim.get held_ups): a test of a fleet that fails across one has shown
nothing, so it runs again, at most TRIES times, and the report says so."""
import itertools
import os
import queue
import shutil
import signal
import threading
import time

import pytest

from chair import BIN, MOSQUITTO, SANITIZED, Chair, system_directory

os.environ.setdefault("CHAIR_MQTT", str(BIN / "chair-mqtt"))     # for test_gateway_stub.py
LOG_TAIL = 6000
FLEET = 1 if "PYTEST_XDIST_WORKER" in os.environ else 2 if SANITIZED else 3      # three chairs at a time
# They take the longest: begun first, none of them is waited for at the end.
LONGEST = ("test_faults", "test_harsh", "test_chairctl_top", "test_safety", "test_crash")
TRIES = 4
HELD_UP = "held_up"

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # Started in the background: the programs shall know Ctrl-C all the same.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config):
    config.addinivalue_line("markers", "sanitized: also worth a run on sanitized programs in every `make test`")
    config.addinivalue_line("markers", "timing: compares times too closely for sanitized programs")
    config.addinivalue_line("markers", "fleet: runs beside others of its module, each on a chair of its own")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONGEST.index(item.module.__name__) if item.module.__name__ in LONGEST else len(LONGEST))
    needed = [BIN / name for name in ("chaird", "chairsim", "chair-mqtt", "chairctl")] + [MOSQUITTO]
    missing = [str(path) for path in needed if not os.path.exists(path)]
    if missing and items:
        pytest.exit(f"these are missing: {', '.join(missing)}; run make all, or `make test` as a whole", 2)


def logs_of(chair):
    return [(f"{chair.dir.name}/{log.name}", log.read_text(errors="replace")[-LOG_TAIL:])
            for log in sorted(chair.dir.glob("*.log"))]


class Outcome:
    """How a test in a fleet went."""

    def __init__(self):
        self.error = None
        self.seconds = 0.0
        self.logs = []
        self.held_up = 0    # tries that the machine spoiled


class Fleet:
    """Runs tests on a few chairs at the same time."""

    def __init__(self, items):
        self.outcomes = {item.nodeid: Outcome() for item in items}
        self.waiting = queue.SimpleQueue()
        for item in items:
            self.waiting.put(item)
        crew = [threading.Thread(target=self.work, args=(n,)) for n in range(min(FLEET, len(items)))]
        for member in crew:
            member.start()
        for member in crew:
            member.join()

    def work(self, number):
        chair = None
        while True:
            try:
                item = self.waiting.get_nowait()
            except queue.Empty:
                break
            chair = self.run(item, chair, number)
        if chair is not None:
            chair.stop()        # each test has been followed by a look at its programs

    def run(self, item, chair, number):
        """One test; the chair for the next one, or None when it takes a new one."""
        outcome = self.outcomes[item.nodeid]
        began = time.monotonic()
        for _ in range(TRIES):
            outcome.error = None
            held_ups = 0
            try:
                if chair is None:
                    chair = Chair(f"fleet{number}").start_all()
                held_ups = chair.sim.get()["held_ups"]
                chair.make_ready()
                item.obj(chair=chair, **parameters(item))
                dead = [name for name, program in chair.programs.items() if not program.alive()]
                assert not dead, f"{dead} ended"
                break
            except BaseException as error:      # whatever it was, it is told as this test's own
                outcome.error = error
                if chair is None:
                    break
                was_held_up = self.was_held_up(chair, held_ups)
                outcome.logs = logs_of(chair)
                self.put_away(chair)
                chair = None
                if not was_held_up:
                    break
                outcome.held_up += 1
        outcome.seconds = time.monotonic() - began
        return chair

    @staticmethod
    def was_held_up(chair, before):
        try:
            return chair.sim.get()["held_ups"] > before
        except (OSError, ConnectionError, AttributeError):
            return False        # the simulator itself is gone: that is a failure

    @staticmethod
    def put_away(chair):
        try:
            chair.stop()
        except AssertionError:
            pass        # the test has failed already, and its logs are kept


def parameters(item):
    return dict(item.callspec.params) if hasattr(item, "callspec") else {}


fleets = {}


def fleet_outcome(item):
    """How this test went; the first one asked for of a module runs all of them."""
    if item.module not in fleets:
        fleets[item.module] = Fleet([i for i in item.session.items
                                     if i.module is item.module and i.get_closest_marker("fleet")])
    return fleets[item.module].outcomes[item.nodeid]


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if pyfuncitem.get_closest_marker("fleet") is None:
        return None
    error = fleet_outcome(pyfuncitem).error
    if error is not None:
        raise error
    return True


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """What the programs said goes into the report of a test that failed."""
    outcome = yield
    report = outcome.get_result()
    in_fleet = item.get_closest_marker("fleet") is not None and call.when == "call"
    if in_fleet:
        report.duration = fleet_outcome(item).seconds
        report.user_properties.append((HELD_UP, fleet_outcome(item).held_up))
    if not report.failed:
        return
    item.session.keep_logs = True
    if in_fleet:
        report.sections.extend(fleet_outcome(item).logs)
    for chair in Chair.open_chairs:
        report.sections.extend(logs_of(chair))


def pytest_terminal_summary(terminalreporter):
    for report in itertools.chain.from_iterable(terminalreporter.stats.values()):
        tries = dict(getattr(report, "user_properties", ())).get(HELD_UP, 0)
        if tries > 0:
            terminalreporter.write_line(f"the machine stood still during {report.nodeid}: {tries} more tries")


def pytest_sessionfinish(session):
    if not getattr(session, "keep_logs", False):
        shutil.rmtree(system_directory(), ignore_errors=True)


@pytest.fixture(scope="module")
def module_chair(request):
    """A whole chair for one module."""
    chair = Chair(request.module.__name__.replace("test_", "")[:12])
    try:
        yield chair.start_all()
    finally:
        chair.stop()


@pytest.fixture
def chair(request):
    """A chair, READY and with nothing broken. In a fleet it is given later."""
    if request.node.get_closest_marker("fleet"):
        return None
    shared = request.getfixturevalue("module_chair")
    shared.make_ready()
    return shared


@pytest.fixture
def own_chair(request):
    """A chair of this test alone, nothing of it started."""
    chair = Chair(request.node.name.replace("test_", "")[:12])
    yield chair
    chair.stop()
