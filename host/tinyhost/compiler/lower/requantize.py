"""Bias folding and requantization constants of operators with weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.fixed_point import quantize_multiplier
from tinyhost.compiler.graph import Tensor
from tinyhost.compiler.lower.context import OperatorContext

__all__ = ["ChannelConstants", "channel_constants", "checked_multiplier", "symmetric_weights"]

MAX_LEFT_SHIFT = 30


@dataclass(frozen=True, kw_only=True)
class ChannelConstants:
    """Offsets in the constants section of the three per-channel arrays, and the count of biases in the model."""

    bias_offset: int
    multiplier_offset: int
    shift_offset: int
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
    multiplier, shift = quantize_multiplier(real)
    if shift > MAX_LEFT_SHIFT:
        raise context.unsupported(f"scales differ by a factor of {real:.3g}; supported: less than 2^{MAX_LEFT_SHIFT}")
    return multiplier, shift


def channel_constants(
    context: OperatorContext, *, bias: Tensor | None, weight_sums: NDArray[np.int64], real_multipliers: list[float]
) -> ChannelConstants:
    """Store bias - input zero point * weight sum (modulo 2^32), multiplier and shift of every output channel.

    weight_sums: (n_channels,) sum of each channel's weights. real_multipliers: input * weight / output scale.
    """
    n = len(weight_sums)
    folded = -np.int64(context.input(0).zero_point) * weight_sums
    if bias is not None:
        if bias.n_elements != n:
            raise context.corrupt(f"size of bias {bias.name!r}", expected=n, got=bias.n_elements)
        folded = folded + context.constant(bias, "int32").reshape(n).astype(np.int64)
    pairs = [checked_multiplier(context, real) for real in real_multipliers]
    return ChannelConstants(
        bias_offset=context.pool.add(folded.astype(np.uint64).astype("<u4").tobytes()),
        multiplier_offset=context.pool.add(np.array([m for m, _ in pairs], dtype="<i4").tobytes()),
        shift_offset=context.pool.add(np.array([s for _, s in pairs], dtype=np.int8).tobytes()),
        n_biases=n if bias is not None else 0,
    )
