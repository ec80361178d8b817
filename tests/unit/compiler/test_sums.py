"""The fast forms of ADD and SUB give the same bytes as TFLM's arithmetic for every pair of inputs."""

from __future__ import annotations

import numpy as np
import pytest
from tinyhost.compiler import compile_tflite
from tinyhost.compiler.constants import ConstantPool
from tinyhost.compiler.image_format import AddParams, OperatorCode
from tinyhost.compiler.lower import lower_graph
from tinyhost.compiler.tflite_reader import read_tflite

from tests.oracle.builder import ModelBuilder
from tests.oracle.oracle import assert_equals_oracle, run_compiled

_BYTES = np.arange(-128, 128)


def _every_pair(
    code: str, scales: tuple[float, float, float], zero_points: tuple[int, int, int], activation: int
) -> bytes:
    """Return a model of 65,536 elements whose second input is a constant of every byte, row by row."""
    builder = ModelBuilder()
    shape = (1, 256, 256, 1)
    root = builder.tensor(shape, scale=scales[0], zero_point=zero_points[0])
    data = np.repeat(_BYTES, 256).reshape(shape)
    constant = builder.tensor(shape, scale=scales[1], zero_point=zero_points[1], data=data)
    output = builder.tensor(shape, scale=scales[2], zero_point=zero_points[2])
    builder.operator(code, [root, constant], output, FusedActivationFunction=activation)
    return builder.build([root], [output])


@pytest.mark.parametrize("code", ["ADD", "SUB"])
@pytest.mark.parametrize(
    ("scales", "zero_points", "form"),
    [
        ((0.02311847, 0.03168213, 0.04420519), (-128, 5, 3), "linear"),
        ((0.05, 0.05, 0.05), (0, 0, 0), "linear"),  # the sum needs no rounding
        ((0.05, 0.05, 0.1), (7, -9, 1), "linear"),  # every other sum is a half
        ((0.02, 0.017, 0.03), (-1, 5, 3), "table"),  # halves, but for the rounding of the scales
        ((0.017, 0.02, 0.03), (-1, 5, 3), "table"),
        ((0.09, 0.001, 0.0121), (-20, 4, 0), "linear"),
        ((0.02 / 3, 0.015, 0.05), (0, 5, 5), "sums"),  # halves that are rounded one way near 0, another way far from it
    ],
)
def test_every_pair_of_bytes_has_the_sum_of_the_portable_kernel(
    code: str, scales: tuple[float, float, float], zero_points: tuple[int, int, int], form: str
) -> None:
    tflite = _every_pair(code, scales, zero_points, activation=0)
    (step,) = lower_graph(read_tflite(tflite, where="sum"), ConstantPool(), where="sum")
    assert isinstance(step.params, AddParams)
    assert step.params.linear_shift != 0
    assert ["linear", "table", "sums"][(step.params.table_input + 1) // 2] == form
    compiled = compile_tflite(tflite, name="sum")
    inputs = [np.tile(_BYTES, 256).astype(np.int8).reshape(1, 256, 256, 1)]
    fast, portable = (run_compiled(compiled, inputs, simd=simd) for simd in (True, False))
    assert len(np.unique(portable[0])) > 2
    assert np.array_equal(fast[0], portable[0])


@pytest.mark.parametrize("scales", [(0.02, 0.017, 0.03), (0.017, 0.02, 0.03)])
def test_the_table_is_of_the_input_that_repeats(scales: tuple[float, float, float]) -> None:
    builder = ModelBuilder()
    gate = builder.tensor((256,), scale=scales[0], zero_point=-1, data=_BYTES)
    root = builder.tensor((1, 256, 1, 256), scale=scales[1], zero_point=-1)
    output = builder.tensor((1, 256, 1, 256), scale=scales[2], zero_point=3)
    builder.operator("SUB", [gate, root], output, FusedActivationFunction=0)
    tflite = builder.build([root], [output])
    (step,) = lower_graph(read_tflite(tflite, where="gate"), ConstantPool(), where="gate")
    assert isinstance(step.params, AddParams)
    assert step.params.table_input == 1
    assert_equals_oracle(tflite, [np.repeat(_BYTES, 256).astype(np.int8).reshape(1, 256, 1, 256)])


@pytest.mark.parametrize("code", ["ADD", "SUB", "MUL"])
@pytest.mark.parametrize("constant", [None, 37])
def test_what_depends_on_one_tensor_alone_is_a_table_of_the_same_bytes(code: str, constant: int | None) -> None:
    scales, zero_points = (0.03, 0.03, 0.04), (4, 4, 1)
    pairs = compile_tflite(_every_pair(code, scales, zero_points, activation=1), name="pairs")
    columns = [np.tile(_BYTES, 256).astype(np.int8).reshape(1, 256, 256, 1)]
    by_second = run_compiled(pairs, columns, simd=False)[0].reshape(256, 256)
    builder = ModelBuilder()
    root, output = (builder.tensor((1, 256), scale=scales[i], zero_point=zero_points[i]) for i in (0, 2))
    other = root
    if constant is not None:
        other = builder.tensor((1,), scale=scales[1], zero_point=zero_points[1], data=np.array([constant]))
    builder.operator(code, [root, other], output, FusedActivationFunction=1)
    tflite = builder.build([root], [output])
    (step,) = lower_graph(read_tflite(tflite, where="one"), ConstantPool(), where="one")
    assert step.code is OperatorCode.LOOKUP
    expected = np.diagonal(by_second) if constant is None else by_second[constant + 128]
    outputs = run_compiled(compile_tflite(tflite, name="one"), [_BYTES.astype(np.int8).reshape(1, 256)], simd=True)
    assert np.array_equal(outputs[0][0], expected)


@pytest.mark.parametrize("code", ["ADD", "SUB", "MUL"])
@pytest.mark.parametrize("shape", [(5,), (1, 1, 1, 5), (1, 3, 1, 5), (1, 3, 1, 1), (1, 3, 7, 1), (1, 1, 7, 1), (1,)])
def test_constants_that_are_repeated_along_a_row_change_no_byte(code: str, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    builder = ModelBuilder()
    picture = (1, 3, 7, 5)
    root = builder.tensor(picture, scale=0.03, zero_point=4)
    constant = builder.tensor(shape, scale=0.02, zero_point=-3, data=rng.integers(-128, 128, shape))
    output = builder.tensor(picture, scale=0.04 if code != "MUL" else 0.06, zero_point=1)
    builder.operator(code, [constant, root], output, FusedActivationFunction=1)
    tflite = builder.build([root], [output])
    inputs = [rng.integers(-128, 128, picture).astype(np.int8)]
    as_written = run_compiled(compile_tflite(tflite, name="rows", passes=False), inputs, simd=False)
    for simd in (True, False):
        assert np.array_equal(run_compiled(compile_tflite(tflite, name="rows"), inputs, simd=simd)[0], as_written[0])


def test_a_compact_model_has_no_table_and_the_same_bytes() -> None:
    tflite = _every_pair("ADD", (0.02, 0.017, 0.03), (-1, 5, 3), 0)
    fast, compact = (compile_tflite(tflite, name="sum", compact=compact) for compact in (False, True))
    assert len(fast.image) - len(compact.image) == 1024
    inputs = [np.tile(_BYTES.astype(np.int8), 256).reshape(1, 256, 256, 1)]
    for simd in (False, True):
        ours, theirs = (run_compiled(model, inputs, simd=simd)[0] for model in (fast, compact))
        np.testing.assert_array_equal(ours, theirs)
