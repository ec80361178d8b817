"""A sensor's remarks as the faults of a sample."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeGuard

from tinyhost.datasets.checking.findings import ISSUES, DataIssue
from tinyhost.datasets.checking.sample import Fault
from tinyhost.sensors.remarks import Remark

__all__ = ["faults_of"]


def faults_of(remarks: Iterable[Remark]) -> tuple[Fault, ...]:
    """Return the remarks that are about a sample."""
    return tuple(
        Fault(issue=remark.issue, level="bad" if remark.level == "bad" else "look", text=remark.text)
        for remark in remarks
        if _is_issue(remark.issue)
    )


def _is_issue(name: str) -> TypeGuard[DataIssue]:
    return name in ISSUES
