"""A gate's conditions in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from tinyhost.bench.gate import figure_text
from tinyhost.views.tables import plain_table

if TYPE_CHECKING:
    from tinyhost.bench.result import GateResult

__all__ = ["gate_view"]


def gate_view(gate: GateResult) -> list[RenderableType]:
    """Return the conditions and the values that they were compared with."""
    table = plain_table("fails if", "baseline", "now", "change", "", "")
    for item in gate.judgements:
        table.add_row(
            item.condition,
            figure_text(item.before, item.unit),
            figure_text(item.now, item.unit),
            item.change,
            ("kept", "bold green") if item.holds else ("broken", "bold red"),
            (item.remark, "dim"),
        )
    same = "same" if gate.same_model else "another"
    firmware = "the same firmware" if gate.same_firmware else f"firmware {gate.build_id}"
    return [table, Text(f"baseline: {gate.source}, {gate.time}, {firmware}, {same} model", "dim")]
