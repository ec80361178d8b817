"""Models that keep a state, over sequences of inputs: each answer is as TensorFlow Lite Micro's, and so is the next."""

from __future__ import annotations

import numpy as np
import pytest
from tinyhost import _firmware
from tinyhost.compiler import compile_tflite

from tests.oracle.recorded import assert_sequences_equal_wheel, recorded_models

_N_INPUTS = 7
_STREAMING = "streaming"


@pytest.mark.parametrize("kind", [_STREAMING, "SVDF"])
def test_sequences_are_answered_as_recorded_from_tflm(kind: str) -> None:
    models = recorded_models(kind)
    assert len(models) > 20
    assert_sequences_equal_wheel(f"{kind} sequences", [(model.data, model.inputs(_N_INPUTS)) for model in models])


@pytest.mark.parametrize("kind", [_STREAMING, "SVDF"])
def test_a_reset_is_a_new_start(kind: str) -> None:
    model = recorded_models(kind)[0]
    engine = _firmware.Engine()
    engine.load(compile_tflite(model.data, name="m").image)
    assert engine.has_state
    answers = []
    for _ in range(2):
        engine.reset()
        for values in model.inputs(_N_INPUTS):
            engine.set_input(values)
            engine.invoke()
            answers.append(engine.output().tobytes())
    assert answers[:_N_INPUTS] == answers[_N_INPUTS:]


def test_the_passes_change_no_answer_of_a_sequence() -> None:
    for model in recorded_models(_STREAMING)[:10]:
        outputs = []
        for passes in (True, False):
            engine = _firmware.Engine()
            engine.load(compile_tflite(model.data, name="m", passes=passes).image)
            for values in model.inputs(_N_INPUTS):
                engine.set_input(values)
                engine.invoke()
                outputs.append(engine.output())
        np.testing.assert_array_equal(outputs[:_N_INPUTS], outputs[_N_INPUTS:])
