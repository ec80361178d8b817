"""Models that the compiler's unit tests share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.oracle.builder import ModelBuilder

__all__ = ["LSTM", "float_classifier", "lstm_operator", "picture_classifier", "sequence_model"]

LSTM = "UNIDIRECTIONAL_SEQUENCE_LSTM"


def picture_classifier(n_outputs: int = 2, size: int = 32) -> bytes:
    """Return a .tflite of convolution, ReLU fused, mean, fully connected, softmax on a (1, size, size, 1) picture."""
    rng = np.random.default_rng(0)
    b = ModelBuilder()
    x = b.tensor((1, size, size, 1), scale=1 / 255, zero_point=-128)
    filters = b.tensor((4, 3, 3, 1), scale=[0.01, 0.02, 0.03, 0.04], data=rng.integers(-127, 128, (4, 3, 3, 1)))
    bias = b.tensor((4,), dtype="int32", scale=0.01 / 255, data=rng.integers(-99, 99, 4))
    half = size // 2
    h = b.tensor((1, half, half, 4), scale=0.02, zero_point=-128)
    b.operator(
        "CONV_2D",
        [x, filters, bias],
        h,
        Padding=0,
        StrideH=2,
        StrideW=2,
        DilationHFactor=1,
        DilationWFactor=1,
        FusedActivationFunction=1,
    )
    axes = b.integers([1, 2])
    m = b.tensor((1, 4), scale=0.02, zero_point=-128)
    b.operator("MEAN", [h, axes], m, KeepDims=False)
    weights = b.tensor((n_outputs, 4), scale=0.05, data=rng.integers(-127, 128, (n_outputs, 4)))
    logits = b.tensor((1, n_outputs), scale=0.1, zero_point=0)
    b.operator("FULLY_CONNECTED", [m, weights], logits, FusedActivationFunction=0)
    y = b.tensor((1, n_outputs), scale=1 / 256, zero_point=-128)
    b.operator("SOFTMAX", [logits], y, Beta=1.0)
    return b.build([x], [y])


def float_classifier(n_in: int, *, scale: float = 0.05, zero_point: int = 3) -> bytes:
    """Return a .tflite of one fully connected layer in int8, from n_in floats to two."""
    weights = np.random.default_rng(0).integers(-127, 128, (2, n_in))
    b = ModelBuilder()
    x, y = b.tensor((1, n_in), dtype="float32"), b.tensor((1, 2), dtype="float32")
    quantized, scores = b.tensor((1, n_in), scale=scale, zero_point=zero_point), b.tensor((1, 2), scale=scale)
    b.operator("QUANTIZE", [x], quantized)
    b.operator("FULLY_CONNECTED", [quantized, b.tensor((2, n_in), scale=0.01, data=weights)], scores)
    b.operator("DEQUANTIZE", [scores], y)
    return b.build([x], [y])


def lstm_operator(b: ModelBuilder, x: int, *, n_units: int = 6) -> list[int]:
    """Add the tensors of an LSTM over `x`, as a converter writes them; return the operator's 24 inputs."""
    rng = np.random.default_rng(1)
    depth = b.tensors[x].shape[2]

    def gates(shape: tuple[int, ...], dtype: str, scale: float) -> list[int]:
        return [b.tensor(shape, dtype=dtype, scale=scale, data=rng.integers(-99, 99, shape)) for _ in range(4)]

    weights, recurrent = gates((n_units, depth), "int8", 0.01), gates((n_units, n_units), "int8", 0.01)
    biases = gates((n_units,), "int32", 1e-4)
    hidden = b.tensor((1, n_units), scale=1 / 128, zero_point=-3, is_variable=True)
    cell = b.tensor((1, n_units), dtype="int16", scale=2**-12, is_variable=True)
    return [x, *weights, *recurrent, -1, -1, -1, *biases, -1, -1, hidden, cell, -1, -1, -1, -1]


def sequence_model(
    *,
    shape: tuple[int, int, int] = (1, 7, 5),
    n_units: int = 6,
    change: Callable[[ModelBuilder, list[int]], None] = lambda builder, inputs: None,
    activation: int = 4,
    time_major: bool = False,
) -> bytes:
    """Return a .tflite of an LSTM; `change` may change the operator's inputs. Its intermediates are empty tensors."""
    b = ModelBuilder()
    x = b.tensor(shape, scale=0.02, zero_point=4)
    inputs = lstm_operator(b, x, n_units=n_units)
    change(b, inputs)
    y = b.tensor((*shape[:2], n_units), scale=1 / 128, zero_point=-3)
    empty = [b.tensor((0,), dtype="float32") for _ in range(4)] + [b.tensor((0,), scale=1 / 128, zero_point=-3)]
    options = {"FusedActivationFunction": activation, "CellClip": 10.0, "TimeMajor": time_major}
    b.operator(LSTM, inputs, y, empty, **options)
    return b.build([x], [y])
