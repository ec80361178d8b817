"""Moves, repeats or picks a tensor's elements for other rules; those of a constant at compile time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.canonical.copies import copy_elements, rewrite_copy
from tinyhost.compiler.canonical.draft import Draft, is_whole
from tinyhost.compiler.canonical.views import concatenate
from tinyhost.compiler.graph import Operator
from tinyhost.compiler.passes.rewrite import new_constant

__all__ = [
    "broadcasted",
    "moved",
    "rewrite_gather",
    "rewrite_gather_nd",
    "rewrite_mirror_pad",
    "rewrite_resize_nearest",
]

_MODES = ("reflect", "symmetric")
_MOVED = ("int8", "int16", "int32", "float32")
_MAX_RUNS = 1000
"""Of indices that a GATHER takes one after the other."""


def moved(draft: Draft, like: Operator, index: int, move: Callable[[NDArray[Any]], NDArray[Any]]) -> int:
    """Return a tensor of another's elements, rearranged as `move` rearranges an array."""
    tensor = draft.tensors[index]
    if tensor.data is not None:
        return new_constant(draft.tensors, tensor.name, np.array(move(tensor.array())), tensor.quantization)
    places = move(np.empty(tensor.shape, np.int8))
    output = draft.tensor(tensor, places.shape)
    copy_elements(draft, like, index, places, output)
    return output


def broadcasted(draft: Draft, like: Operator, index: int, shape: Sequence[int]) -> int:
    """Return a tensor, broadcast to a shape if it has another."""
    if draft.tensors[index].shape == tuple(shape):
        return index
    return moved(draft, like, index, lambda values: np.broadcast_to(values, shape))


def rewrite_gather(draft: Draft, operator: Operator) -> bool:
    """Write a GATHER whose indices are known as slices that are joined, of a constant as the constant that it gives;
    one by computed indices as one of three dimensions.
    """
    if not is_whole(operator, 2):
        return False
    data, output = draft.tensors[operator.inputs[0]], draft.tensors[operator.outputs[0]]
    indices, axis = draft.integers(operator.inputs[1]), int(operator.options["Axis"])
    rank = len(data.shape)
    if not -rank <= axis < rank or data.dtype not in _MOVED:
        return False
    axis %= rank
    if indices is None:
        return _gather_computed(draft, operator, axis)
    shape = (*data.shape[:axis], *indices.shape, *data.shape[axis + 1 :])
    if (
        operator.options["BatchDims"]
        or not indices.size
        or output.shape != shape
        or not ((indices >= 0) & (indices < data.shape[axis])).all()
    ):
        return False
    if data.data is not None:
        values = np.take(data.array(), indices, axis=axis)
        draft.tensors[output.index] = replace(output, data=values.tobytes())
        return True
    return _take(draft, operator, data.index, axis, indices.reshape(-1).tolist())


def rewrite_gather_nd(draft: Draft, operator: Operator) -> bool:
    """Write a GATHER_ND whose indices are known as slices of rows, which are joined."""
    if not is_whole(operator, 2):
        return False
    data, output = draft.tensors[operator.inputs[0]], draft.tensors[operator.outputs[0]]
    indices = draft.integers(operator.inputs[1])
    if indices is None or not indices.size or data.data is not None or data.dtype not in _MOVED:
        return False
    n = indices.shape[-1] if indices.ndim else 0
    if not 1 <= n <= len(data.shape) or output.shape != (*indices.shape[:-1], *data.shape[n:]):
        return False
    if not ((indices >= 0) & (indices < data.shape[:n])).all():
        return False
    rows = draft.viewed(operator, data.index, (math.prod(data.shape[:n]), math.prod(data.shape[n:])))
    places = np.ravel_multi_index(tuple(np.moveaxis(indices, -1, 0)), data.shape[:n])
    return _take(draft, operator, rows, 0, places.reshape(-1).tolist())


def _take(draft: Draft, operator: Operator, data: int, axis: int, places: Sequence[int]) -> bool:
    runs = _runs(places)
    if len(runs) <= _MAX_RUNS:
        draft.view(operator, _taken(draft, operator, data, axis, runs), operator.outputs[0])
    return len(runs) <= _MAX_RUNS


