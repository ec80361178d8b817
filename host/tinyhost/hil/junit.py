"""JUnit XML of a rig run: one testsuite per board.

<failure type="test">           a wrong answer
<error type="rig">              the bench: a board is missing, a link is dead
<error type="build">            the firmware does not build
<error type="skipped">          a test skipped itself, so it checked nothing
<error type="not_run">          its turn never came
<skipped type="not_applicable"> it cannot apply to this board
"""

from __future__ import annotations

from tinyhost.hil.results import BoardResult, RigResult, TestResult
from tinyhost.system.junit import JUnitCase, JUnitSuite, Verdict, junit_document

__all__ = ["junit_xml"]


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
    )


def _verdict(test: TestResult) -> Verdict | None:
    if test.outcome == "passed":
        return None
    if test.outcome == "failed":
        return Verdict(element="failure", kind="test", message=test.headline, text=test.text)
    return Verdict(
        element="skipped" if test.outcome == "not_applicable" else "error",
        kind=test.outcome,
        message=test.headline,
        text=test.text,
    )
