"""Windows along one axis, in either orientation, and taps that see only padding: rewritten with equal outputs."""

from __future__ import annotations

import numpy as np
import pytest
from tinyhost.compiler import CompiledModel

from tests.oracle.net import SAME, VALID
from tests.oracle.sketch import Sketch
from tests.unit.compiler.passes.networks import assert_same

_STEPS, _DEPTH = 40, 7


def compile_line(shape: tuple[int, ...], sketch: Sketch) -> CompiledModel:
    rng = np.random.default_rng(3)
    return assert_same(sketch.tflite(), [rng.integers(-128, 128, shape).astype(np.int8) for _ in range(3)])


def shapes(compiled: CompiledModel) -> list[tuple[int, ...]]:
    return [op.output_shape for op in compiled.report.operators]


@pytest.mark.parametrize("padding", [SAME, VALID])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (3, 1), (1, 3)])
@pytest.mark.parametrize("depthwise", [False, True])
def test_a_line_costs_the_same_in_both_orientations(
    *, padding: int, stride: int, dilation: int, depthwise: bool
) -> None:
    images = []
    for shape, size in (((1, _STEPS, 1, _DEPTH), (5, 1)), ((1, 1, _STEPS, _DEPTH), (1, 5))):
        sketch = Sketch(shape)
        if depthwise:
            sketch.depthwise(size, stride=stride, dilation=dilation, padding=padding)
        else:
            sketch.conv(9, size, stride=stride, dilation=dilation, padding=padding)
        compiled = compile_line(shape, sketch)
        images.append((shapes(compiled), compiled.report.arena_bytes, compiled.report.operators[0].weight_bytes))
    assert images[0] == images[1]
    tall = dilation > 1 and not depthwise
    assert images[0][0][0][2 if tall else 1] == 1


def test_layers_of_a_line_share_their_views() -> None:
    shape = (1, _STEPS, 1, _DEPTH)
    sketch = Sketch(shape).conv(8, (5, 1)).pool("MAX_POOL_2D", (2, 1)).conv(8, (3, 1)).mean().dense(3)
    compiled = compile_line(shape, sketch)
    assert shapes(compiled)[:3] == [(1, 1, 40, 8), (1, 1, 20, 8), (1, 1, 20, 8)]
    n_laid = 4  # the input and three outputs
    assert compiled.parsed.header.n_tensors == n_laid + len({"input", "what MEAN reads", "what it writes", "output"})


def test_the_sides_of_a_square_filter_on_a_line_are_cut_off() -> None:
    shape = (1, _STEPS, 1, _DEPTH)
    compiled = compile_line(shape, Sketch(shape).depthwise(3).conv(4, 3))
    assert [op.macs for op in compiled.report.operators] == [_STEPS * _DEPTH * 3, _STEPS * 4 * _DEPTH * 3]


def test_columns_under_the_whole_filter_are_channels_of_a_line() -> None:
    shape = (1, _STEPS, 3, 2)
    compiled = compile_line(shape, Sketch(shape).conv(8, (4, 3), padding=VALID))
    assert shapes(compiled) == [(1, 1, _STEPS - 3, 8)]


def test_pictures_stay_as_they_are() -> None:
    shape = (1, 6, 6, 2)
    compiled = compile_line(shape, Sketch(shape).conv(4, 3).depthwise(3, padding=VALID).conv(4, (4, 1), padding=VALID))
    assert shapes(compiled) == [(1, 6, 6, 4), (1, 4, 4, 4), (1, 1, 4, 4)]
