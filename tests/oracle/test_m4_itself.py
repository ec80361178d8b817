"""Random models on the board m4: the fast kernels themselves, which test_simd_kernels.py only emulates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.oracle.long_run import run_block
from tests.oracle.m4_batch import Case, build_batch_program, run_on_m4
from tests.oracle.strategies import OPERATOR_MODELS

pytestmark = [pytest.mark.firmware, pytest.mark.xdist_group("m4")]

N_MODELS = 30


@pytest.fixture(scope="module")
def program() -> Path:
    return build_batch_program()


@pytest.mark.parametrize("operator", sorted(OPERATOR_MODELS))
def test_m4_answers_as_the_oracle(program: Path, operator: str) -> None:
    cases: list[Case] = []
    run_block(operator, 0, set(), cases, n_models=N_MODELS)
    assert cases
    assert run_on_m4(program, cases) == []


def test_a_different_answer_is_found(program: Path) -> None:
    cases: list[Case] = []
    run_block("ADD", 0, set(), cases, n_models=3)
    last = cases[1].expected[-1]
    cases[1] = replace(cases[1], expected=(*cases[1].expected[:-1], bytes([last[0] ^ 1, *last[1:]])))
    assert run_on_m4(program, cases) == [1]
