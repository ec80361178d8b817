"""What constant channels add to the accumulators behind weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.lower.context import OperatorContext
from tinyhost.compiler.passes.value_range import Int64s, ValueRange, by_channel
from tinyhost.compiler.passes.weights import convolution_weights, tap_patterns

__all__ = ["Contribution", "convolution_contribution", "fully_connected_contribution"]


@dataclass(frozen=True, kw_only=True)
class Contribution:
    """Per output and input channel of a layer.

    amount: what the input channel adds to the accumulator, where that is the same at every position.
    needed: where it is not, so that the channel must be there.
    """

    amount: Int64s
    needed: NDArray[np.bool_]


def convolution_contribution(context: OperatorContext, data: ValueRange) -> Contribution:
    """Return the contributions to a CONV_2D, (n_out, n_in) each.

    A constant that is not the zero point adds less where padding cuts the window; then it is needed.
    """
    weights = convolution_weights(context)
    offsets = np.where(data.constant, data.low - context.input(0).zero_point, 0)
    rows, columns = tap_patterns(context)
    sums = np.einsum("ry,oyxc,sx->ocrs", rows, weights * offsets, columns, optimize=True)
    sums = sums.reshape(*sums.shape[:2], -1)
    varies = (sums != sums[..., :1]).any(axis=2)
    reads = (weights != 0).any(axis=(1, 2))
    return Contribution(amount=sums[..., 0], needed=varies | (reads & ~data.constant))


def fully_connected_contribution(context: OperatorContext, data: ValueRange) -> Contribution | None:
    """Return the contributions to a FULLY_CONNECTED, (n_out, channels of its input) each.

    None if rows of the weights are no whole number of the input's rows.
    """
    weights = context.input(1).array().astype(np.int64)
    n_out, depth = weights.shape
    if depth % data.n:
        return None
    offsets = by_channel(np.where(data.constant, data.low - context.input(0).zero_point, 0), depth)
    amount = (weights * offsets).reshape(n_out, -1, data.n).sum(axis=1)
    reads = (weights != 0).reshape(n_out, -1, data.n).any(axis=1)
    return Contribution(amount=amount, needed=reads & ~data.constant)
