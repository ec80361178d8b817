"""Ranges behind weights: of convolutions, borders included, and of fully connected layers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.arithmetic import requantized
from tinyhost.compiler.lower.context import OperatorContext
from tinyhost.compiler.passes.value_range import Int64s, ValueRange, by_channel
from tinyhost.compiler.passes.weights import biases, channel_multipliers, convolution_weights, tap_patterns

__all__ = ["convolution_range", "fully_connected_range"]

_INT32 = np.iinfo(np.int32)


def convolution_range(context: OperatorContext, data: ValueRange) -> ValueRange:
    """Return the range of a convolution: for each way in which borders cut the window, over all inputs."""
    weights = convolution_weights(context)
    n_out = weights.shape[0]
    low, high = data.low - context.input(0).zero_point, data.high - context.input(0).zero_point
    if context.operator.code == "DEPTHWISE_CONV_2D":
        repeat = n_out // data.n
        low_taps, high_taps = (np.repeat(end, repeat)[:, None, None] for end in (low, high))
        products = np.array([weights[..., 0] * end for end in (low_taps, high_taps)])
        taps = products.min(axis=0), products.max(axis=0)
    else:
        taps = _weighted_sums(weights, low, high), _weighted_sums(weights, high, low)
    rows, columns = tap_patterns(context)
    sums = [_border_sums(rows, end, columns) for end in taps]
    return _activated(context, np.min(sums[0], axis=1), np.max(sums[1], axis=1))


def _border_sums(rows: Int64s, taps: Int64s, columns: Int64s) -> Int64s:
    """Return (n_out, patterns): for each pattern of rows and columns, the sum of the taps (n_out, h, w) inside."""
    return np.asarray(rows @ taps @ columns.T, np.int64).reshape(len(taps), -1)


def fully_connected_range(context: OperatorContext, data: ValueRange) -> ValueRange:
    """Return the range of a fully connected layer; its rows may be flattened pictures."""
    weights = context.input(1).array().astype(np.int64)
    depth = weights.shape[1]
    if depth % data.n:
        data = ValueRange.spanning([data], depth)
    zero_point = context.input(0).zero_point
    low, high = (by_channel(end - zero_point, depth) for end in (data.low, data.high))
    return _activated(context, _weighted_sums(weights, low, high), _weighted_sums(weights, high, low))


def _weighted_sums(weights: Int64s, low: Int64s, high: Int64s) -> Int64s:
    """Return weights (..., n) times `low` where they are positive, times `high` where they are negative, summed."""
    return np.asarray(np.maximum(weights, 0) @ low + np.minimum(weights, 0) @ high, np.int64)


def _activated(context: OperatorContext, low: Int64s, high: Int64s) -> ValueRange:
    """Return the output range of accumulators between low and high, without biases."""
    n = len(low)
    ends = np.array([low, high]) + biases(context, n)
    multipliers, shifts = channel_multipliers(context, n)
    safe = _fit(ends, shifts).all(axis=0)
    scaled = requantized(np.where(safe, ends, 0), multipliers, shifts) + context.output().zero_point
    bottom, top = context.activation_range(context.output())
    return ValueRange(low=np.where(safe, scaled[0], bottom), high=np.where(safe, scaled[1], top)).clamped(bottom, top)


def _fit(accumulators: Int64s, shifts: Int64s) -> NDArray[np.bool_]:
    """Return where no step of the requantization leaves 32 bits, so that it is what it is meant to be, and rises.

    Without a right shift, half of the range is left for the zero point.
    """
    shifted = np.clip(accumulators, 2 * _INT32.min, 2 * _INT32.max) << np.maximum(shifts, 0)
    halve = np.where(shifts < 0, 0, 1)
    return np.asarray((shifted >= _INT32.min >> halve) & (shifted <= _INT32.max >> halve))
