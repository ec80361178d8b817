"""The compiler and the engine against TensorFlow Lite Micro (see oracle.py): outputs are equal to the bit."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle.oracle import LITERT_TOO, ORACLE_IS_TFLM, assert_equals_oracle
from tests.oracle.recorded import assert_equals_wheel, recorded_models
from tests.oracle.strategies import OPERATOR_MODELS

_EXAMPLES = int(os.environ.get("TINYHOST_ORACLE_EXAMPLES", "60"))
_INPUTS_PER_MODEL = 3
_SETTINGS = settings(
    max_examples=_EXAMPLES,
    derandomize="TINYHOST_ORACLE_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("operator", sorted(OPERATOR_MODELS if ORACLE_IS_TFLM else LITERT_TOO))
def test_operator_equals_tflm(operator: str) -> None:
    @_SETTINGS
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        model = data.draw(OPERATOR_MODELS[operator])
        assert_equals_oracle(model.data, model.inputs(_INPUTS_PER_MODEL))

    check()


@pytest.mark.parametrize("operator", sorted(OPERATOR_MODELS))
def test_operator_answers_as_recorded_from_tflm(operator: str) -> None:
    models = recorded_models(operator)
    assert_equals_wheel(f"random {operator}", [(model.data, model.inputs(_INPUTS_PER_MODEL)) for model in models])
