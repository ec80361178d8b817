"""Random models on the board m4: the fast kernels themselves, which test_against_tflm.py only emulates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tinyhost.compiler import compile_tflite

from tests.oracle.m4_batch import Case, build_batch_program, case_of, run_on_m4
from tests.oracle.recorded import recorded_models
from tests.oracle.strategies import OPERATOR_MODELS

pytestmark = pytest.mark.firmware  # in no group of emulated boards: nobody waits for its answers

N_INPUTS = 3


@pytest.fixture(scope="module")
def program() -> Path:
    return build_batch_program()


def cases_of(operator: str) -> list[Case]:
    """Return what test_against_tflm.py compares with the wheel's recorded answers."""
    models = recorded_models(operator)
    return [case_of(compile_tflite(model.data, name="m4"), model.inputs(N_INPUTS)) for model in models]


@pytest.mark.parametrize("operator", sorted(OPERATOR_MODELS))
def test_m4_answers_as_the_portable_kernels(program: Path, operator: str) -> None:
    cases = cases_of(operator)
    assert len(cases) >= 15
    assert run_on_m4(program, cases) == []


def test_a_different_answer_is_found(program: Path) -> None:
    cases = cases_of("ADD")[:3]
    last = cases[1].expected[-1]
    cases[1] = replace(cases[1], expected=(*cases[1].expected[:-1], bytes([last[0] ^ 1, *last[1:]])))
    assert run_on_m4(program, cases) == [1]
