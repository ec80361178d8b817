"""Adaptive timeouts and frame sizes: learnt from the link, within deadlines."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from tinyhost.errors import UsageError
from tinyhost.protocol.messages import MessageType

__all__ = ["ChunkSizer", "Deadline", "ReplyTimer", "timeout_scale"]

_PATIENCE_VARIABLE = "TINYHOST_PATIENCE"
_PATIENCE_RANGE = (0.001, 1000.0)
_AWAY_S = 60.0
# The limit for an emulated board, even if its time hardly passes.
_SLOWEST = 20.0
_LEAST_S = 0.01  # a wait of less is none

# Before anything was measured: an idle board answers at once, and a slow UART moves 8 kB/s.
_FIRST_S = 0.1
_FIRST_BYTES_PER_S = 8000
# However fast replies were so far, a page may take this long more: erased flash, a busy computer.
_MIN_S = 0.01
# As long as nothing was lost lately a reply that does not come is late, not lost: a busy computer, an inference.
_CALM_S = 0.25
_FAST_BYTES_PER_S = 100_000
_MAX_S = 2.0
_BACKOFF = 1.5
_MAX_BACKOFF = 8.0
_MAX_BACKOFFS = 64  # more would overflow a float
# Answered without any work: what one of these took tells about the others.
_QUICK = {
    MessageType.HELLO,
    MessageType.INFO,
    MessageType.BYE,
    MessageType.PING,
    MessageType.MODEL_LIST,
    MessageType.PROFILE,
    MessageType.READ,
    MessageType.SETTINGS,
    MessageType.STREAM,
}


def timeout_scale() -> float:
    """Return the factor for every deadline: $TINYHOST_PATIENCE, else 1. Raises UsageError for no number."""
    given = os.environ.get(_PATIENCE_VARIABLE) or "1"
    low, high = _PATIENCE_RANGE
    try:
        patience = float(given)
    except ValueError:
        patience = math.nan
    if not low <= patience <= high:
        raise UsageError(
            f"{_PATIENCE_VARIABLE}={given!r}: expected a number from {low:g} to {high:g}",
            hint="it multiplies every deadline: set 3 for a slow link, or unset it",
        )
    return patience


class Deadline:
    """A deadline in the board's time. It is suspended while the board is away, up to a limit."""

    def __init__(self, seconds: float, *, patience: float, now_s: Callable[[], float] = time.monotonic) -> None:
        """Begin. patience: what `seconds`, and how long a board may be away, are multiplied with.

        now_s: the board's time, which may pass more slowly than this computer's.
        """
        self.seconds = seconds * patience
        self.interruptions = 0
        """number of times the board went away meanwhile, or had to be greeted again"""
        self._now_s = now_s
        self._away_left_s = _AWAY_S * patience
        self.start_again()

    @property
    def left_s(self) -> float:
        """The time left; 0 when it is over."""
        left_s = min(self._end_s - self._now_s(), self._latest_s - time.monotonic())
        return max(left_s, _LEAST_S) if left_s > 0.0 else 0.0

    @property
    def longest_s(self) -> float:
        """The time left if the board stays away from now on."""
        return self.left_s + self._away_left_s

    def was_away(self, seconds: float) -> None:
        """Extend the deadline by the time that the board was away, up to the limit."""
        granted_s = min(seconds, self._away_left_s)
        self._away_left_s -= granted_s
        self._end_s += granted_s
        self._latest_s += granted_s

    def start_again(self) -> None:
        """Restart the deadline after progress."""
        self._end_s = self._now_s() + self.seconds
        self._latest_s = time.monotonic() + _SLOWEST * self.seconds


@dataclass(slots=True)
class _Estimate:
    mean_s: float
    deviation_s: float

    def learn(self, elapsed_s: float) -> None:
        self.deviation_s += (abs(elapsed_s - self.mean_s) - self.deviation_s) / 4
        self.mean_s += (elapsed_s - self.mean_s) / 8


class ReplyTimer:
    """Retransmission timeouts per kind and size of request (RFC 6298; retried requests are not measured: Karn)."""

    def __init__(self) -> None:
        self._estimates: dict[tuple[int, int], _Estimate] = {}
        self._quick: _Estimate | None = None

    def is_quick(self, message_type: int) -> bool:
        """Return whether such a request is always answered at once."""
        return message_type in _QUICK

    def timeout_s(self, message_type: int, n_bytes: int, attempt: int = 1, *, calm: bool = False) -> float:
        """Return how long to wait for the reply to the `attempt`-th sending of a request of `n_bytes`.

        calm: nothing was lost on this link lately.
        """
        first_s = max(_CALM_S if calm else 0.0, self._first_s(message_type, n_bytes))
        longest_s = min(first_s * _MAX_BACKOFF, max(first_s, _MAX_S))
        if not calm and message_type in _QUICK:
            longest_s = _CALM_S  # asking again does no harm, waiting on a link that loses does
        return min(longest_s, first_s * _BACKOFF ** min(attempt - 1, _MAX_BACKOFFS))

    def _first_s(self, message_type: int, n_bytes: int) -> float:
        known = self._estimates.get((message_type, n_bytes.bit_length()))
        if known is not None:
            return max(_MIN_S + n_bytes / _FAST_BYTES_PER_S, known.mean_s + 4 * known.deviation_s)
        if message_type in _QUICK and self._quick is not None:
            return max(_MIN_S, 2 * self._quick.mean_s + 4 * self._quick.deviation_s) + n_bytes / _FIRST_BYTES_PER_S
        return _FIRST_S + n_bytes / _FIRST_BYTES_PER_S

    def learn(self, message_type: int, n_bytes: int, elapsed_s: float) -> None:
        """Take in how long a reply took that came without a second sending."""
        known = self._estimates.setdefault((message_type, n_bytes.bit_length()), _Estimate(elapsed_s, elapsed_s / 2))
        known.learn(elapsed_s)
        if message_type in _QUICK:
            self._quick = self._quick or _Estimate(elapsed_s, elapsed_s / 2)
            self._quick.learn(elapsed_s)


class ChunkSizer:
    """The size of pieces with the least overhead on a link that corrupts some bytes.

    With a byte error rate e, and h bytes of framing around each piece of c bytes, about e * c + h / c of the bytes are
    wasted: least at c = sqrt(h / e).
    """

    _MIN_BYTES = 32
    _OVERHEAD_BYTES = 24
    _MEMORY_BYTES = 16_384

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._sent_bytes = 0.0
        self._losses = 0.0

    @property
    def chunk_bytes(self) -> int:
        """The size for the next piece: a power of two between 32 and the largest allowed."""
        if self._losses < 0.05:
            return self._max_bytes
        best = math.sqrt(self._OVERHEAD_BYTES * self._sent_bytes / self._losses)
        return int(min(self._max_bytes, max(self._MIN_BYTES, 2 ** round(math.log2(best)))))

    def learn(self, *, arrived: int, lost: int, chunk_bytes: int) -> None:
        """Take in how many pieces of `chunk_bytes` arrived and how many did not; old news fades."""
        sent_bytes = (arrived + lost) * (chunk_bytes + self._OVERHEAD_BYTES)
        keep = math.exp(-sent_bytes / self._MEMORY_BYTES)
        self._sent_bytes = self._sent_bytes * keep + sent_bytes
        self._losses = self._losses * keep + lost
