"""Paced samples: the small buffer of a sensor for a late reader."""

from __future__ import annotations

import time

from tinyhost.boards.scenes.base import Piece, SampleSource

__all__ = ["MEMORY_S", "PacedSamples"]

MEMORY_S = 0.25
"""The boards' buffer for a late reader (firmware/lib/hal/include/hal/microphone.h promises 0.1 s)."""


class PacedSamples:
    """Returns a source's samples no earlier than their time, and drops those that are not read in time."""

    def __init__(self, source: SampleSource) -> None:
        self._source = source
        self.start()

    def start(self) -> None:
        """Switch the sensor on: its first sample is taken now."""
        self._started_at = time.monotonic()
        self._position = 0
        self._lost = 0
        self._source.restart()

    def read(self, max_samples: int) -> Piece:
        """Return at most `max_samples` of what there is. Raises ConfigError if the source cannot be read."""
        rate_hz = self._source.sampling.rate_hz
        available = int((time.monotonic() - self._started_at) * rate_hz) - self._position
        late = available - int(MEMORY_S * rate_hz)
        if late > 0:
            gone = len(self._source.read(late))
            self._position += gone
            self._lost += gone
            available -= late
        wanted = min(available, max_samples)
        samples = self._source.read(wanted)
        position = self._position
        self._position += len(samples)
        n_waiting = available - wanted if len(samples) == wanted else 0
        return Piece(samples=samples, position=position, lost=self._lost, n_waiting=n_waiting)
