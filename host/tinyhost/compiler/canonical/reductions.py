"""Reductions over any axes, as those over height and width of four dimensions, or over the middle one of three."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set

import numpy as np

from tinyhost.compiler.canonical.copies import copy_elements
from tinyhost.compiler.canonical.draft import Draft, is_whole
from tinyhost.compiler.graph import Operator
from tinyhost.compiler.image_format import MAX_COPY_RANK

__all__ = ["rewrite_arg_max", "rewrite_reduction"]

_EXTREMES = ("REDUCE_MAX", "REDUCE_MIN")
_COLUMN = {"Padding": 1, "StrideH": 1, "StrideW": 1, "FilterWidth": 1, "FusedActivationFunction": 0}
"""Options of a pool that sees a whole column at once."""
_HEIGHT_AND_WIDTH = np.array([1, 2], np.int32)


def rewrite_reduction(draft: Draft, operator: Operator) -> bool:
    """Write a reduction as one of (outer, reduced, 1, inner) over height and width.

    What is over height and width of four dimensions already stays as it is. If axes stay between reduced ones, these
    are brought together first.
    """
    if not is_whole(operator, 2):
        return False
    data, output = draft.tensors[operator.inputs[0]], draft.tensors[operator.outputs[0]]
    values = draft.integers(operator.inputs[1])
    rank = len(data.shape)
    if values is None or data.n_elements == 0 or any(not -rank <= axis < rank for axis in values.reshape(-1)):
        return False
    axes = {int(axis) % rank for axis in values.reshape(-1)}
    kept = math.prod(dim for axis, dim in enumerate(data.shape) if axis not in axes)
    is_written = rank == 4 and axes == {1, 2} and operator.code not in _EXTREMES
    if is_written or output.n_elements != kept or len(data.shape) > MAX_COPY_RANK:
        return False
    if operator.code == "REDUCE_MIN" and data.dtype != "int8":
        return False
    groups = _groups(data.shape, axes)
    source = data.index
    if groups is None:
        order = sorted(range(rank), key=lambda axis: (axis in axes, axis))
        moved = np.empty(data.shape, np.int8).transpose(order)
        source = draft.tensor(data, moved.shape)
        copy_elements(draft, operator, data.index, moved, source)
        groups = (output.n_elements, data.n_elements // output.n_elements, 1)
    _emit(draft, operator, source, groups)
    return True


def _emit(draft: Draft, operator: Operator, source: int, groups: tuple[int, int, int]) -> None:
    """Add the reduction of a tensor of (outer, reduced, inner) elements."""
    outer, reduced, inner = groups
    output = draft.tensors[operator.outputs[0]]
    if operator.code in _EXTREMES:
        result = draft.tensor(output, (outer, 1, 1, inner))
        data = draft.viewed(operator, source, (outer, reduced, 1, inner))
        if operator.code == "REDUCE_MIN":
            data = _mirrored(draft, operator, data, draft.tensor(output, (outer, reduced, 1, inner)))
        draft.emit(operator, "MAX_POOL_2D", [data], result, {**_COLUMN, "FilterHeight": reduced})
        if operator.code == "REDUCE_MIN":
            result = _mirrored(draft, operator, result, draft.tensor(output, (outer, 1, 1, inner)))
    else:
        result = draft.tensor(output, (outer, inner))
        data = draft.viewed(operator, source, (outer, reduced, 1, inner))
        height_and_width = draft.constant(f"{output.name}/axes", _HEIGHT_AND_WIDTH)
        draft.emit(operator, operator.code, [data, height_and_width], result, {"KeepDims": 0})
    draft.view(operator, result, output.index)


def _mirrored(draft: Draft, operator: Operator, source: int, output: int) -> int:
    """Return a tensor of -1 - q for each q: the least becomes the greatest."""
    table = draft.constant(
        f"{draft.tensors[output].name}/mirrored", np.array([*range(-1, -129, -1), *range(127, -1, -1)], np.int8)
    )
    return draft.emit(operator, "LOOKUP", [source, table], output, {})


def rewrite_arg_max(draft: Draft, operator: Operator) -> bool:
    """Write ARG_MAX and ARG_MIN as an ARG_MAX along the middle one of three dimensions."""
    if not is_whole(operator, 2):
        return False
    data, output = draft.tensors[operator.inputs[0]], draft.tensors[operator.outputs[0]]
    values, rank = draft.integers(operator.inputs[1]), len(data.shape)
    if values is None or values.size != 1 or not -rank <= int(values.reshape(())) < rank:
        return False
    axis = int(values.reshape(())) % rank
    outer, inner = math.prod(data.shape[:axis]), math.prod(data.shape[axis + 1 :])
    if output.n_elements != outer * inner or not data.n_elements or data.dtype != "int8":
        return False
    source = draft.viewed(operator, data.index, (outer, data.shape[axis], inner))
    if operator.code == "ARG_MIN":
        source = _mirrored(draft, operator, source, draft.tensor(data, (outer, data.shape[axis], inner)))
    result = draft.tensor(output, (outer, inner))
    draft.emit(operator, "ARG_MAX", [source, draft.constant(f"{output.name}/axis", np.array(1, np.int32))], result, {})
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
