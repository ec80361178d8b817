"""Two engines on one board, side by side, in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from tinyhost.bench.result import Agreement, BenchResult

__all__ = ["engines_view"]


def engines_view(result: BenchResult) -> list[RenderableType]:
    """Return the table of the model's cost with each engine; empty if only one was measured."""
    other = result.other
    if other is None:
        return []
    unit = result.latency.unit
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("engines compared")
    for name in (result.device.engine, other.engine, "times"):
        table.add_column(Text(name), justify="right")
    ours, theirs = result.latency, other.latency
    rows = [(f"invoke, {unit}", ours.invoke.median, theirs.invoke.median)]
    if ours.preprocess and theirs.preprocess:
        rows.append((f"preprocess, {unit}", ours.preprocess.median, theirs.preprocess.median))
    rows += [
        ("arena, B", result.model.arena_bytes, other.model.arena_bytes),
        ("model image, B", result.model.flash_bytes, other.model.flash_bytes),
        ("program, B", other.own_program_bytes, other.program_bytes),
    ]
    for name, own, compared in rows:
        times = f"{compared / own:.2f}" if own else "-"
        table.add_row(Text(name), f"{own:,}", f"{compared:,}", Text(times, "bold"))
    if result.agreement or other.agreement:
        table.add_row(
            Text("other than " + _against(result)), _mismatches(result.agreement), _mismatches(other.agreement), ""
        )
    return [table]


def _against(result: BenchResult) -> str:
    return result.agreement.against if result.agreement else "the reference"


def _mismatches(agreement: Agreement | None) -> Text:
    if agreement is None:
        return Text("-")
    style = "green" if agreement.mismatches == 0 else "bold red"
    return Text(f"{agreement.mismatches} of {agreement.compared}", style)
