"""Virtual boards with firmware: each kind is built and flashed once per run, and copied for tests that need one."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tinyhost.boards import Board, resolve
from tinyhost.boards.build import build_firmware
from tinyhost.boards.flash import flash_firmware
from tinyhost.boards.packaged import find_firmware
from tinyhost.boards.state import BoardFolder
from tinyhost.device import Device
from tinyhost.models.file import load_model_file

from tests.commands import TINYHOST, Done, run_json, run_tinyhost

__all__ = ["SHIPPED_MODELS", "Station", "Stations", "alive", "found_defects", "share_objects", "shipped_image"]

ROOT = Path(__file__).resolve().parents[1]
SHIPPED_MODELS = {app: ROOT / "models" / app / "model.tflite" for app in ("vww", "kws", "anomaly", "gestures")}
_KEPT = ("program", "flash.bin", "board.json")
"""Files of a board's state that are its content, rather than its own name or what it does."""


@cache
def shipped_image(app: str) -> bytes:
    """Return the image of the model that ships with an app."""
    return load_model_file(SHIPPED_MODELS[app]).image


def found_defects(folder: Path) -> list[str]:
    """Return the defects of emulated Nanos whose state is somewhere in a folder: what would fail on silicon."""
    return [line for path in folder.rglob("defects") if path.is_file() for line in path.read_text().splitlines()]


def share_objects(project: Path) -> None:
    """Let builds of a copy of the project reuse identical object files of this one."""
    build_firmware("vww", "native")  # with the folder of objects
    workspace = project / ".pio"
    workspace.mkdir()
    (workspace / "objects").symlink_to(ROOT / ".pio" / "objects")


@dataclass(frozen=True, kw_only=True)
class Station:
    """A board, and the commands that find it."""

    kind: str
    state: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def board(self) -> Board:
        """Return the board itself."""
        return resolve(self.kind, state=self.state)

    def run(self, *words: str, code: int = 0) -> Done:
        """Run a command on this board in this process; its exit code must be `code`."""
        done = run_tinyhost(*words, "--board", self.kind, TINYHOST_STATE=self.state)
        assert done.code == code, f"exit {done.code}\n{done.out}\n{done.err}"
        return done

    def run_json(self, *words: str, code: int = 0) -> dict[str, Any]:
        """Run a command on this board in this process; return its checked document."""
        return run_json(*words, "--board", self.kind, code=code, TINYHOST_STATE=self.state)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a process with a command on this board; stdout and stderr are pipes."""
        process = subprocess.Popen(
            [str(TINYHOST), *words, "--board", self.kind],
            env={**os.environ, "TINYHOST_STATE": str(self.state)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def wait_until_on(self, process: subprocess.Popen[str]) -> None:
        """Return when a process that was started has the board powered."""
        deadline = time.monotonic() + 60
        while not (BoardFolder(self.state, self.kind).path / "running.json").exists():
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.02)

    def end_processes(self) -> None:
        """End the processes that a failed test has left running."""
        while self.started:
            process = self.started.pop()
            process.kill()
            process.communicate()


def alive(pid: int) -> bool:
    """Return whether a process runs; one that nobody has waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Stations:
    """Makes stations: `stations("m4", "kws")`. Workers that run tests side by side share what was flashed."""

    def __init__(self, templates: Path, new_folder: Callable[[], Path]) -> None:
        self._templates = templates
        self._new_folder = new_folder
        self._made: list[Station] = []
        self._new_states: list[Path] = []

    def __call__(
        self, kind: str, app: str = "vww", *, build: str = "", model: bool = False, state: Path | None = None
    ) -> Station:
        """Return a board for exclusive use.

        build: other firmware than the usual of that kind. model: with the app's own, else with empty slots. state: the
        folder for its state, a new one if there is none.
        """
        template = self._template(kind, app, build, model)
        state = state or self._new_folder()
        folder, flashed = BoardFolder(state, kind), BoardFolder(template, kind)
        folder.create()
        for name in _KEPT:
            if (flashed.path / name).exists():
                shutil.copy(flashed.path / name, folder.path / name)
        station = Station(kind=kind, state=state)
        self._made.append(station)
        self._new_states.append(state)
        return station

    def new_states(self) -> list[Path]:
        """Return the folders of the boards that were made since this was asked last."""
        states, self._new_states = self._new_states, []
        return states

    def end_processes(self) -> None:
        """End what a failed test has left running."""
        for station in self._made:
            station.end_processes()

    def _template(self, kind: str, app: str, build: str, model: bool) -> Path:
        folder = self._templates / f"{app}_{build or kind}{'_with_model' if model else ''}"
        with folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                part = folder.with_suffix(".part")
                shutil.rmtree(part, ignore_errors=True)  # of a test that was interrupted
                board = resolve(kind, state=part)
                flash_firmware(board, build_firmware(app, build) if build else find_firmware(app, board.firmware_kind))
                if model:
                    with board.power() as powered, Device.open(powered) as device:
                        device.push(shipped_image(app))
                assert not found_defects(part)
                part.rename(folder)
        return folder
