"""A task's findings for the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tinyhost.tasks.findings import Confusion, Figure, Grid, Note, Part, Section

__all__ = ["section_view"]

_STYLES = {"plain": "", "good": "bold green", "bad": "bold red", "warning": "yellow"}


def section_view(section: Section) -> RenderableType:
    """Return a section's sentences, figures and tables; its samples, curves and timelines are for reports."""
    parts: list[RenderableType] = [Text.assemble((section.title, "bold"), (f": {section.note}", "dim"))]
    parts += [_figure(figure) for figure in section.figures]
    for part in section.parts:
        parts += _part(part)
    return Group(*parts)


def _figure(figure: Figure) -> Text:
    unit = f" {figure.unit}" if figure.unit else ""
    return Text.assemble(f"{figure.name}: ", (f"{figure.value}{unit}", "bold"), (f"  {figure.more}", "dim"))


def _part(part: Part) -> list[RenderableType]:
    if isinstance(part, Note):
        return [Text(part.text, _STYLES[part.level])]
    if isinstance(part, Confusion):
        return [_confusion(part)]
    return [_grid(part)] if isinstance(part, Grid) else []


def _confusion(matrix: Confusion) -> Table:
    table = _table("true \\ predicted", *matrix.labels)
    for index, (label, row) in enumerate(zip(matrix.labels, matrix.counts, strict=True)):
        cells = [
            Text(str(n), "bold green" if column == index else "red" if n else "dim") for column, n in enumerate(row)
        ]
        table.add_row(Text(label), *cells)
    return table


def _grid(grid: Grid) -> Table:
    table = _table(*grid.headings)
    for row in grid.rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(Text(first))
    for heading in others:
        table.add_column(Text(heading), justify="right")
    return table
