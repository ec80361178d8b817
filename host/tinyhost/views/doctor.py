"""The table of a self-test's findings."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from tinyhost.views.tables import plain_table

if TYPE_CHECKING:
    from tinyhost.sensors import CheckResult

__all__ = ["check_table", "failure_lines"]

_MARKS = {
    "passed": ("ok", "green"),
    "failed": ("FAILED", "bold red"),
    "skipped": ("–", "yellow"),
    "noted": ("·", "cyan"),
}
_LEAST_GROUP = 3


def check_table(results: list[CheckResult]) -> Table:
    """Return a row for each check; lines that are all good share one."""
    table = plain_table("", "check", "measured", "expected")
    for (_, verdict), group in groupby(results, key=lambda result: (result.check, result.verdict)):
        mark, colour = _MARKS.get(verdict, (verdict, "bold yellow"))
        alike = list(group)
        if verdict == "passed" and len(alike) >= _LEAST_GROUP and alike[0].unit == "line_state":
            title = f"{alike[0].title} to {alike[-1].title.rsplit(' ', 1)[-1]}"
            table.add_row(Text(mark, colour), title, "all change", "")
            continue
        for result in alike:
            style = "bold" if verdict == "failed" else "dim" if verdict == "skipped" else ""
            table.add_row(
                Text(mark, colour), Text(result.title, style), Text(result.shown, style), Text(result.expected, "dim")
            )
    return table


def failure_lines(results: list[CheckResult]) -> Iterator[Text]:
    """Yield what each failure means and what to do, each thing once."""
    said = set()
    for result in results:
        if result.failed and result.meaning and (result.meaning, result.action) not in said:
            said.add((result.meaning, result.action))
            yield Text.assemble(
                ("✖ ", "red"), (result.meaning, "bold"), (f"\n  {result.action}" if result.action else "", "cyan")
            )
