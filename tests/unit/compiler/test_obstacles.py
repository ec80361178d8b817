"""Obstacles that keep a valid model from running: all are reported together, each with a remedy."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from tinyhost.compiler import SUPPORTED_OPERATORS, compile_tflite
from tinyhost.compiler.canonical import REWRITTEN_OPERATORS
from tinyhost.compiler.image_format import MAX_OPERATORS
from tinyhost.compiler.lower import LOWERED_OPERATORS
from tinyhost.compiler.tflite_reader import read_tflite
from tinyhost.errors import UnsupportedModelError

from tests.oracle.builder import ModelBuilder
from tests.oracle.oracle import run_kernels

CANONICAL = {"COMPARE", "LOOKUP", "STRIDED_COPY"}
"""Operators that only the compiler writes."""


def dense(data: str, weights: str, *, sparse: bool = False) -> bytes:
    """Return a model of one FULLY_CONNECTED of these types."""
    b = ModelBuilder()
    scale = () if data == "float32" else 1.0
    x, y = (b.tensor((1, 4), dtype=data, scale=scale) for _ in range(2))
    stored = b.tensor((4, 4), dtype=weights, scale=0.5, data=np.ones(3 if sparse else (4, 4)), sparse=sparse)
    filters = b.operator("DENSIFY", [stored], b.tensor((4, 4), scale=0.5)) if sparse else stored
    if weights == "float16" and data == "float32":
        filters = b.operator("DEQUANTIZE", [stored], b.tensor((4, 4), dtype="float32"))
    b.operator("FULLY_CONNECTED", [x, filters], y, FusedActivationFunction=0)
    return b.build([x], [y])


def chain(*codes: str, n_subgraphs: int = 1, dtype: str = "int8", scale: float = 1.0) -> bytes:
    """Return a model of these operators, one after another."""
    b = ModelBuilder()
    scales = () if dtype == "float32" else scale
    x = y = b.tensor((1, 4), dtype=dtype, scale=scales)
    for code in codes:
        y = b.operator(code, [y], b.tensor((1, 4), dtype=dtype, scale=scales))
    return b.build([x], [y], n_subgraphs=n_subgraphs)


def flat_softmax() -> bytes:
    """Return a softmax of scores that never differed, as of a network without training."""
    b = ModelBuilder()
    x, y = b.tensor((1, 4), scale=1e-10), b.tensor((1, 4), scale=1 / 256, zero_point=-128)
    return b.build([x], [b.operator("SOFTMAX", [x], y, Beta=1.0)])


@pytest.mark.parametrize(
    ("make", "words", "way_out"),
    [
        (lambda: chain("SIGN", dtype="float32"), r"operator 0 \(SIGN\)", "outside of the model"),
        (lambda: chain("GELU", dtype="float32"), "is float32; supported: int8", "representative_dataset"),
        (lambda: chain("COS"), r"operator 0 \(COS\): the engine supports it for float32 only", "to float32"),
        (flat_softmax, "scores that are the same for every input", "load its weights"),
        (lambda: chain("RELU", scale=0.0), "a scale of 0", "real inputs"),
        (lambda: chain("LOG_SOFTMAX"), r"operator 0 \(LOG_SOFTMAX\)", "end the model with a softmax"),
        (lambda: chain(*["NEG"] * (MAX_OPERATORS + 1), dtype="float32"), "2,049 operators", "shorter window"),
        (lambda: dense("float16", "float16"), "it computes in float16", "representative_dataset"),
        (lambda: chain("HARD_SWISH", dtype="int16"), "is int16; supported: int8", "TFLITE_BUILTINS_INT8 alone"),
        (lambda: dense("uint8", "uint8"), "quantized to uint8, as by TensorFlow 1", "TensorFlow 2"),
        (lambda: dense("int8", "int8", sparse=True), "its weights are sparse", "strip_pruning"),
        (lambda: chain("WHILE", n_subgraphs=3), r"3 subgraphs.*operator 0 \(WHILE\)", "unroll=True"),
        (lambda: chain("SPACE_TO_BATCH_ND"), r"operator 0 \(SPACE_TO_BATCH_ND\)", "batch_size=1"),
        (lambda: chain("CALL_ONCE", n_subgraphs=2), r"2 subgraphs.*operator 0 \(CALL_ONCE\)", "without variables"),
    ],
)
def test_how_a_model_was_converted_is_said_with_the_way_out(
    make: Callable[[], bytes], words: str, way_out: str
) -> None:
    with pytest.raises(UnsupportedModelError, match=words) as refused:
        compile_tflite(make(), name="m")
    assert way_out in refused.value.hint
    assert "download" not in refused.value.hint


def test_types_are_reported_once_and_not_by_operator() -> None:
    with pytest.raises(UnsupportedModelError) as refused:
        compile_tflite(dense("uint8", "uint8"), name="m")
    assert refused.value.message.startswith("m: it is quantized to uint8, as by TensorFlow 1; supported: int8")


@pytest.mark.parametrize("weights", ["float32", "float16", "int8"])
def test_weights_between_floats_are_expanded(weights: str) -> None:
    compiled = compile_tflite(dense("float32", weights), name="m")
    (answer,) = run_kernels(compiled, [np.arange(4, dtype=np.float32).reshape(1, 4)])
    assert answer.tolist() == [[6.0 * (0.5 if weights == "int8" else 1.0)] * 4]


def test_all_operators_that_are_lacking_are_named_in_one_answer() -> None:
    with pytest.raises(UnsupportedModelError) as refused:
        compile_tflite(chain("RNN", "SIGN", "RELU6", "SIGN", *["RNN"] * 6), name="m")
    assert refused.value.message == (
        "m: operators 0, 4, 5, 6, 7 and 2 more (RNN): the engine lacks this operator; "
        "operators 1, 3 (SIGN): the engine lacks this operator"
    )
    assert refused.value.hint.startswith("compute this layer outside of the model")


def test_operators_that_are_refused_for_one_reason_are_named_together() -> None:
    b = ModelBuilder()
    x = y = b.tensor((1, 4), scale=1.0)
    for _ in range(2):
        y = b.operator("SOFTMAX", [y], b.tensor((1, 4), scale=1.0), Beta=1.0)
    with pytest.raises(UnsupportedModelError, match=r"operators 0, 1 \(SOFTMAX\): "):
        compile_tflite(b.build([x], [y]), name="m")


def test_too_many_inputs_and_outputs_are_named_with_the_operators_that_are_lacking() -> None:
    b = ModelBuilder()
    tensors = [b.tensor((1, 4), scale=1.0) for _ in range(11)]
    z = b.operator("SIGN", [tensors[0]], b.tensor((1, 4), scale=1.0))
    with pytest.raises(UnsupportedModelError, match=r"11 inputs; .* at most 10; 11 outputs; .*\(SIGN\)"):
        compile_tflite(b.build(tensors, [z, *tensors[1:]]), name="m")


def test_a_name_is_cut_by_characters() -> None:
    b = ModelBuilder()
    x, y = (b.tensor((1, 4), scale=1.0, name=name) for name in ("é" * 300, "x" * 200))
    b.operator("RELU", [x], y)
    names = [tensor.name for tensor in read_tflite(b.build([x], [y])).tensors]
    assert names == ["é" * 200, "x" * 200]


def test_the_list_of_operators_is_of_those_that_are_lowered_or_rewritten() -> None:
    assert (
        set(SUPPORTED_OPERATORS)
        == {
            *(re.sub("^(FLOAT|INT16|INT32)_", "", name) for name in LOWERED_OPERATORS),
            *REWRITTEN_OPERATORS,
        }
        - CANONICAL
    )
    assert list(SUPPORTED_OPERATORS) == sorted(SUPPORTED_OPERATORS)
