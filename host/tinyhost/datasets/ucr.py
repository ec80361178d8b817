"""Time series in the layout of the UCR archive, ECG5000 among them: one labelled series a line.

    ECG5000_TRAIN.txt, ECG5000_TEST.txt   class, then the values, with tabs (.tsv), spaces or commas between
    ECG5000_TRAIN.ts,  ECG5000_TEST.ts    the values with commas, then `:` and the class, below a header of @ lines

Tables that others made have a header, or the class behind the values: find_class_column finds out.
Sources: timeseriesclassification.com (files), aeon's documentation of the .ts format.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.skipped import Skipped
from tinyhost.errors import DatasetError
from tinyhost.system.reading import read_text
from tinyhost.system.wording import counted

__all__ = ["ClassColumn", "LabelledSeries", "UcrSet", "find_ucr", "parse_series", "read_ucr"]

_SUFFIXES = (".tsv", ".txt", ".ts", ".csv")
_MAX_FILE_BYTES = 1 << 28
_MAX_VALUE = 1e30
_MISSING = {"nan", "?", "na", ""}
_CLASS_NAMES = {"class", "label", "target", "y", "classlabel", "class_label"}

ClassColumn = Literal["first", "last"]


@dataclass(frozen=True, kw_only=True)
class LabelledSeries:
    """Series of one file, all of one length."""

    values: NDArray[np.float32]
    """(n, length)"""
    labels: tuple[str, ...]
    """(n,) the class as the file has it, but 1 for 1.0 and 1.0000000e+00"""
    skipped: tuple[Skipped, ...] = ()
    """lines with missing values"""

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def length(self) -> int:
        """Values of each series."""
        return int(self.values.shape[1])

    def labelled(self, *labels: str) -> NDArray[np.float32]:
        """Return the series of these classes, (n, length), in the file's order."""
        return self.values[[label in labels for label in self.labels]]


