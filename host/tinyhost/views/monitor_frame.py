"""The frame of the monitor's figures: header, device log, footer, and the panels' borders."""

from __future__ import annotations

from rich.console import RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tinyhost.system.wording import counted
from tinyhost.tasks.live import Snapshot
from tinyhost.views.bars import ACCENT, BAD, DIM, RAW, TRACK

__all__ = ["WIDE_COLUMNS", "device_log", "footer", "header_lines", "panel"]

WIDE_COLUMNS = 72
"""minimum width for the sensor beside the predictions"""
_NOTED_COLUMNS = 100
_LOGGED_ROWS = 20
"""a lower terminal shows no log"""
_LEVEL_STYLES = {"error": BAD, "warning": RAW, "info": ACCENT}
_EDGE = "#3c4a58"


def header_lines(state: Snapshot, columns: int) -> RenderableType:
    """Return board, app, firmware and model, as far as they fit."""
    head = state.header
    if head is None:
        return Text.assemble((" tinyhost ", f"bold #0f1419 on {ACCENT}"), "  ", (state.waiting, DIM))
    line = Table.grid(expand=True, padding=(0, 1))
    line.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    line.add_column(no_wrap=True, justify="right")
    app = f"  {head.app}, {head.firmware}" if columns >= WIDE_COLUMNS else f"  {head.app}"
    left = Text.assemble((" tinyhost ", f"bold #0f1419 on {ACCENT}"), "  ", (head.board, "bold"), (app, DIM))
    right = Text.assemble(
        (head.model, f"bold {ACCENT}"), (f"  {head.model_note}" if columns >= _NOTED_COLUMNS else "", DIM)
    )
    line.add_row(left, right)
    return line


def panel(inner: RenderableType, title: str, subtitle: str = "") -> Panel:
    """Return a view in a border with a title."""
    return Panel(
        inner,
        title=Text(title, DIM),
        title_align="left",
        subtitle=Text(subtitle, DIM) if subtitle else None,
        subtitle_align="left",
        border_style=_EDGE,
    )


def device_log(state: Snapshot, rows: int) -> tuple[RenderableType, int]:
    """Return the device's last log lines, and the number of the terminal's `rows` that they take: one if there are
    none.
    """
    if rows < _LOGGED_ROWS:
        return Text(), 0
    if not state.log:
        return Text(" device log: the board has written nothing", DIM, no_wrap=True, overflow="ellipsis"), 1
    shown = state.log[-max(3, min(8, rows // 5)) :]
    lines = Text(no_wrap=True, overflow="ellipsis")
    for index, line in enumerate(shown):
        lines.append("\n" if index else "")
        lines.append(f"{line.time_s:7.1f} s  ", DIM)
        lines.append(line.text, _LEVEL_STYLES.get(line.level, DIM))
    return panel(lines, "device log"), len(shown) + 2


def footer(state: Snapshot, columns: int, *, paused: bool, preview: bool) -> Text:
    """Return the keys' functions and the counts."""
    is_wide = columns >= WIDE_COLUMNS
    text = Text(no_wrap=True, overflow="ellipsis")
    other = ("sensor off" if preview else "sensor on") if is_wide else ("sensor" if preview else "predictions")
    for key, what in (("q", "quit"), ("space", "go on" if paused else "pause"), ("c", other)):
        text.append(f" {key} ", f"bold on {TRACK}")
        text.append(f" {what}  ", DIM)
    number = counted(state.n_readings, "prediction") if is_wide else f"{state.n_readings:,}"
    text.append(f"{number} in {state.seconds:.0f} s", DIM)
    return text
