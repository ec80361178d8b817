"""Operators along one or two dimensions: pools, MEAN, SOFTMAX, ARG_MAX, L2_NORMALIZATION."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyhost.compiler.fixed_point import (
    exp_on_negative_values,
    input_radius,
    quantize_multiplier,
    rounding_doubling_high_mul,
    wrap32,
)
from tinyhost.compiler.graph import Tensor
from tinyhost.compiler.image_format import MeanParams, NoParams, OperatorCode, PoolParams, SoftmaxParams
from tinyhost.compiler.lower.context import OperatorContext, Step
from tinyhost.compiler.lower.requantize import checked_multiplier
from tinyhost.compiler.lower.window import pool_fields

__all__ = [
    "SOFTMAX_INTEGER_BITS",
    "SOFTMAX_MAX_DEPTH",
    "checked_pool",
    "checked_reduction",
    "exponentials",
    "lower_arg_max",
    "lower_l2_normalization",
    "lower_mean",
    "lower_pool",
    "lower_softmax",
    "mean_params",
]

SOFTMAX_INTEGER_BITS = 5
SOFTMAX_MAX_DEPTH = 4095
_L2_MAX_DEPTH = 32768


def lower_pool(context: OperatorContext) -> Step:
    """AVERAGE_POOL_2D and MAX_POOL_2D; input and output share their quantization."""
    context.counts((1, 1))
    data, output = context.int8(context.input(0), rank=4), context.int8(context.output(), rank=4)
    window = checked_pool(context, data, output)
    low, high = context.activation_range(output)
    params = PoolParams(
        **window,
        activation_min=low,
        activation_max=high,
    )
    code = OperatorCode[context.operator.code]
    return Step(code=code, inputs=(data.index,), output=output.index, params=params, name=output.name)


def checked_pool(context: OperatorContext, data: Tensor, output: Tensor) -> dict[str, Any]:
    """Return the fields of a pool's window; raise unless its output has the window's size and the input's scale."""
    if abs(float(data.scale - output.scale)) > 1e-6 or data.zero_point != output.zero_point:
        raise context.unsupported("input and output have different quantization; supported: the same")
    return pool_fields(context, data, output)


def lower_mean(context: OperatorContext) -> Step:
    """MEAN and SUM over height and width, as TFLM's QuantizedMeanOrSum: a MEAN's multiplier holds the division."""
    context.counts((2, 2))
    data, output = context.int8(context.input(0), rank=4), context.int8(context.output())
    n_pixels = checked_reduction(context, data, output)
    params = mean_params(context, data, output, n_pixels if context.operator.code == "MEAN" else 1)
    return Step(code=OperatorCode.MEAN, inputs=(data.index,), output=output.index, params=params, name=output.name)


def checked_reduction(context: OperatorContext, data: Tensor, output: Tensor) -> int:
    """Return the number of pixels that a reduction covers; raise unless it is over height and width."""
    axes = sorted(int(axis) % 4 for axis in context.constant(context.input(1), "int32").reshape(-1))
    if axes != [1, 2]:
        raise context.unsupported(f"axes {axes}; supported: height and width, [1, 2]")
    n, height, width, depth = data.shape
    context.same_shape(output, (n, 1, 1, depth) if context.option("KeepDims") else (n, depth))
    return height * width


def mean_params(context: OperatorContext, data: Tensor, output: Tensor, count: int) -> MeanParams:
    """Return the parameters of a sum over `count`."""
    multiplier, shift = checked_multiplier(context, float(data.scale) / float(output.scale))
    count_shift = min(count.bit_length() - 1, 32, 31 + shift)
    return MeanParams(multiplier=(multiplier << count_shift) // count, shift=shift - count_shift)


def lower_arg_max(context: OperatorContext) -> Step:
    """ARG_MAX along the middle one of three dimensions, of int8 or floats, to int32."""
    context.counts((2, 2))
    data, output = context.moved(context.input(0)), context.output()
    if output.dtype != "int32":
        raise context.unsupported(
            f"output {output.dtype}; supported: int32", way_out="use tf.math.argmax(..., output_type=tf.int32)"
        )
    if len(data.shape) != 3 or context.constant(context.input(1), "int32").reshape(-1).tolist() != [1]:
        raise context.unsupported(f"shape {data.shape} along this axis; supported: a constant axis")
    context.same_shape(output, (data.shape[0], data.shape[2]))
    code = OperatorCode[context.operator.code]
    return Step(code=code, inputs=(data.index,), output=output.index, params=NoParams(), name=output.name)


def lower_l2_normalization(context: OperatorContext) -> Step:
    """L2_NORMALIZATION along the last dimension, to scale 1/128 and zero point 0."""
    context.counts((1, 1))
    data, output = context.int8(context.input(0)), context.int8(context.output())
    context.same_shape(output, data.shape)
    if float(output.scale) != 1 / 128 or output.zero_point != 0:
        raise context.unsupported("output quantization; supported: scale 1/128 and zero point 0")
    if not data.shape or data.shape[-1] > _L2_MAX_DEPTH or context.option("FusedActivationFunction") != 0:
        raise context.unsupported(f"shape {data.shape}; supported: up to {_L2_MAX_DEPTH} elements, no activation")
    code = OperatorCode.L2_NORMALIZATION
    return Step(code=code, inputs=(data.index,), output=output.index, params=NoParams(), name=output.name)


def lower_softmax(context: OperatorContext) -> Step:
    """SOFTMAX along the last dimension; the exponential of every possible difference goes into a table."""
    context.counts((1, 1))
    data, output = context.int8(context.input(0)), context.int8(context.output())
    context.same_shape(output, data.shape)
    if float(output.scale) != 1 / 256 or output.zero_point != -128:
        raise context.unsupported("output quantization; supported: scale 1/256 and zero point -128")
    if not data.shape or data.shape[-1] > SOFTMAX_MAX_DEPTH:
        raise context.unsupported(f"shape {data.shape}; supported: up to {SOFTMAX_MAX_DEPTH} classes")
    real = context.real_option("Beta") * float(data.scale) * (1 << (31 - SOFTMAX_INTEGER_BITS))
    if not real > 1:
        raise context.unsupported(
            f"its input's scale is {float(data.scale):.3g}, as of scores that are the same for every input, and "
            f"TensorFlow Lite Micro refuses it, too; supported: more than 2^-{31 - SOFTMAX_INTEGER_BITS} / beta",
            way_out="train the model, or load its weights, before it is converted, and give the converter a "
            "representative data set of real inputs: scores that differ have a larger scale",
        )
    table = exponentials(min(real, 2**31 - 1.0))
    params = SoftmaxParams(table_offset=context.pool.add(table.astype("<i4").tobytes()))
    return Step(code=OperatorCode.SOFTMAX, inputs=(data.index,), output=output.index, params=params, name=output.name)


def exponentials(real_multiplier: float) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """Return exp(-i * scale * beta) as Q0.31 for i in 0..255; 0 where TFLM leaves the term out."""
    multiplier, shift = quantize_multiplier(real_multiplier)
    smallest = -input_radius(SOFTMAX_INTEGER_BITS, shift)
    table = np.zeros(256, dtype=np.int32)
    for i in range(256):
        if -i >= smallest:
            scaled = rounding_doubling_high_mul(wrap32(-i << shift), multiplier)
            table[i] = exp_on_negative_values(scaled, SOFTMAX_INTEGER_BITS)
    return table
