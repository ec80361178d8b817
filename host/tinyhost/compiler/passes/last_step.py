"""LSTMs of which only the last step's output is read, as Keras's return_sequences=False: no other is kept."""

from __future__ import annotations

from dataclasses import replace

from tinyhost.compiler.graph import Graph, Operator
from tinyhost.compiler.image_format import StridedCopyParams
from tinyhost.compiler.lower import lower_operator
from tinyhost.compiler.passes.rewrite import context_of, readers_of

__all__ = ["keep_last_step"]

_LSTM = "UNIDIRECTIONAL_SEQUENCE_LSTM"


def keep_last_step(graph: Graph) -> Graph:
    """Return the graph with LSTMs of one row of output, and a RESHAPE in place of each slice that took it."""
    for lstm in graph.operators:
        if lstm.code == _LSTM and "LastStep" not in lstm.options and lstm.outputs[0] not in graph.results:
            readers = readers_of(graph, lstm.outputs[0])
            if len(readers) == 1 and _takes_last_row(graph, readers[0]):
                graph = _with_one_row(graph, lstm, readers[0])
    return graph


def _takes_last_row(graph: Graph, reader: Operator) -> bool:
    if reader.code != "STRIDED_COPY":
        return False
    sequence = graph.tensors[reader.inputs[0]]
    params = lower_operator(context_of(graph, reader)).params
    assert isinstance(params, StridedCopyParams)
    n_units = sequence.shape[2]
    moved = [(dim, stride) for dim, stride in zip(params.dims, params.strides, strict=True) if dim > 1]
    return params.offset == sequence.n_elements - n_units and moved == [(n_units, 1)] * (n_units > 1)


def _with_one_row(graph: Graph, lstm: Operator, reader: Operator) -> Graph:
    sequence = graph.tensors[lstm.outputs[0]]
    row = replace(sequence, index=len(graph.tensors), shape=(1, 1, sequence.shape[2]))
    changed = {
        id(lstm): replace(lstm, outputs=(row.index,), options={**lstm.options, "LastStep": 1}),
        id(reader): replace(reader, code="RESHAPE", inputs=(row.index,), options={}),
    }
    operators = tuple(changed.get(id(operator), operator) for operator in graph.operators)
    return replace(graph, tensors=(*graph.tensors, row), operators=operators)
