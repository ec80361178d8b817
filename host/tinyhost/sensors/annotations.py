"""The ground truth of a long recording: a CSV file of what is said when."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tinyhost.errors import DatasetError
from tinyhost.system.durable import write_atomically

__all__ = ["SpokenWord", "read_truth", "write_truth"]

_TRUTH_COLUMNS = ("start_s", "end_s", "label")


@dataclass(frozen=True, kw_only=True)
class SpokenWord:
    """One row of the ground truth."""

    start_s: float
    end_s: float
    """of the dry voice; a room rings on"""
    label: str
    """a wanted word, or `unknown`: something else is said"""


def write_truth(path: Path, words: Sequence[SpokenWord]) -> None:
    """Write the file: a line of column names, then one line for each word, times in seconds. Raises OSError."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_TRUTH_COLUMNS)
    table.writerows((f"{word.start_s:.3f}", f"{word.end_s:.3f}", word.label) for word in words)
    write_atomically(path, text.getvalue().encode("utf-8"), sync=False)


def read_truth(path: Path) -> list[SpokenWord]:
    """Return the words of a ground truth, a CSV file with the columns start_s, end_s and label, in their order.

    Raises DatasetError with the line's number if the file is missing or a line is wrong.
    """
    try:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path}: cannot be read: {error}", hint="expected a CSV file") from error
    head = rows[0] if rows else []
    if tuple(head) != _TRUTH_COLUMNS:
        raise DatasetError(
            f"{path}:1: expected the columns {','.join(_TRUTH_COLUMNS)}, got {','.join(head)[:80]!r}",
            hint="write this line first, then one line for each spoken word",
        )
    return [_row(row, f"{path}:{number}") for number, row in enumerate(rows[1:], 2) if row]


def _row(row: list[str], where: str) -> SpokenWord:
    try:
        start_s, end_s, label = float(row[0]), float(row[1]), row[2]
    except (ValueError, IndexError) as error:
        raise DatasetError(f"{where}: expected start_s,end_s,label, got {','.join(row)[:80]!r}") from error
    if not 0.0 <= start_s <= end_s < float("inf") or not label or len(row) != len(_TRUTH_COLUMNS):
        raise DatasetError(f"{where}: expected 0 <= start_s <= end_s and a label, got {','.join(row)[:80]!r}")
    return SpokenWord(start_s=start_s, end_s=end_s, label=label)
