"""Random LSTMs, as converters write them: 24 inputs, states in variable tensors, empty intermediates."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import strategies as st

from tests.oracle.builder import ModelBuilder
from tests.oracle.float_layers import append_float, float_constant, float_models, random_floats
from tests.oracle.net import Model, Net, append, finish, random_scale, random_weights, random_zero_point, start
from tests.oracle.windowed_layers import fully_connected

__all__ = ["float_lstm_models", "last_step", "lstm", "lstm_models"]

_TANH = 4
_GATES = 4
_SIZES = st.one_of(st.integers(1, 9), st.integers(1, 40))


def lstm(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """An LSTM over a sequence (1, steps, features), or (steps, 1, features) where there are several and it is drawn."""
    builder, depth = net.builder, net.shape[2]
    n_units = draw(_SIZES)
    hidden_scale, hidden_zero_point = random_scale(draw, 2e-3, 2e-2), random_zero_point(draw)
    states = [
        builder.tensor((1, n_units), scale=hidden_scale, zero_point=hidden_zero_point, is_variable=True),
        builder.tensor((1, n_units), dtype="int16", scale=2.0 ** draw(st.integers(-15, -6)), is_variable=True),
    ]
    weights, biases = _weights(draw, rng, builder, (n_units, depth), net.scale)
    recurrent, _ = _weights(draw, rng, builder, (n_units, n_units), hidden_scale)
    empty = [builder.tensor((0,), dtype="float32") for _ in range(_GATES)]
    empty.append(builder.tensor((0,), scale=hidden_scale, zero_point=hidden_zero_point))
    shape = (*net.shape[:2], n_units)
    output = builder.tensor(shape, scale=hidden_scale, zero_point=hidden_zero_point)
    peepholes, projection, normalization = [-1] * 3, [-1] * 2, [-1] * 4
    builder.operator(
        "UNIDIRECTIONAL_SEQUENCE_LSTM",
        [net.index, *weights, *recurrent, *peepholes, *biases, *projection, *states, *normalization],
        output,
        empty,
        FusedActivationFunction=_TANH,
        CellClip=draw(st.sampled_from([0.0, 10.0, draw(st.floats(1e-3, 20.0))])),
        TimeMajor=net.shape[0] > 1 or net.shape[1] == 1,
    )
    return Net(builder=builder, index=output, shape=shape, scale=hidden_scale, zero_point=hidden_zero_point)


def _weights(
    draw: st.DrawFn, rng: np.random.Generator, builder: ModelBuilder, shape: tuple[int, int], input_scale: float
) -> tuple[list[int], list[int]]:
    """Add weights and biases of four gates; sums spread about as far as activations are steep, or much less or more."""
    weights, biases = [], []
    for _ in range(_GATES):
        spread = 2.0 ** draw(st.floats(-4, 4)) / (70 * 70 * math.sqrt(shape[1]))
        scale = float(np.float32(spread / input_scale))
        weights.append(builder.tensor(shape, scale=scale, data=random_weights(rng, shape)))
        bias = rng.integers(-1, 2, shape[0]) * rng.integers(0, int(2 / (scale * input_scale)), shape[0])
        biases.append(builder.tensor(shape[:1], dtype="int32", scale=scale * input_scale, data=bias))
    return weights, biases


def last_step(draw: st.DrawFn, net: Net) -> Net:
    """The last step of a sequence, as Keras's return_sequences=False slices it out."""
    time = 0 if net.shape[0] > 1 else 1
    begin, end = [0, 0, 0], [0, 0, 0]
    begin[time] = -1
    inputs = [net.builder.integers(values) for values in (begin, end, [1, 1, 1])]
    others = 0b111 & ~(1 << time)
    masks = {"BeginMask": others, "EndMask": others, "EllipsisMask": 0, "NewAxisMask": 0, "ShrinkAxisMask": 1 << time}
    shape = (1, net.shape[2])
    return append(draw, net, "STRIDED_SLICE", [net.index, *inputs], shape, net.scale, net.zero_point, **masks)


@st.composite
def lstm_models(draw: st.DrawFn) -> Model:
    """Models of an LSTM, some of two, some of the last step alone, some with a classifier behind it."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_steps, depth = draw(st.integers(1, 9)), draw(_SIZES)
    shape = (n_steps, 1, depth) if draw(st.booleans()) else (1, n_steps, depth)
    root = start(draw, shape=shape)
    net = lstm(draw, rng, root)
    if draw(st.booleans()):
        net = lstm(draw, rng, net)
    ending = draw(st.sampled_from(["sequence", "last step", "classifier"]))
    if ending != "sequence":
        net = last_step(draw, net)
    if ending == "classifier":
        net = fully_connected(draw, rng, net)
    return finish(draw, net, root)


def _float_lstm(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """An LSTM of float32 over all rows of a net, in either order of time and batch."""
    n_steps, depth, n_units = math.prod(net.shape[:-1]), net.shape[-1], draw(_SIZES)
    is_time_major = draw(st.booleans())
    shape = (n_steps, 1, depth) if is_time_major else (1, n_steps, depth)
    net = append_float(net, "RESHAPE", [net.index, net.builder.integers(shape)], shape)
    weights = [float_constant(net, random_floats(rng, (n_units, depth))) for _ in range(_GATES)]
    recurrent = [
        float_constant(net, random_floats(rng, (n_units, n_units)) / np.float32(n_units)) for _ in range(_GATES)
    ]
    biases = [float_constant(net, random_floats(rng, (n_units,))) for _ in range(_GATES)]
    states = [net.builder.tensor((1, n_units), dtype="float32", is_variable=True) for _ in range(2)]
    inputs = [net.index, *weights, *recurrent, *[-1] * 3, *biases, *[-1] * 2, *states, *[-1] * 4]
    options = {"CellClip": draw(st.sampled_from([0.0, 10.0, 0.5])), "TimeMajor": is_time_major}
    shape = (*shape[:2], n_units)
    return append_float(net, "UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, shape, FusedActivationFunction=_TANH, **options)


def float_lstm_models() -> st.SearchStrategy[Model]:
    """Models of an LSTM of float32."""
    return float_models(_float_lstm, ranks=(2, 3))
