"""Plans for an arena: depthwise convolutions take fewer channels at once where their scratch memory is too much."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tinyhost import _firmware
from tinyhost.compiler import CompiledModel, ModelImage, compile_tflite
from tinyhost.compiler.checksum import image_crc32
from tinyhost.compiler.image_format import ConvParams, ImageHeader, OperatorCode, Task
from tinyhost.errors import ModelError

from tests.oracle.oracle import assert_equals_oracle
from tests.oracle.sketch import VALID, Sketch

_SHAPE = (1, 30, 30, 30)


def wide_depthwise() -> Sketch:
    """A filter of 20 rows over 30 channels: 20 * 30 * 30 * 2 B of scratch memory."""
    return Sketch(_SHAPE).depthwise(20, padding=VALID)


def depthwise_params(compiled: CompiledModel) -> ConvParams:
    image = compiled.parsed
    record = next(op for op in image.operators if op.code == OperatorCode.DEPTHWISE_CONV_2D)
    return ConvParams.unpack(image.data, image.header.constants_offset + record.params_offset)


def random_inputs(shape: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    return [rng.integers(-128, 128, shape).astype(np.int8) for _ in range(2)]


def test_a_plan_that_fits_takes_all_channels_at_once() -> None:
    compiled = compile_tflite(wide_depthwise().tflite(), name="m", arena_bytes=70_000)
    assert depthwise_params(compiled).channels_at_once == 30
    assert compiled.report.arena_bytes > 27_000 + 36_000


def test_a_plan_that_does_not_fit_takes_as_many_channels_as_do() -> None:
    compiled = compile_tflite(wide_depthwise().tflite(), name="m", arena_bytes=45_000)
    assert depthwise_params(compiled).channels_at_once == 12
    assert compiled.report.arena_bytes <= 45_000


def test_no_plan_fits_and_the_smallest_is_kept() -> None:
    compiled = compile_tflite(wide_depthwise().tflite(), name="m", arena_bytes=0)
    assert depthwise_params(compiled).channels_at_once == 4
    assert 27_000 + 4 * 20 * 30 * 2 <= compiled.report.arena_bytes < 33_000  # the output lies in the input


@pytest.mark.parametrize(("task", "channels"), [(Task.VWW, 30), (Task.KWS, 16), (Task.GENERIC, 30)])
def test_the_arena_is_that_of_the_tasks_app(task: Task, channels: int) -> None:
    compiled = compile_tflite(wide_depthwise().tflite(), name="m", task=task)
    assert depthwise_params(compiled).channels_at_once == channels


@pytest.mark.parametrize("depth", [4, 5, 9, 13, 30])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("multiplier", [1, 2])
def test_channels_in_groups_answer_as_tflm_does(*, depth: int, stride: int, multiplier: int) -> None:
    shape = (1, 11, 9, depth)
    sketch = Sketch(shape).conv(depth, 3).depthwise(3, stride=stride, multiplier=multiplier).depthwise(5).conv(depth, 1)
    assert_equals_oracle(sketch.tflite(), random_inputs(shape))  # with the least arena, too


def test_more_channels_than_there_are_or_none_are_refused() -> None:
    image = compile_tflite(wide_depthwise().tflite(), name="m").parsed
    at = image.header.constants_offset + image.operators[0].params_offset
    params = ConvParams.unpack(image.data, at)
    for channels, refused in ((0, True), (1, False), (29, False), (30, False), (31, True), (65535, True)):
        changed = bytearray(image.data)
        changed[at : at + ConvParams.SIZE] = replace(params, channels_at_once=channels).pack()
        header = replace(ImageHeader.unpack(bytes(changed)), crc32=image_crc32(changed))
        changed[: ImageHeader.SIZE] = header.pack()
        if refused:
            with pytest.raises(ModelError, match="image_parameter"):
                ModelImage.parse(bytes(changed))
        else:
            run_on_less_scratch_than_the_plan_has(bytes(changed), image.metadata.arena_bytes)


def run_on_less_scratch_than_the_plan_has(image: bytes, arena_bytes: int) -> None:
    engine = _firmware.Engine(arena_bytes, simd=True)
    engine.load(image)
    engine.set_input(random_inputs(_SHAPE)[0])
    engine.invoke()
