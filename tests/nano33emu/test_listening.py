"""Hours of listening: nothing is lost, nothing restarts, and the stack stays in half of its room.

TINYHOST_SOAK_S says how long; `make soak-nano` takes two hours.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tinyhost.boards.state import BoardFolder

from tests.stations import Stations

pytestmark = [pytest.mark.firmware, pytest.mark.soak, pytest.mark.xdist_group("m4")]
STACK_BEGIN, STACK_BYTES = 0x2000_0000, 8192
"""firmware/boards/nano33ble/nano33ble.ld"""
PREDICTIONS_PER_S = 10


def test_hours_of_listening_lose_nothing_and_restart_nothing(stations: Stations, tmp_path: Path) -> None:
    seconds = int(os.environ.get("TINYHOST_SOAK_S", "7200"))
    station = stations("nano33emu", "kws", model=True)
    path = tmp_path / "predictions.jsonl"
    words = ("monitor", "--scene", "speech:yes,no?snr=15", "--seconds", str(seconds), "--json", str(path))
    station.run(*words)
    predictions = [json.loads(line) for line in path.read_text().splitlines()]
    indices = [prediction["index"] for prediction in predictions]
    assert indices == list(range(indices[0], indices[0] + len(indices)))
    assert len(indices) > 0.9 * PREDICTIONS_PER_S * (seconds - 5)
    assert set(predictions[-1]["dropped"].values()) == {0}
    assert {prediction["status"] for prediction in predictions} == {"ok"}
    log = BoardFolder(station.state, "nano33emu").log.read_text()
    ended = json.loads(log[log.rindex(" end: ") + 6 :].partition("\n")[0])
    assert (ended["starts"], ended["defects"]) == (1, 0)
    assert ended["stack_lowest"] >= STACK_BEGIN + STACK_BYTES // 2
