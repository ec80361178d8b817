"""The results on one board, accumulated from its event log while it grows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from tinyhost.hil.results import Attempt, BoardResult, Outcome, TestResult
from tinyhost.hil.rigs import RigBoard

__all__ = ["BoardRun"]

LOG_TAIL_LINES = 200


class BoardRun:
    """Accumulates the events of one board into its result as they arrive."""

    def __init__(self, board: RigBoard) -> None:
        self.board = board
        self.planned: tuple[str, ...] = ()
        self.stage = "starting"
        self.current: str | None = None
        self.finished = False
        self._identity: dict[str, Any] = {}
        self._titles: dict[str, str] = {}
        self._log: list[str] = []
        self._bench: Mapping[str, Any] | None = None
        self.left = ""
        """why the board takes no more of the shared tests"""
        self._seen: dict[str, None] = {}
        self._tests: dict[str, TestResult] = {}
        self._attempts: dict[str, tuple[Attempt, ...]] = {}
        self._properties: dict[str, dict[str, str]] = {}

    @property
    def tests(self) -> tuple[TestResult, ...]:
        """The results so far."""
        return tuple(self._tests.values())

    @property
    def seen(self) -> tuple[str, ...]:
        """All tests ever planned, including those that another board took."""
        return tuple(self._seen)

    def feed(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Process new events."""
        for event in events:
            getattr(self, f"_on_{event['event']}")(event)

    def cut_short(self, outcome: Outcome, text: str, *, shared: bool = False) -> None:
        """Record that the run itself broke, in the running or next test; the others did not run.

        shared: the others are left to the boards that share them.
        """
        waiting = [test for test in self.planned if test not in self._tests and test != self.current]
        if shared:
            self.left = self.left or text.partition("\n")[0]
            self.planned = tuple(test for test in self.planned if test in self._tests)
            if self.current:
                self.add(TestResult(test=self.current, outcome=outcome, phase="run", text=text))
            return
        broken = self.current or (waiting.pop(0) if waiting else "the test run")
        self.add(TestResult(test=broken, outcome=outcome, phase="run", text=text))
        for test in waiting:
            self.add(TestResult(test=test, outcome="not_run", phase="run", text=text.partition("\n")[0]))

    def add(self, result: TestResult) -> None:
        """Record a test's result; the first failure is kept."""
        old = self._tests.get(result.test)
        if old is None or old.outcome == "passed":
            self._tests[result.test] = replace(result, attempts=self._attempts.get(result.test, ()))

    def take_back(self, tests: Collection[str]) -> dict[str, tuple[Attempt, ...]]:
        """Remove the results of tests that will be run again; return each one's attempts so far."""
        gone = {test: self._tests.pop(test) for test in tests}
        self.planned = tuple(test for test in self.planned if test not in gone)
        return {
            test: (
                *self._attempts.pop(test, ()),
                Attempt(
                    outcome=old.outcome, phase=old.phase, seconds=old.seconds, text=old.text, board=self.board.name
                ),
            )
            for test, old in gone.items()
        }

    def begin_again(self, attempts: Mapping[str, tuple[Attempt, ...]]) -> None:
        """Expect the events of another process, which reruns tests that had attempts on any board."""
        self._attempts.update(attempts)
        self.finished = False
        self.current = None
        self.left = ""

    def result(self, seconds: float) -> BoardResult:
        """Return the result so far."""
        order = {test: n for n, test in enumerate(self._seen)}
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
            left=self.left,
            bench=self._bench,
        )

    def _on_plan(self, event: Mapping[str, Any]) -> None:
        self.planned = tuple(dict.fromkeys((*self.planned, *event["tests"])))
        self._seen |= dict.fromkeys(event["tests"])
        self._titles |= event["titles"]
        for entry in event["not_applicable"]:
            self.add(TestResult(test=entry["test"], outcome="not_applicable", phase="collect", text=entry["reason"]))

    def _on_stage(self, event: Mapping[str, Any]) -> None:
        self.stage = event["text"]

    def _on_identity(self, event: Mapping[str, Any]) -> None:
        self._identity = dict(event["device"])

    def _on_bench(self, event: Mapping[str, Any]) -> None:
        self._bench = event["document"]

    def _on_start(self, event: Mapping[str, Any]) -> None:
        self.current = event["test"]

    def _on_elsewhere(self, event: Mapping[str, Any]) -> None:
        self.planned = tuple(test for test in self.planned if test != event["test"])

    def _on_left(self, event: Mapping[str, Any]) -> None:
        self.left = event["text"]
        self.planned = tuple(test for test in self.planned if test in self._tests)

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
