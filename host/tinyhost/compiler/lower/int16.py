"""Operators on int16 activations, whose names canonical/int16.py has made: elementwise ones, pools, and SOFTMAX."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.fixed_point import quantize_multiplier
from tinyhost.compiler.graph import Tensor
from tinyhost.compiler.image_format import (
    BinaryFunction,
    Int16BinaryParams,
    Int16PoolParams,
    Int16ScaleParams,
    Int16SigmoidParams,
    Int16SoftmaxParams,
    NoParams,
    OperatorCode,
    PoolKind,
    QuantizeParams,
)
from tinyhost.compiler.lower.context import OperatorContext, Packable, Step
from tinyhost.compiler.lower.reduction import checked_pool, checked_reduction, mean_params
from tinyhost.compiler.lower.requantize import checked_multiplier
from tinyhost.compiler.lower.sigmoid import sigmoid_table

__all__ = [
    "lower_int16_binary",
    "lower_int16_dequantize",
    "lower_int16_leaky_relu",
    "lower_int16_mean",
    "lower_int16_pool",
    "lower_int16_quantize",
    "lower_int16_relu6",
    "lower_int16_rsqrt",
    "lower_int16_scale",
    "lower_int16_sigmoid",
    "lower_int16_softmax",
]

_PREFIX = "INT16_"
_POOLS = {"AVERAGE_POOL_2D": PoolKind.AVERAGE, "MAX_POOL_2D": PoolKind.MAXIMUM}
_SUM_LEFT_SHIFT = 15
_LOW, _HIGH = -(2**15), 2**15 - 1
_UNITS_OF_SIGMOID = 3 * 4096.0
_SCALES_OF_TWO = {"LOGISTIC": (-12,), "TANH": (-12, -11)}
"""Exponents of input scales that TFLM shifts instead of multiplying."""
_SOFTMAX_MAX_DEPTH = 65535
_SOFTMAX_RANGE = 10.0
_RSQRT_BITS = 20
"""Of fraction, while there is no output scale yet (int16_unary.cpp)."""
_MAX_RIGHT_SHIFT = 31


def lower_int16_binary(context: OperatorContext) -> Step:
    """ADD, SUB, MUL, SQUARED_DIFFERENCE, MAXIMUM and MINIMUM; PRELU, whose slopes are int8."""
    context.counts((2, 2))
    function = BinaryFunction[_name(context)]
    a, output = context.int16(context.input(0)), context.int16(context.output())
    second = context.input(1)
    b = context.int8(second) if function == BinaryFunction.PRELU else context.int16(second)
    context.broadcast_shape(a, b, output)
    if function == BinaryFunction.PRELU and b.zero_point:
        raise context.unsupported(f"slopes of zero point {b.zero_point}; supported: 0")
    low, high = context.activation_range(output) if function in _FUSED else (_LOW, _HIGH)
    inputs, result = _multipliers(context, function, a, b, output)
    params = Int16BinaryParams(
        input_multiplier=(inputs[0][0], inputs[1][0]),
        output_multiplier=result[0],
        input_shift=(inputs[0][1], inputs[1][1]),
        output_shift=result[1],
        function=function,
        activation_min=low,
        activation_max=high,
    )
    return Step(
        code=OperatorCode.INT16_BINARY,
        inputs=(a.index, b.index),
        output=output.index,
        params=params,
        name=output.name,
    )


_FUSED = (BinaryFunction.ADD, BinaryFunction.SUB, BinaryFunction.MUL)
_Multiplier = tuple[int, int]


def _multipliers(
    context: OperatorContext, function: BinaryFunction, a: Tensor, b: Tensor, output: Tensor
) -> tuple[list[_Multiplier], _Multiplier]:
    """Return the multipliers of the inputs, and the output's; (0, 0) where there is none."""
    none = [(0, 0), (0, 0)]
    if function in (BinaryFunction.MAXIMUM, BinaryFunction.MINIMUM):
        if len({tensor.scale for tensor in (a, b, output)}) > 1:
            raise context.unsupported("inputs and output have different quantization; supported: the same")
        return none, none[0]
    product = float(a.scale) * float(b.scale) / float(output.scale)
    if function == BinaryFunction.MUL:
        return none, checked_multiplier(context, product)
    if function == BinaryFunction.PRELU:
        identity = checked_multiplier(context, float(a.scale) / float(output.scale))
        return [identity, checked_multiplier(context, product)], none[0]
    twice_max = 2 * float(max(a.scale, b.scale))
    inputs = [quantize_multiplier(float(tensor.scale) / twice_max) for tensor in (a, b)]
    if function == BinaryFunction.SQUARED_DIFFERENCE:
        return inputs, checked_multiplier(context, twice_max * twice_max / float(output.scale))
    real_output = twice_max / ((1 << _SUM_LEFT_SHIFT) * float(output.scale))
    if real_output >= 1:
        raise context.unsupported(f"output scale {float(output.scale):.3g} is too small for its inputs' scales")
    return inputs, quantize_multiplier(real_output)


