"""Operators that change no byte: QUANTIZE to the same quantization, RELU of what is never negative, PAD by nothing."""

from __future__ import annotations

import numpy as np

from tinyhost.compiler.graph import Graph, Operator
from tinyhost.compiler.passes.ranges import Ranges, table_of, value_ranges
from tinyhost.compiler.passes.rewrite import bypass, context_of, producer_of, same_quantization

__all__ = ["remove_identities"]

_TABLES = ("RELU", "RELU6", "QUANTIZE")
_POOLS = ("AVERAGE_POOL_2D", "MAX_POOL_2D")


def remove_identities(graph: Graph) -> Graph:
    """Return the graph without operators whose output is their input, for every input that can occur."""
    ranges = value_ranges(graph)
    for operator in graph.operators:
        if _changes_nothing(graph, operator, ranges) and not _joins_ends(graph, operator):
            return remove_identities(bypass(graph, operator))
    return graph


def _joins_ends(graph: Graph, operator: Operator) -> bool:
    """Return whether an output of the graph, or what becomes a state, would have no operator to write it."""
    if any(operator.outputs[0] == state.after for state in graph.states):
        return True
    return operator.outputs[0] in graph.outputs and producer_of(graph, operator.inputs[0]) is None


def _changes_nothing(graph: Graph, operator: Operator, ranges: Ranges) -> bool:
    data, output = graph.tensors[operator.inputs[0]], graph.tensors[operator.outputs[0]]
    if data.data is not None or data.shape != output.shape or not same_quantization(data, output):
        return False
    values = ranges[data.index]
    if operator.code == "RESHAPE":
        return True
    if values is None:
        return False
    low, high = int(values.low.min()), int(values.high.max())
    if operator.code in _TABLES:
        inputs = np.arange(low, high + 1)
        return bool((table_of(graph, operator)[inputs] == inputs).all())
    if operator.code in _POOLS:
        context = context_of(graph, operator)
        options = ("FilterHeight", "FilterWidth", "StrideH", "StrideW")
        bottom, top = context.activation_range(output)
        return all(context.option(name) == 1 for name in options) and bottom <= low and high <= top
    return operator.code == "PAD" or (operator.code == "CONCATENATION" and len(operator.inputs) == 1)
