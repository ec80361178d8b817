"""A sweep's rows: which networks no other one beats, and which one is taken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tinyhost.errors import UsageError
from tinyhost.metrics.classifier import classifier_metrics
from tinyhost.train.core.sweep import SweepRow, pareto, sweep_section
from tinyhost.train.vww.config import VwwTrainConfig


def _row(name: str, accuracy: float, macs: int, *, fits: bool = True) -> SweepRow:
    metrics = classifier_metrics(np.eye(2), np.array([0, 1]))
    return SweepRow(
        name=name,
        model=Path(name),
        val_accuracy=accuracy,
        test=metrics,
        macs=macs,
        fits=fits,
        flash_bytes=1,
        arena_bytes=1,
    )


ROWS = (_row("large", 0.95, 900, fits=False), _row("middle", 0.9, 500), _row("slow", 0.88, 700), _row("small", 0.7, 90))


def test_what_another_one_beats_is_not_on_the_line_and_what_does_not_fit_is_not_taken() -> None:
    rows = pareto(ROWS, {})
    assert [row.name for row in rows] == ["small", "middle", "slow", "large"]
    assert [row.name for row in rows if row.is_best] == ["small", "middle", "large"]
    assert [row.name for row in rows if row.is_taken] == ["middle"]


def test_instructions_decide_where_they_are_known() -> None:
    rows = pareto(ROWS, {"large": 9, "middle": 8, "slow": 7, "small": 10})
    assert [row.name for row in rows if row.is_best] == ["slow", "middle", "large"]
    grid = sweep_section(rows).parts[0]
    assert [row[-2] for row in grid.rows] == ["7", "8", "9", "10"]  # type: ignore[union-attr]


def test_of_equals_the_cheapest_is_taken() -> None:
    rows = pareto((_row("b", 0.9, 500), _row("a", 0.9, 100)), {})
    assert [row.name for row in rows if row.is_taken] == ["a"]


def test_a_sweep_is_of_widths_and_sizes() -> None:
    with pytest.raises(UsageError, match=r"--sweep 0.5@64: the start's weights are for width 0.25"):
        VwwTrainConfig(sweep=("0.25@96", "0.5@64"))
    variants = VwwTrainConfig(sweep=("0.25@96", "0.5@64"), from_scratch=True, learning_curve=True).variants()
    assert [(item.alpha, item.size, item.sweep) for item in variants.values()] == [(0.25, 96, ()), (0.5, 64, ())]
    for wrong, says in (("0.25", "expected ALPHA@SIZE"), ("0.25@65", "expected a multiple of 32")):
        with pytest.raises(UsageError, match=says):
            VwwTrainConfig(sweep=(wrong,))
