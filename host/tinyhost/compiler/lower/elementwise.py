"""Operators of two inputs, and those of one 8-bit input that become tables."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tinyhost.compiler.fixed_point import (
    input_radius,
    logistic,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    round_half_away,
    rounding_divide_by_power_of_two,
    tanh,
)
from tinyhost.compiler.graph import Tensor
from tinyhost.compiler.image_format import (
    AddParams,
    CompareParams,
    Comparison,
    LookupParams,
    MulParams,
    NoParams,
    OperatorCode,
    PreluParams,
    QuantizeParams,
)
from tinyhost.compiler.lower.context import OperatorContext, Step
from tinyhost.compiler.lower.requantize import checked_multiplier
from tinyhost.compiler.lower.sums import ADD_LEFT_SHIFT, sums_of_bytes, with_fast_form
from tinyhost.compiler.lower.tables import table_of_pairs, table_step, values_of

__all__ = [
    "lower_add",
    "lower_compare",
    "lower_dequantize",
    "lower_div",
    "lower_extreme",
    "lower_logistic",
    "lower_mul",
    "lower_prelu",
    "lower_quantize",
    "lower_relu",
    "lower_relu6",
    "lower_select",
    "lower_squared_difference",
    "lower_tanh",
    "one_input",
]

_DIFFERENCE_LEFT_SHIFT = 7
_MAX_DIV_SHIFT = 22
"""Quotients have at least 23 bits of headroom to shift back (kernels/div.cpp)."""
_INTEGER_BITS = 4
"""Before the point of a LOGISTIC's or TANH's input."""


def lower_add(context: OperatorContext) -> Step:
    """ADD and SUB, with both inputs brought to twice the larger scale as in TFLM's CalculateOpDataAdd."""
    a, b, output = _two_inputs(context)
    twice_max = 2 * float(max(a.scale, b.scale))
    multipliers = [quantize_multiplier(float(tensor.scale) / twice_max) for tensor in (a, b)]
    real_output = twice_max / ((1 << ADD_LEFT_SHIFT) * float(output.scale))
    output_multiplier, output_shift = quantize_multiplier(real_output)
    if real_output >= 1 or output_shift > 0:
        raise context.unsupported(f"output scale {float(output.scale):.3g} is too small for its inputs' scales")
    low, high = context.activation_range(output)
    params = AddParams(
        input_multiplier=(multipliers[0][0], multipliers[1][0]),
        output_multiplier=output_multiplier,
        input_shift=(multipliers[0][1], multipliers[1][1]),
        output_shift=output_shift,
        activation_min=low,
        activation_max=high,
    )
    code = OperatorCode[context.operator.code]
    sign = -1 if code is OperatorCode.SUB else 1
    sums = sums_of_bytes(params, (a.zero_point, b.zero_point, output.zero_point), sign=sign)
    table = table_of_pairs(context, a, b, output, lambda x, y: int(sums[x + 128, y + 128]))
    if table is not None:
        return table
    params = with_fast_form(params, (a, b), output, context.pool, sign=sign)
    return Step(code=code, inputs=(a.index, b.index), output=output.index, params=params, name=output.name)


def lower_squared_difference(context: OperatorContext) -> Step:
    """SQUARED_DIFFERENCE, with both inputs brought to twice the larger scale."""
    a, b, output = _two_inputs(context)
    twice_max = 2 * float(max(a.scale, b.scale))
    multipliers = [quantize_multiplier(float(tensor.scale) / twice_max) for tensor in (a, b)]
    square_scale = twice_max * twice_max / (1 << 2 * _DIFFERENCE_LEFT_SHIFT)
    output_multiplier, output_shift = checked_multiplier(context, square_scale / float(output.scale))
    params = AddParams(
        input_multiplier=(multipliers[0][0], multipliers[1][0]),
        output_multiplier=output_multiplier,
        input_shift=(multipliers[0][1], multipliers[1][1]),
        output_shift=output_shift,
        activation_min=-128,
        activation_max=127,
    )
    inputs = (a.index, b.index)
    code = OperatorCode.SQUARED_DIFFERENCE
    return Step(code=code, inputs=inputs, output=output.index, params=params, name=output.name)


def lower_div(context: OperatorContext) -> Step:
    """DIV."""
    a, b, output = _two_inputs(context)
    multiplier, shift = checked_multiplier(context, float(a.scale) / (float(b.scale) * float(output.scale)))
    if shift > _MAX_DIV_SHIFT:
        raise context.unsupported(f"output scale {float(output.scale):.3g} is too small for its inputs' scales")
    low, high = context.activation_range(output)
    params = MulParams(multiplier=multiplier, shift=shift, activation_min=low, activation_max=high)
    return Step(code=OperatorCode.DIV, inputs=(a.index, b.index), output=output.index, params=params, name=output.name)