def lower_int16_scale(context: OperatorContext) -> Step:
    """RELU and ABS, brought to the output's scale."""
    data, output = context.one_input(context.int16)
    scaled = _rescaled(context, data, output)
    is_abs = _name(context) == "ABS"
    params = _scale_params(scaled, scaled, low=_LOW if is_abs else 0, negates=int(is_abs))
    return _step(context, OperatorCode.INT16_SCALE, data, output, params)


def lower_int16_relu6(context: OperatorContext) -> Step:
    """RELU6; TFLM clamps in the input's quantization, whatever the output's is."""
    data, output = context.one_input(context.int16)
    same = quantize_multiplier(1.0)
    six = min(_HIGH, OperatorContext.quantize(6.0, data, _HIGH))
    return _step(context, OperatorCode.INT16_SCALE, data, output, _scale_params(same, same, low=0, high=six))


def lower_int16_leaky_relu(context: OperatorContext) -> Step:
    """LEAKY_RELU: one multiplier for each side of zero."""
    data, output = context.one_input(context.int16)
    alpha = context.real_option("Alpha")
    above = _rescaled(context, data, output)
    below = checked_multiplier(context, abs(float(data.scale) * alpha) / float(output.scale))
    params = _scale_params(above, below, negates=2 if alpha < 0 else 0)
    return _step(context, OperatorCode.INT16_SCALE, data, output, params)


def lower_int16_rsqrt(context: OperatorContext) -> Step:
    """RSQRT, in TFLM's fixed point; of 0, and of what is negative and TFLM does not take, it is the greatest value."""
    data, output = context.one_input(context.int16)
    multiplier, shift = checked_multiplier(context, 1 / (math.sqrt(float(data.scale)) * float(output.scale)))
    if shift < _RSQRT_BITS - _MAX_RIGHT_SHIFT:
        raise context.unsupported(f"output scale {float(output.scale):.3g} is too large for the input's")
    fine = multiplier, shift - _RSQRT_BITS
    return _step(context, OperatorCode.INT16_SCALE, data, output, replace(_scale_params(fine, fine), is_rsqrt=1))


def lower_int16_quantize(context: OperatorContext) -> Step:
    """QUANTIZE of float32 to int16, of int16 to another scale or to int8, of int8 to int16."""
    context.counts((1, 1))
    data, output = context.input(0), context.output()
    context.same_shape(output, data.shape)
    if data.dtype == "float32":
        context.int16(output)
        return _step(context, OperatorCode.INT16_QUANTIZE, data, output, QuantizeParams())
    for tensor in (data, output):
        context.int8(tensor) if tensor.dtype == "int8" else context.int16(tensor)
    scaled, limits = _rescaled(context, data, output), np.iinfo(output.dtype)
    params = _scale_params(scaled, scaled, low=int(limits.min), high=int(limits.max))
    return _step(context, OperatorCode.INT16_SCALE, data, output, params)


def lower_int16_dequantize(context: OperatorContext) -> Step:
    """DEQUANTIZE to float32."""
    context.counts((1, 1))
    data, output = context.int16(context.input(0)), context.floats(context.output())
    context.same_shape(output, data.shape)
    return _step(context, OperatorCode.INT16_DEQUANTIZE, data, output, NoParams())


def _rescaled(context: OperatorContext, data: Tensor, output: Tensor) -> _Multiplier:
    return checked_multiplier(context, float(data.scale) / float(output.scale))


def _scale_params(
    above: _Multiplier, below: _Multiplier, *, low: int = _LOW, high: int = _HIGH, negates: int = 0
) -> Int16ScaleParams:
    return Int16ScaleParams(
        multiplier=(above[0], below[0]),
        shift=(above[1], below[1]),
        activation_min=low,
        activation_max=high,
        negates=negates,
    )


def lower_int16_sigmoid(context: OperatorContext) -> Step:
    """LOGISTIC and TANH to scale 1/32768, by interpolation in a table of 256."""
    data, output = context.one_input(context.int16)
    name = _name(context)
    if math.log2(float(output.scale)) != -_SUM_LEFT_SHIFT:
        raise context.unsupported(f"output scale {float(output.scale):.3g}; supported: 1/32768")
    multiplier, shift = _to_sigmoid(float(data.scale), _SCALES_OF_TWO[name])
    params = Int16SigmoidParams(
        table_offset=context.pool.add(sigmoid_table().tobytes()),
        multiplier=multiplier,
        shift=shift,
        is_tanh=int(name == "TANH"),
    )
    return _step(context, OperatorCode.INT16_SIGMOID, data, output, params)


