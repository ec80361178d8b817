"""The emulated Nano's time, which passes more slowly than ours when the computer is busy."""

from __future__ import annotations

import threading
from pathlib import Path

from tinyhost.errors import BoardError
from tinyhost.system.reading import read_file

__all__ = ["EmulatedTime"]

_NOTE = "time"
_NOTE_BYTES = 8


class EmulatedTime:
    """The time of the board in a folder; a call returns it in s, with an arbitrary origin.

    It stands still while the board is off, or its emulator gets no processor.
    """

    def __init__(self, folder: Path) -> None:
        self._note = folder / _NOTE
        self._before_ns = self._last_ns = 0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        """Return the time in s."""
        with self._lock:
            noted_ns = self._noted_ns()
            if noted_ns < self._last_ns:  # the emulator was started anew
                self._before_ns += self._last_ns
            self._last_ns = noted_ns
            return (self._before_ns + noted_ns) / 1e9

    def _noted_ns(self) -> int:
        try:
            content = read_file(self._note, max_bytes=_NOTE_BYTES, error=BoardError)
        except BoardError:
            return self._last_ns
        return int.from_bytes(content, "little")
