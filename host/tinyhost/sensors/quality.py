"""The assessment of a sensor's data: the base of pictures, sound and motion."""

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
    """Collects a sensor's data for some seconds, and assesses it."""

    what: ClassVar[str]
    """the kind of data: picture, sound, motion data"""

    def __init__(self) -> None:
        self.n_items = 0
        """number of pictures or samples"""

    def remarks(self) -> list[Remark]:
        """Return all remarks, the worst first."""
        if not self.n_items:
            return [Remark(level="bad", text=f"no {self.what} arrived", action="see the failed checks above")]
        return worst_first(self.faults()) or [Remark(level="good", text=self.praise())]

    @abstractmethod
    def faults(self) -> Iterator[Remark]:
        """Yield remarks on possible faults; called once there is data."""

    @abstractmethod
    def praise(self) -> str:
        """Return the remark for data without faults."""

    @abstractmethod
    def report(self) -> object:
        """Return the figures as a dataclass; docs/reference/json.md has its fields."""


class SampleQuality(SensorQuality):
    """Collects the samples of a continuous sensor."""

    n_channels: ClassVar[tuple[int, ...]]
    """number of channels, of the possible ones"""

    def __init__(self) -> None:
        super().__init__()
        self.pace = Pace()
        self.n_clipped = np.zeros(max(self.n_channels), np.int64)
        """for each channel, the number of values at either end of its range"""

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
        """Process (n, n_channels) counts without a gap; those of another sensor are ignored.

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
        """Process (n, n_channels) counts after `add` has counted them."""
