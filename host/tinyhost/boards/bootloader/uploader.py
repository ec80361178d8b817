"""Upload of a program to a Nano 33 BLE: the order of the steps, and the recovery from errors.

The first page goes first and last. First it is erased: a board without a vector table stays in its bootloader after any
reset, so an interrupted upload leaves a board that can be flashed again. Last its content is written, when every other
page is verified. The bootloader's reply does not tell whether it could write, so checksums decide; the program is
started only when all of them match.
"""

from __future__ import annotations

import contextlib
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

from tinyhost.boards.bootloader.ports import DOUBLE_TAP, BoardPorts
from tinyhost.boards.bootloader.program import ProgramImage
from tinyhost.boards.bootloader.protocol import FLASH_OFFSET, PAGE_BYTES
from tinyhost.boards.bootloader.session import BootloaderSession, Timing
from tinyhost.boards.usb_ports import PortLister, UsbPort, system_ports
from tinyhost.errors import LinkLostError, LinkTimeoutError, NotBackError, TinyhostError, UploadError, WrongBoardError

__all__ = ["Progress", "UploadResult", "upload_program"]

Progress = Callable[[str, int, int], None]
"""Called with the phase (writing, checking), the bytes done, and all bytes."""

_MAX_SESSIONS = 6
_MAX_ROUNDS = 3
_MAX_RESTARTS = 3
_EMPTY_PAGE = b"\xff" * PAGE_BYTES
# Where Arduino's sketch for OpenMV and MicroPython (Nano33_updateBLandSoftDevice) puts a second bootloader.
_MOVED_BOOTLOADER = 0xE0000
_FLASH_END = 0x100000
_VECTORS = struct.Struct("<2I")


@dataclass(frozen=True, kw_only=True)
class UploadResult:
    """The result of a successful upload: every page verified, the app back on USB."""

    port: str
    """the port of the app afterwards"""
    serial: str
    """the board's serial number on USB, which differs from the requested one if that was another firmware's"""
    bootloader: str
    """the version that the bootloader reports"""
    program_bytes: int
    pages: int
    """pages of flash that were written and verified"""
    retries: int
    """pages written again"""
    reconnects: int
    """number of times the upload was resumed after the board disconnected or stopped replying"""
    seconds: float


def upload_program(
    serial_number: str,
    image: ProgramImage,
    *,
    name: str = "",
    ask: Callable[[str], None],
    progress: Progress | None = None,
    lister: PortLister = system_ports,
    timing: Timing | None = None,
) -> UploadResult:
    """Put `image` on the board with this serial number, and return when its app is back on USB.

    name: of the board, for messages. ask: called with a request to the person at the bench. Nothing below or above the
    program's
    pages is touched: model slots and settings stay. Raises WrongBoardError before anything is erased;
    BoardNotFoundError; PortBusyError with the program that has the port; UploadError, after which the board is in its
    bootloader or gets there by a double tap.
    """
    timing = timing or Timing()
    ports = BoardPorts(serial_number, lister, timing, ask)
    return _Upload(ports, image, timing, progress or _silent, name or f"nano33ble:{serial_number}").run()


