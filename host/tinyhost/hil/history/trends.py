"""Trends in the history of each test on each board: pass rate, flakiness, figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Literal

from tinyhost.hil.history.store import PastTest
from tinyhost.hil.results import Outcome
from tinyhost.metrics.intervals import Interval, wilson

__all__ = ["FigureTrend", "RecentOutcome", "TestTrend", "test_trends"]

_RIGHT: frozenset[Outcome] = frozenset({"passed", "cured"})
_WRONG: frozenset[Outcome] = frozenset({"failed", "quarantined"})
Steadiness = Literal["flaky", "changed", "failing", "unproven", "steady"]
_ORDER: tuple[Steadiness, ...] = ("flaky", "failing", "changed", "unproven", "steady")


@dataclass(frozen=True, kw_only=True)
class RecentOutcome:
    """The result of a test in one run."""

    run: int
    """number of the run"""
    started: str
    """start of the run: UTC, ISO 8601"""
    build_id: str
    """of the firmware"""
    outcome: Outcome
    n_attempts: int
    """earlier attempts that ended with a rig fault"""
    headline: str


@dataclass(frozen=True, kw_only=True)
class FigureTrend:
    """The values of a figure over the runs, oldest first."""

    name: str
    """name; `seconds` is the test's duration"""
    unit: str
    runs: tuple[int, ...]
    values: tuple[float, ...]
    median: float
    change: float | None
    """relative change of the median from the older half of the values to the newer half; null for fewer than 6 values,
    or for 0"""


@dataclass(frozen=True, kw_only=True)
class TestTrend:
    """One test on one board."""

    __test__ = False  # pytest: this is no test class

    test: str
    """pytest's id"""
    board: str
    """the board's name in the rig file"""
    type: str
    """of the board"""
    steadiness: Steadiness
    """`flaky`: passed and failed with the same firmware; `failing`: failed since it last passed, or always; `changed`:
    failed before with other firmware; `unproven`: only rig faults; `steady`"""
    n: int
    """runs in which the test passed or failed"""
    n_right: int
    share: float | None
    """share of passed runs"""
    interval: Interval | None
    """95 % (Wilson)"""
    flips: int
    """changes between passed and failed"""
    flips_same_build: int
    """those with the same firmware before and after"""
    n_rig: int
    """runs that ended with a rig fault or before the test ran"""
    n_rerun: int
    """runs in which it was rerun because of a rig fault"""
    recent: tuple[RecentOutcome, ...]
    """oldest first"""
    figures: tuple[FigureTrend, ...]


def test_trends(tests: Iterable[PastTest]) -> list[TestTrend]:
    """Return a trend for each test and board, those that need attention first. tests: oldest run first."""
    found: dict[tuple[str, str], list[PastTest]] = {}
    for test in tests:
        found.setdefault((test.test, test.board), []).append(test)
    trends = [_trend(history) for history in found.values()]
    return sorted(trends, key=lambda trend: (_ORDER.index(trend.steadiness), -trend.flips, trend.test, trend.board))


test_trends.__test__ = False  # type: ignore[attr-defined]  # pytest: this is no test


def _trend(history: Sequence[PastTest]) -> TestTrend:
    answered = [test for test in history if test.outcome in _RIGHT | _WRONG]
    n_right = sum(test.outcome in _RIGHT for test in answered)
    flips = [
        (before, after)
        for before, after in pairwise(answered)
        if (before.outcome in _RIGHT) != (after.outcome in _RIGHT)
    ]
    same = sum(before.build_id == after.build_id for before, after in flips)
    last = history[-1]
    return TestTrend(
        test=last.test,
        board=last.board,
        type=last.type,
        steadiness=_steadiness(answered, same),
        n=len(answered),
        n_right=n_right,
        share=n_right / len(answered) if answered else None,
        interval=wilson(n_right, len(answered)),
        flips=len(flips),
        flips_same_build=same,
        n_rig=sum(test.outcome in {"rig", "not_run"} for test in history),
        n_rerun=sum(test.n_attempts > 0 for test in history),
        recent=tuple(
            RecentOutcome(
                run=test.run, started=test.started, build_id=test.build_id, outcome=test.outcome,
                n_attempts=test.n_attempts, headline=test.headline,
            )
            for test in history
        ),
        figures=tuple(_figures(history)),
    )  # fmt: skip


def _steadiness(answered: Sequence[PastTest], n_same_build: int) -> Steadiness:
    if not answered:
        return "unproven"
    if n_same_build:
        return "flaky"
    if answered[-1].outcome in _WRONG:
        return "failing"
    return "changed" if any(test.outcome in _WRONG for test in answered) else "steady"


def _figures(history: Sequence[PastTest]) -> Iterable[FigureTrend]:
    """Yield the trends of the duration of passed tests, and of the recorded figures."""
    passed = [test for test in history if test.outcome in _RIGHT]
    if passed:
        yield _figure("seconds", "s", [(test.run, test.seconds) for test in passed])
    found: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for test in history:
        for figure in test.figures:
            found.setdefault((figure.name, figure.unit), []).append((test.run, figure.value))
    for (name, unit), values in found.items():
        yield _figure(name, unit, values)


def _figure(name: str, unit: str, points: Sequence[tuple[int, float]]) -> FigureTrend:
    values = tuple(value for _, value in points)
    half = len(values) // 2
    older = median(values[:half]) if half >= 3 else 0.0
    return FigureTrend(
        name=name,
        unit=unit,
        runs=tuple(run for run, _ in points),
        values=values,
        median=median(values),
        change=median(values[-half:]) / older - 1.0 if older else None,
    )