def lower_compare(context: OperatorContext) -> Step:
    """COMPARE, which canonical/booleans.py writes: both inputs are multiplied by their scales."""
    a, b, output = _two_inputs(context)
    if max(a.scale, b.scale) >= 1:
        raise context.unsupported(f"input scale {float(max(a.scale, b.scale)):.3g}; supported: below 1")
    multipliers = [quantize_multiplier(float(tensor.scale)) for tensor in (a, b)]
    params = CompareParams(
        input_multiplier=(multipliers[0][0], multipliers[1][0]),
        input_shift=(multipliers[0][1], multipliers[1][1]),
        comparison=Comparison(context.option("Comparison")),
    )
    inputs = (a.index, b.index)
    return Step(code=OperatorCode.COMPARE, inputs=inputs, output=output.index, params=params, name=output.name)


def lower_select(context: OperatorContext) -> Step:
    """SELECT of bytes or of floats, of three tensors of one shape."""
    context.counts((3, 3))
    condition = context.int8(context.input(0))
    *chosen, output = (context.moved(tensor) for tensor in (context.input(1), context.input(2), context.output()))
    for tensor in (condition, *chosen):
        context.same_shape(tensor, output.shape)
    if {(tensor.scale, tensor.zero_point) for tensor in chosen} != {(output.scale, output.zero_point)}:
        raise context.unsupported("inputs and output have different quantization; supported: the same")
    inputs = (condition.index, *(tensor.index for tensor in chosen))
    code = OperatorCode[context.operator.code]
    return Step(code=code, inputs=inputs, output=output.index, params=NoParams(), name=output.name)


def lower_extreme(context: OperatorContext) -> Step:
    """MAXIMUM and MINIMUM of bytes; TFLM takes them as they are, whatever their scales."""
    a, b, output = _two_inputs(context)
    if {(tensor.scale, tensor.zero_point) for tensor in (a, b)} != {(output.scale, output.zero_point)}:
        raise context.unsupported("inputs and output have different quantization; supported: the same")
    code = OperatorCode[context.operator.code]
    return Step(code=code, inputs=(a.index, b.index), output=output.index, params=NoParams(), name=output.name)


def lower_prelu(context: OperatorContext) -> Step:
    """PRELU; the slopes are the second input."""
    data, slopes, output = _two_inputs(context)
    multiplier, shift = checked_multiplier(context, float(data.scale) / float(output.scale))
    below = checked_multiplier(context, float(data.scale) * float(slopes.scale) / float(output.scale))
    params = PreluParams(multiplier=multiplier, shift=shift, slope_multiplier=below[0], slope_shift=below[1])
    inputs = (data.index, slopes.index)
    return Step(code=OperatorCode.PRELU, inputs=inputs, output=output.index, params=params, name=output.name)


def lower_mul(context: OperatorContext) -> Step:
    """MUL."""
    a, b, output = _two_inputs(context)
    multiplier, shift = checked_multiplier(context, float(a.scale) * float(b.scale) / float(output.scale))
    low, high = context.activation_range(output)
    params = MulParams(multiplier=multiplier, shift=shift, activation_min=low, activation_max=high)

    def product(x: int, y: int) -> int:
        scaled = multiply_by_quantized_multiplier((x - a.zero_point) * (y - b.zero_point), multiplier, shift)
        return min(max(output.zero_point + scaled, low), high)

    table = table_of_pairs(context, a, b, output, product)
    if table is not None:
        return table
    return Step(code=OperatorCode.MUL, inputs=(a.index, b.index), output=output.index, params=params, name=output.name)


def lower_relu(context: OperatorContext) -> Step:
    """RELU, requantized to the output. TFLM's source divides the scales in float; the wheel answers as if in double."""
    data, output = one_input(context)
    multiplier, shift = checked_multiplier(context, float(data.scale) / float(output.scale))

    def relu(q: int) -> int:
        scaled = multiply_by_quantized_multiplier(q - data.zero_point, multiplier, shift)
        return min(max(output.zero_point + scaled, output.zero_point), 127)

    return table_step(context, OperatorCode.RELU, data, output, relu)


def lower_relu6(context: OperatorContext) -> Step:
    """RELU6; TFLM clamps in the input's quantization, whatever the output's is."""
    data, output = one_input(context)
    six = min(127, OperatorContext.quantize(6.0, data, 127))
    return table_step(context, OperatorCode.RELU6, data, output, lambda q: max(data.zero_point, min(q, six)))


