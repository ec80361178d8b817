"""A PAD in front of a window that can pad by itself."""

from __future__ import annotations

from dataclasses import replace

from tinyhost.compiler.graph import Graph, Operator
from tinyhost.compiler.passes.ranges import Ranges, value_ranges
from tinyhost.compiler.passes.rewrite import (
    AXES,
    context_of,
    producer_of,
    same_quantization,
    window_of,
    with_operator,
    with_window,
)

__all__ = ["fuse_pads"]


def fuse_pads(graph: Graph) -> Graph:
    """Return the graph with PADs fused into the convolutions and maximum pools that read them, where that is exact.

    PAD writes its zero point. To a convolution that is what its own padding counts as. A maximum pool leaves padding
    out, which is the same if no input is below the zero point. An average pool counts its taps: never the same.
    """
    ranges = value_ranges(graph)
    operators = graph.operators
    for operator in operators:
        pad = producer_of(graph, operator.inputs[0])
        if (
            pad is not None
            and pad.code == "PAD"
            and "PadValue" not in pad.options
            and _exact(graph, pad, operator, ranges)
        ):
            padded = _padded(graph, pad, operator)
            graph = graph if padded is None else with_operator(graph, operator, padded)
    return graph


def _exact(graph: Graph, pad: Operator, operator: Operator, ranges: Ranges) -> bool:
    data, padded = graph.tensors[pad.inputs[0]], graph.tensors[pad.outputs[0]]
    if len(data.shape) != 4 or (data.shape[0], data.shape[3]) != (padded.shape[0], padded.shape[3]):
        return False
    if data.data is not None or not same_quantization(data, padded):
        return False
    values = ranges[data.index]
    if operator.code == "MAX_POOL_2D":
        return values is not None and int(values.low.min()) >= padded.zero_point
    return operator.code in ("CONV_2D", "DEPTHWISE_CONV_2D")


def _padded(graph: Graph, pad: Operator, operator: Operator) -> Operator | None:
    """Return the operator with explicit windows on the PAD's input; None if one would miss that input."""
    data = graph.tensors[pad.inputs[0]]
    paddings = context_of(graph, pad).constant(graph.tensors[pad.inputs[1]], "int32").reshape(-1)
    padded = replace(operator, inputs=(data.index, *operator.inputs[1:]))
    for axis, dim in AXES.items():
        window = window_of(graph, operator, axis)
        before = window.pad + int(paddings[2 * dim])
        extent = (window.filter - 1) * window.dilation + 1
        if before >= extent or (window.output - 1) * window.stride - before >= data.shape[dim]:
            return None
        padded = with_window(padded, axis, replace(window, pad=before))
    return padded
