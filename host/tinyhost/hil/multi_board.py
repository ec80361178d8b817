"""Several boards in one pytest run: those of a rig by name, or any as named by `--board`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tinyhost.device import Device
    from tinyhost.hil.rigs import Rig
    from tinyhost.hil.station import Station

__all__ = ["Stations", "each_device", "open_board", "pytest_generate_tests", "rig_stations"]


class Stations:
    """The boards of a run, each with its station, powered on first use and off at the end of the session."""

    def __init__(self, rig: Rig | None, state: Path, *, app: str | None = None, run: str = "") -> None:
        """state: the folder of the virtual boards' state folders."""
        self._rig, self._state, self._app, self._run = rig, state, app, run
        self._found: dict[str, Station] = {}
        self._on, self._open = ExitStack(), ExitStack()

    def __call__(self, name: str) -> Station:
        """Return the station of a board: a rig's board by its name, else as named by `--board`.

        Without a rig, NAME=BOARD is a board of its own: `left=native` and `right=native` are two. Raises UsageError.
        """
        from tinyhost.hil.rigs import board_of_spec
        from tinyhost.hil.station import Station

        if name not in self._found:
            asked = self._rig.board(name) if self._rig else board_of_spec(name.rpartition("=")[2])
            station = Station(
                asked.with_options(app=self._app, scene=None), state=self._state / name.replace("/", "_"), run=self._run
            )
            self._found[name] = self._on.enter_context(station)
        return self._found[name]

    def device(self, name: str) -> Device:
        """Return the connected board; it is released at the end of the test. Raises as Station.open_device."""
        return self._open.enter_context(self(name).open_device())

    def let_go(self) -> None:
        """Close the devices of a test."""
        self._open.close()

    def close(self) -> None:
        """Switch all boards off."""
        self._open.close()
        self._on.close()


@pytest.fixture(scope="session")
def rig_stations(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stations]:
    """Several boards: `rig_stations("left")` is the station of a board of the rig."""
    from tinyhost.hil.rigs import load_rig

    option = request.config.option
    rig, state = load_rig(option.rig) if option.rig else None, option.state or tmp_path_factory.mktemp("boards")
    stations = Stations(rig, state, app=option.app, run=option.hil_run)
    try:
        yield stations
    finally:
        stations.close()


@pytest.fixture
def open_board(rig_stations: Stations) -> Iterator[Callable[[str], Device]]:
    """A function that opens a board by its name; several may be open in one test."""
    try:
        yield rig_stations.device
    finally:
        rig_stations.let_go()


@pytest.fixture
def each_device(request: pytest.FixtureRequest, open_board: Callable[[str], Device]) -> Device:
    """The device of a board; the test runs once for each board of the rig."""
    return open_board(request.param)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes `each_device` once for each board: of the rig, or --board, or native."""
    if "each_device" not in metafunc.fixturenames:
        return
    from tinyhost.errors import TinyhostError
    from tinyhost.hil.rigs import load_rig

    option = metafunc.config.option
    try:
        names = [board.name for board in load_rig(option.rig).boards] if option.rig else ["native"]
    except TinyhostError as exc:
        raise pytest.UsageError(f"{exc.message}\n   try: {exc.hint}") from exc
    metafunc.parametrize("each_device", [option.board] if option.board else names, indirect=True)
