"""Activations of one int8 input, each as a table of what TFLM's kernel answers to every value."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tinyhost.compiler.fixed_point import (
    inverse_square_root,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    round_half_away,
    rounding_divide_by_power_of_two,
)
from tinyhost.compiler.image_format import LookupParams, OperatorCode
from tinyhost.compiler.lower.context import OperatorContext, Step
from tinyhost.compiler.lower.elementwise import one_input
from tinyhost.compiler.lower.requantize import checked_multiplier
from tinyhost.compiler.lower.tables import table_step

__all__ = [
    "lower_abs",
    "lower_elu",
    "lower_exp",
    "lower_gelu",
    "lower_hard_swish",
    "lower_leaky_relu",
    "lower_log",
    "lower_lookup",
    "lower_rsqrt",
    "lower_sqrt",
]

_INT16 = np.iinfo(np.int16)
_LARGE = 80.0
"""Of which the exponential is finite in float, and that is outside of every logarithm's range."""
_RSQRT_BITS = 20
"""Of fraction, while there is no output scale yet."""


def lower_leaky_relu(context: OperatorContext) -> Step:
    """LEAKY_RELU: one multiplier for each side of zero."""
    data, output = one_input(context)
    alpha = context.real_option("Alpha")
    above = checked_multiplier(context, float(data.scale) / float(output.scale))
    below = checked_multiplier(context, abs(float(data.scale) * alpha) / float(output.scale))
    sign = -1 if alpha < 0 else 1

    def leaky(q: int) -> int:
        x = q - data.zero_point
        scaled = multiply_by_quantized_multiplier(x, *above if x >= 0 else below)
        return min(max(output.zero_point + (scaled if x >= 0 else sign * scaled), -128), 127)

    return table_step(context, OperatorCode.LOOKUP, data, output, leaky)


def lower_elu(context: OperatorContext) -> Step:
    """ELU, in float as TFLM fills its own table."""
    return _float_table_step(context, lambda x: x if x >= 0 else np.float32(math.exp(x)) - np.float32(1))


def lower_gelu(context: OperatorContext) -> Step:
    """GELU or its approximation by tanh, in float as TensorFlow Lite fills its table; TFLM has none."""
    half, cubic, root = np.float32(0.5), np.float32(0.044715), np.float32(math.sqrt(2 / math.pi))

    def exact(x: np.float32) -> np.float32:
        return x * half * np.float32(math.erfc(float(x * np.float32(-math.sqrt(0.5)))))

    def approximate(x: np.float32) -> np.float32:
        return half * x * (np.float32(1) + np.float32(math.tanh(float(root * (x + cubic * x * x * x)))))

    return _float_table_step(context, approximate if context.option("Approximate") else exact)


def lower_exp(context: OperatorContext) -> Step:
    """EXP, in float; TFLM has none of int8."""
    return _float_table_step(context, lambda x: np.float32(math.exp(min(float(x), _LARGE))))


def lower_log(context: OperatorContext) -> Step:
    """LOG, in float, of what is not above 0 the least value; TFLM has none of int8."""
    return _float_table_step(context, lambda x: np.float32(math.log(x) if x > 0 else -_LARGE))


def lower_sqrt(context: OperatorContext) -> Step:
    """SQRT, in float, of what is below 0 as of 0; TFLM has none of int8."""
    return _float_table_step(context, lambda x: np.sqrt(np.maximum(x, np.float32(0))))


def _float_table_step(context: OperatorContext, function: Callable[[np.float32], np.float32]) -> Step:
    """Return the step of a table of `function`, of real values in float."""
    data, output = one_input(context)
    inverse_scale = np.float32(1) / output.scale

    def quantized(q: int) -> int:
        scaled = float(function(data.scale * np.float32(q - data.zero_point)) * inverse_scale)
        return min(max(round_half_away(scaled) + output.zero_point, -128), 127)

    return table_step(context, OperatorCode.LOOKUP, data, output, quantized)


def lower_rsqrt(context: OperatorContext) -> Step:
    """RSQRT, in TFLM's fixed point; of 0, and of what is negative and TFLM does not take, it is the greatest value."""
    data, output = one_input(context)
    multiplier, shift = checked_multiplier(context, 1 / (math.sqrt(float(data.scale)) * float(output.scale)))

    def rsqrt(q: int) -> int:
        x = q - data.zero_point
        if x <= 0:
            return 127
        inverse, inverse_shift = inverse_square_root(x)
        fine = multiply_by_quantized_multiplier(1, inverse, inverse_shift + _RSQRT_BITS)
        scaled = multiply_by_quantized_multiplier(fine, multiplier, shift - _RSQRT_BITS)
        return min(max(scaled + output.zero_point, -128), 127)

    return table_step(context, OperatorCode.LOOKUP, data, output, rsqrt)


def lower_abs(context: OperatorContext) -> Step:
    """ABS, requantized to the output."""
    data, output = one_input(context)
    multiplier, shift = checked_multiplier(context, float(data.scale) / float(output.scale))

    def absolute(q: int) -> int:
        x = abs(q - data.zero_point)
        scaled = x if data.scale == output.scale else multiply_by_quantized_multiplier(x, multiplier, shift)
        return min(max(scaled + output.zero_point, -128), 127)

    return table_step(context, OperatorCode.LOOKUP, data, output, absolute)


def lower_hard_swish(context: OperatorContext) -> Step:
    """HARD_SWISH, in TFLM's 16-bit arithmetic: x times a rectified copy of itself, both shifted as far as they go."""
    data, output = one_input(context)
    fine_scale = float(data.scale) / 128
    multiplier, exponent = quantize_multiplier(fine_scale / float(output.scale))
    slope, slope_exponent = quantize_multiplier(fine_scale / (3 / 32768))
    if exponent > 0:
        raise context.unsupported(f"output scale {float(output.scale):.3g} is too small for the input's")

    def hard_swish(q: int) -> int:
        x = (q - data.zero_point) * 128
        on_output_scale = _high_product(x, _top_half(multiplier))
        gate = _shifted(x, slope_exponent - 1) if slope_exponent > 0 else x
        gate = _high_product(gate, _top_half(slope))
        if slope_exponent > 0:
            gate = _shifted(gate, 1)
        gate = rounding_divide_by_power_of_two(gate, max(-slope_exponent, 0))
        product = int(((gate + 32768) >> 1) * on_output_scale / 32768)  # toward zero
        return min(max(rounding_divide_by_power_of_two(product, -exponent) + output.zero_point, -128), 127)

    return table_step(context, OperatorCode.LOOKUP, data, output, hard_swish)


def lower_lookup(context: OperatorContext) -> Step:
    """LOOKUP, which canonical/float_tables.py writes; its second input holds the table."""
    data, output = context.quantized(context.input(0), ("int8", "uint8")), context.int8(context.output())
    context.same_shape(output, data.shape)
    table = context.constant(context.input(1), "int8")
    params = LookupParams(table_offset=context.pool.add(table.tobytes()))
    return Step(code=OperatorCode.LOOKUP, inputs=(data.index,), output=output.index, params=params, name=output.name)


def _top_half(multiplier: int) -> int:
    """Return a multiplier's upper 16 bits, rounded."""
    return min((multiplier + (1 << 15)) >> 16, _INT16.max)


def _high_product(a: int, b: int) -> int:
    """Return a * b / 2^15, halves rounded up."""
    return (a * b + (1 << 14)) >> 15


def _shifted(value: int, bits: int) -> int:
    """Return value * 2^bits, saturated to 16 bits."""
    return min(max(value << bits, _INT16.min), _INT16.max)
