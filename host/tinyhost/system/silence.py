"""Keeping quiet what C libraries print of their own accord."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["silenced"]

_STDERR = 2


@contextmanager
def silenced() -> Iterator[None]:
    """Let nothing that is written to file descriptor 2 in the block, by any thread, reach the terminal.

    For decoders that print a line for each flaw of a file, some 100,000 of one file, and return an error besides.
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
