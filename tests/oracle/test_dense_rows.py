"""One row of FULLY_CONNECTED, unfolded in scratch memory or read as it is."""

from __future__ import annotations

import numpy as np
import pytest
from tinyhost.compiler import compile_tflite

from tests.oracle.recorded import assert_equals_wheel
from tests.oracle.sketch import Sketch

N_INPUTS = 20


@pytest.mark.parametrize("n_in", [64, 1021, 1024, 1028, 4000, 4001])
@pytest.mark.parametrize("n_out", [1, 3, 4, 10])
def test_row_equals_tflm(n_in: int, n_out: int) -> None:
    rng = np.random.default_rng(n_in * n_out)
    model = Sketch((1, n_in)).dense(n_out).tflite()
    inputs = [rng.integers(-128, 128, (1, n_in), dtype=np.int8) for _ in range(N_INPUTS)]
    assert_equals_wheel(f"row of {n_in} to {n_out}", [(model, inputs)])


@pytest.mark.parametrize("n_in", [1028, 4000])
def test_long_row_needs_no_scratch_memory(n_in: int) -> None:
    report = compile_tflite(Sketch((1, n_in)).dense(4).tflite(), name="row").report
    assert report.arena_bytes <= n_in + 32
