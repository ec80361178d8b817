"""Soak tests: their duration, and a rig on which nothing works."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tinyhost.errors import UsageError
from tinyhost.hil.results import RigResult
from tinyhost.hil.soak import parse_duration, soak_rounds

from tests.unit.hil.test_history import run_of


@pytest.mark.parametrize(
    ("text", "seconds"), [("8h", 28_800), ("90m", 5400), ("1h30m", 5400), ("0.5s", 0.5), ("31d", 2_678_400)]
)
def test_a_time_is_read_as_people_write_it(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "8", "h", "8 h", "0s", "-1h", "32d", "1e9h", "8hours", "nan"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--for: expected a time up to 31d"):
        parse_duration(text)


class Clock:
    """A clock that goes on when something takes time."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def round(self, result: RigResult) -> RigResult:
        self.now += result.seconds
        return result


@pytest.mark.parametrize(
    ("result", "seconds", "starts"),
    [
        (replace(run_of("passed"), seconds=40.0), 100.0, 3),
        (replace(run_of("rig"), seconds=2.0), 100.0, 4),
        (replace(run_of("passed"), seconds=500.0), 100.0, 1),
        (replace(run_of("passed"), seconds=1.0, interrupted=True), 100.0, 1),
    ],
)
def test_rounds_begin_until_the_time_is_over(result: RigResult, seconds: float, starts: int) -> None:
    clock = Clock()
    rounds = list(soak_rounds(lambda: clock.round(result), seconds, clock=clock, sleep=clock.sleep))
    assert [each.number for each in rounds] == list(range(1, starts + 1))
