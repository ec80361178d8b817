"""Which values each channel of each tensor can have, whatever the input is."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.arithmetic import requantized
from tinyhost.compiler.graph import Graph, Operator, Tensor
from tinyhost.compiler.image_format import AddParams, LookupParams, MeanParams, MulParams
from tinyhost.compiler.lower import lower_operator
from tinyhost.compiler.passes.rewrite import context_of, n_channels
from tinyhost.compiler.passes.value_range import Int64s, ValueRange, by_channel
from tinyhost.compiler.passes.weighted_ranges import convolution_range, fully_connected_range

__all__ = ["Ranges", "table_of", "value_ranges"]

Ranges: TypeAlias = tuple[ValueRange | None, ...]
"""By tensor; None for float32 and weights."""

_LOOKUPS = (
    "ABS",
    "ELU",
    "GELU",
    "HARD_SWISH",
    "LEAKY_RELU",
    "LOGISTIC",
    "LOOKUP",
    "QUANTIZE",
    "RELU",
    "RELU6",
    "RSQRT",
    "TANH",
)
_ADD_LEFT_SHIFT = 20


@lru_cache(maxsize=1)  # several passes ask for the ranges of one graph, one after another
def value_ranges(graph: Graph) -> Ranges:
    """Return the range of every 8-bit tensor, by interval arithmetic on the kernels' own integer arithmetic."""
    ranges: list[ValueRange | None] = [_initial(tensor) for tensor in graph.tensors]
    for operator in graph.operators:
        output = operator.outputs[0]
        find = _RANGES.get(operator.code)
        if find is not None and ranges[output] is not None:
            inputs = [ranges[tensor] for tensor in operator.inputs if tensor >= 0]
            first = inputs[0]
            if first is not None:
                ranges[output] = find(graph, operator, [item or first for item in inputs])
    return tuple(ranges)


def table_of(graph: Graph, operator: Operator) -> NDArray[np.int8]:
    """Return the 256 outputs of an operator of one 8-bit input, indexed by the input's value (or its low byte)."""
    context = context_of(graph, operator)
    params = lower_operator(context).params
    assert isinstance(params, LookupParams)
    dtype = np.dtype(graph.tensors[operator.outputs[0]].dtype)
    return np.frombuffer(context.pool.to_bytes(), dtype, 256, params.table_offset)


def _initial(tensor: Tensor) -> ValueRange | None:
    if tensor.dtype not in ("int8", "uint8") or tensor.quantization is None:
        return None
    n = n_channels(tensor)
    if tensor.data is not None:
        values = tensor.array().astype(np.int64).reshape(-1, n)
        return ValueRange(low=values.min(axis=0), high=values.max(axis=0))
    limits = np.iinfo(tensor.dtype)
    return ValueRange(low=np.full(n, limits.min, np.int64), high=np.full(n, limits.max, np.int64))


def _lookup(graph: Graph, operator: Operator, inputs: list[ValueRange]) -> ValueRange:
    if graph.tensors[operator.inputs[0]].dtype == "float32" or graph.tensors[operator.outputs[0]].dtype == "float32":
        return ValueRange.full(inputs[0].n)
    table = table_of(graph, operator).astype(np.int64)
    looked_up = inputs[operator.inputs.index(lower_operator(context_of(graph, operator)).inputs[0])]
    spans = [table[np.arange(low, high + 1)] for low, high in zip(looked_up.low, looked_up.high, strict=True)]
    return ValueRange(low=np.array([s.min() for s in spans]), high=np.array([s.max() for s in spans]))


def _add(graph: Graph, operator: Operator, inputs: list[ValueRange]) -> ValueRange:
    """ADD rises with both operands."""
    context = context_of(graph, operator)
    params, output = lower_operator(context).params, context.output()
    if isinstance(params, LookupParams):
        return _lookup(graph, operator, inputs)
    assert isinstance(params, AddParams)
    n = n_channels(output)

    def total(ends: list[Int64s]) -> Int64s:
        scaled = [
            requantized(
                (by_channel(end, n) - context.input(i).zero_point) << _ADD_LEFT_SHIFT,
                params.input_multiplier[i],
                params.input_shift[i],
            )
            for i, end in enumerate(ends)
        ]
        return requantized(scaled[0] + scaled[1], params.output_multiplier, params.output_shift) + output.zero_point

    low, high = total([item.low for item in inputs]), total([item.high for item in inputs])
    return ValueRange(low=low, high=high).clamped(params.activation_min, params.activation_max)


