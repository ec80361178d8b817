"""Operators on tensors of more dimensions than kernels have, whose dimensions can be counted as fewer."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import groupby

from tinyhost.compiler.canonical.draft import Draft
from tinyhost.compiler.graph import Graph, Operator
from tinyhost.compiler.image_format import MAX_RANK

__all__ = ["POINTWISE", "merge_dimensions"]

POINTWISE = (
    "ABS",
    "ADD",
    "CEIL",
    "COS",
    "DEQUANTIZE",
    "DIV",
    "ELU",
    "EXP",
    "FLOOR",
    "FLOOR_DIV",
    "FLOOR_MOD",
    "GELU",
    "HARD_SWISH",
    "LEAKY_RELU",
    "LOG",
    "LOGISTIC",
    "MAXIMUM",
    "MINIMUM",
    "MUL",
    "NEG",
    "PRELU",
    "QUANTIZE",
    "RELU",
    "RELU6",
    "RELU_N1_TO_1",
    "ROUND",
    "RSQRT",
    "SIN",
    "SQRT",
    "SQUARE",
    "SQUARED_DIFFERENCE",
    "SUB",
    "TANH",
)
"""An element of the output is made of one of each input, which dimensions of 1 repeat."""

_Shape = tuple[int, ...]


def merge_dimensions(graph: Graph) -> Graph:
    """Return the graph with views of fewer dimensions around such operators; others stay, to be refused.

    Inputs and outputs lose the dimensions of 1 in front that are too many, such as the batch of a film.
    """
    if all(len(tensor.shape) <= MAX_RANK for tensor in graph.tensors):
        return graph
    draft = Draft(graph)
    for operator in graph.operators:
        if not _merge(draft, operator):
            draft.keep(operator)
    for index in (*graph.inputs, *graph.outputs):
        shape = draft.tensors[index].shape
        if set(shape[:-MAX_RANK]) == {1}:
            draft.tensors[index] = replace(draft.tensors[index], shape=shape[-MAX_RANK:])
    return draft.graph()


def _merge(draft: Draft, operator: Operator) -> bool:
    if not operator.inputs or len(operator.outputs) != 1 or min(*operator.inputs, *operator.outputs) < 0:
        return False
    shapes = [draft.tensors[index].shape for index in (*operator.inputs, *operator.outputs)]
    if max(map(len, shapes)) <= MAX_RANK:
        return False
    options = operator.options
    if operator.code in POINTWISE:
        merged = _aligned(shapes)
    elif operator.code == "CONCATENATION":
        rank, axis = len(shapes[-1]), int(options["Axis"])
        if any(len(shape) != rank for shape in shapes) or not -rank <= axis < rank:
            return False
        axis %= rank
        merged = [(math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])) for shape in shapes]
        options = {**options, "Axis": 1}
    else:
        return False
    if merged is None:
        return False
    *inputs, output = zip((*operator.inputs, *operator.outputs), merged, strict=True)
    sources = [draft.viewed(operator, index, shape) for index, shape in inputs]
    flat = draft.tensor(draft.tensors[output[0]], output[1])
    draft.view(operator, draft.emit(operator, operator.code, sources, flat, options), output[0])
    return True


def _aligned(shapes: list[_Shape]) -> list[_Shape] | None:
    """Return the shapes with neighbouring dimensions that repeat alike as one; None if they do not fit, or too many."""
    rank = max(map(len, shapes))
    columns = list(zip(*((1,) * (rank - len(shape)) + shape for shape in shapes), strict=True))
    if any(dim not in (1, column[-1]) for column in columns for dim in column):
        return None
    kept = [column for column in columns if column[-1] != 1] or columns[-1:]
    groups = [list(group) for _, group in groupby(kept, key=lambda column: [dim == 1 for dim in column])]
    merged = [tuple(math.prod(column[i] for column in group) for group in groups) for i in range(len(shapes))]
    return merged if len(groups) <= MAX_RANK else None
