"""SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND around other operators than a convolution, as pads, copies and slices."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.canonical.copies import copy_elements
from tinyhost.compiler.canonical.draft import Draft, is_whole
from tinyhost.compiler.graph import Operator, Tensor
from tinyhost.compiler.passes.rewrite import same_quantization

__all__ = ["rewrite_batches"]

_Integers: TypeAlias = NDArray[np.int64]

_SPATIAL = (1, 2)
"""Numbers of axes that TensorFlow Lite Micro takes apart: all but the batch and the channels."""


def rewrite_batches(draft: Draft, operator: Operator) -> bool:
    """Write either operator with the file's shapes; return False where these are not what it makes.

    They are not where a converter left the batch open: it writes 1 for a batch of any size.
    """
    if not is_whole(operator, 3):
        return False
    data, output = _ends(draft, operator)
    block, edges = (draft.integers(index) for index in operator.inputs[1:])
    if block is None or edges is None or block.size not in _SPATIAL or edges.shape != (block.size, 2):
        return False
    if (block < 1).any() or (edges < 0).any() or data.data is not None or len(data.shape) != block.size + 2:
        return False
    if not same_quantization(data, output):
        return False
    rule = _take_apart if operator.code == "SPACE_TO_BATCH_ND" else _put_together
    return rule(draft, operator, block, edges)


def _take_apart(draft: Draft, operator: Operator, block: _Integers, pads: _Integers) -> bool:
    data, output = _ends(draft, operator)
    n, *sizes, depth = data.shape
    padded = [size + int(pair.sum()) for size, pair in zip(sizes, pads, strict=True)]
    split = [(size // own, own) for size, own in zip(padded, block.tolist(), strict=True)]
    if output.shape != (n * math.prod(block.tolist()), *[size for size, _ in split], depth):
        return False
    if [size * own for size, own in split] != padded:
        return False
    source = data.index
    if pads.any():  # with the zero point, as LiteRT does; TensorFlow Lite Micro's byte is not defined
        around = np.pad(pads, ((1, 1), (0, 0))).astype(np.int32)
        shape = (n, *padded, depth)
        edges = draft.constant(f"{output.name}/pads", around)
        source = draft.emit(operator, "PAD", [data.index, edges], draft.tensor(output, shape), {})
    places = np.empty((n, *padded, depth), np.int8).reshape((n, *[size for pair in split for size in pair], depth))
    inner = [2 + 2 * axis for axis in range(len(block))]
    outer = [1 + 2 * axis for axis in range(len(block))]
    copy_elements(draft, operator, source, places.transpose((*inner, 0, *outer, places.ndim - 1)), output.index)
    return True


def _put_together(draft: Draft, operator: Operator, block: _Integers, crops: _Integers) -> bool:
    data, output = _ends(draft, operator)
    n_parts, *sizes, depth = data.shape
    n = n_parts // math.prod(block.tolist())
    whole = [size * own for size, own in zip(sizes, block.tolist(), strict=True)]
    kept = [slice(int(before), size - int(after)) for size, (before, after) in zip(whole, crops, strict=True)]
    shape = (n, *[max(0, part.stop - part.start) for part in kept], depth)
    if output.shape != shape or n * math.prod(block.tolist()) != n_parts or output.n_elements == 0:
        return False
    places = np.empty(data.shape, np.int8).reshape((*block.tolist(), n, *sizes, depth))
    order = [len(block), *[axis for i in range(len(block)) for axis in (1 + len(block) + i, i)]]
    pixels = places.transpose((*order, places.ndim - 1))
    if not crops.any():
        copy_elements(draft, operator, data.index, pixels, output.index)
        return True
    joined = draft.tensor(output, (n, *whole, depth))
    copy_elements(draft, operator, data.index, pixels, joined)
    inner = np.empty((n, *whole, depth), np.int8)[(slice(None), *kept)]
    copy_elements(draft, operator, joined, inner, output.index)
    return True


def _ends(draft: Draft, operator: Operator) -> tuple[Tensor, Tensor]:
    return draft.tensors[operator.inputs[0]], draft.tensors[operator.outputs[0]]
