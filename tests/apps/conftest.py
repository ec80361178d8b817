"""Fixtures: the `tinyhost` command, virtual boards with the shipped app and model, pictures for their cameras."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tinyhost.device import Device
from tinyhost.models.file import load_model_file
from tinyhost.synth.pictures import write_dataset

from tests.device.rig import flashed_board
from tests.unit.bench.samples import SHIPPED_MODEL

N_PER_CLASS = 6


@dataclass(frozen=True, kw_only=True)
class Station:
    """A flashed board and the command that finds it."""

    kind: str
    state: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command on this board; stdout and stderr are pipes."""
        return self._start(*arguments, "--board", self.kind)

    def run_anywhere(self, *arguments: str) -> str:
        """Run a command that needs no board and return its stdout."""
        process = self._start(*arguments)
        out, err = process.communicate(timeout=240)
        assert process.returncode == 0, f"exit {process.returncode}\n{out}\n{err}"
        return out

    def _start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [str(Path(sys.executable).with_name("tinyhost")), *arguments]
        process = subprocess.Popen(
            command,
            env={**os.environ, "TINYHOST_STATE": str(self.state)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run a command on this board and return its stdout; its exit code must be `code`."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=240)
        assert process.returncode == code, f"exit {process.returncode}\n{out}\n{err}"
        return out


def make_station(kind: str, state: Path) -> Station:
    board = flashed_board(kind, state)
    with board.power() as powered, Device.open(powered) as device:
        device.push(load_model_file(SHIPPED_MODEL).image)
    return Station(kind=kind, state=state)


@pytest.fixture(scope="session")
def stations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Station]]:
    made: dict[str, Station] = {}

    def station(kind: str) -> Station:
        if kind not in made:
            made[kind] = make_station(kind, tmp_path_factory.mktemp(f"apps-{kind}"))
        return made[kind]

    yield station


@pytest.fixture
def native(stations: Callable[[str], Station]) -> Iterator[Station]:
    yield from _cleared(stations("native"))


@pytest.fixture(params=["native", "m4"])
def station(request: pytest.FixtureRequest, stations: Callable[[str], Station]) -> Iterator[Station]:
    yield from _cleared(stations(request.param))


def _cleared(station: Station) -> Iterator[Station]:
    """Yield the station; a command that a failed test left running is ended."""
    yield station
    while station.started:
        process = station.started.pop()
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    write_dataset(folder, N_PER_CLASS, 7, split="test")
    return folder / "test"
