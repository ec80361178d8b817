"""Floats that are not equal to TFLM's to the bit, as C libraries round differently: they are within 4 ulp."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from tinyhost.compiler import compile_tflite

from tests.oracle.float_layers import NEARLY_EQUAL_MODELS
from tests.oracle.net import Model
from tests.oracle.oracle import open_oracle, run_kernels

_MAX_ULP = 4


@settings(max_examples=60, derandomize=True, suppress_health_check=list(HealthCheck))
@given(model=NEARLY_EQUAL_MODELS)
def test_tanh_and_elu_are_within_4_ulp(model: Model) -> None:
    inputs = model.inputs(3)
    oracle = open_oracle(model.data)
    for values, output in zip(inputs, run_kernels(compile_tflite(model.data, name="m"), inputs), strict=True):
        expected = np.frombuffer(oracle.run(values.tobytes()), np.float32).reshape(output.shape)
        np.testing.assert_array_max_ulp(output.astype(np.float32), expected, _MAX_ULP)
