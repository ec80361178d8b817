"""Accelerations as CSV, in Edge Impulse's layout: timestamp,accX,accY,accZ in ms and m/s^2.

What is read is not trusted: what makes no sense is an error with its line, what a sensor does wrong is an Issue.
"""

from __future__ import annotations

import csv
import io
import math
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import DatasetError, UsageError
from tinyhost.motion.recording import Issue, MotionRecording, find_issues
from tinyhost.motion.sensor import LSM9DS1, STANDARD_GRAVITY, Accelerometer
from tinyhost.system.durable import new_file

__all__ = ["COLUMNS", "UNITS", "Unit", "motion_csv", "parse_motion_csv", "read_motion_csv", "write_motion_csv"]

COLUMNS = ("timestamp", "accX", "accY", "accZ")
Unit = Literal["m/s2", "g", "mg"]
UNITS: tuple[Unit, ...] = get_args(Unit)
_PER_UNIT = {"m/s2": 1.0, "g": STANDARD_GRAVITY, "mg": STANDARD_GRAVITY / 1000.0}
_GRAVITY_RANGE = (0.5, 2.0)
"""a resting or shaking sensor's median acceleration, in g"""
_MAX_FILE_BYTES = 1 << 27  # eight hours at 119 Hz; what is read takes about as much memory
_MIN_RATE_HZ, _MAX_RATE_HZ = 1.0, 10_000.0
_MAX_ACCELERATION = 1e5  # m/s^2


def read_motion_csv(path: Path, *, unit: Unit | None = None, range_g: float = LSM9DS1.range_g) -> MotionRecording:
    """Return the recording in a CSV file, as parse_motion_csv does. Raises DatasetError, also for unreadable files."""
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise DatasetError(f"{path}: larger than {_MAX_FILE_BYTES >> 20} MiB", hint="split the recording")
        with path.open(encoding="utf-8-sig", newline="") as file:
            return parse_motion_csv(file, where=str(path), unit=unit, range_g=range_g)
    except UnicodeDecodeError as exc:
        raise DatasetError(f"{path}: not a text file: {exc.reason} at byte {exc.start}") from exc
    except OSError as exc:
        raise DatasetError(f"{path}: {exc.strerror or exc}") from exc


def parse_motion_csv(
    lines: Iterable[str], *, where: str, unit: Unit | None = None, range_g: float = LSM9DS1.range_g
) -> MotionRecording:
    """Return the recording in CSV text: a header line with at least COLUMNS, then a line per sample.

    unit: of the values; None: m/s^2, checked against gravity, which every accelerometer feels.
    Gaps, stuck axes and saturation become issues. Raises DatasetError, with the line, for missing columns, values that
    are no finite numbers, times that do not rise, units that cannot be, fewer than two samples.
    """
    if unit is not None and unit not in UNITS:
        raise UsageError(f"no unit {unit!r}", hint=f"there are: {', '.join(UNITS)}")
    table = _read_table(lines, where)
    lines_read, time_ms, values = table[:, 0], table[:, 1], table[:, 2:]
    rate_hz, gaps = _sampling(time_ms, lines_read, where)
    acceleration = _to_metric(values, unit, where)
    issues = find_issues(acceleration, rate_hz, gaps=gaps, range_g=range_g)
    return MotionRecording(name=Path(where).stem, acceleration=acceleration, rate_hz=rate_hz, issues=issues)


def write_motion_csv(path: Path, blocks: Iterable[NDArray[np.int16]], sensor: Accelerometer = LSM9DS1) -> int:
    """Write samples as CSV, atomically, and return how many. blocks: (n, 3) counts, one after the other.

    Values have four decimals, a tenth of a count, so reading gives the same counts. Raises OSError.
    """
    n_samples = 0
    with new_file(path) as file:
        file.write((",".join(COLUMNS) + "\n").encode())
        for block in blocks:
            _write_block(file, block, sensor, n_samples)
            n_samples += len(block)
    return n_samples


def motion_csv(samples: NDArray[np.int16], sensor: Accelerometer = LSM9DS1) -> bytes:
    """Return (n, 3) counts as the bytes of a CSV file."""
    file = io.BytesIO()
    file.write((",".join(COLUMNS) + "\n").encode())
    _write_block(file, samples, sensor, 0)
    return file.getvalue()


