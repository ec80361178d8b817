"""How long to wait for a reply, and how much to put into one frame: both learnt from the link."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["ChunkSizer", "ReplyTimer"]

# Before anything was measured: an idle board answers at once, and a slow UART moves 8 kB/s.
_FIRST_S = 0.1
_FIRST_BYTES_PER_S = 8000
_MIN_S = 0.01
_MAX_S = 2.0
_BACKOFF = 1.5


@dataclass(slots=True)
class _Estimate:
    mean_s: float
    deviation_s: float


class ReplyTimer:
    """Retransmission timeouts per kind and size of request (RFC 6298; retried requests are not measured: Karn)."""

    def __init__(self) -> None:
        self._estimates: dict[tuple[int, int], _Estimate] = {}

    def timeout_s(self, message_type: int, n_bytes: int, attempt: int = 1) -> float:
        """Return how long to wait for the reply to the `attempt`-th sending of a request of `n_bytes`."""
        estimate = self._estimates.get((message_type, n_bytes.bit_length()))
        if estimate is None:
            first = _FIRST_S + n_bytes / _FIRST_BYTES_PER_S
        else:
            first = max(_MIN_S, estimate.mean_s + 4 * estimate.deviation_s)
        return min(max(first, _MAX_S), first * _BACKOFF ** (attempt - 1))

    def learn(self, message_type: int, n_bytes: int, elapsed_s: float) -> None:
        """Take in how long a reply took that came without a second sending."""
        key = (message_type, n_bytes.bit_length())
        estimate = self._estimates.get(key)
        if estimate is None:
            self._estimates[key] = _Estimate(elapsed_s, elapsed_s / 2)
            return
        estimate.deviation_s += (abs(elapsed_s - estimate.mean_s) - estimate.deviation_s) / 4
        estimate.mean_s += (elapsed_s - estimate.mean_s) / 8


class ChunkSizer:
    """The size of pieces that wastes least on a link that breaks some bytes.

    With e broken of all bytes and h bytes around each piece of c, about e * c + h / c of the bytes are
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
