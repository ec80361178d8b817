"""Tables as text: commas, semicolons, tabs, bars or spaces between values, points or commas in numbers.

Files are not trusted: malformed values are errors with their line.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from tinyhost.errors import DatasetError
from tinyhost.system.wording import counted

__all__ = ["Numbers", "read_header", "read_rows"]

_SEPARATORS = ("\t", ";", ",", "|", " ")
_MAX_COMMENTS = 100
"""lines above the header"""
_MAX_COLUMNS = 1000
_SHOWN = 40

T = TypeVar("T")


def read_rows(
    lines: Iterable[str], columns_of: Callable[[list[str], str], T], where: str
) -> tuple[T, Iterator[tuple[int, list[str]]]]:
    """Return a table's parsed header, and an iterator over the number and the values of each line below it.

    columns_of: parses the names of the header at a position; raises DatasetError for wrong ones. The separator is the
    one that gives the right names. Comments (`#`) above the header, `sep=;` and empty lines are skipped. Raises
    DatasetError, also while iterating, with the line.
    """
    rest = iter(lines)
    header, first = _header(rest)
    separator, width, columns = _dialect(header, columns_of, f"{where}, line {first}")
    reader = csv.reader(rest, delimiter=separator, skipinitialspace=separator == " ", strict=True)

    def rows() -> Iterator[tuple[int, list[str]]]:
        try:
            for number, row in enumerate(reader, first + 1):
                if len(row) == width:
                    yield number, row
                elif row:
                    raise DatasetError(
                        f"{where}, line {number}: {counted(len(row), 'value')}, expected {width}",
                        hint="with decimal commas, the values need another separator" if len(row) > width else "",
                    )
        except csv.Error as exc:
            raise DatasetError(f"{where}, line {first + reader.line_num}: not CSV: {exc}") from exc

    return columns, rows()


def read_header(lines: Iterable[str], columns_of: Callable[[list[str], str], T], where: str) -> tuple[str, T]:
    """Return the separator of a table and its parsed header, like `read_rows`."""
    header, first = _header(iter(lines))
    separator, _, columns = _dialect(header, columns_of, f"{where}, line {first}")
    return separator, columns


def _header(lines: Iterator[str]) -> tuple[str, int]:
    """Return the first line that is no comment, and its number; an empty one if there is none."""
    for number, line in enumerate(lines, 1):
        text = line.strip("\r\n")
        if text.strip() and not text.startswith("#") and not text.lower().startswith("sep="):
            return text, number
        if number > _MAX_COMMENTS:
            break
    return "", 1


def _dialect(header: str, columns_of: Callable[[list[str], str], T], where: str) -> tuple[str, int, T]:
    """Return the separator, the number of values in a line, and the parsed header."""
    errors: list[tuple[int, DatasetError]] = []
    for separator in _SEPARATORS:
        try:
            names = next(csv.reader([header], delimiter=separator, skipinitialspace=separator == " "), [])
            if len(names) > _MAX_COLUMNS:
                raise DatasetError(f"{where}: {len(names):,} columns, expected at most {_MAX_COLUMNS:,}")
            return separator, len(names), columns_of([name.strip() for name in names], where)
        except csv.Error as exc:
            raise DatasetError(f"{where}: not CSV: {exc}") from exc
        except DatasetError as error:
            errors.append((len(names), error))
    raise max(errors, key=lambda item: item[0])[1]


@dataclass(kw_only=True)
class Numbers:
    """Reads the numbers of a table with one decimal mark."""

    where: str
    """the file, for errors"""
    mark: str = ""
    """decimal mark seen so far"""

    def read(self, text: str, name: str, line: int) -> float:
        """Return a finite number; name: of its column. Raises DatasetError."""
        mark = "," if "," in text else "." if "." in text else ""
        if mark and self.mark and mark != self.mark:
            raise DatasetError(
                f"{self.where}, line {line}: {name} is {text.strip()[:_SHOWN]!r}, numbers before have {self.mark!r}",
                hint="use one decimal mark in a file, and no thousands separator",
            )
        self.mark = self.mark or mark
        try:
            value = float(text.replace(",", ".", 1)) if text.isascii() and "_" not in text else math.nan
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise DatasetError(f"{self.where}, line {line}: {name} is {text.strip()[:_SHOWN]!r}, expected a number")
        return value
