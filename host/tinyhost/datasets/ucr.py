"""Time series in the layout of the UCR archive, ECG5000 among them: one labelled series a line.

    ECG5000_TRAIN.txt, ECG5000_TEST.txt   class, then the values, with tabs (.tsv), spaces or commas between
    ECG5000_TRAIN.ts,  ECG5000_TEST.ts    the values with commas, then `:` and the class, below a header of @ lines

Sources: timeseriesclassification.com (files), aeon's documentation of the .ts format.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.skipped import Skipped
from tinyhost.errors import DatasetError

__all__ = ["LabelledSeries", "UcrSet", "find_ucr", "parse_series", "read_ucr"]

_SUFFIXES = (".tsv", ".txt", ".ts", ".csv")
_MAX_FILE_BYTES = 1 << 28
_MAX_VALUE = 1e30
_MISSING = {"nan", "?", "na", ""}


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


def read_ucr(source: Path) -> UcrSet:
    """Return the data set in a folder, or of which one file is named.

    A line with missing values (NaN, ?) is skipped and told. Raises DatasetError, with file and line, for a missing
    part, no text, a line without a class, values that are no numbers, and series of unequal length or of several
    dimensions.
    """
    pair = find_ucr(source) if source.is_dir() else _pair_of(source)
    if pair is None:
        raise DatasetError(
            f"{source}: expected NAME_TRAIN and NAME_TEST, as .tsv, .txt, .ts or .csv",
            hint="name the unpacked folder of a data set of timeseriesclassification.com",
        )
    train, test = (parse_series(_lines(path), where=str(path)) for path in pair)
    if train.length != test.length:
        raise DatasetError(f"{pair[1]}: series of {test.length} values, those of {pair[0].name} have {train.length}")
    return UcrSet(name=pair[0].name.rsplit("_TRAIN", 1)[0], train=train, test=test)


def _pair_of(path: Path) -> tuple[Path, Path] | None:
    """Return the training and the test file of which one is given."""
    match = re.fullmatch(r"(.*)_(TRAIN|TEST)(\.\w+)", path.name)
    if not match or match[3] not in _SUFFIXES:
        return None
    return path.with_name(f"{match[1]}_TRAIN{match[3]}"), path.with_name(f"{match[1]}_TEST{match[3]}")


def parse_series(lines: Iterable[str], *, where: str) -> LabelledSeries:
    """Return the series of a file's lines; `where` is named in errors and says by .ts which of the two formats it is.

    Raises DatasetError as read_ucr does.
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
        elif line:
            label, fields = _split_ts(line, at) if is_ts else _split_table(text, at)
            values = _values(fields, at)
            if rows and len(values) != len(rows[0]):
                raise _bad(at, f"{len(values)} values, the series before have {len(rows[0])}: unequal length")
            if np.isnan(values).any():
                missing = int(np.isnan(values).sum())
                skipped.append(Skipped(what=f"line {number}", reason=f"{at}: {missing} of {len(values)} missing"))
            else:
                rows.append(values)
                labels.append(_label(label, at))
    if not rows:
        raise _bad(where, "no @data line" if in_header else f"no series, and {len(skipped)} lines with missing values")
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
        raise _bad(at, f"expected values, a colon and the class, got {len(dimensions)} parts with colons between")
    return dimensions[1].strip(), dimensions[0].split(",")


def _split_table(text: str, at: str) -> tuple[str, list[str]]:
    """Return class and values of a line of a table; an empty field between tabs or commas is a missing value."""
    line = text.strip(" \r\n")
    separator = next((mark for mark in ("\t", ",") if mark in line), None)
    fields = line.split(separator) if separator else line.split()
    if len(fields) < 2:
        raise _bad(at, f"expected a class and values, got {line[:40]!r}")
    return fields[0].strip(), fields[1:]


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
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_FILE_BYTES + 1)
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror or error}", hint="check the path") from error
    if len(content) > _MAX_FILE_BYTES:
        raise _bad(str(path), f"larger than {_MAX_FILE_BYTES:,} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _bad(str(path), f"not a text file: {error.reason} at byte {error.start}") from error
    if "\0" in text:
        raise _bad(str(path), f"not a text file: a zero at byte {text.index(chr(0))}")
    return text.split("\n")


def _bad(where: str, why: str) -> DatasetError:
    return DatasetError(f"{where}: {why}", hint="correct the file, or get it from its source again")
