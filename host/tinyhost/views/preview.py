"""Pictures in a terminal: two pixels per character cell, or characters of increasing density."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.style import Style
from rich.text import Text

__all__ = ["CellLetter", "Cells", "PictureSize", "cells_of", "half_blocks", "heat_blocks"]

_UPPER_HALF = "▀"
_SHADES = " .:-=+*#%@"
"""characters from dark to bright, for terminals without colours"""
_HEAT_STOPS = ((0, 8, 8, 24), (64, 59, 24, 110), (128, 160, 44, 120), (192, 236, 105, 88), (255, 252, 240, 164))
"""(value, red, green, blue): dark, violet, red, yellow, brighter all the way"""


@dataclass(frozen=True, kw_only=True)
class PictureSize:
    """The size of a picture, in pixels or in cells."""

    height: int
    width: int


@dataclass(frozen=True, kw_only=True)
class CellLetter:
    """A letter on a picture, instead of a cell of it."""

    row: int
    column: int
    letter: str
    colour: str


@dataclass(frozen=True, kw_only=True)
class Cells:
    """A picture as text: in colours, or in shades on a console that has none (a pipe, NO_COLOR)."""

    coloured: Text
    shaded: Text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the picture in colours or shades, as the console supports."""
        yield self.shaded if console.no_color or console.color_system is None else self.coloured

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Return the width, which is the same."""
        return Measurement.get(console, options, self.shaded)


def cells_of(picture: PictureSize, columns: int, rows: int) -> PictureSize:
    """Return the size in cells of a picture within `columns` x `rows`, at its aspect ratio.

    A cell is assumed to be twice as high as wide.
    """
    scale = min(columns / picture.width, 2 * rows / picture.height)
    return PictureSize(
        height=max(1, min(rows, round(picture.height * scale / 2))),
        width=max(1, min(columns, round(picture.width * scale))),
    )


def half_blocks(pixels: NDArray[np.uint8], columns: int, rows: int, marks: Sequence[CellLetter] = ()) -> Cells:
    """Return a grey picture as text within `columns` x `rows` cells (see `cells_of`), with marks on it.

    pixels: (height, width). A cell shows two pixels: the upper as the foreground of a half block, the lower as its
    background.
    """
    height, width = pixels.shape
    size = cells_of(PictureSize(height=height, width=width), columns, rows)
    return _cells(_resized(pixels, 2 * size.height, size.width), _grey, marks=marks)


def heat_blocks(values: NDArray[np.uint8], columns: int, rows: int) -> Cells:
    """Return (height, width) values as coloured text of exactly `rows` cells, a column each for the last `columns`.

    Shown from dark (0) to bright (255); missing columns are empty, on the left.
    """
    recent = values[:, -columns:]
    height = max(2, 2 * rows)
    return _cells(_resized(recent, height, recent.shape[1]), _heat, indent=columns - recent.shape[1])


def _resized(pixels: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Return (height, width) pixels, reduced by averaging or enlarged by repetition."""
    return _along(_along(pixels, height, 0), width, 1)


def _along(pixels: NDArray[np.uint8], n: int, axis: int) -> NDArray[np.uint8]:
    n_given = pixels.shape[axis]
    firsts = np.arange(n) * n_given // n
    if n >= n_given:
        return np.asarray(pixels.take(firsts, axis=axis), np.uint8)
    sums = np.add.reduceat(pixels.astype(np.int64), firsts, axis=axis)
    sizes = np.diff(firsts, append=n_given)
    return np.asarray(sums // (sizes[:, None] if axis == 0 else sizes), np.uint8)


def _cells(
    pixels: NDArray[np.uint8], colour: Callable[[int], str], indent: int = 0, marks: Sequence[CellLetter] = ()
) -> Cells:
    """Return an even number of rows of pixels as text, two in each cell."""
    placed = {(mark.row, mark.column): mark for mark in marks}
    return Cells(coloured=_coloured(pixels, colour, indent, placed), shaded=_shaded(pixels, indent, placed))


def _shaded(pixels: NDArray[np.uint8], indent: int, marks: Mapping[tuple[int, int], CellLetter]) -> Text:
    means = pixels.reshape(-1, 2, pixels.shape[1]).mean(axis=1)
    letters = [[_SHADES[level] for level in row] for row in (means * len(_SHADES) / 256).astype(int).tolist()]
    for (row, column), mark in marks.items():
        letters[row][column] = mark.letter
    return Text("\n".join(" " * indent + "".join(line) for line in letters), no_wrap=True)


def _coloured(
    pixels: NDArray[np.uint8], colour: Callable[[int], str], indent: int, marks: Mapping[tuple[int, int], CellLetter]
) -> Text:
    text = Text(no_wrap=True)
    levels = pixels & 0xFC  # 64 levels: few enough styles to keep
    for row in range(0, len(levels), 2):
        text.append(("\n" if row else "") + " " * indent)
        for column, (upper, lower) in enumerate(zip(levels[row].tolist(), levels[row + 1].tolist(), strict=True)):
            mark = marks.get((row // 2, column))
            if mark is None:
                text.append(_UPPER_HALF, _style(colour(upper), colour(lower)))
            else:
                text.append(mark.letter, f"bold #0f1419 on {mark.colour}")
    return text


@cache
def _style(upper: str, lower: str) -> Style:
    return Style(color=upper, bgcolor=lower)


@cache
def _grey(level: int) -> str:
    return f"#{level:02x}{level:02x}{level:02x}"


@cache
def _heat(level: int) -> str:
    stops = np.array(_HEAT_STOPS)
    red, green, blue = (round(float(np.interp(level, stops[:, 0], stops[:, i]))) for i in (1, 2, 3))
    return f"#{red:02x}{green:02x}{blue:02x}"
