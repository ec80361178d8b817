"""The board computes what the same code computes on this computer, to the bit."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost._firmware import Engine, preprocess_frame
from tinyhost.compiler import ModelImage
from tinyhost.device import Device
from tinyhost.models.file import ModelFile
from tinyhost.protocol.messages import InferSource, Source
from tinyhost.protocol.pattern import pattern_bytes

SEEDS = range(1, 6)


@pytest.fixture
def host(default_model: ModelFile) -> Engine:
    """The firmware's engine on this computer, with the board's model."""
    engine = Engine()
    engine.load(default_model.image)
    return engine


def host_output(engine: Engine, data: bytes) -> bytes:
    engine.set_input(data)
    engine.invoke()
    return bytes(engine.output().tobytes())


def pictures() -> dict[str, NDArray[np.uint8]]:
    rng = np.random.default_rng(5)
    y, x = np.mgrid[0:96, 0:96]
    return {
        "noise_96x96": rng.integers(0, 256, (96, 96)).astype(np.uint8),
        "ramp_96x96": ((x * 2 + y) % 256).astype(np.uint8),
        "noise_120x160": rng.integers(0, 256, (120, 160)).astype(np.uint8),
        "black_96x96": np.zeros((96, 96), np.uint8),
        "white_96x96": np.full((96, 96), 255, np.uint8),
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_the_board_answers_as_the_host_on_pattern_input(device: Device, host: Engine, seed: int) -> None:
    data = pattern_bytes(seed, host.input_info["n_bytes"])
    inference = device.infer(InferSource.PATTERN, seed=seed)
    assert inference.input_crc32 == zlib.crc32(data)
    assert inference.output == host_output(host, data)


def test_input_that_is_sent_gives_what_the_same_pattern_gives(device: Device, host: Engine) -> None:
    data = pattern_bytes(9, host.input_info["n_bytes"])
    assert device.infer(InferSource.INPUT, data=data).output == device.infer(InferSource.PATTERN, seed=9).output


def test_every_operator_agrees_with_the_host(device: Device, host: Engine) -> None:
    host.set_input(pattern_bytes(2, host.input_info["n_bytes"]))
    n_steps = 0
    for index, output in device.step_operators(InferSource.PATTERN, seed=2):
        host.invoke_range(index, index + 1)
        assert output == host.operator_output(index).tobytes(), f"operator {index}, {host.operator_name(index)}"
        n_steps += 1
    assert n_steps == host.n_operators


def test_a_profile_names_every_operator_and_adds_up(
    device: Device, host: Engine, record_property: Callable[[str, object], None]
) -> None:
    inference = device.infer(InferSource.PATTERN, seed=1, profile=True)
    record_property("one inference", f"{inference.invoke_ticks:,} {device.info.tick_unit}")
    assert len(inference.operators) == host.n_operators
    assert 0 < sum(entry.ticks for entry in inference.operators) <= inference.invoke_ticks


@pytest.mark.apps("vww")
@pytest.mark.parametrize("name", pictures())
def test_a_picture_is_preprocessed_as_on_the_host(
    device: Device, host: Engine, default_model: ModelFile, name: str
) -> None:
    picture = pictures()[name]
    metadata = ModelImage.parse(default_model.image).metadata
    height, width, channels = host.input_info["shape"][-3:]
    expected = preprocess_frame(
        picture, (height, width, channels), (metadata.pixel_multiplier, metadata.pixel_offset)
    ).tobytes()
    inference = device.infer(InferSource.SAMPLE, data=picture)
    assert inference.sample_crc32 == zlib.crc32(picture.tobytes())
    assert inference.input_crc32 == zlib.crc32(expected)
    assert inference.output == host_output(host, expected)


def test_the_same_input_gives_the_same_answer_every_time(device: Device, default_model: ModelFile) -> None:
    outputs = {device.infer(InferSource.PATTERN, seed=4).output for _ in range(5)}
    assert len(outputs) == 1


def test_the_output_can_be_read_again(device: Device, default_model: ModelFile) -> None:
    inference = device.infer(InferSource.PATTERN, seed=4)
    assert device.read(Source.OUTPUT, n_bytes=len(inference.output)) == inference.output
