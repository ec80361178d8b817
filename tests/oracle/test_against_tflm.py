"""The compiler and the engine against TensorFlow Lite Micro (see oracle.py): outputs are equal to the bit."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tinyhost.compiler import compile_tflite

from tests.oracle.int16_layers import INT16_MODELS
from tests.oracle.oracle import LITERT_TOO, ORACLE_IS_TFLM, assert_equals_oracle, run_kernels
from tests.oracle.recorded import assert_equals_wheel, recorded_models
from tests.oracle.strategies import OPERATOR_MODELS

_EXAMPLES = int(os.environ.get("TINYHOST_ORACLE_EXAMPLES", "30"))
_INPUTS_PER_MODEL = 3
_SETTINGS = settings(
    max_examples=_EXAMPLES,
    derandomize="TINYHOST_ORACLE_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("operator", sorted(OPERATOR_MODELS))
def test_both_sets_of_kernels_equal_tflm(operator: str) -> None:
    """And one another, also where LiteRT is no oracle."""

    @settings(_SETTINGS, max_examples=_EXAMPLES // (2 if operator in INT16_MODELS else 1))
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        model = data.draw(OPERATOR_MODELS[operator])
        inputs = model.inputs(_INPUTS_PER_MODEL)
        if ORACLE_IS_TFLM or operator in LITERT_TOO:
            assert_equals_oracle(model.data, inputs)
        else:
            run_kernels(compile_tflite(model.data, name="random"), inputs)

    check()


@pytest.mark.parametrize("operator", sorted(OPERATOR_MODELS))
def test_operator_answers_as_recorded_from_tflm(operator: str) -> None:
    models = recorded_models(operator)
    assert_equals_wheel(f"random {operator}", [(model.data, model.inputs(_INPUTS_PER_MODEL)) for model in models])
