"""Constants of one value per channel, repeated along the rows of the picture that they are added to or multiply."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinyhost.compiler.graph import Graph, Operator
from tinyhost.compiler.passes.rewrite import new_constant, with_operator

__all__ = ["tile_constants"]

_ARITHMETIC = ("ADD", "SUB", "MUL")
_MAX_ROW_BYTES = 256
"""A row costs about 40 instructions besides its elements, and its constant this much flash at most."""


def tile_constants(graph: Graph) -> Graph:
    """Return the graph with short rows of constants made longer, so that kernels have fewer rows to begin."""
    for operator in graph.operators:
        if operator.code in _ARITHMETIC:
            graph = _tiled(graph, operator)
    return graph


def _tiled(graph: Graph, operator: Operator) -> Graph:
    output = graph.tensors[operator.outputs[0]]
    if output.dtype != "int8" or len(output.shape) < 2:
        return graph
    *_, width, depth = output.shape
    if depth == 1 or width * depth > _MAX_ROW_BYTES:
        return graph
    for place, index in enumerate(operator.inputs):
        constant = graph.tensors[index]
        if constant.data is None or constant.n_elements != depth or constant.shape[-1] != depth:
            continue
        tensors = list(graph.tensors)
        values = np.tile(constant.array().reshape(1, depth), (width, 1))
        tiled = new_constant(tensors, constant.name, values, constant.quantization)
        inputs = tuple(tiled if i == place else t for i, t in enumerate(operator.inputs))
        return with_operator(replace(graph, tensors=tuple(tensors)), operator, replace(operator, inputs=inputs))
    return graph
