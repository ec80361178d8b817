"""Firmware packaged with tinyhost, ready to flash: the tested programs, in tinyhost/firmware.

`make firmware-images` writes the Nano's, a JSON record beside each; `make check` compares them with a fresh build. The
board native's are compiled with a wheel, for its platform: firmware/programs.cmake.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

from tinyhost.boards.build import Firmware, build_firmware, check_firmware
from tinyhost.boards.build_cache import ingredients
from tinyhost.boards.project import PACKAGE_FOLDER, own_sources
from tinyhost.errors import FirmwareFileError
from tinyhost.system.json_reading import read_json
from tinyhost.system.reading import read_file

__all__ = ["PackagedRecord", "check_available", "find_firmware", "packaged_firmware", "packaged_path", "ready_made"]

_MAX_PROGRAM_BYTES = 1 << 20
_MAX_RECORD_BYTES = 1 << 16


@dataclass(frozen=True, kw_only=True)
class PackagedRecord:
    """The JSON file beside a program."""

    app: str
    kind: str
    build_id: str
    compiler: str
    """its version output"""
    program_bytes: int
    """size of the file"""
    sha256: str
    """of the file"""
    text_bytes: int
    ram_bytes: int


def packaged_path(app: str, kind: str) -> Path:
    """Return where the program is, or would be; its record is beside it."""
    return PACKAGE_FOLDER / f"{app}-{kind}.bin"


def packaged_firmware(app: str, kind: str) -> Firmware | None:
    """Return the program that comes with tinyhost; None if there is none for this app and kind of board.

    Raises FirmwareFileError if it does not match its record.
    """
    path = packaged_path(app, kind)
    if not path.is_file():
        return None
    record = _record(path)
    program = read_file(path, max_bytes=_MAX_PROGRAM_BYTES, error=FirmwareFileError)
    found = hashlib.sha256(program).hexdigest()
    if found != record.sha256:
        raise FirmwareFileError(
            f"{path}: damaged: expected SHA-256 {record.sha256}, got {found}",
            hint="install tinyhost again, or build the firmware: --build",
        )
    return Firmware(
        app=record.app,
        kind=record.kind,
        path=path,
        build_id=record.build_id,
        text_bytes=record.text_bytes,
        ram_bytes=record.ram_bytes,
        origin="packaged",
    )


def ready_made(kind: str) -> list[str]:
    """Return the apps packaged with tinyhost for this kind of board."""
    return sorted(path.stem.removesuffix(f"-{kind}") for path in PACKAGE_FOLDER.glob(f"*-{kind}.bin"))


def check_available(app: str, kind: str, *, build: bool = False) -> None:
    """Raise UsageError, or ConfigError without sources, unless find_firmware can find or build the firmware."""
    if build or not packaged_path(app, kind).is_file():
        check_firmware(app, kind)


def find_firmware(
    app: str, kind: str, *, build: bool = False, progress: Callable[[str], None] | None = None
) -> Firmware:
    """Return the firmware of `app` for `kind`: the one that comes with tinyhost, unless the sources have changed.

    Without sources it needs neither compiler nor network. build: build it in any case. Raises what build_firmware does.
    """
    packaged = None if build else packaged_firmware(app, kind)
    if packaged is not None and _is_of_the_sources(packaged):
        return packaged
    return build_firmware(app, kind, progress=progress)


def _is_of_the_sources(firmware: Firmware) -> bool:
    """Return whether the program was built from the sources here, if there are any."""
    root = own_sources()
    if root is None:
        return True
    return ingredients(root, f"{firmware.app}_{firmware.kind}", None).build_id == firmware.build_id


def _record(program: Path) -> PackagedRecord:
    record = read_json(program.with_suffix(".json"), max_bytes=_MAX_RECORD_BYTES, error=FirmwareFileError)
    record.check_keys([field.name for field in fields(PackagedRecord)])
    return PackagedRecord(
        app=record.text("app"),
        kind=record.text("kind"),
        build_id=record.text("build_id"),
        compiler=record.text("compiler"),
        program_bytes=record.integer("program_bytes", 0, _MAX_PROGRAM_BYTES),
        sha256=record.text("sha256"),
        text_bytes=record.integer("text_bytes", 0, _MAX_PROGRAM_BYTES),
        ram_bytes=record.integer("ram_bytes", 0, _MAX_PROGRAM_BYTES),
    )
