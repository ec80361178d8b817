"""Bias folding and requantization constants of operators with weights."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.fixed_point import quantize_multiplier, wrap32
from tinyhost.compiler.graph import Tensor
from tinyhost.compiler.image_format import SCALED_SHIFT, ChannelConstants, Requantization
from tinyhost.compiler.lower.context import OperatorContext
from tinyhost.compiler.lower.scaling import MAX_BIAS, find_scaling
from tinyhost.compiler.packing import MAX_CARRIED_SUM

__all__ = [
    "MAX_LEFT_SHIFT",
    "ChannelTable",
    "channel_table",
    "checked_multiplier",
    "short_multiplier",
    "symmetric_weights",
]

MAX_LEFT_SHIFT = 30
_NOT_INFINITE = (
    "one of the scales is of numbers as good as infinite, such as 1 / sqrt(0) in a UnitNormalization: normalize what "
    "is never all 0, or convert to float32"
)
_MAX_LONG_SHIFT = 7
_MAX_BOUNDED_SUM = 2**30
_MAX_BOUNDED_SHIFT = 22


@dataclass(frozen=True, kw_only=True)
class ChannelTable:
    """The constants of an operator's output channels.

    offset: of the ChannelConstants in the constants section. biases: folded. n_biases: in the model.
    """

    offset: int
    requantization: Requantization
    biases: NDArray[np.int64]
    n_biases: int


def symmetric_weights(context: OperatorContext, tensor: Tensor, *, rank: int) -> NDArray[np.int8]:
    """Return int8 weights of zero point 0; raises UnsupportedModelError for others."""
    weights = context.constant(tensor, "int8")
    if tensor.quantization is None or tensor.quantization.zero_points.any():
        raise context.unsupported(f"weights {tensor.name!r} have no quantization or a zero point other than 0")
    if len(tensor.shape) != rank:
        raise context.corrupt(f"shape of weights {tensor.name!r}", expected=f"rank {rank}", got=tensor.shape)
    return weights.astype(np.int8)


def checked_multiplier(context: OperatorContext, real: float) -> tuple[int, int]:
    """Return quantize_multiplier(real), refusing a shift that 32 bits cannot hold."""
    if not math.isfinite(real):
        raise context.unsupported(f"scales differ by a factor of {real}; supported: finite factors")
    multiplier, shift = quantize_multiplier(real)
    if shift > MAX_LEFT_SHIFT:
        raise context.unsupported(
            f"scales differ by a factor of {real:.3g}; supported: less than 2^{MAX_LEFT_SHIFT}",
            way_out=_NOT_INFINITE,
        )
    return multiplier, shift


def channel_table(
    context: OperatorContext,
    *,
    bias: Tensor | None,
    weights: NDArray[np.int8],
    real_multipliers: list[float],
    padding: tuple[int, int] = (1, 1),
) -> ChannelTable:
    """Store the ChannelConstants of every output channel; its bias is bias - input zero point * weight sum.

    weights: (n_channels, elements). real_multipliers: input * weight / output scale. padding: (groups, block): each
    group's channels are filled up to a multiple of the block.
    """
    n = len(weights)
    folded = -np.int64(context.input(0).zero_point) * weights.astype(np.int64).sum(axis=1)
    if bias is not None:
        if bias.n_elements != n:
            raise context.corrupt(f"size of bias {bias.name!r}", expected=n, got=bias.n_elements)
        folded = folded + context.constant(bias, "int32").reshape(n).astype(np.int64)
    pairs = [checked_multiplier(context, real) for real in real_multipliers]
    spread = 128 * np.abs(weights.astype(np.int64)).sum(axis=1)
    bounded = bool((np.abs(folded) + spread < _MAX_BOUNDED_SUM).all())
    bounded = bounded and all(m >= 2**30 and 0 < -s <= _MAX_BOUNDED_SHIFT for m, s in pairs)
    outputs = context.activation_range(context.output())
    zero_point = context.output().zero_point
    channels = [
        _bounded_channel(int(b), int(r), pair, zero_point=zero_point, outputs=outputs)
        if bounded
        else ChannelConstants(bias=wrap32(int(b)), multiplier=2 * pair[0], shift=-pair[1])
        for b, r, pair in zip(folded, spread, pairs, strict=True)
    ]
    return ChannelTable(
        offset=context.pool.add(_padded(channels, *padding)),
        requantization=Requantization.BOUNDED if bounded else Requantization.ANY,
        biases=np.array([channel.bias for channel in channels], np.int64) if bounded else folded,
        n_biases=n if bias is not None else 0,
    )


def _bounded_channel(
    bias: int, spread: int, pair: tuple[int, int], *, zero_point: int, outputs: tuple[int, int]
) -> ChannelConstants:
    """Return a scaled channel if constants for it exist; weights that can be carried still can.

    spread: how far a sum can be from its bias. pair: multiplier and shift.
    """
    multiplier, shift = pair
    room = MAX_CARRIED_SUM - 1 - abs(bias) - spread
    max_bias = min(room, MAX_BIAS) if room >= 0 else MAX_BIAS
    sums = (bias - spread, bias + spread)
    scaling = find_scaling(multiplier, shift, zero_point=zero_point, outputs=outputs, sums=sums, max_bias=max_bias)
    if scaling is None:
        constant = (2 * zero_point + 1) << (-shift - 1)
        return ChannelConstants(bias=bias, multiplier=2 * multiplier, constant=constant, shift=-shift)
    return ChannelConstants(
        bias=bias + scaling.bias, multiplier=scaling.multiplier, constant=scaling.constant, shift=SCALED_SHIFT
    )


def _padded(channels: list[ChannelConstants], groups: int, block: int) -> bytes:
    """Return the channels' bytes, each group filled up with channels that are never stored."""
    size = len(channels) // groups
    filler = [ChannelConstants(bias=0, multiplier=2**31, shift=1)] * (-size % block)
    rows = [[*channels[g * size : (g + 1) * size], *filler] for g in range(groups)]
    return b"".join(channel.pack() for row in rows for channel in row)


def short_multiplier(context: OperatorContext, multiplier: int, shift: int) -> tuple[int, int]:
    """Return a multiplier in Q15, as TFLM rounds it for accumulators of 64 bits."""
    if shift > _MAX_LONG_SHIFT:
        raise context.unsupported(f"scales differ by 2^{shift}; supported: less than 2^{_MAX_LONG_SHIFT}")
    return min((multiplier + (1 << 15)) >> 16, 0x7FFF), shift
