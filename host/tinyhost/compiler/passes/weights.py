"""Convolutions and fully connected layers as dense arrays, for analysis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.fixed_point import quantize_multiplier
from tinyhost.compiler.graph import Tensor
from tinyhost.compiler.lower.context import OperatorContext
from tinyhost.compiler.lower.window import Window, resolve_window
from tinyhost.compiler.passes.value_range import Int64s

__all__ = ["biases", "channel_multipliers", "convolution_weights", "tap_patterns"]


def convolution_weights(context: OperatorContext) -> Int64s:
    """Return (out, height, width, in) weights of a convolution of any groups; of a depthwise one, in is 1."""
    weights = context.input(1).array().astype(np.int64)
    if context.operator.code == "DEPTHWISE_CONV_2D":
        return np.ascontiguousarray(weights.transpose(3, 1, 2, 0))
    depth = context.input(0).shape[3]
    n_out, height, width, group_depth = weights.shape
    if group_depth == depth:
        return weights
    dense = np.zeros((n_out, height, width, depth), np.int64)
    per_group = n_out // (depth // group_depth)
    for channel in range(n_out):
        first = channel // per_group * group_depth
        dense[channel, :, :, first : first + group_depth] = weights[channel]
    return dense


def biases(context: OperatorContext, n: int) -> Int64s:
    """Return n biases; zeros without."""
    bias = context.optional_input(2)
    return np.zeros(n, np.int64) if bias is None else bias.array().astype(np.int64).reshape(n)


def channel_multipliers(context: OperatorContext, n: int) -> tuple[Int64s, Int64s]:
    """Return (multiplier, shift) of each of n output channels, as lowering finds them."""
    data, filters, output = context.input(0), context.input(1), context.output()
    assert filters.quantization is not None
    scales = np.broadcast_to(filters.quantization.scales, n)
    pairs = [quantize_multiplier(float(data.scale) * float(scale) / float(output.scale)) for scale in scales]
    return np.array([m for m, _ in pairs], np.int64), np.array([s for _, s in pairs], np.int64)


def tap_patterns(context: OperatorContext) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (patterns of rows, patterns of columns): which taps lie inside the input (1) at any output position.

    (n patterns, filter size) each, every pattern once.
    """
    data, filters = context.input(0), context.input(1)
    rows = resolve_window(context, "H", size=data.shape[1], filter_size=filters.shape[1])
    columns = resolve_window(context, "W", size=data.shape[2], filter_size=filters.shape[2])
    return _patterns(rows, data, 1), _patterns(columns, data, 2)


def _patterns(window: Window, data: Tensor, dim: int) -> NDArray[np.int64]:
    origins = np.arange(window.output)[:, None] * window.stride - window.pad
    taps = origins + np.arange(window.filter)[None, :] * window.dilation
    return np.unique((taps >= 0) & (taps < data.shape[dim]), axis=0).astype(np.int64)
