"""Samples of motion in a table, as the file has them: numbers in its own units."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timezone

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import DatasetError
from tinyhost.motion.columns import COLUMNS, find_columns
from tinyhost.motion.units import MotionUnits
from tinyhost.system.delimited import Numbers, read_rows
from tinyhost.system.wording import counted

__all__ = ["MotionTable", "read_table"]


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

    said: units, by a person. Raises DatasetError, with the line, for missing columns, contradicting units, values that
    are no finite numbers, fewer than two samples.
    """
    columns, rows = read_rows(lines, lambda names, at: find_columns(names, said, at), where)
    numbers, samples, units = Numbers(where=where), array("d"), columns.units
    for line, row in rows:
        time, *axes = (row[place] for place in columns.places)
        if ":" in time:
            moment, units = _clock_s(time, f"{where}, line {line}"), replace(units, time="s")
        else:
            moment = numbers.read(time, COLUMNS[0], line)
        values = [numbers.read(text, name, line) for text, name in zip(axes, COLUMNS[1:], strict=True)]
        samples.extend([line, moment, *values])
    table = np.frombuffer(samples, np.float64).reshape(-1, 1 + len(COLUMNS))
    if len(table) < 2:
        raise DatasetError(f"{where}: {counted(len(table), 'sample')}, expected two or more")
    return MotionTable(lines=table[:, 0].astype(np.int64), time=table[:, 1], values=table[:, 2:], units=units)


def _clock_s(text: str, where: str) -> float:
    """Return the seconds of a date and time, as 2026-01-31 12:00:00.016."""
    try:
        moment = datetime.fromisoformat(text.strip().replace(",", ".").replace("Z", "+00:00"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
    except (ValueError, OverflowError) as exc:
        raise DatasetError(
            f"{where}: {COLUMNS[0]} is {text.strip()[:40]!r}, expected a number, or a time as 2026-01-31 12:00:00.016"
        ) from exc
