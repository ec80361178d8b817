"""What a rig run found: values that the JUnit, JSON and HTML writers print, folded from the event log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from tinyhost.hil.rigs import RigBoard
from tinyhost.system.wording import counted

__all__ = [
    "BAD_OUTCOMES",
    "OUTCOME_WORDS",
    "BoardResult",
    "BoardRun",
    "Outcome",
    "Problem",
    "RigResult",
    "TestResult",
    "find_problems",
]

Outcome = Literal["passed", "failed", "rig", "build", "skipped", "not_run", "not_applicable"]
# A skipped test checked nothing, so it is no pass; one that cannot apply to a board is `not_applicable`, with a reason.
BAD_OUTCOMES: tuple[Outcome, ...] = ("failed", "rig", "build", "skipped", "not_run")
OUTCOME_WORDS: Mapping[Outcome, str] = {
    "passed": "passed",
    "failed": "failed",
    "rig": "stopped by a rig fault",
    "build": "without firmware: it does not build",
    "skipped": "skipped",
    "not_run": "did not run",
    "not_applicable": "not applicable",
}
LOG_TAIL_LINES = 200


@dataclass(frozen=True, kw_only=True)
class TestResult:
    """One test on one board."""

    __test__ = False  # pytest: this is no test class

    test: str
    """pytest's id"""
    outcome: Outcome
    phase: str = "call"
    """in which it ended: `collect`, `setup`, `call`, `teardown`, `run`"""
    seconds: float = 0.0
    text: str = ""
    """the failure, or why the test does not apply"""
    properties: Mapping[str, str] = field(default_factory=dict)
    """what the test recorded, by name"""

    @property
    def headline(self) -> str:
        """The line of `text` that says most: pytest's first `E` line, else the first that is not empty."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        marked = [line[1:].strip() for line in lines if line.startswith("E ")]
        return next(iter(marked + lines), "")


@dataclass(frozen=True, kw_only=True)
class BoardResult:
    """All tests on one board.

    identity: its INFO reply, empty if it never answered. titles: what each test file is about. log_tail: the last lines
    that the board wrote.
    """

    board: RigBoard
    tests: tuple[TestResult, ...]
    identity: Mapping[str, Any]
    log_tail: tuple[str, ...]
    seconds: float
    titles: Mapping[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> Mapping[Outcome, int]:
        """Number of tests by outcome."""
        return Counter(test.outcome for test in self.tests)

    @property
    def passed(self) -> bool:
        """True if something ran and nothing went wrong."""
        return bool(self.counts["passed"]) and not any(self.counts[outcome] for outcome in BAD_OUTCOMES)


@dataclass(frozen=True, kw_only=True)
class RigResult:
    """A whole run."""

    rig: str
    rig_file: str
    started: datetime
    seconds: float
    boards: tuple[BoardResult, ...]
    interrupted: bool = False

    @property
    def passed(self) -> bool:
        """True if every board passed and nobody interrupted the run."""
        return not self.interrupted and bool(self.boards) and all(board.passed for board in self.boards)

    @property
    def counts(self) -> Mapping[Outcome, int]:
        """Number of tests by outcome, over all boards."""
        return sum((Counter(board.counts) for board in self.boards), Counter())

    def verdict(self) -> str:
        """Return one line: what passed and what did not, boards named."""
        bad = [
            f"{board.counts[outcome]} {OUTCOME_WORDS[outcome]} on {board.board.name}"
            for board in self.boards
            for outcome in BAD_OUTCOMES
            if board.counts[outcome]
        ]
        bad += [f"nothing passed on {board.board.name}" for board in self.boards if not board.counts["passed"]]
        return (
            "; ".join(bad)
            if bad
            else f"{counted(self.counts['passed'], 'test')} passed on {counted(len(self.boards), 'board')}"
        )


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What went wrong in one way on one board, in one test or in many. first: the first of the tests, for its text."""

    board: str
    first: TestResult
    tests: tuple[str, ...]


