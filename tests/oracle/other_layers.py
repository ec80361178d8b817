"""Random layers without windows: elementwise, tables, layout, and small branches."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from tests.oracle.net import ACTIVATIONS, Net, append, random_scale, random_zero_point
from tests.oracle.oracle import RELU6_REQUANTIZES
from tests.oracle.windowed_layers import pointwise

__all__ = [
    "add",
    "branches",
    "concatenation",
    "extreme",
    "l2_normalization",
    "log_softmax",
    "logistic",
    "mul",
    "operand",
    "pad",
    "prelu",
    "relu",
    "relu6",
    "requantize",
    "reshape",
    "residual",
    "softmax",
    "sub",
    "sums",
]


def operand(
    draw: st.DrawFn, rng: np.random.Generator, net: Net, *, scale: float | None = None, zero_point: int = 0
) -> int:
    """Return a second operand: the net itself, or a constant that broadcasts to it, of any quantization if no scale."""
    if draw(st.booleans()):
        return net.index
    rank = draw(st.integers(1, len(net.shape)))
    shape = tuple(dim if draw(st.booleans()) else 1 for dim in net.shape[len(net.shape) - rank :])
    data = rng.integers(-128, 128, shape)
    if scale is None:
        scale, zero_point = random_scale(draw), random_zero_point(draw)
    return net.builder.tensor(shape, scale=scale, zero_point=zero_point, data=data)


def add(draw: st.DrawFn, rng: np.random.Generator, net: Net, *, code: str = "ADD") -> Net:
    inputs = [net.index, operand(draw, rng, net)]
    if draw(st.booleans()):
        inputs.reverse()
    other = net.builder.tensors[inputs[1] if inputs[0] == net.index else inputs[0]].scales[0]
    factor = 64 * net.scale * other if code == "MUL" else max(net.scale, other)
    scale = float(np.float32(factor * 2.0 ** draw(st.floats(-4, 4))))
    return append(
        draw,
        net,
        code,
        inputs,
        net.shape,
        scale,
        random_zero_point(draw),
        FusedActivationFunction=draw(st.sampled_from(ACTIVATIONS)),
    )


def mul(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    return add(draw, rng, net, code="MUL")


def sub(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    return add(draw, rng, net, code="SUB")


def extreme(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """MAXIMUM or MINIMUM; all have one quantization."""
    other = operand(draw, rng, net, scale=net.scale, zero_point=net.zero_point)
    code = draw(st.sampled_from(["MAXIMUM", "MINIMUM"]))
    return append(draw, net, code, [net.index, other], net.shape, net.scale, net.zero_point)


def prelu(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """PRELU with a slope for each channel, or more."""
    shape = tuple(dim if draw(st.booleans()) else 1 for dim in net.shape[1:-1]) + net.shape[-1:]
    slopes = net.builder.tensor(
        shape, scale=random_scale(draw), zero_point=random_zero_point(draw), data=rng.integers(-128, 128, shape)
    )
    scale = float(np.float32(net.scale * 2.0 ** draw(st.floats(-3, 3))))
    return append(draw, net, "PRELU", [net.index, slopes], net.shape, scale, random_zero_point(draw))


def residual(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """Two branches of a net, added."""
    branch = net
    for _ in range(draw(st.integers(1, 2))):
        branch = pointwise(draw, rng, branch, branch.shape[3])
    scale = float(np.float32(max(net.scale, branch.scale) * 2.0 ** draw(st.floats(-1, 2))))
    return append(
        draw,
        net,
        "ADD",
        [net.index, branch.index],
        net.shape,
        scale,
        random_zero_point(draw),
        FusedActivationFunction=draw(st.sampled_from(ACTIVATIONS)),
    )


def concatenation(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """Branches of a net, and perhaps a constant, along a random axis."""
    axis = draw(st.integers(0, len(net.shape) - 1))
    inputs, total = [net.index], net.shape[axis]
    for _ in range(draw(st.integers(1, 4))):
        size = draw(st.integers(1, 4))
        shape = (*net.shape[:axis], size, *net.shape[axis + 1 :])
        if draw(st.booleans()):
            inputs.append(net.index)
            total += net.shape[axis]
        else:
            data = rng.integers(-128, 128, shape)
            inputs.append(net.builder.tensor(shape, scale=net.scale, zero_point=net.zero_point, data=data))
            total += size
    output = (*net.shape[:axis], total, *net.shape[axis + 1 :])
    if draw(st.booleans()):
        axis -= len(net.shape)
    return append(
        draw, net, "CONCATENATION", inputs, output, net.scale, net.zero_point, Axis=axis, FusedActivationFunction=0
    )


def branches(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """Convolutions of a net, side by side."""
    first = pointwise(draw, rng, net, draw(st.integers(1, 5)))
    others = [
        pointwise(draw, rng, net, draw(st.integers(1, 5)), first.scale, first.zero_point)
        for _ in range(draw(st.integers(1, 2)))
    ]
    tips = [first, *others]
    shape = (*net.shape[:3], sum(tip.shape[3] for tip in tips))
    return append(
        draw,
        net,
        "CONCATENATION",
        [tip.index for tip in tips],
        shape,
        first.scale,
        first.zero_point,
        Axis=3,
        FusedActivationFunction=0,
    )


def pad(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    pairs = [(0, 0) if i == 0 else (draw(st.integers(0, 3)), draw(st.integers(0, 3))) for i in range(len(net.shape))]
    paddings = net.builder.integers(pairs)
    shape = tuple(b + dim + a for (b, a), dim in zip(pairs, net.shape, strict=True))
    return append(draw, net, "PAD", [net.index, paddings], shape, net.scale, net.zero_point)


def reshape(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    total = int(np.prod(net.shape))
    shape = draw(st.sampled_from([(1, total), (total,), (1, 1, 1, total), (total, 1)]))
    target = net.builder.integers(shape)
    return append(draw, net, "RESHAPE", [net.index, target], shape, net.scale, net.zero_point)


def softmax(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    beta = draw(st.sampled_from([1.0, 1.0, 0.5, 2.0]))
    return append(draw, net, "SOFTMAX", [net.index], net.shape, 1 / 256, -128, Beta=beta)


def logistic(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    return append(draw, net, "LOGISTIC", [net.index], net.shape, 1 / 256, -128)


def relu(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    scale = float(np.float32(net.scale * 2.0 ** draw(st.floats(-3, 3))))
    return append(draw, net, "RELU", [net.index], net.shape, scale, random_zero_point(draw))


def relu6(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    same = draw(st.booleans()) or RELU6_REQUANTIZES
    scale = net.scale if same else random_scale(draw)
    return append(
        draw, net, "RELU6", [net.index], net.shape, scale, net.zero_point if same else random_zero_point(draw)
    )


def requantize(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    scale = float(np.float32(net.scale * 2.0 ** draw(st.floats(-5, 5))))
    return append(draw, net, "QUANTIZE", [net.index], net.shape, scale, random_zero_point(draw))


def sums(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """CUMSUM along any axis, or ADD_N of the net and constants of its quantization."""
    scale = float(np.float32(net.scale * 2.0 ** draw(st.floats(-2, 6))))
    if draw(st.booleans()):
        axis = net.builder.integers(draw(st.integers(-len(net.shape), len(net.shape) - 1)))
        options = {"Exclusive": draw(st.booleans()), "Reverse": draw(st.booleans())}
        return append(draw, net, "CUMSUM", [net.index, axis], net.shape, scale, random_zero_point(draw), **options)
    addends = [net.index]
    for _ in range(draw(st.integers(1, 12))):
        data = rng.integers(-128, 128, net.shape)
        other = net.builder.tensor(net.shape, scale=net.scale, zero_point=net.zero_point, data=data)
        addends.append(draw(st.sampled_from([net.index, other])))
    return append(draw, net, "ADD_N", addends, net.shape, scale, random_zero_point(draw))


def log_softmax(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    return append(draw, net, "LOG_SOFTMAX", [net.index], net.shape, 1 / 16, 127)


def l2_normalization(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    return append(draw, net, "L2_NORMALIZATION", [net.index], net.shape, 1 / 128, 0, FusedActivationFunction=0)
