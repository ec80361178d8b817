"""Where states are kept: each in one place of the arena, which is read before it is written."""

from __future__ import annotations

from dataclasses import replace

from tinyhost.compiler.graph import Graph, State
from tinyhost.compiler.passes.rewrite import with_copy

__all__ = ["with_states_written"]

_VIEWS = ("RESHAPE",)


def with_states_written(graph: Graph) -> Graph:
    """Return the graph in which the tensor that becomes a state may be written over the state.

    That is so if an operator writes it that comes after all that read the state. Else a copy of it is written last.
    """
    for state in graph.states:
        if state.after != state.before and not _may_be_written_in_place(graph, state):
            graph = _with_copy(graph, state)
    return graph


def _may_be_written_in_place(graph: Graph, state: State) -> bool:
    if state.after in graph.outputs or sum(other.after == state.after for other in graph.states) > 1:
        return False
    same = {state.before}  # tensors that are the state in another shape
    for operator in graph.operators:
        if operator.code in _VIEWS and operator.inputs[0] in same:
            same.add(operator.outputs[0])
    last_read = max((i for i, op in enumerate(graph.operators) if same & set(op.inputs)), default=-1)
    writers = [i for i, op in enumerate(graph.operators) if state.after in op.outputs]
    return bool(writers) and writers[0] > last_read and graph.operators[writers[0]].code not in _VIEWS


def _with_copy(graph: Graph, state: State) -> Graph:
    """Return the graph with a copy of what becomes the state as its last operator."""
    graph, copied = with_copy(graph, state.after)
    states = tuple(replace(other, after=copied) if other is state else other for other in graph.states)
    return replace(graph, states=states)
