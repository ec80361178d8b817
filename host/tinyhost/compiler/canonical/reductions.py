"""MEAN and SUM over any axes, as those over height and width of four dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set

import numpy as np

from tinyhost.compiler.canonical.copies import copy_elements
from tinyhost.compiler.canonical.draft import Draft
from tinyhost.compiler.graph import Operator
from tinyhost.compiler.image_format import MAX_COPY_RANK

__all__ = ["rewrite_reduction"]

_HEIGHT_AND_WIDTH = np.array([1, 2], np.int32)


def rewrite_reduction(draft: Draft, operator: Operator) -> bool:
    """Write a reduction as one of (outer, reduced, 1, inner) over height and width.

    What is over height and width of four dimensions already stays as it is. If axes stay between reduced ones, these
    are brought together first.
    """
    if len(operator.inputs) != 2 or len(operator.outputs) != 1 or min(*operator.inputs, *operator.outputs) < 0:
        return False
    data, output = draft.tensors[operator.inputs[0]], draft.tensors[operator.outputs[0]]
    values = draft.integers(operator.inputs[1])
    rank = len(data.shape)
    if values is None or data.n_elements == 0 or any(not -rank <= axis < rank for axis in values.reshape(-1)):
        return False
    axes = {int(axis) % rank for axis in values.reshape(-1)}
    kept = math.prod(dim for axis, dim in enumerate(data.shape) if axis not in axes)
    if (rank == 4 and axes == {1, 2}) or output.n_elements != kept or len(data.shape) > MAX_COPY_RANK:
        return False
    groups = _groups(data.shape, axes)
    source = data.index
    if groups is None:
        order = sorted(range(rank), key=lambda axis: (axis in axes, axis))
        moved = np.empty(data.shape, np.int8).transpose(order)
        source = draft.tensor(data, moved.shape)
        copy_elements(draft, operator, data.index, moved, source)
        groups = (output.n_elements, data.n_elements // output.n_elements, 1)
    outer, reduced, inner = groups
    source = draft.viewed(operator, source, (outer, reduced, 1, inner))
    result = draft.tensor(output, (outer, inner))
    height_and_width = draft.constant(f"{output.name}/axes", _HEIGHT_AND_WIDTH)
    draft.emit(operator, operator.code, [source, height_and_width], result, {"KeepDims": 0})
    draft.view(operator, result, output.index)
    return True


def _groups(shape: Sequence[int], axes: Set[int]) -> tuple[int, int, int] | None:
    """Return (outer, reduced, inner) sizes of a shape; None if a dimension that stays lies between reduced ones."""
    sizes = [1, 1, 1]
    group = 0
    for axis, size in enumerate(shape):
        if size == 1:
            continue
        wanted = 1 if axis in axes else (2 if group else 0)
        if wanted < group:
            return None
        group = wanted
        sizes[group] *= size
    return sizes[0], sizes[1], sizes[2]
