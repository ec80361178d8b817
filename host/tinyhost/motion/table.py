"""A table of numbers as text: commas, semicolons, tabs or spaces between them, points or commas in them.

What is read is not trusted: what makes no sense is an error with its line.
"""

from __future__ import annotations

import csv
import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import DatasetError
from tinyhost.motion.columns import COLUMNS, MotionColumns, find_columns
from tinyhost.motion.units import MotionUnits

__all__ = ["MotionTable", "read_table"]

_SEPARATORS = ("\t", ";", ",", "|", " ")
_MAX_PREAMBLE = 100
"""lines of comments before the header"""


@dataclass(frozen=True, kw_only=True)
class MotionTable:
    """Samples as a file has them."""

    lines: NDArray[np.int64]
    """(n,) where each stands in the file"""
    time: NDArray[np.float64]
    """(n,)"""
    values: NDArray[np.float64]
    """(n, 3)"""
    units: MotionUnits
    """as the header or a person says"""


def read_table(lines: Iterable[str], said: MotionUnits, where: str) -> MotionTable:
    """Return the samples of CSV text: a header line, then a line for each. `where` is for errors.

    Raises DatasetError, with the line, for missing columns, contradicting units, values that are no finite numbers,
    fewer than two samples.
    """
    rest = iter(lines)
    header, number = _header(rest)
    separator, columns, width = _dialect(header, said, f"{where}, line {number}")
    reader = csv.reader(rest, delimiter=separator, skipinitialspace=separator == " ", strict=True)
    numbers = array("d")
    try:
        for row in _rows(reader, columns, width, number, where):
            numbers.extend(row)
    except csv.Error as exc:
        raise DatasetError(f"{where}, line {number + reader.line_num}: not CSV: {exc}") from exc
    table = np.frombuffer(numbers, np.float64).reshape(-1, 1 + len(COLUMNS))
    if len(table) < 2:
        raise DatasetError(f"{where}: {len(table)} samples, expected two or more")
    return MotionTable(lines=table[:, 0].astype(np.int64), time=table[:, 1], values=table[:, 2:], units=columns.units)


def _header(lines: Iterator[str]) -> tuple[str, int]:
    """Return the first line that is no comment, and its number; an empty one if there is none."""
    for number, line in enumerate(lines, 1):
        text = line.strip("\r\n")
        if text.strip() and not text.startswith("#") and not text.lower().startswith("sep="):
            return text, number
        if number > _MAX_PREAMBLE:
            break
    return "", 1


def _dialect(header: str, said: MotionUnits, where: str) -> tuple[str, MotionColumns, int]:
    """Return what separates values, the columns, and how many values a line has."""
    errors: list[tuple[int, DatasetError]] = []
    for separator in _SEPARATORS:
        try:
            names = next(csv.reader([header], delimiter=separator, skipinitialspace=separator == " "), [])
        except csv.Error as exc:
            raise DatasetError(f"{where}: not CSV: {exc}") from exc
        try:
            return separator, find_columns(names, said, where), len(names)
        except DatasetError as error:
            errors.append((len(names), error))
    raise max(errors, key=lambda item: item[0])[1]


@dataclass(kw_only=True)
class _Numbers:
    """Reads numbers of one file, which has one decimal mark."""

    where: str
    mark: str = field(default="")

    def read(self, text: str, name: str, line: int) -> float:
        """Return a finite number. Raises DatasetError."""
        mark = "," if "," in text else "." if "." in text else ""
        if mark and self.mark and mark != self.mark:
            shown = text.strip()[:40]
            raise DatasetError(
                f"{self.where}, line {line}: {name} is {shown!r}, numbers before have {self.mark!r} in them",
                hint="use one decimal mark in a file, and no mark between thousands",
            )
        self.mark = self.mark or mark
        try:
            value = float(text.replace(",", ".", 1)) if text.isascii() and "_" not in text else math.nan
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise DatasetError(f"{self.where}, line {line}: {name} is {text.strip()[:40]!r}, expected a number")
        return value


def _rows(
    reader: Iterator[Sequence[str]], columns: MotionColumns, width: int, first: int, where: str
) -> Iterator[list[float]]:
    """Yield the line, time, x, y and z of each row. first: the header's line."""
    numbers = _Numbers(where=where)
    for number, row in enumerate(reader, start=first + 1):
        if not row:
            continue
        if len(row) != width:
            raise DatasetError(
                f"{where}, line {number}: {len(row)} values, expected {width}",
                hint="with decimal commas, other marks must separate the values" if len(row) > width else "",
            )
        values = [numbers.read(row[i], name, number) for i, name in zip(columns.places, COLUMNS, strict=True)]
        yield [number, *values]
