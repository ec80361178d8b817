"""Roundabout output of converters costs nothing, and operators that cannot be rewritten are rejected by name."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from tinyhost.compiler import CompiledModel, compile_tflite, image_for_tflm
from tinyhost.compiler.canonical import REWRITTEN_OPERATORS
from tinyhost.errors import ModelError, UnsupportedModelError

from tests.oracle.builder import ModelBuilder
from tests.oracle.oracle import assert_equals_oracle, run_kernels

SCALE, ZERO_POINT = 0.05, -3


class Exporter(ModelBuilder):
    """Writes what Keras exports, with one quantization throughout."""

    def activation(self, *shape: int) -> int:
        return self.tensor(shape, scale=SCALE, zero_point=ZERO_POINT)

    def flatten(self, x: int, n_elements: int, *, any_batch: bool) -> int:
        """Flatten (1, ...) to (1, n_elements), for a batch of any size or of 1."""
        y = self.activation(1, n_elements)
        if not any_batch:
            return self.operator("RESHAPE", [x, self.integers([1, n_elements])], y)
        shape, batch, target = (self.tensor(dims, dtype="int32") for dims in ((4,), (), (2,)))
        self.operator("SHAPE", [x], shape, OutType=2)
        bounds = [self.integers([value]) for value in (0, 1, 1)]
        self.operator("STRIDED_SLICE", [shape, *bounds], batch, ShrinkAxisMask=1)
        self.operator("PACK", [batch, self.integers(-1)], target, ValuesCount=2, Axis=0)
        return self.operator("RESHAPE", [x, target], y)

    def dense(self, x: int, n_in: int, n_out: int) -> int:
        weights = np.random.default_rng(1).integers(-127, 128, (n_out, n_in))
        filters = self.tensor((n_out, n_in), scale=0.01, data=weights)
        return self.operator("FULLY_CONNECTED", [x, filters], self.activation(1, n_out), FusedActivationFunction=0)


def inputs(*shape: int) -> list[NDArray[np.int8]]:
    rng = np.random.default_rng(0)
    return [rng.integers(-128, 128, shape).astype(np.int8) for _ in range(4)]


def codes(compiled: CompiledModel) -> list[str]:
    return [operator.code for operator in compiled.report.operators]


def flattening(*, any_batch: bool) -> bytes:
    b = Exporter()
    x = b.activation(1, 8, 8, 1)
    return b.build([x], [b.dense(b.flatten(x, 64, any_batch=any_batch), 64, 2)])


def test_flattening_for_a_batch_of_any_size_costs_nothing() -> None:
    any_batch = assert_equals_oracle(flattening(any_batch=True), inputs(1, 8, 8, 1))
    one = compile_tflite(flattening(any_batch=False), name="oracle")
    assert codes(any_batch) == ["FULLY_CONNECTED"]
    assert any_batch.report == one.report
    assert any_batch.parsed.constants == one.parsed.constants


def test_a_convolution_along_time_is_one_of_height_1() -> None:
    b = Exporter()
    x = b.activation(1, 16, 3)
    picture = b.operator("EXPAND_DIMS", [x, b.integers(-3)], b.activation(1, 1, 16, 3))
    weights = np.random.default_rng(2).integers(-127, 128, (4, 1, 3, 3))
    filters = b.tensor((4, 1, 3, 3), scale=[0.01] * 4, data=weights)
    bias = b.tensor((4,), dtype="int32", scale=SCALE * 0.01, data=np.arange(4))
    window = {"Padding": 1, "StrideH": 1, "StrideW": 1, "DilationHFactor": 1, "DilationWFactor": 1}
    y = b.operator("CONV_2D", [picture, filters, bias], b.activation(1, 1, 14, 4), FusedActivationFunction=1, **window)
    flat = b.operator("RESHAPE", [y, b.integers([-1, 14, 4])], b.activation(1, 14, 4))
    mean = b.operator("MEAN", [flat, b.integers(1)], b.activation(1, 4), KeepDims=False)
    compiled = assert_equals_oracle(b.build([x], [b.dense(mean, 4, 2)]), inputs(1, 16, 3))
    assert codes(compiled) == ["CONV_2D", "MEAN", "FULLY_CONNECTED"]


def dense_of_rows(*, any_batch: bool) -> bytes:
    """Dense of (1, 4, 6), whose rows Keras makes of shapes that the file leaves open, and then a state of zeros."""
    b = Exporter()
    x = b.activation(1, 4, 6)
    rows, target = b.activation(1 if any_batch else 4, 1 if any_batch else 6), b.integers([4, 6])
    if any_batch:
        shape, parts = b.tensor((3,), dtype="int32"), [b.tensor((n,), dtype="int32") for n in (2, 1)]
        b.operator("SHAPE", [x], shape, OutType=2)
        products = []
        for part, axes in zip(parts, ([0, 1], [2]), strict=True):
            b.operator("GATHER", [shape, b.integers(axes)], part, Axis=0, BatchDims=0)
            product = b.tensor((), dtype="int32")
            products.append(b.operator("REDUCE_PROD", [part, b.integers([0])], product, KeepDims=False))
        target = b.operator("PACK", products, b.tensor((2,), dtype="int32"), ValuesCount=2, Axis=0)
    b.operator("RESHAPE", [x, target], rows)
    weights = b.tensor((5, 6), scale=0.01, data=np.random.default_rng(1).integers(-127, 128, (5, 6)))
    y = b.activation(1 if any_batch else 4, 5)
    b.operator("FULLY_CONNECTED", [rows, weights], y, FusedActivationFunction=0)
    y = b.operator("RESHAPE", [y, b.integers([1, 4, 5])], b.activation(1, 4, 5))
    if any_batch:
        zero = b.tensor((), scale=SCALE, zero_point=ZERO_POINT, data=np.array(7))
        state = b.operator("FILL", [b.integers([1, 4, 5]), zero], b.activation(1, 1, 1))
    else:
        state = b.tensor((1, 4, 5), scale=SCALE, zero_point=ZERO_POINT, data=np.full((1, 4, 5), 7))
    return b.build([x], [b.operator("ADD", [y, state], b.activation(1, 4, 5), FusedActivationFunction=0)])


def test_shapes_that_a_file_leaves_open_follow_from_its_input() -> None:
    """TensorFlow Lite Micro refuses these; with a batch of 1 they are the same model."""
    one = assert_equals_oracle(dense_of_rows(any_batch=False), inputs(1, 4, 6))
    any_batch = compile_tflite(dense_of_rows(any_batch=True), name="oracle")
    assert codes(any_batch) == codes(one)
    for ours, theirs in zip(*(run_kernels(model, inputs(1, 4, 6)) for model in (any_batch, one)), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_five_dimensions_are_as_many_as_repeat_alike() -> None:
    """As in GroupNormalization: groups of channels less their means."""
    b = Exporter()
    x = b.activation(1, 3, 3, 8)
    groups = b.operator("RESHAPE", [x, b.integers([1, 3, 3, 2, 4])], b.activation(1, 3, 3, 2, 4))
    mean = b.operator("MEAN", [groups, b.integers([1, 2, 4])], b.activation(1, 1, 1, 2, 1), KeepDims=True)
    y = b.operator("SUB", [groups, mean], b.activation(1, 3, 3, 2, 4), FusedActivationFunction=0)
    y = b.operator("TANH", [y], b.tensor((1, 3, 3, 2, 4), scale=1 / 128))
    flat = b.operator("RESHAPE", [y, b.integers([1, 72])], b.tensor((1, 72), scale=1 / 128))
    assert_equals_oracle(b.build([x], [flat]), inputs(1, 3, 3, 8))


def test_a_mean_over_the_ends_of_a_shape_brings_them_together_first() -> None:
    b = Exporter()
    x = b.activation(2, 3, 4, 5)
    y = b.operator("MEAN", [x, b.integers([0, -1])], b.activation(3, 4), KeepDims=False)
    compiled = assert_equals_oracle(b.build([x], [y]), inputs(2, 3, 4, 5))
    assert codes(compiled) == ["STRIDED_COPY", "MEAN"]


def test_parts_that_are_joined_as_they_were_split_are_one_copy_each() -> None:
    b = Exporter()
    x = b.activation(1, 4, 4, 6)
    parts = [b.activation(1, 4, 4, 3) for _ in range(2)]
    b.custom_operator("SPLIT", [b.integers(3), x], parts, NumSplits=2)
    y = b.operator("CONCATENATION", parts[::-1], b.activation(1, 4, 4, 6), Axis=3, FusedActivationFunction=0)
    compiled = assert_equals_oracle(b.build([x], [y]), inputs(1, 4, 4, 6))
    assert codes(compiled) == ["STRIDED_COPY", "STRIDED_COPY", "CONCATENATION"]


def test_more_parts_than_one_operator_takes_are_joined_in_groups() -> None:
    b = Exporter()
    x = b.activation(23, 2)
    parts = [b.activation(2) for _ in range(23)]
    b.custom_operator("UNPACK", [x], parts, Num=23, Axis=0)
    y = b.operator("PACK", parts, b.activation(2, 23), ValuesCount=23, Axis=1)
    assert codes(assert_equals_oracle(b.build([x], [y]), inputs(23, 2))).count("CONCATENATION") == 4


def test_a_concatenation_of_more_inputs_than_an_operator_takes_is_several() -> None:
    b = Exporter()
    x = b.activation(1, 3)
    y = b.operator("CONCATENATION", [x] * 23, b.activation(1, 69), Axis=-1, FusedActivationFunction=0)
    compiled = compile_tflite(b.build([x], [y]), name="m")  # TensorFlow Lite Micro takes 10 inputs
    values = inputs(1, 3)
    np.testing.assert_array_equal(run_kernels(compiled, values), [np.tile(row, (1, 23)) for row in values])


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
def test_bytes_without_a_scale_that_a_model_casts_itself_are_a_table(dtype: str) -> None:
    b = ModelBuilder()
    x = b.tensor((1, 5), dtype=dtype)
    row = b.operator("RESHAPE", [x, b.integers([5])], b.tensor((5,), dtype=dtype))
    real = b.operator("CAST", [row], b.tensor((5,), dtype="float32"))
    share = b.tensor((), dtype="float32", data=np.array(1 / 255, np.float32))
    real = b.operator("MUL", [real, share], b.tensor((5,), dtype="float32"), FusedActivationFunction=0)
    y = b.operator("QUANTIZE", [real], b.tensor((5,), scale=1 / 255, zero_point=-128))
    model = b.build([x], [y])
    if dtype == "int8":
        compiled = assert_equals_oracle(model, inputs(1, 5))
    else:  # TensorFlow Lite Micro does not cast these
        compiled = compile_tflite(model, name="m")
        pixels = np.array([[0, 1, 128, 254, 255]], np.uint8)
        assert run_kernels(compiled, [pixels])[0].tolist() == [-128, -127, 0, 126, 127]
    assert codes(compiled) == ["LOOKUP"]


def test_inputs_and_outputs_lose_the_dimensions_of_1_in_front_that_are_too_many() -> None:
    b = Exporter()
    x = b.activation(1, 3, 4, 4, 2)
    y = b.operator("RELU", [x], b.activation(1, 3, 4, 4, 2))
    compiled = assert_equals_oracle(b.build([x], [y]), inputs(3, 4, 4, 2))
    assert compiled.parsed.input.shape == compiled.parsed.output.shape == (3, 4, 4, 2)


PLAIN = {"Padding": 1, "StrideH": 1, "StrideW": 1, "FusedActivationFunction": 0}


def dilated_line(*, any_batch: bool, pads: tuple[int, int] = (4, 0)) -> bytes:
    """A convolution of 3 taps over a line, every second of them, as it is exported for a batch of any size or of 1."""
    b = Exporter()
    x = b.activation(1, 20, 3)
    weights = np.random.default_rng(2).integers(-127, 128, (4, 1, 3, 3))
    filters = b.tensor((4, 1, 3, 3), scale=[0.01] * 4, data=weights)
    bias = b.tensor((4,), dtype="int32", scale=SCALE * 0.01, data=np.arange(4))
    n = 20 + sum(pads)
    if any_batch:
        block, crops = b.integers([2]), b.integers([(0, 0)])
        apart = b.operator("SPACE_TO_BATCH_ND", [x, block, b.integers([pads])], b.activation(1, n // 2, 3))
        line = b.operator("EXPAND_DIMS", [apart, b.integers(1)], b.activation(1, 1, n // 2, 3))
        dilation = {"DilationHFactor": 1, "DilationWFactor": 1}
        y = b.operator("CONV_2D", [line, filters, bias], b.activation(1, 1, n // 2 - 2, 4), **PLAIN, **dilation)
        flat = b.operator("SQUEEZE", [y], b.activation(1, n // 2 - 2, 4))
        return b.build([x], [b.operator("BATCH_TO_SPACE_ND", [flat, block, crops], b.activation(1, n - 4, 4))])
    padded = b.operator("PAD", [x, b.integers([(0, 0), pads, (0, 0)])], b.activation(1, n, 3))
    line = b.operator("RESHAPE", [padded, b.integers([1, 1, n, 3])], b.activation(1, 1, n, 3))
    dilation = {"DilationHFactor": 1, "DilationWFactor": 2}
    y = b.operator("CONV_2D", [line, filters, bias], b.activation(1, 1, n - 4, 4), **PLAIN, **dilation)
    return b.build([x], [b.operator("RESHAPE", [y, b.integers([1, n - 4, 4])], b.activation(1, n - 4, 4))])


@pytest.mark.parametrize("pads", [(4, 0), (2, 2), (0, 0)])
def test_a_dilated_convolution_for_a_batch_of_any_size_is_the_one_for_a_batch_of_1(pads: tuple[int, int]) -> None:
    one = assert_equals_oracle(dilated_line(any_batch=False, pads=pads), inputs(1, 20, 3))
    folded = compile_tflite(dilated_line(any_batch=True, pads=pads), name="m")
    assert codes(folded) == ["CONV_2D"]
    np.testing.assert_array_equal(run_kernels(folded, inputs(1, 20, 3)), run_kernels(one, inputs(1, 20, 3)))


def test_dilated_convolutions_that_share_the_pixels_taken_apart_are_two_convolutions() -> None:
    b = Exporter()
    x = b.activation(1, 20, 3)
    block, crops = b.integers([2]), b.integers([(0, 0)])
    apart = b.operator("SPACE_TO_BATCH_ND", [x, block, b.integers([(0, 0)])], b.activation(2, 10, 3))
    line = b.operator("EXPAND_DIMS", [apart, b.integers(1)], b.activation(2, 1, 10, 3))
    ends = []
    for seed in (1, 2):
        weights = np.random.default_rng(seed).integers(-127, 128, (4, 1, 2, 3))
        filters = b.tensor((4, 1, 2, 3), scale=[0.01] * 4, data=weights)
        bias = b.tensor((4,), dtype="int32", scale=SCALE * 0.01, data=np.arange(4))
        y = b.operator(
            "CONV_2D", [line, filters, bias], b.activation(2, 1, 9, 4), **PLAIN, DilationHFactor=1, DilationWFactor=1
        )
        flat = b.operator("SQUEEZE", [y], b.activation(2, 9, 4))
        ends.append(b.operator("BATCH_TO_SPACE_ND", [flat, block, crops], b.activation(1, 18, 4)))
    gated = b.operator("MUL", ends, b.activation(1, 18, 4), FusedActivationFunction=0)
    compiled = assert_equals_oracle(b.build([x], [gated]), inputs(1, 20, 3))
    assert codes(compiled) == ["CONV_2D", "CONV_2D", "MUL"]


def test_a_dilated_convolution_of_floats_among_bytes_is_one_convolution() -> None:
    b = Exporter()
    x = b.tensor((1, 20, 3), scale=1 / 16, zero_point=-3)
    weights = np.random.default_rng(3).integers(-8, 9, (4, 1, 2, 3)) / 8  # all sums are exact
    block, ends = b.integers([2]), b.integers([(0, 0)])
    apart = b.operator("SPACE_TO_BATCH_ND", [x, block, ends], b.tensor((2, 10, 3), scale=1 / 16, zero_point=-3))
    line = b.operator("EXPAND_DIMS", [apart, b.integers(1)], b.tensor((2, 1, 10, 3), scale=1 / 16, zero_point=-3))
    real = b.operator("DEQUANTIZE", [line], b.tensor((2, 1, 10, 3), dtype="float32"))
    filters = b.tensor((4, 1, 2, 3), dtype="float32", data=weights)
    bias = b.tensor((4,), dtype="float32", data=np.arange(4) / 4)
    convolved = b.operator(
        "CONV_2D",
        [real, filters, bias],
        b.tensor((2, 1, 9, 4), dtype="float32"),
        **PLAIN,
        DilationHFactor=1,
        DilationWFactor=1,
    )
    y = b.operator("QUANTIZE", [convolved], b.tensor((2, 1, 9, 4), scale=1 / 4, zero_point=5))
    flat = b.operator("SQUEEZE", [y], b.tensor((2, 9, 4), scale=1 / 4, zero_point=5))
    joined = b.operator("BATCH_TO_SPACE_ND", [flat, block, ends], b.tensor((1, 18, 4), scale=1 / 4, zero_point=5))
    compiled = assert_equals_oracle(b.build([x], [joined]), inputs(1, 20, 3))
    assert codes(compiled) == ["DEQUANTIZE", "FLOAT_CONV_2D", "QUANTIZE"]


def test_floats_become_uint8_by_way_of_int8() -> None:
    def quantizing(dtype: str, zero_point: int) -> bytes:
        b = ModelBuilder()
        x = b.tensor((1, 64), dtype="float32")
        y = b.tensor((1, 64), dtype=dtype, scale=0.03, zero_point=zero_point)
        return b.build([x], [b.operator("QUANTIZE", [x], y)])

    values = [np.random.default_rng(4).normal(0, 2, (1, 64)).astype(np.float32)]
    (signed,) = run_kernels(assert_equals_oracle(quantizing("int8", -9), values), values)
    compiled = compile_tflite(quantizing("uint8", 119), name="m")
    (found,) = run_kernels(compiled, values)
    np.testing.assert_array_equal(found, (signed.astype(np.int16) + 128).astype(np.uint8))


def taken_apart(
    shape: tuple[int, ...], block: list[int], pads: list[int], crops: list[int], *, pads_first: bool = False
) -> bytes:
    """RELU of pixels that are taken apart before it and put together after it. pads, crops: before and after each."""
    b = Exporter()
    n, edges, ends = len(block), np.reshape(pads, (-1, 2)), np.reshape(crops, (-1, 2))
    padded = np.array(shape[1 : 1 + n]) + edges.sum(axis=1)
    parts = (shape[0] * math.prod(block), *(padded // block).tolist(), *shape[1 + n :])
    x = source = b.activation(*shape)
    if pads_first:
        around = [(0, 0), *edges.tolist(), *[(0, 0)] * len(shape[1 + n :])]
        whole = b.activation(shape[0], *padded.tolist(), *shape[1 + n :])
        source, edges = b.operator("PAD", [x, b.integers(around)], whole), np.zeros_like(edges)
    apart = b.operator("SPACE_TO_BATCH_ND", [source, b.integers(block), b.integers(edges)], b.activation(*parts))
    positive = b.operator("RELU", [apart], b.activation(*parts))
    output = b.activation(shape[0], *(padded - ends.sum(axis=1)).tolist(), *shape[1 + n :])
    return b.build([x], [b.operator("BATCH_TO_SPACE_ND", [positive, b.integers(block), b.integers(ends)], output)])


@pytest.mark.parametrize(
    ("shape", "block", "crops"),
    [
        ((1, 4, 4, 3), [2, 2], [0, 0, 0, 0]),
        ((2, 6, 4, 2), [3, 2], [1, 2, 0, 1]),
        ((2, 8, 3), [2], [1, 0]),
    ],
    ids=["blocks", "crops", "a line"],
)
def test_pixels_taken_apart_around_anything_else_are_copied(
    shape: tuple[int, ...], block: list[int], crops: list[int]
) -> None:
    compiled = assert_equals_oracle(taken_apart(shape, block, [0] * len(crops), crops), inputs(*shape))
    assert set(codes(compiled)) <= {"RELU", "STRIDED_COPY", "LOOKUP"}


def test_pixels_taken_apart_are_padded_with_the_zero_point() -> None:
    numbers = ((1, 5, 4, 2), [3, 2], [1, 0, 2, 2], [0, 1, 1, 0])
    first = assert_equals_oracle(taken_apart(*numbers, pads_first=True), inputs(*numbers[0]))
    second = compile_tflite(taken_apart(*numbers), name="m")
    np.testing.assert_array_equal(run_kernels(second, inputs(*numbers[0])), run_kernels(first, inputs(*numbers[0])))


def test_pixels_taken_apart_for_a_batch_of_any_size_around_anything_else_are_refused() -> None:
    b = Exporter()
    x = b.activation(1, 4, 4, 3)
    sizes = [b.integers([2, 2]), b.integers([(0, 0), (0, 0)])]
    apart = b.operator("SPACE_TO_BATCH_ND", [x, *sizes], b.activation(1, 2, 2, 3))
    shifted = b.operator("RELU", [apart], b.activation(1, 2, 2, 3))
    y = b.operator("BATCH_TO_SPACE_ND", [shifted, *sizes], b.activation(1, 4, 4, 3))
    with pytest.raises(UnsupportedModelError, match="SPACE_TO_BATCH_ND") as refused:
        compile_tflite(b.build([x], [y]), name="m")
    assert "batch_size=1" in refused.value.hint


@pytest.mark.parametrize("approximate", [False, True])
def test_gelu_is_a_table_of_its_real_values(approximate: bool) -> None:
    b = Exporter()
    x = b.activation(256)
    y = b.operator("GELU", [x], b.tensor((256,), scale=0.02, zero_point=-110), Approximate=approximate)
    values = np.arange(-128, 128).astype(np.int8)
    (output,) = run_kernels(compile_tflite(b.build([x], [y]), name="m"), [values])
    real = SCALE * (values.astype(float) - ZERO_POINT)
    if approximate:
        gelu = real / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (real + 0.044715 * real**3)))
    else:
        gelu = real / 2 * (1 + np.vectorize(math.erf)(real / math.sqrt(2)))
    np.testing.assert_array_equal(output, np.clip(np.round(gelu / 0.02) - 110, -128, 127))


def transposed_line(*, any_batch: bool) -> bytes:
    """A Conv1DTranspose of stride 2, whose output tf_keras computes from the input's shape for a batch of any size."""
    b = Exporter()
    x = b.activation(1, 1, 12, 4)
    weights = np.random.default_rng(5).integers(-127, 128, (6, 1, 3, 4))
    filters = b.tensor((6, 1, 3, 4), scale=[0.01] * 6, data=weights)
    options = {"Padding": 0, "StrideH": 1, "StrideW": 2, "FusedActivationFunction": 0}
    sizes = (1, 1, 1) if any_batch else (1, 24, 6)
    y = b.operator("TRANSPOSE_CONV", [b.integers([1, 1, 24, 6]), filters, x], b.activation(1, *sizes), **options)
    squeezed = [y] if any_batch else [y, b.integers([1, 24, 6])]
    line = b.operator("SQUEEZE" if any_batch else "RESHAPE", squeezed, b.activation(*sizes))
    bias = b.tensor((6,), scale=SCALE, zero_point=0, data=np.arange(6))
    last = b.operator("ADD", [line, bias], b.activation(*sizes[:2], 6), FusedActivationFunction=0)
    return b.build([x], [last])


