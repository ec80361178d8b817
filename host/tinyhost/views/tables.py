"""Tables without lines, which do not need rich: its import would be half of the time of `tinyhost boards`."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

__all__ = ["Cell", "PlainTable", "plain_table"]

Cell = str | tuple[str, str]
"""Text, or text and its style: words of bold, dim, red, green, yellow, cyan."""

_GAP, _LEAST_GAP = 4, 2
_LEAST = 8
_MUCH = 10_000


class PlainTable:
    """Rows of cells below headings."""

    def __init__(self, headings: Sequence[str]) -> None:
        self._headings = headings
        self._rows: list[list[tuple[str, str]]] = []

    def add_row(self, *cells: Cell, style: str = "") -> None:
        """Add a row. style: for the cells without one of their own."""
        self._rows.append([(cell, style) if isinstance(cell, str) else cell for cell in cells])

    def lines(self, width: int | None) -> Iterator[list[tuple[str, str]]]:
        """Yield the lines, as texts with their styles; the widest columns are broken until all are within `width`."""
        rows = [[(heading, "bold") for heading in self._headings], *self._rows]
        widths = [max(_cells(text) for text, _ in column) for column in zip(*rows, strict=True)]
        most, n_gaps = width or _MUCH, len(widths) - 1
        gap = _GAP if sum(widths) + _GAP * n_gaps <= most else _LEAST_GAP
        _narrow(widths, most - gap * n_gaps)
        for row in rows:
            broken = [_broken(text, most) for (text, _), most in zip(row, widths, strict=True)]
            for index in range(max(map(len, broken))):
                yield _line([lines[index] if index < len(lines) else "" for lines in broken], row, widths, gap)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines for a view that holds the table."""
        from rich.text import Text

        for line in self.lines(options.max_width):
            yield Text.assemble(*line)


def plain_table(*headings: str) -> PlainTable:
    """Return a table without lines, with these headings."""
    return PlainTable(headings)


def _cells(text: str) -> int:
    """Return a text's width in terminal cells."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(bool(unicodedata.combining(char)) for char in text)


def _narrow(widths: list[int], most: int) -> None:
    """Narrow the widest columns until all are within `most`, or none can be narrowed further."""
    while sum(widths) > most and max(widths) > _LEAST:
        widths[widths.index(max(widths))] -= 1


def _broken(text: str, width: int) -> list[str]:
    """Return the text in lines of at most `width` cells; only longer words are broken."""
    if _cells(text) <= width:
        return [text]
    return textwrap.wrap(text, max(width * len(text) // _cells(text), 1)) or [""]


def _line(texts: list[str], row: list[tuple[str, str]], widths: list[int], gap: int) -> list[tuple[str, str]]:
    """Return a line's texts with their styles, each but the last one padded to its column."""
    last = max((index for index, text in enumerate(texts) if text), default=0)
    styled: list[tuple[str, str]] = []
    for index, text in enumerate(texts[: last + 1]):
        styled.append((text, row[index][1] if text else ""))
        if index < last:
            styled.append((" " * (widths[index] - _cells(text) + gap), ""))
    return styled
