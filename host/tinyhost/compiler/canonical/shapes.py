"""Infers shapes that a file leaves open from those it computes, and folds constants of a shape (FILL).

Keras writes Dense layers of more than two dimensions, UpSampling2D and states of recurrent layers so for a batch of any
size: the file's dimension is then 1.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from tinyhost.compiler.canonical.copies import copied_shape
from tinyhost.compiler.canonical.draft import Draft
from tinyhost.compiler.canonical.ranks import POINTWISE
from tinyhost.compiler.graph import Operator
from tinyhost.compiler.image_format import MAX_TENSOR_BYTES

__all__ = ["fold_fill", "fold_zeros_like", "infer_shape"]

_MAX_RANK = 8
_MAX_FILLED = 1 << 16
"""Elements."""

_ZEROED = ("float32", "int8", "int32", "int64")

_Shape = tuple[int, ...]


def infer_shape(draft: Draft, operator: Operator) -> None:
    """Give the operator's output the shape that follows from its inputs, where the file says another."""
    follow = _FOLLOW.get(operator.code)
    if follow is None or len(operator.outputs) != 1 or min(*operator.outputs, *operator.inputs[:2], 0) < 0:
        return
    output = draft.tensors[operator.outputs[0]]
    try:
        shape = follow(draft, operator)
    except (ValueError, IndexError, TypeError, ZeroDivisionError):  # of numbers that do not fit
        return
    if shape is None or output.data is not None or math.prod(shape) > MAX_TENSOR_BYTES:
        return
    if math.prod(shape):
        draft.tensors[output.index] = replace(output, shape=shape)
    elif operator.code == "SLICE":  # of what a loop has not yet written, or has no more to write
        draft.tensors[output.index] = replace(output, shape=shape, data=b"")


def _reshape(draft: Draft, operator: Operator) -> _Shape | None:
    source, output = draft.tensors[operator.inputs[0]], draft.tensors[operator.outputs[0]]
    wanted = draft.integers(operator.inputs[1])
    if source.n_elements == output.n_elements or wanted is None or wanted.size > _MAX_RANK:
        return None
    places = np.broadcast_to(np.int8(0), source.shape)
    return places.reshape(tuple(wanted.reshape(-1).tolist())).shape


def _fully_connected(draft: Draft, operator: Operator) -> _Shape | None:
    source, weights, output = (draft.tensors[index] for index in (*operator.inputs[:2], operator.outputs[0]))
    units, depth = weights.shape
    n_rows, rest = divmod(source.n_elements, depth)
    return None if rest or n_rows * units == output.n_elements else (n_rows, units)


def _expand_dims(draft: Draft, operator: Operator) -> _Shape | None:
    source, output = draft.tensors[operator.inputs[0]], draft.tensors[operator.outputs[0]]
    axis = draft.integers(operator.inputs[1])
    if source.n_elements == output.n_elements or axis is None or len(source.shape) >= _MAX_RANK:
        return None
    return np.expand_dims(np.broadcast_to(np.int8(0), source.shape), int(axis.reshape(()))).shape


def _squeeze(draft: Draft, operator: Operator) -> _Shape | None:
    """Return the one shape that is left, whichever dimensions of 1 are removed."""
    source, rank = draft.tensors[operator.inputs[0]], len(draft.tensors[operator.outputs[0]].shape)
    if not draft.was_reshaped(source.index) or len(source.shape) > _MAX_RANK:
        return None
    kept = itertools.combinations(range(len(source.shape)), rank)
    shapes = {tuple(source.shape[axis] for axis in axes) for axes in kept}
    left = {shape for shape in shapes if math.prod(shape) == source.n_elements}
    return left.pop() if len(left) == 1 else None


def _transpose_conv(draft: Draft, operator: Operator) -> _Shape | None:
    wanted, output = draft.integers(operator.inputs[0]), draft.tensors[operator.outputs[0]]
    if wanted is None or wanted.shape != (4,) or (wanted < 1).any() or wanted.prod() == output.n_elements:
        return None
    return tuple(wanted.tolist())


def _tile(draft: Draft, operator: Operator) -> _Shape | None:
    source = draft.tensors[operator.inputs[0]]
    multiples = draft.integers(operator.inputs[1])
    if multiples is None or multiples.shape != (len(source.shape),) or (multiples < 1).any():
        return None
    return tuple(dim * int(n) for dim, n in zip(source.shape, multiples, strict=True))


def _slice(draft: Draft, operator: Operator) -> _Shape | None:
    source, output = draft.tensors[operator.inputs[0]], draft.tensors[operator.outputs[0]]
    begins, sizes = (draft.integers(index) for index in operator.inputs[1:])
    if begins is None or sizes is None or not begins.shape == sizes.shape == (len(source.shape),):
        return None
    ends = np.where(sizes < 0, source.shape, begins + sizes)
    if (begins < 0).any() or (ends < begins).any() or (ends > source.shape).any():
        return None
    shape = tuple((ends - begins).tolist())
    return None if shape == output.shape else shape


