"""Waiting until descriptors can be read or written. Windows waits for sockets only."""

from __future__ import annotations

import select
from collections.abc import Collection, Sequence

__all__ = ["has_input", "ready"]


def ready(
    reads: Collection[int], writes: Collection[int] = (), timeout_s: float | None = None
) -> tuple[Sequence[int], Sequence[int]]:
    """Return the descriptors that can be read and written without blocking, as soon as there is one; none after
    timeout_s.
    """
    readable, writable, _ = select.select(reads, writes, [], timeout_s)
    return readable, writable


def has_input(fd: int, timeout_s: float) -> bool:
    """Return whether there is input, or the end of it, within timeout_s."""
    return bool(ready([fd], (), timeout_s)[0])