def test_the_output_of_a_transposed_convolution_may_be_left_open() -> None:
    one = assert_equals_oracle(transposed_line(any_batch=False), inputs(1, 1, 12, 4))
    open_batch = compile_tflite(transposed_line(any_batch=True), name="m")
    assert open_batch.parsed.output.shape == (1, 24, 6)
    answers = [run_kernels(model, inputs(1, 1, 12, 4)) for model in (open_batch, one)]
    for ours, theirs in zip(*answers, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_shapes_that_a_file_leaves_open_go_on_through_windows_moves_means_and_operators_on_elements() -> None:
    answers = []
    for rows in (1, 6):  # as the converter writes UpSampling2D of any batch, and as it is
        b = Exporter()
        x = b.activation(1, 3, 4, 2)
        tiled = b.operator("TILE", [x, b.integers([1, 2, 1, 1])], b.activation(1, 6, 4, 2))
        reshaped = b.operator("RESHAPE", [tiled, b.integers([-1, 6, 4, 2])], b.activation(1, rows, 4, 2))
        weights = b.tensor((3, 2, 2, 2), scale=0.02, data=np.arange(-12, 12).reshape(3, 2, 2, 2))
        window = {"Padding": 1, "StrideH": 1, "StrideW": 1, "DilationHFactor": 1, "DilationWFactor": 1}
        y = b.operator(
            "CONV_2D", [reshaped, weights], b.activation(1, max(1, rows - 1), 3, 3), FusedActivationFunction=0, **window
        )
        n = max(1, rows - 1)
        z = b.operator("RELU", [y], b.activation(1, n, 3, 3))
        bounds = [b.integers(values) for values in ([0, 0, 0, 0], [1, 5, 2, 3], [1, 1, 1, 1])]
        cropped = b.operator("STRIDED_SLICE", [z, *bounds], b.activation(1, n, 2, 3))
        joined = b.operator("CONCATENATION", [cropped, z], b.activation(1, n, 5, 3), Axis=2, FusedActivationFunction=0)
        turned = b.operator("TRANSPOSE", [joined, b.integers([0, 3, 1, 2])], b.activation(1, 3, n, 5))
        level = b.operator("MEAN", [turned, b.integers([1])], b.activation(1, n, 5), KeepDims=False)
        end = b.operator("MAXIMUM", [level, level], b.activation(1, n, 5))
        answers.append(run_kernels(compile_tflite(b.build([x], [end]), name="m"), inputs(1, 3, 4, 2)))
    of_file, of_truth = answers
    np.testing.assert_array_equal(of_file, of_truth)


@pytest.mark.parametrize(("code", "function"), [("EXP", np.exp), ("LOG", np.log)])
def test_an_exponential_or_logarithm_of_int8_is_a_table_of_its_real_values(
    code: str, function: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> None:
    b = Exporter()
    x = b.tensor((256,), scale=0.02, zero_point=-128)
    y = b.operator(code, [x], b.tensor((256,), scale=0.7, zero_point=-60))
    values = np.arange(-128, 128).astype(np.int8)
    (output,) = run_kernels(compile_tflite(b.build([x], [y]), name="m"), [values])
    with np.errstate(divide="ignore"):
        real = function(0.02 * (values.astype(float) + 128))
    np.testing.assert_array_equal(output, np.clip(np.round(real / 0.7) - 60, -128, 127))


def test_a_constant_is_packed_with_what_is_computed() -> None:
    b = Exporter()
    x = b.activation(2, 3)
    other = b.tensor((2, 3), scale=SCALE, zero_point=ZERO_POINT, data=np.arange(6).reshape(2, 3))
    y = b.operator("PACK", [x, other], b.activation(2, 2, 3), Axis=1, ValuesCount=2)
    assert codes(assert_equals_oracle(b.build([x], [y]), inputs(2, 3))) == ["CONCATENATION"]


def test_attention_multiplies_matrices_without_moving_what_lies_row_by_row() -> None:
    b = Exporter()
    x = b.activation(2, 5, 6)
    scores = b.operator("BATCH_MATMUL", [x, x], b.tensor((2, 5, 5), scale=0.5), AdjX=False, AdjY=True)
    compiled = assert_equals_oracle(b.build([x], [scores]), inputs(2, 5, 6))
    assert codes(compiled) == ["BATCH_MATMUL"]
    assert compiled.report.macs == 2 * 5 * 5 * 6


def test_a_matrix_that_is_constant_is_weights() -> None:
    b = Exporter()
    x = b.activation(2, 5, 6)
    weights = b.tensor((6, 3), scale=0.01, data=np.random.default_rng(1).integers(-127, 128, (6, 3)))
    y = b.operator("BATCH_MATMUL", [x, weights], b.activation(2, 5, 3), AdjX=False, AdjY=False)
    assert codes(assert_equals_oracle(b.build([x], [y]), inputs(2, 5, 6))) == ["FULLY_CONNECTED"]


@pytest.mark.parametrize(("code", "taken"), [("ARG_MAX", 2), ("ARG_MIN", 1)])
def test_the_index_of_an_extreme_is_of_the_first_of_equals(code: str, taken: int) -> None:
    b = Exporter()
    x, y = b.activation(1, 5), b.tensor((1,), dtype="int32")
    b.operator(code, [x, b.integers(-1)], y, OutputType=2)
    compiled = compile_tflite(b.build([x], [y]), name="m")
    (output,) = run_kernels(compiled, [np.array([[3, -9, 7, 7, -9]], np.int8)])
    assert (output.dtype.name, output.tolist()) == ("int32", [taken])
    assert compiled.parsed.output.dtype == "int32"


def test_an_index_of_64_bits_is_refused_with_the_way_out() -> None:
    b = Exporter()
    x, y = b.activation(1, 5), b.tensor((1,), dtype="int64")
    b.operator("ARG_MAX", [x, b.integers(-1)], y, OutputType=4)
    with pytest.raises(UnsupportedModelError, match=r"operator 0 \(ARG_MAX\): output int64") as refused:
        compile_tflite(b.build([x], [y]), name="m")
    assert "output_type=tf.int32" in refused.value.hint


def test_an_index_of_64_bits_that_stays_inside_the_model_is_one_of_32() -> None:
    b = Exporter()
    x, wide, y = b.activation(1, 5), b.tensor((1,), dtype="int64"), b.tensor((1,), dtype="float32")
    b.operator("CAST", [b.operator("ARG_MAX", [x, b.integers(-1)], wide, OutputType=4)], y)
    (output,) = run_kernels(compile_tflite(b.build([x], [y]), name="m"), [np.array([[3, -9, 7, 7, -9]], np.int8)])
    assert (output.dtype.name, output.tolist()) == ("float32", [2])


def test_a_comparison_times_a_number_is_a_table_of_floats() -> None:
    b = Exporter()
    x = b.activation(1, 6)
    limit = b.tensor((1,), scale=SCALE, zero_point=ZERO_POINT, data=np.array([10]))
    above = b.operator("GREATER", [x, limit], b.tensor((1, 6), dtype="bool"))
    real = b.operator("CAST", [above], b.tensor((1, 6), dtype="float32"))
    y = b.operator("QUANTIZE", [real], b.tensor((1, 6), scale=1 / 100, zero_point=-50))
    compiled = compile_tflite(b.build([x], [y]), name="m")
    (output,) = run_kernels(compiled, [np.array([[9, 10, 11, 127, -128, 12]], np.int8)])
    assert output.tolist() == [[-50, -50, 50, 50, -50, 50]]


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("STRIDED_SLICE", {"EllipsisMask": 1}),
        ("STRIDED_SLICE", {"NewAxisMask": 1}),
        ("STRIDED_SLICE", {"ShrinkAxisMask": 1}),
    ],
)
def test_what_cannot_be_rewritten_is_refused_by_name(code: str, options: dict[str, int]) -> None:
    b = Exporter()
    x = b.activation(1, 8)
    bounds = [b.integers(values) for values in ([5, 0], [9, 4], [1, 1])]
    y = b.operator(code, [x, *bounds], b.activation(1, 4), **options)
    with pytest.raises(UnsupportedModelError, match=rf"operator 0 \({code}\)"):
        compile_tflite(b.build([x], [y]), name="m")


