"""Float arithmetic that other operators can express, in the order in which TFLM computes."""

from __future__ import annotations

import numpy as np

from tinyhost.compiler.canonical.draft import Draft, is_whole
from tinyhost.compiler.canonical.moves import moved
from tinyhost.compiler.graph import Operator

__all__ = ["rewrite_add_n", "rewrite_cumsum"]

_MAX_SUMMED = 256
"""Elements in a row, whose sums are made with as many times as many weights."""


def rewrite_add_n(draft: Draft, operator: Operator) -> bool:
    """Write ADD_N as ADD of one input after the other to 0, which makes 0 of -0."""
    if not operator.inputs or not is_whole(operator, len(operator.inputs)) or not _are_floats(draft, operator):
        return False
    output = draft.tensors[operator.outputs[0]]
    if any(draft.tensors[index].shape != output.shape for index in operator.inputs):
        return False
    total = draft.constant(f"{output.name}/zero", np.array(0, np.float32))
    for n_left, index in enumerate(operator.inputs, 1 - len(operator.inputs)):
        target = draft.tensor(output, output.shape) if n_left else output.index
        total = draft.emit(operator, "ADD", [total, index], target, {**_NO_ACTIVATION})
    return True


def rewrite_cumsum(draft: Draft, operator: Operator) -> bool:
    """Write CUMSUM as FULLY_CONNECTED along the axis, with weights of 1 for what is summed and 0 for the rest.

    The sums are TFLM's to the bit, but of what is infinite.
    """
    if not is_whole(operator, 2) or not _are_floats(draft, operator, n_inputs=1):
        return False
    data, output = draft.tensors[operator.inputs[0]], draft.tensors[operator.outputs[0]]
    axes, rank = draft.integers(operator.inputs[1]), len(data.shape)
    if axes is None or axes.size != 1 or data.data is not None or data.shape != output.shape or not data.n_elements:
        return False
    axis = int(axes.reshape(()))
    if not -rank <= axis < rank or data.shape[axis] > _MAX_SUMMED:
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


_NO_ACTIVATION = {"FusedActivationFunction": 0}


def _are_floats(draft: Draft, operator: Operator, *, n_inputs: int | None = None) -> bool:
    return all(draft.tensors[index].dtype == "float32" for index in (*operator.inputs[:n_inputs], *operator.outputs))
