"""Where TFLM's source and the tflite-micro wheel could differ: roundings that random models hardly ever reach."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.oracle.builder import ModelBuilder
from tests.oracle.oracle import ORACLE_IS_TFLM, assert_equals_oracle, run_engine

# SHA-256 of what the wheel answered, for Pythons without it: LiteRT rounds these otherwise.
_FULLY_CONNECTED_ANSWERS = "7ac6326e470d416f98243d8266b66e997cdaabf9b7cb8b75f5e05de20aaca53b"  # of every seed
_RELU_ANSWERS = "b4ebc35023383f1e0951fdc661112f74516af23cf3d3b70c44c88b5cca1c080f"


def _assert_equals_wheel(models: list[tuple[bytes, NDArray[np.generic]]], recorded: str) -> None:
    """Assert that the engine answers as the wheel did when it was recorded, and as the wheel if it is installed."""
    outputs = [run_engine(model, [values])[0].tobytes() for model, values in models]
    if ORACLE_IS_TFLM:
        for model, values in models:
            assert_equals_oracle(model, [values])
    assert hashlib.sha256(b"".join(outputs)).hexdigest() == recorded


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
    _assert_equals_wheel([(builder.build([x], [y]), np.zeros((1, 1), dtype=np.int8))], _FULLY_CONNECTED_ANSWERS)


def test_relu_divides_scales_in_double() -> None:
    rng = np.random.default_rng(0)
    models: list[tuple[bytes, NDArray[np.generic]]] = []
    for _ in range(300):
        value, half = int(rng.integers(1, 100)), int(rng.integers(1, 100)) + 0.5
        output_scale = float(np.float32(rng.uniform(0.01, 1)))
        input_scale = float(np.float32(half / value * output_scale))
        builder = ModelBuilder()
        x = builder.tensor((1, 1), scale=input_scale)
        y = builder.tensor((1, 1), scale=output_scale)
        builder.operator("RELU", [x], y)
        models.append((builder.build([x], [y]), np.full((1, 1), value, dtype=np.int8)))
    _assert_equals_wheel(models, _RELU_ANSWERS)


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
