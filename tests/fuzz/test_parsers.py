"""Whatever bytes a parser of outside input gets, it answers with a value or a TinyhostError, soon, in bounded memory.

Seconds of `make fuzz-python`, always with the same inputs.
"""

from __future__ import annotations

import pytest

from tests.fuzz.engine import Target, fuzz
from tests.fuzz.targets import TARGETS

_RUNS = 60


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_only_our_own_errors_come_out_of(target: Target) -> None:
    target.parse(target.seeds()[0])  # what the code itself writes is taken
    outcome = fuzz(target, _RUNS)
    assert not outcome.failures, "\n".join(f"{failure.what}\n{failure.report}" for failure in outcome.failures)
