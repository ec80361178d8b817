"""Motion as CSV: written in Edge Impulse's layout, timestamp,accX,accY,accZ in ms and m/s^2; others can be read too.

With a gyroscope, gyrX,gyrY,gyrZ in degrees per second follow. Files are not trusted: malformed values are errors with
their line, faults of the sensor become an Issue.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import DatasetError
from tinyhost.motion.columns import COLUMNS, ROTATION_COLUMNS
from tinyhost.motion.recording import MAX_ACCELERATION, RATES_HZ, Issue, MotionRecording, find_issues
from tinyhost.motion.sensor import COUNTS_PER_DPS, LSM9DS1, STANDARD_GRAVITY, Accelerometer
from tinyhost.motion.table import MotionTable, read_table
from tinyhost.motion.units import MS_PER_UNIT, PER_UNIT, UNITS, UNSTATED_UNITS, MotionUnits, Unit, unit_option
from tinyhost.system.durable import new_file
from tinyhost.system.reading import open_file

__all__ = ["motion_csv", "parse_motion_csv", "read_motion_csv", "write_motion_csv"]

_GRAVITY_RANGE = (0.5, 2.0)
"""plausible median acceleration of a resting or vibrating sensor, in g"""
_MOST_BY_HAND = 6.0
"""the same for a hand-held sensor, as one with a gyroscope usually is; other units would give values outside"""
_MAX_FILE_BYTES = 1 << 27  # eight hours at 119 Hz; parsed, it takes about as much memory
_USUAL_RATES_HZ = (4.0, 4000.0)
"""usual rates of accelerometers; as units of time are a factor of 1000 apart, a time step is usual in one of them only
"""


def read_motion_csv(
    path: Path, units: MotionUnits = UNSTATED_UNITS, *, range_g: float = LSM9DS1.range_g
) -> MotionRecording:
    """Return the recording in a CSV file, as parse_motion_csv does. Raises DatasetError, also for unreadable files."""
    with open_file(path, max_bytes=_MAX_FILE_BYTES) as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        try:
            return parse_motion_csv(text, where=str(path), units=units, range_g=range_g)
        except UnicodeDecodeError as exc:
            raise DatasetError(
                f"{path}: expected text in UTF-8, got {exc.object[exc.start]:#04x}", hint="save it as UTF-8"
            ) from exc


def parse_motion_csv(
    lines: Iterable[str], *, where: str, units: MotionUnits = UNSTATED_UNITS, range_g: float = LSM9DS1.range_g
) -> MotionRecording:
    """Return the recording in CSV text: a header line with at least time and three axes, then a line per sample.

    units: as given by the user. Units that neither the user nor the header gives are inferred: for acceleration m/s^2,
    checked against gravity, which every accelerometer measures; for time the one that gives a usual rate. Gaps, stuck
    axes and saturation become issues. Raises DatasetError, with the line, for missing columns, values that are no
    finite numbers, times that do not rise, impossible units, fewer than two samples.
    """
    table = read_table(lines, units, where)
    time_ms, assumed = _time_ms(table, where)
    rate_hz, gaps = _sampling(time_ms, where)
    acceleration = _to_metric(table, units.acceleration, where)
    return MotionRecording(
        name=Path(where).stem,
        acceleration=acceleration,
        rate_hz=rate_hz,
        rotation=table.rotation,
        issues=find_issues(acceleration, rate_hz, rotation=table.rotation, gaps=gaps, range_g=range_g),
        assumed="; ".join(filter(None, [assumed, table.assumed])),
    )


def write_motion_csv(path: Path, blocks: Iterable[NDArray[np.int16]], sensor: Accelerometer = LSM9DS1) -> int:
    """Write samples as CSV, atomically, and return how many.

    blocks: (n, 3) counts, or (n, 6) with a gyroscope's, one after the other. Values have four decimals, a tenth of a
    count, so reading gives the same counts. Raises OSError.
    """
    n_samples = 0
    with new_file(path) as file:
        for block in blocks:
            if not n_samples:
                file.write(_head(sensor.rate_hz, block.shape[1]))
            values = np.hstack([sensor.acceleration(block[:, :3]), block[:, 3:] / COUNTS_PER_DPS])
            _write_block(file, values, sensor.rate_hz, n_samples)
            n_samples += len(block)
    return n_samples


def motion_csv(acceleration: NDArray[np.float64], rate_hz: float, rotation: NDArray[np.float64] | None = None) -> bytes:
    """Return (n, 3) accelerations in m/s^2, and rotations in degrees per second, as the bytes of a CSV file."""
    values = acceleration if rotation is None else np.hstack([acceleration, rotation])
    file = io.BytesIO()
    file.write(_head(rate_hz, values.shape[1]))
    _write_block(file, values, rate_hz, 0)
    return file.getvalue()


def _head(rate_hz: float, n_channels: int) -> bytes:
    """Return the header's line; for an unusual rate it includes the unit of time, which could not be inferred."""
    is_usual = _USUAL_RATES_HZ[0] < rate_hz < _USUAL_RATES_HZ[1]
    time, *axes = COLUMNS
    rotation = ROTATION_COLUMNS[: n_channels - len(axes)]
    return (",".join([time if is_usual else f"{time}_ms", *axes, *rotation]) + "\n").encode()


