"""The steps of `tinyhost flash`: upload, connect, push the model, with a log in case the board does not come back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tinyhost.boards import Board, resolve
from tinyhost.boards.bootloader import DOUBLE_TAP, UploadResult
from tinyhost.boards.build import Firmware
from tinyhost.boards.flash import flash_firmware
from tinyhost.boards.flash_log import FlashLog
from tinyhost.cli.connect import show_log
from tinyhost.cli.documents import FlashDocument
from tinyhost.cli.output import note, stage
from tinyhost.cli.push import print_push, push_model
from tinyhost.device import Device, PushResult
from tinyhost.device.boots import cause_of_start
from tinyhost.errors import BoardError, LinkError, NotBackError, TinyhostError, UploadError
from tinyhost.models.file import ModelFile
from tinyhost.models.push import first_fitting
from tinyhost.models.sampling import SensorSampling
from tinyhost.protocol.frames import LogText
from tinyhost.system.user_folders import state_folder

__all__ = ["flash_and_greet"]


def flash_and_greet(
    board: Board, firmware: Firmware, files: list[ModelFile], *, state: Path | None, quiet: bool
) -> FlashDocument:
    """Flash the board, wait for its answer, check that it is what was flashed, and push the model for its sensor.

    files: of one model, for different sensors; one alone is refused if it is for another. quiet: print nothing on
    stdout. Raises NotBackError, which names the log, if the board does not answer.
    """
    log = FlashLog((state or state_folder()) / "flash.log")
    log.note_firmware(firmware)
    with _kept(log, board, firmware):
        upload = _upload(board, firmware, log)
        if upload and not board.is_virtual and upload.serial and board.name != f"nano33ble:{upload.serial}":
            board = resolve(f"nano33ble:{upload.serial}")  # MicroPython had given it another number
        pushed = _greet(board, firmware, files, log, quiet=quiet)
    return FlashDocument(
        board=board.name,
        app=firmware.app,
        build_id=firmware.build_id,
        firmware=firmware.origin,
        program_bytes=firmware.text_bytes,
        ram_bytes=firmware.ram_bytes,
        upload=upload,
        model=pushed,
    )


def _upload(board: Board, firmware: Firmware, log: FlashLog) -> UploadResult | None:
    def ask(what: str) -> None:
        log.note(f"asked for: {what}")
        note((what, "bold yellow"))

    with stage(f"flashing {board.name}") as show:

        def progress(line: str) -> None:
            log.note_progress(line)
            show(line)

        upload = flash_firmware(board, firmware, progress, ask=ask, watch=log.watching)
    if upload:
        log.note(f"uploaded and verified: {upload}")
    return upload


def _greet(
    board: Board, firmware: Firmware, files: list[ModelFile], log: FlashLog, *, quiet: bool
) -> PushResult | None:
    def heard(line: LogText) -> None:
        log.note(f"the board says: {line.text}")
        show_log(line)

    with _answering(board), board.power() as powered, Device.open(powered, log=heard) as device:
        log.note(f"it answers: {device.info}")
        log.note(f"it started {cause_of_start(device.info) or 'for a reason that it does not tell'}")
        device.expect_build(firmware.build_id)
        result = None
        if files:
            file = first_fitting(files, SensorSampling.of_info(device.info))
            result = push_model(device, file, force=False)
    if result and not quiet:
        print_push(board.name, result)
    return result


@contextmanager
def _answering(board: Board) -> Iterator[None]:
    """Raise NotBackError for a board with a bootloader that is not there, or does not answer."""
    try:
        yield
    except (BoardError, LinkError) as exc:
        if not board.has_bootloader:
            raise
        raise NotBackError(
            f"{board.name}: the program was written and verified, but the board does not answer ({exc.message})",
            hint=exc.hint,
        ) from exc


@contextmanager
def _kept(log: FlashLog, board: Board, firmware: Firmware) -> Iterator[None]:
    """Keep the log of the flash of a board with a bootloader, and name it if the flash fails."""
    try:
        yield
    except TinyhostError as exc:
        log.note(f"failed: {type(exc).__name__}: {exc.message}")
        if not isinstance(exc, UploadError):
            raise
        where = f"the log for a bug report is {log.path}"
        if not isinstance(exc, NotBackError):
            raise type(exc)(exc.message, hint=f"{exc.hint}; {where}") from exc
        other = "" if firmware.kind.endswith("_arduino") else ", or with --arduino, the build on Arduino's core"
        again = f"tinyhost flash {firmware.app} --board {board.name}"
        raise NotBackError(exc.message, hint=f"{DOUBLE_TAP}; then {again}{other}; {where}") from exc
    finally:
        if board.has_bootloader:
            log.write()
