"""The state folder of a virtual board: the content of its flash, and the process that powers it.

<state>/native/
    program         the firmware, as flashed; the emulated Nano has it in its flash
    flash.bin       settings and model slots; of the emulated Nano all of its flash
    bootloader.bin  the emulated Nano's bootloader, if it is to run a given one
    board.json      what was flashed
    unique_id       the board's own
    running.json    while it is powered: by whom, on which port
    lock            held by the process that powers it
    power.cut       asks that process for a power cut
    board.log       what the program wrote on its standard error
    usb.json        where the emulated Nano is on USB, while it is
    defects         what silicon would not forgive, as the emulated Nano's strict mode found it
    time            how much of the emulated Nano's time has passed
    control         the emulated Nano's switches
    led             what the LED shows
    camera.*        the channel to the scene player
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from tinyhost.errors import BoardError
from tinyhost.system.durable import write_atomically
from tinyhost.system.json_reading import JsonObject, read_json
from tinyhost.system.locks import FileLock
from tinyhost.system.reading import read_file

__all__ = ["BoardFolder", "BoardLock", "Flashed", "Running"]

_MAX_RECORD_BYTES = 65_536
_MAX_NUMBER = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class Flashed:
    """The content of board.json: the firmware on the board."""

    app: str
    build_id: str
    text_bytes: int
    ram_bytes: int

    @classmethod
    def of(cls, record: JsonObject) -> Flashed:
        """Parse a record. Raises BoardError if it is malformed."""
        record.check_keys([field.name for field in fields(cls)])
        sizes = {name: record.integer(name, 0, _MAX_NUMBER) for name in ("text_bytes", "ram_bytes")}
        return cls(app=record.text("app"), build_id=record.text("build_id"), **sizes)


@dataclass(frozen=True, kw_only=True)
class Running:
    """The content of running.json: the process that powers the board."""

    pid: int
    firmware_pid: int
    boots: int
    """number of starts of the firmware since power-on"""
    port: str
    scene: str
    shared: bool
    """True if other processes may use the board"""
    failure: str = ""
    """why the firmware is not running any more"""

    @classmethod
    def of(cls, record: JsonObject) -> Running:
        """Parse a record. Raises BoardError if it is malformed."""
        record.check_keys([field.name for field in fields(cls) if field.name != "failure"], ["failure"])
        return cls(
            pid=record.integer("pid", 0, _MAX_NUMBER),
            firmware_pid=record.integer("firmware_pid", 0, _MAX_NUMBER),
            boots=record.integer("boots", 0, _MAX_NUMBER),
            port=record.text("port"),
            scene=record.text("scene"),
            shared=record.flag("shared"),
            failure=record.text("failure") if "failure" in record else "",
        )


class BoardFolder:
    """The state folder of one virtual board; `name` is the board's, as `--board` has it."""

    def __init__(self, state: Path, name: str) -> None:
        self.name = name
        self.path = (state / name.replace(":", "-")).absolute()
        self.program = self.path / "program"
        self.flash = self.path / "flash.bin"
        self.bootloader = self.path / "bootloader.bin"
        self.log = self.path / "board.log"

    def create(self) -> None:
        """Create the folder, with a new id for the board."""
        self.path.mkdir(parents=True, exist_ok=True)
        if not (self.path / "unique_id").exists():
            write_atomically(self.path / "unique_id", f"{self.name}-{secrets.token_hex(8)}".encode(), sync=False)

    def serial_number(self) -> str:
        """Return the 16 hex digits by which an emulated chip is known on USB: its own, as the folder's id is."""
        identity = read_file(self.path / "unique_id", max_bytes=_MAX_RECORD_BYTES, error=BoardError)
        return hashlib.sha256(identity).hexdigest()[:16].upper()

    def flashed(self) -> Flashed | None:
        """Return which firmware is on the board; None if there is none."""
        record = _read_record(self.path / "board.json", self.name)
        there = self.program.is_file() or self.flash.is_file()
        return Flashed.of(record) if record is not None and there else None

    def write_flashed(self, flashed: Flashed) -> None:
        """Record the firmware on the board."""
        write_atomically(self.path / "board.json", json.dumps(asdict(flashed), indent=2).encode(), sync=False)

    def forget_flashed(self) -> None:
        """Record that no complete firmware is on the board."""
        (self.path / "board.json").unlink(missing_ok=True)

    def running(self) -> Running | None:
        """Return the process that powers the board; None if it is off."""
        if not BoardLock(self).is_held():
            return None
        record = _read_record(self.path / "running.json", self.name)
        return Running.of(record) if record is not None else None

    def write_running(self, running: Running) -> None:
        """Record the process that powers the board."""
        write_atomically(self.path / "running.json", json.dumps(asdict(running), indent=2).encode(), sync=False)

    def remove_running(self) -> None:
        """Record that the board is off."""
        with contextlib.suppress(OSError):  # a stale one does no harm: nobody holds the lock
            (self.path / "running.json").unlink()


class BoardLock(FileLock):
    """Held by the process that powers a board."""

    def __init__(self, folder: BoardFolder) -> None:
        super().__init__(folder.path / "lock")

    def acquire(self, patience_s: float | None = 0.2) -> bool:
        """Return True if the lock was acquired, False if another process holds it for longer than a query takes."""
        return super().acquire(patience_s)


def _read_record(path: Path, board: str) -> JsonObject | None:
    """Return the record that a file holds; None without the file. Raises BoardError if it is damaged."""
    try:
        path.stat()
    except FileNotFoundError:
        return None
    hint = f"tinyhost flash vww --board {board} writes it again; models and settings stay"
    try:
        return read_json(path, max_bytes=_MAX_RECORD_BYTES, error=BoardError, hint=hint)
    except BoardError as exc:
        raise BoardError(exc.message, hint=hint) from exc  # also of a file that is none, or too long
