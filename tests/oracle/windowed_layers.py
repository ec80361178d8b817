"""Random layers with windows or weights: convolutions, pooling, fully connected, mean."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from tests.oracle.net import (
    ACTIVATIONS,
    SAME,
    VALID,
    Net,
    append,
    output_scale,
    random_conv,
    random_pool,
    random_scale,
    random_transpose_conv,
    random_weights,
    random_zero_point,
)
from tests.oracle.oracle import CONV_2D_NEEDS_BIAS, without_halves

__all__ = [
    "average_pool",
    "conv",
    "depthwise_conv",
    "fully_connected",
    "max_pool",
    "mean",
    "pointwise",
    "pool",
    "transpose_conv",
    "winograd_conv",
]


def conv(draw: st.DrawFn, rng: np.random.Generator, net: Net, *, depthwise: bool = False) -> Net:
    return _conv(draw, rng, net, *random_conv(draw, net, depthwise=depthwise), depthwise=depthwise)


def winograd_conv(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """A 3x3 convolution of stride 1, which may become WINOGRAD_CONV_2D, perhaps behind a PAD of height and width."""
    if draw(st.integers(0, 2)) == 0:
        pairs = [(0, 0), *((draw(st.integers(0, 2)), draw(st.integers(0, 2))) for _ in range(2)), (0, 0)]
        shape = tuple(b + size + a for (b, a), size in zip(pairs, net.shape, strict=True))
        net = append(draw, net, "PAD", [net.index, net.builder.integers(pairs)], shape, net.scale, net.zero_point)
    n, height, width, depth = net.shape
    same = min(height, width) < 3 or draw(st.booleans())
    n_out = draw(st.integers(3, 24))
    options: dict[str, object] = {
        **dict.fromkeys(("StrideH", "StrideW", "DilationHFactor", "DilationWFactor"), 1),
        "Padding": SAME if same else VALID,
        "FusedActivationFunction": draw(st.sampled_from(ACTIVATIONS)),
    }
    output = (n, height, width, n_out) if same else (n, height - 2, width - 2, n_out)
    return _conv(draw, rng, net, (n_out, 3, 3, depth), output, options, depthwise=False)


def _conv(
    draw: st.DrawFn,
    rng: np.random.Generator,
    net: Net,
    shape: tuple[int, ...],
    output: tuple[int, ...],
    options: dict[str, object],
    *,
    depthwise: bool,
) -> Net:
    axis = 3 if depthwise else 0
    n_out = shape[axis]
    scales = [random_scale(draw) for _ in range(n_out)] if draw(st.booleans()) else [random_scale(draw)]
    weights = net.builder.tensor(shape, scale=scales, axis=axis, data=random_weights(rng, shape))
    inputs = [net.index, weights]
    if draw(st.booleans()) or (CONV_2D_NEEDS_BIAS and not depthwise):
        bias = rng.integers(-20000, 20001, n_out)
        inputs.append(net.builder.tensor((n_out,), dtype="int32", scale=[s * net.scale for s in scales], data=bias))
    scale = output_scale(draw, net, scales[0], int(np.prod(shape)) // n_out)
    code = "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D"
    return append(draw, net, code, inputs, output, scale, random_zero_point(draw), **options)


def depthwise_conv(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    return conv(draw, rng, net, depthwise=True)


def pointwise(
    draw: st.DrawFn,
    rng: np.random.Generator,
    net: Net,
    n_out: int,
    scale: float | None = None,
    zero_point: int | None = None,
) -> Net:
    """A SAME convolution, 1x1 or 3x3."""
    size = draw(st.sampled_from([1, 3]))
    shape = (n_out, size, size, net.shape[3])
    weight_scale = random_scale(draw)
    inputs = [net.index, net.builder.tensor(shape, scale=weight_scale, data=random_weights(rng, shape))]
    if CONV_2D_NEEDS_BIAS:
        bias = np.zeros(n_out, np.int32)
        inputs.append(net.builder.tensor((n_out,), dtype="int32", scale=net.scale * weight_scale, data=bias))
    return append(
        draw,
        net,
        "CONV_2D",
        inputs,
        (*net.shape[:3], n_out),
        output_scale(draw, net, weight_scale, size * size * net.shape[3]) if scale is None else scale,
        random_zero_point(draw) if zero_point is None else zero_point,
        Padding=SAME,
        StrideH=1,
        StrideW=1,
        DilationHFactor=1,
        DilationWFactor=1,
        FusedActivationFunction=0,
    )


def fully_connected(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    depth = int(np.prod(net.shape[1:]))
    n_out = draw(st.integers(1, 12))
    scales = [random_scale(draw) for _ in range(n_out)] if draw(st.booleans()) else [random_scale(draw)]
    weights = net.builder.tensor((n_out, depth), scale=scales, data=random_weights(rng, (n_out, depth)))
    inputs = [net.index, weights]
    if draw(st.booleans()):
        bias = rng.integers(-20000, 20001, n_out)
        bias_scales = [float(np.float32(s) * np.float32(net.scale)) for s in scales]
        inputs.append(net.builder.tensor((n_out,), dtype="int32", scale=bias_scales, data=bias))
    scale = without_halves(output_scale(draw, net, scales[0], depth))
    activation = draw(st.sampled_from(ACTIVATIONS))
    return append(
        draw,
        net,
        "FULLY_CONNECTED",
        inputs,
        (net.shape[0], n_out),
        scale,
        random_zero_point(draw),
        FusedActivationFunction=activation,
    )


def pool(draw: st.DrawFn, rng: np.random.Generator, net: Net, *, code: str = "") -> Net:
    output, options = random_pool(draw, net)
    code = code or draw(st.sampled_from(["AVERAGE_POOL_2D", "MAX_POOL_2D"]))
    return append(draw, net, code, [net.index], output, net.scale, net.zero_point, **options)


def average_pool(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    return pool(draw, rng, net, code="AVERAGE_POOL_2D")


def max_pool(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    return pool(draw, rng, net, code="MAX_POOL_2D")


def mean(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    keep = draw(st.booleans())
    axes = draw(st.sampled_from([[1, 2], [2, 1], [-3, -2]]))
    axis = net.builder.integers(axes)
    shape = (net.shape[0], 1, 1, net.shape[3]) if keep else (net.shape[0], net.shape[3])
    scale = float(np.float32(net.scale * 2.0 ** draw(st.floats(-4, 4))))
    return append(draw, net, "MEAN", [net.index, axis], shape, scale, random_zero_point(draw), KeepDims=keep)


def transpose_conv(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    shape, output, options = random_transpose_conv(draw, net)
    n_out = shape[0]
    scales = [random_scale(draw) for _ in range(n_out)] if draw(st.booleans()) else [random_scale(draw)]
    weights = net.builder.tensor(shape, scale=scales, data=random_weights(rng, shape))
    target = net.builder.integers(output)
    inputs = [target, weights, net.index]
    if draw(st.booleans()):
        bias = rng.integers(-20000, 20001, n_out)
        inputs.append(net.builder.tensor((n_out,), dtype="int32", scale=[s * net.scale for s in scales], data=bias))
    scale = output_scale(draw, net, scales[0], int(np.prod(shape)) // n_out)
    return append(draw, net, "TRANSPOSE_CONV", inputs, output, scale, random_zero_point(draw), **options)
