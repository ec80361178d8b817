"""One conversation with a bootloader over a link.

No input is trusted: a reply counts only if it has the expected form, and after a timeout both sides start afresh
(`synchronize`), so that no late reply is taken for another request's.
"""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass

from tinyhost.boards.bootloader import protocol
from tinyhost.errors import LinkLostError, LinkTimeoutError, WrongBoardError
from tinyhost.link import Link

__all__ = ["BootloaderSession", "Timing"]

_READ_BYTES = 512
_CHECK_BYTES = 1024
"""A CRC of 16 bits for each: a page has four, so that few errors of a page can hide."""
_FILLER = b"#"
# A bootloader that waits for the rest of a transfer, by a program that was killed, needs up to its buffer's size.
_FILLER_SIZES = (1, 63, 512, 4096, 4096)
_FILLER_PIECE = 512
_BYTE_OF_CHECKSUM = {protocol.checksum(bytes([value])): value for value in range(256)}
_MAX_QUESTIONS = 5


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Timeouts in seconds."""

    reply_s: float = 1.0
    """a reply that needs no flash access; it takes milliseconds"""
    write_s: float = 15.0
    """erasing and writing a page; it takes 0.16 s"""
    quiet_s: float = 0.02
    """silence after which no more input is expected"""
    open_s: float = 10.0
    """for a new port to become usable: udev, or a program that looks at every new port"""
    touch_s: float = 6.0
    """from the touch to the bootloader; it takes about 1 s"""
    person_s: float = 180.0
    """for somebody to press the button"""
    app_s: float = 12.0
    """from the restart to the app; the bootloader alone waits 0.5 s"""
    touch_rate_s: float = 0.05
    """how long the port stays at 1200 baud"""
    touch_hold_s: float = 0.25
    """how long it stays open; the core leaves 0.2 s after it saw 1200 baud, if DTR is low by then"""
    poll_s: float = 0.05
    """between looks at the list of ports"""


class BootloaderSession:
    """A conversation over `link`, which the caller owns."""

    def __init__(self, link: Link, timing: Timing) -> None:
        self._link = link
        self._timing = timing
        self._buffer = bytearray()
        self._in_sync = False

    @property
    def name(self) -> str:
        """The board and its port, for messages."""
        return self._link.name

    def identify(self) -> protocol.BootloaderVersion:
        """Return the bootloader's version.

        Raises WrongBoardError if it is another chip's, or lacks a command that an upload needs; LinkError.
        """
        chip = text = ""
        for question in range(_MAX_QUESTIONS):  # a lost byte must not make it another board
            chip = self._synchronized()
            self._link.write(protocol.VERSION)
            try:
                text = self._text(self._timing.reply_s)
            except LinkTimeoutError:
                if question == _MAX_QUESTIONS - 1:
                    raise
                continue
            self._rest()
            version = protocol.parse_version(text)
            if chip == protocol.CHIP and not version.missing:
                return version
        if chip != protocol.CHIP:
            raise WrongBoardError(
                f"{self.name}: its bootloader says it is {chip!r}, expected {protocol.CHIP!r}; nothing was erased",
                hint="tinyhost boards lists the boards that are plugged in; choose one with --board",
            )
        raise WrongBoardError(
            f"{self.name}: its bootloader {text!r} lacks commands of {protocol.NEEDED}; nothing was erased",
            hint="this is not Arduino's bootloader for the Nano 33 BLE; restore it with Arduino's IDE",
        )

    def write_page(self, flash_address: int, page: bytes) -> None:
        """Have the bootloader erase and write one page. Its reply is the same if that failed: see `holds`."""
        self._ready()
        self._link.write(protocol.load_command(0, len(page)))
        self._link.write(page)
        self._ask(protocol.source_command(0), protocol.WRITE_REPLY, self._timing.reply_s)
        self._ask(protocol.write_command(flash_address, len(page)), protocol.WRITE_REPLY, self._timing.write_s)

    def holds(self, flash_address: int, data: bytes) -> bool:
        """Return whether flash contains `data` at the address, by the checksums of its pieces."""
        self._ready()
        for begin in range(0, len(data), _CHECK_BYTES):
            piece = data[begin : begin + _CHECK_BYTES]
            if self._checksum(flash_address + begin, len(piece)) != protocol.checksum(piece):
                return False
        return True

    def read(self, flash_address: int, length: int) -> bytes:
        """Return a few bytes of flash. No command reads, but the checksum of a single byte tells which it is."""
        self._ready()
        checksums = [self._checksum(flash_address + offset, 1) for offset in range(length)]
        if not all(value in _BYTE_OF_CHECKSUM for value in checksums):
            raise LinkTimeoutError(
                f"{self.name}: the bootloader answered an impossible checksum of one byte",
                hint="unplug the board, plug it in again, and flash again",
            )
        return bytes(_BYTE_OF_CHECKSUM[value] for value in checksums)

    def restart(self) -> None:
        """Start the board's program. There is no reply: the port disappears."""
        self._ready()
        with contextlib.suppress(LinkLostError):
            self._link.write(protocol.RESTART)

    def _checksum(self, flash_address: int, length: int) -> int:
        command = protocol.checksum_command(flash_address, length)
        return protocol.checksum_of_reply(self._ask(command, protocol.checksum_reply(), self._timing.reply_s))

    def _ready(self) -> None:
        if not self._in_sync:
            self._synchronized()

    def _synchronized(self) -> str:
        """Make the bootloader expect a command, and drop all late replies; return the chip's name.

        It may be waiting for data, which filler ends; it ignores filler in place of a command.
        """
        for n_filler in _FILLER_SIZES:
            for begin in range(0, n_filler, _FILLER_PIECE):
                self._link.write(_FILLER * min(_FILLER_PIECE, n_filler - begin))
            self._rest()
            self._link.write(protocol.IDENTIFY)
            try:
                chip = self._text(self._timing.reply_s)
            except LinkTimeoutError:
                continue
            self._rest()
            self._in_sync = True
            return chip
        raise LinkTimeoutError(
            f"{self.name}: no bootloader answers ({sum(_FILLER_SIZES):,} bytes of filler sent)",
            hint="double-tap the board's reset button and flash again",
        )

    def _text(self, timeout_s: float) -> str:
        return protocol.parse_text(self._await(protocol.TEXT_REPLY, timeout_s))

    def _ask(self, command: bytes, reply: re.Pattern[bytes], timeout_s: float) -> bytes:
        """Send a command; return its reply. Raises LinkTimeoutError, after which both sides start afresh."""
        self._link.write(command)
        return self._await(reply, timeout_s)

    def _await(self, reply: re.Pattern[bytes], timeout_s: float) -> bytes:
        """Return the next reply of that form; input before it is dropped."""
        deadline = time.monotonic() + timeout_s
        while True:
            match = reply.search(self._buffer)
            if match:
                answer = bytes(match[0])
                del self._buffer[: match.end()]
                return answer
            del self._buffer[: -protocol.MAX_REPLY_BYTES]
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                self._in_sync = False
                raise LinkTimeoutError(
                    f"{self.name}: the bootloader did not answer in {timeout_s:g} s",
                    hint="double-tap the board's reset button and flash again",
                )
            self._buffer += self._link.read(_READ_BYTES, left_s)

    def _rest(self) -> None:
        """Drop all input until a reply's timeout passes in silence."""
        deadline = time.monotonic() + self._timing.reply_s
        while self._link.read(_READ_BYTES, self._timing.quiet_s) and time.monotonic() < deadline:
            pass
        self._buffer.clear()
