"""The results of a rig run, for the writers of JUnit, JSON and HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from tinyhost.hil.rigs import RigBoard
from tinyhost.system.wording import counted

__all__ = [
    "BAD_OUTCOMES",
    "OUTCOME_WORDS",
    "Attempt",
    "BoardResult",
    "Outcome",
    "Problem",
    "RigResult",
    "TestResult",
    "find_problems",
    "headline",
    "reran",
]

Outcome = Literal["passed", "failed", "cured", "rig", "build", "skipped", "not_run", "quarantined", "not_applicable"]
# A skipped test checked nothing, so it is no pass; one that cannot apply to a board is `not_applicable`, with a reason.
BAD_OUTCOMES: tuple[Outcome, ...] = ("failed", "cured", "rig", "build", "skipped", "not_run")
OUTCOME_WORDS: Mapping[Outcome, str] = {
    "passed": "passed",
    "failed": "failed",
    "cured": "passed although in quarantine",
    "rig": "stopped by a rig fault",
    "build": "without firmware: it does not build",
    "skipped": "skipped",
    "not_run": "did not run",
    "quarantined": "failed in quarantine",
    "not_applicable": "not applicable",
}

_RETRY_S = 1e-3


def headline(text: str) -> str:
    """Return the most telling line of a failure: pytest's first `E` line, else the first that is not empty."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    marked = [line[1:].strip() for line in lines if line.startswith("E ")]
    return next(iter(marked + lines), "")


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """An earlier result of a test that was rerun after a rig fault."""

    outcome: Outcome
    phase: str
    """the phase in which it ended: `collect`, `setup`, `call`, `teardown`, `run`"""
    seconds: float
    text: str
    """the failure"""
    board: str
    """the board's name in the rig file"""


@dataclass(frozen=True, kw_only=True)
class TestResult:
    """The result of one test on one board."""

    __test__ = False  # pytest: this is no test class

    test: str
    """pytest's id"""
    outcome: Outcome
    phase: str = "call"
    """the phase in which it ended: `collect`, `setup`, `call`, `teardown`, `run`"""
    seconds: float = 0.0
    text: str = ""
    """the failure, or why the test does not apply"""
    properties: Mapping[str, str] = field(default_factory=dict)
    """the test's recorded properties, by name"""
    attempts: tuple[Attempt, ...] = ()
    """earlier attempts if it was rerun, oldest first"""
    quarantine: str = ""
    """reason, owner and expiry date if it is in the quarantine file"""

    @property
    def headline(self) -> str:
        """The most telling line of `text`."""
        return headline(self.text)


@dataclass(frozen=True, kw_only=True)
class BoardResult:
    """The results of one board.

    identity: its INFO reply, empty if it never answered. titles: the title of each test file. log_tail: the last log
    lines of the board. left: why a board that shares tests was lost for good. bench: the document of its benchmark, if
    one was configured and completed.
    """

    board: RigBoard
    tests: tuple[TestResult, ...]
    identity: Mapping[str, Any]
    log_tail: tuple[str, ...]
    seconds: float
    titles: Mapping[str, str] = field(default_factory=dict)
    left: str = ""
    bench: Mapping[str, Any] | None = None

    def attempts_from(self, started: datetime) -> Iterator[tuple[TestResult, float, int]]:
        """Yield each attempt at each test, when it began as a Unix time, and its number from 0 on.

        The times are laid out from the run's beginning, in the board's order; earlier attempts come first.
        """
        begin_s = started.timestamp()
        for test in self.tests:
            for n, attempt in enumerate(test.attempts):
                old = TestResult(test=test.test, outcome=attempt.outcome, seconds=attempt.seconds, text=attempt.text)
                yield old, begin_s, n
                begin_s += attempt.seconds + _RETRY_S
            yield test, begin_s, len(test.attempts)
            begin_s += test.seconds

    @property
    def counts(self) -> Mapping[Outcome, int]:
        """Number of tests by outcome."""
        return Counter(test.outcome for test in self.tests)

    @property
    def passed(self) -> bool:
        """True if a test ran, none failed and the board stayed."""
        is_clean = not self.left and not any(self.counts[outcome] for outcome in BAD_OUTCOMES)
        return is_clean and bool(self.counts["passed"])


@dataclass(frozen=True, kw_only=True)
class RigResult:
    """The results of a whole run."""

    rig: str
    rig_file: str
    started: datetime
    seconds: float
    boards: tuple[BoardResult, ...]
    interrupted: bool = False
    unmatched: tuple[str, ...] = ()
    """entries of the quarantine file that match no test of this run, each with its line"""

    @property
    def passed(self) -> bool:
        """True if every board passed, the run was not interrupted, and all quarantine entries match tests."""
        clean = not (self.interrupted or self.unmatched)
        return clean and bool(self.boards) and all(board.passed for board in self.boards)

    @property
    def counts(self) -> Mapping[Outcome, int]:
        """Number of tests by outcome, over all boards."""
        return sum((Counter(board.counts) for board in self.boards), Counter())

    def verdict(self) -> str:
        """Return the result in one line, with the boards' names."""
        bad = [
            f"{board.counts[outcome]} {OUTCOME_WORDS[outcome]} on {board.board.name}"
            for board in self.boards
            for outcome in BAD_OUTCOMES
            if board.counts[outcome]
        ]
        bad += [
            f"{'nothing passed on' if board.tests else 'no test was found for'} {board.board.name}"
            for board in self.boards
            if not board.counts["passed"]
        ]
        bad += [f"{board.board.name} left: {board.left}" for board in self.boards if board.left]
        bad += [f"{entry}: no such test" for entry in self.unmatched]
        return (
            "; ".join(bad)
            if bad
            else f"{counted(self.counts['passed'], 'test')} passed on {counted(len(self.boards), 'board')}"
        )


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One kind of failure on one board, in one test or in several. first: the first of the tests, for its text."""

    board: str
    first: TestResult
    tests: tuple[str, ...]


def find_problems(result: RigResult) -> list[Problem]:
    """Return the failures, failed tests first; rig faults with the same text are one problem."""
    found: dict[tuple[str, ...], Problem] = {}
    for board in result.boards:
        for test in board.tests:
            if test.outcome in BAD_OUTCOMES:
                unique = test.test if test.outcome == "failed" else ""
                key = (board.board.name, test.outcome, test.headline, unique)
                old = found.get(key, Problem(board=board.board.name, first=test, tests=()))
                found[key] = replace(old, tests=(*old.tests, test.test))
    return sorted(found.values(), key=lambda problem: BAD_OUTCOMES.index(problem.first.outcome))


def reran(result: RigResult) -> list[tuple[BoardResult, TestResult]]:
    """Return the tests that ended differently when they were rerun after a rig fault."""
    return [
        (board, test)
        for board in result.boards
        for test in board.tests
        if test.attempts and test.outcome not in {"rig", "not_run"}
    ]
