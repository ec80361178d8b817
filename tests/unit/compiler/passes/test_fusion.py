"""PAD and activation fusion, identities, unread operators."""

from __future__ import annotations

import numpy as np
import pytest

from tests.oracle.builder import ModelBuilder
from tests.oracle.net import VALID, Net
from tests.unit.compiler.passes.networks import assert_same, conv_layer

_SHAPE = (1, 5, 5, 4)
_RNG = np.random.default_rng(1)


def root(zero_point: int = -128) -> Net:
    b = ModelBuilder()
    index = b.tensor(_SHAPE, scale=0.05, zero_point=zero_point)
    return Net(builder=b, index=index, shape=_SHAPE, scale=0.05, zero_point=zero_point)


def apply(net: Net, code: str, *more: int, shape: tuple[int, ...] = (), scale: float = 0.0, **options: int) -> Net:
    scale, shape = scale or net.scale, shape or net.shape
    output = net.builder.tensor(shape, scale=scale, zero_point=net.zero_point)
    net.builder.operator(code, [net.index, *more], output, **options)
    return Net(builder=net.builder, index=output, shape=shape, scale=scale, zero_point=net.zero_point)


def pad(net: Net, *, after: int = 1) -> Net:
    pairs = np.array([[0, 0], [1, after], [2, after], [0, 0]])
    shape = tuple(int(dim + sum(pair)) for dim, pair in zip(net.shape, pairs, strict=True))
    return apply(net, "PAD", net.builder.integers(pairs), shape=shape)


def conv(net: Net, *, size: int = 3, activation: int = 0, depthwise: bool = False) -> Net:
    shape = (1, size, size, 4) if depthwise else (4, size, size, 4)
    weights = _RNG.integers(-127, 128, shape)
    return conv_layer(
        net, weights, [100] * 4, depthwise=depthwise, padding=VALID, activation=activation, zero_point=-20
    )


def codes(start: Net, tip: Net) -> list[str]:
    inputs = [_RNG.integers(-128, 128, _SHAPE).astype(np.int8) for _ in range(5)]
    return [op.code for op in assert_same(start.builder.build([start.index], [tip.index]), inputs).report.operators]


@pytest.mark.parametrize("depthwise", [False, True])
def test_pad_goes_into_the_convolution(depthwise: bool) -> None:
    start = root(zero_point=7)
    assert codes(start, conv(pad(start), depthwise=depthwise)) == ["DEPTHWISE_CONV_2D" if depthwise else "CONV_2D"]


def test_pad_goes_into_a_same_convolution() -> None:
    start = root()
    assert codes(start, conv_layer(pad(start), _RNG.integers(-9, 9, (4, 3, 3, 4)), [0] * 4, stride=2)) == ["CONV_2D"]


def test_pad_wider_than_the_window_stays() -> None:
    start = root()
    assert codes(start, conv(pad(start, after=4), size=2)) == ["PAD", "CONV_2D"]


def _max_pool(net: Net) -> Net:
    shape = (1, net.shape[1] - 2, net.shape[2] - 2, 4)
    return apply(
        net,
        "MAX_POOL_2D",
        shape=shape,
        Padding=VALID,
        StrideH=1,
        StrideW=1,
        FilterHeight=3,
        FilterWidth=3,
        FusedActivationFunction=0,
    )


def test_pad_goes_into_a_maximum_of_what_is_never_negative() -> None:
    start = root(zero_point=-128)
    assert codes(start, _max_pool(pad(start))) == ["MAX_POOL_2D"]
    start = root(zero_point=-127)
    assert codes(start, _max_pool(pad(start))) == ["PAD", "MAX_POOL_2D"]


@pytest.mark.parametrize("activation", ["RELU", "RELU6"])
def test_activation_of_the_same_quantization_is_a_clamp(activation: str) -> None:
    start = root()
    assert codes(start, apply(conv(start), activation)) == ["CONV_2D"]
    start = root()
    assert codes(start, apply(conv(start, activation=3), activation)) == ["CONV_2D"]


def test_activation_of_another_quantization_stays() -> None:
    start = root()
    assert codes(start, apply(conv(start), "RELU", scale=0.011)) == ["CONV_2D", "RELU"]


def test_activation_stays_if_its_input_is_read_elsewhere() -> None:
    start = root()
    first = conv(start, size=1)
    second = apply(first, "RELU")
    total = apply(second, "ADD", first.index, scale=0.2, FusedActivationFunction=0)
    assert codes(start, total) == ["CONV_2D", "RELU", "ADD"]


def test_what_changes_nothing_goes() -> None:
    start = root()
    net = apply(conv(start, activation=1), "RELU")
    net = apply(net, "QUANTIZE")
    net = apply(net, "PAD", net.builder.integers(np.zeros((4, 2))))
    net = apply(net, "CONCATENATION", Axis=3, FusedActivationFunction=0)
    net = apply(
        net,
        "AVERAGE_POOL_2D",
        Padding=VALID,
        StrideH=1,
        StrideW=1,
        FilterHeight=1,
        FilterWidth=1,
        FusedActivationFunction=0,
    )
    assert codes(start, net) == ["CONV_2D"]


def test_a_network_of_nothing_but_identities_keeps_one() -> None:
    start = root()
    assert codes(start, apply(apply(start, "QUANTIZE"), "QUANTIZE")) == ["REQUANTIZE"]


def test_unread_branches_go() -> None:
    start = root()
    conv(start)
    assert codes(start, apply(start, "LOGISTIC", scale=1 / 256)) == ["LOGISTIC"]
