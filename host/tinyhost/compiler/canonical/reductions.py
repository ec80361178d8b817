"""Reductions over any axes, as those over height and width of four dimensions, or over the middle one of three."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set

import numpy as np

from tinyhost.compiler.canonical.copies import copy_elements
from tinyhost.compiler.canonical.draft import Draft, is_whole
from tinyhost.compiler.graph import Operator
from tinyhost.compiler.image_format import MAX_COPY_RANK

__all__ = ["rewrite_arg_max", "rewrite_l2_normalization", "rewrite_log_softmax", "rewrite_reduction"]

_EXTREMES = ("REDUCE_MAX", "REDUCE_MIN")
_MIRRORED = ("int8", "float32")
"""Types whose least is found as the greatest of what is mirrored."""
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
    if operator.code == "REDUCE_MIN" and data.dtype not in _MIRRORED:
        return False
    groups = _groups(data.shape, axes)
    source = data.index
    if groups is None:
        order = sorted(range(rank), key=lambda axis: (axis in axes, axis))
        moved = np.empty(data.shape, np.int8).transpose(order)
        source = draft.tensor(data, moved.shape)
        copy_elements(draft, operator, data.index, moved, source)
        groups = (output.n_elements, data.n_elements // output.n_elements, 1)
    result = _reduced(draft, operator, source, groups)
    draft.view(operator, result, output.index)
    return True


def _reduced(draft: Draft, operator: Operator, source: int, groups: tuple[int, int, int], *, code: str = "") -> int:
    """Return a tensor of (outer, inner) elements like the operator's output: a reduction of (outer, reduced, inner)."""
    outer, reduced, inner = groups
    code = code or operator.code
    output = draft.tensors[operator.outputs[0]]
    if code in _EXTREMES:
        result = draft.tensor(output, (outer, 1, 1, inner))
        data = draft.viewed(operator, source, (outer, reduced, 1, inner))
        if code == "REDUCE_MIN":
            data = _mirrored(draft, operator, data, draft.tensor(output, (outer, reduced, 1, inner)))
        draft.emit(operator, "MAX_POOL_2D", [data], result, {**_COLUMN, "FilterHeight": reduced})
        if code == "REDUCE_MIN":
            result = _mirrored(draft, operator, result, draft.tensor(output, (outer, 1, 1, inner)))
    else:
        result = draft.tensor(output, (outer, inner))
        data = draft.viewed(operator, source, (outer, reduced, 1, inner))
        height_and_width = draft.constant(f"{output.name}/axes", _HEIGHT_AND_WIDTH)
        draft.emit(operator, code, [data, height_and_width], result, {"KeepDims": 0})
    return result


def _mirrored(draft: Draft, operator: Operator, source: int, output: int) -> int:
    """Return a tensor of -1 - q for each q, of -x for floats: the least becomes the greatest."""
    if draft.tensors[output].dtype == "float32":
        return draft.emit(operator, "NEG", [source], output, {})
    table = draft.constant(
        f"{draft.tensors[output].name}/mirrored", np.array([*range(-1, -129, -1), *range(127, -1, -1)], np.int8)
    )
    return draft.emit(operator, "LOOKUP", [source, table], output, {})


def rewrite_arg_max(draft: Draft, operator: Operator) -> bool:
    """Write ARG_MAX and ARG_MIN as an ARG_MAX along the middle one of three dimensions.

    Of int64, as tf.math.argmax writes it, is made int32 unless it is an output of the model.
    """
    if not is_whole(operator, 2):
        return False
    draft.narrow(operator.outputs[0])
    data, output = draft.tensors[operator.inputs[0]], draft.tensors[operator.outputs[0]]
    values, rank = draft.integers(operator.inputs[1]), len(data.shape)
    if values is None or values.size != 1 or not -rank <= int(values.reshape(())) < rank:
        return False
    axis = int(values.reshape(())) % rank
    outer, inner = math.prod(data.shape[:axis]), math.prod(data.shape[axis + 1 :])
    if output.n_elements != outer * inner or not data.n_elements or data.dtype not in _MIRRORED:
        return False
    source = draft.viewed(operator, data.index, (outer, data.shape[axis], inner))
    if operator.code == "ARG_MIN":
        source = _mirrored(draft, operator, source, draft.tensor(data, (outer, data.shape[axis], inner)))
    result = draft.tensor(output, (outer, inner))
    code = "FLOAT_ARG_MAX" if data.dtype == "float32" else "ARG_MAX"
    draft.emit(operator, code, [source, draft.constant(f"{output.name}/axis", np.array(1, np.int32))], result, {})
    draft.view(operator, result, output.index)
    return True


def rewrite_log_softmax(draft: Draft, operator: Operator) -> bool:
    """Write LOG_SOFTMAX of floats as x - max - log(sum of exp(x - max)), in TFLM's order."""
    rows = _rows(draft, operator)
    if rows is None:
        return False
    source, output = draft.tensors[rows], draft.tensors[operator.outputs[0]]
    outer, depth = source.shape

    def reduced(code: str, index: int) -> int:
        return draft.viewed(operator, _reduced(draft, operator, index, (outer, depth, 1), code=code), (outer, 1))

    def computed(code: str, *inputs: int) -> int:
        options = {"FusedActivationFunction": 0} if code == "SUB" else {}
        return draft.emit(operator, code, inputs, draft.tensor(output, draft.tensors[inputs[0]].shape), options)

    below = computed("SUB", rows, reduced("REDUCE_MAX", rows))
    total = reduced("SUM", computed("EXP", below))
    draft.view(operator, computed("SUB", below, computed("LOG", total)), output.index)
    return True


def rewrite_l2_normalization(draft: Draft, operator: Operator) -> bool:
    """Write L2_NORMALIZATION of floats as x / max(sqrt(sum of x^2), 1e-6)."""
    rows = _rows(draft, operator)
    if rows is None or operator.options["FusedActivationFunction"]:
        return False
    output = draft.tensors[operator.outputs[0]]
    outer, depth = draft.tensors[rows].shape
    squares = draft.emit(operator, "SQUARE", [rows], draft.tensor(output, (outer, depth)), {})
    total = draft.viewed(operator, _reduced(draft, operator, squares, (outer, depth, 1), code="SUM"), (outer, 1))
    norm = draft.emit(operator, "SQRT", [total], draft.tensor(output, (outer, 1)), {})
    least = draft.constant(f"{output.name}/least", np.array(1e-6, np.float32))
    norm = draft.emit(operator, "MAXIMUM", [norm, least], draft.tensor(output, (outer, 1)), {})
    normal = draft.tensor(output, (outer, depth))
    draft.emit(operator, "DIV", [rows, norm], normal, {"FusedActivationFunction": 0})
    draft.view(operator, normal, output.index)
    return True


def _rows(draft: Draft, operator: Operator) -> int | None:
    """Return a computed float input, viewed as (outer, last dimension); None for any other input."""
    if not is_whole(operator, 1):
        return None
    data, output = draft.tensors[operator.inputs[0]], draft.tensors[operator.outputs[0]]
    if data.dtype != "float32" or data.data is not None or data.shape != output.shape or not data.n_elements:
        return None
    return (
        draft.viewed(operator, data.index, (data.n_elements // data.shape[-1], data.shape[-1])) if data.shape else None
    )


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
