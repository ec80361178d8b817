"""Recognition of a table's columns of time, acceleration and rotation, by the names and units in its header."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tinyhost.errors import DatasetError
from tinyhost.motion.units import UNITS, MotionUnits, TimeUnit, Unit, degrees_in, time_unit_in, unit_in, unit_option

__all__ = ["COLUMNS", "ROTATION_COLUMNS", "MotionColumns", "find_axes", "find_columns", "find_rotation"]

COLUMNS = ("timestamp", "accX", "accY", "accZ")
"""the columns of Edge Impulse's layout, which tinyhost writes"""
ROTATION_COLUMNS = ("gyrX", "gyrY", "gyrZ")
"""the columns of a gyroscope, which follow them"""
_TIME = re.compile(r"t|ts|epoch|elapsed|clock|.*time(stamps?|elapsed|sincestart)?")
_SENSOR = "(?:imu|sensor|raw|phone|watch|device|body|accelerometer)?"
_NAMED = re.compile(
    rf"{_SENSOR}(?:a|acc|accel|acceleration|accelerometer|accelerations|gf)(?:axis)?([xyz])(?:axis)?"
    rf"|{_SENSOR}([xyz])(?:axis)?(?:acc|accel|acceleration)"
)
_ROTATION = re.compile(
    rf"{_SENSOR}(?:g|gyr|gyro|gyroscope|rot|rotation|rotationrate|angularvelocity|omega|w)(?:axis)?([xyz])(?:axis)?"
    rf"|{_SENSOR}([xyz])(?:axis)?(?:gyr|gyro|gyroscope)"
)
_BARE = re.compile(r"(?:axis)?([xyz])(?:axis)?")
_G, _G_FORCE = "g", "gf"  # gFx, gFy, gFz: as Physics Toolbox calls them
_MAX_NAME = 100
_IN_BRACKETS = re.compile(r"(.*?)\s*[\[({](.*)[\])}]")
_SEPARATED = re.compile(r"[\s_./-]+(?:in\s+)?")
_MAX_SHOWN = 80

T = TypeVar("T", Unit, TimeUnit)


@dataclass(frozen=True, kw_only=True)
class MotionColumns:
    """The columns of time and motion, and their units."""

    places: tuple[int, int, int, int]
    """columns of time, x, y, z"""
    units: MotionUnits
    """by the header or the user"""
    rotation: tuple[int, int, int] | None = None
    """columns of the gyroscope's x, y, z; None: there are none"""
    degrees: float | None = None
    """degrees per second in one unit of rotation; None: the header does not say it"""


@dataclass(frozen=True, kw_only=True)
class _Name:
    """The parts of a column's name."""

    place: int
    key: str
    """small letters and digits"""
    unit: str
    """the text in the place of a unit; may be empty"""


def find_columns(header: Sequence[str], said: MotionUnits, where: str) -> MotionColumns:
    """Return the columns of time and of the three axes. `where` is for errors.

    Raises DatasetError, which shows the header, if a column is missing or ambiguous, if the axes have different or
    unknown units, or if the header's unit contradicts the user's.
    """
    time = _time(header)
    axes = _axes(header, where)
    missing = [name for name, column in zip(COLUMNS, (time, *axes), strict=True) if column is None]
    if missing:
        shown = ",".join(header)
        raise DatasetError(
            f"{where}: no column {', '.join(missing)}; found {shown[:_MAX_SHOWN] or 'an empty file'}",
            hint=f"the first line must name them: {','.join(COLUMNS)}",
        )
    found = [column for column in (time, *axes) if column is not None]
    places = [column.place for column in found]
    rotation = find_rotation(header)
    return MotionColumns(
        places=(places[0], places[1], places[2], places[3]),
        units=MotionUnits(
            acceleration=_unit([(header[column.place], column) for column in found[1:]], said.acceleration, where),
            time=_agreed("time-unit", said.time, time_unit_in(found[0].unit), where),
        ),
        rotation=rotation,
        degrees=_degrees([header[place] for place in rotation]) if rotation is not None else None,
    )


def find_axes(names: Sequence[str], where: str) -> tuple[int, int, int] | None:
    """Return the indices of the three axes among channels, by their names; None if one is missing.

    Raises DatasetError if one is ambiguous.
    """
    places = [column.place for column in _axes(names, where) if column is not None]
    return (places[0], places[1], places[2]) if len(places) == 3 else None


