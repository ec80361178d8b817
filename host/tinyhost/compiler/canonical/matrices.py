"""BATCH_MATMUL: by a constant it is FULLY_CONNECTED, otherwise both matrices are stored row by row."""

from __future__ import annotations

import math

import numpy as np

from tinyhost.compiler.canonical.draft import Draft, is_whole
from tinyhost.compiler.canonical.moves import broadcasted, moved
from tinyhost.compiler.graph import Operator

__all__ = ["rewrite_batch_matmul"]

_TYPES = ("int8", "int16", "float32")
_WEIGHTS = ("int8", "float32")
"""Of constants that FULLY_CONNECTED multiplies by."""


def rewrite_batch_matmul(draft: Draft, operator: Operator) -> bool:
    """Write a BATCH_MATMUL as one of (n, m, k) and (n, p, k), or as FULLY_CONNECTED with weights (p, k)."""
    if not is_whole(operator, 2) or not _is_supported(draft, operator):
        return False
    tensors = [draft.tensors[index] for index in operator.inputs]
    output = draft.tensors[operator.outputs[0]]
    shapes = [list(tensor.shape) for tensor in tensors]
    swaps = [bool(operator.options["AdjX"]), not operator.options["AdjY"]]
    for shape, swap in zip(shapes, swaps, strict=True):
        if swap:
            shape[-2:] = shape[:-3:-1]
    (*a_batch, m, k), (*b_batch, p, k_of_b) = shapes
    try:
        batch = np.broadcast_shapes(tuple(a_batch), tuple(b_batch))
    except ValueError:
        return False
    if k != k_of_b or output.shape != (*batch, m, p):
        return False
    a, b = (
        moved(draft, operator, tensor.index, lambda values: values.swapaxes(-1, -2)) if swap else tensor.index
        for tensor, swap in zip(tensors, swaps, strict=True)
    )
    is_weights = tensors[1].data is not None and tensors[1].dtype in _WEIGHTS and not tensors[1].zero_point
    if math.prod(b_batch) == 1 and is_weights:
        weights = moved(draft, operator, b, lambda values: values.reshape(p, k))
        options = {"FusedActivationFunction": 0, "WeightsFormat": 0, "KeepNumDims": 1}
        draft.emit(operator, "FULLY_CONNECTED", [a, weights], output.index, options)
        return True
    if math.prod(b_batch) == 1:
        n, m = 1, math.prod(a_batch) * m
    else:
        n = math.prod(batch)
        a = broadcasted(draft, operator, a, (*batch, m, k))
        b = broadcasted(draft, operator, b, (*batch, p, k))
    a, b = (draft.viewed(operator, index, shape) for index, shape in ((a, (n, m, k)), (b, (n, p, k))))
    product = draft.tensor(output, (n, m, p))
    draft.emit(operator, "BATCH_MATMUL", [a, b], product, {"AdjX": 0, "AdjY": 1})
    draft.view(operator, product, output.index)
    return True


def _is_supported(draft: Draft, operator: Operator) -> bool:
    """Return whether the engine multiplies its type, and at least one of its tensors is computed."""
    a, b = (draft.tensors[index] for index in operator.inputs)
    has_matrices = min(len(a.shape), len(b.shape)) >= 2 and draft.tensors[operator.outputs[0]].n_elements > 0
    return has_matrices and a.dtype == b.dtype and a.dtype in _TYPES and None in (a.data, b.data)
