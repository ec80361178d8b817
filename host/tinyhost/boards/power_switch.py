"""The power switch of a virtual board that is kept on: another process requests a power cut and kills nothing itself.

A FIFO in the board's folder, `power.cut`. The process that powers the board reads it; a byte in it requests a power
cut. No process id from a file is ever sent a signal.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from tinyhost.system.posix import make_fifo, write_to_fifo

__all__ = ["PowerSwitch", "ask_for_power_cut"]

_NAME = "power.cut"


class PowerSwitch:
    """The receiving end, in the process that powers the board. Raises OSError if the folder takes no FIFO."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _NAME
        self.fd = make_fifo(self._path)
        """readable when a power cut is requested"""

    def __enter__(self) -> PowerSwitch:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)
        with contextlib.suppress(OSError):
            self._path.unlink()

    def clear(self) -> None:
        """Read all pending requests: together they are one power cut."""
        os.read(self.fd, 4096)


def ask_for_power_cut(folder: Path) -> bool:
    """Request a power cut from the process that powers the board; False if it does not listen."""
    return write_to_fifo(folder / _NAME, b"x")
