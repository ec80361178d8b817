"""Operators that add or remove dimensions of size 1, and those that join tensors along a new one."""

from __future__ import annotations

from collections.abc import Sequence

from tinyhost.compiler.canonical.draft import Draft
from tinyhost.compiler.graph import Operator
from tinyhost.compiler.image_format import MAX_INPUTS

__all__ = ["concatenate", "rewrite_concatenation", "rewrite_pack", "rewrite_view"]


def rewrite_view(draft: Draft, operator: Operator) -> bool:
    """Write EXPAND_DIMS and SQUEEZE as RESHAPE; the output's shape says which dimensions come and go."""
    if not operator.inputs or len(operator.outputs) != 1 or min(operator.inputs[0], operator.outputs[0]) < 0:
        return False
    source, output = (draft.tensors[index] for index in (operator.inputs[0], operator.outputs[0]))
    if [dim for dim in source.shape if dim != 1] != [dim for dim in output.shape if dim != 1]:
        return False
    draft.view(operator, source.index, output.index)
    return True


def rewrite_concatenation(draft: Draft, operator: Operator) -> bool:
    """Write a CONCATENATION without inputs that are known to have no elements; of many, a few at a time."""
    if len(operator.outputs) != 1 or min(*operator.inputs, *operator.outputs, 0) < 0:
        return False
    inputs = [index for index in operator.inputs if draft.tensors[index].data != b""]
    axis, fits = int(operator.options["Axis"]), not operator.options["FusedActivationFunction"]
    ranks = {len(draft.tensors[index].shape) for index in (*inputs, *operator.outputs)}
    if len(inputs) > MAX_INPUTS and len(ranks) == 1 and -min(ranks) <= axis < min(ranks) and fits:
        draft.view(operator, concatenate(draft, operator, inputs, axis % min(ranks)), operator.outputs[0])
        return True
    if len(inputs) == len(operator.inputs) or not inputs:
        return False
    draft.emit(operator, operator.code, inputs, operator.outputs[0], operator.options)
    return True


def rewrite_pack(draft: Draft, operator: Operator) -> bool:
    """Write PACK as CONCATENATION of its inputs, each with one more dimension; of many, a few at a time."""
    if not operator.inputs or len(operator.outputs) != 1 or min(*operator.inputs, *operator.outputs) < 0:
        return False
    output = draft.tensors[operator.outputs[0]]
    rank = len(output.shape)
    axis = int(operator.options["Axis"])
    if not -rank <= axis < rank or output.shape[axis] != len(operator.inputs):
        return False
    axis %= rank
    shape = (*output.shape[:axis], 1, *output.shape[axis + 1 :])
    if any(draft.tensors[index].n_elements * len(operator.inputs) != output.n_elements for index in operator.inputs):
        return False
    joined = concatenate(draft, operator, [draft.viewed(operator, index, shape) for index in operator.inputs], axis)
    draft.view(operator, joined, output.index)
    return True


def concatenate(draft: Draft, like: Operator, parts: Sequence[int], axis: int) -> int:
    """Join tensors of one quantization along an axis, a few at a time; return the result."""
    options = {"Axis": axis, "FusedActivationFunction": 0}
    while len(parts) > 1:
        joined = []
        for first in range(0, len(parts), MAX_INPUTS):
            group = parts[first : first + MAX_INPUTS]
            shape = draft.tensors[group[0]].shape
            size = sum(draft.tensors[index].shape[axis] for index in group)
            target = draft.tensor(draft.tensors[group[0]], (*shape[:axis], size, *shape[axis + 1 :]))
            joined.append(draft.emit(like, "CONCATENATION", group, target, options) if len(group) > 1 else group[0])
        parts = joined
    return parts[0]