@pytest.mark.parametrize("axis", [4, -5])
def test_an_axis_that_is_not_there_is_no_crash(axis: int) -> None:
    b = Exporter()
    x = b.activation(1, 4, 4, 6)
    parts = [b.activation(1, 4, 4, 3) for _ in range(2)]
    b.custom_operator("SPLIT", [b.integers(axis), x], parts, NumSplits=2)
    y = b.operator("MEAN", [parts[0], b.integers(axis)], b.activation(4, 4, 3), KeepDims=False)
    with pytest.raises(ModelError):
        compile_tflite(b.build([x], [y]), name="m")


def test_a_file_with_such_operators_is_not_wrapped_for_tflm() -> None:
    tflite = flattening(any_batch=True)
    with pytest.raises(UnsupportedModelError, match="PACK, SHAPE, STRIDED_SLICE cannot be in an image for Tens"):
        image_for_tflm(compile_tflite(tflite, name="m").parsed, tflite)


@pytest.mark.parametrize("code", sorted(REWRITTEN_OPERATORS))
@pytest.mark.parametrize("n_outputs", [0, 2])
def test_operators_without_what_they_need_are_no_crash(code: str, n_outputs: int) -> None:
    b = Exporter()
    x = b.activation(1, 4)
    outputs = [b.activation(1, 4) for _ in range(n_outputs)]
    b.custom_operator(code, [x], outputs)
    with pytest.raises(ModelError):
        compile_tflite(b.build([x], outputs[:1] or [b.activation(1, 4)]), name="m")


