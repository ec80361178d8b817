"""Floats that are not equal to TFLM's to the bit, as C libraries round differently: they are within 4 ulp."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tinyhost.compiler import compile_tflite

from tests.oracle.float_layers import NEARLY_EQUAL_MODELS
from tests.oracle.net import Model
from tests.oracle.oracle import ORACLE_IS_TFLM, open_oracle, run_kernels
from tests.oracle.recurrent_layers import float_lstm_models

_MAX_ULP = 4
_EXACT: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "TANH": np.tanh,
    "ELU": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
}
"""in double precision, for what runs no TFLM: LiteRT's reference kernels know no ELU"""


_MAX_ERROR = 4e-6
"""Of an LSTM, whose outputs are at most 1: rounding of TANH goes on from step to step."""


@pytest.mark.parametrize("operator", NEARLY_EQUAL_MODELS)
@settings(max_examples=30, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_tanh_and_elu_are_within_4_ulp(operator: str, data: st.DataObject) -> None:
    model = data.draw(NEARLY_EQUAL_MODELS[operator])
    inputs = model.inputs(3)
    oracle = open_oracle(model.data) if ORACLE_IS_TFLM else None
    for values, output in zip(inputs, run_kernels(compile_tflite(model.data, name="m"), inputs), strict=True):
        answers = [_EXACT[operator](values.astype(np.float64)).astype(np.float32)]
        if oracle is not None:
            answers.append(np.frombuffer(oracle.run(values.tobytes()), np.float32))
        for expected in answers:
            np.testing.assert_array_max_ulp(output.astype(np.float32), expected.reshape(output.shape), _MAX_ULP)


@settings(max_examples=20, derandomize=True, suppress_health_check=list(HealthCheck))
@given(model=float_lstm_models())
def test_an_lstm_of_floats_is_its_steps(model: Model) -> None:
    inputs = model.inputs(2)
    oracle = open_oracle(model.data)
    for values, output in zip(inputs, run_kernels(compile_tflite(model.data, name="m"), inputs), strict=True):
        expected = np.frombuffer(oracle.run(values.tobytes()), np.float32).reshape(output.shape)
        np.testing.assert_allclose(output.astype(np.float32), expected, rtol=0, atol=_MAX_ERROR)