@dataclass(frozen=True, kw_only=True)
class UcrSet:
    """A data set of the archive, with the division that the archive made."""

    name: str
    train: LabelledSeries
    test: LabelledSeries

    def __len__(self) -> int:
        return len(self.train) + len(self.test)

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Lines of both parts with missing values."""
        return (*self.train.skipped, *self.test.skipped)

    def counts(self) -> dict[str, int]:
        """Return the number of series of each class, both parts together."""
        labels = [*self.train.labels, *self.test.labels]
        return {label: labels.count(label) for label in sorted(set(labels))}


def find_ucr(folder: Path) -> tuple[Path, Path] | None:
    """Return the training and the test file in a folder, .tsv before .txt, .ts and .csv; None without such a pair."""
    if not folder.is_dir():
        return None
    for suffix in _SUFFIXES:
        for train in sorted(folder.glob(f"*_TRAIN{suffix}")):
            test = train.with_name(f"{train.name[: -len(suffix) - len('_TRAIN')]}_TEST{suffix}")
            if test.is_file() and not train.name.startswith("."):
                return train, test
    return None


def read_ucr(source: Path, *, class_column: ClassColumn | None = None) -> UcrSet:
    """Return the data set in a folder, or of which one file is named.

    class_column: where a line's class stands; None: it is found out. A line with missing values (NaN, ?) is skipped and
    told. Raises DatasetError for a class that is not found, with file and line, for a missing
    part, no text, a line without a class, values that are no numbers, and series of unequal length or of several
    dimensions.
    """
    pair = find_ucr(source) if source.is_dir() else _pair_of(source)
    if pair is None:
        raise DatasetError(
            f"{source}: expected NAME_TRAIN and NAME_TEST, as .tsv, .txt, .ts or .csv",
            hint="name the unpacked folder of a data set of timeseriesclassification.com",
        )
    texts = [_lines(path) for path in pair]
    place = {"first": 0, "last": -1}.get(class_column or "") if pair[0].suffix != ".ts" else 0
    if place is None:
        place = _find_class(texts, str(pair[0]))
    train, test = (
        parse_series(lines, where=str(path), class_place=place) for path, lines in zip(pair, texts, strict=True)
    )
    if train.length != test.length:
        raise DatasetError(f"{pair[1]}: series of {test.length} values, those of {pair[0].name} have {train.length}")
    return UcrSet(name=pair[0].name.rsplit("_TRAIN", 1)[0], train=train, test=test)


def _pair_of(path: Path) -> tuple[Path, Path] | None:
    """Return the training and the test file of which one is given."""
    match = re.fullmatch(r"(.*)_(TRAIN|TEST)(\.\w+)", path.name)
    if not match or match[3] not in _SUFFIXES:
        return None
    return path.with_name(f"{match[1]}_TRAIN{match[3]}"), path.with_name(f"{match[1]}_TEST{match[3]}")


def parse_series(lines: Iterable[str], *, where: str, class_place: int = 0) -> LabelledSeries:
    """Return the series of a file's lines; `where` is named in errors and says by .ts which of the two formats it is.

    class_place: of a table, index of the class in a line; a header above it is passed over. Raises DatasetError as
    read_ucr does.
    """
    is_ts = where.endswith(".ts")
    rows: list[NDArray[np.float32]] = []
    labels: list[str] = []
    skipped: list[Skipped] = []
    in_header = is_ts
    for number, text in enumerate(lines, 1):
        line, at = text.strip(), f"{where}: line {number}"
        if in_header:
            in_header = _header(line, at)
        elif line and not (is_ts or rows or skipped) and _is_header(_fields(text)):
            continue
        elif line:
            label, fields = _split_ts(line, at) if is_ts else _split_table(text, class_place, at)
            values = _values(fields, at)
            if rows and len(values) != len(rows[0]):
                raise _bad(
                    at, f"{counted(len(values), 'value')}, the series before have {len(rows[0])}: unequal length"
                )
            if np.isnan(values).any():
                missing = int(np.isnan(values).sum())
                skipped.append(Skipped(what=f"line {number}", reason=f"{at}: {missing} of {len(values)} missing"))
            else:
                rows.append(values)
                labels.append(_label(label, at))
    if not rows:
        raise _bad(
            where,
            "no @data line" if in_header else f"no series, and {counted(len(skipped), 'line')} with missing values",
        )
    return LabelledSeries(values=np.stack(rows), labels=tuple(labels), skipped=tuple(skipped))


def _header(line: str, at: str) -> bool:
    """Return whether the header of a .ts file goes on after this line; raises DatasetError for what is not read."""
    name, _, value = line.partition(" ")
    match name.lower(), value.strip().lower().split(" ")[0]:
        case "@data", _:
            return False
        case (("@univariate" | "@equallength" | "@classlabel"), "false"):
            raise _bad(at, f"{line}: expected series of one dimension and one length, with a class")
        case "@timestamps", "true":
            raise _bad(at, f"{line}: series with time stamps are not read")
    if line and line[0] not in "#@%":
        raise _bad(at, f"expected @data before the series, got {line[:40]!r}")
    return True


def _split_ts(line: str, at: str) -> tuple[str, list[str]]:
    """Return class and values of a line of a .ts file."""
    dimensions = line.split(":")
    if len(dimensions) != 2:
        raise _bad(
            at, f"expected values, a colon and the class, got {counted(len(dimensions), 'part')} with colons between"
        )
    return dimensions[1].strip(), dimensions[0].split(",")


def _split_table(text: str, class_place: int, at: str) -> tuple[str, list[str]]:
    """Return class and values of a line of a table; an empty field between tabs or commas is a missing value."""
    fields = _fields(text)
    if len(fields) < 2 or class_place >= len(fields):
        raise _bad(at, f"expected a class and values, got {text.strip()[:40]!r}")
    return fields.pop(class_place).strip(), fields


def _fields(text: str) -> list[str]:
    line = text.strip(" \r\n")
    separator = next((mark for mark in ("\t", ";", ",") if mark in line), None)
    if separator is None:
        return line.split()
    fields = line.split(separator)
    return fields if separator == "," else [field.replace(",", ".") for field in fields]  # decimal commas


def _is_header(fields: list[str]) -> bool:
    return len(fields) > 1 and all(_kind(field) == "text" for field in fields)


def _find_class(texts: list[list[str]], where: str) -> int:
    """Return the index of the class in the lines of a set's files. Raises DatasetError if it cannot be told.

    A header names it. Without one it is first or last, where labels stand: whole numbers or words, and few of them.
    """
    tables = [[line for line in lines if line.strip()] for lines in texts]
    header = _fields(tables[0][0]) if tables[0] else []
    named = [place for place, name in enumerate(header) if name.strip(' "').lower() in _CLASS_NAMES]
    if _is_header(header) and len(named) == 1:
        return named[0]
    lines = (line for table in tables for line in (table[1:] if table and _is_header(_fields(table[0])) else table))
    ends = [(fields[0].strip(), fields[-1].strip()) for fields in map(_fields, lines) if len(fields) > 1]
    if not ends:
        return 0
    first, last = (_Labels.of(column) for column in zip(*ends, strict=True))
    if first.likeness != last.likeness:
        return 0 if first.likeness > last.likeness else -1
    if first.likeness == 2 and max(first.n, last.n) >= 2 * min(first.n, last.n):
        return 0 if first.n < last.n else -1
    raise DatasetError(
        f"{where}: the class may be the first value of a line (here {ends[0][0]}) or the last one ({ends[0][1]})",
        hint="choose with --class-column first or --class-column last",
    )


@dataclass(frozen=True, kw_only=True)
class _Labels:
    """How much a column looks like classes."""

    likeness: int
    """0: numbers with fractions; 1: whole numbers or words, all alike or all different; 2: they repeat"""
    n: int
    """different ones"""

    @classmethod
    def of(cls, column: tuple[str, ...]) -> _Labels:
        different = {_label(text, "") if text.lower() not in _MISSING else "?" for text in column}
        if not all(_kind(text) in {"whole", "text"} for text in different):
            return cls(likeness=0, n=len(different))
        return cls(likeness=1 + (1 < len(different) < len(column)), n=len(different))


def _kind(text: str) -> Literal["whole", "number", "missing", "text"]:
    if text.strip().lower() in _MISSING:
        return "missing"
    try:
        value = float(text)
    except ValueError:
        return "text"
    return "whole" if math.isfinite(value) and value == int(value) else "number"


def _values(fields: list[str], at: str) -> NDArray[np.float32]:
    """Return the values, NaN for missing ones."""
    values = []
    for column, field in enumerate(fields, 1):
        text = field.strip()
        try:
            if "_" in text or not text.isascii():  # Python's float takes 1_000, and digits of any script
                raise ValueError
            value = math.nan if text.lower() in _MISSING else float(text)
        except ValueError:
            raise _bad(at, f"value {column}: expected a number, got {text[:40]!r}") from None
        if math.isinf(value) or abs(value) > _MAX_VALUE:
            raise _bad(at, f"value {column}: {text[:40]} is out of range")
        values.append(value)
    return np.array(values, np.float32)


def _label(text: str, at: str) -> str:
    """Return the class as text; the archive's first edition writes 1 as 1.0000000e+00."""
    if text.lower() in _MISSING:
        raise _bad(at, "the class is missing")
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if abs(number) < 1e9 and number == int(number) else text


def _lines(path: Path) -> list[str]:
    text = read_text(path, max_bytes=_MAX_FILE_BYTES)
    if "\0" in text:
        raise _bad(str(path), f"not a text file: a zero at byte {text.index(chr(0))}")
    return text.split("\n")


def _bad(where: str, why: str) -> DatasetError:
    return DatasetError(f"{where}: {why}", hint="correct the file, or download it again")
