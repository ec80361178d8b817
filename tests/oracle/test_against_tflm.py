"""The compiler and the engine against the tflite-micro wheel: outputs are equal to the bit."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tinyhost import _firmware
from tinyhost.compiler import compile_tflite

from tests.oracle.strategies import OPERATOR_MODELS, Model, chains

tflite_micro = pytest.importorskip("tflite_micro", reason="the wheel exists for Python 3.10 and 3.11 on x86-64 only")

_EXAMPLES = int(os.environ.get("TINYHOST_ORACLE_EXAMPLES", "60"))
_INPUTS_PER_MODEL = 3
_ARENA_BYTES = 1 << 20
_SETTINGS = settings(
    max_examples=_EXAMPLES,
    deadline=None,
    derandomize="TINYHOST_ORACLE_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)


def _assert_equal(model: Model) -> None:
    compiled = compile_tflite(model.data, name="random")
    engine = _firmware.Engine(compiled.report.arena_bytes)
    engine.load(compiled.image)
    reference = tflite_micro.runtime.Interpreter.from_bytes(model.data, arena_size=_ARENA_BYTES)
    for values in model.inputs(_INPUTS_PER_MODEL):
        engine.set_input(values)
        engine.invoke()
        reference.set_input(values, 0)
        reference.invoke()
        np.testing.assert_array_equal(engine.output(), reference.get_output(0))


@pytest.mark.parametrize("operator", sorted(OPERATOR_MODELS))
def test_operator_equals_tflm(operator: str) -> None:
    @_SETTINGS
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        _assert_equal(data.draw(OPERATOR_MODELS[operator]))

    check()


@_SETTINGS
@given(model=chains())
def test_chain_equals_tflm(model: Model) -> None:
    _assert_equal(model)
