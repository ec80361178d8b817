"""Operators that only move elements, as STRIDED_COPY: slices, splits, transposes, blocks of pixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.canonical.draft import Draft
from tinyhost.compiler.canonical.slices import slice_of
from tinyhost.compiler.graph import Operator
from tinyhost.compiler.image_format import MAX_COPY_RANK, MAX_RANK

__all__ = ["copied_shape", "copy_elements", "rewrite_copy"]

Elements: TypeAlias = NDArray[np.int8]
"""A tensor of one byte an element, of which only the places count: what numpy makes of it says what is moved."""


def rewrite_copy(draft: Draft, operator: Operator) -> bool:
    """Write an operator that only moves elements as one copy for each output; return False if that is not possible."""
    position = 1 if operator.code == "SPLIT" else 0
    source = operator.inputs[position] if len(operator.inputs) > position else -1
    if min(source, *operator.outputs, -1 if not operator.outputs else 0) < 0:
        return False
    if any(draft.tensors[index].n_elements == 0 for index in (source, *operator.outputs)):
        return all(draft.tensors[index].data == b"" for index in operator.outputs)  # known to be nothing
    base: Elements = np.empty(draft.tensors[source].shape, np.int8)
    try:
        parts = _PARTS[operator.code](draft, operator, base)
    except (ValueError, IndexError, TypeError, ZeroDivisionError):  # of shapes and numbers that do not fit
        return False
    outputs = [draft.tensors[index] for index in operator.outputs]
    if parts is None or [part.size for part in parts] != [output.n_elements for output in outputs]:
        return False
    if any(len(_merged(part)[0]) > MAX_COPY_RANK for part in parts):
        return False
    for part, output in zip(parts, outputs, strict=True):
        copy_elements(draft, operator, source, part, output.index)
    return True


def copied_shape(draft: Draft, operator: Operator) -> tuple[int, ...] | None:
    """Return the shape of what a STRIDED_SLICE or TRANSPOSE takes of its input; raises ValueError or IndexError."""
    parts = _PARTS[operator.code](draft, operator, np.broadcast_to(np.int8(0), draft.tensors[operator.inputs[0]].shape))
    return None if parts is None else parts[0].shape


def copy_elements(draft: Draft, operator: Operator, source: int, places: Elements, output: int) -> None:
    """Add the copy of the elements that `places` names, a view into all of `source`; RESHAPE if it is all of it."""
    dims, strides = _merged(places)
    offset = _address(places) - _address(_whole(places))
    if places.size == draft.tensors[source].n_elements and strides in ([], [1]):
        draft.view(operator, source, output)
        return
    padding = MAX_COPY_RANK - len(dims)
    numbers = np.array([offset, *[1] * padding, *dims, *[0] * padding, *strides], np.int32)
    constant = draft.constant(f"{draft.tensors[output].name}/places", numbers)
    inputs = [_flat(draft, operator, source), constant]
    if len(draft.tensors[output].shape) <= MAX_RANK:
        draft.emit(operator, "STRIDED_COPY", inputs, output, {})
        return
    flat = draft.tensor(draft.tensors[output], (places.size,))
    draft.view(operator, draft.emit(operator, "STRIDED_COPY", inputs, flat, {}), output)


def _flat(draft: Draft, operator: Operator, index: int) -> int:
    """Return a tensor, flattened if it has more dimensions than an operator of the engine takes."""
    tensor = draft.tensors[index]
    return index if len(tensor.shape) <= MAX_RANK else draft.viewed(operator, index, (tensor.n_elements,))


def _whole(places: Elements) -> Elements:
    """Return the array that a view is part of."""
    return places if places.base is None else _whole(places.base)


def _address(places: Elements) -> int:
    return int(places.__array_interface__["data"][0])


def _merged(part: Elements) -> tuple[list[int], list[int]]:
    """Return sizes and strides of the fewest dimensions that visit the same elements in the same order."""
    dims: list[int] = []
    strides: list[int] = []
    for dim, stride in zip(part.shape, part.strides, strict=True):
        if dim == 1:
            continue
        if dims and strides[-1] == stride * dim:
            dims[-1], strides[-1] = dims[-1] * dim, stride
        else:
            dims.append(dim)
            strides.append(stride)
    return dims, strides


def _strided_slice(draft: Draft, operator: Operator, base: Elements) -> list[Elements] | None:
    bounds = [draft.integers(index) for index in operator.inputs[1:]]
    known = [values for values in bounds if values is not None]
    indices = slice_of(base.shape, known, operator.options) if len(known) == len(bounds) else None
    return None if indices is None else [base[indices]]


def _slice(draft: Draft, operator: Operator, base: Elements) -> list[Elements] | None:
    begins, sizes = (draft.integers(index) for index in operator.inputs[1:])
    if begins is None or sizes is None or (begins < 0).any():
        return None
    ends = [None if size < 0 else begin + size for begin, size in zip(begins, sizes, strict=True)]
    return [base[tuple(slice(int(begin), end) for begin, end in zip(begins, ends, strict=True))]]


def _split(draft: Draft, operator: Operator, base: Elements) -> list[Elements] | None:
    axis = draft.integers(operator.inputs[0])
    return None if axis is None else np.split(base, len(operator.outputs), axis=int(axis.reshape(())))


def _split_v(draft: Draft, operator: Operator, base: Elements) -> list[Elements] | None:
    sizes, axis = (draft.integers(index) for index in operator.inputs[1:])
    if sizes is None or axis is None:
        return None
    dim = int(axis.reshape(()))
    lengths = sizes.reshape(-1)
    rest = base.shape[dim] - lengths[lengths >= 0].sum()
    ends = np.cumsum(np.where(lengths < 0, rest, lengths))
    return np.split(base, ends[:-1].tolist(), axis=dim) if ends[-1] == base.shape[dim] else None


def _unpack(draft: Draft, operator: Operator, base: Elements) -> list[Elements] | None:
    axis = int(operator.options["Axis"])
    return list(np.moveaxis(base, axis, 0)) if base.shape[axis] == len(operator.outputs) else None


def _transpose(draft: Draft, operator: Operator, base: Elements) -> list[Elements] | None:
    order = draft.integers(operator.inputs[1])
    return None if order is None else [base.transpose(order.reshape(-1).tolist())]


def _depth_to_space(draft: Draft, operator: Operator, base: Elements) -> list[Elements]:
    (n, height, width, depth), block = base.shape, int(operator.options["BlockSize"])
    pixels = base.reshape(n, height, width, block, block, depth // block**2)  # (n, y, x, in y, in x, c)
    return [pixels.transpose(0, 1, 3, 2, 4, 5)]


def _space_to_depth(draft: Draft, operator: Operator, base: Elements) -> list[Elements]:
    (n, height, width, depth), block = base.shape, int(operator.options["BlockSize"])
    blocks = base.reshape(n, height // block, block, width // block, block, depth)  # (n, y, in y, x, in x, c)
    return [blocks.transpose(0, 1, 3, 2, 4, 5)]


def _resize_nearest(draft: Draft, operator: Operator, base: Elements) -> list[Elements] | None:
    """By whole factors, without corners aligned; then TFLM's float arithmetic repeats each pixel alike."""
    n, height, width, depth = base.shape
    output = draft.tensors[operator.outputs[0]].shape
    factors = output[1] // height, output[2] // width
    if operator.options["AlignCorners"] or output != (n, height * factors[0], width * factors[1], depth):
        return None
    half = 0.5 if operator.options["HalfPixelCenters"] else 0.0
    if not all(_repeats(size, factor, half) for size, factor in zip((height, width), factors, strict=True)):
        return None
    repeated = (n, height, factors[0], width, factors[1], depth)
    return [np.broadcast_to(base[:, :, None, :, None, :], repeated)]


