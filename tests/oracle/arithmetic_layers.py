"""Random layers of two operands beyond the common ones: differences, quotients, comparisons, matrices."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from tests.oracle.net import ACTIVATIONS, Net, append, random_product, random_scale, random_zero_point
from tests.oracle.other_layers import operand

__all__ = ["batch_matmul", "comparison", "division", "squared_difference"]


def squared_difference(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    inputs = [net.index, operand(draw, rng, net)]
    if draw(st.booleans()):
        inputs.reverse()
    larger = max(net.builder.tensors[index].scales[0] for index in inputs)
    scale = float(np.float32(100 * larger**2 * 2.0 ** draw(st.floats(-8, 8))))
    return append(draw, net, "SQUARED_DIFFERENCE", inputs, net.shape, scale, random_zero_point(draw))


def division(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """DIV by a constant without zeros; of results that are next to nothing TFLM makes anything."""
    rank = draw(st.integers(1, len(net.shape)))
    shape = tuple(dim if draw(st.booleans()) else 1 for dim in net.shape[len(net.shape) - rank :])
    zero_point = random_zero_point(draw)
    values = rng.integers(-128, 128, shape)
    values = np.where(values == zero_point, -zero_point - 1, values)
    divisor_scale = random_scale(draw)
    divisor = net.builder.tensor(shape, scale=divisor_scale, zero_point=zero_point, data=values)
    scale = float(np.float32(net.scale / divisor_scale * 2.0 ** draw(st.floats(-21.5, -6.5))))
    activation = draw(st.sampled_from(ACTIVATIONS))
    inputs = [net.index, divisor]
    return append(
        draw, net, "DIV", inputs, net.shape, scale, random_zero_point(draw), FusedActivationFunction=activation
    )


def comparison(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """A comparison, perhaps two that are joined, and SELECT_V2 by it. TFLM compares what has scales below 1."""
    if net.scale >= 1:
        net = append(draw, net, "QUANTIZE", [net.index], net.shape, net.scale / 2, net.zero_point)
    condition = _compared(draw, rng, net)
    if draw(st.booleans()):
        joined = [condition, _compared(draw, rng, net)]
        code = draw(st.sampled_from(["LOGICAL_AND", "LOGICAL_OR"]))
        condition = net.builder.operator(code, joined, net.builder.tensor(net.shape, dtype="bool"))
    if draw(st.booleans()):
        condition = net.builder.operator("LOGICAL_NOT", [condition], net.builder.tensor(net.shape, dtype="bool"))
    chosen = [net.index, operand(draw, rng, net, scale=net.scale, zero_point=net.zero_point)]
    if draw(st.booleans()):
        chosen.reverse()
    return append(draw, net, "SELECT_V2", [condition, *chosen], net.shape, net.scale, net.zero_point)


def _compared(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> int:
    scale = draw(st.sampled_from([net.scale, random_scale(draw, high=0.9)]))
    zero_point = draw(st.sampled_from([net.zero_point, random_zero_point(draw)]))
    inputs = [net.index, operand(draw, rng, net, scale=scale, zero_point=zero_point)]
    if draw(st.booleans()):
        inputs.reverse()
    code = draw(st.sampled_from(["EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL"]))
    return net.builder.operator(code, inputs, net.builder.tensor(net.shape, dtype="bool"))


def batch_matmul(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    shapes, options, shape = random_product(draw, net)
    inputs, scale = [], 1.0
    for each in shapes:
        index, own_scale = net.index, net.scale
        if each is not None:
            own_scale, zero_point = random_scale(draw), draw(st.sampled_from([0, random_zero_point(draw)]))
            data = rng.integers(-128, 128, each)
            index = net.builder.tensor(each, scale=own_scale, zero_point=zero_point, data=data)
        inputs.append(index)
        scale *= own_scale
    depth = net.shape[-2 if shape[-1] == net.shape[-1] else -1]
    spread = scale * 70 * 70 * float(np.sqrt(depth)) / 100
    output_scale = float(np.float32(spread * 2.0 ** draw(st.floats(-4, 4))))
    return append(draw, net, "BATCH_MATMUL", inputs, shape, output_scale, random_zero_point(draw), **options)
