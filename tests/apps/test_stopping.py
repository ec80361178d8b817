"""Ctrl-C and SIGTERM in every long command: the exit code, a clean end, and a board that still works."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.stations import SHIPPED_MODELS, Station

pytestmark = pytest.mark.firmware

LONG = [
    "capture --label a --count 100000 --data {folder} --scene {pictures}",
    "monitor --plain --scene {pictures}",
    "monitor --json - --scene {pictures}",
    "bench --samples 1000000",
    "bench --runs 1000000 --samples 0",
    "bench --model {model} --samples 1000000",
    "board run --scene {pictures}",
]


@pytest.mark.parametrize("line", LONG)
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"])
def test_it_stops_cleanly_and_the_board_is_free(
    line: str, number: signal.Signals, code: int, native: Station, pictures: Path, tmp_path: Path
) -> None:
    arguments = [
        part.format(folder=tmp_path / "set", pictures=pictures, model=SHIPPED_MODELS["vww"]) for part in line.split(" ")
    ]
    process = native.start(*arguments)
    native.wait_until_on(process)
    time.sleep(1.0)
    process.send_signal(number)
    _, remarks = process.communicate(timeout=60)
    assert process.returncode == code, remarks
    assert "Traceback" not in remarks
    assert "Exception" not in remarks
    assert "error: " not in remarks
    assert not (native.state / "native" / "running.json").exists()
    assert "vww" in native.run("models").out
