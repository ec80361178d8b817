"""Measured values in words; the units are those of protocol/self_test.toml."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tinyhost.protocol.self_test import LineState, SelfTestCheck

__all__ = ["Unit", "unit_of"]

_MOST = 2**31 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """How a check's numbers are shown."""

    name: str
    """name in JSON, see docs/reference/json.md"""
    show: Callable[[int], str]

    def span(self, lowest: int, highest: int) -> str:
        """Return the expected range in words."""
        if lowest == highest:
            return self.show(lowest)
        if lowest == 0 and highest > 0:
            return f"up to {self.show(highest)}"
        if highest >= _MOST:
            return f"at least {self.show(lowest)}"
        return f"{self.show(lowest)} … {self.show(highest)}"


def _line_state(value: int) -> str:
    try:
        return LineState(value).name.lower()
    except ValueError:
        return f"state {value}"


def _duration(value_us: int) -> str:
    return f"{value_us / 1000:.1f} ms" if abs(value_us) >= 1000 else f"{value_us} µs"


_COUNT = Unit(name="count", show=str)
_US = Unit(name="us", show=_duration)
_MG = Unit(name="mg", show=lambda value: f"{value / 1000:+.2f} g")
_PLAIN_MG = Unit(name="mg", show=lambda value: f"{value / 1000:.3f} g")
_LINE = Unit(name="line_state", show=_line_state)
_UNITS: dict[int, Unit] = {
    SelfTestCheck.CAPTURE_TIME: _US,
    SelfTestCheck.START_TIME: Unit(name="ms", show=lambda value: f"{value} ms"),
    SelfTestCheck.SAMPLE_RATE: Unit(name="mhz", show=lambda value: f"{value / 1000:.1f} Hz"),
    SelfTestCheck.OFFSET: Unit(name="counts", show=lambda value: f"{value:+d} counts"),
    SelfTestCheck.NOISE: Unit(name="hundredths", show=lambda value: f"{value / 100:.2f} counts"),
    SelfTestCheck.CLIPPED: Unit(name="ppm", show=lambda value: f"{value / 10_000:.2f} %"),
    SelfTestCheck.IDENTITY: Unit(name="number", show=lambda value: f"0x{value & 0xFFFFFFFF:02x}"),
    SelfTestCheck.BUS_LINE: _LINE,
    SelfTestCheck.SYNC_LINE: _LINE,
    SelfTestCheck.DATA_LINE: _LINE,
    SelfTestCheck.FRAME_PERIOD: _US,
    SelfTestCheck.ROW_PERIOD: _US,
    SelfTestCheck.ROW_ACTIVE: _US,
    SelfTestCheck.D0_D1_EXCHANGED: Unit(name="flag", show=lambda value: "yes" if value else "no"),
    SelfTestCheck.CHIP: Unit(name="number", show=lambda value: {1: "LSM9DS1", 2: "BMI270"}.get(value, "none")),
    SelfTestCheck.DEFLECTION: _MG,
    SelfTestCheck.DEFLECTION_SIZE: _PLAIN_MG,
    SelfTestCheck.GRAVITY: _PLAIN_MG,
    SelfTestCheck.MOVEMENT: _PLAIN_MG,
    SelfTestCheck.ROTATION: Unit(name="hundredths_dps", show=lambda value: f"{value / 100:+.2f} °/s"),
}


def unit_of(check: int) -> Unit:
    """Return the unit of a check; none for a check that this version does not know."""
    return _UNITS.get(check, _COUNT)