def _write_block(file: IO[bytes], block: NDArray[np.int16], sensor: Accelerometer, first: int) -> None:
    time_ms = np.arange(first, first + len(block)) * (1000.0 / sensor.rate_hz)
    table = np.column_stack([time_ms, sensor.acceleration(block)])
    np.savetxt(file, table, fmt=("%.3f", "%.4f", "%.4f", "%.4f"), delimiter=",")


def _read_table(lines: Iterable[str], where: str) -> NDArray[np.float64]:
    """Return (n, 5): line, time, x, y, z."""
    reader = csv.reader(lines, strict=True)
    values = array("d")
    try:
        for row in _rows(reader, where):
            values.extend(row)
    except csv.Error as exc:
        raise DatasetError(f"{where}, line {reader.line_num}: not CSV: {exc}") from exc
    table = np.frombuffer(values, np.float64).reshape(-1, 1 + len(COLUMNS))
    if len(table) < 2:
        raise DatasetError(f"{where}: {len(table)} samples, expected two or more")
    return table


def _rows(reader: Iterator[list[str]], where: str) -> Iterator[list[float]]:
    header = [name.strip() for name in next(reader, [])]
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        found = ",".join(header)[:80] or "an empty file"
        raise DatasetError(
            f"{where}, line 1: no column {', '.join(missing)}; found {found}",
            hint="the first line must be " + ",".join(COLUMNS),
        )
    places = [header.index(name) for name in COLUMNS]
    for number, row in enumerate(reader, start=2):
        if not row:
            continue
        if len(row) != len(header):
            raise DatasetError(f"{where}, line {number}: {len(row)} values, expected {len(header)}")
        values = [_number(row[place], name, number, where) for place, name in zip(places, COLUMNS, strict=True)]
        yield [number, *values]


def _number(text: str, name: str, line: int, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DatasetError(f"{where}, line {line}: {name} is {text.strip()[:40]!r}, expected a number")
    return value


def _sampling(time_ms: NDArray[np.float64], lines: NDArray[np.float64], where: str) -> tuple[float, list[Issue]]:
    """Return the rate in Hz, from the intervals that are no gaps, and the gaps."""
    steps = np.diff(time_ms)
    if not (steps > 0.0).all():
        index = int(np.argmax(~(steps > 0.0)))
        raise DatasetError(
            f"{where}, line {lines[index + 1]:.0f}: time {time_ms[index + 1]:g} after {time_ms[index]:g} does not rise",
            hint="sort the file by time, or split it where the clock was set back",
        )
    is_gap = steps > 1.75 * float(np.median(steps))
    period_ms = float(np.mean(steps[~is_gap]))
    rate_hz = 1000.0 / period_ms if period_ms > 0.0 else math.inf
    if not _MIN_RATE_HZ <= rate_hz <= _MAX_RATE_HZ:
        raise DatasetError(
            f"{where}: {rate_hz:.3g} samples per second, expected {_MIN_RATE_HZ:g} to {_MAX_RATE_HZ:g}",
            hint="timestamps are in milliseconds",
        )
    gaps = [
        Issue(kind="gap", first=int(i) + 1, n_samples=max(1, min(round(steps[i] / period_ms) - 1, 2**31)))
        for i in np.flatnonzero(is_gap)
    ]
    return rate_hz, gaps


def _to_metric(values: NDArray[np.float64], unit: Unit | None, where: str) -> NDArray[np.float64]:
    """Return values in m/s^2."""
    if np.abs(values).max() > _MAX_ACCELERATION:
        raise DatasetError(f"{where}: a value of {np.abs(values).max():.3g} is no acceleration")
    if unit is None:
        median = float(np.median(np.linalg.norm(values, axis=1)))
        if not _looks_like_gravity(median, "m/s2"):
            fitting = [other for other in UNITS if _looks_like_gravity(median, other)]
            raise DatasetError(
                f"{where}: median acceleration {median:.3g}, expected about {STANDARD_GRAVITY:.1f} m/s^2 of gravity",
                hint=f"say the unit: {fitting[0]}?" if fitting else f"say the unit: {', '.join(UNITS)}",
            )
    metric: NDArray[np.float64] = values * _PER_UNIT[unit or "m/s2"]
    return metric


def _looks_like_gravity(median: float, unit: Unit) -> bool:
    low, high = _GRAVITY_RANGE
    return low * STANDARD_GRAVITY <= median * _PER_UNIT[unit] <= high * STANDARD_GRAVITY
