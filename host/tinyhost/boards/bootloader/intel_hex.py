"""Intel HEX, the text form of a program. Pure; no byte of the file is trusted.

Format: Intel, "Hexadecimal Object File Format Specification", revision A, 1988.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tinyhost.errors import FirmwareFileError

__all__ = ["MAX_TEXT_BYTES", "Segment", "parse_intel_hex"]

MAX_TEXT_BYTES = 8 << 20
"""More than three times what 1 MB of flash takes."""

_RECORD = re.compile(rb":(?:[0-9A-Fa-f]{2}){5,260}")
_HEX_HINT = "take the firmware.hex of the build, or flash the .bin"
_DATA, _END, _SEGMENT_BASE, _SEGMENT_START, _LINEAR_BASE, _LINEAR_START = range(6)
_LENGTHS = {_END: 0, _SEGMENT_BASE: 2, _SEGMENT_START: 4, _LINEAR_BASE: 2, _LINEAR_START: 4}
_ADDRESSES = 1 << 32
_SHOWN = 40


@dataclass(frozen=True, kw_only=True)
class Segment:
    """Bytes that belong at an address."""

    address: int
    data: bytes

    @property
    def end(self) -> int:
        """The address after the last byte."""
        return self.address + len(self.data)


def parse_intel_hex(text: bytes, name: str) -> list[Segment]:
    """Return the file's bytes as segments in the order of their addresses; neighbours are joined.

    name: of the file, for messages. Raises FirmwareFileError: a line that is no record, a wrong checksum, an unknown
    type, bytes given twice, no end record or more after it.
    """
    if len(text) > MAX_TEXT_BYTES:
        raise FirmwareFileError(f"{name}: {len(text):,} bytes of Intel HEX, {MAX_TEXT_BYTES:,} at most", hint=_HEX_HINT)
    base, ended = 0, False
    found: list[Segment] = []
    for number, line in enumerate(text.splitlines(), 1):
        record_text = line.strip()
        if not record_text:
            continue
        where = f"{name}:{number}"
        if ended:
            raise FirmwareFileError(f"{where}: a record after the end record", hint=_HEX_HINT)
        kind, offset, data = _record(record_text, where)
        if kind == _DATA:
            found.append(_segment(base, offset, data, where))
        elif kind == _LINEAR_BASE:
            base = int.from_bytes(data, "big") << 16
        elif kind == _SEGMENT_BASE:
            base = int.from_bytes(data, "big") << 4
        ended = kind == _END
    if not ended:
        raise FirmwareFileError(f"{name}: no end record: the file is truncated or not Intel HEX", hint=_HEX_HINT)
    return _joined([segment for segment in found if segment.data], name)


def _record(line: bytes, where: str) -> tuple[int, int, bytes]:
    """Return (type, offset, data) of a line."""
    if not _RECORD.fullmatch(line):
        raise FirmwareFileError(f"{where}: not an Intel HEX record: {_shown(line)}", hint=_HEX_HINT)
    record = bytes.fromhex(line[1:].decode("ascii"))
    length, kind, data = record[0], record[3], record[4:-1]
    if length != len(data):
        raise FirmwareFileError(f"{where}: {len(data)} data bytes, the record says {length}", hint=_HEX_HINT)
    if sum(record) & 0xFF:
        expected = -sum(record[:-1]) & 0xFF
        raise FirmwareFileError(f"{where}: checksum {record[-1]:02X}, expected {expected:02X}", hint=_HEX_HINT)
    if kind not in (_DATA, *_LENGTHS):
        raise FirmwareFileError(f"{where}: record type {kind:02X} is unknown", hint=_HEX_HINT)
    if kind != _DATA and length != _LENGTHS[kind]:
        raise FirmwareFileError(
            f"{where}: record type {kind:02X} with {length} data bytes, expected {_LENGTHS[kind]}", hint=_HEX_HINT
        )
    return kind, int.from_bytes(record[1:3], "big"), data


def _segment(base: int, offset: int, data: bytes, where: str) -> Segment:
    address = base + offset
    if offset + len(data) > 1 << 16 or address + len(data) > _ADDRESSES:
        raise FirmwareFileError(f"{where}: data beyond the end of its 64 KB segment", hint=_HEX_HINT)
    return Segment(address=address, data=data)


def _joined(found: list[Segment], name: str) -> list[Segment]:
    """Return segments without gaps between neighbours. Raises FirmwareFileError if two overlap."""
    joined: list[tuple[int, bytearray]] = []
    for segment in sorted(found, key=lambda segment: segment.address):
        end = joined[-1][0] + len(joined[-1][1]) if joined else -1
        if segment.address < end:
            raise FirmwareFileError(f"{name}: address 0x{segment.address:X} is given twice", hint=_HEX_HINT)
        if segment.address == end:
            joined[-1][1].extend(segment.data)
        else:
            joined.append((segment.address, bytearray(segment.data)))
    return [Segment(address=address, data=bytes(data)) for address, data in joined]


def _shown(line: bytes) -> str:
    text = line[:_SHOWN].decode("ascii", "backslashreplace")
    return ascii(text + ("..." if len(line) > _SHOWN else ""))
