"""Suppression of messages that C libraries print."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["silenced"]

_STDERR = 2


@contextmanager
def silenced() -> Iterator[None]:
    """Discard everything written to file descriptor 2 in the block, by any thread.

    For decoders that print a line for each flaw of a file, up to 100,000, and return an error anyway.
    """
    before = os.dup(_STDERR)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, _STDERR)
        yield
    finally:
        os.dup2(before, _STDERR)
        os.close(before)
        os.close(nowhere)
