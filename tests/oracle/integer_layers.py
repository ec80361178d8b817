"""Random models of int32 without a scale: numbers that are cast from floats, arithmetic on them, and look-ups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from tests.oracle.float_layers import append_float, float_constant, float_models, random_floats
from tests.oracle.net import Model, Net

__all__ = ["INTEGER_MODELS"]

_SCALES = {"int8": 0.5, "int16": 0.5}
"""Of no account."""


def _append(net: Net, code: str, inputs: Sequence[int], dtype: str, **options: object) -> Net:
    """Append an operator that keeps the net's shape."""
    index = net.builder.tensor(net.shape, dtype=dtype, scale=_SCALES.get(dtype, ()))
    return replace(net, index=net.builder.operator(code, list(inputs), index, **options))


def _whole(draw: st.DrawFn, net: Net, exponent: float) -> Net:
    """Return the net times a power of 2, as int32."""
    factor = float_constant(net, np.array(2.0 ** draw(st.floats(0, exponent)), np.float32))
    net = append_float(net, "MUL", [net.index, factor], net.shape, FusedActivationFunction=0)
    return _append(net, "CAST", [net.index], "int32")


def _cast(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """Return the net cast to whole numbers, also of fewer bits, and perhaps back."""
    net = _whole(draw, net, 40)
    for _ in range(draw(st.integers(0, 3))):
        net = _append(net, "CAST", [net.index], draw(st.sampled_from(["float32", "int32", "int16", "int8"])))
    return net


def _operand(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> int:
    """Return the net itself, or a constant that broadcasts to it."""
    return net.index if draw(st.booleans()) else _constant(draw, rng, net)


def _constant(draw: st.DrawFn, rng: np.random.Generator, net: Net, *, not_zero: bool = False) -> int:
    rank = draw(st.integers(1, len(net.shape)))
    shape = tuple(dim if draw(st.booleans()) else 1 for dim in net.shape[len(net.shape) - rank :])
    most = 2 ** draw(st.integers(1, 30))
    values = rng.integers(-most, most, shape)
    return net.builder.tensor(shape, dtype="int32", data=np.where((values == 0) & not_zero, most, values))


def _binary(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    net = _whole(draw, net, 24)
    inputs = [net.index, _operand(draw, rng, net)]
    if draw(st.booleans()):
        inputs.reverse()
    code = draw(st.sampled_from(["ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE"]))
    fused = {"FusedActivationFunction": 0} if code in ("ADD", "SUB", "MUL") else {}
    return _append(net, code, inputs, "int32", **fused)


def _quotient(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """Return DIV by a constant without zeros, of what is above -2^31: at -2^31 / -1 TFLM stops."""
    net = _whole(draw, net, 18)
    divisor = _constant(draw, rng, net, not_zero=True)
    return _append(net, "DIV", [net.index, divisor], "int32", FusedActivationFunction=0)


def _comparison(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """Return one of two floats, by a comparison of whole numbers."""
    whole = _whole(draw, net, 4)
    inputs = [whole.index, _operand(draw, rng, whole)]
    if draw(st.booleans()):
        inputs.reverse()
    code = draw(st.sampled_from(["EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL"]))
    condition = net.builder.operator(code, inputs, net.builder.tensor(net.shape, dtype="bool"))
    if draw(st.booleans()):
        return _append(net, "CAST", [condition], draw(st.sampled_from(["float32", "int32"])))
    other = float_constant(net, random_floats(rng, net.shape))
    return append_float(net, "SELECT_V2", [condition, net.index, other], net.shape)


def _gather(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """Return rows of a table, or of several, by numbers that are computed."""
    table = (*(draw(st.integers(1, 3)) for _ in range(draw(st.integers(0, 1)))), draw(st.integers(1, 9)))
    axis, inner = len(table) - 1, draw(st.integers(1, 7))
    net = append_float(net, "ABS", [net.index], net.shape)
    net = _whole(draw, net, 8)
    net = _append(net, "MINIMUM", [net.index, net.builder.integers(table[axis] - 1)], "int32")
    shape, output_shape = (*table, inner), (*table[:axis], *net.shape, inner)
    dtype = draw(st.sampled_from(["float32", "int8"]))
    values = random_floats(rng, shape) if dtype == "float32" else rng.integers(-128, 128, shape)
    scale = _SCALES.get(dtype, ())
    rows = net.builder.tensor(shape, dtype=dtype, scale=scale, data=values)
    output = net.builder.tensor(output_shape, dtype=dtype, scale=scale)
    net.builder.operator("GATHER", [rows, net.index], output, Axis=axis, BatchDims=0)
    return replace(net, index=output, shape=output_shape)


INTEGER_MODELS: dict[str, st.SearchStrategy[Model]] = {
    "CAST": float_models(_cast, ranks=(1, 2, 3, 4)),
    "operators of two int32": float_models(_binary, ranks=(1, 2, 3, 4)),
    "DIV of int32": float_models(_quotient, ranks=(1, 2, 3, 4)),
    "comparisons of int32": float_models(_comparison, ranks=(2, 3, 4)),
    "GATHER by computed indices": float_models(_gather, ranks=(1, 2)),
}
"""Answered to the bit as by TFLM."""
