"""Random models of float32: what the engine computes in TFLM's order is equal to the bit, TANH and ELU nearly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

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
    random_resize,
    random_transpose_conv,
)

__all__ = [
    "FLOAT_MODELS",
    "NEARLY_EQUAL_MODELS",
    "append_float",
    "float_constant",
    "float_models",
    "random_floats",
]


def _start(draw: st.DrawFn, *, rank: int = 4, max_channels: int = 9) -> Net:
    builder = ModelBuilder()
    sizes = [draw(st.integers(1, 8)) for _ in range(max(0, rank - 2))]
    shape = (draw(st.integers(1, 2)), *sizes, draw(st.integers(1, max_channels)))[-rank:]
    index = builder.tensor(shape, dtype="float32")
    return Net(builder=builder, index=index, shape=shape, scale=0.0, zero_point=0)


def append_float(net: Net, code: str, inputs: Sequence[int], shape: tuple[int, ...], **options: object) -> Net:
    index = net.builder.tensor(shape, dtype="float32")
    net.builder.operator(code, list(inputs), index, **options)
    return replace(net, index=index, shape=tuple(shape))


def random_floats(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    values = rng.normal(0, 2.0 ** rng.integers(-6, 3), shape).astype(np.float32)
    return np.where(rng.random(shape) < rng.choice([0.0, 0.3]), np.float32(0), values)


def float_constant(net: Net, values: NDArray[np.float32]) -> int:
    return net.builder.tensor(values.shape, dtype="float32", data=values)


def _conv(draw: st.DrawFn, rng: np.random.Generator, net: Net, *, depthwise: bool = False) -> Net:
    shape, output, options = random_conv(draw, net, depthwise=depthwise)
    inputs = [net.index, _weights(draw, rng, net, shape)]
    if draw(st.booleans()):
        inputs.append(float_constant(net, random_floats(rng, (output[3],))))
    return append_float(net, "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D", inputs, output, **options)


def _weights(draw: st.DrawFn, rng: np.random.Generator, net: Net, shape: tuple[int, ...]) -> int:
    """Return weights of float32."""
    return float_constant(net, random_floats(rng, shape))


def _fully_connected(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    depth, n_out = int(np.prod(net.shape[1:])), draw(st.integers(1, 12))
    inputs = [net.index, _weights(draw, rng, net, (n_out, depth))]
    if draw(st.booleans()):
        inputs.append(float_constant(net, random_floats(rng, (n_out,))))
    activation = draw(st.sampled_from(ACTIVATIONS))
    return append_float(net, "FULLY_CONNECTED", inputs, (net.shape[0], n_out), FusedActivationFunction=activation)


def _pool(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    output, options = random_pool(draw, net)
    return append_float(net, draw(st.sampled_from(["AVERAGE_POOL_2D", "MAX_POOL_2D"])), [net.index], output, **options)


def _binary(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """An operator of the net and itself, or a constant of any shape that broadcasts to it, which is not 0."""
    code = draw(st.sampled_from(["ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE"]))
    if code != "DIV" and draw(st.booleans()):
        inputs = [net.index, net.index]
    else:
        rank = draw(st.integers(1, len(net.shape)))
        shape = tuple(dim if draw(st.booleans()) else 1 for dim in net.shape[len(net.shape) - rank :])
        values = random_floats(rng, shape)
        inputs = [net.index, float_constant(net, np.where(values == 0, np.float32(0.5), values))]
        if code != "DIV" and draw(st.booleans()):
            inputs.reverse()
    options = {"FusedActivationFunction": draw(st.sampled_from(ACTIVATIONS))} if code in ("ADD", "SUB", "MUL") else {}
    return append_float(net, code, inputs, net.shape, **options)


def _prelu(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    return append_float(
        net, "PRELU", [net.index, float_constant(net, random_floats(rng, (1, 1, net.shape[-1])))], net.shape
    )


_UNARY = {
    "RELU": {},
    "RELU6": {},
    "LOGISTIC": {},
    "LEAKY_RELU": {"Alpha": 0.2},
    "HARD_SWISH": {},
    "ABS": {},
    "NEG": {},
    "SQUARE": {},
    "FLOOR": {},
    "CEIL": {},
    "ROUND": {},
}


def _unary(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    code = draw(st.sampled_from(sorted(_UNARY)))
    return append_float(net, code, [net.index], net.shape, **_UNARY[code])


def _of_positive(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """A root of what is above 0, or an exponential of what is not large."""
    half = float_constant(net, np.array([0.5], np.float32))
    net = append_float(net, "ABS", [net.index], net.shape)
    net = append_float(net, "ADD", [net.index, half], net.shape, FusedActivationFunction=3)
    return append_float(net, draw(st.sampled_from(["SQRT", "RSQRT", "EXP", "LOG"])), [net.index], net.shape)


def _softmax(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    return append_float(net, "SOFTMAX", [net.index], net.shape, Beta=draw(st.sampled_from([1.0, 0.5, 2.0])))


def _normalized(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    code = draw(st.sampled_from(["LOG_SOFTMAX", "L2_NORMALIZATION"]))
    options = {"FusedActivationFunction": 0} if code == "L2_NORMALIZATION" else {}
    return append_float(net, code, [net.index], net.shape, **options)


def _mean(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    inputs, shape, options = random_reduction(draw, net)
    return append_float(net, draw(st.sampled_from(["MEAN", "SUM"])), inputs, shape, **options)


def _extreme(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    inputs, shape, options = random_reduction(draw, net)
    return append_float(net, draw(st.sampled_from(["REDUCE_MAX", "REDUCE_MIN"])), inputs, shape, **options)


def _arg_max(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """ARG_MAX or ARG_MIN of what has equal values, too."""
    axis = draw(st.integers(0, len(net.shape) - 1))
    net = append_float(net, "ROUND", [net.index], net.shape)
    shape = (*net.shape[:axis], *net.shape[axis + 1 :])
    output = net.builder.tensor(shape, dtype="int32")
    code = draw(st.sampled_from(["ARG_MAX", "ARG_MIN"]))
    net.builder.operator(code, [net.index, net.builder.integers(axis)], output, OutputType=2)
    return replace(net, index=output, shape=shape)


def _batch_matmul(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    shapes, options, shape = random_product(draw, net)
    inputs = [net.index if each is None else float_constant(net, random_floats(rng, each)) for each in shapes]
    return append_float(net, "BATCH_MATMUL", inputs, shape, **options)


def _transpose_conv(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    weights, output, options = random_transpose_conv(draw, net)
    inputs = [net.builder.integers(output), _weights(draw, rng, net, weights), net.index]
    if draw(st.booleans()):
        inputs.append(float_constant(net, random_floats(rng, (output[3],))))
    return append_float(net, "TRANSPOSE_CONV", inputs, output, **options)


def _resize_bilinear(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    target, options = random_resize(draw, net)
    inputs = [net.index, net.builder.integers(target[1:3])]
    return append_float(net, "RESIZE_BILINEAR", inputs, target, **options)


def _select(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """SELECT_V2 by a comparison with constants, of whole numbers, which are equal at times."""
    net = append_float(net, "ROUND", [net.index], net.shape)
    shape = tuple(dim if draw(st.booleans()) else 1 for dim in net.shape)
    inputs = [net.index, float_constant(net, np.round(random_floats(rng, shape)))]
    if draw(st.booleans()):
        inputs.reverse()
    code = draw(st.sampled_from(["EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL"]))
    condition = net.builder.operator(code, inputs, net.builder.tensor(net.shape, dtype="bool"))
    return append_float(
        net, "SELECT_V2", [condition, net.index, float_constant(net, random_floats(rng, net.shape))], net.shape
    )


def _move(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    code, inputs, shape, options = random_move(draw, net)
    return append_float(net, code, inputs, shape, **options)


def _concatenation(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    axis = draw(st.integers(0, len(net.shape) - 1))
    other = list(net.shape)
    other[axis] = draw(st.integers(1, 3))
    inputs = [net.index, float_constant(net, random_floats(rng, tuple(other)))]
    other[axis] += net.shape[axis]
    return append_float(net, "CONCATENATION", inputs, tuple(other), Axis=axis, FusedActivationFunction=0)


def _tanh(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    return append_float(net, "TANH", [net.index], net.shape)


def _elu(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    return append_float(net, "ELU", [net.index], net.shape)


def float_models(*layers: Layer, ranks: Sequence[int] = (4,), n: int = 1) -> st.SearchStrategy[Model]:
    @st.composite
    def models(draw: st.DrawFn) -> Model:
        rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        root = net = _start(draw, rank=draw(st.sampled_from(list(ranks))))
        for _ in range(n):
            net = draw(st.sampled_from(list(layers)))(draw, rng, net)
        data = net.builder.build([root.index], [net.index])
        return Model(data=data, shape=root.shape, dtype="float32", seed=draw(st.integers(0, 2**32 - 1)))

    return models()


def _depthwise(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    return _conv(draw, rng, net, depthwise=True)


FLOAT_MODELS: dict[str, st.SearchStrategy[Model]] = {
    "CONV_2D of float32": float_models(_conv),
    "DEPTHWISE_CONV_2D of float32": float_models(_depthwise),
    "FULLY_CONNECTED of float32": float_models(_fully_connected, ranks=(2, 3, 4)),
    "pools of float32": float_models(_pool),
    "operators of two float32": float_models(_binary, _prelu, ranks=(3, 4)),
    "operators of one float32": float_models(_unary, _of_positive, ranks=(1, 2, 3, 4)),
    "SOFTMAX of float32": float_models(_softmax, ranks=(2, 3, 4)),
    "MEAN and SUM of float32": float_models(_mean, ranks=(2, 3, 4)),
    "LOG_SOFTMAX and L2_NORMALIZATION of float32": float_models(_normalized, ranks=(2, 3, 4)),
    "REDUCE_MAX and REDUCE_MIN of float32": float_models(_extreme, ranks=(2, 3, 4)),
    "ARG_MAX and ARG_MIN of float32": float_models(_arg_max, ranks=(2, 3, 4)),
    "BATCH_MATMUL of float32": float_models(_batch_matmul, ranks=(2, 3, 4)),
    "TRANSPOSE_CONV of float32": float_models(_transpose_conv),
    "RESIZE_BILINEAR of float32": float_models(_resize_bilinear),
    "SELECT_V2 of float32": float_models(_select, ranks=(2, 3, 4)),
    "moves of float32": float_models(_move, _move, _move, _concatenation, ranks=(2, 3, 4)),
    "chains of float32": float_models(_conv, _depthwise, _pool, _binary, _unary, n=3),
}
"""Answered to the bit as by TFLM."""

NEARLY_EQUAL_MODELS: dict[str, st.SearchStrategy[Model]] = {
    "TANH": float_models(_tanh, ranks=(1, 2, 3, 4)),
    "ELU": float_models(_elu, ranks=(1, 2, 3, 4)),
}
"""Each of one operator, whose C library rounds otherwise."""
