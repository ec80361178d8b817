"""Tables without lines."""

from __future__ import annotations

from rich.table import Table

__all__ = ["plain_table"]


def plain_table(*headings: str) -> Table:
    """Return a table without lines, with these headings."""
    table = Table(box=None, pad_edge=False, padding=(0, 2), header_style="bold")
    for heading in headings:
        table.add_column(heading)
    return table
