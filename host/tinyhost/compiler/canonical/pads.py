"""PADV2: padding with another value than the zero point."""

from __future__ import annotations

import math

import numpy as np

from tinyhost.compiler.canonical.draft import Draft, is_whole
from tinyhost.compiler.canonical.views import concatenate
from tinyhost.compiler.graph import Operator
from tinyhost.compiler.passes.rewrite import new_constant, same_quantization

__all__ = ["rewrite_pad_v2"]

_PADDED = ("float32", "int16", "int32", "int8")
_MAX_PADDING = 1 << 16
"""Elements of constants."""


def rewrite_pad_v2(draft: Draft, operator: Operator) -> bool:
    """Write PADV2 as PAD, with the padding's value as an option unless it is the output's zero point.

    Elements of more bytes are padded with another value than 0 by constants that are joined to them.
    """
    if not is_whole(operator, 3):
        return False
    value, output = draft.tensors[operator.inputs[2]], draft.tensors[operator.outputs[0]]
    if value.data is None or value.n_elements != 1 or value.dtype not in _PADDED or value.dtype != output.dtype:
        return False
    if value.dtype != "int8":
        return _pad_wide(draft, operator)
    if not same_quantization(value, output):
        return False
    padding = int(value.array().reshape(())[()])
    options = {} if padding == output.zero_point else {"PadValue": padding}
    draft.emit(operator, "PAD", operator.inputs[:2], output.index, options)
    return True


def _pad_wide(draft: Draft, operator: Operator) -> bool:
    data, pads, value = (draft.tensors[index] for index in operator.inputs)
    output = draft.tensors[operator.outputs[0]]
    pairs = draft.integers(pads.index)
    if not any(value.data or b""):
        draft.emit(operator, "PAD", operator.inputs[:2], output.index, {})
        return True
    if pairs is None or pairs.shape != (len(data.shape), 2) or (pairs < 0).any():
        return False
    shape = tuple(dim + before + after for dim, (before, after) in zip(data.shape, pairs.tolist(), strict=True))
    if output.shape != shape or data.data is not None or math.prod(shape) - data.n_elements > _MAX_PADDING:
        return False
    index, filled = data.index, value.array().reshape(())
    for axis, ends in enumerate(pairs.tolist()):
        size = draft.tensors[index].shape
        blocks = [np.full((*size[:axis], n, *size[axis + 1 :]), filled) for n in ends]
        before, after = (
            [new_constant(draft.tensors, f"{output.name}/padding", block, output.quantization)] if block.size else []
            for block in blocks
        )
        index = concatenate(draft, operator, [*before, index, *after], axis)
    draft.view(operator, index, output.index)
    return True
