"""CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED of int16 activations and int8 weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.graph import Tensor
from tinyhost.compiler.image_format import FILTERS_PER_BLOCK, Int16Channel, Int16ConvParams, OperatorCode
from tinyhost.compiler.lower.context import OperatorContext, Step
from tinyhost.compiler.lower.plain_weighted import conv_fields, dense_fields, depthwise_fields, weighted_step
from tinyhost.compiler.lower.requantize import checked_multiplier, short_multiplier, symmetric_weights
from tinyhost.compiler.lower.weighted import real_multipliers

__all__ = ["lower_int16_conv", "lower_int16_depthwise_conv", "lower_int16_fully_connected"]

_WORD = 4
_INT32 = 2
"""TensorFlow Lite's code of the type, of biases that are left out."""


def lower_int16_conv(context: OperatorContext) -> Step:
    """CONV_2D: weights (out, height, width, in / groups), four filters interleaved."""
    context.counts((2, 3))
    data, output = context.int16(context.input(0), rank=4), context.int16(context.output(), rank=4)
    weights = symmetric_weights(context, context.input(1), rank=4)
    fields = conv_fields(context, data, output, weights.shape)
    n_out, height, width, depth = weights.shape
    n_groups = fields["groups"]
    joined = n_groups == 1 and fields["dilation_width"] == 1
    runs = (height, width * depth) if joined else (height * width, depth)
    packed = _interleaved(weights.reshape(n_groups, n_out // n_groups, *runs))
    return _step(context, weights, packed, fields, axis=0)


def lower_int16_depthwise_conv(context: OperatorContext) -> Step:
    """DEPTHWISE_CONV_2D: weights (1, height, width, in * multiplier), as they are."""
    context.counts((2, 3))
    data, output = context.int16(context.input(0), rank=4), context.int16(context.output(), rank=4)
    weights = symmetric_weights(context, context.input(1), rank=4)
    bias = context.optional_input(2)
    if bias is not None and bias.dtype == "int32":
        raise context.unsupported("biases of int32; supported: int64")
    return _step(context, weights, weights, depthwise_fields(context, data, output, weights.shape), axis=3)


def lower_int16_fully_connected(context: OperatorContext) -> Step:
    """FULLY_CONNECTED: weights (out, in)."""
    context.counts((2, 3))
    data, output = context.int16(context.input(0)), context.int16(context.output())
    if context.option("WeightsFormat") != 0:
        raise context.unsupported("shuffled weights; supported: the default weights format")
    weights = symmetric_weights(context, context.input(1), rank=2)
    fields = dense_fields(context, data, output, weights.shape)
    return _step(context, weights, _interleaved(weights.reshape(1, len(weights), 1, -1)), fields, axis=0)


def _interleaved(groups: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return weights (groups, filters, runs, run) as (groups, blocks, runs, words, 4 filters, 4): bytes 0, 2, 1, 3."""
    n_groups, n_filters, n_runs, run = groups.shape
    filling = ((0, 0), (0, -n_filters % FILTERS_PER_BLOCK), (0, 0), (0, -run % _WORD))
    padded = np.pad(groups, filling)
    words = padded.reshape(n_groups, -1, FILTERS_PER_BLOCK, n_runs, padded.shape[3] // _WORD, _WORD)
    return words[..., [0, 2, 1, 3]].transpose(0, 1, 3, 4, 2, 5)


def _step(
    context: OperatorContext, weights: NDArray[np.int8], packed: NDArray[np.int8], fields: dict[str, int], *, axis: int
) -> Step:
    """Return the step of packed weights. axis: of the weights, along which filters lie."""
    output, bias = context.output(), context.optional_input(2)
    n_out = output.shape[-1]
    is_narrow = (
        bias.dtype == "int32" if bias is not None else context.operator.options.get("QuantizedBiasType") == _INT32
    )
    low, high = context.activation_range(output)
    params = Int16ConvParams(
        **fields,
        weights_offset=context.pool.add(np.ascontiguousarray(packed).tobytes()),
        channels_offset=context.pool.add(b"".join(_channels(context, bias, n_out, axis=axis, is_narrow=is_narrow))),
        activation_min=low,
        activation_max=high,
        is_narrow=int(is_narrow),
    )
    return weighted_step(context, OperatorCode.INT16_CONV_2D, params, weights.size)


def _channels(context: OperatorContext, bias: Tensor | None, n_out: int, *, axis: int, is_narrow: bool) -> list[bytes]:
    """Return the Int16Channel of every filter, packed."""
    biases = np.zeros(n_out, np.int64)
    if bias is not None:
        if bias.n_elements != n_out:
            raise context.corrupt(f"size of bias {bias.name!r}", expected=n_out, got=bias.n_elements)
        biases = context.constant(bias, "int32" if is_narrow else "int64").reshape(n_out).astype(np.int64)
    reals = real_multipliers(context, context.input(0), context.input(1), context.output(), axis=axis)
    pairs = [checked_multiplier(context, real) for real in reals]
    if not is_narrow:
        pairs = [short_multiplier(context, *pair) for pair in pairs]
    return [
        Int16Channel(
            bias_low=int(value) & 0xFFFFFFFF, bias_high=int(value) >> 32, multiplier=multiplier, shift=shift
        ).pack()
        for value, (multiplier, shift) in zip(biases, pairs, strict=True)
    ]
