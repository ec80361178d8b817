"""The rate of samples by the board's clock, and lost samples."""

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
    """The rate of samples, and the number of lost ones."""

    declared_hz: float
    """samples per second that the sensor declares"""
    measured_hz: float | None
    """by the board's clock; null with too few samples"""
    lost: int
    """samples that the board lost"""
    missing: int
    """samples that are missing for any reason"""


class Pace:
    """Measures a stream of samples, piece by piece."""

    def __init__(self) -> None:
        self.declared_hz = 0.0
        self.n_lost = 0
        """samples lost by the board because it read them late"""
        self.n_missing = 0
        """samples missing between pieces: lost by the board or on the link"""
        self._first: tuple[int, int] | None = None
        self._last: tuple[int, int] | None = None
        self._next = 0
        self._begin_lost = 0

    def add(self, *, position: int, n_samples: int, timestamp_us: int, rate_hz: float, lost: int) -> None:
        """Process a piece."""
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
        """The measured rate; None with too few samples."""
        if self._first is None or self._last is None or self._last[1] - self._first[1] < _LEAST_US:
            return None
        return (self._last[0] - self._first[0]) * 1e6 / (self._last[1] - self._first[1])

    def remarks(self) -> Iterator[Remark]:
        """Yield remarks on faults."""
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
