# SPDX-License-Identifier: MIT
"""Fixtures of the system tests. A chair is shared by the tests of a module and made ready between them."""
import os
import shutil

import pytest

from chair import BIN, MOSQUITTO, Chair, system_directory

os.environ.setdefault("CHAIR_MQTT", str(BIN / "chair-mqtt"))     # for test_gateway_stub.py
LOG_TAIL = 6000


def pytest_configure(config):
    config.addinivalue_line("markers", "sanitized: also worth a run on sanitized programs in every `make test`")
    config.addinivalue_line("markers", "timing: compares times too closely for sanitized programs")


def pytest_collection_modifyitems(items):
    needed = [BIN / name for name in ("chaird", "chairsim", "chair-mqtt")] + [MOSQUITTO]
    missing = [str(path) for path in needed if not os.path.exists(path)]
    if missing:
        pytest.exit(f"these are missing: {', '.join(missing)}; run make all, or `make test` as a whole", 2)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """What the programs said goes into the report of a test that failed."""
    outcome = yield
    report = outcome.get_result()
    if not report.failed:
        return
    item.session.keep_logs = True
    for chair in Chair.open_chairs:
        for log in sorted(chair.dir.glob("*.log")):
            text = log.read_text(errors="replace")
            report.sections.append((f"{chair.dir.name}/{log.name}", text[-LOG_TAIL:]))


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
def chair(module_chair):
    """The module's chair, READY and with nothing broken."""
    module_chair.make_ready()
    return module_chair


@pytest.fixture
def own_chair(request):
    """A chair of this test alone, nothing of it started."""
    chair = Chair(request.node.name.replace("test_", "")[:12])
    yield chair
    chair.stop()
