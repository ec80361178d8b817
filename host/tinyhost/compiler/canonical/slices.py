"""The elements that a STRIDED_SLICE takes: TensorFlow's masks, resolved to an index or range per dimension."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.graph import OptionValue

__all__ = ["slice_of"]


def slice_of(
    shape: Sequence[int], bounds: Sequence[NDArray[np.int64]], options: Mapping[str, OptionValue]
) -> tuple[int | slice, ...] | None:
    """Return the index or range of each of the first dimensions of `shape`; the others are taken whole.

    bounds: begin, end and strides. None for what no exporter of Keras layers writes: an ellipsis, a new axis, bounds
    of other lengths, a stride of 0.
    """
    if len(bounds) != 3 or options["EllipsisMask"] or options["NewAxisMask"]:
        return None
    begins, ends, strides = (values.reshape(-1).tolist() for values in bounds)
    if not len(begins) == len(ends) == len(strides) <= len(shape) or 0 in strides:
        return None
    taken: list[int | slice] = []
    for dim, (size, begin, end, stride) in enumerate(zip(shape, begins, ends, strides, strict=False)):
        bit = 1 << dim
        start = None if int(options["BeginMask"]) & bit else begin
        if int(options["ShrinkAxisMask"]) & bit:
            index = start or 0
            if not -size <= index < size:
                return None
            taken.append(index % size)
            continue
        stop = None if int(options["EndMask"]) & bit else end
        if options["Offset"] and start is not None and stop is not None:
            stop += start
        taken.append(slice(start, stop, stride))
    return tuple(taken)