def _to_sigmoid(scale: float, exponents: tuple[int, ...]) -> tuple[int, int]:
    """Return (multiplier, shift right) that bring an input to the table's units, as TFLM chooses them."""
    exponent = round(math.log2(scale))
    if scale == 2.0**exponent and exponent in exponents:
        return 3 << (exponent - exponents[0]), 0
    multiplier, shift = scale * _UNITS_OF_SIGMOID, 0
    while multiplier <= _HIGH / 2 and shift <= 30:
        multiplier, shift = multiplier * 2, shift + 1
    return int(multiplier), shift


def lower_int16_pool(context: OperatorContext) -> Step:
    """AVERAGE_POOL_2D and MAX_POOL_2D; input and output share their quantization."""
    context.counts((1, 1))
    data, output = context.int16(context.input(0), rank=4), context.int16(context.output(), rank=4)
    window = checked_pool(context, data, output)
    low, high = context.activation_range(output)
    params = Int16PoolParams(
        **window,
        activation_min=low,
        activation_max=high,
        kind=_POOLS[_name(context)],
    )
    return _step(context, OperatorCode.INT16_POOL_2D, data, output, params)


def lower_int16_mean(context: OperatorContext) -> Step:
    """MEAN and SUM over height and width."""
    context.counts((2, 2))
    data, output = context.int16(context.input(0), rank=4), context.int16(context.output())
    n_pixels = checked_reduction(context, data, output)
    count = n_pixels if _name(context) == "MEAN" else 1
    return _step(context, OperatorCode.INT16_MEAN, data, output, mean_params(context, data, output, count))


def lower_int16_softmax(context: OperatorContext) -> Step:
    """SOFTMAX along the last dimension to scale 1/32768; exponentials and reciprocals are tables."""
    data, output = context.one_input(context.int16)
    if abs(float(output.scale) * 2**15 - 1) > 1e-3:
        raise context.unsupported(f"output scale {float(output.scale):.3g}; supported: 1/32768")
    if not data.shape or data.shape[-1] > _SOFTMAX_MAX_DEPTH:
        raise context.unsupported(f"shape {data.shape}; supported: up to {_SOFTMAX_MAX_DEPTH} classes")
    beta = context.real_option("Beta")
    if not beta > 0:
        raise context.unsupported(f"beta {beta}; supported: above 0")
    multiplier, shift = checked_multiplier(context, float(data.scale) * beta / (_SOFTMAX_RANGE / 65535.0))
    exponentials = _table(lambda x: np.exp(x.astype(np.float64)).astype(np.float32), _SOFTMAX_RANGE, _HIGH)
    reciprocals = _table(lambda x: np.float32(1) / (np.float32(1) + x), 1.0, _LOW)
    params = Int16SoftmaxParams(
        exponential_offset=context.pool.add(exponentials.tobytes()),
        reciprocal_offset=context.pool.add(reciprocals.tobytes()),
        multiplier=multiplier,
        shift=shift,
    )
    return _step(context, OperatorCode.INT16_SOFTMAX, data, output, params)


def _table(
    function: Callable[[NDArray[np.float32]], NDArray[np.float32]], width: float, zero_point: int
) -> NDArray[np.int16]:
    """Return a function at 513 places of the inputs of 16 bits, to Q15, as TFLM's LUTPopulate computes it in float.

    width: of the inputs' range, which ends at 0 for the zero point 32767, and begins there for -32768. Half of the
    error that interpolation makes in the middle between two places is taken from the first one.
    """
    one, steps = np.float32(1), np.arange(512, dtype=np.float32)
    scale = np.float32(np.float32(width) / np.float32(65535))
    low, high = (scale * np.float32(end - zero_point) for end in (_LOW, _HIGH))
    output_scale = np.float32(np.float32(2) / np.float32(65535))
    to_output = np.float32(65536) / (output_scale * np.float32(_HIGH) - output_scale * np.float32(_LOW))
    step = np.float32((high - low) / np.float32(512))
    here, middle, there = (
        function(low + steps * step),
        function(low + steps * step + step / np.float32(2)),
        function(low + (steps + one) * step),
    )
    sample = _rounded(here * to_output)
    between = _rounded((there * to_output + sample) / np.float32(2))
    entries = sample - _rounded((between - _rounded(middle * to_output)) / np.float32(2))
    last = _rounded(function(np.array([high], np.float32)) * to_output)
    table: NDArray[np.int16] = np.clip(np.concatenate([entries, last]), _LOW, _HIGH).astype("<i2")
    return table


def _rounded(values: NDArray[Any]) -> NDArray[np.float32]:
    """Return the nearest integers, halves away from zero."""
    rounded: NDArray[np.float32] = np.copysign(np.floor(np.abs(values) + np.float32(0.5)), values).astype(np.float32)
    return rounded


def _name(context: OperatorContext) -> str:
    """Return the operator's name in TensorFlow Lite."""
    return context.operator.code.removeprefix(_PREFIX)


def _step(context: OperatorContext, code: OperatorCode, data: Tensor, output: Tensor, params: Packable) -> Step:
    return Step(code=code, inputs=(data.index,), output=output.index, params=params, name=output.name)
