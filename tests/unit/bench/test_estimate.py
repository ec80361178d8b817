"""The estimate of a real board's time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tinyhost.bench.estimate import estimate_latency
from tinyhost.bench.result import Latency, OperatorTicks
from tinyhost.metrics.spread import Spread

from tests.unit.bench.samples import full_result


def latency(name: str = "CONV_2D", ticks: int = 64_000_000) -> Latency:
    item = OperatorTicks(index=0, name=name, output_shape=(1,), macs=1, ticks=ticks, share=1.0)
    return Latency(
        unit="instructions",
        tick_hz=0,
        runs=1,
        invoke=Spread.of([ticks]),
        preprocess=None,
        capture=None,
        per_operator=(item,),
    )


def test_instructions_take_a_cycle_or_somewhat_more() -> None:
    found = estimate_latency(latency())
    assert found is not None
    assert 1000 < found.ms < 2000
    assert found.ms == pytest.approx(found.cycles / 64_000, abs=0.001)
    assert 0.15 < found.error < 0.6


def test_kinds_that_were_never_measured_are_estimated_more_loosely() -> None:
    known, unknown = estimate_latency(latency()), estimate_latency(latency("SOMETHING_NEW"))
    assert known is not None and unknown is not None
    assert unknown.error > known.error


def test_only_instructions_are_estimated(tmp_path: Path) -> None:
    assert estimate_latency(replace(latency(), unit="ns")) is None
    assert estimate_latency(replace(latency(), per_operator=())) is None
    assert estimate_latency(full_result(tmp_path).latency) is not None
