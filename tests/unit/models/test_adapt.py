"""Adapted third-party models: what stays equal to the bit, what is rounded, and what is rejected."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.compiler.tflite_reader import read_tflite
from tinyhost.errors import ModelError, UnsupportedModelError, UsageError
from tinyhost.models.adapt.adapting import AdaptedModel, AdaptOptions, adapt

from tests.commands import run_json, run_tinyhost
from tests.oracle.builder import ModelBuilder
from tests.oracle.oracle import ORACLE_NAME
from tests.oracle.sketch import Sketch
from tests.unit.compiler.models import picture_classifier


def colours() -> Sketch:
    """Return a sketch whose first layer sees colours through a pad and a pool."""
    return Sketch((1, 20, 20, 3)).pad(1, 1).pool("AVERAGE_POOL_2D", 2)


def adapted(data: bytes, wishes: AdaptOptions, n_inputs: int = 30) -> AdaptedModel:
    """Return a model adapted, measured by code that others wrote."""
    return adapt(data, wishes, where="m.tflite", against=ORACLE_NAME, n_inputs=n_inputs)


def first_filters(*values: object, scale: float = 0.02) -> bytes:
    """Return a convolution of 1x1 on a picture in colour with these int8 filters, (n, 3)."""
    filters: NDArray[np.int8] = np.array(values, np.int8).reshape(len(values), 1, 1, 3)
    b = ModelBuilder()
    x = b.tensor((1, 4, 4, 3), scale=0.02, zero_point=-3)
    weights = b.tensor(filters.shape, scale=[scale] * len(values), data=filters)
    bias = b.tensor(
        (len(values),), dtype="int32", scale=[0.02 * scale] * len(values), data=np.arange(len(values)) * 500
    )
    y = b.tensor((1, 4, 4, len(values)), scale=0.1, zero_point=5)
    window = {"Padding": 1, "StrideH": 1, "StrideW": 1, "DilationHFactor": 1, "DilationWFactor": 1}
    b.operator("CONV_2D", [x, weights, bias], y, FusedActivationFunction=0, **window)
    return b.build([x], [y])


def test_filters_whose_sums_fit_int8_stay_equal_to_the_bit() -> None:
    model = adapted(first_filters([1, 2, 3], [-100, -20, 60], [127, -127, 127]), AdaptOptions(gray=True))
    graph = model.graph
    assert (graph.tensors[graph.input].shape, model.is_exact) == ((1, 4, 4, 1), True)
    assert graph.tensors[graph.operators[0].inputs[1]].array().ravel().tolist() == [6, -60, 127]
    assert model.equality is not None
    assert (model.equality.identical, model.equality.n_inputs) == (30, 30)


def test_filters_that_do_not_fit_are_rounded_by_half_a_step_and_the_difference_is_reported() -> None:
    model = adapted(first_filters([127, 127, 127], [1, 2, 3]), AdaptOptions(gray=True))
    weights = model.graph.tensors[model.graph.operators[0].inputs[1]]
    assert weights.array().ravel().tolist() == [127, 6]
    assert weights.quantization is not None
    assert weights.quantization.scales.tolist() == pytest.approx([0.06, 0.02])
    assert not model.is_exact
    assert "1 of them rounded to int8 anew" in model.done[0]
    assert model.equality is not None
    assert model.equality.largest_steps is not None
    assert model.equality.largest_steps <= 1.0


def test_a_colour_network_is_made_grey_behind_pad_and_pool() -> None:
    model = adapted(colours().conv(8, 3).mean().dense(4).softmax().tflite(), AdaptOptions(gray=True))
    graph = model.graph
    assert [graph.tensors[op.outputs[0]].shape[-1] for op in graph.operators[:3]] == [1, 1, 8]
    assert model.equality is not None
    assert model.equality.same_top == 30
    assert model.equality.largest_difference < 0.05


def test_a_depthwise_first_layer_keeps_its_filters_and_every_bit() -> None:
    model = adapted(Sketch((1, 12, 12, 3)).depthwise(3).conv(4, 1).tflite(), AdaptOptions(gray=True))
    assert model.equality is not None
    assert (model.is_exact, model.equality.identical) == (True, 30)


@pytest.mark.parametrize("order", [(2, 0, 1), (0, 1, 2)])
def test_classes_change_places_to_the_bit(order: tuple[int, ...]) -> None:
    model = adapted(Sketch((1, 8, 8, 1)).conv(4, 3).mean().dense(3).softmax().tflite(), AdaptOptions(order=order))
    assert model.equality is not None
    assert (model.is_exact, model.equality.identical) == (True, 30)


def test_a_softmax_is_cut_off_and_put_on_again() -> None:
    data = Sketch((1, 8, 8, 1)).conv(4, 3).mean().dense(3).softmax().tflite()
    off = adapted(data, AdaptOptions(softmax="off"))
    assert [operator.code for operator in off.graph.operators][-1] == "FULLY_CONNECTED"
    on = adapted(off.data, AdaptOptions(softmax="on"))
    assert [operator.code for operator in on.graph.operators][-1] == "SOFTMAX"
    for model in (off, on):
        assert model.equality is not None
        assert model.equality.same_top == 30
        assert model.equality.largest_difference < 1 / 256 + 1e-9


def test_casts_at_the_ends_are_left_out() -> None:
    b = ModelBuilder()
    x, y = b.tensor((1, 8), dtype="uint8", scale=0.05, zero_point=128), b.tensor((1, 2), dtype="float32")
    inner, scores = b.tensor((1, 8), scale=0.05), b.tensor((1, 2), scale=0.1)
    b.operator("QUANTIZE", [x], inner)
    weights = b.tensor((2, 8), scale=0.01, data=np.arange(16).reshape(2, 8))
    b.operator("FULLY_CONNECTED", [inner, weights], scores, FusedActivationFunction=0)
    b.operator("DEQUANTIZE", [scores], y)
    model = adapted(b.build([x], [y]), AdaptOptions(integer_ends=True))
    assert [operator.code for operator in model.graph.operators] == ["FULLY_CONNECTED"]
    assert {model.graph.tensors[end].dtype for end in (model.graph.input, model.graph.output)} == {"int8"}
    assert model.equality is not None
    assert model.equality.identical == 30


def test_a_range_of_pixels_is_folded_into_the_first_layer() -> None:
    model = adapted(first_filters([10, 20, 30], [-5, 6, 7]), AdaptOptions(gray=True, pixel_range=(-1.0, 1.0)))
    tensor = model.graph.tensors[model.graph.input]
    assert float(tensor.scale) == pytest.approx(2 / 255)
    assert tensor.zero_point in (-1, 0)
    assert model.equality is not None
    assert model.equality.largest_steps is not None
    assert model.equality.largest_steps <= 2.0


@pytest.mark.parametrize(
    ("data", "wishes", "words"),
    [
        (first_filters([1, 2, 3]), AdaptOptions(softmax="off"), r"operator 0 \(CONV_2D\) is the last operator"),
        (picture_classifier(), AdaptOptions(gray=True), "its input is 1x32x32x1, expected three channels"),
        (picture_classifier(), AdaptOptions(softmax="on"), "is already the last operator"),
        (picture_classifier(), AdaptOptions(order=(0, 0)), "expected each of 0 to 1 once"),
        (picture_classifier(), AdaptOptions(integer_ends=True), "it takes int8 and gives int8"),
        (colours().dense(2).tflite(), AdaptOptions(gray=True), r"FULLY_CONNECTED\) comes before the first layer"),
        (colours().tflite(), AdaptOptions(gray=True), "its output is a colour picture"),
        (colours().conv(2, 3).tflite(), AdaptOptions(pixel_range=(0.0, 1.0)), r"goes to operator 0 \(PAD\)"),
        (first_filters([1, 2, 3]), AdaptOptions(pixel_range=(3.0, 4.0)), "3 to 4 does not contain 0"),
    ],
)
def test_what_cannot_be_adapted_is_refused_with_the_reason(data: bytes, wishes: AdaptOptions, words: str) -> None:
    with pytest.raises(UnsupportedModelError, match=words):
        adapted(data, wishes)


def test_means_of_each_colour_cannot_become_grey() -> None:
    b = ModelBuilder()
    x, y = b.tensor((1, 4, 4, 3), scale=0.02), b.tensor((1, 4, 4, 3), scale=0.04)
    means = b.tensor((3,), scale=0.02, data=np.array([10, 20, 30]))
    b.operator("ADD", [x, means], y, FusedActivationFunction=0)
    with pytest.raises(UnsupportedModelError, match="treats the channels differently"):
        adapted(b.build([x], [y]), AdaptOptions(gray=True))


def test_a_file_keeps_what_was_not_changed_to_the_byte() -> None:
    data = picture_classifier()
    model = adapted(data, AdaptOptions(order=(1, 0)))
    before, after = read_tflite(data), read_tflite(model.data)
    changed = [old.index for old, new in zip(before.tensors, after.tensors, strict=True) if old.data != new.data]
    assert changed == [before.operators[2].inputs[1]]
    assert [(op.code, op.options) for op in before.operators] == [(op.code, op.options) for op in after.operators]
    assert model.data.endswith(data)


def test_a_damaged_file_is_refused() -> None:
    with pytest.raises(ModelError, match=r"m\.tflite"):
        adapted(picture_classifier()[:400], AdaptOptions(softmax="off"))
    with pytest.raises(UsageError, match="nothing to adapt"):
        adapted(picture_classifier(), AdaptOptions())


def test_the_command_writes_the_model_and_a_note_beside_it(tmp_path: Path) -> None:
    source, target = tmp_path / "a.tflite", tmp_path / "b.tflite"
    source.write_bytes(picture_classifier())
    words = ("model", "adapt", source, "-o", target, "--labels", "empty,person", "--order", "person,empty")
    document = run_json(*words, "--samples", "5")
    assert document == json.loads((tmp_path / "b.note.json").read_text())
    assert (document["labels"], document["exact"], document["equality"]["identical"]) == (["person", "empty"], True, 5)
    assert document["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    note = (tmp_path / "b.note.txt").read_text()
    assert "its 2 outputs in the order 1,0: equal to the bit" in note
    assert "on 5 random inputs (host): 5 answers identical" in note
    assert "expected a number, or a label" in run_tinyhost(*words[:-1], "cat,dog").err


def test_a_model_of_several_outputs_is_refused() -> None:
    b = ModelBuilder()
    x = b.tensor((1, 4), scale=1.0)
    y = b.operator("RELU", [x], b.tensor((1, 4), scale=1.0))
    with pytest.raises(UnsupportedModelError, match="1 input and 2 outputs; a model to adapt has one of each"):
        adapted(b.build([x], [y, x]), AdaptOptions(integer_ends=True))
