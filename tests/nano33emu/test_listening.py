"""Hours of listening: nothing is lost unreported, nothing restarts, and the stack stays in half of its room.

TINYHOST_SOAK_S says how long; `make soak-nano` takes two hours. It tells each minute what it has counted, and at Ctrl-C
what it has counted until then (`pytest -s`, or its standard error).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import pytest
from tinyhost.boards.state import BoardFolder
from tinyhost.boards.switches import throw_switch
from tinyhost.errors import BoardError

from tests.commands import TINYHOST
from tests.stations import Stations

pytestmark = [pytest.mark.firmware, pytest.mark.soak, pytest.mark.xdist_group("m4")]
PREDICTIONS_PER_S = 10
STARTS_S = 15
"""until the first prediction, at the most: the microphone settles, a second of sound is gathered"""
REPORT_S = 60.0


@dataclass
class Tally:
    """The sum of a monitor's lines, taken one by one, because those of two hours are too many to keep."""

    lines: IO[bytes]
    n: int = 0
    next_index: int = 0
    n_missing: int = 0
    n_dropped: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    board: dict[str, Any] = field(default_factory=dict)
    """what the emulator said last of itself"""
    part: bytes = b""
    """of a line that is being written"""

    def read(self) -> None:
        """Take the lines that have come."""
        for line in self.lines:
            self.part += line
            if self.part.endswith(b"\n"):
                self.take(json.loads(self.part))
                self.part = b""

    def take(self, prediction: dict[str, Any]) -> None:
        self.n_missing += prediction["index"] - self.next_index if self.n else 0
        self.next_index = prediction["index"] + 1
        self.n += 1
        self.n_dropped = sum(prediction["dropped"].values())
        self.statuses[prediction["status"]] += 1

    def __str__(self) -> str:
        board = Counter(self.board)
        return (
            f"{board['virtual_s'] / 60:.1f} min of the board's time: {self.n} predictions {dict(self.statuses)}, "
            f"{self.n_missing} missing, {self.n_dropped} told as dropped, {board['starts']} start(s), "
            f"{board['defects']} defects, {board['stack_used']} of {board['stack_bytes']} B of stack"
        )


def test_hours_of_listening_lose_nothing_unreported_and_restart_nothing(stations: Stations, tmp_path: Path) -> None:
    seconds = os.environ.get("TINYHOST_SOAK_S", "7200")
    station = stations("nano33emu", "kws", model=True)
    folder, path, is_interrupted = BoardFolder(station.state, "nano33emu"), tmp_path / "predictions.jsonl", False
    words = ["monitor", "--board", "nano33emu", "--scene", "speech:yes,no?snr=15", "--seconds", seconds, "--json", "-"]
    environment = {**os.environ, "TINYHOST_STATE": str(station.state)}
    with (
        path.open("wb") as out,
        path.open("rb") as lines,
        subprocess.Popen([str(TINYHOST), *words], stdout=out, env=environment) as monitor,
    ):
        tally = Tally(lines)
        try:
            watch(monitor, folder.path, tally)
        except KeyboardInterrupt:
            is_interrupted = True
            monitor.send_signal(signal.SIGINT)
        monitor.wait()
        tally.read()
    tally.board = json.loads(folder.log.read_text().rpartition(" end: ")[2].partition("\n")[0])
    tell(f"{'interrupted' if is_interrupted else 'the end'} after {tally}")
    assert (tally.n_missing, set(tally.statuses)) == (tally.n_dropped, {"ok"})
    assert tally.n > 0.9 * PREDICTIONS_PER_S * (tally.board["virtual_s"] - STARTS_S)
    assert (tally.board["starts"], tally.board["defects"]) == (1, 0)
    assert 0 < tally.board["stack_used"] <= tally.board["stack_bytes"] // 2
    if is_interrupted:
        raise KeyboardInterrupt


def watch(monitor: subprocess.Popen[bytes], folder: Path, tally: Tally) -> None:
    """Print a summary of a monitor's lines every minute, until it ends."""
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            monitor.wait(REPORT_S)
            return
        tally.read()
        with contextlib.suppress(BoardError):  # a slow computer has not started it yet
            tally.board = json.loads(throw_switch(folder, "stats"))
        tell(f"{datetime.now():%H:%M} {tally}")


def tell(text: str) -> None:
    sys.stderr.write(f"listening: {text}\n")
