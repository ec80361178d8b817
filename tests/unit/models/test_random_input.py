"""Random inputs stay in the range of the model's input."""

from __future__ import annotations

import numpy as np
from tinyhost.compiler import compile_tflite
from tinyhost.models.random_input import drawn_input, random_input
from tinyhost.models.summary import ModelSummary, summary_of
from tinyhost.protocol.messages import InferSource
from tinyhost.protocol.pattern import pattern_bytes

from tests.unit.compiler.models import float_classifier, picture_classifier


def summary(tflite: bytes) -> ModelSummary:
    return summary_of(compile_tflite(tflite, name="m").parsed)


def test_floats_span_what_the_first_operator_makes_of_them() -> None:
    model = summary(float_classifier(64, scale=0.5, zero_point=-28))
    values = np.concatenate([np.frombuffer(random_input(model, seed), "<f4") for seed in range(50)])
    assert model.input_ranges[0] == (-50.0, 77.5)
    assert values.min() >= -50.0
    assert values.max() <= 77.5
    assert len(np.unique(np.round(values / 0.5))) == 256


def test_a_float_input_is_sent_to_the_board() -> None:
    model = summary(float_classifier(8))
    assert drawn_input(model, 3) == (InferSource.INPUT, random_input(model, 3))


def test_a_quantized_input_is_any_bytes_which_the_board_makes_itself() -> None:
    model = summary(picture_classifier())
    assert random_input(model, 3) == pattern_bytes(3, 32 * 32)
    assert drawn_input(model, 3) == (InferSource.PATTERN, None)
