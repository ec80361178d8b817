"""Operators on int32 without a scale, whose names canonical has made; CAST, and GATHER by computed indices."""

from __future__ import annotations

from tinyhost.compiler.graph import Tensor
from tinyhost.compiler.image_format import (
    BinaryFunction,
    Comparison,
    FloatCompareParams,
    Int32BinaryParams,
    NoParams,
    OperatorCode,
)
from tinyhost.compiler.lower.context import OperatorContext, Packable, Step

__all__ = ["lower_cast", "lower_gather", "lower_int32_binary", "lower_int32_compare"]

_CAST = ("float32", "int32", "int16", "int8")


def lower_int32_binary(context: OperatorContext) -> Step:
    """ADD, SUB, MUL, DIV, MAXIMUM, MINIMUM and SQUARED_DIFFERENCE, without an activation."""
    context.counts((2, 2))
    output = context.integers(context.output())
    if context.operator.options.get("FusedActivationFunction", 0):
        raise context.unsupported("a fused activation on int32; supported: NONE")
    params = Int32BinaryParams(function=BinaryFunction[context.operator.code.removeprefix("INT32_")])
    return _of_two(context, OperatorCode.INT32_BINARY, output, params)


def lower_int32_compare(context: OperatorContext) -> Step:
    """INT32_COMPARE, which canonical/booleans.py writes."""
    context.counts((2, 2))
    output = context.int8(context.output())
    params = FloatCompareParams(comparison=Comparison(context.option("Comparison")))
    return _of_two(context, OperatorCode.INT32_COMPARE, output, params)


def _of_two(context: OperatorContext, code: OperatorCode, output: Tensor, params: Packable) -> Step:
    a, b = context.integers(context.input(0)), context.integers(context.input(1))
    context.broadcast_shape(a, b, output)
    return Step(code=code, inputs=(a.index, b.index), output=output.index, params=params, name=output.name)


def lower_cast(context: OperatorContext) -> Step:
    """CAST from one type of numbers to another, whatever their scales are."""
    context.counts((1, 1))
    data, output = context.input(0), context.output()
    context.same_shape(output, data.shape)
    for tensor in (data, output):
        if tensor.dtype not in _CAST:
            raise context.unsupported(f"tensor {tensor.name!r} is {tensor.dtype}; supported: {', '.join(_CAST)}")
    inputs = (data.index,)
    return Step(code=OperatorCode.CAST, inputs=inputs, output=output.index, params=NoParams(), name=output.name)


def lower_gather(context: OperatorContext) -> Step:
    """GATHER of (outer, n, inner) by indices, as canonical/moves.py writes it."""
    context.counts((2, 2))
    data, output = context.moved(context.input(0)), context.moved(context.output())
    indices = context.integers(context.input(1))
    if len(data.shape) != 3 or data.dtype != output.dtype:
        raise context.unsupported(f"data of shape {data.shape}; supported: three dimensions")
    context.same_shape(output, (data.shape[0], indices.n_elements, data.shape[2]))
    inputs = (data.index, indices.index)
    return Step(code=OperatorCode.GATHER, inputs=inputs, output=output.index, params=NoParams(), name=output.name)