def _repeats(size: int, factor: int, half: float) -> bool:
    """Return whether TFLM reads element i // factor for element i, in float as it computes."""
    indices = np.arange(size * factor)
    places = (indices.astype(np.float32) + np.float32(half)) * (np.float32(size) / np.float32(size * factor))
    return bool((np.minimum(np.floor(places), size - 1) == indices // factor).all())


def _reverse(draft: Draft, operator: Operator, base: Elements) -> list[Elements] | None:
    axes = draft.integers(operator.inputs[1])
    return None if axes is None else [np.flip(base, tuple(int(axis) for axis in axes.reshape(-1)))]


def _broadcast_to(draft: Draft, operator: Operator, base: Elements) -> list[Elements]:
    return [np.broadcast_to(base, draft.tensors[operator.outputs[0]].shape)]


def _tile(draft: Draft, operator: Operator, base: Elements) -> list[Elements] | None:
    multiples = draft.integers(operator.inputs[1])
    if multiples is None or multiples.shape != (base.ndim,):
        return None
    pairs = [pair for dim, n in zip(base.shape, multiples.tolist(), strict=True) for pair in ((1, n), (dim, dim))]
    apart = base.reshape([size for size, _ in pairs])
    return [np.broadcast_to(apart, [size for _, size in pairs])]


_PARTS: Mapping[str, Callable[[Draft, Operator, Elements], list[Elements] | None]] = {
    "BROADCAST_TO": _broadcast_to,
    "DEPTH_TO_SPACE": _depth_to_space,
    "RESIZE_NEAREST_NEIGHBOR": _resize_nearest,
    "REVERSE_V2": _reverse,
    "SLICE": _slice,
    "SPACE_TO_DEPTH": _space_to_depth,
    "SPLIT": _split,
    "SPLIT_V": _split_v,
    "STRIDED_SLICE": _strided_slice,
    "TILE": _tile,
    "TRANSPOSE": _transpose,
    "UNPACK": _unpack,
}
