from __future__ import annotations

import numpy as np
from tinyhost.compiler import CompiledModel

from tests.oracle.builder import ModelBuilder
from tests.oracle.net import VALID, Net
from tests.unit.compiler.passes.networks import assert_same, conv_layer


def picture(size: int = 6, channels: int = 3) -> Net:
    b = ModelBuilder()
    shape = (1, size, size, channels)
    return Net(builder=b, index=b.tensor(shape, scale=0.02, zero_point=3), shape=shape, scale=0.02, zero_point=3)


def filters(n_out: int, size: int, n_in: int, *, dead: list[int]) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    weights = np.random.default_rng(n_out).integers(-127, 128, (n_out, size, size, n_in))
    weights[dead] = 0
    return weights


def compiled(root: Net, tip: Net) -> CompiledModel:
    rng = np.random.default_rng(0)
    inputs = [rng.integers(-128, 128, root.shape).astype(np.int8) for _ in range(5)]
    return assert_same(root.builder.build([root.index], [tip.index]), inputs)


def depths(model: CompiledModel) -> list[int]:
    return [op.output_shape[-1] for op in model.report.operators]


def test_zero_filters_fold_into_the_next_bias() -> None:
    root = picture()
    net = conv_layer(root, filters(8, 1, 3, dead=[1, 4, 7]), [900] * 8)
    net = conv_layer(net, filters(4, 1, 8, dead=[]), [0] * 4)
    model = compiled(root, net)
    assert depths(model) == [5, 4]
    assert (model.report.macs, model.report.live_macs) == (36 * (24 + 32), 36 * (15 + 20))


def test_channels_that_the_activation_always_clamps_are_constant() -> None:
    root = picture()
    net = conv_layer(root, filters(4, 1, 3, dead=[]), [0, -10_000_000, 0, 10_000_000])
    model = compiled(root, conv_layer(net, filters(2, 1, 4, dead=[]), [0, 0]))
    assert depths(model) == [2, 2]


def test_constants_go_through_a_padded_depthwise_if_borders_do_not_show() -> None:
    root = picture()
    net = conv_layer(root, filters(4, 1, 3, dead=[0, 2]), [-1000, 0, -1000, 0])  # RELU makes both the zero point
    net = conv_layer(net, np.full((1, 3, 3, 4), 5), [400] * 4, depthwise=True)
    model = compiled(root, conv_layer(net, filters(2, 1, 4, dead=[]), [0, 0]))
    assert depths(model) == [2, 2, 2]


def test_constants_that_show_at_borders_stay() -> None:
    root = picture()
    net = conv_layer(root, filters(4, 1, 3, dead=[0, 2]), [9000, 0, 9000, 0])  # not the zero point
    net = conv_layer(net, np.full((1, 3, 3, 4), 5), [400] * 4, depthwise=True)
    model = compiled(root, conv_layer(net, filters(2, 1, 4, dead=[]), [0, 0]))
    assert depths(model) == [4, 4, 2]


def test_constants_without_padding_go_through() -> None:
    root = picture()
    net = conv_layer(root, filters(4, 1, 3, dead=[0, 2]), [9000, 0, 9000, 0])
    net = conv_layer(net, np.full((1, 3, 3, 4), 5), [400] * 4, depthwise=True, padding=VALID)
    model = compiled(root, conv_layer(net, filters(2, 3, 4, dead=[]), [0, 0], padding=VALID))
    assert depths(model) == [2, 2, 2]


def test_padded_convolution_keeps_only_constants_that_show() -> None:
    root = picture()
    net = conv_layer(root, filters(4, 1, 3, dead=[0, 2]), [9000, 0, -9000, 0])
    model = compiled(root, conv_layer(net, filters(2, 3, 4, dead=[]), [0, 0]))
    assert depths(model) == [3, 2]


def test_channels_that_nobody_reads_are_not_computed() -> None:
    root = picture()
    net = conv_layer(root, filters(6, 1, 3, dead=[]), [0] * 6)
    readers = filters(4, 1, 6, dead=[])
    readers[..., [0, 5]] = 0
    assert depths(compiled(root, conv_layer(net, readers, [0] * 4))) == [4, 4]


def test_depthwise_with_multiplier_keeps_whole_groups() -> None:
    root = picture()
    net = conv_layer(root, filters(3, 1, 3, dead=[1]), [0, -500, 0])
    net = conv_layer(net, np.full((1, 3, 3, 6), 7), [100] * 6, depthwise=True)
    model = compiled(root, conv_layer(net, filters(2, 1, 6, dead=[]), [0, 0]))
    assert depths(model) == [2, 4, 2]


def test_residual_keeps_what_either_side_needs() -> None:
    root = picture()
    a = conv_layer(root, filters(4, 1, 3, dead=[0, 1]), [300] * 4)
    b = conv_layer(a, filters(4, 1, 4, dead=[0, 2]), [300] * 4)
    total = root.builder.tensor(a.shape, scale=0.1, zero_point=-128)
    root.builder.operator("ADD", [a.index, b.index], total, FusedActivationFunction=0)
    tip = Net(builder=root.builder, index=total, shape=a.shape, scale=0.1, zero_point=-128)
    model = compiled(root, conv_layer(tip, filters(2, 1, 4, dead=[]), [0, 0]))
    assert depths(model) == [3, 3, 3, 2]


def test_output_stays_whole_even_if_it_is_constant() -> None:
    root = picture()
    model = compiled(root, conv_layer(root, filters(4, 1, 3, dead=[0, 1, 2, 3]), [300] * 4))
    assert depths(model) == [4]
