"""Frames on the wire: `00 COBS(FrameHeader payload CRC-32) 00`, and the log text between them.

Bytes in, values out: nothing here waits, reads or prints.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from struct import Struct
from typing import Literal

from cobs import cobs

from tinyhost.protocol.messages import FRAME_OVERHEAD_BYTES, MAX_PAYLOAD_BYTES, FrameHeader, LogLevel

__all__ = ["BadFrame", "Frame", "FrameDecoder", "LogText", "Received", "encode_frame", "encoded_size_bytes"]

_CRC = Struct("<I")
_CRC_BYTES = 4
_MAX_DECODED_BYTES = MAX_PAYLOAD_BYTES + FRAME_OVERHEAD_BYTES
# COBS adds one byte, and one more for every 254 bytes (Cheshire & Baker 1999, section IV).
_MAX_ENCODED_BYTES = _MAX_DECODED_BYTES + 1 + _MAX_DECODED_BYTES // 254
# Text is whole lines: pixels that happen to be printable are rarely followed by a newline and a zero.
_TEXT_LINE = re.compile(rb"[\t\r\x1b\x20-\x7e\x80-\xff]*\n")


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """A frame whose CRC holds."""

    type: int
    seq: int
    payload: bytes
    flags: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class LogText:
    """A line of text from the device, without its end; `level` is None if it came between frames."""

    text: str
    level: LogLevel | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BadFrame:
    """Bytes that are neither a frame nor text."""

    n_bytes: int
    reason: Literal["malformed", "crc", "oversized"]


Received = Frame | LogText | BadFrame


def encode_frame(message_type: int, seq: int, payload: bytes = b"") -> bytes:
    """Return the bytes that go over the wire, delimiters included."""
    body = FrameHeader(type=message_type, seq=seq).pack() + payload
    return b"\0" + bytes(cobs.encode(body + _CRC.pack(zlib.crc32(body)))) + b"\0"


def encoded_size_bytes(payload: bytes) -> int:
    """Return how many bytes `payload` costs on the wire."""
    return len(encode_frame(0, 0, payload))


class FrameDecoder:
    """Decodes a stream of bytes, however corrupted and split, into frames, lines of text and bad frames."""

    def __init__(self) -> None:
        self._rest = b""
        self._overrun_bytes = 0

    def feed(self, data: bytes) -> list[Received]:
        """Return the items that `data` completes; incomplete ones are kept for the next call."""
        found: list[Received] = []
        *segments, rest = (self._rest + data).split(b"\0")
        for segment in segments:
            if self._overrun_bytes:
                found.append(BadFrame(n_bytes=self._overrun_bytes + len(segment), reason="oversized"))
                self._overrun_bytes = 0
            elif segment:
                found.extend(_decode_segment(segment))
        self._rest = rest
        self._keep_short()
        found.extend(self._take_lines())
        return found

    def _keep_short(self) -> None:
        """Drop the bytes of an oversized frame; its end is still awaited."""
        if self._overrun_bytes or len(self._rest) > _MAX_ENCODED_BYTES:
            self._overrun_bytes += len(self._rest)
            self._rest = b""

    def _take_lines(self) -> list[Received]:
        """Return whole lines of text at once: a board without a session sends no delimiter at all.

        No frame is taken for text: its flags are zero, so its first COBS byte is 1 or 2.
        """
        lines, self._rest = _leading_lines(self._rest)
        return list(lines)


def _decode_segment(segment: bytes) -> list[Received]:
    """Return the one frame, the lines or the bad frame between two delimiters."""
    frame = _decode_frame(segment)
    if isinstance(frame, Frame):
        return [frame]
    lines, rest = _leading_lines(segment)
    if rest == segment:
        return [frame]
    return [*lines, _decode_frame(rest)] if rest else list(lines)


def _decode_frame(segment: bytes) -> Frame | BadFrame:
    if len(segment) > _MAX_ENCODED_BYTES:
        return BadFrame(n_bytes=len(segment), reason="oversized")
    try:
        body = bytes(cobs.decode(segment))
    except cobs.DecodeError:
        return BadFrame(n_bytes=len(segment), reason="malformed")
    if len(body) < FRAME_OVERHEAD_BYTES:
        return BadFrame(n_bytes=len(segment), reason="malformed")
    if zlib.crc32(body[:-_CRC_BYTES]) != _CRC.unpack_from(body, len(body) - _CRC_BYTES)[0]:
        return BadFrame(n_bytes=len(segment), reason="crc")
    if len(body) > _MAX_DECODED_BYTES:
        return BadFrame(n_bytes=len(segment), reason="oversized")
    header = FrameHeader.unpack(body)
    return Frame(type=header.type, flags=header.flags, seq=header.seq, payload=body[FrameHeader.SIZE : -_CRC_BYTES])


def _leading_lines(data: bytes) -> tuple[list[LogText], bytes]:
    """Return the lines of text that `data` opens with, empty ones left out, and what follows them."""
    lines: list[LogText] = []
    at = 0
    while line := _TEXT_LINE.match(data, at):
        try:
            text = line[0].decode().strip("\r\n")
        except UnicodeDecodeError:
            break
        if text:
            lines.append(LogText(text=text))
        at = line.end()
    return lines, data[at:]