def _gather_computed(draft: Draft, operator: Operator, axis: int) -> bool:
    data, indices = (draft.tensors[index] for index in operator.inputs)
    output, n_batch = draft.tensors[operator.outputs[0]], int(operator.options["BatchDims"])
    shape = (*data.shape[:axis], *indices.shape[n_batch:], *data.shape[axis + 1 :])
    batch = (*data.shape[:n_batch], *indices.shape[:n_batch])
    if indices.dtype != "int32" or not 0 <= n_batch <= axis or math.prod(batch) != 1 or output.shape != shape:
        return False
    outer, inner = math.prod(data.shape[:axis]), math.prod(data.shape[axis + 1 :])
    rows = draft.viewed(operator, data.index, (outer, data.shape[axis], inner))
    numbers = draft.viewed(operator, indices.index, (indices.n_elements,))
    gathered = draft.tensor(output, (outer, indices.n_elements, inner))
    draft.view(operator, draft.emit(operator, "GATHER", [rows, numbers], gathered, {}), output.index)
    return True


def rewrite_mirror_pad(draft: Draft, operator: Operator) -> bool:
    """Write a MIRROR_PAD as slices of each axis, some backwards, that are joined."""
    if not is_whole(operator, 2):
        return False
    data, output = draft.tensors[operator.inputs[0]], draft.tensors[operator.outputs[0]]
    pads, mode = draft.integers(operator.inputs[1]), int(operator.options["Mode"])
    if pads is None or pads.shape != (len(data.shape), 2) or data.dtype not in _MOVED or mode not in range(len(_MODES)):
        return False
    limits = np.array(data.shape) - (1 if _MODES[mode] == "reflect" else 0)
    if (pads < 0).any() or (pads > limits[:, None]).any():
        return False
    if output.shape != tuple(np.array(data.shape) + pads.sum(axis=1)):
        return False
    index = data.index
    for axis, (before, after) in enumerate(pads.tolist()):
        if before or after:
            places = np.arange(data.shape[axis])
            padded = np.pad(places, (before, after), mode=_MODES[mode])  # type: ignore[call-overload]
            index = _taken(draft, operator, index, axis, _runs(padded.tolist()))
    draft.view(operator, index, output.index)
    return True


def rewrite_resize_nearest(draft: Draft, operator: Operator) -> bool:
    """Write a RESIZE_NEAREST_NEIGHBOR as one copy, by whole factors, or as rows and then columns that are taken."""
    if not is_whole(operator, 2):
        return False
    data, output = draft.tensors[operator.inputs[0]], draft.tensors[operator.outputs[0]]
    fits = len(data.shape) == len(output.shape) == 4 and data.shape[::3] == output.shape[::3]
    if not fits or data.n_elements == 0 or output.n_elements == 0 or data.dtype not in _MOVED:
        return False
    if rewrite_copy(draft, operator):
        return True
    indices = [_nearest(data.shape[axis], output.shape[axis], operator) for axis in (1, 2)]
    if any(len(_runs(places)) > _MAX_RUNS for places in indices):
        return False
    index = data.index
    for axis, places in enumerate(indices, 1):
        index = _taken(draft, operator, index, axis, _runs(places))
    draft.view(operator, index, output.index)
    return True


def _nearest(size: int, n: int, operator: Operator) -> list[int]:
    """Return which of `size` pixels each of n is, in float as TensorFlow Lite's resize_nearest_neighbor.h computes."""
    aligned = bool(operator.options["AlignCorners"])
    scale = np.float32(size - 1) / np.float32(n - 1) if aligned and n > 1 else np.float32(size) / np.float32(n)
    half = np.float32(0.5 if operator.options["HalfPixelCenters"] else 0)
    places = (np.arange(n, dtype=np.float32) + half) * scale
    rounded = np.floor(places.astype(np.float64) + 0.5) if aligned else np.floor(places)
    return np.clip(rounded, 0, size - 1).astype(int).tolist()  # type: ignore[no-any-return]


def _taken(draft: Draft, like: Operator, index: int, axis: int, runs: Sequence[tuple[int, int, int]]) -> int:
    """Return a tensor of slices of another along an axis: of (first, step, count) each."""
    before = (slice(None),) * axis

    def slice_of(first: int, step: int, count: int) -> Callable[[NDArray[Any]], NDArray[Any]]:
        end = first + step * count
        taken = slice(first, end if end >= 0 else None, step)
        return lambda values: np.asarray(values[(*before, taken)])

    return concatenate(draft, like, [moved(draft, like, index, slice_of(*run)) for run in runs], axis)


def _runs(indices: Sequence[int]) -> list[tuple[int, int, int]]:
    """Return the fewest runs of a constant step that follow one another: (first, step, count)."""
    runs: list[tuple[int, int, int]] = []
    at = 0
    while at < len(indices):
        end = at + 1
        step = indices[end] - indices[at] if end < len(indices) else 1
        while step and end < len(indices) and indices[end] - indices[end - 1] == step:
            end += 1
        runs.append((indices[at], step or 1, end - at))
        at = end
    return runs
