"""What happens when in a long recording: a CSV file of labelled stretches of time."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tinyhost.errors import DatasetError
from tinyhost.system.durable import write_atomically

__all__ = ["Annotation", "read_annotations", "write_annotations"]

_COLUMNS = ("start_s", "end_s", "label")


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """One labelled stretch of time: a word that is said, or a machine's fault."""

    start_s: float
    end_s: float
    """of a word: of the dry voice; a room rings on"""
    label: str
    """`unknown`: a word that is none of the wanted ones"""


def write_annotations(path: Path, annotations: Sequence[Annotation]) -> None:
    """Write the file: a line of column names, then a line for each annotation, times in seconds. Raises OSError."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    table.writerows((f"{item.start_s:.3f}", f"{item.end_s:.3f}", item.label) for item in annotations)
    write_atomically(path, text.getvalue().encode("utf-8"), sync=False)


def read_annotations(path: Path) -> list[Annotation]:
    """Return the annotations of a CSV file with the columns start_s, end_s and label, in their order.

    Raises DatasetError with the line's number if the file is missing or a line is wrong.
    """
    try:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path}: cannot be read: {error}", hint="expected a CSV file") from error
    head = rows[0] if rows else []
    if tuple(head) != _COLUMNS:
        raise DatasetError(
            f"{path}:1: expected the columns {','.join(_COLUMNS)}, got {','.join(head)[:80]!r}",
            hint="write this line first, then one line for each word or fault",
        )
    return [_row(row, f"{path}:{number}") for number, row in enumerate(rows[1:], 2) if row]


def _row(row: list[str], where: str) -> Annotation:
    try:
        start_s, end_s, label = float(row[0]), float(row[1]), row[2]
    except (ValueError, IndexError) as error:
        raise DatasetError(f"{where}: expected start_s,end_s,label, got {','.join(row)[:80]!r}") from error
    if not 0.0 <= start_s <= end_s < float("inf") or not label or len(row) != len(_COLUMNS):
        raise DatasetError(f"{where}: expected 0 <= start_s <= end_s and a label, got {','.join(row)[:80]!r}")
    return Annotation(start_s=start_s, end_s=end_s, label=label)
