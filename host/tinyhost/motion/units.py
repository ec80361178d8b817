"""Units of a recording of motion: acceleration, rotation, time."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

from tinyhost.errors import UsageError
from tinyhost.motion.sensor import STANDARD_GRAVITY

__all__ = [
    "MS_PER_UNIT",
    "PER_UNIT",
    "TIME_UNITS",
    "UNITS",
    "UNSTATED_UNITS",
    "MotionUnits",
    "TimeUnit",
    "Unit",
    "degrees_in",
    "time_unit_in",
    "unit_in",
    "unit_option",
]

Unit = Literal["m/s2", "g", "mg"]
TimeUnit = Literal["s", "ms", "us", "ns"]
UNITS: tuple[Unit, ...] = get_args(Unit)
TIME_UNITS: tuple[TimeUnit, ...] = get_args(TimeUnit)
PER_UNIT: dict[Unit, float] = {"m/s2": 1.0, "g": STANDARD_GRAVITY, "mg": STANDARD_GRAVITY / 1000.0}
"""unit: its value in m/s^2"""
MS_PER_UNIT: dict[TimeUnit, float] = {"s": 1000.0, "ms": 1.0, "us": 1e-3, "ns": 1e-6}
"""unit: its value in ms"""
_SPELLINGS: dict[Unit, str] = {
    "m/s2": "m/s2 m/s/s m/ss ms-2 m/sec2 mps2 ms2 m_s2 m_s_2 meter/second2 metre/second2",
    "g": "g gn g0 g's gs gravity",
    "mg": "mg milli-g millig",
}
_TIME_SPELLINGS: dict[TimeUnit, str] = {
    "s": "s sec secs second seconds",
    "ms": "ms msec msecs millis millisecond milliseconds",
    "us": "us usec usecs micros microsecond microseconds",
    "ns": "ns nsec nsecs nanos nanosecond nanoseconds",
}
_ROTATION_SPELLINGS = {
    1.0: "dps deg/s deg/sec degree/s degrees/s degree/sec degrees/sec degree/second degrees/second °/s °/sec °s-1",
    1e-3: "mdps mdeg/s",
    math.degrees(1.0): "rad/s rad/sec radian/s radians/s radian/second radians/second rads-1 rps rad_s",
}
_KNOWN_ROTATION = {text: degrees for degrees, texts in _ROTATION_SPELLINGS.items() for text in texts.split()}
_KNOWN = {text: unit for unit, texts in _SPELLINGS.items() for text in texts.split()}
_KNOWN_TIME = {text: unit for unit, texts in _TIME_SPELLINGS.items() for text in texts.split()}
_PLAIN = str.maketrans({"²": "2", "⁻": "-", "−": "-", "µ": "u", "μ": "u", "^": None, "*": None, "·": None, "⋅": None})

T = TypeVar("T", Unit, TimeUnit)


def unit_in(text: str) -> Unit | None:
    """Return the unit of acceleration that a text spells, e.g. `m/s^2`; None if it is none."""
    return _KNOWN.get(_plain(text))


def degrees_in(text: str) -> float | None:
    """Return the value in degrees per second of a unit of rotation, e.g. `rad/s`; None if it is none."""
    return _KNOWN_ROTATION.get(_plain(text))


def time_unit_in(text: str) -> TimeUnit | None:
    """Return the unit of time that a text spells, e.g. `µs`; None if it is none."""
    return _KNOWN_TIME.get(_plain(text))


def _plain(text: str) -> str:
    return re.sub(r"\s", "", text).translate(_PLAIN).lower()


def unit_option(option: Literal["unit", "time-unit"], value: str) -> str:
    """Return the hint for giving a unit: the option of commands, or that of a scene."""
    return f"give --{option} {value}, or for a scene: --scene 'FILE?{option}={value}'"


@dataclass(frozen=True, kw_only=True)
class MotionUnits:
    """Units given by the user for files that do not contain them; None: not given."""

    acceleration: Unit | None = None
    time: TimeUnit | None = None

    @classmethod
    def of(cls, acceleration: str = "", time: str = "") -> MotionUnits:
        """Return the units of options; empty: not given. Raises UsageError for an unknown unit."""
        return cls(
            acceleration=_said("unit", acceleration, unit_in(acceleration), UNITS),
            time=_said("time-unit", time, time_unit_in(time), TIME_UNITS),
        )


UNSTATED_UNITS = MotionUnits()


def _said(option: str, text: str, unit: T | None, units: tuple[T, ...]) -> T | None:
    if text and unit is None:
        raise UsageError(f"--{option} {text}: no such unit", hint=f"there are: {', '.join(units)}")
    return unit
