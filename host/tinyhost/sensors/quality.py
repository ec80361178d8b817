"""How a sensor is judged by what it gives: what pictures, sound and motion have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tinyhost.sensors.pace import Pace
from tinyhost.sensors.remarks import Remark, worst_first

__all__ = ["SampleQuality", "SensorQuality"]


class SensorQuality(ABC):
    """Gathers what a sensor gives for some seconds, and judges it."""

    what: ClassVar[str]
    """what it gathers: picture, sound, motion data"""

    def __init__(self) -> None:
        self.n_items = 0
        """pictures, or samples"""

    def remarks(self) -> list[Remark]:
        """Return what there is to say, the worst first."""
        if not self.n_items:
            return [Remark(level="bad", text=f"no {self.what} arrived", action="see the failed checks above")]
        return worst_first(self.faults()) or [Remark(level="good", text=self.praise())]

    @abstractmethod
    def faults(self) -> Iterator[Remark]:
        """Yield what is wrong, or may be; something has come."""

    @abstractmethod
    def praise(self) -> str:
        """Return what to say when nothing is wrong."""

    @abstractmethod
    def report(self) -> object:
        """Return the figures as a dataclass; docs/reference/json.md has its fields."""


class SampleQuality(SensorQuality):
    """Gathers the samples of a sensor that gives them all the time."""

    n_channels: ClassVar[tuple[int, ...]]
    """values of a sample, of those that it can have"""

    def __init__(self) -> None:
        super().__init__()
        self.pace = Pace()
        self.n_clipped = np.zeros(max(self.n_channels), np.int64)
        """of each channel, the values at either end of its range"""

    def add(
        self,
        samples: NDArray[np.int16],
        *,
        position: int,
        timestamp_us: int,
        rate_hz: float,
        lost: int,
        scale: float,
    ) -> None:
        """Take in (n, n_channels) counts, without a gap inside; those of another sensor are left out.

        position: of the first sample since the sensor's start; lost: samples that the board lost since then; scale: of
        one count, in g or of full scale.
        """
        if not len(samples) or samples.shape[1] not in self.n_channels:
            return
        self.pace.add(position=position, n_samples=len(samples), timestamp_us=timestamp_us, rate_hz=rate_hz, lost=lost)
        self.n_items += len(samples)
        is_clipped = (samples == 32767) | (samples == -32768)
        self.n_clipped[: samples.shape[1]] += np.count_nonzero(is_clipped, axis=0)
        self.take(samples, scale)

    @abstractmethod
    def take(self, samples: NDArray[np.int16], scale: float) -> None:
        """Take in (n, n_channels) counts that `add` has counted."""
