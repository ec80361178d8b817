"""Random shapes: right ones stay, open ones are inferred, and many dimensions are merged into few."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tinyhost.compiler import compile_tflite
from tinyhost.compiler.canonical.draft import Draft
from tinyhost.compiler.canonical.shapes import infer_shape
from tinyhost.compiler.tflite_reader import read_tflite

from tests.oracle.builder import ModelBuilder
from tests.oracle.net import Model
from tests.oracle.oracle import run_kernels
from tests.oracle.strategies import chains

_FEW = settings(max_examples=40, derandomize=True, deadline=None)


@_FEW
@given(model=chains())
def test_shapes_that_a_file_states_rightly_stay(model: Model) -> None:
    graph = read_tflite(model.data, where="m")
    draft = Draft(graph)
    for operator in graph.operators:
        infer_shape(draft, operator)
    assert tuple(draft.tensors) == graph.tensors


def _grown(n_rows: int, weights: NDArray[np.float32], steps: Sequence[str], *, is_open: bool) -> bytes:
    """Return a model whose tensors have as many rows as follow from its input; is_open: the file says 1 of each."""
    b = ModelBuilder()
    n_out, depth = weights.shape
    root = b.tensor((1, n_rows * depth), dtype="float32")

    def stated(like: tuple[int, ...]) -> int:
        return b.tensor((1, *like[1:]) if is_open else like, dtype="float32")

    tip = b.operator("RESHAPE", [root, b.integers([-1, depth])], stated((n_rows, depth)))
    shape: tuple[int, ...] = (n_rows, n_out)
    filters = b.tensor(weights.shape, dtype="float32", data=weights)
    tip = b.operator("FULLY_CONNECTED", [tip, filters], stated(shape), FusedActivationFunction=0)
    for code in steps:
        inputs, options = [tip], {}
        if code == "EXPAND_DIMS":
            inputs.append(b.integers(1))
            shape = (shape[0], 1, *shape[1:])
        elif code == "TILE":
            inputs.append(b.integers([2] + [1] * (len(shape) - 1)))
            shape = (2 * shape[0], *shape[1:])
        elif code == "ADD":
            inputs, options = [tip, tip], {"FusedActivationFunction": 0}
        tip = b.operator(code, inputs, stated(shape), **options)
    flat = (1, math.prod(shape))
    return b.build([root], [b.operator("RESHAPE", [tip, b.integers(flat)], b.tensor(flat, dtype="float32"))])


@_FEW
@given(data=st.data())
def test_open_shapes_follow_from_those_before_them(data: st.DataObject) -> None:
    n_rows, depth, n_out = (data.draw(st.integers(1, 5)) for _ in range(3))
    weights = np.random.default_rng(n_rows).integers(-9, 9, (n_out, depth)).astype(np.float32)
    steps = data.draw(st.lists(st.sampled_from(["ADD", "EXPAND_DIMS", "RELU", "TILE"]), max_size=4))
    values = np.arange(n_rows * depth, dtype=np.float32).reshape(1, -1) - 3
    models = [_grown(n_rows, weights, steps, is_open=is_open) for is_open in (False, True)]
    stated, followed = (run_kernels(compile_tflite(model, name="m"), [values])[0] for model in models)
    np.testing.assert_array_equal(followed, stated)


@_FEW
@given(data=st.data())
def test_many_dimensions_count_as_few(data: st.DataObject) -> None:
    """A sum, or a concatenation, of up to seven dimensions is numpy's."""
    shape = tuple(data.draw(st.lists(st.integers(1, 3), min_size=5, max_size=7)))
    n = math.prod(shape)
    b = ModelBuilder()
    root = b.tensor((1, n), dtype="float32")
    tip = b.operator("RESHAPE", [root, b.integers(shape)], b.tensor(shape, dtype="float32"))
    values = np.arange(n, dtype=np.float32).reshape(1, n)
    if data.draw(st.booleans()):
        # Dimensions that repeat lie together, so that they count as one.
        first, last = sorted(data.draw(st.tuples(*[st.integers(0, len(shape))] * 2)))
        other = tuple(1 if first <= axis < last else dim for axis, dim in enumerate(shape))
        addend = np.arange(math.prod(other), dtype=np.float32).reshape(other) / 8
        inputs = [tip, b.tensor(other, dtype="float32", data=addend)]
        tip = b.operator("ADD", inputs, b.tensor(shape, dtype="float32"), FusedActivationFunction=0)
        expected = values.reshape(shape) + addend
    else:
        axis = data.draw(st.integers(-len(shape), len(shape) - 1))
        expected = np.concatenate([values.reshape(shape)] * 2, axis=axis)
        joined = b.tensor(expected.shape, dtype="float32")
        tip = b.operator("CONCATENATION", [tip, tip], joined, Axis=axis, FusedActivationFunction=0)
    flat = b.tensor((1, expected.size), dtype="float32")
    tip = b.operator("RESHAPE", [tip, b.integers([1, expected.size])], flat)
    (answer,) = run_kernels(compile_tflite(b.build([root], [tip]), name="m"), [values])
    np.testing.assert_array_equal(answer.reshape(expected.shape), expected)


@_FEW
@given(data=st.data())
def test_a_row_that_a_loop_writes_stands_in_its_place(data: st.DataObject) -> None:
    """The first row has none before it, the last none behind it; the file leaves open how many there are."""
    n_rows = data.draw(st.integers(1, 5))
    place = data.draw(st.integers(0, n_rows - 1))
    b = ModelBuilder()
    root = b.tensor((n_rows, 2), dtype="float32")
    row = b.tensor((1, 2), dtype="float32", data=np.array([[7, 8]], np.float32))
    parts = [
        b.operator("SLICE", [root, b.integers(begin), b.integers(size)], b.tensor((1, 1), dtype="float32"))
        for begin, size in (([0, 0], [place, -1]), ([place + 1, 0], [-1, -1]))
    ]
    joined = b.tensor((n_rows, 2), dtype="float32")
    tip = b.operator("CONCATENATION", [parts[0], row, parts[1]], joined, Axis=0, FusedActivationFunction=0)
    tip = b.operator("ADD", [tip, root], b.tensor((n_rows, 2), dtype="float32"), FusedActivationFunction=0)
    values = np.arange(2 * n_rows, dtype=np.float32).reshape(n_rows, 2)
    (answer,) = run_kernels(compile_tflite(b.build([root], [tip]), name="m"), [values])
    expected = values.copy()
    expected[place] = (7, 8)
    np.testing.assert_array_equal(answer, expected + values)
