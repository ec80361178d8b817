"""TRANSPOSE_CONV as a convolution that computes all outputs between two inputs at once, and a copy that spreads them.

Output y is input (y + pad - f) / stride for every tap f for which that is a whole number. So outputs of one remainder
of y / stride are a convolution of the input with every stride-th tap: each remainder becomes filters of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.canonical.copies import copy_elements
from tinyhost.compiler.canonical.draft import Draft
from tinyhost.compiler.graph import Operator, Quantization, Tensor
from tinyhost.compiler.passes.rewrite import new_constant

__all__ = ["rewrite_transpose_conv"]

_SAME, _VALID = 0, 1
_MAX_STRIDE = 16

_BIAS_TYPES = {"int8": ("int32",), "int16": ("int16", "int64"), "float32": ("float32",)}
"""That TFLM takes, by the type of activations."""
_WEIGHT_TYPES = {"int8": "int8", "int16": "int8", "float32": "float32"}
_NEW_BIASES = {"int8": np.int32, "int16": np.int64, "float32": np.float32}


@dataclass(frozen=True, kw_only=True)
class _Axis:
    """One axis of it: first and last input that any output between input 0 and the next one reads."""

    stride: int
    pad: int
    filter: int
    output: int

    @property
    def _reach(self) -> list[int]:
        ends = [self.pad - self.filter + 1, self.pad + self.stride - 1]
        return [0, -(-ends[0] // self.stride), ends[1] // self.stride]

    @property
    def first(self) -> int:
        return min(self._reach)

    @property
    def n_taps(self) -> int:
        return max(self._reach) - self.first + 1

    @property
    def n_outputs(self) -> int:
        """Of the convolution."""
        return -(-self.output // self.stride)

    def tap(self, remainder: int, index: int) -> int:
        """Return which of the taps the convolution's tap `index` is for outputs of that remainder; may be outside."""
        return remainder + self.pad - (self.first + index) * self.stride


def rewrite_transpose_conv(draft: Draft, operator: Operator) -> bool:
    """Write TRANSPOSE_CONV as CONV_2D and STRIDED_COPY; what is computed beyond the output is cut off."""
    is_whole = len(operator.inputs) in (3, 4) and len(operator.outputs) == 1
    if not is_whole or min((*operator.inputs[1:3], *operator.outputs)) < 0:
        return False
    filters, data = (draft.tensors[index] for index in operator.inputs[1:3])
    bias = draft.tensors[operator.inputs[3]] if len(operator.inputs) == 4 and operator.inputs[3] >= 0 else None
    output = draft.tensors[operator.outputs[0]]
    is_regular = filters.data is not None and filters.dtype == _WEIGHT_TYPES.get(data.dtype)
    if not is_regular or [len(tensor.shape) for tensor in (filters, data, output)] != [4, 4, 4]:
        return False
    if bias is not None and (bias.data is None or bias.dtype not in _BIAS_TYPES[data.dtype]):
        return False
    if (data.shape[0], data.shape[3], filters.shape[0]) != (output.shape[0], filters.shape[3], output.shape[3]):
        return False
    rows, columns = _axes(operator, filters, data, output)
    if rows is None or columns is None:
        return False
    _emit(draft, operator, (rows, columns), bias)
    return True


def _axes(operator: Operator, filters: Tensor, data: Tensor, output: Tensor) -> list[_Axis | None]:
    """Return both axes; None if a convolution cannot compute one of them."""
    found: list[_Axis | None] = []
    for name, dim in (("H", 1), ("W", 2)):
        stride, size = int(operator.options[f"Stride{name}"]), output.shape[dim]
        if not 0 < stride <= _MAX_STRIDE:
            return [None, None]
        taken = filters.shape[dim]
        is_same = int(operator.options["Padding"]) == _SAME
        n_read = -(-size // stride) if is_same else -(-(size + 1 - taken) // stride)
        pad = max(0, (n_read - 1) * stride + taken - size) // 2
        axis = _Axis(stride=stride, pad=pad, filter=taken, output=size)
        found.append(axis if axis.n_outputs - 1 + axis.first < data.shape[dim] else None)
    return found


def _emit(draft: Draft, operator: Operator, axes: tuple[_Axis, _Axis], bias: Tensor | None) -> None:
    rows, columns = axes
    filters, data, output = (draft.tensors[i] for i in (*operator.inputs[1:3], operator.outputs[0]))
    n, depth = output.shape[0], output.shape[3]
    n_repeats = rows.stride * columns.stride
    inputs = [data.index, new_constant(draft.tensors, filters.name, _spread(filters, axes), _tiled(filters, n_repeats))]
    if bias is not None:
        values = np.tile(bias.array().reshape(-1), n_repeats)
        inputs.append(new_constant(draft.tensors, bias.name, values.astype(_NEW_BIASES[data.dtype]), None))
    options = {
        "Padding": _VALID,
        "FusedActivationFunction": operator.options["FusedActivationFunction"],
        **{f"Dilation{name}Factor": 1 for name in "HW"},
        **{f"Stride{name}": 1 for name in "HW"},
        **{f"PadBefore{name}": -axis.first for name, axis in zip("HW", axes, strict=True)},
        **{f"Output{name}": axis.n_outputs for name, axis in zip("HW", axes, strict=True)},
    }
    wide = draft.tensor(output, (n, rows.n_outputs, columns.n_outputs, n_repeats * depth))
    draft.emit(operator, "CONV_2D", inputs, wide, options)
    parts = np.empty((n, rows.n_outputs, columns.n_outputs, rows.stride, columns.stride, depth), np.int8)
    whole = (n, rows.n_outputs * rows.stride, columns.n_outputs * columns.stride, depth)
    is_cut = whole != output.shape
    target = draft.tensor(output, whole) if is_cut else output.index
    copy_elements(draft, operator, wide, parts.transpose(0, 1, 3, 2, 4, 5), target)
    if is_cut:
        copy_elements(
            draft, operator, target, np.empty(whole, np.int8)[:, : rows.output, : columns.output], output.index
        )


def _spread(filters: Tensor, axes: tuple[_Axis, _Axis]) -> NDArray[np.generic]:
    """Return the convolution's weights, one remainder after the other."""
    rows, columns = axes
    weights = filters.array()  # (out, height, width, in)
    depth, n_in = weights.shape[0], weights.shape[3]
    spread = np.zeros((rows.stride, columns.stride, depth, rows.n_taps, columns.n_taps, n_in), weights.dtype)
    for y, x, i, j in np.ndindex(rows.stride, columns.stride, rows.n_taps, columns.n_taps):
        row, column = rows.tap(y, i), columns.tap(x, j)
        if 0 <= row < rows.filter and 0 <= column < columns.filter:
            spread[y, x, :, i, j] = weights[:, row, column]
    return spread.reshape(-1, *spread.shape[3:])


def _tiled(filters: Tensor, n_repeats: int) -> Quantization | None:
    """Return the quantization of filters that are repeated n_repeats times."""
    found = filters.quantization
    if found is None or len(found.scales) == 1:
        return found
    return replace(
        found, scales=np.tile(found.scales, n_repeats), zero_points=np.tile(found.zero_points, n_repeats), axis=0
    )
