"""Networks that passes can make smaller, drawn by hypothesis, and the check that their outputs stay the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from tinyhost.compiler import CompiledModel, compile_tflite

from tests.oracle.net import ACTIVATIONS, SAME, Layer, Model, Net, append, start
from tests.oracle.oracle import MAX_SCALE, as_scale, assert_oracle_gives, run_compiled
from tests.oracle.other_layers import concatenation, logistic, mul, pad, relu, relu6, requantize, residual
from tests.oracle.recorded import assert_equals_wheel
from tests.oracle.windowed_layers import average_pool, conv, depthwise_conv, fully_connected, max_pool, mean

__all__ = ["assert_same", "conv_layer", "inputs_of", "networks"]

_INPUTS = 4


def assert_same(data: bytes, inputs: Sequence[NDArray[np.generic]], *, recorded_as: str = "") -> CompiledModel:
    """Assert that passes change no output, compared with none and the oracle; return the compiled model.

    recorded_as: the name of the wheel's answers (tests/oracle/recorded.py), for a model that LiteRT answers otherwise.
    """
    compiled, plain = compile_tflite(data, name="passes"), compile_tflite(data, name="plain", passes=False)
    outputs, plain_outputs = (run_compiled(model, inputs, simd=False) for model in (compiled, plain))
    for output, plain_output in zip(outputs, plain_outputs, strict=True):
        np.testing.assert_array_equal(output, plain_output)
    if recorded_as:
        assert_equals_wheel(recorded_as, [(data, inputs)])
    else:
        assert_oracle_gives(data, inputs, outputs)
    assert compiled.report.macs == plain.report.macs == plain.report.live_macs
    assert compiled.report.live_macs <= compiled.report.macs
    assert compiled.report.n_params == plain.report.n_params
    return compiled


def conv_layer(
    net: Net,
    weights: NDArray[np.int64],
    bias: Sequence[int],
    *,
    depthwise: bool = False,
    padding: int = SAME,
    stride: int = 1,
    activation: int = 1,
    scale: float = 0.05,
    zero_point: int = -128,
) -> Net:
    """Append a convolution with these weights (TensorFlow Lite's order) and biases."""
    n, height, width, _ = net.shape
    extent_h, extent_w = weights.shape[1:3]
    n_out = weights.shape[3] if depthwise else weights.shape[0]
    same = (-(-height // stride), -(-width // stride))
    valid = ((height - extent_h) // stride + 1, (width - extent_w) // stride + 1)
    b = net.builder
    scale, weight_scale = as_scale(scale), as_scale(0.01)
    filters = b.tensor(weights.shape, scale=weight_scale, axis=3 if depthwise else 0, data=weights)
    biases = b.tensor((n_out,), dtype="int32", scale=weight_scale * net.scale, data=np.array(bias))
    shape = (n, *(same if padding == SAME else valid), n_out)
    output = b.tensor(shape, scale=scale, zero_point=zero_point)
    options = {"DepthMultiplier": n_out // net.shape[3]} if depthwise else {}
    b.operator(
        "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D",
        [net.index, filters, biases],
        output,
        Padding=padding,
        StrideH=stride,
        StrideW=stride,
        DilationHFactor=1,
        DilationWFactor=1,
        FusedActivationFunction=activation,
        **options,
    )
    return Net(builder=b, index=output, shape=shape, scale=scale, zero_point=zero_point)


def _moderate(scale: float) -> float:
    """Return the scale as `append` would: within what networks have."""
    return float(np.float32(min(max(scale, 1e-6), MAX_SCALE)))


def _sparse_conv(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """A convolution, most of whose filters are zero or hardly more, with biases that decide."""
    size = draw(st.sampled_from([1, 1, 2, 3]))
    n_out = draw(st.integers(1, 12))
    weights = rng.integers(-127, 128, (n_out, size, size, net.shape[3]))
    weights[rng.random(n_out) < draw(st.sampled_from([0.3, 0.8, 1.0]))] = 0
    if draw(st.booleans()):
        weights[..., rng.random(net.shape[3]) < 0.5] = 0
    return conv_layer(
        net,
        weights,
        rng.integers(-40000, 40001, n_out).tolist(),
        stride=draw(st.integers(1, 2)),
        activation=draw(st.sampled_from(ACTIVATIONS)),
        scale=_moderate(net.scale * draw(st.sampled_from([0.5, 3.0, 40.0]))),
        zero_point=draw(st.sampled_from([-128, -128, 0, 5])),
    )


def _small_depthwise(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """A padded depthwise convolution: constants show at its borders unless the activation hides them."""
    size = draw(st.sampled_from([1, 3, 5]))
    n_out = net.shape[3] * draw(st.integers(1, 2))
    weights = rng.integers(*draw(st.sampled_from([(-127, 128), (-127, 1), (0, 2)])), (1, size, size, n_out))
    return conv_layer(
        net,
        weights,
        rng.integers(-9000, 9001, n_out).tolist(),
        depthwise=True,
        stride=draw(st.integers(1, 2)),
        activation=draw(st.sampled_from([1, 3])),
        scale=_moderate(net.scale * draw(st.sampled_from([0.5, 3.0, 20.0]))),
        zero_point=draw(st.sampled_from([-128, -128, 3])),
    )


def _same_quantization(code: str) -> Layer:
    def layer(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
        return append(draw, net, code, [net.index], net.shape, net.scale, net.zero_point)

    return layer


def _padded_window(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """PAD and, mostly, something with a window behind it."""
    paddings = np.array([[0, 0], *rng.integers(0, 4, (2, 2)), [0, 0]])
    index = net.builder.integers(paddings)
    shape = tuple(int(dim + sum(p)) for dim, p in zip(net.shape, paddings, strict=True))
    padded = append(draw, net, "PAD", [net.index, index], shape, net.scale, net.zero_point)
    return draw(st.sampled_from([conv, depthwise_conv, max_pool, average_pool]))(draw, rng, padded)


_LAYERS: list[Layer] = [
    *[_sparse_conv] * 5,
    *[_small_depthwise] * 4,
    *[_padded_window] * 2,
    *[_same_quantization(code) for code in ("RELU", "RELU6", "QUANTIZE")],
    conv,
    max_pool,
    average_pool,
    residual,
    concatenation,
    relu,
    relu6,
    requantize,
    logistic,
    mul,
    pad,
]


@st.composite
def networks(draw: st.DrawFn) -> Model:
    """Networks of 2 to 8 layers, many of which are constant, unread, or without effect."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    root = start(draw, max_size=8, max_channels=6)
    net = root
    for _ in range(draw(st.integers(2, 7))):
        net = draw(st.sampled_from(_LAYERS))(draw, rng, net)
        if int(np.prod(net.shape)) > 4000:
            break
    if draw(st.booleans()):
        net = fully_connected(draw, rng, mean(draw, rng, net) if draw(st.booleans()) else net)
    return Model(
        data=root.builder.build([root.index], [net.index]),
        shape=root.shape,
        dtype="int8",
        seed=draw(st.integers(0, 2**32 - 1)),
    )


def inputs_of(model: Model) -> list[NDArray[np.generic]]:
    """Return some inputs of a model."""
    return model.inputs(_INPUTS)
