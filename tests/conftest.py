"""The report's header, the boards that tests share, and which tests run in parallel."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator

import hypothesis
import pytest
from tinyhost.boards.emulator import SWITCHES_VARIABLE

from tests.stations import Stations, found_defects

__all__ = [
    "pytest_collection_finish",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_report_header",
    "stations",
]

_LONG = {
    "labs",
    "tests/apps/test_wheel.py",
    "tests/hil/test_hil_runs.py",
    "tests/unit/datasets/test_data_check.py",
    "tests/unit/hil/test_runner.py",
    "tests/unit/synth/test_voices.py",
    "tests/unit/test_style.py",
}
"""Groups that take long and would be among the last, when the other processes have nothing more to do."""
_SETTINGS = ("ALLOWED", "BOARD", "CONFIG", "DATA_MIRROR", "MODEL_MIRROR", "STATE")
"""Variables in which a user keeps a choice: no test is about this user's."""


def pytest_configure(config: pytest.Config) -> None:
    """Let Ctrl-C reach the programs that tests start, also from a background, and let no example be too slow.

    Nothing depends on what this user's folders hold, or is left in them.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:  # a worker has the variables of the process that starts it
        folder = tempfile.TemporaryDirectory(prefix="tinyhost-tests-", ignore_cleanup_errors=True)
        config.add_cleanup(folder.cleanup)
        for kind in ("STATE", "CONFIG", "CACHE"):
            os.environ[f"XDG_{kind}_HOME"] = f"{folder.name}/{kind.lower()}"
        for name in _SETTINGS:
            os.environ.pop(f"TINYHOST_{name}", None)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.setdefault(SWITCHES_VARIABLE, "--strict")  # what silicon would not forgive ends the emulated Nano
    hypothesis.settings.register_profile("no deadline", deadline=None)  # workers share the computer
    hypothesis.settings.load_profile("no deadline")


def pytest_report_header() -> str:
    """Name the oracle of tests/oracle, so that a log shows what the engine was compared with."""
    from tests.oracle.oracle import describe_oracle

    return f"oracle: {describe_oracle()}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests run in one worker, one after the other, and let those that emulate a processor begin at once.

    Long ones follow. Those of a module are together, and those that emulate in two groups: three emulated boards at
    once, with the hosts that talk to them, are more than two cores can do in time.
    """
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            call = getattr(item, "callspec", None)  # of a test with parameters
            values = call.params.values() if call is not None else ()
            emulated = any(isinstance(each, str) and each.startswith(("m4", "nano33emu")) for each in values)
            is_command = item.location[0].startswith(("tests/apps", "tests/hil"))
            group = "m4 commands" if is_command else "m4"
            item.add_marker(pytest.mark.xdist_group(group if emulated else item.location[0]))
    if "PYTEST_XDIST_WORKER" in os.environ:  # else a module's tests stay together
        items.sort(key=lambda item: (not _group(item).startswith("m4"), _group(item) not in _LONG))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to go on if pytest-xdist has lost the groups: module fixtures would be made by each worker."""
    if getattr(session.config.option, "loadgroup", False):  # in a worker of --dist loadgroup
        lost = [item.nodeid for item in session.items if not item.nodeid.endswith(f"@{_group(item)}")]
        assert not lost, f"pytest-xdist does not group tests with pytest {pytest.__version__}: {lost[0]}"


def _group(item: pytest.Item) -> str:
    marker = item.get_closest_marker("xdist_group")
    return str(marker.args[0]) if marker is not None else ""


@pytest.fixture(scope="session")
def stations(tmp_path_factory: pytest.TempPathFactory) -> Stations:
    """Give what makes boards with firmware: tests/stations.py."""
    run = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        run = run.parent
    templates = run / "flashed"
    templates.mkdir(exist_ok=True)
    return Stations(templates, lambda: tmp_path_factory.mktemp("station"))


@pytest.fixture(autouse=True)
def _silicon_would_forgive(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test in which an emulated Nano did something that would fail on silicon, even if nothing else failed."""
    found = {name: request.getfixturevalue(name) for name in ("stations", "tmp_path") if name in request.fixturenames}
    yield
    folders = [found["tmp_path"]] if "tmp_path" in found else []
    folders += found["stations"].new_states() if "stations" in found else []
    assert not [defect for folder in folders for defect in found_defects(folder)]


@pytest.fixture(autouse=True)
def _nothing_is_left_running(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "stations" in request.fixturenames:
        request.getfixturevalue("stations").end_processes()
