"""Operators whose output nobody reads, directly or in the end."""

from __future__ import annotations

from dataclasses import replace

from tinyhost.compiler.graph import Graph

__all__ = ["remove_dead_operators"]


def remove_dead_operators(graph: Graph) -> Graph:
    """Return the graph without operators that contribute neither to its output nor to its state."""
    wanted = set(graph.results)
    kept = []
    for operator in reversed(graph.operators):
        if wanted.intersection(operator.outputs):
            wanted.update(operator.inputs)
            kept.append(operator)
    return graph if len(kept) == len(graph.operators) else replace(graph, operators=tuple(reversed(kept)))
