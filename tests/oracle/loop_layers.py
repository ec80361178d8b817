"""Random models of a loop that Keras writes for a recurrent layer: of float32, over the steps of a window."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from tests.oracle.builder import ModelBuilder
from tests.oracle.net import Model

__all__ = ["loop_models"]


def _integer(b: ModelBuilder) -> int:
    return b.tensor((), dtype="int32")


def _floats(b: ModelBuilder, *shape: int) -> int:
    return b.tensor(shape, dtype="float32")


def _condition(n_steps: int, ends: list[tuple[int, ...]]) -> tuple[ModelBuilder, list[int], list[int]]:
    b = ModelBuilder()
    inputs = [_integer(b), *(_floats(b, *shape) for shape in ends)]
    holds = b.operator("LESS", [inputs[0], b.integers(n_steps)], b.tensor((), dtype="bool"))
    return b, inputs, [holds]


def _body(
    rng: np.random.Generator, n_in: int, units: int, ends: list[tuple[int, ...]]
) -> tuple[ModelBuilder, list[int], list[int]]:
    """Return one step: the state becomes RELU6(weights * state + weights * input of the step)."""
    b = ModelBuilder()
    inputs = [_integer(b), *(_floats(b, *shape) for shape in ends)]
    step, state, window = inputs
    weights = [
        b.tensor(shape, dtype="float32", data=rng.normal(0, 0.5, shape).astype(np.float32))
        for shape in ((units, units), (units, n_in))
    ]
    options = {"FusedActivationFunction": 0, "WeightsFormat": 0, "KeepNumDims": False}
    taken = b.operator("GATHER", [window, step], _floats(b, 1, n_in), Axis=0, BatchDims=0)
    sums = [
        b.operator("FULLY_CONNECTED", [index, matrix], _floats(b, 1, units), **options)
        for index, matrix in zip((state, taken), weights, strict=True)
    ]
    following = b.operator("ADD", sums, _floats(b, 1, units), FusedActivationFunction=3)
    after = b.operator("ADD", [step, b.integers(1)], _integer(b), FusedActivationFunction=0)
    return b, inputs, [after, following, window]


@st.composite
def loop_models(draw: st.DrawFn) -> Model:
    """Return a window that a loop takes step by step; its output is the last state."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_steps, n_in, units = draw(st.integers(1, 6)), draw(st.integers(1, 5)), draw(st.integers(1, 6))
    ends: list[tuple[int, ...]] = [(1, units), (n_steps, 1, n_in)]
    b = ModelBuilder()
    window = _floats(b, *ends[1])
    before = b.tensor((1, units), dtype="float32", data=rng.normal(0, 1, (1, units)).astype(np.float32))
    outputs = [_integer(b), _floats(b, 1, units), _floats(b, *ends[1])]
    b.custom_operator("WHILE", [b.integers(0), before, window], outputs, CondSubgraphIndex=1, BodySubgraphIndex=2)
    loop = [_condition(draw(st.integers(1, n_steps)), ends), _body(rng, n_in, units, ends)]
    data = b.build([window], [outputs[1]], loop=loop)
    return Model(data=data, shape=ends[1], dtype="float32", seed=draw(st.integers(0, 2**32 - 1)))
