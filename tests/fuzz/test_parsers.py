"""Whatever bytes a parser of outside input gets, it answers with a value or a TinyhostError, soon, in bounded memory.

Seconds of `make fuzz-python`, always with the same inputs.
"""

from __future__ import annotations

import pytest

from tests.fuzz.engine import Target, fuzz
from tests.fuzz.targets import TARGETS

_RUNS = 60


_FAIL_TODAY = {name for name in TARGETS if name.startswith("stream ")}


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(target, id=name, marks=[pytest.mark.xfail(strict=True)] if name in _FAIL_TODAY else [])
        for name, target in TARGETS.items()
    ],
)
def test_only_our_own_errors_come_out_of(target: Target) -> None:
    target.parse(target.seeds()[0])  # what the code itself writes is taken
    outcome = fuzz(target, _RUNS)
    assert not outcome.failures, "\n".join(f"{failure.what}\n{failure.report}" for failure in outcome.failures)
