"""Sets of two hundred samples with exactly one of each fault: `tinyhost data check` finds all, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.datasets.checking.check import check_dataset
from tinyhost.datasets.checking.findings import ISSUES
from tinyhost.synth.pictures import LABELS, render

from scripts.check_planted_sets import found_by, write_clean_set, write_planted_set
from scripts.check_rates import found_in
from tests.unit.datasets.test_data_check import shaking, word

N_GOOD = 200
Make = Callable[[int], NDArray[Any]]
MATERIALS: dict[str, tuple[Make, tuple[str, str]]] = {
    "pictures": (lambda number: render(LABELS[number % 2], np.random.default_rng((9, number))), LABELS),
    "clips": (word, ("no", "yes")),
    "motion": (shaking, ("normal", "worn")),
}


@pytest.mark.parametrize("kind", MATERIALS)
def test_one_of_each_fault_is_found_in_a_set_and_nothing_else(kind: str, tmp_path: Path) -> None:
    make, labels = MATERIALS[kind]
    samples = (values for values in map(make, range(600)) if not found_in(values))
    good = [next(samples) for _ in range(N_GOOD)]
    made = write_planted_set(tmp_path, kind, good, samples, labels=labels, seed=1)
    found, others = found_by(check_dataset(tmp_path), made)
    assert found == set(made.planted)
    assert others == []


def test_every_issue_is_planted_in_one_of_the_sets(tmp_path: Path) -> None:
    planted: set[str] = set()
    for kind, (make, labels) in MATERIALS.items():
        samples = map(make, range(60))
        good = [next(samples) for _ in range(20)]
        planted |= set(write_planted_set(tmp_path / kind, kind, good, samples, labels=labels, seed=1).planted)
    assert planted == set(ISSUES) - {"drift"}  # which needs two sets


@pytest.mark.parametrize("kind", MATERIALS)
def test_nothing_is_found_in_a_set_of_sessions_and_persons(kind: str, tmp_path: Path) -> None:
    make, labels = MATERIALS[kind]
    write_clean_set(tmp_path, kind, [make(2000 + number) for number in range(60)], labels)
    check = check_dataset(tmp_path)
    assert check.findings == ()
    assert {"speakers_across_parts", "sessions_across_parts"} <= set(check.checked)
