"""Random models of int16 activations with int8 weights, TFLM's 16x8 quantization."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from tests.oracle.builder import ModelBuilder
from tests.oracle.net import (
    ACTIVATIONS,
    Layer,
    Model,
    Net,
    random_conv,
    random_move,
    random_pool,
    random_product,
    random_reduction,
    random_transpose_conv,
    random_weights,
)
from tests.oracle.oracle import as_scale

__all__ = ["INT16_MODELS"]

_UNIT = 2.0**-15


def _scale(draw: st.DrawFn, low: float = -16.0, high: float = -8.0) -> float:
    return as_scale(2.0 ** draw(st.floats(low, high)))


def _start(draw: st.DrawFn, *, rank: int, scale: float | None = None) -> Net:
    builder = ModelBuilder()
    sizes = [draw(st.integers(1, 8)) for _ in range(max(0, rank - 2))]
    shape = (draw(st.integers(1, 2)), *sizes, draw(st.integers(1, 9)))[-rank:]
    scale = scale or _scale(draw)
    index = builder.tensor(shape, dtype="int16", scale=scale)
    return Net(builder=builder, index=index, shape=shape, scale=scale, zero_point=0)


def _append(net: Net, code: str, inputs: Sequence[int], shape: tuple[int, ...], scale: float, **options: object) -> Net:
    scale = as_scale(min(max(scale, 1e-7), 100.0))
    index = net.builder.tensor(shape, dtype="int16", scale=scale)
    net.builder.operator(code, list(inputs), index, **options)
    return replace(net, index=index, shape=tuple(shape), scale=scale)


def _weighted_inputs(
    draw: st.DrawFn, rng: np.random.Generator, net: Net, shape: tuple[int, ...], axis: int, *, narrow: bool = True
) -> tuple[list[int], float]:
    """Return the inputs of an operator with weights, and a scale that makes its outputs fill the range, or nearly."""
    n_out = shape[axis]
    scales = [_scale(draw, -12, -4) for _ in range(n_out if draw(st.booleans()) else 1)]
    weights = net.builder.tensor(shape, scale=scales, axis=axis, data=random_weights(rng, shape))
    inputs = [net.index, weights]
    kind = draw(st.sampled_from(["int64", "int64", "none", *(["int32"] if narrow else [])]))
    if kind != "none":
        limit = 2**20 if kind == "int32" else 2 ** int(rng.integers(16, 36))
        data = rng.integers(-limit, limit, n_out)
        bias_scales = [float(np.float32(s) * np.float32(net.scale)) for s in scales]
        inputs.append(net.builder.tensor((n_out,), dtype=kind, scale=bias_scales, data=data))
    n_taps = int(np.prod(shape)) // n_out
    return inputs, net.scale * scales[0] * 40 * float(np.sqrt(n_taps)) * 2.0 ** draw(st.floats(-3, 3))


def _conv(draw: st.DrawFn, rng: np.random.Generator, net: Net, *, depthwise: bool = False) -> Net:
    shape, output, options = random_conv(draw, net, depthwise=depthwise)
    inputs, scale = _weighted_inputs(draw, rng, net, shape, 3 if depthwise else 0, narrow=not depthwise)
    return _append(net, "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D", inputs, output, scale, **options)


def _depthwise(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    return _conv(draw, rng, net, depthwise=True)


def _fully_connected(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    depth, n_out = int(np.prod(net.shape[1:])), draw(st.integers(1, 12))
    inputs, scale = _weighted_inputs(draw, rng, net, (n_out, depth), 0)
    activation = draw(st.sampled_from(ACTIVATIONS))
    return _append(net, "FULLY_CONNECTED", inputs, (net.shape[0], n_out), scale, FusedActivationFunction=activation)


def _transpose_conv(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """TRANSPOSE_CONV without an activation."""
    shape, output, options = random_transpose_conv(draw, net)
    (data, *weights), scale = _weighted_inputs(draw, rng, net, shape, 0, narrow=False)
    inputs = [net.builder.integers(output), weights[0], data, *weights[1:]]
    return _append(net, "TRANSPOSE_CONV", inputs, output, scale, **{**options, "FusedActivationFunction": 0})


def _batch_matmul(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    shapes, options, shape = random_product(draw, net)
    scales = [net.scale if each is None else _scale(draw) for each in shapes]
    inputs = [
        net.index if each is None else _of_int16(rng, net, each, scale)
        for each, scale in zip(shapes, scales, strict=True)
    ]
    return _append(
        net, "BATCH_MATMUL", inputs, shape, scales[0] * scales[1] * 2.0 ** draw(st.floats(10, 18)), **options
    )


def _of_int16(rng: np.random.Generator, net: Net, shape: tuple[int, ...], scale: float) -> int:
    return net.builder.tensor(shape, dtype="int16", scale=scale, data=rng.integers(-(2**15), 2**15, shape))


def _pool(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    output, options = random_pool(draw, net)
    code = draw(st.sampled_from(["AVERAGE_POOL_2D", "MAX_POOL_2D"]))
    return _append(net, code, [net.index], output, net.scale, **options)


def _operand(draw: st.DrawFn, rng: np.random.Generator, net: Net, scale: float | None = None) -> tuple[int, float]:
    """Return the net itself, or a constant that broadcasts to it, and its scale."""
    if draw(st.booleans()):
        return net.index, net.scale
    rank = draw(st.integers(1, len(net.shape)))
    shape = tuple(dim if draw(st.booleans()) else 1 for dim in net.shape[len(net.shape) - rank :])
    scale = scale or _scale(draw)
    return _of_int16(rng, net, shape, scale), scale


def _binary(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    code = draw(st.sampled_from(["ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE"]))
    same = code in ("MAXIMUM", "MINIMUM")
    other, other_scale = _operand(draw, rng, net, net.scale if same else None)
    inputs = [net.index, other]
    if draw(st.booleans()):
        inputs.reverse()
    larger = max(net.scale, other_scale)
    scale = larger * 2.0 ** draw(st.floats(-3, 3))
    if code == "MUL":
        scale = net.scale * other_scale * 2.0 ** draw(st.floats(12, 18))
    if code == "SQUARED_DIFFERENCE":
        scale = larger**2 * 2.0 ** draw(st.floats(12, 18))
    fused = {"FusedActivationFunction": draw(st.sampled_from(ACTIVATIONS))} if code in ("ADD", "SUB", "MUL") else {}
    return _append(net, code, inputs, net.shape, net.scale if same else scale, **fused)


def _prelu(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    shape = (1, 1, net.shape[-1])
    scale = _scale(draw, -9, -5)
    slopes = net.builder.tensor(shape, scale=scale, data=rng.integers(-128, 128, shape))
    return _append(net, "PRELU", [net.index, slopes], net.shape, net.scale * 2.0 ** draw(st.floats(-2, 2)))


def _unary(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    code = draw(st.sampled_from(["RELU", "RELU6", "LEAKY_RELU", "ABS", "QUANTIZE"]))
    options = {"Alpha": draw(st.sampled_from([0.1, 0.3, -0.5, 2.0]))} if code == "LEAKY_RELU" else {}
    factor = 1.0 if code == "RELU6" else 2.0 ** draw(st.floats(-3, 3))
    return _append(net, code, [net.index], net.shape, net.scale * factor, **options)


def _rsqrt(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """RSQRT of what is never negative; TFLM refuses the others."""
    net = _append(net, "ABS", [net.index], net.shape, net.scale * 2.0 ** draw(st.floats(-3, 3)))
    scale = net.scale**-0.5 / 2**15 * 2.0 ** draw(st.floats(-8, 3))
    return _append(net, "RSQRT", [net.index], net.shape, scale)


def _sigmoid(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    code = draw(st.sampled_from(["LOGISTIC", "TANH"]))
    return _append(net, code, [net.index], net.shape, _UNIT)


def _softmax(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    return _append(net, "SOFTMAX", [net.index], net.shape, _UNIT, Beta=draw(st.sampled_from([1.0, 0.5, 2.0])))


def _mean(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    inputs, shape, options = random_reduction(draw, net)
    code, scale = draw(st.sampled_from(["MEAN", "SUM"])), net.scale * 2.0 ** draw(st.floats(-3, 3))
    return _append(net, code, inputs, shape, scale, **options)


def _move(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    code, inputs, shape, options = random_move(draw, net)
    return _append(net, code, inputs, shape, net.scale, **options)


def _concatenation(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    axis = draw(st.integers(0, len(net.shape) - 1))
    shape = tuple(2 * dim if i == axis else dim for i, dim in enumerate(net.shape))
    inputs = [net.index, net.index]
    return _append(net, "CONCATENATION", inputs, shape, net.scale, Axis=axis, FusedActivationFunction=0)


def _models(*layers: Layer, ranks: Sequence[int] = (4,), n: int = 1) -> st.SearchStrategy[Model]:
    @st.composite
    def models(draw: st.DrawFn) -> Model:
        rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        scale = draw(st.sampled_from([None, None, 2.0**-12, 2.0**-11]))
        root = net = _start(draw, rank=draw(st.sampled_from(list(ranks))), scale=scale)
        for _ in range(n):
            net = draw(st.sampled_from(list(layers)))(draw, rng, net)
        data = net.builder.build([root.index], [net.index])
        return Model(data=data, shape=root.shape, dtype="int16", seed=draw(st.integers(0, 2**32 - 1)))

    return models()


@st.composite
def _edges(draw: st.DrawFn) -> Model:
    """QUANTIZE and DEQUANTIZE between int16 and int8 or float32, in one direction or there and back."""
    shape, builder = _start(draw, rank=draw(st.integers(1, 4))).shape, ModelBuilder()
    kind = draw(st.sampled_from(["float32", "int8"]))
    scales = [_scale(draw), _scale(draw), _scale(draw)]
    outside = [() if kind == "float32" else as_scale(256 * scale) for scale in scales]
    zero_points = [0 if kind == "float32" else draw(st.integers(-128, 127)) for _ in range(2)]
    seed = draw(st.integers(0, 2**32 - 1))
    inner = builder.tensor(shape, dtype="int16", scale=scales[0])
    first = inner
    if draw(st.booleans()):
        first = builder.tensor(shape, dtype=kind, scale=outside[0], zero_point=zero_points[0])
        builder.operator("QUANTIZE", [first], inner)
    last = inner
    if first == inner or draw(st.booleans()):
        last = builder.tensor(shape, dtype=kind, scale=outside[1], zero_point=zero_points[1])
        builder.operator("DEQUANTIZE" if kind == "float32" else "QUANTIZE", [inner], last)
    dtype = builder.tensors[first].dtype
    return Model(data=builder.build([first], [last]), shape=shape, dtype=dtype, seed=seed)


INT16_MODELS: dict[str, st.SearchStrategy[Model]] = {
    "CONV_2D of int16": _models(_conv),
    "DEPTHWISE_CONV_2D of int16": _models(_depthwise),
    "FULLY_CONNECTED of int16": _models(_fully_connected, ranks=(2, 3, 4)),
    "TRANSPOSE_CONV of int16": _models(_transpose_conv),
    "BATCH_MATMUL of int16": _models(_batch_matmul, ranks=(2, 3, 4)),
    "pools of int16": _models(_pool),
    "operators of two int16": _models(_binary, ranks=(1, 2, 3, 4)),
    "PRELU of int16": _models(_prelu, ranks=(3, 4)),
    "operators of one int16": _models(_unary, ranks=(1, 2, 3, 4)),
    "RSQRT of int16": _models(_rsqrt, ranks=(1, 2, 3, 4)),
    "LOGISTIC and TANH of int16": _models(_sigmoid, ranks=(1, 2, 3, 4)),
    "SOFTMAX of int16": _models(_softmax, ranks=(2, 3, 4)),
    "MEAN and SUM of int16": _models(_mean, ranks=(2, 3, 4)),
    "moves of int16": _models(_move, _move, _move, _concatenation, ranks=(2, 3, 4)),
    "edges of int16": _edges(),
    "chains of int16": _models(_conv, _depthwise, _pool, _binary, _unary, _sigmoid, n=4),
}
"""Answered to the bit as by TFLM."""
