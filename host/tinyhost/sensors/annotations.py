"""Annotations of a long recording: a CSV file of labelled stretches of time, or Audacity's label track.

Audacity: `start<tab>end<tab>label` in seconds; a line that begins with a backslash holds frequencies of the one above.
Source: manual.audacityteam.org/man/importing_and_exporting_labels.html
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tinyhost.errors import DatasetError
from tinyhost.protocol.labels import normal_label
from tinyhost.system.delimited import Numbers, read_rows
from tinyhost.system.durable import write_atomically
from tinyhost.system.reading import open_file, read_text

__all__ = ["Annotation", "holds_audacity_labels", "read_annotations", "write_annotations"]

_COLUMNS = ("start_s", "end_s", "label")
_MAX_BYTES = 1 << 24
_FREQUENCIES = "\\"
_AUDACITY = re.compile(r"\s*\d+([.,]\d+)?(\t\d+([.,]\d+)?){0,1}\t.*")


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """One labelled stretch of time: a spoken word, a gesture, or a machine's fault."""

    start_s: float
    end_s: float
    """end of a word: that of the dry voice, without the room's reverberation"""
    label: str
    """the label; `unknown`: another word"""


def write_annotations(path: Path, annotations: Sequence[Annotation]) -> None:
    """Write the file: a line of column names, then a line for each annotation, times in seconds. Raises OSError."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    table.writerows((f"{item.start_s:.3f}", f"{item.end_s:.3f}", item.label) for item in annotations)
    write_atomically(path, text.getvalue().encode("utf-8"), sync=False)


def read_annotations(path: Path) -> list[Annotation]:
    """Return the annotations of a CSV file with the columns start_s, end_s and label, or of Audacity, in their order.

    Others may stand between; semicolons, tabs and decimal commas are read too. Raises DatasetError with the line's
    number if the file is missing or a line is wrong.
    """
    text = read_text(path, max_bytes=_MAX_BYTES)
    if _is_audacity(text):
        return list(_audacity(text, Numbers(where=str(path))))
    lines = io.StringIO(text, newline="")
    places, rows = read_rows(lines, _places, str(path))
    numbers = Numbers(where=str(path))
    return [_annotation([row[place] for place in places], numbers, line) for line, row in rows]


def holds_audacity_labels(path: Path) -> bool:
    """Return whether a file begins like a label track. Raises DatasetError if it cannot be read."""
    with open_file(path, max_bytes=_MAX_BYTES) as file:
        return _is_audacity(file.read(4096).decode("utf-8-sig", "replace"))


def _is_audacity(text: str) -> bool:
    return bool(_AUDACITY.fullmatch(text.partition("\n")[0].rstrip("\r")))


def _audacity(text: str, numbers: Numbers) -> Iterator[Annotation]:
    """Yield the labels of a track; the oldest versions of Audacity wrote no end."""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith(_FREQUENCIES):
            continue
        row = line.split("\t", 2)
        if len(row) == 2:
            row.insert(1, row[0])
        if len(row) != 3:
            shown = f"{numbers.where}, line {number}: expected start, end and label with tabs between"
            raise DatasetError(f"{shown}, got {line[:80]!r}", hint="export it from Audacity again")
        yield _annotation(row, numbers, number)


def _places(header: list[str], where: str) -> list[int]:
    names = [name.lower() for name in header]
    if not all(names.count(column) == 1 for column in _COLUMNS):
        raise DatasetError(
            f"{where}: expected the columns {','.join(_COLUMNS)}, got {','.join(header)[:80]!r}",
            hint="write this line first, then one line for each word or fault",
        )
    return [names.index(column) for column in _COLUMNS]


def _annotation(row: list[str], numbers: Numbers, line: int) -> Annotation:
    start_s, end_s = (numbers.read(text, name, line) for text, name in zip(row[:2], _COLUMNS, strict=False))
    label = normal_label(row[2].strip())
    if not 0.0 <= start_s <= end_s or not label:
        shown = ",".join(row)[:80]
        raise DatasetError(f"{numbers.where}, line {line}: expected 0 <= start_s <= end_s and a label, got {shown!r}")
    return Annotation(start_s=start_s, end_s=end_s, label=label)