def _write_block(file: IO[bytes], block: NDArray[np.float64], rate_hz: float, first: int) -> None:
    time_ms = np.arange(first, first + len(block)) * (1000.0 / rate_hz)
    table = np.column_stack([time_ms, block])
    np.savetxt(file, table, fmt=("%.3f", *["%.4f"] * block.shape[1]), delimiter=",")


def _time_ms(table: MotionTable, where: str) -> tuple[NDArray[np.float64], str]:
    """Return times in ms from the first one, and the assumption about their unit, in words."""
    steps = np.diff(table.time)
    if not (steps > 0.0).all():
        index = int(np.argmax(~(steps > 0.0)))
        raise DatasetError(
            f"{where}, line {table.lines[index + 1]}: time {table.time[index + 1]:g} after {table.time[index]:g} "
            "does not rise",
            hint="sort the file by time, or split it where the clock was set back",
        )
    times = table.time - table.time[0]
    if table.units.time is not None:
        return times * MS_PER_UNIT[table.units.time], ""
    step = float(np.median(steps))
    for unit, per_unit in MS_PER_UNIT.items():
        rate_hz = 1000.0 / (step * per_unit) if step * per_unit > 0.0 else math.inf
        if _USUAL_RATES_HZ[0] <= rate_hz < _USUAL_RATES_HZ[1]:
            words = f"times are assumed to be in {unit}, {rate_hz:,.4g} samples per second; otherwise give --time-unit"
            return times * per_unit, "" if unit == "ms" else words
    raise DatasetError(
        f"{where}: times rise by {step:.3g}, in no unit a usual rate of {_USUAL_RATES_HZ[0]:g} to "
        f"{_USUAL_RATES_HZ[1]:,g} samples per second",
        hint=unit_option("time-unit", "ms"),
    )


def _sampling(time_ms: NDArray[np.float64], where: str) -> tuple[float, list[Issue]]:
    """Return the rate in Hz, from the intervals without gaps, and the gaps."""
    steps = np.diff(time_ms)
    is_gap = steps > 1.75 * float(np.median(steps))
    period_ms = float(np.mean(steps[~is_gap]))
    rate_hz = 1000.0 / period_ms if period_ms > 0.0 else math.inf
    if not RATES_HZ[0] <= rate_hz <= RATES_HZ[1]:
        raise DatasetError(
            f"{where}: {rate_hz:.3g} samples per second, expected {RATES_HZ[0]:g} to {RATES_HZ[1]:g}",
            hint=unit_option("time-unit", "ms"),
        )
    gaps = [
        Issue(kind="gap", first=int(i) + 1, n_samples=max(1, min(round(steps[i] / period_ms) - 1, 2**31)))
        for i in np.flatnonzero(is_gap)
    ]
    return rate_hz, gaps


def _to_metric(table: MotionTable, said: Unit | None, where: str) -> NDArray[np.float64]:
    """Return values in m/s^2. said: the unit given by the user, which overrides the check of the values."""
    values, unit = table.values, table.units.acceleration
    if np.abs(values).max() > MAX_ACCELERATION:
        raise DatasetError(f"{where}: a value of {np.abs(values).max():.3g} is not an acceleration")
    median = float(np.median(np.linalg.norm(values, axis=1)))
    most = _GRAVITY_RANGE[1] if table.rotation is None else _MOST_BY_HAND
    fitting = [other for other in UNITS if _looks_like_gravity(median, other)]
    if not fitting and _looks_like_gravity(median, "m/s2", most):
        fitting = ["m/s2"]
    if said is None and unit is None and "m/s2" not in fitting:
        raise DatasetError(
            f"{where}: median acceleration {median:.3g}, expected about {STANDARD_GRAVITY:.1f} m/s^2 of gravity",
            hint=unit_option("unit", fitting[0] if fitting else "|".join(UNITS)),
        )
    if said is None and unit is not None and fitting and unit not in fitting:
        raise DatasetError(
            f"{where}: its header says {unit}, and gravity is {median:.3g}, as it is in {fitting[0]}",
            hint=f"correct the header, or confirm it with --unit {unit}",
        )
    metric: NDArray[np.float64] = values * PER_UNIT[unit or "m/s2"]
    return metric


def _looks_like_gravity(median: float, unit: Unit, most: float = _GRAVITY_RANGE[1]) -> bool:
    return _GRAVITY_RANGE[0] * STANDARD_GRAVITY <= median * PER_UNIT[unit] <= most * STANDARD_GRAVITY
