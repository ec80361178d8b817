"""Whether samples come as fast as the sensor says, and which are lost: by the board's clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tinyhost.sensors.remarks import Remark
from tinyhost.system.wording import counted

__all__ = ["Pace", "PaceReport"]

_TOLERANCE = 0.1
_LEAST_US = 500_000


@dataclass(frozen=True, kw_only=True, slots=True)
class PaceReport:
    """How fast samples came, and how many did not."""

    declared_hz: float
    """samples per second that the sensor declares"""
    measured_hz: float | None
    """by the board's clock; null with too few samples"""
    lost: int
    """samples that the board lost"""
    missing: int
    """samples that are missing for any reason"""


class Pace:
    """Follows a stream of samples, piece by piece."""

    def __init__(self) -> None:
        self.declared_hz = 0.0
        self.n_lost = 0
        """by the board, because it was late to read them"""
        self.n_missing = 0
        """between pieces; those that the board lost, and those that broke on the way"""
        self._first: tuple[int, int] | None = None
        self._last: tuple[int, int] | None = None
        self._next = 0
        self._begin_lost = 0

    def add(self, *, position: int, n_samples: int, timestamp_us: int, rate_hz: float, lost: int) -> None:
        """Take in a piece."""
        if self._first is None:
            self._first = position, timestamp_us
            self._begin_lost = lost
        elif position > self._next:
            self.n_missing += position - self._next
        self.declared_hz = rate_hz
        self.n_lost = max(0, lost - self._begin_lost)
        self._last = position, timestamp_us
        self._next = position + n_samples

    @property
    def measured_hz(self) -> float | None:
        """Samples a second; None while too little came to tell."""
        if self._first is None or self._last is None or self._last[1] - self._first[1] < _LEAST_US:
            return None
        return (self._last[0] - self._first[0]) * 1e6 / (self._last[1] - self._first[1])

    def remarks(self) -> Iterator[Remark]:
        """Yield what is wrong."""
        measured = self.measured_hz
        if measured is not None and abs(measured - self.declared_hz) > _TOLERANCE * self.declared_hz:
            yield Remark(
                level="bad",
                text=f"{measured:.1f} samples a second instead of {self.declared_hz:.1f}",
                action="see the check of the sample rate above",
            )
        if self.n_missing:
            yield Remark(
                level="look",
                text=f"{counted(self.n_missing, 'sample')} missing",
                action="connect the board without a hub, and close other programs",
            )
