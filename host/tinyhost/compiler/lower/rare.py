"""Operators on int8 that few networks have: LOG_SOFTMAX and CUMSUM."""

from __future__ import annotations

from tinyhost.compiler.fixed_point import input_radius, quantize_multiplier
from tinyhost.compiler.image_format import CumsumParams, LogSoftmaxParams, OperatorCode
from tinyhost.compiler.lower.context import OperatorContext, Step
from tinyhost.compiler.lower.reduction import SOFTMAX_INTEGER_BITS, SOFTMAX_MAX_DEPTH, exponentials
from tinyhost.compiler.lower.requantize import MAX_LEFT_SHIFT, checked_multiplier

__all__ = ["lower_cumsum", "lower_log_softmax"]

_INSTEAD = "end the model with a softmax, and take the logarithm of its output on the host"
_SUM_LEFT_SHIFT = 20


def lower_log_softmax(context: OperatorContext) -> Step:
    """LOG_SOFTMAX along the last dimension, to scale 1/16 and zero point 127."""
    data, output = context.one_input(context.int8)
    if float(output.scale) != 1 / 16 or output.zero_point != 127:
        raise context.unsupported("output quantization; supported: scale 1/16 and zero point 127", way_out=_INSTEAD)
    if not data.shape or data.shape[-1] > SOFTMAX_MAX_DEPTH:
        raise context.unsupported(f"shape {data.shape}; supported: up to {SOFTMAX_MAX_DEPTH} classes")
    real = float(data.scale) * (1 << (31 - SOFTMAX_INTEGER_BITS))
    multiplier, shift = quantize_multiplier(real)
    if not real > 1 or shift > MAX_LEFT_SHIFT:
        raise context.unsupported(f"input scale {float(data.scale):.3g}; supported: from 2^-26 to 16")
    reverse, reverse_shift = quantize_multiplier((1 << (31 - shift)) / multiplier)
    params = LogSoftmaxParams(
        table_offset=context.pool.add(exponentials(real).astype("<i4").tobytes()),
        input_multiplier=multiplier,
        reverse_multiplier=reverse,
        input_shift=shift,
        reverse_shift=reverse_shift,
        diff_min=max(-input_radius(SOFTMAX_INTEGER_BITS, shift), -(1 << 15)),
    )
    return Step(
        code=OperatorCode.LOG_SOFTMAX, inputs=(data.index,), output=output.index, params=params, name=output.name
    )


def lower_cumsum(context: OperatorContext) -> Step:
    """CUMSUM along the middle one of three dimensions, as canonical/arithmetic.py writes it and ADD_N."""
    context.counts((2, 2))
    data, output = context.int8(context.input(0)), context.int8(context.output())
    if len(data.shape) != 3 or context.constant(context.input(1), "int32").reshape(-1).tolist() != [1]:
        raise context.unsupported(f"shape {data.shape} along this axis; supported: a constant axis")
    options = context.operator.options
    is_sum = int(options.get("IsSum", 0))
    context.same_shape(output, (data.shape[0], data.shape[2]) if is_sum else data.shape)
    twice = 2 * float(data.scale)
    inputs = quantize_multiplier(float(data.scale) / twice)
    outputs = checked_multiplier(context, twice / ((1 << _SUM_LEFT_SHIFT) * float(output.scale)))
    params = CumsumParams(
        input_multiplier=inputs[0],
        output_multiplier=outputs[0],
        input_shift=inputs[1],
        output_shift=outputs[1],
        exclusive=int(options["Exclusive"]),
        reverse=int(options["Reverse"]),
        is_sum=is_sum,
    )
    return Step(code=OperatorCode.CUMSUM, inputs=(data.index,), output=output.index, params=params, name=output.name)
