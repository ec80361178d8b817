"""A link with injected faults, for tests."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import LinkLostError
from tinyhost.link.base import WRITE_TIMEOUT_S, Link

__all__ = ["Faults", "FaultyLink"]


@dataclass(frozen=True, kw_only=True)
class Faults:
    """The injected faults, in both directions."""

    drop: float = 0.0
    """probability that a byte vanishes"""
    flip: float = 0.0
    """probability that one bit of a byte is inverted"""
    duplicate: float = 0.0
    """probability that a byte comes twice"""
    stall_every_bytes: int = 0
    """number of received bytes after which nothing is read for `stall_s`; 0: never"""
    stall_s: float = 0.0
    vanish_after_bytes: int = 0
    """number of bytes, sent and received, after which the port is gone until opened again; 0: never"""


class FaultyLink:
    """A link with faults; the same `seed` gives each byte of a direction the same fault."""

    def __init__(self, inner: Link, faults: Faults, seed: int = 0) -> None:
        self.name = inner.name
        self._inner = inner
        self._faults = faults
        self._rx, self._tx = (_ByteFaults(faults, stream) for stream in np.random.SeedSequence(seed).spawn(2))
        self._bytes = 0
        self._until_stall = faults.stall_every_bytes
        self._lost = False

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """Return the received bytes after their faults, b"" if none is left; duplicates may double `max_bytes`."""
        self._check()
        data = self._inner.read(max_bytes, timeout_s)
        self._stall(len(data))
        return self._rx.apply(self._pass(data))

    def write(self, data: bytes, timeout_s: float = WRITE_TIMEOUT_S) -> None:
        """Send `data` after its faults."""
        self._check()
        kept = self._pass(data)
        self._inner.write(self._tx.apply(kept), timeout_s)
        if len(kept) < len(data):
            self._check()

    def close(self) -> None:
        """Close the underlying link."""
        self._inner.close()

    def _pass(self, data: bytes) -> bytes:
        """Return the bytes that come through before the port vanishes."""
        limit = self._faults.vanish_after_bytes
        if limit and self._bytes + len(data) >= limit:
            self._lost = True
            data = data[: limit - self._bytes]
        self._bytes += len(data)
        return data

    def _check(self) -> None:
        if self._lost:
            raise LinkLostError(f"{self.name}: the port vanished (on purpose, after {self._bytes} bytes)")

    def _stall(self, n_bytes: int) -> None:
        if not self._faults.stall_every_bytes:
            return
        self._until_stall -= n_bytes
        if self._until_stall <= 0:
            self._until_stall = self._faults.stall_every_bytes
            time.sleep(self._faults.stall_s)


class _ByteFaults:
    """The faults of one direction.

    One random word per byte, so that the result does not depend on how the stream is split into reads.
    """

    def __init__(self, faults: Faults, seed: np.random.SeedSequence) -> None:
        self._random = np.random.Generator(np.random.PCG64(seed))
        chances = np.array([faults.drop, faults.flip, faults.duplicate])
        self._bounds = np.cumsum(chances) * 2.0**32
        self._active = bool(chances.any())

    def apply(self, data: bytes) -> bytes:
        """Return `data` after its faults."""
        if not self._active or not data:
            return data
        words: NDArray[np.uint64] = self._random.integers(0, 2**64, size=len(data), dtype=np.uint64)
        fate = (words >> np.uint64(32)).astype(np.float64)
        drop, flip, duplicate = self._bounds
        values = np.frombuffer(data, np.uint8).copy()
        flipped = (fate >= drop) & (fate < flip)
        values[flipped] ^= np.uint8(1) << (words[flipped] & np.uint64(7)).astype(np.uint8)
        copies = np.ones(len(data), np.intp)
        copies[fate < drop] = 0
        copies[(fate >= flip) & (fate < duplicate)] = 2
        return np.repeat(values, copies).tobytes()
