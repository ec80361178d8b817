"""Recording of sound or motion from a device's stream, with a count of missing samples."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tinyhost.device import SamplesItem, StreamItem
from tinyhost.errors import ProtocolError, TinyhostError

__all__ = ["Recorder", "Recording", "check_channels"]

_SILENT_S = 5.0
_WAIT_S = 0.1


class ItemSource(Protocol):
    """The recorder's view of a subscription."""

    def get(self, timeout_s: float) -> StreamItem | None:
        """Return the next item, or None after `timeout_s`."""

    def silence(self, seconds: float) -> TinyhostError:
        """Return the error for a silent stream."""


@dataclass(frozen=True, kw_only=True)
class Recording:
    """Recorded samples without the missing ones."""

    samples: NDArray[np.int16]
    """(n_samples, n_channels), without missing samples"""
    rate_hz: float
    scale: float
    """of one count: of full scale (microphone), g (accelerometer)"""
    timestamp_us: int
    """of the first sample, on the board's clock"""
    n_missing: int
    """samples between the first and the last that were lost, by the board or on the link"""


def check_channels(samples: NDArray[np.int16], *expected: int) -> None:
    """Raise ProtocolError unless (n_samples, n_channels) samples have one of these numbers of channels."""
    if (got := samples.shape[1]) not in expected:
        raise ProtocolError(
            f"the board's samples: expected {' or '.join(map(str, expected))} values each, got {got}",
            hint="flash the board with this version of tinyhost: tinyhost flash APP",
        )


class Recorder:
    """Reads a stream of SAMPLES, piece by piece."""

    def __init__(
        self,
        source: ItemSource,
        *,
        channels: tuple[int, ...],
        stop: threading.Event | None = None,
        patience: float = 1.0,
    ) -> None:
        """channels: allowed numbers of channels; the first piece determines the number."""
        self._source = source
        self._channels = channels
        self._silent_s = _SILENT_S * patience
        self._stop = stop or threading.Event()
        self._next = -1
        self._restarts = 0

    def next_piece(self) -> tuple[SamplesItem, int] | None:
        """Return the next piece and the number of samples missing before it; None when `stop` is set.

        Raises LinkTimeoutError if nothing comes for 5 s (times `patience`), ProtocolError if a sample has another
        number of values than `channels` says or those before had, and whatever ended the connection. A board that
        restarted counts anew: what it had measured and not sent, nobody can know, so one sample at least counts as
        missing.
        """
        silent_s = 0.0
        while not self._stop.is_set():
            item = self._source.get(min(_WAIT_S, self._silent_s))
            if isinstance(item, SamplesItem):
                check_channels(item.samples, *self._channels)
                self._channels = (item.samples.shape[1],)
                return item, self._missing_before(item)
            silent_s += min(_WAIT_S, self._silent_s)
            if silent_s > self._silent_s:
                raise self._source.silence(self._silent_s)
        return None

    def forget(self) -> None:
        """Discard the samples received so far, with their missing ones."""
        while self._source.get(0.0) is not None:
            pass
        self._next = -1

    def skip(self, seconds: float, on_piece: Callable[[SamplesItem], None] = lambda item: None) -> None:
        """Skip this many seconds of the stream."""
        n_left = -1
        while n_left != 0:
            got = self.next_piece()
            if got is None:
                return
            item = got[0]
            if n_left < 0:
                n_left = round(seconds * item.rate_hz)
            n_left = max(0, n_left - len(item.samples))
            on_piece(item)

    def record(self, seconds: float, on_piece: Callable[[SamplesItem], None] = lambda item: None) -> Recording | None:
        """Return the next samples; None when `stop` is set before they have arrived."""
        pieces: list[SamplesItem] = []
        n_missing, n_samples, wanted = 0, 0, 1
        while n_samples < wanted:
            got = self.next_piece()
            if got is None:
                return None
            item, missing = got
            wanted = round(seconds * item.rate_hz)
            n_missing += missing if pieces else 0
            n_samples += len(item.samples)
            pieces.append(item)
            on_piece(item)
        return Recording(
            samples=np.concatenate([item.samples for item in pieces])[:wanted],
            rate_hz=pieces[0].rate_hz,
            scale=pieces[0].scale,
            timestamp_us=pieces[0].timestamp_us,
            n_missing=n_missing,
        )

    def _missing_before(self, item: SamplesItem) -> int:
        expected, self._next = self._next, item.position + len(item.samples)
        restarted = item.restarts != self._restarts or item.position < expected
        self._restarts = item.restarts
        if restarted:
            return 1
        return item.position - expected if expected >= 0 else 0