@pytest.mark.parametrize("dims", [6, [[1, 6]], [[1], [6]]])
def test_a_fill_whose_dimensions_are_no_list_is_refused_by_name(dims: ArrayLike) -> None:
    b = Exporter()
    x = b.activation(1, 6)
    value = b.tensor((), scale=SCALE, zero_point=ZERO_POINT, data=np.array(7))
    filled = b.operator("FILL", [b.integers(dims), value], b.activation(1, 6))
    y = b.operator("ADD", [x, filled], b.activation(1, 6), FusedActivationFunction=0)
    with pytest.raises(UnsupportedModelError, match=r"operator 0 \(FILL\)"):
        compile_tflite(b.build([x], [y]), name="m")


def test_sizes_that_multiply_to_nothing_make_no_memory() -> None:
    b = Exporter()
    x = b.activation(1, 2, 2, 1)
    y = b.operator("RESIZE_NEAREST_NEIGHBOR", [x, b.integers([2, 2])], b.activation(0, 2**30, 2**30, 1))
    with pytest.raises(ModelError):
        compile_tflite(b.build([x], [y]), name="m")


def test_floats_between_int8_that_change_their_shape_are_no_table() -> None:
    b = Exporter()
    x, real = b.activation(1, 8, 1, 5), b.tensor((1, 8, 1, 5), dtype="float32")
    b.operator("DEQUANTIZE", [x], real)
    y = b.operator("QUANTIZE", [real], b.activation(1, 8, 231, 5))
    with pytest.raises(ModelError, match=r"operator 1 \(QUANTIZE\).*expected \(1, 8, 1, 5\)"):
        compile_tflite(b.build([x], [y]), name="m")


