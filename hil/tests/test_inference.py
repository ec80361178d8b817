"""The board's results equal those of the same code on this computer, to the bit."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import pytest
from tinyhost.device import Device
from tinyhost.models.file import ModelFile
from tinyhost.models.reference import HostReference
from tinyhost.protocol.messages import InferSource, Source
from tinyhost.protocol.pattern import pattern_bytes

SEEDS = range(1, 6)


@pytest.fixture
def host(default_model: ModelFile) -> HostReference:
    """The firmware's engine on this computer, with the board's model."""
    return HostReference(default_model.image)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_board_answers_as_the_host_on_pattern_input(device: Device, host: HostReference, seed: int) -> None:
    data = pattern_bytes(seed, host.engine.input_info["n_bytes"])
    inference = device.infer(InferSource.PATTERN, seed=seed)
    assert inference.input_crc32 == zlib.crc32(data)
    assert inference.output == host.run(data)


def test_input_that_is_sent_gives_what_the_same_pattern_gives(device: Device, host: HostReference) -> None:
    data = pattern_bytes(9, host.engine.input_info["n_bytes"])
    assert device.infer(InferSource.INPUT, data=data).output == device.infer(InferSource.PATTERN, seed=9).output


def test_every_operator_agrees_with_the_host(device: Device, host: HostReference) -> None:
    expected = host.steps(pattern_bytes(2, host.engine.input_info["n_bytes"]))
    steps = device.step_operators(InferSource.PATTERN, seed=2)
    for (index, output), (_, host_output) in zip(steps, expected, strict=True):
        assert output == host_output, f"operator {index}, {host.engine.operator_name(index)}"


def test_a_profile_names_every_operator_and_adds_up(
    device: Device, host: HostReference, record_property: Callable[[str, object], None]
) -> None:
    inference = device.infer(InferSource.PATTERN, seed=1, profile=True)
    record_property("one inference", f"{inference.invoke_ticks:,} {device.info.tick_unit}")
    assert len(inference.operators) == host.engine.n_operators
    assert 0 < sum(entry.ticks for entry in inference.operators) <= inference.invoke_ticks


def test_the_same_input_gives_the_same_answer_every_time(device: Device, default_model: ModelFile) -> None:
    outputs = {device.infer(InferSource.PATTERN, seed=4).output for _ in range(5)}
    assert len(outputs) == 1


def test_the_output_can_be_read_again(device: Device, default_model: ModelFile) -> None:
    inference = device.infer(InferSource.PATTERN, seed=4)
    assert device.read(Source.OUTPUT, n_bytes=len(inference.output)) == inference.output
