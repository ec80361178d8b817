"""JUnit XML for CI servers; characters that XML 1.0 forbids are replaced."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from xml.etree import ElementTree as ET

__all__ = ["JUnitCase", "JUnitSuite", "Rerun", "Verdict", "junit_document"]

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The reason why a case did not pass."""

    element: Literal["failure", "error", "skipped"]
    kind: str
    """the element's type"""
    message: str
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Rerun:
    """An earlier result of a rerun case, in the elements of Maven's Surefire, which CI servers know."""

    element: Literal["flakyError", "rerunError"]
    """flakyError: it passed in the end"""
    kind: str
    message: str
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class JUnitCase:
    """One test."""

    classname: str
    name: str
    seconds: float = 0.0
    properties: Mapping[str, str] = field(default_factory=dict)
    verdict: Verdict | None = None
    """None: it passed"""
    reruns: Sequence[Rerun] = ()


@dataclass(frozen=True, kw_only=True)
class JUnitSuite:
    """Tests of one board."""

    name: str
    timestamp: str
    seconds: float
    properties: Mapping[str, str]
    cases: Sequence[JUnitCase]
    log: str = ""


def junit_document(name: str, seconds: float, suites: Sequence[JUnitSuite]) -> bytes:
    """Return the document, UTF-8."""
    root = ET.Element("testsuites", _totals(case for suite in suites for case in suite.cases))
    root.set("name", _clean(name))
    root.set("time", f"{seconds:.3f}")
    for suite in suites:
        root.append(_suite(suite))
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _suite(suite: JUnitSuite) -> ET.Element:
    node = ET.Element("testsuite", _totals(suite.cases))
    node.set("name", _clean(suite.name))
    node.set("timestamp", suite.timestamp)
    node.set("time", f"{suite.seconds:.3f}")
    _properties(node, suite.properties)
    for case in suite.cases:
        node.append(_case(case))
    if suite.log:
        ET.SubElement(node, "system-out").text = _clean(suite.log)
    return node


def _case(case: JUnitCase) -> ET.Element:
    named = {"classname": _clean(case.classname), "name": _clean(case.name), "time": f"{case.seconds:.4f}"}
    node = ET.Element("testcase", named)
    _properties(node, case.properties)
    if (verdict := case.verdict) is not None:
        found = ET.SubElement(node, verdict.element, {"type": verdict.kind, "message": _clean(verdict.message)})
        found.text = _clean(verdict.text)
    for rerun in case.reruns:
        found = ET.SubElement(node, rerun.element, {"type": rerun.kind, "message": _clean(rerun.message)})
        found.text = _clean(rerun.text)
    return node


def _properties(parent: ET.Element, values: Mapping[str, str]) -> None:
    if values:
        node = ET.SubElement(parent, "properties")
        for name, value in values.items():
            ET.SubElement(node, "property", {"name": _clean(name), "value": _clean(value)})


def _totals(cases: Iterable[JUnitCase]) -> dict[str, str]:
    elements = [case.verdict.element if case.verdict else "" for case in cases]
    return {
        "tests": str(len(elements)),
        "failures": str(elements.count("failure")),
        "errors": str(elements.count("error")),
        "skipped": str(elements.count("skipped")),
    }


def _clean(text: str) -> str:
    """Return the text with all characters replaced that XML 1.0 cannot contain."""
    return _FORBIDDEN.sub("\ufffd", text)
