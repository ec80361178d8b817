"""Sums that other operators can express, in the order in which TFLM computes."""

from __future__ import annotations

import math

import numpy as np

from tinyhost.compiler.canonical.draft import Draft, is_whole
from tinyhost.compiler.canonical.moves import moved
from tinyhost.compiler.canonical.views import concatenate
from tinyhost.compiler.graph import Operator, Tensor

__all__ = ["rewrite_add_n", "rewrite_cumsum"]

_MAX_SUMMED = 256
"""Elements in a row, whose sums are made with as many times as many weights."""


def rewrite_add_n(draft: Draft, operator: Operator) -> bool:
    """Write ADD_N of floats as ADDs of one input after the other to 0, which makes 0 of -0; of int8 see _add_bytes."""
    if not operator.inputs or not is_whole(operator, len(operator.inputs)):
        return False
    output = draft.tensors[operator.outputs[0]]
    if any(draft.tensors[index].shape != output.shape for index in operator.inputs):
        return False
    if _are(draft, operator, "int8"):
        return _add_bytes(draft, operator)
    if not _are(draft, operator, "float32"):
        return False
    total = draft.constant(f"{output.name}/zero", np.array(0, np.float32))
    for n_left, index in enumerate(operator.inputs, 1 - len(operator.inputs)):
        target = draft.tensor(output, output.shape) if n_left else output.index
        total = draft.emit(operator, "ADD", [total, index], target, {**_NO_ACTIVATION})
    return True


def _add_bytes(draft: Draft, operator: Operator) -> bool:
    """Write ADD_N of int8 as the last sums of all inputs one below the other, as TFLM adds them before it rounds."""
    tensors = [draft.tensors[index] for index in operator.inputs]
    if len({(tensor.scale, tensor.zero_point) for tensor in tensors}) > 1 or not tensors[0].n_elements:
        return False
    size = tensors[0].n_elements
    rows = concatenate(draft, operator, [draft.viewed(operator, i, (1, 1, size)) for i in operator.inputs], 1)
    output = draft.tensors[operator.outputs[0]]
    sums = draft.tensor(output, (1, size))
    options = {"Exclusive": 0, "Reverse": 0, "IsSum": 1}
    draft.emit(operator, "CUMSUM", [rows, _middle(draft, output)], sums, options)
    draft.view(operator, sums, output.index)
    return True


def rewrite_cumsum(draft: Draft, operator: Operator) -> bool:
    """Write CUMSUM along the middle one of three dimensions; of floats as FULLY_CONNECTED along the axis.

    Its weights are 1 for what is summed and 0 for the rest: the sums are TFLM's to the bit, but of what is infinite.
    """
    if not is_whole(operator, 2):
        return False
    data, output = draft.tensors[operator.inputs[0]], draft.tensors[operator.outputs[0]]
    axes, rank = draft.integers(operator.inputs[1]), len(data.shape)
    if axes is None or axes.size != 1 or data.data is not None or data.shape != output.shape or not data.n_elements:
        return False
    axis = int(axes.reshape(()))
    if data.dtype != output.dtype or not -rank <= axis < rank:
        return False
    if data.dtype == "int8":
        return _sum_bytes(draft, operator, axis % rank)
    if data.dtype != "float32" or data.shape[axis] > _MAX_SUMMED:
        return False
    step = -1 if operator.options["Reverse"] else 1
    rows = moved(draft, operator, data.index, lambda values: np.moveaxis(values, axis, -1)[..., ::step])
    n, shape = data.shape[axis], draft.tensors[rows].shape
    ones = np.tri(n, n, -1 if operator.options["Exclusive"] else 0, dtype=np.float32)
    weights = draft.constant(f"{output.name}/ones", ones)
    options = {**_NO_ACTIVATION, "WeightsFormat": 0, "KeepNumDims": 1}
    sums = draft.emit(operator, "FULLY_CONNECTED", [rows, weights], draft.tensor(output, shape), options)
    back = moved(draft, operator, sums, lambda values: np.moveaxis(values[..., ::step], -1, axis))
    draft.view(operator, back, output.index)
    return True


def _sum_bytes(draft: Draft, operator: Operator, axis: int) -> bool:
    data, output = draft.tensors[operator.inputs[0]], draft.tensors[operator.outputs[0]]
    shape = (math.prod(data.shape[:axis]), data.shape[axis], math.prod(data.shape[axis + 1 :]))
    source = draft.viewed(operator, data.index, shape)
    sums = draft.tensor(output, shape)
    draft.emit(operator, "CUMSUM", [source, _middle(draft, output)], sums, operator.options)
    draft.view(operator, sums, output.index)
    return True


_NO_ACTIVATION = {"FusedActivationFunction": 0}


def _middle(draft: Draft, output: Tensor) -> int:
    """Return the constant of an axis, the middle one of three."""
    return draft.constant(f"{output.name}/axis", np.array(1, np.int32))


def _are(draft: Draft, operator: Operator, dtype: str) -> bool:
    return all(draft.tensors[index].dtype == dtype for index in (*operator.inputs, *operator.outputs))
