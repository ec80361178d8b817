"""The results of `tinyhost doctor`: tables and remedies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.text import Text

from tinyhost.views.tables import PlainTable, plain_table

if TYPE_CHECKING:
    from tinyhost.boards.checks import Check
    from tinyhost.protocol.faults import FaultRecord
    from tinyhost.sensors import CheckResult

__all__ = ["check_table", "failure_lines", "fault_lines", "fix_lines", "machine_table"]

_MARKS = {
    "passed": ("ok", "green"),
    "failed": ("FAILED", "bold red"),
    "skipped": ("–", "yellow"),
    "noted": ("·", "cyan"),
}
_MACHINE_MARKS = {"ok": ("ok", "green"), "missing": ("missing", "bold red"), "warning": ("look", "yellow")}
_LEAST_GROUP = 3


def machine_table(checks: Sequence[Check]) -> PlainTable:
    """Return a row for each check of this machine."""
    table = plain_table("", "what", "for", "found")
    for check in checks:
        table.add_row(_MACHINE_MARKS[check.state], check.name, (check.needed_for, "dim"), check.detail)
    return table


def fix_lines(checks: Sequence[Check]) -> Iterator[Text]:
    """Yield the exact fix for each failed check."""
    for check in checks:
        if check.fix:
            yield Text.assemble((check.name, "bold"), ": ", (check.fix, "cyan"))


def check_table(results: list[CheckResult]) -> PlainTable:
    """Return a row for each check of a self-test; passed lines share one."""
    table = plain_table("", "check", "measured", "expected")
    for (_, verdict), group in groupby(results, key=lambda result: (result.check, result.verdict)):
        mark, colour = _MARKS.get(verdict, (verdict, "bold yellow"))
        alike = list(group)
        if verdict == "passed" and len(alike) >= _LEAST_GROUP and alike[0].unit == "line_state":
            title = f"{alike[0].title} to {alike[-1].title.rsplit(' ', 1)[-1]}"
            table.add_row((mark, colour), title, "all change", "")
            continue
        for result in alike:
            style = "bold" if verdict == "failed" else "dim" if verdict == "skipped" else ""
            table.add_row((mark, colour), (result.title, style), (result.shown, style), (result.expected, "dim"))
    return table


def fault_lines(fault: FaultRecord | None) -> Iterator[Text]:
    """Yield the board's last fault and its remedy; nothing without a fault."""
    if fault is None:
        return
    since = "" if fault.is_cause_of_start else "before its last start, "
    yield Text.assemble(
        ("▲ ", "yellow"),
        (f"{since}the board's firmware was stopped by a {fault}: {fault.meaning}", "bold"),
        (f"\n  {fault.action}", "cyan"),
    )


def failure_lines(results: list[CheckResult]) -> Iterator[Text]:
    """Yield the cause and the remedy of each failure, each once."""
    said = set()
    for result in results:
        if result.failed and result.meaning and (result.meaning, result.action) not in said:
            said.add((result.meaning, result.action))
            yield Text.assemble(
                ("✖ ", "red"), (result.meaning, "bold"), (f"\n  {result.action}" if result.action else "", "cyan")
            )
