"""The power switch of a virtual board that is kept on: another process asks for a power cut, and kills nothing itself.

A FIFO in the board's folder, `power.cut`. Whoever powers the board reads it; a byte in it is a wish for a power cut. No
process number that stands in a file is ever trusted with a signal.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

__all__ = ["PowerSwitch", "ask_for_power_cut"]

_NAME = "power.cut"


class PowerSwitch:
    """The end of who powers the board. Raises OSError if the folder takes no FIFO."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _NAME
        self._path.unlink(missing_ok=True)
        os.mkfifo(self._path)
        self.fd = os.open(self._path, os.O_RDWR | os.O_NONBLOCK)
        """readable when a power cut is asked for"""

    def __enter__(self) -> PowerSwitch:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)
        with contextlib.suppress(OSError):
            self._path.unlink()

    def clear(self) -> None:
        """Take in what was asked for: several wishes at once are one power cut."""
        os.read(self.fd, 4096)


def ask_for_power_cut(folder: Path) -> bool:
    """Ask who powers the board to cut its power; False if nobody there listens."""
    try:
        fd = os.open(folder / _NAME, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        if not stat.S_ISFIFO(os.fstat(fd).st_mode):
            return False
        os.write(fd, b"x")
    except OSError:
        return False
    finally:
        os.close(fd)
    return True
