"""Outputs and states in places of their own: several outputs lie side by side, and each is written by an operator."""

from __future__ import annotations

from dataclasses import replace

from tinyhost.compiler.graph import Graph
from tinyhost.compiler.passes.rewrite import with_copy
from tinyhost.compiler.passes.states import with_states_written

__all__ = ["with_outputs_placed"]

_VIEW = "RESHAPE"


def with_outputs_placed(graph: Graph) -> Graph:
    """Return the graph in which several outputs, and states, may each be written where the image wants them.

    An output that is an input, a state, or another output in another shape is copied.
    """
    return with_states_written(_with_outputs_apart(graph) if graph.more_outputs else graph)


def _with_outputs_apart(graph: Graph) -> Graph:
    source = {index: index for index in range(len(graph.tensors))}
    for operator in graph.operators:
        if operator.code == _VIEW:
            source[operator.outputs[0]] = source[operator.inputs[0]]
    taken = {source[index] for index in (*graph.inputs, *(end for s in graph.states for end in (s.before, s.after)))}
    outputs = []
    for output in graph.outputs:
        index = output
        if source[output] in taken:
            graph, index = with_copy(graph, output)
        else:
            taken.add(source[output])
        outputs.append(index)
    return replace(graph, output=outputs[0], more_outputs=tuple(outputs[1:]))