def find_problems(result: RigResult) -> list[Problem]:
    """Return what went wrong, wrong answers first; tests that one fault stopped in the same words are one problem."""
    found: dict[tuple[str, ...], Problem] = {}
    for board in result.boards:
        for test in board.tests:
            if test.outcome in BAD_OUTCOMES:
                unique = test.test if test.outcome == "failed" else ""
                key = (board.board.name, test.outcome, test.headline, unique)
                old = found.get(key, Problem(board=board.board.name, first=test, tests=()))
                found[key] = replace(old, tests=(*old.tests, test.test))
    return sorted(found.values(), key=lambda problem: BAD_OUTCOMES.index(problem.first.outcome))


class BoardRun:
    """Folds the events of one board into its result, while they come."""

    def __init__(self, board: RigBoard) -> None:
        self.board = board
        self.planned: tuple[str, ...] = ()
        self.stage = "starting"
        self.current: str | None = None
        self.finished = False
        self._identity: dict[str, Any] = {}
        self._titles: dict[str, str] = {}
        self._log: list[str] = []
        self._tests: dict[str, TestResult] = {}
        self._properties: dict[str, dict[str, str]] = {}

    @property
    def tests(self) -> tuple[TestResult, ...]:
        """Results so far."""
        return tuple(self._tests.values())

    def feed(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Take new events."""
        for event in events:
            getattr(self, f"_on_{event['event']}")(event)

    def cut_short(self, outcome: Outcome, text: str) -> None:
        """Record that the run itself broke, in the test that was running or would be next; the others did not run."""
        waiting = [test for test in self.planned if test not in self._tests and test != self.current]
        broken = self.current or (waiting.pop(0) if waiting else "the test run")
        self.add(TestResult(test=broken, outcome=outcome, phase="run", text=text))
        for test in waiting:
            self.add(TestResult(test=test, outcome="not_run", phase="run", text=text.partition("\n")[0]))

    def add(self, result: TestResult) -> None:
        """Record a test's result; what went wrong first stays."""
        old = self._tests.get(result.test)
        if old is None or old.outcome == "passed":
            self._tests[result.test] = result

    def result(self, seconds: float) -> BoardResult:
        """Return what came so far."""
        order = {test: n for n, test in enumerate(self.planned)}
        last = len(order)
        tests = sorted(
            self._tests.values(),
            key=lambda test: last if test.outcome == "not_applicable" else order.get(test.test, -1),
        )
        return BoardResult(
            board=self.board,
            tests=tuple(tests),
            identity=self._identity,
            log_tail=tuple(self._log[-LOG_TAIL_LINES:]),
            seconds=seconds,
            titles=self._titles,
        )

    def _on_plan(self, event: Mapping[str, Any]) -> None:
        self.planned = tuple(event["tests"])
        self._titles = dict(event["titles"])
        for entry in event["not_applicable"]:
            self.add(TestResult(test=entry["test"], outcome="not_applicable", phase="collect", text=entry["reason"]))

    def _on_stage(self, event: Mapping[str, Any]) -> None:
        self.stage = event["text"]

    def _on_identity(self, event: Mapping[str, Any]) -> None:
        self._identity = dict(event["device"])

    def _on_start(self, event: Mapping[str, Any]) -> None:
        self.current = event["test"]

    def _on_property(self, event: Mapping[str, Any]) -> None:
        self._properties.setdefault(event["test"], {})[event["name"]] = event["value"]

    def _on_end(self, event: Mapping[str, Any]) -> None:
        properties = self._properties.get(event["test"], {})
        self.add(TestResult(properties=properties, **{k: v for k, v in event.items() if k != "event"}))
        self.current = None

    def _on_log(self, event: Mapping[str, Any]) -> None:
        self._log.append(event["text"])

    def _on_done(self, event: Mapping[str, Any]) -> None:
        self.finished = True
