"""Hypothesis strategies: random .tflite models of one operator or a few, inside what TFLM accepts."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from tests.oracle.arithmetic_layers import batch_matmul, comparison, division, squared_difference
from tests.oracle.builder import ModelBuilder
from tests.oracle.float_layers import FLOAT_MODELS
from tests.oracle.int16_layers import INT16_MODELS
from tests.oracle.integer_layers import INTEGER_MODELS
from tests.oracle.loop_layers import loop_models
from tests.oracle.moving_layers import (
    batches,
    blocks,
    rearrangement,
    resize_bilinear,
    resize_nearest,
    slice_layer,
    split,
    strided_slice,
    transpose,
    unpack,
)
from tests.oracle.net import Layer, Model, append, finish, random_scale, random_zero_point, start
from tests.oracle.other_layers import (
    add,
    branches,
    concatenation,
    extreme,
    l2_normalization,
    log_softmax,
    logistic,
    mul,
    pad,
    prelu,
    relu,
    relu6,
    requantize,
    reshape,
    residual,
    softmax,
    sub,
    sums,
)
from tests.oracle.rarer_layers import RARER_MODELS
from tests.oracle.recurrent_layers import lstm_models
from tests.oracle.rewritten_layers import arg_max, extreme_reduction, flatten, reduction, view
from tests.oracle.streaming_layers import streaming_models, svdf_models
from tests.oracle.table_layers import absolute, elu, hard_swish, leaky_relu, rsqrt, tanh
from tests.oracle.windowed_layers import (
    average_pool,
    conv,
    depthwise_conv,
    fully_connected,
    max_pool,
    mean,
    pointwise,
    pool,
    transpose_conv,
    winograd_conv,
)

__all__ = ["OPERATOR_MODELS", "Model", "chains"]

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
    "DEPTH_TO_SPACE and SPACE_TO_DEPTH": blocks,
    "PACK and UNPACK": unpack,
    "RESIZE_NEAREST_NEIGHBOR": resize_nearest,
    "SLICE": slice_layer,
    "SPLIT": split,
    "STRIDED_SLICE": strided_slice,
    "TRANSPOSE": transpose,
    "ABS": absolute,
    "ELU": elu,
    "HARD_SWISH": hard_swish,
    "LEAKY_RELU": leaky_relu,
    "TANH": tanh,
    "MAXIMUM and MINIMUM": extreme,
    "PRELU": prelu,
    "SUB": sub,
    "TRANSPOSE_CONV": transpose_conv,
    "ARG_MAX and ARG_MIN": arg_max,
    "BATCH_MATMUL": batch_matmul,
    "DIV": division,
    "GATHER and other rearrangements": rearrangement,
    "CUMSUM and ADD_N of int8": sums,
    "L2_NORMALIZATION": l2_normalization,
    "LOG_SOFTMAX": log_softmax,
    "RESIZE_BILINEAR": resize_bilinear,
    "RSQRT": rsqrt,
    "SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND": batches,
    "SQUARED_DIFFERENCE": squared_difference,
    "comparisons and SELECT_V2": comparison,
}


_REWRITTEN_LAYERS: dict[str, Layer] = {
    "REDUCE_MAX and REDUCE_MIN over any axes": extreme_reduction,
    "EXPAND_DIMS and SQUEEZE": view,
    "MEAN over any axes": lambda d, r, n: reduction(d, r, n, code="MEAN"),
    "RESHAPE of any batch": flatten,
    "SUM over any axes": lambda d, r, n: reduction(d, r, n, code="SUM"),
}

_CHAIN_LAYERS: list[Layer] = [
    conv,
    depthwise_conv,
    lambda d, r, n: pointwise(d, r, n, d(st.integers(1, 8))),
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


_OF_ANY_RANK = {
    "ADD",
    "ARG_MAX and ARG_MIN",
    "BATCH_MATMUL",
    "CONCATENATION",
    "CUMSUM and ADD_N of int8",
    "DIV",
    "GATHER and other rearrangements",
    "L2_NORMALIZATION",
    "LOGISTIC",
    "LOG_SOFTMAX",
    "MAXIMUM and MINIMUM",
    "MUL",
    "PAD",
    "RELU",
    "SOFTMAX",
    "SQUARED_DIFFERENCE",
    "SUB",
    "comparisons and SELECT_V2",
}
_BATCHED = {
    "BATCH_MATMUL",
    "RESIZE_BILINEAR",
    "SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND",
    "TRANSPOSE_CONV",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "AVERAGE_POOL_2D",
    "MAX_POOL_2D",
    "FULLY_CONNECTED",
    "MEAN",
    "SOFTMAX",
}


def _single(name: str) -> st.SearchStrategy[Model]:
    @st.composite
    def models(draw: st.DrawFn) -> Model:
        rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        rank = draw(st.integers(2, 4)) if name in _OF_ANY_RANK else 4
        root = start(draw, rank=rank, batch=name in _BATCHED)
        return finish(draw, _PICTURE_LAYERS[name](draw, rng, root), root)

    return models()


def _of_any_rank(layer: Layer) -> st.SearchStrategy[Model]:
    """Return models of one layer whose input has up to five dimensions, from an input of four at most."""

    @st.composite
    def models(draw: st.DrawFn) -> Model:
        rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        root = net = start(draw, rank=draw(st.integers(2, 4)), batch=True, max_size=6, max_channels=6)
        if draw(st.booleans()):
            shape = tuple(draw(st.permutations([*net.shape, *[1] * (5 - len(net.shape))])))
            target = net.builder.integers(shape)
            net = append(draw, net, "RESHAPE", [net.index, target], shape, net.scale, net.zero_point)
        return finish(draw, layer(draw, rng, net), root)

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


_BOUNDED = {"ELU": {}, "ABS": {}, "NEG": {}, "TANH": {}, "LEAKY_RELU": {"Alpha": 0.2}}
"""Operators that TFLM has for floats and that give nothing larger than their input, with their options."""
_POINTWISE = {**_BOUNDED, "EXP": {}, "SQUARE": {}}


@st.composite
def _float_between(draw: st.DrawFn) -> Model:
    """DEQUANTIZE, operators on floats, and QUANTIZE; perhaps half of the channels."""
    shape, builder = start(draw).shape, ModelBuilder()
    scale = random_scale(draw, high=0.05)  # its exponential still fits in 32 bits when it is quantized
    root = builder.tensor(shape, scale=scale, zero_point=random_zero_point(draw))
    index = builder.operator("DEQUANTIZE", [root], builder.tensor(shape, dtype="float32"))
    for operators in (_BOUNDED, _POINTWISE):
        if draw(st.booleans()):
            code = draw(st.sampled_from(sorted(operators)))
            index = builder.operator(code, [index], builder.tensor(shape, dtype="float32"), **operators[code])
    half = (*shape[:3], shape[3] // 2)
    if shape[3] % 2 == 0:
        axis = builder.integers(3)
        halves = [builder.tensor(half, dtype="float32") for _ in range(2)]
        builder.custom_operator("SPLIT", [axis, index], halves, NumSplits=2)
        index = halves[1]
    output_shape = half if shape[3] % 2 == 0 else shape
    output = builder.tensor(output_shape, scale=random_scale(draw), zero_point=random_zero_point(draw))
    builder.operator("QUANTIZE", [index], output)
    data = builder.build([root], [output])
    return Model(data=data, shape=shape, dtype="int8", seed=draw(st.integers(0, 2**32 - 1)))


@st.composite
def _from_uint8(draw: st.DrawFn) -> Model:
    shape = start(draw).shape
    builder = ModelBuilder()
    scale = random_scale(draw)
    zero_point = draw(st.integers(0, 255))
    index = builder.tensor(shape, dtype="uint8", scale=scale, zero_point=zero_point)
    same = draw(st.booleans())
    output = builder.tensor(
        shape,
        scale=scale if same else random_scale(draw),
        zero_point=zero_point - 128 if same else random_zero_point(draw),
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
    return finish(draw, net, root)


@st.composite
def _lines(draw: st.DrawFn) -> Model:
    """Models of 1 to 3 windowed layers on a line of either orientation, or on columns that the first layer joins."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    length, depth = draw(st.integers(1, 40)), draw(st.integers(1, 12))
    width = draw(st.integers(1, 3))
    shape = draw(st.sampled_from([(1, length, 1, depth), (1, 1, length, depth), (1, length, width, depth)]))
    root = start(draw, shape=shape)
    net = root
    for _ in range(draw(st.integers(1, 3))):
        net = draw(st.sampled_from([conv, conv, depthwise_conv, pool]))(draw, rng, net)
    return finish(draw, net, root)


