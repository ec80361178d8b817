"""JUnit XML of a rig run: one testsuite per board.

    <failure type="test">           a wrong answer
    <error type="rig">              the bench: a board is missing, a link is dead
    <error type="build">            the firmware does not build
    <error type="skipped">          a test skipped itself, so it checked nothing
    <error type="not_run">          its turn never came
    <skipped type="not_applicable"> it cannot apply to this board

Text from the device is stripped of what XML 1.0 forbids.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from tinyhost.hil.results import BAD_OUTCOMES, BoardResult, RigResult, TestResult

__all__ = ["junit_xml"]

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(result: RigResult) -> bytes:
    """Return the document, UTF-8."""
    root = ET.Element("testsuites", _totals(test for board in result.boards for test in board.tests))
    root.set("name", _clean(result.rig))
    root.set("time", f"{result.seconds:.3f}")
    for board in result.boards:
        root.append(_suite(result, board))
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _suite(result: RigResult, board: BoardResult) -> ET.Element:
    suite = ET.Element("testsuite", _totals(board.tests))
    suite.set("name", _clean(f"{result.rig}.{board.board.name}"))
    suite.set("timestamp", result.started.isoformat(timespec="seconds"))
    suite.set("time", f"{board.seconds:.3f}")
    identity = {f"device.{key}": str(value) for key, value in board.identity.items()}
    _properties(suite, {"board": board.board.name, "board.type": board.board.type, **identity})
    for test in board.tests:
        suite.append(_case(board, test))
    if board.log_tail:
        ET.SubElement(suite, "system-out").text = _clean("\n".join(board.log_tail))
    return suite


def _case(board: BoardResult, test: TestResult) -> ET.Element:
    file, _, name = test.test.rpartition("::")
    classname = ".".join(filter(None, [board.board.name, file.removesuffix(".py").replace("/", ".")]))
    case = ET.Element("testcase", {"classname": _clean(classname), "name": _clean(name), "time": f"{test.seconds:.4f}"})
    _properties(case, dict(test.properties))
    kinds = {"failed": ("failure", "test"), "not_applicable": ("skipped", "not_applicable")}
    if test.outcome != "passed":
        element, kind = kinds.get(test.outcome, ("error", test.outcome))
        found = ET.SubElement(case, element, {"type": kind, "message": _clean(test.headline)})
        found.text = _clean(test.text)
    return case


def _properties(parent: ET.Element, values: dict[str, str]) -> None:
    if values:
        node = ET.SubElement(parent, "properties")
        for name, value in values.items():
            ET.SubElement(node, "property", {"name": _clean(name), "value": _clean(value)})


def _totals(tests: Iterable[TestResult]) -> dict[str, str]:
    outcomes = [test.outcome for test in tests]
    errors = sum(outcome in BAD_OUTCOMES and outcome != "failed" for outcome in outcomes)
    return {
        "tests": str(len(outcomes)),
        "failures": str(outcomes.count("failed")),
        "errors": str(errors),
        "skipped": str(outcomes.count("not_applicable")),
    }


def _clean(text: str) -> str:
    """Return the text with every character that XML 1.0 has no way to hold replaced."""
    return _FORBIDDEN.sub("\ufffd", text)
