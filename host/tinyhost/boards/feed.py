"""Bytes from the pty to a board in QEMU.

QEMU hands a UART one byte per turn of its main loop, 25 kB/s. So the bytes travel through a FIFO that the firmware
reads by semihosting, and the UART carries a doorbell: one byte b announces b + 1 bytes in the FIFO
(firmware/boards/m4/link.cpp).
"""

from __future__ import annotations

import os
from pathlib import Path

from tinyhost.system.posix import make_fifo
from tinyhost.system.waiting import ready

__all__ = ["LinkFeed"]

_PIECE = 256
_FIFO_NAME = "link.rx"


class LinkFeed:
    """The input of one boot of a board. `stdin` is the file that QEMU reads its UART's bytes from."""

    def __init__(self, master: int, folder: Path) -> None:
        self._master = master
        self._fifo = make_fifo(folder / _FIFO_NAME)
        self.stdin, self._doorbell = os.pipe()

    def pump(self) -> None:
        """Forward a piece of the pty's input. To be called when the pty is readable and there is room."""
        data = os.read(self._master, _PIECE)
        os.write(self._fifo, data)  # a writable FIFO has room for PIPE_BUF, 4096 bytes
        os.write(self._doorbell, bytes([len(data) - 1]))

    def has_room(self) -> bool:
        """Return True if the FIFO takes another piece."""
        return ready((), [self._fifo, self._doorbell], 0)[1] == [self._fifo, self._doorbell]

    @property
    def room_fd(self) -> int:
        """Becomes writable when there is room again."""
        return self._fifo

    def close(self) -> None:
        """Drop unread input: the board has lost its power."""
        for fd in (self._fifo, self.stdin, self._doorbell):
            os.close(fd)
