"""Gives operators on tensors of one type names of their own, by which lowering finds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tinyhost.compiler.graph import Graph, Operator

__all__ = ["with_prefix"]


def with_prefix(graph: Graph, prefix: str, is_named: Callable[[Graph, Operator], bool]) -> Graph:
    """Return the graph with `prefix` before the names of those operators; the graph itself if there are none."""
    operators = tuple(
        replace(operator, code=prefix + operator.code) if is_named(graph, operator) else operator
        for operator in graph.operators
    )
    return graph if operators == graph.operators else replace(graph, operators=operators)
