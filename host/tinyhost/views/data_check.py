"""The issues of a data set."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from tinyhost.datasets.checking.findings import ISSUES
from tinyhost.system.wording import counted
from tinyhost.views.tables import plain_table

if TYPE_CHECKING:
    from tinyhost.datasets.checking.findings import DataCheck, DataFinding

__all__ = ["data_check_view"]

_SHOWN = 3
_STYLES = {"bad": "red", "look": "yellow", "note": "dim"}


def data_check_view(found: DataCheck) -> RenderableType:
    """Return a row for each issue, the first finding of each, and the checks that were not possible."""
    head = Text(f"{found.folder}: {counted(found.n_files, 'file')} of {counted(len(found.labels), 'label')} checked")
    if not found.findings:
        table: RenderableType = Text(f"none of {counted(len(found.checked), 'kind')} of fault found", "green")
    else:
        rows = plain_table("issue", "", "found", "what it is")
        for issue, count in found.issues.items():
            level = next(item.level for item in found.findings if item.issue == issue)
            rows.add_row(issue, (level, _STYLES[level]), f"{count:,}", ISSUES[issue])
        table = rows
    unknown = [
        Text.assemble(("not checked", "yellow"), f" {', '.join(item.issues)}: {item.reason}")
        for item in found.not_checked
    ]
    return Group(head, table, *_details(found), *unknown)


def _details(found: DataCheck) -> Iterator[Text]:
    ordered = sorted(found.findings, key=lambda item: list(ISSUES).index(item.issue))
    for issue, group in groupby(ordered, key=lambda item: item.issue):
        items = list(group)
        for item in items[:_SHOWN]:
            yield Text(f"{issue}: {_line(item)}")
        if len(items) > _SHOWN:
            yield Text(f"{issue}: {len(items) - _SHOWN:,} more; --json and --report list them all", "dim")


def _line(item: DataFinding) -> str:
    files = ", ".join(item.files[:_SHOWN])
    more = f" and {len(item.files) - _SHOWN:,} more" if len(item.files) > _SHOWN else ""
    return f"{files}{more}: {item.text}" if files else item.text