def lower_logistic(context: OperatorContext) -> Step:
    """LOGISTIC to scale 1/256 and zero point -128, as TFLM's fixed-point kernel computes it."""
    data, output = one_input(context)
    if output.zero_point != -128:
        raise context.unsupported(f"output zero point {output.zero_point}; supported: -128")
    sigmoid = _in_fixed_point(
        context, data, lambda x, bits: rounding_divide_by_power_of_two(logistic(x, bits), 23) - 128
    )
    return table_step(context, OperatorCode.LOGISTIC, data, output, sigmoid)


def lower_tanh(context: OperatorContext) -> Step:
    """TANH to scale 1/128 and zero point 0, as TFLM's fixed-point kernel computes it."""
    data, output = one_input(context)
    if output.zero_point != 0:
        raise context.unsupported(f"output zero point {output.zero_point}; supported: 0")
    function = _in_fixed_point(context, data, lambda x, bits: rounding_divide_by_power_of_two(tanh(x, bits), 24))
    return table_step(context, OperatorCode.LOOKUP, data, output, function)


def _in_fixed_point(
    context: OperatorContext, data: Tensor, function: Callable[[int, int], int]
) -> Callable[[int], int]:
    """Return `function` of inputs with a few bits before the point, at the ends of which it is at its own ends."""
    fraction, shift = math.frexp(float(data.scale) * (1 << (31 - _INTEGER_BITS)))
    multiplier = round_half_away(fraction * 2**31)
    if not 0 <= shift <= 62 or multiplier >= 2**31:
        raise context.unsupported(f"input scale {float(data.scale)} is not supported")
    radius = input_radius(_INTEGER_BITS, shift)

    def quantized(q: int) -> int:
        x = q - data.zero_point
        if abs(x) >= radius:
            return -128 if x <= -radius else 127  # the wheel takes 0 for negative where the radius is 0
        scaled = multiply_by_quantized_multiplier(x, multiplier, shift)
        return min(max(function(scaled, _INTEGER_BITS), -128), 127)

    return quantized


def lower_quantize(context: OperatorContext) -> Step:
    """QUANTIZE: of float32 to int8, or from one 8-bit quantization to another."""
    context.counts((1, 1))
    data, output = context.input(0), context.output()
    context.same_shape(output, data.shape)
    if data.dtype == "float32":
        context.int8(output)
        return Step(
            code=OperatorCode.QUANTIZE,
            inputs=(data.index,),
            output=output.index,
            params=QuantizeParams(),
            name=output.name,
        )
    context.quantized(data, ("int8", "uint8"))
    context.quantized(output, ("int8", "uint8"))
    if data.dtype == output.dtype == "uint8":
        raise context.unsupported("uint8 to uint8; supported: int8 on one side")
    multiplier, shift = checked_multiplier(context, float(data.scale) / float(output.scale))
    limits = np.iinfo(output.dtype)

    def requantize(q: int) -> int:
        scaled = multiply_by_quantized_multiplier(q - data.zero_point, multiplier, shift)
        return min(max(scaled + output.zero_point, int(limits.min)), int(limits.max))

    return table_step(context, OperatorCode.REQUANTIZE, data, output, requantize)


def lower_dequantize(context: OperatorContext) -> Step:
    """DEQUANTIZE of int8 or uint8 to float32, as a table."""
    context.counts((1, 1))
    data, output = context.quantized(context.input(0), ("int8", "uint8")), context.output()
    context.same_shape(output, data.shape)
    if output.dtype != "float32":
        raise context.unsupported(f"output {output.dtype}; supported: float32")
    values = np.array([float(data.scale) * (q - data.zero_point) for q in values_of(data)], dtype="<f4")
    params = LookupParams(table_offset=context.pool.add(values.tobytes()))
    return Step(
        code=OperatorCode.DEQUANTIZE, inputs=(data.index,), output=output.index, params=params, name=output.name
    )


def one_input(context: OperatorContext) -> tuple[Tensor, Tensor]:
    """Return input and output of an operator that keeps an int8 tensor's shape."""
    return context.one_input(context.int8)


def _two_inputs(context: OperatorContext) -> tuple[Tensor, Tensor, Tensor]:
    context.counts((2, 2))
    a, b, output = context.int8(context.input(0)), context.int8(context.input(1)), context.int8(context.output())
    context.broadcast_shape(a, b, output)
    return a, b, output
