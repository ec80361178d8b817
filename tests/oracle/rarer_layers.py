"""Random models of operators that few networks have, of float32: the compiler writes most of them as others."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from tests.oracle.float_layers import append_float, float_constant, float_models, random_floats
from tests.oracle.net import Model, Net

__all__ = ["RARER_MODELS"]

_NO_ACTIVATION = {"FusedActivationFunction": 0}


def _angle(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """Return SIN or COS of small and of large numbers."""
    factor = float_constant(net, np.array(2.0 ** draw(st.floats(-8, 30)), np.float32))
    net = append_float(net, "MUL", [net.index, factor], net.shape, **_NO_ACTIVATION)
    return append_float(net, draw(st.sampled_from(["SIN", "COS"])), [net.index], net.shape)


def _floor(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """Return FLOOR_DIV or FLOOR_MOD by a constant of both signs."""
    rank = draw(st.integers(1, len(net.shape)))
    shape = tuple(dim if draw(st.booleans()) else 1 for dim in net.shape[len(net.shape) - rank :])
    values = random_floats(rng, shape)
    divisor = float_constant(net, np.where(values == 0, np.float32(0.5), values))
    return append_float(net, draw(st.sampled_from(["FLOOR_DIV", "FLOOR_MOD"])), [net.index, divisor], net.shape)


def _add_n(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """Return ADD_N of the net, its mirror image and constants, some more than once."""
    mirrored = append_float(net, "NEG", [net.index], net.shape)
    addends = [net.index, mirrored.index, float_constant(net, random_floats(rng, net.shape))]
    return append_float(net, "ADD_N", draw(st.lists(st.sampled_from(addends), min_size=2, max_size=5)), net.shape)


def _cumsum(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    axis = net.builder.integers(draw(st.integers(-len(net.shape), len(net.shape) - 1)))
    options = {"Exclusive": draw(st.booleans()), "Reverse": draw(st.booleans())}
    return append_float(net, "CUMSUM", [net.index, axis], net.shape, **options)


def _pad_v2(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    pads = np.array([[draw(st.integers(0, 2)), draw(st.integers(0, 2))] for _ in net.shape])
    value = float_constant(net, np.array(draw(st.sampled_from([0.0, -1.5, -3.4e38])), np.float32))
    shape = tuple(int(dim) for dim in np.array(net.shape) + pads.sum(axis=1))
    return append_float(net, "PADV2", [net.index, net.builder.integers(pads), value], shape)


def _shrunk(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """Return the net where it is far from 0, else ZEROS_LIKE it."""
    zeros = append_float(net, "ZEROS_LIKE", [net.index], net.shape)
    size = append_float(net, "ABS", [net.index], net.shape)
    limit = float_constant(net, np.array(0.5, np.float32))
    condition = net.builder.operator("LESS", [limit, size.index], net.builder.tensor(net.shape, dtype="bool"))
    return append_float(net, "SELECT_V2", [condition, net.index, zeros.index], net.shape)


def _masked(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """Return the net where a constant mask holds and all of a row is positive, else a constant."""
    zero = float_constant(net, np.array(0, np.float32))
    positive = net.builder.operator("GREATER", [net.index, zero], net.builder.tensor(net.shape, dtype="bool"))
    rows = net.builder.tensor((*net.shape[:-1], 1), dtype="bool")
    net.builder.operator("REDUCE_ALL", [positive, net.builder.integers(-1)], rows, KeepDims=True)
    mask = net.builder.tensor(net.shape, dtype="bool", data=rng.random(net.shape) < 0.5)
    condition = net.builder.tensor(net.shape, dtype="bool")
    net.builder.operator(draw(st.sampled_from(["LOGICAL_AND", "LOGICAL_OR"])), [rows, mask], condition)
    other = float_constant(net, random_floats(rng, net.shape))
    return append_float(net, "SELECT_V2", [condition, net.index, other], net.shape)


_RANKS = (2, 3, 4)

RARER_MODELS: dict[str, st.SearchStrategy[Model]] = {
    "SIN and COS": float_models(_angle, ranks=_RANKS),
    "FLOOR_DIV and FLOOR_MOD": float_models(_floor, ranks=_RANKS),
    "ADD_N": float_models(_add_n, ranks=_RANKS),
    "CUMSUM": float_models(_cumsum, ranks=_RANKS),
    "PADV2 of float32": float_models(_pad_v2, ranks=_RANKS),
    "ZEROS_LIKE": float_models(_shrunk, ranks=_RANKS),
    "masks": float_models(_masked, ranks=_RANKS),
}
"""Answered to the bit as by TFLM."""