@pytest.mark.parametrize("more", [[], [-1]])
def test_a_difference_of_one_float_between_int8_is_a_damaged_file(more: list[int]) -> None:
    b = Exporter()
    x, real = b.activation(1, 8), b.tensor((1, 8), dtype="float32")
    b.operator("DEQUANTIZE", [x], real)
    less = b.operator("SUB", [real, *more], b.tensor((1, 8), dtype="float32"), FusedActivationFunction=0)
    y = b.operator("QUANTIZE", [less], b.activation(1, 8))
    with pytest.raises(ModelError, match=r"operator 1 \(FLOAT_SUB\)"):
        compile_tflite(b.build([x], [y]), name="m")


@pytest.mark.parametrize("zero_point", [128, 2**40])
def test_a_zero_point_outside_of_its_type_is_reported(zero_point: int) -> None:
    b = Exporter()
    x = b.tensor((1, 4), scale=SCALE, zero_point=zero_point)
    y = b.operator("EXPAND_DIMS", [x, b.integers(0)], b.tensor((1, 1, 4), scale=SCALE, zero_point=zero_point))
    with pytest.raises(ModelError, match=f"expected a zero point of int8, got {zero_point}"):
        compile_tflite(b.build([x], [y]), name="m")


@pytest.mark.parametrize("code", ["ABS", "HARD_SWISH", "LEAKY_RELU"])
def test_scales_that_are_out_of_all_proportion_are_refused(code: str) -> None:
    b = ModelBuilder()
    x, y = b.tensor((1, 4), scale=3e38), b.tensor((1, 4), scale=1e-38)
    b.operator(code, [x], y, **({"Alpha": 0.1} if code == "LEAKY_RELU" else {}))
    with pytest.raises(UnsupportedModelError, match=rf"operator 0 \({code}\)"):
        compile_tflite(b.build([x], [y]), name="m")


def test_a_clamp_far_outside_of_the_range_of_an_output_is_none() -> None:
    b = ModelBuilder()
    x, y = b.tensor((1, 4), scale=1e-44), b.tensor((1, 4), scale=1e-44)
    b.operator("ADD", [x, x], y, FusedActivationFunction=3)
    assert codes(compile_tflite(b.build([x], [y]), name="m")) == ["LOOKUP"]
