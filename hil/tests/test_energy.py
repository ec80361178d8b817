"""The energy of inferences: the board marks each one, and the meter at its supply misses no sample."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tinyhost.bench.energy.measure import Energy
from tinyhost.models.file import ModelFile

RUNS = 10


@pytest.mark.needs_meter
def test_every_inference_is_seen_and_no_sample_is_lost(
    default_model: ModelFile, energy: Callable[[int], Energy], record_property: Callable[[str, object], None]
) -> None:
    found = energy(RUNS)
    inference = found.of("inference")
    assert inference is not None
    assert (inference.n, inference.n_broken, found.lost) == (RUNS, 0, 0)
    assert inference.net_nj is not None
    record_property(f"energy of an inference, nJ, {found.meter}", inference.net_nj.median)
    assert inference.net_nj.median > 0
