"""Int32 without a scale, such as indices: operators on them get names of their own."""

from __future__ import annotations

from tinyhost.compiler.canonical.names import with_prefix
from tinyhost.compiler.graph import Graph, Operator

__all__ = ["INT32_OPERATORS", "name_int32"]

INT32_OPERATORS = ("ADD", "DIV", "MAXIMUM", "MINIMUM", "MUL", "SQUARED_DIFFERENCE", "SUB")
"""That lowering knows with INT32_ before their names."""


def name_int32(graph: Graph) -> Graph:
    """Return the graph with INT32_ before the names of operators on int32 that lowering knows."""
    return with_prefix(graph, "INT32_", _is_on_int32)


def _is_on_int32(graph: Graph, operator: Operator) -> bool:
    tensors = [index for index in (*operator.inputs, *operator.outputs) if index >= 0]
    return operator.code in INT32_OPERATORS and all(graph.tensors[index].dtype == "int32" for index in tensors)
