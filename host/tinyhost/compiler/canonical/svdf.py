"""SVDF: its activations of earlier inferences become a state of the graph."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinyhost.compiler.graph import Graph, Operator, Quantization, State

__all__ = ["hold_svdf_states"]

_STATE_INPUT = 4
_N_INPUTS = 5


def hold_svdf_states(graph: Graph) -> Graph:
    """Return the graph with the state of each int8 SVDF as a tensor of bytes, two for each of its int16.

    The operator writes it where it stands: it becomes itself.
    """
    if not any(operator.code == "SVDF" for operator in graph.operators):
        return graph
    tensors, states, operators = list(graph.tensors), list(graph.states), []
    bytes_as_they_are = Quantization(scales=np.ones(1, np.float32), zero_points=np.zeros(1, np.int64), axis=0)
    for operator in graph.operators:
        if not _is_held(graph, operator):
            operators.append(operator)
            continue
        kept = tensors[operator.inputs[_STATE_INPUT]]
        state = replace(
            kept, index=len(tensors), dtype="int8", shape=(2 * kept.n_elements,), quantization=bytes_as_they_are
        )
        tensors.append(state)
        states.append(State(before=state.index, after=state.index))
        options = {**operator.options, "StateScale": float(kept.scale)}
        operators.append(replace(operator, inputs=(*operator.inputs[:_STATE_INPUT], state.index), options=options))
    return replace(graph, tensors=tuple(tensors), operators=tuple(operators), states=tuple(states))


def _is_held(graph: Graph, operator: Operator) -> bool:
    if operator.code != "SVDF" or len(operator.inputs) != _N_INPUTS or operator.inputs[_STATE_INPUT] < 0:
        return False
    state = graph.tensors[operator.inputs[_STATE_INPUT]]
    return state.dtype == "int16" and state.data is None and state.n_elements > 0
