"""On m4 the same work takes the same number of instructions, to the last one."""

from __future__ import annotations

from pathlib import Path

import pytest
from tinyhost.boards.build import build_firmware
from tinyhost.boards.flash import flash_firmware
from tinyhost.boards.registry import resolve
from tinyhost.device import Device
from tinyhost.protocol.messages import InferSource

from tests.device.rig import small_model

pytestmark = pytest.mark.firmware


def test_inference_takes_as_many_instructions_after_every_start(tmp_path: Path) -> None:
    board = resolve("m4", state=tmp_path)
    flash_firmware(board, build_firmware("vww", "m4"))
    counts = set()
    for _ in range(3):
        with board.power() as power, Device.open(power) as device:
            device.push(small_model(1))
            for _ in range(5):
                answer = device.infer(InferSource.PATTERN, seed=7, profile=True)
                counts.add((answer.invoke_ticks, *(entry.ticks for entry in answer.operators)))
    assert len(counts) == 1
    invoke, *operators = counts.pop()
    assert 1000 < sum(operators) <= invoke
