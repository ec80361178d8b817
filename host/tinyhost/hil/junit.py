"""JUnit XML of a rig run: one testsuite per board.

<failure type="test">           a wrong answer
<failure type="cured">          it passes although it is in quarantine
<error type="rig">              the bench: a board is missing, a link is dead
<error type="build">            the firmware does not build
<error type="skipped">          a test skipped itself, so it checked nothing
<error type="not_run">          its turn never came
<skipped type="quarantined">    a wrong answer of a test in quarantine
<skipped type="not_applicable"> it cannot apply to this board
<flakyError>, <rerunError>      an attempt that a rig fault ended, of a test that passed in the end, or did not
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from tinyhost.hil.results import Attempt, BoardResult, Outcome, RigResult, TestResult, headline
from tinyhost.system.junit import JUnitCase, JUnitSuite, Rerun, Verdict, junit_document

__all__ = ["junit_xml"]

_ELEMENTS: Mapping[Outcome, Literal["failure", "error", "skipped"]] = {
    "failed": "failure",
    "cured": "failure",
    "quarantined": "skipped",
    "not_applicable": "skipped",
}


def junit_xml(result: RigResult) -> bytes:
    """Return the document, UTF-8."""
    return junit_document(result.rig, result.seconds, [_suite(result, board) for board in result.boards])


def _suite(result: RigResult, board: BoardResult) -> JUnitSuite:
    identity = {f"device.{key}": str(value) for key, value in board.identity.items()}
    return JUnitSuite(
        name=f"{result.rig}.{board.board.name}",
        timestamp=result.started.isoformat(timespec="seconds"),
        seconds=board.seconds,
        properties={"board": board.board.name, "board.type": board.board.type, **identity},
        cases=[_case(board, test) for test in board.tests],
        log="\n".join(board.log_tail),
    )


def _case(board: BoardResult, test: TestResult) -> JUnitCase:
    file, _, name = test.test.rpartition("::")
    return JUnitCase(
        classname=".".join(filter(None, [board.board.name, file.removesuffix(".py").replace("/", ".")])),
        name=name,
        seconds=test.seconds,
        properties=dict(test.properties),
        verdict=_verdict(test),
        reruns=[_rerun(test, attempt) for attempt in test.attempts],
    )


def _verdict(test: TestResult) -> Verdict | None:
    if test.outcome == "passed":
        return None
    kind = "test" if test.outcome == "failed" else test.outcome
    message = f"{test.quarantine}: {test.headline}" if test.outcome == "quarantined" else test.headline
    return Verdict(element=_ELEMENTS.get(test.outcome, "error"), kind=kind, message=message, text=test.text)


def _rerun(test: TestResult, attempt: Attempt) -> Rerun:
    return Rerun(
        element="flakyError" if test.outcome == "passed" else "rerunError",
        kind=attempt.outcome,
        message=f"{attempt.board}: {headline(attempt.text)}",
        text=attempt.text,
    )
