"""Hypothesis strategies: random .tflite models of one operator or a few, inside what TFLM accepts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.oracle.builder import ModelBuilder

__all__ = ["OPERATOR_MODELS", "Model", "chains"]

_ACTIVATIONS = (0, 1, 2, 3)  # NONE, RELU, RELU_N1_TO_1, RELU6
_SAME, _VALID = 0, 1


@dataclass(frozen=True, kw_only=True)
class Model:
    """A .tflite file and what its input looks like."""

    data: bytes
    shape: tuple[int, ...]
    dtype: str
    seed: int

    def inputs(self, n: int) -> list[NDArray[np.generic]]:
        """Return n random inputs: uniform, a few values only, extremes."""
        rng = np.random.default_rng(self.seed)
        if self.dtype == "float32":
            return [(rng.normal(0, 10, self.shape) * 10 ** rng.uniform(-2, 2)).astype(np.float32) for _ in range(n)]
        limits = np.iinfo(self.dtype)
        uniform = [rng.integers(limits.min, limits.max + 1, self.shape).astype(self.dtype) for _ in range(n - 1)]
        return [*uniform, rng.choice([limits.min, limits.max], self.shape).astype(self.dtype)]


@dataclass(frozen=True, kw_only=True)
class Net:
    """A model under construction: tensor index, shape, scale and zero point of its tip."""

    builder: ModelBuilder
    index: int
    shape: tuple[int, ...]
    scale: float
    zero_point: int


Layer = Callable[[st.DrawFn, np.random.Generator, Net], Net]


def _scale(draw: st.DrawFn, low: float = 1e-3, high: float = 1.0) -> float:
    exponent = draw(st.floats(np.log2(low), np.log2(high)))
    return float(np.float32(2.0**exponent))


def _zero_point(draw: st.DrawFn) -> int:
    return draw(st.one_of(st.integers(-128, 127), st.sampled_from([-128, 0, 127])))


def start(draw: st.DrawFn, *, rank: int = 4, max_size: int = 9, max_channels: int = 9, batch: bool = False) -> Net:
    """Return a net of nothing but an input."""
    builder = ModelBuilder()
    n = draw(st.integers(1, 2)) if batch else 1
    sizes = [draw(st.integers(1, max_size)) for _ in range(max(0, rank - 2))]
    shape = (n, *sizes, draw(st.integers(1, max_channels)))[-rank:]
    scale, zero_point = _scale(draw), _zero_point(draw)
    index = builder.tensor(shape, scale=scale, zero_point=zero_point)
    return Net(builder=builder, index=index, shape=shape, scale=scale, zero_point=zero_point)


def _add(
    draw: st.DrawFn,
    net: Net,
    code: str,
    inputs: list[int],
    shape: tuple[int, ...],
    scale: float,
    zero_point: int,
    **options: object,
) -> Net:
    scale = float(np.float32(min(max(scale, 1e-6), 1e4)))  # chains would drift beyond what any network has
    index = net.builder.tensor(shape, scale=scale, zero_point=zero_point)
    net.builder.operator(code, inputs, index, **options)
    return Net(builder=net.builder, index=index, shape=shape, scale=scale, zero_point=zero_point)


def _fresh(draw: st.DrawFn, net: Net, code: str, inputs: list[int], shape: tuple[int, ...], **options: object) -> Net:
    return _add(draw, net, code, inputs, shape, _scale(draw), _zero_point(draw), **options)


def _window(draw: st.DrawFn, size: int, *, dilated: bool) -> tuple[int, int, int, int, int]:
    """Return (filter, stride, dilation, output for SAME, output for VALID)."""
    dilation = draw(st.integers(1, 3)) if dilated else 1
    filter_size = draw(st.integers(1, 5))
    stride = draw(st.integers(1, 4))
    extent = (filter_size - 1) * dilation + 1
    return filter_size, stride, dilation, -(-size // stride), (size + stride - extent) // stride


def _weights(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.int8]:
    low, high = sorted(rng.integers(-128, 128, 2))
    weights = rng.integers(low, high + 1, shape).astype(np.int8)
    return np.where(rng.random(shape) < rng.choice([0.0, 0.5, 0.95]), 0, weights).astype(np.int8)


def _output_scale(draw: st.DrawFn, net: Net, weight_scale: float, n_taps: int) -> float:
    """Return a scale that makes outputs fill the range, more or less; sometimes much smaller or larger."""
    spread = net.scale * weight_scale * 70 * 70 * float(np.sqrt(n_taps)) / 100
    return float(np.float32(spread * 2.0 ** draw(st.floats(-5, 4))))


def conv(draw: st.DrawFn, rng: np.random.Generator, net: Net, *, depthwise: bool = False) -> Net:
    n, height, width, depth = net.shape
    fh, sh, dh, same_h, valid_h = _window(draw, height, dilated=True)
    fw, sw, dw, same_w, valid_w = _window(draw, width, dilated=True)
    same = draw(st.booleans()) or min(valid_h, valid_w) < 1
    groups = 1
    if depthwise:
        n_out = depth * draw(st.integers(1, 4))
        shape: tuple[int, ...] = (1, fh, fw, n_out)
    else:
        groups = draw(st.sampled_from([g for g in range(1, depth + 1) if depth % g == 0])) if draw(st.booleans()) else 1
        n_out = groups * draw(st.integers(1, 6))
        shape = (n_out, fh, fw, depth // groups)
    axis = 3 if depthwise else 0
    scales = [_scale(draw) for _ in range(n_out)] if draw(st.booleans()) else [_scale(draw)]
    weights = net.builder.tensor(shape, scale=scales, axis=axis, data=_weights(rng, shape))
    inputs = [net.index, weights]
    if draw(st.booleans()):
        bias = rng.integers(-20000, 20001, n_out)
        inputs.append(net.builder.tensor((n_out,), dtype="int32", scale=[s * net.scale for s in scales], data=bias))
    output = (n, same_h, same_w, n_out) if same else (n, valid_h, valid_w, n_out)
    scale = _output_scale(draw, net, scales[0], int(np.prod(shape)) // n_out)
    options = {
        "Padding": _SAME if same else _VALID,
        "StrideH": sh,
        "StrideW": sw,
        "DilationHFactor": dh,
        "DilationWFactor": dw,
        "FusedActivationFunction": draw(st.sampled_from(_ACTIVATIONS)),
    }
    if depthwise:
        options["DepthMultiplier"] = n_out // depth
    code = "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D"
    return _add(draw, net, code, inputs, output, scale, _zero_point(draw), **options)


def depthwise_conv(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    return conv(draw, rng, net, depthwise=True)


def fully_connected(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    depth = int(np.prod(net.shape[1:]))
    n_out = draw(st.integers(1, 12))
    scales = [_scale(draw) for _ in range(n_out)] if draw(st.booleans()) else [_scale(draw)]
    weights = net.builder.tensor((n_out, depth), scale=scales, data=_weights(rng, (n_out, depth)))
    inputs = [net.index, weights]
    if draw(st.booleans()):
        bias = rng.integers(-20000, 20001, n_out)
        bias_scales = [float(np.float32(s) * np.float32(net.scale)) for s in scales]
        inputs.append(net.builder.tensor((n_out,), dtype="int32", scale=bias_scales, data=bias))
    scale = _output_scale(draw, net, scales[0], depth)
    activation = draw(st.sampled_from(_ACTIVATIONS))
    return _add(
        draw,
        net,
        "FULLY_CONNECTED",
        inputs,
        (net.shape[0], n_out),
        scale,
        _zero_point(draw),
        FusedActivationFunction=activation,
    )


def pool(draw: st.DrawFn, rng: np.random.Generator, net: Net, *, code: str = "") -> Net:
    n, height, width, depth = net.shape
    fh, sh, _, same_h, valid_h = _window(draw, height, dilated=False)
    fw, sw, _, same_w, valid_w = _window(draw, width, dilated=False)
    same = draw(st.booleans()) or min(valid_h, valid_w) < 1
    output = (n, same_h, same_w, depth) if same else (n, valid_h, valid_w, depth)
    return _add(
        draw,
        net,
        code or draw(st.sampled_from(["AVERAGE_POOL_2D", "MAX_POOL_2D"])),
        [net.index],
        output,
        net.scale,
        net.zero_point,
        Padding=_SAME if same else _VALID,
        StrideH=sh,
        StrideW=sw,
        FilterHeight=fh,
        FilterWidth=fw,
        FusedActivationFunction=draw(st.sampled_from(_ACTIVATIONS)),
    )


def average_pool(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    return pool(draw, rng, net, code="AVERAGE_POOL_2D")


def max_pool(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    return pool(draw, rng, net, code="MAX_POOL_2D")


def mean(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    keep = draw(st.booleans())
    axes = draw(st.sampled_from([[1, 2], [2, 1], [-3, -2]]))
    axis = net.builder.tensor((2,), dtype="int32", data=np.array(axes))
    shape = (net.shape[0], 1, 1, net.shape[3]) if keep else (net.shape[0], net.shape[3])
    scale = float(np.float32(net.scale * 2.0 ** draw(st.floats(-4, 4))))
    return _add(draw, net, "MEAN", [net.index, axis], shape, scale, _zero_point(draw), KeepDims=keep)


def _operand(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> int:
    """Return a second operand: the net itself, or a constant that broadcasts to it."""
    if draw(st.booleans()):
        return net.index
    rank = draw(st.integers(1, len(net.shape)))
    shape = tuple(dim if draw(st.booleans()) else 1 for dim in net.shape[len(net.shape) - rank :])
    data = rng.integers(-128, 128, shape)
    return net.builder.tensor(shape, scale=_scale(draw), zero_point=_zero_point(draw), data=data)


def add(draw: st.DrawFn, rng: np.random.Generator, net: Net, *, code: str = "ADD") -> Net:
    inputs = [net.index, _operand(draw, rng, net)]
    if draw(st.booleans()):
        inputs.reverse()
    other = net.builder.tensors[inputs[1] if inputs[0] == net.index else inputs[0]].scales[0]
    factor = max(net.scale, other) if code == "ADD" else 64 * net.scale * other
    scale = float(np.float32(factor * 2.0 ** draw(st.floats(-4, 4))))
    return _add(
        draw,
        net,
        code,
        inputs,
        net.shape,
        scale,
        _zero_point(draw),
        FusedActivationFunction=draw(st.sampled_from(_ACTIVATIONS)),
    )


def mul(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    return add(draw, rng, net, code="MUL")


def residual(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """Two branches of a net, added."""
    branch = net
    for _ in range(draw(st.integers(1, 2))):
        branch = _pointwise(draw, rng, branch, branch.shape[3])
    scale = float(np.float32(max(net.scale, branch.scale) * 2.0 ** draw(st.floats(-1, 2))))
    return _add(
        draw,
        net,
        "ADD",
        [net.index, branch.index],
        net.shape,
        scale,
        _zero_point(draw),
        FusedActivationFunction=draw(st.sampled_from(_ACTIVATIONS)),
    )


def _pointwise(
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
    weight_scale = _scale(draw)
    weights = net.builder.tensor(shape, scale=weight_scale, data=_weights(rng, shape))
    return _add(
        draw,
        net,
        "CONV_2D",
        [net.index, weights],
        (*net.shape[:3], n_out),
        _output_scale(draw, net, weight_scale, size * size * net.shape[3]) if scale is None else scale,
        _zero_point(draw) if zero_point is None else zero_point,
        Padding=_SAME,
        StrideH=1,
        StrideW=1,
        DilationHFactor=1,
        DilationWFactor=1,
        FusedActivationFunction=0,
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
    return _add(
        draw, net, "CONCATENATION", inputs, output, net.scale, net.zero_point, Axis=axis, FusedActivationFunction=0
    )


def branches(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """Convolutions of a net, side by side."""
    first = _pointwise(draw, rng, net, draw(st.integers(1, 5)))
    others = [
        _pointwise(draw, rng, net, draw(st.integers(1, 5)), first.scale, first.zero_point)
        for _ in range(draw(st.integers(1, 2)))
    ]
    tips = [first, *others]
    shape = (*net.shape[:3], sum(tip.shape[3] for tip in tips))
    return _add(
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
    paddings = net.builder.tensor((len(pairs), 2), dtype="int32", data=np.array(pairs))
    shape = tuple(b + dim + a for (b, a), dim in zip(pairs, net.shape, strict=True))
    return _add(draw, net, "PAD", [net.index, paddings], shape, net.scale, net.zero_point)


def reshape(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    total = int(np.prod(net.shape))
    shape = draw(st.sampled_from([(1, total), (total,), (1, 1, 1, total), (total, 1)]))
    target = net.builder.tensor((len(shape),), dtype="int32", data=np.array(shape))
    return _add(draw, net, "RESHAPE", [net.index, target], shape, net.scale, net.zero_point)


def softmax(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    beta = draw(st.sampled_from([1.0, 1.0, 0.5, 2.0]))
    return _add(draw, net, "SOFTMAX", [net.index], net.shape, 1 / 256, -128, Beta=beta)


def logistic(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    return _add(draw, net, "LOGISTIC", [net.index], net.shape, 1 / 256, -128)


def relu(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    scale = float(np.float32(net.scale * 2.0 ** draw(st.floats(-3, 3))))
    return _add(draw, net, "RELU", [net.index], net.shape, scale, _zero_point(draw))


def relu6(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    same = draw(st.booleans())
    scale = net.scale if same else _scale(draw)
    return _add(draw, net, "RELU6", [net.index], net.shape, scale, net.zero_point if same else _zero_point(draw))


def requantize(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    scale = float(np.float32(net.scale * 2.0 ** draw(st.floats(-5, 5))))
    return _add(draw, net, "QUANTIZE", [net.index], net.shape, scale, _zero_point(draw))


_PICTURE_LAYERS: dict[str, Layer] = {
    "CONV_2D": conv,
    "DEPTHWISE_CONV_2D": depthwise_conv,
    "AVERAGE_POOL_2D": average_pool,
    "MAX_POOL_2D": max_pool,
    "MEAN": mean,
    "ADD": add,
    "MUL": mul,
    "CONCATENATION": concatenation,
    "PAD": pad,
    "RESHAPE": reshape,
    "SOFTMAX": softmax,
    "LOGISTIC": logistic,
    "RELU": relu,
    "RELU6": relu6,
    "REQUANTIZE": requantize,
    "FULLY_CONNECTED": fully_connected,
}
_CHAIN_LAYERS: list[Layer] = [
    conv,
    depthwise_conv,
    _pointwise_layer := lambda d, r, n: _pointwise(d, r, n, d(st.integers(1, 8))),
    pool,
    add,
    mul,
    residual,
    branches,
    pad,
    relu,
    relu6,
    requantize,
    logistic,
]
_BATCHED = {"CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D", "FULLY_CONNECTED", "MEAN", "SOFTMAX"}


def _finish(draw: st.DrawFn, net: Net, root: Net, dtype: str = "int8") -> Model:
    data = net.builder.build([root.index], [net.index])
    return Model(data=data, shape=root.shape, dtype=dtype, seed=draw(st.integers(0, 2**32 - 1)))


def _single(name: str) -> st.SearchStrategy[Model]:
    @st.composite
    def models(draw: st.DrawFn) -> Model:
        rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        rank = (
            draw(st.integers(2, 4))
            if name in ("ADD", "MUL", "CONCATENATION", "PAD", "SOFTMAX", "LOGISTIC", "RELU")
            else 4
        )
        root = start(draw, rank=rank, batch=name in _BATCHED)
        return _finish(draw, _PICTURE_LAYERS[name](draw, rng, root), root)

    return models()


@st.composite
def _from_float(draw: st.DrawFn) -> Model:
    root = start(draw)
    builder = ModelBuilder()
    index = builder.tensor(root.shape, dtype="float32")
    output = builder.tensor(root.shape, scale=root.scale, zero_point=root.zero_point)
    builder.operator("QUANTIZE", [index], output)
    return Model(
        data=builder.build([index], [output]), shape=root.shape, dtype="float32", seed=draw(st.integers(0, 2**32 - 1))
    )


@st.composite
def _to_float(draw: st.DrawFn) -> Model:
    root = start(draw)
    output = root.builder.tensor(root.shape, dtype="float32")
    root.builder.operator("DEQUANTIZE", [root.index], output)
    return Model(
        data=root.builder.build([root.index], [output]),
        shape=root.shape,
        dtype="int8",
        seed=draw(st.integers(0, 2**32 - 1)),
    )


@st.composite
def _from_uint8(draw: st.DrawFn) -> Model:
    shape = start(draw).shape
    builder = ModelBuilder()
    scale = _scale(draw)
    zero_point = draw(st.integers(0, 255))
    index = builder.tensor(shape, dtype="uint8", scale=scale, zero_point=zero_point)
    same = draw(st.booleans())
    output = builder.tensor(
        shape, scale=scale if same else _scale(draw), zero_point=zero_point - 128 if same else _zero_point(draw)
    )
    builder.operator("QUANTIZE", [index], output)
    return Model(
        data=builder.build([index], [output]), shape=shape, dtype="uint8", seed=draw(st.integers(0, 2**32 - 1))
    )


@st.composite
def chains(draw: st.DrawFn) -> Model:
    """Models of 2 to 6 layers, with residual additions and concatenated branches, some with a classifier at the end."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    root = start(draw, max_size=12)
    net = root
    for _ in range(draw(st.integers(2, 6))):
        net = draw(st.sampled_from(_CHAIN_LAYERS))(draw, rng, net)
    if draw(st.booleans()):
        net = draw(st.sampled_from([mean, reshape]))(draw, rng, net)
        net = softmax(draw, rng, fully_connected(draw, rng, net))
    return _finish(draw, net, root)


OPERATOR_MODELS: dict[str, st.SearchStrategy[Model]] = {
    **{name: _single(name) for name in _PICTURE_LAYERS},
    "QUANTIZE": _from_float(),
    "QUANTIZE from uint8": _from_uint8(),
    "DEQUANTIZE": _to_float(),
}
"""Random models of one operator, by the operator's name."""
