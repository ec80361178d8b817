"""Operators on float32, whose names canonical/floats.py has made: in TFLM's order of additions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.graph import Tensor
from tinyhost.compiler.image_format import (
    FILTERS_PER_BLOCK,
    BinaryFunction,
    Comparison,
    FloatBinaryParams,
    FloatCompareParams,
    FloatConvParams,
    FloatMeanParams,
    FloatPoolParams,
    FloatSoftmaxParams,
    FloatUnaryParams,
    OperatorCode,
    PoolKind,
    UnaryFunction,
)
from tinyhost.compiler.lower.context import OperatorContext, Packable, Step
from tinyhost.compiler.lower.plain_weighted import conv_fields, dense_fields, depthwise_fields, weighted_step
from tinyhost.compiler.lower.reduction import checked_reduction
from tinyhost.compiler.lower.window import pool_fields

__all__ = [
    "lower_float_binary",
    "lower_float_compare",
    "lower_float_conv",
    "lower_float_depthwise_conv",
    "lower_float_fully_connected",
    "lower_float_mean",
    "lower_float_pool",
    "lower_float_softmax",
    "lower_float_unary",
]

_PREFIX = "FLOAT_"
_POOLS = {"AVERAGE_POOL_2D": PoolKind.AVERAGE, "MAX_POOL_2D": PoolKind.MAXIMUM}
_WITH_ACTIVATION = (BinaryFunction.ADD, BinaryFunction.SUB, BinaryFunction.MUL, BinaryFunction.DIV)


def lower_float_conv(context: OperatorContext) -> Step:
    """CONV_2D: weights (out, height, width, in / groups), four filters interleaved."""
    context.counts((2, 3))
    data, output = context.floats(context.input(0), rank=4), context.floats(context.output(), rank=4)
    weights = _weights(context, rank=4)
    fields = conv_fields(context, data, output, weights.shape)
    n_groups = fields["groups"]
    packed = _interleaved(weights.reshape(n_groups, len(weights) // n_groups, *weights.shape[1:]))
    return _weighted_step(context, weights, packed, fields)


def lower_float_depthwise_conv(context: OperatorContext) -> Step:
    """DEPTHWISE_CONV_2D: weights (1, height, width, in * multiplier), as they are."""
    context.counts((2, 3))
    data, output = context.floats(context.input(0), rank=4), context.floats(context.output(), rank=4)
    weights = _weights(context, rank=4)
    return _weighted_step(context, weights, weights, depthwise_fields(context, data, output, weights.shape))


def lower_float_fully_connected(context: OperatorContext) -> Step:
    """FULLY_CONNECTED: weights (out, in)."""
    context.counts((2, 3))
    data, output = context.floats(context.input(0)), context.floats(context.output())
    if context.option("WeightsFormat") != 0:
        raise context.unsupported("shuffled weights; supported: the default weights format")
    weights = _weights(context, rank=2)
    fields = dense_fields(context, data, output, weights.shape)
    packed = _interleaved(weights.reshape(1, len(weights), 1, 1, -1))
    return _weighted_step(context, weights, packed, fields)


def _weights(context: OperatorContext, *, rank: int) -> NDArray[np.float32]:
    filters = context.input(1)
    weights: NDArray[Any] = context.constant(filters, "float32")
    if weights.ndim != rank:
        raise context.unsupported(f"tensor {filters.name!r} has shape {filters.shape}; supported: rank {rank}")
    return weights


def _interleaved(groups: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return weights (groups, filters, height, width, depth) as (groups, blocks, height, width, depth, 4)."""
    n_groups, n_filters, *taps = groups.shape
    n_blocks = -(-n_filters // FILTERS_PER_BLOCK)
    padded = np.zeros((n_groups, n_blocks * FILTERS_PER_BLOCK, *taps), np.float32)
    padded[:, :n_filters] = groups
    return np.moveaxis(padded.reshape(n_groups, n_blocks, FILTERS_PER_BLOCK, *taps), 2, -1)


def _weighted_step(
    context: OperatorContext, weights: NDArray[np.float32], packed: NDArray[np.float32], fields: dict[str, int]
) -> Step:
    """Return the step of packed weights."""
    bias = context.optional_input(2)
    n_out = context.output().shape[-1]
    biases: NDArray[Any] = np.zeros(n_out, np.float32)
    if bias is not None:
        biases = context.constant(bias, "float32").reshape(-1)
        if len(biases) != n_out:
            raise context.corrupt("biases", expected=n_out, got=len(biases))
    low, high = context.float_activation_range()
    params = FloatConvParams(
        **fields,
        weights_offset=context.pool.add(np.ascontiguousarray(packed, "<f4").tobytes()),
        bias_offset=context.pool.add(biases.astype("<f4").tobytes()),
        activation_min=low,
        activation_max=high,
    )
    return weighted_step(context, OperatorCode.FLOAT_CONV_2D, params, weights.size)


def lower_float_pool(context: OperatorContext) -> Step:
    """AVERAGE_POOL_2D and MAX_POOL_2D."""
    context.counts((1, 1))
    data, output = context.floats(context.input(0), rank=4), context.floats(context.output(), rank=4)
    window = pool_fields(context, data, output)
    low, high = context.float_activation_range()
    params = FloatPoolParams(
        **window,
        activation_min=low,
        activation_max=high,
        kind=_POOLS[_name(context)],
    )
    return _step(context, OperatorCode.FLOAT_POOL_2D, data, output, params)


def lower_float_mean(context: OperatorContext) -> Step:
    """MEAN and SUM over height and width."""
    context.counts((2, 2))
    data, output = context.floats(context.input(0), rank=4), context.floats(context.output())
    n_pixels = checked_reduction(context, data, output)
    divisor = n_pixels if _name(context) == "MEAN" else 1
    return _step(context, OperatorCode.FLOAT_MEAN, data, output, FloatMeanParams(divisor=divisor))


def lower_float_softmax(context: OperatorContext) -> Step:
    """SOFTMAX along the last dimension."""
    context.counts((1, 1))
    data, output = context.floats(context.input(0)), context.floats(context.output())
    context.same_shape(output, data.shape)
    if not data.shape:
        raise context.unsupported("a scalar input is not supported")
    params = FloatSoftmaxParams(beta=context.real_option("Beta"))
    return _step(context, OperatorCode.FLOAT_SOFTMAX, data, output, params)


def lower_float_unary(context: OperatorContext) -> Step:
    """Operators of one input, element by element."""
    context.counts((1, 1))
    data, output = context.floats(context.input(0)), context.floats(context.output())
    context.same_shape(output, data.shape)
    parameter = context.real_option("Alpha") if "Alpha" in context.operator.options else 0.0
    params = FloatUnaryParams(parameter=parameter, function=UnaryFunction[_name(context)])
    return _step(context, OperatorCode.FLOAT_UNARY, data, output, params)


def lower_float_binary(context: OperatorContext) -> Step:
    """Operators of two inputs, element by element, broadcast."""
    context.counts((2, 2))
    a, b, output = (context.floats(tensor) for tensor in (context.input(0), context.input(1), context.output()))
    context.broadcast_shape(a, b, output)
    function = BinaryFunction[_name(context)]
    low, high = context.float_activation_range(fused=function in _WITH_ACTIVATION)
    params = FloatBinaryParams(activation_min=low, activation_max=high, function=function)
    inputs = (a.index, b.index)
    return Step(code=OperatorCode.FLOAT_BINARY, inputs=inputs, output=output.index, params=params, name=output.name)


def lower_float_compare(context: OperatorContext) -> Step:
    """FLOAT_COMPARE, which canonical/booleans.py writes."""
    context.counts((2, 2))
    a, b = context.floats(context.input(0)), context.floats(context.input(1))
    output = context.int8(context.output())
    context.broadcast_shape(a, b, output)
    params = FloatCompareParams(comparison=Comparison(context.option("Comparison")))
    inputs = (a.index, b.index)
    return Step(code=OperatorCode.FLOAT_COMPARE, inputs=inputs, output=output.index, params=params, name=output.name)


def _name(context: OperatorContext) -> str:
    """Return the operator's name in TensorFlow Lite."""
    return context.operator.code.removeprefix(_PREFIX)


def _step(context: OperatorContext, code: OperatorCode, data: Tensor, output: Tensor, params: Packable) -> Step:
    return Step(code=code, inputs=(data.index,), output=output.index, params=params, name=output.name)
