"""Text in binary files: metadata of pictures and sounds, members of archives, rows of databases."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sqlite3
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

__all__ = ["SQLITE", "is_packed", "rewritten_rows", "text_pieces", "without_traces"]

SQLITE = b"SQLite format 3\0"
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_NEEDS = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"sRGB", b"iCCP", b"pHYs"})
_NUMPY = b"\x93NUMPY"
_PACKED = (b"PK\3\4", b"PK\5\6", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")
_MOST_BYTES = 1 << 28
"""of one file, unpacked"""
_MOST_MEMBERS = 100_000
_DEEPEST = 4
_DAMAGED = (
    OSError, EOFError, RuntimeError, NotImplementedError, ValueError, zipfile.BadZipFile, zlib.error, lzma.LZMAError,
)  # fmt: skip


def is_packed(content: bytes) -> bool:
    """Return whether the content is an archive or a compressed file."""
    return content.startswith(_PACKED)


def text_pieces(content: bytes, *, depth: int = 0) -> Iterator[bytes]:
    """Yield all possible text in a file, unpacked, but no pixels and samples; of a damaged file, what is readable."""
    if content.startswith(_PNG):
        for kind, body in _png_chunks(content):
            if kind not in _PNG_NEEDS:
                yield body
                yield from _inflated(body)
    elif content.startswith(b"RIFF"):
        yield from (body for _, kind, body in _riff_chunks(content) if kind != b"data")
    elif content.startswith(b"\xff\xd8"):
        yield content[: max(content.find(b"\xff\xda"), 0)]
    elif content.startswith(SQLITE):
        yield content
    elif content.startswith(_NUMPY):
        yield from (str(text).encode("utf-8", "surrogatepass") for text in _texts(content).flat)
    elif is_packed(content) and depth < _DEEPEST:
        for name, member in _members(content):
            yield name
            yield member if b"\0" not in member[:8192] else b""
            yield from text_pieces(member, depth=depth + 1)


def _texts(content: bytes) -> NDArray[Any]:
    """Return the texts of an array in NumPy's format; none if it has others, or is damaged."""
    try:
        values = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    except (ValueError, EOFError, OSError, MemoryError):
        return np.zeros(0, np.str_)
    return np.asarray(values) if values.dtype.kind == "U" else np.zeros(0, np.str_)


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG)
    while at + 12 <= len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        yield content[at + 4 : at + 8], content[at + 8 : at + 8 + size]
        at += 12 + size


def _riff_chunks(content: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield the position, the kind and the body of each chunk."""
    at = 12
    while at + 8 <= len(content):
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        yield at + 8, content[at : at + 4], content[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _inflated(body: bytes) -> Iterator[bytes]:
    """Yield the text of a zTXt or compressed iTXt chunk."""
    start = body.find(b"x", body.find(b"\0"))
    if start > 0:
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(body[start:], _MOST_BYTES)


def _members(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the name and content of an archive's members, or of a compressed file, with a tar's headers."""
    with suppress(*_DAMAGED):
        if not content.startswith(b"PK"):
            packed = io.BytesIO(content)
            openers: dict[bytes, Callable[[IO[bytes]], object]] = {
                b"\x1f": lambda raw: gzip.GzipFile(fileobj=raw),
                b"B": bz2.BZ2File,
                b"\xfd": lzma.LZMAFile,
            }
            with cast(IO[bytes], openers[content[:1]](packed)) as file:
                yield b"", file.read(_MOST_BYTES).replace(b"\0", b" ")
            return
        with zipfile.ZipFile(io.BytesIO(content)) as zipped:
            yield zipped.comment, b""
            left = _MOST_BYTES
            for info in zipped.infolist()[:_MOST_MEMBERS]:
                with zipped.open(info) as file:
                    member = file.read(left)
                left -= len(member)
                yield info.filename.encode() + b" " + info.comment, member


def without_traces(content: bytes, is_trace: Callable[[bytes], bool], blank: Callable[[bytes], bytes]) -> bytes:
    """Return a PNG without the chunks that contain a trace; in other files, traces in text are blanked in place.

    blank: keeps the length, so that the file remains readable.
    """
    if content.startswith(_PNG):
        made = bytearray(_PNG)
        for kind, body in _png_chunks(content):
            if kind in _PNG_NEEDS or not any(map(is_trace, (body, *_inflated(body)))):
                made += len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
        return bytes(made)
    if content.startswith(_NUMPY) and (texts := _texts(content)).size:
        pieces = (blank(str(text).encode("utf-8", "surrogatepass")) for text in texts.flat)
        texts[...] = np.reshape([piece.decode("utf-8", "replace") for piece in pieces], texts.shape)
        file = io.BytesIO()
        np.lib.format.write_array(file, texts, allow_pickle=False)
        return file.getvalue()
    if content.startswith(b"RIFF"):
        made = bytearray(content)
        for at, kind, body in _riff_chunks(content):
            if kind != b"data":
                made[at : at + len(body)] = blank(body)
        return bytes(made)
    if content.startswith(b"\xff\xd8"):
        scan = max(content.find(b"\xff\xda"), 0)
        return blank(content[:scan]) + content[scan:]
    return blank(content)


def rewritten_rows(path: Path, write_over: Callable[[bytes], bytes]) -> None:
    """Overwrite the texts of a SQLite database row by row, and remove old pages. Raises sqlite3.Error."""
    with closing(sqlite3.connect(path, isolation_level=None)) as base:
        base.create_function("tinyhost_over", 1, lambda value: _over(value, write_over), deterministic=True)
        tables = [row[0] for row in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in (name for name in tables if not name.startswith("sqlite_")):
            quoted = '"' + table.replace('"', '""') + '"'
            for column in [row[1] for row in base.execute(f"PRAGMA table_info({quoted})")]:
                own = '"' + column.replace('"', '""') + '"'
                is_text = f"typeof({own}) IN ('text', 'blob')"
                base.execute(f"UPDATE {quoted} SET {own} = tinyhost_over({own}) WHERE {is_text}")  # noqa: S608
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        base.execute("VACUUM")


def _over(value: str | bytes, write_over: Callable[[bytes], bytes]) -> str | bytes:
    if isinstance(value, bytes):
        return write_over(value)
    return write_over(value.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")
