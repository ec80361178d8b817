"""Putting firmware on a board."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from tinyhost.boards.base import Board
from tinyhost.boards.bootloader import Timing, UploadResult, load_program, upload_program
from tinyhost.boards.bootloader.protocol import FLASH_OFFSET
from tinyhost.boards.build import Firmware
from tinyhost.boards.remote.board import RemoteBoard
from tinyhost.boards.serial_boards import SerialBoard, find_port
from tinyhost.boards.state import BoardFolder, BoardLock, Flashed
from tinyhost.boards.switches import throw_switch
from tinyhost.boards.usb_ports import PortLister, system_ports
from tinyhost.boards.virtual import AttachedBoard, VirtualBoard
from tinyhost.boards.virtual_usb import plugged_lister
from tinyhost.errors import (
    BoardError,
    FirmwareFileError,
    LinkError,
    NotBackError,
    PortBusyError,
    UploadError,
    UsageError,
)
from tinyhost.link import SerialLink
from tinyhost.system.durable import write_atomically
from tinyhost.system.reading import read_file

__all__ = ["burn_bootloader", "check_free", "flash_firmware"]

_TAP_S = 0.1


def flash_firmware(
    board: Board,
    firmware: Firmware,
    progress: Callable[[str], None] | None = None,
    ask: Callable[[str], None] | None = None,
    watch: Callable[[PortLister], PortLister] = lambda lister: lister,
) -> UploadResult | None:
    """Put `firmware` on `board`; its model slots and settings stay. A virtual board that is kept on restarts with it.

    progress: called with a line on each step. ask: called with a request to the person at a real board; without it and
    without progress nobody is waited for. watch: wraps the function that lists the ports, to log it. Returns the result
    of an upload through a bootloader. Raises UsageError if the firmware is for another board, BoardError
    if another process uses the board or the upload fails, PortBusyError.
    """
    if firmware.kind.partition("_")[0] != board.firmware_kind:
        raise UsageError(
            f"{board.name}: {firmware.path} is firmware for {firmware.kind}", hint=f"build it for {board.firmware_kind}"
        )
    if isinstance(board, RemoteBoard):
        return board.flash(firmware, progress or _silent, ask or progress)
    upload = _Uploading(progress or _silent, ask or progress, watch)
    if isinstance(board, SerialBoard):
        return upload.run(firmware, board.serial, board.name, system_ports)
    if isinstance(board, VirtualBoard) and board.has_bootloader:
        return _flash_over_usb(board, firmware, upload)
    if isinstance(board, VirtualBoard):
        _flash_file(board, firmware)
    return None


def _double_tap(board: VirtualBoard) -> None:
    """Press the emulated Nano's reset button twice, as a person who is asked to would."""
    for _ in range(2):
        throw_switch(board.folder.path, "reset")
        time.sleep(_TAP_S)


class _Uploading:
    """An upload through a bootloader, with its progress messages."""

    def __init__(
        self,
        progress: Callable[[str], None],
        ask: Callable[[str], None] | None,
        watch: Callable[[PortLister], PortLister],
    ) -> None:
        self._progress = progress
        self._ask = ask
        self._watch = watch

    def run(
        self, firmware: Firmware, serial: str, name: str, lister: PortLister, do: Callable[[], None] | None = None
    ) -> UploadResult:
        """Upload, and return when the program is on USB. do: performs what a person would be asked to do."""
        image = load_program(firmware.path)
        self._progress("entering the bootloader")
        return upload_program(
            serial,
            image,
            name=name,
            lister=self._watch(lister),
            ask=self._asker(do),
            timing=Timing() if self._ask or do else Timing(person_s=Timing.touch_s),  # nobody would see the request
            progress=lambda stage, done, total: self._progress(f"{stage} {done:,} of {total:,} bytes"),
        )

    def _asker(self, do: Callable[[], None] | None) -> Callable[[str], None]:
        def ask(what: str) -> None:
            (self._ask or _silent)(what)
            if do is not None:
                do()

        return ask


def _silent(line: str) -> None:
    """Show nothing."""


def check_free(board: Board) -> None:
    """Raise BoardError or PortBusyError if another process uses the board, so that it must not be flashed."""
    if isinstance(board, RemoteBoard):
        board.check_free()
    if isinstance(board, VirtualBoard):
        with _ours(board):
            return
    if isinstance(board, SerialBoard):
        port = find_port(board.serial).port
        try:
            SerialLink(port, f"{board.kind} on {port}").close()
        except PortBusyError:
            raise
        except LinkError:
            return  # it may be on its way into the bootloader: the upload waits for it


@contextmanager
def _ours(board: VirtualBoard) -> Iterator[AttachedBoard | None]:
    """Keep other programs off the board in the block; yield it if another process keeps it on, else None.

    Raises BoardError or PortBusyError if another program uses it.
    """
    board.folder.create()
    lock = BoardLock(board.folder)
    if lock.acquire():
        try:
            yield None
        finally:
            lock.release()
        return
    attached = _attached(board)
    link = attached.open_link()
    try:
        yield attached
    finally:
        link.close()


def _flash_file(board: VirtualBoard, firmware: Firmware) -> None:
    with _ours(board) as attached:
        write_atomically(board.folder.program, firmware.path.read_bytes(), sync=False, mode=0o755)
        _note(board.folder, firmware)
        if attached is not None:
            attached.reset()


def _flash_over_usb(board: VirtualBoard, firmware: Firmware, upload: _Uploading) -> UploadResult:
    """Flash as a real board: touch, bootloader, upload, and the program back on USB."""
    with _ours(board) as attached, nullcontext(attached) if attached else board.power_for_upload() as power:
        lister = plugged_lister(board.folder.path, lambda: power.failure)
        try:
            serial = board.folder.serial_number()
            result = upload.run(firmware, serial, board.name, lister, do=lambda: _double_tap(board))
        except NotBackError:
            _note(board.folder, firmware)
            raise
        except UploadError:
            board.folder.forget_flashed()
            raise
        _note(board.folder, firmware)
        return result


def _attached(board: VirtualBoard) -> AttachedBoard:
    """Return the board that another process keeps on and shares; raises BoardError if it does not share it."""
    running = board.folder.running()
    if running is None or not running.shared:
        who = f"process {running.pid}" if running else "another process"
        raise BoardError(f"{board.name} is powered by {who}", hint="wait until it has finished, then flash again")
    return AttachedBoard(board, running)


def _note(folder: BoardFolder, firmware: Firmware) -> None:
    folder.write_flashed(
        Flashed(
            app=firmware.app,
            build_id=firmware.build_id,
            text_bytes=firmware.text_bytes,
            ram_bytes=firmware.ram_bytes,
        )
    )


def burn_bootloader(board: Board, path: Path) -> None:
    """Install this bootloader on the emulated Nano. Raises UsageError for other boards, FirmwareFileError."""
    if not isinstance(board, VirtualBoard) or not board.has_bootloader:
        raise UsageError(f"{board.name}: only the emulated Nano accepts a bootloader", hint="omit --bootloader")
    content = read_file(path, max_bytes=FLASH_OFFSET, error=FirmwareFileError)
    with _ours(board) as attached:
        write_atomically(board.folder.bootloader, content, sync=False)
        if attached is not None:
            attached.reset()
