"""Samples of motion in a table, in the file's own units."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timezone

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import DatasetError
from tinyhost.motion.columns import COLUMNS, ROTATION_COLUMNS, find_columns
from tinyhost.motion.recording import MAX_ROTATION
from tinyhost.motion.units import MotionUnits
from tinyhost.system.delimited import Numbers, read_rows
from tinyhost.system.wording import counted

__all__ = ["MotionTable", "read_table"]


@dataclass(frozen=True, kw_only=True)
class MotionTable:
    """Samples in the units of their file."""

    lines: NDArray[np.int64]
    """(n,) line of each sample in the file"""
    time: NDArray[np.float64]
    """(n,)"""
    values: NDArray[np.float64]
    """(n, 3)"""
    units: MotionUnits
    """by the header or the user"""
    rotation: NDArray[np.float64] | None = None
    """(n, 3) in degrees per second; None: there is none"""
    assumed: str = ""
    """assumptions about it, in words"""


def read_table(lines: Iterable[str], said: MotionUnits, where: str) -> MotionTable:
    """Return the samples of CSV text: a header line, then a line for each. `where` is for errors.

    said: units given by the user. Raises DatasetError, with the line, for missing columns, contradicting units, values
    that
    are no finite numbers, fewer than two samples.
    """
    columns, rows = read_rows(lines, lambda names, at: find_columns(names, said, at), where)
    numbers, samples, units = Numbers(where=where), array("d"), columns.units
    turns = _Turns(numbers)
    for line, row in rows:
        time, *axes = (row[place] for place in columns.places)
        if ":" in time:
            moment, units = _clock_s(time, f"{where}, line {line}"), replace(units, time="s")
        else:
            moment = numbers.read(time, COLUMNS[0], line)
        values = [numbers.read(text, name, line) for text, name in zip(axes, COLUMNS[1:], strict=True)]
        samples.extend([line, moment, *values])
        if columns.rotation is not None:
            turns.take(line, [row[place] for place in columns.rotation])
    table = np.frombuffer(samples, np.float64).reshape(-1, 1 + len(COLUMNS))
    if len(table) < 2:
        raise DatasetError(f"{where}: {counted(len(table), 'sample')}, expected two or more")
    rotation, assumed = turns.rotation(columns.degrees)
    return MotionTable(
        lines=table[:, 0].astype(np.int64),
        time=table[:, 1],
        values=table[:, 2:],
        units=units,
        rotation=rotation,
        assumed=assumed,
    )


class _Turns:
    """The values of a gyroscope's columns, which are ignored if one of them is incomplete."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._values = array("d")
        self._fault = ""

    def take(self, line: int, texts: list[str]) -> None:
        """Add the three texts of a row."""
        if self._fault:
            return
        try:
            for text, name in zip(texts, ROTATION_COLUMNS, strict=True):
                self._values.append(self._numbers.read(text, name, line))
        except DatasetError as error:
            self._fault = f"the gyroscope is left out: {error.message}"

    def rotation(self, degrees: float | None) -> tuple[NDArray[np.float64] | None, str]:
        """Return (n, 3) in degrees per second, or None, and the assumptions.

        degrees: the header's unit in degrees per second.
        """
        if self._fault or not self._values:
            return None, self._fault
        values = np.frombuffer(self._values, np.float64).reshape(-1, 3) * (degrees or 1.0)
        if np.abs(values).max() > MAX_ROTATION:
            return None, f"the gyroscope is left out: {np.abs(values).max():.3g} degrees per second is no rotation"
        words = "rotation taken for degrees per second; if it is not, its header must say so: gyrX [rad/s]"
        return values, "" if degrees is not None else words


def _clock_s(text: str, where: str) -> float:
    """Return the seconds of a date and time such as 2026-01-31 12:00:00.016."""
    try:
        moment = datetime.fromisoformat(text.strip().replace(",", ".").replace("Z", "+00:00"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
    except (ValueError, OverflowError) as exc:
        raise DatasetError(
            f"{where}: {COLUMNS[0]} is {text.strip()[:40]!r}, expected a number, or a time as 2026-01-31 12:00:00.016"
        ) from exc
