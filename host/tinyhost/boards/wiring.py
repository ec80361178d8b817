"""The connection of a virtual board's program with a port of this computer: its pty, and the transport of bytes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from tinyhost.boards.feed import LinkFeed
from tinyhost.boards.virtual_usb import find_plugged, unplug
from tinyhost.system.posix import open_pty, set_nonblocking
from tinyhost.system.waiting import has_input

__all__ = ["FedWiring", "PtyWiring", "UsbWiring", "Wiring"]


class Wiring(Protocol):
    """The port of one board, as long as it is on; the program behind it is started again and again."""

    def __init__(self, folder: Path) -> None:
        """Make the port, if it is there before the program is. folder: the board's."""

    @property
    def noted_port(self) -> str:
        """The port, if it stays the same while the board is on; "" if the program makes a new one each time."""

    def plug(self) -> tuple[int, int]:
        """Return the next boot's standard input and output; unread input of the last one is lost."""

    def unplug(self) -> None:
        """Note that the program has ended."""

    def awaited(self) -> tuple[list[int], list[int]]:
        """Return the files to wait for while the program runs: to be readable, and to be writable."""

    def serve(self, readable: Sequence[int]) -> None:
        """Transfer bytes; called when some of the files of `awaited` are readable."""

    def close(self) -> None:
        """Remove the port."""

    @staticmethod
    def port(folder: Path, noted: str) -> str:
        """Return the board's present port; `noted` is its noted port. Raises BoardNotFoundError while it is away."""


class PtyWiring:
    """A pty that is the program's standard input and output."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._master, self._slave, self.noted_port = open_pty()

    def plug(self) -> tuple[int, int]:
        """Return the pty's other end, twice."""
        while has_input(self._master, 0):
            os.read(self._master, 4096)
        return self._master, self._master

    def unplug(self) -> None:
        """Do nothing: the pty stays."""

    def awaited(self) -> tuple[list[int], list[int]]:
        """Return no files: the program reads the pty itself."""
        return [], []

    def serve(self, readable: Sequence[int]) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Remove the pty."""
        os.close(self._master)
        os.close(self._slave)

    @staticmethod
    def port(folder: Path, noted: str) -> str:
        """Return the pty: it stays the same."""
        del folder
        return noted


class FedWiring(PtyWiring):
    """A pty whose bytes we feed to the program, as QEMU needs it (feed.py); it writes to the pty itself."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        set_nonblocking(self._master)  # QEMU must not wait for a host that does not read
        self._feed: LinkFeed | None = None

    def plug(self) -> tuple[int, int]:
        """Return the file that feeds the program, and the pty."""
        _, output = super().plug()
        self._feed = LinkFeed(self._master, self._folder)
        return self._feed.stdin, output

    def unplug(self) -> None:
        """Drop unread input."""
        if self._feed is not None:
            self._feed.close()
            self._feed = None

    def awaited(self) -> tuple[list[int], list[int]]:
        """Return the pty or, while the program is behind, the FIFO that feeds it."""
        if self._feed is None:
            return [], []
        return ([self._master], []) if self._feed.has_room() else ([], [self._feed.room_fd])

    def serve(self, readable: Sequence[int]) -> None:
        """Feed the program."""
        if self._feed is not None and self._master in readable:
            self._feed.pump()


class UsbWiring:
    """A program that makes a pty of its own each time it is on USB, and writes its path to usb.json."""

    noted_port = ""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._null = os.open(os.devnull, os.O_RDWR)

    def plug(self) -> tuple[int, int]:
        """Return no input and output."""
        unplug(self._folder)
        return self._null, self._null

    def unplug(self) -> None:
        """Remove usb.json, which a killed program leaves behind."""
        unplug(self._folder)

    def awaited(self) -> tuple[list[int], list[int]]:
        """Return no files: the program serves its pty."""
        return [], []

    def serve(self, readable: Sequence[int]) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Release what stood in for a terminal."""
        os.close(self._null)

    @staticmethod
    def port(folder: Path, noted: str) -> str:
        """Return the board's present port on USB."""
        del noted
        return find_plugged(folder).port