def _mul(graph: Graph, operator: Operator, inputs: list[ValueRange]) -> ValueRange:
    """MUL has its extremes where both operands are at an end of their ranges."""
    context = context_of(graph, operator)
    params, output = lower_operator(context).params, context.output()
    if isinstance(params, LookupParams):
        return _lookup(graph, operator, inputs)
    assert isinstance(params, MulParams)
    n = n_channels(output)
    a, b = (
        [by_channel(end, n) - context.input(i).zero_point for end in (item.low, item.high)]
        for i, item in enumerate(inputs)
    )
    products = np.array([x * y for x in a for y in b])
    if (np.abs(products) << max(params.shift, 0) >= 1 << 30).any():
        return ValueRange.full(n).clamped(params.activation_min, params.activation_max)
    ends = requantized(products, params.multiplier, params.shift) + output.zero_point
    return ValueRange(low=ends.min(axis=0), high=ends.max(axis=0)).clamped(params.activation_min, params.activation_max)


def _mean(graph: Graph, operator: Operator, inputs: list[ValueRange]) -> ValueRange:
    context = context_of(graph, operator)
    params, data, output = lower_operator(context).params, context.input(0), context.output()
    assert isinstance(params, MeanParams)
    n_pixels = data.shape[1] * data.shape[2]
    sums = np.array([(end - data.zero_point) * n_pixels for end in (inputs[0].low, inputs[0].high)])
    if (np.abs(sums) << max(params.shift, 0) >= 1 << 30).any():
        return ValueRange.full(inputs[0].n)
    ends = requantized(sums, params.multiplier, params.shift) + output.zero_point
    return ValueRange(low=ends[0], high=ends[1]).clamped(-128, 127)


def _pool(graph: Graph, operator: Operator, inputs: list[ValueRange]) -> ValueRange:
    """Maxima and rounded means lie between the least and the greatest; padding takes no part."""
    context = context_of(graph, operator)
    return inputs[0].clamped(*context.activation_range(context.output()))


def _pad(graph: Graph, operator: Operator, inputs: list[ValueRange]) -> ValueRange:
    data, output = graph.tensors[operator.inputs[0]], graph.tensors[operator.outputs[0]]
    value = int(operator.options.get("PadValue", output.zero_point))
    if data.shape[-1:] == output.shape[-1:]:
        return inputs[0].including(value)
    n = n_channels(output)
    return ValueRange.spanning([inputs[0]], n).including(value)


def _concatenation(graph: Graph, operator: Operator, inputs: list[ValueRange]) -> ValueRange:
    output = graph.tensors[operator.outputs[0]]
    if int(operator.options["Axis"]) % len(output.shape) == len(output.shape) - 1:
        return ValueRange(
            low=np.concatenate([item.low for item in inputs]), high=np.concatenate([item.high for item in inputs])
        )
    return ValueRange(
        low=np.min(np.stack([item.low for item in inputs]), axis=0),
        high=np.max(np.stack([item.high for item in inputs]), axis=0),
    )


def _reshape(graph: Graph, operator: Operator, inputs: list[ValueRange]) -> ValueRange:
    n = n_channels(graph.tensors[operator.outputs[0]])
    if n % inputs[0].n == 0:
        return ValueRange(low=by_channel(inputs[0].low, n), high=by_channel(inputs[0].high, n))
    return ValueRange.spanning(inputs[:1], n)


def _copy(graph: Graph, operator: Operator, inputs: list[ValueRange]) -> ValueRange:
    return ValueRange.spanning(inputs[:1], n_channels(graph.tensors[operator.outputs[0]]))


def _convolution(graph: Graph, operator: Operator, inputs: list[ValueRange]) -> ValueRange:
    return convolution_range(context_of(graph, operator), inputs[0])


def _fully_connected(graph: Graph, operator: Operator, inputs: list[ValueRange]) -> ValueRange:
    return fully_connected_range(context_of(graph, operator), inputs[0])


_RANGES: dict[str, Callable[[Graph, Operator, list[ValueRange]], ValueRange]] = {
    **dict.fromkeys(_LOOKUPS, _lookup),
    "ADD": _add,
    "AVERAGE_POOL_2D": _pool,
    "CONCATENATION": _concatenation,
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _convolution,
    "FULLY_CONNECTED": _fully_connected,
    "MAX_POOL_2D": _pool,
    "MEAN": _mean,
    "MUL": _mul,
    "PAD": _pad,
    "RESHAPE": _reshape,
    "STRIDED_COPY": _copy,
    "SUM": _mean,
}
