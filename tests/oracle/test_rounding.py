"""Where TFLM's source and the tflite-micro wheel could differ: roundings that random models hardly ever reach."""

from __future__ import annotations

import numpy as np
import pytest
from tinyhost.compiler import compile_tflite

from tests.oracle.builder import ModelBuilder
from tests.oracle.oracle import assert_equals_oracle, run_kernels
from tests.oracle.recorded import Asked, assert_equals_wheel


@pytest.mark.parametrize("seed", range(5))
def test_fully_connected_multiplies_scales_in_double(seed: int) -> None:
    """Accumulators around the halves, from biases, so large that float and double products of scales differ."""
    rng = np.random.default_rng(seed)
    input_scale, weight_scale = (float(np.float32(x)) for x in rng.uniform(0.001, 1, 2))
    output_scale = float(np.float32(input_scale * weight_scale * 1e7))
    real = input_scale * weight_scale / output_scale
    bias = np.array([round((k + 0.5) / real) + d for k in range(60, 120) for d in range(-100, 101, 5)])
    builder = ModelBuilder()
    x = builder.tensor((1, 1), scale=input_scale)
    weights = builder.tensor((len(bias), 1), scale=weight_scale, data=np.ones((len(bias), 1)))
    biases = builder.tensor((len(bias),), dtype="int32", scale=input_scale * weight_scale, data=bias)
    y = builder.tensor((1, len(bias)), scale=output_scale, zero_point=3)
    builder.operator("FULLY_CONNECTED", [x, weights, biases], y, FusedActivationFunction=0)
    asked = (builder.build([x], [y]), [np.zeros((1, 1), dtype=np.int8)])
    assert_equals_wheel(f"fully connected, halves, {seed}", [asked])


def test_relu_divides_scales_in_double() -> None:
    rng = np.random.default_rng(0)
    asked: list[Asked] = []
    for _ in range(300):
        value, half = int(rng.integers(1, 100)), int(rng.integers(1, 100)) + 0.5
        output_scale = float(np.float32(rng.uniform(0.01, 1)))
        input_scale = float(np.float32(half / value * output_scale))
        builder = ModelBuilder()
        x = builder.tensor((1, 1), scale=input_scale)
        y = builder.tensor((1, 1), scale=output_scale)
        builder.operator("RELU", [x], y)
        asked.append((builder.build([x], [y]), [np.full((1, 1), value, dtype=np.int8)]))
    assert_equals_wheel("relu, halves", asked)


def test_relu6_bound_divides_in_float() -> None:
    for k in range(10, 120):
        for scale in (np.float32(6 / (k + 0.5)), np.nextafter(np.float32(6 / (k + 0.5)), np.float32(0))):
            builder = ModelBuilder()
            x = builder.tensor((1, 1), scale=float(scale))
            y = builder.tensor((1, 1), scale=float(scale))
            builder.operator("RELU6", [x], y)
            assert_equals_oracle(builder.build([x], [y]), [np.full((1, 1), 127, dtype=np.int8)])


def test_quantize_divides_in_float() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        scale = np.float32(rng.uniform(0.01, 1))
        values = ((np.arange(-130, 130) + 0.5) * float(scale)).astype(np.float32).reshape(1, -1)
        builder = ModelBuilder()
        x = builder.tensor(values.shape, dtype="float32")
        y = builder.tensor(values.shape, scale=float(scale), zero_point=int(rng.integers(-128, 128)))
        builder.operator("QUANTIZE", [x], y)
        assert_equals_oracle(builder.build([x], [y]), [values])


@pytest.mark.parametrize("dtype", ["int8", "int16"])
def test_leaky_relu_of_a_negative_slope_rounds_halves_of_negative_numbers_down(dtype: str) -> None:
    asked: list[Asked] = []
    for output_scale, alpha in [(1.0, -0.5), (2.0, -0.5), (0.5, -0.25), (4.0, -2.0)]:
        builder = ModelBuilder()
        x = builder.tensor((1, 21), dtype=dtype, scale=1.0)
        y = builder.tensor((1, 21), dtype=dtype, scale=output_scale)
        builder.operator("LEAKY_RELU", [x], y, Alpha=alpha)
        asked.append((builder.build([x], [y]), [np.arange(-10, 11, dtype=dtype).reshape(1, 21)]))
    assert_equals_wheel(f"leaky relu of {dtype}, halves", asked)


def test_fast_kernels_round_once_without_a_shift() -> None:
    """Multipliers in [0.5, 1) have shift 0: nothing is rounded a second time, below the zero point neither."""
    builder = ModelBuilder()
    x = builder.tensor((1, 2, 2, 1), scale=1.0)
    weights = builder.tensor((4, 1, 1, 1), scale=0.75, data=np.array([1, -1, 2, -3]).reshape(4, 1, 1, 1))
    y = builder.tensor((1, 2, 2, 4), scale=1.0)
    options = dict.fromkeys(("StrideH", "StrideW", "DilationHFactor", "DilationWFactor"), 1)
    builder.operator("CONV_2D", [x, weights], y, Padding=0, FusedActivationFunction=0, **options)
    inputs = [np.random.default_rng(seed).integers(-128, 128, (1, 2, 2, 1), np.int8) for seed in range(3)]
    run_kernels(compile_tflite(builder.build([x], [y]), name="random"), inputs)