def find_rotation(names: Sequence[str]) -> tuple[int, int, int] | None:
    """Return the indices of a gyroscope's three axes among channels, by their names; None if they are missing or
    ambiguous.
    """
    found: dict[str, list[int]] = {"x": [], "y": [], "z": []}
    for place, name in enumerate(names):
        if match := _ROTATION.fullmatch(_split(name, place, degrees_in).key):
            found[match[1] or match[2]].append(place)
    x, y, z = found.values()
    return (x[0], y[0], z[0]) if len(x) == len(y) == len(z) == 1 else None


def _degrees(names: Sequence[str]) -> float | None:
    """Return the columns' unit in degrees per second; None if it is not given or differs between columns."""
    if [name.strip() for name in names] == list(ROTATION_COLUMNS):
        return 1.0
    units = {degrees_in(_split(name, 0, degrees_in).unit) for name in names}
    return units.pop() if len(units) == 1 else None


def _unit(axes: Sequence[tuple[str, _Name]], said: Unit | None, where: str) -> Unit | None:
    """Return the unit of the axes' values from their names in the header; None if it is not given."""
    texts = {column.unit or (_G if column.key.startswith(_G_FORCE) else "") for _, column in axes} - {""}
    units = {unit_in(text) for text in texts}
    names = ", ".join(name for name, _ in axes)
    if len(units) > 1:
        raise DatasetError(f"{where}: axes in different units: {names}", hint="convert them to one unit")
    if units == {None} and said is None:
        raise DatasetError(
            f"{where}: {names}: expected a unit of acceleration ({', '.join(UNITS)}), got {', '.join(sorted(texts))}",
            hint=unit_option("unit", UNITS[0]),
        )
    return _agreed("unit", said, next(iter(units), None), where)


def _agreed(option: str, said: T | None, header: T | None, where: str) -> T | None:
    if said is not None and header is not None and said != header:
        raise DatasetError(
            f"{where}: its header says {header}, --{option} says {said}",
            hint=f"omit --{option}, or correct the header",
        )
    return said if said is not None else header


def _time(header: Sequence[str]) -> _Name | None:
    """Return the column of time: preferably the first with a known unit."""
    names = [_split(name, place, time_unit_in) for place, name in enumerate(header)]
    found = [name for name in names if _TIME.fullmatch(name.key) or (not name.key and name.unit)]
    return min(found, key=lambda name: time_unit_in(name.unit) is None, default=None)


def _axes(header: Sequence[str], where: str) -> list[_Name | None]:
    names = [_split(name, place, unit_in) for place, name in enumerate(header)]
    return [_axis(header, names, axis, where) for axis in "xyz"]


def _axis(header: Sequence[str], names: Sequence[_Name], axis: str, where: str) -> _Name | None:
    """Return the column of an axis: accX itself, a name of an acceleration, or a bare x."""
    exact = f"acc{axis.upper()}"
    tests: tuple[Callable[[_Name], bool], ...] = (
        lambda name: header[name.place].strip().startswith(exact) and name.key == exact.lower(),
        lambda name: axis in (match.groups() if (match := _NAMED.fullmatch(name.key)) else ()),
        lambda name: axis in (match.groups() if (match := _BARE.fullmatch(name.key)) else ()),
    )
    for fits in tests:
        found = [name for name in names if fits(name)]
        if len(found) > 1:
            several = ", ".join(header[name.place] for name in found)[:_MAX_SHOWN]
            raise DatasetError(f"{where}: {len(found)} columns for {exact}: {several}", hint="keep only one of them")
        if found:
            return found[0]
    return None


def _split(name: str, place: int, unit_of: Callable[[str], object]) -> _Name:
    """Return a column's name and its unit: `accX [g]`, `accX (m/s^2)`, `ax_g`, `time in ms`, `millis`."""
    text = name.strip()
    if len(text) > _MAX_NAME:  # no known name, and slow for the patterns
        return _Name(place=place, key="", unit="")
    if match := _IN_BRACKETS.fullmatch(text):
        return _Name(place=place, key=_key(match[1]), unit=match[2].strip())
    if unit_of(text) and len(text) > 1:
        return _Name(place=place, key="", unit=text)
    for separator in _SEPARATED.finditer(text):
        before, after = text[: separator.start()], text[separator.end() :]
        if before and unit_of(after):
            return _Name(place=place, key=_key(before), unit=after)
        if after and unit_of(before):  # seconds_elapsed
            return _Name(place=place, key=_key(after), unit=before)
    return _Name(place=place, key=_key(text), unit="")


def _key(text: str) -> str:
    return re.sub(r"[^0-9a-z]", "", text.lower())
