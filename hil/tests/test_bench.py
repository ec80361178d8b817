"""The figures of `tinyhost bench`: latency, memory, accuracy, and outputs equal to this computer's to the bit."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tinyhost.bench.result import BenchResult


@pytest.mark.needs_bench
def test_the_model_is_benched_and_every_output_is_the_hosts(bench: Callable[[], BenchResult]) -> None:
    result = bench()
    assert result.latency.invoke.median > 0
    assert 0 < result.model.arena_bytes <= result.device.arena_bytes
    assert result.agreement is not None
    assert (result.agreement.mismatches, result.agreement.first_mismatch) == (0, None)
    assert [finding.disagreement() for finding in result.findings if finding.disagreement()] == []