class _Upload:
    """One upload, over as many sessions as it takes."""

    def __init__(
        self, ports: BoardPorts, image: ProgramImage, timing: Timing, progress: Progress, board_name: str
    ) -> None:
        self._ports = ports
        self._pages = image.pages()
        self._n_bytes = len(image.data)
        self._timing = timing
        self._progress = progress
        self._name = board_name
        self._version = ""
        self._retries = 0
        self._reconnects = 0
        self._written: set[int] = set()
        """pages that were written and verified; old content is never trusted, as a CRC of 16 bits may collide"""
        self._touched_flash = False

    def run(self) -> UploadResult:
        began = time.monotonic()
        while True:
            try:
                self._talk(self._bootloader(), self._write)
                break
            except (LinkLostError, LinkTimeoutError, WrongBoardError) as exc:
                if isinstance(exc, WrongBoardError) and not self._touched_flash:
                    raise  # later on a different name is taken for noise
                self._reconnects += 1
                if self._reconnects >= _MAX_SESSIONS:
                    raise self._failed(exc) from exc
        app = self._await_app()
        return UploadResult(
            port=app.port,
            serial=app.serial,
            bootloader=self._version,
            program_bytes=self._n_bytes,
            pages=len(self._pages),
            retries=self._retries,
            reconnects=self._reconnects,
            seconds=time.monotonic() - began,
        )

    def _bootloader(self) -> UsbPort:
        port = self._ports.bootloader()
        if port is None:
            raise UploadError(
                f"{self._name}: not in its bootloader after {self._timing.person_s:g} s; {self._state()}",
                hint=f"{DOUBLE_TAP}; then run the command again",
            )
        return port

    def _talk(self, port: UsbPort, action: Callable[[BootloaderSession], None]) -> None:
        """Run a step in a session with the bootloader on `port`."""
        link = self._ports.open(port)
        try:
            action(BootloaderSession(link, self._timing))
        finally:
            with contextlib.suppress(LinkLostError):  # the port is gone, as it is after a restart
                link.close()

    def _write(self, session: BootloaderSession) -> None:
        """Write and verify everything, then restart the board."""
        self._version = session.identify().text
        _refuse_moved_bootloader(session)
        for _ in range(_MAX_ROUNDS):
            self._put(session, 0, _EMPTY_PAGE)
            for number in sorted(set(range(1, len(self._pages))) - self._written):
                self._put(session, number, self._pages[number])
                self._written.add(number)
                self._progress("writing", min((number + 1) * PAGE_BYTES, self._n_bytes), self._n_bytes)
            if self._all_hold(session, first=1) and _holds(session, 0, _EMPTY_PAGE):
                self._put(session, 0, self._pages[0])
                if self._all_hold(session, first=0):
                    session.restart()
                    return
        raise UploadError(
            f"{self._name}: pages differ from what was written, after {_MAX_ROUNDS} attempts: the flash or the "
            f"cable is faulty",
            hint=f"try another cable and USB socket; {DOUBLE_TAP}; then flash again",
        )

    def _put(self, session: BootloaderSession, number: int, page: bytes) -> None:
        """Write one page until its checksum matches. Raises UploadError after some tries, LinkLostError."""
        self._touched_flash = True
        for attempt in range(_MAX_ROUNDS):
            self._retries += attempt > 0
            try:
                session.write_page(_address(number), page)
                if session.holds(_address(number), page):
                    return
            except LinkTimeoutError:  # bytes were lost; the next write starts afresh
                if attempt == _MAX_ROUNDS - 1:
                    raise
        raise UploadError(
            f"{self._name}: flash at 0x{_address(number):X} does not accept data, after {_MAX_ROUNDS} attempts",
            hint=f"try another cable and USB socket; {DOUBLE_TAP}; then flash again",
        )

    def _all_hold(self, session: BootloaderSession, *, first: int) -> bool:
        """Return whether flash contains all pages from `first`; the others are marked to be written again."""
        wrong = set()
        for number in range(first, len(self._pages)):
            if not _holds(session, number, self._pages[number]):
                wrong.add(number)
            self._progress("checking", min((number + 1) * PAGE_BYTES, self._n_bytes), self._n_bytes)
        self._written -= wrong
        self._retries += len(wrong)
        return not wrong

    def _await_app(self) -> UsbPort:
        """Return the app's port. To a board still in its bootloader the lost command to restart is sent again."""
        for _ in range(_MAX_RESTARTS):
            app = self._ports.app()
            if app is not None:
                return app
            port = self._ports.in_bootloader()
            if port is None:
                break
            try:
                self._talk(port, _restart)
            except (LinkLostError, LinkTimeoutError):
                continue
        raise NotBackError(
            f"{self._name}: the program was written and verified, but the board did not come back on USB in "
            f"{self._timing.app_s:g} s",
            hint=f"press reset once; if it does not come back, {DOUBLE_TAP}, then flash again",
        )

    def _failed(self, exc: TinyhostError) -> UploadError:
        return UploadError(
            f"{self._name}: the upload failed {_MAX_SESSIONS} times; {self._state()} ({exc.message})",
            hint=f"try another cable and USB socket; {DOUBLE_TAP}; then flash again",
        )

    def _state(self) -> str:
        if self._touched_flash:
            return "its program is incomplete, and it waits in its bootloader"
        return "nothing was erased"


def _refuse_moved_bootloader(session: BootloaderSession) -> None:
    """Raise WrongBoardError if a bootloader is where tinyhost's model slots are: they would overwrite it."""
    stack, reset = _VECTORS.unpack(session.read(_MOVED_BOOTLOADER, _VECTORS.size))
    is_stack = 0x2000_0000 < stack <= 0x2004_0000 and stack % 4 == 0
    if is_stack and reset & 1 and _MOVED_BOOTLOADER <= reset < _FLASH_END:
        raise WrongBoardError(
            f"{session.name}: its bootloader was moved to 0x{_MOVED_BOOTLOADER:X} (for OpenMV or MicroPython), where "
            "tinyhost keeps models, which would overwrite it; nothing was erased",
            hint="restore the bootloader that it shipped with (Arduino's IDE: Burn Bootloader; needs a debug probe)",
        )


def _holds(session: BootloaderSession, number: int, page: bytes) -> bool:
    """Return whether flash contains the page; after a timeout it is asked once more."""
    for _ in range(_MAX_ROUNDS - 1):
        try:
            return session.holds(_address(number), page)
        except LinkTimeoutError:
            continue
    return session.holds(_address(number), page)


def _restart(session: BootloaderSession) -> None:
    session.restart()


def _address(number: int) -> int:
    return FLASH_OFFSET + number * PAGE_BYTES


def _silent(stage: str, done: int, total: int) -> None:
    """Show nothing."""
