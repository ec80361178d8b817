"""Random layers of one input that the compiler makes tables of."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from tests.oracle.net import Net, append, random_scale, random_zero_point

__all__ = ["absolute", "elu", "hard_swish", "leaky_relu", "rsqrt", "tanh"]


def tanh(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    return append(draw, net, "TANH", [net.index], net.shape, 1 / 128, 0)


def leaky_relu(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    scale = float(np.float32(net.scale * 2.0 ** draw(st.floats(-3, 3))))
    alpha = draw(st.sampled_from([0.01, 0.1, 0.2, 0.3, 0.0, 1.5]))
    return append(draw, net, "LEAKY_RELU", [net.index], net.shape, scale, random_zero_point(draw), Alpha=alpha)


def elu(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    return append(draw, net, "ELU", [net.index], net.shape, random_scale(draw), random_zero_point(draw))


def absolute(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    scale = net.scale if draw(st.booleans()) else random_scale(draw)
    return append(draw, net, "ABS", [net.index], net.shape, scale, random_zero_point(draw))


def hard_swish(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    scale = float(np.float32(net.scale * 2.0 ** draw(st.floats(-6.9, 3))))  # more than 1/128 of the input's
    return append(draw, net, "HARD_SWISH", [net.index], net.shape, scale, random_zero_point(draw))


def rsqrt(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """RSQRT of what is never negative; TFLM refuses the others."""
    scale = random_scale(draw)
    positive = append(draw, net, "QUANTIZE", [net.index], net.shape, scale, -128)
    output_scale = float(np.float32(scale**-0.5 / 100 * 2.0 ** draw(st.floats(-4, 4))))
    return append(draw, positive, "RSQRT", [positive.index], net.shape, output_scale, random_zero_point(draw))
