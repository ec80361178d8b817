"""Random models of several inputs and outputs."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.oracle.builder import ModelBuilder

__all__ = ["several_ends"]


@st.composite
def several_ends(draw: st.DrawFn) -> bytes:
    """Draw graphs of a few operators, with outputs that are inputs, each other's views, or there twice."""
    b, shape = ModelBuilder(), (1, draw(st.integers(1, 6)), draw(st.integers(1, 9)))
    flat = (shape[1] * shape[2],)
    inputs = [b.tensor(shape, scale=0.25) for _ in range(draw(st.integers(1, 4)))]
    tensors, views = list(inputs), []
    for _ in range(draw(st.integers(1, 6))):
        a, c = draw(st.sampled_from(tensors)), draw(st.sampled_from(tensors))
        if draw(st.booleans()):
            views.append(b.operator("RESHAPE", [a, b.integers(flat)], b.tensor(flat, scale=0.25)))
        else:
            code = draw(st.sampled_from(["ADD", "MUL"]))
            tensors.append(b.operator(code, [a, c], b.tensor(shape, scale=0.25), FusedActivationFunction=0))
    outputs = draw(st.lists(st.sampled_from([*tensors[len(inputs) :], *views]), min_size=1, max_size=5))
    return b.build(inputs, outputs)
