"""The pytest plugin: selection of the board, the fixtures for it, and the classification of failures.

It is loaded in every pytest run, so it imports nothing but pytest until a test uses a fixture or an option is given.

pytest hil/tests --board m4                                  # one board, by type
    pytest hil/tests --rig hil/rigs/desk.toml --board desk-1     # one board of a rig, by name
    tinyhost hil run --rig hil/rigs/virtual.toml                 # every board of a rig
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tinyhost.hil.capabilities import CAPABILITIES, MARKERS
from tinyhost.hil.multi_board import each_device, open_board, pytest_generate_tests, rig_stations

if TYPE_CHECKING:
    from collections.abc import Callable

    from tinyhost.bench.energy.measure import Energy
    from tinyhost.bench.result import BenchResult
    from tinyhost.boards.base import PoweredBoard
    from tinyhost.device import Device
    from tinyhost.hil.rigs import RigBoard
    from tinyhost.hil.station import Station
    from tinyhost.hil.stimuli.stimulus import Stimulus
    from tinyhost.models.file import ModelFile

__all__ = ["each_device", "open_board", "pytest_generate_tests", "rig_stations"]

FAULT_PROPERTY = "fault"

_asked = pytest.StashKey["RigBoard"]()
_station = pytest.StashKey["Station"]()
_not_applicable = pytest.StashKey[list[tuple[str, str]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of a hardware-in-the-loop run."""
    group = parser.getgroup("tinyhost", "tinyhost: hardware in the loop")
    group.addoption(
        "--board",
        metavar="BOARD",
        help="native (default), m4, nano33emu, nano33emu:rev2, nano33ble[:SERIAL]; with --rig a board's name",
    )
    group.addoption("--rig", type=Path, metavar="FILE", help="take the board from this rig file")
    group.addoption(
        "--app", help="firmware app to flash (default: the rig file's, or else the first that tinyhost knows)"
    )
    group.addoption("--scene", help="the input of a virtual board's sensor: docs/reference/scenes.md")
    group.addoption(
        "--state",
        type=Path,
        metavar="DIR",
        help="the folder in which virtual boards store their flash (default: a new folder)",
    )
    group.addoption("--hil-events", type=Path, metavar="FILE", help="write events to this file, as JSON lines")
    group.addoption("--hil-run", default="", metavar="ID", help="the name of this run in the audit log")
    group.addoption("--hil-tests", type=Path, metavar="FILE", help="run only the tests that this JSON list names")
    group.addoption(
        "--hil-claims", type=Path, metavar="DIR", help="run a test only if no other board has claimed it in this folder"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers; find the requested board, so that a wrong name or rig file ends the run at once."""
    for marker, meaning in MARKERS.items():
        config.addinivalue_line("markers", f"{marker}: {meaning}")
    if config.option.board or (config.option.rig and _has_one_board(config.option.rig)):
        config.stash[_asked] = _find_asked(config)
        if config.stash[_asked].qualify is not None:
            from tinyhost.hil.qualification.plugin import Qualifying

            config.pluginmanager.register(Qualifying(), "tinyhost-qualification")
    if config.option.hil_events:
        from tinyhost.hil.events import EventLog
        from tinyhost.hil.reporter import EventReporter

        log = EventLog(config.option.hil_events)
        config.pluginmanager.register(
            EventReporter(log, lambda: config.stash.get(_not_applicable, [])), "tinyhost-events"
        )
        if config.option.hil_claims:
            from tinyhost.hil.sharing import SharedTests

            config.pluginmanager.register(
                SharedTests(config.option.hil_claims, log, lambda: _why_broken(config)), "tinyhost-sharing"
            )


def _has_one_board(rig: Path) -> bool:
    """Return whether a rig file determines the board without --board, which tests of several boards do not need."""
    from tinyhost.errors import TinyhostError
    from tinyhost.hil.rigs import load_rig

    try:
        return len(load_rig(rig).boards) == 1
    except TinyhostError as exc:
        raise pytest.UsageError(f"{exc.message}\n   try: {exc.hint}") from exc


def _why_broken(config: pytest.Config) -> str:
    """Return why the station of this run cannot be used any more; empty if it can, or has not been used."""
    station = config.stash.get(_station, None)
    return station.broken if station is not None else ""


def _find_asked(config: pytest.Config) -> RigBoard:
    """Return the board of the options, or the default one. Raises pytest.UsageError."""
    from tinyhost.errors import TinyhostError
    from tinyhost.hil.rigs import board_of_spec, load_rig

    option = config.option
    try:
        spec = option.board or "native"
        board = load_rig(option.rig).board(option.board) if option.rig else board_of_spec(spec)
        return board.with_options(app=option.app, scene=option.scene)
    except TinyhostError as exc:
        raise pytest.UsageError(f"{exc.message}\n   try: {exc.hint}") from exc


def _board_of(config: pytest.Config) -> RigBoard:
    """Return the board of this run."""
    if _asked not in config.stash:
        config.stash[_asked] = _find_asked(config)
    return config.stash[_asked]


def pytest_report_header(config: pytest.Config) -> str | None:
    """Return the header line with the board."""
    board = config.stash.get(_asked, None)
    return f"tinyhost: board {board.name} ({board.spec}), app {board.app}, from {board.where}" if board else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests that were not requested, and those that cannot apply to the board, with the reason."""
    if config.option.hil_tests:
        from tinyhost.hil.selection import named_tests

        asked = named_tests(config.option.hil_tests)
        items[:] = [item for item in items if item.nodeid in asked]
    found = [(item, reason) for item in items if (reason := _why_not_applicable(config, item))]
    if found:
        config.stash[_not_applicable] = [(item.nodeid, reason) for item, reason in found]
        gone = [item for item, _ in found]
        config.hook.pytest_deselected(items=gone)
        items[:] = [item for item in items if item not in gone]


def _why_not_applicable(config: pytest.Config, item: pytest.Item) -> str:
    """Return why a test cannot apply to this run's board; empty if it does, or uses no board."""
    if "station" not in getattr(item, "fixturenames", ()):
        return ""
    board = _board_of(config)
    for capability, (_, lack) in CAPABILITIES.items():
        if item.get_closest_marker(f"needs_{capability}") and capability not in board.capabilities:
            return f"{board.name}: {lack}"
    apps = item.get_closest_marker("apps")
    if apps and board.app not in apps.args:
        return f"{board.name}: runs {board.app}, this is for {', '.join(apps.args)}"
    if board.allow is not None:
        from tinyhost.hil.selection import is_allowed

        if not is_allowed(item, board.allow):
            return f"{board.name}: not in its allow list ({board.where})"
    return ""


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """List the tests that did not apply: they checked nothing."""
    entries = config.stash.get(_not_applicable, [])
    if entries:
        terminalreporter.section(f"not applicable, so not tested: {len(entries)}")
        for test, reason in entries:
            terminalreporter.line(f"{test}: {reason}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Record a failure's class (rig, build, test) as a property, and add the device's log."""
    report = yield
    station = item.config.stash.get(_station, None)
    if (
        report.failed
        and call.excinfo is not None
        and {"station", "rig_stations"} & set(getattr(item, "fixturenames", ()))
    ):
        from tinyhost.hil.faults import fault_of, may_be_of_firmware

        fault = fault_of(call.excinfo.value)
        if station is not None:
            if call.when == "call" and fault == "rig" and may_be_of_firmware(call.excinfo.value):
                fault, remark = station.triage(call.excinfo.value)
                report.sections.append(("class of the failure", remark))
            station.distrust()
            if station.recent_log():
                report.sections.append(("device log", "\n".join(station.recent_log())))
        if fault != "test":
            report.longrepr = _short_text(call.excinfo.value)
        report.user_properties.append((FAULT_PROPERTY, fault))
        item.user_properties.append((FAULT_PROPERTY, fault))
    return report


def _short_text(error: BaseException) -> str:
    """Return the error and its hint, without the traceback, which does not help at the bench."""
    hint = getattr(error, "hint", "")
    return f"{type(error).__name__}: {error}" + (f"\n   try: {hint}" if hint else "")


@pytest.fixture(scope="session")
def station(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    """The station of this run's board; a requested board that is missing is an error, never a skip."""
    from tinyhost.hil.station import Station

    config = request.config
    reporter = config.pluginmanager.get_plugin("tinyhost-events")
    found = Station(
        _board_of(config),
        state=config.option.state or tmp_path_factory.mktemp("boards"),
        observer=reporter.observe if reporter else None,
        run=config.option.hil_run,
    )
    config.stash[_station] = found
    with found:
        yield found
    del config.stash[_station]


@pytest.fixture
def board(station: Station) -> PoweredBoard:
    """The board, flashed with the app and powered."""
    return station.powered()


@pytest.fixture
def device(station: Station) -> Iterator[Device]:
    """The connected device; restarted first if the last test may have left it in a bad state."""
    with station.open_device() as opened:
        yield opened


@pytest.fixture
def restart(station: Station, device: Device) -> Callable[[], None]:
    """A function that cycles the power; a board whose power cannot be cut is reset by command."""
    return lambda: station.restart(device)


@pytest.fixture
def cut_power(station: Station, device: Device) -> Callable[[], None]:
    """A function that cycles the power and verifies it. Mark the test needs_power_cut."""
    if "power_cut" not in station.asked.capabilities:
        pytest.fail("the board's power cannot be cut: mark the test with needs_power_cut")
    return lambda: station.cut_power(device)


@pytest.fixture
def scene(station: Station) -> str:
    """The sensor's scene, as given to --scene. Mark the test needs_scene."""
    if station.scene is None:
        pytest.fail("the board has no scene: mark the test with needs_scene")
    return station.scene


@pytest.fixture
def stimulus(station: Station) -> Stimulus:
    """The sensor's stimulus, which shows or plays samples and verifies their arrival. Mark the test needs_stimulus."""
    return station.stimulus


@pytest.fixture
def energy(station: Station, device: Device) -> Callable[[int], Energy]:
    """A function that measures the energy of inferences of the active model. Mark the test needs_meter."""
    from tinyhost.hil.metering import energy_of

    return lambda runs: energy_of(station, device, runs)


@pytest.fixture
def bench(
    station: Station, device: Device, record_property: Callable[[str, object], None]
) -> Callable[[], BenchResult]:
    """A function that runs the rig file's benchmark, stored with the run. Mark the test needs_bench."""
    from tinyhost.hil.bench_run import bench_board, bench_figures

    def measure() -> BenchResult:
        result = bench_board(station, device)
        for name, value in bench_figures(result).items():
            record_property(name, value)
        return result

    return measure


@pytest.fixture
def default_model(station: Station, device: Device) -> ModelFile:
    """The rig's model, else the one that ships with the app: compiled, pushed and active."""
    from tinyhost.models.fits import operators_of
    from tinyhost.models.push import push_image

    model = station.compile_model()
    push_image(device, model.image_for(device.engine, operators_of(device)))
    return model