def _windowed(draft: Draft, operator: Operator) -> _Shape | None:
    """Return the output's shape of a convolution or pool whose input is not as high or wide as the file says."""
    source, output = draft.tensors[operator.inputs[0]], draft.tensors[operator.outputs[0]]
    if not draft.was_reshaped(source.index) or len(source.shape) != 4 or len(output.shape) != 4:
        return None
    options = operator.options
    sizes = draft.tensors[operator.inputs[1]].shape[1:3] if len(operator.inputs) > 1 else ()
    sizes = sizes or (int(options["FilterHeight"]), int(options["FilterWidth"]))
    found = []
    for axis, dim, size in zip("HW", source.shape[1:3], sizes, strict=True):
        extent = (size - 1) * int(options.get(f"Dilation{axis}Factor", 1)) + 1
        cut = 0 if options["Padding"] == _SAME else extent - 1
        found.append(-(-(dim - cut) // int(options[f"Stride{axis}"])))
    return (source.shape[0], *found, output.shape[3])


def _like_inputs(draft: Draft, operator: Operator) -> _Shape | None:
    """Return the output's shape of an elementwise operator, one of whose inputs has not the shape the file says."""
    if not any(draft.was_reshaped(index) for index in operator.inputs):
        return None
    return np.broadcast_shapes(*(draft.tensors[index].shape for index in operator.inputs))


def _concatenation(draft: Draft, operator: Operator) -> _Shape | None:
    if not any(draft.was_reshaped(index) for index in operator.inputs):
        return None
    shapes = [draft.tensors[index].shape for index in operator.inputs]
    shape, axis = shapes[0], int(operator.options["Axis"]) % len(shapes[0])
    return (*shape[:axis], sum(own[axis] for own in shapes), *shape[axis + 1 :])


def _reduced(draft: Draft, operator: Operator) -> _Shape | None:
    axes = draft.integers(operator.inputs[1])
    if axes is None or not draft.was_reshaped(operator.inputs[0]):
        return None
    shape = draft.tensors[operator.inputs[0]].shape
    gone = {int(axis) % len(shape) for axis in axes.reshape(-1)}
    if operator.options["KeepDims"]:
        return tuple(1 if i in gone else dim for i, dim in enumerate(shape))
    return tuple(dim for i, dim in enumerate(shape) if i not in gone)


def _copied(draft: Draft, operator: Operator) -> _Shape | None:
    return copied_shape(draft, operator) if draft.was_reshaped(operator.inputs[0]) else None


_SAME = 0
_WINDOWED = ("AVERAGE_POOL_2D", "CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D")
_COMPARISONS = ("EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL", "NOT_EQUAL")
_LOGIC = ("LOGICAL_AND", "LOGICAL_NOT", "LOGICAL_OR")
_OTHERS = ("CAST", "L2_NORMALIZATION", "LOG_SOFTMAX", "SELECT_V2", "SOFTMAX")
_LIKE_INPUTS = (*POINTWISE, *_COMPARISONS, *_LOGIC, *_OTHERS)
_FOLLOW: Mapping[str, Callable[[Draft, Operator], _Shape | None]] = {
    **dict.fromkeys(_LIKE_INPUTS, _like_inputs),
    **dict.fromkeys(_WINDOWED, _windowed),
    **dict.fromkeys(("MEAN", "REDUCE_MAX", "REDUCE_MIN", "SUM"), _reduced),
    "CONCATENATION": _concatenation,
    "EXPAND_DIMS": _expand_dims,
    "FULLY_CONNECTED": _fully_connected,
    "RESHAPE": _reshape,
    "SLICE": _slice,
    "SQUEEZE": _squeeze,
    "STRIDED_SLICE": _copied,
    "TILE": _tile,
    "TRANSPOSE": _copied,
    "TRANSPOSE_CONV": _transpose_conv,
}


def fold_fill(draft: Draft, operator: Operator) -> bool:
    """Turn the output of a FILL of constants into the constant that it is."""
    if len(operator.inputs) != 2 or len(operator.outputs) != 1 or min(*operator.inputs, *operator.outputs) < 0:
        return False
    dims, value = draft.integers(operator.inputs[0]), draft.tensors[operator.inputs[1]]
    output = draft.tensors[operator.outputs[0]]
    if dims is None or dims.ndim != 1 or dims.size > _MAX_RANK or (dims < 1).any():
        return False
    if value.data is None or value.n_elements != 1:
        return False
    n_elements = math.prod(dims.tolist())
    if n_elements > _MAX_FILLED or value.dtype != output.dtype:
        return False
    shape = tuple(dims.reshape(-1).tolist())
    draft.tensors[output.index] = replace(output, shape=shape, data=value.data * n_elements)
    return True


def fold_zeros_like(draft: Draft, operator: Operator) -> bool:
    """Turn the output of a ZEROS_LIKE into the constant that it is: 0, whatever a quantized tensor's zero point is."""
    if len(operator.inputs) != 1 or len(operator.outputs) != 1 or min(*operator.inputs, *operator.outputs) < 0:
        return False
    source, output = draft.tensors[operator.inputs[0]], draft.tensors[operator.outputs[0]]
    if output.dtype not in _ZEROED or source.dtype != output.dtype or not 0 < source.n_elements <= _MAX_FILLED:
        return False
    data = bytes(source.n_elements * np.dtype(output.dtype).itemsize)
    draft.tensors[output.index] = replace(output, shape=source.shape, data=data)
    return True
