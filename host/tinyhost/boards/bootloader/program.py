"""A program for the Nano 33 BLE, from a .bin or .hex file; checked before the upload."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from pathlib import Path

from tinyhost.boards.bootloader.intel_hex import MAX_TEXT_BYTES, parse_intel_hex
from tinyhost.boards.bootloader.protocol import FLASH_OFFSET, PAGE_BYTES
from tinyhost.errors import FirmwareFileError
from tinyhost.system.reading import read_file

__all__ = ["PROGRAM_BYTES", "ProgramImage", "load_program", "parse_program"]

PROGRAM_BYTES = 294_912
"""Room for a program: from 0x10000 to where the model slots begin (firmware/boards/nano33ble/nano33ble.ld)."""

_RAM = range(0x2000_0000, 0x2004_0001)
"""Where a stack may begin; it grows downward, so the end counts."""
_BUILD_ID = re.compile(rb"tinyhost-build:([0-9a-f]{16})")
_ERASED = b"\xff"
_VECTORS = struct.Struct("<4I")
_VECTOR_NAMES = ("reset", "NMI", "hard fault")


@dataclass(frozen=True, kw_only=True)
class ProgramImage:
    """A checked program: the content of flash from 0x10000."""

    name: str
    """of the file, for messages"""
    data: bytes
    build_id: str
    """16 hex digits that the board reports when it runs this program: firmware/platform/build_id.py"""

    def pages(self) -> list[bytes]:
        """Return whole pages; the last one is padded with 0xFF, like erased flash."""
        pieces = [self.data[begin : begin + PAGE_BYTES] for begin in range(0, len(self.data), PAGE_BYTES)]
        return [piece.ljust(PAGE_BYTES, _ERASED) for piece in pieces]


def load_program(path: Path) -> ProgramImage:
    """Return the program of a .bin or .hex file.

    Raises FirmwareFileError if it cannot be read, is no program for this board, does not fit below the model slots, is
    not linked for 0x10000, or is not tinyhost's.
    """
    suffix = path.suffix.lower()
    if suffix not in (".bin", ".hex"):
        raise FirmwareFileError(
            f"{path}: a nano33ble takes a .bin or a .hex file", hint="the build leaves firmware.bin beside firmware.elf"
        )
    return parse_program(read_file(path, max_bytes=MAX_TEXT_BYTES, error=FirmwareFileError), path)


def parse_program(content: bytes, path: Path) -> ProgramImage:
    """Return the program in a file's content; `path` names the file and tells its format. See load_program."""
    name = str(path)
    data = _from_hex(content, name) if path.suffix.lower() == ".hex" else content
    if len(data) > PROGRAM_BYTES:
        raise _too_large(name, f"at least {len(data):,}")
    _check_vectors(data, name)
    found = _BUILD_ID.search(data)
    if found is None:
        raise FirmwareFileError(
            f"{name}: not tinyhost's firmware: it has no build id",
            hint="tinyhost flash vww builds one; Arduino's IDE uploads other sketches",
        )
    return ProgramImage(name=name, data=data, build_id=found[1].decode())


def _from_hex(content: bytes, name: str) -> bytes:
    """Return the bytes from 0x10000 on; gaps read as erased flash does."""
    segments = parse_intel_hex(content, name)
    if not segments:
        raise FirmwareFileError(f"{name}: holds no data", hint="give the firmware.hex of a build")
    if segments[0].address < FLASH_OFFSET:
        raise FirmwareFileError(
            f"{name}: has data at 0x{segments[0].address:X}, where the bootloader is; programs begin at "
            f"0x{FLASH_OFFSET:X}",
            hint="give the program alone, without bootloader or SoftDevice",
        )
    n_bytes = segments[-1].end - FLASH_OFFSET
    if n_bytes > PROGRAM_BYTES:
        raise _too_large(name, f"{n_bytes:,}")
    data = bytearray(_ERASED * n_bytes)
    for segment in segments:
        begin = segment.address - FLASH_OFFSET
        data[begin : begin + len(segment.data)] = segment.data
    return bytes(data)


def _too_large(name: str, n_bytes: str) -> FirmwareFileError:
    return FirmwareFileError(
        f"{name}: {n_bytes} bytes from 0x{FLASH_OFFSET:X} on; the model slots begin after {PROGRAM_BYTES:,}",
        hint="check that the program is for this board; tinyhost flash vww builds one that fits",
    )


def _check_vectors(data: bytes, name: str) -> None:
    """Check the first words, with which a Cortex-M starts: the stack's begin, then the handlers' addresses.

    Source: ARMv7-M Architecture Reference Manual, B1.5.3; the lowest bit of a handler's address is 1 (Thumb).
    """
    hint = "give the firmware.bin or firmware.hex of a nano33ble build"
    if len(data) < _VECTORS.size:
        raise FirmwareFileError(f"{name}: {len(data)} bytes are too few for a program", hint=hint)
    stack, *handlers = _VECTORS.unpack_from(data)
    if stack not in _RAM or stack % 8:
        raise FirmwareFileError(
            f"{name}: not a program for the nRF52840: its stack would begin at 0x{stack:08X}, which is not in RAM",
            hint=hint,
        )
    code = range(FLASH_OFFSET, FLASH_OFFSET + len(data))
    for handler, address in zip(_VECTOR_NAMES, handlers, strict=True):
        if address & ~1 not in code:
            raise FirmwareFileError(
                f"{name}: not linked for 0x{FLASH_OFFSET:X}: its {handler} handler is at 0x{address:08X}, outside of "
                f"0x{code.start:X} to 0x{code.stop:X}",
                hint=hint,
            )
        if not address & 1:
            raise FirmwareFileError(f"{name}: its {handler} handler at 0x{address:08X} is not Thumb code", hint=hint)
