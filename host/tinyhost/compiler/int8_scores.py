"""Scores of uint8 that are int8 before the last operator: the apps that judge classes take those."""

from __future__ import annotations

from dataclasses import replace

from tinyhost.compiler.graph import Graph
from tinyhost.compiler.passes.rewrite import producer_of

__all__ = ["UINT8_OFFSET", "with_int8_scores"]

UINT8_OFFSET = 128
"""What a byte of uint8 is more than the same value's int8."""


def with_int8_scores(graph: Graph) -> Graph:
    """Return the graph without a QUANTIZE at its end that only adds 128; any other graph as it is."""
    last = producer_of(graph, graph.output)
    if graph.more_outputs or last is None or last.code != "QUANTIZE" or producer_of(graph, last.inputs[0]) is None:
        return graph
    data, output = graph.tensors[last.inputs[0]], graph.tensors[graph.output]
    if (data.dtype, output.dtype, data.shape) != ("int8", "uint8", output.shape):
        return graph
    if (data.scale, data.zero_point + UINT8_OFFSET) != (output.scale, output.zero_point):
        return graph
    operators = tuple(operator for operator in graph.operators if operator is not last)
    return replace(graph, operators=operators, output=data.index)
