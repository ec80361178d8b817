"""How a virtual board's program is wired to a port of this computer: what its pty is, and who moves the bytes."""

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
        """Return the next boot's standard input and output; what the last one had not read yet is lost."""

    def unplug(self) -> None:
        """Note that the program has ended."""

    def awaited(self) -> tuple[list[int], list[int]]:
        """Return what to wait for while the program runs: to be readable, and to be writable."""

    def serve(self, readable: Sequence[int]) -> None:
        """Move the bytes that have come, some of those that `awaited` returned being readable."""

    def close(self) -> None:
        """Take the port away."""

    @staticmethod
    def port(folder: Path, noted: str) -> str:
        """Return where the board is now; `noted` is its noted port. Raises BoardNotFoundError while it is away."""


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
        """Nothing: the pty stays."""

    def awaited(self) -> tuple[list[int], list[int]]:
        """Return nothing: the program reads for itself."""
        return [], []

    def serve(self, readable: Sequence[int]) -> None:
        """Nothing."""

    def close(self) -> None:
        """Take the pty away."""
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
        """Return what the program is fed through, and the pty."""
        _, output = super().plug()
        self._feed = LinkFeed(self._master, self._folder)
        return self._feed.stdin, output

    def unplug(self) -> None:
        """Drop what was not read."""
        if self._feed is not None:
            self._feed.close()
            self._feed = None

    def awaited(self) -> tuple[list[int], list[int]]:
        """Return the pty, or while the program is behind, the way to it."""
        if self._feed is None:
            return [], []
        return ([self._master], []) if self._feed.has_room() else ([], [self._feed.room_fd])

    def serve(self, readable: Sequence[int]) -> None:
        """Feed the program."""
        if self._feed is not None and self._master in readable:
            self._feed.pump()


class UsbWiring:
    """A program that plugs itself in: it makes a pty for each time that it is on USB, and writes where (usb.json)."""

    noted_port = ""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._null = os.open(os.devnull, os.O_RDWR)

    def plug(self) -> tuple[int, int]:
        """Return nothing to read from or write to."""
        unplug(self._folder)
        return self._null, self._null

    def unplug(self) -> None:
        """Forget where the program was: one that was killed has not taken its note away."""
        unplug(self._folder)

    def awaited(self) -> tuple[list[int], list[int]]:
        """Return nothing: the program serves its pty."""
        return [], []

    def serve(self, readable: Sequence[int]) -> None:
        """Nothing."""

    def close(self) -> None:
        """Release what stood in for a terminal."""
        os.close(self._null)

    @staticmethod
    def port(folder: Path, noted: str) -> str:
        """Return where the board is on USB now."""
        del noted
        return find_plugged(folder).port