@st.composite
def _winograd(draw: st.DrawFn) -> Model:
    """Models of a 3x3 convolution of whole words of channels."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes = st.integers(2, 14)
    root = start(draw, shape=(draw(st.integers(1, 2)), draw(sizes), draw(sizes), 4 * draw(st.integers(2, 8))))
    return finish(draw, winograd_conv(draw, rng, root), root)


OPERATOR_MODELS: dict[str, st.SearchStrategy[Model]] = {
    **{name: _single(name) for name in _PICTURE_LAYERS},
    **{name: _of_any_rank(layer) for name, layer in _REWRITTEN_LAYERS.items()},
    "QUANTIZE": _from_float(),
    "QUANTIZE from uint8": _from_uint8(),
    "DEQUANTIZE": _to_float(),
    "WINOGRAD_CONV_2D": _winograd(),
    "floats between DEQUANTIZE and QUANTIZE": _float_between(),
    "chains": chains(),
    "lines": _lines(),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": lstm_models(),
    "streaming": streaming_models(),
    "SVDF": svdf_models(),
    "WHILE of float32": loop_models(),
    **FLOAT_MODELS,
    **INT16_MODELS,
    **INTEGER_MODELS,
    **RARER_MODELS,
}
"""Random models of one operator, by the operator's name, and of some in a row."""
