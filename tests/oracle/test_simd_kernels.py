"""The kernels for Cortex-M4, their instructions emulated, against the portable ones: outputs are equal to the bit."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tinyhost import _firmware
from tinyhost.compiler import CompiledModel, compile_tflite

from tests.oracle.builder import ModelBuilder
from tests.oracle.strategies import OPERATOR_MODELS, Model

_SETTINGS = settings(
    max_examples=int(os.environ.get("TINYHOST_ORACLE_EXAMPLES", "60")),
    derandomize="TINYHOST_ORACLE_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
_INPUTS_PER_MODEL = 3


def _run(compiled: CompiledModel, values: NDArray[np.generic], *, simd: bool) -> list[NDArray[np.generic]]:
    """Return every operator's output."""
    engine = _firmware.Engine(compiled.report.arena_bytes, simd=simd)
    engine.load(compiled.image)
    engine.set_input(values)
    outputs = []
    for i in range(engine.n_operators):
        engine.invoke_range(i, i + 1)
        outputs.append(engine.operator_output(i))
    return outputs


def _assert_kernels_agree(model: Model) -> None:
    compiled = compile_tflite(model.data, name="random")
    for values in model.inputs(_INPUTS_PER_MODEL):
        fast, portable = (_run(compiled, values, simd=simd) for simd in (True, False))
        for got, expected in zip(fast, portable, strict=True):
            np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("operator", sorted(OPERATOR_MODELS))
def test_simd_kernel_equals_portable(operator: str) -> None:
    @_SETTINGS
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        _assert_kernels_agree(data.draw(OPERATOR_MODELS[operator]))

    check()


def test_simd_kernel_without_a_second_rounding() -> None:
    """Multipliers in [0.5, 1) have shift 0: nothing is rounded a second time, below the zero point neither."""
    b = ModelBuilder()
    x = b.tensor((1, 2, 2, 1), scale=1.0)
    weights = b.tensor((4, 1, 1, 1), scale=0.75, data=np.array([1, -1, 2, -3]).reshape(4, 1, 1, 1))
    y = b.tensor((1, 2, 2, 4), scale=1.0)
    options = dict.fromkeys(("StrideH", "StrideW", "DilationHFactor", "DilationWFactor"), 1)
    b.operator("CONV_2D", [x, weights], y, Padding=0, FusedActivationFunction=0, **options)
    _assert_kernels_agree(Model(data=b.build([x], [y]), shape=(1, 2, 2, 1), dtype="int8", seed=1))
