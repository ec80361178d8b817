"""On m4 the same work takes the same number of instructions, to the last one."""

from __future__ import annotations

import pytest
from tinyhost.device import Device
from tinyhost.protocol.messages import InferSource

from tests.device.rig import small_model
from tests.stations import Stations

pytestmark = [pytest.mark.firmware, pytest.mark.xdist_group("m4")]


def test_inference_takes_as_many_instructions_after_every_start(stations: Stations) -> None:
    board = stations("m4").board
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
